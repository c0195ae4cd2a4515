/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The cases of a view: the values that decide what it shows, in each combination, and what the rest adds up to. */
#pragma once

#include "menu/view.h"
#include "menu/widest.h"

#define DOMAINS_MAX 255
#define OPTIONS_MAX 4096
#define UNITS_MAX 600
#define OPEN_MAX 128
#define VALUES_ROOM 16384
#define NOW 864000000		/* 1997-05-19, for times that are new or old */

/* A value that a variable has in a case. */
struct option {
	enum {
		OPTION_NONE,
		OPTION_VALUE,		/* this one */
		OPTION_LIKE,		/* one that no condition tells from this one */
		OPTION_SAME
	} kind;
	const char *text;		/* NULL: the number */
	int64_t number;
	uint16_t from;			/* SAME: the variable that has the same value */
};

/* A variable that conditions are about; or whether the subscriber has a service. */
struct domain {
	struct widest_case of;		/* what the variable may be where the chosen option is */
	uint16_t var;
	const char *has;		/* code of the service; NULL: none */
	uint16_t has_from;		/* variable that holds the code; FIELD_NONE: none */
	bool known, ahead;		/* some condition asks this */
	bool exact;			/* every value is an option */
	struct option *options;
	uint16_t count, chosen;
	uint16_t best[BY_COUNT];
	bool decided;			/* else what is shown does not depend on the chosen option */
	uint16_t texts;			/* conditions and texts that depend on it */
	uint8_t group;			/* index of the first undecided domain on which the same texts depend */
};

/* A text and the conditions under which it is shown; either may be NULL. */
struct unit {
	const struct conditions *conditions;
	const struct text *text;
	const struct bindings *with;	/* what the text sees besides; may be NULL */
	bool of_row;
};

/* A variable of a case that no condition is about. */
struct open {
	struct widest widest;
	const struct widest_value *chosen;	/* of these */
	const struct piece *places[OPEN_MAX];
	size_t count;
};

/* What a case adds up to. */
struct measure {
	struct weight fixed;
	struct weight total[BY_COUNT];	/* BY_OTHERS: with at least one character outside GSM-7; units -1: there is none */
	int other;			/* the open value that is outside GSM-7 for that; -1: some other part is */
};

/* An end that fits on some page. Others with the same text, hints and constants need no check. */
struct checked_end {
	const struct variant *variants;		/* of the text; NULL: none yet */
	const struct page *page;
	unsigned int allowed;
	bool messages_only;
};

#define CHECKED_ENDS 1024	/* a power of two */

/* The widest value in one place, which is the same in all places that show it in the same way. */
struct known_widest {
	const struct language *language;	/* NULL: none yet */
	struct piece piece;
	struct widest widest;
};

#define KNOWN_WIDEST 256	/* a power of two */

/* The widest rows of a text. */
struct known_rows {
	const struct language *language;	/* NULL: none yet */
	const struct menu_action *list;
	const char *text;
	struct search_rows *rows;		/* see fit_check.c */
};

#define KNOWN_ROWS 16

/* Memory for one check, used again for each. */
struct work {
	struct domain domains[DOMAINS_MAX];
	struct option options[OPTIONS_MAX];
	struct unit units[UNITS_MAX];
	struct open open[OPEN_MAX];
	struct blanks blanks;
	struct view_text text;
	char body[VIEW_BODY_MAX];	/* by fit_measure(), without the open values */
	size_t body_len;
	uint8_t data[VALUES_ROOM], saved[VALUES_ROOM], bad_data[VALUES_ROOM];
	uint16_t saved_len;
	uint16_t splits;		/* that may still be made */
	bool too_many;			/* cases: some were not visited */
	struct checked_end ends[CHECKED_ENDS];
	struct known_widest known[KNOWN_WIDEST];
	struct known_rows rows[KNOWN_ROWS];
	uint16_t domains_count, options_count, units_count, open_count;
};

struct fit {
	struct build *build;
	struct work *work;
	const struct page *page;
	const char *part;		/* "its text", for messages */
	struct view view;
	unsigned int allowed;		/* screens */
	bool consent;			/* also check the length of the confirmation */
	bool messages_only;		/* never shown on a screen */
	bool about_service;		/* one case for each service */
	bool by_channel;		/* what is shown depends on the channel */
	bool doubtful;			/* some case may not fit as a short message */
	const struct menu_action *list;	/* brings the service; NULL: known of the page */
	enum { TRIAL_WHOLE, TRIAL_WITHOUT_DAYS, TRIAL_NONE, TRIALS } trial;	/* of the service's: what this case has */
	const struct service *service;	/* of this case */
	struct record values;
	const struct conditions *where;	/* cases in which these do not hold do not occur; may be NULL */
	void (*each)(struct fit *fit);	/* for each case */
	void *user;

	unsigned int worst;		/* how bad the worst case is; 0: all fit */
	struct record bad;		/* its values */
	bool bad_messages;
	bool bad_consent;
	bool too_long;			/* results that cannot be stored */
};

/* Compose the view without its open values, and find the widest of each. */
struct measure fit_measure(struct fit *fit);

/* Find the variables that decide about the units, and their options. */
void fit_find_domains(struct fit *fit);

/* Call \a fit's each() for the cases of every service that the view may be about: all, or if they are too many the worst of each group.
 * If that is not enough, work->too_many is set. */
void fit_check_services(struct fit *fit);
