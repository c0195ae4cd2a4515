/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages from the SMSCs: filter receipts, parts, duplicates and loops; pass the rest on as turns. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <osmocom/core/utils.h>

#include "channel/smpp/sms_channel.h"

#define ESM_UDH 0x40
#define TON_INTERNATIONAL 1
#define TON_NATIONAL 2
#define NPI_NATIONAL 8
#define TEXT_MAX (SMS_PARTS * SMS_TEXT)
#define QUICK_MS 3000			/* less than a person needs to read our answer and text the same again */

/* One message while it is being processed. */
struct incoming {
	struct sms_channel *sms;
	struct sms_bind *bind;
	const struct smpp_ticket *ticket;
	uint64_t parts_key;		/* 0: not received in parts */
	const struct smpp_pdu *pdu;
	char from[MSISDN_SIZE];		/* the sender's number, normalised; "" if not in the plan */
	char to[NUMBER_SIZE];		/* digits */
	uint64_t from_id, to_id;
	bool test;			/* the sender is a test number */
	const char *text;
	size_t len;
	uint64_t key;			/* sms_dedup_key(), in the list of seen texts and of those not acknowledged yet */
};

/* ---- numbers ---- */

static void take_digits(const char *address, char out[static NUMBER_SIZE])
{
	if (*address == '+')
		address++;
	else if (!strncmp(address, "00", 2))
		address += 2;
	osmo_strlcpy(out, address, NUMBER_SIZE);
}

static bool is_ours(const struct sms_channel *sms, const char *number)
{
	size_t i;

	for (i = 0; i < sms->numbers.count; i++)
		if (!strcmp(sms->numbers.patterns[i], number))
			return true;
	return !sms->numbers.count;
}

/* ---- senders ---- */

/* A number outside the plan is known if the operator lists it: a test number or another short code. But an address that is marked as
 * national, or begins with a prefix, is not the number that these digits spell. */
static bool is_named(struct incoming *in)
{
	const struct sms_rules *rules = &in->sms->rules;
	char digits[NUMBER_SIZE];

	take_digits(in->pdu->source, digits);
	if (in->pdu->source_ton == TON_NATIONAL || in->pdu->source_npi == NPI_NATIONAL)
		return false;
	if (!digits_pack(digits) || *digits == '0' || strlen(digits) >= sizeof(in->from))
		return false;
	if (!sms_numbers_have(rules->test, digits) && !sms_numbers_have(rules->allow, digits))
		return false;
	osmo_strlcpy(in->from, digits, sizeof(in->from));
	return true;
}

/* Normalise the sender's number (A14). Returns SMS_COUNTERS, or why there is none. */
static enum sms_counter take_sender(struct incoming *in)
{
	static const enum sms_counter causes[NUMBER_RESULTS] = {
		[NUMBER_NAME] = SMS_COUNT_NAMES, [NUMBER_SHORT] = SMS_COUNT_SHORT, [NUMBER_NATIONAL] = SMS_COUNT_NATIONAL,
		[NUMBER_UNKNOWN] = SMS_COUNT_NOT_IN_PLAN,
	};
	const struct smpp_pdu *pdu = in->pdu;
	const enum number_result result = number_normalize(in->sms->settings->plan, pdu->source_ton, pdu->source_npi,
							   pdu->source, in->from);

	if (result == NUMBER_OK || ((result == NUMBER_SHORT || result == NUMBER_UNKNOWN) && is_named(in)))
		return SMS_COUNTERS;
	return causes[result];
}

/* Returns SMS_COUNTERS, or why the sender is not served. */
static enum sms_counter refusal(struct incoming *in)
{
	const struct sms_channel *sms = in->sms;
	const enum sms_counter cause = take_sender(in);
	enum sms_sender sender;

	if (cause != SMS_COUNTERS)
		return cause;
	sender = sms_sender_check(&sms->rules, 0, in->from, strlen(in->from));
	if (sender == SMS_SENDER_SHORT && number_is_private(sms->settings->plan, in->from))
		sender = SMS_SENDER_SERVED;
	in->test = sender == SMS_SENDER_TEST;
	if (!in->test && sender != SMS_SENDER_SERVED)
		return SMS_COUNT_NOT_SERVED;
	return digits_pack(in->to) && (in->test || is_ours(sms, in->to)) ? SMS_COUNTERS : SMS_COUNT_NOT_OURS;
}

/* The sender's address as it was written, but without "+", which must not be in an address: TON international says the same. A saved text
 * that is processed again has only its number. */
static struct sms_address address_of(const struct incoming *in)
{
	const struct smpp_pdu *pdu = in->pdu;
	const bool plus = pdu && *pdu->source == '+';
	struct sms_address address;

	if (!pdu)
		return sms_own_address(in->sms, in->from);
	address = (struct sms_address){ .ton = plus ? TON_INTERNATIONAL : pdu->source_ton, .npi = pdu->source_npi };
	osmo_strlcpy(address.digits, pdu->source + plus, sizeof(address.digits));
	return address;
}

/* Tell a sender once per stop that no answer will come (A51). */
static void say_no_more(struct incoming *in)
{
	struct sms_channel *sms = in->sms;
	const char *said = sms->settings->loop_text;
	const struct channel_text text = { .text = said, .len = strlen(said), .sender = in->to };
	const struct sms_address to = address_of(in);
	unsigned int suppressed;
	char masked[MASKED_SIZE];

	if (log_allowed(&sms->counters.limits[SMS_COUNT_LOOPS], 10, &suppressed))
		LOGP(DSMPP, LOGL_NOTICE, "%s: %s gets no more answers for now: it looks like a machine (%u more since "
		     "the last such line)\n", sms->channel.name, log_masked(in->from, masked), suppressed);
	if (text.len)
		sms_out_add(sms, in->from, &to, &text);
}

static bool loop_brake_allows(struct incoming *in)
{
	struct sms_channel *sms = in->sms;
	bool first = false;

	if (in->test || sms_loop_brake_check(sms->loop_brake, link_now_ms(), in->from_id, in->pdu->user_message_reference,
					     in->text, in->len, &first) == SMS_SERVE)
		return true;
	link_count(&sms->counters, SMS_COUNT_LOOPS);
	if (first)
		say_no_more(in);
	return false;
}

/* ---- turns ---- */

/* The largest number of octets up to \a size that ends after a whole character. */
static size_t whole_characters(const char *text, size_t len, size_t size)
{
	if (len <= size)
		return len;
	while (size && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	return size;
}

static struct turn *turn_of(struct incoming *in)
{
	struct turn *turn = turn_new(&in->sms->turns);
	struct sms_turn *of = (struct sms_turn *)turn;

	of->text = NULL;
	of->from = address_of(in);
	of->from_id = in->from_id;
	of->dedup_key = in->key;
	of->test = in->test;
	turn->kind = TURN_TEXT;
	turn->peer = (struct peer){ .channel = &in->sms->channel, .user = digits_pack(in->from),
				    .session = digits_pack(in->to) };
	turn->limits = in->sms->limits;
	osmo_strlcpy(turn->subscriber.msisdn, in->from, sizeof(turn->subscriber.msisdn));
	osmo_strlcpy(turn->short_code, in->to, sizeof(turn->short_code));
	turn->len = whole_characters(in->text, in->len, sizeof(turn->text));
	memcpy(turn->text, in->text, turn->len);
	return turn;
}

/* Defer a message: forget it, so that it is not a duplicate when the SMSC sends it again. */
static uint32_t put_off(const struct incoming *in)
{
	link_fault(&in->sms->counters, SMS_COUNT_BUSY, in->from);
	return SMPP_RTHROTTLED;
}

/* Overload throttles the SMSC. A subscriber who is faster than the account only defers their own text. */
static uint32_t hand_over(struct incoming *in)
{
	struct sms_channel *sms = in->sms;
	struct turn *turn = turn_of(in);
	struct sms_text *text = sms_ack_new(in->bind, in->ticket, in->key, in->parts_key, turn);
	int rc;

	((struct sms_turn *)turn)->text = text;
	turn->reference = in->pdu->user_message_reference;
	rc = channel_rx(turn);
	if (!rc) {
		link_count(&sms->counters, SMS_COUNT_TEXTS);
		return text ? SMS_DEFERRED : SMPP_OK;
	}
	/* Forget that it came. */
	sms_ack_drop(text);
	turn_free(&sms->turns, turn);
	sms_dedup_forget(sms->dedup, in->key);
	if (!in->test)
		sms_loop_brake_forget(sms->loop_brake, in->from_id);
	if (rc != -EAGAIN)
		return put_off(in);
	link_count(&sms->counters, SMS_COUNT_BUSY);
	return SMPP_RX_T_APPN;
}

/* F19: whether a text is a copy of an earlier one, sent again by an SMSC or a phone.
 *
 * It is one if the SMSC may not have received our response, because a link was lost since; and if it comes so soon after the first one, or
 * after our answer to it, that no person can have read that and texted the same again. Otherwise the network's reference number decides, if
 * it differs for each message of this sender. If it does not change (A52), or nothing is known of it yet, it says less: if we have sent a
 * page in between, a text with the same reference answers that new page; before that, there is nothing new to answer. Without a reference
 * it is not a duplicate: people text "1" to two pages in a row. */
static bool is_duplicate(const struct incoming *in, const struct sms_sight *first, int64_t now)
{
	const int64_t last = first->answered ? first->answered : first->when;

	if (!first->seen)
		return false;
	if ((int64_t)first->when <= in->sms->lost_ms || now - last < QUICK_MS)
		return true;
	return in->pdu->user_message_reference && (!first->answered || sms_loop_brake_numbered(in->sms->loop_brake, in->from_id));
}

/* Returns SMPP_OK with *\a again set: a duplicate. Otherwise the text is remembered; if there is no room, the SMSC must wait: texts of the
 * last duplicate_s are never forgotten, so that no flood can make an order run twice (A49). */
static uint32_t remember(struct incoming *in, bool *again)
{
	struct sms_channel *sms = in->sms;
	const int64_t now = link_now_ms();
	struct sms_sight first;

	first = sms_dedup_find(sms->dedup, now, in->key);
	*again = is_duplicate(in, &first, now);
	if (*again)
		return SMPP_OK;
	if (!first.seen && sms_dedup_full(sms->dedup, now)) {
		link_fault(&sms->counters, SMS_COUNT_DUPLICATES_FULL, in->from);
		return SMPP_RTHROTTLED;
	}
	sms_dedup_forget(sms->dedup, in->key);
	sms_dedup_check(sms->dedup, now, in->key);
	return SMPP_OK;
}

/* Pass on a whole text, unless it is a duplicate or comes from a machine. */
static uint32_t take_text(struct incoming *in)
{
	struct sms_channel *sms = in->sms;
	uint32_t status;
	bool again;

	in->key = sms_dedup_key(sms->dedup, in->from_id, in->to_id, in->pdu->user_message_reference, in->text, in->len);
	if (sms_ack_join(in->bind, in->ticket, in->key, &status))
		return status;
	if (sms->out.count + sms->turns.open >= sms->settings->queue)
		return put_off(in);
	status = remember(in, &again);
	if (again)
		link_count(&sms->counters, SMS_COUNT_DUPLICATES);
	if (again || status != SMPP_OK)
		return status;
	return loop_brake_allows(in) ? hand_over(in) : SMPP_OK;
}

/* ---- parts ---- */

/* Incomplete messages may contain a secret: they are wiped within a second of their expiry (A58). */
static void arm_join(struct sms_channel *sms)
{
	const uint64_t next = sms_reassembly_next(sms->reassembly), now = link_now_ms();
	const uint64_t wait = next > now ? next - now : 0;

	if (next != UINT64_MAX && !osmo_timer_pending(&sms->reassembly_timer))
		osmo_timer_schedule(&sms->reassembly_timer, wait / 1000, wait % 1000 * 1000);
}

static uint64_t parts_key(const struct incoming *in, const struct sms_piece *piece)
{
	const uint64_t parts[] = { piece->from, piece->to, piece->reference, piece->total };

	return sms_hash(in->sms->seed, parts, sizeof(parts)) | 1;
}

static uint32_t take_whole(struct incoming *in, const struct sms_piece *piece, const struct sms_whole *whole)
{
	uint32_t status;

	in->text = whole->text;
	in->len = whole->len;
	in->parts_key = parts_key(in, piece);
	status = take_text(in);
	if (status != SMPP_OK && status != SMS_DEFERRED)
		sms_reassembly_forget(in->sms->reassembly, piece);
	else
		sms_reassembly_digest(in->sms->reassembly, piece);
	return status;
}

static uint32_t take_part(struct incoming *in, const struct sms_piece *piece)
{
	struct sms_channel *sms = in->sms;
	const uint64_t evicted = sms_reassembly_counts(sms->reassembly).evicted;
	struct sms_whole whole;
	enum sms_reassembled joined;
	uint32_t status;

	link_count(&sms->counters, SMS_COUNT_PARTS_IN);
	joined = sms_reassembly_add(sms->reassembly, link_now_ms(), piece, &whole);
	if (sms_reassembly_counts(sms->reassembly).evicted > evicted)
		link_fault(&sms->counters, SMS_COUNT_EVICTED, in->from);
	arm_join(sms);
	switch (joined) {
	case SMS_REASSEMBLY_WHOLE:
		return take_whole(in, piece, &whole);
	case SMS_REASSEMBLY_DUPLICATE:
		link_count(&sms->counters, SMS_COUNT_DUPLICATES);
		return sms_ack_join(in->bind, in->ticket, parts_key(in, piece), &status) ? status : SMPP_OK;
	default:
		return SMPP_OK;
	}
}

static bool part_of(const struct incoming *in, const struct sms_info *info, struct sms_piece *piece)
{
	const struct smpp_pdu *pdu = in->pdu;

	*piece = (struct sms_piece){ .from = in->from_id, .to = in->to_id, .text = in->text, .len = in->len };
	if (info->concat) {
		piece->reference = info->reference;
		piece->total = info->total;
		piece->number = info->number;
	} else if (smpp_has(pdu, SMPP_TLV_SAR_TOTAL) && smpp_has(pdu, SMPP_TLV_SAR_PART)) {
		piece->reference = pdu->sar_reference;
		piece->total = pdu->sar_total;
		piece->number = pdu->sar_part;
	}
	return piece->total > 1;
}

/* ---- one message ---- */

static uint32_t leave_unanswered(struct incoming *in, enum sms_counter why)
{
	link_fault(&in->sms->counters, why, in->from);
	return SMPP_OK;
}

static uint32_t take_octets(struct incoming *in)
{
	const struct smpp_octets message = smpp_message(in->pdu);
	const struct sms_raw raw = { message.at, message.len, in->pdu->data_coding, in->pdu->esm_class & ESM_UDH };
	char text[TEXT_MAX];
	struct sms_info info;
	struct sms_piece piece;
	uint32_t status;
	int len = sms_decode(&in->sms->profile, &raw, &info, text, sizeof(text));

	if (len < 0)
		return leave_unanswered(in, SMS_COUNT_UNREADABLE);
	if (info.coding == SMS_BINARY)
		return leave_unanswered(in, SMS_COUNT_BINARY);
	in->text = text;
	in->len = len;
	status = part_of(in, &info, &piece) ? take_part(in, &piece) : take_text(in);
	explicit_bzero(text, len);
	return status;
}

static uint32_t take(struct sms_bind *bind, const struct smpp_pdu *pdu, const struct smpp_ticket *ticket)
{
	struct sms_channel *sms = bind->channel;
	struct incoming in = { .sms = sms, .bind = bind, .ticket = ticket, .pdu = pdu };
	enum sms_counter cause;

	if (sms_receipts_take(sms, pdu))
		return SMPP_OK;
	take_digits(pdu->destination, in.to);
	cause = refusal(&in);
	if (cause != SMS_COUNTERS) {
		/* It is acknowledged but not answered. Each cause has its counter and a rate-limited log line. */
		link_fault(&sms->counters, cause, pdu->source);
		return SMPP_OK;
	}
	in.from_id = sms_id(sms, in.from);
	in.to_id = sms_id(sms, in.to);
	return take_octets(&in);
}

/* A text is acknowledged later, once it is safe. A message that the SMSC must send again is refused for now. */
void sms_in_take(struct sms_bind *bind, const struct smpp_pdu *pdu, const struct smpp_ticket *ticket)
{
	const uint32_t status = take(bind, pdu, ticket);

	if (status != SMS_DEFERRED)
		smpp_link_answer(bind->link, ticket, status);
}

/* No SMSC waits for this text any more. */
int sms_in_again(struct sms_channel *sms, const struct subscriber *subscriber, const char *short_code,
		 const struct channel_text *text)
{
	struct incoming in = { .sms = sms, .text = text->text, .len = text->len };
	struct turn *turn;
	int rc;

	osmo_strlcpy(in.from, subscriber->msisdn, sizeof(in.from));
	osmo_strlcpy(in.to, short_code, sizeof(in.to));
	in.from_id = sms_id(sms, in.from);
	turn = turn_of(&in);
	turn->reference = text->reference;
	turn->saved_receipt = text->receipt;
	rc = channel_rx(turn);
	if (!rc)
		return 0;
	turn_free(&sms->turns, turn);
	return rc;
}

/* ---- missing parts ---- */

static void expire(void *data)
{
	struct sms_channel *sms = data;
	struct sms_whole incomplete;

	while (sms_reassembly_expire(sms->reassembly, link_now_ms(), &incomplete)) {
		link_count(&sms->counters, SMS_COUNT_INCOMPLETE);
		explicit_bzero((char *)incomplete.text, incomplete.len);
	}
	arm_join(sms);
}

/* ---- life ---- */

void sms_in_init(struct sms_channel *sms)
{
	const struct sms_settings *settings = sms->settings;
	const struct sms_reassembly_limits join = { .messages = settings->joins, .per_sender = 4, .octets = 4000,
						.timeout_ms = settings->join_s * 1000 };
	const struct sms_loop_brake_limits brake = { .senders = 65536, .repeats = settings->repeats,
						     .repeat_ms = settings->repeat_s * 1000,
						     .answers = settings->answers_per_hour };

	if (getrandom(&sms->seed, sizeof(sms->seed), 0) != sizeof(sms->seed))
		abort();
	sms->reassembly = sms_reassembly_new(&join);
	sms->dedup = sms_dedup_new(settings->duplicates, settings->duplicate_s * 1000, sms->seed);
	sms->loop_brake = sms_loop_brake_new(&brake, sms->seed);
	sms->meter = settings->parts_per_hour ? sms_meter_new(settings->parts_per_hour, sms->seed) : NULL;
	if (!sms->reassembly || !sms->dedup || !sms->loop_brake || (settings->parts_per_hour && !sms->meter))
		abort();
	osmo_timer_setup(&sms->reassembly_timer, expire, sms);
}

void sms_in_fini(struct sms_channel *sms)
{
	osmo_timer_del(&sms->reassembly_timer);
	sms_reassembly_free(sms->reassembly);
	sms_dedup_free(sms->dedup);
	sms_loop_brake_free(sms->loop_brake);
	sms_meter_free(sms->meter);
}
