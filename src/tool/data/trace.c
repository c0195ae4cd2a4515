/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data trace: prints the records of one subscriber from the journal (O1). */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "starhash/stored.h"
#include "tool/data/command.h"
#include "tool/data/data.h"
#include "tool/data/journal_files.h"
#include "tool/data/print.h"
#include "tool/report/report.h"

/* One number, in each form in which the journal may have it. */
struct wanted {
	const char *clear;		/* NULL: none */
	char pseudonym[JOURNAL_PSEUDONYM_SIZE];	/* "": the key is not known */
};

struct trace {
	struct wanted msisdn, imsi;
	bool has_key;
	uint64_t found, pseudonyms, masked;	/* the latter two: lines that nobody can say to be about this subscriber */
};

/* ---- whose line it is ---- */

static bool is_pseudonym(const char *number)
{
	return strlen(number) == JOURNAL_PSEUDONYM_SIZE - 1 && strspn(number, "0123456789abcdef") == JOURNAL_PSEUDONYM_SIZE - 1;
}

static bool is_wanted(struct trace *trace, const struct cdr_line *line)
{
	const struct wanted *wanted = line->by_imsi ? &trace->imsi : &trace->msisdn;

	if (!wanted->clear || !*line->number)
		return false;
	if (is_pseudonym(line->number)) {
		trace->pseudonyms += !trace->has_key;
		return trace->has_key && !strcmp(line->number, wanted->pseudonym);
	}
	trace->masked += strchr(line->number, '*') != NULL;
	return !strcmp(line->number, wanted->clear);
}

/* Without a key, and none named, a journal with clear numbers can be traced. Returns the exit status. */
static int pseudonyms_make(struct trace *trace, const char *file)
{
	unsigned char key[JOURNAL_KEY_SIZE];

	if (!file && access(JOURNAL_KEY_DEFAULT, F_OK) < 0)
		return 0;
	if (journal_key_read(file ? file : JOURNAL_KEY_DEFAULT, key))
		return 1;
	trace->has_key = true;
	journal_pseudonym(key, trace->msisdn.clear, trace->msisdn.pseudonym);
	if (trace->imsi.clear)
		journal_pseudonym(key, trace->imsi.clear, trace->imsi.pseudonym);
	explicit_bzero(key, sizeof(key));
	return 0;
}

/* ---- printing ---- */

static void print_name(const char *name)
{
	clean_print(stdout, CLEAN_TERMINAL, *name ? name : "-");
}

static void print_line(const struct cdr_line *line)
{
	const struct cdr *cdr = &line->cdr;
	char time[MOMENT_SIZE];

	printf("%s  ", moment_print(cdr->began_ms / 1000, time));
	print_name(cdr->channel);
	fputs("  ", stdout);
	print_name(cdr->code);
	printf("  %s\n  inputs %u, took %" PRIu32 " ms, slowest answer %" PRIu32 " ms, language ", cdr_outcome_name(cdr->outcome),
	       cdr->turns, cdr->took_ms, cdr->slowest_ms);
	print_name(cdr->language);
	printf(", menu %08" PRIx32 "%s\n", cdr->menu, line->by_imsi ? ", recorded by IMSI" : "");
	for (unsigned int i = 0; i < cdr->path_count; i++) {
		fputs(i ? ", " : "  pages: ", stdout);
		print_name(cdr->path[i]);
		if (cdr->waits_ms)
			printf(" (%" PRIu32 " ms)", cdr->waits_ms[i]);
	}
	if (cdr->path_left_out)
		printf(", and %u more", cdr->path_left_out);
	if (cdr->path_count)
		putchar('\n');
	if (cdr->ref) {
		fputs("  order ", stdout);
		print_name(cdr->ref);
		putchar('\n');
	}
}

/* ---- the command ---- */

static void trace_files(struct trace *trace, struct journal_files *files, const struct data_options *options)
{
	while (journal_files_next(files)) {
		const int64_t began = files->line.cdr.began_ms / 1000;

		if ((options->from != STORED_UNKNOWN && began < options->from) ||
		    (options->to != STORED_UNKNOWN && began >= options->to) || !is_wanted(trace, &files->line))
			continue;
		trace->found++;
		if (options->format)
			printf("%.*s\n", (int)files->len, files->text);
		else
			print_line(&files->line);
	}
}

static int not_traced(const struct trace *trace)
{
	char why[120];
	int status = 0;

	if (trace->pseudonyms) {
		snprintf(why, sizeof(why), "%" PRIu64 " lines have pseudonyms, whose key is not known (--journal-key)", trace->pseudonyms);
		status = data_failed("journal", why);
	}
	if (trace->masked) {
		snprintf(why, sizeof(why), "%" PRIu64 " lines have masked numbers, which cannot be traced", trace->masked);
		status = data_failed("journal", why);
	}
	return status;
}

/* The journal is another file, but subscribers see who looked. */
static int access_note(const struct data_options *options)
{
	struct data_store store;
	const int status = data_open(&store, options, ADMIN_WRITE) || data_access_note(&store, options->words[0]);

	data_close(&store);
	return status;
}

int data_trace(const struct data_options *options)
{
	const char *number = options->words[0];
	struct trace trace = { .msisdn.clear = number, .imsi.clear = options->imsi };
	struct journal_files files;
	int64_t key;
	int status;

	if (!msisdn_key(number, &key))
		return data_failed(number, "not an international number");
	if (options->imsi && !imsi_key(options->imsi, &key))
		return data_failed(options->imsi, "not an IMSI");
	if (options->format && strcmp(options->format, "jsonl"))
		return data_failed("--format", "traces are printed as text or as jsonl");
	if (pseudonyms_make(&trace, options->journal_key) || access_note(options))
		return 1;
	status = journal_files_open(&files, options);
	if (!status) {
		trace_files(&trace, &files, options);
		status = not_traced(&trace) || files.status;
		if (!status && !trace.found)
			status = data_failed(number, "the journal has no records of this number");
	}
	journal_files_close(&files);
	return status;
}
