// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/jsonl_decode.h"

#include "sim/base/error.h"
#include "sim/base/param.h"
#include "sim/trace/jsonl_plain.h"
#include "sim/trace/op_names.h"

#include <string.h>

static const char *const field_names[FIELDS] = {
#define X(field, name) [FIELD_##field] = name,
	FIELD_LIST(X)
#undef X
};

static unsigned key_hash(const char *key, size_t length)
{
	unsigned first = length ? (unsigned char)key[0] : 0;
	unsigned second = length > 1 ? (unsigned char)key[1] : 0;

	return (first * 5 + second * 17) & (KEY_SLOTS - 1);
}

void jsonl_decoder_init(struct jsonl_decoder *decoder, const char *path,
			struct memory_map *const *memory,
			void (*unknown)(void *ctx, const char *key), void *ctx)
{
	*decoder = (struct jsonl_decoder){
		.path = path, .memory = memory, .unknown = unknown, .ctx = ctx};
	for (unsigned field = 0; field < FIELDS; field++) {
		unsigned slot = key_hash(field_names[field], strlen(field_names[field]));

		while (decoder->key_slot[slot])
			slot = (slot + 1) & (KEY_SLOTS - 1);
		decoder->key_slot[slot] = (uint8_t)(field + 1);
	}
}

enum field jsonl_find_field(const struct jsonl_decoder *d, const char *key, size_t length)
{
	unsigned slot = key_hash(key, length);

	for (; d->key_slot[slot]; slot = (slot + 1) & (KEY_SLOTS - 1)) {
		enum field field = d->key_slot[slot] - 1u;

		if (!strncmp(field_names[field], key, length) && !field_names[field][length])
			return field;
	}
	return FIELDS;
}

G_GNUC_PRINTF(3, 4)
static bool fault(struct jsonl_decoder *d, enum op_fault what, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *cause = g_strdup_vprintf(format, args);
	va_end(args);
	d->fault = what;
	set_input_error(d->error, "%s:%" G_GUINT64_FORMAT ": %s", d->path, d->line, cause);
	return false;
}

static bool get_u64(struct jsonl_decoder *d, enum field field, uint64_t *value)
{
	const json_t *json = d->value[field];

	if (json_is_integer(json)) {
		json_int_t number = json_integer_value(json);

		if (number < 0)
			return fault(d, FAULT_VALUE,
				     "field '%s': %" JSON_INTEGER_FORMAT " is negative",
				     field_names[field], number);
		*value = (uint64_t)number;
		return true;
	}
	if (json_is_string(json) && parse_u64(json_string_value(json), value))
		return true;
	return fault(d, FAULT_FIELD,
		     "field '%s': expected a number, or a string with one, that fits 64 bits",
		     field_names[field]);
}

/* As get_u64(), where an absent field leaves *value alone. */
static bool maybe_u64(struct jsonl_decoder *d, enum field field, uint64_t *value)
{
	return !d->value[field] || get_u64(d, field, value);
}

static bool get_word(struct jsonl_decoder *d, enum field field, const char *const *names,
		     unsigned *value)
{
	if (!d->value[field])
		return true;
	if (!json_is_string(d->value[field]))
		return fault(d, FAULT_FIELD, "field '%s': expected a string", field_names[field]);
	const char *word = json_string_value(d->value[field]);
	int index = name_index(names, word);

	if (index < 0)
		return fault(d, FAULT_VALUE, "field '%s': '%s' is not known", field_names[field],
			     word);
	*value = (unsigned)index;
	return true;
}

static bool get_flags(struct jsonl_decoder *d, struct op *op)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(flag_fields); i++) {
		const json_t *json = d->value[flag_fields[i].field];

		if (json && !json_is_boolean(json))
			return fault(d, FAULT_FIELD, "field '%s': expected true or false",
				     field_names[flag_fields[i].field]);
		if (json_is_true(json))
			op->flags |= flag_fields[i].flag;
	}
	return true;
}

/* A number that sets @flag where it is present. */
static bool get_flagged(struct jsonl_decoder *d, enum field field, uint64_t *value, uint32_t flag,
			struct op *op)
{
	if (!d->value[field])
		return true;
	op->flags |= flag;
	return get_u64(d, field, value);
}

static bool get_common(struct jsonl_decoder *d, struct op *op)
{
	uint64_t cpu = 0;

	if (!maybe_u64(d, FIELD_CPU, &cpu) || !maybe_u64(d, FIELD_ID, &op->id) ||
	    !get_flagged(d, FIELD_T, &op->t_ns, OP_HAS_T, op) ||
	    !get_flagged(d, FIELD_AFTER, &op->t_ns, OP_AFTER, op) ||
	    !get_flagged(d, FIELD_ADDR, &op->addr, OP_HAS_ADDR, op))
		return false;
	if (cpu >= TRACE_CPUS_MAX)
		return fault(d, FAULT_CPU, "cpu %" G_GUINT64_FORMAT " out of range", cpu);
	op->cpu = (uint16_t)cpu;
	return get_flags(d, op);
}

static bool decode_vmap(struct jsonl_decoder *d, struct op *op)
{
	op->vmap.align = 1;
	return get_u64(d, FIELD_SIZE, &op->vmap.size) &&
	       maybe_u64(d, FIELD_ALIGN, &op->vmap.align) &&
	       get_flagged(d, FIELD_VSTART, &op->vmap.vstart, OP_HAS_VSTART, op) &&
	       get_flagged(d, FIELD_VEND, &op->vmap.vend, OP_HAS_VEND, op);
}

static bool decode_purge(struct jsonl_decoder *d, struct op *op)
{
	return get_word(d, FIELD_WHY, purge_why_names, &op->purge.why) &&
	       get_flagged(d, FIELD_N, &op->purge.n, OP_HAS_N, op);
}

static bool decode_ram(struct jsonl_decoder *d, struct op *op)
{
	return get_u64(d, FIELD_PAGES, &op->ram.pages);
}

static bool array_element(struct jsonl_decoder *d, enum field field, size_t i, uint64_t *value)
{
	json_t *array = d->value[field];

	d->value[field] = json_array_get(array, i);
	bool ok = get_u64(d, field, value);
	d->value[field] = array;
	return ok;
}

static bool decode_pcpu(struct jsonl_decoder *d, struct op *op)
{
	size_t n = json_array_size(d->value[FIELD_OFFSETS]);

	if (!json_is_array(d->value[FIELD_OFFSETS]) || !json_is_array(d->value[FIELD_SIZES]) ||
	    !n || json_array_size(d->value[FIELD_SIZES]) != n)
		return fault(d, FAULT_FIELD,
			     "fields 'offsets' and 'sizes': expected two arrays of the "
			     "same length, at least 1");
	op->pcpu = g_malloc0(sizeof(*op->pcpu) + n * sizeof(op->pcpu->area[0]));
	op->pcpu->n_areas = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		if (!array_element(d, FIELD_OFFSETS, i, &op->pcpu->area[i].offset) ||
		    !array_element(d, FIELD_SIZES, i, &op->pcpu->area[i].size))
			return false;
	}
	return get_u64(d, FIELD_ALIGN, &op->pcpu->align);
}

static bool decode_zone(struct jsonl_decoder *d, struct op *op)
{
	const struct memory_map *memory = *d->memory;

	if (!d->value[FIELD_ZONE])
		return true;
	if (!json_is_string(d->value[FIELD_ZONE]))
		return fault(d, FAULT_FIELD, "field 'zone': expected a name");
	const char *name = json_string_value(d->value[FIELD_ZONE]);

	for (unsigned i = 0; memory && i < memory->zones->len; i++) {
		if (!strcmp(memory_map_zone(memory, i)->name, name)) {
			op->page.zone = (uint16_t)i;
			op->flags |= OP_HAS_ZONE;
			return true;
		}
	}
	return fault(d, FAULT_VALUE, "zone '%s' is not in the header", name);
}

static bool decode_gfp(struct jsonl_decoder *d, struct op *op)
{
	size_t i;
	json_t *name;

	if (!d->value[FIELD_GFP])
		return true;
	if (!json_is_array(d->value[FIELD_GFP]))
		return fault(d, FAULT_FIELD, "field 'gfp': expected an array of names");
	op->flags |= OP_HAS_GFP;
	json_array_foreach (d->value[FIELD_GFP], i, name) {
		int bit =
			json_is_string(name) ? name_index(gfp_names, json_string_value(name)) : -1;

		if (bit < 0)
			return fault(d, FAULT_VALUE, "field 'gfp': entry %zu is not a known name",
				     i);
		op->page.gfp |= UINT32_C(1) << bit;
	}
	return true;
}

/* Absent and -1 both mean the whole zone, which only compact has. */
static bool decode_order(struct jsonl_decoder *d, struct op *op)
{
	const json_t *json = d->value[FIELD_ORDER];
	uint64_t order = 0;

	op->page.order = -1;
	if (!json ||
	    (op->kind == OP_COMPACT && json_is_integer(json) && json_integer_value(json) == -1))
		return true;
	if (!get_u64(d, FIELD_ORDER, &order))
		return false;
	if (order > INT8_MAX)
		return fault(d, FAULT_VALUE, "order %" G_GUINT64_FORMAT " out of range", order);
	op->page.order = (int8_t)order;
	return true;
}

static bool decode_page(struct jsonl_decoder *d, struct op *op)
{
	unsigned mt = MT_UNMOVABLE, mode = COMPACT_ASYNC;

	if (!decode_order(d, op) || !get_word(d, FIELD_MT, migratetype_names, &mt) ||
	    !get_word(d, FIELD_MODE, compact_mode_names, &mode) || !decode_zone(d, op) ||
	    !decode_gfp(d, op) || !get_flagged(d, FIELD_PFN, &op->addr, OP_HAS_ADDR, op))
		return false;
	op->page.mt = (uint8_t)mt;
	op->page.mode = (uint8_t)mode;
	return true;
}

static bool decode_mark(struct jsonl_decoder *d, struct op *op)
{
	if (!json_is_string(d->value[FIELD_NAME]))
		return fault(d, FAULT_FIELD, "field 'name': expected a string");
	op->mark = g_strdup(json_string_value(d->value[FIELD_NAME]));
	return true;
}

static bool (*const decoders[OP_KINDS])(struct jsonl_decoder *, struct op *) = {
	[OP_VMAP_ALLOC] = decode_vmap,	[OP_VMAP_SEED] = decode_vmap,
	[OP_VMAP_PURGE] = decode_purge, [OP_MAP_RAM] = decode_ram,
	[OP_PCPU_ALLOC] = decode_pcpu,	[OP_PAGE_ALLOC] = decode_page,
	[OP_PAGE_SEED] = decode_page,	[OP_COMPACT] = decode_page,
	[OP_MARK] = decode_mark,
};

static bool find_kind(struct jsonl_decoder *d, enum op_kind *found)
{
	const char *name = json_string_value(d->value[FIELD_OP]);

	if (!d->value[FIELD_OP])
		return fault(d, FAULT_FIELD, "missing field 'op'");
	if (!name)
		return fault(d, FAULT_FIELD, "field 'op': expected a string");
	for (unsigned kind = 0; kind < OP_KINDS; kind++) {
		if (!strcmp(op_kind_name(kind), name)) {
			*found = kind;
			return true;
		}
	}
	return fault(d, FAULT_KIND, "unknown op '%s'", name);
}

static bool decode_object(struct jsonl_decoder *d, json_t *object, struct op *op)
{
	uint64_t present = 0;
	enum op_kind kind = OP_KINDS;
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return fault(d, FAULT_SYNTAX, "expected a JSON object");
	json_object_foreach (object, key, value) {
		enum field field = jsonl_find_field(d, key, strlen(key));

		if (field == FIELDS) {
			d->unknown(d->ctx, key);
			continue;
		}
		d->value[field] = value;
		present |= UINT64_C(1) << field;
	}
	if (!find_kind(d, &kind))
		return false;
	uint64_t missing = kind_fields[kind].required & ~present;
	uint64_t foreign = present & ~(kind_fields[kind].required | kind_fields[kind].optional |
				       F(OP) | F(CPU) | F(T) | F(AFTER));

	if (missing)
		return fault(d, FAULT_FIELD, "%s: missing field '%s'", op_kind_name(kind),
			     field_names[__builtin_ctzll(missing)]);
	for (; foreign; foreign &= foreign - 1) {
		unsigned field = (unsigned)__builtin_ctzll(foreign);

		d->unknown(d->ctx, field_names[field]);
		d->value[field] = NULL;
	}
	op->kind = (uint8_t)kind;
	return get_common(d, op) && (!decoders[kind] || decoders[kind](d, op));
}

bool jsonl_decode_any(struct jsonl_decoder *d, const char *text, size_t length, struct op *op,
		      GError **error)
{
	json_error_t json_error;
	json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &json_error);

	*op = (struct op){0};
	memset(d->value, 0, sizeof(d->value));
	d->error = error;
	if (!object)
		return fault(d, FAULT_SYNTAX, "not JSON: %s", json_error.text);
	bool ok = decode_object(d, object, op);

	json_decref(object);
	if (!ok)
		op_clear(op);
	return ok;
}

bool jsonl_decode(struct jsonl_decoder *d, const char *text, size_t length, struct op *op,
		  GError **error)
{
	return jsonl_plain(d, text, length, op) || jsonl_decode_any(d, text, length, op, error);
}
