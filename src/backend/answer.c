/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* backend/: the operator's own HTTP services. Start with backends.c; declared.c reads their declarations.
 *
 * Interprets an answer (F41): its outcome, and its values, each checked, none taken as markup or routing. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "backend/declared.h"
#include "starhash/text.h"

#define HTTP_ACCEPTED 202	/* RFC 9110, 15.3.3 */
#define HTTP_NO_CONTENT 204	/* 15.3.5 */

static const char *complain(struct answer_notes *notes, const char *name, const char *complaint)
{
	snprintf(notes->why, sizeof(notes->why), "%s %s", name, complaint);
	return notes->why;
}

/* ---- one value: NULL if valid, otherwise the complaint ---- */

/* Line breaks and tabs become blanks. Other control characters would do something to the phone; those of direction and joining lines, to
 * the rest of the page. */
static bool is_dropped(uint32_t c)
{
	return text_is_control(c) || c == 0x061c || c == 0x200b || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c >= 0xe0000 && c <= 0xe007f);
}

/* Copy without them, in \a out with room for \a len octets; blanks in a row become one, those at the ends none. Returns the length. */
static size_t text_clean(const char *text, size_t len, char *out)
{
	const char *end = text + len;
	size_t used = 0;

	while (text < end) {
		uint32_t c = text_next(&text, end);

		if (c == '\n' || c == '\r' || c == '\t')
			c = ' ';
		if (is_dropped(c) || (c == ' ' && (!used || out[used - 1] == ' ')))
			continue;
		used += text_put(c, out + used);
	}
	return used && out[used - 1] == ' ' ? used - 1 : used;
}

/* An empty text is not known. */
static const char *text_take(const struct backend_value *value, uint16_t id, const json_t *json, struct record *out,
			     struct answer_notes *notes)
{
	const struct text_budget budget = { (uint16_t)value->width, (uint16_t)value->width };
	char buffer[JSON_TEXT_SIZE];
	const char *text = json_text(json, buffer);
	const size_t len = text ? strlen(text) : 0;
	char *clean;
	size_t used, fit, skip;

	if (!text)
		return "is not text";
	clean = talloc_size(NULL, len + 1);
	OSMO_ASSERT(clean);
	used = text_clean(text, len, clean);
	fit = text_cut(clean, used, budget, &skip);
	notes->cut += fit < used;
	if (value->type == FIELD_TYPE_CODE && (fit < used || memchr(clean, ' ', used)))
		text = "is not a code, or too long";
	else
		text = fit && record_put_text(out, id, clean, fit) ? "has no room" : NULL;
	talloc_free(clean);
	return text;
}

static const char *number_take(const struct backend_value *value, uint16_t id, bool major, const json_t *json, struct record *out)
{
	const bool limited = value->type == FIELD_TYPE_MONEY || value->type == FIELD_TYPE_COUNT;
	int64_t number, max;

	if (json_number(json, value->type, major, &number))
		return "cannot be read";
	max = limited ? value_max(value) : INT64_MAX;
	/* The sign of a count takes a digit's place; the width of an amount has room for it. */
	if (number > max || number < (value->type == FIELD_TYPE_COUNT ? -(max / 10) : -max))
		return "is too large";
	return record_put_number(out, id, number) ? "has no room" : NULL;
}

/* Returns how many values were present, or -1 with the reason in \a notes. */
static int values_take(const struct backend_value *values, const struct json_path *paths, unsigned int count, bool major,
		       const json_t *root, struct record *out, struct answer_notes *notes)
{
	int found = 0;

	for (unsigned int i = 0; i < count; i++) {
		const struct backend_value *value = &values[i];
		const json_t *json = json_path_find(&paths[i], root);
		const uint16_t id = value->id;
		const char *wrong;

		if (!json || json_is_null(json))
			continue;
		if (value_is_text(value))
			wrong = text_take(value, id, json, out, notes);
		else
			wrong = number_take(value, id, major, json, out);
		if (wrong) {
			complain(notes, value->name, wrong);
			return -1;
		}
		found++;
	}
	return found;
}

/* ---- rows ---- */

/* A row without any value is left out. */
static bool rows_take(const struct declared *declared, const json_t *root, struct rows *out, struct answer_notes *notes)
{
	const struct backend *backend = &declared->backend;
	const json_t *list = json_path_find(&declared->rows, root);
	uint8_t data[RESPONSE_ROWS_MAX];

	if (!list || !json_is_array(list)) {
		complain(notes, "rows", list ? "is not a list" : "is missing");
		return false;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct record row = { data, 0, sizeof(data) };
		int found;

		if (out->count == backend->rows_max) {
			notes->cut += (unsigned int)(json_array_size(list) - i);
			break;
		}
		found = values_take(backend->row, declared->row, backend->row_count, backend->major, json_array_get(list, i), &row, notes);
		if (found < 0 || (found && rows_add(out, &row)))
			return false;
	}
	return true;
}

/* ---- the whole ---- */

/* Outcome that was declared for this answer; -1: none. */
static int declared_outcome(const struct declared *declared, long status, const json_t *root)
{
	for (unsigned int i = 0; i < declared->conditions_count; i++) {
		const struct outcome_condition *condition = &declared->conditions[i];
		char buffer[JSON_TEXT_SIZE];
		const char *text;

		if (condition->status ? condition->status != status : condition->outcome == BACKEND_OK && status > 299)
			continue;
		text = condition->where ? json_text(json_path_find(&condition->path, root), buffer) : NULL;
		if (!condition->where || (text && !strcmp(text, condition->equals)))
			return condition->outcome;
	}
	return -1;
}

/* All values, or none and false. */
static bool content_take(const struct declared *declared, const json_t *root, struct backend_answer *out, struct answer_notes *notes)
{
	const struct backend *backend = &declared->backend;

	if (values_take(backend->fields, declared->fields, backend->fields_count, backend->major, root, &out->facts, notes) >= 0 &&
	    (!backend->row_count || rows_take(declared, root, &out->rows, notes)))
		return true;
	out->facts.len = out->rows.len = out->rows.count = 0;
	return false;
}

/* A status that says that the service, not the request, is the problem. */
static bool is_failure(long status)
{
	return status >= 500 || status == 401 || status == 403 || status == 408 || status == 429;
}

/* There may be no content: if nothing is read from it, or if the status says so. A page of a proxy is not an answer. */
static bool is_unreadable(const struct backend *backend, const struct http_answer *answer, const json_t *root)
{
	return !root && (answer->len || (answer->status != HTTP_NO_CONTENT && (backend->fields_count || backend->row_count)));
}

/* The outcome of an answer that came, with \a root NULL if it is not JSON. */
static int outcome_of(const struct declared *declared, const struct http_answer *answer, const json_t *root, struct backend_answer *out,
		      struct answer_notes *notes)
{
	const struct backend *backend = &declared->backend;
	const long status = answer->status;
	const int outcome = status >= 200 && status <= 499 ? declared_outcome(declared, status, root) : -1;

	if (outcome > BACKEND_OK) {
		/* its values are welcome, but not what it depends on */
		if (root && !backend->row_count)
			content_take(declared, root, out, notes);
		return outcome;
	}
	if (outcome < 0 && (status < 200 || status > 299 || status == HTTP_ACCEPTED)) {
		/* accepted is not done: an order is sent again until it is */
		notes->failed = is_failure(status);
		snprintf(notes->why, sizeof(notes->why), "status %ld", status);
		return backend_unavailable(backend);
	}
	if (is_unreadable(backend, answer, root)) {
		notes->failed = true;
		snprintf(notes->why, sizeof(notes->why), "not JSON");
		return backend_unavailable(backend);
	}
	if (outcome < 0 && declared->says_ok) {
		snprintf(notes->why, sizeof(notes->why), "no outcome is declared for it");
		return backend_unavailable(backend);
	}
	return !root || content_take(declared, root, out, notes) ? BACKEND_OK : backend_unavailable(backend);
}

void answer_read(const struct declared *declared, const struct http_answer *answer, struct backend_answer *out,
		 struct answer_notes *notes)
{
	json_t *root;

	*notes = (struct answer_notes){ .failed = answer->failure != HTTP_ANSWERED };
	if (answer->failure != HTTP_ANSWERED) {
		snprintf(notes->why, sizeof(notes->why), "%s", answer->failed);
		out->outcome = answer->failure == HTTP_SLOW ? backend_slow(&declared->backend) : backend_unavailable(&declared->backend);
		return;
	}
	root = json_loadb(answer->body, answer->len, JSON_REJECT_DUPLICATES, NULL);
	out->outcome = outcome_of(declared, answer, root, out, notes);
	json_decref(root);
}
