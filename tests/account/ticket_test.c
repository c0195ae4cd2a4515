/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S12 to S19: each event of a ticket in each of its states, when its tasks are due, and what is masked. */
#include <stdio.h>
#include <string.h>

#include "starhash/account.h"
#include "starhash/text.h"
#include "tests/cmocka.h"

#define NOW INT64_C(1795161600)		/* 2026-11-20 08:00 UTC */
#define HOUR_S INT64_C(3600)
#define DAY_S INT64_C(86400)
#define NUMBER 26112001

static struct account account;
static struct account_step step;
static struct response response;
static struct account_rules rules;

static void setup(const char *kind)
{
	assert_null(account_rules_read(&rules, 3, NULL, NULL, NULL));
	memset(&account, 0, sizeof(account));
	account.known = account.ticket_known = true;
	account.msisdn = 13800138000;
	account.ticket = (struct ticket){
		.number = NUMBER, .kind = ticket_kind_find(kind), .opened = NOW - HOUR_S, .since = NOW - HOUR_S,
		.first_due = NOW + 47 * HOUR_S,
		.owed_by = ticket_kind_find(kind)->owes ? NOW + 47 * HOUR_S : 0, .entries = 1,
	};
}

static void ask(struct request *request)
{
	response_init(&response);
	memset(&step, 0xa5, sizeof(step));
	step.response = &response;
	account_step(&rules, &account, request, &step);
}

static void event_bring(enum ticket_event event, const char *text)
{
	struct request request = { .kind = REQUEST_TICKET_STAFF, .now = NOW, .ticket = { .event = event, .staff = "li" } };
	struct record args = request_args(&request);

	if (event == TICKET_WRITE)
		request.kind = REQUEST_TICKET_WRITE;
	else if (event == TICKET_RESOLVE)
		request.kind = REQUEST_TICKET_RESOLVE;
	else if (event == TICKET_REOPEN)
		request.kind = REQUEST_TICKET_REOPEN;
	record_put_text(&args, FIELD_TICKET, "26112001", 8);
	record_put_text(&args, FIELD_TEXT, text, strlen(text));
	request_set_args(&request, &args);
	ask(&request);
}

/* The first letters of the next state, in the order of enum ticket_event up to EXPORT; '-': refused. */
static void event__each_state__next_one(void **state)
{
	static const struct {
		const char *kind;
		const char *next[TICKET_STATES];
	} table[] = {
		/* write resolve reopen take note interim answer confirm close, decisions (tests/store/tickets_test.c), read, export */
		{ "complaint", { [TICKET_OPEN] = "oc-toia-------o-", [TICKET_TAKEN] = "tc-ttia-------t-",
				 [TICKET_INTERIM] = "oc-iiia-------i-",
				 [TICKET_CONFIRMED] = "Cc-CCCa-------C-", [TICKET_ANSWERED] = "ocoaa-a-------a-",
				 [TICKET_CLOSED] = "o-o-c---------c-" } },
		{ "network", { [TICKET_OPEN] = "oc-toicCc-----o-", [TICKET_TAKEN] = "tc-tticCc-----t-",
			       [TICKET_INTERIM] = "oc-iiicCc-----i-",
			       [TICKET_CONFIRMED] = "Cc-CCCc-c-----C-", [TICKET_ANSWERED] = "ocoaa-c-------a-",
				 [TICKET_CLOSED] = "o-o-c---------c-" } },
		{ "nuisance", { [TICKET_OPEN] = "oc-toic-c-----oo", [TICKET_TAKEN] = "tc-ttic-c-----tt",
				[TICKET_INTERIM] = "oc-iiic-c-----ii",
				[TICKET_CONFIRMED] = "Cc-CCCc-c-----CC", [TICKET_ANSWERED] = "ocoaa-c-------aa",
				[TICKET_CLOSED] = "o-o-c---------cc" } },
	};
	static const char letters[TICKET_STATES + 1] = "otiCac";

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		for (unsigned int at = 0; at < TICKET_STATES * (TICKET_EXPORT + 1); at++) {
			const enum ticket_state before = at / (TICKET_EXPORT + 1);
			const enum ticket_event event = at % (TICKET_EXPORT + 1);
			const char wanted = table[i].next[before][event];

			setup(table[i].kind);
			account.ticket.state = before;
			account.ticket.closed = before == TICKET_CLOSED ? NOW - DAY_S : 0;
			event_bring(event, "text");
			if ((response.result == RESULT_OK ? letters[step.ticket.state] : '-') != wanted)
				fail_msg("%s: %s in state %s: result %s, wanted %c", table[i].kind, ticket_event_name(event),
					 ticket_state_name(before), result_name(response.result), wanted);
		}
	}
}

static void due_come(int64_t now)
{
	struct request request = { .kind = REQUEST_TICKET_DUE, .now = now };

	ask(&request);
}

static void due__not_answered__warned_and_late_once(void **state)
{
	setup("complaint");
	account.ticket.due = NOW + 35 * HOUR_S;
	due_come(NOW + 35 * HOUR_S - 1);
	assert_int_equal(response.result, RESULT_NOT_FOUND);
	due_come(NOW + 35 * HOUR_S);
	assert_int_equal(step.entry.event, TICKET_WARN);
	assert_int_equal(step.ticket.due, NOW + 47 * HOUR_S);
	due_come(NOW + 47 * HOUR_S);
	assert_int_equal(step.entry.event, TICKET_LATE);
	assert_int_equal(step.ticket.due, 0);
	assert_int_equal(step.ticket.state, TICKET_OPEN);
	due_come(NOW + 99 * HOUR_S);
	assert_int_equal(response.result, RESULT_NOT_FOUND);
}

/* After a long stop of the daemon only the worst is said. */
static void due__both_passed__late_alone(void **state)
{
	setup("complaint");
	account.ticket.due = NOW + 35 * HOUR_S;
	due_come(NOW + 60 * HOUR_S);
	assert_int_equal(step.entry.event, TICKET_LATE);
	assert_int_equal(step.ticket.due, 0);
}

static void answer__first_and_final__times_and_next_task(void **state)
{
	setup("complaint");
	event_bring(TICKET_ANSWER_INTERIM, "soon");
	assert_int_equal(step.ticket.first_answered, NOW);
	assert_int_equal(step.ticket.owed_by, NOW + 167 * HOUR_S);
	assert_int_equal(step.ticket.due, NOW + 155 * HOUR_S);
	assert_string_equal(step.notification.kind, "ticket_interim");
	assert_int_equal(step.notification.latest, NOW + 47 * HOUR_S);
	event_bring(TICKET_ANSWER, "done");
	assert_int_equal(step.ticket.answered, NOW);
	assert_int_equal(step.ticket.owed_by, 0);
	assert_int_equal(step.ticket.due, NOW + 12 * HOUR_S);
	assert_int_equal(step.entry.position, 3);
	account.delivery.sent = NOW + HOUR_S;
	due_come(NOW + 12 * HOUR_S);
	assert_int_equal(step.ticket.state, TICKET_ANSWERED);
	assert_int_equal(step.ticket.due, NOW + HOUR_S + 7 * DAY_S);
	assert_int_equal(step.changes_count, 1);		/* nothing for the history */
	due_come(NOW + HOUR_S + 7 * DAY_S);
	assert_int_equal(step.ticket.state, TICKET_CLOSED);
	assert_string_equal(step.ticket.outcome, "silence");
}

/* After a long stop of the daemon silence has been long enough when it is first looked. */
static void answer__sent_long_ago__closed_at_once(void **state)
{
	setup("complaint");
	event_bring(TICKET_ANSWER, "done");
	account.delivery.sent = NOW + HOUR_S;
	due_come(NOW + HOUR_S + 7 * DAY_S);
	assert_int_equal(step.ticket.state, TICKET_CLOSED);
	assert_int_equal(step.ticket.delivered, NOW + HOUR_S);
}

/* What staff read meanwhile does not change when silence counts. */
static void answer__still_tried__looked_again_until_it_expires(void **state)
{
	setup("complaint");
	event_bring(TICKET_ANSWER, "done");
	account.delivery.expires = NOW + 20 * HOUR_S;
	due_come(NOW + 12 * HOUR_S);
	assert_int_equal(step.ticket.due, NOW + 20 * HOUR_S);
	account.delivery.expires = NOW + 7 * DAY_S;
	due_come(NOW + 20 * HOUR_S);
	assert_int_equal(step.ticket.due, NOW + 32 * HOUR_S);
	event_bring(TICKET_READ, "");
	assert_int_equal(step.ticket.due, NOW + 12 * HOUR_S);
	account.delivery = (struct answer_delivery){ .sent = NOW + 30 * HOUR_S };
	due_come(NOW + 40 * HOUR_S);
	assert_int_equal(step.ticket.state, TICKET_ANSWERED);
	assert_int_equal(step.ticket.due, NOW + 30 * HOUR_S + 7 * DAY_S);
	event_bring(TICKET_READ, "");
	assert_int_equal(step.ticket.due, NOW + 30 * HOUR_S + 7 * DAY_S);
}

static void answer__could_not_be_sent__owed_once_more_and_staff_may_close(void **state)
{
	setup("complaint");
	event_bring(TICKET_ANSWER, "done");
	account.delivery.expires = NOW + 10 * DAY_S;
	due_come(NOW + 10 * DAY_S);
	assert_int_equal(step.entry.event, TICKET_UNDELIVERED);
	assert_int_equal(step.ticket.state, TICKET_OPEN);
	assert_int_equal(step.ticket.owed_by, NOW + 10 * DAY_S + 48 * HOUR_S);
	assert_int_equal(step.ticket.answered, 0);
	event_bring(TICKET_WRITE, "hello?");		/* they are there: then only they may */
	event_bring(TICKET_CLOSE, "");
	assert_int_equal(response.result, RESULT_CONFLICT);
	event_bring(TICKET_ANSWER, "once more");
	assert_int_equal(step.ticket.delivered, 0);
	account.delivery.expires = 0;
	due_come(NOW + 20 * DAY_S);
	assert_int_equal(step.entry.event, TICKET_UNDELIVERED);
	event_bring(TICKET_CLOSE, "");
	assert_int_equal(step.ticket.state, TICKET_CLOSED);
	assert_string_equal(step.ticket.outcome, "closed");
}

/* The former owner is not sent anything. */
static void answer__former_owner__closed_without_a_message(void **state)
{
	setup("complaint");
	account.ticket.former = 1;
	event_bring(TICKET_ANSWER, "done");
	due_come(NOW + 7 * DAY_S - 1);
	assert_int_equal(response.result, RESULT_NOT_FOUND);
	due_come(NOW + 7 * DAY_S);
	assert_int_equal(step.ticket.state, TICKET_CLOSED);
}

static void answer__first_after_reopening__final_time_begins_again(void **state)
{
	setup("complaint");
	account.ticket.opened = account.ticket.since = NOW - 20 * DAY_S;
	account.ticket.state = TICKET_ANSWERED;
	account.ticket.answered = NOW - DAY_S;
	event_bring(TICKET_WRITE, "no, it is not");
	assert_int_equal(step.ticket.owed_by, NOW + 48 * HOUR_S);
	event_bring(TICKET_ANSWER_INTERIM, "soon");
	assert_int_equal(step.ticket.owed_by, NOW + 168 * HOUR_S);
}

static void close__owed_an_answer__refused_but_of_a_former_owner(void **state)
{
	setup("deletion");
	event_bring(TICKET_CLOSE, "");
	assert_int_equal(response.result, RESULT_CONFLICT);
	setup("deletion");
	account.ticket.former = 1;
	event_bring(TICKET_CLOSE, "");
	assert_int_equal(step.ticket.state, TICKET_CLOSED);
}

static void deadline__kind_and_brand__first_that_fits(void **state)
{
	static const struct {
		const char *kind, *brand;
		int64_t hours;
	} table[] = { { "complaint", "gold", 4 }, { "complaint", "", 24 }, { "suggestion", "gold", 8 }, { "suggestion", "", 48 } };

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct request request = { .kind = REQUEST_TICKET_OPEN, .now = NOW };
		struct record args = request_args(&request);

		setup("complaint");
		rules.tickets.deadlines_count = 3;
		rules.tickets.deadlines[0] = (struct ticket_deadline){ ticket_kind_find("complaint"), "gold", 4 * HOUR_S, DAY_S };
		rules.tickets.deadlines[1] = (struct ticket_deadline){ ticket_kind_find("complaint"), "", 24 * HOUR_S, DAY_S };
		rules.tickets.deadlines[2] = (struct ticket_deadline){ NULL, "gold", 8 * HOUR_S, DAY_S };
		snprintf(account.brand, sizeof(account.brand), "%s", table[i].brand);
		record_put_text(&args, FIELD_TICKET_KIND, table[i].kind, strlen(table[i].kind));
		record_put_text(&args, FIELD_TEXT, "text", 4);
		request_set_args(&request, &args);
		ask(&request);
		assert_int_equal(step.ticket.first_due, NOW + table[i].hours * HOUR_S);
	}
}

/* F24 */
static void written__secrets__masked(void **state)
{
	setup("complaint");
	event_bring(TICKET_WRITE, "my password 123456 does not work, call 13800138000");
	assert_string_equal(step.entry.text, "my password ****** does not work, call 13800138000");
	event_bring(TICKET_NOTE, "refund 123456");	/* by staff */
	assert_string_equal(step.entry.text, "refund 123456");
}

static void kinds__names__those_that_menus_know(void **state)
{
	const char *codes = field_codes(FIELD_TICKET_KIND);

	for (unsigned int i = 0; i < ticket_kinds_count; i++) {
		const char *name = ticket_kinds[i].name;

		if (strncmp(codes, name, strlen(name)))
			fail_msg("%s is missing at \"%s\"", name, codes);
		codes += strlen(name) + (codes[strlen(name)] == ' ');
	}
	assert_string_equal(codes, "");
}

/* Whatever staff can do with a ticket, its subscriber can see; "written": staff took it down. */
static void S18_events__of_staff__those_that_menus_know(void **state)
{
	const char *codes = field_codes(FIELD_ACCESS);
	unsigned int known = 0, wanted = 1u << TICKET_WRITE;
	char code[32];

	while (sscanf(codes, "%31s", code) == 1) {
		const enum ticket_event event = ticket_event_by_name(code);

		assert_true(strlen(code) <= field_info(FIELD_ACCESS)->width);
		if (strcmp(code, "looked")) {		/* at the subscriber's data: not an event of a ticket */
			assert_true(event < TICKET_EVENTS && !(known & 1u << event));
			known |= 1u << event;
		}
		codes += strlen(code) + (codes[strlen(code)] == ' ');
	}
	for (enum ticket_event event = 0; event < TICKET_EVENTS; event++)
		wanted |= ticket_event_by_staff(event) ? 1u << event : 0;
	assert_int_equal(known, wanted);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(event__each_state__next_one),
		cmocka_unit_test(due__not_answered__warned_and_late_once),
		cmocka_unit_test(due__both_passed__late_alone),
		cmocka_unit_test(answer__first_and_final__times_and_next_task),
		cmocka_unit_test(answer__sent_long_ago__closed_at_once),
		cmocka_unit_test(answer__still_tried__looked_again_until_it_expires),
		cmocka_unit_test(answer__could_not_be_sent__owed_once_more_and_staff_may_close),
		cmocka_unit_test(answer__former_owner__closed_without_a_message),
		cmocka_unit_test(answer__first_after_reopening__final_time_begins_again),
		cmocka_unit_test(close__owed_an_answer__refused_but_of_a_former_owner),
		cmocka_unit_test(deadline__kind_and_brand__first_that_fits),
		cmocka_unit_test(written__secrets__masked),
		cmocka_unit_test(kinds__names__those_that_menus_know),
		cmocka_unit_test(S18_events__of_staff__those_that_menus_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
