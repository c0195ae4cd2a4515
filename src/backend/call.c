/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writes the request of a call, or what is stored of an order: the values that its declaration names, and nothing else. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "backend/declared.h"

/* Amounts in major units have two decimals. */
static char *number_print(void *ctx, enum field_type type, bool major, int64_t number)
{
	const time_t when = (time_t)number;
	char text[32] = "";
	struct tm parts;

	switch (type) {
	case FIELD_TYPE_MONEY:
		if (major)
			return talloc_asprintf(ctx, "%s%" PRIu64 ".%02u", number < 0 ? "-" : "", (uint64_t)llabs(number) / 100,
					       (unsigned int)((uint64_t)llabs(number) % 100));
		break;
	case FIELD_TYPE_DATE:
		return talloc_asprintf(ctx, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, number / 10000, number / 100 % 100, number % 100);
	case FIELD_TYPE_MONTH:
		return talloc_asprintf(ctx, "%04" PRId64 "-%02" PRId64, number / 100, number % 100);
	case FIELD_TYPE_TIME:
		if (gmtime_r(&when, &parts))
			strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
		return talloc_strdup(ctx, text);
	default:
		break;
	}
	return talloc_asprintf(ctx, "%" PRId64, number);
}

/* NULL: not known. */
static char *value_print(void *ctx, const struct declared *declared, const struct record *args, unsigned int index)
{
	const struct backend_value *sent = declared->backend.sent;
	struct value value;

	if (!record_get(args, sent[index].id, &value))
		return NULL;
	if (value.is_text)
		return talloc_strndup(ctx, value.text, value.len);
	return number_print(ctx, sent[index].type, declared->backend.major, value.number);
}

/* Whole numbers are numbers in JSON, too. */
static json_t *value_json(const struct declared *declared, const struct record *args, unsigned int index, const char *printed)
{
	const struct backend_value *sent = declared->backend.sent;
	const enum field_type type = sent[index].type;
	struct value value;

	record_get(args, sent[index].id, &value);
	if (value.is_text || type == FIELD_TYPE_DATE || type == FIELD_TYPE_MONTH || type == FIELD_TYPE_TIME ||
	    (type == FIELD_TYPE_MONEY && declared->backend.major))
		return json_string(printed);
	return json_integer(value.number);
}

/* ---- orders: values by their names in menus, since ids are those of one configuration ---- */

static int value_append(json_t *root, const struct backend_value *value, const struct record *record)
{
	struct value known;

	if (!record_get(record, value->id, &known))
		return 0;
	/* fails if the text is not UTF-8 */
	return json_object_set_new(root, value->name, known.is_text ? json_stringn(known.text, known.len) : json_integer(known.number));
}

/* Put the values into \a to under \a arg, as a JSON object of less than \a size octets. 0 or -ENOSPC. */
static int values_put(const struct backend_value *values, unsigned int count, const struct record *record, struct record *to,
		      enum request_arg arg, size_t size)
{
	char text[ORDER_ANSWER_SIZE];
	json_t *root = json_object();
	size_t len = size;
	int rc = 0;

	for (unsigned int i = 0; !rc && i < count; i++)
		rc = value_append(root, &values[i], record);
	if (!rc)
		len = json_dumpb(root, text, size, JSON_COMPACT);
	json_decref(root);
	return rc || len >= size ? -ENOSPC : record_put_text(to, arg, text, len);
}

static bool value_take(const struct backend_value *value, const json_t *json, struct record *record)
{
	if (value_is_text(value))
		return json_is_string(json) && !record_put_text(record, value->id, json_string_value(json), json_string_length(json));
	return json_is_integer(json) && !record_put_number(record, value->id, json_integer_value(json));
}

/* False: no such object, or a value of another type. */
static bool values_take(const struct backend_value *values, unsigned int count, const char *text, size_t len, struct record *record)
{
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	bool readable = json_is_object(root);

	for (unsigned int i = 0; readable && i < count; i++) {
		const json_t *json = json_object_get(root, values[i].name);

		readable = !json || value_take(&values[i], json, record);
	}
	json_decref(root);
	return readable;
}

int backends_order_put(const struct backend *backend, struct request *request)
{
	struct record args = request_args(request), sent;
	uint8_t octets[REQUEST_ARGS_MAX];
	struct value value;

	sent = (struct record){ .data = octets, .size = sizeof(octets) };
	record_append(&sent, &args);
	for (unsigned int i = 0; i < backend->sent_count; i++) {
		if (!record_get(&sent, backend->sent[i].id, &value) && !backend_may_lack(&backend->sent[i]))
			return -ENOENT;
		record_drop(&args, backend->sent[i].id);
	}
	if (values_put(backend->sent, backend->sent_count, &sent, &args, ARG_SENT, ORDER_SENT_SIZE) ||
	    record_put_text(&args, ARG_BACKEND, backend->name, strlen(backend->name)))
		return -ENOSPC;
	request->kind = REQUEST_BACKEND_ORDER;
	request_set_args(request, &args);
	return 0;
}

bool order_values_read(const struct backend *backend, const char *sent, struct record *args)
{
	return values_take(backend->sent, backend->sent_count, sent, strlen(sent), args);
}

void backends_answer_put(const struct backend *backend, const struct record *facts, struct record *args)
{
	values_put(backend->fields, backend->fields_count, facts, args, ARG_ANSWER, ORDER_ANSWER_SIZE);
}

void backends_answer_read(const struct backends *backends, struct record *facts)
{
	char name[BACKEND_NAME_SIZE], text[ORDER_ANSWER_SIZE];
	const size_t len = record_text(facts, ARG_ANSWER, text, sizeof(text));
	const struct backend *backend;

	record_text(facts, FIELD_KIND, name, sizeof(name));
	backend = backends_find(backends, name);
	record_drop(facts, ARG_ANSWER);
	if (backend && len && len < sizeof(text))
		values_take(backend->fields, backend->fields_count, text, len, facts);
}

/* ---- requests ---- */

/* Browsers and servers take "." and "..", however they are escaped, for a place in the path. */
static bool fits_url(const char *text)
{
	return *text && strcmp(text, ".") && strcmp(text, "..");
}

bool call_write(void *ctx, const struct declared *declared, const struct record *args, char **url, char **body)
{
	const struct backend *backend = &declared->backend;
	const char *separator = strchr(declared->settings.service.url, '?') ? "&" : "?";
	json_t *root = json_object();
	bool complete = true;
	char *text;

	*url = talloc_strdup(ctx, declared->settings.service.url);
	*body = NULL;
	for (unsigned int i = 0; i < backend->sent_count; i++) {
		char *printed = value_print(ctx, declared, args, i);

		complete &= printed || backend_may_lack(&backend->sent[i]);

		if (declared->in_url[i]) {
			complete &= printed && fits_url(printed);
			*url = http_url_put(ctx, *url, talloc_asprintf(ctx, "{%s}", declared->sent_as[i]), printed ? printed : "");
		} else if (printed && declared->post) {
			json_put(root, declared->sent_as[i], value_json(declared, args, i, printed));
		} else if (printed) {
			*url = talloc_asprintf_append(*url, "%s%s=%s", separator, declared->sent_as[i],
						      http_url_put(ctx, "*", "*", printed));
			separator = "&";
		}
	}
	if (declared->post) {
		text = json_dumps(root, JSON_COMPACT);
		OSMO_ASSERT(text);
		*body = talloc_strdup(ctx, text);
		free(text);
	}
	json_decref(root);
	return complete;
}
