// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * golden-pages [FILE…]: compare the page allocator and compaction with what the kernel's own code
 * answered (golden.h). One TAP line a file. Without arguments: the files that ship.
 */
#include "models/pages/test/golden.h"
#include "sim/base/error.h"

#define DATA_DIR "models/pages/test/data"

static bool has_words(const struct golden_family *family, const char *text, size_t length)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(family->words) && family->words[i]; i++) {
		if (!g_strstr_len(text, (gssize)length, family->words[i]))
			return false;
	}
	return true;
}

static const struct golden_family *recognise(struct golden *golden, GError **error)
{
	size_t length = READER_PEEK_MAX;
	const char *text = reader_peek(golden->reader, &length, error);

	if (!text)
		return NULL;
	for (unsigned i = 0; golden_families[i]; i++) {
		if (has_words(golden_families[i], text, length))
			return golden_families[i];
	}
	set_input_error(error, "of no known family");
	return NULL;
}

static bool run(struct golden *golden, GError **error)
{
	const struct golden_family *family = recognise(golden, error);

	return family && family->run(golden, error);
}

int main(int argc, char **argv)
{
	return golden_main(argc, argv, DATA_DIR, run);
}
