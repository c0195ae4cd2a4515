/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Subscriptions, orders, passwords and services as rows. */
#pragma once

#include "starhash/account.h"
#include "starhash/stored.h"
#include "store/sql/db.h"

/* Copy a column; "" if it is NULL, or does not fit in \a size with its zero. */
void column_copy(struct statement *statement, int column, char *out, size_t size);

/* Copy a blob. Returns its length; 0 if it is NULL, or longer than \a size. */
uint16_t column_blob_copy(struct statement *statement, int column, uint8_t *out, uint16_t size);

#define ORDER_COLUMN_COUNT 19

/* Fill \a order from a row of ORDER_COLUMNS; false: the row is not a valid order. */
bool order_row_read(struct statement *statement, struct order *order, int64_t *msisdn);

/* Bind an order to SQL_ORDER_ADD. Texts are bound by pointer. */
void order_row_bind(struct statement *statement, const struct order *order, int64_t msisdn);

#define PASSWORD_COLUMN_COUNT 9

/* Fill \a password from a row of PASSWORD_COLUMNS. It contains hashes, which the caller must wipe. */
void password_read(struct statement *statement, struct password *password);

/* Bind a password to SQL_PASSWORD_WRITE. Texts are bound by pointer and must live until the bindings are cleared. */
void password_bind(struct statement *statement, const struct password *password);

#define SERVICE_COLUMN_COUNT 13

/* Fill \a service from a row that has SERVICE_COLUMNS from column \a first on; pointers refer to the row. Returns whether the service is
 * on sale. */
bool service_read(struct statement *statement, int first, struct service *service);

#define SUBSCRIPTION_COLUMN_COUNT 7

/* Fill \a subscription from a row of SUBSCRIPTION_COLUMNS. */
void subscription_read(struct statement *statement, struct subscription *subscription);

/* Bind SUBSCRIPTION_COLUMNS from ?2 on. Texts are bound by pointer. */
void subscription_bind(struct statement *statement, const struct subscription *subscription);

#define PREFERENCE_COLUMN_COUNT 7

/* Fill \a preference from a row that has PREFERENCE_COLUMNS from column \a first on. False: there is none, or of an unknown kind. */
bool preference_read(struct statement *statement, int first, struct preference *preference);

/* Bind a preference to SQL_PREFERENCE_PUT. Texts are bound by pointer. */
void preference_bind(struct statement *statement, const struct preference *preference);
