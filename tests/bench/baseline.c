/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-baseline: the least that a server must do for the dialogs of the benchmark, to compare starhashd with. It answers what
 * tests/bench/menu answers, from accounts in SQLite or in memory, or echoes one prepared text. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <osmocom/gsm/gsup.h>
#include <osmocom/gsm/protocol/ipaccess.h>

#include "bench/baseline.h"
#include "bench/bench.h"

#define PORT 4222
#define FRAME_HEAD 3
#define STREAM_CCM 0xfe
#define STREAM_OSMO 0xee
#define OSMO_GSUP 5
#define TEXT_MAX 100
#define DIALOGS_FEWEST 4096
#define OUT_FULL (WIRE_OUT_SIZE - 4096)

static const char help[] =
	"Usage: starhash-baseline echo ADDRESS\n"
	"       starhash-baseline sqlite|memory ADDRESS DATABASE\n"
	"\n"
	"Connect to the GSUP port 4222 of ADDRESS and answer USSD: with one prepared text that ends the dialog, or with a menu, the\n"
	"balance of the account in the database of starhash-data, and an end. sqlite looks the account up once in each dialog, memory\n"
	"reads all accounts first.\n";

/* An answer but for the octets that differ between dialogs. */
struct page {
	uint8_t octets[160], len;
};

enum { IMSI_AT = 7, SESSION_AT = 17, INVOKE_AT = 30, TEXT_AT_CONTINUE = 41, TEXT_AT_END = 43 };

struct dialog {
	uint64_t imsi;			/* as on the wire; 0: a free slot */
	struct brief brief;
	uint32_t session;
	uint8_t invoke;			/* of the dial, which the end answers */
	bool at_balance;
};

struct server {
	struct wire wire;
	struct briefs *briefs;		/* NULL: echo */
	struct dialog *dialogs;		/* open addressing, by session */
	uint32_t mask, open;
	struct page menus[2], end, echo, unknown;	/* menus: prepaid, postpaid */
};

/* The relevant parts of a message. */
struct input {
	uint64_t imsi;
	uint32_t session;
	uint8_t state, invoke, choice;	/* choice: the first character of the text */
};

/* ---- texts ---- */

/* 7 bits a character; a CR fills what would read as an @. */
static uint8_t septets_pack(const char *text, size_t len, uint8_t *out)
{
	const uint8_t *start = out;
	uint32_t bits = 0, count = 0;

	for (size_t i = 0; i < len + (len % 8 == 7); i++) {
		bits |= (uint32_t)(i < len ? text[i] & 0x7f : '\r') << count;
		for (count += 7; count >= 8; count -= 8, bits >>= 8)
			*out++ = (uint8_t)bits;
	}
	if (count)
		*out++ = (uint8_t)bits;
	return (uint8_t)(out - start);
}

static void page_make(struct page *page, bool end, const char *text, size_t len)
{
	static const uint8_t head[] = { 0, 0, STREAM_OSMO, OSMO_GSUP, 0, OSMO_GSUP_IMSI_IE, 8, [15] = OSMO_GSUP_SESSION_ID_IE, 4,
					[21] = OSMO_GSUP_SESSION_STATE_IE, 1, 0, OSMO_GSUP_SS_INFO_IE };
	const uint8_t text_at = end ? TEXT_AT_END : TEXT_AT_CONTINUE;
	const uint8_t n = septets_pack(text, len, page->octets + text_at);
	uint8_t *to = page->octets;

	memcpy(to, head, sizeof(head));
	to[4] = end ? OSMO_GSUP_MSGT_PROC_SS_RESULT : OSMO_GSUP_MSGT_PROC_SS_REQUEST;
	to[23] = end ? OSMO_GSUP_SESSION_STATE_END : OSMO_GSUP_SESSION_STATE_CONTINUE;
	to[25] = (uint8_t)(text_at - 26 + n);
	memcpy(to + 26, (const uint8_t[]){ end ? 0xa2 : 0xa1, (uint8_t)(text_at - 28 + n), 2, 1, 0 }, 5);
	to += 31;
	if (end) {
		*to++ = 0x30;
		*to++ = (uint8_t)(n + 10);
	}
	memcpy(to, (const uint8_t[]){ 2, 1, end ? 59 : 60, 0x30, (uint8_t)(n + 5), 4, 1, 0x0f, 4, n }, 10);
	to += 10 + n;
	memcpy(to, (const uint8_t[]){ OSMO_GSUP_MESSAGE_CLASS_IE, 1, OSMO_GSUP_MESSAGE_CLASS_USSD }, 3);
	page->len = (uint8_t)(to + 3 - page->octets);
	page->octets[1] = (uint8_t)(page->len - FRAME_HEAD);
}

static void balance_make(struct page *page, const struct brief *brief)
{
	static const char rest[] = "\n1 Done\n0 Back";
	const char *label = brief->postpaid ? "To pay " : "Balance ";
	char text[TEXT_MAX], *end = text + sizeof(text), *at = end - (sizeof(rest) - 1);
	uint64_t amount = (uint64_t)brief->amount;

	memcpy(at, rest, sizeof(rest) - 1);
	for (int digits = 0; digits < 3 || amount; digits++, amount /= 10) {
		if (digits == 2)
			*--at = '.';
		*--at = (char)('0' + amount % 10);
	}
	at -= strlen(label);
	memcpy(at, label, strlen(label));
	page_make(page, false, at, (size_t)(end - at));
}

static void page_send(struct server *server, const struct page *page, const struct input *input, uint8_t invoke)
{
	uint8_t *at = wire_put(&server->wire, page->len);
	const uint32_t session = __builtin_bswap32(input->session);

	memcpy(at, page->octets, page->len);
	memcpy(at + IMSI_AT, &input->imsi, sizeof(input->imsi));
	memcpy(at + SESSION_AT, &session, sizeof(session));
	at[INVOKE_AT] = invoke;
}

/* ---- dialogs ---- */

static uint32_t home_of(const struct server *server, uint32_t session)
{
	return (uint32_t)(session * 0x9e3779b97f4a7c15 >> 32) & server->mask;
}

/* Of this session, or where it belongs. */
static struct dialog *dialog_of(const struct server *server, uint32_t session)
{
	uint32_t at = home_of(server, session);

	while (server->dialogs[at].imsi && server->dialogs[at].session != session)
		at = (at + 1) & server->mask;
	return &server->dialogs[at];
}

static void dialogs_resize(struct server *server, uint32_t count)
{
	struct dialog *old = server->dialogs;
	const uint32_t old_count = old ? server->mask + 1 : 0;

	server->dialogs = calloc(count, sizeof(*server->dialogs));
	if (!server->dialogs)
		err(1, "dialogs");
	server->mask = count - 1;
	for (uint32_t i = 0; i < old_count; i++)
		if (old[i].imsi)
			*dialog_of(server, old[i].session) = old[i];
	free(old);
}

/* Those behind it move up, so that each is still found from its home on. */
static void dialog_over(struct server *server, struct dialog *dialog)
{
	uint32_t hole = (uint32_t)(dialog - server->dialogs), at = hole;

	while (server->dialogs[at = (at + 1) & server->mask].imsi) {
		const uint32_t home = home_of(server, server->dialogs[at].session);

		if (((at - home) & server->mask) < ((at - hole) & server->mask))
			continue;
		server->dialogs[hole] = server->dialogs[at];
		hole = at;
	}
	server->dialogs[hole].imsi = 0;
	server->open--;
}

static void input_rx(struct server *server, const struct input *input)
{
	struct dialog *dialog;
	struct page balance;

	if (!server->briefs) {
		page_send(server, &server->echo, input, input->invoke);
		return;
	}
	dialog = dialog_of(server, input->session);
	if (input->state == OSMO_GSUP_SESSION_STATE_BEGIN) {
		server->open += !dialog->imsi;
		*dialog = (struct dialog){ .imsi = input->imsi, .session = input->session, .invoke = input->invoke };
		if (briefs_find(server->briefs, input->imsi, &dialog->brief)) {
			page_send(server, &server->menus[dialog->brief.postpaid], input, 1);
			if (server->open > server->mask / 3 * 2)
				dialogs_resize(server, 2 * (server->mask + 1));
			return;
		}
		page_send(server, &server->unknown, input, input->invoke);
	} else if (dialog->imsi != input->imsi) {
		return;
	} else if (input->state == OSMO_GSUP_SESSION_STATE_CONTINUE) {
		if (input->choice != '1' || !dialog->at_balance) {
			dialog->at_balance |= input->choice == '1';
			if (dialog->at_balance)
				balance_make(&balance, &dialog->brief);
			page_send(server, dialog->at_balance ? &balance : &server->menus[dialog->brief.postpaid], input, 1);
			return;
		}
		page_send(server, &server->end, input, dialog->invoke);
	}
	dialog_over(server, dialog);
}

/* ---- the link ---- */

/* Step into sequences; the first integer is the invoke id, the last octet string the text. */
static bool component_read(const uint8_t *at, const uint8_t *end, struct input *input)
{
	bool identified = false;

	for (at += 2; end - at >= 2; at += at[0] == 0x30 ? 2 : 2 + at[1]) {
		if (at[1] > end - at - 2)
			return false;
		if (at[0] == 2 && at[1] == 1 && !identified) {
			input->invoke = at[2];
			identified = true;
		} else if (at[0] == 4 && at[1]) {
			input->choice = at[2] & 0x7f;
		}
	}
	return identified;
}

static bool input_read(const uint8_t *at, const uint8_t *end, struct input *input)
{
	*input = (struct input){ 0 };
	for (at++; end - at >= 2; at += 2 + at[1]) {
		if (at[1] > end - at - 2)
			return false;
		if (at[0] == OSMO_GSUP_IMSI_IE && at[1] == 8)
			memcpy(&input->imsi, at + 2, 8);
		else if (at[0] == OSMO_GSUP_SESSION_ID_IE && at[1] == 4)
			input->session = (uint32_t)at[2] << 24 | (uint32_t)at[3] << 16 | (uint32_t)at[4] << 8 | at[5];
		else if (at[0] == OSMO_GSUP_SESSION_STATE_IE && at[1] == 1)
			input->state = at[2];
		else if (at[0] == OSMO_GSUP_SS_INFO_IE && !component_read(at + 2, at + 2 + at[1], input))
			return false;
	}
	return input->imsi && input->session;
}

static void ccm_rx(struct server *server, uint8_t type)
{
	static const uint8_t identity[] = { 0, 10, STREAM_CCM, IPAC_MSGT_ID_RESP, 0, 7, IPAC_IDTAG_SERNR, 'E', 'U', 'S', 'E', '-', 0 };
	static const uint8_t pong[] = { 0, 1, STREAM_CCM, IPAC_MSGT_PONG };

	if (type == IPAC_MSGT_ID_GET)
		memcpy(wire_put(&server->wire, sizeof(identity)), identity, sizeof(identity));
	else if (type == IPAC_MSGT_PING)
		memcpy(wire_put(&server->wire, sizeof(pong)), pong, sizeof(pong));
}

static void frames_rx(struct server *server)
{
	struct wire *wire = &server->wire;
	struct input input;

	while (wire->in_len - wire->in_pos > FRAME_HEAD) {
		const uint8_t *frame = wire->in + wire->in_pos;
		const size_t len = (size_t)frame[0] << 8 | frame[1];

		if (wire->in_len - wire->in_pos < FRAME_HEAD + len)
			return;
		if (wire->out_len > OUT_FULL)
			wire_flush(wire);
		wire->in_pos += FRAME_HEAD + len;
		if (frame[2] == STREAM_CCM && len)
			ccm_rx(server, frame[3]);
		else if (len > 1 && input_read(frame + 4, frame + FRAME_HEAD + len, &input))
			input_rx(server, &input);
	}
}

static void serve(struct server *server)
{
	struct epoll_event event = { .events = EPOLLIN };
	const int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, server->wire.fd, &event) < 0)
		err(1, "epoll");
	while (epoll_wait(epoll, &event, 1, -1) == 1) {
		wire_read(&server->wire);
		frames_rx(server);
		wire_flush(&server->wire);
	}
	err(1, "epoll");
}

static void page_text(struct page *page, bool end, const char *text)
{
	page_make(page, end, text, strlen(text));
}

int main(int argc, char **argv)
{
	struct server *server = calloc(1, sizeof(*server));
	const bool echo = argc == 3 && !strcmp(argv[1], "echo"), memory = argc == 4 && !strcmp(argv[1], "memory");

	if (!server)
		err(1, "server");
	if (!echo && !memory && !(argc == 4 && !strcmp(argv[1], "sqlite"))) {
		fputs(help, stderr);
		return 2;
	}
	if (!echo)
		server->briefs = briefs_new(argv[3], memory);
	dialogs_resize(server, DIALOGS_FEWEST);
	page_text(&server->menus[0], false, "Self-care\n1 Balance\n3 Points");
	page_text(&server->menus[1], false, "Self-care\n1 Balance\n2 Last bill\n3 Points");
	page_text(&server->end, true, "Good bye");
	page_text(&server->echo, true, "You sent \"*100#\"");
	page_text(&server->unknown, true, "This number is not known here. Please call 10086.");
	wire_connect(&server->wire, argv[2], PORT);
	serve(server);
}
