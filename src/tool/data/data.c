/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data: creates, fills, shows and checks account databases. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "import/value.h"
#include "starhash/log.h"
#include "starhash/stored.h"
#include "tool/data/data.h"
#include "tool/data/command.h"
#include "tool/data/invented.h"
#include "tool/data/journal_files.h"

static const char help[] =
	"Usage: starhash-data COMMAND DATABASE [WORD...] [OPTION...]\n"
	"\n"
	"Create, fill, show and check the account database of starhashd. All commands except\n"
	      "sample --force may be used while starhashd serves.\n"
	"\n"
	"  import DB FILE...             import accounts from billing's CSV or JSON Lines; \"-\": standard input\n"
	"  events DB FILE...             take events from JSON Lines, as the daemon does over HTTP; \"-\": standard input\n"
	"  export DB                     write accounts to standard output, in the format of import\n"
	"  show DB NUMBER                print all data held about one subscriber, except secrets\n"
	"  check DB                      look for damage; exit status 1 if there is any\n"
	"  backup DB FILE                copy the database\n"
	"  purge DB                      delete the data held about --number, or records --older than a number of days\n"
	"  orders DB                     list orders that billing or a backend has not completed\n"
	"  orders DB REF                 show an order by its reference number, in any state\n"
	"  orders DB release REF|all     deliver dead orders once more\n"
	"  vanished DB                   list subscribers whom a snapshot left out and whose data are retained\n"
	"  vanished DB release NUMBER    give the data back to the number's subscriber, who is the same as before\n"
	"  password DB NUMBER            show whether a service password is locked\n"
	"  password DB NUMBER release    unlock it\n"
	"  password DB NUMBER temporary  set a temporary one, printed once, which the subscriber must change\n"
	"  bar DB NUMBER REASON          do not serve a number, or all that begin so with \"*\" at its end; --until TIME\n"
	"  unbar DB NUMBER               serve it again\n"
	"  barred DB                     list numbers that are not served, and why\n"
	"  trial DB NUMBER SERVICE accept|end NAME  record a decision that staff member NAME took down\n"
	"  tickets DB                    list what subscribers reported and staff have not ended\n"
	"  tickets DB NUMBER             list all tickets of a number\n"
	"  tickets DB NUMBER show|take|confirm|close TICKET  show one, with what was written; take it; S14: confirm it; close it\n"
	"  tickets DB NUMBER open KIND TEXT  for a subscriber who called; KIND: complaint, network …\n"
	"  tickets DB NUMBER answer|interim|note TICKET TEXT  the final answer, a first one, or a remark for staff\n"
	"  tickets DB NUMBER grant|decline TICKET TEXT  a disputed charge is given back, and its --equal; or it is not\n"
	"  tickets DB NUMBER compensate TICKET TEXT     give something; TEXT says why, for staff\n"
	"  tickets DB export KIND FILE   S13: write --month's for the authority, with what is hidden; --reason TEXT: what for\n"
	"  draw DB                       reward --winners of --month's confirmed network problems with --amount (S14)\n"
	"  spool FOLDER DB               import the complete files in a folder, oldest first; NAME.events.jsonl: its events\n"
	"  rotate-key KEYFILE            add a new key of password hashes; old keys remain\n"
	"  trace DB NUMBER               print a subscriber's records in the journal\n"
	"  report [DB]                   print the service-quality report of --month or --quarter, with DB's tickets and orders\n"
	"  sample DB                     create a database of invented accounts with the password " SAMPLE_PASSWORD "\n"
	"\n"
	"import:\n"
	"      --delta              the files contain changes; other data stay (default)\n"
	"      --snapshot           the files together are complete: they replace all accounts at once\n"
	"      --format csv|jsonl   format, if the name does not end in .csv or .jsonl\n"
	"      --as-of TIME         age of lines that do not state it (default: the file's modification time)\n"
	"      --expect N           expected number of lines; a snapshot needs it unless its files have end marks\n"
	"      --max-removed N      percentage of subscribers that a snapshot may remove (1)\n"
	"      --rejects-max N      stop when more lines than this are rejected\n"
	"      --rejects FOLDER     folder for rejected lines (default: beside each file)\n"
	"      --password-hashes K  accepted kinds of password hashes, such as \"argon2id sha512-crypt\" (none)\n"
	"      --again              import files again that have already been imported\n"
	"  -f, --force              accept a snapshot that is older than the one in use, or removes many subscribers;\n"
	"                           let older data overwrite newer data\n"
	"export:\n"
	"      --format csv|jsonl   output format (jsonl)\n"
	"      --table NAME         csv: subscribers, bills, lines, points, subscriptions or services\n"
	"      --number N           only one subscriber\n"
	"      --with-passwords     include password hashes\n"
	"      --trailer            add an end mark for one subscriber, too; all subscribers always have one\n"
	"purge:\n"
	"      --number N           all data about one subscriber\n"
	"      --keep-legal         except orders and tickets; consents always stay until retention ends\n"
	"      --older KIND DAYS    bills, points, orders, consents, notifications, replays or imports\n"
	"trace, report:\n"
	"      --journal FILE       a journal, with its rotated files (" JOURNAL_DEFAULT "); \"-\": standard input\n"
	"      --journal-key FILE   trace: the key of its pseudonyms (" JOURNAL_KEY_DEFAULT ")\n"
	"      --imsi N             trace: also records made while only the subscriber's IMSI was known\n"
	"      --from TIME          trace: records from this time on\n"
	"      --to TIME            trace: records before this time\n"
	"      --format jsonl       trace: the lines as they are in the journal\n"
	"report:\n"
	"      --month YYYY-MM      of a month\n"
	"      --quarter YYYY-QN    of a quarter\n"
	"      --language L         in en, zh or ar (LANG)\n"
	"      --csv                one figure a line, by the same names in all languages\n"
	"      --html               a page with charts, for the screen and for paper\n"
	"other commands:\n"
	"      --until TIME         bar: when it ends by itself\n"
	"      --quick              check: skip slow checks\n"
	"      --key FILE           check, purge, trial: the key that seals consents (DB.consent-key)\n"
	"      --anchors FILE       check: the anchors of consents (DB.consent-anchors)\n"
	"      --winners N          draw: how many\n"
	"      --amount N           draw; tickets: grant, compensate: minor units (grant: the charge)\n"
	"      --form F, --equal F  credit, voucher, bill or, for --form alone, cash: how it is given, and its equal\n"
	"      --done               draw; tickets: billing knows of the credit already, or there is no billing\n"
	"      --override           tickets: take one that a colleague has; grant although the charge is too old, or without its equal\n"
	"      --reason CODE        tickets: decline: old, cancelled, own, network, force, group, correct or other; export: a text\n"
	"      --config FILE        draw, tickets: the daemon's configuration, for its times and limits (their defaults);\n"
	"                           report: for its targets (their defaults)\n"
	"      --dead               orders: only those that could not be delivered\n"
	"      --message-rules W    events, spool: the daemon's rules about messages (its defaults): low_balance 1000 fees_day 11\n"
	"                           remind_days 2 purchase_of_service 1\n"
	"      --idle N             spool: seconds without a change after which a file is complete (10)\n"
	"      --as-of TIME         sample: the time of the invented data (default: now)\n"
	"  -n, --subscribers N      sample: number of subscribers, up to 10000000 (200)\n"
	"      --jsonl N            sample: write N accounts to standard output, in the format of import\n"
	"  -p, --pepper FILE        the key of password hashes (DB.pepper): sample creates it if absent; import and spool use it\n"
	      "                           to hash the pieces of identity numbers\n"
	"  -f, --force              sample, backup: overwrite an existing file; stop starhashd before sample\n"
	"  -q, --quiet              no progress\n"
	"  -h, --help               show this\n"
	"  -V, --version            show the version\n";

enum long_only {
	OPTION_FORMAT = 256,
	OPTION_TABLE,
	OPTION_SNAPSHOT,
	OPTION_DELTA,
	OPTION_AS_OF,
	OPTION_EXPECT,
	OPTION_MAX_REMOVED,
	OPTION_REJECTS,
	OPTION_REJECTS_MAX,
	OPTION_HASHES,
	OPTION_AGAIN,
	OPTION_NUMBER,
	OPTION_PASSWORDS,
	OPTION_TRAILER,
	OPTION_KEEP_LEGAL,
	OPTION_OLDER,
	OPTION_QUICK,
	OPTION_DEAD,
	OPTION_IDLE,
	OPTION_JSONL,
	OPTION_KEY,
	OPTION_ANCHORS,
	OPTION_MESSAGE_RULES,
	OPTION_CONFIG,
	OPTION_AMOUNT,
	OPTION_WINNERS,
	OPTION_FORM,
	OPTION_EQUAL,
	OPTION_REASON,
	OPTION_OVERRIDE,
	OPTION_DONE,
	OPTION_JOURNAL,
	OPTION_JOURNAL_KEY,
	OPTION_IMSI,
	OPTION_FROM,
	OPTION_TO,
	OPTION_PERIOD,
	OPTION_LANGUAGE,
	OPTION_CSV,
	OPTION_HTML,
};

static const struct option long_options[] = {
	{ "subscribers", required_argument, NULL, 'n' },
	{ "pepper", required_argument, NULL, 'p' },
	{ "force", no_argument, NULL, 'f' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "table", required_argument, NULL, OPTION_TABLE },
	{ "snapshot", no_argument, NULL, OPTION_SNAPSHOT },
	{ "delta", no_argument, NULL, OPTION_DELTA },
	{ "as-of", required_argument, NULL, OPTION_AS_OF },
	{ "expect", required_argument, NULL, OPTION_EXPECT },
	{ "max-removed", required_argument, NULL, OPTION_MAX_REMOVED },
	{ "rejects", required_argument, NULL, OPTION_REJECTS },
	{ "rejects-max", required_argument, NULL, OPTION_REJECTS_MAX },
	{ "password-hashes", required_argument, NULL, OPTION_HASHES },
	{ "again", no_argument, NULL, OPTION_AGAIN },
	{ "number", required_argument, NULL, OPTION_NUMBER },
	{ "with-passwords", no_argument, NULL, OPTION_PASSWORDS },
	{ "trailer", no_argument, NULL, OPTION_TRAILER },
	{ "keep-legal", no_argument, NULL, OPTION_KEEP_LEGAL },
	{ "older", required_argument, NULL, OPTION_OLDER },
	{ "quick", no_argument, NULL, OPTION_QUICK },
	{ "dead", no_argument, NULL, OPTION_DEAD },
	{ "idle", required_argument, NULL, OPTION_IDLE },
	{ "jsonl", required_argument, NULL, OPTION_JSONL },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "anchors", required_argument, NULL, OPTION_ANCHORS },
	{ "message-rules", required_argument, NULL, OPTION_MESSAGE_RULES },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "winners", required_argument, NULL, OPTION_WINNERS },
	{ "amount", required_argument, NULL, OPTION_AMOUNT },
	{ "form", required_argument, NULL, OPTION_FORM },
	{ "equal", required_argument, NULL, OPTION_EQUAL },
	{ "reason", required_argument, NULL, OPTION_REASON },
	{ "done", no_argument, NULL, OPTION_DONE },
	{ "override", no_argument, NULL, OPTION_OVERRIDE },
	{ "journal", required_argument, NULL, OPTION_JOURNAL },
	{ "journal-key", required_argument, NULL, OPTION_JOURNAL_KEY },
	{ "imsi", required_argument, NULL, OPTION_IMSI },
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "to", required_argument, NULL, OPTION_TO },
	{ "until", required_argument, NULL, OPTION_TO },
	{ "month", required_argument, NULL, OPTION_PERIOD },
	{ "quarter", required_argument, NULL, OPTION_PERIOD },
	{ "language", required_argument, NULL, OPTION_LANGUAGE },
	{ "csv", no_argument, NULL, OPTION_CSV },
	{ "html", no_argument, NULL, OPTION_HTML },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static const struct command {
	const char *name;
	int least, most;	/* number of words after it */
	int (*run)(const struct data_options *options);
} commands[] = {
	{ "import", 2, INT32_MAX, data_import },
	{ "events", 2, INT32_MAX, data_events },
	{ "export", 1, 1, data_export },
	{ "show", 2, 2, data_show },
	{ "check", 1, 1, data_check },
	{ "backup", 2, 2, data_backup },
	{ "purge", 1, 2, data_purge },
	{ "orders", 1, 3, data_orders },
	{ "password", 2, 3, data_password },
	{ "vanished", 1, 3, data_vanished },
	{ "bar", 3, 3, data_bar },
	{ "unbar", 2, 2, data_unbar },
	{ "barred", 1, 1, data_barred },
	{ "trial", 5, 6, data_trial },
	{ "tickets", 1, 5, data_tickets },
	{ "draw", 1, 1, data_draw },
	{ "spool", 2, 2, data_spool },
	{ "rotate-key", 1, 1, data_rotate_key },
	{ "trace", 2, 2, data_trace },
	{ "report", 0, 1, data_report },
	{ "sample", 0, 1, data_sample },
};

static int misuse(const char *what, const char *value)
{
	fprintf(stderr, "starhash-data: %s%s; see starhash-data --help\n", what, value);
	return 2;
}

static int run_command(char **words, int count, struct data_options *options)
{
	const struct command *command = NULL;

	if (!count)
		return misuse("no command", "");
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (!strcmp(commands[i].name, words[0]))
			command = &commands[i];
	}
	if (!command)
		return misuse("no such command: ", words[0]);
	if (count - 1 < command->least || count - 1 > command->most)
		return misuse(count - 1 < command->least ? "missing argument after " : "too many arguments after ", words[0]);
	options->file = count > 1 ? words[1] : NULL;
	options->words = words + 2;
	options->count = count > 2 ? count - 2 : 0;
	return command->run(options);
}

/* Returns -1 to continue, otherwise the exit status; so do the functions below. */
static int number_take(const char *text, int64_t least, int64_t most, int64_t *number)
{
	if (value_number(text, strlen(text), number) && *number >= least && *number <= most)
		return -1;
	return misuse("not a number, or too large or too small: ", text);
}

static int unsigned_take(const char *text, unsigned int most, unsigned int *number)
{
	int64_t value = 0;
	const int status = number_take(text, 1, most, &value);

	*number = (unsigned int)value;
	return status;
}

static int percent_take(const char *text, unsigned int *number)
{
	int64_t value = 0;
	const int status = number_take(text, 0, 100, &value);

	*number = (unsigned int)value;
	return status;
}

static int word_take(const char *text, const char **word)
{
	*word = text;
	return -1;
}

static int flag_take(bool *flag, bool value)
{
	*flag = value;
	return -1;
}

static int format_take(const char *text, struct data_options *options)
{
	options->format = text;
	return !strcmp(text, "csv") || !strcmp(text, "jsonl") ? -1 : misuse("not a format: ", text);
}

static int time_take(const char *text, int64_t *time)
{
	return value_time(text, strlen(text), time) ? -1 : misuse("not a time: ", text);
}

static int journal_take(const char *text, struct data_options *options)
{
	if (options->journal_count == DATA_JOURNALS_MAX)
		return misuse("too many journals: ", text);
	options->journals[options->journal_count++] = text;
	return -1;
}

static int print_and_end(const char *text)
{
	fputs(text, stdout);
	return 0;
}

static int flag_option_take(int option, struct data_options *options)
{
	switch (option) {
	case 'f': return flag_take(&options->force, true);
	case 'q': return flag_take(&options->quiet, true);
	case OPTION_SNAPSHOT: return flag_take(&options->snapshot, true);
	case OPTION_DELTA: return flag_take(&options->snapshot, false);
	case OPTION_AGAIN: return flag_take(&options->again, true);
	case OPTION_PASSWORDS: return flag_take(&options->passwords, true);
	case OPTION_TRAILER: return flag_take(&options->trailer, true);
	case OPTION_KEEP_LEGAL: return flag_take(&options->keep_legal, true);
	case OPTION_QUICK: return flag_take(&options->quick, true);
	case OPTION_DONE: return flag_take(&options->done, true);
	case OPTION_OVERRIDE: return flag_take(&options->override, true);
	case OPTION_CSV: return flag_take(&options->csv, true);
	case OPTION_HTML: return flag_take(&options->html, true);
	case OPTION_DEAD: return flag_take(&options->dead, true);
	case 'h': return print_and_end(help);
	case 'V': return print_and_end("starhash-data " PACKAGE_VERSION "\n");
	default: return 2;
	}
}

static int option_take(int option, struct data_options *options)
{
	switch (option) {
	case 'n': return unsigned_take(optarg, SAMPLE_SUBSCRIBERS_MAX, &options->subscribers);
	case OPTION_JSONL:
		options->jsonl = true;
		return unsigned_take(optarg, SAMPLE_SUBSCRIBERS_MAX, &options->subscribers);
	case 'p': return word_take(optarg, &options->pepper);
	case OPTION_FORMAT: return format_take(optarg, options);
	case OPTION_TABLE: return word_take(optarg, &options->table);
	case OPTION_AS_OF: return time_take(optarg, &options->as_of);
	case OPTION_JOURNAL: return journal_take(optarg, options);
	case OPTION_JOURNAL_KEY: return word_take(optarg, &options->journal_key);
	case OPTION_IMSI: return word_take(optarg, &options->imsi);
	case OPTION_FROM: return time_take(optarg, &options->from);
	case OPTION_PERIOD: return word_take(optarg, &options->period);
	case OPTION_LANGUAGE: return word_take(optarg, &options->language);
	case OPTION_TO: return time_take(optarg, &options->to);
	case OPTION_EXPECT: return number_take(optarg, 0, INT64_MAX, &options->expect);
	case OPTION_MAX_REMOVED: return percent_take(optarg, &options->max_removed);
	case OPTION_REJECTS: return word_take(optarg, &options->folder);
	case OPTION_REJECTS_MAX: return number_take(optarg, 0, INT64_MAX, &options->rejects_max);
	case OPTION_HASHES: return word_take(optarg, &options->hash_kinds);
	case OPTION_NUMBER: return word_take(optarg, &options->number);
	case OPTION_OLDER: return word_take(optarg, &options->older);
	case OPTION_KEY: return word_take(optarg, &options->key);
	case OPTION_ANCHORS: return word_take(optarg, &options->anchors);
	case OPTION_MESSAGE_RULES: return word_take(optarg, &options->message_rules);
	case OPTION_WINNERS: return unsigned_take(optarg, 1000, &options->winners);
	case OPTION_AMOUNT: return number_take(optarg, 1, INT64_C(1000000000000), &options->amount);
	case OPTION_FORM: return word_take(optarg, &options->form);
	case OPTION_EQUAL: return word_take(optarg, &options->equal);
	case OPTION_REASON: return word_take(optarg, &options->reason);
	case OPTION_CONFIG: return word_take(optarg, &options->config);
	case OPTION_IDLE: return unsigned_take(optarg, 86400, &options->idle_s);
	default: return flag_option_take(option, options);
	}
}

int main(int argc, char **argv)
{
	struct data_options options = {
		.subscribers = 200, .as_of = STORED_UNKNOWN, .rejects_max = -1, .expect = -1, .max_removed = 1, .idle_s = 10,
		.from = STORED_UNKNOWN, .to = STORED_UNKNOWN,
	};
	void *ctx;
	int status;
	int option;

	while ((option = getopt_long(argc, argv, "n:p:fqhV", long_options, NULL)) != -1) {
		status = option_take(option, &options);
		if (status >= 0)
			return status;
	}
	ctx = talloc_named_const(NULL, 0, "starhash-data");
	log_start(ctx);
	status = run_command(argv + optind, argc - optind, &options);
	if ((fflush(stdout) || ferror(stdout)) && !status)
		status = data_failed("standard output", "cannot be written");
	log_fini();
	talloc_free(ctx);
	return status;
}
