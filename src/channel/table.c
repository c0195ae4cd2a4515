/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of channels: one line for each way in. */
#include <stddef.h>

#include "channel/gsup/gsup.h"

const struct channel_kind *const channel_table[] = {
	&gsup_channel_kind,
	NULL
};
