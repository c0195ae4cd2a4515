/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* service.catalogue, .mine, .offered, .instead, .excluding, .activate, .deactivate, .change, trial.accept: value-added services (S3, S6,
 * S7). */
#include "action/table.h"

/* All services on sale, to anybody. */
const struct action action_service_catalogue = {
	.menu = { .name = "service.catalogue", .lists = true, .local = true, .needs = TRUST_ASK,
		  .fields = { FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_TRIAL_DAYS, FIELD_TRIAL_PRICE, FIELD_TRIAL_ENDS } },
};

const struct action action_service_mine = {
	.menu = { .name = "service.mine", .request = REQUEST_SERVICES_MINE, .lists = true, .needs = TRUST_READ,
		  .fields = { FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_SINCE, FIELD_STATE, FIELD_TRIAL_UNTIL,
			     FIELD_TRIAL_PRICE, FIELD_TRIAL_ENDS, FIELD_UNTIL } },
};

const struct action action_service_offered = {
	.menu = { .name = "service.offered", .request = REQUEST_SERVICES_OFFERED, .lists = true, .needs = TRUST_READ,
		  .fields = { FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_TRIAL_DAYS, FIELD_TRIAL_PRICE,
			      FIELD_TRIAL_ENDS, FIELD_EFFECTIVE } },
};

/* Services that one of the subscriber's services can be changed to. */
const struct action action_service_instead = {
	.menu = { .name = "service.instead", .request = REQUEST_SERVICES_INSTEAD,
		  .lists = true, .needs = TRUST_READ, .params = { FIELD_INSTEAD },
		  .fields = { FIELD_SERVICE, FIELD_INSTEAD, FIELD_PRICE, FIELD_PERIOD, FIELD_EFFECTIVE } },
};

/* The subscriber's service that excludes the wanted one and can be changed to it. */
const struct action action_service_excluding = {
	.menu = { .name = "service.excluding", .request = REQUEST_SERVICES_INSTEAD,
		  .lists = true, .needs = TRUST_READ, .params = { FIELD_SERVICE },
		  .fields = { FIELD_INSTEAD, FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_EFFECTIVE } },
};

const struct action action_service_activate = {
	.menu = { .name = "service.activate", .request = REQUEST_SERVICE_ACTIVATE,
		  .changes = true, .orders = true, .sells = true, .needs = TRUST_ORDER,
		  .params = { FIELD_SERVICE },
		  .outcomes = { "done", "already", "refused", "changed", "excluded", "accepted", "missing" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 2, [RESULT_REFUSED] = 3, [RESULT_CONFLICT] = 4,
		      [RESULT_EXCLUDED] = 5, [RESULT_ACCEPTED] = 6, [RESULT_NOT_FOUND] = 7 },
};

const struct action action_service_deactivate = {
	.menu = { .name = "service.deactivate", .request = REQUEST_SERVICE_DEACTIVATE,
		  .changes = true, .orders = true, .needs = TRUST_ORDER, .params = { FIELD_SERVICE },
		  .outcomes = { "done", "missing", "refused", "accepted" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_NOT_FOUND] = 2, [RESULT_DUPLICATE] = 2, [RESULT_REFUSED] = 3,
		      [RESULT_CONFLICT] = 3, [RESULT_ACCEPTED] = 4 },
};

const struct action action_service_change = {
	.menu = { .name = "service.change", .request = REQUEST_SERVICE_CHANGE,
		  .changes = true, .orders = true, .sells = true, .needs = TRUST_ORDER,
		  .params = { FIELD_SERVICE, FIELD_INSTEAD },
		  .outcomes = { "done", "missing", "already", "refused", "changed", "excluded", "accepted" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_NOT_FOUND] = 2, [RESULT_DUPLICATE] = 3, [RESULT_REFUSED] = 4,
		      [RESULT_CONFLICT] = 5, [RESULT_EXCLUDED] = 6, [RESULT_ACCEPTED] = 7 },
};

const struct action action_trial_accept = {
	.menu = { .name = "trial.accept", .request = REQUEST_TRIAL_ACCEPT,
		  .changes = true, .orders = true, .sells = true, .needs = TRUST_ORDER,
		  .params = { FIELD_SERVICE },
		  .outcomes = { "done", "missing", "refused", "accepted" } },
	.outcomes = { [RESULT_OK] = 1, [RESULT_NOT_FOUND] = 2, [RESULT_DUPLICATE] = 2, [RESULT_REFUSED] = 3,
		      [RESULT_CONFLICT] = 3, [RESULT_ACCEPTED] = 4 },
};
