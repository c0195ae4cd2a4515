/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A32: root becomes another user permanently, or is refused. Each case runs in its own process. */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/privilege.h"
#include "tests/cmocka.h"

/* Returns what \a body returns in a child. */
static int in_child(int (*body)(void))
{
	const pid_t pid = fork();
	int status;

	if (!pid)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int become_nobody(void)
{
	const struct passwd *nobody = getpwnam("nobody");
	const uid_t uid = nobody->pw_uid;
	struct privilege privilege;

	if (privilege_find("nobody", &privilege) || !privilege.drop || privilege.uid != uid)
		return 1;
	if (privilege_drop(&privilege, "nobody"))
		return 2;
	if (getuid() != uid || geteuid() != uid || getgid() == 0 || getgroups(0, NULL) > 1)
		return 3;
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0)
		return 4;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 5;
}

static void privilege__root_with_a_user__becomes_it_permanently_A32(void **state)
{
	if (geteuid())
		skip();
	assert_int_equal(in_child(become_nobody), 0);
}

static void privilege__root_without_the_user__is_refused_A32(void **state)
{
	struct privilege privilege;

	if (geteuid())
		skip();
	assert_int_equal(privilege_find("no-such-user-here", &privilege), -ENOENT);
	if (!getpwnam("starhash"))
		assert_int_equal(privilege_find(NULL, &privilege), -ENOENT);
	assert_int_equal(privilege_find("root", &privilege), 0);
	assert_false(privilege.drop);
}

static int stay_nobody(void)
{
	struct privilege privilege;

	if (!geteuid() && setuid(65534) < 0)
		return 1;
	if (privilege_find(NULL, &privilege) || privilege.drop || privilege.uid != geteuid())
		return 2;
	return privilege_drop(&privilege, NULL) ? 3 : 0;
}

static void privilege__not_root__user_unchanged_A32(void **state)
{
	assert_int_equal(in_child(stay_nobody), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(privilege__root_with_a_user__becomes_it_permanently_A32),
		cmocka_unit_test(privilege__root_without_the_user__is_refused_A32),
		cmocka_unit_test(privilege__not_root__user_unchanged_A32),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
