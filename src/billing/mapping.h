/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How billing's fields map to ours: compiled once from the configuration.
 *
 * A resource is one address at billing and the fields in its JSON. Fields of an account are read from the document itself, fields of rows
 * from each element of a list. */
#pragma once

#include "starhash/json.h"
#include "starhash/accounts.h"
#include "starhash/request.h"
#include "starhash/conf.h"
#include "starhash/setting.h"

/* Settings of one resource, and of the resource for orders. */
extern const struct conf_row resource_rows[], order_mapping_rows[];

enum store_as {
	AS_TEXT,		/* const char * */
	AS_DIGITS,		/* char[16] */
	AS_NUMBER,		/* int64_t */
	AS_DATE,		/* uint32_t */
};

/* A field that billing can supply, and its permitted values. */
struct target {
	const char *name;		/* in the configuration; NULL ends a table */
	enum field_type type;
	enum store_as as;
	size_t offset;			/* into struct stored_account, stored_bill … */
	int64_t min, max;		/* numbers: range; text: octets */
	const char *choices;		/* text: the permitted values, separated by blanks; NULL: any */
	unsigned int kinds;		/* fields of an account: bits of the kinds that they belong to; 0: all */
	bool needed;			/* it must be present where it is mapped */
};

/* A value of billing's, and ours for it. */
struct word {
	const char *theirs, *ours;
};

struct mapped {
	const struct target *target;
	struct json_path path;
	const struct word *words;	/* ended by one without theirs; NULL: values are not translated */
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
	const char *path_imsi;		/* used if only the IMSI is known; NULL: such subscribers cannot be looked up */
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

/* The fields of an answer to an order. */
struct order_completed {
	const char *state;		/* done, refused, pending; NULL: absent */
	const char *reason;
};

#define REASON_MAX 31			/* octets, the room in struct billing_answer */

/* \a ask: a group or list of groups, \a order: a group. If one is NULL, billing is expected to follow contrib/billing/openapi.yaml there.
 * \a ctx owns the result; both settings must outlive it. The result is complete only if no problem was added. */
struct mapping *mapping_new(void *ctx, const struct setting *ask, const struct setting *order,
			    struct problems *problems);

/* Whether a word of \a len octets is one of the blank-separated \a words. */
bool word_in(const char *words, const char *word, size_t len);

/* The kinds that are read together with \a kinds because they share resources; 0: no resource has any of them. */
unsigned int mapping_kinds(const struct mapping *mapping, unsigned int kinds);
