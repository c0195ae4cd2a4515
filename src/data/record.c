/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records and rows: values packed one after the other.
 *
 * A value is a header, then its contents. The header of a value of up to 63 octets whose id is below 256 has two octets: the id, then the
 * length with a bit for text and one that tells this form. Any other header has four: the id below 32768, and a word of length and type
 * (highest bit: text). A number has as many octets as it needs, from one to eight. Everything is little-endian, so that saved sessions can
 * move between machines. A row is a length of two octets and a record. */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "starhash/record.h"

#define SHORT_HEAD 2
#define SHORT_BIT 0x80			/* in the second octet: no id has it there */
#define SHORT_TEXT_BIT 0x40
#define SHORT_LEN_MAX 0x3f
#define SHORT_ID_MAX 0xff
#define LONG_HEAD 4
#define TEXT_BIT 0x8000
#define LENGTH_MASK 0x7fff
#define NUMBER_LEN_MAX 8
#define ROW_HEAD 2

static inline uint16_t read_16(const uint8_t *at)
{
	uint16_t number;

	memcpy(&number, at, sizeof(number));
	return le16toh(number);
}

static inline void write_16(uint8_t *at, uint16_t number)
{
	number = htole16(number);
	memcpy(at, &number, sizeof(number));
}

static inline void write_32(uint8_t *at, uint32_t number)
{
	number = htole32(number);
	memcpy(at, &number, sizeof(number));
}

static inline int64_t number_read(const uint8_t *at, unsigned int len)
{
	const unsigned int unused = 64 - 8 * len;
	uint64_t number = 0;

	for (unsigned int i = 0; i < len; i++)
		number |= (uint64_t)at[i] << (8 * i);
	return (int64_t)(number << unused) >> unused;		/* with its sign */
}

static inline unsigned int number_len(int64_t number)
{
	const uint64_t bits = (uint64_t)(number < 0 ? ~number : number);

	return bits ? (unsigned int)(64 - __builtin_clzll(bits)) / 8 + 1 : 1;
}

static inline bool is_short(const uint8_t *head)
{
	return head[1] & SHORT_BIT;
}

static inline unsigned int head_len(const uint8_t *head)
{
	return is_short(head) ? SHORT_HEAD : LONG_HEAD;
}

static inline unsigned int value_len(const uint8_t *head)
{
	return is_short(head) ? head[1] & SHORT_LEN_MAX : read_16(head + 2) & LENGTH_MASK;
}

static inline bool value_is_text(const uint8_t *head)
{
	return is_short(head) ? head[1] & SHORT_TEXT_BIT : read_16(head + 2) & TEXT_BIT;
}

static inline uint16_t value_id(const uint8_t *head)
{
	return is_short(head) ? head[0] : read_16(head);
}

/* Header and contents of a value; 0: they are not all there. */
static inline size_t value_size(const uint8_t *head, size_t left)
{
	size_t size;

	if (left < SHORT_HEAD || left < head_len(head))
		return 0;
	size = head_len(head) + value_len(head);
	return size <= left ? size : 0;
}

/* The header of the value, or NULL. Stays in bounds even if the octets were never checked. */
static inline uint8_t *find(const struct record *record, uint16_t id)
{
	uint8_t *at = record->data;
	size_t left = record->len, size;

	for (; (size = value_size(at, left)); at += size, left -= size)
		if (value_id(at) == id)
			return at;
	return NULL;
}

/* False when a number has the wrong length, which only happens in unchecked octets. */
static inline bool read_value(const uint8_t *head, struct value *value)
{
	value->len = (uint16_t)value_len(head);
	value->is_text = value_is_text(head);
	value->number = 0;
	value->text = NULL;
	if (value->is_text)
		value->text = (const char *)head + head_len(head);
	else if (value->len && value->len <= NUMBER_LEN_MAX)
		value->number = number_read(head + head_len(head), value->len);
	else
		return false;
	return true;
}

static void remove_at(struct record *record, uint8_t *head)
{
	size_t gone = head_len(head) + value_len(head);
	uint8_t *end = record->data + record->len;

	memmove(head, head + gone, (size_t)(end - head) - gone);
	explicit_bzero(end - gone, gone);
	record->len -= (uint16_t)gone;
}

/* Make room at the end for a value of that type and length. Returns where its contents go; NULL: there is no room. */
static inline uint8_t *append_room(struct record *record, uint16_t id, bool is_text, size_t len)
{
	const bool is_short = id <= SHORT_ID_MAX && len <= SHORT_LEN_MAX;
	const size_t size = (is_short ? SHORT_HEAD : LONG_HEAD) + len;
	uint8_t *head = record->data + record->len;

	if ((size_t)record->size - record->len < size)
		return NULL;
	record->len += (uint16_t)size;
	if (is_short) {
		head[0] = (uint8_t)id;
		head[1] = (uint8_t)(SHORT_BIT | (is_text ? SHORT_TEXT_BIT : 0) | len);
		return head + SHORT_HEAD;
	}
	write_16(head, id);
	write_16(head + 2, (uint16_t)((is_text ? TEXT_BIT : 0) | len));
	return head + LONG_HEAD;
}

/* Reuse the place of the old value if type and length are the same, else append. */
static uint8_t *make_room(struct record *record, uint16_t id, bool is_text, size_t len)
{
	uint8_t *head = find(record, id);

	if (head && value_is_text(head) == is_text && value_len(head) == len)
		return head + head_len(head);
	if (head)
		remove_at(record, head);
	return append_room(record, id, is_text, len);
}

/* As two halves that may overlap: most numbers have more than a few octets. */
static int fill_number(uint8_t *at, int64_t number, unsigned int len)
{
	const uint64_t bits = (uint64_t)number;

	if (!at)
		return -ENOSPC;
	if (len >= 4) {
		write_32(at, (uint32_t)bits);
		write_32(at + len - 4, (uint32_t)(bits >> 8 * (len - 4)));
	} else if (len >= 2) {
		write_16(at, (uint16_t)bits);
		write_16(at + len - 2, (uint16_t)(bits >> 8 * (len - 2)));
	} else {
		at[0] = (uint8_t)bits;
	}
	return 0;
}

static int fill_text(uint8_t *at, const char *text, size_t len)
{
	if (!at)
		return -ENOSPC;
	if (len)
		memcpy(at, text, len);
	return 0;
}

int record_put_number(struct record *record, uint16_t id, int64_t number)
{
	const unsigned int len = number_len(number);

	return fill_number(make_room(record, id, false, len), number, len);
}

int record_put_text(struct record *record, uint16_t id, const char *text, size_t len)
{
	if (len > LENGTH_MASK) {
		record_drop(record, id);
		return -ENOSPC;
	}
	return fill_text(make_room(record, id, true, len), text, len);
}

int record_put(struct record *record, uint16_t id, const struct value *value)
{
	return value->is_text ? record_put_text(record, id, value->text, value->len) : record_put_number(record, id, value->number);
}

bool record_copy(struct record *to, const struct record *from, uint16_t id)
{
	struct value value;
	const bool has = record_get(from, id, &value);

	if (has)
		record_put(to, id, &value);
	return has;
}

int record_append_number(struct record *record, uint16_t id, int64_t number)
{
	const unsigned int len = number_len(number);

	return fill_number(append_room(record, id, false, len), number, len);
}

int record_append_text(struct record *record, uint16_t id, const char *text, size_t len)
{
	if (len > LENGTH_MASK)
		return -ENOSPC;
	return fill_text(append_room(record, id, true, len), text, len);
}

int record_merge(struct record *to, const struct record *from)
{
	struct value value;
	uint16_t pos = 0;
	uint16_t id;
	int rc = 0;

	while (record_next(from, &pos, &id, &value)) {
		int put = record_put(to, id, &value);

		if (put < 0)
			rc = put;
	}
	return rc;
}

static int append_octets(struct record *to, const uint8_t *octets, size_t len)
{
	if (len > (size_t)(to->size - to->len))
		return -ENOSPC;
	if (len)
		memcpy(to->data + to->len, octets, len);
	to->len += (uint16_t)len;
	return 0;
}

int record_append(struct record *to, const struct record *from)
{
	return append_octets(to, from->data, from->len);
}

int record_append_without(struct record *to, const struct record *from, const bool *unwanted, uint16_t count)
{
	const uint8_t *at = from->data, *first = at;	/* first: of those that are wanted and not yet copied */
	size_t left = from->len, size;

	for (; (size = value_size(at, left)); at += size, left -= size) {
		if (value_id(at) >= count || !unwanted[value_id(at)])
			continue;
		if (append_octets(to, first, at - first))
			return -ENOSPC;
		first = at + size;
	}
	return append_octets(to, first, at - first);
}

bool record_get(const struct record *record, uint16_t id, struct value *value)
{
	const uint8_t *head = find(record, id);

	return head && read_value(head, value);
}

int64_t record_number(const struct record *record, uint16_t id, int64_t fallback)
{
	struct value value;

	return record_get(record, id, &value) && !value.is_text ? value.number : fallback;
}

bool record_is(const struct record *record, uint16_t id, const char *text)
{
	struct value value;

	return record_get(record, id, &value) && value.is_text && value.len == strlen(text) && !memcmp(value.text, text, value.len);
}

size_t record_text(const struct record *record, uint16_t id, char *out, size_t size)
{
	struct value value;
	size_t len;

	if (!record_get(record, id, &value) || !value.is_text)
		value.len = 0;
	if (!size)
		return value.len;
	len = value.len < size ? value.len : size - 1;
	if (len)
		memcpy(out, value.text, len);
	out[len] = '\0';
	return value.len;
}

void record_drop(struct record *record, uint16_t id)
{
	uint8_t *head;

	while ((head = find(record, id)))
		remove_at(record, head);
}

void record_wipe(struct record *record)
{
	if (record->data)
		explicit_bzero(record->data, record->size);
	record->len = 0;
}

bool record_next(const struct record *record, uint16_t *pos, uint16_t *id, struct value *value)
{
	const uint8_t *head;
	size_t size;

	if (*pos >= record->len)
		return false;
	head = record->data + *pos;
	size = value_size(head, (size_t)record->len - *pos);
	if (!size || !read_value(head, value))
		return false;
	*id = value_id(head);
	*pos += (uint16_t)size;
	return true;
}

bool record_check(const uint8_t *data, size_t len)
{
	struct record record = { .data = (uint8_t *)data, .len = (uint16_t)len };
	struct value value;
	uint16_t pos = 0;
	uint16_t id;

	if (len > UINT16_MAX)
		return false;
	while (record_next(&record, &pos, &id, &value))
		;
	return pos == len;
}

int rows_add(struct rows *rows, const struct record *row)
{
	uint8_t *at = rows->data + rows->len;

	if (rows->count == UINT16_MAX || (size_t)rows->size - rows->len < ROW_HEAD + (size_t)row->len)
		return -ENOSPC;
	write_16(at, row->len);
	if (row->len)
		memcpy(at + ROW_HEAD, row->data, row->len);
	rows->len += ROW_HEAD + row->len;
	rows->count++;
	return 0;
}

bool rows_next(const struct rows *rows, uint16_t *pos, struct record *row)
{
	size_t left = *pos < rows->len ? (size_t)rows->len - *pos : 0;
	uint16_t len;

	if (left < ROW_HEAD)
		return false;
	len = read_16(rows->data + *pos);
	if (len > left - ROW_HEAD)
		return false;
	*row = (struct record){ .data = rows->data + *pos + ROW_HEAD, .len = len, .size = len };
	*pos += ROW_HEAD + len;
	return true;
}

bool rows_at(const struct rows *rows, unsigned int index, struct record *row)
{
	uint16_t pos = 0;

	do {
		if (!rows_next(rows, &pos, row))
			return false;
	} while (index--);
	return true;
}

bool rows_check(const uint8_t *data, size_t len, uint16_t *count)
{
	struct rows rows = { .data = (uint8_t *)data, .len = (uint16_t)len };
	struct record row;
	uint16_t pos = 0;

	*count = 0;
	if (len > UINT16_MAX)
		return false;
	while (rows_next(&rows, &pos, &row)) {
		if (!record_check(row.data, row.len))
			return false;
		(*count)++;
	}
	return pos == len;
}
