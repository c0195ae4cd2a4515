/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A file layer for SQLite that never waits for a disk: reading data that are not in the page cache fails with SQLITE_BUSY. */
#pragma once

#include <stdbool.h>

#include <sqlite3.h>

struct nowait_vfs {
	sqlite3_vfs vfs;	/* first: SQLite passes this to the methods */
	sqlite3_vfs *real;
	bool nowait;		/* false: reads wait as usual, while opening */
	char name[40];		/* for sqlite3_open_v2() */
};

/* Register \a vfs, which must not move, over the default file layer. Returns an SQLite result code.
 *
 * The connection that uses it must be closed after all other connections of this process to the same database: it has a second descriptor
 * of the file, and closing any descriptor drops the process's POSIX locks. */
int nowait_vfs_init(struct nowait_vfs *vfs);
void nowait_vfs_fini(struct nowait_vfs *vfs);
