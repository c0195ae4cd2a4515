/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data tickets: what subscribers have reported. Staff list, read, take and answer them. Each reading and each answer is a line of
 * the ticket's history, with the name of the user who ran the command. */
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "starhash/account.h"
#include "starhash/accounts.h"
#include "starhash/calendar.h"
#include "starhash/conf.h"
#include "starhash/text.h"
#include "tool/data/command.h"
#include "tool/data/data.h"
#include "tool/data/print.h"
#include "tool/data/tickets.h"
#include "tool/report/report.h"

#define OPEN_STATES (~(1u << TICKET_CLOSED))

/* ---- listing ---- */

static void state_print(const struct ticket *ticket, int64_t now)
{
	if (!ticket->owed_by)
		return;
	fputs(ticket->owed_by <= now ? "  LATE since " : "  answer by ", stdout);
	print_time(stdout, ticket->owed_by);
}

static int ticket_print(void *user, const struct admin_row *row)
{
	const struct ticket *ticket = row->ticket;
	char number[TICKET_NUMBER_SIZE];
	unsigned int *count = user;

	printf("%" PRId64 "  %s  %-10s  %-9s  ", row->msisdn, ticket_number_print(ticket->number, number), ticket->kind->name,
	       ticket_state_name(ticket->state));
	print_time(stdout, ticket->opened);
	printf("  %s", ticket->staff[0] ? ticket->staff : "-");
	state_print(ticket, time(NULL));
	puts(ticket->former ? "  of a former owner" : "");
	(*count)++;
	return 0;
}

static int list_tickets(const struct data_store *store, int64_t msisdn)
{
	const struct admin_query query = { .list = ADMIN_TICKETS, .msisdn = msisdn, .states = msisdn ? 0 : OPEN_STATES };
	unsigned int count = 0;

	if (store->ops->list(store->admin, &query, ticket_print, &count) < 0)
		return data_why(store);
	if (!count)
		puts(msisdn ? "No tickets of this number." : "No open tickets.");
	return 0;
}

/* ---- one ticket ---- */

static int number_take(const char *text, int64_t *number)
{
	*number = ticket_number(text, strlen(text));
	return *number ? 0 : data_failed(text, "a ticket has eight digits");
}

static int head_print(void *user, const struct admin_row *row)
{
	const struct ticket *ticket = row->ticket;
	const struct record facts = { .data = (uint8_t *)ticket->facts, .len = ticket->facts_len };
	bool *confidential = user;
	struct value value;
	uint16_t at = 0, id;

	*confidential = ticket->kind->confidential;
	printf("%s, %s%s%s, opened ", ticket->kind->name, ticket_state_name(ticket->state), ticket->outcome[0] ? ": " : "",
	       ticket->outcome);
	print_time(stdout, ticket->opened);
	if (ticket->channel[0])
		printf(" by %s", ticket->channel);
	state_print(ticket, time(NULL));
	printf("%s%s\n", ticket->repeated ? ", repeated" : "", ticket->former ? ", of a former owner" : "");
	if (ticket->proposed) {
		printf("awaits a second member of staff: %s of ", ticket->proposed_as);
		print_money(stdout, ticket->proposed);
		printf(", proposed by %s\n", ticket->proposed_by);
	}
	if (ticket->month)
		printf("month given back: %" PRId64 "\n", ticket->month);
	while (record_next(&facts, &at, &id, &value)) {
		if (id >= FIELD_COUNT || ticket_hides_field(ticket->kind, id))
			continue;
		printf("%s: ", field_info(id)->name);
		if (value.is_text) {
			char text[TICKET_FACTS_SIZE];

			snprintf(text, sizeof(text), "%.*s", (int)value.len, value.text);
			clean_print(stdout, CLEAN_TERMINAL, text);
			putchar('\n');
		} else
			printf("%" PRId64 "\n", value.number);
	}
	return 0;
}

static int entry_print(void *user, const struct admin_row *row)
{
	const struct ticket_entry *entry = row->entry;
	const bool *confidential = user;

	print_time(stdout, entry->time);
	printf("  %s%s", ticket_event_name(entry->event), entry->staff[0] ? " by " : "");
	clean_print(stdout, CLEAN_TERMINAL, entry->staff);
	if (entry->terms[0])
		printf(" (%s)", entry->terms);
	if (entry->text[0]) {
		fputs(": ", stdout);
		clean_print(stdout, CLEAN_TERMINAL, *confidential && entry->event == TICKET_WRITE ? "(confidential)" : entry->text);
	}
	putchar('\n');
	return 0;
}

static int show_ticket(const struct data_store *store, int64_t msisdn, int64_t number)
{
	struct admin_query query = { .list = ADMIN_TICKETS, .msisdn = msisdn, .ticket = number };
	bool confidential = false;

	if (store->ops->list(store->admin, &query, head_print, &confidential) < 0)
		return data_why(store);
	query.list = ADMIN_TICKET_ENTRIES;
	return store->ops->list(store->admin, &query, entry_print, &confidential) < 0 ? data_why(store) : 0;
}

/* ---- what staff do ---- */

void tickets_staff(char out[static TICKET_STAFF_SIZE])
{
	const char *sudo = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *user = sudo ? NULL : getpwuid(getuid());

	if (sudo || user)
		snprintf(out, TICKET_STAFF_SIZE, "%s", sudo ? sudo : user->pw_name);
	else
		snprintf(out, TICKET_STAFF_SIZE, "uid %u", (unsigned int)getuid());
}

static const struct word {
	const char *name;
	enum ticket_event event;
	bool text;
} words[] = {
	{ "show", TICKET_READ, false }, { "take", TICKET_TAKE, false }, { "note", TICKET_NOTE, true },
	{ "interim", TICKET_ANSWER_INTERIM, true }, { "answer", TICKET_ANSWER, true }, { "confirm", TICKET_CONFIRM, false },
	{ "close", TICKET_CLOSE, false }, { "grant", TICKET_GRANT, true }, { "decline", TICKET_DECLINE, true },
	{ "compensate", TICKET_COMPENSATE, true },
};

static const struct word *word_find(const char *name)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!strcmp(words[i].name, name))
			return &words[i];
	}
	return NULL;
}

/* How many characters; *\a clean: none of them is a control character. */
static size_t characters(const char *text, bool *clean)
{
	const char *at = text, *end = text + strlen(text);
	size_t count = 0;

	for (*clean = true; at < end; count++) {
		const uint32_t codepoint = text_next(&at, end);

		*clean = *clean && !text_is_control(codepoint) && codepoint != 0xfffd;	/* that stands for what is not UTF-8 */
	}
	return count;
}

const char *tickets_text_problem(const char *text)
{
	bool clean;

	characters(text, &clean);
	if (!clean)
		return "a text is one line of UTF-8, without control characters";
	return strlen(text) >= TICKET_TEXT_SIZE ? "a text has at most 1023 octets" : NULL;
}

static const char *text_problem(const struct word *word, const char *text)
{
	bool clean;

	if (!word->text)
		return text ? "there is no text to this" : NULL;
	if (!text || !*text)
		return "what do you want to write? Add it in quotes";
	if (ticket_event_answers(word->event) && characters(text, &clean) > field_info(FIELD_ANSWER)->width)
		return "an answer has at most 199 characters";
	return tickets_text_problem(text);
}

static const char *refusal(enum ticket_event event, enum result result)
{
	switch (result) {
	case RESULT_OK: return NULL;
	case RESULT_ACCEPTED: return NULL;
	case RESULT_NOT_FOUND: return "the number has no such ticket";
	case RESULT_REFUSED:
		if (event == TICKET_DECLINE)
			return "refused: --reason is one of: " CODES_OF_DECLINES;
		return "refused: its amount, form or month is not possible; see starhash-data(1)";
	case RESULT_EXCLUDED:
		if (event == TICKET_TAKE)
			return "another member of staff has it: see the list; to take it from them, say --override";
		return "the charge is more than two years old, or has no --equal: if that is right, say --override";
	case RESULT_CONFLICT: return "not possible in its state, or for this kind of ticket: see \"show\"";
	default: return "refused";
	}
}

/* Amount and forms, and reference numbers for two orders. */
static int credit_put(const struct data_store *store, const struct data_options *options, struct request *request, struct record *args)
{
	uint64_t second;

	if (store->ops->reference(store->admin, &request->ref) < 0 || store->ops->reference(store->admin, &second) < 0)
		return -1;
	record_put_number(args, ARG_SECOND, (int64_t)second);
	if (options->amount)
		record_put_number(args, FIELD_AMOUNT, options->amount);
	if (options->form)
		record_put_text(args, FIELD_FORM, options->form, strlen(options->form));
	if (options->equal)
		record_put_text(args, FIELD_FORM_EQUAL, options->equal, strlen(options->equal));
	if (options->period)
		record_put_number(args, FIELD_MONTH, tickets_month(options));
	return 0;
}

int tickets_event(const struct data_store *store, const struct data_options *options, const struct tickets_event *event,
		  enum result *result)
{
	struct request request;
	struct response response;
	struct record args;
	int rc;

	data_request(&request, REQUEST_TICKET_STAFF, event->number);
	request.ticket.event = event->event;
	tickets_staff(request.ticket.staff);
	args = request_args(&request);
	record_put_text(&args, FIELD_TICKET, event->ticket, strlen(event->ticket));
	if (event->text)
		record_put_text(&args, FIELD_TEXT, event->text, strlen(event->text));
	if (options->reason)
		record_put_text(&args, FIELD_REASON, options->reason, strlen(options->reason));
	if (options->override)
		record_put_number(&args, ARG_OVERRIDE, 1);
	response_init(&response);
	rc = ticket_event_credits(event->event) ? credit_put(store, options, &request, &args) : 0;
	request_set_args(&request, &args);
	if (rc == 0)
		rc = store->ops->ask(store->admin, &request, &response);
	*result = response.result;
	return rc;
}

static int event_write(const struct data_store *store, const struct data_options *options, const struct word *word, const char *text,
		       enum result *result)
{
	const struct tickets_event event = {
		.number = options->words[0], .ticket = options->words[2], .event = word->event, .text = text,
	};
	int rc = store->ops->begin(store->admin);

	if (rc == 0)
		rc = tickets_event(store, options, &event, result);
	return data_end(store, rc) < 0 ? data_why(store) : 0;
}

/* What a subscriber said at the hotline or in a shop. */
static int ticket_open(const struct data_store *store, const struct data_options *options)
{
	const char *number = options->words[0], *kind = options->words[2], *text = options->count > 3 ? options->words[3] : "";
	const struct ticket_kind *known = ticket_kind_find(kind);
	char ticket[TICKET_NUMBER_SIZE];
	struct request request;
	struct response response;
	struct record args;
	int rc;

	if (!known) {
		fprintf(stderr, "starhash-data: %s: no such kind; there are: %s\n", kind, field_codes(FIELD_TICKET_KIND));
		return 1;
	}
	if (!known->wordless && !*text)
		return data_failed(kind, "what did the subscriber say? Add it in quotes");
	if (tickets_text_problem(text))
		return data_failed(kind, tickets_text_problem(text));
	rc = store->ops->begin(store->admin);
	data_request(&request, REQUEST_TICKET_OPEN, number);
	tickets_staff(request.ticket.staff);
	args = request_args(&request);
	record_put_text(&args, FIELD_TICKET_KIND, kind, strlen(kind));
	record_put_text(&args, FIELD_TEXT, text, strlen(text));
	request_set_args(&request, &args);
	response_init(&response);
	if (rc == 0)
		rc = store->ops->reference(store->admin, &request.ref);
	if (rc == 0)
		rc = store->ops->ask(store->admin, &request, &response);
	if (data_end(store, rc) < 0)
		return data_why(store);
	if (response.result != RESULT_OK && response.result != RESULT_DUPLICATE)
		return data_failed(number, known->once ? "refused: the number has thirty tickets of today, or it has this one already, "
				   "which is closed for good or has fifty entries of today" :
				   "refused: the number has thirty tickets of today");
	record_text(&response.facts, FIELD_TICKET, ticket, sizeof(ticket));
	printf("%s%s\n", ticket, response.result == RESULT_DUPLICATE ? " is open already" : "");
	return 0;
}

/* Reading is recorded before anything is shown. */
static int event_bring(const struct data_store *store, const struct data_options *options, int64_t msisdn, const struct word *word)
{
	const char *ticket = options->words[2], *text = options->count > 3 ? options->words[3] : NULL;
	enum result result;
	int64_t at;

	if (number_take(ticket, &at))
		return 1;
	if (text_problem(word, text))
		return data_failed(word->name, text_problem(word, text));
	if (event_write(store, options, word, text, &result))
		return 1;
	if (refusal(word->event, result))
		return data_failed(ticket, refusal(word->event, result));
	if (word->event == TICKET_READ)
		return show_ticket(store, msisdn, at);
	puts(result == RESULT_ACCEPTED ? "Proposed: another member of staff must grant the same." : "Done.");
	return 0;
}

/* ---- the command ---- */

int64_t tickets_month(const struct data_options *options)
{
	const char *month = options->period;

	if (!month || !calendar_shaped(month, strlen(month), "0000-00") ||
	    !calendar_has(calendar_number(month, 4), calendar_number(month + 5, 2), 1))
		return 0;
	return calendar_number(month, 4) * 100 + calendar_number(month + 5, 2);
}

int64_t tickets_month_of(int64_t seconds)
{
	const time_t when = (time_t)seconds;
	struct tm local;

	localtime_r(&when, &local);
	return (local.tm_year + 1900) * INT64_C(100) + local.tm_mon + 1;
}

static void rules_read(void *user, const struct setting *group, struct problems *problems)
{
	struct accounts_settings settings = { 0 };
	void *ctx = talloc_named_const(NULL, 0, "tickets");
	struct ticket_rules *rules = user;

	tickets_read(ctx, group, &settings, problems);
	*rules = *settings.ticket_rules;
	talloc_free(ctx);
}

int tickets_rules(const struct data_options *options, struct account_rules *rules)
{
	account_rules_read(rules, 1, NULL, NULL, NULL);
	rules->billing = !options->done;
	return data_config_read(options, "tickets", rules_read, &rules->tickets);
}

int data_tickets(const struct data_options *options)
{
	const bool opens = options->count > 1 && !strcmp(options->words[1], "open");
	const struct word *word = options->count > 1 ? word_find(options->words[1]) : NULL;
	struct data_options ruled = *options;
	struct account_rules rules;
	struct data_store store;
	int64_t msisdn = 0;
	int status;

	if (options->count && !strcmp(options->words[0], "export"))
		return tickets_export(options);
	if (options->count && !msisdn_key(options->words[0], &msisdn))
		return data_failed(options->words[0], "not a number");
	if (options->count > 1 && (!(word || opens) || options->count < 3)) {
		fprintf(stderr, "starhash-data: expected NUMBER show|take|note|interim|answer|confirm|close|grant|decline|compensate "
			"TICKET [TEXT], NUMBER open KIND TEXT, or export KIND FILE\n");
		return 2;
	}
	if (options->period && !tickets_month(options))
		return data_failed(options->period, "not a month, such as 2026-10");
	if (word && ticket_event_credits(word->event) && !options->config)
		return data_failed(word->name, "needs --config FILE: the limits of credits are in the daemon's configuration");
	if (tickets_rules(options, &rules))
		return 1;
	ruled.rules = &rules;
	status = data_open(&store, &ruled, msisdn ? ADMIN_WRITE : ADMIN_READ);
	if (!status && msisdn && !word && !opens)
		status = data_access_note(&store, options->words[0]);
	if (!status)
		status = opens ? ticket_open(&store, options) : word ? event_bring(&store, options, msisdn, word) :
			 list_tickets(&store, msisdn);
	data_close(&store);
	return status;
}
