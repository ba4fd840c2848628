// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/fidelity/test/synthetic.h"

#include "sim/base/rng.h"
#include "sim/base/units.h"

#include <glib/gstdio.h>
#include <unistd.h>

#define LIVE	 150u
#define LAZY_MAX 700u
#define WORKER	 900 /* pid of who purges */

struct machine {
	const struct synthetic *of;
	struct nodes_replay *model;
	struct rng rng;
	GString *text;
	uint64_t start[LIVE];
	uint64_t time;
};

static uint32_t below(struct machine *machine, uint32_t n)
{
	return (uint32_t)rng_below(&machine->rng, n);
}

static void put(struct machine *machine, int pid, uint32_t cpu, const char *format, ...)
	G_GNUC_PRINTF(4, 5);
static void put(struct machine *machine, int pid, uint32_t cpu, const char *format, ...)
{
	va_list args;

	g_string_append_printf(machine->text, "%16s-%d [%03u] .....  %" G_GUINT64_FORMAT ": ",
			       "task", pid, cpu, ++machine->time);
	va_start(args, format);
	g_string_append_vprintf(machine->text, format, args);
	va_end(args);
}

static void request(struct machine *machine, uint32_t slot)
{
	const struct nodes_request request = {
		.size = (2 + below(machine, 12)) * PAGE_SIZE,
		.align = below(machine, 3) ? 1 : 16384,
		.vstart = SYNTHETIC_VSTART,
		.vend = SYNTHETIC_VEND,
		.cpu = below(machine, machine->of->cpus),
	};

	machine->start[slot] = nodes_replay_alloc(machine->model, &request, slot);
	put(machine, (int)(100 + request.cpu), request.cpu,
	    "alloc_vmap_area: va_start: %" G_GUINT64_FORMAT " size=%" G_GUINT64_FORMAT
	    " align=%" G_GUINT64_FORMAT " vstart=0x%" G_GINT64_MODIFIER
	    "x vend=0x%" G_GINT64_MODIFIER "x failed=0\n",
	    machine->start[slot], request.size, request.align, request.vstart, request.vend);
}

static void free_slot(struct machine *machine, uint32_t slot)
{
	uint32_t cpu = below(machine, machine->of->cpus);

	nodes_replay_release(machine->model, slot);
	put(machine, (int)(100 + cpu), cpu,
	    "free_vmap_area_noflush: va_start=0x%" G_GINT64_MODIFIER "x nr_lazy=%" G_GUINT64_FORMAT
	    " nr_lazy_max=%u\n",
	    machine->start[slot], nodes_replay_counts(machine->model).lazy_pages, LAZY_MAX);
}

static void purge_some(struct machine *machine)
{
	struct nodes_replay *model = machine->model;
	uint32_t all = NODES_PURGE_STEPS(machine->of->cpus);

	if (!nodes_replay_purging(model)) {
		if (nodes_replay_counts(model).lazy_pages <= LAZY_MAX)
			return;
		nodes_replay_purge_begin(model, false);
	}
	if (!machine->of->spread)
		nodes_replay_purge_to(model, all);
	while (nodes_replay_purging(model) && below(machine, 10) >= machine->of->spread)
		nodes_replay_purge_to(model, nodes_replay_purge_next(model) + 1);
	if (!nodes_replay_purging(model))
		put(machine, WORKER, 0,
		    "purge_vmap_area_lazy: start=0x1000 end=0x2000 num_purged=%" G_GUINT64_FORMAT
		    "\n",
		    nodes_replay_counts(model).last_purged);
}

static void shrink(struct machine *machine)
{
	uint64_t pooled = nodes_replay_counts(machine->model).pooled;

	if (!machine->of->shrinks || below(machine, machine->of->shrinks) ||
	    nodes_replay_purging(machine->model))
		return;
	put(machine, 777, 0,
	    "mm_shrink_slab_start: vmap_node_shrink_scan+0x0/0x70 00000000ef91cc96: nid: 0 "
	    "objects to shrink 0 gfp_flags GFP_KERNEL cache items %" G_GUINT64_FORMAT
	    " delta %" G_GUINT64_FORMAT " total_scan %" G_GUINT64_FORMAT " priority 0\n",
	    pooled, 2 * pooled, 2 * pooled);
	nodes_replay_shrink(machine->model);
}

char *synthetic_text(const struct synthetic *synthetic)
{
	const struct nodes_replay_setup setup = {synthetic->version, synthetic->cpus,
						 SYNTHETIC_VSTART, SYNTHETIC_VEND, LAZY_MAX};
	struct machine machine = {.of = synthetic, .text = g_string_new(NULL)};

	rng_init(&machine.rng, synthetic->seed, "synthetic");
	machine.model = nodes_replay_new(&setup, NULL);
	g_string_append_printf(machine.text,
			       "# tracer: nop\n#\n"
			       "# entries-in-buffer/entries-written: 1/1   #P:%u\n#\n",
			       synthetic->cpus);
	for (uint32_t i = 0; i < synthetic->ops; i++) {
		uint32_t slot = i ? below(&machine, LIVE) : 0;

		if (nodes_replay_has(machine.model, slot))
			free_slot(&machine, slot);
		else
			request(&machine, slot);
		purge_some(&machine);
		shrink(&machine);
	}
	nodes_replay_free(machine.model);
	return g_string_free(machine.text, FALSE);
}

char *text_file(const char *text)
{
	char *path = NULL;
	int fd = g_file_open_tmp("kmsim-fidelity-XXXXXX", &path, NULL);

	g_assert_cmpint(fd, >=, 0);
	close(fd);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

struct timeline *synthetic_timeline(const struct synthetic *synthetic)
{
	const struct timeline_options options = {.cpus = synthetic->cpus};
	g_autofree char *text = synthetic_text(synthetic);
	g_autofree char *path = text_file(text);
	GError *error = NULL;
	struct timeline *timeline = timeline_read(path, &options, &error);

	g_assert_no_error(error);
	g_unlink(path);
	return timeline;
}
