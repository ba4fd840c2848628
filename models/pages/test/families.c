// SPDX-License-Identifier: GPL-2.0-or-later
/* The kinds of files that golden-pages knows, in the order they are tried. */
#include "models/pages/test/golden.h"

extern const struct golden_family golden_buddy, golden_frag_index, golden_real_frag_index,
	golden_real_pagetypeinfo, golden_watermark_ok, golden_real_watermarks,
	golden_isolate_around, golden_hole_fallback, golden_fast_isolate, golden_reset_skip,
	golden_compact_run, golden_recording;

const struct golden_family *const golden_families[] = {
	&golden_buddy,		&golden_real_frag_index,
	&golden_frag_index,	&golden_real_pagetypeinfo,
	&golden_watermark_ok,	&golden_real_watermarks,
	&golden_isolate_around, &golden_fast_isolate,
	&golden_hole_fallback, /* has less than fast_isolate */
	&golden_reset_skip,	&golden_compact_run,
	&golden_recording,	NULL,
};
