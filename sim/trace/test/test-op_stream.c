// SPDX-License-Identifier: GPL-2.0-or-later
/* What the rules of a trace allow, in the order of the file; slots; digests. */
#include "sim/trace/test/trace_text.h"

#include "sim/trace/array_source.h"

#define ALLOC(id) "{\"op\":\"vmap_alloc\",\"id\":" #id ",\"size\":4096}\n"
#define FREE(id)  "{\"op\":\"vmap_free\",\"id\":" #id "}\n"
#define SEED(id, addr, size)                                                                       \
	"{\"op\":\"vmap_seed\",\"id\":" #id ",\"addr\":\"" addr "\",\"size\":" #size "}\n"
#define SHRINK "{\"op\":\"shrink\"}\n"

struct rule {
	const char *ops;
	unsigned line; /* of the fault; 0: there is none */
	const char *cause;
};

static void check_rules(const void *data)
{
	for (const struct rule *rule = data; rule->ops; rule++) {
		g_autofree char *ops = g_strdup(rule->ops);

		g_strdelimit(ops, "'", '"');
		assert_fault(ops, rule->line, rule->cause);
	}
}

static const struct rule id_rules[] = {
	{ALLOC(1) ALLOC(1), 3, "id 1 is live already"},
	{ALLOC(1) FREE(1) ALLOC(1) FREE(1), 0, NULL},
	{FREE(1), 2, "id 1 is not live"},
	{ALLOC(1) FREE(1) FREE(1), 4, "id 1 is not live"},
	{ALLOC(0) ALLOC("0"), 3, "id 0 is live already"},
	{ALLOC("0xffffffffffffffff") FREE("18446744073709551615"), 0, NULL},
	/* one name space for all kinds */
	{ALLOC(1) "{'op':'page_alloc','id':1,'order':0}\n", 3, "live already"},
	{ALLOC(1) "{'op':'page_free','id':1}\n", 3, "made by a vmap_alloc"},
	{ALLOC(1) "{'op':'unmap_ram','id':1}\n", 3, "made by a vmap_alloc"},
	{"{'op':'map_ram','id':1,'pages':1}\n" FREE(1), 3, "made by a map_ram"},
	{"{'op':'pcpu_alloc','id':1,'align':4096,'offsets':[0],'sizes':[4096]}\n"
	 "{'op':'pcpu_free','id':1}\n",
	 0, NULL},
	{SEED(1, "0x1000", 4096) ALLOC(1), 3, "live already"},
	{SEED(1, "0x1000", 4096) FREE(1) ALLOC(1), 0, NULL},
	{"{'op':'page_seed','id':1,'pfn':0,'order':0}\n{'op':'page_free','id':1}\n", 0, NULL},
	/* a request that failed on the recorded machine has an id like the others */
	{"{'op':'vmap_alloc','id':1,'size':4096,'failed':true}\n" FREE(1), 0, NULL},
	{NULL},
};

static const struct rule value_rules[] = {
	{"{'op':'vmap_alloc','id':1,'size':0}\n", 2, "size 0"},
	{"{'op':'vmap_alloc','id':1,'size':4097}\n", 2, "size 4097"},
	{"{'op':'vmap_alloc','id':1,'size':4096,'align':0}\n", 2, "align 0"},
	{"{'op':'vmap_alloc','id':1,'size':4096,'align':3}\n", 2, "align 3"},
	{"{'op':'vmap_alloc','id':1,'size':4096,'align':'0x8000000000000000'}\n", 0, NULL},
	{"{'op':'vmap_alloc','id':1,'size':4096,'vstart':8192,'vend':8192}\n", 2, "vstart"},
	{"{'op':'vmap_alloc','id':1,'size':'0xfffffffffffff000'}\n", 0, NULL},
	{"{'op':'vmap_seed','id':1,'addr':'0x1001','size':4096}\n", 2, "addr"},
	{"{'op':'page_seed','id':1,'pfn':9,'order':1}\n", 2, "no multiple of 2^order"},
	{"{'op':'vmap_seed','id':1,'addr':'0x1000','size':100}\n", 2, "size 100"},
	{"{'op':'map_ram','id':1,'pages':0}\n", 2, "pages"},
	{"{'op':'map_ram','id':1,'pages':'0x10000000000000'}\n", 2, "pages"},
	{"{'op':'pcpu_alloc','id':1,'align':512,'offsets':[0],'sizes':[4096]}\n", 2, "align 512"},
	{"{'op':'pcpu_alloc','id':1,'align':4096,'offsets':[5],'sizes':[4096]}\n", 2, "area 0"},
	{"{'op':'pcpu_alloc','id':1,'align':4096,'offsets':[0],'sizes':[0]}\n", 2, "area 0"},
	{"{'op':'pcpu_alloc','id':1,'align':4096,'offsets':[0,4096],'sizes':[8192,4096]}\n", 2,
	 "areas 0 and 1 overlap"},
	{"{'op':'pcpu_alloc','id':1,'align':4096,'offsets':['0xfffffffffffff000'],'sizes':[8192]}"
	 "\n",
	 2, "area 0"},
	{"{'op':'page_alloc','id':1,'order':10}\n", 0, NULL},
	{"{'op':'page_alloc','id':1,'order':11}\n", 2, "order 11 out of range"},
	{"{'op':'compact','order':11}\n", 2, "order 11 out of range"},
	{"{'op':'compact','order':-1}\n", 0, NULL},
	{"{'op':'shrink','cpu':3}\n", 0, NULL},
	{"{'op':'shrink','cpu':4}\n", 2, "cpu 4 out of range"},
	{NULL},
};

static const struct rule seed_rules[] = {
	{SHRINK SEED(1, "0x1000", 4096), 3, "seeds come first"},
	{"{'op':'mark','name':'x'}\n" SEED(1, "0x1000", 4096), 0, NULL},
	{SEED(1, "0x1000", 8192) SEED(2, "0x2000", 4096), 3, "overlaps"},
	{SEED(1, "0x2000", 4096) SEED(2, "0x1000", 8192), 3, "overlaps"},
	{SEED(1, "0x1000", 16384) SEED(2, "0x2000", 4096), 3, "overlaps"},
	{SEED(1, "0x2000", 4096) SEED(2, "0x1000", 16384), 3, "overlaps"},
	{SEED(1, "0x1000", 4096) SEED(2, "0x1000", 4096), 3, "overlaps"},
	{SEED(1, "0x1000", 4096) SEED(2, "0x2000", 4096) SEED(3, "0x0", 4096), 0, NULL},
	{SEED(1, "0xfffffffffffff000", 8192), 2, "beyond the last address"},
	{"{'op':'page_seed','id':1,'pfn':8,'order':3}\n{'op':'page_seed','id':2,'pfn':15,'order':0}"
	 "\n",
	 3, "overlaps"},
	{"{'op':'page_seed','id':1,'pfn':8,'order':3}\n{'op':'page_seed','id':2,'pfn':16,'order':0}"
	 "\n" SEED(3, "0x8000", 4096),
	 0, NULL},
	/* a lazy area may not be freed again: it was, before the trace began */
	{"{'op':'vmap_seed','id':1,'addr':'0x1000','size':4096,'lazy':true}\n" FREE(1), 3,
	 "not live"},
	{NULL},
};

static const struct rule time_rules[] = {
	{"{'op':'shrink','t':5}\n{'op':'shrink','t':5}\n", 0, NULL},
	{"{'op':'shrink','t':5}\n{'op':'shrink','t':4}\n", 3, "time goes backwards on cpu 0"},
	{"{'op':'shrink','t':5}\n{'op':'shrink','t':4,'cpu':1}\n", 0, NULL},
	{"{'op':'shrink','t':5}\n" SHRINK, 3, "no 't' here"},
	{"{'op':'shrink','after':5}\n{'op':'shrink','after':4}\n" SHRINK, 0, NULL},
	{"{'op':'shrink','t':5,'after':5}\n", 2, "'t' and 'after'"},
	{"{'op':'shrink','after':9000000000000000000}\n", 2, "'after' does not fit"},
	{SHRINK "{'op':'shrink','t':5}\n", 3, "'t' here"},
	{"{'op':'shrink','t':5}\n{'op':'mark','name':'x'}\n{'op':'shrink','t':5}\n", 0, NULL},
	{SHRINK "{'op':'mark','name':'x','t':5}\n" SHRINK, 0, NULL},
	{"{'op':'shrink','t':5}\n{'op':'mark','name':'x','t':4}\n", 3, "backwards"},
	{SEED(1, "0x1000", 4096) "{'op':'shrink','t':5}\n", 0, NULL},
	{"{'op':'vmap_seed','id':1,'addr':'0x1000','size':4096,'t':9}\n{'op':'shrink','t':5}\n", 0,
	 NULL},
	{"{'op':'shrink','t':'0x8000000000000000'}\n", 2, "'t' does not fit"},
	{NULL},
};

/* The faults that --lenient counts, and what is still read. */
static void test_lenient(void)
{
	struct op_source *source =
		source_of_ops(ALLOC(1)					      /* good */
			      ALLOC(1)					      /* id */
			      "{\"op\":\"vmap_alloc\",\"id\":2,\"size\":1}\n" /* value */
			      FREE(2)				/* id: its maker was left out */
			      "not json\n"			/* syntax */
			      "{\"op\":\"shrimk\"}\n"		/* kind */
			      "{\"op\":\"vmap_free\"}\n"	/* field */
			      "{\"op\":\"shrink\",\"cpu\":9}\n" /* cpu */
			      "{\"op\":\"shrink\",\"t\":1}\n"	/* time */
			      SEED(9, "0x1000", 4096)		/* seed */
			      FREE(1));				/* good */
	struct op_stream *stream = op_stream_new(source, 4, true);
	static const uint64_t expected[OP_FAULTS] = {
		[FAULT_SYNTAX] = 1, [FAULT_KIND] = 1, [FAULT_FIELD] = 1, [FAULT_VALUE] = 1,
		[FAULT_ID] = 2,	    [FAULT_SEED] = 1, [FAULT_TIME] = 1,	 [FAULT_CPU] = 1,
	};
	GError *error = NULL;
	struct op op;
	uint64_t n = 0;

	while (op_stream_next(stream, ANY_CPU, &op, &error) == SOURCE_OP)
		g_assert_cmpuint(op.seq, ==, n++);
	g_assert_no_error(error);
	g_assert_cmpuint(n, ==, 2);
	for (unsigned i = 0; i < OP_FAULTS; i++)
		g_assert_cmpuint(op_stream_faults(stream)[i], ==, expected[i]);
	g_assert_cmpuint(op_stream_live(stream), ==, 0);
	op_stream_free(stream);
	op_source_destroy(source);
}

/* A slot is not given out again before it is released, and then it is. */
static void test_slots(void)
{
	struct op_source *source =
		source_of_ops(ALLOC(5) FREE(5) ALLOC(5) ALLOC(6) FREE(6) FREE(5));
	struct op_stream *stream = op_stream_new(source, 4, false);
	struct op op[6];

	for (unsigned i = 0; i < 3; i++)
		g_assert_cmpint(op_stream_next(stream, ANY_CPU, &op[i], NULL), ==, SOURCE_OP);
	g_assert_cmpuint(op[1].slot, ==, op[0].slot);
	g_assert_cmpuint(op[2].slot, !=, op[0].slot);
	op_stream_release(stream, op[1].slot);
	for (unsigned i = 3; i < 6; i++)
		g_assert_cmpint(op_stream_next(stream, ANY_CPU, &op[i], NULL), ==, SOURCE_OP);
	g_assert_cmpuint(op[3].slot, ==, op[0].slot);
	g_assert_cmpuint(op[4].slot, ==, op[3].slot);
	g_assert_cmpuint(op[5].slot, ==, op[2].slot);
	g_assert_cmpuint(op_stream_slots(stream), ==, 2);
	g_assert_cmpuint(op_stream_kinds(stream)[OP_VMAP_ALLOC], ==, 3);
	op_stream_free(stream);
	op_source_destroy(source);
}

/* The ids of a trace in which @n areas live at once: small, huge and scattered ones. */
static uint64_t scattered_id(uint64_t i)
{
	const uint64_t ids[] = {i, UINT64_MAX - i, (i + 1) << 21, (i + 1) * 0x9e3779b97f4a7c15};

	return ids[i % G_N_ELEMENTS(ids)];
}

#define SCATTERED 20000

/* Ids of any size are told apart, through the growth of the table of small ones, too. */
static void test_scattered_ids(void)
{
	struct op *ops = g_new0(struct op, 2 * SCATTERED);
	struct trace_header header;

	for (uint64_t i = 0; i < SCATTERED; i++) {
		ops[i] = (struct op){.kind = OP_VMAP_ALLOC,
				     .id = scattered_id(i),
				     .vmap = {.size = 4096, .align = 1}};
		ops[SCATTERED + i] = (struct op){.kind = OP_VMAP_FREE, .id = scattered_id(i)};
	}
	trace_header_init(&header);
	struct op_source *source = array_source_new(&header, ops, 2 * SCATTERED);
	struct op_stream *stream = op_stream_new(source, 1, false);
	GError *error = NULL;
	struct op op;

	for (uint64_t i = 0; i < 2 * SCATTERED; i++) {
		g_assert_cmpint(op_stream_next(stream, ANY_CPU, &op, &error), ==, SOURCE_OP);
		g_assert_no_error(error);
		g_assert_cmpuint(op.slot, ==, i % SCATTERED);
	}
	g_assert_cmpuint(op_stream_live(stream), ==, 0);
	op_stream_free(stream);
	op_source_destroy(source);
	g_free(ops);
}

static char *digest_of(const char *ops)
{
	g_autofree char *copy = g_strdup(ops);

	g_strdelimit(copy, "'", '"');
	struct op_source *source = source_of_ops(copy);
	struct op_stream *stream = op_stream_new(source, 4, false);
	struct op op;

	while (op_stream_next(stream, ANY_CPU, &op, NULL) == SOURCE_OP)
		op_clear(&op);
	char *digest = op_stream_digest(stream);

	op_stream_free(stream);
	op_source_destroy(source);
	return digest;
}

/* The way an op is written does not show in the digest; what it says does. */
static void test_digest(void)
{
	static const char *const same[] = {
		"{'op':'vmap_alloc','id':1,'size':8192,'align':1,'addr':'0x1000','cpu':0}\n",
		"{ 'addr':4096, 'size':'0x2000', 'id':'1', 'op':'vmap_alloc', 'failed':false }\n",
		"{'op':'vmap_alloc','id':1,'size':8192,'addr':'4096','comment':1}",
	};
	static const char *const different[] = {
		"{'op':'vmap_alloc','id':2,'size':8192,'addr':4096}\n",
		"{'op':'vmap_alloc','id':1,'size':4096,'addr':4096}\n",
		"{'op':'vmap_alloc','id':1,'size':8192,'addr':8192}\n",
		"{'op':'vmap_alloc','id':1,'size':8192}\n",
		"{'op':'vmap_alloc','id':1,'size':8192,'addr':4096,'failed':true}\n",
		"{'op':'vmap_alloc','id':1,'size':8192,'addr':4096,'align':4096}\n",
		"{'op':'vmap_alloc','id':1,'size':8192,'addr':4096,'vstart':0}\n",
		"{'op':'vmap_alloc','id':1,'size':8192,'addr':4096,'t':0}\n",
		"{'op':'vmap_alloc','id':1,'size':8192,'addr':4096,'cpu':1}\n",
		"{'op':'map_ram','id':1,'pages':2,'addr':4096}\n",
		"{'op':'vmap_alloc','id':1,'size':8192,'addr':4096}\n{'op':'mark','name':'a'}\n",
		"{'op':'vmap_alloc','id':1,'size':8192,'addr':4096}\n{'op':'mark','name':'b'}\n",
		"",
	};
	g_autofree char *first = digest_of(same[0]);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	g_assert_cmpuint(strlen(first), ==, 16);
	for (unsigned i = 1; i < G_N_ELEMENTS(same); i++) {
		g_autofree char *digest = digest_of(same[i]);

		g_assert_cmpstr(digest, ==, first);
	}
	g_hash_table_add(seen, g_strdup(first));
	for (unsigned i = 0; i < G_N_ELEMENTS(different); i++)
		g_assert_true(g_hash_table_add(seen, digest_of(different[i])));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/op_stream/ids", id_rules, check_rules);
	g_test_add_data_func("/op_stream/values", value_rules, check_rules);
	g_test_add_data_func("/op_stream/seeds", seed_rules, check_rules);
	g_test_add_data_func("/op_stream/times", time_rules, check_rules);
	g_test_add_func("/op_stream/lenient", test_lenient);
	g_test_add_func("/op_stream/slots", test_slots);
	g_test_add_func("/op_stream/scattered-ids", test_scattered_ids);
	g_test_add_func("/op_stream/digest", test_digest);
	return g_test_run();
}
