/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Putting the parts of received texts together, in memory taken once. A message that was handed out stays until its time
 * is over, so that a part sent again is known, but makes room first. Half messages may hold a secret: whichever way they
 * go, their octets are wiped. */
#include <stdlib.h>
#include <string.h>

#include "starhash/sms.h"

#define NONE UINT32_MAX
#define CANDIDATES 16		/* among which one has to make room: a bound for its cost */

struct place {
	uint16_t from, len;		/* of the message's octets; len of a part that is not there is 0, see have */
	uint64_t hash;			/* in place of the octets once the message is settled */
};

struct message {
	uint64_t from, to;
	uint64_t moved;			/* when its last part came, or when it was handed out */
	uint32_t next_in_bucket;
	uint32_t older, younger;	/* in its list */
	uint16_t reference;
	uint16_t have;			/* bit of each part that is there */
	uint16_t used;			/* octets */
	uint8_t total;
	bool done;			/* handed out */
	bool settled;			/* and its octets are gone */
	struct place places[SMS_PARTS];
};

/* By the time of their last part. */
struct ages {
	uint32_t oldest, youngest;
};

struct sms_joiner {
	struct sms_joiner_limits limits;
	struct sms_joiner_counts counts;
	uint32_t bucket_mask;
	uint32_t free;			/* list by next_in_bucket */
	struct ages waiting, done;	/* each message in use is in one of the two */
	uint32_t *buckets;
	struct message *messages;
	char *octets;			/* limits.octets of each message */
	char *whole;			/* one text put in order */
};

static uint32_t power_of_two(uint32_t least)
{
	uint32_t power = 1;

	while (power < least && power < 1u << 30)
		power *= 2;
	return power;
}

static bool take_memory(struct sms_joiner *joiner)
{
	size_t count = joiner->limits.messages, octets = joiner->limits.octets;

	joiner->buckets = malloc((joiner->bucket_mask + (size_t)1) * sizeof(*joiner->buckets));
	joiner->messages = calloc(count, sizeof(*joiner->messages));
	joiner->octets = calloc(count, octets);
	joiner->whole = malloc(octets);
	return joiner->buckets && joiner->messages && joiner->octets && joiner->whole;
}

static void empty(struct sms_joiner *joiner)
{
	for (uint32_t i = 0; i <= joiner->bucket_mask; i++)
		joiner->buckets[i] = NONE;
	for (uint32_t i = 0; i < joiner->limits.messages; i++)
		joiner->messages[i].next_in_bucket = i + 1 < joiner->limits.messages ? i + 1 : NONE;
	joiner->free = 0;
	joiner->waiting = joiner->done = (struct ages){ NONE, NONE };
}

struct sms_joiner *sms_joiner_new(const struct sms_joiner_limits *limits)
{
	struct sms_joiner *joiner = calloc(1, sizeof(*joiner));

	if (!joiner)
		return NULL;
	joiner->limits = *limits;
	if (joiner->limits.messages == 0)
		joiner->limits.messages = 1;
	if (joiner->limits.octets == 0 || joiner->limits.octets > UINT16_MAX)
		joiner->limits.octets = UINT16_MAX;
	joiner->bucket_mask = power_of_two(joiner->limits.messages) - 1;
	if (!take_memory(joiner)) {
		sms_joiner_free(joiner);
		return NULL;
	}
	empty(joiner);
	return joiner;
}

/* Texts may hold secrets. */
void sms_joiner_free(struct sms_joiner *joiner)
{
	if (!joiner)
		return;
	if (joiner->octets)
		explicit_bzero(joiner->octets, (size_t)joiner->limits.messages * joiner->limits.octets);
	if (joiner->whole)
		explicit_bzero(joiner->whole, joiner->limits.octets);
	free(joiner->buckets);
	free(joiner->messages);
	free(joiner->octets);
	free(joiner->whole);
	free(joiner);
}

static char *octets_of(const struct sms_joiner *joiner, const struct message *message)
{
	return joiner->octets + (size_t)(message - joiner->messages) * joiner->limits.octets;
}

static uint32_t *bucket_of(const struct sms_joiner *joiner, uint64_t from)
{
	return &joiner->buckets[(from * 0x9e3779b97f4a7c15u >> 32) & joiner->bucket_mask];
}

static struct ages *ages_of(struct sms_joiner *joiner, const struct message *message)
{
	return message->done ? &joiner->done : &joiner->waiting;
}

static void leave_ages(struct sms_joiner *joiner, const struct message *message)
{
	struct ages *ages = ages_of(joiner, message);

	*(message->older == NONE ? &ages->oldest : &joiner->messages[message->older].younger) = message->younger;
	*(message->younger == NONE ? &ages->youngest : &joiner->messages[message->younger].older) = message->older;
}

static void join_ages(struct sms_joiner *joiner, uint32_t id)
{
	struct message *message = &joiner->messages[id];
	struct ages *ages = ages_of(joiner, message);

	message->older = ages->youngest;
	message->younger = NONE;
	*(ages->youngest == NONE ? &ages->oldest : &joiner->messages[ages->youngest].younger) = id;
	ages->youngest = id;
}

/* To the young end of its list, or of the other one. */
static void move(struct sms_joiner *joiner, uint32_t id, uint64_t now, bool done)
{
	struct message *message = &joiner->messages[id];

	leave_ages(joiner, message);
	message->done = done;
	message->moved = now;
	join_ages(joiner, id);
}

static void leave_bucket(struct sms_joiner *joiner, uint32_t id)
{
	uint32_t *link = bucket_of(joiner, joiner->messages[id].from);

	while (*link != id)
		link = &joiner->messages[*link].next_in_bucket;
	*link = joiner->messages[id].next_in_bucket;
}

static void release(struct sms_joiner *joiner, uint32_t id)
{
	struct message *message = &joiner->messages[id];

	leave_bucket(joiner, id);
	leave_ages(joiner, message);
	explicit_bzero(octets_of(joiner, message), message->used);
	message->next_in_bucket = joiner->free;
	joiner->free = id;
}

static uint32_t take(struct sms_joiner *joiner, uint64_t now, const struct sms_piece *piece)
{
	uint32_t id = joiner->free, *bucket = bucket_of(joiner, piece->from);
	struct message *message = &joiner->messages[id];

	joiner->free = message->next_in_bucket;
	*message = (struct message){
		.from = piece->from, .to = piece->to, .moved = now, .reference = piece->reference, .total = piece->total,
		.next_in_bucket = *bucket,
	};
	*bucket = id;
	join_ages(joiner, id);
	return id;
}

static uint32_t find(const struct sms_joiner *joiner, const struct sms_piece *piece)
{
	uint32_t id = *bucket_of(joiner, piece->from);

	while (id != NONE) {
		const struct message *message = &joiner->messages[id];

		if (message->from == piece->from && message->to == piece->to && message->reference == piece->reference)
			return id;
		id = message->next_in_bucket;
	}
	return NONE;
}

/* How many of a sender are in progress, and which is the oldest of them. */
static unsigned int count_of_sender(const struct sms_joiner *joiner, uint64_t from, uint32_t *oldest)
{
	unsigned int count = 0;

	*oldest = NONE;
	for (uint32_t id = *bucket_of(joiner, from); id != NONE; id = joiner->messages[id].next_in_bucket) {
		const struct message *message = &joiner->messages[id];

		if (message->from != from || message->done)
			continue;
		count++;
		if (*oldest == NONE || message->moved < joiner->messages[*oldest].moved)
			*oldest = id;
	}
	return count;
}

/* Of those that wait longest, one of the sender with most in progress: a flood of halves displaces itself. */
static uint32_t choose_waiting(const struct sms_joiner *joiner)
{
	uint32_t id = joiner->waiting.oldest, chosen = id, oldest;
	unsigned int most = 0;

	for (int i = 0; i < CANDIDATES && id != NONE; i++, id = joiner->messages[id].younger) {
		const unsigned int count = count_of_sender(joiner, joiner->messages[id].from, &oldest);

		if (count > most) {
			most = count;
			chosen = id;
		}
	}
	return chosen;
}

/* Make room for one more of this sender. */
static void make_room(struct sms_joiner *joiner, uint64_t from)
{
	uint32_t id;

	if (joiner->limits.per_sender > 0 && count_of_sender(joiner, from, &id) >= joiner->limits.per_sender) {
		release(joiner, id);
		joiner->counts.replaced++;
	}
	if (joiner->free != NONE)
		return;
	id = joiner->done.oldest;
	if (id == NONE) {
		id = choose_waiting(joiner);
		joiner->counts.evicted++;
	}
	release(joiner, id);
}

static bool has(const struct message *message, unsigned int number)
{
	return message->have >> (number - 1) & 1;
}

static bool same_part(const struct sms_joiner *joiner, const struct message *message, const struct sms_piece *piece)
{
	struct place place = message->places[piece->number - 1];

	if (place.len != piece->len)
		return false;
	if (message->settled)
		return place.hash == sms_hash(message->from, piece->text, piece->len);
	return place.len == 0 || memcmp(octets_of(joiner, message) + place.from, piece->text, place.len) == 0;
}

/* Whether a part belongs to another text than the one that is known by its reference. */
static bool conflicts(const struct sms_joiner *joiner, const struct message *message, const struct sms_piece *piece)
{
	if (message->total != piece->total)
		return true;
	return has(message, piece->number) && !same_part(joiner, message, piece);
}

/* The text from part 1 on without a gap. Returns the parts in it. */
static unsigned int put_in_order(struct sms_joiner *joiner, const struct message *message, struct sms_whole *whole)
{
	unsigned int count = 0;
	size_t used = 0;

	while (count < message->total && has(message, count + 1)) {
		struct place place = message->places[count++];

		memcpy(joiner->whole + used, octets_of(joiner, message) + place.from, place.len);
		used += place.len;
	}
	*whole = (struct sms_whole){
		.from = message->from, .to = message->to, .text = joiner->whole, .len = used,
		.total = message->total, .have = (uint8_t)__builtin_popcount(message->have),
	};
	return count;
}

static void store(struct sms_joiner *joiner, struct message *message, const struct sms_piece *piece)
{
	if (piece->len > 0)
		memcpy(octets_of(joiner, message) + message->used, piece->text, piece->len);
	message->places[piece->number - 1] = (struct place){ .from = message->used, .len = (uint16_t)piece->len, .hash = 0 };
	message->used = (uint16_t)(message->used + piece->len);
	message->have |= (uint16_t)(1u << (piece->number - 1));
}

static enum sms_joined add_to(struct sms_joiner *joiner, uint64_t now, uint32_t id, const struct sms_piece *piece,
			      struct sms_whole *whole)
{
	struct message *message = &joiner->messages[id];

	if (has(message, piece->number)) {
		joiner->counts.duplicate++;
		return SMS_JOIN_DUPLICATE;
	}
	if (piece->len > joiner->limits.octets - message->used) {
		release(joiner, id);
		joiner->counts.refused++;
		return SMS_JOIN_REFUSED;
	}
	store(joiner, message, piece);
	if (put_in_order(joiner, message, whole) < message->total) {
		explicit_bzero(joiner->whole, whole->len);
		move(joiner, id, now, false);
		return SMS_JOIN_WAIT;
	}
	move(joiner, id, now, true);
	joiner->counts.whole++;
	return SMS_JOIN_WHOLE;
}

/* The message that a part belongs to; a new one when there is none or the sender uses its reference again. */
static uint32_t message_for(struct sms_joiner *joiner, uint64_t now, const struct sms_piece *piece)
{
	uint32_t id = find(joiner, piece);

	if (id != NONE && now - joiner->messages[id].moved < joiner->limits.timeout_ms) {
		if (!conflicts(joiner, &joiner->messages[id], piece))
			return id;
		joiner->counts.conflicting += !joiner->messages[id].done;
		release(joiner, id);
	}
	make_room(joiner, piece->from);
	return take(joiner, now, piece);
}

static bool makes_sense(const struct sms_joiner *joiner, const struct sms_piece *piece)
{
	return piece->total <= SMS_PARTS && piece->number >= 1 && piece->number <= piece->total &&
	       piece->len <= joiner->limits.octets;
}

enum sms_joined sms_joiner_add(struct sms_joiner *joiner, uint64_t now, const struct sms_piece *piece,
			       struct sms_whole *whole)
{
	*whole = (struct sms_whole){ 0 };
	if (!makes_sense(joiner, piece)) {
		joiner->counts.refused++;
		return SMS_JOIN_REFUSED;
	}
	return add_to(joiner, now, message_for(joiner, now, piece), piece, whole);
}

/* The last part stored stands at the end of the message's octets. */
void sms_joiner_forget(struct sms_joiner *joiner, const struct sms_piece *piece)
{
	uint32_t id = find(joiner, piece);
	struct message *message;

	if (id == NONE || !joiner->messages[id].done || joiner->messages[id].settled || !has(&joiner->messages[id], piece->number))
		return;
	message = &joiner->messages[id];
	move(joiner, id, message->moved, false);
	message->have &= (uint16_t)~(1u << (piece->number - 1));
	explicit_bzero(joiner->whole, message->used);
	explicit_bzero(octets_of(joiner, message) + message->places[piece->number - 1].from,
		       message->places[piece->number - 1].len);
	message->used = message->places[piece->number - 1].from;
	joiner->counts.whole--;
}

/* Texts may hold secrets, and a message that was handed out stays for a while. */
void sms_joiner_settle(struct sms_joiner *joiner, const struct sms_piece *piece)
{
	uint32_t id = find(joiner, piece);
	struct message *message;

	if (id == NONE || !joiner->messages[id].done || joiner->messages[id].settled)
		return;
	message = &joiner->messages[id];
	for (unsigned int i = 0; i < message->total; i++) {
		struct place *place = &message->places[i];

		place->hash = sms_hash(message->from, octets_of(joiner, message) + place->from, place->len);
	}
	message->settled = true;
	explicit_bzero(octets_of(joiner, message), message->used);
	explicit_bzero(joiner->whole, message->used);
}

static bool is_over(const struct sms_joiner *joiner, uint32_t id, uint64_t now)
{
	return id != NONE && now - joiner->messages[id].moved >= joiner->limits.timeout_ms;
}

bool sms_joiner_expire(struct sms_joiner *joiner, uint64_t now, struct sms_whole *incomplete)
{
	while (is_over(joiner, joiner->done.oldest, now))
		release(joiner, joiner->done.oldest);
	while (is_over(joiner, joiner->waiting.oldest, now)) {
		const uint32_t id = joiner->waiting.oldest;
		const unsigned int parts = put_in_order(joiner, &joiner->messages[id], incomplete);

		joiner->counts.expired++;
		release(joiner, id);
		if (parts > 0)
			return true;
	}
	return false;
}

static uint64_t next_of(const struct sms_joiner *joiner, struct ages ages)
{
	return ages.oldest == NONE ? UINT64_MAX : joiner->messages[ages.oldest].moved + joiner->limits.timeout_ms;
}

uint64_t sms_joiner_next(const struct sms_joiner *joiner)
{
	const uint64_t waiting = next_of(joiner, joiner->waiting), done = next_of(joiner, joiner->done);

	return waiting < done ? waiting : done;
}

struct sms_joiner_counts sms_joiner_counts(const struct sms_joiner *joiner)
{
	return joiner->counts;
}
