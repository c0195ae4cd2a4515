/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The door as its clients see it: real sockets, and curl for TLS. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <osmocom/core/application.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "starhash/door.h"
#include "starhash/log.h"
#include "tests/cmocka.h"
#include "tests/support/loop.h"

#define WAIT_MS 20000
#define CALLS_MAX 16
#define BODY_MAX 2048
#define TOKEN "shop-token-0123456789"
#define JSON "Content-Type: application/json\r\n"
#define HOST "Host: door.example\r\n"
#define BEARER "Authorization: Bearer " TOKEN "\r\n"
#define POST(path, fields, len, body) "POST " path " HTTP/1.1\r\n" HOST JSON fields "Content-Length: " len "\r\n\r\n" body
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

static const struct door_path paths[] = {
	{ "POST", "/v1/events", DOOR_EVENTS },
	{ "GET", "/v1/events/", DOOR_EVENTS },
	{}
};

static const struct door_path more_paths[] = {
	{ "POST", "/v1/orders", DOOR_ORDERS },
	{ "GET", "/v1/orders/", DOOR_ORDERS },
	{ "PUT", "/v1/orders/", DOOR_ORDERS },
	{ "POST", "/v1/orders/", DOOR_CODES },
	{ "POST", "/v1/push", DOOR_PUSH },
	{}
};

struct fixture {
	void *ctx;
	char folder[32], socket[64];
	uint16_t port;
	struct conf_file *file;
	void *settings;
	struct door_table tables[3];
	struct door *door;
	bool later;				/* the handler answers later */
	unsigned int charged;			/* it takes so much more of the client's rate */
	bool answer_others;			/* it answers open calls first */
	struct door_call *calls[CALLS_MAX];	/* not answered yet */
	unsigned int calls_count, handled;
	char path[128], id[128], client[32], body[BODY_MAX + 1];	/* of the last request */
	unsigned int right, rights, more;	/* more: requests to the second table */
};

/* ---- the door ---- */

static void handle(void *user, struct door_call *call, const struct door_request *request)
{
	struct fixture *fix = user;
	char json[128];

	assert_int_equal(strlen(request->body), request->len);
	fix->handled++;
	door_charge(call, fix->charged);
	if (fix->answer_others) {
		while (fix->calls_count)
			door_answer(fix->calls[--fix->calls_count], 200, "{\"other\":1}", 11);
	}
	snprintf(fix->path, sizeof(fix->path), "%s %s", request->method, request->path);
	snprintf(fix->id, sizeof(fix->id), "%s", request->id);
	snprintf(fix->client, sizeof(fix->client), "%s", request->client);
	snprintf(fix->body, sizeof(fix->body), "%s", request->body);
	fix->right = request->right;
	fix->rights = request->rights;
	if (fix->later) {
		assert_true(fix->calls_count < CALLS_MAX);
		fix->calls[fix->calls_count++] = call;
		return;
	}
	snprintf(json, sizeof(json), "{\"number\":%u,\"octets\":%zu}", fix->handled, request->len);
	door_answer(call, 200, json, strlen(json));
}

static void handle_more(void *user, struct door_call *call, const struct door_request *request)
{
	((struct fixture *)user)->more++;
	handle(user, call, request);
}

static const char *file_path(const struct fixture *fix, const char *name)
{
	static char path[2][128];
	static unsigned int next;

	next ^= 1;
	snprintf(path[next], sizeof(path[next]), "%s/%s", fix->folder, name);
	return path[next];
}

static void file_write(const struct fixture *fix, const char *name, const void *data, size_t len, mode_t mode)
{
	FILE *file = fopen(file_path(fix, name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	fclose(file);
	assert_int_equal(chmod(file_path(fix, name), mode), 0);
}

static void text_write(const struct fixture *fix, const char *name, const char *text, mode_t mode)
{
	file_write(fix, name, text, strlen(text), mode);
}

static int problem_print_all(struct problems *problems, char *out, size_t size)
{
	int len = 0;

	for (size_t i = 0; i < problems->count; i++)
		len += problem_print(&problems->list[i], out + len, size - (size_t)len);
	return len;
}

/* Returns the number of problems, which it prints to \a out. */
static size_t settings_read(struct fixture *fix, const char *group, char *out, size_t size)
{
	struct problems problems = { 0 };
	const struct setting *door;
	char text[2048];
	size_t count;

	snprintf(text, sizeof(text), "door = {\n%s\n};\n", group);
	text_write(fix, "door.cfg", text, 0600);
	conf_file_free(fix->file);
	fix->file = conf_file_load(file_path(fix, "door.cfg"), &problems);
	if (fix->file) {
		door = setting_get(conf_file_root(fix->file), "door");
		fix->settings = talloc_zero_size(fix->ctx, door_settings_size);
		conf_read(door, door_rows, fix->settings, &problems);
		if (!problems.count)
			door_check(fix->settings, door, &problems);
		if (!problems.count)
			door_check_files(fix->settings, door, getuid(), &problems);
	}
	*out = '\0';
	problem_print_all(&problems, out, size);
	count = problems.count;
	problems_fini(&problems);
	return count;
}

static int door_start(struct fixture *fix, const char *group)
{
	char words[1024];

	if (settings_read(fix, group, words, sizeof(words)))
		fail_msg("%s", words);
	return door_new(fix->ctx, fix->settings, fix->tables, &fix->door);
}

/* A door on the UNIX socket, with more settings. */
static void socket_start(struct fixture *fix, const char *more)
{
	char group[512];

	snprintf(group, sizeof(group), "socket = \"socket\"; body_max = %d; %s", BODY_MAX, more);
	assert_int_equal(door_start(fix, group), 0);
}

/* A door on 127.0.0.1 with two clients, with more settings. */
static void tcp_start(struct fixture *fix, const char *more)
{
	char group[1024];

	snprintf(group, sizeof(group), "address = \"127.0.0.1\"; port = %u; body_max = %d; %s\n clients = (\n"
		 "  { name = \"shop\"; token_file = \"shop.token\"; may = [ \"orders\", \"events\" ]; },\n"
		 "  { name = \"push\"; token_file = \"push.token\"; may = [ \"push\" ]; } );", fix->port, BODY_MAX, more);
	assert_int_equal(door_start(fix, group), 0);
}

static uint16_t free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(address);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	assert_non_null(fix);
	fix->ctx = talloc_named_const(NULL, 0, "door test");
	fix->tables[0] = (struct door_table){ paths, handle, fix };
	fix->tables[1] = (struct door_table){ more_paths, handle_more, fix };
	strcpy(fix->folder, "/tmp/door_test.XXXXXX");
	assert_non_null(mkdtemp(fix->folder));
	snprintf(fix->socket, sizeof(fix->socket), "%s/socket", fix->folder);
	fix->port = free_port();
	text_write(fix, "shop.token", TOKEN "\n", 0600);
	text_write(fix, "push.token", "push-token-0123456789\n", 0600);
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;
	char command[64];

	time_go_on();
	door_free(fix->door);
	for (unsigned int i = 0; i < fix->calls_count; i++)
		door_answer(fix->calls[i], 200, "{}", 2);
	conf_file_free(fix->file);
	assert_true(access(fix->socket, F_OK) < 0);
	snprintf(command, sizeof(command), "rm -r %s", fix->folder);
	assert_int_equal(system(command), 0);
	/* no call is left */
	assert_int_equal(talloc_total_blocks(fix->ctx), 1 + (fix->settings != NULL));
	talloc_free(fix->ctx);
	free(fix);
	return 0;
}

static uint64_t counted(const char *name)
{
	return rate_ctr_get_by_name(rate_ctr_get_group_by_name_idx("door", 0), name)->current;
}

/* ---- clients ---- */

struct client {
	struct osmo_fd fd;
	char got[16384];
	size_t len;
	bool ended;
};

static int client_read(struct osmo_fd *fd, unsigned int what)
{
	struct client *client = fd->data;
	const ssize_t n = read(fd->fd, client->got + client->len, sizeof(client->got) - 1 - client->len);

	if (n > 0) {
		client->len += (size_t)n;
		client->got[client->len] = '\0';
	} else if (n == 0 || errno != EAGAIN) {
		client->ended = true;
		osmo_fd_unregister(fd);
	}
	return 0;
}

static void client_watch(struct client *client, int fd)
{
	memset(client, 0, sizeof(*client));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	osmo_fd_setup(&client->fd, fd, OSMO_FD_READ, client_read, client, 0);
	osmo_fd_register(&client->fd);
}

static void client_connect(const struct fixture *fix, struct client *client)
{
	struct sockaddr_in tcp = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(fix->port) };
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	const bool is_local = access(fix->socket, F_OK) == 0;
	const int fd = socket(is_local ? AF_UNIX : AF_INET, SOCK_STREAM, 0);

	strcpy(local.sun_path, fix->socket);
	assert_int_equal(is_local ? connect(fd, (struct sockaddr *)&local, sizeof(local)) :
				    connect(fd, (struct sockaddr *)&tcp, sizeof(tcp)), 0);
	client_watch(client, fd);
}

static void client_close(struct client *client)
{
	if (!client->ended)
		osmo_fd_unregister(&client->fd);
	close(client->fd.fd);
}

static void octets_send(struct client *client, const char *octets, size_t len)
{
	assert_int_equal(send(client->fd.fd, octets, len, MSG_NOSIGNAL), len);
}

static void text_send(struct client *client, const char *text)
{
	octets_send(client, text, strlen(text));
}

static unsigned int answers_of(const struct client *client)
{
	unsigned int count = 0;

	for (const char *at = client->got; (at = strstr(at, "HTTP/1.1 ")); at++)
		count++;
	return count;
}

struct wanted {
	const struct client *client;
	unsigned int answers;
};

/* The last of the answers with its body, which is one JSON object. */
static bool answers_came(void *user)
{
	const struct wanted *wanted = user;

	return answers_of(wanted->client) >= wanted->answers && wanted->client->got[wanted->client->len - 1] == '}';
}

static void answers_wait(struct client *client, unsigned int answers)
{
	struct wanted wanted = { client, answers };

	if (!loop_until(answers_came, &wanted, WAIT_MS))
		fail_msg("%u answers are wanted, got: %s", answers, client->got);
}

static bool has_ended(void *user)
{
	return ((struct client *)user)->ended;
}

static void end_wait(struct client *client)
{
	if (!loop_until(has_ended, client, WAIT_MS))
		fail_msg("not closed, got: %s", client->got);
}

static bool is_handled(void *user)
{
	const struct fixture *fix = user;

	return fix->calls_count > 0;
}

/* Expects one answer that begins with a status, on a connection of its own, which is closed afterwards. */
static void answers(const struct fixture *fix, const char *request, const char *status)
{
	struct client client;
	char begin[32];

	client_connect(fix, &client);
	text_send(&client, request);
	answers_wait(&client, 1);
	snprintf(begin, sizeof(begin), "HTTP/1.1 %s ", status);
	if (strncmp(client.got, begin, strlen(begin)))
		fail_msg("%s\nis to be answered with %s, not: %s", request, status, client.got);
	if (*status != '2') {
		assert_non_null(strstr(client.got, "{\"error\":\""));
		assert_non_null(strstr(client.got, "Content-Type: application/json\r\n"));
	}
	client_close(&client);
}

/* Runs curl on the loop; the answer is "BODY STATUS". Returns curl's exit status. */
static int curl(const char *const *arguments, struct client *out)
{
	const char *command[24] = { "curl", "-sS", "--max-time", "20", "-w", " %{http_code}" };
	unsigned int count = 6;
	int ends[2], status;
	pid_t pid;

	while (*arguments)
		command[count++] = *arguments++;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execvp(command[0], (char *const *)(uintptr_t)command);
		_exit(127);
	}
	close(ends[1]);
	client_watch(out, ends[0]);
	end_wait(out);
	client_close(out);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 127);
	return WEXITSTATUS(status);
}

/* ---- tests: what is answered ---- */

static void door__unix_socket__private_and_all_rights(void **state)
{
	struct fixture *fix = *state;
	struct client client;
	struct stat found;

	socket_start(fix, "");
	assert_int_equal(stat(fix->socket, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
	client_connect(fix, &client);
	text_send(&client, POST("/v1/events", "", "9", "{\"a\": 1 }"));
	answers_wait(&client, 1);
	assert_non_null(strstr(client.got, "HTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(client.got, "Content-Type: application/json\r\n"));
	assert_non_null(strstr(client.got, "Cache-Control: no-store\r\n"));
	assert_non_null(strstr(client.got, "{\"number\":1,\"octets\":9}"));
	assert_string_equal(fix->body, "{\"a\": 1 }");
	assert_string_equal(fix->client, "local");
	assert_int_equal(fix->rights, DOOR_ALL);
	client_close(&client);
}

static void door__tokens__identify_clients_with_their_rights(void **state)
{
	struct fixture *fix = *state;

	tcp_start(fix, "");
	answers(fix, POST("/v1/orders", BEARER, "2", "{}"), "200");
	assert_string_equal(fix->client, "shop");
	assert_int_equal(fix->rights, DOOR_ORDERS | DOOR_EVENTS);
	answers(fix, POST("/v1/orders", "authorization: bearer   " TOKEN " \r\n", "2", "{}"), "200");
	answers(fix, POST("/v1/push", BEARER, "2", "{}"), "403");
	answers(fix, POST("/v1/push", "Authorization: Bearer push-token-0123456789\r\n", "2", "{}"), "200");
	assert_string_equal(fix->client, "push");
	answers(fix, POST("/v1/orders", "Authorization: Bearer push-token-0123456789\r\n", "2", "{}"), "403");
	/* a right is that of a method, too */
	answers(fix, POST("/v1/orders/7", BEARER, "2", "{}"), "403");
	assert_int_equal(fix->handled, 3);
	assert_int_equal(counted("refused:forbidden"), 3);
}

static void door__no_valid_token__401_and_closed(void **state)
{
	static const char *const fields[] = { "", "Authorization: Bearer shop-token-0123456788\r\n", "Authorization: Bearer \r\n",
		"Authorization: Bearer shop-token-012345678\r\n", "Authorization: " TOKEN "\r\n", "Authorization: Basic " TOKEN "\r\n",
		"Authorization: Bearer " TOKEN "0\r\n" };
	struct fixture *fix = *state;
	struct client client;
	char request[512];

	tcp_start(fix, "");
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		client_connect(fix, &client);
		snprintf(request, sizeof(request), "POST /v1/%s HTTP/1.1\r\n" HOST JSON "%sContent-Length: 2\r\n\r\n{}",
			 i % 2 ? "orders" : "nowhere", fields[i]);
		text_send(&client, request);
		end_wait(&client);
		assert_int_equal(strncmp(client.got, "HTTP/1.1 401 ", 13), 0);
		assert_non_null(strstr(client.got, "WWW-Authenticate: Bearer\r\n"));
		client_close(&client);
	}
	assert_int_equal(fix->handled, 0);
	assert_int_equal(counted("refused:unauthorized"), ARRAY_SIZE(fields));
}

static void door__many_wrong_tokens__listener_pauses_for_a_second(void **state)
{
	struct fixture *fix = *state;
	struct client client;

	tcp_start(fix, "");
	time_stop();
	for (unsigned int i = 0; i < 6; i++)
		answers(fix, POST("/v1/orders", "", "2", "{}"), "401");
	client_connect(fix, &client);
	text_send(&client, POST("/v1/orders", BEARER, "2", "{}"));
	for (unsigned int i = 0; i < 20; i++)
		osmo_select_main_ctx(1);
	assert_int_equal(client.len, 0);
	time_pass(2);
	time_go_on();
	answers_wait(&client, 1);
	assert_int_equal(strncmp(client.got, "HTTP/1.1 200 ", 13), 0);
	client_close(&client);
}

static void door__path_method_and_type__404_405_and_415(void **state)
{
	struct fixture *fix = *state;
	struct client client;

	socket_start(fix, "");
	answers(fix, GET("/v1/orders/Az09-._~"), "200");
	assert_string_equal(fix->path, "GET /v1/orders/Az09-._~");
	answers(fix, GET("/v1/orders/7?wait=1&id=2"), "200");
	assert_string_equal(fix->path, "GET /v1/orders/7");
	assert_string_equal(fix->id, "7");
	assert_int_equal(fix->more, 2);
	answers(fix, POST("/v1/orders/7", "", "2", "{}"), "200");
	assert_string_equal(fix->id, "7");
	assert_int_equal(fix->right, DOOR_CODES);
	answers(fix, GET("/"), "404");
	answers(fix, GET("/v1"), "404");
	answers(fix, GET("/v1/orders/"), "404");
	answers(fix, GET("/v1/orders/a/b"), "404");
	answers(fix, GET("/v1/orders/a%2Fb"), "404");
	answers(fix, GET("/v1/orders/a%00b"), "404");
	answers(fix, GET("/v1/orders/%61"), "404");
	answers(fix, GET("/v1/orders/a\xc3\xa9"), "404");
	answers(fix, GET("http://door.example/v1/orders/7"), "404");
	answers(fix, POST("/v1/events/", "", "2", "{}"), "404");
	answers(fix, GET("/v1/events"), "405");
	answers(fix, "DELETE /v1/orders HTTP/1.1\r\n" HOST "\r\n", "405");
	answers(fix, "POST /v1/events HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", "415");
	answers(fix, "POST /v1/events HTTP/1.1\r\n" HOST "Content-Type: text/xml\r\nContent-Length: 2\r\n\r\n{}", "415");
	answers(fix, "POST /v1/events HTTP/1.1\r\n" HOST "Content-Type: application/jsonp\r\nContent-Length: 2\r\n\r\n{}", "415");
	answers(fix, "POST /v1/events HTTP/1.1\r\n" HOST "Content-Type: Application/JSON; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}",
		"200");
	answers(fix, "POST /v1/events HTTP/1.1\r\n" HOST JSON "\r\n", "200");
	assert_string_equal(fix->body, "");
	assert_string_equal(fix->id, "");
	assert_int_equal(fix->right, DOOR_EVENTS);
	assert_int_equal(fix->handled, 5);
	assert_int_equal(fix->more, 3);

	client_connect(fix, &client);
	text_send(&client, "DELETE /v1/orders/7 HTTP/1.1\r\n" HOST "\r\n");
	answers_wait(&client, 1);
	assert_non_null(strstr(client.got, "Allow: GET, PUT, POST\r\n"));
	/* a refusal does not cost the connection */
	text_send(&client, GET("/v1/orders/7"));
	answers_wait(&client, 2);
	assert_int_equal(fix->handled, 6);
	client_close(&client);
}

/* ---- tests: bodies ---- */

static void door__body_over_its_limit__413(void **state)
{
	struct fixture *fix = *state;
	char chunk[BODY_MAX + 1] = "";
	struct client client;

	socket_start(fix, "");
	memset(chunk, 'x', BODY_MAX);
	/* at once, by its length */
	client_connect(fix, &client);
	text_send(&client, POST("/v1/events", "", "2049", ""));
	end_wait(&client);
	assert_int_equal(strncmp(client.got, "HTTP/1.1 413 ", 13), 0);
	client_close(&client);
	client_connect(fix, &client);
	text_send(&client, POST("/v1/events", "", "99999999999999999999999", "x"));
	end_wait(&client);
	assert_int_equal(strncmp(client.got, "HTTP/1.1 413 ", 13), 0);	/* libmicrohttpd's own */
	client_close(&client);
	/* as many as are allowed */
	client_connect(fix, &client);
	text_send(&client, POST("/v1/events", "", "2048", ""));
	text_send(&client, chunk);
	answers_wait(&client, 1);
	assert_non_null(strstr(client.got, "\"octets\":2048}"));
	client_close(&client);
	/* without a length */
	client_connect(fix, &client);
	text_send(&client, "POST /v1/events HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: chunked\r\n\r\n800\r\n");
	text_send(&client, chunk);
	text_send(&client, "\r\n1\r\nx\r\n0\r\n\r\n");
	answers_wait(&client, 1);
	assert_int_equal(strncmp(client.got, "HTTP/1.1 413 ", 13), 0);
	text_send(&client, GET("/v1/orders/7"));
	answers_wait(&client, 2);
	client_close(&client);
	assert_int_equal(fix->handled, 2);
	assert_int_equal(counted("refused:large"), 2);		/* and one by libmicrohttpd */
}

static void door__body_without_end__cut_off(void **state)
{
	struct fixture *fix = *state;
	struct client client;
	char chunk[BODY_MAX + 1] = "";

	socket_start(fix, "timeout_s = 600;");
	memset(chunk, 'x', BODY_MAX);
	client_connect(fix, &client);
	text_send(&client, "POST /v1/events HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n");
	for (unsigned int i = 0; i < 64 && !client.ended; i++) {
		send(client.fd.fd, chunk, BODY_MAX, MSG_NOSIGNAL);
		osmo_select_main_ctx(1);
	}
	end_wait(&client);
	client_close(&client);
	assert_int_equal(fix->handled, 0);
}

static void door__chunks__one_body(void **state)
{
	struct fixture *fix = *state;

	socket_start(fix, "");
	answers(fix, "POST /v1/events HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: chunked\r\n\r\n"
		"3;ext=1\r\n{\"a\r\n4\r\n\":1}\r\n0\r\nTrailer: 1\r\n\r\n", "200");
	assert_string_equal(fix->body, "{\"a\":1}");
	answers(fix, "POST /v1/events HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "200");
	assert_string_equal(fix->body, "");
}

static void door__octet_by_octet__read(void **state)
{
	struct fixture *fix = *state;
	struct client client;
	char request[1024], body[900];
	const int head = snprintf(request, sizeof(request), POST("/v1/events", "", "%zu", ""), sizeof(body));

	memset(body, ' ', sizeof(body));
	memcpy(request + head, body, sizeof(body));
	socket_start(fix, "");
	client_connect(fix, &client);
	for (size_t i = 0; i < (size_t)head + sizeof(body); i++) {
		octets_send(&client, request + i, 1);
		for (unsigned int round = 0; round < 3; round++)
			osmo_select_main_ctx(1);
	}
	answers_wait(&client, 1);
	assert_non_null(strstr(client.got, "\"octets\":900}"));
	client_close(&client);
}

static void door__expect_100__asked_for_only_when_wanted(void **state)
{
	struct fixture *fix = *state;
	struct client client;

	socket_start(fix, "");
	client_connect(fix, &client);
	text_send(&client, POST("/v1/events", "Expect: 100-continue\r\n", "2", ""));
	loop_for(50);
	assert_string_equal(client.got, "HTTP/1.1 100 Continue\r\n\r\n");
	text_send(&client, "{}");
	answers_wait(&client, 2);
	client_close(&client);
	client_connect(fix, &client);
	text_send(&client, POST("/v1/nowhere", "Expect: 100-continue\r\n", "2", ""));
	end_wait(&client);
	assert_int_equal(strncmp(client.got, "HTTP/1.1 404 ", 13), 0);
	client_close(&client);
}

/* ---- tests: answered later ---- */

static void door__answered_later__sent_then(void **state)
{
	struct fixture *fix = *state;
	struct client client;

	socket_start(fix, "timeout_s = 1;");
	fix->later = true;
	client_connect(fix, &client);
	text_send(&client, POST("/v1/orders", "", "2", "{}"));
	loop_for(1200);			/* the client is not slow, its answer is */
	assert_int_equal(fix->calls_count, 1);
	assert_int_equal(client.len, 0);
	assert_false(client.ended);
	fix->calls_count = 0;
	door_answer(fix->calls[0], 202, "{\"state\":\"accepted\"}", 20);
	answers_wait(&client, 1);
	assert_non_null(strstr(client.got, "HTTP/1.1 202 Accepted\r\n"));
	assert_non_null(strstr(client.got, "\r\n\r\n{\"state\":\"accepted\"}"));
	client_close(&client);
}

static void door__pipelined__answered_in_order(void **state)
{
	struct fixture *fix = *state;
	struct client client;

	socket_start(fix, "");
	fix->later = true;
	client_connect(fix, &client);
	text_send(&client, POST("/v1/orders", "", "3", "{1}") GET("/v1/nowhere") POST("/v1/events", "", "3", "{3}") GET("/v1/orders/4"));
	assert_true(loop_until(is_handled, fix, WAIT_MS));
	loop_for(50);
	assert_int_equal(fix->handled, 1);
	assert_string_equal(fix->body, "{1}");
	fix->later = false;
	fix->calls_count = 0;
	door_answer(fix->calls[0], 200, "{\"first\":1}", 11);
	answers_wait(&client, 4);
	assert_true(strstr(client.got, "\"first\"") < strstr(client.got, " 404 "));
	assert_true(strstr(client.got, " 404 ") < strstr(client.got, "\"number\":2"));
	assert_true(strstr(client.got, "\"number\":2") < strstr(client.got, "\"number\":3"));
	assert_string_equal(fix->path, "GET /v1/orders/4");
	client_close(&client);
}

static void door__answered_while_another_request_is_handled__sent(void **state)
{
	struct fixture *fix = *state;
	struct client first, second;

	socket_start(fix, "");
	fix->later = true;
	client_connect(fix, &first);
	text_send(&first, POST("/v1/orders", "", "2", "{}"));
	assert_true(loop_until(is_handled, fix, WAIT_MS));
	fix->answer_others = true;
	client_connect(fix, &second);
	text_send(&second, POST("/v1/orders", "", "2", "{}"));
	answers_wait(&first, 1);		/* nothing else wakes the loop: the second call is open */
	assert_int_equal(fix->calls_count, 1);
	client_close(&first);
	client_close(&second);
}

static void door__client_gone_before_the_answer__answer_dropped(void **state)
{
	struct fixture *fix = *state;
	struct client client;

	socket_start(fix, "connections_max = 1;");
	fix->later = true;
	client_connect(fix, &client);
	text_send(&client, POST("/v1/orders", "", "2", "{}"));
	assert_true(loop_until(is_handled, fix, WAIT_MS));
	client_close(&client);
	loop_for(50);
	fix->later = false;
	fix->calls_count = 0;
	door_answer(fix->calls[0], 200, "{}", 2);
	loop_for(50);
	assert_int_equal(counted("answers:dropped"), 1);
	/* its place is free again */
	answers(fix, GET("/v1/orders/7"), "200");
}

static void door__freed_with_open_calls__503_and_later_answers_dropped(void **state)
{
	struct fixture *fix = *state;
	struct client clients[3];

	socket_start(fix, "retry_after_s = 7;");
	fix->later = true;
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		client_connect(fix, &clients[i]);
		text_send(&clients[i], POST("/v1/orders", "", "2", "{}") GET("/v1/orders/2"));
		loop_for(20);
	}
	assert_int_equal(fix->calls_count, 3);
	client_close(&clients[2]);
	door_free(fix->door);
	fix->door = NULL;
	for (size_t i = 0; i < 2; i++) {
		end_wait(&clients[i]);
		assert_int_equal(strncmp(clients[i].got, "HTTP/1.1 503 ", 13), 0);
		assert_non_null(strstr(clients[i].got, "Retry-After: 7\r\n"));
		assert_non_null(strstr(clients[i].got, "{\"error\":\""));
		client_close(&clients[i]);
	}
	assert_int_equal(fix->handled, 3);
	/* teardown() answers the calls and checks that they are freed */
}

/* ---- tests: limits ---- */

static void door__too_many_open_requests__429(void **state)
{
	struct fixture *fix = *state;
	struct client first, second;

	socket_start(fix, "open_max = 1; retry_after_s = 3;");
	fix->later = true;
	client_connect(fix, &first);
	text_send(&first, POST("/v1/orders", "", "2", "{}"));
	assert_true(loop_until(is_handled, fix, WAIT_MS));
	client_connect(fix, &second);
	text_send(&second, POST("/v1/orders", "", "2", "{}"));
	answers_wait(&second, 1);
	assert_int_equal(strncmp(second.got, "HTTP/1.1 429 ", 13), 0);
	assert_non_null(strstr(second.got, "Retry-After: 3\r\n"));
	fix->later = false;
	fix->calls_count = 0;
	door_answer(fix->calls[0], 200, "{}", 2);
	answers_wait(&first, 1);
	text_send(&second, POST("/v1/orders", "", "2", "{}"));
	answers_wait(&second, 2);
	assert_int_equal(fix->handled, 2);
	client_close(&first);
	client_close(&second);
}

static void door__too_many_requests_a_second__429_for_that_client(void **state)
{
	struct fixture *fix = *state;

	tcp_start(fix, "rate = 2;");
	time_stop();
	answers(fix, POST("/v1/orders", BEARER, "2", "{}"), "200");
	answers(fix, POST("/v1/orders", BEARER, "2", "{}"), "200");
	answers(fix, POST("/v1/orders", BEARER, "2", "{}"), "429");
	answers(fix, POST("/v1/push", "Authorization: Bearer push-token-0123456789\r\n", "2", "{}"), "200");
	time_pass(1);
	answers(fix, POST("/v1/orders", BEARER, "2", "{}"), "200");
	answers(fix, POST("/v1/orders", BEARER, "2", "{}"), "200");
	answers(fix, POST("/v1/orders", BEARER, "2", "{}"), "429");
}

static void door__request_brings_many_things__takes_as_much_of_its_rate(void **state)
{
	struct fixture *fix = *state;

	tcp_start(fix, "rate = 2;");
	time_stop();
	fix->charged = 3;
	answers(fix, POST("/v1/orders", BEARER, "2", "{}"), "200");
	fix->charged = 0;
	time_pass(1);
	answers(fix, POST("/v1/orders", BEARER, "2", "{}"), "429");
	time_pass(1);
	answers(fix, POST("/v1/orders", BEARER, "2", "{}"), "200");
}

static void door__slow_request__closed_in_time(void **state)
{
	struct fixture *fix = *state;
	struct client client;

	socket_start(fix, "timeout_s = 10;");
	time_stop();
	client_connect(fix, &client);
	text_send(&client, POST("/v1/orders", "", "100", "{"));
	for (unsigned int i = 0; i < 9; i++) {
		osmo_select_main_ctx(1);
		time_pass(1);
		text_send(&client, " ");
	}
	for (unsigned int i = 0; i < 10; i++)
		osmo_select_main_ctx(1);
	assert_false(client.ended);
	time_pass(2);
	for (unsigned int i = 0; i < 10; i++)
		osmo_select_main_ctx(1);
	assert_true(client.ended);
	assert_int_equal(client.len, 0);
	assert_int_equal(counted("connections:slow"), 1);
	client_close(&client);
	time_go_on();
	answers(fix, GET("/v1/orders/7"), "200");
}

static void door__idle_connection__closed_in_time(void **state)
{
	struct fixture *fix = *state;
	struct client client;

	socket_start(fix, "timeout_s = 1;");
	client_connect(fix, &client);
	text_send(&client, GET("/v1/orders/7"));
	answers_wait(&client, 1);
	assert_false(client.ended);
	end_wait(&client);
	client_close(&client);
}

static void door__more_connections_than_allowed__closed(void **state)
{
	struct fixture *fix = *state;
	struct client clients[3];

	socket_start(fix, "connections_max = 2;");
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		client_connect(fix, &clients[i]);
	end_wait(&clients[2]);
	assert_false(clients[0].ended || clients[1].ended);
	client_close(&clients[2]);
	client_close(&clients[0]);
	loop_for(50);
	answers(fix, GET("/v1/orders/7"), "200");
	client_close(&clients[1]);
}

/* ---- tests: hostile octets ---- */

static void door__request_that_a_proxy_may_read_otherwise__refused_and_closed(void **state)
{
	static const char *const requests[] = {
		"POST /v1/events HTTP/1.1\r\n" HOST JSON "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
			GET("/v1/orders/7"),
		"POST /v1/events HTTP/1.1\r\n" HOST JSON "Content-Length: 0\r\nContent-Length: 5\r\n\r\n" GET("/v1/orders/7"),
		"POST /v1/events HTTP/1.1\r\n" HOST JSON "Content-Length : 5\r\n\r\n" GET("/v1/orders/7"),
		"POST /v1/events HTTP/1.1\r\n" HOST JSON "Content-Length\t: 5\r\n\r\n" GET("/v1/orders/7"),
		"POST /v1/events HTTP/1.1\r\n" HOST JSON "Content-Length: +5\r\n\r\n" GET("/v1/orders/7"),
		"POST /v1/events HTTP/1.1\r\n" HOST JSON "Content-Length: 5, 5\r\n\r\n" GET("/v1/orders/7"),
		"POST /v1/events HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: gzip\r\n\r\n" GET("/v1/orders/7"),
		"POST /v1/events HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" GET("/v1/orders/7"),
		"POST /v1/events HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"
			GET("/v1/orders/7"),
		"POST /v1/events HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" GET("/v1/orders/7"),
		"POST /v1/events HTTP/1.1\r\n" HOST HOST JSON "Content-Length: 0\r\n\r\n" GET("/v1/orders/7"),
		"POST /v1/events HTTP/1.1\r\n" HOST JSON "Content-Length: 0\r\nno colon\r\n\r\n" GET("/v1/orders/7"),
		"GET /v1/orders/1 HTTP/1.1\r\n\r\n" GET("/v1/orders/7"),
	};
	struct fixture *fix = *state;
	struct client client;

	socket_start(fix, "");
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		client_connect(fix, &client);
		text_send(&client, requests[i]);
		end_wait(&client);
		if (strncmp(client.got, "HTTP/1.1 400 ", 13) || strstr(client.got, " 200 ") || fix->handled)
			fail_msg("%s\nis to be refused, not: %s", requests[i], client.got);
		client_close(&client);
	}
}

static void door__garbage__closed_and_the_door_serves_on(void **state)
{
	struct fixture *fix = *state;
	struct client client;
	char octets[4096];

	socket_start(fix, "timeout_s = 1; rate = 0;");
	srandom(1);
	for (unsigned int round = 0; round < 60; round++) {
		const size_t len = 1 + (size_t)random() % sizeof(octets);

		for (size_t i = 0; i < len; i++)
			octets[i] = round % 3 ? (char)random() : "GET /v1:\r\n \t%0"[random() % 15];
		client_connect(fix, &client);
		octets_send(&client, octets, len);
		shutdown(client.fd.fd, SHUT_WR);
		end_wait(&client);
		client_close(&client);
	}
	/* headers without end */
	client_connect(fix, &client);
	memset(octets, 'a', sizeof(octets));
	text_send(&client, "GET /v1/orders/7 HTTP/1.1\r\nX: ");
	for (unsigned int i = 0; i < 16; i++) {
		send(client.fd.fd, octets, sizeof(octets), MSG_NOSIGNAL);
		osmo_select_main_ctx(1);
	}
	end_wait(&client);
	client_close(&client);
	assert_int_equal(fix->handled, 0);
	answers(fix, GET("/v1/orders/7"), "200");
}

/* ---- tests: TLS ---- */

struct identity {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t cert;
};

struct identity_plan {
	const char *file;		/* FILE.pem and FILE.key */
	const char *common_name, *dns_name;
	const char *purpose;		/* NULL: any */
	bool expired;
};

/* \a issuer: NULL: a CA, which signs itself. */
static void identity_make(const struct fixture *fix, struct identity *identity, const struct identity_plan *plan,
			  const struct identity *issuer)
{
	static unsigned char serial;
	const struct identity *signer = issuer ? issuer : identity;
	const char localhost[] = { 127, 0, 0, 1 };
	gnutls_datum_t pem;
	char name[64];

	serial++;
	gnutls_x509_privkey_init(&identity->key);
	gnutls_x509_privkey_generate(identity->key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&identity->cert);
	gnutls_x509_crt_set_version(identity->cert, 3);
	gnutls_x509_crt_set_serial(identity->cert, &serial, 1);
	gnutls_x509_crt_set_activation_time(identity->cert, time(NULL) - 7200);
	gnutls_x509_crt_set_expiration_time(identity->cert, time(NULL) + (plan->expired ? -3600 : 3600));
	gnutls_x509_crt_set_dn_by_oid(identity->cert, GNUTLS_OID_X520_COMMON_NAME, 0, plan->common_name, strlen(plan->common_name));
	if (plan->dns_name)
		gnutls_x509_crt_set_subject_alt_name(identity->cert, GNUTLS_SAN_DNSNAME, plan->dns_name, strlen(plan->dns_name),
						     GNUTLS_FSAN_SET);
	else
		gnutls_x509_crt_set_subject_alt_name(identity->cert, GNUTLS_SAN_IPADDRESS, localhost, 4, GNUTLS_FSAN_SET);
	if (plan->purpose)
		gnutls_x509_crt_set_key_purpose_oid(identity->cert, plan->purpose, 0);
	gnutls_x509_crt_set_basic_constraints(identity->cert, !issuer, -1);
	gnutls_x509_crt_set_key_usage(identity->cert, issuer ? GNUTLS_KEY_DIGITAL_SIGNATURE : GNUTLS_KEY_KEY_CERT_SIGN);
	gnutls_x509_crt_set_key(identity->cert, identity->key);
	assert_int_equal(gnutls_x509_crt_sign2(identity->cert, signer->cert, signer->key, GNUTLS_DIG_SHA256, 0), 0);
	assert_int_equal(gnutls_x509_crt_export2(identity->cert, GNUTLS_X509_FMT_PEM, &pem), 0);
	snprintf(name, sizeof(name), "%s.pem", plan->file);
	file_write(fix, name, pem.data, pem.size, 0644);
	gnutls_free(pem.data);
	assert_int_equal(gnutls_x509_privkey_export2(identity->key, GNUTLS_X509_FMT_PEM, &pem), 0);
	snprintf(name, sizeof(name), "%s.key", plan->file);
	file_write(fix, name, pem.data, pem.size, 0600);
	gnutls_free(pem.data);
}

static void identity_free(struct identity *identity)
{
	gnutls_x509_crt_deinit(identity->cert);
	gnutls_x509_privkey_deinit(identity->key);
}

static void identities_make(const struct fixture *fix)
{
	static const struct identity_plan plans[] = {
		{ "server", "door.example", NULL, GNUTLS_KP_TLS_WWW_SERVER, false },
		{ "shop", "The Shop", "shop.example", GNUTLS_KP_TLS_WWW_CLIENT, false },
		{ "billing", "billing", "other.example", NULL, false },
		{ "stranger", "stranger", "xshop.example", NULL, false },
		{ "wildcard", "wildcard", "*.example", NULL, false },
		{ "expired", "expired", "shop.example", NULL, true },
		{ "purpose", "purpose", "shop.example", GNUTLS_KP_TLS_WWW_SERVER, false },
	};
	struct identity ca, other_ca, one;

	identity_make(fix, &ca, &(struct identity_plan){ "ca", "CA", "ca.example", NULL, false }, NULL);
	identity_make(fix, &other_ca, &(struct identity_plan){ "other-ca", "CA", "ca.example", NULL, false }, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
		identity_make(fix, &one, &plans[i], &ca);
		identity_free(&one);
	}
	identity_make(fix, &one, &(struct identity_plan){ "forged", "The Shop", "shop.example", NULL, false }, &other_ca);
	identity_free(&one);
	identity_free(&ca);
	identity_free(&other_ca);
}

/* Posts an order over TLS with a certificate (NULL: none) and header fields. Returns curl's exit status. */
static int tls_post(const struct fixture *fix, const char *identity, const char *field, struct client *out)
{
	char url[64], ca[64], certificate[64] = "", key[64] = "";
	const char *arguments[16] = { "--cacert", ca, "-H", "Content-Type: application/json", "-H", field, "-d", "{}", url };

	snprintf(url, sizeof(url), "https://127.0.0.1:%u/v1/orders", fix->port);
	snprintf(ca, sizeof(ca), "%s/ca.pem", fix->folder);
	if (identity) {
		snprintf(certificate, sizeof(certificate), "%s/%s.pem", fix->folder, identity);
		snprintf(key, sizeof(key), "%s/%s.key", fix->folder, identity);
		arguments[9] = "--cert";
		arguments[10] = certificate;
		arguments[11] = "--key";
		arguments[12] = key;
	}
	return curl(arguments, out);
}

static void door__tls__token_over_it(void **state)
{
	struct fixture *fix = *state;
	struct client out;

	identities_make(fix);
	tcp_start(fix, "tls_certificate = \"server.pem\"; tls_key = \"server.key\";");
	assert_int_equal(tls_post(fix, NULL, "Authorization: Bearer " TOKEN, &out), 0);
	assert_string_equal(out.got, "{\"number\":1,\"octets\":2} 200");
	assert_string_equal(fix->client, "shop");
	assert_int_equal(tls_post(fix, NULL, "Authorization: Bearer " TOKEN "1", &out), 0);
	assert_non_null(strstr(out.got, " 401"));
	/* in clear */
	client_connect(fix, &out);
	text_send(&out, POST("/v1/orders", BEARER, "2", "{}"));
	end_wait(&out);
	assert_int_equal(answers_of(&out), 0);
	client_close(&out);
	/* a client that opens a connection and says nothing */
	client_connect(fix, &out);
	loop_for(20);
	client_close(&out);
	loop_for(20);
	assert_int_equal(fix->handled, 1);
}

static void door__mutual_tls__certificates_identify_clients(void **state)
{
	static const struct { const char *identity, *why; } refused[] = {
		{ NULL, "no certificate" }, { "forged", "another CA" }, { "expired", "expired" }, { "purpose", "of a server" },
	};
	struct fixture *fix = *state;
	struct client out;
	char group[1024];

	identities_make(fix);
	snprintf(group, sizeof(group), "address = \"127.0.0.1\"; port = %u;\n"
		 "tls_certificate = \"server.pem\"; tls_key = \"server.key\"; tls_ca = \"ca.pem\";\n clients = (\n"
		 "{ name = \"the shop\"; certificate = \"shop.example\"; may = [ \"orders\" ]; },\n"
		 "{ name = \"the billing\"; certificate = \"billing\"; token_file = \"shop.token\"; may = [ \"orders\" ]; } );", fix->port);
	assert_int_equal(door_start(fix, group), 0);
	assert_int_equal(tls_post(fix, "shop", "X: y", &out), 0);
	assert_string_equal(out.got, "{\"number\":1,\"octets\":2} 200");
	assert_string_equal(fix->client, "the shop");
	/* one that needs both */
	assert_int_equal(tls_post(fix, "billing", "X: y", &out), 0);
	assert_non_null(strstr(out.got, " 401"));
	assert_int_equal(tls_post(fix, "stranger", "Authorization: Bearer " TOKEN, &out), 0);
	assert_non_null(strstr(out.got, " 401"));
	assert_int_equal(tls_post(fix, "billing", "Authorization: Bearer " TOKEN, &out), 0);
	assert_string_equal(out.got, "{\"number\":2,\"octets\":2} 200");
	assert_string_equal(fix->client, "the billing");
	/* of the CA, but nobody's */
	assert_int_equal(tls_post(fix, "wildcard", "X: y", &out), 0);
	assert_non_null(strstr(out.got, " 401"));
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		print_message("%s\n", refused[i].why);
		assert_int_not_equal(tls_post(fix, refused[i].identity, "Authorization: Bearer " TOKEN, &out), 0);
		assert_string_equal(out.got, " 000");
	}
	loop_for(50);
	assert_int_equal(counted("connections:silent"), ARRAY_SIZE(refused));
	assert_int_equal(fix->handled, 2);
}

/* ---- tests: settings ---- */

#define SHOP "token_file = \"shop.token\";"
#define PUSH "may = [ \"push\" ];"
#define ONE(members) "socket = \"s\";\nclients = { " members " };"
#define CLIENT "clients = { name = \"a\"; token_file = \"shop.token\"; may = [ \"push\" ]; };"

static void door__wrong_settings__reported_with_their_line(void **state)
{
	static const struct { const char *group, *problem; } rows[] = {
		{ "rate = 1;", ":1: the door needs a \"socket\" or an \"address\"" },
		{ "address = \"127.0.0.1\";\n" CLIENT, ":2: \"address\" and \"port\" need each other" },
		{ "socket = \"s\";\nport = 1;", "need each other" },
		{ "address = \"localhost\";\nport = 1;" CLIENT, ":2: address is \"localhost\", but must be numeric" },
		{ "port = 1;\naddress = \"0.0.0.0\";\n" CLIENT, ":3: tokens would be sent in clear text to 0.0.0.0" },
		{ "port = 1;\naddress = \"::\";\n" CLIENT, ":3: tokens would be sent in clear text" },
		{ "port = 1;\naddress = \"127.0.0.1\";", ":3: nobody could use the address" },
		{ "socket = \"s\";\ntls_key = \"shop.token\";", ":3: \"tls_certificate\" and \"tls_key\" need each other" },
		{ "socket = \"s\";\ntls_ca = \"ca.pem\";", ":3: \"tls_ca\" needs" },
		{ ONE(SHOP PUSH), ":3: \"name\" is missing" },
		{ ONE("name = \"a\"; " PUSH), ":3: client \"a\" needs a token_file or a certificate" },
		{ ONE("name = \"a\"; " SHOP " may = [ ];"), ":3: client \"a\" may do nothing" },
		{ ONE("name = \"a\"; " SHOP "\nmay = [ \"pull\" ];"),
		  ":4: \"may\" must list \"events\", \"orders\", \"codes\", \"push\", \"tickets\" or \"credits\", not pull" },
		{ ONE("name = \"a\"; " SHOP "\nmay = [ \"credits\" ];"),
		  ":4: client \"a\" needs \"tickets\", too: credits are given for tickets" },
		{ ONE("name = \"a\"; " SHOP PUSH "\nproviders = [ \"\" ];"), ":4: \"providers\" must list codes" },
		{ ONE("name = \"a\"; " SHOP PUSH "\nproviders = ( \"SINA\", 7 );"), ":4: \"providers\" must list codes" },
		{ ONE("name = \"local\"; " SHOP PUSH), ":3: \"local\" is" },
		{ ONE("name = \"spool\"; " SHOP PUSH), ":3: \"spool\" is" },
		{ ONE("name = \"a\\nb\"; " SHOP PUSH), ":3: the name of a client has a control character" },
		{ ONE("name = \"12345678901234567890123456789012\"; " SHOP PUSH), "has more than 31 characters" },
		{ ONE("name = \"a\"; certificate = \"a\"; " PUSH), ":3: a client's certificate" },
		{ "socket = \"s\";\nclients = ( { name = \"a\"; " SHOP PUSH " },\n"
		  "{ name = \"a\"; token_file = \"push.token\"; " PUSH " } );", ":4: two clients are called \"a\"" },
		{ "socket = \"s\";\nclients = ( { name = \"a\"; " SHOP PUSH " }, { name = \"b\"; token_file = \"push.token\"; " PUSH " },\n"
		  "{ name = \"c\";\ntoken_file = \"same.token\"; " PUSH " } );", ":5: clients \"a\" and \"c\" have the same token" },
		{ ONE("name = \"a\"; token_file = \"none\"; " PUSH), ":3: \"token_file\": " },
		{ ONE("name = \"a\"; token_file = \"open.token\"; " PUSH), "its mode gives others access" },
		{ ONE("name = \"a\"; token_file = \"short.token\"; " PUSH), "shorter than 16" },
		{ "socket = \"s\";\nbody_max = 1;", ":3: \"body_max\" must be from" },
	};
	struct fixture *fix = *state;
	char words[1024];

	text_write(fix, "open.token", TOKEN "\n", 0644);
	text_write(fix, "short.token", "0123456789abcde\n", 0600);
	text_write(fix, "same.token", TOKEN "\r\nthe second line is not read\n", 0600);
	text_write(fix, "ca.pem", "-----BEGIN CERTIFICATE-----\n", 0600);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const size_t count = settings_read(fix, rows[i].group, words, sizeof(words));

		if (count != 1 || !strstr(words, rows[i].problem))
			fail_msg("%s\n%zu problems, not \"%s\": %s", rows[i].group, count, rows[i].problem, words);
		talloc_free(fix->settings);
	}
	fix->settings = NULL;
	assert_int_equal(settings_read(fix, "address = \"::1\"; port = 1; " CLIENT, words, sizeof(words)), 0);
}

static void door__start_fails__nothing_left(void **state)
{
	static const char group[] = "socket = \"socket\"; address = \"127.0.0.1\"; port = %u; %s clients = (\n"
		"{ name = \"a\"; " SHOP PUSH " },\n"
		"{ name = \"b\"; token_file = \"%s.token\"; " PUSH " } );";
	struct fixture *fix = *state;
	char text[512], words[512];

	identities_make(fix);
	snprintf(text, sizeof(text), group, fix->port, "", "push");
	assert_int_equal(settings_read(fix, text, words, sizeof(words)), 0);
	text_write(fix, "push.token", TOKEN "\n", 0600);	/* after the check: one token for two */
	assert_int_equal(door_new(fix->ctx, fix->settings, fix->tables, &fix->door), -EINVAL);
	text_write(fix, "push.token", "push-token-0123456789\n", 0600);
	talloc_free(fix->settings);
	snprintf(text, sizeof(text), group, fix->port, "tls_certificate = \"server.pem\"; tls_key = \"shop.key\";", "push");
	assert_int_equal(door_start(fix, text), -EINVAL);	/* another one's key */
	talloc_free(fix->settings);
	snprintf(text, sizeof(text), group, fix->port, "tls_certificate = \"server.pem\"; tls_key = \"server.key\";", "push");
	assert_int_equal(settings_read(fix, text, words, sizeof(words)), 0);
	chmod(file_path(fix, "server.key"), 0644);		/* after the check */
	assert_int_equal(door_new(fix->ctx, fix->settings, fix->tables, &fix->door), -EPERM);
	chmod(file_path(fix, "server.key"), 0600);
	assert_int_equal(chmod(file_path(fix, "push.token"), 0644), 0);
	assert_int_equal(door_new(fix->ctx, fix->settings, fix->tables, &fix->door), -EINVAL);
	chmod(file_path(fix, "push.token"), 0600);
	assert_true(access(fix->socket, F_OK) < 0);
	text_write(fix, "socket", "a file\n", 0600);
	assert_int_equal(door_new(fix->ctx, fix->settings, fix->tables, &fix->door), -EEXIST);
	unlink(fix->socket);
	assert_null(fix->door);
}

static void door__described__with_its_counts(void **state)
{
	struct fixture *fix = *state;
	struct client client;
	char line[512];

	socket_start(fix, "");
	client_connect(fix, &client);
	text_send(&client, GET("/v1/orders/7") GET("/nowhere"));
	answers_wait(&client, 2);
	assert_true(door_describe(fix->door, line, sizeof(line)) < (int)sizeof(line));
	assert_string_equal(line, "door: 1 connections on the socket, 0 on the address, 0 of 64 requests open; requests 1, refused 1 (no "
			    "credential 0, too many 0), slow connections 0, connections refused 0");
	client_close(&client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(door__##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unix_socket__private_and_all_rights),
		TEST(tokens__identify_clients_with_their_rights),
		TEST(no_valid_token__401_and_closed),
		TEST(many_wrong_tokens__listener_pauses_for_a_second),
		TEST(path_method_and_type__404_405_and_415),
		TEST(body_over_its_limit__413),
		TEST(body_without_end__cut_off),
		TEST(chunks__one_body),
		TEST(octet_by_octet__read),
		TEST(expect_100__asked_for_only_when_wanted),
		TEST(answered_later__sent_then),
		TEST(pipelined__answered_in_order),
		TEST(answered_while_another_request_is_handled__sent),
		TEST(client_gone_before_the_answer__answer_dropped),
		TEST(freed_with_open_calls__503_and_later_answers_dropped),
		TEST(too_many_open_requests__429),
		TEST(too_many_requests_a_second__429_for_that_client),
		TEST(request_brings_many_things__takes_as_much_of_its_rate),
		TEST(slow_request__closed_in_time),
		TEST(idle_connection__closed_in_time),
		TEST(more_connections_than_allowed__closed),
		TEST(request_that_a_proxy_may_read_otherwise__refused_and_closed),
		TEST(garbage__closed_and_the_door_serves_on),
		TEST(tls__token_over_it),
		TEST(mutual_tls__certificates_identify_clients),
		TEST(wrong_settings__reported_with_their_line),
		TEST(start_fails__nothing_left),
		TEST(described__with_its_counts),
	};

	log_start(NULL);
	rate_ctr_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
