/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conditions that can never hold: those that contradict each other, and those that come after one that holds whenever they do. */
#include <string.h>

#include "menu/build.h"

static bool has_value(const struct condition *condition, uint8_t index, const struct condition *of)
{
	uint8_t i;

	for (i = 0; i < condition->count; i++)
		if (condition->fields[i] == of->fields[index] && (of->fields[index] || !strcmp(condition->values[i], of->values[index])))
			return true;
	return false;
}

static bool has_field(const struct condition *condition, uint16_t field)
{
	uint8_t i;

	for (i = 0; i < condition->count && condition->fields[i] != field; i++)
		;
	return i < condition->count;
}

bool build_implies(const struct condition *condition, const struct condition *other)
{
	uint8_t i;

	if (other->kind == CONDITION_KNOWN && condition->kind == CONDITION_IS)
		return has_field(other, condition->field);
	if (other->kind == CONDITION_KNOWN && condition->kind == CONDITION_AHEAD) {
		for (i = 0; i < condition->count && has_field(other, condition->fields[i]); i++)
			;
		return i == condition->count;
	}
	if (condition->kind != other->kind || (condition->kind == CONDITION_IS && condition->field != other->field))
		return false;
	if (condition->kind == CONDITION_KNOWN || condition->kind == CONDITION_AHEAD) {
		for (i = 0; i < condition->count && has_field(other, condition->fields[i]); i++)
			;
		return i == condition->count;
	}
	for (i = 0; i < condition->count && has_value(other, i, condition); i++)
		;
	return i == condition->count;
}

/* Whether each of \a others holds wherever all of \a list do. */
static bool imply_all(const struct condition *list, uint8_t count, const struct condition *others, uint8_t others_count)
{
	uint8_t i, k;

	for (i = 0; i < others_count; i++) {
		for (k = 0; k < count && !build_implies(&list[k], &others[i]); k++)
			;
		if (k == count)
			return false;
	}
	return true;
}

/* Whether \a others hold wherever \a conditions do. */
static bool implied(const struct conditions *conditions, const struct conditions *others)
{
	if (!imply_all(conditions->only_if, conditions->only_if_count, others->only_if, others->only_if_count))
		return false;
	return !others->unless_count || (conditions->unless_count && imply_all(others->unless, others->unless_count, conditions->unless,
									       conditions->unless_count));
}

/* ---- one set of conditions ---- */

static const struct condition *find(const struct conditions *conditions, enum condition_kind kind, enum field field)
{
	unsigned int i;

	for (i = 0; i < conditions->only_if_count; i++)
		if (conditions->only_if[i].kind == kind && (kind != CONDITION_IS || conditions->only_if[i].field == field))
			return &conditions->only_if[i];
	return NULL;
}

static bool is_constant(const struct condition *condition)
{
	uint8_t i;

	for (i = 0; i < condition->count && !condition->fields[i]; i++)
		;
	return i == condition->count;
}

static bool has_text(const struct condition *condition, const char *text)
{
	uint8_t i;

	for (i = 0; text && i < condition->count; i++)
		if (!strcmp(condition->values[i], text))
			return true;
	return false;
}

/* Whether none of the services has what is said of it beside. */
static bool no_service_fits(const struct build *build, const struct conditions *conditions)
{
	const struct condition *services = find(conditions, CONDITION_IS, FIELD_SERVICE);
	const struct condition *families = find(conditions, CONDITION_FAMILY, FIELD_NONE);
	const struct condition *periods = find(conditions, CONDITION_IS, FIELD_PERIOD);
	uint8_t i;

	if (!services || (!families && !periods) || !is_constant(services) || (families && !is_constant(families)) ||
	    (periods && !is_constant(periods)))
		return false;
	for (i = 0; i < services->count; i++) {
		const struct service *service = catalogue_find(&build->menu->catalogue, services->values[i], strlen(services->values[i]));

		if (!service || ((!families || has_text(families, service->family)) && (!periods || has_text(periods, service->period))))
			return false;
	}
	return true;
}

/* Whether a condition names all codes that its field can have. */
static bool covers_all(struct build *build, const struct condition *condition)
{
	const char *codes = condition->kind == CONDITION_IS ? build_codes(build, condition->field) : NULL;
	char *rest = codes ? build_copy(build, codes) : NULL, *code;
	unsigned int count = 0;

	if (condition->kind == CONDITION_CHANNEL)
		return has_text(condition, "ussd") && has_text(condition, "sms");
	while ((code = strsep(&rest, " "))) {
		if (!has_text(condition, code))
			return false;
		count++;
	}
	return count > 1;
}

void build_check_conditions(struct build *build, const struct setting *group, const struct conditions *conditions)
{
	const struct setting *unless = setting_get(group, "unless"), *only_if = setting_get(group, "only_if");

	if (conditions->unless_count && imply_all(conditions->only_if, conditions->only_if_count, conditions->unless,
						  conditions->unless_count))
		problem_remedy(problems_add(build->problems, unless, "'unless' excludes all that 'only_if' allows, so this never holds"),
			       "change or remove one of them");
	if (!conditions->only_if_count && conditions->unless_count == 1 && covers_all(build, &conditions->unless[0]))
		problem_remedy(problems_add(build->problems, unless, "'unless' names all that there are, so this never holds"),
			       "remove one of them");
	if (no_service_fits(build, conditions))
		problem_remedy(problems_add(build->problems, only_if ? only_if : group, "this never holds: no such service is of that "
					    "family or period"), "change one of the conditions");
}

/* ---- one after the other ---- */

void build_check_after(struct build *build, const struct setting *at, const char *what, const struct conditions *conditions,
		       const struct conditions *before, const struct setting *before_at)
{
	const bool always = conditions_hold_always(before);

	if (at && before_at && (always || implied(conditions, before)))
		problem_remedy(problems_add(build->problems, at, always ? "this %s can never be reached: the one at %s:%u has no condition"
					    : "this %s can never be reached: the one at %s:%u holds whenever this one does", what,
					    before_at->file, before_at->line), "remove one of them, or change their order");
}
