// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/test/mutate.h"

/* Pieces that parsers look for, and numbers at the edge. */
static const char *const pieces[] = {
	"0",
	"-1",
	"1",
	"4096",
	"18446744073709551616",
	"0x",
	"\"0x1\"",
	"1e400",
	"null",
	"[]",
	"{}",
	"\"id\":1,",
	"\"t\":0,",
	"\"cpu\":3,",
	"\"op\":\"vmap_free\",",
	"\n",
	"\r",
	"\"",
	"\\u0000",
	"\\",
	"#",
	": ",
	"[001]",
	" 12.345678: ",
	"alloc_vmap_area: ",
	"va_start: ",
	"num_purged=",
	"failed=1",
	"free_vmap_area_noflush: ",
	"CPU:1 [LOST 5 EVENTS]\n",
	"0xffffffffffffffff",
	"-0x",
	"mm_page_alloc: ",
	"mm_page_free: ",
	"mm_compaction_begin: ",
	"zone_end=0x2345",
	"pfn=0x123456",
	"order=9 ",
	"order=-1",
	"migratetype=2",
	"gfp_flags=__GFP_",
};

static void replace(GString *text, size_t at, size_t length, const char *with, size_t with_length)
{
	g_string_erase(text, (gssize)at, (gssize)length);
	g_string_insert_len(text, (gssize)at, with, (gssize)with_length);
}

/* One change at a random place. */
static void mutate(struct rng *rng, GString *text)
{
	size_t at = rng_below(rng, text->len), room = text->len - at;
	size_t length = rng_below(rng, MIN(room, 64)) + 1;
	const char *piece = pieces[rng_below(rng, G_N_ELEMENTS(pieces))];

	switch (rng_below(rng, 6)) {
	case 0: /* one byte */
		text->str[at] = (char)rng_next(rng);
		break;
	case 1: /* one bit */
		text->str[at] = (char)(text->str[at] ^ (1 << rng_below(rng, 8)));
		break;
	case 2:
		g_string_erase(text, (gssize)at, (gssize)length);
		break;
	case 3: { /* twice */
		g_autofree char *copy = g_memdup2(text->str + at, length);

		replace(text, at, 0, copy, length);
		break;
	}
	case 4:
		replace(text, at, rng_below(rng, length), piece, strlen(piece));
		break;
	default: /* cut, now and then */
		if (!rng_below(rng, 16))
			g_string_truncate(text, at + 1);
	}
	if (!text->len)
		g_string_append_c(text, '\n');
}

GString *mutated(struct rng *rng, const GString *good)
{
	GString *text = g_string_new_len(good->str, (gssize)good->len);

	for (uint64_t n = rng_below(rng, 4) + 1; n; n--)
		mutate(rng, text);
	return text;
}

GString *good_trace(void)
{
	return g_string_new(
		"{\"kmsim_trace\":1,\"page_size\":4096,\"cpus\":4,\"vmap\":{\"vstart\":"
		"\"0xffffc90000000000\"},\"zones\":[{\"name\":\"N\",\"start_pfn\":0,"
		"\"end_pfn\":4096,\"holes\":[[8,16]]}]}\n"
		"{\"op\":\"vmap_seed\",\"id\":1,\"addr\":\"0xffffc90000000000\",\"size\":8192}\n"
		"{\"op\":\"page_seed\",\"id\":2,\"pfn\":16,\"order\":2,\"mt\":\"movable\"}\n"
		"{\"op\":\"vmap_alloc\",\"id\":3,\"size\":8192,\"align\":4096,\"t\":10}\n"
		"{\"op\":\"map_ram\",\"id\":\"0x4\",\"pages\":3,\"cpu\":1,\"t\":11}\n"
		"{\"op\":\"pcpu_alloc\",\"id\":5,\"align\":4096,\"offsets\":[0,8192],\"sizes\":"
		"[4096,\"4096\"],\"t\":12}\n"
		"{\"op\":\"page_alloc\",\"id\":6,\"order\":9,\"zone\":\"N\",\"gfp\":[\"IO\"],"
		"\"thp\":true,\"t\":12}\n"
		"{\"op\":\"compact\",\"order\":-1,\"mode\":\"sync\",\"direct\":true,\"t\":13}\n"
		"{\"op\":\"mark\",\"name\":\"here\"}\n"
		"{\"op\":\"vmap_free\",\"id\":3,\"t\":14}\n"
		"{\"op\":\"vmap_purge\",\"why\":\"drain\",\"n\":1,\"t\":15}\n"
		"{\"op\":\"unmap_ram\",\"id\":4,\"cpu\":1,\"t\":16}\n"
		"{\"op\":\"vmap_free\",\"id\":1,\"t\":16}\n");
}
