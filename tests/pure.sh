#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Checks the pure line: all of libpure.a links with libc alone, and uses nothing of libc that does I/O, logs, waits or
# reads the time. Runs in the build folder; CC and CFLAGS (sanitizers) come from "make check".
set -eu

: "${CC:=cc}" "${CFLAGS:=}"
archive=${1:-libpure.a}
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

# Functions of libc that pure code must not use, also under the names that _FORTIFY_SOURCE gives them.
forbidden='(f|v|vf|d|vd)?printf|puts|fputs|putchar|fputc|putc|fwrite|perror|psignal|stderr|stdout|stdin|f?scanf|fread'
forbidden="$forbidden|fgets|getline|getchar|f(d|re)?open|popen|system|syslog|vsyslog|open(at|dir)?(64)?|creat|read|write"
forbidden="$forbidden|readv|writev|pread|pwrite|unlink|rename|stat|socket|connect|accept4?|bind|listen|send(to|msg)?"
forbidden="$forbidden|recv(from|msg)?|select|poll|epoll_.*|ioctl|time|clock|clock_gettime|gettimeofday|localtime(_r)?|sleep"
forbidden="$forbidden|usleep|nanosleep|timer_.*|signal|sigaction|fork|exec.*|pthread_.*|dlopen|getenv|secure_getenv|rand|random"
forbidden="$forbidden|getrandom|arc4random.*|err|errx|warn|warnx|error"

# Links all members of an archive; every symbol must be found in libc.
links_alone() {
	# shellcheck disable=SC2086
	$CC $CFLAGS -o "$temp/whole" "$temp/main.c" -Wl,--no-undefined -Wl,--no-as-needed \
		-Wl,--whole-archive "$1" -Wl,--no-whole-archive >"$temp/log" 2>&1
}

takes_nothing() {
	nm -u "$1" | awk '{ print $NF }' | sed -E 's/^__isoc99_//; s/^__(.*)_chk$/\1/; s/@.*//' |
		grep -E -x "$forbidden" | sort -u >"$temp/log"
	[ ! -s "$temp/log" ]
}

pure() {
	links_alone "$1" && takes_nothing "$1"
}

# A line of code that crosses the pure line must be refused.
refused() {
	printf '%s\n' "$1" >"$temp/bad.c"
	# shellcheck disable=SC2086
	$CC $CFLAGS -w -c -o "$temp/bad.o" "$temp/bad.c"
	rm -f "$temp/bad.a"
	ar cr "$temp/bad.a" "$temp/bad.o"
	if pure "$temp/bad.a"; then
		echo "pure.sh: did not refuse: $1" >&2
		exit 1
	fi
}

echo 'int main(void) { return 0; }' >"$temp/main.c"
if ! pure "$archive"; then
	echo "pure.sh: $archive needs more than libc's memory and string functions:" >&2
	cat "$temp/log" >&2
	exit 1
fi

refused 'void talloc_free(void *p); void f(void *p) { talloc_free(p); }'
refused 'int sqlite3_open(const char *, void **); int f(void *p) { return sqlite3_open("x", p); }'
refused '#include <stdio.h>
void f(int i) { printf("%d\n", i); }'
refused '#include <stdio.h>
void f(void) { fputs("x", stderr); }'
refused '#include <time.h>
long f(void) { return time(NULL); }'
refused '#include <unistd.h>
long f(const char *p) { return write(1, p, 1); }'
refused '#include <pthread.h>
int f(pthread_mutex_t *m) { return pthread_mutex_lock(m); }'
echo "pure.sh: $archive links with libc alone"
