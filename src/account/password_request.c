/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests to try and change service passwords: password_step() decides. */
#include <string.h>

#include "account/step.h"

#define LOCKED_WAIT_S 10		/* a correct password is faster, and withdraws the notification */
#define LOCKED "password_locked"

/* Absent when only an operator can unlock. */
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

/* Apply the event and set the response; OUTDATED when there is no password. */
static struct password_step step_password(struct stepping *stepping, struct password_input *input)
{
	struct password_step made = { .answer = PASSWORD_OUTDATED };

	if (!stepping->account->has_password)
		return made;			/* only an operator can give one */
	input->link = stepping->request->password.link;
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
	const struct password_step made = step_password(stepping, &input);
	struct response *response = stepping->step->response;
	struct password_found *found = &response->password;

	response->result = made.answer == PASSWORD_DONE ? RESULT_OK : RESULT_LOCKED;
	until_put(&response->facts, made.locked_until);
	if (made.answer != PASSWORD_DONE)
		return;
	msisdn_put(&response->facts, stepping->account->msisdn);
	response->part = RESPONSE_PASSWORD;
	found->left = made.left;
	found->temporary = password->temporary;
	memcpy(found->hash, password->hash, sizeof(found->hash));
	memcpy(found->past, password->past, sizeof(found->past));
	memcpy(found->id_pieces, stepping->account->id_pieces, sizeof(found->id_pieces));
}

void step_password_set(struct stepping *stepping)
{
	const struct password_request *asked = &stepping->request->password;
	struct password_input input = { .compared = asked->compared, .fresh = asked->fresh };

	if (asked->fresh[0])
		input.event = asked->rehashed ? PASSWORD_REHASHED : PASSWORD_CHANGED;
	else
		input.event = PASSWORD_RIGHT;
	stepping->step->response->result = step_password(stepping, &input).answer == PASSWORD_DONE ? RESULT_OK : RESULT_CONFLICT;
}

/* ---- by an operator ---- */

void step_password_release(struct stepping *stepping)
{
	struct password_input input = { .event = PASSWORD_RELEASED };

	if (step_password(stepping, &input).answer == PASSWORD_DONE)
		stepping->step->response->result = RESULT_OK;
}

void step_password_give(struct stepping *stepping)
{
	struct password_input input = { .event = PASSWORD_GIVEN, .fresh = stepping->request->password.fresh };

	if (!stepping->account->has_password)
		memset(&stepping->account->password, 0, sizeof(stepping->account->password));
	stepping->account->has_password = true;
	step_password(stepping, &input);
	stepping->step->response->result = RESULT_OK;
}
