/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records in BLOB columns. */
#include <string.h>

#include "store/sql/blobs.h"

/* These ids are stored in databases: never renumber them, and never reuse the missing ones. */
enum {
	BLOB_SHORT_CODE = 1004,
	BLOB_UNTIL = 1006,
	BLOB_ORDER = 1009,
	BLOB_NOTIFICATION = 1014,
	BLOB_LATE = 1018,
	BLOB_TEXT = 1023,
	BLOB_CHANNEL = 1024,
	BLOB_REFERENCE = 1025,
};

static struct record record_in(const uint8_t *octets, size_t len)
{
	const bool fine = octets && len <= UINT16_MAX && record_check(octets, len);

	return (struct record){ .data = (uint8_t *)octets, .len = fine ? (uint16_t)len : 0, .size = fine ? (uint16_t)len : 0 };
}

struct record answer_encode(const struct response *response, uint8_t *octets)
{
	struct record blob = { .data = octets, .size = ANSWER_BLOB_SIZE };

	record_append(&blob, &response->facts);
	if (response->order)
		record_append_number(&blob, BLOB_ORDER, response->order);
	if (response->notification)
		record_append_number(&blob, BLOB_NOTIFICATION, response->notification);
	return blob;
}

void answer_decode(const uint8_t *octets, size_t len, struct response *response)
{
	const struct record blob = record_in(octets, len);
	struct value value;
	uint16_t at = 0, id;

	response->facts.len = 0;
	while (record_next(&blob, &at, &id, &value)) {
		if (id == BLOB_ORDER)
			response->order = value.number;
		else if (id == BLOB_NOTIFICATION)
			response->notification = value.number;
		else if (value.is_text)
			record_append_text(&response->facts, id, value.text, value.len);
		else
			record_append_number(&response->facts, id, value.number);
	}
}

/* A notification has facts or a message. A text for an expired question (BLOB_LATE) and an incoming text (BLOB_TEXT) have different ids. */
struct record notification_encode(const struct notification *notification, uint8_t *octets)
{
	const struct message *message = &notification->message;
	struct record blob = { .data = octets, .size = NOTIFICATION_BLOB_SIZE };

	if (!message->short_code[0])
		return notification->facts;
	record_append_text(&blob, BLOB_SHORT_CODE, message->short_code, strlen(message->short_code));
	if (message->channel[0]) {
		record_append_text(&blob, BLOB_CHANNEL, message->channel, strlen(message->channel));
		record_append_number(&blob, BLOB_UNTIL, message->until);
		record_append_number(&blob, BLOB_REFERENCE, message->reference);
	}
	if (message->text)
		record_append_text(&blob, message->channel[0] ? BLOB_TEXT : BLOB_LATE, message->text, message->len);
	return blob;
}

void notification_decode(const uint8_t *octets, size_t len, struct due_notification *notification)
{
	const struct record blob = record_in(octets, len);
	struct message *message = &notification->message;
	struct value text;

	*message = (struct message){
		.until = record_number(&blob, BLOB_UNTIL, 0), .reference = (uint32_t)record_number(&blob, BLOB_REFERENCE, 0),
	};
	if (!record_text(&blob, BLOB_SHORT_CODE, message->short_code, sizeof(message->short_code))) {
		notification->facts = blob;
		return;
	}
	record_text(&blob, BLOB_CHANNEL, message->channel, sizeof(message->channel));
	if ((record_get(&blob, BLOB_TEXT, &text) || record_get(&blob, BLOB_LATE, &text)) && text.is_text) {
		message->text = text.text;
		message->len = text.len;
	}
}
