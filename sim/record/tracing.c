// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/record/tracing.h"

#include "sim/base/error.h"

#ifndef KMSIM_HAVE_TRACEFS

struct tracing *tracing_open(GError **error)
{
	set_io_error(error,
		     "this kmsim was built without libtracefs, which recording needs: install "
		     "libtracefs-dev and build it again");
	return NULL;
}

bool tracing_has_event(const struct tracing *tracing G_GNUC_UNUSED,
		       const char *system G_GNUC_UNUSED, const char *name G_GNUC_UNUSED)
{
	g_assert_not_reached();
}

bool tracing_begin(struct tracing *tracing G_GNUC_UNUSED, const char *clock G_GNUC_UNUSED,
		   uint64_t buffer_kib G_GNUC_UNUSED, struct undo *undo G_GNUC_UNUSED,
		   GError **error G_GNUC_UNUSED)
{
	g_assert_not_reached();
}

bool tracing_enable(struct tracing *tracing G_GNUC_UNUSED, const char *system G_GNUC_UNUSED,
		    const char *name G_GNUC_UNUSED, bool on G_GNUC_UNUSED,
		    GError **error G_GNUC_UNUSED)
{
	g_assert_not_reached();
}

bool tracing_on(struct tracing *tracing G_GNUC_UNUSED, bool on G_GNUC_UNUSED,
		GError **error G_GNUC_UNUSED)
{
	g_assert_not_reached();
}

bool tracing_clear(struct tracing *tracing G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
	g_assert_not_reached();
}

bool tracing_mark(struct tracing *tracing G_GNUC_UNUSED, const char *text G_GNUC_UNUSED,
		  GError **error G_GNUC_UNUSED)
{
	g_assert_not_reached();
}

GArray *tracing_buffers(struct tracing *tracing G_GNUC_UNUSED)
{
	g_assert_not_reached();
}

FILE *tracing_text(struct tracing *tracing G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
	g_assert_not_reached();
}

uint64_t tracing_buffer_kib(struct tracing *tracing G_GNUC_UNUSED)
{
	g_assert_not_reached();
}

void tracing_close(struct tracing *tracing)
{
	g_assert(!tracing);
}

#else

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <tracefs.h>
#include <unistd.h>

#define NAME_TRIES   100
#define REMOVE_TRIES 100 /* of a millisecond each */

struct tracing {
	char *folder; /* of tracefs */
	int mount_fd; /* of a mount of our own; −1: it was mounted */
	struct tracefs_instance *instance;
	struct undo *undo;
};

/* A setting of the kernel that could not be had: which, and why. */
static bool failure(GError **error, const char *what)
{
	set_io_error(error, "tracefs: %s: %s", what, g_strerror(errno));
	return false;
}

/* Where tracefs is mounted already, to be freed; NULL if nowhere. */
static char *find_mounted(void)
{
	g_autofree char *mounts = NULL;

	if (!g_file_get_contents("/proc/self/mounts", &mounts, NULL, NULL))
		return NULL;
	g_auto(GStrv) lines = g_strsplit(mounts, "\n", -1);

	for (char **line = lines; *line; line++) {
		g_auto(GStrv) word = g_strsplit(*line, " ", 4);

		if (g_strv_length(word) == 4 && !strcmp(word[2], "tracefs"))
			return g_strcompress(word[1]); /* \040 is a blank */
	}
	return NULL;
}

/* A mount that hangs on no folder: only who has @fd comes to it, and it ends with the last of them.
 */
static int mount_apart(void)
{
	int context = fsopen("tracefs", FSOPEN_CLOEXEC);
	int fd = -1;

	if (context < 0)
		return -1;
	if (!fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = fsmount(context, FSMOUNT_CLOEXEC, 0);
	int failed = errno;

	close(context);
	errno = failed;
	return fd;
}

/* Where it is, and that it can be used. */
static bool find_folder(struct tracing *tracing, GError **error)
{
	tracing->folder = find_mounted();
	if (!tracing->folder) {
		tracing->mount_fd = mount_apart();
		if (tracing->mount_fd < 0) {
			int failed = errno;

			if (failed == ENODEV)
				set_io_error(error,
					     "this kernel has no tracefs (CONFIG_FTRACE): nothing "
					     "can be recorded on it");
			else
				set_io_error(error,
					     "tracefs is not mounted and cannot be: %s; mount it: "
					     "mount -t tracefs tracefs /sys/kernel/tracing",
					     g_strerror(failed));
			return false;
		}
		tracing->folder = g_strdup_printf("/proc/self/fd/%d", tracing->mount_fd);
	}
	g_autofree char *instances = g_build_filename(tracing->folder, "instances", NULL);

	if (!access(instances, W_OK))
		return true;
	set_io_error(error, "%s: %s: no instance of tracefs can be made", instances,
		     g_strerror(errno));
	return false;
}

struct tracing *tracing_open(GError **error)
{
	if (geteuid()) {
		set_io_error(error, "recording needs root: run it with sudo");
		return NULL;
	}
	struct tracing *tracing = g_new0(struct tracing, 1);

	tracing->mount_fd = -1;
	if (!find_folder(tracing, error) || tracefs_set_tracing_dir(tracing->folder)) {
		if (error && !*error)
			failure(error, tracing->folder);
		g_clear_pointer(&tracing, tracing_close);
	}
	return tracing;
}

bool tracing_has_event(const struct tracing *tracing, const char *system, const char *name)
{
	g_autofree char *path =
		g_build_filename(tracing->folder, "events", system, name, "enable", NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* An instance that nobody had before: its name has this process's number. */
static bool make_instance(struct tracing *tracing, GError **error)
{
	for (unsigned i = 1; i <= NAME_TRIES; i++) {
		g_autofree char *name = i > 1 ? g_strdup_printf("kmsim-%d-%u", getpid(), i)
					      : g_strdup_printf("kmsim-%d", getpid());
		g_autofree char *path = g_build_filename(tracing->folder, "instances", name, NULL);

		if (g_file_test(path, G_FILE_TEST_EXISTS))
			continue;
		/* on the list before it is there: this process may be killed in between */
		g_strlcpy(tracing->undo->instance, path, sizeof(tracing->undo->instance));
		struct tracefs_instance *instance = tracefs_instance_create(name);

		if (instance && tracefs_instance_is_new(instance)) {
			tracing->instance = instance;
			return true;
		}
		*tracing->undo->instance = 0;
		if (!instance)
			return failure(error, "an instance");
		tracefs_instance_free(instance);
	}
	errno = EEXIST;
	return failure(error, "an instance");
}

static bool put(struct tracing *tracing, const char *file, const char *value, GError **error)
{
	if (tracefs_instance_file_write(tracing->instance, file, value) >= 0)
		return true;
	g_autofree char *what = g_strdup_printf("%s: %s", file, value);

	return failure(error, what);
}

static bool set_clock(struct tracing *tracing, const char *clock, GError **error)
{
	int size;

	if (tracefs_instance_file_write(tracing->instance, "trace_clock", clock) >= 0)
		return true;
	char *text = tracefs_instance_file_read(tracing->instance, "trace_clock", &size);
	g_auto(GStrv) words =
		g_strsplit_set(text ? text : "", "[]", -1); /* around the present one */
	g_autofree char *known = g_strjoinv(NULL, words);

	set_usage_error(error, "--clock %s: this kernel has %s", clock, g_strstrip(known));
	free(text);
	return false;
}

bool tracing_begin(struct tracing *tracing, const char *clock, uint64_t buffer_kib,
		   struct undo *undo, GError **error)
{
	g_autofree char *kib = g_strdup_printf("%" G_GUINT64_FORMAT, buffer_kib);

	tracing->undo = undo;
	if (!make_instance(tracing, error) || !put(tracing, "tracing_on", "0", error) ||
	    !set_clock(tracing, clock, error) || !put(tracing, "options/overwrite", "0", error) ||
	    !put(tracing, "buffer_size_kb", kib, error))
		return false;
	/* Linux 5.17 has it; without it pointers are hashed as they always were */
	tracefs_instance_file_write(tracing->instance, "options/hash-ptr", "0");
	return true;
}

bool tracing_enable(struct tracing *tracing, const char *system, const char *name, bool on,
		    GError **error)
{
	if (!(on ? tracefs_event_enable : tracefs_event_disable)(tracing->instance, system, name))
		return true;
	g_autofree char *what = g_strdup_printf("the event %s:%s", system, name);

	return failure(error, what);
}

bool tracing_on(struct tracing *tracing, bool on, GError **error)
{
	return put(tracing, "tracing_on", on ? "1" : "0", error);
}

bool tracing_clear(struct tracing *tracing, GError **error)
{
	return !tracefs_instance_file_clear(tracing->instance, "trace") || failure(error, "trace");
}

bool tracing_mark(struct tracing *tracing, const char *text, GError **error)
{
	return put(tracing, "trace_marker", text, error);
}

static uint64_t number_after(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? g_ascii_strtoull(at + strlen(key), NULL, 10) : 0;
}

GArray *tracing_buffers(struct tracing *tracing)
{
	GArray *buffers = g_array_new(FALSE, FALSE, sizeof(struct tracing_buffer));
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	for (uint32_t cpu = 0; cpu < (uint32_t)cpus; cpu++) {
		g_autofree char *file = g_strdup_printf("per_cpu/cpu%u/stats", cpu);
		char *stats = tracefs_instance_file_read(tracing->instance, file, NULL);

		if (!stats)
			continue;
		struct tracing_buffer buffer = {
			.cpu = cpu,
			.entries = number_after(stats, "entries: "),
			.lost = number_after(stats, "overrun: ") +
				number_after(stats, "commit overrun: ") +
				number_after(stats, "dropped events: "),
		};

		g_array_append_val(buffers, buffer);
		free(stats);
	}
	return buffers;
}

FILE *tracing_text(struct tracing *tracing, GError **error)
{
	int fd = tracefs_instance_file_open(tracing->instance, "trace", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (!file)
		failure(error, "trace");
	return file;
}

uint64_t tracing_buffer_kib(struct tracing *tracing)
{
	ssize_t kib = tracefs_instance_get_buffer_size(tracing->instance, 0);

	return kib > 0 ? (uint64_t)kib : 0;
}

void tracing_close(struct tracing *tracing)
{
	if (!tracing)
		return;
	if (tracing->instance) {
		/* somebody may look at a file of it; what stays is on the list of what to undo */
		for (unsigned i = 0; i < REMOVE_TRIES && *tracing->undo->instance; i++) {
			if (!tracefs_instance_destroy(tracing->instance))
				*tracing->undo->instance = 0;
			else
				g_usleep(1000);
		}
		tracefs_instance_free(tracing->instance);
	}
	if (tracing->mount_fd >= 0)
		close(tracing->mount_fd);
	g_free(tracing->folder);
	g_free(tracing);
}

#endif
