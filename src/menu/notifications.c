/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notifications, which are unsolicited messages, and the facts that each kind can contain. */
#include <string.h>

#include "menu/build.h"

#define NOTIFICATION_FIELDS_MAX 10

static const struct {
	const char *kind;
	enum field facts[NOTIFICATION_FIELDS_MAX];
} kinds[] = {
	{ "order_completed", { FIELD_REF, FIELD_KIND, FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD,
		FIELD_TRIAL_PRICE, FIELD_EFFECTIVE, FIELD_INSTEAD, FIELD_TRIAL_UNTIL, FIELD_TRIAL_ENDS } },
	{ "order_refused", { FIELD_REF, FIELD_KIND, FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD,
		FIELD_TRIAL_PRICE, FIELD_REASON, FIELD_INSTEAD } },
	{ "order_dead", { FIELD_REF, FIELD_KIND, FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD,
		FIELD_TRIAL_PRICE, FIELD_REASON, FIELD_INSTEAD } },
	{ "password_changed", { FIELD_NONE } },
	{ "password_locked", { FIELD_LOCKED_UNTIL } },
	{ "trial_ending", { FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_TRIAL_UNTIL, FIELD_TRIAL_PRICE, FIELD_TRIAL_ENDS, FIELD_REF } },
	{ "trial_ended", { FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_TRIAL_UNTIL, FIELD_TRIAL_PRICE, FIELD_REF } },
};

#define KINDS_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static size_t kind_of(const char *name)
{
	size_t i;

	for (i = 0; i < KINDS_COUNT && strcmp(kinds[i].kind, name); i++)
		;
	return i;
}

static void unknown(struct build *build, const struct setting *at, const char *kind)
{
	struct problem *problem = problems_add(build->problems, at, "unknown notification '%s'", kind);
	struct text_nearest nearest = {};
	size_t i;

	if (former_suggest(problem, FORMER_NOTIFICATION, kind))
		return;
	for (i = 0; i < KINDS_COUNT; i++)
		text_nearest_try(&nearest, kind, kinds[i].kind, strlen(kinds[i].kind));
	problem_suggest(problem, &nearest);
}

void build_notifications(struct build *build, const struct setting *entries)
{
	struct menu_notification *notifications = arena_alloc(&build->menu->arena, setting_count(entries) * sizeof(*notifications));
	struct menu_notification *notification = notifications;
	const struct setting *group;
	const char *kind;

	build->menu->notifications = notifications;
	for (group = entries->child; group; group = group->next) {
		if (!setting_get(group, "notification"))
			continue;
		kind = build_string(build, group, "notification", "");
		build_check_names(build, group, "notification page sender push");
		if (kind_of(kind) == KINDS_COUNT)
			unknown(build, setting_get(group, "notification"), kind);
		if (menu_notification(build->menu, kind, strlen(kind)))
			problems_add(build->problems, group, "notification '%s' already has an entry", kind);
		notification->kind = build_copy(build, kind);
		notification->page = build_page_ref(build, group, "page", true);
		notification->sender = build_sender(build, group);
		notification->push = build_bool(build, group, "push", false);
		notification->at = group;
		notification++;
		build->menu->notifications_count++;
	}
}

/* ---- what their pages may show ---- */

static bool is_set(const struct page *page, uint16_t var)
{
	uint8_t i;

	for (i = 0; i < page->with.count; i++)
		if (page->with.list[i].var == var)
			return true;
	return false;
}

/* Whether a notification contains a variable. Nothing else about the account is known then. */
static bool tells(const struct menu_notification *notification, uint16_t var)
{
	const enum field *fact = kinds[kind_of(notification->kind)].facts;
	unsigned int i;

	for (i = 0; i < NOTIFICATION_FIELDS_MAX && fact[i]; i++)
		if (fact[i] == var)
			return true;
	return false;
}

bool build_notifications_bring(const struct menu *menu, uint16_t var)
{
	uint16_t i;

	for (i = 0; i < menu->notifications_count; i++)
		if (tells(&menu->notifications[i], var))
			return true;
	return false;
}

static void check_template(struct build *build, const struct menu_notification *notification, const struct page *page,
			   const struct template *text)
{
	uint16_t i, var;

	for (i = 0; i < text->count; i++) {
		var = text->pieces[i].var;
		if (var && !tells(notification, var) && !is_set(page, var))
			problems_add(build->problems, notification->at, "page '%s' shows '%s', which notification '%s' does not contain",
				     page->name, menu_var_name(build->menu, var), notification->kind);
	}
}

static void check_texts(struct build *build, const struct menu_notification *notification, const struct page *page, texts_t texts)
{
	uint16_t l;
	uint8_t v;

	for (l = 0; texts && l < build->menu->languages_count; l++)
		for (v = 0; v < texts[l].count; v++)
			check_template(build, notification, page, &texts[l].variants[v].template);
}

static void check_page(struct build *build, const struct menu_notification *notification, uint16_t index)
{
	const struct page *page = &build->menu->pages[index];
	uint8_t i;

	for (i = 0; page->route && i < page->choices_count; i++)
		check_page(build, notification, page->choices[i].page);
	if (page->list || page->questions_count || (page->action && !page->confirm))
		problems_add(build->problems, notification->at, "page '%s' cannot be a notification: it lists, asks or does something "
			     "at once", page->name);
	check_texts(build, notification, page, page->text);
}

void build_notifications_check(struct build *build)
{
	uint16_t i;

	for (i = 0; i < build->menu->notifications_count; i++)
		check_page(build, &build->menu->notifications[i], build->menu->notifications[i].page);
}
