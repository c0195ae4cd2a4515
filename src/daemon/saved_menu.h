/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The last good menu, saved for a start at which the menu's own files are broken or missing.
 *
 * Each copy is a folder of its own, named by a number that grows: written under a temporary name, made durable, renamed, and only then is
 * its predecessor removed. So a process killed at any moment leaves a complete copy. */
#pragma once

#include <stdint.h>

struct alarms;
struct menu_copy;
struct saved_menu;

/* The path of the newest copy's menu.cfg, a talloc child of \a ctx, and when it was saved, in seconds since 1970. NULL: there is none. */
char *saved_menu_find(void *ctx, const char *folder, int64_t *saved_s);

/* Write a copy into \a folder, which is created in an existing one; folders get mode 0700, files 0600. Blocks on the disk. Returns 0 or
 * -errno. */
int saved_menu_write(const char *folder, const struct menu_copy *copy);

/* Writes copies in a thread, since a disk may take seconds to make files durable. Only one process may use a folder at a time: the writer
 * of the account database. \a folder must outlive it. \a ctx: talloc parent. NULL after a log line. */
struct saved_menu *saved_menu_new(void *ctx, const char *folder, struct alarms *alarms);

/* Waits until what was put is written. NULL is fine. */
void saved_menu_free(struct saved_menu *saved);

/* Save a copy; takes it. While an earlier one is being written, only the latest waits. A failure raises ALARM_MENU_UNSAVED, and the
 * earlier copy stays. */
void saved_menu_put(struct saved_menu *saved, struct menu_copy *copy);
