/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Transcripts: dialogs as text files that also serve as tests. menus/README.md describes them. */
#pragma once

#include <stdio.h>

#include "tool/simulator/simulator.h"

struct transcript_settings {
	struct simulator_settings simulator;
	const uint8_t *pepper;		/* of simulator.pepper_file */
	FILE *record;			/* write the actual transcript here and compare nothing; NULL: compare */
};

/* Play \a path once. Returns 0, or -EINVAL after printing the differences, or errors in the file, to stderr. */
int transcript_play(const char *path, const struct transcript_settings *settings);
