/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Orders and subscriptions as rows. */
#pragma once

#include <sqlite3.h>

#include "starhash/account.h"
#include "starhash/request.h"

#define ORDER_CODE_SIZE 32		/* of periods and kinds */

/* An order with what the store alone knows of it. */
struct item {
	struct order order;
	enum request_kind kind;
	int64_t id;
	int64_t msisdn;
	int64_t ref;
	char period[ORDER_CODE_SIZE];
	int64_t price;			/* STORED_UNKNOWN: none */
};

/* The kind of order that a request makes. */
enum order_kind order_kind_of(enum request_kind kind);

const char *order_state_name(enum order_state state);

/* Fill \a item from a row of ORDER_SQL; false when the row is not one of an order. Price and period are left out. */
bool item_read(sqlite3_stmt *statement, struct item *item);
