/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-phone: a phone in the terminal, or in a script. starhash-phone.1 is its manual. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "starhash/log.h"
#include "tool/phone/phone.h"

#define PATIENCE_S 60		/* longer than any server or network takes for a page */
#define INPUT_SIZE 1024
#define DEFAULT_GSUP_PORT 4222
#define DEFAULT_SMPP_PORT 2775
#define DEFAULT_SHORT_CODE "10086"

enum phone_state {
	PHONE_IDLE,		/* a code may be dialled */
	PHONE_ASKED,		/* a page waits for an answer */
	PHONE_WAITING,		/* for a page */
};

struct phone {
	struct screen screen;
	struct line *line;
	enum phone_state state;
	struct osmo_fd keys;	/* standard input */
	bool keys_end;
	size_t input_len;
	char input[INPUT_SIZE];
	struct osmo_timer_list patience;
	bool over;		/* leave the loop */
	int status;		/* exit status */
};

struct options {
	const char *socket, *msisdn, *hlr, *imsi, *smsc, *short_code;
};

static void leave(struct phone *phone, int status)
{
	phone->over = true;
	if (status > phone->status)
		phone->status = status;
}

static void prompt(const struct phone *phone)
{
	if (phone->over || phone->state == PHONE_WAITING)
		return;
	screen_prompt(&phone->screen, phone->line->texts ? "Text: " : phone->state == PHONE_ASKED ? "Answer: " : "Dial: ");
}

/* ---- events from the line ---- */

void phone_page(struct phone *phone, const char *text, size_t len, bool waits)
{
	if (phone->over)
		return;
	osmo_timer_del(&phone->patience);
	/* an unrequested page ends the dialog, and would appear on the prompt's line */
	if (phone->screen.terminal && phone->state != PHONE_WAITING)
		putchar('\n');
	screen_page(&phone->screen, text, len);
	phone->state = waits ? PHONE_ASKED : PHONE_IDLE;
	if (!waits && !phone->screen.terminal)
		leave(phone, EXIT_SUCCESS);
	prompt(phone);
}

void phone_no_page(struct phone *phone)
{
	osmo_timer_del(&phone->patience);
	phone->state = PHONE_IDLE;
	prompt(phone);
}

void phone_notification(struct phone *phone, const char *text, size_t len)
{
	screen_notification(&phone->screen, text, len);
}

void phone_failed(struct phone *phone, const char *why)
{
	if (!phone->over)
		fprintf(stderr, "starhash-phone: %s\n", why);
	leave(phone, EXIT_FAILURE);
}

static void lose_patience(void *data)
{
	phone_failed(data, "no answer came within a minute");
}

/* ---- input from the user ---- */

static void take_input(struct phone *phone, const char *text)
{
	int rc;

	if (strcmp(text, "hangup") == 0) {
		leave(phone, EXIT_SUCCESS);
		return;
	}
	if (phone->state == PHONE_IDLE && text[0] == '\0' && !phone->line->texts) {
		prompt(phone);
		return;
	}
	phone->state = PHONE_WAITING;
	osmo_timer_schedule(&phone->patience, PATIENCE_S, 0);
	rc = phone->line->send(phone->line, text);
	if (rc < 0)
		phone_failed(phone, strerror(-rc));
}

static void take_first_line(struct phone *phone, char *newline)
{
	size_t len = newline + 1 - phone->input;

	*newline = '\0';
	if (newline > phone->input && newline[-1] == '\r')
		newline[-1] = '\0';
	take_input(phone, phone->input);
	phone->input_len -= len;
	memmove(phone->input, phone->input + len, phone->input_len);
}

static void take_inputs(struct phone *phone)
{
	char *newline;

	/* a last line without a line feed counts, too */
	if (phone->keys_end && phone->input_len > 0 && phone->input_len < sizeof(phone->input))
		phone->input[phone->input_len++] = '\n';
	while (!phone->over && phone->state != PHONE_WAITING) {
		newline = memchr(phone->input, '\n', phone->input_len);
		if (newline)
			take_first_line(phone, newline);
		else if (phone->keys_end)
			leave(phone, EXIT_SUCCESS);
		else
			break;
	}
	if (phone->input_len == sizeof(phone->input))
		phone_failed(phone, "an input line is too long");
}

static int on_keys(struct osmo_fd *keys, unsigned int what)
{
	struct phone *phone = keys->data;
	ssize_t got = read(keys->fd, phone->input + phone->input_len, sizeof(phone->input) - phone->input_len);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got <= 0)
		phone->keys_end = true;
	else
		phone->input_len += got;
	return 0;
}

/* Read input only when it can be used, so that a long script waits in its pipe. */
static void serve(struct phone *phone)
{
	prompt(phone);
	while (!phone->over) {
		bool listen = phone->state != PHONE_WAITING && !phone->keys_end;

		osmo_fd_update_when(&phone->keys, 0, listen ? OSMO_FD_READ : 0);
		osmo_select_main(0);
		take_inputs(phone);
	}
	if (phone->state != PHONE_IDLE)
		phone->line->hang_up(phone->line);
}

/* ---- start ---- */

static void print_usage(FILE *out)
{
	fputs("Usage: starhash-phone --socket PATH --msisdn NUMBER\n"
	      "       starhash-phone --hlr ADDRESS[:PORT] --imsi NUMBER\n"
	      "       starhash-phone --smsc ADDRESS[:PORT] --msisdn NUMBER [--short-code NUMBER]\n"
	      "A phone in the terminal: dial a code, read the page, type the answer. Or text keywords.\n"
	      "\n"
	      "  -s, --socket PATH         starhashd's console socket\n"
	      "  -m, --msisdn NUMBER       the caller's MSISDN\n"
	      "  -H, --hlr ADDRESS[:PORT]  call through an HLR, as an MSC (GSUP, port 4222)\n"
	      "  -i, --imsi NUMBER         the caller's IMSI\n"
	      "  -S, --smsc ADDRESS[:PORT] wait there for starhashd, as an SMSC (SMPP, port 2775), and text\n"
	      "  -n, --short-code NUMBER   short code that is texted (default " DEFAULT_SHORT_CODE ")\n"
	      "  -h, --help                show this help\n"
	      "  -V, --version             show the version\n",
	      out);
}

static const char **value_of(struct options *options, int c)
{
	switch (c) {
	case 's':
		return &options->socket;
	case 'm':
		return &options->msisdn;
	case 'H':
		return &options->hlr;
	case 'i':
		return &options->imsi;
	case 'S':
		return &options->smsc;
	case 'n':
		return &options->short_code;
	}
	return NULL;
}

static bool are_complete(const struct options *options)
{
	if (!!options->socket + !!options->hlr + !!options->smsc != 1)
		return false;
	return options->hlr ? options->imsi : options->msisdn;
}

/* Returns whether to continue; if not, *\a status is the exit status. */
static bool read_options(int argc, char **argv, struct options *options, int *status)
{
	static const struct option known[] = {
		{ "socket", required_argument, NULL, 's' }, { "msisdn", required_argument, NULL, 'm' },
		{ "hlr", required_argument, NULL, 'H' },    { "imsi", required_argument, NULL, 'i' },
		{ "smsc", required_argument, NULL, 'S' },   { "short-code", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },	    { "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	const char **value;
	int c;

	while ((c = getopt_long(argc, argv, "s:m:H:i:S:n:hV", known, NULL)) != -1) {
		value = value_of(options, c);
		if (!value) {
			*status = c == 'h' || c == 'V' ? EXIT_SUCCESS : 2;
			if (c == 'h')
				print_usage(stdout);
			else if (c == 'V')
				puts("starhash-phone " PACKAGE_VERSION);
			return false;
		}
		*value = optarg;
	}
	if (optind == argc && are_complete(options))
		return true;
	print_usage(stderr);
	*status = 2;
	return false;
}

/* Split "127.0.0.1:4222" or "[::1]:4222"; without a port, the default is \a port. Truncates \a text to the address. Returns the port, or
 * 0 if it is invalid. */
static uint16_t split_port(char **text, unsigned long port)
{
	char *colon = strrchr(*text, ':'), *bracket = strrchr(*text, ']');
	char *end = "";

	if (colon && (bracket ? bracket < colon : strchr(*text, ':') == colon)) {
		port = strtoul(colon + 1, &end, 10);
		*colon = '\0';
	}
	if ((*text)[0] == '[' && bracket) {
		*bracket = '\0';
		(*text)++;
	}
	return *end == '\0' && port <= UINT16_MAX ? port : 0;
}

static struct line *open_line(void *ctx, struct phone *phone, const struct options *options)
{
	char *address;
	uint16_t port;

	if (options->socket)
		return line_console_new(ctx, phone, options->socket, options->msisdn);
	address = talloc_strdup(ctx, options->smsc ? options->smsc : options->hlr);
	port = split_port(&address, options->smsc ? DEFAULT_SMPP_PORT : DEFAULT_GSUP_PORT);
	if (port && options->smsc)
		return line_smsc_new(ctx, phone, address, port, options->msisdn,
				     options->short_code ? options->short_code : DEFAULT_SHORT_CODE);
	if (port)
		return line_gsup_new(ctx, phone, address, port, options->imsi);
	fprintf(stderr, "starhash-phone: \"%s\" is not an address and a port\n",
		options->smsc ? options->smsc : options->hlr);
	return NULL;
}

static int run_phone(void *ctx, const struct options *options)
{
	struct phone phone = { .status = EXIT_SUCCESS };
	int flags;

	screen_init(&phone.screen);
	osmo_timer_setup(&phone.patience, lose_patience, &phone);
	phone.line = open_line(ctx, &phone, options);
	if (!phone.line)
		return EXIT_FAILURE;
	/* osmo_fd_register() makes the descriptor non-blocking, which a terminal shares with our output and the shell: restore its flags */
	flags = fcntl(STDIN_FILENO, F_GETFL);
	osmo_fd_setup(&phone.keys, STDIN_FILENO, OSMO_FD_READ, on_keys, &phone, 0);
	if (flags < 0 || osmo_fd_register(&phone.keys) < 0 || fcntl(STDIN_FILENO, F_SETFL, flags) < 0) {
		fprintf(stderr, "starhash-phone: cannot read standard input\n");
		return EXIT_FAILURE;
	}
	serve(&phone);
	osmo_fd_unregister(&phone.keys);
	osmo_timer_del(&phone.patience);
	explicit_bzero(phone.input, sizeof(phone.input));
	return phone.status;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	void *ctx = talloc_named_const(NULL, 0, "starhash-phone");
	int status;

	if (read_options(argc, argv, &options, &status)) {
		log_start(ctx);
		log_set_log_level(osmo_stderr_target, LOGL_FATAL);
		status = run_phone(ctx, &options);
	}
	talloc_free(ctx);
	return status;
}
