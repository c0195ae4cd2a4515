/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages that follow from the account's data alone, where no event comes (S5, S9). Each kind has a subject, the month, day or state
 * that it is about, and is sent once for each:
 *
 *                       due                                                   subject       armed again
 * information_fees      from fees_day on, when the last month is billed       month         -
 * suspension_planned    postpaid, owing, remind_days before pay_by            pay_by        -
 * validity_ending       prepaid, remind_days before valid_until               valid_until   -
 * balance_low           prepaid, below the threshold                          1             when not below
 *
 * Data from before a payment call for nothing. */
#include <string.h>

#include "account/step.h"

#define DAY_S INT64_C(86400)
#define FEES_MONTHS 3			/* older fees are not announced */

static bool has(const struct record *facts, uint16_t field, int64_t *number)
{
	struct value value;

	if (!record_get(facts, field, &value) || value.is_text)
		return false;
	*number = value.number;
	return true;
}

/* ---- the subject that the data call for; 0: none ---- */

static int64_t fees_subject(const struct reminded *reminded)
{
	const struct preference *preference = reminded->preference;
	const int64_t date = calendar_date(reminded->day), day = date % 100;
	const int64_t newest = month_after(date / 100, day >= reminded->rules->fees_day ? -1 : -2);
	int64_t billed, month;

	if (!preference || !has(reminded->facts, FIELD_BILL_MONTH, &billed))
		return 0;
	month = preference->last ? month_after(preference->last, 1) : preference->since;
	if (month < preference->since)
		month = preference->since;
	if (month < month_after(newest, 1 - FEES_MONTHS))
		month = month_after(newest, 1 - FEES_MONTHS);
	return month <= newest && month <= billed ? month : 0;
}

static bool is_near(const struct reminded *reminded, int64_t date)
{
	const int64_t left = date > 0 ? date_day(date) - reminded->day : -1;

	return left >= 0 && left <= reminded->rules->remind_days;
}

static int64_t suspension_subject(const struct reminded *reminded)
{
	int64_t owed, pay_by;

	return record_is(reminded->facts, FIELD_ACCOUNT, "postpaid") && record_is(reminded->facts, FIELD_STATUS, "active") &&
	       has(reminded->facts, FIELD_OWED, &owed) && owed > 0 && has(reminded->facts, FIELD_PAY_BY, &pay_by) &&
	       is_near(reminded, pay_by) ? pay_by : 0;
}

static int64_t validity_subject(const struct reminded *reminded)
{
	int64_t until;

	return record_is(reminded->facts, FIELD_ACCOUNT, "prepaid") && has(reminded->facts, FIELD_VALID_UNTIL, &until) &&
	       is_near(reminded, until) ? until : 0;
}

static int64_t balance_subject(const struct reminded *reminded)
{
	int64_t balance;

	return record_is(reminded->facts, FIELD_ACCOUNT, "prepaid") && has(reminded->facts, FIELD_BALANCE, &balance) &&
	       balance < preference_threshold(reminded->preference, reminded->rules);
}

static const struct reminder {
	const char *kind;
	int64_t (*subject)(const struct reminded *reminded);
	bool rearms;			/* no subject arms it again */
	uint16_t facts[4];		/* of the profile, for the message */
	enum field date;		/* the message must be sent before the beginning of that day; FIELD_NONE: any time */
} reminders[] = {
	{ "information_fees", fees_subject, .facts = { FIELD_NONE } },
	{ "suspension_planned", suspension_subject, .facts = { FIELD_BILL_MONTH, FIELD_BILL_TOTAL, FIELD_OWED, FIELD_PAY_BY },
	  .date = FIELD_PAY_BY },
	{ "validity_ending", validity_subject, .facts = { FIELD_VALID_UNTIL, FIELD_BALANCE }, .date = FIELD_VALID_UNTIL },
	{ "balance_low", balance_subject, .rearms = true, .facts = { FIELD_BALANCE } },
};

static const struct reminder *reminder_of(const struct notification_kind *kind)
{
	for (size_t i = 0; i < sizeof(reminders) / sizeof(*reminders); i++) {
		if (!strcmp(reminders[i].kind, kind->name))
			return &reminders[i];
	}
	return NULL;
}

/* Data without an age are as old as can be. */
static bool is_obsolete(const struct reminded *reminded)
{
	int64_t as_of = 0;

	has(reminded->facts, FIELD_AS_OF, &as_of);
	return reminded->preference && as_of < reminded->preference->after;
}

bool reminder_due(const struct notification_kind *kind, const struct reminded *reminded, int64_t *subject)
{
	const struct reminder *reminder = reminder_of(kind);
	const int64_t last = reminded->preference ? reminded->preference->last : 0;

	if (!reminder || !preference_wants(kind, reminded->preference) || is_obsolete(reminded))
		return false;
	*subject = reminder->subject(reminded);
	return *subject ? *subject != last : reminder->rearms && last;
}

/* Without a stored balance the one in the message counts. A day that billing has moved makes its message obsolete. Data of the very second
 * of an event may be from before it: one message too many is better than none. */
bool notification_holds(const struct notification_kind *kind, const struct record *message, const struct record *facts)
{
	const struct reminder *reminder = reminder_of(kind);
	int64_t was, now;

	if (!reminder || !kind->obsolete || record_number(facts, FIELD_AS_OF, 0) <= record_number(message, ARG_TRUE_SINCE, -1))
		return true;
	if (reminder->date && has(message, reminder->date, &was) && has(facts, reminder->date, &now) && was != now)
		return false;
	if (reminder->date == FIELD_PAY_BY)
		return !has(facts, FIELD_OWED, &now) || now > 0;
	return reminder->date || !has(message, FIELD_THRESHOLD, &was) || !has(facts, FIELD_BALANCE, &now) || now < was;
}

/* ---- the message ---- */

int64_t day_begins(const struct stepping *stepping, int64_t date)
{
	return date_day(date) * DAY_S - stepping->request->utc_offset;
}

void reminder_deadline(const struct stepping *stepping, struct notification *notification, int64_t date)
{
	notification->latest = day_begins(stepping, date);
	notification->expires = notification->latest + DAY_S;
}

void message_add_fees(struct record *facts, const struct fees *fees)
{
	uint8_t octets[NOTIFICATION_ROWS_SIZE];
	struct rows rows = { .data = octets, .size = sizeof(octets) };

	fees_put(fees, facts, &rows);
	record_put_text(facts, ARG_ROWS, (const char *)octets, rows.len);
}

static void message_add(struct stepping *stepping, const struct notification_kind *kind, const struct reminded *reminded, int64_t subject)
{
	const struct reminder *reminder = reminder_of(kind);
	struct record *facts = notification_begin(stepping);
	struct notification *notification;
	int64_t number;

	for (size_t i = 0; i < sizeof(reminder->facts) / sizeof(*reminder->facts) && reminder->facts[i]; i++) {
		if (has(reminded->facts, reminder->facts[i], &number))
			record_put_number(facts, reminder->facts[i], number);
	}
	if (reminder->rearms)
		record_put_number(facts, FIELD_THRESHOLD, preference_threshold(reminded->preference, reminded->rules));
	if (reminder->subject == fees_subject)
		message_add_fees(facts, &stepping->account->fees);
	notification_language(stepping, facts);
	if (kind->obsolete && has(reminded->facts, FIELD_AS_OF, &number))
		record_put_number(facts, ARG_TRUE_SINCE, number);
	notification = notification_add(stepping, reminder->kind, 0);
	notification->answered = false;
	if (reminder->date)
		reminder_deadline(stepping, notification, subject);
}

void step_reminder_due(struct stepping *stepping)
{
	const struct notification_kind *kind = notification_asked(stepping);
	struct account *account = stepping->account;
	const struct reminded reminded = {
		.rules = &stepping->rules->messages, .facts = &account->facts, .day = stepping->day,
		.preference = kind ? preference_find(account, kind, "") : NULL,
	};
	struct response *response = stepping->step->response;
	int64_t subject;

	response->result = RESULT_DUPLICATE;
	if (!kind || !reminder_due(kind, &reminded, &subject))
		return;
	response->result = RESULT_REFUSED;
	if (reminder_of(kind)->subject == fees_subject && account->fees.month != subject)
		return;
	response->result = RESULT_OK;
	if (subject)
		message_add(stepping, kind, &reminded, subject);
	preference_put(stepping, kind, "")->last = subject;
}
