/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads configuration files and their includes into one text that is safe for libconfig. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "conf/encoding.h"
#include "conf/source.h"
#include "conf/syntax.h"
#include "starhash/setting.h"
#include "starhash/text.h"

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
	const char *line_text;		/* behind the white space at the beginning of the line */
	unsigned int line_indent;	/* columns of that white space */
	const char *column_of;		/* the position whose column is known */
	unsigned int column;
	const char *token_end;		/* of the last token */
	const char *pos, *end;		/* *end is '\0' */
};

static int scan_file(struct source *source, const char *path, const struct scan *from, struct syntax *syntax, struct problems *problems);

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

static void begin_line(struct scan *scan, const char *line)
{
	scan->column_of = line;
	scan->column = 1;
	scan->line_indent = 0;
	for (; *line == ' ' || *line == '\t'; line++)
		scan->line_indent = *line == '\t' ? (scan->line_indent / 8 + 1) * 8 : scan->line_indent + 1;
	scan->line_text = line;
}

/* The column of a position that is not before an earlier one. */
static unsigned int column_of(struct scan *scan, const char *pos)
{
	for (; scan->column_of < pos; scan->column++)
		text_next(&scan->column_of, pos);
	return scan->column;
}

/* Give the token from the position to \a end to the grammar. */
static int check_token(struct scan *scan, enum token_type type, const char *end)
{
	const struct token token = {
		.type = type, .text = scan->pos, .len = end - scan->pos, .file = scan->file, .line = scan->line,
		.column = column_of(scan, scan->pos), .indent = scan->line_indent, .first = scan->pos == scan->line_text,
		.glued = scan->token_end == scan->pos,
	};

	scan->token_end = end;
	return syntax_take(scan->syntax, &token);
}

/* The same, and copy the token to the output. */
static int take_token_to(struct scan *scan, enum token_type type, const char *end)
{
	const int rc = check_token(scan, type, end);

	put(scan->source, scan->pos, end - scan->pos);
	scan->pos = end;
	return rc;
}

/* A comment may allow what a warning is about: in its own line or, when nothing precedes it there, in the next. */
static void take_line_comment(struct scan *scan)
{
	const char *newline = memchr(scan->pos, '\n', scan->end - scan->pos), *text = scan->pos + strspn(scan->pos, "#/ \t");
	const bool alone = scan->pos == scan->line_text;

	scan->pos = newline ? newline : scan->end;
	if (!strncmp(text, PROBLEMS_ALLOW, strlen(PROBLEMS_ALLOW)))
		problems_allow(scan->problems, scan->file, scan->line + alone);
}

static void take_newline(struct scan *scan)
{
	begin_line(scan, ++scan->pos);
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
		problem_remedy(problems_add_at(scan->problems, scan->file, begun, "the comment that begins here has no end"),
			       "add '*/'");
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
		begin_line(scan, scan->pos + len);
		put(scan->source, len == 2 ? "\\\\\\n" : "\\n", len == 2 ? 4 : 2);
	} else {
		put(scan->source, scan->pos, len);
	}
	scan->pos += len;
}

/* A text with line breaks whose end looks like the beginning of the next setting has swallowed what followed it. */
static bool looks_torn(const char *text, const char *end)
{
	const bool lines = memchr(text, '\n', end - text) != NULL;

	while (end > text && strchr(" \t\r\n", end[-1]))
		end--;
	return lines && end > text && strchr("=:,([", end[-1]);
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
	const char *end = string_end(scan->pos, scan->end);

	if (!end) {
		syntax_no_string_end(scan->syntax, scan->file, scan->line);
		return -EINVAL;
	}
	if (check_token(scan, TOKEN_STRING, end) < 0)
		return -EINVAL;
	if (looks_torn(scan->pos + 1, end - 1))
		syntax_suspect_string(scan->syntax, scan->file, scan->line);
	put(scan->source, scan->pos++, 1);
	while (scan->pos < end - 1)
		take_string_part(scan);
	put(scan->source, scan->pos++, 1);
	return 0;
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
		problem_remedy(problems_add_at(scan->problems, scan->file, scan->line, "the number %s is too large", number),
			       "the largest is %lld", LLONG_MAX);
		return -EINVAL;
	}
	put(scan->source, "L", 1);
	return 0;
}

static int take_number(struct scan *scan)
{
	const char *end = scan->pos + 1;
	char number[64];
	size_t len;

	while (is_number_char(*end, end[-1]))
		end++;
	len = end - scan->pos;
	if (len >= sizeof(number)) {
		problem_remedy(problems_add_at(scan->problems, scan->file, scan->line, "a number has more than %zu digits",
					       sizeof(number) - 1), "a text stands in quotes");
		return -EINVAL;
	}
	memcpy(number, scan->pos, len);
	number[len] = '\0';
	if (check_token(scan, TOKEN_NUMBER, end) < 0)
		return -EINVAL;
	scan->pos = end;
	return put_number(scan, number, len);
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
		problem_remedy(problems_add_at(scan->problems, scan->file, scan->line,
					       "@include must be followed by a file name in quotes"), "write @include \"FILE\"");
		return -EINVAL;
	}
	put_newline(scan->source, path, 1);
	if (scan_file(scan->source, path, scan, scan->syntax, scan->problems) < 0)
		return -EINVAL;
	put_newline(scan->source, scan->file, scan->line);
	return 0;
}

/* Anything else: one character. */
static int take_other(struct scan *scan)
{
	const char *end = scan->pos;

	text_next(&end, scan->end);
	return take_token_to(scan, TOKEN_OTHER, end);
}

static int take_token(struct scan *scan)
{
	char c = *scan->pos;

	if (c == '\n')
		take_newline(scan);
	else if (c == ' ' || c == '\t' || c == '\r' || c == '\f')
		put(scan->source, scan->pos++, 1);
	else if (c == '#' || at(scan, "//"))
		take_line_comment(scan);
	else if (at(scan, "/*"))
		return take_block_comment(scan);
	else if (c == '"')
		return take_string(scan);
	else if (at(scan, "@include"))
		return take_include(scan);
	else if (strchr("{([", c))
		return take_token_to(scan, TOKEN_OPEN, scan->pos + 1);
	else if (strchr("])}", c))
		return take_token_to(scan, TOKEN_CLOSE, scan->pos + 1);
	else if (c == '=' || c == ':')
		return take_token_to(scan, TOKEN_ASSIGN, scan->pos + 1);
	else if (c == ';' || c == ',')
		return take_token_to(scan, TOKEN_END, scan->pos + 1);
	else if (isdigit((unsigned char)c) || c == '.' || c == '+' || c == '-')
		return take_number(scan);
	else if (is_name_char(c))
		return take_name(scan);
	else
		return take_other(scan);
	return 0;
}

/* ---- files ---- */

/* The file in the same folder whose name is nearest to that of \a path. */
static void suggest_file(struct problem *problem, const char *path)
{
	const size_t folder_len = source_folder_len(path);
	char *folder = talloc_strndup(NULL, folder_len ? path : ".", folder_len ? folder_len : 1);
	DIR *files = folder ? opendir(folder) : NULL;
	struct text_nearest nearest = { 0 };
	char best[NAME_MAX + 1];
	struct dirent *file;

	while (files && (file = readdir(files))) {
		text_nearest_try(&nearest, path + folder_len, file->d_name, strlen(file->d_name));
		if (!nearest.best || nearest.best == best)
			continue;
		osmo_strlcpy(best, file->d_name, sizeof(best));	/* the next call overwrites it */
		nearest.best = best;
	}
	if (files)
		closedir(files);
	talloc_free(folder);
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
		*why = "it is larger than 1 MiB";
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
	const char *bad = first_bad(text, len);
	unsigned int line = 1, column = 1;
	struct problem *problem;

	if (!bad)
		return 0;
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

/* Read the file of \a scan. Returns its text, or NULL after reporting a problem. */
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
	text = talloc_size(scan->source, st.st_size + 1);
	if (!text)
		abort();
	why = read_octets(fd, text, st.st_size + 1, len);
	close(fd);
	if (!why && scan->source->total + *len > SOURCE_TOTAL_MAX)
		why = "with all its includes it is larger than 8 MiB";
	if (why)
		note_refusal(scan->from, scan->file, scan->problems, why, false);
	if (why || check_encoding(scan->file, text, *len, scan->problems) < 0) {
		talloc_free(text);
		return NULL;
	}
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
	while (rc == 0 && scan.pos < scan.end)
		rc = take_token(&scan);
	if (rc == 0)
		rc = check_token(&scan, TOKEN_FILE_END, scan.end);
	talloc_free(text);
	return rc;
}

struct source *source_read(void *ctx, const char *path, struct problems *problems)
{
	struct source *source = talloc_zero(ctx, struct source);
	char *name = talloc_strdup(source, path);
	size_t before;

	if (!source || !name)
		abort();
	put(source, "", 0);
	put_place(source, name, 1);
	before = problems->errors;
	if (scan_file(source, name, NULL, syntax_new(source, problems), problems) < 0 || problems->errors > before) {
		talloc_free(source);
		return NULL;
	}
	return source;
}
