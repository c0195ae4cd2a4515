/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The configuration of a GSUP link. */
#pragma once

#include "starhash/channel.h"
#include "starhash/conf.h"

#define GSUP_ENTITY_MAX 64

/* Filled by gsup_rows. */
struct gsup_settings {
	const char *name;
	const char *address;
	long long port;
	const char *entity;
	long long ask_octets;
	long long end_octets;
	long long answer_ms;
	long long idle_ms;
	long long dialog_ms;
	long long guard_ms;
	const char *push;
	const char *sorry;
	const char *busy;
	const char *trust;
	long long dialogs_share, rate_in;
};

extern const struct conf_row gsup_rows[];

/* As in struct channel_kind. */
void gsup_settings_check(const void *settings, const struct setting *group, struct problems *problems);
struct channel_timing gsup_settings_timing(const void *settings);
struct text_limits gsup_settings_limits(const void *settings);
