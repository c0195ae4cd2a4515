/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records and rows: values packed one after the other.
 *
 * A value is a header of four octets, then its contents. The header is the id and a word with type (highest bit: text) and length, both
 * little-endian, so that saved sessions can move between machines. A number has eight octets. A row is a length of two octets and a
 * record. */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "starhash/record.h"

#define HEAD 4
#define TEXT_BIT 0x8000
#define LENGTH_MASK 0x7fff
#define NUMBER_LEN 8
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

static inline int64_t read_64(const uint8_t *at)
{
	uint64_t number;

	memcpy(&number, at, sizeof(number));
	return (int64_t)le64toh(number);
}

static inline void write_64(uint8_t *at, int64_t signed_number)
{
	const uint64_t number = htole64((uint64_t)signed_number);

	memcpy(at, &number, sizeof(number));
}

static inline unsigned int value_len(const uint8_t *head)
{
	return read_16(head + 2) & LENGTH_MASK;
}

/* The header of the value, or NULL. Stays in bounds even if the octets were never checked. */
static inline uint8_t *find(const struct record *record, uint16_t id)
{
	uint8_t *at = record->data;
	unsigned int left = record->len, size;

	for (; left >= HEAD; at += size, left -= size) {
		size = HEAD + value_len(at);
		if (size > left)
			break;
		if (read_16(at) == id)
			return at;
	}
	return NULL;
}

/* False when a number has the wrong length, which only happens in unchecked octets. */
static inline bool read_value(const uint8_t *head, struct value *value)
{
	value->len = (uint16_t)value_len(head);
	value->is_text = read_16(head + 2) & TEXT_BIT;
	value->number = 0;
	value->text = NULL;
	if (value->is_text)
		value->text = (const char *)head + HEAD;
	else if (value->len == NUMBER_LEN)
		value->number = read_64(head + HEAD);
	else
		return false;
	return true;
}

static void remove_at(struct record *record, uint8_t *head)
{
	size_t gone = HEAD + value_len(head);
	uint8_t *end = record->data + record->len;

	memmove(head, head + gone, (size_t)(end - head) - gone);
	explicit_bzero(end - gone, gone);
	record->len -= (uint16_t)gone;
}

/* Make room at the end for a value of that type and length. */
static inline uint8_t *append_room(struct record *record, uint16_t id, uint16_t shape)
{
	uint8_t *head = record->data + record->len;

	if ((size_t)record->size - record->len < HEAD + (size_t)(shape & LENGTH_MASK))
		return NULL;
	record->len += HEAD + (shape & LENGTH_MASK);
	write_16(head, id);
	write_16(head + 2, shape);
	return head + HEAD;
}

/* Reuse the place of the old value if type and length are the same, else append. */
static uint8_t *make_room(struct record *record, uint16_t id, uint16_t shape)
{
	uint8_t *head = find(record, id);

	if (head && read_16(head + 2) == shape)
		return head + HEAD;
	if (head)
		remove_at(record, head);
	return append_room(record, id, shape);
}

static int fill_number(uint8_t *at, int64_t number)
{
	if (!at)
		return -ENOSPC;
	write_64(at, number);
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
	return fill_number(make_room(record, id, NUMBER_LEN), number);
}

int record_put_text(struct record *record, uint16_t id, const char *text, size_t len)
{
	if (len > LENGTH_MASK) {
		record_drop(record, id);
		return -ENOSPC;
	}
	return fill_text(make_room(record, id, (uint16_t)(TEXT_BIT | len)), text, len);
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
	return fill_number(append_room(record, id, NUMBER_LEN), number);
}

int record_append_text(struct record *record, uint16_t id, const char *text, size_t len)
{
	if (len > LENGTH_MASK)
		return -ENOSPC;
	return fill_text(append_room(record, id, (uint16_t)(TEXT_BIT | len)), text, len);
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

int record_append(struct record *to, const struct record *from)
{
	if (from->len > to->size - to->len)
		return -ENOSPC;
	if (from->len)
		memcpy(to->data + to->len, from->data, from->len);
	to->len += from->len;
	return 0;
}

void record_number_write(uint8_t octets[static NUMBER_LEN], int64_t number)
{
	write_64(octets, number);
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
	size_t left;

	if (*pos >= record->len)
		return false;
	head = record->data + *pos;
	left = (size_t)record->len - *pos;
	if (left < HEAD || value_len(head) > left - HEAD || !read_value(head, value))
		return false;
	*id = read_16(head);
	*pos += HEAD + value->len;
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
