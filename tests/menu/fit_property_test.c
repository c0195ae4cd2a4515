/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The fit check and the engine agree, for random menus, catalogues and accounts in mixed alphabets:
 *
 *   - what the engine shows of an accepted menu is never longer than the limit, has no more screens than the check allowed, is never cut
 *     and never replaced, whatever values within the declared widths the account has;
 *   - what the check refuses really does not fit, with values that an account can have.
 *
 * Values are forced to the worst. In each menu most texts show one value, which changes from menu to menu. Such a text is lengthened until
 * the check refuses one character more. Of dialogs by chance, those in which it fills its screens most are replayed, each time with another
 * alternative of one value, and what fills them more stays. So a proof that is wrong by one character, about one value or about the
 * alphabet of one, lets a text through that does not fit.
 *
 * SEED=n begins with another menu, MENUS=n tries more of them. A failure is made smaller, as long as it stays one, by leaving out pages,
 * variants, words and values; then the menu, the values and the inputs are printed with the seed: SEED=that MENUS=1 repeats it.
 *
 * How a text of several screens is cut depends on every length in it. The check tries combinations of the widest values and rows only, so
 * such a text might need one screen more than it said: none of the menus of the seeds 200000 to 219999 has one. */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/step.h"
#include "starhash/action.h"
#include "starhash/conf.h"
#include "tests/cmocka.h"

#define LANGUAGES 2
#define NOW 1790000000
#define SERVICES_MAX 6
#define END "\u00a7"	/* the last character of each text, in GSM-7: an end without it was cut */
#define GONE "Gone!"	/* begins the system text "unavailable" */

/* ---- chance ---- */

static uint64_t menu_seed, seed;

static uint64_t draw(void)	/* splitmix64 */
{
	uint64_t z = seed += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static unsigned int below(unsigned int limit)
{
	return draw() % limit;
}

static bool chance(unsigned int percent)
{
	return below(100) < percent;
}

/* Parts of a menu, and values of an account, that can be left out to make a failure smaller. They are numbered as they are made. */
#define PARTS_MAX 16384

struct parts {
	bool out[PARTS_MAX];
	unsigned int count;
};

static struct parts menu_parts, value_parts;

static unsigned int part_begin(struct parts *parts)
{
	assert_true(parts->count < PARTS_MAX);
	return parts->count++;
}

/* Whether it is left out, and with it every part inside. */
static bool part_end(struct parts *parts, unsigned int part)
{
	if (parts->out[part])
		memset(parts->out + part, true, parts->count - part);
	return parts->out[part];
}

static unsigned int services, widths[3];
static unsigned int size;	/* percent: of how long texts get */
static bool sms, brand_words, about_shown[LANGUAGES];

/* ---- files of a menu ---- */

struct file {
	char name[32];
	size_t len;
	char text[1 << 17];
};

static struct file menu_file, texts[LANGUAGES];

__attribute__((format(printf, 2, 3))) static void put(struct file *file, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	file->len += vsnprintf(file->text + file->len, sizeof(file->text) - file->len, format, args);
	va_end(args);
	assert_true(file->len < sizeof(file->text));
}

static void save(const struct file *file)
{
	FILE *out = fopen(file->name, "w");

	assert_non_null(out);
	fputs(file->text, out);
	fclose(out);
}

static void show_files(void)
{
	fprintf(stderr, "---- menu.cfg\n%s", menu_file.text);
	for (size_t i = 0; i < LANGUAGES; i++)
		fprintf(stderr, "---- %s\n%s", texts[i].name, texts[i].text);
}

/* ---- words ---- */

enum alphabet { PLAIN, EXTENDED, ACCENTS, ARABIC, CHINESE, EMOJI, ALPHABETS };

static const char *const characters[ALPHABETS] = {
	[PLAIN] = "a b c d e n o r s t u A E S 1 2 \u00e9 \u00fc \u00a5",
	[EXTENDED] = "a e t [ ] ~ \u20ac ^ n o",
	[ACCENTS] = "a e \u00ea \u00e7 o r s \u0161 \u00e1 n t",
	[ARABIC] = "\u0627 \u0628 \u062a \u0645 \u0646 \u0644 \u0631",
	[CHINESE] = "\u4e2d \u6587 \u5957 \u9910 \u8bdd \u8d39 \uff0c",
	[EMOJI] = "\U0001f600 \U0001f4f1 \u2600 a e",
};

struct tongue {
	const char *name;
	unsigned int forms;		/* of a plural */
	enum alphabet alphabet;
} tongue[LANGUAGES];

static void put_word(struct file *file, enum alphabet alphabet, unsigned int most)
{
	const char *all = characters[alphabet];
	const unsigned int count = 1 + below(most);
	unsigned int i, k, choices = 1;

	for (k = 0; all[k]; k++)
		choices += all[k] == ' ';
	for (i = 0; i < count; i++) {
		const char *at = all;

		for (k = below(choices); k; k--)
			at = strchr(at, ' ') + 1;
		put(file, "%.*s", (int)strcspn(at, " "), at);
	}
}

/* Mostly the language's own alphabet. */
static enum alphabet any_alphabet(unsigned int language)
{
	return chance(97) ? tongue[language].alphabet : below(ALPHABETS);
}

static const char account_fields[] = "balance owed valid_until bill_month bill_total points as_of brand tariff account status msisdn";
static const char service_fields[] = "service price period trial_days trial_price service service price balance brand";
/* rows of service.mine have no trial_days */
static const char mine_fields[] = "service price period service price balance brand trial_price";
static const char done_fields[] = "service ref effective trial_until price brand", order_fields[] = "service price brand",
		  excluded_fields[] = "service ref price instead brand";

/* The value that most texts of this menu show which may; each of these has its turn. */
static const char favourites[] = "as_of tariff brand points balance nick service valid_until owed msisdn instead price period bill_total "
				 "bill_month ref status account effective trial_days";
static char favourite[32];

static void copy_name(const char *names, unsigned int index, char out[static 32])
{
	for (; index; index--)
		names = strchr(names, ' ') + 1;
	snprintf(out, 32, "%.*s", (int)strcspn(names, " "), names);
}

static unsigned int count_names(const char *names)
{
	unsigned int count = 1;

	for (; *names; names++)
		count += *names == ' ';
	return count;
}

static void any_of(const char *names, char out[static 32])
{
	const char *at = strstr(names, favourite);
	const size_t len = strlen(favourite);

	copy_name(names, below(count_names(names)), out);
	if (chance(60) && at && (at == names || at[-1] == ' ') && (!at[len] || at[len] == ' '))
		snprintf(out, 32, "%s", favourite);
}

/* One wording has a mark and so many characters more. */
#define PAD_MAX 1000
#define MARK "="
#define WORDINGS_MAX 2048
static unsigned int wordings, padded, pad;
static enum { SHOWS_WORDS, SHOWS_VALUES, SHOWS_FAVOURITE } shows[WORDINGS_MAX];	/* by number of the wording */
static char filling[PAD_MAX + 1];

static void put_placeholder(struct file *file, unsigned int language, const char *names)
{
	char name[32];
	unsigned int i;

	any_of(names, name);
	if (shows[wordings] < SHOWS_FAVOURITE)
		shows[wordings] = strcmp(name, favourite) ? SHOWS_VALUES : SHOWS_FAVOURITE;
	put(file, "{%s", name);
	if (!strcmp(name, "points") && chance(60)) {
		put(file, ":plural:");
		for (i = 0; i < tongue[language].forms; i++) {
			put(file, "%s", i ? "|" : "");
			put_word(file, any_alphabet(language), 8);
			put(file, "%s", chance(70) ? "#" : "");
		}
	} else if (!strcmp(name, "as_of") && chance(50)) {
		put(file, ":old: (#)");
	} else if (chance(25)) {
		put(file, ":if:");
		put_word(file, any_alphabet(language), 6);
		put(file, "#");
		if (chance(60)) {
			put(file, "|");
			put_word(file, any_alphabet(language), 12);
		}
	} else if (!strcmp(name, "service") && chance(20)) {
		put(file, ":about");
		about_shown[language] = true;
	}
	put(file, "}");
}

/* Some words and values; \a names: values that may be shown; NULL: none. */
static void put_wording(struct file *file, unsigned int language, unsigned int words, const char *names)
{
	const char *blank = tongue[language].alphabet == CHINESE && chance(90) ? "" : " ";

	assert_true(wordings < WORDINGS_MAX);
	shows[wordings] = SHOWS_WORDS;
	put(file, "\"");
	while (words--) {
		const unsigned int part = part_begin(&menu_parts);
		const size_t before = file->len;

		if (names && chance(25)) {
			put_placeholder(file, language, names);
		} else {
			put_word(file, any_alphabet(language), 9);
		}
		put(file, "%s", chance(4) ? "\\n" : blank);
		if (part_end(&menu_parts, part))
			file->len = before;
	}
	if (wordings++ == padded)
		put(file, MARK "%.*s", (int)pad, filling);
	put(file, END "\"");
}

/* The kind of condition that asks about the favourite. */
static unsigned int favourite_kind(unsigned int otherwise)
{
	static const char *const asked[] = { "account", "brand", "status", "points", "valid_until", "instead", "", "", "period", "service",
					     "trial_days" };
	unsigned int i;

	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		if (!strcmp(asked[i], favourite) || (i == 3 && !strcmp(favourite, "balance")))
			return i;
	return otherwise;
}

/* \a taken: kinds that the same text already has, as bits; a second one could make a wording unreachable. */
static void put_conditions(struct file *file, const char *names, unsigned int *taken)
{
	const unsigned int kinds = names == service_fields ? 11 : names == mine_fields ? 10 : 7;
	unsigned int kind = favourite_kind(below(kinds));
	char name[32];

	while (kind >= kinds || *taken & 1u << kind)
		kind = below(kinds);
	*taken |= 1u << kind;
	switch (kind) {
	case 0: put(file, "account = \"%s\";", chance(50) ? "prepaid" : "postpaid"); break;
	case 1: put(file, "brand = [ \"young\", \"old\" ];"); break;
	case 2: put(file, "status = \"active\";"); break;
	case 3:
		any_of("balance points", name);
		put(file, "known = \"%s\";", name);
		break;
	case 4: put(file, "ahead = \"valid_until\";"); break;
	case 5: put(file, "has = \"S%u\";", below(2)); break;
	case 6: put(file, "channel = \"%s\";", chance(50) ? "sms" : "ussd"); break;
	case 7: put(file, "has = \"{service}\";"); break;
	case 8: put(file, "period = \"month\";"); break;
	case 9: put(file, "service = \"S1\";"); break;
	default: put(file, "known = \"trial_days\";"); break;
	}
}

/* A text in all languages, as the element of a page. */
static void put_text(const char *name, unsigned int words, const char *names)
{
	const unsigned int variants = chance(40) ? 1 + below(4) : 0;
	unsigned int language, i, taken;

	for (language = 0; language < LANGUAGES; language++) {
		struct file *file = &texts[language];

		put(file, "\t\t%s = ", name);
		taken = 0;
		if (variants)
			put(file, "( ");
		for (i = 0; i < variants; i++) {
			const unsigned int part = part_begin(&menu_parts);
			const size_t before = file->len;

			put(file, "{ %s = { ", chance(65) ? "only_if" : "unless");
			put_conditions(file, names, &taken);
			put(file, " }; text = ");
			put_wording(file, language, 1 + below(words) * size / 100, names);
			put(file, "; },\n\t\t\t");
			if (part_end(&menu_parts, part))
				file->len = before;
		}
		put_wording(file, language, 1 + below(words) * size / 100, names);
		put(file, "%s;\n", variants ? " )" : "");
	}
}

/* A page, or a choice, that can be left out. */
struct place {
	unsigned int part;
	unsigned int inside;		/* the first part that it contains */
	size_t menu, texts[LANGUAGES];
};

static struct place place_begin(unsigned int part)
{
	struct place place = { .part = part, .inside = menu_parts.count, .menu = menu_file.len };

	for (size_t i = 0; i < LANGUAGES; i++)
		place.texts[i] = texts[i].len;
	return place;
}

static void place_end(const struct place *place)
{
	if (!menu_parts.out[place->part])
		return;
	memset(menu_parts.out + place->inside, true, menu_parts.count - place->inside);
	menu_file.len = place->menu;
	for (size_t i = 0; i < LANGUAGES; i++)
		texts[i].len = place->texts[i];
}

static void begin_page(const char *name)
{
	put(&menu_file, "\t%s = { ", name);
	for (size_t i = 0; i < LANGUAGES; i++)
		put(&texts[i], "\t%s = {\n", name);
}

static void end_page(void)
{
	put(&menu_file, " };\n");
	for (size_t i = 0; i < LANGUAGES; i++)
		put(&texts[i], "\t};\n");
}

/* ---- a menu ---- */

enum made { INFO, INFO2, LIST, BILLS, FORM, FORM2, ONLY, MADE };	/* parts: a page with the choice that leads to it */

static bool made[MADE];

static void make_home(void)
{
	static const char *const pages[MADE] = { "info", "info2", "list", "bills", "form", "form2", "only" };
	const char *comma = "";
	unsigned int i;

	begin_page("home");
	put_text("text", 3, account_fields);
	put(&menu_file, "hints = [ ]; choices = ( ");	/* a hint to go back would be shown to nobody */
	for (i = 0; i < MADE; i++) {
		const struct place place = place_begin(i);

		if (!made[i])
			continue;
		put(&menu_file, "%s{ key = \"%u\"; page = \"%s\"; ", comma, i + 1, pages[i]);
		if (chance(40)) {
			const unsigned int part = part_begin(&menu_parts);
			const size_t before = menu_file.len;

			put(&menu_file, "%s = { ", chance(60) ? "only_if" : "unless");
			put_conditions(&menu_file, account_fields, &(unsigned int){ 7 });	/* no codes, which its page may have, too */
			put(&menu_file, " }; ");
			if (part_end(&menu_parts, part))
				menu_file.len = before;
		}
		if (i == ONLY)
			put(&menu_file, "with = { service = \"S0\"; }; ");
		put(&menu_file, "}");
		put_text(pages[i], 2, i == ONLY ? service_fields : account_fields);
		comma = menu_parts.out[i] ? comma : ", ";
		place_end(&place);
	}
	put(&menu_file, " );");
	end_page();
}

static void make_info(const char *name)
{
	begin_page(name);
	put(&menu_file, "%s%s", chance(50) ? "stay = true; " : "", chance(30) ? "hints = [ \"back\", \"home\" ]; " : "");
	put_text("text", 2 + below(30), account_fields);
	end_page();
}

static void put_outcomes(const char *names, const char *fields)
{
	for (const char *at = names; *at; at += strcspn(at, " ") + (at[strcspn(at, " ")] == ' ')) {
		char name[32];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, " "), at);
		put_text(name, 1 + below(18), fields);
	}
}

static void make_order(const char *name, const char *fields, bool several)
{
	const bool within = chance(30);

	begin_page(name);
	put(&menu_file, "do = \"service.activate\"; confirm = true; screens = %u; %s", 1 + below(3), within ? "within = 60;" : "");
	put_text("text", 1 + below(14), fields);
	if (several) {
		put_text("several", 1 + below(4), account_fields);
		put_text("row", 1 + below(5), fields);
	}
	put_outcomes("done", done_fields);
	put_outcomes("excluded", excluded_fields);
	put_outcomes("already refused changed missing declined", order_fields);
	if (within)
		put_text("late", 1 + below(8), order_fields);
	end_page();
}

static void make_services(void)
{
	const bool several = chance(40), mine = chance(50);
	const char *fields = mine ? mine_fields : service_fields;

	begin_page("list");
	put(&menu_file, "list = \"service.%s\"; page = \"order\";%s", mine ? "mine" : "offered",
	    several ? " several = \"order\";" : "");
	put_text("text", 6, account_fields);
	put_text("row", 6, fields);
	put_text("empty", 12, account_fields);
	end_page();
	make_order("order", fields, several);
}

static void make_bills(void)
{
	begin_page("bills");
	put(&menu_file, "list = \"bill.list\";");
	put_text("text", 6, account_fields);
	put_text("row", 3, "month total month");
	put_text("empty", 12, account_fields);
	end_page();
}

static void make_form(const char *name)
{
	const bool confirm = chance(50);

	begin_page(name);
	put(&menu_file, "ask = ( { name = \"nick\"; length = [ 2, %u ]; }, { name = \"pin\"; digits = 4; }, "
	    "{ name = \"sum\"; amount = [ 1, 99999 ]; }, { name = \"day\"; date = \"any\"; } ); do = \"ticket.request\"; "
	    "with = { ticket_kind = \"deletion\"; }; %s",
	    widths[2], confirm ? "confirm = true; screens = 2;" : "");
	put_text("nick", 6, account_fields);
	put_text("pin", 5, "nick brand");
	put_text("sum", 5, "nick pin");
	put_text("day", 5, "nick sum pin");
	if (chance(50))
		put_text("sum_hint", 8, NULL);
	if (confirm) {
		put_text("text", 10, "nick pin sum day balance");
		put_text("declined", 6, "nick");
	}
	put_outcomes("done already refused", "nick sum day ref");
	end_page();
}

static void make_words(unsigned int language)
{
	struct file *file = &texts[language];
	static const char *const groups[] = { "service", "about" };
	const bool mixed = chance(40);		/* each word in any alphabet */
	unsigned int i, g;

	put(file, "words = {\n");
	for (g = 0; g < 1u + about_shown[language]; g++) {
		put(file, "\t%s = { ", groups[g]);
		for (i = 0; i < services; i++) {
			put(file, "S%u = \"", i);
			put_word(file, mixed ? below(ALPHABETS) : any_alphabet(language), 14);
			put(file, "\"; ");
		}
		put(file, "};\n");
	}
	if (brand_words) {
		static const char *const brands[] = { "young", "old", "new" };

		put(file, "\tbrand = { ");
		for (i = 0; i < 3; i++) {
			put(file, "%s = \"", brands[i]);
			put_word(file, mixed ? below(ALPHABETS) : any_alphabet(language), 14);
			put(file, "\"; ");
		}
		put(file, "};\n");
	}
	put(file, "\tperiod = { ");
	for (i = 0; i < 4; i++) {
		put(file, "%s = \"", (const char *const[]){ "day", "week", "month", "once" }[i]);
		put_word(file, mixed ? below(ALPHABETS) : any_alphabet(language), 8);
		put(file, "\"; ");
	}
	put(file, "};\n};\n");
}

static void make_system(unsigned int language)
{
	static const char names[] =
		"back home more yes no wrong_choice wrong_digits wrong_length wrong_value wrong_amount wrong_date wrong_phone "
		"wrong_repeat goodbye silence unknown later in_flight no_code unknown_keyword nearest_keyword nothing_asked changed "
		"stopping expired resume resume_yes resume_no code_request wrong_code code_sent not_confirmed not_here ";
	struct file *file = &texts[language];
	const char *at;

	put(file, "system = {\n\tunavailable = \"" GONE END "\";\n\tcode = \"{confirm_code} {confirm_until}" END "\";\n");
	for (at = names; *at; at += strcspn(at, " ") + 1) {
		const bool hint = at - names < 20;

		put(file, "\t%.*s = ", (int)strcspn(at, " "), at);
		put_wording(file, language, hint ? 1 : 1 + below(5) * size / 100, NULL);
		put(file, ";\n");
	}
	put(file, "};\n");
}

static void make_menu(void)
{
	struct place place;
	static const struct { const char *name; unsigned int forms; } names[] = {
		{ "en", 2 }, { "zh", 1 }, { "ar", 6 }, { "fr", 2 }, { "ru", 3 }, { "pl", 3 },
	};
	static const char *const dates[] = { "%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%Y\u5e74%m\u6708%d\u65e5" };
	const unsigned int first = below(6);
	unsigned int i, l;

	menu_file.len = 0;
	menu_parts.count = MADE;
	copy_name(favourites, menu_seed % count_names(favourites), favourite);
	for (i = 0; i < MADE; i++)
		made[i] = chance(30);
	snprintf(menu_file.name, sizeof(menu_file.name), "menu.cfg");
	services = 2 + below(SERVICES_MAX - 1);
	size = 5 + below(below(70) + 1);
	sms = chance(60);
	brand_words = chance(60);
	widths[0] = 5 + below(12);
	widths[1] = 4 + below(20);
	widths[2] = 5 + below(15);
	for (l = 0; l < LANGUAGES; l++) {
		tongue[l] = (struct tongue){ names[(first + l) % 6].name, names[(first + l) % 6].forms,
					     below(chance(50) ? EXTENDED + 1 : ALPHABETS) };
		snprintf(texts[l].name, sizeof(texts[l].name), "texts.%s.cfg", tongue[l].name);
		texts[l].len = 0;
		if (tongue[l].alphabet == ACCENTS && chance(50))
			put(&texts[l], "transliterate = true;\n");
		put(&texts[l], "formats = { money = \"%s{amount}%s\"; group = \"%s\"; date = \"%s\"; old_time = \"{time}%s\"; "
		    "missing = \"%s\"; };\n", chance(50) ? "\u00a5" : "", chance(30) ? " \u0440." : "",
		    chance(50) ? "" : chance(70) ? "," : "\u202f",
		    dates[below(4)], chance(80) ? "!" : " \u2014", chance(60) ? "-" : "\u2014");
		about_shown[l] = false;
		make_system(l);
		put(&texts[l], "pages = {\n");
	}
	put(&menu_file, "languages = [ \"%s\", \"%s\" ];\nentries = ( { ussd = \"*100#\"; page = \"home\"; }%s );\n", tongue[0].name,
	    tongue[1].name, sms ? ", { sms = \"10086\"; page = \"home\"; }" : "");
	put(&menu_file, "brands = [ \"young\", \"old\", \"new\" ];\n");
	put(&menu_file, "screens_max = %u;\nold_after = { as_of = 86400; };\nwidths = { balance = %u; tariff = %u; };\ncatalogue = {\n",
	    1 + below(4), widths[0], widths[1]);
	for (i = 0; i < services; i++) {
		put(&menu_file, "\tS%u = { key = %u; price = %u; period = \"%s\"; ", i, i + 1, below(chance(50) ? 100 : 100000000),
		    (const char *const[]){ "day", "week", "month" }[below(3)]);
		if (chance(40))
			put(&menu_file, "trial_days = %u; ", 1 + below(300));
		else if (chance(5))
			put(&menu_file, "trial_days = %u; trial_price = %u; ", 1 + below(300), below(100000));
		put(&menu_file, "};\n");
	}
	put(&menu_file, "};\npages = {\n");
	wordings = 0;
	made[below(MADE)] = true;
	make_home();
	for (i = 0; i < MADE; i++) {
		if (!made[i])
			continue;
		place = place_begin(i);
		switch (i) {
		case LIST: make_services(); break;
		case BILLS: make_bills(); break;
		case FORM: make_form("form"); break;
		case FORM2: make_form("form2"); break;
		case ONLY: make_order("only", service_fields, false); break;
		default: make_info(i == INFO ? "info" : "info2"); break;
		}
		place_end(&place);
	}
	put(&menu_file, "};\n");
	save(&menu_file);
	for (l = 0; l < LANGUAGES; l++) {
		put(&texts[l], "};\n");
		make_words(l);
		save(&texts[l]);
	}
}

/* ---- what the check refuses ---- */

static struct text_limits limits;
static unsigned int refused, accepted, skipped, shown, lengthened, reached;

/* The first failure since it was cleared. */
static struct {
	const char *what;		/* NULL: none */
	char text[EFFECT_TEXT_MAX];
} failure;

static void fail_with(const char *what, const char *text)
{
	if (failure.what)
		return;
	failure.what = what;
	snprintf(failure.text, sizeof(failure.text), "%s", text);
}

/* Whether the account can have this value. */
static bool is_possible(const struct view *view, uint16_t var, const struct value *value)
{
	const struct menu *menu = view->render.menu;
	char code[128];
	uint16_t i;

	snprintf(code, sizeof(code), "%.*s", value->is_text ? value->len : 0, value->is_text ? value->text : "");
	switch (var) {
	case VAR_RESULTS:
		return true;
	case FIELD_SERVICES:
		return strspn(code, "S0123456789 ") == strlen(code);
	case FIELD_SERVICE:
	case FIELD_INSTEAD:
		return catalogue_find(&menu->catalogue, code, strlen(code));
	case FIELD_PERIOD:
		return strstr("day week month once", code);
	case FIELD_ACCOUNT:
		return strstr("prepaid postpaid", code);
	case FIELD_STATUS:
		return strstr("active suspended", code);
	case FIELD_BRAND:
		return brand_words ? strstr("young old new", code) != NULL : count_characters(code, strlen(code)) <= 16;
	case FIELD_TARIFF:
		return count_characters(code, strlen(code)) <= widths[1];
	case FIELD_BALANCE:
		for (i = 1; i < widths[0]; i++)
			code[i - 1] = '9';
		code[i - 1] = '\0';
		return value->number <= atoll(code);
	default:
		break;
	}
	if (var >= VAR_FIRST && var < VAR_ROWS && !strcmp(menu->vars[var - VAR_FIRST]->name, "nick"))
		return count_characters(value->text, value->len) <= widths[2];
	return value->is_text || value->number >= 0;
}

static void check_values(const struct view *view, const struct record *record)
{
	struct value value, price;
	const struct service *service;
	uint16_t pos = 0, var;

	while (record && record_next(record, &pos, &var, &value))
		if (!is_possible(view, var, &value))
			fail_with("the worst case has a value that is impossible",
				  var < VAR_ROWS ? menu_var_name(view->render.menu, var) : "");
	if (!record || !record_get(record, FIELD_SERVICE, &value) || !record_get(record, FIELD_PRICE, &price))
		return;
	service = catalogue_find(&view->render.menu->catalogue, value.text, value.len);
	if (!service || service->price != price.number)
		fail_with("the worst case has a wrong price", "");
}

/* The named case really does not fit, and its values are possible. */
static void on_refused(void *user, const char *page, const struct view *view, unsigned int screens)
{
	static struct view_text text;
	char consent[VIEW_CONSENT_ROOM];
	struct record row;
	uint16_t pos = 0;
	unsigned int needed;

	refused++;
	view_compose(view, view->render.messages ? &menu_message_limits : &limits, &text);
	needed = text_screens(&text.flow, 0, NULL);
	if (needed && needed <= screens && !(view->kind == VIEW_CONFIRM && view_consent(view, consent) > VIEW_CONSENT_MAX))
		fail_with("refused, but it fits", page);
	check_values(view, view->render.values);
	while (view->rows && rows_next(view->rows, &pos, &row))
		check_values(view, &row);
}

/* Whether the cost that a prepared page is composed with is that of its text: with room for just that it is whole, with less it is not. */
static void check_costs(const struct menu *menu)
{
	static struct view_text text;

	for (uint16_t i = 0; i < menu->pages_count * menu->languages_count; i++) {
		const struct page *page = &menu->pages[i / menu->languages_count];
		const struct record none = {};
		const struct view view = { .page = page, .waits = true, .back = page->hint_back, .home = page->hint_home,
					   .render = { .menu = menu, .language = &menu->languages[i % menu->languages_count],
						       .now = NOW, .values = &none } };
		struct text_limits room = { .ask = { UINT16_MAX, UINT16_MAX } };
		struct text_cost cost;

		if (!page->body || page->list)
			continue;
		view_compose(&view, &room, &text);
		cost = text_cost_add(text_cost(text.body, text.flow.body_len), text_cost(text.flow.last, text.flow.last_len));
		room.ask = (struct text_budget){ cost.gsm7 ? cost.septets : 0, cost.units };
		view_compose(&view, &room, &text);
		if (!text.whole)
			fail_with("costs more than its text", page->name);
		*(cost.gsm7 ? &room.ask.septets : &room.ask.units) -= 1;
		view_compose(&view, &room, &text);
		if (text.whole && (!cost.gsm7 || room.ask.septets))
			fail_with("costs less than its text", page->name);
	}
}

static bool is_about_fit(const struct problem *problem)
{
	return strstr(problem->text, " at worst") || strstr(problem->text, "cannot be cut") || strstr(problem->text, "octets");
}

/* NULL when the menu was refused. */
static struct menu *load_menu(void)
{
	struct problems problems = {};
	struct conf_file *files[1 + LANGUAGES] = { conf_file_load(menu_file.name, &problems) };
	struct menu_texts sources[LANGUAGES];
	struct menu_source source = { .texts = sources, .texts_count = LANGUAGES, .actions = actions_all(), .limits = limits,
				      .refused = on_refused };
	const unsigned int before = refused;
	struct menu *menu;
	char line[600];
	size_t i;

	for (i = 0; i < LANGUAGES; i++) {
		files[1 + i] = conf_file_load(texts[i].name, &problems);
		if (!files[1 + i])
			break;
		sources[i] = (struct menu_texts){ tongue[i].name, conf_file_root(files[1 + i]) };
	}
	if (!files[0] || i < LANGUAGES) {
		problem_print(&problems.list[0], line, sizeof(line));
		fail_msg("a file of the menu cannot be read: %s", line);
	}
	source.root = conf_file_root(files[0]);
	menu = menu_build(&source, &problems);
	for (i = 0; !menu && i < problems.count; i++) {
		problem_print(&problems.list[i], line, sizeof(line));
		if (problems.list[i].severity == PROBLEM_ERROR && !is_about_fit(&problems.list[i])) {
			if (getenv("TRACE"))
				fprintf(stderr, "skipped: %s", line);
			skipped++;
			break;
		}
	}
	if (!menu && i == problems.count && refused == before)
		fail_with("refused without a case", line);
	accepted += menu != NULL;
	if (menu)
		check_costs(menu);
	for (i = 0; i < 1 + LANGUAGES; i++)
		conf_file_free(files[i]);
	problems_fini(&problems);
	return menu;
}

/* ---- an account ---- */

#define STEPS_MAX 20
#define CHOICES_MAX 1024

struct dialog {
	uint64_t seed;
	bool by_sms;
	bool wide;			/* some values are wider than declared */
	unsigned int more_from;		/* the text of this step is shown to its end; UINT_MAX: all is by chance */
	uint8_t forced[CHOICES_MAX];	/* alternatives, from 1; 0: by chance */
};

static struct dialog dialog;
static uint8_t alternatives[CHOICES_MAX], chosen[CHOICES_MAX];
static unsigned int choices, cuts;

/* One of the alternatives that a value has. */
static unsigned int choose(unsigned int count)
{
	const unsigned int drawn = below(count);

	assert_true(choices < CHOICES_MAX);
	alternatives[choices] = count;
	chosen[choices] = dialog.forced[choices] ? (dialog.forced[choices] - 1u) % count : drawn;
	return chosen[choices++];
}

static int64_t digits(unsigned int count)
{
	int64_t number = 0;

	while (count--)
		number = number * 10 + 9;
	return number;
}

static char trace[1 << 15];		/* values and inputs of the dialog */

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	const size_t len = strlen(trace);
	va_list args;

	if (len + 2 > sizeof(trace))
		return;
	va_start(args, format);
	trace[len] = ' ';
	vsnprintf(trace + len + 1, sizeof(trace) - len - 1, format, args);
	va_end(args);
}

/* NULL: it is missing. */
static void put_string(struct record *record, uint16_t field, const char *text)
{
	const unsigned int part = part_begin(&value_parts);

	if (!text || part_end(&value_parts, part))
		return;
	record_put_text(record, field, text, strlen(text));
	note("%s=%s", field_info(field)->name, text);
}

#define MISSING INT64_MIN

static void put_number(struct record *record, uint16_t field, int64_t number)
{
	const unsigned int part = part_begin(&value_parts);

	if (number == MISSING || part_end(&value_parts, part))
		return;
	record_put_number(record, field, number);
	note("%s=%lld", field_info(field)->name, (long long)number);
}

/* Texts of any script, mostly as wide as declared. */
static void put_name(struct record *record, uint16_t field, unsigned int width)
{
	static const char *const fillers[] = { "8", "\u4e2d", "a", "\u00ea", "W ", "8", "\u4e2d" };
	const unsigned int which = choose(8), octets = which < 7 ? strlen(fillers[which]) : 0, shorter = 1 + below(width);
	char text[600] = "";
	unsigned int i;

	width = dialog.wide ? width * 3 : which < 5 ? width : shorter;
	for (i = 0; octets && i < width / (which == 4 ? 2 : 1); i++)
		memcpy(text + i * octets, fillers[which], octets + 1);
	put_string(record, field, octets ? text : NULL);
}

static void put_amount(struct record *record, uint16_t field, unsigned int width)
{
	const int64_t amounts[] = { digits(width - 1), -digits(width - 2), 0, 999, (int64_t)below(100000) % digits(width - 1), MISSING };
	const unsigned int which = choose(6);

	put_number(record, field, dialog.wide ? digits(18) : amounts[which]);
}

static void put_date(struct record *record, uint16_t field)
{
	put_number(record, field, (const int64_t[]){ 20991231, 20010101, MISSING }[choose(3)]);
}

static void make_account(struct record *facts)
{
	/* each form of a plural, of large numbers and of small ones */
	static const int64_t points[] = { 999999999, 999999991, 999999992, 999999902, 999999903, 999999900, 0, 1, 2, 3, 11, MISSING };
	char services_had[200] = "", code[16];
	unsigned int i;

	put_string(facts, FIELD_LANGUAGE, tongue[below(LANGUAGES)].name);
	put_string(facts, FIELD_ACCOUNT, (const char *const[]){ "prepaid", "postpaid", NULL }[choose(3)]);
	put_string(facts, FIELD_STATUS, (const char *const[]){ "active", "suspended", NULL }[choose(3)]);
	put_amount(facts, FIELD_BALANCE, widths[0]);
	put_amount(facts, FIELD_OWED, 14);
	put_amount(facts, FIELD_BILL_TOTAL, 14);
	put_date(facts, FIELD_VALID_UNTIL);
	put_number(facts, FIELD_BILL_MONTH, choose(2) ? 202612 : MISSING);
	put_number(facts, FIELD_POINTS, points[choose(sizeof(points) / sizeof(points[0]))]);
	put_number(facts, FIELD_AS_OF, (const int64_t[]){ NOW, NOW - 200000, MISSING }[choose(3)]);
	if (!brand_words || dialog.wide)
		put_name(facts, FIELD_BRAND, brand_words ? 1 : 16);
	else
		put_string(facts, FIELD_BRAND, (const char *const[]){ "young", "old", "new", NULL }[choose(4)]);
	put_name(facts, FIELD_TARIFF, widths[1]);
	put_string(facts, FIELD_MSISDN, (const char *const[]){ "861380013800099", "86138001380", NULL }[choose(3)]);
	for (i = 0; i < services; i++) {
		snprintf(code, sizeof(code), "%sS%u", *services_had ? " " : "", i);
		if (choose(2))
			strcat(services_had, code);
	}
	put_string(facts, FIELD_SERVICES, services_had);
}

/* ---- a dialog ---- */

static struct session session;
static struct effect effect;
static const struct text_limits *link_limits;
static uint8_t facts_data[2048], rows_data[RESPONSE_ROWS_MAX];
static double fullest;			/* of the texts with the mark: the screens that they need, of those that are allowed */
static unsigned int fullest_from;	/* step that showed its first screen */

static void step(const struct menu *menu, struct session_event *event)
{
	event->now = NOW;
	event->ref = draw() >> 4;
	event->trust = event->trust_messages = TRUST_PASSWORD;
	engine_step(menu, link_limits, &session, event, &effect);
}

/* The screens that the text may have which is shown; an end is shown by the page before it, and has one. */
static unsigned int allowed(const struct menu *menu)
{
	const struct page *page = &menu->pages[session.page];
	const struct record vars = { session.data, session.used, session.used };
	struct value value;

	switch (session.phase) {
	case PHASE_SHOW: return page->list ? 1000 : menu->screens_max;
	case PHASE_ASK: return session.above ? menu->screens_max : 1;
	case PHASE_CONFIRM: return record_get(&vars, VAR_CHOSEN, &value) ? menu->screens_max : page->screens;
	case PHASE_RESULTS: return menu->screens_max;
	default: return 1;
	}
}

static void note_fullness(const struct menu *menu, unsigned int at)
{
	const struct text_budget budget = effect.kind == EFFECT_END ? link_limits->end : link_limits->ask;
	const struct text_cost cost = text_cost(effect.text, effect.len);
	const double fill = cost.gsm7 ? (double)cost.septets / budget.septets : (double)cost.units / budget.units;
	const bool shares = session.phase != PHASE_DO;		/* the screens of a text */
	const double full = ((shares ? session.part : 0) + fill) / allowed(menu);
	static unsigned int from;

	if (!shares || !session.part)
		from = at;
	if (full <= fullest || (dialog.more_from == UINT_MAX ? !strstr(effect.text, MARK) : at < dialog.more_from))
		return;
	fullest = full;
	fullest_from = from;
}

static void check_shown(const struct menu *menu, unsigned int at)
{
	const bool end = effect.kind == EFFECT_END;

	shown++;
	if (!text_fits(text_cost(effect.text, effect.len), end ? link_limits->end : link_limits->ask))
		fail_with("longer than the limit", effect.text);
	if (!effect.len)
		fail_with("nothing is shown", "");
	cuts += effect.cuts;
	if (effect.cuts && !dialog.wide)
		fail_with("a value was cut", effect.text);
	if (strstr(effect.text, GONE))
		fail_with("replaced by another text", effect.text);
	if (end && (effect.len < strlen(END) || strcmp(effect.text + effect.len - strlen(END), END)))
		fail_with("the end is missing", effect.text);
	if (!dialog.wide && session.phase != PHASE_DO && session.part + 1u > allowed(menu))
		fail_with("more screens than allowed", effect.text);
	note_fullness(menu, at);
}

/* A service that the subscriber has brings the terms of its trial alone, and only while it lasts. */
static void put_service_row(const struct menu *menu, struct rows *rows, unsigned int index, bool mine)
{
	const struct service *service = &menu->catalogue.services[index];
	uint8_t data[256];
	struct record row = { data, 0, sizeof(data) };

	menu_put_service(service, &row);
	if (mine) {
		record_drop(&row, FIELD_TRIAL_DAYS);
		if (choose(2))
			record_drop(&row, FIELD_TRIAL_PRICE);
	} else {
		put_date(&row, FIELD_EFFECTIVE);
	}
	rows_add(rows, &row);
}

static void answer_call(const struct menu *menu)
{
	struct record facts = { facts_data, 0, sizeof(facts_data) };
	struct rows rows = { .data = rows_data, .size = sizeof(rows_data) };
	struct session_event event = { .kind = EVENT_RESULT, .facts = &facts };
	const char *name = effect.action ? effect.action->name : "";
	uint8_t data[64];
	unsigned int i;

	if (!effect.action) {
		make_account(&facts);
	} else if (effect.action->lists) {
		event.facts = NULL;
		event.rows = &rows;
		for (i = 0; !strncmp(name, "service", 7) && i < services; i++)
			if (choose(5))
				put_service_row(menu, &rows, i, !strcmp(name, "service.mine"));
		for (i = name[0] == 'b' ? choose(6) : 0; i; i--) {
			struct record row = { data, 0, sizeof(data) };

			record_put_number(&row, FIELD_MONTH, 202600 + i);
			put_amount(&row, FIELD_TOTAL, 14);
			rows_add(&rows, &row);
		}
	} else {
		const struct record vars = { session.data, session.used, session.used };
		char code[16], instead[16];

		for (i = 0; i < ACTION_OUTCOMES_MAX && effect.action->outcomes[i]; i++)
			;
		event.outcome = below(i);
		put_date(&facts, FIELD_EFFECTIVE);
		put_number(&facts, FIELD_TRIAL_UNTIL, choose(2) ? 20991231 : MISSING);
		record_text(&vars, FIELD_SERVICE, code, sizeof(code));
		snprintf(instead, sizeof(instead), "S%u", choose(services));
		put_string(&facts, FIELD_INSTEAD, choose(2) && strcmp(code, instead) ? instead : NULL);
	}
	step(menu, &event);
}

/* An answer of the longest form that the question takes, or some key. */
static void choose_input(const struct menu *menu, char out[static 256])
{
	const struct page *page = &menu->pages[session.page];
	static const char *const fillers[] = { "8a", "{", "\U0001f600", "\u4e2d", "[" };
	const struct question *question;
	const bool more = chance(20), answers = chance(90);
	unsigned int which;
	long long i;

	*out = '\0';
	if (more) {
		strcpy(out, menu->keys.more);
		return;
	}
	if (session.phase == PHASE_ASK && answers) {
		question = &page->questions[session.question];
		switch (question->kind) {
		case QUESTION_DIGITS: strcpy(out, "8888"); return;
		case QUESTION_AMOUNT: strcpy(out, choose(3) ? "999.99" : "1"); return;
		case QUESTION_DATE: strcpy(out, strstr(menu->languages[session.language].formats.date, "%Y") ==
					   menu->languages[session.language].formats.date ? "20261231" : "31122026"); return;
		default: break;
		}
		which = choose(6);
		for (i = 0; i < (which < 5 ? question->max : question->min); i++)
			strcat(out, fillers[which < 5 ? which : below(5)]);
		while (count_characters(out, strlen(out)) > (size_t)question->max)
			out[strlen(out) - 1] = '\0';
		return;
	}
	if (session.phase == PHASE_CONFIRM) {
		strcpy(out, chance(75) ? "1" : "2");
		return;
	}
	if (session.phase == PHASE_SHOW && page->choices_count && chance(85)) {
		strcpy(out, page->choices[below(page->choices_count)].key);
		return;
	}
	if (page->several_page != PAGE_NONE && page->list && chance(30))
		strcpy(out, "1,2,3,4,5");
	else
		snprintf(out, 256, "%u", below(9));
}

/* Play the dialog until it is over; if the rest of a text is asked for, until that is shown. */
static void play(const struct menu *menu)
{
	struct session_event event = { .kind = dialog.by_sms ? EVENT_TEXT : EVENT_BEGIN, .text = dialog.by_sms ? "" : "*100#",
				       .len = dialog.by_sms ? 0 : 5, .short_code = "10086" };
	char input[256];
	unsigned int i, part;

	seed = dialog.seed;
	choices = value_parts.count = 0;
	fullest = 0;
	link_limits = dialog.by_sms ? &menu_message_limits : &limits;
	session_init(&session, menu);
	trace[0] = '\0';
	step(menu, &event);
	for (i = 0; i < STEPS_MAX && session.state != SESSION_OVER && !failure.what; i++) {
		if (effect.kind == EFFECT_CALL) {
			answer_call(menu);
			continue;
		}
		check_shown(menu, i);
		choose_input(menu, input);
		if (i >= dialog.more_from)
			strcpy(input, menu->keys.more);
		note("%s", input);
		event = (struct session_event){ .kind = dialog.by_sms ? EVENT_TEXT : EVENT_INPUT, .text = input, .len = strlen(input),
						.short_code = "10086" };
		part = session.part;
		step(menu, &event);
		if (i >= dialog.more_from && session.part <= part)
			return;
	}
	if (effect.kind != EFFECT_CALL)
		check_shown(menu, i);
}

/* Replay the dialog with one value after the other changed, and let each be that makes some screen fuller. */
static void force(const struct menu *menu)
{
	double best = 0;
	unsigned int c, v, since = 0, best_value;

	dialog.more_from = fullest_from;
	play(menu);
	best = fullest;
	for (c = 0; c < choices; c++)
		dialog.forced[c] = chosen[c] + 1;
	for (c = 0; choices && since < choices; c = (c + 1) % choices, since++) {
		best_value = dialog.forced[c];
		for (v = 1; v <= alternatives[c]; v++) {
			dialog.forced[c] = v;
			play(menu);
			if (failure.what)
				return;
			if (fullest <= best)
				continue;
			best = fullest;
			best_value = v;
			since = 0;
		}
		dialog.forced[c] = best_value;
		play(menu);		/* there may be more choices, or fewer */
	}
}

/* ---- the test ---- */

#define TEXTS 4			/* of a menu, one after the other as long as the check allows */
#define CHANCE_DIALOGS 60
#define FORCED_DIALOGS 2

static unsigned long long number_from(const char *name, unsigned long long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

/* The menu of this seed, with one text longer. NULL when it was refused. */
static struct menu *chance_menu(unsigned int longer, unsigned int which)
{
	static const unsigned int octets[][2] = { { 114, 112 }, { 160, 160 }, { 182, 182 }, { 90, 60 } };
	unsigned int i;

	seed = menu_seed * 0x2545f4914f6cdd1d;
	i = below(4);
	limits = (struct text_limits){ .ask = text_budget_ussd(octets[i][0]), .end = text_budget_ussd(octets[i][1]) };
	pad = longer;
	padded = which;
	make_menu();
	return load_menu();
}

/* This text of it as long as the check allows. */
static struct menu *longest_menu(unsigned int which)
{
	unsigned int low = 0, high = PAD_MAX;
	struct menu *menu;

	while (high - low > 1 && !failure.what) {
		menu = chance_menu((low + high) / 2, which);
		*(menu ? &low : &high) = (low + high) / 2;
		menu_unref(menu);
	}
	return failure.what ? NULL : chance_menu(low, which);
}

/* Dialogs by chance, then the fullest of them with the worst values. The last one is the one that fails. */
static void play_dialogs(const struct menu *menu, uint64_t first)
{
	struct dialog best[FORCED_DIALOGS] = {};
	double best_full[FORCED_DIALOGS] = {};
	unsigned int best_from[FORCED_DIALOGS] = {}, i, at, found = 0;

	for (i = 0; i < CHANCE_DIALOGS && found < 4 * FORCED_DIALOGS && !failure.what; i++) {
		seed = first + i;
		dialog = (struct dialog){ .seed = draw(), .by_sms = sms && chance(40), .wide = chance(15), .more_from = UINT_MAX };
		play(menu);
		found += fullest > 0;
		for (at = 0; at < FORCED_DIALOGS && fullest < best_full[at]; at++)
			;
		if (dialog.wide || at == FORCED_DIALOGS || fullest == best_full[at])
			continue;
		best[at] = dialog;
		best_full[at] = fullest;
		best_from[at] = fullest_from;
	}
	reached += found > 0;
	for (i = 0; i < FORCED_DIALOGS && best_full[i] > 0 && !failure.what; i++) {
		dialog = best[i];
		fullest_from = best_from[i];
		force(menu);
	}
}

/* Whether what failed still fails, with the parts left out. */
static bool still_fails(const char *what)
{
	struct menu *menu;

	failure.what = NULL;
	menu = chance_menu(pad, padded);
	if (menu && !failure.what)
		play(menu);
	menu_unref(menu);
	if (menu && !failure.what && padded != UINT_MAX) {	/* the text may have become shorter */
		menu = longest_menu(padded);
		if (menu)
			play(menu);
		menu_unref(menu);
	}
	return failure.what == what;
}

/* Leave out as much as the failure allows, the largest parts first, and report the rest. */
static void report_smallest(void)
{
	struct parts *const all[] = { &menu_parts, &value_parts };
	static struct parts before;
	const char *what = failure.what;
	const time_t end = time(NULL) + 60;
	unsigned int i, p, padding = pad;

	for (i = 0; i < 2; i++)
		for (p = 0; p < all[i]->count && time(NULL) < end; p++) {
			if (all[i]->out[p])
				continue;
			before = *all[i];
			all[i]->out[p] = true;
			if (still_fails(what))
				padding = pad;
			else
				memcpy(all[i]->out, before.out, sizeof(before.out));
			pad = padding;
		}
	still_fails(what);
	show_files();
	fail_msg("SEED=%llu MENUS=1: %s: \"%s\", after%s%s", (unsigned long long)menu_seed, what, failure.text,
		 *trace ? trace : " loading", dialog.by_sms ? " by SMS" : "");
}

/* The number of the next wording that shows this. */
static unsigned int next_text(unsigned int from, unsigned int least)
{
	unsigned int i;

	for (i = 0; i < wordings && shows[(from + i) % wordings] < least; i++)
		;
	return (from + i) % wordings;
}

static void test_menu(void)
{
	struct menu *menu = chance_menu(0, UINT_MAX);
	const unsigned int count = menu ? TEXTS : 0;
	uint64_t first = draw();
	unsigned int i;

	menu_unref(menu);
	for (i = 0; i < count && !failure.what; i++) {
		seed = first + i;
		menu = longest_menu(next_text(draw() % wordings, i ? SHOWS_FAVOURITE : SHOWS_VALUES));
		lengthened += menu != NULL;
		if (menu)
			play_dialogs(menu, first - i);
		menu_unref(menu);
	}
}

static void fit_check__random_menus_and_accounts__agrees_with_the_engine(void **state)
{
	const uint64_t first = number_from("SEED", 1);
	const unsigned int count = number_from("MENUS", 60);
	unsigned int i;

	for (i = 0; i < PAD_MAX; i++)
		filling[i] = i % 9 ? 'o' : ' ';
	for (i = 0; i < count; i++) {
		menu_seed = first + i;
		trace[0] = '\0';
		test_menu();
		if (failure.what)
			report_smallest();
	}
	fprintf(stderr, "%u menus: %u accepted, %u texts refused, %u skipped; %u of %u lengthened texts reached; %u texts shown, "
		"%u cut\n", count, accepted, refused, skipped, reached, lengthened, shown, cuts);
	if (count < 50)
		return;
	assert_true(accepted > count / 10);	/* else it tests too little */
	assert_true(refused > count / 10);
	assert_true(cuts > count / 10);
}

static char folder[] = "/tmp/starhash-fit-XXXXXX";

static int setup(void **state)
{
	return !mkdtemp(folder) || chdir(folder);
}

static int teardown(void **state)
{
	size_t i;

	unlink("menu.cfg");
	for (i = 0; i < 6; i++) {
		char name[32];

		snprintf(name, sizeof(name), "texts.%s.cfg", (const char *const[]){ "en", "zh", "ar", "fr", "ru", "pl" }[i]);
		unlink(name);
	}
	return chdir("/") || rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fit_check__random_menus_and_accounts__agrees_with_the_engine),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
