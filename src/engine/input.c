/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Input from the subscriber: navigation, a choice, a row, an answer, yes or no. */
#include <stdlib.h>
#include <string.h>

#include "engine/step.h"

#define INPUT_MAX 640
#define WORD_MAX 96
#define CHOSEN_ROOM 640	/* octets for the chosen rows */
#define ANSWERED_MAX 160	/* octets of a yes as it was typed */
#define CODES_MAX 3		/* wrong one-time codes that end the request */
#define ANSWERED_CODE "(code)"	/* stored in the consent record instead of a one-time code */

/* Nearly all comparisons end at the first character. */
static bool is(const char *key, const char *text, size_t len)
{
	if (len && (*key ^ *text) & ~('a' ^ 'A'))
		return false;
	return strlen(key) == len && !strncasecmp(key, text, len);
}

void input_wrong(struct step *step, enum system_text hint)
{
	path_drop(step);
	if (++step->session->wrong >= step->menu->tries)
		end_with(step, SYSTEM_GOODBYE);
	else
		step->hint = &step_language(step)->system[hint];
}

/* ---- yes and no ---- */

/* "Yes." counts as the key, and "Yes, please" as "YES PLEASE". */
static bool says(const char *const *words, uint8_t count, const char *text, size_t len)
{
	char folded[32];
	size_t used = 0, at;
	uint8_t i;

	if (len >= sizeof(folded))
		return false;
	len = text_fold_keyword(text, len, folded);
	for (at = 0; at < len; at++)
		if (folded[at] != ',')
			folded[used++] = folded[at];
	for (i = 0; i < count; i++)
		if (is(words[i], folded, used))
			return true;
	return false;
}

static bool is_yes(const struct step *step, const char *text, size_t len)
{
	return is(step->menu->keys.yes, text, len) || input_says_yes(step, text, len);
}

static bool is_no(const struct step *step, const char *text, size_t len)
{
	const struct language *language = step_language(step);

	return is(step->menu->keys.no, text, len) || says(language->no, language->no_count, text, len);
}

/* ---- choices and rows ---- */

static const struct choice *choice_with(const struct step *step, const char *key, size_t len)
{
	const struct page *page = step_page(step);
	unsigned int i;

	for (i = 0; i < page->choices_count; i++)
		if (is(page->choices[i].key, key, len) && step_holds(step, &page->choices[i].conditions))
			return &page->choices[i];
	return NULL;
}

/* Where other texts are answers, too, "yes" is not one of them, but the key. */
static const struct choice *find_choice(const struct step *step, const char *text, size_t len)
{
	const struct menu_keys *keys = &step->menu->keys;

	if (step_page(step)->otherwise != PAGE_NONE && is_yes(step, text, len))
		return choice_with(step, keys->yes, strlen(keys->yes));
	if (step_page(step)->otherwise != PAGE_NONE && is_no(step, text, len))
		return choice_with(step, keys->no, strlen(keys->no));
	return choice_with(step, text, len);
}

/* A number is a mistyped key. */
static bool is_written(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len && text[i] >= '0' && text[i] <= '9'; i++)
		;
	return i < len;
}

/* Whether a page, or one that its route may lead to, changes something as soon as it is entered. Typing the choice is then the decision,
 * so a dialled path stops before it. */
static bool commits_at_once(const struct step *step, uint16_t index)
{
	const struct page *page = &step->menu->pages[index];
	uint8_t i;

	for (i = 0; page->route && i < page->choices_count; i++)
		if (page->choices[i].page != PAGE_NONE && commits_at_once(step, page->choices[i].page))
			return true;
	return page->action && page->action->changes && !page->questions_count && !page->confirm;
}

static void take_choice(struct step *step, const char *text, size_t len)
{
	const struct choice *choice = find_choice(step, text, len);

	if (!choice && step->typed && step_page(step)->otherwise != PAGE_NONE && is_written(text, len)) {
		walk_push(step);
		text_answers(step, step_page(step)->otherwise, step->event->text, step->event->len);
	} else if (!choice) {
		input_wrong(step, SYSTEM_WRONG_CHOICE);
	} else if (!step->typed && commits_at_once(step, choice->page)) {
		path_drop(step);
	} else {
		walk_push(step);
		walk_go(step, choice->page, &choice->with);
	}
}

/* Returns false for anything but a small number from 1. */
static bool row_number(const char *text, size_t len, unsigned int *number)
{
	size_t i;

	*number = 0;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || *number > 999)
			return false;
		*number = *number * 10 + (text[i] - '0');
	}
	return *number > 0;
}

/* Compare a word such as "caller ID" with an input, both folded. */
static bool is_word(const char *word, const char *text, size_t len)
{
	char folded[WORD_MAX];

	if (strlen(word) >= sizeof(folded) || len >= sizeof(folded))
		return false;
	folded[text_fold_keyword(word, strlen(word), folded)] = '\0';
	return is(folded, text, len);
}

/* Whether the text is a code's word in a language. */
static bool is_called(const struct language *language, const char *field, const struct value *code, const char *text,
		      size_t len)
{
	uint16_t i, k;

	for (i = 0; i < language->words_count; i++) {
		const struct words *words = &language->words[i];

		for (k = 0; !strcmp(words->name, field) && k < words->count; k++)
			if (is(words->list[k].code, code->text, code->len))
				return is_word(words->list[k].text, text, len);
	}
	return false;
}

/* Whether the text is the code, "NEWS", or its word in the subscriber's or another language: "News", "手机报". */
static bool is_code(const struct step *step, uint16_t var, const struct value *code, const char *text, size_t len)
{
	uint16_t i;

	if (code->len == len && !strncasecmp(code->text, text, len))
		return true;
	for (i = 0; i < step->menu->languages_count; i++)
		if (is_called(&step->menu->languages[i], menu_var_words(step->menu, var), code, text, len))
			return true;
	return false;
}

/* Accepts "202610", "2026-10", "10/2026". */
static bool is_month_or_date(long long number, const char *text, size_t len)
{
	char digits[24];
	size_t count = 0, i;
	long long given;

	for (i = 0; i < len; i++) {
		if (text[i] == '-' || text[i] == '/' || text[i] == '.')
			continue;
		if (text[i] < '0' || text[i] > '9' || count == sizeof(digits) - 1)
			return false;
		digits[count++] = text[i];
	}
	digits[count] = '\0';
	given = strtoll(digits, NULL, 10);
	return count && (given == number || (count == 6 && given % 10000 * 100 + given / 10000 == number));
}

/* Whether the text names the row: the first field identifies it. */
static bool row_is(const struct step *step, const struct record *row, const char *text, size_t len)
{
	const uint16_t first = step_page(step)->list->fields[0];
	struct value value;

	if (!record_get(row, first, &value))
		return false;
	return value.is_text ? is_code(step, first, &value, text, len) : is_month_or_date(value.number, text, len);
}

/* On a resumed page a number means the row that had it (F22), if that is still there. */
static bool was_shown(const struct step *step, unsigned int number, const struct rows *rows, struct record *row)
{
	struct shown_row shown = {};
	struct value packed;
	uint16_t pos = 0, at;

	if (!record_get(&step->vars, VAR_SHOWN, &packed))
		return false;
	for (at = 0; at + sizeof(shown) <= packed.len && shown.number != number; at += sizeof(shown))
		memcpy(&shown, packed.text + at, sizeof(shown));
	while (shown.number == number && rows_next(rows, &pos, row))
		if (session_row_mark(row) == shown.mark)
			return true;
	return false;
}

static bool find_row_with(const struct step *step, const struct rows *rows, const char *text, size_t len,
			  struct record *row)
{
	struct row_keys keys = {};
	unsigned int number;
	uint16_t pos = 0;

	if (row_number(text, len, &number)) {
		if (was_shown(step, number, rows, row))
			return true;
		while (!record_get(&step->vars, VAR_SHOWN, &(struct value){}) && rows_next(rows, &pos, row))
			if (row_key(step->menu, step_page(step), row, &keys) == number)
				return true;
		if (step_page(step)->list->backend)
			return false;		/* a service must not give another meaning to a key */
		pos = 0;
	}
	while (len && rows_next(rows, &pos, row))
		if (row_is(step, row, text, len))
			return true;
	return false;
}

/* Shortens "NEWS, PLEASE" to "NEWS". */
static size_t without_last_word(char *folded, size_t len)
{
	while (len && folded[len - 1] != ' ' && folded[len - 1] != '\n')
		len--;
	return text_fold_keyword(folded, len, folded);
}

/* Find a row by its number on the screen, or else by its name; ignore any words after that. \a folded is overwritten. */
static bool find_row(const struct step *step, const struct rows *rows, char *folded, size_t len, struct record *row)
{
	while (len && !find_row_with(step, rows, folded, len, row))
		len = without_last_word(folded, len);
	return len;
}

static bool has_row(const struct rows *rows, const struct record *row)
{
	struct record other;
	uint16_t pos = 0;

	while (rows_next(rows, &pos, &other))
		if (other.len == row->len && !memcmp(other.data, row->data, row->len))
			return true;
	return false;
}

/* Split at commas; a name may contain blanks. */
static size_t split_at_commas(const char *folded, size_t len, struct text_span *parts, size_t most)
{
	size_t count = 0, from = 0, at;

	for (at = 0; at <= len && count < most; at++) {
		if (at < len && folded[at] != ',' && folded[at] != ';')
			continue;
		if (at > from)
			parts[count++] = (struct text_span){ from, at - from };
		from = at + 1;
	}
	return count;
}

/* Choose rows for as many leading words as name rows, each row once. Returns the number of those words. */
static size_t choose_words(const struct step *step, const struct rows *rows, char *folded,
			   const struct text_span *words, size_t count, struct rows *chosen)
{
	struct record row;
	size_t i, len;

	for (i = 0; i < count; i++) {
		char *word = folded + words[i].from;

		len = text_fold_keyword(word, words[i].len, word);
		if (!find_row(step, rows, word, len, &row) || (!has_row(chosen, &row) && rows_add(chosen, &row)))
			break;
	}
	return i;
}

/* For "2,3" or "NEWS, Caller ID", every item between commas must name a row; for "1 3 please", use the leading words. */
static bool find_several(const struct step *step, const struct rows *rows, const char *folded, size_t len,
			 struct rows *chosen)
{
	struct text_span words[CHOSEN_MAX + 2];
	const size_t most = sizeof(words) / sizeof(words[0]);
	char copy[WORD_MAX];
	size_t count;

	if (step_page(step)->several_page == PAGE_NONE)
		return false;
	memcpy(copy, folded, len);
	count = split_at_commas(copy, len, words, most);
	if (count > 1)
		return choose_words(step, rows, copy, words, count, chosen) == count && chosen->count <= CHOSEN_MAX;
	count = text_words(copy, len, " ", words, most);
	return choose_words(step, rows, copy, words, count, chosen) > 1 && chosen->count <= CHOSEN_MAX;
}

/* Choose one row, or several, from the list on the screen. */
static bool choose(const struct step *step, const char *text, size_t len, struct rows *chosen)
{
	char folded[WORD_MAX];
	struct record row;
	struct rows rows;

	if (step_page(step)->list_page == PAGE_NONE || !session_rows(step, VAR_ROWS, &rows) || len >= sizeof(folded))
		return false;
	len = text_fold_keyword(text, len, folded);
	if (!len)
		return false;
	if (find_row_with(step, &rows, folded, len, &row))
		return !rows_add(chosen, &row);
	if (find_several(step, &rows, folded, len, chosen))
		return true;
	chosen->len = chosen->count = 0;
	return find_row(step, &rows, folded, len, &row) && !rows_add(chosen, &row);
}

static const struct service *service_called(const struct step *step, const char *text, size_t len)
{
	const struct catalogue *catalogue = &step->menu->catalogue;

	for (size_t i = 0; i < catalogue->count; i++) {
		const struct service *service = &catalogue->services[i];
		const struct value code = { .is_text = true, .text = service->code, .len = strlen(service->code) };

		if (is_code(step, FIELD_SERVICE, &code, text, len))
			return service;
	}
	return NULL;
}

/* A named service that is not in the list, if the list has a page for those. */
static const struct service *find_unlisted(const struct step *step, const char *text, size_t len)
{
	const struct service *service = NULL;
	char folded[WORD_MAX];

	if (step_page(step)->unlisted_page == PAGE_NONE || len >= sizeof(folded))
		return NULL;
	len = text_fold_keyword(text, len, folded);
	while (len && !(service = service_called(step, folded, len)))
		len = without_last_word(folded, len);
	return service;
}

/* A part of a dialled code; not a word after a keyword, which may be as clear as a yes. */
static bool is_dialled(const struct step *step)
{
	return !step->typed && !(step->session->flags & FLAG_GIVEN);
}

static void go_to_row(struct step *step, const struct rows *chosen, const struct record *row)
{
	const struct page *page = step_page(step);
	const uint16_t next = chosen->count > 1 ? page->several_page : page->list_page;

	if (is_dialled(step) && commits_at_once(step, next)) {
		path_drop(step);
		return;
	}
	walk_push(step);
	record_drop(&step->vars, VAR_ROWS);
	if (chosen->count > 1)
		record_put_text(&step->vars, VAR_CHOSEN, (const char *)chosen->data, chosen->len);
	else
		walk_take_row(step, row);
	walk_go(step, next, NULL);
}

static void take_row(struct step *step, const char *text, size_t len)
{
	const struct page *page = step_page(step);
	uint8_t data[CHOSEN_ROOM];
	struct rows chosen = { .data = data, .size = sizeof(data) }, listed;
	const struct service *service;
	struct record row;

	if (!choose(step, text, len, &chosen) || !rows_at(&chosen, 0, &row)) {
		service = find_unlisted(step, text, len);
		if (!service && !step->typed && (!session_rows(step, VAR_ROWS, &listed) || !listed.count)) {
			path_drop(step);		/* there is nothing to choose from, as the page says */
			return;
		}
		if (!service) {
			input_wrong(step, SYSTEM_WRONG_CHOICE);
			return;
		}
		if (is_dialled(step) && commits_at_once(step, page->unlisted_page)) {
			path_drop(step);
			return;
		}
		walk_push(step);
		menu_put_service(service, &step->vars);
		walk_go(step, page->unlisted_page, NULL);
		return;
	}
	go_to_row(step, &chosen, &row);
}

/* ---- forms ---- */

static uint8_t question_of(const struct page *page, uint16_t var)
{
	uint8_t i;

	for (i = 0; i < page->questions_count; i++)
		if (page->questions[i].var == var)
			return i;
	return 0;
}

static void take_answer(struct step *step, const char *text, size_t len)
{
	const struct page *page = step_page(step);
	const struct question *question = &page->questions[step->session->question];
	const enum system_text wrong = answer_take(step, question, text, len);

	step->session->part = 0;
	if (!wrong) {
		walk_answered(step);
		step->session->wrong = 0;
		return;
	}
	input_wrong(step, wrong);
	if (question->hint && step->hint)
		step->hint = &question->hint[step->session->language];
	if (question->kind == QUESTION_SAME_AS)		/* the first of the two answers may be the mistyped one */
		step->session->question = question_of(page, question->same_as);
}

/* A confirmation with a time limit always has a deadline; if it is missing, treat the answer as late. */
bool input_is_late(const struct step *step)
{
	const bool limited = step_page(step)->within_s || step->session->phase == PHASE_CODE;

	return limited && step->event->now > record_number(&step->vars, VAR_DEADLINE, 0);
}

static bool has_more(struct step *step)
{
	struct step peek = *step;
	struct effect effect = { .kind = EFFECT_END };
	struct session session = *step->session;

	session.part++;
	peek.session = &session;
	peek.effect = &effect;
	peek.hint = NULL;
	if (session.phase == PHASE_CODE)	/* as wide as the one that was shown and forgotten; behind the session's own values */
		record_append_text(&peek.vars, FIELD_CONFIRM_CODE, "000000", CONFIRM_CODE_LEN);
	show_page(&peek);
	return session.part;	/* show_page() goes to the first screen if this one does not exist */
}

/* A yes covers only what has been shown: before the last screen it shows the next one. */
static void agree(struct step *step)
{
	char answer[ANSWERED_MAX];
	struct writer writer = { .at = answer, .end = answer + sizeof(answer) };

	if (has_more(step)) {
		step->session->part++;
		return;
	}
	writer_put(&writer, step->event->text, step->event->len);
	record_put_text(&step->vars, VAR_ANSWERED, answer, writer.at - answer);
	walk_order(step);
}

static void decline(struct step *step)
{
	const struct outcome *declined = page_outcome(step_page(step), OUTCOME_NAME_DECLINED);

	if (declined)
		walk_outcome(step, declined);
	else
		walk_back(step);
}

/* S6: with a time limit, anything but a yes is a no. */
static void take_decision(struct step *step, const char *text, size_t len)
{
	const struct page *page = step_page(step);

	if (input_is_late(step))
		end_unanswered(step);
	else if (is_yes(step, text, len))
		agree(step);
	else if (page->within_s || is_no(step, text, len))
		decline(step);
	else
		input_wrong(step, SYSTEM_WRONG_CHOICE);
}

/* ---- one-time codes (F34) ---- */

static bool is_six_digits(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return len == CONFIRM_CODE_LEN;
}

static bool is_right_code(const struct step *step, const char *text, size_t len)
{
	const struct codes *codes = step->event->codes;
	struct value digest;

	return codes && record_get(&step->vars, VAR_CODE, &digest) && digest.is_text && digest.len == CONFIRM_DIGEST_SIZE &&
	       codes->right(codes->user, (const uint8_t *)digest.text, text, len);
}

static void refuse_code(struct step *step)
{
	if (page_outcome(step_page(step), OUTCOME_NAME_DECLINED))
		decline(step);
	else
		end_with(step, SYSTEM_NOT_CONFIRMED);
}

/* Only the code is a yes. A plain "yes" is asked for the code; anything else is a no. */
static void take_code(struct step *step, const char *text, size_t len)
{
	const int64_t wrong = record_number(&step->vars, VAR_WRONG_CODES, 0) + 1;

	if (input_is_late(step)) {
		end_unanswered(step);
	} else if (is_six_digits(text, len) && is_right_code(step, text, len)) {
		record_drop(&step->vars, VAR_CODE);
		record_put_number(&step->vars, VAR_CODED, 1);
		record_put_text(&step->vars, VAR_ANSWERED, ANSWERED_CODE, strlen(ANSWERED_CODE));
		walk_order(step);
	} else if (is_six_digits(text, len) || is_yes(step, text, len)) {
		/* each wrong guess gets a new code, and only a few guesses are allowed */
		record_put_number(&step->vars, VAR_WRONG_CODES, wrong);
		if (wrong >= CODES_MAX)
			refuse_code(step);
		else
			step->hint = &step_language(step)->system[SYSTEM_WRONG_CODE];
	} else {
		refuse_code(step);
	}
}

/* ---- dispatch ---- */

/* If anything but a yes is a no, navigation keys do not apply. */
static bool decides_now(const struct step *step)
{
	const enum phase phase = step->session->phase;

	return phase == PHASE_CODE || (phase == PHASE_CONFIRM && step_page(step)->within_s);
}

static bool take_navigation(struct step *step, const char *text, size_t len)
{
	const struct menu_keys *keys = &step->menu->keys;
	struct session *session = step->session;

	if (is(keys->more, text, len) && has_more(step)) {
		session->part++;
		return true;
	}
	if (decides_now(step))
		return false;
	if (is(keys->back, text, len)) {
		if (session->part)
			session->part--;
		else if (session->phase == PHASE_ASK && session->question)
			walk_ask(step, session->question - 1);
		else
			walk_back(step);
	} else if (is(keys->home, text, len)) {
		walk_home(step);
	} else {
		return false;
	}
	return true;
}

static void take_by_phase(struct step *step, const char *text, size_t len)
{
	step->session->above = 0;
	if (step->session->phase == PHASE_ASK)
		take_answer(step, text, len);
	else if (step->session->phase == PHASE_CONFIRM)
		take_decision(step, text, len);
	else if (step->session->phase == PHASE_CODE)
		take_code(step, text, len);
	else if (step_page(step)->list)
		take_row(step, text, len);
	else
		take_choice(step, text, len);
}

/* An answer is used as it was written; a choice in a short message may end in a full stop. */
static size_t fold(const struct step *step, const char *text, size_t len, char folded[static INPUT_MAX])
{
	if (len > INPUT_MAX)
		len = INPUT_MAX;
	if (step->event->kind == EVENT_TEXT && step->session->phase != PHASE_ASK)
		return text_fold_keyword(text, len, folded);
	return text_fold_input(text, len, folded);
}

/* S19: wherever a page waits. A dialled path cannot contain the key, since no input was typed. */
static bool is_agent(const struct step *step, const char *text, size_t len)
{
	char folded[8];

	return step->menu->agent != PAGE_NONE && len < sizeof(folded) &&
	       is(step->menu->keys.agent, folded, text_fold_input(text, len, folded));
}

void input_take(struct step *step, const char *text, size_t len)
{
	const size_t written = len < INPUT_MAX ? len : INPUT_MAX;
	char folded[INPUT_MAX];

	if (step->typed && is_agent(step, text, len)) {
		walk_push(step);
		walk_go(step, step->menu->agent, NULL);
		return;
	}
	len = fold(step, text, len, folded);
	if (!take_navigation(step, folded, len))
		take_by_phase(step, folded, len);
	explicit_bzero(folded, written);
}

/* ---- checks without effect ---- */

bool input_has_choice(const struct step *step, const char *text, size_t len)
{
	char folded[INPUT_MAX];

	return find_choice(step, folded, text_fold_keyword(text, len < INPUT_MAX ? len : INPUT_MAX, folded));
}

bool input_says_yes(const struct step *step, const char *text, size_t len)
{
	return says(step_language(step)->yes, step_language(step)->yes_count, text, len);
}

bool input_says_yes_or_no(const struct step *step, const char *text, size_t len)
{
	uint16_t i;

	for (i = 0; i < step->menu->languages_count; i++) {
		const struct language *language = &step->menu->languages[i];

		if (says(language->yes, language->yes_count, text, len) ||
		    says(language->no, language->no_count, text, len))
			return true;
	}
	return false;
}

static bool is_navigation(struct step *step, const char *text, size_t len)
{
	const struct menu_keys *keys = &step->menu->keys;

	if (decides_now(step))
		return is(keys->more, text, len) && has_more(step);
	return is(keys->back, text, len) || is(keys->home, text, len) || is(keys->more, text, len);
}

bool input_is_fit(struct step *step, const char *text, size_t len)
{
	const struct page *page = step_page(step);
	uint8_t data[CHOSEN_ROOM];
	struct rows chosen = { .data = data, .size = sizeof(data) };
	char folded[INPUT_MAX];

	if (is_agent(step, text, len))
		return true;
	len = fold(step, text, len, folded);
	if (is_navigation(step, folded, len))
		return true;
	if (step->session->phase == PHASE_CONFIRM)
		return is_yes(step, folded, len) || is_no(step, folded, len);
	if (step->session->phase == PHASE_CODE)
		return is_six_digits(folded, len) || is_yes(step, folded, len) || is_no(step, folded, len);
	if (step->session->phase == PHASE_ASK)
		return answer_is_fit(step, &page->questions[step->session->question], folded, len);
	if (page->list)
		return choose(step, folded, len, &chosen) || find_unlisted(step, folded, len);
	return find_choice(step, folded, len) != NULL;
}
