/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The scenario of a transcript: parses the lines that describe subscribers and services, and creates their accounts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "accounts/password_hash.h"
#include "starhash/account.h"
#include "starhash/catalogue.h"
#include "tool/simulator/scenario.h"
#include "tool/simulator/network.h"

#define ACTORS_MAX 8
#define ITEMS_MAX 24
#define WORDS_MAX 64

struct actor {
	struct stored_account account;
	const char *password;
	struct stored_bill bills[ITEMS_MAX];
	struct stored_points points[ITEMS_MAX];
	struct stored_subscription services[ITEMS_MAX];
};

struct scenario {
	struct actor *actors[ACTORS_MAX];
	unsigned int actors_count;
	struct actor *actor;			/* to whom "set" etc. apply; NULL: no account */
	struct subscriber caller;
	const struct catalogue *catalogue;	/* of the menu */
	struct service services[ITEMS_MAX];
	unsigned int services_count;
	struct simulator *simulator;			/* NULL before scenario_enter() */
	char *complaint;
};

struct words {
	unsigned int count;
	char *list[WORDS_MAX];
};

/* ---- complaints and values ---- */

static const char *complain(struct scenario *scenario, const char *format, const char *what)
{
	talloc_free(scenario->complaint);
	scenario->complaint = talloc_asprintf(scenario, format, what);
	return scenario->complaint;
}

static bool parse_number(const char *text, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 10);
	return *text && !*end && !errno;
}

/* "2026-11-20" and "20261120" as 20261120, "2026-11" as 202611. */
static bool parse_day(const char *text, int64_t *number)
{
	char digits[16];
	size_t len = 0;

	for (; *text; text++) {
		if (*text != '-' && len < sizeof(digits) - 1)
			digits[len++] = *text;
	}
	digits[len] = '\0';
	return (len == 6 || len == 8) && strspn(digits, "0123456789") == len && parse_number(digits, number);
}

bool scenario_parse_time(const char *text, int64_t *seconds)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%d %H:%M", &tm);

	*seconds = timegm(&tm);
	return end && !*end;
}

/* ---- facts ---- */

enum fact_type { FACT_TEXT, FACT_CODE, FACT_NUMBER, FACT_DAY, FACT_TIME };	/* CODE: a text that may be empty */

/* The plain facts in FIELDS. */
#define PLAIN(id, name, type, origin, width, storage) PLAIN_##storage(id, name, type)
#define PLAIN_OWN(id, name, type)
#define PLAIN_FACT(id, name, type) \
	{ #name, PLAIN_##type, .offset = offsetof(struct actor, account.name), .plain = UINT64_C(1) << STORED_FACT_##id },
#define PLAIN_CODE FACT_CODE
#define PLAIN_MONEY FACT_NUMBER
#define PLAIN_DATE FACT_DAY

static const struct fact {
	const char *name;
	enum fact_type type;
	size_t offset;		/* into struct actor */
	bool at_first;		/* only before the first input */
	uint64_t plain;		/* bits of struct account_update; so is the next member */
	unsigned int number;
} facts[] = {
	{ "account", FACT_TEXT, .offset = offsetof(struct actor, account.account) },
	{ "brand", FACT_TEXT, .offset = offsetof(struct actor, account.brand) },
	{ "status", FACT_TEXT, .offset = offsetof(struct actor, account.status) },
	{ "language", FACT_TEXT, .offset = offsetof(struct actor, account.language), .at_first = true },
	{ "password", FACT_TEXT, .offset = offsetof(struct actor, password), .at_first = true },
	{ "id_number", FACT_TEXT, .offset = offsetof(struct actor, account.id_number), .at_first = true },
	FIELDS(PLAIN)
	{ "points", FACT_NUMBER, .offset = offsetof(struct actor, account.points), .number = UPDATE_POINTS },
	{ "bill_total", FACT_NUMBER, .offset = offsetof(struct actor, account.bill_total), .number = UPDATE_BILL_TOTAL },
	{ "bill_month", FACT_DAY, .offset = offsetof(struct actor, account.bill_month), .number = UPDATE_BILL_MONTH },
	{ "as_of", FACT_TIME, .offset = offsetof(struct actor, account.as_of) },
};

static bool is_text(const struct fact *fact)
{
	return fact->type <= FACT_CODE;
}

static const struct fact *find_fact(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		if (!strcmp(facts[i].name, name))
			return &facts[i];
	}
	return NULL;
}

static bool set_number(const struct fact *fact, const char *text, int64_t *number)
{
	*number = STORED_UNKNOWN;
	if (!strcmp(text, "unknown"))
		return true;
	switch (fact->type) {
	case FACT_DAY: return parse_day(text, number);
	case FACT_TIME: return scenario_parse_time(text, number);
	default: return parse_number(text, number);
	}
}

#define LATE (INT64_MAX / 2)	/* now, for updates: nothing in a transcript lies in the future */

/* Update only this fact in the store. */
static bool tell(const struct scenario *scenario, const struct fact *fact)
{
	const struct actor *actor = scenario->actor;
	struct actor changed = { .account = { .as_of = actor->account.as_of } };
	const struct account_update update = {
		.account = &changed.account, .kinds = 1u << ACCOUNT_PROFILE, .facts = fact->plain, .numbers = fact->number, .now = LATE,
		.force = true,
	};

	memcpy(changed.account.msisdn, actor->account.msisdn, sizeof(changed.account.msisdn));
	memcpy((char *)&changed + fact->offset, (const char *)actor + fact->offset, is_text(fact) ? sizeof(const char *) : sizeof(int64_t));
	return simulator_merge(scenario->simulator, &update);
}

static const char *take_set(struct scenario *scenario, const struct words *words)
{
	const struct fact *fact = find_fact(words->list[1]);
	char *text = talloc_strdup(scenario, words->list[2]);
	char *at = (char *)scenario->actor + (fact ? fact->offset : 0);

	if (words->count == 4)
		text = talloc_asprintf_append(text, " %s", words->list[3]);
	if (!fact)
		return complain(scenario, "unknown fact '%s'", words->list[1]);
	if (fact->at_first && scenario->simulator)
		return complain(scenario, "'%s' must be set before the first input", words->list[1]);
	if (is_text(fact))
		*(const char **)at = fact->type == FACT_CODE && !strcmp(text, "unknown") ? NULL : text;
	else if (!set_number(fact, text, (int64_t *)at))
		return complain(scenario, "'%s' is not a valid value of this fact", text);
	if (scenario->simulator && !tell(scenario, fact))
		return complain(scenario, "the store does not accept '%s'", text);
	return NULL;
}

/* ---- people ---- */

static struct actor *find_actor(const struct scenario *scenario, const char *msisdn)
{
	for (unsigned int i = 0; i < scenario->actors_count; i++) {
		if (!strcmp(scenario->actors[i]->account.msisdn, msisdn))
			return scenario->actors[i];
	}
	return NULL;
}

static struct actor *add_actor(struct scenario *scenario, const char *msisdn)
{
	struct actor *actor = talloc_zero(scenario, struct actor);
	struct stored_account *account = &actor->account;

	osmo_strlcpy(account->msisdn, msisdn, sizeof(account->msisdn));
	network_imsi(msisdn, account->imsis[0]);
	account->account = "prepaid";
	account->brand = account->language = "";
	account->status = "active";
	stored_facts_clear(account);
	account->points = account->as_of = account->bill_month = account->bill_total = STORED_UNKNOWN;
	account->bills = actor->bills;
	account->points_entries = actor->points;
	account->subscriptions = actor->services;
	scenario->actors[scenario->actors_count++] = actor;
	return actor;
}

static const char *take_caller(struct scenario *scenario, const char *number)
{
	const size_t len = strlen(number);

	if (len >= MSISDN_SIZE || strspn(number, "0123456789") != len)
		return complain(scenario, "'%s' is not a number of up to 15 digits", number);
	scenario->actor = NULL;
	memcpy(scenario->caller.msisdn, number, len + 1);
	return NULL;
}

static const char *take_subscriber(struct scenario *scenario, const struct words *words)
{
	const char *complaint = take_caller(scenario, words->list[1]);

	if (complaint)
		return complaint;
	scenario->actor = find_actor(scenario, words->list[1]);
	if (scenario->actor)
		return words->count == 2 ? NULL : complain(scenario, "%s already has an account", words->list[1]);
	if (scenario->simulator || scenario->actors_count == ACTORS_MAX)
		return complain(scenario, "%s must be introduced before the first input, and their number is limited", words->list[1]);
	scenario->actor = add_actor(scenario, words->list[1]);
	if (words->count > 2)
		scenario->actor->account.account = talloc_strdup(scenario, words->list[2]);
	if (words->count > 3)
		scenario->actor->account.language = talloc_strdup(scenario, words->list[3]);
	return NULL;
}

static const char *take_unknown(struct scenario *scenario, const struct words *words)
{
	return take_caller(scenario, words->list[1]);
}

/* ---- bills, points, services ---- */

static const char *take_bill_lines(struct scenario *scenario, struct stored_bill *bill, const struct words *words)
{
	const unsigned int count = (words->count - 3) / 2;
	struct stored_line *lines = talloc_zero_array(scenario, struct stored_line, count);

	for (unsigned int i = 0; i < count; i++) {
		lines[i].item = talloc_strdup(lines, words->list[3 + 2 * i]);
		if (!parse_number(words->list[4 + 2 * i], &lines[i].amount))
			return complain(scenario, "'%s' is not an amount", words->list[4 + 2 * i]);
	}
	bill->lines = lines;
	bill->lines_count = count;
	return NULL;
}

/* The newest bill also sets the last month in the account. */
static const char *take_bill(struct scenario *scenario, const struct words *words)
{
	struct stored_account *account = &scenario->actor->account;
	struct stored_bill *bill = &scenario->actor->bills[account->bills_count];
	int64_t month;

	if (!parse_day(words->list[1], &month) || !parse_number(words->list[2], &bill->total) || !(words->count % 2))
		return complain(scenario, "a bill is MONTH TOTAL [ITEM AMOUNT]…%s", "");
	if (account->bills_count && account->bill_month >= month)
		return complain(scenario, "the bill of %s must follow older ones", words->list[1]);
	account->bills_count++;
	bill->month = (uint32_t)month;
	account->bill_month = month;
	account->bill_total = bill->total;
	return take_bill_lines(scenario, bill, words);
}

static const char *take_points(struct scenario *scenario, const struct words *words)
{
	struct stored_points *points = &scenario->actor->points[scenario->actor->account.points_count++];
	int64_t date;

	points->reason = talloc_strdup(scenario, words->list[3]);
	if (!parse_day(words->list[1], &date) || !parse_number(words->list[2], &points->change))
		return complain(scenario, "points are DATE CHANGE REASON%s", "");
	points->date = (uint32_t)date;
	return NULL;
}

static bool is_offered(const struct scenario *scenario, const char *code)
{
	for (unsigned int i = 0; i < scenario->services_count; i++) {
		if (!strcmp(scenario->services[i].code, code))
			return true;
	}
	return catalogue_find(scenario->catalogue, code, strlen(code));
}

static const char *take_has(struct scenario *scenario, const struct words *words)
{
	struct stored_subscription *has = &scenario->actor->services[scenario->actor->account.subscriptions_count];
	int64_t since;

	if (!is_offered(scenario, words->list[1]))
		return complain(scenario, "unknown service '%s'", words->list[1]);
	if (!parse_day(words->list[2], &since))
		return complain(scenario, "'%s' is not a date", words->list[2]);
	has->service = talloc_strdup(scenario, words->list[1]);
	has->since = (uint32_t)since;
	scenario->actor->account.subscriptions_count++;
	return NULL;
}

static const char *take_service(struct scenario *scenario, const struct words *words)
{
	struct service *service = &scenario->services[scenario->services_count];

	if (scenario->catalogue->count)
		return complain(scenario, "the menu has a catalogue: define '%s' there", words->list[1]);
	if (!parse_number(words->list[2], &service->price))
		return complain(scenario, "'%s' is not a price", words->list[2]);
	service->code = talloc_strdup(scenario, words->list[1]);
	service->period = talloc_strdup(scenario, words->list[3]);
	if (words->count > 4)
		service->account = talloc_strdup(scenario, words->list[4]);
	scenario->services_count++;
	return NULL;
}

/* ---- lines ---- */

static const struct line_kind {
	const char *word;
	unsigned int words_min, words_max;
	const char *(*take)(struct scenario *scenario, const struct words *words);
	bool of_actor;		/* applies to an account */
	bool at_first;		/* only before the first input */
	size_t used;		/* offset of a count that must stay below ITEMS_MAX */
	const char *form;
} kinds[] = {
	{ "subscriber", 2, 4, take_subscriber, .form = "subscriber NUMBER [prepaid|postpaid [LANGUAGE]]" },
	{ "unknown", 2, 2, take_unknown, .form = "unknown NUMBER" },
	{ "set", 3, 4, take_set, .of_actor = true, .form = "set FACT VALUE" },
	{ "bill", 3, WORDS_MAX, take_bill, true, true, offsetof(struct actor, account.bills_count),
	  "bill MONTH TOTAL [ITEM AMOUNT]…" },
	{ "points", 4, 4, take_points, true, true, offsetof(struct actor, account.points_count),
	  "points DATE CHANGE REASON" },
	{ "has", 3, 3, take_has, true, true, offsetof(struct actor, account.subscriptions_count), "has SERVICE DATE" },
	{ "service", 4, 5, take_service, .at_first = true, .form = "service CODE PRICE PERIOD [prepaid|postpaid]" },
};

static bool is_full(const struct scenario *scenario, const struct line_kind *kind)
{
	const unsigned int *used = kind->of_actor ? (void *)((char *)scenario->actor + kind->used) : &scenario->services_count;

	return *used >= ITEMS_MAX;
}

static const char *take_line(struct scenario *scenario, const struct line_kind *kind, const struct words *words)
{
	if (words->count < kind->words_min || words->count > kind->words_max)
		return complain(scenario, "the form is: %s", kind->form);
	if (kind->of_actor && !scenario->actor)
		return complain(scenario, "'%s' must follow a subscriber with an account", kind->word);
	if (kind->at_first && scenario->simulator)
		return complain(scenario, "'%s' must come before the first input", kind->word);
	if (kind->at_first && is_full(scenario, kind))
		return complain(scenario, "too many lines with '%s'", kind->word);
	return kind->take(scenario, words);
}

const char *scenario_line(struct scenario *scenario, const char *line, bool *known)
{
	char *copy = talloc_strdup(scenario, line), *rest = copy, *word;
	const char *complaint = NULL;
	struct words words;

	*known = false;
	words.count = 0;
	while ((word = strsep(&rest, " \t")) && words.count < WORDS_MAX) {
		if (*word)
			words.list[words.count++] = word;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && words.count && !*known; i++) {
		*known = !strcmp(kinds[i].word, words.list[0]);
		if (*known)
			complaint = take_line(scenario, &kinds[i], &words);
	}
	talloc_free(copy);
	return complaint;
}

/* ---- in the simulator ---- */

const char *scenario_enter(struct scenario *scenario, struct simulator *simulator, const uint8_t *pepper)
{
	const struct catalogue catalogue = { .services = scenario->services, .count = scenario->services_count };

	scenario->simulator = simulator;
	if (catalogue.count)
		simulator_sell(simulator, &catalogue);
	for (unsigned int i = 0; i < scenario->actors_count; i++) {
		struct actor *actor = scenario->actors[i];
		const struct account_update update = account_update_whole(&actor->account, LATE, true);
		char hash[PASSWORD_HASH_SIZE];

		if (pepper && actor->password && !password_hash(pepper, actor->password, hash))
			actor->account.hash = talloc_strdup(scenario, hash);
		if (!simulator_merge(simulator, &update))
			return complain(scenario, "the store does not accept %s", actor->account.msisdn);
	}
	return NULL;
}

const struct subscriber *scenario_caller(const struct scenario *scenario)
{
	return scenario->caller.msisdn[0] ? &scenario->caller : NULL;
}

struct scenario *scenario_new(void *ctx, const struct catalogue *catalogue)
{
	struct scenario *scenario = talloc_zero(ctx, struct scenario);

	scenario->catalogue = catalogue;
	return scenario;
}
