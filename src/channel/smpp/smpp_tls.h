/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* TLS for a link to an SMSC, by GnuTLS. The SMSC's certificate must be of the given authority and bear the given
 * name. */
#pragma once

#include "channel/smpp/smpp_transport.h"

struct smpp_tls_settings {
	const char *ca_file;		/* certificates of authorities, PEM */
	const char *host;		/* the name, or numeric address, that the certificate has to bear */
};

/* NULL, after a log line, when the file of authorities cannot be used. \a name is for logs. The file is
 * read for each connection, so a new one needs no restart. */
struct smpp_transport *smpp_tls_new(void *ctx, const struct smpp_tls_settings *settings, const char *name, int fd);
