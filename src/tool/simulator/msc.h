/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Phones for tests, demonstrations and measurements: the MSC's side of USSD over GSUP, towards an HLR.
 *
 * Many dialogs at once, each identified by its session id. No global state; runs in osmo_select_main(). After msc_new(), only the link's
 * output allocates memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct msc;

/* Callbacks from the loop. They may begin, answer and hang up dialogs, but not free the MSC. Texts are UTF-8, not zero-terminated, and
 * valid during the call. */
struct msc_ops {
	/* The link came up or went down. When it goes down, all dialogs are forgotten without further callbacks. */
	void (*link)(void *user, bool up);
	/* A page. \a waits: the phone must answer; otherwise the dialog is over and its id no longer valid. */
	void (*page)(void *user, uint32_t dialog, const char *text, size_t len, bool waits);
	/* The dialog is over without a text: an error from the network. Its id is no longer valid. */
	void (*failed)(void *user, uint32_t dialog);
	/* A notification outside of dialogs; already acknowledged. */
	void (*notify)(void *user, const char *imsi, const char *text, size_t len);
	/* The HLR's answer to msc_attach(). */
	void (*attached)(void *user, const char *imsi, bool accepted);
};

/* \a name: the unit name after "MSC-". \a dialogs: maximum number at once, up to 65536. \a address is numeric. Strings are copied.
 * Returns NULL after a log line. */
struct msc *msc_new(void *ctx, const char *address, uint16_t port, const char *name, unsigned int dialogs,
		    const struct msc_ops *ops, void *user);
void msc_free(struct msc *msc);

/* Dial. Returns 0 and the dialog's id; -ENOTCONN; -EBUSY if all dialogs are in use; or -EMSGSIZE. */
int msc_begin(struct msc *msc, const char *imsi, const char *code, uint32_t *dialog);

/* Answer the last page. Returns 0; -ENOENT if the dialog is over or no page waits; -ENOTCONN; or -EMSGSIZE. */
int msc_answer(struct msc *msc, uint32_t dialog, const char *text);

/* Abandon a dialog without any message, as a phone does. */
void msc_hang_up(struct msc *msc, uint32_t dialog);

/* Register the subscriber here by a location update, so that notifications can be routed. Returns 0 or -ENOTCONN. */
int msc_attach(struct msc *msc, const char *imsi);
