/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A whole channel over TCP, as an example: echo.c. */
#pragma once

#include "starhash/channel.h"

extern const struct channel_kind echo_channel_kind;
