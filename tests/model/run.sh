#!/usr/bin/env bash
# run -- has spin go through every state of wake.pml, and makes sure that it finds each mutant wrong.
# tests/model/run.sh [DIR]: where to work (a new directory).
set -eu -o pipefail
model=$(cd "$(dirname "$0")" && pwd)/wake.pml
work=${1:-$(mktemp -d)}
mkdir -p "$work" && cd "$work"

# verify NAME OPTION... -- prints "right" or "wrong" and what the search came to.
verify() {
    local name=$1
    shift
    mkdir -p "$name"
    (
        cd "$name"
        spin "$@" -a "$model" >spin.log
        cc -O1 -w -DSAFETY -DVECTORSZ=1024 -DCOLLAPSE -DMEMLIM=1500 -o pan pan.c
        ./pan -m1000000 -w20 >pan.log 2>&1
        if grep -q 'errors: 0' pan.log && ! grep -qE 'max search depth too small|out of memory|reached -DMEMLIM' pan.log; then echo right
        elif grep -q 'errors: 1' pan.log; then echo wrong
        else echo incomplete; fi
        grep -m1 -E 'invalid end state \(|assertion violated \(|states, stored' pan.log || tail -n 3 pan.log
    )
}

# expect VERDICT NAME OPTION...
failed=0
expect() {
    local verdict=$1 got
    shift
    got=$(verify "$@")
    printf '%-16s %s\n' "$1" "$(tr '\n' ' ' <<<"$got")"
    [ "${got%%$'\n'*}" = "$verdict" ] || { failed=1 && printf '%s: expected %s\n' "$1" "$verdict"; }
}

expect right one-producer -DPRODUCERS=1 -DITEMS=5
expect right two-producers -DPRODUCERS=2 -DITEMS=2
expect wrong no-recheck -DPRODUCERS=1 -DNO_RECHECK
expect wrong plain-store -DPRODUCERS=1 -DPLAIN_STORE
expect wrong signal-first -DPRODUCERS=1 -DSIGNAL_FIRST
expect wrong publish-first -DPRODUCERS=1 -DPUBLISH_FIRST
exit $failed
