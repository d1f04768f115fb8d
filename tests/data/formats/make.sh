#!/usr/bin/env bash
# make -- writes the fixtures of today's formats: FC_BIN=build-tests tests/data/formats/make.sh
#
# The programs themselves write them, from one seeded floor. What is there stays: a file is made only when its format's number is a
# new one, so run this once in the change that makes a new format, before anybody uses it. README.md says what is what.
set -eu -o pipefail
export TZ=UTC # the business day's
cd "$(dirname "$0")"
here=$PWD bin=$(cd "../../../${FC_BIN:-build-tests}" && pwd) make=
make=$bin/tests/formats-make
work=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done; rm -rf "$work"' EXIT

seed=20260302 # of the floor
begin=1772438400000000 end=1772442000000000 # 2026-03-02T08:00:00Z, an hour
ports=(tcp://127.0.0.1:19961 tcp://127.0.0.1:19962 tcp://127.0.0.1:19963)
http=127.0.0.1:19964

# new NAME -- whether it has to be made; says so.
new() {
    [ ! -e "$1" ] || { printf '%s is there\n' "$1"; return 1; }
    printf 'making %s\n' "$1"
}

# The floor has all kinds of events but two, and one channel.
if new events-1.ndjson; then
    "$bin/floorcast-sim" --ndjson "$work/floor" --preset demo --seed $seed --speed 0 --duration 120 --start 2026-03-02T08:00:00Z 2>/dev/null
    {
        cat "$work/floor"
        at=$((begin + 120000000))
        printf '{"v":1,"kind":"gap","ts":%d,"src":"other","reason":"a gap of the fixture"}\n' $at
        printf '{"v":1,"kind":"parted","ts":%d,"agent":"agent-01","queue":"sales"}\n' $((at + 1))
        printf '{"v":1,"kind":"offered","ts":%d,"contact":"chat-1","queue":"sales","channel":"chat","customer":"%s","lang":"zh-CN","priority":5}\n' $((at + 2)) '+49 30 1234567'
        printf '{"v":1,"kind":"left","ts":%d,"contact":"chat-1","queue":"sales","reason":"key"}\n' $((at + 9000000))
        line() { printf '{"v":1,"kind":"%s","ts":%d,%s}\n' "$1" $((at + $2)) "$3"; }
        line offered 10000000 '"contact":"chat-2","queue":"sales","channel":"chat","customer":"crm-007","root":"chat-2","topic":"bill","tenant":"t","site":"s"'
        line answered 12000000 '"contact":"chat-2","queue":"sales","agent":"agent-02"'
        line held 13000000 '"contact":"chat-2"'
        line resumed 15000000 '"contact":"chat-2"'
        line ended 20000000 '"contact":"chat-2","by":"customer"'
        line wrapped 25000000 '"contact":"chat-2","agent":"agent-02"'
        line missed 26000000 '"contact":"chat-2","queue":"sales","agent":"agent-03"'
        line complaint 27000000 '"case":"k1","stage":"opened","queue":"sales","cause":"process","customer":"crm-007"'
        line complaint 28000000 '"case":"k1","stage":"acknowledged"'
        line complaint 29000000 '"case":"k1","stage":"resolved"'
    } >events-1.ndjson
fi
if new events-1.bin; then "$make" events events-1.ndjson events-1.bin; fi
if new link-1.bin; then "$make" link events-1.bin link-1.bin; fi

# A spool that nobody has taken anything of.
if new spool-1; then
    cp "$here/events-1.ndjson" "$work"
    (cd "$work" && "$bin/floorcast-collector" --source ndjson:events-1.ndjson --once --spool spool 2>/dev/null)
    "$make" compact "$work/spool" spool-1
    cp "$work/spool/customer.key" spool-1/
fi

aggregator() {
    (cd "$work" && exec "$bin/floorcast-aggregator" --data store --clock event --listen "${ports[0]}" --publish "${ports[1]}" --query "${ports[2]}") 2>>"$work/log" &
    pids+=($!)
}
collector() {
    (cd "$work" && "$bin/floorcast-collector" --source "ndjson:$1" --once --spool "$2" --aggregator "${ports[0]}" 2>/dev/null)
}

# A store as a kill leaves it: most of it in a checkpoint, the rest in the journal alone.
if new store-3; then
    lines=$(wc -l <events-1.ndjson)
    head -n $((lines * 3 / 4)) events-1.ndjson >"$work/first"
    tail -n +$((lines * 3 / 4 + 1)) events-1.ndjson >"$work/second"
    aggregator
    collector "$work/first" one
    sleep 3
    cp "$work/one/customer.key" "$work/key"
    mkdir -m 700 "$work/two" && cp -p "$work/key" "$work/two/customer.key"
    collector "$work/second" two
    kill -9 "${pids[-1]}"
    wait "${pids[-1]}" 2>/dev/null || true # Killed
    "$make" compact "$work/store" store-3
    aggregator # says how much stands in the journal alone
    sleep 1
    grep -E 'state restored' "$work/log" | tail -n 1
    kill "${pids[-1]}" && wait "${pids[-1]}"
fi

if new state-1.bin; then
    rm -rf "$work/store" && mkdir "$work/store" && cp store-3/data.mdb "$work/store/"
    aggregator
    sleep 3
    "$make" state "${ports[1]}" state-1.bin
    "$make" answers "${ports[2]}" $begin $end questions-1.bin answers-1.bin
    kill "${pids[-1]}" && wait "${pids[-1]}"
fi

# What the figures of all of them must be.
if new expected.json; then
    rm -rf "$work/store" && mkdir "$work/store" && cp store-3/data.mdb "$work/store/"
    aggregator
    "$bin/floorcast-wallboard" --listen $http --publish "${ports[1]}" --query "${ports[2]}" 2>/dev/null &
    pids+=($!)
    sleep 4
    node figures.mjs "http://$http" >expected.json
fi
ls -l . spool-1 store-3
