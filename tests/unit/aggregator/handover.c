/* All threads together: collectors over TCP, two ingests, an engine that counts, the writer, the store; then the same in a
 * process that is killed again and again. At the end every event was applied once, whatever happened in between.
 *
 * The test's engine keeps one number a spool (the next event to apply) and checkpoints: a mark, a state record and an
 * interval delta a spool. The interval is a sum, so an event applied twice or never shows.
 */
#include "ingest.h"
#include "scratch.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

#include <zmq.h>

#define SPOOLS 3
#define INGESTS 2
#define EVENTS_MAX 40 /* in a batch */
#define PARKED_MAX 64
#define WINDOW 6 /* batches a collector has in flight */

static uint64_t seed;
static char dir[128];
static const char *const spools[SPOOLS] = {SPOOL_A, SPOOL_B, "00112233445566778899aabbccddeeff"};

/* ---- the engine of this test ----------------------------------------------------------------------------------- */

struct engine {
    struct fc_ingest *ingest[INGESTS];
    struct fc_writer *writer;
    struct fc_wake wake;
    uint64_t next[SPOOLS];  /* to apply */
    uint64_t delta[SPOOLS]; /* applied since the last checkpoint */
    struct fc_event_block *parked[PARKED_MAX];
    uint8_t parked_from[PARKED_MAX];
    struct fc_record_block *free_block[2];
    uint32_t parked_n, since_checkpoint, free_n;
    _Atomic bool stop; /* writer: main; reader: the engine */
};

static int spool_index(const char *id) {
    for (int i = 0; i < SPOOLS; i++)
        if (memcmp(id, spools[i], FC_SPOOL_ID_LEN) == 0) return i;
    fail_msg("unknown spool %.32s", id);
    return 0;
}

/* False: it leaves a hole, and what fills it stands in another ring. */
static bool apply(struct engine *e, const char *spool, uint64_t first, uint32_t count) {
    int i = spool_index(spool);
    if (first > e->next[i]) return false;
    uint64_t behind = first + count;
    if (behind <= e->next[i]) return true;
    e->delta[i] += behind - e->next[i];
    e->next[i] = behind;
    return true;
}

static void check_events(const struct fc_event_block *b) {
    for (uint32_t k = 0; k < b->count; k += b->count > 8 ? b->count / 8 : 1) {
        char contact[40];
        (void)snprintf(contact, sizeof contact, "c%llu", (unsigned long long)b->first + k);
        if (b->events[k].kind != FC_HELD || !fc_str_is(b->events[k].contact, contact)) fail_msg("event %s is %.*s", contact, FC_STR_ARG(b->events[k].contact));
    }
}

static void give_back(struct engine *e, uint8_t from, struct fc_event_block *b) {
    FC_ASSERT(FC_RING_PUSH(fc_ingest_events_back(e->ingest[from]), &b));
    fc_wake_signal(fc_ingest_blocks_wake(e->ingest[from]));
}

static void retry_parked(struct engine *e) {
    for (uint32_t i = 0; i < e->parked_n;) {
        struct fc_event_block *b = e->parked[i];
        if (!apply(e, b->spool, b->first, b->count)) {
            i++;
            continue;
        }
        give_back(e, e->parked_from[i], b);
        e->parked[i] = e->parked[--e->parked_n];
        e->parked_from[i] = e->parked_from[e->parked_n];
        i = 0;
    }
}

static uint32_t take_events(struct engine *e) {
    uint32_t taken = 0;
    struct fc_event_block *b;
    for (uint8_t k = 0; k < INGESTS; k++)
        while (FC_RING_POP(fc_ingest_events(e->ingest[k]), &b)) {
            taken++;
            check_events(b);
            if (apply(e, b->spool, b->first, b->count)) {
                give_back(e, k, b);
                continue;
            }
            FC_ASSERT(e->parked_n < PARKED_MAX);
            e->parked[e->parked_n] = b;
            e->parked_from[e->parked_n++] = k;
        }
    retry_parked(e);
    return taken;
}

/* Two blocks a checkpoint, so that it can be cut between them. False: no free blocks now. */
static bool checkpoint(struct engine *e) {
    struct fc_record_block **b = e->free_block;
    e->free_n += fc_ring_pop_n(fc_writer_free_blocks(e->writer), b + e->free_n, 2 - e->free_n, sizeof *b);
    if (e->free_n < 2) return false;
    e->free_n = 0;
    for (int i = 0; i < SPOOLS; i++) {
        struct fc_str key = fc_str(spools[i]), next = fc_str_n((const char *)&e->next[i], 8), delta = fc_str_n((const char *)&e->delta[i], 8);
        FC_ASSERT(fc_record_append(b[i % 2], FC_RECORD_MARK, key, next));
        FC_ASSERT(fc_record_append(b[(i + 1) % 2], FC_RECORD_PUT, key, next));
        FC_ASSERT(fc_record_append(b[i % 2], FC_RECORD_MERGE, key, delta));
        e->delta[i] = 0;
    }
    b[1]->last = true;
    for (int i = 0; i < 2; i++) {
        FC_ASSERT(FC_RING_PUSH(fc_writer_records(e->writer), &b[i]));
        fc_wake_signal(fc_writer_wake(e->writer));
    }
    e->since_checkpoint = 0;
    return true;
}

static bool engine_idle(struct engine *e) {
    for (int k = 0; k < INGESTS; k++)
        if (!fc_ring_is_empty(fc_ingest_events(e->ingest[k]))) return false;
    return !atomic_load_explicit(&e->stop, memory_order_acquire); /* partner: the release in stop_server */
}

static void *run_engine(void *arg) {
    struct engine *e = arg;
    while (!atomic_load_explicit(&e->stop, memory_order_acquire)) { /* likewise */
        e->since_checkpoint += take_events(e);
        if (e->since_checkpoint > 10) (void)checkpoint(e);
        fc_wake_prepare(&e->wake);
        if (engine_idle(e)) fc_wake_wait(&e->wake, 50000000);
        fc_wake_done(&e->wake);
    }
    (void)take_events(e);
    FC_ASSERT(e->parked_n == 0);
    while (!checkpoint(e)) sched_yield();
    return NULL;
}

/* ---- the server: what main will do ----------------------------------------------------------------------------- */

struct server {
    void *zmq;
    struct fc_store *store;
    struct engine engine;
    pthread_t engine_thread;
};

static enum fc_status load_state(void *ctx, struct fc_str key, struct fc_str value) {
    struct engine *e = ctx;
    memcpy(&e->next[spool_index(key.p)], value.p, 8);
    return FC_OK;
}

static enum fc_status check_mark(void *ctx, struct fc_str spool, struct fc_mark mark) {
    struct engine *e = ctx;
    uint64_t next = e->next[spool_index(spool.p)];
    if ((mark.checkpointed == 0 ? 1 : mark.checkpointed) != next) fail_msg("mark %llu, but the state says %llu", (unsigned long long)mark.checkpointed, (unsigned long long)next);
    return FC_OK;
}

static enum fc_status replay(void *ctx, const struct fc_link_msg *m) {
    if (!apply(ctx, m->spool.p, m->first, m->count)) fail_msg("the journal has a hole before %llu", (unsigned long long)m->first);
    return FC_OK;
}

static void load(struct server *s) {
    struct fc_error err = {""};
    struct fc_store_options so = {.dir = dir, .map_bytes = 256 << 20, .merge = scratch_sum};
    if (fc_store_open(&so, &s->store, &err) != FC_OK) fail_msg("%s", err.text);
    for (int i = 0; i < SPOOLS; i++) s->engine.next[i] = 1;
    assert_int_equal(fc_store_each_state(s->store, load_state, &s->engine, &err), FC_OK);
    assert_int_equal(fc_store_each_mark(s->store, check_mark, &s->engine, &err), FC_OK);
    assert_int_equal(fc_store_each_journal(s->store, replay, &s->engine, &err), FC_OK);
}

static struct server *start_server(char endpoints[INGESTS][64]) {
    struct server *s = calloc(1, sizeof *s);
    assert_non_null(s);
    load(s);
    struct engine *e = &s->engine;
    struct fc_error err = {""};
    struct fc_writer_options wo = {.record_blocks = 4, .linger_ms = 2};
    assert_int_equal(fc_writer_create(s->store, &wo, &e->writer, &err), FC_OK);
    assert_int_equal(fc_wake_init(&e->wake, &err), FC_OK);
    fc_writer_set_engine_wake(e->writer, &e->wake);
    s->zmq = zmq_ctx_new();
    for (int k = 0; k < INGESTS; k++) {
        struct fc_ingest_options io = {.zmq = s->zmq, .endpoint = "tcp://127.0.0.1:*", .engine = &e->wake, .writer = fc_writer_wake(e->writer),
                                       .event_blocks = 4, .batches = 8};
        if (fc_ingest_create(&io, &e->ingest[k], &err) != FC_OK) fail_msg("%s", err.text);
        struct fc_ingest *in = e->ingest[k];
        fc_writer_add_inbox(e->writer, fc_ingest_batches(in), fc_ingest_batches_back(in), fc_ingest_wake(in));
        (void)snprintf(endpoints[k], 64, "%s", fc_ingest_endpoint(in));
    }
    assert_int_equal(fc_writer_start(e->writer, &err), FC_OK);
    assert_int_equal(pthread_create(&s->engine_thread, NULL, run_engine, e), 0);
    for (int k = 0; k < INGESTS; k++) assert_int_equal(fc_ingest_start(e->ingest[k], &err), FC_OK);
    return s;
}

static void stop_server(struct server *s) {
    struct engine *e = &s->engine;
    struct fc_error err = {""};
    for (int k = 0; k < INGESTS; k++) fc_ingest_stop(e->ingest[k]);
    atomic_store_explicit(&e->stop, true, memory_order_release); /* partner: the acquires of the engine */
    fc_wake_signal(&e->wake);
    assert_int_equal(pthread_join(s->engine_thread, NULL), 0);
    if (fc_writer_stop(e->writer, &err) != FC_OK) fail_msg("%s", err.text);
    for (int k = 0; k < INGESTS; k++) fc_ingest_destroy(e->ingest[k]);
    printf("commits %llu, duplicates %llu, checkpoints %llu, trimmed %llu, longest commit %llu us\n",
           (unsigned long long)fc_count_get(&fc_writer_counts(e->writer)->commits), (unsigned long long)fc_count_get(&fc_writer_counts(e->writer)->duplicates),
           (unsigned long long)fc_count_get(&fc_writer_counts(e->writer)->checkpoints), (unsigned long long)fc_count_get(&fc_writer_counts(e->writer)->trimmed),
           (unsigned long long)fc_count_get(&fc_writer_counts(e->writer)->commit_us_max));
    fc_writer_destroy(e->writer);
    fc_store_close(s->store);
    fc_wake_fini(&e->wake);
    (void)zmq_ctx_term(s->zmq);
    free(s);
}

/* ---- collectors ------------------------------------------------------------------------------------------------ */

struct collector {
    void *socket;
    int endpoint;
    uint64_t acked, next, total; /* next to ack, next to send, last + 1 */
    uint64_t sent_first[WINDOW];
    bool greeted;
    uint32_t idle; /* turns without an answer */
};

static void say_hello(struct collector *c, int i) {
    uint8_t buf[100];
    struct fc_link_msg m = {.type = FC_LINK_HELLO, .spool = fc_str(spools[i])};
    (void)zmq_send(c->socket, buf, scratch_link(buf, sizeof buf, &m), ZMQ_DONTWAIT);
    c->greeted = false;
    c->idle = 0;
}

static void dial(struct collector *c, int i, void *zmq, char endpoints[INGESTS][64]) {
    const int linger_ms = 0;
    if (c->socket != NULL) (void)zmq_close(c->socket);
    c->socket = zmq_socket(zmq, ZMQ_DEALER);
    assert_int_equal(zmq_setsockopt(c->socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms), 0);
    assert_int_equal(zmq_connect(c->socket, endpoints[c->endpoint]), 0);
    say_hello(c, i);
}

static bool hear(struct collector *c, int i) {
    uint8_t buf[1024];
    bool heard = false;
    for (int n; (n = zmq_recv(c->socket, buf, sizeof buf, ZMQ_DONTWAIT)) >= 0;) {
        struct fc_link_msg m;
        assert_int_equal(fc_link_decode(buf, (size_t)n, &m, NULL), FC_OK);
        if (m.type != FC_LINK_ACK) fail_msg("refused: %.*s", FC_STR_ARG(m.reason));
        assert_true(fc_str_is(m.spool, spools[i]));
        if (m.first < c->acked) fail_msg("spool %d: acked %llu before, now %llu", i, (unsigned long long)c->acked, (unsigned long long)m.first);
        if (!c->greeted || m.first > c->next || m.first == c->acked) c->next = m.first; /* answer to a hello, or "go on from here" */
        c->acked = m.first;
        c->greeted = true;
        c->idle = 0;
        heard = true;
    }
    return heard;
}

static void speak(struct collector *c, int i, uint64_t *s) {
    static uint8_t buf[SCRATCH_BATCH_MAX];
    while (c->greeted && c->next < c->total && c->next - c->acked < WINDOW * EVENTS_MAX) {
        uint32_t count = 1 + (uint32_t)(scratch_rng(s) % EVENTS_MAX);
        if (count > c->total - c->next) count = (uint32_t)(c->total - c->next);
        size_t n = scratch_batch(buf, spools[i], c->next, count);
        if (zmq_send(c->socket, buf, n, ZMQ_DONTWAIT) < 0) return;
        c->next += count;
    }
}

/* One turn of all; true when everything is acked. */
static bool collect(struct collector c[SPOOLS], void *zmq, char endpoints[INGESTS][64], uint64_t *s, bool moves) {
    bool all = true, heard = false;
    for (int i = 0; i < SPOOLS; i++) {
        if (hear(&c[i], i)) heard = true;
        if (c[i].acked < c[i].total) all = false;
        if (moves && scratch_rng(s) % 400 == 0) {
            c[i].endpoint = (c[i].endpoint + 1) % INGESTS;
            dial(&c[i], i, zmq, endpoints);
        }
        if (++c[i].idle > 500) say_hello(&c[i], i); /* something was lost on the way */
        speak(&c[i], i, s);
    }
    if (!heard && !all) (void)nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    return all;
}

static void dial_all(struct collector c[SPOOLS], void *zmq, char endpoints[INGESTS][64]) {
    for (int i = 0; i < SPOOLS; i++) {
        c[i].endpoint = i % INGESTS;
        dial(&c[i], i, zmq, endpoints);
    }
}

static void hang_up(struct collector c[SPOOLS], void *zmq) {
    for (int i = 0; i < SPOOLS; i++) {
        if (c[i].socket != NULL) (void)zmq_close(c[i].socket);
        c[i].socket = NULL;
    }
    (void)zmq_ctx_term(zmq);
}

/* ---- what must hold -------------------------------------------------------------------------------------------- */

static enum fc_status load_sum(void *ctx, struct fc_str key, struct fc_str value) {
    uint64_t *sums = ctx;
    memcpy(&sums[spool_index(key.p)], value.p, 8);
    return FC_OK;
}

/* The sums stored and what the journal adds to them are the events acked, each once. */
static void expect_whole(const struct collector c[SPOOLS], bool at_end) {
    struct server s = {0};
    uint64_t sums[SPOOLS] = {0};
    load(&s);
    assert_int_equal(fc_store_each_interval(s.store, fc_str(""), fc_str(""), fc_str(""), load_sum, sums, NULL), FC_OK);
    for (int i = 0; i < SPOOLS; i++) {
        assert_true(s.engine.next[i] >= c[i].acked);
        assert_int_equal(sums[i] + s.engine.delta[i], s.engine.next[i] - 1);
        if (at_end) assert_int_equal(sums[i], c[i].total - 1); /* the last checkpoint has it all */
    }
    fc_store_close(s.store);
}

static void every_event_is_applied_once(void **state) {
    (void)state;
    scratch_make(dir);
    char endpoints[INGESTS][64];
    struct collector c[SPOOLS] = {0};
    for (int i = 0; i < SPOOLS; i++) c[i] = (struct collector){.acked = 1, .next = 1, .total = 8001};
    struct server *s = start_server(endpoints);
    void *zmq = zmq_ctx_new();
    dial_all(c, zmq, endpoints);
    uint64_t r = seed;
    while (!collect(c, zmq, endpoints, &r, true)) {
    }
    hang_up(c, zmq);
    stop_server(s);
    expect_whole(c, true);
    scratch_remove(dir);
}

/* Child: serves until its parent closes the pipe (then a clean stop) or kills it. */
static void serve(int tell, int hold) {
    char endpoints[INGESTS][64];
    struct server *s = start_server(endpoints);
    if (write(tell, endpoints, sizeof endpoints) != (ssize_t)sizeof endpoints) _exit(1);
    char c;
    while (read(hold, &c, 1) > 0) {
    }
    stop_server(s);
    _exit(0);
}

struct child {
    pid_t pid;
    int hold;
    char endpoints[INGESTS][64];
};

static struct child spawn(void) {
    struct child c;
    int tell[2], hold[2];
    assert_int_equal(pipe(tell), 0);
    assert_int_equal(pipe(hold), 0);
    (void)fflush(NULL);
    c.pid = fork();
    assert_true(c.pid >= 0);
    if (c.pid == 0) {
        (void)close(tell[0]);
        (void)close(hold[1]);
        serve(tell[1], hold[0]);
    }
    (void)close(tell[1]);
    (void)close(hold[0]);
    if (read(tell[0], c.endpoints, sizeof c.endpoints) != (ssize_t)sizeof c.endpoints) fail_msg("the server did not start");
    (void)close(tell[0]);
    c.hold = hold[1];
    return c;
}

static void kills_lose_nothing_acked(void **state) {
    (void)state;
    scratch_make(dir);
    struct collector c[SPOOLS] = {0};
    for (int i = 0; i < SPOOLS; i++) c[i] = (struct collector){.acked = 1, .next = 1, .total = 40001};
    uint64_t r = seed * 3 + 1;
    bool all = false;
    for (int round = 0; round < 8; round++) {
        struct child child = spawn(); /* before this process has threads */
        void *zmq = zmq_ctx_new();
        for (int i = 0; i < SPOOLS; i++) c[i].next = c[i].acked;
        dial_all(c, zmq, child.endpoints);
        uint64_t turns = round == 7 ? UINT64_MAX : 20 + scratch_rng(&r) % 400;
        while (turns-- > 0 && !(all = collect(c, zmq, child.endpoints, &r, round % 2 == 1))) {
        }
        if (round < 7) assert_int_equal(kill(child.pid, SIGKILL), 0);
        (void)close(child.hold);
        hang_up(c, zmq);
        int status;
        assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
        if (round == 7) assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        printf("round %d: acked %llu %llu %llu\n", round, (unsigned long long)c[0].acked, (unsigned long long)c[1].acked, (unsigned long long)c[2].acked);
        expect_whole(c, round == 7);
    }
    assert_true(all);
    scratch_remove(dir);
}

int main(void) {
    seed = scratch_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kills_lose_nothing_acked), /* first: it forks */
        cmocka_unit_test(every_event_is_applied_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
