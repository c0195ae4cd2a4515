/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* events/: what the operator's systems report. parse.c makes a request of an event, http.c takes events over HTTP; starhash-data takes
 * them from files.
 *
 * An event has exactly the keys of its kind, each exactly of its type: a misspelt key or an amount in the wrong unit must not become a
 * message about money. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <sodium.h>

#include "starhash/account.h"
#include "starhash/calendar.h"
#include "starhash/events.h"

#define AMOUNT_MAX INT64_C(999999999999)
#define ROWS_SIZE 1280		/* octets of rows that a notification can bring */
#define KEY_SHOWN_MAX 32	/* octets of a key in a complaint */

/* Codes of which a field has no others. */
static const struct {
	enum field field;
	const char *codes, *complaint;
} closed[] = {
	{ FIELD_PURCHASED_BY, " sms web wap ", "must be \"sms\", \"web\" or \"wap\"" },
	{ FIELD_FEE_SHOWN, " yes no ", "must be \"yes\" or \"no\"" },
};

struct parsing {
	const struct event_origin *origin;
	const json_t *event;
	const struct account_event_kind *kind;
	struct request *request;
	char *why;
};

static int complain(const struct parsing *parsing, const char *name, const char *complaint)
{
	snprintf(parsing->why, EVENT_WHY_SIZE, "'%s' %s", name, complaint);
	return -EBADMSG;
}

/* From \a first to '~'; all of it, and not too long. */
static bool is_ascii(const char *text, char first, size_t max)
{
	size_t len = 0;

	while (text[len] >= first && text[len] <= '~')
		len++;
	return len && !text[len] && len <= max;
}

/* A text of the event's own, such as its id, into \a out. */
static int word_take(const struct parsing *parsing, const char *name, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(parsing->event, name));

	if (text && is_ascii(text, '!', size - 1)) {
		strcpy(out, text);
		return 0;
	}
	snprintf(parsing->why, EVENT_WHY_SIZE, "'%s' must be a text of 1 to %zu ASCII characters without blanks", name, size - 1);
	return -EBADMSG;
}

/* ---- the event's own keys ---- */

static int number_take(const struct parsing *parsing)
{
	static const char *const complaints[NUMBER_RESULTS] = {
		[NUMBER_NAME] = "must be a text of digits",
		[NUMBER_SHORT] = "is too short",
		[NUMBER_NATIONAL] = "must be international: the numbering plan has no country code",
		[NUMBER_UNKNOWN] = "is not a number of the numbering plan",
	};
	const char *text = json_string_value(json_object_get(parsing->event, "number"));
	char *msisdn = parsing->request->subscriber.msisdn;
	enum number_result result = NUMBER_NAME;
	int64_t key;

	if (text && parsing->origin->plan)
		result = number_normalize(parsing->origin->plan, 0, 0, text, msisdn);
	else if (text && !json_digits(json_object_get(parsing->event, "number"), msisdn, MSISDN_SIZE))
		result = msisdn_key(msisdn, &key) ? NUMBER_OK : NUMBER_UNKNOWN;
	return result ? complain(parsing, "number", complaints[result]) : 0;
}

static int time_take(const struct parsing *parsing)
{
	const json_t *value = json_object_get(parsing->event, "time");
	int64_t *time = &parsing->request->event.time;

	if (json_is_real(value) || json_number(value, FIELD_TYPE_TIME, false, time) || *time <= 0)
		return complain(parsing, "time", "must be RFC 3339, such as \"2026-12-01T08:00:00+08:00\", or seconds since 1970");
	if (*time > parsing->origin->now + ACCOUNT_AHEAD_S)
		return complain(parsing, "time", "is in the future");
	return 0;
}

/* ---- fields of its kind ---- */

static bool is_code(const char *text, size_t max)
{
	const size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] <= ' ' || text[i] == '\x7f')
			return false;
	}
	return len && len <= max;
}

static const char *code_put(enum field field, const json_t *value, struct record *record)
{
	const char *text = json_string_value(value);
	char word[16];

	for (size_t i = 0; i < ARRAY_SIZE(closed); i++) {
		if (closed[i].field != field)
			continue;
		if (!text || strchr(text, ' ') || snprintf(word, sizeof(word), " %s ", text) >= (int)sizeof(word) ||
		    !strstr(closed[i].codes, word))
			return closed[i].complaint;
	}
	if (!text || !is_code(text, field_info(field)->width))
		return "must be a code: a short text without blanks";
	record_put_text(record, field, text, strlen(text));
	return NULL;
}

static const char *money_put(enum field field, bool negative, const json_t *value, struct record *record)
{
	const json_int_t amount = json_integer_value(value);

	if (!json_is_integer(value))
		return "must be a whole number of minor units";
	if (amount > AMOUNT_MAX || amount < -AMOUNT_MAX)
		return "is too large";
	if (amount < 0 && !negative)
		return "must not be negative";
	record_put_number(record, field, amount);
	return NULL;
}

/* Returns the complaint, or NULL. */
static const char *field_put(enum field field, const json_t *value, struct record *record)
{
	const enum field_type type = field_info(field)->type;
	const size_t len = json_string_length(value);
	int64_t number;

	switch (type) {
	case FIELD_TYPE_MONEY:
		return money_put(field, field != FIELD_AMOUNT, value, record);
	case FIELD_TYPE_DATE:
		if (len != strlen("2026-12-01") || json_number(value, type, false, &number))
			return "must be a date such as \"2026-12-01\"";
		break;
	case FIELD_TYPE_MONTH:
		if (len != strlen("2026-12") || json_number(value, type, false, &number))
			return "must be a month such as \"2026-11\"";
		break;
	default:
		return code_put(field, value, record);
	}
	record_put_number(record, field, number);
	return NULL;
}

/* The fees of a month, by service, as those of a bill. */
static int lines_take(const struct parsing *parsing, struct record *args)
{
	const json_t *lines = json_object_get(parsing->event, "lines"), *line;
	uint8_t octets[64], rows_octets[ROWS_SIZE], facts_octets[64];
	struct rows rows = { .data = rows_octets, .size = sizeof(rows_octets) };
	struct record facts = { .data = facts_octets, .size = sizeof(facts_octets) };
	char name[32], service[SERVICE_CODE_MAX + 1];
	struct fees fees;
	size_t i;

	if (!lines)
		return 0;
	if (!json_is_array(lines))
		return complain(parsing, "lines", "must be a list");
	fees_begin(&fees, 0);
	json_array_foreach(lines, i, line) {
		struct record row = { .data = octets, .size = sizeof(octets) };
		const json_t *code = json_object_get(line, "service"), *amount = json_object_get(line, "amount");
		const char *wrong = NULL;

		if (json_object_size(line) != 2 || !code || !amount)
			wrong = "must have the keys 'service' and 'amount'";
		else if (code_put(FIELD_SERVICE, code, &row))
			wrong = "'service' must be a code: a short text without blanks";
		else if (money_put(FIELD_AMOUNT, true, amount, &row))
			wrong = "'amount' must be a whole number of minor units";
		if (wrong) {
			snprintf(name, sizeof(name), "lines[%zu]", i);
			return complain(parsing, name, wrong);
		}
		record_text(&row, FIELD_SERVICE, service, sizeof(service));
		fees_add_line(&fees, FEES_INFORMATION, service, record_number(&row, FIELD_AMOUNT, 0));
	}
	fees_put(&fees, &facts, &rows);
	if (rows.count < fees.count)
		return complain(parsing, "lines", "are of too many services");
	return record_put_text(args, ARG_ROWS, (const char *)rows.data, rows.len) ? complain(parsing, "lines", "are too many") : 0;
}

/* ---- all of it ---- */

static bool is_field(const uint16_t *fields, const char *name)
{
	for (size_t i = 0; i < EVENT_FIELDS_MAX && fields[i]; i++) {
		if (!strcmp(field_info(fields[i])->name, name))
			return true;
	}
	return false;
}

static int keys_check(const struct parsing *parsing)
{
	static const char *const own[] = { "id", "event", "number", "time" };
	const struct account_event_kind *kind = parsing->kind;
	char shown[64];
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)parsing->event, name, value) {
		bool known = is_field(kind->needs, name) || is_field(kind->may, name) || (kind->rows && !strcmp(name, "lines")) ||
			     (parsing->origin->names_source && !strcmp(name, "source"));

		for (size_t i = 0; i < ARRAY_SIZE(own); i++)
			known |= !strcmp(name, own[i]);
		if (known)
			continue;
		snprintf(shown, sizeof(shown), "is not a key of '%s'", kind->name);
		return complain(parsing, is_ascii(name, '!', KEY_SHOWN_MAX) ? name : "?", shown);
	}
	return 0;
}

static int fields_take(const struct parsing *parsing, const uint16_t *fields, bool needed, struct record *args)
{
	for (size_t i = 0; i < EVENT_FIELDS_MAX && fields[i]; i++) {
		const char *name = field_info(fields[i])->name, *wrong = NULL;
		const json_t *value = json_object_get(parsing->event, name);

		if (value)
			wrong = field_put(fields[i], value, args);
		else if (needed)
			wrong = "is missing";
		if (wrong)
			return complain(parsing, name, wrong);
	}
	return 0;
}

static int kind_take(struct parsing *parsing)
{
	const char *name = json_string_value(json_object_get(parsing->event, "event"));
	size_t len = 0;

	parsing->kind = name ? account_event_kind_find(name) : NULL;
	if (parsing->kind) {
		strcpy(parsing->request->event.kind, name);
		return 0;
	}
	len = (size_t)snprintf(parsing->why, EVENT_WHY_SIZE, "'event' must be one of");
	for (unsigned int i = 0; i < account_event_kinds_count && len < EVENT_WHY_SIZE; i++)
		len += (size_t)snprintf(parsing->why + len, EVENT_WHY_SIZE - len, "%s %s", i ? "," : "", account_event_kinds[i].name);
	return -EBADMSG;
}

/* Keys sorted and no blanks: a digest of the contents, not of how they were written. */
static void digest(const json_t *event, uint8_t out[static EVENT_DIGEST_SIZE])
{
	json_t *copy = json_copy((json_t *)(uintptr_t)event);
	char *text;

	OSMO_ASSERT(copy && sodium_init() >= 0);
	json_object_del(copy, "source");
	text = json_dumps(copy, JSON_SORT_KEYS | JSON_COMPACT);
	OSMO_ASSERT(text);
	crypto_generichash(out, EVENT_DIGEST_SIZE, (const unsigned char *)text, strlen(text), NULL, 0);
	free(text);
	json_decref(copy);
}

int event_parse(const struct event_origin *origin, const json_t *event, struct request *request, char why[static EVENT_WHY_SIZE])
{
	struct parsing parsing = { .origin = origin, .event = event, .request = request, .why = why };
	struct record args;
	int rc;

	*request = (struct request){ .kind = REQUEST_EVENT };
	if (!json_is_object(event)) {
		snprintf(why, EVENT_WHY_SIZE, "not an object");
		return -EBADMSG;
	}
	osmo_strlcpy(request->event.source, origin->source, sizeof(request->event.source));
	args = request_args(request);
	rc = word_take(&parsing, "id", request->event.id, sizeof(request->event.id));
	if (!rc && origin->names_source && json_object_get(event, "source"))
		rc = word_take(&parsing, "source", request->event.source, sizeof(request->event.source));
	if (!rc)
		rc = kind_take(&parsing);
	if (!rc)
		rc = keys_check(&parsing);
	if (!rc)
		rc = number_take(&parsing);
	if (!rc)
		rc = time_take(&parsing);
	if (!rc)
		rc = fields_take(&parsing, parsing.kind->needs, true, &args);
	if (!rc)
		rc = fields_take(&parsing, parsing.kind->may, false, &args);
	if (!rc && parsing.kind->rows)
		rc = lines_take(&parsing, &args);
	if (rc)
		return rc;
	request_set_args(request, &args);
	digest(event, request->event.digest);
	return 0;
}

json_t *event_load(const char *text, size_t len, char why[static EVENT_WHY_SIZE])
{
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

	if (root)
		return root;
	snprintf(why, EVENT_WHY_SIZE, "not JSON, at character %d: %.100s", error.position, error.text);
	for (char *at = why; *at; at++) {	/* it may quote the text */
		if (*at < ' ' || *at > '~')
			*at = '?';
	}
	return NULL;
}

struct event_result event_result(const struct response *response, char buffer[static ACCOUNT_WORD_SIZE])
{
	const bool decided = record_text(&response->facts, FIELD_REASON, buffer, ACCOUNT_WORD_SIZE);

	switch (response->result) {
	case RESULT_OK:
		return (struct event_result){ buffer, NULL, false, false };
	case RESULT_DUPLICATE:
		return (struct event_result){ buffer, NULL, true, false };
	case RESULT_NOT_FOUND:
		return (struct event_result){ "unknown", "there is no such subscriber", false, false };
	case RESULT_CONFLICT:
		return (struct event_result){ "conflict", "another event has this id", false, false };
	case RESULT_BUSY:
		return (struct event_result){ "busy", "too many requests are being processed", false, true };
	case RESULT_REFUSED:
		return (struct event_result){ decided ? buffer : "refused", "it contradicts the account", false, false };
	default:
		return (struct event_result){ "unavailable", "the event cannot be stored now", false, true };
	}
}
