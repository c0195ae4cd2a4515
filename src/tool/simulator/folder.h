/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A private temporary folder, below $TMPDIR or /tmp, for files that may contain keys and accounts. */
#pragma once

#include <stdbool.h>

#define FOLDER_SIZE 128

/* Create the folder with mode 0700. False after a message. */
bool folder_make(char folder[static FOLDER_SIZE]);

/* Remove the folder and its files; "": there is none. */
void folder_remove(const char *folder);
