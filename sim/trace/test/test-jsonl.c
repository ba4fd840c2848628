// SPDX-License-Identifier: GPL-2.0-or-later
/* Ops and headers as JSON Lines: what is read, what is written again, and what is refused. */
#include "sim/trace/test/trace_text.h"

#define ZONED_HEADER                                                                               \
	"{\"kmsim_trace\": 1, \"page_size\": 4096, \"cpus\": 3, \"vmap\": {\"vstart\": "           \
	"\"0x1000\", \"vend\": \"0xffffffffffffffff\", \"lazy_max_pages\": "                       \
	"\"18446744073709551615\"}, \"zones\": [{\"name\": \"DMA\", \"start_pfn\": 1, "            \
	"\"end_pfn\": 4096, \"holes\": [[16, 32], [32, 64]]}, {\"name\": \"Normal\", "             \
	"\"start_pfn\": 4096, \"end_pfn\": \"18446744073709551615\", \"holes\": []}], "            \
	"\"section_pages\": 32768, \"origin\": \"a \\\"test\\\"\"}\n"

/* Every kind of op with everything it can say, as the writer says it. */
static const char *const full_ops[] = {
	"{\"op\":\"vmap_seed\",\"id\":1,\"addr\":\"0xffffffffffffe000\",\"size\":4096,"
	"\"lazy\":true}",
	"{\"op\":\"page_seed\",\"id\":2,\"pfn\":\"18446744073709551000\",\"order\":3,\"mt\":"
	"\"movable\",\"lru\":true,\"pinned\":true}",
	"{\"op\":\"page_seed\",\"id\":1001,\"pfn\":1048584,\"order\":0,\"mt\":"
	"\"movable\",\"lru\":true,\"reclaimable\":true}",
	"{\"op\":\"vmap_alloc\",\"id\":\"18446744073709551615\",\"size\":\"18446744073709547520\","
	"\"align\":\"9223372036854775808\",\"vstart\":\"0x0\",\"vend\":\"0xffffffffffffffff\","
	"\"addr\":\"0xdeadbeef000\",\"failed\":true,\"cpu\":2,\"t\":9223372036854775807}",
	"{\"op\":\"vmap_alloc\",\"id\":9223372036854775807,\"size\":4096}",
	"{\"op\":\"vmap_free\",\"id\":\"18446744073709551615\",\"t\":0}",
	"{\"op\":\"vmap_purge\"}",
	"{\"op\":\"vmap_purge\",\"why\":\"drain\",\"n\":0}",
	"{\"op\":\"vmap_purge\",\"why\":\"detach\",\"n\":17}",
	"{\"op\":\"map_ram\",\"id\":3,\"pages\":1,\"addr\":\"0x5000\"}",
	"{\"op\":\"unmap_ram\",\"id\":3,\"addr\":\"0x5000\"}",
	"{\"op\":\"pcpu_alloc\",\"id\":4,\"align\":4096,\"offsets\":[0,\"9223372036854775808\"],"
	"\"sizes\":[4096,9223372036854771712],\"addr\":\"0x6000\"}",
	"{\"op\":\"pcpu_free\",\"id\":4}",
	"{\"op\":\"shrink\",\"cpu\":1}",
	"{\"op\":\"page_alloc\",\"id\":5,\"order\":10,\"mt\":\"reclaimable\",\"zone\":\"Normal\","
	"\"gfp\":[\"IO\",\"ATOMIC\"],\"pfn\":77,\"failed\":true,\"nofrag\":true,\"thp\":true,"
	"\"lru\":true,\"pinned\":true,\"reclaimable\":true}",
	"{\"op\":\"page_alloc\",\"id\":6,\"order\":0,\"gfp\":[]}",
	"{\"op\":\"page_free\",\"id\":5}",
	"{\"op\":\"compact\",\"order\":-1,\"mode\":\"async\"}",
	"{\"op\":\"compact\",\"order\":9,\"mt\":\"movable\",\"zone\":\"DMA\",\"mode\":"
	"\"sync-light\",\"direct\":true,\"whole_zone\":true,\"ignore_skip\":true}",
	"{\"op\":\"compact\",\"order\":0,\"mode\":\"sync\"}",
	"{\"op\":\"mark\",\"name\":\"quote \\\" slash \\\\ tab \\t umlaut \xc3\xbc\"}",
};

/* Write all ops of @source, and its header, to a file; the text of that file. */
static char *write_again(struct op_source *source)
{
	g_autofree char *folder = g_dir_make_tmp("kmsim-jsonl-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "again.jsonl", NULL);
	struct jsonl_writer *writer = jsonl_writer_open(path, &source->header, NULL);
	GError *error = NULL;
	struct op op;
	char *text;

	while (op_source_next(source, ANY_CPU, &op, &error) == SOURCE_OP) {
		jsonl_writer_put(writer, &op);
		op_clear(&op);
	}
	g_assert_no_error(error);
	g_assert_true(jsonl_writer_commit(writer, &error));
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_unlink(path);
	g_rmdir(folder);
	return text;
}

static void test_round_trip(void)
{
	GString *text = g_string_new(ZONED_HEADER);

	for (unsigned i = 0; i < G_N_ELEMENTS(full_ops); i++)
		g_string_append_printf(text, "%s\n", full_ops[i]);
	GError *error = NULL;
	struct op_source *source = source_of(text->str, &error);

	g_assert_no_error(error);
	g_autofree char *again = write_again(source);

	g_assert_cmpuint(source->unknown_keys, ==, 0);
	g_assert_cmpstr(again, ==, text->str);
	op_source_destroy(source);
	g_string_free(text, TRUE);
}

/* Between them the lines above cover every kind, so that a new one cannot be forgotten. */
static void test_covers_all_kinds(void)
{
	bool seen[OP_KINDS] = {false};

	for (unsigned i = 0; i < G_N_ELEMENTS(full_ops); i++) {
		for (unsigned kind = 0; kind < OP_KINDS; kind++) {
			g_autofree char *start =
				g_strdup_printf("{\"op\":\"%s\"", op_kind_name(kind));

			seen[kind] |= g_str_has_prefix(full_ops[i], start);
		}
	}
	for (unsigned kind = 0; kind < OP_KINDS; kind++)
		g_assert_true(seen[kind]);
}

static void test_header_values(void)
{
	struct op_source *source = source_of(ZONED_HEADER, NULL);
	const struct trace_header *header = &source->header;
	const struct memory_zone *dma = memory_map_zone(header->memory, 0);
	const struct memory_zone *normal = memory_map_zone(header->memory, 1);

	g_assert_cmpuint(header->cpus, ==, 3);
	g_assert_cmphex(header->vstart, ==, 0x1000);
	g_assert_cmphex(header->vend, ==, UINT64_MAX);
	g_assert_cmpuint(header->lazy_max_pages, ==, UINT64_MAX);
	g_assert_cmpuint(header->memory->section_pages, ==, 32768);
	g_assert_cmpstr(header->origin, ==, "a \"test\"");
	g_assert_cmpuint(dma->holes->len, ==, 2);
	g_assert_cmpuint(g_array_index(dma->holes, struct pfn_range, 1).end_pfn, ==, 64);
	g_assert_cmpuint(normal->end_pfn, ==, UINT64_MAX);
	op_source_destroy(source);
}

static void test_header_defaults(void)
{
	struct op_source *source = source_of(HEADER, NULL);
	const struct trace_header *header = &source->header;

	g_assert_false(header->vstart_given || header->vend_given || header->lazy_max_pages_given);
	g_assert_cmphex(header->vstart, ==, 0xffffc90000000000);
	g_assert_cmphex(header->vend, ==, 0xffffe8ffffffffff);
	g_assert_cmpuint(header->lazy_max_pages, ==, 3 * 8192); /* fls(4) · 32 MiB */
	g_assert_null(header->memory);
	op_source_destroy(source);
}

static void assert_bad_header(const char *text, const char *cause)
{
	g_autofree char *message = fault_of(text);

	if (!message || !g_str_has_prefix(message, "T:1: ") || !strstr(message, cause))
		g_error("%s\nhas the fault: %s\nexpected: %s", text, message, cause);
}

static void test_bad_headers(void)
{
	static const struct {
		const char *members, *cause;
	} cases[] = {
		{"'page_size': 4096, 'cpus': 1", "no 'kmsim_trace'"},
		{"'kmsim_trace': 1, 'cpus': 1", "missing field 'page_size'"},
		{"'kmsim_trace': 1, 'page_size': 4096", "missing field 'cpus'"},
		{"'kmsim_trace': 2, 'page_size': 4096, 'cpus': 1", "kmsim_trace 2"},
		{"'kmsim_trace': 1.0, 'page_size': 4096, 'cpus': 1", "'kmsim_trace'"},
		{"'kmsim_trace': 1, 'page_size': 8192, 'cpus': 1", "page_size 8192"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 0", "cpus 0"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 4097", "cpus 4097"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': -1", "'cpus'"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 'two'", "'cpus'"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'cpus': 1", "duplicate"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'vmap': 4", "'vmap'"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'vmap': {'vstart': []}",
		 "'vstart'"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'vmap': {'vstart': 8, 'vend': 8}",
		 "vstart is not below vend"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'vmap': {'vend': '0x1000'}",
		 "vstart is not below vend"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'vmap': {'vend': "
		 "'0x10000000000000000'}",
		 "'vend'"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'origin': 1", "'origin'"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'section_pages': -4",
		 "'section_pages'"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'zones': {}", "'zones'"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'zones': [5]", "'start_pfn'"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'zones': [{'start_pfn': 0, "
		 "'end_pfn': 5}]",
		 "needs a name"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'zones': [{'name': 'N', "
		 "'start_pfn': 5, 'end_pfn': 5}]",
		 "start_pfn below end_pfn"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'zones': [{'name': 'N', "
		 "'start_pfn': 0, 'end_pfn': 5}, {'name': 'N', 'start_pfn': 5, 'end_pfn': 6}]",
		 "same name or overlap"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'zones': [{'name': 'N', "
		 "'start_pfn': 0, 'end_pfn': 5}, {'name': 'M', 'start_pfn': 4, 'end_pfn': 6}]",
		 "same name or overlap"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'zones': [{'name': 'N', "
		 "'start_pfn': 0, 'end_pfn': 5, 'holes': [[1]]}]",
		 "holes"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'zones': [{'name': 'N', "
		 "'start_pfn': 0, 'end_pfn': 5, 'holes': [[2, 3], [1, 2]]}]",
		 "holes"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'zones': [{'name': 'N', "
		 "'start_pfn': 0, 'end_pfn': 5, 'holes': [[4, 6]]}]",
		 "holes"},
		{"'kmsim_trace': 1, 'page_size': 4096, 'cpus': 1, 'zones': [{'name': 'N', "
		 "'start_pfn': 0, 'end_pfn': 5, 'holes': 7}]",
		 "'holes'"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup_printf("{%s}\n", cases[i].members);

		g_strdelimit(text, "'", '"');
		/* in messages quotes are single */
		assert_bad_header(text, cases[i].cause);
	}
	assert_bad_header("", "empty");
	assert_bad_header("\n", "not JSON");
	assert_bad_header("[]\n", "no 'kmsim_trace'");
	assert_bad_header("{\"op\":\"shrink\"}\n", "no header");
}

/* An op after the header that is refused by itself. */
static void test_bad_ops(void)
{
	static const struct {
		const char *op, *cause;
	} cases[] = {
		{"", "not JSON"},
		{"{", "not JSON"},
		{"{'op':'shrink'} x", "not JSON"},
		{"{'op':'shrink'}{'op':'shrink'}", "not JSON"},
		{"'shrink'", "not JSON"},
		{"[]", "object"},
		{"{}", "missing field 'op'"},
		{"{'op':7}", "'op'"},
		{"{'op':'vmap_aloc'}", "unknown op 'vmap_aloc'"},
		{"{'op':'shrink','op':'shrink'}", "duplicate"},
		{"{'op':'vmap_alloc','size':4096}", "missing field 'id'"},
		{"{'op':'vmap_alloc','id':1}", "missing field 'size'"},
		{"{'op':'vmap_alloc','id':1,'size':[]}", "'size'"},
		{"{'op':'vmap_alloc','id':1,'size':null}", "'size'"},
		{"{'op':'vmap_alloc','id':1,'size':true}", "'size'"},
		{"{'op':'vmap_alloc','id':1,'size':4096.0}", "'size'"},
		{"{'op':'vmap_alloc','id':1,'size':''}", "'size'"},
		{"{'op':'vmap_alloc','id':1,'size':'4096 '}", "'size'"},
		{"{'op':'vmap_alloc','id':1,'size':'-4096'}", "'size'"},
		{"{'op':'vmap_alloc','id':1,'size':'0x'}", "'size'"},
		{"{'op':'vmap_alloc','id':-1,'size':4096}", "'id'"},
		{"{'op':'vmap_alloc','id':9223372036854775808,'size':4096}", "too big"},
		{"{'op':'vmap_alloc','id':'18446744073709551616','size':4096}", "'id'"},
		{"{'op':'vmap_alloc','id':1,'size':4096,'failed':1}", "'failed'"},
		{"{'op':'vmap_alloc','id':1,'size':4096,'addr':{}}", "'addr'"},
		{"{'op':'vmap_alloc','id':1,'size':4096,'cpu':-1}", "'cpu'"},
		{"{'op':'vmap_alloc','id':1,'size':4096,'cpu':70000}", "cpu 70000 out of range"},
		{"{'op':'vmap_alloc','id':1,'size':4096,'t':-1}", "'t'"},
		{"{'op':'vmap_alloc','id':1,'size':4096,'t':1.5}", "'t'"},
		{"{'op':'vmap_free'}", "missing field 'id'"},
		{"{'op':'vmap_purge','why':'later'}", "'why'"},
		{"{'op':'vmap_purge','why':3}", "'why'"},
		{"{'op':'map_ram','id':1}", "missing field 'pages'"},
		{"{'op':'pcpu_alloc','id':1,'align':4096,'offsets':[0]}", "missing field 'sizes'"},
		{"{'op':'pcpu_alloc','id':1,'align':4096,'offsets':0,'sizes':[1]}", "'offsets'"},
		{"{'op':'pcpu_alloc','id':1,'align':4096,'offsets':[],'sizes':[]}", "'offsets'"},
		{"{'op':'pcpu_alloc','id':1,'align':4096,'offsets':[0,1],'sizes':[4096]}",
		 "same length"},
		{"{'op':'pcpu_alloc','id':1,'align':4096,'offsets':[0],'sizes':['x']}", "'sizes'"},
		{"{'op':'page_alloc','id':1}", "missing field 'order'"},
		{"{'op':'page_alloc','id':1,'order':-1}", "'order'"},
		{"{'op':'page_alloc','id':1,'order':128}", "order 128 out of range"},
		{"{'op':'page_alloc','id':1,'order':0,'mt':'cma'}", "'cma'"},
		{"{'op':'page_alloc','id':1,'order':0,'zone':'Normal'}", "zone 'Normal'"},
		{"{'op':'page_alloc','id':1,'order':0,'zone':1}", "'zone'"},
		{"{'op':'page_alloc','id':1,'order':0,'gfp':'IO'}", "'gfp'"},
		{"{'op':'page_alloc','id':1,'order':0,'gfp':['IO','OI']}", "entry 1"},
		{"{'op':'page_seed','id':1,'order':0}", "missing field 'pfn'"},
		{"{'op':'compact','mode':'full'}", "'full'"},
		{"{'op':'compact','order':-2}", "'order'"},
		{"{'op':'mark'}", "missing field 'name'"},
		{"{'op':'mark','name':5}", "'name'"},
		{"{'op':'vmap_seed','id':1,'size':4096}", "missing field 'addr'"},
		{"{'op':'vmap_seed','id':1,'addr':'0x1000','size':4096,'lazy':'yes'}", "'lazy'"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *ops =
			g_strdup_printf("{'op':'shrink'}\n%s\n{'op':'shrink'}\n", cases[i].op);

		g_strdelimit(ops, "'", '"');
		assert_fault(ops, 3, cases[i].cause);
	}
}

/* Bytes that no JSON text has, and nesting without end. */
static void test_strange_bytes(void)
{
	static const char nul[] = HEADER "{\"op\":\"mark\",\"name\":\"a\0b\"}\n";
	GString *deep = g_string_new(NULL);
	GError *error = NULL;
	struct op op;
	struct op_source *source = source_of_bytes(nul, sizeof(nul) - 1, NULL);

	g_assert_cmpint(op_source_next(source, ANY_CPU, &op, &error), ==, SOURCE_BAD_OP);
	g_assert_cmpint(source->fault, ==, FAULT_SYNTAX);
	g_assert_true(g_str_has_prefix(error->message, "T:2: not JSON"));
	g_error_free(error);
	op_source_destroy(source);
	assert_fault("{\"op\":\"mark\",\"name\":\"\xff\"}\n", 2, "not JSON");
	assert_fault("{\"op\":\"mark\",\"name\":\"\\u0000\"}\n", 2, "not JSON");
	for (unsigned i = 0; i < 100000; i++)
		g_string_append(deep, "{\"a\":[");
	assert_fault(deep->str, 2, "not JSON");
	g_string_free(deep, TRUE);
}

/* Blank space around an object does not matter, nor does a newline at the end. */
static void test_blanks(void)
{
	assert_fault("  {\t\"op\" : \"shrink\" }  \r\n{\"op\":\"shrink\"}", 0, NULL);
}

/* Numbers in C notation, wherever a number may stand. */
static void test_number_strings(void)
{
	struct op_source *source =
		source_of_ops("{\"op\":\"vmap_alloc\",\"id\":\"0x10\",\"size\":\"010000\","
			      "\"cpu\":\"1\",\"t\":\"12\"}\n"
			      "{\"op\":\"page_alloc\",\"id\":2,\"order\":\"0x9\",\"pfn\":\"5\"}\n");
	struct op op;

	g_assert_cmpint(op_source_next(source, ANY_CPU, &op, NULL), ==, SOURCE_OP);
	g_assert_cmpuint(op.id, ==, 16);
	g_assert_cmpuint(op.vmap.size, ==, 4096);
	g_assert_cmpuint(op.cpu, ==, 1);
	g_assert_cmpuint(op.t_ns, ==, 12);
	g_assert_cmpint(op_source_next(source, ANY_CPU, &op, NULL), ==, SOURCE_OP);
	g_assert_cmpint(op.page.order, ==, 9);
	g_assert_cmpuint(op.addr, ==, 5);
	op_source_destroy(source);
}

/* In the header, in parts of it, on ops, and keys that another kind of op knows. */
static void test_unknown_keys(void)
{
	struct op_source *source = source_of(
		"{\"kmsim_trace\":1,\"page_size\":4096,\"cpus\":1,\"cpu\":2,\"vmap\":{\"start\":0},"
		"\"zones\":[{\"name\":\"N\",\"start_pfn\":0,\"end_pfn\":9,\"hole\":[]}]}\n"
		"{\"op\":\"shrink\",\"size\":4096,\"comment\":{}}\n",
		NULL);
	struct op op;

	g_assert_cmpuint(source->unknown_keys, ==, 3);
	g_assert_cmpstr(source->first_unknown_key, ==, "T:1: 'cpu'");
	g_assert_cmpint(op_source_next(source, ANY_CPU, &op, NULL), ==, SOURCE_OP);
	g_assert_cmpuint(source->unknown_keys, ==, 5);
	op_source_destroy(source);
}

/* A bad op does not end the source: what follows it can still be read. */
static void test_goes_on(void)
{
	struct op_source *source = source_of_ops("{\n{\"op\":\"x\"}\n{\"op\":\"shrink\"}\n");
	struct op op;

	g_assert_cmpint(op_source_next(source, ANY_CPU, &op, NULL), ==, SOURCE_BAD_OP);
	g_assert_cmpint(source->fault, ==, FAULT_SYNTAX);
	g_assert_cmpint(op_source_next(source, ANY_CPU, &op, NULL), ==, SOURCE_BAD_OP);
	g_assert_cmpint(source->fault, ==, FAULT_KIND);
	g_assert_cmpint(op_source_next(source, ANY_CPU, &op, NULL), ==, SOURCE_OP);
	g_assert_cmpint(op_source_next(source, ANY_CPU, &op, NULL), ==, SOURCE_END);
	op_source_destroy(source);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/jsonl/round-trip", test_round_trip);
	g_test_add_func("/jsonl/covers-all-kinds", test_covers_all_kinds);
	g_test_add_func("/jsonl/header-values", test_header_values);
	g_test_add_func("/jsonl/header-defaults", test_header_defaults);
	g_test_add_func("/jsonl/bad-headers", test_bad_headers);
	g_test_add_func("/jsonl/bad-ops", test_bad_ops);
	g_test_add_func("/jsonl/strange-bytes", test_strange_bytes);
	g_test_add_func("/jsonl/blanks", test_blanks);
	g_test_add_func("/jsonl/number-strings", test_number_strings);
	g_test_add_func("/jsonl/unknown-keys", test_unknown_keys);
	g_test_add_func("/jsonl/goes-on", test_goes_on);
	return g_test_run();
}
