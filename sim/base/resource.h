/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_BASE_RESOURCE_H
#define KMSIM_BASE_RESOURCE_H

#include <glib.h>

/* The file @path that is part of the program ("/kmsim/plots/style.gp"); NULL if there is none. */
GBytes *resource_lookup(const char *path);

#endif
