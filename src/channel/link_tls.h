/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* TLS 1.2 or later for a link, by GnuTLS. The peer's certificate must be of the given authority and bear the
 * given name. */
#pragma once

#include "channel/link_log.h"
#include "channel/link_transport.h"

struct link_tls_settings {
	const char *ca_file;		/* certificates of authorities, PEM */
	const char *host;		/* the name, or numeric address, that the certificate has to bear; of a link, NULL or "": its
					 * address */
	const char *cert_file, *key_file;	/* our own certificate with its chain, and its key, PEM; both NULL: none */
};

/* NULL, after a log line, when a file cannot be used; the key is one that others cannot read (conf_secret_open()). \a log
 * outlives it. The files are read for each connection, so new ones need no restart. */
struct link_transport *link_tls_new(void *ctx, const struct link_tls_settings *settings, struct link_log *log, int fd);
