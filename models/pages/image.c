// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/image.h"

const struct image_kind image_kinds[] = {
	{"movable", USE_LRU, false},
	{"pinned", USE_LRU_PINNED, false},
	{"failing", USE_LRU_FAILING, false},
	{"huge", USE_COMPOUND_LRU, true},
	{"unmovable", USE_UNMOVABLE, false},
	{"reclaimable", USE_RECLAIMABLE, false},
	{"compound", USE_COMPOUND, true},
	{"isolated", USE_ISOLATED, false},
	{"isolated_freed", USE_ISOLATED_FREED, false},
	{NULL, USE_RESERVED, false},
};

/* No limit but that arithmetic with it should not overflow. */
#define MANY (UINT64_C(1) << 52)

#define FIELD_OF(struct_name, name, member, type, max)                                             \
	{                                                                                          \
		name, offsetof(struct struct_name, member), type, max                              \
	}

#define FIELD(name, member, type, max) FIELD_OF(zone, name, member, type, max)

const struct image_field image_zone_fields[] = {
	FIELD("watermark_min", watermark_min, FIELD_U64, MANY),
	FIELD("watermark_low", watermark_low, FIELD_U64, MANY),
	FIELD("watermark_high", watermark_high, FIELD_U64, MANY),
	FIELD("watermark_boost", watermark_boost, FIELD_U64, MANY),
	FIELD("nr_reserved_highatomic", nr_reserved_highatomic, FIELD_U64, MANY),
	FIELD("cached_migrate_async", cached_migrate[0], FIELD_U64, MANY),
	FIELD("cached_migrate_sync", cached_migrate[1], FIELD_U64, MANY),
	FIELD("cached_free", cached_free, FIELD_U64, MANY),
	FIELD("init_migrate", init_migrate, FIELD_U64, MANY),
	FIELD("init_free", init_free, FIELD_U64, MANY),
	FIELD("blockskip_flush", blockskip_flush, FIELD_BOOL, 1),
	FIELD("considered", considered, FIELD_UNSIGNED, UINT32_MAX),
	FIELD("defer_shift", defer_shift, FIELD_UNSIGNED, COMPACT_MAX_DEFER_SHIFT),
	FIELD("order_failed", order_failed, FIELD_UNSIGNED, MAX_ORDER_NR),
	{NULL, 0, FIELD_U64, 0},
};

#define LAST_ORDER (MAX_ORDER_NR - 1)

const struct image_field image_model_fields[] = {
	FIELD_OF(pages, "kswapd_order", kswapd.order, FIELD_UNSIGNED, LAST_ORDER),
	FIELD_OF(pages, "kswapd_highest_zone", kswapd.highest, FIELD_UNSIGNED, ZONES_MAX),
	FIELD_OF(pages, "kswapd_failures", kswapd.failures, FIELD_UNSIGNED, MAX_RECLAIM_RETRIES),
	FIELD_OF(pages, "kcompactd_order", kcompactd.order, FIELD_UNSIGNED, LAST_ORDER),
	FIELD_OF(pages, "kcompactd_highest_zone", kcompactd.highest, FIELD_UNSIGNED, ZONES_MAX),
	{NULL, 0, FIELD_U64, 0},
};

const char image_type_letters[] = "UMRHI";

uint64_t image_field_get(const struct image_field *field, const void *base)
{
	const char *at = (const char *)base + field->offset;

	if (field->type == FIELD_U64)
		return *(const uint64_t *)(const void *)at;
	if (field->type == FIELD_UNSIGNED)
		return *(const unsigned *)(const void *)at;
	return *(const bool *)(const void *)at;
}

void image_field_set(const struct image_field *field, void *base, uint64_t value)
{
	char *at = (char *)base + field->offset;

	if (field->type == FIELD_U64)
		*(uint64_t *)(void *)at = value;
	else if (field->type == FIELD_UNSIGNED)
		*(unsigned *)(void *)at = (unsigned)value;
	else
		*(bool *)(void *)at = value;
}
