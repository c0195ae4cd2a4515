/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the journal is told of each contact (O1). Only where a journal is kept does a dialog carry a trail. Pages are noted by
 * number and named at the end; of what is typed nothing is noted but the entry that it begins with. */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "server/server_internal.h"

#define CODE_SIZE 32

struct trail {
	int64_t began_ms;		/* since 1970 */
	int64_t started_ms, asked_ms;	/* monotonic; asked: 0 when no turn is open */
	uint64_t ref;
	uint32_t slowest_ms;
	uint16_t turns;
	uint16_t shown;			/* pages */
	uint16_t pages[CONTACT_PATH_MAX];
	char code[CODE_SIZE];
};

/* ---- on the way ---- */

static struct trail *trail_new(struct server *server, const char *code, size_t len)
{
	struct trail *trail = calloc(1, sizeof(*trail));

	if (!trail)
		return NULL;		/* a contact without a line is better than none */
	trail->began_ms = wall_clock_ms(server->clock);
	trail->started_ms = clock_monotonic_ms();
	memcpy(trail->code, code, len < CODE_SIZE ? len : CODE_SIZE - 1);
	return trail;
}

void contact_begin(struct dialog *dialog, const char *code, size_t len)
{
	if (dialog->server->settings.journal && !dialog->trail)
		dialog->trail = trail_new(dialog->server, code, len);
}

/* Octets of the entry alone that a code begins with, and '#' for its end in \a out: what is dialled behind it may be a
 * secret. 0: it is no entry of ours. */
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

static void begin_by_turn(struct dialog *dialog, const struct turn *turn)
{
	char code[CODE_SIZE];

	if (turn->kind == TURN_TEXT)
		contact_begin(dialog, turn->service, strlen(turn->service));
	else
		contact_begin(dialog, code, turn->kind == TURN_BEGIN ? entry_of(dialog->menu, turn, code) : 0);
}

void contact_turn(struct dialog *dialog, const struct turn *turn)
{
	if (!dialog->server->settings.journal)
		return;
	if (!dialog->trail)
		begin_by_turn(dialog, turn);
	if (!dialog->trail)
		return;
	dialog->trail->turns++;
	dialog->trail->asked_ms = clock_monotonic_ms();
}

void contact_answered(struct dialog *dialog)
{
	struct trail *trail = dialog->trail;
	int64_t took;

	if (!trail || !trail->asked_ms)
		return;
	took = clock_monotonic_ms() - trail->asked_ms;
	trail->asked_ms = 0;
	if (took > trail->slowest_ms)
		trail->slowest_ms = took;
}

/* Parts of one page, and the same page once more, are one. */
void contact_shown(struct dialog *dialog)
{
	const uint16_t page = dialog->session->page;
	struct trail *trail = dialog->trail;

	if (!trail || !dialog->server->effect.len)
		return;
	if (trail->shown && trail->shown <= CONTACT_PATH_MAX && trail->pages[trail->shown - 1] == page)
		return;
	if (trail->shown < CONTACT_PATH_MAX)
		trail->pages[trail->shown] = page;
	if (trail->shown < UINT16_MAX)
		trail->shown++;
}

void contact_ordered(struct dialog *dialog, uint64_t ref)
{
	if (dialog->trail && ref)
		dialog->trail->ref = ref;
}

/* ---- the end ---- */

static const char *outcome_of_result(int outcome)
{
	switch (outcome) {
	case OUTCOME_UNAVAILABLE:
		return "unavailable";
	case OUTCOME_UNCERTAIN:
		return "uncertain";
	case OUTCOME_NO_ACCOUNT:
		return "unknown";
	default:
		return "done";
	}
}

const char *contact_outcome(const struct session_event *last)
{
	switch (last->kind) {
	case EVENT_RESULT:
		return outcome_of_result(last->outcome);
	case EVENT_LATE:
		return "unavailable";
	case EVENT_SILENCE:
		return "silence";
	case EVENT_GONE:
		return "gone";
	case EVENT_STOP:
		return "stopped";
	default:
		return "done";
	}
}

static void fill_path(const struct dialog *dialog, const char *names[static CONTACT_PATH_MAX], struct contact *contact)
{
	const struct trail *trail = dialog->trail;
	unsigned int i;

	contact->path = names;
	contact->path_count = trail->shown < CONTACT_PATH_MAX ? trail->shown : CONTACT_PATH_MAX;
	contact->path_left_out = trail->shown - contact->path_count;
	for (i = 0; i < contact->path_count; i++)
		names[i] = menu_page_name(dialog->menu, trail->pages[i]);
}

static void write_contact(const struct dialog *dialog, const char *outcome)
{
	const struct trail *trail = dialog->trail;
	const char *names[CONTACT_PATH_MAX];
	char ref[REF_TEXT_SIZE];
	struct contact contact = {
		.began_ms = trail->began_ms, .took_ms = clock_monotonic_ms() - trail->started_ms,
		.slowest_ms = trail->slowest_ms, .channel = dialog->peer.channel->name, .code = trail->code,
		.subscriber = dialog->subscriber, .language = menu_language(dialog->menu, dialog->session->language),
		.menu = menu_fingerprint(dialog->menu), .turns = trail->turns, .outcome = outcome,
		.ref = trail->ref ? ref_print(trail->ref, ref) : NULL,
	};

	fill_path(dialog, names, &contact);
	journal_write(dialog->server->settings.journal, &contact);
}

/* Without an outcome nothing has happened that a subscriber would know of. */
void contact_end(struct dialog *dialog, const char *outcome)
{
	if (dialog->trail && outcome)
		write_contact(dialog, outcome);
	free(dialog->trail);
	dialog->trail = NULL;
}

void contact_stray(struct server *server, const struct turn *turn)
{
	const struct contact contact = {
		.began_ms = wall_clock_ms(server->clock), .channel = turn->peer.channel->name, .code = "",
		.subscriber = turn->subscriber, .language = menu_language(server->menu, 0),
		.menu = menu_fingerprint(server->menu), .turns = 1, .outcome = "stray",
	};

	if (server->settings.journal)
		journal_write(server->settings.journal, &contact);
}
