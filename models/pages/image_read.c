// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading a zone image into a model that has not booted. Every page is claimed at most once; what
 * that cannot tell (order of lists, buddies, counters) zone_check() does.
 */
#include "models/pages/image.h"

#include "sim/base/error.h"
#include "sim/machine/memory_map_json.h"

#include <string.h>

#define U64 "%" G_GUINT64_FORMAT

struct image_reader {
	struct pages *model;
	const char *name;  /* of the file */
	struct zone *zone; /* being read; NULL: none */
	uint64_t claimed;  /* pages of it */
	GError **error;
};

G_GNUC_PRINTF(2, 3)
static bool fail(struct image_reader *r, const char *format, ...)
{
	g_autofree char *cause = NULL;
	va_list args;

	va_start(args, format);
	cause = g_strdup_vprintf(format, args);
	va_end(args);
	if (r->zone)
		set_input_error(r->error, "%s: zone '%s': %s", r->name, r->zone->name, cause);
	else
		set_input_error(r->error, "%s: %s", r->name, cause);
	return false;
}

static bool read_number(struct image_reader *r, const json_t *object, const char *key, uint64_t max,
			uint64_t *value)
{
	const json_t *json = json_object_get(object, key);

	if (json_is_boolean(json) && max == 1)
		*value = json_is_true(json);
	else if (!json_to_u64(json, value) || *value > max)
		return fail(r, "field '%s': expected a number of at most " U64, key, max);
	return true;
}

static bool read_fields(struct image_reader *r, const json_t *json,
			const struct image_field *fields, void *base)
{
	for (const struct image_field *field = fields; field->name; field++) {
		uint64_t value;

		if (!read_number(r, json, field->name, field->max, &value))
			return false;
		image_field_set(field, base, value);
	}
	return true;
}

static bool read_array(struct image_reader *r, const json_t *object, const char *key,
		       const json_t **array)
{
	*array = json_object_get(object, key);
	return json_is_array(*array) || fail(r, "field '%s': expected an array", key);
}

/* Index of the type that a letter, alone in @text, stands for; −1: none. */
static int type_of(const char *text)
{
	const char *at = text && *text ? strchr(image_type_letters, *text) : NULL;

	return at && !text[1] ? (int)(at - image_type_letters) : -1;
}

/* [pfn, pfn + n) is the zone's, present, and nobody's yet. */
static bool claim(struct image_reader *r, uint64_t pfn, uint64_t n)
{
	const struct zone *zone = r->zone;

	if (pfn < zone->start_pfn || pfn >= zone->end_pfn || !n || n > zone->end_pfn - pfn ||
	    !machine_present(&r->model->machine, zone, pfn, pfn + n))
		return fail(r, "pages " U64 " to " U64 " are not all in the zone, or in a hole",
			    pfn, pfn + n);
	for (uint64_t page = pfn; page < pfn + n; page++) {
		if (!memmap_valid(zone->map, page) || page_is_buddy(zone->map, page) ||
		    page_use(zone->map, page) != USE_RESERVED)
			return fail(r, "page " U64 " is there twice", page);
	}
	r->claimed += n;
	return true;
}

/* --- what a zone is ------------------------------------------------------------------------ */

static bool read_zone_head(struct image_reader *r, const json_t *json)
{
	struct zone *zone = r->zone;
	const char *name = json_string_value(json_object_get(json, "name"));
	uint64_t start, end;

	if (!name || strcmp(name, zone->name) ||
	    !read_number(r, json, "start_pfn", PFN_NONE, &start) ||
	    !read_number(r, json, "end_pfn", PFN_NONE, &end) || start != zone->start_pfn ||
	    end != zone->end_pfn) {
		g_clear_error(r->error);
		return fail(r, "the machine has it from " U64 " to " U64 ", the image has another",
			    zone->start_pfn, zone->end_pfn);
	}
	if (!read_number(r, json, "managed", end - start, &zone->managed_pages))
		return false;
	return read_fields(r, json, image_zone_fields, zone);
}

static bool read_blocks(struct image_reader *r, const json_t *json)
{
	const char *types = json_string_value(json_object_get(json, "block_types"));
	uint64_t start = block_start(r->zone->start_pfn), end = block_end(r->zone->end_pfn - 1);
	const json_t *skip, *run;
	size_t i;

	if (!types || block_types_count(types) != (int64_t)((end - start) >> PAGEBLOCK_ORDER))
		return fail(r, "field 'block_types': expected runs such as 60M4U over all of its "
			       "pageblocks");
	zone_set_block_types(r->zone, types);
	if (!read_array(r, json, "skip", &skip))
		return false;
	json_array_foreach (skip, i, run) {
		uint64_t pfn, n;

		if (json_array_size(run) != 2 || !json_to_u64(json_array_get(run, 0), &pfn) ||
		    !json_to_u64(json_array_get(run, 1), &n) || pfn < start || pfn >= end ||
		    n > (end - pfn) >> PAGEBLOCK_ORDER)
			return fail(r, "field 'skip': expected [pfn, pageblocks] within the zone");
		for (; n; n--, pfn += PAGEBLOCK_PAGES)
			block_set_skip(r->zone->map, pfn, true);
	}
	return true;
}

/* --- free pages ---------------------------------------------------------------------------- */

static bool read_free_list(struct image_reader *r, const char *key, const json_t *list)
{
	char *letter;
	uint64_t order = g_ascii_strtoull(key, &letter, 10), pfn;
	int type = type_of(letter);
	const json_t *item;
	size_t i;

	if (!g_ascii_isdigit(*key) || order > r->zone->top_order || type < 0 ||
	    !json_is_array(list))
		return fail(r, "field 'free': '%s' is no list such as \"3M\": [pfn, ...]", key);
	json_array_foreach (list, i, item) {
		if (!json_to_u64(item, &pfn) || pfn & ((UINT64_C(1) << order) - 1))
			return fail(r, "free list '%s': expected pfns at multiples of " U64, key,
				    UINT64_C(1) << order);
		if (!claim(r, pfn, UINT64_C(1) << order))
			return false;
		zone_place(r->zone, pfn, (unsigned)order, (enum list_type)type, true);
	}
	return true;
}

static bool read_free(struct image_reader *r, const json_t *json)
{
	json_t *lists = json_object_get(json, "free"), *list;
	const char *key;
	uint64_t pages;

	if (!json_is_object(lists))
		return fail(r, "field 'free': expected an object");
	json_object_foreach (lists, key, list) {
		if (!read_free_list(r, key, list))
			return false;
	}
	return read_number(r, json, "free_pages", PFN_NONE, &pages) &&
	       (pages == r->zone->free_pages ||
		fail(r, "field 'free_pages': " U64 ", but the lists have " U64, pages,
		     r->zone->free_pages));
}

static bool read_pcp_list(struct image_reader *r, struct pcp *pcp, unsigned list,
			  const json_t *json)
{
	const char key[] = {image_type_letters[list], '\0'};
	const json_t *items, *item;
	size_t i;

	if (!read_array(r, json, key, &items))
		return false;
	json_array_foreach (items, i, item) {
		int type = (int)list;
		uint64_t pfn;

		if (json_array_size(item) == 2) {
			type = type_of(json_string_value(json_array_get(item, 1)));
			item = json_array_get(item, 0);
		}
		if (!json_to_u64(item, &pfn) || type < 0)
			return fail(r, "field 'pcp': list %s: expected pfns", key);
		if (!claim(r, pfn, 1))
			return false;
		pcp_place(pcp, list, pfn, (enum list_type)type);
	}
	return true;
}

static bool read_pcp(struct image_reader *r, const json_t *json)
{
	struct machine *machine = &r->model->machine;
	const json_t *lists, *item;
	size_t i;

	if (!read_array(r, json, "pcp", &lists))
		return false;
	if (json_array_size(lists) != machine->cpus)
		return fail(r, "field 'pcp': lists of %u CPUs, but there are %u",
			    (unsigned)json_array_size(lists), machine->cpus);
	json_array_foreach (lists, i, item) {
		struct pcp *pcp = machine_pcp(machine, (uint32_t)i, r->zone);
		uint64_t cpu, high, batch;

		if (!read_number(r, item, "cpu", i, &cpu) ||
		    !read_number(r, item, "high", INT32_MAX, &high) ||
		    !read_number(r, item, "batch", INT32_MAX, &batch))
			return false;
		if (cpu != i || !batch)
			return fail(r, "field 'pcp': expected each CPU in turn, its batch not 0");
		pcp_init(pcp, r->zone, (unsigned)high, (unsigned)batch);
		for (unsigned list = 0; list < PCP_TYPES; list++) {
			if (!read_pcp_list(r, pcp, list, item))
				return false;
		}
	}
	return true;
}

/* --- allocated pages ----------------------------------------------------------------------- */

static const struct image_kind *kind_named(const char *name)
{
	const struct image_kind *kind = image_kinds;

	while (kind->name && g_strcmp0(kind->name, name))
		kind++;
	return kind->name ? kind : NULL;
}

static bool read_compound(struct image_reader *r, const struct image_kind *kind, uint64_t pfn,
			  uint64_t n, const json_t *json)
{
	uint64_t order = 0, pages;

	if (!json_to_u64(json, &order) || !order || order > r->zone->top_order)
		return fail(r, "the order of compound pages at " U64 " is missing or wrong", pfn);
	pages = UINT64_C(1) << order;
	if (pfn % pages || n % pages)
		return fail(r, "compound pages at " U64 " are not aligned to their size", pfn);
	for (uint64_t at = pfn; at < pfn + n; at += pages)
		page_set_compound(r->zone->map, at, (unsigned)order, kind->use);
	return true;
}

static bool read_run(struct image_reader *r, const json_t *run)
{
	const struct image_kind *kind = kind_named(json_string_value(json_array_get(run, 2)));
	uint64_t pfn, n;

	if (!kind || json_array_size(run) != (kind->compound ? 4 : 3) ||
	    !json_to_u64(json_array_get(run, 0), &pfn) || !json_to_u64(json_array_get(run, 1), &n))
		return fail(r, "field 'allocated': expected [pfn, pages, kind], and the order of "
			       "compound pages");
	if (!claim(r, pfn, n))
		return false;
	if (kind->compound)
		return read_compound(r, kind, pfn, n, json_array_get(run, 3));
	page_set_use(r->zone->map, pfn, n, kind->use);
	return true;
}

static bool read_allocated(struct image_reader *r, const json_t *json)
{
	const json_t *runs, *run;
	size_t i;

	if (!read_array(r, json, "allocated", &runs))
		return false;
	json_array_foreach (runs, i, run) {
		if (!read_run(r, run))
			return false;
	}
	return true;
}

/* --- zones --------------------------------------------------------------------------------- */

static bool read_zone(struct image_reader *r, const json_t *json)
{
	if (!read_zone_head(r, json) || !read_blocks(r, json) ||
	    /* which overwrote what highatomic blocks count for */
	    !read_number(r, json, "nr_reserved_highatomic", PFN_NONE,
			 &r->zone->nr_reserved_highatomic) ||
	    !read_free(r, json) || !read_pcp(r, json) || !read_allocated(r, json))
		return false;
	if (r->claimed > r->zone->managed_pages)
		return fail(r, U64 " pages, but it manages " U64, r->claimed,
			    r->zone->managed_pages);
	g_autofree char *message = zone_check(r->zone);

	return !message || fail(r, "%s", message);
}

static bool read_zones(struct image_reader *r, const json_t *root)
{
	struct machine *machine = &r->model->machine;
	const json_t *zones, *zone;
	size_t i;

	if (!read_array(r, root, "zones", &zones))
		return false;
	if (json_array_size(zones) != machine->n_zones)
		return fail(r, "%u zones, but the machine has %u", (unsigned)json_array_size(zones),
			    machine->n_zones);
	json_array_foreach (zones, i, zone) {
		r->zone = &machine->zones[i];
		r->claimed = 0;
		if (!read_zone(r, zone))
			return false;
	}
	r->zone = NULL;
	return true;
}

/* --- blocks that compaction has scattered -------------------------------------------------- */

static bool single_movable(struct pages *model, uint64_t pfn)
{
	const struct memmap *map = model->machine.map;

	if (!memmap_valid(map, pfn) || page_is_buddy(map, pfn) || owner_of(model, pfn))
		return false;
	enum page_use use = page_use(map, pfn);

	return use == USE_LRU || use == USE_LRU_FAILING || use == USE_ISOLATED;
}

static bool read_scattered_block(struct image_reader *r, const json_t *list)
{
	struct pages *model = r->model;
	size_t n = json_array_size(list), i;
	struct page_object object = {.pfn = PFN_NONE, .owns = true};
	uint32_t slot = SLOT_UNNAMED | model->unnamed->len;
	const json_t *item;

	if (n < 2 || n & (n - 1) || n > UINT64_C(1) << (MAX_ORDER_NR - 1))
		return fail(r, "field 'scattered': %u pages are no block", (unsigned)n);
	object.order = (uint8_t)(g_bit_storage(n) - 1);
	object.scattered = g_new0(uint32_t, n);
	g_array_append_val(model->unnamed, object);
	json_array_foreach (list, i, item) {
		uint64_t pfn;

		if (!json_to_u64(item, &pfn) || !single_movable(model, pfn))
			return fail(r, "field 'scattered': a page is not movable, or of two "
				       "blocks");
		object.scattered[i] = (uint32_t)(pfn - model->map_start);
		set_owner(model, pfn, slot + 1);
	}
	return true;
}

static bool read_scattered(struct image_reader *r, const json_t *root)
{
	const json_t *blocks, *block;
	size_t i;

	if (!read_array(r, root, "scattered", &blocks))
		return false;
	json_array_foreach (blocks, i, block) {
		if (!read_scattered_block(r, block))
			return false;
	}
	return true;
}

/* --- blocks that may be reclaimed ---------------------------------------------------------- */

/* Are all pages of the block there, allocated alike, and in no other block? */
static bool block_is_there(struct pages *model, uint64_t pfn, unsigned order, enum page_class class)
{
	const struct memmap *map = model->machine.map;
	uint64_t n = UINT64_C(1) << order, pages[3];

	if (order >= MAX_ORDER_NR || pfn & (n - 1) || pfn < model->map_start ||
	    pfn >= model->machine.map_end)
		return false;
	enum page_use use = page_use(map, pfn);

	if (use == USE_TAIL ||
	    ((use == USE_COMPOUND || use == USE_COMPOUND_LRU) && page_order(map, pfn) != order))
		return false;
	memmap_count_pages(map, pfn, pfn + n, pages);
	for (uint64_t i = 0; i < n; i++) {
		if (owner_of(model, pfn + i))
			return false;
	}
	return pages[class] == n;
}

/* The object without an id whose first page is at @pfn; NULL: none. */
static struct page_object *unnamed_at(struct pages *model, uint64_t pfn, unsigned order)
{
	bool inside = pfn >= model->map_start && pfn < model->machine.map_end;
	uint32_t link = inside ? owner_of(model, pfn) : 0;

	if (!link || !((link - 1) & SLOT_UNNAMED))
		return NULL;
	struct page_object *object = object_at(model, link - 1);

	return object->order == order && object_page(model, object, 0) == pfn ? object : NULL;
}

static struct page_object *add_unnamed(struct pages *model, uint64_t pfn, unsigned order)
{
	struct page_object object = {.pfn = pfn, .order = (uint8_t)order, .owns = true};
	uint32_t slot = SLOT_UNNAMED | model->unnamed->len;

	if (!block_is_there(model, pfn, order, CLASS_MOVABLE) &&
	    !block_is_there(model, pfn, order, CLASS_UNMOVABLE))
		return NULL;
	set_owner(model, pfn, slot + 1);
	g_array_append_val(model->unnamed, object);
	return object_at(model, slot);
}

/* An object's slot, from the owner of its first page. */
static uint32_t slot_of(struct pages *model, const struct page_object *object)
{
	return owner_of(model, object_page(model, object, 0)) - 1;
}

static bool read_reclaimable_zone(struct image_reader *r, const json_t *json)
{
	const json_t *blocks, *block;
	size_t i;

	if (!read_array(r, json, "reclaimable", &blocks))
		return false;
	json_array_foreach (blocks, i, block) {
		struct page_object *object = NULL;
		uint64_t pfn, order;

		if (json_array_size(block) == 2 && json_to_u64(json_array_get(block, 0), &pfn) &&
		    json_to_u64(json_array_get(block, 1), &order) && order < MAX_ORDER_NR) {
			object = unnamed_at(r->model, pfn, (unsigned)order);
			if (!object)
				object = add_unnamed(r->model, pfn, (unsigned)order);
		}
		if (!object || object->reclaimable)
			return fail(r, "field 'reclaimable': expected [pfn, order] of allocated "
				       "blocks, each once");
		reclaim_add(r->model, slot_of(r->model, object), r->zone->number);
	}
	return true;
}

static bool read_reclaimable(struct image_reader *r, const json_t *root)
{
	const json_t *zones = json_object_get(root, "zones"), *zone;
	size_t i;

	json_array_foreach (zones, i, zone) {
		r->zone = &r->model->machine.zones[i];
		if (!read_reclaimable_zone(r, zone))
			return false;
	}
	r->zone = NULL;
	return true;
}

static bool read_root(struct image_reader *r, const json_t *root)
{
	uint64_t version;

	if (!json_is_object(root) || !json_object_get(root, "kmsim_zone_image"))
		return fail(r, "not a zone image: no kmsim_zone_image");
	if (!read_number(r, root, "kmsim_zone_image", PFN_NONE, &version))
		return false;
	if (version != IMAGE_VERSION)
		return fail(r, "a zone image of version " U64 ", only %d is known", version,
			    IMAGE_VERSION);
	if (!read_fields(r, root, image_model_fields, r->model))
		return false;
	if (MAX(r->model->kswapd.highest, r->model->kcompactd.highest) >= r->model->machine.n_zones)
		return fail(r, "field 'kswapd_highest_zone' or 'kcompactd_highest_zone': there is "
			       "no such zone");
	return read_zones(r, root) && read_scattered(r, root) && read_reclaimable(r, root);
}

bool pages_restore(void *data, const char *text, const char *name, GError **error)
{
	struct image_reader r = {.model = data, .name = name, .error = error};
	json_error_t cause;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &cause);
	GError *own = NULL;

	if (!error)
		r.error = &own;
	if (!root) {
		set_input_error(error, "%s:%d: %s", name, cause.line, cause.text);
		return false;
	}
	r.model->restored = true;
	bool ok = read_root(&r, root);

	json_decref(root);
	g_clear_error(&own);
	limits_init(r.model);
	return ok;
}

/* --- seeds on an image --------------------------------------------------------------------- */

/* The object gets an id: it moves to @slot. */
static void name_object(struct pages *model, struct page_object *from, uint32_t slot)
{
	struct page_object object = *from;
	struct reclaim_list *list = &model->reclaimable[object.zone];

	if (object.reclaimable) {
		*(object.older ? &object_at(model, object.older - 1)->younger : &list->oldest) =
			slot + 1;
		*(object.younger ? &object_at(model, object.younger - 1)->older : &list->youngest) =
			slot + 1;
	}
	for (uint32_t i = 0; i < (object.scattered ? 1u << object.order : 1); i++)
		set_owner(model, object_page(model, &object, i), slot + 1);
	*from = (struct page_object){.pfn = PFN_NONE};
	*object_at(model, slot) = object;
}

char *image_adopt_seeds(struct pages *model, const GArray *seeds)
{
	for (unsigned i = 0; i < seeds->len; i++) {
		const struct page_seed *seed = &g_array_index(seeds, struct page_seed, i);
		bool movable = seed->type == LIST_MOVABLE;
		struct page_object *unnamed = unnamed_at(model, seed->pfn, seed->order);

		if (unnamed) {
			name_object(model, unnamed, seed->slot);
			continue;
		}
		if (!block_is_there(model, seed->pfn, seed->order,
				    movable ? CLASS_MOVABLE : CLASS_UNMOVABLE))
			return g_strdup_printf("the seed at pfn " U64
					       " (order %u) is not allocated as %s in the image",
					       seed->pfn, seed->order,
					       movable ? "movable" : "unmovable or reclaimable");
		*object_at(model, seed->slot) =
			(struct page_object){.pfn = seed->pfn, .order = (uint8_t)seed->order};
		enum page_use use = page_use(model->machine.map, seed->pfn);

		if (use == USE_LRU || use == USE_LRU_FAILING) {
			set_owner(model, seed->pfn, seed->slot + 1);
			object_at(model, seed->slot)->owns = true;
		}
	}
	return NULL;
}
