/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which requests the door refuses before their content is looked at. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <osmocom/core/utils.h>

#include "door/judge.h"

struct fields {
	unsigned int hosts, lengths, encodings, authorizations;
	bool chunked, odd;
};

static enum MHD_Result field_see(void *user, enum MHD_ValueKind kind, const char *name, const char *value)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	struct fields *fields = user;

	fields->odd |= !*name || name[strspn(name, token)];
	fields->hosts += !strcasecmp(name, MHD_HTTP_HEADER_HOST);
	fields->lengths += !strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH);
	fields->authorizations += !strcasecmp(name, MHD_HTTP_HEADER_AUTHORIZATION);
	if (!strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING)) {
		fields->encodings++;
		fields->chunked = value && !strcasecmp(value, "chunked");
	}
	return MHD_YES;
}

/* Whether a proxy in front might see another request than libmicrohttpd, which takes the first of several fields, lets an encoding
 * override a length, and ignores a name with a blank before its colon (0.9.75). */
bool headers_are_malformed(struct MHD_Connection *connection)
{
	struct fields fields = { 0 };

	MHD_get_connection_values(connection, MHD_HEADER_KIND, field_see, &fields);
	return fields.odd || fields.hosts > 1 || fields.lengths + fields.encodings > 1 || fields.authorizations > 1 ||
	       (fields.encodings && !fields.chunked);
}

static bool path_fits(const struct door_path *row, const char *path)
{
	const size_t len = strlen(row->path);

	if (row->path[len - 1] != '/')
		return !strcmp(row->path, path);
	return !strncmp(row->path, path, len) && path[len] && !path[len + strspn(path + len, DOOR_ID_CHARACTERS)];
}

static bool has_body(const char *method)
{
	return !strcmp(method, "POST") || !strcmp(method, "PUT") || !strcmp(method, "PATCH");
}

static bool is_json(const char *type)
{
	static const char json[] = "application/json";
	const size_t len = strlen(json);

	return type && !strncasecmp(type, json, len) && (!type[len] || strchr("; \t", type[len]));
}

void place_find(const struct door_table *tables, const char *method, const char *path, struct place *place)
{
	size_t len = 0;

	*place = (struct place){ 0 };
	for (const struct door_table *table = tables; table->paths; table++) {
		for (const struct door_path *row = table->paths; row->method; row++) {
			if (!path_fits(row, path))
				continue;
			len += (size_t)snprintf(place->allow + len, sizeof(place->allow) - len, "%s%s", len ? ", " : "", row->method);
			OSMO_ASSERT(len < sizeof(place->allow));
			if (strcmp(row->method, method))
				continue;
			place->table = table;
			place->row = row;
		}
	}
}

const char *place_id(const struct place *place, const char *path)
{
	const size_t len = strlen(place->row->path);

	return place->row->path[len - 1] == '/' ? path + len : "";
}

enum refusal place_judge(const struct place *place, unsigned int rights, struct MHD_Connection *connection)
{
	if (!place->table)
		return *place->allow ? REFUSAL_METHOD : REFUSAL_PATH;
	if (!(rights & place->row->right))
		return REFUSAL_FORBIDDEN;
	if (has_body(place->row->method) &&
	    !is_json(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE)))
		return REFUSAL_TYPE;
	return REFUSAL_NONE;
}
