/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conversations by short messages: saved for another process, and reported to the subscriber when a question expired (S6). */
#include <string.h>

#include "account/step.h"

#define EXPIRED_WAIT_S 15		/* the server that reports the expiry sends the text itself, sooner */

void step_conversation_save(struct stepping *stepping)
{
	const struct conversation_request *asked = &stepping->request->conversation;
	struct conversation *conversation = &stepping->step->conversation;

	*conversation = (struct conversation){
		.short_code = asked->short_code, .until = asked->until,
		.session = request_span(stepping->request, &asked->session), .session_len = asked->session.len,
		.late = request_span(stepping->request, &asked->late), .late_len = asked->late.len,
	};
	stepping->step->response->result = asked->short_code[0] ? RESULT_OK : RESULT_REFUSED;
	if (!asked->short_code[0])
		return;
	if (conversation->late_len > ACCOUNT_LATE_SIZE)
		conversation->late = NULL;	/* too long for an account, so its expiry could not be announced */
	change_add(stepping->step, conversation->session ? CHANGE_CONVERSATION_PUT :
		   CHANGE_CONVERSATION_REMOVE)->conversation = conversation;
}

void conversation_answer(struct stepping *stepping)
{
	const struct answered *answered = &stepping->request->answered;
	struct conversation *conversation = &stepping->step->conversation;

	if (!answered->short_code[0])
		return;
	*conversation = (struct conversation){
		.short_code = answered->short_code, .digest = answered->digest, .until = answered->until,
	};
	change_add(stepping->step, CHANGE_CONVERSATION_REMOVE)->conversation = conversation;
	change_add(stepping->step, CHANGE_ANSWERED_PUT)->conversation = conversation;
}

void step_conversation_expire(struct stepping *stepping)
{
	const struct account *account = stepping->account;
	struct conversation *conversation = &stepping->step->conversation;
	struct message *message = &stepping->step->notification.message;

	if (!account->unanswered)
		return;
	stepping->step->response->result = RESULT_OK;
	*conversation = (struct conversation){ .short_code = account->short_code };
	change_add(stepping->step, CHANGE_CONVERSATION_REMOVE)->conversation = conversation;
	notification_begin(stepping);
	memcpy(message->short_code, account->short_code, sizeof(message->short_code));
	message->text = account->late;
	message->len = account->late_len;
	notification_add(stepping, NOTIFICATION_UNANSWERED, stepping->request->kind == REQUEST_CONVERSATION_DUE ? 0 : EXPIRED_WAIT_S);
}

/* Save it as a notification, so that it is listed, retried, counted and removed with its subscriber. */
void step_text_save(struct stepping *stepping)
{
	const struct text_request *asked = &stepping->request->text;
	struct message *message = &stepping->step->notification.message;

	stepping->step->response->result = RESULT_OK;
	notification_begin(stepping);
	memcpy(message->short_code, asked->short_code, sizeof(message->short_code));
	memcpy(message->channel, asked->channel, sizeof(message->channel));
	message->text = request_span(stepping->request, &asked->text);
	message->len = asked->text.len;
	message->reference = asked->reference;
	message->until = asked->until;
	notification_add(stepping, NOTIFICATION_TEXT, EXPIRED_WAIT_S);
}
