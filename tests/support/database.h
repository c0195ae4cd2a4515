/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A database file with the fixture's accounts, and a disk that can be made to look slow. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "starhash/stored.h"

#define DATABASE_NAME_SIZE 64

/* Creates one in its own folder; returns \a file, which gets its name. */
const char *database_fixture(char file[static DATABASE_NAME_SIZE]);

/* Runs one statement as another process would. Returns the first column of its first row; -1: no row. */
int64_t database_number(const char *file, const char *sql);

/* Removes file and folder. */
void database_unlink(const char *file);

/* While set, non-blocking reads find nothing in the page cache. */
extern bool disk_would_block;
