/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* TLS 1.2 or later for a link, with GnuTLS. The peer's certificate must be issued by a given authority and contain the given name. */
#pragma once

#include "channel/link_log.h"
#include "channel/link_transport.h"

struct link_tls_settings {
	const char *ca_file;		/* certificates of authorities, PEM */
	const char *host;		/* name or numeric address that the certificate must contain; NULL or "": the link's address */
	const char *cert_file, *key_file;	/* our own certificate with its chain, and its key, PEM; both NULL: none */
};

/* NULL, after a log line, when a file cannot be used. The key file must not be readable by others (conf_secret_open()). \a log must
 * outlive the transport. The files are read for each connection, so new ones need no restart. */
struct link_transport *link_tls_new(void *ctx, const struct link_tls_settings *settings, struct link_log *log, int fd);
