/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The database as an operator's tool opens it. */
#include "tool/data_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "accounts/id_pieces.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/schema.h"

#define NAME_SIZE 4096
#define SHM_IN_USE 128		/* octet of the -shm file that each process with the database open holds a lock on */
#define LONG_ALONE 0.25		/* seconds */
#define LONG_SHARED 0.008
#define LOOK_INTERVAL 1.0
#define PAUSE_US 12000		/* longer than a waiting writer's first naps */

int data_failed(const char *file, const char *why, int rc)
{
	fprintf(stderr, "starhash-data: %s: %s%s%s\n", file, why, rc ? ": " : "", rc ? sqlite3_errstr(rc) : "");
	return 1;
}

double data_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- opening ---- */

static int pragmas_apply(struct data_file *file, enum data_access access)
{
	static const char reads[] = "PRAGMA query_only = 1; PRAGMA cache_size = -65536";
	/* What belongs together is kept together by the program: rows come in any order, and tables are switched. */
	static const char writes[] =
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = 0;"
		"PRAGMA cache_size = -262144; PRAGMA legacy_alter_table = 1; PRAGMA temp_store = MEMORY;"
		"PRAGMA journal_size_limit = 67108864";
	int rc;

	if (access == DATA_READ)
		return sqlite3_exec(file->db, reads, NULL, NULL, NULL);
	rc = sqlite3_exec(file->db, writes, NULL, NULL, NULL);
	return rc == SQLITE_OK ? schema_secure(file->db) : rc;
}

int data_key(const char *database, const char *pepper, uint8_t key[static PEPPER_SIZE], bool *found)
{
	char beside[NAME_SIZE];
	const char *name = pepper ? pepper : beside;

	snprintf(beside, sizeof(beside), "%s.pepper", database);
	*found = access(name, R_OK) == 0;
	if (!*found)
		return pepper ? data_failed(name, strerror(errno), 0) : 0;
	return pepper_load(name, key) ? data_failed(name, "the key cannot be read", 0) : 0;
}

/* Nothing of what is deleted may be left in the log either. */
static int bring_up(struct data_file *file, const char *pepper)
{
	uint8_t key[PEPPER_SIZE];
	bool found;
	int rc;

	if (data_key(file->name, pepper, key, &found))
		return SQLITE_AUTH;
	if (!found && data_number(file, "SELECT EXISTS (SELECT 1 FROM password WHERE id_number IS NOT NULL)", 0))
		fprintf(stderr, "starhash-data: %s: without the key (--pepper) nothing is kept of identity numbers, until an import brings "
			"them again\n", file->name);
	rc = schema_migrate_keyed(file->db, &(struct schema_pieces){ found ? id_pieces_make : NULL, key });
	explicit_bzero(key, sizeof(key));
	if (rc == SQLITE_OK)
		sqlite3_wal_checkpoint_v2(file->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return rc;
}

static bool others_have_it(const struct data_file *file)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = SHM_IN_USE, .l_len = 1 };

	return file->shm_fd < 0 || fcntl(file->shm_fd, F_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}

static int version_check(struct data_file *file, enum data_access access, const char *pepper)
{
	int version = schema_version(file->db);
	const int was = version;
	char why[120];

	if (version > 0 && version < SCHEMA_VERSION && access != DATA_READ && others_have_it(file))
		return data_failed(file->name, "its tables are of an older version, and another process has it open: stop that first", 0);
	if (access != DATA_READ && version >= (access == DATA_MAKE ? 0 : 1) && version < SCHEMA_VERSION &&
	    bring_up(file, pepper) == SQLITE_OK)
		version = schema_version(file->db);
	if (version == SCHEMA_VERSION && was > 0 && was < version)
		fprintf(stderr, "starhash-data: %s: tables of version %d brought to version %d\n", file->name, was, version);
	if (version == SCHEMA_VERSION)
		return 0;
	if (version < 0)
		return data_failed(file->name, "is no database, or locked", 0);
	snprintf(why, sizeof(why), "has tables of version %d, and this program needs version %d%s", version, SCHEMA_VERSION,
		 version < SCHEMA_VERSION ? ": starhashd brings them up when it starts" : "");
	return data_failed(file->name, why, 0);
}

/* Closing it would drop SQLite's own locks on that file: it stays open until the database is closed. */
static void shm_open_file(struct data_file *file)
{
	char name[NAME_SIZE + 8];

	snprintf(name, sizeof(name), "%s-shm", file->name);
	file->shm_fd = open(name, O_RDWR | O_CLOEXEC);
}

int data_open(struct data_file *file, const char *name, enum data_access access)
{
	return data_open_keyed(file, name, access, NULL);
}

int data_open_keyed(struct data_file *file, const char *name, enum data_access access, const char *pepper)
{
	const int make = access == DATA_MAKE ? SQLITE_OPEN_CREATE : 0;
	int rc;

	*file = (struct data_file){ .name = name, .lock_fd = -1, .shm_fd = -1, .shared = true };
	if (strlen(name) + 16 > NAME_SIZE)
		return data_failed(name, "the name is too long", 0);
	umask(077); /* customers' data is nobody else's business */
	database_start();
	rc = sqlite3_open_v2(name, &file->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | make, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(file->db, 1);
		sqlite3_busy_timeout(file->db, 5 * BUSY_MS);
		rc = pragmas_apply(file, access);
	}
	if (rc != SQLITE_OK)
		return data_failed(name, "cannot be opened", rc);
	shm_open_file(file);
	return version_check(file, access, pepper);
}

void data_close(struct data_file *file)
{
	sqlite3_close(file->db);
	if (file->shm_fd >= 0)
		close(file->shm_fd);
	if (file->lock_fd >= 0)
		close(file->lock_fd);
}

int data_lock(struct data_file *file)
{
	char name[NAME_SIZE + 8];

	snprintf(name, sizeof(name), "%s-import", file->name);
	file->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file->lock_fd < 0)
		return data_failed(name, strerror(errno), 0);
	if (flock(file->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return data_failed(file->name, "another import is at work", 0);
}

/* ---- transactions ---- */

int data_begin(struct data_file *file)
{
	const double now = data_seconds();
	int rc = sqlite3_exec(file->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (now - file->looked > LOOK_INTERVAL) {
		file->shared = others_have_it(file);
		file->looked = now;
	}
	file->began = data_seconds();
	return rc;
}

bool data_is_long(const struct data_file *file)
{
	return data_seconds() - file->began > (file->shared ? LONG_SHARED : LONG_ALONE);
}

int data_commit(struct data_file *file)
{
	int rc = sqlite3_exec(file->db, "COMMIT", NULL, NULL, NULL);

	if (rc != SQLITE_OK)
		data_undo(file);
	else if (file->shared)
		usleep(PAUSE_US);
	return rc;
}

void data_undo(struct data_file *file)
{
	if (!sqlite3_get_autocommit(file->db))
		sqlite3_exec(file->db, "ROLLBACK", NULL, NULL, NULL);
}

int data_run(struct data_file *file, const char *sql)
{
	return sqlite3_exec(file->db, sql, NULL, NULL, NULL);
}

int64_t data_number_of(struct data_file *file, const char *sql, int64_t parameter, int64_t fallback)
{
	sqlite3_stmt *statement;
	int64_t number = fallback;

	if (sqlite3_prepare_v2(file->db, sql, -1, &statement, NULL) != SQLITE_OK)
		return fallback;
	if (sqlite3_bind_parameter_count(statement))
		sqlite3_bind_int64(statement, 1, parameter);
	if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

int64_t data_number(struct data_file *file, const char *sql, int64_t fallback)
{
	return data_number_of(file, sql, 0, fallback);
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
		return data_failed(name, strerror(errno), 0);
	return 0;
}

/* ---- progress ---- */

#define BAR_WIDTH 40
#define BAR_INTERVAL 0.1
#define LINE_INTERVAL 10.0

static void bar_draw(const struct progress *progress, uint64_t done)
{
	char bar[BAR_WIDTH + 1];
	const uint64_t filled = progress->all && done < progress->all ? done * BAR_WIDTH / progress->all : BAR_WIDTH;

	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', progress->all ? filled : 0);
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\r[%s] %" PRIu64 " of %" PRIu64 " %s", bar, done, progress->all, progress->what);
}

static void tell(struct progress *progress, uint64_t done)
{
	if (progress->all && isatty(STDERR_FILENO))
		bar_draw(progress, done);
	else
		fprintf(stderr, "%" PRIu64 " %s\n", done, progress->what);
}

void progress_begin(struct progress *progress, const char *what, uint64_t all, bool quiet)
{
	const double now = data_seconds();

	*progress = (struct progress){ .what = what, .all = all, .quiet = quiet, .began = now, .told = now };
}

void progress_tell(struct progress *progress, uint64_t done)
{
	const double now = data_seconds();

	if (progress->quiet || now - progress->told < (isatty(STDERR_FILENO) ? BAR_INTERVAL : LINE_INTERVAL))
		return;
	progress->told = now;
	tell(progress, done);
}

void progress_end(struct progress *progress, uint64_t done)
{
	if (progress->quiet || !isatty(STDERR_FILENO))
		return;
	tell(progress, done);
	fputc('\n', stderr);
}
