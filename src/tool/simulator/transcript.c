/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Plays a transcript on a simulator, and compares or records the phone's output. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "menu/former.h"
#include "starhash/number.h"
#include "starhash/text.h"
#include "tool/simulator/scenario.h"
#include "tool/simulator/stand_ins.h"
#include "tool/simulator/transcript.h"

#define START_TIME 1795176000	/* 2026-11-20 12:00 UTC */
#define LINE_MAX_OCTETS 4096
#define USE_DEPTH_MAX 4
#define REFS_MAX 64
#define DAY_S 86400
#define DAYS_MAX 366
#define SILENT "billing silent"
#define SURVEYS "surveys"
#define REF_LEN (REF_TEXT_SIZE - 1)

struct play {
	const struct transcript_settings *settings;
	const char *path;		/* of the file being read */
	unsigned int line;
	unsigned int depth;		/* of nested "use" lines */
	struct scenario *scenario;
	struct stand_ins *stand_ins;
	struct simulator *simulator;		/* NULL before the first event */
	bool orders_wait, surveys;
	char *event;			/* the last event's line; NULL: none yet */
	unsigned int event_line;
	char *expected;			/* the lines that followed it */
	char refs[REFS_MAX][REF_TEXT_SIZE];	/* as shown, in order of appearance */
	unsigned int refs_count;
	bool played;			/* there was an event */
	bool failed;
};

static void complain(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void complain(struct play *play, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%u: ", play->path, play->line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	play->failed = true;
}

/* ---- reference numbers ---- */

static bool is_ref(const char *text)
{
	for (size_t i = 0; i < REF_LEN; i++) {
		if (i % 5 == 4 ? text[i] != '-' : !strchr("0123456789ABCDEFGHJKMNPQRSTVWXYZ", text[i]) || !text[i])
			return false;
	}
	return true;
}

/* The position of a number among those shown; REFS_MAX: too many, so the number is left as it is. */
static unsigned int ref_place(struct play *play, const char *ref)
{
	unsigned int i = 0;

	while (i < play->refs_count && memcmp(play->refs[i], ref, REF_LEN))
		i++;
	if (i == play->refs_count && i < REFS_MAX)
		memcpy(play->refs[play->refs_count++], ref, REF_LEN);
	return i;
}

/* The phone's output, with reference numbers replaced by their order: how many an event draws depends on the store and transport. */
static const char *take_output(struct play *play)
{
	char *output = (char *)simulator_take_output(play->simulator), name[REF_TEXT_SIZE];

	for (char *at = output; *at; at++) {
		const unsigned int place = is_ref(at) ? ref_place(play, at) : REFS_MAX;

		if (place == REFS_MAX)
			continue;
		snprintf(name, sizeof(name), "K7Q2-9F3T-%04u", (place + 1) % 10000);
		memcpy(at, name, REF_LEN);
		at += REF_LEN - 1;
	}
	return output;
}

/* ---- comparing ---- */

static size_t line_len(const char *text)
{
	return strcspn(text, "\n") + 1;
}

static void print_lines(const char *sign, const char *text)
{
	for (; *text; text += line_len(text))
		fprintf(stderr, "%s%.*s", sign, (int)line_len(text), text);
}

static void print_difference(const char *expected, const char *got)
{
	size_t len;

	while (*expected && *got && !strncmp(expected, got, line_len(expected))) {
		len = line_len(expected);
		fprintf(stderr, "    %.*s", (int)len, expected);
		expected += len;
		got += len;
	}
	print_lines("  - ", expected);
	print_lines("  + ", got);
}

static bool waits(const char *output)
{
	const size_t len = strlen(output);

	return len >= 2 && !strcmp(output + len - 2, "?\n");
}

static void compare(struct play *play, const char *got)
{
	const char *last = play->expected, *next;

	/* An expected page ends with "?" unless the transcript states another end. */
	for (next = last; *next; next += line_len(next))
		last = next;
	if (*last == '<')
		play->expected = talloc_strdup_append(play->expected, "?\n");
	if (!strcmp(play->expected, got) || (!*play->expected && (!*got || waits(got))))
		return;
	fprintf(stderr, "%s:%u: after \"%s\", with the store %s that answers %s (- expected, + got):\n", play->path,
		play->event_line, play->event, play->settings->simulator.store, play->settings->simulator.later ? "later" : "at once");
	print_difference(play->expected, got);
	play->failed = true;
}

/* Compare or record the output of the last event. */
static void finish_event(struct play *play)
{
	if (!play->event)
		return;
	if (!play->settings->record)
		compare(play, take_output(play));
	TALLOC_FREE(play->event);
	TALLOC_FREE(play->expected);
}

/* ---- events ---- */

static void open_simulator(struct play *play)
{
	struct simulator_settings settings = play->settings->simulator;
	const char *complaint;

	if (play->simulator)
		return;
	settings.orders_wait = play->orders_wait;
	settings.surveys = play->surveys;
	play->simulator = simulator_new(play->scenario, &settings);
	play->failed = !play->simulator;
	complaint = play->failed ? NULL : scenario_enter(play->scenario, play->simulator, play->settings->pepper);
	if (complaint)
		complain(play, "%s", complaint);
}

/* A code that is typed while a page waits would be its answer, which no author means. */
static void say(struct play *play, const char *text)
{
	const size_t len = strlen(text);

	if (len > 2 && *text == '*' && text[len - 1] == '#' && simulator_waits(play->simulator)) {
		complain(play, "a page still waits, so '%s' would be its answer: use 'redial %s', or 'hangup' before", text, text);
		return;
	}
	simulator_say(play->simulator, scenario_caller(play->scenario), text);
}

static void text(struct play *play, const char *words)
{
	simulator_text(play->simulator, scenario_caller(play->scenario), NULL, words);
}

/* "10086999 10690001*WIN A PRIZE": to that short code. */
static void text_to(struct play *play, const char *words)
{
	const size_t len = strspn(words, "0123456789");
	char short_code[PACKED_SIZE];

	if (!len || len >= sizeof(short_code) || (words[len] && words[len] != ' ')) {
		complain(play, "the form is: text_to SHORT_CODE TEXT");
		return;
	}
	snprintf(short_code, sizeof(short_code), "%.*s", (int)len, words);
	simulator_text(play->simulator, scenario_caller(play->scenario), short_code, words + len + strspn(words + len, " "));
}

static void redial(struct play *play, const char *text)
{
	simulator_redial(play->simulator, scenario_caller(play->scenario), text);
}

static void repeat(struct play *play, const char *text)
{
	simulator_repeat(play->simulator);
}

static void hang_up(struct play *play, const char *text)
{
	simulator_hang_up(play->simulator);
}

static void fall_silent(struct play *play, const char *text)
{
	simulator_fall_silent(play->simulator);
}

static void wait_seconds(struct play *play, const char *text)
{
	char *unit;
	const unsigned long count = strtoul(text, &unit, 10);
	const bool days = !strcmp(unit, " days");

	if (*text < '0' || *text > '9' || (*unit && !days) || count < 1 || count > (days ? DAYS_MAX : DAY_S))
		complain(play, "'wait' takes a number of seconds, from 1 to %d, or of days: wait 30 days", DAY_S);
	else
		simulator_wait(play->simulator, count * (days ? DAY_S : 1));
}

static void order_elsewhere(struct play *play, const char *service, bool activate)
{
	const char *complaint = scenario_check_service(play->scenario, service);

	if (complaint)
		complain(play, "%s", complaint);
	else
		simulator_order(play->simulator, scenario_caller(play->scenario), service, activate);
}

static void activate_elsewhere(struct play *play, const char *text)
{
	order_elsewhere(play, text, true);
}

static void deactivate_elsewhere(struct play *play, const char *text)
{
	order_elsewhere(play, text, false);
}

static void set_store(struct play *play, const char *text)
{
	if (!simulator_set_store(play->simulator, text))
		complain(play, "the store may be 'up', 'down' or 'silent'");
}

static void set_trust(struct play *play, const char *text)
{
	if (!simulator_set_trust(play->simulator, text))
		complain(play, "trust is 'ask', 'read', 'order' or 'password', preceded by 'ussd' for dialled input");
}

static void set_billing(struct play *play, const char *text)
{
	if (!simulator_set_billing(play->simulator, text))
		complain(play, "billing may be 'silent', 'done', 'refused REASON' or 'dead'");
}

static void report(struct play *play, const char *text)
{
	const char *complaint = scenario_event(play->scenario, text);

	if (complaint)
		complain(play, "%s", complaint);
}

static void tell_source(struct play *play, const char *text)
{
	simulator_tell_source(play->simulator);
}

static void enter_code(struct play *play, const char *text)
{
	simulator_enter_code(play->simulator, scenario_caller(play->scenario), text);
}

/* Put "form=credit" and the like, which stand before a text. Returns the text. */
static const char *take_terms(const char *text, struct record *args)
{
	static const uint16_t terms[] = { FIELD_AMOUNT, FIELD_FORM, FIELD_FORM_EQUAL, FIELD_REASON };

	for (size_t i = 0; i < ARRAY_SIZE(terms); i++) {
		const char *name = field_info(terms[i])->name, *value = text + strlen(name) + 1;
		const size_t len = strcspn(text, " ");

		if (strncmp(text, name, strlen(name)) || value > text + len || value[-1] != '=')
			continue;
		if (terms[i] == FIELD_AMOUNT)
			record_put_number(args, terms[i], strtoll(value, NULL, 10));
		else
			record_put_text(args, terms[i], value, (size_t)(text + len - value));
		return take_terms(text + len + strspn(text + len, " "), args);
	}
	return text;
}

/* "answered 26112001 The mast is repaired.", "granted 26112001 form=credit form_equal=credit Sorry." */
static void by_staff(struct play *play, const char *text)
{
	const size_t len = strcspn(text, " ");
	const char *ticket = text + len + strspn(text + len, " ");
	const size_t digits = strcspn(ticket, " ");
	uint8_t octets[REQUEST_ARGS_MAX];
	struct record args = { .data = octets, .size = sizeof(octets) };
	const char *words = take_terms(ticket + digits + strspn(ticket + digits, " "), &args);
	char name[ACCOUNT_WORD_SIZE];

	snprintf(name, sizeof(name), "%.*s", (int)len, text);
	if (ticket_event_by_name(name) == TICKET_EVENTS || !ticket_event_by_staff(ticket_event_by_name(name)))
		complain(play, "staff may be followed by taken, noted, answered_interim, answered, confirmed, closed, granted, declined, "
			 "compensated, rewarded or read");
	else if (!ticket_number(ticket, digits))
		complain(play, "the form is: staff EVENT TICKET [NAME=VALUE]... [TEXT]; a ticket has eight digits");
	if (play->failed)
		return;
	record_put_text(&args, FIELD_TICKET, ticket, digits);
	record_put_text(&args, FIELD_TEXT, words, strlen(words));
	simulator_staff(play->simulator, scenario_caller(play->scenario), ticket_event_by_name(name), &args);
}

static const struct event {
	const char *word;
	void (*happen)(struct play *play, const char *text);
	bool alone;		/* nothing may follow the word */
} events[] = {
	{ ">", say, false },
	{ "text", text, false },
	{ "text_to", text_to, false },
	{ "redial", redial, false },
	{ "repeat", repeat, .alone = true },
	{ "hangup", hang_up, .alone = true },
	{ "silence", fall_silent, .alone = true },
	{ "wait", wait_seconds, false },
	{ "store", set_store, false },
	{ "billing", set_billing, false },
	{ "trust", set_trust, false },
	{ "activates", activate_elsewhere, false },
	{ "deactivates", deactivate_elsewhere, false },
	{ "event", report, false },
	{ "answer", tell_source, .alone = true },
	{ "code", enter_code, false },
	{ "staff", by_staff, false },
};

/* The rest of the line after \a word and blanks; NULL if the line does not begin with \a word. */
static const char *after_word(const char *line, const char *word)
{
	const size_t len = strlen(word);

	if (strncmp(line, word, len) || (line[len] && line[len] != ' '))
		return NULL;
	return line + len + strspn(line + len, " ");
}

static void begin_event(struct play *play, const struct event *event, const char *line)
{
	const char *missing;

	finish_event(play);
	if (play->failed)
		return;
	if (event->alone && *after_word(line, event->word)) {
		complain(play, "nothing follows '%s'", event->word);
		return;
	}
	if (!scenario_caller(play->scenario)) {
		complain(play, "nobody uses the phone: begin with 'subscriber NUMBER'");
		return;
	}
	open_simulator(play);
	if (play->failed)
		return;
	play->event = talloc_strdup(play->scenario, line);
	play->event_line = play->line;
	play->expected = talloc_strdup(play->scenario, "");
	play->played = true;
	event->happen(play, after_word(line, event->word));
	missing = stand_ins_missing(play->stand_ins);
	if (missing) {
		complain(play, "backend '%s' was called, but the transcript does not say what it answers", missing);
		return;
	}
	if (play->settings->record)
		fputs(take_output(play), play->settings->record);
}

static bool take_event(struct play *play, const char *line)
{
	if (!strcmp(line, SILENT))	/* the simulator was set up with it */
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		if (!after_word(line, events[i].word))
			continue;
		if (play->settings->record && !play->depth)
			fprintf(play->settings->record, "%s\n", line);
		begin_event(play, &events[i], line);
		return true;
	}
	return false;
}

/* ---- lines ---- */

static void read_lines(struct play *play, FILE *file);

/* Read the lines of another file in place of this line. */
static void use(struct play *play, const char *name)
{
	const char *slash = strrchr(play->path, '/');
	const char *path = play->path;
	const unsigned int line = play->line;
	FILE *file;

	play->path = talloc_asprintf(play->scenario, "%.*s%s", slash ? (int)(slash - path) + 1 : 0, path, name);
	file = play->depth < USE_DEPTH_MAX ? fopen(play->path, "r") : NULL;
	if (file) {
		play->depth++;
		read_lines(play, file);
		play->depth--;
		fclose(file);
	}
	play->path = path;
	play->line = line;
	if (!file)
		complain(play, "cannot use '%s': %s", name, play->depth < USE_DEPTH_MAX ? strerror(errno) : "the files use each other");
}

static void set_clock(struct play *play, const char *text)
{
	int64_t now;

	if (play->simulator)
		complain(play, "'now' must come before the first input");
	else if (scenario_parse_time(text, &now))
		simulator_set_clock(now);
	else
		complain(play, "'%s' is not a time, such as 2026-11-20 08:00", text);
}

static bool is_expectation(const char *line)
{
	return (*line == '<' && (!line[1] || line[1] == ' ')) || after_word(line, "*") || after_word(line, "=") || !strcmp(line, "?") ||
	       !strcmp(line, ".") || !strcmp(line, "...") || !strcmp(line, "!");
}

static void expect(struct play *play, const char *line)
{
	if (!play->event)
		complain(play, "output without an event before it");
	else if (!strcmp(line, "<"))
		play->expected = talloc_strdup_append(play->expected, "< \n");
	else
		play->expected = talloc_asprintf_append(play->expected, "%s\n", line);
}

/* A line that begins with no known word. */
static void complain_unknown(struct play *play, const char *line)
{
	const char *word = talloc_strndup(play->scenario, line + strspn(line, " \t"), strcspn(line + strspn(line, " \t"), " \t"));
	const char *former = former_name(FORMER_TRANSCRIPT, word);
	char *known = talloc_asprintf(play->scenario, "%s backend use now", scenario_commands(play->scenario));

	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		known = talloc_asprintf_append(known, " %s", events[i].word);
	known = talloc_asprintf_append(known, " < ? . ... * = ! #");
	if (former)
		complain(play, "'%s' is now called '%s'", word, former);
	else if (is_expectation(word))
		complain(play, "nothing follows '%s'", word);
	else
		complain(play, "%s", scenario_unknown(play->scenario, "command", word, known));
}

static void take_other(struct play *play, const char *line)
{
	const char *text, *complaint;
	bool known = true;

	finish_event(play);
	if (play->failed)
		return;
	if ((text = after_word(line, "use"))) {
		use(play, text);
	} else if ((text = after_word(line, "backend"))) {
		complaint = stand_ins_line(play->stand_ins, text);
		if (complaint)
			complain(play, "%s", complaint);
	} else if ((text = after_word(line, "now"))) {
		set_clock(play, text);
	} else if (!strcmp(line, SILENT) || !strcmp(line, SURVEYS)) {
		if (play->simulator)
			complain(play, "'%s' must come before the first input", line);
		*(!strcmp(line, SILENT) ? &play->orders_wait : &play->surveys) = true;
	} else {
		complaint = scenario_line(play->scenario, line, &known);
		if (complaint)
			complain(play, "%s", complaint);
		else if (!known)
			complain_unknown(play, line);
	}
}

static void take_line(struct play *play, const char *line)
{
	FILE *record = play->depth ? NULL : play->settings->record;

	if (is_expectation(line)) {
		if (!record)
			expect(play, line);
		return;
	}
	if (take_event(play, line))
		return;
	if (record)
		fprintf(record, "%s\n", line);
	if (*line != '#' && line[strspn(line, " \t")])
		take_other(play, line);
}

static bool has_control(const char *line)
{
	const char *end = line + strlen(line);

	while (line < end) {
		const uint32_t c = text_next(&line, end);

		if (text_is_control(c) && c != '\t')
			return true;
	}
	return false;
}

static void read_lines(struct play *play, FILE *file)
{
	char line[LINE_MAX_OCTETS];

	for (play->line = 1; !play->failed && fgets(line, sizeof(line), file); play->line++) {
		if (strlen(line) == sizeof(line) - 1 && !strchr(line, '\n'))
			complain(play, "the line has more than %zu octets", sizeof(line) - 2);
		line[strcspn(line, "\r\n")] = '\0';
		if (!text_valid(line, strlen(line)))
			complain(play, "the line is not in UTF-8");
		else if (has_control(line))	/* messages that quote it must not command a terminal */
			complain(play, "the line has a control character");
		else if (!play->failed)
			take_line(play, line);
	}
}

/* ---- whole transcripts ---- */

int transcript_play(const char *path, const struct transcript_settings *settings)
{
	struct play play = { .settings = settings, .path = path };
	unsigned int open = 0;
	FILE *file = fopen(path, "r");

	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -EINVAL;
	}
	play.scenario = scenario_new(NULL, settings->simulator.menu);
	play.stand_ins = stand_ins_new(play.scenario, settings->simulator.backends);
	simulator_set_clock(START_TIME);
	read_lines(&play, file);
	fclose(file);
	if (!play.failed)
		finish_event(&play);
	play.line -= play.line > 1;	/* the last one */
	if (!play.failed && !play.played)
		complain(&play, "the transcript ends without an input, such as '> *100#'");
	if (play.simulator)
		open = simulator_free(play.simulator);
	if (open)
		fprintf(stderr, "%s: %u input%s never answered\n", path, open, open == 1 ? " was" : "s were");
	talloc_free(play.scenario);
	return play.failed || open ? -EINVAL : 0;
}
