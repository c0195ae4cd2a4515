/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A client for one HTTP service, on the event loop, by libcurl: billing, or one of the operator's own services.
 *
 * Each call has a connection of its own. If calls shared one, a second answer that comes late would be taken for the answer to the next
 * call, which is about another subscriber. TLS sessions are resumed. No redirects, cookies or proxies. Every answer is bounded in size and
 * time. A circuit breaker says when not to ask; it is the caller who knows whether an answer was a good one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "starhash/conf.h"

struct http;

/* What the configuration says of a service, filled by HTTP_ROWS. */
struct http_service {
	const char *url, *token_file, *ca_file;
	bool insecure;
	long long connect_ms, total_ms;
	long long breaker_failures, breaker_ms, breaker_max_ms;
};

/* Rows for the table of the service's group. \a in: the member of \a owner that is its struct http_service. */
#define HTTP_ROW(owner, in, key, kind, ...) { .name = #key, .type = kind, .offset = offsetof(owner, in.key), __VA_ARGS__ }
#define HTTP_ROWS(owner, in) \
	HTTP_ROW(owner, in, url, CONF_STRING, .min = 1, .required = true, \
		 .help = "address of the service: https://HOST[:PORT][/PATH]; http:// only for this machine"), \
	HTTP_ROW(owner, in, token_file, CONF_SECRET, .min = 1, \
		 .help = "file with the bearer token; no other user may read it (mode 0600 or 0400)"), \
	HTTP_ROW(owner, in, ca_file, CONF_PATH, .min = 1, .file_problem = conf_pem_problem, \
		 .help = "CA certificates to verify the server with (PEM), read once an hour; if absent, the system's"), \
	HTTP_ROW(owner, in, insecure, CONF_BOOL, .fallback = "false", \
		 .help = "allow http:// to another machine, where accounts and the token can be read on the way"), \
	HTTP_ROW(owner, in, connect_ms, CONF_INT, .min = 100, .max = 60000, .fallback = "1000", .unit = "ms", \
		 .help = "time limit for connecting"), \
	HTTP_ROW(owner, in, total_ms, CONF_INT, .min = 100, .max = 120000, .fallback = "4000", .unit = "ms", \
		 .help = "time limit for a request, up to the end of the answer"), \
	HTTP_ROW(owner, in, breaker_failures, CONF_INT, .min = 1, .max = 1000, .fallback = "5", \
		 .help = "failures in a row that open the circuit breaker, which stops requests for a while"), \
	HTTP_ROW(owner, in, breaker_ms, CONF_INT, .min = 100, .max = 600000, .fallback = "1000", .unit = "ms", \
		 .help = "time that the breaker stays open at first; doubled while the service keeps failing"), \
	HTTP_ROW(owner, in, breaker_max_ms, CONF_INT, .min = 100, .max = 3600000, .fallback = "60000", .unit = "ms", \
		 .help = "longest time that it stays open; times vary by up to a quarter")

/* Check what rows cannot express. \a query: the URL may have a part after "?". */
void http_service_check(const struct http_service *service, bool query, const struct setting *group, struct problems *problems);

struct http_settings {
	const struct http_service *service;	/* must outlive the client, like all texts */
	const char *name;			/* for logs: "billing" */
	int category;				/* log category */
	const char *hmac_file;			/* key that signs bodies; read for each request, like the token. NULL: not signed */
	unsigned int connections_max;
	size_t response_max;			/* octets of a body */
};

/* Why there is no answer. */
enum http_failure {
	HTTP_ANSWERED,		/* there is one */
	HTTP_NOT_SENT,		/* no connection: the service has not seen the request */
	HTTP_LOST,		/* it may have */
	HTTP_SLOW,		/* not within the time */
	HTTP_TOO_LARGE,
};

/* Valid during the call. */
struct http_answer {
	enum http_failure failure;
	const char *failed;		/* the reason in words; NULL: there is an answer */
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
	unsigned int total_ms;		/* 0: the service's */
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

/* ---- the circuit breaker ---- */

/* Ask to pass. Returns a ticket, or 0: not now. */
uint32_t http_enter(struct http *http);

enum http_change { HTTP_SAME, HTTP_OPENED, HTTP_CLOSED };

/* Report the outcome of a ticket; every owner of one must do so. Logs each change of state. */
enum http_change http_leave(struct http *http, uint32_t ticket, bool well);

int64_t http_wait_ms(const struct http *http);			/* until it is worth asking again; 0: now */
const char *http_breaker_name(const struct http *http);		/* "closed", "open", "probing" */

/* ---- what is sent ---- */

#define HTTP_KEY_SIZE 17

/* The idempotency key of a change: its reference number as 16 hexadecimal digits. Returns \a out. */
const char *http_key(uint64_t ref, char out[static HTTP_KEY_SIZE]);

/* A copy of \a text for a URL, with each \a mark replaced by \a value; all but its letters and digits is escaped. */
char *http_url_put(void *ctx, const char *text, const char *mark, const char *value);

#define HTTP_SIGNATURE_SIZE 96

/* "t=SECONDS,v1=HEX": the HMAC-SHA256, under the octets of \a key, of the seconds in decimal, a dot, and the body. */
void http_sign(const char *key, long long seconds, const char *body, char out[static HTTP_SIGNATURE_SIZE]);
