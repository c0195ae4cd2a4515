/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Transcripts: dialogs as text files that are tests at once. menus/README.md tells what may stand in them. */
#pragma once

#include <stdio.h>

#include "tool/simulator/simulator.h"

struct transcript_settings {
	struct simulator_settings simulator;
	const uint8_t *pepper;		/* of simulator.pepper_file */
	FILE *record;			/* write the transcript here as it really went, and compare nothing; NULL: compare */
};

/* Play \a path once. Returns 0, or -EINVAL after telling what differs, or what is wrong with the file, on stderr. */
int transcript_play(const char *path, const struct transcript_settings *settings);
