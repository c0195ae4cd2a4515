/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notifications, which are unsolicited messages: notification.h has their kinds, and the facts that each can contain. */
#include <stdio.h>
#include <string.h>

#include "menu/build.h"
#include "menu/template.h"
#include "starhash/notification.h"

/* "push:NAME": each page that may be pushed has an entry of its own. */
static bool is_push(const struct notification_kind *kind)
{
	return !strcmp(kind->name, NOTIFICATION_PUSH);
}

static const struct notification_kind *kind_of(const char *entry)
{
	const char *end = entry + strcspn(entry, ":");
	const struct notification_kind *kind = notification_kind_find(entry, (size_t)(end - entry));

	if (!kind || !notification_has_page(kind) || (is_push(kind) ? !*end || !notification_page_name(end + 1) : *end))
		return NULL;
	return kind;
}

static void unknown(struct build *build, const struct setting *at, const char *kind)
{
	const struct notification_kind *push = notification_kind_find(kind, strcspn(kind, ":"));
	struct problem *problem = problems_add(build->problems, at, "unknown notification '%s'", kind);
	struct text_nearest nearest = {};
	char known[400] = "";
	unsigned int i;

	if (push && is_push(push)) {
		problem_remedy(problem, "write \"" NOTIFICATION_PUSH ":\" and the name by which the operator's systems push the page: 1 to "
			       "%d letters, digits, _ or -", NOTIFICATION_PAGE_MAX);
		return;
	}
	if (former_suggest(problem, FORMER_NOTIFICATION, kind))
		return;
	for (i = 0; i < notification_kinds_count; i++) {
		const char *name = notification_kinds[i].name;

		if (!notification_has_page(&notification_kinds[i]))
			continue;
		text_nearest_try(&nearest, kind, name, strlen(name));
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s%s", *known ? " " : "", name,
			 is_push(&notification_kinds[i]) ? ":…" : "");
	}
	problem_remedy(problem, "choose one of: %s", known);
	problem_suggest(problem, &nearest);
}

void build_notifications(struct build *build, const struct setting *entries)
{
	struct menu_notification *notifications = arena_alloc(&build->menu->arena, setting_count(entries) * sizeof(*notifications));
	struct menu_notification *notification = notifications;
	const struct menu_notification *other;
	const struct setting *group, *set;
	const char *kind;

	build->menu->notifications = notifications;
	for (group = entries->child; group; group = group->next) {
		if (!setting_get(group, "notification"))
			continue;
		group = build_mended(build, group, "notification page sender push");
		set = build_get(build, group, "notification", SETTING_STRING);
		kind = set ? set->string : "";
		if (set && !kind_of(kind))
			unknown(build, set, kind);
		other = menu_notification(build->menu, kind, strlen(kind));
		if (set && other)
			problem_remedy(problems_add(build->problems, group, "notification '%s' already has an entry (%s:%u)", kind,
						    other->at->file, other->at->line), "remove one of them");
		notification->kind = build_copy(build, kind);
		notification->page = build_page_ref(build, group, "page", true);
		notification->sender = build_sender(build, group);
		notification->push = build_bool(build, group, "push", false);
		notification->at = group;
		notification++;
		build->menu->notifications_count++;
	}
}

/* ---- their pages ---- */

/* S6: a page that waits would be saved, and shown again without its code. */
static void check_code(struct build *build, const struct menu_notification *notification, const struct page *page)
{
	uint16_t l;
	uint8_t v;

	if (page->confirm || page->choices_count || page->stay || page->list)
		problem_remedy(problems_add(build->problems, notification->at, "page '%s' has the one-time code of the notification '%s', "
					    "and waits for an answer", page->name, notification->kind),
			       "let it only show its text");
	for (l = 0; page->text && l < build->menu->languages_count; l++)
		for (v = 0; v < page->text[l].count; v++)
			if (!template_shows(&page->text[l].variants[v].template, FIELD_CONFIRM_CODE))
				problem_remedy(problems_add(build->problems, setting_at(page->text[l].variants[v].at, "text"), "page '%s' "
							    "does not show {confirm_code} in language '%s', and the notification '%s' "
							    "is sent for it", page->name, build->menu->languages[l].name,
							    notification->kind), "add it to the text");
}

const uint16_t *build_notification_facts(const char *kind)
{
	const struct notification_kind *known = kind_of(kind);

	return known ? known->facts : NULL;
}

static void check_page(struct build *build, const struct menu_notification *notification, uint16_t index)
{
	const struct notification_kind *kind = kind_of(notification->kind);
	const struct page *page = &build->menu->pages[index];
	const bool lists = page->list && !(kind && kind->rows && page->list->request == kind->rows);
	uint8_t i;

	for (i = 0; page->route && i < page->choices_count; i++)
		if (page->choices[i].page != PAGE_NONE)
			check_page(build, notification, page->choices[i].page);
	if (!build->broken[index] && (lists || page->questions_count || (page->action && !page->confirm)))
		problem_remedy(problems_add(build->problems, notification->at, "page '%s' cannot be a notification: it lists, asks or does "
					    "something at once", page->name), "let it confirm, or show its text, first");
	else if (!build->broken[index] && !page->route && kind && kind->code)
		check_code(build, notification, page);
}

void build_notifications_check(struct build *build)
{
	uint16_t i;

	for (i = 0; i < build->menu->notifications_count; i++)
		if (build->menu->notifications[i].page != PAGE_NONE)
			check_page(build, &build->menu->notifications[i], build->menu->notifications[i].page);
}
