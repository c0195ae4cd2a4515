/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration files: reads them and fills checked structs.
 *
 * A table of rows defines what a file may contain. An unknown key, a wrong type, a value out of range or a missing required value becomes
 * a problem with file and line; one pass finds all of them. */
#pragma once

#include <sys/types.h>

#include "starhash/menu.h"

#define CONF_CREDENTIAL "credential:"	/* prefix of a secret's name: see CONF_SECRET */

enum conf_type {
	CONF_INT,		/* long long at the offset */
	CONF_UINT,		/* unsigned int at the offset, multiplied by \a scale */
	CONF_PERCENT,		/* unsigned int at the offset, in permille: a percentage with up to one decimal */
	CONF_BOOL,		/* bool */
	CONF_STRING,		/* const char *: lives as long as the conf_file; NULL when absent and not required */
	CONF_PATH,		/* as CONF_STRING; a relative path starts at the configuration file's folder */
	CONF_SECRET,		/* as CONF_PATH, of a file for conf_secret_open(). "credential:NAME" is a systemd credential
				 * ($CREDENTIALS_DIRECTORY/NAME, or secret_NAME there when a folder called "secret" was loaded); without
				 * systemd it is the file NAME in the folder "secrets" beside the configuration */
	CONF_CHOICE,		/* const char *: one of \a choices */
	CONF_LIST,		/* const struct setting *: a list; NULL when absent */
	CONF_GROUP,		/* const struct setting *: a group with rows of its own; NULL when absent */
	CONF_GROUPS,		/* const struct setting *: a group or a list of groups; NULL when absent */
};

/* When a changed value takes effect. */
enum conf_reload {
	CONF_RESTART,
	CONF_LIVE,		/* at the next reload */
};

struct conf_row {
	const char *name;	/* NULL ends a table */
	enum conf_type type;
	size_t offset;		/* into the struct that conf_read() fills */
	long long min, max;	/* CONF_INT, CONF_UINT, CONF_PERCENT in percent; for strings min 1 refuses "" */
	const char *choices;	/* CONF_CHOICE: words between blanks */
	const char *fallback;	/* the default as written in a file, without quotes; NULL: none */
	bool required;
	bool made;		/* CONF_SECRET: the daemon creates the file when it is absent */
	/* CONF_SECRET, and a CONF_PATH that is only read: what is wrong with the open file by its reader's own rule; NULL: nothing. A
	 * CONF_PATH without this is not checked. */
	const char *(*file_problem)(int fd);
	const char *unit;	/* "ms", "octets" …; NULL: none */
	unsigned int scale;	/* CONF_UINT: the struct's units per unit of the file; 0: 1 */
	const struct conf_row *group;	/* CONF_GROUP, CONF_GROUPS: rows of the group, for the manual; NULL: documented elsewhere */
	enum conf_reload reload;
	const char *help;	/* one line */
};

/* Read a group by its rows into \a out. A NULL group gives all defaults. Strings point into the settings; a table with a CONF_PATH needs
 * settings from conf_file_load(), which own the extended path. */
void conf_read(const struct setting *group, const struct conf_row *rows, void *out, struct problems *problems);

/* A group whose rows belong to several modules, each with its own struct; NULL rows end the list. */
struct conf_part {
	const struct conf_row *rows;
	void *out;
};

void conf_read_parts(const struct setting *group, const struct conf_part *parts, struct problems *problems);

/* Print rows with type, range, default, unit, reload class and help, as a commented example file. */
void conf_print_rows(const struct conf_row *rows, unsigned int indent, char *out, size_t size);

/* The same as part of a manual page, for man(7). */
void conf_print_manual(const struct conf_row *rows, char *out, size_t size);

/* Print all problems on standard error, by file and line, and their number. */
#define PROBLEM_SIZE 2048	/* a longer one is cut */
void conf_problems_print(struct problems *problems);

/* The first error and the number of the others, in one line, truncated to \a size: for an alarm or a status line. "" without any. */
void conf_problems_summarize(const struct problems *problems, char *out, size_t size);

/* Log problems of a menu under a topic of log.h: errors first, at ERROR, then warnings, at NOTICE, in a number of lines that does not stop
 * the loop; another line has the number of the others. */
#define PROBLEMS_LOG_LINES 100
void conf_problems_log(struct problems *problems, int topic);

struct conf_file;

/* Parse a file and its @includes. NULL when it cannot be read or parsed, or when problems_end(); \a problems says why. */
struct conf_file *conf_file_load(const char *path, struct problems *problems);
void conf_file_free(struct conf_file *file);
const struct setting *conf_file_root(const struct conf_file *file);
size_t conf_file_memory(const struct conf_file *file);	/* octets in use */

/* The file's text with its includes in place and without comments. Read as a file, it gives the same settings. It can be taken once; the
 * caller frees it. */
char *conf_file_take_text(struct conf_file *file, size_t *len);

/* Open a secret file for reading, without ever blocking. \a flags: O_NOFOLLOW, or 0. Returns the descriptor; -EINVAL: not a regular file;
 * -EPERM: accessible to its group or others; -errno. In $CREDENTIALS_DIRECTORY the group's read bit is allowed: systemd gives the
 * daemon's user an entry in the access control list, and that bit is its mask. */
int conf_secret_open(const char *path, int flags);

/* Read the first line of a secret file, zero-terminated: a password, a token. The caller wipes \a out. 0; -EPERM when the file is
 * accessible to its group or others; -EMSGSIZE when the line does not fit \a size; -errno. */
int conf_secret_read(const char *path, char *out, size_t size);

/* Read a whole secret file, zero-terminated: a key in PEM. The caller wipes \a out. Returns its length; -EFBIG when it does not fit
 * \a size; as conf_secret_open(). */
ssize_t conf_secret_load(const char *path, char *out, size_t size);

/* The meaning of such an error, for people. */
const char *conf_secret_problem(int rc);

/* Open each file named in \a settings, which were read from \a group by \a rows, and report those that are missing or have a problem of
 * their row, and secrets that are accessible to others, or not readable for the user \a reader. */
void conf_files_check(const struct setting *group, const struct conf_row *rows, const void *settings, uid_t reader,
		      struct problems *problems);

/* For rows: a file without a certificate in PEM. */
const char *conf_pem_problem(int fd);

/* Load \a path (a menu.cfg) and the texts.<language>.cfg beside it for each of its languages, and compile them. NULL on any problem. All
 * files are closed again, and the memory that it takes is bounded: see ARENA_MB. */
struct menu *conf_menu_load(const char *path, const struct menu_action *const *actions, struct text_limits limits,
			    struct problems *problems);

/* The texts of a menu's files as they were read, each with its includes in place and without comments: written to one folder, they are a
 * menu that depends on no other file and is not changed by later edits. Plain memory, so that a thread may write them. */
#define MENU_COPY_FILE_MAX (16 * 1024 * 1024)	/* octets: a longer file could not be read again */

struct menu_copy {
	struct menu_copy_file {
		char name[32];		/* "menu.cfg", "texts.en.cfg" */
		char *text;
		size_t len;
	} *files;
	size_t count;
};

/* The same for a menu to be served: without the warnings that only its author needs, which take as long as everything else. On success
 * *\a copy, if \a copy is not NULL, is what was compiled; the caller frees it. */
struct menu *conf_menu_load_copy(const char *path, const struct menu_action *const *actions, struct text_limits limits,
				 struct menu_copy **copy, struct problems *problems);
void menu_copy_free(struct menu_copy *copy);	/* NULL is fine */
