/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The SQLite store when things go wrong: kill -9, a stalled, full or broken disk, locks, wrong files. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/utils.h>

#include "store/sqlite/connection.h"
#include "store/sqlite/consent_version_3.h"
#include "store/sql/references.h"
#include "store/sqlite/schema.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"
#include "tests/support/loop.h"

#define MANY 1000000
#define STREAM_OPEN 50

struct bench {
	char file[DATABASE_NAME_SIZE];
	struct accounts *accounts;
	struct answers answers;
};

static int bench_try(struct bench *bench, unsigned int deadline_ms)
{
	const struct accounts_settings settings = {
		.store = "sqlite", .file = bench->file, .deadline_ms = deadline_ms, .password_tries = MANY,
		.requests_max = 256,
	};

	return accounts_new(NULL, &settings, answers_take, &bench->accounts);
}

static void bench_open(struct bench *bench, unsigned int deadline_ms)
{
	memset(bench, 0, sizeof(*bench));
	database_fixture(bench->file);
	assert_int_equal(bench_try(bench, deadline_ms), 0);
}

static void bench_close(struct bench *bench)
{
	accounts_free(bench->accounts);
	database_unlink(bench->file);
}

static enum result ask(struct bench *bench, enum request_kind kind, uint64_t ref)
{
	struct request request = fixture_request(kind, ALICE, ref);

	if (kind == REQUEST_LANGUAGE_SET)
		fixture_arg(&request, FIELD_LANGUAGE, "ar");
	fixture_ask(bench->accounts, &request, &bench->answers);
	return bench->answers.last.result;
}

/* ---- F18: kill -9 ---- */

/* The child reports each acknowledged reference through a pipe. */
struct stream {
	struct bench bench;
	int pipe;
	unsigned int open;
	uint64_t next;
};

static void stream_done(void *user, uint64_t id, const struct response *response)
{
	struct stream *stream = user;
	const int64_t ref = MANY - response->password.left;

	stream->open--;
	if (response->result != RESULT_OK || write(stream->pipe, &ref, sizeof(ref)) != sizeof(ref))
		_exit(1);
}

/* Password attempts: their count shows whether one was counted twice or not at all. */
static void stream_run(struct stream *stream)
{
	struct response response;
	uint64_t id;

	if (bench_try(&stream->bench, 5000) < 0)
		_exit(1);
	for (;;) {
		while (stream->open < STREAM_OPEN) {
			struct request request = fixture_request(REQUEST_PASSWORD_ATTEMPT, ALICE, ++stream->next);

			stream->open++;
			accounts_ask(stream->bench.accounts, &request, stream_done, stream, &response, &id);
		}
		osmo_select_main_ctx(0);
	}
}

static pid_t stream_start(struct stream *stream, int *from)
{
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child) {
		stream->pipe = ends[1];
		stream_run(stream);
	}
	close(ends[1]);
	*from = ends[0];
	return child;
}

/* Counts acknowledged changes until there are \a enough, or the child has ended. */
static int64_t stream_acknowledged(int from, int64_t enough)
{
	int64_t count = 0;
	int64_t ref;

	while (count < enough && read(from, &ref, sizeof(ref)) == sizeof(ref))
		count++;
	return count;
}

static void F18_changes__killed_in_the_middle__each_acknowledged_one_once(void **state)
{
	struct stream stream = { 0 };
	int64_t acknowledged;
	int64_t before;
	pid_t child;
	int from;

	database_fixture(stream.bench.file);
	child = stream_start(&stream, &from);
	acknowledged = stream_acknowledged(from, 1000);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(acknowledged, 1000);
	acknowledged += stream_acknowledged(from, INT64_MAX);
	close(from);
	before = database_number(stream.bench.file, "SELECT tries FROM password WHERE msisdn = " ALICE);
	assert_true(before >= acknowledged);
	assert_true(before <= acknowledged + STREAM_OPEN);
	assert_int_equal(bench_try(&stream.bench, 5000), 0);
	assert_int_equal(ask(&stream.bench, REQUEST_PASSWORD_ATTEMPT, 1), RESULT_OK);
	assert_int_equal(stream.bench.answers.last.password.left, MANY - before - 1);
	bench_close(&stream.bench);
}

static void change__accepted_before_the_end__durable(void **state)
{
	struct bench bench;
	struct response response;
	uint64_t id;

	bench_open(&bench, 5000);
	for (uint64_t ref = 1; ref <= 20; ref++) {
		struct request request = fixture_request(REQUEST_PASSWORD_ATTEMPT, ALICE, ref);

		accounts_ask(bench.accounts, &request, answers_take, &bench.answers, &response, &id);
	}
	accounts_free(bench.accounts);
	assert_int_equal(bench.answers.count, 0);
	assert_int_equal(database_number(bench.file, "SELECT tries FROM password WHERE msisdn = " ALICE), 20);
	database_unlink(bench.file);
}

/* Activates and deactivates in turn, each with a consent. */
static struct request order_request(uint64_t ref)
{
	struct request request = fixture_request(ref % 2 ? REQUEST_SERVICE_ACTIVATE : REQUEST_SERVICE_DEACTIVATE, ALICE, ref);

	fixture_arg(&request, FIELD_SERVICE, "WEATHER");
	fixture_arg(&request, ARG_SHOWN, "Sure?");
	fixture_arg(&request, ARG_ANSWERED, "1");
	return request;
}

static enum result order(struct bench *bench, uint64_t ref)
{
	const struct request request = order_request(ref);

	fixture_ask(bench->accounts, &request, &bench->answers);
	return bench->answers.last.result;
}

/* Orders without waiting for an answer, until it is killed. */
static pid_t orders_start(struct bench *bench, int *from)
{
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child) {
		if (bench_try(bench, 5000) < 0)
			_exit(1);
		for (uint64_t ref = 1;; ref++) {
			if (order(bench, ref) != RESULT_OK || write(ends[1], "x", 1) != 1)
				_exit(1);
		}
	}
	close(ends[1]);
	*from = ends[0];
	return child;
}

static void F18_orders__killed_between_order_and_answer__order_notification_and_consent_or_nothing(void **state)
{
	struct bench bench = { 0 };
	int64_t orders;
	char byte;
	pid_t child;
	int from;

	database_fixture(bench.file);
	child = orders_start(&bench, &from);
	for (unsigned int i = 0; i < 50; i++)
		assert_int_equal(read(from, &byte, 1), 1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(from);
	orders = database_number(bench.file, "SELECT count(*) FROM orders");
	assert_true(orders >= 50);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM notification"), orders);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM replay"), orders);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM subscription WHERE service = 'WEATHER'"), orders % 2);
	assert_int_equal(bench_try(&bench, 5000), 0);
	assert_int_equal(order(&bench, (uint64_t)orders), RESULT_OK);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM orders"), orders);
	assert_int_equal(order(&bench, (uint64_t)orders + 1), RESULT_OK);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM consent"), orders + 1);
	bench_close(&bench);
}

/* ---- F16: a stalled disk ---- */

static atomic_bool stalled;
static pthread_t loop_thread;

static ssize_t stalling_pread(int fd, void *out, size_t size, off_t offset)
{
	while (stalled && !pthread_equal(pthread_self(), loop_thread))
		usleep(1000);
	return pread(fd, out, size, offset);
}

static void disk_stall(bool stall)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	sqlite3_syscall_ptr call = stall ? (sqlite3_syscall_ptr)stalling_pread : NULL;

	loop_thread = pthread_self();
	stalled = stall;
	vfs->xSetSystemCall(vfs, "pread", call);
	vfs->xSetSystemCall(vfs, "pread64", call);
}

static bool answered(void *user)
{
	return ((struct bench *)user)->answers.count;
}

static void F16_read__disk_stalls__others_continue_and_the_deadline_answers(void **state)
{
	struct bench bench;
	struct request request = fixture_request(REQUEST_BILLS, ALICE, 0);
	uint64_t id;

	bench_open(&bench, 100);
	assert_int_equal(ask(&bench, REQUEST_PROFILE, 0), RESULT_OK);
	disk_stall(true);
	disk_would_block = true;
	assert_int_equal(accounts_submit(bench.accounts, &request, &bench.answers, &bench.answers.last, &id), -EINPROGRESS);
	disk_would_block = false;
	bench.answers.count = 0;
	assert_int_equal(ask(&bench, REQUEST_PROFILE, 0), RESULT_OK);
	assert_int_equal(ask(&bench, REQUEST_POINTS, 0), RESULT_OK);
	bench.answers.count = 0;
	assert_true(loop_until(answered, &bench, 5000));
	assert_int_equal(bench.answers.last.result, RESULT_UNAVAILABLE);
	assert_int_equal(accounts_counts(bench.accounts)->expired, 1);
	stalled = false;
	loop_for(50);
	assert_int_equal(accounts_counts(bench.accounts)->dropped, 1);
	disk_stall(false);
	assert_int_equal(ask(&bench, REQUEST_BILLS, 0), RESULT_OK);
	bench_close(&bench);
}

/* ---- F16: locks, full and broken disks ---- */

/* Another process that begins a change on request, and holds it open until it is killed. */
struct locker {
	pid_t child;
	int socket;
};

/* Before the store has threads: a mutex that one of them holds during fork() would stay locked in the child. */
static void locker_prepare(struct locker *locker, const char *file)
{
	int ends[2];
	sqlite3 *db;
	char byte;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	locker->child = fork();
	if (!locker->child) {
		if (read(ends[1], &byte, 1) != 1 || sqlite3_open(file, &db) != SQLITE_OK ||
		    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK || write(ends[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	close(ends[1]);
	locker->socket = ends[0];
}

static void locker_lock(struct locker *locker)
{
	char byte;

	assert_int_equal(write(locker->socket, "x", 1), 1);
	assert_int_equal(read(locker->socket, &byte, 1), 1);
}

static void locker_kill(struct locker *locker)
{
	kill(locker->child, SIGKILL);
	waitpid(locker->child, NULL, 0);
	close(locker->socket);
}

static void F16_change__another_process_holds_the_lock__unavailable_and_reads_continue(void **state)
{
	struct locker locker;
	struct bench bench;

	memset(&bench, 0, sizeof(bench));
	database_fixture(bench.file);
	locker_prepare(&locker, bench.file);
	assert_int_equal(bench_try(&bench, 8000), 0);
	locker_lock(&locker);
	assert_int_equal(ask(&bench, REQUEST_LANGUAGE_SET, 1), RESULT_UNAVAILABLE);
	assert_int_equal(ask(&bench, REQUEST_PROFILE, 0), RESULT_OK);
	assert_string_equal(fixture_text(&bench.answers.last.facts, FIELD_LANGUAGE), "en");
	locker_kill(&locker);
	assert_int_equal(ask(&bench, REQUEST_LANGUAGE_SET, 1), RESULT_OK);
	bench_close(&bench);
}

static void disk_full(bool full)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = full ? 4096 : limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}

static void F16_change__disk_full__unavailable_and_reads_continue(void **state)
{
	struct bench bench;

	bench_open(&bench, 5000);
	disk_full(true);
	assert_int_equal(ask(&bench, REQUEST_LANGUAGE_SET, 1), RESULT_UNAVAILABLE);
	assert_int_equal(ask(&bench, REQUEST_PROFILE, 0), RESULT_OK);
	assert_string_equal(fixture_text(&bench.answers.last.facts, FIELD_LANGUAGE), "en");
	disk_full(false);
	assert_int_equal(ask(&bench, REQUEST_LANGUAGE_SET, 1), RESULT_OK);
	assert_int_equal(ask(&bench, REQUEST_PROFILE, 0), RESULT_OK);
	assert_string_equal(fixture_text(&bench.answers.last.facts, FIELD_LANGUAGE), "ar");
	bench_close(&bench);
}

static void F16_order__disk_full__nothing_stored_and_the_same_reference_works_later(void **state)
{
	struct bench bench;

	bench_open(&bench, 5000);
	disk_full(true);
	assert_int_equal(order(&bench, 1), RESULT_UNAVAILABLE);
	assert_int_equal(ask(&bench, REQUEST_ORDERS_MINE, 0), RESULT_OK);
	assert_int_equal(bench.answers.last.rows.count, 0);
	disk_full(false);
	assert_int_equal(order(&bench, 1), RESULT_OK);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM consent"), 1);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM notification"), 1);
	bench_close(&bench);
}

static ssize_t refusing_pwrite(int fd, const void *octets, size_t size, off_t offset)
{
	errno = EROFS;
	return -1;
}

/* As on a disk that was remounted read-only after an error. */
static void disk_read_only(bool read_only)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	sqlite3_syscall_ptr call = read_only ? (sqlite3_syscall_ptr)refusing_pwrite : NULL;

	vfs->xSetSystemCall(vfs, "pwrite", call);
	vfs->xSetSystemCall(vfs, "pwrite64", call);
}

static void F16_order__disk_read_only__unavailable_and_reads_continue(void **state)
{
	struct bench bench;

	bench_open(&bench, 5000);
	disk_read_only(true);
	assert_int_equal(order(&bench, 1), RESULT_UNAVAILABLE);
	assert_int_equal(ask(&bench, REQUEST_PROFILE, 0), RESULT_OK);
	assert_string_equal(fixture_text(&bench.answers.last.facts, FIELD_SERVICES), "CRBT NEWS");
	disk_read_only(false);
	assert_int_equal(order(&bench, 1), RESULT_OK);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM orders"), 1);
	bench_close(&bench);
}

static void scribble(const char *file, off_t from)
{
	char rubbish[4096];
	struct stat stat_before;
	int fd = open(file, O_WRONLY);

	memset(rubbish, 0xa5, sizeof(rubbish));
	assert_int_equal(fstat(fd, &stat_before), 0);
	for (off_t at = from; at < stat_before.st_size; at += (off_t)sizeof(rubbish))
		assert_int_equal(pwrite(fd, rubbish, sizeof(rubbish), at), sizeof(rubbish));
	close(fd);
}

static void F16_request__pages_corrupted__unavailable(void **state)
{
	struct bench bench;

	memset(&bench, 0, sizeof(bench));
	database_fixture(bench.file);
	assert_int_equal(bench_try(&bench, 5000), 0);
	scribble(bench.file, 4096);
	assert_int_equal(ask(&bench, REQUEST_PROFILE, 0), RESULT_UNAVAILABLE);
	assert_int_equal(ask(&bench, REQUEST_LANGUAGE_SET, 1), RESULT_UNAVAILABLE);
	assert_int_equal(ask(&bench, REQUEST_BILLS, 0), RESULT_UNAVAILABLE);
	bench_close(&bench);
}

static void new__file_missing_empty_foreign_or_of_another_version__fails(void **state)
{
	struct bench bench;

	memset(&bench, 0, sizeof(bench));
	database_fixture(bench.file);
	database_number(bench.file, "PRAGMA user_version = 99");
	assert_int_equal(bench_try(&bench, 100), -EPROTO);
	database_number(bench.file, "PRAGMA user_version = 0");
	assert_int_equal(bench_try(&bench, 100), -ENODATA);
	scribble(bench.file, 0);
	assert_int_equal(bench_try(&bench, 100), -EBADMSG);
	assert_int_equal(truncate(bench.file, 0), 0);
	assert_int_equal(bench_try(&bench, 100), -ENODATA);
	unlink(bench.file);
	assert_int_equal(bench_try(&bench, 100), -ENOENT);
	database_unlink(bench.file);
}

/* ---- conversations ---- */

static void keep(struct bench *bench, const char *msisdn, const char *number, int64_t until)
{
	const struct request request = fixture_keep(msisdn, number, "where it waits", until, NULL);

	accounts_post(bench->accounts, &request);
}

static void conversation__posted_and_closed__durable_without_a_trace(void **state)
{
	struct bench bench;

	bench_open(&bench, 5000);
	keep(&bench, ALICE, "10086", INT64_C(4102444800));
	accounts_free(bench.accounts);
	assert_int_equal(bench.answers.count, 0);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM conversation"), 1);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM replay"), 0);
	database_unlink(bench.file);
}

static void housekeep__expired_conversations__deleted_piece_by_piece(void **state)
{
	struct bench bench;

	bench_open(&bench, 5000);
	for (unsigned int i = 0; i < 100; i++) {
		char number[8];

		snprintf(number, sizeof(number), "%u", i);
		keep(&bench, BOB, number, FIXTURE_NOW - i);
	}
	keep(&bench, BOB, "waits", FIXTURE_NOW + 1);
	assert_int_equal(ask(&bench, REQUEST_HOUSEKEEP, 0), RESULT_OK);
	assert_true(bench.answers.last.more);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM conversation"), 37);
	assert_int_equal(ask(&bench, REQUEST_HOUSEKEEP, 0), RESULT_OK);
	assert_false(bench.answers.last.more);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM conversation"), 1);
	bench_close(&bench);
}

static void F26_conversations__more_than_the_disk_can_write__changes_go_first(void **state)
{
	struct locker locker;
	struct bench bench;

	memset(&bench, 0, sizeof(bench));
	database_fixture(bench.file);
	locker_prepare(&locker, bench.file);
	assert_int_equal(bench_try(&bench, 8000), 0);
	locker_lock(&locker);
	for (unsigned int i = 0; i < 20000; i++)
		keep(&bench, ALICE, "10086", INT64_C(4102444800));
	locker_kill(&locker);
	assert_int_equal(ask(&bench, REQUEST_LANGUAGE_SET, 1), RESULT_OK);
	bench_close(&bench);
}

/* A hash of the number decides whether a read waits for pending changes: it must not wait for those of others. */
static void read__beside_pending_changes_of_others__at_once(void **state)
{
	struct bench bench;
	unsigned int later = 0;

	bench_open(&bench, 5000);
	ask(&bench, REQUEST_PROFILE, 0);
	for (unsigned int i = 0; i < 200; i++) {
		char msisdn[MSISDN_SIZE];

		snprintf(msisdn, sizeof(msisdn), "138%08u", i);
		keep(&bench, msisdn, "10086", INT64_C(4102444800));
	}
	for (unsigned int i = 0; i < 200; i++) {
		char msisdn[MSISDN_SIZE];
		struct request request;
		struct response response;
		uint64_t id;

		snprintf(msisdn, sizeof(msisdn), "139%08u", i);
		request = fixture_request(REQUEST_PROFILE, msisdn, 0);
		later += accounts_ask(bench.accounts, &request, answers_take, &bench.answers, &response, &id) == -EINPROGRESS;
	}
	assert_in_range(later, 0, 10);
	bench_close(&bench);
}

/* ---- older versions ---- */

static void run_script(const char *file, const char *script)
{
	char sql[16384];
	size_t len;
	sqlite3 *db;
	FILE *in = fopen(script, "r");

	assert_non_null(in);
	len = fread(sql, 1, sizeof(sql) - 1, in);
	fclose(in);
	sql[len] = '\0';
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", script, sqlite3_errmsg(db));
	sqlite3_close(db);
}

/* A database of version 3. */
static void bench_old(struct bench *bench)
{
	memset(bench, 0, sizeof(*bench));
	database_fixture(bench->file);
	assert_int_equal(truncate(bench->file, 0), 0);
	run_script(bench->file, FIXTURES "/store/version_3.sql");
}

/* A17: an IMSI of 14 digits, whose key was that of one with 15 digits and a leading zero. */
static void add_short_imsi(struct bench *bench)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(bench->file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO sim VALUES (20404123456789, " ALICE ")", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void assert_imsi(struct bench *bench, const char *imsi, enum result result)
{
	struct request request = { .kind = REQUEST_PROFILE };

	strcpy(request.subscriber.imsi, imsi);
	fixture_ask(bench->accounts, &request, &bench->answers);
	assert_int_equal(bench->answers.last.result, result);
}

static void assert_brought_up(struct bench *bench)
{
	assert_int_equal(database_number(bench->file, "PRAGMA user_version"), SCHEMA_VERSION);
	assert_int_equal(ask(bench, REQUEST_PROFILE, 0), RESULT_OK);
	assert_string_equal(fixture_text(&bench->answers.last.facts, FIELD_SERVICES), "CRBT NEWS");
	assert_int_equal(record_number(&bench->answers.last.facts, FIELD_BILLS_AS_OF, 0), 1788220800);
	assert_int_equal(ask(bench, REQUEST_SERVICES_MINE, 0), RESULT_OK);
	assert_int_equal(bench->answers.last.rows.count, 2);
	/* A3: the older version did not record whose change it was */
	assert_int_equal(ask(bench, REQUEST_LANGUAGE_SET, 77), RESULT_ALIEN);
	assert_int_equal(database_number(bench->file, "SELECT language = 'en' FROM subscriber WHERE msisdn = " ALICE), 1);
	assert_int_equal(ask(bench, REQUEST_LINE_SUSPEND, 78), RESULT_OK);
	assert_int_equal(database_number(bench->file, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

static void new__tables_of_version_3__upgraded_and_accounts_preserved(void **state)
{
	struct bench bench;

	bench_old(&bench);
	add_short_imsi(&bench);
	assert_int_equal(bench_try(&bench, 5000), 0);
	assert_brought_up(&bench);
	assert_imsi(&bench, "20404123456789", RESULT_OK);
	assert_imsi(&bench, "020404123456789", RESULT_NOT_FOUND);
	assert_imsi(&bench, ALICE_IMSI, RESULT_OK);
	keep(&bench, ALICE, "10086", INT64_C(4102444800));
	accounts_free(bench.accounts);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM conversation"), 1);
	/* S18: wishes to have data deleted are closed tickets */
	assert_int_equal(database_number(bench.file, "SELECT sum(number) FROM ticket WHERE kind = 'deletion' AND state = 'closed'"
					 " AND opened >= 1795068000 AND closed >= opened AND entries = 1"), 2 * 26111900 + 3);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM ticket_entry WHERE event = 'written'"), 2);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM orders WHERE kind = 'data delete'"), 0);
	database_unlink(bench.file);
}

/* Columns in any order, indexes, triggers. */
#define SCHEMA_OF(schema) \
	"SELECT * FROM (SELECT m.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk FROM " schema ".sqlite_master m" \
	" JOIN pragma_table_info(m.name, '" \
	schema "') c WHERE m.type = 'table' UNION ALL SELECT name, tbl_name, NULL, NULL, NULL, NULL FROM " schema ".sqlite_master" \
	" WHERE type <> 'table')"

static int print_difference(void *user, int count, char **values, char **names)
{
	print_error("%s: %s\n", values[0], values[1]);
	return 1;
}

static void new__tables_of_version_3__same_as_of_a_new_file(void **state)
{
	char fresh[DATABASE_NAME_SIZE], attach[DATABASE_NAME_SIZE + 20];
	struct bench bench;
	sqlite3 *db;

	bench_old(&bench);
	assert_int_equal(bench_try(&bench, 5000), 0);
	accounts_free(bench.accounts);
	snprintf(attach, sizeof(attach), "ATTACH '%s' AS fresh", database_fixture(fresh));
	assert_int_equal(sqlite3_open(bench.file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, attach, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, SCHEMA_OF("main") " EXCEPT " SCHEMA_OF("fresh"), print_difference, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, SCHEMA_OF("fresh") " EXCEPT " SCHEMA_OF("main"), print_difference, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	database_unlink(fresh);
	database_unlink(bench.file);
}

/* Such a version was never released. */
static void new__tables_of_an_unreleased_version__refused(void **state)
{
	struct bench bench;

	bench_old(&bench);
	database_number(bench.file, "PRAGMA user_version = 5");
	assert_int_equal(bench_try(&bench, 5000), -EPROTO);
	assert_int_equal(database_number(bench.file, "PRAGMA user_version"), 5);
	database_unlink(bench.file);
}

static void ledger_of(const char *file, uint64_t *rows, int64_t *broken)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(ledger_check(db, rows, broken), SQLITE_OK);
	sqlite3_close(db);
}

/* A68: consents of version 3 are checked by their own rule, and never rewritten. */
static void O1_consents__of_version_3_changed_left_out_inserted_or_truncated__found(void **state)
{
	static const struct {
		const char *sql;
		int64_t broken;
	} table[] = {
		{ "SELECT 1", 0 },
		{ "UPDATE ledger SET answered = '2' WHERE id = 3", 3 },
		{ "UPDATE ledger SET answered = '1', shown = 'Sure?2' WHERE id = 3", 3 },
		{ "UPDATE ledger SET time = time + 1 WHERE id = 1", 1 },
		{ "UPDATE ledger SET hash = zeroblob(32) WHERE id = 4", 4 },
		{ "UPDATE ledger SET hash = x'00' WHERE id = 6", 6 },
		{ "DELETE FROM ledger WHERE id = 4", 4 },
		{ "DELETE FROM ledger WHERE id = 1", 2 },
		{ "DELETE FROM ledger WHERE id = 6", 6 },
		{ "DELETE FROM ledger", 1 },
		{ "UPDATE ledger SET id = 9 WHERE id = 6", 6 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct bench bench;
		uint64_t rows;
		int64_t broken;

		bench_old(&bench);
		assert_int_equal(bench_try(&bench, 5000), 0);
		assert_int_equal(order(&bench, 7), RESULT_OK);
		database_number(bench.file, "UPDATE ledger SET answered = '2' WHERE id = 3");
		database_number(bench.file, "INSERT INTO ledger SELECT 7, time, msisdn, ref, kind, service, channel, shown, answered,"
				" hash FROM ledger WHERE id = 6");
		ledger_of(bench.file, &rows, &broken);
		assert_int_equal(broken, 0);	/* the triggers refused both */
		assert_int_equal(rows, 6);
		assert_int_equal(database_number(bench.file, "SELECT count(*) FROM consent"), 1);
		database_number(bench.file, "DROP TRIGGER ledger_stays");
		database_number(bench.file, table[i].sql);
		ledger_of(bench.file, &rows, &broken);
		assert_int_equal(broken, table[i].broken);
		bench_close(&bench);
	}
}

static struct request cancel_request(const char *msisdn, const char *service)
{
	struct request request = fixture_request(REQUEST_SERVICE_DEACTIVATE, msisdn, 500);

	fixture_arg(&request, FIELD_SERVICE, service);
	return request;
}

/* A3, A4: left by version 3: the answer to an order, whose subscriber the order names, the answer to another change, and the end of a
 * trial under a negative number that billing has not answered. */
static void A3_A4_new__tables_of_version_3__answers_and_ends_of_trials_continue(void **state)
{
	const struct request alices = cancel_request(ALICE, "NOSUCH"), bobs = cancel_request(BOB, "NOSUCH");
	struct request end = fixture_request(REQUEST_ORDER_END, "", 0);
	struct bench bench;

	bench_old(&bench);
	database_number(bench.file, "INSERT INTO orders (id, ref, msisdn, kind, service, effective, state, taken, due)"
			" VALUES (1, 500, " ALICE ", 'service cancel', 'CRBT', 20261120, 'done', 1795161600, 0)");
	database_number(bench.file, "INSERT INTO orders (id, ref, msisdn, kind, service, effective, state, taken, due)"
			" VALUES (2, -2, " ALICE ", 'service cancel', 'NEWS', 20261120, 'taken', 1795161600, 0)");
	database_number(bench.file, "INSERT INTO change (ref, kind, result, facts, time)"
			" VALUES (500, 'service cancel', 'ok', x'', 1795161600)");
	database_number(bench.file, "INSERT INTO change (ref, kind, result, facts, time)"
			" VALUES (501, 'language set', 'ok', x'', 1795161600)");
	database_number(bench.file, "UPDATE subscription SET state = 'closing', trial_until = 20261119 WHERE service = 'NEWS'");
	assert_int_equal(bench_try(&bench, 5000), 0);
	fixture_ask(bench.accounts, &alices, &bench.answers);
	assert_int_equal(bench.answers.last.result, RESULT_OK);
	fixture_ask(bench.accounts, &bobs, &bench.answers);
	assert_int_equal(bench.answers.last.result, RESULT_ALIEN);
	assert_int_equal(ask(&bench, REQUEST_LANGUAGE_SET, 501), RESULT_ALIEN);
	fixture_claim(bench.accounts, QUEUE_ORDERS, &bench.answers);
	assert_int_equal(bench.answers.last.orders_count, 1);
	assert_int_equal((int64_t)bench.answers.last.orders[0].ref, -2);
	end.id = 2;
	end.outcome.end = END_REFUSED;
	fixture_ask(bench.accounts, &end, &bench.answers);
	assert_int_equal(bench.answers.last.result, RESULT_OK);
	assert_int_equal(database_number(bench.file, "SELECT trial_until IS NULL AND state = 'active' FROM subscription"
					 " WHERE service = 'NEWS'"), 1);
	bench_close(&bench);
}

/* Besides FIELD_*, the ids of record entries in the database are the same in all versions. */
static void F18_new__records_of_version_3__read_as_they_were_written(void **state)
{
	const struct request again = cancel_request(ALICE, "NOSUCH");
	struct due_notification notification;
	struct bench bench;

	bench_old(&bench);
	/* of an order with a known subscriber: services = "CRBT", 1009 = 42, 1014 = 43 */
	database_number(bench.file, "INSERT INTO orders (id, ref, msisdn, kind, service, effective, state, taken, due)"
			" VALUES (42, 500, " ALICE ", 'service cancel', 'NOSUCH', 20261120, 'done', 1795161600, 0)");
	database_number(bench.file, "INSERT INTO change (ref, kind, result, facts, time) VALUES (500, 'service cancel', 'taken',"
			" x'0600048043524254f10308002a00000000000000f60308002b00000000000000', 1795161600)");
	/* 1004 = "10086", 1018 = "late"; then 1004 = "10086", 1024 = "sms", 1023 = "yes", 1006 = 99 */
	database_number(bench.file, "INSERT INTO notice (id, msisdn, kind, facts, due, expires) VALUES (1, " ALICE ", 'unanswered',"
			" x'ec0305803130303836fa0304806c617465', 1795161599, 1795161700)");
	database_number(bench.file, "INSERT INTO notice (id, msisdn, kind, facts, due, expires) VALUES (2, " ALICE ", 'text',"
			" x'ec030580313030383600040380736d73ff030380796573ee0308006300000000000000',"
			" 1795161600, 1795161700)");
	/* of an order: kind = "service_keep", service = "NEWS", reason = "not-open"; which have other names now */
	database_number(bench.file, "INSERT INTO notice (id, msisdn, kind, facts, due, expires) VALUES (3, " ALICE ", 'order_done',"
			" x'27000c80736572766963655f6b656570150004804e455753140008806e6f742d6f70656e', 1795161600, 1795161700)");
	database_number(bench.file, "INSERT INTO notice (id, msisdn, kind, facts, due, expires) VALUES (4, " ALICE ", 'order_done',"
			" x'27000c80736572766963655f6b', 1795161602, 1795161700)");	/* damaged: stays as it is */
	assert_int_equal(bench_try(&bench, 5000), 0);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM notification"
					" WHERE id = 4 AND facts = x'27000c80736572766963655f6b'"), 1);
	database_number(bench.file, "DELETE FROM notification WHERE id = 4");
	fixture_ask(bench.accounts, &again, &bench.answers);
	assert_int_equal(bench.answers.last.result, RESULT_ACCEPTED);
	assert_string_equal(fixture_text(&bench.answers.last.facts, FIELD_SERVICES), "CRBT");
	assert_int_equal(bench.answers.last.facts.len, 6);
	assert_int_equal(bench.answers.last.order, 42);
	assert_int_equal(bench.answers.last.notification, 43);
	fixture_claim(bench.accounts, QUEUE_NOTIFICATIONS, &bench.answers);
	assert_true(response_notification(&bench.answers.last, 1, &notification));
	assert_string_equal(notification.message.short_code, "10086");
	assert_int_equal(notification.message.len, 4);
	assert_memory_equal(notification.message.text, "late", 4);
	assert_string_equal(notification.message.channel, "");
	assert_true(response_notification(&bench.answers.last, 0, &notification));
	assert_string_equal(notification.message.short_code, "10086");
	assert_string_equal(notification.message.channel, "sms");
	assert_int_equal(notification.message.len, 3);
	assert_memory_equal(notification.message.text, "yes", 3);
	assert_int_equal(notification.message.until, 99);
	assert_true(response_notification(&bench.answers.last, 2, &notification));
	assert_string_equal(notification.kind, "order_completed");
	assert_string_equal(fixture_text(&notification.facts, FIELD_KIND), "trial_accept");
	assert_string_equal(fixture_text(&notification.facts, FIELD_SERVICE), "NEWS");
	assert_string_equal(fixture_text(&notification.facts, FIELD_REASON), "not-active");
	bench_close(&bench);
}

/* S7: the agreed terms of an order in flight are in its subscription; a dead order has the catalogue's. */
static void S7_new__orders_of_version_3__retain_their_trials(void **state)
{
	struct bench bench;

	bench_old(&bench);
	database_number(bench.file, "UPDATE service SET trial_days = 7 WHERE service = 'NEWS'");
	database_number(bench.file, "INSERT INTO orders (id, ref, msisdn, kind, service, effective, state, taken, due) VALUES"
			  " (1, 501, " BOB ", 'service open', 'NEWS', 20261228, 'dead', 1795161600, 0),"
			  " (2, 502, " ALICE ", 'service open', 'NEWS', 20261120, 'taken', 1795161600, 0),"
			  " (3, 503, " BOB ", 'service open', 'CRBT', 20261120, 'dead', 1795161600, 0),"
			  " (4, 504, " BOB ", 'service open', 'NEWS', 20261120, 'done', 1795161600, 0)");
	database_number(bench.file, "UPDATE subscription SET state = 'opening', trial_until = 20261123"
			" WHERE service = 'NEWS' AND msisdn = " ALICE);
	assert_int_equal(bench_try(&bench, 5000), 0);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM orders WHERE kind = 'service activate' AND accepted = 1795161600"
					 " AND state = CASE id WHEN 2 THEN 'accepted' WHEN 4 THEN 'completed' ELSE 'dead' END"), 4);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM subscription WHERE state = 'activating' AND service = 'NEWS'"),
			 1);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM subscription WHERE state = 'active' AND service = 'CRBT'"), 1);
	assert_int_equal(database_number(bench.file, "SELECT trial_until FROM orders WHERE id = 1"), 20270103);
	assert_int_equal(database_number(bench.file, "SELECT trial_until FROM orders WHERE id = 2"), 20261123);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM orders WHERE trial_until IS NULL"), 2);
	bench_close(&bench);
}

/* Subscriptions due under version 3 are handled when they are due, whatever their indexes were called after a snapshot. */
static void S7_new__tables_of_version_3__trials_and_ends_continue(void **state)
{
	const struct request keeps = { .kind = REQUEST_HOUSEKEEP, .ref = 1000, .now = FIXTURE_NOW };
	struct bench bench;

	bench_old(&bench);
	database_number(bench.file, "CREATE VIEW of_the_operator AS SELECT state, since FROM subscription");
	database_number(bench.file, "DROP INDEX subscription_trial");
	database_number(bench.file, "CREATE INDEX subscription_trial_next ON subscription (trial_until) WHERE state = 'trial'");
	database_number(bench.file, "UPDATE subscription SET state = 'trial', trial_until = 20261119 WHERE service = 'NEWS'");
	database_number(bench.file, "UPDATE subscription SET state = 'closing', until = 20261119 WHERE service = 'CRBT'");
	assert_int_equal(bench_try(&bench, 5000), 0);
	fixture_ask(bench.accounts, &keeps, &bench.answers);
	assert_int_equal(bench.answers.last.result, RESULT_OK);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM subscription"), 0);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM orders"
					" WHERE own AND kind = 'service deactivate' AND service = 'NEWS'"), 1);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND"
					 " tbl_name = 'subscription' AND sql IS NOT NULL"), 1);
	bench_close(&bench);
}

/* S3: an order of version 3 replaces no service; a new one names the service that it replaces. */
static void S3_new__tables_of_version_3__orders_continue_and_changes_name_both(void **state)
{
	struct request change = fixture_request(REQUEST_SERVICE_CHANGE, ALICE, 900);
	struct bench bench;

	bench_old(&bench);
	database_number(bench.file, "INSERT INTO orders (id, ref, msisdn, kind, service, effective, state, taken, due)"
			" VALUES (1, 500, " ALICE ", 'service cancel', 'CRBT', 20261120, 'taken', 1795161600, 0)");
	assert_int_equal(bench_try(&bench, 5000), 0);
	fixture_claim(bench.accounts, QUEUE_ORDERS, &bench.answers);
	assert_int_equal(bench.answers.last.orders_count, 1);
	fixture_arg(&change, FIELD_SERVICE, "WEATHER");
	fixture_arg(&change, FIELD_INSTEAD, "NEWS");
	fixture_ask(bench.accounts, &change, &bench.answers);
	assert_int_equal(bench.answers.last.result, RESULT_OK);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM orders WHERE id = 1 AND instead IS NULL"), 1);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM orders WHERE kind = 'service change' AND service = 'WEATHER'"
					 " AND instead = 'NEWS'"), 1);
	bench_close(&bench);
}

/* S7: a trial of version 3 was free of charge and ends by itself, whatever the catalogue says now; a new one has its price. */
static void S7_new__tables_of_version_3__trials_are_free_and_new_ones_have_a_price(void **state)
{
	static const struct service weather = { .code = "WEATHER", .excludes = "", .price = 10, .period = "day", .trial_days = 7,
						.trial_price = 5,
						.trial_ends = TRIAL_ENDS_PAID };
	const struct catalogue catalogue = { .services = &weather, .count = 1 };
	struct request open = fixture_request(REQUEST_SERVICE_ACTIVATE, ALICE, 900);
	struct bench bench;

	bench_old(&bench);
	database_number(bench.file, "INSERT INTO orders (id, ref, msisdn, kind, service, effective, state, taken, due)"
			" VALUES (1, 500, " ALICE ", 'service open', 'CRBT', 20261120, 'taken', 1795161600, 0)");
	database_number(bench.file, "INSERT INTO import (file, digest, kind, state, began) VALUES ('all', x'', 'snapshot', 'running', 0)");
	assert_int_equal(bench_try(&bench, 5000), 0);
	assert_int_equal(database_number(bench.file, "SELECT sum(trial_price) FROM service"), 0);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM subscription WHERE trial_ends IS NOT NULL"), 0);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM import WHERE state = 'given up'"), 1);
	accounts_set_catalogue(bench.accounts, &catalogue);
	fixture_claim(bench.accounts, QUEUE_ORDERS, &bench.answers);
	assert_int_equal(bench.answers.last.orders_count, 1);
	fixture_arg(&open, FIELD_SERVICE, "WEATHER");
	fixture_ask(bench.accounts, &open, &bench.answers);
	assert_int_equal(bench.answers.last.result, RESULT_OK);
	assert_int_equal(database_number(bench.file, "SELECT trial_price IS NULL AND trial_ends IS NULL FROM orders WHERE id = 1"), 1);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM subscription"
					" WHERE service = 'WEATHER' AND trial_ends = 'paid'"), 1);
	assert_int_equal(database_number(bench.file, "SELECT trial_price FROM orders WHERE service = 'WEATHER'"), 5);
	assert_int_equal(database_number(bench.file, "SELECT trial_price FROM catalogue WHERE service = 'WEATHER'"), 5);
	bench_close(&bench);
}

static void S4_attempt__locked_by_an_older_version__stays_locked(void **state)
{
	struct bench bench;

	bench_old(&bench);
	database_number(bench.file, "UPDATE password SET tries = 1000000");
	assert_int_equal(bench_try(&bench, 5000), 0);
	assert_int_equal(ask(&bench, REQUEST_PASSWORD_ATTEMPT, 1), RESULT_LOCKED);
	assert_int_equal(ask(&bench, REQUEST_PASSWORD_ATTEMPT, 2), RESULT_LOCKED);
	assert_int_equal(database_number(bench.file, "SELECT count(*) FROM notification"), 1);
	bench_close(&bench);
}

static void new__invalid_settings__refused(void **state)
{
	static const struct accounts_settings table[] = {
		{ .password_delays = "60 x" }, { .password_delays = "0" }, { .password_delays = "-1" },
		{ .retention = "consents" },     { .retention = "consents 0" }, { .retention = "dust 7" },
		{ .password_delays = "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1" },
	};
	struct bench bench;

	memset(&bench, 0, sizeof(bench));
	database_fixture(bench.file);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct accounts_settings settings = table[i];

		settings.store = "sqlite";
		settings.file = bench.file;
		assert_int_equal(accounts_new(NULL, &settings, answers_take, &bench.accounts), -EINVAL);
	}
	database_unlink(bench.file);
}

static void F16_new__pragmas__read_back(void **state)
{
	struct bench bench;
	char line[512];

	bench_open(&bench, 5000);
	assert_int_equal(database_number(bench.file, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	accounts_describe(bench.accounts, line, sizeof(line));
	assert_non_null(strstr(line, bench.file));
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F18_changes__killed_in_the_middle__each_acknowledged_one_once),
		cmocka_unit_test(F18_orders__killed_between_order_and_answer__order_notification_and_consent_or_nothing),
		cmocka_unit_test(change__accepted_before_the_end__durable),
		cmocka_unit_test(F16_read__disk_stalls__others_continue_and_the_deadline_answers),
		cmocka_unit_test(F16_change__another_process_holds_the_lock__unavailable_and_reads_continue),
		cmocka_unit_test(F16_change__disk_full__unavailable_and_reads_continue),
		cmocka_unit_test(F16_order__disk_full__nothing_stored_and_the_same_reference_works_later),
		cmocka_unit_test(F16_order__disk_read_only__unavailable_and_reads_continue),
		cmocka_unit_test(F16_request__pages_corrupted__unavailable),
		cmocka_unit_test(new__file_missing_empty_foreign_or_of_another_version__fails),
		cmocka_unit_test(conversation__posted_and_closed__durable_without_a_trace),
		cmocka_unit_test(housekeep__expired_conversations__deleted_piece_by_piece),
		cmocka_unit_test(read__beside_pending_changes_of_others__at_once),
		cmocka_unit_test(F26_conversations__more_than_the_disk_can_write__changes_go_first),
		cmocka_unit_test(new__tables_of_version_3__upgraded_and_accounts_preserved),
		cmocka_unit_test(new__tables_of_version_3__same_as_of_a_new_file),
		cmocka_unit_test(new__tables_of_an_unreleased_version__refused),
		cmocka_unit_test(O1_consents__of_version_3_changed_left_out_inserted_or_truncated__found),
		cmocka_unit_test(F18_new__records_of_version_3__read_as_they_were_written),
		cmocka_unit_test(S7_new__orders_of_version_3__retain_their_trials),
		cmocka_unit_test(S7_new__tables_of_version_3__trials_and_ends_continue),
		cmocka_unit_test(S3_new__tables_of_version_3__orders_continue_and_changes_name_both),
		cmocka_unit_test(S7_new__tables_of_version_3__trials_are_free_and_new_ones_have_a_price),
		cmocka_unit_test(A3_A4_new__tables_of_version_3__answers_and_ends_of_trials_continue),
		cmocka_unit_test(S4_attempt__locked_by_an_older_version__stays_locked),
		cmocka_unit_test(new__invalid_settings__refused),
		cmocka_unit_test(F16_new__pragmas__read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
