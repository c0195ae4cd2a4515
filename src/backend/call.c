/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writes the request of a call: the values that its declaration names, and nothing else. */
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
	return number_print(ctx, sent[index].type, declared->major, value.number);
}

/* Whole numbers are numbers in JSON, too. */
static json_t *value_json(const struct declared *declared, const struct record *args, unsigned int index, const char *printed)
{
	const struct backend_value *sent = declared->backend.sent;
	const enum field_type type = sent[index].type;
	struct value value;

	record_get(args, sent[index].id, &value);
	if (value.is_text || type == FIELD_TYPE_DATE || type == FIELD_TYPE_MONTH || type == FIELD_TYPE_TIME ||
	    (type == FIELD_TYPE_MONEY && declared->major))
		return json_string(printed);
	return json_integer(value.number);
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

		if (declared->in_url[i]) {
			complete &= printed && *printed;
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
