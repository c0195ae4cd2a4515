/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* TLS 1.2 or later for a link to an SMSC, by GnuTLS. The SMSC's certificate must be of the given authority and bear the
 * given name. */
#pragma once

#include "channel/smpp/smpp_transport.h"
#include "starhash/log.h"

struct smpp_tls_settings {
	const char *ca_file;		/* certificates of authorities, PEM */
	const char *host;		/* the name, or numeric address, that the certificate has to bear; of a link, NULL or "": its
					 * address */
	const char *cert_file, *key_file;	/* our own certificate with its chain, and its key, PEM; both NULL: none */
};

/* NULL, after a log line, when a file cannot be used; the key is one that others cannot read (conf_secret_open()). \a name and
 * \a lines are for logs and outlive it. The files are read for each connection, so new ones need no restart. */
struct smpp_transport *smpp_tls_new(void *ctx, const struct smpp_tls_settings *settings, const char *name,
				    struct log_limit *lines, int fd);
