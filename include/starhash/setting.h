/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A parsed configuration file as plain data, and the list of its problems.
 *
 * conf/ builds these trees; the menu compiler and the daemon's rows read them. Every element has its file and line, for error messages. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct setting_elements;
struct text_nearest;

enum setting_type {
	SETTING_GROUP,		/* { name = value; ... } */
	SETTING_LIST,		/* ( ... ) or [ ... ] */
	SETTING_STRING,
	SETTING_INT,
	SETTING_FLOAT,
	SETTING_BOOL,
};

struct setting {
	const char *name;		/* NULL for an element of a list and for the root */
	enum setting_type type;
	unsigned int line;		/* from 1 */
	const char *string;		/* SETTING_STRING: UTF-8, zero-terminated; else NULL */
	long long number;		/* SETTING_INT, SETTING_BOOL (0 or 1) */
	double real;			/* SETTING_FLOAT */
	const struct setting *child;	/* first element of a group or list */
	const struct setting *next;	/* next element of the same group or list */
	struct setting_elements *elements;	/* of what setting_begin() made; else NULL */
	const char *file;		/* lives as long as the tree */
};

/* Make a group or list empty, with elements in \a arena. */
void setting_begin(struct arena *arena, struct setting *set);

/* Append an element. Only to what setting_begin() made, but to no copy of it. */
void setting_append(struct setting *parent, struct setting *child);

/* The arena of what setting_begin() made; NULL for anything else. */
struct arena *setting_arena(const struct setting *set);

/* The element \a name of \a group; NULL when it is absent, or \a group is NULL or not a group. */
const struct setting *setting_get(const struct setting *group, const char *name);

/* The same, or the group itself when it is absent: the place to report an error. */
const struct setting *setting_at(const struct setting *group, const char *name);

/* The string value of element \a name of \a group; \a fallback when it is absent or not a string. */
const char *setting_string(const struct setting *group, const char *name, const char *fallback);

/* Number of elements of a group or list; 0 for anything else. */
size_t setting_count(const struct setting *set);

/* "a string", "a group" …: for messages. */
const char *setting_type_name(enum setting_type type);

/* The problems of a set of files. All are collected, so that an author sees them at once, up to a number that nobody mends at once. An
 * error makes the files unusable; a warning does not. */
#define PROBLEMS_MAX 1000		/* errors, and as many warnings; more are dropped */
#define PROBLEMS_ALLOWED_MAX 10000	/* lines whose warnings are allowed; more have no effect */

enum severity {
	PROBLEM_ERROR,
	PROBLEM_WARNING,
};

struct problem {
	enum severity severity;
	char *file;		/* owned; NULL when the problem belongs to no file */
	unsigned int line;	/* 0: the file as a whole */
	unsigned int column;	/* in characters, from 1; 0: unknown */
	char *text;		/* owned; one plain English sentence, no full stop */
	char *quote;		/* owned; the text that is wrong, one or more lines, shown below the sentence; NULL: none */
	char *remedy;		/* owned; how to mend it, "shorten it by 6" or "did you mean 'balance'?"; NULL: unknown */
};

struct problem_place {
	char *file;		/* owned */
	unsigned int line;
};

struct problems {
	struct problem *list;			/* owned */
	size_t count;				/* in the list */
	size_t errors;				/* also those that were dropped */
	size_t warnings;			/* in the list */
	size_t complaints;			/* errors added, also those that their places had already */
	struct problem_place *allowed;		/* owned; lines whose warnings the author allows */
	size_t allowed_count;
	bool stop;				/* problems_stop() */
};

/* Add an error at the place of \a at (NULL: no place). Aborts when out of memory. A message that the same place has already is not added
 * again, nor is one after PROBLEMS_MAX. Returns the problem, until the next is added; NULL when it was not added. */
struct problem *problems_add(struct problems *problems, const struct setting *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same at a file and line. \a file may be NULL. */
struct problem *problems_add_at(struct problems *problems, const char *file, unsigned int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same for warnings, which a line may also allow. */
struct problem *problems_warn(struct problems *problems, const struct setting *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
struct problem *problems_warn_at(struct problems *problems, const char *file, unsigned int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Whether a search for problems is to end early, with nothing made of the files: PROBLEMS_MAX errors were found, or nobody waits for
 * the result any more. */
bool problems_end(const struct problems *problems);

/* Let problems_end() be true from now on; another thread may call it. */
void problems_stop(struct problems *problems);

/* Complete a problem that was just added; nothing happens when it is NULL. */
void problem_quote(struct problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));
void problem_remedy(struct problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Suggest the nearest name, if one is near, in place of the remedy so far: "did you mean 'balance'?". */
void problem_suggest(struct problem *problem, const struct text_nearest *nearest);

/* Allow the warnings of a line, those that it has and those that it may get: the author wrote PROBLEMS_ALLOW in a comment there. */
#define PROBLEMS_ALLOW "check: allow"
void problems_allow(struct problems *problems, const char *file, unsigned int line);

/* Sort by file and line; problems of the same place stay in the order they were found. */
void problems_sort(struct problems *problems);

/* Write "file:line:column: text: remedy" and a newline into \a out, truncated to \a size; a warning has "warning: " before its text. With
 * a quote, the text ends with a colon, and the quote and the remedy follow in lines of their own. Returns the untruncated length. */
int problem_print(const struct problem *problem, char *out, size_t size);

/* Write "4 errors, 1 warning in 3 files" into \a out, without a newline; "at least 1000 errors" when more may have been dropped. Returns
 * the untruncated length. */
int problems_summary(const struct problems *problems, char *out, size_t size);

/* Free the contents; \a problems can be used again. */
void problems_fini(struct problems *problems);
