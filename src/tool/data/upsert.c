/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writes rows of import files to the store: each row is an update of one account. */
#include "tool/data/upsert.h"

#include <string.h>

#include <osmocom/core/utils.h>

#include "accounts/id_pieces.h"
#include "accounts/password_foreign.h"
#include "import/column.h"
#include "tool/data/command.h"

static enum upsert_end refuse_row(struct upsert *upsert, const char *why)
{
	upsert->why = why;
	return UPSERT_REFUSED;
}

/* ---- contents of a row ---- */

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

/* A hash made by starhashd names its key: "k1a2b3c4d$argon2id$…". */
static bool hash_is_ours(const char *hash)
{
	return hash[0] == 'k' && strspn(hash + 1, "0123456789abcdef") == 8 && !strncmp(hash + 9, "$argon2id$", 10);
}

static bool hash_accepted(const struct upsert *upsert, const char *hash)
{
	return !hash || (upsert->hash_kinds && foreign_accepted(upsert->hash_kinds, hash)) || (upsert->own_hashes && hash_is_ours(hash));
}

/* Keyed pieces of the identity number; NULL: no number, or no key. */
static const char *pieces_make(struct upsert *upsert, const struct stored_account *account, char pieces[static STORED_ID_PIECES_SIZE])
{
	upsert->ids_dropped |= account->id_number && !upsert->store->key_found;
	if (!account->id_number || !upsert->store->key_found)
		return NULL;
	id_pieces_make(upsert->store->key, account->msisdn, account->id_number, pieces);
	return pieces[0] ? pieces : NULL;
}

/* ---- the row ---- */

static enum upsert_end account_put(struct upsert *upsert, const struct import_row *row)
{
	struct stored_account account = row->account;
	const struct account_update update = {
		.account = &account, .kinds = kinds_of(row), .facts = row->has >> COLUMN_FACTS, .numbers = numbers_of(row),
		.now = upsert->now, .force = upsert->force, .import = true, .gone = row->gone, .sims = row_has(row, HAS(IMSI) | HAS(IMSI2)),
		.single = row->table != IMPORT_SUBSCRIBERS, .charge = row->table == IMPORT_LINES, .position = row->position,
	};
	const int64_t as_of = account.as_of == STORED_UNKNOWN ? upsert->as_of : account.as_of;
	const struct store_admin_ops *ops = upsert->store->ops;
	char pieces[STORED_ID_PIECES_SIZE];

	if (!upsert->snapshot || !update.single)
		account.as_of = as_of;
	if (row->table == IMPORT_SUBSCRIBERS && !hash_accepted(upsert, account.hash))
		return refuse_row(upsert, "password_hash: not of a kind in --password-hashes");
	account.id_pieces = pieces_make(upsert, &account, pieces);
	response_init(&upsert->response);
	upsert->step.response = &upsert->response;
	if ((upsert->snapshot ? ops->staging_add : ops->merge)(upsert->store->admin, &update, &upsert->step) < 0)
		return UPSERT_FAILED;
	if (upsert->step.why)
		return refuse_row(upsert, upsert->step.why);
	if (upsert->step.older)
		return UPSERT_OLDER;
	/* a row of the future would make all others look old */
	upsert->newest = OSMO_MAX(upsert->newest, OSMO_MIN(as_of, upsert->now));
	return UPSERT_DONE;
}

enum upsert_end upsert_row(struct upsert *upsert, const struct import_row *row)
{
	if (row->table != IMPORT_SERVICES)
		return account_put(upsert, row);
	return upsert->store->ops->put_service(upsert->store->admin, &row->service) < 0 ? UPSERT_FAILED : UPSERT_DONE;
}
