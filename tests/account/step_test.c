/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S3, S4, S6, S7, S11, S18, F4, F5: the effect of each request on an account: answer, facts and changes, without a store.
 *
 * Each row gives what a store would have loaded, and the expected step. After every row the account must match its changes, and
 * nothing may have been read that was not loaded: see step_ask(). */
#include <stdio.h>
#include <string.h>

#include "tests/account/printed.h"
#include "tests/cmocka.h"

#define ROWS(table) (sizeof(table) / sizeof(*(table)))
#define MSISDN INT64_C(13800138000)
#define DAY_S INT64_C(86400)
#define HOUR_S 3600
#define ID 5				/* of the order that a request names */

/* ---- what is sold ---- */

static const struct service news = { .code = "NEWS", .price = 300, .period = "month", .excludes = "" };
static const struct service other_news = { .code = "NEWS", .price = 300, .period = "month", .excludes = "GB1 MUSIC" };
static const struct service own_news = { .code = "NEWS", .price = 300, .period = "month", .excludes = "NEWS" };
static const struct service next_news = {
	.code = "NEWS", .price = 300, .period = "month", .activates_next_period = true, .deactivates_next_period = true, .excludes = "",
};
static const struct service trial_news = { .code = "NEWS", .price = 300, .period = "month", .trial_days = 7, .excludes = "" };
static const struct service priced_trial_news = {
	.code = "NEWS", .price = 300, .period = "month", .trial_days = 7, .trial_price = 50, .excludes = "",
};
static const struct service paid_trial_news = {
	.code = "NEWS", .price = 300, .period = "month", .trial_days = 7, .trial_ends = TRIAL_ENDS_PAID, .excludes = "",
};
static const struct service postpaid_news = { .code = "NEWS", .price = 300, .period = "month", .account = "postpaid", .excludes = "" };
static const struct service classic_news = { .code = "NEWS", .price = 300, .period = "month", .brand = "classic", .excludes = "" };

/* ---- a row ---- */

struct arg {
	uint16_t id;			/* 0: the last one */
	const char *text;		/* NULL: a number */
	int64_t number;
};

#define T(field, words) { .id = field, .text = words }
#define N(field, value) { .id = field, .number = value }

struct given {
	bool unknown;			/* the subscriber */
	const char *status;		/* NULL: active */
	const struct service *sold;	/* the service of the request; NULL: unknown service */
	bool withdrawn;			/* from sale */
	struct subscription subscriptions[3];
	const char *excludes;		/* so many of each of these */
	unsigned int full;		/* so many more subscriptions, to other services */
	struct account_order in_flight[4];
	unsigned int queue;		/* so many more, about other services */
	struct order order;		/* id 0: no such order */
	bool password;
	struct password_lock lock[PASSWORD_LINKS];
	bool temporary;
	const char *past, *pieces;
	const char *late;		/* NULL: no conversation with a silence text */
	struct proposal proposal;	/* number "": no such proposal */
};

struct row {
	const char *what;
	enum request_kind kind;
	struct arg args[10];
	struct answered answered;
	struct order_outcome outcome;
	struct password_request password;
	const char *short_code, *channel, *session, *late, *words;	/* of a conversation, or of a text */
	int64_t until;
	struct given given;
	bool billing;
	bool no_ref;
	int32_t utc_offset;
	const char *says;		/* printed() */
};

static const struct account_rules rules = {
	.password = { .attempts_max = 3, .lock_s = { 600, 3600 }, .locks = 2 },
	.retention_days = { [RETENTION_NOTIFICATIONS] = 7 },
};

#define IS(code, is, ...) { .service = code, .state = SUBSCRIPTION_##is, .since = 20261001, __VA_ARGS__ }
#define WAITING(number, what, about) { .id = number, .kind = what, .service = about, .due = ORDER_WAITS, .attempts = 1 }
#define DUE(number, what, about) { .id = number, .kind = what, .service = about, .due = NOW - 60, .attempts = 2 }

#define PAID .trial_ends = TRIAL_ENDS_PAID

/* An order for NEWS from yesterday, in the given state. */
#define ORDER(what, is, ...) \
	{ .id = ID, .ref = 77, .kind = what, .state = is, .service = "NEWS", .effective = 20261119, .priced = true, .price = 300, \
	  .period = "month", .accepted_at = NOW - DAY_S, .due = NOW, .attempts = 4, __VA_ARGS__ }
#define LINE_ORDER(what, is, ...) \
	{ .id = ID, .ref = 77, .kind = what, .state = is, .effective = 20261119, .accepted_at = NOW - DAY_S, .due = NOW, \
	  .attempts = 4, __VA_ARGS__ }

/* ---- the account ---- */

static void subscriptions_give(const struct given *given, struct account *account)
{
	for (size_t i = 0; i < ROWS(given->subscriptions) && given->subscriptions[i].service[0]; i++) {
		const struct service terms = {
			.code = given->subscriptions[i].service, .period = "month", .excludes = given->excludes ? given->excludes : "",
		};

		account_add_subscription(account, &given->subscriptions[i], &terms);
	}
	for (unsigned int i = 0; i < given->full; i++) {
		struct subscription more = { .since = 20261001 };
		const struct service terms = { .code = more.service, .period = "month", .excludes = "" };

		snprintf(more.service, sizeof(more.service), "Z%03u", i);
		account_add_subscription(account, &more, &terms);
	}
}

static void in_flight_give(const struct given *given, struct account *account)
{
	for (size_t i = 0; i < ROWS(given->in_flight) && given->in_flight[i].id; i++)
		assert_true(account_add_in_flight(account, &given->in_flight[i]));
	for (unsigned int i = 0; i < given->queue; i++) {
		struct account_order more = { .id = 100 + i, .due = ORDER_WAITS };

		snprintf(more.service, sizeof(more.service), "Y%02u", i);
		assert_true(account_add_in_flight(account, &more));
	}
}

static void password_give(const struct given *given, struct account *account)
{
	account->has_password = true;
	account->password = (struct password){ .hash = "now", .temporary = given->temporary };
	memcpy(account->password.lock, given->lock, sizeof(given->lock));
	snprintf(account->password.past, sizeof(account->password.past), "%s", given->past ? given->past : "");
	snprintf(account->id_pieces, sizeof(account->id_pieces), "%s", given->pieces ? given->pieces : "");
}

static void conversation_give(const struct given *given, struct account *account)
{
	account->unanswered = true;
	strcpy(account->short_code, "10086");
	account->late_len = strlen(given->late);
	memcpy(account->late, given->late, account->late_len);
}

/* What a store would load: only the parts that the request needs. */
static void account_give(const struct given *given, const struct request *request, struct account *account)
{
	const unsigned int parts = account_parts(request->kind);

	memset(account, 0xa5, sizeof(*account));
	account_begin(account, request);
	account->msisdn = MSISDN;
	if (parts & ACCOUNT_PART_ORDER && given->order.id)
		account_set_order(account, &given->order);
	account->known = !given->unknown;
	if (account->known) {
		strcpy(account->account, "prepaid");
		strcpy(account->brand, "young");
		strcpy(account->language, "en");
		strcpy(account->status, given->status ? given->status : "active");
	}
	if (parts & ACCOUNT_PART_SERVICES && given->sold && account->service[0])
		account_set_terms(account, given->sold, !given->withdrawn);
	if (parts & ACCOUNT_PART_SERVICES && account->service[0])
		subscriptions_give(given, account);
	if (parts & ACCOUNT_PART_IN_FLIGHT)
		in_flight_give(given, account);
	if (parts & ACCOUNT_PART_PASSWORD && given->password)
		password_give(given, account);
	if (parts & ACCOUNT_PART_CONVERSATION && given->late)
		conversation_give(given, account);
	if (parts & ACCOUNT_PART_PROPOSAL && given->proposal.number[0]) {
		account->proposal_known = true;
		account->proposal = given->proposal;
	}
}

/* The members that only one kind has. */
static void kind_make(const struct row *row, struct request *request)
{
	const char *short_code = row->short_code ? row->short_code : "";

	switch (row->kind) {
	case REQUEST_ORDER_END:
		request->outcome = row->outcome;
		break;
	case REQUEST_PASSWORD_ATTEMPT:
	case REQUEST_PASSWORD_SET:
	case REQUEST_PASSWORD_GIVE:
		request->password = row->password;
		break;
	case REQUEST_TEXT_SAVE:
		request->text.until = row->until;
		strcpy(request->text.short_code, short_code);
		strcpy(request->text.channel, row->channel ? row->channel : "");
		if (row->words)
			assert_int_equal(request_put_span(request, &request->text.text, row->words, strlen(row->words)), 0);
		break;
	default:
		request->conversation.until = row->until;
		strcpy(request->conversation.short_code, short_code);
		if (row->session)
			assert_int_equal(request_put_span(request, &request->conversation.session, row->session, strlen(row->session)), 0);
		if (row->late)
			assert_int_equal(request_put_span(request, &request->conversation.late, row->late, strlen(row->late)), 0);
	}
}

static void request_make(const struct row *row, struct request *request)
{
	struct record args;

	*request = (struct request){
		.kind = row->kind, .ref = row->no_ref ? 0 : 77, .now = NOW, .utc_offset = row->utc_offset,
		.subscriber = { .msisdn = "13800138000" }, .answered = row->answered,
	};
	kind_make(row, request);
	args = request_args(request);
	for (const struct arg *arg = row->args; arg->id; arg++) {
		if (arg->text)
			assert_int_equal(record_put_text(&args, arg->id, arg->text, strlen(arg->text)), 0);
		else
			assert_int_equal(record_put_number(&args, arg->id, arg->number), 0);
	}
	request_set_args(request, &args);
}

/* ---- running a table ---- */

static bool kinds_tried[REQUEST_KIND_COUNT];

static void step_ask(const struct row *row, bool replay, const char *says)
{
	static struct account account, before;
	static struct account_step step;
	static struct response response;
	static char text[PRINTED_SIZE];
	struct account_rules with = rules;
	struct request request;

	with.billing = row->billing;
	request_make(row, &request);
	account_give(&row->given, &request, &account);
	before = account;
	response_init(&response);
	response.result = RESULT_NOT_FOUND;
	memset(&step, 0xa5, sizeof(step));
	step.response = &response;
	if (replay)
		account_replay(&account, &request, &step);
	else
		account_step(&with, &account, &request, &step);
	printed(&step, text);
	if (strcmp(text, says))
		fail_msg("%s\n---- is\n%s---- but wanted\n%s----", row->what, text, says);
	assert_follows(&before, &step, &account);
	kinds_tried[row->kind] = true;
}

static void rows_run(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		print_message("  %s\n", rows[i].what);
		step_ask(&rows[i], false, rows[i].says);
	}
}

/* ---- the list of requests ---- */

static void account_parts__each_request__what_a_store_loads(void **state)
{
#define ABOUT_SERVICES (ACCOUNT_PART_SERVICES | ACCOUNT_PART_IN_FLIGHT)
	static const struct {
		bool steps;
		unsigned int parts;
		bool replays;
	} table[REQUEST_KIND_COUNT] = {
		[REQUEST_SERVICE_ACTIVATE] = { true, ABOUT_SERVICES, true },
		[REQUEST_SERVICE_DEACTIVATE] = { true, ABOUT_SERVICES, true },
		[REQUEST_TRIAL_ACCEPT] = { true, ABOUT_SERVICES, true },
		[REQUEST_SERVICE_CHANGE] = { true, ABOUT_SERVICES, true },
		[REQUEST_LINE_SUSPEND] = { true, ACCOUNT_PART_IN_FLIGHT, true },
		[REQUEST_LINE_RESUME] = { true, ACCOUNT_PART_IN_FLIGHT, true },
		[REQUEST_BACKEND_ORDER] = { true, ACCOUNT_PART_IN_FLIGHT, true },
		[REQUEST_ORDER_END] = { true, ACCOUNT_PART_ORDER | ABOUT_SERVICES | ACCOUNT_PART_TICKETS, false },
		[REQUEST_ORDER_RELEASE] = { true, ACCOUNT_PART_ORDER | ABOUT_SERVICES, false },
		[REQUEST_ACCOUNT_PURGE] = { true, ACCOUNT_PART_IN_FLIGHT | ACCOUNT_PART_ABSENT, false },
		[REQUEST_ORDERS_PURGE] = { true, ACCOUNT_PART_IN_FLIGHT | ACCOUNT_PART_ABSENT, false },
		[REQUEST_PASSWORD_RELEASE] = { true, ACCOUNT_PART_PASSWORD, false },
		[REQUEST_PASSWORD_GIVE] = { true, ACCOUNT_PART_PASSWORD, false },
		[REQUEST_SUBSCRIPTION_DUE] = { true, ABOUT_SERVICES, false },
		[REQUEST_LANGUAGE_SET] = { true, 0, true },
		[REQUEST_PASSWORD_CHANGE] = { false, 0, true },
		[REQUEST_PASSWORD_ATTEMPT] = { true, ACCOUNT_PART_PASSWORD, false },
		[REQUEST_PASSWORD_SET] = { true, ACCOUNT_PART_PASSWORD, false },
		[REQUEST_CONVERSATION_SAVE] = { true, 0, false },
		[REQUEST_CONVERSATION_EXPIRE] = { true, ACCOUNT_PART_CONVERSATION, false },
		[REQUEST_CONVERSATION_DUE] = { true, ACCOUNT_PART_CONVERSATION, false },
		[REQUEST_TEXT_SAVE] = { true, 0, false },
		[REQUEST_PREFERENCE_SET] = { true, ACCOUNT_PART_PREFERENCES, true },
		[REQUEST_REMINDER_DUE] = { true, ACCOUNT_PART_PREFERENCES | ACCOUNT_PART_FACTS | ACCOUNT_PART_FEES, false },
		[REQUEST_EVENT] = { true, ACCOUNT_PART_EVENT | ACCOUNT_PART_PREFERENCES | ACCOUNT_PART_FEES, false },
		[REQUEST_PROPOSE] = { true, ACCOUNT_PART_EVENT | ACCOUNT_PART_PREFERENCES | ABOUT_SERVICES, false },
		[REQUEST_TICKET_ACT] = { true, ACCOUNT_PART_EVENT | ACCOUNT_PART_TICKETS | ACCOUNT_PART_ABSENT |
					 ACCOUNT_PART_IN_FLIGHT | ACCOUNT_PART_CREDITS, false },
		[REQUEST_PROPOSAL_ACCEPT] = { true, ACCOUNT_PART_PROPOSAL | ABOUT_SERVICES, true },
		[REQUEST_PROPOSAL_DECLINE] = { true, ACCOUNT_PART_PROPOSAL, true },
		[REQUEST_PROPOSAL_CODE] = { true, ACCOUNT_PART_PROPOSAL, false },
		[REQUEST_PROPOSAL_CONFIRM] = { true, ACCOUNT_PART_PROPOSAL | ABOUT_SERVICES, false },
		[REQUEST_TICKET_OPEN] = { true, ACCOUNT_PART_TICKETS | ACCOUNT_PART_ABSENT, true },
		[REQUEST_TICKET_WRITE] = { true, ACCOUNT_PART_TICKETS | ACCOUNT_PART_ABSENT, true },
		[REQUEST_TICKET_RESOLVE] = { true, ACCOUNT_PART_TICKETS | ACCOUNT_PART_ABSENT, true },
		[REQUEST_TICKET_REOPEN] = { true, ACCOUNT_PART_TICKETS | ACCOUNT_PART_ABSENT, true },
		[REQUEST_TICKET_STAFF] = { true, ACCOUNT_PART_TICKETS | ACCOUNT_PART_ABSENT | ACCOUNT_PART_IN_FLIGHT |
					   ACCOUNT_PART_CREDITS, false },
		[REQUEST_ACCESS] = { true, 0, false },
		[REQUEST_SURVEY_OFFER] = { true, ACCOUNT_PART_PREFERENCES | ACCOUNT_PART_TICKETS, true },
		[REQUEST_SURVEY_ANSWER] = { true, ACCOUNT_PART_PREFERENCES, true },
		[REQUEST_TICKET_DUE] = { true, ACCOUNT_PART_TICKETS | ACCOUNT_PART_ABSENT | ACCOUNT_PART_DELIVERY, false },
	};

	for (enum request_kind kind = 0; kind < REQUEST_KIND_COUNT; kind++) {
		if (account_steps(kind) != table[kind].steps || account_parts(kind) != table[kind].parts ||
		    account_replays(kind) != table[kind].replays)
			fail_msg("%s: steps %d, parts %#x, replays %d", request_kind_name(kind), account_steps(kind), account_parts(kind),
				 account_replays(kind));
	}
}

/* Only an order may exist without its subscriber. */
static void account_step__unknown_subscriber__nothing_changes(void **state)
{
	for (enum request_kind kind = 0; kind < REQUEST_KIND_COUNT; kind++) {
		const struct row row = {
			.what = request_kind_name(kind), .kind = kind, .given = { .unknown = true, .password = true, .late = "late" },
			.args = { T(FIELD_SERVICE, "NEWS"), T(FIELD_LANGUAGE, "zh") }, .short_code = "10086",
			.answered = { .short_code = "10086" }, .outcome.end = END_DONE,
		};

		if (account_steps(kind) && !(account_parts(kind) & ACCOUNT_PART_ABSENT))
			step_ask(&row, false, "not found\n");
	}
}

/* ---- ordering services ---- */

#define ABOUT(...) { T(FIELD_SERVICE, "NEWS"), __VA_ARGS__ }
#define SHOWN T(ARG_SHOWN, "Activate News?"), T(ARG_ANSWERED, "1")

static void service_activate__without_billing__completed_at_once(void **state)
{
	static const struct row rows[] = {
		{ .what = "activate: nothing shown", .kind = REQUEST_SERVICE_ACTIVATE, .args = ABOUT(), .given = { .sold = &news },
		  .says = "ok effective=20261120 services='NEWS'\n"
			  "order.add service_activate NEWS completed ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=now due=now\n"
			  "subscription.put NEWS active since=20261120\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261120 language='en'\n"
			  "services 'NEWS'\n" },
		{ .what = "activate: shown over a link", .kind = REQUEST_SERVICE_ACTIVATE, .given = { .sold = &news },
		  .args = ABOUT(T(FIELD_PERIOD, "month"), SHOWN, T(ARG_CHANNEL, "ussd"), T(ARG_TRUST, "order+code"),
				N(FIELD_PRICE, 300)),
		  .says = "ok effective=20261120 services='NEWS'\n"
			  "order.add service_activate NEWS completed ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=now due=now\n"
			  "consent.add time=now msisdn=13800138000 ref=77 kind='service activate' service='NEWS' channel='ussd' "
			  "trust='order+code' shown='Activate News?' answered='1'\n"
			  "subscription.put NEWS active since=20261120\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261120 language='en'\n"
			  "services 'NEWS'\n" },
		{ .what = "activate: shown, without link and trust", .kind = REQUEST_SERVICE_ACTIVATE, .args = ABOUT(SHOWN),
		  .given = { .sold = &news },
		  .says = "ok effective=20261120 services='NEWS'\n"
			  "order.add service_activate NEWS completed ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=now due=now\n"
			  "consent.add time=now msisdn=13800138000 ref=77 kind='service activate' service='NEWS' channel='' trust='' "
			  "shown='Activate News?' answered='1'\n"
			  "subscription.put NEWS active since=20261120\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261120 language='en'\n"
			  "services 'NEWS'\n" },
		{ .what = "activate: shown is not a text", .kind = REQUEST_SERVICE_ACTIVATE, .args = ABOUT(N(ARG_SHOWN, 1)),
		  .given = { .sold = &news },
		  .says = "ok effective=20261120 services='NEWS'\n"
			  "order.add service_activate NEWS completed ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=now due=now\n"
			  "subscription.put NEWS active since=20261120\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261120 language='en'\n"
			  "services 'NEWS'\n" },
		{ .what = "activate: beside others", .kind = REQUEST_SERVICE_ACTIVATE, .args = ABOUT(),
		  .given = { .sold = &news, .subscriptions = { IS("GB1", ACTIVE), IS("WEATHER", TRIAL, .trial_until = 20261130) } },
		  .says = "ok effective=20261120 services='GB1 NEWS WEATHER'\n"
			  "order.add service_activate NEWS completed ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=now due=now\n"
			  "subscription.put NEWS active since=20261120\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261120 language='en'\n"
			  "services 'GB1 NEWS WEATHER'\n" },
		{ .what = "activate: trial", .kind = REQUEST_SERVICE_ACTIVATE, .args = ABOUT(), .given = { .sold = &trial_news },
		  .says = "ok effective=20261120 trial_until=20261126 services='NEWS'\n"
			  "order.add service_activate NEWS completed ref=77 effective=20261120 trial=20261126 price=300/month accepted=now "
			  "ended=now due=now\n"
			  "subscription.put NEWS trial since=20261120 trial=20261126\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' trial_until=20261126 effective=20261120 language='en'\n"
			  "services 'NEWS'\n" },
		{ .what = "activate: trial with a price", .kind = REQUEST_SERVICE_ACTIVATE, .args = ABOUT(),
		  .given = { .sold = &priced_trial_news },
		  .says = "ok effective=20261120 trial_until=20261126 services='NEWS'\n"
			  "order.add service_activate NEWS completed ref=77 effective=20261120 trial=20261126 trial_price=50 "
			  "price=300/month "
			  "accepted=now ended=now due=now\n"
			  "subscription.put NEWS trial since=20261120 trial=20261126\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' trial_price=50 trial_until=20261126 effective=20261120 language='en'\n"
			  "services 'NEWS'\n" },
		{ .what = "activate: trial that goes on", .kind = REQUEST_SERVICE_ACTIVATE,
		  .args = ABOUT(N(FIELD_PRICE, 300), T(FIELD_TRIAL_ENDS, "paid"), SHOWN, T(ARG_CHANNEL, "ussd"),
				T(ARG_TRUST, "order")),
		  .given = { .sold = &paid_trial_news },
		  .says = "ok effective=20261120 trial_until=20261126 services='NEWS'\n"
			  "order.add service_activate NEWS completed ref=77 effective=20261120 trial=20261126 trial_ends=paid "
			  "price=300/month "
			  "accepted=now ended=now due=now\n"
			  "consent.add time=now msisdn=13800138000 ref=77 kind='service activate' service='NEWS' channel='ussd' "
			  "trust='order' shown='Activate News?' answered='1'\n"
			  "subscription.put NEWS trial since=20261120 trial=20261126 trial_ends=paid\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' trial_ends='paid' trial_until=20261126 effective=20261120 "
			  "language='en'\n"
			  "services 'NEWS'\n" },
		{ .what = "activate: trial that goes on, and was shown as one that ends", .kind = REQUEST_SERVICE_ACTIVATE,
		  .args = ABOUT(N(FIELD_PRICE, 300)), .given = { .sold = &paid_trial_news }, .says = "conflict services=''\n" },
		{ .what = "activate: trial that ends, and was shown as one that goes on", .kind = REQUEST_SERVICE_ACTIVATE,
		  .args = ABOUT(N(FIELD_PRICE, 300), T(FIELD_TRIAL_ENDS, "paid")), .given = { .sold = &trial_news },
		  .says = "conflict services=''\n" },
		{ .what = "activate: next period", .kind = REQUEST_SERVICE_ACTIVATE, .args = ABOUT(), .given = { .sold = &next_news },
		  .says = "ok effective=20261201 services='NEWS'\n"
			  "order.add service_activate NEWS completed ref=77 effective=20261201 price=300/month accepted=now "
			  "ended=now due=now\n"
			  "subscription.put NEWS active since=20261201\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261201 language='en'\n"
			  "services 'NEWS'\n" },
		{ .what = "activate: tomorrow on the operator's calendar", .kind = REQUEST_SERVICE_ACTIVATE, .args = ABOUT(),
		  .given = { .sold = &news }, .utc_offset = 16 * HOUR_S,
		  .says = "ok effective=20261121 services='NEWS'\n"
			  "order.add service_activate NEWS completed ref=77 effective=20261121 price=300/month accepted=now "
			  "ended=now due=now\n"
			  "subscription.put NEWS active since=20261121\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261121 language='en'\n"
			  "services 'NEWS'\n" },
		{ .what = "activate: runs out", .kind = REQUEST_SERVICE_ACTIVATE, .args = ABOUT(),
		  .given = { .sold = &trial_news, .subscriptions = { IS("NEWS", DEACTIVATING, .until = 20261130) } },
		  .says = "ok effective=20261120 services='NEWS'\n"
			  "order.add service_activate NEWS completed ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=now due=now\n"
			  "subscription.put NEWS active since=20261001\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261120 language='en'\n"
			  "services 'NEWS'\n" },
		{ .what = "activate: runs out, and excludes itself", .kind = REQUEST_SERVICE_ACTIVATE, .billing = true, .args = ABOUT(),
		  .given = { .sold = &own_news, .subscriptions = { IS("NEWS", DEACTIVATING, .until = 20261130) }, .excludes = "NEWS" },
		  .says = "accepted effective=20261120 services='NEWS'\n"
			  "order.add service_activate NEWS accepted ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=never due=now\n"
			  "subscription.put NEWS activating since=20261001 until=20261130\n"
			  "services 'NEWS'\n" },
		{ .what = "activate: another order in flight", .kind = REQUEST_SERVICE_ACTIVATE, .args = ABOUT(),
		  .given = { .sold = &news, .in_flight = { DUE(3, ORDER_SUSPEND, "") } },
		  .says = "ok effective=20261120 services='NEWS'\n"
			  "order.add service_activate NEWS completed ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=now due=waits\n"
			  "subscription.put NEWS active since=20261120\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261120 language='en'\n"
			  "services 'NEWS'\n" },
		{ .what = "deactivate: at once", .kind = REQUEST_SERVICE_DEACTIVATE, .args = ABOUT(),
		  .given = { .sold = &news, .subscriptions = { IS("GB1", ACTIVE), IS("NEWS", ACTIVE) } },
		  .says = "ok effective=20261120 services='GB1'\n"
			  "order.add service_deactivate NEWS completed ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=now due=now\n"
			  "subscription.remove NEWS\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_deactivate' "
			  "service='NEWS' price=300 period='month' effective=20261120 language='en'\n"
			  "services 'GB1'\n" },
		{ .what = "deactivate: next period", .kind = REQUEST_SERVICE_DEACTIVATE, .args = ABOUT(SHOWN),
		  .given = { .sold = &next_news, .subscriptions = { IS("NEWS", ACTIVE) } },
		  .says = "ok effective=20261201 services='NEWS'\n"
			  "order.add service_deactivate NEWS completed ref=77 effective=20261201 price=300/month accepted=now "
			  "ended=now due=now\n"
			  "consent.add time=now msisdn=13800138000 ref=77 kind='service deactivate' service='NEWS' channel='' trust='' "
			  "shown='Activate News?' answered='1'\n"
			  "subscription.put NEWS deactivating since=20261001 until=20261130\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_deactivate' "
			  "service='NEWS' price=300 period='month' effective=20261201 language='en'\n"
			  "services 'NEWS'\n" },
		{ .what = "deactivate: withdrawn from sale", .kind = REQUEST_SERVICE_DEACTIVATE, .args = ABOUT(),
		  .given = { .sold = &news, .withdrawn = true, .subscriptions = { IS("NEWS", TRIAL, .trial_until = 20261130) } },
		  .says = "ok effective=20261120 services=''\n"
			  "order.add service_deactivate NEWS completed ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=now due=now\n"
			  "subscription.remove NEWS\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_deactivate' "
			  "service='NEWS' price=300 period='month' effective=20261120 language='en'\n"
			  "services ''\n" },
		{ .what = "deactivate: line is suspended", .kind = REQUEST_SERVICE_DEACTIVATE, .args = ABOUT(),
		  .given = { .sold = &news, .status = "suspended", .subscriptions = { IS("NEWS", ACTIVE) } },
		  .says = "ok effective=20261120 services=''\n"
			  "order.add service_deactivate NEWS completed ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=now due=now\n"
			  "subscription.remove NEWS\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_deactivate' "
			  "service='NEWS' price=300 period='month' effective=20261120 language='en'\n"
			  "services ''\n" },
		{ .what = "accept trial: trial", .kind = REQUEST_TRIAL_ACCEPT, .args = ABOUT(SHOWN),
		  .given = { .sold = &trial_news, .subscriptions = { IS("NEWS", TRIAL, .trial_until = 20261130, .reminded = true) } },
		  .says = "ok effective=20261201 services='NEWS'\n"
			  "order.add trial_accept NEWS completed ref=77 effective=20261201 price=300/month accepted=now ended=now due=now\n"
			  "consent.add time=now msisdn=13800138000 ref=77 kind='trial accept' service='NEWS' channel='' trust='' "
			  "shown='Activate News?' answered='1'\n"
			  "subscription.put NEWS active since=20261001 reminded\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='trial_accept' "
			  "service='NEWS' price=300 period='month' effective=20261201 language='en'\n"
			  "services 'NEWS'\n" },
		/* the subscriber answered our staff: the consent names the member of staff */
		{ .what = "accept trial: trial, answered to our staff", .kind = REQUEST_TRIAL_ACCEPT, .billing = true,
		  .args = ABOUT(SHOWN, T(ARG_CHANNEL, CONSENT_CHANNEL_STAFF), T(ARG_TRUST, "by anna")),
		  .given = { .sold = &trial_news, .subscriptions = { IS("NEWS", TRIAL, .trial_until = 20261130) } },
		  .says = "accepted effective=20261201 services='NEWS'\n"
			  "order.add trial_accept NEWS accepted ref=77 effective=20261201 price=300/month accepted=now "
			  "ended=never due=now\n"
			  "consent.add time=now msisdn=13800138000 ref=77 kind='trial accept' service='NEWS' channel='staff' "
			  "trust='by anna' "
			  "shown='Activate News?' answered='1'\n"
			  "subscription.put NEWS activating since=20261001 trial=20261130\n"
			  "services 'NEWS'\n" },
	};

	rows_run(rows, ROWS(rows));
}

static void service_activate__with_billing__accepted(void **state)
{
	static const struct row rows[] = {
		{ .what = "activate: due now", .kind = REQUEST_SERVICE_ACTIVATE, .billing = true, .args = ABOUT(SHOWN),
		  .given = { .sold = &trial_news },
		  .says = "accepted effective=20261120 trial_until=20261126 services='NEWS'\n"
			  "order.add service_activate NEWS accepted ref=77 effective=20261120 trial=20261126 price=300/month accepted=now "
			  "ended=never due=now\n"
			  "consent.add time=now msisdn=13800138000 ref=77 kind='service activate' service='NEWS' channel='' trust='' "
			  "shown='Activate News?' answered='1'\n"
			  "subscription.put NEWS activating since=20261120 trial=20261126\n"
			  "services 'NEWS'\n" },
		{ .what = "activate: waits behind another", .kind = REQUEST_SERVICE_ACTIVATE, .billing = true, .args = ABOUT(),
		  .given = { .sold = &news, .in_flight = { DUE(3, ORDER_DEACTIVATE, "GB1") } },
		  .says = "accepted effective=20261120 services='NEWS'\n"
			  "order.add service_activate NEWS accepted ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=never due=waits\n"
			  "subscription.put NEWS activating since=20261120\n"
			  "services 'NEWS'\n" },
		{ .what = "activate: runs out", .kind = REQUEST_SERVICE_ACTIVATE, .billing = true, .args = ABOUT(),
		  .given = { .sold = &news, .subscriptions = { IS("NEWS", DEACTIVATING, .until = 20261130) } },
		  .says = "accepted effective=20261120 services='NEWS'\n"
			  "order.add service_activate NEWS accepted ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=never due=now\n"
			  "subscription.put NEWS activating since=20261001 until=20261130\n"
			  "services 'NEWS'\n" },
		{ .what = "deactivate: accepted", .kind = REQUEST_SERVICE_DEACTIVATE, .billing = true, .args = ABOUT(),
		  .given = { .sold = &next_news, .subscriptions = { IS("NEWS", ACTIVE) } },
		  .says = "accepted effective=20261201 services='NEWS'\n"
			  "order.add service_deactivate NEWS accepted ref=77 effective=20261201 price=300/month accepted=now "
			  "ended=never due=now\n"
			  "subscription.put NEWS deactivating since=20261001\n"
			  "services 'NEWS'\n" },
		{ .what = "accept trial: accepted", .kind = REQUEST_TRIAL_ACCEPT, .billing = true, .args = ABOUT(),
		  .given = { .sold = &trial_news, .subscriptions = { IS("NEWS", TRIAL, .trial_until = 20261130) } },
		  .says = "accepted effective=20261201 services='NEWS'\n"
			  "order.add trial_accept NEWS accepted ref=77 effective=20261201 price=300/month accepted=now "
			  "ended=never due=now\n"
			  "subscription.put NEWS activating since=20261001 trial=20261130\n"
			  "services 'NEWS'\n" },
	};

	rows_run(rows, ROWS(rows));
}

static void service_change__each_case__both_in_one_order(void **state)
{
#define HAS(...) .subscriptions = { __VA_ARGS__ }
#define FOR_GB1 { T(FIELD_SERVICE, "NEWS"), T(FIELD_INSTEAD, "GB1") }
	static const struct row rows[] = {
		{ .what = "change: at once", .kind = REQUEST_SERVICE_CHANGE, .args = FOR_GB1,
		  .given = { .sold = &other_news, HAS(IS("GB1", ACTIVE)) }, .says = "ok effective=20261120 services='NEWS'\n"
			  "order.add service_change NEWS completed ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=now due=now\n"
			  "subscription.remove GB1\n"
			  "subscription.put NEWS active since=20261120\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_change' "
			  "service='NEWS' instead='GB1' price=300 period='month' effective=20261120 language='en'\n"
			  "services 'NEWS'\n" },
		{ .what = "change: accepted", .kind = REQUEST_SERVICE_CHANGE, .billing = true, .args = FOR_GB1,
		  .given = { .sold = &other_news, HAS(IS("GB1", ACTIVE)) }, .says = "accepted effective=20261120 services='GB1 NEWS'\n"
			  "order.add service_change NEWS accepted ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=never due=now\n"
			  "subscription.put GB1 deactivating since=20261001\n"
			  "subscription.put NEWS activating since=20261120\n"
			  "services 'GB1 NEWS'\n" },
		{ .what = "change: other one is not there", .kind = REQUEST_SERVICE_CHANGE, .args = FOR_GB1,
		  .given = { .sold = &other_news }, .says = "not found services=''\n" },
		{ .what = "change: other one is in flight", .kind = REQUEST_SERVICE_CHANGE, .args = FOR_GB1,
		  .given = { .sold = &other_news, HAS(IS("GB1", DEACTIVATING)) }, .says = "duplicate services='GB1'\n" },
		{ .what = "change: is there already", .kind = REQUEST_SERVICE_CHANGE, .args = FOR_GB1,
		  .given = { .sold = &news, HAS(IS("GB1", ACTIVE), IS("NEWS", ACTIVE)) }, .says = "duplicate services='GB1 NEWS'\n" },
		{ .what = "change: a third one excludes it", .kind = REQUEST_SERVICE_CHANGE, .args = FOR_GB1,
		  .given = { .sold = &news, HAS(IS("GB1", ACTIVE), IS("GB2", ACTIVE)), .excludes = "NEWS" },
		  .says = "excluded instead='GB2' services='GB1 GB2'\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* Each verdict of order_accept() by its result; each comes with the list of services. */
static void service_activate__not_accepted__nothing_changes(void **state)
{
#define NO(words, request, result, services, arguments, ...) \
	{ .what = words, .kind = request, .args = arguments, .billing = true, .given = { __VA_ARGS__ }, \
	  .says = result " services='" services "'\n" }
#define EXCLUDED(words, by, services, ...) \
	{ .what = words, .kind = REQUEST_SERVICE_ACTIVATE, .args = PLAIN, .billing = true, .given = { __VA_ARGS__ }, \
	  .says = "excluded instead='" by "' services='" services "'\n" }
#define PRICED(price) { T(FIELD_SERVICE, "NEWS"), N(FIELD_PRICE, price) }
#define PERIOD(period) { T(FIELD_SERVICE, "NEWS"), T(FIELD_PERIOD, period) }
#define TEXT_PRICE { T(FIELD_SERVICE, "NEWS"), T(FIELD_PRICE, "300") }
#define PLAIN { T(FIELD_SERVICE, "NEWS") }
	static const struct row rows[] = {
		NO("activate: not sold", REQUEST_SERVICE_ACTIVATE, "not found", "GB1", PLAIN, HAS(IS("GB1", ACTIVE))),
		NO("activate: withdrawn", REQUEST_SERVICE_ACTIVATE, "not found", "", PLAIN, .sold = &news, .withdrawn = true),
		NO("activate: active", REQUEST_SERVICE_ACTIVATE, "duplicate", "NEWS", PLAIN, .sold = &news, HAS(IS("NEWS", ACTIVE))),
		NO("activate: activating", REQUEST_SERVICE_ACTIVATE, "duplicate", "NEWS", PLAIN, .sold = &news,
		   HAS(IS("NEWS", ACTIVATING))),
		NO("activate: suspended", REQUEST_SERVICE_ACTIVATE, "refused", "", PLAIN, .sold = &news, .status = "suspended"),
		NO("activate: other kind of account", REQUEST_SERVICE_ACTIVATE, "refused", "", PLAIN, .sold = &postpaid_news),
		NO("activate: other brand", REQUEST_SERVICE_ACTIVATE, "refused", "", PLAIN, .sold = &classic_news),
		EXCLUDED("activate: excludes one", "GB1", "GB1", .sold = &other_news, HAS(IS("GB1", ACTIVE))),
		EXCLUDED("activate: excluded by one", "GB2", "GB2", .sold = &other_news, HAS(IS("GB2", ACTIVE)), .excludes = "NEWS"),
		NO("activate: other price", REQUEST_SERVICE_ACTIVATE, "conflict", "", PRICED(299), .sold = &news),
		NO("activate: price is a text", REQUEST_SERVICE_ACTIVATE, "conflict", "", TEXT_PRICE, .sold = &news),
		NO("activate: other period", REQUEST_SERVICE_ACTIVATE, "conflict", "", PERIOD("day"), .sold = &news),
		NO("deactivate: has none", REQUEST_SERVICE_DEACTIVATE, "not found", "GB1", PLAIN, .sold = &news, HAS(IS("GB1", ACTIVE))),
		NO("deactivate: not sold", REQUEST_SERVICE_DEACTIVATE, "not found", "NEWS", PLAIN, HAS(IS("NEWS", ACTIVE))),
		NO("deactivate: activating", REQUEST_SERVICE_DEACTIVATE, "duplicate", "NEWS", PLAIN, .sold = &news,
		   HAS(IS("NEWS", ACTIVATING))),
		NO("deactivate: runs out", REQUEST_SERVICE_DEACTIVATE, "duplicate", "NEWS", PLAIN, .sold = &news,
		   HAS(IS("NEWS", DEACTIVATING, .until = 20261130))),
		NO("accept trial: has none", REQUEST_TRIAL_ACCEPT, "not found", "", PLAIN, .sold = &news),
		NO("accept trial: is paid", REQUEST_TRIAL_ACCEPT, "not found", "NEWS", PLAIN, .sold = &news, HAS(IS("NEWS", ACTIVE))),
		NO("accept trial: in flight", REQUEST_TRIAL_ACCEPT, "duplicate", "NEWS", PLAIN, .sold = &news,
		   HAS(IS("NEWS", ACTIVATING, .trial_until = 20261130))),
		NO("accept trial: other price", REQUEST_TRIAL_ACCEPT, "conflict", "NEWS", PRICED(100), .sold = &news,
		   HAS(IS("NEWS", TRIAL, .trial_until = 20261130))),
	};
	static const struct row no_service[] = {
		{ .what = "activate: no service named", .kind = REQUEST_SERVICE_ACTIVATE, .says = "not found\n" },
		{ .what = "activate: longer than any code", .kind = REQUEST_SERVICE_ACTIVATE,
		  .args = { T(FIELD_SERVICE, "1234567890123456789012345") }, .says = "not found\n" },
	};

	rows_run(rows, ROWS(rows));
	rows_run(no_service, ROWS(no_service));
}

/* 128 subscriptions, 32 orders in flight: a request that needs no more room is accepted. */
static void order__account_is_full__busy(void **state)
{
	static struct row rows[] = {
		{ .what = "127 subscriptions", .kind = REQUEST_SERVICE_ACTIVATE, .args = PLAIN, .given = { .sold = &news, .full = 127 },
		  .says = "ok" },
		{ .what = "128 subscriptions", .kind = REQUEST_SERVICE_ACTIVATE, .args = PLAIN, .given = { .sold = &news, .full = 128 },
		  .says = "busy" },
		{ .what = "128 subscriptions: cancel one", .kind = REQUEST_SERVICE_DEACTIVATE, .args = PLAIN,
		  .given = { .sold = &news, HAS(IS("NEWS", ACTIVE)), .full = 127 }, .says = "ok" },
		{ .what = "128 subscriptions: keep one", .kind = REQUEST_TRIAL_ACCEPT, .args = PLAIN,
		  .given = { .sold = &news, HAS(IS("NEWS", TRIAL, .trial_until = 20261130)), .full = 127 }, .says = "ok" },
		{ .what = "128 subscriptions: one that runs out goes on", .kind = REQUEST_SERVICE_ACTIVATE, .args = PLAIN,
		  .given = { .sold = &news, HAS(IS("NEWS", DEACTIVATING, .until = 20261130)), .full = 127 }, .says = "ok" },
		{ .what = "129 subscriptions", .kind = REQUEST_SERVICE_ACTIVATE, .args = PLAIN, .given = { .sold = &news, .full = 129 },
		  .says = "busy" },
		{ .what = "129 subscriptions: cancel one", .kind = REQUEST_SERVICE_DEACTIVATE, .args = PLAIN,
		  .given = { .sold = &news, HAS(IS("NEWS", ACTIVE)), .full = 128 }, .says = "ok" },
		{ .what = "31 in flight", .kind = REQUEST_SERVICE_ACTIVATE, .args = PLAIN, .billing = true,
		  .given = { .sold = &news, .queue = 31 }, .says = "accepted" },
		{ .what = "32 in flight", .kind = REQUEST_SERVICE_ACTIVATE, .args = PLAIN, .billing = true,
		  .given = { .sold = &news, .queue = 32 }, .says = "busy" },
		{ .what = "32 in flight: the line", .kind = REQUEST_LINE_SUSPEND, .billing = true,
		  .given = { .queue = 32 }, .says = "busy" },
		{ .what = "32 in flight: not sold comes first", .kind = REQUEST_SERVICE_ACTIVATE, .args = PLAIN,
		  .given = { .queue = 32 }, .says = "not found" },
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		static struct account account;
		static struct account_step step;
		static struct response response;
		struct account_rules with = rules;
		struct request request;

		print_message("  %s\n", rows[i].what);
		with.billing = rows[i].billing;
		request_make(&rows[i], &request);
		account_give(&rows[i].given, &request, &account);
		response_init(&response);
		step.response = &response;
		account_step(&with, &account, &request, &step);
		assert_string_equal(result_name(response.result), rows[i].says);
		if (response.result != RESULT_OK && response.result != RESULT_ACCEPTED)
			assert_int_equal(step.changes_count, 0);
		else
			assert_int_equal(step.changes[0].kind, CHANGE_ORDER_ADD);
	}
}

/* The answer for a full account has no list of services, which would be incomplete. */
static void order__more_subscriptions_than_fit__no_list(void **state)
{
	static const struct row row = {
		.what = "129 subscriptions", .kind = REQUEST_SERVICE_ACTIVATE, .args = PLAIN, .given = { .sold = &news, .full = 129 },
	};

	step_ask(&row, false, "busy\n");
}

/* ---- the line, and data deletion ---- */

static void line__suspend_and_resume__status_or_order(void **state)
{
	static const struct row rows[] = {
		{ .what = "suspend: without billing", .kind = REQUEST_LINE_SUSPEND, .args = { T(ARG_SHOWN, "Suspend?") },
		  .says = "ok status='suspended'\n"
			  "order.add line_suspend completed ref=77 effective=20261120 accepted=now ended=now due=now\n"
			  "consent.add time=now msisdn=13800138000 ref=77 kind='line suspend' service='' channel='' trust='' "
			  "shown='Suspend?' answered=''\n"
			  "status 'suspended'\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='line_suspend' "
			  "effective=20261120 language='en'\n" },
		{ .what = "suspend: with billing", .kind = REQUEST_LINE_SUSPEND, .billing = true,
		  .says = "accepted status='active'\n"
			  "order.add line_suspend accepted ref=77 effective=20261120 accepted=now ended=never due=now\n" },
		{ .what = "suspend: waits behind a service", .kind = REQUEST_LINE_SUSPEND, .billing = true,
		  .given = { .in_flight = { DUE(3, ORDER_ACTIVATE, "NEWS") } },
		  .says = "accepted status='active'\n"
			  "order.add line_suspend accepted ref=77 effective=20261120 accepted=now ended=never due=waits\n" },
		{ .what = "suspend: is suspended", .kind = REQUEST_LINE_SUSPEND, .given = { .status = "suspended" },
		  .says = "duplicate status='suspended'\n" },
		{ .what = "suspend: resume in flight", .kind = REQUEST_LINE_SUSPEND, .billing = true,
		  .given = { .in_flight = { DUE(3, ORDER_RESUME, "") } }, .says = "duplicate status='active'\n" },
		{ .what = "resume: without billing", .kind = REQUEST_LINE_RESUME, .given = { .status = "suspended" },
		  .says = "ok status='active'\n"
			  "order.add line_resume completed ref=77 effective=20261120 accepted=now ended=now due=now\n"
			  "status 'active'\n"
			  "notification.add order_completed due=now+60 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='line_resume' "
			  "effective=20261120 language='en'\n" },
		{ .what = "resume: with billing", .kind = REQUEST_LINE_RESUME, .billing = true, .given = { .status = "suspended" },
		  .says = "accepted status='suspended'\n"
			  "order.add line_resume accepted ref=77 effective=20261120 accepted=now ended=never due=now\n" },
		{ .what = "resume: is active", .kind = REQUEST_LINE_RESUME, .says = "duplicate status='active'\n" },
		{ .what = "resume: in flight already", .kind = REQUEST_LINE_RESUME, .billing = true,
		  .given = { .status = "suspended", .in_flight = { DUE(3, ORDER_RESUME, "") } },
		  .says = "duplicate status='suspended'\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* ---- orders to backends ---- */

#define TO(number, name, at) { .id = number, .kind = ORDER_BACKEND, .backend = name, .due = at, .attempts = 1 }
#define REDEEM { T(ARG_BACKEND, "redeem"), T(ARG_SENT, "{\"offer\":\"TEA\"}") }
#define REDEEMED "accepted\norder.add redeem accepted ref=77 effective=20261120 sent='{\"offer\":\"TEA\"}' accepted=now ended=never "

/* Neither billing nor another backend makes it wait, and it makes neither wait. */
static void backend_order__each_case__accepted_and_delivered_in_turn(void **state)
{
	static const struct row rows[] = {
		{ .what = "first", .kind = REQUEST_BACKEND_ORDER, .args = REDEEM, .says = REDEEMED "due=now\n" },
		{ .what = "with consent", .kind = REQUEST_BACKEND_ORDER, .billing = true,
		  .args = { T(ARG_BACKEND, "redeem"), T(ARG_SENT, "{\"offer\":\"TEA\"}"), T(ARG_SHOWN, "Tea?"), T(ARG_ANSWERED, "1"),
			    T(ARG_CHANNEL, "ussd"), T(ARG_TRUST, "order") },
		  .says = REDEEMED "due=now\n"
			  "consent.add time=now msisdn=13800138000 ref=77 kind='backend order' service='redeem' channel='ussd' "
			  "trust='order' shown='Tea?' answered='1'\n" },
		{ .what = "beside others", .kind = REQUEST_BACKEND_ORDER, .billing = true, .args = REDEEM,
		  .given = { .in_flight = { DUE(3, ORDER_ACTIVATE, "NEWS"), TO(4, "survey", NOW) } }, .says = REDEEMED "due=now\n" },
		{ .what = "behind one to the same backend", .kind = REQUEST_BACKEND_ORDER, .args = REDEEM,
		  .given = { .in_flight = { TO(4, "redeem", NOW) } }, .says = REDEEMED "due=waits\n" },
		{ .what = "to billing, beside one to a backend", .kind = REQUEST_LINE_SUSPEND, .billing = true,
		  .given = { .in_flight = { TO(4, "redeem", NOW) } },
		  .says = "accepted status='active'\n"
			  "order.add line_suspend accepted ref=77 effective=20261120 accepted=now ended=never due=now\n" },
		{ .what = "too many in flight", .kind = REQUEST_BACKEND_ORDER, .args = REDEEM,
		  .given = { .queue = ACCOUNT_IN_FLIGHT_MAX }, .says = "busy\n" },
		{ .what = "subscriber unknown", .kind = REQUEST_BACKEND_ORDER, .args = REDEEM, .given = { .unknown = true },
		  .says = "not found\n" },
		{ .what = "to nobody", .kind = REQUEST_BACKEND_ORDER, .args = { T(ARG_SENT, "{}") }, .says = "refused\n" },
		{ .what = "with nothing", .kind = REQUEST_BACKEND_ORDER, .args = { T(ARG_BACKEND, "redeem") }, .says = "refused\n" },
		{ .what = "name too long", .kind = REQUEST_BACKEND_ORDER,
		  .args = { T(ARG_BACKEND, "a234567890b234567890c234567890d2"), T(ARG_SENT, "{}") }, .says = "refused\n" },
	};

	rows_run(rows, ROWS(rows));
}

#define TO_REDEEM(is) LINE_ORDER(ORDER_BACKEND, is, .backend = "redeem")
#define REDEEM_ENDS "notification.add order_completed due=now+5 expires=now+604800 answered: ref='0000-0000-002D' kind='redeem' " \
	"effective=20261119"

static void backend_order__ended_or_released__account_unchanged_and_next_delivered(void **state)
{
	static const struct row rows[] = {
		{ .what = "done", .kind = REQUEST_ORDER_END, .outcome.end = END_DONE, .given = { .order = TO_REDEEM(ORDER_ACCEPTED) },
		  .says = "ok\norder.end 5 completed reason='' ended=now\n" REDEEM_ENDS " language='en'\n" },
		{ .what = "done: the next one to this backend, not to another", .kind = REQUEST_ORDER_END, .outcome.end = END_DONE,
		  .given = { .order = TO_REDEEM(ORDER_ACCEPTED),
			     .in_flight = { TO(3, "survey", NOW), TO(ID, "redeem", NOW), TO(6, "survey", ORDER_WAITS),
					    TO(7, "redeem", ORDER_WAITS) } },
		  .says = "ok\norder.end 5 completed reason='' ended=now\n"
			  "order.due 7 due=now attempts=1\n" REDEEM_ENDS " language='en'\n" },
		{ .what = "done: one to billing does not wait for it", .kind = REQUEST_ORDER_END, .outcome.end = END_DONE,
		  .given = { .order = TO_REDEEM(ORDER_ACCEPTED),
			     .in_flight = { TO(ID, "redeem", NOW), DUE(6, ORDER_SUSPEND, ""), WAITING(7, ORDER_RESUME, "") } },
		  .says = "ok\norder.end 5 completed reason='' ended=now\n" REDEEM_ENDS " language='en'\n" },
		{ .what = "refused", .kind = REQUEST_ORDER_END, .outcome = { .end = END_REFUSED, .reason = "too_few" },
		  .given = { .order = TO_REDEEM(ORDER_ACCEPTED) },
		  .says = "ok\norder.end 5 refused reason='too_few' ended=now\n"
			  "notification.add order_refused due=now+5 expires=now+604800 answered: ref='0000-0000-002D' kind='redeem' "
			  "effective=20261119 reason='too_few' language='en'\n" },
		{ .what = "released", .kind = REQUEST_ORDER_RELEASE, .given = { .order = TO_REDEEM(ORDER_DEAD) },
		  .says = "ok\norder.release 5 accepted due=now attempts=0 effective=20261119\n"
			  "notification.withdraw order_dead ref='0000-0000-002D'\n" },
		{ .what = "released behind an older one to it", .kind = REQUEST_ORDER_RELEASE,
		  .given = { .order = TO_REDEEM(ORDER_DEAD), .in_flight = { TO(3, "redeem", NOW), DUE(6, ORDER_SUSPEND, "") } },
		  .says = "ok\norder.release 5 accepted due=waits attempts=0 effective=20261119\n"
			  "notification.withdraw order_dead ref='0000-0000-002D'\n" },
		{ .what = "released before a newer one to it", .kind = REQUEST_ORDER_RELEASE,
		  .given = { .order = TO_REDEEM(ORDER_DEAD), .in_flight = { TO(6, "redeem", NOW), TO(7, "survey", NOW) } },
		  .says = "ok\norder.release 5 accepted due=now attempts=0 effective=20261119\n"
			  "order.due 6 due=waits attempts=1\n"
			  "notification.withdraw order_dead ref='0000-0000-002D'\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* ---- billing's answers ---- */

#define OUTCOME(is) { .end = END_##is, .reason = "no_money" }
#define ACTIVATING .sold = &news, HAS(IS("NEWS", ACTIVATING))

static void order_complete__in_flight__first_answer_counts(void **state)
{
	static const struct row rows[] = {
		{ .what = "activate: done", .kind = REQUEST_ORDER_END, .outcome.end = END_DONE,
		  .given = { ACTIVATING, .order = ORDER(ORDER_ACTIVATE, ORDER_ACCEPTED) },
		  .says = "ok services='NEWS'\n"
			  "order.end 5 completed reason='' ended=now\n"
			  "subscription.put NEWS active since=20261001\n"
			  "services 'NEWS'\n"
			  "notification.add order_completed due=now+5 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261119 language='en'\n" },
		{ .what = "activate: refused", .kind = REQUEST_ORDER_END, .outcome = OUTCOME(REFUSED),
		  .given = { ACTIVATING, .order = ORDER(ORDER_ACTIVATE, ORDER_ACCEPTED) },
		  .says = "ok services=''\n"
			  "order.end 5 refused reason='no_money' ended=now\n"
			  "subscription.remove NEWS\n"
			  "services ''\n"
			  "notification.add order_refused due=now+5 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261119 reason='no_money' language='en'\n" },
		{ .what = "activate: dead", .kind = REQUEST_ORDER_END, .outcome = OUTCOME(DEAD),
		  .given = { ACTIVATING, .order = ORDER(ORDER_ACTIVATE, ORDER_ACCEPTED) },
		  .says = "ok services=''\n"
			  "order.end 5 dead reason='no_money' ended=now\n"
			  "subscription.remove NEWS\n"
			  "services ''\n"
			  "notification.add order_dead due=now+5 expires=now+604800 answered: ref='0000-0000-002D' kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261119 reason='no_money' language='en'\n" },
		{ .what = "activate: conflict", .kind = REQUEST_ORDER_END, .outcome = OUTCOME(CONFLICT),
		  .given = { ACTIVATING, .order = ORDER(ORDER_ACTIVATE, ORDER_ACCEPTED) },
		  .says = "ok services='NEWS'\n"
			  "order.end 5 dead reason='no_money' ended=now\n"
			  "subscription.put NEWS activating since=20261001\n"
			  "services 'NEWS'\n"
			  "notification.add order_dead due=now+5 expires=now+604800 answered: ref='0000-0000-002D' kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261119 reason='no_money' language='en'\n" },
		{ .what = "activate: trial, done", .kind = REQUEST_ORDER_END, .outcome.end = END_DONE,
		  .given = { .sold = &trial_news, HAS(IS("NEWS", ACTIVATING, .trial_until = 20261125)),
			     .order = ORDER(ORDER_ACTIVATE, ORDER_ACCEPTED, .trial_until = 20261125) },
		  .says = "ok services='NEWS'\n"
			  "order.end 5 completed reason='' ended=now\n"
			  "subscription.put NEWS trial since=20261001 trial=20261125\n"
			  "services 'NEWS'\n"
			  "notification.add order_completed due=now+5 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' trial_until=20261125 effective=20261119 language='en'\n" },
		{ .what = "deactivate: done", .kind = REQUEST_ORDER_END, .outcome.end = END_DONE,
		  .given = { .sold = &news, HAS(IS("GB1", ACTIVE), IS("NEWS", DEACTIVATING)),
			     .order = ORDER(ORDER_DEACTIVATE, ORDER_ACCEPTED) },
		  .says = "ok services='GB1'\n"
			  "order.end 5 completed reason='' ended=now\n"
			  "subscription.remove NEWS\n"
			  "services 'GB1'\n"
			  "notification.add order_completed due=now+5 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_deactivate' "
			  "service='NEWS' price=300 period='month' effective=20261119 language='en'\n" },
		{ .what = "deactivate: own, done", .kind = REQUEST_ORDER_END, .outcome.end = END_DONE,
		  .given = { .sold = &news, HAS(IS("NEWS", DEACTIVATING, .trial_until = 20261118)),
			     .order = ORDER(ORDER_DEACTIVATE, ORDER_ACCEPTED, .own = true) },
		  .says = "ok services=''\n"
			  "order.end 5 completed reason='' ended=now\n"
			  "subscription.remove NEWS\n"
			  "services ''\n"
			  "notification.add trial_ended due=now+5 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_deactivate' "
			  "service='NEWS' price=300 period='month' effective=20261119 language='en'\n" },
		{ .what = "deactivate: own, dead: says nothing", .kind = REQUEST_ORDER_END, .outcome = OUTCOME(DEAD),
		  .given = { .sold = &news, HAS(IS("NEWS", DEACTIVATING, .trial_until = 20261118)),
			     .order = ORDER(ORDER_DEACTIVATE, ORDER_ACCEPTED, .own = true) },
		  .says = "ok services='NEWS'\n"
			  "order.end 5 dead reason='no_money' ended=now\n"
			  "subscription.put NEWS trial since=20261001 trial=20261118\n"
			  "services 'NEWS'\n" },
		{ .what = "accept trial: refused", .kind = REQUEST_ORDER_END, .outcome = OUTCOME(REFUSED),
		  .given = { .sold = &news, HAS(IS("NEWS", ACTIVATING, .trial_until = 20261130)),
			     .order = ORDER(ORDER_ACCEPT_TRIAL, ORDER_ACCEPTED) },
		  .says = "ok services='NEWS'\n"
			  "order.end 5 refused reason='no_money' ended=now\n"
			  "subscription.put NEWS trial since=20261001 trial=20261130\n"
			  "services 'NEWS'\n"
			  "notification.add order_refused due=now+5 expires=now+604800 answered: ref='0000-0000-002D' kind='trial_accept' "
			  "service='NEWS' price=300 period='month' effective=20261119 reason='no_money' language='en'\n" },
		{ .what = "suspend: done", .kind = REQUEST_ORDER_END, .outcome.end = END_DONE,
		  .given = { .order = LINE_ORDER(ORDER_SUSPEND, ORDER_ACCEPTED) },
		  .says = "ok\n"
			  "order.end 5 completed reason='' ended=now\n"
			  "status 'suspended'\n"
			  "notification.add order_completed due=now+5 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='line_suspend' "
			  "effective=20261119 language='en'\n" },
		{ .what = "resume: refused", .kind = REQUEST_ORDER_END, .outcome = OUTCOME(REFUSED),
		  .given = { .status = "suspended", .order = LINE_ORDER(ORDER_RESUME, ORDER_ACCEPTED) },
		  .says = "ok\n"
			  "order.end 5 refused reason='no_money' ended=now\n"
			  "notification.add order_refused due=now+5 expires=now+604800 answered: ref='0000-0000-002D' kind='line_resume' "
			  "effective=20261119 reason='no_money' language='en'\n" },
		{ .what = "activate: its subscription is gone", .kind = REQUEST_ORDER_END, .outcome.end = END_DONE,
		  .given = { .sold = &news, .order = ORDER(ORDER_ACTIVATE, ORDER_ACCEPTED) },
		  .says = "ok services=''\n"
			  "order.end 5 completed reason='' ended=now\n"
			  "services ''\n"
			  "notification.add order_completed due=now+5 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261119 language='en'\n" },
		{ .what = "deactivate: subscriber unknown", .kind = REQUEST_ORDER_END, .outcome.end = END_DONE,
		  .given = { .unknown = true, .sold = &news, .order = ORDER(ORDER_DEACTIVATE, ORDER_ACCEPTED) },
		  .says = "ok services=''\n"
			  "order.end 5 completed reason='' ended=now\n"
			  "notification.add order_completed due=now+5 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_deactivate' "
			  "service='NEWS' price=300 period='month' effective=20261119\n" },
		{ .what = "suspend: subscriber unknown", .kind = REQUEST_ORDER_END, .outcome.end = END_DONE,
		  .given = { .unknown = true, .order = LINE_ORDER(ORDER_SUSPEND, ORDER_ACCEPTED) },
		  .says = "ok\n"
			  "order.end 5 completed reason='' ended=now\n"
			  "notification.add order_completed due=now+5 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='line_suspend' "
			  "effective=20261119\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* Each pair of the 4 states and 4 ends once: only an order in flight can end. */
static void order_complete__each_end_in_each_state__result(void **state)
{
	static const struct {
		enum order_state state;
		enum order_end end;
		const char *result, *becomes;
	} table[] = {
#define ALL_ENDS(is, result) \
	{ is, END_DONE, result, NULL }, { is, END_REFUSED, result, NULL }, \
	{ is, END_DEAD, result, NULL }, { is, END_CONFLICT, result, NULL }
		{ ORDER_ACCEPTED, END_DONE, "ok", "completed" }, { ORDER_ACCEPTED, END_REFUSED, "ok", "refused" },
		{ ORDER_ACCEPTED, END_DEAD, "ok", "dead" }, { ORDER_ACCEPTED, END_CONFLICT, "ok", "dead" },
		ALL_ENDS(ORDER_COMPLETED, "duplicate"), ALL_ENDS(ORDER_REFUSED, "duplicate"), ALL_ENDS(ORDER_DEAD, "duplicate"),
	};
	unsigned int named[ORDER_STATES][END_CONFLICT + 1] = { 0 };

	for (size_t i = 0; i < ROWS(table); i++) {
		static struct account account;
		static struct account_step step;
		static struct response response;
		const struct row row = {
			.kind = REQUEST_ORDER_END, .outcome.end = table[i].end,
			.given = { ACTIVATING, .order = ORDER(ORDER_ACTIVATE, table[i].state) },
		};
		struct request request;

		named[table[i].state][table[i].end]++;
		request_make(&row, &request);
		account_give(&row.given, &request, &account);
		response_init(&response);
		step.response = &response;
		account_step(&rules, &account, &request, &step);
		if (strcmp(result_name(response.result), table[i].result))
			fail_msg("end %d in state %s: %s", table[i].end, order_state_name(table[i].state), result_name(response.result));
		assert_int_equal(step.changes_count > 0, table[i].becomes != NULL);
		assert_string_equal(order_state_name(account.order.state),
				    table[i].becomes ? table[i].becomes : order_state_name(table[i].state));
	}
	for (size_t i = 0; i < ROWS(table); i++)
		assert_int_equal(named[table[i].state][table[i].end], 1);
	assert_int_equal(ROWS(table), ORDER_STATES * (END_CONFLICT + 1));
}

/* A subscriber's orders are delivered one at a time. */
static void order_complete__others_in_flight__next_one_wakes(void **state)
{
#define NEWS_REFUSED(words, ...) \
	{ .what = words, .kind = REQUEST_ORDER_END, .outcome.end = END_REFUSED, \
	  .given = { .sold = &news, HAS(IS("NEWS", ACTIVE)), .order = ORDER(ORDER_ACTIVATE, ORDER_ACCEPTED), .in_flight = { __VA_ARGS__ } }
	static const struct row rows[] = {
		NEWS_REFUSED("itself alone", DUE(ID, ORDER_ACTIVATE, "NEWS")),
		  .says = "ok services='NEWS'\n"
			  "order.end 5 refused reason='' ended=now\n"
			  "subscription.put NEWS active since=20261001\n"
			  "services 'NEWS'\n"
			  "notification.add order_refused due=now+5 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261119 language='en'\n" },
		NEWS_REFUSED("one waits", DUE(ID, ORDER_ACTIVATE, "NEWS"), WAITING(6, ORDER_SUSPEND, "")),
		  .says = "ok services='NEWS'\n"
			  "order.end 5 refused reason='' ended=now\n"
			  "order.due 6 due=now attempts=1\n"
			  "subscription.put NEWS active since=20261001\n"
			  "services 'NEWS'\n"
			  "notification.add order_refused due=now+5 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261119 language='en'\n" },
		NEWS_REFUSED("two wait: the older", DUE(ID, ORDER_ACTIVATE, "NEWS"), WAITING(6, ORDER_SUSPEND, ""),
			     WAITING(7, ORDER_ACTIVATE, "GB1")),
		  .says = "ok services='NEWS'\n"
			  "order.end 5 refused reason='' ended=now\n"
			  "order.due 6 due=now attempts=1\n"
			  "subscription.put NEWS active since=20261001\n"
			  "services 'NEWS'\n"
			  "notification.add order_refused due=now+5 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261119 language='en'\n" },
		NEWS_REFUSED("an older one waits", WAITING(3, ORDER_SUSPEND, ""), DUE(ID, ORDER_ACTIVATE, "NEWS")),
		  .says = "ok services='NEWS'\n"
			  "order.end 5 refused reason='' ended=now\n"
			  "order.due 3 due=now attempts=1\n"
			  "subscription.put NEWS active since=20261001\n"
			  "services 'NEWS'\n"
			  "notification.add order_refused due=now+5 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261119 language='en'\n" },
		NEWS_REFUSED("an older one is due", DUE(3, ORDER_SUSPEND, ""), WAITING(ID, ORDER_ACTIVATE, "NEWS"),
		     WAITING(6, ORDER_ACTIVATE, "GB1")),
		  .says = "ok services='NEWS'\n"
			  "order.end 5 refused reason='' ended=now\n"
			  "subscription.put NEWS active since=20261001\n"
			  "services 'NEWS'\n"
			  "notification.add order_refused due=now+5 expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_activate' "
			  "service='NEWS' price=300 period='month' effective=20261119 language='en'\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* ---- an operator's release ---- */

static void order_release__each_state__only_dead_orders_that_fit(void **state)
{
	static const struct row rows[] = {
		{ .what = "release: no such order", .kind = REQUEST_ORDER_RELEASE, .says = "not found\n" },
		{ .what = "release: in flight", .kind = REQUEST_ORDER_RELEASE,
		  .given = { ACTIVATING, .order = ORDER(ORDER_ACTIVATE, ORDER_ACCEPTED) }, .says = "refused\n" },
		{ .what = "release: completed", .kind = REQUEST_ORDER_RELEASE,
		  .given = { .sold = &news, HAS(IS("NEWS", ACTIVE)), .order = ORDER(ORDER_ACTIVATE, ORDER_COMPLETED) },
		  .says = "refused\n" },
		{ .what = "release: refused", .kind = REQUEST_ORDER_RELEASE,
		  .given = { .sold = &news, .order = ORDER(ORDER_ACTIVATE, ORDER_REFUSED) }, .says = "refused\n" },
		{ .what = "release: dead", .kind = REQUEST_ORDER_RELEASE,
		  .given = { .sold = &news, .order = ORDER(ORDER_ACTIVATE, ORDER_DEAD, .reason = "no_answer", .ended_at = NOW - 9) },
		  .says = "ok services='NEWS'\n"
			  "order.release 5 accepted due=now attempts=0 effective=20261120\n"
			  "notification.withdraw order_dead ref='0000-0000-002D'\n"
			  "subscription.put NEWS activating since=20261120\n"
			  "services 'NEWS'\n" },
		{ .what = "release: dead, trial", .kind = REQUEST_ORDER_RELEASE,
		  .given = { .sold = &trial_news, .order = ORDER(ORDER_ACTIVATE, ORDER_DEAD, .trial_until = 20261125) },
		  .says = "ok services='NEWS'\n"
			  "order.release 5 accepted due=now attempts=0 effective=20261120 trial=20261126\n"
			  "notification.withdraw order_dead ref='0000-0000-002D'\n"
			  "subscription.put NEWS activating since=20261120 trial=20261126\n"
			  "services 'NEWS'\n" },
		{ .what = "release: dead, obsolete", .kind = REQUEST_ORDER_RELEASE,
		  .given = { .sold = &news, HAS(IS("NEWS", ACTIVE)), .order = ORDER(ORDER_ACTIVATE, ORDER_DEAD) },
		  .says = "conflict\n" },
		{ .what = "release: dead, another about the same", .kind = REQUEST_ORDER_RELEASE,
		  .given = { ACTIVATING, .order = ORDER(ORDER_ACTIVATE, ORDER_DEAD), .in_flight = { DUE(6, ORDER_ACTIVATE, "NEWS") } },
		  .says = "conflict\n" },
		{ .what = "release: dead, former owner's", .kind = REQUEST_ORDER_RELEASE,
		  .given = { .sold = &news, .order = ORDER(ORDER_ACTIVATE, ORDER_DEAD, .former_owner = true) }, .says = "refused\n" },
		{ .what = "release: dead, deactivate", .kind = REQUEST_ORDER_RELEASE,
		  .given = { .sold = &news, HAS(IS("NEWS", ACTIVE)), .order = ORDER(ORDER_DEACTIVATE, ORDER_DEAD) },
		  .says = "ok services='NEWS'\n"
			  "order.release 5 accepted due=now attempts=0 effective=20261119\n"
			  "notification.withdraw order_dead ref='0000-0000-002D'\n"
			  "subscription.put NEWS deactivating since=20261001\n"
			  "services 'NEWS'\n" },
		{ .what = "release: dead, line", .kind = REQUEST_ORDER_RELEASE,
		  .given = { .order = LINE_ORDER(ORDER_SUSPEND, ORDER_DEAD) },
		  .says = "ok\n"
			  "order.release 5 accepted due=now attempts=0 effective=20261119\n"
			  "notification.withdraw order_dead ref='0000-0000-002D'\n" },
		{ .what = "release: dead, line is so already", .kind = REQUEST_ORDER_RELEASE,
		  .given = { .status = "suspended", .order = LINE_ORDER(ORDER_SUSPEND, ORDER_DEAD) }, .says = "conflict\n" },
		{ .what = "release: dead, subscriber unknown", .kind = REQUEST_ORDER_RELEASE,
		  .given = { .unknown = true, .sold = &news, .order = ORDER(ORDER_DEACTIVATE, ORDER_DEAD) },
		  .says = "ok services=''\n"
			  "order.release 5 accepted due=now attempts=0 effective=20261119\n"
			  "notification.withdraw order_dead ref='0000-0000-002D'\n" },
	};

	rows_run(rows, ROWS(rows));
}

static void order_release__others_in_flight__oldest_is_delivered(void **state)
{
#define SUSPEND_DEAD(words, ...) \
	{ .what = words, .kind = REQUEST_ORDER_RELEASE, \
	  .given = { .order = LINE_ORDER(ORDER_SUSPEND, ORDER_DEAD), .in_flight = { __VA_ARGS__ } }
	static const struct row rows[] = {
		SUSPEND_DEAD("release: behind an older one", DUE(3, ORDER_ACTIVATE, "NEWS")),
		  .says = "ok\n"
			  "order.release 5 accepted due=waits attempts=0 effective=20261119\n"
			  "notification.withdraw order_dead ref='0000-0000-002D'\n" },
		SUSPEND_DEAD("release: before a younger one", DUE(6, ORDER_ACTIVATE, "NEWS"), WAITING(7, ORDER_ACTIVATE, "GB1")),
		  .says = "ok\n"
			  "order.release 5 accepted due=now attempts=0 effective=20261119\n"
			  "order.due 6 due=waits attempts=2\n"
			  "notification.withdraw order_dead ref='0000-0000-002D'\n" },
		SUSPEND_DEAD("release: between two", DUE(3, ORDER_ACTIVATE, "NEWS"), WAITING(7, ORDER_ACTIVATE, "GB1")),
		  .says = "ok\n"
			  "order.release 5 accepted due=waits attempts=0 effective=20261119\n"
			  "notification.withdraw order_dead ref='0000-0000-002D'\n" },
		SUSPEND_DEAD("release: before two that are due", DUE(6, ORDER_ACTIVATE, "NEWS"), DUE(7, ORDER_ACTIVATE, "GB1")),
		  .says = "ok\n"
			  "order.release 5 accepted due=now attempts=0 effective=20261119\n"
			  "order.due 6 due=waits attempts=2\n"
			  "order.due 7 due=waits attempts=2\n"
			  "notification.withdraw order_dead ref='0000-0000-002D'\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* ---- an operator's purge (S18) ---- */

static void purge__each_case__deleted_data(void **state)
{
	static const struct row rows[] = {
		{ .what = "purge: account", .kind = REQUEST_ACCOUNT_PURGE, .given = { .sold = &news, HAS(IS("NEWS", ACTIVE)) },
		  .says = "ok\n"
			  "orders.dead other_owner\n"
			  "private.remove\n"
			  "vanished.remove\n"
			  "preferences.remove\ntickets.former\n"
			  "account.clear\n"
			  "account.remove\n" },
		{ .what = "purge: account, subscriber unknown", .kind = REQUEST_ACCOUNT_PURGE, .given = { .unknown = true },
		  .says = "ok\n"
			  "orders.dead other_owner\n"
			  "private.remove\n"
			  "vanished.remove\n"
			  "preferences.remove\ntickets.former\n"
			  "account.clear\n" },
		{ .what = "purge: account, order in flight", .kind = REQUEST_ACCOUNT_PURGE,
		  .given = { .in_flight = { DUE(3, ORDER_ACTIVATE, "NEWS") } }, .says = "refused\n" },
		{ .what = "purge: orders", .kind = REQUEST_ORDERS_PURGE,
		  .says = "ok\n"
			  "orders.remove\n"
			  "tickets.remove\n" },
		{ .what = "purge: orders, one in flight", .kind = REQUEST_ORDERS_PURGE,
		  .given = { .unknown = true, .in_flight = { DUE(3, ORDER_ACTIVATE, "NEWS") } }, .says = "refused\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* ---- the due day of a subscription ---- */

static void subscription_due__each_task__order_reminder_or_end(void **state)
{
#define DAY_OF(words, ...) { .what = words, .kind = REQUEST_SUBSCRIPTION_DUE, .args = PLAIN, .given = { __VA_ARGS__ }
	static const struct row rows[] = {
		DAY_OF("due: no such subscription", .sold = &news), .says = "not found\n" },
		DAY_OF("due: woken too early", .sold = &news, HAS(IS("NEWS", TRIAL, .trial_until = 20261201))),
		  .says = "ok\n"
			  "subscription.put NEWS trial since=20261001 trial=20261201\n" },
		DAY_OF("due: active", .sold = &news, HAS(IS("NEWS", ACTIVE))),
		  .says = "ok\n"
			  "subscription.put NEWS active since=20261001\n" },
		DAY_OF("due: remind", .sold = &news, HAS(IS("NEWS", TRIAL, .trial_until = 20261123))),
		  .says = "ok\n"
			  "notification.add trial_ending due=now expires=now+604800 answered: service='NEWS' price=300 period='month' "
			  "trial_until=20261123 language='en'\n"
			  "subscription.put NEWS trial since=20261001 trial=20261123 reminded\n" },
		DAY_OF("due: remind of a trial with a price", .sold = &priced_trial_news, HAS(IS("NEWS", TRIAL, .trial_until = 20261123))),
		  .says = "ok\n"
			  "notification.add trial_ending due=now expires=now+604800 answered: service='NEWS' price=300 period='month' "
			  "trial_price=50 trial_until=20261123 language='en'\n"
			  "subscription.put NEWS trial since=20261001 trial=20261123 reminded\n" },
		DAY_OF("due: remind of a service that is not known", HAS(IS("NEWS", TRIAL, .trial_until = 20261123))),
		  .says = "ok\n"
			  "notification.add trial_ending due=now expires=now+604800 answered: service='NEWS' price=0 trial_until=20261123 "
			  "language='en'\n"
			  "subscription.put NEWS trial since=20261001 trial=20261123 reminded\n" },
		DAY_OF("due: reminded", .sold = &news, HAS(IS("NEWS", TRIAL, .trial_until = 20261123, .reminded = true))),
		  .says = "ok\n"
			  "subscription.put NEWS trial since=20261001 trial=20261123 reminded\n" },
		DAY_OF("due: trial is over", .sold = &news, HAS(IS("NEWS", TRIAL, .trial_until = 20261119, .reminded = true))),
		  .says = "ok effective=20261120 services=''\n"
			  "order.add service_deactivate NEWS completed ref=77 effective=20261120 price=300/month own "
			  "accepted=now ended=now "
			  "due=now\n"
			  "subscription.remove NEWS\n"
			  "notification.add trial_ended due=now expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_deactivate' "
			  "service='NEWS' price=300 period='month' effective=20261120 language='en'\n"
			  "services ''\n" },
		{ .what = "due: trial is over, consents to nothing", .kind = REQUEST_SUBSCRIPTION_DUE, .args = ABOUT(SHOWN),
		  .billing = true,
		  .given = { .sold = &news, HAS(IS("NEWS", TRIAL, .trial_until = 20261119)) },
		  .says = "accepted effective=20261120 services='NEWS'\n"
			  "order.add service_deactivate NEWS accepted ref=77 effective=20261120 price=300/month own accepted=now "
			  "ended=never "
			  "due=now\n"
			  "subscription.put NEWS deactivating since=20261001 trial=20261119\n"
			  "services 'NEWS'\n" },
		DAY_OF("due: trial is over, with billing", .sold = &next_news, HAS(IS("NEWS", TRIAL, .trial_until = 20261119)),
		       .in_flight = { DUE(3, ORDER_ACTIVATE, "GB1") }), .billing = true,
		  .says = "accepted effective=20261120 services='NEWS'\n"
			  "order.add service_deactivate NEWS accepted ref=77 effective=20261120 price=300/month own accepted=now "
			  "ended=never "
			  "due=waits\n"
			  "subscription.put NEWS deactivating since=20261001 trial=20261119\n"
			  "services 'NEWS'\n" },
		DAY_OF("due: remind of a trial that goes on", .sold = &trial_news, HAS(IS("NEWS", TRIAL, .trial_until = 20261123, PAID))),
		  .says = "ok\n"
			  "notification.add trial_ending due=now expires=now+604800 answered: service='NEWS' price=300 period='month' "
			  "trial_ends='paid' trial_until=20261123 language='en'\n"
			  "subscription.put NEWS trial since=20261001 trial=20261123 reminded trial_ends=paid\n" },
		/* regardless of the catalogue of today */
		DAY_OF("due: trial goes on", .sold = &trial_news, HAS(IS("NEWS", TRIAL, .trial_until = 20261119, .reminded = true, PAID))),
		  .says = "ok effective=20261120 services='NEWS'\n"
			  "order.add trial_accept NEWS completed ref=77 effective=20261120 price=300/month own accepted=now ended=now "
			  "due=now\n"
			  "subscription.put NEWS active since=20261001 reminded\n"
			  "notification.add order_completed due=now expires=now+604800 answered: ref='0000-0000-002D' kind='trial_accept' "
			  "service='NEWS' price=300 period='month' effective=20261120 language='en'\n"
			  "services 'NEWS'\n" },
		DAY_OF("due: trial goes on, with billing", .sold = &trial_news,
		       HAS(IS("NEWS", TRIAL, .trial_until = 20261119, .reminded = true, PAID))), .billing = true,
		  .says = "accepted effective=20261120 services='NEWS'\n"
			  "order.add trial_accept NEWS accepted ref=77 effective=20261120 price=300/month own accepted=now ended=never "
			  "due=now\n"
			  "subscription.put NEWS activating since=20261001 trial=20261119 reminded trial_ends=paid\n"
			  "services 'NEWS'\n" },
		DAY_OF("due: trial goes on, no reference number", .sold = &trial_news,
		       HAS(IS("NEWS", TRIAL, .trial_until = 20261119, .reminded = true, PAID))), .no_ref = true, .says = "busy\n" },
		DAY_OF("due: trial would go on, and nobody was notified", .sold = &paid_trial_news,
		       HAS(IS("NEWS", TRIAL, .trial_until = 20261119, PAID))), .billing = true,
		  .says = "accepted effective=20261120 services='NEWS'\n"
			  "order.add service_deactivate NEWS accepted ref=77 effective=20261120 price=300/month own accepted=now "
			  "ended=never "
			  "due=now\n"
			  "subscription.put NEWS deactivating since=20261001 trial=20261119 trial_ends=paid\n"
			  "services 'NEWS'\n" },
		DAY_OF("due: trial is over, no reference number", .sold = &news, HAS(IS("NEWS", TRIAL, .trial_until = 20261119))),
		.no_ref = true, .says = "busy\n" },
		/* waiting for room is not possible: a task that cannot be done would block all other subscriptions */
		DAY_OF("due: trial is over, 32 in flight", .sold = &news, HAS(IS("NEWS", TRIAL, .trial_until = 20261119)), .queue = 32),
		.billing = true,
		  .says = "accepted effective=20261120 services='NEWS'\n"
			  "order.add service_deactivate NEWS accepted ref=77 effective=20261120 price=300/month own accepted=now "
			  "ended=never "
			  "due=waits\n"
			  "subscription.put NEWS deactivating since=20261001 trial=20261119\n"
			  "services 'NEWS'\n" },
		DAY_OF("due: trial is over, 65 subscriptions", .sold = &news, HAS(IS("NEWS", TRIAL, .trial_until = 20261119)), .full = 128),
		  .says = "ok effective=20261120\n"
			  "order.add service_deactivate NEWS completed ref=77 effective=20261120 price=300/month own "
			  "accepted=now ended=now "
			  "due=now\n"
			  "subscription.remove NEWS\n"
			  "notification.add trial_ended due=now expires=now+604800 answered: ref='0000-0000-002D' "
			  "kind='service_deactivate' "
			  "service='NEWS' price=300 period='month' effective=20261120 language='en'\n" },
		DAY_OF("due: ends today", .sold = &news, HAS(IS("NEWS", DEACTIVATING, .until = 20261120))),
		  .says = "ok\n"
			  "subscription.put NEWS deactivating since=20261001 until=20261120\n" },
		DAY_OF("due: ended", .sold = &news, HAS(IS("GB1", ACTIVE), IS("NEWS", DEACTIVATING, .until = 20261119))),
		  .says = "ok services='GB1'\n"
			  "subscription.remove NEWS\n"
			  "services 'GB1'\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* ---- language ---- */

static void language_set__text__stored(void **state)
{
	static const struct row rows[] = {
		{ .what = "language: set", .kind = REQUEST_LANGUAGE_SET, .args = { T(FIELD_LANGUAGE, "zh") },
		  .says = "ok language='zh'\n"
			  "language 'zh'\n" },
		{ .what = "language: the same", .kind = REQUEST_LANGUAGE_SET, .args = { T(FIELD_LANGUAGE, "en") },
		  .says = "ok language='en'\n"
			  "language 'en'\n" },
		{ .what = "language: none", .kind = REQUEST_LANGUAGE_SET, .says = "refused\n" },
		{ .what = "language: a number", .kind = REQUEST_LANGUAGE_SET, .args = { N(FIELD_LANGUAGE, 1) }, .says = "refused\n" },
		{ .what = "language: 31 octets", .kind = REQUEST_LANGUAGE_SET,
		  .args = { T(FIELD_LANGUAGE, "1234567890123456789012345678901") },
		  .says = "ok language='1234567890123456789012345678901'\n"
			  "language '1234567890123456789012345678901'\n" },
		{ .what = "language: too long", .kind = REQUEST_LANGUAGE_SET,
		  .args = { T(FIELD_LANGUAGE, "12345678901234567890123456789012") }, .says = "refused\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* ---- passwords ---- */

static void password_attempt__each_lock__counted_or_locked(void **state)
{
#define ATTEMPT(words, ...) { .what = words, .kind = REQUEST_PASSWORD_ATTEMPT, .given = { __VA_ARGS__ }
	static const struct row rows[] = {
		ATTEMPT("attempt: no password", .password = false), .says = "locked\n" },
		ATTEMPT("attempt: first", .password = true),
		  .says = "ok msisdn='13800138000' left=2 hash='now'\n"
			  "password.put hash='now' past='' trusted=1/0 until=never\n" },
		ATTEMPT("attempt: all that is known", .password = true, .temporary = true, .past = "a b", .pieces = "pieces"),
		  .says = "ok msisdn='13800138000' left=2 hash='now' past='a b' temporary id_pieces='pieces'\n"
			  "password.put hash='now' past='a b' temporary trusted=1/0 until=never\n" },
		ATTEMPT("attempt: the last one", .password = true, .lock = { { .attempts = 2 } }),
		  .says = "ok locked_until=now+600 msisdn='13800138000' left=0 hash='now'\n"
			  "password.put hash='now' past='' trusted=0/1 until=now+600\n"
			  "notification.add password_locked due=now+10 expires=now+604800: language='en' locked_until=now+600\n" },
		ATTEMPT("attempt: the last one, then for good", .password = true, .lock = { { .attempts = 2, .locks = 2 } }),
		  .says = "ok msisdn='13800138000' left=0 hash='now'\n"
			  "password.put hash='now' past='' trusted=0/3 until=waits\n"
			  "notification.add password_locked due=now+10 expires=now+604800: language='en'\n" },
		ATTEMPT("attempt: more than are allowed by now", .password = true, .lock = { { .attempts = 7 } }),
		  .says = "locked locked_until=now+600\n"
			  "password.put hash='now' past='' trusted=0/1 until=now+600\n"
			  "notification.add password_locked due=now+10 expires=now+604800: language='en' locked_until=now+600\n" },
		ATTEMPT("attempt: locked", .password = true, .lock = { { .locks = 1, .until = NOW + 60 } }),
		  .says = "locked locked_until=now+60\n"
			  "password.put hash='now' past='' trusted=0/1 until=now+60\n" },
		ATTEMPT("attempt: locked for good", .password = true, .lock = { { .locks = 3, .until = LOCKED_FOR_GOOD } }),
		  .says = "locked\n"
			  "password.put hash='now' past='' trusted=0/3 until=waits\n" },
		ATTEMPT("attempt: untrusted", .password = true, .lock = { { .attempts = 2 } }), .password.link = PASSWORD_LINK_UNTRUSTED,
		  .says = "ok msisdn='13800138000' left=2 hash='now'\n"
			  "password.put hash='now' past='' trusted=2/0 until=never untrusted=1/0 until=never\n" },
		ATTEMPT("attempt: untrusted, trusted is locked", .password = true, .lock = { { .until = NOW + 60 } }),
		  .password.link = PASSWORD_LINK_UNTRUSTED,
		  .says = "locked locked_until=now+60\n"
			  "password.put hash='now' past='' trusted=0/0 until=now+60\n" },
	};

	rows_run(rows, ROWS(rows));
}

static void password_set__right_changed_rehashed__written(void **state)
{
#define SET(words, hashes, ...) { .what = words, .kind = REQUEST_PASSWORD_SET, .password = hashes, .given = { __VA_ARGS__ }
#define RIGHT_ONE { .compared = "now" }
#define NEW_ONE { .compared = "now", .fresh = "fresh" }
#define ANEW { .compared = "now", .fresh = "anew", .rehashed = true }
#define FORGED { .compared = "now", .link = PASSWORD_LINK_UNTRUSTED }
#define NOTHING { .compared = "" }
#define WRONG_ONE { .compared = "other", .fresh = "fresh" }
#define LOCKS .lock = { { .locks = 1, .until = NOW + 60 }, { .attempts = 2 } }
	static const struct row rows[] = {
		SET("set: right", RIGHT_ONE, .password = true, .past = "a b c", .temporary = true, LOCKS),
		  .says = "ok\n"
			  "password.put hash='now' past='a b c' temporary\n"
			  "notification.withdraw password_locked\n" },
		SET("set: changed", NEW_ONE, .password = true, .past = "a b c", .temporary = true, LOCKS),
		  .says = "ok\n"
			  "password.put hash='fresh' past='now a b'\n"
			  "notification.withdraw password_locked\n"
			  "notification.add password_changed due=now expires=now+604800 answered: language='en'\n" },
		SET("set: hashed anew", ANEW, .password = true, .past = "a b c", .temporary = true, LOCKS),
		  .says = "ok\n"
			  "password.put hash='anew' past='a b c' temporary\n"
			  "notification.withdraw password_locked\n" },
		SET("set: another by now", WRONG_ONE, .password = true, LOCKS), .says = "conflict\n" },
		SET("set: nothing compared", NOTHING, .password = true), .says = "conflict\n" },
		SET("set: no password", NEW_ONE, .password = false), .says = "conflict\n" },
		SET("set: right over an untrusted link", FORGED, .password = true, LOCKS),
		  .says = "ok\n"
			  "password.put hash='now' past='' trusted=0/1 until=now+60\n"
			  "notification.withdraw password_locked\n" },
	};

	rows_run(rows, ROWS(rows));
}

static void password_release_and_give__with_and_without_one__result(void **state)
{
	static const struct row rows[] = {
		{ .what = "release: locked", .kind = REQUEST_PASSWORD_RELEASE, .given = { .password = true, .past = "a", LOCKS },
		  .says = "ok\n"
			  "password.put hash='now' past='a'\n"
			  "notification.withdraw password_locked\n" },
		{ .what = "release: no password", .kind = REQUEST_PASSWORD_RELEASE, .says = "not found\n" },
		{ .what = "give: there is one", .kind = REQUEST_PASSWORD_GIVE, .password.fresh = "given",
		  .given = { .password = true, .past = "a b c", LOCKS },
		  .says = "ok\n"
			  "password.put hash='given' past='now a b' temporary\n"
			  "notification.withdraw password_locked\n" },
		{ .what = "give: there was none", .kind = REQUEST_PASSWORD_GIVE, .password.fresh = "given",
		  .says = "ok\n"
			  "password.put hash='given' past='' temporary\n"
			  "notification.withdraw password_locked\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* ---- conversations ---- */

#define SHORT_CODE .short_code = "10086"
#define UNTIL .until = NOW + 300
#define LONG_TEXT \
	HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED \
	"0123456789 0123456789 0123456789 0123456789 01234567"
#define HUNDRED "0123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789"

static void conversation__saved_and_expired__rows_and_notification(void **state)
{
	static const struct row rows[] = {
		{ .what = "save", .kind = REQUEST_CONVERSATION_SAVE,
		  SHORT_CODE, UNTIL, .session = "session", .late = "Too late.",
		  .says = "ok\n"
			  "conversation.put short_code='10086' session='session' late='Too late.' until=now+300\n" },
		{ .what = "save: nothing to announce", .kind = REQUEST_CONVERSATION_SAVE,
		  SHORT_CODE, UNTIL, .session = "session",
		  .says = "ok\n"
			  "conversation.put short_code='10086' session='session' late='' until=now+300\n" },
		{ .what = "save: longer than could be announced", .kind = REQUEST_CONVERSATION_SAVE,
		  SHORT_CODE, UNTIL, .session = "session", .late = LONG_TEXT,
		  .says = "ok\n"
			  "conversation.put short_code='10086' session='session' late='' until=now+300\n" },
		{ .what = "save: without session", .kind = REQUEST_CONVERSATION_SAVE, SHORT_CODE, UNTIL,
		  .says = "ok\n"
			  "conversation.remove short_code='10086'\n" },
		{ .what = "save: empty session", .kind = REQUEST_CONVERSATION_SAVE, SHORT_CODE, .session = "",
		  .says = "ok\n"
			  "conversation.remove short_code='10086'\n" },
		{ .what = "save: without number", .kind = REQUEST_CONVERSATION_SAVE, .session = "session",
		  .says = "refused\n" },
		{ .what = "expire", .kind = REQUEST_CONVERSATION_EXPIRE, SHORT_CODE, .given = { .late = "Too late." },
		  .says = "ok\n"
			  "conversation.remove short_code='10086'\n"
			  "notification.add unanswered due=now+15 expires=now+604800 answered: short_code='10086' text='Too late.'\n" },
		{ .what = "expire: none", .kind = REQUEST_CONVERSATION_EXPIRE, SHORT_CODE, .says = "not found\n" },
		{ .what = "due", .kind = REQUEST_CONVERSATION_DUE, SHORT_CODE, .given = { .late = "Too late." },
		  .says = "ok\n"
			  "conversation.remove short_code='10086'\n"
			  "notification.add unanswered due=now expires=now+604800 answered: short_code='10086' text='Too late.'\n" },
		{ .what = "due: none", .kind = REQUEST_CONVERSATION_DUE, SHORT_CODE, .says = "not found\n" },
		{ .what = "text", .kind = REQUEST_TEXT_SAVE,
		  SHORT_CODE, .channel = "smsc", .words = "BAL", UNTIL,
		  .says = "ok\n"
			  "notification.add text due=now+15 expires=now+604800 answered: short_code='10086' channel='smsc' text='BAL' "
			  "text_until=now+300\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* A13: whatever the answer to a change, its conversation is over, and a digest of the answered text takes its place. */
static void conversation__answered_by_a_change__digest_in_its_place(void **state)
{
#define ANSWERED .answered = { .short_code = "10086", .digest = "digest", .until = NOW + 900 }
	static const struct row rows[] = {
		{ .what = "answered: done", .kind = REQUEST_LANGUAGE_SET, .args = { T(FIELD_LANGUAGE, "zh") }, ANSWERED,
		  .says = "ok language='zh'\n"
			  "language 'zh'\n"
			  "conversation.remove short_code='10086'\n"
			  "answered.put short_code='10086' digest='digest' until=now+900\n" },
		{ .what = "answered: refused", .kind = REQUEST_LANGUAGE_SET, ANSWERED,
		  .says = "refused\n"
			  "conversation.remove short_code='10086'\n"
			  "answered.put short_code='10086' digest='digest' until=now+900\n" },
		{ .what = "answered: without short code", .kind = REQUEST_LANGUAGE_SET, .args = { T(FIELD_LANGUAGE, "zh") },
		  .answered.digest = "digest",
		  .says = "ok language='zh'\n"
			  "language 'zh'\n" },
		{ .what = "answered: an order", .kind = REQUEST_SERVICE_ACTIVATE, .args = { T(FIELD_SERVICE, "NEWS"), SHOWN }, ANSWERED,
		  .billing = true, .given = { .sold = &news },
		  .says = "accepted effective=20261120 services='NEWS'\n"
			  "order.add service_activate NEWS accepted ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=never due=now\n"
			  "consent.add time=now msisdn=13800138000 ref=77 kind='service activate' service='NEWS' channel='' trust='' "
			  "shown='Activate News?' answered='1'\n"
			  "subscription.put NEWS activating since=20261120\n"
			  "services 'NEWS'\n"
			  "conversation.remove short_code='10086'\n"
			  "answered.put short_code='10086' digest='digest' until=now+900\n" },
	};

	rows_run(rows, ROWS(rows));
}

static void account_replay__answered_again__only_its_conversation(void **state)
{
	static const struct row rows[] = {
		{ .what = "replay: over a conversation", .kind = REQUEST_SERVICE_ACTIVATE, .args = { T(FIELD_SERVICE, "NEWS"), SHOWN },
		  ANSWERED,
		  .given = { .sold = &news },
		  .says = "not found\n"
			  "conversation.remove short_code='10086'\n"
			  "answered.put short_code='10086' digest='digest' until=now+900\n" },
		{ .what = "replay: over a dialog", .kind = REQUEST_SERVICE_ACTIVATE, .args = ABOUT(SHOWN), .given = { .sold = &news },
		  .says = "not found\n" },
	};

	for (size_t i = 0; i < ROWS(rows); i++)
		step_ask(&rows[i], true, rows[i].says);
}

static void account_alien__reference_of_another__named_in_the_answer(void **state)
{
	const struct account account = { .msisdn = MSISDN };
	const struct request request = { .ref = 77 };
	struct account_step step = { .changes_count = 0 };
	struct response response;
	char text[PRINTED_SIZE];

	response_init(&response);
	record_put_text(&response.facts, FIELD_SERVICES, "SECRET", 6);
	step.response = &response;
	account_alien(&account, &request, 42, &response);
	assert_string_equal(printed(&step, text), "alien msisdn=13800138000 ref=77 other=42\n");
}

/* ---- the working set ---- */

static void account_begin__longest_code_and_longer__stored_or_left_out(void **state)
{
	static const struct {
		const char *code, *service;
	} table[] = {
		{ "NEWS", "NEWS" }, { "123456789012345678901234", "123456789012345678901234" }, { "1234567890123456789012345", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < ROWS(table); i++) {
		static struct account account;
		const struct row row = { .kind = REQUEST_SERVICE_ACTIVATE, .args = { T(FIELD_SERVICE, table[i].code) } };
		struct request request;

		request_make(&row, &request);
		account_begin(&account, &request);
		assert_string_equal(account.service, table[i].service);
	}
}

/* The store's row is only valid during its statement: the terms are copies, and texts that do not fit are left out. */
static void account_set_terms__texts__copied(void **state)
{
	static struct account account;
	static char excludes[ACCOUNT_TERMS_SIZE];
	char period[] = "month", brand[] = "young";
	const struct row row = { .kind = REQUEST_SERVICE_ACTIVATE, .args = PLAIN };
	struct service terms = { .code = "X", .price = 5, .period = period, .brand = brand, .excludes = excludes, .sender = "1",
				 .family = "F" };
	struct request request;

	request_make(&row, &request);
	account_begin(&account, &request);
	account_set_terms(&account, &terms, true);
	period[0] = brand[0] = 'X';
	assert_string_equal(account.terms.code, "NEWS");
	assert_string_equal(account.terms.period, "month");
	assert_string_equal(account.terms.brand, "young");
	assert_null(account.terms.account);
	assert_null(account.terms.family);
	assert_null(account.terms.sender);
	assert_string_equal(account.terms.excludes, "");
	memset(excludes, 'x', sizeof(excludes) - 1);
	account_set_terms(&account, &terms, false);
	assert_false(account.offered);
	assert_string_equal(account.terms.excludes, "");
	account_set_terms(&account, &(struct service){ .code = "X" }, false);
	assert_string_equal(account.terms.period, "");
}

/* If there are more than fit, the one that the request names is among them. */
static void account_add_subscription__more_than_fit__named_one_is_included(void **state)
{
	static struct account account;
	const struct row row = { .kind = REQUEST_SERVICE_ACTIVATE, .args = { T(FIELD_SERVICE, "Z128") } };
	struct request request;

	request_make(&row, &request);
	account_begin(&account, &request);
	subscriptions_give(&(struct given){ .full = 128 }, &account);
	assert_false(account.too_many);
	account_begin(&account, &request);
	subscriptions_give(&(struct given){ .full = 130 }, &account);
	assert_true(account.too_many);
	assert_int_equal(account.subscriptions_count, ACCOUNT_SUBSCRIPTIONS_MAX);
	assert_string_equal(account.subscriptions[ACCOUNT_SUBSCRIPTIONS_MAX - 1].service, "Z128");
	assert_string_equal(account.subscriptions[0].service, "Z000");
}

static void account_add_in_flight__more_than_fit__reported(void **state)
{
	static struct account account;
	const struct account_order order = { .id = 1 };
	const struct row row = { .kind = REQUEST_SERVICE_ACTIVATE };
	struct request request;

	request_make(&row, &request);
	account_begin(&account, &request);
	for (int i = 0; i < ACCOUNT_IN_FLIGHT_MAX; i++)
		assert_true(account_add_in_flight(&account, &order));
	assert_false(account.more_in_flight);
	assert_false(account_add_in_flight(&account, &order));
	assert_true(account.more_in_flight);
	assert_int_equal(account.in_flight_count, ACCOUNT_IN_FLIGHT_MAX);
}

/* ---- proposals ---- */

#define PROPOSED(of, about, end, ...) { .number = "0000-0000-0042", .msisdn = of, .service = about, .until = end, __VA_ARGS__ }
#define PROPOSAL(...) PROPOSED(MSISDN, "NEWS", NOW + 60, __VA_ARGS__)
#define CODE "0123456789abcdef"
#define NAMED T(FIELD_PROPOSAL, "0000-0000-0042")

/* A yes is an order with its consent; with a one-time code it is consent to what was shown where the order was begun. */
static void proposal__answered__ordered_once_or_not_at_all(void **state)
{
	static const struct row rows[] = {
		{ .what = "accept: open", .kind = REQUEST_PROPOSAL_ACCEPT, .billing = true, .args = ABOUT(NAMED, SHOWN),
		  .given = { .sold = &news, .proposal = PROPOSAL() },
		  .says = "accepted effective=20261120 services='NEWS'\n"
			  "order.add service_activate NEWS accepted ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=never due=now\n"
			  "consent.add time=now msisdn=13800138000 ref=77 kind='service activate' service='NEWS' channel='' trust='' "
			  "shown='Activate News?' answered='1'\n"
			  "subscription.put NEWS activating since=20261120\n"
			  "services 'NEWS'\n"
			  "proposal 0000-0000-0042 reply=yes tries=0\n" },
		{ .what = "accept: another price by now", .kind = REQUEST_PROPOSAL_ACCEPT, .billing = true,
		  .args = ABOUT(NAMED, N(FIELD_PRICE, 299)), .given = { .sold = &news, .proposal = PROPOSAL() },
		  .says = "conflict services=''\n"
			  "proposal 0000-0000-0042 reply=other_price tries=0\n" },
		{ .what = "accept: too many orders in flight, which will pass", .kind = REQUEST_PROPOSAL_ACCEPT, .billing = true,
		  .args = ABOUT(NAMED), .given = { .sold = &news, .queue = ACCOUNT_IN_FLIGHT_MAX, .proposal = PROPOSAL() },
		  .says = "busy services=''\n" },
		{ .what = "accept: a moment too late", .kind = REQUEST_PROPOSAL_ACCEPT, .args = ABOUT(NAMED),
		  .given = { .sold = &news, .proposal = PROPOSED(MSISDN, "NEWS", NOW) }, .says = "not found\n" },
		{ .what = "accept: of another subscriber", .kind = REQUEST_PROPOSAL_ACCEPT, .args = ABOUT(NAMED),
		  .given = { .sold = &news, .proposal = PROPOSED(MSISDN + 1, "NEWS", NOW + 60) }, .says = "not found\n" },
		{ .what = "accept: none", .kind = REQUEST_PROPOSAL_ACCEPT, .args = ABOUT(NAMED), .given = { .sold = &news },
		  .says = "not found\n" },
		{ .what = "accept: declined before", .kind = REQUEST_PROPOSAL_ACCEPT, .args = ABOUT(NAMED),
		  .given = { .sold = &news, .proposal = PROPOSAL(.reply = "no") }, .says = "duplicate\n" },
		{ .what = "accept: another service", .kind = REQUEST_PROPOSAL_ACCEPT, .args = ABOUT(NAMED),
		  .given = { .sold = &news, .proposal = PROPOSED(MSISDN, "OTHER", NOW + 60) }, .says = "conflict\n" },
		{ .what = "decline: open", .kind = REQUEST_PROPOSAL_DECLINE, .args = { NAMED }, .given = { .proposal = PROPOSAL() },
		  .says = "ok\nproposal 0000-0000-0042 reply=no tries=0\n" },
		{ .what = "code: sent", .kind = REQUEST_PROPOSAL_CODE, .args = { NAMED, T(ARG_CODE, CODE) },
		  .given = { .proposal = PROPOSAL(.tries = 1) }, .says = "ok\nproposal 0000-0000-0042 reply= tries=1\n" },
		{ .what = "code: of another length", .kind = REQUEST_PROPOSAL_CODE, .args = { NAMED, T(ARG_CODE, CODE "0") },
		  .given = { .proposal = PROPOSAL() }, .says = "not found\n" },
		{ .what = "confirm: right", .kind = REQUEST_PROPOSAL_CONFIRM,
		  .args = ABOUT(NAMED, T(ARG_CODE, CODE), T(ARG_ANSWERED, "******"), T(ARG_CHANNEL, "web:shop"), T(ARG_TRUST, "code")),
		  .billing = true,
		  .given = { .sold = &news, .proposal = PROPOSAL(.shown = "News for 3.00", .has_code = true, .code = CODE, .tries = 2) },
		  .says = "accepted effective=20261120 services='NEWS'\n"
			  "order.add service_activate NEWS accepted ref=77 effective=20261120 price=300/month accepted=now "
			  "ended=never due=now\n"
			  "consent.add time=now msisdn=13800138000 ref=77 kind='service activate' service='NEWS' channel='web:shop' "
			  "trust='code' shown='News for 3.00' answered='******'\n"
			  "subscription.put NEWS activating since=20261120\n"
			  "services 'NEWS'\n"
			  "proposal 0000-0000-0042 reply=yes tries=2\n" },
		{ .what = "confirm: wrong", .kind = REQUEST_PROPOSAL_CONFIRM, .args = ABOUT(NAMED, T(ARG_CODE, "0123456789abcdeF")),
		  .given = { .sold = &news, .proposal = PROPOSAL(.has_code = true, .code = CODE) },
		  .says = "wrong tries_left=2\nproposal 0000-0000-0042 reply= tries=1\n" },
		{ .what = "confirm: wrong once too often", .kind = REQUEST_PROPOSAL_CONFIRM, .args = ABOUT(NAMED),
		  .given = { .sold = &news, .proposal = PROPOSAL(.has_code = true, .code = CODE, .tries = 2) },
		  .says = "wrong tries_left=0\nproposal 0000-0000-0042 reply=locked tries=3\n" },
		{ .what = "confirm: right, but locked", .kind = REQUEST_PROPOSAL_CONFIRM, .args = ABOUT(NAMED, T(ARG_CODE, CODE)),
		  .given = { .sold = &news, .proposal = PROPOSAL(.has_code = true, .code = CODE, .tries = 3, .reply = "locked") },
		  .says = "locked\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* ---- completeness ---- */

/* Runs last: a request added to step.c needs rows here, or in message_test.c, ticket_test.c, survey_test.c or
 * tests/store/proposals_test.c. */
static void account_step__each_request__has_rows(void **state)
{
	for (enum request_kind kind = 0; kind < REQUEST_KIND_COUNT; kind++) {
		const bool elsewhere = kind == REQUEST_PREFERENCE_SET || kind == REQUEST_REMINDER_DUE || kind == REQUEST_EVENT ||
				       kind == REQUEST_PROPOSE || kind == REQUEST_SURVEY_ANSWER || kind == REQUEST_ACCESS ||
				       account_parts(kind) & ACCOUNT_PART_TICKETS;

		if (kinds_tried[kind] != account_steps(kind) && !elsewhere)
			fail_msg("no row is about %s", request_kind_name(kind));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(account_parts__each_request__what_a_store_loads),
		cmocka_unit_test(service_activate__without_billing__completed_at_once),
		cmocka_unit_test(service_activate__with_billing__accepted),
		cmocka_unit_test(service_change__each_case__both_in_one_order),
		cmocka_unit_test(service_activate__not_accepted__nothing_changes),
		cmocka_unit_test(order__account_is_full__busy),
		cmocka_unit_test(order__more_subscriptions_than_fit__no_list),
		cmocka_unit_test(line__suspend_and_resume__status_or_order),
		cmocka_unit_test(backend_order__each_case__accepted_and_delivered_in_turn),
		cmocka_unit_test(backend_order__ended_or_released__account_unchanged_and_next_delivered),
		cmocka_unit_test(order_complete__in_flight__first_answer_counts),
		cmocka_unit_test(order_complete__each_end_in_each_state__result),
		cmocka_unit_test(order_complete__others_in_flight__next_one_wakes),
		cmocka_unit_test(order_release__each_state__only_dead_orders_that_fit),
		cmocka_unit_test(order_release__others_in_flight__oldest_is_delivered),
		cmocka_unit_test(purge__each_case__deleted_data),
		cmocka_unit_test(subscription_due__each_task__order_reminder_or_end),
		cmocka_unit_test(language_set__text__stored),
		cmocka_unit_test(password_attempt__each_lock__counted_or_locked),
		cmocka_unit_test(password_set__right_changed_rehashed__written),
		cmocka_unit_test(password_release_and_give__with_and_without_one__result),
		cmocka_unit_test(conversation__saved_and_expired__rows_and_notification),
		cmocka_unit_test(conversation__answered_by_a_change__digest_in_its_place),
		cmocka_unit_test(proposal__answered__ordered_once_or_not_at_all),
		cmocka_unit_test(account_step__each_request__has_rows),
		cmocka_unit_test(account_step__unknown_subscriber__nothing_changes),
		cmocka_unit_test(account_replay__answered_again__only_its_conversation),
		cmocka_unit_test(account_alien__reference_of_another__named_in_the_answer),
		cmocka_unit_test(account_begin__longest_code_and_longer__stored_or_left_out),
		cmocka_unit_test(account_set_terms__texts__copied),
		cmocka_unit_test(account_add_subscription__more_than_fit__named_one_is_included),
		cmocka_unit_test(account_add_in_flight__more_than_fit__reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
