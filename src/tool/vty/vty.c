/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-vty: a terminal for the daemon's VTY, or a way to run commands from a script. The server does line editing, completion and
 * help, as for any telnet client; this program only transfers octets. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define DEFAULT_SOCKET "/run/starhash/vty"
#define QUIT 0x1d		/* Ctrl-], as with telnet */

enum { TELNET_SE = 240, TELNET_SB = 250, TELNET_WILL = 251, TELNET_DONT = 254, TELNET_IAC = 255 };

/* Removes telnet commands from the server's output; none of them needs an answer. */
struct filter {
	enum { TEXT, COMMAND, OPTION, SUB, SUB_COMMAND } state;
};

static bool is_text(struct filter *filter, unsigned char octet)
{
	switch (filter->state) {
	case TEXT:
		if (octet != TELNET_IAC)
			return octet != '\0';
		filter->state = COMMAND;
		break;
	case COMMAND:
		filter->state = octet == TELNET_SB ? SUB : octet >= TELNET_WILL && octet <= TELNET_DONT ? OPTION : TEXT;
		break;
	case OPTION:
		filter->state = TEXT;
		break;
	case SUB:
		filter->state = octet == TELNET_IAC ? SUB_COMMAND : SUB;
		break;
	case SUB_COMMAND:
		filter->state = octet == TELNET_SE ? TEXT : SUB;
		break;
	}
	return false;
}

/* Returns the number of octets of text; 0 at the end, negative after an error. */
static ssize_t read_text(int fd, struct filter *filter, char *out, size_t size)
{
	ssize_t n, i, used;

	do {
		n = read(fd, out, size);
		used = 0;
		for (i = 0; i < n; i++)
			if (is_text(filter, out[i]))
				out[used++] = out[i];
	} while (n > 0 && !used);
	return n > 0 ? used : n;
}

static bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		const ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return false;
		data += n > 0 ? n : 0;
		len -= n > 0 ? n : 0;
	}
	return true;
}

/* ---- a terminal, or a pipe ---- */

static int talk(int fd)
{
	struct pollfd ready[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = fd, .events = POLLIN } };
	struct filter filter = { TEXT };
	char octets[4096];
	ssize_t n;

	while (poll(ready, 2, -1) > 0 || errno == EINTR) {
		if (ready[0].revents) {
			n = read(STDIN_FILENO, octets, sizeof(octets));
			if (n <= 0) {
				shutdown(fd, SHUT_WR);
				ready[0].fd = -1;
			} else if (memchr(octets, QUIT, n) || !write_all(fd, octets, n)) {
				return EXIT_SUCCESS;
			}
		}
		if (ready[1].revents) {
			n = read_text(fd, &filter, octets, sizeof(octets));
			if (n <= 0 || !write_all(STDOUT_FILENO, octets, n))
				return n < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
		}
	}
	return EXIT_FAILURE;
}

static int talk_raw(int fd)
{
	struct termios usual, raw;
	int rc;

	if (tcgetattr(STDIN_FILENO, &usual) < 0)
		return talk(fd);
	raw = usual;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	rc = talk(fd);
	tcsetattr(STDIN_FILENO, TCSANOW, &usual);
	return rc;
}

/* ---- commands ---- */

struct reply {
	char *text;
	size_t len;
};

/* Whether the last line received is a prompt. */
static bool is_complete(const struct reply *reply)
{
	const char *line = memrchr(reply->text, '\n', reply->len);
	const char *end = reply->text + reply->len;

	line = line ? line + 1 : reply->text;
	return end - line > 2 && end - line < 32 && end[-1] == ' ' && (end[-2] == '>' || end[-2] == '#') &&
	       !memchr(line, ' ', end - line - 1);
}

/* Receive everything up to the next prompt. Returns whether it came. */
static bool hear(int fd, struct filter *filter, struct reply *reply)
{
	char octets[4096];
	ssize_t n;

	reply->len = 0;
	do {
		n = read_text(fd, filter, octets, sizeof(octets));
		if (n <= 0)
			return false;
		reply->text = realloc(reply->text, reply->len + n);
		if (!reply->text)
			abort();
		memcpy(reply->text + reply->len, octets, n);
		reply->len += n;
	} while (!is_complete(reply));
	return true;
}

/* Print the reply without the echo before it and the prompt after it. Returns whether the server reported an error. */
static bool print_reply(const struct reply *reply)
{
	const char *line = memchr(reply->text, '\n', reply->len), *end = memrchr(reply->text, '\n', reply->len), *next;
	bool complaint = false;

	if (!line)
		return false;
	for (line++; line < end && (next = memchr(line, '\n', end + 1 - line)); line = next + 1) {
		complaint |= *line == '%';
		printf("%.*s\n", (int)(next - line - (next > line && next[-1] == '\r')), line);
	}
	return complaint;
}

static int command(int fd, struct filter *filter, struct reply *reply, const char *text, bool silent)
{
	if (!write_all(fd, text, strlen(text)) || !write_all(fd, "\n", 1) || !hear(fd, filter, reply)) {
		fprintf(stderr, "starhash-vty: the server closed the connection\n");
		return EXIT_FAILURE;
	}
	if (silent && !memchr(reply->text, '%', reply->len))
		return EXIT_SUCCESS;
	return print_reply(reply) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run_commands(int fd, bool enable, char **commands, int count)
{
	struct filter filter = { TEXT };
	struct reply reply = { 0 };
	int rc = EXIT_SUCCESS, i;

	if (!hear(fd, &filter, &reply)) {
		fprintf(stderr, "starhash-vty: the server accepts no more connections\n");
		rc = EXIT_FAILURE;
	}
	if (!rc && enable)
		rc = command(fd, &filter, &reply, "enable", true);
	for (i = 0; i < count && !rc; i++)
		rc = command(fd, &filter, &reply, commands[i], false);
	free(reply.text);
	return rc;
}

/* ---- options ---- */

static void help(void)
{
	puts("Usage: starhash-vty [OPTION]... [COMMAND]...\n"
	     "Inspect and control a running starhashd. Without a COMMAND: a terminal, where ? shows the possible input\n"
	     "and Ctrl-] quits. Each COMMAND is one argument, such as 'show links'; the first that fails ends the run.\n\n"
	     "  -s, --socket PATH   the daemon's socket (default " DEFAULT_SOCKET ")\n"
	     "  -e, --enable        enter \"enable\" first, for commands that change something\n"
	     "  -h, --help          this text\n"
	     "  -V, --version       version\n\n"
	     "Exit status: 0; 1 when a command failed or there is no connection; 2 after a wrong option.\n"
	     "Manual: starhash-vty(1).");
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	return fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' }, { "enable", no_argument, NULL, 'e' },
		{ "help", no_argument, NULL, 'h' },	    { "version", no_argument, NULL, 'V' },
		{ 0 }
	};
	const char *path = DEFAULT_SOCKET;
	bool enable = false;
	int option, fd;

	while ((option = getopt_long(argc, argv, "s:ehV", options, NULL)) != -1) {
		switch (option) {
		case 's': path = optarg; break;
		case 'e': enable = true; break;
		case 'h': help(); return EXIT_SUCCESS;
		case 'V': puts("starhash-vty " PACKAGE_VERSION); return EXIT_SUCCESS;
		default: return 2;
		}
	}
	fd = connect_to(path);
	if (fd < 0) {
		fprintf(stderr, "starhash-vty: %s: %s: is starhashd running? --socket PATH names another socket\n", path, strerror(errno));
		return EXIT_FAILURE;
	}
	if (enable || optind < argc)
		return run_commands(fd, enable, argv + optind, argc - optind);
	return talk_raw(fd);
}
