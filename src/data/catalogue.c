/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Looking a service up by its code. */
#include <string.h>

#include "starhash/catalogue.h"

const struct service *catalogue_find(const struct catalogue *catalogue, const char *code, size_t len)
{
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct service *service = &catalogue->services[i];

		if (strlen(service->code) == len && !memcmp(service->code, code, len))
			return service;
	}
	return NULL;
}
