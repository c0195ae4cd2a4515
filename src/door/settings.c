/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The rows of the group "door" and of its clients, and the checks that rows cannot express. */
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <osmocom/core/utils.h>

#include "door/settings.h"
#include "starhash/listener.h"

/* Of an open file, for --check. */
static const char *token_problem(int fd)
{
	char token[DOOR_TOKEN_SIZE] = "";
	const ssize_t n = read(fd, token, sizeof(token) - 1);
	const size_t len = strcspn(token, "\r\n");

	explicit_bzero(token, sizeof(token));
	return n < 0 ? strerror(errno) : len < DOOR_TOKEN_MIN ? "the token is shorter than 16 characters" : NULL;
}

#define AT(member) offsetof(struct door_client_settings, member)
static const struct conf_row client_rows[] = {
	{ "name", CONF_STRING, AT(name), .min = 1, .required = true, .help = "the client in logs and records" },
	{ "token_file", CONF_SECRET, AT(token_file), .min = 1, .file_problem = token_problem,
	  .help = "file with its bearer token of at least 16 characters, read at the start; no other user may read it (mode 0600 or "
	  "0400)" },
	{ "certificate", CONF_STRING, AT(certificate), .min = 1,
	  .help = "the name in its certificate, which tls_ca signed: its common name or one of its DNS names. A client with a token, too, "
	  "needs both" },
	{ "may", CONF_LIST, AT(may), .required = true,
	  .help = "what it may use: \"events\", \"orders\", \"codes\", \"push\", \"tickets\"; with \"tickets\", \"credits\" lets it "
	  "decide disputes and give money, too" },
	{ "providers", CONF_LIST, AT(providers),
	  .help = "the providers that it may name in its requests for orders and codes: messages show them as the one who asks; without "
	  "this list, any" },
	{}
};
#undef AT
const struct conf_row *const door_client_rows = client_rows;

#define AT(member) offsetof(struct door_settings, member)
static const struct conf_row rows[] = {
	{ "socket", CONF_PATH, AT(socket), .min = 1,
	  .help = "UNIX socket of mode 0600; programs that can open it are the client \"local\" and may do everything" },
	{ "address", CONF_STRING, AT(address), .min = 1,
	  .help = "numeric address to listen on, for the clients below; without TLS only one of this machine" },
	{ "port", CONF_UINT, AT(port), 1, 65535, .help = "its TCP port" },
	{ "tls_certificate", CONF_PATH, AT(tls_certificate), .min = 1, .file_problem = conf_pem_problem,
	  .help = "certificate of the server (PEM), and those that lead to its CA" },
	{ "tls_key", CONF_SECRET, AT(tls_key), .min = 1, .help = "its key (PEM)" },
	{ "tls_ca", CONF_PATH, AT(tls_ca), .min = 1, .file_problem = conf_pem_problem,
	  .help = "CA certificates (PEM): each client must show a certificate that one of them signed" },
	{ "clients", CONF_GROUPS, AT(clients), .group = client_rows, .help = "the clients that may use the address" },
	{ "body_max", CONF_UINT, AT(body_max), 256, 16777216, .fallback = "65536", .unit = "octets", .help = "largest body of a request" },
	{ "connections_max", CONF_UINT, AT(connections_max), 1, 10000, .fallback = "100",
	  .help = "most connections at once on the socket, and as many on the address, of at most 64 kB and a body each; more are closed" },
	{ "open_max", CONF_UINT, AT(open_max), 1, 10000, .fallback = "64",
	  .help = "requests being processed at once; more are answered with status 429" },
	{ "timeout_s", CONF_UINT, AT(timeout_ms), 1, 600, .fallback = "10", .unit = "s", .scale = 1000,
	  .help = "time for a client to connect and send a request, and from an answer to the end of its next request" },
	{ "rate", CONF_UINT, AT(rate), 0, 100000, .fallback = "1000", .unit = "a second",
	  .help = "requests and events of each client, and the burst of one second's worth; more are answered with status 429; 0: no "
	  "limit" },
	{ "retry_after_s", CONF_UINT, AT(retry_after_s), 1, 3600, .fallback = "5", .unit = "s",
	  .help = "Retry-After of answers with status 429 and 503" },
	{}
};
#undef AT
const struct conf_row *const door_rows = rows;
const size_t door_settings_size = sizeof(struct door_settings);

unsigned int door_rights(const struct setting *may, struct problems *problems)
{
	/* In the order of enum door_right. */
	static const char *const names[] = { "events", "orders", "codes", "push", "tickets", "credits" };
	unsigned int rights = 0;

	for (const struct setting *at = may ? may->child : NULL; at; at = at->next) {
		size_t i = 0;

		while (i < ARRAY_SIZE(names) && (at->type != SETTING_STRING || strcmp(at->string, names[i])))
			i++;
		if (i < ARRAY_SIZE(names))
			rights |= 1u << i;
		else
			problems_add(problems, at,
				     "\"may\" must list \"events\", \"orders\", \"codes\", \"push\", \"tickets\" or \"credits\"%s%s",
				     at->string ? ", not " : "", at->string ? at->string : "");
	}
	return rights;
}

const struct setting *door_client_next(const struct setting *clients, const struct setting *at)
{
	if (!clients || clients->type == SETTING_GROUP)
		return at ? NULL : clients;
	return at ? at->next : clients->child;
}

static bool is_loopback(const char *address)
{
	struct in6_addr six;
	struct in_addr four;

	return (inet_pton(AF_INET, address, &four) == 1 && ntohl(four.s_addr) >> 24 == 127) ||
	       (inet_pton(AF_INET6, address, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six));
}

/* Of the client in \a group. */
static void check_rights(const struct setting *group, const struct door_client_settings *client, struct problems *problems)
{
	const struct setting *may = setting_at(group, "may");
	const size_t before = problems->errors;
	const unsigned int rights = door_rights(client->may, problems);

	if (problems->errors > before)
		return;
	if (!rights)
		problems_add(problems, may, "client \"%s\" may do nothing", client->name);
	if (rights & DOOR_CREDITS && !(rights & DOOR_TICKETS))
		problems_add(problems, may, "client \"%s\" needs \"tickets\", too: credits are given for tickets", client->name);
}

static void check_client(const struct door_settings *settings, const struct setting *group, struct problems *problems)
{
	struct door_client_settings client;
	const size_t before = problems->errors;

	conf_read(group, client_rows, &client, problems);
	if (problems->errors > before)
		return;
	check_rights(group, &client, problems);
	if (strlen(client.name) > DOOR_CLIENT_MAX)
		problems_add(problems, setting_at(group, "name"), "client \"%s\" has more than %d characters in its name", client.name,
			     DOOR_CLIENT_MAX);
	for (const struct setting *at = client.providers ? client.providers->child : NULL; at; at = at->next)
		if (at->type != SETTING_STRING || !*at->string)
			problems_add(problems, at, "\"providers\" must list codes of providers, such as \"SINA\"");
	for (const char *at = client.name; *at; at++) {
		if ((unsigned char)*at >= ' ' && *at != '\x7f')
			continue;
		problems_add(problems, setting_at(group, "name"), "the name of a client has a control character");
		break;
	}
	if (!strcmp(client.name, "local"))
		problems_add(problems, setting_at(group, "name"), "\"local\" is the client of the UNIX socket: use another name");
	if (!strcmp(client.name, "spool"))
		problems_add(problems, setting_at(group, "name"), "\"spool\" is the source of events in files: use another name");
	if (!client.token_file && !client.certificate)
		problems_add(problems, group, "client \"%s\" needs a token_file or a certificate", client.name);
	if (client.certificate && !settings->tls_ca)
		problems_add(problems, setting_at(group, "certificate"),
			     "a client's certificate is verified by \"tls_ca\", which is missing");
	for (const struct setting *at = NULL; (at = door_client_next(settings->clients, at)) != group;) {
		if (!strcmp(setting_string(at, "name", ""), client.name))
			problems_add(problems, setting_at(group, "name"), "two clients are called \"%s\"", client.name);
		if (client.certificate && !strcasecmp(setting_string(at, "certificate", ""), client.certificate))
			problems_add(problems, setting_at(group, "certificate"), "two clients have the certificate \"%s\"",
				     client.certificate);
	}
}

void door_check(const void *data, const struct setting *group, struct problems *problems)
{
	const struct door_settings *settings = data;
	const struct setting *address = setting_at(group, "address");
	const bool tls = settings->tls_certificate && settings->tls_key;

	if (!settings->socket && !settings->address)
		problems_add(problems, group, "the door needs a \"socket\" or an \"address\"");
	if (!settings->address != !settings->port)
		problems_add(problems, address, "\"address\" and \"port\" need each other");
	if (settings->address && !listener_is_address(settings->address))
		problems_add(problems, address, "address is \"%s\", but must be numeric: names are not resolved", settings->address);
	else if (settings->address && !tls && !is_loopback(settings->address))
		problems_add(problems, address, "tokens would be sent in clear text to %s: set \"tls_certificate\" and \"tls_key\", or use "
			     "an address of this machine", settings->address);
	if (!settings->tls_certificate != !settings->tls_key)
		problems_add(problems, setting_at(group, settings->tls_key ? "tls_key" : "tls_certificate"),
			     "\"tls_certificate\" and \"tls_key\" need each other");
	if (settings->tls_ca && !tls)
		problems_add(problems, setting_at(group, "tls_ca"), "\"tls_ca\" needs \"tls_certificate\" and \"tls_key\"");
	if (settings->address && !door_client_next(settings->clients, NULL))
		problems_add(problems, address, "nobody could use the address: there are no \"clients\"");
	for (const struct setting *at = NULL; (at = door_client_next(settings->clients, at));)
		check_client(settings, at, problems);
}

/* An unreadable file has no token; that it is unreadable is reported elsewhere. */
static bool same_token(const char *path, const char *other)
{
	char token[DOOR_TOKEN_SIZE], others[DOOR_TOKEN_SIZE];
	const bool same = !conf_secret_read(path, token, sizeof(token)) && !conf_secret_read(other, others, sizeof(others)) && *token &&
			  !strcmp(token, others);

	explicit_bzero(token, sizeof(token));
	explicit_bzero(others, sizeof(others));
	return same;
}

/* A request with it could be either client's. */
static void check_token(const struct door_settings *settings, const struct setting *group, const struct door_client_settings *client,
			struct problems *problems)
{
	for (const struct setting *at = NULL; (at = door_client_next(settings->clients, at)) != group;) {
		struct door_client_settings other;

		conf_read(at, client_rows, &other, problems);
		if (other.token_file && same_token(client->token_file, other.token_file))
			problems_add(problems, setting_at(group, "token_file"), "clients \"%s\" and \"%s\" have the same token", other.name,
				     client->name);
	}
}

void door_check_files(const void *data, const struct setting *group, uid_t reader, struct problems *problems)
{
	const struct door_settings *settings = data;

	conf_files_check(group, rows, settings, reader, problems);
	for (const struct setting *at = NULL; (at = door_client_next(settings->clients, at));) {
		struct door_client_settings client;

		conf_read(at, client_rows, &client, problems);
		conf_files_check(at, client_rows, &client, reader, problems);
		if (client.token_file)
			check_token(settings, at, &client, problems);
	}
}

const struct setting *door_client_with(const void *data, unsigned int rights)
{
	const struct door_settings *settings = data;
	struct problems problems = { 0 };	/* the settings are checked */
	const struct setting *at = NULL;

	while ((at = door_client_next(settings->clients, at)) && !(door_rights(setting_get(at, "may"), &problems) & rights))
		;
	return at;
}
