/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Runs a fuzz target without libFuzzer: replay_NAME [-n COUNT] [FILE or FOLDER]…
 *
 * First every named file (by default the folder tests/fuzz/corpus/NAME of the sources), then COUNT (100,000) inputs
 * made from those files at random, the same each time. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX 4096
#define CORPUS_MAX 256

struct corpus {
	struct seed {
		uint8_t *data;
		size_t size;
	} seeds[CORPUS_MAX];
	size_t count;
};

/* The target gets a block of exactly that size, so that a sanitizer sees every read beyond it. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);

	MUST(exact);
	memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static void file_load(struct corpus *corpus, const char *path)
{
	struct seed *seed = &corpus->seeds[corpus->count];
	FILE *file = fopen(path, "rb");

	if (!file || corpus->count == CORPUS_MAX) {
		fprintf(stderr, "%s: %s\n", path, file ? "too many files" : strerror(errno));
		exit(1);
	}
	seed->data = malloc(FILE_MAX);
	MUST(seed->data);
	seed->size = fread(seed->data, 1, FILE_MAX, file);
	corpus->count++;
	fclose(file);
	run(seed->data, seed->size);
}

static void path_load(struct corpus *corpus, const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);
	char file[4096];

	if (count < 0) {
		file_load(corpus, path);
		return;
	}
	for (int i = 0; i < count; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			file_load(corpus, file);
		free(entries[i]);
	}
	free(entries);
}

/* "…/replay_text" has its corpus in the sources under tests/fuzz/corpus/text. */
static void own_load(struct corpus *corpus, const char *program)
{
	const char *name = strrchr(program, '_'), *sources = getenv("srcdir");
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", sources ? sources : ".", name ? name + 1 : "");
	path_load(corpus, path);
}

/* xorshift64: the same inputs on every machine. */
static uint32_t chance(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 32);
}

/* One input: random octets, or a file of the corpus with some octets changed and perhaps truncated. */
static size_t input_make(const struct corpus *corpus, uint64_t *state, uint8_t *out)
{
	size_t size = chance(state) % 300, changes = chance(state) % 8;
	const struct seed *seed;

	if (corpus->count == 0 || chance(state) % 2) {
		for (size_t i = 0; i < size; i++)
			out[i] = (uint8_t)chance(state);
		return size;
	}
	seed = &corpus->seeds[chance(state) % corpus->count];
	memcpy(out, seed->data, seed->size);
	for (size_t i = 0; i < changes && seed->size > 0; i++)
		out[chance(state) % seed->size] = (uint8_t)chance(state);
	return size % 4 ? seed->size : size % (seed->size + 1);
}

static void chances_run(const struct corpus *corpus, unsigned long count)
{
	uint64_t state = 0x5eed;
	uint8_t input[FILE_MAX];

	while (count-- > 0) {
		size_t size = input_make(corpus, &state, input);

		run(input, size);
	}
}

int main(int argc, char **argv)
{
	static struct corpus corpus;
	unsigned long count = 100000;
	int option;

	while ((option = getopt(argc, argv, "n:")) != -1) {
		if (option != 'n')
			return 1;
		count = strtoul(optarg, NULL, 10);
	}
	if (optind == argc)
		own_load(&corpus, argv[0]);
	for (; optind < argc; optind++)
		path_load(&corpus, argv[optind]);
	chances_run(&corpus, count);
	printf("%zu files and %lu inputs of chance: nothing broken\n", corpus.count, count);
	while (corpus.count > 0)
		free(corpus.seeds[--corpus.count].data);
	return 0;
}
