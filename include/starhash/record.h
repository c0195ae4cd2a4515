/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A packed set of values, each with a numeric id: the format of account data, answers and a session's variables. Plain octets without
 * pointers: a record can be copied, stored and wiped as memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record {
	uint8_t *data;		/* the owner's memory */
	uint16_t len;		/* octets in use */
	uint16_t size;		/* capacity in octets */
};

struct value {
	bool is_text;
	int64_t number;		/* unless is_text */
	const char *text;	/* inside the record, not zero-terminated; valid until the record changes */
	uint16_t len;
};

/* Set a value, replacing any with the same \a id. Returns 0 or -ENOSPC (the record then lacks that id). */
int record_put_number(struct record *record, uint16_t id, int64_t number);
int record_put_text(struct record *record, uint16_t id, const char *text, size_t len);
int record_put(struct record *record, uint16_t id, const struct value *value);

/* Set one value of \a from in \a to, if there is room. Returns whether \a from has it. */
bool record_copy(struct record *to, const struct record *from, uint16_t id);

/* Set every value of \a from in \a to. Returns 0 or -ENOSPC. */
int record_merge(struct record *to, const struct record *from);

/* Append every value of \a from without checking for ids already in \a to. 0 or -ENOSPC. */
int record_append(struct record *to, const struct record *from);

/* The same without values whose id is below \a count and marked in \a unwanted. */
int record_append_without(struct record *to, const struct record *from, const bool *unwanted, uint16_t count);

/* Append a value without checking for its id: faster than record_put_…(), for filling a new record. 0 or -ENOSPC. */
int record_append_number(struct record *record, uint16_t id, int64_t number);
int record_append_text(struct record *record, uint16_t id, const char *text, size_t len);

bool record_get(const struct record *record, uint16_t id, struct value *value);
int64_t record_number(const struct record *record, uint16_t id, int64_t fallback);

/* Whether a value is exactly that text. */
bool record_is(const struct record *record, uint16_t id, const char *text);

/* Copy a text, zero-terminated and truncated to \a size. Returns its full length; 0 and "" when it is absent. */
size_t record_text(const struct record *record, uint16_t id, char *out, size_t size);

/* Remove a value, overwriting its octets. */
void record_drop(struct record *record, uint16_t id);

/* Overwrite everything and empty the record. */
void record_wipe(struct record *record);

/* Iterate: *\a pos starts at 0. Returns false at the end. */
bool record_next(const struct record *record, uint16_t *pos, uint16_t *id, struct value *value);

/* Whether untrusted octets are a well-formed record. */
bool record_check(const uint8_t *data, size_t len);

/* A sequence of records, such as the charges of a bill. */
struct rows {
	uint8_t *data;		/* the owner's memory */
	uint16_t len;
	uint16_t size;
	uint16_t count;
};

/* Append a copy. Returns 0 or -ENOSPC. */
int rows_add(struct rows *rows, const struct record *row);

/* Iterate: *\a pos starts at 0; \a row becomes a read-only view into \a rows. Returns false at the end. */
bool rows_next(const struct rows *rows, uint16_t *pos, struct record *row);

/* The row with that index, from 0. Returns false when there are fewer. */
bool rows_at(const struct rows *rows, unsigned int index, struct record *row);

/* Whether untrusted octets are a well-formed sequence; sets *\a count. */
bool rows_check(const uint8_t *data, size_t len, uint16_t *count);
