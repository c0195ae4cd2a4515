/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The settings of a channel for short messages over SMPP. */
#pragma once

#include "starhash/channel.h"
#include "starhash/conf.h"
#include "starhash/number.h"
#include "channel/smpp/sms/short_message.h"

#define SMS_LINKS_MAX 8

struct sms_settings {
	const char *name;
	const char *addresses;
	const char *system_id, *password_file, *system_type, *bind;
	const char *tls_ca, *tls_host, *tls_cert, *tls_key;
	const char *numbers, *sender;
	long long source_ton, source_npi, destination_ton, destination_npi;
	const char *plain, *ia5, *concat, *languages;
	long long parts, sar_reserve;
	long long window, rate, queue;
	bool receipts;
	const char *receipt_ids;
	long long answer_ms, conversation_s, expiry_s;
	const char *allow, *deny, *test;
	const char *trust;
	bool only_allowed;
	long long acknowledge_ms, dialogs_share, rate_in;
	long long short_below, repeats, repeat_s, answers_per_hour, duplicate_s, duplicates;
	long long parts_per_hour, join_s, joins;
	const char *loop_text;
	const struct numbering_plan *plan;	/* set by set_plan(); NULL: the default one */
};

extern const struct conf_row sms_rows[];

/* Split blank-separated words into an array that points into a copy, both allocated under \a ctx. */
struct sms_numbers sms_words(void *ctx, const char *words);

/* Split "10.0.0.1:2775"; the default port is 2775. \a address has room for 46 octets. */
int sms_address(const char *word, char *address, size_t size, uint16_t *port);

/* Whether it consists of digits only. */
bool sms_is_number(const char *sender);

/* Whether it is a number of at most 20 digits (one that is texted has at most 16), or a name of at most 11 letters, digits, blanks and a
 * few signs that all phones can show. */
bool sms_sender_valid(const char *sender);

struct sms_encoding_profile sms_settings_profile(const struct sms_settings *settings);

/* As in struct channel_kind. */
void sms_settings_set_plan(void *settings, const struct numbering_plan *plan);
void sms_settings_check(const void *settings, const struct setting *group, struct problems *problems);
struct text_limits sms_settings_limits(const void *settings);
struct channel_timing sms_settings_timing(const void *settings);
