/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The automaton of a pattern has a position for each character that it names (Glushkov): a set of positions is its state. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "menu/pattern.h"
#include "starhash/text.h"

#define SET_WORDS (PATTERN_POSITIONS_MAX / 64)

struct positions {
	uint64_t words[SET_WORDS];
};

struct pattern {
	struct positions first, last;			/* that a match can begin and end with */
	bool empty;					/* matches the empty answer */
	struct positions of[128];			/* that accept the character */
	struct positions next[PATTERN_POSITIONS_MAX];	/* that can follow */
};

struct parser {
	struct pattern *pattern;
	const char *start, *at;
	unsigned int count;
	struct pattern_error *error;
};

/* A part of the pattern. */
struct part {
	struct positions first, last;
	bool empty;
};

static void add(struct positions *to, const struct positions *more)
{
	unsigned int i;

	for (i = 0; i < SET_WORDS; i++)
		to->words[i] |= more->words[i];
}

/* ---- compiling ---- */

/* Returns false. The first mistake counts. */
static bool refuse(struct parser *parser, const char *from, size_t len, const char *what, const char *remedy)
{
	if (!parser->error->what)
		*parser->error = (struct pattern_error){ what, remedy, from, len };
	return false;
}

/* Let each position of \a next follow each one of \a last. */
static void link_parts(struct parser *parser, const struct positions *last, const struct positions *next)
{
	unsigned int i;

	for (i = 0; i < parser->count; i++)
		if (last->words[i / 64] >> i % 64 & 1)
			add(&parser->pattern->next[i], next);
}

static void append(struct parser *parser, struct part *to, const struct part *more)
{
	link_parts(parser, &to->last, &more->first);
	if (to->empty)
		add(&to->first, &more->first);
	if (!more->empty)
		to->last = more->last;
	else
		add(&to->last, &more->last);
	to->empty &= more->empty;
}

static bool may_be_answered(unsigned int c)
{
	return c >= ' ' && c < 0x7f && c != '`';
}

/* ":digit:]" and so on; 0: no such class. */
static size_t class_of(const char *at, bool out[128])
{
	static const struct {
		const char *name;
		int (*has)(int c);
	} classes[] = {
		{ ":alnum:]", isalnum }, { ":alpha:]", isalpha }, { ":blank:]", isblank }, { ":cntrl:]", iscntrl },
		{ ":digit:]", isdigit }, { ":graph:]", isgraph }, { ":lower:]", islower }, { ":print:]", isprint },
		{ ":punct:]", ispunct }, { ":space:]", isspace }, { ":upper:]", isupper }, { ":xdigit:]", isxdigit },
	};
	size_t i;
	int c;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (strncmp(at, classes[i].name, strlen(classes[i].name)))
			continue;
		for (c = 0; c < 128; c++)
			out[c] |= classes[i].has(c) != 0;
		return strlen(classes[i].name);
	}
	return 0;
}

/* "[^a-z[:digit:]-]", from behind the "[" to behind the "]". */
static bool parse_bracket(struct parser *parser, bool out[128])
{
	const char *open = parser->at - 1, *first;
	const bool inverse = *parser->at == '^';
	unsigned int c, to;
	size_t len;

	parser->at += inverse;
	first = parser->at;
	while (*parser->at && (*parser->at != ']' || parser->at == first)) {
		if (parser->at[0] == '[' && strchr(":.=", parser->at[1]) && parser->at[1]) {
			len = class_of(parser->at + 1, out);
			if (!len)
				return refuse(parser, parser->at, strcspn(parser->at, "]"), "unknown class of characters",
					      "write one such as [:digit:] or [:alpha:]");
			parser->at += 1 + len;
			continue;
		}
		c = to = (unsigned char)*parser->at++;
		if (parser->at[0] == '-' && parser->at[1] && parser->at[1] != ']') {
			to = (unsigned char)parser->at[1];
			parser->at += 2;
		}
		if (to < c)
			return refuse(parser, parser->at - 3, 3, "the range ends before it begins", "exchange its ends");
		for (; c <= to; c++)
			out[c] = true;
	}
	if (!*parser->at)
		return refuse(parser, open, strlen(open), "the [ is not closed", "add the ]");
	parser->at++;
	for (c = 0; inverse && c < 128; c++)
		out[c] = !out[c];
	return true;
}

static bool parse_choice(struct parser *parser, struct part *part);

/* A group, or one character. */
static bool parse_atom(struct parser *parser, struct part *part)
{
	const char *from = parser->at++;
	bool chars[128] = {};
	unsigned int c;

	*part = (struct part){};
	switch (*from) {
	case '(':
		if (!parse_choice(parser, part))
			return false;
		return *parser->at++ == ')' || refuse(parser, from, strlen(from), "the ( is not closed", "add the )");
	case '*':
	case '+':
	case '?':
	case '{':
		return refuse(parser, from, 1, "nothing is repeated", "write what is repeated before it, or [ ] around the character");
	case '\\':
	case '^':
	case '$':
		return refuse(parser, from, 1, "this has no meaning here", *from == '\\' ? "write [ ] around a sign, and [0-9] for a digit"
			      : "leave it out: the whole answer is compared");
	case '[':
		if (!parse_bracket(parser, chars))
			return false;
		break;
	case '.':
		memset(chars, 1, sizeof(chars));
		break;
	default:
		chars[(unsigned char)*from] = true;
	}
	if (parser->count == PATTERN_POSITIONS_MAX)
		return refuse(parser, parser->start, strlen(parser->start), "with every repetition written out it is longer than 256 "
			      "characters", "repeat less, or ask for a 'length' instead");
	for (c = 0; c < 128; c++)
		if (chars[c] && may_be_answered(c))
			parser->pattern->of[c].words[parser->count / 64] |= 1ull << parser->count % 64;
	part->first.words[parser->count / 64] |= 1ull << parser->count % 64;
	part->last = part->first;
	parser->count++;
	return true;
}

/* "{3}", "{1,3}", "{1,}", "{,3}"; *\a most 0: no bound. */
static bool parse_bounds(struct parser *parser, unsigned int *least, unsigned int *most)
{
	const char *from = parser->at++;
	const size_t open = strcspn(from, "}"), len = open + (from[open] != '\0');
	unsigned int *bound = least, digits = 0;

	for (; isdigit((unsigned char)*parser->at) || (*parser->at == ',' && bound == least); parser->at++) {
		if (*parser->at == ',') {
			bound = most;
			continue;
		}
		*bound = *bound * 10 + (*parser->at - '0');
		digits++;
		if (*bound > PATTERN_REPEAT_MAX)
			return refuse(parser, from, len, "a bound above 160", "lower it: no answer is longer");
	}
	if (*parser->at != '}' || !digits)
		return refuse(parser, from, len, "{ is not followed by how often", "write it like {5} or {1,5}");
	if (bound == least)
		*most = *least;
	if (bound == least ? !*least : parser->at[-1] != ',' && *most < (*least ? *least : 1))
		return refuse(parser, from, len, "nothing is so often", "write the lower bound first, and an upper one above 0");
	parser->at++;
	return true;
}

/* An atom and its repetition, which is written out: each copy has positions of its own. */
static bool parse_piece(struct parser *parser, struct part *part)
{
	const char *from = parser->at, *end;
	unsigned int least = 1, most = 1, i;
	struct part copy;

	if (!parse_atom(parser, part))
		return false;
	end = parser->at;
	if (*end == '{') {
		least = most = 0;
		if (!parse_bounds(parser, &least, &most))
			return false;
	} else if (*end && strchr("*+?", *end)) {
		least = *end == '+';
		most = *end == '?';
		parser->at++;
	}
	if (parser->at > end && *parser->at && strchr("*+?{", *parser->at))
		return refuse(parser, from, parser->at + 1 - from, "two repetitions in a row", "remove one of them");
	end = parser->at;
	part->empty |= !least;
	copy = *part;
	for (i = 1; i < (most ? most : least); i++) {
		parser->at = from;
		if (!parse_atom(parser, &copy))
			return false;
		copy.empty |= i >= least;
		append(parser, part, &copy);
	}
	if (!most)
		link_parts(parser, &copy.last, &copy.first);
	parser->at = end;
	return true;
}

/* Branches between "|", up to a ")" or the end. */
static bool parse_choice(struct parser *parser, struct part *part)
{
	struct part branch, piece;

	do {
		parser->at += *parser->at == '|';
		if (!*parser->at || strchr("|)", *parser->at))
			return refuse(parser, parser->at, strlen(parser->at), "an empty part",
				      "write it, or ( )? around what may be missing");
		branch = (struct part){ .empty = true };
		while (*parser->at && !strchr("|)", *parser->at)) {
			if (!parse_piece(parser, &piece))
				return false;
			append(parser, &branch, &piece);
		}
		add(&part->first, &branch.first);
		add(&part->last, &branch.last);
		part->empty |= branch.empty;
	} while (*parser->at == '|');
	return true;
}

const struct pattern *pattern_compile(struct arena *arena, const char *text, struct pattern_error *error)
{
	struct parser parser = { .pattern = arena_alloc(arena, sizeof(*parser.pattern)), .error = error };
	const size_t len = strlen(text);
	const bool head = text[0] == '^', tail = len && text[len - 1] == '$';	/* understood, although not needed */
	struct part whole = {};
	size_t i;

	*error = (struct pattern_error){};
	parser.start = parser.at = arena_copy(arena, text + head, len >= (size_t)head + tail ? len - head - tail : 0);
	for (i = 0; i < len && may_be_answered((unsigned char)text[i]); i++)
		;
	if (i < len)
		refuse(&parser, arena_copy(arena, text + i, len - i), len - i, "only characters of ASCII can be matched, without '`'",
		       "leave it out, or ask for a 'length' or one of a list instead");
	else if (len > PATTERN_OCTETS_MAX)
		refuse(&parser, parser.start, 20, "it is longer than 200 octets", "shorten it");
	else if (parse_choice(&parser, &whole) && *parser.at)
		refuse(&parser, parser.at, strlen(parser.at), "there is no ( before this )", "remove it, or write [)]");
	parser.pattern->first = whole.first;
	parser.pattern->last = whole.last;
	parser.pattern->empty = whole.empty;
	return error->what ? NULL : parser.pattern;
}

/* ---- matching ---- */

bool pattern_matches(const struct pattern *pattern, const char *text, size_t len)
{
	struct positions now = {}, next = pattern->first;
	size_t i;
	unsigned int w;
	uint64_t rest, found = 0;

	for (i = 0; i < len; i++) {
		if ((unsigned char)text[i] >= 128)
			return false;
		now = next;
		next = (struct positions){};
		for (w = 0; w < SET_WORDS; w++) {
			now.words[w] &= pattern->of[(unsigned char)text[i]].words[w];
			for (rest = now.words[w]; rest; rest &= rest - 1)
				add(&next, &pattern->next[w * 64 + (unsigned int)__builtin_ctzll(rest)]);
		}
	}
	for (w = 0; w < SET_WORDS; w++)
		found |= now.words[w] & pattern->last.words[w];
	return len ? found : pattern->empty;
}

/* ---- the widest answer ---- */

/* The character that a position accepts and that takes the most; 0: it accepts none. */
static char widest_char(const struct pattern *pattern, unsigned int position)
{
	char widest = 0, c;

	for (c = ' '; c > 0; c++) {
		if (!(pattern->of[(int)c].words[position / 64] >> position % 64 & 1))
			continue;
		if (text_cost(&c, 1).septets > 1)
			return c;
		widest = widest ? widest : c;
	}
	return widest;
}

/* For each length and each position that ends an answer of this length, the most that it can take, and the position before. */
struct widest_answers {
	char chars[PATTERN_POSITIONS_MAX];
	uint16_t cost[PATTERN_ANSWER_MAX][PATTERN_POSITIONS_MAX];	/* 0: none ends here */
	uint8_t before[PATTERN_ANSWER_MAX][PATTERN_POSITIONS_MAX];
};

size_t pattern_widest(const struct pattern *pattern, bool septets, char out[static PATTERN_ANSWER_MAX + 1])
{
	struct widest_answers *found = calloc(1, sizeof(*found));
	unsigned int i, to, len, best_end = 0, most = 0;
	uint8_t weight[PATTERN_POSITIONS_MAX];
	size_t best_len = 0;

	if (!found)
		abort();
	for (i = 0; i < PATTERN_POSITIONS_MAX; i++) {
		found->chars[i] = widest_char(pattern, i);
		weight[i] = septets && found->chars[i] ? text_cost(&found->chars[i], 1).septets : 1;
		if (found->chars[i] && pattern->first.words[i / 64] >> i % 64 & 1)
			found->cost[0][i] = weight[i];
	}
	for (len = 1; len <= PATTERN_ANSWER_MAX; len++)
		for (i = 0; i < PATTERN_POSITIONS_MAX; i++) {
			const unsigned int cost = found->cost[len - 1][i];

			if (cost > most && pattern->last.words[i / 64] >> i % 64 & 1) {
				most = cost;
				best_len = len;
				best_end = i;
			}
			for (to = 0; cost && len < PATTERN_ANSWER_MAX && to < PATTERN_POSITIONS_MAX; to++)
				if (found->chars[to] && pattern->next[i].words[to / 64] >> to % 64 & 1 &&
				    cost + weight[to] > found->cost[len][to]) {
					found->cost[len][to] = (uint16_t)(cost + weight[to]);
					found->before[len][to] = (uint8_t)i;
				}
		}
	out[best_len] = '\0';
	for (len = (unsigned int)best_len; len; len--) {
		out[len - 1] = found->chars[best_end];
		best_end = found->before[len - 1][best_end];
	}
	free(found);
	return best_len;
}
