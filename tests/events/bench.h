/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Events and the rest over HTTP: a real door, the account layer, a store in memory behind a gate, or in SQLite, and a client. */
#pragma once

#include <osmocom/core/select.h>

#include "starhash/clock.h"
#include "starhash/events.h"
#include "store/gate.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"

struct bench {
	void *ctx;
	char folder[32], socket[64], database[DATABASE_NAME_SIZE];
	struct accounts *accounts;
	struct wall_clock clock;
	struct conf_file *file;
	void *settings;
	struct events *events;
	struct door *door;
	struct door_table tables[4];
	const struct setting *providers;	/* as if of the client in the configuration */
	unsigned int lacks;		/* rights that the client has not */
	struct answers answers;
};

void door_start(struct bench *bench);
void door_stop(struct bench *bench);
void accounts_start(struct bench *bench, bool sqlite);

int setup_memory(void **state);
int setup_sqlite(void **state);
int teardown(void **state);

#define IN(store, test) cmocka_unit_test_setup_teardown(test, setup_##store, teardown)

void gate(const struct bench *bench, enum gate gate);

/* The answer of the account layer. */
void ask(const struct bench *bench, const struct request *request, struct answers *answers);

/* A counter of "events". */
uint64_t counted(const char *name);

struct client {
	struct osmo_fd fd;
	char *got;
	size_t len;
	bool ended;
};

/* \a request: method and path. */
void request_send(const struct bench *bench, struct client *client, const char *request, const char *body);
void client_close(struct client *client);

/* Status and body of the answer: "202 {…}". */
char *answer_wait(struct client *client);

/* The answer to a request must be exactly that. */
void answers(const struct bench *bench, const char *request, const char *body, const char *wanted);

/* The same, after \a vary has replaced what differs in each run; it only makes a text shorter. NULL: nothing does. */
void answers_but(const struct bench *bench, const char *request, const char *body, void (*vary)(char *text), const char *wanted);
