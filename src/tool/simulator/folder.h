/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A temporary folder of this process alone, below $TMPDIR or /tmp, for files that may hold keys and accounts. */
#pragma once

#include <stdbool.h>

#define FOLDER_SIZE 128

/* Of mode 0700. False after a message. */
bool folder_make(char folder[static FOLDER_SIZE]);

/* With the files in it; "": there is none. */
void folder_remove(const char *folder);
