/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The rows of the group "billing", and the checks that rows cannot express. */
#include <stddef.h>

#include <osmocom/core/talloc.h>

#include "billing/mapping.h"
#include "billing/settings.h"
#include "starhash/billing.h"

#define AT(member) offsetof(struct billing_settings, member)
#define NUMBER(key, least, most, usual, of, words) \
	{ .name = #key, .type = CONF_INT, .offset = AT(key), .min = least, .max = most, .fallback = usual, .unit = of, .help = words }

const struct conf_row billing_rows[] = {
	HTTP_ROWS(struct billing_settings, service),
	NUMBER(connections_max, 1, 1000, "8", NULL, "connections to billing at a time; each carries one request"),
	NUMBER(requests_max, 1, 100000, "1000", NULL, "account requests and orders open at once; more are deferred"),
	NUMBER(response_max, 1024, 16777216, "262144", "octets", "largest answer"),
	{ .name = "ask", .type = CONF_GROUPS, .offset = AT(ask), .group = resource_rows,
	  .help = "which resources to read, and how their fields map to ours; see starhashd(8)" },
	{ .name = "order", .type = CONF_GROUP, .offset = AT(order), .group = order_mapping_rows,
	  .help = "where orders are sent, and how answers are read; see starhashd(8)" },
	{}
};
const size_t billing_settings_size = sizeof(struct billing_settings);

void billing_check(const void *data, const struct setting *group, struct problems *problems)
{
	const struct billing_settings *settings = data;

	http_service_check(&settings->service, false, group, problems);
	talloc_free(mapping_new(NULL, settings->ask, settings->order, problems));
}
