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
#include "starhash/store.h"
#include "starhash/store_admin.h"
#include "store/gate.h"
#include "tool/folder.h"
#include "tool/network.h"
#include "tool/stage.h"

#define IDLE_S 20
#define CONVERSATION_S 1800
#define MESSAGE_PARTS 3
#define TRAVEL_MS 5000		/* longest way through a real HLR */
#define QUIET_MS 100		/* after which nothing more comes from there for now */
#define ROUNDS_MAX 1000		/* of the loop for one input; a few are enough unless there is a bug */

struct stage {
	struct channel channel;		/* first: the two are the same to the server */
	struct channel messages;	/* short messages from and to the same phone */
	struct stage_settings settings;
	struct server *server;
	struct accounts *accounts;
	struct network *network;	/* NULL: the phone is beside the server */
	enum gate gate;			/* in front of the store */
	char folder[FOLDER_SIZE];	/* of the store's files; "": it has none */
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

static bool silent(const struct stage *stage)
{
	return stage->gate == GATE_SHUT;
}

/* What is being worked on, by threads, too, ends while the clock stands. Behind a store that is silent nothing ends. */
static void finish(const struct stage *stage)
{
	for (unsigned int rounds = 0; accounts_busy(stage->accounts) && !silent(stage) && rounds < ROUNDS_MAX; rounds++)
		osmo_select_main_ctx(0);
}

/* What ends may begin more. */
static void settle(struct stage *stage)
{
	if (stage->network)
		network_wait(&stage->open, silent(stage) ? QUIET_MS : TRAVEL_MS);
	for (unsigned int rounds = 0; rounds < 3; rounds++) {
		finish(stage);
		osmo_select_main_ctx(1);
	}
	finish(stage);
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

/* What has to wait for hours has timers that may be a minute late, and for days an hour. */
static unsigned int longest_step(unsigned int seconds)
{
	return seconds <= 3700 ? 1 : seconds <= 43200 ? 60 : 3600;
}

void stage_wait(struct stage *stage, unsigned int seconds)
{
	const unsigned int longest = longest_step(seconds);

	while (seconds) {
		const unsigned int step = OSMO_MIN(seconds, longest);

		pass(step);
		osmo_select_main_ctx(1);
		finish(stage);
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

bool stage_set_store(struct stage *stage, const char *state)
{
	if (!strcmp(state, "down"))
		stage->gate = GATE_DOWN;
	else if (!strcmp(state, "silent"))
		stage->gate = GATE_SHUT;
	else if (!strcmp(state, "up"))
		stage->gate = stage->settings.later ? GATE_LATER : GATE_OPEN;
	else
		return false;
	gate_set(accounts_store(stage->accounts), stage->gate);
	settle(stage);
	return true;
}

/* What the store said to something that was asked here. */
struct said {
	bool known;
	struct response response;
};

static void say_on(void *user, uint64_t id, const struct response *response)
{
	struct said *said = user;

	response_copy(&said->response, response);
	said->known = true;
}

static void wait_for(const struct stage *stage, const struct said *said)
{
	finish(stage);
	OSMO_ASSERT(said->known);
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

static void settle_order(struct stage *stage, int64_t id, enum order_end end, const char *reason)
{
	struct request request = { .kind = REQUEST_ORDER_SETTLE, .id = id, .outcome.end = end };
	struct response response;
	uint64_t asked;

	osmo_strlcpy(request.outcome.reason, reason, sizeof(request.outcome.reason));
	accounts_ask(stage->accounts, &request, nothing_more, NULL, &response, &asked);
	finish(stage);
}

static void settle_orders(struct stage *stage, enum order_end end, const char *reason)
{
	const struct claim claim = { .until = accounts_now(stage->accounts), .max = DUE_MAX };
	struct said said = { .known = false };
	uint64_t asked;

	stage_set_store(stage, "up");
	if (accounts_claim(stage->accounts, QUEUE_ORDERS, &claim, say_on, &said, &said.response, &asked) < 0)
		wait_for(stage, &said);
	for (unsigned int i = 0; i < said.response.orders_count; i++)
		settle_order(stage, said.response.orders[i].id, end, reason);
	settle(stage);
}

bool stage_set_billing(struct stage *stage, const char *text)
{
	const char *reason = strchr(text, ' ');
	const size_t len = reason ? (size_t)(reason - text) : strlen(text);
	static const char *const ends[] = { [END_DONE] = "done", [END_REFUSED] = "refused", [END_DEAD] = "dead" };

	for (enum order_end end = END_DONE; end < ARRAY_SIZE(ends); end++) {
		if (strlen(ends[end]) != len || memcmp(ends[end], text, len))
			continue;
		settle_orders(stage, end, reason ? reason + 1 : "");
		return true;
	}
	return false;
}

/* ---- what the store has ---- */

void stage_sell(struct stage *stage, const struct catalogue *catalogue)
{
	accounts_set_catalogue(stage->accounts, catalogue);
}

bool stage_merge(struct stage *stage, const struct account_update *update)
{
	struct said said = { .known = false };
	uint64_t asked;

	if (silent(stage))
		return false;
	if (accounts_merge(stage->accounts, update, say_on, &said, &said.response, &asked) < 0)
		wait_for(stage, &said);
	return said.response.result == RESULT_OK;
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

/* ---- life ---- */

bool stage_knows_store(const char *name)
{
	return store_find(name);
}

/* A file without accounts, where the store keeps them in one. */
static bool make_file(struct stage *stage, const struct store_ops *store, struct accounts_settings *accounts)
{
	struct admin_settings settings = { .access = ADMIN_FILL };
	struct store_admin *admin;
	const char *why;

	if (!store->admin->in_file)
		return true;
	if (!folder_make(stage->folder))
		return false;
	settings.file = accounts->file = talloc_asprintf(stage, "%s/accounts", stage->folder);
	if (store->admin->open(stage, &settings, &admin, &why) < 0) {
		fprintf(stderr, "starhash-menu: %s: %s\n", accounts->file, why);
		return false;
	}
	store->admin->close(admin);
	return true;
}

/* As a process opens it that finds a database without accounts. False after a message. */
static bool open_accounts(struct stage *stage)
{
	const struct stage_settings *settings = &stage->settings;
	const struct store_ops *store = store_find(settings->store);
	struct accounts_settings accounts = {
		.store = store->name, .front = &gate_store_ops, .pepper_file = settings->pepper_file,
		.orders_wait = settings->orders_wait,
		.deadline_ms = 5000, .password_tries = 3, .password_delays = "300 3600", .requests_max = 16,
	};

	if (!make_file(stage, store, &accounts))
		return false;
	if (accounts_new(NULL, &accounts, server_accounts_done, &stage->accounts) == 0)
		return true;
	fprintf(stderr, "starhash-menu: the store %s cannot be opened %s\n", store->name, stage->folder);
	return false;
}

struct stage *stage_new(void *ctx, const struct stage_settings *settings)
{
	const struct server_settings server_settings = { .dialogs_max = 16, .resume_ms = 180000 };
	struct stage *stage = talloc_zero(ctx, struct stage);

	stage->settings = *settings;
	if (settings->hlr && !(stage->network = network_new(stage, settings->hlr, &network_ops, stage))) {
		talloc_free(stage);
		return NULL;
	}
	if (!open_accounts(stage)) {
		network_free(stage->network);
		folder_remove(stage->folder);
		talloc_free(stage);
		return NULL;
	}
	stage->channel.ops = &ops;
	stage->channel.name = "transcript";
	stage->channel.trust = TRUST_PASSWORD;
	stage->channel.timing = (struct channel_timing){ .answer_ms = 8000, .idle_ms = IDLE_S * 1000,
							 .dialogue_ms = 600000 };
	stage->messages = (struct channel){ .ops = &message_ops, .name = "messages",
					    .traits = { .may_wait_long = true, .can_notify = true, .ends_silently = true, .saves_dialogs = true,
							.by_short_code = true, .leaves_phone_free = true, .texts_stay = true },
					    .trust = TRUST_PASSWORD };
	stage->messages.timing = (struct channel_timing){ .answer_ms = 8000, .idle_ms = CONVERSATION_S * 1000,
							  .dialogue_ms = UINT32_MAX / 2 };
	stage->output = talloc_strdup(stage, "");
	stage->last_input = talloc_strdup(stage, "");
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
	folder_remove(stage->folder);
	talloc_free(stage);
	return open;
}
