/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Short messages: a keyword leads straight to its page; anything else answers the last page sent. */
#include <stdlib.h>
#include <string.h>

#include "engine/step.h"
#include "starhash/notification.h"

#define WORDS_MAX 24
#define KEYWORD_MAX 128

/* A text split into words, and the keyword at its start. */
struct match {
	const char *text;
	struct text_span words[WORDS_MAX];
	size_t count;
	const struct keyword *keyword;
	size_t used;			/* words of the keyword */
	size_t glued;			/* octets of the first word, as written, that form the keyword; 0: all */
};

/* ---- finding the keyword ---- */

static size_t fold_words(const struct match *match, size_t count, char *out, size_t size)
{
	size_t len = 0, i;

	for (i = 0; i < count; i++) {
		const struct text_span span = match->words[i];

		if (len + span.len + 1 > size)
			return 0;
		if (i)
			out[len++] = ' ';
		len += text_fold_keyword(match->text + span.from, span.len, out + len);
	}
	return len;
}

static int compare(const char *text, size_t len, const struct keyword *keyword)
{
	const size_t shorter = len < keyword->len ? len : keyword->len;
	const int order = memcmp(text, keyword->text, shorter);

	return order ? order : (len > keyword->len) - (len < keyword->len);
}

static const struct keyword *find(const struct menu *menu, const char *text, size_t len)
{
	size_t low = 0, high = menu->keywords_count;

	while (low < high) {
		const size_t middle = (low + high) / 2;
		const int order = compare(text, len, &menu->keywords[middle]);

		if (!order)
			return &menu->keywords[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* How many octets of the first word, which may be full-width, fold to \a len octets. */
static size_t unfolded(const struct match *match, size_t len)
{
	const char *word = match->text + match->words[0].from, *end = word + match->words[0].len, *at = word;
	char folded[KEYWORD_MAX];

	while (at < end && at - word < KEYWORD_MAX - 4 && text_fold_keyword(word, at - word, folded) < len)
		text_next(&at, end);
	return at - word;
}

/* "KTNEWS": find the longest glued keyword at the start of the first word. */
static void find_glued(const struct menu *menu, struct match *match)
{
	char folded[KEYWORD_MAX];
	size_t len = fold_words(match, 1, folded, sizeof(folded));

	while (len > 1 && !match->keyword) {
		const struct keyword *keyword = find(menu, folded, --len);

		if (!keyword || !keyword->glued)
			continue;
		match->keyword = keyword;
		match->glued = unfolded(match, len);
	}
}

static bool served(const struct step *step, const struct keyword *keyword)
{
	return keyword && step_holds(step, &keyword->conditions);
}

static void match_text(const struct step *step, const char *text, size_t len, struct match *match)
{
	const struct menu *menu = step->menu;
	char folded[KEYWORD_MAX];
	size_t words;

	match->text = text;
	match->keyword = NULL;
	match->glued = 0;
	match->count = text_words(text, len, TEXT_SEPARATORS, match->words, WORDS_MAX);
	words = match->count < menu->keyword_words ? match->count : menu->keyword_words;
	for (; words && !match->keyword; words--) {
		match->keyword = find(menu, folded, fold_words(match, words, folded, sizeof(folded)));
		match->used = words;
	}
	if (!match->keyword && match->count)
		find_glued(menu, match);
	if (!served(step, match->keyword))
		match->keyword = NULL;
}

/* ---- arguments ---- */

static bool add_part(char *path, size_t *len, const char *text, size_t text_len)
{
	if (*len + text_len + 1 > TEXT_PATH_MAX)
		return false;
	if (*len)
		path[(*len)++] = ARGUMENT_END;
	memcpy(path + *len, text, text_len);
	*len += text_len;
	return true;
}

/* Turn the arguments into a path: answers in the order of the questions. */
static void store_arguments(struct step *step, const struct match *match, const char *end)
{
	const struct keyword *keyword = match->keyword;
	char path[TEXT_PATH_MAX];
	size_t len = 0, i;
	uint8_t args = 0;

	if (match->glued) {
		const char *from = match->text + match->words[0].from + match->glued;
		const bool last = keyword->rest && keyword->args == 1;

		args += add_part(path, &len, from, last ? (size_t)(end - from) : match->words[0].len - match->glued);
	}
	for (i = match->glued ? 1 : match->used; i < match->count && args < keyword->args; i++) {
		const struct text_span word = match->words[i];
		const bool last = keyword->rest && args + 1 == keyword->args;

		args += add_part(path, &len, match->text + word.from,
				 last ? (size_t)(end - match->text) - word.from : word.len);
	}
	if (len)
		path_put(step, path, len);
	explicit_bzero(path, sizeof(path));
}

/* ---- texts that are no keywords, but answers ---- */

/* "SENDER*TEXT", in the scripts of subscribers. */
static bool is_separator(uint32_t codepoint)
{
	return codepoint == '*' || codepoint == 0xff0a || codepoint == 0x066d;
}

/* A text is used as it was written, other answers as they are read everywhere. */
static size_t read_answer(const struct question *question, const char *text, size_t len, char out[static TEXT_PATH_MAX])
{
	const size_t blanks = text_spaces(text, len);

	if (question->kind != QUESTION_LENGTH)
		return text_fold_input(text, len, out);
	for (len -= blanks; len && strchr(" \t\r\n", text[blanks + len - 1]); len--)
		;
	memcpy(out, text + blanks, len);
	return len;
}

/* Split at the first separators, so that each question has an answer. False: there are too few, or some are not fit. */
static bool answers_all(const struct step *step, const struct page *page, const char *text, size_t len,
			struct text_span parts[static QUESTIONS_MAX])
{
	const char *end = text + len, *at = text, *from = text, *next = text;
	char answer[TEXT_PATH_MAX];
	uint8_t count = 0, i;

	while (at < end && count + 1 < page->questions_count) {
		if (is_separator(text_next(&next, end))) {
			parts[count++] = (struct text_span){ from - text, at - from };
			from = next;
		}
		at = next;
	}
	parts[count++] = (struct text_span){ from - text, end - from };
	for (i = 0; i < count && count == page->questions_count; i++)
		if (!answer_is_fit(step, &page->questions[i], answer,
				   read_answer(&page->questions[i], text + parts[i].from, parts[i].len, answer)))
			break;
	explicit_bzero(answer, sizeof(answer));
	return i == page->questions_count;
}

static enum system_text take_ahead(struct step *step, uint8_t question, const char *text, size_t len)
{
	const struct question *asked = &step_page(step)->questions[question];
	char answer[TEXT_PATH_MAX];
	const enum system_text wrong = answer_take(step, asked, answer, read_answer(asked, text, len, answer));

	if (!wrong)
		record_put_number(&step->vars, VAR_AHEAD, record_number(&step->vars, VAR_AHEAD, 0) | 1 << question);
	explicit_bzero(answer, sizeof(answer));
	return wrong;
}

/* Nothing that was written is lost: a text that does not answer each question answers the last one, and the others are asked. */
void text_answers(struct step *step, uint16_t index, const char *text, size_t len)
{
	const struct page *page = &step->menu->pages[index];
	const struct question *last = &page->questions[page->questions_count - 1];
	struct text_span parts[QUESTIONS_MAX];
	enum system_text wrong = 0;
	uint8_t i;

	walk_go(step, index, NULL);
	if (answers_all(step, page, text, len, parts)) {
		for (i = 0; i < page->questions_count; i++)
			take_ahead(step, i, text + parts[i].from, parts[i].len);
	} else if (len > text_spaces(text, len)) {
		wrong = take_ahead(step, page->questions_count - 1, text, len);
	}
	if (wrong)
		step->hint = last->hint ? &last->hint[step->session->language] : &step_language(step)->system[wrong];
}

/* ---- a USSD code sent as a text ---- */

/* Whether it is a code of the menu, such as "*100*1#". */
static bool is_code(const struct menu *menu, const char *text, size_t len)
{
	char code[TEXT_PATH_MAX];
	bool found;

	if (len >= sizeof(code))
		return false;
	len = text_fold_input(text, len, code);
	found = len && (*code == '*' || *code == '#') && menu_serves(menu, code, len);
	explicit_bzero(code, sizeof(code));
	return found;
}

static void go_to_code(struct step *step, const char *text, size_t len)
{
	char code[TEXT_PATH_MAX];

	walk_start(step, code, text_fold_input(text, len, code));
	explicit_bzero(code, len);
}

/* ---- no keyword ---- */

/* The shorter the word, the fewer errors are allowed; none in two Latin letters or one Chinese character. */
static const struct keyword *nearest(const struct step *step, const char *folded, size_t len)
{
	const struct menu *menu = step->menu;
	const struct keyword *best = NULL;
	unsigned int best_distance = count_characters(folded, len) > 4 ? TEXT_FAR : 2, distance;
	uint16_t i;

	for (i = 0; len > 2 && i < menu->keywords_count; i++) {
		const struct keyword *keyword = &menu->keywords[i];

		distance = text_distance(folded, len, keyword->text, keyword->len);
		if (distance >= best_distance || 2 * distance > count_characters(keyword->text, keyword->len))
			continue;
		/* a number is no help to a subscriber who mistyped a word */
		if (strspn(keyword->text, "0123456789") >= keyword->len || !served(step, keyword))
			continue;
		best = keyword;
		best_distance = distance;
	}
	return best;
}

/* Say that the text was not understood, and suggest a keyword. */
static void hint(struct step *step, const struct match *match, size_t len)
{
	const struct text *system = step_language(step)->system;
	const struct keyword *keyword;
	char folded[KEYWORD_MAX];
	size_t folded_len;

	/* a "yes" that no question waits for answers one that has expired, or one in another message */
	if (input_says_yes_or_no(step, match->text, len)) {
		step->hint = &system[SYSTEM_NOTHING_ASKED];
		return;
	}
	folded_len = fold_words(match, 1, folded, sizeof(folded));
	keyword = folded_len ? nearest(step, folded, folded_len) : NULL;
	step->hint = &system[keyword ? SYSTEM_NEAREST_WORD : SYSTEM_UNKNOWN_WORD];
	if (keyword)
		record_put_text(&step->vars, FIELD_KEYWORD, keyword->shown, strlen(keyword->shown));
}

/* The first word may be a key of the first page: "1" from a subscriber who remembers the menu. */
static void go_to_first_page(struct step *step, const struct match *match, size_t len)
{
	const uint16_t first = step->session->page;

	walk_go(step, first, NULL);
	if (!match->count)
		return;
	step->session->phase = PHASE_SHOW;
	if (match->count == 1 && input_has_choice(step, match->text + match->words[0].from, match->words[0].len))
		path_put(step, match->text + match->words[0].from, match->words[0].len);
	else
		hint(step, match, len);
	step->session->phase = PHASE_ENTER;
}

static bool is_digits(const struct match *match)
{
	const char *word = match->text + match->words[0].from;

	return match->count == 1 && strspn(word, "0123456789") >= match->words[0].len;
}

/* S6: ask what a partner asked on the former menu again, until the same time. False: nothing was asked, or this menu cannot. */
static bool ask_again(struct step *step, const struct record *asked)
{
	const struct menu_notification *question =
		menu_notification(step->menu, NOTIFICATION_ORDER_REQUESTED, strlen(NOTIFICATION_ORDER_REQUESTED));

	if (!question || record_number(asked, FIELD_CONFIRM_UNTIL, 0) <= step->event->now)
		return false;
	record_merge(&step->vars, asked);
	step->about_service = true;
	walk_go(step, question->page, NULL);
	return true;
}

static bool reports(const struct step *step, const struct match *match)
{
	const struct menu_action *action = match->keyword ? step->menu->pages[match->keyword->page].action : NULL;

	return action && action->reports;
}

/* S19: what was texted belongs to the dialog that an agent sees. */
static void add_so_far(struct step *step, const char *text, size_t len)
{
	char all[SO_FAR_MAX + TEXT_PATH_MAX];
	size_t so_far = record_text(&step->vars, VAR_SO_FAR, all, sizeof(all));
	struct writer writer = { .at = all + so_far, .end = all + SO_FAR_MAX };

	writer_string(&writer, so_far ? " > " : "");
	writer_put(&writer, text, len);
	record_put_text(&step->vars, VAR_SO_FAR, all, (size_t)(writer.at - all));
	explicit_bzero(all, sizeof(all));
}

/* ---- events ---- */

void text_start(struct step *step, const char *text, size_t len)
{
	const struct short_code *code = step_short_code(step);
	const bool changed = record_number(&step->vars, VAR_CHANGED, 0), unsure = record_number(&step->vars, VAR_UNSURE, 0);
	uint8_t octets[SESSION_DATA_MAX];
	struct record asked = { .data = octets, .size = sizeof(octets) };
	struct match match;
	struct value value;

	if (record_get(&step->vars, VAR_ASKED, &value)) {
		memcpy(octets, value.text, value.len);
		asked.len = value.len;
	}
	record_drop(&step->vars, VAR_ASKED);
	record_drop(&step->vars, VAR_CHANGED);
	record_drop(&step->vars, VAR_UNSURE);
	if (code && code->verbatim) {
		text_answers(step, step->session->page, text, len);
		return;
	}
	match_text(step, text, len, &match);
	if (is_code(step->menu, text, len)) {
		go_to_code(step, text, len);
	} else if (match.keyword) {
		step->session->flags |= FLAG_GIVEN;
		store_arguments(step, &match, text + len);
		if (reports(step, &match))
			add_so_far(step, text, len);
		walk_go(step, match.keyword->page, &match.keyword->with);
	} else if (unsure && match.count && !is_digits(&match) && input_says_yes_or_no(step, text, len)) {
		end_with(step, SYSTEM_UNAVAILABLE);
	} else if (changed && match.count) {
		/* the fifth item of an old list must not select the fifth item of the first page */
		if (!ask_again(step, &asked)) {
			step->hint = &step_language(step)->system[SYSTEM_CHANGED];
			walk_go(step, step->session->page, NULL);
		}
	} else {
		go_to_first_page(step, &match, len);
	}
}

bool text_calls_agent(const struct step *step, const char *text, size_t len)
{
	struct match match;

	match_text(step, text, len, &match);
	return reports(step, &match);
}

bool text_begins_anew(struct step *step, const char *text, size_t len)
{
	const struct short_code *code = step_short_code(step);
	struct text_span parts[QUESTIONS_MAX];
	struct match match;

	if (code && code->verbatim)
		return step->session->phase == PHASE_SHOW || answers_all(step, &step->menu->pages[code->page], text, len, parts);
	match_text(step, text, len, &match);
	/* where words are answers, a keyword is one only if nothing follows its arguments */
	if (match.keyword && step->session->phase == PHASE_SHOW && step_page(step)->otherwise != PAGE_NONE &&
	    match.count > match.used + match.keyword->args)
		return false;
	return match.keyword || !match.count || is_code(step->menu, text, len);
}

/* At a menu or a list it may be a mistyped keyword, unless it is a number. The page is not repeated below the hint. */
void text_mistaken(struct step *step, const char *text, size_t len)
{
	const struct short_code *code = step_short_code(step);
	struct match match;

	match_text(step, text, len, &match);
	if (step->session->phase != PHASE_SHOW || is_digits(&match) || (code && code->verbatim))
		return;
	hint(step, &match, len);
	show_hint(step);
}

bool text_agrees(struct step *step, char *keyword, size_t size)
{
	const struct session_event *event = step->event;
	const size_t len = record_text(&step->vars, FIELD_KEYWORD, keyword, size);
	const enum phase phase = step->session->phase;

	record_drop(&step->vars, FIELD_KEYWORD);
	return len && len < size && phase != PHASE_CONFIRM && phase != PHASE_CODE && input_says_yes(step, event->text, event->len);
}

#define CHOICE_DIGITS 3		/* more may be a password */

bool engine_text_plain(const struct menu *menu, const struct session *session, const char *text, size_t len)
{
	const struct step step = { .menu = menu };
	struct match match = { .text = text };
	char folded[KEYWORD_MAX];

	if (session && session->state == SESSION_ASKING && session->phase == PHASE_ASK)
		return false;
	match.count = text_words(text, len, TEXT_SEPARATORS, match.words, WORDS_MAX);
	if (!match.count || (is_digits(&match) && match.words[0].len <= CHOICE_DIGITS))
		return true;
	return find(menu, folded, fold_words(&match, match.count, folded, sizeof(folded))) ||
	       input_says_yes_or_no(&step, text, len);
}
