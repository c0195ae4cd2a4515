/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fuzz target: lines of an anchors' file that anybody may have changed. A line that was read can be written again, and is then the
 * same except for its seal, which is right if the key made it. */
#include "fuzz.h"

#include <string.h>

#include "starhash/consent.h"

static const uint8_t key[CONSENT_KEY_SIZE] = "the key of the fuzzer";

static void check_line(const char *line, size_t len)
{
	struct consent_anchor anchor, again;
	char own[CONSENT_ANCHOR_SIZE];
	size_t size;

	consent_anchor_sealed(key, line, len);
	if (!consent_anchor_parse(line, len, &anchor))
		return;
	MUST(anchor.id > 0 && anchor.time >= 0 && anchor.head.sequence > 0 && strlen(anchor.key) == CONSENT_KEY_ID_SIZE - 1);
	size = consent_anchor_print(key, &anchor, own);
	MUST(size == len + 1 && own[len] == '\n' && !memcmp(own, line, len - 32));
	MUST(consent_anchor_parse(own, len, &again) && !memcmp(&again, &anchor, sizeof(anchor)));
	MUST(consent_anchor_sealed(key, own, len));
	MUST(consent_anchor_sealed(key, line, len) == !memcmp(own, line, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;

	while (at < end) {
		const char *feed = memchr(at, '\n', (size_t)(end - at));

		check_line(at, (size_t)((feed ? feed : end) - at));
		at = feed ? feed + 1 : end;
	}
	return 0;
}
