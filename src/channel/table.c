/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of channels, one line per kind. */
#include <stddef.h>

#include "channel/console/console.h"
#include "channel/gsup/gsup.h"
#include "channel/smpp/sms.h"
#include "channel/smpp/smpp_ussd.h"

const struct channel_kind *const channel_table[] = {
	&console_channel_kind,
	&gsup_channel_kind,
	&sms_channel_kind,
	&smpp_ussd_channel_kind,
	NULL
};
