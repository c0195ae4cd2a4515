/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A65, F15: the data saved of a subscriber whom a snapshot left out, and the owner who gets them back. */
#include <string.h>

#include "starhash/account.h"
#include "tests/account/printed.h"
#include "tests/cmocka.h"

#define ROWS(table) (sizeof(table) / sizeof(*(table)))

/* A subscriber as one letter each says: p a password, e a row of passwords without one, o an order in flight, s a subscription that it
 * is about, a another one that is active, t the same service, since another day; -: not a subscriber; k: data of the number are saved
 * already; x: the number now belongs to somebody else; =: an operator says that the owners are the same. */
static void account_make(struct account *account, const char *is, const char *owner)
{
	static const struct service terms = { .code = "NEWS", .period = "month" };
	const struct subscription news = { .service = "NEWS", .state = SUBSCRIPTION_ACTIVATING, .since = 20261101 };
	const struct subscription crbt = { .service = "CRBT", .state = SUBSCRIPTION_ACTIVE, .since = 20261001 };
	const struct subscription other = { .service = "NEWS", .state = SUBSCRIPTION_ACTIVE, .since = 20261115, .reminded = true };
	const struct account_order order = { .id = 7, .kind = ORDER_ACTIVATE, .service = "NEWS", .due = NOW };

	account_begin_update(account);
	memset(&account->password, 0, sizeof(account->password));
	account->known = !strchr(is, '-');
	account->msisdn = 13800138000;
	strcpy(account->owner, owner);
	strcpy(account->language, "zh");
	account->has_password = strpbrk(is, "pe");
	strcpy(account->password.hash, strchr(is, 'p') ? "now" : "");
	strcpy(account->id_pieces, strchr(is, 'p') ? "pieces" : "");
	if (strchr(is, 'o'))
		account_add_in_flight(account, &order);
	if (strchr(is, 'a'))
		account_add_subscription(account, &crbt, &terms);
	if (strchr(is, 's'))
		account_add_subscription(account, &news, &terms);
	if (strchr(is, 't'))
		account_add_subscription(account, &other, &terms);
}

static void assert_says(struct account_step *step, const char *is, const char *says)
{
	static struct response response;
	char out[PRINTED_SIZE];

	response_init(&response);
	step->response = &response;
	printed(step, out);
	if (strcmp(strchr(out, '\n') + 1, says) != 0)
		fail_msg("%s:\n%s", is, out);
}

#define GOES "orders.dead vanished\nprivate.remove\n"

static void A65_subscriber__left_out__password_and_orders_are_saved(void **state)
{
	static const struct {
		const char *is, *says;
	} table[] = {
		{ "p", "vanished.put owner='A' hash='now'\n" GOES },
		{ "o", "vanished.put owner='A' hash=''\n" GOES },
		{ "pos", "vanished.put owner='A' hash='now' NEWS\n" GOES },
		{ "pa", "vanished.put owner='A' hash='now'\n" GOES },
		/* nothing but data that the next snapshot brings back */
		{ "", GOES },
		{ "e", GOES },
		{ "a", GOES },
		/* left out again: the first password stays saved, unless there is a new one */
		{ "ko", GOES },
		{ "kp", "vanished.put owner='A' hash='now'\n" GOES },
		{ "keo", "vanished.put owner='A' hash=''\n" GOES },
		/* F15: no data of theirs may be left for another owner */
		{ "posx", "vanished.remove\npreferences.remove\ntickets.former\norders.dead other_owner\nprivate.remove\n" },
		{ "kpx", "vanished.remove\npreferences.remove\ntickets.former\norders.dead other_owner\nprivate.remove\n" },
		/* not a subscriber: messages may have arrived meanwhile, and saved data stay */
		{ "-", GOES },
		{ "-kx", "orders.dead other_owner\nprivate.remove\n" },
	};

	for (size_t i = 0; i < ROWS(table); i++) {
		struct account_step step = { .changes_count = 9 };
		struct vanished vanished;
		struct account account;

		memset(&vanished, 'z', sizeof(vanished));
		account_make(&account, table[i].is, "A");
		account_vanish(&account, strchr(table[i].is, 'k'), strchr(table[i].is, 'x'), NOW, &vanished, &step);
		if (step.changes[0].kind == CHANGE_VANISHED_PUT)
			assert_string_equal(vanished.password.hash, strchr(table[i].is, 'p') ? "now" : "");
		assert_says(&step, table[i].is, table[i].says);
	}
}

#define MARKS "language 'en'\nvanished.marks\n"
#define PASSWORD "password.put hash='saved' past=''\n"
#define NEWS "subscription.put NEWS activating since=20261101\nservices 'NEWS'\n"
#define NOTHING "services ''\n"
#define DUE "orders.return due=now\nvanished.remove\n"

static void A65_subscriber__is_back__only_the_same_owner_gets_the_data(void **state)
{
	static const struct {
		const char *saved, *saved_owner, *is, *owner, *says;
	} table[] = {
		{ "ps", "A", "", "A", MARKS PASSWORD "id_pieces 'old pieces'\n" NEWS DUE },
		{ "s", "A", "", "A", MARKS NEWS DUE },
		{ "p", "A", "", "A", MARKS PASSWORD "id_pieces 'old pieces'\n" NOTHING DUE },
		/* a newer password stays */
		{ "p", "A", "p", "A", MARKS NOTHING DUE },
		{ "p", "A", "e", "A", MARKS PASSWORD NOTHING DUE },
		/* the first day from billing stays, and so does the reminder */
		{ "s", "A", "t", "A", MARKS "subscription.put NEWS activating since=20261115 reminded\nservices 'NEWS'\n" DUE },
		{ "s", "A", "a", "A", MARKS "subscription.put NEWS activating since=20261101\nservices 'CRBT NEWS'\n" DUE },
		/* one order at a time */
		{ "s", "A", "o", "A", MARKS NEWS "orders.return wait\nvanished.remove\n" },
		/* F15 */
		{ "ps", "A", "", "B", "orders.dead other_owner\npreferences.remove\ntickets.former\nvanished.remove\n" },
		/* undecided, until an operator decides */
		{ "ps", "A", "", "", "" },
		{ "ps", "", "", "A", "" },
		{ "ps", "", "", "", "" },
		{ "s", "A", "=", "", MARKS NEWS DUE },
		{ "s", "", "=", "A", MARKS NEWS DUE },
	};

	for (size_t i = 0; i < ROWS(table); i++) {
		struct vanished vanished = { .language = "en", .has_password = strchr(table[i].saved, 'p') };
		struct account_step step = { .changes_count = 9 };
		struct account account;

		strcpy(vanished.owner, table[i].saved_owner);
		if (vanished.has_password) {
			strcpy(vanished.password.hash, "saved");
			strcpy(vanished.id_pieces, "old pieces");
		}
		if (strchr(table[i].saved, 's'))
			vanished.subscriptions[vanished.subscriptions_count++] =
				(struct subscription){ .service = "NEWS", .state = SUBSCRIPTION_ACTIVATING, .since = 20261101 };
		account_make(&account, table[i].is, table[i].owner);
		account_return(&account, &vanished, strchr(table[i].is, '='), NOW, &step);
		assert_says(&step, table[i].is, table[i].says);
	}
}

static void A65_operator__says_it_is_the_same_owner__unless_that_is_impossible(void **state)
{
	struct vanished vanished = { .owner = "A" };
	struct account account;

	account_make(&account, "", "A");
	assert_string_equal(account_give_back_refusal(&account, NULL), "nothing is retained for that number");
	assert_null(account_give_back_refusal(&account, &vanished));
	account_make(&account, "", "");
	assert_null(account_give_back_refusal(&account, &vanished));
	account_make(&account, "", "B");
	assert_string_equal(account_give_back_refusal(&account, &vanished), "another owner has that number now");
	account_make(&account, "-", "A");
	assert_non_null(strstr(account_give_back_refusal(&account, &vanished), "has no subscriber"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(A65_subscriber__left_out__password_and_orders_are_saved),
		cmocka_unit_test(A65_subscriber__is_back__only_the_same_owner_gets_the_data),
		cmocka_unit_test(A65_operator__says_it_is_the_same_owner__unless_that_is_impossible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
