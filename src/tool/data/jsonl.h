/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Services and whole accounts as JSON Lines, in the format of import. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "starhash/stored.h"

/* Write one line. False, and nothing is written: a text is not UTF-8, as after damage, so JSON cannot represent it. */
bool jsonl_service(FILE *out, const struct service *service);
bool jsonl_account(FILE *out, const struct stored_account *account);
