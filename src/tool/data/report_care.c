/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The part of a report that comes from the store: tickets, the targets that the operator has promised, orders and refunds (O2).
 *
 * Of the months before the period only the targets are computed, to tell which were missed for how long. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "starhash/accounts.h"
#include "tool/data/command.h"
#include "tool/data/data.h"
#include "tool/data/report_care.h"

/* What counts towards the targets. */
struct counted {
	struct report_tickets tickets;	/* of kinds that are owed an answer */
	uint64_t answers, satisfied;	/* to surveys */
};

struct month {
	int64_t from_s, to_s;
	struct counted counted;
};

struct reading {
	struct report *report;
	struct report_targets targets;
	struct counted period;
	struct month months[REPORT_MONTHS];
};

static int64_t month_begins(struct tm of, int back)
{
	of.tm_mon -= back;
	of.tm_isdst = -1;
	return (int64_t)mktime(&of);
}

static void months_set(struct reading *reading)
{
	const time_t last = (time_t)reading->report->to_s - 1;
	struct tm of;

	localtime_r(&last, &of);
	of.tm_mday = 1;
	of.tm_hour = of.tm_min = of.tm_sec = 0;
	for (int i = 0; i < REPORT_MONTHS; i++) {
		reading->months[i].from_s = month_begins(of, i);
		reading->months[i].to_s = month_begins(of, i - 1);
	}
}

static bool within(int64_t time, int64_t from_s, int64_t to_s)
{
	return time >= from_s && time < to_s;
}

/* ---- tickets ---- */

static bool is_in_time(const struct ticket *ticket)
{
	return ticket->first_answered && ticket->first_answered <= ticket->first_due;
}

/* Whether it was answered, or still had to be, by then: not if the subscriber closed it before. */
static bool is_due(const struct ticket *ticket, int64_t from, int64_t to)
{
	return within(ticket->first_due, from, to) && ticket->first_due <= time(NULL) &&
	       (ticket->first_answered || !ticket->closed || ticket->closed > ticket->first_due);
}

/* Silence counts as yes. */
static bool is_resolved(const struct ticket *ticket)
{
	return !strcmp(ticket->outcome, "resolved") || !strcmp(ticket->outcome, "silence") || !strcmp(ticket->outcome, "answered");
}

static void tickets_count(struct report_tickets *tickets, const struct ticket *ticket, int64_t from, int64_t to)
{
	tickets->opened += within(ticket->opened, from, to);
	tickets->repeated += within(ticket->opened, from, to) && ticket->repeated;
	tickets->due += is_due(ticket, from, to);
	tickets->in_time += is_due(ticket, from, to) && is_in_time(ticket);
	tickets->closed += within(ticket->closed, from, to);
	tickets->resolved += within(ticket->closed, from, to) && is_resolved(ticket);
}

/* S13 and S14 promise no answer, and stay out of the targets. */
static int ticket_count(void *user, const struct admin_row *row)
{
	const struct ticket *ticket = row->ticket;
	struct reading *reading = user;
	struct report *report = reading->report;

	tickets_count(&report->care.kinds[ticket_kind_index(ticket->kind)].tickets, ticket, report->from_s, report->to_s);
	if (!ticket->kind->owes)
		return 0;
	tickets_count(&reading->period.tickets, ticket, report->from_s, report->to_s);
	for (unsigned int i = 0; i < REPORT_MONTHS; i++)
		tickets_count(&reading->months[i].counted.tickets, ticket, reading->months[i].from_s, reading->months[i].to_s);
	return 0;
}

/* ---- surveys ---- */

/* Noon of that day, which no change of the clock moves to another one. */
static int64_t day_time(int64_t day)
{
	struct tm of = {
		.tm_year = (int)(day / 10000) - 1900, .tm_mon = (int)(day / 100 % 100) - 1, .tm_mday = (int)(day % 100), .tm_hour = 12,
		.tm_isdst = -1,
	};

	return (int64_t)mktime(&of);
}

static void answers_count(struct counted *counted, const struct survey *survey)
{
	counted->answers += survey->score ? (uint64_t)survey->count : 0;
	counted->satisfied += survey->score >= SURVEY_SATISFIED ? (uint64_t)survey->count : 0;
}

static struct report_survey *survey_row(struct report_care *care, const char *name)
{
	unsigned int i = 0;

	while (i < care->survey_count && i < REPORT_SURVEYS_MAX - 1 && strcmp(care->surveys[i].name, name))
		i++;
	if (i == care->survey_count)
		snprintf(care->surveys[care->survey_count++].name, REPORT_NAME_SIZE, "%s", name);
	return &care->surveys[i];
}

static int survey_add(void *user, const struct admin_row *row)
{
	const struct survey *survey = row->survey;
	const int64_t time = day_time(survey->day);
	struct reading *reading = user;
	struct report *report = reading->report;
	struct report_survey *sum;

	for (unsigned int i = 0; i < REPORT_MONTHS; i++) {
		if (within(time, reading->months[i].from_s, reading->months[i].to_s))
			answers_count(&reading->months[i].counted, survey);
	}
	if (!within(time, report->from_s, report->to_s))
		return 0;
	answers_count(&reading->period, survey);
	sum = survey_row(&report->care, survey->about);
	sum->asked += survey->score ? 0 : (uint64_t)survey->count;
	sum->answered += survey->score ? (uint64_t)survey->count : 0;
	sum->satisfied += survey->score >= SURVEY_SATISFIED ? (uint64_t)survey->count : 0;
	sum->sum += (uint64_t)(survey->score * survey->count);
	return 0;
}

/* ---- targets ---- */

/* \a minor: the bound between a minor breach and a target that is missed. */
static struct report_target target_least(uint64_t part, uint64_t whole, unsigned int permille, unsigned int minor)
{
	return (struct report_target){
		.part = part, .whole = whole, .permille = permille, .state = part * 1000 >= permille * whole ? STATE_MET :
		part * 1000 >= minor * whole ? STATE_MINOR : STATE_MISSED,
	};
}

static struct report_target target_most(uint64_t part, uint64_t whole, unsigned int permille, unsigned int minor)
{
	return (struct report_target){
		.part = part, .whole = whole, .permille = permille, .at_most = true,
		.state = part * 1000 <= permille * whole ? STATE_MET : part * 1000 <= minor * whole ? STATE_MINOR : STATE_MISSED,
	};
}

/* Of a month without any case, all targets are met. */
static struct report_target target_in(const struct report_targets *targets, const struct counted *counted, enum report_measure measure)
{
	const struct report_tickets *tickets = &counted->tickets;

	switch (measure) {
	case MEASURE_IN_TIME:
		return target_least(tickets->in_time, tickets->due, targets->in_time, targets->in_time - targets->minor);
	case MEASURE_RESOLVED:
		return target_least(tickets->resolved, tickets->closed, targets->resolved, targets->resolved - targets->minor);
	case MEASURE_REPEATED:
		return target_most(tickets->repeated, tickets->opened, targets->repeated, targets->repeated_minor);
	default:
		return target_least(counted->satisfied, counted->answers, targets->satisfied, targets->satisfied - targets->minor);
	}
}

static void targets_set(struct reading *reading)
{
	const struct report_targets *targets = &reading->targets;

	reading->report->care.months_marked = targets->months;
	for (enum report_measure measure = 0; measure < MEASURE_COUNT; measure++) {
		struct report_target *target = &reading->report->care.targets[measure];

		*target = target_in(targets, &reading->period, measure);
		while (target->months_missed < REPORT_MONTHS &&
		       target_in(targets, &reading->months[target->months_missed].counted, measure).state != STATE_MET)
			target->months_missed++;
	}
}

static void targets_read(void *user, const struct setting *group, struct problems *problems)
{
	report_targets_read(group, user, problems);
}

/* ---- orders ---- */

static int order_count(void *user, const struct admin_row *row)
{
	const struct order *order = row->order;
	struct reading *reading = user;
	struct report_care *care = &reading->report->care;

	if (!within(order->ended_at, reading->report->from_s, reading->report->to_s))
		return 0;
	care->orders_done += order->state == ORDER_COMPLETED;
	care->orders_refused += order->state == ORDER_REFUSED;
	care->orders_dead += order->state == ORDER_DEAD;
	if (order->state == ORDER_COMPLETED && order->ticket) {
		care->refunds++;
		care->refunded += order->price;
	}
	return 0;
}

/* ---- both ---- */

static int read_all(const struct data_store *store, struct reading *reading)
{
	const struct admin_query tickets = { .list = ADMIN_TICKETS }, orders = { .list = ADMIN_ORDERS };
	const struct admin_query surveys = { .list = ADMIN_SURVEYS };
	int rc = store->ops->begin(store->admin);

	if (rc == 0)
		rc = store->ops->list(store->admin, &tickets, ticket_count, reading);
	if (rc == 0)
		rc = store->ops->list(store->admin, &orders, order_count, reading);
	if (rc == 0)
		rc = store->ops->list(store->admin, &surveys, survey_add, reading);
	store->ops->undo(store->admin);
	return rc < 0 ? data_why(store) : 0;
}

int report_care_read(struct report *report, const struct data_options *options)
{
	struct reading reading = { .report = report };
	struct data_store store;
	int status;

	_Static_assert(REPORT_KINDS_MAX >= 16, "there is room for every kind of ticket");
	for (unsigned int i = 0; i < ticket_kinds_count && i < REPORT_KINDS_MAX; i++) {
		report->care.kinds[i].id = ticket_kinds[i].name;
		report->care.kinds[i].name = report_kind_name(report->language, ticket_kinds[i].name);
		report->care.kinds[i].owes = ticket_kinds[i].owes;
		report->care.kind_count++;
	}
	months_set(&reading);
	if (data_config_read(options, "report", targets_read, &reading.targets))
		return 1;
	status = data_open(&store, options, ADMIN_READ) || read_all(&store, &reading);
	data_close(&store);
	if (!status)
		targets_set(&reading);
	report->care.known = !status;
	return status;
}
