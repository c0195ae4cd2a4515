/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The database as an operator's tool opens it, alone or beside a running daemon. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "starhash/store.h"
#include "store/sqlite/admin/admin.h"
#include "store/sql/change.h"
#include "store/sql/references.h"
#include "store/sqlite/schema.h"
#include "store/stores.h"

#define SHM_IN_USE 128		/* octet of the -shm file that every process with the database open locks */
#define LONG_ALONE 0.25		/* seconds */
#define LONG_SHARED 0.008
#define LOOK_INTERVAL 1.0
#define PAUSE_US 12000		/* longer than a waiting writer sleeps at first */

int admin_failed(struct store_admin *admin, const char *what, int rc)
{
	snprintf(admin->why, sizeof(admin->why), "%s%s%s", what, rc ? ": " : "", rc ? sqlite3_errstr(rc) : "");
	return -1;
}

int admin_end(struct store_admin *admin, int rc)
{
	return rc == SQLITE_OK ? 0 : admin_failed(admin, "cannot be written", rc);
}

double admin_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void admin_note(const struct store_admin *admin, const char *format, ...)
{
	char text[200];
	va_list args;

	if (!admin->note)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	admin->note(text);
}

/* ---- transactions ---- */

static bool others_have_it(const struct store_admin *admin)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = SHM_IN_USE, .l_len = 1 };

	return admin->shm_fd < 0 || fcntl(admin->shm_fd, F_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}

int admin_begin(struct store_admin *admin)
{
	const double now = admin_seconds();
	const int rc = admin_run(admin, admin->reads ? "BEGIN" : "BEGIN IMMEDIATE");

	if (now - admin->looked > LOOK_INTERVAL) {
		admin->shared = others_have_it(admin);
		admin->looked = now;
	}
	admin->connection.services_count = 0;
	admin->began = admin_seconds();
	return rc;
}

bool admin_is_long(const struct store_admin *admin)
{
	return admin_seconds() - admin->began > (admin->shared ? LONG_SHARED : LONG_ALONE);
}

void admin_undo(struct store_admin *admin)
{
	if (!sqlite3_get_autocommit(admin->connection.db))
		admin_run(admin, "ROLLBACK");
}

int admin_commit(struct store_admin *admin)
{
	const int rc = admin_run(admin, "COMMIT");

	if (rc != SQLITE_OK)
		admin_undo(admin);
	else if (admin->shared)
		usleep(PAUSE_US);
	return rc;
}

int admin_run(struct store_admin *admin, const char *sql)
{
	return sqlite3_exec(admin->connection.db, sql, NULL, NULL, NULL);
}

int64_t admin_number(struct store_admin *admin, const char *sql, int64_t fallback)
{
	sqlite3_stmt *statement;
	int64_t number = fallback;

	if (sqlite3_prepare_v2(admin->connection.db, sql, -1, &statement, NULL) != SQLITE_OK)
		return fallback;
	if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

/* ---- opening ---- */

/* Foreign keys are off: the program maintains the references, since rows come in any order and tables are exchanged. */
static int pragmas_apply(sqlite3 *db, enum admin_access access)
{
	static const char *const pragmas[] = {
		[ADMIN_READ] = "PRAGMA query_only = 1; PRAGMA cache_size = -65536",
		[ADMIN_WRITE] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = 0;"
				"PRAGMA cache_size = -262144; PRAGMA legacy_alter_table = 1; PRAGMA temp_store = MEMORY;"
				"PRAGMA journal_size_limit = 67108864",
		[ADMIN_FILL] = "PRAGMA synchronous = 0; PRAGMA foreign_keys = 0; PRAGMA cache_size = -65536",
	};
	const int rc = sqlite3_exec(db, pragmas[access == ADMIN_MAKE ? ADMIN_WRITE : access], NULL, NULL, NULL);

	return rc == SQLITE_OK && access != ADMIN_READ ? schema_secure(db) : rc;
}

/* The log must not contain deleted data either. */
static int bring_up(struct store_admin *admin, const struct admin_settings *settings)
{
	const struct schema_pieces pieces = { settings->id_key ? settings->id_pieces : NULL, settings->id_key };
	char why[SCHEMA_WHY_SIZE];
	int rc;

	if (!settings->id_key && admin_number(admin, "SELECT EXISTS (SELECT 1 FROM password WHERE id_number IS NOT NULL)", 0))
		admin_note(admin, "%s: without the key (--pepper) no pieces of identity numbers are stored until the next import",
			   admin->file);
	rc = schema_migrate(admin->connection.db, &pieces, why);
	if (rc != SQLITE_OK)
		admin_note(admin, "%s: the tables cannot be migrated: %s", admin->file, why);
	else
		sqlite3_wal_checkpoint_v2(admin->connection.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return rc;
}

static int version_check(struct store_admin *admin, const struct admin_settings *settings)
{
	const bool writes = settings->access != ADMIN_READ, makes = settings->access == ADMIN_MAKE || settings->access == ADMIN_FILL;
	const int was = schema_version(admin->connection.db);
	int version = was;
	char why[160];

	if (was > 0 && schema_upgrades(was) && writes && others_have_it(admin))
		return admin_failed(admin, "has tables of an older version, and another process has it open: stop that first", 0);
	if (writes && was >= !makes && schema_upgrades(was) && bring_up(admin, settings) == SQLITE_OK)
		version = schema_version(admin->connection.db);
	if (version == SCHEMA_VERSION && was > 0 && was < version)
		admin_note(admin, "%s: migrated tables from version %d to version %d", admin->file, was, version);
	if (version == SCHEMA_VERSION)
		return 0;
	if (version < 0)
		return admin_failed(admin, "is not a database, or is locked", 0);
	snprintf(why, sizeof(why), "has tables of version %d, and this program needs version %d%s", version, SCHEMA_VERSION,
		 schema_upgrades(version) ? ": starhashd migrates them when it starts" : "");
	return admin_failed(admin, why, 0);
}

static int open_parts(struct store_admin *admin, const struct admin_settings *settings)
{
	const bool makes = settings->access == ADMIN_MAKE || settings->access == ADMIN_FILL;
	char shm[4096];
	sqlite3 *db;
	int rc;

	umask(077);			/* customer data: no access for others */
	database_start();
	rc = sqlite3_open_v2(settings->file, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (makes ? SQLITE_OPEN_CREATE : 0), NULL);
	admin->connection.db = db;
	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(db, 1);
		sqlite3_busy_timeout(db, 5 * BUSY_MS);
		rc = pragmas_apply(db, settings->access);
	}
	if (rc != SQLITE_OK)
		return admin_failed(admin, "cannot be opened", rc);
	schema_version(db);		/* reading the first page creates the -shm file */
	/* Closing it would drop SQLite's own locks on that file, so it stays open until the database is closed. */
	if (snprintf(shm, sizeof(shm), "%s-shm", settings->file) < (int)sizeof(shm))
		admin->shm_fd = open(shm, O_RDWR | O_CLOEXEC);
	if (version_check(admin, settings) < 0)
		return -1;
	rc = connection_prepare(&admin->connection, settings->access == ADMIN_READ ? CONNECTION_READ : CONNECTION_WRITE, NULL);
	admin->connection.consent_key = settings->consent_key;
	if (settings->rules)
		admin->connection.rules = *settings->rules;
	return rc == SQLITE_OK ? 0 : admin_failed(admin, "lacks tables of this version", rc);
}

/* Whom we have changed or deleted is nobody's business any more if no daemon has to hear of it. */
static void touched_leave(struct store_admin *admin)
{
	if (admin->connection.db && !admin->reads && !others_have_it(admin))
		admin_run(admin, "DELETE FROM touched WHERE seq < (SELECT max(seq) FROM touched); UPDATE touched SET msisdn = 0");
}

static void admin_close(struct store_admin *admin)
{
	if (!admin)
		return;
	admin_staging_leave(admin);
	sql_consents_fini(&admin->consents);
	touched_leave(admin);
	connection_close(&admin->connection);
	if (admin->shm_fd >= 0)
		close(admin->shm_fd);
	if (admin->lock_fd >= 0)
		close(admin->lock_fd);
	talloc_free(admin);
}

static int admin_open(void *ctx, const struct admin_settings *settings, struct store_admin **admin, const char **why)
{
	struct store_admin *made = talloc_zero(ctx, struct store_admin);

	made->file = talloc_strdup(made, settings->file);
	made->note = settings->note;
	made->lock_fd = made->shm_fd = -1;
	made->shared = settings->access != ADMIN_FILL;
	made->reads = settings->access == ADMIN_READ;
	*admin = made;
	if (open_parts(made, settings) == 0)
		return 0;
	*why = talloc_strdup(ctx, made->why);
	admin_close(made);
	*admin = NULL;
	return -1;
}

static const char *admin_why(const struct store_admin *admin)
{
	return admin->why;
}

static int lock_imports(struct store_admin *admin)
{
	char *name = talloc_asprintf(admin, "%s-import", admin->file);

	if (admin->lock_fd >= 0)
		return 0;
	admin->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (admin->lock_fd < 0)
		return admin_failed(admin, strerror(errno), 0);
	if (flock(admin->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return admin_failed(admin, "another import is in progress", 0);
}

/* ---- one account ---- */

static int begin_work(struct store_admin *admin)
{
	return admin_end(admin, admin_begin(admin));
}

static int commit(struct store_admin *admin)
{
	return admin_end(admin, admin_commit(admin));
}

static int ask_machine(struct store_admin *admin, const struct request *request, struct response *response)
{
	if (account_steps(request->kind))
		return admin_end(admin, request_write(&admin->connection, request, response));
	return request_read(&admin->connection, request, response) == SQLITE_OK ? 0 :
		       admin_failed(admin, "cannot be read", sqlite3_errcode(admin->connection.db));
}

static int merge(struct store_admin *admin, const struct account_update *update, struct account_step *step)
{
	return admin_end(admin, account_merge_write(&admin->connection, update, step));
}

static int reference(struct store_admin *admin, uint64_t *ref)
{
	struct references references = { .used = 0 };
	const int rc = references_draw(&admin->connection, &references.base);

	*ref = references_take(&references, 1);
	return admin_end(admin, rc);
}

static int put_service(struct store_admin *admin, const struct service *service)
{
	return admin_end(admin, service_feed(&admin->connection, service));
}

static int bar(struct store_admin *admin, const struct bar *bar)
{
	struct response response;

	response_init(&response);
	return admin_end(admin, bar_store(&admin->connection, bar, &response));
}

const struct store_admin_ops sqlite_admin_ops = {
	.in_file = true,
	.open = admin_open,
	.close = admin_close,
	.why = admin_why,
	.begin = begin_work,
	.is_long = admin_is_long,
	.commit = commit,
	.undo = admin_undo,
	.ask = ask_machine,
	.merge = merge,
	.reference = reference,
	.put_service = put_service,
	.bar = bar,
	.accounts = admin_accounts,
	.list = admin_list,
	.prune = admin_prune,
	.give_back = admin_give_back,
	.lock_imports = lock_imports,
	.import_put = admin_import_put,
	.staging_begin = admin_staging_begin,
	.staging_add = admin_staging_add,
	.staging_look = admin_staging_look,
	.staging_switch = admin_staging_switch,
	.staging_clean = admin_staging_clean,
	.staging_drop = admin_staging_drop,
	.check = admin_check,
	.consents = admin_consents,
	.backup = admin_backup,
};
