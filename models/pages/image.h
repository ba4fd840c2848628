/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_IMAGE_H
#define KMSIM_MODELS_PAGES_IMAGE_H

/*
 * Zone images: the complete state of the pages model as JSON, docs/zone-image.md. image_write.c
 * writes it, image_read.c reads it, and image.c has what both must agree on.
 */

#include "models/pages/pages.h"

#define IMAGE_VERSION 1

/* Kinds of allocated pages, by the words that images have for them. */
struct image_kind {
	const char *name; /* NULL: the end */
	enum page_use use;
	bool compound; /* of an order, which follows the kind */
};

extern const struct image_kind image_kinds[];

/* A number that images have by name. */
struct image_field {
	const char *name; /* NULL: the end */
	size_t offset;
	enum {
		FIELD_U64,
		FIELD_UNSIGNED,
		FIELD_BOOL
	} type;
	uint64_t max;
};

extern const struct image_field image_zone_fields[];  /* of struct zone */
extern const struct image_field image_model_fields[]; /* of struct pages */

uint64_t image_field_get(const struct image_field *field, const void *base);
void image_field_set(const struct image_field *field, void *base, uint64_t value);

/* Letters of enum list_type. */
extern const char image_type_letters[];

/* See image and restore of struct model_ops. */
char *pages_image(void *data);
bool pages_restore(void *data, const char *text, const char *name, GError **error);

/*
 * Seeds on an image name blocks that are there: give them their objects. NULL, or a message (to be
 * freed) about the first that names none.
 */
char *image_adopt_seeds(struct pages *model, const GArray *seeds);

#endif
