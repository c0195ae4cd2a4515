/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Text to and from a phone: its cost in GSM-7 or UCS-2, where to split it, how to encode it.
 *
 * Inside Starhash every text is UTF-8. Nothing here allocates. Lengths are octets of UTF-8 unless a name says
 * septets (GSM-7 code positions, an extension character counting two) or units (16-bit code units of UCS-2,
 * a surrogate pair counting two). Sources: 3GPP TS 23.038 (alphabets, packing), 22.090 and 24.090 (USSD). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum text_alphabet {
	TEXT_GSM7,		/* default alphabet and its extension table, 23.038 clause 6.2.1 */
	TEXT_UCS2,		/* UTF-16 big-endian, 23.038 clause 6.2.3 */
};

/* The capacity of one page of a channel. */
struct text_budget {
	uint16_t septets;	/* when the page is GSM-7; 0: it is UCS-2 even if the text is in GSM-7 */
	uint16_t units;		/* when the page is UCS-2; 0: the channel cannot carry UCS-2 */
};

/* The capacity of a link: for a page that waits for an answer, and for a last page. They differ where the network's messages differ. */
struct text_limits {
	struct text_budget ask;
	struct text_budget end;
};

/* The budget of a USSD string of \a octets (160 by 3GPP TS 29.002; less on some links): 160 gives 182 and 80. */
struct text_budget text_budget_ussd(unsigned int octets);

/* The cost of a text in both alphabets. */
struct text_cost {
	uint32_t septets;	/* meaningless unless gsm7 */
	uint32_t units;
	bool gsm7;		/* every character is in the GSM-7 default alphabet or extension table */
	uint32_t others;	/* characters that are not */
};

/* The cost of \a len octets at \a text. An invalid octet counts as U+FFFD. */
struct text_cost text_cost(const char *text, size_t len);

/* The cost of two texts, one after the other. */
static inline struct text_cost text_cost_add(struct text_cost a, struct text_cost b)
{
	return (struct text_cost){ a.septets + b.septets, a.units + b.units, a.gsm7 && b.gsm7, a.others + b.others };
}

/* The short messages that a text of this cost needs: 160 septets or 70 units, or, if there are several, 153 or 67 in each (3GPP TS 23.040
 * clause 9.2.3.24.1, with a header of 6 octets). */
unsigned int text_sms_parts(struct text_cost cost);

/* Whether the cost is within the budget of the alphabet in which the text would be sent. */
bool text_fits(struct text_cost cost, struct text_budget budget);

/* Read one character and advance *\a pos; U+FFFD (and one octet) for invalid UTF-8. Requires *\a pos < \a end. */
uint32_t text_next(const char **pos, const char *end);

/* A control character of ASCII, DEL, or one of U+0080 to U+009F: terminals and phones act on it. */
static inline bool text_is_control(uint32_t codepoint)
{
	return codepoint < ' ' || (codepoint >= 0x7f && codepoint < 0xa0);
}

/* Write \a codepoint as UTF-8 into \a out (room for 4). Returns the octets written. */
size_t text_put(uint32_t codepoint, char *out);

bool text_valid(const char *text, size_t len);

/* The longest prefix of \a text that fits \a budget, in octets, never splitting a character, an escape or a surrogate pair. It may be
 * GSM-7 even if the rest is not. 0 only when not even one character fits. */
size_t text_fit(const char *text, size_t len, struct text_budget budget);

/* As text_fit(), but prefers to end after a line, else after a word, if at least half of what fits remains; scripts without spaces are
 * split between characters. White space at the split belongs to neither page: skip *\a skip octets after the returned length. */
size_t text_cut(const char *text, size_t len, struct text_budget budget, size_t *skip);

/* The octets of white space at the start of a text. */
size_t text_spaces(const char *text, size_t len);

/* A text that may be longer than one page, and the hint line below each page. Footers begin with their own line break; "" is none. */
struct text_flow {
	const char *body;
	size_t body_len;
	const char *more;		/* footer of every screen but the last */
	size_t more_len;
	const char *last;		/* footer of the last screen */
	size_t last_len;
	struct text_budget more_budget;	/* of every screen but the last */
	struct text_budget last_budget;
	bool tight;			/* fill each screen to its last character: fewer screens, but words are split */
};

struct text_screen {
	unsigned int part;		/* from 0 */
	size_t from, len;		/* of the body */
	bool last;
};

/* Screen \a part of a flow, or the first if there are fewer. False when nothing fits at all. */
bool text_screen(const struct text_flow *flow, unsigned int part, struct text_screen *screen);

/* The same, and how many screens the flow needs; 0 when nothing fits at all. \a screen may be NULL. */
unsigned int text_screens(const struct text_flow *flow, unsigned int part, struct text_screen *screen);

/* Replace characters outside GSM-7 by the nearest inside (ç to Ç's base letter, “ to ", … to ...); characters without an equivalent stay.
 * Returns the length, at most \a size; a character that does not fit completely is left out. */
size_t text_transliterate(const char *text, size_t len, char *out, size_t size);

/* Normalize input: full-width forms and Arabic-Indic, Persian and Devanagari digits become ASCII, surrounding white space and direction
 * marks are removed. Returns the length, at most \a len; \a out may be \a text. */
size_t text_fold_input(const char *text, size_t len, char *out);

/* F24: replace digits that look like a password (six) or like the number of a card or an identity (14 and more, also in groups) by
 * asterisks, in any script. Returns the length, at most \a len. */
size_t text_mask_secrets(char *text, size_t len);

/* Encode as a packed GSM-7 USSD string, with the CR padding of 23.038 clause 6.1.2.3.1. Returns octets, or
 * -EILSEQ when a character is not in the alphabet, -ENOSPC when \a size is too small. */
int text_ussd_pack(const char *text, size_t len, uint8_t *out, size_t size);

/* Decode a packed GSM-7 USSD string; a CR that only pads is dropped, unknown extension characters come out as the
 * plain character of the same position (23.038 clause 6.2.1.1). Returns octets of UTF-8, or -ENOSPC. */
int text_ussd_unpack(const uint8_t *in, size_t octets, char *out, size_t size);

/* UTF-8 to and from UTF-16 big-endian. Return octets, or -ENOSPC. A lone surrogate or an odd octet at the end
 * becomes U+FFFD. */
int text_ucs2_encode(const char *text, size_t len, uint8_t *out, size_t size);
int text_ucs2_decode(const uint8_t *in, size_t octets, char *out, size_t size);

/* The form in which keywords of menus and messages are compared: text_fold_input(), then upper case (Latin and Greek without accents,
 * Cyrillic), Arabic letters in their plainest form (alef without hamza, no vowel signs, no tatweel, U+0629 as U+0647 and U+0649 as
 * U+064A), digits of every script and Chinese and Arabic punctuation as ASCII, white space as one space (one line break if it contains
 * one), invisible marks removed, and punctuation, quotes and emoji around the whole removed. Idempotent. Returns the length, at most
 * \a len; \a out may be \a text. */
size_t text_fold_keyword(const char *text, size_t len, char *out);

struct text_span {
	size_t from, len;
};

#define TEXT_SEPARATORS " #*,;:/-\n"

/* Split at white space and at any of \a separators (ASCII; their full-width, Chinese and Arabic forms count, too); drop quotes, brackets,
 * full stops and emoji around each word, and words of nothing else. \a text may be unfolded, to get arguments as typed. Returns the
 * number of words, at most \a most; the last of \a most words holds all the rest. */
size_t text_words(const char *text, size_t len, const char *separators, struct text_span *words, size_t most);

/* Edit distance of \a a and \a b in changed, added, dropped or transposed characters: 0, 1, 2, or 3 for more and for words of more than
 * 32 characters. */
#define TEXT_FAR 3
unsigned int text_distance(const char *a, size_t a_len, const char *b, size_t b_len);

/* The candidate nearest to a mistyped name. Begin with zeroes. */
struct text_nearest {
	const char *best;	/* of the candidates; NULL: none is near */
	size_t len;
	unsigned int distance;
};

/* Consider a candidate. Capitals and hyphens count like small letters and underscores. The longer \a name, the more mistakes it may have:
 * none below three octets, one below six, else two. */
void text_nearest_try(struct text_nearest *nearest, const char *name, const char *candidate, size_t len);

/* The same for each word in a list with blanks between them. */
void text_nearest_try_words(struct text_nearest *nearest, const char *name, const char *words);
