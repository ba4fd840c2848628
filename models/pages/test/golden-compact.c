// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/test/compact_cases.h"
#include "sim/base/reader.h"
#include <glib.h>
#include <stdio.h>
#include <string.h>
static const struct {
	const char *name;
	char *(*play)(const json_t *row);
} families[] = {{"isolate_around", golden_isolate_around},
		{"hole_fallback", golden_hole_fallback},
		{"fast_isolate", golden_fast_isolate},
		{"reset_skip", golden_reset_skip},
		{"compact_run", golden_compact_run}};
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		for (unsigned f = 0; f < G_N_ELEMENTS(families); f++)
			if (strstr(argv[i], families[f].name)) {
				struct reader *r = reader_open(argv[i], NULL);
				const char *line;
				size_t len;
				unsigned n = 0, bad = 0;
				while (reader_line(r, &line, &len, NULL) == 1) {
					json_t *row = json_loadb(line, len, 0, NULL);
					char *m = families[f].play(row);
					n++;
					if (m) {
						if (bad++ < 3)
							printf("# %.1500s\n", m);
						g_free(m);
					}
					json_decref(row);
				}
				reader_close(r);
				printf("%s %s: %u of %u wrong\n", bad ? "not ok" : "ok", argv[i],
				       bad, n);
			}
}
