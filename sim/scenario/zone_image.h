/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_SCENARIO_ZONE_IMAGE_H
#define KMSIM_SCENARIO_ZONE_IMAGE_H

/* A zone image as a file (docs/zone-image.md): what a run needs of it before there is a model. */

#include "sim/machine/memory_map.h"

/* The text of the file @path, unpacked. NULL with the error set (KMSIM_ERROR_IO, _INPUT). */
char *zone_image_load(const char *path, GError **error);

/*
 * The memory map that the image @text, called @path, is of. Where @expected says what memory there
 * is (NULL: nothing does), its zones must be the same. NULL with the error set (KMSIM_ERROR_INPUT).
 */
struct memory_map *zone_image_memory(const char *text, const char *path,
				     const struct memory_map *expected, GError **error);

#endif
