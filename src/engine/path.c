/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Direct dial: the parts of "*100*1*2#" are used as typed inputs, as far as that is safe. */
#include <string.h>

#include "engine/step.h"

void path_put(struct step *step, const char *path, size_t len)
{
	step->session->flags &= ~FLAG_PATH;
	if (!record_put_text(&step->vars, VAR_PATH, path, len))
		step->session->flags |= FLAG_PATH;
}

void path_drop(struct step *step)
{
	if (step->session->flags & FLAG_PATH)
		record_drop(&step->vars, VAR_PATH);
	step->session->flags &= ~(FLAG_GIVEN | FLAG_PATH);
}

size_t path_take(struct step *step, char out[static TEXT_PATH_MAX])
{
	const size_t len = step->session->flags & FLAG_PATH ? record_text(&step->vars, VAR_PATH, out, TEXT_PATH_MAX) : 0;

	path_drop(step);
	return len;
}

/* Copy the next part to \a out and shorten the path. */
static bool take_part(struct step *step, char *out, size_t size, size_t *len)
{
	const int separator = step->session->flags & FLAG_GIVEN ? ARGUMENT_END : '*';
	char rest[TEXT_PATH_MAX];
	struct value path;
	const char *end;
	size_t taken;

	if (!record_get(&step->vars, VAR_PATH, &path) || !path.len || path.len > sizeof(rest))
		return false;
	end = memchr(path.text, separator, path.len);
	*len = end ? (size_t)(end - path.text) : path.len;
	if (*len > size)
		return false;
	memcpy(out, path.text, *len);
	taken = end ? *len + 1 : *len;
	memcpy(rest, path.text + taken, path.len - taken);
	if (path.len > taken) {
		path_put(step, rest, path.len - taken);
	} else {
		record_drop(&step->vars, VAR_PATH);
		step->session->flags &= ~FLAG_PATH;
	}
	explicit_bzero(rest, path.len - taken);
	return true;
}

/* A dialled path goes through menus and lists, answers questions if the author allows it, and confirms nothing. The number
 * of CALLs is limited, because "0" in the path leads back and can fetch the same list again. */
static bool may_go_on(const struct step *step)
{
	const struct page *page = step_page(step);

	if (step->session->calls >= SESSION_CALLS_MAX)
		return false;
	switch (step->session->phase) {
	case PHASE_SHOW: return page->choices_count || page->list_page != PAGE_NONE;
	case PHASE_ASK: return page->direct || step->session->flags & FLAG_GIVEN;
	default: return false;
	}
}

bool path_next(struct step *step)
{
	char part[TEXT_PATH_MAX];
	size_t len;

	if (!(step->session->flags & FLAG_PATH))
		return false;
	if (!may_go_on(step) || !take_part(step, part, sizeof(part), &len)) {
		path_drop(step);
		return false;
	}
	input_take(step, part, len);
	explicit_bzero(part, len);
	return true;
}
