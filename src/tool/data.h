/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The commands of starhash-data. */
#pragma once

#include <stdbool.h>

struct data_options {
	const char *file;
	const char *number;		/* show: whose account */
	const char *pepper;		/* NULL: the file's name with ".pepper" */
	unsigned int subscribers;
	bool force;
};

/* Each returns the program's exit status after saying on standard error what went wrong. */
int data_sample(const struct data_options *options);
int data_show(const struct data_options *options);
int data_check(const struct data_options *options);
int data_rotate_key(const struct data_options *options);
