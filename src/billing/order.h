/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Orders as JSON, and the meaning of billing's answers. */
#pragma once

#include "starhash/http.h"
#include "billing/mapping.h"
#include "starhash/billing.h"

/* The body to send; the caller frees it with free(). */
char *order_write(const struct billing_order *order);

/* Interpret an answer. If it leaves the outcome uncertain, the order must be sent again under the same key. */
void order_read(const struct order_mapping *mapping, const struct http_answer *answer, struct billing_answer *out);
