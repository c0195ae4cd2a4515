/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The commands of starhash-data. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct account_rules;
struct consent_key;

/* Exit status of an import that failed for no fault of the file's: the same command can go on. As
 * EX_TEMPFAIL of sysexits.h. */
#define DATA_LATER 75

struct data_options {
	const char *file;		/* the database */
	char **words;			/* behind it */
	int count;
	const char *number;		/* whose data; NULL: everybody's */
	const char *pepper;		/* NULL: the file's name with ".pepper" */
	const char *format;		/* NULL: as the file's name says */
	const char *table;
	const char *hash_kinds;		/* NULL: none */
	const char *older;		/* purge: which kind of record */
	const char *folder;		/* of rejects; NULL: beside each file */
	const struct consent_key *consent_key;	/* that consents are added and removed with; NULL: neither */
	const struct account_rules *rules;	/* NULL: none are needed */
	const char *key, *anchors;	/* of consents; NULL: the file's name with ".consent-key", ".consent-anchors" */
	int64_t as_of;			/* STORED_UNKNOWN: the file's own time */
	int64_t rejects_max;		/* -1: not said */
	int64_t expect;			/* lines; -1: not said */
	unsigned int subscribers;
	unsigned int max_removed;	/* import: percent of subscribers that a snapshot may take away */
	unsigned int idle_s;		/* spool: a file that has not grown for so long is whole */
	bool spooled;			/* import: the file lies in a folder that others may write to: no symbolic link is followed */
	bool jsonl, force, again, snapshot, quiet, quick, passwords, keep_legal, dead, trailer;
};

/* Each returns the program's exit status after saying on standard error what went wrong. */
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
int data_trial(const struct data_options *options);
int data_spool(const struct data_options *options);
int data_rotate_key(const struct data_options *options);
