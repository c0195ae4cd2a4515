/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Packs a call data record for the thread: the struct, then the waits, then its texts, each zero-terminated. */
#include <string.h>

#include "journal/journal_internal.h"

struct packed {
	uint32_t size;			/* with the texts; a multiple of the struct's alignment */
	struct cdr cdr;			/* its pointers mean nothing, except whether ref and waits_ms are NULL */
};

struct room {
	char *at, *end;
	bool full;
};

static void text_pack(struct room *room, const char *text)
{
	const size_t size = strlen(text) + 1;

	if ((size_t)(room->end - room->at) < size) {
		room->full = true;
		return;
	}
	memcpy(room->at, text, size);
	room->at += size;
}

size_t cdr_pack(const struct cdr *cdr, char *out, size_t size)
{
	struct packed *packed = (struct packed *)out;
	struct room room = { .at = out + sizeof(*packed), .end = out + size };
	const size_t waits = cdr->waits_ms ? cdr->path_count * sizeof(*cdr->waits_ms) : 0;
	size_t used;

	if (size < sizeof(*packed) + waits)
		return 0;
	packed->cdr = *cdr;
	if (waits)
		memcpy(room.at, cdr->waits_ms, waits);
	room.at += waits;
	text_pack(&room, cdr->channel);
	text_pack(&room, cdr->code);
	text_pack(&room, cdr->language);
	if (cdr->ref)
		text_pack(&room, cdr->ref);
	for (unsigned int i = 0; i < cdr->path_count; i++)
		text_pack(&room, cdr->path[i]);
	used = (room.at - out + _Alignof(struct packed) - 1) / _Alignof(struct packed) * _Alignof(struct packed);
	if (room.full || used > size)
		return 0;
	packed->size = (uint32_t)used;
	return used;
}

static const char *text_unpack(const char **at)
{
	const char *text = *at;

	*at += strlen(text) + 1;
	return text;
}

size_t cdr_unpack(const char *octets, struct cdr *cdr, const char *path[static CDR_PATH_MAX])
{
	const struct packed *packed = (const struct packed *)octets;
	const char *at = octets + sizeof(*packed);

	*cdr = packed->cdr;
	if (cdr->waits_ms) {
		cdr->waits_ms = (const uint32_t *)at;
		at += cdr->path_count * sizeof(*cdr->waits_ms);
	}
	cdr->channel = text_unpack(&at);
	cdr->code = text_unpack(&at);
	cdr->language = text_unpack(&at);
	if (cdr->ref)
		cdr->ref = text_unpack(&at);
	for (unsigned int i = 0; i < cdr->path_count; i++)
		path[i] = text_unpack(&at);
	cdr->path = path;
	return packed->size;
}
