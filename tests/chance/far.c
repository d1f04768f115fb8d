#include "far.h"

#include "disk.h"
#include "tap.h"

#include "driver.h"
#include "ingest.h"
#include "recover.h"
#include "retention.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#define STATES_HELD_MAX 64 /* by a publisher that is slow */
#define NESTED_MAX 20000

struct base { /* where the engine began with a spool in this process */
    const char *spool;
    uint64_t next;
};

static struct far {
    bool runs;
    uint64_t step;
    struct far_options options;
    struct fc_store *store;
    struct fc_engine *engine;
    struct fc_writer *writer;
    struct fc_driver *driver;
    struct fc_retention *retention;
    struct fc_ingest *ingests[ENDPOINTS_MAX];
    struct base bases[2 * COLLECTORS_MAX];
    int bases_n;
    struct fc_wake publisher;
    struct fc_state_block *held[STATES_HELD_MAX];
    int held_n;
} far;
static struct far_counts counts;

const char *far_endpoint(int i) { return i == 0 ? "tcp://127.0.0.1:5570" : "tcp://127.0.0.1:5571"; }
bool far_runs(void) { return far.runs; }
struct fc_engine *far_engine(void) { return far.engine; }
struct fc_store *far_store(void) { return far.store; }
struct far_counts far_counts(void) { return counts; }

/* ---- starting --------------------------------------------------------------------------------------------------- */

static enum fc_status found(void *ctx, struct fc_str spool, struct fc_mark mark) {
    char id[FC_SPOOL_ID_LEN + 1];
    (void)ctx;
    (void)fc_str_copy(id, sizeof id, spool);
    happened("holds %.8s up to %llu, applied %llu", id, (unsigned long long)mark.next, (unsigned long long)mark.checkpointed);
    if (!is_zombie()) tap_found(id, mark.next == 0 ? 1 : mark.next);
    for (int i = 0; i < far.bases_n; i++)
        if (fc_str_is(spool, far.bases[i].spool) && mark.checkpointed > 0) far.bases[i].next = mark.checkpointed;
    return FC_OK;
}

/* A spool that comes later begins with number 1. */
static void learn_spools(void) {
    uint64_t acked;
    for (const char *id; (id = tap_spool(far.bases_n, &acked)) != NULL; far.bases_n++) far.bases[far.bases_n] = (struct base){id, 1};
}

static enum fc_status open_state(struct fc_error *err) {
    const struct fc_store_options options = {.dir = far.options.dir, .map_bytes = far.options.map_bytes, .merge = fc_tally_merge_bytes};
    struct fc_recovered r;
    enum fc_status st = fc_store_open(&options, &far.store, err);
    if (st != FC_OK) return st;
    learn_spools();
    st = fc_store_each_mark(far.store, found, NULL, err);
    far.engine = fc_engine_create(far.options.rules, far.options.event_clock);
    if (st == FC_OK) st = fc_recover(far.store, far.engine, fc_wall_now(), &r, err);
    if (st == FC_OK) counts.recovered_batches += r.batches;
    return st;
}

/* As main does: the process ends at once. */
static void end_broken(void *ctx, const struct fc_error *why) {
    (void)ctx;
    happened("broken: %s", why->text);
    if (!is_zombie()) world_kill(AGGREGATOR, KILLED);
}

static enum fc_status wire(struct fc_error *err) {
    enum fc_status st = open_state(err);
    if (st == FC_OK) st = fc_writer_create(far.store, &(struct fc_writer_options){.record_blocks = far.options.record_blocks}, &far.writer, err);
    if (st == FC_OK) st = fc_driver_create(far.engine, &far.driver, err);
    if (st == FC_OK) st = fc_wake_init(&far.publisher, err);
    if (st != FC_OK) return st;
    fc_driver_set_writer(far.driver, fc_writer_free_blocks(far.writer), fc_writer_records(far.writer), fc_writer_wake(far.writer));
    fc_writer_set_engine_wake(far.writer, fc_driver_wake(far.driver));
    for (int i = 0; st == FC_OK && i < far.options.endpoints; i++) {
        const struct fc_ingest_options options = {.endpoint = far_endpoint(i), .engine = fc_driver_wake(far.driver), .writer = fc_writer_wake(far.writer),
                                                  .event_blocks = far.options.event_blocks, .batches = far.options.batches};
        st = fc_ingest_create(&options, &far.ingests[i], err);
        if (st != FC_OK) return st;
        fc_writer_add_inbox(far.writer, fc_ingest_batches(far.ingests[i]), fc_ingest_batches_back(far.ingests[i]), fc_ingest_wake(far.ingests[i]));
        fc_driver_add_inbox(far.driver, fc_ingest_events(far.ingests[i]), fc_ingest_events_back(far.ingests[i]), fc_ingest_blocks_wake(far.ingests[i]));
    }
    st = fc_retention_create(far.store, far.options.rules, &fc_driver_counts(far.driver)->now_us, &far.retention, err);
    if (st != FC_OK) return st;
    fc_writer_set_broken(far.writer, end_broken, NULL);
    fc_writer_set_retention(far.writer, fc_retention_due, far.retention);
    fc_driver_set_publisher(far.driver, &far.publisher);
    return FC_OK;
}

/* In the order of main. As a zombie, nobody sees it. */
static void take_apart(void) {
    struct fc_state_block *b;
    world.running = AGGREGATOR;
    for (int i = 0; i < ENDPOINTS_MAX; i++) fc_ingest_destroy(far.ingests[i]);
    while (far.held_n > 0) {
        b = far.held[--far.held_n];
        free(b->body);
        free(b);
    }
    fc_driver_destroy(far.driver);
    fc_writer_destroy(far.writer);
    fc_retention_destroy(far.retention);
    if (far.engine != NULL) fc_engine_destroy(far.engine);
    fc_store_close(far.store);
    if (far.publisher.fd > 0) fc_wake_fini(&far.publisher);
    far = (struct far){0};
    world.fuse[AGGREGATOR] = 0;
    disk_thaw(AGGREGATOR);
    world.dead[AGGREGATOR] = false;
}

bool far_start(const struct far_options *options) {
    struct fc_error err = {.text = ""};
    world.running = AGGREGATOR;
    far = (struct far){.options = *options};
    enum fc_status st = wire(&err);
    happened("starts: %s", st == FC_OK ? "runs" : err.text);
    far.runs = st == FC_OK && !is_zombie();
    if (!far.runs) take_apart();
    return far.runs;
}

/* ---- turns ------------------------------------------------------------------------------------------------------ */

/* Every event that the engine was given, it was given once. */
static void check_engine(void) {
    const struct fc_engine_counters *c = fc_engine_counters(far.engine);
    uint64_t expected = 0;
    learn_spools();
    for (int i = 0; i < far.bases_n; i++) expected += fc_engine_mark(far.engine, fc_str(far.bases[i].spool)) - far.bases[i].next;
    if (world.canary == ONE_TOO_MANY) return;
    if (c->events + c->events_unread != expected)
        failed("the engine applied %llu events, its marks say %llu", (unsigned long long)(c->events + c->events_unread), (unsigned long long)expected);
}

/* The publisher's half of the rings; it takes its time. */
static void publisher_turn(void) {
    struct fc_state_block *b;
    while (far.held_n < STATES_HELD_MAX && !once_in(8) && FC_RING_POP(fc_driver_states(far.driver), &b)) far.held[far.held_n++] = b;
    for (int i = 0; i < far.options.endpoints; i++) {
        struct fc_tell *tell;
        while (FC_RING_POP(fc_ingest_tells(far.ingests[i]), &tell)) free(tell);
    }
    while (far.held_n > 0 && !once_in(8)) {
        b = far.held[--far.held_n];
        FC_ASSERT(FC_RING_PUSH(fc_driver_states_back(far.driver), &b));
    }
}

static void driver_turn(void) {
    (void)fc_driver_do_work(far.driver, fc_wall_now(), fc_mono_now());
    if (world.canary == ONE_TOO_MANY && once_in(300)) {
        struct fc_event ev = fc_event_make(FC_OFFERED, fc_wall_now().us);
        FC_EVENT_STR(&ev, contact, fc_str("one too many"));
        FC_EVENT_STR(&ev, queue, fc_str("sales"));
        fc_engine_apply(far.engine, &ev);
    }
    check_engine();
}

static void writer_turn(void) {
    int64_t idle_ns = fc_writer_do_work(far.writer, fc_mono_now());
    (void)idle_ns;
    counts.blocked += fc_count_get(&fc_writer_counts(far.writer)->blocked);
    if (fc_count_get(&fc_writer_counts(far.writer)->checkpoint_stuck) != 0) failed("a checkpoint is stuck");
}

static void ingest_turn(struct fc_ingest *in) {
    if (in == NULL) return;
    const struct fc_ingest_counts *c = fc_ingest_counts(in);
    uint64_t batches = fc_count_get(&c->batches), strays = fc_count_get(&c->strays), hellos = fc_count_get(&c->hellos), stalls = fc_count_get(&c->stalls);
    (void)fc_ingest_do_work(in);
    batches = fc_count_get(&c->batches) - batches;
    strays = fc_count_get(&c->strays) - strays;
    hellos = fc_count_get(&c->hellos) - hellos;
    stalls = fc_count_get(&c->stalls) - stalls;
    counts.stalls += stalls;
    if (batches + strays + hellos + stalls > 0)
        happened("ingest: %d batches, %d left, %d hellos%s", (int)batches, (int)strays, (int)hellos, stalls > 0 ? ", out of blocks" : "");
}

void far_turn(enum far_part part) {
    world.running = AGGREGATOR;
    switch (part) {
    case FAR_INGEST_0:
    case FAR_INGEST_1: ingest_turn(far.ingests[part]); break;
    case FAR_DRIVER: driver_turn(); break;
    case FAR_WRITER: writer_turn(); break;
    default: publisher_turn(); break;
    }
    if (is_zombie()) take_apart();
}

/* What would be done on another thread is done on this one: the product goes on without where the system has none to give. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *ctx) {
    (void)thread, (void)attributes, (void)run, (void)ctx;
    return EAGAIN;
}

/* Who sleeps lets time pass and others work: only the engine does within a turn, when it waits for the writer to take a
 * checkpoint's blocks. */
int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask) {
    static uint64_t since;
    (void)fds, (void)n, (void)mask;
    if (world.steps != far.step) since = counts.nested; 
    far.step = world.steps;
    if (counts.nested - since > NESTED_MAX) failed("the engine waits for the writer for ever");
    counts.nested++;
    world.now_ns += timeout == NULL ? 100 * MS : timeout->tv_sec * SECONDS + timeout->tv_nsec + 10 * MS;
    writer_turn();
    return 0;
}

/* ---- the end ---------------------------------------------------------------------------------------------------- */

void far_kill(enum death how) {
    world_kill(AGGREGATOR, how);
    take_apart();
}

/* As ingest.h says it: no more input, the engine's last checkpoint, the writer's last commit, the last acks. */
void far_stop(void) {
    struct fc_error err = {.text = ""};
    world.running = AGGREGATOR;
    world.now_ns += FC_CHECKPOINT_MS * MS;
    for (int i = 0; i < 4; i++) driver_turn();
    world.now_ns += FC_CHECKPOINT_MS * MS;
    driver_turn();
    enum fc_status st = fc_writer_drain(far.writer, &err);
    if (!is_zombie()) happened("ends: %s", st == FC_OK ? "fine" : err.text);
    take_apart();
}

void far_reload(const struct fc_rules *rules) {
    world.running = AGGREGATOR;
    bool taken = fc_driver_configure(far.driver, rules);
    happened("reload%s", taken ? "" : ": not now");
    if (taken) FC_ASSERT(fc_retention_configure(far.retention, rules));
}

bool far_settled(void) {
    uint64_t acked;
    const char *id;
    for (int i = 0; (id = tap_spool(i, &acked)) != NULL; i++)
        if (fc_engine_mark(far.engine, fc_str(id)) != acked) return false;
    return !fc_engine_dirty(far.engine) && fc_writer_do_work(far.writer, fc_mono_now()) != 0;
}
