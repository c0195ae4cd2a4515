/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads the declaration of a backend; each mistake becomes a problem with file and line. */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "backend/declared.h"

#define TEXT_WIDTH_MAX 160
#define MONEY_WIDTH_MAX 14
#define COUNT_WIDTH_MAX 15
#define HEAD_OCTETS 4			/* of a value in a record */
#define UTF8_OCTETS 3			/* most octets of a UCS-2 unit */

_Static_assert(BACKEND_OUTCOMES_MAX <= ACTION_OUTCOMES_MAX && BACKEND_SENT_MAX <= ACTION_PARAMS_MAX &&
	       BACKEND_FIELDS_MAX <= ACTION_FIELDS_MAX, "a menu has room for what a backend declares");

/* ---- the rows ---- */

struct value_settings {
	const char *path, *type;
	long long width;
};

#define AT(member) offsetof(struct value_settings, member)
static const struct conf_row value_rows[] = {
	{ "path", CONF_STRING, AT(path), .min = 1, .required = true, .help = "place in the answer or row, such as \"$.best.name\"" },
	{ "type", CONF_CHOICE, AT(type), .choices = "text code money count date month time", .fallback = "text",
	  .help = "what it is; amounts of money are exact" },
	{ "width", CONF_INT, AT(width), .min = 1, .max = TEXT_WIDTH_MAX,
	  .help = "longest text in characters: longer ones are cut; most characters of a code, an amount (14 if absent) or a count (9): "
	  "a longer one makes the answer unavailable. Required for texts and codes" },
	{}
};
#undef AT

struct list_settings {
	const char *path;
	long long max;
	const struct setting *fields;
};

#define AT(member) offsetof(struct list_settings, member)
static const struct conf_row list_rows[] = {
	{ "path", CONF_STRING, AT(path), .min = 1, .required = true, .help = "place of the list, such as \"$.offers[*]\"" },
	{ "max", CONF_INT, AT(max), .min = 1, .max = 50, .fallback = "20", .help = "rows to show; the rest is dropped" },
	{ "fields", CONF_GROUP, AT(fields), .required = true, .help = "values of a row, as \"fields\" of the answer" },
	{}
};
#undef AT

struct outcome_settings {
	const char *is, *path, *equals;
	long long when_status;
};

#define AT(member) offsetof(struct outcome_settings, member)
static const struct conf_row outcome_rows[] = {
	{ "is", CONF_STRING, AT(is), .min = 1, .required = true,
	  .help = "its name in menus; \"ok\": only such answers are, and others for which no outcome is declared are unavailable" },
	{ "when_status", CONF_INT, AT(when_status), .min = 200, .max = 499, .help = "the answer's status" },
	{ "path", CONF_STRING, AT(path), .min = 1, .help = "place of a value in the answer" },
	{ "equals", CONF_STRING, AT(equals), .help = "that value, as text" },
	{}
};
#undef AT

#define AT(member) offsetof(struct backend_settings, member)
const struct conf_row backend_rows[] = {
	HTTP_ROWS(struct backend_settings, service),
	{ "method", CONF_CHOICE, AT(method), .choices = "GET POST", .fallback = "POST",
	  .help = "POST sends a JSON object, GET parameters in the address" },
	{ "hmac_file", CONF_SECRET, AT(hmac_file), .min = 1,
	  .help = "file whose first line is the key that signs each body, in the header Starhash-Signature: t=SECONDS,v1=HMAC-SHA256 of "
	  "SECONDS.BODY" },
	{ "body_max", CONF_INT, AT(body_max), .min = 1024, .max = 1048576, .fallback = "65536", .unit = "octets",
	  .help = "largest answer" },
	{ "in_flight", CONF_INT, AT(in_flight), .min = 1, .max = 1000, .fallback = "64",
	  .help = "calls open at once; more are unavailable" },
	{ "changes", CONF_BOOL, AT(changes), .fallback = "false",
	  .help = "it changes something: each call is an order, which is stored and repeated under the same idempotency key until it is "
	  "answered; a link needs trust \"order\"" },
	{ "money", CONF_CHOICE, AT(money), .choices = "minor major", .fallback = "minor", .help = "unit of amounts" },
	{ "send", CONF_LIST, AT(send),
	  .help = "what is sent: names of fields, questions or values of rows in menus, or [ \"its name there\", \"our name\" ], or with "
	  "\"money\" or \"date\" as third for the answer to a question about an amount or a date; a dot in a name there leads into an "
	  "object, and {name} in url takes a value. Nothing else is sent" },
	{ "fields", CONF_GROUP, AT(fields), .group = value_rows, .help = "values of the answer: for each name in menus, a group" },
	{ "rows", CONF_GROUP, AT(rows), .group = list_rows, .help = "a list in the answer: the backend is then a list in menus" },
	{ "outcomes", CONF_GROUPS, AT(outcomes), .group = outcome_rows,
	  .help = "outcomes besides ok, unavailable and slow, and what makes an answer ok, if status 2xx is not enough; the first that "
	  "applies counts" },
	{}
};
#undef AT

/* ---- names ---- */

static bool is_name(const char *name)
{
	const char *at = name;

	while (islower((unsigned char)*at) || isdigit((unsigned char)*at) || *at == '_')
		at++;
	return !*at && islower((unsigned char)*name) && at - name < JSON_NAME_SIZE;
}

static bool is_secret(enum field field)
{
	return field == FIELD_OLD || field == FIELD_NEW || field == FIELD_PASSWORD || field == FIELD_CONFIRM_CODE;
}

/* Report a name that menus cannot use. */
static void name_check(const struct setting *at, const char *name, struct problems *problems)
{
	if (!is_name(name))
		problems_add(problems, at, "\"%s\" must be a name of small letters, digits and _, and begin with a letter", name);
}

/* ---- what is sent ---- */

/* Names of a request: "logicalResource.value", "@type". */
static bool is_sendable(const char *name)
{
	const size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@");

	return len && !name[len] && len < JSON_NAME_SIZE && name[0] != '.' && name[len - 1] != '.' && !strstr(name, "..");
}

static void sent_read(struct declared *declared, const struct setting *at, struct problems *problems)
{
	const struct setting *theirs = at->type == SETTING_LIST ? at->child : at;
	const struct setting *ours = at->type == SETTING_LIST && theirs ? theirs->next : at;
	const struct setting *type = ours && ours != at ? ours->next : NULL;
	struct backend *backend = &declared->backend;
	struct backend_value *value = &backend->sent[backend->sent_count];

	if (!theirs || !ours || theirs->type != SETTING_STRING || ours->type != SETTING_STRING ||
	    (type && (type->next || type->type != SETTING_STRING || (strcmp(type->string, "money") && strcmp(type->string, "date"))))) {
		problems_add(problems, at, "send contains names, or pairs [ \"its name there\", \"our name\" ], to which the answer to a "
			     "question adds \"money\" or \"date\"");
		return;
	}
	if (backend->sent_count == BACKEND_SENT_MAX) {
		problems_add(problems, at, "send has more than %d names", BACKEND_SENT_MAX);
		return;
	}
	for (unsigned int i = 0; i < backend->sent_count; i++) {
		if (!strcmp(declared->sent_as[i], theirs->string))
			problems_add(problems, at, "\"%s\" is sent twice", theirs->string);
	}
	if (!is_sendable(theirs->string))
		problems_add(problems, at, "\"%s\" must consist of letters, digits, _, -, @ and single dots inside", theirs->string);
	name_check(at, ours->string, problems);
	*value = (struct backend_value){ .name = ours->string, .field = field_by_name(ours->string) };
	if (is_secret(value->field))
		problems_add(problems, at, "\"%s\" is secret and cannot be sent", ours->string);
	value->type = value->field ? field_info(value->field)->type : FIELD_TYPE_TEXT;
	if (type && value->field)
		problems_add(problems, type, "\"%s\" is a field of menus and has a type already", ours->string);
	else if (type)
		value->type = *type->string == 'm' ? FIELD_TYPE_MONEY : FIELD_TYPE_DATE;
	declared->sent_as[backend->sent_count++] = theirs->string;
}

/* Each {name} in the URL must be sent, and leaves nothing to send elsewhere. */
static void url_read(struct declared *declared, struct problems *problems)
{
	const struct setting *at = setting_at(declared->group, "url");
	const char *mark = declared->settings.service.url;

	for (size_t len; mark && (mark = strchr(mark, '{')); mark += len) {
		unsigned int i = 0;

		len = strcspn(mark, "}");
		while (i < declared->backend.sent_count && (strlen(declared->sent_as[i]) != len - 1 ||
							    strncmp(declared->sent_as[i], mark + 1, len - 1)))
			i++;
		if (i < declared->backend.sent_count)
			declared->in_url[i] = true;
		else
			problems_add(problems, at, "\"%.*s}\" in url is not one of the names that are sent", (int)len, mark);
	}
}

/* ---- values ---- */

static enum field_type type_of(const char *name)
{
	static const char *const names[] = {
		[FIELD_TYPE_TEXT] = "text", [FIELD_TYPE_CODE] = "code", [FIELD_TYPE_MONEY] = "money", [FIELD_TYPE_COUNT] = "count",
		[FIELD_TYPE_DATE] = "date", [FIELD_TYPE_MONTH] = "month", [FIELD_TYPE_TIME] = "time",
	};
	enum field_type type = FIELD_TYPE_TEXT;

	while (strcmp(names[type], name))
		type++;
	return type;
}

int64_t value_max(const struct backend_value *value)
{
	unsigned int digits = value->type == FIELD_TYPE_MONEY ? value->width - 2 : value->width;
	int64_t max = 1;

	while (digits--)
		max *= 10;
	return max - 1;
}

static void width_set(struct backend_value *value, long long width, const struct setting *at, struct problems *problems)
{
	static const unsigned int usual[] = {
		[FIELD_TYPE_MONEY] = MONEY_WIDTH_MAX, [FIELD_TYPE_COUNT] = 9, [FIELD_TYPE_DATE] = 10, [FIELD_TYPE_MONTH] = 8,
		[FIELD_TYPE_TIME] = 16,
	};
	const unsigned int most = value->field ? field_info(value->field)->width : value->type == FIELD_TYPE_MONEY ? MONEY_WIDTH_MAX :
				  value->type == FIELD_TYPE_COUNT ? COUNT_WIDTH_MAX : TEXT_WIDTH_MAX;
	const unsigned int least = value->type == FIELD_TYPE_MONEY ? 4 : 1;

	value->width = width ? (unsigned int)width : value->field ? most : usual[value->type];
	if (!value->width && !setting_get(at, "width"))
		problems_add(problems, at, "\"%s\" needs a width: the most characters that pages have room for", value->name);
	else if (value->width && (value->width > most || value->width < least))
		problems_add(problems, setting_at(at, "width"), "the width of \"%s\" must be from %u to %u", value->name, least, most);
}

static void value_read(void *ctx, const struct setting *at, struct backend_value *value, struct json_path *path,
		       struct problems *problems)
{
	struct value_settings settings;
	const char *wrong;

	if (at->type != SETTING_GROUP) {
		problems_add(problems, at, "\"%s\" must be a group such as { path = \"$.name\"; type = \"text\"; width = 20; }", at->name);
		return;
	}
	conf_read(at, value_rows, &settings, problems);
	name_check(at, at->name, problems);
	*value = (struct backend_value){ .name = at->name, .field = field_by_name(at->name), .type = type_of(settings.type) };
	if (value->field && field_info(value->field)->origin == FIELD_OF_ACCOUNT)
		problems_add(problems, at, "\"%s\" comes from the account: choose another name", at->name);
	else if (is_secret(value->field))
		problems_add(problems, at, "\"%s\" is secret and never shown: choose another name", at->name);
	else if (value->field == FIELD_SERVICE || value->field == FIELD_INSTEAD)
		problems_add(problems, at, "\"%s\" names a service of the catalogue: choose another name", at->name);
	else if (menu_comes_with_service(value->field))
		problems_add(problems, at, "\"%s\" comes with a service of the catalogue: choose another name", at->name);
	else if (value->field && field_info(value->field)->type != value->type)
		problems_add(problems, at, "\"%s\" is a field of menus and has another type: choose another name, or that type", at->name);
	else
		width_set(value, settings.width, at, problems);
	wrong = settings.path ? json_path_compile(ctx, settings.path, path) : NULL;
	if (wrong)
		problems_add(problems, setting_get(at, "path"), "\"%s\" is not a path: %s", settings.path, wrong);
}

/* Returns their number. */
static unsigned int values_read(void *ctx, const struct setting *group, struct backend_value *values, struct json_path *paths,
				struct problems *problems)
{
	const struct setting *at;
	unsigned int count = 0;

	for (at = group ? group->child : NULL; at; at = at->next) {
		if (count == BACKEND_FIELDS_MAX) {
			problems_add(problems, at, "more than %d values", BACKEND_FIELDS_MAX);
			break;
		}
		value_read(ctx, at, &values[count], &paths[count], problems);
		count++;
	}
	return count;
}

/* The most octets that the values need in a record. */
static unsigned int octets_of(const struct backend_value *values, unsigned int count)
{
	unsigned int octets = 0;

	for (unsigned int i = 0; i < count; i++)
		octets += HEAD_OCTETS + (value_is_text(&values[i]) ? UTF8_OCTETS * values[i].width : sizeof(int64_t));
	return octets;
}

/* ---- rows ---- */

static void rows_read(void *ctx, struct declared *declared, struct problems *problems)
{
	const struct setting *group = declared->settings.rows, *at;
	struct backend *backend = &declared->backend;
	struct list_settings settings;
	const char *wrong = NULL;
	unsigned int octets;
	size_t len;

	if (!group)
		return;
	conf_read(group, list_rows, &settings, problems);
	backend->rows_max = (unsigned int)settings.max;
	backend->row_count = values_read(ctx, settings.fields, backend->row, declared->row, problems);
	at = setting_at(group, "fields");
	octets = sizeof(uint16_t) + octets_of(backend->row, backend->row_count);
	if (settings.fields && !backend->row_count)
		problems_add(problems, at, "a row needs at least one value");
	else if (octets > BACKEND_ROW_MAX)
		problems_add(problems, at, "a row may need %u octets, but there is room for %d: lower the widths", octets, BACKEND_ROW_MAX);
	else if (octets * backend->rows_max > RESPONSE_ROWS_MAX)
		problems_add(problems, at, "%u rows may need %u octets, but there is room for %u: lower max, or the widths",
			     backend->rows_max, octets * backend->rows_max, RESPONSE_ROWS_MAX);
	len = settings.path ? strlen(settings.path) : 0;
	if (len > 3 && !strcmp(settings.path + len - 3, "[*]"))
		len -= 3;
	if (len)
		wrong = json_path_compile(ctx, talloc_strndup(ctx, settings.path, len), &declared->rows);
	if (wrong)
		problems_add(problems, setting_get(group, "path"), "\"%s\" is not a path: %s", settings.path, wrong);
}

/* ---- outcomes ---- */

static bool is_same(const char *one, const char *other)
{
	return one && other && !strcmp(one, other);
}

/* Whether \a before applies wherever \a condition does. */
static bool covers(const struct outcome_condition *before, const struct outcome_condition *condition)
{
	if (before->outcome == BACKEND_OK && !before->status && condition->outcome != BACKEND_OK &&
	    !(condition->status >= 200 && condition->status <= 299))
		return false;
	if (before->where && !(is_same(before->where, condition->where) && is_same(before->equals, condition->equals)))
		return false;
	return before->status ? before->status == condition->status : before->where != NULL;
}

/* The first that applies counts. */
static void outcome_check(const struct declared *declared, unsigned int index, const struct setting *at, struct problems *problems)
{
	const struct outcome_condition *condition = &declared->conditions[index], *before = declared->conditions;
	const char *const *names = declared->backend.outcomes;

	while (before < condition && !covers(before, condition))
		before++;
	if (before < condition)
		problems_add(problems, at, "the outcome \"%s\" never comes, since \"%s\" applies before it",
			     names[condition->outcome], names[before->outcome]);
}

static void outcome_read(void *ctx, struct declared *declared, const struct setting *at, struct problems *problems)
{
	struct backend *backend = &declared->backend;
	struct outcome_condition *condition = &declared->conditions[declared->conditions_count];
	struct outcome_settings settings;
	const char *wrong;
	bool ok;

	conf_read(at, outcome_rows, &settings, problems);
	ok = settings.is && !strcmp(settings.is, backend->outcomes[BACKEND_OK]);
	if (declared->conditions_count == BACKEND_CONDITIONS_MAX || (!ok && backend->outcomes_count > BACKEND_DECLARED_MAX)) {
		problems_add(problems, at, "more than %d outcomes", ok ? BACKEND_CONDITIONS_MAX : BACKEND_DECLARED_MAX);
		return;
	}
	if (!settings.is)
		return;
	name_check(at, settings.is, problems);
	if (!strcmp(settings.is, "unavailable") || !strcmp(settings.is, "slow"))
		problems_add(problems, at, "the outcome \"%s\" exists already, and not by declaration", settings.is);
	for (unsigned int i = BACKEND_OK + 1; i < backend->outcomes_count; i++) {
		if (!strcmp(backend->outcomes[i], settings.is))
			problems_add(problems, at, "the outcome \"%s\" exists already", settings.is);
	}
	if (!setting_get(at, "when_status") && !settings.path)
		problems_add(problems, at, "the outcome \"%s\" needs when_status, or path and equals", settings.is);
	if (!settings.path != !settings.equals)
		problems_add(problems, at, "path and equals belong together");
	*condition = (struct outcome_condition){ .outcome = ok ? BACKEND_OK : (int)backend->outcomes_count, .status = settings.when_status,
						 .where = settings.path, .equals = settings.equals };
	wrong = settings.path ? json_path_compile(ctx, settings.path, &condition->path) : NULL;
	if (wrong)
		problems_add(problems, setting_get(at, "path"), "\"%s\" is not a path: %s", settings.path, wrong);
	declared->says_ok |= ok;
	if (!ok)
		backend->outcomes[backend->outcomes_count++] = settings.is;
	outcome_check(declared, declared->conditions_count++, at, problems);
}

static void outcomes_read(void *ctx, struct declared *declared, struct problems *problems)
{
	const struct setting *outcomes = declared->settings.outcomes, *at;
	struct backend *backend = &declared->backend;

	backend->outcomes[backend->outcomes_count++] = "ok";
	if (outcomes && outcomes->type == SETTING_GROUP)
		outcome_read(ctx, declared, outcomes, problems);
	for (at = outcomes && outcomes->type == SETTING_LIST ? outcomes->child : NULL; at; at = at->next)
		outcome_read(ctx, declared, at, problems);
	backend->outcomes[backend->outcomes_count++] = "unavailable";
	backend->outcomes[backend->outcomes_count++] = "slow";
}

/* ---- the whole ---- */

const struct backend_value *declared_answers(const struct declared *declared, const char *name)
{
	const struct backend *backend = &declared->backend;

	for (unsigned int i = 0; i < backend->fields_count + backend->row_count; i++) {
		const struct backend_value *value = i < backend->fields_count ? &backend->fields[i]
									      : &backend->row[i - backend->fields_count];

		if (value->name && !strcmp(value->name, name))
			return value;
	}
	return NULL;
}

/* The id of a name in values that have one; 0: none. */
static uint16_t id_of(const struct backend_value *values, unsigned int count, const char *name)
{
	for (unsigned int i = 0; i < count; i++) {
		if (values[i].id && values[i].name && !strcmp(values[i].name, name))
			return values[i].id;
	}
	return 0;
}

static uint16_t id_in(const struct backend *backend, const char *name)
{
	uint16_t id = id_of(backend->sent, backend->sent_count, name);

	id = id ? id : id_of(backend->fields, backend->fields_count, name);
	return id ? id : id_of(backend->row, backend->row_count, name);
}

static uint16_t id_after(const struct backend_value *values, unsigned int count, uint16_t next)
{
	for (unsigned int i = 0; i < count; i++)
		next = OSMO_MAX(next, values[i].id + 1);
	return next;
}

static void ids_set(const struct backend *backend, struct backend_value *values, unsigned int count, struct declared *const *before,
		    unsigned int before_count, uint16_t *next)
{
	for (unsigned int i = 0; i < count; i++) {
		uint16_t id = values[i].field ? (uint16_t)values[i].field : values[i].name ? id_in(backend, values[i].name) : 0;

		for (unsigned int k = 0; !id && values[i].name && k < before_count; k++)
			id = id_in(&before[k]->backend, values[i].name);
		values[i].id = id ? id : (*next)++;
	}
}

static void ids_read(struct declared *declared, struct declared *const *before, unsigned int count, struct problems *problems)
{
	struct backend *backend = &declared->backend;
	uint16_t next = BACKEND_VALUE;

	for (unsigned int i = 0; i < count; i++) {
		const struct backend *other = &before[i]->backend;

		next = id_after(other->sent, other->sent_count, next);
		next = id_after(other->fields, other->fields_count, next);
		next = id_after(other->row, other->row_count, next);
	}
	ids_set(backend, backend->sent, backend->sent_count, before, count, &next);
	ids_set(backend, backend->fields, backend->fields_count, before, count, &next);
	ids_set(backend, backend->row, backend->row_count, before, count, &next);
	if (next > BACKEND_VALUE + BACKEND_VALUES_MAX)
		problems_add(problems, declared->group, "all backends together have more than %d values", BACKEND_VALUES_MAX);
}

static void ids_copy(const struct backend_value *values, unsigned int count, uint16_t *to)
{
	for (unsigned int i = 0; i < count; i++)
		to[i] = values[i].id;
}

/* What menus need to know of it. */
static void action_set(struct declared *declared)
{
	const struct backend *backend = &declared->backend;
	struct menu_action *action = &declared->action;

	*action = (struct menu_action){ .name = backend->name, .changes = backend->changes, .orders = backend->changes,
					.lists = backend->row_count, .backend = backend,
					.needs = backend->changes ? TRUST_ORDER : TRUST_READ };
	memcpy(action->outcomes, backend->outcomes, backend->outcomes_count * sizeof(*action->outcomes));
	ids_copy(backend->sent, backend->sent_count, action->params);
	ids_copy(backend->row, backend->row_count, action->fields);
	ids_copy(backend->fields, backend->fields_count, action->facts);
}

void declared_read(void *ctx, const struct setting *group, struct declared *const *before, unsigned int count, struct declared *declared,
		   struct problems *problems)
{
	struct backend_settings *settings = &declared->settings;
	struct backend *backend = &declared->backend;
	const struct setting *at;

	*declared = (struct declared){ .group = group };
	name_check(group, group->name, problems);
	conf_read(group, backend_rows, settings, problems);
	http_service_check(&settings->service, true, group, problems);
	*backend = (struct backend){ .name = group->name, .changes = settings->changes, .file = group->file, .line = group->line,
				     .total_ms = (unsigned int)settings->service.total_ms,
				     .major = !strcmp(settings->money, "major") };
	declared->post = !strcmp(settings->method, "POST");
	if (settings->hmac_file && !declared->post)
		problems_add(problems, setting_get(group, "hmac_file"), "hmac_file signs a body: method must be POST");
	if (settings->changes && !declared->post)
		problems_add(problems, setting_at(group, "method"), "a backend that changes something needs the method POST");
	if (settings->changes && strlen(group->name) >= BACKEND_NAME_SIZE)
		problems_add(problems, group, "the name of a backend that changes something has at most %d letters",
			     BACKEND_NAME_SIZE - 1);
	if (settings->changes && settings->rows)
		problems_add(problems, settings->rows, "a list cannot change anything: remove rows, or set changes = false");
	for (at = settings->send ? settings->send->child : NULL; at; at = at->next)
		sent_read(declared, at, problems);
	url_read(declared, problems);
	backend->fields_count = values_read(ctx, settings->fields, backend->fields, declared->fields, problems);
	if (octets_of(backend->fields, backend->fields_count) > RESPONSE_FACTS_MAX)
		problems_add(problems, settings->fields, "the fields may need %u octets, but there is room for %u: lower their widths",
			     octets_of(backend->fields, backend->fields_count), RESPONSE_FACTS_MAX);
	rows_read(ctx, declared, problems);
	outcomes_read(ctx, declared, problems);
	ids_read(declared, before, count, problems);
	action_set(declared);
}
