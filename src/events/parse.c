/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What may be reported, and asked for, as JSON.
 *
 * An event has exactly the keys of its kind, each exactly of its type: a misspelt key or an amount in the wrong unit must not become a
 * message about money. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <sodium.h>

#include "starhash/account.h"
#include "starhash/calendar.h"
#include "starhash/events.h"
#include "starhash/notification.h"

#define AMOUNT_MAX INT64_C(999999999999)
#define KEY_SHOWN_MAX 32	/* octets of a key in a complaint */
#define SHOWN_MAX 640		/* octets of what a shop's page showed */
#define AHEAD_MAX_S (366 * INT64_C(86400))	/* of a time to come: more must be in another unit */

_Static_assert(SHOWN_MAX < PROPOSAL_SHOWN_SIZE, "what was shown is stored");

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

/* Its state is fetched by a path that ends in it. */
static int id_take(const struct parsing *parsing)
{
	const char *text = json_string_value(json_object_get(parsing->event, "id")) ?: "";
	const size_t len = strlen(text);

	_Static_assert(EVENT_ID_SIZE == 65, "as the complaint says");
	if (!len || len >= EVENT_ID_SIZE || text[strspn(text, DOOR_ID_CHARACTERS)])
		return complain(parsing, "id", "must be a text of 1 to 64 letters, digits, -, ., _ or ~");
	strcpy(parsing->request->event.id, text);
	return 0;
}

static int source_take(const struct parsing *parsing)
{
	const char *text = json_string_value(json_object_get(parsing->event, "source"));

	_Static_assert(EVENT_SOURCE_SIZE == 32, "as the complaint says");
	if (!text || !is_ascii(text, '!', EVENT_SOURCE_SIZE - 1))
		return complain(parsing, "source", "must be a text of 1 to 31 ASCII characters without blanks");
	strcpy(parsing->request->event.source, text);
	return 0;
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

/* \a far: the complaint about a time that is more than \a ahead_max seconds ahead. */
static int time_read(const struct parsing *parsing, const char *name, int64_t ahead_max, const char *far, int64_t *time)
{
	const json_t *value = json_object_get(parsing->event, name);

	if (json_is_real(value) || json_number(value, FIELD_TYPE_TIME, false, time) || *time <= 0)
		return complain(parsing, name, "must be RFC 3339, such as \"2026-12-01T08:00:00+08:00\", or seconds since 1970");
	return *time > parsing->origin->now + ahead_max ? complain(parsing, name, far) : 0;
}

static bool is_written(const char *text, size_t most)
{
	const size_t len = strlen(text);
	bool good = len && len <= most;

	for (size_t i = 0; i < len; i++) {
		const unsigned char octet = (unsigned char)text[i], next = (unsigned char)text[i + 1];

		good &= (octet >= ' ' || octet == '\n') && octet != 0x7f && (octet != 0xc2 || next >= 0xa0);	/* U+0080 to U+009F */
	}
	return good;
}

static int shown_check(const struct parsing *parsing, const char *name, const char *text)
{
	if (is_written(text, SHOWN_MAX))
		return 0;
	return complain(parsing, name, "must be a text of 1 to 640 octets without control characters except line feeds");
}

static int page_check(const struct parsing *parsing, const char *name, const char *text)
{
	_Static_assert(NOTIFICATION_PAGE_MAX == 24, "as the complaint says");

	return notification_page_name(text) ? 0 : complain(parsing, name, "must be a name of 1 to 24 letters, digits, _ or -");
}

/* Keys of requests that are not fields. */
static const struct own_key {
	const char *name;
	enum request_arg arg;
	unsigned int of;		/* bits, 1 << enum event_proposes: where it may be */
	/* Of a text, which is needed; NULL: a time. */
	int (*check)(const struct parsing *parsing, const char *name, const char *text);
} own_keys[] = {
	{ "shown", ARG_SHOWN, 1 << PROPOSES_CODE, shown_check },
	{ "page", ARG_PAGE, 1 << PROPOSES_PAGE, page_check },
	{ "until", ARG_END, 1 << PROPOSES_ORDER | 1 << PROPOSES_CODE, NULL },
	{ "not_before", ARG_BEGIN, 1 << PROPOSES_PAGE, NULL },
	{ "not_after", ARG_END, 1 << PROPOSES_PAGE, NULL },
};

static bool may_have(const struct parsing *parsing, const struct own_key *key)
{
	return key->of & 1u << parsing->kind->proposes;
}

static int own_keys_take(const struct parsing *parsing, struct record *args)
{
	const struct message_rules *rules = parsing->origin->rules ? parsing->origin->rules : &message_rules_default;
	const enum event_proposes proposes = parsing->kind->proposes;
	const int64_t ahead_max = proposes == PROPOSES_PAGE ? AHEAD_MAX_S : proposal_answer_max(rules, proposes == PROPOSES_CODE);
	char far[64] = "is more than a year ahead";
	int rc = 0;

	if (proposes != PROPOSES_PAGE)
		snprintf(far, sizeof(far), "is more than %" PRId64 " minutes ahead", ahead_max / 60);
	for (size_t i = 0; i < ARRAY_SIZE(own_keys) && !rc; i++) {
		const struct own_key *key = &own_keys[i];
		const json_t *value = json_object_get(parsing->event, key->name);
		int64_t time;

		if (!may_have(parsing, key) || (!value && !key->check))
			continue;
		if (!value)
			return complain(parsing, key->name, "is missing");
		rc = key->check ? key->check(parsing, key->name, json_string_value(value) ?: "") :
				  time_read(parsing, key->name, ahead_max, far, &time);
		if (!rc && key->check)
			record_put_text(args, key->arg, json_string_value(value), json_string_length(value));
		else if (!rc)
			record_put_number(args, key->arg, time);
	}
	if (!rc && record_number(args, ARG_BEGIN, 0) >= record_number(args, ARG_END, INT64_MAX))
		return complain(parsing, "not_after", "must be later than 'not_before'");
	return rc;
}

/* ---- fields of its kind ---- */

/* Control characters, U+0080 to U+009F, and what looks like a blank or changes how the text around it is read: U+00A0, U+00AD, U+061C,
 * U+2000 to U+206F, U+3000, U+FEFF. */
static bool is_unseen(const char *at)
{
	const unsigned char one = (unsigned char)at[0];
	const unsigned char two = one ? (unsigned char)at[1] : 0, three = two ? (unsigned char)at[2] : 0;

	return one <= ' ' || one == 0x7f || (one == 0xc2 && (two <= 0xa0 || two == 0xad)) || (one == 0xd8 && two == 0x9c) ||
	       (one == 0xe2 && (two == 0x80 || (two == 0x81 && three <= 0xaf))) || (one == 0xe3 && two == 0x80 && three == 0x80) ||
	       (one == 0xef && two == 0xbb && three == 0xbf);
}

/* A code without a name in the menu is shown as it is, in our text about money. */
static bool is_code(const char *text, size_t max)
{
	const size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if (is_unseen(text + i))
			return false;
	}
	return len && len <= max;
}

static const char *code_put(enum field field, const json_t *value, struct record *record)
{
	const char *text = json_string_value(value);

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

static const char *written_put(const json_t *value, struct record *record)
{
	const char *text = json_string_value(value);

	_Static_assert(TICKET_TEXT_SIZE == 1024, "as the complaint says");
	if (!text || !is_written(text, TICKET_TEXT_SIZE - 1))
		return "must be a text of 1 to 1023 octets without control characters except line feeds";
	record_put_text(record, FIELD_TEXT, text, strlen(text));
	return NULL;
}

/* Returns the complaint, or NULL. */
static const char *field_put(enum field field, const json_t *value, struct record *record)
{
	const enum field_type type = field_info(field)->type;
	const size_t len = json_string_length(value);
	int64_t number;

	if (field == FIELD_TEXT)
		return written_put(value, record);
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
	uint8_t octets[64], rows_octets[NOTIFICATION_ROWS_SIZE], facts_octets[64];
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

/* \a own: keys that it may have besides, NULL-terminated. */
static int keys_check(const struct parsing *parsing, const char *const *own)
{
	const struct account_event_kind *kind = parsing->kind;
	char shown[64];
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)parsing->event, name, value) {
		bool known = is_field(kind->needs, name) || is_field(kind->may, name) || (kind->rows && !strcmp(name, "lines")) ||
			     (parsing->origin->names_source && !strcmp(name, "source"));

		for (const char *const *at = own; *at; at++)
			known |= !strcmp(name, *at);
		for (size_t i = 0; i < ARRAY_SIZE(own_keys); i++)
			known |= may_have(parsing, &own_keys[i]) && !strcmp(name, own_keys[i].name);
		if (known)
			continue;
		snprintf(shown, sizeof(shown), "is not a key of '%s'", kind->name);
		return complain(parsing, is_ascii(name, '!', KEY_SHOWN_MAX) ? name : "?", shown);
	}
	return 0;
}

/* \a codes: with blanks between them. */
static bool is_one_of(const char *codes, const char *text)
{
	const size_t len = text ? strcspn(text, " ") : 0;

	for (const char *at = codes; len && !text[len] && *at; at += strspn(at, " ")) {
		if (strcspn(at, " ") == len && !strncmp(at, text, len))
			return true;
		at += strcspn(at, " ");
	}
	return false;
}

static int fields_take(const struct parsing *parsing, const uint16_t *fields, bool needed, struct record *args)
{
	for (size_t i = 0; i < EVENT_FIELDS_MAX && fields[i]; i++) {
		const char *name = field_info(fields[i])->name, *codes = field_codes(fields[i]), *wrong = NULL;
		const json_t *value = json_object_get(parsing->event, name);
		char closed[EVENT_WHY_SIZE - 32];

		if (value && codes && !is_one_of(codes, json_string_value(value))) {
			snprintf(closed, sizeof(closed), "must be one of: %s", codes);
			wrong = closed;
		} else if (value)
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
	const enum event_proposes proposes = parsing->origin->proposes;
	const char *name = json_string_value(json_object_get(parsing->event, "event"));
	size_t len = (size_t)snprintf(parsing->why, EVENT_WHY_SIZE, "'event' must be one of"), first = len;

	for (unsigned int i = 0; i < account_event_kinds_count; i++) {
		const struct account_event_kind *kind = &account_event_kinds[i];

		if (kind->proposes != proposes)
			continue;
		if (proposes != PROPOSES_NOTHING || (name && !strcmp(kind->name, name))) {
			parsing->kind = kind;
			strcpy(parsing->request->event.kind, kind->name);
			return 0;
		}
		if (len < EVENT_WHY_SIZE)
			len += (size_t)snprintf(parsing->why + len, EVENT_WHY_SIZE - len, "%s %s", len > first ? "," : "", kind->name);
	}
	return -EBADMSG;
}

/* Keys sorted and no blanks: a digest of the contents, not of how they were written. */
static void digest(const json_t *event, const char *kind, uint8_t out[static EVENT_DIGEST_SIZE])
{
	json_t *copy = json_copy((json_t *)(uintptr_t)event);
	char *text;

	OSMO_ASSERT(copy && sodium_init() >= 0);
	json_object_del(copy, "source");
	json_object_set_new(copy, "event", json_string(kind));
	text = json_dumps(copy, JSON_SORT_KEYS | JSON_COMPACT);
	OSMO_ASSERT(text);
	crypto_generichash(out, EVENT_DIGEST_SIZE, (const unsigned char *)text, strlen(text), NULL, 0);
	free(text);
	json_decref(copy);
}

int event_parse(const struct event_origin *origin, const json_t *event, struct request *request, char why[static EVENT_WHY_SIZE])
{
	static const char *const of_proposals[] = { "id", "number", NULL }, *const of_events[] = { "id", "number", "event", "time", NULL };
	struct parsing parsing = { .origin = origin, .event = event, .request = request, .why = why };
	struct record args;
	int rc;

	*request = (struct request){ .kind = account_event_request(origin->proposes) };
	request->event.time = origin->now;
	if (!json_is_object(event)) {
		snprintf(why, EVENT_WHY_SIZE, "not an object");
		return -EBADMSG;
	}
	osmo_strlcpy(request->event.source, origin->source, sizeof(request->event.source));
	args = request_args(request);
	rc = id_take(&parsing);
	if (!rc && origin->names_source && json_object_get(event, "source"))
		rc = source_take(&parsing);
	if (!rc)
		rc = kind_take(&parsing);
	if (!rc)
		rc = keys_check(&parsing, origin->proposes == PROPOSES_NOTHING ? of_events : of_proposals);
	if (!rc)
		rc = number_take(&parsing);
	if (!rc && origin->proposes == PROPOSES_NOTHING)
		rc = time_read(&parsing, "time", ACCOUNT_AHEAD_S, "is in the future", &request->event.time);
	if (!rc)
		rc = fields_take(&parsing, parsing.kind->needs, true, &args);
	if (!rc)
		rc = fields_take(&parsing, parsing.kind->may, false, &args);
	if (!rc && parsing.kind->rows)
		rc = lines_take(&parsing, &args);
	if (!rc)
		rc = own_keys_take(&parsing, &args);
	if (rc)
		return rc;
	request_set_args(request, &args);
	digest(event, request->event.kind, request->event.digest);
	return 0;
}

int event_parse_fields(const struct event_origin *origin, const json_t *asked, const struct account_event_kind *fields,
		       const char *const *own, struct request *request, char why[static EVENT_WHY_SIZE])
{
	const struct parsing parsing = { .origin = origin, .event = asked, .kind = fields, .request = request, .why = why };
	struct record args = request_args(request);
	int rc;

	if (!json_is_object(asked)) {
		snprintf(why, EVENT_WHY_SIZE, "not an object");
		return -EBADMSG;
	}
	rc = keys_check(&parsing, own);
	if (!rc && (fields->needs[0] || json_object_get(asked, "number")))
		rc = number_take(&parsing);
	if (!rc)
		rc = fields_take(&parsing, fields->needs, true, &args);
	if (!rc)
		rc = fields_take(&parsing, fields->may, false, &args);
	request_set_args(request, &args);
	return rc;
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
