/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The JSON of one line, taken to pieces where it lies. */
#pragma once

#include "import/reader.h"

/* Read \a reader's text of \a len octets into its row. False: reader->why says why. */
bool json_read(struct import_reader *reader, size_t len);

/* "what: why" of a line that is bad; returns false. */
bool reader_fail(struct import_reader *reader, const char *what, const char *why);
