// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JSON Lines read by threads against the same lines read by none: the same ops, places, faults and
 * counts, whatever the lines and wherever chunks are cut; and an end at any time.
 */
#include "sim/trace/test/mutate.h"
#include "sim/trace/test/trace_text.h"

#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <zlib.h>

static const struct jsonl_threads none = {0};

static struct op_source *open_bytes(const char *bytes, size_t length,
				    const struct jsonl_threads *threads, GError **error)
{
	FILE *file = tmpfile();

	g_assert_cmpuint(fwrite(bytes, 1, length, file), ==, length);
	rewind(file);
	int fd = dup(fileno(file));

	fclose(file);
	struct reader *reader = reader_open_fd(fd, "T", error);

	return reader ? jsonl_source_new_threads(reader, threads, error) : NULL;
}

static void put_op(GString *log, const struct op *op)
{
	g_string_append_printf(
		log, "%s id=%" G_GUINT64_FORMAT " t=%" G_GUINT64_FORMAT " addr=%" G_GUINT64_FORMAT,
		op_kind_name(op->kind), op->id, op->t_ns, op->addr);
	g_string_append_printf(log, " flags=%x cpu=%u", op->flags, op->cpu);
	if (op->kind == OP_MARK) {
		g_string_append_printf(log, " %s", op->mark);
	} else if (op->kind == OP_PCPU_ALLOC) {
		g_string_append_printf(log, " %" G_GUINT64_FORMAT, op->pcpu->align);
		for (unsigned i = 0; i < op->pcpu->n_areas; i++)
			g_string_append_printf(log, " %" G_GUINT64_FORMAT "+%" G_GUINT64_FORMAT,
					       op->pcpu->area[i].offset, op->pcpu->area[i].size);
	} else {
		g_string_append_printf(log,
				       " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
				       " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
				       op->vmap.size, op->vmap.align, op->vmap.vstart,
				       op->vmap.vend);
	}
}

/* Everything that comes out of a source, a line a call. To be freed. */
static char *transcript(const char *bytes, size_t length, const struct jsonl_threads *threads)
{
	GString *log = g_string_new(NULL);
	GError *error = NULL;
	struct op_source *source = open_bytes(bytes, length, threads, &error);
	enum source_next next = source ? SOURCE_OP : SOURCE_ERROR;
	struct op op;

	while (source && next != SOURCE_END && next != SOURCE_ERROR) {
		next = op_source_next(source, ANY_CPU, &op, &error);
		g_autofree char *where = op_source_where(source);

		g_string_append_printf(log, "%d %s", next, where);
		if (next == SOURCE_OP)
			put_op(log, &op);
		if (next == SOURCE_BAD_OP)
			g_string_append_printf(log, "%s: ", op_fault_name(source->fault));
		g_string_append_printf(log, "%s (%" G_GUINT64_FORMAT " unknown, %s)\n",
				       error ? error->message : "", source->unknown_keys,
				       source->first_unknown_key);
		op_clear(&op);
		g_clear_error(&error);
	}
	g_string_append_printf(log, "%s\n", error ? error->message : "end");
	g_clear_error(&error);
	op_source_destroy(source);
	return g_string_free(log, FALSE);
}

/* Chunks of a line, of a few, of all. */
static const struct jsonl_threads ways[] = {
	{1, 0, 1}, {2, 0, 1}, {3, 200, 150}, {2, 0, 700}, {4, 0, 1 << 16}};

/* Returns the transcript, to be freed. */
static char *assert_same(const char *bytes, size_t length)
{
	char *expected = transcript(bytes, length, &none);

	for (unsigned i = 0; i < G_N_ELEMENTS(ways); i++) {
		g_autofree char *got = transcript(bytes, length, &ways[i]);

		g_assert_cmpstr(got, ==, expected);
	}
	return expected;
}

static void test_mutated(void)
{
	GString *good = good_trace();
	unsigned bad = 0, unknown = 0;
	struct rng rng;

	rng_init(&rng, 1, "parallel");
	for (unsigned i = 0; i < 600; i++) {
		GString *text = mutated(&rng, good);
		g_autofree char *expected = assert_same(text->str, text->len);

		bad += strstr(expected, "\n-2 ") != NULL;
		unknown += strstr(expected, "(1 unknown, T:") != NULL;
		g_string_free(text, TRUE);
	}
	g_assert_cmpuint(bad, >, 100);
	g_assert_cmpuint(unknown, >, 10);
	g_string_free(good, TRUE);
}

static void put_random_line(GString *text, struct rng *rng)
{
	static const char *const oddities[] = {
		"",
		"{}",
		"[1]",
		"{\"op\":\"vmap_free\",\"id\":7,\"pages\":1,\"colour\":\"red\"}",
		"{\"op\":\"mark\",\"name\":\"\\u00fc\"}",
		"{\"op\":\"vmap_alloc\",\"x\":1,\"y\":2}",
		"{\"op\":\"pcpu_alloc\",\"id\":1,\"align\":4096,\"offsets\":[0,4096],"
		"\"sizes\":[4096,4096]}",
		"{\"op\":\"shrink\",\"cpu\":4096}"};

	if (!rng_below(rng, 8))
		g_string_append(text, oddities[rng_below(rng, G_N_ELEMENTS(oddities))]);
	else
		g_string_append_printf(text,
				       "{\"op\":\"vmap_alloc\",\"id\":%" G_GUINT64_FORMAT
				       ",\"size\":%" G_GUINT64_FORMAT "}",
				       rng_next(rng) >> rng_below(rng, 64),
				       rng_below(rng, 100) * 4096);
	g_string_append_c(text, '\n');
}

static GString *random_trace(struct rng *rng, unsigned lines)
{
	GString *text = g_string_new(HEADER);

	while (lines--)
		put_random_line(text, rng);
	return text;
}

static void test_random(void)
{
	struct rng rng;

	rng_init(&rng, 1, "random");
	for (unsigned i = 0; i < 12; i++) {
		GString *text = random_trace(&rng, 1 << i);
		g_autofree char *expected = assert_same(text->str, text->len);

		/* the header, and one that says end */
		g_assert_cmpuint(strlen(expected), >, (size_t)1 << i);
		g_string_free(text, TRUE);
	}
}

static void test_long_lines(void)
{
	GString *text = g_string_new(HEADER);

	for (unsigned i = 0; i < 4; i++) {
		g_string_append(text, "{\"op\":\"shrink\"}\n");
		for (unsigned n = 0; n < (READER_LINE_MAX - 8) / 16 + i; n++)
			g_string_append(text, "                ");
		g_string_append(text, "{\"op\":\"shrink\"}\n");
	}
	g_autofree char *expected = assert_same(text->str, text->len);

	g_assert_nonnull(strstr(expected, "T:7: line longer than 1 MiB"));
	g_string_free(text, TRUE);
}

static GString *compressed(const GString *text)
{
	GString *packed = g_string_sized_new(text->len + 4096);
	z_stream z = {.next_in = (unsigned char *)text->str,
		      .avail_in = (unsigned)text->len,
		      .next_out = (unsigned char *)packed->str,
		      .avail_out = (unsigned)text->len + 4096};

	g_assert_cmpint(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), ==, Z_OK);
	g_assert_cmpint(deflate(&z, Z_FINISH), ==, Z_STREAM_END);
	packed->len = z.total_out;
	deflateEnd(&z);
	return packed;
}

/* Cut and damaged anywhere: what is good before it comes out, then the fault, then the end. */
static void test_compressed(void)
{
	struct rng rng;
	unsigned truncated = 0, damaged = 0;

	rng_init(&rng, 1, "compressed");
	GString *text = random_trace(&rng, 300), *packed = compressed(text);

	for (unsigned i = 0; i < 60; i++) {
		g_autofree char *bytes = g_memdup2(packed->str, packed->len);
		size_t length = i & 1 ? packed->len : rng_below(&rng, packed->len - 100) + 100;

		if (i & 1)
			bytes[rng_below(&rng, length - 100) + 100] ^= 0x10;
		g_autofree char *expected = assert_same(bytes, length);

		truncated += strstr(expected, "truncated compressed stream") != NULL;
		damaged += strstr(expected, "damaged gzip stream") != NULL;
	}
	g_assert_cmpuint(truncated, ==, 30);
	g_assert_cmpuint(damaged, >, 10);
	g_string_free(packed, TRUE);
	g_string_free(text, TRUE);
}

/* A source that reads what was written to a pipe, whose other end stays open: *in. */
static struct op_source *open_pipe(unsigned lines, int *in)
{
	GString *text = g_string_new(HEADER);
	GError *error = NULL;
	int ends[2];

	for (unsigned i = 0; i < lines; i++)
		g_string_append(text, "{\"op\":\"mark\",\"name\":\"here\"}\n");
	g_assert_cmpint(pipe(ends), ==, 0);
	g_assert_cmpint(write(ends[1], text->str, text->len), ==, (gssize)text->len);
	struct op_source *source =
		jsonl_source_new_threads(reader_open_fd(ends[0], "P", &error),
					 &(const struct jsonl_threads){2, 0, 1 << 16}, &error);

	g_assert_no_error(error);
	g_string_free(text, TRUE);
	*in = ends[1];
	return source;
}

static void on_alarm(int number)
{
	(void)number;
}

/* All that a pipe has given comes out, though no chunk is full; then a signal ends the wait. */
static void test_signal(void)
{
	const struct sigaction action = {.sa_handler = on_alarm};
	const struct itimerval soon = {.it_value = {.tv_usec = 100000}};
	GError *error = NULL;
	struct op op;
	int in;

	sigaction(SIGALRM, &action, NULL);
	for (unsigned lines = 0; lines < 100; lines += 33) {
		struct op_source *source = open_pipe(lines, &in);

		for (unsigned i = 0; i < lines; i++) {
			g_assert_cmpint(op_source_next(source, ANY_CPU, &op, &error), ==,
					SOURCE_OP);
			op_clear(&op);
		}
		setitimer(ITIMER_REAL, &soon, NULL);
		g_assert_cmpint(op_source_next(source, ANY_CPU, &op, &error), ==, SOURCE_ERROR);
		g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INTERRUPTED);
		g_clear_error(&error);
		op_source_destroy(source);
		close(in);
	}
}

/* Destroyed after any number of ops, in front of a pipe that gives no more, and in a file. */
static void test_destroy(void)
{
	struct rng rng;
	struct op op;
	int in;

	rng_init(&rng, 1, "destroy");
	GString *text = random_trace(&rng, 2000);

	for (unsigned i = 0; i < 100; i++) {
		struct op_source *source = i & 1 ? open_pipe(200, &in)
						 : open_bytes(text->str, text->len,
							      &ways[i % G_N_ELEMENTS(ways)], NULL);

		for (unsigned n = i * 2; n--;) {
			op_source_next(source, ANY_CPU, &op, NULL);
			op_clear(&op);
		}
		op_source_destroy(source);
		if (i & 1)
			close(in);
	}
	g_string_free(text, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/jsonl-parallel/mutated", test_mutated);
	g_test_add_func("/jsonl-parallel/random", test_random);
	g_test_add_func("/jsonl-parallel/long-lines", test_long_lines);
	g_test_add_func("/jsonl-parallel/compressed", test_compressed);
	g_test_add_func("/jsonl-parallel/signal", test_signal);
	g_test_add_func("/jsonl-parallel/destroy", test_destroy);
	return g_test_run();
}
