/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Chooses the alphabet and the parts of a text to send. */
#include <errno.h>

#include "channel/smpp/sms/header.h"
#include "channel/smpp/sms/language.h"
#include "text/diacritic.h"
#include "text/utf8.h"
#include "text/word.h"

/* Measures a text in one encoding. */
struct ruler {
	const struct alphabet_index *index;	/* national tables; NULL: the default alphabet or UCS-2 */
	enum sms_coding coding;
	bool lossy;
	bool tight;				/* cut anywhere between code points */
};

struct room {
	unsigned int units;			/* septets or 16-bit units on the phone */
	unsigned int octets;			/* on the link */
};

/* Whether a link coding for data_coding 0 has the character, regardless of the phone's alphabet. */
static bool carries(enum sms_coding coding, uint32_t c)
{
	return c < 0x80 || (coding == SMS_LATIN1 ? c < 0x100 : coding != SMS_ASCII);
}

/* The width of a character; 0: it cannot be sent in this encoding. */
static inline unsigned int width_of(const struct ruler *ruler, uint32_t c)
{
	unsigned int code;

	if (ruler->coding == SMS_UCS2)
		return c > 0xffff ? 2 : 1;
	if (ruler->index) {
		code = alphabet_code(ruler->index, c);
		return code == 0 ? 0 : code & ALPHABET_PLAIN ? 1 : 2;
	}
	code = gsm7_code(c);
	if (code == 0)
		return 0;
	if (!carries(ruler->coding, c))
		return ruler->lossy;
	return gsm7_width(code);
}

/* One part being filled. */
struct filling {
	const char *pos;
	unsigned int units, octets;
	const char *seam;		/* last start of a character as readers see it; NULL: none yet */
	const char *word;		/* last start of a word after the first character; NULL: none yet */
	uint32_t before;		/* the character before pos; 0: none in this part */
	bool joined;
};

/* Add one character. Returns 1: added, 0: no room, -EILSEQ. */
static inline int fill_char(struct filling *filling, const struct ruler *ruler, struct room room, const char *end)
{
	const char *from = filling->pos;
	uint32_t c = utf8_next(&filling->pos, end);
	unsigned int width = width_of(ruler, c);

	if (width == 0)
		return -EILSEQ;
	if (c >= 0x300 && (filling->joined || is_diacritic(c)))
		filling->joined = c == DIACRITIC_ZWJ;
	else
		filling->seam = from;
	if (filling->seam == from && filling->before && begins_word(filling->before, c))
		filling->word = from;
	filling->before = c;
	filling->units += width;
	filling->octets += ruler->coding == SMS_UTF8 ? (unsigned int)(filling->pos - from) : 0;
	if (filling->units <= room.units && filling->octets <= room.octets)
		return 1;
	filling->pos = from;
	return 0;
}

/* The end of the part that starts at \a pos; NULL when a character cannot be sent in this encoding. \a word: where a word begins at this
 * end or before it; NULL: nowhere, or the part has all the rest. */
static const char *part_end(const struct ruler *ruler, struct room room, const char *pos, const char *end, const char **word)
{
	struct filling filling = { .pos = pos };

	*word = NULL;
	while (filling.pos < end) {
		int rc = fill_char(&filling, ruler, room, end);

		if (rc < 0)
			return NULL;
		if (rc == 0) {
			*word = filling.word;
			return !ruler->tight && filling.seam > pos ? filling.seam : filling.pos;
		}
	}
	return filling.pos;
}

/* Split the text after the first \a count parts into more parts. Returns the number of all, or SMS_PARTS + 1 when it exceeds \a most or
 * is impossible. */
static unsigned int fill_parts(struct sms_segmentation *segments, const struct ruler *ruler, struct room room,
			       size_t len, unsigned int count, unsigned int most)
{
	const char *pos = segments->text + (count ? segments->ends[count - 1] : 0), *end = segments->text + len;

	do {
		const char *word, *next = part_end(ruler, room, pos, end, &word);

		if (!next || count == most || (next == pos && pos < end))
			return SMS_PARTS + 1;
		pos = next;
		segments->ends[count++] = (uint32_t)(pos - segments->text);
	} while (pos < end);
	return count;
}

/* Let each part end before a word, if the rest then needs no further part. */
static void prefer_words(struct sms_segmentation *segments, const struct ruler *ruler, struct room room, size_t len,
			 unsigned int total)
{
	const char *pos = segments->text, *word;

	for (unsigned int i = 0; i + 1 < total; i++) {
		struct sms_segmentation tried = *segments;

		part_end(ruler, room, pos, segments->text + len, &word);
		if (word) {
			tried.ends[i] = (uint32_t)(word - segments->text);
			if (fill_parts(&tried, ruler, room, len, i + 1, total) == total)
				*segments = tried;
		}
		pos = segments->text + segments->ends[i];
	}
}

static struct room room_of(const struct sms_segmentation *segments, unsigned int total)
{
	unsigned int header = header_size(segments, total), octets = SMS_MESSAGE - header;
	bool payload = segments->profile.concat == SMS_CONCAT_PAYLOAD;

	/* the SMSC adds its own header */
	if (total > 1 && payload)
		octets -= 6;
	if (total > 1 && segments->profile.concat == SMS_CONCAT_SAR)
		octets -= segments->profile.sar_reserve;
	return (struct room){
		.units = segments->coding == SMS_UCS2 ? octets / 2 : octets * 8 / 7,
		.octets = payload ? UINT32_MAX : SMS_PART_OCTETS - header,
	};
}

/* Try one encoding. Sets ends and total and returns true when the text takes at most \a most parts. A character as readers see it is not
 * split unless necessary. */
static bool try_ruler(struct sms_segmentation *segments, struct ruler *ruler, size_t len, unsigned int most)
{
	unsigned int total = fill_parts(segments, ruler, room_of(segments, 1), len, 0, 1);

	if (total > most)
		total = fill_parts(segments, ruler, room_of(segments, 2), len, 0, most);
	if (total > most) {
		ruler->tight = true;
		total = fill_parts(segments, ruler, room_of(segments, 2), len, 0, most);
	}
	if (total > 1 && total <= most)
		prefer_words(segments, ruler, room_of(segments, 2), len, total);
	segments->total = (uint8_t)total;
	return total <= most;
}

static bool try_coding(struct sms_segmentation *segments, enum sms_coding coding, bool lossy, size_t len,
		       unsigned int most)
{
	struct ruler ruler = { .coding = coding, .lossy = lossy };

	segments->coding = coding;
	segments->lossy = lossy;
	return try_ruler(segments, &ruler, len, most);
}

static bool try_tables(struct sms_segmentation *segments, unsigned int locking, unsigned int single, size_t len,
		       unsigned int most)
{
	struct alphabet_index index;
	struct ruler ruler = { .index = &index, .coding = segments->profile.plain };
	struct alphabet alphabet;

	segments->coding = segments->profile.plain;
	segments->locking = (uint8_t)locking;
	segments->single = (uint8_t)single;
	alphabet_make(&alphabet, locking, single);
	alphabet_index_make(&index, &alphabet);
	return try_ruler(segments, &ruler, len, most);
}

/* The best of the allowed languages' tables with at most \a most parts; \a best is unchanged when there is none. */
static void try_languages(const struct sms_segmentation *start, struct sms_segmentation *best, size_t len,
			  unsigned int most)
{
	for (unsigned int i = 1; i < SMS_LANGUAGES && most > 0; i++) {
		if (!(start->profile.languages & SMS_LANGUAGE_BIT(i)))
			continue;
		for (unsigned int both = 1; both <= 3 && most > 0; both++) {
			struct sms_segmentation segments = *start;

			if ((both & 2) && !language_locks(i))
				continue;
			if (!try_tables(&segments, both & 2 ? i : 0, both & 1 ? i : 0, len, most))
				continue;
			*best = segments;
			most = segments.total - 1u;
		}
	}
}

static bool may_shift(const struct sms_encoding_profile *profile)
{
	return profile->languages && (profile->plain == SMS_GSM7 || profile->plain == SMS_GSM7_PACKED) &&
	       (profile->concat == SMS_CONCAT_UDH || profile->concat == SMS_CONCAT_UDH16);
}

static bool loses(const struct sms_encoding_profile *profile)
{
	return profile->plain == SMS_LATIN1 || profile->plain == SMS_ASCII;
}

static bool choose(struct sms_segmentation *segments, size_t len, unsigned int most)
{
	struct sms_segmentation start = *segments;
	bool found;

	if (try_coding(segments, start.profile.plain, false, len, most))
		return true;
	*segments = start;
	found = try_coding(segments, SMS_UCS2, false, len, most);
	if (may_shift(&start.profile))
		try_languages(&start, segments, len, found ? segments->total - 1u : most);
	if (found || segments->coding != SMS_UCS2)
		return true;
	*segments = start;
	return loses(&start.profile) && try_coding(segments, start.profile.plain, true, len, most);
}

static unsigned int most_parts(const struct sms_encoding_profile *profile)
{
	if (profile->parts == 0)
		return 1;
	return profile->parts < SMS_PARTS ? profile->parts : SMS_PARTS;
}

int sms_segment(struct sms_segmentation *segments, const struct sms_encoding_profile *profile, const char *text,
		size_t len, uint16_t reference)
{
	*segments = (struct sms_segmentation){ .text = text, .profile = *profile, .reference = reference };
	/* more than any profile can carry; lengths below this fit 32 bits */
	if (len > SMS_OCTETS || !choose(segments, len, most_parts(profile)))
		return -EMSGSIZE;
	segments->messages = segments->total;
	if (profile->concat == SMS_CONCAT_PAYLOAD) {
		segments->messages = 1;
		segments->ends[0] = (uint32_t)len;
	}
	return segments->messages;
}

unsigned int sms_parts_count(const struct sms_encoding_profile *profile, const char *text, size_t len)
{
	struct sms_segmentation segments;

	return sms_segment(&segments, profile, text, len, 0) < 0 ? 0 : segments.total;
}

/* At each boundary a part may have to leave one septet or unit free, because an escape or surrogate pair stays together. */
struct text_budget sms_budget(const struct sms_encoding_profile *profile)
{
	struct sms_segmentation segments = { .profile = *profile, .coding = profile->plain };
	unsigned int total = most_parts(profile), seams = total - 1;
	unsigned int septets = room_of(&segments, total).units, octets = room_of(&segments, total).octets / 2;

	/* a septet takes up to two octets of UTF-8 */
	if (profile->plain == SMS_UTF8 && septets > octets)
		septets = octets;
	segments.coding = SMS_UCS2;
	return (struct text_budget){
		.septets = (uint16_t)(total * septets - seams),
		.units = (uint16_t)(total * room_of(&segments, total).units - seams),
	};
}
