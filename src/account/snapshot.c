/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Replacing all accounts by a snapshot (F15, F27): how a row is staged, and what happens to each subscriber in service. */
#include "starhash/account.h"

void account_staging_refuse(enum staging_refusal refusal, struct account_step *step)
{
	static const char *const words[] = {
		[STAGING_GONE] = "gone: a snapshot must leave out subscribers who are gone",
		[STAGING_NO_NUMBER] = "msisdn: no number",
		[STAGING_NUMBER_KNOWN] = "msisdn: already in this snapshot",
		[STAGING_IMSI_KNOWN] = "imsi: belongs to another subscriber of this snapshot",
	};

	step->changes_count = 0;
	step->older = false;
	step->response->result = RESULT_REFUSED;
	step->why = words[refusal];
}

/* The live data do not matter yet: they are compared once all rows are staged. */
void account_staging_row(const struct account *account, const struct account_update *update, struct staging_row *row)
{
	enum account_kind kind = ACCOUNT_PROFILE;

	row->account = *update->account;
	row->update = *update;
	row->update.account = &row->account;
	row->update.force = true;
	if (!update->single || row->account.as_of != STORED_UNKNOWN)
		return;
	/* a row about one kind that has no "as of" gets that of its subscriber's data of that kind */
	while (kind < ACCOUNT_KINDS - 1 && !(update->kinds & 1u << kind))
		kind++;
	row->account.as_of = account->as_of[kind];
}

bool account_takes_profile(const struct account_step *step)
{
	bool takes = false;

	for (unsigned int i = 0; i < step->changes_count; i++)
		takes |= step->changes[i].kind == CHANGE_PROFILE;
	return takes;
}

enum snapshot_verdict account_meets_snapshot(const struct account_head *served, const struct account_head *staged, int64_t as_of,
					     int64_t now, bool force)
{
	struct account_head fresh = { .owner = NULL };
	enum merge_verdict verdict;

	for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
		fresh.as_of[kind] = staged ? staged->as_of[kind] : as_of;
	verdict = account_merge(served, &fresh, now, force).kinds[ACCOUNT_PROFILE];
	if (staged && !owners_differ(served, staged))
		return SNAPSHOT_MERGES;
	if (verdict == MERGE_KEEP)
		return SNAPSHOT_STAYS;
	return staged ? SNAPSHOT_OTHER_OWNER : SNAPSHOT_VANISHES;
}
