/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the settings say about locks, billing and retention, read once. */
#pragma once

#include "starhash/account.h"

struct accounts_settings;

/* What is kept for a time, and then goes. */
enum kept {
	KEPT_LEDGER,
	KEPT_ORDERS,		/* those that are settled */
	KEPT_NOTICES,		/* how long one may be tried */
	KEPT_CHANGES,		/* answers to repeated reference numbers */
	KEPT_VANISHED,		/* passwords of subscribers whom a snapshot left out */
	KEPT_KINDS
};

struct rules {
	struct password_rules password;
	unsigned int node;			/* of reference numbers: as account_settings has it */
	bool billing;				/* orders are done when billing says so, not when they are taken */
	int64_t kept_days[KEPT_KINDS];
};

/* Returns NULL, or what is wrong in words. */
const char *rules_read(struct rules *rules, const struct accounts_settings *settings);

const char *kept_name(enum kept kept);
