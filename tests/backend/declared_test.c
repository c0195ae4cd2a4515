/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Declarations of backends: what is read, and each mistake with its place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#include "starhash/backends.h"
#include "starhash/menu.h"
#include "tests/billing/settings.h"
#include "tests/cmocka.h"

#define GOOD "url = \"https://loyalty.internal/v1/offers\"; "

static void read__whole_declaration__is_plain_data(void **state)
{
	struct conf_file *file = settings_of(
		"backends = { loyalty = { " GOOD "total_ms = 3000; send = ( \"msisdn\", [ \"who.language\", \"language\" ], \"wish\" );\n"
		"fields = { offer = { path = \"$.best.name\"; width = 20; }; amount = { path = \"$.best.price\"; type = \"money\"; };\n"
		"	gifts = { path = \"$.gifts\"; type = \"count\"; }; };\n"
		"rows = { path = \"$.offers[*]\"; fields = { name = { path = \"$.name\"; type = \"text\"; width = 20; };\n"
		"	amount = { path = \"$.p\"; type = \"money\"; width = 9; }; }; };\n"
		"outcomes = ( { is = \"none\"; when_status = 404; },"
		"	{ is = \"refused\"; path = \"$.code\"; equals = \"LIMIT\"; } ); }; };");
	static const struct menu_action *const none[] = { NULL };
	static const char *const outcomes[] = { "ok", "none", "refused", "unavailable", "slow" };
	struct problems problems = { 0 };
	struct backends *backends = backends_read(NULL, setting_get(conf_file_root(file), "backends"), &problems);
	const struct backend *backend = backends_find(backends, "loyalty");
	const struct menu_action *const *actions;

	assert_int_equal(problems.count, 0);
	assert_int_equal(backends_count(backends), 1);
	assert_ptr_equal(backend, backends_at(backends, 0));
	assert_null(backends_find(backends, "loyal"));
	assert_int_equal(backend->total_ms, 3000);
	assert_false(backend->changes);
	assert_int_equal(backend->sent_count, 3);
	assert_string_equal(backend->sent[1].name, "language");
	assert_int_equal(backend->sent[0].id, FIELD_MSISDN);
	assert_int_equal(backend->sent[2].id, BACKEND_VALUE);
	assert_int_equal(backend->fields_count, 3);
	assert_int_equal(backend->fields[0].id, BACKEND_VALUE + 1);
	assert_int_equal(backend->fields[0].width, 20);
	assert_int_equal(backend->fields[1].id, FIELD_AMOUNT);
	assert_int_equal(backend->fields[1].type, FIELD_TYPE_MONEY);
	assert_int_equal(backend->fields[1].width, field_info(FIELD_AMOUNT)->width);
	assert_int_equal(backend->fields[2].width, 9);
	assert_int_equal(backend->row_count, 2);
	assert_int_equal(backend->row[1].width, 9);
	assert_int_equal(backend->rows_max, 20);
	assert_int_equal(backend->outcomes_count, 5);
	for (unsigned int i = 0; i < 5; i++)
		assert_string_equal(backend->outcomes[i], outcomes[i]);
	assert_int_equal(backend_unavailable(backend), 3);
	assert_int_equal(backend_slow(backend), 4);
	assert_int_equal(backend->line, 1);
	actions = backends_actions(backends, none);
	assert_ptr_equal(actions[0]->backend, backend);
	assert_true(actions[0]->lists && actions[0]->needs == TRUST_READ && !actions[1]);
	backends_free(backends);
	conf_file_free(file);
}

/* Each row: the settings of one backend, and a part of the one problem. */
static const struct { const char *settings, *problem; } mistakes[] = {
	{ "", "\"url\" is missing" },
	{ "url = \"loyalty.internal\";", "is not a valid URL" },
	{ "url = \"http://10.0.0.1/v1\";", "would send accounts and the token in clear text" },
	{ "url = \"ftp://127.0.0.1/v1\";", "must begin with https:// or http://" },
	{ "url = \"https://me:secret@b/v1\";", "must not contain a user or password" },
	{ "url = \"https://b/v1#top\";", "must not contain #" },
	{ "url = \"https://b/{msisdn}/offers\";", "\"{msisdn}\" in url is not one of the names that are sent" },
	{ "url = \"https://b/{msisdn\"; send = ( \"msisdn\", \"msisdn\" );", "\"msisdn\" is sent twice" },
	{ GOOD "connect_ms = 5000;", "connect_ms (5000 ms) must not exceed total_ms (4000 ms)" },
	{ GOOD "breaker_ms = 70000;", "breaker_ms (70000 ms) must not exceed breaker_max_ms" },
	{ GOOD "method = \"PUT\";", "\"method\" must be one of: GET POST; not \"PUT\"" },
	{ GOOD "method = \"GET\"; hmac_file = \"key\";", "hmac_file signs a body: method must be POST" },
	{ GOOD "method = \"GET\"; changes = true;", "a backend that changes something needs the method POST" },
	{ GOOD "changes = true; rows = { path = \"$.o\"; fields = { n = { path = \"$.n\"; width = 9; }; }; };",
	  "a list cannot change anything" },
	{ GOOD "body_max = 10;", "\"body_max\" must be from 1024 to 1048576 octets, not 10" },
	{ GOOD "in_flight = 0;", "\"in_flight\" must be from 1 to 1000, not 0" },
	{ GOOD "methode = \"GET\";", "unknown name 'methode'" },
	{ GOOD "send = \"msisdn\";", "\"send\" must be a list, not a string" },
	{ GOOD "send = ( 4711 );", "send contains names, or pairs" },
	{ GOOD "send = ( [ \"a\", \"b\", \"c\" ] );", "send contains names, or pairs" },
	{ GOOD "send = ( \"password\" );", "\"password\" is secret and cannot be sent" },
	{ GOOD "send = ( [ \"pin\", \"old\" ] );", "\"old\" is secret and cannot be sent" },
	{ GOOD "send = ( \"new\" );", "\"new\" is secret and cannot be sent" },
	{ GOOD "send = ( \"confirm_code\" );", "\"confirm_code\" is secret and cannot be sent" },
	{ GOOD "send = ( [ \"a\", \"msisdn\" ], [ \"a\", \"brand\" ] );", "\"a\" is sent twice" },
	{ GOOD "send = ( [ \"a b\", \"msisdn\" ] );", "\"a b\" must consist of letters" },
	{ GOOD "send = ( [ \"a..b\", \"msisdn\" ] );", "\"a..b\" must consist of letters" },
	{ GOOD "send = ( [ \"a\", \"MSISDN\" ] );", "\"MSISDN\" must be a name of small letters" },
	{ GOOD "send = ( \"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\" );", "send has more than 8 names" },
	{ GOOD "fields = { offer = \"$.name\"; };", "\"offer\" must be a group such as" },
	{ GOOD "fields = { offer = { path = \"$.name\"; }; };", "\"offer\" needs a width" },
	{ GOOD "fields = { offer = { width = 9; }; };", "\"path\" is missing" },
	{ GOOD "fields = { offer = { path = \"name\"; width = 9; }; };", "\"name\" is not a path: a path must begin with $" },
	{ GOOD "fields = { offer = { path = \"$.n\"; type = \"string\"; width = 9; }; };", "\"type\" must be one of: text code money" },
	{ GOOD "fields = { offer = { path = \"$.n\"; width = 161; }; };", "\"width\" must be from 1 to 160, not 161" },
	{ GOOD "fields = { sum = { path = \"$.n\"; type = \"money\"; width = 3; }; };", "the width of \"sum\" must be from 4 to 14" },
	{ GOOD "fields = { change = { path = \"$.n\"; type = \"count\"; width = 14; }; };", "the width of \"change\" must be from 1 to 9" },
	{ GOOD "fields = { amount = { path = \"$.n\"; width = 9; }; };", "\"amount\" is a field of menus and has another type" },
	{ GOOD "fields = { price = { path = \"$.n\"; type = \"money\"; }; };", "\"price\" comes with a service of the catalogue" },
	{ GOOD "fields = { effective = { path = \"$.n\"; type = \"date\"; }; };", "\"effective\" comes with a service of the catalogue" },
	{ GOOD "rows = { path = \"$.n\"; fields = { service = { path = \"$.n\"; type = \"code\"; width = 9; }; }; };",
	  "\"service\" names a service of the catalogue" },
	{ GOOD "rows = { path = \"$.n\"; fields = { instead = { path = \"$.n\"; type = \"code\"; width = 9; }; }; };",
	  "\"instead\" names a service of the catalogue" },
	{ GOOD "fields = { msisdn = { path = \"$.n\"; width = 9; }; };", "\"msisdn\" comes from the account" },
	{ GOOD "fields = { balance = { path = \"$.n\"; type = \"money\"; }; };", "\"balance\" comes from the account" },
	{ GOOD "fields = { password = { path = \"$.n\"; width = 9; }; };", "\"password\" is secret and never shown" },
	{ GOOD "fields = { Offer = { path = \"$.n\"; width = 9; }; };", "\"Offer\" must be a name of small letters" },
	{ GOOD "rows = { fields = { n = { path = \"$.n\"; width = 9; }; }; };", "\"path\" is missing" },
	{ GOOD "rows = { path = \"$.o\"; };", "\"fields\" is missing" },
	{ GOOD "rows = { path = \"$.o\"; fields = { }; };", "a row needs at least one value" },
	{ GOOD "rows = { path = \"$.o[*].p\"; fields = { n = { path = \"$.n\"; width = 9; }; }; };", "\"$.o[*].p\" is not a path" },
	{ GOOD "rows = { path = \"$.o\"; fields = { n = { path = \"$.n\"; width = 60; }; }; };",
	  "20 rows may need 3720 octets, but there is room" },
	{ GOOD "outcomes = ( { when_status = 404; } );", "\"is\" is missing" },
	{ GOOD "outcomes = { is = \"none\"; };", "\"none\" needs when_status, or path and equals" },
	{ GOOD "outcomes = { is = \"none\"; path = \"$.x\"; };", "path and equals belong together" },
	{ GOOD "outcomes = { is = \"none\"; when_status = 404; equals = \"x\"; };", "path and equals belong together" },
	{ GOOD "outcomes = { is = \"none\"; path = \"x\"; equals = \"x\"; };", "\"x\" is not a path" },
	{ GOOD "outcomes = { is = \"none\"; when_status = 503; };", "\"when_status\" must be from 200 to 499, not 503" },
	{ GOOD "outcomes = ( { is = \"few\"; when_status = 404; }, { is = \"none\"; when_status = 404; } );",
	  "the outcome \"none\" never comes, since \"few\" applies before it" },
	{ GOOD "outcomes = ( { is = \"few\"; when_status = 404; },"
	       " { is = \"none\"; when_status = 404; path = \"$.a\"; equals = \"b\"; } );",
	  "the outcome \"none\" never comes, since \"few\" applies before it" },
	{ GOOD "outcomes = ( { is = \"few\"; path = \"$.a\"; equals = \"b\"; }, { is = \"none\"; path = \"$.a\"; equals = \"b\"; } );",
	  "the outcome \"none\" never comes, since \"few\" applies before it" },
	{ GOOD "outcomes = ( { is = \"ok\"; path = \"$.r\"; equals = \"0\"; },"
	       " { is = \"ok\"; when_status = 200; path = \"$.r\"; equals = \"0\"; } );",
	  "the outcome \"ok\" never comes, since \"ok\" applies before it" },
	{ GOOD "outcomes = ( { is = \"ok\"; path = \"$.r\"; equals = \"0\"; },"
	       " { is = \"no\"; when_status = 204; path = \"$.r\"; equals = \"0\"; } );",
	  "the outcome \"no\" never comes, since \"ok\" applies before it" },
	{ GOOD "outcomes = { is = \"ok\"; };", "\"ok\" needs when_status, or path and equals" },
	{ GOOD "outcomes = { is = \"slow\"; when_status = 404; };", "the outcome \"slow\" exists already" },
	{ GOOD "fields = { n = { path = \"$.n\"; width = 9; }; };"
	  "rows = { path = \"$\"; fields = { n = { path = \"$.n\"; type = \"code\"; width = 9; }; }; };",
	  "\"n\" has another type than in \"loyalty\"" },
	{ GOOD "outcomes = ( { is = \"no\"; when_status = 404; }, { is = \"no\"; when_status = 410; } );",
	  "the outcome \"no\" exists already" },
};

static void read__each_mistake__named_with_its_place(void **state)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		struct problems problems = { 0 };
		struct conf_file *file;
		char *text;

		assert_true(asprintf(&text, "backends = {\nloyalty = { %s }; };", mistakes[i].settings) > 0);
		file = settings_of(text);
		backends_free(backends_read(NULL, setting_get(conf_file_root(file), "backends"), &problems));
		if (problems.count != 1 || !strstr(problems.list[0].text, mistakes[i].problem) || problems.list[0].line != 2)
			fail_msg("%s: %zu problems: line %u: %s", mistakes[i].settings, problems.count,
				 problems.count ? problems.list[0].line : 0, problems.count ? problems.list[0].text : "");
		problems_fini(&problems);
		conf_file_free(file);
		free(text);
	}
}

static void read__not_a_group__named(void **state)
{
	struct conf_file *file = settings_of("backends = { loyalty = \"https://b\"; };");
	struct problems problems = { 0 };

	backends_free(backends_read(NULL, setting_get(conf_file_root(file), "backends"), &problems));
	assert_int_equal(problems.count, 1);
	assert_non_null(strstr(problems.list[0].text, "\"loyalty\" must be a group, not a string"));
	problems_fini(&problems);
	conf_file_free(file);
}

/* F8 */
static void check_time__slower_than_a_turn__refused(void **state)
{
	struct conf_file *file = settings_of("backends = { loyalty = { " GOOD " }; };");
	struct problems problems = { 0 };
	struct backends *backends = backends_read(NULL, setting_get(conf_file_root(file), "backends"), &problems);

	backends_check_time(backends, 4001, "gsup", &problems);
	assert_int_equal(problems.count, 0);
	backends_check_time(backends, 4000, "gsup", &problems);
	assert_int_equal(problems.count, 1);
	assert_non_null(strstr(problems.list[0].text, "must be below answer_ms (4000 ms) of gsup"));
	problems_fini(&problems);
	backends_free(backends);
	conf_file_free(file);
}

static void load__file_of_the_daemon__its_backends_only(void **state)
{
	struct problems problems = { 0 };
	struct conf_file *file = NULL;
	struct backends *backends;
	char path[] = "/tmp/backends.XXXXXX";
	FILE *out = fdopen(mkstemp(path), "w");

	fputs("menu = 7; unknown = true;\nbackends = { loyalty = { " GOOD " }; };\n", out);
	fclose(out);
	backends = backends_load(NULL, path, &file, &problems);
	assert_int_equal(problems.count, 0);
	assert_non_null(backends_find(backends, "loyalty"));
	backends_free(backends);
	conf_file_free(file);
	out = fopen(path, "w");
	fputs("menu = \"x\";\n", out);
	fclose(out);
	backends = backends_load(NULL, path, &file, &problems);
	assert_int_equal(problems.count, 0);
	assert_int_equal(backends_count(backends), 0);
	backends_free(backends);
	conf_file_free(file);
	out = fopen(path, "w");
	fputs("backends = 7;\n", out);
	fclose(out);
	assert_null(backends_load(NULL, path, &file, &problems));
	assert_null(file);
	assert_non_null(strstr(problems.list[0].text, "\"backends\" must be a group"));
	problems_fini(&problems);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read__whole_declaration__is_plain_data),
		cmocka_unit_test(read__each_mistake__named_with_its_place),
		cmocka_unit_test(read__not_a_group__named),
		cmocka_unit_test(check_time__slower_than_a_turn__refused),
		cmocka_unit_test(load__file_of_the_daemon__its_backends_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
