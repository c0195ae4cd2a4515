/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts with placeholders, parsed once and rendered often. */
#include <stdlib.h>
#include <string.h>

#include "menu/former.h"
#include "menu/template.h"

#define PIECES_MAX 64
#define FORMS_MAX 6
#define ANSWERED_MAX 1600	/* octets of a text that a backend answered */

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

uint16_t template_width(const struct build *build, uint16_t var)
{
	const struct setting *own = setting_get(build->widths, menu_var_name(build->menu, var));

	if (own && own->type == SETTING_INT && own->number > 0 && own->number <= WIDTH_MAX)
		return own->number;
	if (var < FIELD_COUNT)
		return field_info(var)->width;
	if (build->menu->vars[var - VAR_FIRST]->width)
		return build->menu->vars[var - VAR_FIRST]->width;
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

/* "if:for # days|free": if the value is unknown or empty, show nothing, or the text after the bar. "old: (of #)": the same for times that
 * are not old. */
static void add_optional(struct parser *parser, struct piece *piece, char *around)
{
	const char *with = strsep(&around, "|"), *mark = strchr(with, '#');

	if (!mark) {
		problems_add(parser->build->problems, parser->at, "'%s:%s' has no '#' for the value", piece->if_old ? "old" : "if", with);
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
	piece->var = var;
	piece->type = menu_var_type(build->menu, var);
	piece->if_old = how && !strncmp(how, "old:", 4) && var < FIELD_COUNT && build->menu->old_after_s[var];
	if (how && (piece->if_old || !strncmp(how, "if:", 3))) {
		add_optional(parser, piece, strchr(how, ':') + 1);
		how = NULL;
	}
	piece->width = template_width(build, var);
	if (never_shown(build, var))
		problems_add(build->problems, parser->at, "'%s' can never be shown", name);
	if (how && !strncmp(how, "plural:", 7) && piece->type == FIELD_TYPE_COUNT) {
		piece->kind = PIECE_PLURAL;
		forms = how + 7;
		add_forms(parser, piece, forms);
	} else if (piece->type == FIELD_TYPE_CODE) {
		piece->words = build_find_words(parser->language, how ? how : menu_var_words(build->menu, var));
		if (how && !piece->words)
			problems_add(build->problems, parser->at, "no words '%s' in language '%s'", how,
				     parser->language->name);
	} else if (how) {
		problems_add(build->problems, parser->at, "'%s' has no form '%s'", name, how);
	}
}

/* There is no such value. That of a backend which is not declared is no mistake of its own. */
static void suggest(struct parser *parser, const char *name)
{
	const struct build *build = parser->build;
	const bool former = former_name(FORMER_FIELD, name);
	const struct setting *set;
	struct text_nearest nearest = {};
	struct problem *problem;
	uint16_t i;

	for (i = FIELD_NONE + 1; !former && i < FIELD_COUNT; i++)
		text_nearest_try(&nearest, name, field_info(i)->name, strlen(field_info(i)->name));
	for (i = 0; i < build->menu->vars_count; i++)
		text_nearest_try(&nearest, name, build->menu->vars[i]->name, strlen(build->menu->vars[i]->name));
	for (i = BACKEND_VALUE - VAR_FIRST; i < VAR_ROWS - VAR_FIRST; i++)
		if (build->menu->vars[i])
			text_nearest_try(&nearest, name, build->menu->vars[i]->name, strlen(build->menu->vars[i]->name));
	for (set = build->values ? build->values->child : NULL; set; set = set->next)
		text_nearest_try(&nearest, name, set->name, strlen(set->name));
	if (build->undeclared && !former && !nearest.best)
		return;
	problem = problems_add(build->problems, parser->at, "unknown placeholder '%s'", name);
	if (!former_suggest(problem, FORMER_FIELD, name))
		problem_suggest(problem, &nearest);
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
		suggest(parser, inside);
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

/* A backend's text has the width of its declaration at most. The menu may have a narrower one, and transliteration can make it longer. */
static void put_answered(struct writer *writer, const struct piece *piece, const struct render *render, const struct value *value)
{
	const struct text_budget budget = { piece->width, piece->width };
	char plain[ANSWERED_MAX];
	struct value cut = *value;
	size_t skip;

	if (render->language->transliterate) {
		cut.len = text_transliterate(value->text, value->len, plain, sizeof(plain));
		cut.text = plain;
	}
	if (!piece->words)
		cut.len = text_cut(cut.text, cut.len, budget, &skip);
	put_code(writer, piece->words, piece->words ? value : &cut);
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

bool render_value(const struct render *render, uint16_t var, struct value *value)
{
	return (render->row && record_get(render->row, var, value)) ||
	       (render->values && record_get(render->values, var, value));
}

static void put_value(struct writer *writer, const struct piece *piece, const struct render *render)
{
	const struct formats *formats = &render->language->formats;
	struct value value;

	if (!render_value(render, piece->var, &value)) {
		writer_string(writer, piece->before ? piece->otherwise : formats->missing);
		return;
	}
	if (piece->before && ((value.is_text && !value.len) || (piece->if_old && !is_old(piece, render, value.number)))) {
		writer_string(writer, piece->otherwise);
		return;
	}
	writer_string(writer, piece->before ? piece->before : "");
	if (piece->kind == PIECE_PLURAL)
		format_plural(writer, formats,
			      piece->forms[render->language->plural->form(value.number < 0 ? -(uint64_t)value.number
											   : (uint64_t)value.number)],
			      value.number);
	else if (value.is_text && piece->var >= BACKEND_VALUE && render->menu->vars[piece->var - VAR_FIRST]->width)
		put_answered(writer, piece, render, &value);
	else if (value.is_text)
		put_code(writer, piece->words, &value);
	else
		put_number(writer, piece, render, value.number);
	writer_string(writer, piece->before ? piece->after : "");
}

/* ---- the widest values ---- */

#define WIDEST_MAX 1024	/* octets of one value */

/* The widest value found so far. */
struct widest {
	const struct render *render;
	struct text_cost cost, cost_other;	/* of the text, and of the widest outside GSM-7 */
	size_t len, len_other;
	bool found, found_other;
	char text[WIDEST_MAX], other[WIDEST_MAX];
};

/* Consider one more value. */
static void offer(struct widest *widest, const char *text, size_t len)
{
	char plain[WIDEST_MAX];
	struct text_cost cost;
	bool better;

	if (widest->render->language->transliterate) {
		len = text_transliterate(text, len, plain, sizeof(plain));
		text = plain;
	}
	cost = text_cost(text, len);
	if (!cost.gsm7 && (!widest->found_other || cost.units > widest->cost_other.units)) {
		widest->found_other = true;
		widest->cost_other = cost;
		widest->len_other = len;
		memcpy(widest->other, text, len);
	}
	if (widest->render->worst->ucs2)
		better = cost.units > widest->cost.units;
	else
		better = cost.gsm7 && (!widest->cost.gsm7 || cost.septets > widest->cost.septets);
	if (widest->found && !better)
		return;
	widest->found = true;
	widest->cost = cost;
	widest->len = len;
	memcpy(widest->text, text, len);
}

/* The greatest number of that many digits whose plural is this form; a language has forms for a few small numbers alone. */
static int64_t widest_number(const struct plural_rule *rule, unsigned int form, unsigned int digits)
{
	int64_t most = 0, number;
	unsigned int i;

	for (i = 0; i < digits && most < INT64_MAX / 10 - 9; i++)
		most = most * 10 + 9;
	for (number = most; number >= 0 && number > most - 200; number--)
		if (rule->form(number) == form)
			return number;
	for (number = most < 200 ? most : 200; number > 0 && rule->form(number) != form; number--)
		;
	return number;
}

static void offer_forms(struct widest *widest, const struct piece *piece)
{
	const struct language *language = widest->render->language;
	char text[WIDEST_MAX];
	unsigned int i;

	for (i = 0; i < language->plural->forms; i++) {
		struct writer writer = { text, text + sizeof(text) };

		format_plural(&writer, &language->formats, piece->forms[i], widest_number(language->plural, i, piece->width));
		offer(widest, text, writer.at - text);
	}
}

/* A value between the texts around it. */
static void offer_value(struct widest *widest, const struct piece *piece, const char *value, size_t len)
{
	char text[WIDEST_MAX];
	struct writer writer = { text, text + sizeof(text) };

	writer_string(&writer, piece->before ? piece->before : "");
	writer_put(&writer, value, len);
	writer_string(&writer, piece->before ? piece->after : "");
	offer(widest, text, writer.at - text);
}

static void offer_repeated(struct widest *widest, const struct piece *piece, const char *character)
{
	char text[WIDEST_MAX];
	struct writer writer = { text, text + sizeof(text) };
	uint16_t i;

	for (i = 0; i < piece->width; i++)
		writer_string(&writer, character);
	offer_value(widest, piece, text, writer.at - text);
}

/* A service is never named beside itself as the one that it replaces. */
static bool is_other_service(const struct render *render, const struct piece *piece, const char *code)
{
	struct value service;

	return piece->var != FIELD_INSTEAD || !(render->worst->given & (1ull << FIELD_SERVICE)) ||
	       !record_get(render->values, FIELD_SERVICE, &service) || strlen(code) != service.len ||
	       memcmp(code, service.text, service.len);
}

static void offer_words(struct widest *widest, const struct piece *piece)
{
	uint16_t i;

	for (i = 0; i < piece->words->count; i++)
		if (is_other_service(widest->render, piece, piece->words->list[i].code))
			offer_value(widest, piece, piece->words->list[i].text, strlen(piece->words->list[i].text));
}

static void offer_text(struct widest *widest, const struct piece *piece)
{
	const struct menu *menu = widest->render->menu;
	const struct question *question = piece->var < VAR_FIRST ? NULL : menu->vars[piece->var - VAR_FIRST];
	const bool answered = question && question->width;
	uint16_t i;

	if (piece->words && piece->words->count) {
		offer_words(widest, piece);
		if (!answered || find_word(piece->words, "other"))
			return;
	}
	if (answered) {		/* cut to that many septets, or units of UCS-2: no character counts twice */
		offer_repeated(widest, piece, "8");
		offer_repeated(widest, piece, "\u4e2d");
		return;
	}
	if (question && question->kind == QUESTION_ONE_OF) {
		for (i = 0; i < question->values_count; i++)
			offer_value(widest, piece, question->values[i], strlen(question->values[i]));
		return;
	}
	for (i = 0; piece->var == FIELD_KEYWORD && i < menu->keywords_count; i++)
		offer_value(widest, piece, menu->keywords[i].text, menu->keywords[i].len);
	if (piece->var == FIELD_KEYWORD)
		return;
	offer_repeated(widest, piece, "8");
	if (question && question->kind == QUESTION_LENGTH) {
		/* any script: characters that count twice in GSM-7, and in UCS-2 */
		offer_repeated(widest, piece, "{");
		offer_repeated(widest, piece, "\U0001f600");
	}
}

static void offer_number(struct widest *widest, const struct piece *piece)
{
	const struct render *render = widest->render;
	const struct formats *formats = &render->language->formats;
	const unsigned int minor = render->menu->currency_minor;
	const bool money = piece->type == FIELD_TYPE_MONEY;
	unsigned int digits = piece->width - (money && minor && piece->width > minor + 1);
	char text[WIDEST_MAX];
	struct writer writer = { text, text + sizeof(text) };
	int64_t number = 0;

	for (; digits && number < INT64_MAX / 10 - 9; digits--)
		number = number * 10 + 9;
	switch (piece->type) {
	case FIELD_TYPE_MONEY: format_money(&writer, formats, number, minor); break;
	case FIELD_TYPE_DATE: format_date(&writer, formats, 20261231); break;
	case FIELD_TYPE_MONTH: format_month(&writer, formats, 202612); break;
	case FIELD_TYPE_TIME: put_time(&writer, piece, render, INT64_MAX); break;
	default: format_count(&writer, formats, number); break;
	}
	if (!piece->if_old)
		offer_value(widest, piece, text, writer.at - text);
	if (piece->type != FIELD_TYPE_TIME)
		return;
	writer.at = text;
	put_time(&writer, piece, render, INT64_MIN);	/* old */
	offer_value(widest, piece, text, writer.at - text);
}

static void put_worst(struct writer *writer, const struct piece *piece, const struct render *render)
{
	const char *absent = piece->before ? piece->otherwise : render->language->formats.missing;
	struct widest widest = { .render = render };
	struct worst *worst = render->worst;

	if (piece->kind == PIECE_PLURAL)
		offer_forms(&widest, piece);
	else if (piece->type == FIELD_TYPE_TEXT || piece->type == FIELD_TYPE_CODE)
		offer_text(&widest, piece);
	else
		offer_number(&widest, piece);
	offer(&widest, absent, strlen(absent));
	if (widest.found_other && worst->seen++ == worst->forced)
		writer_put(writer, widest.other, widest.len_other);
	else
		writer_put(writer, widest.text, widest.len);
}

static bool is_given(const struct render *render, uint16_t var)
{
	struct value value;

	for (uint8_t i = 0; render->worst && i < render->worst->others_count; i++)
		if (render->worst->others[i] == var)
			return true;
	return !render->worst || (var < VAR_FIRST && render->worst->given & (1ull << var)) ||
	       (render->row && record_get(render->row, var, &value));
}

void template_render(const struct template *template, const struct render *render, struct writer *writer)
{
	uint16_t i;

	for (i = 0; i < template->count; i++) {
		const struct piece *piece = &template->pieces[i];

		if (piece->kind == PIECE_LITERAL)
			writer_put(writer, piece->text, piece->len);
		else if (is_given(render, piece->var))
			put_value(writer, piece, render);
		else
			put_worst(writer, piece, render);
	}
}

const struct template *text_wording(const struct text *text, const struct render *render)
{
	const struct variant *variant = text->variants;

	while (!conditions_hold(&variant->conditions, render))
		variant++;		/* the last one has no conditions, as the menu compiler ensures */
	return &variant->template;
}

void texts_render(texts_t texts, const struct render *render, struct writer *writer)
{
	template_render(text_wording(&texts[render->language - render->menu->languages], render), render, writer);
}
