/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a transcript is played: the real server between a phone and a store that both live in this process. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "accounts/internal.h"
#include "starhash/server.h"
#include "starhash/sms.h"
#include "store/memory.h"
#include "tool/network.h"
#include "tool/stage.h"

#define IDLE_S 20
#define CONVERSATION_S 1800
#define MESSAGE_PARTS 3
#define TRAVEL_MS 5000		/* longest way through a real HLR */
/* What has to wait for hours has timers that may be a minute late. */
#define SLOW_S 3660
#define SLOW_STEP_S 60
#define QUIET_MS 100		/* after which nothing more comes from there for now */
#define ROUNDS_MAX 1000		/* of the loop for one input; a few are enough unless there is a bug */

struct stage {
	struct channel channel;		/* first: the two are the same to the server */
	struct channel messages;	/* short messages from and to the same phone */
	struct stage_settings settings;
	struct server *server;
	struct accounts *accounts;
	struct network *network;	/* NULL: the phone is beside the server */
	bool silent;			/* the store does not answer at all */
	uint64_t session;		/* 0: in no dialogue */
	uint64_t last_session;
	uint32_t sequence;
	unsigned int open;		/* inputs not yet answered */
	struct subscriber caller;
	char *last_input;
	char *output;
};

/* ---- the clock ---- */

static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC, CLOCK_MONOTONIC_COARSE };

void stage_set_clock(int64_t now)
{
	setenv("TZ", "UTC0", 1);
	tzset();
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		*osmo_clock_override_gettimespec(clocks[i]) = (struct timespec){ .tv_sec = now };
		osmo_clock_override_enable(clocks[i], true);
	}
	osmo_gettimeofday_override_time = (struct timeval){ .tv_sec = now };
	osmo_gettimeofday_override = true;	/* what libosmocore's timers go by */
}

/* ---- chance ----
 *
 * One-time codes are made at random, and a transcript has to know them: here the first one is 471100, and each is a little
 * more than the one before. Nothing of a transcript is worth a secret. */

#define FIRST_CODE 3000471100u		/* above what libsodium throws away to be fair */
#define NEXT_CODE 1357u

static uint32_t next_code;

static const char *chance_name(void)
{
	return "transcript";
}

static uint32_t chance_number(void)
{
	const uint32_t code = next_code;

	next_code += NEXT_CODE;
	return code;
}

static void chance_octets(void *const out, const size_t len)
{
	memset(out, 0x5a, len);
}

static void fix_chance(void)
{
	static struct randombytes_implementation chance = {
		.implementation_name = chance_name, .random = chance_number, .buf = chance_octets,
	};

	next_code = FIRST_CODE;
	randombytes_set_implementation(&chance);
}

static void pass(unsigned int seconds)
{
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
		osmo_clock_override_add(clocks[i], seconds, 0);
	osmo_gettimeofday_override_add(seconds, 0);
}

/* ---- what the phone shows ---- */

static void put(struct stage *stage, const char *mark, const char *text, size_t len)
{
	stage->output = talloc_asprintf_append(stage->output, "%s%.*s\n", mark, (int)len, text);
}

static void put_lines(struct stage *stage, const char *mark, const char *text, size_t len)
{
	const char *end = text + len, *newline;

	for (; (newline = memchr(text, '\n', end - text)); text = newline + 1)
		put(stage, mark, text, newline - text);
	put(stage, mark, text, end - text);
}

/* A page of the dialogue that the phone is in, or of one that it has left. */
static void show(struct stage *stage, uint64_t session, const char *text, size_t len, bool over)
{
	const bool left = !stage->session || session != stage->session;

	put_lines(stage, left ? "* " : "< ", text, len);
	if (left)
		return;
	if (over)
		stage->session = 0;
	put(stage, over ? "." : "?", "", 0);
}

static void answer(struct channel *channel, struct turn *turn, enum answer_kind kind, const char *text, size_t len)
{
	struct stage *stage = (struct stage *)channel;

	stage->open--;
	channel_sent(channel, turn->receipt, kind == ANSWER_NONE ? -ENOTCONN : 0);
	if (kind != ANSWER_NONE)
		show(stage, turn->peer.session, text, len, kind == ANSWER_END);
	talloc_free(turn);
}

static void end(struct channel *channel, const struct peer *peer, const char *text, size_t len)
{
	show((struct stage *)channel, peer->session, text, len, true);
}

static int notify(struct channel *channel, const struct subscriber *subscriber, const struct channel_text *text)
{
	put_lines((struct stage *)channel, "* ", text->text, text->len);
	channel_sent(channel, text->receipt, 0);
	return 0;
}

static struct stage *stage_of_messages(struct channel *channel)
{
	return container_of(channel, struct stage, messages);
}

static void answer_text(struct channel *channel, struct turn *turn, enum answer_kind kind, const char *text, size_t len)
{
	struct stage *stage = stage_of_messages(channel);

	stage->open--;
	channel_sent(channel, turn->receipt, kind == ANSWER_NONE ? -ENOTCONN : 0);
	if (kind != ANSWER_NONE) {
		put_lines(stage, "< ", text, len);
		put(stage, kind == ANSWER_ASK ? "?" : ".", "", 0);
	}
	talloc_free(turn);
}

/* A conversation is forgotten without a word. */
static void end_texting(struct channel *channel, const struct peer *peer, const char *text, size_t len)
{
}

static int deliver(struct channel *channel, const struct subscriber *subscriber, const struct channel_text *text)
{
	put_lines(stage_of_messages(channel), "* ", text->text, text->len);
	channel_sent(channel, text->receipt, 0);
	return 0;
}

/* ---- the same from afar ---- */

static void far_page(void *user, uint32_t dialog, const char *text, size_t len, bool waits)
{
	struct stage *stage = user;

	stage->open -= stage->open > 0;
	show(stage, dialog, text, len, !waits);
}

static void far_failure(void *user, uint32_t dialog)
{
	struct stage *stage = user;

	stage->open -= stage->open > 0;
	if (dialog == stage->session)
		stage->session = 0;
	put(stage, "!", "", 0);
}

static void far_notice(void *user, const char *text, size_t len)
{
	put_lines(user, "* ", text, len);
}

static const struct network_ops network_ops = {
	.page = far_page,
	.failed = far_failure,
	.notice = far_notice,
};

static int describe(const struct channel *channel, char *out, size_t size)
{
	return snprintf(out, size, "a phone in a transcript");
}

static void do_nothing(struct channel *channel)
{
}

static const struct channel_ops ops = {
	.kind = "transcript",
	.answer = answer,
	.end = end,
	.notify = notify,
	.describe = describe,
	.free = do_nothing,
};

static const struct channel_ops message_ops = {
	.kind = "messages",
	.answer = answer_text,
	.end = end_texting,
	.notify = deliver,
	.describe = describe,
	.free = do_nothing,
};

/* ---- what happens at the phone ---- */

/* A store that is silent answers when the clock moves, if ever; all others, and the password thread, without it. */
static void settle(struct stage *stage)
{
	unsigned int rounds;

	if (stage->network)
		network_wait(&stage->open, stage->silent ? QUIET_MS : TRAVEL_MS);
	for (rounds = 0; stage->open && !stage->silent && rounds < ROUNDS_MAX; rounds++)
		osmo_select_main_ctx(0);
	for (rounds = 0; rounds < 3; rounds++)
		osmo_select_main_ctx(1);
}

static struct turn *turn_new(struct stage *stage, enum turn_kind kind, const char *text)
{
	struct turn *turn = talloc_zero(stage, struct turn);

	turn->kind = kind;
	turn->peer = (struct peer){ .channel = &stage->channel, .session = stage->session,
				    .user = digits_pack(stage->caller.msisdn) };
	turn->subscriber = stage->caller;
	turn->limits = stage->settings.limits;
	turn->sequence = stage->sequence;
	turn->len = strlen(text) < TURN_TEXT_MAX ? strlen(text) : TURN_TEXT_MAX;
	memcpy(turn->text, text, turn->len);
	return turn;
}

static void hand_over(struct stage *stage, struct turn *turn)
{
	const enum turn_kind kind = turn->kind;

	stage->open++;
	if (channel_rx(turn) < 0) {
		stage->open--;
		talloc_free(turn);
		put(stage, "!", "", 0);
	}
	settle(stage);
	if (stage->open && kind != TURN_GONE)
		put(stage, "...", "", 0);
}

/* \a rc: of what the phone sent. */
static void travel(struct stage *stage, int rc)
{
	if (rc < 0)
		put(stage, "!", "", 0);
	else
		stage->open++;
	settle(stage);
	if (stage->open)
		put(stage, "...", "", 0);
}

static void dial_afar(struct stage *stage, const char *text)
{
	uint32_t dialog = 0;
	const int rc = network_dial(stage->network, stage->caller.msisdn, text, &dialog);

	stage->session = dialog;
	travel(stage, rc);
}

static void send_turn(struct stage *stage, enum turn_kind kind, const char *text)
{
	hand_over(stage, turn_new(stage, kind, text));
}

/* As a link of short messages has them by default. */
static struct text_limits message_limits(void)
{
	const struct sms_style style = { .parts = MESSAGE_PARTS };
	const struct text_budget budget = sms_budget(&style);

	return (struct text_limits){ budget, budget };
}

static void send_text(struct stage *stage, const struct subscriber *who, const char *text, struct text_limits limits)
{
	const char *service = menu_first_service(stage->settings.menu);
	struct turn *turn;

	stage->caller = *who;
	turn = turn_new(stage, TURN_TEXT, text);
	turn->peer.channel = &stage->messages;
	turn->limits = limits;
	turn->peer.session = service ? digits_pack(service) : 0;
	turn->sequence = 0;
	osmo_strlcpy(turn->service, service ? service : "0", sizeof(turn->service));
	hand_over(stage, turn);
}

void stage_text(struct stage *stage, const struct subscriber *who, const char *text)
{
	send_text(stage, who, text, message_limits());
}

void stage_redial(struct stage *stage, const struct subscriber *who, const char *text)
{
	if (stage->settings.over_sms) {
		send_text(stage, who, text, stage->settings.limits);	/* cut as the transcript is */
		return;
	}
	stage->caller = *who;
	if (stage->network) {
		dial_afar(stage, text);
		return;
	}
	stage->session = ++stage->last_session;
	stage->sequence = 1;
	osmo_talloc_replace_string(stage, &stage->last_input, text);
	send_turn(stage, TURN_BEGIN, text);
}

void stage_say(struct stage *stage, const struct subscriber *who, const char *text)
{
	if (!stage->session || stage->settings.over_sms) {
		stage_redial(stage, who, text);
		return;
	}
	if (stage->network) {
		travel(stage, network_answer(stage->network, stage->session, text));
		return;
	}
	stage->sequence++;
	osmo_talloc_replace_string(stage, &stage->last_input, text);
	send_turn(stage, TURN_CONTINUE, text);
}

void stage_repeat(struct stage *stage)
{
	if (stage->last_input)
		send_turn(stage, stage->sequence > 1 ? TURN_CONTINUE : TURN_BEGIN, stage->last_input);
}

void stage_hang_up(struct stage *stage)
{
	if (stage->session && stage->network) {
		network_hang_up(stage->network, stage->session);
		stage->open = 0;	/* whoever answers now answers nobody */
	} else if (stage->session) {
		send_turn(stage, TURN_GONE, "");
	}
	stage->session = 0;
}

void stage_wait(struct stage *stage, unsigned int seconds)
{
	while (seconds) {
		const unsigned int step = seconds > SLOW_S ? SLOW_STEP_S : 1;

		pass(step);
		osmo_select_main_ctx(1);
		seconds -= step;
	}
	if (stage->network)
		network_wait(&(const unsigned int){ 1 }, QUIET_MS);
	settle(stage);
}

void stage_fall_silent(struct stage *stage)
{
	stage_wait(stage, IDLE_S + 1);
}

const char *stage_take_output(struct stage *stage)
{
	const char *taken = stage->output;

	talloc_steal(stage->last_input, taken);		/* lives until the next input */
	stage->output = talloc_strdup(stage, "");
	return taken;
}

/* ---- the store ---- */

static enum memory_mode mode_of(const struct stage *stage, const char *state)
{
	if (!strcmp(state, "down"))
		return MEMORY_UNAVAILABLE;
	if (!strcmp(state, "silent"))
		return MEMORY_NEVER;
	return stage->settings.later ? MEMORY_LATER : MEMORY_NOW;
}

bool stage_set_store(struct stage *stage, const char *state)
{
	const enum memory_mode mode = mode_of(stage, state);

	if (mode != MEMORY_UNAVAILABLE && mode != MEMORY_NEVER && strcmp(state, "up"))
		return false;
	memory_store_mode(stage_store(stage), mode);
	stage->silent = mode == MEMORY_NEVER;
	settle(stage);
	return true;
}

static void nothing_more(void *user, uint64_t id, const struct response *response)
{
}

/* ---- trust ---- */

bool stage_set_trust(struct stage *stage, const char *text)
{
	const bool dialled = !strncmp(text, "ussd ", 5);
	const enum trust trust = trust_by_name(dialled ? text + 5 : text, TRUST_COUNT);

	if (trust == TRUST_COUNT)
		return false;
	if (!dialled)
		stage->messages.trust = trust;
	else if (stage->network)
		network_channel(stage->network)->trust = trust;
	else
		stage->channel.trust = trust;
	return true;
}

/* ---- billing ---- */

static void settle_order(struct stage *stage, int64_t id, const char *state, const char *reason)
{
	struct request request = { .kind = REQUEST_ORDER_SETTLE };
	struct record args = request_args(&request);
	struct response response;
	uint64_t asked;

	record_put_number(&args, ACCOUNT_FACT_ID, id);
	record_put_text(&args, FIELD_STATE, state, strlen(state));
	if (*reason)
		record_put_text(&args, FIELD_REASON, reason, strlen(reason));
	request_set_args(&request, &args);
	accounts_ask(stage->accounts, &request, nothing_more, NULL, &response, &asked);
}

static void settle_orders(struct stage *stage, const char *state, const char *reason)
{
	const struct request request = { .kind = REQUEST_ORDERS_DUE };
	struct response response;
	struct record row;
	uint64_t asked;

	memory_store_mode(stage_store(stage), MEMORY_NOW);
	if (accounts_ask(stage->accounts, &request, nothing_more, NULL, &response, &asked) == 0) {
		for (unsigned int i = 0; rows_at(&response.rows, i, &row); i++)
			settle_order(stage, record_number(&row, ACCOUNT_FACT_ID, 0), state, reason);
	}
	stage_set_store(stage, "up");
}

bool stage_set_billing(struct stage *stage, const char *text)
{
	const char *reason = strchr(text, ' ');
	const size_t len = reason ? (size_t)(reason - text) : strlen(text);
	static const char *const states[] = { "done", "refused", "dead" };

	if (!strcmp(text, "silent")) {
		memory_store_orders_wait(stage_store(stage));
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		if (strlen(states[i]) != len || memcmp(states[i], text, len))
			continue;
		settle_orders(stage, states[i], reason ? reason + 1 : "");
		return true;
	}
	return false;
}

/* ---- elsewhere ---- */

void stage_order(struct stage *stage, const struct subscriber *who, const char *service, bool open)
{
	struct request request = { .kind = open ? REQUEST_SERVICE_OPEN : REQUEST_SERVICE_CANCEL, .subscriber = *who,
				   .ref = accounts_reference(stage->accounts) };
	struct record args = request_args(&request);
	struct response response;
	uint64_t id;

	record_put_text(&args, FIELD_SERVICE, service, strlen(service));
	request_set_args(&request, &args);
	accounts_ask(stage->accounts, &request, nothing_more, NULL, &response, &id);
	settle(stage);
}

struct store *stage_store(const struct stage *stage)
{
	return accounts_store(stage->accounts);
}

/* ---- life ---- */

static struct accounts *open_account(const struct stage_settings *settings)
{
	const struct accounts_settings account_settings = {
		.store = "memory", .pepper_file = settings->pepper_file,
		.deadline_ms = 5000, .password_tries = 3, .password_delays = "300 3600", .requests_max = 16,
	};
	struct accounts *accounts = NULL;

	if (accounts_new(NULL, &account_settings, server_accounts_done, &accounts))
		abort();	/* memory alone: nothing but a bug can fail */
	return accounts;
}

struct stage *stage_new(void *ctx, const struct stage_settings *settings)
{
	const struct server_settings server_settings = { .dialogs_max = 16, .resume_ms = 180000 };
	struct stage *stage = talloc_zero(ctx, struct stage);

	if (settings->hlr && !(stage->network = network_new(stage, settings->hlr, &network_ops, stage))) {
		talloc_free(stage);
		return NULL;
	}
	stage->settings = *settings;
	stage->channel.ops = &ops;
	stage->channel.name = "transcript";
	stage->channel.trust = TRUST_PASSWORD;
	stage->channel.timing = (struct channel_timing){ .answer_ms = 8000, .idle_ms = IDLE_S * 1000,
							 .dialogue_ms = 600000 };
	stage->messages = (struct channel){ .ops = &message_ops, .name = "messages", .messages = true,
					    .trust = TRUST_PASSWORD };
	stage->messages.timing = (struct channel_timing){ .answer_ms = 8000, .idle_ms = CONVERSATION_S * 1000,
							  .dialogue_ms = UINT32_MAX / 2 };
	stage->output = talloc_strdup(stage, "");
	stage->last_input = talloc_strdup(stage, "");
	stage->accounts = open_account(settings);
	stage->server = server_new(NULL, &server_settings);
	server_set_menu(stage->server, menu_ref(settings->menu));
	server_set_accounts(stage->server, stage->accounts);
	server_add_channel(stage->server, &stage->channel);
	server_add_channel(stage->server, &stage->messages);
	if (stage->network) {
		network_channel(stage->network)->timing = stage->channel.timing;
		network_channel(stage->network)->trust = TRUST_PASSWORD;
		server_add_channel(stage->server, network_channel(stage->network));
	}
	stage_set_store(stage, "up");
	fix_chance();	/* the store has drawn what it needs */
	return stage;
}

unsigned int stage_free(struct stage *stage)
{
	unsigned int open;

	server_free(stage->server);
	open = stage->open;
	network_free(stage->network);
	talloc_free(stage);
	return open;
}
