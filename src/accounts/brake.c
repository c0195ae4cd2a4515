/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rate limits of password checks. */
#include <string.h>

#include <sodium.h>

#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "accounts/brake.h"
#include "starhash/alarm.h"
#include "starhash/clock.h"

#define MINUTE_MS 60000
#define GUESSING_MS 600000
#define GUESSING_BITS 8192	/* size of the bit set of numbers: of 2000 about 230 collide */
#define SOURCES_MAX 64		/* links; any more share the last entry */
#define NAME_SIZE 32
#define SUBSCRIBERS 4096	/* subscribers whose checks are remembered for a minute: 128 KB */
#define WAYS 4			/* associativity of that table */

/* Different numbers with a wrong password, within ten minutes. */
struct guesses {
	int64_t began_ms;
	unsigned int count;
	bool raised;
	uint64_t seen[GUESSING_BITS / 64];
};

struct source {
	char name[NAME_SIZE];
	int64_t began_ms;		/* of the minute */
	unsigned int wrong;		/* in it */
	struct guesses guesses;
};

struct checked {
	uint64_t who;			/* 0: free */
	uint32_t minute;		/* minutes since the machine's start */
	uint32_t count;			/* checks in it */
	int64_t locked_until[2];	/* the store's answer in that minute, by attempt.untrusted; 0: not locked */
};

struct brake {
	unsigned int checks_max, link_wrong_max, guessing_min;
	struct alarms *alarms;
	struct rate_ctr_group *counters;
	uint8_t key[crypto_shorthash_KEYBYTES];
	unsigned int sources_count;
	struct source sources[SOURCES_MAX];
	struct guesses all;
	struct checked checked[SUBSCRIBERS];
};

static const struct rate_ctr_desc counter_names[BRAKE_COUNTERS] = {
	[BRAKE_WRONG] = { "wrong:trusted", "wrong passwords over links trusted with passwords" },
	[BRAKE_WRONG_UNTRUSTED] = { "wrong:untrusted", "wrong passwords over other links" },
	[BRAKE_LOCKS] = { "locks:trusted", "passwords locked by those" },
	[BRAKE_LOCKS_UNTRUSTED] = { "locks:untrusted", "passwords locked for untrusted links" },
	[BRAKE_LOCKED] = { "locked", "checks refused because the password was locked" },
	[BRAKE_SUBSCRIBER] = { "refused:subscriber", "checks refused because the subscriber had too many in a minute" },
	[BRAKE_LINK] = { "refused:link", "checks refused because of too many wrong passwords over their link in a minute" },
	[BRAKE_BUSY] = { "refused:busy", "checks refused because the threads were overloaded" },
	[BRAKE_CODES] = { "codes:made", "one-time codes made" },
	[BRAKE_CODES_RIGHT] = { "codes:right", "one-time codes entered correctly" },
	[BRAKE_CODES_WRONG] = { "codes:wrong", "wrong one-time codes" },
};

static const struct rate_ctr_group_desc counter_group = {
	.group_name_prefix = "password", .group_description = "Passwords and one-time codes",
	.num_ctr = BRAKE_COUNTERS, .ctr_desc = counter_names,
};

void brake_count(struct brake *brake, enum brake_counter counter)
{
	rate_ctr_inc(rate_ctr_group_get_ctr(brake->counters, counter));
}

/* ---- subscriber and link ---- */

/* Keyed, so that nobody can choose numbers that collide. */
static uint64_t who_of(const struct brake *brake, const struct subscriber *subscriber)
{
	const char *number = subscriber->msisdn[0] ? subscriber->msisdn : subscriber->imsi;
	uint64_t who = 0;

	crypto_shorthash((uint8_t *)&who, (const uint8_t *)number, strlen(number), brake->key);
	return who ? who : 1;
}

static uint8_t source_of(struct brake *brake, const char *name)
{
	unsigned int i;

	for (i = 0; i < brake->sources_count; i++)
		if (!strcmp(brake->sources[i].name, name))
			return i;
	if (i == SOURCES_MAX)
		return SOURCES_MAX - 1;
	osmo_strlcpy(brake->sources[i].name, name, NAME_SIZE);
	brake->sources_count++;
	return i;
}

struct attempt brake_attempt(struct brake *brake, const struct request *request)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	char channel[NAME_SIZE] = "", trust[24] = "";

	record_text(&args, ARG_CHANNEL, channel, sizeof(channel));
	record_text(&args, ARG_TRUST, trust, sizeof(trust));
	trust[strcspn(trust, "+")] = '\0';
	return (struct attempt){
		.who = who_of(brake, &request->subscriber), .source = source_of(brake, channel),
		.untrusted = trust_by_name(trust, TRUST_PASSWORD) < TRUST_PASSWORD,
	};
}

/* ---- checks per subscriber ---- */

/* The subscriber's entry; else the least recently used one, cleared. */
static struct checked *checked_of(struct brake *brake, uint64_t who)
{
	struct checked *set = &brake->checked[who % (SUBSCRIBERS / WAYS) * WAYS], *oldest = set;

	for (unsigned int i = 0; i < WAYS; i++) {
		if (set[i].who == who)
			return &set[i];
		if (!set[i].who || (oldest->who && set[i].minute < oldest->minute))
			oldest = &set[i];
	}
	*oldest = (struct checked){ .who = who };
	return oldest;
}

static struct checked *checked_now(struct brake *brake, uint64_t who)
{
	struct checked *checked = checked_of(brake, who);
	const uint32_t minute = (uint32_t)(clock_monotonic_ms() / MINUTE_MS);

	if (checked->minute != minute)
		*checked = (struct checked){ .who = who, .minute = minute };
	return checked;
}

static struct source *source_now(struct brake *brake, uint8_t index)
{
	struct source *source = &brake->sources[index];
	const int64_t now = clock_monotonic_ms();

	if (now - source->began_ms >= MINUTE_MS) {
		source->began_ms = now;
		source->wrong = 0;
	}
	return source;
}

bool brake_admits(struct brake *brake, const struct attempt *attempt)
{
	if (brake->checks_max && checked_now(brake, attempt->who)->count >= brake->checks_max) {
		brake_count(brake, BRAKE_SUBSCRIBER);
		return false;
	}
	if (attempt->untrusted && brake->link_wrong_max &&
	    source_now(brake, attempt->source)->wrong >= brake->link_wrong_max) {
		brake_count(brake, BRAKE_LINK);
		return false;
	}
	return true;
}

void brake_begin(struct brake *brake, const struct attempt *attempt)
{
	checked_now(brake, attempt->who)->count++;
}

void brake_locked(struct brake *brake, const struct attempt *attempt, int64_t until)
{
	checked_now(brake, attempt->who)->locked_until[attempt->untrusted] = until ? until : INT64_MAX;
}

void brake_unlocked(struct brake *brake, const struct attempt *attempt)
{
	struct checked *checked = checked_now(brake, attempt->who);

	memset(checked->locked_until, 0, sizeof(checked->locked_until));
}

/* The lock of trusted links applies to the others, too. */
bool brake_knows_lock(struct brake *brake, const struct attempt *attempt, int64_t now, int64_t *until)
{
	const int64_t *locked_until = checked_now(brake, attempt->who)->locked_until;

	*until = locked_until[attempt->untrusted && locked_until[false] <= now];
	if (*until <= now)
		return false;
	*until = *until == INT64_MAX ? 0 : *until;
	return true;
}

/* ---- guessing ---- */

static bool is_raised(const struct guesses *guesses, int64_t now)
{
	return guesses->raised && now - guesses->began_ms < GUESSING_MS;
}

static void clear_alarm(struct brake *brake, int64_t now)
{
	bool raised = is_raised(&brake->all, now);

	for (unsigned int i = 0; i < brake->sources_count; i++)
		raised |= is_raised(&brake->sources[i].guesses, now);
	if (!raised)
		alarm_clear(brake->alarms, ALARM_PASSWORD_GUESSING);
}

/* Count a number. Returns whether there are now enough for the alarm. */
static bool guesses_note(struct brake *brake, struct guesses *guesses, uint64_t who)
{
	const int64_t now = clock_monotonic_ms();
	const unsigned int bit = who % GUESSING_BITS;
	uint64_t *word = &guesses->seen[bit / 64];

	if (!guesses->count || now - guesses->began_ms >= GUESSING_MS) {
		const bool was_raised = guesses->raised;

		memset(guesses, 0, sizeof(*guesses));
		guesses->began_ms = now;
		if (was_raised)
			clear_alarm(brake, now);
	}
	if (*word >> bit % 64 & 1)
		return false;
	*word |= UINT64_C(1) << bit % 64;
	guesses->count++;
	guesses->raised = brake->guessing_min && guesses->count >= brake->guessing_min;
	return guesses->raised;
}

static void note_all(struct brake *brake, uint64_t who)
{
	if (guesses_note(brake, &brake->all, who))
		alarm_raise(brake->alarms, ALARM_PASSWORD_GUESSING,
			    "wrong passwords or one-time codes for %u numbers within ten minutes", brake->all.count);
}

void brake_wrong(struct brake *brake, const struct attempt *attempt, bool locks)
{
	struct source *source = source_now(brake, attempt->source);

	brake_count(brake, BRAKE_WRONG + attempt->untrusted);
	if (locks)
		brake_count(brake, BRAKE_LOCKS + attempt->untrusted);
	source->wrong++;
	if (guesses_note(brake, &source->guesses, attempt->who))
		alarm_raise(brake->alarms, ALARM_PASSWORD_GUESSING,
			    "wrong passwords for %u numbers within ten minutes over link %s", source->guesses.count,
			    source->name);
	else
		note_all(brake, attempt->who);
}

void brake_wrong_code(struct brake *brake, const struct subscriber *subscriber)
{
	brake_count(brake, BRAKE_CODES_WRONG);
	note_all(brake, who_of(brake, subscriber));
}

/* ---- setup and teardown ---- */

struct brake *brake_new(void *ctx, const struct accounts_settings *settings)
{
	struct brake *brake = sodium_init() < 0 ? NULL : talloc_zero(ctx, struct brake);

	if (!brake)
		return NULL;
	brake->checks_max = settings->password_checks;
	brake->link_wrong_max = settings->password_link_wrong;
	brake->guessing_min = settings->password_guessing;
	brake->alarms = settings->alarms;
	crypto_shorthash_keygen(brake->key);
	brake->counters = rate_ctr_group_alloc(brake, &counter_group, 0);
	if (brake->counters)
		return brake;
	talloc_free(brake);
	return NULL;
}

void brake_free(struct brake *brake)
{
	if (!brake)
		return;
	rate_ctr_group_free(brake->counters);
	talloc_free(brake);
}
