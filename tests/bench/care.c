/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Adds invented tickets, orders and answers to surveys, one for four tickets, to a database, the same each time:
 * starhash-care DATABASE TICKETS ORDERS FROM TO [FIRST]
 *
 * They begin between two times in seconds since 1970, and are of subscribers of "starhash-data sample", FIRST being the number of the
 * first one that is used. Each step is a request to the store, as the daemon or staff would make it. What was done is printed, a line for
 * each step: time, number, ticket, order or survey, what, and its kind, amount, state, page or score. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <sqlite3.h>

#include "starhash/account.h"
#include "starhash/calendar.h"
#include "starhash/log.h"
#include "starhash/store.h"
#include "starhash/store_admin.h"

#define HOUR_S 3600
#define DAY_S 86400
#define UTC_OFFSET (8 * HOUR_S)
#define FIRST_MSISDN INT64_C(13800138000)
#define STEPS_MAX 10			/* of a ticket */
#define SURVEYS_OF 4			/* a survey for so many tickets */
#define TOGETHER 500			/* steps in a transaction */

static uint64_t state = 88172645463325252u;

/* xorshift64, by Marsaglia */
static int64_t between(int64_t least, int64_t most)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return least + (int64_t)((state >> 11) % (uint64_t)(most - least + 1));
}

static bool chance(unsigned int percent)
{
	return between(1, 100) <= percent;
}

/* ---- what will happen ---- */

enum what {
	OPENED, INTERIM, ANSWERED, GRANTED, DECLINED, COMPENSATED, CONFIRMED, CLOSED, RESOLVED, REOPENED, SILENT, SUSPENDED, ENDED,
	SURVEYED, SCORED
};

static const struct {
	const char *name;
	enum request_kind kind;
	enum ticket_event event;
} whats[] = {
	[OPENED] = { .name = "opened", .kind = REQUEST_TICKET_OPEN },
	[INTERIM] = { .name = "interim", .kind = REQUEST_TICKET_STAFF, .event = TICKET_ANSWER_INTERIM },
	[ANSWERED] = { .name = "answered", .kind = REQUEST_TICKET_STAFF, .event = TICKET_ANSWER },
	[GRANTED] = { .name = "granted", .kind = REQUEST_TICKET_STAFF, .event = TICKET_GRANT },
	[DECLINED] = { .name = "declined", .kind = REQUEST_TICKET_STAFF, .event = TICKET_DECLINE },
	[COMPENSATED] = { .name = "compensated", .kind = REQUEST_TICKET_STAFF, .event = TICKET_COMPENSATE },
	[CONFIRMED] = { .name = "confirmed", .kind = REQUEST_TICKET_STAFF, .event = TICKET_CONFIRM },
	[CLOSED] = { .name = "closed", .kind = REQUEST_TICKET_STAFF, .event = TICKET_CLOSE },
	[RESOLVED] = { .name = "resolved", .kind = REQUEST_TICKET_RESOLVE },
	[REOPENED] = { .name = "reopened", .kind = REQUEST_TICKET_REOPEN },
	[SILENT] = { .name = "silence", .kind = REQUEST_TICKET_DUE },
	[SUSPENDED] = { .name = "suspended", .kind = REQUEST_LINE_SUSPEND },
	[ENDED] = { .name = "ended", .kind = REQUEST_ORDER_END },
	[SURVEYED] = { .name = "surveyed", .kind = REQUEST_SURVEY_OFFER },
	[SCORED] = { .name = "scored", .kind = REQUEST_SURVEY_ANSWER },
};

/* Something that happens to a ticket, or to an order. */
struct step {
	int64_t time;
	unsigned int serial;		/* of its ticket or order; orders go on after the tickets */
	unsigned int turn;		/* among all steps: those of one second stay in their order */
	enum what what;
	int64_t amount;
	enum order_end end;
};

struct subject {
	const struct ticket_kind *kind;	/* NULL: not a ticket */
	const char *page;		/* that a survey is about; NULL: an order */
	int64_t msisdn;
	char ticket[TICKET_NUMBER_SIZE];
};

struct plan {
	struct subject *subjects;
	struct step *steps;
	unsigned int count;
};

static void add(struct plan *plan, struct step step)
{
	step.turn = plan->count;
	plan->steps[plan->count++] = step;
}

static int by_time(const void *one, const void *other)
{
	const struct step *a = one, *b = other;

	return a->time != b->time ? (a->time < b->time ? -1 : 1) : a->turn < b->turn ? -1 : 1;
}

static const struct ticket_kind *kind_choose(void)
{
	static const struct {
		const char *name;
		unsigned int percent;
	} kinds[] = {
		{ "complaint", 40 }, { "suggestion", 8 }, { "nuisance", 12 }, { "network", 15 }, { "dispute", 15 }, { "deletion", 2 },
	};
	int64_t left = between(0, 99);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (left < kinds[i].percent)
			return ticket_kind_find(kinds[i].name);
		left -= kinds[i].percent;
	}
	return ticket_kind_find("agent");
}

/* Most in time, some to the second, some a second late, some by days. */
static int64_t first_answer_after(void)
{
	switch (between(0, 49)) {
	case 0: return 48 * HOUR_S;
	case 1: return 48 * HOUR_S + 1;
	case 2: return between(49, 200) * HOUR_S;
	default: return between(600, 47 * HOUR_S);
	}
}

/* Billing answers each order, and carries out all credits. */
static void credit_plan(struct plan *plan, struct step step, enum what what, int64_t amount)
{
	step.what = what;
	step.amount = amount;
	add(plan, step);
	step.time += between(1, HOUR_S);
	step.what = ENDED;
	step.end = END_DONE;
	add(plan, step);
}

static int64_t final_plan(struct plan *plan, struct step step, const struct ticket_kind *kind)
{
	if (kind->disputes && chance(60)) {
		credit_plan(plan, step, GRANTED, between(1, 2500));
	} else {
		step.what = kind->disputes ? DECLINED : ANSWERED;
		add(plan, step);
	}
	return step.time;
}

static void owed_plan(struct plan *plan, struct step step, const struct ticket_kind *kind)
{
	const int64_t opened = step.time;

	if (chance(2)) {			/* never answered */
		if (chance(50)) {
			step.time += between(1, 60 * HOUR_S);
			step.what = RESOLVED;
			add(plan, step);
		}
		return;
	}
	step.time += first_answer_after();
	if (chance(30)) {
		step.what = INTERIM;
		add(plan, step);
		step.time = opened + 200 * HOUR_S + between(HOUR_S, 72 * HOUR_S);
	}
	if (chance(5) && !kind->disputes)
		credit_plan(plan, step, COMPENSATED, between(100, 5000));
	step.time = final_plan(plan, step, kind);
	if (!kind->asks)
		return;
	if (chance(6)) {
		step.time += between(HOUR_S, 100 * HOUR_S);
		step.what = REOPENED;
		add(plan, step);
		if (chance(20))
			return;
		step.time += between(HOUR_S, 40 * HOUR_S);
		step.what = ANSWERED;
		add(plan, step);
	}
	step.what = chance(60) ? RESOLVED : SILENT;
	step.time += step.what == SILENT ? 7 * DAY_S : between(1, 100 * HOUR_S);
	add(plan, step);
}

static void ticket_plan(struct plan *plan, struct step step, const struct ticket_kind *kind)
{
	step.what = OPENED;
	add(plan, step);
	if (kind->owes) {
		owed_plan(plan, step, kind);
		return;
	}
	step.time += between(HOUR_S, 100 * HOUR_S);
	if (kind->confirms && chance(50)) {
		step.what = CONFIRMED;
		add(plan, step);
	}
	step.time += HOUR_S;
	step.what = CLOSED;
	if (chance(80))
		add(plan, step);
}

static void order_plan(struct plan *plan, struct step step)
{
	static const enum order_end ends[20] = { [0] = END_DEAD, [1] = END_REFUSED, [2] = END_REFUSED };

	step.what = SUSPENDED;
	add(plan, step);
	step.time += chance(95) ? between(1, 600) : between(HOUR_S, 3 * DAY_S);
	step.what = ENDED;
	step.end = between(0, 9) ? END_DONE : ends[between(0, 19)];
	add(plan, step);
}

/* Most are satisfied, and one in three does not answer. */
static void survey_plan(struct plan *plan, struct step step)
{
	step.what = SURVEYED;
	add(plan, step);
	step.time += between(2, 600);
	step.what = SCORED;
	step.amount = chance(90) ? between(4, 5) : between(1, 3);
	if (chance(66))
		add(plan, step);
}

/* Each number has one ticket, except that some complain again: of the same kind, within 30 days and after. Order and ticket are of
 * different numbers. */
static void plan_all(struct plan *plan, unsigned int tickets, unsigned int orders, int64_t from, int64_t to, int64_t first)
{
	static const char *const pages[] = { "activate", "cancel", "ticket_resolve" };
	int64_t line = first + tickets;

	for (unsigned int i = 0; i < tickets + orders + tickets / SURVEYS_OF; i++) {
		struct subject *one = &plan->subjects[i];
		const struct step step = { .time = from + between(0, to - from - 1), .serial = i };

		one->msisdn = FIRST_MSISDN + first + i;
		if (i < tickets) {
			one->kind = kind_choose();
			if (i && chance(4) && !one->kind->once) {
				const struct subject *before = &plan->subjects[between(0, i - 1)];

				if (before->kind == one->kind)
					one->msisdn = before->msisdn;
			}
			ticket_plan(plan, step, one->kind);
		} else if (i >= tickets + orders) {
			one->msisdn = FIRST_MSISDN + line++;
			one->page = pages[between(0, ARRAY_SIZE(pages) - 1)];
			survey_plan(plan, step);
		} else {
			while (line % 17 == 9)	/* suspended already */
				line++;
			one->msisdn = FIRST_MSISDN + line++;
			order_plan(plan, step);
		}
	}
	qsort(plan->steps, plan->count, sizeof(*plan->steps), by_time);
}

/* ---- and now it does ---- */

struct world {
	const struct store_admin_ops *ops;
	struct store_admin *admin;
	int64_t ticket;			/* whose orders are looked for; 0: those of none */
	int64_t orders[4];
	unsigned int orders_count;
};

static int order_found(void *user, const struct admin_row *row)
{
	struct world *world = user;

	if (row->order->ticket == world->ticket && world->orders_count < ARRAY_SIZE(world->orders))
		world->orders[world->orders_count++] = row->order->id;
	return 0;
}

static void text_put(struct record *args, uint16_t field, const char *text)
{
	record_put_text(args, field, text, strlen(text));
}

static void arguments_put(const struct step *step, const struct subject *one, struct record *args, uint64_t second)
{
	if (one->kind && step->what != OPENED)
		text_put(args, FIELD_TICKET, one->ticket);
	switch (step->what) {
	case OPENED:
		text_put(args, FIELD_TICKET_KIND, one->kind->name);
		text_put(args, FIELD_TEXT, "It has been like this since last week");
		text_put(args, ARG_CHANNEL, step->serial % 3 ? "sms" : "hlr-1");
		break;
	case INTERIM:
	case ANSWERED:
	case DECLINED:
	case GRANTED:
	case COMPENSATED:
		text_put(args, FIELD_TEXT, "We have looked into it, and thank you for your patience.");
		break;
	case SCORED:
		text_put(args, FIELD_SCORE, (char[]){ (char)('0' + step->amount), '\0' });
		break;
	default:
		break;
	}
	if (one->page) {
		text_put(args, FIELD_SURVEY, one->page);
		text_put(args, ARG_CHANNEL, step->serial % 3 ? "sms" : "hlr-1");
	}
	if (step->what == GRANTED || step->what == COMPENSATED) {
		record_put_number(args, ARG_SECOND, (int64_t)second);
		record_put_number(args, FIELD_AMOUNT, step->amount);
		text_put(args, FIELD_FORM, "credit");
	}
	if (step->what == GRANTED) {
		text_put(args, FIELD_FORM_EQUAL, "voucher");
		record_put_number(args, FIELD_MONTH, calendar_date(day_of(step->time, UTC_OFFSET)) / 100);
	}
}

/* Returns whether it was done as planned. */
static bool ask(struct world *world, const struct step *step, struct subject *one, int64_t order)
{
	const bool changes = whats[step->what].kind == REQUEST_TICKET_STAFF || request_changes(whats[step->what].kind);
	struct request request = { .kind = whats[step->what].kind, .now = step->time, .utc_offset = UTC_OFFSET, .id = order };
	struct response response;
	struct record args;
	uint64_t second = 0;

	if (changes && (world->ops->reference(world->admin, &request.ref) < 0 || world->ops->reference(world->admin, &second) < 0))
		return false;
	snprintf(request.subscriber.msisdn, sizeof(request.subscriber.msisdn), "%" PRId64, one->msisdn);
	if (request.kind == REQUEST_TICKET_STAFF) {
		request.ticket.event = whats[step->what].event;
		snprintf(request.ticket.staff, sizeof(request.ticket.staff), "staff-%u", step->serial % 7);
	}
	if (request.kind == REQUEST_ORDER_END)
		request.outcome = (struct order_outcome){ .end = step->end };
	args = request_args(&request);
	arguments_put(step, one, &args, second);
	request_set_args(&request, &args);
	response_init(&response);
	if (world->ops->ask(world->admin, &request, &response) < 0)
		return false;
	if (step->what == OPENED)
		record_text(&response.facts, FIELD_TICKET, one->ticket, sizeof(one->ticket));
	return response.result == (step->what == SUSPENDED ? RESULT_ACCEPTED : RESULT_OK);
}

static const char *letter(const struct subject *one)
{
	return one->kind ? "t" : one->page ? "s" : "o";
}

/* A ticket's credits end together. */
static bool carry_out(struct world *world, const struct step *step, struct subject *one)
{
	static const char *const ends[] = { [END_DONE] = "done", [END_REFUSED] = "refused", [END_DEAD] = "dead" };
	const struct admin_query query = { .list = ADMIN_ORDERS, .msisdn = one->msisdn, .states = 1u << ORDER_ACCEPTED };
	bool done = true;

	if (step->what != ENDED) {
		done = ask(world, step, one, 0);
	} else {
		world->ticket = ticket_number(one->ticket, strlen(one->ticket));
		world->orders_count = 0;
		done = world->ops->list(world->admin, &query, order_found, world) == 0 && world->orders_count;
		for (unsigned int i = 0; done && i < world->orders_count; i++)
			done = ask(world, step, one, world->orders[i]);
	}
	printf("%" PRId64 ",%" PRId64 ",%s%u,%s,", step->time, one->msisdn, letter(one), step->serial, whats[step->what].name);
	if (step->what == OPENED)
		puts(one->kind->name);
	else if (step->what == SURVEYED)
		puts(one->page);
	else if (step->what == ENDED)
		puts(ends[step->end]);
	else
		printf("%" PRId64 "\n", step->amount);
	return done;
}

/* Each subscriber is sent their messages at once: silence counts from then. */
static int messages_send(const char *file)
{
	sqlite3 *db;
	int rc = sqlite3_open(file, &db);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "UPDATE notification SET sending = 'sent', ended = due WHERE ended IS NULL", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		fprintf(stderr, "starhash-care: %s: %s\n", file, sqlite3_errmsg(db));
	sqlite3_close(db);
	return rc == SQLITE_OK ? 0 : -1;
}

/* Whether a transaction ends behind a step: nobody waits for a message for days. */
static bool is_last(const struct plan *plan, unsigned int i)
{
	return i % TOGETHER == TOGETHER - 1 || i == plan->count - 1 || plan->steps[i].time / DAY_S != plan->steps[i + 1].time / DAY_S;
}

/* Subscribers have been sent their messages long ago. */
static int messages_prune(struct world *world)
{
	int64_t deleted = 0;
	int rc = 0;

	do {
		rc = world->ops->begin(world->admin);
		if (rc == 0)
			rc = world->ops->prune(world->admin, ADMIN_EXPIRED_NOTIFICATIONS, time(NULL), 10000, &deleted);
		if (rc == 0)
			rc = world->ops->commit(world->admin);
	} while (rc == 0 && deleted);
	return rc;
}

static int run(struct world *world, struct plan *plan, const char *file)
{
	bool begins = true;
	int rc = 0;

	for (unsigned int i = 0; rc == 0 && i < plan->count; i++) {
		const struct step *step = &plan->steps[i];

		if (begins)
			rc = world->ops->begin(world->admin);
		if (rc == 0 && !carry_out(world, step, &plan->subjects[step->serial])) {
			fprintf(stderr, "starhash-care: %s%u: \"%s\" was not possible\n", letter(&plan->subjects[step->serial]),
				step->serial, whats[step->what].name);
			world->ops->undo(world->admin);
			return -1;
		}
		begins = is_last(plan, i);
		if (rc == 0 && begins)
			rc = world->ops->commit(world->admin);
		if (rc == 0 && begins && messages_send(file))
			return -1;
	}
	if (rc == 0)
		rc = messages_prune(world);
	if (rc < 0)
		fprintf(stderr, "starhash-care: %s\n", world->ops->why(world->admin));
	world->ops->undo(world->admin);
	return rc;
}

int main(int argc, char **argv)
{
	const unsigned int tickets = argc > 5 ? (unsigned int)strtoul(argv[2], NULL, 10) : 0;
	const unsigned int orders = argc > 5 ? (unsigned int)strtoul(argv[3], NULL, 10) : 0;
	const int64_t from = argc > 5 ? strtoll(argv[4], NULL, 10) : 0, to = argc > 5 ? strtoll(argv[5], NULL, 10) : 0;
	struct world world = { .ops = store_find("sqlite")->admin };
	struct account_rules rules;
	struct admin_settings settings = { .file = argv[1], .access = ADMIN_WRITE, .rules = &rules };
	struct plan plan;
	const char *why;
	int rc;

	if (argc < 6 || argc > 7 || to <= from) {
		fputs("Usage: starhash-care DATABASE TICKETS ORDERS FROM TO [FIRST]\n", stderr);
		return 2;
	}
	log_start(NULL);
	account_rules_read(&rules, 1, NULL, NULL, NULL);
	rules.billing = true;
	rules.messages.survey_percent = 100;
	plan = (struct plan){
		.subjects = talloc_zero_array(NULL, struct subject, tickets + orders + tickets / SURVEYS_OF),
		.steps = talloc_zero_array(NULL, struct step, (tickets + orders + tickets / SURVEYS_OF) * STEPS_MAX),
	};
	plan_all(&plan, tickets, orders, from, to, argc > 6 ? strtoll(argv[6], NULL, 10) : 0);
	rc = world.ops->open(NULL, &settings, &world.admin, &why);
	if (rc < 0)
		fprintf(stderr, "starhash-care: %s: %s\n", argv[1], why);
	else
		rc = run(&world, &plan, argv[1]);
	world.ops->close(world.admin);
	talloc_free(plan.subjects);
	talloc_free(plan.steps);
	return rc < 0 || fflush(stdout) || ferror(stdout) ? 1 : 0;
}
