// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/jsonl_plain.h"

#include <string.h>

#define DIGITS_MAX     18 /* any number of so many digits fits a JSON library's integer */
#define HEX_DIGITS_MAX 16

/* Kinds of which all fields are numbers and flags. */
#define PLAIN_KINDS                                                                                \
	(OP_BIT(OP_VMAP_ALLOC) | OP_BIT(OP_VMAP_SEED) | OP_BIT(OP_VMAP_FREE) |                     \
	 OP_BIT(OP_MAP_RAM) | OP_BIT(OP_UNMAP_RAM) | OP_BIT(OP_PCPU_FREE) | OP_BIT(OP_PAGE_FREE))

#define NUMBERS                                                                                    \
	(F(ID) | F(CPU) | F(T) | F(AFTER) | F(SIZE) | F(ALIGN) | F(VSTART) | F(VEND) | F(ADDR) |   \
	 F(PAGES))

struct plain {
	const struct jsonl_decoder *decoder;
	const char *at, *end;
	uint64_t present;
	uint64_t number[FIELDS];
	uint32_t flags; /* of the op */
	enum op_kind kind;
};

/* Step over @c, and blanks around it. */
static bool take(struct plain *p, char c)
{
	while (p->at < p->end && *p->at == ' ')
		p->at++;
	if (p->at == p->end || *p->at != c)
		return false;
	p->at++;
	while (p->at < p->end && *p->at == ' ')
		p->at++;
	return true;
}

/* A string of plain characters. */
static bool take_string(struct plain *p, const char **text, size_t *length)
{
	if (p->at == p->end || *p->at != '"')
		return false;
	*text = ++p->at;
	for (; p->at < p->end && *p->at != '"'; p->at++) {
		if (*p->at == '\\' || *p->at < ' ' || *p->at > '~')
			return false;
	}
	*length = (size_t)(p->at - *text);
	return p->at++ < p->end;
}

static bool take_number(struct plain *p, uint64_t *number)
{
	const char *start = p->at;

	*number = 0;
	for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++) {
		if (p->at - start == DIGITS_MAX)
			return false;
		*number = *number * 10 + (uint64_t)(*p->at - '0');
	}
	return p->at > start && (*start != '0' || p->at - start == 1);
}

/* "0x…" */
static bool take_address(struct plain *p, uint64_t *number)
{
	const char *text;
	size_t length;

	if (!take_string(p, &text, &length) || length < 3 || length > 2 + HEX_DIGITS_MAX ||
	    text[0] != '0' || text[1] != 'x')
		return false;
	*number = 0;
	for (size_t i = 2; i < length; i++) {
		int digit = g_ascii_xdigit_value(text[i]);

		if (digit < 0)
			return false;
		*number = *number << 4 | (uint64_t)digit;
	}
	return true;
}

static bool take_word(struct plain *p, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(p->end - p->at) < length || memcmp(p->at, word, length))
		return false;
	p->at += length;
	return true;
}

static bool take_kind(struct plain *p)
{
	const char *text;
	size_t length;

	if (!take_string(p, &text, &length))
		return false;
	for (unsigned kind = 0; kind < OP_KINDS; kind++) {
		const char *name = op_kind_name(kind);

		if (strlen(name) == length && !memcmp(name, text, length)) {
			p->kind = kind;
			return PLAIN_KINDS & OP_BIT(kind);
		}
	}
	return false;
}

static bool take_flag(struct plain *p, enum field field)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(flag_fields); i++) {
		if (flag_fields[i].field != field)
			continue;
		if (take_word(p, "false"))
			return true;
		p->flags |= flag_fields[i].flag;
		return take_word(p, "true");
	}
	return false;
}

static bool take_member(struct plain *p)
{
	const char *key;
	size_t length;

	if (!take_string(p, &key, &length) || !take(p, ':') || p->at == p->end)
		return false;
	enum field field = jsonl_find_field(p->decoder, key, length);

	if (field == FIELDS || p->present & UINT64_C(1) << field)
		return false;
	p->present |= UINT64_C(1) << field;
	if (field == FIELD_OP)
		return take_kind(p);
	if (!(NUMBERS & UINT64_C(1) << field))
		return take_flag(p, field);
	return *p->at == '"' ? take_address(p, &p->number[field])
			     : take_number(p, &p->number[field]);
}

static bool take_object(struct plain *p)
{
	if (!take(p, '{'))
		return false;
	do {
		if (!take_member(p))
			return false;
	} while (take(p, ','));
	return take(p, '}') && p->at == p->end;
}

/* Does the op have what its kind needs, and nothing that it does not know? */
static bool is_whole(const struct plain *p)
{
	uint64_t needed = F(OP) | kind_fields[p->kind].required;
	uint64_t known = needed | kind_fields[p->kind].optional | F(CPU) | F(T) | F(AFTER);

	return (p->present & needed) == needed && !(p->present & ~known) &&
	       p->number[FIELD_CPU] < TRACE_CPUS_MAX &&
	       (p->present & (F(T) | F(AFTER))) != (F(T) | F(AFTER));
}

static void put_numbers(const struct plain *p, struct op *op)
{
	static const struct {
		enum field field;
		uint32_t flag;
	} flagged[] = {{FIELD_T, OP_HAS_T},
		       {FIELD_AFTER, OP_AFTER},
		       {FIELD_ADDR, OP_HAS_ADDR},
		       {FIELD_VSTART, OP_HAS_VSTART},
		       {FIELD_VEND, OP_HAS_VEND}};
	const uint64_t *number = p->number;

	*op = (struct op){
		.kind = (uint8_t)p->kind,
		.cpu = (uint16_t)number[FIELD_CPU],
		.flags = p->flags,
		.id = number[FIELD_ID],
		.addr = number[FIELD_ADDR],
		.t_ns = number[p->present & F(AFTER) ? FIELD_AFTER : FIELD_T],
	};
	for (unsigned i = 0; i < G_N_ELEMENTS(flagged); i++) {
		if (p->present & UINT64_C(1) << flagged[i].field)
			op->flags |= flagged[i].flag;
	}
	if (p->kind == OP_MAP_RAM)
		op->ram.pages = number[FIELD_PAGES];
	if (p->kind != OP_VMAP_ALLOC && p->kind != OP_VMAP_SEED)
		return;
	op->vmap.size = number[FIELD_SIZE];
	op->vmap.align = p->present & F(ALIGN) ? number[FIELD_ALIGN] : 1;
	op->vmap.vstart = number[FIELD_VSTART];
	op->vmap.vend = number[FIELD_VEND];
}

bool jsonl_plain(const struct jsonl_decoder *decoder, const char *text, size_t length,
		 struct op *op)
{
	struct plain p = {.decoder = decoder, .at = text, .end = text + length};

	if (!take_object(&p) || !(p.present & F(OP)) || !is_whole(&p))
		return false;
	put_numbers(&p, op);
	return true;
}
