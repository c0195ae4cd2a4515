/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The simulator of transcripts: the real server between a phone and a store, all in this process. */
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
#include "starhash/backends.h"
#include "starhash/server.h"
#include "channel/smpp/sms/short_message.h"
#include "starhash/store.h"
#include "starhash/store_admin.h"
#include "store/gate.h"
#include "tool/simulator/folder.h"
#include "tool/simulator/network.h"
#include "tool/simulator/simulator.h"

#define IDLE_S 20
#define CONVERSATION_S 1800
#define MESSAGE_PARTS 3
#define TRAVEL_MS 5000		/* longest delay through a real HLR */
#define QUIET_MS 100		/* silence after which nothing more is expected from the HLR */
#define ROUNDS_MAX 1000		/* turns of the loop for one input; a few are enough unless there is a bug */

struct simulator {
	struct channel channel;		/* first: the server's pointer to it is one to the simulator */
	struct channel messages;	/* short messages from and to the same phone */
	struct simulator_settings settings;
	struct server *server;
	struct accounts *accounts;
	struct network *network;	/* NULL: directly connected to the server */
	enum gate gate;			/* in front of the store */
	char folder[FOLDER_SIZE];	/* with the store's files; "": none */
	uint64_t session;		/* 0: no dialog */
	uint64_t last_session;
	uint32_t sequence;
	unsigned int open;		/* inputs not yet answered */
	unsigned int events;		/* reported */
	struct subscriber caller;
	char *last_input;
	char *output;
};

/* ---- the clock ---- */

static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC, CLOCK_MONOTONIC_COARSE };

void simulator_set_clock(int64_t now)
{
	setenv("TZ", "UTC0", 1);
	tzset();
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		*osmo_clock_override_gettimespec(clocks[i]) = (struct timespec){ .tv_sec = now };
		osmo_clock_override_enable(clocks[i], true);
	}
	osmo_gettimeofday_override_time = (struct timeval){ .tv_sec = now };
	osmo_gettimeofday_override = true;	/* for libosmocore's timers */
}

/* ---- randomness ---- * * One-time codes are random, but a transcript must know them: here the first one is 471100, and each is slightly
 * larger than the one before. Transcripts contain no real secrets. */

#define FIRST_CODE 3000471100u		/* above the range that libsodium rejects for uniformity */
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

/* ---- output of the phone ---- */

static void put(struct simulator *simulator, const char *mark, const char *text, size_t len)
{
	simulator->output = talloc_asprintf_append(simulator->output, "%s%.*s\n", mark, (int)len, text);
}

static void put_lines(struct simulator *simulator, const char *mark, const char *text, size_t len)
{
	const char *end = text + len, *newline;

	for (; (newline = memchr(text, '\n', end - text)); text = newline + 1)
		put(simulator, mark, text, newline - text);
	put(simulator, mark, text, end - text);
}

/* Show a page of the phone's current dialog, or of one that it has left. */
static void show_page(struct simulator *simulator, uint64_t session, const char *text, size_t len, bool over)
{
	const bool left = !simulator->session || session != simulator->session;

	put_lines(simulator, left ? "* " : "< ", text, len);
	if (left)
		return;
	if (over)
		simulator->session = 0;
	put(simulator, over ? "." : "?", "", 0);
}

static void answer(struct channel *channel, struct turn *turn, enum answer_kind kind, const char *text, size_t len)
{
	struct simulator *simulator = (struct simulator *)channel;

	simulator->open--;
	channel_sent(channel, turn->receipt, kind == ANSWER_NONE ? -ENOTCONN : 0);
	if (kind != ANSWER_NONE)
		show_page(simulator, turn->peer.session, text, len, kind == ANSWER_END);
	talloc_free(turn);
}

static void end(struct channel *channel, const struct peer *peer, const char *text, size_t len)
{
	show_page((struct simulator *)channel, peer->session, text, len, true);
}

static int notify(struct channel *channel, const struct subscriber *subscriber, const struct channel_text *text)
{
	put_lines((struct simulator *)channel, "* ", text->text, text->len);
	channel_sent(channel, text->receipt, 0);
	return 0;
}

static struct simulator *simulator_of_messages(struct channel *channel)
{
	return container_of(channel, struct simulator, messages);
}

static void answer_text(struct channel *channel, struct turn *turn, enum answer_kind kind, const char *text, size_t len)
{
	struct simulator *simulator = simulator_of_messages(channel);

	simulator->open--;
	channel_sent(channel, turn->receipt, kind == ANSWER_NONE ? -ENOTCONN : 0);
	if (kind != ANSWER_NONE) {
		put_lines(simulator, "< ", text, len);
		put(simulator, kind == ANSWER_ASK ? "?" : ".", "", 0);
	}
	talloc_free(turn);
}

/* A conversation ends without a text. */
static void end_texting(struct channel *channel, const struct peer *peer, const char *text, size_t len)
{
}

static int deliver(struct channel *channel, const struct subscriber *subscriber, const struct channel_text *text)
{
	put_lines(simulator_of_messages(channel), "* ", text->text, text->len);
	channel_sent(channel, text->receipt, 0);
	return 0;
}

/* ---- output through an HLR ---- */

static void far_page(void *user, uint32_t dialog, const char *text, size_t len, bool waits)
{
	struct simulator *simulator = user;

	simulator->open -= simulator->open > 0;
	show_page(simulator, dialog, text, len, !waits);
}

static void far_failure(void *user, uint32_t dialog)
{
	struct simulator *simulator = user;

	simulator->open -= simulator->open > 0;
	if (dialog == simulator->session)
		simulator->session = 0;
	put(simulator, "!", "", 0);
}

static void far_notification(void *user, const char *text, size_t len)
{
	put_lines(user, "* ", text, len);
}

static const struct network_ops network_ops = {
	.page = far_page,
	.failed = far_failure,
	.notification = far_notification,
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

/* ---- events at the phone ---- */

static bool silent(const struct simulator *simulator)
{
	return simulator->gate == GATE_SHUT;
}

/* Complete all work in progress, including that of threads, while the clock stands still. Nothing completes if the store is silent. */
static void finish(const struct simulator *simulator)
{
	unsigned int rounds = 0;

	while (((accounts_busy(simulator->accounts) && !silent(simulator)) || backends_open(simulator->settings.backends)) &&
	       rounds++ < ROUNDS_MAX)
		osmo_select_main_ctx(0);
}

/* Completed work may start more work. */
static void run_until_idle(struct simulator *simulator)
{
	if (simulator->network)
		network_wait(&simulator->open, silent(simulator) ? QUIET_MS : TRAVEL_MS);
	for (unsigned int rounds = 0; rounds < 3; rounds++) {
		finish(simulator);
		osmo_select_main_ctx(1);
	}
	finish(simulator);
}

static struct turn *turn_new(struct simulator *simulator, enum turn_kind kind, const char *text)
{
	struct turn *turn = talloc_zero(simulator, struct turn);

	turn->kind = kind;
	turn->peer = (struct peer){ .channel = &simulator->channel, .session = simulator->session,
				    .user = digits_pack(simulator->caller.msisdn) };
	turn->subscriber = simulator->caller;
	turn->limits = simulator->settings.limits;
	turn->sequence = simulator->sequence;
	turn->len = strlen(text) < TURN_TEXT_MAX ? strlen(text) : TURN_TEXT_MAX;
	memcpy(turn->text, text, turn->len);
	return turn;
}

static void hand_over(struct simulator *simulator, struct turn *turn)
{
	const enum turn_kind kind = turn->kind;

	simulator->open++;
	if (channel_rx(turn) < 0) {
		simulator->open--;
		talloc_free(turn);
		put(simulator, "!", "", 0);
	}
	run_until_idle(simulator);
	if (simulator->open && kind != TURN_GONE)
		put(simulator, "...", "", 0);
}

/* Wait for the answer from the HLR. \a rc: result of sending. */
static void travel(struct simulator *simulator, int rc)
{
	if (rc < 0)
		put(simulator, "!", "", 0);
	else
		simulator->open++;
	run_until_idle(simulator);
	if (simulator->open)
		put(simulator, "...", "", 0);
}

static void send_turn(struct simulator *simulator, enum turn_kind kind, const char *text)
{
	hand_over(simulator, turn_new(simulator, kind, text));
}

static void send_text(struct simulator *simulator, const struct subscriber *who, const char *short_code, const char *text,
		      struct text_limits limits)
{
	struct turn *turn;

	simulator->caller = *who;
	turn = turn_new(simulator, TURN_TEXT, text);
	turn->peer.channel = &simulator->messages;
	turn->limits = limits;
	if (!short_code)
		short_code = menu_first_short_code(simulator->settings.menu);
	turn->peer.session = short_code ? digits_pack(short_code) : 0;
	turn->sequence = 0;
	osmo_strlcpy(turn->short_code, short_code ? short_code : "0", sizeof(turn->short_code));
	hand_over(simulator, turn);
}

/* With the default limits of a short message link. */
void simulator_text(struct simulator *simulator, const struct subscriber *who, const char *short_code, const char *text)
{
	const struct sms_encoding_profile profile = { .parts = MESSAGE_PARTS };
	const struct text_budget budget = sms_budget(&profile);

	send_text(simulator, who, short_code, text, (struct text_limits){ budget, budget });
}

void simulator_redial(struct simulator *simulator, const struct subscriber *who, const char *text)
{
	if (simulator->settings.over_sms) {
		send_text(simulator, who, NULL, text, simulator->settings.limits);	/* split by the transcript's limits */
		return;
	}
	simulator->caller = *who;
	if (simulator->network) {
		uint32_t dialog = 0;
		const int rc = network_dial(simulator->network, who->msisdn, text, &dialog);

		simulator->session = dialog;
		travel(simulator, rc);
		return;
	}
	simulator->session = ++simulator->last_session;
	simulator->sequence = 1;
	osmo_talloc_replace_string(simulator, &simulator->last_input, text);
	send_turn(simulator, TURN_BEGIN, text);
}

bool simulator_waits(const struct simulator *simulator)
{
	return simulator->session && !simulator->settings.over_sms;
}

void simulator_say(struct simulator *simulator, const struct subscriber *who, const char *text)
{
	if (!simulator_waits(simulator)) {
		simulator_redial(simulator, who, text);
		return;
	}
	if (simulator->network) {
		travel(simulator, network_answer(simulator->network, simulator->session, text));
		return;
	}
	simulator->sequence++;
	osmo_talloc_replace_string(simulator, &simulator->last_input, text);
	send_turn(simulator, TURN_CONTINUE, text);
}

void simulator_repeat(struct simulator *simulator)
{
	if (simulator->last_input)
		send_turn(simulator, simulator->sequence > 1 ? TURN_CONTINUE : TURN_BEGIN, simulator->last_input);
}

void simulator_hang_up(struct simulator *simulator)
{
	if (simulator->session && simulator->network) {
		network_hang_up(simulator->network, simulator->session);
		simulator->open = 0;	/* late answers are ignored */
	} else if (simulator->session) {
		send_turn(simulator, TURN_GONE, "");
	}
	simulator->session = 0;
}

void simulator_wait(struct simulator *simulator, unsigned int seconds)
{
	/* timers of hours may be a minute late, timers of days an hour */
	const unsigned int longest = seconds <= 3700 ? 1 : seconds <= 43200 ? 60 : 3600;

	while (seconds) {
		const unsigned int step = OSMO_MIN(seconds, longest);

		for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
			osmo_clock_override_add(clocks[i], step, 0);
		osmo_gettimeofday_override_add(step, 0);
		osmo_select_main_ctx(1);
		finish(simulator);
		seconds -= step;
	}
	if (simulator->network)
		network_wait(&(const unsigned int){ 1 }, QUIET_MS);
	run_until_idle(simulator);
}

void simulator_fall_silent(struct simulator *simulator)
{
	simulator_wait(simulator, IDLE_S + 1);
}

const char *simulator_take_output(struct simulator *simulator)
{
	const char *taken = simulator->output;

	talloc_steal(simulator->last_input, taken);		/* valid until the next input */
	simulator->output = talloc_strdup(simulator, "");
	return taken;
}

/* ---- the store ---- */

bool simulator_set_store(struct simulator *simulator, const char *state)
{
	if (!strcmp(state, "down"))
		simulator->gate = GATE_DOWN;
	else if (!strcmp(state, "silent"))
		simulator->gate = GATE_SHUT;
	else if (!strcmp(state, "up"))
		simulator->gate = simulator->settings.later ? GATE_LATER : GATE_OPEN;
	else
		return false;
	gate_set(accounts_store(simulator->accounts), simulator->gate);
	run_until_idle(simulator);
	return true;
}

/* The store's answer to a request of the simulator. */
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

static void wait_for(const struct simulator *simulator, const struct said *said)
{
	finish(simulator);
	OSMO_ASSERT(said->known);
}

static void nothing_more(void *user, uint64_t id, const struct response *response)
{
}

/* ---- trust ---- */

bool simulator_set_trust(struct simulator *simulator, const char *text)
{
	const bool dialled = !strncmp(text, "ussd ", 5);
	const enum trust trust = trust_by_name(dialled ? text + 5 : text, TRUST_COUNT);

	if (trust == TRUST_COUNT)
		return false;
	if (!dialled)
		simulator->messages.trust = trust;
	else if (simulator->network)
		network_channel(simulator->network)->trust = trust;
	else
		simulator->channel.trust = trust;
	return true;
}

/* ---- billing ---- */

static void complete_orders(struct simulator *simulator, enum order_end end, const char *reason)
{
	const struct claim claim = { .until = accounts_now(simulator->accounts), .max = DUE_MAX };
	struct said said = { .known = false };
	struct response response;
	uint64_t asked;

	simulator_set_store(simulator, "up");
	if (accounts_claim(simulator->accounts, QUEUE_ORDERS, &claim, say_on, &said, &said.response, &asked) < 0)
		wait_for(simulator, &said);
	for (unsigned int i = 0; i < said.response.orders_count; i++) {
		struct request request = { .kind = REQUEST_ORDER_END, .id = said.response.orders[i].id, .outcome.end = end };

		osmo_strlcpy(request.outcome.reason, reason, sizeof(request.outcome.reason));
		accounts_ask(simulator->accounts, &request, nothing_more, NULL, &response, &asked);
		finish(simulator);
	}
	run_until_idle(simulator);
}

bool simulator_set_billing(struct simulator *simulator, const char *text)
{
	const char *reason = strchr(text, ' ');
	const size_t len = reason ? (size_t)(reason - text) : strlen(text);
	static const char *const ends[] = { [END_DONE] = "done", [END_REFUSED] = "refused", [END_DEAD] = "dead" };

	for (enum order_end end = END_DONE; end < ARRAY_SIZE(ends); end++) {
		if (strlen(ends[end]) != len || memcmp(ends[end], text, len))
			continue;
		complete_orders(simulator, end, reason ? reason + 1 : "");
		return true;
	}
	return false;
}

/* ---- updates of the store ---- */

void simulator_sell(struct simulator *simulator, const struct catalogue *catalogue)
{
	accounts_set_catalogue(simulator->accounts, catalogue);
}

bool simulator_merge(struct simulator *simulator, const struct account_update *update)
{
	struct said said = { .known = false };
	uint64_t asked;

	if (silent(simulator))
		return false;
	if (accounts_merge(simulator->accounts, update, say_on, &said, &said.response, &asked) < 0)
		wait_for(simulator, &said);
	return said.response.result == RESULT_OK;
}

/* ---- orders placed elsewhere ---- */

void simulator_order(struct simulator *simulator, const struct subscriber *who, const char *service, bool open)
{
	struct request request = { .kind = open ? REQUEST_SERVICE_ACTIVATE : REQUEST_SERVICE_DEACTIVATE, .subscriber = *who,
				   .ref = accounts_reference(simulator->accounts) };
	struct record args = request_args(&request);
	struct response response;
	uint64_t id;

	record_put_text(&args, FIELD_SERVICE, service, strlen(service));
	request_set_args(&request, &args);
	accounts_ask(simulator->accounts, &request, nothing_more, NULL, &response, &id);
	run_until_idle(simulator);
}

/* ---- events ---- */

static void name_event(const struct simulator *simulator, struct event_request *event)
{
	snprintf(event->source, sizeof(event->source), "transcript");
	snprintf(event->id, sizeof(event->id), "%u", simulator->events);
}

bool simulator_report(struct simulator *simulator, struct request *event)
{
	struct said said = { .known = false };
	uint64_t asked;

	simulator->events++;
	name_event(simulator, &event->event);
	event->event.time = accounts_now(simulator->accounts);
	if (event->kind != REQUEST_EVENT)
		event->ref = accounts_reference(simulator->accounts);
	if (silent(simulator))
		return false;
	if (accounts_ask(simulator->accounts, event, say_on, &said, &said.response, &asked) < 0)
		wait_for(simulator, &said);
	run_until_idle(simulator);
	return said.response.result == RESULT_OK;
}

int64_t simulator_now(const struct simulator *simulator)
{
	return accounts_now(simulator->accounts);
}

static void fetch_event(struct simulator *simulator, struct said *said)
{
	struct request fetch = { .kind = REQUEST_EVENT_FETCH };
	uint64_t asked;

	name_event(simulator, &fetch.event);
	if (accounts_ask(simulator->accounts, &fetch, say_on, said, &said->response, &asked) < 0)
		wait_for(simulator, said);
}

/* Of several answers the one that was decided last. A proposal that is over without one was not answered, if its message was sent. */
void simulator_tell_source(struct simulator *simulator)
{
	static const uint16_t answers[] = { ARG_REPLY, FIELD_SENDING, FIELD_REASON };
	struct said said = { .known = false };
	char word[ACCOUNT_WORD_SIZE] = "";
	size_t i = 0;

	fetch_event(simulator, &said);
	if (!record_text(&said.response.facts, ARG_REPLY, word, sizeof(word)) &&
	    record_number(&said.response.facts, FIELD_CONFIRM_UNTIL, INT64_MAX) <= simulator_now(simulator) &&
	    !record_is(&said.response.facts, FIELD_SENDING, "withdrawn"))
		snprintf(word, sizeof(word), record_is(&said.response.facts, FIELD_SENDING, "sent") ? "silence" : "expired");
	while (!word[0] && i < ARRAY_SIZE(answers) && !record_text(&said.response.facts, answers[i], word, sizeof(word)))
		i++;
	put(simulator, "= ", word, strlen(word));
}

void simulator_enter_code(struct simulator *simulator, const struct subscriber *who, const char *code)
{
	struct request confirm = { .kind = REQUEST_PROPOSAL_CONFIRM, .subscriber = *who };
	struct record args = request_args(&confirm);
	struct said said = { .known = false };
	uint8_t digest[CONFIRM_DIGEST_SIZE];
	const char *result;
	uint64_t asked;

	fetch_event(simulator, &said);
	record_append(&args, &said.response.facts);
	accounts_code_digest(simulator->accounts, who, code, strlen(code), digest);
	record_put_text(&args, ARG_CODE, (const char *)digest, sizeof(digest));
	record_put_text(&args, ARG_ANSWERED, "******", 6);
	record_put_text(&args, ARG_CHANNEL, "web:transcript", strlen("web:transcript"));
	record_put_text(&args, ARG_TRUST, "code", 4);
	request_set_args(&confirm, &args);
	confirm.ref = accounts_reference(simulator->accounts);
	said.known = false;
	if (accounts_ask(simulator->accounts, &confirm, say_on, &said, &said.response, &asked) < 0)
		wait_for(simulator, &said);
	result = result_name(said.response.result);
	put(simulator, "= ", result, strlen(result));
	run_until_idle(simulator);
}

/* ---- tickets ---- */

void simulator_staff(struct simulator *simulator, const struct subscriber *who, enum ticket_event event, const struct record *asked_for)
{
	struct request request = { .kind = REQUEST_TICKET_STAFF, .subscriber = *who, .ticket = { .event = event, .staff = "staff" } };
	struct record args = request_args(&request);
	struct said said = { .known = false };
	const char *result;
	uint64_t asked;

	record_append(&args, asked_for);
	if (ticket_event_credits(event)) {
		request.ref = accounts_reference(simulator->accounts);
		record_put_number(&args, ARG_SECOND, (int64_t)accounts_reference(simulator->accounts));
	}
	request_set_args(&request, &args);
	if (accounts_ask(simulator->accounts, &request, say_on, &said, &said.response, &asked) < 0)
		wait_for(simulator, &said);
	result = result_name(said.response.result);
	if (said.response.result != RESULT_OK)
		put(simulator, "= ", result, strlen(result));
	run_until_idle(simulator);
}

/* ---- life ---- */

bool simulator_knows_store(const char *name)
{
	return store_find(name);
}

/* Create a database without accounts, if the store uses a file. */
static bool make_file(struct simulator *simulator, const struct store_ops *store, struct accounts_settings *accounts)
{
	struct admin_settings settings = { .access = ADMIN_FILL };
	struct store_admin *admin;
	const char *why;

	if (!store->admin->in_file)
		return true;
	if (!folder_make(simulator->folder))
		return false;
	settings.file = accounts->file = talloc_asprintf(simulator, "%s/accounts", simulator->folder);
	if (store->admin->open(simulator, &settings, &admin, &why) < 0) {
		fprintf(stderr, "starhash-menu: %s: %s\n", accounts->file, why);
		return false;
	}
	store->admin->close(admin);
	return true;
}

/* Open the store, as a process does that finds a database without accounts. False after a message. */
static bool open_accounts(struct simulator *simulator)
{
	const struct simulator_settings *settings = &simulator->settings;
	const struct store_ops *store = store_find(settings->store);
	struct message_rules messages = message_rules_default;
	struct accounts_settings accounts = {
		.store = store->name, .message_rules = &messages, .front = &gate_store_ops, .pepper_file = settings->pepper_file,
		.orders_wait = settings->orders_wait, .backends = settings->backends,
		.deadline_ms = 5000, .password_tries = 3, .password_delays = "300 3600", .requests_max = 16,
	};

	messages.survey_percent = settings->surveys ? 100 : 0;
	if (!make_file(simulator, store, &accounts))
		return false;
	if (accounts_new(NULL, &accounts, server_accounts_done, &simulator->accounts) == 0)
		return true;
	fprintf(stderr, "starhash-menu: cannot open the store %s %s\n", store->name, simulator->folder);
	return false;
}

struct simulator *simulator_new(void *ctx, const struct simulator_settings *settings)
{
	const struct server_settings server_settings = { .dialogs_max = 16, .resume_ms = 180000, .backends = settings->backends };
	struct simulator *simulator = talloc_zero(ctx, struct simulator);

	simulator->settings = *settings;
	if (settings->hlr && !(simulator->network = network_new(simulator, settings->hlr, &network_ops, simulator))) {
		talloc_free(simulator);
		return NULL;
	}
	if (!open_accounts(simulator)) {
		network_free(simulator->network);
		folder_remove(simulator->folder);
		talloc_free(simulator);
		return NULL;
	}
	simulator->channel.ops = &ops;
	simulator->channel.name = "transcript";
	simulator->channel.trust = TRUST_PASSWORD;
	simulator->channel.timing = (struct channel_timing){ .answer_ms = 8000, .idle_ms = IDLE_S * 1000,
							 .dialog_ms = 600000 };
	simulator->messages = (struct channel){ .ops = &message_ops, .name = "messages",
					    .traits = { .may_wait_long = true, .can_notify = true, .ends_silently = true,
							.saves_dialogs = true, .by_short_code = true, .leaves_phone_free = true,
							.texts_stay = true },
					    .trust = TRUST_PASSWORD };
	simulator->messages.timing = (struct channel_timing){ .answer_ms = 8000, .idle_ms = CONVERSATION_S * 1000,
							  .dialog_ms = UINT32_MAX / 2 };
	simulator->output = talloc_strdup(simulator, "");
	simulator->last_input = talloc_strdup(simulator, "");
	simulator->server = server_new(NULL, &server_settings);
	server_set_menu(simulator->server, menu_ref(settings->menu));
	server_set_accounts(simulator->server, simulator->accounts);
	server_add_channel(simulator->server, &simulator->channel);
	server_add_channel(simulator->server, &simulator->messages);
	if (simulator->network) {
		network_channel(simulator->network)->timing = simulator->channel.timing;
		network_channel(simulator->network)->trust = TRUST_PASSWORD;
		server_add_channel(simulator->server, network_channel(simulator->network));
	}
	simulator_set_store(simulator, "up");
	fix_chance();	/* the store has drawn its own random numbers */
	return simulator;
}

unsigned int simulator_free(struct simulator *simulator)
{
	unsigned int open;

	server_free(simulator->server);
	open = simulator->open;
	network_free(simulator->network);
	folder_remove(simulator->folder);
	talloc_free(simulator);
	return open;
}
