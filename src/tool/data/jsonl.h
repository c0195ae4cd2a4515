/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Services and whole accounts as JSON Lines that import takes. */
#pragma once

#include <stdio.h>

#include "starhash/stored.h"

void jsonl_service(FILE *out, const struct service *service);
void jsonl_account(FILE *out, const struct stored_account *account);
