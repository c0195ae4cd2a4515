/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fuzz target: USSD components of a hostile peer; a component that can be read is written again. */
#include "fuzz.h"

#include <string.h>

#include "channel/gsup/ussd_codec.h"
#include "starhash/text.h"

#define TEXT_MAX 640	/* 160 octets of any alphabet as UTF-8 */

/* A text that was read can be written and read back; but a CR at the end may become two, 23.038 clause 6.1.2.3.1. */
static void check_text(const struct ussd_component *component, const char *text, size_t len)
{
	struct ussd_envelope envelope = { USSD_RESULT, USSD_PROCESS_REQUEST, component->invoke_id, USSD_STRING_MAX };
	uint8_t octets[USSD_COMPONENT_MAX];
	char again[TEXT_MAX];
	struct ussd_component found;
	size_t pos = 0;
	int n = ussd_write(&envelope, text, len, octets, sizeof(octets));

	if (n < 0) {
		MUST(!text_fits(text_cost(text, len), text_budget_ussd(USSD_STRING_MAX)));
		return;
	}
	MUST(ussd_read(octets, n, &pos, &found) == 1 && pos == (size_t)n);
	MUST(found.invoke_id == component->invoke_id);
	n = ussd_text(&found, again, sizeof(again));
	MUST(n == (int)len || (n == (int)len + 1 && text[len - 1] == '\r'));
	MUST(memcmp(again, text, len) == 0);
}

static void check_component(const uint8_t *data, size_t size, const struct ussd_component *component)
{
	char text[TEXT_MAX];
	int len;

	MUST(component->string_len <= USSD_STRING_MAX);
	if (component->string_len)
		MUST(component->string >= data && component->string + component->string_len <= data + size);
	len = ussd_text(component, text, sizeof(text));
	MUST(len <= TEXT_MAX && (len >= 0 || component->alphabet == USSD_UNKNOWN));
	if (len > 0 && component->alphabet != USSD_IA5)
		check_text(component, text, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ussd_component component;
	size_t pos = 0, before;
	int rc;

	do {
		before = pos;
		rc = ussd_read(data, size, &pos, &component);
		MUST(pos <= size && (rc == 0 || pos > before));
		if (rc > 0)
			check_component(data, size, &component);
	} while (rc != 0);
	return 0;
}
