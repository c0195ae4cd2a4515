/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a subscriber chooses about messages (S5, S9): to get a kind or not, and below which balance to be warned. */
#include <stdio.h>
#include <string.h>

#include "account/step.h"

static const char *const choices[] = {
	[PREFERENCE_DEFAULT] = "", [PREFERENCE_ON] = "on", [PREFERENCE_OFF] = "off",
};

const char *preference_choice_name(enum preference_choice choice)
{
	return choices[choice];
}

enum preference_choice preference_choice_by_name(const char *name)
{
	return !strcmp(name, choices[PREFERENCE_ON]) ? PREFERENCE_ON : !strcmp(name, choices[PREFERENCE_OFF]) ? PREFERENCE_OFF :
	       PREFERENCE_DEFAULT;
}

bool preference_wants(const struct notification_kind *kind, const struct preference *preference)
{
	const enum preference_choice choice = preference ? preference->choice : PREFERENCE_DEFAULT;

	if (kind->choice == CHOICE_NONE || choice == PREFERENCE_ON)
		return true;
	return choice == PREFERENCE_DEFAULT && kind->choice != CHOICE_OPT_IN;
}

int64_t preference_threshold(const struct preference *preference, const struct message_rules *rules)
{
	return preference && preference->threshold != THRESHOLD_OPERATORS ? preference->threshold : rules->low_balance;
}

static const struct preference *find(const struct preference *preferences, unsigned int count, const struct notification_kind *kind,
				     const char *about)
{
	for (unsigned int i = 0; i < count; i++) {
		if (preferences[i].kind == kind && !strcmp(preferences[i].about, about))
			return &preferences[i];
	}
	return NULL;
}

void view_preferences(const struct preference *preferences, unsigned int count, const struct message_rules *rules, struct rows *rows)
{
	uint8_t octets[128];

	for (unsigned int i = 0; i < notification_kinds_count; i++) {
		const struct notification_kind *kind = &notification_kinds[i];
		const struct preference *preference = find(preferences, count, kind, "");
		const char *choice = choices[preference_wants(kind, preference) ? PREFERENCE_ON : PREFERENCE_OFF];
		struct record row = { .data = octets, .size = sizeof(octets) };

		if (kind->choice == CHOICE_NONE)
			continue;
		record_append_text(&row, FIELD_NOTIFICATION, kind->name, strlen(kind->name));
		record_append_text(&row, FIELD_CHOICE, choice, strlen(choice));
		if (kind->choice == CHOICE_THRESHOLD)
			record_append_number(&row, FIELD_THRESHOLD, preference_threshold(preference, rules));
		rows_add(rows, &row);
	}
}

/* ---- of the account at hand ---- */

void account_add_preference(struct account *account, const struct preference *preference)
{
	if (preference->kind && account->preferences_count < PREFERENCES_MAX)
		account->preferences[account->preferences_count++] = *preference;
}

const struct preference *preference_find(const struct account *account, const struct notification_kind *kind, const char *about)
{
	return find(account->preferences, account->preferences_count, kind, about);
}

struct preference *preference_put(struct stepping *stepping, const struct notification_kind *kind, const char *about)
{
	const struct preference *stored = preference_find(stepping->account, kind, about);
	struct preference *room = &stepping->step->preference[stepping->preferences_count++];

	*room = stored ? *stored : (struct preference){ .kind = kind, .threshold = THRESHOLD_OPERATORS };
	snprintf(room->about, sizeof(room->about), "%s", about);
	change_add(stepping->step, CHANGE_PREFERENCE_PUT)->preference = room;
	return room;
}

const struct notification_kind *notification_asked(const struct stepping *stepping)
{
	struct value name;

	return record_get(&stepping->args, FIELD_NOTIFICATION, &name) && name.is_text ? notification_kind_find(name.text, name.len) : NULL;
}

/* S5: an order takes effect from the month in which it is given; its fees are announced in the next. */
static int64_t month_of(int64_t day)
{
	return calendar_date(day) / 100;
}

void step_preference_set(struct stepping *stepping)
{
	const struct notification_kind *kind = notification_asked(stepping);
	const struct preference *stored = kind ? preference_find(stepping->account, kind, "") : NULL;
	const struct preference before = stored ? *stored : (struct preference){ .threshold = THRESHOLD_OPERATORS };
	const int64_t threshold = record_number(&stepping->args, FIELD_THRESHOLD, THRESHOLD_OPERATORS);
	struct response *response = stepping->step->response;
	enum preference_choice choice;
	struct preference *put;
	char word[ACCOUNT_CODE_SIZE];

	record_text(&stepping->args, FIELD_CHOICE, word, sizeof(word));
	choice = preference_choice_by_name(word);
	response->result = RESULT_REFUSED;
	if (!kind || kind->choice == CHOICE_NONE || (choice == PREFERENCE_DEFAULT && threshold == THRESHOLD_OPERATORS) ||
	    (threshold != THRESHOLD_OPERATORS && (kind->choice != CHOICE_THRESHOLD || threshold < 0)))
		return;
	if (choice == PREFERENCE_DEFAULT)
		choice = PREFERENCE_ON;		/* a threshold is set by a subscriber who wants to be warned */
	response->result = RESULT_DUPLICATE;
	if (preference_wants(kind, &before) == (choice == PREFERENCE_ON) &&
	    (threshold == THRESHOLD_OPERATORS || (before.choice == PREFERENCE_ON && threshold == before.threshold)))
		return;
	response->result = RESULT_OK;
	put = preference_put(stepping, kind, "");
	put->choice = choice;
	put->since = month_of(stepping->day);
	if (threshold != THRESHOLD_OPERATORS) {
		put->threshold = threshold;
		put->last = 0;
	}
	if (choice == PREFERENCE_OFF)
		change_add(stepping->step, CHANGE_NOTIFICATION_WITHDRAW)->withdrawal = (struct withdrawal){
			.kind = kind->name, .now = stepping->request->now,
		};
}
