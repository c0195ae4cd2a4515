/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fuzz target: records and rows of hostile octets, as in a damaged database. Records that pass the check can be walked, read and
 * changed within their bounds. */
#include "fuzz.h"

#include <string.h>

#include "starhash/record.h"

#define MOST 4096

static void check_value(const struct record *record, uint16_t id, const struct value *value)
{
	struct value first;
	char text[64];

	if (value->is_text)
		MUST((const uint8_t *)value->text >= record->data &&
		     (const uint8_t *)value->text + value->len <= record->data + record->len);
	MUST(record_get(record, id, &first));
	record_text(record, id, text, sizeof(text));
	MUST(memchr(text, '\0', sizeof(text)));
}

/* Each value by itself, and all of them in another record, of the same length. */
static unsigned int check_walk(const struct record *record)
{
	uint8_t octets[MOST];
	struct record copy = { octets, 0, sizeof(octets) };
	unsigned int count = 0;
	struct value value;
	uint16_t pos = 0, id;

	while (record_next(record, &pos, &id, &value)) {
		MUST(pos <= record->len);
		check_value(record, id, &value);
		count++;
	}
	MUST(record_append(&copy, record) == 0);
	MUST(record_check(copy.data, copy.len));
	return count;
}

static void check_record(const uint8_t *data, size_t size)
{
	uint8_t octets[MOST];
	struct record record = { octets, (uint16_t)size, sizeof(octets) };
	struct value value;
	uint16_t pos = 0, id;

	memcpy(octets, data, size);
	check_walk(&record);
	while (record_next(&record, &pos, &id, &value)) {
		record_drop(&record, id);
		MUST(!record_get(&record, id, &value) && record_check(record.data, record.len));
		pos = 0;
	}
	MUST(record.len == 0);
	MUST(record_put_number(&record, 7, -1) == 0 && record_number(&record, 7, 0) == -1);
}

static void check_rows(const uint8_t *data, size_t size)
{
	struct rows rows = { (uint8_t *)data, (uint16_t)size, (uint16_t)size, 0 };
	unsigned int count = 0;
	struct record row;
	uint16_t pos = 0;

	if (!rows_check(data, size, &rows.count))
		return;
	while (rows_next(&rows, &pos, &row)) {
		MUST(row.data >= data && row.data + row.len <= data + size);
		check_walk(&row);
		count++;
	}
	MUST(count == rows.count);
	MUST(!rows_at(&rows, count, &row));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > MOST / 2)
		return 0;
	if (record_check(data, size))
		check_record(data, size);
	check_rows(data, size);
	return 0;
}
