// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plain lines are read without a JSON library: whatever is taken so must be what the library makes
 * of it, on good lines and on thousands that a few random changes made of them.
 */
#include "sim/trace/jsonl_plain.h"

#include "sim/trace/op_digest.h"
#include "sim/trace/test/mutate.h"

#include <string.h>

static const char *const plain_lines[] = {
	"{\"op\":\"vmap_alloc\",\"id\":1,\"size\":274432,\"align\":4096}",
	"{\"op\": \"vmap_alloc\", \"id\": 999999999999999999, \"size\": 4096, \"cpu\": 4095}",
	"{ \"id\":7 , \"size\":8192,\"op\":\"vmap_alloc\",\"t\":5,\"addr\":\"0xffffc90000000000\","
	"\"vstart\":\"0x0\",\"vend\":\"0xFFFFffffffffffff\",\"failed\":true }",
	"{\"op\":\"vmap_alloc\",\"id\":1,\"size\":\"0x1000\",\"failed\":false,\"after\":0}",
	"{\"op\":\"vmap_free\",\"id\":0}",
	"{\"op\":\"vmap_seed\",\"id\":1,\"addr\":\"0x5000\",\"size\":4096,\"lazy\":true}",
	"{\"op\":\"map_ram\",\"id\":3,\"pages\":1,\"addr\":\"0x5000\"}",
	"{\"op\":\"unmap_ram\",\"id\":3,\"addr\":\"0x5000\"}",
	"{\"op\":\"pcpu_free\",\"id\":4}",
	"{\"op\":\"page_free\",\"id\":5}",
};

/* Lines that are left to the library, good and bad. */
static const char *const other_lines[] = {
	"{\"op\":\"vmap_alloc\",\"id\":1,\"size\":4096,\"x\":1}",
	"{\"op\":\"vmap_alloc\",\"id\":1,\"size\":4096,\"size\":4096}",
	"{\"op\":\"vmap_alloc\",\"id\":01,\"size\":4096}",
	"{\"op\":\"vmap_alloc\",\"id\":-1,\"size\":4096}",
	"{\"op\":\"vmap_alloc\",\"id\":1.0,\"size\":4096}",
	"{\"op\":\"vmap_alloc\",\"id\":1e3,\"size\":4096}",
	"{\"op\":\"vmap_alloc\",\"id\":1000000000000000000,\"size\":4096}",
	"{\"op\":\"vmap_alloc\",\"id\":1,\"size\":\"4096\"}",
	"{\"op\":\"vmap_alloc\",\"id\":1,\"size\":\"0x\"}",
	"{\"op\":\"vmap_alloc\",\"id\":1,\"size\":\"0x10000000000000000\"}",
	"{\"op\":\"vmap_alloc\",\"id\":1,\"size\":4096,\"cpu\":4096}",
	"{\"op\":\"vmap_alloc\",\"id\":1,\"size\":4096,\"failed\":1}",
	"{\"op\":\"vmap_alloc\",\"id\":1,\"size\":4096,\"failed\":truer}",
	"{\"op\":\"vmap_alloc\",\"id\":1,\"size\":4096,\"lazy\":true}",
	"{\"op\":\"vmap_alloc\",\"id\":1,\"size\":4096,\"t\":1,\"after\":1}",
	"{\"op\":\"vmap_alloc\",\"id\":1,\"size\":4096,}",
	"{\"op\":\"vmap_alloc\",\"id\":1,\"size\":4096}}",
	"{\"op\":\"vmap_alloc\",\"id\":1,\"size\":4096} x",
	"{\"op\":\"vmap_alloc\",\"id\":1,\"si\\u007ae\":4096}",
	"{\"op\":\"vmap_alloc\",\"id\":1}",
	"{\"op\":\"vmap_allo\",\"id\":1,\"size\":4096}",
	"{\"op\":\"vmap_purge\",\"why\":\"drain\"}",
	"{\"op\":\"mark\",\"name\":\"a\"}",
	"{\"id\":1,\"size\":4096}",
	"{}",
	"[]",
	"{\"op",
	"",
};

static void ignore(void *ctx, const char *key)
{
	(void)ctx, (void)key;
}

static struct jsonl_decoder decoder(void)
{
	static struct memory_map *memory;
	struct jsonl_decoder decoder;

	jsonl_decoder_init(&decoder, "T", &memory, ignore, NULL);
	return decoder;
}

static uint64_t digest_of(const struct op *op)
{
	struct op_digest digest;

	op_digest_init(&digest);
	op_digest_add(&digest, op);
	return op_digest_value(&digest);
}

/* Is @text taken as plain? If so it is as the library has it. */
static bool compare(const char *text, size_t length)
{
	struct jsonl_decoder d = decoder();
	struct op plain, any;
	GError *error = NULL;

	if (!jsonl_plain(&d, text, length, &plain))
		return false;
	g_assert_true(jsonl_decode_any(&d, text, length, &any, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(digest_of(&plain), ==, digest_of(&any));
	g_assert_cmpuint(plain.flags, ==, any.flags);
	g_assert_cmpuint(plain.t_ns, ==, any.t_ns);
	op_clear(&any);
	return true;
}

static void test_lines(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(plain_lines); i++)
		g_assert_true(compare(plain_lines[i], strlen(plain_lines[i])));
	for (unsigned i = 0; i < G_N_ELEMENTS(other_lines); i++)
		g_assert_false(compare(other_lines[i], strlen(other_lines[i])));
}

static void test_mutations(void)
{
	unsigned taken = 0, n = 0;
	struct rng rng;

	rng_init(&rng, 1, "jsonl_plain");
	for (unsigned i = 0; i < 40000; i++) {
		GString *good = g_string_new(plain_lines[i % G_N_ELEMENTS(plain_lines)]);
		GString *text = mutated(&rng, good);

		taken += compare(text->str, text->len);
		n++;
		g_string_free(text, TRUE);
		g_string_free(good, TRUE);
	}
	g_assert_cmpuint(taken, >, n / 100);
	g_assert_cmpuint(taken, <, n);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/jsonl_plain/lines", test_lines);
	g_test_add_func("/jsonl_plain/mutations", test_mutations);
	return g_test_run();
}
