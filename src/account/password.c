/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4: the change of a service password, as a chain over what stores can do:
 *
 *   attempt (store counts it) -> check and hash (worker) -> set, or clear the count (store) -> answer
 *
 * The attempt is durable before anything is compared, so that guesses through many channels at once get no more tries
 * than guesses one after the other (F23). A change that has no place on the worker is refused before it costs one. */
#include <errno.h>
#include <string.h>

#include <sodium.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "account/internal.h"
#include "account/password.h"
#include "account/password_hash.h"
#include "account/password_rules.h"
#include "starhash/log.h"
#include "starhash/worker.h"

#define CHANGES_MAX 64		/* at 15 ms each, the last one waits a second */
#define PASSWORD_SIZE 32	/* longer than any valid one: what was cut matches nothing */

struct password {
	struct account *account;
	struct worker *worker;
	unsigned int tries_max;
	unsigned int open;
	uint8_t pepper[PEPPER_SIZE];
};

struct change {
	struct job job;
	struct password *password;
	uint64_t id;			/* the subscriber's request */
	struct request request;		/* to the store */
	bool last_try;
	enum result result;
	char old[PASSWORD_SIZE];
	char fresh[PASSWORD_SIZE];
	char msisdn[MSISDN_SIZE];
	char id_number[64];
	char hash[PASSWORD_HASH_SIZE];
	char fresh_hash[PASSWORD_HASH_SIZE];
};

static int change_wipe(struct change *change)
{
	sodium_memzero(change, sizeof(*change));
	return 0;
}

static void change_free(struct change *change)
{
	change->password->open--;
	talloc_free(change);
}

static struct change *change_new(struct password *password, const struct request *request, uint64_t id)
{
	struct change *change = talloc_zero(password, struct change);
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };

	talloc_set_destructor(change, change_wipe);
	password->open++;
	change->password = password;
	change->id = id;
	change->request.subscriber = request->subscriber;
	change->request.ref = request->ref;
	record_text(&args, FIELD_OLD, change->old, sizeof(change->old));
	record_text(&args, FIELD_NEW, change->fresh, sizeof(change->fresh));
	return change;
}

/* ---- the last step: set ---- */

static void change_answer(struct change *change, enum result result)
{
	struct account *account = change->password->account;
	const uint64_t id = change->id;
	struct response response;

	change_free(change);
	response_init(&response);
	response.result = result;
	account_complete(account, id, &response);
}

/* A weak password stays weak even if the count could not be cleared. */
static enum result set_result(const struct change *change, const struct response *response)
{
	return change->result == RESULT_OK ? response->result : change->result;
}

static void set_done(void *user, uint64_t id, const struct response *response)
{
	struct change *change = user;

	change_answer(change, set_result(change, response));
}

static void change_set(struct change *change)
{
	struct record args = request_args(&change->request);
	struct response response;
	uint64_t id;

	change->request.kind = REQUEST_PASSWORD_SET;
	record_put_text(&args, FIELD_OLD, change->hash, strlen(change->hash));
	if (change->result == RESULT_OK)
		record_put_text(&args, FIELD_NEW, change->fresh_hash, strlen(change->fresh_hash));
	request_set_args(&change->request, &args);
	if (account_ask(change->password->account, &change->request, set_done, change, &response, &id) == 0)
		set_done(change, id, &response);
}

/* ---- the middle: check and hash, in a thread ---- */

static enum result check(struct change *change)
{
	const uint8_t *pepper = change->password->pepper;

	if (!password_matches(pepper, change->old, change->hash))
		return change->last_try ? RESULT_LOCKED : RESULT_WRONG;
	if (password_weak(change->fresh, change->old, change->msisdn, change->id_number))
		return RESULT_WEAK;
	return password_hash(pepper, change->fresh, change->fresh_hash) < 0 ? RESULT_UNAVAILABLE : RESULT_OK;
}

static void check_run(struct job *job, void *batch)
{
	struct change *change = llist_entry(job, struct change, job);

	change->result = check(change);
	sodium_memzero(change->old, sizeof(change->old));
	sodium_memzero(change->fresh, sizeof(change->fresh));
}

static void check_done(struct job *job)
{
	struct change *change = llist_entry(job, struct change, job);

	if (change->result == RESULT_WRONG || change->result == RESULT_LOCKED)
		change_answer(change, change->result);
	else
		change_set(change);
}

/* ---- the first step: attempt ---- */

static void take_facts(struct change *change, const struct record *facts)
{
	const int64_t tries = record_number(facts, ACCOUNT_FACT_TRIES, INT64_MAX);

	change->last_try = tries >= change->password->tries_max;
	record_text(facts, FIELD_MSISDN, change->msisdn, sizeof(change->msisdn));
	record_text(facts, ACCOUNT_FACT_ID_NUMBER, change->id_number, sizeof(change->id_number));
	record_text(facts, ACCOUNT_FACT_HASH, change->hash, sizeof(change->hash));
}

/* Returns 0 when \a response's result is the answer to the subscriber already. */
static int after_attempt(struct change *change, const struct response *response)
{
	struct value done;

	if (response->result != RESULT_OK || record_get(&response->facts, ACCOUNT_FACT_DONE, &done))
		return 0;
	take_facts(change, &response->facts);
	change->job = (struct job){ .run = check_run, .done = check_done };
	if (worker_submit(change->password->worker, &change->job) < 0)
		OSMO_ASSERT(false);	/* it has room for CHANGES_MAX */
	return -EINPROGRESS;
}

static void attempt_done(void *user, uint64_t id, const struct response *response)
{
	struct change *change = user;

	if (after_attempt(change, response) == 0)
		change_answer(change, response->result);
}

int password_change(struct password *password, const struct request *request, uint64_t id, struct response *response)
{
	struct change *change;
	uint64_t ask;
	enum result result;

	if (!password)
		return 0;
	response->result = RESULT_BUSY;
	if (password->open >= CHANGES_MAX)
		return 0;
	change = change_new(password, request, id);
	change->request.kind = REQUEST_PASSWORD_ATTEMPT;
	if (account_ask(password->account, &change->request, attempt_done, change, response, &ask) == -EINPROGRESS)
		return -EINPROGRESS;
	if (after_attempt(change, response) == -EINPROGRESS) {
		record_wipe(&response->facts);
		return -EINPROGRESS;
	}
	result = response->result;
	record_wipe(&response->facts);
	response->result = result;
	change_free(change);
	return 0;
}

/* ---- life ---- */

static int password_wipe(struct password *password)
{
	sodium_memzero(password->pepper, sizeof(password->pepper));
	return 0;
}

int password_new(void *ctx, struct account *account, const struct account_settings *settings,
		 struct password **password)
{
	const struct worker_settings worker = { .name = "password", .threads = 1, .queue_max = CHANGES_MAX };
	struct password *made = talloc_zero(ctx, struct password);
	int rc;

	talloc_set_destructor(made, password_wipe);
	made->account = account;
	made->tries_max = settings->password_tries;
	rc = pepper_load(settings->pepper_file, made->pepper);
	if (rc == 0 && !(made->worker = worker_new(made, &worker))) {
		LOGP(DACCOUNT, LOGL_ERROR, "Cannot start the thread for password hashes\n");
		rc = -ENOMEM;
	}
	if (rc < 0) {
		talloc_free(made);
		return rc;
	}
	*password = made;
	return 0;
}

void password_free(struct password *password)
{
	if (!password)
		return;
	worker_free(password->worker);
	password->worker = NULL;
}
