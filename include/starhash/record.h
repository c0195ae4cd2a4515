/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A packed set of values, each under a small number: the form in which account data, answers and a session's
 * variables travel. Plain octets, no pointers inside: a record can be copied, kept and wiped as memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record {
	uint8_t *data;		/* the owner's memory */
	uint16_t len;		/* octets in use */
	uint16_t size;		/* octets there are */
};

struct value {
	bool is_text;
	int64_t number;		/* when not text */
	const char *text;	/* inside the record, not zero-terminated; valid until the record changes */
	uint16_t len;
};

/* Set a value, replacing one of the same \a id. Returns 0 or -ENOSPC (the record is then without that id). */
int record_put_number(struct record *record, uint16_t id, int64_t number);
int record_put_text(struct record *record, uint16_t id, const char *text, size_t len);

/* Set every value of \a from in \a to. Returns 0 or -ENOSPC. */
int record_merge(struct record *to, const struct record *from);

/* Append every value of \a from without looking for ids that \a to has already. 0 or -ENOSPC. */
int record_append(struct record *to, const struct record *from);

/* Add a value without looking for its id: quicker than putting, for a record being filled. 0 or -ENOSPC. */
int record_append_number(struct record *record, uint16_t id, int64_t number);
int record_append_text(struct record *record, uint16_t id, const char *text, size_t len);

bool record_get(const struct record *record, uint16_t id, struct value *value);
int64_t record_number(const struct record *record, uint16_t id, int64_t fallback);

/* Copy a text, zero-terminated and cut to \a size. Returns its full length; 0 and "" when there is none. */
size_t record_text(const struct record *record, uint16_t id, char *out, size_t size);

/* Remove a value, overwriting its octets. */
void record_drop(struct record *record, uint16_t id);

/* Overwrite everything and empty the record. */
void record_wipe(struct record *record);

/* Walk: *\a pos starts at 0. Returns false at the end. */
bool record_next(const struct record *record, uint16_t *pos, uint16_t *id, struct value *value);

/* Whether octets that came from outside are a well-formed record. */
bool record_check(const uint8_t *data, size_t len);

/* A sequence of records, such as the lines of a bill. */
struct rows {
	uint8_t *data;		/* the owner's memory */
	uint16_t len;
	uint16_t size;
	uint16_t count;
};

/* Append a copy. Returns 0 or -ENOSPC. */
int rows_add(struct rows *rows, const struct record *row);

/* Walk: *\a pos starts at 0; \a row becomes a read-only view into \a rows. Returns false at the end. */
bool rows_next(const struct rows *rows, uint16_t *pos, struct record *row);

/* The row of that index, from 0. Returns false when there are fewer. */
bool rows_at(const struct rows *rows, unsigned int index, struct record *row);

/* Whether octets that came from outside are a well-formed sequence; sets *\a count. */
bool rows_check(const uint8_t *data, size_t len, uint16_t *count);
