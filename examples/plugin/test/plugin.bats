#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A model as a shared library, built against a staged installation; and bad ones.

STAGE=${STAGE:-$PWD/build/stage}
KMSIM=${KMSIM:-$PWD/build/kmsim}
export PKG_CONFIG_PATH=$STAGE/usr/local/lib/pkgconfig
unset KMSIM_PLUGIN_PATH

setup_file() {
	make -s -C examples/plugin OUT="$BATS_FILE_TMPDIR"
}

setup() {
	PLUGIN=$BATS_FILE_TMPDIR/bestfit.so
	cd "$BATS_TEST_TMPDIR"
}

# Build bad.so from the C text on standard input.
bad() {
	# shellcheck disable=SC2046
	cc -std=c17 -x c -fPIC -shared -o bad.so - $(pkg-config --cflags kmsim)
}

# bad MEMBERS: bad.so whose model has everything that is required, then MEMBERS.
bad_model() {
	bad <<-END
	#include <kmsim/model.h>
	static int run(void *model, struct call *call) { return CALL_DONE; }
	static void *create(const struct model_env *env, GError **error) { return run; }
	static void *refuse(const struct model_env *env, GError **error) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "bad: not today");
		return NULL;
	}
	static void destroy(void *model) {}
	static const struct stage stages[] = {{.name = "only", .run = run}};
	static const struct model_ops ops = {
		.magic = KMSIM_MODEL_MAGIC, .version = KMSIM_MODEL_VERSION, .size = sizeof(ops),
		.name = "bad", .summary = "bad", .kinds = OP_BIT(OP_VMAP_ALLOC),
		.stages = stages, .n_stages = 1, .create = create, .destroy = destroy,
		$1
	};
	const struct model_ops *kmsim_model(void) { return &ops; }
	END
}

# The command ends with status 2, says $1 and prints no model.
refused() {
	run "$KMSIM" models --plugin ./bad.so
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"./bad.so: "*"$1"* ]]
	[[ $output != *skeleton* ]]
}

@test "the installed headers compile without a warning, on their own" {
	echo '#include <kmsim/model.h>' >only.c
	# shellcheck disable=SC2046
	run cc -std=c17 -Wall -Wextra -Werror -c only.c $(pkg-config --cflags kmsim)
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(pkg-config --modversion kmsim)" = "$("$KMSIM" --version | sed 's/^kmsim //')" ]
}

@test "a plugin is listed and can be loaded twice" {
	run "$KMSIM" models --plugin "$PLUGIN" --plugin "$PLUGIN"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^bestfit' <<<"$output")" -eq 1 ]
}

@test "KMSIM_PLUGIN_PATH: files and folders" {
	for path in "$PLUGIN" "$BATS_FILE_TMPDIR" ":$PLUGIN:$BATS_FILE_TMPDIR:"; do
		KMSIM_PLUGIN_PATH=$path run "$KMSIM" models
		echo "$output"
		[ "$status" -eq 0 ]
		[[ $output == *bestfit* ]]
	done
	KMSIM_PLUGIN_PATH=/nowhere/at/all run "$KMSIM" models
	[ "$status" -eq 2 ]
	[[ $output == */nowhere/at/all* ]]
}

@test "a plugin's model is run, and places as best fit does" {
	cat >trace.jsonl <<-END
	{"kmsim_trace": 1, "page_size": 4096, "cpus": 1, "vmap": {"vstart": "0x100000", "vend": "0x200000"}}
	{"op": "vmap_seed", "id": 1, "addr": "0x104000", "size": 4096}
	{"op": "vmap_seed", "id": 2, "addr": "0x107000", "size": 4096}
	{"op": "vmap_alloc", "id": 3, "size": 8192}
	{"op": "vmap_alloc", "id": 4, "size": 8192}
	{"op": "vmap_free", "id": 3}
	{"op": "vmap_alloc", "id": 5, "size": 4096, "align": 8192}
	{"op": "vmap_alloc", "id": 6, "size": 1048576}
	END
	run "$KMSIM" replay trace.jsonl --plugin "$PLUGIN" --model bestfit --ops ops.csv
	echo "$output"
	[ "$status" -eq 0 ]
	run cut -d, -f4-7 ops.csv
	echo "$output"
	[ "${lines[3]}" = vmap_alloc,3,0x105000,ok ]
	[ "${lines[4]}" = vmap_alloc,4,0x100000,ok ]
	[ "${lines[5]}" = vmap_free,3,0x105000,ok ]
	[ "${lines[6]}" = vmap_alloc,5,0x102000,ok ]
	[ "${lines[7]}" = vmap_alloc,6,,fail ]
}

@test "a plugin's model beside built-in ones" {
	"$KMSIM" synth test_vmalloc,run_test_mask=8,test_loop_count=50 -o mix.jsonl
	run "$KMSIM" whatif mix.jsonl --plugin "$PLUGIN" --models vmap-augtree,bestfit --no-charts -o result
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *vmap-augtree*bestfit* ]]
	grep -q bestfit result/result.json
}

@test "refused: not a library, not there" {
	echo 'no library' >bad.so
	refused "cannot be loaded"
	rm bad.so
	refused "cannot be loaded"
}

@test "refused: a symbol that is not there" {
	bad <<<'int elsewhere(void); const void *kmsim_model(void) { return (void *)(long)elsewhere(); }'
	refused "elsewhere"
}

@test "refused: no entry symbol, or one that returns nothing" {
	bad <<<'int other;'
	refused "kmsim_model()"
	bad <<<'const void *kmsim_model(void) { return 0; }'
	refused "returned NULL"
}

@test "refused: another interface version; both are named" {
	bad_model '.version = 99'
	refused "version 99 of the model interface, this kmsim has version 6"
}

@test "refused: wrong magic, wrong struct size" {
	bad_model '.magic = 5'
	refused "not a kmsim model"
	bad_model '.size = 16'
	refused "16 bytes"
}

@test "refused: a missing hook is named" {
	for hook in create destroy stages summary; do
		bad_model ".$hook = NULL"
		refused "required '$hook' is missing"
	done
}

@test "refused: a name that is taken" {
	bad_model '.name = "null"'
	refused "there is a model called 'null' already"
}

@test "a model that refuses to be created ends the command with status 2" {
	bad_model '.create = refuse'
	echo '{"kmsim_trace": 1, "page_size": 4096, "cpus": 1}' >trace.jsonl
	echo '{"op": "vmap_alloc", "id": 1, "size": 4096}' >>trace.jsonl
	run "$KMSIM" replay trace.jsonl --plugin ./bad.so --model bad
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"bad: not today"* ]]
}
