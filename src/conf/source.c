/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads configuration files and their includes into one text that is safe for libconfig. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "conf/source.h"
#include "starhash/setting.h"
#include "starhash/text.h"

/* The position of the scanner in one file. */
struct scan {
	struct source *source;
	struct problems *problems;
	const char *file;
	unsigned int line;
	const char *begin, *pos, *end;
};

static int scan_file(struct source *source, const char *path, const struct scan *from, struct problems *problems);

size_t source_folder_len(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash - file + 1 : 0;
}

struct source_line source_where(const struct source *source, unsigned int line)
{
	if (line == 0 || source->lines_count == 0)
		return source->lines_count ? source->lines[0] : (struct source_line){ 0 };
	if (line > source->lines_count)
		line = source->lines_count;
	return source->lines[line - 1];
}

/* ---- output text ---- */

static void put(struct source *source, const char *text, size_t len)
{
	if (source->len + len + 1 > source->size) {
		source->size = 2 * (source->len + len + 1);
		source->text = talloc_realloc(source, source->text, char, source->size);
		if (!source->text)
			abort();
	}
	memcpy(source->text + source->len, text, len);
	source->len += len;
	source->text[source->len] = '\0';
}

/* Record the origin of the next line of the text. */
static void put_place(struct source *source, const char *file, unsigned int line)
{
	if (source->lines_count == source->lines_size) {
		source->lines_size = source->lines_size ? 2 * source->lines_size : 64;
		source->lines = talloc_realloc(source, source->lines, struct source_line, source->lines_size);
		if (!source->lines)
			abort();
	}
	source->lines[source->lines_count++] = (struct source_line){ .file = file, .line = line };
}

static void put_newline(struct source *source, const char *file, unsigned int line)
{
	put(source, "\n", 1);
	put_place(source, file, line);
}

/* ---- scanning: each function consumes its token at scan->pos; returns -EINVAL after reporting a problem ---- */

static bool at(const struct scan *scan, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(scan->end - scan->pos) >= len && memcmp(scan->pos, word, len) == 0;
}

/* Whether nothing but white space precedes the position in its line. */
static bool begins_line(const struct scan *scan)
{
	const char *pos = scan->pos;

	while (pos > scan->begin && (pos[-1] == ' ' || pos[-1] == '\t'))
		pos--;
	return pos == scan->begin || pos[-1] == '\n';
}

/* A comment may allow what a warning is about: in its own line or, when nothing precedes it there, in the next. */
static void take_line_comment(struct scan *scan)
{
	const char *newline = memchr(scan->pos, '\n', scan->end - scan->pos), *text = scan->pos;
	const bool alone = begins_line(scan);

	text += strspn(text, "#/ \t");
	scan->pos = newline ? newline : scan->end;
	if ((size_t)(scan->pos - text) >= strlen(PROBLEMS_ALLOW) && !memcmp(text, PROBLEMS_ALLOW, strlen(PROBLEMS_ALLOW)))
		problems_allow(scan->problems, scan->file, scan->line + alone);
}

static void take_newline(struct scan *scan)
{
	scan->pos++;
	scan->line++;
	put_newline(scan->source, scan->file, scan->line);
}

static int take_block_comment(struct scan *scan)
{
	unsigned int begun = scan->line;

	for (scan->pos += 2; scan->pos < scan->end && !at(scan, "*/");) {
		if (*scan->pos == '\n')
			take_newline(scan);
		else
			scan->pos++;
	}
	if (scan->pos == scan->end) {
		problems_add_at(scan->problems, scan->file, begun, "the comment that begins here has no end");
		return -EINVAL;
	}
	scan->pos += 2;
	put(scan->source, " ", 1);
	return 0;
}

/* One character of a string. A line break becomes an escape, because libconfig would count it twice. */
static void take_string_part(struct scan *scan)
{
	size_t len = *scan->pos == '\\' && scan->pos + 1 < scan->end ? 2 : 1;

	if (scan->pos[len - 1] == '\n') {
		scan->line++;
		put(scan->source, len == 2 ? "\\\\\\n" : "\\n", len == 2 ? 4 : 2);
	} else {
		put(scan->source, scan->pos, len);
	}
	scan->pos += len;
}

static int take_string(struct scan *scan)
{
	unsigned int begun = scan->line;

	put(scan->source, scan->pos++, 1);
	while (scan->pos < scan->end && *scan->pos != '"')
		take_string_part(scan);
	if (scan->pos == scan->end) {
		problems_add_at(scan->problems, scan->file, begun, "the string that begins here has no closing quote");
		return -EINVAL;
	}
	put(scan->source, scan->pos++, 1);
	return 0;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '*';
}

static void take_name(struct scan *scan)
{
	const char *start = scan->pos;

	while (scan->pos < scan->end && is_name_char(*scan->pos))
		scan->pos++;
	put(scan->source, start, scan->pos - start);
}

static bool is_number_char(char c, char before)
{
	return isalnum((unsigned char)c) || c == '.' || ((c == '+' || c == '-') && (before == 'e' || before == 'E'));
}

static bool is_hex(const char *digits)
{
	return digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') && digits[2] &&
	       digits[2 + strspn(digits + 2, "0123456789abcdefABCDEF")] == '\0';
}

/* Integers get libconfig's suffix for 64 bits: without it they wrap at 32 bits. */
static int put_number(struct scan *scan, const char *number, size_t len)
{
	const char *digits = number + (*number == '-' || *number == '+');
	bool decimal = *digits && digits[strspn(digits, "0123456789")] == '\0';

	put(scan->source, number, len);
	if (!decimal && !is_hex(number))
		return 0;
	errno = 0;
	strtoll(number, NULL, decimal ? 10 : 16);
	if (errno == ERANGE) {
		problems_add_at(scan->problems, scan->file, scan->line, "the number %s is too large", number);
		return -EINVAL;
	}
	put(scan->source, "L", 1);
	return 0;
}

static int take_number(struct scan *scan)
{
	const char *start = scan->pos++;
	char number[64];
	size_t len;

	while (scan->pos < scan->end && is_number_char(*scan->pos, scan->pos[-1]))
		scan->pos++;
	len = scan->pos - start;
	if (len >= sizeof(number)) {
		problems_add_at(scan->problems, scan->file, scan->line, "a number has more than %zu digits",
				sizeof(number) - 1);
		return -EINVAL;
	}
	memcpy(number, start, len);
	number[len] = '\0';
	return put_number(scan, number, len);
}

static int take_bracket(struct scan *scan)
{
	bool opens = strchr("{([", *scan->pos) != NULL;

	if (opens && ++scan->source->depth > SOURCE_DEPTH_MAX) {
		problems_add_at(scan->problems, scan->file, scan->line,
				"brackets are nested more than %d deep", SOURCE_DEPTH_MAX);
		return -EINVAL;
	}
	/* libconfig reports a surplus closing bracket */
	if (!opens && scan->source->depth > 0)
		scan->source->depth--;
	put(scan->source, scan->pos++, 1);
	return 0;
}

/* The quoted name after @include, as an allocated path; NULL when missing. */
static char *take_include_name(struct scan *scan)
{
	const char *close;
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
	path = talloc_asprintf(scan->source, "%.*s%.*s",
			       *scan->pos == '/' ? 0 : (int)source_folder_len(scan->file), scan->file,
			       (int)(close - scan->pos), scan->pos);
	scan->pos = close + 1;
	return path;
}

static int take_include(struct scan *scan)
{
	char *path = take_include_name(scan);

	if (!path) {
		problems_add_at(scan->problems, scan->file, scan->line,
				"@include must be followed by a file name in quotes");
		return -EINVAL;
	}
	if (scan->source->includes >= SOURCE_INCLUDES_MAX) {
		problems_add_at(scan->problems, scan->file, scan->line,
				"includes are nested more than %d deep: does a file include itself?",
				SOURCE_INCLUDES_MAX);
		return -EINVAL;
	}
	put_newline(scan->source, path, 1);
	if (scan_file(scan->source, path, scan, scan->problems) < 0)
		return -EINVAL;
	put_newline(scan->source, scan->file, scan->line);
	return 0;
}

static int take_token(struct scan *scan)
{
	char c = *scan->pos;

	if (c == '\n')
		take_newline(scan);
	else if (c == '#' || at(scan, "//"))
		take_line_comment(scan);
	else if (at(scan, "/*"))
		return take_block_comment(scan);
	else if (c == '"')
		return take_string(scan);
	else if (at(scan, "@include"))
		return take_include(scan);
	else if (strchr("{([])}", c))
		return take_bracket(scan);
	else if (isdigit((unsigned char)c) || c == '.' || c == '+' || c == '-')
		return take_number(scan);
	else if (is_name_char(c))
		take_name(scan);
	else
		put(scan->source, scan->pos++, 1);
	return 0;
}

/* ---- files ---- */

static int note_refusal(const struct scan *from, const char *path, struct problems *problems, const char *why)
{
	if (from)
		problems_add_at(problems, from->file, from->line, "cannot include %s: %s", path, why);
	else
		problems_add_at(problems, path, 0, "cannot be read: %s", why);
	return -EINVAL;
}

/* Without O_NONBLOCK, opening a pipe would block until somebody writes to it. */
static int open_regular(const char *path, size_t *size, const char **why)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		*why = strerror(errno);
	} else if (S_ISDIR(st.st_mode)) {
		*why = "it is a folder, not a file";
	} else if (!S_ISREG(st.st_mode)) {
		*why = "it is not a regular file";
	} else if (st.st_size > SOURCE_FILE_MAX) {
		*why = "it is larger than 1 MiB";
	} else {
		*size = st.st_size;
		return fd;
	}
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

static const char *judge_text(const struct source *source, const char *text, size_t len)
{
	if (memchr(text, '\0', len))
		return "it contains a zero octet, so it is not a text file";
	if (!text_valid(text, len))
		return "it is not in UTF-8";
	if (source->total + len > SOURCE_TOTAL_MAX)
		return "with all its includes it is larger than 8 MiB";
	return NULL;
}

/* Returns the file's text, or NULL and sets *\a why. */
static char *read_file(struct source *source, const char *path, size_t *len, const char **why)
{
	size_t size;
	int fd = open_regular(path, &size, why);
	char *text;

	if (fd < 0)
		return NULL;
	text = talloc_size(source, size + 1);
	if (!text)
		abort();
	*why = read_octets(fd, text, size + 1, len);
	close(fd);
	if (!*why)
		*why = judge_text(source, text, *len);
	if (!*why) {
		text[*len] = '\0';
		return text;
	}
	talloc_free(text);
	return NULL;
}

static int scan_file(struct source *source, const char *path, const struct scan *from, struct problems *problems)
{
	struct scan scan = { .source = source, .problems = problems, .file = path, .line = 1 };
	const char *why;
	size_t len;
	char *text = read_file(source, path, &len, &why);
	int rc = 0;

	if (!text)
		return note_refusal(from, path, problems, why);
	source->total += len;
	source->includes++;
	scan.begin = scan.pos = text;
	scan.end = text + len;
	if (at(&scan, "\xef\xbb\xbf"))
		scan.pos += 3;	/* the byte order mark of some editors */
	while (rc == 0 && scan.pos < scan.end)
		rc = take_token(&scan);
	source->includes--;
	talloc_free(text);
	return rc;
}

struct source *source_read(void *ctx, const char *path, struct problems *problems)
{
	struct source *source = talloc_zero(ctx, struct source);
	char *name = talloc_strdup(source, path);

	if (!source || !name)
		abort();
	put(source, "", 0);
	put_place(source, name, 1);
	if (scan_file(source, name, NULL, problems) < 0) {
		talloc_free(source);
		return NULL;
	}
	return source;
}
