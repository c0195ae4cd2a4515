/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Invented accounts as lines that import takes. Their texts have nothing in them that JSON would want otherwise. */
#pragma once

#include <stdio.h>

#include "starhash/stored.h"

void jsonl_service(FILE *out, const struct service *service);
void jsonl_account(FILE *out, const struct stored_account *account);
