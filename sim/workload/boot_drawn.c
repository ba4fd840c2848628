// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A boot drawn from a seed. Its figures are those of two recorded boots, of 2 and of 4 CPUs, from
 * the first request of the kernel to the first program (v6.12; docs/workloads.md, "Boot", has
 * them).
 *
 * A boot is a row of stacks, asked for one after another; other requests fall between two of
 * them. Time is counted in requests.
 */
#include "sim/base/rng.h"
#include "sim/base/units.h"
#include "sim/trace/source.h"
#include "sim/workload/boot.h"

/* --- what was recorded ------------------------------------------------------------------- */

#define STACK_PAGES 5 /* 16 KiB and the guard page */

/* Of the stacks asked for in each eighth of a boot: how many, and how long the short-lived lived.
 */
static const struct eighth {
	uint8_t stacks, short_lived;
	uint8_t lives[24];
} eighths[] = {
	{28, 0, {0}},
	{28, 0, {0}},
	{28, 0, {0}},
	{29, 1, {2}},
	{28, 9, {55, 0, 0, 51, 11, 49, 9, 8, 2}},
	{28, 18, {7, 45, 5, 3, 2, 1, 0, 38, 37, 34, 33, 34, 33, 1, 38, 37, 22, 13}},
	{28, 24, {32, 28, 27, 28, 25, 24, 23, 22, 23, 20, 19, 18,
		  18, 5,  4,  0,  14, 13, 12, 20, 26, 21, 19, 16}},
	{30, 23, {18, 17, 16, 12, 10, 11, 10, 9, 6, 5, 6, 0, 6, 17, 4, 15, 15, 8, 4, 3, 1, 2, 1}},
};

enum align {
	ALIGN_NONE, /* vmalloc */
	ALIGN_SIZE, /* ioremap: the power of two that holds it */
	ALIGN_STACK,
};

/* Other requests: when they were seen, in thousandths of the stacks, in any of the two boots. */
static const struct other {
	uint16_t from, to;
	uint32_t pages; /* with the guard page */
	uint8_t align;	/* enum align */
	bool x86_only;
	bool brief; /* freed before the next request */
} others[] = {
	{270, 430, 2, ALIGN_NONE, false, false}, /* memory pools */
	{270, 430, 2, ALIGN_NONE, false, false},
	{270, 430, 2, ALIGN_NONE, false, false},
	{270, 430, 2, ALIGN_NONE, false, false},
	{300, 440, 65537, ALIGN_SIZE, true, false}, /* PCI configuration space */
	{410, 540, 2, ALIGN_SIZE, false, false},    /* device registers and tables */
	{420, 550, 2, ALIGN_SIZE, false, false},
	{500, 640, 2, ALIGN_SIZE, false, true},
	{500, 660, 2, ALIGN_SIZE, false, true},
	{970, 980, 4, ALIGN_NONE, false, false}, /* the terminal */
};

/* Before the first stack. */
static const struct other first_others[] = {
	{0, 0, 2, ALIGN_SIZE, false, false},
	{0, 0, 4, ALIGN_SIZE, false, false},
	{0, 0, 2, ALIGN_SIZE, false, false},
	{0, 0, 2, ALIGN_NONE, false, false},
};

/* The second percpu chunk: what its bitmaps and its page array take. One of the two boots. */
static const uint16_t chunk_arrays[2][4] = {{9, 10, 3, 513}, {5, 6, 257, 0}};

/* Stacks of short-lived programs, mostly of shell scripts: how long they lived (v6.18). */
static const uint8_t program_lives[] = {0,  1,	1,  1,	1,  1,	1,  1,	2,  2,	2,  2,	2,  2,
					2,  3,	3,  4,	4,  4,	4,  4,	5,  6,	7,  8,	9,  10,
					11, 12, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 24, 25,
					25, 26, 27, 28, 33, 34, 35, 36, 37, 39, 41, 42, 43};

/* Modules as files, in pages with the guard page, as modprobe read them (v6.12). */
static const uint16_t module_files[] = {1362, 39,  9,  1167, 12,  199, 5,   12,	 103, 16,  28,	6,
					36,   29,  41, 122,  8,	  19,  166, 8,	 5,   3,   3,	811,
					3,    456, 6,  92,   327, 6,   106, 553, 3,   288, 372, 24};

#define CHUNK_BYTES	(UINT64_C(2) << 20)
#define IRQ_STACKS_FROM 270 /* one a CPU but the first */
#define IRQ_STACKS_TO	390
#define CHUNK_FROM	500
#define CHUNK_TO	660
#define BURST_FROM	930 /* two buffers of 128 KiB a CPU, freed again when all are there */
#define BURST_TO	980
#define BURST_PAGES	33
#define LATE_FREES_MAX	4 /* still to be purged when the boot is over: 1 and 4 were */

/* --- drawing ----------------------------------------------------------------------------- */

/* At which of the stacks something happens. */
struct moment {
	uint64_t at;
	enum {
		OTHER,
		IRQ_STACK,
		CHUNK,
		BURST
	} what;
	const struct other *other;
};

struct ending {
	uint64_t due, id; /* freed once @due requests have been made */
};

struct drawing {
	const struct boot_env *env;
	struct rng rng;
	GArray *ops;
	GArray *moments; /* struct moment, by when; taken from the front */
	unsigned moment;
	GArray *endings; /* struct ending, in the order of the requests */
	uint64_t requests, next_id;
	uint64_t kernel_tasks; /* that are there before the first program */
};

static uint64_t ask(struct drawing *d, uint64_t pages, uint64_t align)
{
	struct op op = {.kind = OP_VMAP_ALLOC,
			.id = d->next_id++,
			.vmap = {.size = pages << PAGE_SHIFT, .align = align}};

	g_array_append_val(d->ops, op);
	d->requests++;
	return op.id;
}

static void give_back(struct drawing *d, uint64_t id)
{
	struct op op = {.kind = OP_VMAP_FREE, .id = id};

	g_array_append_val(d->ops, op);
}

static void put_mark(struct drawing *d, const char *text)
{
	struct op op = {.kind = OP_MARK, .mark = g_strdup(text)};

	g_array_append_val(d->ops, op);
}

static void put_purge(struct drawing *d)
{
	struct op op = {.kind = OP_VMAP_PURGE};

	g_array_append_val(d->ops, op);
}

static uint64_t stack_align(const struct drawing *d)
{
	return d->env->arch->thread_align;
}

/* As ioremap() has it: the power of two at or above the size without its guard page. */
static uint64_t size_align(const struct drawing *d, uint64_t pages)
{
	unsigned order = pages > 2 ? fls64(pages - 2) : 0;

	return UINT64_C(1) << MIN(order + PAGE_SHIFT, d->env->arch->ioremap_max_order);
}

static void ask_other(struct drawing *d, const struct other *other)
{
	uint64_t align = other->align == ALIGN_SIZE    ? size_align(d, other->pages)
			 : other->align == ALIGN_STACK ? stack_align(d)
						       : 1;

	if (other->x86_only && !d->env->arch->x86)
		return;
	uint64_t id = ask(d, other->pages, align);

	if (other->brief)
		give_back(d, id);
}

static void ask_chunk(struct drawing *d)
{
	const uint16_t *arrays = chunk_arrays[rng_below(&d->rng, G_N_ELEMENTS(chunk_arrays))];
	struct op op = {.kind = OP_PCPU_ALLOC};

	for (unsigned i = 0; i < G_N_ELEMENTS(chunk_arrays[0]) && arrays[i]; i++)
		ask(d, arrays[i], 1);
	op.id = d->next_id++;
	op.pcpu = g_malloc0(sizeof(*op.pcpu) + sizeof(op.pcpu->area[0]));
	op.pcpu->align = CHUNK_BYTES;
	op.pcpu->n_areas = 1;
	op.pcpu->area[0].size = CHUNK_BYTES;
	g_array_append_val(d->ops, op);
}

static void ask_burst(struct drawing *d)
{
	uint64_t n = 2 * (uint64_t)d->env->cpus, first = d->next_id;

	for (uint64_t i = 0; i < n; i++)
		ask(d, BURST_PAGES, 1);
	for (uint64_t i = 0; i < n; i++)
		give_back(d, first + i);
}

/* What is due by now, in the order in which it fell due. */
static void end_due(struct drawing *d, uint64_t keep)
{
	while (d->endings->len > keep) {
		struct ending *list = (struct ending *)(void *)d->endings->data;
		unsigned first = 0;

		for (unsigned i = 1; i < d->endings->len; i++) {
			if (list[i].due < list[first].due)
				first = i;
		}
		if (list[first].due > d->requests)
			return;
		give_back(d, list[first].id);
		g_array_remove_index(d->endings, first);
	}
}

static void do_moments(struct drawing *d, uint64_t at)
{
	for (; d->moment < d->moments->len; d->moment++) {
		const struct moment *moment = &g_array_index(d->moments, struct moment, d->moment);

		if (moment->at > at)
			return;
		if (moment->what == OTHER)
			ask_other(d, moment->other);
		else if (moment->what == IRQ_STACK)
			ask(d, STACK_PAGES, d->env->arch->x86 ? 1 : stack_align(d));
		else if (moment->what == CHUNK)
			ask_chunk(d);
		else
			ask_burst(d);
		end_due(d, 0);
	}
}

/* Somewhere from the @from-th to the @to-th thousandth of @stacks, behind what is there already. */
static void plan(struct drawing *d, uint64_t stacks, unsigned from, unsigned to,
		 struct moment moment)
{
	unsigned i = d->moments->len;

	moment.at = (from + rng_below(&d->rng, to - from + 1)) * stacks / 1000;
	while (i && g_array_index(d->moments, struct moment, i - 1).at > moment.at)
		i--;
	g_array_insert_val(d->moments, i, moment);
}

static void plan_all(struct drawing *d, uint64_t stacks)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(others); i++)
		plan(d, stacks, others[i].from, others[i].to,
		     (struct moment){.what = OTHER, .other = &others[i]});
	for (uint32_t cpu = 1; cpu < d->env->cpus; cpu++)
		plan(d, stacks, IRQ_STACKS_FROM, IRQ_STACKS_TO, (struct moment){.what = IRQ_STACK});
	plan(d, stacks, CHUNK_FROM, CHUNK_TO, (struct moment){.what = CHUNK});
	plan(d, stacks, BURST_FROM, BURST_TO, (struct moment){.what = BURST});
}

/* How many stacks are asked for where so many @tasks stay. */
static uint64_t stacks_for(uint64_t tasks)
{
	uint64_t all = 0, kept = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(eighths); i++) {
		all += eighths[i].stacks;
		kept += (uint64_t)eighths[i].stacks - eighths[i].short_lived;
	}
	return (tasks * all + kept - 1) / kept;
}

/*
 * Which of the @stacks are short-lived: in each eighth the recorded share of them, any of its
 * stacks alike, so that exactly kernel_tasks stay. What an eighth has no room for goes to the one
 * before.
 */
static bool *choose_short_lived(struct drawing *d, uint64_t stacks)
{
	uint64_t all = stacks - d->kernel_tasks, placed = 0, recorded = 0, recorded_all = 0;
	bool *chosen = g_new0(bool, stacks);

	for (unsigned i = 0; i < G_N_ELEMENTS(eighths); i++)
		recorded_all += eighths[i].short_lived;
	for (unsigned e = G_N_ELEMENTS(eighths); e-- > 0;) {
		uint64_t end = (e + 1) * stacks / 8, left = end - e * stacks / 8;

		recorded += eighths[e].short_lived;
		uint64_t want = MIN(all * recorded / recorded_all - placed, left);

		placed += want;
		for (; left; left--) {
			chosen[end - left] = rng_below(&d->rng, left) < want;
			want -= chosen[end - left];
		}
	}
	g_assert(placed == all);
	return chosen;
}

static void ask_stack(struct drawing *d, uint64_t index, uint64_t stacks, bool short_lived)
{
	const struct eighth *eighth = &eighths[MIN(index * 8 / stacks, 7)];
	uint64_t id = ask(d, STACK_PAGES, stack_align(d));

	if (!short_lived)
		return;
	/* chosen for want of room behind it: lives as the first that did */
	while (!eighth->short_lived)
		eighth++;
	struct ending ending = {
		.due = d->requests + eighth->lives[rng_below(&d->rng, eighth->short_lived)],
		.id = id,
	};

	g_array_append_val(d->endings, ending);
}

static void ask_program(struct drawing *d)
{
	struct ending ending = {.id = ask(d, STACK_PAGES, stack_align(d))};

	ending.due = d->requests + program_lives[rng_below(&d->rng, G_N_ELEMENTS(program_lives))];
	g_array_append_val(d->endings, ending);
}

/* The file is read into an area; making the module's text read-only purges. */
static void load_module(struct drawing *d)
{
	uint64_t id = ask(d, module_files[rng_below(&d->rng, G_N_ELEMENTS(module_files))], 1);

	put_purge(d);
	give_back(d, id);
}

/* What init starts: programs that end, tasks that stay, modules, in any order. */
static void draw_programs(struct drawing *d)
{
	uint64_t tasks = d->env->tasks - d->kernel_tasks, modules = d->env->modules,
		 programs = d->env->programs;

	d->requests = 0;
	while (tasks + modules + programs) {
		uint64_t which = rng_below(&d->rng, tasks + modules + programs);

		if (which < tasks) {
			ask(d, STACK_PAGES, stack_align(d));
			tasks--;
		} else if (which < tasks + modules) {
			load_module(d);
			modules--;
		} else {
			ask_program(d);
			programs--;
		}
		end_due(d, 0);
	}
	d->requests = UINT64_MAX;
	end_due(d, 0);
}

/*
 * Where in a round of lazy freeing a machine is that has been up for some time, nothing says: any
 * number of programs, up to what one round holds, has ended since the last purge.
 */
static void draw_round(struct drawing *d)
{
	uint64_t round = trace_default_lazy_max_pages(d->env->cpus) / STACK_PAGES;

	d->requests = 0;
	for (uint64_t left = d->env->programs ? rng_below(&d->rng, round) : 0; left; left--) {
		ask_program(d);
		end_due(d, 0);
	}
	d->requests = UINT64_MAX;
	end_due(d, 0);
}

static void draw(struct drawing *d)
{
	uint64_t stacks = stacks_for(d->kernel_tasks),
		 late = 1 + rng_below(&d->rng, LATE_FREES_MAX);
	g_autofree bool *short_lived = choose_short_lived(d, stacks);

	plan_all(d, stacks);
	put_mark(d, "boot:start");
	ask(d, STACK_PAGES, d->env->arch->x86 ? 1 : stack_align(d));
	for (unsigned i = 0; i < G_N_ELEMENTS(first_others); i++)
		ask_other(d, &first_others[i]);
	for (uint64_t i = 0; i < stacks; i++) {
		do_moments(d, i);
		ask_stack(d, i, stacks, short_lived[i]);
		end_due(d, 0);
	}
	do_moments(d, UINT64_MAX);
	/* the kernel's own pages become read-only, which purges; the last tasks end behind that */
	d->requests = UINT64_MAX;
	end_due(d, late);
	put_purge(d);
	end_due(d, 0);
	draw_programs(d);
	draw_round(d);
	put_mark(d, "boot:end");
}

GArray *boot_drawn(const struct boot_env *env)
{
	struct drawing d = {
		.env = env,
		.ops = boot_ops_new(),
		.moments = g_array_new(FALSE, FALSE, sizeof(struct moment)),
		.endings = g_array_new(FALSE, FALSE, sizeof(struct ending)),
		.next_id = 1,
		.kernel_tasks = MIN(env->tasks, boot_default_tasks(env->cpus)),
	};

	rng_init(&d.rng, env->seed, "boot");
	draw(&d);
	g_array_unref(d.moments);
	g_array_unref(d.endings);
	return d.ops;
}
