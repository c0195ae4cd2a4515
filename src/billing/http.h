/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* HTTP requests on the event loop, by libcurl. Kept-alive connections; no redirects, no cookies, no proxy; everything that
 * comes is bounded in size and time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct http;

struct http_settings {
	const char *token_file;		/* read for each request, so that a token can be replaced; NULL: none is sent */
	const char *ca_file;		/* certificates that may vouch for the server; NULL: the system's */
	unsigned int connections_max;
	unsigned int connect_ms;
	unsigned int total_ms;		/* from http_send() to the end of the answer */
	size_t response_max;		/* octets of a body */
};

/* Valid during the call. */
struct http_answer {
	const char *failed;		/* NULL: an answer came; else why none did, for people */
	long status;
	const char *body;		/* zero-terminated */
	size_t len;
	unsigned int after_s;		/* Retry-After, at most a day; 0: not said */
};

/* Called from the loop, never from inside http_send(). */
typedef void http_done(void *user, const struct http_answer *answer);

struct http_call {
	const char *url;
	const char *body;		/* JSON, to be posted; NULL: get */
	const char *key;		/* Idempotency-Key; NULL: none */
	http_done *done;
	void *user;
};

/* NULL after a log line that says why. */
struct http *http_new(void *ctx, const struct http_settings *settings);

/* Nobody is called any more. NULL is fine. */
void http_free(struct http *http);

/* 0: \a done will be called, once. -errno after a log line. The call is copied. */
int http_send(struct http *http, const struct http_call *call);

/* Connections made so far. */
unsigned int http_connections(const struct http *http);
