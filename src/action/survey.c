/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* survey.offer: whether to ask how satisfied the subscriber is, before the menu's page "survey". survey.answer: the answer (S17). */
#include "action/table.h"

const struct action action_survey_offer = {
	.menu = { .name = ACTION_SURVEY_OFFER, .request = REQUEST_SURVEY_OFFER, .changes = true, .harmless = true, .needs = TRUST_READ,
		  .params = { FIELD_SURVEY }, .outcomes = { "asked", "skipped" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_REFUSED] = 2 },
};

const struct action action_survey_answer = {
	.menu = { .name = "survey.answer", .request = REQUEST_SURVEY_ANSWER, .changes = true, .harmless = true, .needs = TRUST_READ,
		  .params = { FIELD_SCORE }, .also = { FIELD_SURVEY }, .outcomes = { "done", "already", "refused" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 2, [RESULT_REFUSED] = 3 },
};
