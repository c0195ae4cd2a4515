/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The rows of the group "billing", and what they cannot say. */
#include <stddef.h>
#include <string.h>

#include <curl/curl.h>
#include <osmocom/core/talloc.h>

#include "billing/mapping.h"
#include "billing/settings.h"
#include "starhash/billing.h"
#include "starhash/conf.h"

#define AT(member) offsetof(struct billing_settings, member)
#define SECRET(key, words) \
	{ .name = #key, .type = CONF_SECRET, .offset = AT(key), .min = 1, .help = words }
#define FILE_NAME(key, words) \
	{ .name = #key, .type = CONF_PATH, .offset = AT(key), .min = 1, .help = words }
#define NUMBER(key, least, most, usual, of, words) \
	{ .name = #key, .type = CONF_INT, .offset = AT(key), .min = least, .max = most, .fallback = usual, .unit = of, .help = words }

const struct conf_row billing_rows[] = {
	{ .name = "url", .type = CONF_STRING, .offset = AT(url), .min = 1, .required = true,
	  .help = "where billing's interface begins: https://HOST[:PORT][/PATH]; http:// only on this machine" },
	SECRET(token_file, "file with the bearer token, which nobody else may read (mode 0600 or 0400)"),
	FILE_NAME(ca_file, "certificates of the authorities that may vouch for billing (PEM); the system's when absent"),
	{ .name = "insecure", .type = CONF_BOOL, .offset = AT(insecure), .fallback = "false",
	  .help = "allow http:// to another machine: all can read along" },
	NUMBER(connections_max, 1, 1000, "8", NULL, "connections to billing; they are kept alive"),
	NUMBER(requests_max, 1, 100000, "1000", NULL, "questions and orders open at once; more are put off"),
	NUMBER(response_max, 1024, 16777216, "262144", "octets", "longest answer"),
	NUMBER(connect_ms, 100, 60000, "1000", "ms", "time to connect"),
	NUMBER(total_ms, 100, 120000, "4000", "ms", "time for a request, from asking to the end of the answer"),
	NUMBER(breaker_failures, 1, 1000, "5", NULL, "failures in a row after which billing is left alone for a while"),
	NUMBER(breaker_ms, 100, 600000, "1000", "ms", "how long, the first time; doubled while billing stays away"),
	NUMBER(breaker_max_ms, 100, 3600000, "60000", "ms", "and never longer than this; a quarter more or less"),
	{ .name = "ask", .type = CONF_GROUPS, .offset = AT(ask), .group = resource_rows,
	  .help = "where billing tells what, and in which words; see starhashd(8)" },
	{ .name = "order", .type = CONF_GROUP, .offset = AT(order), .group = order_mapping_rows,
	  .help = "where orders are given, and how answers are read; see starhashd(8)" },
	{}
};
const size_t billing_settings_size = sizeof(struct billing_settings);

/* ---- the URL ---- */

static bool is_loopback(const char *host)
{
	return !strcmp(host, "localhost") || !strcmp(host, "[::1]") ||
	       (!strncmp(host, "127.", 4) && strspn(host, "0123456789.") == strlen(host));
}

static bool has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	const bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

/* Of a URL that can be read: NULL, or what is wrong. */
static const char *parts_problem(CURLU *url, bool insecure)
{
	char *scheme = NULL, *host = NULL;
	const char *wrong = NULL;

	curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
	curl_url_get(url, CURLUPART_HOST, &host, 0);
	if (!scheme || !host || (strcmp(scheme, "https") && strcmp(scheme, "http")))
		wrong = "has to begin with https:// or http://";
	else if (!strcmp(scheme, "http") && !is_loopback(host) && !insecure)
		wrong = "would send accounts and the token in clear: use https://, or say insecure = true";
	else if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
		wrong = "must not hold a user or a password: use token_file";
	else if (has_part(url, CURLUPART_QUERY) || has_part(url, CURLUPART_FRAGMENT))
		wrong = "must not have a ? or #";
	curl_free(scheme);
	curl_free(host);
	return wrong;
}

static const char *url_problem(const char *text, bool insecure)
{
	CURLU *url = curl_url();
	const char *wrong = "cannot be read";

	if (curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK)
		wrong = parts_problem(url, insecure);
	curl_url_cleanup(url);
	return wrong;
}

void billing_check(const void *data, const struct setting *group, struct problems *problems)
{
	const struct billing_settings *settings = data;
	const char *wrong = settings->url ? url_problem(settings->url, settings->insecure) : NULL;

	if (wrong)
		problems_add(problems, setting_at(group, "url"), "url \"%s\" %s", settings->url, wrong);
	if (settings->connect_ms > settings->total_ms)
		problems_add(problems, group, "connect_ms (%lld ms) has to be within total_ms (%lld ms)",
			     settings->connect_ms, settings->total_ms);
	if (settings->breaker_ms > settings->breaker_max_ms)
		problems_add(problems, group, "breaker_ms (%lld ms) has to be within breaker_max_ms (%lld ms)",
			     settings->breaker_ms, settings->breaker_max_ms);
	talloc_free(mapping_new(NULL, settings->ask, settings->order, problems));
}
