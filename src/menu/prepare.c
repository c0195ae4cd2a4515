/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Prepares what pages show: literal texts that follow each other become one, with its cost. */
#include <stdlib.h>
#include <string.h>

#include "menu/build.h"
#include "menu/view.h"

/* A prepared text that grows. */
struct preparing {
	struct build *build;
	uint16_t language;
	char *run;			/* literals since the last other segment */
	size_t run_len;
	struct segment *list;
	size_t count;
};

static void *grown(void *list, size_t count, size_t size)
{
	void *more = reallocarray(list, count, size);

	if (!more)
		abort();
	return more;
}

static void add_segment(struct preparing *to, struct segment segment)
{
	to->list = grown(to->list, to->count + 1, sizeof(*to->list));
	to->list[to->count++] = segment;
}

static void end_run(struct preparing *to)
{
	const struct text_cost cost = text_cost(to->run, to->run_len);

	if (to->run_len)
		add_segment(to, (struct segment){ .kind = SEGMENT_LITERAL, .len = to->run_len,
						  .literal = arena_copy(&to->build->menu->arena, to->run, to->run_len),
						  .gsm7 = cost.gsm7, .septets = cost.septets, .units = cost.units });
	to->run_len = 0;
}

static void add_literal(struct preparing *to, const char *text, size_t len)
{
	if (to->run_len + len > VIEW_BODY_MAX)		/* so that its length and cost fit a segment */
		end_run(to);
	to->run = grown(to->run, to->run_len + len + 1, 1);
	memcpy(to->run + to->run_len, text, len);
	to->run_len += len;
}

static void add_string(struct preparing *to, const char *text)
{
	add_literal(to, text, strlen(text));
}

static void add_other(struct preparing *to, struct segment segment)
{
	end_run(to);
	add_segment(to, segment);
}

static void add_text(struct preparing *to, const struct text *text)
{
	const struct template *template = text->count ? &text->variants->template : NULL;
	uint16_t i;

	if (template && !conditions_hold_always(&text->variants->conditions)) {
		add_other(to, (struct segment){ .kind = SEGMENT_TEXT, .text = text });
		return;
	}
	for (i = 0; template && i < template->count; i++)
		if (template->pieces[i].kind == PIECE_LITERAL)
			add_literal(to, template->pieces[i].text, template->pieces[i].len);
		else
			add_other(to, (struct segment){ .kind = SEGMENT_PIECE, .piece = &template->pieces[i] });
}

/* What stands between a key and the text before it, the key, and its text. */
static void add_keyed(struct preparing *to, const char *before, const char *key, const struct text *text)
{
	add_string(to, before);
	add_string(to, key);
	add_string(to, to->build->menu->languages[to->language].formats.after_key);
	add_text(to, text);
}

static struct prepared finish(struct preparing *to)
{
	struct segment *list;

	end_run(to);
	list = arena_alloc(&to->build->menu->arena, to->count * sizeof(*list));
	if (to->count)
		memcpy(list, to->list, to->count * sizeof(*list));
	free(to->list);
	free(to->run);
	return (struct prepared){ list, to->count };
}

static struct prepared *alloc_all(struct build *build)
{
	return arena_alloc(&build->menu->arena, build->menu->languages_count * sizeof(struct prepared));
}

static void prepare_choice(struct build *build, struct choice *choice)
{
	struct prepared *item = alloc_all(build);
	uint16_t l;

	for (l = 0; l < build->menu->languages_count; l++) {
		struct preparing to = { .build = build, .language = l };

		add_keyed(&to, "\n", choice->key, &choice->label[l]);
		item[l] = finish(&to);
	}
	choice->item = item;
}

static bool is_fixed(const struct choice *choice)
{
	return conditions_hold_always(&choice->conditions) && !choice->with.count;
}

static void prepare_page(struct build *build, struct page *page)
{
	struct prepared *body = alloc_all(build);
	uint16_t l;
	uint8_t i;

	for (i = 0; i < page->choices_count; i++)
		if (page->choices[i].label && !is_fixed(&page->choices[i]))
			prepare_choice(build, (struct choice *)&page->choices[i]);
	for (l = 0; l < build->menu->languages_count; l++) {
		struct preparing to = { .build = build, .language = l };

		add_text(&to, &page->text[l]);
		for (i = 0; i < page->choices_count; i++)
			if (page->choices[i].item)
				add_other(&to, (struct segment){ .kind = SEGMENT_CHOICE, .choice = &page->choices[i] });
			else if (page->choices[i].label)
				add_keyed(&to, "\n", page->choices[i].key, &page->choices[i].label[l]);
		body[l] = finish(&to);
	}
	page->body = body;
}

static void prepare_footers(struct build *build, uint16_t index)
{
	const struct menu_keys *keys = &build->menu->keys;
	struct language *language = &build->languages[index];
	const struct {
		unsigned int bit;
		const char *key;
		enum system_text text;
	} hints[] = { { FOOTER_MORE, keys->more, SYSTEM_MORE }, { FOOTER_BACK, keys->back, SYSTEM_BACK },
		      { FOOTER_HOME, keys->home, SYSTEM_HOME } };
	unsigned int footer, i;

	for (footer = 0; footer < FOOTERS; footer++) {
		struct preparing to = { .build = build, .language = index };
		bool first = true;

		for (i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
			if (!(footer & hints[i].bit))
				continue;
			add_keyed(&to, first ? "\n" : " ", hints[i].key, &language->system[hints[i].text]);
			first = false;
		}
		language->footers[footer] = finish(&to);
	}
}

void build_prepared(struct build *build)
{
	uint16_t i;

	for (i = 0; i < build->menu->languages_count; i++)
		prepare_footers(build, i);
	for (i = 0; i < build->menu->pages_count; i++)
		if (build->menu->pages[i].text && !build->menu->pages[i].route)
			prepare_page(build, &build->menu->pages[i]);
}
