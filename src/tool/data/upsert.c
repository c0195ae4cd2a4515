/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of import files into the store: what a row says as an update of one account. */
#include "tool/data/upsert.h"

#include <string.h>

#include <osmocom/core/utils.h>

#include "accounts/id_pieces.h"
#include "accounts/password_foreign.h"
#include "import/column.h"
#include "tool/data/command.h"

static enum put_end refuse_row(struct put *put, const char *why)
{
	put->why = why;
	return PUT_REFUSED;
}

/* ---- what a row is about ---- */

static unsigned int kinds_of(const struct import_row *row)
{
	static const unsigned int kinds[IMPORT_TABLES] = {
		[IMPORT_SUBSCRIBERS] = 1u << ACCOUNT_PROFILE, [IMPORT_BILLS] = 1u << ACCOUNT_BILLS,
		[IMPORT_LINES] = 1u << ACCOUNT_BILLS, [IMPORT_POINTS] = 1u << ACCOUNT_POINTS,
		[IMPORT_SUBSCRIPTIONS] = 1u << ACCOUNT_SERVICES,
	};
	unsigned int all = kinds[row->table];

	if (row->table != IMPORT_SUBSCRIBERS)
		return all;
	all |= row_has(row, HAS(BILLS)) ? 1u << ACCOUNT_BILLS : 0u;
	all |= row_has(row, HAS(ENTRIES)) ? 1u << ACCOUNT_POINTS : 0u;
	return all | (row_has(row, HAS(SUBSCRIPTIONS)) ? 1u << ACCOUNT_SERVICES : 0u);
}

static unsigned int numbers_of(const struct import_row *row)
{
	return (row_has(row, HAS(BILL_MONTH)) ? UPDATE_BILL_MONTH : 0u) | (row_has(row, HAS(BILL_TOTAL)) ? UPDATE_BILL_TOTAL : 0u) |
	       (row_has(row, HAS(POINTS)) ? UPDATE_POINTS : 0u);
}

/* ---- secrets ---- */

/* A hash of our own making names its key: "k1a2b3c4d$argon2id$…". */
static bool hash_is_ours(const char *hash)
{
	return hash[0] == 'k' && strspn(hash + 1, "0123456789abcdef") == 8 && !strncmp(hash + 9, "$argon2id$", 10);
}

static bool hash_accepted(const struct put *put, const char *hash)
{
	return !hash || (put->hash_kinds && foreign_accepted(put->hash_kinds, hash)) || (put->own_hashes && hash_is_ours(hash));
}

/* Keyed pieces of the identity number; NULL: it is not known, or there is no key. */
static const char *pieces_make(struct put *put, const struct stored_account *account, char pieces[static STORED_ID_PIECES_SIZE])
{
	put->ids_dropped |= account->id_number && !put->store->key_found;
	if (!account->id_number || !put->store->key_found)
		return NULL;
	id_pieces_make(put->store->key, account->msisdn, account->id_number, pieces);
	return pieces[0] ? pieces : NULL;
}

/* ---- the row ---- */

static enum put_end update_put(struct put *put, const struct account_update *update)
{
	const struct store_admin_ops *ops = put->store->ops;

	response_init(&put->response);
	put->step.response = &put->response;
	if ((put->snapshot ? ops->stage : ops->merge)(put->store->admin, update, &put->step) < 0)
		return PUT_FAILED;
	if (put->step.why)
		return refuse_row(put, put->step.why);
	return put->step.older ? PUT_OLDER : PUT_TAKEN;
}

static enum put_end account_put(struct put *put, const struct import_row *row)
{
	struct stored_account account = row->account;
	const struct account_update update = {
		.account = &account, .kinds = kinds_of(row), .facts = row->has >> COLUMN_FACTS, .numbers = numbers_of(row),
		.now = put->now, .force = put->force, .import = true, .gone = row->gone, .sims = row_has(row, HAS(IMSI) | HAS(IMSI2)),
		.single = row->table != IMPORT_SUBSCRIBERS, .charge = row->table == IMPORT_LINES, .position = row->position,
	};
	const int64_t as_of = account.as_of == STORED_UNKNOWN ? put->as_of : account.as_of;
	char pieces[STORED_ID_PIECES_SIZE];
	enum put_end how;

	if (!put->snapshot || !update.single)
		account.as_of = as_of;
	if (row->table == IMPORT_SUBSCRIBERS && !hash_accepted(put, account.hash))
		return refuse_row(put, "password_hash: of no kind that --password-hashes names");
	account.id_pieces = pieces_make(put, &account, pieces);
	how = update_put(put, &update);
	if (how == PUT_TAKEN)
		put->newest = OSMO_MAX(put->newest, OSMO_MIN(as_of, put->now));	/* one row of tomorrow does not make all the others old */
	return how;
}

enum put_end put_row(struct put *put, const struct import_row *row)
{
	if (row->table != IMPORT_SERVICES)
		return account_put(put, row);
	return put->store->ops->put_service(put->store->admin, &row->service) < 0 ? PUT_FAILED : PUT_TAKEN;
}
