/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A phone in the terminal: interfaces between its parts.
 *
 * A line carries the dialog, to the console channel's socket (console.c) or through an HLR (gsup.c), or short messages over SMPP
 * (smsc.c). The phone itself (phone.c) reads the user's input, the screen (screen.c) shows pages. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct phone;

struct line {
	/* Dial the code, or answer the page. Returns 0 or -errno; the page comes later. */
	int (*send)(struct line *line, const char *text);
	void (*hang_up)(struct line *line);
	bool texts;	/* each input is a separate text, even an empty one; there are no dialogs */
};

/* Return NULL after a message on standard error. Freed with \a ctx, the talloc parent. */
struct line *line_console_new(void *ctx, struct phone *phone, const char *socket, const char *msisdn);
struct line *line_gsup_new(void *ctx, struct phone *phone, const char *address, uint16_t port, const char *imsi);
struct line *line_smsc_new(void *ctx, struct phone *phone, const char *address, uint16_t port, const char *msisdn,
			   const char *service);

/* Events that a line reports to the phone, from the loop. */
void phone_page(struct phone *phone, const char *text, size_t len, bool waits);
void phone_no_page(struct phone *phone);	/* no page will come: ready for another input */
void phone_notification(struct phone *phone, const char *text, size_t len);
void phone_failed(struct phone *phone, const char *why);

struct screen {
	bool terminal;		/* show frames and prompts; otherwise bare texts */
	bool colour, utf8;
};

/* Examine standard input and output, the locale and NO_COLOR. */
void screen_init(struct screen *screen);
void screen_page(const struct screen *screen, const char *text, size_t len);
void screen_notification(const struct screen *screen, const char *text, size_t len);
void screen_prompt(const struct screen *screen, const char *text);
