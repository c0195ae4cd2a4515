/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The codes that a field can have, for conditions, values that are set, the catalogue and words. Brands are declared in the menu; tariffs,
 * charges and reasons are the operator's own, and can have any. */
#include <stdio.h>
#include <string.h>

#include "menu/build.h"
#include "starhash/notification.h"

#define SHOWN_MAX 200	/* octets of codes in a message */

#define KINDS_OF_ORDERS "service_activate service_deactivate service_change trial_accept line_suspend line_resume refund compensation"
#define KINDS_OF_DATA "profile bills points services password orders consents messages conversations tickets"

/* Codes of the rows of some lists. */
static const struct {
	enum field field;
	const char *services, *orders;
} here[] = {
	{ FIELD_STATE, CODES_OF_SUBSCRIPTIONS, CODES_OF_ORDERS },
	{ FIELD_KIND, KINDS_OF_DATA, KINDS_OF_ORDERS },
};

/* Codes with blanks between them, each once; elements may be NULL. An element may itself be several. */
static const char *join(struct build *build, const char *const *codes, size_t count)
{
	char *joined, *end;
	size_t size = 1, i;

	for (i = 0; i < count; i++)
		size += codes[i] ? strlen(codes[i]) + 1 : 0;
	joined = end = arena_alloc(&build->menu->arena, size);
	for (i = 0; i < count; i++)
		if (codes[i] && *codes[i] && !build_is_word_of(joined, codes[i]))
			end += sprintf(end, "%s%s", end > joined ? " " : "", codes[i]);
	return joined;
}

static const char *join_services(struct build *build, bool families)
{
	const struct catalogue *catalogue = &build->menu->catalogue;
	const char **codes = arena_alloc(&build->menu->arena, catalogue->count * sizeof(*codes));
	size_t i;

	for (i = 0; i < catalogue->count; i++)
		codes[i] = families ? catalogue->services[i].family : catalogue->services[i].code;
	return join(build, codes, catalogue->count);
}

static const char *join_languages(struct build *build)
{
	const struct menu_source *source = build->source;
	const char **codes = arena_alloc(&build->menu->arena, source->texts_count * sizeof(*codes));
	size_t i;

	for (i = 0; i < source->texts_count; i++)
		codes[i] = source->texts[i].language;
	return join(build, codes, source->texts_count);
}

/* Kinds of orders, with those of backends, and with \a more or NULL. */
static const char *join_kinds(struct build *build, const char *more)
{
	const size_t count = build->backend_orders_count;
	const char **codes = arena_alloc(&build->menu->arena, (count + 2) * sizeof(*codes));

	memcpy(codes, build->backend_orders, count * sizeof(*codes));
	codes[count] = KINDS_OF_ORDERS;
	codes[count + 1] = more;
	return join(build, codes, count + 2);
}

/* Kinds of messages that stay listed, or that a subscriber may choose. */
static const char *join_messages(struct build *build)
{
	const char **codes = arena_alloc(&build->menu->arena, notification_kinds_count * sizeof(*codes));
	size_t i;

	for (i = 0; i < notification_kinds_count; i++)
		codes[i] = notification_kinds[i].stays || notification_kinds[i].choice ? notification_kinds[i].name : NULL;
	return join(build, codes, notification_kinds_count);
}

const char *build_codes(struct build *build, uint16_t field)
{
	const char **codes = field < FIELD_COUNT ? &build->codes[field] : NULL;

	if (!codes || *codes)
		return codes ? *codes : NULL;
	*codes = field_codes(field);
	if (field == FIELD_SERVICE || field == FIELD_INSTEAD)
		*codes = build->menu->catalogue.count ? join_services(build, false) : NULL;
	else if (field == FIELD_LANGUAGE)
		*codes = join_languages(build);
	else if (field == FIELD_BRAND)
		*codes = join(build, build->brands, build->brands_count);
	else if (field == FIELD_KIND)
		*codes = join_kinds(build, KINDS_OF_DATA);
	else if (field == FIELD_NOTIFICATION)
		*codes = join_messages(build);
	return *codes;
}

const char *build_families(struct build *build)
{
	if (!build->families)
		build->families = join_services(build, true);
	return build->families;
}

const char *build_codes_here(struct build *build, uint16_t field, const struct menu_action *list, bool notification)
{
	const bool orders = notification || (list && list->fields[0] == FIELD_ORDER);
	size_t i = 0;

	while (i < sizeof(here) / sizeof(*here) && here[i].field != field)
		i++;
	if (i == sizeof(here) / sizeof(*here))
		return build_codes(build, field);
	if (orders && field == FIELD_KIND)
		return join_kinds(build, NULL);
	return orders ? here[i].orders : here[i].services;
}

/* The beginning of a list of codes, for a message. */
static const char *shorten(const char *known, char out[static SHOWN_MAX + 8])
{
	size_t len = strlen(known);

	if (len <= SHOWN_MAX)
		return known;
	for (len = SHOWN_MAX; len && known[len] != ' '; len--)
		;
	sprintf(out, "%.*s …", (int)len, known);
	return out;
}

void build_check_code(struct build *build, const struct setting *at, const char *subject, const char *known, const char *code)
{
	struct text_nearest nearest = {};
	char shown[SHOWN_MAX + 8];
	struct problem *problem;

	if (!known || build_is_word_of(known, code))
		return;
	if (!strcmp(subject, "brand") && !*known) {
		problem = problems_add(build->problems, at, "brand '%s' is not declared", code);
		problem_remedy(problem, "declare the brands in menu.cfg: brands = [ \"%s\" ];", code);
		return;
	}
	if (!*known)
		return;
	problem = problems_add(build->problems, at, "'%s' is never \"%s\", but one of: %s", subject, code, shorten(known, shown));
	if (former_suggest(problem, FORMER_STATE, code))
		return;
	text_nearest_try_words(&nearest, code, known);
	problem_suggest(problem, &nearest);
}

void build_brands(struct build *build, const struct setting *set)
{
	uint8_t i, k;

	if (!set)
		return;
	build->brands = build_strings(build, set, &build->brands_count);
	for (i = 0; i < build->brands_count; i++) {
		if (!*build->brands[i] || strchr(build->brands[i], ' '))
			problem_remedy(problems_add(build->problems, set, "'%s' is not a brand: a code without blanks", build->brands[i]),
				       "write a code such as \"young\"");
		for (k = 0; k < i; k++)
			if (!strcmp(build->brands[i], build->brands[k]))
				problem_remedy(problems_add(build->problems, set, "brand '%s' is declared twice", build->brands[i]),
					       "remove one of them");
	}
}
