/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The spool folder: watched by inotify, and checked every minute for files that inotify missed. Imports run one at a time, at a low
 * priority, in "starhash-data spool", which knows which files are complete and moves away those that it has finished. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "daemon/spool.h"
#include "starhash/account.h"
#include "starhash/load.h"
#include "starhash/log.h"

#define LOOK_S 60
#define DEFERRED_S 1			/* an import yields to subscribers: look again */
#define PATIENCE_MS 600000		/* but not for longer */
#define NICE 10
#define LINE_SIZE 256

extern char **environ;

struct spool {
	struct spool_settings settings;
	char program[PATH_MAX];
	struct osmo_fd watch;		/* inotify */
	struct osmo_fd output;		/* of the running import */
	struct osmo_timer_list timer;
	pid_t child;			/* 0: none */
	bool again;			/* files arrived during the import */
	int64_t deferred_ms;		/* since when the import yields to subscribers; 0: it does not */
	char line[LINE_SIZE];		/* the last line of its output */
	size_t len;
};

/* ---- output of the import ---- */

static void close_output(struct spool *spool)
{
	if (spool->output.fd >= 0)
		osmo_fd_close(&spool->output);
	spool->output.fd = -1;
}

/* Only the last line is retained. Returns whether there may be more output. */
static bool read_output(struct spool *spool)
{
	char text[1024];
	ssize_t len, i;

	errno = 0;
	len = read(spool->output.fd, text, sizeof(text));
	for (i = 0; i < len; i++) {
		if (spool->len && spool->line[spool->len - 1] == '\n')
			spool->len = 0;
		if (spool->len < LINE_SIZE - 1)
			spool->line[spool->len++] = text[i];
	}
	return len > 0;
}

static int on_output(struct osmo_fd *fd, unsigned int what)
{
	struct spool *spool = fd->data;

	if (!read_output(spool) && errno != EAGAIN && errno != EINTR)
		close_output(spool);
	return 0;
}

/* ---- the import ---- */

static int spawn(struct spool *spool, int output)
{
	const struct spool_settings *settings = &spool->settings;
	char rules[MESSAGE_RULES_SIZE];
	char *argv[9] = { spool->program, "spool", (char *)settings->folder, (char *)settings->database };
	size_t argc = 4;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, pipes;
	int rc;

	if (settings->pepper) {
		argv[argc++] = "--pepper";
		argv[argc++] = (char *)settings->pepper;
	}
	message_rules_print(settings->message_rules, rules);
	argv[argc++] = "--message-rules";
	argv[argc++] = rules;
	sigemptyset(&none);
	sigemptyset(&pipes);
	sigaddset(&pipes, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &pipes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn(&spool->child, spool->program, &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	if (rc)
		spool->child = 0;
	return -rc;
}

static int start_import(struct spool *spool)
{
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	rc = spawn(spool, ends[1]);
	close(ends[1]);
	if (rc) {
		close(ends[0]);
		return rc;
	}
	setpriority(PRIO_PROCESS, spool->child, NICE);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	osmo_fd_setup(&spool->output, ends[0], OSMO_FD_READ, on_output, spool, 0);
	return osmo_fd_register(&spool->output);
}

static bool holds_files(const char *path)
{
	const struct dirent *entry;
	bool found = false;
	DIR *folder = opendir(path);
	struct stat status;

	if (!folder)
		return false;
	while (!found && (entry = readdir(folder)))
		found = entry->d_name[0] != '.' && !fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) &&
			S_ISREG(status.st_mode);
	closedir(folder);
	return found;
}

static void look(struct spool *spool)
{
	int rc;

	spool->again = spool->child != 0;
	if (spool->child || !holds_files(spool->settings.folder))
		return;
	if (load_defers(spool->settings.load, &spool->deferred_ms, PATIENCE_MS)) {
		osmo_timer_schedule(&spool->timer, DEFERRED_S, 0);
		return;
	}
	spool->len = 0;
	rc = start_import(spool);
	if (rc)
		LOGP(DMAIN, LOGL_ERROR, "import from %s: cannot start %s: %s\n", spool->settings.folder, spool->program,
		     strerror(-rc));
}

void spool_reap(struct spool *spool)
{
	int status;
	bool well;

	if (!spool || !spool->child || waitpid(spool->child, &status, WNOHANG) != spool->child)
		return;
	spool->child = 0;
	while (spool->output.fd >= 0 && read_output(spool))
		;
	close_output(spool);
	well = WIFEXITED(status) && !WEXITSTATUS(status);
	if (spool->len && spool->line[spool->len - 1] == '\n')
		spool->len--;
	LOGP(DMAIN, well ? LOGL_NOTICE : LOGL_ERROR, "import from %s %s: %.*s\n", spool->settings.folder, well ? "is done" : "failed",
	     (int)spool->len, spool->line);
	if (spool->again)
		look(spool);
}

/* ---- triggers ---- */

static int on_watch(struct osmo_fd *fd, unsigned int what)
{
	char events[4096];

	while (read(fd->fd, events, sizeof(events)) > 0)
		;
	look(fd->data);
	return 0;
}

static void each_minute(void *data)
{
	struct spool *spool = data;

	osmo_timer_schedule(&spool->timer, LOOK_S, 0);
	look(spool);
}

/* Find it next to our own program, as in a build folder, or else where it is installed. */
static void find_program(struct spool *spool)
{
	char own[PATH_MAX];
	const ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (len > 0) {
		own[len] = '\0';
		snprintf(spool->program, sizeof(spool->program), "%.*s/starhash-data",
			 (int)(sizeof(spool->program) - sizeof("/starhash-data")), dirname(own));
	}
	if (len <= 0 || access(spool->program, X_OK))
		snprintf(spool->program, sizeof(spool->program), "%s", BINDIR "/starhash-data");
}

const char *spool_problem(const char *folder)
{
	struct stat found;

	if (stat(folder, &found) < 0)
		return strerror(errno);
	return S_ISDIR(found.st_mode) ? NULL : strerror(ENOTDIR);
}

static int watch(struct spool *spool)
{
	const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return -errno;
	osmo_fd_setup(&spool->watch, fd, OSMO_FD_READ, on_watch, spool, 0);
	if (inotify_add_watch(fd, spool->settings.folder, IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR) < 0)
		return -errno;
	return osmo_fd_register(&spool->watch);
}

struct spool *spool_new(void *ctx, const struct spool_settings *settings)
{
	struct spool *spool = talloc_zero(ctx, struct spool);
	const char *why;
	int rc;

	spool->settings = *settings;
	spool->watch.fd = spool->output.fd = -1;
	osmo_timer_setup(&spool->timer, each_minute, spool);
	find_program(spool);
	why = spool_problem(settings->folder);
	rc = why ? 0 : watch(spool);
	if (!why && !rc) {
		each_minute(spool);
		return spool;
	}
	LOGP(DMAIN, LOGL_ERROR, "cannot watch the spool folder %s: %s\n", settings->folder, why ? why : strerror(-rc));
	spool_free(spool);
	return NULL;
}

/* An unfinished import is resumed later: imports can be repeated. */
void spool_free(struct spool *spool)
{
	if (!spool)
		return;
	osmo_timer_del(&spool->timer);
	if (spool->child)
		kill(spool->child, SIGTERM);
	close_output(spool);
	if (spool->watch.fd >= 0)
		osmo_fd_close(&spool->watch);
	talloc_free(spool);
}
