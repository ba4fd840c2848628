// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/recording.h"

#include "sim/base/error.h"
#include "sim/base/json_util.h"
#include "sim/base/reader.h"
#include "sim/trace/import/text.h"
#include "sim/trace/import/trace_dat.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SPOOL_BYTES  (64u << 10)
#define SAYS_VERSION 1

/* What a folder may hold, the most exact first. */
static const char *const recording_files[] = {
	"trace.dat",	      "trace.dat.zst",	     "trace.dat.gz",	  "trace.txt.gz",
	"trace.txt.zst",      "trace.txt",	     "trace_pipe.txt.gz", "trace_pipe.txt.zst",
	"trace_pipe.txt",     "report.txt.gz",	     "report.txt.zst",	  "report.txt",
	"perf-script.txt.gz", "perf-script.txt.zst", "perf-script.txt",	  NULL,
};

static const char *const snapshot_names[SNAPSHOTS] = {
	[SNAPSHOT_VMALLOCINFO] = "vmallocinfo",
	[SNAPSHOT_ZONEINFO] = "zoneinfo",
	[SNAPSHOT_BUDDYINFO] = "buddyinfo",
	[SNAPSHOT_PAGETYPEINFO] = "pagetypeinfo",
};

static char *find_in(const char *folder, const char *const *names)
{
	for (; *names; names++) {
		g_autofree char *path = g_build_filename(folder, *names, NULL);

		if (g_file_test(path, G_FILE_TEST_EXISTS))
			return g_steal_pointer(&path);
	}
	return NULL;
}

char *recording_state_file(const char *path, const char *name)
{
	g_autofree char *packed = g_strconcat(name, ".gz", NULL);
	g_autofree char *state_plain = g_build_filename("state", name, NULL);
	g_autofree char *state_packed = g_build_filename("state", packed, NULL);

	return find_in(path, (const char *const[]){state_packed, state_plain, packed, name, NULL});
}

json_t *recording_said(const char *path, char **file, GError **error)
{
	*file = recording_state_file(path, "recording.json");
	json_t *said = *file ? json_read(*file, error) : NULL;
	const json_t *version = json_at(said, "kmsim_recording");

	if (!version || json_number_at(said, "kmsim_recording") == SAYS_VERSION)
		return said;
	set_input_error(error, "%s:1: kmsim_recording: version %.0f is not known, only %d", *file,
			json_number_at(said, "kmsim_recording"), SAYS_VERSION);
	json_decref(said);
	return NULL;
}

static char *find_snapshot(const char *folder, const char *name)
{
	g_autofree char *plain = g_strconcat(name, ".before", NULL);

	return recording_state_file(folder, plain);
}

static bool io_failure(const struct recording *recording, GError **error)
{
	set_io_error(error, "%s: %s", recording->name, g_strerror(errno));
	return false;
}

static struct reader *open_again(const struct recording *recording, GError **error)
{
	int fd = dup(recording->fd);

	if (fd < 0 || (lseek(fd, 0, SEEK_SET) && errno != ESPIPE)) {
		io_failure(recording, error);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	return reader_open_fd(fd, recording->name, error);
}

static int temporary_file(void)
{
	g_autofree char *path = g_build_filename(g_get_tmp_dir(), "kmsim-import-XXXXXX", NULL);
	int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		g_unlink(path);
	return fd;
}

static bool write_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t put = write(fd, bytes, length);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		bytes += put;
		length -= (size_t)put;
	}
	return true;
}

static bool copy_to(const struct recording *recording, struct reader *reader, int spool,
		    GError **error)
{
	g_autofree char *bytes = g_malloc(SPOOL_BYTES);
	ssize_t got;

	while ((got = reader_read(reader, bytes, SPOOL_BYTES, error)) > 0) {
		if (!write_all(spool, bytes, (size_t)got))
			return io_failure(recording, error);
	}
	return !got;
}

/* Put a decoded copy in the place of what cannot be read twice, or not as it is. */
static bool spool(struct recording *recording, GError **error)
{
	struct reader *reader = open_again(recording, error);

	if (!reader)
		return false;
	int copy = temporary_file();
	bool ok = copy < 0 ? io_failure(recording, error) : copy_to(recording, reader, copy, error);

	reader_close(reader);
	if (copy >= 0) {
		close(recording->fd);
		recording->fd = copy;
	}
	return ok;
}

static bool tell_form(struct recording *recording, GError **error)
{
	static const char perf_data[] = "PERFILE2";
	struct reader *reader = open_again(recording, error);
	size_t length = 0;
	const char *text = reader ? reader_peek(reader, &length, error) : NULL;
	bool is_perf_data =
		text && length >= strlen(perf_data) && !memcmp(text, perf_data, strlen(perf_data));

	if (text)
		recording->form = import_recognise(text, length);
	reader_close(reader);
	if (!text)
		return false;
	if (recording->form == IMPORT_KMSIM)
		set_usage_error(error, "%s: a kmsim trace already, nothing to import",
				recording->name);
	else if (is_perf_data)
		set_input_error(error, "%s: a perf.data file: import the text of perf script -i",
				recording->name);
	else if (recording->form == IMPORT_UNKNOWN)
		set_input_error(error,
				"%s: %s; known are tracefs text, trace-cmd report, perf script and "
				"trace.dat",
				recording->name,
				length ? "not a recording that can be imported" : "empty file");
	return recording->form != IMPORT_UNKNOWN && recording->form != IMPORT_KMSIM;
}

static bool is_compressed_dat(const struct recording *recording)
{
	unsigned char first;

	return recording->form == IMPORT_DAT &&
	       (pread(recording->fd, &first, 1, 0) != 1 || first != 0x17);
}

bool recording_open(struct recording *recording, const char *path, const char *name, GError **error)
{
	g_autofree char *file = g_strdup(path);
	struct stat st;

	*recording = (struct recording){.name = g_strdup(name ? name : path), .fd = -1};
	if (strcmp(path, "-") && g_file_test(path, G_FILE_TEST_IS_DIR)) {
		g_free(file);
		file = find_in(path, recording_files);
		for (unsigned i = 0; i < SNAPSHOTS; i++)
			recording->snapshots[i] = find_snapshot(path, snapshot_names[i]);
		if (!file) {
			set_input_error(error,
					"%s: a folder without a recording (trace.dat, "
					"trace.txt.gz, report.txt.gz, …)",
					path);
			return false;
		}
		g_free(recording->name);
		recording->name = g_strdup(file);
	}
	recording->fd = strcmp(file, "-") ? open(file, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	if (recording->fd < 0 || fstat(recording->fd, &st))
		return io_failure(recording, error);
	if (!S_ISREG(st.st_mode) && !spool(recording, error))
		return false;
	return tell_form(recording, error) &&
	       (!is_compressed_dat(recording) || spool(recording, error));
}

bool recording_read(const struct recording *recording, const struct event_sink *sink,
		    GError **error)
{
	if (recording->form == IMPORT_DAT)
		return trace_dat_read(recording->fd, recording->name, sink, error);
	struct reader *reader = open_again(recording, error);
	bool ok = reader && text_read(reader, recording->form, sink, error);

	reader_close(reader);
	return ok;
}

void recording_close(struct recording *recording)
{
	if (recording->fd >= 0)
		close(recording->fd);
	g_free(recording->name);
	for (unsigned i = 0; i < SNAPSHOTS; i++)
		g_free(recording->snapshots[i]);
}
