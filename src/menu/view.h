/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Views: the text of a page before it is cut into screens. The engine shows views, and the fit check uses the same
 * code. */
#pragma once

#include "menu/template.h"

enum view_kind {
	VIEW_PAGE,		/* text, then items or rows */
	VIEW_QUESTION,		/* one prompt */
	VIEW_CONFIRM,		/* text, then yes and no */
	VIEW_RESULTS,		/* results of several orders, in VAR_RESULTS of values, or another end that is longer than a screen */
	VIEW_END,		/* above alone */
	VIEW_RESUME,		/* the offer to resume; page is not used */
	VIEW_CODE,		/* a request, then the one-time code that confirms it */
};

struct view {
	enum view_kind kind;
	const struct page *page;
	uint8_t question;		/* VIEW_QUESTION */
	const struct rows *rows;	/* of a list, or several orders to confirm */
	const struct text *above;	/* the end of the page before, shown first; may be NULL */
	bool waits;			/* an answer is expected after the last screen */
	bool back, home;		/* these keys lead somewhere and are worth a hint */
	struct render render;
};

/* Drop the hints: if anything but a yes is a no, no key leads elsewhere. */
void view_drop_hints(struct view *view);

#define VIEW_CONSENT_MAX 1024	/* octets of a confirmation in the worst case */
#define VIEW_CONSENT_ROOM 1200	/* a value may be wider than the fit check assumed */

/* The text that a yes agrees to: the whole confirmation without items and hints. Returns its length. */
size_t view_consent(const struct view *view, char out[static VIEW_CONSENT_ROOM]);

#define VIEW_BODY_MAX 8192
#define VIEW_FOOTER_MAX 256

/* Text that is ready to be cut, and the screen that is shown of it. The flow points into it: do not copy. */
struct view_text {
	struct text_flow flow;
	struct text_screen screen;	/* by view_fit() */
	bool whole;			/* one screen has room for it: flow.more is not composed */
	char body[VIEW_BODY_MAX + VIEW_FOOTER_MAX];	/* the footer of the last screen is behind it */
	char more[VIEW_FOOTER_MAX];
};

void view_compose(const struct view *view, const struct text_limits *limits, struct view_text *text);

/* The same with a body that is composed already, and must live as long. */
void view_compose_around(const struct view *view, const struct text_limits *limits, const char *body, size_t len, struct view_text *text);

/* The footer of the last screen, or of the others. Returns its length. */
size_t view_footer(const struct view *view, bool more, char out[static VIEW_FOOTER_MAX]);

/* The text before it is cut, without footers. Returns its length. */
size_t view_body(const struct view *view, char out[static VIEW_BODY_MAX]);

/* The screens that the fit check allows it; 0: any number. */
unsigned int view_screens(const struct view *view);

/* Compose a text that needs no more screens than that, and cut the screen \a part of it, or the first if there are fewer. If it needs more,
 * because a value is wider than the fit check assumed, screens are filled to the last character; then values from outside are cut, each to
 * the same width in view->render.width_max. If nothing helps, the text is whole and has more screens. False when it cannot be cut into
 * screens at all. */
bool view_fit(struct view *view, const struct text_limits *limits, unsigned int part, struct view_text *text);
