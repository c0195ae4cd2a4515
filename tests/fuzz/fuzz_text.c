/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fuzz target: every decoder and cutter of src/text/ on hostile octets. */
#include "fuzz.h"

#include <string.h>

#include "starhash/text.h"

#define MOST 512	/* octets used of an input; a USSD string has 160 */

/* Decoded input is valid text, and costs as much as its encoding. */
static void check_decoded(const char *text, int len)
{
	static const struct text_budget everything = { .septets = UINT16_MAX, .units = UINT16_MAX };
	uint8_t octets[8 * MOST];
	struct text_cost cost;

	MUST(len >= 0 && text_valid(text, len));
	cost = text_cost(text, len);
	MUST(text_ucs2_encode(text, len, octets, sizeof(octets)) == (int)(2 * cost.units));
	MUST((text_ussd_pack(text, len, octets, sizeof(octets)) >= 0) == cost.gsm7);
	MUST(text_fit(text, len, everything) == (size_t)len);
}

static void check_decoders(const uint8_t *data, size_t size)
{
	char text[4 * MOST];
	int len = text_ussd_unpack(data, size, text, sizeof(text));

	check_decoded(text, len);
	MUST(text_cost(text, len).gsm7);
	check_decoded(text, text_ucs2_decode(data, size, text, sizeof(text)));
	text_ussd_unpack(data, size, text, size / 2);
	text_ucs2_decode(data, size, text, size / 2);
}

/* Cut into pages until the end or until one character alone does not fit. */
static void check_pages(const char *text, size_t len, struct text_budget budget)
{
	size_t skip, page;

	for (size_t at = 0; at < len; at += page + skip) {
		size_t fit = text_fit(text + at, len - at, budget);

		page = text_cut(text + at, len - at, budget, &skip);
		MUST(page <= fit && (page > 0) == (fit > 0) && page + skip <= len - at);
		MUST(text_fits(text_cost(text + at, page), budget));
		MUST(text_fits(text_cost(text + at, fit), budget));
		if (page == 0)
			break;
	}
}

static void check_input(const char *text, size_t len)
{
	char folded[MOST], again[MOST], changed[2 * MOST];
	size_t folded_len = text_fold_input(text, len, folded);
	size_t changed_len = text_transliterate(text, len, changed, sizeof(changed));

	MUST(folded_len <= len);
	MUST(!text_valid(text, len) || (text_valid(folded, folded_len) && text_valid(changed, changed_len)));
	MUST(text_transliterate(text, len, changed, len / 2) <= len / 2);
	folded_len = text_fold_keyword(text, len, folded);
	MUST(folded_len <= len && (!text_valid(text, len) || text_valid(folded, folded_len)));
	MUST(!text_valid(text, len) || (text_fold_keyword(folded, folded_len, again) == folded_len &&
					!memcmp(folded, again, folded_len)));
}

/* The first two octets choose the page. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text_budget budget;
	size_t len;

	if (size < 2)
		return 0;
	budget = (struct text_budget){ .septets = data[0], .units = data[1] };
	len = size - 2 < MOST ? size - 2 : MOST;
	check_decoders(data + 2, len);
	check_pages((const char *)data + 2, len, budget);
	check_input((const char *)data + 2, len);
	return 0;
}
