/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a page looks like: its words before they are cut into screens. The engine shows it; the check proves with the
 * same code that its worst case fits. */
#pragma once

#include "menu/template.h"

enum view_kind {
	VIEW_PAGE,		/* text, then items or rows */
	VIEW_QUESTION,		/* one prompt */
	VIEW_CONFIRM,		/* text, then yes and no */
	VIEW_RESUME,		/* the offer to go on; page is not used */
};

struct view {
	enum view_kind kind;
	const struct page *page;
	uint8_t question;		/* VIEW_QUESTION */
	const struct rows *rows;	/* of a list */
	bool messages;			/* for a short message: the page may have a text of its own for that */
	bool waits;			/* an answer is expected after the last screen */
	bool back, home;		/* these keys lead somewhere and are worth a hint */
	struct render render;
};

#define VIEW_BODY_MAX 8192
#define VIEW_FOOTER_MAX 256

/* The words, ready to be cut by text_screen(). The flow points into it: do not copy. */
struct view_text {
	struct text_flow flow;
	char body[VIEW_BODY_MAX];
	char more[VIEW_FOOTER_MAX];
	char last[VIEW_FOOTER_MAX];
};

void view_compose(const struct view *view, const struct text_limits *limits, struct view_text *text);
