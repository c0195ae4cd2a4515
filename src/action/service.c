/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* service.mine, service.offered, service.open, service.cancel: value-added services (S3). */
#include "action/table.h"

const struct action action_service_mine = {
	.verb = { .name = "service.mine", .lists = true,
		  .fields = { FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_SINCE } },
	.request = REQUEST_SERVICES_MINE,
};

const struct action action_service_offered = {
	.verb = { .name = "service.offered", .lists = true, .fields = { FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD } },
	.request = REQUEST_SERVICES_OFFERED,
};

const struct action action_service_open = {
	.verb = { .name = "service.open", .changes = true, .params = { FIELD_SERVICE },
		  .outcomes = { "done", "already", "refused" } },
	.request = REQUEST_SERVICE_OPEN,
	.outcomes = { [RESULT_OK] = 1, [RESULT_DUPLICATE] = 2, [RESULT_REFUSED] = 3, [RESULT_CONFLICT] = 3 },
};

const struct action action_service_cancel = {
	.verb = { .name = "service.cancel", .changes = true, .params = { FIELD_SERVICE },
		  .outcomes = { "done", "missing", "refused" } },
	.request = REQUEST_SERVICE_CANCEL,
	.outcomes = { [RESULT_OK] = 1, [RESULT_NOT_FOUND] = 2, [RESULT_DUPLICATE] = 2, [RESULT_REFUSED] = 3,
		      [RESULT_CONFLICT] = 3 },
};
