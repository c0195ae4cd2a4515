/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Parses the JSON of one line in place. */
#pragma once

#include "import/reader.h"

/* Parse \a reader's text of \a len octets into its row. False: reader->why has the reason. */
bool json_read(struct import_reader *reader, size_t len);

/* Record "what: why" as the reason why a line is bad. Returns false. */
bool reader_fail(struct import_reader *reader, const char *what, const char *why);
