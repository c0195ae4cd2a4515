/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checking chains of consents, and comparing anchors with them. */
#include <inttypes.h>
#include <string.h>

#include "starhash/consent_check.h"
#include "starhash/log.h"

#define PROGRESS_INTERVAL 1024

static void found(struct consent_check *check, enum consent_fault fault, int64_t msisdn, int64_t first, int64_t last)
{
	const struct consent_finding finding = { .fault = fault, .msisdn = msisdn, .first = first, .last = last };

	check->found(check->user, &finding);
}

static void progress(const struct consent_check *check, uint64_t done)
{
	if (check->progress && done % PROGRESS_INTERVAL == 0)
		check->progress(check->user, done);
}

/* ---- one consent ---- */

static bool same_hash(const uint8_t *a, const uint8_t *b)
{
	return !memcmp(a, b, CONSENT_HASH_SIZE);
}

/* Whether the seal is valid; without keys, whether it is complete. */
static bool row_check(struct consent_check *check, const struct consent_row *row)
{
	const int64_t msisdn = row->consent.msisdn, sequence = row->head.sequence;
	struct consent_head head = row->previous;
	const struct consent_key *key;

	if (row->whole && !check->keys)
		return true;
	key = check->keys ? consent_key_find(check->keys, row->key) : NULL;
	if (row->whole && !key) {
		found(check, CONSENT_ALIEN_KEY, msisdn, sequence, sequence);
		return false;
	}
	if (row->whole)
		consent_seal(key->octets, &head, &row->consent);
	if (row->whole && same_hash(head.hash, row->head.hash))
		return true;
	found(check, CONSENT_REWRITTEN, msisdn, sequence, sequence);
	return false;
}

/* ---- chains ---- */

/* Iterates over all consents, by MSISDN and sequence number. */
struct walk {
	struct consent_source *source;
	bool any;			/* row is valid */
	struct consent_row row;
};

static void walk_next(struct walk *walk)
{
	walk->any = walk->source->ops->next_row(walk->source, CONSENTS_BY_NUMBER, &walk->row);
}

/* Whether the seal of the root is valid; cannot be checked without keys. */
static bool root_holds(const struct consent_check *check, const struct consent_chain *chain)
{
	const struct consent_key *key = check->keys ? consent_key_find(check->keys, chain->root_key) : NULL;
	uint8_t seal[CONSENT_HASH_SIZE];

	if (!chain->root.head.sequence || !check->keys)
		return true;
	if (!key || !chain->whole)
		return false;
	consent_seal_root(key->octets, chain->msisdn, &chain->root, seal);
	return same_hash(seal, chain->root_seal);
}

/* Follow the consents of one subscriber. \a at: the head before the first one, advanced to the last. */
static void chain_follow(struct consent_check *check, struct walk *walk, int64_t msisdn, struct consent_head *at)
{
	bool sound = true;		/* the previous hash is reliable */

	while (walk->any && walk->row.consent.msisdn == msisdn) {
		const struct consent_row *row = &walk->row;

		if (row->head.sequence > at->sequence + 1)
			found(check, CONSENT_GAP, msisdn, at->sequence + 1, row->head.sequence - 1);
		else if (row->head.sequence <= at->sequence || (sound && !same_hash(row->previous.hash, at->hash)))
			found(check, CONSENT_UNLINKED, msisdn, row->head.sequence, row->head.sequence);
		sound = row_check(check, row);
		*at = row->head;
		check->consents++;
		progress(check, check->consents);
		walk_next(walk);
	}
}

static void chain_check(struct consent_check *check, struct walk *walk, const struct consent_chain *chain)
{
	const uint64_t before = check->consents;
	const int64_t msisdn = chain->msisdn, last = chain->head.sequence;
	struct consent_head at = chain->root.head;

	check->chains++;
	if (!root_holds(check, chain))
		found(check, CONSENT_FALSE_ROOT, msisdn, 1, chain->root.head.sequence);
	chain_follow(check, walk, msisdn, &at);
	if (walk->source->why)
		return;
	if (last > at.sequence)
		found(check, check->consents > before ? CONSENT_CUT : CONSENT_ALL_GONE, msisdn, at.sequence + 1, last);
	else if (last < at.sequence || !chain->whole || !same_hash(chain->head.hash, at.hash))
		found(check, CONSENT_FALSE_HEAD, msisdn, at.sequence, at.sequence);
}

/* Without a head the root is lost, too: take the first consent as the beginning. */
static void headless_check(struct consent_check *check, struct walk *walk)
{
	const int64_t msisdn = walk->row.consent.msisdn, first = walk->row.head.sequence;
	struct consent_head at = walk->row.previous;

	chain_follow(check, walk, msisdn, &at);
	found(check, CONSENT_HEADLESS, msisdn, first, at.sequence);
}

/* Walks consents and chains in parallel, both sorted by MSISDN. Entries after an error are unknown, not missing. */
const char *consent_check_chains(struct consent_source *source, struct consent_check *check)
{
	struct walk walk = { .source = source };
	struct consent_chain chain;

	source->why = NULL;
	source->ops->begin(source, CHAINS_BY_NUMBER, 0);
	source->ops->begin(source, CONSENTS_BY_NUMBER, 0);
	walk_next(&walk);
	while (source->ops->next_chain(source, CHAINS_BY_NUMBER, &chain)) {
		while (walk.any && walk.row.consent.msisdn < chain.msisdn)
			headless_check(check, &walk);
		chain_check(check, &walk, &chain);
	}
	while (!source->why && walk.any)
		headless_check(check, &walk);
	return source->why;
}

/* ---- anchors ---- */

struct pass {
	struct consent_source *source;
	struct consent_check *check;
	bool seals;
	int64_t pruned;			/* retention removed consents up to this id */
	int64_t last;			/* id of the last anchor; 0: none yet */
	uint64_t line;
	char torn[CONSENT_ANCHOR_SIZE];	/* an unreadable line, perhaps the truncated beginning of the next one */
	uint64_t torn_line;		/* 0: none */
};

static void line_found(struct pass *pass, enum consent_fault fault, int64_t msisdn, int64_t first, int64_t last,
		       uint64_t line)
{
	const struct consent_finding finding = {
		.fault = fault, .msisdn = msisdn, .first = first, .last = last, .line = line,
	};

	pass->check->found(pass->check->user, &finding);
}

/* Retention removes consents by id across all subscribers, and each root seals the id that was reached. */
static void pruned_read(struct pass *pass)
{
	struct consent_source *source = pass->source;
	struct consent_chain chain;

	source->ops->begin(source, CHAINS_BY_ROOT, 0);
	while (!pass->pruned && source->ops->next_chain(source, CHAINS_BY_ROOT, &chain)) {
		if (root_holds(pass->check, &chain))
			pass->pruned = chain.root.id;
	}
}

/* Resolve the pseudonym among all subscribers who ever had a consent. 0: not found, or not searched. */
static int64_t name_find(struct pass *pass, const struct consent_key *key, const struct consent_anchor *anchor)
{
	struct consent_source *source = pass->source;
	uint8_t number[CONSENT_NUMBER_SIZE];
	struct consent_chain chain;

	if (!key || !pass->check->names_max)
		return 0;
	pass->check->names_max--;
	source->ops->begin(source, CHAINS_BY_NUMBER, 0);
	while (source->ops->next_chain(source, CHAINS_BY_NUMBER, &chain)) {
		consent_number(key->octets, chain.msisdn, number);
		if (!memcmp(number, anchor->number, sizeof(number)))
			return chain.msisdn;
	}
	return 0;
}

static void consent_compare(struct pass *pass, const struct consent_key *key, const struct consent_anchor *anchor,
			    const struct consent_row *row)
{
	const int64_t msisdn = row->consent.msisdn, sequence = row->head.sequence;
	uint8_t number[CONSENT_NUMBER_SIZE];

	if (key)
		consent_number(key->octets, msisdn, number);
	if (sequence != anchor->head.sequence || !same_hash(row->head.hash, anchor->head.hash) ||
	    (key && memcmp(number, anchor->number, sizeof(number)))) {
		line_found(pass, CONSENT_ANCHOR_OTHER, msisdn, anchor->head.sequence, anchor->head.sequence, pass->line);
	} else if (pass->seals) {
		row_check(pass->check, row);
		if (row->newest < sequence)
			found(pass->check, CONSENT_FALSE_HEAD, msisdn, sequence, sequence);
	}
}

static void missing_judge(struct pass *pass, const struct consent_key *key, const struct consent_anchor *anchor)
{
	struct consent_check *check = pass->check;

	if (anchor->id > pass->pruned) {
		line_found(pass, CONSENT_ANCHOR_ALONE, name_find(pass, key, anchor), anchor->head.sequence, anchor->head.sequence,
			   pass->line);
		return;
	}
	check->retired++;
	if (anchor->time > check->retired_time)
		check->retired_time = anchor->time;
}

static void anchor_check(struct pass *pass, const struct consent_key *key, const struct consent_anchor *anchor)
{
	struct consent_source *source = pass->source;
	struct consent_row row;

	pass->check->anchors++;
	progress(pass->check, pass->check->anchors);
	if (!pass->last)
		pass->check->before = anchor->id - 1;
	else if (anchor->id > pass->last + 1)
		line_found(pass, CONSENT_LINES_GONE, 0, pass->last + 1, anchor->id - 1, pass->line);
	pass->last = anchor->id;
	source->ops->begin(source, CONSENTS_BY_ID, anchor->id - 1);
	if (source->ops->next_row(source, CONSENTS_BY_ID, &row) && row.id == anchor->id)
		consent_compare(pass, key, anchor, &row);
	else if (!source->why)
		missing_judge(pass, key, anchor);
}

/* A line truncated by a full disk or a crash is followed by a line that begins with the same octets. */
static void torn_end(struct pass *pass, const char *line)
{
	const size_t len = strlen(pass->torn);

	if (!pass->torn_line)
		return;
	if (line && !strncmp(line, pass->torn, len) && len < strlen(line))
		pass->check->torn++;
	else
		line_found(pass, CONSENT_BAD_LINE, 0, 0, 0, pass->torn_line);
	pass->torn_line = 0;
}

static void line_check(struct pass *pass, const char *line)
{
	const size_t len = strlen(line);
	const struct consent_keys *keys = pass->check->keys;
	const struct consent_key *key;
	struct consent_anchor anchor;

	if (!consent_anchor_parse(line, len, &anchor)) {
		torn_end(pass, NULL);
		snprintf(pass->torn, sizeof(pass->torn), "%s", line);
		pass->torn_line = pass->line;
		return;
	}
	torn_end(pass, line);
	key = keys ? consent_key_find(keys, anchor.key) : NULL;
	if (keys && !(key && consent_anchor_sealed(key->octets, line, len)))
		line_found(pass, CONSENT_BAD_LINE, 0, 0, 0, pass->line);
	else
		anchor_check(pass, key, &anchor);
}

/* The next line without its newline, truncated to \a line; false at the end. *\a ended: it had a newline. */
static bool line_read(FILE *file, char line[static CONSENT_ANCHOR_SIZE], long *at, bool *ended)
{
	size_t len = 0;
	int c;

	while ((c = getc(file)) != EOF && c != '\n') {
		++*at;
		if (len < CONSENT_ANCHOR_SIZE - 1)
			line[len++] = (char)(c ? c : '?');	/* valid lines contain no zero */
	}
	line[len] = '\0';
	*ended = c == '\n';
	*at += *ended;
	return *ended || len > 0;
}

const char *consent_check_anchors(struct consent_source *source, const struct consent_anchors *anchors, bool seals,
				  struct consent_check *check)
{
	struct pass pass = { .source = source, .check = check, .seals = seals };
	char line[CONSENT_ANCHOR_SIZE];
	long at = anchors->from;
	bool ended = true;

	source->why = NULL;
	pruned_read(&pass);
	if (fseek(anchors->file, at, SEEK_SET))
		return "disk I/O error";
	if (at)
		line_read(anchors->file, line, &at, &ended);
	while (!source->why && at < anchors->to && line_read(anchors->file, line, &at, &ended)) {
		pass.line++;
		if (ended)
			line_check(&pass, line);
	}
	if (source->why)
		return source->why;
	torn_end(&pass, ended ? NULL : line);	/* a truncated last line was not recorded as written */
	if (pass.last < anchors->written)
		line_found(&pass, CONSENT_LINES_CUT, 0, pass.last, anchors->written, pass.line);
	return ferror(anchors->file) ? "disk I/O error" : NULL;
}

/* ---- messages ---- */

const char *consent_fault_name(enum consent_fault fault)
{
	static const char *const names[] = {
#define X(id, name) [CONSENT_##id] = name,
		CONSENT_FAULTS(X)
#undef X
	};

	return names[fault];
}

static int print_range(const struct consent_finding *finding, const char *number, char *out, size_t size)
{
	if (finding->first == finding->last)
		return snprintf(out, size, "consent %" PRId64 " of %s", finding->first, number);
	return snprintf(out, size, "consents %" PRId64 " to %" PRId64 " of %s", finding->first, finding->last, number);
}

/* Sentences about the consents; NULL: about something else. */
static const char *const endings[CONSENT_FAULT_COUNT] = {
	[CONSENT_REWRITTEN] = "altered",
	[CONSENT_ALIEN_KEY] = "sealed with a key that is not available",
	[CONSENT_UNLINKED] = "not linked to the previous one",
	[CONSENT_GAP] = "missing in the middle of the chain",
	[CONSENT_CUT] = "missing at the end of the chain",
	[CONSENT_ALL_GONE] = "missing: only the head of the chain is left",
	[CONSENT_HEADLESS] = "without a head: the end of the chain is not known",
	[CONSENT_FALSE_HEAD] = "the newest in the chain, but the head is that of another one",
	[CONSENT_FALSE_ROOT] = "missing, but not removed by retention",
	[CONSENT_ANCHOR_ALONE] = "missing, but anchored",
	[CONSENT_ANCHOR_OTHER] = "not the one that was anchored",
};

const char *consent_finding_print(const struct consent_finding *finding, char out[static CONSENT_FINDING_SIZE])
{
	char digits[24], masked[MASKED_SIZE];
	int len;

	snprintf(digits, sizeof(digits), "%" PRId64, finding->msisdn);
	if (finding->fault == CONSENT_BAD_LINE) {
		snprintf(out, CONSENT_FINDING_SIZE, "line %" PRIu64 " of the anchors is altered", finding->line);
	} else if (finding->fault == CONSENT_LINES_GONE) {
		snprintf(out, CONSENT_FINDING_SIZE, "anchors number %" PRId64 " to %" PRId64 " are missing before line %" PRIu64,
			 finding->first, finding->last, finding->line);
	} else if (finding->fault == CONSENT_LINES_CUT) {
		snprintf(out, CONSENT_FINDING_SIZE, "the anchors end with number %" PRId64 ", but were written up to number %"
			 PRId64, finding->first, finding->last);
	} else {
		len = print_range(finding, finding->msisdn ? log_masked(digits, masked) : "an unknown subscriber", out,
				  CONSENT_FINDING_SIZE);
		len += snprintf(out + len, CONSENT_FINDING_SIZE - (size_t)len, " %s %s",
				finding->first == finding->last ? "is" : "are", endings[finding->fault]);
		if (finding->line)
			snprintf(out + len, CONSENT_FINDING_SIZE - (size_t)len, " (line %" PRIu64 ")", finding->line);
	}
	return out;
}
