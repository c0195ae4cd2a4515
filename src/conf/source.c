/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads configuration files and their includes: see source.h. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/encoding.h"
#include "conf/source.h"
#include "conf/syntax.h"
#include "starhash/setting.h"
#include "starhash/text.h"

#define DIGITS_MAX 63

/* The position of the scanner in one file. */
struct scan {
	struct source *source;
	struct problems *problems;
	const struct scan *from;	/* the file that includes it; NULL: none */
	struct syntax *syntax;
	const char *file;
	dev_t device;
	ino_t inode;
	unsigned int line;
	const char *line_begin;
	const char *line_text;		/* behind the white space at its beginning */
	unsigned int line_indent;	/* columns of that white space */
	const char *token_end;		/* of the last token */
	const char *copied;		/* the text up to there is copied, or left out */
	const char *pos, *end;		/* *end is '\0' */
};

static int scan_file(struct source *source, const char *path, const struct scan *from, struct syntax *syntax, struct problems *problems);

size_t source_folder_len(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash - file + 1 : 0;
}

/* ---- output text ---- */

static void put(struct source *source, const char *text, size_t len)
{
	if (source->len + len + 1 > source->size) {
		source->size = 2 * (source->len + len + 1);
		source->text = realloc(source->text, source->size);
		if (!source->text)
			abort();
	}
	memcpy(source->text + source->len, text, len);
	source->len += len;
	source->text[source->len] = '\0';
}

/* Copy what was scanned; what is scanned from now on up to copy_on() is left out. */
static void copy_off(struct scan *scan)
{
	put(scan->source, scan->copied, scan->pos - scan->copied);
}

static void copy_on(struct scan *scan)
{
	scan->copied = scan->pos;
}

/* ---- scanning: each function consumes its token at scan->pos; returns -EINVAL after reporting a problem ---- */

static bool at(const struct scan *scan, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(scan->end - scan->pos) >= len && memcmp(scan->pos, word, len) == 0;
}

static void begin_line(struct scan *scan, const char *line)
{
	scan->line_begin = line;
	scan->line_indent = 0;
	for (; *line == ' ' || *line == '\t'; line++)
		scan->line_indent = *line == '\t' ? (scan->line_indent / 8 + 1) * 8 : scan->line_indent + 1;
	scan->line_text = line;
}

/* Give the token from the position to \a end to the grammar. */
static int take_token_to(struct scan *scan, enum token_type type, const char *end)
{
	const struct token token = {
		.type = type, .text = scan->pos, .len = end - scan->pos, .file = scan->file, .line = scan->line,
		.line_text = scan->line_begin, .indent = scan->line_indent, .first = scan->pos == scan->line_text,
		.glued = scan->token_end == scan->pos,
	};

	scan->pos = scan->token_end = end;
	return syntax_take(scan->syntax, &token);
}

/* A comment may allow what a warning is about: in its own line or, when nothing precedes it there, in the next. */
static void take_line_comment(struct scan *scan)
{
	const char *newline = memchr(scan->pos, '\n', scan->end - scan->pos), *text = scan->pos + strspn(scan->pos, "#/ \t");
	const bool alone = scan->pos == scan->line_text;

	copy_off(scan);
	scan->pos = newline ? newline : scan->end;
	copy_on(scan);
	if (!strncmp(text, PROBLEMS_ALLOW, strlen(PROBLEMS_ALLOW)))
		problems_allow(scan->problems, scan->file, scan->line + alone);
}

static void take_newline(struct scan *scan)
{
	begin_line(scan, ++scan->pos);
	scan->line++;
}

static int take_block_comment(struct scan *scan)
{
	unsigned int begun = scan->line;

	copy_off(scan);
	for (scan->pos += 2; scan->pos < scan->end && !at(scan, "*/");) {
		if (*scan->pos == '\n')
			take_newline(scan);
		else
			scan->pos++;
	}
	if (scan->pos == scan->end) {
		problem_remedy(problems_add_at(scan->problems, scan->file, begun, "the comment that begins here has no end"),
			       "add '*/'");
		return -EINVAL;
	}
	scan->pos += 2;
	put(scan->source, " ", 1);
	copy_on(scan);
	return 0;
}

/* A text with line breaks whose end looks like the beginning of the next setting has swallowed what followed it. */
static bool looks_torn(const char *text, const char *end)
{
	while (end > text && strchr(" \t\r\n", end[-1]))
		end--;
	return end > text && strchr("=:,([", end[-1]);
}

/* The end of a string, behind its closing quote; NULL: it has none. */
static const char *string_end(const char *pos, const char *end)
{
	for (pos++; pos < end && *pos != '"'; pos++)
		pos += *pos == '\\' && pos + 1 < end;
	return pos < end ? pos + 1 : NULL;
}

static int take_string(struct scan *scan)
{
	const char *begin = scan->pos, *end = string_end(scan->pos, scan->end), *newline;
	const unsigned int line = scan->line;
	int rc;

	if (!end) {
		syntax_no_string_end(scan->syntax, scan->file, scan->line);
		return -EINVAL;
	}
	rc = take_token_to(scan, TOKEN_STRING, end);
	for (newline = begin; (newline = memchr(newline, '\n', end - newline)); newline++) {
		scan->line++;
		begin_line(scan, newline + 1);
	}
	if (rc == 0 && scan->line > line && looks_torn(begin + 1, end - 1))
		syntax_suspect_string(scan->syntax, scan->file, line);
	return rc;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '*';
}

static int take_name(struct scan *scan)
{
	const char *end = scan->pos;

	while (is_name_char(*end))
		end++;
	return take_token_to(scan, TOKEN_NAME, end);
}

static bool is_number_char(char c, char before)
{
	return isalnum((unsigned char)c) || c == '.' || ((c == '+' || c == '-') && (before == 'e' || before == 'E'));
}

static int take_number(struct scan *scan)
{
	const char *end = scan->pos + 1;

	while (is_number_char(*end, end[-1]))
		end++;
	if (end - scan->pos > DIGITS_MAX) {
		problem_remedy(problems_add_at(scan->problems, scan->file, scan->line, "a number has more than %d digits", DIGITS_MAX),
			       "a text stands in quotes");
		return -EINVAL;
	}
	return take_token_to(scan, TOKEN_NUMBER, end);
}

/* The quoted name after @include, as a path that lives as long as the settings; NULL when missing. */
static char *take_include_name(struct scan *scan)
{
	const char *close;
	size_t folder;
	char *path;

	scan->pos += strlen("@include");
	while (scan->pos < scan->end && (*scan->pos == ' ' || *scan->pos == '\t'))
		scan->pos++;
	if (scan->pos == scan->end || *scan->pos != '"')
		return NULL;
	scan->pos++;
	close = memchr(scan->pos, '"', scan->end - scan->pos);
	if (!close || memchr(scan->pos, '\n', close - scan->pos))
		return NULL;
	folder = *scan->pos == '/' ? 0 : source_folder_len(scan->file);
	path = arena_alloc(&scan->source->arena, folder + (close - scan->pos) + 1);
	memcpy(path, scan->file, folder);
	memcpy(path + folder, scan->pos, close - scan->pos);
	scan->pos = close + 1;
	return path;
}

static int take_include(struct scan *scan)
{
	char *path;

	copy_off(scan);
	path = take_include_name(scan);
	if (!path) {
		problem_remedy(problems_add_at(scan->problems, scan->file, scan->line,
					       "@include must be followed by a file name in quotes"), "write @include \"FILE\"");
		return -EINVAL;
	}
	put(scan->source, "\n", 1);
	if (scan_file(scan->source, path, scan, scan->syntax, scan->problems) < 0)
		return -EINVAL;
	put(scan->source, "\n", 1);
	copy_on(scan);
	return 0;
}

/* Anything else: one character. */
static int take_other(struct scan *scan)
{
	const char *end = scan->pos;

	text_next(&end, scan->end);
	return take_token_to(scan, TOKEN_OTHER, end);
}

/* The most frequent ones first. */
static int take_token(struct scan *scan)
{
	const char c = *scan->pos;

	if (c == ' ' || c == '\t' || c == '\r' || c == '\f')
		scan->pos++;
	else if (c == '\n')
		take_newline(scan);
	else if (c == '"')
		return take_string(scan);
	else if (isalpha((unsigned char)c) || c == '_' || c == '*')
		return take_name(scan);
	else if (c == '=' || c == ':')
		return take_token_to(scan, TOKEN_ASSIGN, scan->pos + 1);
	else if (c == ';' || c == ',')
		return take_token_to(scan, TOKEN_END, scan->pos + 1);
	else if (c == '{' || c == '(' || c == '[')
		return take_token_to(scan, TOKEN_OPEN, scan->pos + 1);
	else if (c == '}' || c == ')' || c == ']')
		return take_token_to(scan, TOKEN_CLOSE, scan->pos + 1);
	else if (isdigit((unsigned char)c) || c == '.' || c == '+' || c == '-')
		return take_number(scan);
	else if (c == '#' || at(scan, "//"))
		take_line_comment(scan);
	else if (at(scan, "/*"))
		return take_block_comment(scan);
	else if (at(scan, "@include"))
		return take_include(scan);
	else
		return take_other(scan);
	return 0;
}

/* ---- files ---- */

/* The file in the same folder whose name is nearest to that of \a path. */
static void suggest_file(struct problem *problem, const char *path)
{
	const size_t folder_len = source_folder_len(path);
	char *folder = folder_len ? strndup(path, folder_len) : strdup(".");
	DIR *files = folder ? opendir(folder) : NULL;
	struct text_nearest nearest = { 0 };
	char best[NAME_MAX + 1];
	struct dirent *file;

	while (files && (file = readdir(files))) {
		text_nearest_try(&nearest, path + folder_len, file->d_name, strlen(file->d_name));
		if (!nearest.best || nearest.best == best)
			continue;
		snprintf(best, sizeof(best), "%s", file->d_name);	/* the next call overwrites it */
		nearest.best = best;
	}
	if (files)
		closedir(files);
	free(folder);
	problem_suggest(problem, &nearest);
}

static int note_refusal(const struct scan *from, const char *path, struct problems *problems, const char *why, bool absent)
{
	struct problem *problem = from ? problems_add_at(problems, from->file, from->line, "cannot include %s: %s", path, why) :
					 problems_add_at(problems, path, 0, "cannot be read: %s", why);

	if (absent && from) {
		problem_remedy(problem, "a path begins at the folder of the file that includes it");
		suggest_file(problem, path);
	}
	return -EINVAL;
}

/* Without O_NONBLOCK, opening a pipe would block until somebody writes to it. */
static int open_regular(const char *path, struct stat *st, const char **why, bool *absent)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	*why = NULL;
	*absent = fd < 0 && errno == ENOENT;
	if (fd < 0 || fstat(fd, st) < 0)
		*why = strerror(errno);
	else if (S_ISDIR(st->st_mode))
		*why = "it is a folder, not a file";
	else if (!S_ISREG(st->st_mode))
		*why = "it is not a regular file";
	else if (st->st_size > SOURCE_FILE_MAX)
		*why = "it is larger than 16 MiB";
	if (!*why)
		return fd;
	if (fd >= 0)
		close(fd);
	return -EINVAL;
}

static const char *read_octets(int fd, char *text, size_t size, size_t *len)
{
	ssize_t got;

	for (*len = 0; *len < size; *len += got) {
		got = read(fd, text + *len, size - *len);
		if (got == 0)
			return NULL;
		if (got < 0 && errno != EINTR)
			return strerror(errno);
		if (got < 0)
			got = 0;
	}
	return "it grew while it was read";
}

/* The first octet that is not UTF-8, or NUL, which no text contains. */
static const char *first_bad(const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *from = text;

		if (*text == '\0' || (text_next(&text, end) == 0xfffd && text - from == 1))
			return from;
	}
	return NULL;
}

/* How to mend a text of which an octet in \a line is not UTF-8: convert the file, or that line if the others are UTF-8. */
static void remedy_encoding(struct problem *problem, const char *path, const char *text, size_t len, const char *bad, unsigned int line)
{
	const char *encoding = encoding_guess(path, text, len), *from = bad, *end = memchr(bad, '\n', text + len - bad);

	if (encoding && (*bad || !strncmp(encoding, "UTF", 3))) {
		problem_remedy(problem, "convert the file by: iconv -f %s -t UTF-8 %s >FILE", encoding, path);
		return;
	}
	end = end ? end : text + len;
	while (from > text && from[-1] != '\n')
		from--;
	encoding = *bad && first_bad(bad + 1, end - bad - 1) ? encoding_guess(path, from, end - from) : NULL;
	if (encoding)
		problem_remedy(problem, "convert this line by: sed -n %up %s | iconv -f %s -t UTF-8", line, path, encoding);
	else
		problem_remedy(problem, "type this character again");
}

static int check_encoding(const char *path, const char *text, size_t len, struct problems *problems)
{
	unsigned int line = 1, column = 1;
	struct problem *problem;
	const char *bad;

	if (text_valid(text, len) && !memchr(text, '\0', len))
		return 0;
	bad = first_bad(text, len);
	for (const char *pos = text; pos < bad; column++) {
		if (text_next(&pos, bad) != '\n')
			continue;
		line++;
		column = 0;
	}
	if (*bad)
		problem = problems_add_at(problems, path, line, "the octet %02X here is not UTF-8", (unsigned char)*bad);
	else
		problem = problems_add_at(problems, path, line, "a zero octet: this is not a text in UTF-8");
	if (problem)
		problem->column = column;
	remedy_encoding(problem, path, text, len, bad, line);
	return -EINVAL;
}

/* Read the file of \a scan. Returns its text, which lives as long as the settings, or NULL after reporting a problem. */
static char *read_file(struct scan *scan, size_t *len)
{
	const char *why;
	struct stat st;
	bool absent;
	int fd = open_regular(scan->file, &st, &why, &absent);
	char *text;

	if (fd < 0) {
		note_refusal(scan->from, scan->file, scan->problems, why, absent);
		return NULL;
	}
	scan->device = st.st_dev;
	scan->inode = st.st_ino;
	text = arena_alloc(&scan->source->arena, st.st_size + 1);
	why = read_octets(fd, text, st.st_size + 1, len);
	close(fd);
	if (!why && scan->source->total + *len > SOURCE_FILE_MAX)
		why = "with all its includes it is larger than 16 MiB";
	if (why)
		note_refusal(scan->from, scan->file, scan->problems, why, false);
	if (why || check_encoding(scan->file, text, *len, scan->problems) < 0)
		return NULL;
	text[*len] = '\0';
	return text;
}

/* A file cannot include itself, directly or through others, nor can includes be nested too deeply. */
static int check_includes(const struct scan *scan)
{
	unsigned int depth = 1;

	for (const struct scan *outer = scan->from; outer; outer = outer->from, depth++) {
		if (outer->device != scan->device || outer->inode != scan->inode)
			continue;
		if (outer == scan->from)
			problem_remedy(problems_add_at(scan->problems, outer->file, outer->line, "%s includes itself", outer->file),
				       "remove this line");
		else
			problem_remedy(problems_add_at(scan->problems, scan->from->file, scan->from->line,
						       "%s includes itself: %s:%u leads here", outer->file, outer->file, outer->line),
				       "remove this line");
		return -EINVAL;
	}
	if (depth <= SOURCE_INCLUDES_MAX)
		return 0;
	problem_remedy(problems_add_at(scan->problems, scan->from->file, scan->from->line, "includes are nested more than %d deep",
				       SOURCE_INCLUDES_MAX), "include the file further out");
	return -EINVAL;
}

/* Whether to read no further: the settings take too much memory, which is reported, or no more errors are wanted. */
static int check_ends(const struct scan *scan)
{
	if (arena_full(&scan->source->arena))
		problem_remedy(problems_add_at(scan->problems, scan->file, scan->line, "the settings up to here need more than %d MB of "
					       "memory", ARENA_MB), "shorten the file");
	return arena_full(&scan->source->arena) || problems_end(scan->problems) ? -EINVAL : 0;
}

static int scan_file(struct source *source, const char *path, const struct scan *from, struct syntax *syntax, struct problems *problems)
{
	struct scan scan = { .source = source, .problems = problems, .from = from, .syntax = syntax, .file = path, .line = 1 };
	size_t len;
	char *text = read_file(&scan, &len);
	int rc;

	if (!text)
		return -EINVAL;
	rc = check_includes(&scan) < 0 ? -EINVAL : syntax_begin_file(syntax);
	source->total += len;
	scan.pos = text;
	scan.end = text + len;
	if (at(&scan, "\xef\xbb\xbf"))
		scan.pos += 3;	/* the byte order mark of some editors */
	begin_line(&scan, scan.pos);
	copy_on(&scan);
	while (rc == 0 && scan.pos < scan.end)
		rc = take_token(&scan) || check_ends(&scan) ? -EINVAL : 0;
	if (rc == 0) {
		copy_off(&scan);
		rc = take_token_to(&scan, TOKEN_FILE_END, scan.end);
	}
	return rc;
}

int source_read(struct source *source, const char *path, struct problems *problems)
{
	const size_t before = problems->errors;
	struct syntax *syntax;
	const char *name;

	if (getrandom(&source->arena.seed, sizeof(source->arena.seed), 0) != sizeof(source->arena.seed))
		abort();
	name = arena_copy(&source->arena, path, strlen(path));
	syntax = syntax_new(&source->arena, name, problems);
	put(source, "", 0);
	if (scan_file(source, name, NULL, syntax, problems) < 0 || problems->errors > before)
		return -EINVAL;
	source->root = syntax_root(syntax);
	return 0;
}

void source_fini(struct source *source)
{
	arena_fini(&source->arena);
	free(source->text);
}
