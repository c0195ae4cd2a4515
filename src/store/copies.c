/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Deep copies of plain data: every text and list of the original, below one talloc parent. */
#include <osmocom/core/talloc.h>

#include "store/copies.h"

static void text_copy(void *ctx, const char **text)
{
	*text = *text ? talloc_strdup(ctx, *text) : NULL;
}

static struct stored_bill *bills_copy(void *ctx, const struct stored_account *account)
{
	struct stored_bill *bills = talloc_memdup(ctx, account->bills, account->bills_count * sizeof(*bills));

	for (unsigned int i = 0; i < account->bills_count; i++) {
		const unsigned int count = bills[i].lines_count;
		struct stored_line *lines = talloc_memdup(ctx, bills[i].lines, count * sizeof(*lines));

		for (unsigned int line = 0; line < count; line++) {
			text_copy(ctx, &lines[line].item);
			for (enum line_fact_index fact = 0; fact < LINE_FACT_COUNT; fact++)
				text_copy(ctx, line_fact(&lines[line], fact));
		}
		bills[i].lines = lines;
	}
	return bills;
}

static struct stored_points *points_copy(void *ctx, const struct stored_account *account)
{
	struct stored_points *points =
		talloc_memdup(ctx, account->points_entries, account->points_count * sizeof(*points));

	for (unsigned int i = 0; i < account->points_count; i++)
		text_copy(ctx, &points[i].reason);
	return points;
}

static struct stored_subscription *subscriptions_copy(void *ctx, const struct stored_account *account)
{
	struct stored_subscription *subscriptions =
		talloc_memdup(ctx, account->subscriptions, account->subscriptions_count * sizeof(*subscriptions));

	for (unsigned int i = 0; i < account->subscriptions_count; i++)
		text_copy(ctx, &subscriptions[i].service);
	for (unsigned int i = 0; i < account->subscriptions_count; i++)
		text_copy(ctx, &subscriptions[i].state);
	for (unsigned int i = 0; i < account->subscriptions_count; i++)
		text_copy(ctx, &subscriptions[i].trial_ends);
	return subscriptions;
}

struct stored_account *stored_copy(void *ctx, const struct stored_account *account)
{
	struct stored_account *copy = talloc_memdup(ctx, account, sizeof(*account));
	const char **texts[] = {
		&copy->account, &copy->brand, &copy->status, &copy->language, &copy->id_pieces, &copy->hash, &copy->owner,
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		text_copy(copy, texts[i]);
	for (enum stored_fact_index i = 0; i < STORED_FACTS; i++) {
		if (stored_fact_is_text(&stored_facts[i]))
			text_copy(copy, stored_text(copy, &stored_facts[i]));
	}
	copy->id_number = NULL;
	copy->bills = bills_copy(copy, account);
	copy->points_entries = points_copy(copy, account);
	copy->subscriptions = subscriptions_copy(copy, account);
	return copy;
}

struct catalogue *catalogue_copy(void *ctx, const struct catalogue *catalogue)
{
	struct catalogue *copy = talloc_memdup(ctx, catalogue, sizeof(*catalogue));
	struct service *services = talloc_memdup(copy, catalogue->services, catalogue->count * sizeof(*services));

	for (size_t i = 0; i < catalogue->count; i++) {
		const char **texts[] = {
			&services[i].code, &services[i].family, &services[i].period, &services[i].account,
			&services[i].brand, &services[i].excludes, &services[i].sender,
		};

		for (size_t text = 0; text < sizeof(texts) / sizeof(*texts); text++)
			text_copy(copy, texts[text]);
	}
	copy->services = services;
	return copy;
}
