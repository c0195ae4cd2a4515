/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The GSUP channel: an external USSD entity (EUSE) of OsmoHLR. Its settings are struct gsup_settings. */
#pragma once

#include "starhash/channel.h"

extern const struct channel_kind gsup_channel_kind;
