/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Listening sockets with a limit of connections. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/sockaddr_str.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "starhash/listener.h"
#include "starhash/log.h"

#define ACCEPTS_PER_ROUND 64	/* so that a rush of new connections does not starve active ones */
#define PAUSE_S 1
#define LOG_INTERVAL_S 60

struct listener {
	const struct listener_settings *settings;
	char *path;			/* of a UNIX socket; NULL: TCP */
	struct osmo_fd fd;
	struct osmo_timer_list resume;
	unsigned int connections, refused;
	struct log_limit failed_limit, full_limit;
};

static void resume(void *data)
{
	osmo_fd_read_enable(&((struct listener *)data)->fd);
}

void listener_pause(struct listener *listener)
{
	osmo_fd_read_disable(&listener->fd);
	osmo_timer_schedule(&listener->resume, PAUSE_S, 0);
}

/* Without descriptors the socket would stay readable and the loop would spin. */
static void accept_failed(struct listener *listener, int error)
{
	unsigned int suppressed;

	listener_pause(listener);
	if (log_allowed(&listener->failed_limit, LOG_INTERVAL_S, &suppressed))
		LOGP(listener->settings->category, LOGL_ERROR, "%s: cannot accept a connection: %s (%u more since the last such "
		     "line)\n", listener->settings->name, strerror(error), suppressed);
}

static void refuse_connection(struct listener *listener, int fd)
{
	unsigned int suppressed;

	close(fd);
	listener->refused++;
	if (log_allowed(&listener->full_limit, LOG_INTERVAL_S, &suppressed))
		LOGP(listener->settings->category, LOGL_NOTICE, "%s: connection refused, %u are open (%u more since the last "
		     "such line)\n", listener->settings->name, listener->connections, suppressed);
}

static int on_connection(struct osmo_fd *ofd, unsigned int what)
{
	struct listener *listener = ofd->data;
	const struct listener_settings *settings = listener->settings;
	const unsigned int refused = listener->refused;
	unsigned int i;

	for (i = 0; i < ACCEPTS_PER_ROUND; i++) {
		const int fd = accept4(ofd->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
				accept_failed(listener, errno);
			return 0;
		}
		if (settings->connections_max && listener->connections >= settings->connections_max) {
			refuse_connection(listener, fd);
			continue;
		}
		listener->connections++;
		settings->accepted(settings->user, fd);
	}
	/* Clients connect faster than they can be refused. */
	if (listener->refused - refused == ACCEPTS_PER_ROUND)
		listener_pause(listener);
	return 0;
}

/* ---- sockets ---- */

/* A socket without a listener was left by a crashed process; never remove any other file. */
static int remove_stale(const struct sockaddr_un *address)
{
	int fd, refused;
	struct stat found;

	/* connect() also returns "refused" for a file that is not a socket, which must stay */
	if (lstat(address->sun_path, &found) == 0 && !S_ISSOCK(found.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	refused = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? errno : 0;
	close(fd);
	if (refused == ENOENT)
		return 0;
	if (refused == ECONNREFUSED)
		return unlink(address->sun_path) < 0 ? -errno : 0;
	return -EADDRINUSE;
}

/* On Linux the file gets the mode that the socket has before bind(): it is never open to others. */
static int bind_private(int fd, const struct sockaddr_un *address)
{
	if (fchmod(fd, 0600) < 0 || bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
	    listen(fd, SOMAXCONN) < 0)
		return -errno;
	return 0;
}

/* Returns a listening socket or -errno. */
static int unix_open(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, rc;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	rc = remove_stale(&address);
	if (rc < 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	rc = bind_private(fd, &address);
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

bool listener_is_address(const char *address)
{
	struct osmo_sockaddr_str string;

	return osmo_sockaddr_str_from_str(&string, address, 1) == 0;
}

/* Returns a listening socket or -errno. */
static int tcp_open(const char *address, uint16_t port)
{
	struct osmo_sockaddr_str string;
	struct sockaddr_storage to;
	const int on = 1;
	int fd, rc;

	if (osmo_sockaddr_str_from_str(&string, address, port) < 0 || osmo_sockaddr_str_to_sockaddr(&string, &to) < 0)
		return -EINVAL;
	fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

/* ---- setup and teardown ---- */

/* \a fd: from socket(), now owned by this function, or its -errno. */
static int listener_new(void *ctx, const struct listener_settings *settings, const char *path, int fd,
			struct listener **out)
{
	struct listener *listener;

	if (fd < 0)
		return fd;
	listener = talloc_zero(ctx, struct listener);
	OSMO_ASSERT(listener);
	listener->settings = settings;
	listener->path = path ? talloc_strdup(listener, path) : NULL;
	osmo_timer_setup(&listener->resume, resume, listener);
	osmo_fd_setup(&listener->fd, fd, OSMO_FD_READ, on_connection, listener, 0);
	OSMO_ASSERT(osmo_fd_register(&listener->fd) == 0);
	*out = listener;
	return 0;
}

int listener_unix(void *ctx, const struct listener_settings *settings, const char *path, struct listener **listener)
{
	return listener_new(ctx, settings, path, unix_open(path), listener);
}

int listener_tcp(void *ctx, const struct listener_settings *settings, const char *address, uint16_t port,
		 struct listener **listener)
{
	return listener_new(ctx, settings, NULL, tcp_open(address, port), listener);
}

void listener_free(struct listener *listener)
{
	if (!listener)
		return;
	osmo_timer_del(&listener->resume);
	osmo_fd_close(&listener->fd);
	if (listener->path)
		unlink(listener->path);
	talloc_free(listener);
}

void listener_release(struct listener *listener)
{
	OSMO_ASSERT(listener->connections > 0);
	listener->connections--;
}

unsigned int listener_refused(const struct listener *listener)
{
	return listener->refused;
}
