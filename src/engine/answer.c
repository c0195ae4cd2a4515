/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* engine/: the dialog machine: a session and an event in, an effect out. Start with step.c.
 *
 * Checks one answer to one question, and determines its value. */
#include <string.h>

#include "engine/step.h"
#include "starhash/calendar.h"

#define ANSWER_MAX 1000		/* octets */

static bool all_digits(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return len > 0;
}

static long long number_of(const char *text, size_t len)
{
	long long number = 0;

	while (len--)
		number = number * 10 + (*text++ - '0');
	return number;
}

size_t count_characters(const char *text, size_t len)
{
	const char *end = text + len;
	size_t count = 0;

	for (; text < end; count++)
		text_next(&text, end);
	return count;
}

static bool in_range(const struct question *question, long long number)
{
	return number >= question->min && number <= question->max;
}

/* "12", "12.5", "12,50" in minor units of \a digits digits. */
static bool parse_amount(const char *text, size_t len, unsigned int digits, long long *amount)
{
	const char *dot = memchr(text, '.', len);
	size_t whole, part;

	dot = dot ? dot : memchr(text, ',', len);
	whole = dot ? (size_t)(dot - text) : len;
	part = dot ? len - whole - 1 : 0;
	if (!all_digits(text, whole) || whole > 12 || part > digits || (dot && !all_digits(dot + 1, part)))
		return false;
	*amount = number_of(text, whole);
	if (dot)
		text = dot + 1;
	for (; digits; digits--) {
		*amount = *amount * 10 + (part ? *text++ - '0' : 0);
		part -= part > 0;
	}
	return true;
}

/* Read three numbers, from "24.12.2026" or "24122026", in the order of the language's date format. */
static bool date_numbers(const char *text, size_t len, bool year_first, int *out)
{
	static const size_t widths[2][3] = { { 2, 2, 4 }, { 4, 2, 2 } };
	const char *end = text + len;
	size_t width, i;

	for (i = 0; i < 3; i++) {
		width = all_digits(text, end - text) ? widths[year_first][i] : strspn(text, "0123456789");
		if (text + width > end || !all_digits(text, width) || width > 4)
			return false;
		out[i] = number_of(text, width);
		text += width;
		if (i < 2 && text < end && strchr(".-/ ", *text))
			text++;
	}
	return text == end;
}

static bool parse_date(const struct step *step, const char *text, size_t len, long long *date)
{
	const char *pattern = step_language(step)->formats.date;
	const char *year = strstr(pattern, "%Y"), *day = strstr(pattern, "%d");
	const bool year_first = !year || !day || year < day;
	int n[3];

	if (!date_numbers(text, len, year_first, n))
		return false;
	if (!year_first) {
		const int swap = n[0];

		n[0] = n[2];
		n[2] = swap;
	}
	if (n[0] > 2199 || !calendar_has(n[0], n[1], n[2]))
		return false;
	*date = n[0] * 10000LL + n[1] * 100 + n[2];
	return true;
}

static bool date_allowed(const struct step *step, const struct question *question, long long date)
{
	const int64_t today = format_today(step->event->now, step->event->utc_offset);

	switch (question->min) {
	case DATE_PAST: return date <= today;
	case DATE_FUTURE: return date >= today;
	default: return true;
	}
}

/* Accept "+8613800138000", "00…" or national digits, and store the digits alone. */
static bool parse_phone(const char **text, size_t *len)
{
	const size_t skip = **text == '+' ? 1 : *len > 2 && !memcmp(*text, "00", 2) ? 2 : 0;

	*text += skip;
	*len -= skip;
	return *len >= 3 && *len <= 15 && all_digits(*text, *len);
}

/* Store the value as the author wrote it: it may be a code that other systems look up. */
static bool is_one_of(const struct question *question, const char **text, size_t len)
{
	uint8_t i;

	for (i = 0; i < question->values_count; i++) {
		if (strlen(question->values[i]) == len && !strncasecmp(question->values[i], *text, len)) {
			*text = question->values[i];
			return true;
		}
	}
	return false;
}

static bool is_same(const struct step *step, const struct question *question, const char *text, size_t len)
{
	struct value other;

	return record_get(&step->vars, question->same_as, &other) && other.is_text && other.len == len &&
	       !memcmp(other.text, text, len);
}

static enum system_text wrong_unless(bool right, enum system_text hint)
{
	return right ? 0 : hint;
}

/* Returns what is wrong with an answer; if it is a number, *\a number is set. */
static enum system_text judge_answer(const struct step *step, const struct question *question, const char **text,
				     size_t *len, long long *number)
{
	switch (question->kind) {
	case QUESTION_DIGITS:
		return wrong_unless(all_digits(*text, *len) && in_range(question, *len), SYSTEM_WRONG_DIGITS);
	case QUESTION_LENGTH:
		return wrong_unless(in_range(question, count_characters(*text, *len)), SYSTEM_WRONG_LENGTH);
	case QUESTION_ONE_OF:
		return wrong_unless(is_one_of(question, text, *len), SYSTEM_WRONG_VALUE);
	case QUESTION_AMOUNT:
		return wrong_unless(parse_amount(*text, *len, step->menu->currency_minor, number) &&
				    in_range(question, *number), SYSTEM_WRONG_AMOUNT);
	case QUESTION_DATE:
		return wrong_unless(parse_date(step, *text, *len, number) &&
				    date_allowed(step, question, *number), SYSTEM_WRONG_DATE);
	case QUESTION_PHONE:
		return wrong_unless(parse_phone(text, len), SYSTEM_WRONG_PHONE);
	case QUESTION_PATTERN:
		return wrong_unless(pattern_matches(question->pattern, *text, *len), SYSTEM_WRONG_VALUE);
	case QUESTION_SAME_AS:
		return wrong_unless(is_same(step, question, *text, *len), SYSTEM_WRONG_REPEAT);
	}
	return SYSTEM_WRONG_VALUE;
}

bool answer_is_fit(const struct step *step, const struct question *question, const char *text, size_t len)
{
	long long number;

	return len && len <= ANSWER_MAX && !judge_answer(step, question, &text, &len, &number);
}

/* The answer belongs with those to the questions before it on the page, not with values of a row that was chosen before. */
static void leave_rows(struct step *step, const struct question *question)
{
	uint16_t set[QUESTIONS_MAX];
	unsigned int count = 0;

	do
		set[count] = step_page(step)->questions[count].var;
	while (&step_page(step)->questions[count++] != question);
	menu_leave_rows_in(step->menu, set, count, &step->vars);
}

enum system_text answer_take(struct step *step, const struct question *question, const char *text, size_t len)
{
	long long number = 0;
	enum system_text wrong;
	int rc;

	if (!len || len > ANSWER_MAX)
		return SYSTEM_WRONG_LENGTH;
	wrong = judge_answer(step, question, &text, &len, &number);
	if (wrong)
		return wrong;
	if (question->type == FIELD_TYPE_MONEY || question->type == FIELD_TYPE_DATE)
		rc = record_put_number(&step->vars, question->var, number);
	else
		rc = record_put_text(&step->vars, question->var, text, len);
	if (question->var == FIELD_SERVICE)	/* a service brings its terms, however it is named */
		menu_put_terms(step->menu, text, len, &step->vars);
	leave_rows(step, question);
	return rc ? SYSTEM_WRONG_LENGTH : 0;
}
