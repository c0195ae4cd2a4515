/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Settings from a text, for tests. */
#pragma once

#include "starhash/conf.h"

/* A configuration file with this text; the test fails if it cannot be read. */
struct conf_file *settings_of(const char *text);
