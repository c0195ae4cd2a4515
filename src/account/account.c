/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Ids, deadlines and exactly one answer for each account request.
 *
 * The path of a request: account_submit() -> a slot -> account_pass(), to the store -> hold(), where billing may know better
 * (refresh.c, outbox.c) -> its user, by return or by done(). The deadline answers with what is held, or that nothing came.
 *
 * An id is a slot's index and the slot's generation, which changes with each use: an answer to an id of the past
 * finds no slot. All requests have the same deadline, so the open slots are ordered by it, and one timer serves all. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "account/brake.h"
#include "account/codes.h"
#include "account/counters.h"
#include "account/housekeeping.h"
#include "account/id_pieces.h"
#include "account/internal.h"
#include "account/notices.h"
#include "account/outbox.h"
#include "account/password.h"
#include "account/password_keys.h"
#include "account/refresh.h"
#include "starhash/alarm.h"
#include "starhash/billing.h"
#include "starhash/catalogue.h"
#include "starhash/clock.h"
#include "starhash/log.h"

#define JUMP_DAYS 30
#define OWN_SLOTS 512		/* requests that are nobody's: deliveries, notices, lists */

struct slot {
	struct llist_head entry;	/* in account->open or account->idle */
	uint32_t generation;
	bool open;
	bool changes;
	bool orders;
	bool late;			/* answered UNKNOWN by its deadline, and to be answered once more */
	struct held *held;		/* an answer that may become better; NULL: none */
	account_done *done;
	void *user;
	uint64_t expires_ms;
};

struct account {
	struct account_settings settings;
	struct keys *consent_keyring;
	struct consent_keys consent_keys;	/* the same, for the store */
	const struct store_ops *ops;
	struct store *store;
	struct keys *id_keys;		/* for pieces of identity numbers; NULL: none are kept */
	struct password *password;	/* NULL: no password change */
	struct code_key *code_key;
	struct brake *brake;
	struct refresh *refresh;	/* NULL: the cache is all there is */
	struct outbox *outbox;		/* NULL: no billing */
	struct notices *notices;
	struct housekeeping *housekeeping;
	struct wall_clock *clock;
	struct wall_clock own_clock;
	enum clock_trust clock_alarmed;	/* what the alarm says */
	account_done *done;
	struct slot *slots;
	unsigned int slots_count;
	unsigned int in_use;		/* by users */
	struct llist_head open;		/* by deadline; only those that wait */
	struct llist_head idle;
	struct osmo_timer_list timer;
	bool closing;
	struct account_counts counts;
	struct rate_ctr_group *counters;
};

/* ---- slots ---- */

static uint64_t slot_id(const struct account *account, const struct slot *slot)
{
	return (uint64_t)slot->generation << 32 | (uint32_t)(slot - account->slots);
}

static struct slot *slot_find(struct account *account, uint64_t id)
{
	uint32_t index = (uint32_t)id;
	struct slot *slot = &account->slots[index];

	if (index >= account->slots_count || !slot->open || slot->generation != id >> 32)
		return NULL;
	return slot;
}

static struct slot *slot_take(struct account *account)
{
	struct slot *slot;

	if (llist_empty(&account->idle))
		return NULL;
	slot = llist_first_entry(&account->idle, struct slot, entry);
	llist_del(&slot->entry);
	INIT_LLIST_HEAD(&slot->entry);
	slot->open = true;
	slot->held = NULL;
	slot->generation++;
	return slot;
}

static bool is_users(const struct account *account, const struct slot *slot)
{
	return slot->done == account->done;
}

static void slot_release(struct account *account, struct slot *slot)
{
	llist_del(&slot->entry);
	llist_add(&slot->entry, &account->idle);
	slot->open = false;
	account->in_use -= is_users(account, slot);
}

/* The response may be what is held: that goes last. */
static void slot_answer(struct account *account, struct slot *slot, const struct response *response)
{
	const uint64_t id = slot_id(account, slot);
	struct held *held = slot->held;

	if (is_users(account, slot))
		account_count_result(account->counters, response->result);
	slot_release(account, slot);
	slot->done(slot->user, id, response);
	if (held)
		held->let_go(held);
}

static void slots_init(struct account *account)
{
	/* Each request with a password, or question to billing, has one of its own below the subscriber's. */
	account->slots_count = 2 * account->settings.requests_max + OWN_SLOTS;
	account->slots = talloc_zero_array(account, struct slot, account->slots_count);
	INIT_LLIST_HEAD(&account->open);
	INIT_LLIST_HEAD(&account->idle);
	for (unsigned int i = 0; i < account->slots_count; i++)
		llist_add_tail(&account->slots[i].entry, &account->idle);
}

/* ---- deadlines ---- */

static void timer_start(struct account *account, uint64_t now)
{
	uint64_t wait;

	if (llist_empty(&account->open))
		return;
	wait = llist_first_entry(&account->open, struct slot, entry)->expires_ms;
	wait = wait > now ? wait - now : 0;
	osmo_timer_schedule(&account->timer, (int)(wait / 1000), (int)(wait % 1000 * 1000));
}

/* Still open: the user will be told how it ends. */
static void slot_expire_open(struct account *account, struct slot *slot, const struct response *response)
{
	llist_del_init(&slot->entry);
	slot->late = true;
	account_count_result(account->counters, response->result);
	slot->done(slot->user, slot_id(account, slot), response);
}

static void slot_expire(struct account *account, struct slot *slot)
{
	struct response response;

	account->counts.expired++;
	account_count(account->counters, ACCOUNT_COUNT_LATE);
	if (slot->held && slot->held->known) {
		slot_answer(account, slot, &slot->held->response);
		return;
	}
	response_init(&response);
	response.result = slot->changes ? RESULT_UNKNOWN : RESULT_UNAVAILABLE;
	if (slot->changes && is_users(account, slot))
		slot_expire_open(account, slot, &response);
	else
		slot_answer(account, slot, &response);
}

static void timer_cb(void *data)
{
	struct account *account = data;
	const uint64_t now = (uint64_t)clock_monotonic_ms();

	while (!llist_empty(&account->open)) {
		struct slot *slot = llist_first_entry(&account->open, struct slot, entry);

		if (slot->expires_ms > now)
			break;
		slot_expire(account, slot);
	}
	timer_start(account, now);
}

static void slot_wait(struct account *account, struct slot *slot)
{
	const uint64_t now = (uint64_t)clock_monotonic_ms();

	slot->expires_ms = now + account->settings.deadline_ms;
	llist_add_tail(&slot->entry, &account->open);
	if (!osmo_timer_pending(&account->timer))
		timer_start(account, now);
}

/* ---- requests ---- */

static int answer_now(struct response *response, enum result result)
{
	response_init(response);
	response->result = result;
	return 0;
}

static int answer_busy(struct account *account, struct response *response)
{
	account->counts.busy++;
	return answer_now(response, RESULT_BUSY);
}

/* ---- the time ---- */

static void clock_alarm(struct account *account)
{
	const struct wall_clock *clock = account->clock;

	account->clock_alarmed = clock->trust;
	if (clock->trust == CLOCK_DOUBTED)
		alarm_raise(account->settings.alarms, ALARM_CLOCK_JUMP, "the machine's clock is %" PRId64 " s off and is not believed: "
			    "nothing ends and nothing is deleted until it is right, or \"clock accept\" says that it is", clock->off_s);
	else
		alarm_clear(account->settings.alarms, ALARM_CLOCK_JUMP);
}

static void clock_read(struct account *account)
{
	wall_clock_read(account->clock);
	if (account->clock->trust != account->clock_alarmed)
		clock_alarm(account);
}

bool account_clock_sure(struct account *account)
{
	clock_read(account);
	return account->clock->trust != CLOCK_DOUBTED;
}

void account_clock_accept(struct account *account)
{
	wall_clock_accept(account->clock);
	clock_read(account);
	LOGP(DACCOUNT, LOGL_NOTICE, "The machine's clock is believed now: it is %" PRId64 " s since 1970\n", account->clock->now);
}

/* The copy that goes on, with the time. The original stays its user's. */
static void stamp(struct account *account, const struct request *request, struct request *stamped)
{
	memcpy(stamped, request, offsetof(struct request, args) + request->args_len);
	if (stamped->now)
		return;
	clock_read(account);
	stamped->now = account->clock->now;
	stamped->utc_offset = account->clock->utc_offset;
}

/* The subscriber learns nothing of the other change, only that this one did not work. */
static void alien_raise(struct account *account, const struct response *response)
{
	const int64_t other = record_number(&response->facts, ACCOUNT_FACT_OTHER, 0);
	char number[MSISDN_SIZE], masked[MASKED_SIZE], other_number[24] = "", other_masked[MASKED_SIZE], ref[REF_TEXT_SIZE];

	record_text(&response->facts, FIELD_MSISDN, number, sizeof(number));
	if (other)
		snprintf(other_number, sizeof(other_number), "%" PRId64, other);
	alarm_raise(account->settings.alarms, ALARM_REFERENCE_ALIEN,
		    "A change of %s was given the reference %s, which is %s%s's already: nothing was done", log_masked(number, masked),
		    ref_print((uint64_t)record_number(&response->facts, ACCOUNT_FACT_REF, 0), ref),
		    other ? "" : "perhaps another", other ? log_masked(other_number, other_masked) : "");
}

static int store_submit(struct account *account, const struct request *request, uint64_t id, struct response *response)
{
	struct request stamped;
	int rc;

	stamp(account, request, &stamped);
	rc = account->ops->submit(account->store, &stamped, id, response);
	explicit_bzero(stamped.args, stamped.args_len);
	if (rc == 0 && response->result == RESULT_ALIEN) {
		alien_raise(account, response);
		record_wipe(&response->facts);
	}
	return rc;
}

/* An order was taken: billing says how it ends. Past its deadline its user need not wait for that any more. */
static bool taken(struct account *account, struct slot *slot, const struct response *response)
{
	if (!slot->orders || response->result != RESULT_TAKEN || slot->late)
		return false;
	slot->held = outbox_hold(account->outbox, slot_id(account, slot), response);
	return slot->held;
}

/* To whoever does such requests. */
int account_pass(struct account *account, const struct request *request, uint64_t id, struct response *response)
{
	if (password_concerns(request))
		return password_submit(account->password, request, id, response);
	return store_submit(account, request, id, response);
}

/* What was answered, or will be, may not be the last word. */
static int hold(struct account *account, struct slot *slot, const struct request *request, int rc,
		const struct response *response)
{
	if (rc == -EINPROGRESS)
		slot->held = refresh_expect(account->refresh, request, slot_id(account, slot));
	else if (!taken(account, slot, response))
		slot->held = refresh_hold(account->refresh, request, slot_id(account, slot), response);
	return slot->held ? -EINPROGRESS : rc;
}

/* A slot for a request, or for what a store is told; NULL: too many. */
static struct slot *slot_open(struct account *account, account_done *done, void *user, struct response *response,
			      uint64_t *id)
{
	struct slot *slot = slot_take(account);

	*id = 0;
	response_init(response);
	if (!slot)
		return NULL;
	slot->done = done;
	slot->user = user;
	slot->changes = slot->orders = slot->late = false;
	account->in_use += is_users(account, slot);
	*id = slot_id(account, slot);
	return slot;
}

static int slot_wait_or_release(struct account *account, struct slot *slot, int rc)
{
	if (rc == -EINPROGRESS)
		slot_wait(account, slot);
	else
		slot_release(account, slot);
	return rc;
}

int account_ask(struct account *account, const struct request *request, account_done *done, void *user,
		struct response *response, uint64_t *id)
{
	struct slot *slot = slot_open(account, done, user, response, id);
	int rc;

	if (!slot)
		return answer_busy(account, response);
	slot->changes = request_changes(request->kind);
	slot->orders = request_orders(request->kind);
	rc = account_pass(account, request, *id, response);
	return slot_wait_or_release(account, slot, hold(account, slot, request, rc, response));
}

int account_put(struct account *account, const struct stored_account *told, unsigned int kinds, account_done *done,
		void *user, struct response *response, uint64_t *id)
{
	struct slot *slot = slot_open(account, done, user, response, id);
	struct stored_account stored = *told;
	char pieces[STORED_ID_PIECES_SIZE];

	if (!slot)
		return answer_busy(account, response);
	stored.id_number = NULL;
	if (told->id_number && account->id_keys) {
		id_pieces_make(keys_current(account->id_keys), told->msisdn, told->id_number, pieces);
		stored.id_pieces = pieces;
	}
	return slot_wait_or_release(account, slot, account->ops->put(account->store, &stored, kinds,
								     account_now(account), *id, response));
}

int account_ask_again(struct account *account, uint64_t id, const struct request *request, struct response *response)
{
	response_init(response);
	return store_submit(account, request, id, response);
}

/* An order that needs a password fails closed: not to have been asked for it is not to have known it. */
static bool lacks_password(const struct request *request)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	struct value given;

	return request_needs_password(request->kind) && !record_get(&args, FIELD_PASSWORD, &given);
}

/* What users may not ask, or have asked wrongly. */
static bool request_allowed(const struct request *request)
{
	switch (request->kind) {
	case REQUEST_PASSWORD_ATTEMPT:
	case REQUEST_PASSWORD_SET:
	case REQUEST_ORDERS_DUE:
	case REQUEST_ORDER_SETTLE:
	case REQUEST_NOTICES_DUE:
	case REQUEST_NOTICE_SETTLE:
	case REQUEST_HOUSEKEEP:
	case REQUEST_KIND_COUNT:
		return false;
	default:
		return (request->ref || !request_changes(request->kind)) && !lacks_password(request);
	}
}

int account_submit(struct account *account, const struct request *request, void *user, struct response *response,
		   uint64_t *id)
{
	int rc;

	*id = 0;
	account_count(account->counters, ACCOUNT_COUNT_REQUESTS);
	if (!request_allowed(request)) {
		rc = answer_now(response, RESULT_REFUSED);
	} else if (account->in_use >= account->settings.requests_max) {
		rc = answer_busy(account, response);
	} else {
		account->counts.requests++;
		rc = account_ask(account, request, account->done, user, response, id);
	}
	if (rc == 0)
		account_count_result(account->counters, response->result);
	return rc;
}

void account_post(struct account *account, const struct request *request)
{
	struct response response;

	account->counts.requests++;
	account_count(account->counters, ACCOUNT_COUNT_REQUESTS);
	response_init(&response);
	store_submit(account, request, ACCOUNT_NOBODY, &response);
}

bool account_pending(struct account *account, uint64_t id)
{
	return slot_find(account, id);
}

uint64_t account_left_ms(struct account *account, uint64_t id)
{
	const struct slot *slot = slot_find(account, id);
	const uint64_t now = (uint64_t)clock_monotonic_ms();

	return slot && slot->expires_ms > now ? slot->expires_ms - now : 0;
}

void account_forget(struct account *account, uint64_t id)
{
	struct slot *slot = slot_find(account, id);
	struct held *held = slot ? slot->held : NULL;

	if (slot)
		slot_release(account, slot);
	if (held)
		held->let_go(held);
}

void account_answer(struct account *account, uint64_t id, const struct response *response)
{
	struct slot *slot = slot_find(account, id);

	if (slot)
		slot_answer(account, slot, response);
}

/* From the store, and the end of a chain over it. */
void account_complete(struct account *account, uint64_t id, const struct response *response)
{
	struct slot *slot = slot_find(account, id);
	struct response bare;

	if (response->result == RESULT_ALIEN) {
		alien_raise(account, response);
		response_init(&bare);
		bare.result = RESULT_ALIEN;
		response = &bare;
	}
	if (id == ACCOUNT_NOBODY)
		return;
	if (!slot || account->closing) {
		account->counts.dropped++;
		account_count(account->counters, ACCOUNT_COUNT_DROPPED);
		return;
	}
	if (slot->held ? slot->held->answered(slot->held, response) : taken(account, slot, response))
		return;
	slot_answer(account, slot, response);
}

/* ---- what is held ---- */

void held_init(struct held *held, uint64_t id, const struct response *response)
{
	held->id = id;
	held->known = response;
	if (response)
		response_copy(&held->response, response);
}

bool account_failed(enum result result)
{
	return result == RESULT_UNAVAILABLE || result == RESULT_BUSY || result == RESULT_UNKNOWN;
}

int64_t account_now(struct account *account)
{
	clock_read(account);
	return account->clock->now;
}

uint64_t account_reference(struct account *account)
{
	return account->ops->reference(account->store, 1);
}

uint64_t account_references(struct account *account, unsigned int count)
{
	return account->ops->reference(account->store, count);
}

/* ---- notices, catalogue ---- */

void account_set_notify(struct account *account, account_notify *notify, void *user)
{
	notices_start(account->notices, notify, user);
}

void account_notice_settle(struct account *account, uint64_t id, enum notice_end end)
{
	notices_settle(account->notices, id, end);
}

void account_set_catalogue(struct account *account, const struct catalogue *catalogue)
{
	account->ops->set_catalogue(account->store, catalogue);
}

bool account_catalogue_held(struct account *account, const struct catalogue *catalogue, char *why, size_t size)
{
	const struct store_ops *ops = account->ops;

	return ops->catalogue && catalogue_jumps(ops->catalogue(account->store), catalogue,
						 account->settings.catalogue_change_percent, why, size);
}

const char *account_retention_held(const struct account *account)
{
	return account->ops->retention_held ? account->ops->retention_held(account->store) : NULL;
}

void account_retention_accept(struct account *account)
{
	if (account->ops->retention_accept)
		account->ops->retention_accept(account->store);
}

/* ---- one-time codes ---- */

void account_code_make(struct account *account, const struct subscriber *owner, char code[static CONFIRM_CODE_SIZE],
		       uint8_t digest[static CONFIRM_DIGEST_SIZE])
{
	brake_count(account->brake, BRAKE_CODES);
	code_make(account->code_key, owner, code, digest);
}

bool account_code_right(struct account *account, const struct subscriber *owner,
			const uint8_t digest[static CONFIRM_DIGEST_SIZE], const char *code, size_t len)
{
	const bool right = code_right(account->code_key, owner, digest, code, len);

	if (right)
		brake_count(account->brake, BRAKE_CODES_RIGHT);
	else
		brake_wrong_code(account->brake, owner);
	return right;
}

void account_digest(const struct account *account, const void *octets, size_t len, uint8_t digest[static ACCOUNT_DIGEST_SIZE])
{
	const uint8_t *key = password_key(account->password);

	crypto_generichash(digest, ACCOUNT_DIGEST_SIZE, octets, len, key, key ? PEPPER_SIZE : 0);
}

/* ---- life ---- */

static const struct store_ops *store_find(const char *name)
{
	for (const struct store_ops *const *ops = store_table; *ops; ops++) {
		if (!strcmp((*ops)->name, name))
			return *ops;
	}
	return NULL;
}

/* Beside the store's file unless the settings say where: safe enough to begin with, better on another disk. */
static int consents_prepare(struct account *account)
{
	struct account_settings *settings = &account->settings;
	int rc;

	if (settings->file && access(settings->file, F_OK) < 0)
		return 0;	/* the store says so, and nothing is made beside it */
	if (settings->file && !settings->consent_key_file)
		settings->consent_key_file = talloc_asprintf(account, "%s.consent-key", settings->file);
	if (settings->file && !settings->consent_anchors_file)
		settings->consent_anchors_file = talloc_asprintf(account, "%s.consent-anchors", settings->file);
	rc = settings->consent_key_file ? keys_load(settings->consent_key_file, &account->consent_keyring) : keys_draw(&account->consent_keyring);
	if (rc < 0)
		return rc;
	keys_of_consent(account->consent_keyring, &account->consent_keys);
	settings->consent_keys = &account->consent_keys;
	return 0;
}

static int keys_open(struct account *account)
{
	int rc = account->settings.pepper_file ? keys_load(account->settings.pepper_file, &account->id_keys) : 0;

	account->settings.id_pieces = account->id_keys ? id_pieces_make : NULL;
	account->settings.id_key = account->id_keys ? keys_current(account->id_keys) : NULL;
	return rc;
}

static int open_parts(struct account *account)
{
	const struct account_settings *settings = &account->settings;
	int rc = keys_open(account);

	if (rc < 0)
		return rc;

	account->ops = store_find(settings->store);
	if (!account->ops) {
		LOGP(DACCOUNT, LOGL_ERROR, "There is no account store called \"%s\"\n", settings->store);
		return -ENOENT;
	}
	rc = consents_prepare(account);
	if (rc == 0)
		rc = account->ops->open(account, settings, account, &account->store);
	if (rc < 0)
		return rc;
	wall_clock_start(account->clock, account->ops->last_time ? account->ops->last_time(account->store) : 0,
			 settings->clock_jump_days ? settings->clock_jump_days : JUMP_DAYS);
	clock_read(account);
	account->refresh = refresh_new(account, account, settings);
	account->outbox = outbox_new(account, account, settings);
	account->notices = notices_new(account, account);
	account->housekeeping = housekeeping_new(account, account);
	account->brake = brake_new(account, settings);
	rc = account->brake ? code_key_new(settings, &account->code_key) : -ENOMEM;
	if (rc < 0)
		return rc;
	if (!settings->pepper_file)
		return 0;
	return password_new(account, account, settings, account->brake, &account->password);
}

int account_new(void *ctx, const struct account_settings *settings, account_done *done, struct account **account)
{
	struct account *made = talloc_zero(ctx, struct account);
	int rc;

	made->settings = *settings;
	made->done = done;
	made->counters = account_counters_new(made);
	made->clock = settings->clock ? settings->clock : &made->own_clock;
	slots_init(made);
	osmo_timer_setup(&made->timer, timer_cb, made);
	rc = open_parts(made);
	if (rc == -EBUSY)
		made->settings.billing = NULL;
	if (rc < 0) {
		account_free(made);
		return rc;
	}
	*account = made;
	return 0;
}

static void let_go_all(struct account *account)
{
	for (unsigned int i = 0; i < account->slots_count; i++) {
		struct slot *slot = &account->slots[i];

		if (slot->open && slot->held)
			slot->held->let_go(slot->held);
		slot->held = NULL;
	}
}

/* Billing and passwords first: an order that was answered, a change that is being hashed still go to the store. */
void account_free(struct account *account)
{
	if (!account)
		return;
	account->closing = true;
	osmo_timer_del(&account->timer);
	billing_free(account->settings.billing);
	let_go_all(account);
	outbox_free(account->outbox);
	notices_free(account->notices);
	housekeeping_free(account->housekeeping);
	password_free(account->password);
	code_key_free(account->code_key);
	brake_free(account->brake);
	if (account->store)
		account->ops->close(account->store);
	keys_free(account->id_keys);
	osmo_timer_del(&account->timer);
	rate_ctr_group_free(account->counters);
	talloc_free(account);
}

/* Cut at \a size, as snprintf() does. */
static int add_part(char *out, size_t size, int len, const char *part)
{
	const size_t at = (size_t)len < size ? (size_t)len : size;

	return len + snprintf(size ? out + at : out, size - at, "; %s", part);
}

static int describe_billing(const struct account *account, char *out, size_t size, int len)
{
	char part[512];

	refresh_describe(account->refresh, part, sizeof(part));
	len = add_part(out, size, len, part);
	outbox_describe(account->outbox, part, sizeof(part));
	len = add_part(out, size, len, part);
	billing_describe(account->settings.billing, part, sizeof(part));
	return add_part(out, size, len, part);
}

int account_describe(const struct account *account, char *out, size_t size)
{
	const struct account_counts *counts = &account->counts;
	char part[512];
	int len;

	account->ops->describe(account->store, part, sizeof(part));
	len = snprintf(out, size,
		       "%s; %u requests open, %" PRIu64 " asked, %" PRIu64 " refused as busy, %" PRIu64
		       " past their deadline, %" PRIu64 " late answers dropped",
		       part, account->in_use, counts->requests, counts->busy, counts->expired, counts->dropped);
	notices_describe(account->notices, part, sizeof(part));
	len = add_part(out, size, len, part);
	return account->settings.billing ? describe_billing(account, out, size, len) : len;
}

struct store *account_store(const struct account *account)
{
	return account->store;
}

const struct account_counts *account_counts(const struct account *account)
{
	return &account->counts;
}

struct rate_ctr_group *account_counters(const struct account *account)
{
	return account->counters;
}
