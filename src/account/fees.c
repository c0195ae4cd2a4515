/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Information fees on a bill: the sum of each service, from the lines of their class. */
#include <stdio.h>
#include <string.h>

#include "starhash/account.h"

void fees_begin(struct fees *fees, int64_t month)
{
	fees->month = month;
	fees->count = 0;
}

void fees_add_line(struct fees *fees, const char *fee_class, const char *service, int64_t amount)
{
	unsigned int i = 0;

	if (!fee_class || strcmp(fee_class, FEES_INFORMATION))
		return;
	while (i < fees->count && strcmp(fees->fees[i].service, service ? service : ""))
		i++;
	if (i == FEES_MAX)
		fees->fees[--i].service[0] = '\0';
	if (i == fees->count) {
		fees->fees[fees->count++].amount = 0;
		snprintf(fees->fees[i].service, sizeof(fees->fees[i].service), "%s", service ? service : "");
	}
	fees->fees[i].amount += amount;
}

int64_t fees_total(const struct fees *fees)
{
	int64_t total = 0;

	for (unsigned int i = 0; i < fees->count; i++)
		total += fees->fees[i].amount;
	return total;
}

void fees_put(const struct fees *fees, struct record *facts, struct rows *rows)
{
	uint8_t octets[64];

	for (unsigned int i = 0; i < fees->count; i++) {
		const struct fee *fee = &fees->fees[i];
		struct record row = { .data = octets, .size = sizeof(octets) };

		if (fee->service[0])
			record_append_text(&row, FIELD_SERVICE, fee->service, strlen(fee->service));
		record_append_number(&row, FIELD_AMOUNT, fee->amount);
		rows_add(rows, &row);
	}
	record_put_number(facts, FIELD_MONTH, fees->month);
	record_put_number(facts, FIELD_TOTAL, fees_total(fees));
}
