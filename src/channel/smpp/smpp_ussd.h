/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The channel for USSD over SMPP: an ESME of a USSD gateway. Its settings are struct smpp_ussd_settings. */
#pragma once

#include "starhash/channel.h"

extern const struct channel_kind smpp_ussd_channel_kind;
