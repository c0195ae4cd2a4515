/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The VTY: libosmovty behind our own listeners.
 *
 * libosmovty's own telnet listener opens a TCP port to every local user, limits nothing, and its nodes have commands that
 * read and write files in the daemon's name ("banner motd file", "write file", "log file"). So its nodes are emptied and get only the
 * commands that are listed here and in server_vty_init(), and its sockets are those of listener.h.
 *
 * Every user who may connect may look. Commands that change something need "enable", which the local socket allows to root and to the
 * daemon's own user, and TCP in exchange for the password in vty_password_file; each such command leaves a line in the audit log. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/socket.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/buffer.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/logging.h>
#include <osmocom/vty/telnet_interface.h>
#include <osmocom/vty/vty.h>

#include "daemon/audit.h"
#include "daemon/vty.h"
#include "starhash/clock.h"
#include "starhash/conf.h"
#include "starhash/listener.h"
#include "starhash/log.h"
#include "starhash/server.h"

#define READS_PER_S 100			/* of up to 512 octets: more than any person or script of theirs types */
#define LINE_MAX_OCTETS 2048
#define LOG_BACKLOG_MAX (256 * 1024)	/* beyond this, log lines for a connection that does not read are dropped */
#define WHO_SIZE 96
#define LOG_INTERVAL_S 60
#define AUDITED_MAX 128

/* Of an open file, for --check. */
static const char *password_problem(int fd)
{
	char password[VTY_PASSWORD_SIZE] = "";
	const ssize_t n = read(fd, password, sizeof(password) - 1);
	const size_t len = strcspn(password, "\r\n");

	explicit_bzero(password, sizeof(password));
	return n < 0 ? strerror(errno) : len < VTY_PASSWORD_MIN ? "the password is too short" : NULL;
}

#define AT(member) offsetof(struct vty_settings, member)
static const struct conf_row rows[] = {
	{ "vty_socket", CONF_PATH, AT(socket),
	  .help = "UNIX socket of the VTY, of mode 0600: see starhash-vty(1); default: vty in $RUNTIME_DIRECTORY or in /run/starhash; "
	  "\"\": none" },
	{ "vty_address", CONF_STRING, AT(address), .min = 1,
	  .help = "numeric address where the VTY also listens on TCP, for every user who can reach it; default: none" },
	{ "vty_port", CONF_UINT, AT(port), 0, 65535, .fallback = "4290",
	  .help = "its TCP port; 0: no TCP" },
	{ "vty_password_file", CONF_SECRET, AT(password_file), .min = 1, .file_problem = password_problem,
	  .help = "file with a password of at least 12 characters for \"enable\" over TCP; without it, nothing can be changed there" },
	{ "vty_connections", CONF_UINT, AT(connections_max), 1, 1000, .fallback = "8", .unit = "connections",
	  .help = "most connections at once on the socket, and as many on TCP, of at most 1 MB each; more are refused" },
	{ "vty_idle_s", CONF_UINT, AT(idle_s), 0, 86400, .fallback = "900", .unit = "s",
	  .help = "a VTY without input for this long is closed; 0: never" },
	{ "audit_file", CONF_PATH, AT(audit_file), .min = 1,
	  .help = "file of mode 0600 that gets a line for every change made on the VTY; the log always gets one" },
	{}
};
#undef AT

const struct conf_row *const vty_rows = rows;

void vty_check(const struct vty_settings *settings, const struct setting *group, struct problems *problems)
{
	if (settings->address && !listener_is_address(settings->address))
		problems_add(problems, setting_at(group, "vty_address"),
			     "vty_address is \"%s\", but must be numeric: names are not resolved", settings->address);
}

struct vty_door {
	const struct vty_settings *settings;
	struct server *server;
	struct vty_listener {
		struct vty_door *door;
		struct listener_settings settings;
		struct listener *listener;
		bool local;
	} local, tcp;
	struct llist_head connections;
	struct log_limit limit;
	char password[VTY_PASSWORD_SIZE];
};

struct connection {
	struct telnet_connection telnet;	/* first member: libosmovty's, which also frees us */
	struct vty_listener *way;
	struct osmo_timer_list idle;
	int64_t second;				/* second in which the reads were counted */
	unsigned int reads;
	size_t log_backlog;			/* octets of log lines since the output was empty */
	bool may_enable;			/* the peer is root, the daemon's user, or gave the password */
	bool asked;				/* was asked for the TCP password */
	unsigned int waits;			/* commands that wait for their result */
	bool in_reload;				/* such a command is being entered */
	bool leaves;				/* "exit" waits, too */
	struct vty_user user;
	char who[WHO_SIZE];
};

/* From libosmovty: host.enable is the password expected in AUTH_ENABLE_NODE; cmdvec has the nodes by number. */
extern struct host host;
extern vector cmdvec;

static struct connection *connection_of(struct vty *vty)
{
	return vty->priv;
}

/* ---- commands ---- */

DEFUN(door_enable, door_enable_cmd, "enable", "Turn on the commands that change something\n")
{
	struct connection *connection = connection_of(vty);
	const char *file = connection->way->door->settings->audit_file;

	if (connection->may_enable) {
		audit(file, connection->who, "enable");
		vty->node = ENABLE_NODE;
		return CMD_SUCCESS;
	}
	if (!connection->way->local && host.enable && !connection->asked) {
		connection->asked = true;
		vty->node = AUTH_ENABLE_NODE;
		return CMD_SUCCESS;
	}
	audit(file, connection->who, "enable: refused");
	vty_out(vty, "%% not allowed: %s%s", connection->way->local ? "only root and the daemon's own user may do this" :
		connection->asked ? "connect again to try again" : "over TCP this needs vty_password_file", VTY_NEWLINE);
	return CMD_WARNING;
}

DEFUN(door_disable, door_disable_cmd, "disable", "Turn off the commands that change something\n")
{
	vty->node = VIEW_NODE;
	return CMD_SUCCESS;
}

/* ---- commands that take time ---- */

/* A "reload" that waits for its result. */
struct waiting_reload {
	struct menu_reload reload;
	struct connection *connection;
};

static int waiting_destruct(struct waiting_reload *waiting)
{
	server_reload_forget(&waiting->reload);
	return 0;
}

static void reload_print(struct vty *vty, const struct server *server, int rc, const struct problems *problems)
{
	char text[PROBLEM_SIZE];

	for (size_t i = 0; i < problems->count; i++) {
		/* '%' marks a failure, which a warning is not */
		const char *mark = problems->list[i].severity == PROBLEM_ERROR ? "% " : "";

		problem_print(&problems->list[i], text, sizeof(text));
		for (char *rest = text, *line; (line = strsep(&rest, "\n"));)
			if (*line)
				vty_out(vty, "%s%s%s", mark, line, VTY_NEWLINE);
	}
	if (rc == 0)
		vty_out(vty, "menu generation %u is in use; open dialogs finish on the previous one%s", server_generation(server),
			VTY_NEWLINE);
	else
		vty_out(vty, "%% not reloaded%s; generation %u stays in use%s", rc == -ESHUTDOWN ? ": the server stops" : "",
			server_generation(server), VTY_NEWLINE);
}

static void flush(struct connection *connection);

/* libosmovty prints a prompt after each command, but only on terminals. */
static void wait_begin(struct vty *vty)
{
	connection_of(vty)->waits++;
	vty->type = VTY_FILE;
}

/* Before the result is printed. */
static void wait_end(struct connection *connection, bool failed)
{
	if (failed)
		audit(connection->way->door->settings->audit_file, connection->who, "the last command failed");
	connection->telnet.vty->type = VTY_TERM;
	connection->waits--;
}

/* After the result: print the prompt that was held back. */
static void prompt(struct connection *connection)
{
	struct vty *vty = connection->telnet.vty;

	vty_out(vty, cmd_prompt(vty->node), host.app_info->name);
	if (!connection->waits && connection->leaves) {
		vty_close(vty);
		return;
	}
	if (connection->waits)
		vty->type = VTY_FILE;
	flush(connection);
}

static void answered(struct vty *vty, const char *result, bool failed)
{
	struct connection *connection = connection_of(vty);

	wait_end(connection, failed);
	vty_out(vty, "%s%s%s", failed ? "% " : "", result, VTY_NEWLINE);
	prompt(connection);
}

static void reload_done(struct menu_reload *reload, int rc, const struct problems *problems)
{
	struct waiting_reload *waiting = container_of(reload, struct waiting_reload, reload);
	struct connection *connection = waiting->connection;

	talloc_free(waiting);
	wait_end(connection, rc);
	reload_print(connection->telnet.vty, connection->way->door->server, rc, problems);
	if (!connection->in_reload)
		prompt(connection);
}

DEFUN(door_reload, door_reload_cmd, "reload", "Read the menu files again; stay with the old tree if there is any error\n")
{
	struct connection *connection = connection_of(vty);
	struct waiting_reload *waiting = talloc_zero(connection, struct waiting_reload);

	OSMO_ASSERT(waiting);
	waiting->connection = connection;
	waiting->reload.done = reload_done;
	talloc_set_destructor(waiting, waiting_destruct);
	wait_begin(vty);
	connection->in_reload = true;
	server_reload(connection->way->door->server, &waiting->reload);
	connection->in_reload = false;
	if (connection->waits)
		vty->type = VTY_FILE;
	return CMD_SUCCESS;
}

/* Typed ahead of a result, it closes the connection once the result is written. */
DEFUN(door_exit, door_exit_cmd, "exit", "End this connection\n")
{
	struct connection *connection = connection_of(vty);

	connection->leaves = connection->waits > 0;
	if (!connection->leaves)
		vty->status = VTY_CLOSE;
	return CMD_SUCCESS;
}

DEFUN(door_version, door_version_cmd, "show version", SHOW_STR "The version of the server\n")
{
	vty_out(vty, "starhashd %s%s", PACKAGE_VERSION, VTY_NEWLINE);
	return CMD_SUCCESS;
}

/* ---- nodes with only our commands ---- */

/* Commands that change something, with their functions. They are static because libosmovty's commands are. */
static struct {
	struct cmd_element *command;
	int (*function)(struct cmd_element *command, struct vty *vty, int argc, const char *argv[]);
} audited[AUDITED_MAX];
static unsigned int audited_count;

static int run_audited(struct cmd_element *command, struct vty *vty, int argc, const char *argv[])
{
	struct connection *connection = connection_of(vty);
	const char *file = connection->way->door->settings->audit_file;
	unsigned int i = 0;
	int rc;

	while (audited[i].command != command)
		i++;
	if (audit(file, connection->who, "%s", vty->buf))
		vty_out(vty, "warning: the audit file cannot be written: see the log%s", VTY_NEWLINE);
	rc = audited[i].function(command, vty, argc, argv);
	if (rc != CMD_SUCCESS)
		audit(file, connection->who, "the last command failed");
	return rc;
}

static bool has_command(const struct cmd_node *node, const struct cmd_element *command)
{
	unsigned int i;

	for (i = 0; i < vector_active(node->cmd_vector); i++)
		if (vector_slot(node->cmd_vector, i) == command)
			return true;
	return false;
}

/* The commands that "enable" adds are those that change something. */
static void audit_node(const struct cmd_node *enable, const struct cmd_node *view)
{
	unsigned int i;

	for (i = 0; i < vector_active(enable->cmd_vector); i++) {
		struct cmd_element *command = vector_slot(enable->cmd_vector, i);

		if (has_command(view, command) || command == &door_disable_cmd || command->func == run_audited)
			continue;
		OSMO_ASSERT(audited_count < AUDITED_MAX);
		audited[audited_count].command = command;
		audited[audited_count++].function = command->func;
		command->func = run_audited;
	}
}

/* Remove all commands except those that begin with \a prefix; NULL: all. */
static void restrict_commands(struct cmd_node *node, const char *prefix)
{
	vector matching = vector_init(VECTOR_MIN_SIZE);
	unsigned int i;

	for (i = 0; prefix && i < vector_active(node->cmd_vector); i++) {
		struct cmd_element *command = vector_slot(node->cmd_vector, i);

		if (!strncmp(command->string, prefix, strlen(prefix)))
			vector_set(matching, command);
	}
	vector_free(node->cmd_vector);
	node->cmd_vector = matching;
}

/* Empty all nodes of libosmovty, even unreachable ones, and fill two of them. */
static void nodes_fill(struct server *server)
{
	const struct cmd_node *view = vector_slot(cmdvec, VIEW_NODE), *enable = vector_slot(cmdvec, ENABLE_NODE);
	unsigned int i;

	logging_vty_add_cmds();
	for (i = 0; i < vector_active(cmdvec); i++)
		if (vector_slot(cmdvec, i))
			restrict_commands(vector_slot(cmdvec, i), i == ENABLE_NODE ? "logging " : NULL);
	install_element_ve(&config_help_cmd);
	install_element_ve(&config_list_cmd);
	install_element_ve(&door_exit_cmd);
	install_element_ve(&door_version_cmd);
	install_element(VIEW_NODE, &door_enable_cmd);
	install_element(ENABLE_NODE, &door_disable_cmd);
	install_element(ENABLE_NODE, &door_reload_cmd);
	server_vty_init(server);
	audit_node(enable, view);
}

/* ---- connections ---- */

/* libosmovty frees the connection in vty_close(), called from vty_read() or by us. */
static int connection_destruct(struct connection *connection)
{
	osmo_timer_del(&connection->idle);
	if (connection->way->listener)
		listener_release(connection->way->listener);
	return 0;
}

/* libosmovty ends the connection only of a terminal, which it is not while a command waits. */
static void terminal_close(struct vty *vty)
{
	vty->type = VTY_TERM;
	vty_close(vty);
}

static void connection_close(struct connection *connection, const char *why)
{
	unsigned int suppressed;

	if (log_allowed(&connection->way->door->limit, LOG_INTERVAL_S, &suppressed))
		LOGP(DMAIN, LOGL_NOTICE, "VTY: disconnected %s: %s (%u more since the last such line)\n", connection->who, why,
		     suppressed);
	terminal_close(connection->telnet.vty);
}

static void idle(void *connection)
{
	connection_close(connection, "idle");
}

static void idle_restart(struct connection *connection)
{
	const unsigned int idle_s = connection->way->door->settings->idle_s;

	if (idle_s)
		osmo_timer_schedule(&connection->idle, idle_s, 0);
}

/* Log lines for a VTY that does not read must not accumulate without limit. */
static void log_output(struct log_target *target, unsigned int level, const char *line)
{
	struct vty *vty = target->tgt_vty.vty;
	struct connection *connection = connection_of(vty);

	if (connection->log_backlog > LOG_BACKLOG_MAX)
		return;
	connection->log_backlog += strlen(line);
	vty_out(vty, "%s%s", line, strchr(line, '\n') ? "\r" : "");
}

/* NULL, or why the pending input does not come from a VTY user: a browser, a scanner, a flood. */
static const char *intruder(struct connection *connection)
{
	const int64_t second = clock_monotonic_ms() / 1000;
	const struct vty *vty = connection->telnet.vty;
	char typed[512];
	ssize_t n;

	if (second != connection->second)
		connection->reads = 0;
	connection->second = second;
	if (++connection->reads > READS_PER_S)
		return "too much input";
	if (vty->length > LINE_MAX_OCTETS)
		return "line too long";
	n = connection->way->local ? 0 : recv(connection->telnet.fd.fd, typed, sizeof(typed), MSG_PEEK | MSG_DONTWAIT);
	if (n <= 0)
		return NULL;
	/* No command begins with a capital letter, although a password may; TLS begins with 0x16. */
	if (!vty->length && vty->node != AUTH_ENABLE_NODE && ((typed[0] >= 'A' && typed[0] <= 'Z') || typed[0] == 0x16))
		return "not a command";
	return memmem(typed, n, "HTTP/", 5) ? "HTTP request" : NULL;
}

/* Call after a read. libosmovty accepts three passwords (the line feed of a client that sends two octets at a line's end counts as one)
 * and then returns to VIEW_NODE. Returns whether the connection still exists. */
static bool password_seen(struct connection *connection)
{
	const char *file = connection->way->door->settings->audit_file;
	const int node = connection->telnet.vty->node;

	if (!connection->asked || connection->may_enable || node == AUTH_ENABLE_NODE)
		return true;
	if (node == ENABLE_NODE) {
		connection->may_enable = true;
		audit(file, connection->who, "enable, by password");
		return true;
	}
	audit(file, connection->who, "enable: wrong password");
	listener_pause(connection->way->listener);
	connection_close(connection, "wrong password");
	return false;
}

/* Input waits until the output is written, so a client that does not read cannot make our output grow, and until results are printed. */
static void flush(struct connection *connection)
{
	struct osmo_fd *fd = &connection->telnet.fd;

	switch (buffer_flush_all(connection->telnet.vty->obuf, fd->fd)) {
	case BUFFER_EMPTY:
		connection->log_backlog = 0;
		osmo_fd_update_when(fd, 0, connection->waits ? 0 : OSMO_FD_READ);
		break;
	case BUFFER_PENDING:
		osmo_fd_update_when(fd, 0, OSMO_FD_WRITE);
		break;
	case BUFFER_ERROR:
		connection_close(connection, "the connection failed");
		break;
	}
}

static int on_ready(struct osmo_fd *fd, unsigned int what)
{
	struct connection *connection = fd->data;
	const char *why;

	if (what & OSMO_FD_READ && !connection->waits) {	/* a hang-up may come although we do not wait for input */
		why = intruder(connection);
		if (why) {
			connection_close(connection, why);
			return 0;
		}
		idle_restart(connection);
		if (vty_read(connection->telnet.vty) < 0 || !password_seen(connection))
			return 0;
		if (connection->telnet.dbg)
			connection->telnet.dbg->output = log_output;
	}
	flush(connection);
	return 0;
}

/* Identify the peer, and whether the local socket allows it to enable. */
static void identify(struct connection *connection, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	char address[INET6_ADDRSTRLEN], port[8];

	if (!connection->way->local) {
		if (osmo_sock_get_ip_and_port(fd, address, sizeof(address), port, sizeof(port), false) == 0)
			snprintf(connection->who, sizeof(connection->who), "vty %s port %s", address, port);
		else
			strcpy(connection->who, "vty of an unknown address");
		return;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0) {
		strcpy(connection->who, "vty of an unknown user");
		return;
	}
	connection->may_enable = peer.uid == 0 || peer.uid == geteuid();
	snprintf(connection->who, sizeof(connection->who), "vty uid %u pid %d", peer.uid, peer.pid);
}

/* The VTY gets its own descriptor: libosmovty closes it and ours, and a descriptor closed twice may already belong to something else. */
static void accepted(void *user, int fd)
{
	struct vty_listener *way = user;
	struct connection *connection = talloc_zero(way->door, struct connection);
	const int twin = dup(fd);

	OSMO_ASSERT(connection);
	connection->way = way;
	if (twin < 0) {
		close(fd);
		listener_release(way->listener);
		talloc_free(connection);
		return;
	}
	talloc_set_destructor(connection, connection_destruct);
	identify(connection, fd);
	osmo_timer_setup(&connection->idle, idle, connection);
	connection->user = (struct vty_user){ way->door->server, connection->who, wait_begin, answered };
	connection->telnet.priv = &connection->user;
	llist_add_tail(&connection->telnet.entry, &way->door->connections);
	osmo_fd_setup(&connection->telnet.fd, fd, OSMO_FD_READ, on_ready, connection, 0);
	OSMO_ASSERT(osmo_fd_register(&connection->telnet.fd) == 0);
	connection->telnet.vty = vty_create(twin, &connection->telnet);
	idle_restart(connection);
}

/* ---- life ---- */

static int password_read(struct vty_door *door)
{
	const char *path = door->settings->password_file;
	int rc = conf_secret_read(path, door->password, sizeof(door->password));

	if (rc) {
		LOGP(DMAIN, LOGL_ERROR, "VTY: password file %s: %s\n", path, conf_secret_problem(rc));
		return rc;
	}
	if (strlen(door->password) < VTY_PASSWORD_MIN) {
		LOGP(DMAIN, LOGL_ERROR, "VTY: the password in %s has fewer than %d characters\n", path, VTY_PASSWORD_MIN);
		return -EINVAL;
	}
	host.enable = door->password;
	return 0;
}

static void way_init(struct vty_listener *way, struct vty_door *door, bool local)
{
	way->door = door;
	way->local = local;
	way->settings = (struct listener_settings){
		.name = local ? "VTY" : "VTY over TCP", .category = DMAIN, .accepted = accepted, .user = way,
		.connections_max = door->settings->connections_max,
	};
}

static int ways_open(struct vty_door *door)
{
	const struct vty_settings *settings = door->settings;
	const char *where = settings->socket;
	int rc = 0;

	if (where && *where)
		rc = listener_unix(door, &door->local.settings, where, &door->local.listener);
	if (!rc && settings->address && settings->port) {
		where = settings->address;
		rc = settings->password_file ? password_read(door) : 0;
		if (!rc)
			rc = listener_tcp(door, &door->tcp.settings, where, settings->port, &door->tcp.listener);
	}
	if (rc)
		LOGP(DMAIN, LOGL_ERROR, "VTY: cannot listen on %s (vty_socket, or vty_address and vty_port): %s\n", where, strerror(-rc));
	else if (settings->address && settings->port)
		LOGP(DMAIN, LOGL_ERROR, "warning: the VTY listens on TCP %s port %u: every user who can reach it sees its output\n",
		     settings->address, settings->port);
	return rc;
}

int vty_door_new(void *ctx, const struct vty_settings *settings, struct server *server, struct vty_door **out)
{
	static struct vty_app_info info = {
		.name = "Starhash", .version = PACKAGE_VERSION,
		.copyright = "License AGPLv3+: GNU AGPL version 3 or later\r\n",
	};
	struct vty_door *door = talloc_zero(ctx, struct vty_door);
	int rc;

	OSMO_ASSERT(door);
	info.tall_ctx = ctx;
	door->settings = settings;
	door->server = server;
	INIT_LLIST_HEAD(&door->connections);
	way_init(&door->local, door, true);
	way_init(&door->tcp, door, false);
	if (!host.app_info) {
		vty_init(&info);
		nodes_fill(server);
	}
	rc = ways_open(door);
	if (!rc)
		*out = door;
	else
		vty_door_free(door);
	return rc;
}

void vty_door_free(struct vty_door *door)
{
	struct connection *connection, *next;

	if (!door)
		return;
	listener_free(door->local.listener);
	listener_free(door->tcp.listener);
	door->local.listener = door->tcp.listener = NULL;
	llist_for_each_entry_safe(connection, next, &door->connections, telnet.entry)
		terminal_close(connection->telnet.vty);
	host.enable = NULL;
	explicit_bzero(door->password, sizeof(door->password));
	talloc_free(door);
}
