/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Normalizing telephone numbers, and packing digits into integers. */
#include <endian.h>
#include <string.h>

#include "starhash/number.h"

#define DIGITS "0123456789"
#define E164_MAX 15
#define SHORT_BELOW 7			/* shorter numbers are short codes in public networks */

enum { TON_UNKNOWN, TON_INTERNATIONAL, TON_NATIONAL, TON_NETWORK, TON_SUBSCRIBER, TON_ALPHANUMERIC, TON_ABBREVIATED };
enum { NPI_UNKNOWN = 0, NPI_E164 = 1, NPI_NATIONAL = 8, NPI_PRIVATE = 9 };

const struct numbering_plan numbering_default = {
	.national_prefix = "0", .international_prefix = "00", .numbers = { 1, { { "", SHORT_BELOW, E164_MAX } } },
};

/* ---- identities ---- */

/* Four bits per digit, starting with 1 for "0", so that the length counts, too. Eight digits are taken at once, first as octets: every IMSI
 * that comes or goes passes here. */

#define EACH(octet) ((octet) * UINT64_C(0x0101010101010101))

static uint64_t octets_read(const char *at)
{
	uint64_t octets;

	memcpy(&octets, at, sizeof(octets));
	return be64toh(octets);
}

static void octets_write(uint64_t octets, char *at)
{
	octets = htobe64(octets);
	memcpy(at, &octets, sizeof(octets));
}

static uint64_t eight_pack(const char *digits, bool *valid)
{
	uint64_t octets = octets_read(digits) ^ EACH('0');

	*valid &= !((octets + EACH(0x76)) & EACH(0x80)) && !(octets & EACH(0x80));
	octets += EACH(1);
	octets = (octets | octets >> 4) & 0x00ff00ff00ff00ffu;
	octets = (octets | octets >> 8) & 0x0000ffff0000ffffu;
	return (octets | octets >> 16) & 0xffffffffu;
}

uint64_t digits_pack(const char *digits)
{
	const size_t len = strnlen(digits, PACKED_DIGITS + 1);
	char padded[] = "0000000000000000";
	bool valid = len && len <= PACKED_DIGITS;
	uint64_t packed;

	if (!valid)
		return 0;
	memcpy(padded, digits, len);
	packed = eight_pack(padded, &valid) << 32 | eight_pack(padded + 8, &valid);
	return valid ? packed >> 4 * (PACKED_DIGITS - len) : 0;
}

static uint64_t eight_unpack(uint64_t packed)
{
	packed = (packed | packed << 16) & 0x0000ffff0000ffffu;
	packed = (packed | packed << 8) & 0x00ff00ff00ff00ffu;
	return (packed | packed << 4) & EACH(0x0f);
}

void digits_unpack(uint64_t packed, char out[static PACKED_SIZE])
{
	unsigned int spare = 0;
	uint64_t first, last;

	out[0] = '\0';
	if (!packed)
		return;
	for (; !(packed >> 60); packed <<= 4)
		spare++;
	packed |= (UINT64_C(1) << 4 * spare) / 15;		/* zeros in their place */
	first = eight_unpack(packed >> 32) - EACH(1);
	last = eight_unpack(packed & 0xffffffffu) - EACH(1);
	if ((first | last | (first + EACH(0x76)) | (last + EACH(0x76))) & EACH(0x80))
		return;
	octets_write(first + EACH('0'), out);
	octets_write(last + EACH('0'), out + 8);
	out[PACKED_DIGITS - spare] = '\0';
}

/* ---- rules ---- */

/* Read one or two digits, at most E164_MAX and not 0; 0 when they are absent or invalid. Advances *\a at. */
static uint8_t length_read(const char **at)
{
	unsigned int length = 0, digits = 0;

	for (; **at >= '0' && **at <= '9' && digits < 3; (*at)++, digits++)
		length = length * 10 + (unsigned int)(**at - '0');
	return length <= E164_MAX ? (uint8_t)length : 0;
}

static bool rule_read(struct number_rule *rule, const char *word, const char *end)
{
	const size_t digits = strspn(word, DIGITS);

	*rule = (struct number_rule){ 0 };
	if (word[digits] == ':') {
		if (digits >= MSISDN_SIZE || *word == '0')
			return false;
		memcpy(rule->prefix, word, digits);
		word += digits + 1;
	}
	rule->least = rule->most = length_read(&word);
	if (*word == '-') {
		word++;
		rule->most = length_read(&word);
	}
	return word == end && rule->least && rule->least <= rule->most && strlen(rule->prefix) <= rule->most;
}

const char *number_rules_read(struct number_rules *rules, const char *words)
{
	size_t len;

	rules->count = 0;
	for (words += strspn(words, " "); *words; words += len + strspn(words + len, " ")) {
		len = strcspn(words, " ");
		if (rules->count == NUMBER_RULES || !rule_read(&rules->rules[rules->count], words, words + len))
			return words;
		rules->count++;
	}
	return NULL;
}

/* No subscriber number begins with 0: that would be a prefix. */
static bool known(const struct number_rules *rules, const char *digits)
{
	const size_t len = strspn(digits, DIGITS);

	if (*digits == '0' || digits[len])
		return false;
	for (unsigned int i = 0; i < rules->count; i++) {
		const struct number_rule *rule = &rules->rules[i];

		if (len >= rule->least && len <= rule->most && !strncmp(digits, rule->prefix, strlen(rule->prefix)))
			return true;
	}
	return false;
}

/* ---- interpretations of an address ---- */

static bool take_number(const struct number_rules *rules, const char *country, const char *digits, char out[static MSISDN_SIZE])
{
	const size_t before = strlen(country), len = strlen(digits);

	if (before + len > E164_MAX)
		return false;
	memcpy(out, country, before);
	memcpy(out + before, digits, len + 1);
	if (known(rules, out))
		return true;
	*out = '\0';
	return false;
}

/* The part after the prefix; NULL without the prefix. */
static const char *behind(const char *prefix, const char *digits)
{
	const size_t len = strlen(prefix);

	return len && !strncmp(digits, prefix, len) ? digits + len : NULL;
}

/* Some SMSCs send TON international and include the prefix nevertheless. */
static bool international(const struct numbering_plan *plan, const char *digits, char out[static MSISDN_SIZE])
{
	const char *rest = *digits == '0' ? behind(plan->international_prefix, digits) : NULL;

	return take_number(&plan->numbers, "", rest ? rest : digits, out);
}

static bool national(const struct numbering_plan *plan, const char *digits, char out[static MSISDN_SIZE])
{
	/* With a national prefix in the plan, a 0 after it, or in its place, belongs to another form. */
	const bool other = *digits == '0' && *plan->national_prefix;

	return *plan->country && !other && take_number(&plan->numbers, plan->country, digits, out);
}

/* TON national: the prefix should be absent; strip it if it cannot be part of the number. */
static bool national_written(const struct numbering_plan *plan, const char *digits, char out[static MSISDN_SIZE])
{
	const char *rest = *digits == '0' ? behind(plan->national_prefix, digits) : NULL;

	return national(plan, rest ? rest : digits, out);
}

static bool any_form(const struct numbering_plan *plan, const char *digits, char out[static MSISDN_SIZE])
{
	const char *rest;

	if (take_number(&plan->shorts, "", digits, out) || take_number(&plan->numbers, "", digits, out))
		return true;
	rest = behind(plan->international_prefix, digits);
	if (rest && take_number(&plan->numbers, "", rest, out))
		return true;
	rest = behind(plan->national_prefix, digits);
	return (rest && national(plan, rest, out)) || national(plan, digits, out);
}

static bool read_by_type(const struct numbering_plan *plan, uint8_t ton, uint8_t npi, const char *digits,
			 char out[static MSISDN_SIZE])
{
	if (npi == NPI_PRIVATE)
		return take_number(&plan->shorts, "", digits, out);
	switch (ton) {
	case TON_UNKNOWN:
	case TON_NETWORK:		/* osmo-msc sends this for every subscriber */
		return npi == NPI_NATIONAL ? national_written(plan, digits, out) : any_form(plan, digits, out);
	case TON_INTERNATIONAL:
		return international(plan, digits, out) || take_number(&plan->shorts, "", digits, out);
	case TON_NATIONAL:
		return national_written(plan, digits, out) || take_number(&plan->shorts, "", digits, out);
	case TON_SUBSCRIBER:
	case TON_ABBREVIATED:
		return take_number(&plan->shorts, "", digits, out);
	}
	return false;
}

/* ---- errors ---- */

static bool is_national(const struct numbering_plan *plan, uint8_t ton, uint8_t npi, const char *digits)
{
	if (ton == TON_NATIONAL || npi == NPI_NATIONAL)
		return true;
	return (ton == TON_UNKNOWN || ton == TON_NETWORK) && behind(plan->national_prefix, digits) &&
	       !behind(plan->international_prefix, digits);
}

static bool npi_known(uint8_t npi)
{
	return npi == NPI_UNKNOWN || npi == NPI_E164 || npi == NPI_NATIONAL || npi == NPI_PRIVATE;
}

enum number_result number_normalize(const struct numbering_plan *plan, uint8_t ton, uint8_t npi, const char *address,
				    char out[static MSISDN_SIZE])
{
	const bool plus = *address == '+';
	const char *digits = address + plus;

	*out = '\0';
	if (!plan)
		plan = &numbering_default;
	if (ton == TON_ALPHANUMERIC || !*digits || digits[strspn(digits, DIGITS)])
		return NUMBER_NAME;
	if (!npi_known(npi))
		return NUMBER_UNKNOWN;
	if (plus ? take_number(&plan->numbers, "", digits, out) : read_by_type(plan, ton, npi, digits, out))
		return NUMBER_OK;
	if (strlen(digits) < SHORT_BELOW)
		return NUMBER_SHORT;
	return !*plan->country && !plus && is_national(plan, ton, npi, digits) ? NUMBER_NATIONAL : NUMBER_UNKNOWN;
}

bool number_is_private(const struct numbering_plan *plan, const char *msisdn)
{
	return known(plan ? &plan->shorts : &numbering_default.shorts, msisdn);
}

bool number_in_plan(const struct numbering_plan *plan, const char *msisdn)
{
	return known(plan ? &plan->numbers : &numbering_default.numbers, msisdn) || number_is_private(plan, msisdn);
}
