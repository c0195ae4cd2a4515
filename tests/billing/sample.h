/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The sample billing system of contrib/billing as a child process of a test, with one subscriber. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#define SAMPLE_MSISDN "13800138000"
#define SAMPLE_IMSI "001010000000001"

struct sample {
	char folder[64];		/* billing.db, token, cert.pem, key.pem … */
	pid_t pid;
	unsigned int port;
};

/* Its loyalty service requires signatures with the key in the file "hmac".
 * \a secure: over TLS with a throw-away certificate for 127.0.0.1, and with a token. */
void sample_start(struct sample *sample, bool secure);
void sample_stop(struct sample *sample);

/* The same for a group of cmocka: *\a state is the sample, not over TLS. */
int sample_setup(void **state);
int sample_teardown(void **state);

/* A file of the folder; the text is overwritten by the next call. */
const char *sample_file(const struct sample *sample, const char *name);

/* PUT JSON to an address. */
void sample_put(const struct sample *sample, const char *path, const char *json);

/* Faults from now on, as JSON; "{}": none. */
void sample_fault(const struct sample *sample, const char *json);

/* How often a text occurs in the answer of an address. */
unsigned int sample_count(const struct sample *sample, const char *path, const char *text);
