/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data show: prints all data held about one subscriber in plain words, except secrets. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "import/value.h"
#include "starhash/account.h"
#include "tool/data/data.h"
#include "tool/data/command.h"
#include "tool/data/print.h"

#define NEWEST_MAX 20		/* entries of a growing list */

static void print_number(enum field_type type, int64_t number)
{
	char text[VALUE_TEXT_SIZE];

	switch (type) {
	case FIELD_TYPE_MONEY:
		print_money(stdout, number);
		break;
	case FIELD_TYPE_DATE:
		fputs(value_print_date(number, text), stdout);
		break;
	case FIELD_TYPE_MONTH:
		fputs(value_print_month(number, text), stdout);
		break;
	case FIELD_TYPE_TIME:
		print_time(stdout, number);
		break;
	default:
		fputs(value_print_number(number, text), stdout);
	}
}

static void print_value(enum field field, const struct value *value)
{
	if (value->is_text)
		printf("%.*s", (int)value->len, value->text);
	else
		print_number(field_info(field)->type, value->number);
}

static void print_rows(const char *title, const struct rows *rows)
{
	struct record row;
	struct value value;
	uint16_t pos = 0, at, id;

	if (rows->count)
		printf("\n%s\n", title);
	while (rows_next(rows, &pos, &row)) {
		at = 0;
		while (record_next(&row, &at, &id, &value)) {
			fputs("  ", stdout);
			print_value(id, &value);
		}
		putchar('\n');
	}
}

/* ---- data that menus can request ---- */

static int ask_store(const struct data_store *store, enum request_kind kind, const char *number, struct response *response)
{
	struct request request;

	data_request(&request, kind, number);
	response_init(response);
	return store->ops->ask(store->admin, &request, response) < 0 ? data_why(store) : 0;
}

static int show_profile(const struct data_store *store, const char *number)
{
	struct response response;
	struct value value;

	if (ask_store(store, REQUEST_PROFILE, number, &response))
		return 1;
	if (response.result != RESULT_OK)
		return data_failed(store->name, "no subscriber has this number");
	for (enum field field = FIELD_NONE + 1; field < FIELD_COUNT; field++) {
		if (!record_get(&response.facts, field, &value))
			continue;
		printf("%-12s ", field_info(field)->name);
		print_value(field, &value);
		putchar('\n');
	}
	return 0;
}

static int show_rows(const struct data_store *store, const char *number)
{
	static const struct {
		enum request_kind kind;
		const char *title;
	} lists[] = {
		{ REQUEST_SERVICES_MINE, "Services: price, period, since, end of the trial, last day, state" },
		{ REQUEST_BILLS, "Bills" },
		{ REQUEST_POINTS, "Points, newest first" },
	};
	struct response response;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		if (ask_store(store, lists[i].kind, number, &response))
			return 1;
		print_rows(lists[i].title, &response.rows);
	}
	return 0;
}

/* ---- data that no menu can request ---- */

static void print_title(bool *printed, const char *title)
{
	if (!*printed)
		printf("\n%s\n", title);
	*printed = true;
}

static const char *text_or_dash(const char *text)
{
	return *text ? text : "-";
}

static const char *date_or_dash(uint32_t date, char text[static VALUE_TEXT_SIZE])
{
	return date ? value_print_date(date, text) : "-";
}

static int print_account(void *user, const struct stored_account *account)
{
	char until[VALUE_TEXT_SIZE], trial_until[VALUE_TEXT_SIZE];
	bool imsis = false, changes = false;

	for (int i = 0; i < STORED_IMSIS_MAX && account->imsis[i][0]; i++) {
		print_title(&imsis, "IMSIs");
		printf("  %s\n", account->imsis[i]);
	}
	for (unsigned int i = 0; i < account->subscriptions_count; i++) {
		const struct stored_subscription *subscription = &account->subscriptions[i];

		if (subscription_state_by_name(subscription->state) == SUBSCRIPTION_ACTIVE)
			continue;
		print_title(&changes, "Changing subscriptions: service, state, trial until, until");
		printf("  %s  %s  %s  %s\n", subscription->service, subscription->state,
		       date_or_dash(subscription->trial_until, trial_until), date_or_dash(subscription->until, until));
	}
	return 0;
}

static void print_password(const struct admin_row *row)
{
	const struct password *password = row->password;
	const struct password_lock *lock = &password->lock[PASSWORD_LINK_TRUSTED];
	char until[MOMENT_SIZE] = "-";

	if (lock->until == LOCKED_FOR_GOOD)
		snprintf(until, sizeof(until), "released");
	else if (lock->until > time(NULL))
		moment_print(lock->until, until);
	printf("  %" PRId64 "  %" PRId64 "  %s  %s\n", lock->attempts, lock->locks, until, password->temporary ? "yes" : "no");
}

static void print_order(const struct admin_row *row)
{
	const struct order *order = row->order;

	fputs("  ", stdout);
	print_time(stdout, order->accepted_at);
	printf("  %s  %s%s%s  %s  %" PRId64 "  %s\n", request_kind_name(order_request_kind(order->kind)),
	       text_or_dash(order_subject_name(order)), order->instead[0] ? " instead of " : "", order->instead,
	       order_state_name(order->state), order->attempts, text_or_dash(order->reason));
}

static void print_consent(const struct admin_row *row)
{
	static const enum consent_text shown[] = { CONSENT_KIND, CONSENT_SERVICE, CONSENT_CHANNEL, CONSENT_TRUST, CONSENT_ANSWERED };
	const struct consent *consent = row->consent;

	fputs("  ", stdout);
	print_time(stdout, consent->time);
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++) {
		const void *octets = consent->texts[shown[i]].octets;

		printf("  %.*s", octets ? (int)consent->texts[shown[i]].len : 1, octets ? (const char *)octets : "-");
	}
	putchar('\n');
}

static void print_notification(const struct admin_row *row)
{
	const struct admin_notification *notification = row->notification;

	printf("  %s  %s  %" PRId64 "  ", notification->kind, notification->sending ? notification->sending : "waiting",
	       notification->attempts);
	print_time(stdout, notification->sending ? notification->ended : notification->due);
	fputs("  ", stdout);
	print_time(stdout, notification->expires);
	putchar('\n');
}

static void print_conversation(const struct admin_row *row)
{
	printf("  %s  ", row->conversation->number);
	print_time(stdout, row->conversation->until);
	putchar('\n');
}

static void print_ticket(const struct admin_row *row)
{
	const struct ticket *ticket = row->ticket;
	char number[TICKET_NUMBER_SIZE];

	printf("  %s  %s  %s%s  ", ticket_number_print(ticket->number, number), ticket->kind->name, ticket_state_name(ticket->state),
	       ticket->former ? ", of a former owner" : "");
	print_time(stdout, ticket->opened);
	fputs("  ", stdout);
	if (ticket->owed_by)
		print_time(stdout, ticket->owed_by);
	else
		putchar('-');
	putchar('\n');
}

static const struct list {
	enum admin_list list;
	const char *title;
	unsigned int max;
	void (*print)(const struct admin_row *row);
} lists[] = {
	{ ADMIN_PASSWORDS, "Password: wrong attempts, locks, locked until, temporary", 0, print_password },
	{ ADMIN_ORDERS, "Orders, newest first: accepted, kind, service, state, attempts, reason", NEWEST_MAX, print_order },
	{ ADMIN_CONSENTS, "Consents, newest first: time, kind, service, link, trust, answered", NEWEST_MAX, print_consent },
	{ ADMIN_NOTIFICATIONS, "Notifications: kind, state, attempts, sent or due, removed or expires", 0, print_notification },
	{ ADMIN_TICKETS, "Tickets, newest first: number, kind, state, opened, answer owed by", NEWEST_MAX, print_ticket },
	{ ADMIN_CONVERSATIONS, "Conversations: short code, until", 0, print_conversation },
};

struct listing {
	const struct list *list;
	bool titled;
};

static int print_listed(void *user, const struct admin_row *row)
{
	struct listing *listing = user;

	if (listing->list->list == ADMIN_PASSWORDS && !row->password->hash[0])
		return 0;			/* there is none */
	print_title(&listing->titled, listing->list->title);
	listing->list->print(row);
	return 0;
}

static int show_subscriber(const struct data_store *store, const char *number, int64_t msisdn)
{
	const struct admin_selection selection = { .msisdn = msisdn, .kinds = 1u << ACCOUNT_PROFILE | 1u << ACCOUNT_SERVICES };

	if (show_profile(store, number) || show_rows(store, number))
		return 1;
	if (store->ops->accounts(store->admin, &selection, print_account, NULL) < 0)
		return data_why(store);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		const struct admin_query query = { .list = lists[i].list, .msisdn = msisdn, .max = lists[i].max };
		struct listing listing = { .list = &lists[i] };

		if (store->ops->list(store->admin, &query, print_listed, &listing) < 0)
			return data_why(store);
	}
	return 0;
}

int data_show(const struct data_options *options)
{
	struct data_store store;
	int64_t msisdn;
	int status;

	if (!msisdn_key(options->words[0], &msisdn))
		return data_failed(options->words[0], "not an international number");
	status = data_open(&store, options, ADMIN_WRITE) || data_access_note(&store, options->words[0]) ||
		 show_subscriber(&store, options->words[0], msisdn);
	data_close(&store);
	return status;
}
