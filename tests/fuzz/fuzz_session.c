/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fuzz target: saved sessions of hostile octets. A loaded session continues: each step yields one effect whose text fits. The first
 * octet chooses the steps; the menu's fingerprint is inserted, or nearly everything would be refused as another menu's. */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "starhash/action.h"
#include "starhash/conf.h"
#include "starhash/engine.h"

#define MOST 4096
#define STEPS 12
#define NOW INT64_C(1790000000)

static struct {
	struct menu *menu;
	struct text_limits limits;
	size_t fingerprint_at;		/* in the saved octets */
	struct session session;
	struct effect effect;
} fuzz;

static void step(enum event_kind kind, const char *text, int outcome, const struct record *facts)
{
	const struct session_event event = {
		.kind = kind, .text = text, .len = strlen(text), .short_code = "10086", .outcome = outcome, .facts = facts, .now = NOW,
	};

	engine_step(fuzz.menu, &fuzz.limits, &fuzz.session, &event, &fuzz.effect);
}

static void step_result(int outcome)
{
	uint8_t octets[256];
	struct record facts = { octets, 0, sizeof(octets) };

	record_put_text(&facts, FIELD_ACCOUNT, "prepaid", 7);
	record_put_text(&facts, FIELD_LANGUAGE, "en", 2);
	record_put_number(&facts, FIELD_BALANCE, 1250);
	step(EVENT_RESULT, "", outcome, &facts);
}

/* The place of the fingerprint, without which the octets belong to another menu. */
static void fingerprint_find(void)
{
	const uint32_t fingerprint = menu_fingerprint(fuzz.menu);
	uint8_t saved[64];

	for (;; fuzz.fingerprint_at++) {
		MUST(fuzz.fingerprint_at + sizeof(fingerprint) <= sizeof(saved));
		memset(saved, 0, sizeof(saved));
		memcpy(saved + fuzz.fingerprint_at, &fingerprint, sizeof(fingerprint));
		if (session_load(&fuzz.session, fuzz.menu, saved, sizeof(saved)) != -ESTALE)
			return;
	}
}

static void start(void)
{
	const char *sources = getenv("srcdir");
	struct problems problems = { 0 };
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/engine/fixture/menu.cfg", sources ? sources : ".");
	fuzz.limits.ask = text_budget_ussd(114);
	fuzz.limits.end = text_budget_ussd(112);
	fuzz.menu = conf_menu_load(path, actions_all(), fuzz.limits, &problems);
	problems_fini(&problems);
	MUST(fuzz.menu);
	fingerprint_find();
}

static void check_effect(void)
{
	const bool asks = fuzz.effect.kind == EFFECT_ASK;

	MUST(fuzz.effect.kind <= EFFECT_CALL);
	if (fuzz.effect.kind == EFFECT_CALL)
		return;
	MUST(fuzz.effect.len < sizeof(fuzz.effect.text) && strlen(fuzz.effect.text) == fuzz.effect.len);
	if (!fuzz.effect.by_message)
		MUST(text_fit(fuzz.effect.text, fuzz.effect.len, asks ? fuzz.limits.ask : fuzz.limits.end) == fuzz.effect.len);
}

/* Two bits per step. */
static void go_on(unsigned int choice)
{
	static const char *const inputs[] = { "1", "0", "2", "*" };

	step(choice & 128 ? EVENT_TEXT : EVENT_BEGIN, choice & 128 ? "1" : "*100#", 0, NULL);
	check_effect();
	for (unsigned int i = 0; i < STEPS && fuzz.effect.kind != EFFECT_END; i++) {
		if (fuzz.effect.kind == EFFECT_CALL)
			step_result(i % 4 == 3 ? OUTCOME_UNAVAILABLE : 0);
		else
			step(EVENT_INPUT, inputs[choice >> 2 * (i % 4) & 3], 0, NULL);
		check_effect();
	}
	step(EVENT_GONE, "", 0, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t saved[MOST], again[MOST];
	uint32_t fingerprint;
	int len;

	if (!fuzz.menu)
		start();
	fingerprint = menu_fingerprint(fuzz.menu);
	if (size < 1 || size > sizeof(saved))
		return 0;
	memcpy(saved, data + 1, size - 1);
	if (size - 1 >= fuzz.fingerprint_at + sizeof(fingerprint))
		memcpy(saved + fuzz.fingerprint_at, &fingerprint, sizeof(fingerprint));
	if (session_load(&fuzz.session, fuzz.menu, saved, size - 1))
		return 0;
	len = session_save(&fuzz.session, fuzz.menu, again, sizeof(again));
	MUST(len < 0 || !session_load(&fuzz.session, fuzz.menu, again, (size_t)len));
	MUST(!session_load(&fuzz.session, fuzz.menu, saved, size - 1));
	go_on(data[0]);
	return 0;
}
