/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The configuration of USSD over SMPP. */
#pragma once

#include "channel/smpp/dialects.h"
#include "starhash/channel.h"
#include "starhash/conf.h"

/* Filled by smpp_ussd_rows. */
struct smpp_ussd_settings {
	const char *name;
	const char *address;
	long long port;
	const char *tls_ca;
	const char *tls_host;
	const char *tls_cert, *tls_key;
	const char *bind;
	const char *system_id;
	const char *password_file;
	const char *system_type;
	const char *address_range;
	const char *dialect;
	struct dialect_operations operations;
	const char *coding;
	bool dcs;
	const char *short_code;
	long long window;
	long long queue;
	long long rate;
	long long enquire_ms;
	long long response_ms;
	long long octets;
	long long answer_ms;
	long long idle_ms;
	long long dialog_ms;
	long long guard_ms;
	const struct numbering_plan *plan;	/* set by set_plan(); NULL: the default one */
	const char *sorry;
	const char *busy;
	const char *trust;
	long long dialogs_share, rate_in;
};

extern const struct conf_row smpp_ussd_rows[];

/* As in struct channel_kind. */
void smpp_ussd_settings_set_plan(void *settings, const struct numbering_plan *plan);
void smpp_ussd_settings_check(const void *settings, const struct setting *group, struct problems *problems);
struct channel_timing smpp_ussd_settings_timing(const void *settings);
struct text_limits smpp_ussd_settings_limits(const void *settings);

/* The operator's setting, or else what the connection to the gateway deserves. */
enum trust smpp_ussd_settings_trust(const struct smpp_ussd_settings *settings);
