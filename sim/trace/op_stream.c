// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/op_stream.h"

#include "sim/base/error.h"
#include "sim/base/prefetch.h"
#include "sim/trace/op_digest.h"

#include <string.h>

#define NO_SLOT	  0
#define SLOT_BITS 28 /* of an entry of an id; the kind of the op that made it lies above */
#define SLOT_MASK ((UINT32_C(1) << SLOT_BITS) - 1)
G_STATIC_ASSERT(OP_KINDS <= 1 << (32 - SLOT_BITS));

#define DENSE_IDS_FIRST UINT64_C(1024)
#define DENSE_IDS_MIN	(UINT64_C(1) << 20)
#define PAGE_ORDER_MAX	10   /* MAX_ORDER - 1 with pages of 4 KiB */
#define PCPU_AREAS_MAX	1024 /* one a NUMA node at most: MAX_NUMNODES */
/* 73 years. A stamp above may not fit 64 bits in cycles of a clock of several GHz. */
#define T_NS_MAX (UINT64_C(1) << 61)

struct op_stream {
	struct op_source *source;
	uint32_t cpus;
	bool lenient;

	/* id → slot + 1 and the kind of its maker, NO_SLOT where the id is not live */
	uint32_t *dense;
	uint64_t n_dense;
	GHashTable *sparse; /* ids beyond what dense may cover; NULL: there was none */

	uint32_t coming;      /* op_stream_coming() */
	uint32_t n_slots;     /* given out so far */
	uint32_t *free_slots; /* last in first out: warm for the models' arrays */
	uint32_t n_free, free_room;
	uint64_t live;

	GTree *seed_ranges[2]; /* vmap and page seeds, start → end; gone after the seeds */
	bool begun;	       /* by the first op that is neither seed nor mark: seeds are over */
	bool has_time;	       /* whether ops carry t, since that one */
	uint64_t *last_t_ns;   /* by CPU */

	uint64_t seq;
	struct op_digest digest;
	uint64_t kinds[OP_KINDS];
	uint64_t faults[OP_FAULTS];
};

static int compare_addresses(const void *a, const void *b, void *data G_GNUC_UNUSED)
{
	uint64_t x = GPOINTER_TO_SIZE(a), y = GPOINTER_TO_SIZE(b);

	return x < y ? -1 : x > y;
}

G_GNUC_PRINTF(4, 5)
static bool fault(struct op_stream *stream, enum op_fault what, GError **error, const char *format,
		  ...)
{
	g_autofree char *where = op_source_where(stream->source);
	va_list args;

	va_start(args, format);
	g_autofree char *cause = g_strdup_vprintf(format, args);
	va_end(args);
	stream->source->fault = what;
	set_input_error(error, "%s%s", where, cause);
	return false;
}

static inline uint32_t find_id(const struct op_stream *stream, uint64_t id)
{
	uint32_t entry = id < stream->n_dense ? stream->dense[id] : NO_SLOT;

	if (entry != NO_SLOT || !stream->sparse)
		return entry;
	return GPOINTER_TO_UINT(g_hash_table_lookup(stream->sparse, GSIZE_TO_POINTER(id)));
}

static void grow_dense(struct op_stream *stream, uint64_t id)
{
	uint64_t n = MAX(id + 1, stream->n_dense * 2);

	stream->dense = g_realloc_n(stream->dense, n, sizeof(*stream->dense));
	memset(stream->dense + stream->n_dense, 0, (n - stream->n_dense) * sizeof(*stream->dense));
	stream->n_dense = n;
}

struct op_stream *op_stream_new(struct op_source *source, uint32_t cpus, bool lenient)
{
	struct op_stream *stream = g_new0(struct op_stream, 1);

	G_STATIC_ASSERT(sizeof(void *) >= sizeof(uint64_t)); /* ids and addresses as keys */
	stream->source = source;
	stream->cpus = cpus;
	stream->lenient = lenient;
	for (unsigned i = 0; i < G_N_ELEMENTS(stream->seed_ranges); i++)
		stream->seed_ranges[i] = g_tree_new_full(compare_addresses, NULL, NULL, NULL);
	stream->last_t_ns = g_new0(uint64_t, cpus);
	op_digest_init(&stream->digest);
	grow_dense(stream, DENSE_IDS_FIRST - 1);
	return stream;
}

static G_NO_INLINE void insert_far_id(struct op_stream *stream, uint64_t id, uint32_t entry)
{
	if (id < DENSE_IDS_MIN + 4 * stream->seq) {
		grow_dense(stream, id);
		stream->dense[id] = entry;
		return;
	}
	if (!stream->sparse)
		stream->sparse = g_hash_table_new(NULL, NULL);
	g_hash_table_insert(stream->sparse, GSIZE_TO_POINTER(id), GUINT_TO_POINTER(entry));
}

static void insert_id(struct op_stream *stream, uint64_t id, uint32_t entry)
{
	if (G_LIKELY(id < stream->n_dense))
		stream->dense[id] = entry;
	else
		insert_far_id(stream, id, entry);
}

static void remove_id(struct op_stream *stream, uint64_t id)
{
	if (id < stream->n_dense && stream->dense[id])
		stream->dense[id] = NO_SLOT;
	else
		g_hash_table_remove(stream->sparse, GSIZE_TO_POINTER(id));
}

static uint32_t take_slot(struct op_stream *stream)
{
	return stream->n_free ? stream->free_slots[--stream->n_free] : stream->n_slots++;
}

/* Which kinds of op an op that ends an id may end. */
static const uint32_t ends[OP_KINDS] = {
	[OP_VMAP_FREE] = OP_BIT(OP_VMAP_ALLOC) | OP_BIT(OP_VMAP_SEED),
	[OP_UNMAP_RAM] = OP_BIT(OP_MAP_RAM),
	[OP_PCPU_FREE] = OP_BIT(OP_PCPU_ALLOC),
	[OP_PAGE_FREE] = OP_BIT(OP_PAGE_ALLOC) | OP_BIT(OP_PAGE_SEED),
};

/* @entry: what find_id() says of the op's id. */
static inline bool judge_made(struct op_stream *stream, const struct op *op, uint32_t entry,
			      GError **error)
{
	if (G_UNLIKELY(entry != NO_SLOT))
		return fault(stream, FAULT_ID, error,
			     "%s: id %" G_GUINT64_FORMAT " is live already", op_kind_name(op->kind),
			     op->id);
	if (G_UNLIKELY(!stream->n_free && stream->n_slots == SLOT_MASK))
		return fault(stream, FAULT_ID, error, "%s: more than %u objects live at once",
			     op_kind_name(op->kind), SLOT_MASK);
	return true;
}

static bool judge_ended(struct op_stream *stream, const struct op *op, uint32_t entry,
			GError **error)
{
	enum op_kind maker = (enum op_kind)(entry >> SLOT_BITS);

	if (G_UNLIKELY(entry == NO_SLOT))
		return fault(stream, FAULT_ID, error, "%s: id %" G_GUINT64_FORMAT " is not live",
			     op_kind_name(op->kind), op->id);
	if (G_UNLIKELY(!(ends[op->kind] & OP_BIT(maker))))
		return fault(stream, FAULT_ID, error,
			     "%s: id %" G_GUINT64_FORMAT " was made by a %s",
			     op_kind_name(op->kind), op->id, op_kind_name(maker));
	return true;
}

static inline bool judge_area(struct op_stream *stream, const char *what, uint64_t size,
			      uint64_t align, GError **error)
{
	if (!size || size % PAGE_SIZE)
		return fault(stream, FAULT_VALUE, error,
			     "%s %" G_GUINT64_FORMAT " is 0 or no multiple of the page size", what,
			     size);
	if (!is_power_of_two(align))
		return fault(stream, FAULT_VALUE, error,
			     "align %" G_GUINT64_FORMAT " is no power of two", align);
	return true;
}

static bool judge_pcpu(struct op_stream *stream, const struct op_pcpu *pcpu, GError **error)
{
	if (!judge_area(stream, "align", pcpu->align, pcpu->align, error))
		return false;
	if (pcpu->n_areas > PCPU_AREAS_MAX)
		return fault(stream, FAULT_VALUE, error, "%u areas are too many", pcpu->n_areas);
	for (uint32_t i = 0; i < pcpu->n_areas; i++) {
		const struct op_pcpu_area *area = &pcpu->area[i];

		if (area->offset % pcpu->align || !area->size || area->size % pcpu->align ||
		    area->offset + area->size < area->offset)
			return fault(
				stream, FAULT_VALUE, error,
				"area %u: offset and size must be multiples of align, size not 0",
				i);
		for (uint32_t j = 0; j < i; j++) {
			if (area->offset < pcpu->area[j].offset + pcpu->area[j].size &&
			    pcpu->area[j].offset < area->offset + area->size)
				return fault(stream, FAULT_VALUE, error, "areas %u and %u overlap",
					     j, i);
		}
	}
	return true;
}

static bool judge_page(struct op_stream *stream, const struct op *op, GError **error)
{
	const struct memory_map *memory = stream->source->header.memory;

	if (op->page.order > PAGE_ORDER_MAX)
		return fault(stream, FAULT_VALUE, error, "order %d out of range", op->page.order);
	if (op->flags & OP_HAS_ZONE && (!memory || op->page.zone >= memory->zones->len))
		return fault(stream, FAULT_VALUE, error, "the machine has no such zone");
	return true;
}

static bool judge_request(struct op_stream *stream, const struct op *op, GError **error)
{
	const uint32_t window = OP_HAS_VSTART | OP_HAS_VEND;

	if (G_UNLIKELY((op->flags & window) == window && op->vmap.vstart >= op->vmap.vend))
		return fault(stream, FAULT_VALUE, error, "vstart is not below vend");
	return judge_area(stream, "size", op->vmap.size, op->vmap.align, error);
}

/* Of ops other than requests for areas. */
static G_NO_INLINE bool judge_values(struct op_stream *stream, const struct op *op, GError **error)
{
	switch (op->kind) {
	case OP_VMAP_SEED:
		if (op->addr % PAGE_SIZE)
			return fault(stream, FAULT_VALUE, error,
				     "addr is no multiple of the page size");
		return judge_area(stream, "size", op->vmap.size, 1, error);
	case OP_MAP_RAM:
		if (!op->ram.pages || op->ram.pages > UINT64_MAX / PAGE_SIZE)
			return fault(stream, FAULT_VALUE, error, "pages out of range");
		return true;
	case OP_PCPU_ALLOC:
		return judge_pcpu(stream, op->pcpu, error);
	case OP_PAGE_ALLOC:
	case OP_PAGE_SEED:
	case OP_COMPACT:
		return judge_page(stream, op, error);
	default:
		return true;
	}
}

static bool overlaps(GTree *ranges, uint64_t start, uint64_t end)
{
	/* the first range that begins above start, and the one before it */
	GTreeNode *next = g_tree_upper_bound(ranges, GSIZE_TO_POINTER(start));
	GTreeNode *before = next ? g_tree_node_previous(next) : g_tree_node_last(ranges);

	if (next && GPOINTER_TO_SIZE(g_tree_node_key(next)) < end)
		return true;
	return before && GPOINTER_TO_SIZE(g_tree_node_value(before)) > start;
}

static G_NO_INLINE bool judge_seed(struct op_stream *stream, const struct op *op, GError **error)
{
	bool page = op->kind == OP_PAGE_SEED;
	uint64_t size = page ? UINT64_C(1) << op->page.order : op->vmap.size;
	const struct memory_map *memory = stream->source->header.memory;

	if (stream->begun)
		return fault(stream, FAULT_SEED, error, "%s: seeds come first",
			     op_kind_name(op->kind));
	if (op->addr + size <= op->addr)
		return fault(stream, FAULT_VALUE, error, "the seed ends beyond the last address");
	if (page && op->addr % size)
		return fault(stream, FAULT_VALUE, error, "pfn is no multiple of 2^order");
	if (page && memory && !memory_map_present(memory, op->addr, op->addr + size))
		return fault(stream, FAULT_VALUE, error, "the seed lies in no zone, or in a hole");
	if (overlaps(stream->seed_ranges[page], op->addr, op->addr + size))
		return fault(stream, FAULT_SEED, error, "the seed overlaps an earlier one");
	return true;
}

/* Of an op that has a time, or comes after some that had. */
static G_NO_INLINE bool judge_time(struct op_stream *stream, const struct op *op, GError **error)
{
	bool has_t = op->flags & OP_HAS_T;

	if (has_t && op->flags & OP_AFTER)
		return fault(stream, FAULT_TIME, error, "'t' and 'after' on one op");
	if (op->flags & (OP_HAS_T | OP_AFTER) && op->t_ns > T_NS_MAX)
		return fault(stream, FAULT_TIME, error,
			     "'%s' does not fit: %" G_GUINT64_FORMAT " ns is more than 73 years",
			     has_t ? "t" : "after", op->t_ns);
	if (op_is_seed(op))
		return true;
	if (op->kind != OP_MARK && stream->begun && stream->has_time != has_t)
		return fault(stream, FAULT_TIME, error,
			     has_t ? "'t' here, but not on the ops before"
				   : "no 't' here, but on the ops before");
	if (has_t && op->t_ns < stream->last_t_ns[op->cpu])
		return fault(stream, FAULT_TIME, error,
			     "time goes backwards on cpu %u: %" G_GUINT64_FORMAT
			     " after %" G_GUINT64_FORMAT,
			     op->cpu, op->t_ns, stream->last_t_ns[op->cpu]);
	return true;
}

/* Whether it is good, apart from its time. @entry: what find_id() says of its id, if it has one. */
static bool judge_op(struct op_stream *stream, const struct op *op, enum op_id_role role,
		     uint32_t entry, GError **error)
{
	if (op->kind == OP_VMAP_ALLOC)
		return judge_request(stream, op, error) && judge_made(stream, op, entry, error);
	if (role == ID_ENDED) /* it has no values */
		return judge_ended(stream, op, entry, error);
	return judge_values(stream, op, error) &&
	       (role == ID_NONE || judge_made(stream, op, entry, error)) &&
	       (!op_is_seed(op) || judge_seed(stream, op, error));
}

static bool judge(struct op_stream *stream, const struct op *op, enum op_id_role role,
		  uint32_t entry, GError **error)
{
	if (G_UNLIKELY(op->cpu >= stream->cpus))
		return fault(stream, FAULT_CPU, error, "cpu %u out of range: the run has %u",
			     op->cpu, stream->cpus);
	if (!judge_op(stream, op, role, entry, error))
		return false;
	if (!(op->flags & (OP_HAS_T | OP_AFTER)) && !stream->has_time)
		return true; /* nothing tells the time */
	return judge_time(stream, op, error);
}

static void accept_seed(struct op_stream *stream, const struct op *op)
{
	bool page = op->kind == OP_PAGE_SEED;
	uint64_t size = page ? UINT64_C(1) << op->page.order : op->vmap.size;

	g_tree_insert(stream->seed_ranges[page], GSIZE_TO_POINTER(op->addr),
		      GSIZE_TO_POINTER(op->addr + size));
}

/* A seed, a mark, or the first op that is neither. */
static G_NO_INLINE void accept_early(struct op_stream *stream, const struct op *op)
{
	if (op_is_seed(op)) {
		accept_seed(stream, op);
	} else if (op->kind != OP_MARK) {
		stream->begun = true;
		stream->has_time = op->flags & OP_HAS_T;
		for (unsigned i = 0; i < G_N_ELEMENTS(stream->seed_ranges); i++)
			g_clear_pointer(&stream->seed_ranges[i], g_tree_unref);
	}
}

/* Its id becomes a slot. @entry: what find_id() says of it. */
static void give_slot(struct op_stream *stream, struct op *op, enum op_id_role role, uint32_t entry)
{
	if (role == ID_ENDED) {
		op->slot = (entry & SLOT_MASK) - 1;
		remove_id(stream, op->id);
		stream->live--;
	} else if (role == ID_MADE) {
		op->slot = take_slot(stream);
		if (op->flags & OP_LAZY)
			return; /* freed already: nothing can name it */
		insert_id(stream, op->id, (op->slot + 1) | (uint32_t)op->kind << SLOT_BITS);
		stream->live++;
	}
}

/* Take note of an op that was found good. */
static void accept(struct op_stream *stream, struct op *op, enum op_id_role role, uint32_t entry)
{
	op->seq = stream->seq++;
	stream->kinds[op->kind]++;
	if (G_UNLIKELY(!stream->begun))
		accept_early(stream, op);
	if (op->flags & OP_HAS_T && !op_is_seed(op))
		stream->last_t_ns[op->cpu] = op->t_ns;
	give_slot(stream, op, role, entry);
	op_digest_add(&stream->digest, op);
}

/*
 * An id can be anywhere: fetch those that will be asked for. Whether there is one nobody could
 * foretell: without a branch.
 */
static inline void fetch_coming(struct op_stream *stream)
{
	const struct op_source *source = stream->source;

	uint64_t far = source->far_id - 1, near = source->near_id - 1;
	bool is_near = near < stream->n_dense;
	uint32_t entry = stream->dense[is_near ? near : 0];

	prefetch(&stream->dense[far < stream->n_dense ? far : 0]);
	/* one less than of NO_SLOT is NO_SLOT_COMING */
	stream->coming = ((is_near ? entry : NO_SLOT) & SLOT_MASK) - 1;
}

uint32_t op_stream_coming(const struct op_stream *stream)
{
	return stream->coming;
}

/* Judge it, and take note of it if it is good. */
static bool take_op(struct op_stream *stream, struct op *op, GError **error)
{
	enum op_id_role role = op_id_role(op->kind);
	uint32_t entry = role == ID_NONE ? NO_SLOT : find_id(stream, op->id);

	if (!judge(stream, op, role, entry, error)) {
		op_clear(op);
		return false;
	}
	accept(stream, op, role, entry);
	fetch_coming(stream);
	return true;
}

enum source_next op_stream_next(struct op_stream *stream, uint32_t cpu, struct op *op,
				GError **error)
{
	for (;;) {
		enum source_next next = op_source_next(stream->source, cpu, op, error);

		if (next == SOURCE_OP && take_op(stream, op, error))
			return SOURCE_OP;
		if (next == SOURCE_END || next == SOURCE_WAIT)
			return next;
		if (next == SOURCE_ERROR || !stream->lenient)
			return SOURCE_ERROR;
		stream->faults[stream->source->fault]++;
		g_clear_error(error);
	}
}

void op_stream_release(struct op_stream *stream, uint32_t slot)
{
	if (stream->n_free == stream->free_room) {
		stream->free_room = MAX(64, stream->free_room * 2);
		stream->free_slots = g_renew(uint32_t, stream->free_slots, stream->free_room);
	}
	stream->free_slots[stream->n_free++] = slot;
}

void op_stream_result(struct op_stream *stream, const struct op *op, bool ok, uint64_t addr)
{
	if (stream->source->ops->result)
		stream->source->ops->result(stream->source, op, ok, addr);
}

uint32_t op_stream_slots(const struct op_stream *stream)
{
	return stream->n_slots;
}

uint64_t op_stream_live(const struct op_stream *stream)
{
	return stream->live;
}

const uint64_t *op_stream_kinds(const struct op_stream *stream)
{
	return stream->kinds;
}

const uint64_t *op_stream_faults(const struct op_stream *stream)
{
	return stream->faults;
}

char *op_stream_digest(const struct op_stream *stream)
{
	return g_strdup_printf("%016" G_GINT64_MODIFIER "x", op_digest_value(&stream->digest));
}

struct op_source *op_stream_source(struct op_stream *stream)
{
	return stream->source;
}

void op_stream_free(struct op_stream *stream)
{
	if (!stream)
		return;
	for (unsigned i = 0; i < G_N_ELEMENTS(stream->seed_ranges); i++)
		g_clear_pointer(&stream->seed_ranges[i], g_tree_unref);
	g_free(stream->dense);
	g_clear_pointer(&stream->sparse, g_hash_table_unref);
	g_free(stream->free_slots);
	g_free(stream->last_t_ns);
	g_free(stream);
}
