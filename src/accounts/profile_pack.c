/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A packed profile: number of its shape (0: none), MSISDN and IMSI, then a bit for each slot and what the slots differ by; without a shape,
 * the record. Numbers have seven bits to the octet, lowest first. */
#include <stdlib.h>
#include <string.h>

#include "accounts/profile_pack.h"
#include "starhash/account.h"
#include "starhash/hash.h"
#include "starhash/index.h"
#include "starhash/request.h"

#define SHAPES_MAX 16384
#define WORDS_MAX 16384
#define SLOTS_MAX 48
#define OCTETS_MAX 512		/* of a shape's record */
#define TEXT_WORDS_MAX 32
#define TEXT_SIZE ACCOUNT_SERVICES_SIZE		/* with a blank after each word */
#define VARINT_MAX 10

/* What differs within a shape: a number, or a word of a text of no fixed width, which is a list of codes between blanks. The last word of a
 * long list has the rest. */
struct slot {
	uint16_t field;
	bool is_word;
	int64_t number;		/* the first profile's; of a word: which one it is */
};

struct shape {
	int64_t msisdn, imsi;	/* the first profile's */
	uint8_t *octets;	/* the record without MSISDN, numbers and words */
	uint16_t len;
	uint16_t slots_count;
	struct slot slots[SLOTS_MAX];	/* only \a slots_count of them are allocated, then octets */
};

struct word {
	uint16_t len;
	char text[];
};

/* Shapes, or words, with numbers from 1. */
struct things {
	void **made;
	uint32_t count, most;
	struct index index;
};

struct profile_packer {
	uint64_t seed;
	struct things shapes, words;
	size_t octets, octets_max;
};

/* ---- things ---- */

static int things_init(struct things *things, uint32_t most)
{
	things->most = most;
	things->made = calloc(most, sizeof(*things->made));
	return things->made && index_init(&things->index, most) == 0 ? 0 : -1;
}

static void things_fini(struct things *things)
{
	for (uint32_t i = 0; i < things->count; i++)
		free(things->made[i]);
	free(things->made);
	index_fini(&things->index);
}

/* The number of the thing that is \a same; 0: none is. */
static uint32_t things_find(const struct things *things, uint64_t hash, bool (*same)(const void *thing, const void *what),
			     const void *what)
{
	uint32_t at = 0, number;

	while ((number = index_next(&things->index, hash, &at)) && !same(things->made[number - 1], what))
		;
	return number;
}

/* The next one, to be filled. NULL: too many. */
static void *thing_new(struct profile_packer *packer, struct things *things, uint64_t hash, size_t size)
{
	void *thing = things->count < things->most && packer->octets + size <= packer->octets_max ? malloc(size) : NULL;

	if (!thing || index_add(&things->index, hash, things->count + 1)) {
		free(thing);
		return NULL;
	}
	things->made[things->count++] = thing;
	packer->octets += size;
	return thing;
}

/* ---- words ---- */

static bool word_is(const void *thing, const void *what)
{
	const struct word *word = thing;
	const struct value *text = what;

	return word->len == text->len && !memcmp(word->text, text->text, text->len);
}

/* The number of a new one; 0: too many. */
static uint32_t word_add(struct profile_packer *packer, uint64_t hash, const struct value *text)
{
	struct word *word = thing_new(packer, &packer->words, hash, sizeof(*word) + text->len);

	if (!word)
		return 0;
	word->len = text->len;
	memcpy(word->text, text->text, text->len);
	return packer->words.count;
}

static uint32_t word_number(struct profile_packer *packer, const struct value *text)
{
	const uint64_t hash = keyed_hash(packer->seed, text->text, text->len);
	const uint32_t number = things_find(&packer->words, hash, word_is, text);

	return number ? number : word_add(packer, hash, text);
}

/* ---- shapes ---- */

static bool slot_add(struct shape *shape, uint16_t field, bool is_word, int64_t number)
{
	if (shape->slots_count == SLOTS_MAX)
		return false;
	shape->slots[shape->slots_count++] = (struct slot){ .field = field, .is_word = is_word, .number = number };
	return true;
}

static bool take_words(struct profile_packer *packer, uint16_t field, const struct value *text, struct shape *shape)
{
	unsigned int left = TEXT_WORDS_MAX;
	const char *blank;
	uint16_t at = 0;

	if (text->len >= TEXT_SIZE)
		return false;
	do {
		struct value word = { .is_text = true, .text = text->text + at, .len = text->len - at };
		uint32_t number;

		blank = --left ? memchr(word.text, ' ', word.len) : NULL;
		if (blank)
			word.len = (uint16_t)(blank - word.text);
		number = word_number(packer, &word);
		if (!number || !slot_add(shape, field, true, number))
			return false;
		at += word.len + 1;
	} while (blank);
	return true;
}

/* Take a profile apart. False: it fits no shape. */
static bool shape_take(struct profile_packer *packer, int64_t msisdn, int64_t imsi, const struct record *facts, struct shape *shape)
{
	struct record record = { .data = shape->octets, .size = OCTETS_MAX };
	bool fits = true;
	struct value value;
	uint16_t at = 0, id;

	shape->msisdn = msisdn;
	shape->imsi = imsi;
	shape->slots_count = 0;
	while (fits && record_next(facts, &at, &id, &value)) {
		if (id == FIELD_MSISDN)
			continue;
		if (!value.is_text)
			fits = slot_add(shape, id, false, value.number);
		else if (id < FIELD_COUNT && !field_info(id)->width)
			fits = take_words(packer, id, &value, shape);
		else
			fits = record_append_text(&record, id, value.text, value.len) == 0;
	}
	shape->len = record.len;
	return fits;
}

static bool shape_is(const void *thing, const void *what)
{
	const struct shape *shape = thing, *other = what;

	if (shape->len != other->len || shape->slots_count != other->slots_count || memcmp(shape->octets, other->octets, shape->len))
		return false;
	for (unsigned int i = 0; i < shape->slots_count; i++)
		if (shape->slots[i].field != other->slots[i].field || shape->slots[i].is_word != other->slots[i].is_word)
			return false;
	return true;
}

/* The number of a new one; 0: too many. */
static uint32_t shape_add(struct profile_packer *packer, uint64_t hash, const struct shape *taken)
{
	const size_t size = offsetof(struct shape, slots) + taken->slots_count * sizeof(*taken->slots);
	struct shape *shape = thing_new(packer, &packer->shapes, hash, size + taken->len);

	if (!shape)
		return 0;
	memcpy(shape, taken, size);
	shape->octets = (uint8_t *)shape + size;
	if (taken->len)
		memcpy(shape->octets, taken->octets, taken->len);
	return packer->shapes.count;
}

static uint32_t shape_number(struct profile_packer *packer, const struct shape *taken)
{
	const uint64_t hash = keyed_hash_pair(packer->seed, keyed_hash(packer->seed, taken->octets, taken->len), taken->slots_count);
	const uint32_t number = things_find(&packer->shapes, hash, shape_is, taken);

	return number ? number : shape_add(packer, hash, taken);
}

/* ---- numbers ---- */

static uint8_t *number_put(uint8_t *at, uint64_t number)
{
	for (; number > 0x7f; number >>= 7)
		*at++ = (uint8_t)(number | 0x80);
	*at++ = (uint8_t)number;
	return at;
}

static uint64_t number_get(const uint8_t **at)
{
	uint64_t number = 0;
	unsigned int bits = 0;

	do
		number |= (uint64_t)(**at & 0x7f) << bits;
	while (bits += 7, *(*at)++ & 0x80);
	return number;
}

/* Small differences of either sign take few octets. */
static uint64_t difference(int64_t number, int64_t from)
{
	const uint64_t by = (uint64_t)number - (uint64_t)from;

	return by << 1 ^ (by >> 63 ? UINT64_MAX : 0);
}

static int64_t apply(uint64_t difference, int64_t from)
{
	return (int64_t)((uint64_t)from + (difference >> 1 ^ (difference & 1 ? UINT64_MAX : 0)));
}

/* ---- profiles ---- */

static const struct shape nothing;

static const struct shape *shape_of(const struct profile_packer *packer, uint64_t number)
{
	return number ? packer->shapes.made[number - 1] : &nothing;
}

static uint8_t *keys_put(uint8_t *at, uint32_t number, const struct shape *shape, int64_t msisdn, int64_t imsi)
{
	at = number_put(at, number);
	at = number_put(at, difference(msisdn, shape->msisdn));
	return number_put(at, imsi ? difference(imsi, shape->imsi) + 1 : 0);
}

static const uint8_t *keys_get(const struct shape *shape, const uint8_t *at, int64_t *msisdn, int64_t *imsi)
{
	uint64_t by;

	*msisdn = apply(number_get(&at), shape->msisdn);
	by = number_get(&at);
	*imsi = by ? apply(by - 1, shape->imsi) : 0;
	return at;
}

static size_t pack_plainly(int64_t msisdn, int64_t imsi, const struct record *facts, uint8_t *out)
{
	uint8_t *at = keys_put(out, 0, &nothing, msisdn, imsi);

	if ((size_t)(at - out) + 2 + facts->len > PROFILE_PACKED_MAX)
		return 0;
	at = number_put(at, facts->len);
	memcpy(at, facts->data, facts->len);
	return (size_t)(at - out) + facts->len;
}

size_t profile_pack(struct profile_packer *packer, int64_t msisdn, int64_t imsi, const struct record *facts,
		    uint8_t out[static PROFILE_PACKED_MAX])
{
	uint8_t octets[OCTETS_MAX];
	struct shape taken;		/* not zeroed: it is large */
	const struct shape *shape;
	uint8_t *at, *bits;
	uint32_t number;

	taken.octets = octets;
	number = shape_take(packer, msisdn, imsi, facts, &taken) ? shape_number(packer, &taken) : 0;
	shape = shape_of(packer, number);
	if (!number)
		return pack_plainly(msisdn, imsi, facts, out);
	bits = at = keys_put(out, number, shape, msisdn, imsi);
	memset(bits, 0, SLOTS_MAX / 8);
	at += (shape->slots_count + 7) / 8;
	for (unsigned int i = 0; i < shape->slots_count; i++) {
		if (taken.slots[i].number == shape->slots[i].number)
			continue;
		if (at - out > PROFILE_PACKED_MAX - VARINT_MAX)
			return 0;
		bits[i / 8] |= 1u << i % 8;
		at = number_put(at, difference(taken.slots[i].number, shape->slots[i].number));
	}
	return (size_t)(at - out);
}

void profile_keys(const struct profile_packer *packer, const uint8_t *packed, int64_t *msisdn, int64_t *imsi)
{
	const uint64_t number = number_get(&packed);

	keys_get(shape_of(packer, number), packed, msisdn, imsi);
}

/* Returns the length with the word and a blank. */
static size_t word_join(const struct profile_packer *packer, int64_t number, char text[static TEXT_SIZE], size_t len)
{
	const struct word *word = packer->words.made[number - 1];

	memcpy(text + len, word->text, word->len);
	text[len + word->len] = ' ';
	return len + word->len + 1;
}

void profile_unpack(const struct profile_packer *packer, const uint8_t *packed, struct record *facts)
{
	const uint64_t which = number_get(&packed);
	const struct shape *shape = shape_of(packer, which);
	const struct record texts = { .data = shape->octets, .len = shape->len };
	int64_t msisdn, imsi;
	const uint8_t *bits = keys_get(shape, packed, &msisdn, &imsi), *at = bits;
	char text[TEXT_SIZE];
	size_t len = 0;

	if (!which) {
		len = number_get(&at);
		record_append(facts, &(struct record){ .data = (uint8_t *)at, .len = (uint16_t)len });
		return;
	}
	msisdn_put(facts, msisdn);
	record_append(facts, &texts);
	at += (shape->slots_count + 7) / 8;
	for (unsigned int i = 0; i < shape->slots_count; i++) {
		const struct slot *slot = &shape->slots[i];
		const bool differs = bits[i / 8] >> i % 8 & 1;
		const int64_t number = differs ? apply(number_get(&at), slot->number) : slot->number;

		if (!slot->is_word) {
			record_append_number(facts, slot->field, number);
			continue;
		}
		len = word_join(packer, number, text, len);
		if (i + 1 < shape->slots_count && slot[1].field == slot->field)
			continue;
		record_append_text(facts, slot->field, text, len - 1);
		len = 0;
	}
}

/* ---- setup and teardown ---- */

struct profile_packer *profile_packer_new(size_t octets, uint64_t seed)
{
	struct profile_packer *packer = calloc(1, sizeof(*packer));

	if (!packer)
		return NULL;
	packer->seed = seed;
	packer->octets_max = octets;
	if (things_init(&packer->shapes, SHAPES_MAX) || things_init(&packer->words, WORDS_MAX)) {
		profile_packer_free(packer);
		return NULL;
	}
	return packer;
}

void profile_packer_free(struct profile_packer *packer)
{
	if (!packer)
		return;
	things_fini(&packer->shapes);
	things_fini(&packer->words);
	free(packer);
}

size_t profile_packer_octets(const struct profile_packer *packer)
{
	return packer->octets;
}
