/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The plain facts of an account by name: used by imports, exports, billing's mapping and the stores. */
#include "starhash/stored.h"

#define FACT(id, name, type, origin, width, storage) FACT_##storage(id, name, type, width)
#define FACT_OWN(id, name, type, width)
#define FACT_FACT(id, name, type, width) \
	[STORED_FACT_##id] = { #name, FIELD_TYPE_##type, offsetof(struct stored_account, name), width },

const struct stored_fact stored_facts[STORED_FACTS] = {
	FIELDS(FACT)
};

bool stored_fact_is_text(const struct stored_fact *fact)
{
	return fact->type == FIELD_TYPE_CODE;
}

const char **stored_text(const struct stored_account *account, const struct stored_fact *fact)
{
	return (const char **)((char *)account + fact->offset);
}

int64_t *stored_number(const struct stored_account *account, const struct stored_fact *fact)
{
	return (int64_t *)((char *)account + fact->offset);
}

void stored_facts_clear(struct stored_account *account)
{
	for (enum stored_fact_index i = 0; i < STORED_FACTS; i++) {
		if (stored_fact_is_text(&stored_facts[i]))
			*stored_text(account, &stored_facts[i]) = NULL;
		else
			*stored_number(account, &stored_facts[i]) = STORED_UNKNOWN;
	}
}

const char **line_fact(const struct stored_line *line, enum line_fact_index fact)
{
#define LINE_OFFSET(id, name) [LINE_FACT_##id] = offsetof(struct stored_line, name),
	static const size_t offsets[LINE_FACT_COUNT] = { LINE_FACTS(LINE_OFFSET) };

	return (const char **)((char *)line + offsets[fact]);
}
