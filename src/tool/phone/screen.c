/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Shows pages: in a small frame on a terminal, otherwise as plain text with an empty line after each. */
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "starhash/text.h"
#include "tool/phone/phone.h"

#define FRAME_WIDTH 32

static void put_frame(const struct screen *screen, const char *utf8, const char *ascii)
{
	printf("%s%s%s", screen->colour ? "\033[2m" : "", screen->utf8 ? utf8 : ascii, screen->colour ? "\033[0m" : "");
}

static void put_edge(const struct screen *screen, const char *corner)
{
	char utf8[4 * (FRAME_WIDTH + 1)] = "", ascii[FRAME_WIDTH + 2] = "+";
	int i;

	strcpy(utf8, corner);
	for (i = 0; i < FRAME_WIDTH; i++) {
		strcat(utf8, "─");
		strcat(ascii, "-");
	}
	put_frame(screen, utf8, ascii);
	putchar('\n');
}

/* Show control characters as "?", so that a page cannot control the terminal. */
static void put_line(const char *text, const char *end)
{
	while (text < end) {
		const char *start = text;
		uint32_t c = text_next(&text, end);

		if (text_is_control(c))
			putchar('?');
		else
			fwrite(start, 1, text - start, stdout);
	}
	putchar('\n');
}

static void put_lines(const struct screen *screen, const char *text, size_t len, const char *utf8, const char *ascii)
{
	const char *end = text + len, *newline;

	for (;; text = newline + 1) {
		newline = memchr(text, '\n', end - text);
		put_frame(screen, utf8, ascii);
		put_line(text, newline ? newline : end);
		if (!newline)
			return;
	}
}

void screen_page(const struct screen *screen, const char *text, size_t len)
{
	if (screen->terminal) {
		put_edge(screen, "┌");
		put_lines(screen, text, len, "│ ", "| ");
		put_edge(screen, "└");
	} else {
		fwrite(text, 1, len, stdout);
		fputs("\n\n", stdout);
	}
	fflush(stdout);
}

void screen_notification(const struct screen *screen, const char *text, size_t len)
{
	put_lines(screen, text, len, "* ", "* ");
	fflush(stdout);
}

void screen_prompt(const struct screen *screen, const char *text)
{
	if (!screen->terminal)
		return;
	printf("%s%s%s", screen->colour ? "\033[1m" : "", text, screen->colour ? "\033[0m" : "");
	fflush(stdout);
}

void screen_init(struct screen *screen)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	setlocale(LC_CTYPE, "");
	screen->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	screen->terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	screen->colour = screen->terminal && !(no_color && no_color[0]) && term && strcmp(term, "dumb") != 0;
}
