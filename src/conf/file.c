/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration files as others see them. */
#include <stdlib.h>

#include "conf/source.h"
#include "starhash/conf.h"

struct conf_file {
	struct source source;
};

struct conf_file *conf_file_load(const char *path, struct problems *problems)
{
	struct conf_file *file = calloc(1, sizeof(*file));

	if (!file)
		abort();
	if (source_read(&file->source, path, problems) == 0)
		return file;
	conf_file_free(file);
	return NULL;
}

void conf_file_free(struct conf_file *file)
{
	if (file)
		source_fini(&file->source);
	free(file);
}

const struct setting *conf_file_root(const struct conf_file *file)
{
	return file->source.root;
}

size_t conf_file_memory(const struct conf_file *file)
{
	return file->source.arena.used + file->source.size;
}

char *conf_file_take_text(struct conf_file *file, size_t *len)
{
	char *text = file->source.text;

	*len = file->source.len;
	file->source.text = NULL;
	return text;
}
