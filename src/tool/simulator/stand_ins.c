/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Stand-ins for backends: the answers are read by the same code as those from the network. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "starhash/backends.h"
#include "starhash/http.h"
#include "starhash/json.h"
#include "starhash/text.h"
#include "tool/simulator/stand_ins.h"

#define FORM "the form is: backend NAME answers STATUS [JSON], or: backend NAME is slow|down"

struct stand_in {
	bool known;			/* whether a line says what it answers */
	struct http_answer answer;
	char *body;
};

struct stand_ins {
	struct backends *backends;
	struct stand_in *list;		/* in the order of the backends */
	const char *missing;
	char *complaint;
};

static struct stand_in *stand_in_of(struct stand_ins *stand_ins, const char *name, size_t len)
{
	for (unsigned int i = 0; i < backends_count(stand_ins->backends); i++) {
		const char *known = backends_at(stand_ins->backends, i)->name;

		if (strlen(known) == len && !memcmp(known, name, len))
			return &stand_ins->list[i];
	}
	return NULL;
}

static bool ask(void *user, const struct backend *backend, struct http_answer *answer)
{
	struct stand_ins *stand_ins = user;
	const struct stand_in *stand_in = stand_in_of(stand_ins, backend->name, strlen(backend->name));

	if (stand_in->known)
		*answer = stand_in->answer;
	else
		stand_ins->missing = backend->name;
	return stand_in->known;
}

static const char *complain(struct stand_ins *stand_ins, const char *format, ...) __attribute__((format(printf, 2, 3)));

static const char *complain(struct stand_ins *stand_ins, const char *format, ...)
{
	va_list args;

	talloc_free(stand_ins->complaint);
	va_start(args, format);
	stand_ins->complaint = talloc_vasprintf(stand_ins, format, args);
	va_end(args);
	return stand_ins->complaint;
}

/* A mistyped body would only show as "unavailable". */
static bool is_broken(const char *body)
{
	json_t *root = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
	const bool broken = !root && (*body == '{' || *body == '[');

	json_decref(root);
	return broken;
}

/* The rest of \a text after \a word and blanks; NULL if it does not begin with that word. */
static const char *after(const char *text, const char *word)
{
	const size_t len = strlen(word);

	if (strncmp(text, word, len) || (text[len] && text[len] != ' '))
		return NULL;
	return text + len + strspn(text + len, " ");
}

static const char *answer_set(struct stand_ins *stand_ins, struct stand_in *stand_in, const char *text)
{
	char *body;
	const unsigned long status = strtoul(text, &body, 10);

	if (status < 100 || status > 599 || (*body && *body != ' '))
		return complain(stand_ins, "'%.*s' does not begin with a status such as 200", (int)strlen(text), text);
	body += strspn(body, " ");
	if (is_broken(body))
		return complain(stand_ins, "'%.*s' is not JSON", (int)strlen(body), body);
	talloc_free(stand_in->body);
	stand_in->body = talloc_strdup(stand_ins, body);
	stand_in->answer = (struct http_answer){ .status = (long)status, .body = stand_in->body, .len = strlen(body) };
	stand_in->known = true;
	return NULL;
}

static const char *unknown(struct stand_ins *stand_ins, const char *line, size_t len)
{
	const unsigned int count = backends_count(stand_ins->backends);
	char *name = talloc_strndup(stand_ins, line, len);
	struct text_nearest nearest = { 0 };
	const char *why;

	for (unsigned int i = 0; i < count; i++) {
		const char *known = backends_at(stand_ins->backends, i)->name;

		text_nearest_try(&nearest, name, known, strlen(known));
	}
	if (!count)
		why = complain(stand_ins, "there is no backend '%s': name the configuration that declares it with --config", name);
	else if (nearest.best)
		why = complain(stand_ins, "there is no backend '%s'; did you mean '%s'?", name, nearest.best);
	else
		why = complain(stand_ins, "there is no backend '%s' in the configuration", name);
	talloc_free(name);
	return why;
}

const char *stand_ins_line(struct stand_ins *stand_ins, const char *line)
{
	const size_t len = strcspn(line, " ");
	const char *rest = line + len + strspn(line + len, " "), *text;
	struct stand_in *stand_in = stand_in_of(stand_ins, line, len);

	if (!len)
		return FORM;
	if (!stand_in)
		return unknown(stand_ins, line, len);
	if ((text = after(rest, "answers")))
		return answer_set(stand_ins, stand_in, text);
	text = after(rest, "is");
	if (!text || (strcmp(text, "slow") && strcmp(text, "down")))
		return FORM;
	if (*text == 's')
		stand_in->answer = (struct http_answer){ .failure = HTTP_SLOW, .failed = "timeout", .body = "" };
	else
		stand_in->answer = (struct http_answer){ .failure = HTTP_NOT_SENT, .failed = "it is down", .body = "" };
	stand_in->known = true;
	return NULL;
}

const char *stand_ins_missing(struct stand_ins *stand_ins)
{
	const char *missing = stand_ins->missing;

	stand_ins->missing = NULL;
	return missing;
}

struct stand_ins *stand_ins_new(void *ctx, struct backends *backends)
{
	struct stand_ins *stand_ins = talloc_zero(ctx, struct stand_ins);

	OSMO_ASSERT(stand_ins);
	stand_ins->backends = backends;
	stand_ins->list = talloc_zero_array(stand_ins, struct stand_in, backends_count(backends) + 1);
	OSMO_ASSERT(stand_ins->list);
	if (backends)
		backends_simulate(backends, ask, stand_ins);
	return stand_ins;
}
