// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/fidelity_report.h"

#include "sim/base/json_util.h"
#include "sim/base/writer.h"

static json_t *share_json(const struct fidelity_share *share)
{
	json_t *json = json_object();

	json_object_set_new(json, "exact", json_u64(share->exact));
	json_object_set_new(json, "all", json_u64(share->all));
	json_object_set_new(json, "percent", json_ratio((uint128)share->exact * 100, share->all));
	return json;
}

static json_t *shares_json(const struct fidelity_share *shares, unsigned n)
{
	json_t *json = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(json, share_json(&shares[i]));
	return json;
}

static json_t *kinds_json(const uint64_t *kinds)
{
	json_t *json = json_object();

	for (enum miss_kind kind = 0; kind < MISS_KINDS; kind++)
		json_object_set_new(json, miss_kind_names[kind], json_u64(kinds[kind]));
	return json;
}

static json_t *sets_json(const struct fidelity_sets *sets)
{
	json_t *json = json_object();

	json_object_set_new(json, "both", json_u64(sets->both));
	json_object_set_new(json, "model_only", json_u64(sets->model_only));
	json_object_set_new(json, "machine_only", json_u64(sets->machine_only));
	return json;
}

static json_t *run_json(const struct fidelity_run *run)
{
	json_t *json = json_object(), *tenths = json_array();

	json_object_set_new(json, "requests", share_json(&run->requests));
	json_object_set_new(json, "align_page", share_json(&run->classes[ALIGN_PAGE]));
	json_object_set_new(json, "align_more", share_json(&run->classes[ALIGN_MORE]));
	json_object_set_new(json, "tenths", shares_json(run->tenths, G_N_ELEMENTS(run->tenths)));
	json_object_set_new(json, "first_miss", json_u64(run->first_miss));
	json_object_set_new(json, "purges", share_json(&run->purges));
	json_object_set_new(json, "lazy_pages", share_json(&run->lazy));
	json_object_set_new(json, "lazy_pages_off_max", json_u64(run->lazy_off_max));
	json_object_set_new(json, "pooled_areas", share_json(&run->pooled));
	json_object_set_new(json, "pooled_areas_off_max", json_u64(run->pooled_off_max));
	json_object_set_new(json, "failures", share_json(&run->failed));
	json_object_set_new(json, "percpu", share_json(&run->percpu));
	json_object_set_new(json, "end_busy", sets_json(&run->busy));
	json_object_set_new(json, "end_lazy", sets_json(&run->lazy_set));
	json_object_set_new(json, "misses", kinds_json(run->kinds));
	for (unsigned i = 0; i < G_N_ELEMENTS(run->kinds_by_tenth); i++)
		json_array_append_new(tenths, kinds_json(run->kinds_by_tenth[i]));
	json_object_set_new(json, "misses_by_tenth", tenths);
	return json;
}

json_t *fidelity_json(const struct fidelity *fidelity, const char *source)
{
	const struct timeline *timeline = fidelity->timeline;
	json_t *json = json_object();

	json_object_set_new(json, "kmsim_fidelity", json_integer(1));
	json_object_set_new(json, "kmsim_version", json_string(KMSIM_VERSION));
	json_object_set_new(json, "source", json_string(source));
	json_object_set_new(json, "release", json_text_or_empty(timeline->release));
	json_object_set_new(json, "version", json_string(fidelity->version));
	json_object_set_new(json, "version_by", json_string(fidelity->told));
	json_object_set_new(json, "cpus", json_integer(timeline->cpus));
	json_object_set_new(json, "from_boot", json_boolean(timeline->from_boot));
	json_object_set_new(json, "pools_emptied", json_boolean(timeline->pools_emptied));
	json_object_set_new(json, "snapshot_before", json_boolean(timeline->has_before));
	json_object_set_new(json, "snapshot_after", json_boolean(timeline->has_after));
	json_object_set_new(json, "vstart", json_address(timeline->vstart));
	json_object_set_new(json, "vend", json_address(timeline->vend));
	json_object_set_new(json, "lazy_max_pages", json_u64(timeline->lazy_max_pages));
	json_object_set_new(json, "lost_frees", json_u64(timeline->lost_frees));
	json_object_set_new(json, "unknown_frees", json_u64(timeline->unknown_frees));
	json_object_set_new(json, "free_run", run_json(&fidelity->free));
	json_object_set_new(json, "put_right", run_json(&fidelity->corrected));
	json_object_set_new(json, "recording", import_account_json(&timeline->account));
	return json;
}

static bool put_csv(const char *folder, const char *name, const char *text, GError **error)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	return writer_put_file(path, text, error);
}

static bool misses_csv(const struct fidelity *fidelity, const char *folder, GError **error)
{
	g_autoptr(GString) text =
		g_string_new("request,place,cpu,size,align,recorded,foretold,kind\n");

	for (unsigned i = 0; i < fidelity->misses->len; i++) {
		const struct fidelity_miss *miss =
			&g_array_index(fidelity->misses, struct fidelity_miss, i);

		g_string_append_printf(text,
				       "%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT
				       ",%u,%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT
				       ",0x%" G_GINT64_MODIFIER "x,",
				       miss->number, miss->place, miss->request.cpu,
				       miss->request.size, miss->request.align, miss->recorded);
		if (miss->foretold)
			g_string_append_printf(text, "0x%" G_GINT64_MODIFIER "x", miss->foretold);
		g_string_append_printf(text, ",%s\n", miss_kind_names[miss->kind]);
	}
	return put_csv(folder, "misses.csv", text->str, error);
}

static bool purges_csv(const struct fidelity *fidelity, const char *folder, GError **error)
{
	g_autoptr(GString) text = g_string_new("requests_before,what,recorded,model,"
					       "requests_within\n");

	for (unsigned i = 0; i < fidelity->marks->len; i++) {
		const struct fidelity_mark *mark =
			&g_array_index(fidelity->marks, struct fidelity_mark, i);

		g_string_append_printf(text,
				       "%" G_GUINT64_FORMAT ",%s,%" G_GUINT64_FORMAT
				       ",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "\n",
				       mark->request,
				       mark->shrink ? "shrink"
				       : mark->full ? "full"
						    : "partial",
				       mark->recorded, mark->model, mark->requests_within);
	}
	return put_csv(folder, "purges.csv", text->str, error);
}

bool fidelity_csv(const struct fidelity *fidelity, const char *folder, GError **error)
{
	return misses_csv(fidelity, folder, error) && purges_csv(fidelity, folder, error);
}
