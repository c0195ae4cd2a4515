/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The SQLite store: reads run on the loop if they cannot block, changes are grouped on a writer thread, and reads of a subscriber with
 * pending changes queue behind these.
 *
 * The loop's connection reads from the page cache. Reads that it cannot answer at once, because of a page on the disk, a lock or an
 * error, go to a reader thread, whose connection may wait and gives the final answer. The writer thread puts all queued changes into one
 * transaction, each inside a savepoint, and they are answered after its commit. The transaction begins by checking the lease: once
 * another process holds it, nothing is changed here any more. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "starhash/alarm.h"
#include "starhash/anchors.h"
#include "starhash/barring.h"
#include "starhash/hash.h"
#include "starhash/log.h"
#include "starhash/worker.h"
#include "store/sql/previous.h"
#include "store/sqlite/connection.h"
#include "store/sql/consent.h"
#include "store/copies.h"
#include "store/sqlite/lease.h"
#include "store/sqlite/nowait_vfs.h"
#include "store/sql/references.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/snapshot.h"
#include "store/sqlite/touched.h"
#include "store/sqlite/wal.h"
#include "store/stores.h"

#define READERS 4		/* also the number of concurrent disk reads */
#define READS_MAX 1024		/* queued for each of them */
#define WRITES_MAX 8192
#define LOG_INTERVAL 10
#define CHANGING 65536		/* counters; a subscriber's is found by a hash of the number: enough that few share one */

struct work;

/* Belongs to the writer thread while it runs. */
struct writer {
	struct connection connection;
	struct work *batch;	/* work in the open transaction, last one first */
	int rc;			/* of BEGIN: no change is made unless it is SQLITE_OK */
	struct wal wal;
	const struct lease *lease;	/* only changes while no thread runs */
	const struct anchors *anchors;	/* NULL: none */
	int64_t anchored;	/* the database has recorded anchors up to this consent */
	uint64_t consents;	/* the connection's count when the last transaction ended */
	bool fresh;		/* for the loop: there are consents without anchors */
};

/* The connection belongs to the reader's thread. */
struct reader {
	struct connection connection;
	struct worker *worker;
};

struct store {
	struct accounts *accounts;
	struct alarms *alarms;
	char *file;
	struct nowait_vfs vfs;
	struct connection loop;
	struct reader readers[READERS];
	unsigned int reader;			/* which gets the next read */
	struct writer writer;
	struct worker *writes;
	struct anchors *anchors;		/* NULL: consents are not anchored */
	struct connection anchors_connection;	/* of the anchors' thread */
	struct sql_consents consents;	/* reads through that connection */
	struct llist_head idle;			/* struct work to be reused */
	struct snapshot snapshot;		/* of the loop's connection */
	struct touched touched;
	struct lease lease;
	struct osmo_timer_list beat;
	bool lost;				/* another process took the lease */
	void (*on_lost)(void *user);
	void *lost_user;
	struct claims claims[QUEUES];
	struct references references;
	bool drawing;				/* the next base is being drawn */
	struct log_limit read_limit, write_limit;
	uint64_t seed;
	unsigned int changing[CHANGING];	/* pending changes of the subscribers with this hash */
	unsigned int changing_all;		/* the sum */
	struct before before;
	struct account_rules wanted;			/* as configured */
	uint64_t read_now, read_later, read_behind, changes, failures;
};

/* A request or other change that a thread carries out. */
struct work {
	struct job job;
	struct store *store;
	change_make *make;	/* the change or read to make */
	const void *what;	/* \a request, or a separate copy below the store, owned by this work */
	struct work *before;	/* the previous one in the writer's batch */
	unsigned int *changing;	/* one of the store's counters; NULL: not about a subscriber */
	uint64_t id;
	int rc;
	bool unsure;		/* its commit failed, but it may have reached the disk */
	struct request request;
	struct response response;
};

/* ---- the loop's reads ---- */

/* \a who: see snapshot_begin(). */
static int read_on_loop(struct store *store, const struct subscriber *who, change_make *read, const void *what, struct response *response)
{
	int rc = snapshot_begin(&store->snapshot, who);

	if (rc == SQLITE_OK)
		rc = read(&store->loop, what, response);
	if (rc == SQLITE_OK)
		return rc;
	snapshot_end(&store->snapshot);
	response_init(response);
	return rc;
}

/* ---- work for threads ---- */

static struct work *work_new(struct store *store, const struct request *request, uint64_t id)
{
	struct work *work;

	if (llist_empty(&store->idle)) {
		work = talloc(store, struct work);
	} else {
		work = llist_first_entry(&store->idle, struct work, job.entry);
		llist_del(&work->job.entry);
	}
	work->store = store;
	work->id = id;
	work->rc = SQLITE_OK;
	work->unsure = false;
	work->changing = NULL;
	work->make = request_write;
	work->what = &work->request;
	if (request)
		work->request = *request;
	response_init(&work->response);
	return work;
}

static void work_free(struct work *work)
{
	explicit_bzero(&work->request, sizeof(work->request));
	if (work->response.part == RESPONSE_PASSWORD)
		explicit_bzero(&work->response.password, sizeof(work->response.password));
	if (work->what != &work->request)
		talloc_free((void *)work->what);
	llist_add(&work->job.entry, &work->store->idle);
}

static int work_submit(struct worker *worker, struct work *work, struct response *response)
{
	if (worker_submit(worker, &work->job) == 0)
		return -EINPROGRESS;
	work_free(work);
	response->result = RESULT_BUSY;
	return 0;
}

/* Advice for the operator; "": none. */
static const char *advice(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return "; run \"starhash-data check\" to see the damage, stop this daemon and restore a backup";
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return "; the daemon needs write access to the file and its directory, on a writable file system";
	case SQLITE_FULL:
		return "; free space on its disk";
	case LEASE_LOST:
		return "; another process became the writer";
	default:
		return "";
	}
}

static void work_failed(struct work *work, const char *what, struct log_limit *limit)
{
	unsigned int suppressed;

	work->store->failures++;
	if (log_allowed(limit, LOG_INTERVAL, &suppressed))
		LOGP(DACCOUNT, LOGL_ERROR, "%s: cannot %s: %s%s (%u more since the last time)\n", work->store->file,
		     what, sqlite3_errstr(work->rc), advice(work->rc), suppressed);
	response_init(&work->response);
	work->response.result = work->unsure ? RESULT_UNKNOWN : RESULT_UNAVAILABLE;
}

static void read_run(struct job *job, void *batch)
{
	struct work *work = llist_entry(job, struct work, job);
	struct reader *reader = batch;

	work->rc = work->make(&reader->connection, work->what, &work->response);
}

static void read_done(struct job *job)
{
	struct work *work = llist_entry(job, struct work, job);

	if (work->rc != SQLITE_OK)
		work_failed(work, "read accounts", &work->store->read_limit);
	accounts_complete(work->store->accounts, work->id, &work->response);
	work_free(work);
}

/* ---- the writer thread ---- */

static void batch_begin(void *data)
{
	struct writer *writer = data;

	writer->batch = NULL;
	writer->connection.services_count = 0;
	writer->connection.anchored = writer->anchors ? anchors_reached(writer->anchors) : INT64_MAX;
	writer->rc = statement_run(&writer->connection, SQL_BEGIN);
	if (writer->rc == SQLITE_OK)
		writer->rc = lease_check(writer->lease, &writer->connection);
}

static void write_run(struct job *job, void *batch)
{
	struct writer *writer = batch;
	struct work *work = llist_entry(job, struct work, job);

	work->rc = writer->rc;
	if (writer->rc != SQLITE_OK)
		return;
	work->rc = change_whole(&writer->connection, work->make, work->what, &work->response);
	/* Severe errors, such as a full disk, roll back the whole transaction: then the batch has failed. */
	if (sqlite3_get_autocommit(writer->connection.db))
		writer->rc = work->rc != SQLITE_OK ? work->rc : SQLITE_ABORT;
	work->before = writer->batch;
	writer->batch = work;
}

static void batch_fail(struct writer *writer, int rc, bool unsure)
{
	if (!sqlite3_get_autocommit(writer->connection.db))
		statement_run(&writer->connection, SQL_ROLLBACK);
	for (struct work *work = writer->batch; work; work = work->before) {
		work->rc = rc;
		work->unsure = unsure;
	}
}

/* Record the anchored position only in transactions that are committed anyway: after a crash the last anchors are written twice. */
static int anchored_write(struct writer *writer, int64_t reached)
{
	return reached == writer->anchored ? SQLITE_OK : consent_anchored_write(&writer->connection, reached);
}

static void batch_end(void *data)
{
	struct writer *writer = data;
	const int64_t reached = anchors_reached(writer->anchors);
	int rc = writer->rc;

	if (rc == SQLITE_OK)
		rc = anchored_write(writer, reached);
	if (rc != SQLITE_OK) {
		batch_fail(writer, rc, false);
		return;
	}
	rc = statement_run(&writer->connection, SQL_COMMIT);
	if (rc != SQLITE_OK) {
		/* A failed write did not happen; after a failed flush, the data may be on the disk. */
		batch_fail(writer, rc, (rc & 0xff) == SQLITE_IOERR && rc != SQLITE_IOERR_WRITE);
		return;
	}
	writer->anchored = reached;
	if (writer->consents != writer->connection.consents)
		__atomic_store_n(&writer->fresh, true, __ATOMIC_RELAXED);
	writer->consents = writer->connection.consents;
	wal_bound(&writer->wal, writer->connection.db);
}

/* The subscriber whom a change was about, for snapshot_note(). */
static const struct subscriber *concerned(const struct work *work)
{
	static const struct subscriber nobody;

	if (work->make == item_write)
		return &nobody;
	if (work->make != request_write || work->request.kind == REQUEST_ORDER_END || work->request.kind == REQUEST_HOUSEKEEP)
		return NULL;
	return &work->request.subscriber;
}

static void note_end(struct work *work)
{
	struct store *store = work->store;

	if (work->rc == SQLITE_OK)
		return;
	if (work->rc == LEASE_LOST && !store->lost) {
		store->lost = true;
		alarm_raise(store->alarms, ALARM_LEASE_LOST, "%s: another process became the writer", store->file);
		if (store->on_lost)
			store->on_lost(store->lost_user);
	}
	work_failed(work, "change accounts", &store->write_limit);
}

static void write_done(struct job *job)
{
	struct work *work = llist_entry(job, struct work, job);
	struct store *store = work->store;
	const struct item *item = work->what;	/* if work->make is item_write */

	if (work->changing) {
		--*work->changing;
		store->changing_all--;
	}
	/* Drop the claim of due work once its completion or next attempt is on the disk. */
	if (work->rc == SQLITE_OK && work->make == item_write)
		claims_drop(&store->claims[item->queue], item->completion.id);
	else if (work->rc == SQLITE_OK && work->make == request_write && work->request.kind == REQUEST_ORDER_END)
		claims_drop_order(store->claims, work->request.id);
	snapshot_note(&store->snapshot, concerned(work));
	store->touched.look = true;
	wal_report(&store->writer.wal, store->alarms);
	note_end(work);
	if (__atomic_exchange_n(&store->writer.fresh, false, __ATOMIC_RELAXED))
		anchors_wake(store->anchors);
	accounts_complete(store->accounts, work->id, &work->response);
	work_free(work);
}

/* ---- the store's operations ---- */

static int read_work(struct store *store, struct work *work, struct response *response)
{
	store->read_later++;
	store->reader = (store->reader + 1) % READERS;
	return work_submit(store->readers[store->reader].worker, work, response);
}

static int read_later(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	struct work *work = work_new(store, request, id);

	work->make = request_read;
	work->job = (struct job){ .run = read_run, .done = read_done };
	return read_work(store, work, response);
}

static int write_work(struct store *store, struct work *work, struct response *response)
{
	unsigned int *changing = work->changing;

	work->job = (struct job){ .run = write_run, .done = write_done };
	if (work_submit(store->writes, work, response) == 0)
		return 0;
	store->changes++;
	if (changing) {
		++*changing;
		store->changing_all++;
	}
	return -EINPROGRESS;
}

/* The counter of a subscriber's pending changes; NULL: not about a subscriber. */
static unsigned int *changing(struct store *store, const struct subscriber *who)
{
	const char *number = who->msisdn[0] ? who->msisdn : who->imsi;

	return number[0] ? &store->changing[keyed_hash(store->seed, number, strlen(number)) % CHANGING] : NULL;
}

static int write_later(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	struct work *work = work_new(store, request, id);

	work->changing = changing(store, &request->subscriber);
	return write_work(store, work, response);
}

/* Queue a read for the writer: it runs in the transaction of the changes that it must see, or in a later one. */
static int read_behind(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	struct work *work = work_new(store, request, id);

	work->make = request_read;
	work->job = (struct job){ .run = write_run, .done = write_done };
	store->read_behind++;
	return work_submit(store->writes, work, response);
}

/* Orders have priority over conversations and updates from billing: half of the queue is reserved for them. */
static bool half_full(const struct store *store, struct response *response)
{
	if (worker_queued(store->writes) < WRITES_MAX / 2)
		return false;
	response->result = RESULT_BUSY;
	return true;
}

/* Record the retention for the next start. False: the queue is full. */
static bool retention_post(struct store *store, const struct account_rules *rules)
{
	struct work *work = work_new(store, NULL, STORE_NOBODY);
	struct response response;

	work->make = retention_write;
	work->what = talloc_memdup(store, rules, sizeof(*rules));
	if (write_work(store, work, &response) != -EINPROGRESS)
		return false;
	store->before.differs = false;
	return true;
}

static int sqlite_change(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	if ((request->kind == REQUEST_CONVERSATION_SAVE || request->kind == REQUEST_TEXT_SAVE) && half_full(store, response))
		return 0;
	return write_later(store, request, id, response);
}

static int sqlite_read(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	const unsigned int *changes = store->changing_all ? changing(store, &request->subscriber) : NULL;

	if (changes && *changes)
		return read_behind(store, request, id, response);
	if (read_on_loop(store, &request->subscriber, request_read, request, response) != SQLITE_OK)
		return read_later(store, request, id, response);
	store->read_now++;
	return 0;
}

static void due_done(struct job *job)
{
	struct work *work = llist_entry(job, struct work, job);
	const struct due_asked *asked = work->what;

	if (work->rc != SQLITE_OK)
		work_failed(work, "read accounts", &work->store->read_limit);
	claims_end(&work->store->claims[asked->queue], asked->claim.lease_ms, &work->response);
	accounts_complete(work->store->accounts, work->id, &work->response);
	work_free(work);
}

/* Claims are only in memory, since no other process writes this database: a claim costs no write. The list is read by a thread: it takes
 * as long as ten turns, and nobody waits for it. */
static int sqlite_claim(struct store *store, enum queue queue, const struct claim *claim, uint64_t id, struct response *response)
{
	struct claims *claims = &store->claims[queue];
	struct due_asked *asked = talloc(store, struct due_asked);
	struct work *work;
	int rc;

	claims_begin(claims);
	asked->queue = queue;
	asked->claim = *claim;
	asked->claimed_count = claims_ids(claims, asked->claimed, CLAIMED_MAX);
	work = work_new(store, NULL, id);
	work->make = due_read;
	work->what = asked;
	work->job = (struct job){ .run = read_run, .done = due_done };
	rc = read_work(store, work, response);
	if (rc == 0)
		claims_end(claims, claim->lease_ms, response);
	return rc;
}

static int sqlite_complete(struct store *store, enum queue queue, const struct completion *completion, uint64_t id,
			   struct response *response)
{
	struct item *item;
	struct work *work;

	if (completion->how == ITEM_BACK) {
		claims_drop(&store->claims[queue], completion->id);
		response->result = RESULT_OK;
		return 0;
	}
	item = talloc(store, struct item);
	*item = (struct item){ queue, *completion };
	work = work_new(store, NULL, id);
	work->make = item_write;
	work->what = item;
	return write_work(store, work, response);
}

static int sqlite_merge(struct store *store, const struct account_update *update, uint64_t id, struct response *response)
{
	struct subscriber who = { .imsi = "" };
	struct account_update *copy;
	struct work *work;

	if (half_full(store, response))
		return 0;
	copy = talloc_memdup(store, update, sizeof(*update));
	copy->account = stored_copy(copy, update->account);
	strcpy(who.msisdn, update->account->msisdn);
	work = work_new(store, NULL, id);
	work->changing = changing(store, &who);
	work->make = update_write;
	work->what = copy;
	return write_work(store, work, response);
}

static bool sqlite_touched(struct store *store)
{
	return touched_look(&store->touched, &store->snapshot, store->accounts);
}

/* Numbers of subscribers do not stay behind, whether or not anybody remembers profiles. */
static void touched_post(struct store *store)
{
	struct touched *touched = &store->touched;
	struct response response;
	struct work *work;

	if (!sqlite_touched(store) || touched->seen == touched->pruned)
		return;
	work = work_new(store, NULL, STORE_NOBODY);
	work->make = touched_prune;
	work->what = talloc_memdup(store, &touched->seen, sizeof(touched->seen));
	if (write_work(store, work, &response) == -EINPROGRESS)
		touched->pruned = touched->seen;
}

static int sqlite_housekeep(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	touched_post(store);
	if (store->before.differs)
		retention_post(store, &store->loop.rules);
	return write_later(store, request, id, response);
}

static int sqlite_profiles(struct store *store, struct profile_sink *sink)
{
	return profiles_give(store->file, sink);
}

static void sqlite_set_catalogue(struct store *store, const struct catalogue *catalogue)
{
	struct work *work = work_new(store, NULL, STORE_NOBODY);
	struct response response;

	work->make = catalogue_write;
	work->what = catalogue_copy(store, catalogue);
	if (write_work(store, work, &response) == 0) {
		LOGP(DACCOUNT, LOGL_ERROR, "%s: overloaded: the catalogue of services was not updated\n", store->file);
		return;
	}
	talloc_free(store->before.catalogue);
	store->before.catalogue = catalogue_copy(store, catalogue);
}

static int sqlite_bar(struct store *store, const struct bar *bar, uint64_t id, struct response *response)
{
	struct work *work = work_new(store, NULL, id);

	work->make = bar_store;
	work->what = talloc_memdup(store, bar, sizeof(*bar));
	return write_work(store, work, response);
}

static const struct catalogue *sqlite_catalogue(const struct store *store)
{
	return store->before.catalogue;
}

static const char *sqlite_retention_pending(const struct store *store)
{
	return store->before.held[0] ? store->before.held : NULL;
}

static void sqlite_retention_accept(struct store *store)
{
	if (retention_post(store, &store->wanted))
		store->before.held[0] = '\0';
	else
		LOGP(DACCOUNT, LOGL_ERROR, "%s: overloaded: the retention was not changed\n", store->file);
}

static int64_t sqlite_last_time(const struct store *store)
{
	return store->before.time;
}

static int sqlite_describe(const struct store *store, char *out, size_t size)
{
	struct stat file = { 0 };

	stat(store->file, &file);
	return snprintf(out, size, "sqlite %s, %lld octets: %" PRIu64 " reads at once, %" PRIu64 " by thread, %" PRIu64
			" behind changes, %" PRIu64 " changes, %" PRIu64 " failures", store->file, (long long)file.st_size,
			store->read_now, store->read_later, store->read_behind, store->changes, store->failures);
}

/* ---- references and heartbeats: internal changes, which concern no account ---- */

/* False: the queue is full. */
static bool submit_own(struct store *store, change_make *make, void (*done)(struct job *job))
{
	struct work *work = work_new(store, NULL, STORE_NOBODY);
	struct response response;

	work->make = make;
	work->what = &work->request;
	work->job = (struct job){ .run = write_run, .done = done };
	return work_submit(store->writes, work, &response) == -EINPROGRESS;
}

static void draw_done(struct job *job)
{
	struct work *work = llist_entry(job, struct work, job);
	struct store *store = work->store;

	store->drawing = false;
	note_end(work);
	if (work->rc == SQLITE_OK)
		store->references.next = work->response.references;
	work_free(work);
}

/* Draw the next base when half of the references are used: the other half outlasts a full disk. */
static uint64_t sqlite_reference(struct store *store, unsigned int count)
{
	if (references_low(&store->references) && !store->drawing)
		store->drawing = submit_own(store, references_draw_more, draw_done);
	return references_take(&store->references, count);
}

static void beat_done(struct job *job)
{
	struct work *work = llist_entry(job, struct work, job);

	note_end(work);
	work_free(work);
}

static void beat(void *data)
{
	struct store *store = data;

	if (store->lost)
		return;
	submit_own(store, lease_beat, beat_done);
	osmo_timer_schedule(&store->beat, LEASE_BEAT_S, 0);
}

/* ---- opening ---- */

static int refuse_file(const struct store *store, int rc, const char *why, int sqlite_rc)
{
	LOGP(DACCOUNT, LOGL_ERROR, "Account database %s %s%s%s%s\n", store->file, why, sqlite_rc ? ": " : "",
	     sqlite_rc ? sqlite3_errstr(sqlite_rc) : "", advice(sqlite_rc));
	return rc;
}

static int check_file(const struct store *store)
{
	struct stat file;

	if (stat(store->file, &file) < 0)
		return refuse_file(store, -errno, errno == ENOENT ? "does not exist; create it with starhash-data" :
				    strerror(errno), 0);
	if (!file.st_size)
		return refuse_file(store, -ENODATA, "has no accounts; create them with starhash-data", 0);
	/* SQLite's log and our lock are named after the file: a process that opened it by another name would be a second writer. */
	if (file.st_nlink > 1)
		return refuse_file(store, -EMLINK, "has several names (hard links): remove all but this one", 0);
	return 0;
}

/* Migrate an older database. Returns its version afterwards. */
static int bring_up(const struct store *store, sqlite3 *db, const struct accounts_settings *settings)
{
	const struct schema_pieces pieces = { settings->id_pieces, settings->id_key };
	char why[SCHEMA_WHY_SIZE];
	int version;

	sqlite3_busy_timeout(db, BUSY_MS);
	version = schema_version(db);
	if (version <= 0 || !schema_upgrades(version))
		return version;
	if (schema_migrate(db, &pieces, why) == SQLITE_OK)
		LOGP(DACCOUNT, LOGL_NOTICE, "Account database %s: migrated tables from version %d to version %d\n",
		     store->file, version, SCHEMA_VERSION);
	else
		LOGP(DACCOUNT, LOGL_ERROR, "Account database %s: tables of version %d cannot be migrated: %s\n", store->file, version,
		     why);
	sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);	/* the log must not contain deleted data either */
	return schema_version(db);
}

static int check_version(const struct store *store, const struct accounts_settings *settings)
{
	char why[80];
	sqlite3 *db;
	int rc = sqlite3_open_v2(store->file, &db, SQLITE_OPEN_READWRITE, NULL);
	int version = rc == SQLITE_OK ? bring_up(store, db, settings) : -1;

	rc = sqlite3_extended_errcode(db);
	sqlite3_close(db);
	if (version == SCHEMA_VERSION)
		return 0;
	if (version < 0)
		return refuse_file(store, -EBADMSG, "cannot be read", rc);
	if (!version)
		return refuse_file(store, -ENODATA, "has no accounts; create them with starhash-data", 0);
	snprintf(why, sizeof(why), "has tables of version %d, and this program needs version %d", version,
		 SCHEMA_VERSION);
	return refuse_file(store, -EPROTO, why, 0);
}

/* The loop's connection comes last: see nowait_vfs_init() about the order of closing. */
static int open_connections(struct store *store, const struct accounts_settings *settings, struct account_rules *rules)
{
	const char *why;
	int rc = connection_open(&store->writer.connection, store->file, CONNECTION_WRITE, NULL, &why);

	if (rc == SQLITE_OK)
		rc = wal_init(&store->writer.wal, store, store->file, settings->wal_max_mb, store->writer.connection.db);
	store->wanted = *rules;
	if (rc == SQLITE_OK)
		rc = before_read(&store->before, store, &store->writer.connection, rules);
	for (int i = 0; rc == SQLITE_OK && i < READERS; i++) {
		rc = connection_open(&store->readers[i].connection, store->file, CONNECTION_READ, NULL, &why);
		store->readers[i].connection.rules = *rules;
	}
	if (rc == SQLITE_OK)
		rc = connection_open(&store->loop, store->file, CONNECTION_LOOP, store->vfs.name, &why);
	if (rc != SQLITE_OK)
		return refuse_file(store, -EIO, why, rc);
	store->writer.connection.rules = store->loop.rules = *rules;
	store->writer.connection.node = settings->node;
	store->vfs.nowait = true;
	return 0;
}

/* To be called before anything is read or migrated. */
static int lock(struct store *store, const struct accounts_settings *settings)
{
	const int rc = lease_lock(&store->lease, store->file, settings->watch);

	if (rc < 0 && rc != -EBUSY) {
		LOGP(DACCOUNT, LOGL_ERROR, "%s-writer: %s\n", store->file, strerror(-rc));
		return refuse_file(store, rc, "cannot be locked", SQLITE_CANTOPEN);
	}
	return rc;
}

static int become_writer(struct store *store, const struct accounts_settings *settings)
{
	int sqlite_rc;
	const int rc = lease_take(&store->lease, &store->writer.connection, settings, &store->references.base, &sqlite_rc);

	if (rc < 0)
		return rc == -EBUSY ? rc : refuse_file(store, rc, "cannot be taken over", sqlite_rc);
	osmo_timer_schedule(&store->beat, LEASE_BEAT_S, 0);
	return 0;
}

static int start_workers(struct store *store)
{
	const struct worker_settings writes = {
		.name = "account changes", .threads = 1, .queue_max = WRITES_MAX, .nice = 5,
		.begin = batch_begin, .end = batch_end, .batch = &store->writer,
	};
	struct worker_settings reads = { .name = "account reads", .threads = 1, .queue_max = READS_MAX };
	bool started;

	store->writes = worker_new(store, &writes);
	started = store->writes;
	for (int i = 0; started && i < READERS; i++) {
		reads.batch = &store->readers[i];
		store->readers[i].worker = worker_new(store, &reads);
		started = store->readers[i].worker;
	}
	return started ? 0 : refuse_file(store, -ENOMEM, "cannot be served: no threads", 0);
}

static void sqlite_close(struct store *store)
{
	osmo_timer_del(&store->beat);
	worker_free(store->writes);
	anchors_finish(store->anchors);
	if (!store->lost)
		anchored_write(&store->writer, anchors_reached(store->anchors));
	anchors_free(store->anchors);
	sql_consents_fini(&store->consents);
	connection_close(&store->anchors_connection);
	for (int i = 0; i < READERS; i++) {
		worker_free(store->readers[i].worker);
		connection_close(&store->readers[i].connection);
	}
	for (enum queue queue = 0; queue < QUEUES; queue++)
		claims_free(&store->claims[queue]);
	snapshot_end(&store->snapshot);
	osmo_timer_del(&store->snapshot.end);
	lease_fini(&store->lease, &store->writer.connection);
	connection_close(&store->writer.connection);
	store->vfs.nowait = false;
	connection_close(&store->loop);
	nowait_vfs_fini(&store->vfs);
	talloc_free(store);
}

static int start_anchors(struct store *store, const struct accounts_settings *settings)
{
	struct anchors_settings anchors = {
		.file = settings->consent_anchors_file, .source = &store->consents.source, .keys = settings->consent_keys,
		.alarms = settings->alarms,
	};
	const char *why = "cannot be read for the anchors of consents";
	int rc;

	store->writer.connection.consent_key = consent_key_current(settings->consent_keys);
	if (!anchors.file)
		return 0;
	rc = consent_anchored_read(&store->writer.connection);
	if (rc == SQLITE_OK)
		rc = connection_open(&store->anchors_connection, store->file, CONNECTION_READ, NULL, &why);
	if (rc != SQLITE_OK)
		return refuse_file(store, -EIO, why, rc);
	sql_consents_init(&store->consents, &store->anchors_connection);
	anchors.reached = store->writer.connection.anchored;
	store->writer.anchors = store->anchors = anchors_new(store, &anchors);
	return store->anchors ? 0 : refuse_file(store, -ENOMEM, "cannot be served: no threads", 0);
}

static int open_parts(struct store *store, const struct accounts_settings *settings)
{
	struct account_rules rules;
	const char *why = account_rules_read(&rules, settings->password_tries, settings->password_delays,
					     settings->retention, settings->message_rules);
	int rc = why ? refuse_file(store, -EINVAL, why, 0) : check_file(store);

	rules.billing = settings->orders_wait;
	if (settings->ticket_rules)
		rules.tickets = *settings->ticket_rules;
	if (rc == 0)
		rc = lock(store, settings);
	if (rc == 0)
		rc = check_version(store, settings);
	if (rc == 0)
		rc = open_connections(store, settings, &rules);
	if (rc == 0)
		rc = become_writer(store, settings);
	if (rc == 0)
		rc = start_anchors(store, settings);
	if (rc == 0)
		rc = start_workers(store);
	return rc;
}

static int sqlite_open(void *ctx, const struct accounts_settings *settings, struct accounts *accounts,
		       struct store **store)
{
	struct store *made = talloc_zero(ctx, struct store);
	int rc;

	randombytes_buf(&made->seed, sizeof(made->seed));
	made->accounts = accounts;
	made->alarms = settings->alarms;
	made->file = talloc_strdup(made, settings->file);
	INIT_LLIST_HEAD(&made->idle);
	for (enum queue queue = 0; queue < QUEUES; queue++)
		claims_init(&made->claims[queue]);
	lease_init(&made->lease);
	made->writer.lease = &made->lease;
	made->on_lost = settings->lost;
	made->lost_user = settings->lost_user;
	osmo_timer_setup(&made->beat, beat, made);
	snapshot_init(&made->snapshot, &made->loop, &made->writer.wal.held_up);
	database_start();
	if (nowait_vfs_init(&made->vfs) != SQLITE_OK) {
		talloc_free(made);
		return -EIO;
	}
	rc = open_parts(made, settings);
	if (rc < 0)
		sqlite_close(made);
	else
		*store = made;
	return rc;
}

const struct store_ops sqlite_store_ops = {
	.name = "sqlite",
	.open = sqlite_open,
	.change = sqlite_change,
	.read = sqlite_read,
	.merge = sqlite_merge,
	.claim = sqlite_claim,
	.complete = sqlite_complete,
	.housekeep = sqlite_housekeep,
	.touched = sqlite_touched,
	.profiles = sqlite_profiles,
	.set_catalogue = sqlite_set_catalogue,
	.bar = sqlite_bar,
	.reference = sqlite_reference,
	.catalogue = sqlite_catalogue,
	.retention_pending = sqlite_retention_pending,
	.retention_accept = sqlite_retention_accept,
	.last_time = sqlite_last_time,
	.describe = sqlite_describe,
	.close = sqlite_close,
	.admin = &sqlite_admin_ops,
};
