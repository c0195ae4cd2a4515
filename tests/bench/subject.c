/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The process under test: started on its own processor, observed from outside, stopped. */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"

#define DEFAULT_SLACK_NS 50000
#define REST_NS 100000000
#define REST_PIECES 12			/* in a row: what begins a second after the start is awaited, too */
#define REST_PIECES_MAX 150		/* then it is measured as it is, before its link notices our silence */

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

pid_t child_new(void)
{
	const pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static pid_t keep_awake(int cpu)
{
	const struct sched_param none = { 0 };
	const pid_t parent = getpid(), pid = child_new();

	if (pid)
		return pid;
	pin_to(cpu);
	if (sched_setscheduler(0, SCHED_IDLE, &none) < 0)
		err(1, "scheduler");
	while (getppid() == parent)
		for (volatile unsigned int i = 0; i < 1000000; i++)
			;
	_exit(0);
}

void awake_start(struct awake *awake)
{
	for (int i = 0; i < CPUS; i++)
		awake->pids[i] = keep_awake(i);
}

void awake_stop(const struct awake *awake)
{
	for (int i = 0; i < CPUS; i++) {
		kill(awake->pids[i], SIGKILL);
		waitpid(awake->pids[i], NULL, 0);
	}
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

static pid_t process_start(char *const *argv, int cpu, bool loud)
{
	const pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		err(1, "cannot start %s", argv[0]);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)	/* ended before it could report */
		exit(1);
	/* not the generator's own */
	prctl(PR_SET_TIMERSLACK, DEFAULT_SLACK_NS);
	setpriority(PRIO_PROCESS, 0, 0);
	if (cpu >= 0)
		pin_to(cpu);
	if (!loud)
		silence();
	execvp(argv[0], argv);
	err(1, "%s", argv[0]);
}

void subject_start(struct subject *subject, int cpu, bool loud)
{
	subject->pid = process_start(subject->argv, cpu, loud);
	if (!subject->helper)
		return;
	sleep(2);	/* Kannel's smsbox ends if it cannot connect at once */
	subject->helper_pid = process_start(subject->helper, cpu, loud);
}

static void process_stop(const struct subject *subject, pid_t pid)
{
	kill(pid, SIGTERM);
	if (waitpid(pid, NULL, 0) < 0)
		err(1, "%s does not stop", subject->name);
}

void subject_stop(struct subject *subject)
{
	if (subject->helper)
		process_stop(subject, subject->helper_pid);
	process_stop(subject, subject->pid);
	subject->pid = subject->helper_pid = 0;
}

void subject_kill(struct subject *subject)
{
	kill(subject->pid, SIGKILL);
	if (waitpid(subject->pid, NULL, 0) < 0)
		err(1, "%s", subject->name);
	subject->pid = 0;
}

static uint64_t process_cpu_ns(const struct subject *subject, pid_t pid)
{
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock))
		errx(1, "%s is no more", subject->name);
	return clock_read(clock);
}

uint64_t subject_cpu_ns(const struct subject *subject)
{
	return process_cpu_ns(subject, subject->pid) +
	       (subject->helper ? process_cpu_ns(subject, subject->helper_pid) : 0);
}

void subject_rest(const struct subject *subject)
{
	uint64_t used = subject_cpu_ns(subject), before;

	for (unsigned int pieces = 0, all = 0; pieces < REST_PIECES && all < REST_PIECES_MAX; pieces++, all++) {
		nanosleep(&(struct timespec){ .tv_nsec = REST_NS }, NULL);
		before = used;
		used = subject_cpu_ns(subject);
		if (used - before > REST_NS / 20)
			pieces = 0;
	}
}

uint64_t process_waited_ns(pid_t pid)
{
	unsigned long long ran, waited;
	char name[64];
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/schedstat", (int)pid);
	file = fopen(name, "r");
	if (!file || fscanf(file, "%llu %llu", &ran, &waited) != 2)
		err(1, "%s", name);
	fclose(file);
	return waited;
}

static uint64_t status_octets(const struct subject *subject, const char *format)
{
	unsigned long long kibi = 0;
	char line[128];
	FILE *file;

	snprintf(line, sizeof(line), "/proc/%d/status", (int)subject->pid);
	file = fopen(line, "r");
	if (!file)
		err(1, "%s", line);
	while (fgets(line, sizeof(line), file) && sscanf(line, format, &kibi) != 1)
		;
	fclose(file);
	return kibi * 1024;
}

uint64_t subject_memory(const struct subject *subject)
{
	return status_octets(subject, "VmRSS: %llu");
}

uint64_t subject_memory_peak(const struct subject *subject)
{
	return status_octets(subject, "VmHWM: %llu");
}
