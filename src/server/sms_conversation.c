/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conversations by short message outlive the process and their dialog: one that waits for an answer is saved in the account store.
 *
 * The answer does not wait for the save, but the acknowledgement of the subscriber's text does. So a question never reaches a subscriber
 * without being either stored here or sent again by the SMSC. Once the store has the conversation, a dialog that only waits may be freed.
 * If a conversation cannot be saved or fetched, the next text begins a new one. */
#include <errno.h>
#include <string.h>

#include "server/server_internal.h"

/* The server's request for a dialog's subscriber and short code. */
static struct request *request_for(struct dialog *dialog, enum request_kind kind, const char *short_code)
{
	struct request *request = &dialog_server(dialog)->request;

	*request = (struct request){ .kind = kind, .subscriber = dialog_subscriber(dialog) };
	osmo_strlcpy(request->conversation.short_code, short_code, sizeof(request->conversation.short_code));
	return request;
}

/* Submit a request that the dialog waits for and that belongs to no action. Returns 0 or -EINPROGRESS. */
static int ask(struct dialog *dialog, enum request_kind kind, const char *short_code)
{
	request_for(dialog, kind, short_code);
	dialog_work(dialog)->action = NULL;
	if (dialog_submit(dialog, &dialog_work(dialog)->request))
		return -EINPROGRESS;
	dialog_work(dialog)->request = 0;
	return 0;
}

/* ---- saving ---- */

/* Returns false when the session cannot be saved: it is too large, or waits on a page where it cannot be resumed. */
static bool add_session(struct dialog *dialog, const struct effect *effect, struct request *request)
{
	uint8_t saved[REQUEST_ARGS_MAX];
	struct session *scratch = &dialog_server(dialog)->scratch;
	const unsigned int lasts_s = effect->within_s ? effect->within_s : dialog_channel(dialog)->timing.idle_ms / 1000;
	int len;

	dialog_load(dialog);
	len = session_save(scratch, dialog->menu, saved, sizeof(saved));
	session_wipe(scratch);
	request->conversation.until = dialog_server(dialog)->clock->now + lasts_s;
	return len > 0 && !request_put_span(request, &request->conversation.session, saved, (size_t)len);
}

static void save_complete(struct dialog *dialog)
{
	const struct peer peer = dialog_peer(dialog);
	struct channel *channel = peer.channel;

	if (dialog->work->save_request)
		dialog->work->save_request = 0;
	if (channel->ops->save_complete)
		channel->ops->save_complete(channel, &peer);
}

void sms_conversation_saved(struct dialog *dialog, const struct response *response)
{
	dialog->durable = dialog->saved && response->result == RESULT_OK;
	save_complete(dialog);
}

/* Stop waiting for a pending save. The store writes in order: whatever this dialog stored since becomes durable only after the page,
 * too. */
void sms_conversation_left(struct dialog *dialog)
{
	if (!dialog->work->save_request)
		return;
	accounts_forget(dialog_server(dialog)->accounts, dialog->work->save_request);
	save_complete(dialog);
}

void sms_conversation_save(struct dialog *dialog, const struct effect *effect, const char *short_code)
{
	const bool was_saved = dialog->saved, was_saving = dialog->work->save_request;
	struct server *server = dialog_server(dialog);
	struct request *request;
	struct effect late;

	if (!dialog_channel(dialog)->traits.saves_dialogs)
		return;
	if (dialog->work->save_request)
		accounts_forget(server->accounts, dialog->work->save_request);
	if (dialog->work->save_request)
		dialog->work->save_request = 0;
	dialog->durable = false;
	request = request_for(dialog, REQUEST_CONVERSATION_SAVE, short_code);
	dialog->saved = add_session(dialog, effect, request);
	/* S6: while all facts are known, save the text to send if nobody answers: a later process may have another menu. If it does not
	 * fit, only this process can send it. */
	if (dialog->saved && effect->notify_silence) {
		dialog_peek(dialog, dialog_limits(dialog), EVENT_SILENCE, &late);
		request_put_span(request, &request->conversation.late, late.text, late.len);
	}
	if (dialog->saved && !dialog_submit(dialog, &dialog_work(dialog)->save_request)) {
		dialog_work(dialog)->save_request = 0;
		dialog->durable = server->response.result == RESULT_OK;
	} else if (!dialog->saved && was_saved) {
		accounts_post(server->accounts, request);
	}
	if (dialog->work->turn)
		dialog->work->turn->saving = dialog->work->save_request;
	if (was_saving && !dialog->work->save_request)
		save_complete(dialog);
}

void sms_conversation_rest(struct dialog *dialog)
{
	server_count(dialog_server(dialog), COUNT_RESTED);
	cdr_close(dialog, CDR_SAVED);
	dialog_free(dialog);
}

/* A stopping daemon leaves its conversations to the next process; one that timed out has expired in the store already. */
void sms_conversation_forget(struct dialog *dialog)
{
	struct server *server = dialog_server(dialog);

	if (!dialog->saved || !dialog->work->turn || server->stopping)
		return;
	dialog->saved = false;
	accounts_post(server->accounts, request_for(dialog, REQUEST_CONVERSATION_SAVE, dialog->work->turn->short_code));
}

/* ---- resuming ---- */

bool sms_conversation_fetch(struct dialog *dialog)
{
	return !ask(dialog, REQUEST_CONVERSATION_FETCH, dialog->work->turn->short_code);
}

void sms_conversation_fetched(struct dialog *dialog, const struct response *response)
{
	const struct conversation_found *found = &response->conversation;
	struct server *server = dialog_server(dialog);
	int rc;

	dialog_work(dialog)->answered = text_digest_read(server, response);
	if (response->part != RESPONSE_CONVERSATION || !found->session_len)
		return;
	rc = session_load(&server->scratch, dialog->menu, found->session, found->session_len);
	dialog->saved = true;
	dialog->changed = rc == -ESTALE;
	if (!rc)
		server_count(server, COUNT_RESUMED);
	dialog_store(dialog);
}

/* A question that no order depends on is crossed once it is older than the channel's idle time: until then a short answer is most likely
 * meant for it. */
bool sms_conversation_crosses(struct dialog *dialog, const struct response *response)
{
	const struct conversation_found *found = &response->conversation;
	const int64_t idle_s = unsolicited_idle_s(dialog_server(dialog));
	struct session session;		/* the server's scratch holds the question that is to be sent */
	uint32_t within_s;

	if (response->result == RESULT_NOT_FOUND)
		return false;
	if (response->result != RESULT_OK || session_load(&session, dialog->menu, found->session, found->session_len) ||
	    !session_yields(&session, dialog->menu, &within_s))
		return true;
	return dialog_server(dialog)->clock->now < found->until - (within_s ? within_s : idle_s) + idle_s;
}

int sms_conversation_look(struct dialog *dialog, const char *short_code)
{
	if (!ask(dialog, REQUEST_CONVERSATION_FETCH, short_code))
		return sms_conversation_crosses(dialog, &dialog_server(dialog)->response);
	dialog_arm_timer(dialog, dialog_channel(dialog)->timing.answer_ms);
	return -EINPROGRESS;
}

/* ---- no answer in time ---- */

/* The store leaves a notification in case our text does not arrive. If the store does not know the conversation or cannot answer now, send
 * the text anyway: twice is better than never. */
void sms_conversation_expired(struct dialog *dialog, const struct response *response)
{
	const uint64_t id = (uint64_t)response->notification;

	dialog->saved = false;
	if (id && response->result == RESULT_OK)
		notification_note(dialog, id);
}

bool sms_conversation_expire(struct dialog *dialog)
{
	char number[PACKED_SIZE];

	if (ask(dialog, REQUEST_CONVERSATION_EXPIRE, unsolicited_short_code(dialog, number)))
		return false;
	sms_conversation_expired(dialog, &dialog_server(dialog)->response);
	return true;
}
