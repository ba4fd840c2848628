// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/pfn_set.h"

#include <glib.h>

#define CHUNK_ORDER 9
#define WORD_ORDER  6
#define WORDS	    (1u << (CHUNK_ORDER - WORD_ORDER))

struct chunk {
	uint64_t words[WORDS];
};

struct pfn_set {
	GHashTable *chunks; /* pfn >> CHUNK_ORDER -> struct chunk */
};

struct pfn_set *pfn_set_new(void)
{
	struct pfn_set *set = g_new(struct pfn_set, 1);

	set->chunks = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	return set;
}

void pfn_set_free(struct pfn_set *set)
{
	if (!set)
		return;
	g_hash_table_unref(set->chunks);
	g_free(set);
}

static struct chunk *chunk_of(const struct pfn_set *set, uint64_t pfn)
{
	return g_hash_table_lookup(set->chunks, GSIZE_TO_POINTER(pfn >> CHUNK_ORDER));
}

static struct chunk *make_chunk(struct pfn_set *set, uint64_t pfn)
{
	struct chunk *chunk = chunk_of(set, pfn);

	if (!chunk) {
		chunk = g_new0(struct chunk, 1);
		g_hash_table_insert(set->chunks, GSIZE_TO_POINTER(pfn >> CHUNK_ORDER), chunk);
	}
	return chunk;
}

/* The bits of one word that a block of up to 64 frames has, or all of them. */
static uint64_t mask_of(uint64_t pfn, unsigned order)
{
	if (order >= WORD_ORDER)
		return UINT64_MAX;
	return ((UINT64_C(1) << (1u << order)) - 1) << (pfn & ((1u << WORD_ORDER) - 1));
}

static uint64_t *word_of(struct chunk *chunk, uint64_t pfn)
{
	return &chunk->words[(pfn >> WORD_ORDER) & (WORDS - 1)];
}

#define WORD_STEP (UINT64_C(1) << WORD_ORDER)

void pfn_set_add(struct pfn_set *set, uint64_t pfn, unsigned order)
{
	uint64_t mask = mask_of(pfn, order), end = pfn + (UINT64_C(1) << order);

	for (; pfn < end; pfn += WORD_STEP)
		*word_of(make_chunk(set, pfn), pfn) |= mask;
}

bool pfn_set_has_any(const struct pfn_set *set, uint64_t pfn, unsigned order)
{
	uint64_t mask = mask_of(pfn, order), end = pfn + (UINT64_C(1) << order);

	for (; pfn < end; pfn += WORD_STEP) {
		struct chunk *chunk = chunk_of(set, pfn);

		if (chunk && *word_of(chunk, pfn) & mask)
			return true;
	}
	return false;
}

bool pfn_set_has_all(const struct pfn_set *set, uint64_t pfn, unsigned order)
{
	uint64_t mask = mask_of(pfn, order), end = pfn + (UINT64_C(1) << order);

	for (; pfn < end; pfn += WORD_STEP) {
		struct chunk *chunk = chunk_of(set, pfn);

		if (!chunk || (*word_of(chunk, pfn) & mask) != mask)
			return false;
	}
	return true;
}
