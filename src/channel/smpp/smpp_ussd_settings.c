/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The settings of a USSD link over SMPP, and checks that rows cannot express. */
#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "channel/smpp/smpp_codec.h"
#include "channel/smpp/smpp_ussd_settings.h"

#define AT(member) offsetof(struct smpp_ussd_settings, member)
#define NUMBER(key, least, most, usual, of, words) \
	{ .name = #key, .type = CONF_INT, .offset = AT(key), .min = least, .max = most, .fallback = usual, .unit = of, \
	  .help = words }
#define WORD(key, usual, words) \
	{ .name = #key, .type = CONF_STRING, .offset = AT(key), .fallback = usual, .help = words }
#define WORD_NEEDED(key, usual, words) \
	{ .name = #key, .type = CONF_STRING, .offset = AT(key), .min = 1, .fallback = usual, \
	  .help = words }
#define CERTIFICATES(key, words) \
	{ .name = #key, .type = CONF_PATH, .offset = AT(key), .file_problem = conf_pem_problem, .help = words }
#define SECRET(key, words) \
	{ .name = #key, .type = CONF_SECRET, .offset = AT(key), .help = words }
#define OPERATION(key, words) \
	{ .name = "op_" #key, .type = CONF_INT, .offset = AT(operations.key), .min = -1, .max = 255, .fallback = "-1", .help = words }
#define CHOICE(key, among, usual, words) \
	{ .name = #key, .type = CONF_CHOICE, .offset = AT(key), .choices = among, .fallback = usual, \
	  .help = words }

const struct conf_row smpp_ussd_rows[] = {
	WORD_NEEDED(name, "smpp_ussd", "name of this link in logs and counters; unique"),
	WORD_NEEDED(address, "127.0.0.1", "numeric address of the gateway"),
	NUMBER(port, 1, 65535, "2775", NULL, "the gateway's SMPP port"),
	CERTIFICATES(tls_ca, "CA certificates for the gateway's certificate (PEM); setting it turns TLS on"),
	WORD(tls_host, "", "name that the gateway's certificate must contain; default: the address"),
	CERTIFICATES(tls_cert, "our own certificate and its chain (PEM), for a gateway that requires one"),
	SECRET(tls_key, "its key (PEM), readable only by the daemon"),
	CHOICE(bind, "transceiver pair", "transceiver", "one bind for both ways, or a transmitter and a receiver"),
	WORD_NEEDED(system_id, "starhash", "our name at the gateway"),
	SECRET(password_file, "file with our password, readable only by the daemon (mode 0600 or 0400)"),
	WORD(system_type, "USSD", "system_type of the bind"),
	WORD(address_range, "", "address_range of the bind"),
	CHOICE(dialect, "plain generic 6d mica huawei", "plain", "how the gateway marks dialogs"),
	OPERATION(begin, "operation (ussd_service_op) with which the gateway begins a dialog; -1, here and below: as the dialect has it"),
	OPERATION(answer, "operation of an answer from the gateway, instead of all that the dialect accepts"),
	OPERATION(gone, "operation with which the gateway ends a dialog, instead of all that the dialect accepts"),
	OPERATION(notified, "operation with which the gateway confirms a notification"),
	OPERATION(page, "operation of our page that waits for an answer"),
	OPERATION(end, "operation of our last page"),
	OPERATION(abort, "operation with which we end a dialog without a page; default: op_end where the dialect has one for both"),
	OPERATION(notify, "operation of our notification"),
	OPERATION(release, "operation of the last page of a dialog that we began; default: op_notify, or op_end, where the dialect "
		  "has one for both"),
	CHOICE(coding, "gsm7 packed latin1 ascii utf8", "gsm7", "the gateway's default alphabet"),
	{ .name = "dcs", .type = CONF_BOOL, .offset = AT(dcs), .fallback = "false",
	  .help = "whether data_coding contains a USSD coding scheme (0x0f, 0x48) instead of an SMPP value (0, 8)" },
	WORD(short_code, "100", "our number in dialogs and notifications that we begin"),
	NUMBER(window, 1, 10000, "10", NULL, "unanswered requests at a time"),
	NUMBER(queue, 1, 1000000, "1000", NULL, "pages that may wait for the window or the link"),
	NUMBER(rate, 0, 1000000, "0", "per second", "maximum requests per second; 0: no limit"),
	NUMBER(enquire_ms, 100, 3600000, "30000", "ms", "time between enquire_link requests"),
	NUMBER(response_ms, 100, 3600000, "60000", "ms", "how long to wait for a response"),
	NUMBER(octets, 16, 160, "160", "octets", "longest USSD string of a page, in packed octets"),
	NUMBER(answer_ms, 100, 600000, "8000", "ms", "time to answer one input; below guard_ms"),
	NUMBER(idle_ms, 1000, 600000, "25000", "ms", "silence of the subscriber after which a dialog ends; below guard_ms"),
	NUMBER(dialog_ms, 1000, 3600000, "180000", "ms", "longest duration of a dialog"),
	NUMBER(guard_ms, 1000, 600000, "30000", "ms", "the network's guard timer"),
	CHOICE(trust, "auto ask read order password", "auto", "what inputs over this link may do without a one-time code; auto: "
	       "password over TLS or on this machine, order in clear"),
	WORD_NEEDED(sorry, "Sorry, this service is not available.", "the answer to input that cannot be understood"),
	WORD_NEEDED(busy, "Sorry, we are busy. Please try again later.", "the answer when there are too many dialogs"),
	NUMBER(dialogs_share, 1, 100, "90", "percent", "share of dialogs_max that this link may use"),
	NUMBER(rate_in, 0, 1000000, "0", "a second", "inputs accepted, and the burst of one second's worth; more are answered that we "
	       "are busy; 0: no limit"),
	{ .name = NULL }
};

static void length_check(const struct setting *group, const char *name, const char *text, size_t max,
			 struct problems *problems)
{
	if (strlen(text) > max)
		problems_add(problems, setting_at(group, name), "%s is longer than the %zu characters that SMPP allows", name, max);
}

static void timer_check(const struct setting *group, const char *name, long long ms, long long guard_ms,
			struct problems *problems)
{
	if (ms >= guard_ms)
		problems_add(problems, setting_at(group, name), "%s is %lld ms, but must be below guard_ms (%lld ms)",
			     name, ms, guard_ms);
}

/* Our own texts must fit like any others. */
static void text_check(const struct smpp_ussd_settings *settings, const struct setting *group, const char *name,
		       const char *text, struct problems *problems)
{
	if (!text_valid(text, strlen(text)) ||
	    !text_fits(text_cost(text, strlen(text)), text_budget_ussd(settings->octets)))
		problems_add(problems, setting_at(group, name), "%s is not UTF-8, or does not fit %lld octets", name,
			     settings->octets);
}

static void operations_check(const struct smpp_ussd_settings *settings, const struct setting *group, struct problems *problems)
{
	const struct dialect *base = dialect_find(settings->dialect);
	const struct dialect dialect = dialect_with(base, &settings->operations);
	const char *names[2];

	if (base->notify == USSD_OP_NONE && settings->operations.notify >= 0)
		problems_add(problems, setting_at(group, "op_notify"), "op_notify: the dialect %s has no notifications", base->name);
	if (base->release == USSD_OP_NONE && settings->operations.release >= 0)
		problems_add(problems, setting_at(group, "op_release"), "op_release: in the dialect %s we cannot begin a dialog",
			     base->name);
	if (dialect_clash(&dialect, names))
		problems_add(problems, setting_at(group, setting_get(group, names[1]) ? names[1] : names[0]),
			     "%s and %s must differ, also from those of the dialect %s that are not set", names[0], names[1], base->name);
}

void smpp_ussd_settings_set_plan(void *data, const struct numbering_plan *plan)
{
	((struct smpp_ussd_settings *)data)->plan = plan;
}

void smpp_ussd_settings_check(const void *data, const struct setting *group, struct problems *problems)
{
	const struct smpp_ussd_settings *settings = data;
	struct in6_addr address;

	if (inet_pton(AF_INET, settings->address, &address) != 1 &&
	    inet_pton(AF_INET6, settings->address, &address) != 1)
		problems_add(problems, setting_at(group, "address"),
			     "address is \"%s\", but must be numeric: names are not resolved", settings->address);
	if (*settings->tls_host && !settings->tls_ca)
		problems_add(problems, setting_at(group, "tls_host"), "tls_host without tls_ca: TLS would not be used");
	if (!settings->tls_cert != !settings->tls_key || (settings->tls_cert && !settings->tls_ca))
		problems_add(problems, setting_at(group, settings->tls_cert ? "tls_cert" : "tls_key"),
			     "tls_cert and tls_key must be set together, and need tls_ca");
	length_check(group, "system_id", settings->system_id, SMPP_SYSTEM_ID_MAX, problems);
	length_check(group, "system_type", settings->system_type, SMPP_SYSTEM_TYPE_MAX, problems);
	length_check(group, "address_range", settings->address_range, SMPP_ADDRESS_RANGE_MAX, problems);
	length_check(group, "short_code", settings->short_code, SMPP_ADDRESS_MAX, problems);
	timer_check(group, "answer_ms", settings->answer_ms, settings->guard_ms, problems);
	timer_check(group, "idle_ms", settings->idle_ms, settings->guard_ms, problems);
	operations_check(settings, group, problems);
	text_check(settings, group, "sorry", settings->sorry, problems);
	text_check(settings, group, "busy", settings->busy, problems);
}

struct channel_timing smpp_ussd_settings_timing(const void *data)
{
	const struct smpp_ussd_settings *settings = data;

	return (struct channel_timing){ settings->answer_ms, settings->idle_ms, settings->dialog_ms };
}

static bool is_loopback(const char *address)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, address, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, address, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* A gateway knows who dials. Without TLS, an attacker on the path could impersonate it. That is acceptable for orders, which the
 * subscriber sees at once, but not for passwords and lines. */
enum trust smpp_ussd_settings_trust(const struct smpp_ussd_settings *settings)
{
	const bool safe = settings->tls_ca || is_loopback(settings->address);

	return trust_by_name(settings->trust, safe ? TRUST_PASSWORD : TRUST_ORDER);
}

struct text_limits smpp_ussd_settings_limits(const void *data)
{
	const struct smpp_ussd_settings *settings = data;
	struct text_budget budget = text_budget_ussd(settings->octets);

	return (struct text_limits){ .ask = budget, .end = budget };
}
