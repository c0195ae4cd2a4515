/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* simulator/: plays transcripts through the real server and a real store. Start with simulator.c. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/simulator/folder.h"

bool folder_make(char folder[static FOLDER_SIZE])
{
	const char *below = getenv("TMPDIR");
	const int len = snprintf(folder, FOLDER_SIZE, "%s/starhash-menu-XXXXXX", below && *below ? below : "/tmp");

	errno = ENAMETOOLONG;
	if (len < FOLDER_SIZE && mkdtemp(folder))
		return true;
	fprintf(stderr, "starhash-menu: cannot create the temporary folder %s: %s\n", folder, strerror(errno));
	folder[0] = '\0';
	return false;
}

void folder_remove(const char *folder)
{
	DIR *dir = *folder ? opendir(folder) : NULL;
	const struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	rmdir(folder);
}
