/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Dropping root's privileges. With the shipped unit, systemd has already done so; this is for all other ways to start. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "daemon/privilege.h"

static const char *name_of(const char *user)
{
	return user ? user : "starhash";
}

int privilege_find(const char *user, struct privilege *privilege)
{
	const struct passwd *entry;

	*privilege = (struct privilege){ .uid = geteuid(), .gid = getegid() };
	if (privilege->uid)
		return 0;
	entry = getpwnam(name_of(user));
	if (!entry)
		return -ENOENT;
	*privilege = (struct privilege){ entry->pw_uid, entry->pw_gid, .drop = entry->pw_uid != 0 };
	return 0;
}

int privilege_drop(const struct privilege *privilege, const char *user)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	if (!privilege->drop)
		return 0;
	if (initgroups(name_of(user), privilege->gid) < 0 || setgid(privilege->gid) < 0 || setuid(privilege->uid) < 0)
		return -errno;
	/* make sure that there is no way back */
	return setuid(0) == 0 || setgid(0) == 0 ? -EPERM : 0;
}
