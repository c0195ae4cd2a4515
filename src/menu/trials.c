/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Terms of trials (S7): none looks free that has a price, and none that continues by itself is agreed to as one that stops. */
#include <stdlib.h>
#include <string.h>

#include "menu/assigned.h"
#include "menu/template.h"

/* ---- the price of a trial ---- */

static bool has_priced_trial(const struct catalogue *catalogue)
{
	size_t i;

	for (i = 0; i < catalogue->count && !catalogue->services[i].trial_price; i++)
		;
	return i < catalogue->count;
}

static bool is_priced(const struct condition *conditions, uint8_t count)
{
	return count == 1 && conditions->kind == CONDITION_KNOWN && conditions->count == 1 && conditions->fields[0] == FIELD_TRIAL_PRICE;
}

/* Whether a wording is for trials without a price only: because of its own condition, or of one before it that takes all others. */
static bool is_of_free_trials(const struct text *text, uint8_t wording)
{
	const struct conditions *own = &text->variants[wording].conditions;
	uint8_t v;

	for (v = 0; v < wording; v++)
		if (is_priced(text->variants[v].conditions.only_if, text->variants[v].conditions.only_if_count) &&
		    !text->variants[v].conditions.unless_count)
			return true;
	return is_priced(own->unless, own->unless_count);
}

/* A subscriber sees one wording: that another one shows the price does not help. */
static void check_price_in(struct build *build, const struct page *page, const struct text *text, const char *language)
{
	uint8_t v;

	for (v = 0; v < text->count; v++)
		if (template_shows(&text->variants[v].template, FIELD_TRIAL_DAYS) &&
		    !template_shows(&text->variants[v].template, FIELD_TRIAL_PRICE) && !is_of_free_trials(text, v))
			problem_remedy(problems_add(build->problems, setting_at(text->variants[v].at, "text"), "page '%s' shows "
						    "'trial_days' without 'trial_price' in language '%s'", page->name, language),
				       "show the price of the trial, too: {trial_price:if:#|free}");
}

static void check_price(struct build *build, const struct page *page, texts_t texts)
{
	uint16_t l;

	for (l = 0; texts && l < build->menu->languages_count; l++)
		check_price_in(build, page, &texts[l], build->menu->languages[l].name);
}

/* ---- wordings of a confirmation for a trial that continues ---- */

/* A subscriber to whom a trial of the service is offered. */
struct offer {
	const struct set *any;		/* values that may be known on the page */
	const struct service *service;
	const char *channel;
};

enum truth { FALSE, MAYBE, TRUE };

static bool has_value(const struct condition *condition, const char *value)
{
	uint8_t i;

	for (i = 0; value && i < condition->count; i++)
		if (!condition->fields[i] && !strcmp(condition->values[i], value))
			return true;
	return false;
}

static bool is_about_end(const struct condition *condition)
{
	return condition->kind == CONDITION_IS && condition->field == FIELD_TRIAL_ENDS;
}

static enum truth known_for(const struct offer *offer, uint16_t var)
{
	if (!set_has(offer->any, var))
		return FALSE;
	switch (var) {
	case FIELD_SERVICE:
	case FIELD_PERIOD:
	case FIELD_TRIAL_DAYS:
	case FIELD_TRIAL_ENDS: return TRUE;
	case FIELD_PRICE: return offer->service->price ? TRUE : FALSE;
	case FIELD_TRIAL_PRICE: return offer->service->trial_price ? TRUE : FALSE;
	default: return MAYBE;
	}
}

static enum truth holds_for(const struct offer *offer, const struct condition *condition)
{
	enum truth best = FALSE, known;
	uint8_t i;

	switch (condition->kind) {
	case CONDITION_CHANNEL: return has_value(condition, offer->channel) ? TRUE : FALSE;
	case CONDITION_FAMILY: return has_value(condition, offer->service->family) ? TRUE : FALSE;
	case CONDITION_KNOWN:
		for (i = 0; i < condition->count; i++) {
			known = known_for(offer, condition->fields[i]);
			best = known > best ? known : best;
		}
		return best;
	case CONDITION_AHEAD:
		for (i = 0; i < condition->count; i++)
			if (condition->fields[i] != FIELD_EFFECTIVE || offer->service->activates_next_period)
				best = known_for(offer, condition->fields[i]) ? MAYBE : best;
		return best;
	case CONDITION_IS:
		if (is_about_end(condition))
			return has_value(condition, trial_ends_name(TRIAL_ENDS_PAID)) ? TRUE : FALSE;
		if (condition->field == FIELD_SERVICE)
			return has_value(condition, offer->service->code) ? TRUE : FALSE;
		if (condition->field == FIELD_PERIOD)
			return has_value(condition, offer->service->period) ? TRUE : FALSE;
		return condition->field == FIELD_LANGUAGE || set_has(offer->any, condition->field) ? MAYBE : FALSE;
	default: return MAYBE;
	}
}

static enum truth all_hold_for(const struct offer *offer, const struct condition *list, uint8_t count)
{
	enum truth least = TRUE, truth;
	uint8_t i;

	for (i = 0; i < count; i++) {
		truth = holds_for(offer, &list[i]);
		least = truth < least ? truth : least;
	}
	return least;
}

/* The wording that the offer may be shown with although it does not say how the trial ends; NULL: none. */
static const struct variant *silent_wording(const struct offer *offer, const struct text *text)
{
	bool left_out = false;	/* a wording before is for trials that stop */
	uint8_t v, i;

	for (v = 0; v < text->count; v++) {
		const struct variant *variant = &text->variants[v];
		const struct conditions *conditions = &variant->conditions;
		const enum truth only_if = all_hold_for(offer, conditions->only_if, conditions->only_if_count);
		const enum truth unless = conditions->unless_count ? all_hold_for(offer, conditions->unless, conditions->unless_count)
								   : FALSE;
		bool says = left_out || template_shows(&variant->template, FIELD_TRIAL_ENDS);

		for (i = 0; i < conditions->only_if_count; i++)
			says |= is_about_end(&conditions->only_if[i]);
		for (i = 0; only_if && i < conditions->unless_count; i++)
			left_out |= unless == TRUE && is_about_end(&conditions->unless[i]);
		if (!only_if || unless == TRUE)
			continue;
		if (!says)
			return variant;
		if (only_if == TRUE && !unless)
			return NULL;
	}
	return NULL;
}

/* Complain about each language; a draft may have the texts of the first one. */
static void check_end_in(struct build *build, const struct page *page, texts_t texts, const struct set *any)
{
	static const char *const channels[] = { "ussd", "sms" };
	const struct catalogue *catalogue = &build->menu->catalogue;
	const struct variant *silent;
	size_t i, c;
	uint16_t l;

	for (l = 0; texts && l < build->menu->languages_count; l++) {
		for (i = 0, silent = NULL; !silent && i < catalogue->count; i++) {
			struct offer offer = { .any = any, .service = &catalogue->services[i] };

			for (c = 0; !silent && offer.service->trial_ends == TRIAL_ENDS_PAID && c < 1u + build->has_services; c++) {
				offer.channel = channels[c];
				silent = silent_wording(&offer, &texts[l]);
			}
		}
		if (silent)
			problem_remedy(problems_add(build->problems, silent->at, "page '%s' may ask for a trial of '%s' with this wording, "
						    "which does not say that it continues as a paid service", page->name,
						    catalogue->services[i - 1].code),
				       "write another wording before it, with only_if = { known = \"trial_days\"; trial_ends = \"paid\"; "
				       "}");
	}
}

/* Whether a trial that continues may be offered where these values may be known. */
static bool may_continue(struct build *build, const struct set *any)
{
	const char *paid = trial_ends_name(TRIAL_ENDS_PAID);
	const struct condition condition = { .kind = CONDITION_IS, .field = FIELD_TRIAL_ENDS, .values = &paid,
					     .fields = (const uint16_t[]){ FIELD_NONE }, .count = 1 };

	return set_has(any, FIELD_TRIAL_DAYS) && set_has(any, TRIAL_CONTINUES) && set_has(any, FIELD_TRIAL_ENDS) &&
	       !(any->excluded[assigned_coded_index(FIELD_TRIAL_ENDS)] & assigned_bits_of(build, &condition));
}

static void check_ends(struct build *build)
{
	const uint16_t count = build->menu->pages_count;
	struct assigned assigned = { .build = build, .menu = build->menu, .queue = calloc(count + 1, sizeof(*assigned.queue)),
				     .waits = calloc(count + 1, sizeof(*assigned.waits)) };
	struct state *some;
	uint16_t i;

	if (!assigned.queue || !assigned.waits)
		abort();
	some = assigned_compute(&assigned, true);
	for (i = 0; i < count; i++) {
		const struct page *page = &build->menu->pages[i];
		const struct set *one = &some[i].sets[MODE_PAGE], *each = &some[i].sets[MODE_EACH];

		if (build->broken[i] || !page->action || !page->action->sells)
			continue;
		if (some[i].reached[MODE_PAGE] && may_continue(build, one))
			check_end_in(build, page, page->confirm ? page->text : page->request, one);
		if (some[i].reached[MODE_EACH] && may_continue(build, each))
			check_end_in(build, page, page->several ? page->row : NULL, each);
	}
	free(some);
	free(assigned.waits);
	free(assigned.queue);
}

/* ---- some page has a condition ---- */

static bool tests(const struct conditions *conditions, enum field field)
{
	unsigned int i;

	for (i = 0; i < conditions->only_if_count; i++)
		if (conditions->only_if[i].field == field)
			return true;
	return false;
}

/* Whether a page's ways or its text depend on a field. */
static bool asks_for(const struct page *page, enum field field)
{
	unsigned int i;

	for (i = 0; i < page->choices_count; i++)
		if (tests(&page->choices[i].conditions, field))
			return true;
	for (i = 0; page->text && i < page->text[0].count; i++)
		if (tests(&page->text[0].variants[i].conditions, field))
			return true;
	return false;
}

/* For a menu that announces such trials only elsewhere, such as in reminders. */
static void check_announced(struct build *build)
{
	const struct menu *menu = build->menu;
	const struct service *service = menu->catalogue.services;
	uint16_t i;

	for (i = 0; i < menu->pages_count; i++)
		if (asks_for(&menu->pages[i], FIELD_TRIAL_ENDS))
			return;
	for (; service < menu->catalogue.services + menu->catalogue.count; service++)
		if (service->trial_ends == TRIAL_ENDS_PAID)
			problem_remedy(problems_add(build->problems, build->catalogue ? setting_get(build->catalogue, service->code)
						    : NULL, "service '%s' continues after its trial, but no page has a condition about "
						    "'trial_ends' to say so", service->code), "add a wording with only_if = { trial_ends "
				       "= \"paid\"; }");
}

void build_trials_check(struct build *build)
{
	const struct menu *menu = build->menu;
	size_t before = build->problems->errors, s;
	uint16_t i;

	if (build->broken_catalogue)
		return;
	for (s = 0; s < menu->catalogue.count && menu->catalogue.services[s].trial_ends != TRIAL_ENDS_PAID; s++)
		;
	if (!before && s < menu->catalogue.count) {
		check_ends(build);
		if (build->problems->errors == before)
			check_announced(build);
	}
	for (i = 0; has_priced_trial(&menu->catalogue) && i < menu->pages_count; i++) {
		check_price(build, &menu->pages[i], menu->pages[i].text);
		check_price(build, &menu->pages[i], menu->pages[i].row);
	}
}
