/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What commands about tickets share. */
#pragma once

#include "starhash/account.h"
#include "starhash/ticket.h"

struct data_options;
struct data_store;

struct tickets_event {
	const char *number, *ticket;
	enum ticket_event event;
	const char *text;		/* NULL: none */
};

/* Bring an event of the user who runs the command, in the open transaction. Returns 0, or -1 with the store's error. */
int tickets_event(const struct data_store *store, const struct data_options *options, const struct tickets_event *event,
		  enum result *result);

/* The user who ran the command, also by sudo. */
void tickets_staff(char out[static TICKET_STAFF_SIZE]);

/* With the group "tickets" of the configuration that the options name. Returns the exit status, after printing errors. */
int tickets_rules(const struct data_options *options, struct account_rules *rules);

/* The option --month as yyyymm; 0: not given, or malformed. */
int64_t tickets_month(const struct data_options *options);

/* The month of a time, in seconds since 1970, on the operator's calendar: yyyymm. */
int64_t tickets_month_of(int64_t seconds);

/* What is wrong with a text of staff; NULL: nothing. */
const char *tickets_text_problem(const char *text);

/* tickets DB export KIND FILE: data_tickets() does it. Returns the exit status. */
int tickets_export(const struct data_options *options);
