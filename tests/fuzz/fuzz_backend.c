/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fuzz target: answers of a hostile backend; the first octet chooses the status. Whatever comes has one outcome, and values that fit what
 * was declared, so that pages fit. */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "backend/declared.h"
#include "starhash/text.h"

static const char declaration[] =
	"loyalty = { url = \"https://loyalty.example\"; money = \"major\";"
	"fields = { name = { path = \"$.name\"; width = 9; }; code = { path = \"$.code\"; type = \"code\"; width = 6; };"
	"	amount = { path = \"$.price\"; type = \"money\"; }; left = { path = \"$.left\"; type = \"count\"; width = 3; };"
	"	since = { path = \"$.since\"; type = \"date\"; }; at = { path = \"$.at\"; type = \"time\"; }; };"
	"rows = { path = \"$.rows[*]\"; max = 4; fields = { offer = { path = \"$.offer\"; width = 12; };"
	"	cost = { path = \"$.cost[0].value\"; type = \"money\"; width = 8; };"
	"	month = { path = \"$.month\"; type = \"month\"; }; }; };"
	"outcomes = ( { is = \"none\"; when_status = 404; }, { is = \"refused\"; path = \"$.code\"; equals = \"LIMIT\"; } ); };";

static struct declared *declared_make(void)
{
	struct problems problems = { 0 };
	const int fd = memfd_create("declaration", MFD_CLOEXEC);
	struct declared *declared = talloc_zero(NULL, struct declared);
	struct conf_file *file;
	char path[64];

	MUST(fd >= 0 && declared && write(fd, declaration, strlen(declaration)) == (ssize_t)strlen(declaration));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	file = conf_file_load(path, &problems);
	MUST(file);
	declared_read(declared, conf_file_root(file)->child, NULL, 0, declared, &problems);
	MUST(problems.count == 0);
	close(fd);
	return declared;
}

static bool is_control(uint32_t c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void check_text(const struct backend_value *declared, const struct value *value)
{
	const char *at = value->text, *end = at + value->len;

	MUST(value->len && text_valid(value->text, value->len));
	MUST(text_fits(text_cost(value->text, value->len), (struct text_budget){ declared->width, declared->width }));
	MUST(value->len <= 3 * declared->width);
	while (at < end) {
		const uint32_t c = text_next(&at, end);

		MUST(!is_control(c) && (declared->type == FIELD_TYPE_TEXT || c != ' '));
	}
}

static void check_values(const struct backend_value *values, unsigned int count, const struct record *record)
{
	unsigned int found = 0;
	struct value value;
	uint16_t pos = 0, id;

	MUST(record_check(record->data, record->len));
	for (unsigned int i = 0; i < count; i++) {
		const bool text = values[i].type == FIELD_TYPE_TEXT || values[i].type == FIELD_TYPE_CODE;

		if (!record_get(record, values[i].id, &value))
			continue;
		found++;
		MUST(value.is_text == text);
		if (text)
			check_text(&values[i], &value);
		else if (values[i].type == FIELD_TYPE_MONEY || values[i].type == FIELD_TYPE_COUNT)
			MUST(value.number <= value_max(&values[i]) && value.number >= -value_max(&values[i]));
		else
			MUST(value.number >= 0);
	}
	while (record_next(record, &pos, &id, &value))
		found--;
	MUST(found == 0);		/* nothing but these */
}

static void check_answer(const struct declared *declared, const struct backend_answer *answer, const struct answer_notes *notes)
{
	const struct backend *backend = &declared->backend;
	struct record row;
	uint16_t pos = 0, count = 0;

	MUST(answer->outcome >= 0 && answer->outcome < (int)backend->outcomes_count - 1);	/* nothing that came is slow */
	MUST(rows_check(answer->rows.data, answer->rows.len, &count) && count == answer->rows.count && count <= backend->rows_max);
	check_values(backend->fields, backend->fields_count, &answer->facts);
	while (rows_next(&answer->rows, &pos, &row))
		check_values(backend->row, backend->row_count, &row);
	if (answer->outcome == backend_unavailable(backend))
		MUST(*notes->why && !answer->facts.len && !answer->rows.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const long statuses[] = { 200, 201, 404, 422, 302, 500 };
	static struct declared *declared;
	uint8_t facts[RESPONSE_FACTS_MAX], rows[RESPONSE_ROWS_MAX];
	struct backend_answer answer = { .facts = { facts, 0, sizeof(facts) }, .rows = { rows, 0, sizeof(rows), 0 } };
	struct answer_notes notes;
	char *text;

	if (!declared)
		declared = declared_make();
	if (!size)
		return 0;
	text = malloc(size);
	MUST(text);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	answer_read(declared, &(struct http_answer){ .status = statuses[*data % 6], .body = text, .len = size - 1 }, &answer, &notes);
	check_answer(declared, &answer, &notes);
	free(text);
	return 0;
}
