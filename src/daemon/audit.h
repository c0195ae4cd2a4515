/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The audit trail: who changed what by hand, and when. */
#pragma once

#define AUDIT_MAX 256	/* octets of a line's text; more is cut */

/* Write a line to the log, which shows no number whole, and where \a file is not NULL to the end of that file, made with mode
 * 0600. Each line opens the file anew, so that it can be rotated. Control characters become '?'. 0 or -errno of the file. */
int audit(const char *file, const char *who, const char *format, ...) __attribute__((format(printf, 3, 4)));
