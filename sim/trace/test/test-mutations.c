// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Broken input, made from good input by a few thousand random changes, always the same: every one
 * is either taken or refused as bad input, and nothing crashes (the sanitizers watch).
 */
#include "sim/base/rng.h"
#include "sim/trace/import/import.h"
#include "sim/trace/test/trace_text.h"

#define RECORDED "traces/recorded/"

static char *folder;

/* Pieces that parsers look for, and numbers at the edge. */
static const char *const pieces[] = {
	"0",
	"-1",
	"1",
	"4096",
	"18446744073709551616",
	"0x",
	"\"0x1\"",
	"1e400",
	"null",
	"[]",
	"{}",
	"\"id\":1,",
	"\"t\":0,",
	"\"cpu\":3,",
	"\"op\":\"vmap_free\",",
	"\n",
	"\r",
	"\"",
	"\\u0000",
	"\\",
	"#",
	": ",
	"[001]",
	" 12.345678: ",
	"alloc_vmap_area: ",
	"va_start: ",
	"num_purged=",
	"failed=1",
	"free_vmap_area_noflush: ",
	"CPU:1 [LOST 5 EVENTS]\n",
	"0xffffffffffffffff",
	"-0x",
};

static void replace(GString *text, size_t at, size_t length, const char *with, size_t with_length)
{
	g_string_erase(text, (gssize)at, (gssize)length);
	g_string_insert_len(text, (gssize)at, with, (gssize)with_length);
}

/* One change at a random place. */
static void mutate(struct rng *rng, GString *text)
{
	size_t at = rng_below(rng, text->len), room = text->len - at;
	size_t length = rng_below(rng, MIN(room, 64)) + 1;
	const char *piece = pieces[rng_below(rng, G_N_ELEMENTS(pieces))];

	switch (rng_below(rng, 6)) {
	case 0: /* one byte */
		text->str[at] = (char)rng_next(rng);
		break;
	case 1: /* one bit */
		text->str[at] = (char)(text->str[at] ^ (1 << rng_below(rng, 8)));
		break;
	case 2:
		g_string_erase(text, (gssize)at, (gssize)length);
		break;
	case 3: { /* twice */
		g_autofree char *copy = g_memdup2(text->str + at, length);

		replace(text, at, 0, copy, length);
		break;
	}
	case 4:
		replace(text, at, rng_below(rng, length), piece, strlen(piece));
		break;
	default: /* cut, now and then */
		if (!rng_below(rng, 16))
			g_string_truncate(text, at + 1);
	}
	if (!text->len)
		g_string_append_c(text, '\n');
}

static GString *mutated(struct rng *rng, const GString *good)
{
	GString *text = g_string_new_len(good->str, (gssize)good->len);

	for (uint64_t n = rng_below(rng, 4) + 1; n; n--)
		mutate(rng, text);
	return text;
}

static GString *good_trace(void)
{
	return g_string_new(
		"{\"kmsim_trace\":1,\"page_size\":4096,\"cpus\":4,\"vmap\":{\"vstart\":"
		"\"0xffffc90000000000\"},\"zones\":[{\"name\":\"N\",\"start_pfn\":0,"
		"\"end_pfn\":4096,\"holes\":[[8,16]]}]}\n"
		"{\"op\":\"vmap_seed\",\"id\":1,\"addr\":\"0xffffc90000000000\",\"size\":8192}\n"
		"{\"op\":\"page_seed\",\"id\":2,\"pfn\":16,\"order\":2,\"mt\":\"movable\"}\n"
		"{\"op\":\"vmap_alloc\",\"id\":3,\"size\":8192,\"align\":4096,\"t\":10}\n"
		"{\"op\":\"map_ram\",\"id\":\"0x4\",\"pages\":3,\"cpu\":1,\"t\":11}\n"
		"{\"op\":\"pcpu_alloc\",\"id\":5,\"align\":4096,\"offsets\":[0,8192],\"sizes\":"
		"[4096,\"4096\"],\"t\":12}\n"
		"{\"op\":\"page_alloc\",\"id\":6,\"order\":9,\"zone\":\"N\",\"gfp\":[\"IO\"],"
		"\"thp\":true,\"t\":12}\n"
		"{\"op\":\"compact\",\"order\":-1,\"mode\":\"sync\",\"direct\":true,\"t\":13}\n"
		"{\"op\":\"mark\",\"name\":\"here\"}\n"
		"{\"op\":\"vmap_free\",\"id\":3,\"t\":14}\n"
		"{\"op\":\"vmap_purge\",\"why\":\"drain\",\"n\":1,\"t\":15}\n"
		"{\"op\":\"unmap_ram\",\"id\":4,\"cpu\":1,\"t\":16}\n"
		"{\"op\":\"vmap_free\",\"id\":1,\"t\":16}\n");
}

/* Read all of @text leniently, or up to its first fault. Returns how many ops were good. */
static uint64_t read_trace(const GString *text, bool lenient)
{
	GError *error = NULL;
	struct op_source *source = source_of_bytes(text->str, text->len, &error);
	struct op_stream *stream =
		source ? op_stream_new(source, source->header.cpus, lenient) : NULL;
	uint64_t n = 0;
	struct op op;

	while (stream && op_stream_next(stream, ANY_CPU, &op, &error) == SOURCE_OP) {
		if (op_id_role(op.kind) == ID_ENDED)
			op_stream_release(stream, op.slot);
		op_clear(&op);
		n++;
	}
	if (error) {
		g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		g_assert_true(g_str_has_prefix(error->message, "T:"));
		g_assert_true(g_ascii_isdigit(error->message[2]));
		g_assert_true(!lenient || !source); /* then only the header can be at fault */
	}
	g_clear_error(&error);
	op_stream_free(stream);
	op_source_destroy(source);
	return n;
}

static void test_traces(void)
{
	GString *good = good_trace();
	uint64_t refused = 0;
	struct rng rng;

	rng_init(&rng, 1, "traces");
	g_assert_cmpuint(read_trace(good, false), ==, 12);
	for (unsigned i = 0; i < 6000; i++) {
		GString *text = mutated(&rng, good);
		uint64_t strict = read_trace(text, false), lenient = read_trace(text, true);

		g_assert_cmpuint(strict, <=, lenient);
		refused += strict < lenient;
		g_string_free(text, TRUE);
	}
	g_assert_cmpuint(refused, >, 1000); /* the changes do break something */
	g_string_free(good, TRUE);
}

/* The first @lines lines of a recording; 0: all of it, bytes as they are. */
static GString *recorded(const char *name, unsigned lines)
{
	g_autofree char *path = g_strconcat(RECORDED, name, NULL);
	GString *text = g_string_new(NULL);
	GError *error = NULL;
	struct reader *reader = reader_open(path, &error);

	g_assert_no_error(error);
	char bytes[4096];
	const char *line;
	ssize_t got;
	size_t length;

	for (unsigned i = 0; i < lines && reader_line(reader, &line, &length, NULL) == 1; i++) {
		g_string_append_len(text, line, (gssize)length);
		g_string_append_c(text, '\n');
	}
	while (!lines && (got = reader_read(reader, bytes, sizeof(bytes), NULL)) > 0)
		g_string_append_len(text, bytes, got);
	reader_close(reader);
	g_assert_cmpuint(text->len, >, 0);
	return text;
}

/* Import @text with @snapshot (NULL: none); whether it was taken. */
static bool import_text(const GString *text, const char *snapshot)
{
	g_autofree char *path = g_build_filename(folder, "recording", NULL);
	const struct import_options options = {.vmallocinfo = snapshot};
	struct import_account account;
	GError *error = NULL;

	g_assert_true(g_file_set_contents(path, text->str, (gssize)text->len, NULL));
	bool ok = import_recording(path, &options, "/dev/null", &account, &error);

	import_account_clear(&account);
	g_assert_true(ok == !error);
	if (error && !g_error_matches(error, KMSIM_ERROR, KMSIM_ERROR_INPUT) &&
	    !g_error_matches(error, KMSIM_ERROR, KMSIM_ERROR_USAGE))
		g_error("%s", error->message);
	g_clear_error(&error);
	return ok;
}

struct sample {
	const char *name, *recording;
	unsigned lines, n;
};

static const struct sample samples[] = {
	{"tracefs", "vmalloc-fs/trace.txt.gz", 60, 700},
	{"report", "vmalloc-fs/report.txt.gz", 60, 700},
	{"perf", "perf-vmalloc/perf-script.txt.gz", 60, 700},
	{"lossy-pipe", "lossy-pipe/trace_pipe.txt.gz", 160, 300},
	{"dat", "vmalloc-fs/trace.dat.zst", 0, 40},
};

static void test_recordings(const void *data)
{
	const struct sample *sample = data;
	GString *good = recorded(sample->recording, sample->lines);
	unsigned taken = 0;
	struct rng rng;

	rng_init(&rng, 1, sample->name);
	g_assert_true(import_text(good, NULL));
	for (unsigned i = 0; i < sample->n; i++) {
		GString *text = mutated(&rng, good);

		taken += import_text(text, NULL);
		g_string_free(text, TRUE);
	}
	g_assert_cmpuint(taken, >, sample->n / 10); /* most changes harm a line or none */
	g_string_free(good, TRUE);
}

static void test_snapshots(void)
{
	GString *good = recorded("vmalloc-fs/vmallocinfo.before.gz", 60);
	GString *recording = recorded("vmalloc-fs/trace.txt.gz", 40);
	g_autofree char *path = g_build_filename(folder, "vmallocinfo", NULL);
	unsigned taken = 0;
	struct rng rng;

	rng_init(&rng, 1, "snapshots");
	for (unsigned i = 0; i < 400; i++) {
		GString *text = mutated(&rng, good);

		g_file_set_contents(path, text->str, (gssize)text->len, NULL);
		taken += import_text(recording, path);
		g_string_free(text, TRUE);
	}
	g_assert_cmpuint(taken, >, 100);
	g_unlink(path);
	g_string_free(recording, TRUE);
	g_string_free(good, TRUE);
}

/* Compressed bytes that change: the reader refuses them, or what they become is judged. */
static void test_compressed(void)
{
	static const char *const names[] = {"vmalloc-fs/trace.txt.gz",
					    "vmalloc-exhaust/trace.txt.zst"};
	struct rng rng;

	rng_init(&rng, 1, "compressed");
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_strconcat(RECORDED, names[i], NULL);
		g_autofree char *bytes = NULL;
		size_t length;

		g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
		GString *good = g_string_new_len(bytes, (gssize)MIN(length, 16384));

		for (unsigned n = 0; n < 150; n++) {
			GString *text = mutated(&rng, good);

			read_trace(text, false);
			import_text(text, NULL);
			g_string_free(text, TRUE);
		}
		g_string_free(good, TRUE);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("kmsim-mutations-XXXXXX", NULL);
	g_test_add_func("/mutations/traces", test_traces);
	for (unsigned i = 0; i < G_N_ELEMENTS(samples); i++) {
		g_autofree char *name = g_strconcat("/mutations/", samples[i].name, NULL);

		g_test_add_data_func(name, &samples[i], test_recordings);
	}
	g_test_add_func("/mutations/snapshots", test_snapshots);
	g_test_add_func("/mutations/compressed", test_compressed);
	int status = g_test_run();
	g_autofree char *left = g_build_filename(folder, "recording", NULL);

	g_unlink(left);
	g_rmdir(folder);
	g_free(folder);
	return status;
}
