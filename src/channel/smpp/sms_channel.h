/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the channel for short messages: what its files share. */
#pragma once

#include <string.h>

#include <osmocom/core/hashtable.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "channel/link_io.h"
#include "channel/turn_pool.h"
#include "channel/smpp/smpp_link.h"
#include "channel/smpp/sms_settings.h"

#define NUMBER_SIZE (SMPP_ADDRESS_MAX + 1)

enum sms_counter {
	SMS_COUNT_TEXTS, SMS_COUNT_PARTS_IN, SMS_COUNT_DUPLICATES, SMS_COUNT_BINARY, SMS_COUNT_UNREADABLE,
	SMS_COUNT_NOT_SERVED, SMS_COUNT_LOOPS, SMS_COUNT_BUSY, SMS_COUNT_INCOMPLETE, SMS_COUNT_ANSWERS,
	SMS_COUNT_PARTS_OUT, SMS_COUNT_SENT, SMS_COUNT_RETRIES, SMS_COUNT_REFUSED, SMS_COUNT_EXPIRED,
	SMS_COUNT_RECEIPTS, SMS_COUNT_RECEIPTS_UNKNOWN, SMS_COUNT_DELIVERED, SMS_COUNT_UNDELIVERED, SMS_COUNT_MALFORMED, SMS_COUNT_THROTTLED,
	SMS_COUNT_NAMES, SMS_COUNT_SHORT, SMS_COUNT_NATIONAL, SMS_COUNT_NOT_IN_PLAN, SMS_COUNT_NOT_OURS,
	SMS_COUNT_DUPLICATES_FULL, SMS_COUNT_EVICTED, SMS_COUNT_TOO_MUCH, SMS_COUNT_TO_NOBODY,
	SMS_COUNT_JOINED, SMS_COUNT_LATE, SMS_COUNT_HASTE,
	SMS_COUNTERS
};

struct sms_channel;

/* One bind to one SMSC; done() and rx() need to know which it was. */
struct sms_bind {
	struct sms_channel *channel;
	struct smpp_link *link;
	struct smpp_link_settings settings;
	char address[46];
	bool sends;
};

/* A subscriber's address as an SMSC writes it, and as an answer must. */
struct sms_address {
	char digits[NUMBER_SIZE];
	uint8_t ton, npi;
};

/* A turn, and what its answer needs. */
struct sms_text;

struct sms_turn {
	struct turn turn;		/* first */
	struct sms_address from;
	uint64_t from_id;		/* sms_id() of the sender, for the loop brake */
	uint64_t dedup_key;		/* of its text */
	bool test;			/* from a test number */
	struct sms_text *text;		/* NULL: nothing is to be acknowledged */
};

/* A text on its way out: queued until every part is taken by an SMSC, refused for good, or too old. */
struct sms_message {
	struct llist_head entry;	/* of a list of sms_out */
	struct llist_head by_age;
	struct hlist_node by_id;
	uint32_t id;
	struct sms_address to;
	char from[NUMBER_SIZE];
	uint64_t receipt;		/* as in struct channel_text */
	struct sms_text *answers;	/* what is acknowledged when this is taken; NULL: nothing */
	struct sms_segmentation segments;		/* reads text */
	uint16_t unsent;		/* bit of each part that has to be sent, or sent again */
	uint8_t open;			/* parts that wait for their response */
	uint8_t tries;
	bool back;			/* a part came back: once none is open, those that did go again */
	bool delayed;			/* but not at once */
	bool refused;			/* one for good: so is the whole */
	int64_t due_ms, expires_ms;
	uint16_t len;
	char text[];
};

#define SMS_LADDER_STEPS 6

/* Each message is in one of the first lists, and in one of the two by age. */
struct sms_out {
	struct llist_head fresh;	/* to be sent, the oldest first */
	struct llist_head again;	/* came back: before those */
	struct llist_head later[SMS_LADDER_STEPS];	/* came back, due after a delay: one list each, so in order */
	struct llist_head open;		/* nothing is to be done before a response */
	struct llist_head by_age;
	struct llist_head too_old;	/* but parts of them are with an SMSC */
	DECLARE_HASHTABLE(by_id, 14);
	struct osmo_timer_list timer;
	int64_t fires_ms;		/* when it is pending */
	unsigned int count;
	uint32_t last_id;
	uint16_t last_reference;
	unsigned int next_bind;
};

/* Texts that were not acknowledged yet: see sms_ack.c. */
struct sms_acks {
	struct llist_head working;	/* to be saved, if they last */
	struct llist_head ending;	/* to be acknowledged or refused */
	struct llist_head owed;		/* refused for now, or not heard: they will come again */
	DECLARE_HASHTABLE(by_key, 12);
	DECLARE_HASHTABLE(by_parts, 8);
	DECLARE_HASHTABLE(by_peer, 12);	/* those whose page is still being saved */
	struct osmo_timer_list timer;
	int64_t fires_ms;		/* when it is pending */
	int64_t haste_until_ms;		/* nobody waits for an SMSC to take an answer until then */
};

struct sms_channel {
	struct channel channel;		/* first */
	const struct sms_settings *settings;
	struct sms_encoding_profile profile;
	struct text_limits limits;
	struct sms_rules rules;
	struct sms_numbers numbers;
	const char *sender;
	struct sms_bind binds[2 * SMS_LINKS_MAX];
	unsigned int binds_count;
	struct link_tls_settings tls;

	struct sms_reassembly *reassembly;
	struct sms_dedup *dedup;
	struct sms_dedup *expected;	/* ids of texts whose receipts are to come; NULL: none are asked for */
	struct sms_loop_brake *loop_brake;
	struct sms_meter *meter;	/* NULL: no limit */
	struct osmo_timer_list reassembly_timer;
	uint64_t seed;
	struct turn_pool turns;		/* of struct sms_turn */
	int64_t lost_ms;		/* when a link was lost last: its SMSC may send again what it had sent */
	bool closing;			/* what comes back stays where it is */

	struct sms_acks acks;
	struct sms_out out;
	struct link_counters counters;
};

static inline uint64_t sms_id(const struct sms_channel *sms, const char *digits)
{
	return sms_hash(sms->seed, digits, strlen(digits));
}

/* Of a number whose way of being written is not known. */
static inline struct sms_address sms_own_address(const struct sms_channel *sms, const char *msisdn)
{
	struct sms_address address = { .ton = sms->settings->destination_ton, .npi = sms->settings->destination_npi };

	osmo_strlcpy(address.digits, msisdn, sizeof(address.digits));
	return address;
}

/* sms_in.c */
void sms_in_init(struct sms_channel *sms);
void sms_in_fini(struct sms_channel *sms);
void sms_in_take(struct sms_bind *bind, const struct smpp_pdu *pdu, const struct smpp_ticket *ticket);

int sms_in_again(struct sms_channel *sms, const struct subscriber *subscriber, const char *short_code,
		 const struct channel_text *text);	/* as ops->resume_text() */

/* sms_ack.c */
#define SMS_DEFERRED UINT32_MAX		/* in place of a status: it is said later */
void sms_ack_init(struct sms_channel *sms);
void sms_ack_fini(struct sms_channel *sms);	/* before sms_out_fini() */

/* A text that is handed over: a key of its own, and of its parts (0: it came whole). NULL: it is acknowledged at once. */
struct sms_text *sms_ack_new(struct sms_bind *bind, const struct smpp_ticket *ticket, uint64_t key, uint64_t parts_key,
			     struct turn *turn);
void sms_ack_drop(struct sms_text *text);	/* it was not taken. NULL is fine */

/* Whether a text that came is one that is not acknowledged yet; *\a status is then what to say, or SMS_DEFERRED. */
bool sms_ack_join(struct sms_bind *bind, const struct smpp_ticket *ticket, uint64_t key, uint32_t *status);
bool sms_ack_join_parts(struct sms_bind *bind, const struct smpp_ticket *ticket, uint64_t parts_key, uint32_t *status);

/* The server has saved it (0) or cannot. NULL is fine, here and below. */
void sms_ack_saved(struct sms_channel *sms, struct sms_text *text, int rc);

/* Its turn is over; \a queued: the message that was queued last is its answer. */
void sms_ack_answered(struct sms_channel *sms, struct sms_text *text, const struct turn *turn, bool queued);
void sms_ack_save_complete(struct sms_channel *sms, const struct peer *peer);	/* as ops->save_complete() */
void sms_ack_taken(struct sms_channel *sms, struct sms_text *text);	/* the answer is with an SMSC, or never will be */

/* sms_receipts.c; sms_in_init() comes first */
void sms_receipts_init(struct sms_channel *sms);
void sms_receipts_fini(struct sms_channel *sms);
void sms_receipts_expect(struct sms_channel *sms, const char *message_id);	/* an SMSC took a part under this id */
bool sms_receipts_take(struct sms_channel *sms, const struct smpp_pdu *pdu);	/* false: it is none */

/* sms_out.c */
void sms_out_init(struct sms_channel *sms);
void sms_out_fini(struct sms_channel *sms);

/* Queue a text to \a msisdn, which names its sender, under the address by which the SMSC knows the number; its receipt is
 * answered after a 0. 0; -EMSGSIZE when it is longer than the channel's parts; -EBUSY when the number has had enough for
 * now. */
int sms_out_add(struct sms_channel *sms, const char *msisdn, const struct sms_address *to,
		const struct channel_text *text);
/* Have sms_ack_taken() called for the message that was added last, which *\a answer becomes; false: it is gone already. */
bool sms_out_await(struct sms_channel *sms, struct sms_text *text, struct sms_message **answer);
void sms_out_run(struct sms_channel *sms);	/* send what may be sent */
void sms_out_done(struct sms_channel *sms, uint64_t id, enum smpp_outcome outcome,
		  const struct smpp_pdu *response);
