// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fidelity on recordings of which everything is known: the model's own. Whatever purges do between
 * requests, the placement must make every address come out.
 */
#include "sim/fidelity/test/synthetic.h"

#include "sim/base/error.h"
#include "sim/base/units.h"

#include <glib/gstdio.h>
#include <string.h>

static struct fidelity *measure(const struct timeline *timeline, const char *version)
{
	const struct fidelity_options options = {.version = version};
	GError *error = NULL;
	struct fidelity *fidelity = fidelity_measure(timeline, &options, &error);

	g_assert_no_error(error);
	return fidelity;
}

static void all_exact(const struct fidelity_run *run)
{
	g_assert_cmpuint(run->requests.all, >, 0);
	g_assert_cmpuint(run->requests.exact, ==, run->requests.all);
	g_assert_cmpuint(run->purges.exact, ==, run->purges.all);
	g_assert_cmpuint(run->lazy.exact, ==, run->lazy.all);
	g_assert_cmpuint(run->pooled.exact, ==, run->pooled.all);
	g_assert_cmpuint(run->first_miss, ==, 0);
}

static void own(const struct synthetic *synthetic)
{
	struct timeline *timeline = synthetic_timeline(synthetic);
	struct fidelity *fidelity = measure(timeline, synthetic->version);

	g_assert_true(timeline->from_boot);
	g_assert_cmpuint(fidelity->free.purges.all, >, 5);
	all_exact(&fidelity->corrected);
	all_exact(&fidelity->free);
	g_assert_cmpuint(fidelity->misses->len, ==, 0);
	fidelity_free(fidelity);
	timeline_free(timeline);
}

static void at_once(void)
{
	for (uint32_t cpus = 1; cpus <= 4; cpus++) {
		own(&(struct synthetic){"v6.12", cpus, 4000, 0, 700, cpus});
		own(&(struct synthetic){"v6.18", cpus, 4000, 0, 700, cpus});
	}
}

/*
 * Steps of purges all over the requests of other CPUs. Where they are few, it all comes out. Where
 * they are many, several placements explain all that is near, and only one is right.
 */
static void spread(void)
{
	for (uint64_t seed = 1; seed <= 3; seed++)
		own(&(struct synthetic){"v6.18", 2, 2500, 1, 900, 6 * seed});
	for (uint64_t seed = 1; seed <= 4; seed++) {
		const struct synthetic synthetic = {"v6.12", 3,	  1200, 1 + (uint32_t)seed,
						    900,     seed};
		struct timeline *timeline = synthetic_timeline(&synthetic);
		struct fidelity *fidelity = measure(timeline, "v6.12");
		const struct fidelity_share *requests = &fidelity->corrected.requests;

		g_assert_cmpuint(requests->exact * 100, >=, requests->all * 97);
		fidelity_free(fidelity);
		timeline_free(timeline);
	}
}

/* The rules of another version do not make the addresses come out, and nothing else tells. */
static void version_by_addresses(void)
{
	static const char *const versions[] = {"v6.12", "v6.18"};

	for (unsigned i = 0; i < G_N_ELEMENTS(versions); i++) {
		struct timeline *timeline =
			synthetic_timeline(&(struct synthetic){versions[i], 2, 4000, 0, 0, 5});
		struct fidelity *fidelity = measure(timeline, NULL);

		g_assert_cmpstr(fidelity->version, ==, versions[i]);
		fidelity_free(fidelity);
		fidelity = measure(timeline, versions[!i]);
		g_assert_cmpuint(fidelity->free.requests.exact, <, fidelity->free.requests.all);
		g_assert_cmpuint(fidelity->corrected.requests.exact, >,
				 fidelity->free.requests.exact);
		fidelity_free(fidelity);
		timeline_free(timeline);
	}
}

static struct timeline *read_text(const char *text, GError **error)
{
	g_autofree char *path = text_file(text);
	struct timeline *timeline = timeline_read(path, &(struct timeline_options){0}, error);

	g_unlink(path);
	return timeline;
}

/* @text without the request in line @line and the free of what it got. To be freed. */
static char *without(const char *text, unsigned line)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	uint64_t addr = g_ascii_strtoull(strstr(lines[line], "va_start: ") + 10, NULL, 10);
	g_autofree char *freed = g_strdup_printf("va_start=0x%" G_GINT64_MODIFIER "x ", addr);
	GString *rest = g_string_new(NULL);
	bool was_freed = false;

	for (unsigned i = 0; lines[i]; i++) {
		bool ends = !was_freed && i > line && strstr(lines[i], freed);

		was_freed |= ends;
		if (i != line && !ends)
			g_string_append_printf(rest, "%s\n", lines[i]);
	}
	g_assert_true(was_freed);
	return g_string_free(rest, FALSE);
}

/* An area that nobody knows of is in use: the hole that the model has there is missed once. */
static void put_right(void)
{
	const struct synthetic synthetic = {"v6.12", 2, 1500, 0, 0, 9};
	g_autofree char *text = synthetic_text(&synthetic), *rest = without(text, 9);
	struct timeline *timeline = read_text(rest, NULL);
	struct fidelity *fidelity = measure(timeline, "v6.12");

	g_assert_cmpuint(fidelity->misses->len, >=, 1);
	g_assert_cmpuint(fidelity->misses->len, <=, 20);
	g_assert_cmpint(g_array_index(fidelity->misses, struct fidelity_miss, 0).kind, ==,
			MISS_NO_HOLE);
	g_assert_cmpuint(2 * fidelity->free.requests.exact, <, fidelity->corrected.requests.exact);
	fidelity_free(fidelity);
	timeline_free(timeline);
}

/* ---- what no snapshot shows ---- */

#define STACK (5 * PAGE_SIZE)

/* A stack of two CPUs' machine, by number, ascending. */
static uint64_t stack(unsigned i)
{
	return SYNTHETIC_VSTART + i * STACK;
}

static void put_event(GString *text, unsigned cpu, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void put_event(GString *text, unsigned cpu, const char *format, ...)
{
	va_list args;

	g_string_append_printf(text, "task-%u [%03u] ..... 1: ", cpu + 1, cpu);
	va_start(args, format);
	g_string_append_vprintf(text, format, args);
	va_end(args);
	g_string_append_c(text, '\n');
}

static void put_stack(GString *text, unsigned cpu, unsigned i)
{
	put_event(text, cpu,
		  "alloc_vmap_area: va_start: %" G_GUINT64_FORMAT " size=20480 align=1 "
		  "vstart=0xffffc90000000000 vend=0xffffe8ffffffffff failed=0",
		  stack(i));
}

static void put_freed(GString *text, unsigned i, unsigned lazy)
{
	put_event(text, 0,
		  "free_vmap_area_noflush: va_start=0x%" G_GINT64_MODIFIER
		  "x nr_lazy=%u nr_lazy_max=16384",
		  stack(i), lazy);
}

static void put_purge(GString *text, unsigned n)
{
	put_event(text, 1, "purge_vmap_area_lazy: start=0x0 end=0x0 num_purged=%u", n);
}

/* @n areas of /proc/vmallocinfo, of stacks from number 0. */
static char *snapshot_of(unsigned n, bool lazy)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < n; i++)
		g_string_append_printf(
			text, "0x%" G_GINT64_MODIFIER "x-0x%" G_GINT64_MODIFIER "x   20480 %s\n",
			stack(i), stack(i + 1),
			lazy ? "unpurged vm_area" : "kernel_clone+0x94/0x3e0 pages=4 vmalloc N0=4");
	return g_string_free(text, FALSE);
}

/* What @text, with two CPUs and the snapshot @before, comes to. */
static struct fidelity_share put_right_share(const char *text, const char *before)
{
	g_autofree char *path = text_file(text), *snapshot = text_file(before);
	const struct timeline_options options = {.cpus = 2, .vmallocinfo = snapshot};
	GError *error = NULL;
	struct timeline *timeline = timeline_read(path, &options, &error);

	g_assert_no_error(error);
	g_unlink(path);
	g_unlink(snapshot);
	struct fidelity *fidelity = measure(timeline, "v6.18");
	const struct fidelity_share share = fidelity->corrected.requests;

	fidelity_free(fidelity);
	timeline_free(timeline);
	return share;
}

/*
 * A stack that was live came from the node that its address is not of. When it is pooled there, the
 * other CPU, which the model thinks has it, is missed twice, not for ever.
 */
static void guessed_origin(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *before = snapshot_of(1, false);

	put_freed(text, 0, 5);
	put_purge(text, 1);
	for (unsigned i = 1; i <= 9; i++)
		put_stack(text, 0, i);
	put_stack(text, 1, 0);
	const struct fidelity_share share = put_right_share(text->str, before);

	g_assert_cmpuint(share.all, ==, 10);
	g_assert_cmpuint(share.exact, ==, 8);
}

/* Nothing shows whose list it was that ascends to the end: one answer tells it for all of them. */
static void guessed_list(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *before = snapshot_of(6, true);

	put_purge(text, 6);
	for (unsigned i = 6; i--;)
		put_stack(text, 1, i);
	put_stack(text, 0, 6);
	put_freed(text, 6, 5); /* has the limit */
	const struct fidelity_share share = put_right_share(text->str, before);

	g_assert_cmpuint(share.all, ==, 7);
	g_assert_cmpuint(share.exact, ==, 6);
}

/* What came from the CPU's node, and is not in its pool nevertheless, is not foretold for ever. */
static void lost_head(void)
{
	g_autoptr(GString) text = g_string_new(NULL);

	put_stack(text, 0, 0);
	put_freed(text, 0, 5);
	put_purge(text, 1);
	for (unsigned i = 1; i <= 9; i++)
		put_stack(text, 0, i);
	const struct fidelity_share share = put_right_share(text->str, "");

	g_assert_cmpuint(share.all, ==, 10);
	g_assert_cmpuint(share.exact, ==, 7);
}

#define ALLOC(pid, ts, addr, size, failed)                                                         \
	"task-" pid " [000] ..... " ts ": alloc_vmap_area: va_start: " addr " size=" size          \
	" align=1 vstart=0x100000 vend=0x200000 failed=" failed "\n"
#define FREE(pid, ts, addr)                                                                        \
	"task-" pid " [000] ..... " ts ": free_vmap_area_noflush: va_start=" addr                  \
	" nr_lazy=2 nr_lazy_max=8192\n"
#define PURGE(pid, ts, n)                                                                          \
	"task-" pid " [000] ..... " ts ": purge_vmap_area_lazy: start=0x0 end=0x0 num_purged=" n   \
	"\n"

/* What a purge's task did last, and the purge before, bound it; a failed attempt makes it full. */
static void bounds(void)
{
	struct timeline *timeline =
		read_text(ALLOC("1", "1", "1048576", "8192", "0")		  /* 0 */
			  FREE("2", "2", "0x100000")				  /* 1 */
			  ALLOC("1", "3", "1056768", "8192", "0")		  /* 2 */
			  PURGE("2", "4", "1")					  /* 3 */
			  ALLOC("1", "5", "1048576", "8192", "0")		  /* 4 */
			  PURGE("3", "6", "0")					  /* 5 */
			  ALLOC("1", "7", "18446744073709551614", "2097152", "1") /* 6 */
			  ALLOC("4", "8", "1064960", "8192", "0")		  /* 7 */
			  PURGE("1", "9", "0")					  /* 8 */
			  ALLOC("1", "10", "18446744073709551614", "2097152", "1"),
			  NULL);

	g_assert_nonnull(timeline);
	g_assert_cmpuint(timeline_at(timeline, 3)->earliest, ==, 2);
	g_assert_false(timeline_at(timeline, 3)->full);
	g_assert_cmpuint(timeline_at(timeline, 5)->earliest, ==, 4);
	g_assert_cmpuint(timeline_at(timeline, 8)->earliest, ==, 7);
	g_assert_true(timeline_at(timeline, 8)->full);
	g_assert_cmpstr(timeline->convention, ==, "v6.18");
	g_assert_cmpuint(timeline->requests, ==, 4);
	struct fidelity *fidelity = measure(timeline, NULL);

	g_assert_cmpstr(fidelity->version, ==, "v6.18");
	all_exact(&fidelity->free);
	g_assert_cmpuint(fidelity->free.failed.exact, ==, 2);
	fidelity_free(fidelity);
	timeline_free(timeline);
}

/* Frees that are not there, or of what nobody knows. */
static void lost_frees(void)
{
	struct timeline *timeline =
		read_text(ALLOC("1", "1", "1048576", "8192", "0") FREE("1", "2", "0x180000")
				  ALLOC("1", "3", "1048576", "8192", "0"),
			  NULL);

	g_assert_cmpuint(timeline->unknown_frees, ==, 1);
	g_assert_cmpuint(timeline->lost_frees, ==, 1);
	struct fidelity *fidelity = measure(timeline, "v6.12");

	g_assert_cmpuint(fidelity->corrected.requests.exact, ==, 1);
	g_assert_cmpuint(fidelity->corrected.kinds[MISS_NOT_PURGED], ==, 1);
	g_assert_cmpuint(fidelity->corrected.lazy.all, ==, 0); /* no free has a counter */
	fidelity_free(fidelity);
	timeline_free(timeline);
}

static void refused(void)
{
	GError *error = NULL;

	g_assert_null(read_text(FREE("1", "1", "0x100000"), &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
	g_clear_error(&error);

	struct timeline *timeline = read_text(ALLOC("1", "1", "1048576", "8192", "0"), NULL);
	static const struct {
		const char *release, *version;
		enum kmsim_error code;
	} cases[] = {
		{"6.8.12-generic", NULL, KMSIM_ERROR_INPUT},
		{"5.10.0", NULL, KMSIM_ERROR_INPUT},
		{"unknown", NULL, KMSIM_ERROR_INPUT},
		{"6.12.1", "v6.3", KMSIM_ERROR_USAGE},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct fidelity_options options = {.version = cases[i].version};

		g_free(timeline->release);
		timeline->release = g_strdup(cases[i].release);
		g_assert_null(fidelity_measure(timeline, &options, &error));
		g_assert_error(error, KMSIM_ERROR, (int)cases[i].code);
		g_clear_error(&error);
	}
	timeline_free(timeline);
}

static void versions(void)
{
	static const char *const releases[][2] = {
		{"6.9.0", "v6.9"},
		{"6.11.3", "v6.9"},
		{"6.12.100+deb12-cloud-amd64", "v6.12"},
		{"6.15.2", "v6.12"},
		{"6.16.0-rc1", "v6.18"},
		{"6.18.44", "v6.18"},
		{"7.0.1", "v6.18"},
	};
	struct timeline *timeline = read_text(ALLOC("1", "1", "1048576", "8192", "0"), NULL);

	for (unsigned i = 0; i < G_N_ELEMENTS(releases); i++) {
		g_free(timeline->release);
		timeline->release = g_strdup(releases[i][0]);
		struct fidelity *fidelity = measure(timeline, NULL);

		g_assert_cmpstr(fidelity->version, ==, releases[i][1]);
		fidelity_free(fidelity);
	}
	timeline_free(timeline);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fidelity/at-once", at_once);
	g_test_add_func("/fidelity/spread", spread);
	g_test_add_func("/fidelity/version-by-addresses", version_by_addresses);
	g_test_add_func("/fidelity/put-right", put_right);
	g_test_add_func("/fidelity/guessed-origin", guessed_origin);
	g_test_add_func("/fidelity/guessed-list", guessed_list);
	g_test_add_func("/fidelity/lost-head", lost_head);
	g_test_add_func("/fidelity/bounds", bounds);
	g_test_add_func("/fidelity/lost-frees", lost_frees);
	g_test_add_func("/fidelity/refused", refused);
	g_test_add_func("/fidelity/versions", versions);
	return g_test_run();
}
