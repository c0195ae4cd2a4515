/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Building trees of settings, and finding settings in them. */
#include <string.h>

#include "starhash/arena.h"
#include "starhash/hash.h"
#include "starhash/setting.h"

#define SEARCHED_MAX 8		/* elements that are searched one by one */

/* The elements of a group or list. Those of a large group are in a hash table, since a menu may have a group of ten thousand pages. */
struct setting_elements {
	struct arena *arena;
	const struct setting *first;	/* a group with another one is a changed copy, to which nothing else here applies */
	struct setting *last;
	size_t count;
	size_t size;			/* of the table, a power of two; 0: there is none */
	struct slot {
		const struct setting *set;
		uint64_t hash;
	} *slots;
};

static bool is_of(const struct setting_elements *elements, const struct setting *set)
{
	return elements && elements->first == set->child;
}

/* The slot of the first element with that name, or the free one where it belongs. */
static struct slot *find_slot(const struct setting_elements *elements, const char *name, uint64_t hash)
{
	size_t at = hash & (elements->size - 1);

	while (elements->slots[at].set && (elements->slots[at].hash != hash || strcmp(elements->slots[at].set->name, name)))
		at = (at + 1) & (elements->size - 1);
	return &elements->slots[at];
}

static void index_add(struct setting_elements *elements, const struct setting *set)
{
	const uint64_t hash = keyed_hash(elements->arena->seed, set->name, strlen(set->name));
	struct slot *slot = find_slot(elements, set->name, hash);

	if (!slot->set)
		*slot = (struct slot){ set, hash };
}

static void index_grow(struct setting_elements *elements, const struct setting *group)
{
	const struct setting *set;

	elements->size = elements->size ? 4 * elements->size : 4 * SEARCHED_MAX;
	elements->slots = arena_alloc(elements->arena, elements->size * sizeof(*elements->slots));
	for (set = group->child; set; set = set->next)
		index_add(elements, set);
}

void setting_begin(struct arena *arena, struct setting *set)
{
	set->child = NULL;
	set->elements = arena_alloc(arena, sizeof(*set->elements));
	set->elements->arena = arena;
}

void setting_append(struct setting *parent, struct setting *child)
{
	struct setting_elements *elements = parent->elements;

	if (elements->last)
		elements->last->next = child;
	else
		parent->child = elements->first = child;
	elements->last = child;
	elements->count++;
	if (parent->type == SETTING_GROUP && elements->count > SEARCHED_MAX && 2 * elements->count > elements->size)
		index_grow(elements, parent);
	else if (elements->size)
		index_add(elements, child);
}

struct arena *setting_arena(const struct setting *set)
{
	return set->elements ? set->elements->arena : NULL;
}

const struct setting *setting_get(const struct setting *group, const char *name)
{
	const struct setting *child;

	if (!group || group->type != SETTING_GROUP)
		return NULL;
	if (is_of(group->elements, group) && group->elements->size)
		return find_slot(group->elements, name, keyed_hash(group->elements->arena->seed, name, strlen(name)))->set;
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
	if (is_of(set->elements, set))
		return set->elements->count;
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
