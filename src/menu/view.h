/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a page looks like: its words before they are cut into screens. The engine shows it; the fit check works with the
 * same code. */
#pragma once

#include "menu/template.h"

enum view_kind {
	VIEW_PAGE,		/* text, then items or rows */
	VIEW_QUESTION,		/* one prompt */
	VIEW_CONFIRM,		/* text, then yes and no */
	VIEW_RESULTS,		/* what became of several orders, in values' VAR_RESULTS */
	VIEW_RESUME,		/* the offer to go on; page is not used */
	VIEW_CODE,		/* what is to be confirmed, then the one-time code that does it */
};

struct view {
	enum view_kind kind;
	const struct page *page;
	uint8_t question;		/* VIEW_QUESTION */
	const struct rows *rows;	/* of a list, or of several orders to be confirmed */
	bool messages;			/* for a short message: the page may have a text of its own for that */
	bool waits;			/* an answer is expected after the last screen */
	bool back, home;		/* these keys lead somewhere and are worth a hint */
	struct render render;
};

/* A text of its own for short messages is checked for three parts, which is what they are allowed by default. */
extern const struct text_limits view_message_limits;

/* Where anything but a yes is a no, no key leads elsewhere. */
void view_drop_hints(struct view *view);

#define VIEW_CONSENT_MAX 1024	/* a confirmation's worst case, octets */
#define VIEW_CONSENT_ROOM 1200	/* a value may be wider than the fit check assumed */

/* What a yes agrees to: the confirmation, whole, without items and hints. Returns its length. */
size_t view_consent(const struct view *view, char out[static VIEW_CONSENT_ROOM]);

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
