/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The password of a link, from a file that nobody else can read. */
#pragma once

#include "channel/smpp/smpp_codec.h"

/* The first line of the file. 0; -EPERM when its group or others may touch it; -EMSGSIZE when it is longer than SMPP
 * allows; -errno. The caller wipes \a out. */
int password_file_read(const char *path, char out[static SMPP_PASSWORD_MAX + 1]);
