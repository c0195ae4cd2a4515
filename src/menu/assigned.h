/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is known on which ways to a page: assigned.c computes it, and assigned_report.c compares it with what is needed. */
#pragma once

#include "menu/build.h"

#define SET_WORDS ((VAR_ROWS + 63) / 64)
#define CODED_COUNT 9	/* fields of few codes */

/* Values, by id. */
struct set {
	uint64_t bits[SET_WORDS];
	uint32_t excluded[CODED_COUNT];	/* codes that the field cannot have, as bits in the order of build_codes(); the last bit: any other
					 * code, or none */
};

/* The account has a language, but an action that sets it needs one that was chosen: that is marked by this id. */
#define LANGUAGE_CHOSEN FIELD_NONE

/* Marks that the service may be one whose trial continues as a paid one. */
#define TRIAL_CONTINUES (VAR_FIRST - 1)
_Static_assert(FIELD_COUNT <= TRIAL_CONTINUES, "the mark is not a field");

/* How a page is entered. A page for several rows is entered without any of them; it takes each when it orders it. */
enum mode { MODE_PAGE, MODE_SEVERAL, MODE_EACH, MODES };

struct state {
	struct set sets[MODES];		/* SEVERAL: before the rows; EACH: with one of them */
	bool reached[MODES];
};

/* A way to a page, for messages. */
struct way {
	char name[120];			/* "choice '1' of page 'home'" */
	const struct setting *at;
	uint16_t from;			/* a route, which only passes on what led to it; PAGE_NONE: another way */
	struct set set;			/* known on it */
};

struct assigned {
	struct build *build;
	const struct menu *menu;
	bool some_way;			/* known on some way; else on all */
	struct state *states;		/* by page */
	struct state *all, *any;	/* results: known on all ways, on some */
	const struct set *assumed;	/* by page: already complained about; NULL: nothing */
	uint16_t *queue;
	size_t queued;
	bool *waits;			/* by page: is in the queue */

	/* while ways are listed */
	void (*see)(struct assigned *assigned, uint16_t page, enum mode mode, const struct set *set, const struct way *way);
	uint16_t wanted_page;		/* ways to this page lack a value: */
	enum mode wanted_mode;
	uint16_t wanted_var;
	struct way ways[4];
	size_t ways_count;

	struct complaint *complaints;
	size_t complaints_count;
	struct some *somes;
	size_t somes_count;
};

void set_add(struct set *set, uint16_t var);
bool set_has(const struct set *set, uint16_t var);
void set_merge(struct set *set, const struct set *other);

/* The bits of the codes that a condition compares with; 0: not a condition on such a field, or not on constants. */
uint32_t assigned_bits_of(struct build *build, const struct condition *condition);

/* The place of a field in a set's excluded codes; CODED_COUNT: it has none. */
size_t assigned_coded_index(uint16_t var);

/* Loaded with the account. The others of its fields come with results and texts. */
bool assigned_is_of_account(uint16_t var);

void set_add_account(struct set *set);

/* A service brings its terms from the catalogue in place of those of another. */
void set_add_value(struct set *set, uint16_t var);

/* These two leave the rows that were chosen before: see menu_leave_rows(). The answers before this one are in the set. */
void set_add_answer(const struct menu *menu, struct set *set, const struct page *page, unsigned int question);
void set_add_bindings(struct build *build, struct set *set, const struct bindings *with);

/* A row takes the place of the terms of another service. */
void set_add_row(struct build *build, struct set *set, const struct menu_action *list);

/* What is known where the conditions hold. */
void set_add_if(struct build *build, struct set *set, const struct conditions *conditions);

/* What is known where they do not hold: all that they exclude. */
void set_add_unless(struct build *build, struct set *set, const struct conditions *conditions);

/* The values of a backend's answer take the place of those of an earlier one. */
void set_add_answer_of(struct set *set, const struct menu_action *action, bool ok);

/* What is known at an outcome of an action. */
struct set set_at_outcome(const struct menu *menu, const struct page *page, struct set set, enum mode mode, const char *outcome);

/* What is known on entering each page, on all ways or on some. The caller frees it, and must not call
 * assigned_find_ways() after that. */
struct state *assigned_compute(struct assigned *assigned, bool some_way);

/* List the ways to a page that lack a value, in \a assigned; for a route that lacks it, the ways to that one. */
void assigned_find_ways(struct assigned *assigned, uint16_t page, enum mode mode, uint16_t var);
