/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the short message channel: shared by its files. */
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
	SMS_COUNT_RECEIPTS, SMS_COUNT_RECEIPTS_UNKNOWN, SMS_COUNT_DELIVERED, SMS_COUNT_UNDELIVERED, SMS_COUNT_MALFORMED,
	SMS_COUNT_THROTTLED,
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

/* A subscriber's address in the form that an SMSC uses, and that an answer must use. */
struct sms_address {
	char digits[NUMBER_SIZE];
	uint8_t ton, npi;
};

struct sms_text;

/* A turn, and the data that its answer needs. */
struct sms_turn {
	struct turn turn;		/* first */
	struct sms_address from;
	uint64_t from_id;		/* sms_id() of the sender, for the loop brake */
	uint64_t dedup_key;		/* of its text */
	bool test;			/* from a test number */
	struct sms_text *text;		/* NULL: nothing to acknowledge */
};

/* An outgoing text: queued until an SMSC has accepted every part, or rejected one, or the text is too old. */
struct sms_message {
	struct llist_head entry;	/* of a list of sms_out */
	struct llist_head by_age;
	struct hlist_node by_id;
	uint32_t id;
	struct sms_address to;
	char from[NUMBER_SIZE];
	uint64_t receipt;		/* as in struct channel_text */
	struct sms_text *answers;	/* the text that is acknowledged when this is accepted; NULL: none */
	struct sms_segmentation segments;		/* reads text */
	uint16_t unsent;		/* bit of each part to be sent or sent again */
	uint8_t open;			/* parts waiting for their response */
	uint8_t tries;
	bool back;			/* some parts came back; they are sent again once none is open */
	bool delayed;			/* but after a delay */
	bool refused;			/* one part was rejected, and so the whole text */
	int64_t due_ms, expires_ms;
	uint16_t len;
	char text[];
};

#define SMS_LADDER_STEPS 6

/* Each message is in one of the first lists, and in one of the two lists by age. */
struct sms_out {
	struct llist_head fresh;	/* to be sent, oldest first */
	struct llist_head again;	/* came back; sent before the fresh ones */
	struct llist_head later[SMS_LADDER_STEPS];	/* came back, due after a delay; one list per delay, so each is in order */
	struct llist_head open;		/* waiting for a response */
	struct llist_head by_age;
	struct llist_head too_old;	/* too old, but an SMSC has some of their parts */
	DECLARE_HASHTABLE(by_id, 14);
	struct osmo_timer_list timer;
	int64_t fires_ms;		/* when the timer fires, if it is pending */
	unsigned int count;
	uint32_t last_id;
	uint16_t last_reference;
	unsigned int next_bind;
};

/* Texts not acknowledged yet: see sms_ack.c. */
struct sms_acks {
	struct llist_head working;	/* to be saved if they take long */
	struct llist_head ending;	/* to be acknowledged or refused */
	struct llist_head owed;		/* refused for now, or the response was missed: they will come again */
	DECLARE_HASHTABLE(by_key, 12);
	DECLARE_HASHTABLE(by_peer, 12);	/* texts whose page is still being saved */
	struct osmo_timer_list timer;
	int64_t fires_ms;		/* when the timer fires, if it is pending */
	int64_t haste_until_ms;		/* until then, do not wait for an SMSC to accept an answer */
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
	struct sms_dedup *expected;	/* ids of texts that expect a receipt; NULL: no receipts are requested */
	struct sms_loop_brake *loop_brake;
	struct sms_meter *meter;	/* NULL: no limit */
	struct osmo_timer_list reassembly_timer;
	uint64_t seed;
	struct turn_pool turns;		/* of struct sms_turn */
	int64_t lost_ms;		/* when a link was last lost: its SMSC may repeat texts */
	bool closing;			/* do not queue messages that come back */

	struct sms_acks acks;
	struct sms_out out;
	struct link_counters counters;
};

static inline uint64_t sms_id(const struct sms_channel *sms, const char *digits)
{
	return sms_hash(sms->seed, digits, strlen(digits));
}

/* The address for a number when the SMSC's form of it is not known. */
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
#define SMS_DEFERRED UINT32_MAX		/* instead of a status: the response comes later */
void sms_ack_init(struct sms_channel *sms);
void sms_ack_fini(struct sms_channel *sms);	/* before sms_out_fini() */

/* Track a text passed to the server, with its key and the key of its parts (0: not in parts). NULL: acknowledge it at once. */
struct sms_text *sms_ack_new(struct sms_bind *bind, const struct smpp_ticket *ticket, uint64_t key, uint64_t parts_key,
			     struct turn *turn);
void sms_ack_drop(struct sms_text *text);	/* not accepted. NULL is fine */

/* Whether a received text or part, by either key, repeats one not acknowledged yet; *\a status is then its response, or SMS_DEFERRED. */
bool sms_ack_join(struct sms_bind *bind, const struct smpp_ticket *ticket, uint64_t key, uint32_t *status);

/* The server has saved the text (\a rc 0) or cannot. NULL is fine, here and below. */
void sms_ack_saved(struct sms_channel *sms, struct sms_text *text, int rc);

/* The text's turn is over; \a queued: the last queued message is its answer. */
void sms_ack_answered(struct sms_channel *sms, struct sms_text *text, const struct turn *turn, bool queued);
void sms_ack_save_complete(struct sms_channel *sms, const struct peer *peer);	/* as ops->save_complete() */
void sms_ack_accepted(struct sms_channel *sms, struct sms_text *text);	/* an SMSC has the answer, or never will */

/* sms_receipts.c; call sms_in_init() first */
void sms_receipts_init(struct sms_channel *sms);
void sms_receipts_fini(struct sms_channel *sms);
void sms_receipts_expect(struct sms_channel *sms, const char *message_id);	/* an SMSC accepted a part under this id */
bool sms_receipts_take(struct sms_channel *sms, const struct smpp_pdu *pdu);	/* false: not a receipt */

/* sms_out.c */
void sms_out_init(struct sms_channel *sms);
void sms_out_fini(struct sms_channel *sms);

/* Queue a text to \a msisdn, which selects its sender, at the address that the SMSC uses for the number. Its receipt is reported if this
 * returns 0. Otherwise -EMSGSIZE: longer than the channel's parts; -EBUSY: the number has had enough for now. */
int sms_out_add(struct sms_channel *sms, const char *msisdn, const struct sms_address *to,
		const struct channel_text *text);
/* Have sms_ack_accepted() called for the last message added, and set *\a answer to it; false: it is already gone. */
bool sms_out_await(struct sms_channel *sms, struct sms_text *text, struct sms_message **answer);
void sms_out_run(struct sms_channel *sms);	/* send as much as possible */
void sms_out_done(struct sms_channel *sms, uint64_t id, enum smpp_outcome outcome,
		  const struct smpp_pdu *response);
