#!/usr/bin/env bash
# try -- from a fresh clone to a wallboard that moves: installs packages, builds, starts the programs with a simulated
# floor, says where to look and what to do next, and stops everything at Ctrl-C. `--help` says more.
#
# Everything listens on loopback only. A lock on the data directory is inherited by the programs, so that a second run
# sees it for as long as any of them lives, even when this script was killed.
set -eu
called_from=$PWD
cd "$(dirname "$0")/.."
# shellcheck source=.ci/packages.sh
. .ci/packages.sh

usage() {
    cat <<'END'
usage: wallboard/try.sh [--port N] [--preset NAME] [--no-sim] [--no-install]

  --port N       where the wallboard listens on 127.0.0.1 (8080, or the next free one)
  --preset NAME  which simulated floor (demo); build/floorcast-sim --help lists them
  --no-sim       no simulated floor: only what you send, or your own Asterisk
  --no-install   leave the system's packages alone
  --help         this

FLOORCAST_DATA is where data and logs go (.fc in this directory).
END
}

bad_usage() {
    printf 'try.sh: %s\n' "$1" >&2
    usage >&2
    exit 2
}

port='' preset=demo sim=yes install=yes
while [ $# -gt 0 ]; do
    case $1 in
    --port | --preset)
        [ $# -ge 2 ] || bad_usage "$1 needs a value"
        if [ "$1" = --port ]; then port=$2; else preset=$2; fi
        shift
        ;;
    --port=*) port=${1#*=} ;;
    --preset=*) preset=${1#*=} ;;
    --no-sim) sim=no ;;
    --no-install) install=no ;;
    --help) usage && exit 0 ;;
    *) bad_usage "unknown option '$1'" ;;
    esac
    shift
done
if [ -n "$port" ]; then
    if ! [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || [ "$port" -gt 65535 ]; then
        bad_usage "--port is '$port', expected 1 to 65535"
    fi
fi
data=${FLOORCAST_DATA:-$PWD/.fc}
case $data in /*) ;; *) data=$called_from/$data ;; esac
shown=${data#"$PWD"/} # in commands to copy

packages_and_build() {
    if [ $install = yes ]; then install_packages "${fc_packages_build[@]}" "${fc_packages_web[@]}"; fi
    require_tools cmake ninja pkg-config node npm curl
    require_node
    say "configuring build (log: build/try.log)"
    mkdir -p build
    cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DFC_TESTS=OFF -DFC_WEB=ON >build/try.log 2>&1 ||
        { tail -n 30 build/try.log >&2 && die "cmake failed (the end of build/try.log is above)"; }
    say "building (the first time takes a minute or two)"
    cmake --build build --parallel "$(nproc)" || die "the build failed (see above)"
}

taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port FIRST -- sets `found` to the first port from FIRST on that nobody answers at.
free_port() {
    found=$1
    while taken "$found"; do
        found=$((found + 1))
        [ "$found" -le 65535 ] || die "no port from $1 to 65535 is free on 127.0.0.1"
    done
}

choose_ports() {
    if [ -z "$port" ]; then
        free_port 8080
        [ "$found" -eq 8080 ] || say "port 8080 is taken on 127.0.0.1: using $found"
        port=$found
    elif taken "$port"; then
        free_port "$port"
        die "port $port is taken on 127.0.0.1" "The next free one: ./wallboard/try.sh --port $found"
    fi
    free_inner_port 5560; ingest=127.0.0.1:$found
    free_inner_port 5600; batches=tcp://127.0.0.1:$found
    free_inner_port $((found + 1)); publish=tcp://127.0.0.1:$found
    free_inner_port $((found + 1)); query=tcp://127.0.0.1:$found
}

# free_inner_port FIRST -- the same, but for the wallboard's own, which nobody answers at yet.
free_inner_port() {
    free_port "$1"
    [ "$found" -ne "$port" ] || free_port $((found + 1))
}

lock_data() {
    if ! mkdir -p "$data/log" 2>/dev/null || ! [ -w "$data" ]; then
        die "cannot write the data directory $data" "Set FLOORCAST_DATA to one that $(id -un) can write."
    fi
    exec 9>>"$data/lock"
    flock -n 9 || die "the data directory $data is in use by the processes$(tr '\n' ' ' <"$data/pids" | sed 's/^/ /')" \
        "Stop that try.sh first (Ctrl-C there), or set FLOORCAST_DATA to another directory."
    echo $$ >"$data/pids"
    # A first start begins half an hour ago and catches up at once, so that the screen has something to say.
    if [ ! -e "$data/aggregator" ]; then history=(--history 1800); fi
}

running=() names=() history=()

# start NAME ARGS... -- in its own session, so that Ctrl-C reaches this script alone, which stops them in order.
start() {
    local name=$1
    shift
    [ -x "build/$name" ] || die "the build made no build/$name"
    [ ! -e "$data/log/$name.log" ] || mv "$data/log/$name.log" "$data/log/$name.log.1"
    setsid "build/$name" "$@" </dev/null >"$data/log/$name.log" 2>&1 &
    running+=($!)
    names+=("$name")
    echo $! >>"$data/pids"
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# ended INDEX -- a program stopped by itself: says what it said.
ended() {
    printf '%s\n' "the last lines of $shown/log/${names[$1]}.log:" >&2
    tail -n 10 "$data/log/${names[$1]}.log" >&2
    die "${names[$1]} ended by itself (see above)"
}

check_running() {
    local i
    for i in "${!running[@]}"; do
        if gone "${running[$i]}"; then ended "$i"; fi
    done
}

# stop_all -- last started first, so that what a program has taken finds those behind it still there.
stop_all() {
    local i tries
    trap '' INT TERM HUP
    [ ${#running[@]} -eq 0 ] || say "stopping"
    for ((i = ${#running[@]} - 1; i >= 0; i--)); do
        kill -TERM "${running[$i]}" 2>/dev/null || continue
        for ((tries = 0; tries < 100; tries++)); do
            if gone "${running[$i]}"; then break; fi
            sleep 0.1
        done
        if ! gone "${running[$i]}"; then
            say "${names[$i]} did not stop within 10 s: killed"
            kill -KILL "${running[$i]}" 2>/dev/null || true
        fi
    done
    [ ${#running[@]} -eq 0 ] || say "stopped; the data stays in $shown"
    running=()
}

start_all() {
    local i
    say "starting (logs: $shown/log)"
    start floorcast-aggregator --data "$data/aggregator" --listen "$batches" --publish "$publish" --query "$query"
    start floorcast-wallboard --listen "127.0.0.1:$port" --publish "$publish" --query "$query" --web build/web
    start floorcast-collector --source "zmq://$ingest" --aggregator "$batches" --spool "$data/spool"
    [ $sim = no ] || start floorcast-sim --to "tcp://$ingest" --preset "$preset" "${history[@]}"
    for ((i = 0; i < 150; i++)); do
        check_running
        if curl -fs --noproxy '*' --max-time 2 -o /dev/null "http://127.0.0.1:$port/healthz"; then return; fi
        sleep 0.2
    done
    curl -sS --noproxy '*' --max-time 2 "http://127.0.0.1:$port/healthz" >&2 || true
    die "the wallboard is not healthy after 30 s: http://127.0.0.1:$port/healthz answered the above" "Logs: $shown/log"
}

say_what_next() {
    local floor="a simulated floor (preset $preset) is on it" me=./wallboard/try.sh
    [ $sim = yes ] || floor="nothing is on it yet"
    cat <<END

  Open  http://127.0.0.1:$port/   ($floor)
  Ctrl-C stops everything. Numbers from a shell:

      curl -s 'http://127.0.0.1:$port/api/v1/kpi?window=day'

  Your own Asterisk: add this to its /etc/asterisk/manager.conf, then run asterisk -rx 'manager reload' there

      [general]
      enabled = yes
      bindaddr = 0.0.0.0

      [floorcast]
      secret = CHOOSE-ONE
      deny = 0.0.0.0/0.0.0.0
      permit = ADDRESS-OF-THIS-MACHINE/255.255.255.255
      read = system,call,agent,dialplan
      write = reporting

  and in another shell, in $PWD

      export FLOORCAST_AMI_SECRET=CHOOSE-ONE
      build/floorcast-collector --source ami://floorcast@ADDRESS-OF-ASTERISK:5038 \\
          --aggregator $batches --spool $shown/spool-asterisk

  To see it without the simulated floor: FLOORCAST_DATA=.fc/asterisk $me --no-sim

  One event from a shell, in $PWD

      echo '{"v":1,"ts":'\$(date +%s%6N)',"kind":"offered","contact":"c1","queue":"sales"}' |
          build/floorcast-collector --source ndjson:- --once --aggregator $batches --spool $shown/spool-shell

END
}

packages_and_build
choose_ports
lock_data
trap stop_all EXIT
trap 'exit 0' INT TERM HUP
start_all
say_what_next
wait -n "${running[@]}" || true
check_running
