/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages from the SMSCs: receipts, parts, duplicates, loops; what is left becomes a turn. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <osmocom/core/utils.h>

#include "channel/smpp/sms_channel.h"

#define ESM_UDH 0x40
#define TEXT_MAX (SMS_PARTS * SMS_TEXT)
#define QUICK_MS 3000			/* nobody reads our answer and texts the same again within that time */

/* What is known of one message while it is looked at. */
struct incoming {
	struct sms_channel *sms;
	struct sms_bind *bind;
	const struct smpp_ticket *ticket;
	uint64_t parts_key;		/* 0: it came whole */
	const struct smpp_pdu *pdu;
	char from[NUMBER_SIZE], to[NUMBER_SIZE];	/* digits */
	uint64_t from_id, to_id;
	bool test;			/* sender is a test number */
	const char *text;
	size_t len;
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

static uint64_t number_of(const char *digits)
{
	return strtoull(digits, NULL, 10);
}

static bool is_ours(const struct sms_channel *sms, const char *number)
{
	size_t i;

	for (i = 0; i < sms->numbers.count; i++)
		if (!strcmp(sms->numbers.patterns[i], number))
			return true;
	return !sms->numbers.count;
}

/* ---- who may be answered ---- */

static void count_loop(struct incoming *in, bool log)
{
	struct sms_channel *sms = in->sms;
	unsigned int suppressed;
	char masked[MASKED_SIZE];

	sms_count(sms, SMS_COUNT_LOOPS);
	if (log && log_allowed(&sms->limits_of_logs[SMS_COUNT_LOOPS], 10, &suppressed))
		LOGP(DSMPP, LOGL_NOTICE, "%s: %s gets no more answers for now: it looks like a machine (%u more since "
		     "the last such line)\n", sms->channel.name, log_masked(in->from, masked), suppressed);
}

static bool sender_served(struct incoming *in)
{
	struct sms_channel *sms = in->sms;
	const enum sms_sender sender = sms_sender_check(&sms->rules, in->pdu->source_ton, in->pdu->source,
							strlen(in->pdu->source));

	in->test = sender == SMS_SENDER_TEST;
	/* A number too long for E.164 would be cut, and the answer go to somebody else. */
	if (strlen(in->from) < MSISDN_SIZE && (in->test || (sender == SMS_SENDER_SERVED && is_ours(sms, in->to))))
		return true;
	sms_count(sms, SMS_COUNT_NOT_SERVED);
	return false;
}

static bool guard_allows(struct incoming *in)
{
	bool log = false;

	if (in->test ||
	    sms_guard_check(in->sms->guard, link_now_ms(), in->from_id, in->text, in->len, &log) == SMS_SERVE)
		return true;
	count_loop(in, log);
	return false;
}

/* ---- turns ---- */

/* Octets of at most \a size that end after a character. */
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
	struct sms_turn *made = calloc(1, sizeof(*made));
	struct turn *turn = &made->turn;

	if (!made)
		abort();
	turn->kind = TURN_TEXT;
	turn->peer = (struct peer){ .channel = &in->sms->channel, .user = number_of(in->from),
				    .session = number_of(in->to) };
	turn->limits = in->sms->limits;
	osmo_strlcpy(turn->subscriber.msisdn, in->from, sizeof(turn->subscriber.msisdn));
	osmo_strlcpy(turn->service, in->to, sizeof(turn->service));
	turn->len = whole_characters(in->text, in->len, sizeof(turn->text));
	memcpy(turn->text, in->text, turn->len);
	return turn;
}

/* The SMSC will send it again, and then it is the first time. */
static uint32_t put_off(const struct incoming *in)
{
	link_fault(in->sms->counters, SMS_COUNT_BUSY, in->sms->limits_of_logs, DSMPP, in->from);
	return SMPP_RTHROTTLED;
}

/* As if it had never come. */
static void forget(struct incoming *in, struct turn *turn)
{
	struct sms_channel *sms = in->sms;

	sms->open_turns--;
	explicit_bzero(turn->text, turn->len);
	free(turn);
	sms_seen_forget(sms->seen, in->from_id, in->to_id, in->pdu->user_message_reference, in->text, in->len);
	if (!in->test)
		sms_guard_forget(sms->guard, in->from_id);
}

static uint64_t text_key(const struct incoming *in)
{
	const uint64_t parts[] = { in->from_id, in->to_id, in->pdu->user_message_reference,
				   sms_hash(in->sms->seed, in->text, in->len) };

	return sms_hash(in->sms->seed, parts, sizeof(parts));
}

/* Overload slows the SMSC down; a subscriber who is quicker than his account only puts off his own text. */
static uint32_t hand_over(struct incoming *in)
{
	struct sms_channel *sms = in->sms;
	struct turn *turn = turn_of(in);
	struct sms_text *text = sms_ack_new(in->bind, in->ticket, text_key(in), in->parts_key, turn);
	int rc;

	((struct sms_turn *)turn)->text = text;
	turn->reference = in->pdu->user_message_reference;
	sms->open_turns++;
	rc = channel_rx(turn);
	if (!rc) {
		sms_count(sms, SMS_COUNT_TEXTS);
		return text ? SMS_HELD : SMPP_OK;
	}
	sms_ack_drop(text);
	forget(in, turn);
	if (rc != -EAGAIN)
		return put_off(in);
	sms_count(sms, SMS_COUNT_BUSY);
	return SMPP_RX_T_APPN;
}

/* F19: the network's number of the message tells for certain. Without one it is a duplicate when the SMSC may not have
 * got our response, or when it comes so soon that no person sent it; else somebody texts "1" to two pages in a row. */
static bool is_duplicate(struct incoming *in)
{
	struct sms_channel *sms = in->sms;
	const uint32_t reference = in->pdu->user_message_reference;
	const int64_t now = link_now_ms();
	int64_t first;

	if (!sms_seen_before(sms->seen, now, in->from_id, in->to_id, reference, in->text, in->len))
		return false;
	first = sms_seen_when(sms->seen, in->from_id, in->to_id, reference, in->text, in->len);
	if (reference || first <= sms->lost_ms || now - first < QUICK_MS)
		return true;
	sms_seen_forget(sms->seen, in->from_id, in->to_id, reference, in->text, in->len);
	sms_seen_before(sms->seen, now, in->from_id, in->to_id, reference, in->text, in->len);
	return false;
}

/* A whole text: once, and not to a machine. */
static uint32_t take_text(struct incoming *in)
{
	struct sms_channel *sms = in->sms;
	uint32_t status;

	if (sms_ack_join(in->bind, in->ticket, text_key(in), &status))
		return status;
	if (sms->out.count >= sms->settings->queue)
		return put_off(in);
	if (is_duplicate(in)) {
		sms_count(sms, SMS_COUNT_DUPLICATES);
		return SMPP_OK;
	}
	return guard_allows(in) ? hand_over(in) : SMPP_OK;
}

/* ---- parts ---- */

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
	if (status != SMPP_OK && status != SMS_HELD)
		sms_joiner_forget(in->sms->joiner, piece);
	else
		sms_joiner_settle(in->sms->joiner, piece);
	return status;
}

static uint32_t take_part(struct incoming *in, const struct sms_piece *piece)
{
	struct sms_channel *sms = in->sms;
	struct sms_whole whole;
	uint32_t status;

	sms_count(sms, SMS_COUNT_PARTS_IN);
	switch (sms_joiner_add(sms->joiner, link_now_ms(), piece, &whole)) {
	case SMS_JOIN_WHOLE:
		return take_whole(in, piece, &whole);
	case SMS_JOIN_FULL:
		return put_off(in);
	case SMS_JOIN_DUPLICATE:
		sms_count(sms, SMS_COUNT_DUPLICATES);
		return sms_ack_join_parts(in->bind, in->ticket, parts_key(in, piece), &status) ? status : SMPP_OK;
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
	link_fault(in->sms->counters, why, in->sms->limits_of_logs, DSMPP, in->from);
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
	int len = sms_decode(&in->sms->style, &raw, &info, text, sizeof(text));

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

	if (sms_receipts_take(sms, pdu))
		return SMPP_OK;
	take_digits(pdu->source, in.from);
	take_digits(pdu->destination, in.to);
	in.from_id = sms_hash(sms->seed, in.from, strlen(in.from));
	in.to_id = sms_hash(sms->seed, in.to, strlen(in.to));
	return sender_served(&in) ? take_octets(&in) : SMPP_OK;
}

/* A text is acknowledged later, once it is safe; what the SMSC must send again is refused for now. */
void sms_in_take(struct sms_bind *bind, const struct smpp_pdu *pdu, const struct smpp_ticket *ticket)
{
	const uint32_t status = take(bind, pdu, ticket);

	if (status != SMS_HELD)
		smpp_link_answer(bind->link, ticket, status);
}

/* No SMSC waits for it any more. */
int sms_in_again(struct sms_channel *sms, const struct subscriber *subscriber, const char *service,
		 const struct channel_text *text)
{
	struct incoming in = { .sms = sms, .text = text->text, .len = text->len };
	struct turn *turn;
	int rc;

	osmo_strlcpy(in.from, subscriber->msisdn, sizeof(in.from));
	osmo_strlcpy(in.to, service, sizeof(in.to));
	turn = turn_of(&in);
	turn->kept = text->receipt;
	sms->open_turns++;
	rc = channel_rx(turn);
	if (!rc)
		return 0;
	sms->open_turns--;
	free(turn);
	return rc;
}

/* ---- parts that never came ---- */

static void expire(void *data)
{
	struct sms_channel *sms = data;
	struct sms_whole incomplete;

	while (sms_joiner_expire(sms->joiner, link_now_ms(), &incomplete)) {
		sms_count(sms, SMS_COUNT_INCOMPLETE);
		explicit_bzero((char *)incomplete.text, incomplete.len);
	}
	osmo_timer_schedule(&sms->join_timer, 10, 0);
}

/* ---- life ---- */

void sms_in_init(struct sms_channel *sms)
{
	const struct sms_settings *settings = sms->settings;
	const struct sms_joiner_limits join = { .messages = 1000, .per_sender = 4, .octets = 4000, .timeout_ms = 120000 };
	const struct sms_guard_limits guard = { .senders = 65536, .repeats = settings->repeats,
						.repeat_ms = settings->repeat_s * 1000,
						.answers = settings->answers_per_hour };

	if (getrandom(&sms->seed, sizeof(sms->seed), 0) != sizeof(sms->seed))
		abort();
	sms->joiner = sms_joiner_new(&join);
	sms->seen = sms_seen_new(65536, settings->duplicate_s * 1000, sms->seed);
	sms->guard = sms_guard_new(&guard, sms->seed);
	if (!sms->joiner || !sms->seen || !sms->guard)
		abort();
	osmo_timer_setup(&sms->join_timer, expire, sms);
	osmo_timer_schedule(&sms->join_timer, 10, 0);
}

void sms_in_fini(struct sms_channel *sms)
{
	osmo_timer_del(&sms->join_timer);
	sms_joiner_free(sms->joiner);
	sms_seen_free(sms->seen);
	sms_guard_free(sms->guard);
}
