/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The audit log: which user changed what by hand, and when. */
#pragma once

#define AUDIT_MAX 256	/* octets of a line's text; longer text is truncated */

/* Write a line to the log, with masked numbers, and, if \a file is not NULL, append it to that file, which is created with mode 0600. The
 * file is opened for each line, so it can be rotated. Control characters become '?'. Returns 0 or -errno of the file. */
int audit(const char *file, const char *who, const char *format, ...) __attribute__((format(printf, 3, 4)));
