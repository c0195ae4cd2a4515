/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Services that exclude each other (S3): one of them names the other. */
#include <string.h>

#include "account/order.h"

bool codes_name(const char *codes, const char *code)
{
	const size_t len = strlen(code);
	const char *at = codes;

	while (len && at && (at = strstr(at, code))) {
		if ((at == codes || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
		at += len;
	}
	return false;
}

bool services_exclude(const struct service *one, const struct service *other)
{
	return codes_name(one->excludes, other->code) || codes_name(other->excludes, one->code);
}
