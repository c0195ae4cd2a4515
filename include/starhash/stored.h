/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One subscriber's account as plain data: how it comes from billing, from an import or from a test into a store. */
#pragma once

#include "starhash/catalogue.h"
#include "starhash/request.h"

/* For numbers that are not known: the fact is then absent. */
#define STORED_UNKNOWN INT64_MIN

struct stored_line {
	const char *item;
	int64_t amount;
};

struct stored_bill {
	uint32_t month;
	int64_t total;
	const struct stored_line *lines;
	unsigned int lines_count;
};

struct stored_points {
	uint32_t date;
	int64_t change;
	const char *reason;
};

struct stored_subscription {
	const char *service;
	uint32_t since;			/* yyyymmdd */
	uint32_t trial_until;		/* yyyymmdd; 0: no trial */
};

#define STORED_IMSIS_MAX 2
#define STORED_ID_PIECES_SIZE 272

struct stored_account {
	char imsis[STORED_IMSIS_MAX][IMSI_SIZE];	/* "" where there are fewer */
	char msisdn[MSISDN_SIZE];
	const char *account;
	const char *brand;
	const char *status;
	const char *language;
	int64_t balance, owed, valid_until, points;
	int64_t as_of, bills_as_of, points_as_of, services_as_of;	/* seconds since 1970 */
	int64_t bill_month, bill_total;			/* the last billed month; later bills are still running */
	const char *id_number;				/* NULL when unknown; as it comes from outside, never in a store */
	const char *id_pieces;				/* keyed pieces of it, which accounts/ makes for the store; NULL: unknown */
	const char *hash;				/* of the password; NULL: none, or left as it is */
	const char *owner;				/* billing's number of the customer: another one means a recycled
							 * number, and nothing of the former owner stays (F15). NULL: unknown */
	const struct stored_bill *bills;		/* oldest first, as the next two */
	const struct stored_points *points_entries;
	const struct stored_subscription *subscriptions;
	unsigned int bills_count, points_count, subscriptions_count;
};
