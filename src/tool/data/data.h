/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The commands of starhash-data. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct account_rules;
struct consent_key;

/* Exit status of an import that failed although its files are good: the same command can continue it. As EX_TEMPFAIL of sysexits.h. */
#define DATA_LATER 75

#define DATA_JOURNALS_MAX 64

struct data_options {
	const char *file;		/* the database */
	char **words;			/* arguments after it */
	int count;
	const char *number;		/* MSISDN; NULL: all subscribers */
	const char *pepper;		/* NULL: the database's name with ".pepper" */
	const char *format;		/* NULL: by the file's name */
	const char *table;
	const char *hash_kinds;		/* NULL: none */
	const char *older;		/* purge: kind of record */
	const char *folder;		/* for rejected lines; NULL: beside each file */
	const struct consent_key *consent_key;	/* for adding and removing consents; NULL: neither is possible */
	const struct account_rules *rules;	/* NULL: not needed */
	const char *message_rules;	/* events: those of the daemon, as message_rules_print(); NULL: its defaults */
	const char *form, *equal, *reason;	/* tickets: of credits, and of an export; NULL: not given */
	int64_t amount;			/* minor units; 0: not given */
	unsigned int winners;		/* draw; 0: not given */
	bool override;
	bool done;			/* billing knows of the credits already, or there is no billing */
	const char *config;		/* draw, report, tickets: the daemon's configuration; NULL: the defaults */
	const char *key, *anchors;	/* of consents; NULL: the database's name with ".consent-key", ".consent-anchors" */
	const char *journals[DATA_JOURNALS_MAX];
	int journal_count;		/* 0: the default */
	const char *journal_key;	/* of pseudonyms; NULL: the default, if it exists */
	const char *imsi;		/* trace: of the same subscriber; NULL: not known */
	const char *period;		/* report: a month or a quarter */
	const char *language;		/* report; NULL: that of the environment */
	int64_t from, to;		/* trace: seconds since 1970; STORED_UNKNOWN: open */
	int64_t as_of;			/* STORED_UNKNOWN: the file's own time; for sample, now */
	int64_t rejects_max;		/* -1: not given */
	int64_t expect;			/* number of lines; -1: not given */
	unsigned int subscribers;
	unsigned int max_removed;	/* import: percentage of subscribers that a snapshot may remove */
	unsigned int idle_s;		/* spool: a file that has not changed for so long is complete */
	bool spooled;			/* import, events: others may write to the file's folder, so do not follow symbolic links */
	bool jsonl, force, again, snapshot, quiet, quick, passwords, keep_legal, dead, trailer, csv, html;
};

/* Each returns the exit status, after printing any error to standard error. */
int data_sample(const struct data_options *options);
int data_show(const struct data_options *options);
int data_check(const struct data_options *options);
int data_import(const struct data_options *options);
int data_export(const struct data_options *options);
int data_backup(const struct data_options *options);
int data_purge(const struct data_options *options);
int data_orders(const struct data_options *options);
int data_password(const struct data_options *options);
int data_vanished(const struct data_options *options);
int data_bar(const struct data_options *options);
int data_unbar(const struct data_options *options);
int data_barred(const struct data_options *options);
int data_draw(const struct data_options *options);
int data_tickets(const struct data_options *options);
int data_trial(const struct data_options *options);
int data_events(const struct data_options *options);
int data_spool(const struct data_options *options);
int data_rotate_key(const struct data_options *options);
int data_report(const struct data_options *options);
int data_trace(const struct data_options *options);
