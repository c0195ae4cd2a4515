/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts with placeholders, parsed once and rendered often. */
#include <stdlib.h>
#include <string.h>

#include "menu/template.h"

#define PIECES_MAX 64
#define FORMS_MAX 6

/* ---- parsing ---- */

struct parser {
	struct build *build;
	const struct language *language;
	const struct setting *at;
	struct piece pieces[PIECES_MAX];
	uint16_t count;
	bool full;		/* already reported */
};

static struct piece *piece_add(struct parser *parser, enum piece_kind kind)
{
	struct piece *piece;

	if (parser->count == PIECES_MAX) {
		if (!parser->full)
			problems_add(parser->build->problems, parser->at, "text has more than %d parts", PIECES_MAX);
		parser->full = true;
		return NULL;
	}
	piece = &parser->pieces[parser->count++];
	*piece = (struct piece){ .kind = kind };
	return piece;
}

static void add_literal(struct parser *parser, const char *text, size_t len)
{
	struct piece *piece = len ? piece_add(parser, PIECE_LITERAL) : NULL;

	if (!piece)
		return;
	piece->text = arena_copy(&parser->build->menu->arena, text, len);
	piece->len = len;
}

static const struct words *find_words(const struct language *language, const char *name)
{
	uint16_t i;

	for (i = 0; i < language->words_count; i++)
		if (!strcmp(language->words[i].name, name))
			return &language->words[i];
	return NULL;
}

static uint16_t width_of(const struct build *build, uint16_t var, const char *name)
{
	const struct setting *own = setting_get(build->widths, name);

	if (own && own->type == SETTING_INT && own->number > 0 && own->number <= WIDTH_MAX)
		return own->number;
	if (var < FIELD_COUNT)
		return field_info(var)->width;
	switch (build->menu->vars[var - VAR_FIRST]->kind) {
	case QUESTION_AMOUNT: return 14;
	case QUESTION_DATE: return 10;
	case QUESTION_PHONE: return 15;
	case QUESTION_DIGITS:
	case QUESTION_LENGTH: return build->menu->vars[var - VAR_FIRST]->max;
	default: return 20;
	}
}

static bool never_shown(const struct build *build, uint16_t var)
{
	uint16_t i;

	if (var == FIELD_OLD || var == FIELD_NEW || var == FIELD_PASSWORD || var == FIELD_SERVICES)
		return true;
	for (i = 0; i < build->menu->secrets_count; i++)
		if (build->menu->secrets[i] == var)
			return true;
	return false;
}

/* Split "one|many" into the forms of the language's rule. */
static void add_forms(struct parser *parser, struct piece *piece, char *spec)
{
	const struct plural_rule *rule = parser->language->plural;
	const char **forms = arena_alloc(&parser->build->menu->arena, FORMS_MAX * sizeof(*forms));
	unsigned int count = 0;
	char *form, *rest = spec;

	while ((form = strsep(&rest, "|")) && count < FORMS_MAX)
		forms[count++] = build_copy(parser->build, form);
	if (count != rule->forms || form)
		problems_add(parser->build->problems, parser->at,
			     "plural of '%s' needs %u forms between '|' in language '%s' (%s)",
			     menu_var_name(parser->build->menu, piece->var), rule->forms, parser->language->name,
			     rule->name);
	piece->forms = forms;
}

/* "if:for # days|free": if the value is unknown or empty, show nothing, or the text after the bar. */
static void add_optional(struct parser *parser, struct piece *piece, char *around)
{
	const char *with = strsep(&around, "|"), *mark = strchr(with, '#');

	if (!mark) {
		problems_add(parser->build->problems, parser->at, "'if:%s' has no '#' for the value", with);
		return;
	}
	piece->before = arena_copy(&parser->build->menu->arena, with, mark - with);
	piece->after = build_copy(parser->build, mark + 1);
	piece->otherwise = build_copy(parser->build, around ? around : "");
}

static void add_value(struct parser *parser, uint16_t var, const char *name, char *how)
{
	struct build *build = parser->build;
	struct piece *piece = piece_add(parser, PIECE_VALUE);
	char *forms;

	if (!piece)
		return;
	if (how && !strncmp(how, "if:", 3)) {
		add_optional(parser, piece, how + 3);
		how = NULL;
	}
	piece->var = var;
	piece->type = menu_var_type(build->menu, var);
	piece->width = width_of(build, var, name);
	if (never_shown(build, var))
		problems_add(build->problems, parser->at, "'%s' can never be shown", name);
	if (how && !strncmp(how, "plural:", 7) && piece->type == FIELD_TYPE_COUNT) {
		piece->kind = PIECE_PLURAL;
		forms = how + 7;
		add_forms(parser, piece, forms);
	} else if (piece->type == FIELD_TYPE_CODE) {
		piece->words = find_words(parser->language, how ? how : var < FIELD_COUNT ? field_words(var) : name);
		if (how && !piece->words)
			problems_add(build->problems, parser->at, "no words '%s' in language '%s'", how,
				     parser->language->name);
	} else if (how) {
		problems_add(build->problems, parser->at, "'%s' has no form '%s'", name, how);
	}
}

/* Parse the text between two braces. */
static void add_placeholder(struct parser *parser, const char *text, size_t len)
{
	char inside[256], *how;
	const char *constant;
	uint16_t var;

	if (len >= sizeof(inside)) {
		problems_add(parser->build->problems, parser->at, "placeholder is too long");
		return;
	}
	memcpy(inside, text, len);
	inside[len] = '\0';
	how = strchr(inside, ':');
	if (how)
		*how++ = '\0';
	constant = setting_string(parser->build->values, inside, NULL);
	var = build_var(parser->build, inside);
	if (constant)
		add_literal(parser, constant, strlen(constant));
	else if (var)
		add_value(parser, var, inside, how);
	else
		problems_add(parser->build->problems, parser->at, "unknown placeholder '%s'", inside);
}

/* Parse one run of literal text, one placeholder or one doubled brace. Returns its length. */
static size_t parse_piece(struct parser *parser, const char *text)
{
	const char *end;
	size_t len = strcspn(text, "{}");

	if (len) {
		add_literal(parser, text, len);
		return len;
	}
	if (text[0] == text[1]) {
		add_literal(parser, text, 1);
		return 2;
	}
	end = *text == '{' ? strchr(text, '}') : NULL;
	if (!end) {
		problems_add(parser->build->problems, parser->at, "a single '%c': write it twice to show it", *text);
		return 1;
	}
	add_placeholder(parser, text + 1, end - text - 1);
	return end + 1 - text;
}

struct template template_parse(struct build *build, const struct language *language, const struct setting *at)
{
	struct parser parser = { .build = build, .language = language, .at = at };
	const char *text = at->string;
	struct piece *pieces;

	while (*text)
		text += parse_piece(&parser, text);
	pieces = arena_alloc(&build->menu->arena, parser.count * sizeof(*pieces));
	memcpy(pieces, parser.pieces, parser.count * sizeof(*pieces));
	return (struct template){ .pieces = pieces, .count = parser.count };
}

struct template template_literal(struct build *build, const char *text)
{
	struct piece *piece = arena_alloc(&build->menu->arena, sizeof(*piece));

	*piece = (struct piece){ .kind = PIECE_LITERAL, .text = build_copy(build, text), .len = strlen(text) };
	return (struct template){ .pieces = piece, .count = 1 };
}

bool template_needs_account(const struct template *template)
{
	uint16_t i, var;

	for (i = 0; i < template->count; i++) {
		var = template->pieces[i].var;
		if (var && var < FIELD_COUNT && field_info(var)->origin == FIELD_OF_ACCOUNT && var != FIELD_LANGUAGE)
			return true;
	}
	return false;
}

/* ---- rendering ---- */

static int compare_word(const void *code, const void *word)
{
	return strcmp(code, ((const struct word *)word)->code);
}

static const struct word *find_word(const struct words *words, const char *code)
{
	return bsearch(code, words->list, words->count, sizeof(*words->list), compare_word);
}

/* A code without its own word is shown as the group's "other", if any. */
static void put_code(struct writer *writer, const struct words *words, const struct value *value)
{
	char code[64];
	const struct word *word = NULL;

	if (words && value->len < sizeof(code)) {
		memcpy(code, value->text, value->len);
		code[value->len] = '\0';
		word = find_word(words, code);
	}
	if (words && !word)
		word = find_word(words, "other");
	if (word)
		writer_string(writer, word->text);
	else
		writer_put(writer, value->text, value->len);
}

/* Whether a time must be marked as old. */
static bool is_old(const struct piece *piece, const struct render *render, int64_t time)
{
	const uint32_t after = piece->var < FIELD_COUNT ? render->menu->old_after_s[piece->var] : 0;

	return after && time < render->now - (int64_t)after;
}

static void put_time(struct writer *writer, const struct piece *piece, const struct render *render, int64_t time)
{
	const struct formats *formats = &render->language->formats;
	const bool old = is_old(piece, render, time);

	if (old)
		writer_string(writer, formats->old_before);
	format_time(writer, formats, time, render->utc_offset);
	if (old)
		writer_string(writer, formats->old_after);
}

static void put_number(struct writer *writer, const struct piece *piece, const struct render *render, int64_t number)
{
	const struct formats *formats = &render->language->formats;

	switch (piece->type) {
	case FIELD_TYPE_MONEY: format_money(writer, formats, number, render->menu->currency_minor); break;
	case FIELD_TYPE_DATE: format_date(writer, formats, number); break;
	case FIELD_TYPE_MONTH: format_month(writer, formats, number); break;
	case FIELD_TYPE_TIME: put_time(writer, piece, render, number); break;
	default: format_count(writer, formats, number); break;
	}
}

static bool find_value(const struct render *render, uint16_t var, struct value *value)
{
	return (render->row && record_get(render->row, var, value)) ||
	       (render->values && record_get(render->values, var, value));
}

static void put_value(struct writer *writer, const struct piece *piece, const struct render *render)
{
	const struct formats *formats = &render->language->formats;
	struct value value;

	if (!find_value(render, piece->var, &value)) {
		writer_string(writer, piece->before ? piece->otherwise : formats->missing);
		return;
	}
	if (piece->before && value.is_text && !value.len) {	/* for example a brand that the account does not have */
		writer_string(writer, piece->otherwise);
		return;
	}
	writer_string(writer, piece->before ? piece->before : "");
	if (piece->kind == PIECE_PLURAL)
		format_plural(writer, formats,
			      piece->forms[render->language->plural->form(value.number < 0 ? -(uint64_t)value.number
											   : (uint64_t)value.number)],
			      value.number);
	else if (value.is_text)
		put_code(writer, piece->words, &value);
	else
		put_number(writer, piece, render, value.number);
	writer_string(writer, piece->before ? piece->after : "");
}

/* The longest form of a plural, with its widest number. */
static void put_worst_plural(struct writer *writer, const struct piece *piece, const struct render *render)
{
	const char *longest = "";
	int64_t widest = 0;
	unsigned int i;

	for (i = 0; i < render->language->plural->forms; i++)
		if (strlen(piece->forms[i]) > strlen(longest))
			longest = piece->forms[i];
	for (i = 0; i < piece->width && widest < INT64_MAX / 10 - 9; i++)
		widest = widest * 10 + 9;
	format_plural(writer, &render->language->formats, longest, widest);
}

/* The text around the widest value. */
static void put_around(struct writer *writer, const struct piece *piece, const struct render *render, bool behind)
{
	const struct formats *formats = &render->language->formats;

	if (!behind && piece->before)
		writer_string(writer, piece->before);
	if (piece->type == FIELD_TYPE_MONEY)
		writer_string(writer, behind ? formats->money_after : formats->money_before);
	if (is_old(piece, render, INT64_MIN))
		writer_string(writer, behind ? formats->old_after : formats->old_before);
	if (behind && piece->before)
		writer_string(writer, piece->after);
}

static void put_worst(struct writer *writer, const struct piece *piece, const struct render *render)
{
	const struct menu *menu = render->menu;
	const bool free_text = piece->var >= VAR_FIRST && menu->vars[piece->var - VAR_FIRST]->kind == QUESTION_LENGTH;
	uint16_t i;

	if (piece->kind == PIECE_PLURAL) {
		put_worst_plural(writer, piece, render);
		return;
	}
	put_around(writer, piece, render, false);
	if (piece->words && piece->words->count)
		writer_string(writer, piece->words->list[piece->words->longest].text);
	/* Free text may be in any script, and one character outside GSM-7 makes the whole page UCS-2. */
	for (i = 0; i < piece->width && !(piece->words && piece->words->count); i++)
		writer_string(writer, free_text ? "\u53e3" : "8");
	put_around(writer, piece, render, true);
	/* both, since which of them is longer depends on the alphabet */
	writer_string(writer, piece->before ? piece->otherwise : "");
}

void template_render(const struct template *template, const struct render *render, struct writer *writer)
{
	uint16_t i;

	for (i = 0; i < template->count; i++) {
		const struct piece *piece = &template->pieces[i];

		if (piece->kind == PIECE_LITERAL)
			writer_put(writer, piece->text, piece->len);
		else if (render->worst)
			put_worst(writer, piece, render);
		else
			put_value(writer, piece, render);
	}
}
