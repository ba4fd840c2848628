// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/block_maps.h"

static void moment_free(void *data)
{
	struct block_moment *moment = data;

	g_free(moment->name);
	g_array_unref(moment->blocks);
	g_free(moment);
}

struct block_maps *block_maps_new(void)
{
	struct block_maps *maps = g_new0(struct block_maps, 1);

	maps->moments = g_ptr_array_new_with_free_func(moment_free);
	return maps;
}

void block_maps_free(struct block_maps *maps)
{
	if (!maps)
		return;
	g_ptr_array_unref(maps->moments);
	g_free(maps);
}

struct taking {
	GArray *blocks;
	unsigned zone;
};

static void take_block(void *ctx, const struct block_sample *block)
{
	struct taking *taking = ctx;
	struct block_line line = {*block, taking->zone};

	g_array_append_val(taking->blocks, line);
}

void block_maps_add(struct block_maps *maps, const char *name, uint64_t ops, uint64_t t_cycles,
		    const struct model_ops *model_ops, void *model, unsigned n_zones)
{
	struct block_moment *moment = g_new0(struct block_moment, 1);

	*moment = (struct block_moment){g_strdup(name), ops, t_cycles,
					g_array_new(FALSE, FALSE, sizeof(struct block_line))};
	for (unsigned zone = 0; zone < n_zones; zone++) {
		struct taking taking = {moment->blocks, zone};

		model_ops->blocks(model, zone, take_block, &taking);
	}
	maps->lines += moment->blocks->len;
	g_ptr_array_add(maps->moments, moment);
}

void block_maps_mark(struct block_maps *maps, const char *name, uint64_t ops, uint64_t t_cycles,
		     const struct model_ops *model_ops, void *model, unsigned n_zones)
{
	/* the end is always taken, and is as long as what was taken last */
	const struct block_moment *last =
		maps->moments->len ? maps->moments->pdata[maps->moments->len - 1] : NULL;
	uint64_t each = last ? last->blocks->len : 0;

	if (maps->marks == BLOCK_MAPS_MARKS || maps->lines + 2 * each > BLOCK_MAPS_LINES) {
		maps->left_out++;
		return;
	}
	maps->marks++;
	block_maps_add(maps, name, ops, t_cycles, model_ops, model, n_zones);
}
