/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* POST /v1/orders, /v1/codes, /v1/push and /v1/tickets, GET of each with an id, and POST /v1/codes/ID: what partners and web shops ask for
 * (S6), and what staff do with tickets (S12).
 *
 * Each is one of the client's events, and so repeated, refused and fetched like them. An answer has a state, which is said in one place,
 * whether the request is new, repeated, fetched or completed by its code:
 *
 * waiting      the message to the subscriber waits to be sent
 * asked, sent  the network has taken the message
 * yes, no      the subscriber's answer
 * silence      the message was sent, and the time is over without an answer
 * locked       too many wrong codes
 * not_asked    there is nothing to ask: a word of src/account/event.c says why; or the message was not sent in time
 * no_order     the answer was yes, but meanwhile there could be no order: a word of src/account/proposal.c says why
 *
 * What staff do with a ticket has the state done or proposed, or a word of src/account/event.c that says why it is not possible.
 *
 * A page needs no answer: its state is waiting, sent, or the word that says why it was not sent. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "events/call.h"
#include "starhash/notification.h"

#define CODE_BODY_MAX 127	/* octets of a body with a code */
#define MISSING "there is no such request, or it is too old"
#define MISSING_ACT MISSING "; POST /v1/ticket-list has the tickets of a number, /v1/ticket-read one of them"
#define LOG_INTERVAL_S 60

const struct door_path proposals_paths[] = {
	{ "POST", "/v1/orders", DOOR_ORDERS },
	{ "GET", "/v1/orders/", DOOR_ORDERS },
	{ "POST", "/v1/codes", DOOR_CODES },
	{ "GET", "/v1/codes/", DOOR_CODES },
	{ "POST", "/v1/codes/", DOOR_CODES },
	{ "POST", "/v1/push", DOOR_PUSH },
	{ "GET", "/v1/push/", DOOR_PUSH },
	{ "POST", "/v1/tickets", DOOR_TICKETS },
	{ "GET", "/v1/tickets/", DOOR_TICKETS },
	{ 0 }
};

/* ---- states ---- */

struct state {
	char word[ACCOUNT_WORD_SIZE];
	char reason[ACCOUNT_WORD_SIZE];		/* "": none */
};

static struct state state_as(const char *word, const char *reason)
{
	struct state state = { 0 };

	osmo_strlcpy(state.word, word, sizeof(state.word));
	osmo_strlcpy(state.reason, reason, sizeof(state.reason));
	return state;
}

static bool is_state(const struct state *state, const char *word)
{
	return !strcmp(state->word, word);
}

static struct state state_of(const struct call *call, const struct record *facts)
{
	char done[ACCOUNT_WORD_SIZE], sending[ACCOUNT_WORD_SIZE], reply[ACCOUNT_WORD_SIZE];
	const int64_t until = record_number(facts, FIELD_CONFIRM_UNTIL, 0);
	bool sent, over;

	record_text(facts, FIELD_REASON, done, sizeof(done));
	if (!record_text(facts, FIELD_SENDING, sending, sizeof(sending)))
		strcpy(sending, "waiting");
	sent = !strcmp(sending, "sent");
	over = until && events_now(call->events) >= until;
	if (call->proposes == PROPOSES_ACT)
		return state_as(done, "");
	if (call->proposes == PROPOSES_PAGE)
		return state_as(strcmp(done, "notified") ? done : sending, "");
	if (strcmp(done, "notified") != 0)
		return state_as("not_asked", done);
	if (record_text(facts, ARG_REPLY, reply, sizeof(reply))) {
		if (!strcmp(reply, "yes") || !strcmp(reply, "no") || !strcmp(reply, "locked"))
			return state_as(reply, "");
		return state_as("no_order", reply);
	}
	if (sent)
		return state_as(over ? "silence" : "asked", "");
	if (strcmp(sending, "waiting") != 0)
		return state_as("not_asked", sending);
	return over ? state_as("not_asked", "expired") : state_as("waiting", "");
}

/* Whether it can still change by what the subscriber does, or by the network. */
static bool is_open(const struct state *state)
{
	return is_state(state, "waiting") || is_state(state, "asked");
}

/* Answer the state in \a facts, and free the call. */
static void state_answer(struct asked *asked, enum status status, const struct state *state, const struct record *facts)
{
	char reference[REF_TEXT_SIZE], order[ACCOUNT_WORD_SIZE], until[TIME_TEXT_SIZE];
	const bool ordered = record_text(facts, FIELD_REF, reference, sizeof(reference));
	json_t *body = json_pack("{s:s, s:s, s:s*, s:s*, s:o*}", "id", asked->event, "state", state->word, "reason",
				 *state->reason ? state->reason : NULL, "until",
				 time_print(record_number(facts, FIELD_CONFIRM_UNTIL, 0), until), "message", message_of(facts));

	if (asked->repeated)
		json_object_set_new(body, "repeated", json_true());
	if (ordered) {
		record_text(facts, FIELD_STATE, order, sizeof(order));
		json_object_set_new(body, "reference", json_string(reference));
		json_object_set_new(body, "order", json_string(order));
	}
	answer(asked->call->door_call, status, body);
	call_free(asked->call);
}

/* ---- GET ---- */

static void state_fetched(struct asked *asked, const struct record *facts)
{
	const struct state state = state_of(asked->call, facts);

	state_answer(asked, STATUS_OK, &state, facts);
}

/* ---- POST ---- */

/* 202: the client should ask for the state again. */
static void posted_answer(struct asked *asked, const struct record *facts)
{
	const struct state state = state_of(asked->call, facts);

	state_answer(asked, is_open(&state) ? STATUS_ACCEPTED : STATUS_OK, &state, facts);
}

static void repeated(struct asked *asked, const struct record *facts)
{
	asked->repeated = true;
	posted_answer(asked, facts);
}

static void proposed(struct asked *asked, const struct response *response)
{
	struct events *events = asked->call->events;

	if (response->result == RESULT_DUPLICATE) {
		asked_fetch(asked, MISSING, repeated);
	} else if (response->result == RESULT_REFUSED && asked->call->proposes == PROPOSES_ACT) {
		const struct state state = state_of(asked->call, &response->facts);

		state_answer(asked, STATUS_REFUSED, &state, &response->facts);
	} else if (response->result != RESULT_OK) {
		call_fail(asked->call, response->result, "there is no such subscriber");
	} else {
		if (record_is(&response->facts, FIELD_REASON, "notified"))
			events_count(events, COUNT_ASKED);
		posted_answer(asked, &response->facts);
	}
}

/* What is wrong with a new request, in words; "": nothing. */
static void proposal_parse(struct asked *asked, const json_t *body, char why[static EVENT_WHY_SIZE])
{
	const struct call *call = asked->call;
	const struct events_settings *settings = &call->events->settings;
	const struct event_origin origin = {
		.source = call->source, .proposes = call->proposes, .plan = settings->plan, .now = events_now(call->events),
		.rules = settings->rules,
	};
	char page[NOTIFICATION_PAGE_MAX + 1];
	struct record args;

	if (event_parse(&origin, body, &asked->request, why))
		return;
	*why = '\0';
	args = request_args(&asked->request);
	if (record_text(&args, ARG_PAGE, page, sizeof(page)) && !settings->pushes(settings->user, page))
		snprintf(why, EVENT_WHY_SIZE, "the menu has no page of that name to push");
}

/* The subscriber reads who asks. */
static bool may_name_provider(const struct door_request *request, const struct record *args)
{
	const struct setting *at = request->providers ? request->providers->child : NULL;
	struct value provider;

	if (!request->providers || !record_get(args, FIELD_PROVIDER, &provider))
		return true;
	while (at && !record_is(args, FIELD_PROVIDER, at->string))
		at = at->next;
	return at;
}

static bool decides(const struct record *args)
{
	char act[ACCOUNT_WORD_SIZE];
	enum ticket_event event;

	record_text(args, FIELD_ACT, act, sizeof(act));
	event = ticket_event_by_name(act);
	return event < TICKET_EVENTS && ticket_event_decides(event);
}

/* NULL, or why the client may not ask this, though it may use the path. */
static const char *forbidden(const struct door_request *request, const struct record *args)
{
	if (decides(args) && !(request->rights & DOOR_CREDITS))
		return "this client may not decide about money: it lacks \"credits\"";
	return may_name_provider(request, args) ? NULL : "this client may not ask in the name of that provider";
}

static void propose(struct events *events, struct door_call *door_call, const struct door_request *request)
{
	char why[EVENT_WHY_SIZE];
	json_t *body = event_load(request->body, request->len, why);
	struct record args;
	struct asked *asked;

	if (!body) {
		answer_error(door_call, STATUS_BAD, why);
		return;
	}
	asked = asked_new(call_new(events, door_call, request));
	events_count(events, COUNT_PROPOSALS);
	proposal_parse(asked, body, why);
	json_decref(body);
	if (*why) {
		answer_error(door_call, STATUS_REFUSED, why);
		call_free(asked->call);
		return;
	}
	args = request_args(&asked->request);
	if (forbidden(request, &args)) {
		answer_error(door_call, STATUS_FORBIDDEN, forbidden(request, &args));
		call_free(asked->call);
		return;
	}
	strcpy(asked->event, asked->request.event.id);
	asked->request.ref = accounts_reference(events->settings.accounts);
	if (asked->call->proposes == PROPOSES_ACT) {
		record_put_number(&args, ARG_SECOND, (int64_t)accounts_reference(events->settings.accounts));
		request_set_args(&asked->request, &args);
	}
	asked->step = STEP_FIRST;
	asked->done = proposed;
	asked_go(asked);
}

/* ---- the code that the subscriber entered where the order was begun ---- */

/* Nothing is left to try: the state says why. */
static void entered_answer(struct asked *asked, const struct state *state, const struct record *facts)
{
	state_answer(asked, is_state(state, "yes") ? STATUS_OK : is_state(state, "no_order") ? STATUS_CONFLICT : STATUS_GONE, state, facts);
}

static void confirmed_then(struct asked *asked, const struct record *facts)
{
	const struct state state = state_of(asked->call, facts);

	if (is_open(&state))
		call_fail(asked->call, RESULT_UNAVAILABLE, MISSING);
	else
		entered_answer(asked, &state, facts);
}

/* The alarm for guessing does not know by which client. */
static void wrong_log(struct call *call)
{
	unsigned int suppressed;

	if (log_allowed(&call->events->codes_limit, LOG_INTERVAL_S, &suppressed))
		LOGP(DDOOR, LOGL_NOTICE, "%s: a one-time code is wrong (%u more, of all clients, since the last such line)\n",
		     call->source, suppressed);
}

/* Whether the code did it, and which order there is, is what is stored: also when another request was first. */
static void confirmed(struct asked *asked, const struct response *response)
{
	struct call *call = asked->call;
	struct accounts *accounts = call->events->settings.accounts;

	switch (response->result) {
	case RESULT_WRONG:
		accounts_code_entered(accounts, &asked->request.subscriber, false);
		events_count(call->events, COUNT_CODES_WRONG);
		wrong_log(call);
		answer(call->door_call, STATUS_REFUSED,
		       json_pack("{s:s, s:s, s:I}", "id", asked->event, "state", "wrong", "tries_left",
				 (json_int_t)record_number(&response->facts, FIELD_TRIES_LEFT, 0)));
		call_free(call);
		break;
	case RESULT_BUSY:
	case RESULT_UNAVAILABLE:
	case RESULT_UNKNOWN:
		call_fail(call, response->result, MISSING);
		break;
	case RESULT_OK:
	case RESULT_ACCEPTED:
		accounts_code_entered(accounts, &asked->request.subscriber, true);
		/* fall through */
	default:
		asked_fetch(asked, MISSING, confirmed_then);
	}
}

/* The terms are those that were proposed. */
static void confirm_make(struct asked *asked, const struct record *facts)
{
	static const uint16_t terms[] = {
		FIELD_PROPOSAL, FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_TRIAL_DAYS, FIELD_TRIAL_PRICE, FIELD_TRIAL_ENDS,
	};
	struct accounts *accounts = asked->call->events->settings.accounts;
	struct request *request = &asked->request;
	uint8_t digest[CONFIRM_DIGEST_SIZE];
	char channel[CHANNEL_NAME_SIZE];
	struct record args;

	*request = (struct request){ .kind = REQUEST_PROPOSAL_CONFIRM, .ref = accounts_reference(accounts) };
	record_text(facts, FIELD_MSISDN, request->subscriber.msisdn, sizeof(request->subscriber.msisdn));
	args = request_args(request);
	for (size_t i = 0; i < ARRAY_SIZE(terms); i++)
		record_copy(&args, facts, terms[i]);
	accounts_code_digest(accounts, &request->subscriber, asked->code, CONFIRM_CODE_LEN, digest);
	explicit_bzero(asked->code, sizeof(asked->code));
	record_put_text(&args, ARG_CODE, (const char *)digest, sizeof(digest));
	record_put_text(&args, ARG_ANSWERED, "******", 6);
	record_put_text(&args, ARG_CHANNEL, channel, (size_t)snprintf(channel, sizeof(channel), "web:%s", asked->call->source));
	record_put_text(&args, ARG_TRUST, "code", 4);
	request_set_args(request, &args);
}

static void entered(struct asked *asked, const struct record *facts)
{
	const struct state state = state_of(asked->call, facts);

	if (!is_open(&state)) {
		entered_answer(asked, &state, facts);
		return;
	}
	confirm_make(asked, facts);
	asked->done = confirmed;
	asked_go(asked);
}

/* False when the body has no code. The code itself never reaches the parser, which does not wipe its memory: it reads zeros in place of
 * the digits. With nothing but a code of the right length in the body, all digits are the code's. */
static bool code_take(const struct door_request *request, char code[static CONFIRM_CODE_SIZE])
{
	char masked[CODE_BODY_MAX + 1] = "", why[EVENT_WHY_SIZE];
	size_t digits = 0;
	json_t *body;
	bool good;

	if (request->len > CODE_BODY_MAX)
		return false;
	for (size_t i = 0; i < request->len; i++) {
		const bool digit = isdigit((unsigned char)request->body[i]);

		if (digit && digits < CONFIRM_CODE_LEN)
			code[digits++] = request->body[i];
		masked[i] = digit ? '0' : request->body[i];
	}
	body = event_load(masked, request->len, why);
	good = body && json_object_size(body) == 1 && !strcmp(json_string_value(json_object_get(body, "code")) ?: "", "000000");
	json_decref(body);
	return good;
}

static void enter(struct events *events, struct door_call *door_call, const struct door_request *request)
{
	struct asked *asked = asked_by_path(events, door_call, request);

	if (!asked)
		return;
	if (code_take(request, asked->code)) {
		events_count(events, COUNT_CODES);
		asked_fetch(asked, MISSING, entered);
		return;
	}
	answer_error(door_call, STATUS_REFUSED, "the body must be {\"code\": \"...\"} with six digits");
	call_free(asked->call);
}

void proposals_handle(void *user, struct door_call *call, const struct door_request *request)
{
	struct asked *asked;

	if (!strcmp(request->method, "POST") && *request->id)
		enter(user, call, request);
	else if (!strcmp(request->method, "POST"))
		propose(user, call, request);
	else if ((asked = asked_by_path(user, call, request)))
		asked_fetch(asked, request->right == DOOR_TICKETS ? MISSING_ACT : MISSING, state_fetched);
}
