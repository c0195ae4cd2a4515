/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Glue between libmicrohttpd and libosmocore's loop, and the life of a call.
 *
 * Connections are accepted by our listener, so that its limits, pauses and care for UNIX sockets apply, and handed to libmicrohttpd. A
 * call belongs to libmicrohttpd until its body is complete, then it is suspended until it is answered. A request that is refused has its
 * body read and dropped, so that the client reads the answer and can go on with the connection. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/select.h>
#include <osmocom/core/sockaddr_str.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "door/clients.h"
#include "door/judge.h"
#include "starhash/listener.h"
#include "starhash/log.h"

#define LOG_INTERVAL_S 60
#define HEADERS_OCTETS (32 * 1024)	/* a connection's memory for request and answer headers */
#define KEY_OCTETS (64 * 1024)		/* more than the longest RSA key takes in PEM */
#define FAILURES_PER_S 5		/* of authentication, before a listener pauses */
#define LAST_ROUNDS 16			/* of libmicrohttpd, to send the last answers */

/* RFC 8996: older versions are broken. Otherwise the system's policy applies. */
#define OLD_VERSIONS "-VERS-TLS1.1:-VERS-TLS1.0:-VERS-SSL3.0"

#define AS_ANSWER(name, status, counter, why) [REFUSAL_##name] = { status, why },
static const struct {
	unsigned int status;
	const char *why;
} refusals[] = { REFUSALS(AS_ANSWER) };

/* The last one is followed by one per refusal. */
enum counter { COUNT_REQUESTS, COUNT_LATER, COUNT_DROPPED, COUNT_SLOW, COUNT_SILENT, COUNT_REFUSED };

#define AS_COUNTER(name, status, counter, why) [COUNT_REFUSED + REFUSAL_##name] = { "refused:" counter, why },
static const struct rate_ctr_desc counters[] = {
	[COUNT_REQUESTS] = { "requests", "requests given to their handler" },
	[COUNT_LATER] = { "requests:later", "requests that were not answered at once" },
	[COUNT_DROPPED] = { "answers:dropped", "answers whose client had left" },
	[COUNT_SLOW] = { "connections:slow", "connections closed because no complete request came in time" },
	[COUNT_SILENT] = { "connections:silent", "connections that ended without a request, as when a TLS handshake fails" },
	[COUNT_REFUSED] = { "requests:refused", "requests refused by the door, in all" },
	REFUSALS(AS_COUNTER)
};

static const struct rate_ctr_group_desc counter_group = {
	.group_name_prefix = "door", .group_description = "HTTP requests from the operator's systems",
	.num_ctr = ARRAY_SIZE(counters), .ctr_desc = counters,
};

/* One listening socket. */
struct endpoint {
	struct door *door;
	struct MHD_Daemon *daemon;
	struct listener_settings listener_settings;
	struct listener *listener;
	struct osmo_fd epoll;
	struct osmo_timer_list timer;		/* libmicrohttpd's */
	struct door_bucket failures;
	bool local, tls, verify;
	bool added;				/* libmicrohttpd has the connection that is being accepted */
	unsigned int connections;
};

struct door {
	const struct door_settings *settings;
	const struct door_table *tables;
	void *ctx;				/* of calls */
	struct endpoint socket, tcp;
	struct door_clients *clients;
	struct door_client local;
	struct llist_head open;			/* calls that the handler has to answer */
	unsigned int open_count;
	bool stopping;
	struct rate_ctr_group *counters;
	struct log_limit refusal_limits[REFUSALS_COUNT], slow_limit, tls_limit;
};

struct connection {
	struct endpoint *endpoint;
	struct osmo_timer_list deadline;	/* of the next complete request, and before that of the last answer */
	int fd;
	bool asked;				/* a request came */
};

struct door_call {
	struct llist_head entry;		/* in the door's list, while open */
	struct door *door;
	struct connection *from;
	struct MHD_Connection *connection;
	struct door_client *client;
	struct place place;
	enum refusal refusal;
	struct MHD_Response *response;
	unsigned int status;
	char *body;
	size_t len, size, dropped;
	bool open;				/* its owner has not answered yet */
	bool suspended;
	bool abandoned;				/* the door was freed first */
};

static void count(struct door *door, unsigned int which)
{
	rate_ctr_inc2(door->counters, which);
}

/* The address of a client, for logs. */
static const char *peer_of(struct MHD_Connection *connection, struct osmo_sockaddr_str *out)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct sockaddr_storage address = { 0 };

	if (info && info->client_addr->sa_family == AF_INET)
		memcpy(&address, info->client_addr, sizeof(struct sockaddr_in));
	else if (info && info->client_addr->sa_family == AF_INET6)
		memcpy(&address, info->client_addr, sizeof(struct sockaddr_in6));
	return osmo_sockaddr_str_from_sockaddr(out, &address) == 0 ? out->ip : "local";
}

/* ---- the loop ---- */

static void run(void *data)
{
	struct endpoint *endpoint = data;
	MHD_UNSIGNED_LONG_LONG ms;

	MHD_run(endpoint->daemon);
	/* A timer that runs already stays: a handler may just have had a call resumed. */
	if (MHD_get_timeout(endpoint->daemon, &ms) == MHD_YES)
		osmo_timer_schedule(&endpoint->timer, (int)(ms / 1000), (int)(ms % 1000 * 1000));
}

static int epoll_ready(struct osmo_fd *fd, unsigned int what)
{
	run(fd->data);
	return 0;
}

/* ---- connections ---- */

/* libmicrohttpd limits silence only, and a client that sends an octet now and then would stay. */
static void deadline_passed(void *data)
{
	struct connection *from = data;
	struct door *door = from->endpoint->door;
	unsigned int suppressed;

	count(door, COUNT_SLOW);
	if (log_allowed(&door->slow_limit, LOG_INTERVAL_S, &suppressed))
		LOGP(DDOOR, LOGL_INFO, "%s: closed a connection: no complete request in %u s (%u more since the last such line)\n",
		     from->endpoint->listener_settings.name, door->settings->timeout_ms / 1000, suppressed);
	shutdown(from->fd, SHUT_RDWR);		/* libmicrohttpd reads the end */
}

static void deadline_set(struct connection *from)
{
	const unsigned int ms = from->endpoint->door->settings->timeout_ms;

	osmo_timer_schedule(&from->deadline, (int)(ms / 1000), (int)(ms % 1000 * 1000));
}

/* GnuTLS calls this in the handshake. */
static int certificate_verify(gnutls_session_t session)
{
	gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT };
	struct MHD_Connection *connection = gnutls_session_get_ptr(session);
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct door *door = ((struct connection *)info->socket_context)->endpoint->door;
	struct osmo_sockaddr_str peer;
	gnutls_datum_t words = { 0 };
	unsigned int status = 0, suppressed;
	const int rc = gnutls_certificate_verify_peers(session, &purpose, 1, &status);

	if (rc >= 0 && !status)
		return 0;
	if (log_allowed(&door->tls_limit, LOG_INTERVAL_S, &suppressed)) {
		if (rc >= 0)
			gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &words, 0);
		LOGP(DDOOR, LOGL_NOTICE, "refused the certificate of %s: %s (%u more since the last such line)\n",
		     peer_of(connection, &peer), words.data ? (char *)words.data : gnutls_strerror(rc), suppressed);
		gnutls_free(words.data);
	}
	gnutls_alert_send(session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);	/* libmicrohttpd says nothing */
	return GNUTLS_E_CERTIFICATE_ERROR;
}

static void connection_began(struct endpoint *endpoint, struct MHD_Connection *connection, void **context)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct connection *from = talloc_zero(endpoint->door, struct connection);
	gnutls_session_t session;

	OSMO_ASSERT(from);
	*from = (struct connection){ .endpoint = endpoint, .fd = info->connect_fd };
	osmo_timer_setup(&from->deadline, deadline_passed, from);
	deadline_set(from);
	*context = from;
	endpoint->added = true;
	endpoint->connections++;
	if (!endpoint->tls)
		return;
	session = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
	gnutls_set_default_priority_append(session, OLD_VERSIONS, NULL, 0);
	if (!endpoint->verify)
		return;
	gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
	gnutls_session_set_verify_function(session, certificate_verify);
}

/* libmicrohttpd does not tell why a handshake failed. */
static void silent_count(struct endpoint *endpoint, struct MHD_Connection *connection)
{
	struct door *door = endpoint->door;
	struct osmo_sockaddr_str peer;
	unsigned int suppressed;

	count(door, COUNT_SILENT);
	if (endpoint->tls && log_allowed(&door->tls_limit, LOG_INTERVAL_S, &suppressed))
		LOGP(DDOOR, LOGL_NOTICE, "a connection of %s ended without a request: no certificate, or another failure of TLS (%u more "
		     "since the last such line)\n", peer_of(connection, &peer), suppressed);
}

static void connection_changed(void *user, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode code)
{
	struct endpoint *endpoint = user;
	struct connection *from = *context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		connection_began(endpoint, connection, context);
		return;
	}
	if (!from->asked)
		silent_count(endpoint, connection);
	osmo_timer_del(&from->deadline);
	talloc_free(from);
	*context = NULL;
	endpoint->connections--;
	listener_release(endpoint->listener);
}

static void accepted(void *user, int fd)
{
	struct endpoint *endpoint = user;
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);

	getpeername(fd, (struct sockaddr *)&address, &len);
	endpoint->added = false;
	/* takes fd, also when it fails */
	if (MHD_add_connection(endpoint->daemon, fd, (struct sockaddr *)&address, len) != MHD_YES && !endpoint->added)
		listener_release(endpoint->listener);
}

/* ---- answers ---- */

static void response_set(struct door_call *call, unsigned int status, const char *json, size_t len)
{
	const struct door *door = call->door;
	struct MHD_Response *response = MHD_create_response_from_buffer(len, (void *)(uintptr_t)json, MHD_RESPMEM_MUST_COPY);
	char seconds[16];

	OSMO_ASSERT(response);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (status == MHD_HTTP_TOO_MANY_REQUESTS || status == MHD_HTTP_SERVICE_UNAVAILABLE) {
		snprintf(seconds, sizeof(seconds), "%u", door->settings->retry_after_s);
		MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
	}
	if (door->stopping || status == MHD_HTTP_UNAUTHORIZED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	call->status = status;
	call->response = response;
}

static void body_free(struct door_call *call)
{
	if (call->body)
		explicit_bzero(call->body, call->len);
	talloc_free(call->body);
	call->body = NULL;
}

static void refuse(struct door_call *call, enum refusal refusal)
{
	struct door *door = call->door;
	struct osmo_sockaddr_str peer;
	char json[128];
	unsigned int suppressed;
	int len = snprintf(json, sizeof(json), "{\"error\":\"%s\"}", refusals[refusal].why);

	body_free(call);
	count(door, COUNT_REFUSED);
	count(door, COUNT_REFUSED + refusal);
	if (log_allowed(&door->refusal_limits[refusal], LOG_INTERVAL_S, &suppressed))
		LOGP(DDOOR, LOGL_NOTICE, "refused a request of %s, status %u: %s (%u more since the last such line)\n",
		     call->client ? call->client->name : peer_of(call->connection, &peer), refusals[refusal].status,
		     refusals[refusal].why, suppressed);
	call->refusal = refusal;
	response_set(call, refusals[refusal].status, json, (size_t)len);
	if (refusal != REFUSAL_UNAUTHORIZED)
		return;
	MHD_add_response_header(call->response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	if (!door_bucket_take(&call->from->endpoint->failures, FAILURES_PER_S))
		listener_pause(call->from->endpoint->listener);
}

/* Has libmicrohttpd send the answer. Before the body was read, it closes the connection afterwards. */
static enum MHD_Result response_send(struct door_call *call)
{
	deadline_set(call->from);
	return MHD_queue_response(call->connection, call->status, call->response);
}

static void call_close(struct door_call *call)
{
	llist_del(&call->entry);
	call->open = false;
	call->door->open_count--;
}

void door_answer(struct door_call *call, unsigned int status, const char *json, size_t len)
{
	if (call->abandoned) {
		talloc_free(call);
		return;
	}
	OSMO_ASSERT(call->open && status >= 200 && status < 600);
	call_close(call);
	response_set(call, status, json, len);
	if (!call->suspended)
		return;
	/* on_request() is called once more. With polling from outside, libmicrohttpd does not wake the loop for it. */
	MHD_resume_connection(call->connection);
	osmo_timer_schedule(&call->from->endpoint->timer, 0, 0);
}

/* libmicrohttpd is done with a request. */
static void call_completed(void *user, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode code)
{
	struct door_call *call = *context;

	if (!call)
		return;
	*context = NULL;
	OSMO_ASSERT(!call->open);
	if (call->response && !call->refusal && code != MHD_REQUEST_TERMINATED_COMPLETED_OK)
		count(call->door, COUNT_DROPPED);
	if (call->response)
		MHD_destroy_response(call->response);
	body_free(call);
	if (!call->abandoned)
		talloc_free(call);
}

/* ---- requests ---- */

static struct door_client *client_of(struct endpoint *endpoint, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *tls = endpoint->verify ? MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)
							       : NULL;
	const char *authorization;
	struct door_client *client;

	if (endpoint->local)
		return &endpoint->door->local;
	authorization = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	client = door_clients_find(endpoint->door->clients, authorization, tls ? tls->tls_session : NULL);
	/* It lies in the connection's own buffer, which libmicrohttpd does not wipe. */
	if (authorization)
		explicit_bzero((char *)(uintptr_t)authorization, strlen(authorization));
	return client;
}

static enum refusal request_judge(struct door_call *call, const char *path, const char *method)
{
	enum refusal refusal;

	if (headers_are_malformed(call->connection))
		return REFUSAL_MALFORMED;
	call->client = client_of(call->from->endpoint, call->connection);
	if (!call->client)
		return REFUSAL_UNAUTHORIZED;
	place_find(call->door->tables, method, path, &call->place);
	refusal = place_judge(&call->place, call->client->rights, call->connection);
	if (!refusal && call->size > call->door->settings->body_max)
		refusal = REFUSAL_TOO_LARGE;
	return refusal;
}

/* The headers are complete. */
static enum MHD_Result request_begin(struct endpoint *endpoint, struct MHD_Connection *connection, const char *path, const char *method,
				     void **context)
{
	struct connection *from = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
	const char *expect = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT);
	struct door_call *call = talloc_zero(endpoint->door->ctx, struct door_call);
	enum refusal refusal;

	OSMO_ASSERT(call);
	from->asked = true;
	*call = (struct door_call){ .door = endpoint->door, .from = from, .connection = connection };
	call->size = length ? strtoull(length, NULL, 10) : call->door->settings->body_max;
	*context = call;
	refusal = request_judge(call, path, method);
	if (!refusal)
		return MHD_YES;
	refuse(call, refusal);
	if (refusal == REFUSAL_METHOD)
		MHD_add_response_header(call->response, MHD_HTTP_HEADER_ALLOW, call->place.allow);
	/* Unless the body may be long, still waits to be asked for, or has no certain end, it is read first. */
	if (refusal == REFUSAL_MALFORMED || call->size > call->door->settings->body_max || expect)
		return response_send(call);
	return MHD_YES;
}

/* Part of the body. A client that goes on for long after a refusal is cut off. */
static enum MHD_Result body_take(struct door_call *call, const char *data, size_t len)
{
	const size_t body_max = call->door->settings->body_max;

	if (call->refusal) {
		call->dropped += len;
		return call->dropped > body_max + HEADERS_OCTETS ? MHD_NO : MHD_YES;
	}
	if (len > body_max - call->len) {
		refuse(call, REFUSAL_TOO_LARGE);
		return MHD_YES;
	}
	if (!call->body) {
		call->body = talloc_size(call, call->size + 1);
		OSMO_ASSERT(call->body);
	}
	memcpy(call->body + call->len, data, len);
	call->len += len;
	explicit_bzero((char *)(uintptr_t)data, len);		/* libmicrohttpd's buffer, as in client_of() */
	return MHD_YES;
}

void door_charge(struct door_call *call, unsigned int more)
{
	door_bucket_charge(&call->client->bucket, call->door->settings->rate, more);
}

/* The request is complete. */
static void request_handle(struct door_call *call, const char *path, const char *method)
{
	struct door *door = call->door;
	const struct door_table *table = call->place.table;
	struct door_request request = { .method = method, .path = path, .id = place_id(&call->place, path),
					.right = call->place.row->right, .client = call->client->name,
					.rights = call->client->rights, .providers = call->client->providers, .body = "",
					.len = call->len };

	if (door->stopping) {
		refuse(call, REFUSAL_STOPPING);
		return;
	}
	if (!door_bucket_take(&call->client->bucket, door->settings->rate)) {
		refuse(call, REFUSAL_RATE);
		return;
	}
	if (door->open_count >= door->settings->open_max) {
		refuse(call, REFUSAL_BUSY);
		return;
	}
	if (call->body) {
		call->body[call->len] = '\0';
		request.body = call->body;
	}
	osmo_timer_del(&call->from->deadline);
	llist_add_tail(&call->entry, &door->open);
	door->open_count++;
	call->open = true;
	count(door, COUNT_REQUESTS);
	table->handle(table->user, call, &request);
	body_free(call);
	if (!call->open)
		return;
	count(door, COUNT_LATER);
	call->suspended = true;
	MHD_suspend_connection(call->connection);
}

/* libmicrohttpd calls this when the headers are complete, for each part of the body, when the body is complete, and when a suspended
 * request is resumed. */
static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *path, const char *method, const char *version,
				  const char *data, size_t *len, void **context)
{
	struct door_call *call = *context;
	enum MHD_Result rc;

	if (!call)
		return request_begin(user, connection, path, method, context);
	if (*len) {
		rc = body_take(call, data, *len);
		*len = 0;
		return rc;
	}
	if (!call->response)
		request_handle(call, path, method);
	return call->response ? response_send(call) : MHD_YES;
}

/* Paths are compared as they were sent: "%00" and "%2F" would cut or split an id. */
static size_t path_unescape(void *user, struct MHD_Connection *connection, char *path)
{
	return strlen(path);
}

/* ---- setup and teardown ---- */

/* Why the start fails. Later lines name no client, and some are wrong for UNIX sockets (0.9.75). */
static void library_logs(void *user, const char *format, va_list args)
{
	const struct endpoint *endpoint = user;
	char line[256];

	if (endpoint->daemon)
		return;
	vsnprintf(line, sizeof(line), format, args);
	LOGP(DDOOR, LOGL_ERROR, "libmicrohttpd: %s", line);
}

static bool pem_read(const char *path, gnutls_datum_t *out)
{
	const int rc = path ? gnutls_load_file(path, out) : 0;

	if (rc < 0)
		LOGP(DDOOR, LOGL_ERROR, "%s: %s\n", path, gnutls_strerror(rc));
	return rc >= 0;
}

/* Without TLS the texts are NULL. */
static int daemon_start(struct endpoint *endpoint, const char *key, const gnutls_datum_t *certificate, const gnutls_datum_t *ca)
{
	const unsigned int flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
				   (key ? MHD_USE_TLS : 0);
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key }, { MHD_OPTION_HTTPS_MEM_CERT, 0, certificate->data },
		{ ca->data ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0, ca->data }, { MHD_OPTION_END, 0, NULL },
	};

	if (!key)
		tls[0].option = MHD_OPTION_END;
	endpoint->tls = key;
	endpoint->verify = ca->data;
	endpoint->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, on_request, endpoint, MHD_OPTION_EXTERNAL_LOGGER, library_logs, endpoint, MHD_OPTION_ARRAY, tls,
		MHD_OPTION_CONNECTION_LIMIT, endpoint->door->settings->connections_max + 1,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_OCTETS,
		MHD_OPTION_NOTIFY_COMPLETED, call_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, connection_changed, endpoint,
		MHD_OPTION_UNESCAPE_CALLBACK, path_unescape, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	return endpoint->daemon ? 0 : -EINVAL;
}

static int daemon_start_tls(struct endpoint *endpoint)
{
	const struct door_settings *settings = endpoint->door->settings;
	gnutls_datum_t certificate = { 0 }, ca = { 0 };
	char *key = talloc_size(endpoint->door, KEY_OCTETS);
	int rc = -EINVAL;
	ssize_t len;

	OSMO_ASSERT(key);
	len = conf_secret_load(settings->tls_key, key, KEY_OCTETS);
	if (len < 0) {
		rc = (int)len;
		LOGP(DDOOR, LOGL_ERROR, "key %s: %s\n", settings->tls_key, conf_secret_problem(rc));
	} else if (pem_read(settings->tls_certificate, &certificate) && pem_read(settings->tls_ca, &ca)) {
		rc = daemon_start(endpoint, key, &certificate, &ca);
	}
	explicit_bzero(key, KEY_OCTETS);
	talloc_free(key);
	gnutls_free(certificate.data);
	gnutls_free(ca.data);
	return rc;
}

static int endpoint_open(struct door *door, struct endpoint *endpoint, const char *name)
{
	const struct door_settings *settings = door->settings;
	const gnutls_datum_t none = { 0 };
	int rc;

	endpoint->door = door;
	endpoint->local = endpoint == &door->socket;
	endpoint->listener_settings = (struct listener_settings){
		.name = name, .category = DDOOR, .connections_max = settings->connections_max, .accepted = accepted, .user = endpoint,
	};
	rc = settings->tls_key && !endpoint->local ? daemon_start_tls(endpoint) : daemon_start(endpoint, NULL, &none, &none);
	if (rc)
		return rc;
	osmo_timer_setup(&endpoint->timer, run, endpoint);
	osmo_fd_setup(&endpoint->epoll, MHD_get_daemon_info(endpoint->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, OSMO_FD_READ,
		      epoll_ready, endpoint, 0);
	OSMO_ASSERT(osmo_fd_register(&endpoint->epoll) == 0);
	rc = endpoint->local ? listener_unix(door, &endpoint->listener_settings, settings->socket, &endpoint->listener) :
			       listener_tcp(door, &endpoint->listener_settings, settings->address, (uint16_t)settings->port,
					    &endpoint->listener);
	if (rc)
		LOGP(DDOOR, LOGL_ERROR, "cannot listen on %s: %s\n", endpoint->local ? settings->socket : settings->address, strerror(-rc));
	return rc;
}

static void endpoint_close(struct endpoint *endpoint)
{
	if (!endpoint->daemon)
		return;
	for (unsigned int i = 0; i < LAST_ROUNDS; i++)
		run(endpoint);		/* answers of calls that were open */
	osmo_timer_del(&endpoint->timer);
	osmo_fd_unregister(&endpoint->epoll);
	MHD_stop_daemon(endpoint->daemon);
	listener_free(endpoint->listener);
}

int door_new(void *ctx, const void *settings, const struct door_table *tables, struct door **out)
{
	struct door *door = talloc_zero(ctx, struct door);
	int rc;

	OSMO_ASSERT(door);
	door->settings = settings;
	door->tables = tables;
	door->ctx = ctx;
	door->local = (struct door_client){ .name = "local", .rights = DOOR_ALL };
	INIT_LLIST_HEAD(&door->open);
	door->counters = rate_ctr_group_alloc(door, &counter_group, 0);
	OSMO_ASSERT(door->counters);
	door->clients = door_clients_new(door, settings);
	rc = door->clients ? 0 : -EINVAL;
	if (!rc && door->settings->socket)
		rc = endpoint_open(door, &door->socket, "door socket");
	if (!rc && door->settings->address)
		rc = endpoint_open(door, &door->tcp, "door");
	if (rc)
		door_free(door);
	else
		*out = door;
	return rc;
}

void door_free(struct door *door)
{
	struct door_call *call, *next;

	if (!door)
		return;
	door->stopping = true;
	llist_for_each_entry_safe(call, next, &door->open, entry) {
		call_close(call);
		call->abandoned = true;
		refuse(call, REFUSAL_STOPPING);
		MHD_resume_connection(call->connection);
	}
	endpoint_close(&door->socket);
	endpoint_close(&door->tcp);
	rate_ctr_group_free(door->counters);
	talloc_free(door);
}

static uint64_t counted(const struct door *door, unsigned int which)
{
	return rate_ctr_group_get_ctr(door->counters, which)->current;
}

int door_describe(const struct door *door, char *out, size_t size)
{
	return snprintf(out, size, "door: %u connections on the socket, %u on the address, %u of %u requests open; requests %" PRIu64
			", refused %" PRIu64 " (no credential %" PRIu64 ", too many %" PRIu64 "), slow connections %" PRIu64
			", connections refused %u",
			door->socket.connections, door->tcp.connections, door->open_count, door->settings->open_max,
			counted(door, COUNT_REQUESTS), counted(door, COUNT_REFUSED), counted(door, COUNT_REFUSED + REFUSAL_UNAUTHORIZED),
			counted(door, COUNT_REFUSED + REFUSAL_RATE) + counted(door, COUNT_REFUSED + REFUSAL_BUSY),
			counted(door, COUNT_SLOW),
			(door->socket.listener ? listener_refused(door->socket.listener) : 0) +
			(door->tcp.listener ? listener_refused(door->tcp.listener) : 0));
}
