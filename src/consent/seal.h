/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The seal of a line of the file of anchors, for writing and reading. */
#pragma once

#include "starhash/consent.h"

#define LINE_SEAL_SIZE 16

void seal_line(const uint8_t key[static CONSENT_KEY_SIZE], const char *line, size_t len, uint8_t seal[static LINE_SEAL_SIZE]);
