#!/usr/bin/env bash
# run -- searches with libFuzzer: builds the targets with clang (build-fuzz) and gives each some time. `--help` says more.
#
# What it learns stays in build-fuzz/corpus/TARGET and is where the next run goes on; a finding is an input in
# build-fuzz/found/TARGET, and the way to see it again is printed.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=.ci/packages.sh
. .ci/packages.sh

usage() {
    cat <<'END_OF_USAGE'
usage: tests/fuzz/run.sh --seconds N [--jobs N] [TARGET]...

  --seconds N  how long each target is searched
  --jobs N     how many targets at a time (2)
  --help       this

TARGET is a file of tests/fuzz without its .c; without any: all of them.
END_OF_USAGE
}

bad_usage() {
    printf 'run.sh: %s\n' "$1" >&2
    usage >&2
    exit 2
}

seconds='' jobs=2 targets=()
while [ $# -gt 0 ]; do
    case $1 in
    --seconds | --jobs)
        [ $# -ge 2 ] && [[ $2 =~ ^[1-9][0-9]*$ ]] || bad_usage "$1 needs a whole number above 0"
        if [ "$1" = --seconds ]; then seconds=$2; else jobs=$2; fi
        shift
        ;;
    --help) usage && exit 0 ;;
    -*) bad_usage "unknown option '$1'" ;;
    *) targets+=("$1") ;;
    esac
    shift
done
[ -n "$seconds" ] || bad_usage "--seconds is missing"
if [ ${#targets[@]} -eq 0 ]; then
    for dir in tests/fuzz/corpus/*/; do targets+=("$(basename "$dir")"); done
fi
for target in "${targets[@]}"; do [ -d "tests/fuzz/corpus/$target" ] || bad_usage "no such target '$target'"; done

# search TARGET -- a line on what it did; false when it found something.
search() {
    local target=$1 rc=0 work=build-fuzz/corpus/$1 found=build-fuzz/found/$1 log=build-fuzz/found/$1.log
    rm -rf "$found" && mkdir -p "$work" "$found"
    "build-fuzz/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=20 -max_len=16384 -rss_limit_mb=3000 -print_final_stats=1 \
        -artifact_prefix="$found/" "$work" "tests/fuzz/corpus/$target" >"$log" 2>&1 </dev/null || rc=$?
    if [ $rc -eq 0 ]; then
        printf '%-18s %10s runs, nothing found\n' "$target" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
        return
    fi
    grep -aE 'does not hold|ERROR|SUMMARY|runtime error' "$log" | head -n 5 || tail -n 5 "$log"
    printf '%-18s FOUND, see %s; again: %s %s\n' "$target" "$log" "build-fuzz/fuzz/fuzz_$target" "$(ls "$found"/* 2>/dev/null || true)"
    return 1
}

say "building build-fuzz with clang"
cmake -S . -B build-fuzz -G Ninja -DCMAKE_C_COMPILER=clang -DFC_FUZZ=ON -DFC_WERROR=ON -DFC_WEB=OFF >/dev/null
cmake --build build-fuzz --parallel "$(nproc)" --target fuzz
say "searching ${#targets[@]} targets, $seconds s each, $jobs at a time"
failed=0
for target in "${targets[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || failed=1; done
    search "$target" &
done
while [ -n "$(jobs -p)" ] && [ "$(jobs -p | wc -l)" -gt 0 ]; do
    wait -n || { [ $? -ne 127 ] || break; failed=1; }
done
[ $failed -eq 0 ] || die "a target found something (see above)"
say "nothing found"
