// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/record/trim.h"

#include "sim/record/child.h"
#include "sim/record/families.h"
#include "sim/record/snapshots.h"

#include "sim/base/error.h"
#include "sim/base/reader.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>

#define HEAD "# tracer: nop\n#\n# entries-in-buffer/entries-written: 9/9   #P:2\n"
#define AREA(cpu, time, event)                                                                     \
	"          a [7] b-12      [00" #cpu "] .....   1.00000" #time ": " event "\n"
#define ALLOC(cpu, time, vstart)                                                                   \
	AREA(cpu, time,                                                                            \
	     "alloc_vmap_area: va_start: 81920 size=8192 align=1 vstart=" vstart                   \
	     " vend=0x9000 failed=0")
#define FREE(cpu, time)                                                                            \
	AREA(cpu, time, "free_vmap_area_noflush: va_start=0x14000 nr_lazy=2 nr_lazy_max=9")
#define MARK(time, what) AREA(0, time, "tracing_mark_write: " what)
#define SHRINK(time, who)                                                                          \
	AREA(1, time, "mm_shrink_slab_start: " who "+0x0/0x10 00000000: nid: 0 objects to shrink 0")

static FILE *text_file(const char *text)
{
	return fmemopen((void *)text, strlen(text), "r");
}

/* What trim_text() makes of @text; to be freed. */
static char *trimmed(const char *text, unsigned begin, unsigned end, const GArray *buffers,
		     struct trim_facts *facts)
{
	g_autofree char *folder = g_dir_make_tmp("kmsim-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "out", NULL);
	const struct trim trim = {begin, end, buffers};
	struct writer *writer = writer_open(path, NULL);
	FILE *in = text_file(text);
	char *out = NULL;

	g_assert_true(trim_text(in, &trim, writer, facts, NULL));
	g_assert_true(writer_commit(writer, NULL));
	g_file_get_contents(path, &out, NULL, NULL);
	fclose(in);
	g_unlink(path);
	g_rmdir(folder);
	return out;
}

static GArray *buffers_of(struct tracing_buffer zero, struct tracing_buffer one)
{
	GArray *buffers = g_array_new(FALSE, FALSE, sizeof(struct tracing_buffer));

	g_array_append_val(buffers, zero);
	g_array_append_val(buffers, one);
	return buffers;
}

static void test_marks(void)
{
	g_autoptr(GArray) none =
		buffers_of((struct tracing_buffer){0, 9, 0}, (struct tracing_buffer){1, 9, 0});
	struct trim_facts facts;
	g_autofree char *out = trimmed(
		HEAD ALLOC(0, 1, "0x100") MARK(2, "kmsim: begin 1") FREE(1, 3)
			MARK(4, "kmsim: begin 2") MARK(5, "kmsim: snapshot 2") ALLOC(1, 6, "0x200")
				SHRINK(6, "do_shadow_scan") SHRINK(6, "vmap_node_shrink_scan")
					ALLOC(1, 7, "0x300") ALLOC(1, 7, "0x300")
						MARK(7, "kmsim: end 1") FREE(1, 8)
							MARK(8, "kmsim: end 2") FREE(1, 9),
		2, 2, none, &facts);

	g_assert_cmpstr(out, ==,
			HEAD ALLOC(1, 6, "0x200") SHRINK(6, "vmap_node_shrink_scan")
				ALLOC(1, 7, "0x300") ALLOC(1, 7, "0x300") FREE(1, 8));
	g_assert_cmpuint(facts.events, ==, 5);
	g_assert_cmpuint(facts.by_family[FAMILY_VMAP], ==, 5);
	g_assert_cmpuint(facts.by_family[FAMILY_PAGES], ==, 0);
	g_assert_cmpuint(facts.cut, ==, 0);
	g_assert_cmpuint(facts.windows->len, ==, 2);
	const struct trim_window *first = &g_array_index(facts.windows, struct trim_window, 0);

	g_assert_cmpuint(first->vstart, ==, 0x300);
	g_assert_cmpuint(first->vend, ==, 0x9000);
	g_assert_cmpuint(first->requests, ==, 2);
	trim_facts_clear(&facts);
}

/* CPU 1 had room for three: after its third entry an event of it may be missing. */
static void test_cut(void)
{
	g_autoptr(GArray) full =
		buffers_of((struct tracing_buffer){0, 4, 0}, (struct tracing_buffer){1, 3, 17});
	struct trim_facts facts;
	g_autofree char *out = trimmed(HEAD FREE(1, 1) MARK(2, "kmsim: begin 1") FREE(1, 3)
					       FREE(0, 4) FREE(1, 5) FREE(0, 6) FREE(0, 7),
				       1, 0, full, &facts);

	g_assert_cmpstr(out, ==, HEAD FREE(1, 3) FREE(0, 4) FREE(1, 5));
	g_assert_cmpuint(facts.events, ==, 3);
	g_assert_cmpuint(facts.cut, ==, 2);
	trim_facts_clear(&facts);
}

static bool is_quiet(const char *text, unsigned number, bool emptied)
{
	FILE *in = text_file(text);
	bool quiet = trim_is_quiet(in, number, emptied);

	fclose(in);
	return quiet;
}

static void test_quiet(void)
{
	g_assert_true(is_quiet(HEAD FREE(0, 1) MARK(2, "kmsim: begin 1")
				       MARK(3, "kmsim: snapshot 1") FREE(0, 4),
			       1, false));
	g_assert_false(is_quiet(
		HEAD MARK(2, "kmsim: begin 1") FREE(0, 3) MARK(4, "kmsim: snapshot 1"), 1, false));
	/* emptied: the shrinker ran last of all */
	g_assert_true(is_quiet(HEAD FREE(0, 1) SHRINK(2, "vmap_node_shrink_scan")
				       MARK(3, "kmsim: begin 3") MARK(4, "kmsim: snapshot 3"),
			       3, true));
	g_assert_false(is_quiet(HEAD SHRINK(2, "vmap_node_shrink_scan") FREE(0, 3)
					MARK(3, "kmsim: begin 3") MARK(4, "kmsim: snapshot 3"),
				3, true));
	/* nothing was pooled, so it did not run */
	g_assert_true(
		is_quiet(HEAD MARK(3, "kmsim: begin 3") MARK(4, "kmsim: snapshot 3"), 3, true));
	g_assert_false(is_quiet(HEAD FREE(0, 1) SHRINK(2, "do_shadow_scan")
					MARK(3, "kmsim: begin 3") MARK(4, "kmsim: snapshot 3"),
				3, true));
}

static void test_families(void)
{
	g_autoptr(GError) error = NULL;
	unsigned families;

	g_assert_true(families_parse("pages,vmap", &families, NULL));
	g_assert_cmpuint(families, ==, FAMILY_BIT(FAMILY_VMAP) | FAMILY_BIT(FAMILY_PAGES));
	g_assert_false(families_parse("vmap,", &families, &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_USAGE);
}

static void test_cpu_lists(void)
{
	g_assert_cmpuint(cpu_list_count("0"), ==, 1);
	g_assert_cmpuint(cpu_list_count("0-3,8"), ==, 5);
	g_assert_cmpuint(cpu_list_count("0-127"), ==, 128);
	g_assert_cmpuint(cpu_list_count(""), ==, 0);
}

static bool go_on(void *ctx G_GNUC_UNUSED)
{
	return true;
}

static void test_child(void)
{
	static char *const seven[] = {"sh", "-c", "exit 7", NULL};
	static char *const nobody[] = {"/does/not/exist", NULL};
	g_autoptr(GError) error = NULL;
	int status;
	pid_t pid = child_start((char **)seven, NULL);

	g_assert_cmpint(pid, >, 0);
	g_assert_true(child_wait(pid, NULL, go_on, NULL, &status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 7);
	g_assert_cmpint(child_start((char **)nobody, &error), ==, 0);
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_IO);
}

/* It is not told, and still there: it ends of SIGTERM. */
static void test_dismissed(void)
{
	static char *const sleeper[] = {"sleep", "1000", NULL};
	const volatile sig_atomic_t stop = 1;
	pid_t pid = child_start((char **)sleeper, NULL);
	int status;

	g_assert_false(child_wait(pid, &stop, go_on, NULL, &status));
	g_assert_true(child_dismiss(pid, &status));
	g_assert_cmpint(WTERMSIG(status), ==, SIGTERM);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/record/trim/marks", test_marks);
	g_test_add_func("/record/trim/cut", test_cut);
	g_test_add_func("/record/trim/quiet", test_quiet);
	g_test_add_func("/record/families", test_families);
	g_test_add_func("/record/cpu-lists", test_cpu_lists);
	g_test_add_func("/record/child/status", test_child);
	g_test_add_func("/record/child/dismissed", test_dismissed);
	return g_test_run();
}
