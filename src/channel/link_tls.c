/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GnuTLS on a non-blocking socket. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "channel/link_tls.h"
#include "starhash/conf.h"
#include "starhash/log.h"

#define KEY_OCTETS (64 * 1024)		/* more than the longest RSA key takes in PEM */

/* RFC 8996: older versions are broken. Otherwise the system's policy applies. */
#define OLD_VERSIONS "-VERS-TLS1.1:-VERS-TLS1.0:-VERS-SSL3.0"

/* Per call, so that a peer that sends only warnings, or one-octet records, does not hold up other links. */
#define WARNINGS_MAX 8
#define RECORDS_MAX 64

struct link_tls {
	struct link_transport transport;
	struct link_log *log;
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
	bool stuck;			/* a record has been encrypted but not sent */
};

static struct link_tls *tls_of(struct link_transport *transport)
{
	return (struct link_tls *)transport;
}

static bool is_again(ssize_t rc)
{
	return rc == GNUTLS_E_AGAIN || rc == GNUTLS_E_INTERRUPTED;
}

/* A non-fatal error is a warning from the peer: continue, but only WARNINGS_MAX times. */
static bool is_warning(ssize_t rc, unsigned int *warnings)
{
	return rc < 0 && !is_again(rc) && !gnutls_error_is_fatal(rc) && ++*warnings <= WARNINGS_MAX;
}

static void failure_log(struct link_tls *tls, int rc)
{
	gnutls_datum_t words = { 0 };

	if (!link_may_log(tls->log))
		return;
	if (rc == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
		gnutls_certificate_verification_status_print(gnutls_session_get_verify_cert_status(tls->session),
							     GNUTLS_CRT_X509, &words, 0);
	LOGP(tls->log->category, LOGL_ERROR, "%s: TLS: %s %s\n", tls->log->name, gnutls_strerror(rc), words.data ? (char *)words.data : "");
	gnutls_free(words.data);
}

static int tls_handshake(struct link_transport *transport)
{
	struct link_tls *tls = tls_of(transport);
	unsigned int warnings = 0;
	int rc;

	do {
		rc = gnutls_handshake(tls->session);
	} while (is_warning(rc, &warnings));
	if (is_again(rc))
		return gnutls_record_get_direction(tls->session) ? OSMO_FD_WRITE : OSMO_FD_READ;
	if (!rc)
		return 0;
	failure_log(tls, rc);
	return -EPROTO;
}

static ssize_t record_read(struct link_tls *tls, void *out, size_t size)
{
	unsigned int warnings = 0;
	ssize_t n;

	do {
		n = gnutls_record_recv(tls->session, out, size);
	} while (is_warning(n, &warnings));
	/* Many peers close without the close_notify that TLS requires. */
	if (n == GNUTLS_E_PREMATURE_TERMINATION)
		return 0;
	return n >= 0 ? n : is_again(n) ? -EAGAIN : -EPROTO;
}

/* Read whole records: octets that GnuTLS has taken from the socket would not wake the loop, and it takes one record at a time. */
static ssize_t tls_read(struct link_transport *transport, void *out, size_t size)
{
	unsigned int records = 0;
	size_t used = 0;
	ssize_t n;

	do {
		n = record_read(tls_of(transport), (char *)out + used, size - used);
		if (n > 0)
			used += n;
	} while (n > 0 && size - used >= LINK_READ_MIN && ++records < RECORDS_MAX);
	/* The next read reports the end or the error again. */
	return used ? (ssize_t)used : n;
}

static ssize_t tls_write(struct link_transport *transport, const void *data, size_t len)
{
	struct link_tls *tls = tls_of(transport);
	size_t used = 0;
	ssize_t n;

	do {
		/* A record that is already encrypted is sent first; it contains the same octets. */
		n = tls->stuck ? gnutls_record_send(tls->session, NULL, 0) :
				 gnutls_record_send(tls->session, (const char *)data + used, len - used);
		tls->stuck = is_again(n);
		if (n > 0)
			used += n;
	} while (n > 0 && used < len);
	if (used)
		return used;
	return n >= 0 ? n : is_again(n) ? -EAGAIN : -EPROTO;
}

static void tls_free(struct link_transport *transport)
{
	struct link_tls *tls = tls_of(transport);

	if (tls->session) {
		gnutls_bye(tls->session, GNUTLS_SHUT_WR);
		gnutls_deinit(tls->session);
	}
	if (tls->credentials)
		gnutls_certificate_free_credentials(tls->credentials);
	talloc_free(tls);
}

static const struct link_transport_ops tls_ops = { tls_handshake, tls_read, tls_write, tls_free };

/* Read the key ourselves, because GnuTLS does not check the file's mode. */
static int identity_load(struct link_tls *tls, const struct link_tls_settings *settings)
{
	char *key = talloc_size(tls, KEY_OCTETS);
	gnutls_datum_t cert = { 0 };
	int rc = GNUTLS_E_FILE_ERROR;
	ssize_t len;

	OSMO_ASSERT(key);
	len = conf_secret_load(settings->key_file, key, KEY_OCTETS);
	if (len < 0 && link_may_log(tls->log))
		LOGP(tls->log->category, LOGL_ERROR, "%s: key %s: %s\n", tls->log->name, settings->key_file, conf_secret_problem((int)len));
	if (len >= 0)
		rc = gnutls_load_file(settings->cert_file, &cert);
	if (rc >= 0)
		rc = gnutls_certificate_set_x509_key_mem(tls->credentials, &cert, &(gnutls_datum_t){ (unsigned char *)key, len },
							 GNUTLS_X509_FMT_PEM);
	gnutls_free(cert.data);
	explicit_bzero(key, KEY_OCTETS);
	talloc_free(key);
	return rc;
}

static int session_open(struct link_tls *tls, const struct link_tls_settings *settings)
{
	int rc = gnutls_init(&tls->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
	struct in6_addr address;

	if (rc >= 0)
		rc = gnutls_set_default_priority_append(tls->session, OLD_VERSIONS, NULL, 0);
	if (rc < 0)
		return rc;
	gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, tls->credentials);
	/* RFC 6066: names only. */
	if (inet_pton(AF_INET, settings->host, &address) != 1 && inet_pton(AF_INET6, settings->host, &address) != 1)
		gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS, settings->host, strlen(settings->host));
	gnutls_session_set_verify_cert(tls->session, settings->host, 0);
	gnutls_transport_set_int(tls->session, tls->transport.fd);
	return 0;
}

struct link_transport *link_tls_new(void *ctx, const struct link_tls_settings *settings, struct link_log *log, int fd)
{
	struct link_tls *tls = talloc_zero(ctx, struct link_tls);
	int rc;

	OSMO_ASSERT(tls);
	tls->transport = (struct link_transport){ &tls_ops, fd };
	tls->log = log;
	rc = gnutls_certificate_allocate_credentials(&tls->credentials);
	if (rc >= 0)
		rc = gnutls_certificate_set_x509_trust_file(tls->credentials, settings->ca_file, GNUTLS_X509_FMT_PEM);
	if (!rc)
		rc = GNUTLS_E_NO_CERTIFICATE_FOUND;
	if (rc >= 0 && settings->cert_file)
		rc = identity_load(tls, settings);
	if (rc >= 0)
		rc = session_open(tls, settings);
	if (rc >= 0)
		return &tls->transport;
	if (link_may_log(log))
		LOGP(tls->log->category, LOGL_ERROR, "%s: TLS with the CA file %s%s%s: %s\n", log->name, settings->ca_file,
		     settings->cert_file ? " and our certificate " : "", settings->cert_file ? settings->cert_file : "",
		     gnutls_strerror(rc));
	tls_free(&tls->transport);
	return NULL;
}
