/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fuzz target: configuration files of hostile octets, read as a tree and by rows. */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "starhash/conf.h"

struct sample {
	long long number;
	bool flag;
	const char *string, *path, *choice;
	const struct setting *group, *groups;
};

static const struct conf_row rows[] = {
	{ .name = "number", .type = CONF_INT, .offset = offsetof(struct sample, number), .max = 9, .help = "a number" },
	{ .name = "flag", .type = CONF_BOOL, .offset = offsetof(struct sample, flag), .help = "a flag" },
	{ .name = "string", .type = CONF_STRING, .offset = offsetof(struct sample, string), .help = "a string" },
	{ .name = "path", .type = CONF_PATH, .offset = offsetof(struct sample, path), .help = "a path" },
	{ .name = "choice", .type = CONF_CHOICE, .offset = offsetof(struct sample, choice), .choices = "one two",
	  .help = "a choice" },
	{ .name = "group", .type = CONF_GROUP, .offset = offsetof(struct sample, group), .help = "a group" },
	{ .name = "groups", .type = CONF_GROUPS, .offset = offsetof(struct sample, groups), .help = "groups" },
	{ 0 }
};

/* Each element knows its place; every string is text. */
static void check_tree(const struct setting *at)
{
	const struct setting *child;

	MUST(at->file && at->line > 0);
	MUST((at->type == SETTING_STRING) == (at->string != NULL));
	for (child = at->child; child; child = child->next)
		check_tree(child);
}

static void check_file(const char *path)
{
	struct problems problems = { 0 };
	struct conf_file *file = conf_file_load(path, &problems);
	struct sample sample;

	MUST((file == NULL) == (problems.errors > 0));	/* there may be warnings, too */
	if (file) {
		check_tree(conf_file_root(file));
		conf_read(conf_file_root(file), rows, &sample, &problems);
		MUST(sample.number >= 0 && sample.number <= 9);
	}
	problems_sort(&problems);
	problems_fini(&problems);
	conf_file_free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("conf", MFD_CLOEXEC);
	char path[64];

	MUST(fd >= 0);
	MUST(write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check_file(path);
	close(fd);
	return 0;
}
