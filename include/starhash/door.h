/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The HTTP server for the operator's systems and its partners: they report events, and ask for orders and messages.
 *
 * The door listens, authenticates, limits and reads requests. What they mean is up to the handler: it answers each request exactly once,
 * at once or later. Nothing here blocks, and everything runs on libosmocore's loop.
 *
 * All answers are JSON, except those of libmicrohttpd to what it cannot read as a request: 400, 413 for a length that is not a number it
 * can hold, 414 and 431 for headers without room. They are in HTML, the connection ends after them, and it has no way to replace them
 * (0.9.75). */
#pragma once

#include "starhash/conf.h"

struct door;

/* A request that is being answered. Exists until door_answer(), even when its client has left or the door is freed. */
struct door_call;

#define DOOR_CLIENT_MAX 31		/* octets of a client's name */

/* What a client may do: bits, named in its setting "may". */
enum door_right {
	DOOR_EVENTS = 1 << 0,
	DOOR_ORDERS = 1 << 1,
	DOOR_CODES = 1 << 2,
	DOOR_PUSH = 1 << 3,
	DOOR_TICKETS = 1 << 4,
	DOOR_CREDITS = 1 << 5,		/* no path of its own: what staff do with tickets may give money */
	DOOR_ALL = DOOR_EVENTS | DOOR_ORDERS | DOOR_CODES | DOOR_PUSH | DOOR_TICKETS | DOOR_CREDITS,
};

/* The characters of an id that completes a path: none needs to be encoded. */
#define DOOR_ID_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"

/* One method of one path. A table ends with a row without a method; it must outlive the door. */
struct door_path {
	const char *method;	/* "POST", and "PUT" and "PATCH" too, need a body of type application/json */
	const char *path;	/* one that ends in "/" is completed by an id of DOOR_ID_CHARACTERS */
	unsigned int right;	/* DOOR_EVENTS … */
};

/* Checked by the door: the path is in a table, the method fits, the client has the right, and the body is within its limit. Its
 * content is not checked. All pointers are valid during the call of the handler only. */
struct door_request {
	const char *method, *path;	/* without the query */
	const char *id;			/* what completes the path; "": nothing */
	unsigned int right;		/* the path's: DOOR_EVENTS … */
	const char *client;		/* its name in the configuration, at most DOOR_CLIENT_MAX octets; "local": the UNIX socket */
	unsigned int rights;		/* all of the client */
	const struct setting *providers;	/* a list of those that the client may name; NULL: any */
	const char *body;		/* zero-terminated; "" without one; wiped after the call */
	size_t len;
};

/* Answer \a call by door_answer(), from here or later. Must not call door_free(). */
typedef void door_handle(void *user, struct door_call *call, const struct door_request *request);

/* Paths with their handler. A list of tables ends with one without paths. */
struct door_table {
	const struct door_path *paths;
	door_handle *handle;
	void *user;
};

/* Answer a call, which must not be used any more. \a status: from 200 to 599; 429 and 503 get the header Retry-After. \a json is copied;
 * the answer of a client that has left is dropped. */
void door_answer(struct door_call *call, unsigned int status, const char *json, size_t len);

/* The group "door" of the daemon's configuration: rows, and checks that rows cannot express. */
extern const struct conf_row *const door_rows;
extern const struct conf_row *const door_client_rows;	/* of each group in its list "clients" */
extern const size_t door_settings_size;
void door_check(const void *settings, const struct setting *group, struct problems *problems);

/* Check the files of the group, as conf_files_check(). */
void door_check_files(const void *settings, const struct setting *group, uid_t reader, struct problems *problems);

/* The first client in checked settings that has one of these rights; NULL: none. */
const struct setting *door_client_with(const void *settings, unsigned int rights);

/* A request that brings \a more than one thing, such as events, takes as much of its client's rate as that many requests. It is too late to
 * refuse it: the client's next ones are, until the rate is met. Before door_answer(). */
void door_charge(struct door_call *call, unsigned int more);

/* Listen. \a settings: filled by door_rows and checked, must outlive the door, like the tables. \a ctx: talloc parent, also of calls. 0,
 * or -errno after logging why. */
int door_new(void *ctx, const void *settings, const struct door_table *tables, struct door **door);

/* Calls that are open are answered with 503; their owners must still call door_answer(), which then only frees them. NULL is allowed. */
void door_free(struct door *door);

/* One line of state for people. Returns as snprintf(). */
int door_describe(const struct door *door, char *out, size_t size);
