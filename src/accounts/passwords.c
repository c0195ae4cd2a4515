/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4, S11: changes of the service password, checks before a change, and orders that require it, as a chain of store requests:
 *
 *   attempt (store counts it) -> check (worker) -> clear the count (store) -> pass the order on, without the password
 *                                               -> pass the new hash on, which clears the count as well; for a check before a
 *                                                  change only clear it
 *
 * The attempt is durable before anything is compared, so that parallel guesses over many channels get no more attempts than sequential
 * ones (F23). A request that does not fit on the worker is refused before it costs an attempt.
 *
 * The last request uses the id of the subscriber's request: its answer reaches the subscriber however late it comes (F3).
 *
 * A chain lives in locked memory, excluded from core files, and is wiped after use. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "accounts/brake.h"
#include "accounts/internal.h"
#include "accounts/passwords.h"
#include "accounts/password_check.h"
#include "starhash/log.h"
#include "starhash/store.h"
#include "starhash/worker.h"

#define RUN_US 20000		/* initial estimate of the time per hash */
#define RUN_US_LEAST 10000	/* lower bound of the estimate */
#define RUN_SHARE 8		/* weight of the newest one in the mean: 1 in 8 */
#define ORDER_RUNS 2		/* hashes to compute for an order: one to verify, one if the key has changed */
#define KINDS 2			/* without and with a new password: neither may fill the queue alone */
#define THREADS_MAX 4		/* unless configured: the loop and the store need processors, too */
#define NICE 10
#define NO_KEY_INTERVAL_S 60

struct chain {
	struct job job;			/* its entry also links free chains */
	struct passwords *password;
	uint64_t id;			/* the subscriber's request */
	struct request request;		/* to the store */
	struct request last;		/* to be passed on at the end */
	unsigned int runs;		/* hashes reserved on the worker */
	struct attempt attempt;
	int64_t left;			/* attempts before the lock, if this one is wrong */
	bool temporary;
	int64_t locked_until;		/* 0: not known */
	enum result result;		/* to be answered once the count is cleared */
	struct check check;
};

struct passwords {
	struct accounts *accounts;
	struct brake *brake;
	struct worker *worker;
	struct keys *keys;
	const char *kinds;
	unsigned int threads;
	unsigned int time_us;		/* time within which the last in the queue must be finished */
	unsigned int runs[KINDS];	/* reserved by all chains, by check.judges */
	unsigned int run_us;		/* recent mean time per hash */
	struct chain *chains;
	struct llist_head idle;
	struct log_limit no_key_limit;
};

/* ---- memory ---- */

static void chain_free(struct chain *chain)
{
	struct passwords *password = chain->password;

	password->runs[chain->check.judges] -= chain->runs;
	sodium_memzero(chain, sizeof(*chain));
	chain->password = password;
	llist_add(&chain->job.entry, &password->idle);
}

static bool has_new(enum request_kind kind)
{
	return kind == REQUEST_PASSWORD_CHANGE || kind == REQUEST_PASSWORD_CHECK;
}

static void take_args(struct chain *chain, const struct request *request)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	struct check *check = &chain->check;

	check->changes = request->kind == REQUEST_PASSWORD_CHANGE;
	check->judges = has_new(request->kind);
	record_text(&args, check->judges ? FIELD_OLD : FIELD_PASSWORD, check->password, sizeof(check->password));
	record_text(&args, FIELD_NEW, check->fresh, sizeof(check->fresh));
}

/* The request as passed to the store, without secrets. A change retains the digest that identifies a text sent again after a crash (A13);
 * hashes replace the passwords. */
static void take_last(struct chain *chain, const struct request *request)
{
	struct record args;

	chain->last = *request;
	args = request_args(&chain->last);
	record_drop(&args, chain->check.judges ? FIELD_OLD : FIELD_PASSWORD);
	if (chain->check.judges)
		record_drop(&args, FIELD_NEW);
	explicit_bzero(args.data + args.len, args.size - args.len);
	request_set_args(&chain->last, &args);
}

/* So many that the last one finishes in time: fewer on a busy or slow machine. */
static unsigned int runs_max(const struct passwords *password, unsigned int run_us)
{
	return OSMO_MAX(password->threads * (password->time_us / run_us), 4 * CHECK_RUNS_MAX);
}

/* A quarter is reserved for the other kind: changes never take the last place from orders, such as suspending a lost phone, nor orders
 * from changes. */
static bool has_room(const struct passwords *password, bool judges, unsigned int runs)
{
	const unsigned int most = runs_max(password, password->run_us);

	return password->runs[0] + password->runs[1] + runs <= most &&
	       password->runs[judges] + runs <= most - most / 4 && !llist_empty(&password->idle);
}

/* NULL: overload. */
static struct chain *chain_new(struct passwords *password, const struct request *request, const struct attempt *attempt,
			       uint64_t id)
{
	const bool judges = has_new(request->kind);
	const unsigned int runs = judges ? CHECK_RUNS_MAX : ORDER_RUNS;
	struct chain *chain;

	if (!has_room(password, judges, runs))
		return NULL;
	chain = llist_first_entry(&password->idle, struct chain, job.entry);
	llist_del(&chain->job.entry);
	password->runs[judges] += runs;
	chain->runs = runs;
	chain->id = id;
	chain->check.keys = password->keys;
	chain->check.kinds = password->kinds;
	chain->attempt = *attempt;
	chain->request.password.link = attempt->untrusted ? PASSWORD_LINK_UNTRUSTED : PASSWORD_LINK_TRUSTED;
	take_args(chain, request);
	take_last(chain, request);
	chain->request.subscriber = request->subscriber;
	chain->request.ref = request->ref;
	chain->request.now = request->now;
	chain->request.utc_offset = request->utc_offset;
	return chain;
}

/* ---- the ends: each returns as an operation of a store, and frees the chain ---- */

/* \a until 0: until an operator unlocks it. */
static void answer_locked(struct response *response, int64_t until)
{
	response->result = RESULT_LOCKED;
	if (until)
		record_put_number(&response->facts, FIELD_LOCKED_UNTIL, until);
}

/* Nothing from the store's answers leaves here, except how long the password is locked and, from wrong(), the attempts left. */
static int answer(struct chain *chain, enum result result, struct response *response)
{
	response_wipe(response);
	response->result = result;
	if (result == RESULT_LOCKED) {
		brake_locked(chain->password->brake, &chain->attempt, chain->locked_until);
		answer_locked(response, chain->locked_until);
	}
	chain_free(chain);
	return 0;
}

/* Nothing was done yet, so the result is never UNKNOWN. */
static int give_up(struct chain *chain, enum result result, struct response *response)
{
	return answer(chain, result == RESULT_UNKNOWN ? RESULT_UNAVAILABLE : result, response);
}

static int pass(struct chain *chain, struct response *response)
{
	struct accounts *accounts = chain->password->accounts;
	const uint64_t id = chain->id;
	struct request last = chain->last;
	int rc;

	chain_free(chain);
	response_wipe(response);
	rc = accounts_pass(accounts, &last, id, response);
	explicit_bzero(&last, sizeof(last));
	return rc;
}

/* ---- between the steps ---- */

typedef int step(struct chain *chain, struct response *response);

/* Take a step from the loop, for the waiting request. */
static void go_on(struct chain *chain, step *next, struct response *response)
{
	struct accounts *accounts = chain->password->accounts;
	const uint64_t id = chain->id;

	if (next(chain, response) == 0)
		accounts_complete(accounts, id, response);
}

/* Send a request to the store, then call \a next. Both return 0, the chain is over and \a response has the answer, or -EINPROGRESS. */
static int ask_store(struct chain *chain, enum request_kind kind, accounts_done *done, step *next, struct response *response)
{
	uint64_t id;

	chain->request.kind = kind;
	if (accounts_ask(chain->password->accounts, &chain->request, done, chain, response, &id) == -EINPROGRESS)
		return -EINPROGRESS;
	return next(chain, response);
}

/* ---- the last step: the count is cleared ---- */

/* An error stays the result even if the count could not be cleared. CONFLICT: somebody else who knew the password has changed it
 * meanwhile, which cleared the count. */
static int after_clear(struct chain *chain, struct response *response)
{
	if (chain->result != RESULT_OK)
		return answer(chain, chain->result, response);
	if (response->result == RESULT_OK || response->result == RESULT_CONFLICT)
		return pass(chain, response);
	return give_up(chain, response->result, response);
}

static void clear_done(void *user, uint64_t id, const struct response *response)
{
	struct response copy;

	response_copy(&copy, response);
	go_on(user, after_clear, &copy);
}

static void take_hashes(const struct chain *chain, struct password_request *password)
{
	memcpy(password->compared, chain->check.hash, sizeof(password->compared));
	memcpy(password->fresh, chain->check.fresh_hash, sizeof(password->fresh));
}

/* Also passes the hash of the same password with the current key, if that is another one. */
static int clear(struct chain *chain, enum result result, struct response *response)
{
	chain->result = result;
	chain->request.password.rehashed = true;
	take_hashes(chain, &chain->request.password);
	return ask_store(chain, REQUEST_PASSWORD_SET, clear_done, after_clear, response);
}

/* ---- the middle: the thread's result ---- */

/* The password cannot be verified, so it does not count as wrong. */
static int no_key(struct chain *chain, struct response *response)
{
	unsigned int suppressed;

	if (log_allowed(&chain->password->no_key_limit, NO_KEY_INTERVAL_S, &suppressed))
		LOGP(DACCOUNT, LOGL_ERROR, "A password cannot be checked: its hash uses a key that is not in the "
		     "key file, or a type that is not accepted (%u more since the last such line)\n", suppressed);
	return clear(chain, RESULT_UNAVAILABLE, response);
}

static int right(struct chain *chain, struct response *response)
{
	brake_unlocked(chain->password->brake, &chain->attempt);
	if (!chain->check.judges)
		return clear(chain, chain->temporary ? RESULT_TEMPORARY : RESULT_OK, response);
	if (chain->check.result != RESULT_OK)
		return clear(chain, chain->check.result, response);
	chain->last.kind = REQUEST_PASSWORD_SET;
	chain->last.password = (struct password_request){ .link = chain->request.password.link, .rehashed = !chain->check.changes };
	take_hashes(chain, &chain->last.password);
	return pass(chain, response);
}

static int wrong(struct chain *chain, struct response *response)
{
	const int64_t left = chain->left;
	int rc;

	brake_wrong(chain->password->brake, &chain->attempt, !left);
	rc = answer(chain, left ? RESULT_WRONG : RESULT_LOCKED, response);
	if (left)
		record_put_number(&response->facts, FIELD_TRIES_LEFT, left);
	return rc;
}

static int after_check(struct chain *chain, struct response *response)
{
	switch (chain->check.verdict) {
	case 0:
		return right(chain, response);
	case -EACCES:
		return wrong(chain, response);
	case -ENOKEY:
		return no_key(chain, response);
	default:
		return answer(chain, RESULT_UNAVAILABLE, response);
	}
}

static void check_run(struct job *job, void *batch)
{
	check_password(&llist_entry(job, struct chain, job)->check);
}

static void check_done(struct job *job)
{
	struct chain *chain = llist_entry(job, struct chain, job);
	struct passwords *password = chain->password;
	const unsigned int mean = (password->run_us * (RUN_SHARE - 1) + chain->check.took_us) / RUN_SHARE;
	struct response response;

	password->run_us = OSMO_MAX(mean, RUN_US_LEAST);
	response_init(&response);
	go_on(chain, after_check, &response);
}

/* ---- the first step: the attempt is counted ---- */

static void take_found(struct chain *chain, const struct response *response)
{
	const struct password_found *found = &response->password;
	struct check *check = &chain->check;

	chain->left = found->left;
	chain->temporary = found->temporary;
	record_text(&response->facts, FIELD_MSISDN, check->msisdn, sizeof(check->msisdn));
	memcpy(check->id_pieces, found->id_pieces, sizeof(check->id_pieces));
	memcpy(check->hash, found->hash, sizeof(check->hash));
	memcpy(check->past, found->past, sizeof(check->past));
}

static int after_attempt(struct chain *chain, struct response *response)
{
	unsigned int runs;

	chain->locked_until = record_number(&response->facts, FIELD_LOCKED_UNTIL, 0);
	if (response->result == RESULT_LOCKED)
		brake_count(chain->password->brake, BRAKE_LOCKED);
	if (response->result != RESULT_OK)
		return give_up(chain, response->result, response);
	brake_unlocked(chain->password->brake, &chain->attempt);
	take_found(chain, response);
	response_wipe(response);
	/* an order without its password: an empty password is never correct, even if one has been set */
	if (!chain->check.judges && !chain->check.password[0])
		return wrong(chain, response);
	/* the number of hashes is known now: release the rest of the reservation */
	runs = check_runs(&chain->check);
	if (runs < chain->runs) {
		chain->password->runs[chain->check.judges] -= chain->runs - runs;
		chain->runs = runs;
	}
	chain->job = (struct job){ .run = check_run, .done = check_done };
	if (worker_submit(chain->password->worker, &chain->job) < 0)
		OSMO_ASSERT(false);	/* the queue has room for every chain */
	return -EINPROGRESS;
}

static void attempt_done(void *user, uint64_t id, const struct response *response)
{
	struct response copy;

	response_copy(&copy, response);
	go_on(user, after_attempt, &copy);
	response_wipe(&copy);
}

const uint8_t *passwords_key(const struct passwords *password)
{
	return password ? keys_first(password->keys) : NULL;
}

bool password_concerns(const struct request *request)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	struct value given;

	return has_new(request->kind) ||
	       (request_orders(request->kind) && record_get(&args, FIELD_PASSWORD, &given));
}

/* Refuse the check, but answer a known lock: "try again later" would invite the subscriber back too early. */
static int refuse_attempt(const struct passwords *password, const struct attempt *attempt, const struct request *request,
			  struct response *response)
{
	const int64_t now = request->now ? request->now : accounts_now(password->accounts);
	int64_t until;

	response->result = RESULT_BUSY;
	if (brake_knows_lock(password->brake, attempt, now, &until))
		answer_locked(response, until);
	return 0;
}

int passwords_submit(struct passwords *password, const struct request *request, uint64_t id, struct response *response)
{
	struct attempt attempt;
	struct chain *chain;

	if (!password)
		return 0;
	attempt = brake_attempt(password->brake, request);
	if (!brake_admits(password->brake, &attempt))
		return refuse_attempt(password, &attempt, request, response);
	chain = chain_new(password, request, &attempt, id);
	if (!chain) {
		brake_count(password->brake, BRAKE_BUSY);
		return refuse_attempt(password, &attempt, request, response);
	}
	brake_begin(password->brake, &attempt);
	return ask_store(chain, REQUEST_PASSWORD_ATTEMPT, attempt_done, after_attempt, response);
}

/* ---- setup and teardown ---- */

static unsigned int threads_of(const struct accounts_settings *settings)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (settings->password_threads)
		return settings->password_threads;
	return processors < 4 ? 1 : OSMO_MIN((unsigned int)processors / 2, THREADS_MAX);
}

static int make_chains(struct passwords *password)
{
	const unsigned int count = runs_max(password, RUN_US_LEAST);	/* each chain reserves at least one */

	INIT_LLIST_HEAD(&password->idle);
	password->chains = sodium_allocarray(count, sizeof(*password->chains));
	if (!password->chains)
		return -ENOMEM;
	sodium_memzero(password->chains, count * sizeof(*password->chains));
	for (unsigned int i = 0; i < count; i++) {
		password->chains[i].password = password;
		llist_add_tail(&password->chains[i].job.entry, &password->idle);
	}
	return 0;
}

/* One job at a time per thread, so that results do not wait for jobs that have just begun. The threads compute without a pause: on a
 * shared processor the loop takes precedence. */
static int start_threads(struct passwords *password, const struct accounts_settings *settings)
{
	const struct worker_settings worker = {
		.name = "password", .threads = threads_of(settings), .queue_max = UINT_MAX, .batch_max = 1, .nice = NICE,
	};
	const char *wrong;
	int rc;

	if (!password_kinds_known(settings->password_hashes, &wrong)) {
		LOGP(DACCOUNT, LOGL_ERROR, "Unknown password hash type \"%s\"\n", wrong);
		return -EINVAL;
	}
	rc = keys_load(settings->pepper_file, &password->keys);
	if (rc < 0)
		return rc;
	password->threads = worker.threads;
	password->time_us = settings->deadline_ms * 1000 / 2;
	password->run_us = RUN_US;
	password->worker = worker_new(password, &worker);
	if (password->worker && !make_chains(password))
		return 0;
	LOGP(DACCOUNT, LOGL_ERROR, "Cannot start the threads for password hashes\n");
	return -ENOMEM;
}

int passwords_new(void *ctx, struct accounts *accounts, const struct accounts_settings *settings, struct brake *brake,
		  struct passwords **password)
{
	struct passwords *made = talloc_zero(ctx, struct passwords);
	int rc;

	made->accounts = accounts;
	made->brake = brake;
	made->kinds = settings->password_hashes;
	rc = start_threads(made, settings);
	if (rc < 0)
		passwords_free(made);
	else
		*password = made;
	return rc;
}

void passwords_free(struct passwords *password)
{
	if (!password)
		return;
	worker_free(password->worker);
	sodium_free(password->chains);
	keys_free(password->keys);
	talloc_free(password);
}
