/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Surveys: one question after a service, how satisfied the subscriber is (S17). Some are asked, each seldom, and nobody while staff owe
 * them an answer. The account stores when it was asked, and whether it was answered, but never the answer: that is only counted. */
#include <stdio.h>
#include <string.h>

#include "account/step.h"
#include "starhash/hash.h"

#define ANSWER_DAYS 7			/* a later answer does not count */

static const struct notification_kind *survey_kind(void)
{
	return notification_kind_find(NOTIFICATION_SURVEY, strlen(NOTIFICATION_SURVEY));
}

/* Once more. False: the request does not say what the survey is about. */
static bool count(struct stepping *stepping, int64_t score)
{
	struct survey *survey = &stepping->step->survey;
	struct value about, channel;

	if (!record_get(&stepping->args, FIELD_SURVEY, &about) || !about.is_text || !about.len)
		return false;
	*survey = (struct survey){ .day = calendar_date(stepping->day), .score = score, .count = 1 };
	snprintf(survey->about, sizeof(survey->about), "%.*s", (int)about.len, about.text);
	if (record_get(&stepping->args, ARG_CHANNEL, &channel) && channel.is_text)
		snprintf(survey->channel, sizeof(survey->channel), "%.*s", (int)channel.len, channel.text);
	change_add(stepping->step, CHANGE_SURVEY_COUNT)->survey = survey;
	return true;
}

/* The same for a request that is repeated. */
static bool is_sampled(const struct stepping *stepping)
{
	const uint64_t ref = stepping->request->ref;

	return keyed_hash(0, &ref, sizeof(ref)) % 100 < (uint64_t)stepping->rules->messages.survey_percent;
}

static bool awaits_staff(const struct account *account)
{
	for (unsigned int i = 0; i < account->tickets_count; i++) {
		const struct ticket *ticket = &account->tickets[i];

		if (ticket->kind->owes && ticket->state != TICKET_CLOSED && !ticket->former)
			return true;
	}
	return false;
}

/* Whether they were asked less than \a days ago. A day in the future, after a clock was wrong, does not count. */
static bool asked_within(const struct stepping *stepping, const struct preference *stored, int64_t days)
{
	const int64_t day = stored && stored->last ? date_day(stored->last) : 0;

	return day && day <= stepping->day && stepping->day - day < days;
}

void step_survey_offer(struct stepping *stepping)
{
	const struct notification_kind *kind = survey_kind();
	const struct preference *stored = preference_find(stepping->account, kind, "");
	struct preference *put;

	stepping->step->response->result = RESULT_REFUSED;
	if (!is_sampled(stepping) || !preference_wants(kind, stored) || awaits_staff(stepping->account) ||
	    asked_within(stepping, stored, stepping->rules->messages.survey_pause_days) || !count(stepping, 0))
		return;
	put = preference_put(stepping, kind, "");
	put->last = calendar_date(stepping->day);
	put->since = 0;
	stepping->step->response->result = RESULT_OK;
}

void step_survey_answer(struct stepping *stepping)
{
	const struct notification_kind *kind = survey_kind();
	const struct preference *stored = preference_find(stepping->account, kind, "");
	struct value score;

	stepping->step->response->result = RESULT_REFUSED;
	if (!asked_within(stepping, stored, ANSWER_DAYS) || !record_get(&stepping->args, FIELD_SCORE, &score) || !score.is_text ||
	    score.len != 1 || score.text[0] < '1' || score.text[0] >= '1' + SURVEY_SCORES)
		return;
	stepping->step->response->result = RESULT_DUPLICATE;
	if (stored->since)
		return;
	stepping->step->response->result = RESULT_REFUSED;
	if (!count(stepping, score.text[0] - '0'))
		return;
	preference_put(stepping, kind, "")->since = 1;
	stepping->step->response->result = RESULT_OK;
}
