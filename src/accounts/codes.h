/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* F34: one-time codes for requests that a link alone is not trusted with. */
#pragma once

#include "starhash/accounts.h"

struct code_key;

/* 0, or -errno after logging why. Without a key file only this process can verify its codes. */
int code_key_new(const struct accounts_settings *settings, struct code_key **key);
void code_key_free(struct code_key *key);	/* NULL is fine */

void code_make(const struct code_key *key, const struct subscriber *owner, char code[static CONFIRM_CODE_SIZE],
	       uint8_t digest[static CONFIRM_DIGEST_SIZE]);
void code_digest(const struct code_key *key, const struct subscriber *owner, const char *code, size_t len,
		 uint8_t digest[static CONFIRM_DIGEST_SIZE]);
bool code_right(const struct code_key *key, const struct subscriber *owner, const uint8_t digest[static CONFIRM_DIGEST_SIZE],
		const char *code, size_t len);
