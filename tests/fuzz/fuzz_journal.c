/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fuzz target: hostile lines of the journal. What a line was parsed to can be written, and that line parses to the same. */
#include "fuzz.h"

#include <string.h>

#include "journal/journal_internal.h"

static struct cdr_line first, second;
static char out[CDR_LINE_MAX];

static void same(const char *one, const char *other)
{
	MUST(!one == !other && (!one || !strcmp(one, other)));
}

static void text_check(const char *text)
{
	MUST(text >= first.room && text + strlen(text) < first.room + sizeof(first.room));
}

/* The writer replaces invalid UTF-8, so the first record written is the one to compare with. */
static size_t write_again(struct cdr_line *line)
{
	const struct number_style style = { .numbers = NUMBERS_CLEAR };
	struct subscriber *subscriber = &line->cdr.subscriber;

	/* the daemon writes digits */
	snprintf(line->by_imsi ? subscriber->imsi : subscriber->msisdn, IMSI_SIZE, "%s",
		 strspn(line->number, "0123456789*") == strlen(line->number) ? line->number : "1");
	return line_print(&style, &line->cdr, out, sizeof(out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len;

	if (cdr_line_parse(&first, (const char *)data, size))
		return 0;
	text_check(first.cdr.channel);
	text_check(first.cdr.code);
	text_check(first.cdr.language);
	for (unsigned int i = 0; i < first.cdr.path_count; i++)
		text_check(first.cdr.path[i]);
	len = write_again(&first);
	if (!len)
		return 0;		/* invalid UTF-8 takes more octets when it is replaced */
	MUST(!cdr_line_parse(&first, out, len - 1));
	len = write_again(&first);
	MUST(len && !cdr_line_parse(&second, out, len - 1));
	same(first.cdr.channel, second.cdr.channel);
	same(first.cdr.code, second.cdr.code);
	same(first.number, second.number);
	same(first.cdr.language, second.cdr.language);
	same(first.cdr.ref, second.cdr.ref);
	MUST(first.cdr.began_ms == second.cdr.began_ms && first.cdr.menu == second.cdr.menu && first.cdr.turns == second.cdr.turns);
	MUST(first.cdr.took_ms == second.cdr.took_ms && first.cdr.slowest_ms == second.cdr.slowest_ms);
	MUST(first.cdr.outcome == second.cdr.outcome && first.cdr.path_left_out == second.cdr.path_left_out);
	MUST(first.cdr.path_count == second.cdr.path_count && !first.cdr.waits_ms == !second.cdr.waits_ms);
	for (unsigned int i = 0; i < first.cdr.path_count; i++) {
		same(first.path[i], second.path[i]);
		MUST(!first.cdr.waits_ms || first.waits_ms[i] == second.waits_ms[i]);
	}
	return 0;
}
