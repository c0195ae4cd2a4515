/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data check: consents. */
#include "tool/data/consents.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "accounts/password_keys.h"
#include "starhash/consent_check.h"

#define FOUND_MAX 20		/* of one kind */
#define NAME_SIZE 4096

/* ---- the key ---- */

/* The named file, or else the database's name with \a end appended. False: no file was named, and that one does not exist. */
static bool file_name(const struct data_options *options, const char *named, const char *end, char name[static NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "%s%s", named ? named : options->file, named ? "" : end);
	return named || access(name, F_OK) == 0;
}

int data_keys_open(struct data_keys *keys, const struct data_options *options)
{
	char name[NAME_SIZE];

	*keys = (struct data_keys){ .keys = NULL };
	if (!file_name(options, options->key, ".consent-key", name))
		return 0;
	/* Loading would create a key. */
	if (access(name, F_OK) < 0)
		return data_failed(name, strerror(errno)), -1;
	if (keys_load(name, &keys->keys) < 0)
		return -1;
	keys_of_consent(keys->keys, &keys->consent);
	return 1;
}

void data_keys_close(struct data_keys *keys)
{
	keys_free(keys->keys);
}

/* ---- findings ---- */

struct consents {
	const struct data_options *options;
	struct admin_consents stored;
	struct consent_check check;
	struct consent_anchors anchors;
	struct progress progress;
	unsigned int found;
	uint64_t of_kind[CONSENT_FAULT_COUNT];
};

static void print_finding(void *user, const struct consent_finding *finding)
{
	struct consents *consents = user;
	char text[CONSENT_FINDING_SIZE];

	consents->found++;
	if (consents->of_kind[finding->fault]++ < FOUND_MAX)
		printf("problem: %s\n", consent_finding_print(finding, text));
}

static void show_progress(void *user, uint64_t done)
{
	progress_show(&((struct consents *)user)->progress, done);
}

/* \a why: the error in words, or NULL: none. */
static void failed(struct consents *consents, const char *what, const char *why)
{
	if (!why)
		return;
	consents->found++;
	printf("problem: %s cannot be read completely: %s\n", what, why);
}

/* ---- checking ---- */

static void anchors_check(struct consents *consents)
{
	const uint64_t about = (uint64_t)consents->anchors.to / (CONSENT_ANCHOR_SIZE * 3 / 4);
	time_t newest;
	char day[16];
	struct tm tm;

	if (!consents->anchors.file)
		return;
	progress_begin(&consents->progress, "anchors", about, consents->options->quiet);
	failed(consents, "anchors", consent_check_anchors(consents->stored.source, &consents->anchors, false, &consents->check));
	progress_end(&consents->progress, consents->check.anchors);
	printf("anchors: %" PRIu64 "\n", consents->check.anchors);
	if (consents->check.before)
		printf("not checked: consents 1 to %" PRId64 ", whose anchors are not in this file\n", consents->check.before);
	/* Anyone with the key can claim that retention removed a consent, but cannot change when it was given. */
	if (consents->check.retired) {
		newest = consents->check.retired_time;
		strftime(day, sizeof(day), "%Y-%m-%d", gmtime_r(&newest, &tm));
		printf("consents removed by retention: %" PRIu64 ", the newest of %s\n", consents->check.retired, day);
	}
	if (consents->check.torn)
		printf("lines of anchors that were cut off and rewritten: %" PRIu64 "\n", consents->check.torn);
}

/* A daemon may be running. Read the store's anchored position first, then the file's length, and only then begin to read the store, so
 * that each includes everything that the previous ones refer to. */
static void anchors_open(struct consents *consents)
{
	char name[NAME_SIZE];

	consents->anchors.written = consents->stored.anchored;
	if (!file_name(consents->options, consents->options->anchors, ".consent-anchors", name)) {
		puts("not checked: whether chains were cut at their end; this needs the anchors (--anchors FILE)");
		return;
	}
	consents->anchors.file = fopen(name, "re");
	if (!consents->anchors.file) {
		consents->found++;
		printf("problem: the anchors %s cannot be read: %s\n", name, strerror(errno));
		return;
	}
	fseek(consents->anchors.file, 0, SEEK_END);
	consents->anchors.to = ftell(consents->anchors.file);
}

static void old_check(struct consents *consents)
{
	const struct admin_consents *stored = &consents->stored;

	if (stored->old_broken) {
		consents->found++;
		printf("problem: consent %" PRId64 " of version 3 was changed, or one before it is missing\n",
		       stored->old_broken);
	}
	if (stored->old)
		printf("consents of version 3: %" PRIu64 "\n", stored->old);
}

unsigned int data_consents_check(const struct data_store *store, const struct data_options *options)
{
	struct consents consents = {
		.options = options,
		.check = { .found = print_finding, .progress = show_progress, .user = &consents, .names_max = FOUND_MAX },
	};
	struct data_keys keys;
	const int known = data_keys_open(&keys, options);

	if (known == 1)
		consents.check.keys = &keys.consent;
	else
		puts("not checked: the seals of consents; this needs their key (--key FILE)");
	consents.found += known < 0;
	if (store->ops->consents(store->admin, &consents.stored) < 0) {
		consents.found++;
		printf("problem: %s\n", store->ops->why(store->admin));
	}
	anchors_open(&consents);
	progress_begin(&consents.progress, "consents", consents.stored.count, options->quiet);
	failed(&consents, "consents", consent_check_chains(consents.stored.source, &consents.check));
	progress_end(&consents.progress, consents.check.consents);
	printf("consents: %" PRIu64 ", of %" PRIu64 " numbers\n", consents.check.consents, consents.check.chains);
	anchors_check(&consents);
	consents.stored.source->ops->release(consents.stored.source);
	for (enum consent_fault fault = 0; fault < CONSENT_FAULT_COUNT; fault++) {
		if (consents.of_kind[fault] > FOUND_MAX)
			printf("problem: %" PRIu64 " more %s\n", consents.of_kind[fault] - FOUND_MAX, consent_fault_name(fault));
	}
	old_check(&consents);
	if (consents.anchors.file)
		fclose(consents.anchors.file);
	data_keys_close(&keys);
	return consents.found;
}
