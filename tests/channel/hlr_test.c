/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The GSUP channel with a real osmo-hlr between it and fake phones. Everything uses its own loopback address; the
 * traffic is recorded and has to be understood by tshark. Skipped where osmo-hlr is not installed. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/msgb.h>
#include <osmocom/core/talloc.h>
#include <sqlite3.h>

#include "channel/gsup/gsup.h"
#include "channel/gsup/gsup_settings.h"
#include "starhash/log.h"
#include "tests/channel/loop.h"
#include "tests/cmocka.h"
#include "tool/simulator/msc.h"

#define IMSI "001010000000001"
#define PORT 4222

static const char config[] =
	"log stderr\n logging level set-all fatal\n"
	"line vty\n bind %1$s\n"
	"ctrl\n bind %1$s\n"
	"hlr\n gsup\n  bind ip %1$s\n"
	" euse starhash\n"
	" ussd route prefix *100# external starhash\n"
	" ussd default-route external starhash\n"
	" ncss-guard-timeout 30\n";

struct lab {
	void *ctx;
	char folder[64];
	char address[32];
	pid_t hlr, recorder;
	struct gsup_settings settings;
	struct channel *channel;
	struct msc *msc;

	/* the service: how to answer the next turn, and the turn received */
	enum answer_kind kind;
	char answer[TURN_TEXT_MAX];
	unsigned int turns, gone;
	enum turn_kind last_kind;
	char last_input[TURN_TEXT_MAX + 1];
	struct peer peer;
	uint32_t sequence;

	/* the phone */
	bool phone_up, waits, attached;
	unsigned int pages, failures, notifications;
	uint32_t dialog;
	char page[TURN_TEXT_MAX + 1];
};

static struct lab lab;

/* ---- running ---- */

static bool channel_up(void)
{
	char text[256];

	lab.channel->ops->describe(lab.channel, text, sizeof(text));
	return strstr(text, ": up,");
}

static void run_until_up(void)
{
	long long until = now_ms() + 10000;

	while ((!channel_up() || !lab.phone_up) && now_ms() < until)
		run_ms(5);
	assert_true(channel_up() && lab.phone_up);
}

static pid_t program_start(const char *const *argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	return pid;
}

static void program_stop(pid_t pid, int signal)
{
	if (pid <= 0)
		return;
	kill(pid, signal);
	waitpid(pid, NULL, 0);
}

/* ---- the service and the phone ---- */

static int turn_rx(void *user, struct turn *turn)
{
	lab.turns++;
	lab.last_kind = turn->kind;
	lab.peer = turn->peer;
	lab.sequence = turn->sequence;
	memcpy(lab.last_input, turn->text, turn->len);
	lab.last_input[turn->len] = 0;
	assert_string_equal(turn->subscriber.imsi, IMSI);
	if (turn->kind == TURN_GONE) {
		lab.gone++;
		turn_answer(turn, ANSWER_NONE, "", 0);
		return 0;
	}
	turn_answer(turn, lab.kind, lab.answer, strlen(lab.answer));
	return 0;
}

static void phone_link(void *user, bool up)
{
	lab.phone_up = up;
}

static void phone_page(void *user, uint32_t dialog, const char *text, size_t len, bool waits)
{
	assert_int_equal(dialog, lab.dialog);
	lab.pages++;
	lab.waits = waits;
	memcpy(lab.page, text, len);
	lab.page[len] = 0;
}

static void phone_failed(void *user, uint32_t dialog)
{
	lab.failures++;
}

static void phone_notify(void *user, const char *imsi, const char *text, size_t len)
{
	assert_string_equal(imsi, IMSI);
	lab.notifications++;
	memcpy(lab.page, text, len);
	lab.page[len] = 0;
}

static void phone_attached(void *user, const char *imsi, bool accepted)
{
	lab.attached = accepted;
}

static const struct msc_ops phone_ops = { phone_link, phone_page, phone_failed, phone_notify, phone_attached };

static void answer_with(enum answer_kind kind, const char *text)
{
	lab.kind = kind;
	snprintf(lab.answer, sizeof(lab.answer), "%s", text);
}

/* Dial, and expect the answer on the phone. */
static void dial(const char *code, enum answer_kind kind, const char *text)
{
	unsigned int pages = lab.pages;

	answer_with(kind, text);
	assert_int_equal(msc_begin(lab.msc, IMSI, code, &lab.dialog), 0);
	run_until(&lab.pages, pages + 1);
	assert_string_equal(lab.last_input, code);
	assert_string_equal(lab.page, text);
	assert_int_equal(lab.waits, kind == ANSWER_ASK);
}

static void reply(const char *input, enum answer_kind kind, const char *text)
{
	unsigned int pages = lab.pages;

	answer_with(kind, text);
	assert_int_equal(msc_answer(lab.msc, lab.dialog, input), 0);
	run_until(&lab.pages, pages + 1);
	assert_int_equal(lab.last_kind, TURN_CONTINUE);
	assert_string_equal(lab.last_input, input);
	assert_string_equal(lab.page, text);
	assert_int_equal(lab.waits, kind == ANSWER_ASK);
}

/* ---- the laboratory ---- */

static void subscriber_create(const char *database)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO subscriber (imsi, msisdn) VALUES ('" IMSI "', '10086001')",
				      NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* Wait for the listener, so that the link's first attempt succeeds. */
static void hlr_wait(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	long long until = now_ms() + 10000;
	int rc = -1, fd;

	inet_pton(AF_INET, lab.address, &address.sin_addr);
	while (rc < 0 && now_ms() < until) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		rc = connect(fd, (struct sockaddr *)&address, sizeof(address));
		close(fd);
		usleep(10000);
	}
	assert_int_equal(rc, 0);
}

static void hlr_start(void)
{
	char file[128], database[128];
	const char *argv[] = { "osmo-hlr", "-c", file, "-l", database, NULL };

	snprintf(file, sizeof(file), "%s/hlr.cfg", lab.folder);
	snprintf(database, sizeof(database), "%s/hlr.db", lab.folder);
	lab.hlr = program_start(argv);
	hlr_wait();
}

static void recorder_start(void)
{
	char file[128], filter[64];
	const char *argv[] = { "dumpcap", "-q", "-i", "lo", "-f", filter, "-w", file, NULL };

	snprintf(file, sizeof(file), "%s/lo.pcap", lab.folder);
	snprintf(filter, sizeof(filter), "host %s", lab.address);
	lab.recorder = program_start(argv);
	for (int i = 0; i < 300 && access(file, F_OK) < 0; i++)
		usleep(10000);
	usleep(300000);
}

static void files_write(void)
{
	char path[256], command[320];
	FILE *file;

	snprintf(path, sizeof(path), "%s/hlr.cfg", lab.folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, config, lab.address);
	fclose(file);
	snprintf(path, sizeof(path), "%s/hlr.db", lab.folder);
	snprintf(command, sizeof(command), "osmo-hlr-db-tool -l %s create >/dev/null 2>&1", path);
	assert_int_equal(system(command), 0);
	subscriber_create(path);
}

static void channel_start(unsigned int ask_octets, unsigned int end_octets)
{
	lab.settings = (struct gsup_settings){
		.name = "hlr", .address = lab.address, .port = PORT, .entity = "starhash",
		.ask_octets = ask_octets, .end_octets = end_octets, .answer_ms = 8000, .idle_ms = 25000,
		.dialog_ms = 180000, .guard_ms = 30000, .push = "notify", .sorry = "Sorry", .busy = "Busy",
	};
	lab.channel = gsup_channel_kind.create(lab.ctx, &lab.settings);
	assert_non_null(lab.channel);
	lab.channel->rx = turn_rx;
}

static int lab_setup(void **state)
{
	lab.ctx = talloc_named_const(NULL, 0, "lab");
	snprintf(lab.address, sizeof(lab.address), "127.%d.%d.%d", 1 + getpid() / 62500 % 250,
		 1 + getpid() / 250 % 250, 1 + getpid() % 250);
	strcpy(lab.folder, "/tmp/starhash-hlr-XXXXXX");
	assert_non_null(mkdtemp(lab.folder));
	files_write();
	recorder_start();
	hlr_start();
	channel_start(114, 112);
	lab.msc = msc_new(lab.ctx, lab.address, PORT, "test", 16, &phone_ops, NULL);
	assert_non_null(lab.msc);
	run_until_up();
	return 0;
}

static int lab_teardown(void **state)
{
	char command[96];

	lab.channel->ops->free(lab.channel);
	msc_free(lab.msc);
	program_stop(lab.recorder, SIGINT);
	program_stop(lab.hlr, SIGKILL);
	snprintf(command, sizeof(command), "rm -r %s", lab.folder);
	talloc_free(lab.ctx);
	return system(command);
}

/* ---- tests ---- */

static void dialog__menu_answer_end__goes_through_the_hlr(void **state)
{
	uint32_t first;

	dial("*100#", ANSWER_ASK, "Menu\n1 Balance");
	first = lab.sequence;
	reply("1", ANSWER_ASK, "余额:1\n0 返回");
	assert_int_equal(lab.sequence, 1);
	reply("余额", ANSWER_ASK, "^{}[]~|€\\");
	assert_int_equal(lab.sequence, 2);
	reply("€", ANSWER_END, "Bye @");
	assert_true(first > 0xff);
	assert_int_equal(msc_answer(lab.msc, lab.dialog, "1"), -ENOENT);
}

static void fill(char *out, const char *character, unsigned int count)
{
	out[0] = 0;
	while (count--)
		strcat(out, character);
}

static void dialog__F13_texts_at_the_budget__arrive_whole(void **state)
{
	char text[TURN_TEXT_MAX];

	fill(text, "x", 130);
	dial("*100#", ANSWER_ASK, text);
	fill(text, "余", 57);
	reply("2", ANSWER_ASK, text);
	fill(text, "€", 65);
	reply("2", ANSWER_ASK, text);
	fill(text, "y", 127);
	reply("2", ANSWER_ASK, text);
	fill(text, "y", 128);
	reply("3", ANSWER_END, text);
	fill(text, "返", 56);
	dial("*101#", ANSWER_END, text);
}

static void dialog__F13_lengths_around_8n__have_no_trailing_at(void **state)
{
	char text[TURN_TEXT_MAX];

	dial("*100#", ANSWER_ASK, "1");
	for (unsigned int len = 1; len <= 33; len++) {
		fill(text, "z", len);
		reply("1", ANSWER_ASK, text);
	}
	reply("1", ANSWER_END, "1234567");
}

static void dialog__text_above_the_budget__ends_politely(void **state)
{
	char text[TURN_TEXT_MAX];
	unsigned int pages = lab.pages;

	fill(text, "x", 131);
	answer_with(ANSWER_ASK, text);
	assert_int_equal(msc_begin(lab.msc, IMSI, "*100#", &lab.dialog), 0);
	run_until(&lab.pages, pages + 1);
	assert_string_equal(lab.page, "Sorry");
	assert_false(lab.waits);
}

static void dialog__phone_hangs_up__server_not_notified_and_our_end_harmless(void **state)
{
	unsigned int turns;

	dial("*100#", ANSWER_ASK, "Menu");
	turns = lab.turns;
	msc_hang_up(lab.msc, lab.dialog);
	run_ms(50);
	assert_int_equal(lab.turns, turns);
	lab.channel->ops->end(lab.channel, &lab.peer, "Too late", 8);
	lab.channel->ops->end(lab.channel, &lab.peer, "Too late", 8);
	run_ms(50);
	dial("*100#", ANSWER_END, "Again");
}

static void dialog__ended_without_open_turn__shows_the_text(void **state)
{
	unsigned int pages;

	dial("*100#", ANSWER_ASK, "Menu");
	pages = lab.pages;
	lab.channel->ops->end(lab.channel, &lab.peer, "Time is up", 10);
	run_until(&lab.pages, pages + 1);
	assert_string_equal(lab.page, "Time is up");
	assert_false(lab.waits);
}

static void notify__attached_subscriber__is_shown(void **state)
{
	struct subscriber subscriber = { .imsi = IMSI };

	assert_int_equal(msc_attach(lab.msc, IMSI), 0);
	for (int i = 0; i < 500 && !lab.attached; i++)
		run_ms(1);
	assert_true(lab.attached);
	assert_int_equal(lab.channel->ops->notify(lab.channel, &subscriber,
						  &(struct channel_text){ .text = "Your bill is ready", .len = 18 }), 0);
	run_until(&lab.notifications, 1);
	assert_string_equal(lab.page, "Your bill is ready");
	assert_int_equal(lab.channel->ops->notify(lab.channel, &subscriber, &(struct channel_text){ .text = "余额", .len = 6 }), 0);
	run_until(&lab.notifications, 2);
	assert_string_equal(lab.page, "余额");
	dial("*100#", ANSWER_END, "Still there");
}

static void hlr__F10_killed_and_restarted__dialogs_work_again(void **state)
{
	struct subscriber subscriber = { .imsi = IMSI };

	dial("*100#", ANSWER_ASK, "Menu");
	program_stop(lab.hlr, SIGKILL);
	for (int i = 0; i < 1000 && (channel_up() || lab.phone_up); i++)
		run_ms(1);
	assert_false(channel_up());
	assert_int_equal(lab.channel->ops->notify(lab.channel, &subscriber, &(struct channel_text){ .text = "x", .len = 1 }), -ENOTCONN);
	lab.channel->ops->end(lab.channel, &lab.peer, "Nobody hears", 12);
	hlr_start();
	run_until_up();
	dial("*100#", ANSWER_ASK, "Menu");
	reply("1", ANSWER_END, "Bye");
}

/* A72: what the phone shows if the service was restarted while it showed a page. */
static void answer__F42_in_an_unknown_session__shows_the_text(void **state)
{
	for (unsigned int pages = 1; pages <= 3; pages++) {
		dial("*100#", ANSWER_ASK, "Menu");
		for (unsigned int page = 1; page < pages; page++)
			reply("1", ANSWER_ASK, "More");
		lab.channel->ops->free(lab.channel);
		channel_start(114, 112);
		run_until_up();
		answer_with(ANSWER_END, "Expired");
		assert_int_equal(msc_answer(lab.msc, lab.dialog, "1"), 0);
		run_until(&lab.pages, lab.pages + 1);
		assert_int_equal(lab.last_kind, TURN_CONTINUE);
		assert_string_equal(lab.page, "Expired");
		assert_false(lab.waits);
	}
	dial("*100#", ANSWER_END, "Again");
}

/* The cause that the log suggests after a quiet minute. */
static void hlr__F11_second_entity_of_the_same_name__is_up_and_gets_nothing(void **state)
{
	struct channel *first = lab.channel;

	channel_start(114, 112);
	run_until_up();
	dial("*100#", ANSWER_END, "From the first");
	assert_ptr_equal(lab.peer.channel, first);
	lab.channel->ops->free(lab.channel);
	lab.channel = first;
	dial("*100#", ANSWER_END, "From the first again");
}

/* Why ask_octets is 114 and end_octets 112. */
static void hlr__ussd_string_of_full_length__page_rejected_and_end_lost(void **state)
{
	char text[TURN_TEXT_MAX];
	unsigned int gone = lab.gone, pages = lab.pages;

	lab.channel->ops->free(lab.channel);
	channel_start(160, 160);
	run_until_up();
	fill(text, "x", 182);
	answer_with(ANSWER_ASK, text);
	assert_int_equal(msc_begin(lab.msc, IMSI, "*100#", &lab.dialog), 0);
	run_until(&lab.gone, gone + 1);
	fill(text, "x", 182);
	answer_with(ANSWER_END, text);
	assert_int_equal(msc_begin(lab.msc, IMSI, "*100#", &lab.dialog), 0);
	run_ms(100);
	assert_int_equal(lab.pages, pages);
}

/* Lines that tshark prints of the recording with a display filter. */
static unsigned int tshark_count(const char *filter)
{
	char command[512], line[64];
	unsigned int lines = 0;
	FILE *pipe;

	snprintf(command, sizeof(command),
		 "tshark -r %s/lo.pcap -Y '%s' -T fields -e frame.number 2>/dev/null", lab.folder, filter);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	while (fgets(line, sizeof(line), pipe))
		lines++;
	assert_int_equal(pclose(pipe), 0);
	return lines;
}

static void recording__read_by_tshark__has_nothing_malformed(void **state)
{
	char file[128];

	program_stop(lab.recorder, SIGINT);
	lab.recorder = 0;
	snprintf(file, sizeof(file), "%s/lo.pcap", lab.folder);
	if (access(file, R_OK) < 0 || system("command -v tshark >/dev/null") != 0)
		skip();		/* recording needs privileges */
	assert_in_range(tshark_count("gsup && gsm_old.invokeID"), 100, 10000);
	assert_in_range(tshark_count("gsup && gsm_map.ss.ussd_String"), 100, 10000);
	assert_int_equal(tshark_count("_ws.malformed"), 0);
	assert_int_equal(tshark_count("gsup && _ws.expert.severity >= 0x00600000 && !tcp.analysis.flags"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dialog__menu_answer_end__goes_through_the_hlr),
		cmocka_unit_test(dialog__F13_texts_at_the_budget__arrive_whole),
		cmocka_unit_test(dialog__F13_lengths_around_8n__have_no_trailing_at),
		cmocka_unit_test(dialog__text_above_the_budget__ends_politely),
		cmocka_unit_test(dialog__phone_hangs_up__server_not_notified_and_our_end_harmless),
		cmocka_unit_test(dialog__ended_without_open_turn__shows_the_text),
		cmocka_unit_test(notify__attached_subscriber__is_shown),
		cmocka_unit_test(hlr__F10_killed_and_restarted__dialogs_work_again),
		cmocka_unit_test(answer__F42_in_an_unknown_session__shows_the_text),
		cmocka_unit_test(hlr__F11_second_entity_of_the_same_name__is_up_and_gets_nothing),
		cmocka_unit_test(hlr__ussd_string_of_full_length__page_rejected_and_end_lost),
		cmocka_unit_test(recording__read_by_tshark__has_nothing_malformed),
	};

	if (system("command -v osmo-hlr osmo-hlr-db-tool >/dev/null") != 0)
		return 77;
	osmo_init_logging2(NULL, &log_categories);
	return cmocka_run_group_tests(tests, lab_setup, lab_teardown);
}
