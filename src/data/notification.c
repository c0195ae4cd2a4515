/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>

#include "starhash/notification.h"

const struct notification_kind notification_kinds[] = {
	{ .name = NOTIFICATION_TEXT },
	{ .name = NOTIFICATION_UNANSWERED },
	{ .name = "order_completed", .facts = { FIELD_REF, FIELD_KIND, FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_TRIAL_PRICE,
		FIELD_EFFECTIVE, FIELD_INSTEAD, FIELD_TRIAL_UNTIL, FIELD_TRIAL_ENDS } },
	{ .name = "order_refused", .facts = { FIELD_REF, FIELD_KIND, FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_TRIAL_PRICE,
		FIELD_REASON, FIELD_INSTEAD } },
	{ .name = "order_dead", .facts = { FIELD_REF, FIELD_KIND, FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_TRIAL_PRICE,
		FIELD_REASON, FIELD_INSTEAD } },
	{ .name = "password_changed" },
	{ .name = "password_locked", .facts = { FIELD_LOCKED_UNTIL } },
	{ .name = "trial_ending", .priority = 1, .quiet = true, .facts = { FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_TRIAL_UNTIL,
		FIELD_TRIAL_PRICE, FIELD_TRIAL_ENDS, FIELD_REF } },
	{ .name = "trial_ended", .priority = 1, .quiet = true, .facts = { FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_TRIAL_UNTIL,
		FIELD_TRIAL_PRICE, FIELD_REF } },
	/* S9 */
	{ .name = "suspension_planned", .priority = 1, .quiet = true, .stays = true, .always = true, .obsolete = true,
	  .facts = { FIELD_BILL_MONTH, FIELD_BILL_TOTAL, FIELD_OWED, FIELD_PAY_BY } },
	{ .name = "validity_ending", .priority = 1, .quiet = true, .stays = true, .always = true, .obsolete = true,
	  .facts = { FIELD_VALID_UNTIL, FIELD_BALANCE } },
	{ .name = "balance_low", .priority = 1, .quiet = true, .stays = true, .always = true, .obsolete = true, .choice = CHOICE_THRESHOLD,
	  .facts = { FIELD_BALANCE, FIELD_THRESHOLD } },
	{ .name = "spending_high", .priority = 1, .quiet = true, .capped = true, .stays = true, .facts = { FIELD_OWED } },
	/* S8: at once, while the subscriber still knows what the fee is for */
	{ .name = "purchase", .priority = 1, .stays = true, .always = true,
	  .facts = { FIELD_SERVICE, FIELD_PROVIDER, FIELD_AMOUNT, FIELD_PURCHASED_BY, FIELD_DATE } },
	/* S5 */
	{ .name = "information_fees", .priority = 2, .quiet = true, .stays = true, .always = true, .choice = CHOICE_OPT_IN,
	  .rows = REQUEST_BILL_FEES, .facts = { FIELD_MONTH, FIELD_TOTAL } },
	/* S12 */
	{ .name = "ticket_answered", .priority = 1, .quiet = true, .stays = true, .answers = true,
	  .facts = { FIELD_TICKET, FIELD_TICKET_KIND, FIELD_ANSWER } },
	{ .name = "ticket_interim", .priority = 1, .quiet = true, .stays = true,
	  .facts = { FIELD_TICKET, FIELD_TICKET_KIND, FIELD_ANSWER } },
	/* S16 */
	{ .name = "dispute_granted", .priority = 1, .quiet = true, .stays = true, .answers = true,
	  .facts = { FIELD_TICKET, FIELD_MONTH, FIELD_ITEM, FIELD_SERVICE, FIELD_AMOUNT, FIELD_FORM, FIELD_FORM_EQUAL, FIELD_ANSWER } },
	{ .name = "dispute_declined", .priority = 1, .quiet = true, .stays = true, .answers = true,
	  .facts = { FIELD_TICKET, FIELD_MONTH, FIELD_ITEM, FIELD_SERVICE, FIELD_REASON, FIELD_ANSWER } },
	{ .name = "rewarded", .priority = 2, .quiet = true, .capped = true, .stays = true,
	  .facts = { FIELD_TICKET, FIELD_OPENED, FIELD_AMOUNT, FIELD_FORM } },
	{ .name = "compensated", .priority = 1, .quiet = true, .stays = true, .facts = { FIELD_TICKET, FIELD_AMOUNT, FIELD_FORM } },
	/* S6 */
	{ .name = "order_code", .stays = true, .code = true, .facts = { FIELD_PROPOSAL, FIELD_PROVIDER, FIELD_SERVICE, FIELD_PRICE,
		FIELD_PERIOD, FIELD_TRIAL_DAYS, FIELD_TRIAL_PRICE, FIELD_TRIAL_ENDS, FIELD_CONFIRM_CODE, FIELD_CONFIRM_UNTIL } },
	{ .name = NOTIFICATION_ORDER_REQUESTED, .priority = 1, .quiet = true, .capped = true, .stays = true, .facts = { FIELD_PROPOSAL,
		FIELD_PROVIDER, FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_TRIAL_DAYS, FIELD_TRIAL_PRICE, FIELD_TRIAL_ENDS,
		FIELD_CONFIRM_UNTIL } },
	{ .name = NOTIFICATION_PUSH, .priority = 3, .quiet = true, .capped = true, .stays = true, .choice = CHOICE_OPT_OUT,
	  .facts = { FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_TRIAL_DAYS, FIELD_TRIAL_PRICE, FIELD_TRIAL_ENDS } },
	/* S17 */
	{ .name = NOTIFICATION_SURVEY, .choice = CHOICE_OPT_OUT },
};

const unsigned int notification_kinds_count = sizeof(notification_kinds) / sizeof(*notification_kinds);

const struct notification_kind *notification_kind_find(const char *name, size_t len)
{
	for (unsigned int i = 0; i < notification_kinds_count; i++) {
		if (strlen(notification_kinds[i].name) == len && !memcmp(notification_kinds[i].name, name, len))
			return &notification_kinds[i];
	}
	return NULL;
}

unsigned int notification_kind_index(const struct notification_kind *kind)
{
	return (unsigned int)(kind - notification_kinds);
}

bool notification_has_page(const struct notification_kind *kind)
{
	return strcmp(kind->name, NOTIFICATION_TEXT) && strcmp(kind->name, NOTIFICATION_UNANSWERED) &&
	       strcmp(kind->name, NOTIFICATION_SURVEY);
}

bool notification_page_name(const char *name)
{
	const size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

	return len && !name[len] && len <= NOTIFICATION_PAGE_MAX;
}

bool claim_kind(const struct claim *claim, unsigned int at, unsigned int *kind)
{
	*kind = claim->kinds_count && at < NOTIFICATION_KINDS_MAX ? claim->kinds[at] : at;
	return at < (claim->kinds_count ? claim->kinds_count : notification_kinds_count);
}
