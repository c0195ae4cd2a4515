/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conditions on the account, and bindings of variables. */
#include <string.h>

#include "menu/build.h"

/* The subjects of conditions, by their names in menu files. */
static const struct condition_name {
	const char *name;
	enum condition_kind kind;
	enum field field;
} condition_names[] = {
	{ "account", CONDITION_IS, FIELD_ACCOUNT },
	{ "brand", CONDITION_IS, FIELD_BRAND },
	{ "status", CONDITION_IS, FIELD_STATUS },
	{ "language", CONDITION_IS, FIELD_LANGUAGE },
	{ "service", CONDITION_IS, FIELD_SERVICES },
	{ "state", CONDITION_IS, FIELD_STATE },
	{ "trial_ends", CONDITION_IS, FIELD_TRIAL_ENDS },
	{ "known", CONDITION_KNOWN, FIELD_NONE },
	{ "ahead", CONDITION_AHEAD, FIELD_NONE },
};

static const struct condition_name *condition_name(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(condition_names) / sizeof(condition_names[0]); i++)
		if (!strcmp(condition_names[i].name, name))
			return &condition_names[i];
	return NULL;
}

/* "known" and "ahead" name fields; those of "ahead" are dates. */
static void build_fields(struct build *build, const struct setting *set, struct condition *condition)
{
	uint16_t *fields = arena_alloc(&build->menu->arena, condition->count * sizeof(*fields));
	uint8_t i;

	for (i = 0; i < condition->count; i++) {
		fields[i] = field_by_name(condition->values[i]);
		if (!fields[i])
			problems_add(build->problems, set, "unknown field '%s'", condition->values[i]);
		else if (condition->kind == CONDITION_AHEAD && field_info(fields[i])->type != FIELD_TYPE_DATE)
			problems_add(build->problems, set, "'%s' is not a date", condition->values[i]);
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
	build_check_names(build, group, "account brand status language service state trial_ends known ahead");
	conditions = arena_alloc(&build->menu->arena, setting_count(group) * sizeof(*conditions));
	for (set = group->child; set && *count < UINT8_MAX; set = set->next) {
		const struct condition_name *name = condition_name(set->name);
		struct condition *condition = &conditions[*count];

		if (!name)
			continue;
		*condition = (struct condition){ .kind = name->kind, .field = name->field };
		condition->values = build_strings(build, set, &condition->count);
		if (condition->kind != CONDITION_IS)
			build_fields(build, set, condition);
		(*count)++;
	}
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
