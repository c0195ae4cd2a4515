/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A snapshot takes the place of all account data while the daemon serves.
 *
 * Tables beside those that are served, named with "_next" behind, are filled in short transactions. Triggers note which
 * subscribers change meanwhile. Then those changes, and whatever is newer than the snapshot, are carried over, and one short
 * transaction exchanges the names. Passwords, orders and consents stay; those of subscribers whose number has another owner
 * go (F15), and those of subscribers who are gone are kept for a while (data_vanished.h). What was served before is removed
 * in short transactions, too. Each step can be begun again after a crash. */
#pragma once

#include "tool/data_file.h"

/* Make the tables that are to be filled; there must be none. 0, or 1 after a message, as all below. */
int stage_make(struct data_file *file);

struct stage_loss {
	int64_t all;			/* subscribers who are served */
	int64_t vanish;			/* of them: are not in the snapshot */
	int64_t other_owner;		/* of them: their number is another owner's there */
};

/* What the exchange would take away: before stage_switch(), with the same \a as_of and \a force. */
int stage_look(struct data_file *file, int64_t as_of, bool force, struct stage_loss *loss);

/* Carry over and exchange, with \a done as last statement of the transaction. \a as_of: the snapshot's; \a force: older
 * data than what is there are wanted. */
int stage_switch(struct data_file *file, int64_t as_of, bool force, const char *done);

/* Remove what is left of the tables, before or after the exchange, and give new subscribers their passwords. */
int stage_clean(struct data_file *file, bool quiet);

/* Whether an import was interrupted behind the exchange, and what stage_finish() then does of it: stage_clean(). */
bool stage_interrupted(struct data_file *file);
int stage_finish(struct data_file *file, bool quiet);

/* Remove a snapshot that is not wanted any more. */
int stage_drop(struct data_file *file, bool quiet);
