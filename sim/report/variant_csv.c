// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/section_text.h"
#include "sim/report/variant_machine.h"
#include "sim/workload/vmalloc_tests.h"

#define U64 "%" G_GUINT64_FORMAT

static void put_sample(struct writer *writer, const struct series_sample *sample, bool priced)
{
	const struct vmap_sample *vmap = &sample->vmap;
	uint64_t n = MAX(sample->requests, 1);

	writer_printf(writer, U64 "," U64 "," U64 "," U64 "," U64 "," U64 ",", sample->ops,
		      sample->seq, sample->t_cycles, vmap->busy_areas, vmap->lazy_pages,
		      vmap->free_blocks);
	writer_printf(writer, U64 "," U64 "," U64 "," U64 ",", vmap->largest_free_bytes,
		      vmap->total_free_bytes, vmap->tree_nodes, fragmentation_ppm(vmap));
	writer_printf(writer, U64 "," U64 "," U64 ",", vmap->purges, pooled_areas(vmap),
		      sample->requests);
	if (priced)
		writer_printf(writer, U64 "," U64 "\n", sample->request_cycles / n,
			      sample->request_max_cycles);
	else
		writer_puts(writer, ",\n");
}

static void put_samples(struct writer *writer, const struct variant_result *variant)
{
	const struct figures *figures = variant->figures;
	writer_puts(writer, "ops,seq,t_cycles,busy_areas,lazy_pages,free_blocks,largest_free_bytes,"
			    "total_free_bytes,tree_nodes,fragmentation_ppm,purges,pooled_areas,"
			    "requests,request_mean_cycles,request_max_cycles\n");
	for (unsigned i = 0; i < figures->series->n; i++)
		put_sample(writer, &figures->series->samples[i], !variant->model_ops->replays);
}

/* A column a class, named by the most pages of an area in it. */
static void put_pools(struct writer *writer, const struct variant_result *variant)
{
	const struct series *series = variant->figures->series;

	writer_puts(writer, "ops,t_cycles");
	for (unsigned class = 0; class < POOL_CLASSES; class ++)
		writer_printf(writer, ",areas_to_%u_pages", 1u << class);
	writer_puts(writer, "\n");
	for (unsigned i = 0; i < series->n; i++) {
		const struct series_sample *sample = &series->samples[i];

		writer_printf(writer, U64 "," U64, sample->ops, sample->t_cycles);
		for (unsigned class = 0; class < POOL_CLASSES; class ++)
			writer_printf(writer, "," U64, sample->vmap.pooled_areas[class]);
		writer_puts(writer, "\n");
	}
}

void put_histogram(struct writer *writer, const struct histogram *histogram, const char *prefix)
{
	struct histogram_bucket bucket;

	for (uint32_t i = 0; histogram_next(histogram, &i, &bucket);)
		writer_printf(writer, "%s" U64 "," U64 "," U64 "\n", prefix, bucket.low,
			      MIN(bucket.high, histogram->max), bucket.count);
}

static void put_latency(struct writer *writer, const struct variant_result *variant)
{
	const struct figures *figures = variant->figures;
	writer_puts(writer, "kind,low_cycles,high_cycles,count\n");
	for (int kind = 0; kind < OP_KINDS && !variant->model_ops->replays; kind++) {
		g_autofree char *prefix = g_strconcat(op_kind_name((enum op_kind)kind), ",", NULL);

		put_histogram(writer, &figures->kinds[kind].latency, prefix);
	}
}

static void put_steps(struct writer *writer, const struct variant_result *variant)
{
	const struct figures *figures = variant->figures;
	writer_puts(writer, "low_steps,high_steps,count\n");
	if (!variant->model_ops->replays)
		put_histogram(writer, &figures->steps, "");
}

/* A line a time; a column a row of the grid, named by the address where it begins. */
static void put_map(struct writer *writer, const struct variant_result *variant)
{
	const struct figures *figures = variant->figures;
	const struct address_grid *map = figures->map;

	writer_puts(writer, "ops,t_cycles");
	for (unsigned row = 0; map && row < map->n_rows; row++)
		writer_printf(writer, ",0x%" G_GINT64_MODIFIER "x",
			      map->low + row * map->row_bytes);
	writer_puts(writer, "\n");
	for (unsigned i = 0; map && i < map->n_columns; i++) {
		writer_printf(writer, U64 "," U64, map->columns[i].ops, map->columns[i].t_cycles);
		for (unsigned row = 0; row < map->n_rows; row++)
			writer_printf(writer, ",%u", (unsigned)map->columns[i].permille[row]);
		writer_puts(writer, "\n");
	}
}

static bool any_sections(const struct variant_result *variant)
{
	unsigned n;

	sections_list(variant->figures->sections, &n);
	return n > 0;
}

static void put_sections(struct writer *writer, const struct variant_result *variant)
{
	json_t *object = variant_result_json(variant);
	g_autofree char *text = sections_csv(object);

	writer_puts(writer, text);
	json_decref(object);
}

static void put_module_text(struct writer *writer, const struct variant_result *variant)
{
	json_t *object = variant_result_json(variant);
	g_autofree char *text = sections_module_text(object);

	writer_puts(writer, text);
	json_decref(object);
}

static bool is_module_run(const struct variant_result *variant)
{
	return test_vmalloc_loops(variant->source) > 0;
}

static gboolean write_file(const struct result_dir *dir, const struct variant_result *variant,
			   const char *name,
			   void (*put)(struct writer *writer, const struct variant_result *variant),
			   GError **error)
{
	g_autofree char *path = result_dir_file(dir, variant->name, name);
	struct writer *writer = writer_open(path, error);

	if (!writer)
		return FALSE;
	put(writer, variant);
	return writer_commit(writer, error);
}

static bool has_pools(const struct variant_result *variant)
{
	const struct series *series = variant->figures->series;

	return variant->figures->has_vmap && series->samples[series->n - 1].vmap.has_pools;
}

gboolean variant_write_csv(const struct result_dir *dir, const struct variant_result *variant,
			   GError **error)
{
	static const struct {
		const char *name;
		void (*put)(struct writer *writer, const struct variant_result *variant);
		bool (*has)(const struct variant_result *variant); /* NULL: always there */
	} files[] = {{"samples.csv", put_samples, NULL},
		     {"latency.csv", put_latency, NULL},
		     {"steps.csv", put_steps, NULL},
		     {"map.csv", put_map, NULL},
		     {"pools.csv", put_pools, has_pools},
		     {"sections.csv", put_sections, any_sections},
		     {"test_vmalloc.txt", put_module_text, is_module_run},
		     {"zones.csv", put_zones, has_zones},
		     {"blocks.csv", put_blocks, has_zones},
		     {"compaction.csv", put_compaction, has_zones},
		     {"latency_orders.csv", put_latency_orders, has_zones},
		     {"zones.csv", put_machine_zones, machine_has_states},
		     {"blocks.csv", put_machine_blocks, machine_knows_blocks},
		     {"compaction.csv", put_machine_compaction, machine_knows_compaction}};

	for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
		if (files[i].has && !files[i].has(variant))
			continue;
		if (!write_file(dir, variant, files[i].name, files[i].put, error))
			return FALSE;
	}
	return TRUE;
}
