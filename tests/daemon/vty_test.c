/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The VTY: its connections, commands and audit file. A27, A28, A29, A30, A39. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <osmocom/core/application.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>

#include "accounts/internal.h"
#include "daemon/audit.h"
#include "daemon/vty.h"
#include "starhash/clock.h"
#include "starhash/log.h"
#include "store/gate.h"
#include "tests/cmocka.h"
#include "tests/server/phones.h"
#include "tests/support/loop.h"

#define ADDRESS "127.0.0.1"
#define PASSWORD "Correct horse battery"
#define REPLY_SIZE 65536

extern vector cmdvec;

struct fixture {
	void *ctx;
	char folder[64];
	char socket[128], audit[128], password[128], other[128];
	struct vty_settings settings;
	struct server *server;
	struct phones phones;
	struct vty_door *door;
	char reply[REPLY_SIZE];
	bool slow;			/* reloads wait for an octet */
	int gate[2];
};

static uint16_t free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = inet_addr(ADDRESS) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

/* In a thread. */
static struct menu *load_menu(void *user, struct menu_copy **copy, struct problems *problems)
{
	struct fixture *fix = user;
	char octet;

	if (fix->slow && read(fix->gate[0], &octet, 1) != 1)
		abort();
	problems_add_at(problems, "menu.cfg", 7, "it is broken");
	return NULL;
}

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));
	const struct server_settings settings = { .dialogs_max = 10, .barred_max = 10, .load_menu = load_menu, .user = fix };

	fix->ctx = talloc_named_const(NULL, 0, "test");
	strcpy(fix->folder, "/tmp/starhash-vty-XXXXXX");
	assert_non_null(mkdtemp(fix->folder));
	snprintf(fix->socket, sizeof(fix->socket), "%s/vty", fix->folder);
	snprintf(fix->audit, sizeof(fix->audit), "%s/audit", fix->folder);
	snprintf(fix->password, sizeof(fix->password), "%s/password", fix->folder);
	snprintf(fix->other, sizeof(fix->other), "%s/other", fix->folder);
	fix->settings = (struct vty_settings){ .socket = fix->socket, .audit_file = fix->audit, .connections_max = 3,
					       .idle_s = 60 };
	assert_int_equal(pipe(fix->gate), 0);
	fix->server = server_new(fix->ctx, &settings);
	phones_init_texting(&fix->phones);
	server_add_channel(fix->server, &fix->phones.channel);
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;

	vty_door_free(fix->door);
	server_free(fix->server);
	close(fix->gate[0]);
	close(fix->gate[1]);
	unlink(fix->socket);
	unlink(fix->audit);
	unlink(fix->password);
	unlink(fix->other);
	assert_int_equal(rmdir(fix->folder), 0);
	talloc_free(fix->ctx);
	free(fix);
	return 0;
}

static void open_door(struct fixture *fix)
{
	assert_int_equal(vty_door_new(fix->ctx, &fix->settings, fix->server, &fix->door), 0);
}

static void open_tcp(struct fixture *fix)
{
	fix->settings.address = ADDRESS;
	fix->settings.port = free_port();
	open_door(fix);
}

static int connected(int fd, const struct sockaddr *address, socklen_t len)
{
	assert_int_equal(connect(fd, address, len), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static int come_in(struct fixture *fix)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(address.sun_path, fix->socket);
	return connected(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof(address));
}

static int come_in_by_tcp(struct fixture *fix)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = inet_addr(ADDRESS),
				       .sin_port = htons(fix->settings.port) };

	return connected(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof(address));
}

/* Returns whether the server closed the connection; otherwise its output up to a prompt is in fix->reply. */
static bool is_closed(struct fixture *fix, int fd)
{
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < 200; i++) {
		ssize_t n;

		osmo_select_main(1);
		n = recv(fd, fix->reply + len, sizeof(fix->reply) - 1 - len, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return true;
		len += n > 0 ? n : 0;
		fix->reply[len] = '\0';
		if (n < 0 && len > 2 && fix->reply[len - 1] == ' ' && strchr(">#:", fix->reply[len - 2]))
			return false;
		if (n < 0)
			usleep(1000);
	}
	fail_msg("neither a prompt nor the end after: %s", fix->reply);
	return false;
}

static const char *say(struct fixture *fix, int fd, const char *line)
{
	char text[600];
	const int len = snprintf(text, sizeof(text), "%s\r\n", line);

	assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
	return is_closed(fix, fd) ? "(closed)" : fix->reply;
}

static int welcomed(struct fixture *fix, int fd)
{
	assert_false(is_closed(fix, fd));
	return fd;
}

static int enabled(struct fixture *fix)
{
	const int fd = welcomed(fix, come_in(fix));

	assert_non_null(strstr(say(fix, fd, "enable"), "# "));
	return fd;
}

static void assert_audited(struct fixture *fix, const char *text)
{
	char all[8192] = "";
	FILE *file = fopen(fix->audit, "r");

	assert_non_null(file);
	all[fread(all, 1, sizeof(all) - 1, file)] = '\0';
	fclose(file);
	if (!strstr(all, text))
		fail_msg("\"%s\" is not in the audit file:\n%s", text, all);
}

/* ---- connections ---- */

static unsigned int listening_internet_sockets(void)
{
	unsigned int count = 0;
	int fd;

	for (fd = 0; fd < 256; fd++) {
		int domain = 0, listens = 0;
		socklen_t len = sizeof(int);

		getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
		len = sizeof(int);
		getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len);
		count += listens && domain != AF_UNIX;
	}
	return count;
}

static void vty__default__private_socket_and_no_tcp_A27(void **state)
{
	struct fixture *fix = *state;
	struct stat found;

	open_door(fix);
	assert_int_equal(stat(fix->socket, &found), 0);
	assert_true(S_ISSOCK(found.st_mode));
	assert_int_equal(found.st_mode & 0777, 0600);
	assert_int_equal(listening_internet_sockets(), 0);
	close(welcomed(fix, come_in(fix)));
}

static void vty__address__also_on_tcp_A27(void **state)
{
	struct fixture *fix = *state;
	int fd;

	open_tcp(fix);
	assert_int_equal(listening_internet_sockets(), 1);
	fd = welcomed(fix, come_in_by_tcp(fix));
	assert_non_null(strstr(say(fix, fd, "show version"), "starhashd"));
	close(fd);
}

/* ---- commands ---- */

static void vty__each_command_with_a_file__is_unknown_A28(void **state)
{
	static const char *const commands[] = {
		"banner motd file %s", "write file %s", "write file", "write memory", "write terminal", "write",
		"copy running-config startup-config", "configure terminal", "show running-config", "show startup-config",
		"show online-help", "log file %s", "log stderr", "logging file %s", "logp lglobal error %s", "shutdown 1",
		"show pid", "who", "line vty", "password 12345678", "enable password 12345678", "no enable password",
		"service advanced-vty", "hostname x", "terminal monitor", "do write file %s", "do configure terminal",
		"do banner motd file %s", "echo %s", "end",
	};
	struct fixture *fix = *state;
	char command[256];
	int fds[2];
	size_t i, way;

	open_door(fix);
	fds[0] = welcomed(fix, come_in(fix));
	fds[1] = enabled(fix);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		for (way = 0; way < 2; way++) {
			const char *reply;

			snprintf(command, sizeof(command), commands[i], fix->other);
			reply = say(fix, fds[way], command);
			if (!strstr(reply, "% Unknown command"))
				fail_msg("%s: %s", command, reply);
			assert_int_equal(access(fix->other, F_OK), -1);
		}
	}
	close(fds[0]);
	close(fds[1]);
}

/* The placeholders of parameters: none of them is a file. */
static void vty__all_nodes__no_command_takes_a_file_A28(void **state)
{
	static const char *const files[] = { "FILE", "PATH", "FOLDER", "DIR" };
	unsigned int node, i, j, seen = 0;
	struct fixture *fix = *state;

	open_door(fix);
	for (node = 0; node < vector_active(cmdvec); node++) {
		const struct cmd_node *commands = vector_slot(cmdvec, node);

		for (i = 0; commands && i < vector_active(commands->cmd_vector); i++) {
			const struct cmd_element *command = vector_slot(commands->cmd_vector, i);

			seen++;
			for (j = 0; j < ARRAY_SIZE(files); j++)
				if (strstr(command->string, files[j]))
					fail_msg("\"%s\" takes a file", command->string);
		}
	}
	assert_true(seen > 15);
}

/* ---- commands that change something ---- */

static void vty__change_without_enable__is_unknown_A29(void **state)
{
	static const char *const commands[] = { "reload", "notify phones msisdn 13800138000 hi", "do reload", "logging enable" };
	struct fixture *fix = *state;
	size_t i;
	int fd;

	open_door(fix);
	fd = welcomed(fix, come_in(fix));
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		assert_non_null(strstr(say(fix, fd, commands[i]), "% Unknown command"));
	assert_int_equal(fix->phones.notifications, 0);
	close(fd);
}

static void vty__change__is_in_the_audit_file_A29(void **state)
{
	struct fixture *fix = *state;
	struct stat found;
	char who[64];
	int fd;

	open_door(fix);
	fd = enabled(fix);
	assert_non_null(strstr(say(fix, fd, "notify phones msisdn 13800138000 hi there"), "sent"));
	assert_non_null(strstr(say(fix, fd, "reload"), "not reloaded"));
	snprintf(who, sizeof(who), "vty uid %u pid %d: ", geteuid(), getpid());
	assert_audited(fix, who);
	assert_audited(fix, ": enable\n");
	assert_audited(fix, ": notify phones msisdn 13800138000 hi there\n");
	assert_audited(fix, ": reload\n");
	assert_audited(fix, ": the last command failed\n");
	assert_int_equal(stat(fix->audit, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
	close(fd);
}

static void send_text(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* The loop goes on for a while; then an octet lets a slow reload end. */
static void let_pass(struct fixture *fix)
{
	loop_for(20);
	assert_int_equal(write(fix->gate[1], "x", 1), 1);
}

static void vty__slow_reload__others_are_served_and_the_result_precedes_the_prompt(void **state)
{
	struct fixture *fix = *state;
	int fd, other;
	char *result;

	fix->slow = true;
	open_door(fix);
	other = welcomed(fix, come_in(fix));
	fd = enabled(fix);
	send_text(fd, "reload\r\nshow version\r\n");
	loop_for(20);
	assert_non_null(strstr(say(fix, other, "show version"), "starhashd"));
	send_text(fd, "list\r\n");		/* not read before the result */
	let_pass(fix);
	assert_false(is_closed(fix, fd));
	result = strstr(fix->reply, "% menu.cfg:7: it is broken\r\n% not reloaded; generation 0 stays in use\r\n");
	assert_non_null(result);
	*result = '\0';
	assert_null(strstr(fix->reply, "# "));
	assert_null(strstr(fix->reply, "disable"));
	assert_audited(fix, ": the last command failed\n");
	close(fd);
	close(other);
}

/* ---- barred numbers ---- */

static struct store *with_accounts(struct fixture *fix)
{
	const struct accounts_settings settings = { .store = "memory", .front = &gate_store_ops, .deadline_ms = 100, .requests_max = 100 };
	struct accounts *accounts;

	assert_int_equal(accounts_new(fix->ctx, &settings, server_accounts_done, &accounts), 0);
	server_set_accounts(fix->server, accounts);
	open_door(fix);
	loop_for(20);		/* the server reads the store */
	return accounts_store(accounts);
}

static void vty__bar__who_and_why_until_unbarred(void **state)
{
	struct fixture *fix = *state;
	char by[96];
	int fd;

	with_accounts(fix);
	fd = enabled(fix);
	snprintf(by, sizeof(by), ", by vty uid %u pid %d: many calls\r\n", geteuid(), getpid());
	assert_non_null(strstr(say(fix, fd, "bar 1380* reason many calls"), "\r\nbarred\r\n"));
	assert_non_null(strstr(say(fix, fd, "show barred"), by));
	assert_non_null(strstr(say(fix, fd, "unbar 1390*"), "% 1390* is not barred\r\n"));
	assert_non_null(strstr(say(fix, fd, "unbar 13800138000"), "% 13800138000 is not barred by itself, but by 1380*\r\n"));
	assert_audited(fix, ": the last command failed\n");
	assert_non_null(strstr(say(fix, fd, "unbar 1380*"), "\r\nno longer barred\r\n"));
	assert_non_null(strstr(say(fix, fd, "show barred"), " 0 of 10\r\n"));
	close(fd);
}

static void vty__slow_store__bar_is_answered_when_stored(void **state)
{
	struct fixture *fix = *state;
	struct store *store = with_accounts(fix);
	int fd = enabled(fix), other = welcomed(fix, come_in(fix));
	ssize_t n;

	gate_set(store, GATE_SHUT);
	send_text(fd, "bar 1380* reason many calls\r\n");
	loop_for(20);
	assert_non_null(strstr(say(fix, other, "show version"), "starhashd"));
	n = recv(fd, fix->reply, sizeof(fix->reply) - 1, 0);
	fix->reply[n > 0 ? n : 0] = '\0';
	assert_null(strstr(fix->reply, "barred"));
	gate_set(store, GATE_OPEN);
	assert_false(is_closed(fix, fd));
	assert_non_null(strstr(fix->reply, "barred\r\n"));
	assert_null(strchr(fix->reply, '%'));
	close(fd);
	close(other);
}

static void vty__store_fails_or_is_late__bar_says_so(void **state)
{
	struct fixture *fix = *state;
	struct store *store = with_accounts(fix);
	int fd = enabled(fix);

	gate_set(store, GATE_DOWN);
	assert_non_null(strstr(say(fix, fd, "bar 1380* reason many calls"), "% barred, but only until this process ends"));
	gate_set(store, GATE_SHUT);
	assert_non_null(strstr(say(fix, fd, "unbar 1380*"), "% no longer barred, but not yet stored"));
	assert_audited(fix, ": the last command failed\n");
	send_text(fd, "bar 1390* reason many calls\r\n");
	loop_for(20);
	close(fd);
	loop_for(20);
	gate_set(store, GATE_OPEN);
	loop_for(20);
}

static void vty__exit_typed_ahead_of_a_reload__closes_after_the_result(void **state)
{
	struct fixture *fix = *state;
	char all[REPLY_SIZE];
	size_t len = 0;
	ssize_t n = 1;
	int fd;

	fix->slow = true;
	open_door(fix);
	fd = enabled(fix);
	send_text(fd, "reload\nexit\n");
	let_pass(fix);
	while (n != 0) {
		osmo_select_main(1);
		n = recv(fd, all + len, sizeof(all) - 1 - len, 0);
		len += n > 0 ? n : 0;
	}
	all[len] = '\0';
	assert_non_null(strstr(all, "not reloaded"));
	close(fd);
}

static void vty__connection_closed_during_a_reload__no_result(void **state)
{
	struct fixture *fix = *state;
	int fd;

	fix->slow = true;
	open_door(fix);
	fd = enabled(fix);
	send_text(fd, "reload\n");
	loop_for(20);
	vty_door_free(fix->door);
	fix->door = NULL;
	close(fd);
	let_pass(fix);
	loop_for(20);
}

static void audit__long_and_strange_text__one_short_line_A29(void **state)
{
	struct fixture *fix = *state;
	char text[2000];
	struct stat found;

	memset(text, 'x', sizeof(text));
	memcpy(text, "a\nb\x1b", 4);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(audit(fix->audit, "test", "%s", text), 0);
	assert_audited(fix, "test: a?b?xxx");
	assert_int_equal(stat(fix->audit, &found), 0);
	assert_true(found.st_size < 300);
	assert_int_equal(symlink("/dev/null", fix->other), 0);
	assert_int_equal(audit(fix->other, "test", "not through a link"), -ELOOP);
}

static void vty__enable_over_tcp_without_password_file__is_refused_A29(void **state)
{
	struct fixture *fix = *state;
	int fd;

	open_tcp(fix);
	fd = welcomed(fix, come_in_by_tcp(fix));
	assert_non_null(strstr(say(fix, fd, "enable"), "needs vty_password_file"));
	assert_non_null(strstr(say(fix, fd, "reload"), "% Unknown command"));
	assert_audited(fix, "enable: refused");
	close(fd);
}

static void vty__password_over_tcp__right_one_enables_wrong_one_ends_A29(void **state)
{
	struct fixture *fix = *state;
	int fd;

	write_file(fix->password, PASSWORD "\n");
	fix->settings.password_file = fix->password;
	open_tcp(fix);
	fd = welcomed(fix, come_in_by_tcp(fix));
	assert_non_null(strstr(say(fix, fd, "enable"), "Password: "));
	assert_non_null(strstr(say(fix, fd, PASSWORD), "# "));
	assert_null(strstr(fix->reply, PASSWORD));
	assert_non_null(strstr(say(fix, fd, "reload"), "not reloaded"));
	assert_audited(fix, "enable, by password\n");
	assert_non_null(strstr(say(fix, fd, "disable"), "> "));
	assert_non_null(strstr(say(fix, fd, "enable"), "# "));
	close(fd);
	fd = welcomed(fix, come_in_by_tcp(fix));
	say(fix, fd, "enable");
	assert_string_equal(say(fix, fd, "Correct horse"), "(closed)");
	assert_audited(fix, "enable: wrong password\n");
	close(fd);
}

/* Many guesses in one packet count as too many, and none leads into another node. */
static void vty__guesses_in_one_packet__end_the_connection_A29(void **state)
{
	struct fixture *fix = *state;
	int fd;

	write_file(fix->password, PASSWORD "\n");
	fix->settings.password_file = fix->password;
	open_tcp(fix);
	fd = welcomed(fix, come_in_by_tcp(fix));
	assert_string_equal(say(fix, fd, "enable\r\na\r\nb\r\nc\r\nenable\r\n" PASSWORD "\r\ndo reload\r\nreload"), "(closed)");
	assert_audited(fix, "enable: wrong password\n");
	assert_int_equal(fix->phones.notifications, 0);
	close(fd);
}

static void vty__short_or_readable_password_file__enable_refused_A29(void **state)
{
	struct fixture *fix = *state;

	fix->settings.address = ADDRESS;
	fix->settings.port = free_port();
	fix->settings.password_file = fix->password;
	write_file(fix->password, "elevenchars\n");
	assert_int_equal(vty_door_new(fix->ctx, &fix->settings, fix->server, &fix->door), -EINVAL);
	write_file(fix->password, PASSWORD "\n");
	assert_int_equal(chmod(fix->password, 0644), 0);
	assert_int_equal(vty_door_new(fix->ctx, &fix->settings, fix->server, &fix->door), -EPERM);
}

/* ---- limits ---- */

static void vty__one_connection_too_many__closed_until_one_leaves_A30(void **state)
{
	struct fixture *fix = *state;
	int fds[3], fd;
	size_t i;

	open_door(fix);
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = welcomed(fix, come_in(fix));
	fd = come_in(fix);
	assert_true(is_closed(fix, fd));
	close(fd);
	close(fds[0]);
	loop_for(10);
	fds[0] = welcomed(fix, come_in(fix));
	assert_string_equal(say(fix, fds[1], "exit"), "(closed)");
	close(fds[1]);
	fds[1] = welcomed(fix, come_in(fix));
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	loop_for(10);
}

static void vty__tcp_full__local_socket_still_open_A30(void **state)
{
	struct fixture *fix = *state;
	int fds[3];
	size_t i;

	open_tcp(fix);
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = welcomed(fix, come_in_by_tcp(fix));
	close(welcomed(fix, come_in(fix)));
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

static void vty__idle__is_closed_A30(void **state)
{
	struct fixture *fix = *state;
	int idle, busy;

	open_door(fix);
	time_stop();
	idle = welcomed(fix, come_in(fix));
	busy = welcomed(fix, come_in(fix));
	time_pass(50);
	say(fix, busy, "show version");
	time_pass(20);
	assert_true(is_closed(fix, idle));
	assert_non_null(strstr(say(fix, busy, "show version"), "starhashd"));
	time_go_on();
	close(idle);
	close(busy);
}

static void vty__flood__is_closed_A30(void **state)
{
	struct fixture *fix = *state;
	char noise[512];
	unsigned int i;
	bool closed = false;
	int fd;

	open_door(fix);
	fd = welcomed(fix, come_in(fix));
	memset(noise, 'x', sizeof(noise));
	for (i = 0; i < 400 && !closed; i++) {
		closed = send(fd, noise, sizeof(noise), MSG_NOSIGNAL) < 0 && errno == EPIPE;
		osmo_select_main(1);
	}
	assert_true(closed);
	close(fd);
}

/* Commands are read only as fast as their output is. */
static void vty__client_that_does_not_read__no_more_commands_run_A30(void **state)
{
	struct fixture *fix = *state;
	const char line[] = "list\r\n";
	size_t before, sent = 0;
	unsigned int i;
	int fd;

	open_door(fix);
	fd = enabled(fix);
	before = talloc_total_size(tall_vty_ctx);
	for (i = 0; i < 20000; i++) {
		const ssize_t n = send(fd, line, sizeof(line) - 1, MSG_NOSIGNAL);

		if (n < 0)
			break;
		sent += n;
		osmo_select_main(1);
	}
	assert_true(sent > 0);
	assert_true(talloc_total_size(tall_vty_ctx) - before < 1024 * 1024);
	close(fd);
}

static void vty__http_over_tcp__closed_at_its_first_line_A30(void **state)
{
	static const char *const requests[] = {
		"GET / HTTP/1.1\r\nHost: x\r\n\r\nshow links\r\n", "POST /reload HTTP/1.0\r\n\r\nreload\r\n",
		"notify / HTTP/1.1\r\n\r\nshow links\r\n", "\x16\x03\x01\x02",
	};
	struct fixture *fix = *state;
	size_t i;

	open_tcp(fix);
	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		const int fd = welcomed(fix, come_in_by_tcp(fix));

		assert_string_equal(say(fix, fd, requests[i]), "(closed)");
		close(fd);
	}
}

static unsigned int rounds_in(unsigned int ms)
{
	const long long end = clock_monotonic_ms() + ms;
	unsigned int rounds = 0;

	while (clock_monotonic_ms() < end) {
		osmo_select_main(1);
		usleep(1000);
		rounds++;
	}
	return rounds;
}

/* Without free descriptors the VTY waits, and accepts again when there are some. */
static void vty__descriptors_run_out__waits_and_continues_A30(void **state)
{
	struct fixture *fix = *state;
	struct rlimit usual, none;
	int fd;

	open_door(fix);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	fd = come_in(fix);
	none = (struct rlimit){ 3, usual.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_true(osmo_select_main(1) > 0);
	/* not woken by a connection that it cannot accept */
	assert_int_equal(osmo_select_main(1), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
	assert_true(rounds_in(1100) > 0);
	welcomed(fix, fd);
	close(fd);
}

/* ---- notify ---- */

static void notify__invalid_number__refused_A39(void **state)
{
	static const struct { const char *what, *reply; int channel; } rows[] = {
		{ "imsi 26242", "an IMSI has 6 to 15 digits", 0 },
		{ "imsi 2624200000000011", "an IMSI has 6 to 15 digits", 0 },
		{ "imsi 26242x000000001", "an IMSI has 6 to 15 digits", 0 },
		{ "imsi -26242000000001", "an IMSI has 6 to 15 digits", 0 },
		{ "msisdn +8613800138000", "an MSISDN has 1 to 15 digits", 0 },
		{ "msisdn 1234567890123456", "an MSISDN has 1 to 15 digits", 0 },
		{ "msisdn 13800138000", "this link takes an IMSI only", -EDESTADDRREQ },
		{ "imsi 262420000000001", "this link takes an MSISDN only", -EDESTADDRREQ },
		{ "imsi 262420000000001", "not configured to show unsolicited texts", -ENOTSUP },
		{ "imsi 262420000000001", "not connected", -ENOTCONN },
		{ "imsi 262420000000001", "\r\nsent", 0 },
		{ "msisdn 1", "\r\nsent", 0 },
	};
	struct fixture *fix = *state;
	char command[128];
	size_t i;
	int fd;

	open_door(fix);
	fd = enabled(fix);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *reply;

		fix->phones.refuse = rows[i].channel;
		snprintf(command, sizeof(command), "notify phones %s hi", rows[i].what);
		reply = say(fix, fd, command);
		if (!strstr(reply, rows[i].reply))
			fail_msg("%s: %s", command, reply);
	}
	assert_int_equal(fix->phones.notifications, 2);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(vty__default__private_socket_and_no_tcp_A27),
		TEST(vty__address__also_on_tcp_A27),
		TEST(vty__each_command_with_a_file__is_unknown_A28),
		TEST(vty__all_nodes__no_command_takes_a_file_A28),
		TEST(vty__change_without_enable__is_unknown_A29),
		TEST(vty__change__is_in_the_audit_file_A29),
		TEST(vty__slow_reload__others_are_served_and_the_result_precedes_the_prompt),
		TEST(vty__bar__who_and_why_until_unbarred),
		TEST(vty__slow_store__bar_is_answered_when_stored),
		TEST(vty__store_fails_or_is_late__bar_says_so),
		TEST(vty__exit_typed_ahead_of_a_reload__closes_after_the_result),
		TEST(vty__connection_closed_during_a_reload__no_result),
		TEST(audit__long_and_strange_text__one_short_line_A29),
		TEST(vty__enable_over_tcp_without_password_file__is_refused_A29),
		TEST(vty__password_over_tcp__right_one_enables_wrong_one_ends_A29),
		TEST(vty__guesses_in_one_packet__end_the_connection_A29),
		TEST(vty__short_or_readable_password_file__enable_refused_A29),
		TEST(vty__one_connection_too_many__closed_until_one_leaves_A30),
		TEST(vty__tcp_full__local_socket_still_open_A30),
		TEST(vty__idle__is_closed_A30),
		TEST(vty__flood__is_closed_A30),
		TEST(vty__client_that_does_not_read__no_more_commands_run_A30),
		TEST(vty__http_over_tcp__closed_at_its_first_line_A30),
		TEST(vty__descriptors_run_out__waits_and_continues_A30),
		TEST(notify__invalid_number__refused_A39),
	};
	int rc;

	signal(SIGPIPE, SIG_IGN);
	osmo_init_logging2(NULL, &log_categories);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rate_ctr_init(NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	log_fini();
	return rc;
}
