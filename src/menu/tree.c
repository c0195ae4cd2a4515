/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The compiled menu tree: references and look-ups. */
#include <stdlib.h>
#include <string.h>

#include "menu/template.h"

struct menu *menu_ref(struct menu *menu)
{
	menu->refs++;
	return menu;
}

void menu_unref(struct menu *menu)
{
	uint16_t i;

	if (!menu || --menu->refs)
		return;
	for (i = 0; i < menu->patterns_count; i++)
		regfree(menu->patterns[i]);
	arena_fini(&menu->arena);
	free(menu);
}

unsigned int menu_users(const struct menu *menu)
{
	return menu->refs - 1;
}

uint32_t menu_fingerprint(const struct menu *menu)
{
	return menu->fingerprint;
}

size_t menu_page_count(const struct menu *menu)
{
	return menu->pages_count;
}

size_t menu_language_count(const struct menu *menu)
{
	return menu->languages_count;
}

const char *menu_language(const struct menu *menu, size_t index)
{
	return index < menu->languages_count ? menu->languages[index].name : "?";
}

const char *menu_page_name(const struct menu *menu, unsigned int page)
{
	return page < menu->pages_count ? menu->pages[page].name : "?";
}

const char *menu_var_name(const struct menu *menu, uint16_t var)
{
	return var < FIELD_COUNT ? field_info(var)->name : menu->vars[var - VAR_FIRST]->name;
}

enum field_type menu_var_type(const struct menu *menu, uint16_t var)
{
	return var < FIELD_COUNT ? field_info(var)->type : menu->vars[var - VAR_FIRST]->type;
}

/* Whether the entry matches the start of this code; *\a rest is where the path after it starts. */
static bool entry_matches(const struct entry *entry, const char *code, size_t len, size_t *rest)
{
	const char *star;

	if (len < entry->len || memcmp(code, entry->code, entry->len))
		return false;
	star = memchr(code + entry->len, '*', len - entry->len);
	*rest = star ? (size_t)(star - code) + 1 : len;
	if (len == entry->len || entry->prefix)
		return true;
	return code[entry->len] == '*' && !entry->exact;
}

const struct entry *menu_entry(const struct menu *menu, const char *code, size_t len, size_t *path)
{
	const struct entry *best = NULL;
	size_t rest;
	uint16_t i;

	for (i = 0; i < menu->entries_count; i++) {
		const struct entry *entry = &menu->entries[i];

		if ((!best || entry->len > best->len) && entry_matches(entry, code, len, &rest)) {
			best = entry;
			*path = rest;
		}
	}
	return best;
}

size_t menu_code_length(const char *code, size_t len)
{
	return len && code[len - 1] == '#' ? len - 1 : len;
}

bool menu_serves(const struct menu *menu, const char *code, size_t len)
{
	size_t path;

	return menu_entry(menu, code, menu_code_length(code, len), &path);
}

uint16_t short_code_page(const struct menu *menu, const char *number)
{
	uint16_t i;

	for (i = 0; i < menu->short_codes_count; i++)
		if (!number || !strcmp(menu->short_codes[i].number, number))
			return menu->short_codes[i].page;
	return PAGE_NONE;
}

const struct menu_notification *menu_notification(const struct menu *menu, const char *kind, size_t len)
{
	uint16_t i;

	for (i = 0; i < menu->notifications_count; i++)
		if (strlen(menu->notifications[i].kind) == len && !memcmp(menu->notifications[i].kind, kind, len))
			return &menu->notifications[i];
	return NULL;
}

bool menu_notifies(const struct menu *menu, const char *notification)
{
	return menu_notification(menu, notification, strlen(notification));
}

bool menu_pushes(const struct menu *menu, const char *notification)
{
	const struct menu_notification *found = menu_notification(menu, notification, strlen(notification));

	return found && found->push;
}

const struct catalogue *menu_catalogue(const struct menu *menu)
{
	return &menu->catalogue;
}

const char *menu_first_short_code(const struct menu *menu)
{
	return menu->short_codes_count ? menu->short_codes[0].number : NULL;
}

/* ---- conditions ---- */

static bool value_is(const struct value *value, const char *text)
{
	return value->is_text && strlen(text) == value->len && !memcmp(value->text, text, value->len);
}

/* Whether a blank-separated list of codes has this one. */
static bool codes_have(const struct value *codes, const char *code)
{
	const size_t len = strlen(code);
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

static bool is_one_of(const struct condition *condition, const struct render *render)
{
	const char *language = render->language->name;
	struct value value = { .is_text = true, .text = language, .len = strlen(language) };
	uint8_t i;

	if (condition->field != FIELD_LANGUAGE && !record_get(render->values, condition->field, &value))
		return false;
	for (i = 0; i < condition->count; i++) {
		if (condition->field == FIELD_SERVICES ? codes_have(&value, condition->values[i])
						       : value_is(&value, condition->values[i]))
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
		if (!record_get(render->values, condition->fields[i], &value))
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
