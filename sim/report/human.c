// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/human.h"

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct scale {
	double step;	      /* from one unit to the next */
	const char *units[7]; /* NULL-terminated */
};

static const struct scale times = {1000, {"ns", "us", "ms", "s", NULL}};
static const struct scale sizes = {1024, {"B", "KiB", "MiB", "GiB", "TiB", "PiB", NULL}};
static const struct scale counts = {1000, {"", "k", "M", "G", "T", "P", NULL}};

/* Three significant digits; never "1000 us" for 1 ms. */
static char *scaled(double value, const struct scale *scale)
{
	unsigned unit = 0;

	while (value >= scale->step - 0.5 && scale->units[unit + 1]) {
		value /= scale->step;
		unit++;
	}
	int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;

	if (value == floor(value) && !unit)
		decimals = 0;
	return g_strdup_printf("%.*f %s", decimals, value, scale->units[unit]);
}

static char *with_separators(double value)
{
	g_autofree char *digits = g_strdup_printf("%.0f", value);
	size_t length = strlen(digits);
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			g_string_append_c(text, ',');
		g_string_append_c(text, digits[i]);
	}
	return g_string_free(text, FALSE);
}

static char *share_text(double percent)
{
	if (percent > 0 && percent < 0.005)
		return g_strdup("<0.01 %");
	return g_strdup_printf("%.2f %%", percent);
}

char *human_value(double value, enum figure_unit unit)
{
	switch (unit) {
	case UNIT_NS:
		return scaled(value, &times);
	case UNIT_BYTES:
		return scaled(value, &sizes);
	case UNIT_PERCENT:
		return share_text(value);
	case UNIT_PPM:
		return share_text(value / 10000);
	case UNIT_THOUSANDTHS:
		return g_strdup_printf("%.3f", value / 1000);
	case UNIT_RATIO:
		if (value < 100)
			return g_strdup_printf("%.2f", value);
		break;
	case UNIT_COUNT:
		break;
	}
	return value < 9999999.5 ? with_separators(value) : scaled(value, &counts);
}

static bool is_share(enum figure_unit unit)
{
	return unit == UNIT_PERCENT || unit == UNIT_PPM;
}

static double points(double base, double value, enum figure_unit unit)
{
	return (value - base) / (unit == UNIT_PPM ? 10000 : 1);
}

/* Less than the decimals of a change show. */
static bool is_slight(double base, double value, enum figure_unit unit)
{
	if (is_share(unit))
		return fabs(points(base, value, unit)) < 0.005;
	return fabs(value - base) < 0.0005 * base;
}

static char *change_text(double base, double value, enum figure_unit unit)
{
	if (is_share(unit)) {
		double size = fabs(points(base, value, unit));
		int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;

		return g_strdup_printf("%+.*fpp", decimals, points(base, value, unit));
	}
	if (base <= 0)
		return g_strdup("from 0");
	if (value >= 9999.5 * base)
		return g_strdup(">x9999");
	if (value >= 10 * base)
		return g_strdup_printf(value >= 99.95 * base ? "x%.0f" : "x%.1f", value / base);
	return g_strdup_printf("%+.1f%%", (value - base) / base * 100);
}

char *human_change(double base, double value, const struct figure *figure)
{
	if (value == base)
		return g_strdup("=");
	if (is_slight(base, value, figure->unit))
		return g_strdup("~");
	g_autofree char *text = change_text(base, value, figure->unit);
	const char *verdict = "";

	if (figure->better != BETTER_NONE)
		verdict = (value < base) == (figure->better == BETTER_LOWER) ? " better" : " worse";
	return g_strconcat(text, verdict, NULL);
}
