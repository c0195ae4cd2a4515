/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checks the grammar of configuration files, says what is wrong in the author's terms, and makes the tree of settings. Each token is judged
 * when the one after it is known. */
#include "conf/syntax.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf/source.h"
#include "starhash/arena.h"
#include "starhash/setting.h"
#include "starhash/text.h"

#define RUN_MAX 40	/* octets of the author's text in a message */

enum state {
	STATE_NAME,		/* in a group: a name, or its end */
	STATE_ASSIGN,		/* after a name */
	STATE_VALUE,		/* after '=' */
	STATE_AFTER,		/* in a group, after a value */
	STATE_FIRST,		/* at the beginning of a list */
	STATE_ELEMENT,		/* after ',' in a list */
	STATE_BETWEEN,		/* in a list, after an element */
};

/* An open bracket; the first one stands for the whole configuration. */
struct block {
	char bracket;
	struct setting *set;	/* its name is NULL: an element of a list */
	const char *file;
	unsigned int line;
	unsigned int indent;	/* of its line */
	unsigned int inside;	/* indentation of its first content; 0: unknown */
};

/* A block whose end, or whose content, is indented otherwise than its beginning. */
struct suspect {
	const char *file;	/* NULL: none */
	unsigned int line;	/* of the bracket */
	unsigned int noticed;	/* the line whose indentation is odd */
	char bracket;
	char what[80];		/* describes the block */
};

struct syntax {
	struct arena *arena;
	struct problems *problems;
	struct block blocks[SOURCE_DEPTH_MAX + 1];
	unsigned int depth;		/* of the innermost block; 0: the whole configuration */
	unsigned int base[SOURCE_INCLUDES_MAX];	/* its depth when each open file began */
	unsigned int files;
	enum state state;
	struct token now;		/* the token to be judged; its type is TOKEN_FILE_END when there is none */
	struct token before;
	struct setting *named;		/* whose value is expected */
	struct setting *value;		/* the last one */
	size_t string_len, string_size;	/* of its string, if it has one */
	struct suspect unclosed;	/* the first block that seems not to be closed */
	struct suspect surplus;		/* the first bracket that seems to close too much */
	struct suspect string;
};

static const char closing_of[] = { ['{'] = '}', ['('] = ')', ['['] = ']' };

/* ---- messages ---- */

/* Of a token, in characters, from 1. */
static unsigned int column_of(const struct token *token)
{
	const char *pos = token->line_text;
	unsigned int column = 1;

	for (; pos < token->text; column++)
		text_next(&pos, token->text);
	return column;
}

static int refuse(struct syntax *syntax, const struct token *at, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Report at a token, unless a quote that is missing before it explains the error. */
static int refuse(struct syntax *syntax, const struct token *at, const char *remedy, const char *format, ...)
{
	struct problem *problem;
	char text[512];
	va_list args;

	if (syntax->string.file) {
		syntax_no_string_end(syntax, NULL, 0);
		return -EINVAL;
	}
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	problem = problems_add_at(syntax->problems, at->file, at->line, "%s", text);
	if (problem && at->text)
		problem->column = column_of(at);
	problem_remedy(problem, "%s", remedy);
	return -EINVAL;
}

void syntax_suspect_string(struct syntax *syntax, const char *file, unsigned int line)
{
	if (!syntax->string.file)
		syntax->string = (struct suspect){ .file = file, .line = line };
}

void syntax_no_string_end(struct syntax *syntax, const char *file, unsigned int line)
{
	syntax_suspect_string(syntax, file, line);
	problem_remedy(problems_add_at(syntax->problems, syntax->string.file, syntax->string.line,
				       "the string that begins here has no closing quote"), "add '\"' where the text ends");
}

/* The token as typed, at most RUN_MAX octets of it, cut between characters. */
static const char *quoted(const char *text, size_t len, char out[static RUN_MAX + 4])
{
	const char *pos = text, *cut = text;

	while (pos < text + len) {
		text_next(&pos, text + len);
		if (pos - text <= RUN_MAX)
			cut = pos;
	}
	memcpy(out, text, cut - text);
	strcpy(out + (cut - text), cut < text + len ? "…" : "");
	return out;
}

static const char *word(const struct token *token, char out[static RUN_MAX + 4])
{
	return quoted(token->text, token->len, out);
}

/* From a token to the end of what may be meant as one text: before a ';', a bracket or the end of the line. */
static const char *text_from(const struct token *token, char out[static RUN_MAX + 4])
{
	size_t len = strcspn(token->text, ";,{}()[]\"#\r\n");

	while (len > 0 && (token->text[len - 1] == ' ' || token->text[len - 1] == '\t'))
		len--;
	return quoted(token->text, len, out);
}

/* ---- odd characters ---- */

static const struct look_alike {
	uint32_t c;
	const char *meant;	/* NULL: nothing, it is invisible */
} look_alikes[] = {
	{ 0xa0, " " }, { 0xab, "\"" }, { 0xad, NULL }, { 0xb4, "\"" }, { 0xbb, "\"" }, { 0x37e, ";" }, { 0x60c, "," }, { 0x61b, ";" },
	{ 0x200b, NULL }, { 0x200c, NULL }, { 0x200d, NULL }, { 0x200e, NULL }, { 0x200f, NULL }, { 0x2018, "\"" }, { 0x2019, "\"" },
	{ 0x201a, "\"" }, { 0x201c, "\"" }, { 0x201d, "\"" }, { 0x201e, "\"" }, { 0x2028, " " }, { 0x202a, NULL }, { 0x202b, NULL },
	{ 0x202c, NULL }, { 0x202d, NULL }, { 0x202e, NULL }, { 0x202f, " " }, { 0x2060, NULL }, { 0x2066, NULL }, { 0x2067, NULL },
	{ 0x2068, NULL }, { 0x2069, NULL }, { 0x3000, " " }, { 0x3001, "," }, { 0x3002, ";" }, { 0x300c, "\"" }, { 0x300d, "\"" },
	{ 0x300e, "\"" }, { 0x300f, "\"" }, { 0xfe5b, "{" }, { 0xfe5c, "}" }, { 0xfe66, "=" }, { 0xfeff, NULL }, { 0xff0c, "," },
};

/* What a character is taken for: *\a out is at most one character; "" for invisible ones. NULL: nothing known. */
static const char *meant_by(uint32_t c, char out[static 2])
{
	for (size_t i = 0; i < sizeof(look_alikes) / sizeof(look_alikes[0]); i++)
		if (look_alikes[i].c == c)
			return look_alikes[i].meant ? look_alikes[i].meant : "";
	if (c < 0xff01 || c > 0xff5e)
		return NULL;
	out[0] = (char)(c - 0xff01 + '!');	/* full width */
	out[1] = '\0';
	return out;
}

static int refuse_other(struct syntax *syntax, const struct token *token)
{
	const char *pos = token->text, *meant;
	const uint32_t c = text_next(&pos, token->text + token->len);
	char ascii[2], remedy[RUN_MAX + 32], run[RUN_MAX + 4];

	meant = meant_by(c, ascii);
	if (meant && !*meant)
		return refuse(syntax, token, "remove it", "U+%04X is invisible and has no meaning here", c);
	if (meant) {
		snprintf(remedy, sizeof(remedy), *meant == ' ' ? "type a plain blank" : "write %s", meant);
		if (*meant == ' ')
			return refuse(syntax, token, remedy, "U+%04X looks like a blank, but is none", c);
		return refuse(syntax, token, remedy, "U+%04X '%.*s' is not '%s'", c, (int)token->len, token->text, meant);
	}
	if (c == '\'' || c == '`') {
		snprintf(remedy, sizeof(remedy), "write \"%s\"", quoted(token->text + 1, strcspn(token->text + 1, "'`\n"), run));
		return refuse(syntax, token, remedy, "a text stands in double quotes, not in %c", c);
	}
	if (c < ' ' || c == 0x7f)
		return refuse(syntax, token, "remove it", "the control character U+%04X has no meaning here", c);
	if (syntax->state == STATE_ASSIGN)
		return refuse(syntax, token, "names consist of A to Z, a to z, digits, '_' and '-'", "a name cannot contain '%.*s'",
			      (int)token->len, token->text);
	if (syntax->state == STATE_NAME || syntax->state == STATE_AFTER)
		return refuse(syntax, token, "names consist of A to Z, a to z, digits, '_' and '-', and texts stand in quotes",
			      "'%.*s' has no meaning here", (int)token->len, token->text);
	snprintf(remedy, sizeof(remedy), "write \"%s\"", text_from(token, run));
	return refuse(syntax, token, remedy, "a text stands in quotes");
}

/* ---- blocks ---- */

static struct block *top(struct syntax *syntax)
{
	return &syntax->blocks[syntax->depth];
}

static bool is_list(const struct block *block)
{
	return block->bracket != '{';
}

/* "the '{' of 'home'". */
static void describe(const struct syntax *syntax, unsigned int depth, char *out, size_t size)
{
	const struct block *block = &syntax->blocks[depth];
	char name[RUN_MAX + 4];

	if (block->set->name)
		snprintf(out, size, "the '%c' of '%s'", block->bracket, quoted(block->set->name, strlen(block->set->name), name));
	else if (depth > 1 && block[-1].set->name)
		snprintf(out, size, "the '%c' of an element of '%s'", block->bracket,
			 quoted(block[-1].set->name, strlen(block[-1].set->name), name));
	else
		snprintf(out, size, "the '%c' in this line", block->bracket);
}

static void suspect(struct syntax *syntax, struct suspect *suspect, const struct token *at)
{
	if (suspect->file || !syntax->depth)
		return;
	*suspect = (struct suspect){ .file = top(syntax)->file, .line = top(syntax)->line, .noticed = at->line,
				       .bracket = top(syntax)->bracket };
	describe(syntax, syntax->depth, suspect->what, sizeof(suspect->what));
}

/* The innermost block is not closed, or rather an earlier one whose indentation is odd. \a remedy is for the innermost one. */
static int refuse_unclosed(struct syntax *syntax, const char *remedy)
{
	struct token at = { .file = top(syntax)->file, .line = top(syntax)->line };
	const struct suspect *other = &syntax->unclosed;
	char what[80], add[64];

	if (other->file && !strcmp(other->file, at.file)) {
		at.line = other->line;
		snprintf(add, sizeof(add), "add '%c;' before line %u", closing_of[(unsigned char)other->bracket], other->noticed);
		return refuse(syntax, &at, add, "%s is never closed", other->what);
	}
	describe(syntax, syntax->depth, what, sizeof(what));
	return refuse(syntax, &at, remedy, "%s is never closed", what);
}

static void set_after_value(struct syntax *syntax)
{
	syntax->state = is_list(top(syntax)) ? STATE_BETWEEN : STATE_AFTER;
}

/* A value begins at the token: that of a name, or an element of a list. */
static struct setting *begin_value(struct syntax *syntax, const struct token *token, enum setting_type type)
{
	struct block *block = top(syntax);
	struct setting *set = syntax->named;

	if (is_list(block)) {
		set = arena_alloc(syntax->arena, sizeof(*set));
		set->file = token->file;
		set->line = token->line;
		setting_append(block->set, set);
	}
	set->type = type;
	syntax->named = NULL;
	syntax->value = set;
	return set;
}

/* The same of a plain value, which ends there. */
static int take_plain(struct syntax *syntax, const struct token *token, enum setting_type type)
{
	const struct block *block = top(syntax);

	if (block->bracket == '[' && block->set->child && block->set->child->type != type) {
		problems_add_at(syntax->problems, token->file, token->line, "the elements in [ ] must have one type and cannot be "
				"groups or lists: use ( ) for those");
		return -EINVAL;
	}
	begin_value(syntax, token, type);
	set_after_value(syntax);
	return 0;
}

static int open_block(struct syntax *syntax, const struct token *token)
{
	struct block *outer = top(syntax);
	struct setting *set;

	if (outer->bracket == '[')
		return refuse(syntax, token, "use ( ) for a list of groups or lists",
			      "the elements in [ ] cannot be groups or lists");
	if (syntax->depth == SOURCE_DEPTH_MAX && syntax->unclosed.file)
		return refuse_unclosed(syntax, "");
	if (syntax->depth == SOURCE_DEPTH_MAX)
		return refuse(syntax, token, "is a bracket not closed?", "brackets are nested more than %d deep", SOURCE_DEPTH_MAX);
	set = begin_value(syntax, token, *token->text == '{' ? SETTING_GROUP : SETTING_LIST);
	setting_begin(syntax->arena, set);
	syntax->blocks[++syntax->depth] = (struct block){
		.bracket = *token->text, .set = set, .file = token->file, .line = token->line, .indent = token->indent,
	};
	syntax->state = is_list(top(syntax)) ? STATE_FIRST : STATE_NAME;
	return 0;
}

static int refuse_close(struct syntax *syntax, const struct token *token)
{
	const unsigned int base = syntax->base[syntax->files - 1];
	char remedy[80], what[80];
	unsigned int depth = syntax->depth;

	if (syntax->depth == base) {
		snprintf(remedy, sizeof(remedy), syntax->surplus.file ? "perhaps the one in line %u is too much" : "remove it",
			 syntax->surplus.noticed);
		return refuse(syntax, token, remedy, "'%c' closes nothing: all brackets are closed already", *token->text);
	}
	while (depth > base && closing_of[(unsigned char)syntax->blocks[depth].bracket] != *token->text)
		depth--;
	if (depth > base) {	/* it closes an outer block */
		snprintf(remedy, sizeof(remedy), "add '%c' before the '%c' in line %u",
			 closing_of[(unsigned char)top(syntax)->bracket], *token->text, token->line);
		return refuse_unclosed(syntax, remedy);
	}
	describe(syntax, syntax->depth, what, sizeof(what));
	snprintf(remedy, sizeof(remedy), "write '%c'", closing_of[(unsigned char)top(syntax)->bracket]);
	return refuse(syntax, token, remedy, "'%c' cannot close %s (line %u)", *token->text, what, top(syntax)->line);
}

static int close_block(struct syntax *syntax, const struct token *token)
{
	struct block *block = top(syntax);

	if (syntax->depth == syntax->base[syntax->files - 1] || closing_of[(unsigned char)block->bracket] != *token->text)
		return refuse_close(syntax, token);
	if (token->first && token->line != block->line && token->indent < block->indent)
		suspect(syntax, &syntax->unclosed, token);
	if (token->first && token->line != block->line && token->indent > block->indent)
		suspect(syntax, &syntax->surplus, token);
	syntax->depth--;
	set_after_value(syntax);
	return 0;
}

/* ---- names ---- */

/* A file that is included twice has two names of one text. */
static void report_twice(struct syntax *syntax, const struct token *token, const struct setting *first)
{
	const bool same_file = !strcmp(first->file, token->file);
	struct problem *problem;
	char name[RUN_MAX + 4];

	word(token, name);
	if (same_file && first->file != token->file && first->line == token->line)
		problem_remedy(problems_add_at(syntax->problems, token->file, token->line, "'%s' appears twice in its group: this file is "
					       "included twice", name), "remove one @include");
	else {
		problem = same_file ? problems_add_at(syntax->problems, token->file, token->line, "'%s' appears twice in its group: the "
						      "first one is in line %u", name, first->line) :
				      problems_add_at(syntax->problems, token->file, token->line, "'%s' appears twice in its group: the "
						      "first one is in %s:%u", name, first->file, first->line);
		problem_remedy(problem, "rename or remove one of them");
	}
}

/* Names cannot begin with a digit: in "*5GPLUS" a '*' marks a name that does. */
static void add_named(struct syntax *syntax, const struct token *token)
{
	const size_t mark = token->text[0] == '*' && token->len > 1 && token->text[1] >= '0' && token->text[1] <= '9';
	struct setting *group = top(syntax)->set, *set = arena_alloc(syntax->arena, sizeof(*set));
	const struct setting *first;

	set->name = arena_copy(syntax->arena, token->text + mark, token->len - mark);
	set->file = token->file;
	set->line = token->line;
	first = setting_get(group, set->name);
	if (first)
		report_twice(syntax, token, first);
	else
		setting_append(group, set);
	syntax->named = set;
}

static bool is_word(const struct token *token, const char *word)
{
	return token->len == strlen(word) && !strncasecmp(token->text, word, token->len);
}

static int take_name(struct syntax *syntax, const struct token *token, const struct token *next)
{
	struct block *block = top(syntax);
	char name[RUN_MAX + 4], run[RUN_MAX + 4], remedy[2 * RUN_MAX];

	if (token->first && token->line != block->line && syntax->depth) {
		if (!block->inside && token->indent > block->indent)
			block->inside = token->indent;
		else if (block->inside && token->indent < block->inside)
			suspect(syntax, &syntax->unclosed, token);
	}
	if (!isalpha((unsigned char)*token->text) && *token->text != '*')
		return refuse(syntax, token, "begin it with a letter", "a name cannot begin with '%c', as in '%s'", *token->text,
			      word(token, name));
	if (is_word(token, "true") || is_word(token, "false"))
		return refuse(syntax, token, "choose another", "'%s' cannot be a name", word(token, name));
	if (next->glued && next->type == TOKEN_NUMBER && *next->text == '.') {
		quoted(token->text, strcspn(token->text, " \t\r\n=:;{}()[]"), run);
		return refuse(syntax, token, "write '_' instead", "a name cannot contain '.', as in '%s'", run);
	}
	if (next->type == TOKEN_NAME && next->line == token->line) {
		snprintf(remedy, sizeof(remedy), "write %.*s_%.*s, or '=' after '%.*s'", (int)token->len, token->text, (int)next->len,
			 next->text, (int)token->len, token->text);
		return refuse(syntax, token, token->len + next->len < RUN_MAX / 2 ? remedy : "write '_' instead",
			      "a name cannot contain a blank, as after '%s'", word(token, name));
	}
	add_named(syntax, token);
	syntax->state = STATE_ASSIGN;
	return 0;
}

/* ---- values ---- */

static size_t digits(const char *text, const char *end)
{
	size_t len = 0;

	while (text + len < end && text[len] >= '0' && text[len] <= '9')
		len++;
	return len;
}

/* The mark of 64 bits, "L" or "LL", or nothing. */
static bool is_suffix(const char *text, size_t len)
{
	return len <= 2 && !memcmp(text, "LL", len);
}

/* Whether the text is a number; *\a integer: without a fraction and exponent. */
static bool is_number(const char *text, size_t len, bool *integer)
{
	const char *end = text + len;
	size_t whole, fraction = 0;
	bool point;

	*integer = true;
	if (len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		for (text += 2; text < end && isxdigit((unsigned char)*text); text++)
			;
		return isxdigit((unsigned char)text[-1]) && is_suffix(text, end - text);
	}
	text += *text == '-' || *text == '+';
	whole = digits(text, end);
	text += whole;
	point = text < end && *text == '.';
	if (point) {
		fraction = digits(text + 1, end);
		text += 1 + fraction;
	}
	if (!whole && !fraction)
		return false;
	*integer = !point;
	if (text < end && (*text == 'e' || *text == 'E')) {
		*integer = false;
		text++;
		text += text < end && (*text == '-' || *text == '+');
		return digits(text, end) > 0 && text + digits(text, end) == end;
	}
	return point ? text == end : is_suffix(text, end - text);
}

/* Decimal or hexadecimal, with a sign in front of the first alone; a 0 at the beginning means nothing. */
static int put_integer(struct syntax *syntax, const struct token *token)
{
	const bool hex = token->len > 1 && (token->text[1] == 'x' || token->text[1] == 'X');
	long long number;

	errno = 0;
	number = strtoll(token->text, NULL, hex ? 16 : 10);
	if (errno == ERANGE) {
		problem_remedy(problems_add_at(syntax->problems, token->file, token->line, "the number %.*s is too large", (int)token->len,
					       token->text), "the largest is %lld", LLONG_MAX);
		return -EINVAL;
	}
	if (take_plain(syntax, token, SETTING_INT) < 0)
		return -EINVAL;
	syntax->value->number = number;
	return 0;
}

static int put_fraction(struct syntax *syntax, const struct token *token)
{
	if (take_plain(syntax, token, SETTING_FLOAT) < 0)
		return -EINVAL;
	syntax->value->real = strtod(token->text, NULL);
	return 0;
}

static int take_number(struct syntax *syntax, const struct token *token, const struct token *next)
{
	static const char ends[] = " \t\r\n;,{}()[]\"#";
	size_t len = token->len;
	char run[RUN_MAX + 4], remedy[2 * RUN_MAX];
	bool integer;

	if (next->glued)
		len = strcspn(token->text, ends);
	if (!is_list(top(syntax)) && next->glued && *next->text == ',' && isdigit((unsigned char)next->text[1])) {
		len += 1 + strcspn(next->text + 1, ends);
		return refuse(syntax, token, "write it without ','", "a number cannot contain ',', as in '%s'",
			      quoted(token->text, len, run));
	}
	if (len == token->len && is_number(token->text, len, &integer))
		return integer ? put_integer(syntax, token) : put_fraction(syntax, token);
	snprintf(remedy, sizeof(remedy), "write \"%s\" if it is a text", quoted(token->text, len, run));
	return refuse(syntax, token, remedy, "'%s' is not a number", run);
}

/* A name where a value should be. */
static int take_word(struct syntax *syntax, const struct token *token, const struct token *next)
{
	static const char *const booleans[][2] = {
		{ "yes", "true" }, { "on", "true" }, { "t", "true" }, { "y", "true" }, { "enabled", "true" },
		{ "no", "false" }, { "off", "false" }, { "f", "false" }, { "n", "false" }, { "disabled", "false" },
	};
	char run[RUN_MAX + 4], name[RUN_MAX + 4], remedy[2 * RUN_MAX];

	if (is_word(token, "true") || is_word(token, "false")) {
		if (take_plain(syntax, token, SETTING_BOOL) < 0)
			return -EINVAL;
		syntax->value->number = is_word(token, "true");
		return 0;
	}
	if (next->type == TOKEN_ASSIGN && is_list(top(syntax))) {
		if (token->first && token->indent <= top(syntax)->indent)
			return refuse_unclosed(syntax, "add ')' before the next name");
		return refuse(syntax, token, "put names into { }", "an element of a list has no name, such as '%s'", word(token, name));
	}
	if (next->type == TOKEN_ASSIGN && syntax->named)
		return refuse(syntax, &syntax->before, "write a value after '='", "'%s' has no value", syntax->named->name);
	for (size_t i = 0; i < sizeof(booleans) / sizeof(booleans[0]); i++) {
		if (!is_word(token, booleans[i][0]))
			continue;
		snprintf(remedy, sizeof(remedy), "write %s, or \"%s\" if it is a text", booleans[i][1], word(token, name));
		return refuse(syntax, token, remedy, "'%s' is neither true nor false", name);
	}
	snprintf(remedy, sizeof(remedy), "write \"%s\"", text_from(token, run));
	return refuse(syntax, token, remedy, "a text stands in quotes");
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Room for \a more octets behind the value's string; returns where they belong. A string that grows gets twice what it needs: a hundred
 * thousand of them side by side are copied a few times, not each time. */
static char *string_room(struct syntax *syntax, size_t more)
{
	const char *before = syntax->value->string;
	const size_t len = before ? syntax->string_len : 0, needed = len + more + 1;
	char *text = (char *)before;

	if (!before || needed > syntax->string_size) {
		syntax->string_size = before ? 2 * needed : needed;
		text = arena_alloc(syntax->arena, syntax->string_size);
		if (before)
			memcpy(text, before, len);
	}
	syntax->value->string = text;
	syntax->string_len = len;
	return text + len;
}

/* Append the text between the quotes to the value. A backslash that begins none of these escapes stands for itself. */
static void put_string(struct syntax *syntax, const struct token *token)
{
	const char *from = token->text + 1, *end = token->text + token->len - 1, *escape;
	char *begin = string_room(syntax, end - from), *to = begin;

	while ((escape = memchr(from, '\\', end - from))) {
		memcpy(to, from, escape - from);
		to += escape - from;
		from = escape + 2;
		switch (escape[1]) {
		case 'f': *to++ = '\f'; break;
		case 'n': *to++ = '\n'; break;
		case 'r': *to++ = '\r'; break;
		case 't': *to++ = '\t'; break;
		case '"':
		case '\\': *to++ = escape[1]; break;
		case 'x':
			if (hex_digit(escape[2]) >= 0 && hex_digit(escape[3]) >= 0) {
				*to++ = (char)(hex_digit(escape[2]) << 4 | hex_digit(escape[3]));
				from += 2;
				break;
			}
			/* fall through */
		default:
			*to++ = '\\';
			from = escape + 1;
		}
	}
	memcpy(to, from, end - from);
	to[end - from] = '\0';
	syntax->string_len += strlen(begin);	/* an escape may be a zero octet */
}

static int take_value(struct syntax *syntax, const struct token *token, const struct token *next)
{
	switch (token->type) {
	case TOKEN_STRING:
		if (take_plain(syntax, token, SETTING_STRING) < 0)
			return -EINVAL;
		put_string(syntax, token);
		return 0;
	case TOKEN_NUMBER:
		return take_number(syntax, token, next);
	case TOKEN_OPEN:
		return open_block(syntax, token);
	case TOKEN_NAME:
		return take_word(syntax, token, next);
	default:
		return refuse_other(syntax, token);
	}
}

/* ---- one function for each state ---- */

static int take_in_group(struct syntax *syntax, const struct token *token, const struct token *next)
{
	char name[RUN_MAX + 4], remedy[2 * RUN_MAX];

	switch (token->type) {
	case TOKEN_NAME:
		return take_name(syntax, token, next);
	case TOKEN_CLOSE:
		return close_block(syntax, token);
	case TOKEN_STRING:
		if (next->type == TOKEN_ASSIGN)
			return refuse(syntax, token, "remove the quotes", "a name has no quotes, as in %s", word(token, name));
		return refuse(syntax, token, "write NAME = before it", "a text in a group needs a name");
	case TOKEN_NUMBER:
		if (next->type != TOKEN_ASSIGN || *token->text < '0' || *token->text > '9')
			return refuse(syntax, token, "write NAME = before it", "a number in a group needs a name");
		snprintf(remedy, sizeof(remedy), "write *%s, in which '*' only marks the name", word(token, name));
		return refuse(syntax, token, remedy, "a name cannot begin with a digit, as in '%s'", name);
	case TOKEN_OPEN:
		return refuse(syntax, token, "write NAME = before it; a list of groups stands in ( )", "there is no name before '%c'",
			      *token->text);
	case TOKEN_ASSIGN:
		return refuse(syntax, token, "write a name before it, or remove it", "there is no name before '%c'", *token->text);
	case TOKEN_END:
		return refuse(syntax, token, "remove it", "one '%c' too many", *token->text);
	default:
		return refuse_other(syntax, token);
	}
}

static int take_assign(struct syntax *syntax, const struct token *token, const struct token *next)
{
	char name[RUN_MAX + 4], remedy[2 * RUN_MAX + 16];

	(void)next;
	if (token->type == TOKEN_ASSIGN) {
		syntax->state = STATE_VALUE;
		return 0;
	}
	quoted(syntax->named->name, strlen(syntax->named->name), name);
	if (token->type == TOKEN_OTHER)
		return refuse_other(syntax, token);
	snprintf(remedy, sizeof(remedy), "write %s = …;", name);
	if (token->type == TOKEN_END || token->type == TOKEN_CLOSE || token->type == TOKEN_FILE_END)
		return refuse(syntax, &syntax->before, remedy, "'%s' has no value", name);
	return refuse(syntax, &syntax->before, remedy, "'=' is missing after '%s'", name);
}

static int take_group_value(struct syntax *syntax, const struct token *token, const struct token *next)
{
	if (token->type == TOKEN_ASSIGN)
		return refuse(syntax, token, "remove it", "one '%c' too many", *token->text);
	if (token->type == TOKEN_END || token->type == TOKEN_CLOSE || token->type == TOKEN_FILE_END)
		return refuse(syntax, &syntax->before, "write a value after '='", "'%s' has no value",
			      syntax->named ? syntax->named->name : "");
	return take_value(syntax, token, next);
}

/* Strings side by side become one; without a blank, quotes within a text were meant. */
static void warn_of_strings(struct syntax *syntax, const struct token *token)
{
	if (token->glued)
		problem_remedy(problems_warn_at(syntax->problems, token->file, token->line, "two strings without a blank between them "
						"become one"), "a quote within a text is written \\\"");
	else if (is_list(top(syntax)))
		problem_remedy(problems_warn_at(syntax->problems, token->file, token->line, "two strings without ',' between them become "
						"one element"), "write ',' between them");
}

static int take_after(struct syntax *syntax, const struct token *token, const struct token *next)
{
	char name[RUN_MAX + 4];

	if (syntax->before.type == TOKEN_STRING && token->type == TOKEN_STRING) {
		warn_of_strings(syntax, token);
		put_string(syntax, token);
		return 0;
	}
	if (token->type == TOKEN_OTHER)
		return refuse_other(syntax, token);
	if (token->glued && syntax->before.type == TOKEN_STRING && token->type != TOKEN_END && token->type != TOKEN_CLOSE)
		return refuse(syntax, token, "write \\\" for a quote within the text", "'%s' follows a text without a blank",
			      word(token, name));
	if (token->type == TOKEN_END) {
		syntax->state = STATE_NAME;
		return 0;
	}
	if (token->type == TOKEN_NUMBER || token->type == TOKEN_OPEN)
		return refuse(syntax, token, "write ';' before the next name, or ( ) around several values",
			      "one value is followed by another");
	return take_in_group(syntax, token, next);
}

static int take_element(struct syntax *syntax, const struct token *token, const struct token *next)
{
	const char bracket = top(syntax)->bracket;

	if (token->type == TOKEN_CLOSE && (syntax->state == STATE_FIRST || *token->text != closing_of[(unsigned char)bracket]))
		return close_block(syntax, token);
	if (token->type == TOKEN_CLOSE)
		return refuse(syntax, &syntax->before, "remove it", "one ',' too many before '%c'", *token->text);
	if (token->type == TOKEN_END)
		return refuse(syntax, token, "remove it", "one '%c' too many", *token->text);
	if (token->type == TOKEN_ASSIGN)
		return refuse(syntax, token, "put NAME = VALUE into { }", "there is no name before '%c'", *token->text);
	return take_value(syntax, token, next);
}

static int take_between(struct syntax *syntax, const struct token *token, const struct token *next)
{
	const char closing = closing_of[(unsigned char)top(syntax)->bracket];
	char name[RUN_MAX + 4], remedy[64];

	if (token->type == TOKEN_CLOSE)
		return close_block(syntax, token);
	if (syntax->before.type == TOKEN_STRING && token->type == TOKEN_STRING) {
		warn_of_strings(syntax, token);
		put_string(syntax, token);
		return 0;
	}
	if (token->type == TOKEN_END && *token->text == ',') {
		syntax->state = STATE_ELEMENT;
		return 0;
	}
	if (token->type == TOKEN_END && next->type == TOKEN_CLOSE && *next->text == closing)
		return refuse(syntax, token, "remove it", "one ';' too many before '%c'", closing);
	snprintf(remedy, sizeof(remedy), "add '%c' before the ';' in line %u", closing, token->line);
	if (token->type == TOKEN_END && (next->type == TOKEN_NAME || next->type == TOKEN_CLOSE || next->type == TOKEN_FILE_END))
		return refuse_unclosed(syntax, remedy);
	if (token->type == TOKEN_END)
		return refuse(syntax, token, "write ','", "the elements of a list are separated by ',', not by ';'");
	snprintf(remedy, sizeof(remedy), "add '%c;' before line %u", closing, token->line);
	if (token->type == TOKEN_NAME && next->type == TOKEN_ASSIGN && token->first)
		return refuse_unclosed(syntax, remedy);
	if (token->type == TOKEN_OTHER)
		return refuse_other(syntax, token);
	if (token->glued && syntax->before.type == TOKEN_STRING)
		return refuse(syntax, token, "write \\\" for a quote within the text", "'%s' follows a text without a blank",
			      word(token, name));
	return refuse(syntax, &syntax->before, "write ',' between them", "',' is missing after an element of a list");
}

static int take_file_end(struct syntax *syntax)
{
	const struct token end = syntax->now;

	if (syntax->depth == syntax->base[syntax->files - 1] || syntax->state == STATE_ASSIGN || syntax->state == STATE_VALUE) {
		if (syntax->state == STATE_ASSIGN)
			return take_assign(syntax, &end, &end);
		return syntax->state == STATE_VALUE ? take_group_value(syntax, &end, &end) : 0;
	}
	return refuse_unclosed(syntax, is_list(top(syntax)) ? top(syntax)->bracket == '[' ? "add '];'" : "add ');'" : "add '};'");
}

static int judge(struct syntax *syntax, const struct token *next)
{
	static int (*const take[])(struct syntax *syntax, const struct token *token, const struct token *next) = {
		[STATE_NAME] = take_in_group, [STATE_ASSIGN] = take_assign, [STATE_VALUE] = take_group_value, [STATE_AFTER] = take_after,
		[STATE_FIRST] = take_element, [STATE_ELEMENT] = take_element, [STATE_BETWEEN] = take_between,
	};
	const int rc = syntax->now.text ? take[syntax->state](syntax, &syntax->now, next) : 0;

	syntax->before = syntax->now;
	return rc;
}

int syntax_take(struct syntax *syntax, const struct token *token)
{
	int rc = judge(syntax, token);

	syntax->now = *token;
	if (rc < 0 || token->type != TOKEN_FILE_END)
		return rc;
	rc = take_file_end(syntax);
	syntax->files--;
	syntax->now.text = NULL;	/* the text of the file goes away */
	return rc;
}

int syntax_begin_file(struct syntax *syntax)
{
	const int rc = judge(syntax, &(struct token){ .type = TOKEN_OTHER });

	syntax->now.text = NULL;
	syntax->base[syntax->files++] = syntax->depth;
	return rc;
}

struct syntax *syntax_new(struct arena *arena, const char *file, struct problems *problems)
{
	struct syntax *syntax = arena_alloc(arena, sizeof(*syntax));
	struct setting *root = arena_alloc(arena, sizeof(*root));

	*root = (struct setting){ .type = SETTING_GROUP, .file = file, .line = 1 };
	setting_begin(arena, root);
	syntax->arena = arena;
	syntax->problems = problems;
	syntax->blocks[0] = (struct block){ .bracket = '{', .set = root };
	return syntax;
}

const struct setting *syntax_root(const struct syntax *syntax)
{
	return syntax->blocks[0].set;
}
