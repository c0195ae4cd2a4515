/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two invented subscribers and a small catalogue for tests of stores and of accounts/. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "tests/cmocka.h"
#include "tests/support/accounts.h"

const struct service fixture_services[4] = {
	{ .code = "CRBT", .price = 500, .period = "month" },
	{ .code = "NEWS", .price = 300, .period = "month" },
	{ .code = "VMAIL", .price = 0, .period = "month", .account = "postpaid" },
	{ .code = "WEATHER", .price = 10, .period = "day" },
};

static const struct stored_line lines[] = {
	{ .item = "rent", .amount = 1800 },
	{ .item = "calls", .amount = 1250 },
	{ .item = "sms", .amount = 50 },
};

/* Six billed months and the current one. */
static const struct stored_bill alice_bills[] = {
	{ .month = 202603, .total = 3000 },
	{ .month = 202604, .total = 3010 },
	{ .month = 202605, .total = 3020 },
	{ .month = 202606, .total = 3030 },
	{ .month = 202607, .total = 3040 },
	{ .month = 202608, .total = 3100, .lines = lines, .lines_count = 3 },
	{ .month = 202609, .total = 999, .lines = lines, .lines_count = 1 },
};

static const struct stored_points alice_points[] = {
	{ .date = 20260901, .change = 10, .reason = "earned" },	/* feeds come in any order */
	{ .date = 20260101, .change = 1, .reason = "earned" },    { .date = 20260201, .change = 2, .reason = "earned" },
	{ .date = 20260301, .change = 3, .reason = "earned" },
	{ .date = 20260401, .change = 4, .reason = "bonus" },     { .date = 20260501, .change = 5, .reason = "earned" },
	{ .date = 20260601, .change = 6, .reason = "earned" },
	{ .date = 20260602, .change = -6, .reason = "redeemed" }, { .date = 20260701, .change = 7, .reason = "earned" },
	{ .date = 20260801, .change = 8, .reason = "earned" },
	{ .date = 20260802, .change = 9, .reason = "bonus" },     { .date = 20260802, .change = -9, .reason = "redeemed" },
};

static const struct stored_subscription alice_services[] = {
	{ .service = "CRBT", .since = 20250115 },
	{ .service = "NEWS", .since = 20260301 },
};

const struct stored_account fixture_accounts[2] = {
	{
		.imsis = { ALICE_IMSI, ALICE_SECOND_IMSI }, .msisdn = ALICE,
		.account = "prepaid", .brand = "young", .status = "active", .language = "en", .tariff = "DAILY2", .registered = "yes",
		.balance = 1250, .owed = STORED_UNKNOWN, .valid_until = 20271231, .points = 40, .as_of = 1788220800,
		.bill_month = 202608, .bill_total = 3100,
		.id_pieces = "pieces of alice", .hash = "hash of alice",
		.bills = alice_bills, .bills_count = 7, .points_entries = alice_points, .points_count = 12,
		.subscriptions = alice_services, .subscriptions_count = 2,
	},
	{
		.imsis = { "001010000000002" }, .msisdn = BOB,
		.account = "postpaid", .brand = "classic", .status = "suspended", .language = "zh",
		.balance = STORED_UNKNOWN, .owed = -5, .valid_until = STORED_UNKNOWN, .points = 0, .as_of = 1788220800,
		.bill_month = STORED_UNKNOWN, .bill_total = STORED_UNKNOWN,
		.hash = "hash of bob",
	},
};

void fixture_put(const struct store_ops *ops, struct store *store, const struct stored_account *account)
{
	const struct account_update update = account_update_whole(account, FIXTURE_NOW, false);
	struct response response;

	response_init(&response);
	assert_int_equal(ops->merge(store, &update, STORE_NOBODY, &response), 0);
	assert_int_equal(response.result, RESULT_OK);
}

void fixture_sell(const struct store_ops *ops, struct store *store)
{
	const struct catalogue catalogue = { .services = fixture_services, .count = ARRAY_SIZE(fixture_services) };

	ops->set_catalogue(store, &catalogue);
}

void fixture_fill(const struct store_ops *ops, struct store *store)
{
	fixture_sell(ops, store);
	for (size_t i = 0; i < ARRAY_SIZE(fixture_accounts); i++)
		fixture_put(ops, store, &fixture_accounts[i]);
}

struct request fixture_request(enum request_kind kind, const char *msisdn, uint64_t ref)
{
	struct request request = { .kind = kind, .ref = ref, .now = FIXTURE_NOW };

	osmo_strlcpy(request.subscriber.msisdn, msisdn, sizeof(request.subscriber.msisdn));
	return request;
}

void fixture_arg(struct request *request, uint16_t field, const char *text)
{
	struct record args = request_args(request);

	assert_int_equal(record_put_text(&args, field, text, strlen(text)), 0);
	request_set_args(request, &args);
}

struct request fixture_conversation(enum request_kind kind, const char *msisdn, const char *short_code)
{
	struct request request = fixture_request(kind, msisdn, 0);

	osmo_strlcpy(request.conversation.short_code, short_code, sizeof(request.conversation.short_code));
	return request;
}

struct request fixture_keep(const char *msisdn, const char *short_code, const char *session, int64_t until, const char *late)
{
	struct request request = fixture_conversation(REQUEST_CONVERSATION_SAVE, msisdn, short_code);

	request.conversation.until = until;
	if (session)
		assert_int_equal(request_put_span(&request, &request.conversation.session, session, strlen(session)), 0);
	if (late)
		assert_int_equal(request_put_span(&request, &request.conversation.late, late, strlen(late)), 0);
	return request;
}

const char *fixture_session(const struct response *response)
{
	static char session[REQUEST_ARGS_MAX + 1];
	const struct conversation_found *found = &response->conversation;

	session[0] = '\0';
	if (response->part == RESPONSE_CONVERSATION) {
		memcpy(session, found->session, found->session_len);
		session[found->session_len] = '\0';
	}
	return session;
}

const char *fixture_text(const struct record *record, uint16_t field)
{
	static char text[256];

	record_text(record, field, text, sizeof(text));
	return text;
}

bool fixture_same(const struct record *a, const struct record *b)
{
	struct value value, other;
	uint16_t at = 0, id;

	if (a->len != b->len)
		return false;
	while (record_next(a, &at, &id, &value)) {
		if (!record_get(b, id, &other) || other.is_text != value.is_text || other.number != value.number ||
		    (value.is_text && (value.len != other.len || memcmp(value.text, other.text, value.len))))
			return false;
	}
	return true;
}
