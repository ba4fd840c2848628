// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/gfp.h"

#include "sim/trace/op_names.h"

#include <glib.h>
#include <string.h>

/*
 * Where in gfp_names[] the kernel's bit i is. ATOMIC, its bit 9 from v5.1 on, went in v6.3; here it
 * is the last.
 */
static const uint8_t name_of_bit[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  22, 9, 10,
				      11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21};

#define TRANSHUGE_LIGHT 0x1c20ca

/* Names that stand for several of them (include/linux/gfp.h, v5.2). */
static const struct {
	const char *name;
	uint64_t number;
} composites[] = {
	{"GFP_TRANSHUGE", 0x1c24ca},
	{"GFP_TRANSHUGE_LIGHT", TRANSHUGE_LIGHT},
	{"GFP_HIGHUSER_MOVABLE", 0x100cca},
	{"GFP_HIGHUSER", 0x100cc2},
	{"GFP_USER", 0x100cc0},
	{"GFP_KERNEL_ACCOUNT", 0x400cc0},
	{"GFP_KERNEL", 0xcc0},
	{"GFP_NOFS", 0xc40},
	{"GFP_NOIO", 0xc00},
	{"GFP_ATOMIC", 0xa20},
	{"GFP_NOWAIT", 0x800},
	{"GFP_DMA", 0x1},
	{"GFP_DMA32", 0x4},
	{"__GFP_RECLAIM", 0xc00},
	{"none", 0},
};

uint64_t gfp_from_number(uint64_t number)
{
	uint64_t mask = 0;

	for (unsigned bit = 0; number; bit++, number >>= 1) {
		if (!(number & 1))
			continue;
		mask |= bit < G_N_ELEMENTS(name_of_bit) ? UINT64_C(1) << name_of_bit[bit]
							: GFP_UNKNOWN;
	}
	return mask;
}

static uint64_t parse_one(const char *name)
{
	static const char prefix[] = "__GFP_";
	char *end;
	int bit;

	for (size_t i = 0; i < G_N_ELEMENTS(composites); i++) {
		if (!strcmp(composites[i].name, name))
			return gfp_from_number(composites[i].number);
	}
	if (g_ascii_isdigit(*name)) {
		uint64_t number = g_ascii_strtoull(name, &end, 0);

		return *end ? GFP_UNKNOWN : gfp_from_number(number);
	}
	if (!g_str_has_prefix(name, prefix))
		return GFP_UNKNOWN;
	bit = name_index(gfp_names, name + strlen(prefix));
	return bit < 0 ? GFP_UNKNOWN : UINT64_C(1) << bit;
}

uint64_t gfp_parse(const char *text, size_t length)
{
	g_autofree char *copy = g_strndup(text, length);
	g_auto(GStrv) names = g_strsplit(copy, "|", -1);
	uint64_t mask = 0;

	for (char **name = names; *name; name++)
		mask |= parse_one(*name);
	return mask;
}

bool gfp_is_transhuge(uint64_t mask)
{
	uint64_t light = gfp_from_number(TRANSHUGE_LIGHT);

	return (mask & light) == light;
}
