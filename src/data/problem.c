/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The list of problems of a set of files. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "starhash/setting.h"
#include "starhash/text.h"

static void *must_have(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/* Room for one more element. The capacity doubles whenever the count is a power of two, so it need not be stored. */
static void *grow(void *list, size_t count, size_t size)
{
	return count & (count - 1) ? list : must_have(reallocarray(list, count ? 2 * count : 1, size));
}

/* Messages have names and texts of the author in them, and are read line by line, on terminals: control characters become blanks, but not
 * those in \a except. */
static char *print_text(const char *format, va_list args, const char *except)
{
	char *text, *c;

	if (vasprintf(&text, format, args) < 0)
		abort();
	for (c = text; *c; c++) {
		const unsigned char octet = (unsigned char)*c;

		if (octet == 0xc2 && (c[1] & 0xe0) == 0x80)	/* U+0080 to U+009F */
			c[0] = c[1] = ' ';
		else if ((octet < ' ' || octet == 0x7f) && !strchr(except, octet))
			*c = ' ';
	}
	return text;
}

static int compare_files(const char *a, const char *b)
{
	if (!a || !b)
		return !b - !a;
	return strcmp(a, b);
}

static bool is_allowed(const struct problems *problems, const char *file, unsigned int line)
{
	for (size_t i = 0; i < problems->allowed_count; i++)
		if (problems->allowed[i].line == line && !compare_files(problems->allowed[i].file, file))
			return true;
	return false;
}

static bool is_known(const struct problems *problems, const struct problem *problem)
{
	for (size_t i = problems->count; i-- > 0;) {
		const struct problem *other = &problems->list[i];

		if (other->line == problem->line && other->severity == problem->severity &&
		    !compare_files(other->file, problem->file) && !strcmp(other->text, problem->text))
			return true;
	}
	return false;
}

static size_t count_of(const struct problems *problems, enum severity severity)
{
	return severity == PROBLEM_ERROR ? problems->errors : problems->warnings;
}

static bool is_full(const struct problems *problems, enum severity severity)
{
	return count_of(problems, severity) >= PROBLEMS_MAX;
}

bool problems_end(const struct problems *problems)
{
	return is_full(problems, PROBLEM_ERROR) || __atomic_load_n(&problems->stop, __ATOMIC_RELAXED);
}

void problems_stop(struct problems *problems)
{
	__atomic_store_n(&problems->stop, true, __ATOMIC_RELAXED);
}

/* \a file is borrowed. */
static struct problem *add(struct problems *problems, enum severity severity, const char *file, unsigned int line, const char *format,
			   va_list args)
{
	struct problem problem = { .severity = severity, .file = (char *)file, .line = line };

	problems->complaints += severity == PROBLEM_ERROR;
	if (is_full(problems, severity)) {
		problems->errors += severity == PROBLEM_ERROR;
		return NULL;
	}
	if (severity == PROBLEM_WARNING && is_allowed(problems, file, line))
		return NULL;
	problem.text = print_text(format, args, "");
	if (is_known(problems, &problem)) {
		free(problem.text);
		return NULL;
	}
	if (file)
		problem.file = must_have(strdup(file));
	problems->list = grow(problems->list, problems->count, sizeof(*problems->list));
	problems->list[problems->count] = problem;
	if (severity == PROBLEM_ERROR)
		problems->errors++;
	else
		problems->warnings++;
	return &problems->list[problems->count++];
}

struct problem *problems_add(struct problems *problems, const struct setting *at, const char *format, ...)
{
	struct problem *added;
	va_list args;

	va_start(args, format);
	added = add(problems, PROBLEM_ERROR, at ? at->file : NULL, at ? at->line : 0, format, args);
	va_end(args);
	return added;
}

struct problem *problems_add_at(struct problems *problems, const char *file, unsigned int line, const char *format, ...)
{
	struct problem *added;
	va_list args;

	va_start(args, format);
	added = add(problems, PROBLEM_ERROR, file, line, format, args);
	va_end(args);
	return added;
}

struct problem *problems_warn(struct problems *problems, const struct setting *at, const char *format, ...)
{
	struct problem *added;
	va_list args;

	va_start(args, format);
	added = add(problems, PROBLEM_WARNING, at ? at->file : NULL, at ? at->line : 0, format, args);
	va_end(args);
	return added;
}

struct problem *problems_warn_at(struct problems *problems, const char *file, unsigned int line, const char *format, ...)
{
	struct problem *added;
	va_list args;

	va_start(args, format);
	added = add(problems, PROBLEM_WARNING, file, line, format, args);
	va_end(args);
	return added;
}

void problem_quote(struct problem *problem, const char *format, ...)
{
	va_list args;

	if (!problem)
		return;
	va_start(args, format);
	free(problem->quote);
	problem->quote = print_text(format, args, "\n");
	va_end(args);
}

void problem_remedy(struct problem *problem, const char *format, ...)
{
	va_list args;

	if (!problem)
		return;
	va_start(args, format);
	free(problem->remedy);
	problem->remedy = print_text(format, args, "");
	va_end(args);
}

void problem_suggest(struct problem *problem, const struct text_nearest *nearest)
{
	if (nearest->best)
		problem_remedy(problem, "did you mean '%.*s'?", (int)nearest->len, nearest->best);
}

static void free_problem(struct problem *problem)
{
	free(problem->file);
	free(problem->text);
	free(problem->quote);
	free(problem->remedy);
}

void problems_allow(struct problems *problems, const char *file, unsigned int line)
{
	size_t i, left = 0;

	if (problems->allowed_count == PROBLEMS_ALLOWED_MAX)
		return;
	for (i = 0; i < problems->count; i++) {
		struct problem *problem = &problems->list[i];

		if (problem->severity == PROBLEM_WARNING && problem->line == line && !compare_files(problem->file, file))
			free_problem(problem);
		else
			problems->list[left++] = *problem;
	}
	problems->warnings -= problems->count - left;
	problems->count = left;
	problems->allowed = grow(problems->allowed, problems->allowed_count, sizeof(*problems->allowed));
	problems->allowed[problems->allowed_count++] = (struct problem_place){ .file = must_have(strdup(file)), .line = line };
}

/* A problem and its index: qsort() alone may change the order of equal ones. */
struct ranked {
	struct problem problem;
	size_t rank;
};

static int compare_ranked(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;
	int files = compare_files(a->problem.file, b->problem.file);

	if (files)
		return files;
	if (a->problem.line != b->problem.line)
		return a->problem.line < b->problem.line ? -1 : 1;
	return a->rank < b->rank ? -1 : 1;
}

void problems_sort(struct problems *problems)
{
	struct ranked *ranked;
	size_t i;

	if (problems->count < 2)
		return;
	ranked = must_have(reallocarray(NULL, problems->count, sizeof(*ranked)));
	for (i = 0; i < problems->count; i++)
		ranked[i] = (struct ranked){ .problem = problems->list[i], .rank = i };
	qsort(ranked, problems->count, sizeof(*ranked), compare_ranked);
	for (i = 0; i < problems->count; i++)
		problems->list[i] = ranked[i].problem;
	free(ranked);
}

/* ---- printing ---- */

struct writer {
	char *out;
	size_t size;
	size_t len;		/* untruncated */
};

static void put(struct writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct writer *writer, const char *format, ...)
{
	const size_t used = writer->len < writer->size ? writer->len : writer->size;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(used < writer->size ? writer->out + used : NULL, writer->size - used, format, args);
	va_end(args);
	if (len < 0)
		abort();
	writer->len += (size_t)len;
}

/* Each line of \a text, indented below its message. */
static void put_below(struct writer *writer, const char *text)
{
	while (text && *text) {
		const size_t len = strcspn(text, "\n");

		put(writer, "    %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

int problem_print(const struct problem *problem, char *out, size_t size)
{
	struct writer writer = { .out = out, .size = size };

	if (problem->file)
		put(&writer, "%s:", problem->file);
	if (problem->file && problem->line)
		put(&writer, "%u:", problem->line);
	if (problem->file && problem->line && problem->column)
		put(&writer, "%u:", problem->column);
	put(&writer, "%s%s%s", problem->file ? " " : "", problem->severity == PROBLEM_WARNING ? "warning: " : "", problem->text);
	if (problem->quote) {
		put(&writer, ":\n");
		put_below(&writer, problem->quote);
		put_below(&writer, problem->remedy);
	} else {
		put(&writer, "%s%s\n", problem->remedy ? ": " : "", problem->remedy ? problem->remedy : "");
	}
	return (int)writer.len;
}

static void put_count(struct writer *writer, const struct problems *problems, enum severity severity, const char *noun)
{
	const size_t count = count_of(problems, severity);

	if (count)
		put(writer, "%s%s%zu %s%s", writer->len ? ", " : "", is_full(problems, severity) ? "at least " : "", count, noun,
		    count == 1 ? "" : "s");
}

/* The number of files that have problems. */
static size_t count_files(const struct problems *problems)
{
	size_t count = 0, i, j;

	for (i = 0; i < problems->count; i++) {
		for (j = i; j > 0 && compare_files(problems->list[j - 1].file, problems->list[i].file); j--)
			;
		count += j == 0 && problems->list[i].file;
	}
	return count;
}

int problems_summary(const struct problems *problems, char *out, size_t size)
{
	struct writer writer = { .out = out, .size = size };
	const size_t files = count_files(problems);

	put_count(&writer, problems, PROBLEM_ERROR, "error");
	put_count(&writer, problems, PROBLEM_WARNING, "warning");
	if (!problems->count)
		put(&writer, "no problems");
	if (files)
		put(&writer, " in %zu file%s", files, files == 1 ? "" : "s");
	return (int)writer.len;
}

void problems_fini(struct problems *problems)
{
	size_t i;

	for (i = 0; i < problems->count; i++)
		free_problem(&problems->list[i]);
	free(problems->list);
	for (i = 0; i < problems->allowed_count; i++)
		free(problems->allowed[i].file);
	free(problems->allowed);
	*problems = (struct problems){ 0 };
}
