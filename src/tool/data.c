/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data: makes, shows and checks account databases. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "starhash/log.h"
#include "tool/data.h"
#include "tool/sample.h"

static const char help[] =
	"Usage: starhash-data sample FILE [--subscribers N] [--pepper FILE] [--force]\n"
	"       starhash-data show FILE NUMBER\n"
	"       starhash-data check FILE\n"
	"       starhash-data rotate-key KEYFILE\n"
	"\n"
	"Make, show and check the database of accounts that starhashd answers from.\n"
	"\n"
	"  sample   make a database of invented accounts, all with the password " SAMPLE_PASSWORD "\n"
	"  show     print one subscriber's account, without secrets\n"
	"  check    look for damage\n"
	"  rotate-key  add a new key of password hashes, and keep the old ones\n"
	"\n"
	"  -n, --subscribers N  how many to make: 200 unless said otherwise, up to 10000000\n"
	"  -p, --pepper FILE    the key of password hashes, made when absent (FILE.pepper)\n"
	"  -f, --force          overwrite an existing database; stop starhashd first\n"
	"  -h, --help           show this\n"
	"  -V, --version        show the version\n";

static const struct option long_options[] = {
	{ "subscribers", required_argument, NULL, 'n' }, { "pepper", required_argument, NULL, 'p' },
	{ "force", no_argument, NULL, 'f' },		 { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },		 { NULL, 0, NULL, 0 },
};

static const struct command {
	const char *name;
	int words;		/* with its own name */
	int (*run)(const struct data_options *options);
} commands[] = {
	{ "sample", 2, data_sample },
	{ "show", 3, data_show },
	{ "check", 2, data_check },
	{ "rotate-key", 2, data_rotate_key },
};

static int misuse(const char *what, const char *value)
{
	fprintf(stderr, "starhash-data: %s%s; see starhash-data --help\n", what, value);
	return 2;
}

/* A number of subscribers, or 0. */
static unsigned int subscribers_read(const char *text)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	return *end || *text == '-' || number > SAMPLE_SUBSCRIBERS_MAX ? 0 : (unsigned int)number;
}

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static int run(char **words, int count, struct data_options *options)
{
	const struct command *command;

	if (!count)
		return misuse("no command", "");
	command = command_find(words[0]);
	if (!command)
		return misuse("no such command: ", words[0]);
	if (count != command->words)
		return misuse(command->words > count ? "something is missing after " : "too much after ", words[0]);
	options->file = words[1];
	options->number = words[command->words - 1];
	return command->run(options);
}

/* Returns -1 to go on, else the exit status. */
static int option_take(int option, struct data_options *options)
{
	switch (option) {
	case 'n':
		options->subscribers = subscribers_read(optarg);
		return options->subscribers ? -1 : misuse("not a number from 1 to 10000000: ", optarg);
	case 'p':
		options->pepper = optarg;
		return -1;
	case 'f':
		options->force = true;
		return -1;
	case 'h':
		fputs(help, stdout);
		return 0;
	case 'V':
		puts("starhash-data " PACKAGE_VERSION);
		return 0;
	default:
		return 2;
	}
}

int main(int argc, char **argv)
{
	struct data_options options = { .subscribers = 200 };
	void *ctx;
	int status;
	int option;

	while ((option = getopt_long(argc, argv, "n:p:fhV", long_options, NULL)) != -1) {
		status = option_take(option, &options);
		if (status >= 0)
			return status;
	}
	ctx = talloc_named_const(NULL, 0, "starhash-data");
	log_start(ctx);
	status = run(argv + optind, argc - optind, &options);
	log_fini();
	talloc_free(ctx);
	return status;
}
