/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Attempts at service passwords, and new ones: password_step() decides. */
#include <string.h>

#include "account/step.h"

#define LOCKED_WAIT_S 10		/* a right password is quicker, and withdraws the notification */
#define LOCKED "password_locked"

/* Absent when only an operator can release it. */
static void until_put(struct record *facts, int64_t until)
{
	if (until && until != LOCKED_FOR_GOOD)
		record_put_number(facts, FIELD_LOCKED_UNTIL, until);
}

static void notify(struct stepping *stepping, const struct password_step *made)
{
	const bool changed = made->notification == PASSWORD_SAYS_CHANGED;
	const char *language = stepping->account->language;
	struct record *facts = notification_begin(stepping);

	record_put_text(facts, FIELD_LANGUAGE, language, strlen(language));
	until_put(facts, made->locked_until);
	notification_add(stepping, changed ? "password_changed" : LOCKED, changed ? 0 : LOCKED_WAIT_S)->answered = changed;
}

/* The response of the step; OUTDATED when there is no password. */
static struct password_step make(struct stepping *stepping, struct password_input *input)
{
	struct password_step made = { .answer = PASSWORD_OUTDATED };

	if (!stepping->account->has_password)
		return made;			/* only an operator can give one */
	input->link = record_number(&stepping->args, ACCOUNT_FACT_UNTRUSTED, 0) ? LINK_UNTRUSTED : LINK_TRUSTED;
	input->now = stepping->request->now;
	made = password_step(&stepping->rules->password, &stepping->account->password, input);
	if (made.answer == PASSWORD_OUTDATED)
		return made;
	change_add(stepping->step, CHANGE_PASSWORD_PUT)->password = &stepping->account->password;
	if (made.withdraw_locked)
		change_add(stepping->step, CHANGE_NOTIFICATION_WITHDRAW)->withdrawal = (struct withdrawal){ .kind = LOCKED };
	if (made.notification != PASSWORD_SAYS_NOTHING)
		notify(stepping, &made);
	return made;
}

void step_password_attempt(struct stepping *stepping)
{
	const struct password *password = &stepping->account->password;
	struct password_input input = { .event = PASSWORD_ATTEMPTED };
	const struct password_step made = make(stepping, &input);
	struct record *facts = &stepping->step->response->facts;
	const char *pieces = stepping->account->id_pieces;

	stepping->step->response->result = made.answer == PASSWORD_DONE ? RESULT_OK : RESULT_LOCKED;
	until_put(facts, made.locked_until);
	if (made.answer != PASSWORD_DONE)
		return;
	msisdn_put(facts, stepping->account->msisdn);
	record_put_number(facts, ACCOUNT_FACT_TRIES, made.attempt);
	record_put_text(facts, ACCOUNT_FACT_HASH, password->hash, strlen(password->hash));
	if (password->past[0])
		record_put_text(facts, ACCOUNT_FACT_PAST, password->past, strlen(password->past));
	if (password->temporary)
		record_put_number(facts, ACCOUNT_FACT_TEMPORARY, 1);
	if (pieces[0])
		record_put_text(facts, ACCOUNT_FACT_ID_PIECES, pieces, strlen(pieces));
}

void step_password_set(struct stepping *stepping)
{
	char old[PASSWORD_HASH_SIZE], fresh[PASSWORD_HASH_SIZE];
	struct password_input input = { .compared = old, .fresh = fresh };

	record_text(&stepping->args, FIELD_OLD, old, sizeof(old));
	if (record_text(&stepping->args, FIELD_NEW, fresh, sizeof(fresh)))
		input.event = PASSWORD_CHANGED;
	else
		input.event = record_text(&stepping->args, ACCOUNT_FACT_HASH, fresh, sizeof(fresh)) ? PASSWORD_REHASHED : PASSWORD_RIGHT;
	stepping->step->response->result = make(stepping, &input).answer == PASSWORD_DONE ? RESULT_OK : RESULT_CONFLICT;
	explicit_bzero(old, sizeof(old));
	explicit_bzero(fresh, sizeof(fresh));
}

/* ---- by an operator ---- */

void step_password_release(struct stepping *stepping)
{
	struct password_input input = { .event = PASSWORD_RELEASED };

	if (make(stepping, &input).answer == PASSWORD_DONE)
		stepping->step->response->result = RESULT_OK;
}

void step_password_give(struct stepping *stepping)
{
	char fresh[PASSWORD_HASH_SIZE];
	struct password_input input = { .event = PASSWORD_GIVEN, .fresh = fresh };

	if (!stepping->account->has_password)
		memset(&stepping->account->password, 0, sizeof(stepping->account->password));
	stepping->account->has_password = true;
	record_text(&stepping->args, ACCOUNT_FACT_HASH, fresh, sizeof(fresh));
	make(stepping, &input);
	stepping->step->response->result = RESULT_OK;
	explicit_bzero(fresh, sizeof(fresh));
}
