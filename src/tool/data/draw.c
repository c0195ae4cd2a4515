/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data draw: rewards some of the network problems that subscribers reported and staff confirmed in a month (S14). Each has the
 * same chance, and one subscriber wins once. All winners are written in one transaction, and a month is drawn once. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <sodium.h>

#include "tool/data/command.h"
#include "tool/data/data.h"
#include "tool/data/tickets.h"

struct candidate {
	int64_t msisdn, number;
};

struct draw {
	int64_t month;			/* yyyymm */
	struct candidate *candidates;
	unsigned int count;
	bool drawn;			/* the month was drawn before */
};

static bool is_known(const struct draw *draw, int64_t msisdn)
{
	for (unsigned int i = 0; i < draw->count; i++) {
		if (draw->candidates[i].msisdn == msisdn)
			return true;
	}
	return false;
}

static int candidate_add(void *user, const struct admin_row *row)
{
	const struct ticket *ticket = row->ticket;
	struct draw *draw = user;

	if (!ticket->confirmed || tickets_month_of(ticket->confirmed) != draw->month)
		return 0;
	draw->drawn |= ticket->rewarded;
	if (ticket->former || is_known(draw, row->msisdn))
		return 0;
	draw->candidates = talloc_realloc(NULL, draw->candidates, struct candidate, draw->count + 1);
	draw->candidates[draw->count++] = (struct candidate){ row->msisdn, ticket->number };
	return 0;
}

/* Move a random one of those from \a first on to its place. */
static const struct candidate *choose(struct draw *draw, unsigned int first)
{
	const unsigned int at = first + randombytes_uniform(draw->count - first);
	const struct candidate chosen = draw->candidates[at];

	draw->candidates[at] = draw->candidates[first];
	draw->candidates[first] = chosen;
	return &draw->candidates[first];
}

static int reward(const struct data_store *store, const struct data_options *options, const struct draw *draw,
		  const struct candidate *winner, enum result *result)
{
	char number[MSISDN_SIZE], ticket[TICKET_NUMBER_SIZE], text[80];
	const struct tickets_event event = { number, ticket, TICKET_REWARD, text };

	msisdn_print(winner->msisdn, number);
	ticket_number_print(winner->number, ticket);
	snprintf(text, sizeof(text), "drawn from %u subscriber%s of %" PRId64, draw->count,
		 draw->count == 1 ? "" : "s", draw->month);
	return tickets_event(store, options, &event, result);
}

/* *\a why: NULL, or the reason why nothing was drawn. */
static int draw_all(const struct data_store *store, const struct data_options *options, struct draw *draw, unsigned int winners,
		    const char **why)
{
	const struct admin_query query = { .list = ADMIN_TICKETS };
	enum result result = RESULT_OK;
	int rc = store->ops->list(store->admin, &query, candidate_add, draw);

	if (draw->drawn)
		*why = "the month has been drawn";
	else if (!draw->count)
		*why = "no network problem was confirmed in this month";
	for (unsigned int i = 0; rc == 0 && !*why && i < winners && i < draw->count; i++) {
		rc = reward(store, options, draw, choose(draw, i), &result);
		if (rc == 0 && result != RESULT_OK)
			*why = "refused: its amount is more than \"alone_max\", or its form is not possible";
	}
	return rc;
}

static int draw_write(const struct data_store *store, const struct data_options *options, struct draw *draw)
{
	const unsigned int winners = options->winners;
	const char *why = NULL;
	int rc = store->ops->begin(store->admin);

	if (rc == 0)
		rc = draw_all(store, options, draw, winners, &why);
	if (rc == 0 && !why)
		rc = store->ops->commit(store->admin);
	if (rc < 0)
		data_why(store);
	store->ops->undo(store->admin);
	if (rc < 0 || why)
		return rc < 0 ? 1 : data_failed(options->period, why);
	for (unsigned int i = 0; i < winners && i < draw->count; i++)
		printf("%" PRId64 "  %08" PRId64 "\n", draw->candidates[i].msisdn, draw->candidates[i].number);
	printf("Drawn from %u subscriber%s. Each winner is sent the message \"rewarded\".\n", draw->count, draw->count == 1 ? "" : "s");
	return 0;
}

int data_draw(const struct data_options *options)
{
	struct data_options ruled = *options;
	struct account_rules rules;
	struct data_store store;
	struct draw draw = { 0 };
	int status;

	draw.month = tickets_month(options);
	if (!draw.month || !options->winners || !options->amount || !options->form)
		return data_failed("draw", "needs --month 2026-10, --winners, --amount and --form");
	if (!options->config)
		return data_failed("draw", "needs --config FILE: the limits of credits are in the daemon's configuration");
	if (draw.month >= tickets_month_of(time(NULL)))
		return data_failed(options->period, "the month is not over: more reports may be confirmed in it, and it is drawn once");
	if (tickets_rules(options, &rules))
		return 1;
	ruled.rules = &rules;
	status = data_open(&store, &ruled, ADMIN_WRITE) || draw_write(&store, &ruled, &draw);
	data_close(&store);
	talloc_free(draw.candidates);
	return status;
}
