// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/record/snapshots.h"

#include "sim/base/error.h"
#include "sim/base/writer.h"
#include "sim/record/kptr_restrict.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct file {
	char *name; /* as it is called in the recording */
	char *text;
	size_t length;
};

struct snapshots {
	GArray *files; /* struct file */
};

static void clear_file(void *data)
{
	struct file *file = data;

	g_free(file->name);
	g_free(file->text);
}

struct snapshots *snapshots_new(void)
{
	struct snapshots *snapshots = g_new0(struct snapshots, 1);

	snapshots->files = g_array_new(FALSE, FALSE, sizeof(struct file));
	g_array_set_clear_func(snapshots->files, clear_file);
	return snapshots;
}

void snapshots_free(struct snapshots *snapshots)
{
	if (!snapshots)
		return;
	g_array_unref(snapshots->files);
	g_free(snapshots);
}

/* In the place of an earlier one of that name. */
static void keep(struct snapshots *snapshots, struct file file)
{
	for (guint i = 0; i < snapshots->files->len; i++) {
		struct file *there = &g_array_index(snapshots->files, struct file, i);

		if (!g_strcmp0(there->name, file.name)) {
			clear_file(there);
			*there = file;
			return;
		}
	}
	g_array_append_val(snapshots->files, file);
}

/* Read @folder/@name. False with the error set. */
static bool read_file(const char *folder, const char *name, const char *when, struct file *file,
		      GError **error)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	GError *cause = NULL;

	*file = (struct file){.name = g_strdup_printf("%s.%s", name, when)};
	if (g_file_get_contents(path, &file->text, &file->length, &cause))
		return true;
	set_io_error(error, "%s", cause->message);
	g_error_free(cause);
	clear_file(file);
	return false;
}

/* A range whose size is not the one beside it is hashed. */
static bool addresses_are_real(const char *text)
{
	uint64_t start, end, size;

	return !*text ||
	       (sscanf(text, "0x%" SCNx64 "-0x%" SCNx64 " %" SCNu64, &start, &end, &size) == 3 &&
		end - start == size && start);
}

bool snapshots_vmallocinfo(struct snapshots *snapshots, const char *when, struct undo *undo,
			   GError **error)
{
	struct file file;
	int failed, turn = kptr_restrict_begin(undo->kptr_restrict, sizeof(undo->kptr_restrict),
					       &failed);
	bool ok = read_file("/proc", "vmallocinfo", when, &file, error);

	kptr_restrict_end(turn, undo->kptr_restrict);
	if (!ok)
		return false;
	keep(snapshots, file);
	if (addresses_are_real(file.text))
		return true;
	if (failed)
		set_io_error(error,
			     "/proc/vmallocinfo: its addresses are hidden: kernel.kptr_restrict "
			     "cannot be set to 1: %s",
			     g_strerror(failed));
	else
		set_io_error(error, "/proc/vmallocinfo: its addresses are hidden from this user, "
				    "although kernel.kptr_restrict is 1: CAP_SYSLOG is missing");
	return false;
}

void snapshots_pages(struct snapshots *snapshots, const char *when)
{
	static const char *const names[] = {"zoneinfo", "buddyinfo", "pagetypeinfo"};

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		struct file file;

		if (read_file("/proc", names[i], when, &file, NULL))
			keep(snapshots, file);
	}
}

bool snapshots_write(const struct snapshots *snapshots, const char *dir, GError **error)
{
	if (g_mkdir(dir, 0777)) {
		set_io_error(error, "%s: %s", dir, g_strerror(errno));
		return false;
	}
	for (guint i = 0; i < snapshots->files->len; i++) {
		const struct file *file = &g_array_index(snapshots->files, struct file, i);
		g_autofree char *name = g_strconcat(file->name, ".gz", NULL);
		g_autofree char *path = g_build_filename(dir, name, NULL);
		struct writer *writer = writer_open(path, error);

		if (!writer)
			return false;
		writer_put(writer, file->text, file->length);
		if (!writer_commit(writer, error))
			return false;
	}
	return true;
}

char *read_line_of(const char *path)
{
	char *text;

	return g_file_get_contents(path, &text, NULL, NULL) ? g_strchomp(text) : NULL;
}

uint32_t cpu_list_count(const char *list)
{
	uint32_t count = 0;

	while (*list) {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (end == list)
			return count;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		count += (uint32_t)(last - first) + 1;
		list = *end ? end + 1 : end;
	}
	return count;
}
