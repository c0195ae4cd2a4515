/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* journal/: call data records, from the loop to a file. Start with journal.c.
 *
 * Print a call data record as one line of JSON, and parse such a line: both by the table of members. Names come from files that people
 * edit; whatever these contain, the line is valid JSON in valid UTF-8. Runs in a thread: no logging, no talloc. */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "journal/journal_internal.h"
#include "starhash/calendar.h"
#include "starhash/log.h"
#include "starhash/text.h"

#define PSEUDONYM_OCTETS 8
#define PSEUDONYM_MIN 16	/* libsodium makes no shorter ones; ours is its beginning */

/* In the order of a line. */
enum member {
	MEMBER_TIME,
	MEMBER_CHANNEL,
	MEMBER_CODE,
	MEMBER_MSISDN,
	MEMBER_IMSI,
	MEMBER_LANGUAGE,
	MEMBER_MENU,
	MEMBER_TURNS,
	MEMBER_PATH,
	MEMBER_PATH_LEFT_OUT,
	MEMBER_WAITS_MS,
	MEMBER_OUTCOME,
	MEMBER_TOOK_MS,
	MEMBER_SLOWEST_MS,
	MEMBER_REF,
	MEMBER_COUNT
};

#define MEMBER(id, text, ...) [MEMBER_##id] = { .name = text, .head = "\"" text "\":", .len = sizeof(text) + 2, __VA_ARGS__ }

static const struct {
	const char *name, *head;	/* head: as in the line, up to the colon */
	uint8_t len;			/* of the head */
	bool optional;
} members[MEMBER_COUNT] = {
	MEMBER(TIME, "time"),
	MEMBER(CHANNEL, "channel"),
	MEMBER(CODE, "code"),
	MEMBER(MSISDN, "msisdn", .optional = true),
	MEMBER(IMSI, "imsi", .optional = true),
	MEMBER(LANGUAGE, "language"),
	MEMBER(MENU, "menu"),
	MEMBER(TURNS, "turns"),
	MEMBER(PATH, "path"),
	MEMBER(PATH_LEFT_OUT, "path_left_out", .optional = true),
	MEMBER(WAITS_MS, "waits_ms", .optional = true),
	MEMBER(OUTCOME, "outcome"),
	MEMBER(TOOK_MS, "took_ms"),
	MEMBER(SLOWEST_MS, "slowest_ms"),
	MEMBER(REF, "ref", .optional = true),
};

static const struct {
	const char *name;
	enum cdr_end end;
} outcomes[CDR_OUTCOME_COUNT] = {
	[CDR_NONE] = { "none", CDR_END_FAILED },
	[CDR_DONE] = { "done", CDR_END_WELL },
	[CDR_BY_MESSAGE] = { "by_message", CDR_END_WELL },
	[CDR_SAVED] = { "saved", CDR_END_WELL },
	[CDR_NOTIFICATION] = { "notification", CDR_END_WELL },
	[CDR_LATE] = { "late", CDR_END_WELL },
	[CDR_UNKNOWN] = { "unknown", CDR_END_REFUSED },
	[CDR_STRAY] = { "stray", CDR_END_REFUSED },
	[CDR_GONE] = { "gone", CDR_END_ABANDONED },
	[CDR_REPLACED] = { "replaced", CDR_END_ABANDONED },
	[CDR_SILENCE] = { "silence", CDR_END_TIMED_OUT },
	[CDR_CHANGED] = { "changed", CDR_END_FAILED },
	[CDR_UNAVAILABLE] = { "unavailable", CDR_END_FAILED },
	[CDR_UNCERTAIN] = { "uncertain", CDR_END_FAILED },
	[CDR_STOPPED] = { "stopped", CDR_END_FAILED },
};

const char *cdr_outcome_name(enum cdr_outcome outcome)
{
	return outcomes[outcome].name;
}

enum cdr_end cdr_outcome_end(enum cdr_outcome outcome)
{
	return outcomes[outcome].end;
}

/* ---- printing ---- */

struct printer {
	char *at, *end;
	bool full;
};

static void put(struct printer *printer, const char *octets, size_t len)
{
	printer->full |= (size_t)(printer->end - printer->at) < len;
	if (printer->full)
		return;
	memcpy(printer->at, octets, len);
	printer->at += len;
}

static bool is_plain(char octet)
{
	return (unsigned char)octet >= ' ' && (unsigned char)octet < 0x80 && octet != '"' && octet != '\\';
}

/* What is not valid UTF-8 becomes U+FFFD. */
static void put_character(struct printer *printer, uint32_t character)
{
	static const char escapes[] = "\"\\bfnrt", meant[] = "\"\\\b\f\n\r\t";
	const char *escape = character && character < 0x80 ? strchr(meant, (int)character) : NULL;
	char text[8];

	if (escape)
		put(printer, (const char[]){ '\\', escapes[escape - meant] }, 2);
	else if (character < ' ')
		put(printer, text, (size_t)snprintf(text, sizeof(text), "\\u%04x", character));
	else
		put(printer, text, text_put(character, text));
}

static void put_text(struct printer *printer, const char *text)
{
	const char *end = text + strlen(text), *plain;

	put(printer, "\"", 1);
	while (text < end) {
		for (plain = text; plain < end && is_plain(*plain); plain++)
			;
		put(printer, text, plain - text);
		text = plain;
		if (text < end)
			put_character(printer, text_next(&text, end));
	}
	put(printer, "\"", 1);
}

/* At least \a width digits. */
static void put_number(struct printer *printer, uint64_t number, unsigned int width)
{
	char digits[20], *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number || at > digits + sizeof(digits) - width);
	put(printer, at, digits + sizeof(digits) - at);
}

/* \a ms since 1970: the time of a wall clock, which is not negative. */
static void put_time(struct printer *printer, int64_t ms)
{
	const int64_t date = calendar_date(ms / 86400000), second = ms / 1000 % 86400;
	const struct {
		int64_t number;
		unsigned int width;
		const char *after;
	} parts[] = {
		{ date / 10000, 4, "-" }, { date / 100 % 100, 2, "-" }, { date % 100, 2, "T" }, { second / 3600, 2, ":" },
		{ second / 60 % 60, 2, ":" }, { second % 60, 2, "." }, { ms % 1000, 3, "Z" },
	};

	put(printer, "\"", 1);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		put_number(printer, (uint64_t)parts[i].number, parts[i].width);
		put(printer, parts[i].after, 1);
	}
	put(printer, "\"", 1);
}

void journal_pseudonym(const unsigned char key[static JOURNAL_KEY_SIZE], const char *number, char out[static JOURNAL_PSEUDONYM_SIZE])
{
	unsigned char hash[PSEUDONYM_MIN];

	_Static_assert(JOURNAL_PSEUDONYM_SIZE == 2 * PSEUDONYM_OCTETS + 1, "hexadecimal digits and the zero");
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)number, strlen(number), key, JOURNAL_KEY_SIZE);
	sodium_bin2hex(out, JOURNAL_PSEUDONYM_SIZE, hash, PSEUDONYM_OCTETS);
}

/* A number has the same pseudonym until the key changes; without the key, nobody can find the number from it. */
static void put_subscriber(struct printer *printer, const struct number_style *style, const char *number)
{
	char text[MASKED_SIZE];

	_Static_assert(MASKED_SIZE >= JOURNAL_PSEUDONYM_SIZE, "room for a pseudonym");
	if (style->numbers == NUMBERS_PSEUDONYM)
		journal_pseudonym(style->key, number, text);
	else if (style->numbers == NUMBERS_MASKED)
		log_masked(number, text);
	put_text(printer, style->numbers == NUMBERS_CLEAR ? number : text);
}

static void put_path(struct printer *printer, const struct cdr *cdr)
{
	for (unsigned int i = 0; i < cdr->path_count; i++) {
		put(printer, i ? "," : "[", 1);
		put_text(printer, cdr->path[i]);
	}
	put(printer, cdr->path_count ? "]" : "[]", cdr->path_count ? 1 : 2);
}

static void put_waits(struct printer *printer, const struct cdr *cdr)
{
	for (unsigned int i = 0; i < cdr->path_count; i++) {
		put(printer, i ? "," : "[", 1);
		put_number(printer, cdr->waits_ms[i], 1);
	}
	put(printer, "]", 1);
}

static void put_menu(struct printer *printer, uint32_t menu)
{
	char text[9];

	snprintf(text, sizeof(text), "%08x", menu);
	put_text(printer, text);
}

static void put_value(struct printer *printer, enum member member, const struct number_style *style, const struct cdr *cdr)
{
	switch (member) {
	case MEMBER_TIME: put_time(printer, cdr->began_ms); break;
	case MEMBER_CHANNEL: put_text(printer, cdr->channel); break;
	case MEMBER_CODE: put_text(printer, cdr->code); break;
	case MEMBER_MSISDN: put_subscriber(printer, style, cdr->subscriber.msisdn); break;
	case MEMBER_IMSI: put_subscriber(printer, style, cdr->subscriber.imsi); break;
	case MEMBER_LANGUAGE: put_text(printer, cdr->language); break;
	case MEMBER_MENU: put_menu(printer, cdr->menu); break;
	case MEMBER_TURNS: put_number(printer, cdr->turns, 1); break;
	case MEMBER_PATH: put_path(printer, cdr); break;
	case MEMBER_PATH_LEFT_OUT: put_number(printer, cdr->path_left_out, 1); break;
	case MEMBER_WAITS_MS: put_waits(printer, cdr); break;
	case MEMBER_OUTCOME: put_text(printer, outcomes[cdr->outcome].name); break;
	case MEMBER_TOOK_MS: put_number(printer, cdr->took_ms, 1); break;
	case MEMBER_SLOWEST_MS: put_number(printer, cdr->slowest_ms, 1); break;
	case MEMBER_REF: put_text(printer, cdr->ref); break;
	default: break;
	}
}

static bool has(const struct cdr *cdr, enum member member)
{
	switch (member) {
	case MEMBER_MSISDN: return cdr->subscriber.msisdn[0];
	case MEMBER_IMSI: return cdr->subscriber.imsi[0] && !cdr->subscriber.msisdn[0];
	case MEMBER_PATH_LEFT_OUT: return cdr->path_left_out;
	case MEMBER_WAITS_MS: return cdr->waits_ms && cdr->path_count;
	case MEMBER_REF: return cdr->ref;
	default: return true;
	}
}

size_t line_print(const struct number_style *style, const struct cdr *cdr, char *out, size_t size)
{
	/* what cannot be parsed is not written */
	struct printer printer = { .at = out, .end = out + (size < CDR_LINE_MAX ? size : CDR_LINE_MAX) };

	for (enum member member = 0; member < MEMBER_COUNT; member++) {
		if (!has(cdr, member))
			continue;
		put(&printer, member ? "," : "{", 1);
		put(&printer, members[member].head, members[member].len);
		put_value(&printer, member, style, cdr);
	}
	put(&printer, "}\n", 2);
	return printer.full ? 0 : printer.at - out;
}

/* ---- parsing ---- */

struct parser {
	const char *at, *end;
	char *room;			/* the line's length bounds what it takes */
};

static bool take(struct parser *parser, char octet)
{
	if (parser->at == parser->end || *parser->at != octet)
		return false;
	parser->at++;
	return true;
}

static int hex_digit(char octet)
{
	return octet >= '0' && octet <= '9' ? octet - '0' : octet >= 'a' && octet <= 'f' ? octet - 'a' + 10 :
	       octet >= 'A' && octet <= 'F' ? octet - 'A' + 10 : -1;
}

/* Exactly \a count digits. */
static bool take_hex(struct parser *parser, unsigned int count, uint32_t *value)
{
	*value = 0;
	if ((size_t)(parser->end - parser->at) < count)
		return false;
	while (count--) {
		const int digit = hex_digit(*parser->at++);

		if (digit < 0)
			return false;
		*value = *value << 4 | (uint32_t)digit;
	}
	return true;
}

static bool take_number(struct parser *parser, uint32_t *value)
{
	const char *first = parser->at;
	uint64_t number = 0;

	while (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9' && number <= UINT32_MAX)
		number = number * 10 + (uint64_t)(*parser->at++ - '0');
	*value = (uint32_t)number;
	return parser->at > first && number <= UINT32_MAX;
}

/* One character after a backslash; of UTF-16, both halves. No zero: texts end with it. */
static bool take_escape(struct parser *parser)
{
	static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char octet = parser->at < parser->end ? *parser->at++ : '\0';
	const char *escape = octet ? strchr(escapes, octet) : NULL;
	uint32_t high, low;

	if (escape) {
		*parser->room++ = meant[escape - escapes];
		return true;
	}
	if (octet != 'u' || !take_hex(parser, 4, &high) || !high)
		return false;
	if (high >= 0xd800 && high < 0xe000) {
		if (high >= 0xdc00 || !take(parser, '\\') || !take(parser, 'u') || !take_hex(parser, 4, &low) || low < 0xdc00 ||
		    low >= 0xe000)
			return false;
		high = 0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00));
	}
	parser->room += text_put(high, parser->room);
	return true;
}

static bool take_text(struct parser *parser, const char **text)
{
	*text = parser->room;
	if (!take(parser, '"'))
		return false;
	while (parser->at < parser->end) {
		const unsigned char octet = (unsigned char)*parser->at++;

		if (octet == '"') {
			*parser->room++ = '\0';
			return true;
		}
		if (octet < ' ' || (octet == '\\' && !take_escape(parser)))
			return false;
		if (octet != '\\')
			*parser->room++ = (char)octet;
	}
	return false;
}

static bool take_time(struct parser *parser, int64_t *ms)
{
	static const char shape[] = "\"0000-00-00T00:00:00.000Z\"";
	const char *at = parser->at + 1;
	int64_t year, month, day, hour, minute, second;

	if (!calendar_shaped(parser->at, parser->end - parser->at < (ptrdiff_t)sizeof(shape) - 1 ? 0 : sizeof(shape) - 1, shape))
		return false;
	parser->at += sizeof(shape) - 1;
	year = calendar_number(at, 4);
	month = calendar_number(at + 5, 2);
	day = calendar_number(at + 8, 2);
	hour = calendar_number(at + 11, 2);
	minute = calendar_number(at + 14, 2);
	second = calendar_number(at + 17, 2);
	*ms = (((calendar_days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000 + calendar_number(at + 20, 3);
	return *ms >= 0 && calendar_has(year, month, day) && hour < 24 && minute < 60 && second < 60;
}

static bool take_path(struct parser *parser, struct cdr_line *line)
{
	line->cdr.path_count = 0;
	if (!take(parser, '['))
		return false;
	if (take(parser, ']'))
		return true;
	do {
		if (line->cdr.path_count == CDR_PATH_MAX || !take_text(parser, &line->path[line->cdr.path_count++]))
			return false;
	} while (take(parser, ','));
	return take(parser, ']');
}

/* One for each page of the path, which is not empty. */
static bool take_waits(struct parser *parser, struct cdr_line *line)
{
	for (unsigned int i = 0; i < line->cdr.path_count; i++)
		if (!take(parser, i ? ',' : '[') || !take_number(parser, &line->waits_ms[i]))
			return false;
	line->cdr.waits_ms = line->waits_ms;
	return line->cdr.path_count && take(parser, ']');
}

static bool take_outcome(struct parser *parser, enum cdr_outcome *outcome)
{
	const char *name;

	if (!take_text(parser, &name))
		return false;
	for (*outcome = CDR_NONE + 1; *outcome < CDR_OUTCOME_COUNT; (*outcome)++)
		if (!strcmp(name, outcomes[*outcome].name))
			return true;
	return false;
}

static bool take_value(struct parser *parser, enum member member, struct cdr_line *line)
{
	struct cdr *cdr = &line->cdr;

	switch (member) {
	case MEMBER_TIME: return take_time(parser, &cdr->began_ms);
	case MEMBER_CHANNEL: return take_text(parser, &cdr->channel);
	case MEMBER_CODE: return take_text(parser, &cdr->code);
	case MEMBER_IMSI:
		line->by_imsi = true;
		/* fall through */
	case MEMBER_MSISDN: return take_text(parser, &line->number);
	case MEMBER_LANGUAGE: return take_text(parser, &cdr->language);
	case MEMBER_MENU: return take(parser, '"') && take_hex(parser, 8, &cdr->menu) && take(parser, '"');
	case MEMBER_TURNS: return take_number(parser, &cdr->turns);
	case MEMBER_PATH: return take_path(parser, line);
	case MEMBER_PATH_LEFT_OUT: return take_number(parser, &cdr->path_left_out);
	case MEMBER_WAITS_MS: return take_waits(parser, line);
	case MEMBER_OUTCOME: return take_outcome(parser, &cdr->outcome);
	case MEMBER_TOOK_MS: return take_number(parser, &cdr->took_ms);
	case MEMBER_SLOWEST_MS: return take_number(parser, &cdr->slowest_ms);
	case MEMBER_REF: return take_text(parser, &cdr->ref);
	default: return false;
	}
}

/* Continues with "," and the member's name, if that is the next one. */
static bool take_head(struct parser *parser, enum member member)
{
	const size_t len = members[member].len;

	if ((size_t)(parser->end - parser->at) <= len || parser->at[0] != (member ? ',' : '{') ||
	    memcmp(parser->at + 1, members[member].head, len) != 0)
		return false;
	parser->at += len + 1;
	return true;
}

const char *cdr_line_parse(struct cdr_line *line, const char *text, size_t len)
{
	struct parser parser = { .at = text, .end = text + len, .room = line->room };

	if (len >= CDR_LINE_MAX)
		return "end";
	line->cdr = (struct cdr){ .path = line->path };
	line->number = "";
	line->by_imsi = false;
	for (enum member member = 0; member < MEMBER_COUNT; member++) {
		if (take_head(&parser, member) ? !take_value(&parser, member, line) : !members[member].optional)
			return members[member].name;
	}
	return take(&parser, '}') && parser.at == parser.end ? NULL : "end";
}
