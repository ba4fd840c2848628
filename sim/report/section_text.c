// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/section_text.h"

#include "sim/base/error.h"
#include "sim/base/units.h"
#include "sim/report/human.h"
#include "sim/report/text_table.h"
#include "sim/workload/vmalloc_tests.h"

#include <inttypes.h>
#include <string.h>

#define U64 "%" PRIu64

bool section_format_find(const char *name, enum section_format *format, GError **error)
{
	static const char *const names[] = {
		[SECTIONS_TABLE] = "table", [SECTIONS_CSV] = "csv", [SECTIONS_MODULE] = "module"};

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		if (!strcmp(names[i], name)) {
			*format = (enum section_format)i;
			return true;
		}
	}
	set_usage_error(error, "--format %s: expected table, csv or module", name);
	return false;
}

static json_t *list_of(const json_t *variant)
{
	return json_object_get(json_object_get(variant, "sections"), "list");
}

static uint64_t value(const json_t *section, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(section, key));
}

static const char *name_of(const json_t *section)
{
	return json_string_value(json_object_get(section, "name"));
}

/* "passed 3, failed 1" */
static char *ends_text(const json_t *section, const char *between)
{
	GString *text = g_string_new(NULL);
	json_t *runs;
	const char *word;

	json_object_foreach (json_object_get(section, "ends"), word, runs)
		g_string_append_printf(text, "%s%s " U64, text->len ? between : "", word,
				       (uint64_t)json_integer_value(runs));
	return g_string_free(text, FALSE);
}

/* --- a table ----------------------------------------------------------------------------- */

static void put_time(struct libscols_line *line, size_t column, const json_t *section,
		     const char *key)
{
	g_autofree char *text =
		human_value(json_number_value(json_object_get(section, key)), UNIT_NS);

	scols_line_set_data(line, column, value(section, "runs") ? text : "-");
}

static void put_section(struct libscols_table *table, const json_t *section)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	g_autofree char *cpu = g_strdup_printf(U64, value(section, "cpu"));
	g_autofree char *ends = ends_text(section, ", ");
	g_autofree char *ops = human_value((double)value(section, "ops"), UNIT_COUNT);
	g_autofree char *steps = human_value((double)value(section, "steps"), UNIT_COUNT);
	size_t column = 0;

	scols_line_set_data(line, column++, name_of(section));
	scols_line_set_data(line, column++, cpu);
	scols_line_set_data(line, column++, *ends ? ends : "-");
	put_time(line, column++, section, "mean_ns");
	put_time(line, column++, section, "min_ns");
	put_time(line, column++, section, "max_ns");
	scols_line_set_data(line, column++, ops);
	scols_line_set_data(line, column++, steps);
}

char *sections_table(const json_t *variant)
{
	static const char *const headings[] = {"section", "CPU", "runs", "mean",
					       "min",	  "max", "ops",	 "steps"};
	json_t *list = list_of(variant), *section;
	size_t i;

	if (!json_array_size(list))
		return g_strdup("");
	struct libscols_table *table = scols_new_table();
	GString *out = g_string_new(NULL);

	for (i = 0; i < G_N_ELEMENTS(headings); i++)
		scols_table_new_column(table, headings[i], 0, i && i != 2 ? SCOLS_FL_RIGHT : 0);
	json_array_foreach (list, i, section)
		put_section(table, section);
	text_table_end(out, table);
	return g_string_free(out, FALSE);
}

/* --- CSV --------------------------------------------------------------------------------- */

char *sections_csv(const json_t *variant)
{
	static const char *const keys[] = {
		"total_cycles",	   "min_cycles", "max_cycles", "first_start_cycles",
		"last_end_cycles", "ops",	 "steps"};
	GString *out = g_string_new("name,cpu,runs,ends");
	json_t *section;
	size_t i;

	for (unsigned k = 0; k < G_N_ELEMENTS(keys); k++)
		g_string_append_printf(out, ",%s", keys[k]);
	g_string_append_c(out, '\n');
	json_array_foreach (list_of(variant), i, section) {
		g_autofree char *ends = ends_text(section, ";");

		g_strdelimit(ends, " ", '=');
		g_autofree char *name = g_strdelimit(g_strdup(name_of(section)), ",\"\r\n", '_');

		g_string_append_printf(out, "%s," U64 "," U64 ",%s", name, value(section, "cpu"),
				       value(section, "runs"), ends);
		for (unsigned k = 0; k < G_N_ELEMENTS(keys); k++)
			g_string_append_printf(out, "," U64, value(section, keys[k]));
		g_string_append_c(out, '\n');
	}
	return g_string_free(out, FALSE);
}

/* --- as the module has it ---------------------------------------------------------------- */

static const json_t *find_test(const json_t *list, uint64_t cpu, const char *test)
{
	g_autofree char *name = g_strconcat("test:", test, NULL);
	json_t *section;
	size_t i;

	json_array_foreach (list, i, section) {
		if (value(section, "cpu") == cpu && !strcmp(name_of(section), name))
			return section;
	}
	return NULL;
}

static void put_cpu(GString *out, const json_t *variant, uint64_t cpu, uint64_t loops)
{
	const json_t *list = list_of(variant);
	uint64_t clock_hz = value(variant, "clock_hz");
	uint64_t begin = UINT64_MAX, end = 0;

	for (unsigned i = 0; i < VMALLOC_TESTS; i++) {
		const json_t *section = find_test(list, cpu, vmalloc_tests[i].name);
		uint64_t runs = section ? value(section, "runs") : 0;

		if (!runs)
			continue;
		const json_t *ends = json_object_get(section, "ends");
		uint64_t usec = mul_div(value(section, "total_cycles"), 1000000, clock_hz);

		g_string_append_printf(out,
				       "Summary: %s_alloc_test passed: " U64 " failed: " U64
				       " repeat: " U64 " loops: " U64 " avg: " U64 " usec\n",
				       vmalloc_tests[i].name, value(ends, "passed"),
				       value(ends, "failed"), runs, loops, usec / runs);
		begin = MIN(begin, value(section, "first_start_cycles"));
		end = MAX(end, value(section, "last_end_cycles"));
	}
	if (begin < UINT64_MAX)
		g_string_append_printf(out, "All test took CPU" U64 "=" U64 " cycles\n", cpu,
				       mul_div(end - begin, value(variant, "timer_hz"), clock_hz));
}

char *sections_module_text(const json_t *variant)
{
	uint64_t loops = test_vmalloc_loops(json_string_value(json_object_get(variant, "source")));
	GString *out;

	if (!loops)
		return NULL;
	out = g_string_new(NULL);
	for (uint64_t cpu = 0; cpu < value(variant, "cpus"); cpu++)
		put_cpu(out, variant, cpu, loops);
	return g_string_free(out, FALSE);
}

char *sections_text(const json_t *variant, enum section_format format, GError **error)
{
	char *text = format == SECTIONS_MODULE ? sections_module_text(variant)
		     : format == SECTIONS_CSV  ? sections_csv(variant)
					       : sections_table(variant);

	if (text && *text)
		return text;
	g_free(text);
	if (format == SECTIONS_MODULE)
		set_usage_error(error, "%s: is no run of test_vmalloc",
				json_string_value(json_object_get(variant, "name")));
	else
		set_usage_error(error, "%s: no marks of its trace or workload begin a section",
				json_string_value(json_object_get(variant, "name")));
	return NULL;
}
