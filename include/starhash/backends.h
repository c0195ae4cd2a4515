/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The operator's own HTTP services: reads their declarations from the daemon's configuration, and calls them.
 *
 * Each call is answered exactly once, from the loop, never from inside backends_call(); a second answer or one after the time limit is
 * dropped. Nothing but what a declaration names leaves, and secrets cannot be named. Values in an answer are typed: texts are cut to
 * their width, one invalid value makes the whole answer unavailable. */
#pragma once

#include "starhash/backend.h"
#include "starhash/conf.h"

struct alarms;
struct backends;
struct http_answer;

/* The rows of one backend's group, for the manual. */
extern const struct conf_row backend_rows[];

/* Read the group "backends": one group for each, under its name. NULL: there are none. All mistakes are added to \a problems; the result
 * is complete only if there is none. \a group must outlive it; \a ctx: talloc parent. */
struct backends *backends_read(void *ctx, const struct setting *group, struct problems *problems);

/* The group "backends" of a daemon's configuration file, of which nothing else is checked: for tools. NULL after problems. The caller frees
 * *\a file after the result. */
struct backends *backends_load(void *ctx, const char *path, struct conf_file **file, struct problems *problems);

void backends_free(struct backends *backends);		/* NULL is allowed; open calls are not answered any more */

unsigned int backends_count(const struct backends *backends);
const struct backend *backends_at(const struct backends *backends, unsigned int index);
const struct backend *backends_find(const struct backends *backends, const char *name);		/* NULL: none of that name */

/* \a own, NULL-terminated, and the backends as actions, for menu_build(); lives as long as \a backends, which may be NULL. */
const struct menu_action *const *backends_actions(struct backends *backends, const struct menu_action *const *own);

/* F8: report each backend whose answer may take longer than a turn. \a turn: of which link, for the message. */
void backends_check_time(const struct backends *backends, unsigned int answer_ms, const char *turn, struct problems *problems);

/* Report secret files that cannot be used, as conf_files_check(). */
void backends_check_secrets(const struct backends *backends, uid_t reader, struct problems *problems);

/* Make ready to call them. 0, or -EIO after a log line. \a alarms may be NULL. */
int backends_start(struct backends *backends, struct alarms *alarms);

/* Valid during the call of backend_answered. */
struct backend_answer {
	int outcome;			/* index into the backend's outcomes */
	bool failing;			/* unavailable, slow: the service is to blame, not the request */
	struct record facts;		/* its fields */
	struct rows rows;
};

typedef void backend_answered(void *user, uint64_t id, const struct backend_answer *answer);

/* Call a backend that changes nothing. \a args: the values to send, by the ids of what is sent; those of the account that are not known
 * are left out, and without any other the outcome is unavailable. Returns the id with which \a answered will be called. */
uint64_t backends_call(struct backends *backends, const struct backend *backend, const struct record *args, backend_answered *answered,
		       void *user);

/* Do not answer this call any more. */
void backends_forget(struct backends *backends, uint64_t id);

unsigned int backends_open(const struct backends *backends);		/* calls */

/* ---- orders: what a backend that changes something is asked to do is stored first, and sent until it has answered ---- */

/* Whether an order may be accepted: the backend is not known to be down, and not too many calls are open. */
bool backends_ready(struct backends *backends, const struct backend *backend);

/* Make a call of \a backend, whose arguments \a request has, an order: ARG_BACKEND, and in ARG_SENT the values as a JSON object, by their
 * names in menus, replace the values. 0, -ENOSPC, or -ENOENT: a value that is needed is not known. */
int backends_order_put(const struct backend *backend, struct request *request);

/* Send an order, under the idempotency key of its reference number. \a sent: its ARG_SENT, which is not trusted. Returns as
 * backends_call(), or 0 after a log line: there is no such backend any more, or it cannot read that. */
uint64_t backends_order(struct backends *backends, const char *name, const char *sent, uint64_t ref, backend_answered *answered,
			void *user);

/* For the notification of an order's end: put the values of its answer as ARG_ANSWER, if there is room; and put those of the backend that
 * FIELD_KIND names in its place, if that is still declared. */
void backends_answer_put(const struct backend *backend, const struct record *facts, struct record *args);
void backends_answer_read(const struct backends *backends, struct record *facts);

/* Instead of backends_start(): \a ask stands in for the network and fills the answer, which is read like one from the network. False: it
 * has none, and the outcome is unavailable. */
typedef bool backend_stand_in(void *user, const struct backend *backend, struct http_answer *answer);

void backends_simulate(struct backends *backends, backend_stand_in *ask, void *user);

/* One line of state for people. Returns as snprintf(). */
int backends_describe(const struct backends *backends, unsigned int index, char *out, size_t size);
