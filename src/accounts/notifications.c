/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The scheduler of messages that answer nothing: claim due ones from the store -> check that they may go now and still hold -> pass each to
 * the server once -> acknowledge the result to the store.
 *
 * A claim names the kinds that may go now, the most urgent first; priority 0 knows no limit. In quiet hours, of the kinds that wait for
 * their end it takes only messages that would then be too late. A message that finds its subscriber's day full waits for the next morning;
 * one that a payment can make wrong is compared with the account just before it goes, and billing is asked if the cache is too old.
 *
 * A one-time code (S6) is made for each attempt to send its message, and only once the store has its digest the message goes. The code
 * itself is in memory alone, and wiped.
 *
 * A sent notification is remembered here until the store has its end on the disk, so that a store that cannot write for a while causes no
 * duplicates. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "accounts/counters.h"
#include "accounts/message_settings.h"
#include "accounts/notifications.h"
#include "starhash/clock.h"

#define PASSES_MAX 512		/* at a time, most of them being acknowledged */
#define GIVEN_MAX 256		/* of them checked or passed to the server */
#define ROOM_MIN 32		/* a claim for fewer is left to the next second */
#define GIVEN_MS 60000		/* then it is passed again */
#define BUCKET_MS 200		/* how much of the rate may be used at once */
#define BUCKET_LOOK_MS 50	/* how soon after that more are claimed */
#define AGAIN_S 30		/* what cannot be decided now is looked at again */
#define SPREAD_S 3600		/* messages of the next morning are spread over this */
#define LAST_TRY_S 900		/* the last try is up to twice as long before it would be too late */
#define COUNT_S 10		/* how often those that wait are counted */
#define MANY 1000		/* waiting: then people are shown how long it will take */
#define BAR_WIDTH 20

enum pass_state {
	PASS_FREE,
	PASS_CHECKING,		/* waiting for the subscriber's profile, or until the code is stored */
	PASS_GIVEN,		/* passed to the server */
	PASS_ACKING,		/* waiting for the store */
	PASS_UNACKED,		/* the store failed: acknowledged again in a second */
};

/* A notification being processed. */
struct pass {
	struct notifications *notifications;
	enum pass_state state;
	uint64_t id;
	const struct notification_kind *kind;	/* NULL: the answer of a turn sent it */
	int64_t msisdn, expires, latest;
	unsigned int attempts;		/* before this one */
	int64_t given_ms;
	struct checked *checked;	/* PASS_CHECKING: its contents */
	bool sent;			/* PASS_CHECKING again, and the server has sent it after all */
	enum completion_how how;
	int64_t due;			/* ITEM_LATER, ITEM_POSTPONED: next attempt */
};

struct checked {
	struct record facts;
	uint8_t octets[1600];
	char code[CONFIRM_CODE_SIZE];	/* a kind with a code: the one that is being stored */
};

/* A kind, as people see it. */
struct kind_state {
	bool paused;
	uint64_t sent;
	uint64_t sent_before;		/* a minute ago, at most two */
	uint64_t last_minute;		/* sent in the last full minute */
	int64_t waiting;		/* when last counted, up to MESSAGES_COUNTED_MAX */
	uint64_t sent_empty;		/* sent when last none waited */
	int64_t searched, search_began;	/* thousandths, and seconds since 1970; -1: no search is half done */
};

struct notifications {
	struct accounts *accounts;
	struct message_settings settings;
	accounts_notify *notify;		/* NULL: no receiver yet */
	void *user;
	struct osmo_timer_list tick;	/* each second */
	struct osmo_timer_list soon;	/* in the next round of the loop, or when the rate allows more */
	bool listing;			/* waiting for the store to list due ones */
	int64_t deferred_ms;		/* since when they yield to subscribers; 0: they do not */
	struct response listed;		/* the list, of which \a taken are taken */
	unsigned int taken;
	bool more;			/* the last list was not empty, so there may be more */
	bool spent;			/* the rate left nothing for the last list */
	bool counting;			/* waiting for the store to count */
	int64_t seconds;		/* ticks since the start */
	unsigned int turn;		/* of kinds of the same priority, each comes first in its turn */
	int64_t tokens, tokens_ms;	/* thousandths of a message that the rate allows; when they were added */
	struct message_hours hours;
	int64_t hours_minute;		/* when they were computed, minutes since 1970 */
	struct kind_state kinds[NOTIFICATION_KINDS_MAX];
	struct pass passes[PASSES_MAX];
	uint64_t given, sent, put_off, postponed, withdrawn;
};

static struct pass *pass_find(struct notifications *notifications, uint64_t id)
{
	for (unsigned int i = 0; i < PASSES_MAX; i++) {
		if (notifications->passes[i].state != PASS_FREE && notifications->passes[i].id == id)
			return &notifications->passes[i];
	}
	return NULL;
}

static struct pass *pass_new(struct notifications *notifications, uint64_t id)
{
	for (unsigned int i = 0; i < PASSES_MAX; i++) {
		struct pass *pass = &notifications->passes[i];

		if (pass->state != PASS_FREE)
			continue;
		*pass = (struct pass){ .notifications = notifications, .id = id };
		return pass;
	}
	return NULL;
}

/* How many may be claimed now. Those not answered in time are passed again. */
static unsigned int room(const struct notifications *notifications)
{
	const int64_t since = clock_monotonic_ms() - GIVEN_MS;
	unsigned int given = 0, idle = 0;

	for (unsigned int i = 0; i < PASSES_MAX; i++) {
		const struct pass *pass = &notifications->passes[i];

		given += pass->state == PASS_CHECKING || (pass->state == PASS_GIVEN && pass->given_ms > since);
		idle += pass->state == PASS_FREE;
	}
	return given < GIVEN_MAX ? OSMO_MIN(GIVEN_MAX - given, idle) : 0;
}

/* ---- what may go now ---- */

static const struct message_policy *policy_of(const struct notifications *notifications, const struct notification_kind *kind)
{
	return &notifications->settings.kinds[notification_kind_index(kind)];
}

static bool is_counted(const struct notifications *notifications, const struct notification_kind *kind)
{
	return kind && notifications->settings.daily_max && policy_of(notifications, kind)->counts;
}

/* Looking up the time zone for each claim would be too much, and hours begin and end with a minute. */
static const struct message_hours *hours_now(struct notifications *notifications, int64_t now)
{
	if (notifications->hours_minute != now / 60)
		notifications->hours = message_hours_at(&notifications->settings, now);
	notifications->hours_minute = now / 60;
	return &notifications->hours;
}

/* How many of priority 1 and lower the rate allows now. */
static unsigned int tokens(struct notifications *notifications)
{
	const int64_t rate = notifications->settings.rate, most = OSMO_MAX(rate * BUCKET_MS, 1000);
	const int64_t now = clock_monotonic_ms();

	if (!rate)
		return UINT_MAX;
	notifications->tokens = OSMO_MIN(notifications->tokens + rate * (now - notifications->tokens_ms), most);
	notifications->tokens_ms = now;
	return notifications->tokens > 0 ? (unsigned int)(notifications->tokens / 1000) : 0;
}

/* While the clock is doubted nothing can be said of hours, days and dates: only what the subscriber is waiting for goes on. */
static struct claim claim_make(struct notifications *notifications)
{
	const int64_t now = accounts_now(notifications->accounts);
	const struct message_hours *hours = hours_now(notifications, now);
	const unsigned int lowest = accounts_clock_sure(notifications->accounts) ? NOTIFICATION_PRIORITIES - 1 : 0;
	struct claim claim = {
		.until = now, .max = room(notifications), .lease_ms = GIVEN_MS, .limit = tokens(notifications),
		.latest = hours->quiet_ends, .since = hours->day_began,
	};

	notifications->turn++;
	for (unsigned int priority = 0; priority <= lowest; priority++) {
		for (unsigned int i = 0; i < notification_kinds_count; i++) {
			const unsigned int kind = (i + notifications->turn) % notification_kinds_count;
			const struct message_policy *policy = &notifications->settings.kinds[kind];

			if (policy->priority != priority || notifications->kinds[kind].paused)
				continue;
			claim.kinds[claim.kinds_count++] = (uint8_t)kind;
			claim.hurried |= (uint32_t)(policy->quiet && hours->quiet) << kind;
			claim.limited |= (uint32_t)(priority && notifications->settings.rate) << kind;
			claim.counted |= (uint32_t)is_counted(notifications, &notification_kinds[kind]) << kind;
		}
	}
	return claim;
}

/* ---- acknowledging ---- */

static void ack_done(void *user, uint64_t id, const struct response *response)
{
	struct pass *pass = user;
	struct notifications *notifications = pass->notifications;

	if (accounts_failed(response->result)) {
		pass->state = PASS_UNACKED;
		return;
	}
	pass->state = PASS_FREE;
	if (notifications->notify && notifications->more && !osmo_timer_pending(&notifications->soon) && room(notifications) >= ROOM_MIN)
		osmo_timer_schedule(&notifications->soon, 0, 0);
}

static void ack(struct pass *pass)
{
	struct notifications *notifications = pass->notifications;
	const struct completion completion = {
		.id = (int64_t)pass->id, .how = pass->how, .due = pass->due, .now = accounts_now(notifications->accounts),
		.counts = pass->how == ITEM_DONE && is_counted(notifications, pass->kind),
	};
	struct response response;
	uint64_t id;

	pass->state = PASS_ACKING;
	if (accounts_ack(notifications->accounts, QUEUE_NOTIFICATIONS, &completion, ack_done, pass, &response, &id) == 0)
		ack_done(pass, id, &response);
}

static void count(struct notifications *notifications, uint64_t *counter, enum accounts_counter named)
{
	(*counter)++;
	accounts_count(accounts_counters(notifications->accounts), named);
}

static void withdraw(struct pass *pass)
{
	pass->how = ITEM_WITHDRAWN;
	count(pass->notifications, &pass->notifications->withdrawn, ACCOUNT_COUNT_MESSAGES_WITHDRAWN);
	ack(pass);
}

static void postpone(struct pass *pass, int64_t due)
{
	pass->how = ITEM_POSTPONED;
	pass->due = due;
	count(pass->notifications, &pass->notifications->postponed, ACCOUNT_COUNT_MESSAGES_POSTPONED);
	ack(pass);
}

/* A try after \a end would be too late, so there is a last one before it; at random, since many messages end at the same time. */
static int64_t before(int64_t due, int64_t now, int64_t end)
{
	const int64_t last = end - LAST_TRY_S - randombytes_uniform(LAST_TRY_S);

	return end && due > last && last > now + AGAIN_S ? last : due;
}

static int64_t ladder_due(const struct pass *pass)
{
	static const unsigned int ladder[] = { 30, 60, 300, 900, 3600 };
	const unsigned int wait = ladder[OSMO_MIN(pass->attempts, ARRAY_SIZE(ladder) - 1)];
	const int64_t now = accounts_now(pass->notifications->accounts);

	return before(before(now + wait + randombytes_uniform(wait / 4 + 1), now, pass->expires), now, pass->latest);
}

/* A notification unknown here was sent as the answer of a turn, or passed too long ago. */
void notifications_ack(struct notifications *notifications, uint64_t id, enum notification_end end)
{
	struct pass *pass = pass_find(notifications, id);

	if (pass && pass->state == PASS_CHECKING)
		pass->sent |= end == NOTIFICATION_SENT;
	if (pass && pass->state != PASS_GIVEN)
		return;
	if (!pass)
		pass = pass_new(notifications, id);
	if (end == NOTIFICATION_WITHDRAWN) {
		if (pass)
			withdraw(pass);
		return;
	}
	if (end == NOTIFICATION_LATER)
		count(notifications, &notifications->put_off, ACCOUNT_COUNT_MESSAGES_PUT_OFF);
	else
		count(notifications, &notifications->sent, ACCOUNT_COUNT_MESSAGES_SENT);
	if (pass) {
		if (pass->kind && end == NOTIFICATION_SENT)
			notifications->kinds[notification_kind_index(pass->kind)].sent++;
		pass->how = end == NOTIFICATION_LATER ? ITEM_LATER : ITEM_DONE;
		pass->due = end == NOTIFICATION_LATER ? ladder_due(pass) : 0;
		ack(pass);
	} else if (end == NOTIFICATION_SENT) {
		/* no entry is free, because many orders end at once: acknowledge without waiting for the result */
		accounts_ack_unheard(notifications->accounts, QUEUE_NOTIFICATIONS,
				     &(struct completion){ .id = (int64_t)id, .how = ITEM_DONE,
							   .now = accounts_now(notifications->accounts) });
	}
}

/* ---- passing on ---- */

static void give(struct pass *pass, const struct record *facts, const struct message *message)
{
	struct notifications *notifications = pass->notifications;
	struct account_notification notification = { .id = pass->id, .kind = pass->kind->name, .facts = *facts, .message = *message };

	pass->state = PASS_GIVEN;
	pass->given_ms = clock_monotonic_ms();
	msisdn_print(pass->msisdn, notification.subscriber.msisdn);
	count(notifications, &notifications->given, ACCOUNT_COUNT_MESSAGES_GIVEN);
	notifications->notify(notifications->user, &notification);
}

static struct checked *checked_new(const struct pass *pass, const struct record *facts)
{
	struct checked *checked = talloc_zero(pass->notifications, struct checked);

	checked->facts = (struct record){ .data = checked->octets, .len = facts->len, .size = sizeof(checked->octets) };
	memcpy(checked->octets, facts->data, facts->len);
	return checked;
}

static void checked_free(struct checked *checked)
{
	if (checked)
		explicit_bzero(checked, sizeof(*checked));
	talloc_free(checked);
}

static void profile_read(void *user, uint64_t id, const struct response *response)
{
	struct pass *pass = user;
	struct checked *checked = pass->checked;

	pass->checked = NULL;
	if (pass->sent) {
		pass->state = PASS_GIVEN;
		notifications_ack(pass->notifications, pass->id, NOTIFICATION_SENT);
	} else if (accounts_failed(response->result)) {
		postpone(pass, accounts_now(pass->notifications->accounts) + AGAIN_S);
	} else if (response->result == RESULT_OK && notification_holds(pass->kind, &checked->facts, &response->facts)) {
		give(pass, &checked->facts, &(struct message){ 0 });
	} else {
		withdraw(pass);
	}
	checked_free(checked);
}

static void ask_first(struct pass *pass, const struct request *request, accounts_done *done)
{
	struct response response;
	uint64_t id;

	pass->sent = false;
	pass->state = PASS_CHECKING;
	if (accounts_ask(pass->notifications->accounts, request, done, pass, &response, &id) == 0)
		done(pass, id, &response);
}

/* Compare it with the account: the subscriber may have paid. The profile comes from billing if the cache is too old, and from the cache if
 * billing is too slow. Its kinds have no short message of their own. */
static void check(struct pass *pass, const struct record *facts)
{
	struct request request = { .kind = REQUEST_PROFILE };

	pass->checked = checked_new(pass, facts);
	msisdn_print(pass->msisdn, request.subscriber.msisdn);
	ask_first(pass, &request, profile_read);
}

static void code_stored(void *user, uint64_t id, const struct response *response)
{
	struct pass *pass = user;
	struct checked *checked = pass->checked;

	pass->checked = NULL;
	if (accounts_failed(response->result)) {
		postpone(pass, accounts_now(pass->notifications->accounts) + AGAIN_S);
	} else if (response->result == RESULT_OK &&
		   !record_put_text(&checked->facts, FIELD_CONFIRM_CODE, checked->code, CONFIRM_CODE_LEN)) {
		give(pass, &checked->facts, &(struct message){ 0 });
	} else {
		withdraw(pass);		/* nothing can be answered any more */
	}
	checked_free(checked);
}

/* S6: the code must be known to the store before it can be entered. */
static void make_code(struct pass *pass, const struct record *facts)
{
	struct request request = { .kind = REQUEST_PROPOSAL_CODE };
	struct record args = request_args(&request);
	uint8_t digest[CONFIRM_DIGEST_SIZE];
	struct value proposal = {};

	pass->checked = checked_new(pass, facts);
	msisdn_print(pass->msisdn, request.subscriber.msisdn);
	accounts_code_make(pass->notifications->accounts, &request.subscriber, pass->checked->code, digest);
	if (record_get(facts, FIELD_PROPOSAL, &proposal) && proposal.is_text)
		record_put_text(&args, FIELD_PROPOSAL, proposal.text, proposal.len);
	record_put_text(&args, ARG_CODE, (const char *)digest, sizeof(digest));
	request_set_args(&request, &args);
	ask_first(pass, &request, code_stored);
}

/* Whether another message that counts is on its way to the subscriber: then the store does not know yet how many they were sent. */
static bool another_counts(const struct pass *pass)
{
	const struct notifications *notifications = pass->notifications;

	for (unsigned int i = 0; i < PASSES_MAX; i++) {
		const struct pass *other = &notifications->passes[i];

		if (other != pass && other->state != PASS_FREE && other->msisdn == pass->msisdn && is_counted(notifications, other->kind))
			return true;
	}
	return false;
}

/* Whether a pass goes on: one that was sent, but could not be acknowledged yet, is not sent again; nor is a message with a code that the
 * server still has, since a new code would make that one wrong. */
static bool goes_on(const struct pass *pass)
{
	return pass && (pass->state != PASS_GIVEN || pass->kind->code);
}

static void take(struct notifications *notifications, const struct due_notification *due)
{
	const struct notification_kind *kind = notification_kind_find(due->kind, strlen(due->kind));
	const int64_t now = accounts_now(notifications->accounts), morning = hours_now(notifications, now)->morning;
	const bool fits = due->facts.len <= sizeof(((struct checked *)NULL)->octets);
	struct pass *pass = pass_find(notifications, (uint64_t)due->id);

	if (!kind || goes_on(pass))
		return;
	if (!pass)
		pass = pass_new(notifications, (uint64_t)due->id);
	if (!pass)
		return;
	pass->kind = kind;
	pass->msisdn = due->msisdn;
	pass->expires = due->expires;
	pass->latest = due->latest;
	pass->attempts = due->attempts;
	if (is_counted(notifications, kind) && another_counts(pass)) {
		postpone(pass, now + AGAIN_S);
		return;
	}
	if (is_counted(notifications, kind) && due->sent_since >= notifications->settings.daily_max &&
	    !(due->latest && due->latest < morning)) {
		postpone(pass, morning + randombytes_uniform(SPREAD_S));
		return;
	}
	notifications->tokens -= policy_of(notifications, kind)->priority ? 1000 : 0;
	if (kind->code && fits)
		make_code(pass, &due->facts);
	else if (kind->code)
		withdraw(pass);
	else if (kind->obsolete && fits)
		check(pass, &due->facts);
	else
		give(pass, &due->facts, &due->message);
}

/* One in each round of the loop: to compose the whole list at once would make turns wait. */
static void take_next(struct notifications *notifications)
{
	struct due_notification due;

	if (response_notification(&notifications->listed, notifications->taken, &due)) {
		notifications->taken++;
		take(notifications, &due);
	}
	if (notifications->taken < notifications->listed.rows.count)
		osmo_timer_schedule(&notifications->soon, 0, 0);
	else if (notifications->more && !tokens(notifications))
		osmo_timer_schedule(&notifications->soon, 0, BUCKET_LOOK_MS * 1000);
}

static void listed(void *user, uint64_t id, const struct response *response)
{
	struct notifications *notifications = user;

	notifications->more = response->rows.count > 0 || (notifications->more && notifications->spent);
	notifications->listing = false;
	response_copy(&notifications->listed, response);
	notifications->taken = 0;
	take_next(notifications);
}

static void list(void *data)
{
	struct notifications *notifications = data;
	struct response response;
	struct claim claim;
	uint64_t id;

	if (notifications->taken < notifications->listed.rows.count) {
		take_next(notifications);
		return;
	}
	claim = claim_make(notifications);
	if (notifications->listing || !claim.max || accounts_defers(notifications->accounts, &notifications->deferred_ms))
		return;
	notifications->listing = true;
	notifications->spent = !claim.limit;
	if (accounts_claim(notifications->accounts, QUEUE_NOTIFICATIONS, &claim, listed, notifications, &response, &id) == 0)
		listed(notifications, id, &response);
}

/* ---- for people: how many wait, how fast they go ---- */

static void waiting_counted(void *user, uint64_t id, const struct response *response)
{
	struct notifications *notifications = user;
	struct record row;

	notifications->counting = false;
	if (response->result != RESULT_OK)
		return;
	for (unsigned int i = 0; i < notification_kinds_count; i++) {
		notifications->kinds[i].waiting = 0;
		notifications->kinds[i].searched = -1;
	}
	for (unsigned int i = 0; rows_at(&response->rows, i, &row); i++) {
		char name[ACCOUNT_WORD_SIZE];
		const struct notification_kind *kind;
		struct kind_state *state;

		record_text(&row, FIELD_NOTIFICATION, name, sizeof(name));
		kind = notification_kind_find(name, strlen(name));
		if (!kind)
			continue;
		state = &notifications->kinds[notification_kind_index(kind)];
		state->waiting = record_number(&row, FIELD_STORED, 0);
		state->searched = record_number(&row, ARG_SEARCHED, -1);
		state->search_began = record_number(&row, ARG_SEARCH_BEGAN, 0);
	}
	for (unsigned int i = 0; i < notification_kinds_count; i++) {
		if (!notifications->kinds[i].waiting)
			notifications->kinds[i].sent_empty = notifications->kinds[i].sent;
	}
}

static void count_waiting(struct notifications *notifications)
{
	const struct request request = { .kind = REQUEST_MESSAGES_WAITING };
	struct response response;
	uint64_t id;

	if (notifications->counting)
		return;
	notifications->counting = true;
	if (accounts_ask(notifications->accounts, &request, waiting_counted, notifications, &response, &id) == 0)
		waiting_counted(notifications, id, &response);
}

static void minute_ends(struct notifications *notifications)
{
	for (unsigned int i = 0; i < notification_kinds_count; i++) {
		struct kind_state *state = &notifications->kinds[i];

		state->last_minute = state->sent - state->sent_before;
		state->sent_before = state->sent;
	}
}

/* How far many messages are, in thousandths, and *\a left_s: how long it may still take; -1: not known. By the search that makes them, or
 * else by those that wait. */
static int64_t progress(const struct notifications *notifications, const struct kind_state *state, int64_t *left_s)
{
	const int64_t sent = (int64_t)(state->sent - state->sent_empty);
	const int64_t elapsed = accounts_now(notifications->accounts) - state->search_began;

	*left_s = -1;
	if (state->searched >= 0) {
		if (state->searched > 0)
			*left_s = elapsed * (1000 - state->searched) / state->searched;
		return state->searched;
	}
	if (state->last_minute)
		*left_s = state->waiting * 60 / (int64_t)state->last_minute;
	return sent * 1000 / (sent + state->waiting);
}

int notifications_describe_kind(const struct notifications *notifications, unsigned int index, char *out, size_t size)
{
	const struct kind_state *state = &notifications->kinds[index];
	char bar[BAR_WIDTH + 1] = "", estimate[64] = "";
	int64_t done = 0, left_s = -1;

	if (index >= notification_kinds_count)
		return -ENOENT;
	if (!state->waiting && !state->sent && !state->paused)
		return 0;
	if (state->waiting >= MANY) {
		done = OSMO_MIN(OSMO_MAX(progress(notifications, state, &left_s), 0), 1000);
		memset(bar, '-', BAR_WIDTH);
		memset(bar, '#', (size_t)(done * BAR_WIDTH / 1000));
	}
	if (left_s >= 0 && !state->paused)
		snprintf(estimate, sizeof(estimate), ", about %" PRId64 ":%02" PRId64 " hours left", left_s / 3600, left_s / 60 % 60);
	return snprintf(out, size, "%-20s %s%" PRId64 " waiting, %" PRIu64 " sent, %" PRIu64 " in the last minute%s%s%s%s%s",
			notification_kinds[index].name, state->waiting >= MESSAGES_COUNTED_MAX ? "over " : "", state->waiting, state->sent,
			state->last_minute, state->paused ? ", PAUSED" : "", bar[0] ? " [" : "", bar, bar[0] ? "]" : "", estimate);
}

bool notifications_pause(struct notifications *notifications, const char *name, bool pause)
{
	const struct notification_kind *kind = notification_kind_find(name, strlen(name));

	if (!kind || !notification_has_page(kind))
		return false;
	notifications->kinds[notification_kind_index(kind)].paused = pause;
	return true;
}

/* Whether the server will not answer any more. */
static bool is_lost(const struct pass *pass)
{
	return clock_monotonic_ms() - pass->given_ms >= 2 * GIVEN_MS &&
	       !(pass->kind->code && accounts_now(pass->notifications->accounts) < pass->expires);
}

static void tick(void *data)
{
	struct notifications *notifications = data;

	osmo_timer_schedule(&notifications->tick, 1, 0);
	for (unsigned int i = 0; i < PASSES_MAX; i++) {
		struct pass *pass = &notifications->passes[i];

		if (pass->state == PASS_UNACKED)
			ack(pass);
		else if (pass->state == PASS_GIVEN && is_lost(pass))
			pass->state = PASS_FREE;
	}
	if (!notifications->notify)
		return;
	if (++notifications->seconds % 60 == 0)
		minute_ends(notifications);
	if (notifications->seconds % COUNT_S == 1)
		count_waiting(notifications);
	list(notifications);
}

/* ---- setup and teardown ---- */

struct notifications *notifications_new(void *ctx, struct accounts *accounts, const struct message_settings *settings)
{
	struct notifications *made = talloc_zero(ctx, struct notifications);

	made->accounts = accounts;
	made->settings = settings ? *settings : message_settings_default();
	made->hours_minute = -1;
	response_init(&made->listed);
	for (unsigned int i = 0; i < notification_kinds_count; i++)
		made->kinds[i].searched = -1;
	osmo_timer_setup(&made->tick, tick, made);
	osmo_timer_setup(&made->soon, list, made);
	osmo_timer_schedule(&made->tick, 1, 0);
	return made;
}

void notifications_start(struct notifications *notifications, accounts_notify *notify, void *user)
{
	notifications->notify = notify;
	notifications->user = user;
	osmo_timer_schedule(&notifications->tick, 0, 0);
}

void notifications_free(struct notifications *notifications)
{
	if (!notifications)
		return;
	osmo_timer_del(&notifications->tick);
	osmo_timer_del(&notifications->soon);
	for (unsigned int i = 0; i < PASSES_MAX; i++)
		checked_free(notifications->passes[i].checked);
	talloc_free(notifications);
}

int notifications_describe(const struct notifications *notifications, char *out, size_t size)
{
	return snprintf(out, size, "%" PRIu64 " messages tried, %" PRIu64 " sent, %" PRIu64 " put off, %" PRIu64
			" postponed, %" PRIu64 " withdrawn", notifications->given, notifications->sent, notifications->put_off,
			notifications->postponed, notifications->withdrawn);
}
