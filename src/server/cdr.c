/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Call data records for the journal (O1). Dialogs have a record only if there is a journal. Pages are recorded by number and named at the
 * end. Of the subscriber's input, only the entry that it begins with is recorded. */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "server/server_internal.h"

#define CODE_SIZE 32

struct open_cdr {
	int64_t began_ms;		/* since 1970 */
	int64_t started_ms, asked_ms;	/* monotonic; asked: 0 when no turn is open */
	uint64_t ref;
	uint32_t slowest_ms;
	uint16_t turns;
	uint16_t shown;			/* pages */
	uint16_t pages[CDR_PATH_MAX];
	uint32_t waits_ms[CDR_PATH_MAX];
	char code[CODE_SIZE];
};

/* ---- while the dialog lasts ---- */

void cdr_open(struct dialog *dialog, const char *code, size_t len)
{
	struct server *server = dialog->server;
	struct open_cdr *cdr;

	if (!server->settings.journal || dialog->cdr)
		return;
	cdr = calloc(1, sizeof(*cdr));
	dialog->cdr = cdr;
	if (!cdr)
		return;		/* out of memory: serve the subscriber without a record */
	cdr->began_ms = wall_clock_ms(server->clock);
	cdr->started_ms = clock_monotonic_ms();
	memcpy(cdr->code, code, len < CODE_SIZE ? len : CODE_SIZE - 1);
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

	if (!dialog->server->settings.journal)
		return;
	if (turn->kind == TURN_TEXT)
		cdr_open(dialog, turn->short_code, strlen(turn->short_code));
	else if (!dialog->cdr)
		cdr_open(dialog, code, turn->kind == TURN_BEGIN ? entry_of(dialog->menu, turn, code) : 0);
	if (!dialog->cdr)
		return;
	dialog->cdr->turns++;
	dialog->cdr->asked_ms = clock_monotonic_ms();
}

void cdr_answered(struct dialog *dialog)
{
	struct open_cdr *cdr = dialog->cdr;
	uint32_t took, *wait;

	if (!cdr || !cdr->asked_ms)
		return;
	took = clock_monotonic_ms() - cdr->asked_ms;
	cdr->asked_ms = 0;
	cdr->slowest_ms = OSMO_MAX(took, cdr->slowest_ms);
	if (!cdr->shown || cdr->shown > CDR_PATH_MAX)
		return;
	wait = &cdr->waits_ms[cdr->shown - 1];
	*wait = OSMO_MAX(took, *wait);
}

/* The parts of a page, and repeats of it, count as one page. */
void cdr_shown(struct dialog *dialog, const struct effect *effect)
{
	const uint16_t page = dialog->session->page;
	struct open_cdr *cdr = dialog->cdr;

	if (!cdr || !effect->len)
		return;
	if (cdr->shown && cdr->shown <= CDR_PATH_MAX && cdr->pages[cdr->shown - 1] == page)
		return;
	if (cdr->shown < CDR_PATH_MAX)
		cdr->pages[cdr->shown] = page;
	if (cdr->shown < UINT16_MAX)
		cdr->shown++;
}

void cdr_ordered(struct dialog *dialog, uint64_t ref)
{
	if (dialog->cdr && ref)
		dialog->cdr->ref = ref;
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

static void cdr_write(const struct dialog *dialog, enum cdr_outcome outcome)
{
	const struct open_cdr *cdr = dialog->cdr;
	const char *names[CDR_PATH_MAX];
	char ref[REF_TEXT_SIZE];
	struct cdr record = {
		.began_ms = cdr->began_ms, .took_ms = clock_monotonic_ms() - cdr->started_ms,
		.slowest_ms = cdr->slowest_ms, .channel = dialog->peer.channel->name, .code = cdr->code,
		.subscriber = dialog->subscriber, .language = menu_language(dialog->menu, dialog->session->language),
		.menu = menu_fingerprint(dialog->menu), .turns = cdr->turns, .outcome = outcome,
		.ref = cdr->ref ? ref_print(cdr->ref, ref) : NULL,
		.path = names, .waits_ms = cdr->waits_ms, .path_count = OSMO_MIN(cdr->shown, CDR_PATH_MAX),
	};

	record.path_left_out = cdr->shown - record.path_count;
	for (unsigned int i = 0; i < record.path_count; i++)
		names[i] = menu_page_name(dialog->menu, cdr->pages[i]);
	journal_write(dialog->server->settings.journal, &record);
}

/* With CDR_NONE no record is written, since the subscriber noticed nothing. */
void cdr_close(struct dialog *dialog, enum cdr_outcome outcome)
{
	if (dialog->cdr && outcome)
		cdr_write(dialog, outcome);
	free(dialog->cdr);
	dialog->cdr = NULL;
}

void cdr_stray(struct server *server, const struct turn *turn)
{
	const struct cdr record = {
		.began_ms = wall_clock_ms(server->clock), .channel = turn->peer.channel->name, .code = "",
		.subscriber = turn->subscriber, .language = menu_language(server->menu, 0),
		.menu = menu_fingerprint(server->menu), .turns = 1, .outcome = CDR_STRAY,
	};

	if (server->settings.journal)
		journal_write(server->settings.journal, &record);
}
