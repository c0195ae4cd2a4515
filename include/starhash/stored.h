/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One subscriber's account as plain data, as billing, an import or a test passes it to a store. */
#pragma once

#include "starhash/catalogue.h"
#include "starhash/request.h"

/* An unknown number: the fact is absent. */
#define STORED_UNKNOWN INT64_MIN

struct stored_line {
	const char *item;
	int64_t amount;
	uint32_t place;			/* its position in its bill plus 1; 0: its position in the list */
#define LINE_MEMBER(id, name) const char *name;
	LINE_FACTS(LINE_MEMBER)		/* NULL: none */
};

struct stored_bill {
	uint32_t month;
	int64_t total;
	const struct stored_line *lines;
	unsigned int lines_count;
};

struct stored_points {
	uint32_t date;
	int64_t change;
	const char *reason;
	uint32_t place;			/* as a line's */
};

struct stored_subscription {
	const char *service;
	uint32_t since;			/* yyyymmdd */
	uint32_t trial_until;		/* yyyymmdd; 0: no trial */
	uint32_t until;			/* yyyymmdd: its last day; 0: open-ended */
	const char *state;		/* subscription_state_name(); NULL: derived: deactivating with until, else trial with trial_until,
					 * else active */
	const char *trial_ends;		/* trial_ends_name(); NULL: as agreed here */
};

#define STORED_IMSIS_MAX 2
#define STORED_SUBSCRIPTIONS_MAX 128	/* per subscriber, from any source */

/* A member for each plain fact. Numbers may be STORED_UNKNOWN, texts NULL. */
#define STORED_MEMBER(id, name, type, origin, width, storage) STORED_MEMBER_##storage(name, type)
#define STORED_MEMBER_OWN(name, type)
#define STORED_MEMBER_FACT(name, type) STORED_##type name;
#define STORED_CODE const char *
#define STORED_MONEY int64_t
#define STORED_DATE int64_t

struct stored_account {
	char imsis[STORED_IMSIS_MAX][IMSI_SIZE];	/* "" where there are fewer */
	char msisdn[MSISDN_SIZE];
	const char *account;
	const char *brand;
	const char *status;
	const char *language;
	FIELDS(STORED_MEMBER)
	int64_t points;
	int64_t as_of, bills_as_of, points_as_of, services_as_of;	/* seconds since 1970 */
	int64_t bill_month, bill_total;			/* the last billed month; later bills are unfinished */
	const char *id_number;				/* NULL when unknown; only in input, never in a store */
	const char *id_pieces;				/* keyed pieces of it, made by accounts/ for the store; NULL: unknown */
	const char *hash;				/* of the password; NULL: none, or unchanged */
	const char *owner;				/* billing's customer number: another one means a recycled MSISDN, and nothing of
							 * the former owner stays (F15). NULL: unknown */
	const struct stored_bill *bills;		/* oldest first, like points_entries */
	const struct stored_points *points_entries;
	const struct stored_subscription *subscriptions;
	unsigned int bills_count, points_count, subscriptions_count;
};

/* The plain facts, in the order of FIELDS. */
enum stored_fact_index {
#define STORED_INDEX(id, name, type, origin, width, storage) STORED_INDEX_##storage(id)
#define STORED_INDEX_OWN(id)
#define STORED_INDEX_FACT(id) STORED_FACT_##id,
	FIELDS(STORED_INDEX)
	STORED_FACTS
};

struct stored_fact {
	const char *name;
	enum field_type type;
	size_t offset;			/* in struct stored_account */
	unsigned int width;		/* of a text, at most */
};

extern const struct stored_fact stored_facts[STORED_FACTS];

bool stored_fact_is_text(const struct stored_fact *fact);

/* The member of \a account: of a text, or of a number. As with strchr(), const is lost: write only if \a account may be written. */
const char **stored_text(const struct stored_account *account, const struct stored_fact *fact);
int64_t *stored_number(const struct stored_account *account, const struct stored_fact *fact);

/* Set all of them to unknown. */
void stored_facts_clear(struct stored_account *account);

enum line_fact_index {
#define LINE_INDEX(id, name) LINE_FACT_##id,
	LINE_FACTS(LINE_INDEX)
	LINE_FACT_COUNT
};

/* The member of \a line, as stored_text(). */
const char **line_fact(const struct stored_line *line, enum line_fact_index fact);
