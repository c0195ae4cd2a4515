/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sockets that connect in the background, a buffer that grows up to a limit, and jittered waiting times. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <osmocom/core/sockaddr_str.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "channel/link_io.h"

#define OUTPUT_START (64 * 1024)
#define FAULT_LOG_S 60
#define LINK_LINES 12		/* some ups and downs with their reasons */
#define LINK_LINES_S 60

int link_address_read(const char *address, uint16_t port, struct sockaddr_storage *out)
{
	struct osmo_sockaddr_str string;

	if (osmo_sockaddr_str_from_str(&string, address, port) < 0)
		return -EINVAL;
	return osmo_sockaddr_str_to_sockaddr(&string, out) < 0 ? -EINVAL : 0;
}

static int socket_open(int family)
{
	int on = 1, fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

int link_connect(struct osmo_fd *fd, const struct sockaddr_storage *address)
{
	socklen_t len = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

	fd->fd = socket_open(address->ss_family);
	if (fd->fd < 0)
		return fd->fd;
	fd->when = OSMO_FD_WRITE;
	if (osmo_fd_register(fd) < 0) {
		close(fd->fd);
		return -EIO;
	}
	if (connect(fd->fd, (const struct sockaddr *)address, len) < 0 && errno != EINPROGRESS)
		return -errno;
	return 0;
}

const char *link_connect_result(const struct osmo_fd *fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	getsockopt(fd->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error ? strerror(error) : NULL;
}

int output_reserve(void *ctx, struct output *out, size_t len)
{
	size_t used = out->tail - out->head, size = out->size ? out->size : OUTPUT_START;

	if (out->tail + len <= out->size)
		return 0;
	if (used + len > OUTPUT_MAX)
		return -ENOBUFS;
	if (out->head) {
		memmove(out->data, out->data + out->head, used);
		out->head = 0;
		out->tail = used;
	}
	while (size < used + len)
		size *= 2;
	if (size == out->size)
		return 0;
	out->data = talloc_realloc(ctx, out->data, uint8_t, size);
	OSMO_ASSERT(out->data);
	out->size = size;
	return 0;
}

int64_t link_now_ms(void)
{
	struct timespec now;

	osmo_clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

uint64_t link_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		abort();
	return seed;
}

unsigned int backoff_ms(unsigned int min, unsigned int max, unsigned int attempts)
{
	unsigned int ms = attempts < 16 && min << attempts < max ? min << attempts : max;
	unsigned int random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = ms / 4;
	return ms - ms / 4 + random % (ms / 2 + 1);
}

void link_state_enter(struct osmo_fsm_inst *fi, struct osmo_timer_list *timer, uint32_t state, unsigned int ms)
{
	osmo_timer_del(timer);
	if (ms)
		osmo_timer_schedule(timer, ms / 1000, ms % 1000 * 1000);
	osmo_fsm_inst_state_chg(fi, state, 0, 0);
}

struct rate_ctr_group *link_counters_new(void *ctx, const struct rate_ctr_group_desc *desc, const char *name)
{
	struct rate_ctr_group *group;
	unsigned int index = 0;

	while (rate_ctr_get_group_by_name_idx(desc->group_name_prefix, index))
		index++;
	group = rate_ctr_group_alloc(ctx, desc, index);
	OSMO_ASSERT(group);
	rate_ctr_group_set_name(group, name);
	return group;
}

void link_fault(struct rate_ctr_group *counters, unsigned int counter, struct log_limit *limits, int category,
		const char *number)
{
	char masked[MASKED_SIZE];
	unsigned int suppressed;

	rate_ctr_inc2(counters, counter);
	if (log_allowed(&limits[counter], FAULT_LOG_S, &suppressed))
		LOGP(category, LOGL_NOTICE, "%s: %s (%s, %u more since the last such line)\n", counters->name,
		     counters->desc->ctr_desc[counter].description, log_masked(number, masked), suppressed);
}

bool link_may_log(struct log_limit *lines, int category, const char *name)
{
	unsigned int suppressed;

	if (!log_burst(lines, LINK_LINES, LINK_LINES_S, &suppressed))
		return false;
	if (suppressed)
		LOGP(category, LOGL_NOTICE, "%s: %u lines of the link's coming and going were left out\n", name, suppressed);
	return true;
}
