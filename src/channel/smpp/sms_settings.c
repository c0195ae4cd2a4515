/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The settings of a short message channel, and checks that rows cannot express. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "channel/smpp/smpp_codec.h"
#include "channel/smpp/sms_settings.h"

#define AT(member) offsetof(struct sms_settings, member)
#define TEXT(row, member, text) \
	{ .name = row, .type = CONF_STRING, .offset = AT(member), .help = text }
#define TEXT_OR(row, member, value, text) \
	{ .name = row, .type = CONF_STRING, .offset = AT(member), .fallback = value, .help = text }
#define WORD(row, member, words, value, text) \
	{ .name = row, .type = CONF_CHOICE, .offset = AT(member), .choices = words, .fallback = value, \
	  .help = text }
#define NUMBER(row, member, low, high, value, of, text) \
	{ .name = row, .type = CONF_INT, .offset = AT(member), .min = low, .max = high, .fallback = value, .unit = of, \
	  .help = text }
#define FLAG(row, member, value, text) \
	{ .name = row, .type = CONF_BOOL, .offset = AT(member), .fallback = value, .help = text }

const struct conf_row sms_rows[] = {
	TEXT_OR("name", name, "sms", "name of this channel in logs and counters; unique"),
	TEXT_OR("addresses", addresses, "127.0.0.1:2775",
		"numeric addresses of the SMSCs, ADDRESS or ADDRESS:PORT separated by blanks; the load is shared"),
	TEXT_OR("system_id", system_id, "starhash", "our name at the SMSCs"),
	{ .name = "password_file", .type = CONF_SECRET, .offset = AT(password_file),
	  .help = "file with our password, readable only by the daemon" },
	TEXT_OR("system_type", system_type, "", "system_type of the bind"),
	WORD("bind", bind, "transceiver pair", "transceiver", "one bind for both ways, or a transmitter and a receiver"),
	{ .name = "tls_ca", .type = CONF_PATH, .offset = AT(tls_ca), .file_problem = conf_pem_problem,
	  .help = "CA certificates for the SMSC's certificate; setting it turns TLS on" },
	TEXT("tls_host", tls_host, "name that the SMSC's certificate must contain; default: the address"),
	{ .name = "tls_cert", .type = CONF_PATH, .offset = AT(tls_cert), .file_problem = conf_pem_problem,
	  .help = "our own certificate and its chain (PEM), for an SMSC that requires one" },
	{ .name = "tls_key", .type = CONF_SECRET, .offset = AT(tls_key),
	  .help = "its key (PEM), readable only by the daemon" },
	TEXT_OR("numbers", numbers, "", "our short codes, separated by blanks; empty: any"),
	TEXT("sender", sender, "number or name that unsolicited texts are sent from; default: the first of numbers. Subscribers can "
	     "answer only if it is one of numbers"),
	NUMBER("source_ton", source_ton, 0, 7, "0", NULL, "type of number of our short codes"),
	NUMBER("source_npi", source_npi, 0, 18, "1", NULL, "numbering plan of our short codes"),
	NUMBER("destination_ton", destination_ton, 0, 7, "1", NULL, "type of number of subscribers"),
	NUMBER("destination_npi", destination_npi, 0, 18, "1", NULL, "numbering plan of subscribers"),
	WORD("plain", plain, "gsm7 packed latin1 ascii utf8", "gsm7", "meaning of data_coding 0 at this SMSC"),
	WORD("ia5", ia5, "ascii gsm7", "ascii", "meaning of data_coding 1; gsm7 for osmo-msc"),
	WORD("concat", concat, "udh udh16 sar payload", "udh", "how the parts of a long text are marked"),
	TEXT_OR("languages", languages, "",
		"national shift tables that phones support: turkish spanish portuguese bengali gujarati hindi kannada "
		"malayalam oriya punjabi tamil telugu urdu"),
	NUMBER("parts", parts, 1, SMS_PARTS, "3", "parts", "longest answer; a longer one is split into pages"),
	NUMBER("sar_reserve", sar_reserve, 0, 7, "6", "octets", "left free in each part of a SAR text"),
	NUMBER("window", window, 1, 1000, "10", "requests", "unanswered requests at a time"),
	NUMBER("rate", rate, 0, 100000, "0", "a second", "maximum messages on each link; 0: no limit"),
	NUMBER("queue", queue, 1, 10000000, "100000", "texts",
	       "maximum waiting for an SMSC, about 1 kB each; above, incoming texts and notifications are deferred"),
	FLAG("receipts", receipts, "false", "request delivery receipts"),
	WORD("receipt_ids", receipt_ids, "text decimal hex", "text", "how receipts write message ids: decimal when responses write them in "
	     "hex, hex when those write them in decimal"),
	NUMBER("answer_ms", answer_ms, 100, 600000, "20000", "ms", "time to answer one text"),
	NUMBER("conversation_s", conversation_s, 1, 86400, "1800", "s", "how long \"1\" answers the last page"),
	NUMBER("expiry_s", expiry_s, 10, 604800, "86400", "s", "how long sending a text is tried"),
	TEXT_OR("allow", allow, "", "numbers served whatever other rules say; \"86138*\": all that begin with 86138"),
	TEXT_OR("deny", deny, "", "numbers never answered"),
	TEXT_OR("test", test, "", "numbers that are always served, exempt from the loop brake and from parts_per_hour"),
	FLAG("only_allowed", only_allowed, "false", "serve only numbers in allow and test"),
	NUMBER("short_below", short_below, 0, 15, "7", "digits",
	       "senders with fewer digits are services: never answered, unless listed in numbering.short"),
	NUMBER("repeats", repeats, 1, 1000, "5", "texts", "loop brake: answers to the same text in a row, unless it answers a page"),
	NUMBER("repeat_s", repeat_s, 1, 86400, "600", "s", "time within which repeats count"),
	NUMBER("answers_per_hour", answers_per_hour, 1, 100000, "60", "texts", "loop brake: maximum answers to one number"),
	WORD("trust", trust, "ask read order password", "read",
	     "what texts may do without a one-time code: senders can be forged unless the network prevents it"),
	TEXT_OR("loop_text", loop_text, "You have sent too many messages. Please try again later.",
		"sent once to a number that the loop brake stops; empty: nothing is sent"),
	NUMBER("parts_per_hour", parts_per_hour, 0, 1000000, "200", "parts",
	       "maximum for one number, all texts together, half of them at once; more is deferred or not sent; 8 MB; 0: no limit"),
	NUMBER("acknowledge_ms", acknowledge_ms, 0, 60000, "4000", "ms", "a text is acknowledged once the SMSC has its answer, or at "
	       "the latest after this time, then saved on disk first; below the SMSC's own limit; 0: at once, so that texts being "
	       "processed are lost when the daemon is killed"),
	NUMBER("dialogs_share", dialogs_share, 1, 100, "50", "percent", "share of dialogs_max that this link may use"),
	NUMBER("rate_in", rate_in, 0, 1000000, "0", "a second", "texts accepted, and the burst of one second's worth; more are "
	       "deferred; 0: no limit"),
	NUMBER("duplicate_s", duplicate_s, 0, 86400, "120", "s", "the same message again within this time is a duplicate"),
	NUMBER("duplicates", duplicates, 1, 100000000, "500000", "texts",
	       "maximum remembered for this, about 40 octets each; above, texts are deferred"),
	NUMBER("join_s", join_s, 1, 3600, "60", "s", "how long to wait for the next part of a long text"),
	NUMBER("joins", joins, 10, 1000000, "4000", "texts",
	       "incomplete long texts at a time, 4.2 kB each; above, those that wait longest are dropped"),
	{}
};

/* ---- words ---- */

struct sms_numbers sms_words(void *ctx, const char *words)
{
	char *copy = talloc_strdup(ctx, words), *word, *rest = copy;
	const char **patterns = talloc_array(ctx, const char *, strlen(words) / 2 + 1);
	struct sms_numbers numbers = { .patterns = patterns };

	while ((word = strsep(&rest, " ")))
		if (*word)
			patterns[numbers.count++] = word;
	return numbers;
}

int sms_address(const char *word, char *address, size_t size, uint16_t *port)
{
	const char *colon = strrchr(word, ':');
	const bool has_port = colon && (strchr(word, ':') == colon || colon[-1] == ']');
	const size_t len = has_port ? (size_t)(colon - word) : strlen(word);
	char *end = "";
	const long number = has_port ? strtol(colon + 1, &end, 10) : 2775;
	const bool bracketed = len > 2 && word[0] == '[' && word[len - 1] == ']';
	struct in6_addr binary;

	if (len >= size || *end || number < 1 || number > 65535)
		return -EINVAL;
	osmo_strlcpy(address, bracketed ? word + 1 : word, bracketed ? len - 1 : len + 1);
	*port = number;
	return inet_pton(AF_INET, address, &binary) == 1 || inet_pton(AF_INET6, address, &binary) == 1 ? 0 : -EINVAL;
}

/* The index of a word in a blank-separated list. */
static unsigned int place_of(const char *words, const char *word)
{
	const size_t len = strlen(word);
	unsigned int place = 0;

	while (*words) {
		const size_t span = strcspn(words, " ");

		if (span == len && !memcmp(words, word, len))
			return place;
		words += span + (words[span] == ' ');
		place++;
	}
	return place;
}

static const char language_names[] = "none turkish spanish portuguese bengali gujarati hindi kannada malayalam oriya "
				     "punjabi tamil telugu urdu";

/* ---- senders ---- */

#define NAME_MAX_LEN 11
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

bool sms_is_number(const char *sender)
{
	return sender[strspn(sender, DIGITS)] == '\0';
}

bool sms_sender_valid(const char *sender)
{
	const size_t len = strlen(sender);

	if (sms_is_number(sender))
		return len > 0 && len <= SMPP_ADDRESS_MAX;
	/* A name without a letter would be a badly written number, such as "+86 10086". */
	return len <= NAME_MAX_LEN && strpbrk(sender, LETTERS) && strspn(sender, LETTERS DIGITS " &'*+-./!") == len;
}

/* ---- derived settings ---- */

static uint16_t languages_of(const struct sms_settings *settings, const char **unknown)
{
	void *ctx = talloc_named_const(NULL, 0, "languages");
	const struct sms_numbers words = sms_words(ctx, settings->languages);
	uint16_t languages = 0;
	size_t i;

	for (i = 0; i < words.count; i++) {
		const unsigned int language = place_of(language_names, words.patterns[i]);

		if (language && language < SMS_LANGUAGES)
			languages |= SMS_LANGUAGE_BIT(language);
		else if (unknown)
			*unknown = strstr(settings->languages, words.patterns[i]);
	}
	talloc_free(ctx);
	return languages;
}

struct sms_encoding_profile sms_settings_profile(const struct sms_settings *settings)
{
	static const enum sms_coding codings[] = { SMS_GSM7, SMS_GSM7_PACKED, SMS_LATIN1, SMS_ASCII, SMS_UTF8 };

	return (struct sms_encoding_profile){
		.plain = codings[place_of("gsm7 packed latin1 ascii utf8", settings->plain)],
		.ia5 = strcmp(settings->ia5, "gsm7") ? SMS_ASCII : SMS_GSM7,
		.concat = (enum sms_concat)place_of("udh udh16 sar payload", settings->concat),
		.parts = settings->parts,
		.sar_reserve = settings->sar_reserve,
		.languages = languages_of(settings, NULL),
	};
}

struct text_limits sms_settings_limits(const void *data)
{
	const struct sms_encoding_profile profile = sms_settings_profile(data);
	const struct text_budget budget = sms_budget(&profile);

	return (struct text_limits){ budget, budget };
}

struct channel_timing sms_settings_timing(const void *data)
{
	const struct sms_settings *settings = data;
	const unsigned int conversation_ms = settings->conversation_s * 1000;

	return (struct channel_timing){ settings->answer_ms, conversation_ms, UINT32_MAX / 2 };
}

/* ---- checks ---- */

static void check_addresses(const struct sms_settings *settings, const struct setting *group,
			    struct problems *problems)
{
	void *ctx = talloc_named_const(NULL, 0, "addresses");
	const struct sms_numbers words = sms_words(ctx, settings->addresses);
	char address[INET6_ADDRSTRLEN];
	uint16_t port;
	size_t i;

	if (!words.count || words.count > SMS_LINKS_MAX)
		problems_add(problems, setting_at(group, "addresses"), "addresses names %zu SMSCs, but must name 1 to %d",
			     words.count, SMS_LINKS_MAX);
	for (i = 0; i < words.count; i++)
		if (sms_address(words.patterns[i], address, sizeof(address), &port))
			problems_add(problems, setting_at(group, "addresses"),
				     "\"%s\" is not a numeric ADDRESS:PORT: names are not resolved", words.patterns[i]);
	talloc_free(ctx);
}

/* Texts come to numbers without "+", so one with it would never match. */
static void check_numbers(const struct sms_settings *settings, const struct setting *group, struct problems *problems)
{
	void *ctx = talloc_named_const(NULL, 0, "numbers");
	const struct sms_numbers words = sms_words(ctx, settings->numbers);
	size_t i;

	for (i = 0; i < words.count; i++)
		if (!sms_is_number(words.patterns[i]) || strlen(words.patterns[i]) > PACKED_DIGITS)
			problems_add(problems, setting_at(group, "numbers"), "\"%s\" is not a short code of at most %d digits",
				     words.patterns[i], PACKED_DIGITS);
	if (settings->sender && !sms_sender_valid(settings->sender))
		problems_add(problems, setting_at(group, "sender"), "\"%s\" is neither a number of at most %d digits nor a name of at "
			     "most %d letters and digits", settings->sender, SMPP_ADDRESS_MAX, NAME_MAX_LEN);
	if (!words.count && !settings->sender)
		problems_add(problems, group, "without numbers, a sender is needed for unsolicited texts");
	talloc_free(ctx);
}

void sms_settings_set_plan(void *data, const struct numbering_plan *plan)
{
	((struct sms_settings *)data)->plan = plan;
}

void sms_settings_check(const void *data, const struct setting *group, struct problems *problems)
{
	const struct sms_settings *settings = data;
	const struct sms_encoding_profile profile = sms_settings_profile(settings);
	const size_t len = strlen(settings->loop_text);
	const char *unknown = NULL;

	check_addresses(settings, group, problems);
	languages_of(settings, &unknown);
	if (unknown)
		problems_add(problems, setting_at(group, "languages"), "\"%.*s\" has no national shift table",
			     (int)strcspn(unknown, " "), unknown);
	if (settings->tls_host && !settings->tls_ca)
		problems_add(problems, setting_at(group, "tls_host"), "tls_host without tls_ca: TLS would not be used");
	if (!settings->tls_cert != !settings->tls_key || (settings->tls_cert && !settings->tls_ca))
		problems_add(problems, setting_at(group, settings->tls_cert ? "tls_cert" : "tls_key"),
			     "tls_cert and tls_key must be set together, and need tls_ca");
	check_numbers(settings, group, problems);
	if (!text_valid(settings->loop_text, len) || !sms_parts_count(&profile, settings->loop_text, len))
		problems_add(problems, setting_at(group, "loop_text"), "loop_text is not UTF-8, or longer than %lld parts",
			     settings->parts);
	/* No limit, or room for the longest text at once. */
	if (settings->parts_per_hour && settings->parts_per_hour < 2 * settings->parts)
		problems_add(problems, setting_at(group, "parts_per_hour"),
			     "parts_per_hour is %lld, but must be 0 or at least twice parts: half of it may be sent at once",
			     settings->parts_per_hour);
}
