/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S19: the dialog so far, for the agent who calls: the pages on the way to the one on the screen, what was chosen there, and answers that
 * are not secret. "My account > 4 Services > 1 My services > Your services:" */
#include <string.h>

#include "engine/step.h"
#include "starhash/ticket.h"

#define LINE_MAX 90		/* octets of a line of it */
#define ALL_MAX 4096		/* octets before older pages are left out */

static const char next[] = " > ";

static void put_part(struct writer *to, const char *text, size_t len)
{
	char part[LINE_MAX];
	struct writer writer = { .at = part, .end = part + sizeof(part) };

	writer_put(&writer, text, len);
	writer_put(to, part, (size_t)(writer.at - part));
}

/* The first line of a text. */
static void put_line(const struct step *step, const struct text *text, struct writer *to)
{
	char line[EFFECT_TEXT_MAX];
	const size_t len = show_text(step, text, line, sizeof(line));
	const char *end = memchr(line, '\n', len);

	put_part(to, line, end ? (size_t)(end - line) : len);
}

/* S13: what is reported there is hidden from ordinary staff. */
static bool is_confidential(const struct page *page)
{
	for (uint8_t i = 0; i < page->with.count; i++) {
		const struct binding *set = &page->with.list[i];
		const struct ticket_kind *kind = set->var == FIELD_TICKET_KIND && set->text ? ticket_kind_find(set->text) : NULL;

		if (kind && kind->confidential)
			return true;
	}
	return false;
}

static void put_answers(const struct step *step, const struct page *page, struct writer *to)
{
	struct value answer;

	for (uint8_t i = 0; i < page->questions_count; i++) {
		const struct question *question = &page->questions[i];

		if (i)
			writer_string(to, next);
		put_line(step, &question->prompt[step->session->language], to);
		writer_string(to, " ");
		if (question->secret || menu_is_secret(step->menu, question->var) || is_confidential(page))
			continue;
		if (record_get(&step->vars, question->var, &answer) && answer.is_text)
			put_part(to, answer.text, answer.len);
	}
}

static void put_title(const struct step *step, const struct page *page, struct writer *to)
{
	if (page->questions_count)
		put_answers(step, page, to);
	else if (page->text)
		put_line(step, &page->text[step->session->language], to);
}

/* Whether a choice of \a from leads to page \a to, maybe by a route. */
static bool leads(const struct menu *menu, uint16_t from, uint16_t to, unsigned int depth)
{
	const struct page *page = from == PAGE_NONE ? NULL : &menu->pages[from];

	if (from == to || !page || !page->route || !depth)
		return page && from == to;
	for (uint8_t i = 0; i < page->choices_count; i++)
		if (leads(menu, page->choices[i].page, to, depth - 1))
			return true;
	return false;
}

static const struct choice *choice_to(const struct step *step, const struct page *page, uint16_t to)
{
	for (uint8_t i = 0; !page->route && i < page->choices_count; i++)
		if (page->choices[i].label && leads(step->menu, page->choices[i].page, to, SESSION_STACK_MAX))
			return &page->choices[i];
	return NULL;
}

/* The latest octets, from the beginning of a page on. */
static size_t latest(char *text, size_t len)
{
	const char *from = len > SO_FAR_MAX ? memmem(text + len - SO_FAR_MAX, SO_FAR_MAX, next, strlen(next)) : NULL;

	if (len <= SO_FAR_MAX)
		return len;
	len = from ? (size_t)(text + len - from) - strlen(next) : 0;
	memmove(text, from ? from + strlen(next) : text, len);
	return len;
}

size_t so_far(const struct step *step, char out[static SO_FAR_MAX])
{
	const struct session *session = step->session;
	char all[ALL_MAX];
	struct writer writer = { .at = all, .end = all + sizeof(all) };
	const struct choice *choice = NULL;
	size_t len;

	for (uint8_t i = 0; i < session->depth; i++) {
		const struct page *page = &step->menu->pages[session->stack[i].page];
		const bool last = i + 1 == session->depth;

		if (!choice || last) {
			writer_string(&writer, i ? next : "");
			put_title(step, page, &writer);
		}
		choice = choice_to(step, page, last ? session->page : session->stack[i + 1].page);
		if (!choice)
			continue;
		writer_string(&writer, next);
		writer_string(&writer, choice->key);
		writer_string(&writer, " ");
		put_line(step, &choice->label[session->language], &writer);
	}
	len = latest(all, (size_t)(writer.at - all));
	memcpy(out, all, len);
	explicit_bzero(all, sizeof(all));
	step->effect->cuts = 0;		/* none of this is shown */
	return len;
}
