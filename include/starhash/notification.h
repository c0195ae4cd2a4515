/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The kinds of notifications: messages to subscribers that answer nothing. Plain data; a new kind is a row of the table in
 * src/data/notification.c, and its texts. */
#pragma once

#include "starhash/request.h"

#define NOTIFICATION_FACTS_MAX 12
#define NOTIFICATION_PRIORITIES 4
#define NOTIFICATION_ROWS_SIZE 1400	/* octets of the rows that a message brings: FEES_MAX services with codes of any length */

/* What a subscriber may decide about a kind. */
enum notification_choice {
	CHOICE_NONE,			/* the law, or the matter, leaves no choice */
	CHOICE_OPT_IN,			/* sent only to subscribers who asked for it */
	CHOICE_OPT_OUT,			/* sent unless the subscriber has stopped it */
	CHOICE_THRESHOLD,		/* the same, and the subscriber may set a threshold */
};

struct notification_kind {
	const char *name;		/* the menu's entry; notification_has_page() */
	uint8_t priority;		/* 0, the highest, to NOTIFICATION_PRIORITIES - 1. Kinds of priority 0 answer what the subscriber
					 * did: no rate, cap or quiet hours delay them */
	bool quiet;			/* waits for the end of quiet hours, unless it would then be too late */
	bool capped;			/* counts towards a subscriber's daily maximum, and waits for the next day beyond it */
	bool stays;			/* listed in "my messages" after it was sent */
	bool always;			/* S5, S8, S9: no daily maximum may delay it, whatever is configured */
	bool code;			/* S6: brings a one-time code, which is made when it is sent: REQUEST_PROPOSAL_CODE */
	bool answers;			/* S12: brings the final answer to its TICKET */
	bool obsolete;			/* the account's data can make it wrong while it waits: notification_holds() */
	enum notification_choice choice;
	uint16_t facts[NOTIFICATION_FACTS_MAX];		/* fields that its page may show, ended by FIELD_NONE */
	enum request_kind rows;		/* the list whose rows it brings; REQUEST_PROFILE: none */
};

extern const struct notification_kind notification_kinds[];
extern const unsigned int notification_kinds_count;

/* The message by which a partner asks for an order (S6). */
#define NOTIFICATION_ORDER_REQUESTED "order_requested"

/* The pages that the operator's systems may push are the menu's: its entries call them NOTIFICATION_PUSH ":" and a name, ARG_PAGE. */
#define NOTIFICATION_PUSH "push"
#define NOTIFICATION_PAGE_MAX 24	/* length of such a name */

/* A question at the end of a dialog (S17): never a message of its own, but the subscriber may choose not to be asked. */
#define NOTIFICATION_SURVEY "survey"

/* Whether a text can be such a name: letters, digits, _ and -. */
bool notification_page_name(const char *name);

/* NULL when there is no such kind. */
const struct notification_kind *notification_kind_find(const char *name, size_t len);

/* False for those whose text is made when they are, and for surveys: no menu has an entry for them. */
bool notification_has_page(const struct notification_kind *kind);

/* Iterate over the kinds of a claim: \a at counts from 0. False at the end. */
bool claim_kind(const struct claim *claim, unsigned int at, unsigned int *kind);

/* Its index in notification_kinds. */
unsigned int notification_kind_index(const struct notification_kind *kind);
