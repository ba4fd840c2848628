// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/record/trim.h"

#include "sim/base/error.h"
#include "sim/record/families.h"
#include "sim/trace/import/text_line.h"

#include <errno.h>
#include <string.h>

/* A line of the text, in parts. */
struct line {
	char *text;
	size_t room;
	size_t length; /* its newline included */
	bool is_event;
	struct text_event event;
};

G_STATIC_ASSERT(G_N_ELEMENTS(((struct trim_facts *)NULL)->by_family) == FAMILIES);

static bool next_line(FILE *text, struct line *line)
{
	ssize_t got = getline(&line->text, &line->room, text);

	if (got <= 0)
		return false;
	line->length = (size_t)got;
	size_t bare = line->text[got - 1] == '\n' ? line->length - 1 : line->length;

	line->is_event =
		*line->text != '#' &&
		text_event_parse(IMPORT_TRACEFS, (struct span){line->text, line->text + bare},
				 &line->event);
	return true;
}

static bool is_named(const struct line *line, const char *name)
{
	return span_length(line->event.name) == strlen(name) && span_begins(line->event.name, name);
}

/* The number of the mark that the line is; 0 if it is not that mark. */
static unsigned mark_number(const struct line *line, const char *mark)
{
	if (!line->is_event || !is_named(line, "tracing_mark_write"))
		return 0;
	struct span fields = span_trim(line->event.fields);

	return span_begins(fields, mark) ? (unsigned)strtoul(fields.at + strlen(mark), NULL, 10)
					 : 0;
}

static bool is_shrinker_of_pools(const struct line *line)
{
	return is_named(line, "mm_shrink_slab_start") &&
	       g_strstr_len(line->event.fields.at, (gssize)span_length(line->event.fields),
			    "vmap_node_shrink_scan");
}

/* An event that changes what vmallocinfo says, or what the pools hold. */
static bool is_vmap_event(const struct line *line)
{
	return is_named(line, "alloc_vmap_area") || is_named(line, "free_vmap_area_noflush") ||
	       is_named(line, "purge_vmap_area_lazy");
}

bool trim_is_quiet(FILE *text, unsigned number, bool emptied)
{
	struct line line = {0};
	bool counts = emptied, quiet = true;

	while (next_line(text, &line) && mark_number(&line, MARK_SNAPSHOT) != number) {
		if (!line.is_event)
			continue;
		if (mark_number(&line, MARK_BEGIN) == number)
			counts = true;
		else if (emptied && is_shrinker_of_pools(&line))
			quiet = true;
		else if (counts && is_vmap_event(&line))
			quiet = false;
	}
	free(line.text);
	return quiet;
}

/* ---- copying ---- */

struct copy {
	const struct trim *trim;
	struct trim_facts *facts;
	struct writer *out;
	GArray *left; /* uint64_t by CPU: entries up to the first that was lost; G_MAXUINT64: all */
	bool begun, ended, is_cut;
};

static GArray *entries_by_cpu(const GArray *buffers)
{
	GArray *left = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	const uint64_t all = G_MAXUINT64;

	for (guint i = 0; i < buffers->len; i++) {
		const struct tracing_buffer *buffer =
			&g_array_index(buffers, struct tracing_buffer, i);

		while (left->len <= buffer->cpu)
			g_array_append_val(left, all);
		if (buffer->lost)
			g_array_index(left, uint64_t, buffer->cpu) = buffer->entries;
	}
	return left;
}

/* The last entry of a CPU that lost some ends what can be used. */
static void count_entry(struct copy *copy, uint64_t cpu)
{
	if (cpu >= copy->left->len)
		return;
	uint64_t *left = &g_array_index(copy->left, uint64_t, cpu);

	if (*left != G_MAXUINT64 && !--*left)
		copy->is_cut = true;
}

static void count_window(GArray *windows, struct span fields)
{
	struct trim_window seen = {.requests = 1};

	if (!text_field(fields, "vstart", &seen.vstart) || !text_field(fields, "vend", &seen.vend))
		return;
	for (guint i = 0; i < windows->len; i++) {
		struct trim_window *window = &g_array_index(windows, struct trim_window, i);

		if (window->vstart == seen.vstart && window->vend == seen.vend) {
			window->requests++;
			return;
		}
	}
	g_array_append_val(windows, seen);
}

static void count_kept(struct trim_facts *facts, const struct line *line)
{
	facts->events++;
	for (const struct family_event *event = family_events; event->name; event++) {
		if (is_named(line, event->name))
			facts->by_family[event->family]++;
	}
	if (is_named(line, "alloc_vmap_area"))
		count_window(facts->windows, line->event.fields);
}

static bool is_wanted(const struct line *line)
{
	return !is_named(line, "tracing_mark_write") &&
	       (!is_named(line, "mm_shrink_slab_start") || is_shrinker_of_pools(line));
}

static void copy_line(struct copy *copy, const struct line *line)
{
	if (line->is_event) {
		const struct trim *trim = copy->trim;
		bool was_cut = copy->is_cut;

		count_entry(copy, line->event.cpu);
		copy->begun |= mark_number(line, MARK_BEGIN) == trim->begin;
		copy->ended |= trim->end && mark_number(line, MARK_END) == trim->end;
		if (!copy->begun || copy->ended || !is_wanted(line))
			return;
		if (was_cut) {
			copy->facts->cut++;
			return;
		}
		count_kept(copy->facts, line);
	}
	writer_put(copy->out, line->text, line->length);
}

static int by_requests(const void *a, const void *b)
{
	const struct trim_window *x = a, *y = b;

	if (x->requests != y->requests)
		return x->requests > y->requests ? -1 : 1;
	return x->vstart < y->vstart ? -1 : x->vstart > y->vstart;
}

bool trim_text(FILE *text, const struct trim *trim, struct writer *out, struct trim_facts *facts,
	       GError **error)
{
	struct copy copy = {.trim = trim, .facts = facts, .out = out};
	struct line line = {0};

	*facts = (struct trim_facts){.windows =
					     g_array_new(FALSE, FALSE, sizeof(struct trim_window))};
	copy.left = entries_by_cpu(trim->buffers);
	errno = 0;
	while (!writer_failed(out) && next_line(text, &line))
		copy_line(&copy, &line);
	bool ok = !ferror(text);

	if (!ok)
		set_io_error(error, "tracefs: trace: %s", g_strerror(errno));
	g_array_sort(facts->windows, by_requests);
	g_array_unref(copy.left);
	free(line.text);
	return ok;
}

void trim_facts_clear(struct trim_facts *facts)
{
	g_clear_pointer(&facts->windows, g_array_unref);
}
