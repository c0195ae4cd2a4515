/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The user that the daemon runs as, and dropping root's privileges. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct privilege {
	uid_t uid;		/* user that the daemon will run as */
	gid_t gid;
	bool drop;		/* we are root and must become that user */
};

/* \a user: the setting; NULL: "starhash". 0; -ENOENT: we are root, and there is no such user. */
int privilege_find(const char *user, struct privilege *privilege);

/* Become that user, for good and with all children. 0 or -errno. */
int privilege_drop(const struct privilege *privilege, const char *user);
