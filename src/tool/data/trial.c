/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data trial: records a subscriber's decision about a trial, made on the hotline or in a shop (S7). */
#include <stdio.h>
#include <string.h>

#include "import/value.h"
#include "tool/data/data.h"
#include "tool/data/consents.h"
#include "tool/data/command.h"
#include "tool/data/print.h"

#define NAME_MAX_OCTETS 40
#define SHOWN_SIZE 200

/* The subscriber's decision, from the command line. */
struct decision {
	const char *number, *service, *what, *name;
	bool accepts;
	bool done;			/* billing already knows it, or there is no billing */
};

static bool words_read(const struct data_options *options, struct decision *decision)
{
	char **words = options->words;

	if (options->count < 4)
		return false;
	*decision = (struct decision){ .number = words[0], .service = words[1], .what = words[2], .name = words[3] };
	decision->accepts = !strcmp(decision->what, "accept");
	decision->done = options->count == 5 && !strcmp(words[4], "done");
	return (decision->accepts || !strcmp(decision->what, "end")) && (options->count == 4 || decision->done) && *decision->name &&
	       value_text(decision->name, strlen(decision->name), NAME_MAX_OCTETS, true);
}

/* Find the row of the service in the subscriber's list. *\a found false: the service is not on trial. */
static int trial_find(const struct data_store *store, const struct decision *decision, struct response *response,
		      struct record *trial, bool *found)
{
	char service[SERVICE_CODE_MAX + 1], state[ACCOUNT_CODE_SIZE];
	struct request request;
	uint16_t pos = 0;
	int rc;

	data_request(&request, REQUEST_SERVICES_MINE, decision->number);
	response_init(response);
	rc = store->ops->ask(store->admin, &request, response);
	*found = false;
	while (rc == 0 && !*found && rows_next(&response->rows, &pos, trial)) {
		record_text(trial, FIELD_SERVICE, service, sizeof(service));
		record_text(trial, FIELD_STATE, state, sizeof(state));
		*found = !strcmp(service, decision->service) && !strcmp(state, subscription_state_name(SUBSCRIPTION_TRIAL));
	}
	return rc;
}

/* Record the terms that were accepted or declined, in place of the text of a page. */
static void shown_put(const struct decision *decision, const struct record *trial, struct record *args)
{
	char period[ACCOUNT_CODE_SIZE] = "", shown[SHOWN_SIZE], until[VALUE_TEXT_SIZE], trial_price[MONEY_SIZE], later[MONEY_SIZE];
	const int64_t price = record_number(trial, FIELD_PRICE, 0);
	struct value ends;
	int len;

	record_text(trial, FIELD_PERIOD, period, sizeof(period));
	len = snprintf(shown, sizeof(shown), "%s: trial at %s until %s; unless agreed otherwise it %s then; paid, it is %s a %s",
		       decision->service, money_print(record_number(trial, FIELD_TRIAL_PRICE, 0), trial_price),
		       value_print_date(record_number(trial, FIELD_TRIAL_UNTIL, 0), until),
		       record_get(trial, FIELD_TRIAL_ENDS, &ends) ? "goes on" : "ends", money_print(price, later), period);
	record_put_text(args, ARG_SHOWN, shown, (size_t)len);
	record_put_number(args, FIELD_PRICE, price);
	record_put_text(args, FIELD_PERIOD, period, strlen(period));
}

/* Place the order for the subscriber, with the consent that they gave to a member of staff. */
static int order_write(const struct data_store *store, const struct decision *decision, const struct record *trial,
		       struct response *response)
{
	char by[NAME_MAX_OCTETS + sizeof("by ")];
	struct request request;
	struct record args = { .data = request.args, .size = sizeof(request.args) };

	data_request(&request, decision->accepts ? REQUEST_TRIAL_ACCEPT : REQUEST_SERVICE_DEACTIVATE, decision->number);
	if (store->ops->reference(store->admin, &request.ref) < 0)
		return -1;
	record_put_text(&args, FIELD_SERVICE, decision->service, strlen(decision->service));
	shown_put(decision, trial, &args);
	record_put_text(&args, ARG_ANSWERED, decision->what, strlen(decision->what));
	record_put_text(&args, ARG_CHANNEL, CONSENT_CHANNEL_STAFF, strlen(CONSENT_CHANNEL_STAFF));
	record_put_text(&args, ARG_TRUST, by, (size_t)snprintf(by, sizeof(by), "by %s", decision->name));
	request.args_len = args.len;
	response_init(response);
	return store->ops->ask(store->admin, &request, response);
}

/* *\a why: NULL, or the reason why no order was placed. */
static int trial_order(const struct data_store *store, const struct decision *decision, const char **why)
{
	struct response mine, response;
	struct record trial;
	bool found;
	int rc = trial_find(store, decision, &mine, &trial, &found);

	*why = NULL;
	if (rc == 0 && !found)
		*why = "the subscriber has no trial of this service, or has already decided about it";
	if (rc < 0 || !found)
		return rc;
	rc = order_write(store, decision, &trial, &response);
	if (rc == 0 && response.result != RESULT_OK && response.result != RESULT_ACCEPTED)
		*why = result_name(response.result);
	return rc;
}

static int trial_change(const struct data_store *store, const struct decision *decision)
{
	const char *why = NULL;
	int rc = store->ops->begin(store->admin);

	if (rc == 0)
		rc = trial_order(store, decision, &why);
	if (rc == 0 && !why)
		rc = store->ops->commit(store->admin);
	if (rc < 0)
		data_why(store);
	store->ops->undo(store->admin);
	if (rc < 0)
		return 1;
	if (why)
		return data_failed(decision->number, why);
	printf("%s %s%s.\n", decision->service, decision->accepts ? "continues after its trial" : "ends",
	       decision->done ? "" : ", once billing has completed the order; without billing, say \"done\"");
	return 0;
}

/* Record the decision, by those of the daemon's rules that an order needs. */
static int record_decision(const struct data_options *options, const struct decision *decision, const struct consent_keys *keys)
{
	struct account_rules rules = { .billing = !decision->done };
	struct data_options ruled = *options;
	struct data_store store;
	int status;

	rules.retention_days[RETENTION_NOTIFICATIONS] = retention_days(RETENTION_NOTIFICATIONS);
	ruled.rules = &rules;
	ruled.consent_key = consent_key_current(keys);
	status = data_open(&store, &ruled, ADMIN_WRITE) || trial_change(&store, decision);
	data_close(&store);
	return status;
}

int data_trial(const struct data_options *options)
{
	struct data_keys keys;
	struct decision decision;
	int64_t msisdn;
	int known, status;

	if (!words_read(options, &decision)) {
		fputs("starhash-data: usage: trial DB NUMBER SERVICE accept|end NAME [done]; done: billing already knows\n", stderr);
		return 2;
	}
	if (!msisdn_key(decision.number, &msisdn))
		return data_failed(decision.number, "not a number");
	known = data_keys_open(&keys, options);
	if (known == 0)
		return data_failed(options->file, "the key that seals consents is missing; name starhashd's with --key");
	if (known < 0)
		return 1;
	status = record_decision(options, &decision, &keys.consent);
	data_keys_close(&keys);
	return status;
}
