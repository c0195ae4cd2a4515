/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts with placeholders, parsed once and rendered often. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu/template.h"
#include "menu/view.h"

#define PIECES_MAX 64
#define FORMS_MAX 6
#define OUTSIDE_MAX 1600	/* octets of a text from outside */

/* ---- parsing ---- */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";	/* of names */

struct parser {
	struct build *build;
	const struct language *language;
	const struct setting *at;
	uint16_t count;
	bool full;		/* already reported */
	struct piece *pieces;	/* PIECES_MAX */
};

static struct piece *piece_add(struct parser *parser, enum piece_kind kind)
{
	struct piece *piece;

	if (parser->count == PIECES_MAX) {
		if (!parser->full)
			problem_remedy(problems_add(parser->build->problems, parser->at, "text has more than %d parts", PIECES_MAX),
				       "shorten it");
		parser->full = true;
		return NULL;
	}
	piece = &parser->pieces[parser->count++];
	*piece = (struct piece){ .kind = kind };
	return piece;
}

static void add_literal(struct parser *parser, const char *text, size_t len)
{
	struct piece *piece;

	if (len > VIEW_BODY_MAX) {
		problem_remedy(problems_add(parser->build->problems, parser->at, "text of %zu octets is longer than %d, the most of a page",
					    len, VIEW_BODY_MAX), "shorten it");
		return;
	}
	piece = len ? piece_add(parser, PIECE_LITERAL) : NULL;
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
	case QUESTION_LENGTH:
	case QUESTION_PATTERN: return build->menu->vars[var - VAR_FIRST]->max;
	default: return 20;
	}
}

/* Names and words, but no numbers, keys or references: part of one is another one. */
static bool may_be_cut(const struct build *build, uint16_t var)
{
	if (var >= VAR_FIRST)
		return build->menu->vars[var - VAR_FIRST]->kind == QUESTION_LENGTH;
	return field_info(var)->type == FIELD_TYPE_CODE;
}

static bool never_shown(const struct build *build, uint16_t var)
{
	return var == FIELD_OLD || var == FIELD_NEW || var == FIELD_PASSWORD || var == FIELD_SERVICES || menu_is_secret(build->menu, var);
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
		problem_remedy(problems_add(parser->build->problems, parser->at, "plural of '%s' needs %u forms between '|' in language "
					    "'%s' (%s)", menu_var_name(parser->build->menu, piece->var), rule->forms,
					    parser->language->name, rule->name), "write one form for each, with # for the number");
	piece->forms = forms;
}

/* "if:for # days|free": if the value is unknown or empty, show nothing, or the text after the bar. "old: (of #)": the same for times that
 * are not old. */
static void add_optional(struct parser *parser, struct piece *piece, char *around)
{
	const char *with = strsep(&around, "|"), *mark = strchr(with, '#');

	if (!mark) {
		problem_remedy(problems_add(parser->build->problems, parser->at, "'%s:%s' has no '#' for the value", piece->if_old ? "old"
					    : "if", with), "write # where the value belongs");
		return;
	}
	piece->before = arena_copy(&parser->build->menu->arena, with, mark - with);
	piece->after = build_copy(parser->build, mark + 1);
	piece->otherwise = build_copy(parser->build, around ? around : "");
}

/* Complain about what stands after ':' in a placeholder: neither a form that the value has, nor words of the language. */
static void refuse_form(struct parser *parser, const struct piece *piece, const char *name, const char *how)
{
	const size_t len = strcspn(how, ":");
	struct text_nearest nearest = {};
	struct problem *problem;
	char form[64];
	uint16_t i;

	snprintf(form, sizeof(form), "%.*s", (int)len, how);
	if (piece->type == FIELD_TYPE_CODE && !how[len])
		problem = problems_add(parser->build->problems, parser->at, "no words '%s' in language '%s'", form, parser->language->name);
	else
		problem = problems_add(parser->build->problems, parser->at, "'%s' has no form '%s'", name, form);
	text_nearest_try_words(&nearest, form, "if old plural");
	for (i = 0; piece->type == FIELD_TYPE_CODE && i < parser->language->words_count; i++)
		text_nearest_try(&nearest, form, parser->language->words[i].name, strlen(parser->language->words[i].name));
	if (!strcmp(form, "old"))
		problem_remedy(problem, "only the age of data has it, and only with 'old_after' in the menu: old_after = { %s = 86400; };",
			       piece->type == FIELD_TYPE_TIME ? name : "as_of");
	else if (!strcmp(form, "plural"))
		problem_remedy(problem, "only counts have it; show it as {%s}", name);
	else if (nearest.best)
		problem_suggest(problem, &nearest);
	else if (piece->type == FIELD_TYPE_CODE && !how[len])
		problem_remedy(problem, "write them in words.%s", form);
	else
		problem_remedy(problem, "show it without a form, as {%s}", name);
}

static void add_value(struct parser *parser, uint16_t var, const char *name, char *how)
{
	struct build *build = parser->build;
	struct piece *piece = piece_add(parser, PIECE_VALUE);
	const char *group;
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
	piece->cut = may_be_cut(build, var);
	if (never_shown(build, var))
		problem_remedy(problems_add(build->problems, parser->at, "'%s' can never be shown", name), "remove it from the text");
	if (how && !strncmp(how, "plural:", 7) && piece->type == FIELD_TYPE_COUNT) {
		piece->kind = PIECE_PLURAL;
		forms = how + 7;
		add_forms(parser, piece, forms);
	} else if (piece->type == FIELD_TYPE_CODE) {
		group = how ? how : menu_var_words(build->menu, var);
		piece->words = build_find_words(parser->language, group);
		build_words_used(build, group, var, parser->language - build->languages);
		if (how && !piece->words)
			refuse_form(parser, piece, name, how);
	} else if (how) {
		refuse_form(parser, piece, name, how);
	}
}

/* Complain about the name of a value; not about one that may come from an undeclared backend, which has been reported. */
static void suggest(struct parser *parser, const char *name)
{
	const struct build *build = parser->build;
	const bool former = former_name(FORMER_FIELD, name);
	const struct setting *set;
	struct text_nearest nearest = {};
	struct problem *problem;

	build_nearest_var(build, &nearest, name);
	for (set = build->values ? build->values->child : NULL; set; set = set->next)
		text_nearest_try(&nearest, name, set->name, strlen(set->name));
	if (build->undeclared && !former && !nearest.best)
		return;
	problem = problems_add(build->problems, parser->at, "unknown placeholder '%s'", name);
	if (former_suggest(problem, FORMER_FIELD, name))
		return;
	problem_remedy(problem, name[strspn(name, letters)] ? "a brace to be shown is written twice"
		       : "it is neither a field, nor an answer, nor one of the constants in 'values'");
	problem_suggest(problem, &nearest);
}

/* Parse the text between two braces. */
static void add_placeholder(struct parser *parser, const char *text, size_t len)
{
	char inside[256], *how;
	const char *constant;
	uint16_t var;

	if (!len) {
		problem_remedy(problems_add(parser->build->problems, parser->at, "'{}' names no value"),
			       "write a name in it, or {{}} for the characters");
		return;
	}
	if (len >= sizeof(inside)) {
		problem_remedy(problems_add(parser->build->problems, parser->at, "placeholder is too long"), "shorten it");
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
	else if (!setting_get(parser->build->values, inside))	/* else it has another type, which is reported */
		suggest(parser, inside);
}

/* A brace without its other one. If a name of a value is beside it, the author meant a placeholder. */
static void refuse_brace(struct parser *parser, const char *brace)
{
	struct problem *problem = problems_add(parser->build->problems, parser->at, *brace == '{' ? "'{' is never closed"
					       : "'}' closes nothing");
	const char *from = brace + 1, *end = from + strspn(from, letters);
	char name[64];

	if (*brace == '}')
		for (from = end = brace; from > parser->at->string && strchr(letters, from[-1]); from--)
			;
	snprintf(name, sizeof(name), "%.*s", (int)(end - from), from);
	if (build_var(parser->build, name) || setting_get(parser->build->values, name))
		problem_remedy(problem, "write {%s}; a brace to be shown is written twice", name);
	else
		problem_remedy(problem, "write it twice to show it, or {name} for a value");
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
	end = *text == '{' ? strpbrk(text + 1, "{}") : NULL;
	if (!end || *end == '{') {
		refuse_brace(parser, text);
		return 1;
	}
	add_placeholder(parser, text + 1, end - text - 1);
	return end + 1 - text;
}

struct template template_parse(struct build *build, const struct language *language, const struct setting *at)
{
	struct piece room[PIECES_MAX];		/* not initialized: it is large, and texts are many */
	struct parser parser = { .build = build, .language = language, .at = at, .pieces = room };
	const char *text = at->string;
	struct piece *pieces;

	while (*text)
		text += parse_piece(&parser, text);
	pieces = arena_alloc(&build->menu->arena, parser.count * sizeof(*pieces));
	memcpy(pieces, room, parser.count * sizeof(*pieces));
	return (struct template){ .pieces = pieces, .count = parser.count };
}

bool template_shows(const struct template *template, uint16_t var)
{
	uint16_t i;

	for (i = 0; i < template->count && template->pieces[i].var != var; i++)
		;
	return i < template->count;
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

/* A text from outside may be wider than its declared width, for which the fit check has proved that there is room. It is cut after a word,
 * with dots where they take no more than a quarter of it. */
static void put_outside(struct writer *writer, const struct piece *piece, const struct render *render, const char *text, size_t len)
{
	/* an answer of that many characters of any script, which may count twice */
	const bool own = piece->var >= VAR_FIRST && piece->var < BACKEND_VALUE;
	const unsigned int width = render->width_max && render->width_max < piece->width ? render->width_max : piece->width;
	struct text_budget room = { width << own, width << own };
	const char *dots = "...";
	char plain[OUTSIDE_MAX];
	size_t dots_width = 3, skip;
	struct text_cost cost;

	if (piece->cut && render->language->transliterate) {
		len = text_transliterate(text, len, plain, sizeof(plain));
		text = plain;
	}
	cost = text_cost(text, len);
	if (!cost.gsm7) {
		dots = "\u2026";
		dots_width = 1;
	}
	if (!piece->cut || text_fits(cost, room)) {
		writer_put(writer, text, len);
		return;
	}
	if (render->cuts)
		(*render->cuts)++;
	if (dots_width * 4 > width)
		dots = "";
	else
		room = (struct text_budget){ room.septets - dots_width, room.units - dots_width };
	writer_put(writer, text, text_cut(text, len, room, &skip));
	writer_string(writer, dots);
}

/* A code without its own word is shown as the group's "other", if any. */
static void put_code(struct writer *writer, const struct piece *piece, const struct render *render, const struct value *value)
{
	const struct words *words = piece->words;
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
		put_outside(writer, piece, render, value->text, value->len);
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

/* What a row, its service, or what a choice sets lacks is not that of another one. */
static bool is_of_row(const struct render *render, uint16_t var)
{
	struct value value;
	uint16_t pos = 0, id;

	if (!render->row)
		return false;
	if (render->list && menu_list_brings(render->list, var))
		return true;
	while (!render->list && record_next(render->row, &pos, &id, &value))
		if (menu_row_loses(render->menu, id, var))
			return true;
	return menu_is_service_fact(var) && record_get(render->row, FIELD_SERVICE, &value);
}

bool render_value(const struct render *render, uint16_t var, struct value *value)
{
	if (render->row && record_get(render->row, var, value))
		return true;
	return render->values && !is_of_row(render, var) && record_get(render->values, var, value);
}

void piece_render(const struct piece *piece, const struct render *render, const struct value *value, struct writer *writer)
{
	const struct formats *formats = &render->language->formats;

	if (!value) {
		writer_string(writer, piece->before ? piece->otherwise : formats->missing);
		return;
	}
	if (piece->before && ((value->is_text && !value->len) || (piece->if_old && !is_old(piece, render, value->number)))) {
		writer_string(writer, piece->otherwise);
		return;
	}
	writer_string(writer, piece->before ? piece->before : "");
	if (piece->kind == PIECE_PLURAL)
		format_plural(writer, formats,
			      piece->forms[render->language->plural->form(value->number < 0 ? -(uint64_t)value->number
											    : (uint64_t)value->number)],
			      value->number);
	else if (value->is_text)
		put_code(writer, piece, render, value);
	else
		put_number(writer, piece, render, value->number);
	writer_string(writer, piece->before ? piece->after : "");
}

/* Whether the fit check has to fill it. */
static bool is_blank_value(const struct render *render, const struct piece *piece)
{
	const struct blanks *blanks = render->blanks;
	struct value value;

	if (!blanks || blanks->given[piece->var / 64] & (1ull << piece->var % 64) || blanks->count == BLANKS_MAX)
		return false;
	if (render->of_row && piece->var < FIELD_COUNT && field_info(piece->var)->origin == FIELD_OF_ROW)
		return false;
	return !is_of_row(render, piece->var) && (!render->row || !record_get(render->row, piece->var, &value));
}

static void put_value(const struct piece *piece, const struct render *render, struct writer *writer)
{
	struct value value;

	if (is_blank_value(render, piece))
		render->blanks->list[render->blanks->count++] = piece;
	else
		piece_render(piece, render, render_value(render, piece->var, &value) ? &value : NULL, writer);
}

void template_render(const struct template *template, const struct render *render, struct writer *writer)
{
	uint16_t i;

	for (i = 0; i < template->count; i++) {
		const struct piece *piece = &template->pieces[i];

		if (piece->kind == PIECE_LITERAL)
			writer_put(writer, piece->text, piece->len);
		else
			put_value(piece, render, writer);
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
	template_render(text_wording(&texts[render_language(render)], render), render, writer);
}

/* ---- prepared texts ---- */

#define BOUND_MAX 512	/* octets of the values that a choice sets */

/* A label sees what its choice sets. */
static void put_choice(const struct choice *choice, const struct render *render, struct writer *writer)
{
	uint8_t data[BOUND_MAX];
	struct record bound = { .data = data, .size = sizeof(data) };
	struct render of_choice;

	if (!conditions_hold(&choice->conditions, render))
		return;
	if (!choice->with.count) {
		prepared_render(&choice->item[render_language(render)], render, writer);
		return;
	}
	of_choice = *render;
	of_choice.row = &bound;
	bindings_put(&choice->with, &of_choice, &bound);
	prepared_render(&choice->item[render_language(render)], &of_choice, writer);
}

void prepared_render(const struct prepared *prepared, const struct render *render, struct writer *writer)
{
	const struct segment *segment = prepared->list, *end = segment + prepared->count;

	for (; segment < end; segment++) {
		switch ((enum segment_kind)segment->kind) {
		case SEGMENT_LITERAL:
			writer_put_counted(writer, segment->literal, segment->len,
					   (struct text_cost){ .septets = segment->septets, .units = segment->units,
							       .gsm7 = segment->gsm7 });
			break;
		case SEGMENT_PIECE:
			put_value(segment->piece, render, writer);
			break;
		case SEGMENT_TEXT:
			template_render(text_wording(segment->text, render), render, writer);
			break;
		case SEGMENT_CHOICE:
			put_choice(segment->choice, render, writer);
			break;
		}
	}
}
