/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The grammar of configuration files, which is that of libconfig: takes token by token, and makes the tree of settings. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct problems;
struct setting;

enum token_type {
	TOKEN_NAME,		/* also true and false, and texts without quotes */
	TOKEN_NUMBER,		/* begins like one */
	TOKEN_STRING,
	TOKEN_OPEN,		/* { ( [ */
	TOKEN_CLOSE,		/* } ) ] */
	TOKEN_ASSIGN,		/* = : */
	TOKEN_END,		/* ; , */
	TOKEN_OTHER,		/* one character that belongs to nothing */
	TOKEN_FILE_END,
};

struct token {
	enum token_type type;
	const char *text;	/* in the file, which is zero-terminated */
	size_t len;
	const char *file;
	unsigned int line;
	const char *line_text;	/* the beginning of the line */
	unsigned int indent;	/* columns of white space before the first token of the line */
	bool first;		/* in its line */
	bool glued;		/* directly after the token before it */
};

struct syntax;

/* \a arena: of the checker and of the tree. \a file: its first file; this, and the files of all tokens, must live as long. */
struct syntax *syntax_new(struct arena *arena, const char *file, struct problems *problems);

/* The whole configuration, once its last token was taken without an error. */
const struct setting *syntax_root(const struct syntax *syntax);

/* A file begins, perhaps within another one, at most SOURCE_INCLUDES_MAX deep; each ends with a TOKEN_FILE_END and closes the brackets that
 * it opens. -EINVAL after an error before it. */
int syntax_begin_file(struct syntax *syntax);

/* Take the next token. The file's text must live until its end was taken. -EINVAL after an error; then nothing more may be taken. */
int syntax_take(struct syntax *syntax, const struct token *token);

/* A string that began on \a line contains line breaks and looks as if its closing quote were missing: if an error follows, that is why. */
void syntax_suspect_string(struct syntax *syntax, const char *file, unsigned int line);

/* Report that a string begun there has no end, or an earlier suspect. */
void syntax_no_string_end(struct syntax *syntax, const char *file, unsigned int line);
