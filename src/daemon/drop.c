/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The drop folder: watched by inotify, and looked at each minute for what that missed. Imports run one at a time, at a low
 * priority, in "starhash-data pick", which knows which files are complete and moves away what it has done. */
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

#include "daemon/drop.h"
#include "starhash/log.h"

#define LOOK_S 60
#define NICE 10
#define LINE_SIZE 256

extern char **environ;

struct drop {
	const char *folder, *database, *pepper;
	char program[PATH_MAX];
	struct osmo_fd watch;		/* inotify */
	struct osmo_fd output;		/* of the import that runs */
	struct osmo_timer_list timer;
	pid_t child;			/* 0: none */
	bool again;			/* something came meanwhile */
	char line[LINE_SIZE];		/* the last that it said */
	size_t len;
};

/* ---- what it says ---- */

static void take_output(struct drop *drop, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (drop->len && drop->line[drop->len - 1] == '\n')
			drop->len = 0;
		if (drop->len < LINE_SIZE - 1)
			drop->line[drop->len++] = text[i];
	}
}

static void close_output(struct drop *drop)
{
	if (drop->output.fd >= 0)
		osmo_fd_close(&drop->output);
	drop->output.fd = -1;
}

/* Returns whether there may be more. */
static bool read_output(struct drop *drop)
{
	char text[1024];
	ssize_t len;

	errno = 0;
	len = read(drop->output.fd, text, sizeof(text));
	if (len > 0)
		take_output(drop, text, len);
	return len > 0;
}

static int on_output(struct osmo_fd *fd, unsigned int what)
{
	struct drop *drop = fd->data;

	if (!read_output(drop) && errno != EAGAIN && errno != EINTR)
		close_output(drop);
	return 0;
}

/* ---- the import ---- */

static int spawn(struct drop *drop, int output)
{
	char *argv[] = {
		drop->program, "pick", (char *)drop->folder, (char *)drop->database,
		drop->pepper ? "--pepper" : NULL, (char *)drop->pepper, NULL,
	};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, pipes;
	int rc;

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
	rc = posix_spawn(&drop->child, drop->program, &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	if (rc)
		drop->child = 0;
	return -rc;
}

static int start(struct drop *drop)
{
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	rc = spawn(drop, ends[1]);
	close(ends[1]);
	if (rc) {
		close(ends[0]);
		return rc;
	}
	setpriority(PRIO_PROCESS, drop->child, NICE);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	osmo_fd_setup(&drop->output, ends[0], OSMO_FD_READ, on_output, drop, 0);
	return osmo_fd_register(&drop->output);
}

static bool is_file(int folder, const struct dirent *entry)
{
	struct stat status;

	return entry->d_name[0] != '.' && !fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) &&
	       S_ISREG(status.st_mode);
}

static bool holds_files(const char *path)
{
	const struct dirent *entry;
	bool found = false;
	DIR *folder = opendir(path);

	if (!folder)
		return false;
	while (!found && (entry = readdir(folder)))
		found = is_file(dirfd(folder), entry);
	closedir(folder);
	return found;
}

static void look(struct drop *drop)
{
	int rc;

	drop->again = drop->child != 0;
	if (drop->child || !holds_files(drop->folder))
		return;
	drop->len = 0;
	rc = start(drop);
	if (rc)
		LOGP(DMAIN, LOGL_ERROR, "import from %s: cannot start %s: %s\n", drop->folder, drop->program,
		     strerror(-rc));
}

static void log_end(struct drop *drop, int status)
{
	const bool well = WIFEXITED(status) && !WEXITSTATUS(status);
	const size_t len = drop->len && drop->line[drop->len - 1] == '\n' ? drop->len - 1 : drop->len;

	LOGP(DMAIN, well ? LOGL_NOTICE : LOGL_ERROR, "import from %s %s: %.*s\n", drop->folder,
	     well ? "is done" : "failed", (int)len, drop->line);
}

void drop_reap(struct drop *drop)
{
	int status;

	if (!drop || !drop->child || waitpid(drop->child, &status, WNOHANG) != drop->child)
		return;
	drop->child = 0;
	while (drop->output.fd >= 0 && read_output(drop))
		;
	close_output(drop);
	log_end(drop, status);
	if (drop->again)
		look(drop);
}

/* ---- when ---- */

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
	struct drop *drop = data;

	look(drop);
	osmo_timer_schedule(&drop->timer, LOOK_S, 0);
}

/* Beside our own program, as in the folder that it was built in; else where it was installed. */
static void find_program(struct drop *drop)
{
	char own[PATH_MAX];
	const ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (len > 0) {
		own[len] = '\0';
		snprintf(drop->program, sizeof(drop->program), "%.*s/starhash-data",
			 (int)(sizeof(drop->program) - sizeof("/starhash-data")), dirname(own));
	}
	if (len <= 0 || access(drop->program, X_OK))
		snprintf(drop->program, sizeof(drop->program), "%s", BINDIR "/starhash-data");
}

static int watch(struct drop *drop)
{
	const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return -errno;
	osmo_fd_setup(&drop->watch, fd, OSMO_FD_READ, on_watch, drop, 0);
	if (inotify_add_watch(fd, drop->folder, IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR) < 0)
		return -errno;
	return osmo_fd_register(&drop->watch);
}

struct drop *drop_new(void *ctx, const char *folder, const char *database, const char *pepper)
{
	struct drop *drop = talloc_zero(ctx, struct drop);
	int rc;

	drop->folder = folder;
	drop->database = database;
	drop->pepper = pepper;
	drop->watch.fd = drop->output.fd = -1;
	osmo_timer_setup(&drop->timer, each_minute, drop);
	find_program(drop);
	rc = watch(drop);
	if (!rc) {
		each_minute(drop);
		return drop;
	}
	LOGP(DMAIN, LOGL_ERROR, "cannot watch the import folder %s: %s\n", folder, strerror(-rc));
	drop_free(drop);
	return NULL;
}

/* What it has not finished it takes up again: imports can be repeated. */
void drop_free(struct drop *drop)
{
	if (!drop)
		return;
	osmo_timer_del(&drop->timer);
	if (drop->child)
		kill(drop->child, SIGTERM);
	close_output(drop);
	if (drop->watch.fd >= 0)
		osmo_fd_close(&drop->watch);
	talloc_free(drop);
}
