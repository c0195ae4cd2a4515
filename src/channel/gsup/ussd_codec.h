/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* USSD components (3GPP TS 24.080 clause 3.6, 29.002 clause 17.6.4) between Facility octets and UTF-8.
 *
 * Bounded, without allocation or state. Every octet of the input may be hostile. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ussd_kind {
	USSD_INVOKE = 0xa1,
	USSD_RESULT = 0xa2,		/* also read from ReturnResultNotLast */
	USSD_ERROR = 0xa3,
	USSD_REJECT = 0xa4,
};

enum ussd_operation {
	USSD_NO_OPERATION = 0,		/* a result, error or reject without one; an operation with a global code (OID) */
	USSD_PROCESS_DATA = 19,		/* phase 1 phone to network: one text in IA5, one text back */
	USSD_PROCESS_REQUEST = 59,	/* phone to network: open for the whole dialog */
	USSD_REQUEST = 60,		/* network to phone: a page that wants an answer */
	USSD_NOTIFY = 61,		/* network to phone: a text; its result is empty */
};

enum ussd_alphabet {
	USSD_NO_STRING,			/* the component carries no text */
	USSD_GSM7,
	USSD_GSM7_LANGUAGE,		/* two letters of language and a CR come first */
	USSD_UCS2,
	USSD_UCS2_LANGUAGE,		/* two packed letters of language come first */
	USSD_IA5,
	USSD_UNKNOWN,			/* a data coding scheme that we cannot read */
};

#define USSD_STRING_MAX 160
/* A ReturnResult of the longest string: four lengths of two octets around it, three elements of three octets. */
#define USSD_COMPONENT_MAX (USSD_STRING_MAX + 4 * 3 + 3 * 3)

struct ussd_component {
	enum ussd_kind kind;
	bool has_invoke_id;		/* false only in a Reject */
	int8_t invoke_id;
	enum ussd_operation operation;	/* may be a number other than those above */
	uint8_t error;			/* of a ReturnError, or the problem of a Reject */
	enum ussd_alphabet alphabet;
	const uint8_t *string;		/* inside the input */
	uint8_t string_len;
};

/* Read one component at *\a pos (which starts at 0) and advance. Returns 1; 0 at the end; or -EBADMSG for an unknown component, after
 * which the caller may continue if the component's length could be read. */
int ussd_read(const uint8_t *in, size_t len, size_t *pos, struct ussd_component *out);

/* The component's text as UTF-8, without padding and without a language prefix. Returns octets; -EILSEQ for an
 * unknown alphabet, -ENOSPC. */
int ussd_text(const struct ussd_component *component, char *out, size_t size);

/* The component around a text to be sent. */
struct ussd_envelope {
	enum ussd_kind kind;		/* USSD_INVOKE or USSD_RESULT */
	enum ussd_operation operation;
	int8_t invoke_id;
	uint8_t octets_max;		/* of the USSD string, at most USSD_STRING_MAX */
};

/* Encode a component: in IA5 for USSD_PROCESS_DATA, otherwise in GSM-7 if the text allows, otherwise in UCS-2. Returns
 * octets; -EMSGSIZE when the string exceeds octets_max or the component exceeds \a size. */
int ussd_write(const struct ussd_envelope *envelope, const char *text, size_t len, uint8_t *out, size_t size);

/* The alphabet of a coding scheme, 23.038 clause 5. */
enum ussd_alphabet ussd_alphabet_of(uint8_t dcs);
