// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/record/record.h"

#include "sim/base/error.h"
#include "sim/base/units.h"
#include "sim/record/child.h"
#include "sim/record/families.h"
#include "sim/record/snapshots.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SNAPSHOT_TRIES	 50
#define END_TRIES	 10
#define BUFFER_KIB	 (16u << 10)
#define BUFFER_KIB_PAGES (64u << 10)
#define BUFFER_KIB_MIN	 64

struct recording {
	const struct record_plan *plan;
	struct record_outcome *outcome;
	struct tracing *tracing;
	struct undo_keeper *keeper;
	struct undo *undo;
	struct snapshots *snapshots;
	unsigned end_mark; /* number of the last one; 0: none */
};

/* ---- what is needed ---- */

static uint64_t available_kib(void)
{
	g_autofree char *text = NULL;
	const char *at;

	if (!g_file_get_contents("/proc/meminfo", &text, NULL, NULL) ||
	    !(at = strstr(text, "MemAvailable:")))
		return 0;
	return g_ascii_strtoull(at + strlen("MemAvailable:"), NULL, 10);
}

static uint64_t cpus_online(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus > 0 ? (uint64_t)cpus : 1;
}

uint64_t record_default_buffer_kib(unsigned families)
{
	uint64_t wanted = families & FAMILY_BIT(FAMILY_PAGES) ? BUFFER_KIB_PAGES : BUFFER_KIB;
	uint64_t available = available_kib();

	if (!available)
		return wanted;
	return MAX(BUFFER_KIB_MIN, MIN(wanted, available / 4 / cpus_online()));
}

static bool check_buffer(const struct record_plan *plan, GError **error)
{
	uint64_t available = available_kib(), cpus = cpus_online();

	if (!available || plan->buffer_kib <= available / 2 / cpus)
		return true;
	set_usage_error(error,
			"--buffer %" G_GUINT64_FORMAT ": on %" G_GUINT64_FORMAT
			" CPUs that is more than half of the memory available, which is "
			"%" G_GUINT64_FORMAT " MiB",
			plan->buffer_kib, cpus, available >> 10);
	return false;
}

static void set_missing(const struct family_event *event, GError **error)
{
	static const char *const why[FAMILIES] = {
		[FAMILY_VMAP] = "they came with Linux 6.2; --families pages,compaction records "
				"what older ones have",
		[FAMILY_PAGES] = "it is built without event tracing (CONFIG_EVENT_TRACING)",
		[FAMILY_COMPACTION] = "it is built without compaction (CONFIG_COMPACTION) or event "
				      "tracing",
	};

	set_io_error(error, "this kernel does not have the event %s:%s of --families %s: %s",
		     event->system, event->name, family_name(event->family), why[event->family]);
}

static bool is_wanted(const struct record_plan *plan, const struct family_event *event)
{
	return plan->families & FAMILY_BIT(event->family);
}

static bool check_events(const struct record_plan *plan, const struct tracing *tracing,
			 GError **error)
{
	for (const struct family_event *event = family_events; event->name; event++) {
		if (is_wanted(plan, event) && event->required &&
		    !tracing_has_event(tracing, event->system, event->name)) {
			set_missing(event, error);
			return false;
		}
	}
	return true;
}

/* Tracing that can record what is planned; NULL with the error set. */
static struct tracing *open_checked(const struct record_plan *plan, GError **error)
{
	struct tracing *tracing = tracing_open(error);

	if (tracing && (!check_events(plan, tracing, error) || !check_buffer(plan, error)))
		g_clear_pointer(&tracing, tracing_close);
	return tracing;
}

bool record_check(const struct record_plan *plan, GError **error)
{
	struct tracing *tracing = open_checked(plan, error);
	bool ok = tracing != NULL;

	tracing_close(tracing);
	return ok;
}

/* ---- the start ---- */

static bool is_interrupted(const struct recording *recording)
{
	return recording->plan->interrupted && *recording->plan->interrupted;
}

static bool enable_family(struct recording *recording, enum family family, bool on, GError **error)
{
	if (!(recording->plan->families & FAMILY_BIT(family)))
		return true;
	for (const struct family_event *event = family_events; event->name; event++) {
		if (event->family != family ||
		    !tracing_has_event(recording->tracing, event->system, event->name))
			continue;
		if (!tracing_enable(recording->tracing, event->system, event->name, on, error))
			return false;
	}
	return true;
}

static bool mark(struct recording *recording, const char *what, unsigned number, GError **error)
{
	g_autofree char *text = g_strdup_printf("%s %u", what, number);

	return tracing_mark(recording->tracing, text, error);
}

/* The kernel's shrinkers, of which one gives the pools back to the free tree. */
static bool drop_caches(GError **error)
{
	static const char path[] = "/proc/sys/vm/drop_caches";
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, "2\n", 2) == 2;

	if (!ok)
		set_io_error(error, "%s: %s", path, g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

/* One snapshot between two marks, alone in the buffers. */
static bool try_snapshot(struct recording *recording, unsigned number, GError **error)
{
	return tracing_clear(recording->tracing, error) &&
	       (!recording->plan->empty_pools || drop_caches(error)) &&
	       mark(recording, MARK_BEGIN, number, error) &&
	       snapshots_vmallocinfo(recording->snapshots, "before", recording->undo, error) &&
	       mark(recording, MARK_SNAPSHOT, number, error);
}

/* Until nothing happens meanwhile. */
static bool take_first_snapshot(struct recording *recording, GError **error)
{
	struct record_outcome *outcome = recording->outcome;

	while (!outcome->quiet && outcome->tries < SNAPSHOT_TRIES) {
		if (is_interrupted(recording)) {
			set_interrupted_error(error);
			return false;
		}
		g_usleep(outcome->tries * 2000);
		if (!try_snapshot(recording, ++outcome->tries, error))
			return false;
		FILE *text = tracing_text(recording->tracing, error);

		if (!text)
			return false;
		outcome->quiet = trim_is_quiet(text, outcome->tries, recording->plan->empty_pools);
		fclose(text);
	}
	return true;
}

static bool begin(struct recording *recording, GError **error)
{
	const struct record_plan *plan = recording->plan;
	uint64_t kib =
		plan->buffer_kib ? plan->buffer_kib : record_default_buffer_kib(plan->families);

	if (!tracing_begin(recording->tracing, plan->clock, kib, recording->undo, error) ||
	    !enable_family(recording, FAMILY_VMAP, true, error) ||
	    !tracing_on(recording->tracing, true, error))
		return false;
	recording->outcome->buffer_kib = tracing_buffer_kib(recording->tracing);
	if (plan->families & FAMILY_BIT(FAMILY_VMAP)) {
		if (!take_first_snapshot(recording, error))
			return false;
	} else {
		recording->outcome->tries = 1;
		recording->outcome->quiet = true;
		if (!mark(recording, MARK_BEGIN, 1, error))
			return false;
	}
	snapshots_pages(recording->snapshots, "before");
	return enable_family(recording, FAMILY_COMPACTION, true, error) &&
	       enable_family(recording, FAMILY_PAGES, true, error);
}

/* ---- the middle ---- */

static uint64_t sum_of(const GArray *buffers, bool lost)
{
	uint64_t sum = 0;

	for (guint i = 0; i < buffers->len; i++) {
		const struct tracing_buffer *buffer =
			&g_array_index(buffers, struct tracing_buffer, i);

		sum += lost ? buffer->lost : buffer->entries;
	}
	return sum;
}

/* All CPUs together: events in the buffers, or those that found no room. */
static uint64_t count_now(struct recording *recording, bool lost)
{
	g_autoptr(GArray) buffers = tracing_buffers(recording->tracing);

	return sum_of(buffers, lost);
}

/* With a buffer full, what other CPUs still record is of no use. */
static bool look(void *ctx)
{
	struct recording *recording = ctx;

	if (!recording->outcome->full && count_now(recording, true)) {
		recording->outcome->full = true;
		tracing_on(recording->tracing, false, NULL);
	}
	/* a command goes on to its end */
	return !recording->outcome->full || recording->plan->argv;
}

static bool perform(struct recording *recording, GError **error)
{
	const struct record_plan *plan = recording->plan;
	struct record_outcome *outcome = recording->outcome;
	gint64 start = g_get_monotonic_time();

	if (plan->argv) {
		pid_t pid = child_start(plan->argv, error);

		if (!pid)
			return false;
		outcome->ended =
			child_wait(pid, plan->interrupted, look, recording, &outcome->status) ||
			child_dismiss(pid, &outcome->status);
		outcome->left_running = !outcome->ended;
	} else {
		child_wait_seconds(plan->seconds, plan->interrupted, look, recording);
	}
	outcome->interrupted = is_interrupted(recording);
	outcome->seconds = (double)(g_get_monotonic_time() - start) / 1e6;
	return true;
}

/* ---- the end ---- */

/* The vmap events go on, so that the text can end where the snapshot was taken. */
static bool take_last_vmallocinfo(struct recording *recording, GError **error)
{
	for (unsigned i = 1; i <= END_TRIES; i++) {
		uint64_t before = count_now(recording, false);

		if (!mark(recording, MARK_END, i, error) ||
		    !snapshots_vmallocinfo(recording->snapshots, "after", recording->undo, error))
			return false;
		recording->end_mark = i;
		if (count_now(recording, false) == before + 1)
			break;
	}
	return true;
}

static bool take_last_snapshots(struct recording *recording, GError **error)
{
	/* in a full buffer there is no room for a mark: the text ends where an event is missing */
	look(recording);
	if (recording->outcome->full)
		return true;
	if (!enable_family(recording, FAMILY_PAGES, false, error) ||
	    !enable_family(recording, FAMILY_COMPACTION, false, error))
		return false;
	snapshots_pages(recording->snapshots, "after");
	if (!(recording->plan->families & FAMILY_BIT(FAMILY_VMAP)))
		return true;
	GError *failure = NULL;
	bool ok = take_last_vmallocinfo(recording, &failure);

	look(recording);
	if (ok || !recording->outcome->full) {
		if (failure)
			g_propagate_error(error, failure);
		return ok;
	}
	g_error_free(failure);
	return true;
}

static bool write_text(struct recording *recording, const char *dir, GError **error)
{
	struct record_outcome *outcome = recording->outcome;
	g_autofree char *path = g_build_filename(dir, "trace.txt.zst", NULL);
	const struct trim trim = {
		.begin = outcome->tries,
		.end = outcome->full ? 0 : recording->end_mark,
		.buffers = outcome->buffers,
	};
	FILE *text = tracing_text(recording->tracing, error);
	struct writer *writer = text ? writer_open(path, error) : NULL;
	bool ok = writer && trim_text(text, &trim, writer, &outcome->facts, error);

	if (text)
		fclose(text);
	if (ok)
		return writer_commit(writer, error);
	writer_abort(writer);
	return false;
}

static bool write_all(struct recording *recording, const char *dir, GError **error)
{
	g_autofree char *state = g_build_filename(dir, "state", NULL);

	return write_text(recording, dir, error) &&
	       snapshots_write(recording->snapshots, state, error) &&
	       recording_json_write(recording->plan, recording->outcome, dir, error);
}

static bool finish(struct recording *recording, const char *dir, GError **error)
{
	if (!take_last_snapshots(recording, error) || !tracing_on(recording->tracing, false, error))
		return false;
	recording->outcome->buffers = tracing_buffers(recording->tracing);
	return write_all(recording, dir, error);
}

bool record_run(const struct record_plan *plan, const char *dir, struct record_outcome *outcome,
		GError **error)
{
	struct recording recording = {.plan = plan, .outcome = outcome};
	bool ok = false;

	*outcome = (struct record_outcome){0};
	recording.tracing = open_checked(plan, error);
	recording.keeper = recording.tracing ? undo_keeper_start(error) : NULL;
	recording.snapshots = snapshots_new();
	if (recording.keeper) {
		recording.undo = undo_keeper_list(recording.keeper);
		ok = begin(&recording, error) && perform(&recording, error) &&
		     finish(&recording, dir, error);
	}
	tracing_close(recording.tracing);
	undo_keeper_end(recording.keeper);
	snapshots_free(recording.snapshots);
	return ok;
}

bool record_is_whole(const struct record_outcome *outcome)
{
	return !outcome->interrupted && !outcome->full;
}

void record_outcome_clear(struct record_outcome *outcome)
{
	trim_facts_clear(&outcome->facts);
	g_clear_pointer(&outcome->buffers, g_array_unref);
}
