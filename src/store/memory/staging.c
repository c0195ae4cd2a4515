/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Snapshots in memory: staged in separate tables, then merged into the served ones in place and in one go. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "store/memory/tables.h"

void memory_staging_begin(struct memory_tables *tables)
{
	tables->staged = memory_tables_new(tables);
	tables->staged->served = tables;
}

void memory_staging_drop(struct memory_tables *tables)
{
	talloc_free(tables->staged);
	tables->staged = NULL;
}

static struct account_head head_of(const struct memory_subscriber *subscriber)
{
	struct account_head head = { .owner = subscriber->owner[0] ? subscriber->owner : NULL };

	for (enum account_kind kind = 0; kind < ACCOUNT_KINDS; kind++)
		head.as_of[kind] = memory_age(subscriber, kind);
	return head;
}

static enum snapshot_verdict judge_subscriber(const struct memory_subscriber *served, const struct memory_subscriber *staged,
					      int64_t as_of, bool force)
{
	const struct account_head head = head_of(served), fresh = staged ? head_of(staged) : head;

	return account_meets_snapshot(&head, staged ? &fresh : NULL, as_of, time(NULL), force);
}

void memory_staging_look(struct memory_tables *tables, int64_t as_of, bool force, struct admin_loss *loss, bool *any)
{
	struct memory_subscriber *served;
	unsigned int bucket;

	*loss = (struct admin_loss){ .all = tables->subscribers_count };
	*any = tables->staged->subscribers_count;
	hash_for_each(tables->subscribers, bucket, served, entry) {
		const struct memory_subscriber *staged = memory_subscriber_by_msisdn(tables->staged, served->msisdn);
		const enum snapshot_verdict verdict = judge_subscriber(served, staged, as_of, force);

		loss->vanish += verdict == SNAPSHOT_VANISHES;
		loss->other_owner += verdict == SNAPSHOT_OTHER_OWNER;
	}
}

/* Take over the snapshot's lists and facts, except the language: it is the one that the subscriber chose here. */
static void replace(struct memory_tables *tables, struct memory_subscriber *served, struct memory_subscriber *staged,
		    const struct stored_account *account)
{
	char language[ACCOUNT_CODE_SIZE];

	record_text(&served->facts, FIELD_LANGUAGE, language, sizeof(language));
	memcpy(served->octets, staged->octets, sizeof(served->octets));
	served->facts.len = staged->facts.len;
	if (language[0])
		memory_fact_put(served, FIELD_LANGUAGE, language);
	memcpy(served->as_of, staged->as_of, sizeof(served->as_of));
	if (staged->owner[0])
		memcpy(served->owner, staged->owner, sizeof(served->owner));
	talloc_free((void *)served->bills);
	talloc_free((void *)served->points);
	served->bills = talloc_steal(served, staged->bills);
	served->points = talloc_steal(served, staged->points);
	staged->bills = staged->points = NULL;
	served->subscriptions_count = 0;
	for (unsigned int i = 0; i < staged->subscriptions_count; i++)
		memory_subscription_put(served, &staged->subscriptions[i]);
	memory_sims_set(tables, served, account);
}

/* An existing or retained password stays: the subscriber may have changed it since the snapshot. */
static void merge(struct memory_tables *tables, struct memory_subscriber *served, struct memory_subscriber *staged, bool force)
{
	const struct admin_selection whole = { .kinds = (1u << ACCOUNT_KINDS) - 1 };
	struct stored_account *account = memory_account(staged, tables->staged, staged, &whole);
	const struct account_update update = account_update_whole(account, time(NULL), force);
	struct response response;
	struct account_step step = { .response = &response };

	response_init(&response);
	account->hash = NULL;
	memory_update(tables, &update, &step);
	if (step.why)
		replace(tables, served, staged, account);
	memory_vanished_return(tables, served, false);
	if (staged->has_password && (step.why || account_takes_profile(&step)))
		memory_password_fill(served, staged->password.hash, staged->id_pieces[0] ? staged->id_pieces : NULL);
}

static void newcomer_take(struct memory_tables *tables, struct memory_subscriber *staged)
{
	const struct admin_selection profile = { .kinds = 1u << ACCOUNT_PROFILE };
	const struct stored_account *account = memory_account(staged, tables->staged, staged, &profile);
	const bool has_password = staged->has_password;
	char pieces[STORED_ID_PIECES_SIZE];

	memcpy(pieces, staged->id_pieces, sizeof(pieces));
	memory_sims_set(tables->staged, staged, NULL);
	hash_del(&staged->entry);
	tables->staged->subscribers_count--;
	talloc_steal(tables, staged);
	hash_add(tables->subscribers, &staged->entry, staged->msisdn);
	tables->subscribers_count++;
	staged->orders_after = tables->last_order;
	memory_sims_set(tables, staged, account);
	/* a retained password takes precedence over the snapshot's */
	staged->has_password = false;
	memory_vanished_return(tables, staged, false);
	if (has_password)
		memory_password_fill(staged, account->hash, pieces[0] ? pieces : NULL);
}

void memory_staging_switch(struct memory_tables *tables, int64_t as_of, bool force)
{
	unsigned int count;
	void *ctx = talloc_new(tables);
	struct memory_subscriber **all = memory_subscribers_sorted(ctx, tables, &count);

	for (unsigned int i = 0; i < count; i++) {
		struct memory_subscriber *served = all[i], *staged = memory_subscriber_by_msisdn(tables->staged, served->msisdn);
		const enum snapshot_verdict verdict = judge_subscriber(served, staged, as_of, force);

		if (verdict == SNAPSHOT_MERGES)
			merge(tables, served, staged, force);
		if (staged && verdict != SNAPSHOT_OTHER_OWNER)
			memory_subscriber_remove(tables->staged, staged);
		if (verdict == SNAPSHOT_STAYS)
			memory_vanished_return(tables, served, false);
		if (verdict != SNAPSHOT_VANISHES && verdict != SNAPSHOT_OTHER_OWNER)
			continue;
		memory_vanish(tables, served, verdict == SNAPSHOT_OTHER_OWNER);
		memory_subscriber_remove(tables, served);
	}
	all = memory_subscribers_sorted(ctx, tables->staged, &count);
	for (unsigned int i = 0; i < count; i++)
		newcomer_take(tables, all[i]);
	talloc_free(ctx);
	memory_staging_drop(tables);
}
