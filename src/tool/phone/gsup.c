/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A phone's line through an HLR: the phone behind an MSC that speaks GSUP. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "tool/simulator/msc.h"
#include "tool/phone/phone.h"

struct gsup_line {
	struct line line;
	struct phone *phone;
	struct msc *msc;
	char *imsi;
	char *code;		/* dialled before the network was connected; otherwise NULL */
	bool attached;
	bool talking;
	uint32_t dialog;
};

static struct gsup_line *gsup_line_of(struct line *line)
{
	return (struct gsup_line *)line;
}

static int dial(struct gsup_line *line, const char *code)
{
	int rc = msc_begin(line->msc, line->imsi, code, &line->dialog);

	line->talking = rc == 0;
	return rc;
}

static int send_input(struct line *base, const char *text)
{
	struct gsup_line *line = gsup_line_of(base);

	if (line->talking)
		return msc_answer(line->msc, line->dialog, text);
	if (line->attached)
		return dial(line, text);
	line->code = talloc_strdup(line, text);
	return line->code ? 0 : -ENOMEM;
}

static void hang_up(struct line *base)
{
	struct gsup_line *line = gsup_line_of(base);

	if (line->talking)
		msc_hang_up(line->msc, line->dialog);
	line->talking = false;
}

static void on_link(void *user, bool up)
{
	struct gsup_line *line = user;

	line->attached = false;
	if (up && msc_attach(line->msc, line->imsi) < 0)
		phone_failed(line->phone, "cannot register at the HLR");
	else if (!up && line->talking)
		phone_failed(line->phone, "the connection to the HLR was lost");
}

static void on_attached(void *user, const char *imsi, bool accepted)
{
	struct gsup_line *line = user;
	int rc = 0;

	if (!accepted) {
		phone_failed(line->phone, "the HLR does not know this IMSI");
		return;
	}
	line->attached = true;
	if (line->code)
		rc = dial(line, line->code);
	TALLOC_FREE(line->code);
	if (rc < 0)
		phone_failed(line->phone, strerror(-rc));
}

static void on_page(void *user, uint32_t dialog, const char *text, size_t len, bool waits)
{
	struct gsup_line *line = user;

	line->talking = waits;
	phone_page(line->phone, text, len, waits);
}

static void on_failed(void *user, uint32_t dialog)
{
	struct gsup_line *line = user;

	line->talking = false;
	phone_failed(line->phone, "the network ended the dialog with an error");
}

static void on_notification(void *user, const char *imsi, const char *text, size_t len)
{
	struct gsup_line *line = user;

	phone_notification(line->phone, text, len);
}

static const struct msc_ops ops = {
	.link = on_link,
	.page = on_page,
	.failed = on_failed,
	.notify = on_notification,
	.attached = on_attached,
};

static int close_line(struct gsup_line *line)
{
	msc_free(line->msc);
	return 0;
}

struct line *line_gsup_new(void *ctx, struct phone *phone, const char *address, uint16_t port, const char *imsi)
{
	struct gsup_line *line = talloc_zero(ctx, struct gsup_line);
	char name[32];

	if (!line)
		abort();
	snprintf(name, sizeof(name), "phone-%d", (int)getpid());
	line->line = (struct line){ .send = send_input, .hang_up = hang_up };
	line->phone = phone;
	line->imsi = talloc_strdup(line, imsi);
	line->msc = msc_new(NULL, address, port, name, 1, &ops, line);
	if (!line->msc) {
		fprintf(stderr, "starhash-phone: cannot connect to an HLR at %s, port %u\n", address, port);
		talloc_free(line);
		return NULL;
	}
	talloc_set_destructor(line, close_line);
	return &line->line;
}
