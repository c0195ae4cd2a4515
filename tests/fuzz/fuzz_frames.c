/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fuzz target: a hostile stream of IPA frames gives the same frames however it is split. */
#include "fuzz.h"

#include <errno.h>

#include "channel/gsup/ipa_frame.h"

#define FNV_PRIME 1099511628211u

/* Read all complete frames. Returns octets used; \a sum becomes a checksum of the frames. */
static size_t frames_read(const uint8_t *data, size_t size, uint64_t *sum, int *verdict)
{
	struct ipa_frame frame;
	size_t used = 0;

	while ((*verdict = ipa_frame_read(data + used, size - used, &frame)) != 0 && *verdict != -EBADMSG) {
		if (*verdict == -ENOMSG) {
			used += IPA_FRAME_HEAD;
			continue;
		}
		MUST(*verdict > IPA_FRAME_HEAD && frame.data + frame.len == data + used + *verdict);
		used += *verdict;
		for (size_t i = 0; i < frame.len; i++)
			*sum = (*sum ^ frame.data[i]) * FNV_PRIME;
		*sum = (*sum ^ frame.stream ^ (uint64_t)frame.type << 8 ^ frame.len << 16) * FNV_PRIME;
	}
	MUST(used <= size);
	return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole = 1, parts = 1;
	int verdict, verdict_parts;
	size_t used = frames_read(data, size, &whole, &verdict), cut = size / 2, first;

	first = frames_read(data, cut, &parts, &verdict_parts);
	if (verdict_parts != -EBADMSG)
		first += frames_read(data + first, size - first, &parts, &verdict_parts);
	MUST(first == used && parts == whole && verdict == verdict_parts);
	return 0;
}
