# shellcheck shell=bash disable=SC2034 # the lists are read by the scripts that source this
# packages -- the one list of what Floorcast needs from the distribution, and how it gets installed.
#
# Sourced by wallboard/try.sh, tests/run.sh and .ci/run. An entry is NAME[|OTHER NAME][=COMMAND]: the second name is
# for releases that call the package differently (the first that apt knows is taken); with a command, a program of that
# name on the PATH is as good as the package (a Node of your own, say). Refuses to run apt when nothing is missing, so
# that an offline machine with everything on it needs no network and no root.

# Build and run.
fc_packages_build=(
    'gcc=cc' libc6-dev 'cmake=cmake' 'ninja-build=ninja' 'pkg-config=pkg-config'
    libzmq3-dev libwebsockets-dev 'libmsgpack-c-dev|libmsgpack-dev' liblmdb-dev libcyaml-dev libyaml-dev libjansson-dev
    libsodium-dev zlib1g-dev libglib2.0-dev libcurl4-openssl-dev tzdata
)
# The front end, and asking the HTTP API from a shell.
fc_packages_web=('nodejs=node' 'npm=npm' ca-certificates 'curl=curl')
# Unit tests alone, with the model of the sleeping consumer; then whole programs, the browser, clocks that are set, and leaks.
fc_packages_unit=(libcmocka-dev 'spin=spin')
fc_packages_e2e=('chromium=chromium' fonts-noto-cjk libfaketime 'valgrind=valgrind')
# The second compiler of .ci/run, with the runtime of its sanitizers and of libFuzzer.
fc_packages_clang=('clang=clang' libclang-rt-dev)

say() { printf '== %s\n' "$*"; }

# die WHAT [WHAT TO DO]...
die() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    shift
    local line
    for line in "$@"; do printf '    %s\n' "$line" >&2; done
    exit 1
}

package_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# entry_satisfied ENTRY -- true when its command or one of its packages is there.
entry_satisfied() {
    local names=${1%%=*} name
    [[ $1 != *=* ]] || ! command -v "${1#*=}" >/dev/null || return 0
    for name in ${names//|/ }; do
        ! package_installed "$name" || return 0
    done
    return 1
}

# entry_package ENTRY -- prints the name that this release's apt knows; the last one when it knows none.
entry_package() {
    local names=${1%%=*} name
    for name in ${names//|/ }; do
        if apt-cache show --no-all-versions "$name" >/dev/null 2>&1; then break; fi
    done
    printf '%s\n' "$name"
}

# install_packages ENTRY... -- makes sure all are there; ends the script with what to do when it cannot.
install_packages() {
    local missing=() wanted=() entry as_root=()
    command -v apt-get >/dev/null ||
        die "this system has no apt-get, expected Debian 12 or later (or a relative)" \
            "Install the counterparts of: ${*%%[|=]*}" "then run it again with --no-install."
    for entry in "$@"; do
        entry_satisfied "$entry" || missing+=("$entry")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        say "packages: all there"
        return
    fi
    if [ "$(id -u)" -ne 0 ]; then
        for entry in "${missing[@]}"; do wanted+=("$(entry_package "$entry")"); done
        command -v sudo >/dev/null ||
            die "packages are missing, and installing them needs root (you are $(id -un), and there is no sudo)" \
                "As root: apt-get update && apt-get install -y --no-install-recommends ${wanted[*]}" \
                "then run it again."
        as_root=(sudo)
    fi
    say "packages: refreshing apt's lists (log: .fc/apt.log)"
    apt_logged "${as_root[@]}" apt-get update -q
    wanted=()
    for entry in "${missing[@]}"; do wanted+=("$(entry_package "$entry")"); done
    say "packages: installing ${wanted[*]} and what they need; npm alone brings some 400, so this takes minutes"
    apt_logged "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        -o DPkg::Lock::Timeout=120 "${wanted[@]}"
}

# apt_logged COMMAND... -- keeps its thousand lines out of sight, but for the end of them when it fails.
apt_logged() {
    mkdir -p .fc
    "$@" >.fc/apt.log 2>&1 </dev/null && return
    tail -n 30 .fc/apt.log >&2
    die "'$*' failed (the end of .fc/apt.log is above)" "Check the network and /etc/apt/sources.list*, or install by hand and use --no-install."
}

# require_tools COMMAND... -- for --no-install: names what is not there before a compiler or npm stumbles over it.
require_tools() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || die "the program '$tool' is not there" "Run it without --no-install, or install it."
    done
}

# require_node -- esbuild and the tests' own runner need 18.
require_node() {
    local major
    major=$(node -p 'process.versions.node.split(".")[0]') || die "node does not run (see above)"
    [ "$major" -ge 18 ] ||
        die "node $(node --version) at $(command -v node) is too old, expected 18 or later" "Debian 12's package nodejs is fine."
}
