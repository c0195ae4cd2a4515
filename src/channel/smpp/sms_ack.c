/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When a text is acknowledged: once an SMSC has accepted its answer and, if that answer asks a question, the conversation is saved; or
 * once the server has saved the text itself (A10, A12).
 *
 * An SMSC forgets a text once we acknowledge it, and gives up or sends it again if we do not within a few seconds. So half of
 * acknowledge_ms is for the turn, and the other half for saving a text that takes longer. After that the text is refused for now while its
 * turn continues, and a repetition joins that turn or learns that it is over. An SMSC may accept nothing from us while it waits for us, so
 * an answer that it has not accepted in time delays no text of the next minute. */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "channel/smpp/sms_channel.h"

#define WAITS_MAX 4
#define HASTE_MS 60000

struct wait {
	struct sms_bind *bind;
	struct smpp_ticket ticket;
};

/* A hash by which a repetition is recognised, in sms->acks.by_key. */
struct text_key {
	struct hlist_node node;
	uint64_t hash;			/* of parts, 0: none */
	struct sms_text *text;
};

struct sms_text {
	struct llist_head entry;	/* in a list of sms->acks, in order of due_ms; or in none */
	struct text_key whole, parts;	/* of the text, and of its parts if it came in parts */
	struct hlist_node by_peer;
	uint64_t user, session;		/* peer whose page is still being saved; session 0: none */
	int64_t due_ms;
	struct turn *turn;		/* NULL: answered */
	struct sms_message *answer;	/* answer that an SMSC has yet to accept; NULL: none */
	bool safe;			/* saved or answered: acknowledge every request for it */
	uint8_t waits_count;
	struct wait waits[WAITS_MAX];	/* SMSC requests that we have not answered */
};

/* ---- lists by time ---- */

static struct sms_text *first_of(const struct llist_head *list)
{
	return llist_first_entry_or_null(list, struct sms_text, entry);
}

static void arm(struct sms_channel *sms)
{
	const struct llist_head *lists[] = { &sms->acks.working, &sms->acks.ending, &sms->acks.owed };
	int64_t due = INT64_MAX, wait;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct sms_text *text = first_of(lists[i]);

		if (text && text->due_ms < due)
			due = text->due_ms;
	}
	if (due == INT64_MAX || (osmo_timer_pending(&sms->acks.timer) && sms->acks.fires_ms <= due))
		return;
	sms->acks.fires_ms = due;
	wait = due - link_now_ms();
	wait = wait > 0 ? wait : 0;
	osmo_timer_schedule(&sms->acks.timer, wait / 1000, wait % 1000 * 1000);
}

static void put(struct sms_channel *sms, struct sms_text *text, struct llist_head *list, int64_t ms)
{
	text->due_ms = link_now_ms() + ms;
	llist_move_tail(&text->entry, list);
	arm(sms);
}

static int64_t half(const struct sms_channel *sms)
{
	return sms->settings->acknowledge_ms / 2;
}

/* ---- one text ---- */

static void text_free(struct sms_text *text)
{
	if (text->answer)
		text->answer->answers = NULL;
	llist_del(&text->entry);
	hash_del(&text->whole.node);
	if (text->parts.hash)
		hash_del(&text->parts.node);
	if (text->session)
		hash_del(&text->by_peer);
	free(text);
}

/* Remember the text: its SMSC will send it again and must then get the response that it missed. */
static void owe(struct sms_channel *sms, struct sms_text *text)
{
	put(sms, text, &sms->acks.owed, sms->settings->duplicate_s * INT64_C(1000));
}

/* Answer all waiting requests; returns whether all of them were reached. */
static bool say(struct sms_text *text, uint32_t status)
{
	bool heard = true;
	unsigned int i;

	for (i = 0; i < text->waits_count; i++)
		heard &= !smpp_link_answer(text->waits[i].bind->link, &text->waits[i].ticket, status);
	text->waits_count = 0;
	return heard;
}

static void acknowledge(struct sms_channel *sms, struct sms_text *text)
{
	const bool heard = say(text, SMPP_OK);

	text->safe = true;
	if (!heard)
		owe(sms, text);
	else if (text->turn)
		llist_del_init(&text->entry);	/* until it is answered */
	else
		text_free(text);
}

static void add_wait(struct sms_text *text, struct sms_bind *bind, const struct smpp_ticket *ticket)
{
	text->waits[text->waits_count++] = (struct wait){ bind, *ticket };
}

/* ---- deadlines ---- */

static void save_due(struct sms_channel *sms, int64_t now)
{
	struct sms_text *text;

	while ((text = first_of(&sms->acks.working)) && text->due_ms <= now) {
		text->due_ms += half(sms);
		llist_move_tail(&text->entry, &sms->acks.ending);
		if (text->turn)
			channel_save_text(text->turn);
	}
}

/* A text whose answer was not accepted is acknowledged, too: at worst the answer is lost. */
static void end_due(struct sms_channel *sms, int64_t now)
{
	struct sms_text *text;

	while ((text = first_of(&sms->acks.ending)) && text->due_ms <= now) {
		if (text->turn) {
			link_count(&sms->counters, SMS_COUNT_LATE);
			say(text, SMPP_RX_T_APPN);
			owe(sms, text);
			continue;
		}
		if (text->answer) {
			link_count(&sms->counters, SMS_COUNT_HASTE);
			sms->acks.haste_until_ms = now + HASTE_MS;
		}
		acknowledge(sms, text);
	}
}

/* A text that is still being processed is remembered for as long as that takes. */
static void forget_due(struct sms_channel *sms, int64_t now)
{
	struct sms_text *text;

	while ((text = first_of(&sms->acks.owed)) && text->due_ms <= now) {
		if (text->turn)
			llist_del_init(&text->entry);
		else
			text_free(text);
	}
}

static void on_timer(void *data)
{
	struct sms_channel *sms = data;
	const int64_t now = link_now_ms();

	save_due(sms, now);
	end_due(sms, now);
	forget_due(sms, now);
	arm(sms);
}

/* ---- input ---- */

/* A text that had been refused gets the same time again. */
static uint32_t join(struct sms_channel *sms, struct sms_text *text, struct sms_bind *bind, const struct smpp_ticket *ticket)
{
	link_count(&sms->counters, SMS_COUNT_JOINED);
	if (text->safe) {
		if (!text->turn)
			text_free(text);	/* once only: the next such text is a new one */
		return SMPP_OK;
	}
	if (text->waits_count == WAITS_MAX)
		memmove(text->waits, text->waits + 1, --text->waits_count * sizeof(text->waits[0]));
	add_wait(text, bind, ticket);
	if (text->waits_count == 1)
		put(sms, text, text->turn ? &sms->acks.working : &sms->acks.ending, half(sms));
	return SMS_DEFERRED;
}

bool sms_ack_join(struct sms_bind *bind, const struct smpp_ticket *ticket, uint64_t key, uint32_t *status)
{
	struct text_key *found;

	hash_for_each_possible(bind->channel->acks.by_key, found, node, key) {
		if (found->hash != key)
			continue;
		*status = join(bind->channel, found->text, bind, ticket);
		return true;
	}
	return false;
}

struct sms_text *sms_ack_new(struct sms_bind *bind, const struct smpp_ticket *ticket, uint64_t key, uint64_t parts_key,
			     struct turn *turn)
{
	struct sms_channel *sms = bind->channel;
	struct sms_text *text;

	if (!sms->settings->acknowledge_ms)
		return NULL;
	text = calloc(1, sizeof(*text));
	if (!text)
		abort();
	text->whole = (struct text_key){ .hash = key, .text = text };
	text->parts = (struct text_key){ .hash = parts_key, .text = text };
	text->turn = turn;
	add_wait(text, bind, ticket);
	hash_add(sms->acks.by_key, &text->whole.node, key);
	if (parts_key)
		hash_add(sms->acks.by_key, &text->parts.node, parts_key);
	INIT_LLIST_HEAD(&text->entry);
	put(sms, text, &sms->acks.working, half(sms));
	return text;
}

void sms_ack_drop(struct sms_text *text)
{
	if (text)
		text_free(text);
}

/* ---- output ---- */

void sms_ack_saved(struct sms_channel *sms, struct sms_text *text, int rc)
{
	if (!text || rc || text->safe)
		return;
	acknowledge(sms, text);
}

/* The text is safe. An SMSC that misses our acknowledgement sends it again. */
static void end(struct sms_channel *sms, struct sms_text *text)
{
	if (text->answer || text->session)
		return;
	if (text->waits_count || llist_empty(&text->entry))
		acknowledge(sms, text);
	else
		text->safe = true;
}

void sms_ack_answered(struct sms_channel *sms, struct sms_text *text, const struct turn *turn, bool queued)
{
	if (!text)
		return;
	text->turn = NULL;
	if (!text->safe && turn->saving) {
		text->user = turn->peer.user;
		text->session = turn->peer.session;
		hash_add(sms->acks.by_peer, &text->by_peer, text->user);
	}
	if (!text->safe && text->waits_count && queued && link_now_ms() >= sms->acks.haste_until_ms)
		sms_out_await(sms, text, &text->answer);
	end(sms, text);
}

void sms_ack_accepted(struct sms_channel *sms, struct sms_text *text)
{
	text->answer = NULL;
	end(sms, text);
}

void sms_ack_save_complete(struct sms_channel *sms, const struct peer *peer)
{
	struct sms_text *text;
	struct hlist_node *next;

	hash_for_each_possible_safe(sms->acks.by_peer, text, next, by_peer, peer->user) {
		if (text->user != peer->user || text->session != peer->session)
			continue;
		hash_del(&text->by_peer);
		text->session = 0;
		end(sms, text);
	}
}

/* ---- life ---- */

void sms_ack_init(struct sms_channel *sms)
{
	INIT_LLIST_HEAD(&sms->acks.working);
	INIT_LLIST_HEAD(&sms->acks.ending);
	INIT_LLIST_HEAD(&sms->acks.owed);
	hash_init(sms->acks.by_key);
	hash_init(sms->acks.by_peer);
	osmo_timer_setup(&sms->acks.timer, on_timer, sms);
}

/* Texts whose answers were not accepted are not acknowledged: the next process gets them again. */
void sms_ack_fini(struct sms_channel *sms)
{
	osmo_timer_del(&sms->acks.timer);
	for (size_t bucket = 0; bucket < HASH_SIZE(sms->acks.by_key); bucket++)
		while (!hlist_empty(&sms->acks.by_key[bucket]))
			text_free(hlist_entry(sms->acks.by_key[bucket].first, struct text_key, node)->text);
}
