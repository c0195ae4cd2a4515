/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The scenario of a transcript: parses the lines that describe subscribers and services, and creates their accounts. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "accounts/password_hash.h"
#include "starhash/account.h"
#include "starhash/calendar.h"
#include "starhash/catalogue.h"
#include "starhash/menu.h"
#include "starhash/text.h"
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
	const struct menu *menu;
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

/* The words of a line, which it changes. */
static struct words split(char *line)
{
	struct words words = { .count = 0 };
	char *word;

	while ((word = strsep(&line, " \t")) && words.count < WORDS_MAX) {
		if (*word)
			words.list[words.count++] = word;
	}
	return words;
}

/* ---- complaints and values ---- */

static const char *complain(struct scenario *scenario, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const char *complain(struct scenario *scenario, const char *format, ...)
{
	va_list args;

	talloc_free(scenario->complaint);
	va_start(args, format);
	scenario->complaint = talloc_vasprintf(scenario, format, args);
	va_end(args);
	return scenario->complaint;
}

static bool is_one_of(const char *word, const char *known)
{
	const size_t len = strlen(word);

	for (; *known; known += strspn(known, " ")) {
		const size_t span = strcspn(known, " ");

		if (span == len && !memcmp(known, word, len))
			return true;
		known += span;
	}
	return false;
}

const char *scenario_unknown(struct scenario *scenario, const char *kind, const char *word, const char *known)
{
	struct text_nearest nearest = { 0 };

	text_nearest_try_words(&nearest, word, known);
	if (nearest.best)
		return complain(scenario, "unknown %s '%s': did you mean '%.*s'?\n    known: %s", kind, word, (int)nearest.len,
				nearest.best, known);
	return complain(scenario, "unknown %s '%s'\n    known: %s", kind, word, known);
}

/* NULL, or the complaint about a word that belongs to a closed set. */
static const char *check_word(struct scenario *scenario, const char *kind, const char *word, const char *known)
{
	return is_one_of(word, known) ? NULL : scenario_unknown(scenario, kind, word, known);
}

#define ACCOUNTS "prepaid postpaid"
#define PERIODS "day week month once"

static const char *check_language(struct scenario *scenario, const char *language)
{
	char *known = talloc_strdup(scenario, "");

	for (size_t i = 0; i < menu_language_count(scenario->menu); i++)
		known = talloc_asprintf_append(known, "%s%s", i ? " " : "", menu_language(scenario->menu, i));
	return check_word(scenario, "language", language, known);
}

/* Brands are open, but one that nearly is a brand of the catalogue is mistyped. */
static const char *check_brand(struct scenario *scenario, const char *brand)
{
	struct text_nearest nearest = { 0 };
	const struct catalogue *catalogue = scenario->catalogue;

	for (size_t i = 0; i < catalogue->count; i++)
		if (catalogue->services[i].brand)
			text_nearest_try(&nearest, brand, catalogue->services[i].brand, strlen(catalogue->services[i].brand));
	if (!nearest.best || !strcmp(nearest.best, brand))
		return NULL;
	return complain(scenario, "unknown brand '%s': did you mean '%s'?", brand, nearest.best);
}

const char *scenario_check_service(struct scenario *scenario, const char *code)
{
	const struct catalogue own = { .services = scenario->services, .count = scenario->services_count };
	const struct catalogue *catalogue = own.count ? &own : scenario->catalogue;
	char *known = talloc_strdup(scenario, "");

	for (size_t i = 0; i < catalogue->count; i++)
		known = talloc_asprintf_append(known, "%s%s", i ? " " : "", catalogue->services[i].code);
	return check_word(scenario, "service", code, known);
}

static bool parse_number(const char *text, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 10);
	return *text && !*end && !errno;
}

/* "2026-11-20" or "20261120" as 20261120. */
static bool parse_day(const char *text, int64_t *number)
{
	const size_t len = strlen(text);
	int64_t year, month, day;

	if (calendar_shaped(text, len, "0000-00-00")) {
		year = calendar_number(text, 4);
		month = calendar_number(text + 5, 2);
		day = calendar_number(text + 8, 2);
	} else if (calendar_shaped(text, len, "00000000")) {
		year = calendar_number(text, 4);
		month = calendar_number(text + 4, 2);
		day = calendar_number(text + 6, 2);
	} else {
		return false;
	}
	*number = year * 10000 + month * 100 + day;
	return calendar_has(year, month, day);
}

/* "2026-11" or "202611" as 202611. */
static bool parse_month(const char *text, int64_t *number)
{
	char first[16];
	int64_t day;

	snprintf(first, sizeof(first), strchr(text, '-') ? "%.8s-01" : "%.8s01", text);
	if (!parse_day(first, &day))
		return false;
	*number = day / 100;
	return true;
}

bool scenario_parse_time(const char *text, int64_t *seconds)
{
	const size_t len = strlen(text);
	char date[11];
	int64_t day;

	if (!calendar_shaped(text, len, "0000-00-00 00:00"))
		return false;
	osmo_strlcpy(date, text, sizeof(date));
	*seconds = calendar_number(text + 11, 2) * 3600 + calendar_number(text + 14, 2) * 60;
	if (!parse_day(date, &day) || calendar_number(text + 11, 2) > 23 || calendar_number(text + 14, 2) > 59)
		return false;
	*seconds += date_day(day) * 86400;
	return true;
}

/* ---- facts ---- */

enum fact_type { FACT_TEXT, FACT_CODE, FACT_MONEY, FACT_NUMBER, FACT_MONTH, FACT_DAY, FACT_TIME };	/* CODE: a text that may be empty */

/* What follows a fact's name, for messages. */
static const char *const fact_forms[] = {
	[FACT_TEXT] = "TEXT", [FACT_CODE] = "CODE, or unknown", [FACT_MONEY] = "AMOUNT in minor units, such as 1250, or unknown",
	[FACT_NUMBER] = "NUMBER, or unknown", [FACT_MONTH] = "MONTH, such as 2026-11, or unknown",
	[FACT_DAY] = "DATE, such as 2026-11-20, or unknown", [FACT_TIME] = "TIME, such as 2026-11-20 08:00, or unknown",
};

/* The plain facts in FIELDS. */
#define PLAIN(id, name, type, origin, width, storage) PLAIN_##storage(id, name, type)
#define PLAIN_OWN(id, name, type)
#define PLAIN_FACT(id, name, type) \
	{ #name, PLAIN_##type, .offset = offsetof(struct actor, account.name), .plain = UINT64_C(1) << STORED_FACT_##id },
#define PLAIN_CODE FACT_CODE
#define PLAIN_MONEY FACT_MONEY
#define PLAIN_DATE FACT_DAY

static const struct fact {
	const char *name;
	enum fact_type type;
	size_t offset;		/* into struct actor */
	bool at_first;		/* only before the first input */
	uint64_t plain;		/* bits of struct account_update; so is the next member */
	unsigned int number;
	const char *known;	/* all values, between blanks; NULL: any */
	const char *(*check)(struct scenario *scenario, const char *value);	/* NULL, or the complaint */
} facts[] = {
	{ "account", FACT_TEXT, .offset = offsetof(struct actor, account.account), .known = ACCOUNTS },
	{ "brand", FACT_TEXT, .offset = offsetof(struct actor, account.brand), .check = check_brand },
	{ "status", FACT_TEXT, .offset = offsetof(struct actor, account.status), .known = "active suspended" },
	{ "language", FACT_TEXT, .offset = offsetof(struct actor, account.language), .at_first = true, .check = check_language },
	{ "password", FACT_TEXT, .offset = offsetof(struct actor, password), .at_first = true },
	{ "id_number", FACT_TEXT, .offset = offsetof(struct actor, account.id_number), .at_first = true },
	FIELDS(PLAIN)
	{ "points", FACT_NUMBER, .offset = offsetof(struct actor, account.points), .number = UPDATE_POINTS },
	{ "bill_total", FACT_MONEY, .offset = offsetof(struct actor, account.bill_total), .number = UPDATE_BILL_TOTAL },
	{ "bill_month", FACT_MONTH, .offset = offsetof(struct actor, account.bill_month), .number = UPDATE_BILL_MONTH },
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
	case FACT_MONTH: return parse_month(text, number);
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

static const char *complain_fact(struct scenario *scenario, const char *name)
{
	char *known = talloc_strdup(scenario, "");

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		known = talloc_asprintf_append(known, "%s%s", i ? " " : "", facts[i].name);
	if (!name)
		return complain(scenario, "the form is: set FACT VALUE\n    known: %s", known);
	return scenario_unknown(scenario, "fact", name, known);
}

static const char *check_value(struct scenario *scenario, const struct fact *fact, const char *value)
{
	if (fact->known)
		return check_word(scenario, fact->name, value, fact->known);
	if (is_one_of(fact->name, "billed registered"))		/* of FIELDS, which knows no values */
		return check_word(scenario, fact->name, value, "yes no unknown");
	return fact->check ? fact->check(scenario, value) : NULL;
}

static const char *take_set(struct scenario *scenario, const struct words *words)
{
	const struct fact *fact = words->count > 1 ? find_fact(words->list[1]) : NULL;
	char *text = words->count > 2 ? talloc_strdup(scenario, words->list[2]) : NULL;
	char *at = (char *)scenario->actor + (fact ? fact->offset : 0);
	const char *complaint;

	if (!fact)
		return complain_fact(scenario, words->count > 1 ? words->list[1] : NULL);
	if (!text || (words->count == 4 && fact->type != FACT_TIME))
		return complain(scenario, "the form is: set %s %s", fact->name, fact_forms[fact->type]);
	if (words->count == 4)
		text = talloc_asprintf_append(text, " %s", words->list[3]);
	if (fact->at_first && scenario->simulator)
		return complain(scenario, "'%s' must be set before the first input", words->list[1]);
	complaint = check_value(scenario, fact, text);
	if (complaint)
		return complaint;
	if (is_text(fact))
		*(const char **)at = fact->type == FACT_CODE && !strcmp(text, "unknown") ? NULL : text;
	else if (!set_number(fact, text, (int64_t *)at))
		return complain(scenario, "'%s' is not a valid value: the form is: set %s %s", text, fact->name, fact_forms[fact->type]);
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
	complaint = words->count > 2 ? check_word(scenario, "account", words->list[2], ACCOUNTS) : NULL;
	if (!complaint && words->count > 3)
		complaint = check_language(scenario, words->list[3]);
	if (complaint)
		return complaint;
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

/* "fee_class=information" of the charge before it. */
static const char *take_line_fact(struct scenario *scenario, struct stored_line *line, const char *word)
{
#define NAME(id, name) #name,
	static const char *const names[] = { LINE_FACTS(NAME) };
	const size_t len = strcspn(word, "=");

	for (enum line_fact_index i = 0; line && i < LINE_FACT_COUNT; i++) {
		if (strlen(names[i]) != len || memcmp(names[i], word, len))
			continue;
		*line_fact(line, i) = talloc_strdup(scenario, word + len + 1);
		return NULL;
	}
	return complain(scenario, "'%s' is not one of the codes that follow a charge, such as fee_class=information", word);
}

static const char *take_bill_lines(struct scenario *scenario, struct stored_bill *bill, const struct words *words)
{
	struct stored_line *lines = talloc_zero_array(scenario, struct stored_line, words->count), *line = NULL;
	const char *complaint = NULL;

	bill->lines = lines;
	for (unsigned int i = 3; i < words->count && !complaint; i++) {
		if (strchr(words->list[i], '=')) {
			complaint = take_line_fact(scenario, line, words->list[i]);
			continue;
		}
		line = &lines[bill->lines_count++];
		line->item = talloc_strdup(lines, words->list[i++]);
		if (i == words->count)
			complaint = complain(scenario, "the amount of '%s' is missing", line->item);
		else if (!parse_number(words->list[i], &line->amount))
			complaint = complain(scenario, "'%s' is not an amount in minor units, such as 1250", words->list[i]);
	}
	return complaint;
}

/* The newest bill also sets the last month in the account. */
static const char *take_bill(struct scenario *scenario, const struct words *words)
{
	struct stored_account *account = &scenario->actor->account;
	struct stored_bill *bill = &scenario->actor->bills[account->bills_count];
	int64_t month;

	if (!parse_month(words->list[1], &month))
		return complain(scenario, "'%s' is not a month, such as 2026-11", words->list[1]);
	if (!parse_number(words->list[2], &bill->total))
		return complain(scenario, "'%s' is not an amount in minor units, such as 1250", words->list[2]);
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
	if (!parse_day(words->list[1], &date))
		return complain(scenario, "'%s' is not a date, such as 2026-11-20", words->list[1]);
	if (!parse_number(words->list[2], &points->change))
		return complain(scenario, "'%s' is not a number of points", words->list[2]);
	points->date = (uint32_t)date;
	return NULL;
}

static const char *take_has(struct scenario *scenario, const struct words *words)
{
	struct stored_subscription *has = &scenario->actor->services[scenario->actor->account.subscriptions_count];
	int64_t since;

	if (scenario_check_service(scenario, words->list[1]))
		return scenario->complaint;
	if (!parse_day(words->list[2], &since))
		return complain(scenario, "'%s' is not a date, such as 2026-11-20", words->list[2]);
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
		return complain(scenario, "'%s' is not a price in minor units, such as 1250", words->list[2]);
	if (check_word(scenario, "period", words->list[3], PERIODS) ||
	    (words->count > 4 && check_word(scenario, "account", words->list[4], ACCOUNTS)))
		return scenario->complaint;
	service->code = talloc_strdup(scenario, words->list[1]);
	service->period = talloc_strdup(scenario, words->list[3]);
	if (words->count > 4)
		service->account = talloc_strdup(scenario, words->list[4]);
	scenario->services_count++;
	return NULL;
}

/* ---- events from the operator's systems ---- */

#define SHOP_PAGE "The shop's page."	/* what the customer saw where an order with a one-time code was begun */

static const char *unknown_event(struct scenario *scenario, const char *name)
{
	char *known = talloc_strdup(scenario, account_event_kinds[0].name);

	for (unsigned int i = 1; i < account_event_kinds_count; i++)
		known = talloc_asprintf_append(known, " %s", account_event_kinds[i].name);
	if (!name || account_event_kind_find(name))
		return complain(scenario, "the form is: event KIND [FIELD VALUE]…\n    known: %s", known);
	return scenario_unknown(scenario, "event", name, known);
}

/* What a proposal has besides fields: false for another word. Times are seconds from now. */
static bool take_term(const struct scenario *scenario, const struct account_event_kind *kind, const char *name, const char *text,
		      struct record *args)
{
	const bool page = kind->proposes == PROPOSES_PAGE;
	int64_t seconds;

	if (page && !strcmp(name, "page")) {
		record_put_text(args, ARG_PAGE, text, strlen(text));
		return true;
	}
	if (kind->proposes == PROPOSES_NOTHING || !parse_number(text, &seconds))
		return false;
	seconds += simulator_now(scenario->simulator);
	if (page && !strcmp(name, "not_before"))
		return record_put_number(args, ARG_BEGIN, seconds) == 0;
	return !strcmp(name, page ? "not_after" : "until") && record_put_number(args, ARG_END, seconds) == 0;
}

static const char *take_field(struct scenario *scenario, const struct account_event_kind *kind, const char *name, const char *text,
			      struct record *args)
{
	const enum field field = field_by_name(name);
	char *known = talloc_strdup(scenario, "");
	bool right = false;
	int64_t number;

	for (unsigned int i = 0; i < 2 * EVENT_FIELDS_MAX; i++) {
		const uint16_t of = i < EVENT_FIELDS_MAX ? kind->needs[i] : kind->may[i - EVENT_FIELDS_MAX];

		right |= field && of == field;
		if (of)
			known = talloc_asprintf_append(known, "%s%s", *known ? " " : "", field_info(of)->name);
	}
	if (!right && take_term(scenario, kind, name, text, args))
		return NULL;
	if (kind->proposes != PROPOSES_NOTHING)
		known = talloc_asprintf_append(known, kind->proposes == PROPOSES_PAGE ? " page not_before not_after" : " until");
	if (!right)
		return scenario_unknown(scenario, "field", name, known);
	switch (field_info(field)->type) {
	case FIELD_TYPE_TEXT:
	case FIELD_TYPE_CODE:
		record_put_text(args, field, text, strlen(text));
		return NULL;
	case FIELD_TYPE_DATE: right = parse_day(text, &number); break;
	case FIELD_TYPE_MONTH: right = parse_month(text, &number); break;
	default: right = parse_number(text, &number); break;
	}
	if (!right)
		return complain(scenario, "'%s' is not a valid value of '%s'", text, name);
	record_put_number(args, field, number);
	return NULL;
}

const char *scenario_event(struct scenario *scenario, const char *line)
{
	char *copy = talloc_strdup(scenario, line);
	const struct words words = split(copy);
	const struct account_event_kind *kind = words.count % 2 ? account_event_kind_find(words.list[0]) : NULL;
	struct request request = {
		.kind = account_event_request(kind ? kind->proposes : PROPOSES_NOTHING), .subscriber = scenario->caller,
	};
	struct record args = request_args(&request);
	const char *complaint = NULL;
	struct value value;

	if (!kind)
		return unknown_event(scenario, words.count ? words.list[0] : NULL);
	for (unsigned int i = 1; i < words.count && !complaint; i += 2)
		complaint = take_field(scenario, kind, words.list[i], words.list[i + 1], &args);
	for (unsigned int i = 0; !complaint && i < EVENT_FIELDS_MAX && kind->needs[i]; i++) {
		if (!record_get(&args, kind->needs[i], &value))
			complaint = complain(scenario, "the event '%s' needs '%s'", kind->name, field_info(kind->needs[i])->name);
	}
	talloc_free(copy);
	if (complaint)
		return complaint;
	if (kind->proposes == PROPOSES_CODE)
		record_put_text(&args, ARG_SHOWN, SHOP_PAGE, strlen(SHOP_PAGE));
	request_set_args(&request, &args);
	osmo_strlcpy(request.event.kind, kind->name, sizeof(request.event.kind));
	return simulator_report(scenario->simulator, &request) ? NULL : complain(scenario, "the store does not accept the event");
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
	{ "set", 1, 4, take_set, .of_actor = true, .form = "set FACT VALUE" },
	{ "bill", 3, WORDS_MAX, take_bill, true, true, offsetof(struct actor, account.bills_count),
	  "bill MONTH TOTAL [ITEM AMOUNT [CODE=…]…]…" },
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
	char *copy = talloc_strdup(scenario, line);
	const struct words words = split(copy);
	const char *complaint = NULL;

	*known = false;
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && words.count && !*known; i++) {
		*known = !strcmp(kinds[i].word, words.list[0]);
		if (*known)
			complaint = take_line(scenario, &kinds[i], &words);
	}
	talloc_free(copy);
	return complaint;
}

const char *scenario_commands(void *ctx)
{
	char *names = talloc_strdup(ctx, kinds[0].word);

	for (size_t i = 1; i < ARRAY_SIZE(kinds); i++)
		names = talloc_asprintf_append(names, " %s", kinds[i].word);
	return names;
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

struct scenario *scenario_new(void *ctx, const struct menu *menu)
{
	struct scenario *scenario = talloc_zero(ctx, struct scenario);

	scenario->menu = menu;
	scenario->catalogue = menu_catalogue(menu);
	return scenario;
}
