#!/usr/bin/env bash
# run -- installs what the tests need, builds with warnings as errors, runs every test. `--help` says more.
#
# Each flavour has its own build directory, so that a sanitizer run never spoils the normal one. The sanitized flavours
# run what exercises the C code (unit tests, and the whole programs without a browser) and have no front end.
set -eu -o pipefail
cd "$(dirname "$0")/.."
# shellcheck source=.ci/packages.sh
. .ci/packages.sh

usage() {
    cat <<'END'
usage: tests/run.sh [--sanitize address|thread|none] [--whole] [--quick] [--no-install]

  --sanitize WHAT  address: with AddressSanitizer and UndefinedBehaviorSanitizer; thread: with ThreadSanitizer
  --whole          with --sanitize: everything but the browser, not only what it can say something new of
  --quick          unit tests alone: no front end, no whole programs, no browser
  --no-install     leave the system's packages alone
  --help           this

CC chooses the compiler, CTEST_PARALLEL_LEVEL how many tests run at a time (one a core).
Build directories: build-tests, build-address, build-thread.
END
}

bad_usage() {
    printf 'run.sh: %s\n' "$1" >&2
    usage >&2
    exit 2
}

sanitize=none whole=no quick=no install=yes
while [ $# -gt 0 ]; do
    case $1 in
    --sanitize | --sanitize=*)
        if [ "$1" = --sanitize ]; then
            [ $# -ge 2 ] || bad_usage "--sanitize needs a value"
            shift
        fi
        sanitize=${1#--sanitize=}
        ;;
    --quick) quick=yes ;;
    --whole) whole=yes ;;
    --no-install) install=no ;;
    --help) usage && exit 0 ;;
    *) bad_usage "unknown option '$1'" ;;
    esac
    shift
done
case $sanitize in
none) build=build-tests cmake_options=() ;;
address | thread) build=build-$sanitize cmake_options=("-DFC_SANITIZE=$sanitize") ;;
*) bad_usage "--sanitize is '$sanitize', expected address, thread or none" ;;
esac
web=yes
if [ $quick = yes ] || [ "$sanitize" != none ]; then web=no; fi
if [ $web = yes ]; then cmake_options+=(-DFC_WEB=ON); else cmake_options+=(-DFC_WEB=OFF); fi

packages() {
    local list=("${fc_packages_build[@]}" "${fc_packages_unit[@]}")
    [ $quick = yes ] || list+=("${fc_packages_web[@]}")
    [ $web = no ] || list+=("${fc_packages_e2e[@]}")
    if [ $install = yes ]; then install_packages "${list[@]}"; fi
    require_tools cmake ninja pkg-config
    [ $quick = yes ] || { require_tools node npm && require_node; }
}

# browser_tests -- a ctest pattern for the whole-program tests that need the front end: those that open a page.
browser_tests() {
    local file names=()
    for file in tests/e2e/*.test.mjs; do
        if [ -e "$file" ] && grep -qiE 'chromium|page-lib' "$file"; then names+=("$(basename "$file" .test.mjs)"); fi
    done
    local IFS='|'
    [ ${#names[@]} -eq 0 ] || printf '^e2e/(%s)$' "${names[*]}"
}

# not_sanitized -- a ctest pattern for what a sanitizer would learn nothing new of, or would take too long over: whole programs
# whose ways others go too; under the thread sanitizer also what runs on one thread.
not_sanitized() {
    local programs='^chance/(same|canaries)$|^unit/bench/|^e2e/(bad_input|cells|channels|contacts|corpora|doors|formats|figures|follow|health|time|waiting)$'
    [ "$sanitize" != thread ] || programs+='|^e2e/(crash|disk|hostile)$|^(bench|chance|fuzz|model)/|^unit/(base|bench|event|oracle|state)/'
    [ "$sanitize" != thread ] || programs+='|^unit/aggregator/(cases|chain|engine|oracle_?(|cells|days|laws|reload|stored)$|rules|survey|timeline|zone)'
    printf '%s' "$programs"
}

# sanitizer_run COMMAND... -- reports of programs that a test starts go to files, as their stderr may be swallowed.
sanitizer_run() {
    local reports=$PWD/$build/reports rc=0 fixed_layout=()
    rm -rf "$reports" && mkdir -p "$reports"
    export ASAN_OPTIONS=log_path=$reports/asan:detect_stack_use_after_return=1
    export UBSAN_OPTIONS=log_path=$reports/ubsan:print_stacktrace=1
    export TSAN_OPTIONS=log_path=$reports/tsan:second_deadlock_stack=1:suppressions=$PWD/.ci/tsan.supp
    # ThreadSanitizer of gcc 12 cannot live with the address layout that newer kernels draw.
    if [ "$sanitize" = thread ] && setarch -R true 2>/dev/null; then fixed_layout=(setarch -R); fi
    "${fixed_layout[@]}" "$@" || rc=$?
    # An allocation refused because a fuzz target asks the sanitizer to (fuzz/codec: a damaged length) is no finding.
    local found=()
    mapfile -t found < <(find "$reports" -type f -exec grep -lvE 'WARNING: [A-Za-z]+Sanitizer failed to allocate' {} +)
    if [ ${#found[@]} -gt 0 ]; then
        say "sanitizer reports (${#found[@]}, in $build/reports)"
        head -n 60 "${found[@]:0:5}"
        die "the $sanitize sanitizer reported ${#found[@]} processes" "First ones above."
    fi
    return $rc
}

run_ctest() {
    local options=(--test-dir "$build" --output-on-failure --no-tests=error) skip
    [ $quick = no ] || options+=(-R '^unit/')
    if [ $web = no ]; then
        skip=$(browser_tests)
        if [ "$sanitize" != none ] && [ $whole = no ]; then skip+="${skip:+|}$(not_sanitized)"; fi
        [ -z "$skip" ] || options+=(-E "$skip")
    fi
    # As many at once as there are cores; those that watch a clock ask to be alone (tests/CMakeLists.txt).
    export CTEST_PARALLEL_LEVEL=${CTEST_PARALLEL_LEVEL:-$(nproc)}
    if [ "$sanitize" = none ]; then ctest "${options[@]}"; else sanitizer_run ctest "${options[@]}"; fi
}

log=$build/ctest.log
rm -f "$log"
packages
say "configuring $build (warnings are errors; sanitizer: $sanitize)"
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DFC_WERROR=ON "${cmake_options[@]}"
say "building $build"
cmake --build "$build" --parallel "$(nproc)"
say "running the tests of $build"
run_ctest 2>&1 | tee "$log" || die "tests failed (see above)" "Again: ctest --test-dir $build --rerun-failed --output-on-failure"
say "passed: $build"
grep -E '^[0-9]+% tests passed' "$log"
