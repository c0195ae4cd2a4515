/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A malicious TLS peer at the other end of a pair of sockets (A37). */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>

#include "channel/link_tls.h"
#include "tests/cmocka.h"

#define HOST "smsc.example"
#define WARNINGS 500
#define SMALL_RECORDS 2000
#define FEW 128			/* octets of one read, if each record has one */

struct fixture {
	void *ctx;
	int fds[2];			/* ours, the peer's */
	char ca[64];
	struct link_log log;
	struct link_transport *transport;
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t peer;
};

static void certificate_make(struct fixture *fix)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t cert;
	gnutls_datum_t pem;
	FILE *file;

	gnutls_x509_privkey_init(&key);
	gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&cert);
	gnutls_x509_crt_set_version(cert, 3);
	gnutls_x509_crt_set_serial(cert, "1", 1);
	gnutls_x509_crt_set_activation_time(cert, time(NULL) - 60);
	gnutls_x509_crt_set_expiration_time(cert, time(NULL) + 3600);
	gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, HOST, strlen(HOST), GNUTLS_FSAN_SET);
	gnutls_x509_crt_set_key(cert, key);
	assert_int_equal(gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0), 0);
	gnutls_certificate_allocate_credentials(&fix->credentials);
	assert_int_equal(gnutls_certificate_set_x509_key(fix->credentials, &cert, 1, key), 0);
	assert_int_equal(gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &pem), 0);
	file = fopen(fix->ca, "w");
	assert_non_null(file);
	fwrite(pem.data, 1, pem.size, file);
	fclose(file);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(cert);
	gnutls_x509_privkey_deinit(key);
}

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));
	int fd;

	strcpy(fix->ca, "/tmp/link_tls_test.XXXXXX");
	fd = mkstemp(fix->ca);
	assert_true(fd >= 0);
	close(fd);
	certificate_make(fix);
	fix->ctx = talloc_named_const(NULL, 0, "tls test");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fix->fds), 0);
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;

	fix->transport->ops->free(fix->transport);
	gnutls_deinit(fix->peer);
	gnutls_certificate_free_credentials(fix->credentials);
	talloc_free(fix->ctx);
	close(fix->fds[0]);
	close(fix->fds[1]);
	unlink(fix->ca);
	free(fix);
	return 0;
}

/* Run both ends until the handshake is complete. */
static void connect_by(struct fixture *fix, const char *versions)
{
	const struct link_tls_settings settings = { .ca_file = fix->ca, .host = HOST };
	int ours = 1, theirs = GNUTLS_E_AGAIN;

	gnutls_init(&fix->peer, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
	gnutls_priority_set_direct(fix->peer, versions, NULL);
	gnutls_credentials_set(fix->peer, GNUTLS_CRD_CERTIFICATE, fix->credentials);
	gnutls_transport_set_int(fix->peer, fix->fds[1]);
	fix->log = (struct link_log){ .category = DSMPP, .name = "smsc" };
	fix->transport = link_tls_new(fix->ctx, &settings, &fix->log, fix->fds[0]);
	assert_non_null(fix->transport);
	while (ours || theirs) {
		ours = ours ? fix->transport->ops->handshake(fix->transport) : 0;
		theirs = theirs ? gnutls_handshake(fix->peer) : 0;
		assert_true(ours >= 0 && (!theirs || theirs == GNUTLS_E_AGAIN));
	}
}

static ssize_t read_once(struct fixture *fix)
{
	static char room[4 * LINK_READ_MIN];

	return fix->transport->ops->read(fix->transport, room, sizeof(room));
}

/* ---- tests ---- */

static void tls__A37_peer_sends_endless_warnings__link_dropped_at_once(void **state)
{
	struct fixture *fix = *state;
	struct pollfd rest = { .fd = fix->fds[0], .events = POLLIN };

	connect_by(fix, "NORMAL:-VERS-ALL:+VERS-TLS1.2");
	for (unsigned int i = 0; i < WARNINGS; i++)
		if (gnutls_alert_send(fix->peer, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED) < 0)
			break;		/* no room for more */
	assert_int_equal(read_once(fix), -EPROTO);
	assert_int_equal(poll(&rest, 1, 0), 1);		/* the rest was not looked at */
}

static void tls__A37_peer_sends_one_warning__link_stays(void **state)
{
	struct fixture *fix = *state;

	connect_by(fix, "NORMAL:-VERS-ALL:+VERS-TLS1.2");
	gnutls_alert_send(fix->peer, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
	assert_int_equal(read_once(fix), -EAGAIN);
	assert_int_equal(gnutls_record_send(fix->peer, "more", 4), 4);
	assert_int_equal(read_once(fix), 4);
}

/* The octets left in the socket show it. */
static void small_records_come_in_parts(struct fixture *fix, const char *versions)
{
	struct pollfd more = { .fd = fix->fds[0], .events = POLLIN };
	unsigned int sent = 0, got = 0;
	ssize_t n;

	connect_by(fix, versions);
	while (sent < SMALL_RECORDS && gnutls_record_send(fix->peer, "x", 1) == 1)
		sent++;
	assert_true(sent > FEW);
	while (got < sent) {
		assert_int_equal(poll(&more, 1, 0), 1);
		n = read_once(fix);
		assert_true(n == -EAGAIN || (n > 0 && n <= FEW));	/* session tickets carry no application data */
		got += n > 0 ? n : 0;
	}
	assert_int_equal(got, sent);
}

static void tls__A37_many_small_records_in_tls_1_2__read_in_parts(void **state)
{
	small_records_come_in_parts(*state, "NORMAL:-VERS-ALL:+VERS-TLS1.2");
}

static void tls__A37_many_small_records_in_tls_1_3__read_in_parts(void **state)
{
	small_records_come_in_parts(*state, "NORMAL:-VERS-ALL:+VERS-TLS1.3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tls__A37_peer_sends_endless_warnings__link_dropped_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(tls__A37_peer_sends_one_warning__link_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(tls__A37_many_small_records_in_tls_1_2__read_in_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(tls__A37_many_small_records_in_tls_1_3__read_in_parts, setup, teardown),
	};

	log_start(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
