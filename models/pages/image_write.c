// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writing a zone image. By hand rather than through jansson, which knows all of a document on one
 * line or each number on its own, and takes dozens of bytes a number.
 */
#include "models/pages/image.h"

#include <jansson.h>

#define U64 "%" G_GUINT64_FORMAT

/* Items of a list, so many a line. */
struct list {
	GString *text;
	unsigned per_line, n;
	const char *indent;
};

static void list_next(struct list *list)
{
	if (list->n && list->n % list->per_line == 0)
		g_string_append_printf(list->text, ",\n%s", list->indent);
	else if (list->n)
		g_string_append(list->text, ", ");
	list->n++;
}

static void list_pfn(struct list *list, uint64_t pfn)
{
	list_next(list);
	g_string_append_printf(list->text, U64, pfn);
}

/* --- what the machine is ------------------------------------------------------------------- */

static void write_string(GString *text, const char *key, const char *value)
{
	json_t *json = json_string(value);
	char *quoted = json_dumps(json, JSON_ENCODE_ANY);

	g_string_append_printf(text, "\"%s\": %s", key, quoted);
	free(quoted);
	json_decref(json);
}

static void write_ranges(GString *text, const GArray *ranges)
{
	g_string_append_c(text, '[');
	for (unsigned i = 0; i < ranges->len; i++) {
		const struct pfn_range *range = &g_array_index(ranges, struct pfn_range, i);

		g_string_append_printf(text, "%s[" U64 ", " U64 "]", i ? ", " : "",
				       range->start_pfn, range->end_pfn);
	}
	g_string_append(text, "]");
}

static void write_fields(GString *text, const struct image_field *fields, const void *base,
			 const char *indent)
{
	for (const struct image_field *field = fields; field->name; field++) {
		uint64_t value = image_field_get(field, base);

		g_string_append_printf(text, ",\n%s\"%s\": ", indent, field->name);
		if (field->type == FIELD_BOOL)
			g_string_append(text, value ? "true" : "false");
		else
			g_string_append_printf(text, U64, value);
	}
}

static void write_machine(GString *text, const struct pages *model)
{
	const struct memory_map *memory = model->machine.memory;

	g_string_append_printf(text,
			       "{\n  \"kmsim_zone_image\": %d,\n  \"model\": \"pages\",\n"
			       "  \"cpus\": %u,\n  \"section_pages\": " U64
			       ",\n  \"pageblock_order\": %u,\n  \"max_order\": %u,\n"
			       "  \"min_free_kbytes\": " U64 ",\n  \"unpopulated\": ",
			       IMAGE_VERSION, model->machine.cpus,
			       memory->section_pages ? memory->section_pages : SECTION_PAGES_X86_64,
			       PAGEBLOCK_ORDER, model->machine.zones[0].top_order + 1,
			       memory->min_free_kbytes);
	write_ranges(text, memory->unpopulated);
	write_fields(text, image_model_fields, model, "  ");
}

static void write_zone_head(GString *text, const struct pages *model, const struct zone *zone)
{
	const struct memory_zone *memory = memory_map_zone(model->machine.memory, zone->number);

	write_string(text, "name", zone->name);
	g_string_append_printf(text,
			       ", \"node\": %u, \"start_pfn\": " U64 ", \"end_pfn\": " U64
			       ",\n      \"holes\": ",
			       zone->node, zone->start_pfn, zone->end_pfn);
	write_ranges(text, memory->holes);
	g_string_append_printf(text, ",\n      \"managed\": " U64 ", \"free_pages\": " U64,
			       zone->managed_pages, zone->free_pages);
	write_fields(text, image_zone_fields, zone, "      ");
}

/* --- pageblocks ---------------------------------------------------------------------------- */

static void write_block_types(GString *text, const struct zone *zone)
{
	uint64_t run = 0;

	g_string_append(text, ",\n      \"block_types\": \"");
	for (uint64_t pfn = block_start(zone->start_pfn); pfn < zone->end_pfn;
	     pfn = block_end(pfn)) {
		enum list_type type = block_type(zone->map, pfn);

		run++;
		if (block_end(pfn) < zone->end_pfn && block_type(zone->map, block_end(pfn)) == type)
			continue;
		g_string_append_printf(text, U64 "%c", run, image_type_letters[type]);
		run = 0;
	}
	g_string_append_c(text, '"');
}

static void write_skip(GString *text, const struct zone *zone)
{
	struct list list = {text, 6, 0, "        "};
	uint64_t run = 0;

	g_string_append(text, ",\n      \"skip\": [");
	for (uint64_t pfn = block_start(zone->start_pfn); pfn < zone->end_pfn;
	     pfn = block_end(pfn)) {
		if (!block_skip(zone->map, pfn))
			continue;
		run++;
		if (block_end(pfn) < zone->end_pfn && block_skip(zone->map, block_end(pfn)))
			continue;
		list_next(&list);
		g_string_append_printf(text, "[" U64 ", " U64 "]",
				       block_end(pfn) - run * PAGEBLOCK_PAGES, run);
		run = 0;
	}
	g_string_append_c(text, ']');
}

/* --- free pages ---------------------------------------------------------------------------- */

static void write_free_list(GString *text, const struct zone *zone, unsigned order,
			    enum list_type type, bool first)
{
	struct list list = {text, 12, 0, "          "};
	uint64_t pfn = zone->area[order].list[type].head;

	g_string_append_printf(text, "%s\n        \"%u%c\": [", first ? "" : ",", order,
			       image_type_letters[type]);
	for (; pfn != PFN_NONE; pfn = free_list_next(zone->map, pfn))
		list_pfn(&list, pfn);
	g_string_append_c(text, ']');
}

static void write_free(GString *text, const struct zone *zone)
{
	bool first = true;

	g_string_append(text, ",\n      \"free\": {");
	for (unsigned order = 0; order < MAX_ORDER_NR; order++) {
		for (unsigned type = 0; type < LIST_TYPES; type++) {
			if (!zone->area[order].list[type].n)
				continue;
			write_free_list(text, zone, order, (enum list_type)type, first);
			first = false;
		}
	}
	g_string_append_c(text, '}');
}

static void write_pcp_list(GString *text, const struct pcp *pcp, unsigned type)
{
	struct list list = {text, 12, 0, "          "};

	g_string_append_printf(text, ", \"%c\": [", image_type_letters[type]);
	for (unsigned i = 0; i < pcp->list[type].n; i++) {
		enum list_type to;
		uint64_t pfn = pcp_page(pcp, type, i, &to);

		list_next(&list);
		if (to == (enum list_type)type)
			g_string_append_printf(text, U64, pfn);
		else
			g_string_append_printf(text, "[" U64 ", \"%c\"]", pfn,
					       image_type_letters[to]);
	}
	g_string_append_c(text, ']');
}

static void write_pcp(GString *text, struct pages *model, const struct zone *zone)
{
	g_string_append(text, ",\n      \"pcp\": [");
	for (uint32_t cpu = 0; cpu < model->machine.cpus; cpu++) {
		const struct pcp *pcp = machine_pcp(&model->machine, cpu, zone);

		g_string_append_printf(text,
				       "%s\n        {\"cpu\": %u, \"high\": %u, \"batch\": %u",
				       cpu ? "," : "", cpu, pcp->high, pcp->batch);
		for (unsigned type = 0; type < PCP_TYPES; type++)
			write_pcp_list(text, pcp, type);
		g_string_append_c(text, '}');
	}
	g_string_append_c(text, ']');
}

/* --- allocated pages ----------------------------------------------------------------------- */

/* Pages of one kind. Compound ones: of one order. */
struct run {
	uint64_t pfn, pages;
	const struct image_kind *kind; /* NULL: nothing to write */
	unsigned order;
};

static const struct image_kind *kind_of(enum page_use use)
{
	const struct image_kind *kind = image_kinds;

	while (kind->name && kind->use != use)
		kind++;
	return kind->name ? kind : NULL;
}

/* What is at @pfn. */
static struct run look_at(const struct memmap *map, uint64_t pfn)
{
	if (page_is_buddy(map, pfn))
		return (struct run){pfn, UINT64_C(1) << page_order(map, pfn), NULL, 0};
	struct run run = {pfn, 1, kind_of(page_use(map, pfn)), 0};

	if (run.kind && run.kind->compound) {
		run.order = page_order(map, pfn);
		run.pages = UINT64_C(1) << run.order;
	}
	return run;
}

static void write_run(struct list *list, const struct run *run)
{
	if (!run->kind)
		return;
	list_next(list);
	g_string_append_printf(list->text, "[" U64 ", " U64 ", \"%s\"", run->pfn, run->pages,
			       run->kind->name);
	if (run->kind->compound)
		g_string_append_printf(list->text, ", %u", run->order);
	g_string_append_c(list->text, ']');
}

static void write_range(struct list *list, const struct memmap *map,
			const struct present_range *range)
{
	struct run run = {range->start_pfn, 0, NULL, 0};

	for (uint64_t pfn = range->start_pfn; pfn < range->end_pfn;) {
		struct run next = look_at(map, pfn);

		if (next.kind == run.kind && next.order == run.order) {
			run.pages += next.pages;
		} else {
			write_run(list, &run);
			run = next;
		}
		pfn += next.pages;
	}
	write_run(list, &run);
}

static void write_allocated(GString *text, const struct pages *model, const struct zone *zone)
{
	const GArray *present = model->machine.present;
	struct list list = {text, 4, 0, "        "};

	g_string_append(text, ",\n      \"allocated\": [");
	for (unsigned i = 0; i < present->len; i++) {
		const struct present_range *range =
			&g_array_index(present, struct present_range, i);

		if (range->zone == zone->number)
			write_range(&list, zone->map, range);
	}
	g_string_append_c(text, ']');
}

/* --- blocks that may be reclaimed, oldest first -------------------------------------------- */

static void write_reclaimable(GString *text, struct pages *model, const struct zone *zone)
{
	struct list list = {text, 8, 0, "        "};
	uint32_t link = model->reclaimable[zone->number].oldest;

	g_string_append(text, ",\n      \"reclaimable\": [");
	while (link) {
		const struct page_object *object = object_at(model, link - 1);

		list_next(&list);
		g_string_append_printf(text, "[" U64 ", %u]", object_page(model, object, 0),
				       object->order);
		link = object->younger;
	}
	g_string_append_c(text, ']');
}

/* --- blocks that compaction has scattered -------------------------------------------------- */

static int by_first_page(const void *a, const void *b)
{
	const struct page_object *const *x = a, *const *y = b;

	return (*x)->scattered[0] < (*y)->scattered[0] ? -1 : 1;
}

static void collect_scattered(GPtrArray *found, const GArray *objects)
{
	for (unsigned i = 0; i < objects->len; i++) {
		struct page_object *object = &g_array_index(objects, struct page_object, i);

		if (object->scattered)
			g_ptr_array_add(found, object);
	}
}

static void write_scattered(GString *text, const struct pages *model)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new();

	collect_scattered(found, model->objects);
	collect_scattered(found, model->unnamed);
	g_ptr_array_sort(found, by_first_page);
	g_string_append(text, ",\n  \"scattered\": [");
	for (unsigned i = 0; i < found->len; i++) {
		const struct page_object *object = g_ptr_array_index(found, i);
		struct list list = {text, 12, 0, "      "};

		g_string_append_printf(text, "%s\n    [", i ? "," : "");
		for (uint32_t page = 0; page < 1u << object->order; page++)
			list_pfn(&list, object->scattered[page] + model->map_start);
		g_string_append_c(text, ']');
	}
	g_string_append_c(text, ']');
}

char *pages_image(void *data)
{
	struct pages *model = data;
	GString *text = g_string_new(NULL);

	settle(model);
	write_machine(text, model);
	g_string_append(text, ",\n  \"zones\": [");
	for (unsigned i = 0; i < model->machine.n_zones; i++) {
		const struct zone *zone = &model->machine.zones[i];

		g_string_append_printf(text, "%s\n    {\n      ", i ? "," : "");
		write_zone_head(text, model, zone);
		write_block_types(text, zone);
		write_skip(text, zone);
		write_free(text, zone);
		write_pcp(text, model, zone);
		write_allocated(text, model, zone);
		write_reclaimable(text, model, zone);
		g_string_append(text, "\n    }");
	}
	g_string_append_c(text, ']');
	write_scattered(text, model);
	g_string_append(text, "\n}\n");
	return g_string_free(text, FALSE);
}
