/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Preloaded into programs that require SCTP on a kernel without it, so that the rest of them can be tested: their SCTP
 * sockets become TCP ones, to which nothing connects. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define LEVEL_SCTP 132

int socket(int domain, int type, int protocol)
{
	int (*real)(int, int, int) = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");

	return real(domain, type, protocol == IPPROTO_SCTP ? IPPROTO_TCP : protocol);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	int (*real)(int, int, int, const void *, socklen_t) =
		(int (*)(int, int, int, const void *, socklen_t))dlsym(RTLD_NEXT, "setsockopt");

	return level == LEVEL_SCTP ? 0 : real(fd, level, name, value, len);
}
