/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fuzz target: hostile lines of import files. The first octet chooses the format. Accepted values are within their
 * bounds, and a line reads the same whatever came before it. */
#include "fuzz.h"

#include <string.h>

#include "import/reader.h"

static struct import_reader reader, fresh;

static void text_check(const char *text)
{
	if (text)
		MUST(text >= reader.text && text + strlen(text) <= reader.text + IMPORT_LINE_MAX);
}

static void lists_check(const struct stored_account *account)
{
	unsigned int lines = 0;

	MUST(account->bills_count <= IMPORT_BILLS_MAX && account->points_count <= IMPORT_POINTS_MAX);
	MUST(account->subscriptions_count <= IMPORT_SUBSCRIPTIONS_MAX);
	for (unsigned int i = 0; i < account->bills_count; i++) {
		MUST(account->bills[i].lines == reader.row.lines + lines);
		for (unsigned int k = 0; k < account->bills[i].lines_count; k++)
			text_check(account->bills[i].lines[k].item);
		lines += account->bills[i].lines_count;
	}
	MUST(lines == reader.row.lines_count && lines <= IMPORT_LINES_MAX);
	for (unsigned int i = 0; i < account->subscriptions_count; i++) {
		MUST(account->subscriptions[i].service);
		text_check(account->subscriptions[i].service);
	}
	for (unsigned int i = 0; i < account->points_count; i++)
		text_check(account->points_entries[i].reason);
}

static void row_check(const struct import_row *row)
{
	MUST(row->table == IMPORT_SERVICES ? row->service.code != NULL : row->account.msisdn[0] != '\0');
	MUST(strlen(row->account.msisdn) < MSISDN_SIZE);
	text_check(row->account.owner);
	text_check(row->account.brand);
	text_check(row->service.code);
	lists_check(&row->account);
}

static void line_check(const char *line, size_t len)
{
	const bool named = reader.named;
	enum import_found found;

	if (reader.format == IMPORT_JSONL) {
		import_reader_init(&fresh, IMPORT_JSONL);
		found = import_read(&fresh, line, len);
		MUST(import_read(&reader, line, len) == found);
		MUST(found != IMPORT_FOUND_BAD || !strcmp(reader.why, fresh.why));
	} else {
		found = import_read(&reader, line, len);
		MUST(found != IMPORT_FOUND_ALIEN || !named);
	}
	MUST(found != IMPORT_FOUND_BAD || (reader.why[0] && strlen(reader.why) < IMPORT_WHY_SIZE));
	if (found == IMPORT_FOUND_ROW)
		row_check(&reader.row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data + 1, *end = (const char *)data + size;

	if (!size)
		return 0;
	import_reader_init(&reader, *data & 1 ? IMPORT_CSV : IMPORT_JSONL);
	while (at < end) {
		const char *feed = memchr(at, '\n', (size_t)(end - at));

		line_check(at, (size_t)((feed ? feed : end) - at));
		at = feed ? feed + 1 : end;
	}
	return 0;
}
