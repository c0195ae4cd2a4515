/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The rows of the group "billing", and the checks that rows cannot express. */
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
#define CERTIFICATES(key, words) \
	{ .name = #key, .type = CONF_PATH, .offset = AT(key), .file_problem = conf_pem_problem, .min = 1, .help = words }
#define NUMBER(key, least, most, usual, of, words) \
	{ .name = #key, .type = CONF_INT, .offset = AT(key), .min = least, .max = most, .fallback = usual, .unit = of, .help = words }

const struct conf_row billing_rows[] = {
	{ .name = "url", .type = CONF_STRING, .offset = AT(url), .min = 1, .required = true,
	  .help = "base address of billing's interface: https://HOST[:PORT][/PATH]; http:// only for this machine" },
	SECRET(token_file, "file with the bearer token; no other user may read it (mode 0600 or 0400)"),
	CERTIFICATES(ca_file, "CA certificates to verify billing with (PEM); if absent, the system's"),
	{ .name = "insecure", .type = CONF_BOOL, .offset = AT(insecure), .fallback = "false",
	  .help = "allow http:// to another machine, where accounts and token can be read on the way" },
	NUMBER(connections_max, 1, 1000, "8", NULL, "persistent connections to billing"),
	NUMBER(requests_max, 1, 100000, "1000", NULL, "account requests and orders open at once; more are deferred"),
	NUMBER(response_max, 1024, 16777216, "262144", "octets", "largest answer"),
	NUMBER(connect_ms, 100, 60000, "1000", "ms", "time limit for connecting"),
	NUMBER(total_ms, 100, 120000, "4000", "ms", "time limit for a request, up to the end of the answer"),
	NUMBER(breaker_failures, 1, 1000, "5", NULL, "failures in a row that open the circuit breaker, which stops requests for a while"),
	NUMBER(breaker_ms, 100, 600000, "1000", "ms", "time that the breaker stays open at first; doubled while billing keeps failing"),
	NUMBER(breaker_max_ms, 100, 3600000, "60000", "ms", "longest time that it stays open; times vary by up to a quarter"),
	{ .name = "ask", .type = CONF_GROUPS, .offset = AT(ask), .group = resource_rows,
	  .help = "which resources to read, and how their fields map to ours; see starhashd(8)" },
	{ .name = "order", .type = CONF_GROUP, .offset = AT(order), .group = order_mapping_rows,
	  .help = "where orders are sent, and how answers are read; see starhashd(8)" },
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

/* Check a URL that could be parsed. NULL, or the complaint. */
static const char *parts_problem(CURLU *url, bool insecure)
{
	char *scheme = NULL, *host = NULL;
	const char *wrong = NULL;

	curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
	curl_url_get(url, CURLUPART_HOST, &host, 0);
	if (!scheme || !host || (strcmp(scheme, "https") && strcmp(scheme, "http")))
		wrong = "must begin with https:// or http://";
	else if (!strcmp(scheme, "http") && !is_loopback(host) && !insecure)
		wrong = "would send accounts and the token in clear text: use https://, or set insecure = true";
	else if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
		wrong = "must not contain a user or password: use token_file";
	else if (has_part(url, CURLUPART_QUERY) || has_part(url, CURLUPART_FRAGMENT))
		wrong = "must not contain ? or #";
	curl_free(scheme);
	curl_free(host);
	return wrong;
}

void billing_check(const void *data, const struct setting *group, struct problems *problems)
{
	const struct billing_settings *settings = data;
	const char *wrong = "is not a valid URL";
	CURLU *url = curl_url();

	if (!settings->url)
		wrong = NULL;
	else if (curl_url_set(url, CURLUPART_URL, settings->url, 0) == CURLUE_OK)
		wrong = parts_problem(url, settings->insecure);
	curl_url_cleanup(url);
	if (wrong)
		problems_add(problems, setting_at(group, "url"), "url \"%s\" %s", settings->url, wrong);
	if (settings->connect_ms > settings->total_ms)
		problems_add(problems, group, "connect_ms (%lld ms) must not exceed total_ms (%lld ms)",
			     settings->connect_ms, settings->total_ms);
	if (settings->breaker_ms > settings->breaker_max_ms)
		problems_add(problems, group, "breaker_ms (%lld ms) must not exceed breaker_max_ms (%lld ms)",
			     settings->breaker_ms, settings->breaker_max_ms);
	talloc_free(mapping_new(NULL, settings->ask, settings->order, problems));
}
