/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The group "billing" of the configuration. */
#pragma once

#include <stdbool.h>

#include "starhash/setting.h"

/* Filled by billing_rows. */
struct billing_settings {
	const char *url, *token_file, *ca_file;
	bool insecure;
	long long connections_max, requests_max, response_max;
	long long connect_ms, total_ms;
	long long breaker_failures, breaker_ms, breaker_max_ms;
	const struct setting *ask, *order;
};
