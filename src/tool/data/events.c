/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data events: takes events from files, one JSON object a line, by the same rules as the daemon over HTTP. An event that came
 * before, by whatever way, changes nothing: after a crash the same command takes the rest. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "import/reader.h"
#include "starhash/events.h"
#include "tool/data/command.h"
#include "tool/data/data.h"
#include "tool/data/lines.h"

#define SOURCE "spool"		/* of an event that names none */

/* One file. */
struct taking {
	struct data_store *store;
	const char *name;
	struct lines lines;
	struct rejects rejects;
	struct progress progress;
	uint64_t events, notified, repeated, rejected;
	uint64_t expected;		/* by the end mark; valid if ended */
	bool ended;
	bool later;			/* it stopped because of the store */
};

static int reject(struct taking *taking, const char *why, const char *line, size_t len)
{
	const int rc = rejects_add(&taking->rejects, taking->name, taking->lines.line, why, NULL, line, len);

	taking->rejected++;
	return rc < 0 ? data_failed(taking->rejects.name, strerror(-rc)) : 0;
}

static int event_take(struct taking *taking, const char *line, size_t len)
{
	const struct event_origin origin = { .source = SOURCE, .names_source = true, .now = time(NULL) };
	char why[EVENT_WHY_SIZE], word[ACCOUNT_WORD_SIZE];
	struct request request, now;
	struct response response;
	struct event_result result;
	json_t *event = event_load(line, len, why);
	int rc = event ? event_parse(&origin, event, &request, why) : -EBADMSG;

	json_decref(event);
	taking->events++;
	if (rc)
		return reject(taking, why, line, len);
	data_request(&now, REQUEST_EVENT, NULL);
	request.now = now.now;
	request.utc_offset = now.utc_offset;
	response_init(&response);
	taking->later = taking->store->ops->ask(taking->store->admin, &request, &response) < 0;
	if (taking->later)
		return data_why(taking->store);
	result = event_result(&response, word);
	if (result.error) {
		snprintf(why, sizeof(why), "%s: %s", result.word, result.error);
		return reject(taking, why, line, len);
	}
	taking->repeated += result.repeated;
	taking->notified += !result.repeated && !strcmp(result.word, "notified");
	return 0;
}

static bool is_blank(const char *line, size_t len)
{
	size_t at = 0;

	while (at < len && memchr(" \t\r", line[at], 3))
		at++;
	return at == len;
}

/* Take lines in one transaction. Returns 1 while there may be more, 0 at the end, -1 after a message. */
static int lines_take(struct taking *taking)
{
	const struct data_store *store = taking->store;
	const char *line;
	size_t len;
	int rc = 1, status = 0;

	taking->later = store->ops->begin(store->admin) < 0;
	if (taking->later)
		return data_why(store), -1;
	while (!status && !store->ops->is_long(store->admin) && (rc = lines_next(&taking->lines, &line, &len)) > 0) {
		if (import_end_mark(IMPORT_JSONL, line, len, &taking->expected))
			taking->ended = true;
		else if (!is_blank(line, len) && *line != '#')
			status = event_take(taking, line, len);
		progress_show(&taking->progress, taking->lines.offset);
	}
	if (rc < 0)
		data_failed(taking->name, strerror(-rc));
	if (!status && store->ops->commit(store->admin) < 0) {
		taking->later = true;
		status = data_why(store);
	}
	store->ops->undo(store->admin);
	return status || rc < 0 ? -1 : rc;
}

static int file_take(struct data_store *store, const struct data_options *options, const char *name)
{
	struct taking taking = { .store = store, .name = strcmp(name, "-") ? name : "standard input" };
	char why[120];
	int rc = lines_open(&taking.lines, name, !options->spooled, 0, 0);

	if (rc == 0)
		rc = rejects_begin(&taking.rejects, name, options->folder, 0);
	if (rc < 0) {
		lines_close(&taking.lines);
		return data_failed(taking.name, strerror(-rc));
	}
	progress_begin(&taking.progress, "octets", 0, options->quiet);
	while ((rc = lines_take(&taking)) > 0)
		;
	progress_end(&taking.progress, taking.lines.offset);
	lines_close(&taking.lines);
	if (rejects_end(&taking.rejects) < 0)
		rc = -data_failed(taking.rejects.name, strerror(errno));
	if (!rc && taking.ended && taking.expected != taking.events) {
		snprintf(why, sizeof(why), "the end mark says %" PRIu64 " lines, but there are %" PRIu64, taking.expected, taking.events);
		rc = -data_failed(taking.name, why);
	}
	if (!options->quiet) {
		printf("%s: %" PRIu64 " events, of which %" PRIu64 " notify subscribers and %" PRIu64 " came before", taking.name,
		       taking.events, taking.notified, taking.repeated);
		if (taking.rejected)
			printf(", %" PRIu64 " rejected (see %s)", taking.rejected, taking.rejects.name);
		putchar('\n');
	}
	return taking.later ? DATA_LATER : rc ? 1 : 0;
}

int data_events(const struct data_options *options)
{
	struct account_rules rules;
	struct data_options ruled = *options;
	struct data_store store;
	int status;

	account_rules_read(&rules, 1, NULL, NULL, NULL);
	if (options->message_rules && !message_rules_read(&rules.messages, options->message_rules))
		return data_failed("--message-rules", "not pairs of a rule and a number, as in \"fees_day 11\"");
	ruled.rules = &rules;
	status = data_open(&store, &ruled, ADMIN_WRITE) ? DATA_LATER : 0;
	for (int i = 0; i < options->count && !status; i++)
		status = file_take(&store, options, options->words[i]);
	data_close(&store);
	return status;
}
