/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Call data records for the journal (O1). Dialogs have a record only if there is a journal. Pages are recorded by number and named at the
 * end. Of the subscriber's input, only the entry that it begins with is recorded. */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "server/server_internal.h"

#define CODE_SIZE 32

struct shown_page {
	uint16_t page;
	uint32_t wait_ms;
} __attribute__((packed));

/* Followed by the code, and then by a struct shown_page for each page of the path. */
struct open_cdr {
	int64_t began_ms;		/* since 1970 */
	uint64_t ref;
	uint32_t started_ms;		/* monotonic, wraps */
	uint32_t slowest_ms;
	uint16_t turns;
	uint16_t shown;			/* pages */
	uint8_t code_len;
	char code[];
} __attribute__((packed));

static struct open_cdr *cdr_of(const struct dialog *dialog)
{
	return block_at(&dialog_server(dialog)->blocks, dialog->cdr);
}

static unsigned int path_count(const struct open_cdr *cdr)
{
	return OSMO_MIN(cdr->shown, CDR_PATH_MAX);
}

static struct shown_page *path_of(struct open_cdr *cdr)
{
	return (struct shown_page *)(cdr->code + cdr->code_len);
}

/* ---- while the dialog lasts ---- */

/* If there is no memory for the record, serve the subscriber without it. */
void cdr_open(struct dialog *dialog, const char *code, size_t len)
{
	struct server *server = dialog_server(dialog);
	struct open_cdr *cdr;

	if (!server->settings.journal || cdr_of(dialog))
		return;
	len = OSMO_MIN(len, CODE_SIZE - 1);
	cdr = block_resize(&server->blocks, &dialog->cdr, sizeof(*cdr) + len, 0, false);
	if (!cdr)
		return;
	*cdr = (struct open_cdr){ .began_ms = server_wall_ms(server), .started_ms = (uint32_t)server->now_ms, .code_len = (uint8_t)len };
	memcpy(cdr->code, code, len);
}

/* Copy to \a out the entry that a dialled code begins with, and a closing '#'. Leave out what follows the entry: it may be a secret.
 * Returns the number of octets; 0: the code begins with none of our entries. */
static size_t entry_of(const struct menu *menu, const struct turn *turn, char out[static CODE_SIZE])
{
	size_t len;

	for (len = 1; len < turn->len && len < CODE_SIZE - 1; len++) {
		if (turn->text[len] != '*' && turn->text[len] != '#')
			continue;
		memcpy(out, turn->text, len);
		out[len] = '#';
		if (menu_serves(menu, out, len + 1))
			return len + 1;
	}
	return 0;
}

void cdr_turn(struct dialog *dialog, const struct turn *turn)
{
	char code[CODE_SIZE];
	struct open_cdr *cdr;

	if (!dialog_server(dialog)->settings.journal)
		return;
	if (turn->kind == TURN_TEXT)
		cdr_open(dialog, turn->short_code, strlen(turn->short_code));
	else if (!cdr_of(dialog))
		cdr_open(dialog, code, turn->kind == TURN_BEGIN ? entry_of(dialog->menu, turn, code) : 0);
	cdr = cdr_of(dialog);
	if (cdr)
		cdr->turns++;
}

void cdr_answered(struct dialog *dialog)
{
	struct open_cdr *cdr = cdr_of(dialog);
	struct shown_page *last;
	uint32_t took;

	if (!cdr)
		return;
	took = (uint32_t)(clock_monotonic_ms() - dialog->work->heard_ms);
	cdr->slowest_ms = OSMO_MAX(took, cdr->slowest_ms);
	if (!cdr->shown || cdr->shown > CDR_PATH_MAX)
		return;
	last = &path_of(cdr)[cdr->shown - 1];
	last->wait_ms = OSMO_MAX(took, last->wait_ms);
}

/* The parts of a page, and repeats of it, count as one page. */
void cdr_shown(struct dialog *dialog, const struct effect *effect)
{
	struct open_cdr *cdr = effect->len ? cdr_of(dialog) : NULL;
	struct shown_page next = {};

	if (!cdr)
		return;
	next.page = dialog_session(dialog)->page;
	if (cdr->shown && cdr->shown <= CDR_PATH_MAX && path_of(cdr)[cdr->shown - 1].page == next.page)
		return;
	if (cdr->shown < CDR_PATH_MAX) {
		const size_t size = dialog->cdr.size;

		cdr = block_resize(&dialog_server(dialog)->blocks, &dialog->cdr, size + sizeof(next), size, false);
		if (!cdr)
			return;
		path_of(cdr)[cdr->shown] = next;
	}
	if (cdr->shown < UINT16_MAX)
		cdr->shown++;
}

void cdr_ordered(struct dialog *dialog, uint64_t ref)
{
	struct open_cdr *cdr = cdr_of(dialog);

	if (cdr && ref)
		cdr->ref = ref;
}

/* ---- the end ---- */

enum cdr_outcome cdr_outcome(const struct session_event *last)
{
	static const enum cdr_outcome events[EVENT_KIND_COUNT] = {
		[EVENT_LATE] = CDR_UNAVAILABLE, [EVENT_SILENCE] = CDR_SILENCE, [EVENT_GONE] = CDR_GONE, [EVENT_STOP] = CDR_STOPPED,
	};

	if (last->kind == EVENT_RESULT && last->outcome < 0)
		return last->outcome == OUTCOME_UNCERTAIN ? CDR_UNCERTAIN :
		       last->outcome == OUTCOME_NO_ACCOUNT ? CDR_UNKNOWN : CDR_UNAVAILABLE;
	return events[last->kind] ? events[last->kind] : CDR_DONE;
}

static void cdr_write(const struct dialog *dialog, struct open_cdr *cdr, enum cdr_outcome outcome)
{
	const struct session *session = dialog_session(dialog);
	const unsigned int count = path_count(cdr);
	const char *names[CDR_PATH_MAX];
	uint32_t waits_ms[CDR_PATH_MAX];
	char ref[REF_TEXT_SIZE], code[CODE_SIZE];
	struct cdr record = {
		.began_ms = cdr->began_ms, .took_ms = (uint32_t)clock_monotonic_ms() - cdr->started_ms,
		.slowest_ms = cdr->slowest_ms, .channel = dialog_channel(dialog)->name, .code = code,
		.subscriber = dialog_subscriber(dialog), .language = menu_language(dialog->menu, session ? session->language : 0),
		.menu = menu_fingerprint(dialog->menu), .turns = cdr->turns, .outcome = outcome,
		.ref = cdr->ref ? ref_print(cdr->ref, ref) : NULL,
		.path = names, .waits_ms = waits_ms, .path_count = count, .path_left_out = cdr->shown - count,
	};

	osmo_strlcpy(code, cdr->code, cdr->code_len + 1u);
	for (unsigned int i = 0; i < count; i++) {
		names[i] = menu_page_name(dialog->menu, path_of(cdr)[i].page);
		waits_ms[i] = path_of(cdr)[i].wait_ms;
	}
	journal_write(dialog_server(dialog)->settings.journal, &record);
}

/* With CDR_NONE no record is written, since the subscriber noticed nothing. */
void cdr_close(struct dialog *dialog, enum cdr_outcome outcome)
{
	struct open_cdr *cdr = cdr_of(dialog);

	if (cdr && outcome)
		cdr_write(dialog, cdr, outcome);
	block_resize(&dialog_server(dialog)->blocks, &dialog->cdr, 0, 0, false);
}

void cdr_stray(struct server *server, const struct turn *turn)
{
	const struct cdr record = {
		.began_ms = server_wall_ms(server), .channel = turn->peer.channel->name, .code = "",
		.subscriber = turn->subscriber, .language = menu_language(server->menu, 0),
		.menu = menu_fingerprint(server->menu), .turns = 1, .outcome = CDR_STRAY,
	};

	if (server->settings.journal)
		journal_write(server->settings.journal, &record);
}
