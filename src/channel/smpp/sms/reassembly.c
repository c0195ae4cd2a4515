/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reassembles received texts, in memory that is allocated once. A message that was passed on stays until it expires, so that a repeated
 * part is recognised, but is the first to make room. Incomplete messages may contain a secret: however they end, their octets are
 * wiped. */
#include <stdlib.h>
#include <string.h>

#include "channel/smpp/sms/short_message.h"

#define NONE UINT32_MAX
#define CANDIDATES 16		/* messages among which one is chosen to make room: bounds the cost */

struct place {
	uint16_t from, len;		/* position in the message's octets; len of a missing part is 0, see have */
	uint64_t hash;			/* replaces the octets once the message is digested */
};

struct message {
	uint64_t from, to;
	uint64_t moved;			/* when its last part was received, or when it was passed on */
	uint32_t next_in_bucket;
	uint32_t older, younger;	/* in its list */
	uint16_t reference;
	uint16_t have;			/* bit of each part received */
	uint16_t used;			/* octets */
	uint8_t total;
	bool done;			/* passed on */
	bool digested;			/* hashes have replaced its octets */
	struct place places[SMS_PARTS];
};

/* A list by the time of the last part. */
struct ages {
	uint32_t oldest, youngest;
};

struct sms_reassembly {
	struct sms_reassembly_limits limits;
	struct sms_reassembly_counts counts;
	uint32_t bucket_mask;
	uint32_t free;			/* list by next_in_bucket */
	struct ages waiting, done;	/* each message in use is in one of the two */
	uint32_t *buckets;
	struct message *messages;
	char *octets;			/* limits.octets of each message */
	char *whole;			/* one text, its parts in order */
};

struct sms_reassembly *sms_reassembly_new(const struct sms_reassembly_limits *limits)
{
	struct sms_reassembly *reassembly = calloc(1, sizeof(*reassembly));
	uint32_t buckets = 1, messages;
	size_t octets;

	if (!reassembly)
		return NULL;
	reassembly->limits = *limits;
	if (reassembly->limits.messages == 0)
		reassembly->limits.messages = 1;
	if (reassembly->limits.octets == 0 || reassembly->limits.octets > UINT16_MAX)
		reassembly->limits.octets = UINT16_MAX;
	messages = reassembly->limits.messages;
	octets = reassembly->limits.octets;
	while (buckets < messages && buckets < 1u << 30)
		buckets *= 2;
	reassembly->bucket_mask = buckets - 1;
	reassembly->buckets = malloc(buckets * sizeof(*reassembly->buckets));
	reassembly->messages = calloc(messages, sizeof(*reassembly->messages));
	reassembly->octets = calloc(messages, octets);
	reassembly->whole = malloc(octets);
	if (!reassembly->buckets || !reassembly->messages || !reassembly->octets || !reassembly->whole) {
		sms_reassembly_free(reassembly);
		return NULL;
	}
	for (uint32_t i = 0; i < buckets; i++)
		reassembly->buckets[i] = NONE;
	for (uint32_t i = 0; i < messages; i++)
		reassembly->messages[i].next_in_bucket = i + 1 < messages ? i + 1 : NONE;
	reassembly->free = 0;
	reassembly->waiting = reassembly->done = (struct ages){ NONE, NONE };
	return reassembly;
}

/* Texts may contain secrets. */
void sms_reassembly_free(struct sms_reassembly *reassembly)
{
	if (!reassembly)
		return;
	if (reassembly->octets)
		explicit_bzero(reassembly->octets, (size_t)reassembly->limits.messages * reassembly->limits.octets);
	if (reassembly->whole)
		explicit_bzero(reassembly->whole, reassembly->limits.octets);
	free(reassembly->buckets);
	free(reassembly->messages);
	free(reassembly->octets);
	free(reassembly->whole);
	free(reassembly);
}

static char *octets_of(const struct sms_reassembly *reassembly, const struct message *message)
{
	return reassembly->octets + (size_t)(message - reassembly->messages) * reassembly->limits.octets;
}

static uint32_t *bucket_of(const struct sms_reassembly *reassembly, uint64_t from)
{
	return &reassembly->buckets[(from * 0x9e3779b97f4a7c15u >> 32) & reassembly->bucket_mask];
}

static struct ages *ages_of(struct sms_reassembly *reassembly, const struct message *message)
{
	return message->done ? &reassembly->done : &reassembly->waiting;
}

static void leave_ages(struct sms_reassembly *reassembly, const struct message *message)
{
	struct ages *ages = ages_of(reassembly, message);

	*(message->older == NONE ? &ages->oldest : &reassembly->messages[message->older].younger) = message->younger;
	*(message->younger == NONE ? &ages->youngest : &reassembly->messages[message->younger].older) = message->older;
}

static void join_ages(struct sms_reassembly *reassembly, uint32_t id)
{
	struct message *message = &reassembly->messages[id];
	struct ages *ages = ages_of(reassembly, message);

	message->older = ages->youngest;
	message->younger = NONE;
	*(ages->youngest == NONE ? &ages->oldest : &reassembly->messages[ages->youngest].younger) = id;
	ages->youngest = id;
}

/* Move a message to the young end of its list, or of the other one. */
static void move(struct sms_reassembly *reassembly, uint32_t id, uint64_t now, bool done)
{
	struct message *message = &reassembly->messages[id];

	leave_ages(reassembly, message);
	message->done = done;
	message->moved = now;
	join_ages(reassembly, id);
}

static void release(struct sms_reassembly *reassembly, uint32_t id)
{
	struct message *message = &reassembly->messages[id];
	uint32_t *link = bucket_of(reassembly, message->from);

	while (*link != id)
		link = &reassembly->messages[*link].next_in_bucket;
	*link = message->next_in_bucket;
	leave_ages(reassembly, message);
	explicit_bzero(octets_of(reassembly, message), message->used);
	message->next_in_bucket = reassembly->free;
	reassembly->free = id;
}

static uint32_t take(struct sms_reassembly *reassembly, uint64_t now, const struct sms_piece *piece)
{
	uint32_t id = reassembly->free, *bucket = bucket_of(reassembly, piece->from);
	struct message *message = &reassembly->messages[id];

	reassembly->free = message->next_in_bucket;
	*message = (struct message){
		.from = piece->from, .to = piece->to, .moved = now, .reference = piece->reference, .total = piece->total,
		.next_in_bucket = *bucket,
	};
	*bucket = id;
	join_ages(reassembly, id);
	return id;
}

static uint32_t find(const struct sms_reassembly *reassembly, const struct sms_piece *piece)
{
	uint32_t id = *bucket_of(reassembly, piece->from);

	while (id != NONE) {
		const struct message *message = &reassembly->messages[id];

		if (message->from == piece->from && message->to == piece->to && message->reference == piece->reference)
			return id;
		id = message->next_in_bucket;
	}
	return NONE;
}

/* Count the messages of a sender in progress, and find the oldest. */
static unsigned int count_of_sender(const struct sms_reassembly *reassembly, uint64_t from, uint32_t *oldest)
{
	unsigned int count = 0;

	*oldest = NONE;
	for (uint32_t id = *bucket_of(reassembly, from); id != NONE; id = reassembly->messages[id].next_in_bucket) {
		const struct message *message = &reassembly->messages[id];

		if (message->from != from || message->done)
			continue;
		count++;
		if (*oldest == NONE || message->moved < reassembly->messages[*oldest].moved)
			*oldest = id;
	}
	return count;
}

/* Of the messages that wait longest, choose one of the sender with most in progress: a flood of half messages displaces itself. */
static uint32_t choose_waiting(const struct sms_reassembly *reassembly)
{
	uint32_t id = reassembly->waiting.oldest, chosen = id, oldest;
	unsigned int most = 0;

	for (int i = 0; i < CANDIDATES && id != NONE; i++, id = reassembly->messages[id].younger) {
		const unsigned int count = count_of_sender(reassembly, reassembly->messages[id].from, &oldest);

		if (count > most) {
			most = count;
			chosen = id;
		}
	}
	return chosen;
}

/* Make room for one more of this sender. */
static void make_room(struct sms_reassembly *reassembly, uint64_t from)
{
	uint32_t id;

	if (reassembly->limits.per_sender > 0 && count_of_sender(reassembly, from,
								 &id) >= reassembly->limits.per_sender) {
		release(reassembly, id);
		reassembly->counts.replaced++;
	}
	if (reassembly->free != NONE)
		return;
	id = reassembly->done.oldest;
	if (id == NONE) {
		id = choose_waiting(reassembly);
		reassembly->counts.evicted++;
	}
	release(reassembly, id);
}

static bool has(const struct message *message, unsigned int number)
{
	return message->have >> (number - 1) & 1;
}

static bool same_part(const struct sms_reassembly *reassembly, const struct message *message,
		      const struct sms_piece *piece)
{
	struct place place = message->places[piece->number - 1];

	if (place.len != piece->len)
		return false;
	if (message->digested)
		return place.hash == sms_hash(message->from, piece->text, piece->len);
	return place.len == 0 || memcmp(octets_of(reassembly, message) + place.from, piece->text, place.len) == 0;
}

/* Whether a part belongs to a different text than the message that has its reference. */
static bool conflicts(const struct sms_reassembly *reassembly, const struct message *message,
		      const struct sms_piece *piece)
{
	if (message->total != piece->total)
		return true;
	return has(message, piece->number) && !same_part(reassembly, message, piece);
}

/* Join the text from part 1 up to the first gap. Returns the number of parts. */
static unsigned int put_in_order(struct sms_reassembly *reassembly, const struct message *message,
				 struct sms_whole *whole)
{
	unsigned int count = 0;
	size_t used = 0;

	while (count < message->total && has(message, count + 1)) {
		struct place place = message->places[count++];

		memcpy(reassembly->whole + used, octets_of(reassembly, message) + place.from, place.len);
		used += place.len;
	}
	*whole = (struct sms_whole){
		.from = message->from, .to = message->to, .text = reassembly->whole, .len = used,
		.total = message->total, .have = (uint8_t)__builtin_popcount(message->have),
	};
	return count;
}

static enum sms_reassembled add_to(struct sms_reassembly *reassembly, uint64_t now, uint32_t id,
				   const struct sms_piece *piece, struct sms_whole *whole)
{
	struct message *message = &reassembly->messages[id];

	if (has(message, piece->number)) {
		reassembly->counts.duplicate++;
		return SMS_REASSEMBLY_DUPLICATE;
	}
	if (piece->len > reassembly->limits.octets - message->used) {
		release(reassembly, id);
		reassembly->counts.refused++;
		return SMS_REASSEMBLY_REFUSED;
	}
	if (piece->len > 0)
		memcpy(octets_of(reassembly, message) + message->used, piece->text, piece->len);
	message->places[piece->number - 1] = (struct place){ .from = message->used, .len = (uint16_t)piece->len, .hash = 0 };
	message->used = (uint16_t)(message->used + piece->len);
	message->have |= (uint16_t)(1u << (piece->number - 1));
	if (put_in_order(reassembly, message, whole) < message->total) {
		explicit_bzero(reassembly->whole, whole->len);
		move(reassembly, id, now, false);
		return SMS_REASSEMBLY_WAIT;
	}
	move(reassembly, id, now, true);
	reassembly->counts.whole++;
	return SMS_REASSEMBLY_WHOLE;
}

/* The message that a part belongs to; a new one when there is none or the sender uses its reference again. */
static uint32_t message_for(struct sms_reassembly *reassembly, uint64_t now, const struct sms_piece *piece)
{
	uint32_t id = find(reassembly, piece);

	if (id != NONE && now - reassembly->messages[id].moved < reassembly->limits.timeout_ms) {
		if (!conflicts(reassembly, &reassembly->messages[id], piece))
			return id;
		reassembly->counts.conflicting += !reassembly->messages[id].done;
		release(reassembly, id);
	}
	make_room(reassembly, piece->from);
	return take(reassembly, now, piece);
}

enum sms_reassembled sms_reassembly_add(struct sms_reassembly *reassembly, uint64_t now, const struct sms_piece *piece,
					struct sms_whole *whole)
{
	*whole = (struct sms_whole){ 0 };
	if (piece->total > SMS_PARTS || piece->number < 1 || piece->number > piece->total ||
	    piece->len > reassembly->limits.octets) {
		reassembly->counts.refused++;
		return SMS_REASSEMBLY_REFUSED;
	}
	return add_to(reassembly, now, message_for(reassembly, now, piece), piece, whole);
}

/* The last part stored is at the end of the message's octets. */
void sms_reassembly_forget(struct sms_reassembly *reassembly, const struct sms_piece *piece)
{
	uint32_t id = find(reassembly, piece);
	struct message *message;

	if (id == NONE || !reassembly->messages[id].done || reassembly->messages[id].digested ||
	    !has(&reassembly->messages[id], piece->number))
		return;
	message = &reassembly->messages[id];
	move(reassembly, id, message->moved, false);
	message->have &= (uint16_t)~(1u << (piece->number - 1));
	explicit_bzero(reassembly->whole, message->used);
	explicit_bzero(octets_of(reassembly, message) + message->places[piece->number - 1].from,
		       message->places[piece->number - 1].len);
	message->used = message->places[piece->number - 1].from;
	reassembly->counts.whole--;
}

/* Texts may contain secrets, and a message that was passed on is retained until it expires. */
void sms_reassembly_digest(struct sms_reassembly *reassembly, const struct sms_piece *piece)
{
	uint32_t id = find(reassembly, piece);
	struct message *message;

	if (id == NONE || !reassembly->messages[id].done || reassembly->messages[id].digested)
		return;
	message = &reassembly->messages[id];
	for (unsigned int i = 0; i < message->total; i++) {
		struct place *place = &message->places[i];

		place->hash = sms_hash(message->from, octets_of(reassembly, message) + place->from, place->len);
	}
	message->digested = true;
	explicit_bzero(octets_of(reassembly, message), message->used);
	explicit_bzero(reassembly->whole, message->used);
}

static bool is_over(const struct sms_reassembly *reassembly, uint32_t id, uint64_t now)
{
	return id != NONE && now - reassembly->messages[id].moved >= reassembly->limits.timeout_ms;
}

bool sms_reassembly_expire(struct sms_reassembly *reassembly, uint64_t now, struct sms_whole *incomplete)
{
	while (is_over(reassembly, reassembly->done.oldest, now))
		release(reassembly, reassembly->done.oldest);
	while (is_over(reassembly, reassembly->waiting.oldest, now)) {
		const uint32_t id = reassembly->waiting.oldest;
		const unsigned int parts = put_in_order(reassembly, &reassembly->messages[id], incomplete);

		reassembly->counts.expired++;
		release(reassembly, id);
		if (parts > 0)
			return true;
	}
	return false;
}

static uint64_t next_of(const struct sms_reassembly *reassembly, struct ages ages)
{
	return ages.oldest == NONE ? UINT64_MAX : reassembly->messages[ages.oldest].moved + reassembly->limits.timeout_ms;
}

uint64_t sms_reassembly_next(const struct sms_reassembly *reassembly)
{
	const uint64_t waiting = next_of(reassembly, reassembly->waiting), done = next_of(reassembly, reassembly->done);

	return waiting < done ? waiting : done;
}

struct sms_reassembly_counts sms_reassembly_counts(const struct sms_reassembly *reassembly)
{
	return reassembly->counts;
}
