/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Services and whole accounts as JSON Lines that import takes. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "starhash/stored.h"

/* False, and nothing is written, when a text is not UTF-8, as after damage: JSON has no place for it. */
bool jsonl_service(FILE *out, const struct service *service);
bool jsonl_account(FILE *out, const struct stored_account *account);
