/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A file layer for SQLite that never waits for a disk.
 *
 * An open file remains the default layer's object, with a copy of its methods in which reading and closing are replaced. Where a file
 * system does not support RWF_NOWAIT, such as tmpfs in older kernels, reads are plain reads. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "store/sqlite/nowait_vfs.h"

#define PLAIN_READ (-1)

/* Placed after the default layer's object. */
struct nowait_file {
	sqlite3_io_methods methods;	/* first: pMethods of the file points here */
	const sqlite3_io_methods *real;
	const struct nowait_vfs *vfs;
	int fd;
};

static struct nowait_file *nowait_file(sqlite3_file *file)
{
	return (struct nowait_file *)file->pMethods;
}

static int read_cached(int fd, uint8_t *out, size_t size, sqlite3_int64 offset)
{
	while (size) {
		struct iovec part = { .iov_base = out, .iov_len = size };
		ssize_t got = preadv2(fd, &part, 1, offset, RWF_NOWAIT);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? SQLITE_BUSY : PLAIN_READ;
		if (got == 0) {
			memset(out, 0, size);
			return SQLITE_IOERR_SHORT_READ;
		}
		out += got;
		offset += got;
		size -= (size_t)got;
	}
	return SQLITE_OK;
}

static int nowait_read(sqlite3_file *file, void *out, int size, sqlite3_int64 offset)
{
	const struct nowait_file *own = nowait_file(file);
	int rc = PLAIN_READ;

	if (own->vfs->nowait)
		rc = read_cached(own->fd, out, (size_t)size, offset);
	return rc == PLAIN_READ ? own->real->xRead(file, out, size, offset) : rc;
}

static int nowait_close(sqlite3_file *file)
{
	struct nowait_file *own = nowait_file(file);
	int rc;

	file->pMethods = own->real;
	rc = own->real->xClose(file);
	close(own->fd);
	return rc;
}

static size_t behind(const sqlite3_vfs *real)
{
	return ((size_t)real->szOsFile + 15) & ~(size_t)15;
}

static int nowait_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	struct nowait_vfs *nowait = (struct nowait_vfs *)vfs;
	struct nowait_file *own = (struct nowait_file *)((char *)file + behind(nowait->real));
	int rc = nowait->real->xOpen(nowait->real, name, file, flags, out_flags);

	if (rc != SQLITE_OK || !(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)))
		return rc;
	own->fd = open(name, O_RDONLY | O_CLOEXEC);
	if (own->fd < 0) {
		file->pMethods->xClose(file);
		file->pMethods = NULL;
		return SQLITE_CANTOPEN;
	}
	own->vfs = nowait;
	own->real = file->pMethods;
	own->methods = *file->pMethods;
	own->methods.xRead = nowait_read;
	own->methods.xClose = nowait_close;
	file->pMethods = &own->methods;
	return SQLITE_OK;
}

/* SQLite sleeps between attempts to read a log that others are changing. Return at once instead, so that it soon gives up. */
static int nowait_sleep(sqlite3_vfs *vfs, int microseconds)
{
	return 0;
}

int nowait_vfs_init(struct nowait_vfs *vfs)
{
	vfs->real = sqlite3_vfs_find(NULL);
	if (!vfs->real)
		return SQLITE_ERROR;
	vfs->nowait = false;
	snprintf(vfs->name, sizeof(vfs->name), "nowait-%p", (void *)vfs);
	vfs->vfs = *vfs->real;
	vfs->vfs.pNext = NULL;
	vfs->vfs.zName = vfs->name;
	vfs->vfs.szOsFile = (int)(behind(vfs->real) + sizeof(struct nowait_file));
	vfs->vfs.xOpen = nowait_open;
	vfs->vfs.xSleep = nowait_sleep;
	return sqlite3_vfs_register(&vfs->vfs, 0);
}

void nowait_vfs_fini(struct nowait_vfs *vfs)
{
	sqlite3_vfs_unregister(&vfs->vfs);
}
