/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_VMAP_RANGE_H
#define KMSIM_MODELS_VMAP_VMAP_RANGE_H

#include <stdint.h>

struct vmap_range {
	uint64_t start, end; /* [start, end) */
};

struct vmap_request {
	uint64_t size, align, vstart, vend;
};

/* Bytes of a struct vmap_area: payload of v4.x and v5.x on 64-bit, slab object at least that. */
#define VMAP_AREA_BYTES 96

#endif
