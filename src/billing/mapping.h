/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which of billing's words mean which of our fields: compiled once from the configuration.
 *
 * A resource is one address at billing, and what its JSON tells. Fields of an account are read from the document itself,
 * those of rows from each element of a list. */
#pragma once

#include "billing/json_path.h"
#include "starhash/accounts.h"
#include "starhash/request.h"
#include "starhash/conf.h"
#include "starhash/setting.h"

/* Of one resource, and of where orders go. */
extern const struct conf_row resource_rows[], order_mapping_rows[];

enum store_as {
	AS_TEXT,		/* const char * */
	AS_DIGITS,		/* char[16] */
	AS_NUMBER,		/* int64_t */
	AS_DATE,		/* uint32_t */
};

/* A field that can be told, and what it may be. */
struct target {
	const char *name;		/* in the configuration; NULL ends a table */
	enum field_type type;
	enum store_as as;
	size_t offset;			/* into struct stored_account, stored_bill … */
	int64_t min, max;		/* numbers: range; text: octets */
	const char *choices;		/* text: one of these, between blanks; NULL: anything */
	unsigned int kinds;		/* fields of an account: bits of the kinds that they belong to; 0: all */
	bool needed;			/* where it is mapped, it has to be told */
};

/* A word of billing's, and ours for it. */
struct word {
	const char *theirs, *ours;
};

struct mapped {
	const struct target *target;
	struct json_path path;
	const struct word *words;	/* up to one without theirs; NULL: all words are ours */
	int64_t min;
};

struct fields {
	struct mapped *list;
	unsigned int count;
};

struct list {
	struct json_path rows;
	struct fields fields;
};

struct resource {
	const char *path;		/* with {msisdn}, or {imsi}, or neither */
	const char *path_imsi;		/* for when the IMSI is all that is known; NULL: there is no way then */
	unsigned int gives;		/* bits, 1 << enum account_kind */
	bool major;			/* money is in major units */
	struct fields facts;
	struct list bills, lines, points, services;
};

struct order_mapping {
	const char *path;
	struct fields answer;		/* state and reason */
};

struct mapping {
	struct resource *resources;
	unsigned int count;
	struct order_mapping order;
};

/* What an order's answer tells. */
struct order_completed {
	const char *state;		/* done, refused, pending; NULL: not told */
	const char *reason;
};

#define REASON_MAX 31			/* octets, as struct billing_answer has room for */

/* \a ask: a group or list of groups, \a order: a group; each may be NULL, and then contrib/billing/openapi.yaml is what
 * billing speaks. \a ctx owns the result; both settings outlive it. Complete only when no problem was added. */
struct mapping *mapping_new(void *ctx, const struct setting *ask, const struct setting *order,
			    struct problems *problems);

/* Whether a word of \a len octets is one of those between blanks. */
bool word_in(const char *words, const char *word, size_t len);

/* The kinds that have to be told together with \a kinds, since their resources tell them all; 0: nobody tells any. */
unsigned int mapping_kinds(const struct mapping *mapping, unsigned int kinds);
