/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Glue between libcurl's multi interface and libosmocore's loop. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <curl/curl.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "http/breaker.h"
#include "starhash/clock.h"
#include "starhash/http.h"
#include "starhash/log.h"

#define HEADERS_MAX (64 * 1024)
#define TOKEN_SIZE 4096
#define SECRET_LOG_S 60
#define BREAKER_LOG_S 10
#define BREAKER_LINES 4		/* in that time, if the service keeps coming and going */
#define DAY_S 86400
#define CA_CACHE_S 3600L

struct http {
	struct http_settings settings;
	CURLM *multi;
	CURLSH *share;			/* TLS sessions, which new connections resume */
	struct osmo_timer_list timer;	/* libcurl's */
	struct llist_head transfers;
	unsigned int connections;
	struct breaker breaker;
	struct log_limit breaker_lines;
	struct log_limit secret_limit;
};

struct transfer {
	struct llist_head entry;
	struct http *http;
	CURL *easy;
	struct curl_slist *headers;
	struct osmo_timer_list deadline;	/* ours: libcurl's timeouts skip transfers waiting for a connection */
	http_done *done;
	void *user;
	char *body;
	size_t len, headers_len;
	const char *too_much;
	char error[CURL_ERROR_SIZE];
};

/* ---- the end of a transfer ---- */

/* Wipe the headers before freeing them: they hold the token. */
static void headers_free(struct curl_slist *headers)
{
	for (struct curl_slist *at = headers; at; at = at->next)
		explicit_bzero(at->data, strlen(at->data));
	curl_slist_free_all(headers);
}

static void transfer_free(struct transfer *transfer)
{
	llist_del(&transfer->entry);
	osmo_timer_del(&transfer->deadline);
	curl_multi_remove_handle(transfer->http->multi, transfer->easy);
	curl_easy_cleanup(transfer->easy);
	headers_free(transfer->headers);
	talloc_free(transfer);
}

static void transfer_done(struct transfer *transfer, const struct http_answer *answer)
{
	http_done *done = transfer->done;
	void *user = transfer->user;
	long made = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &made);
	transfer->http->connections += (unsigned int)made;
	llist_del_init(&transfer->entry);
	done(user, answer);
	transfer_free(transfer);
}

static void transfer_failed(struct transfer *transfer, enum http_failure failure, const char *why)
{
	struct http_answer answer = { .failure = failure, .failed = why, .body = "" };

	transfer_done(transfer, &answer);
}

static void transfer_expired(void *data)
{
	transfer_failed(data, HTTP_SLOW, "timeout");
}

/* libcurl has a time limit only for connecting. */
static enum http_failure failure_of(const struct transfer *transfer)
{
	long sent = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent);
	return transfer->too_much ? HTTP_TOO_LARGE : sent ? HTTP_LOST : HTTP_NOT_SENT;
}

static void transfer_finished(struct transfer *transfer, CURLcode code)
{
	struct http_answer answer = { .body = transfer->body ? transfer->body : "", .len = transfer->len };
	curl_off_t after = 0;

	if (code != CURLE_OK) {
		/* Text that the server influenced must not forge log lines. */
		for (char *at = transfer->error; *at; at++) {
			if ((unsigned char)*at < ' ' || *at == 0x7f)
				*at = '?';
		}
		transfer_failed(transfer, failure_of(transfer), transfer->too_much ? transfer->too_much :
					  *transfer->error ? transfer->error : curl_easy_strerror(code));
		return;
	}
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &answer.status);
	curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &after);
	answer.after_s = (unsigned int)(after > DAY_S ? DAY_S : after > 0 ? after : 0);
	transfer_done(transfer, &answer);
}

static void finished_take(struct http *http)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left))) {
		struct transfer *transfer = NULL;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		transfer_finished(transfer, message->data.result);
	}
}

/* ---- the loop ---- */

static int socket_ready(struct osmo_fd *fd, unsigned int what)
{
	struct http *http = fd->data;
	int running, mask = 0;

	if (what & OSMO_FD_READ)
		mask |= CURL_CSELECT_IN;
	if (what & OSMO_FD_WRITE)
		mask |= CURL_CSELECT_OUT;
	curl_multi_socket_action(http->multi, fd->fd, mask, &running);
	finished_take(http);
	return 0;
}

static int socket_wanted(CURL *easy, curl_socket_t socket, int what, void *user, void *of_socket)
{
	struct http *http = user;
	struct osmo_fd *fd = of_socket;

	if (what == CURL_POLL_REMOVE) {
		if (!fd)
			return 0;
		osmo_fd_unregister(fd);
		curl_multi_assign(http->multi, fd->fd, NULL);
		talloc_free(fd);
		return 0;
	}
	if (!fd) {
		fd = talloc_zero(http, struct osmo_fd);
		OSMO_ASSERT(fd);
		osmo_fd_setup(fd, socket, 0, socket_ready, http, 0);
		OSMO_ASSERT(osmo_fd_register(fd) == 0);
		curl_multi_assign(http->multi, socket, fd);
	}
	osmo_fd_update_when(fd, 0, (what & CURL_POLL_IN ? OSMO_FD_READ : 0) | (what & CURL_POLL_OUT ? OSMO_FD_WRITE : 0));
	return 0;
}

static int timer_wanted(CURLM *multi, long ms, void *user)
{
	struct http *http = user;

	if (ms < 0)
		osmo_timer_del(&http->timer);
	else
		osmo_timer_schedule(&http->timer, ms / 1000, (int)(ms % 1000 * 1000));
	return 0;
}

static void timer_fired(void *data)
{
	struct http *http = data;
	int running;

	curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	finished_take(http);
}

/* ---- receiving ---- */

static size_t body_came(char *data, size_t one, size_t len, void *user)
{
	struct transfer *transfer = user;

	if (len > transfer->http->settings.response_max - transfer->len) {
		transfer->too_much = "the answer is too large";
		return 0;
	}
	transfer->body = talloc_realloc(transfer, transfer->body, char, transfer->len + len + 1);
	OSMO_ASSERT(transfer->body);
	memcpy(transfer->body + transfer->len, data, len);
	transfer->len += len;
	transfer->body[transfer->len] = '\0';
	return len;
}

static size_t header_came(char *data, size_t one, size_t len, void *user)
{
	struct transfer *transfer = user;

	transfer->headers_len += len;
	if (transfer->headers_len <= HEADERS_MAX)
		return len;
	transfer->too_much = "the answer has too many headers";
	return 0;
}

/* ---- sending ---- */

static void header_add(struct transfer *transfer, const char *name, const char *value)
{
	char line[TOKEN_SIZE + 64];

	snprintf(line, sizeof(line), "%s: %s", name, value);
	transfer->headers = curl_slist_append(transfer->headers, line);
	explicit_bzero(line, sizeof(line));
	OSMO_ASSERT(transfer->headers);
}

/* Read for each request, so that it can be replaced. The caller wipes \a out. */
static int secret_read(struct http *http, const char *path, char *out, size_t size)
{
	const int rc = conf_secret_read(path, out, size);
	unsigned int suppressed;

	if (rc && log_allowed(&http->secret_limit, SECRET_LOG_S, &suppressed))
		LOGP(http->settings.category, LOGL_ERROR, "%s: secret file %s: %s (%u more since the last such line)\n",
		     http->settings.name, path, conf_secret_problem(rc), suppressed);
	return rc;
}

static int token_add(struct transfer *transfer, const char *path)
{
	char token[TOKEN_SIZE] = "Bearer ";
	const size_t head = strlen(token);
	const int rc = secret_read(transfer->http, path, token + head, sizeof(token) - head);

	if (rc == 0)
		header_add(transfer, "Authorization", token);
	explicit_bzero(token, sizeof(token));
	return rc;
}

static int signature_add(struct transfer *transfer, const char *path, const char *body)
{
	char key[TOKEN_SIZE], signature[HTTP_SIGNATURE_SIZE];
	const int rc = secret_read(transfer->http, path, key, sizeof(key));

	if (rc == 0) {
		http_sign(key, clock_wall_ms() / 1000, body, signature);
		header_add(transfer, "Starhash-Signature", signature);
	}
	explicit_bzero(key, sizeof(key));
	return rc;
}

static void limits_set(CURL *easy, const struct http_service *service)
{
	const char *ca_file = service->ca_file ? service->ca_file : curl_version_info(CURLVERSION_NOW)->cainfo;

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* otherwise cleanup would wait for the resolver's thread */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)service->connect_ms);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	if (ca_file) {		/* libcurl with OpenSSL saves what a file has, but not a folder, which would also be trusted */
		curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
		curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, CA_CACHE_S);
	}
}

static void call_set(struct transfer *transfer, const struct http_call *call)
{
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_URL, call->url);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_came);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header_came);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	curl_easy_setopt(easy, CURLOPT_SHARE, transfer->http->share);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	if (call->body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(call->body));
		curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, call->body);
	}
}

static struct transfer *transfer_new(struct http *http, const struct http_call *call)
{
	struct transfer *transfer = talloc_zero(http, struct transfer);

	OSMO_ASSERT(transfer);
	transfer->http = http;
	transfer->done = call->done;
	transfer->user = call->user;
	transfer->easy = curl_easy_init();
	OSMO_ASSERT(transfer->easy);
	osmo_timer_setup(&transfer->deadline, transfer_expired, transfer);
	llist_add_tail(&transfer->entry, &http->transfers);
	return transfer;
}

int http_send(struct http *http, const struct http_call *call)
{
	const struct http_service *service = http->settings.service;
	const unsigned int total_ms = call->total_ms ? call->total_ms : (unsigned int)service->total_ms;
	struct transfer *transfer = transfer_new(http, call);
	int rc;

	header_add(transfer, "Accept", "application/json");
	header_add(transfer, "Connection", "close");
	if (call->body)
		header_add(transfer, "Content-Type", "application/json");
	if (call->key)
		header_add(transfer, "Idempotency-Key", call->key);
	rc = service->token_file ? token_add(transfer, service->token_file) : 0;
	if (!rc && http->settings.hmac_file && call->body)
		rc = signature_add(transfer, http->settings.hmac_file, call->body);
	if (rc < 0) {
		transfer_free(transfer);
		return rc;
	}
	limits_set(transfer->easy, service);
	call_set(transfer, call);
	osmo_timer_schedule(&transfer->deadline, total_ms / 1000, total_ms % 1000 * 1000);
	curl_multi_add_handle(http->multi, transfer->easy);
	return 0;
}

/* ---- the circuit breaker ---- */

uint32_t http_enter(struct http *http)
{
	return breaker_enter(&http->breaker, clock_monotonic_ms());
}

enum http_change http_leave(struct http *http, uint32_t ticket, bool well)
{
	const struct http_settings *settings = &http->settings;
	struct breaker *breaker = &http->breaker;
	const int64_t now = clock_monotonic_ms();
	unsigned int chance = 0, suppressed;

	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = (unsigned int)now;
	if (!breaker_leave(breaker, ticket, well, now, chance))
		return HTTP_SAME;
	if (breaker->state == BREAKER_CLOSED && log_burst(&http->breaker_lines, BREAKER_LINES, BREAKER_LOG_S, &suppressed))
		LOGP(settings->category, LOGL_NOTICE, "%s answers again\n", settings->name);
	else if (breaker->openings == 1 && log_burst(&http->breaker_lines, BREAKER_LINES, BREAKER_LOG_S, &suppressed))
		LOGP(settings->category, LOGL_ERROR, "%s failed %u times in a row: circuit breaker opened, retrying now and then\n",
		     settings->name, breaker->settings.failures);
	return breaker->state == BREAKER_CLOSED ? HTTP_CLOSED : HTTP_OPENED;
}

int64_t http_wait_ms(const struct http *http)
{
	return breaker_wait_ms(&http->breaker, clock_monotonic_ms());
}

const char *http_breaker_name(const struct http *http)
{
	return breaker_state_name(&http->breaker);
}

/* ---- life ---- */

struct http *http_new(void *ctx, const struct http_settings *settings)
{
	struct http *http;

	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return NULL;
	if (!(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS)) {
		LOGP(settings->category, LOGL_ERROR, "%s: this libcurl resolves names synchronously, which would block the daemon\n",
		     settings->name);
		curl_global_cleanup();
		return NULL;
	}
	http = talloc_zero(ctx, struct http);
	OSMO_ASSERT(http);
	http->settings = *settings;
	breaker_init(&http->breaker, &(struct breaker_settings){
		.failures = (unsigned int)settings->service->breaker_failures,
		.open_ms = (unsigned int)settings->service->breaker_ms, .open_max_ms = (unsigned int)settings->service->breaker_max_ms,
	});
	http->multi = curl_multi_init();
	http->share = curl_share_init();
	OSMO_ASSERT(http->multi && http->share);
	curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	INIT_LLIST_HEAD(&http->transfers);
	osmo_timer_setup(&http->timer, timer_fired, http);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, socket_wanted);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, timer_wanted);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)http->settings.connections_max);
	return http;
}

void http_free(struct http *http)
{
	struct transfer *transfer, *next;

	if (!http)
		return;
	llist_for_each_entry_safe(transfer, next, &http->transfers, entry)
		transfer_free(transfer);
	curl_multi_cleanup(http->multi);
	curl_share_cleanup(http->share);
	osmo_timer_del(&http->timer);
	talloc_free(http);
	curl_global_cleanup();
}

unsigned int http_connections(const struct http *http)
{
	return http->connections;
}
