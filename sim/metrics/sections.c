// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/sections.h"

#include <string.h>

struct cpu_sections {
	uint64_t ops, steps; /* of the CPU since the run began */
	GPtrArray *list;     /* struct section *; NULL: none yet */
};

struct sections {
	GArray *cpus;	/* struct cpu_sections */
	GPtrArray *all; /* struct section *, as sections_list() gives them; borrowed */
	uint64_t left_out;
};

struct sections *sections_new(void)
{
	struct sections *sections = g_new0(struct sections, 1);

	sections->cpus = g_array_new(FALSE, TRUE, sizeof(struct cpu_sections));
	sections->all = g_ptr_array_new();
	return sections;
}

static void section_free(void *data)
{
	struct section *section = data;

	for (unsigned i = 0; i < section->n_words; i++)
		g_free(section->words[i].word);
	g_free(section->name);
	g_free(section);
}

void sections_free(struct sections *sections)
{
	if (!sections)
		return;
	for (unsigned i = 0; i < sections->cpus->len; i++)
		g_clear_pointer(&g_array_index(sections->cpus, struct cpu_sections, i).list,
				g_ptr_array_unref);
	g_array_unref(sections->cpus);
	g_ptr_array_unref(sections->all);
	g_free(sections);
}

static struct cpu_sections *cpu_sections(struct sections *sections, uint32_t cpu)
{
	if (G_UNLIKELY(cpu >= sections->cpus->len))
		g_array_set_size(sections->cpus, cpu + 1);
	return &g_array_index(sections->cpus, struct cpu_sections, cpu);
}

static struct section *find(const struct cpu_sections *cpu, const char *name, size_t length)
{
	for (unsigned i = 0; cpu->list && i < cpu->list->len; i++) {
		struct section *section = cpu->list->pdata[i];

		if (!strncmp(section->name, name, length) && !section->name[length])
			return section;
	}
	return NULL;
}

/* What the CPU of @record has done so far, in ops of all kinds: nothing where nobody keeps
 * accounts.
 */
static struct work_account work_so_far(const struct op_record *record)
{
	struct work_account sum = {0};

	for (unsigned kind = 0; record->accounts && kind < OP_KINDS; kind++)
		work_account_add(&sum, &record->accounts[kind]);
	return sum;
}

/* @name is the mark's, without its end. */
static void begin(struct sections *sections, struct cpu_sections *cpu,
		  const struct op_record *record, const char *name, size_t length)
{
	struct section *section = find(cpu, name, length);

	if (!cpu->list)
		cpu->list = g_ptr_array_new_with_free_func(section_free);
	if (!section && cpu->list->len == SECTION_NAMES_MAX) {
		sections->left_out++;
		return;
	}
	if (!section) {
		section = g_new0(struct section, 1);
		section->name = g_strndup(name, length);
		section->cpu = record->op->cpu;
		g_ptr_array_add(cpu->list, section);
	}
	section->open = true;
	section->start_cycles = record->t_start_cycles + record->latency_cycles;
	section->start_work = work_so_far(record);
	section->start_ops = cpu->ops;
	section->start_steps = cpu->steps;
}

static void count_word(struct section *section, const char *word)
{
	unsigned i = 0;

	while (i < section->n_words && strcmp(section->words[i].word, word))
		i++;
	if (i == SECTION_WORDS_MAX)
		i--;
	else if (i == section->n_words)
		section->words[section->n_words++].word = g_strdup(word);
	section->words[i].runs++;
}

static void end(const struct cpu_sections *cpu, struct section *section, const char *word,
		const struct op_record *record)
{
	uint64_t cycles = record->t_start_cycles - section->start_cycles;
	struct work_account work = work_so_far(record);

	if (!section->runs)
		section->first_start_cycles = section->start_cycles;
	section->min_cycles = section->runs ? MIN(section->min_cycles, cycles) : cycles;
	section->max_cycles = MAX(section->max_cycles, cycles);
	section->total_cycles += cycles;
	section->last_end_cycles = record->t_start_cycles;
	section->ops += cpu->ops - section->start_ops;
	section->steps += cpu->steps - section->start_steps;
	work_account_subtract(&work, &section->start_work);
	work_account_add(&section->work, &work);
	section->runs++;
	section->open = false;
	count_word(section, word);
}

static G_NO_INLINE void handle_mark(struct sections *sections, struct cpu_sections *cpu,
				    const struct op_record *record)
{
	const char *mark = record->op->mark, *colon = mark ? strrchr(mark, ':') : NULL;

	if (!colon || colon == mark || !colon[1])
		return;
	size_t length = (size_t)(colon - mark);

	if (!strcmp(colon + 1, "start")) {
		begin(sections, cpu, record, mark, length);
		return;
	}
	struct section *section = find(cpu, mark, length);

	if (section && section->open)
		end(cpu, section, colon + 1, record);
}

void sections_op(struct sections *sections, const struct op_record *record)
{
	struct cpu_sections *cpu = cpu_sections(sections, record->op->cpu);

	if (G_UNLIKELY(record->op->kind == OP_MARK)) {
		handle_mark(sections, cpu, record);
		return;
	}
	cpu->ops++;
	cpu->steps += record->steps;
}

const struct section *const *sections_list(struct sections *sections, unsigned *n)
{
	g_ptr_array_set_size(sections->all, 0);
	for (unsigned i = 0; i < sections->cpus->len; i++) {
		GPtrArray *list = g_array_index(sections->cpus, struct cpu_sections, i).list;

		for (unsigned k = 0; list && k < list->len; k++)
			g_ptr_array_add(sections->all, list->pdata[k]);
	}
	*n = sections->all->len;
	return (const struct section *const *)sections->all->pdata;
}

uint64_t sections_left_out(const struct sections *sections)
{
	return sections->left_out;
}
