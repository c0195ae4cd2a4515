/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The sample billing system of contrib/billing as a child process of a test, with one subscriber. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

#include "tests/billing/sample.h"
#include "tests/cmocka.h"

#define PROGRAM FIXTURES "/../contrib/billing/billing.py"
#define COMMAND_MAX 16

static const char subscriber[] =
	"{\"msisdn\":\"" SAMPLE_MSISDN "\",\"imsi\":\"" SAMPLE_IMSI "\",\"account\":\"prepaid\",\"brand\":\"young\","
	"\"status\":\"active\",\"language\":\"en\",\"balance\":1250,\"valid_until\":\"2027-12-31\",\"points\":17,"
	"\"bills\":[{\"month\":\"2026-10\",\"total\":1234,\"lines\":[{\"item\":\"rent\",\"amount\":1234}]}],"
	"\"points_entries\":[{\"date\":\"2026-01-05\",\"change\":17,\"reason\":\"earned\"}],"
	"\"subscriptions\":[{\"service\":\"NEWS\",\"since\":\"2025-03-01\"}]}\n";

const char *sample_file(const struct sample *sample, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", sample->folder, name);
	return path;
}

static void file_write(const struct sample *sample, const char *name, const char *text)
{
	FILE *file = fopen(sample_file(sample, name), "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(sample_file(sample, name), 0600), 0);
}

/* Runs in the folder, with standard output to \a out. */
static pid_t run(const struct sample *sample, const char *const *command, int out)
{
	const pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (chdir(sample->folder) == 0 && dup2(out, STDOUT_FILENO) >= 0)
		execvp(command[0], (char *const *)command);
	_exit(127);
}

static void certificate_make(const struct sample *sample)
{
	static const char *const command[] = { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=billing",
		"-addext", "subjectAltName=IP:127.0.0.1", NULL };
	int status;

	assert_int_equal(waitpid(run(sample, command, STDERR_FILENO), &status, 0) < 0, 0);
	assert_int_equal(status, 0);
}

static void port_read(struct sample *sample, int in)
{
	FILE *lines = fdopen(in, "r");
	char line[128];

	while (!sample->port && fgets(line, sizeof(line), lines))
		sscanf(line, "listening on 127.0.0.1 port %u", &sample->port);
	fclose(lines);
	assert_int_not_equal(sample->port, 0);
}

void sample_start(struct sample *sample, bool secure)
{
	const char *command[COMMAND_MAX] = { "python3", PROGRAM, "--port", "0", "--subscribers", "subscribers", "--hmac-file",
					     "hmac", "--token-file", "token", "--cert", "cert.pem", "--key", "key.pem" };
	int ends[2];

	*sample = (struct sample){ .folder = "/tmp/billing_test.XXXXXX" };
	assert_non_null(mkdtemp(sample->folder));
	file_write(sample, "subscribers", subscriber);
	file_write(sample, "token", "sesame\n");
	file_write(sample, "wrong-token", "simsim\n");
	file_write(sample, "hmac", "shared key\n");
	if (secure)
		certificate_make(sample);
	else
		command[8] = NULL;
	assert_int_equal(pipe(ends), 0);
	sample->pid = run(sample, command, ends[1]);
	close(ends[1]);
	port_read(sample, ends[0]);
}

void sample_stop(struct sample *sample)
{
	static const char *const files[] = { "subscribers", "token", "wrong-token", "hmac", "cert.pem", "key.pem", "billing.db",
					     "billing.db-wal", "billing.db-shm" };

	kill(sample->pid, SIGKILL);
	waitpid(sample->pid, NULL, 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		unlink(sample_file(sample, files[i]));
	assert_int_equal(rmdir(sample->folder), 0);
}

int sample_setup(void **state)
{
	struct sample *sample = malloc(sizeof(*sample));

	assert_non_null(sample);
	sample_start(sample, false);
	*state = sample;
	return 0;
}

int sample_teardown(void **state)
{
	sample_stop(*state);
	free(*state);
	return 0;
}

/* ---- requests to it ---- */

static size_t keep(char *data, size_t one, size_t len, void *user)
{
	return fwrite(data, 1, len, user);
}

/* Its answer; the caller frees it. Blocks, so only for times when we have no request open. */
static char *talk(const struct sample *sample, const char *path, const char *put)
{
	CURL *easy = curl_easy_init();
	char url[128], *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", sample->port, path);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, out);
	if (put) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, put);
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PUT");
	}
	assert_int_equal(curl_easy_perform(easy), CURLE_OK);
	curl_easy_cleanup(easy);
	fclose(out);
	return text;
}

void sample_put(const struct sample *sample, const char *path, const char *json)
{
	free(talk(sample, path, json));
}

void sample_fault(const struct sample *sample, const char *json)
{
	sample_put(sample, "/v1/faults", json);
}

unsigned int sample_count(const struct sample *sample, const char *path, const char *text)
{
	char *answer = talk(sample, path, NULL);
	unsigned int count = 0;

	for (const char *at = answer; (at = strstr(at, text)); at++)
		count++;
	free(answer);
	return count;
}
