/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data tickets export: writes what is hidden from ordinary staff to a file for the authority (S13), as JSON Lines.
 *
 * First an entry in the history of each ticket says by whom, when and what for it was exported, and is on the disk; then the lines are
 * written. So a run that dies in between has recorded too much, never too little, and may be repeated. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <osmocom/core/talloc.h>

#include "starhash/account.h"
#include "tool/data/command.h"
#include "tool/data/data.h"
#include "tool/data/tickets.h"

#define NAME_SIZE 4096

struct chosen {
	int64_t msisdn, number;
	char sender[TICKET_FACTS_SIZE];	/* "": not known */
};

struct export {
	struct data_store store;
	const struct ticket_kind *kind;
	int64_t month;
	struct chosen *chosen;
	unsigned int count, at;
	FILE *out;
	bool wrong;			/* a text is not UTF-8, so JSON cannot represent it */
};

static int choose(void *user, const struct admin_row *row)
{
	const struct ticket *ticket = row->ticket;
	const struct record facts = { .data = (uint8_t *)ticket->facts, .len = ticket->facts_len };
	struct export *export = user;
	struct chosen *chosen;

	if (ticket->kind != export->kind || tickets_month_of(ticket->opened) != export->month)
		return 0;
	export->chosen = talloc_realloc(NULL, export->chosen, struct chosen, export->count + 1);
	chosen = &export->chosen[export->count++];
	*chosen = (struct chosen){ .msisdn = row->msisdn, .number = ticket->number };
	record_text(&facts, FIELD_SENDER, chosen->sender, sizeof(chosen->sender));
	return 0;
}

/* ---- the history ---- */

/* One transaction of it. Returns 0, or -1 with the store's error or *\a why. */
static int some_record(struct export *export, const struct data_options *options, const char **why)
{
	const struct data_store *store = &export->store;
	struct data_options plain = *options;
	enum result result = RESULT_OK;
	int rc = store->ops->begin(store->admin);

	plain.reason = NULL;		/* here it is a text, not a code */
	while (rc == 0 && result == RESULT_OK && export->at < export->count && !store->ops->is_long(store->admin)) {
		char number[MSISDN_SIZE], ticket[TICKET_NUMBER_SIZE];
		const struct chosen *chosen = &export->chosen[export->at++];
		const struct tickets_event event = { number, ticket, TICKET_EXPORT, options->reason };

		msisdn_print(chosen->msisdn, number);
		ticket_number_print(chosen->number, ticket);
		rc = tickets_event(store, &plain, &event, &result);
	}
	if (rc == 0 && result != RESULT_OK)
		*why = "a ticket was removed meanwhile; start again";
	if (rc == 0 && !*why)
		rc = store->ops->commit(store->admin);
	store->ops->undo(store->admin);
	return rc < 0 || *why ? -1 : 0;
}

/* ---- the file ---- */

static int entry_write(void *user, const struct admin_row *row)
{
	struct export *export = user;
	const struct ticket_entry *entry = row->entry;
	const struct chosen *chosen = &export->chosen[export->at];
	const time_t seconds = entry->time;
	char number[MSISDN_SIZE], ticket[TICKET_NUMBER_SIZE], time[32];
	struct tm parts;
	json_t *line;

	if (entry->event != TICKET_WRITE)
		return 0;
	msisdn_print(chosen->msisdn, number);
	strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &parts));
	line = json_pack("{s:s, s:s, s:s, s:s*, s:s}", "number", number, "ticket", ticket_number_print(chosen->number, ticket),
			 "time", time, "sender", chosen->sender[0] ? chosen->sender : NULL, "content", entry->text);
	export->wrong |= !line || json_dumpf(line, export->out, JSON_COMPACT) < 0 || putc('\n', export->out) == EOF;
	json_decref(line);
	return export->wrong;
}

/* Returns the exit status. */
static int lines_write(struct export *export)
{
	const struct data_store *store = &export->store;

	for (export->at = 0; export->at < export->count && !export->wrong; export->at++) {
		const struct chosen *chosen = &export->chosen[export->at];
		const struct admin_query query = { .list = ADMIN_TICKET_ENTRIES, .msisdn = chosen->msisdn, .ticket = chosen->number };

		if (store->ops->list(store->admin, &query, entry_write, export) < 0)
			return data_why(store);
	}
	return export->wrong ? data_failed(store->name, "the export is not complete: a text is not UTF-8, or it cannot be written") : 0;
}

/* Record, then write. Returns the exit status. */
static int record_and_write(struct export *export, const struct data_options *options)
{
	const char *why = NULL;

	while (export->at < export->count) {
		if (some_record(export, options, &why))
			return why ? data_failed(options->file, why) : data_why(&export->store);
	}
	return lines_write(export);
}

/* Not a device or a folder, and not the database itself under another name. */
static bool may_replace(const char *name, const char *database)
{
	struct stat there, store;

	if (stat(name, &there) < 0)
		return true;
	return S_ISREG(there.st_mode) &&
	       !(stat(database, &store) == 0 && there.st_dev == store.st_dev && there.st_ino == store.st_ino);
}

/* The file is opened first, so that nothing is recorded for a name that cannot be, and gets its name when it is complete. */
static int file_write(struct export *export, const struct data_options *options, const char *name)
{
	char made[NAME_SIZE];
	int status, fd;

	if (snprintf(made, sizeof(made), "%s.new", name) >= (int)sizeof(made))
		return data_failed(name, "the name is too long");
	if (!may_replace(name, options->file))
		return data_failed(name, "is the database, or not a regular file");
	fd = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	export->out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!export->out)
		return data_failed(made, errno == EEXIST ? "is in the way: remove it, unless another export is writing it" :
				   strerror(errno));
	status = record_and_write(export, options);
	if (fclose(export->out) && !status)
		status = data_failed(made, strerror(errno));
	if (!status)
		status = data_take_place(made, name);
	if (status)
		unlink(made);
	return status;
}

/* ---- the command ---- */

static int export_all(struct export *export, const struct data_options *options, const char *name)
{
	const struct admin_query query = { .list = ADMIN_TICKETS };
	const struct data_store *store = &export->store;
	int status;

	if (store->ops->list(store->admin, &query, choose, export) < 0)
		return data_why(store);
	export->out = stdout;
	status = strcmp(name, "-") ? file_write(export, options, name) : record_and_write(export, options);
	if (!status)
		fprintf(stderr, "Exported %u tickets.\n", export->count);
	return status;
}

int tickets_export(const struct data_options *options)
{
	const char *name = options->count > 2 ? options->words[2] : "";
	struct data_options ruled = *options;
	struct export export = { .month = tickets_month(options) };
	struct account_rules rules;
	int status;

	if (options->count != 3)
		return data_failed("export", "expected export KIND FILE; \"-\": standard output");
	export.kind = ticket_kind_find(options->words[1]);
	if (!export.kind || !export.kind->confidential)
		return data_failed(options->words[1], "not a confidential kind of ticket: nuisance is");
	if (!export.month || !options->reason || !*options->reason)
		return data_failed("export", "needs --month 2026-10, and --reason TEXT, such as the authority's file number: each ticket's "
				   "history will have it");
	if (tickets_text_problem(options->reason))
		return data_failed("--reason", tickets_text_problem(options->reason));
	if (strcmp(name, "-") != 0 && !options->force && access(name, F_OK) == 0)
		return data_failed(name, "already exists; --force overwrites it");
	if (tickets_rules(options, &rules))
		return 1;
	ruled.rules = &rules;
	status = data_open(&export.store, &ruled, ADMIN_WRITE) || export_all(&export, &ruled, name);
	data_close(&export.store);
	talloc_free(export.chosen);
	return status;
}
