/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a service's settings and requests have in common: the checks of its URL, and how requests are addressed, keyed and signed. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>
#include <osmocom/core/talloc.h>
#include <sodium.h>

#include "starhash/http.h"

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
static const char *parts_problem(CURLU *url, bool insecure, bool query)
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
	else if ((!query && has_part(url, CURLUPART_QUERY)) || has_part(url, CURLUPART_FRAGMENT))
		wrong = query ? "must not contain #" : "must not contain ? or #";
	curl_free(scheme);
	curl_free(host);
	return wrong;
}

void http_service_check(const struct http_service *service, bool query, const struct setting *group, struct problems *problems)
{
	const char *wrong = "is not a valid URL";
	CURLU *url = curl_url();

	if (!service->url)
		wrong = NULL;
	else if (curl_url_set(url, CURLUPART_URL, service->url, 0) == CURLUE_OK)
		wrong = parts_problem(url, service->insecure, query);
	curl_url_cleanup(url);
	if (wrong)
		problems_add(problems, setting_at(group, "url"), "url \"%s\" %s", service->url, wrong);
	if (service->connect_ms > service->total_ms)
		problems_add(problems, group, "connect_ms (%lld ms) must not exceed total_ms (%lld ms)",
			     service->connect_ms, service->total_ms);
	if (service->breaker_ms > service->breaker_max_ms)
		problems_add(problems, group, "breaker_ms (%lld ms) must not exceed breaker_max_ms (%lld ms)",
			     service->breaker_ms, service->breaker_max_ms);
}

/* ---- what is sent ---- */

const char *http_key(uint64_t ref, char out[static HTTP_KEY_SIZE])
{
	snprintf(out, HTTP_KEY_SIZE, "%016" PRIx64, ref);
	return out;
}

char *http_url_put(void *ctx, const char *text, const char *mark, const char *value)
{
	char *out = talloc_strdup(ctx, "");
	const char *at;

	for (; (at = strstr(text, mark)); text = at + strlen(mark)) {
		out = talloc_strndup_append(out, text, (size_t)(at - text));
		for (const unsigned char *octet = (const unsigned char *)value; *octet; octet++)
			out = talloc_asprintf_append(out, isalnum(*octet) ? "%c" : "%%%02X", *octet);
	}
	return talloc_strdup_append(out, text);
}

void http_sign(const char *key, long long seconds, const char *body, char out[static HTTP_SIGNATURE_SIZE])
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	char hex[2 * sizeof(mac) + 1], time[32];

	snprintf(time, sizeof(time), "%lld", seconds);
	crypto_auth_hmacsha256_init(&state, (const unsigned char *)key, strlen(key));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)time, strlen(time));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)".", 1);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)body, strlen(body));
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_memzero(&state, sizeof(state));
	snprintf(out, HTTP_SIGNATURE_SIZE, "t=%s,v1=%s", time, sodium_bin2hex(hex, sizeof(hex), mac, sizeof(mac)));
}
