/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* accounts/: requests to the account, each answered once, now or later; orders to billing; passwords; notifications.
 *
 * Ids, deadlines, and exactly one answer for each account request.
 *
 * The path of a request: accounts_submit() -> a slot -> accounts_pass(), to the store -> held, if billing may have a better answer
 * (refresh.c, outbox.c) -> its user, by return value or done(). At the deadline the held answer is given, or UNAVAILABLE or UNKNOWN.
 *
 * An id is the index of a slot and its generation, which changes with each use, so that an answer to an old id finds no slot. All
 * requests have the same deadline, so the open slots are sorted by it, and one timer serves them all. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "accounts/brake.h"
#include "accounts/codes.h"
#include "accounts/counters.h"
#include "accounts/housekeeping.h"
#include "accounts/id_pieces.h"
#include "accounts/internal.h"
#include "accounts/notifications.h"
#include "accounts/outbox.h"
#include "accounts/passwords.h"
#include "accounts/password_keys.h"
#include "accounts/profiles.h"
#include "accounts/refresh.h"
#include "starhash/alarm.h"
#include "starhash/store.h"
#include "starhash/billing.h"
#include "starhash/catalogue.h"
#include "starhash/clock.h"
#include "starhash/load.h"
#include "starhash/log.h"

#define JUMP_DAYS 30
#define PATIENCE_MS 2000	/* how long a flood may stop a portion of background work */
#define OWN_SLOTS 1024		/* our own requests: deliveries, notifications, lists */

struct slot {
	struct llist_head entry;	/* in accounts->open or accounts->idle */
	uint32_t generation;
	bool open;
	bool lasts;			/* stays open after its deadline, because its user needs the outcome */
	struct outbox *outbox;		/* that delivers it, if it is an order; NULL: none */
	bool late;			/* answered UNKNOWN at its deadline, and to be answered once more */
	struct deferred *deferred;		/* an answer that may improve; NULL: none */
	struct profile_awaited awaited;
	accounts_done *done;
	void *user;
	uint64_t expires_ms;
};

struct accounts {
	struct accounts_settings settings;
	struct keys *consent_keyring;
	struct consent_keys consent_keys;	/* the same, for the store */
	const struct store_ops *ops;
	struct store *store;
	struct keys *id_keys;		/* for pieces of identity numbers; NULL: none are stored */
	struct passwords *password;	/* NULL: no password change */
	struct code_key *code_key;
	struct brake *brake;
	struct profiles *profiles;	/* NULL: none are remembered */
	struct refresh *refresh;	/* NULL: always answer from the cache */
	struct outbox *outbox;		/* NULL: no billing */
	struct outbox *backends_outbox;	/* NULL: no backend takes orders */
	struct notifications *notifications;
	struct housekeeping *housekeeping;
	struct wall_clock *clock;
	struct wall_clock own_clock;
	enum clock_trust clock_announced;	/* the state last reported by the alarm */
	accounts_done *done;
	struct slot *slots;
	unsigned int slots_count;
	unsigned int in_use;		/* slots used by users */
	struct llist_head open;		/* slots waiting for an answer, by deadline */
	struct llist_head idle;
	struct osmo_timer_list timer;
	bool closing;
	struct accounts_counts counts;
	struct rate_ctr_group *counters;
};

/* ---- slots ---- */

static uint64_t slot_id(const struct accounts *accounts, const struct slot *slot)
{
	return (uint64_t)slot->generation << 32 | (uint32_t)(slot - accounts->slots);
}

static struct slot *slot_find(struct accounts *accounts, uint64_t id)
{
	uint32_t index = (uint32_t)id;
	struct slot *slot = &accounts->slots[index];

	if (index >= accounts->slots_count || !slot->open || slot->generation != id >> 32)
		return NULL;
	return slot;
}

static struct slot *slot_take(struct accounts *accounts)
{
	struct slot *slot;

	if (llist_empty(&accounts->idle))
		return NULL;
	slot = llist_first_entry(&accounts->idle, struct slot, entry);
	llist_del(&slot->entry);
	INIT_LLIST_HEAD(&slot->entry);
	slot->open = true;
	slot->deferred = NULL;
	slot->generation++;
	return slot;
}

static bool is_users(const struct accounts *accounts, const struct slot *slot)
{
	return slot->done == accounts->done;
}

static void slot_release(struct accounts *accounts, struct slot *slot)
{
	llist_del(&slot->entry);
	llist_add(&slot->entry, &accounts->idle);
	slot->open = false;
	accounts->in_use -= is_users(accounts, slot);
}

/* \a response may be inside the held answer: release that last. */
static void slot_answer(struct accounts *accounts, struct slot *slot, const struct response *response)
{
	const uint64_t id = slot_id(accounts, slot);
	struct deferred *deferred = slot->deferred;

	if (is_users(accounts, slot))
		accounts_count_result(accounts->counters, response->result);
	slot_release(accounts, slot);
	slot->done(slot->user, id, response);
	if (deferred)
		deferred->let_go(deferred);
}

/* ---- deadlines ---- */

static void timer_start(struct accounts *accounts, uint64_t now)
{
	uint64_t wait;

	if (llist_empty(&accounts->open))
		return;
	wait = llist_first_entry(&accounts->open, struct slot, entry)->expires_ms;
	wait = wait > now ? wait - now : 0;
	osmo_timer_schedule(&accounts->timer, (int)(wait / 1000), (int)(wait % 1000 * 1000));
}

static void slot_expire(struct accounts *accounts, struct slot *slot)
{
	struct response response;

	accounts->counts.expired++;
	accounts_count(accounts->counters, ACCOUNT_COUNT_LATE);
	if (slot->deferred && slot->deferred->known) {
		slot_answer(accounts, slot, &slot->deferred->response);
		return;
	}
	response_init(&response);
	response.result = slot->lasts ? RESULT_UNKNOWN : RESULT_UNAVAILABLE;
	if (!slot->lasts || !is_users(accounts, slot)) {
		slot_answer(accounts, slot, &response);
		return;
	}
	/* the slot stays open: the user will get the final result */
	llist_del_init(&slot->entry);
	slot->late = true;
	accounts_count_result(accounts->counters, response.result);
	slot->done(slot->user, slot_id(accounts, slot), &response);
}

static void timer_cb(void *data)
{
	struct accounts *accounts = data;
	const uint64_t now = (uint64_t)clock_monotonic_ms();

	while (!llist_empty(&accounts->open)) {
		struct slot *slot = llist_first_entry(&accounts->open, struct slot, entry);

		if (slot->expires_ms > now)
			break;
		slot_expire(accounts, slot);
	}
	timer_start(accounts, now);
}

/* ---- requests ---- */

static int answer_now(struct response *response, enum result result)
{
	response_init(response);
	response->result = result;
	return 0;
}

static int answer_busy(struct accounts *accounts, struct response *response)
{
	accounts->counts.busy++;
	return answer_now(response, RESULT_BUSY);
}

/* ---- clock ---- */

static void clock_read(struct accounts *accounts)
{
	const struct wall_clock *clock = accounts->clock;

	wall_clock_read(accounts->clock);
	if (clock->trust == accounts->clock_announced)
		return;
	accounts->clock_announced = clock->trust;
	if (clock->trust == CLOCK_DOUBTED)
		alarm_raise(accounts->settings.alarms, ALARM_CLOCK_JUMP, "the machine's clock is %" PRId64 " s off and not trusted: "
			    "nothing expires and nothing is deleted until it is right, or an operator enters \"clock accept\"",
			    clock->off_s);
	else
		alarm_clear(accounts->settings.alarms, ALARM_CLOCK_JUMP);
}

bool accounts_clock_sure(struct accounts *accounts)
{
	clock_read(accounts);
	return accounts->clock->trust != CLOCK_DOUBTED;
}

void accounts_clock_accept(struct accounts *accounts)
{
	wall_clock_accept(accounts->clock);
	clock_read(accounts);
	LOGP(DACCOUNT, LOGL_NOTICE, "The machine's clock is trusted again: it is %" PRId64 " s since 1970\n", accounts->clock->now);
}

/* The subscriber learns only that the request failed. */
static void alien_raise(struct accounts *accounts, const struct response *response)
{
	const struct alien *alien = &response->alien;
	char number[MSISDN_SIZE], masked[MASKED_SIZE], other[MSISDN_SIZE], other_masked[MASKED_SIZE], ref[REF_TEXT_SIZE];

	msisdn_print(alien->msisdn, number);
	msisdn_print(alien->other, other);
	alarm_raise(accounts->settings.alarms, ALARM_REFERENCE_ALIEN,
		    "A change of %s was given the reference %s, which already belongs to %s%s: nothing was done",
		    log_masked(number, masked), ref_print(alien->ref, ref), alien->other ? "" : "perhaps another",
		    alien->other ? log_masked(other, other_masked) : "");
}

static int store_submit(struct accounts *accounts, const struct request *request, uint64_t id, struct response *response)
{
	struct request stamped;		/* the original belongs to the user */
	int rc;

	memcpy(&stamped, request, offsetof(struct request, args) + request->args_len);
	if (!stamped.now) {
		clock_read(accounts);
		stamped.now = accounts->clock->now;
		stamped.utc_offset = accounts->clock->utc_offset;
	}
	rc = store_ask(accounts->ops, accounts->store, &stamped, id, response);
	explicit_bzero(&stamped, offsetof(struct request, args) + stamped.args_len);
	if (rc == 0 && response->result == RESULT_ALIEN) {
		alien_raise(accounts, response);
		response->alien = (struct alien){ 0 };
	}
	return rc;
}

/* An order was accepted, and billing or a backend will report its outcome. After its deadline the user need not wait for that. */
static bool taken(struct accounts *accounts, struct slot *slot, const struct response *response)
{
	if (!slot->outbox || response->result != RESULT_ACCEPTED || slot->late)
		return false;
	slot->deferred = outbox_defer(slot->outbox, slot_id(accounts, slot), response);
	return slot->deferred;
}

int accounts_pass(struct accounts *accounts, const struct request *request, uint64_t id, struct response *response)
{
	if (password_concerns(request))
		return passwords_submit(accounts->password, request, id, response);
	return store_submit(accounts, request, id, response);
}

/* A slot for a request or another operation of the store; NULL: too many are open. */
static struct slot *slot_open(struct accounts *accounts, accounts_done *done, void *user, struct response *response,
			      uint64_t *id)
{
	struct slot *slot = slot_take(accounts);

	*id = 0;
	response_init(response);
	if (!slot)
		return NULL;
	slot->done = done;
	slot->user = user;
	slot->lasts = slot->late = false;
	slot->outbox = NULL;
	slot->awaited.changes = 0;
	accounts->in_use += is_users(accounts, slot);
	*id = slot_id(accounts, slot);
	return slot;
}

static int slot_wait_or_release(struct accounts *accounts, struct slot *slot, int rc)
{
	uint64_t now;

	if (rc != -EINPROGRESS) {
		slot_release(accounts, slot);
		return rc;
	}
	now = (uint64_t)clock_monotonic_ms();
	slot->expires_ms = now + accounts->settings.deadline_ms;
	llist_add_tail(&slot->entry, &accounts->open);
	if (!osmo_timer_pending(&accounts->timer))
		timer_start(accounts, now);
	return rc;
}

static int pass_and_remember(struct accounts *accounts, struct slot *slot, const struct request *request, struct response *response)
{
	int rc;

	profiles_await(accounts->profiles, request, &slot->awaited);
	rc = accounts_pass(accounts, request, slot_id(accounts, slot), response);
	if (rc == 0)
		profiles_remember(accounts->profiles, request, response);
	return rc;
}

int accounts_ask(struct accounts *accounts, const struct request *request, accounts_done *done, void *user,
		 struct response *response, uint64_t *id)
{
	struct slot *slot = slot_open(accounts, done, user, response, id);
	int rc;

	if (!slot)
		return answer_busy(accounts, response);
	slot->lasts = request_changes(request->kind) || request->kind == REQUEST_TEXT_SAVE;
	if (request_orders(request->kind))
		slot->outbox = request->kind == REQUEST_BACKEND_ORDER ? accounts->backends_outbox : accounts->outbox;
	rc = profiles_answer(accounts->profiles, request, response) ? 0 : pass_and_remember(accounts, slot, request, response);
	/* hold the store's answer, present or expected, if billing may have a better one */
	if (rc == -EINPROGRESS)
		slot->deferred = refresh_expect(accounts->refresh, request, *id);
	else if (!taken(accounts, slot, response))
		slot->deferred = refresh_defer(accounts->refresh, request, *id, response);
	return slot_wait_or_release(accounts, slot, slot->deferred ? -EINPROGRESS : rc);
}

int accounts_merge(struct accounts *accounts, const struct account_update *update, accounts_done *done, void *user,
		   struct response *response, uint64_t *id)
{
	struct slot *slot = slot_open(accounts, done, user, response, id);
	struct stored_account stored = *update->account;
	struct account_update copy = *update;
	char pieces[STORED_ID_PIECES_SIZE];

	if (!slot)
		return answer_busy(accounts, response);
	stored.id_number = NULL;
	if (update->account->id_number && accounts->id_keys) {
		id_pieces_make(keys_current(accounts->id_keys), stored.msisdn, update->account->id_number, pieces);
		stored.id_pieces = pieces;
	}
	copy.account = &stored;
	return slot_wait_or_release(accounts, slot, accounts->ops->merge(accounts->store, &copy, *id, response));
}

int accounts_claim(struct accounts *accounts, enum queue queue, const struct claim *claim, accounts_done *done, void *user,
		   struct response *response, uint64_t *id)
{
	struct slot *slot = slot_open(accounts, done, user, response, id);

	if (!slot)
		return answer_busy(accounts, response);
	return slot_wait_or_release(accounts, slot, accounts->ops->claim(accounts->store, queue, claim, *id, response));
}

int accounts_ack(struct accounts *accounts, enum queue queue, const struct completion *completion, accounts_done *done, void *user,
		 struct response *response, uint64_t *id)
{
	struct slot *slot = slot_open(accounts, done, user, response, id);

	if (!slot)
		return answer_busy(accounts, response);
	return slot_wait_or_release(accounts, slot, accounts->ops->complete(accounts->store, queue, completion, *id, response));
}

void accounts_ack_unheard(struct accounts *accounts, enum queue queue, const struct completion *completion)
{
	struct response response;

	response_init(&response);
	accounts->ops->complete(accounts->store, queue, completion, STORE_NOBODY, &response);
}

int accounts_ask_again(struct accounts *accounts, uint64_t id, const struct request *request, struct response *response)
{
	response_init(response);
	return store_submit(accounts, request, id, response);
}

/* An order that needs a password fails closed: without a password it counts as a wrong one. */
static bool lacks_password(const struct request *request)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	struct value given;

	return request_needs_password(request->kind) && !record_get(&args, FIELD_PASSWORD, &given);
}

/* Reject what modules here ask the store among themselves, changes without a reference number, and orders without their password. */
static bool request_allowed(const struct request *request)
{
	switch (request->kind) {
	case REQUEST_PASSWORD_ATTEMPT:
	case REQUEST_PASSWORD_SET:
	case REQUEST_ORDER_END:
	case REQUEST_HOUSEKEEP:
	case REQUEST_KIND_COUNT:
		return false;
	default:
		return (request->ref || !request_changes(request->kind)) && !lacks_password(request);
	}
}

int accounts_submit(struct accounts *accounts, const struct request *request, void *user, struct response *response,
		    uint64_t *id)
{
	int rc;

	*id = 0;
	accounts_count(accounts->counters, ACCOUNT_COUNT_REQUESTS);
	if (!request_allowed(request)) {
		rc = answer_now(response, RESULT_REFUSED);
	} else if (accounts->in_use >= accounts->settings.requests_max) {
		rc = answer_busy(accounts, response);
	} else {
		accounts->counts.requests++;
		rc = accounts_ask(accounts, request, accounts->done, user, response, id);
	}
	if (rc == 0)
		accounts_count_result(accounts->counters, response->result);
	return rc;
}

/* Not among the counters of turns: its user has its own. */
int accounts_submit_for(struct accounts *accounts, const struct request *request, accounts_done *done, void *user,
			struct response *response, uint64_t *id)
{
	*id = 0;
	if (!request_allowed(request))
		return answer_now(response, RESULT_REFUSED);
	if (accounts->in_use >= accounts->settings.requests_max / 2)
		return answer_busy(accounts, response);
	return accounts_ask(accounts, request, done, user, response, id);
}

void accounts_post(struct accounts *accounts, const struct request *request)
{
	struct response response;

	accounts->counts.requests++;
	accounts_count(accounts->counters, ACCOUNT_COUNT_REQUESTS);
	response_init(&response);
	store_submit(accounts, request, STORE_NOBODY, &response);
}

int accounts_bar(struct accounts *accounts, const struct bar *bar, accounts_done *done, void *user, struct response *response,
		 uint64_t *id)
{
	struct slot *slot = slot_open(accounts, done, user, response, id);

	if (!slot)
		return answer_busy(accounts, response);
	slot->lasts = true;
	return slot_wait_or_release(accounts, slot, accounts->ops->bar ? accounts->ops->bar(accounts->store, bar, *id, response) : 0);
}

bool accounts_busy(const struct accounts *accounts)
{
	bool busy = false;

	for (unsigned int i = 0; i < accounts->slots_count; i++)
		busy |= accounts->slots[i].open;
	return busy;
}

bool accounts_pending(struct accounts *accounts, uint64_t id)
{
	return slot_find(accounts, id);
}

uint64_t accounts_left_ms(struct accounts *accounts, uint64_t id)
{
	const struct slot *slot = slot_find(accounts, id);
	const uint64_t now = (uint64_t)clock_monotonic_ms();

	return slot && slot->expires_ms > now ? slot->expires_ms - now : 0;
}

void accounts_forget(struct accounts *accounts, uint64_t id)
{
	struct slot *slot = slot_find(accounts, id);
	struct deferred *deferred = slot ? slot->deferred : NULL;

	if (slot)
		slot_release(accounts, slot);
	if (deferred)
		deferred->let_go(deferred);
}

void accounts_answer(struct accounts *accounts, uint64_t id, const struct response *response)
{
	struct slot *slot = slot_find(accounts, id);

	if (slot)
		slot_answer(accounts, slot, response);
}

/* Give back due work that was claimed by a request nobody waits for any more. */
static void drop(struct accounts *accounts, const struct response *response)
{
	struct due_notification due;

	accounts->counts.dropped++;
	accounts_count(accounts->counters, ACCOUNT_COUNT_DROPPED);
	for (unsigned int i = 0; i < response->orders_count; i++)
		accounts_ack_unheard(accounts, response->orders[i].backend[0] ? QUEUE_BACKEND_ORDERS : QUEUE_ORDERS,
				     &(struct completion){ .id = response->orders[i].id, .how = ITEM_BACK });
	for (unsigned int i = 0; response_notification(response, i, &due); i++)
		accounts_ack_unheard(accounts, QUEUE_NOTIFICATIONS, &(struct completion){ .id = due.id, .how = ITEM_BACK });
}

/* Called by stores, and at the end of a chain of store requests. */
void accounts_complete(struct accounts *accounts, uint64_t id, const struct response *response)
{
	struct slot *slot = slot_find(accounts, id);
	struct response bare;

	if (response->result == RESULT_ALIEN) {
		alien_raise(accounts, response);
		response_init(&bare);
		bare.result = RESULT_ALIEN;
		response = &bare;
	}
	if (id == STORE_NOBODY)
		return;
	if (!slot || accounts->closing) {
		drop(accounts, response);
		return;
	}
	profiles_remember_awaited(accounts->profiles, &slot->awaited, response);
	if (slot->deferred ? slot->deferred->answered(slot->deferred, response) : taken(accounts, slot, response))
		return;
	slot_answer(accounts, slot, response);
}

void accounts_touched(struct accounts *accounts, int64_t msisdn)
{
	profiles_forget(accounts->profiles, msisdn);
}

/* ---- held answers ---- */

void deferred_init(struct deferred *deferred, uint64_t id, const struct response *response)
{
	deferred->id = id;
	deferred->known = response;
	if (response)
		response_copy(&deferred->response, response);
}

bool accounts_failed(enum result result)
{
	return result == RESULT_UNAVAILABLE || result == RESULT_BUSY || result == RESULT_UNKNOWN;
}

int64_t accounts_now(struct accounts *accounts)
{
	clock_read(accounts);
	return accounts->clock->now;
}

bool accounts_defers(const struct accounts *accounts, int64_t *since_ms)
{
	return load_defers(accounts->settings.load, since_ms, PATIENCE_MS);
}

uint64_t accounts_reference(struct accounts *accounts)
{
	return accounts->ops->reference(accounts->store, 1);
}

uint64_t accounts_references(struct accounts *accounts, unsigned int count)
{
	return accounts->ops->reference(accounts->store, count);
}

/* ---- notifications, catalogue ---- */

void accounts_set_notify(struct accounts *accounts, accounts_notify *notify, void *user)
{
	notifications_start(accounts->notifications, notify, user);
}

void accounts_notification_ack(struct accounts *accounts, uint64_t id, enum notification_end end)
{
	notifications_ack(accounts->notifications, id, end);
}

int accounts_messages_describe(const struct accounts *accounts, unsigned int index, char *out, size_t size)
{
	return notifications_describe_kind(accounts->notifications, index, out, size);
}

bool accounts_messages_pause(struct accounts *accounts, const char *kind, bool pause)
{
	return notifications_pause(accounts->notifications, kind, pause);
}

void accounts_set_catalogue(struct accounts *accounts, const struct catalogue *catalogue)
{
	accounts->ops->set_catalogue(accounts->store, catalogue);
}

bool accounts_catalogue_pending(struct accounts *accounts, const struct catalogue *catalogue, char *why, size_t size)
{
	const struct store_ops *ops = accounts->ops;

	return ops->catalogue && catalogue_jumps(ops->catalogue(accounts->store), catalogue,
						 accounts->settings.catalogue_change_percent, why, size);
}

const char *accounts_retention_pending(const struct accounts *accounts)
{
	return accounts->ops->retention_pending ? accounts->ops->retention_pending(accounts->store) : NULL;
}

void accounts_retention_accept(struct accounts *accounts)
{
	if (accounts->ops->retention_accept)
		accounts->ops->retention_accept(accounts->store);
}

/* ---- one-time codes ---- */

void accounts_code_make(struct accounts *accounts, const struct subscriber *owner, char code[static CONFIRM_CODE_SIZE],
			uint8_t digest[static CONFIRM_DIGEST_SIZE])
{
	brake_count(accounts->brake, BRAKE_CODES);
	code_make(accounts->code_key, owner, code, digest);
}

bool accounts_code_right(struct accounts *accounts, const struct subscriber *owner,
			 const uint8_t digest[static CONFIRM_DIGEST_SIZE], const char *code, size_t len)
{
	const bool right = code_right(accounts->code_key, owner, digest, code, len);

	accounts_code_entered(accounts, owner, right);
	return right;
}

void accounts_code_entered(struct accounts *accounts, const struct subscriber *owner, bool right)
{
	if (right)
		brake_count(accounts->brake, BRAKE_CODES_RIGHT);
	else
		brake_wrong_code(accounts->brake, owner);
}

void accounts_code_digest(struct accounts *accounts, const struct subscriber *owner, const char *code, size_t len,
			  uint8_t digest[static CONFIRM_DIGEST_SIZE])
{
	code_digest(accounts->code_key, owner, code, len, digest);
}

void accounts_digest(const struct accounts *accounts, const void *octets, size_t len, uint8_t digest[static ACCOUNT_DIGEST_SIZE])
{
	const uint8_t *key = passwords_key(accounts->password);

	crypto_generichash(digest, ACCOUNT_DIGEST_SIZE, octets, len, key, key ? PEPPER_SIZE : 0);
}

/* ---- setup and teardown ---- */

/* By default beside the store's file: safe enough to begin with, better on another disk. */
static int consents_prepare(struct accounts *accounts)
{
	struct accounts_settings *settings = &accounts->settings;
	int rc;

	if (settings->file && access(settings->file, F_OK) < 0)
		return 0;	/* opening the store will fail, and nothing must be created beside it */
	if (settings->file && !settings->consent_key_file)
		settings->consent_key_file = talloc_asprintf(accounts, "%s.consent-key", settings->file);
	if (settings->file && !settings->consent_anchors_file)
		settings->consent_anchors_file = talloc_asprintf(accounts, "%s.consent-anchors", settings->file);
	rc = settings->consent_key_file ? keys_load(settings->consent_key_file, &accounts->consent_keyring) :
	     keys_draw(&accounts->consent_keyring);
	if (rc < 0)
		return rc;
	keys_of_consent(accounts->consent_keyring, &accounts->consent_keys);
	settings->consent_keys = &accounts->consent_keys;
	return 0;
}

static int keys_open(struct accounts *accounts)
{
	int rc = accounts->settings.pepper_file ? keys_load(accounts->settings.pepper_file, &accounts->id_keys) : 0;

	accounts->settings.id_pieces = accounts->id_keys ? id_pieces_make : NULL;
	accounts->settings.id_key = accounts->id_keys ? keys_current(accounts->id_keys) : NULL;
	return rc;
}

static int open_parts(struct accounts *accounts)
{
	const struct accounts_settings *settings = &accounts->settings;
	int rc = keys_open(accounts);

	if (rc < 0)
		return rc;

	accounts->ops = store_find(settings->store);
	if (!accounts->ops) {
		LOGP(DACCOUNT, LOGL_ERROR, "Unknown account store \"%s\"\n", settings->store);
		return -ENOENT;
	}
	if (settings->front)
		accounts->ops = settings->front;
	rc = consents_prepare(accounts);
	if (rc == 0)
		rc = accounts->ops->open(accounts, settings, accounts, &accounts->store);
	if (rc < 0)
		return rc;
	wall_clock_start(accounts->clock, accounts->ops->last_time ? accounts->ops->last_time(accounts->store) : 0,
			 settings->clock_jump_days ? settings->clock_jump_days : JUMP_DAYS);
	clock_read(accounts);
	accounts->profiles = profiles_new(accounts, accounts->ops, accounts->store, settings->profiles_mb * (size_t)1000000,
					  accounts->counters);
	accounts->refresh = refresh_new(accounts, accounts, settings);
	accounts->outbox = outbox_new(accounts, accounts, QUEUE_ORDERS, settings);
	accounts->backends_outbox = outbox_new(accounts, accounts, QUEUE_BACKEND_ORDERS, settings);
	accounts->notifications = notifications_new(accounts, accounts, settings->messages);
	accounts->housekeeping = housekeeping_new(accounts, accounts, settings->alarms);
	accounts->brake = brake_new(accounts, settings);
	rc = accounts->brake ? code_key_new(settings, &accounts->code_key) : -ENOMEM;
	if (rc < 0)
		return rc;
	if (!settings->pepper_file)
		return 0;
	return passwords_new(accounts, accounts, settings, accounts->brake, &accounts->password);
}

int accounts_new(void *ctx, const struct accounts_settings *settings, accounts_done *done, struct accounts **accounts)
{
	struct accounts *made = talloc_zero(ctx, struct accounts);
	int rc;

	made->settings = *settings;
	made->settings.orders_wait |= settings->billing != NULL;
	made->done = done;
	made->counters = accounts_counters_new(made);
	made->clock = settings->clock ? settings->clock : &made->own_clock;
	/* A request with a password, or a query to billing, needs a second slot besides the subscriber's. */
	made->slots_count = 2 * settings->requests_max + OWN_SLOTS;
	made->slots = talloc_zero_array(made, struct slot, made->slots_count);
	INIT_LLIST_HEAD(&made->open);
	INIT_LLIST_HEAD(&made->idle);
	for (unsigned int i = 0; i < made->slots_count; i++)
		llist_add_tail(&made->slots[i].entry, &made->idle);
	osmo_timer_setup(&made->timer, timer_cb, made);
	rc = open_parts(made);
	if (rc == -EBUSY)
		made->settings.billing = NULL;
	if (rc < 0) {
		accounts_free(made);
		return rc;
	}
	*accounts = made;
	return 0;
}

/* The store last: pending completions and password changes still go to it. */
void accounts_free(struct accounts *accounts)
{
	if (!accounts)
		return;
	accounts->closing = true;
	osmo_timer_del(&accounts->timer);
	billing_free(accounts->settings.billing);
	for (unsigned int i = 0; i < accounts->slots_count; i++) {
		struct slot *slot = &accounts->slots[i];

		if (slot->open && slot->deferred)
			slot->deferred->let_go(slot->deferred);
		slot->deferred = NULL;
	}
	outbox_free(accounts->outbox);
	outbox_free(accounts->backends_outbox);
	notifications_free(accounts->notifications);
	housekeeping_free(accounts->housekeeping);
	passwords_free(accounts->password);
	code_key_free(accounts->code_key);
	brake_free(accounts->brake);
	profiles_free(accounts->profiles);
	if (accounts->store)
		accounts->ops->close(accounts->store);
	keys_free(accounts->id_keys);
	osmo_timer_del(&accounts->timer);
	rate_ctr_group_free(accounts->counters);
	talloc_free(accounts);
}

/* Truncated to \a size, like snprintf(). */
static int add_part(char *out, size_t size, int len, const char *part)
{
	const size_t at = (size_t)len < size ? (size_t)len : size;

	return len + snprintf(size ? out + at : out, size - at, "; %s", part);
}

int accounts_describe(const struct accounts *accounts, char *out, size_t size)
{
	const struct accounts_counts *counts = &accounts->counts;
	char part[512];
	int len;

	accounts->ops->describe(accounts->store, part, sizeof(part));
	len = snprintf(out, size,
		       "%s; %u requests open, %" PRIu64 " submitted, %" PRIu64 " refused as busy, %" PRIu64
		       " past their deadline, %" PRIu64 " late answers dropped",
		       part, accounts->in_use, counts->requests, counts->busy, counts->expired, counts->dropped);
	notifications_describe(accounts->notifications, part, sizeof(part));
	len = add_part(out, size, len, part);
	if (accounts->backends_outbox) {
		outbox_describe(accounts->backends_outbox, part, sizeof(part));
		len = add_part(out, size, len, part);
	}
	if (accounts->profiles) {
		profiles_describe(accounts->profiles, part, sizeof(part));
		len = add_part(out, size, len, part);
	}
	if (!accounts->settings.billing)
		return len;
	refresh_describe(accounts->refresh, part, sizeof(part));
	len = add_part(out, size, len, part);
	outbox_describe(accounts->outbox, part, sizeof(part));
	len = add_part(out, size, len, part);
	billing_describe(accounts->settings.billing, part, sizeof(part));
	return add_part(out, size, len, part);
}

int accounts_queues_describe(const struct accounts *accounts, char *out, size_t size)
{
	return snprintf(out, size, "%u of %u requests", accounts->in_use, accounts->settings.requests_max);
}

struct store *accounts_store(const struct accounts *accounts)
{
	return accounts->store;
}

const struct accounts_counts *accounts_counts(const struct accounts *accounts)
{
	return &accounts->counts;
}

struct rate_ctr_group *accounts_counters(const struct accounts *accounts)
{
	return accounts->counters;
}
