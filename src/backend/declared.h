/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A declared backend, with what only this folder needs of it. */
#pragma once

#include <osmocom/core/rate_ctr.h>

#include "starhash/backends.h"
#include "starhash/http.h"
#include "starhash/json.h"
#include "starhash/log.h"
#include "starhash/menu.h"

#define BACKEND_DECLARED_MAX (BACKEND_OUTCOMES_MAX - 3)		/* besides "ok", "unavailable" and "slow" */
#define BACKEND_CONDITIONS_MAX 16

/* Filled by backend_rows. */
struct backend_settings {
	struct http_service service;
	const char *method, *hmac_file, *money;
	long long body_max, in_flight;
	bool changes;
	const struct setting *send, *fields, *rows, *outcomes;
};

/* When an outcome applies: both conditions hold. */
struct outcome_condition {
	int outcome;			/* index of the outcome. BACKEND_OK without a status: only with status 2xx */
	long long status;		/* 0: any */
	const char *where;		/* the path as text; NULL: whatever the values are */
	struct json_path path;
	const char *equals;
};

struct declared {
	struct backend backend;
	struct menu_action action;
	struct backend_settings settings;
	const struct setting *group;
	bool post;
	const char *sent_as[BACKEND_SENT_MAX];		/* its name in the request */
	bool in_url[BACKEND_SENT_MAX];
	struct json_path fields[BACKEND_FIELDS_MAX];
	struct json_path row[BACKEND_FIELDS_MAX];	/* in an element of rows */
	struct json_path rows;
	struct outcome_condition conditions[BACKEND_CONDITIONS_MAX];
	unsigned int conditions_count;
	bool says_ok;					/* some are those of "ok": no other answer is */
	/* While it is called. */
	struct http *http;
	struct rate_ctr_group *counters;
	unsigned int open;
	unsigned int took_ms;				/* the last call */
	bool failing;					/* the breaker is not closed */
	struct log_limit complaints;
};

/* Read one group. \a before: those that were read before, whose values keep their ids. \a ctx owns what is allocated. */
void declared_read(void *ctx, const struct setting *group, struct declared *const *before, unsigned int count, struct declared *declared,
		   struct problems *problems);

/* The value of that name that the backend answers, in its fields or rows; NULL: none. */
const struct backend_value *declared_answers(const struct declared *declared, const char *name);

/* Whether a call may be made without a value that is sent: one of the account. A chosen row may lack one that is needed. */
static inline bool backend_may_lack(const struct backend_value *sent)
{
	return sent->field && field_info(sent->field)->origin == FIELD_OF_ACCOUNT;
}

static inline bool value_is_text(const struct backend_value *value)
{
	return value->type == FIELD_TYPE_TEXT || value->type == FIELD_TYPE_CODE;
}

/* Largest number of an amount or a count of this width. */
int64_t value_max(const struct backend_value *value);

/* What an answer says. */
struct answer_notes {
	bool failed;			/* for the breaker: the service is to blame */
	char why[96];			/* unavailable, slow: the reason; names of values, never their contents */
	unsigned int cut;		/* texts cut, and rows dropped */
};

/* Interpret an answer; facts and rows of \a out have memory for the largest answer. */
void answer_read(const struct declared *declared, const struct http_answer *answer, struct backend_answer *out,
		 struct answer_notes *notes);

/* The values of an order as backends_order_put() wrote them. False: it did not, or not for this declaration. */
bool order_values_read(const struct backend *backend, const char *sent, struct record *args);

/* The URL and the body of a call, in \a ctx; *\a body is NULL for GET. False: a value that is needed is not known, or not fit for a URL. */
bool call_write(void *ctx, const struct declared *declared, const struct record *args, char **url, char **body);
