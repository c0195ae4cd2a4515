/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lists for an operator, as stored. */
#include <stdio.h>
#include <string.h>

#include "store/sqlite/admin/admin.h"
#include "store/sqlite/admin/imports.h"
#include "store/sql/rows.h"
#include "store/sql/tickets.h"

struct visiting {
	admin_row_visit *visit;
	void *user;
};

/* Pass the row of a statement to the visitor. Returns other than 0 to stop. */
typedef int row_give(const struct visiting *visiting, struct statement *statement);

static int give_row(const struct visiting *visiting, const struct admin_row *row)
{
	return visiting->visit(visiting->user, row);
}

static int service_give(const struct visiting *visiting, struct statement *statement)
{
	const struct service service = {
		.code = column_text(statement, 0), .price = column_number(statement, 1), .period = column_text(statement, 2),
		.account = column_text(statement, 3), .brand = column_text(statement, 4),
	};

	return give_row(visiting, &(struct admin_row){
		.service = &service, .subscribed = column_number(statement, 5), .catalogue = column_number(statement, 6),
	});
}

static int password_give(const struct visiting *visiting, struct statement *statement)
{
	struct password password;
	int end;

	password_read(statement, &password);
	end = give_row(visiting, &(struct admin_row){
		.msisdn = column_number(statement, PASSWORD_COLUMN_COUNT), .password = &password,
		.id_pieces = column_text(statement, PASSWORD_COLUMN_COUNT + 1),
	});
	explicit_bzero(&password, sizeof(password));
	return end;
}

static int order_give(const struct visiting *visiting, struct statement *statement)
{
	struct order order;
	int64_t msisdn;

	if (!order_row_read(statement, &order, &msisdn))
		return 0;
	order.accepted_at = column_number(statement, ORDER_COLUMN_COUNT);
	order.ended_at = column_number(statement, ORDER_COLUMN_COUNT + 1);
	order.due = column_number(statement, ORDER_COLUMN_COUNT + 2);
	column_copy(statement, ORDER_COLUMN_COUNT + 3, order.reason, sizeof(order.reason));
	return give_row(visiting, &(struct admin_row){ .msisdn = msisdn, .order = &order });
}

static int consent_give(const struct visiting *visiting, struct statement *statement)
{
	struct consent consent = { .msisdn = column_number(statement, 0), .time = column_number(statement, 1),
				   .ref = column_number(statement, 2) };

	for (int i = 0; i < CONSENT_TEXTS; i++) {
		consent.texts[i].octets = column_text(statement, 3 + i);
		consent.texts[i].len = column_get(statement, 3 + i).len;
	}
	return give_row(visiting, &(struct admin_row){ .msisdn = consent.msisdn, .consent = &consent });
}

static int notification_give(const struct visiting *visiting, struct statement *statement)
{
	const struct admin_notification notification = {
		.id = column_number(statement, 1), .kind = column_text(statement, 2), .attempts = column_number(statement, 3),
		.due = column_number(statement, 4), .expires = column_number(statement, 5),
		.sending = column_text(statement, 6), .ended = column_number(statement, 7),
	};

	return give_row(visiting, &(struct admin_row){ .msisdn = column_number(statement, 0), .notification = &notification });
}

static int conversation_give(const struct visiting *visiting, struct statement *statement)
{
	const struct admin_conversation conversation = { column_text(statement, 1), column_number(statement, 2) };

	return give_row(visiting, &(struct admin_row){ .msisdn = column_number(statement, 0), .conversation = &conversation });
}

static int vanished_give(const struct visiting *visiting, struct statement *statement)
{
	const struct admin_vanished vanished = {
		.time = column_number(statement, 1), .password = column_number(statement, 2),
		.orders = column_number(statement, 3), .back = column_number(statement, 4),
	};

	return give_row(visiting, &(struct admin_row){ .msisdn = column_number(statement, 0), .vanished = &vanished });
}

static int import_give(const struct visiting *visiting, struct statement *statement)
{
	struct admin_import import;

	import_row_read(statement, &import);
	return give_row(visiting, &(struct admin_row){ .import = &import });
}

static int ticket_give(const struct visiting *visiting, struct statement *statement)
{
	struct ticket ticket;

	if (!ticket_read(statement, &ticket))
		return 0;
	return give_row(visiting, &(struct admin_row){ .msisdn = column_number(statement, TICKET_COLUMN_COUNT), .ticket = &ticket });
}

static int ticket_entry_give(const struct visiting *visiting, struct statement *statement)
{
	struct ticket_entry entry = {
		.number = column_number(statement, 1), .position = column_number(statement, 2),
		.time = column_number(statement, 3), .event = ticket_event_by_name(column_text(statement, 4)),
	};

	if (entry.event == TICKET_EVENTS)
		return 0;
	column_copy(statement, 5, entry.staff, sizeof(entry.staff));
	column_copy(statement, 6, entry.terms, sizeof(entry.terms));
	column_copy(statement, 7, entry.text, sizeof(entry.text));
	return give_row(visiting, &(struct admin_row){ .msisdn = column_number(statement, 0), .entry = &entry });
}

static int survey_give(const struct visiting *visiting, struct statement *statement)
{
	struct survey survey = {
		.day = column_number(statement, 0), .score = column_number(statement, 3),
		.count = column_number(statement, 4),
	};

	column_copy(statement, 1, survey.about, sizeof(survey.about));
	column_copy(statement, 2, survey.channel, sizeof(survey.channel));
	return give_row(visiting, &(struct admin_row){ .survey = &survey });
}

static int bar_give(const struct visiting *visiting, struct statement *statement)
{
	struct bar bar;

	bar_row_read(statement, &bar);
	return give_row(visiting, &(struct admin_row){ .bar = &bar });
}

/* Consents of version 3 come first, whatever their ids are: they are older than all others. */
#define CONSENT_ROWS \
	"(SELECT msisdn, time, ref, kind, service, channel, trust, shown, answered, 1 AS chain, id AS place FROM consent" \
	" UNION ALL SELECT msisdn, time, ref, kind, service, channel, '', shown, answered, 0, id FROM ledger)"

static const struct {
	const char *select, *order, *newest_first;
	row_give *give;
} lists[] = {
	[ADMIN_SERVICES] = { "service, price, period, account, brand, period = '' AND EXISTS (SELECT 1 FROM subscription o"
			     " WHERE o.service = v.service), EXISTS (SELECT 1 FROM catalogue) FROM service v", "service", NULL,
			     service_give },
	[ADMIN_PASSWORDS] = { PASSWORD_COLUMNS ", msisdn, coalesce(id_pieces, '') FROM password", "msisdn", NULL, password_give },
	[ADMIN_ORDERS] = { ORDER_COLUMNS ", accepted, ended, due, reason FROM orders", "id", "id DESC", order_give },
	[ADMIN_CONSENTS] = { "* FROM " CONSENT_ROWS, "chain, place", "chain DESC, place DESC", consent_give },
	[ADMIN_NOTIFICATIONS] = { "msisdn, id, kind, attempts, due, expires, sending, ended FROM notification", "id", "id DESC",
				  notification_give },
	[ADMIN_CONVERSATIONS] = { "msisdn, short_code, until FROM conversation", "msisdn, short_code", NULL, conversation_give },
	[ADMIN_VANISHED] = { "msisdn, time, coalesce(hash <> '', 0), (SELECT count(*) FROM orders o WHERE o.msisdn = v.msisdn"
			     " AND o.state = 'dead' AND o.reason = '" ORDER_REASON_VANISHED "'), EXISTS (SELECT 1 FROM subscriber s"
			     " WHERE s.msisdn = v.msisdn) FROM vanished v", "msisdn", NULL, vanished_give },
	[ADMIN_IMPORTS] = { IMPORT_COLUMNS_SQL " FROM import", "id", "id DESC", import_give },
	[ADMIN_TICKETS] = { TICKET_COLUMNS ", msisdn FROM ticket", "opened, msisdn, number", "opened DESC, msisdn DESC, number DESC",
			    ticket_give },
	[ADMIN_TICKET_ENTRIES] = { "msisdn, number, position, time, event, staff, terms, text FROM ticket_entry",
				   "msisdn, number, position", "msisdn DESC, number DESC, position DESC", ticket_entry_give },
	[ADMIN_SURVEYS] = { "day, about, channel, score, count FROM survey", "day, about, channel, score", NULL, survey_give },
	[ADMIN_BARRED] = { BAR_COLUMNS " FROM barred", "number", NULL, bar_give },
};

static const char *state_name(enum admin_list list, unsigned int state)
{
	return list == ADMIN_ORDERS && state < ORDER_STATES ? order_state_name(state) :
	       list == ADMIN_TICKETS && state < TICKET_STATES ? ticket_state_name(state) : NULL;
}

/* " AND state IN ('dead', …)" */
static void states_print(const struct admin_query *query, char *out, size_t size)
{
	const char *between = " AND state IN (";
	size_t len = 0;

	out[0] = '\0';
	for (unsigned int state = 0; state_name(query->list, state); state++) {
		if (!(query->states & 1u << state))
			continue;
		len += (size_t)snprintf(out + len, size - len, "%s'%s'", between, state_name(query->list, state));
		between = ", ";
	}
	if (len)
		snprintf(out + len, size - len, ")");
}

int admin_list(struct store_admin *admin, const struct admin_query *query, admin_row_visit *visit, void *user)
{
	const struct visiting visiting = { visit, user };
	const char *newest_first = lists[query->list].newest_first;
	char sql[1024], states[100];
	struct statement *statement;
	int rc;

	states_print(query, states, sizeof(states));
	snprintf(sql, sizeof(sql), "SELECT %s WHERE %s%s%s ORDER BY %s LIMIT ?2", lists[query->list].select,
		 query->msisdn ? "msisdn = ?1" : "true", query->ticket ? " AND number = ?3" : "", states,
		 query->max && newest_first ? newest_first : lists[query->list].order);
	rc = statement_prepare(&admin->connection, sql, &statement);
	if (rc != SQLITE_OK)
		return admin_failed(admin, "cannot be read", rc);
	statement_bind_number(statement, 1, query->msisdn);
	statement_bind_number(statement, 2, query->max ? (int64_t)query->max : -1);
	if (query->ticket)
		statement_bind_number(statement, 3, query->ticket);
	while ((rc = statement_next(statement)) == DB_ROW && lists[query->list].give(&visiting, statement) == 0)
		;
	statement_finish(statement);
	return rc == DB_ROW || rc == DB_DONE ? 0 : admin_failed(admin, "cannot be read", rc);
}
