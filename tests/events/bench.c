/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>

#include "tests/cmocka.h"
#include "tests/events/bench.h"
#include "tests/support/loop.h"

#define WAIT_MS 10000

/* The menu has one page to push. */
static bool pushes(void *user, const char *page)
{
	return !strcmp(page, "offer");
}

static void handle(void *user, struct door_call *call, const struct door_request *request)
{
	const struct bench *bench = user;
	const struct door_table *proposals = &events_tables(bench->events)[1];
	struct door_request from = *request;

	from.providers = bench->providers;
	from.rights &= ~bench->lacks;
	proposals->handle(proposals->user, call, &from);
}

void door_start(struct bench *bench)
{
	const struct events_settings settings = { .accounts = bench->accounts, .clock = &bench->clock, .pushes = pushes };
	struct problems problems = { 0 };
	const struct setting *group;
	char path[64];
	FILE *out;

	snprintf(path, sizeof(path), "%s/door.cfg", bench->folder);
	snprintf(bench->socket, sizeof(bench->socket), "%s/socket", bench->folder);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs("door = { socket = \"socket\"; body_max = 1000000; };\n", out);
	fclose(out);
	bench->file = conf_file_load(path, &problems);
	group = setting_get(conf_file_root(bench->file), "door");
	bench->settings = talloc_zero_size(bench->ctx, door_settings_size);
	conf_read(group, door_rows, bench->settings, &problems);
	assert_int_equal(problems.count, 0);
	bench->events = events_new(bench->ctx, &settings);
	memcpy(bench->tables, events_tables(bench->events), sizeof(bench->tables));
	bench->tables[1].handle = handle;
	bench->tables[1].user = bench;
	assert_int_equal(door_new(bench->ctx, bench->settings, bench->tables, &bench->door), 0);
}

void door_stop(struct bench *bench)
{
	events_free(bench->events);
	door_free(bench->door);
	conf_file_free(bench->file);
	bench->events = NULL;
	bench->door = NULL;
	bench->file = NULL;
}

void accounts_start(struct bench *bench, bool sqlite)
{
	struct accounts_settings settings = {
		.store = "memory", .front = &gate_store_ops, .deadline_ms = 5000, .password_tries = 3, .requests_max = 20,
		.clock = &bench->clock,
	};

	if (sqlite) {
		settings.store = "sqlite";
		settings.front = NULL;
		settings.file = bench->database;
	}
	assert_int_equal(accounts_new(NULL, &settings, answers_take, &bench->accounts), 0);
	if (!sqlite)
		fixture_fill(&gate_store_ops, accounts_store(bench->accounts));
}

static int setup_with(void **state, bool sqlite)
{
	struct bench *bench = talloc_zero(NULL, struct bench);

	bench->ctx = bench;
	strcpy(bench->folder, "/tmp/starhash-events-XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	if (sqlite)
		database_fixture(bench->database);
	accounts_start(bench, sqlite);
	door_start(bench);
	*state = bench;
	return 0;
}

int setup_memory(void **state)
{
	return setup_with(state, false);
}

int setup_sqlite(void **state)
{
	return setup_with(state, true);
}

int teardown(void **state)
{
	struct bench *bench = *state;
	char command[128];

	door_stop(bench);
	accounts_free(bench->accounts);
	if (bench->database[0])
		database_unlink(bench->database);
	snprintf(command, sizeof(command), "rm -r %s", bench->folder);
	assert_int_equal(system(command), 0);
	talloc_free(bench->ctx);
	return 0;
}

void gate(const struct bench *bench, enum gate gate)
{
	gate_set(accounts_store(bench->accounts), gate);
}

uint64_t counted(const char *name)
{
	return rate_ctr_get_by_name(rate_ctr_get_group_by_name_idx("events", 0), name)->current;
}

void ask(const struct bench *bench, const struct request *request, struct answers *answers)
{
	struct response response;
	uint64_t id;

	*answers = (struct answers){ 0 };
	if (accounts_submit_for(bench->accounts, request, answers_take, answers, &response, &id) == 0)
		answers_take(answers, id, &response);
	while (!answers->count)
		loop_for(1);
}

/* ---- a client ---- */

static int client_read(struct osmo_fd *fd, unsigned int what)
{
	struct client *client = fd->data;
	ssize_t n;

	client->got = realloc(client->got, client->len + 65536);
	n = read(fd->fd, client->got + client->len, 65535);
	client->len += n > 0 ? (size_t)n : 0;
	client->got[client->len] = '\0';
	if (n > 0 || (n < 0 && errno == EAGAIN))
		return 0;
	client->ended = true;
	osmo_fd_unregister(fd);
	return 0;
}

void request_send(const struct bench *bench, struct client *client, const char *request, const char *body)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char head[512];
	size_t sent = 0;

	strcpy(local.sun_path, bench->socket);
	assert_int_equal(connect(fd, (struct sockaddr *)&local, sizeof(local)), 0);
	snprintf(head, sizeof(head), "%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n"
		 "Content-Length: %zu\r\n\r\n",
		 request, strlen(body));
	*client = (struct client){ 0 };
	assert_int_equal(send(fd, head, strlen(head), MSG_NOSIGNAL), strlen(head));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (sent < strlen(body)) {
		const ssize_t n = send(fd, body + sent, strlen(body) - sent, MSG_NOSIGNAL);

		sent += n > 0 ? (size_t)n : 0;
		if (n < 0)
			loop_for(1);
	}
	osmo_fd_setup(&client->fd, fd, OSMO_FD_READ, client_read, client, 0);
	osmo_fd_register(&client->fd);
}

void client_close(struct client *client)
{
	if (!client->ended)
		osmo_fd_unregister(&client->fd);
	close(client->fd.fd);
	free(client->got);
}

static bool has_ended(void *user)
{
	return ((struct client *)user)->ended;
}

char *answer_wait(struct client *client)
{
	static char answer[200000];
	const char *body;

	assert_true(loop_until(has_ended, client, WAIT_MS));
	body = strstr(client->got, "\r\n\r\n");
	assert_non_null(body);
	snprintf(answer, sizeof(answer), "%.3s %s", client->got + strlen("HTTP/1.1 "), body + 4);
	return answer;
}

void answers(const struct bench *bench, const char *request, const char *body, const char *wanted)
{
	answers_but(bench, request, body, NULL, wanted);
}

void answers_but(const struct bench *bench, const char *request, const char *body, void (*vary)(char *text), const char *wanted)
{
	struct client client;
	char *is;

	request_send(bench, &client, request, body);
	is = answer_wait(&client);
	if (vary)
		vary(is);
	if (strcmp(is, wanted))
		fail_msg("%s %s\nis      %s\nwanted  %s", request, body, is, wanted);
	client_close(&client);
}
