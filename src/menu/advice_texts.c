/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Warnings about single texts: characters that nobody sees or that cost half a page, markup of other programs, stray blanks. Control
 * characters are errors. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "menu/advice.h"

/* ---- all texts ---- */

void each_string(struct build *build, struct wording *wording, see_wording *see, void *user)
{
	const struct setting *part = wording->text;

	wording->at = part;
	if (part->type == SETTING_STRING)
		see(build, wording, user);
	for (part = part->type == SETTING_LIST ? part->child : NULL; part; part = part->next) {
		wording->at = part->type == SETTING_GROUP ? setting_get(part, "text") : part;
		if (wording->at && wording->at->type == SETTING_STRING)
			see(build, wording, user);
	}
}

void each_wording(struct build *build, size_t language, see_wording *see, void *user)
{
	static const struct {
		const char *name;
		bool owned;		/* by pages, actions, groups of words */
	} families[] = { { "formats", false }, { "words", true }, { "system", false }, { "outcomes", true }, { "pages", true } };
	struct wording wording = { .language = &build->menu->languages[language] };
	const struct setting *owner, *text;
	size_t i;

	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		owner = setting_get(build->source->texts[language].root, families[i].name);
		wording.family = families[i].name;
		if (families[i].owned)
			owner = owner ? owner->child : NULL;
		for (; owner; owner = families[i].owned ? owner->next : NULL) {
			wording.owner = families[i].owned ? owner->name : NULL;
			for (text = owner->child; text; text = text->next) {
				wording.text = text;
				if (strcmp(wording.family, "pages") || strcmp(text->name, "sms"))
					each_string(build, &wording, see, user);
			}
		}
	}
}

const char *wording_name(const struct wording *wording, char out[static WORDING_NAME_MAX])
{
	const char *name = wording->text->name, *family = wording->family;

	if (!strcmp(family, "pages"))
		snprintf(out, WORDING_NAME_MAX, "text '%s' of page '%s'", name, wording->owner);
	else if (!strcmp(family, "words"))
		snprintf(out, WORDING_NAME_MAX, "word '%s' of '%s'", name, wording->owner);
	else if (!strcmp(family, "outcomes"))
		snprintf(out, WORDING_NAME_MAX, "text '%s' of '%s'", name, wording->owner);
	else if (!strcmp(family, "sms"))
		snprintf(out, WORDING_NAME_MAX, "keyword '%s'", wording->at->string);
	else
		snprintf(out, WORDING_NAME_MAX, "%s '%s'", !strcmp(family, "system") ? "system text" : !strcmp(family, "formats") ?
			 "format" : "constant", name);
	return out;
}

const char *next_placeholder(const char **pos, size_t *len)
{
	const char *open;

	while (*(*pos += strcspn(*pos, "{}"))) {
		if ((*pos)[0] == (*pos)[1]) {
			*pos += 2;
			continue;
		}
		open = (*pos)++;
		if (*open != '{')
			continue;
		*len = strcspn(open + 1, ":}");
		*pos += strcspn(*pos, "}");
		return open + 1;
	}
	return NULL;
}

/* ---- characters ---- */

/* Not of punctuation, symbols, full-width forms and emoji: SCRIPTS. */
static enum script script_of(uint32_t c)
{
	if ((c < 0x80 && isalpha((int)c)) || (c >= 0xc0 && c < 0x250 && c != 0xd7 && c != 0xf7) || (c >= 0x1e00 && c < 0x1f00))
		return SCRIPT_LATIN;
	if (c == 0x60c || c == 0x61b || c == 0x61f || (c >= 0x660 && c <= 0x66d))
		return SCRIPTS;
	if ((c >= 0x600 && c < 0x780) || (c >= 0x8a0 && c < 0x900) || (c >= 0xfb50 && c < 0xfe00) || (c >= 0xfe70 && c < 0xff00))
		return SCRIPT_ARABIC;
	if ((c >= 0x3040 && c < 0xd800) || (c >= 0xf900 && c < 0xfb00) || (c >= 0x20000 && c < 0x40000))
		return SCRIPT_CHINESE;
	return (c >= 0x370 && c < 0x2000) || (c >= 0x2c00 && c < 0x2e00) ? SCRIPT_OTHER : SCRIPTS;
}

/* In the language's texts as they are sent. */
static bool is_gsm7(bool transliterate, const char *character, size_t len)
{
	char plain[16];

	if (transliterate) {
		len = text_transliterate(character, len, plain, sizeof(plain));
		character = plain;
	}
	return text_cost(character, len).gsm7;
}

/* Behind the name of a placeholder, and its group of words; the words around a value are part of the text. */
static const char *behind_name(const char *name)
{
	const char *how = name + strcspn(name, ":}");

	if (!strncmp(how, ":if:", 4) || !strncmp(how, ":old:", 5) || !strncmp(how, ":plural:", 8))
		return how + 1 + strcspn(how + 1, ":");
	return how + strcspn(how, "}");
}

void count_letters(const struct language *language, const char *text, struct letters *letters)
{
	const char *pos = text, *end = text + strlen(text);
	size_t run = 0, lower = 0;

	while (pos <= end) {
		const uint32_t c = pos < end ? text_next(&pos, end) : 0;
		const enum script script = script_of(c);

		if (script == SCRIPT_LATIN) {
			run++;
			lower += c >= 0x80 || islower((int)c);
		} else {
			letters->words += run > 1 && (lower || run > 4);
			run = lower = 0;
		}
		if (!c)
			break;
		if (c == '{' && *pos == '{')
			pos++;
		else if (c == '{')
			pos = behind_name(pos);
		if (script < SCRIPTS) {
			char character[4];

			letters->of[script]++;
			letters->outside += c >= 0x80 && !is_gsm7(language->transliterate, character, text_put(c, character));
		}
	}
}

enum script main_script(const struct letters *letters)
{
	enum script script, most = 0;

	for (script = 0; script < SCRIPTS; script++)
		if (letters->of[script] > letters->of[most])
			most = script;
	return most;
}

static const struct {
	uint32_t from, to;
	const char *what, *remedy;
} odd[] = {
	{ 0x01, 0x08, "a control character", "remove it" },
	{ 0x09, 0x09, "a tab", "type a blank" },
	{ 0x0b, 0x1f, "a control character", "remove it" },
	{ 0x7f, 0x7f, "a control character", "remove it" },
	{ 0x80, 0x9f, "a control character, as in a text that was converted to UTF-8 twice", "type the text again" },
	{ 0xa0, 0xa0, "not a plain blank", "type a blank" },
	{ 0xad, 0xad, "an invisible hyphen", "remove it" },
	{ 0x34f, 0x34f, "invisible", "remove it" },
	{ 0x61c, 0x61c, "an invisible mark of the writing direction", "remove it" },
	{ 0x115f, 0x1160, "invisible", "remove it" },
	{ 0x180b, 0x180e, "invisible", "remove it" },
	{ 0x2000, 0x200a, "not a plain blank", "type a blank" },
	{ 0x200b, 0x200d, "invisible", "remove it" },
	{ 0x200e, 0x200f, "an invisible mark of the writing direction", "remove it" },
	{ 0x2028, 0x2029, "a line break that phones do not know", "write \\n" },
	{ 0x202a, 0x202e, "an invisible mark of the writing direction", "remove it" },
	{ 0x202f, 0x202f, "not a plain blank", "type a blank" },
	{ 0x2060, 0x2065, "invisible", "remove it" },
	{ 0x2066, 0x2069, "an invisible mark of the writing direction", "remove it" },
	{ 0x206a, 0x206f, "invisible", "remove it" },
	{ 0x3164, 0x3164, "invisible", "remove it" },
	{ 0xfeff, 0xfeff, "invisible", "remove it" },
	{ 0xffa0, 0xffa0, "invisible", "remove it" },
	{ 0xfff9, 0xfffb, "invisible", "remove it" },
	{ 0xfffd, 0xfffd, "the sign for a character that was lost", "type the character again" },
	{ 0xe0000, 0xe0fff, "invisible", "remove it" },
};

#define ODD_COUNT (sizeof(odd) / sizeof(odd[0]))

_Static_assert(ODD_COUNT <= 32, "a bit for each");

/* Persian, Indic and other scripts join letters by U+200C and U+200D, and emoji are composed with the latter. */
static bool joins(uint32_t c, uint32_t before, uint32_t after)
{
	const bool letters = before >= 0x600 && before < 0x1100 && after >= 0x600 && after < 0x1100;

	return (c == 0x200c && letters) || (c == 0x200d && (letters || (before >= 0x2600 && after >= 0x2600)));
}

/* The row of a character in that table; ODD_COUNT: none. */
static size_t odd_of(uint32_t c)
{
	size_t i;

	for (i = 0; i < ODD_COUNT && (c < odd[i].from || c > odd[i].to); i++)
		;
	return i;
}

/* That is worse than odd. */
static bool is_control(uint32_t c)
{
	return text_is_control(c) && c != '\t' && c != '\n';
}

static void check_odd(struct build *build, const struct wording *wording, bool refused)
{
	const char *pos = wording->at->string, *end = pos + strlen(pos), *behind;
	char name[WORDING_NAME_MAX];
	struct problem *problem;
	uint32_t c, before = 0, seen = 0;	/* rows, as bits */
	size_t i;

	for (; pos < end; before = c) {
		c = text_next(&pos, end);
		i = odd_of(c);
		behind = pos;
		if (i == ODD_COUNT || is_control(c) != refused || (seen & (1u << i)) ||
		    joins(c, before, behind < end ? text_next(&behind, end) : 0))
			continue;
		seen |= 1u << i;
		wording_name(wording, name);
		if (refused)
			problem = problems_add(build->problems, wording->at, "%s contains U+%04X, which is %s", name, c, odd[i].what);
		else
			problem = problems_warn(build->problems, wording->at, "%s contains U+%04X, which is %s", name, c, odd[i].what);
		problem_remedy(problem, "%s", odd[i].remedy);
	}
}

/* ---- the alphabet ---- */

#define NAMED_MAX 3	/* characters that a message names */

/* What is known of all texts of a language. */
struct alphabet {
	struct letters letters;
	size_t outside;		/* texts with characters outside GSM-7 */
	bool counting;		/* without warnings */
};

/* A few characters outside GSM-7 cost more than half a page. */
static void check_alphabet(struct build *build, const struct wording *wording, struct alphabet *alphabet)
{
	const struct text_budget *page = &build->source->limits.ask;
	const char *pos = wording->at->string, *end = pos + strlen(pos), *from;
	uint32_t named[NAMED_MAX], c;
	char list[NAMED_MAX * 24] = "", name[WORDING_NAME_MAX], others[40] = "";
	bool replaceable = !wording->language || !wording->language->transliterate;
	unsigned int count = 0, i;
	struct problem *problem;

	while (pos < end && count < NAMED_MAX) {
		from = pos;
		c = text_next(&pos, end);
		for (i = 0; i < count && named[i] != c; i++)
			;
		if (i < count || odd_of(c) < ODD_COUNT ||
		    is_gsm7(wording->language && wording->language->transliterate, from, pos - from))
			continue;
		replaceable &= is_gsm7(true, from, pos - from);
		sprintf(list + strlen(list), "%sU+%04X '%.*s'", count ? ", " : "", c, (int)(pos - from), from);
		named[count++] = c;
	}
	if (alphabet->counting)
		alphabet->outside += count > 0;
	if (!count || alphabet->counting || !alphabet->outside)
		return;
	if (alphabet->outside > ADVICE_MANY)
		snprintf(others, sizeof(others), ", like %zu others,", alphabet->outside - 1);
	problem = problems_warn(build->problems, wording->at, "%s%s contains %s, not in GSM-7: a page with it holds %u characters (UCS-2), "
				"not %u", wording_name(wording, name), others, list, page->units, page->septets);
	problem_remedy(problem, replaceable ? "replace it, or set 'transliterate = true'" : "replace it");
	if (alphabet->outside > ADVICE_MANY)
		alphabet->outside = 0;		/* once */
}

/* Whether a language is written with characters of GSM-7, so that a few others are worth a warning. */
static bool is_plain(const struct letters *letters)
{
	size_t all = 0, i;

	for (i = 0; i < SCRIPTS; i++)
		all += letters->of[i];
	return letters->outside * 20 <= all;
}

static void count_wording(struct build *build, const struct wording *wording, void *user)
{
	struct alphabet *alphabet = user;

	count_letters(wording->language, wording->at->string, &alphabet->letters);
	check_alphabet(build, wording, alphabet);
}

/* ---- markup ---- */

static bool is_value(const struct build *build, const char *name, size_t len)
{
	char copy[64];

	if (!len || len >= sizeof(copy))
		return false;
	memcpy(copy, name, len);
	copy[len] = '\0';
	return build_var(build, copy) || setting_get(build->values, copy);
}

static size_t name_len(const char *text)
{
	size_t len = 0;

	while (isalnum((unsigned char)text[len]) || text[len] == '_')
		len++;
	return len;
}

/* The name of a value in the brackets of another program: <price>, %price%, $price, {{price}}. Returns its length with them. */
static size_t other_brackets(const struct build *build, const char *text, size_t *at, size_t *len)
{
	static const struct {
		const char *open, *close;
	} pairs[] = { { "<", ">" }, { "%", "%" }, { "$", "" }, { "{{", "}}" } };
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		*at = strlen(pairs[i].open);
		if (strncmp(text, pairs[i].open, *at))
			continue;
		*len = name_len(text + *at);
		if (is_value(build, text + *at, *len) && !strncmp(text + *at + *len, pairs[i].close, strlen(pairs[i].close)))
			return *at + *len + strlen(pairs[i].close);
	}
	return 0;
}

/* "%s", "%1$d", "%02u"; not "20%". */
static size_t printf_len(const char *text, bool after_digit)
{
	size_t len = 1;

	if (*text != '%' || after_digit)
		return 0;
	len += strspn(text + len, "0123456789");
	len += text[len] == '$';
	len += strspn(text + len, "-+0123456789.l");
	if (!text[len] || !strchr("sdiufx@", text[len]) || isalnum((unsigned char)text[len + 1]))
		return 0;
	return len + 1;
}

/* "<b>", "</p>", "<br/>". */
static size_t tag_len(const char *text)
{
	size_t len = 1 + (text[0] == '<' && text[1] == '/');

	if (*text != '<' || !isalpha((unsigned char)text[len]))
		return 0;
	len += strcspn(text + len, "<>\n");
	return len < 60 && text[len] == '>' ? len + 1 : 0;
}

/* "&amp;", "&#39;". */
static size_t entity_len(const char *text)
{
	size_t len = 1 + (text[0] == '&' && text[1] == '#'), letters;

	if (*text != '&')
		return 0;
	for (letters = 0; isalnum((unsigned char)text[len + letters]); letters++)
		;
	return letters > 1 && letters < 9 && text[len + letters] == ';' ? len + letters + 1 : 0;
}

static const char *entity_meaning(const char *entity)
{
	static const char *const known[][2] = {
		{ "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" }, { "&quot;", "\\\"" }, { "&#34;", "\\\"" }, { "&apos;", "'" },
		{ "&#39;", "'" }, { "&nbsp;", "a blank" },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strncmp(entity, known[i][0], strlen(known[i][0])))
			return known[i][1];
	return "the character itself";
}

/* What is markup at this position; its length, 0: nothing. */
static size_t check_markup_at(struct build *build, const struct wording *wording, const char *text, bool after_digit)
{
	const bool format = !strcmp(wording->family, "formats");
	char name[WORDING_NAME_MAX];
	size_t len, at, inner;

	wording_name(wording, name);
	if (!format && (len = other_brackets(build, text, &at, &inner)))
		problem_remedy(problems_warn(build->problems, wording->at, "%s shows '%.*s' as it is, not a value", name, (int)len, text),
			       "write {%.*s}", (int)inner, text + at);
	else if (!format && (len = printf_len(text, after_digit)))
		problem_remedy(problems_warn(build->problems, wording->at, "%s shows '%.*s' as it is, not a value", name, (int)len, text),
			       "write the name of the value, such as {balance}");
	else if (!format && !strncmp(text, "${", 2) && text[2] != '{' && (len = 2))
		problem_remedy(problems_warn(build->problems, wording->at, "%s shows the '$' of '${' beside the value", name),
			       "remove '$': the format 'money' has the currency's sign");
	else if ((len = tag_len(text)))
		problem_remedy(problems_warn(build->problems, wording->at, "%s shows '%.*s' as it is: texts have no markup", name, (int)len,
					     text), "remove it");
	else if ((len = entity_len(text)))
		problem_remedy(problems_warn(build->problems, wording->at, "%s shows '%.*s' as it is", name, (int)len, text), "write %s",
			       entity_meaning(text));
	else if (text[0] == '\\' && (text[1] == 'n' || text[1] == 'r' || text[1] == 't') && (len = 2))
		problem_remedy(problems_warn(build->problems, wording->at, "%s shows '%.2s' as it is", name, text),
			       text[1] == 'n' ? "write \\n, with one backslash" : "write a blank");
	else if (text[0] == '\\' && (len = 1))
		problem_remedy(problems_warn(build->problems, wording->at, "%s shows a backslash", name), "remove it");
	return len;
}

static void check_markup(struct build *build, const struct wording *wording)
{
	const char *text = wording->at->string;
	size_t i, len;

	for (i = 0; text[i]; i += len) {
		len = strchr("<%${&\\", text[i]) ? check_markup_at(build, wording, text + i, i && isdigit((unsigned char)text[i - 1])) : 0;
		if (!len)
			len = strncmp(text + i, "{{", 2) ? 1 : 2;
	}
}

/* A word is shown as it is: a placeholder in it is not replaced. */
static void check_word(struct build *build, const struct wording *wording)
{
	const char *pos = wording->at->string, *name;
	char what[WORDING_NAME_MAX];
	size_t len;

	while ((name = next_placeholder(&pos, &len)))
		if (is_value(build, name, len))
			problem_remedy(problems_warn(build->problems, wording->at, "%s shows '{%.*s}' as it is: words have no placeholders",
						     wording_name(wording, what), (int)len, name),
				       "write it in the text that shows the word");
}

/* ---- blanks ---- */

/* "for {x:if: # days}", "a {x:if:#} b": blanks around a value that may be unknown. */
static void check_optional_blanks(struct build *build, const struct wording *wording)
{
	const char *pos = wording->at->string, *name, *around, *bar;
	char what[WORDING_NAME_MAX];
	bool before, after, unknown;
	size_t len;

	while ((name = next_placeholder(&pos, &len))) {
		around = name + len;
		if (*pos != '}' || (strncmp(around, ":if:", 4) && strncmp(around, ":old:", 5)))
			continue;
		around = strchr(around + 1, ':') + 1;
		bar = memchr(around, '|', pos - around);
		before = name - 1 > wording->at->string && name[-2] == ' ';
		after = pos[1] == ' ';
		unknown = before && after && (bar ? bar + 1 : pos) == pos;
		if (unknown || (before && *around == ' ') || (after && (bar ? bar : pos)[-1] == ' '))
			problem_remedy(problems_warn(build->problems, wording->at, "%s has two blanks in a row where {%.*s} is %s",
						     wording_name(wording, what), (int)len, name, unknown ? "unknown" : "known"),
				       unknown ? "move one of them into the braces" : "remove one of them");
	}
}

static void check_blanks(struct build *build, const struct wording *wording)
{
	const char *text = wording->at->string;
	const bool part = !strcmp(wording->family, "words") || !strcmp(wording->family, "values");	/* of a text */
	const char *doubled = strstr(text + strspn(text, " "), "  ");
	const size_t len = strlen(text);
	char name[WORDING_NAME_MAX];

	if (!len)
		return;
	if (doubled && doubled[strspn(doubled, " ")])	/* not at an end */
		problem_remedy(problems_warn(build->problems, wording->at, "%s has two blanks in a row", wording_name(wording, name)),
			       "write one");
	check_optional_blanks(build, wording);
	if (!part && isspace((unsigned char)text[0]))
		problem_remedy(problems_warn(build->problems, wording->at, "%s begins with a %s", wording_name(wording, name),
					     text[0] == '\n' ? "line break" : "blank"), "remove it");
	if (!part && isspace((unsigned char)text[len - 1]))
		problem_remedy(problems_warn(build->problems, wording->at, "%s ends with a %s", wording_name(wording, name),
					     text[len - 1] == '\n' ? "line break" : "blank"), "remove it");
}

/* ---- texts that look like choices ---- */

/* A quantity: "1 GB", "24 hours". */
static bool is_unit(const char *word)
{
	static const char units[] = "GB MB KB TB G M h min second seconds minute minutes hour hours day days week weeks month months year "
				    "years";
	char copy[16];
	const size_t len = strcspn(word, " .,;:!?)/\n{");

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, word, len);
	copy[len] = '\0';
	return build_is_word_of(units, copy);
}

/* "1 Balance", "2. Bills", "3、积分": the length of the number; 0: not a choice. */
static size_t choice_number(const char *line)
{
	static const char *const marks[] = { ".", ")", ":", "、", "．", "）", "：", "-", "" };
	const size_t digits = strspn(line, "0123456789");
	const char *word = line + digits, *blank;
	size_t i;

	if (!digits || digits > 2)
		return 0;
	for (i = 0; strncmp(word, marks[i], strlen(marks[i])); i++)
		;
	word += strlen(marks[i]);
	blank = word + strspn(word, " ");
	if (!*blank || is_unit(blank) || isdigit((unsigned char)*blank) || (blank == word && (!*marks[i] || (*marks[i] & 0x80) == 0)))
		return 0;
	if (*marks[i] && isalpha((unsigned char)*blank))
		return digits;
	return isupper((unsigned char)*blank) || *blank == '{' || (*blank & 0x80) ? digits : 0;
}

/* A question may list its answers. */
static bool is_prompt(const struct page *page, const char *name)
{
	uint8_t i;
	size_t len;

	for (i = 0; page && i < page->questions_count; i++) {
		len = page->questions[i].name ? strlen(page->questions[i].name) : 0;
		if (len && !strncmp(name, page->questions[i].name, len) && (!name[len] || !strcmp(name + len, "_hint")))
			return true;
	}
	return false;
}

static bool is_label(const struct page *page, const struct build *build, const struct wording *wording)
{
	const size_t l = wording->language - build->menu->languages;
	uint8_t i, v;

	for (i = 0; page && !page->route && i < page->choices_count; i++)
		for (v = 0; page->choices[i].label && v < page->choices[i].label[l].count; v++)
			if (page->choices[i].label[l].variants[v].at &&
			    setting_at(page->choices[i].label[l].variants[v].at, "text") == wording->at)
				return true;
	return false;
}

static void check_choice(struct build *build, const struct wording *wording)
{
	const char *line = wording->at->string;
	const struct page *page;
	char name[WORDING_NAME_MAX];
	size_t len;

	for (; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		len = choice_number(line);
		if (!len)
			continue;
		page = wording->owner && !strcmp(wording->family, "pages") ? build_find_page(build, wording->owner) : NULL;
		if (is_prompt(page, wording->text->name))
			return;
		if (is_label(page, build, wording))
			problem_remedy(problems_warn(build->problems, wording->at, "%s begins with '%.*s', but the key is shown anyway",
						     wording_name(wording, name), (int)len, line), "remove the number");
		else
			problem_remedy(problems_warn(build->problems, wording->at, "%s looks like a choice: '%.*s'",
						     wording_name(wording, name), (int)strcspn(line, "\n"), line),
				       "write choices in 'choices', which show their keys, or begin with a word");
		return;
	}
}

/* ---- formats ---- */

/* "DD/MM/YYYY" shows these letters. */
static void check_format(struct build *build, const struct wording *wording)
{
	static const struct {
		const char *name;
		const char *letters[2];		/* of which none may lack */
	} needed[] = { { "date", { "%d", "%m" } }, { "month", { "%m", "%m" } } };
	const char *format = wording->at->string;
	size_t i, k;

	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		for (k = 0; !strcmp(wording->text->name, needed[i].name) && k < 2; k++)
			if (!strstr(format, needed[i].letters[k])) {
				problem_remedy(problems_warn(build->problems, wording->at, "format '%s' does not show %s", needed[i].name,
							     needed[i].letters[k]),
					       "write it as in \"%s\"", i ? "%m/%Y" : "%d/%m/%Y");
				return;
			}
	if (!strcmp(wording->text->name, "time") && !strchr(format, '%'))
		problem_remedy(problems_warn(build->problems, wording->at, "format 'time' shows no time"),
			       "write it as in \"%%d/%%m %%H:%%M\"");
}

/* ---- everything ---- */

static void check_alphabet_of(struct build *build, const struct wording *wording, void *user)
{
	struct alphabet *alphabet = user;

	if (is_plain(&alphabet->letters))
		check_alphabet(build, wording, alphabet);
}

static void check_wording(struct build *build, const struct wording *wording, void *user)
{
	check_odd(build, wording, false);
	check_markup(build, wording);
	check_alphabet_of(build, wording, user);
	if (!strcmp(wording->family, "formats")) {
		check_format(build, wording);
		return;
	}
	check_blanks(build, wording);
	if (!strcmp(wording->family, "words"))
		check_word(build, wording);
	else if (wording->language)
		check_choice(build, wording);
}

static void see_all(struct build *build, see_wording *see)
{
	struct wording constant = { .family = "values" };
	struct alphabet all = { .letters = { .of = { 1 }, .outside = 1 }, .outside = 1 };	/* not plain */
	size_t i;

	for (i = 0; i < build->menu->languages_count; i++) {
		struct alphabet alphabet = { .counting = true };

		each_wording(build, i, count_wording, &alphabet);
		alphabet.counting = false;
		if (is_plain(&alphabet.letters))
			all.letters = alphabet.letters;
		each_wording(build, i, see, &alphabet);
	}
	for (constant.text = build->values ? build->values->child : NULL; constant.text; constant.text = constant.text->next)
		each_string(build, &constant, see, &all);
}

void advise_alphabet(struct build *build)
{
	see_all(build, check_alphabet_of);
}

static void check_keywords(struct build *build, bool refused)
{
	struct wording keyword = { .family = "sms" };
	uint16_t i;

	for (i = 0; i < build->menu->keywords_count; i++) {
		keyword.text = keyword.at = build->menu->keywords[i].at;
		check_odd(build, &keyword, refused);
	}
}

void advise_texts(struct build *build)
{
	see_all(build, check_wording);
	check_keywords(build, false);
}

/* Whether a text has an octet of a control character, which few have. */
static bool may_have_control(const char *text)
{
	bool found = false;

	for (; *text; text++)
		found |= (unsigned char)*text < ' ' || *text == 0x7f || (unsigned char)*text == 0xc2;
	return found;
}

static void check_control(struct build *build, const struct wording *wording, void *user)
{
	if (may_have_control(wording->at->string))
		check_odd(build, wording, true);
}

void build_control_check(struct build *build)
{
	struct wording constant = { .family = "values" };
	size_t i;

	for (i = 0; i < build->menu->languages_count; i++)
		each_wording(build, i, check_control, NULL);
	for (constant.text = build->values ? build->values->child : NULL; constant.text; constant.text = constant.text->next)
		each_string(build, &constant, check_control, NULL);
	check_keywords(build, true);
}
