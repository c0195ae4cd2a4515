/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Short messages over SMPP 3.4, as a channel. */
#pragma once

#include "starhash/channel.h"

extern const struct channel_kind sms_channel_kind;
