/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration of accounts. */
#include <stddef.h>

#include "accounts/password_hash.h"
#include "accounts/password_keys.h"
#include "starhash/account.h"
#include "starhash/accounts.h"
#include "starhash/conf.h"

#define AT(member) offsetof(struct accounts_settings, member)
static const struct conf_row rows[] = {
	{ "accounts", CONF_PATH, AT(file), .min = 1, .required = true,
	  .help = "the account cache: an SQLite database" },
	{ "store", CONF_CHOICE, AT(store), .choices = "sqlite", .fallback = "sqlite",
	  .help = "type of the account cache" },
	{ "takeover_s", CONF_UINT, AT(takeover_ms), 10, 3600, .fallback = "15", .unit = "s", .scale = 1000,
	  .help = "how long the active process's heartbeat must have stopped before a standby takes over, if its lock is not visible, as "
	  "on another machine; on the same machine the standby takes over at once" },
	{ "node", CONF_UINT, AT(node), 1, 1024,
	  .help = "first part of reference numbers, different for each cache of one billing system; by default drawn at random when the "
	  "cache is created" },
	{ "pepper", CONF_SECRET, AT(pepper_file), .min = 1, .made = true, .file_problem = keys_file_problem,
	  .help = "key for password hashes, mode 0600, created when absent; without it passwords cannot be used" },
	{ "deadline_ms", CONF_UINT, AT(deadline_ms), 100, 60000, .fallback = "5000", .unit = "ms",
	  .help = "deadline of an account request" },
	{ "password_tries", CONF_UINT, AT(password_tries), 1, 20, .fallback = "3",
	  .help = "wrong passwords in a row that lock a password" },
	{ "password_delays", CONF_STRING, AT(password_delays), .fallback = "300 3600", .unit = "s",
	  .help = "duration of the first lock, the second …, separated by blanks; a further lock lasts until an operator unlocks the "
	  "password; when this is empty, so does the first" },
	{ "password_checks", CONF_UINT, AT(password_checks), 0, 1000, .fallback = "10", .unit = "a minute",
	  .help = "maximum number of checks of one subscriber's password; 0: no limit" },
	{ "password_link_wrong", CONF_UINT, AT(password_link_wrong), 0, 1000000, .fallback = "60", .unit = "a minute",
	  .help = "maximum number of wrong passwords over a link whose trust is below password; beyond it the link's checks are refused "
	  "for the rest of the minute; 0: no limit" },
	{ "password_guessing", CONF_UINT, AT(password_guessing), 0, 2000, .fallback = "50",
	  .help = "numbers with a wrong password or one-time code within ten minutes, over one link or over all links, that raise "
	  "the alarm password:guessing; 0: never" },
	{ "password_hashes", CONF_STRING, AT(password_hashes), .min = 1,
	  .help = "accepted types of password hashes from billing: argon2id bcrypt sha256-crypt sha512-crypt yescrypt, separated by "
	  "blanks; by default only our own" },
	{ "profiles_mb", CONF_UINT, AT(profiles_mb), 0, 1000, .fallback = "400", .unit = "MB",
	  .help = "most memory for profiles in the process, from which dialogs are answered without reading the account cache: 30 octets "
	  "each and one or two for each service, so the default is enough for ten million subscribers with five services each; when it is "
	  "full, those asked for last stay. Up to twice as much while all are read again. 0: none" },
	{ "fresh_profile_s", CONF_UINT, AT(fresh_s[ACCOUNT_PROFILE]), 0, 31536000, .fallback = "60", .unit = "s",
	  .help = "maximum age of cached profiles: balance, amount due and the like; older ones are requested from billing" },
	{ "fresh_bills_s", CONF_UINT, AT(fresh_s[ACCOUNT_BILLS]), 0, 31536000, .fallback = "86400", .unit = "s",
	  .help = "the same for bills" },
	{ "fresh_points_s", CONF_UINT, AT(fresh_s[ACCOUNT_POINTS]), 0, 31536000, .fallback = "3600", .unit = "s",
	  .help = "the same for points" },
	{ "fresh_services_s", CONF_UINT, AT(fresh_s[ACCOUNT_SERVICES]), 0, 31536000, .fallback = "600", .unit = "s",
	  .help = "the same for services" },
	{ "unknown_s", CONF_UINT, AT(unknown_s), 0, 3600, .fallback = "60", .unit = "s",
	  .help = "how long billing is not asked again for a number that it does not know; 0: always asked" },
	{ "unknown_max", CONF_UINT, AT(unknown_max), 4, 16777216, .fallback = "65536",
	  .help = "how many such numbers are remembered, 16 octets of memory each" },
	{ "orders_give_up_s", CONF_UINT, AT(orders_give_up_s), 60, 31536000, .fallback = "259200", .unit = "s",
	  .help = "an order that billing has not answered for so long becomes dead and waits for an operator" },
	{ "retention", CONF_STRING, AT(retention), .min = 1,
	  .help = "days by type of record, such as \"consents 1825 orders 400\"; by default the store's own" },
	{ "consent_key", CONF_SECRET, AT(consent_key_file), .min = 1, .made = true, .file_problem = keys_file_problem,
	  .help = "key that seals consents, mode 0600, created when absent; default: \"accounts\" plus \".consent-key\", though it is "
	  "safer apart from the database" },
	{ "consent_anchors", CONF_PATH, AT(consent_anchors_file), .min = 1,
	  .help = "append-only file of anchors, the heads of chains of consents; default: \"accounts\" plus "
	  "\".consent-anchors\"" },
	{ "wal_max_mb", CONF_UINT, AT(wal_max_mb), 16, 1048576, .fallback = "256", .unit = "MB",
	  .help = "maximum size of the account cache's write-ahead log; an alarm is raised when it grows larger because a reader "
	  "is stuck" },
	{ "catalogue_change_percent", CONF_UINT, AT(catalogue_change_percent), 0, 1000000, .fallback = "50", .unit = "percent",
	  .help = "a menu in which a price changes by more than this, or more of the services are gone, waits for an operator's "
	  "confirmation; 0: never" },
	{ "clock_jump_days", CONF_UINT, AT(clock_jump_days), 1, 36500, .fallback = "30", .unit = "days",
	  .help = "after a longer downtime an operator must confirm that the machine's clock is right" },
	{ "requests_max", CONF_UINT, AT(requests_max), 1, 1000000, .fallback = "10000",
	  .help = "most account requests at once; more are answered as busy" },
	{}
};
#undef AT

const struct conf_row *const accounts_rows = rows;

void accounts_check(const struct accounts_settings *settings, const struct setting *group, struct problems *problems)
{
	struct account_rules rules;
	const char *why, *wrong;

	why = account_rules_read(&rules, settings->password_tries, settings->password_delays, NULL, NULL);
	if (why)
		problems_add(problems, setting_at(group, "password_delays"), "%s", why);
	why = account_rules_read(&rules, settings->password_tries, NULL, settings->retention, NULL);
	if (why)
		problems_add(problems, setting_at(group, "retention"), "%s", why);
	if (!password_kinds_known(settings->password_hashes, &wrong))
		problems_add(problems, setting_at(group, "password_hashes"), "unknown password hash type \"%s\"", wrong);
}
