/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Warnings about pages, choices, the catalogue and settings. The other advice_*.c warn about texts and keywords. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "menu/advice.h"
#include "starhash/notification.h"

static const char *language_name(const struct build *build, uint16_t language)
{
	return build->menu->languages[language].name;
}

/* ---- confirmations of orders ---- */

/* Whether a condition on the service leaves this one out. */
static bool excludes(const struct conditions *conditions, const struct service *service)
{
	uint8_t i, v;

	for (i = 0; i < conditions->only_if_count; i++) {
		const struct condition *condition = &conditions->only_if[i];

		if (condition->kind != CONDITION_IS || condition->field != FIELD_SERVICE)
			continue;
		for (v = 0; v < condition->count && strcmp(condition->values[v], service->code); v++)
			;
		if (v == condition->count)
			return true;
	}
	return false;
}

/* Whether the wording may be about a service that has a price, or a period. */
static bool may_cost(const struct build *build, const struct variant *variant, bool period)
{
	const struct catalogue *catalogue = &build->menu->catalogue;
	size_t i;

	for (i = 0; i < catalogue->count; i++) {
		const struct service *service = &catalogue->services[i];

		if (!excludes(&variant->conditions, service) && service->price && !(period && !strcmp(service->period, "once")))
			return true;
	}
	return !catalogue->count;
}

static void warn_lacking(struct build *build, const struct page *page, const struct variant *variant, const char *what,
			 const char *lacking)
{
	problem_remedy(problems_warn(build->problems, variant->at, "%s of page '%s' asks for consent without %s", what, page->name,
				     lacking), "write %s in it", lacking);
}

static void check_price(struct build *build, const struct page *page, const struct variant *variant, const char *what)
{
	const bool price = !template_shows(&variant->template, FIELD_PRICE) && may_cost(build, variant, false);
	const bool period = !template_shows(&variant->template, FIELD_PERIOD) && may_cost(build, variant, true);

	if (price || period)
		warn_lacking(build, page, variant, what, price && period ? "{price} and {period}" : price ? "{price}" : "{period}");
}

/* Whether a condition allows one service only, which the wording may name itself. */
static bool is_about_one(const struct conditions *conditions)
{
	uint8_t i;

	for (i = 0; i < conditions->only_if_count; i++)
		if (conditions->only_if[i].kind == CONDITION_IS && conditions->only_if[i].field == FIELD_SERVICE &&
		    conditions->only_if[i].count == 1)
			return true;
	return false;
}

/* Whether it asks for a yes to an order about a service that the page does not set itself. */
static bool orders_service(const struct page *page)
{
	uint8_t i;

	for (i = 0; i < page->with.count; i++)
		if (page->with.list[i].var == FIELD_SERVICE && !page->with.list[i].from)
			return false;
	return page->confirm && page->action && page->action->orders && page->action->params[0] == FIELD_SERVICE;
}

bool page_sells(const struct page *page)
{
	return page && page->confirm && page->action && page->action->sells;
}

/* Whether an order to a backend is about a choice or an answer, not about the account alone. */
static bool sends_choice(const struct page *page)
{
	const struct menu_action *action = page->confirm ? page->action : NULL;
	uint8_t i;

	for (i = 0; action && action->backend && i < ACTION_PARAMS_MAX && action->params[i]; i++)
		if (action->params[i] >= VAR_FIRST)
			return true;
	return false;
}

static bool shows_choice(const struct template *template)
{
	uint16_t i;

	for (i = 0; i < template->count && template->pieces[i].var < VAR_FIRST; i++)
		;
	return i < template->count;
}

/* A yes to an order is a yes to what it is about, and to what it costs. */
static void check_consent(struct build *build, const struct page *page, texts_t texts, const char *what)
{
	const bool sells = page_sells(page), named = orders_service(page), choice = sends_choice(page);
	const bool replaces = page->confirm && page->action && page->action->params[1] == FIELD_INSTEAD;
	uint16_t l;
	uint8_t v;

	for (l = 0; texts && l < build->menu->languages_count; l++) {
		for (v = 0; v < texts[l].count; v++) {
			const struct variant *variant = &texts[l].variants[v];

			if (sells)
				check_price(build, page, variant, what);
			if (named && !template_shows(&variant->template, FIELD_SERVICE) && !is_about_one(&variant->conditions))
				warn_lacking(build, page, variant, what, "{service}");
			if (replaces && !template_shows(&variant->template, FIELD_INSTEAD))
				warn_lacking(build, page, variant, what, "{instead}");
			if (choice && !shows_choice(&variant->template))
				problem_remedy(problems_warn(build->problems, variant->at, "%s of page '%s' asks for consent without "
							     "saying to what", what, page->name),
					       "show what was chosen or answered");
		}
	}
}

static const struct page *find_backend_order(const struct menu *menu)
{
	uint16_t i;

	for (i = 0; i < menu->pages_count; i++) {
		const struct menu_action *action = menu->pages[i].action;

		if (action && action->backend && action->orders)
			return &menu->pages[i];
	}
	return NULL;
}

/* A backend may answer an order when the dialog is over. */
static void check_ends_notified(struct build *build)
{
	static const char *const kinds[] = { "order_completed", "order_refused", "order_dead" };
	const struct page *page = find_backend_order(build->menu);
	char missing[80] = "";
	size_t k, len = 0;

	for (k = 0; page && k < sizeof(kinds) / sizeof(kinds[0]); k++)
		if (!menu_notification(build->menu, kinds[k], strlen(kinds[k])))
			len += (size_t)sprintf(missing + len, "%s'%s'", len ? ", " : "", kinds[k]);
	if (len)
		problem_remedy(problems_warn_at(build->problems, page->file, page->line, "page '%s' orders something, and no notification "
						"says how an order ended that is answered later: %s", page->name, missing),
			       "add them to entries, each with a page: { notification = \"order_completed\"; page = \"…\"; }");
}

/* ---- orders that others ask for (S6) ---- */

/* Whether a page, or one that its choices lead to, accepts a proposal. \a seen: by page. */
static bool leads_to_accept(const struct menu *menu, uint16_t index, bool *seen)
{
	const struct page *page;
	uint8_t i;

	if (index == PAGE_NONE || seen[index])
		return false;
	seen[index] = true;
	page = &menu->pages[index];
	if (page->action && page->action->request == REQUEST_PROPOSAL_ACCEPT)
		return true;
	for (i = 0; i < page->choices_count; i++)
		if (leads_to_accept(menu, page->choices[i].page, seen))
			return true;
	return false;
}

/* An order by another action does not answer who asked for it. */
static void check_asked(struct build *build, const struct menu_notification *notification, uint16_t index)
{
	const struct page *page = &build->menu->pages[index];
	bool *seen;
	uint8_t i;

	for (i = 0; page->route && i < page->choices_count; i++)
		check_asked(build, notification, page->choices[i].page);
	if (page->route)
		return;
	seen = arena_alloc(&build->menu->arena, build->menu->pages_count * sizeof(*seen));
	if (!leads_to_accept(build->menu, index, seen))
		problem_remedy(problems_warn(build->problems, notification->at, "page '%s' shows what a partner asks for, and leads to no "
					     "page that does 'proposal.accept': the partner would get no answer, whatever the subscriber "
					     "does", page->name),
			       "let it confirm 'proposal.accept', and lead to a page that does 'proposal.decline' by 'declined'");
}

static void check_proposals(struct build *build)
{
	const struct menu_notification *notification =
		menu_notification(build->menu, NOTIFICATION_ORDER_REQUESTED, strlen(NOTIFICATION_ORDER_REQUESTED));

	if (notification)
		check_asked(build, notification, notification->page);
}

/* ---- choices ---- */

/* Whether two conditions cannot both be true. */
static bool disjoint(const struct condition *a, const struct condition *b)
{
	uint8_t i, k;

	if (a->kind != b->kind || a->field != b->field || (a->kind != CONDITION_IS && a->kind != CONDITION_CHANNEL))
		return false;
	for (i = 0; i < a->count; i++)
		for (k = 0; k < b->count; k++)
			if (a->fields[i] || b->fields[k] || !strcmp(a->values[i], b->values[k]))
				return false;
	return true;
}

/* Whether what \a a has under only_if contradicts \a b. */
static bool contradicts(const struct conditions *a, const struct conditions *b)
{
	uint8_t i, k;

	for (i = 0; i < a->only_if_count; i++) {
		for (k = 0; k < b->only_if_count; k++)
			if (disjoint(&a->only_if[i], &b->only_if[k]))
				return true;
		if (b->unless_count == 1 && b->unless[0].kind == a->only_if[i].kind && build_implies(&a->only_if[i], &b->unless[0]))
			return true;
	}
	return false;
}

static const struct setting *string_of(const struct text *text)
{
	const struct setting *at = text->count ? text->variants[text->count - 1].at : NULL;

	return at && at->type == SETTING_GROUP ? setting_get(at, "text") : at;
}

/* Whether a label is the word with which a confirmation is answered by no, in any language. */
static bool is_no(const struct menu *menu, texts_t label)
{
	uint16_t l;

	for (l = 0; label && l < menu->languages_count; l++) {
		const struct setting *text = string_of(&label[l]), *no = string_of(&menu->languages[l].system[SYSTEM_NO]);

		if (text && no && !strcmp(text->string, no->string))
			return true;
	}
	return false;
}

static void check_no_labels(struct build *build, const struct page *page)
{
	const struct page *orders;
	uint8_t i;

	for (i = 0; !page->route && i < page->choices_count; i++) {
		const struct choice *choice = &page->choices[i];

		orders = is_no(build->menu, choice->label) ? build_orders_at_once(build->menu, choice->page, 0) : NULL;
		if (orders)
			problem_remedy(problems_warn(build->problems, choice->at, "choice '%s' of page '%s' says no, and leads to page "
						     "'%s', which orders without asking", choice->key, page->name, orders->name),
				       "lead to another page, or ask there: confirm = true");
	}
}

/* Complain about equal texts: at that of the second choice, or at the choice itself if both show the same one. Returns whether they are. */
static bool check_labels(struct build *build, const struct page *page, const struct choice *a, const struct choice *b, uint16_t language)
{
	const struct setting *first = string_of(&a->label[language]), *second = string_of(&b->label[language]);
	char folded[2][VIEW_FOOTER_MAX];
	size_t lens[2];

	if (!first || !second || strlen(first->string) >= VIEW_FOOTER_MAX || strlen(second->string) >= VIEW_FOOTER_MAX)
		return false;
	if ((strchr(first->string, '{') && (a->with.count || b->with.count)) || a->label[language].count != b->label[language].count)
		return false;	/* they show what each of them sets */
	lens[0] = text_fold_keyword(first->string, strlen(first->string), folded[0]);
	lens[1] = text_fold_keyword(second->string, strlen(second->string), folded[1]);
	if (lens[0] != lens[1] || memcmp(folded[0], folded[1], lens[0]))
		return false;
	if (first == second)
		problem_remedy(problems_warn(build->problems, b->at, "choices '%s' and '%s' of page '%s' have the same text, '%s'", a->key,
					     b->key, page->name, second->string),
			       "give one of them a 'label' and a text of that name");
	else
		problem_remedy(problems_warn(build->problems, second, "choices '%s' and '%s' of page '%s' have the same text in language "
					     "'%s' (%s:%u)", a->key, b->key, page->name, language_name(build, language), first->file,
					     first->line), "say what distinguishes them");
	return true;
}

static void check_choices(struct build *build, const struct page *page)
{
	uint16_t l;
	uint8_t a, b;

	for (l = 0; l < build->menu->languages_count; l++) {
		for (b = 1; !page->route && b < page->choices_count; b++) {
			const struct choice *second = &page->choices[b], *first;

			for (a = b; a-- > 0;) {
				first = &page->choices[a];
				if (!contradicts(&first->conditions, &second->conditions) &&
				    !contradicts(&second->conditions, &first->conditions) && check_labels(build, page, first, second, l))
					break;
			}
		}
	}
}

/* ---- screens ---- */

static void put_shortest_word(const struct words *words, struct writer *writer)
{
	uint16_t i, best = 0;

	for (i = 1; i < words->count; i++)
		if (strlen(words->list[i].text) < strlen(words->list[best].text))
			best = i;
	if (words->count)
		writer_string(writer, words->list[best].text);
}

/* A value as short as it can be when it is known. */
static void put_shortest_value(const struct build *build, const struct language *language, const struct piece *piece, struct writer *writer)
{
	const struct formats *formats = &language->formats;

	if (piece->before)
		return;		/* it may be unknown */
	switch (piece->type) {
	case FIELD_TYPE_MONEY: format_money(writer, formats, 0, build->menu->currency_minor); break;
	case FIELD_TYPE_DATE: format_date(writer, formats, 20261231); break;
	case FIELD_TYPE_MONTH: format_month(writer, formats, 202612); break;
	case FIELD_TYPE_TIME: format_time(writer, formats, 0, 0); break;
	default:
		if (piece->words)
			put_shortest_word(piece->words, writer);
		else
			writer_string(writer, "8");
	}
}

/* A wording with the shortest values, as it is sent. */
static void put_shortest(const struct build *build, const struct language *language, const struct template *template, struct writer *out)
{
	char text[VIEW_BODY_MAX], plain[VIEW_BODY_MAX];
	struct writer writer = { .at = text, .end = text + sizeof(text) };
	uint16_t i;

	for (i = 0; i < template->count; i++) {
		if (template->pieces[i].kind == PIECE_LITERAL)
			writer_put(&writer, template->pieces[i].text, template->pieces[i].len);
		else
			put_shortest_value(build, language, &template->pieces[i], &writer);
	}
	if (language->transliterate)
		writer_put(out, plain, text_transliterate(text, writer.at - text, plain, sizeof(plain)));
	else
		writer_put(out, text, writer.at - text);
}

/* The shortest wording of a text. */
static void put_shortest_wording(const struct build *build, const struct language *language, const struct text *text, struct writer *out)
{
	char best[VIEW_BODY_MAX], other[VIEW_BODY_MAX];
	size_t len = SIZE_MAX;
	uint8_t v;

	for (v = 0; v < text->count; v++) {
		struct writer writer = { .at = other, .end = other + sizeof(other) };

		put_shortest(build, language, &text->variants[v].template, &writer);
		if ((size_t)(writer.at - other) >= len)
			continue;
		len = writer.at - other;
		memcpy(best, other, len);
	}
	if (len < SIZE_MAX)
		writer_put(out, best, len);
}

/* The hints below a page, of the last screen or of the others. */
static void put_footer(const struct build *build, const struct language *language, const struct page *page, bool last, struct writer *out)
{
	const bool back = page->hint_back && page != &build->menu->pages[build->menu->home];
	const struct view view = { .kind = VIEW_END, .waits = true, .back = back, .home = page->hint_home,
				   .render = { .menu = build->menu, .language = language } };
	char text[VIEW_FOOTER_MAX];

	writer_put(out, text, view_footer(&view, !last, text));
}

/* What does not fit on a screen that waits: characters. */
static unsigned int excess(const struct build *build, const char *text, size_t len)
{
	const struct text_budget budget = build->source->limits.ask;
	const struct text_cost cost = text_cost(text, len);

	if (text_fits(cost, budget))
		return 0;
	return cost.gsm7 ? cost.septets - budget.septets : cost.units - budget.units;
}

#define SCREEN_MAX (2 * VIEW_BODY_MAX)	/* octets that need not fit */

static const enum system_text hint_of[] = {
	[QUESTION_DIGITS] = SYSTEM_WRONG_DIGITS, [QUESTION_LENGTH] = SYSTEM_WRONG_LENGTH, [QUESTION_ONE_OF] = SYSTEM_WRONG_VALUE,
	[QUESTION_AMOUNT] = SYSTEM_WRONG_AMOUNT, [QUESTION_DATE] = SYSTEM_WRONG_DATE, [QUESTION_PHONE] = SYSTEM_WRONG_PHONE,
	[QUESTION_PATTERN] = SYSTEM_WRONG_VALUE, [QUESTION_SAME_AS] = SYSTEM_WRONG_REPEAT,
};

/* A word of a secret in a prompt, by itself: not that in "spinning"; NULL: none. */
static const char *secret_word(const char *prompt)
{
	static const char *const words[] = { "pin", "password", "passcode", "passwd", "otp", "密码", "口令", "كلمة المرور", "كلمة السر",
					     "الرقم السري" };
	const char *at;
	size_t i, len;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		len = strlen(words[i]);
		for (at = strcasestr(prompt, words[i]); at; at = strcasestr(at + 1, words[i]))
			if ((words[i][0] & 0x80) || ((at == prompt || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[len])))
				return words[i];
	}
	return NULL;
}

/* A secret that is not marked as one may be shown, stored with an order, and sent to a backend, like any answer. */
static void check_secret(struct build *build, const struct page *page, const struct question *question)
{
	const char *word = secret_word(question->name);
	uint16_t l;

	if (question->secret)
		return;
	for (l = 0; question->prompt && !word && l < build->menu->languages_count; l++) {
		const struct setting *prompt = string_of(&question->prompt[l]);

		word = prompt ? secret_word(prompt->string) : NULL;
	}
	if (word)
		problem_remedy(problems_warn_at(build->problems, page->file, page->line, "question '%s' of page '%s' seems to ask for a "
						"secret ('%s'), and its answer is not treated as one", question->name, page->name, word),
			       "write secret = true");
}

/* The hint about a wrong answer is left out where there is no room for it above the question. */
static void check_hint(struct build *build, const struct page *page, const struct question *question, uint16_t l)
{
	const struct language *language = &build->menu->languages[l];
	const struct text *hint = question->hint ? &question->hint[l] : &language->system[hint_of[question->kind]];
	const struct setting *at = string_of(question->hint ? hint : &question->prompt[l]);
	char text[SCREEN_MAX];
	struct writer writer = { .at = text, .end = text + sizeof(text) };
	struct problem *problem;
	unsigned int over;

	put_shortest_wording(build, language, hint, &writer);
	writer_string(&writer, "\n");
	put_shortest_wording(build, language, &question->prompt[l], &writer);
	put_footer(build, language, page, true, &writer);
	over = excess(build, text, writer.at - text);
	if (!over)
		return;
	if (question->hint)
		problem = problems_warn(build->problems, at, "the hint '%s_hint' of page '%s' is never shown: it does not fit above the "
					"question", question->name, page->name);
	else
		problem = problems_warn(build->problems, at, "question '%s' of page '%s' leaves no room above it for '%s', so a wrong "
					"answer is not explained", question->name, page->name, build_system_name(hint_of[question->kind]));
	problem_remedy(problem, "shorten one of the two by %u", over);
}

/* A system text that fits above no page. */
static void check_system_hints(struct build *build)
{
	static const struct page page = { .hint_back = true };
	const struct language *language = build->menu->languages;
	char text[SCREEN_MAX];
	unsigned int over, i;

	for (; build->menu->entries_count && language < build->menu->languages + build->menu->languages_count; language++) {
		for (i = SYSTEM_WRONG_CHOICE; i <= SYSTEM_WRONG_REPEAT; i++) {
			struct writer writer = { .at = text, .end = text + sizeof(text) };

			put_shortest_wording(build, language, &language->system[i], &writer);
			writer_string(&writer, "\n");
			put_footer(build, language, &page, true, &writer);
			over = excess(build, text, writer.at - text);
			if (over)
				problem_remedy(problems_warn(build->problems, string_of(&language->system[i]), "the hint '%s' is never "
							     "shown on a screen: it fits above no page", build_system_name(i)),
					       "shorten it by more than %u", over);
		}
	}
}

static void check_questions(struct build *build, const struct page *page)
{
	uint16_t l;
	uint8_t i;

	for (i = 0; i < page->questions_count; i++)
		check_secret(build, page, &page->questions[i]);
	for (i = 0; build->menu->entries_count && i < page->questions_count; i++)
		for (l = 0; page->questions[i].kind != QUESTION_SAME_AS && l < build->menu->languages_count; l++)
			check_hint(build, page, &page->questions[i], l);
}

/* What is too much for the first screen of a page to show its first choice or row; *\a longest: the wording above it. */
static unsigned int first_screen_excess(struct build *build, const struct page *page, uint16_t l, const struct setting **longest)
{
	const struct language *language = &build->menu->languages[l];
	const struct text *first = page->list ? &page->row[l] : &page->choices[0].label[l];
	unsigned int over, most = 0;
	char text[SCREEN_MAX];
	uint8_t v;

	for (v = 0; v < page->text[l].count; v++) {
		struct writer writer = { .at = text, .end = text + sizeof(text) };

		put_shortest(build, language, &page->text[l].variants[v].template, &writer);
		writer_string(&writer, "\n");
		writer_string(&writer, page->list ? "1" : page->choices[0].key);
		writer_string(&writer, language->formats.after_key);
		put_shortest_wording(build, language, first, &writer);
		put_footer(build, language, page, page->list || page->choices_count == 1, &writer);
		over = excess(build, text, writer.at - text);
		*longest = over > most ? page->text[l].variants[v].at : *longest;
		most = over > most ? over : most;
	}
	return most;
}

/* Rows to choose from are only missed if the text above them is too long in all languages: some scripts need two screens for it. */
static void check_first_screens(struct build *build, const struct page *page)
{
	const struct setting *at = NULL;
	unsigned int over;
	uint16_t l;

	if (page->list ? page->list_page == PAGE_NONE || !page->text || !page->row : page->route || !page->choices_count)
		return;
	for (l = 0; page->list && l < build->menu->languages_count; l++)
		if (!first_screen_excess(build, page, l, &at))
			return;
	for (l = 0; l < build->menu->languages_count && build->menu->entries_count; l++) {
		over = first_screen_excess(build, page, l, &at);
		if (over)
			problem_remedy(problems_warn(build->problems, at, "the first screen of page '%s' shows no %s in language '%s'",
						     page->name, page->list ? "row" : "choice", build->menu->languages[l].name),
				       "shorten this text by %u", over);
	}
}

/* ---- settings of pages ---- */

static void check_settings(struct build *build, const struct page *page)
{
	const struct setting *stay = setting_get(page->at, "stay");

	if (stay && stay->number && (page->choices_count || page->list_page != PAGE_NONE || page->action))
		problem_remedy(problems_warn(build->problems, stay, "'stay' on page '%s' has no effect: %s", page->name,
					     page->route || page->action ? "only a page without 'route' and 'do' can wait so"
									 : "a page with choices waits anyway"), "remove it");
	if (page->secret && page->direct)
		problem_remedy(problems_warn(build->problems, setting_at(page->at, "direct"), "page '%s' takes a secret from a dialled "
					     "code, which stays in the phone's list of calls", page->name), "remove 'direct'");
}

static void check_empty(struct build *build, const struct setting *group)
{
	static const char *const names[] = { "only_if", "unless", "where" };
	const struct setting *set;
	size_t i;

	for (i = 0; i < 3; i++) {
		set = setting_get(group, names[i]);
		if (set && !set->child)
			problem_remedy(problems_warn(build->problems, set, "'%s' is empty: it has no effect", names[i]),
				       "write a condition in it, or remove it");
	}
}

static void check_empty_conditions(struct build *build, const struct page *page)
{
	uint8_t i;

	check_empty(build, page->at);
	for (i = 0; i < page->choices_count; i++)
		check_empty(build, page->choices[i].at);
}

static void check_pages(struct build *build)
{
	uint16_t i;

	for (i = 0; i < build->menu->pages_count; i++) {
		const struct page *page = &build->menu->pages[i];

		check_consent(build, page, page->text, "the text");
		check_consent(build, page, page->several ? page->row : NULL, "the row");
		check_choices(build, page);
		check_no_labels(build, page);
		check_questions(build, page);
		check_first_screens(build, page);
		check_settings(build, page);
		check_empty_conditions(build, page);
	}
}

/* ---- languages ---- */

static bool question_sets(const struct question *question, const char *language)
{
	uint8_t i;

	if (question->var != FIELD_LANGUAGE)
		return false;
	for (i = 0; i < question->values_count && strcmp(question->values[i], language); i++)
		;
	return question->kind != QUESTION_ONE_OF || i < question->values_count;
}

static bool binding_sets(const struct bindings *with, const char *language)
{
	uint8_t i;

	for (i = 0; i < with->count; i++)
		if (with->list[i].var == FIELD_LANGUAGE && (with->list[i].from || !strcmp(with->list[i].text, language)))
			return true;
	return false;
}

static bool page_sets(const struct page *page, const char *language)
{
	uint8_t i;

	if (binding_sets(&page->with, language))
		return true;
	for (i = 0; i < page->choices_count; i++)
		if (binding_sets(&page->choices[i].with, language))
			return true;
	for (i = 0; i < page->questions_count; i++)
		if (question_sets(&page->questions[i], language))
			return true;
	return false;
}

static const struct page *page_of_language(const struct menu *menu)
{
	uint16_t i, p;

	for (i = 0; i < menu->pages_count; i++)
		for (p = 0; menu->pages[i].action && p < ACTION_PARAMS_MAX; p++)
			if (menu->pages[i].action->params[p] == FIELD_LANGUAGE && !menu->pages[i].action->backend)
				return &menu->pages[i];
	return NULL;
}

/* Of a menu in which subscribers choose their language. */
static void check_languages(struct build *build)
{
	const struct menu *menu = build->menu;
	const struct page *page = page_of_language(menu);
	const struct setting *at = setting_get(build->source->root, "languages");
	uint16_t i;

	for (at = at && page ? at->child : NULL; at; at = at->next) {
		for (i = 0; i < menu->pages_count && !page_sets(&menu->pages[i], at->string); i++)
			;
		if (i == menu->pages_count)
			problem_remedy(problems_warn(build->problems, at, "nobody can choose the language '%s': no page sets it",
						     at->string),
				       "add a choice that leads to page '%s' with = { language = \"%s\"; }", page->name, at->string);
	}
}

/* ---- the catalogue ---- */

static void check_excluded(struct build *build, const struct setting *service, const struct setting *set)
{
	const struct service *other = catalogue_find(&build->menu->catalogue, set->string, strlen(set->string));

	if (other && !build_is_word_of(other->excludes, service->name))
		problem_remedy(problems_warn(build->problems, set, "'%s' excludes '%s', but not the other way round", service->name,
					     set->string),
			       "write excludes = \"%s\" at '%s', too: they exclude each other either way", service->name, set->string);
}

static const struct setting *catalogue_of(const struct build *build)
{
	const struct setting *catalogue = setting_get(build->source->root, "catalogue");

	return catalogue ? catalogue->child : NULL;
}

static void check_excludes(struct build *build)
{
	const struct setting *service, *set;

	for (service = catalogue_of(build); service; service = service->next) {
		set = setting_get(service, "excludes");
		if (set && set->type == SETTING_STRING)
			check_excluded(build, service, set);
		for (set = set ? set->child : NULL; set; set = set->next)
			check_excluded(build, service, set);
	}
}

static const char *print_price(const struct build *build, int64_t price, char *out, size_t size)
{
	struct writer writer = { .at = out, .end = out + size - 1 };

	format_money(&writer, &build->menu->languages[0].formats, price, build->menu->currency_minor);
	*writer.at = '\0';
	return out;
}

/* Prices are whole numbers of minor units, which is easily forgotten. Returns whether they seem to be right. */
static bool check_minor_digits(struct build *build)
{
	const struct setting *digits = setting_get(build->source->root, "currency_minor_digits"), *service, *dearest = NULL, *price;
	unsigned int priced = 0, hundreds = 0, minor = build->menu->currency_minor;
	long long unit = 1;
	char text[64];

	while (minor--)
		unit *= 10;
	for (service = catalogue_of(build); service; service = service->next) {
		price = setting_get(service, "price");
		if (!price->number)
			continue;
		priced++;
		hundreds += price->number % 100 == 0;
		dearest = !dearest || price->number > dearest->number ? price : dearest;
	}
	if (!dearest)
		return true;
	print_price(build, dearest->number, text, sizeof(text));
	if (dearest->number < unit && (priced > 1 || dearest->number * 10 < unit))
		problem_remedy(problems_warn(build->problems, digits ? digits : dearest, "no service costs more than %s: prices are in "
					     "minor units, of which %lld make one unit", text, unit),
			       "write %lld for a price of %lld, or correct 'currency_minor_digits'", dearest->number * unit,
			       dearest->number);
	else if (unit == 1 && priced > 1 && 4 * hundreds >= 3 * priced)
		problem_remedy(problems_warn(build->problems, digits ? digits : dearest, "prices look as if they were in hundredths, but "
					     "'currency_minor_digits' is 0, so that subscribers see %s", text),
			       "write currency_minor_digits = 2, or correct the prices");
	else
		return true;
	return false;
}

/* ---- widths ---- */

/* Characters of a number, with a sign before its minor digits. */
static unsigned int number_width(long long number, unsigned int minor)
{
	unsigned int digits = 1;

	for (; number >= 10; number /= 10)
		digits++;
	return minor ? (digits > minor ? digits : minor + 1) + 1 : digits;
}

static unsigned int format_width(const struct build *build, enum field_type type)
{
	unsigned int most = 0, width;
	char text[160];
	uint16_t l;

	for (l = 0; l < build->menu->languages_count; l++) {
		const struct formats *formats = &build->menu->languages[l].formats;
		struct writer writer = { .at = text, .end = text + sizeof(text) };
		const char *pos = text;

		if (type == FIELD_TYPE_DATE)
			format_date(&writer, formats, 20261231);
		else if (type == FIELD_TYPE_MONTH)
			format_month(&writer, formats, 202612);
		else
			format_time(&writer, formats, 1798761540, 0);
		for (width = 0; pos < writer.at; width++)
			text_next(&pos, writer.at);
		most = width > most ? width : most;
	}
	return most;
}

static unsigned int most_of_catalogue(const struct build *build, enum field field)
{
	const struct catalogue *catalogue = &build->menu->catalogue;
	long long most = 0, value;
	size_t i;

	for (i = 0; i < catalogue->count; i++) {
		const struct service *service = &catalogue->services[i];

		value = field == FIELD_PRICE ? service->price : field == FIELD_TRIAL_PRICE ? service->trial_price : service->trial_days;
		most = value > most ? value : most;
	}
	return number_width(most, field == FIELD_TRIAL_DAYS ? 0 : build->menu->currency_minor);
}

/* The characters that a value surely needs; 0: not known. Money and counts have no greatest value, but half of what is assumed for them
 * (request.h) is too little. */
static unsigned int least_width(const struct build *build, uint16_t var, const char **why)
{
	const enum field_type type = menu_var_type(build->menu, var);
	const bool asked = var >= VAR_FIRST && var - VAR_FIRST < build->menu->vars_count;
	const struct question *question = asked ? build->menu->vars[var - VAR_FIRST] : NULL;

	*why = "in the formats of the languages it has";
	if (type == FIELD_TYPE_DATE || type == FIELD_TYPE_MONTH || type == FIELD_TYPE_TIME)
		return format_width(build, type);
	*why = "an answer may have";
	if (question)
		return type == FIELD_TYPE_MONEY ? number_width(question->max, build->menu->currency_minor) :
		       question->kind == QUESTION_DIGITS || question->kind == QUESTION_LENGTH ? question->max :
		       question->kind == QUESTION_PHONE ? 15 : 0;
	*why = "the catalogue has a value of";
	if ((var == FIELD_PRICE || var == FIELD_TRIAL_PRICE || var == FIELD_TRIAL_DAYS) && build->menu->catalogue.count)
		return most_of_catalogue(build, var);
	*why = "accounts have values of";
	if (var >= FIELD_COUNT)
		return 0;
	if (type == FIELD_TYPE_TEXT)
		return field_info(var)->width;
	return type == FIELD_TYPE_MONEY || type == FIELD_TYPE_COUNT ? field_info(var)->width / 2 : 0;
}

static void check_widths(struct build *build, bool prices)
{
	const struct setting *set;
	const char *why;
	unsigned int least;
	uint16_t var;

	for (set = build->widths ? build->widths->child : NULL; set; set = set->next) {
		var = build_var(build, set->name);
		least = least_width(build, var, &why);
		if (set->number < least && (prices || (var != FIELD_PRICE && var != FIELD_TRIAL_PRICE)))
			problem_remedy(problems_warn(build->problems, set, "'%s' can be wider than %lld: %s %u characters", set->name,
						     set->number, why, least), "write %s = %u or more in 'widths'", set->name, least);
	}
}

void build_advise(struct build *build)
{
	if (build->problems->errors) {
		advise_alphabet(build);
		return;
	}
	check_pages(build);
	check_ends_notified(build);
	check_proposals(build);
	check_system_hints(build);
	check_languages(build);
	check_excludes(build);
	check_widths(build, check_minor_digits(build));
	advise_keywords(build);
	advise_texts(build);
	advise_languages(build);
}
