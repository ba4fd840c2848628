/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_BASE_RESOURCE_H
#define KMSIM_BASE_RESOURCE_H

#include <glib.h>
#include <jansson.h>

/* The file @path that is part of the program ("/kmsim/plots/style.gp"); NULL if there is none. */
GBytes *resource_lookup(const char *path);

/*
 * The JSON document @name: a file if it has a '/' or ends in .json, else @name.json among the
 * resources in @dir ("/kmsim/models/cpu/"). @what is what messages call such a thing. NULL with
 * the error set: KMSIM_ERROR_USAGE for an unknown name (lists the known ones), KMSIM_ERROR_INPUT
 * "FILE:LINE: cause", KMSIM_ERROR_IO. *digest is the SHA-256 of its text, hexadecimal, to be freed;
 * may be NULL.
 */
json_t *resource_json(const char *dir, const char *what, const char *name, char **digest,
		      GError **error);

/* Names of the JSON documents in @dir, without .json, NULL-terminated, sorted. g_strfreev(). */
char **resource_json_names(const char *dir);

#endif
