/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Answers of running dialogs first (F26). Dials that come in a batch wait here, link by link, until its other inputs are handled. Then they
 * are begun in small rounds, one of each link in turn, with all links read in between; so no answer waits behind more than one round, and
 * no link's flood delays the dials of another. delay.c says which of them have waited too long. */
#include <errno.h>

#include "server/server_internal.h"

/* A round, in units of a refusal. */
#define ROUND 256
#define ROUND_UNREAD 32			/* while more input is known to wait */
#define BEGIN_COSTS 8
#define SMOOTHING 8

/* ---- how busy it is, for people ---- */

static void note_delay(struct server *server, int64_t delay_us, int64_t now_us)
{
	struct pace *pace = &server->pace;
	const int64_t second = now_us / 1000000;

	for (; pace->second < second; pace->second++) {
		if (second - pace->second > BUSY_SECONDS)
			pace->second = second - BUSY_SECONDS;
		pace->worst_us[(pace->second + 1) % BUSY_SECONDS] = 0;
	}
	if (delay_us > pace->worst_us[second % BUSY_SECONDS])
		pace->worst_us[second % BUSY_SECONDS] = delay_us;
}

/* Since \a began_us. */
static void note_turns(struct pace *pace, int64_t began_us)
{
	if (pace->turns)
		pace->turn_ns += ((clock_monotonic_us() - began_us) * 1000 / pace->turns - pace->turn_ns) / SMOOTHING;
	pace->turns = 0;
}

static void note_high(struct server *server, const struct origin *origin)
{
	if (server->settings.load && (origin->delay.stands || origin->delay.above_us))
		load_note_high(server->settings.load);
}

int64_t dials_delay(const struct server *server, int64_t now_us)
{
	int64_t longest_us = 0;

	for (unsigned int i = 0; i < server->channels_count; i++) {
		const struct origin *origin = origin_of(server->channels[i]);

		if (origin->dials.first)
			longest_us = OSMO_MAX(longest_us, now_us - origin->dials.first->came_us);
	}
	return longest_us;
}

int64_t dials_worst(struct server *server, int64_t now_us)
{
	int64_t worst_us = 0;

	note_delay(server, dials_delay(server, now_us), now_us);
	for (unsigned int i = 0; i < BUSY_SECONDS; i++)
		worst_us = OSMO_MAX(worst_us, server->pace.worst_us[i]);
	return worst_us;
}

/* ---- the queue of a link ---- */

static void add(struct origin *origin, struct turn *turn)
{
	struct dials *dials = &origin->dials;

	turn->came_us = origin->came_us;
	turn->next = NULL;
	*(dials->first ? &dials->last->next : &dials->first) = turn;
	dials->last = turn;
	if (!dials->count++)
		llist_add_tail(&dials->entry, &origin->server->dialling);
}

/* Remove the turn that \a at leads to; \a before is the one before it, or NULL. */
static struct turn *drop(struct origin *origin, struct turn **at, struct turn *before)
{
	struct dials *dials = &origin->dials;
	struct turn *turn = *at;

	*at = turn->next;
	if (dials->last == turn)
		dials->last = before;
	if (!--dials->count)
		llist_del_init(&dials->entry);
	return turn;
}

static void refuse(struct server *server, struct turn *turn, enum server_counter why)
{
	server_count(server, why);
	server_wipe(turn);
	server_answer(turn, ANSWER_BUSY, "", 0);
}

static void set_full(struct origin *origin)
{
	const unsigned int max = origin->server->settings.dials_max;

	origin->channel->full = (max && origin->dials.count >= max) || !delay_admits(&origin->delay, origin->dials.count);
}

int dials_add(struct origin *origin, struct turn *turn)
{
	if (origin->channel->full) {
		server_count(origin->server, COUNT_REFUSED_DELAY);
		return -EBUSY;
	}
	add(origin, turn);
	set_full(origin);
	return 0;
}

bool dials_forget(struct origin *origin, const struct peer *peer)
{
	struct turn *before = NULL;

	for (struct turn **at = &origin->dials.first; *at; before = *at, at = &before->next) {
		if ((*at)->peer.user != peer->user || (*at)->peer.session != peer->session)
			continue;
		server_drop(origin->server, drop(origin, at, before), COUNT_CROSSED);
		set_full(origin);
		return true;
	}
	return false;
}

void dials_refused(void *user, unsigned int dials)
{
	struct origin *origin = user;

	server_count_more(origin->server, COUNT_REFUSED_DELAY, dials);
}

/* ---- rounds ---- */

static void run(struct server *server, int64_t now_us)
{
	int left = server->unread ? ROUND_UNREAD : ROUND;

	while (left > 0 && !llist_empty(&server->dialling)) {
		struct origin *origin = llist_first_entry(&server->dialling, struct origin, dials.entry);
		struct turn *turn = drop(origin, &origin->dials.first, NULL);

		if (origin->dials.count)
			llist_move_tail(&origin->dials.entry, &server->dialling);
		note_delay(server, now_us - turn->came_us, now_us);
		if (!delay_serves(&origin->delay, turn->came_us, now_us)) {
			refuse(server, turn, COUNT_REFUSED_DELAY);
			left--;
			continue;
		}
		origin->dials.begun++;
		left -= BEGIN_COSTS;
		if (turns_begin(turn))
			refuse(server, turn, COUNT_DIALS_BUSY);
	}
	for (unsigned int i = 0; i < server->channels_count; i++) {
		struct origin *origin = origin_of(server->channels[i]);

		note_high(server, origin);
		delay_measure(&origin->delay, origin->dials.begun, origin->dials.count, now_us);
		origin->dials.begun = 0;
		set_full(origin);
	}
	if (!llist_empty(&server->dialling))
		osmo_timer_schedule(&server->dials_timer, 0, 0);
}

static void on_timer(void *data)
{
	struct server *server = data;
	const int64_t now_us = clock_monotonic_us();

	server_wake(server);
	run(server, now_us);
	note_turns(&server->pace, now_us);
}

void dials_batch_begin(void *user, int64_t now_us, int64_t came_us)
{
	struct origin *origin = user;

	origin->in_batch = true;
	origin->batch_us = now_us;
	origin->came_us = came_us;
	origin->server->pace.turns = 0;
}

/* With a round pending, the dials of this batch wait for it. */
void dials_batch_end(void *user, int more)
{
	struct origin *origin = user;
	struct server *server = origin->server;
	const int64_t now_us = clock_monotonic_us();

	origin->in_batch = false;
	server->unread += more;
	note_delay(server, now_us - origin->came_us, now_us);
	if (!llist_empty(&server->dialling) && !osmo_timer_pending(&server->dials_timer))
		run(server, now_us);
	note_turns(&server->pace, origin->batch_us);
}

/* ---- life ---- */

void dials_init(struct server *server)
{
	INIT_LLIST_HEAD(&server->dialling);
	osmo_timer_setup(&server->dials_timer, on_timer, server);
}

void dials_stop(struct server *server)
{
	osmo_timer_del(&server->dials_timer);
	while (!llist_empty(&server->dialling)) {
		struct origin *origin = llist_first_entry(&server->dialling, struct origin, dials.entry);

		refuse(server, drop(origin, &origin->dials.first, NULL), COUNT_DIALS_BUSY);
	}
}
