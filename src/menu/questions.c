/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Questions of a page: their valid answers, and the variables that store these. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu/build.h"

#define VARS_MAX (VAR_ROWS - VAR_FIRST)
#define WRITTEN_MAX 320			/* characters of what a ticket takes, which no text shows */
#define QUESTION_VARS_MAX (BACKEND_VALUE - VAR_FIRST)

static const struct {
	const char *name;
	enum question_kind kind;
	enum field_type type;
} kinds[] = {
	{ "digits", QUESTION_DIGITS, FIELD_TYPE_TEXT },	  { "length", QUESTION_LENGTH, FIELD_TYPE_TEXT },
	{ "one_of", QUESTION_ONE_OF, FIELD_TYPE_TEXT },	  { "amount", QUESTION_AMOUNT, FIELD_TYPE_MONEY },
	{ "date", QUESTION_DATE, FIELD_TYPE_DATE },	  { "phone", QUESTION_PHONE, FIELD_TYPE_TEXT },
	{ "pattern", QUESTION_PATTERN, FIELD_TYPE_TEXT }, { "same_as", QUESTION_SAME_AS, FIELD_TYPE_TEXT },
};

#define KINDS_COUNT (sizeof(kinds) / sizeof(kinds[0]))

/* ---- first pass: names ---- */

static const struct setting *find_kind(const struct setting *group, size_t *kind)
{
	const struct setting *set = NULL;

	for (*kind = 0; *kind < KINDS_COUNT; (*kind)++) {
		set = setting_get(group, kinds[*kind].name);
		if (set)
			break;
	}
	return set;
}

static void add_secret(struct build *build, uint16_t *secrets, uint16_t var)
{
	struct menu *menu = build->menu;

	if (!menu_is_secret(menu, var) && menu->secrets_count < VARS_MAX)
		secrets[menu->secrets_count++] = var;
}

/* The longest answer that matches, and the one that takes the most septets. Returns how many there are. */
static uint8_t widest_answers(struct build *build, const struct setting *set, const char *answers[static 2])
{
	char widest[PATTERN_ANSWER_MAX + 1];
	struct pattern_error error;
	const struct pattern *pattern = set->type == SETTING_STRING ? pattern_compile(&build->menu->arena, set->string, &error) : NULL;
	uint8_t i;

	for (i = 0; pattern && i < 2; i++)
		answers[i] = arena_copy(&build->menu->arena, widest, pattern_widest(pattern, i == 1, widest));
	return i;
}

/* The most characters of an answer, or the values that it can have: what texts that show it must have room for. Mistakes are reported in
 * the second pass. */
static void widen(struct build *build, struct question *question, const struct setting *set, bool first)
{
	const struct setting *most = set->type == SETTING_LIST && set->child ? set->child->next : set;
	const char *answers[2], *const *more = answers;
	const char **all;
	uint8_t count = 0, i;
	long long width = 0;

	if (question->kind == QUESTION_ONE_OF)
		more = build_strings(build, set, &count);
	else if (question->kind == QUESTION_PATTERN)
		count = widest_answers(build, set, answers);
	if (question->kind == QUESTION_PATTERN && count)
		width = (long long)strlen(answers[0]);
	else if (most && most->type == SETTING_INT && most->number <= WIDTH_MAX &&
		 (question->kind == QUESTION_DIGITS || question->kind == QUESTION_LENGTH))
		width = most->number;
	if (width > 0 && (first || width > question->max))
		question->max = width;
	if (!count)
		return;
	if (count > UINT8_MAX - question->values_count)
		count = UINT8_MAX - question->values_count;
	all = arena_alloc(&build->menu->arena, (question->values_count + count) * sizeof(*all));
	for (i = 0; i < question->values_count; i++)
		all[i] = question->values[i];
	memcpy(all + i, more, count * sizeof(*all));
	question->values = all;
	question->values_count += count;
}

/* A new name becomes a variable; its first question determines its kind. */
static void declare(struct build *build, const struct setting *group, uint16_t *secrets)
{
	struct menu *menu = build->menu;
	const char *name = build_string(build, group, "name", NULL);
	const struct setting *set;
	struct question *question;
	bool first;
	size_t kind;
	uint16_t var;

	if (!name)
		return;
	set = find_kind(group, &kind);
	var = build_var(build, name);
	first = !var || (var >= BACKEND_VALUE && !menu->vars[var - VAR_FIRST]->max);	/* new, or only sent to a backend */
	if (first) {
		if (!var && menu->vars_count == QUESTION_VARS_MAX) {
			problems_add(build->problems, group, "more than %d different questions", QUESTION_VARS_MAX);
			return;
		}
		question = arena_alloc(&menu->arena, sizeof(*question));
		question->name = build_copy(build, name);
		question->kind = kind < KINDS_COUNT ? kinds[kind].kind : QUESTION_LENGTH;
		question->type = kind < KINDS_COUNT ? kinds[kind].type : FIELD_TYPE_TEXT;
		question->max = 20;
		if (var) {
			question->type = menu->vars[var - VAR_FIRST]->type;
			menu->vars[var - VAR_FIRST] = question;
		} else {
			menu->vars[menu->vars_count++] = question;
		}
	}
	var = build_var(build, name);
	if (set && var >= VAR_FIRST && menu->vars[var - VAR_FIRST]->kind == kinds[kind].kind)
		widen(build, (struct question *)menu->vars[var - VAR_FIRST], set, first);
	if (setting_get(group, "secret") && setting_get(group, "secret")->number)
		add_secret(build, secrets, var);
}

void build_questions_declare(struct build *build, const struct setting *pages)
{
	struct arena *arena = &build->menu->arena;
	uint16_t *secrets = arena_alloc(arena, VARS_MAX * sizeof(*secrets));
	const struct setting *page, *ask, *group;

	build->menu->vars = arena_alloc(arena, VARS_MAX * sizeof(*build->menu->vars));
	build_backends_declare(build, pages);
	build->menu->kinds = build_codes(build, FIELD_KIND);
	build->menu->messages = build_codes(build, FIELD_NOTIFICATION);
	build->menu->secrets = secrets;
	for (page = pages->child; page; page = page->next) {
		ask = setting_get(page, "ask");
		for (group = ask ? ask->child : NULL; group; group = group->next)
			declare(build, group, secrets);
	}
}

/* ---- second pass: valid answers ---- */

/* An integer means exactly that; a list of two means from … to. */
static void build_range(struct build *build, const struct setting *set, struct question *question, long long low,
			long long high)
{
	const struct setting *from = set, *to = set;

	if (set->type == SETTING_LIST && setting_count(set) == 2) {
		from = set->child;
		to = from->next;
	}
	if (from->type != SETTING_INT || to->type != SETTING_INT || from->number > to->number ||
	    from->number < low || to->number > high) {
		problem_remedy(problems_add(build->problems, set, "'%s' takes a number, or [ from, to ], between %lld and %lld", set->name,
					    low, high), "such as %s = 6 or %s = [ 4, 8 ]", set->name, set->name);
		return;
	}
	question->min = from->number;
	question->max = to->number;
}

static void build_pattern(struct build *build, const struct setting *set, struct question *question)
{
	struct pattern_error error;

	question->pattern = pattern_compile(&build->menu->arena, set->string, &error);
	if (!question->pattern)
		problem_remedy(problems_add(build->problems, set, "'%s' is not a pattern: %s, at '%.*s'", set->string, error.what,
					    (int)error.len, error.at), "%s", error.remedy);
}

static void build_date(struct build *build, const struct setting *set, struct question *question)
{
	static const char *const names[] = { "any", "past", "future" };
	size_t i;

	for (i = 0; i < 3; i++) {
		if (!strcmp(set->string, names[i])) {
			question->min = i;
			return;
		}
	}
	problem_remedy(problems_add(build->problems, set, "'date' must be \"any\", \"past\" or \"future\", not \"%s\"", set->string),
		       "choose one of them");
}

static void build_same_as(struct build *build, const struct setting *set, struct question *question)
{
	question->same_as = build_var(build, set->string);
	if (!question->same_as || question->same_as == question->var)
		problem_remedy(problems_add(build->problems, set, question->same_as ? "question '%s' cannot be the same as itself"
										    : "unknown question '%s'", set->string),
			       "name another question of the page");
}

static void build_one_of(struct build *build, const struct setting *set, struct question *question)
{
	question->values = build_strings(build, set, &question->values_count);
	if (!question->values_count)
		problem_remedy(problems_add(build->problems, set, "'one_of' is empty: no answer is right"), "name the right answers");
}

/* Read one value in the form of its kind. */
static void build_takes(struct build *build, const struct setting *set, struct question *question)
{
	const bool text = question->kind == QUESTION_DATE || question->kind == QUESTION_PATTERN ||
			  question->kind == QUESTION_SAME_AS;

	if (text && set->type != SETTING_STRING) {
		problems_add(build->problems, set, "'%s' must be a string", set->name);
		return;
	}
	switch (question->kind) {
	case QUESTION_DIGITS: build_range(build, set, question, 1, 40); break;
	case QUESTION_LENGTH: build_range(build, set, question, 1, question->var == FIELD_TEXT ? WRITTEN_MAX : 160); break;
	case QUESTION_AMOUNT: build_range(build, set, question, 0, 1000000000000); break;
	case QUESTION_ONE_OF: build_one_of(build, set, question); break;
	case QUESTION_DATE: build_date(build, set, question); break;
	case QUESTION_PATTERN: build_pattern(build, set, question); break;
	case QUESTION_SAME_AS: build_same_as(build, set, question); break;
	case QUESTION_PHONE: break;
	}
}

/* Navigation keys take precedence over answers, so no answer may look like one. */
static void check_keys(struct build *build, const struct setting *group, const struct question *question)
{
	const struct menu_keys *keys = &build->menu->keys;
	const char *const all[] = { keys->back, keys->home, keys->more, keys->agent };
	const uint8_t count = setting_get(build->source->root, "agent") ? 4 : 3;
	uint8_t i, k;

	for (k = 0; k < count; k++) {
		const long long len = strlen(all[k]);

		if (question->kind == QUESTION_DIGITS && k < 3 && question->min <= len && len <= question->max)
			problems_add(build->problems, group, "an answer could be the key '%s'; ask for more digits",
				     all[k]);
		if (question->pattern && pattern_matches(question->pattern, all[k], strlen(all[k])))
			problem_remedy(problems_add(build->problems, setting_at(group, "pattern"), "an answer could be the key '%s'",
						    all[k]), "let the pattern leave it out, or choose another key");
		for (i = 0; i < question->values_count; i++)
			if (!strcasecmp(question->values[i], all[k]))
				problem_remedy(problems_add(build->problems, group, "answer '%s' is a navigation key", all[k]),
					       "choose another answer");
	}
}

/* Answers are compared as inputs are read: in ASCII digits, whatever the capitals. */
static void check_values(struct build *build, const struct setting *group, const struct question *question)
{
	uint8_t i, k;

	for (i = 0; i < question->values_count; i++) {
		const char *value = question->values[i];
		char *folded = build_copy(build, value);

		folded[text_fold_input(value, strlen(value), folded)] = '\0';
		if (strcmp(folded, value))
			problem_remedy(problems_add(build->problems, group, "answer '%s' can never be given: inputs are read as '%s'",
						    value, folded), *folded ? "write it like that" : "write what subscribers type");
		for (k = 0; k < i; k++)
			if (!strcasecmp(question->values[k], value))
				problem_remedy(problems_add(build->problems, group, "answer '%s' stands there twice: capitals do not count",
							    value), "remove one of them");
	}
}

/* An answer takes one form. */
static void check_one_kind(struct build *build, const struct setting *group, size_t kind)
{
	size_t other;

	for (other = kind + 1; other < KINDS_COUNT; other++)
		if (setting_get(group, kinds[other].name))
			problem_remedy(problems_add(build->problems, setting_get(group, kinds[other].name),
						    "question '%s' has both '%s' and '%s'", setting_string(group, "name", ""),
						    kinds[kind].name, kinds[other].name), "an answer takes one form: remove one of them");
}

/* Passwords, and secrets that are repeated, must not be logged, shown or stored. */
static void check_secret(struct build *build, const struct setting *group, const struct question *question)
{
	const bool password = question->var == FIELD_OLD || question->var == FIELD_NEW || question->var == FIELD_PASSWORD;

	if (question->secret)
		return;
	if (password)
		problem_remedy(problems_add(build->problems, group, "question '%s' asks for a password, which must be secret",
					    question->name), "add secret = true");
	else if (question->kind == QUESTION_SAME_AS && menu_is_secret(build->menu, question->same_as))
		problem_remedy(problems_add(build->problems, group, "question '%s' repeats a secret, so it must be secret, too",
					    question->name), "add secret = true");
	else if (menu_is_secret(build->menu, question->var))
		problem_remedy(problems_add(build->problems, group, "question '%s' is secret on another page", question->name),
			       "add secret = true here, too, or choose another name");
}

static void build_question(struct build *build, const struct page *page, const struct setting *group,
			   struct question *question)
{
	const char *name = build_string(build, group, "name", NULL);
	struct problem *problem = NULL;
	const struct setting *set;
	char hint[80];
	size_t kind;

	group = build_mended(build, group, "name secret check digits length one_of amount date phone pattern same_as");
	set = find_kind(group, &kind);
	if (!name || !set) {
		problem_remedy(problems_add(build->problems, group, "a question needs a 'name' and what it takes: digits, length, one_of, "
					    "amount, date, phone, pattern or same_as"), "add what is missing");
		return;
	}
	build_is_settable(build, setting_at(group, "name"), name);
	question->name = build_copy(build, name);
	question->var = build_var(build, name);
	question->kind = kinds[kind].kind;
	question->type = kinds[kind].type;
	question->secret = build_bool(build, group, "secret", false);
	question->check = build_find_action(build, group, "check", false);
	if (question->check && question->check->changes)
		problem_remedy(problems_add(build->problems, setting_get(group, "check"), "'%s' changes something: it cannot be a check",
					    question->check->name), "remove it, or check by an action that changes nothing, such as "
			       "'password.check'");
	check_one_kind(build, group, kind);
	build_takes(build, set, question);
	check_keys(build, group, question);
	check_values(build, group, question);
	check_secret(build, group, question);
	if (menu_var_type(build->menu, question->var) != question->type &&
	    !(question->type == FIELD_TYPE_TEXT && menu_var_type(build->menu, question->var) == FIELD_TYPE_CODE))
		problem = problems_add(build->problems, group, "'%s' has another meaning elsewhere: choose another name", name);
	if (problem && question->var >= BACKEND_VALUE && !build->menu->vars[question->var - VAR_FIRST]->width &&
	    (question->type == FIELD_TYPE_MONEY || question->type == FIELD_TYPE_DATE))
		problem_remedy(problem, "if it is sent to a backend, let that declare [ \"%s\", \"%s\", \"%s\" ] in 'send'", name, name,
			       question->type == FIELD_TYPE_MONEY ? "money" : "date");
	question->prompt = build_texts(build, page, name, true);
	snprintf(hint, sizeof(hint), "%.60s_hint", name);
	question->hint = build_texts(build, page, hint, false);
}

void build_questions(struct build *build, struct page *page, const struct setting *group)
{
	const struct setting *ask = build_get(build, group, "ask", SETTING_LIST);
	const struct setting *set;
	struct question *list;

	if (!ask)
		return;
	list = arena_alloc(&build->menu->arena, QUESTIONS_MAX * sizeof(*list));
	page->questions = list;
	for (set = ask->child; set; set = set->next) {
		if (set->type != SETTING_GROUP || page->questions_count == QUESTIONS_MAX) {
			problem_remedy(problems_add(build->problems, set, "'ask' takes up to %d groups", QUESTIONS_MAX),
				       "ask the others on another page");
			return;
		}
		build_question(build, page, set, &list[page->questions_count]);
		page->secret |= list[page->questions_count++].secret;
	}
}
