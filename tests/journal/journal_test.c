/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The journal: lines that parse, pseudonyms, rotation, a full disk. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>
#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <sodium.h>

#include "journal/journal_internal.h"
#include "starhash/setting.h"
#include "starhash/log.h"
#include "tests/cmocka.h"
#include "tests/support/loop.h"

#define ALICE "13800138000"

struct bench {
	void *ctx;
	char folder[64];
	char file[96], key[96];
	struct journal_settings settings;
};

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	strcpy(bench->folder, "/tmp/starhash-journal-XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	snprintf(bench->file, sizeof(bench->file), "%s/journal", bench->folder);
	snprintf(bench->key, sizeof(bench->key), "%s/key", bench->folder);
	bench->ctx = talloc_named_const(NULL, 0, "bench");
	bench->settings = (struct journal_settings){ .file = bench->file, .key_file = bench->key,
						     .numbers = "pseudonym", .keep = 2, .flush_ms = 10 };
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", bench->folder);
	assert_int_equal(system(command), 0);
	talloc_free(bench->ctx);
	free(bench);
	return 0;
}

static struct journal *open_journal(struct bench *bench)
{
	struct journal *journal = journal_new(bench->ctx, &bench->settings);

	assert_non_null(journal);
	return journal;
}

static struct cdr cdr_of(const char *msisdn)
{
	static const char *const path[] = { "home", "balance" };
	struct cdr cdr = {
		.began_ms = 1795312280123, .took_ms = 5120, .slowest_ms = 3, .channel = "gsup", .code = "*100#",
		.language = "en", .menu = 0xabc, .turns = 2, .path = path, .path_count = 2, .outcome = CDR_DONE,
	};

	osmo_strlcpy(cdr.subscriber.msisdn, msisdn, sizeof(cdr.subscriber.msisdn));
	return cdr;
}

/* Lines of the file, each of which must be JSON; the last one in \a last, which the caller frees. */
static unsigned int read_lines(const char *path, json_t **last)
{
	FILE *file = fopen(path, "r");
	unsigned int count = 0;
	char line[8192];

	*last = NULL;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		json_decref(*last);
		*last = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(*last);
		assert_int_equal(line[strlen(line) - 1], '\n');
		count++;
	}
	fclose(file);
	return count;
}

static const char *member(const json_t *line, const char *name)
{
	return json_string_value(json_object_get(line, name));
}

static void write_one(struct bench *bench, const struct cdr *cdr, json_t **line)
{
	struct journal *journal = open_journal(bench);

	journal_write(journal, cdr);
	journal_free(journal);
	assert_true(read_lines(bench->file, line) > 0);
}

/* ---- lines ---- */

static void journal__record__every_field(void **state)
{
	static const uint32_t waits[] = { 3, 5000 };
	struct cdr cdr = cdr_of(ALICE);
	struct bench *bench = *state;
	json_t *line;

	cdr.path_left_out = 7;
	cdr.waits_ms = waits;
	cdr.ref = "K7Q2-9F3T-XM4P";
	write_one(bench, &cdr, &line);
	assert_string_equal(member(line, "time"), "2026-11-22T01:51:20.123Z");
	assert_string_equal(member(line, "channel"), "gsup");
	assert_string_equal(member(line, "code"), "*100#");
	assert_string_equal(member(line, "language"), "en");
	assert_string_equal(member(line, "menu"), "00000abc");
	assert_int_equal(json_integer_value(json_object_get(line, "turns")), 2);
	assert_int_equal(json_array_size(json_object_get(line, "path")), 2);
	assert_string_equal(json_string_value(json_array_get(json_object_get(line, "path"), 1)), "balance");
	assert_int_equal(json_integer_value(json_object_get(line, "path_left_out")), 7);
	assert_int_equal(json_array_size(json_object_get(line, "waits_ms")), 2);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(line, "waits_ms"), 1)), 5000);
	assert_string_equal(member(line, "outcome"), "done");
	assert_int_equal(json_integer_value(json_object_get(line, "took_ms")), 5120);
	assert_int_equal(json_integer_value(json_object_get(line, "slowest_ms")), 3);
	assert_string_equal(member(line, "ref"), "K7Q2-9F3T-XM4P");
	json_decref(line);
}

static void journal__hostile_names__valid_json_in_utf8(void **state)
{
	static const char *const hostile[] = {
		"\"", "\\", "a\nb\r\t\x01\x1f\x7f", "\xff\xfe", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "余额", "😀",
		"\",\"outcome\":\"forged", "",
	};
	struct cdr cdr = cdr_of(ALICE);
	struct bench *bench = *state;
	json_t *line;

	cdr.path = hostile;
	cdr.path_count = ARRAY_SIZE(hostile);
	cdr.channel = cdr.code = hostile[2];
	write_one(bench, &cdr, &line);
	assert_int_equal(json_array_size(json_object_get(line, "path")), ARRAY_SIZE(hostile));
	assert_string_equal(json_string_value(json_array_get(json_object_get(line, "path"), 7)), "余额");
	assert_string_equal(json_string_value(json_array_get(json_object_get(line, "path"), 9)), hostile[9]);
	assert_string_equal(member(line, "outcome"), "done");
	assert_string_equal(member(line, "code"), hostile[2]);
	json_decref(line);
}

/* ---- parsing ---- */

static struct cdr_line parsed;

/* Without its line feed; the rest of \a text is '\0'. */
static size_t print_line(const struct cdr *cdr, char text[static 4096])
{
	const struct number_style style = { .numbers = NUMBERS_CLEAR };
	const size_t len = line_print(&style, cdr, text, 4095);

	assert_true(len > 0);
	text[len - 1] = '\0';
	return len - 1;
}

static void expect_same(const struct cdr *cdr)
{
	char text[4096];
	const size_t len = print_line(cdr, text);

	assert_null(cdr_line_parse(&parsed, text, len));
	assert_string_equal(parsed.number, *cdr->subscriber.msisdn ? cdr->subscriber.msisdn : cdr->subscriber.imsi);
	assert_int_equal(parsed.by_imsi, !*cdr->subscriber.msisdn && *cdr->subscriber.imsi);
	assert_true(parsed.cdr.began_ms == cdr->began_ms);
	assert_int_equal(parsed.cdr.took_ms, cdr->took_ms);
	assert_int_equal(parsed.cdr.slowest_ms, cdr->slowest_ms);
	assert_string_equal(parsed.cdr.channel, cdr->channel);
	assert_string_equal(parsed.cdr.code, cdr->code);
	assert_string_equal(parsed.cdr.language, cdr->language);
	assert_int_equal(parsed.cdr.menu, cdr->menu);
	assert_int_equal(parsed.cdr.turns, cdr->turns);
	assert_int_equal(parsed.cdr.outcome, cdr->outcome);
	assert_int_equal(parsed.cdr.path_left_out, cdr->path_left_out);
	assert_int_equal(parsed.cdr.path_count, cdr->path_count);
	assert_int_equal(!parsed.cdr.waits_ms, !cdr->waits_ms || !cdr->path_count);
	for (unsigned int i = 0; i < cdr->path_count; i++) {
		assert_string_equal(parsed.cdr.path[i], cdr->path[i]);
		assert_true(!cdr->waits_ms || parsed.cdr.waits_ms[i] == cdr->waits_ms[i]);
	}
	assert_int_equal(!parsed.cdr.ref, !cdr->ref);
	if (cdr->ref)
		assert_string_equal(parsed.cdr.ref, cdr->ref);
}

static void journal__line__parses_to_the_record_that_was_written(void **state)
{
	static const char *const names[] = { "\"", "\\", "a\nb\r\t\b\f/\x01\x1f\x7f", "余额", "😀", "\",\"outcome\":\"forged", "", "}" };
	static const uint32_t waits[] = { 0, 1, UINT32_MAX, 4, 5, 6, 7, 8 };
	struct cdr cdr = cdr_of(ALICE);

	expect_same(&cdr);
	cdr.path = names;
	cdr.path_count = ARRAY_SIZE(names);
	cdr.waits_ms = waits;
	cdr.channel = cdr.code = names[2];
	cdr.ref = "K7Q2-9F3T-XM4P";
	cdr.path_left_out = 7;
	cdr.menu = UINT32_MAX;
	for (cdr.outcome = CDR_NONE + 1; cdr.outcome < CDR_OUTCOME_COUNT; cdr.outcome++)
		expect_same(&cdr);
	cdr.outcome = CDR_STRAY;
	cdr.path_count = 0;
	cdr.subscriber = (struct subscriber){ .imsi = "001010000000001" };
	cdr.began_ms = 951782399999;		/* 28 February 2000 */
	expect_same(&cdr);
	cdr.subscriber.imsi[0] = '\0';
	expect_same(&cdr);
}

/* Cut off anywhere, or with an octet more or another one: not a line, and what is wrong is named. */
static void journal__damaged_line__refused_with_the_name_of_its_member(void **state)
{
	static const struct {
		const char *from, *to, *bad;
	} cases[] = {
		{ "{\"time", "{ \"time", "time" }, { "01:51:20", "24:51:20", "time" },
		{ "11-22", "02-30", "time" }, { "2026", "1969", "time" },
		{ "\"gsup\"", "gsup", "channel" }, { "\"gsup\"", "\"g\nsup\"", "channel" }, { "gsup", "\\u0000", "channel" },
		{ "gsup", "\\ud800x", "channel" }, { "gsup", "\\udc00", "channel" }, { "gsup", "\\x", "channel" },
		{ "\"turns\":2", "\"turns\":4294967296", "turns" }, { "\"turns\":2", "\"turns\":-2", "turns" },
		{ "\"turns\":2", "\"turns\":2.5", "path" }, { "abc\"", "abg\"", "menu" }, { "[3,2]", "[3]", "waits_ms" },
		{ "[3,2]", "[3,2,1]", "waits_ms" }, { "\"done\"", "\"none\"", "outcome" }, { "\"done\"", "\"dune\"", "outcome" },
		{ "\"language\"", "\"tongue\"", "language" }, { ":3}", ":3}}", "end" }, { ":3}", ":3,\"x\":1}", "end" },
	};
	static const uint32_t waits[] = { 3, 2 };
	struct cdr cdr = cdr_of(ALICE);
	char text[4096], changed[4096];
	size_t len, i;

	cdr.waits_ms = waits;
	len = print_line(&cdr, text);
	for (i = 0; i < len; i++) {
		char *exact = malloc(i);	/* for the sanitizer */

		memcpy(exact, text, i);
		assert_non_null(cdr_line_parse(&parsed, exact, i));
		free(exact);
	}
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *at = strstr(text, cases[i].from), *bad;

		assert_non_null(at);
		snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, cases[i].to, at + strlen(cases[i].from));
		bad = cdr_line_parse(&parsed, changed, strlen(changed));
		if (!bad || strcmp(bad, cases[i].bad))
			fail_msg("%s: %s instead of %s", changed, bad ? bad : "accepted", cases[i].bad);
	}
}

static void journal__line_that_cannot_be_parsed__not_written(void **state)
{
	const struct number_style style = { .numbers = NUMBERS_CLEAR };
	struct cdr cdr = cdr_of(ALICE);
	char *name = malloc(CDR_LINE_MAX), *out = malloc(4 * CDR_LINE_MAX);
	size_t len;

	memset(name, 'x', CDR_LINE_MAX);
	cdr.code = name;
	name[CDR_LINE_MAX - 1] = '\0';
	assert_int_equal(line_print(&style, &cdr, out, 4 * CDR_LINE_MAX), 0);
	name[CDR_LINE_MAX - 300] = '\0';
	len = line_print(&style, &cdr, out, 4 * CDR_LINE_MAX);
	assert_true(len > 0);
	assert_null(cdr_line_parse(&parsed, out, len - 1));
	assert_string_equal(parsed.cdr.code, name);
	free(name);
	free(out);
}

static void journal__page_names_too_many__refused(void **state)
{
	char text[4096];
	const char *path[CDR_PATH_MAX];
	struct cdr cdr = cdr_of(ALICE);
	char *at;

	for (unsigned int i = 0; i < CDR_PATH_MAX; i++)
		path[i] = "p";
	cdr.path = path;
	cdr.path_count = CDR_PATH_MAX;
	expect_same(&cdr);
	print_line(&cdr, text);
	at = strstr(text, "\"p\"]");
	memmove(at + 4, at, strlen(at) + 1);
	memcpy(at, "\"p\",", 4);
	assert_string_equal(cdr_line_parse(&parsed, text, strlen(text)), "path");
}

/* ---- numbers ---- */

static void journal__numbers__written_as_configured(void **state)
{
	static const struct {
		const char *numbers, *written;
	} cases[] = {
		{ "masked", "13*******00" },
		{ "clear", ALICE },
	};
	const struct cdr cdr = cdr_of(ALICE);
	struct bench *bench = *state;
	json_t *line;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		bench->settings.numbers = cases[i].numbers;
		write_one(bench, &cdr, &line);
		assert_string_equal(member(line, "msisdn"), cases[i].written);
		json_decref(line);
	}
}

static void journal__pseudonym__the_same_after_a_restart_and_not_the_number(void **state)
{
	const struct cdr alice = cdr_of(ALICE), bob = cdr_of("13800138001");
	struct bench *bench = *state;
	json_t *first, *second, *other;
	struct stat status;

	write_one(bench, &alice, &first);
	write_one(bench, &alice, &second);
	write_one(bench, &bob, &other);
	assert_int_equal(strlen(member(first, "msisdn")), 16);
	assert_string_equal(member(first, "msisdn"), member(second, "msisdn"));
	assert_string_not_equal(member(first, "msisdn"), member(other, "msisdn"));
	assert_int_equal(stat(bench->key, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	json_decref(first);
	json_decref(second);
	json_decref(other);
}

static void journal__only_the_imsi_known__under_its_own_name(void **state)
{
	struct cdr cdr = cdr_of("");
	struct bench *bench = *state;
	json_t *line;

	strcpy(cdr.subscriber.imsi, "001010000000001");
	bench->settings.numbers = "masked";
	write_one(bench, &cdr, &line);
	assert_null(member(line, "msisdn"));
	assert_string_equal(member(line, "imsi"), "00***********01");
	json_decref(line);
}

static void journal__key_readable_by_others_or_truncated__refused(void **state)
{
	struct bench *bench = *state;
	unsigned char key[JOURNAL_KEY_SIZE];
	int fd;

	assert_int_equal(journal_key_load(bench->key, key), 0);
	assert_int_equal(chmod(bench->key, 0640), 0);
	assert_int_equal(journal_key_load(bench->key, key), -EPERM);
	assert_null(journal_new(bench->ctx, &bench->settings));
	assert_int_equal(chmod(bench->key, 0600), 0);
	fd = open(bench->key, O_WRONLY | O_TRUNC);
	close(fd);
	assert_int_equal(journal_key_load(bench->key, key), -EBADMSG);
}

/* ---- the file ---- */

static struct journal_file file_of(const struct bench *bench, long long max)
{
	return (struct journal_file){ .path = bench->file, .max = max, .keep = 2, .fd = -1 };
}

static void append(struct journal_file *file, const char *lines)
{
	unsigned int lost;

	assert_int_equal(journal_file_append(file, lines, strlen(lines), &lost), 0);
	assert_int_equal(lost, 0);
}

static void expect_file(const struct bench *bench, const char *end, const char *content)
{
	char path[128], got[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", bench->file, end);
	file = fopen(path, "r");
	assert_true(!file == !content);
	if (!file)
		return;
	got[fread(got, 1, sizeof(got) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(got, content);
}

static void journal_file__larger_than_allowed__rotated(void **state)
{
	struct bench *bench = *state;
	struct journal_file file = file_of(bench, 4);

	append(&file, "1\n2\n");
	append(&file, "3\n");
	append(&file, "4\n");
	append(&file, "5\n");
	append(&file, "6\n7\n8\n");		/* a single larger line gets its own file */
	append(&file, "9\n");
	journal_file_close(&file);
	expect_file(bench, "", "9\n");
	expect_file(bench, ".1", "6\n7\n8\n");
	expect_file(bench, ".2", "5\n");
	expect_file(bench, ".3", NULL);
}

static void journal_file__crash_within_a_line__next_one_is_whole__F18(void **state)
{
	struct bench *bench = *state;
	struct journal_file file = file_of(bench, 0);

	append(&file, "1\n{\"cut");
	journal_file_close(&file);
	append(&file, "2\n");
	journal_file_close(&file);
	expect_file(bench, "", "1\n{\"cut\n2\n");
}

/* A disk with room for ten octets. */
static void journal_file__disk_is_full__whole_lines_and_a_count__F16(void **state)
{
	struct bench *bench = *state;
	struct journal_file file = file_of(bench, 0);
	unsigned int lost = 0;
	char path[128];
	pid_t child;
	int status;

	child = fork();
	if (!child) {
		const struct rlimit limit = { 10, 10 };

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		status = journal_file_append(&file, "first\nsecond\nthird\n", 19, &lost);
		_exit(status == -EFBIG && lost == 2 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 0);
	expect_file(bench, "", "first\n");
	snprintf(path, sizeof(path), "/dev/full");
	file.path = path;
	assert_int_equal(journal_file_append(&file, "1\n2\n", 4, &lost), -ENOSPC);
	assert_int_equal(lost, 2);
}

/* ---- in the loop ---- */

static bool has_lines(void *user)
{
	struct bench *bench = user;
	struct stat status;

	return !stat(bench->file, &status) && status.st_size > 0;
}

static void journal__after_the_flush_time__written(void **state)
{
	const struct cdr cdr = cdr_of(ALICE);
	struct bench *bench = *state;
	struct journal *journal = open_journal(bench);

	journal_write(journal, &cdr);
	assert_true(loop_until(has_lines, bench, 5000));
	journal_free(journal);
}

static void journal__moved_away_and_reopened__continues_in_a_new_file(void **state)
{
	const struct cdr cdr = cdr_of(ALICE);
	struct bench *bench = *state;
	struct journal *journal = open_journal(bench);
	char moved[128];
	json_t *line;

	journal_write(journal, &cdr);
	assert_true(loop_until(has_lines, bench, 5000));
	snprintf(moved, sizeof(moved), "%s.moved", bench->file);
	assert_int_equal(rename(bench->file, moved), 0);
	journal_reopen(journal);
	journal_write(journal, &cdr);
	assert_true(loop_until(has_lines, bench, 5000));
	journal_free(journal);
	assert_int_equal(read_lines(moved, &line), 1);
	json_decref(line);
	assert_int_equal(read_lines(bench->file, &line), 1);
	json_decref(line);
}

static unsigned int lost_lines(const struct journal *journal)
{
	char text[512];
	unsigned int written, lost;

	journal_describe(journal, text, sizeof(text));
	assert_int_equal(sscanf(strstr(text, ": ") + 2, "%u lines, %u lost", &written, &lost), 2);
	return lost;
}

/* The thread gets no lines, because the loop does not turn. */
static void journal__more_than_it_can_hold__lost_and_counted__F16(void **state)
{
	const struct cdr cdr = cdr_of(ALICE);
	struct bench *bench = *state;
	struct journal *journal = open_journal(bench);
	const unsigned int all = 20000;
	unsigned int i, lost;
	json_t *line;

	for (i = 0; i < all; i++)
		journal_write(journal, &cdr);
	lost = lost_lines(journal);
	assert_true(lost > 0);
	journal_free(journal);
	assert_int_equal(read_lines(bench->file, &line), all - lost);
	json_decref(line);
}

static void journal__folder_is_missing__not_started(void **state)
{
	struct bench *bench = *state;

	bench->settings.file = "/nonexistent/journal";
	assert_null(journal_new(bench->ctx, &bench->settings));
}

static void journal_check__pseudonyms_without_a_key__refused(void **state)
{
	struct bench *bench = *state;
	struct problems problems = {};

	journal_check(&bench->settings, NULL, &problems);
	assert_int_equal(problems.count, 0);
	bench->settings.key_file = NULL;
	journal_check(&bench->settings, NULL, &problems);
	assert_int_equal(problems.count, 1);
	problems_fini(&problems);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(journal__record__every_field),
		TEST(journal__hostile_names__valid_json_in_utf8),
		cmocka_unit_test(journal__line__parses_to_the_record_that_was_written),
		cmocka_unit_test(journal__damaged_line__refused_with_the_name_of_its_member),
		cmocka_unit_test(journal__line_that_cannot_be_parsed__not_written),
		cmocka_unit_test(journal__page_names_too_many__refused),
		TEST(journal__numbers__written_as_configured),
		TEST(journal__pseudonym__the_same_after_a_restart_and_not_the_number),
		TEST(journal__only_the_imsi_known__under_its_own_name),
		TEST(journal__key_readable_by_others_or_truncated__refused),
		TEST(journal_file__larger_than_allowed__rotated),
		TEST(journal_file__crash_within_a_line__next_one_is_whole__F18),
		TEST(journal_file__disk_is_full__whole_lines_and_a_count__F16),
		TEST(journal__after_the_flush_time__written),
		TEST(journal__moved_away_and_reopened__continues_in_a_new_file),
		TEST(journal__more_than_it_can_hold__lost_and_counted__F16),
		TEST(journal__folder_is_missing__not_started),
		TEST(journal_check__pseudonyms_without_a_key__refused),
	};

	log_start(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
