// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/scenario/variant.h"

#include "models/registry.h"
#include "sim/base/error.h"
#include "sim/scenario/zone_image.h"
#include "sim/machine/machine_file.h"
#include "sim/trace/trace_file.h"
#include "sim/workload/workload.h"

#include <errno.h>
#include <string.h>

void variant_spec_clear(struct variant_spec *spec)
{
	g_free(spec->name);
	g_free(spec->point);
	g_free(spec->column);
	g_strfreev(spec->axes);
	g_strfreev(spec->values);
	g_free(spec->source);
	g_free(spec->named);
	g_free(spec->shown_as);
	g_free(spec->model);
	g_free(spec->profile);
	g_free(spec->image);
	g_free(spec->machine);
	*spec = (struct variant_spec){0};
}

struct variant_spec variant_spec_copy(const struct variant_spec *spec)
{
	struct variant_spec copy = *spec;

	copy.name = g_strdup(spec->name);
	copy.point = g_strdup(spec->point);
	copy.column = g_strdup(spec->column);
	copy.axes = g_strdupv(spec->axes);
	copy.values = g_strdupv(spec->values);
	copy.source = g_strdup(spec->source);
	copy.named = g_strdup(spec->named);
	copy.shown_as = g_strdup(spec->shown_as);
	copy.model = g_strdup(spec->model);
	copy.profile = g_strdup(spec->profile);
	copy.image = g_strdup(spec->image);
	copy.machine = g_strdup(spec->machine);
	return copy;
}

static bool find_params(const char *name, const struct param **table, GError **error)
{
	const struct model_ops *ops = model_find(name, error);

	if (ops)
		*table = ops->params;
	return ops != NULL;
}

static bool parse_model(const struct variant_spec *spec, const struct model_ops **ops,
			struct param_value *params, GError **error)
{
	g_autofree char *name = NULL;

	if (!param_parse_spec(spec->model, find_params, &name, params, error))
		return false;
	*ops = model_find(name, error);
	if (!*ops)
		return false;
	if ((*ops)->replays && !spec->is_recording) {
		set_usage_error(error,
				"the model %s shows what the kernel of a recording did: only "
				"kmsim whatif has it",
				name);
		return false;
	}
	return true;
}

/* Ops are not looked at, but is there anything to take them from? */
static bool source_check(const struct variant_spec *spec, GError **error)
{
	if (!spec->workload) {
		bool there =
			!strcmp(spec->source, "-") || g_file_test(spec->source, G_FILE_TEST_EXISTS);

		if (!there)
			set_io_error(error, "%s: %s", spec->source, g_strerror(ENOENT));
		return there;
	}
	const struct workload_env env = {.cpus = spec->cpus, .seed = spec->seed};
	struct op_source *source = workload_source_new(spec->source, &env, error);

	op_source_destroy(source);
	return source != NULL;
}

/* @missing: a hook for zone images that is asked for is not there. */
static bool has_images(const struct model_ops *ops, bool missing, GError **error)
{
	if (missing)
		set_usage_error(error, "the model %s has no zone images", ops->name);
	return !missing;
}

bool variant_check(const struct variant_spec *spec, GError **error)
{
	struct param_value params[PARAM_MAX];
	const struct model_ops *ops;
	struct cpu_profile *profile = cpu_profile_load(spec->profile, error);

	if (!profile)
		return false;
	cpu_profile_free(profile);
	struct memory_map *machine = NULL;

	if (spec->machine && !(machine = memory_map_load(spec->machine, error)))
		return false;
	memory_map_free(machine);
	return parse_model(spec, &ops, params, error) &&
	       (!spec->source || source_check(spec, error)) &&
	       has_images(ops, spec->image && !ops->restore, error);
}

static const char *trace_name(const struct variant_spec *spec)
{
	return spec->named ? spec->named : spec->source;
}

static struct op_source *open_ops(const struct variant_spec *spec, const struct memory_map *machine,
				  GError **error)
{
	if (spec->workload) {
		const struct workload_env env = {
			.cpus = spec->cpus, .seed = spec->seed, .memory = machine};

		return workload_source_new(spec->source, &env, error);
	}
	struct reader *reader = reader_open_as(spec->source, trace_name(spec), error);

	return reader ? trace_source_new(reader, error) : NULL;
}

/*
 * The ops; where the variant names a machine, that is the machine of their header. A workload of
 * page ops has made its own copy of it.
 */
static struct op_source *open_source(const struct variant_spec *spec,
				     const struct model_ops *model_ops, GError **error)
{
	struct memory_map *machine = NULL;

	/* what a recording says is of the machine that was recorded */
	if (spec->machine && !model_ops->replays &&
	    !(machine = memory_map_load(spec->machine, error)))
		return NULL;
	struct op_source *source = open_ops(spec, machine, error);

	if (!source || !machine || (spec->workload && source->header.memory)) {
		memory_map_free(machine);
		return source;
	}
	memory_map_free(source->header.memory);
	source->header.memory = machine;
	return source;
}

/* A setting: the model's parameter of that name, else the scenario's, else the source's. */
static uint64_t resolve(const struct variant_run *run, const char *name,
			const struct param_value *scenario, uint64_t header)
{
	const struct param *params = run->model_ops->params;

	for (unsigned i = 0; params && params[i].name; i++) {
		if (!strcmp(params[i].name, name) && run->params[i].set)
			return run->params[i].value;
	}
	return scenario->set ? scenario->value : header;
}

/* Settings as the model gets them, and as its parameters are reported. */
static bool resolve_settings(struct variant_run *run, const struct trace_header *header,
			     GError **error)
{
	const struct variant_spec *spec = run->spec;
	uint64_t lazy = header->lazy_max_pages;

	run->cpus = spec->cpus ? spec->cpus : header->cpus;
	if (!header->lazy_max_pages_given)
		lazy = trace_default_lazy_max_pages(run->cpus);
	run->vstart = resolve(run, "vstart", &spec->vstart, header->vstart);
	run->vend = resolve(run, "vend", &spec->vend, header->vend);
	run->lazy_max_pages = resolve(run, "lazy_max_pages", &spec->lazy_max_pages, lazy);
	if (run->vstart < run->vend)
		return true;
	set_usage_error(error,
			"the window is empty: vstart 0x%" G_GINT64_MODIFIER
			"x is not below vend 0x%" G_GINT64_MODIFIER "x",
			run->vstart, run->vend);
	return false;
}

G_GNUC_PRINTF(2, 3)
static void warn(struct variant_run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(run->warnings, g_strdup_vprintf(format, args));
	va_end(args);
}

static void collect_warnings(struct variant_run *run, const struct op_source *source)
{
	if (source->unknown_keys)
		warn(run, "%" G_GUINT64_FORMAT " unknown keys ignored, the first at %s",
		     source->unknown_keys, source->first_unknown_key);
	if (run->totals.foreign)
		warn(run, "%" G_GUINT64_FORMAT " ops skipped: %s does not have their kind",
		     run->totals.foreign, run->model_ops->name);
	if (run->totals.late_lookahead)
		warn(run, "%" G_GUINT64_FORMAT " ops began late: they lie too far on in the trace",
		     run->totals.late_lookahead);
}

static bool run_engine(struct variant_run *run, const struct variant_hooks *hooks, void *model,
		       const struct footprint *footprint, const struct cpu_profile *profile,
		       struct op_stream *stream, GError **error)
{
	const struct recorder_config recorder_config = {
		.model_ops = run->model_ops,
		.model = model,
		.vstart = run->vstart,
		.vend = run->vend,
		.memory = run->memory,
		.listener = run->listener,
		.ops_file = hooks->ops_file,
	};

	run->recorder = recorder_new(&recorder_config);
	const struct engine_config config = {
		.model_ops = run->model_ops,
		.model = model,
		.footprint = footprint,
		.profile = profile,
		.order = run->spec->order,
		.cpus = run->cpus,
		.observe = recorder_op,
		.observer = run->recorder,
		.begins = recorder_begin,
		.now = &run->listener->now,
		.interrupted = hooks->interrupted,
		.progress = hooks->progress,
		.progress_ctx = hooks->progress_ctx,
	};

	GError *cause = NULL;

	if (!engine_run(&config, stream, &run->totals, &cause)) {
		if (!g_error_matches(cause, KMSIM_ERROR, KMSIM_ERROR_INTERRUPTED)) {
			g_propagate_error(error, cause);
			return false;
		}
		/* the signal came while the trace had nothing to read: what was done is kept */
		g_error_free(cause);
		run->totals.end = END_INTERRUPTED;
	}
	if (run->totals.end == END_INPUT) {
		set_input_error(error, "%s: %s", trace_name(run->spec), run->totals.end_message);
		return false;
	}
	if (run->totals.foreign && !run->totals.performed) {
		set_input_error(error, "%s: %s performs none of its kinds of op",
				trace_name(run->spec), run->model_ops->name);
		return false;
	}
	run->figures = recorder_finish(run->recorder, &run->totals);
	return true;
}

/* What the source says of the machine outlives it. */
static void keep_machine(struct variant_run *run, const struct trace_header *header)
{
	if (header->memory)
		run->memory = memory_map_copy(header->memory);
	run->recorded = recorded_counts_new();
	for (guint i = 0; header->recorded && i < header->recorded->len; i++) {
		struct recorded_count count =
			g_array_index(header->recorded, struct recorded_count, i);

		count.name = g_strdup(count.name);
		g_array_append_val(run->recorded, count);
	}
}

static void listen(struct variant_run *run, const struct variant_hooks *hooks)
{
	const struct listener_config config = {
		.model_ops = run->model_ops,
		.memory = run->memory,
		.cpus = run->cpus,
		.clock_hz = run->clock_hz,
		.events_file = hooks->events_file,
	};

	run->listener = listener_new(&config);
}

/* The machine is the image's. */
static bool load_image(struct variant_run *run, char **text, GError **error)
{
	const char *path = run->spec->image;

	if (!path)
		return true;
	*text = zone_image_load(path, error);
	struct memory_map *memory =
		*text ? zone_image_memory(*text, path, run->memory, error) : NULL;

	if (!memory)
		return false;
	memory_map_free(run->memory);
	run->memory = memory;
	return true;
}

/* What was interrupted is no state to go on from. */
static void write_image(const struct variant_run *run, const struct variant_hooks *hooks,
			void *model)
{
	if (!hooks->image_file || run->totals.end == END_INTERRUPTED)
		return;
	g_autofree char *text = run->model_ops->image(model);

	writer_puts(hooks->image_file, text);
}

/*
 * A model that cannot be had on that machine: where this is said. Not of other faults, which lie
 * in the model's parameters, nor of a workload's machine, of which nobody else has spoken.
 */
static void blame_machine(const struct variant_spec *spec, GError **error)
{
	if (!g_error_matches(*error, KMSIM_ERROR, KMSIM_ERROR_INPUT))
		return;
	if (spec->image || spec->machine)
		g_prefix_error(error, "%s: ", spec->image ? spec->image : spec->machine);
	else if (!spec->workload)
		g_prefix_error(error, "%s:1: header: ", trace_name(spec));
}

static bool run_source(struct variant_run *run, const struct variant_hooks *hooks,
		       struct op_source *source, const struct cpu_profile *profile, GError **error)
{
	struct footprint footprint = {0};
	g_autofree char *image = NULL;

	if (!resolve_settings(run, &source->header, error))
		return false;
	keep_machine(run, &source->header);
	if (!load_image(run, &image, error))
		return false;
	listen(run, hooks);
	const struct model_env env = {
		.memory = run->memory,
		.cpus = run->cpus,
		.vstart = run->vstart,
		.vend = run->vend,
		.lazy_max_pages = run->lazy_max_pages,
		.seed = run->spec->seed,
		.emit = listener_emit,
		.emit_ctx = run->listener,
		.params = run->params,
		.footprint = &footprint,
	};
	void *model = run->model_ops->create(&env, error);

	if (!model) {
		blame_machine(run->spec, error);
		return false;
	}
	if (image && !run->model_ops->restore(model, image, run->spec->image, error)) {
		run->model_ops->destroy(model);
		return false;
	}
	g_clear_pointer(&image, g_free);
	struct op_stream *stream = op_stream_new(source, run->cpus, run->spec->lenient);
	bool ok = run_engine(run, hooks, model, &footprint, profile, stream, error);

	if (ok)
		write_image(run, hooks, model);
	run->ops_digest = op_stream_digest(stream);
	if (source->ops->figures)
		run->workload = source->ops->figures(source);
	memcpy(run->faults, op_stream_faults(stream), sizeof(run->faults));
	collect_warnings(run, source);
	op_stream_free(stream);
	run->model_ops->destroy(model);
	return ok;
}

bool variant_execute(const struct variant_spec *spec, const struct variant_hooks *hooks,
		     struct variant_run *run, GError **error)
{
	struct cpu_profile *profile = NULL;
	struct op_source *source = NULL;
	bool ok = false;

	*run = (struct variant_run){.spec = spec,
				    .warnings = g_ptr_array_new_with_free_func(g_free)};
	if (parse_model(spec, &run->model_ops, run->params, error) &&
	    has_images(run->model_ops,
		       (spec->image && !run->model_ops->restore) ||
			       (hooks->image_file && !run->model_ops->image),
		       error) &&
	    (profile = cpu_profile_load(spec->profile, error)) &&
	    (source = open_source(spec, run->model_ops, error))) {
		run->profile_name = g_strdup(cpu_profile_name(profile));
		run->profile_digest = g_strdup(cpu_profile_digest(profile));
		run->profile_rests_on = g_strdup(cpu_profile_rests_on(profile));
		run->clock_hz = cpu_profile_clock_hz(profile);
		run->timer_hz = cpu_profile_timer_hz(profile);
		ok = run_source(run, hooks, source, profile, error);
	}
	op_source_destroy(source);
	cpu_profile_free(profile);
	if (!ok)
		variant_run_clear(run);
	return ok;
}

void variant_run_clear(struct variant_run *run)
{
	g_clear_pointer(&run->recorder, recorder_free);
	g_clear_pointer(&run->listener, listener_free);
	memory_map_free(run->memory);
	if (run->recorded)
		g_array_unref(run->recorded);
	g_free(run->profile_name);
	g_free(run->profile_digest);
	g_free(run->profile_rests_on);
	g_free(run->ops_digest);
	json_decref(run->workload);
	g_free(run->totals.end_message);
	if (run->warnings)
		g_ptr_array_unref(run->warnings);
	*run = (struct variant_run){0};
}
