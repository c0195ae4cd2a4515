/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The group "billing" of the configuration. */
#pragma once

#include "starhash/http.h"

/* Filled by billing_rows. */
struct billing_settings {
	struct http_service service;
	long long connections_max, requests_max, response_max;
	const struct setting *ask, *order;
};
