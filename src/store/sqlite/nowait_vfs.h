/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A file layer for SQLite that never waits for a disk: what the page cache does not hold reads as SQLITE_BUSY. */
#pragma once

#include <stdbool.h>

#include <sqlite3.h>

struct nowait_vfs {
	sqlite3_vfs vfs;	/* first: SQLite hands this back */
	sqlite3_vfs *real;
	bool nowait;		/* false: reads wait as usual, for opening */
	char name[40];		/* for sqlite3_open_v2() */
};

/* Put \a vfs, which must stay where it is, over the default file layer. Returns an SQLite result code.
 *
 * The connection that uses it must be closed after every other connection of this process to the same database: it has
 * a second descriptor of the file, and closing one drops the POSIX locks of all. */
int nowait_vfs_init(struct nowait_vfs *vfs);
void nowait_vfs_fini(struct nowait_vfs *vfs);
