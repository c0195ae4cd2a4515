/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sessions: made, wiped, saved for another time or place. */
#include <errno.h>
#include <string.h>

#include "engine/step.h"

size_t session_size(const struct session *session)
{
	return offsetof(struct session, data) + session->used;
}

void session_init(struct session *session, const struct menu *menu, uint64_t id)
{
	memset(session, 0, offsetof(struct session, data));
	session->menu = menu_fingerprint(menu);
	session->id = id;
	session->page = menu->home;
}

bool session_resumable(const struct session *session)
{
	return session->flags & FLAG_RESUMABLE;
}

void session_wipe(struct session *session)
{
	explicit_bzero(session, session_size(session));
	session->state = SESSION_OVER;
}

void session_forget_secrets(const struct menu *menu, struct record *vars)
{
	uint16_t i;

	for (i = 0; i < menu->secrets_count; i++)
		record_drop(vars, menu->secrets[i]);
}

/* ---- save and load: host byte order, one site's nodes are alike ---- */

#define SAVED_VERSION 1

struct saved {
	uint8_t version;
	uint8_t language;
	uint8_t part;
	uint8_t depth;
	uint16_t page;
	uint16_t step;
	uint32_t menu;
	uint16_t used;
	uint16_t stack_pages[SESSION_STACK_MAX];
	uint8_t stack_parts[SESSION_STACK_MAX];
	uint64_t id;
} __attribute__((packed));

static void save_head(const struct session *session, struct saved *saved)
{
	uint8_t i;

	*saved = (struct saved){
		.version = SAVED_VERSION, .language = session->language, .part = session->part,
		.depth = session->depth, .page = session->page, .step = session->step,
		.menu = session->menu, .id = session->id,
	};
	for (i = 0; i < session->depth; i++) {
		saved->stack_pages[i] = session->stack[i].page;
		saved->stack_parts[i] = session->stack[i].part;
	}
}

int session_save(const struct session *session, const struct menu *menu, uint8_t *out, size_t size)
{
	struct record vars = { out + sizeof(struct saved), session->used, session->used };
	struct saved saved;

	if (!session_resumable(session))
		return -EINVAL;
	if (size < sizeof(saved) + session->used)
		return -ENOSPC;
	memcpy(vars.data, session->data, session->used);
	session_forget_secrets(menu, &vars);
	record_drop(&vars, VAR_PATH);
	save_head(session, &saved);
	saved.used = vars.len;
	memcpy(out, &saved, sizeof(saved));
	return sizeof(saved) + vars.len;
}

static bool saved_sound(const struct saved *saved, const struct menu *menu, size_t len)
{
	uint8_t i;

	if (saved->version != SAVED_VERSION || len != sizeof(*saved) + saved->used ||
	    saved->used > SESSION_DATA_MAX || saved->language >= menu->languages_count ||
	    saved->page >= menu->pages_count || saved->depth > SESSION_STACK_MAX)
		return false;
	for (i = 0; i < saved->depth; i++)
		if (saved->stack_pages[i] >= menu->pages_count)
			return false;
	return true;
}

static void load_head(struct session *session, const struct saved *saved)
{
	uint8_t i;

	session->state = SESSION_PARKED;
	session->flags = FLAG_RESUMABLE;
	session->language = saved->language;
	session->part = saved->part;
	session->depth = saved->depth;
	session->page = saved->page;
	session->step = saved->step;
	session->used = saved->used;
	for (i = 0; i < saved->depth; i++)
		session->stack[i] = (struct session_place){ saved->stack_pages[i], saved->stack_parts[i] };
}

int session_load(struct session *session, const struct menu *menu, const uint8_t *in, size_t len)
{
	struct saved saved;

	if (len < sizeof(saved))
		return -EINVAL;
	memcpy(&saved, in, sizeof(saved));
	if (saved.menu != menu_fingerprint(menu))
		return -ESTALE;
	if (!saved_sound(&saved, menu, len) || !record_check(in + sizeof(saved), saved.used))
		return -EINVAL;
	session_init(session, menu, saved.id);
	load_head(session, &saved);
	memcpy(session->data, in + sizeof(saved), saved.used);
	return 0;
}
