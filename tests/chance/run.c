#include "run.h"

#include "disk.h"
#include "far.h"
#include "near.h"
#include "producers.h"
#include "tap.h"
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* What compares for the unit tests does so here, where no cmocka runs. */
#undef fail_msg
#undef assert_true
#undef assert_false
#undef assert_non_null
#undef assert_int_equal
#define HOLDS(condition) ((condition) ? (void)0 : failed("%s:%d: %s", __FILE__, __LINE__, #condition))
#define fail_msg failed
#define assert_true(condition) HOLDS(condition)
#define assert_false(condition) HOLDS(!(condition))
#define assert_non_null(pointer) HOLDS((pointer) != NULL)
#define assert_int_equal(a, b) HOLDS((a) == (b))
#include "../unit/aggregator/oracle_compare.h"

#include <malloc.h>
#include <sys/stat.h>

#define DRAIN_NS (900 * SECONDS)
#define UNREST_NS_MAX (1500 * SECONDS) /* and 15 minutes that the floor's events are late by themselves */
#define AHEAD_MS_MAX 20000 /* the longest leap when nothing is to be done */

struct setting { /* drawn once a run */
    int collectors, trouble; /* once in so many steps something goes wrong */
    bool crashes, cuts, disks, pauses, reloads;
    struct near_options near[COLLECTORS_MAX];
    struct far_options far;
};

static struct setting set;
static struct play play;
static struct fc_rules *more_rules; /* of a reload: they say the same */
static int64_t paused_until_ns[FAR_PARTS], down_until_ns[SIDES];
static const char *const dirs[OUTSIDE] = {"spool-0", "spool-1", "data"}; /* in a directory of the run: the trace must not name it */
static char scratch[64];
static int64_t rested_ns; /* when last all that had happened was acked */

/* ---- what is to be ---------------------------------------------------------------------------------------------- */

static uint32_t pool(int64_t most) { return (uint32_t)(once_in(2) ? draw_between(1, 4) : draw_between(1, most)); }

static void draw_floor(void) {
    struct fc_floor_spec spec = {.contacts = (int)draw_between(3, 25), .span_us = draw_between(5, 20) * MINUTE, .late_pct = once_in(2) ? 0 : 25,
                                 .late_us_max = 15 * MINUTE, .again_pct = 5, .odd_pct = once_in(3) ? 10 : 0};
    make_play(&play, (uint64_t)draw_between(0, INT64_MAX - 1), 0, &spec);
    play.rules = rules_of(&play);
    more_rules = rules_of(&play);
    world.wall_start_us = play.floor.start_us;
}

static void draw_setting(void) {
    set.collectors = (int)draw_between(1, COLLECTORS_MAX);
    set.trouble = (int)draw_between(20, 400);
    set.crashes = !once_in(4);
    set.cuts = !once_in(4);
    set.disks = once_in(2);
    set.pauses = once_in(2);
    set.reloads = once_in(4);
    set.far = (struct far_options){.dir = dirs[AGGREGATOR], .rules = play.rules, .event_clock = play.event_clock, .endpoints = (int)draw_between(1, ENDPOINTS_MAX),
                                   .map_bytes = UINT64_C(64) << 20, .event_blocks = pool(64), .batches = pool(512), .record_blocks = pool(16)};
    for (int i = 0; i < set.collectors; i++)
        set.near[i] = (struct near_options){.dir = dirs[i], .limit_bytes = UINT64_C(1) << 20, .plain = set.collectors > 1 || once_in(2)};
    wire_rough(once_in(2) ? 0 : (int)draw_between(10, 200));
}

static void make_dirs(void) {
    const char *given = getenv("TMPDIR"), *base = given != NULL ? given : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* no disk is meant */
    (void)snprintf(scratch, sizeof scratch, "%.40s/fc-chance-XXXXXX", base);
    if (mkdtemp(scratch) == NULL || chdir(scratch) != 0) failed("%s cannot be made", scratch);
    for (int i = 0; i < OUTSIDE; i++) disk_watch((enum side)i, dirs[i]);
}

static void remove_dirs(void) {
    static const char *const names[] = {"data.mdb", "lock.mdb", "lock", "floorcast.lock", "customer.key", "customer.key.new"};
    char path[200];
    for (int i = 0; i < OUTSIDE; i++) {
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            (void)snprintf(path, sizeof path, "%s/%s", dirs[i], names[k]);
            (void)unlink(path);
        }
        (void)rmdir(dirs[i]);
    }
    (void)(chdir("/") == 0 && rmdir(scratch) == 0);
}

/* ---- who runs --------------------------------------------------------------------------------------------------- */

static bool may_start(enum side side) { return down_until_ns[side] <= world.now_ns; }

/* When nothing goes wrong any more, a start must not either. */
static void stay_down(enum side side) {
    if (world.healing) failed("%s ends or does not start, though nothing goes wrong any more", side_name(side));
    down_until_ns[side] = world.now_ns + draw_between(50, once_in(4) ? 60000 : 5000) * MS; }

static void turn_collector(int i) {
    if (near_runs(i)) {
        near_round(i);
        if (!near_runs(i)) stay_down((enum side)i);
    } else if (world.healing || may_start((enum side)i)) {
        set.near[i].aggregator = far_endpoint((int)draw_between(0, set.far.endpoints - 1));
        if (!near_start(i, &set.near[i])) stay_down((enum side)i);
    }
}

static void turn_aggregator(void) {
    if (far_runs()) {
        enum far_part part = (enum far_part)draw_between(0, FAR_PARTS - 1);
        if (paused_until_ns[part] <= world.now_ns) far_turn(part);
        if (!far_runs()) stay_down(AGGREGATOR);
    } else if ((world.healing || may_start(AGGREGATOR)) && !far_start(&set.far)) {
        stay_down(AGGREGATOR);
    }
}

static void step(void) {
    world.steps++;
    switch (draw_between(0, 7)) {
    case 0: producers_turn(); break;
    case 1: turn_collector(0); break;
    case 2: turn_collector(set.collectors - 1); break;
    default: turn_aggregator(); break;
    }
}

/* ---- what goes wrong -------------------------------------------------------------------------------------------- */

static bool side_runs(enum side side) { return side == AGGREGATOR ? far_runs() : near_runs((int)side); }

static enum side any_side(void) { return once_in(2) ? AGGREGATOR : (enum side)draw_between(0, set.collectors - 1); }

static int64_t a_while(void) { return world.now_ns + (once_in(4) ? draw_between(1, 60) * SECONDS : draw_between(10, 3000) * MS); }

static void crash(enum side side) {
    enum death how = once_in(2) ? KILLED : POWER_OFF;
    if (!once_in(4)) { /* in the midst of something */
        world.how[side] = how;
        world.fuse[side] = (int)draw_between(1, 40);
        return;
    }
    if (side_runs(side)) {
        world.running = OUTSIDE;
        if (side == AGGREGATOR) far_kill(how);
        else near_kill((int)side, how);
    }
    stay_down(side);
}

static void end(enum side side) {
    if (!side_runs(side)) return;
    if (side == AGGREGATOR) far_stop();
    else near_stop((int)side);
    stay_down(side);
}

static void reload(enum side side) {
    if (!side_runs(side)) return;
    if (side == AGGREGATOR) far_reload(once_in(2) ? more_rules : play.rules);
    else near_reload((int)side);
}

static void trouble(void) {
    enum side side = any_side();
    int64_t until_ns = a_while();
    switch (draw_between(0, 6)) {
    case 0:
        if (set.crashes) crash(side);
        break;
    case 1:
        if (set.crashes && once_in(2)) end(side);
        break;
    case 2:
        if (set.cuts) wire_cut(side == AGGREGATOR ? OUTSIDE : side, until_ns);
        break;
    case 3:
        if (set.disks) disk_fill(side, until_ns);
        break;
    case 4:
        if (set.disks) disk_spoil(side, until_ns, (int)draw_between(1, 20));
        break;
    case 5:
        if (set.pauses) paused_until_ns[draw_between(0, FAR_PARTS - 1)] = until_ns;
        break;
    default:
        if (set.reloads) reload(side);
        break;
    }
}

/* ---- time ------------------------------------------------------------------------------------------------------- */


static int64_t ahead_ms(void) {
    int64_t next_us = producers_next_us(), left_ms = next_us == INT64_MAX ? AHEAD_MS_MAX : (next_us - fc_wall_now().us) / 1000 + 1;
    return draw_between(1, left_ms < 1 ? 1 : left_ms > AHEAD_MS_MAX ? AHEAD_MS_MAX : left_ms);
}

static bool all_quiet(void) { return producers_idle() && producers_counts().acknowledged == tap_events_sent() && tap_all_sent_is_acked(); }

/* A leap is a sleep of everything: in the midst of work it is a machine that stalls, which heals as well. */
static void pass_time(void) {
    if (all_quiet() ? once_in(4) : !world.healing && producers_idle() && once_in(100)) world.now_ns += ahead_ms() * MS;
    else if (once_in(20)) world.now_ns += draw_between(0, 300) * MS;
    else world.now_ns += draw_between(0, 2000) * 1000;
    wire_turn();
}

/* ---- bounds ----------------------------------------------------------------------------------------------------- */

static void check_bounds(void) {
    for (int i = 0; i < set.collectors; i++) {
        uint64_t most = set.near[i].limit_bytes + set.near[i].limit_bytes / 4 + (UINT64_C(64) << 20), length = disk_counts((enum side)i).length;
        if (length > most) failed("the spool of collector %d has grown to %llu bytes", i, (unsigned long long)length);
    }
    uint64_t length = disk_counts(AGGREGATOR).length;
    if (length > set.far.map_bytes) failed("the store has grown to %llu bytes", (unsigned long long)length);
}

static void check_disks_were_asked(void) {
    for (int i = 0; i < OUTSIDE; i++) {
        struct disk_counts c = disk_counts((enum side)i);
        bool used = i == AGGREGATOR || i < set.collectors;
        if (used && (c.writes == 0 || c.syncs == 0)) failed("the disk of %s was never asked: LMDB goes another way", side_name((enum side)i));
    }
}

/* ---- the end ---------------------------------------------------------------------------------------------------- */

static void heal(void) {
    happened("heals");
    world.healing = true;
    memset(world.fuse, 0, sizeof world.fuse);
    memset(paused_until_ns, 0, sizeof paused_until_ns);
    for (int i = 0; i < SIDES; i++) wire_cut((enum side)i, 0);
}

/* What comes later than the late window need not count as if it had come in time: nobody lets things lie for so long. */
static void rest_in_time(void) {
    if (all_quiet()) {
        rested_ns = world.now_ns;
        world.healing = false;
    } else if (!world.healing && world.now_ns - rested_ns > UNREST_NS_MAX) {
        heal();
    }
}

static bool drained(void) { return producers_done() && tap_all_acked() && far_runs() && far_settled(); }

static void drain(void) {
    int64_t until_ns = world.now_ns + DRAIN_NS;
    while (!drained()) {
        if (world.now_ns > until_ns)
            failed("does not heal: acknowledged to producers %s, acked by the aggregator %s, which %s", producers_done() ? "all" : "not all", tap_all_acked() ? "all" : "not all",
                   far_runs() ? "runs" : "does not run");
        step();
        pass_time();
    }
}

static enum fc_status shelve(void *ctx, struct fc_str key, struct fc_str value) {
    struct play *p = ctx;
    struct fc_mp mp = fc_mp_open(value.p, value.n);
    struct fc_error err = {.text = ""};
    if (fc_tally_decode(&mp, &kept_at(&p->intervals, key)->tally, &err) != FC_OK) failed("a stored interval: %s", err.text);
    return FC_OK;
}

/* Everything settled, at one moment: windows, stored intervals and gauges as the oracle has them. */
static void compare(void) {
    struct fc_error err = {.text = ""};
    do { /* that moment's checkpoint, and it is applied */
        world.now_ns += 2 * SECONDS;
        far_turn(FAR_DRIVER);
        for (int i = 0; i < 64; i++) far_turn(FAR_WRITER);
        play.now_us = fc_engine_now_us(far_engine());
        far_turn(FAR_PUBLISHER);
    } while (!far_settled());
    play.engine = far_engine();
    play.fed = play.floor.n;
    if (fc_store_each_interval(far_store(), fc_str(""), fc_str(""), fc_str(""), shelve, &play, &err) != FC_OK) failed("%s", err.text);
    compare_windows(&play, 2);
    compare_stored(&play);
    play.published = fc_mono_now();
    compare_gauges(&play);
    end_compare();
}

static void take_down(void) {
    far_stop();
    for (int i = 0; i < set.collectors; i++)
        if (near_runs(i)) near_stop(i);
    wire_close_all();
    disk_forget_all();
    producers_end();
    tap_end();
    play.engine = NULL;
    fc_rules_free(play.rules);
    fc_rules_free(more_rules);
    fc_floor_fini(&play.floor);
    clear_shelf(&play.intervals);
    remove_dirs();
}

struct outcome run_once(uint64_t seed_given, enum canary canary, bool telling) {
    (void)mallopt(M_MMAP_MAX, 0); /* what a dead process gave back, the next one takes: no need to ask the kernel */
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
    world_begin(seed_given, canary, telling);
    make_dirs();
    (void)atexit(remove_dirs);
    rested_ns = world.now_ns;
    draw_floor();
    draw_setting();
    tap_begin(play.floor.n);
    producers_begin(play.floor.events, play.floor.arrives_us, play.floor.n, (int)draw_between(1, PRODUCERS_MAX), set.collectors);
    while (fc_wall_now().us < play.floor.end_us) {
        step();
        if (!world.healing && once_in(set.trouble)) trouble();
        pass_time();
        rest_in_time();
        if (once_in(64)) check_bounds();
    }
    heal();
    drain();
    if (once_in(2)) { /* and it is all on the disk */
        world.running = OUTSIDE;
        far_kill(once_in(2) ? KILLED : POWER_OFF);
        drain();
    }
    compare();
    check_disks_were_asked();
    struct outcome o = {.hash = world.hash, .steps = world.steps, .events = play.floor.n, .deaths = world.deaths, .faults = world.faults,
                        .refused = producers_counts().refused, .silent = producers_counts().silent, .again = tap_counts().again,
                        .blocked = far_counts().blocked, .recovered = far_counts().recovered_batches, .stalls = far_counts().stalls};
    take_down();
    return o;
}
