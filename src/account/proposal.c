/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Proposals: a partner or a web shop asks for an order, and the subscriber answers (S6): by the menu, or with a one-time code that they
 * enter where the order was begun. Nothing is ordered without their answer, or after the time for it is over.
 *
 * How a proposal ended is a word, for the source:
 *
 * yes          ordered
 * no           declined
 * locked       too many wrong codes
 * already, not_sold, not_allowed, excluded, other_price
 *              the answer was yes, but meanwhile there could be no order
 *
 * The same words, except the first three, say of a new proposal why the subscriber is not asked; so does "too_many": the day's limit keeps
 * sources from flooding a subscriber, and from guessing codes. */
#include <stdio.h>
#include <string.h>

#include "account/order.h"
#include "account/step.h"

#define DAY_S INT64_C(86400)
#define ORDER_S DAY_S			/* how long there is to answer, by default */
#define CODE_S 600
#define CODE_MAX_S 3600
#define SOURCE_MAX 5			/* proposals of each kind from one source that ask a subscriber on a day: others have room, too */
#define DAY_MAX 10			/* the same from all sources */

static const char *const verdicts[ORDER_VERDICTS] = {
	[ORDER_MAY_BE] = "yes",
	[ORDER_NOT_FOUND] = "not_sold",
	[ORDER_ALREADY] = "already",
	[ORDER_NOT_ALLOWED] = "not_allowed",
	[ORDER_EXCLUDED] = "excluded",
	[ORDER_OTHER_PRICE] = "other_price",
};

/* ---- a new one ---- */

const char *proposal_refusal(struct stepping *stepping)
{
	const enum order_verdict verdict = order_try(stepping, ORDER_ACTIVATE);

	return verdict == ORDER_MAY_BE ? NULL : verdicts[verdict];
}

void proposal_terms_put(const struct stepping *stepping, struct record *record)
{
	const struct service *terms = &stepping->account->terms;

	if (!stepping->account->sold)
		return;
	record_put_text(record, FIELD_SERVICE, terms->code, strlen(terms->code));
	record_put_number(record, FIELD_PRICE, terms->price);
	record_put_text(record, FIELD_PERIOD, terms->period, strlen(terms->period));
	if (terms->trial_days)
		record_put_number(record, FIELD_TRIAL_DAYS, terms->trial_days);
	trial_terms_put(record, terms->trial_price, terms->trial_ends);
}

int64_t proposal_answer_max(const struct message_rules *rules, bool code)
{
	return code ? CODE_MAX_S : rules->order_answer_s;
}

/* A longer time than may be given is refused when the request is parsed. */
static int64_t until_of(const struct stepping *stepping, bool code)
{
	const int64_t usual = code ? CODE_S : ORDER_S, most = proposal_answer_max(&stepping->rules->messages, code);

	return record_number(&stepping->args, ARG_END, stepping->request->now + (usual < most ? usual : most));
}

/* How many were asked today, as counted in the preference for the kind of message: the day, and how many. */
static int64_t asked_today(const struct stepping *stepping, const struct notification_kind *message, const char *source)
{
	const struct preference *stored = preference_find(stepping->account, message, source);

	return stored && stored->last == calendar_date(stepping->day) ? stored->since : 0;
}

static bool count_today(struct stepping *stepping, const struct notification_kind *message)
{
	const char *const counted[] = { "", stepping->account->about };
	const int64_t most[] = { DAY_MAX, SOURCE_MAX };

	for (size_t i = 0; i < 2; i++)
		if (asked_today(stepping, message, counted[i]) >= most[i])
			return false;
	for (size_t i = 0; i < 2; i++) {
		const int64_t before = asked_today(stepping, message, counted[i]);
		struct preference *put = preference_put(stepping, message, counted[i]);

		put->last = calendar_date(stepping->day);
		put->since = before + 1;
	}
	return true;
}

const char *proposal_begin(struct stepping *stepping, const struct notification_kind *message)
{
	struct proposal *proposal = &stepping->step->proposal;
	const char *refusal = proposal_refusal(stepping);
	const bool code = message->code;
	struct record terms = { .data = proposal->terms, .size = sizeof(proposal->terms) };

	*proposal = (struct proposal){
		.event = &stepping->request->event, .msisdn = stepping->account->msisdn, .until = until_of(stepping, code),
	};
	ref_print(stepping->request->ref, proposal->number);
	if (refusal)
		return refusal;
	if (proposal->until <= stepping->request->now)
		return "obsolete";
	if (!count_today(stepping, message))
		return "too_many";
	memcpy(proposal->service, stepping->account->service, sizeof(proposal->service));
	proposal_terms_put(stepping, &terms);
	proposal->terms_len = (uint16_t)terms.len;
	if (code && record_text(&stepping->args, ARG_SHOWN, proposal->shown, sizeof(proposal->shown)) >= sizeof(proposal->shown))
		proposal->shown[0] = '\0';
	return NULL;
}

/* ---- its answer ---- */

/* NULL when it cannot be answered; then the response says why. */
static struct proposal *open_proposal(struct stepping *stepping)
{
	struct account *account = stepping->account;
	struct proposal *proposal = &account->proposal;

	stepping->step->response->result = RESULT_NOT_FOUND;
	if (!account->proposal_known || proposal->msisdn != account->msisdn)
		return NULL;
	if (proposal->reply[0])
		stepping->step->response->result = RESULT_DUPLICATE;
	return proposal->reply[0] || stepping->request->now >= proposal->until ? NULL : proposal;
}

static void put(struct stepping *stepping, const struct proposal *proposal)
{
	change_add(stepping->step, CHANGE_PROPOSAL_PUT)->proposal = proposal;
}

static void reply(struct stepping *stepping, struct proposal *proposal, const char *word)
{
	snprintf(proposal->reply, sizeof(proposal->reply), "%s", word);
	put(stepping, proposal);
}

/* Nothing that does not last, such as too many orders in flight, answers it. */
static void accept(struct stepping *stepping, struct proposal *proposal)
{
	enum order_verdict verdict;

	if (strcmp(proposal->service, stepping->account->service) != 0) {
		stepping->step->response->result = RESULT_CONFLICT;
		return;
	}
	if (!order_ask_service(stepping, ORDER_ACTIVATE, &verdict) && verdict == ORDER_MAY_BE)
		return;
	if (verdict == ORDER_MAY_BE)
		proposal->order = stepping->request->ref;
	reply(stepping, proposal, verdicts[verdict]);
}

void step_proposal_accept(struct stepping *stepping)
{
	struct proposal *proposal = open_proposal(stepping);

	if (proposal)
		accept(stepping, proposal);
}

void step_proposal_decline(struct stepping *stepping)
{
	struct proposal *proposal = open_proposal(stepping);

	if (!proposal)
		return;
	stepping->step->response->result = RESULT_OK;
	reply(stepping, proposal, "no");
}

/* ---- one-time codes ---- */

static bool code_get(const struct stepping *stepping, struct value *code)
{
	return record_get(&stepping->args, ARG_CODE, code) && code->is_text && code->len == CONFIRM_DIGEST_SIZE;
}

void step_proposal_code(struct stepping *stepping)
{
	struct proposal *proposal = open_proposal(stepping);
	struct value code;

	if (!proposal || !code_get(stepping, &code))
		return;
	memcpy(proposal->code, code.text, sizeof(proposal->code));
	proposal->has_code = true;
	put(stepping, proposal);
	stepping->step->response->result = RESULT_OK;
}

/* The consent is to what was shown where the order was begun. The digests are keyed, so the time that the comparison takes tells nothing of
 * the code. */
void step_proposal_confirm(struct stepping *stepping)
{
	struct proposal *proposal = open_proposal(stepping);
	struct response *response = stepping->step->response;
	struct value code;

	if (!proposal) {
		if (!strcmp(stepping->account->proposal.reply, "locked") && response->result == RESULT_DUPLICATE)
			response->result = RESULT_LOCKED;
		return;
	}
	if (proposal->has_code && code_get(stepping, &code) && !memcmp(proposal->code, code.text, sizeof(proposal->code))) {
		stepping->shown = proposal->shown;
		accept(stepping, proposal);
		return;
	}
	proposal->tries++;
	response->result = RESULT_WRONG;
	record_put_number(&response->facts, FIELD_TRIES_LEFT, PROPOSAL_TRIES - proposal->tries);
	if (proposal->tries < PROPOSAL_TRIES)
		put(stepping, proposal);
	else
		reply(stepping, proposal, "locked");
}
