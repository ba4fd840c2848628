// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Broken input, made from good input by a few thousand random changes, always the same: every one
 * is either taken or refused as bad input, and nothing crashes (the sanitizers watch).
 */
#include "sim/trace/import/import.h"
#include "sim/trace/test/mutate.h"
#include "sim/trace/test/trace_text.h"

#define RECORDED "traces/recorded/"

static char *folder;

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
	{"pages", "mixed-6.1/trace.txt.zst", 60, 700},
	{"compaction", "compact-direct-6.12/report.txt.gz", 100, 500},
	{"pages-perf", "perf-compaction/perf-script.txt.zst", 100, 500},
	{"pages-dat", "compact-direct-6.12/trace.dat", 0, 40},
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
