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
	if (!menu || --menu->refs)
		return;
	if (menu->release)
		menu->release(menu->release_user, menu);
	else
		menu_free(menu);
}

void menu_on_release(struct menu *menu, void (*release)(void *user, struct menu *menu), void *user)
{
	menu->release = release;
	menu->release_user = user;
}

void menu_free(struct menu *menu)
{
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

const char *menu_left_out(const struct menu *menu)
{
	return menu->left_out ? menu->left_out : "";
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

const char *menu_var_words(const struct menu *menu, uint16_t var)
{
	return var < FIELD_COUNT ? field_words(var) : menu_var_name(menu, var);
}

bool menu_is_secret(const struct menu *menu, uint16_t var)
{
	uint16_t i;

	for (i = 0; i < menu->secrets_count; i++)
		if (menu->secrets[i] == var)
			return true;
	return false;
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

const struct short_code *short_code_find(const struct menu *menu, const char *number)
{
	uint16_t i;

	for (i = 0; i < menu->short_codes_count; i++)
		if (!number || !strcmp(menu->short_codes[i].number, number))
			return &menu->short_codes[i];
	return NULL;
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

bool outcome_precedes_action(const char *name)
{
	return !strcmp(name, OUTCOME_NAME_DECLINED) || !strcmp(name, OUTCOME_NAME_LATE);
}

static bool has_id(const uint16_t *ids, unsigned int max, uint16_t id)
{
	unsigned int i;

	for (i = 0; i < max && ids[i] && ids[i] != id; i++)
		;
	return i < max && ids[i] == id;
}

bool menu_list_brings(const struct menu_action *list, uint16_t var)
{
	return has_id(list->fields, ACTION_FIELDS_MAX, var) && !has_id(list->params, ACTION_PARAMS_MAX, var);
}

static bool list_loses(const struct menu_action *list, uint16_t var, uint16_t other)
{
	const bool names = list->fields[0] == var || (list->backend && has_id(list->fields, ACTION_FIELDS_MAX, var));

	return names && var != other && menu_list_brings(list, other) && !menu_is_catalogue_term(other);
}

bool menu_row_loses(const struct menu *menu, uint16_t var, uint16_t other)
{
	uint16_t i;

	for (i = 0; i < menu->lists_count && !list_loses(menu->lists[i], var, other); i++)
		;
	return i < menu->lists_count;
}

void menu_leave_rows(const struct menu *menu, const uint16_t *set, unsigned int count, void (*drop)(void *from, uint16_t var),
		     void *from)
{
	unsigned int i, k, f;

	for (i = 0; i < menu->lists_count; i++) {
		const struct menu_action *list = menu->lists[i];

		for (k = 0; k < count; k++)
			for (f = 0; f < ACTION_FIELDS_MAX && list->fields[f]; f++)
				if (list_loses(list, set[k], list->fields[f]) && !has_id(set, count, list->fields[f]))
					drop(from, list->fields[f]);
	}
}

static void drop_value(void *from, uint16_t var)
{
	record_drop(from, var);
}

void menu_leave_rows_in(const struct menu *menu, const uint16_t *set, unsigned int count, struct record *from)
{
	menu_leave_rows(menu, set, count, drop_value, from);
}

bool outcome_surveys(const struct menu *menu, const struct outcome *outcome)
{
	return outcome->page != PAGE_NONE && outcome->page == menu->survey;
}

bool bindings_equal(const struct bindings *a, const struct bindings *b)
{
	uint8_t i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++)
		if (a->list[i].var != b->list[i].var || a->list[i].from != b->list[i].from ||
		    (!a->list[i].from && strcmp(a->list[i].text, b->list[i].text)))
			return false;
	return true;
}

const struct outcome *page_outcome(const struct page *page, const char *name)
{
	uint8_t i;

	for (i = 0; i < page->outcomes_count; i++)
		if (!strcmp(page->outcomes[i].name, name))
			return &page->outcomes[i];
	return NULL;
}

const enum field menu_service_facts[] = { FIELD_PRICE, FIELD_PERIOD, FIELD_SINCE, FIELD_STATE, FIELD_EFFECTIVE, FIELD_TRIAL_DAYS,
					  FIELD_TRIAL_UNTIL, FIELD_TRIAL_PRICE, FIELD_TRIAL_ENDS, FIELD_UNTIL, FIELD_NONE };

bool menu_is_service_fact(uint16_t var)
{
	const enum field *fact;

	for (fact = menu_service_facts; *fact && *fact != var; fact++)
		;
	return *fact;
}

void menu_drop_service_facts(struct record *from)
{
	const enum field *fact;

	for (fact = menu_service_facts; *fact; fact++)
		record_drop(from, *fact);
}

const enum field menu_catalogue_terms[] = { FIELD_PRICE, FIELD_PERIOD, FIELD_TRIAL_DAYS, FIELD_TRIAL_PRICE, FIELD_TRIAL_ENDS, FIELD_NONE };

bool menu_is_catalogue_term(uint16_t var)
{
	const enum field *term;

	for (term = menu_catalogue_terms; *term && *term != var; term++)
		;
	return *term;
}

bool menu_comes_with_service(uint16_t field)
{
	return menu_is_catalogue_term(field) || field == FIELD_EFFECTIVE;
}

/* Drop the facts of another service, and set those of menu_catalogue_terms that this one has. */
static void put_terms(const struct service *service, struct record *to)
{
	const char *ends = trial_ends_name(TRIAL_ENDS_PAID);

	menu_drop_service_facts(to);
	if (!service)
		return;
	record_put_number(to, FIELD_PRICE, service->price);
	record_put_text(to, FIELD_PERIOD, service->period, strlen(service->period));
	if (service->trial_days)
		record_put_number(to, FIELD_TRIAL_DAYS, service->trial_days);
	if (service->trial_price)
		record_put_number(to, FIELD_TRIAL_PRICE, service->trial_price);
	if (service->trial_ends == TRIAL_ENDS_PAID)
		record_put_text(to, FIELD_TRIAL_ENDS, ends, strlen(ends));
}

void menu_put_terms(const struct menu *menu, const char *code, size_t len, struct record *to)
{
	put_terms(catalogue_find(&menu->catalogue, code, len), to);
}

void menu_put_service(const struct service *service, struct record *to)
{
	record_put_text(to, FIELD_SERVICE, service->code, strlen(service->code));
	put_terms(service, to);
}

bool row_keyed(const struct menu *menu, const struct page *page)
{
	const uint16_t first = page->list ? page->list->fields[0] : FIELD_NONE;

	return (first == FIELD_SERVICE || first == FIELD_INSTEAD) && menu->catalogue.count;
}

static bool is_key(const struct catalogue *catalogue, unsigned int key)
{
	size_t i;

	for (i = 0; i < catalogue->count && catalogue->services[i].key != key; i++)
		;
	return i < catalogue->count;
}

unsigned int row_key(const struct menu *menu, const struct page *page, const struct record *row, struct row_keys *keys)
{
	const struct service *service;
	struct value code;

	if (!row_keyed(menu, page) || !record_get(row, page->list->fields[0], &code) || !code.is_text)
		return ++keys->counted;
	service = catalogue_find(&menu->catalogue, code.text, code.len);
	if (service)
		return service->key;
	do
		keys->counted++;
	while (is_key(&menu->catalogue, keys->counted));
	return keys->counted;
}
