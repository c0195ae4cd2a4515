/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conversations by short messages: saved for another process, and announced when a question of theirs ran out (S6). */
#include <string.h>

#include "account/step.h"

#define EXPIRED_WAIT_S 15		/* the server that says that it ran out sends the text at once */

/* False: there is none, or it is not a text. */
static bool text_arg(const struct stepping *stepping, uint16_t id, struct value *value)
{
	return record_get(&stepping->args, id, value) && value->is_text;
}

/* The request's, by its short code. */
static struct conversation *conversation_begin(struct stepping *stepping)
{
	struct conversation *conversation = &stepping->step->conversation;

	*conversation = (struct conversation){ .until = record_number(&stepping->args, ACCOUNT_FACT_UNTIL, 0) };
	return text_arg(stepping, ACCOUNT_FACT_NUMBER, &conversation->number) ? conversation : NULL;
}

void step_conversation_save(struct stepping *stepping)
{
	struct conversation *conversation = conversation_begin(stepping);

	stepping->step->response->result = conversation ? RESULT_OK : RESULT_REFUSED;
	if (!conversation)
		return;
	if (!text_arg(stepping, ACCOUNT_FACT_SESSION, &conversation->session) || !conversation->session.len) {
		change_add(stepping->step, CHANGE_CONVERSATION_REMOVE)->conversation = conversation;
		return;
	}
	/* one that has no room in an account could not be announced */
	if (!text_arg(stepping, ACCOUNT_FACT_LATE, &conversation->late) || conversation->late.len > ACCOUNT_LATE_SIZE)
		conversation->late = (struct value){ .is_text = true };
	change_add(stepping->step, CHANGE_CONVERSATION_PUT)->conversation = conversation;
}

void conversation_answer(struct stepping *stepping)
{
	struct conversation *conversation = &stepping->step->conversation;
	struct value digest;

	if (!text_arg(stepping, ACCOUNT_FACT_DIGEST, &digest) || !conversation_begin(stepping))
		return;
	conversation->digest = digest;
	conversation->until = record_number(&stepping->args, ACCOUNT_FACT_ANSWERED_UNTIL, 0);
	change_add(stepping->step, CHANGE_CONVERSATION_REMOVE)->conversation = conversation;
	change_add(stepping->step, CHANGE_ANSWERED_PUT)->conversation = conversation;
}

void step_conversation_expire(struct stepping *stepping)
{
	const struct account *account = stepping->account;
	struct conversation *conversation = &stepping->step->conversation;
	struct record *facts;

	if (!account->unanswered)
		return;
	stepping->step->response->result = RESULT_OK;
	*conversation = (struct conversation){
		.number = { .is_text = true, .text = account->number, .len = (uint16_t)strlen(account->number) },
	};
	change_add(stepping->step, CHANGE_CONVERSATION_REMOVE)->conversation = conversation;
	facts = notification_begin(stepping);
	record_put_text(facts, ACCOUNT_FACT_NUMBER, account->number, strlen(account->number));
	record_put_text(facts, ACCOUNT_FACT_LATE, account->late, account->late_len);
	notification_add(stepping, NOTICE_UNANSWERED, stepping->request->kind == REQUEST_CONVERSATION_DUE ? 0 : EXPIRED_WAIT_S);
}

/* A notification like any other: listed, tried again, counted and removed with its subscriber. */
void step_text_save(struct stepping *stepping)
{
	stepping->step->response->result = RESULT_REFUSED;
	if (record_append(notification_begin(stepping), &stepping->args))
		return;
	stepping->step->response->result = RESULT_OK;
	notification_add(stepping, NOTICE_TEXT, EXPIRED_WAIT_S);
}
