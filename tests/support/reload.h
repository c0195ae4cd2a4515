/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reload a server's menu inside a test, and wait for the result. */
#pragma once

#include "starhash/server.h"

/* Returns the result of server_reload(). Adds its problems, without their remedies. */
int reload_now(struct server *server, struct problems *problems);
