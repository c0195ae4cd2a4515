/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For tests: a machine with an empty page cache. Non-blocking reads find nothing; all others are unchanged. Preloaded. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

ssize_t preadv64v2(int fd, const struct iovec *parts, int count, off64_t offset, int flags)
{
	if (flags & RWF_NOWAIT) {
		errno = EAGAIN;
		return -1;
	}
	return syscall(SYS_preadv2, fd, parts, (long)count, (long)offset, 0L, flags);
}

ssize_t preadv2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
	return preadv64v2(fd, parts, count, offset, flags);
}
