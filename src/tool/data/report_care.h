/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once

#include "tool/report/report.h"

struct data_options;

/* Fill report->care from the database of the options. Returns the exit status, after printing any error. */
int report_care_read(struct report *report, const struct data_options *options);
