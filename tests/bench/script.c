/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The messages on the link, made once and patched afterwards, and the expected answers. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/msgb.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsup.h>

#include "bench/bench.h"
#include "channel/gsup/ipa_frame.h"
#include "channel/gsup/ussd_codec.h"
#include "starhash/text.h"
#include "tool/data/invented.h"

#define CHOICE "1"
#define OTHER_MENU "Reloaded\n1 Balance"	/* how tests/bench/tree.sh calls it: postpaid or not, and with any other choices */
#define PATCHED_IMSI "123456789012345"
#define PATCHED_SESSION 0x1a2b3c4d
#define PATCHED_INVOKE 0x5a

/* Dialled codes and expected answers, matching tests/bench/menu, or menus/selfcare in English. */
static const struct {
	const char *code;
	const char *texts[TALK_STEPS_MAX];
	const char *refusal;		/* which may come instead, and ends the dialog */
	bool hangs_up;
} talks[TALKS] = {
	[TALK_ECHO] = { .code = "*100#", .texts = { "You sent \"*100#\"" } },
	[TALK_READ] = {
		.code = "*100#", .texts = { "Self-care\n1 Balance\n3 Points", "", "Good bye" },	/* "": their own */
		.refusal = "Sorry, we are busy. Please try again later.",	/* in a flood */
	},
	[TALK_SELFCARE] = { .code = "*100#", .texts = { "My account\n1 Balance\n3 Points", "" }, .hangs_up = true },
	[TALK_ORDER] = {
		.code = "*101#",
		.texts = { "Services\n1 Bench\n0 Back", "Open Bench for 3.00 a month?\n1 Yes\n2 No", "Bench is open" },
		.refusal = "Something else",		/* suspended lines cannot order */
	},
	[TALK_PASSWORD] = {
		.code = "*102*024681#", .texts = { "Wrong password" },
		.refusal = "Not available right now.",	/* more than can be checked */
	},
};

unsigned int script_steps(enum talk talk)
{
	unsigned int steps = 0;

	while (steps < TALK_STEPS_MAX && talks[talk].texts[steps])
		steps++;
	return steps;
}

bool script_hangs_up(enum talk talk)
{
	return talks[talk].hangs_up;
}

/* The pages that differ between accounts. */
static const struct reads {
	const char *menu_postpaid, *prepaid, *postpaid;
} reads[TALKS] = {
	[TALK_READ] = {
		"Self-care\n1 Balance\n2 Last bill\n3 Points", "Balance %lld.%02lld\n1 Done\n0 Back", "To pay %lld.%02lld\n1 Done\n0 Back",
	},
	[TALK_SELFCARE] = { "My account\n1 Balance\n2 Bills", "Balance ¥%lld.%02lld, valid", "Amount due ¥%lld.%02lld." },
};

const struct packed *script_expected(const struct script *script, enum talk talk, unsigned int step,
				     const struct person *person)
{
	if (talk == script->reads && step == 0 && person->postpaid)
		return &script->menu_postpaid;
	if (talk == script->reads && step == 1)
		return &person->balance;
	return &script->texts[talk][step];
}

static void pack(struct packed *packed, const char *text)
{
	int n = text_ussd_pack(text, strlen(text), packed->octets, sizeof(packed->octets));

	if (n < 0)
		errx(1, "a text of the benchmark does not fit: %s", text);
	packed->len = (uint8_t)n;
}

/* ---- sending ---- */

/* The place of some octets in a template. */
static uint8_t place_of(const struct template *template, const void *octets, size_t len)
{
	const uint8_t *at = memmem(template->octets, template->len, octets, len);

	if (!at)
		errx(1, "a message of the benchmark lacks something");
	return (uint8_t)(at - template->octets);
}

static void template_finish(struct template *template, const struct msgb *msg)
{
	const uint8_t imsi[] = { 0x21, 0x43, 0x65, 0x87, 0x09, 0x21, 0x43, 0xf5 }, invoke[] = { 2, 1, PATCHED_INVOKE };
	const uint8_t session[] = { 0x1a, 0x2b, 0x3c, 0x4d };
	const size_t len = msgb_length(msg);

	template->octets[0] = 0;
	template->octets[1] = (uint8_t)(len + 1);
	template->octets[2] = IPA_STREAM_OSMO;
	template->octets[3] = IPA_OSMO_GSUP;
	memcpy(template->octets + 4, msgb_data(msg), len);
	template->len = (uint8_t)(len + 4);
	template->imsi_at = place_of(template, imsi, sizeof(imsi));
	template->session_at = place_of(template, session, sizeof(session));
	template->invoke_at = place_of(template, invoke, sizeof(invoke)) + 2;
}

static void template_make(struct template *template, enum osmo_gsup_session_state state,
			  const struct ussd_envelope *envelope, const char *text)
{
	struct osmo_gsup_message message = {
		.message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST, .session_state = state,
		.session_id = PATCHED_SESSION, .imsi = PATCHED_IMSI,
		.message_class = OSMO_GSUP_MESSAGE_CLASS_USSD,
	};
	struct msgb *msg = msgb_alloc(sizeof(template->octets) - 4, "template");
	uint8_t component[64];

	message.ss_info = component;
	message.ss_info_len = ussd_write(envelope, text, strlen(text), component, sizeof(component));
	if (osmo_gsup_encode(msg, &message) < 0)
		errx(1, "a message of the benchmark cannot be made");
	template_finish(template, msg);
	msgb_free(msg);
}

/* ---- expected answers ---- */

/* The page with the account's own figure. */
static void balance_pack(struct packed *packed, enum talk talk, const struct stored_account *account, bool postpaid)
{
	const long long amount = postpaid ? account->owed : account->balance;
	char text[64];

	snprintf(text, sizeof(text), postpaid ? reads[talk].postpaid : reads[talk].prepaid, amount / 100, amount % 100);
	pack(packed, text);
}

static void imsi_pack(const char *digits, uint8_t *out)
{
	unsigned int i;

	for (i = 0; i < 7; i++, digits += 2)
		out[i] = (uint8_t)((digits[0] - '0') | (digits[1] - '0') << 4);
	out[7] = (uint8_t)((digits[0] - '0') | 0xf0);
}

static void person_make(struct script *script, unsigned int index)
{
	struct person *person = &script->people[index];
	struct sample sample;

	sample_make(&sample, index, script->people_count <= SAMPLE_LINES_MAX, NULL, 0);
	imsi_pack(sample.account.imsis[0], person->imsi);
	person->postpaid = !strcmp(sample.account.account, "postpaid");
	balance_pack(&person->balance, script->reads, &sample.account, person->postpaid);
}

static void talk_make(struct script *script, enum talk talk)
{
	const struct ussd_envelope dial = { USSD_INVOKE, USSD_PROCESS_REQUEST, PATCHED_INVOKE, USSD_STRING_MAX };
	unsigned int i;

	template_make(&script->begins[talk], OSMO_GSUP_SESSION_STATE_BEGIN, &dial, talks[talk].code);
	for (i = 0; i < script_steps(talk); i++)
		pack(&script->texts[talk][i], talks[talk].texts[i]);
	if (talks[talk].refusal)
		pack(&script->refusals[talk], talks[talk].refusal);
}

void script_init(struct script *script, unsigned int subscribers, enum talk reading)
{
	const struct ussd_envelope choose = { USSD_RESULT, USSD_REQUEST, PATCHED_INVOKE, USSD_STRING_MAX };
	unsigned int i;

	for (i = 0; i < TALKS; i++)
		talk_make(script, i);
	template_make(&script->answer, OSMO_GSUP_SESSION_STATE_CONTINUE, &choose, CHOICE);
	template_make(&script->hang_up, OSMO_GSUP_SESSION_STATE_END, &choose, CHOICE);
	script->reads = reading;
	pack(&script->menu_postpaid, reads[reading].menu_postpaid);
	pack(&script->other_menu, OTHER_MENU);
	script->people_count = subscribers;
	script->people = aligned_alloc(64, subscribers * sizeof(*script->people));
	if (!script->people)
		err(1, "subscribers");
	for (i = 0; i < subscribers; i++)
		person_make(script, i);
}

void script_fini(struct script *script)
{
	free(script->people);
}

/* ---- receiving ---- */

static bool component_take(const uint8_t *octets, size_t len, struct reply *reply)
{
	struct ussd_component component;
	size_t pos = 0;

	if (ussd_read(octets, len, &pos, &component) != 1 || component.alphabet != USSD_GSM7)
		return false;
	reply->invoke_id = component.invoke_id;
	reply->text = component.string;
	reply->len = component.string_len;
	return true;
}

static bool element_take(uint8_t tag, const uint8_t *value, size_t len, struct reply *reply)
{
	switch (tag) {
	case OSMO_GSUP_SESSION_ID_IE:
		if (len != 4)
			return false;
		reply->session = (uint32_t)value[0] << 24 | (uint32_t)value[1] << 16 | (uint32_t)value[2] << 8 | value[3];
		return true;
	case OSMO_GSUP_SESSION_STATE_IE:
		reply->ends = len == 1 && value[0] == OSMO_GSUP_SESSION_STATE_END;
		return true;
	case OSMO_GSUP_SS_INFO_IE:
		return component_take(value, len, reply);
	default:
		return true;
	}
}

bool reply_read(const uint8_t *message, size_t len, struct reply *reply)
{
	const uint8_t *at = message + 1, *end = message + len;

	*reply = (struct reply){ 0 };
	while (end - at >= 2) {
		if (end - at - 2 < at[1] || !element_take(at[0], at + 2, at[1], reply))
			return false;
		at += 2 + at[1];
	}
	return reply->text;
}

void packed_print(const char *what, const uint8_t *octets, size_t len)
{
	char text[256];
	int n = text_ussd_unpack(octets, len, text, sizeof(text));

	fprintf(stderr, "%s: %.*s\n", what, n < 0 ? 0 : n, text);
}
