/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A68, A69: chains of consents in the SQLite store and in the memory store, their anchors, and the findings of a check after
 * somebody changed them. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "accounts/password_keys.h"
#include "starhash/alarm.h"
#include "starhash/anchors.h"
#include "starhash/consent_check.h"
#include "store/memory/tables.h"
#include "store/stores.h"
#include "store/sqlite/connection.h"
#include "store/sql/consent.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"
#include "tests/support/loop.h"

#define FINDINGS_MAX 16
#define PATH_SIZE (DATABASE_NAME_SIZE + 32)
#define PATIENCE_MS 20000

struct bench {
	char file[DATABASE_NAME_SIZE];
	char key[PATH_SIZE], anchors[PATH_SIZE];
	struct accounts *accounts;
	struct alarms *alarms;
	struct answers answers;
	/* of the last check */
	struct consent_finding findings[FINDINGS_MAX];
	unsigned int count;
	struct consent_check check;
	const char *why;
};

static void bench_start_store(struct bench *bench, const char *store)
{
	const struct accounts_settings settings = {
		.store = store, .file = bench->file, .deadline_ms = 10000, .password_tries = 3, .requests_max = 256,
		.alarms = bench->alarms, .consent_key_file = bench->key, .consent_anchors_file = bench->anchors,
	};

	assert_int_equal(accounts_new(NULL, &settings, answers_take, &bench->accounts), 0);
}

static void bench_start(struct bench *bench)
{
	bench_start_store(bench, "sqlite");
}

/* Waits until everything is written. */
static void bench_stop(struct bench *bench)
{
	accounts_free(bench->accounts);
	bench->accounts = NULL;
}

static void bench_make(struct bench *bench)
{
	memset(bench, 0, sizeof(*bench));
	database_fixture(bench->file);
	snprintf(bench->key, sizeof(bench->key), "%s.consent-key", bench->file);
	snprintf(bench->anchors, sizeof(bench->anchors), "%s.consent-anchors", bench->file);
	bench->alarms = alarms_new(NULL);
}

static void bench_open(struct bench *bench)
{
	bench_make(bench);
	bench_start(bench);
}

static void bench_close(struct bench *bench)
{
	accounts_free(bench->accounts);
	talloc_free(bench->alarms);
	database_unlink(bench->file);
}

static int64_t query(const struct bench *bench, const char *sql)
{
	return database_number(bench->file, sql);
}

/* Activates and deactivates in turn. */
static struct request order_request(const char *msisdn, uint64_t ref)
{
	struct request request = fixture_request(ref % 2 ? REQUEST_SERVICE_ACTIVATE : REQUEST_SERVICE_DEACTIVATE, msisdn, ref);

	fixture_arg(&request, FIELD_SERVICE, "WEATHER");
	fixture_arg(&request, ARG_SHOWN, "Sure?");
	fixture_arg(&request, ARG_ANSWERED, "1");
	fixture_arg(&request, ARG_CHANNEL, "hlr");
	fixture_arg(&request, ARG_TRUST, "order");
	return request;
}

static void order(struct bench *bench, uint64_t ref)
{
	const struct request request = order_request(ALICE, ref);

	fixture_ask(bench->accounts, &request, &bench->answers);
	assert_int_equal(bench->answers.last.result, RESULT_OK);
}

static void orders(struct bench *bench, uint64_t first, uint64_t last)
{
	for (uint64_t ref = first; ref <= last; ref++)
		order(bench, ref);
}

/* BOB's line is suspended: the consent is to resuming it. */
static void bob_orders(struct bench *bench, enum request_kind kind, uint64_t ref)
{
	struct request request = fixture_request(kind, BOB, ref);

	fixture_arg(&request, ARG_SHOWN, "Resume?");
	fixture_ask(bench->accounts, &request, &bench->answers);
	assert_int_equal(bench->answers.last.result, RESULT_OK);
}

static void housekeep_after(struct bench *bench, int64_t days)
{
	struct request request = fixture_request(REQUEST_HOUSEKEEP, "", 0);

	request.now += days * 86400;
	fixture_ask(bench->accounts, &request, &bench->answers);
	assert_int_equal(bench->answers.last.result, RESULT_OK);
}

/* ---- the check ---- */

static void take_finding(void *user, const struct consent_finding *finding)
{
	struct bench *bench = user;

	assert_true(bench->count < FINDINGS_MAX);
	bench->findings[bench->count++] = *finding;
}

static void check_source(struct bench *bench, struct consent_source *source, const char *key, const char *anchors, int64_t written)
{
	struct keys *keys = NULL;
	struct consent_keys list;
	struct consent_anchors file = { .written = written };

	if (key)
		assert_int_equal(keys_load(key, &keys), 0);
	if (key)
		keys_of_consent(keys, &list);
	bench->count = 0;
	bench->check = (struct consent_check){
		.keys = key ? &list : NULL, .found = take_finding, .user = bench, .names_max = 10,
	};
	bench->why = consent_check_chains(source, &bench->check);
	if (anchors) {
		file.file = fopen(anchors, "r");
		assert_non_null(file.file);
		fseek(file.file, 0, SEEK_END);
		file.to = ftell(file.file);
		assert_null(consent_check_anchors(source, &file, false, &bench->check));
		fclose(file.file);
	}
	keys_free(keys);
}

/* Like "starhash-data check". Without anchors: only chains. */
static void check_with(struct bench *bench, const char *key, const char *anchors)
{
	const int64_t written = query(bench, "SELECT id FROM consent_anchored");
	struct sql_consents consents;
	struct connection connection;
	const char *why;

	assert_int_equal(connection_open(&connection, bench->file, CONNECTION_READ, NULL, &why), DB_OK);
	sql_consents_init(&consents, &connection);
	check_source(bench, &consents.source, key, anchors, written);
	assert_null(bench->why);
	sql_consents_fini(&consents);
	connection_close(&connection);
}

static void check(struct bench *bench)
{
	check_with(bench, bench->key, bench->anchors);
}

static void assert_sound(struct bench *bench)
{
	char text[CONSENT_FINDING_SIZE];

	check(bench);
	if (bench->count)
		fail_msg("found: %s", consent_finding_print(&bench->findings[0], text));
}

static void assert_found(const struct bench *bench, enum consent_fault fault, int64_t first, int64_t last)
{
	for (unsigned int i = 0; i < bench->count; i++) {
		if (bench->findings[i].fault == fault && bench->findings[i].first == first && bench->findings[i].last == last)
			return;
	}
	fail_msg("not found: %s %lld to %lld, but %u others", consent_fault_name(fault), (long long)first, (long long)last,
		 bench->count);
}

/* ---- chains ---- */

static void A68_consents__of_two_subscribers__a_chain_each(void **state)
{
	struct bench bench;

	bench_open(&bench);
	order(&bench, 1);
	bob_orders(&bench, REQUEST_LINE_RESUME, 2);
	order(&bench, 4);
	bench_stop(&bench);
	assert_int_equal(query(&bench, "SELECT max(sequence) FROM consent WHERE msisdn = " ALICE), 2);
	assert_int_equal(query(&bench, "SELECT max(sequence) FROM consent WHERE msisdn = " BOB), 1);
	assert_int_equal(query(&bench, "SELECT count(*) FROM consent_head"), 2);
	assert_int_equal(query(&bench, "SELECT count(*) FROM consent c JOIN consent p ON p.msisdn = c.msisdn AND p.sequence ="
			       " c.sequence - 1 WHERE c.previous = p.hash"), 1);
	assert_int_equal(query(&bench, "SELECT count(*) FROM consent WHERE channel = 'hlr' AND trust = 'order' AND answered = '1'"),
			 2);
	assert_sound(&bench);
	assert_int_equal(bench.check.consents, 3);
	assert_int_equal(bench.check.anchors, 3);
	bench_close(&bench);
}

static void A68_consent__changed_by_a_statement__refused(void **state)
{
	struct bench bench;

	bench_open(&bench);
	order(&bench, 1);
	bench_stop(&bench);
	query(&bench, "UPDATE consent SET answered = '2'");
	assert_int_equal(query(&bench, "SELECT count(*) FROM consent WHERE answered = '1'"), 1);
	bench_close(&bench);
}

/* An attacker who can write the file, but lacks the key, can make a chain that is consistent in itself. */
static void A68_chain__sealed_with_another_key__found(void **state)
{
	struct bench bench;
	char other[PATH_SIZE];

	bench_open(&bench);
	orders(&bench, 1, 3);
	bench_stop(&bench);
	assert_sound(&bench);
	snprintf(other, sizeof(other), "%s.other-key", bench.file);
	check_with(&bench, other, NULL);
	assert_int_equal(bench.count, 3);
	assert_found(&bench, CONSENT_ALIEN_KEY, 1, 1);
	query(&bench, "DROP TRIGGER consent_stays");
	check_with(&bench, NULL, NULL);
	assert_int_equal(bench.count, 0);	/* the links alone are consistent */
	query(&bench, "UPDATE consent SET shown = 'Not sure?' WHERE sequence = 2");
	check_with(&bench, NULL, NULL);
	assert_int_equal(bench.count, 0);	/* and do not reveal it */
	check(&bench);
	assert_int_equal(bench.count, 1);
	assert_found(&bench, CONSENT_REWRITTEN, 2, 2);
	unlink(other);
	bench_close(&bench);
}

/* ALICE has consents 1 to 6, with ids 1 to 6. */
static void A69_check__each_kind_of_damage__distinguished(void **state)
{
	static const struct {
		const char *sql;
		enum consent_fault fault;
		int64_t first, last;
		unsigned int count;		/* findings of the chain alone, and of the anchors */
		unsigned int of_anchors;
	} table[] = {
		{ "UPDATE consent SET answered = '2' WHERE id = 3", CONSENT_REWRITTEN, 3, 3, 1, 0 },
		{ "UPDATE consent SET answered = '1', shown = 'Sure?1' WHERE id = 3", CONSENT_REWRITTEN, 3, 3, 1, 0 },
		{ "UPDATE consent SET trust = 'password' WHERE id = 6", CONSENT_REWRITTEN, 6, 6, 1, 0 },
		{ "UPDATE consent SET time = time + 1 WHERE id = 1", CONSENT_REWRITTEN, 1, 1, 1, 0 },
		{ "UPDATE consent SET epoch = 1 WHERE id = 1", CONSENT_REWRITTEN, 1, 1, 1, 0 },
		{ "UPDATE consent SET hash = x'00' WHERE id = 4", CONSENT_REWRITTEN, 4, 4, 1, 1 },
		{ "UPDATE consent SET key = 'ffffffff' WHERE id = 4", CONSENT_ALIEN_KEY, 4, 4, 1, 0 },
		{ "DELETE FROM consent WHERE id IN (3, 4)", CONSENT_GAP, 3, 4, 1, 2 },
		{ "DELETE FROM consent WHERE id = 1", CONSENT_GAP, 1, 1, 1, 1 },
		{ "DELETE FROM consent WHERE id IN (5, 6)", CONSENT_CUT, 5, 6, 1, 2 },
		{ "DELETE FROM consent", CONSENT_ALL_GONE, 1, 6, 1, 6 },
		{ "DELETE FROM consent_head", CONSENT_HEADLESS, 1, 6, 1, 0 },
		{ "UPDATE consent_head SET sequence = 5", CONSENT_FALSE_HEAD, 6, 6, 1, 0 },
		{ "UPDATE consent_head SET hash = zeroblob(32)", CONSENT_FALSE_HEAD, 6, 6, 1, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct bench bench;

		bench_open(&bench);
		orders(&bench, 1, 6);
		bob_orders(&bench, REQUEST_LINE_RESUME, 7);
		bench_stop(&bench);
		query(&bench, "DROP TRIGGER consent_stays");
		query(&bench, strncmp(table[i].sql, "DELETE FROM consent", 20) ? table[i].sql :
		      "DELETE FROM consent WHERE msisdn = " ALICE);
		if (!strcmp(table[i].sql, "DELETE FROM consent_head"))
			query(&bench, "INSERT INTO consent_head (msisdn, sequence, hash)"
			      " SELECT msisdn, sequence, hash FROM consent WHERE id = 7");
		if (strstr(table[i].sql, "UPDATE consent_head"))
			query(&bench, "UPDATE consent_head SET sequence = 1, hash = (SELECT hash FROM consent WHERE id = 7)"
			      " WHERE msisdn = " BOB);
		check_with(&bench, bench.key, NULL);
		if (bench.count != table[i].count)
			print_message("after %s\n", table[i].sql);
		assert_found(&bench, table[i].fault, table[i].first, table[i].last);
		assert_int_equal(bench.count, table[i].count);
		assert_int_equal(bench.findings[0].msisdn, atoll(ALICE));
		check(&bench);
		assert_int_equal(bench.count, table[i].count + table[i].of_anchors);
		bench_close(&bench);
	}
}

/* A truncated chain whose head was set back is consistent in itself: only the anchors reveal it. */
static void A69_check__head_set_back_with_the_chain__found_by_anchors(void **state)
{
	struct bench bench;

	bench_open(&bench);
	orders(&bench, 1, 6);
	bench_stop(&bench);
	query(&bench, "DELETE FROM consent WHERE id > 4");
	query(&bench, "UPDATE consent_head SET sequence = 4, hash = (SELECT hash FROM consent WHERE id = 4)");
	check_with(&bench, bench.key, NULL);
	assert_int_equal(bench.count, 0);
	check(&bench);
	assert_int_equal(bench.count, 2);
	assert_found(&bench, CONSENT_ANCHOR_ALONE, 5, 5);
	assert_found(&bench, CONSENT_ANCHOR_ALONE, 6, 6);
	assert_int_equal(bench.findings[0].msisdn, atoll(ALICE));
	query(&bench, "DELETE FROM consent");
	query(&bench, "DELETE FROM consent_head");
	check(&bench);
	assert_int_equal(bench.count, 6);
	assert_found(&bench, CONSENT_ANCHOR_ALONE, 1, 1);
	assert_int_equal(bench.findings[0].msisdn, 0);
	bench_close(&bench);
}

/* The daemon's own user has the key, and makes a new, properly sealed chain. */
static void A69_check__chain_rewritten_with_the_key__contradicts_its_anchors(void **state)
{
	struct bench bench;
	char moved[PATH_SIZE + 8], command[3 * PATH_SIZE];	/* moved off the machine, as it were */

	bench_open(&bench);
	orders(&bench, 1, 4);
	bench_stop(&bench);
	snprintf(moved, sizeof(moved), "%s.moved", bench.file);
	snprintf(command, sizeof(command), "mv %s %s", bench.anchors, moved);
	assert_int_equal(system(command), 0);
	query(&bench, "DELETE FROM consent");
	query(&bench, "DELETE FROM consent_head");
	query(&bench, "DELETE FROM sqlite_sequence WHERE name = 'consent'");
	query(&bench, "UPDATE consent_anchored SET id = 0");
	query(&bench, "DELETE FROM replay");
	bench_start(&bench);
	orders(&bench, 5, 8);
	bench_stop(&bench);
	assert_sound(&bench);
	snprintf(command, sizeof(command), "mv %s %s", moved, bench.anchors);
	assert_int_equal(system(command), 0);
	check(&bench);
	assert_int_equal(bench.count, 4);
	assert_found(&bench, CONSENT_ANCHOR_OTHER, 1, 1);
	assert_found(&bench, CONSENT_ANCHOR_OTHER, 4, 4);
	bench_close(&bench);
}

/* ---- in either store ---- */

/* A source between the check and the store: leaves out a row, changes it, or fails at it. */
static struct meddler {
	const struct consent_source_ops *ops;	/* the store's */
	enum { LEAVE, HIDE, CHANGE, FAIL } what;
	int64_t from;				/* sequence number */
} meddler;

static bool meddle_row(struct consent_source *source, enum consent_list list, struct consent_row *row)
{
	while (meddler.ops->next_row(source, list, row)) {
		if (meddler.what == LEAVE || row->head.sequence != meddler.from)
			return true;
		if (meddler.what == CHANGE)
			row->consent.time++;
		if (meddler.what == FAIL)
			source->why = "the disk is gone";
		if (meddler.what != HIDE)
			return meddler.what == CHANGE;
	}
	return false;
}

static void check_meddled(struct bench *bench, struct consent_source *source, int what, int64_t from)
{
	struct consent_source_ops ops = *source->ops;

	meddler = (struct meddler){ .ops = source->ops, .what = what, .from = from };
	ops.next_row = meddle_row;
	source->ops = &ops;
	check_source(bench, source, bench->key, NULL, 0);
	source->ops = meddler.ops;
}

/* ALICE has consents 1 to 6, BOB has number 7. */
static void check_damage(struct bench *bench, struct consent_source *source)
{
	static const struct {
		int what;
		int64_t from;
		enum consent_fault fault;
		uint64_t consents;
	} table[] = {
		{ LEAVE, 0, CONSENT_FAULT_COUNT, 7 },
		{ HIDE, 3, CONSENT_GAP, 6 },
		{ HIDE, 6, CONSENT_CUT, 6 },
		{ CHANGE, 3, CONSENT_REWRITTEN, 7 },
		{ FAIL, 3, CONSENT_FAULT_COUNT, 2 },	/* later rows are not missing */
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		check_meddled(bench, source, table[i].what, table[i].from);
		assert_int_equal(bench->check.consents, table[i].consents);
		assert_int_equal(bench->count, table[i].fault != CONSENT_FAULT_COUNT);
		if (bench->count)
			assert_found(bench, table[i].fault, table[i].from, table[i].from);
		assert_string_equal(bench->why ? bench->why : "", table[i].what == FAIL ? "the disk is gone" : "");
	}
}

static void A69_check__rows_that_change_or_cannot_be_read__reported_in_either_store(void **state)
{
	struct sql_consents consents;
	struct connection connection;
	struct bench bench;
	const char *why;

	bench_open(&bench);
	orders(&bench, 1, 6);
	bob_orders(&bench, REQUEST_LINE_RESUME, 7);
	bench_stop(&bench);
	assert_int_equal(connection_open(&connection, bench.file, CONNECTION_READ, NULL, &why), DB_OK);
	sql_consents_init(&consents, &connection);
	check_damage(&bench, &consents.source);
	sql_consents_fini(&consents);
	connection_close(&connection);
	bench_start_store(&bench, "memory");
	fixture_fill(&memory_store_ops, accounts_store(bench.accounts));
	orders(&bench, 1, 6);
	bob_orders(&bench, REQUEST_LINE_RESUME, 7);
	check_damage(&bench, memory_store_consents(accounts_store(bench.accounts)));
	bench_close(&bench);
}

/* As the thread of a persistent store does it. Returns the id that was reached. */
static int64_t anchors_write(struct bench *bench, struct consent_source *source, int64_t reached)
{
	struct anchors_settings settings = { .file = bench->anchors, .source = source, .reached = reached, .alarms = bench->alarms };
	struct consent_keys list;
	struct anchors *anchors;
	struct keys *keys;

	assert_int_equal(keys_load(bench->key, &keys), 0);
	keys_of_consent(keys, &list);
	settings.keys = &list;
	anchors = anchors_new(NULL, &settings);
	assert_non_null(anchors);
	anchors_finish(anchors);
	reached = anchors_reached(anchors);
	anchors_free(anchors);
	keys_free(keys);
	return reached;
}

static void A68_anchors__store_in_memory__written_and_sound_across_retention(void **state)
{
	struct consent_source *source;
	struct bench bench;
	int64_t reached;

	bench_make(&bench);
	bench_start_store(&bench, "memory");
	fixture_fill(&memory_store_ops, accounts_store(bench.accounts));
	source = memory_store_consents(accounts_store(bench.accounts));
	orders(&bench, 1, 6);
	bob_orders(&bench, REQUEST_LINE_RESUME, 7);
	reached = anchors_write(&bench, source, 0);
	assert_int_equal(reached, 7);
	check_source(&bench, source, bench.key, bench.anchors, reached);
	assert_int_equal(bench.count, 0);
	assert_int_equal(bench.check.chains, 2);
	assert_int_equal(bench.check.anchors, 7);
	housekeep_after(&bench, 1826);
	orders(&bench, 9, 10);
	reached = anchors_write(&bench, source, reached);
	assert_int_equal(reached, 9);
	check_source(&bench, source, bench.key, bench.anchors, reached);
	assert_int_equal(bench.count, 0);
	assert_int_equal(bench.check.consents, 2);
	assert_int_equal(bench.check.anchors, 9);
	assert_int_equal(bench.check.retired, 7);
	assert_false(alarm_state(bench.alarms, ALARM_CONSENT_CHAIN)->raised || alarm_state(bench.alarms, ALARM_ANCHOR_FILE)->raised);
	bench_close(&bench);
}

/* ---- the anchors' file ---- */

static void file_edit(const struct bench *bench, const char *command)
{
	char line[2 * PATH_SIZE];

	snprintf(line, sizeof(line), "sed -i '%s' %s", command, bench->anchors);
	assert_int_equal(system(line), 0);
}

static void A69_check__anchors_changed_left_out_or_cut_off__distinguished(void **state)
{
	static const struct {
		const char *edit;
		enum consent_fault fault;
		int64_t first, last;
		uint64_t line;
		unsigned int count;
		int64_t before;
	} table[] = {
		{ "3s/ 3 / 4 /", CONSENT_BAD_LINE, 0, 0, 3, 2, 0 },	/* and the file is missing */
		{ "2s/^/#/", CONSENT_BAD_LINE, 0, 0, 2, 2, 0 },
		{ "2,3d", CONSENT_LINES_GONE, 2, 3, 2, 1, 0 },
		{ "5,$d", CONSENT_LINES_CUT, 4, 6, 4, 1, 0 },
		{ "d", CONSENT_LINES_CUT, 0, 6, 0, 1, 0 },
		{ "1,3d", CONSENT_FAULT_COUNT, 0, 0, 0, 0, 3 },	/* stored elsewhere, and reported */
		{ "2{p;p}", CONSENT_FAULT_COUNT, 0, 0, 0, 0, 0 },		/* a crash writes some lines again */
		{ "2{h;s/ .*$//;p;x}", CONSENT_FAULT_COUNT, 0, 0, 0, 0, 0 },	/* a full disk truncates a line */
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct bench bench;

		bench_open(&bench);
		orders(&bench, 1, 6);
		bench_stop(&bench);
		file_edit(&bench, table[i].edit);
		check(&bench);
		assert_int_equal(bench.count, table[i].count);
		assert_int_equal(bench.check.before, table[i].before);
		if (table[i].count)
			assert_found(&bench, table[i].fault, table[i].first, table[i].last);
		if (table[i].count)
			assert_int_equal(bench.findings[0].line, table[i].line);
		bench_close(&bench);
	}
}

static void A68_anchors__started_again__each_line_once_and_mode_0600(void **state)
{
	struct bench bench;
	struct stat status;

	bench_open(&bench);
	orders(&bench, 1, 2);
	bench_stop(&bench);
	bench_start(&bench);
	order(&bench, 3);
	bench_stop(&bench);
	assert_sound(&bench);
	assert_int_equal(bench.check.anchors, 3);
	assert_int_equal(query(&bench, "SELECT id FROM consent_anchored"), 3);
	assert_int_equal(stat(bench.anchors, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	bench_close(&bench);
}

/* Orders until it is killed, and reports each order. */
static pid_t orders_start(struct bench *bench, int *from)
{
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child) {
		bench_start(bench);
		for (uint64_t ref = 1;; ref++) {
			order(bench, ref);
			if (write(ends[1], "x", 1) != 1)
				_exit(1);
		}
	}
	close(ends[1]);
	*from = ends[0];
	return child;
}

static void A68_anchors__killed_at_any_moment__complete_after_the_next_start(void **state)
{
	struct bench bench;
	int64_t consents;
	char byte;
	pid_t child;
	int from;

	bench_make(&bench);
	child = orders_start(&bench, &from);
	for (unsigned int i = 0; i < 40; i++)
		assert_int_equal(read(from, &byte, 1), 1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(from);
	consents = query(&bench, "SELECT count(*) FROM consent");
	assert_true(consents >= 40);
	bench_start(&bench);
	bench_stop(&bench);
	assert_sound(&bench);
	assert_true(bench.check.anchors >= (uint64_t)consents);
	assert_int_equal(query(&bench, "SELECT id FROM consent_anchored"), consents);
	bench_close(&bench);
}

static bool raised(void *user)
{
	return alarm_state(((struct bench *)user)->alarms, ALARM_ANCHOR_FILE)->raised;
}

static bool cleared(void *user)
{
	return !raised(user);
}

static void A68_anchors__folder_missing__alarm_and_all_written_later(void **state)
{
	struct bench bench;
	char folder[PATH_SIZE + 8];

	bench_make(&bench);
	snprintf(folder, sizeof(folder), "%s-shm.d", bench.file);
	snprintf(bench.anchors, sizeof(bench.anchors), "%s-shm.d/anchors", bench.file);
	bench_start(&bench);
	orders(&bench, 1, 3);
	assert_true(loop_until(raised, &bench, PATIENCE_MS));
	assert_non_null(strstr(alarm_state(bench.alarms, ALARM_ANCHOR_FILE)->text, "No such file"));
	housekeep_after(&bench, 1826);	/* consents without an anchor stay, however old */
	assert_int_equal(mkdir(folder, 0700), 0);
	order(&bench, 4);
	assert_true(loop_until(cleared, &bench, PATIENCE_MS));
	bench_stop(&bench);
	assert_sound(&bench);
	assert_int_equal(bench.check.anchors, 4);
	unlink(bench.anchors);
	rmdir(folder);
	bench_close(&bench);
}

/* File sizes are limited: the database stays below the limit, and the anchors, behind a hole, reach it in the middle of a line. */
static void bound_set(rlim_t bound)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bound ? bound : limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}

#define HOLE (64 << 20)

static bool first_is_anchored(void *user)
{
	const struct bench *bench = user;
	struct stat status;

	return stat(bench->anchors, &status) == 0 && status.st_size > HOLE;
}

static void A68_anchors__disk_full_within_a_line__alarm_and_no_anchor_lost(void **state)
{
	struct bench bench;
	FILE *file;

	bench_make(&bench);
	file = fopen(bench.anchors, "w");
	assert_non_null(file);
	fseek(file, HOLE - 1, SEEK_SET);
	fputc('\n', file);
	fclose(file);
	bench_start(&bench);
	order(&bench, 1);
	assert_true(loop_until(first_is_anchored, &bench, PATIENCE_MS));
	bound_set(HOLE + 300);
	orders(&bench, 2, 4);
	assert_true(loop_until(raised, &bench, PATIENCE_MS));
	bound_set(0);
	order(&bench, 5);
	assert_true(loop_until(cleared, &bench, PATIENCE_MS));
	bench_stop(&bench);
	check(&bench);
	assert_int_equal(bench.check.anchors, 5);
	assert_true(bench.check.torn >= 1);
	assert_int_equal(bench.count, 1);
	assert_found(&bench, CONSENT_BAD_LINE, 0, 0);	/* the hole */
	bench_close(&bench);
}

/* ---- alarms ---- */

static void A68_start__chain_rewritten_cut_or_anchors_gone__alarm(void **state)
{
	static const struct {
		const char *sql, *edit;
		bool alarm;
	} table[] = {
		{ "SELECT 1", NULL, false },
		{ "UPDATE consent SET answered = '2' WHERE id = 5", NULL, true },
		{ "DELETE FROM consent WHERE id > 4", NULL, true },
		{ "UPDATE consent_head SET sequence = 5, hash = (SELECT hash FROM consent WHERE id = 5)", NULL, true },
		{ "SELECT 1", "5,$d", true },
		{ "SELECT 1", "3s/ 3 / 4 /", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct bench bench;

		bench_open(&bench);
		orders(&bench, 1, 6);
		bench_stop(&bench);
		query(&bench, "DROP TRIGGER consent_stays");
		query(&bench, table[i].sql);
		if (table[i].edit)
			file_edit(&bench, table[i].edit);
		bench_start(&bench);
		bench_stop(&bench);
		assert_int_equal(alarm_state(bench.alarms, ALARM_CONSENT_CHAIN)->raised, table[i].alarm);
		assert_false(raised(&bench));
		bench_close(&bench);
	}
}

/* ---- retention, other owners ---- */

static void A68_retention__consents_old_enough__deleted_and_the_chain_continues(void **state)
{
	struct bench bench;

	bench_open(&bench);
	orders(&bench, 1, 4);
	bob_orders(&bench, REQUEST_LINE_RESUME, 7);
	bench_stop(&bench);
	bench_start(&bench);
	housekeep_after(&bench, 1826);
	orders(&bench, 5, 6);
	bench_stop(&bench);
	assert_int_equal(query(&bench, "SELECT count(*) FROM consent"), 2);
	assert_int_equal(query(&bench, "SELECT root_sequence FROM consent_head"), 4);
	assert_int_equal(query(&bench, "SELECT min(sequence) FROM consent"), 5);
	assert_sound(&bench);
	assert_int_equal(bench.check.anchors, 7);
	assert_int_equal(bench.check.retired, 5);
	assert_true(bench.check.retired_time > 0);
	query(&bench, "DELETE FROM consent WHERE sequence = 5");
	query(&bench, "UPDATE consent_head SET root_sequence = 5, root_hash = (SELECT previous FROM consent WHERE sequence = 6),"
	      " root_id = 6 WHERE msisdn = " ALICE);
	check(&bench);
	assert_found(&bench, CONSENT_FALSE_ROOT, 1, 5);
	check_with(&bench, NULL, NULL);
	assert_int_equal(bench.count, 0);
	bench_close(&bench);
}

static int64_t consents_shown(struct bench *bench)
{
	const struct request request = fixture_request(REQUEST_DATA_MINE, ALICE, 0);
	struct record row;
	uint16_t pos = 0;

	fixture_ask(bench->accounts, &request, &bench->answers);
	while (rows_next(&bench->answers.last.rows, &pos, &row)) {
		if (!strcmp(fixture_text(&row, FIELD_KIND), "consents"))
			return record_number(&row, FIELD_STORED, -1);
	}
	return -1;
}

static bool answered(void *user)
{
	return ((struct bench *)user)->answers.count;
}

static void A68_consents__number_has_another_owner__retained_and_not_shown(void **state)
{
	struct stored_account account = fixture_accounts[0];
	struct account_update update;
	struct bench bench;

	bench_open(&bench);
	orders(&bench, 1, 2);
	assert_int_equal(consents_shown(&bench), 2);
	account.owner = "C-9";
	query(&bench, "UPDATE subscriber SET owner = 'C-1'");
	bench.answers.count = 0;
	update = account_update_of(&account, 1 << ACCOUNT_PROFILE, FIXTURE_NOW);
	assert_int_equal(accounts_merge(bench.accounts, &update, answers_take, &bench.answers, &bench.answers.last,
					&bench.answers.id), -EINPROGRESS);
	assert_true(loop_until(answered, &bench, PATIENCE_MS));
	assert_int_equal(bench.answers.last.result, RESULT_OK);
	assert_int_equal(consents_shown(&bench), 0);
	order(&bench, 3);
	assert_int_equal(consents_shown(&bench), 1);
	bench_stop(&bench);
	assert_int_equal(query(&bench, "SELECT count(*) FROM consent WHERE epoch = 0"), 2);
	assert_int_equal(query(&bench, "SELECT epoch FROM consent WHERE sequence = 3"), 1);
	assert_sound(&bench);
	bench_close(&bench);
}

/* Another key is current now, and the seals of the former one still hold. */
static void A68_key__added__seals_of_both_hold(void **state)
{
	char id[KEY_ID_SIZE];
	struct bench bench;

	bench_open(&bench);
	orders(&bench, 1, 2);
	bench_stop(&bench);
	assert_int_equal(keys_rotate(bench.key, id), 0);
	bench_start(&bench);
	order(&bench, 3);
	bench_stop(&bench);
	assert_int_equal(query(&bench, "SELECT count(DISTINCT key) FROM consent"), 2);
	assert_sound(&bench);
	assert_false(alarm_state(bench.alarms, ALARM_CONSENT_CHAIN)->raised);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(A68_consents__of_two_subscribers__a_chain_each),
		cmocka_unit_test(A68_consent__changed_by_a_statement__refused),
		cmocka_unit_test(A68_chain__sealed_with_another_key__found),
		cmocka_unit_test(A69_check__each_kind_of_damage__distinguished),
		cmocka_unit_test(A69_check__head_set_back_with_the_chain__found_by_anchors),
		cmocka_unit_test(A69_check__chain_rewritten_with_the_key__contradicts_its_anchors),
		cmocka_unit_test(A69_check__rows_that_change_or_cannot_be_read__reported_in_either_store),
		cmocka_unit_test(A68_anchors__store_in_memory__written_and_sound_across_retention),
		cmocka_unit_test(A69_check__anchors_changed_left_out_or_cut_off__distinguished),
		cmocka_unit_test(A68_anchors__started_again__each_line_once_and_mode_0600),
		cmocka_unit_test(A68_anchors__killed_at_any_moment__complete_after_the_next_start),
		cmocka_unit_test(A68_anchors__folder_missing__alarm_and_all_written_later),
		cmocka_unit_test(A68_anchors__disk_full_within_a_line__alarm_and_no_anchor_lost),
		cmocka_unit_test(A68_start__chain_rewritten_cut_or_anchors_gone__alarm),
		cmocka_unit_test(A68_retention__consents_old_enough__deleted_and_the_chain_continues),
		cmocka_unit_test(A68_consents__number_has_another_owner__retained_and_not_shown),
		cmocka_unit_test(A68_key__added__seals_of_both_hold),
	};

	rate_ctr_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
