/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* HTTP requests on the event loop, by libcurl. Connections are persistent; no redirects, cookies or proxies. Every answer is bounded in
 * size and time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct http;

struct http_settings {
	const char *token_file;		/* read for each request, so that the token can be replaced; NULL: none is sent */
	const char *ca_file;		/* CA certificates to verify the server with; NULL: the system's */
	unsigned int connections_max;
	unsigned int connect_ms;
	unsigned int total_ms;		/* from http_send() to the end of the answer */
	size_t response_max;		/* octets of a body */
};

/* Valid during the call. */
struct http_answer {
	const char *failed;		/* NULL: there is an answer; otherwise the reason in words why not */
	long status;
	const char *body;		/* zero-terminated */
	size_t len;
	unsigned int after_s;		/* Retry-After, at most a day; 0: absent */
};

/* Called from the loop, never from inside http_send(). */
typedef void http_done(void *user, const struct http_answer *answer);

struct http_call {
	const char *url;
	const char *body;		/* JSON to POST; NULL: GET */
	const char *key;		/* Idempotency-Key; NULL: none */
	http_done *done;
	void *user;
};

/* Returns NULL after logging the reason. */
struct http *http_new(void *ctx, const struct http_settings *settings);

/* No callback is called afterwards. NULL is allowed. */
void http_free(struct http *http);

/* Returns 0: \a done will be called exactly once; or -errno after a log line. The call is copied. */
int http_send(struct http *http, const struct http_call *call);

/* Connections made so far. */
unsigned int http_connections(const struct http *http);
