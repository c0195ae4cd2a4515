/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tickets as rows. Functions return a result code. */
#pragma once

#include "starhash/account.h"

struct connection;
struct statement;

/* How many TICKET_COLUMNS there are. */
#define TICKET_ONE(...) +1
enum { TICKET_COLUMN_COUNT = 4 TICKET_NUMBERS(TICKET_ONE) TICKET_TEXTS(TICKET_ONE) };

/* Fill \a ticket from a row of TICKET_COLUMNS. False: it is of an unknown kind. */
bool ticket_read(struct statement *statement, struct ticket *ticket);

/* ACCOUNT_PART_TICKETS; account->msisdn is set. */
int tickets_load(struct connection *connection, const struct request *request, struct account *account);

/* ACCOUNT_PART_DELIVERY, likewise. */
int delivery_load(struct connection *connection, const struct request *request, struct account *account);

int ticket_write(struct connection *connection, int64_t msisdn, const struct ticket *ticket);
int ticket_entry_write(struct connection *connection, int64_t msisdn, const struct ticket_entry *entry);

/* REQUEST_TICKET_STATE, _TICKET_ANSWERS, _TICKETS_MINE, _TICKET_HISTORY, _DATA_ACCESSES. */
int tickets_answer(struct connection *connection, int64_t msisdn, const struct request *request, struct response *response);

/* REQUEST_TICKET_LIST. */
int tickets_list(struct connection *connection, const struct request *request, struct response *response);
