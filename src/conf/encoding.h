/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The encoding of a text that is not UTF-8. */
#pragma once

#include <stddef.h>

/* A guess, as iconv(1) names it, from the octets and the file's language: "texts.ar.cfg" is Arabic. NULL: the text is UTF-8 with a few
 * broken characters. */
const char *encoding_guess(const char *path, const char *text, size_t len);
