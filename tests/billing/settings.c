/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Settings from a text, for tests. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/billing/settings.h"
#include "tests/cmocka.h"

struct conf_file *settings_of(const char *text)
{
	struct problems problems = { 0 };
	struct conf_file *file;
	char path[64];
	int fd = memfd_create("settings", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	file = conf_file_load(path, &problems);
	if (!file)
		conf_problems_print(&problems);
	assert_non_null(file);
	close(fd);
	return file;
}
