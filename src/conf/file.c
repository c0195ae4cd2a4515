/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration files: parses a source with libconfig and converts the result to a tree of settings.
 *
 * Everything is a talloc child of the conf_file, so one call frees it all. */
#include <stdlib.h>
#include <string.h>

#include <libconfig.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "conf/source.h"
#include "starhash/conf.h"

struct conf_file {
	struct source *source;
	struct setting *root;
};

/* A message of libconfig about what syntax.c does not check, and a clearer one. */
static const struct {
	const char *theirs, *ours;
} parse_errors[] = {
	{ "mismatched element type in array",
	  "the elements in [ ] must have one type and cannot be groups or lists: use ( ) for those" },
};

static const char *explain_error(const char *text)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parse_errors); i++) {
		if (strcmp(text, parse_errors[i].theirs) == 0)
			return parse_errors[i].ours;
	}
	return text;
}

static const char *copy_string(const struct conf_file *file, const char *string)
{
	char *copy = string ? talloc_strdup(file, string) : NULL;

	if (string && !copy)
		abort();
	return copy;
}

/* Names cannot begin with a digit there: in "*5GPLUS" a '*' marks a name that does. */
static const char *plain_name(const char *name)
{
	return name && name[0] == '*' && name[1] >= '0' && name[1] <= '9' ? name + 1 : name;
}

static void copy_value(const struct conf_file *file, const config_setting_t *from, struct setting *to)
{
	switch (config_setting_type(from)) {
	case CONFIG_TYPE_STRING:
		to->type = SETTING_STRING;
		to->string = copy_string(file, config_setting_get_string(from));
		break;
	case CONFIG_TYPE_FLOAT:
		to->type = SETTING_FLOAT;
		to->real = config_setting_get_float(from);
		break;
	case CONFIG_TYPE_BOOL:
		to->type = SETTING_BOOL;
		to->number = config_setting_get_bool(from);
		break;
	case CONFIG_TYPE_GROUP:
		to->type = SETTING_GROUP;
		break;
	case CONFIG_TYPE_LIST:
	case CONFIG_TYPE_ARRAY:
		to->type = SETTING_LIST;
		break;
	default:
		to->type = SETTING_INT;
		to->number = config_setting_get_int64(from);
	}
}

/* Depth is bounded by the source (SOURCE_DEPTH_MAX), so this may recurse. */
static struct setting *copy_setting(const struct conf_file *file, const config_setting_t *from)
{
	struct source_line where = source_where(file->source, config_setting_source_line(from));
	struct setting *to = talloc_zero(file, struct setting);
	const struct setting **link = to ? &to->child : NULL;
	int i, count = config_setting_is_aggregate(from) ? config_setting_length(from) : 0;

	if (!to)
		abort();
	to->name = copy_string(file, plain_name(config_setting_name(from)));
	to->file = where.file;
	to->line = where.line;
	copy_value(file, from, to);
	for (i = 0; i < count; i++) {
		struct setting *child = copy_setting(file, config_setting_get_elem(from, i));

		*link = child;
		link = &child->next;
	}
	return to;
}

static struct setting *parse(const struct conf_file *file, struct problems *problems)
{
	struct setting *root = NULL;
	struct source_line where;
	config_t config;

	config_init(&config);
	if (config_read_string(&config, file->source->text) == CONFIG_TRUE) {
		root = copy_setting(file, config_root_setting(&config));
	} else {
		where = source_where(file->source, config_error_line(&config));
		problems_add_at(problems, where.file, where.line, "%s", explain_error(config_error_text(&config)));
	}
	config_destroy(&config);
	return root;
}

struct conf_file *conf_file_load(const char *path, struct problems *problems)
{
	struct conf_file *file = talloc_zero(NULL, struct conf_file);

	if (!file)
		abort();
	file->source = source_read(file, path, problems);
	if (file->source)
		file->root = parse(file, problems);
	if (!file->root) {
		conf_file_free(file);
		return NULL;
	}
	return file;
}

void conf_file_free(struct conf_file *file)
{
	talloc_free(file);
}

const struct setting *conf_file_root(const struct conf_file *file)
{
	return file->root;
}

const char *conf_file_text(const struct conf_file *file, size_t *len)
{
	*len = file->source->len;
	return file->source->text;
}
