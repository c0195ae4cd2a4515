/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Phones for tests, demonstrations and measurements: the MSC's side of USSD over GSUP, towards an HLR.
 *
 * Many dialogs at once, each known by its session id. No global state; runs in osmo_select_main(). Nothing is
 * allocated after msc_new() but what the link's output needs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct msc;

/* Called from the loop. They may begin, answer and hang up, but not free the MSC. Texts are UTF-8, not
 * zero-terminated, valid during the call. */
struct msc_ops {
	/* The link came up or went down; when it goes down, all dialogs are forgotten without another call. */
	void (*link)(void *user, bool up);
	/* A page. \a waits: the phone shall answer; else the dialog is over and its id no longer valid. */
	void (*page)(void *user, uint32_t dialog, const char *text, size_t len, bool waits);
	/* The dialog is over without a text: an error from the network. Its id is no longer valid. */
	void (*failed)(void *user, uint32_t dialog);
	/* A text outside of dialogs; acknowledged already. */
	void (*notify)(void *user, const char *imsi, const char *text, size_t len);
	/* The HLR's answer to msc_attach(). */
	void (*attached)(void *user, const char *imsi, bool accepted);
};

/* \a name: the unit name behind "MSC-". \a dialogs: how many at once, at most 65536. \a address is numeric. NULL
 * after a log line. The strings are copied. */
struct msc *msc_new(void *ctx, const char *address, uint16_t port, const char *name, unsigned int dialogs,
		    const struct msc_ops *ops, void *user);
void msc_free(struct msc *msc);

/* Dial. 0 and the dialog's id; -ENOTCONN, -EBUSY when all dialogs are in use, -EMSGSIZE. */
int msc_begin(struct msc *msc, const char *imsi, const char *code, uint32_t *dialog);

/* Answer the last page. 0; -ENOENT when the dialog is over or no page waits; -ENOTCONN, -EMSGSIZE. */
int msc_answer(struct msc *msc, uint32_t dialog, const char *text);

/* End a dialog without a word, as a phone does. */
void msc_hang_up(struct msc *msc, uint32_t dialog);

/* Register the subscriber here, so that notifications find the way: a location update. 0 or -ENOTCONN. */
int msc_attach(struct msc *msc, const char *imsi);
