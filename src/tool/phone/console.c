/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* phone/: starhash-phone, a phone on the console channel, an HLR or an SMSC. Start with phone.c.
 *
 * A phone's line to the console channel of starhashd: the client side of the line protocol. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "tool/phone/phone.h"

#define IN_SIZE 4096
#define PAGE_SIZE 4096

struct console_line {
	struct line line;
	struct phone *phone;
	struct osmo_fd fd;
	size_t in_len, page_len;
	char in[IN_SIZE];
	char page[PAGE_SIZE];	/* lines of the page received so far */
};

static struct console_line *console_line_of(struct line *line)
{
	return (struct console_line *)line;
}

/* The socket is local and the server reads continuously, so a line that cannot be sent at once never can. */
static int send_words(struct console_line *line, const char *head, const char *text)
{
	char *words = talloc_asprintf(line, "%s%s\n", head, text);
	ssize_t len, sent;

	if (!words)
		return -ENOMEM;
	len = strlen(words);
	sent = send(line->fd.fd, words, len, MSG_NOSIGNAL);
	explicit_bzero(words, len);
	talloc_free(words);
	if (sent < 0)
		return -errno;
	return sent == len ? 0 : -EIO;
}

static int send_input(struct line *line, const char *text)
{
	return send_words(console_line_of(line), "> ", text);
}

static void hang_up(struct line *line)
{
	send_words(console_line_of(line), "hangup", "");
}

static void add_to_page(struct console_line *line, const char *text, size_t len)
{
	if (line->page_len + len + 1 > sizeof(line->page)) {
		phone_failed(line->phone, "the server sent a page that is too long");
		return;
	}
	if (line->page_len > 0)
		line->page[line->page_len++] = '\n';
	memcpy(line->page + line->page_len, text, len);
	line->page_len += len;
}

static void take_line(struct console_line *line, const char *text, size_t len)
{
	const bool marked = len >= 2 && text[1] == ' ';
	const size_t page_len = line->page_len;
	char why[128];

	if (len == 1 && (text[0] == '?' || text[0] == '.')) {
		line->page_len = 0;
		phone_page(line->phone, line->page, page_len, text[0] == '?');
	} else if (marked && text[0] == '<') {
		add_to_page(line, text + 2, len - 2);
	} else if (marked && text[0] == '*') {
		phone_notification(line->phone, text + 2, len - 2);
	} else if (marked && text[0] == '!') {
		snprintf(why, sizeof(why), "the server says: %.*s", (int)len - 2, text + 2);
		phone_failed(line->phone, why);
	} else {
		phone_failed(line->phone, "the server does not speak the console protocol");
	}
}

static void take_lines(struct console_line *line)
{
	char *start = line->in, *end = line->in + line->in_len, *newline;

	while ((newline = memchr(start, '\n', end - start))) {
		take_line(line, start, newline - start);
		start = newline + 1;
	}
	if (start == line->in && line->in_len == sizeof(line->in))
		phone_failed(line->phone, "the server sent a line that is too long");
	line->in_len = end - start;
	memmove(line->in, start, line->in_len);
}

static int on_readable(struct osmo_fd *fd, unsigned int what)
{
	struct console_line *line = fd->data;
	ssize_t got = recv(fd->fd, line->in + line->in_len, sizeof(line->in) - line->in_len, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got <= 0) {
		osmo_fd_unregister(fd);
		phone_failed(line->phone, "the server closed the connection");
		return 0;
	}
	line->in_len += got;
	take_lines(line);
	return 0;
}

/* Returns a connected socket, or -errno. */
static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, rc;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

static int close_line(struct console_line *line)
{
	osmo_fd_close(&line->fd);
	return 0;
}

struct line *line_console_new(void *ctx, struct phone *phone, const char *socket, const char *msisdn)
{
	struct console_line *line = talloc_zero(ctx, struct console_line);
	int rc = connect_to(socket);

	if (!line)
		abort();
	if (rc >= 0) {
		line->line = (struct line){ .send = send_input, .hang_up = hang_up };
		line->phone = phone;
		osmo_fd_setup(&line->fd, rc, OSMO_FD_READ, on_readable, line, 0);
		rc = osmo_fd_register(&line->fd);
		talloc_set_destructor(line, close_line);
	}
	if (rc == 0)
		rc = send_words(line, "subscriber ", msisdn);
	if (rc == 0)
		return &line->line;
	fprintf(stderr, "starhash-phone: cannot reach starhashd at %s: %s\n", socket, strerror(-rc));
	talloc_free(line);
	return NULL;
}
