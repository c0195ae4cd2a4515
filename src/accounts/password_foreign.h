/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Foreign password hashes: those of crypt(3), and argon2id without a key. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether the type of \a hash is among \a kinds, see password_verify(). */
bool foreign_accepted(const char *kinds, const char *hash);

/* As password_verify(). */
int foreign_verify(const char *kinds, const char *password, const char *hash);

/* 0, -EACCES: wrong, -ENOKEY: not such a hash, or too expensive, -ENOMEM. */
int argon2id_verify(const char *password, size_t len, const char *hash);
