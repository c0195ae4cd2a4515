/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a flood of events over HTTP delays dialled dialogs, and whether each event that was answered 202 is stored. Senders of batches keep
 * their connections to the door's UNIX socket: first each sends as soon as it is answered, which shows how many events the server takes,
 * and then they send four times as many. A refused batch is sent again, as it was. They are a process of their own with a lower priority
 * than the readers, as in flood.c. */
#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "bench/bench.h"
#include "tool/data/invented.h"

#define WARM_UP 1.0
#define DIALOGS_MAX 1000
#define BATCH 100			/* events */
#define BATCHES_MAX 1000000
#define CONNECTIONS 90			/* the door has 100 */
#define FEW 16				/* of them, when each sends as soon as it is answered */
#define TIMES 4
#define BODY_SIZE (BATCH * 200)
#define READERS_NICE (-10)
#define SENDER_NICE 10

enum batch_state { BATCH_NEW, BATCH_REFUSED, BATCH_ACCEPTED };

/* Between the two processes. */
struct tally {
	atomic_bool sends;
	atomic_uint connections;	/* to use */
	atomic_uint rate;		/* batches a second; 0: each connection as fast as it can */
	atomic_uint offered, unoffered, accepted, busy, unavailable, others, open;	/* batches; unoffered: no connection was free */
	atomic_uint batches;		/* begun */
	uint8_t states[BATCHES_MAX];
};

/* ---- the sender ---- */

struct connection {
	int fd;
	bool open;			/* a batch is not answered */
	unsigned int batch;
	size_t len;
	char in[64 * 1024];
};

struct sender {
	struct tally *tally;
	const char *socket;
	uint64_t first;			/* number of the first subscriber */
	unsigned int people;
	int64_t time;			/* of all events: a batch must not change */
	uint64_t due;
	unsigned int refused[BATCHES_MAX], refused_begin, refused_end;	/* to be sent again: a ring */
	struct connection connections[CONNECTIONS];
};

static int connect_to(const char *socket_name)
{
	struct sockaddr_un there = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(there.sun_path, sizeof(there.sun_path), "%s", socket_name);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&there, sizeof(there)) < 0)
		err(1, "%s", socket_name);
	return fd;
}

static size_t body_make(const struct sender *sender, unsigned int batch, char body[static BODY_SIZE])
{
	static const char *const kinds[] = {
		"\"payment\",\"amount\":5000", "\"balance_low\",\"balance\":300",
		"\"purchase\",\"amount\":200,\"purchased_by\":\"web\",\"fee_shown\":\"yes\",\"service\":\"NEWS\"",
	};
	size_t len = (size_t)snprintf(body, BODY_SIZE, "{\"events\":[");

	for (unsigned int i = 0; i < BATCH; i++) {
		const unsigned int number = batch * BATCH + i;

		len += (size_t)snprintf(body + len, BODY_SIZE - len, "%s{\"id\":\"%u\",\"number\":\"%llu\",\"time\":%lld,\"event\":%s}",
					i ? "," : "", number, (unsigned long long)(sender->first + number * 7919ull % sender->people),
					(long long)sender->time, kinds[number % 3]);
	}
	return len + (size_t)snprintf(body + len, BODY_SIZE - len, "]}");
}

static unsigned int batch_next(struct sender *sender)
{
	unsigned int batch;

	if (sender->refused_begin != sender->refused_end) {
		batch = sender->refused[sender->refused_begin];
		sender->refused_begin = (sender->refused_begin + 1) % BATCHES_MAX;
		return batch;
	}
	batch = atomic_fetch_add(&sender->tally->batches, 1);
	if (batch >= BATCHES_MAX)
		errx(1, "too many batches");
	return batch;
}

static void batch_send(struct sender *sender, struct connection *connection)
{
	char body[BODY_SIZE], head[160];
	size_t len, done = 0;

	connection->batch = batch_next(sender);
	len = body_make(sender, connection->batch, body);
	snprintf(head, sizeof(head), "POST /v1/events HTTP/1.1\r\nHost: local\r\nContent-Type: application/json\r\n"
		 "Content-Length: %zu\r\n\r\n", len);
	if (send(connection->fd, head, strlen(head), MSG_NOSIGNAL) < 0)
		err(1, "the door does not take a request");
	while (done < len) {
		const ssize_t n = send(connection->fd, body + done, len - done, MSG_NOSIGNAL);

		if (n < 0)
			err(1, "the door does not take a request");
		done += (size_t)n;
	}
	connection->open = true;
	connection->len = 0;
	atomic_fetch_add(&sender->tally->offered, 1);
	atomic_fetch_add(&sender->tally->open, 1);
}

static void answered(struct sender *sender, struct connection *connection, unsigned int status)
{
	struct tally *tally = sender->tally;
	const bool accepted = status == 202;

	connection->open = false;
	atomic_fetch_sub(&tally->open, 1);
	atomic_fetch_add(accepted ? &tally->accepted : status == 429 ? &tally->busy :
			 status == 503 ? &tally->unavailable : &tally->others, 1);
	if (!accepted && status != 429 && status != 503)
		warnx("%.*s", (int)connection->len, connection->in);
	tally->states[connection->batch] = accepted ? BATCH_ACCEPTED : BATCH_REFUSED;
	if (accepted)
		return;
	sender->refused[sender->refused_end] = connection->batch;
	sender->refused_end = (sender->refused_end + 1) % BATCHES_MAX;
}

static void answer_read(struct sender *sender, struct connection *connection)
{
	const ssize_t n = recv(connection->fd, connection->in + connection->len, sizeof(connection->in) - 1 - connection->len, 0);
	const char *body, *length;

	if (n <= 0)
		errx(1, "the door closed a connection");
	connection->len += (size_t)n;
	connection->in[connection->len] = '\0';
	body = strstr(connection->in, "\r\n\r\n");
	length = strcasestr(connection->in, "\r\nContent-Length:");
	if (body && length && connection->len >= (size_t)(body + 4 - connection->in) + strtoul(length + 17, NULL, 10))
		answered(sender, connection, (unsigned int)strtoul(connection->in + 9, NULL, 10));
}

/* A batch that is due while all connections wait for an answer is left out. */
static void batches_send(struct sender *sender)
{
	const unsigned int rate = atomic_load(&sender->tally->rate), count = atomic_load(&sender->tally->connections);
	const uint64_t now = clock_ns();
	unsigned int due = rate ? 0 : count;

	for (; rate && sender->due <= now; due++)
		sender->due += 1000000000 / rate;
	for (unsigned int i = 0; i < count && due; i++) {
		if (sender->connections[i].open)
			continue;
		batch_send(sender, &sender->connections[i]);
		due--;
	}
	atomic_fetch_add(&sender->tally->unoffered, rate ? due : 0);
}

static void sender_live(struct sender *sender, pid_t parent)
{
	struct pollfd links[CONNECTIONS];

	for (unsigned int i = 0; i < CONNECTIONS; i++)
		sender->connections[i].fd = -1;
	while (getppid() == parent) {
		if (!atomic_load(&sender->tally->sends) && !atomic_load(&sender->tally->open)) {
			for (unsigned int i = 0; i < CONNECTIONS; i++) {
				if (sender->connections[i].fd >= 0)
					close(sender->connections[i].fd);
				sender->connections[i].fd = -1;
			}
			sender->due = clock_ns();
			usleep(1000);
			continue;
		}
		for (unsigned int i = 0; i < CONNECTIONS; i++) {
			if (sender->connections[i].fd < 0)
				sender->connections[i].fd = connect_to(sender->socket);
			links[i] = (struct pollfd){ .fd = sender->connections[i].fd, .events = POLLIN };
		}
		if (atomic_load(&sender->tally->sends))
			batches_send(sender);
		poll(links, CONNECTIONS, 1);
		for (unsigned int i = 0; i < CONNECTIONS; i++) {
			if (links[i].revents)
				answer_read(sender, &sender->connections[i]);
		}
	}
}

static pid_t sender_start(struct tally *tally, const struct script *script, const char *socket_name)
{
	const pid_t parent = getpid(), pid = child_new();
	struct sender *sender;
	struct sample first;

	if (pid)
		return pid;
	setpriority(PRIO_PROCESS, 0, SENDER_NICE);
	sender = calloc(1, sizeof(*sender));
	if (!sender)
		err(1, "sender");
	sample_make(&first, 0, false, NULL, 0);
	sender->tally = tally;
	sender->socket = socket_name;
	sender->first = strtoull(first.account.msisdn, NULL, 10);
	sender->people = script->people_count;
	sender->time = time(NULL);
	sender_live(sender, parent);
	_exit(0);
}

/* ---- the readers ---- */

struct run {
	struct load *readers;
	struct tally *tally;
	const struct events_options *options;
};

static void go_on(struct run *run, double seconds)
{
	load_go_on(run->readers, seconds);
}

struct outcome {
	struct figures readers;
	unsigned int offered, unoffered, accepted, busy, unavailable, others;
};

static void counts_read(const struct tally *tally, struct outcome *outcome)
{
	outcome->offered = atomic_load(&tally->offered);
	outcome->unoffered = atomic_load(&tally->unoffered);
	outcome->accepted = atomic_load(&tally->accepted);
	outcome->busy = atomic_load(&tally->busy);
	outcome->unavailable = atomic_load(&tally->unavailable);
	outcome->others = atomic_load(&tally->others);
}

/* \a connections: 0: nothing is sent. */
static void measure(struct run *run, unsigned int connections, unsigned int rate, struct outcome *outcome)
{
	struct outcome before;

	atomic_store(&run->tally->connections, connections);
	atomic_store(&run->tally->rate, rate);
	atomic_store(&run->tally->sends, connections > 0);
	go_on(run, WARM_UP);
	counts_read(run->tally, &before);
	load_measure(run->readers);
	go_on(run, run->options->seconds);
	load_figures(run->readers, &outcome->readers);
	counts_read(run->tally, outcome);
	outcome->offered -= before.offered;
	outcome->unoffered -= before.unoffered;
	outcome->accepted -= before.accepted;
	outcome->busy -= before.busy;
	outcome->unavailable -= before.unavailable;
	outcome->others -= before.others;
	atomic_store(&run->tally->sends, false);
	while (atomic_load(&run->tally->open))
		go_on(run, 0.01);
	go_on(run, WARM_UP);
}

/* ---- the database ---- */

struct stored {
	unsigned int accepted, missing, twice;	/* events answered 202; those that are not stored */
	unsigned int others;			/* stored of batches that were refused */
};

static void stored_read(const struct tally *tally, const char *database, struct stored *stored)
{
	const unsigned int events = atomic_load(&tally->batches) * BATCH;
	uint8_t *times = calloc(events + 1, 1);
	sqlite3_stmt *statement;
	sqlite3 *db;

	if (!times || sqlite3_open_v2(database, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, "SELECT CAST(id AS INTEGER) FROM event WHERE source = 'local'", -1, &statement, NULL) != SQLITE_OK)
		errx(1, "cannot read %s", database);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const int64_t id = sqlite3_column_int64(statement, 0);

		if (id >= 0 && id < events)
			times[id] += times[id] < 2;
	}
	sqlite3_finalize(statement);
	sqlite3_close(db);
	for (unsigned int i = 0; i < events; i++) {
		const bool accepted = tally->states[i / BATCH] == BATCH_ACCEPTED;

		stored->accepted += accepted;
		stored->missing += accepted && !times[i];
		stored->twice += times[i] > 1;
		stored->others += !accepted && times[i];
	}
	free(times);
}

/* ---- the table ---- */

static void print(const struct run *run, const char *beside, const struct outcome *outcome, const struct outcome *quiet)
{
	const double s = run->options->seconds;

	printf("| %-22s | %.0f | %.0f | %u | %u | %.0f | %.1f | %.2f | %.1f | %.2f |\n", beside, outcome->offered * BATCH / s,
	       outcome->accepted * BATCH / s, outcome->busy, outcome->unavailable, outcome->readers.steps_per_s,
	       outcome->readers.median_us, outcome->readers.median_us / quiet->readers.median_us, outcome->readers.last_us,
	       outcome->readers.last_us / quiet->readers.last_us);
}

static void measure_all(struct run *run, struct outcome outcomes[4])
{
	unsigned int rate;

	load_start(run->readers, TALK_READ, DIALOGS_MAX, run->options->readers);
	measure(run, 0, 0, &outcomes[0]);
	measure(run, FEW, 0, &outcomes[1]);
	rate = (unsigned int)(TIMES * outcomes[1].accepted / run->options->seconds) + 1;
	measure(run, CONNECTIONS, rate, &outcomes[2]);
	measure(run, 0, 0, &outcomes[3]);
	load_stop(run->readers);
	while (load_is_open(run->readers))
		go_on(run, 0.01);
	puts("| beside | offered a second | stored | answers 429 | 503 | turns a second | median us | ratio | 99 % us | ratio |\n"
	     "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
	print(run, "nothing", &outcomes[0], &outcomes[0]);
	print(run, "events, 16 senders", &outcomes[1], &outcomes[0]);
	print(run, "events, 4 times these", &outcomes[2], &outcomes[0]);
	print(run, "nothing, after", &outcomes[3], &outcomes[0]);
}

bool events_run(struct wire *wire, const struct script *script, struct subject *server, const struct events_options *options)
{
	struct tally *tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct run run = { .tally = tally, .options = options };
	static struct outcome outcomes[4];
	struct stored stored = { 0 };
	pid_t sender;

	if (tally == MAP_FAILED)
		err(1, "shared memory");
	sender = sender_start(tally, script, options->socket);
	prctl(PR_SET_TIMERSLACK, 1);
	setpriority(PRIO_PROCESS, 0, READERS_NICE);
	run.readers = load_new(wire, script, 0, script->people_count / 2, DIALOGS_MAX);
	measure_all(&run, outcomes);
	subject_stop(server);
	kill(sender, SIGKILL);
	waitpid(sender, NULL, 0);
	stored_read(tally, options->database, &stored);
	printf("\n%u events were answered 202; %u of them are missing in the database, %u are there twice. %u of other batches are "
	       "there.\n", stored.accepted, stored.missing, stored.twice, stored.others);
	load_free(run.readers);
	return stored.accepted && !stored.missing && !stored.twice && !outcomes[1].others && !outcomes[2].others &&
	       (!options->limit || outcomes[2].readers.median_us <= options->limit * outcomes[0].readers.median_us);
}
