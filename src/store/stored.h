/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One subscriber's account as plain data: how invented ones reach a store, in tests and from starhash-data. */
#pragma once

#include <stdint.h>

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
	uint32_t since;
};

/* A service of the catalogue. \a account and \a brand restrict who may open it; NULL: anybody. */
struct stored_service {
	const char *service;
	int64_t price;
	const char *period;
	const char *account;
	const char *brand;
};

#define STORED_IMSIS_MAX 2

struct stored_account {
	char imsis[STORED_IMSIS_MAX][IMSI_SIZE];	/* "" where there are fewer */
	char msisdn[MSISDN_SIZE];
	const char *account;
	const char *brand;
	const char *status;
	const char *language;
	int64_t balance, owed, valid_until, points, as_of;
	int64_t bill_month, bill_total;			/* the last billed month; later bills are still running */
	const char *id_number;				/* NULL when unknown */
	const char *hash;				/* of the password */
	const struct stored_bill *bills;		/* oldest first, as the next two */
	const struct stored_points *points_entries;
	const struct stored_subscription *subscriptions;
	unsigned int bills_count, points_count, subscriptions_count;
};
