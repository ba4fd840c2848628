// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Zone images: written, read and written again they are the same bytes; a run split in two with an
 * image between goes on as the whole one does; damaged ones are refused and never crash.
 */
#include "models/builtin.h"
#include "models/model_run.h"
#include "models/pages/pages.h"
#include "sim/base/error.h"
#include "sim/base/rng.h"

#include <string.h>

#define START	0x46000 /* ends with a section */
#define EDGE	(START + 2900)
#define HOLE	(START + 5000)
#define HOLE_TO (START + 5700)
#define END	(START + 8192)
#define LIVE	800

static struct memory_map *make_memory(void)
{
	struct memory_map *memory = memory_map_new();
	struct pfn_range hole = {HOLE, HOLE_TO};

	memory_map_add_zone(memory, "low", START, EDGE)->block_types = g_strdup("3M1U1H1M");
	struct memory_zone *high = memory_map_add_zone(memory, "high", EDGE, END);

	g_array_append_val(high->holes, hole);
	high->managed_pages = END - EDGE - (HOLE_TO - HOLE) - 100;
	return memory;
}

static void set_up(struct model_run *run, const char *key, const char *value)
{
	struct memory_map *memory = make_memory();
	struct param_value params[PARAM_MAX];
	GError *error = NULL;

	param_defaults(pages_model.params, params);
	if (key)
		param_set(pages_model.params, params, "", key, value, &error);
	g_assert_no_error(error);
	model_run_init(run, &pages_model,
		       (struct model_env){.cpus = 2, .memory = memory, .params = params}, &error);
	g_assert_no_error(error);
	memory_map_free(memory);
}

struct live {
	bool is;
	struct op op; /* that made it */
};

static void random_op(struct rng *rng, const struct live *live, struct op *op)
{
	op->slot = (uint32_t)rng_below(rng, LIVE);
	op->cpu = (uint16_t)rng_below(rng, 2);
	if (!rng_below(rng, 100)) {
		op->kind = OP_COMPACT;
		op->page.order = (int8_t)rng_below(rng, 11) - 1;
		op->page.mode = (uint8_t)rng_below(rng, 3);
		op->page.mt = MT_MOVABLE;
		op->flags = rng_below(rng, 2) ? OP_DIRECT : 0;
		return;
	}
	op->kind = live[op->slot].is ? OP_PAGE_FREE : OP_PAGE_ALLOC;
	if (live[op->slot].is)
		return;
	op->page.mt = rng_below(rng, 3) ? MT_MOVABLE : (uint8_t)rng_below(rng, MIGRATETYPES);
	op->page.order = rng_below(rng, 4) ? 0 : (int8_t)rng_below(rng, 10);
	if (op->page.order == 9)
		op->flags |= OP_THP;
	if (!rng_below(rng, 20))
		op->flags |= OP_PINNED;
	if (rng_below(rng, 3))
		op->flags |= OP_RECLAIMABLE;
}

static int perform(struct model_run *run, struct live *live, const struct op *op)
{
	int result = model_run_op(run, op);

	if (live && op->kind == OP_PAGE_FREE)
		live[op->slot].is = false;
	if (live && op->kind == OP_PAGE_ALLOC && result == CALL_DONE)
		live[op->slot] = (struct live){true, *op};
	return result;
}

/* Names in @to, which has the image of @from, the blocks that live. */
static void seed_live(struct model_run *from, struct model_run *to, struct live *live)
{
	for (uint32_t slot = 0; slot < LIVE; slot++) {
		const struct page_object *object;
		struct op seed = {.kind = OP_PAGE_SEED, .slot = slot};

		if (!live[slot].is)
			continue;
		object = object_at(from->model, slot);
		if (object->reclaimed) { /* it has an id and no pages */
			live[slot].is = false;
			continue;
		}
		seed.page = live[slot].op.page;
		seed.flags = live[slot].op.flags & OP_PINNED;
		seed.addr = object_page(from->model, object, 0);
		g_assert_cmpint(model_run_op(to, &seed), ==, CALL_DONE);
	}
}

static void restore(struct model_run *run, const char *text)
{
	GError *error = NULL;

	pages_model.restore(run->model, text, "image", &error);
	g_assert_no_error(error);
}

/* The image of the restored model is the same. Returns whether it has scattered blocks, and such
 * that can be reclaimed. */
static bool split(struct model_run *whole, struct model_run *part, struct live *live,
		  const char *key, const char *value)
{
	g_autofree char *text = pages_model.image(whole->model);

	set_up(part, key, value);
	restore(part, text);
	seed_live(whole, part, live);
	g_autofree char *again = pages_model.image(part->model);

	g_assert_cmpstr(again, ==, text);
	g_assert_cmpstr(pages_model.check(part->model), ==, NULL);
	return !strstr(text, "\"scattered\": []") && strstr(text, "\"reclaimable\": [[");
}

static const struct {
	const char *key, *value;
} rules[] = {
	{NULL, NULL},
	{"compaction", "linear"},
	{"isolate_around", "v5.1"},
	{"pcp", "off"},
};

/* At every op of a run, in turn: go on with the image in place of the model. */
static void test_split(gconstpointer data)
{
	unsigned rule = GPOINTER_TO_UINT(data), made = 0, scattered = 0;
	struct live live[LIVE] = {0};
	struct model_run whole, part;
	struct rng rng;

	rng_init(&rng, rule, "test-image");
	set_up(&whole, rules[rule].key, rules[rule].value);
	for (unsigned i = 0; i < 1500; i++) {
		struct op op = {.kind = OP_KINDS};

		random_op(&rng, live, &op);
		made += perform(&whole, live, &op) == CALL_DONE;
	}
	split(&whole, &part, live, rules[rule].key, rules[rule].value);
	for (unsigned i = 0; i < 1500; i++) {
		struct op op = {.kind = OP_KINDS};

		random_op(&rng, live, &op);
		int result = perform(&whole, live, &op);

		g_assert_cmpint(model_run_op(&part, &op), ==, result);
		g_assert_cmphex(part.call.addr, ==, whole.call.addr);
		made += result == CALL_DONE;
		if (i % 5)
			continue;
		model_run_clear(&part);
		scattered += split(&whole, &part, live, rules[rule].key, rules[rule].value);
	}
	g_assert_cmpuint(made, >, 1000);
	g_assert_cmpuint(scattered, >, 0);
	model_run_clear(&part);
	model_run_clear(&whole);
}

static char *some_image(void)
{
	struct live live[LIVE] = {0};
	struct model_run run;
	struct rng rng;

	rng_init(&rng, 1, "some-image");
	set_up(&run, NULL, NULL);
	for (unsigned i = 0; i < 3000; i++) {
		struct op op = {.kind = OP_KINDS};

		random_op(&rng, live, &op);
		perform(&run, live, &op);
	}
	char *text = pages_model.image(run.model);

	model_run_clear(&run);
	return text;
}

/* One to four bytes changed, doubled or gone. */
static void damage(GString *text, struct rng *rng)
{
	static const char bytes[] = "0123456789,[]{}\"MURHI:- ";

	for (uint64_t n = 1 + rng_below(rng, 4); n; n--) {
		gssize at = (gssize)rng_below(rng, text->len);
		uint64_t what = rng_below(rng, 4);

		if (what < 2)
			text->str[at] = bytes[rng_below(rng, sizeof(bytes) - 1)];
		else if (what == 2)
			g_string_insert_c(text, at, text->str[at]);
		else
			g_string_erase(text, at, 1);
	}
	if (!rng_below(rng, 20))
		g_string_truncate(text, rng_below(rng, text->len));
}

/* What is taken nevertheless (a watermark may have any value) is sound, and ops can go on. */
static void test_damaged(void)
{
	g_autofree char *good = some_image();
	unsigned refused = 0, taken = 0;
	struct rng rng;

	rng_init(&rng, 1, "damaged-image");
	for (unsigned i = 0; i < 3000; i++) {
		g_autoptr(GString) text = g_string_new(good);
		struct live live[LIVE] = {0};
		g_autoptr(GError) error = NULL;
		struct model_run run;

		damage(text, &rng);
		set_up(&run, NULL, NULL);
		if (!pages_model.restore(run.model, text->str, "image.json", &error)) {
			g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
			g_assert_true(g_str_has_prefix(error->message, "image.json:"));
			refused++;
			model_run_clear(&run);
			continue;
		}
		g_assert_no_error(error);
		taken++;
		for (unsigned j = 0; j < 200; j++) {
			struct op op = {.kind = OP_KINDS};

			random_op(&rng, live, &op);
			perform(&run, live, &op);
		}
		g_assert_cmpstr(pages_model.check(run.model), ==, NULL);
		model_run_clear(&run);
	}
	g_assert_cmpuint(refused, >, 1000);
	g_assert_cmpuint(taken, >, 10);
}

static void replace(GString *text, const char *from, const char *to)
{
	g_assert_cmpuint(g_string_replace(text, from, to, 1), ==, 1);
}

/* What is wrong is said: file, zone and cause. */
static void test_messages(void)
{
	static const struct {
		const char *from, *to, *message;
	} cases[] = {
		{"{\n", "{\n,", "image.json:2: "},
		{"\"kmsim_zone_image\": 1", "\"kmsim_zone_image\": 2", "version 2"},
		{"\"kmsim_zone_image\"", "\"something\"", "not a zone image"},
		{"\"name\": \"low\"", "\"name\": \"lower\"", "zone 'low': the machine has it"},
		{"\"watermark_min\": ", "\"watermark_min\": -", "field 'watermark_min'"},
		{"\"free_pages\": ", "\"free_pages\": 1", "but the lists have"},
		{"\"defer_shift\": 0", "\"defer_shift\": 7", "field 'defer_shift'"},
		{"\"block_types\": \"", "\"block_types\": \"1U", "field 'block_types'"},
		{"\"allocated\": [[", "\"allocated\": [[5, 1, \"movable\"], [",
		 "not all in the zone"},
		{"\"cpu\": 0", "\"cpu\": 1", "field 'cpu'"},
		{"\"pcp\": [", "\"pcp\": [{}, ", "lists of 3 CPUs"},
		{"\"scattered\": [", "\"scattered\": [[1, 2, 3], ", "3 pages are no block"},
	};
	g_autofree char *good = some_image();

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = g_string_new(good);
		g_autoptr(GError) error = NULL;
		struct model_run run;

		replace(text, cases[i].from, cases[i].to);
		set_up(&run, NULL, NULL);
		g_assert_false(pages_model.restore(run.model, text->str, "image.json", &error));
		g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		g_test_message("%s", error->message);
		g_assert_true(g_str_has_prefix(error->message, "image.json:"));
		g_assert_nonnull(strstr(error->message, cases[i].message));
		model_run_clear(&run);
	}
}

/* A seed on an image names what is allocated there, as it is. */
static void test_bad_seeds(void)
{
	struct op alloc = {.kind = OP_PAGE_ALLOC, .page = {.order = 3, .mt = MT_MOVABLE}};
	struct model_run first;

	set_up(&first, NULL, NULL);
	g_assert_cmpint(model_run_op(&first, &alloc), ==, CALL_DONE);
	uint64_t pfn = first.call.addr;
	g_autofree char *text = pages_model.image(first.model);
	const struct {
		uint64_t pfn;
		uint8_t mt;
		int8_t order;
		int result;
	} cases[] = {{pfn, MT_MOVABLE, 3, CALL_DONE},
		     {pfn + 4, MT_MOVABLE, 2, CALL_DONE},
		     {pfn, MT_UNMOVABLE, 3, CALL_INPUT},
		     {pfn, MT_MOVABLE, 4, CALL_INPUT},
		     {pfn ^ 8, MT_MOVABLE, 3, CALL_INPUT},
		     {HOLE, MT_MOVABLE, 0, CALL_INPUT},
		     {UINT64_C(1) << 40, MT_MOVABLE, 0, CALL_INPUT}};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct op seed = {.kind = OP_PAGE_SEED, .slot = 7, .addr = cases[i].pfn};
		struct op free_op = {.kind = OP_PAGE_FREE, .slot = 7};
		struct model_run run;

		seed.page.mt = cases[i].mt;
		seed.page.order = cases[i].order;
		set_up(&run, NULL, NULL);
		restore(&run, text);
		g_assert_cmpint(model_run_op(&run, &seed), ==, CALL_DONE);
		g_assert_cmpint(model_run_op(&run, &free_op), ==, cases[i].result);
		if (cases[i].result == CALL_INPUT)
			g_assert_nonnull(
				strstr(run.call.message, cases[i].mt == MT_MOVABLE
								 ? "not allocated as movable"
								 : "not allocated as unmovable"));
		else
			g_assert_cmpstr(pages_model.check(run.model), ==, NULL);
		model_run_clear(&run);
	}
	model_run_clear(&first);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
		g_autofree char *path = g_strdup_printf("/image/split/%s",
							rules[i].key ? rules[i].value : "default");

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_split);
	}
	g_test_add_func("/image/messages", test_messages);
	g_test_add_func("/image/bad-seeds", test_bad_seeds);
	g_test_add_func("/image/damaged", test_damaged);
	return g_test_run();
}
