/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conditions on the account, whether they hold, and bindings of variables. */
#include <string.h>

#include "menu/former.h"
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

/* "{service}" in place of a value: the field that is meant; FIELD_NONE for a constant. */
static uint16_t named_field(struct build *build, const struct setting *set, const char *value)
{
	const size_t len = strlen(value);
	uint16_t var;

	if (len < 3 || value[0] != '{' || value[len - 1] != '}')
		return FIELD_NONE;
	var = build_var(build, arena_copy(&build->menu->arena, value + 1, len - 2));
	if (!var)
		problems_add(build->problems, set, "unknown value '%s'", value);
	return var;
}

/* All codes that a field can have. Brands, tariffs and other codes are the operator's own. */
static const struct {
	enum field field;
	const char *codes;
} closed[] = {
	{ FIELD_ACCOUNT, "prepaid postpaid" },
	{ FIELD_STATUS, "active suspended" },
	{ FIELD_STATE, "active trial activating deactivating accepted completed refused dead" },
	{ FIELD_PERIOD, "day week month once" },
	{ FIELD_TRIAL_ENDS, "paid" },
	{ FIELD_BILLED, "yes no" },
	{ FIELD_REGISTERED, "yes no" },
	{ FIELD_KIND, "service_activate service_deactivate service_change trial_accept line_suspend line_resume data_delete profile bills "
		      "points services password orders consents messages conversations" },
};

#define CLOSED_COUNT (sizeof(closed) / sizeof(closed[0]))

const char *field_codes(enum field field)
{
	size_t i;

	for (i = 0; i < CLOSED_COUNT; i++)
		if (closed[i].field == field)
			return closed[i].codes;
	return NULL;
}

#define KNOWN_MAX 2048

static void add_known(char *known, const char *code)
{
	if (code && !build_is_word_of(known, code) && strlen(known) + strlen(code) + 2 < KNOWN_MAX)
		strcat(strcat(known, *known ? " " : ""), code);
}

/* The languages, services or families of this menu, or the codes of a closed set. */
static void list_codes(const struct build *build, const struct condition *condition, char known[static KNOWN_MAX])
{
	const struct catalogue *catalogue = &build->menu->catalogue;
	const bool services = condition->kind == CONDITION_HAS || condition->field == FIELD_SERVICE || condition->field == FIELD_INSTEAD;
	size_t i;

	known[0] = '\0';
	if (condition->kind == CONDITION_IS)
		add_known(known, field_codes(condition->field));
	for (i = 0; condition->field == FIELD_LANGUAGE && i < build->source->texts_count; i++)
		add_known(known, build->source->texts[i].language);
	for (i = 0; (services || condition->kind == CONDITION_FAMILY) && i < catalogue->count; i++)
		add_known(known, services ? catalogue->services[i].code : catalogue->services[i].family);
	if (condition->kind == CONDITION_CHANNEL)
		add_known(known, "ussd sms");
}

static void suggest(struct build *build, const struct setting *set, const char *known, const char *value)
{
	struct text_nearest nearest = {};
	struct problem *problem;

	problem = problems_add(build->problems, set, "'%s' is never \"%s\", but one of: %s", set->name, value, known);
	if (former_suggest(problem, FORMER_STATE, value))
		return;
	text_nearest_try_words(&nearest, value, known);
	problem_suggest(problem, &nearest);
}

/* A value that the subject never has makes a condition that never holds. */
static void check_value(struct build *build, const struct setting *set, const struct condition *condition, const char *value)
{
	char known[KNOWN_MAX];

	list_codes(build, condition, known);
	if (*known && !build_is_word_of(known, value))
		suggest(build, set, known, value);
}

static void build_values(struct build *build, const struct setting *set, struct condition *condition)
{
	const bool named = condition->kind == CONDITION_KNOWN || condition->kind == CONDITION_AHEAD;
	uint16_t *fields;
	uint8_t i;

	condition->values = build_strings(build, set, &condition->count);
	fields = arena_alloc(&build->menu->arena, condition->count * sizeof(*fields));
	for (i = 0; i < condition->count; i++) {
		fields[i] = named ? build_var(build, condition->values[i]) : named_field(build, set, condition->values[i]);
		if (named && !fields[i])
			problems_add(build->problems, set, "unknown field '%s'", condition->values[i]);
		else if (condition->kind == CONDITION_AHEAD && menu_var_type(build->menu, fields[i]) != FIELD_TYPE_DATE)
			problems_add(build->problems, set, "'%s' is not a date", condition->values[i]);
		else if (!named && !fields[i])
			check_value(build, set, condition, condition->values[i]);
	}
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
	return conditions;
}

struct conditions build_conditions(struct build *build, const struct setting *group)
{
	struct conditions conditions = {};

	conditions.only_if = condition_list(build, build_get(build, group, "only_if", SETTING_GROUP),
					    &conditions.only_if_count);
	conditions.unless = condition_list(build, build_get(build, group, "unless", SETTING_GROUP), &conditions.unless_count);
	return conditions;
}

/* "text" is a constant, "{name}" another variable. */
static struct binding build_binding(struct build *build, const struct setting *set)
{
	struct binding binding = { .var = build_var(build, set->name) };
	const size_t len = strlen(set->string);
	char *name;

	if (!binding.var)
		problems_add(build->problems, set, "unknown variable '%s'", set->name);
	if (len < 3 || set->string[0] != '{' || set->string[len - 1] != '}') {
		binding.text = build_copy(build, set->string);
		return binding;
	}
	name = arena_copy(&build->menu->arena, set->string + 1, len - 2);
	binding.from = build_var(build, name);
	if (!binding.from)
		problems_add(build->problems, set, "unknown variable '%s'", name);
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
			problems_add(build->problems, set, "'%s' must be a string", set->name);
	}
	return bindings;
}

/* ---- setting values ---- */

void bindings_put(const struct bindings *with, const struct render *render, struct record *to)
{
	struct value value;
	char text[160];
	uint8_t i;

	for (i = 0; i < with->count; i++) {
		const struct binding *binding = &with->list[i];

		value = (struct value){ .is_text = true, .text = binding->text, .len = binding->text ? strlen(binding->text) : 0 };
		if (binding->from && !render_value(render, binding->from, &value))
			continue;
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

bool conditions_hold(const struct conditions *conditions, const struct render *render)
{
	if (!all_hold(conditions->only_if, conditions->only_if_count, render))
		return false;
	return !conditions->unless_count || !all_hold(conditions->unless, conditions->unless_count, render);
}
