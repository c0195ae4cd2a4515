/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Functions shared by the commands of starhash-data: opening the store, messages, files, progress. */
#include "tool/data/command.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "accounts/id_pieces.h"
#include "starhash/conf.h"
#include "starhash/store.h"
#include "tool/data/data.h"
#include "tool/data/tickets.h"

#define NAME_SIZE 4096
#define STORE "sqlite"

int data_failed(const char *file, const char *why)
{
	fprintf(stderr, "starhash-data: %s: %s\n", file, why);
	return 1;
}

int data_end(const struct data_store *store, int rc)
{
	if (rc == 0)
		rc = store->ops->commit(store->admin);
	store->ops->undo(store->admin);
	return rc;
}

int data_why(const struct data_store *store)
{
	return data_failed(store->name, store->ops->why(store->admin));
}

double data_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int data_config_read(const struct data_options *options, const char *group, data_group_read *read, void *user)
{
	struct problems problems = { 0 };
	struct conf_file *conf = options->config ? conf_file_load(options->config, &problems) : NULL;
	bool wrong;

	if (conf || !options->config)
		read(user, conf ? setting_get(conf_file_root(conf), group) : NULL, &problems);
	wrong = problems.errors;
	if (wrong)
		conf_problems_print(&problems);
	problems_fini(&problems);
	if (conf)
		conf_file_free(conf);
	return wrong;
}

void data_request(struct request *request, enum request_kind kind, const char *number)
{
	struct tm local;

	*request = (struct request){ .kind = kind, .now = time(NULL) };
	if (number)
		snprintf(request->subscriber.msisdn, sizeof(request->subscriber.msisdn), "%s", number);
	localtime_r(&request->now, &local);
	request->utc_offset = (int32_t)local.tm_gmtoff;
}

int data_access_note(const struct data_store *store, const char *number)
{
	struct request request;
	struct response response;
	int rc = store->ops->begin(store->admin);

	data_request(&request, REQUEST_ACCESS, number);
	tickets_staff(request.ticket.staff);
	response_init(&response);
	if (rc == 0)
		rc = store->ops->ask(store->admin, &request, &response);
	return data_end(store, rc) < 0 ? data_why(store) : 0;
}

/* ---- opening ---- */

/* Read the key from the named file, or else from DATABASE.pepper. A missing file is an error only if it was named. */
static int key_find(struct data_store *store, const char *pepper)
{
	char beside[NAME_SIZE];
	const char *name = pepper ? pepper : beside;

	if (snprintf(beside, sizeof(beside), "%s.pepper", store->name) >= (int)sizeof(beside))
		return data_failed(store->name, "the name is too long");
	store->key_found = access(name, R_OK) == 0;
	if (!store->key_found)
		return pepper ? data_failed(name, strerror(errno)) : 0;
	return pepper_load(name, store->key) ? data_failed(name, "the key cannot be read") : 0;
}

static void note(const char *text)
{
	fprintf(stderr, "starhash-data: %s\n", text);
}

int data_open(struct data_store *store, const struct data_options *options, enum admin_access access)
{
	struct admin_settings settings = { .file = options->file, .access = access, .note = note };
	const char *why;

	*store = (struct data_store){ .name = options->file, .ops = store_find(STORE)->admin };
	if (access != ADMIN_READ && key_find(store, options->pepper))
		return 1;
	settings.id_pieces = id_pieces_make;
	settings.id_key = store->key_found ? store->key : NULL;
	settings.consent_key = options->consent_key;
	settings.rules = options->rules;
	if (store->ops->open(NULL, &settings, &store->admin, &why) == 0)
		return 0;
	data_failed(store->name, why);
	talloc_free((void *)why);
	return 1;
}

void data_close(struct data_store *store)
{
	if (store->ops)
		store->ops->close(store->admin);
	explicit_bzero(store->key, sizeof(store->key));
}

/* ---- whole files ---- */

static int sync_name(const char *name, int flags)
{
	const int fd = open(name, flags | O_CLOEXEC);
	const int rc = fd < 0 ? -1 : fsync(fd);

	if (fd >= 0)
		close(fd);
	return rc;
}

int data_take_place(const char *made, const char *name)
{
	char folder[NAME_SIZE];
	const char *slash = strrchr(name, '/');
	const int len = slash && slash > name ? (int)(slash - name) : 1;

	snprintf(folder, sizeof(folder), "%.*s", len, slash ? name : ".");
	if (sync_name(made, O_RDONLY) < 0 || rename(made, name) < 0 || sync_name(folder, O_RDONLY | O_DIRECTORY) < 0)
		return data_failed(name, strerror(errno));
	return 0;
}

/* ---- progress ---- */

#define BAR_WIDTH 40
#define BAR_INTERVAL 0.1
#define LINE_INTERVAL 10.0

static void tell(struct progress *progress, uint64_t done)
{
	char bar[BAR_WIDTH + 1] = "";

	if (!progress->all || !isatty(STDERR_FILENO)) {
		fprintf(stderr, "%" PRIu64 " %s\n", done, progress->what);
		return;
	}
	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', done < progress->all ? done * BAR_WIDTH / progress->all : BAR_WIDTH);
	fprintf(stderr, "\r[%s] %" PRIu64 " of %" PRIu64 " %s", bar, done, progress->all, progress->what);
}

void progress_begin(struct progress *progress, const char *what, uint64_t all, bool quiet)
{
	const double now = data_seconds();

	*progress = (struct progress){ .what = what, .all = all, .quiet = quiet, .began = now, .shown = now };
}

void progress_show(struct progress *progress, uint64_t done)
{
	const double now = data_seconds();

	if (progress->quiet || now - progress->shown < (isatty(STDERR_FILENO) ? BAR_INTERVAL : LINE_INTERVAL))
		return;
	progress->shown = now;
	tell(progress, done);
}

void progress_end(struct progress *progress, uint64_t done)
{
	if (progress->quiet || !isatty(STDERR_FILENO))
		return;
	tell(progress, done);
	fputc('\n', stderr);
}
