/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every store, in every way in which it can answer, with the fixture's accounts inside. */
#pragma once

#include "starhash/account.h"

#define CONTENDER_TRIES 3

struct contender {
	const char *name;		/* NULL ends the table */
	struct account *(*open)(void);
	void (*close)(struct account *account);
};

extern const struct contender contenders[];
