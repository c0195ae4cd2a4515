/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conditions on the account, whether they hold, and bindings of variables. */
#include <string.h>

#include "menu/template.h"

/* ---- compiling ---- */

/* Conditions that are not just a field's name. */
static const struct {
	const char *name;
	enum condition_kind kind;
} special[] = {
	{ "has", CONDITION_HAS }, { "family", CONDITION_FAMILY }, { "channel", CONDITION_CHANNEL },
	{ "known", CONDITION_KNOWN }, { "ahead", CONDITION_AHEAD },
};

#define SPECIAL_COUNT (sizeof(special) / sizeof(special[0]))

/* Fields that a condition can test by name: codes. False after a complaint. */
static bool find_subject(struct build *build, const struct setting *set, struct condition *condition)
{
	const uint16_t var = build_var(build, set->name);
	size_t i;

	for (i = 0; i < SPECIAL_COUNT && strcmp(special[i].name, set->name); i++)
		;
	if (i < SPECIAL_COUNT) {
		condition->kind = special[i].kind;
		return true;
	}
	condition->kind = CONDITION_IS;
	condition->field = var;
	if (var && menu_var_type(build->menu, var) == FIELD_TYPE_CODE)
		return true;
	problems_add(build->problems, set, var ? "'%s' is not a code, so it cannot be compared; use 'known' or 'ahead'"
					       : "unknown condition '%s': a code such as account or state, or one of: has family "
						 "channel known ahead", set->name);
	return false;
}

uint16_t build_find_var(struct build *build, const struct setting *at, const char *name)
{
	const uint16_t var = build_var(build, name);
	struct text_nearest nearest = {};
	struct problem *problem;

	if (!var) {
		problem = problems_add(build->problems, at, "unknown value '%s'", name);
		build_nearest_var(build, &nearest, name);
		if (former_suggest(problem, FORMER_FIELD, name))
			return 0;
		problem_remedy(problem, "name a field, or the answer to a question");
		problem_suggest(problem, &nearest);
	}
	return var;
}

/* "{service}" in place of a value: the field that is meant; FIELD_NONE for a constant. */
static uint16_t named_field(struct build *build, const struct setting *set, const char *value)
{
	const size_t len = strlen(value);

	if (len < 3 || value[0] != '{' || value[len - 1] != '}')
		return FIELD_NONE;
	return build_find_var(build, set, arena_copy(&build->menu->arena, value + 1, len - 2));
}

/* A value that the subject never has makes a condition that never holds. */
static void check_value(struct build *build, const struct setting *set, const struct condition *condition, const char *value)
{
	const char *known;

	switch (condition->kind) {
	case CONDITION_CHANNEL: known = "ussd sms"; break;
	case CONDITION_FAMILY: known = build_families(build); break;
	case CONDITION_HAS: known = build_codes(build, FIELD_SERVICE); break;
	default: known = build_codes(build, condition->field); break;
	}
	build_check_code(build, set, set->name, known, value);
}

static void build_values(struct build *build, const struct setting *set, struct condition *condition)
{
	const bool named = condition->kind == CONDITION_KNOWN || condition->kind == CONDITION_AHEAD;
	uint16_t *fields;
	uint8_t found = 0, i;

	condition->values = build_strings(build, set, &condition->count);
	fields = arena_alloc(&build->menu->arena, condition->count * sizeof(*fields));
	for (i = 0; i < condition->count; i++) {	/* unknown fields are reported and left out: see below */
		fields[i] = named ? build_var(build, condition->values[i]) : named_field(build, set, condition->values[i]);
		if (named && !fields[i])
			build_find_var(build, set, condition->values[i]);	/* complains */
		else if (condition->kind == CONDITION_AHEAD && menu_var_type(build->menu, fields[i]) != FIELD_TYPE_DATE)
			problem_remedy(problems_add(build->problems, set, "'%s' is not a date", condition->values[i]),
				       "name a date, such as valid_until or effective");
		else if (!named && !fields[i])
			check_value(build, set, condition, condition->values[i]);
	}
	for (i = 0; named && i < condition->count; i++)
		if (fields[i])
			fields[found++] = fields[i];
	condition->count = named ? found : condition->count;
	condition->fields = fields;
}

static const struct condition *condition_list(struct build *build, const struct setting *group, uint8_t *count)
{
	struct condition *conditions;
	const struct setting *set;

	*count = 0;
	if (!group)
		return NULL;
	conditions = arena_alloc(&build->menu->arena, setting_count(group) * sizeof(*conditions));
	for (set = group->child; set && *count < UINT8_MAX; set = set->next) {
		struct condition *condition = &conditions[*count];

		if (!find_subject(build, set, condition))
			continue;
		build_values(build, set, condition);
		(*count)++;
	}
	return conditions;
}

struct conditions build_where(struct build *build, const struct setting *where)
{
	struct conditions conditions = {};

	conditions.only_if = condition_list(build, where, &conditions.only_if_count);
	if (where)
		build_check_conditions(build, where, &conditions);
	return conditions;
}

struct conditions build_conditions(struct build *build, const struct setting *group)
{
	const size_t before = build->problems->complaints;
	struct conditions conditions = {};

	conditions.only_if = condition_list(build, build_get(build, group, "only_if", SETTING_GROUP),
					    &conditions.only_if_count);
	conditions.unless = condition_list(build, build_get(build, group, "unless", SETTING_GROUP), &conditions.unless_count);
	if (build->problems->complaints == before)
		build_check_conditions(build, group, &conditions);
	return conditions;
}

static bool is_textual(const struct build *build, uint16_t var)
{
	const enum field_type type = menu_var_type(build->menu, var);

	return type == FIELD_TYPE_TEXT || type == FIELD_TYPE_CODE;
}

bool build_is_settable(struct build *build, const struct setting *at, const char *name)
{
	if (!menu_comes_with_service(field_by_name(name)))
		return true;
	problem_remedy(problems_add(build->problems, at, "'%s' comes with a service of the catalogue: nothing else sets it", name),
		       "choose another name");
	return false;
}

/* "text" is a constant, "{name}" another variable. */
static struct binding build_binding(struct build *build, const struct setting *set)
{
	struct binding binding = { .var = build_find_var(build, set, set->name), .text = "" };
	const size_t len = strlen(set->string);
	char *name;

	if (!build_is_settable(build, set, set->name))
		return binding;
	if (menu_is_secret(build->menu, binding.var)) {
		problem_remedy(problems_add(build->problems, set, "'%s' answers a secret question: nothing else sets it", set->name),
			       "remove it, or choose another name");
		return binding;
	}
	if (len < 3 || set->string[0] != '{' || set->string[len - 1] != '}') {
		binding.text = build_copy(build, set->string);
		if (binding.var && !is_textual(build, binding.var))
			problem_remedy(problems_add(build->problems, set, "'%s' is not a text or code: it cannot be set to \"%s\"",
						    set->name, set->string), "set it to another value in braces");
		else
			build_check_code(build, set, set->name, build_codes(build, binding.var), set->string);
		return binding;
	}
	name = arena_copy(&build->menu->arena, set->string + 1, len - 2);
	binding.from = build_find_var(build, set, name);
	if (menu_is_secret(build->menu, binding.from))
		problem_remedy(problems_add(build->problems, set, "'%s' answers a secret question, so it cannot be passed on as '%s'", name,
					    set->name), "remove it; secrets never leave the page that asks for them");
	if (binding.var && binding.from && !(is_textual(build, binding.var) && is_textual(build, binding.from)) &&
	    menu_var_type(build->menu, binding.var) != menu_var_type(build->menu, binding.from))
		problem_remedy(problems_add(build->problems, set, "'%s' cannot be set to '%s', which is of another type", set->name, name),
			       "both must be texts or codes, or both amounts, dates, months, times or counts");
	return binding;
}

struct bindings build_bindings(struct build *build, const struct setting *with)
{
	const size_t count = setting_count(with);
	struct binding *list = arena_alloc(&build->menu->arena, count * sizeof(*list));
	struct bindings bindings = { .list = list };
	const struct setting *set;

	for (set = with ? with->child : NULL; set && bindings.count < UINT8_MAX; set = set->next) {
		if (set->type == SETTING_STRING)
			list[bindings.count++] = build_binding(build, set);
		else
			problem_remedy(problems_add(build->problems, set, "'%s' must be a string", set->name), "write it in quotes");
	}
	return bindings;
}

/* ---- setting values ---- */

#define TEXT_OCTETS_MAX 480	/* of the longest text that a backend may answer */

void bindings_put(const struct bindings *with, const struct render *render, struct record *to)
{
	struct value value;
	char text[TEXT_OCTETS_MAX];
	uint16_t set[UINT8_MAX];
	unsigned int count = 0;
	uint8_t i;

	for (i = 0; i < with->count; i++) {
		const struct binding *binding = &with->list[i];

		value = (struct value){ .is_text = true, .text = binding->text, .len = binding->text ? strlen(binding->text) : 0 };
		if (binding->from && !render_value(render, binding->from, &value))
			continue;
		set[count++] = binding->var;
		if (!value.is_text) {
			record_put_number(to, binding->var, value.number);
			continue;
		}
		value.len = value.len < sizeof(text) ? value.len : sizeof(text);
		memcpy(text, value.text, value.len);	/* it may lie in the record that changes */
		value.text = text;
		record_put_text(to, binding->var, value.text, value.len);
		if (binding->var == FIELD_SERVICE)
			menu_put_terms(render->menu, value.text, value.len, to);
	}
	menu_leave_rows_in(render->menu, set, count, to);
}

/* ---- whether they hold ---- */

static bool value_is(const struct value *value, const char *text, size_t len)
{
	return value->is_text && value->len == len && !memcmp(value->text, text, len);
}

/* Whether a blank-separated list of codes has this one. */
static bool codes_have(const struct value *codes, const char *code, size_t len)
{
	const char *at = codes->text, *end = codes->text + codes->len;
	const char *blank;

	for (; at < end; at = blank + 1) {
		blank = memchr(at, ' ', end - at);
		if (!blank)
			blank = end;
		if ((size_t)(blank - at) == len && !memcmp(at, code, len))
			return true;
	}
	return false;
}

/* The subject of a condition; false: not known. */
static bool find_subject_value(const struct condition *condition, const struct render *render, struct value *value)
{
	const struct service *service;
	const char *text = NULL;

	switch (condition->kind) {
	case CONDITION_CHANNEL:
		text = render->messages ? "sms" : "ussd";
		break;
	case CONDITION_FAMILY:
		if (!render_value(render, FIELD_SERVICE, value) || !value->is_text)
			return false;
		service = catalogue_find(&render->menu->catalogue, value->text, value->len);
		text = service ? service->family : NULL;
		break;
	case CONDITION_HAS:
		return render_value(render, FIELD_SERVICES, value) && value->is_text;
	default:
		if (condition->field != FIELD_LANGUAGE)
			return render_value(render, condition->field, value);
		text = render->language->name;
		break;
	}
	*value = (struct value){ .is_text = true, .text = text, .len = text ? strlen(text) : 0 };
	return text != NULL;
}

static bool is_one_of(const struct condition *condition, const struct render *render)
{
	struct value value, other;
	uint8_t i;

	if (!find_subject_value(condition, render, &value))
		return false;
	for (i = 0; i < condition->count; i++) {
		const uint16_t field = condition->fields[i];

		other = (struct value){ .is_text = true, .text = condition->values[i], .len = strlen(condition->values[i]) };
		if (field && (!render_value(render, field, &other) || !other.is_text))
			continue;
		if (condition->kind == CONDITION_HAS ? codes_have(&value, other.text, other.len)
						     : value_is(&value, other.text, other.len))
			return true;
	}
	return false;
}

/* The greatest number among the fields; a text counts as 1. */
static int64_t greatest(const struct condition *condition, const struct render *render)
{
	int64_t number, best = 0;
	struct value value;
	uint8_t i;

	for (i = 0; i < condition->count; i++) {
		if (!render_value(render, condition->fields[i], &value))
			continue;
		number = value.is_text ? value.len > 0 : value.number;
		if (number > best)
			best = number;
	}
	return best;
}

static bool condition_holds(const struct condition *condition, const struct render *render)
{
	switch (condition->kind) {
	case CONDITION_KNOWN: return greatest(condition, render) > 0;
	case CONDITION_AHEAD: return greatest(condition, render) > format_today(render->now, render->utc_offset);
	default: return is_one_of(condition, render);
	}
}

static bool all_hold(const struct condition *conditions, uint8_t count, const struct render *render)
{
	uint8_t i;

	for (i = 0; i < count; i++)
		if (!condition_holds(&conditions[i], render))
			return false;
	return true;
}

bool conditions_judge(const struct conditions *conditions, const struct render *render)
{
	if (!all_hold(conditions->only_if, conditions->only_if_count, render))
		return false;
	return !conditions->unless_count || !all_hold(conditions->unless, conditions->unless_count, render);
}
