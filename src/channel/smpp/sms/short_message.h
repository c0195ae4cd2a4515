/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Short messages: segmentation and reassembly, detection of duplicates and loops, delivery receipts.
 *
 * Text is UTF-8; octets are those of short_message or message_payload (SMPP 3.4), including a user-data header. Nothing
 * here does I/O. Time is a parameter: milliseconds of a monotonic clock. Only the _new functions allocate memory.
 * Octets and texts may be hostile. Sources: 3GPP TS 23.038 (alphabets), 23.040 clause 9.2.3.24 (user-data header),
 * SMPP 3.4 clauses 5.2.12, 5.2.19 and appendix B. */
#pragma once

#include "starhash/hash.h"
#include "starhash/text.h"

/* ---- text encoding of a link ---- */

/* National language identifiers, 23.038 clause 6.2.1.2.4. Spanish has no locking shift table. */
enum sms_language {
	SMS_NO_LANGUAGE, SMS_TURKISH, SMS_SPANISH, SMS_PORTUGUESE, SMS_BENGALI, SMS_GUJARATI, SMS_HINDI, SMS_KANNADA,
	SMS_MALAYALAM, SMS_ORIYA, SMS_PUNJABI, SMS_TAMIL, SMS_TELUGU, SMS_URDU,
	SMS_LANGUAGES
};

#define SMS_LANGUAGE_BIT(language) (1u << (language))

enum sms_coding {
	SMS_GSM7,		/* one septet per octet, as most SMSCs expect */
	SMS_GSM7_PACKED,	/* eight septets in seven octets, fill bits after a user-data header */
	SMS_LATIN1,
	SMS_ASCII,
	SMS_UTF8,
	SMS_UCS2,
	SMS_BINARY,		/* not text: octets, application ports */
};

/* How the parts of one text are marked. */
enum sms_concat {
	SMS_CONCAT_UDH,		/* user-data header, 8-bit reference */
	SMS_CONCAT_UDH16,	/* the same with a 16-bit reference */
	SMS_CONCAT_SAR,		/* sar_msg_ref_num, sar_total_segments, sar_segment_seqnum */
	SMS_CONCAT_PAYLOAD,	/* whole in message_payload; the SMSC splits it as in SMS_CONCAT_UDH */
};

#define SMS_PARTS 10		/* maximum parts of one text, sent or received */

/* The encoding that a link requires. All zero: unpacked septets, user-data headers, no shift tables; parts must be set. */
struct sms_encoding_profile {
	enum sms_coding plain;		/* meaning of data_coding 0; not SMS_UCS2, not SMS_BINARY */
	enum sms_coding ia5;		/* meaning of a received data_coding 1: SMS_ASCII, or SMS_GSM7 (osmo-msc) */
	enum sms_concat concat;
	uint8_t parts;			/* maximum parts of one text, 1 to SMS_PARTS */
	uint8_t sar_reserve;		/* octets left free in each part of a SAR text: 6 where the SMSC adds a header */
	uint16_t languages;		/* SMS_LANGUAGE_BITs that phones here support. Only used where plain is SMS_GSM7 or
					 * SMS_GSM7_PACKED and concat is SMS_CONCAT_UDH or SMS_CONCAT_UDH16 */
};

/* ---- sending ---- */

/* How one text is sent. The text must stay valid, because sms_part_encode() reads it again. */
struct sms_segmentation {
	const char *text;
	struct sms_encoding_profile profile;
	enum sms_coding coding;		/* profile.plain or SMS_UCS2 */
	uint8_t locking, single;	/* national language identifiers, 0: none */
	uint8_t total;			/* parts on the radio side, at least 1 */
	uint8_t messages;		/* messages to send: total, or 1 with SMS_CONCAT_PAYLOAD */
	bool lossy;			/* characters that SMS_LATIN1 or SMS_ASCII lacks become "?": UCS-2 would not fit */
	uint16_t reference;
	uint32_t ends[SMS_PARTS];	/* octets of text up to the end of each message */
};

/* Choose alphabet and parts: GSM-7 if it has all characters, otherwise the allowed shift tables if they need fewer parts
 * than UCS-2, otherwise UCS-2. \a reference is the same for all parts of a text and should differ from that of the last
 * text to the same phone. An empty text is one empty part. Returns the number of messages, or -EMSGSIZE when
 * profile.parts are too few. Parts end before a word, with the white space between,
 * unless one more part would be needed. Never splits an escape or surrogate pair; splits a letter from its accents, or an emoji from its
 * modifiers, only if the text would not fit otherwise. */
int sms_segment(struct sms_segmentation *segments, const struct sms_encoding_profile *profile, const char *text,
		size_t len, uint16_t reference);

/* The fields of the message besides the octets. */
struct sms_part {
	uint8_t data_coding;
	uint8_t esm_class;		/* 0x40 with a user-data header, else 0; combine with the other bits */
	bool sar;			/* send the three SAR parameters, from the next three members */
	uint16_t reference;
	uint8_t total, number;		/* number from 1 */
	bool payload;			/* octets go to message_payload, and short_message is empty */
	uint16_t len;			/* octets */
};

#define SMS_PART_OCTETS 254		/* short_message */
#define SMS_OCTETS (SMS_PARTS * 640)	/* maximum octets of a message: message_payload with UTF-8 */

/* Encode message \a number (from 1, at most segments->messages) into \a out, header first. Returns octets or -ENOSPC;
 * SMS_PART_OCTETS are enough, except for message_payload. */
int sms_part_encode(const struct sms_segmentation *segments, unsigned int number, struct sms_part *part, uint8_t *out,
		    size_t size);

/* The capacity of a page of at most profile->parts parts, for fit checks: a text within it never gets -EMSGSIZE. */
struct text_budget sms_budget(const struct sms_encoding_profile *profile);

/* Number of parts of a text on such a link; 0 when more than profile->parts. */
unsigned int sms_parts_count(const struct sms_encoding_profile *profile, const char *text, size_t len);

/* ---- receiving ---- */

struct sms_raw {
	const uint8_t *octets;
	size_t len;
	uint8_t data_coding;
	bool udh;			/* esm_class & 0x40 */
};

/* One received message, apart from its text. */
struct sms_info {
	enum sms_coding coding;		/* SMS_BINARY: no text */
	uint8_t locking, single;
	bool ports;			/* addressed to an application, not a person; coding is SMS_BINARY */
	bool concat;			/* total, number and reference are set from the header */
	bool wide;			/* reference has 16 bits */
	uint16_t reference;
	uint8_t total, number;
};

/* Decode. Returns octets of UTF-8 (0 when binary), -ENOSPC, -EBADMSG for a broken user-data header, -ENOTSUP for an
 * unsupported alphabet (Shift-JIS, compressed text…). Four octets of text per octet of the message are always enough;
 * SMS_TEXT is enough for a short_message. An inconsistent concatenation (number 0, or above total) is ignored. */
#define SMS_TEXT (3 * 292)
int sms_decode(const struct sms_encoding_profile *profile, const struct sms_raw *raw, struct sms_info *info, char *text,
	       size_t size);

/* ---- reassembly ---- */

struct sms_reassembly;

struct sms_reassembly_limits {
	unsigned int messages;		/* in progress at a time */
	unsigned int per_sender;	/* of these, from one sender: one more replaces the oldest; 0: no limit */
	unsigned int octets;		/* of one whole text, up to 65535 */
	uint32_t timeout_ms;		/* since the last part received */
};

/* One part, from its header or the SAR parameters. */
struct sms_piece {
	uint64_t from, to;		/* numbers, or hashes of addresses */
	uint16_t reference;
	uint8_t total, number;
	const char *text;
	size_t len;
};

enum sms_reassembled {
	SMS_REASSEMBLY_WAIT,			/* stored; more parts are missing */
	SMS_REASSEMBLY_WHOLE,			/* the text is complete */
	SMS_REASSEMBLY_DUPLICATE,		/* already received, perhaps already passed on: acknowledge, drop */
	SMS_REASSEMBLY_REFUSED,		/* too many parts or octets, number out of range: acknowledge, drop */
};

/* A text, whole or from part 1 up to the first gap. Points into the reassembly, until its next call. */
struct sms_whole {
	uint64_t from, to;
	const char *text;
	size_t len;
	uint8_t total, have;		/* parts: announced and received; equal when whole */
};

struct sms_reassembly_counts {
	uint64_t whole, duplicate, refused, conflicting, replaced, evicted, expired;
};

/* NULL when out of memory. Allocates about messages * (octets + 150) octets, all at once. */
struct sms_reassembly *sms_reassembly_new(const struct sms_reassembly_limits *limits);
void sms_reassembly_free(struct sms_reassembly *reassembly);

/* Add a part. A part whose total differs from that of the parts before begins a new message (the sender reuses the
 * reference); so does a part received before with another text. total 1 is whole at once. If there is no room, a message
 * that was passed on is dropped; otherwise one of those that wait longest for their next part, of the sender with most
 * messages in progress. */
enum sms_reassembled sms_reassembly_add(struct sms_reassembly *reassembly, uint64_t now, const struct sms_piece *piece,
					struct sms_whole *whole);

/* Remove the part that completed a text: the turn was not accepted, and the SMSC will send the part again. Call this before any other
 * part is added. */
void sms_reassembly_forget(struct sms_reassembly *reassembly, const struct sms_piece *piece);

/* Replace the octets of a whole text by hashes, which are enough to recognise repeated parts. Call this before any other part is
 * added. */
void sms_reassembly_digest(struct sms_reassembly *reassembly, const struct sms_piece *piece);

/* Drop messages that have waited too long. Returns true for each one that has its part 1, in turn; false at the end. */
bool sms_reassembly_expire(struct sms_reassembly *reassembly, uint64_t now, struct sms_whole *incomplete);

/* When to call sms_reassembly_expire() next; UINT64_MAX: nothing waits. */
uint64_t sms_reassembly_next(const struct sms_reassembly *reassembly);

struct sms_reassembly_counts sms_reassembly_counts(const struct sms_reassembly *reassembly);

/* ---- duplicates, loops, senders (F19, F20) ---- */

/* A number for an address or a text. \a seed is secret and random per process, so that nobody can construct a collision. */
static inline uint64_t sms_hash(uint64_t seed, const void *octets, size_t len)
{
	return keyed_hash(seed, octets, len);
}

struct sms_dedup;

/* Remembers up to \a entries texts, about 40 octets each, allocated as needed. NULL when out of memory. */
struct sms_dedup *sms_dedup_new(unsigned int entries, uint32_t window_ms, uint64_t seed);
void sms_dedup_free(struct sms_dedup *dedup);

/* The key that identifies a message. \a reference: a number that stays the same in a retransmission (user_message_reference, the
 * message's time stamp); 0: none. */
uint64_t sms_dedup_key(const struct sms_dedup *dedup, uint64_t from, uint64_t to, uint32_t reference, const char *text,
		       size_t len);

/* Whether all entries are within the window: one more would make it forget one too early. */
bool sms_dedup_full(struct sms_dedup *dedup, uint64_t now);

/* Whether the same key was seen within the window; if not, it is remembered, replacing the oldest when full. */
bool sms_dedup_check(struct sms_dedup *dedup, uint64_t now, uint64_t key);

struct sms_sight {
	bool seen;			/* seen within the window */
	uint64_t when;			/* first time */
	uint64_t answered;		/* when our answer to it was sent; 0: none was */
};

struct sms_sight sms_dedup_find(const struct sms_dedup *dedup, uint64_t now, uint64_t key);

/* Our answer to it is being sent now. */
void sms_dedup_answered(struct sms_dedup *dedup, uint64_t now, uint64_t key);

/* Forget a key: the turn was not accepted, and the SMSC will send the text again. */
void sms_dedup_forget(struct sms_dedup *dedup, uint64_t key);

struct sms_loop_brake;

struct sms_loop_brake_limits {
	unsigned int senders;		/* how many to remember; the least recent is forgotten first (within sets of eight) */
	unsigned int repeats;		/* how often the same text in a row is answered within repeat_ms; 0: no limit */
	uint32_t repeat_ms;
	unsigned int answers;		/* answers to one sender per hour; 0: no limit */
};

enum sms_verdict {
	SMS_SERVE,
	SMS_STOP_REPEATS,
	SMS_STOP_ANSWERS,
};

struct sms_loop_brake *sms_loop_brake_new(const struct sms_loop_brake_limits *limits, uint64_t seed);
void sms_loop_brake_free(struct sms_loop_brake *brake);

/* Whether to answer this text; if so, the answer is counted. *\a first is set once per sender and stop, so that the caller logs the
 * stop and informs the sender.
 *
 * A repetition that answers a page does not count: a short number after a page that asked, or any text after a different page than last
 * time. A machine that sends the same text to the same page repeatedly is stopped anyway; one that sends numbers is stopped by the hourly
 * limit of answers. */
enum sms_verdict sms_loop_brake_check(struct sms_loop_brake *brake, uint64_t now, uint64_t from, uint32_t reference,
				      const char *text, size_t len, bool *first);

/* Whether the network gives each message of this sender its own reference: \a reference of the last two texts differed. False while
 * nothing is known, and where the reference does not change (osmo-msc passes on the phone's). */
bool sms_loop_brake_numbered(struct sms_loop_brake *brake, uint64_t from);

/* A page that asks is being sent to this sender. */
void sms_loop_brake_asked(struct sms_loop_brake *brake, uint64_t from, const char *page, size_t len);

/* Forget the last text: it was not accepted, and the SMSC will send it again. */
void sms_loop_brake_forget(struct sms_loop_brake *brake, uint64_t from);

struct sms_meter;

/* Limits the parts that one number gets in any hour, from all senders and requests together; at most half of them at once. Takes 8 MiB,
 * whatever the numbers. NULL when out of memory. */
struct sms_meter *sms_meter_new(unsigned int parts_per_hour, uint64_t seed);
void sms_meter_free(struct sms_meter *meter);

/* Whether \a to may have \a parts more parts; if so, they are counted. */
bool sms_meter_take(struct sms_meter *meter, uint64_t now, uint64_t to, unsigned int parts);

/* Numbers as digits; a trailing "*" matches all that begin with them. */
struct sms_numbers {
	const char *const *patterns;
	size_t count;
};

struct sms_rules {
	struct sms_numbers test;	/* always served, exempt from the loop brake */
	struct sms_numbers allow;	/* served even if a rule below says no */
	struct sms_numbers deny;
	unsigned int short_below;	/* a number with fewer digits is a short code, never answered; 0: no such rule */
	bool only_allowed;		/* nobody else is served */
};

/* Whether a number, without "+" or "00", is in the list. */
bool sms_numbers_have(struct sms_numbers numbers, const char *digits);

enum sms_sender {
	SMS_SENDER_SERVED,
	SMS_SENDER_TEST,		/* served; exempt from the loop brake */
	SMS_SENDER_NAME,		/* alphanumeric, or empty: cannot be answered */
	SMS_SENDER_SHORT,
	SMS_SENDER_DENIED,
	SMS_SENDER_NOT_ALLOWED,
};

/* \a address without TON and NPI; a leading "+" or "00" does not matter. \a ton 5 is alphanumeric. */
enum sms_sender sms_sender_check(const struct sms_rules *rules, uint8_t ton, const char *address, size_t len);

/* ---- delivery receipts ---- */

/* message_state, SMPP 3.4 clause 5.2.28. */
enum sms_state {
	SMS_STATE_NONE = 0,		/* no state that we know */
	SMS_STATE_ENROUTE = 1,
	SMS_STATE_DELIVERED = 2,
	SMS_STATE_EXPIRED = 3,
	SMS_STATE_DELETED = 4,
	SMS_STATE_UNDELIVERABLE = 5,
	SMS_STATE_ACCEPTED = 6,
	SMS_STATE_UNKNOWN = 7,
	SMS_STATE_REJECTED = 8,
};

/* No further receipt follows. */
bool sms_state_final(enum sms_state state);

#define SMS_ID_MAX 64

struct sms_receipt {
	char id[SMS_ID_MAX + 1];
	enum sms_state state;
	int submitted, delivered;	/* sub, dlvrd; -1: missing */
	int error;			/* err; -1: missing or not a number */
	uint64_t done;			/* done date as yymmddhhmmss in decimal, seconds 0 if missing; 0: none */
};

/* Read the text of a receipt, SMPP 3.4 appendix B, as vendors write it: any order and case, spaces after ":", fields
 * missing. Returns false when neither id nor stat is there: not a receipt. */
bool sms_receipt_read(struct sms_receipt *receipt, const char *text, size_t len);

/* The notation of a message id: some SMSCs use hexadecimal in the response and decimal in the receipt. */
enum sms_id_base { SMS_ID_TEXT, SMS_ID_DECIMAL, SMS_ID_HEX };

/* Convert an id to the form in which ids are stored and compared: unchanged with SMS_ID_TEXT; else hexadecimal without leading
 * zeros, or unchanged when it is not a number in \a base of at most 64 bits. \a out has room for SMS_ID_MAX + 1. Returns its length. */
size_t sms_id_fold(const char *id, enum sms_id_base base, char *out);
