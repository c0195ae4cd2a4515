/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Compiles the mapping from its settings. Each mistake in them is reported as a problem with file and line. */
#include <stddef.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "billing/mapping.h"
#include "starhash/conf.h"
#include "starhash/stored.h"

/* As large as the widths in FIELDS() allow, with a sign. */
#define MONEY_MAX 999999999999ll
#define POINTS_MAX 999999999ll
#define CHANGE_MAX 99999999ll
#define DAY_MAX 99991231ll
#define MONTH_MAX 999912ll
#define SECONDS_MAX 253402300799ll		/* the end of the year 9999 */

#define PROFILE (1u << ACCOUNT_PROFILE)
#define BILLS (1u << ACCOUNT_BILLS)
#define POINTS (1u << ACCOUNT_POINTS)
#define SERVICES (1u << ACCOUNT_SERVICES)

/* Rows of the plain facts. */
#define FACT(id, name, type, origin, width, storage) FACT_##storage(name, type, width)
#define FACT_OWN(name, type, width)
#define FACT_FACT(name, type, width) \
	{ #name, FIELD_TYPE_##type, FACT_AS_##type, OF(name), .max = FACT_MAX_##type(width), .kinds = PROFILE },
#define FACT_AS_CODE AS_TEXT
#define FACT_AS_MONEY AS_NUMBER
#define FACT_AS_DATE AS_NUMBER
#define FACT_MAX_CODE(width) (width)
#define FACT_MAX_MONEY(width) MONEY_MAX
#define FACT_MAX_DATE(width) DAY_MAX

#define OF(member) .offset = offsetof(struct stored_account, member)
static const struct target fact_targets[] = {
	{ "msisdn", FIELD_TYPE_TEXT, AS_DIGITS, OF(msisdn), .min = 3, .max = MSISDN_SIZE - 1, .needed = true },
	{ "imsi", FIELD_TYPE_TEXT, AS_DIGITS, OF(imsis[0]), .min = 6, .max = IMSI_SIZE - 1 },
	{ "imsi2", FIELD_TYPE_TEXT, AS_DIGITS, OF(imsis[1]), .min = 6, .max = IMSI_SIZE - 1 },
	{ "as_of", FIELD_TYPE_TIME, AS_NUMBER, OF(as_of), .max = SECONDS_MAX },
	{ "account", FIELD_TYPE_CODE, AS_TEXT, OF(account), .max = 12, .choices = "prepaid postpaid", .kinds = PROFILE,
	  .needed = true },
	{ "status", FIELD_TYPE_CODE, AS_TEXT, OF(status), .max = 16, .choices = "active suspended", .kinds = PROFILE,
	  .needed = true },
	{ "brand", FIELD_TYPE_CODE, AS_TEXT, OF(brand), .max = 16, .kinds = PROFILE },
	{ "language", FIELD_TYPE_CODE, AS_TEXT, OF(language), .max = 16, .kinds = PROFILE },
	FIELDS(FACT)
	{ "bill_month", FIELD_TYPE_MONTH, AS_NUMBER, OF(bill_month), .max = MONTH_MAX, .kinds = PROFILE },
	{ "bill_total", FIELD_TYPE_MONEY, AS_NUMBER, OF(bill_total), .max = MONEY_MAX, .kinds = PROFILE },
	{ "owner", FIELD_TYPE_TEXT, AS_TEXT, OF(owner), .max = 64, .kinds = PROFILE },
	{ "id_number", FIELD_TYPE_TEXT, AS_TEXT, OF(id_number), .max = 32, .kinds = PROFILE },
	{ "points", FIELD_TYPE_COUNT, AS_NUMBER, OF(points), .max = POINTS_MAX, .kinds = POINTS, .needed = true },
	{}
};
#undef OF

#define OF(member) .offset = offsetof(struct stored_bill, member)
static const struct target bill_targets[] = {
	{ "month", FIELD_TYPE_MONTH, AS_DATE, OF(month), .max = MONTH_MAX, .needed = true },
	{ "total", FIELD_TYPE_MONEY, AS_NUMBER, OF(total), .max = MONEY_MAX, .needed = true },
	{}
};
#undef OF

#define OF(member) .offset = offsetof(struct stored_line, member)
static const struct target line_targets[] = {
	{ "item", FIELD_TYPE_CODE, AS_TEXT, OF(item), .max = 24, .needed = true },
	{ "amount", FIELD_TYPE_MONEY, AS_NUMBER, OF(amount), .min = -MONEY_MAX, .max = MONEY_MAX, .needed = true },
#define LINE_TARGET(id, name) { #name, FIELD_TYPE_CODE, AS_TEXT, OF(name), .max = 24 },
	LINE_FACTS(LINE_TARGET)
	{}
};
#undef OF

#define OF(member) .offset = offsetof(struct stored_points, member)
static const struct target points_targets[] = {
	{ "date", FIELD_TYPE_DATE, AS_DATE, OF(date), .max = DAY_MAX, .needed = true },
	{ "change", FIELD_TYPE_COUNT, AS_NUMBER, OF(change), .min = -CHANGE_MAX, .max = CHANGE_MAX, .needed = true },
	{ "reason", FIELD_TYPE_CODE, AS_TEXT, OF(reason), .max = 24, .needed = true },
	{}
};
#undef OF

#define OF(member) .offset = offsetof(struct stored_subscription, member)
static const struct target service_targets[] = {
	{ "service", FIELD_TYPE_CODE, AS_TEXT, OF(service), .max = SERVICE_CODE_MAX, .needed = true },
	{ "since", FIELD_TYPE_DATE, AS_DATE, OF(since), .max = DAY_MAX, .needed = true },
	{ "trial_until", FIELD_TYPE_DATE, AS_DATE, OF(trial_until), .max = DAY_MAX },
	{ "trial_ends", FIELD_TYPE_CODE, AS_TEXT, OF(trial_ends), .max = 10, .choices = "agreement paid" },
	{}
};
#undef OF

#define OF(member) .offset = offsetof(struct order_completed, member)
static const struct target order_targets[] = {
	{ "state", FIELD_TYPE_CODE, AS_TEXT, OF(state), .max = 16, .choices = "done refused pending" },
	{ "reason", FIELD_TYPE_CODE, AS_TEXT, OF(reason), .max = REASON_MAX },
	{}
};
#undef OF

/* ---- settings of one resource ---- */

struct list_settings {
	const char *rows;
	const struct setting *fields, *lines;
};

#define AT(member) offsetof(struct list_settings, member)
static const struct conf_row list_rows[] = {
	{ "rows", CONF_STRING, AT(rows), .min = 1, .required = true, .help = "path of the list" },
	{ "fields", CONF_GROUP, AT(fields), .help = "our field = \"path in a row\"" },
	{}
};
static const struct conf_row bills_rows[] = {
	{ "rows", CONF_STRING, AT(rows), .min = 1, .required = true, .help = "path of the list" },
	{ "fields", CONF_GROUP, AT(fields), .help = "our field = \"path in a row\"" },
	{ "lines", CONF_GROUP, AT(lines), .group = list_rows, .help = "list of the lines of one bill" },
	{}
};
#undef AT

struct resource_settings {
	const char *path, *path_imsi, *gives, *money, *negative;
	const struct setting *fields, *values, *bills, *points, *services;
};

#define AT(member) offsetof(struct resource_settings, member)
const struct conf_row resource_rows[] = {
	{ "path", CONF_STRING, AT(path), .min = 1, .required = true, .help = "appended to url; with {msisdn} or {imsi}" },
	{ "path_imsi", CONF_STRING, AT(path_imsi), .min = 1, .help = "path to use if only the IMSI is known" },
	{ "gives", CONF_STRING, AT(gives), .min = 1, .required = true,
	  .help = "kinds of data in it: profile, bills, points, services, separated by blanks" },
	{ "money", CONF_CHOICE, AT(money), .choices = "minor major", .fallback = "minor", .help = "unit of amounts" },
	{ "negative", CONF_STRING, AT(negative), .fallback = "", .help = "amounts that may be negative, separated by blanks" },
	{ "fields", CONF_GROUP, AT(fields), .help = "our field = \"billing's path\"; if absent, each field under its own name" },
	{ "values", CONF_GROUP, AT(values), .help = "our field = { billing's value = \"our value\" }" },
	{ "bills", CONF_GROUP, AT(bills), .group = bills_rows, .help = "list of bills" },
	{ "points", CONF_GROUP, AT(points), .group = list_rows, .help = "list of points entries" },
	{ "services", CONF_GROUP, AT(services), .group = list_rows, .help = "list of subscriptions" },
	{}
};
#undef AT

struct order_settings {
	const char *path;
	const struct setting *fields, *values;
};

#define AT(member) offsetof(struct order_settings, member)
const struct conf_row order_mapping_rows[] = {
	{ "path", CONF_STRING, AT(path), .min = 1, .fallback = "/v1/orders", .help = "appended to url" },
	{ "fields", CONF_GROUP, AT(fields), .help = "state and reason = \"path in the answer\"" },
	{ "values", CONF_GROUP, AT(values), .help = "our field = { billing's value = \"our value\" }" },
	{}
};
#undef AT

/* Context while one resource is compiled. */
struct compiler {
	void *ctx;
	struct problems *problems;
	const struct setting *place;
	const struct setting *values;
	const char *negative;
	unsigned int gives;
};

static void *array_of(void *ctx, size_t size, size_t count)
{
	void *array = talloc_zero_size(ctx, size * (count ? count : 1));

	OSMO_ASSERT(array);
	return array;
}

bool word_in(const char *words, const char *word, size_t len)
{
	while (len && *words) {
		const size_t span = strcspn(words, " ");

		if (span == len && !strncmp(words, word, len))
			return true;
		words += span;
		words += strspn(words, " ");
	}
	return false;
}

/* ---- values of codes ---- */

/* theirs = "ours", or [ "theirs", "ours" ] where libconfig does not allow theirs as a name. */
static bool word_compile(struct compiler *compiler, const struct setting *at, const struct target *target,
			 struct word *word)
{
	const struct setting *first = at->type == SETTING_LIST ? at->child : NULL, *second = first ? first->next : at;

	if ((first && first->type != SETTING_STRING) || !second || second->type != SETTING_STRING ||
	    (first && second->next) || (!first && !at->name)) {
		problems_add(compiler->problems, at,
			     "write a value as theirs = \"ours\" or [ \"theirs\", \"ours\" ]");
		return false;
	}
	*word = (struct word){ first ? first->string : at->name, second->string };
	if (target->choices && !word_in(target->choices, word->ours, strlen(word->ours)))
		problems_add(compiler->problems, second, "\"%s\" must be one of: %s; not \"%s\"", target->name,
			     target->choices, word->ours);
	return true;
}

static const struct word *words_compile(struct compiler *compiler, const struct target *target)
{
	const struct setting *group = setting_get(compiler->values, target->name), *at;
	struct word *words;
	size_t count = 0;

	if (!group)
		return NULL;
	if (target->as != AS_TEXT || (group->type != SETTING_GROUP && group->type != SETTING_LIST)) {
		problems_add(compiler->problems, group, "\"%s\" cannot have a list of values", target->name);
		return NULL;
	}
	words = array_of(compiler->ctx, sizeof(*words), setting_count(group) + 1);
	for (at = group->child; at; at = at->next)
		count += word_compile(compiler, at, target, &words[count]);
	return words;
}

/* ---- fields ---- */

static bool belongs(const struct compiler *compiler, const struct target *target)
{
	return !target->kinds || target->kinds & compiler->gives;
}

static void path_compile(struct compiler *compiler, const char *text, const struct setting *at, struct json_path *out)
{
	const char *wrong = json_path_compile(compiler->ctx, text, out);

	if (wrong)
		problems_add(compiler->problems, at, "\"%s\" is not a path: %s", text, wrong);
}

static void field_add(struct compiler *compiler, struct fields *fields, const struct target *target, const char *path,
		      const struct setting *at)
{
	struct mapped *mapped = &fields->list[fields->count++];
	const bool negative = word_in(compiler->negative, target->name, strlen(target->name));

	*mapped = (struct mapped){ .target = target, .words = words_compile(compiler, target),
				   .min = negative ? -target->max : target->min };
	path_compile(compiler, path, at, &mapped->path);
}

static void field_compile(struct compiler *compiler, const struct target *target, const struct setting *at,
			  struct fields *fields)
{
	while (target->name && strcmp(target->name, at->name))
		target++;
	if (!target->name)
		problems_add(compiler->problems, at, "\"%s\" is not a field that can be read here", at->name);
	else if (!belongs(compiler, target))
		problems_add(compiler->problems, at, "\"%s\" does not belong to the kinds in \"gives\"", at->name);
	else if (at->type != SETTING_STRING)
		problems_add(compiler->problems, at, "\"%s\" must be a string, not %s", at->name,
			     setting_type_name(at->type));
	else
		field_add(compiler, fields, target, at->string, at);
}

static struct fields fields_compile(struct compiler *compiler, const struct target *targets,
				    const struct setting *group)
{
	const struct setting *at;
	size_t count = setting_count(group);
	struct fields fields = { 0 };

	if (!group)
		for (const struct target *target = targets; target->name; target++)
			count++;
	fields.list = array_of(compiler->ctx, sizeof(*fields.list), count);
	for (const struct target *own = targets; !group && own->name; own++) {
		if (belongs(compiler, own))
			field_add(compiler, &fields, own, talloc_asprintf(compiler->ctx, "$.%s", own->name), compiler->place);
	}
	for (at = group ? group->child : NULL; at; at = at->next)
		field_compile(compiler, targets, at, &fields);
	return fields;
}

/* ---- lists ---- */

static const struct setting *list_compile(struct compiler *compiler, const struct setting *group,
					  const struct conf_row *rows, const char *usual, const struct target *targets,
					  struct list *list)
{
	struct list_settings settings = { .rows = usual };

	if (group)
		conf_read(group, rows, &settings, compiler->problems);
	if (settings.rows)
		path_compile(compiler, settings.rows, group, &list->rows);
	list->fields = fields_compile(compiler, targets, settings.fields);
	/* A row is useless without these fields. */
	for (; settings.fields && targets->name; targets++) {
		if (targets->needed && !setting_get(settings.fields, targets->name))
			problems_add(compiler->problems, settings.fields, "\"%s\" is missing", targets->name);
	}
	return settings.lines;
}

static void lists_compile(struct compiler *compiler, const struct resource_settings *settings,
			  struct resource *resource)
{
	const struct setting *lines = NULL;

	if (resource->gives & BILLS)
		lines = list_compile(compiler, settings->bills, bills_rows, "$.bills", bill_targets, &resource->bills);
	if (resource->gives & BILLS)
		list_compile(compiler, lines, list_rows, "$.lines", line_targets, &resource->lines);
	if (resource->gives & POINTS)
		list_compile(compiler, settings->points, list_rows, "$.entries", points_targets, &resource->points);
	if (resource->gives & SERVICES)
		list_compile(compiler, settings->services, list_rows, "$.services", service_targets, &resource->services);
}

/* ---- resources ---- */

static const char *const kind_names[ACCOUNT_KINDS] = {
	[ACCOUNT_PROFILE] = "profile", [ACCOUNT_BILLS] = "bills", [ACCOUNT_POINTS] = "points",
	[ACCOUNT_SERVICES] = "services",
};

static unsigned int gives_read(struct compiler *compiler, const char *words)
{
	unsigned int gives = 0;

	for (size_t len; *(words += strspn(words, " ")); words += len) {
		unsigned int kind = 0;

		len = strcspn(words, " ");
		while (kind < ACCOUNT_KINDS && (strlen(kind_names[kind]) != len || strncmp(words, kind_names[kind], len)))
			kind++;
		if (kind == ACCOUNT_KINDS)
			problems_add(compiler->problems, compiler->place,
				     "\"gives\" may contain profile, bills, points, services; not \"%.*s\"", (int)len, words);
		else
			gives |= 1u << kind;
	}
	return gives;
}

static void list_expect(struct compiler *compiler, const struct setting *list, unsigned int kind)
{
	if (list && !(compiler->gives & kind))
		problems_add(compiler->problems, list, "\"%s\" is not one of the kinds in \"gives\"", list->name);
}

static void target_names_check(struct compiler *compiler, const char *name, size_t len, const struct setting *at,
			       bool numbers)
{
	static const struct target *const tables[] = { fact_targets, bill_targets, line_targets, points_targets,
						       service_targets, order_targets };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		for (const struct target *target = tables[i]; target->name; target++) {
			if (strlen(target->name) == len && !strncmp(target->name, name, len) &&
			    (!numbers || target->type == FIELD_TYPE_MONEY))
				return;
		}
	}
	problems_add(compiler->problems, at, "\"%.*s\" is not a known %s", (int)len, name, numbers ? "amount" : "field");
}

/* Report unknown names: they would silently do nothing. */
static void names_check(struct compiler *compiler)
{
	const struct setting *at;
	const char *word = compiler->negative;

	for (size_t len; *(word += strspn(word, " ")); word += len) {
		len = strcspn(word, " ");
		target_names_check(compiler, word, len, compiler->place, true);
	}
	for (at = compiler->values ? compiler->values->child : NULL; at; at = at->next)
		target_names_check(compiler, at->name, strlen(at->name), at, false);
}

static void url_path_check(struct compiler *compiler, const char *path, bool by_imsi)
{
	if (!path)
		return;
	if (path[0] != '/')
		problems_add(compiler->problems, compiler->place, "\"%s\" must begin with /", path);
	if (strpbrk(path, " \t\r\n#") || strstr(path, ".."))
		problems_add(compiler->problems, compiler->place, "\"%s\" is not a valid URL path", path);
	if (!strstr(path, "{imsi}") && (by_imsi || !strstr(path, "{msisdn}")))
		problems_add(compiler->problems, compiler->place, "\"%s\" needs %s to identify the subscriber", path,
			     by_imsi ? "{imsi}" : "{msisdn} or {imsi}");
	if (by_imsi && strstr(path, "{msisdn}"))
		problems_add(compiler->problems, compiler->place, "\"%s\" cannot contain {msisdn}: only the IMSI is known", path);
}

static void resource_compile(struct compiler *compiler, const struct resource_settings *settings,
			     struct resource *resource)
{
	compiler->values = settings->values;
	compiler->negative = settings->negative ? settings->negative : "";
	compiler->gives = settings->gives ? gives_read(compiler, settings->gives) : 0;
	*resource = (struct resource){ .path = settings->path, .path_imsi = settings->path_imsi,
				       .gives = compiler->gives,
				       .major = settings->money && !strcmp(settings->money, "major") };
	url_path_check(compiler, settings->path, false);
	url_path_check(compiler, settings->path_imsi, true);
	names_check(compiler);
	resource->facts = fields_compile(compiler, fact_targets, settings->fields);
	lists_compile(compiler, settings, resource);
	list_expect(compiler, settings->bills, BILLS);
	list_expect(compiler, settings->points, POINTS);
	list_expect(compiler, settings->services, SERVICES);
}

/* contrib/billing/openapi.yaml */
static const struct resource_settings usual[] = {
	{ .path = "/v1/subscribers/{msisdn}", .path_imsi = "/v1/imsis/{imsi}", .gives = "profile" },
	{ .path = "/v1/subscribers/{msisdn}/bills", .path_imsi = "/v1/imsis/{imsi}/bills", .gives = "bills" },
	{ .path = "/v1/subscribers/{msisdn}/points", .path_imsi = "/v1/imsis/{imsi}/points", .gives = "points" },
	{ .path = "/v1/subscribers/{msisdn}/services", .path_imsi = "/v1/imsis/{imsi}/services", .gives = "services" },
};

static void order_compile(struct compiler *compiler, const struct setting *group, struct order_mapping *order)
{
	struct order_settings settings;

	conf_read(group, order_mapping_rows, &settings, compiler->problems);
	compiler->place = group;
	compiler->values = settings.values;
	compiler->negative = "";
	names_check(compiler);
	if (settings.path[0] != '/')
		problems_add(compiler->problems, group, "\"%s\" must begin with /", settings.path);
	order->path = settings.path;
	order->answer = fields_compile(compiler, order_targets, settings.fields);
}

struct mapping *mapping_new(void *ctx, const struct setting *ask, const struct setting *order,
			    struct problems *problems)
{
	struct mapping *mapping = talloc_zero(ctx, struct mapping);
	struct compiler compiler = { .ctx = mapping, .problems = problems };
	const struct setting *group = ask && ask->type != SETTING_GROUP ? ask->child : ask;

	OSMO_ASSERT(mapping);
	mapping->resources = array_of(mapping, sizeof(*mapping->resources), ask ? setting_count(ask) : ARRAY_SIZE(usual));
	for (size_t i = 0; !ask && i < ARRAY_SIZE(usual); i++)
		resource_compile(&compiler, &usual[i], &mapping->resources[mapping->count++]);
	for (; group; group = group == ask ? NULL : group->next) {
		struct resource_settings settings = { 0 };

		compiler.place = group;
		conf_read(group, resource_rows, &settings, problems);
		resource_compile(&compiler, &settings, &mapping->resources[mapping->count++]);
	}
	if (!mapping->count)
		problems_add(problems, ask, "\"ask\" must contain at least one resource");
	order_compile(&compiler, order, &mapping->order);
	return mapping;
}

unsigned int mapping_kinds(const struct mapping *mapping, unsigned int kinds)
{
	unsigned int found = 0, before;

	do {
		before = found;
		for (unsigned int i = 0; i < mapping->count; i++) {
			if (mapping->resources[i].gives & (kinds | found))
				found |= mapping->resources[i].gives;
		}
	} while (found != before);
	return found;
}
