/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The process under test: started on a processor of its own, watched from outside, stopped. */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"

static uint64_t clock_read(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) < 0)
		err(1, "cannot read a clock");
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t clock_ns(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		err(1, "cannot run on processor %d", cpu);
}

static void silence(void)
{
	int nothing = open("/dev/null", O_RDWR);

	if (nothing < 0)
		err(1, "/dev/null");
	dup2(nothing, STDOUT_FILENO);
	dup2(nothing, STDERR_FILENO);
	close(nothing);
}

void subject_start(struct subject *subject, int cpu, bool loud)
{
	const pid_t parent = getpid();

	subject->pid = fork();
	if (subject->pid < 0)
		err(1, "cannot start %s", subject->name);
	if (subject->pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)	/* gone before it could tell us */
		exit(1);
	pin_to(cpu);
	if (!loud)
		silence();
	execvp(subject->argv[0], subject->argv);
	err(1, "%s", subject->argv[0]);
}

void subject_stop(struct subject *subject)
{
	kill(subject->pid, SIGTERM);
	if (waitpid(subject->pid, NULL, 0) < 0)
		err(1, "%s does not stop", subject->name);
	subject->pid = 0;
}

uint64_t subject_cpu_ns(const struct subject *subject)
{
	clockid_t clock;

	if (clock_getcpuclockid(subject->pid, &clock))
		errx(1, "%s is no more", subject->name);
	return clock_read(clock);
}

uint64_t subject_memory(const struct subject *subject)
{
	unsigned long long kibi = 0;
	char line[128];
	FILE *file;

	snprintf(line, sizeof(line), "/proc/%d/status", (int)subject->pid);
	file = fopen(line, "r");
	if (!file)
		err(1, "%s", line);
	while (fgets(line, sizeof(line), file) && sscanf(line, "VmRSS: %llu", &kibi) != 1)
		;
	fclose(file);
	return kibi * 1024;
}
