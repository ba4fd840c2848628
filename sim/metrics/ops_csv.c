// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/ops_csv.h"

#include "sim/trace/op_names.h"

#include <string.h>

#define LINE_BYTES 320 /* ten fields of at most 20 characters, names, what was asked, commas */

static char *put_text(char *at, const char *text)
{
	size_t length = strlen(text);

	memcpy(at, text, length);
	return at + length;
}

static char *put_decimal(char *at, uint64_t value)
{
	char digits[20];
	unsigned n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
	} while (value /= 10);
	while (n)
		*at++ = digits[--n];
	return at;
}

static char *put_hex(char *at, uint64_t value)
{
	at = put_text(at, "0x");
	for (unsigned digit = (MAX(fls64(value), 1) + 3) / 4; digit--;)
		*at++ = "0123456789abcdef"[(value >> (4 * digit)) & 15];
	return at;
}

static bool answers_in_frames(enum op_kind kind)
{
	return kind == OP_PAGE_ALLOC || kind == OP_PAGE_FREE || kind == OP_PAGE_SEED;
}

static char *put_addr(char *at, const struct op_record *record)
{
	if (!record->has_addr || record->status == STATUS_FAIL)
		return at;
	if (answers_in_frames(record->op->kind))
		return put_decimal(at, record->addr);
	return put_hex(at, record->addr);
}

static char *put_order(char *at, int order)
{
	at = put_text(at, order < 0 ? "order=-" : "order=");
	return put_decimal(at, (uint64_t)ABS(order));
}

/* Of ops on pages: what was asked, so that a line can be read without the trace. */
static char *put_request(char *at, const struct op *op)
{
	if (op->kind != OP_PAGE_ALLOC && op->kind != OP_PAGE_SEED && op->kind != OP_COMPACT)
		return at;
	at = put_order(at, op->page.order);
	if (op->kind == OP_COMPACT)
		return put_text(put_text(at, ";mode="), compact_mode_names[op->page.mode]);
	return put_text(put_text(at, ";mt="), migratetype_names[op->page.mt]);
}

void ops_csv_header(struct writer *writer)
{
	writer_puts(writer, "seq,t_start_cycles,cpu,op,id,addr,status,latency_cycles,wait_cycles,"
			    "steps,detail\n");
}

void ops_csv_line(struct writer *writer, const struct op_record *record, bool priced)
{
	const struct op *op = record->op;
	char line[LINE_BYTES], *at = line;

	at = put_decimal(at, op->seq);
	*at++ = ',';
	at = put_decimal(at, record->t_start_cycles);
	*at++ = ',';
	at = put_decimal(at, op->cpu);
	*at++ = ',';
	at = put_text(at, op_kind_name(op->kind));
	*at++ = ',';
	if (op_id_role(op->kind) != ID_NONE)
		at = put_decimal(at, op->id);
	*at++ = ',';
	at = put_addr(at, record);
	*at++ = ',';
	at = put_text(at, op_status_name(record->status));
	*at++ = ',';
	at = priced ? put_decimal(at, record->latency_cycles) : at;
	*at++ = ',';
	at = priced ? put_decimal(at, record->wait_cycles) : at;
	*at++ = ',';
	at = priced ? put_decimal(at, record->steps) : at;
	*at++ = ',';
	const char *detail = at;

	at = put_request(at, op);
	if (record->note_key && at > detail)
		*at++ = ';';
	writer_put(writer, line, (size_t)(at - line));
	if (record->note_key) {
		writer_puts(writer, record->note_key);
		writer_put(writer, "=", 1);
		writer_puts(writer, record->note_value);
	}
	writer_put(writer, "\n", 1);
}
