/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The widest values of a variable. */
#include <stdlib.h>
#include <string.h>

#include "menu/widest.h"

#define SHOWN_MAX 1024	/* octets of one value */

/* WIDTH_MAX times the same character: a plain one, one that counts twice in GSM-7, two outside it, and one that counts twice in UCS-2.
 * Of two that count the same, the letter is worse: a screen ends before a word, but between ideographs. */
#define TEN(c) c c c c c c c c c c
#define HUNDRED(c) TEN(TEN(c))
static const char plain[] = HUNDRED("8") HUNDRED("8");
static const char braces[] = HUNDRED("{") HUNDRED("{");
static const char letters[] = HUNDRED("\u00ea") HUNDRED("\u00ea");
static const char ideographs[] = HUNDRED("\u4e2d") HUNDRED("\u4e2d");
static const char emoji[] = HUNDRED("\U0001f600") HUNDRED("\U0001f600");

struct weight weigh(const struct render *render, const char *text, size_t len)
{
	char near[8192];
	struct text_cost cost;

	if (render->language->transliterate) {
		len = text_transliterate(text, len, near, sizeof(near));
		text = near;
	}
	cost = text_cost(text, len);
	return (struct weight){ .septets = cost.septets, .units = cost.units, .octets = len, .others = cost.others };
}

void weight_add(struct weight *to, const struct weight *more)
{
	to->septets += more->septets;
	to->units += more->units;
	to->octets += more->octets;
	to->others += more->others;
}

/* ---- the candidates ---- */

struct search {
	const struct render *render;
	const struct piece *const *places;
	size_t count;
	widest_visit *visit;
	void *user;
};

static void offer_text(const struct search *search, const char *text, size_t len)
{
	search->visit(search->user, &(struct value){ .is_text = true, .text = text, .len = len });
}

static void offer_number(const struct search *search, int64_t number)
{
	search->visit(search->user, &(struct value){ .number = number });
}

static void offer_words(const struct search *search, const struct words *words)
{
	struct value service;
	uint16_t i;

	if (search->places[0]->var != FIELD_INSTEAD || !search->render->values ||
	    !record_get(search->render->values, FIELD_SERVICE, &service) || !service.is_text)
		service = (struct value){};
	for (i = 0; i < words->count; i++)
		if (strlen(words->list[i].code) != service.len || memcmp(words->list[i].code, service.text, service.len))
			offer_text(search, words->list[i].code, strlen(words->list[i].code));
}

/* Names that billing gives, in any script. */
static bool is_name(uint16_t var)
{
	switch (var) {
	case FIELD_BRAND:
	case FIELD_TARIFF:
	case FIELD_ITEM:
	case FIELD_REASON:
	case FIELD_PROVIDER:
	case FIELD_FEE_CLASS:
		return true;
	default:
		return false;
	}
}

/* Each of a list of codes between blanks. */
static void offer_codes(const struct search *search, const char *codes)
{
	size_t len;

	for (; *codes; codes += len + (codes[len] == ' ')) {
		len = strcspn(codes, " ");
		offer_text(search, codes, len);
	}
}

/* The widest texts of any script that a question can be answered with, or a backend can answer, which is cut to its width: by \a index,
 * from 0; NULL: no more. Not zero-terminated. */
static const char *widest_text(const struct question *question, unsigned int index, unsigned int width, size_t *len)
{
	static const struct {
		const char *text;
		size_t octets;
	} answers[] = { { plain, 1 }, { braces, 1 }, { emoji, 4 } },
	  texts[] = { { plain, 1 }, { letters, 2 }, { ideographs, 3 } };
	const bool cut = question->width;

	if (index >= 3)
		return NULL;
	*len = width * (cut ? texts[index].octets : answers[index].octets);
	return cut ? texts[index].text : answers[index].text;
}

static void offer_texts(const struct search *search, const struct question *question)
{
	const struct menu *menu = search->render->menu;
	const uint16_t var = search->places[0]->var, width = search->places[0]->width;
	const char *codes = var == FIELD_KIND ? menu->kinds : var == FIELD_NOTIFICATION ? menu->messages :
			    var < FIELD_COUNT ? field_codes(var) : NULL;
	bool has_words = false;
	const char *text;
	uint16_t i;
	size_t len;

	if (codes) {
		offer_codes(search, codes);
		return;
	}
	for (i = 0; var == FIELD_LANGUAGE && i < menu->languages_count; i++)
		offer_text(search, menu->languages[i].name, strlen(menu->languages[i].name));
	if (var == FIELD_LANGUAGE)
		return;
	for (i = 0; i < search->count; i++) {
		const struct words *words = search->places[i]->words;

		if (words && words->count)
			offer_words(search, words);
		has_words |= words && words->count;
	}
	if (question && (question->kind == QUESTION_ONE_OF || question->kind == QUESTION_PATTERN)) {
		for (i = 0; i < question->values_count; i++)
			offer_text(search, question->values[i], strlen(question->values[i]));
	} else if (var == FIELD_KEYWORD) {
		for (i = 0; i < menu->keywords_count; i++)
			offer_text(search, menu->keywords[i].shown, strlen(menu->keywords[i].shown));
	} else if (question && question->kind == QUESTION_LENGTH) {
		for (i = 0; (text = widest_text(question, i, width, &len)); i++)
			offer_text(search, text, len);
	} else if (!has_words) {
		offer_text(search, plain, width);
		if (is_name(var)) {
			offer_text(search, letters, width * 2);
			offer_text(search, ideographs, width * 3);
		}
	}
}

/* The greatest number of that type within a width. */
static int64_t widest_number(const struct render *render, enum field_type type, unsigned int width)
{
	const unsigned int minor = render->menu->currency_minor;
	int64_t number = 0;

	if (type == FIELD_TYPE_MONEY && minor && width > minor + 1)
		width--;		/* the decimal sign */
	for (; width && number < INT64_MAX / 10 - 9; width--)
		number = number * 10 + 9;
	return number;
}

/* The greatest number of that many digits whose plural is this form; a language has forms for a few small numbers alone. False: none. */
static bool number_of_form(const struct plural_rule *rule, unsigned int form, int64_t most, int64_t *number)
{
	for (*number = most; *number >= 0 && *number > most - 200; (*number)--)
		if (rule->form(*number) == form)
			return true;
	for (*number = most < 200 ? most : 200; *number >= 0; (*number)--)
		if (rule->form(*number) == form)
			return true;
	return false;
}

static void offer_counts(const struct search *search, int64_t most)
{
	const struct plural_rule *rule = search->render->language->plural;
	unsigned int form;
	int64_t number;

	offer_number(search, most);
	for (form = 0; form < rule->forms; form++)
		if (number_of_form(rule, form, most, &number))
			offer_number(search, number);
}

/* An amount may be negative, and so may what is added to a number; its sign takes a digit's place. */
static bool may_be_negative(const struct piece *place)
{
	return place->type == FIELD_TYPE_MONEY || place->var == FIELD_CHANGE || place->var >= VAR_FIRST;
}

void widest_each(const struct render *render, const struct piece *const *places, size_t count, widest_visit *visit, void *user)
{
	const uint16_t var = places[0]->var;
	const uint32_t old_after = var < FIELD_COUNT ? render->menu->old_after_s[var] : 0;
	const struct search search = { render, places, count, visit, user };
	const int64_t most = widest_number(render, places[0]->type, places[0]->width);

	visit(user, NULL);
	switch (places[0]->type) {
	case FIELD_TYPE_MONEY:
		offer_number(&search, most);
		offer_number(&search, most < 999 ? most : 999);	/* without separators, which may be outside GSM-7 */
		break;
	case FIELD_TYPE_DATE:
		offer_number(&search, 20261231);
		offer_number(&search, 19700101);
		break;
	case FIELD_TYPE_MONTH:
		offer_number(&search, 202612);
		break;
	case FIELD_TYPE_TIME:
		offer_number(&search, render->now);
		if (old_after)
			offer_number(&search, render->now - old_after - 1);
		break;
	case FIELD_TYPE_COUNT:
		offer_counts(&search, most);
		break;
	default:
		offer_texts(&search, var < VAR_FIRST ? NULL : render->menu->vars[var - VAR_FIRST]);
		break;
	}
	if (places[0]->type == FIELD_TYPE_MONEY || places[0]->type == FIELD_TYPE_COUNT) {	/* not "known" to a condition */
		offer_number(&search, 0);
		if (may_be_negative(places[0]))
			offer_number(&search, -(most / 10));
	}
}

/* ---- the widest of them ---- */

struct finding {
	const struct render *render;
	const struct piece *const *places;
	size_t count;
	const struct widest_case *of;
	struct widest *widest;
};

static bool is_better(enum widest_by by, const struct weight *weight, const struct widest_value *best)
{
	switch (by) {
	case BY_SEPTETS: return !weight->others && (!best->found || weight->septets > best->weight.septets);
	case BY_OTHERS: return weight->others && (!best->found || weight->units > best->weight.units);
	case BY_OCTETS: return !best->found || weight->octets > best->weight.octets;
	default: return !best->found || weight->units > best->weight.units ||
			(weight->units == best->weight.units && weight->others > best->weight.others);
	}
}

static void weigh_value(void *user, const struct value *value)
{
	const struct finding *search = user;
	struct widest_value this = { .found = true, .known = value };
	char text[SHOWN_MAX];
	unsigned int by;
	size_t i;

	if (search->of && !search->of->has(search->of, value))
		return;
	if (value)
		this.value = *value;
	for (i = 0; i < search->count; i++) {
		struct writer writer = { .at = text, .end = text + sizeof(text) };
		struct weight one;

		piece_render(search->places[i], search->render, value, &writer);
		one = weigh(search->render, text, writer.at - text);
		weight_add(&this.weight, &one);
	}
	if (!value)
		search->widest->missing = this;
	for (by = 0; by < BY_COUNT; by++)
		if (is_better(by, &this.weight, &search->widest->best[by]))
			search->widest->best[by] = this;
}

void widest_find(const struct render *render, const struct piece *const *places, size_t count, const struct widest_case *of,
		 struct widest *widest)
{
	*widest = (struct widest){ .var = places[0]->var };
	widest_each(render, places, count, weigh_value, &(struct finding){ render, places, count, of, widest });
}
