/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Finding settings. */
#include <string.h>

#include "starhash/setting.h"

const struct setting *setting_get(const struct setting *group, const char *name)
{
	const struct setting *child;

	if (!group || group->type != SETTING_GROUP)
		return NULL;
	for (child = group->child; child; child = child->next) {
		if (child->name && strcmp(child->name, name) == 0)
			return child;
	}
	return NULL;
}

const struct setting *setting_at(const struct setting *group, const char *name)
{
	const struct setting *setting = setting_get(group, name);

	return setting ? setting : group;
}

const char *setting_string(const struct setting *group, const char *name, const char *fallback)
{
	const struct setting *found = setting_get(group, name);

	return found && found->type == SETTING_STRING ? found->string : fallback;
}

size_t setting_count(const struct setting *set)
{
	const struct setting *child;
	size_t count = 0;

	if (!set || (set->type != SETTING_GROUP && set->type != SETTING_LIST))
		return 0;
	for (child = set->child; child; child = child->next)
		count++;
	return count;
}

const char *setting_type_name(enum setting_type type)
{
	switch (type) {
	case SETTING_GROUP:
		return "a group";
	case SETTING_LIST:
		return "a list";
	case SETTING_STRING:
		return "a string";
	case SETTING_INT:
		return "a whole number";
	case SETTING_FLOAT:
		return "a number with a fraction";
	case SETTING_BOOL:
		return "true or false";
	}
	return "something unknown";
}
