/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What can be configured about accounts. */
#include <stddef.h>

#include "starhash/accounts.h"
#include "starhash/conf.h"

#define AT(member) offsetof(struct accounts_settings, member)
static const struct conf_row rows[] = {
	{ "accounts", CONF_PATH, AT(file), .min = 1, .required = true,
	  .help = "the account cache: an SQLite database" },
	{ "store", CONF_CHOICE, AT(store), .choices = "sqlite", .fallback = "sqlite",
	  .help = "what keeps the account cache" },
	{ "takeover_s", CONF_UINT, AT(takeover_ms), 10, 3600, .fallback = "15", .unit = "s", .scale = 1000,
	  .help = "how long the other's heartbeat has to stand still where its lock cannot be seen, as on another machine; on this "
	  "machine it is taken over at once" },
	{ "node", CONF_UINT, AT(node), 1, 1024,
	  .help = "first part of reference numbers: another one for each cache behind one billing; without this the cache's own, drawn "
	  "at random when it was made" },
	{ "pepper", CONF_SECRET, AT(pepper_file), .min = 1, .made = true,
	  .help = "key for password hashes, mode 0600, made when absent; without it passwords cannot be changed" },
	{ "deadline_ms", CONF_UINT, AT(deadline_ms), 100, 60000, .fallback = "5000", .unit = "ms",
	  .help = "how long an account request may take" },
	{ "password_tries", CONF_UINT, AT(password_tries), 1, 20, .fallback = "3",
	  .help = "wrong passwords in a row that lock" },
	{ "password_delays", CONF_STRING, AT(password_delays), .fallback = "300 3600", .unit = "s",
	  .help = "how long the first lock lasts, the second …, between blanks; after the last one an operator has to release it, "
	  "which is so at once when this is empty" },
	{ "password_checks", CONF_UINT, AT(password_checks), 0, 1000, .fallback = "10", .unit = "a minute",
	  .help = "most passwords of one subscriber that are checked; 0: no limit" },
	{ "password_link_wrong", CONF_UINT, AT(password_link_wrong), 0, 1000000, .fallback = "60", .unit = "a minute",
	  .help = "most wrong passwords over a link whose trust is below password; above, it is refused all of them for the rest of "
	  "the minute; 0: no limit" },
	{ "password_guessing", CONF_UINT, AT(password_guessing), 0, 2000, .fallback = "50",
	  .help = "numbers with a wrong password or one-time code within ten minutes, over one link or over all of them, that raise "
	  "the alarm password:guessing; 0: none" },
	{ "password_hashes", CONF_STRING, AT(password_hashes), .min = 1,
	  .help = "kinds of hashes of billing's making that are accepted: argon2id bcrypt sha256-crypt sha512-crypt yescrypt, between "
	  "blanks; without this ours alone" },
	{ "fresh_profile_s", CONF_UINT, AT(fresh_s[ACCOUNT_PROFILE]), 0, 31536000, .fallback = "60", .unit = "s",
	  .help = "age up to which billing is not asked again for balance, sum owed and the like" },
	{ "fresh_bills_s", CONF_UINT, AT(fresh_s[ACCOUNT_BILLS]), 0, 31536000, .fallback = "86400", .unit = "s",
	  .help = "the same for bills" },
	{ "fresh_points_s", CONF_UINT, AT(fresh_s[ACCOUNT_POINTS]), 0, 31536000, .fallback = "3600", .unit = "s",
	  .help = "the same for points" },
	{ "fresh_services_s", CONF_UINT, AT(fresh_s[ACCOUNT_SERVICES]), 0, 31536000, .fallback = "600", .unit = "s",
	  .help = "the same for services" },
	{ "unknown_s", CONF_UINT, AT(unknown_s), 0, 3600, .fallback = "60", .unit = "s",
	  .help = "how long billing is not asked again for a number that it does not know; 0: it is" },
	{ "unknown_max", CONF_UINT, AT(unknown_max), 4, 16777216, .fallback = "65536",
	  .help = "such numbers remembered at once, 16 octets of memory each" },
	{ "orders_give_up_s", CONF_UINT, AT(orders_give_up_s), 60, 31536000, .fallback = "259200", .unit = "s",
	  .help = "an order that billing has not answered for so long is left to an operator" },
	{ "retention", CONF_STRING, AT(retention), .min = 1,
	  .help = "days by kind of record, such as \"consents 1825 orders 400\"; without this the store's own" },
	{ "consent_key", CONF_SECRET, AT(consent_key_file), .min = 1, .made = true,
	  .help = "key that seals consents, mode 0600, made when absent; without this \"accounts\" with \".consent-key\" behind: "
	  "better apart from the database" },
	{ "consent_anchors", CONF_PATH, AT(consent_anchors_file), .min = 1,
	  .help = "file that the heads of consents are appended to and nothing is ever removed from; without this \"accounts\" with "
	  "\".consent-anchors\" behind" },
	{ "wal_max_mb", CONF_UINT, AT(wal_max_mb), 16, 1048576, .fallback = "256", .unit = "MB",
	  .help = "room on the disk for the account cache's write-ahead log; an alarm is raised when it grows larger because a reader "
	  "was forgotten" },
	{ "catalogue_change_percent", CONF_UINT, AT(catalogue_change_percent), 0, 1000000, .fallback = "50", .unit = "percent",
	  .help = "a menu in which a price changes by more than this, or more of the services are gone, waits for an operator; 0: none "
	  "does" },
	{ "clock_jump_days", CONF_UINT, AT(clock_jump_days), 1, 36500, .fallback = "30", .unit = "days",
	  .help = "after a longer absence than this an operator has to say that the machine's clock is right" },
	{ "requests_max", CONF_UINT, AT(requests_max), 1, 1000000, .fallback = "10000",
	  .help = "account requests open at once; more are answered busy" },
	{}
};
#undef AT

const struct conf_row *const accounts_rows = rows;
