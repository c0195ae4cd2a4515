/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sessions: creation, wiping, saving and loading. */
#include <errno.h>
#include <string.h>

#include "engine/step.h"
#include "starhash/notification.h"

#define ASKED_MAX 512		/* octets: more than a notification's facts have */

size_t session_packed_size(const struct session *session)
{
	return SESSION_HEAD + session->depth * sizeof(session->stack[0]) + session->used;
}

void session_pack(const struct session *session, void *packed)
{
	const size_t depth = session->depth * sizeof(session->stack[0]);

	memcpy(packed, session, SESSION_HEAD + depth);
	memcpy((uint8_t *)packed + SESSION_HEAD + depth, session->data, session->used);
}

void session_unpack(const void *packed, struct session *session)
{
	const struct session *head = packed;
	const size_t depth = head->depth * sizeof(head->stack[0]);

	memcpy(session, packed, SESSION_HEAD + depth);
	memcpy(session->data, (const uint8_t *)packed + SESSION_HEAD + depth, head->used);
}

void session_init(struct session *session, const struct menu *menu)
{
	memset(session, 0, offsetof(struct session, data));
	session->menu = menu_fingerprint(menu);
	session->page = menu->home;
}

bool session_resumable(const struct session *session)
{
	return session->flags & FLAG_RESUMABLE;
}

void session_wipe(struct session *session)
{
	explicit_bzero(session->data, session->used);
}

void session_forget_secrets(const struct menu *menu, struct record *vars)
{
	uint16_t i;

	for (i = 0; i < menu->secrets_count; i++)
		record_drop(vars, menu->secrets[i]);
}

/* ---- another menu ---- */

/* Whether it is text that a page may show. */
static bool text_sound(const struct value *value)
{
	return !value->is_text || (text_valid(value->text, value->len) && !memchr(value->text, '\0', value->len));
}

/* S6: facts of the question on the screen, in one variable, since no other page may use them. Without a deadline it was answered. */
static void take_asked(struct session *session, const struct record *before)
{
	const struct notification_kind *kind =
		notification_kind_find(NOTIFICATION_ORDER_REQUESTED, strlen(NOTIFICATION_ORDER_REQUESTED));
	struct record vars = { .data = session->data, .len = session->used, .size = SESSION_DATA_MAX };
	const int64_t deadline = record_number(before, VAR_DEADLINE, 0);
	uint8_t octets[ASKED_MAX];
	struct record asked = { .data = octets, .size = sizeof(octets) };
	struct value value;

	if (!deadline || !record_get(before, FIELD_PROPOSAL, &value))
		return;
	for (size_t i = 0; i < NOTIFICATION_FACTS_MAX && kind->facts[i]; i++)
		if (record_get(before, kind->facts[i], &value) && text_sound(&value) &&
		    (value.is_text ? record_append_text(&asked, kind->facts[i], value.text, value.len) :
				     record_append_number(&asked, kind->facts[i], value.number)))
			return;
	record_put_number(&asked, FIELD_CONFIRM_UNTIL, deadline);
	record_put_text(&vars, VAR_ASKED, (const char *)asked.data, asked.len);
	session->used = vars.len;
}

void session_replace(struct session *session, const struct menu *menu, const struct session *before)
{
	const struct record vars = { .data = (uint8_t *)before->data, .len = before->used, .size = before->used };

	session_init(session, menu);
	take_asked(session, &vars);
}

/* ---- save ----
 *
 * The account's facts and the rows of a list are fetched again when a session is resumed, so they are not saved, except for a mark of each
 * row that was shown: a number typed later means the row that it meant then (F22).
 * Host byte order: all nodes of a site are alike. */

#define SAVED_VERSION 5

/* Followed by the places of the stack, then a record. */
struct saved {
	uint8_t version;
	uint8_t language;
	uint8_t part;
	uint8_t depth;
	uint8_t wrong;
	uint16_t page;
	uint16_t used;
	uint32_t menu;
} __attribute__((packed));

struct saved_place {
	uint16_t page;
	uint8_t part;
} __attribute__((packed));

uint32_t session_row_mark(const struct record *row)
{
	uint32_t hash = 2166136261u;
	uint16_t i;

	for (i = 0; i < row->len; i++)
		hash = (hash ^ row->data[i]) * 16777619u;	/* FNV-1a */
	return hash;
}

static bool is_saved(const struct menu *menu, uint16_t var)
{
	if (var == VAR_DEADLINE || var == VAR_CHOSEN || var == VAR_ORDER_REF || var == FIELD_REF || var == VAR_CODE ||
	    var == VAR_WRONG_CODES)
		return true;
	if (var < FIELD_COUNT)
		return field_info(var)->origin != FIELD_OF_ACCOUNT && !menu_is_secret(menu, var);
	return var < VAR_ROWS && !menu_is_secret(menu, var);
}

static int save_marks(const struct menu *menu, const struct page *page, const struct value *packed, struct record *saved)
{
	struct shown_row shown[RESPONSE_ROWS_MAX / 2];		/* a row has a header of two octets */
	const struct rows rows = { .data = (uint8_t *)packed->text, .len = packed->len };
	struct row_keys keys = {};
	struct record row;
	uint16_t pos = 0;
	size_t count = 0;

	while (count < sizeof(shown) / sizeof(shown[0]) && rows_next(&rows, &pos, &row)) {
		shown[count].number = row_key(menu, page, &row, &keys);
		shown[count++].mark = session_row_mark(&row);
	}
	return record_append_text(saved, VAR_SHOWN, (const char *)shown, count * sizeof(shown[0]));
}

static int save_vars(const struct session *session, const struct menu *menu, struct record *saved)
{
	const struct record vars = { (uint8_t *)session->data, session->used, session->used };
	struct value value;
	uint16_t pos = 0, var;
	int rc = 0;

	while (!rc && record_next(&vars, &pos, &var, &value)) {
		if (var == VAR_ROWS && menu->pages[session->page].list_page != PAGE_NONE)
			rc = save_marks(menu, &menu->pages[session->page], &value, saved);
		else if (is_saved(menu, var))
			rc = value.is_text ? record_append_text(saved, var, value.text, value.len)
					   : record_append_number(saved, var, value.number);
	}
	return rc;
}

bool session_yields(const struct session *session, const struct menu *menu, uint32_t *within_s)
{
	const struct page *page = &menu->pages[session->page];

	*within_s = page->within_s;
	return !page->action;
}

int session_save(const struct session *session, const struct menu *menu, uint8_t *out, size_t size)
{
	struct saved saved = { SAVED_VERSION, session->language, session->part, session->depth,
			       session->wrong, session->page, 0, session->menu };
	const size_t head = sizeof(saved) + session->depth * sizeof(struct saved_place);
	struct record vars;
	uint8_t i;

	if (!session_resumable(session))
		return -EINVAL;
	if (size < head)
		return -ENOSPC;
	size -= head;
	for (i = 0; i < session->depth; i++) {
		const struct saved_place place = { session->stack[i].page, session->stack[i].part };

		memcpy(out + sizeof(saved) + i * sizeof(place), &place, sizeof(place));
	}
	vars = (struct record){ out + head, 0, size < UINT16_MAX ? size : UINT16_MAX };
	if (save_vars(session, menu, &vars))
		return -ENOSPC;
	saved.used = vars.len;
	memcpy(out, &saved, sizeof(saved));
	return head + vars.len;
}

/* ---- load ---- */

/* Of any menu. */
static bool saved_sound(const struct saved *saved, size_t len)
{
	return saved->version == SAVED_VERSION && saved->depth <= SESSION_STACK_MAX &&
	       len == sizeof(*saved) + saved->depth * sizeof(struct saved_place) + saved->used && saved->used <= SESSION_DATA_MAX;
}

static bool place_sound(const struct saved *saved, const struct menu *menu)
{
	return saved->language < menu->languages_count && saved->page < menu->pages_count &&
	       page_resumable(&menu->pages[saved->page]);
}

static bool load_places(struct session *session, const struct menu *menu, const uint8_t *in)
{
	struct saved_place place;
	uint8_t i;

	for (i = 0; i < session->depth; i++) {
		memcpy(&place, in + i * sizeof(place), sizeof(place));
		if (place.page >= menu->pages_count)
			return false;
		session->stack[i] = (struct session_place){ place.page, place.part };
	}
	return true;
}

static bool chosen_sound(const struct value *value)
{
	struct rows rows = { .data = (uint8_t *)value->text, .len = value->len, .size = value->len };
	struct value column;
	struct record row;
	uint16_t pos = 0, at, id;

	if (!value->is_text || !rows_check(rows.data, rows.len, &rows.count))
		return false;
	while (rows_next(&rows, &pos, &row)) {
		for (at = 0; record_next(&row, &at, &id, &column);) {
			if (!text_sound(&column))
				return false;
		}
	}
	return true;
}

/* Accept only values that session_save() writes: no account facts, and no claim that a one-time code was returned (A21). */
static bool vars_sound(const struct menu *menu, const uint8_t *octets, uint16_t len)
{
	const struct record vars = { .data = (uint8_t *)octets, .len = len, .size = len };
	struct value value;
	uint16_t pos = 0, var;

	while (record_next(&vars, &pos, &var, &value)) {
		if (var == VAR_SHOWN || var == VAR_CODE ? !value.is_text : var == VAR_CHOSEN ? !chosen_sound(&value) :
		    !is_saved(menu, var) || !text_sound(&value))
			return false;
	}
	return true;
}

/* A page may show it, as "confirm_until". */
static void put_deadline(struct session *session)
{
	struct record vars = { .data = session->data, .len = session->used, .size = SESSION_DATA_MAX };
	const int64_t deadline = record_number(&vars, VAR_DEADLINE, 0);

	if (deadline)
		record_put_number(&vars, FIELD_CONFIRM_UNTIL, deadline);
	session->used = vars.len;
}

int session_load(struct session *session, const struct menu *menu, const uint8_t *in, size_t len)
{
	const uint8_t *vars = in + len;
	struct saved saved;
	bool sound;

	session_init(session, menu);
	if (len < sizeof(saved))
		return -EINVAL;
	memcpy(&saved, in, sizeof(saved));
	sound = saved_sound(&saved, len) && record_check(vars - saved.used, saved.used);
	if (saved.menu != menu_fingerprint(menu)) {
		if (sound)
			take_asked(session, &(struct record){ (uint8_t *)vars - saved.used, saved.used, saved.used });
		return -ESTALE;
	}
	vars -= saved.used;
	if (!sound || !place_sound(&saved, menu) || !vars_sound(menu, vars, saved.used))
		return -EINVAL;
	session->state = SESSION_PARKED;
	session->flags = FLAG_RESUMABLE;
	session->language = saved.language;
	session->part = saved.part;
	session->depth = saved.depth;
	session->wrong = saved.wrong;
	session->page = saved.page;
	session->used = saved.used;
	memcpy(session->data, vars, saved.used);
	if (load_places(session, menu, in + sizeof(saved))) {
		put_deadline(session);
		return 0;
	}
	session_init(session, menu);
	return -EINVAL;
}
