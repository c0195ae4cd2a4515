/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is wrong with a request, as far as its headers show. */
#pragma once

#include <stddef.h>

#include <microhttpd.h>

#include "starhash/door.h"

/* Name, status, counter, and words for the client, the log and the counter's help. */
#define REFUSALS(ROW) \
	ROW(MALFORMED, MHD_HTTP_BAD_REQUEST, "malformed", "header fields that contradict each other or are not allowed") \
	ROW(UNAUTHORIZED, MHD_HTTP_UNAUTHORIZED, "unauthorized", "a valid token or certificate is needed") \
	ROW(FORBIDDEN, MHD_HTTP_FORBIDDEN, "forbidden", "this client may not use this path") \
	ROW(PATH, MHD_HTTP_NOT_FOUND, "path", "there is no such path") \
	ROW(METHOD, MHD_HTTP_METHOD_NOT_ALLOWED, "method", "this path does not have this method") \
	ROW(TYPE, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "type", "the content type must be application/json") \
	ROW(TOO_LARGE, MHD_HTTP_CONTENT_TOO_LARGE, "large", "the body is too large") \
	ROW(RATE, MHD_HTTP_TOO_MANY_REQUESTS, "rate", "this client sends too many requests a second") \
	ROW(BUSY, MHD_HTTP_TOO_MANY_REQUESTS, "busy", "too many requests are being processed") \
	ROW(STOPPING, MHD_HTTP_SERVICE_UNAVAILABLE, "stopping", "the server is stopping")

#define AS_NAME(name, status, counter, why) REFUSAL_##name,
enum refusal { REFUSAL_NONE, REFUSALS(AS_NAME) REFUSALS_COUNT };

/* Where a request belongs. */
struct place {
	const struct door_table *table;		/* NULL: nowhere */
	const struct door_path *row;
	char allow[64];				/* methods of its path, for the header Allow; "": there is no such path */
};

/* Before anything else is read of them. */
bool headers_are_malformed(struct MHD_Connection *connection);

void place_find(const struct door_table *tables, const char *method, const char *path, struct place *place);

/* What completes the path of a place. */
const char *place_id(const struct place *place, const char *path);

/* Whether a client with these \a rights may send a body of this type there. */
enum refusal place_judge(const struct place *place, unsigned int rights, struct MHD_Connection *connection);
