/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The saved copy of the last good menu: what it holds, its modes, and that no kill and no full disk costs the copy before it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>

#include "daemon/saved_menu.h"
#include "starhash/action.h"
#include "starhash/alarm.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "tests/cmocka.h"
#include "tests/support/loop.h"

#define KILLS 60
#define FILES 8

struct fixture {
	void *ctx;
	char folder[64];
	char saved[96];			/* the folder of copies, made by the code under test */
	struct alarms *alarms;
};

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	fix->ctx = talloc_named_const(NULL, 0, "test");
	strcpy(fix->folder, "/tmp/starhash-saved-XXXXXX");
	assert_non_null(mkdtemp(fix->folder));
	snprintf(fix->saved, sizeof(fix->saved), "%s/menu-saved", fix->folder);
	fix->alarms = alarms_new(fix->ctx);
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", fix->folder);
	assert_int_equal(system(command), 0);
	talloc_free(fix->ctx);
	free(fix);
	return 0;
}

/* Files that all hold the same letter, so that a mixture is seen. */
static struct menu_copy *copy_of(char letter, size_t len)
{
	struct menu_copy *copy = calloc(1, sizeof(*copy));

	copy->files = calloc(FILES, sizeof(*copy->files));
	for (copy->count = 0; copy->count < FILES; copy->count++) {
		struct menu_copy_file *file = &copy->files[copy->count];

		snprintf(file->name, sizeof(file->name), copy->count ? "texts.x%zu.cfg" : "menu.cfg", copy->count);
		file->text = malloc(len);
		memset(file->text, letter, len);
		file->len = len;
	}
	return copy;
}

/* The letter of the newest copy, all of whose files must hold it, in \a len octets; 0: no copy. */
static char letter_found(const struct fixture *fix, size_t len)
{
	int64_t saved_s;
	char *path = saved_menu_find(fix->ctx, fix->saved, &saved_s);
	char letter = 0;

	if (!path)
		return 0;
	*strrchr(path, '/') = '\0';
	for (unsigned int i = 0; i < FILES; i++) {
		char name[256], *text = malloc(len + 1);
		FILE *file;

		snprintf(name, sizeof(name), i ? "%s/texts.x%u.cfg" : "%s/menu.cfg", path, i);
		file = fopen(name, "r");
		assert_non_null(file);
		assert_int_equal(fread(text, 1, len + 1, file), len);
		fclose(file);
		letter = letter ? letter : text[0];
		for (size_t k = 0; k < len; k++)
			assert_int_equal(text[k], letter);
		free(text);
	}
	talloc_free(path);
	return letter;
}

static unsigned int entries(const struct fixture *fix)
{
	char command[160];
	unsigned int count = 0;
	FILE *pipe;

	snprintf(command, sizeof(command), "ls -A %s | wc -l", fix->saved);
	pipe = popen(command, "r");
	assert_int_equal(fscanf(pipe, "%u", &count), 1);
	pclose(pipe);
	return count;
}

static mode_t mode_of(const char *path)
{
	struct stat found;

	assert_int_equal(stat(path, &found), 0);
	return found.st_mode & 07777;
}

/* ---- the copy ---- */

/* With includes from other folders, in three languages. */
static void saved__real_menu__read_again_is_the_same_tree(void **state)
{
	static const char *const menus[] = { FIXTURES "/../menus/selfcare/menu.cfg", FIXTURES "/../menus/examples/texts/menu.cfg",
					     FIXTURES "/engine/fixture/menu.cfg" };
	struct fixture *fix = *state;
	struct problems problems = {};

	for (size_t i = 0; i < sizeof(menus) / sizeof(*menus); i++) {
		const struct text_limits roomy = { text_budget_ussd(160), text_budget_ussd(160) };
		struct menu_copy *copy = NULL;
		struct menu *menu = conf_menu_load_copy(menus[i], actions_all(), roomy, &copy, &problems), *again;
		int64_t saved_s = 0;
		char *path;

		print_message("%s\n", menus[i]);
		conf_problems_print(&problems);
		assert_non_null(menu);
		assert_int_equal(copy->count, menu_language_count(menu) + 1);
		assert_int_equal(saved_menu_write(fix->saved, copy), 0);
		path = saved_menu_find(fix->ctx, fix->saved, &saved_s);
		assert_non_null(path);
		assert_in_range(time(NULL) - saved_s, 0, 60);
		again = conf_menu_load(path, actions_all(), roomy, &problems);
		assert_non_null(again);
		assert_int_equal(menu_fingerprint(again), menu_fingerprint(menu));
		assert_int_equal(mode_of(fix->saved), 0700);
		assert_int_equal(mode_of(path), 0600);
		*strrchr(path, '/') = '\0';
		assert_int_equal(mode_of(path), 0700);
		assert_int_equal(entries(fix), 1);
		menu_unref(menu);
		menu_unref(again);
		menu_copy_free(copy);
		problems_fini(&problems);	/* warnings */
	}
}

static void found__no_folder_or_a_foreign_one__nothing(void **state)
{
	struct fixture *fix = *state;
	char command[1024];
	int64_t saved_s;

	assert_null(saved_menu_find(fix->ctx, fix->saved, &saved_s));
	assert_null(saved_menu_find(fix->ctx, "", &saved_s));
	snprintf(command, sizeof(command), "mkdir -p %s/unfinished %s/selfcare %s/7x %s/8; touch %s/unfinished/menu.cfg %s/7x/menu.cfg",
		 fix->saved, fix->saved, fix->saved, fix->saved, fix->saved, fix->saved);
	assert_int_equal(system(command), 0);
	assert_null(saved_menu_find(fix->ctx, fix->saved, &saved_s));
}

/* ---- faults ---- */

static void write_forever(const char *folder, size_t len)
{
	struct menu_copy *copies[] = { copy_of('a', len), copy_of('b', len) };

	for (unsigned int i = 0;; i++)
		if (saved_menu_write(folder, copies[i % 2]))
			_exit(1);
}

static void killed__while_it_writes__a_whole_copy_is_left(void **state)
{
	struct fixture *fix = *state;
	const size_t len = 20000;
	struct menu_copy *first = copy_of('f', len);
	unsigned int unfinished = 0;

	assert_int_equal(saved_menu_write(fix->saved, first), 0);
	menu_copy_free(first);
	for (unsigned int i = 0; i < KILLS; i++) {
		const pid_t child = fork();
		int status;

		if (!child)
			write_forever(fix->saved, len);
		usleep(500 + rand() % 6000);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		assert_true(letter_found(fix, len) != 0);
		unfinished += entries(fix) > 1;
	}
	print_message("%u of %u kills left an unfinished or an old copy beside it\n", unfinished, KILLS);
	assert_true(unfinished > 0);
	first = copy_of('l', len);
	assert_int_equal(saved_menu_write(fix->saved, first), 0);
	menu_copy_free(first);
	assert_int_equal(letter_found(fix, len), 'l');
	assert_int_equal(entries(fix), 1);
}

static void written__file_too_large_or_no_room__earlier_copy_stays(void **state)
{
	struct fixture *fix = *state;
	struct menu_copy *small = copy_of('s', 100), *large = copy_of('x', MENU_COPY_FILE_MAX + 1), *medium = copy_of('m', 5000);
	struct rlimit usual, limit;

	assert_int_equal(saved_menu_write(fix->saved, small), 0);
	assert_int_equal(saved_menu_write(fix->saved, large), -EFBIG);
	assert_int_equal(letter_found(fix, 100), 's');
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &usual);
	limit = usual;
	limit.rlim_cur = 1000;
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(saved_menu_write(fix->saved, medium), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &usual);
	assert_int_equal(letter_found(fix, 100), 's');
	assert_int_equal(entries(fix), 1);
	menu_copy_free(small);
	menu_copy_free(large);
	menu_copy_free(medium);
}

/* ---- the thread ---- */

static bool is_raised(void *fix)
{
	return alarm_state(((struct fixture *)fix)->alarms, ALARM_MENU_UNSAVED)->raised;
}

static bool is_cleared(void *fix)
{
	return !is_raised(fix);
}

static void put__many_at_once__the_latest_is_saved(void **state)
{
	struct fixture *fix = *state;
	struct saved_menu *saved = saved_menu_new(fix->ctx, fix->saved, fix->alarms);

	for (char letter = 'a'; letter <= 'z'; letter++)
		saved_menu_put(saved, copy_of(letter, 3000));
	saved_menu_free(saved);
	assert_int_equal(letter_found(fix, 3000), 'z');
	assert_int_equal(entries(fix), 1);
}

static void put__folder_cannot_be_made__alarm_until_it_can(void **state)
{
	struct fixture *fix = *state;
	struct saved_menu *saved = saved_menu_new(fix->ctx, fix->saved, fix->alarms);
	FILE *obstacle = fopen(fix->saved, "w");

	fclose(obstacle);
	saved_menu_put(saved, copy_of('a', 10));
	assert_true(loop_until(is_raised, fix, 5000));
	assert_non_null(strstr(alarm_state(fix->alarms, ALARM_MENU_UNSAVED)->text, fix->saved));
	unlink(fix->saved);
	saved_menu_put(saved, copy_of('b', 10));
	assert_true(loop_until(is_cleared, fix, 5000));
	assert_int_equal(letter_found(fix, 10), 'b');
	saved_menu_free(saved);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(saved__real_menu__read_again_is_the_same_tree),
		TEST(found__no_folder_or_a_foreign_one__nothing),
		TEST(killed__while_it_writes__a_whole_copy_is_left),
		TEST(written__file_too_large_or_no_room__earlier_copy_stays),
		TEST(put__many_at_once__the_latest_is_saved),
		TEST(put__folder_cannot_be_made__alarm_until_it_can),
	};
	int rc;

	log_start(NULL);
	rate_ctr_init(NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	log_fini();
	return rc;
}
