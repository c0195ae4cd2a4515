/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration files: libconfig in, checked structs out. The only user of libconfig.
 *
 * What may stand in a file is a table of rows. An unknown key, a wrong type, a value out of range or a missing one
 * that is required becomes a problem with file and line; all of them are found in one reading. */
#pragma once

#include <sys/types.h>

#include "starhash/menu.h"

#define CONF_CREDENTIAL "credential:"	/* in front of a secret's name: see CONF_SECRET */

enum conf_type {
	CONF_INT,		/* long long at the offset */
	CONF_UINT,		/* unsigned int at the offset, multiplied by \a scale */
	CONF_BOOL,		/* bool */
	CONF_STRING,		/* const char *: lives as long as the conf_file; NULL when absent and not required */
	CONF_PATH,		/* as CONF_STRING; a relative path is taken from the file's own folder */
	CONF_SECRET,		/* as CONF_PATH, of a file for conf_secret_open(). "credential:NAME" is that of systemd
				 * ($CREDENTIALS_DIRECTORY/NAME, or secret_NAME there when a folder called "secret" was loaded), and
				 * without systemd the file NAME of the folder "secrets" beside the configuration */
	CONF_CHOICE,		/* const char *: one of \a choices */
	CONF_GROUP,		/* const struct setting *: a group with rows of its own; NULL when absent */
	CONF_GROUPS,		/* const struct setting *: a group or a list of groups; NULL when absent */
};

/* When a changed value is taken over. */
enum conf_reload {
	CONF_RESTART,
	CONF_LIVE,		/* at the next reload */
};

struct conf_row {
	const char *name;	/* NULL ends a table */
	enum conf_type type;
	size_t offset;		/* into the struct that conf_read() fills */
	long long min, max;	/* CONF_INT, CONF_UINT; for strings min is 1 where "" is refused */
	const char *choices;	/* CONF_CHOICE: words between blanks */
	const char *fallback;	/* as it would stand in the file, without quotes; NULL: none */
	bool required;
	bool made;		/* CONF_SECRET: the daemon makes the file when it is absent */
	const char *unit;	/* "ms", "octets" …; NULL: none */
	unsigned int scale;	/* CONF_UINT: how many of the struct's units one of the file's is; 0: 1 */
	const struct conf_row *group;	/* CONF_GROUP, CONF_GROUPS: what may stand in it, for people; NULL: said elsewhere */
	enum conf_reload reload;
	const char *help;	/* one line */
};

/* Read a group by its rows into \a out. A NULL group means: all fallbacks. Strings point into the settings; a table with
 * a CONF_PATH needs settings that came from conf_file_load(), which keep the longer path. */
void conf_read(const struct setting *group, const struct conf_row *rows, void *out, struct problems *problems);

/* A group whose rows are owned by several modules, each with a struct of its own; ended by NULL rows. */
struct conf_part {
	const struct conf_row *rows;
	void *out;
};

void conf_read_parts(const struct setting *group, const struct conf_part *parts, struct problems *problems);

/* Print rows with type, range, default, unit, reload class and help, as a commented example file. */
void conf_print_rows(const struct conf_row *rows, unsigned int indent, char *out, size_t size);

/* The same as a part of a manual page, for man(7). */
void conf_print_manual(const struct conf_row *rows, char *out, size_t size);

/* Say all problems on standard error, by file and line, and how many there are. */
void conf_problems_print(struct problems *problems);

struct conf_file;

/* Parse a file and what it @includes. NULL when it cannot be read or parsed; \a problems says why. */
struct conf_file *conf_file_load(const char *path, struct problems *problems);
void conf_file_free(struct conf_file *file);
const struct setting *conf_file_root(const struct conf_file *file);

/* Open a file of secrets for reading, without ever waiting. \a flags: O_NOFOLLOW, or 0. Returns the descriptor; -EINVAL: no
 * plain file; -EPERM: its group or others may touch it; -errno. In $CREDENTIALS_DIRECTORY the group's read bit is well: systemd
 * gives the daemon's user an entry in the access list, and that bit is its mask. */
int conf_secret_open(const char *path, int flags);

/* The first line of a file that nobody else may touch, zero-terminated: a password, a token. The caller wipes \a out.
 * 0; -EPERM when the file's group or others may touch it; -EMSGSIZE when the line does not fit \a size; -errno. */
int conf_secret_read(const char *path, char *out, size_t size);

/* What is wrong with such a file, for people. */
const char *conf_secret_problem(int rc);

/* Open each file of secrets that \a settings, read from \a group by \a rows, name, and note what is missing, open to others, or
 * not readable for the user \a reader. */
void conf_secrets_check(const struct setting *group, const struct conf_row *rows, const void *settings, uid_t reader,
			struct problems *problems);

/* Load \a path (a menu.cfg), the texts.<language>.cfg beside it for each of its languages, and compile. NULL on any
 * problem. The files are closed again in any case. */
struct menu *conf_menu_load(const char *path, const struct menu_action *const *actions, struct text_limits limits,
			    struct problems *problems);
