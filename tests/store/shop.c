/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A catalogue with one service of each kind, and how they are ordered. */
#include <osmocom/core/utils.h>

#include "tests/store/shop.h"

#define SHOP(name, ...) { .code = name, .excludes = "", __VA_ARGS__ }
static const struct service shop[] = {
	SHOP("CRBT", .price = 500, .period = "month"),
	SHOP("DAILY", .family = "information", .price = 10, .period = "day", .activates_next_period = true),
	SHOP("MONTHLY", .price = 900, .period = "month", .activates_next_period = true, .deactivates_next_period = true),
	SHOP("NEWS", .family = "information", .price = 300, .period = "month", .deactivates_next_period = true),
	{ .code = "RIVAL", .excludes = "OTHER NEWS", .price = 200, .period = "month" },
	SHOP("TRY", .price = 100, .period = "month", .trial_days = 7),
	SHOP("WEATHER", .family = "information", .price = 10, .period = "day"),
	SHOP("WEEKLY", .price = 50, .period = "week", .activates_next_period = true),
	SHOP("ZEN", .price = 400, .period = "month", .trial_days = 7, .trial_ends = TRIAL_ENDS_PAID),
	SHOP("ZINE", .price = 900, .period = "month", .trial_days = 7, .trial_price = 100, .deactivates_next_period = true),
};

void sell(struct round *round)
{
	const struct catalogue catalogue = { .services = shop, .count = ARRAY_SIZE(shop) };

	round->ops->set_catalogue(round->store, &catalogue);
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ 0 }, RESULT_NOT_FOUND);	/* written after it */
}

void order(struct round *round, enum request_kind kind, uint64_t ref, const char *service, enum result wanted)
{
	ask_with(round, kind, ALICE, ref, FIELD_SERVICE, service, wanted);
}

/* Billing's answer to an order. */
void end_order(struct round *round, int64_t id, enum order_end end, const char *reason, enum result wanted)
{
	struct request request = fixture_request(REQUEST_ORDER_END, "", 0);

	request.id = id;
	request.outcome.end = end;
	if (reason)
		osmo_strlcpy(request.outcome.reason, reason, sizeof(request.outcome.reason));
	ask(round, request, wanted);
}
