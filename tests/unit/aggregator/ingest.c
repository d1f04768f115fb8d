/* The ingest between a real DEALER and a test that plays engine: what it takes, leaves and refuses, and that it waits. */
#include "ingest.h"
#include "scratch.h"

#include <time.h>

#include <zmq.h>

static char dir[128];
static void *ctx;
static struct fc_store *store;
static struct fc_writer *writer;
static struct fc_ingest *ingest[2];
static struct fc_wake engine;
static void *peer;
static bool writer_works, engine_works;
static uint64_t engine_events, engine_next; /* of SPOOL_A */
static struct fc_event_block last_block;

static struct fc_ingest *make_ingest(uint32_t blocks, uint32_t batches) {
    struct fc_ingest_options o = {.zmq = ctx, .endpoint = "tcp://127.0.0.1:*", .engine = &engine, .writer = fc_writer_wake(writer),
                                  .event_blocks = blocks, .batches = batches};
    struct fc_ingest *in;
    struct fc_error err = {""};
    if (fc_ingest_create(&o, &in, &err) != FC_OK) fail_msg("%s", err.text);
    fc_writer_add_inbox(writer, fc_ingest_batches(in), fc_ingest_batches_back(in), fc_ingest_wake(in));
    return in;
}

static void *connect_to(struct fc_ingest *in) {
    void *s = zmq_socket(ctx, ZMQ_DEALER);
    const int linger_ms = 0, queue = 1000;
    assert_int_equal(zmq_setsockopt(s, ZMQ_LINGER, &linger_ms, sizeof linger_ms), 0);
    assert_int_equal(zmq_setsockopt(s, ZMQ_SNDHWM, &queue, sizeof queue), 0);
    assert_int_equal(zmq_connect(s, fc_ingest_endpoint(in)), 0);
    return s;
}

static int set_up_sized(uint32_t blocks, uint32_t batches) {
    struct fc_error err = {""};
    scratch_make(dir);
    struct fc_store_options so = {.dir = dir, .map_bytes = 64 << 20, .merge = scratch_sum};
    struct fc_writer_options wo = {.no_linger = true};
    if (fc_store_open(&so, &store, &err) != FC_OK) fail_msg("%s", err.text);
    assert_int_equal(fc_writer_create(store, &wo, &writer, &err), FC_OK);
    assert_int_equal(fc_wake_init(&engine, &err), FC_OK);
    ctx = zmq_ctx_new();
    ingest[0] = make_ingest(blocks, batches);
    ingest[1] = make_ingest(blocks, batches);
    peer = connect_to(ingest[0]);
    writer_works = engine_works = true;
    engine_events = engine_next = 0;
    return 0;
}

static int set_up(void **state) {
    (void)state;
    return set_up_sized(8, 16);
}

static int tear_down(void **state) {
    (void)state;
    (void)zmq_close(peer);
    fc_ingest_destroy(ingest[0]);
    fc_ingest_destroy(ingest[1]);
    fc_writer_destroy(writer);
    fc_store_close(store);
    fc_wake_fini(&engine);
    (void)zmq_ctx_term(ctx);
    scratch_remove(dir);
    return 0;
}

/* The engine's part: takes blocks, holds SPOOL_A's against the order promised, gives them back. */
static bool engine_turn(struct fc_ingest *in) {
    struct fc_event_block *b;
    if (!engine_works || !FC_RING_POP(fc_ingest_events(in), &b)) return false;
    if (memcmp(b->spool, SPOOL_A, sizeof b->spool) == 0) {
        if (engine_next != 0 && b->first > engine_next) fail_msg("events %llu.. came before %llu", (unsigned long long)b->first, (unsigned long long)engine_next);
        if (b->first + b->count > engine_next) engine_next = b->first + b->count;
    }
    engine_events += b->count;
    last_block = *b;
    assert_true(FC_RING_PUSH(fc_ingest_events_back(in), &b));
    return true;
}

static void turn(void) {
    for (int i = 0; i < 2; i++) {
        (void)fc_ingest_do_work(ingest[i]);
        while (engine_turn(ingest[i])) {
        }
    }
    if (writer_works) (void)fc_writer_do_work(writer, fc_mono_now());
}

static void settle(int turns) {
    for (int i = 0; i < turns; i++) {
        turn();
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

/* Works until the first ingest has taken `want` batches, and then on: it must not take one more. */
static void settle_at(uint64_t want) {
    for (int i = 0; i < 100 && fc_count_get(&fc_ingest_counts(ingest[0])->batches) < want; i++) settle(50);
    settle(50);
    assert_int_equal(fc_count_get(&fc_ingest_counts(ingest[0])->batches), want);
}

struct answer {
    struct fc_link_msg msg;
    uint8_t bytes[1024];
};

/* Works until an answer is there; false after some seconds without one. */
static bool await_answer(void *socket, struct answer *a) {
    for (int i = 0; i < 5000; i++) {
        turn();
        int n = zmq_recv(socket, a->bytes, sizeof a->bytes, ZMQ_DONTWAIT);
        if (n < 0) {
            (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
            continue;
        }
        struct fc_error err = {""};
        if (fc_link_decode(a->bytes, (size_t)n, &a->msg, &err) != FC_OK) fail_msg("answer: %s", err.text);
        return true;
    }
    return false;
}

static void expect_ack(void *socket, const char *spool, uint64_t next) {
    struct answer a;
    if (!await_answer(socket, &a)) fail_msg("no answer, expected ack %llu", (unsigned long long)next);
    if (a.msg.type == FC_LINK_REFUSE) fail_msg("refused: %.*s", FC_STR_ARG(a.msg.reason));
    assert_int_equal(a.msg.type, FC_LINK_ACK);
    assert_true(fc_str_is(a.msg.spool, spool));
    assert_int_equal(a.msg.first, next);
}

/* Acks may come together; the last one counts. */
static void expect_acked_up_to(void *socket, uint64_t next) {
    struct answer a = {0};
    do {
        if (!await_answer(socket, &a)) fail_msg("no ack %llu, the last was %llu", (unsigned long long)next, (unsigned long long)a.msg.first);
        assert_int_equal(a.msg.type, FC_LINK_ACK);
        assert_true(a.msg.first <= next);
    } while (a.msg.first < next);
}

static void expect_refusal(void *socket, const char *words) {
    struct answer a;
    if (!await_answer(socket, &a)) fail_msg("no answer, expected a refusal with \"%s\"", words);
    assert_int_equal(a.msg.type, FC_LINK_REFUSE);
    char reason[400];
    (void)fc_str_copy(reason, sizeof reason, a.msg.reason);
    if (strstr(reason, words) == NULL) fail_msg("expected \"%s\" in: %s", words, reason);
}

static void send_bytes(void *socket, const void *bytes, size_t n) { assert_int_equal(zmq_send(socket, bytes, n, ZMQ_DONTWAIT), n); }

static void send_hello(void *socket, const char *spool) {
    uint8_t buf[100];
    struct fc_link_msg m = {.type = FC_LINK_HELLO, .spool = fc_str(spool)};
    send_bytes(socket, buf, scratch_link(buf, sizeof buf, &m));
}

static void send_batch(void *socket, const char *spool, uint64_t first, uint32_t count) {
    static uint8_t buf[SCRATCH_BATCH_MAX];
    send_bytes(socket, buf, scratch_batch(buf, spool, first, count));
}

static const struct fc_ingest_counts *counts(void) { return fc_ingest_counts(ingest[0]); }

/* ---- what it takes --------------------------------------------------------------------------------------------- */

static void a_batch_goes_to_engine_and_disk_and_is_acked(void **state) {
    (void)state;
    send_hello(peer, SPOOL_A);
    expect_ack(peer, SPOOL_A, 1);
    send_batch(peer, SPOOL_A, 1, 10);
    expect_ack(peer, SPOOL_A, 11);
    assert_int_equal(engine_events, 10);
    assert_int_equal(last_block.first, 1);
    assert_int_equal(last_block.count, 10);
    assert_int_equal(last_block.events[9].kind, FC_HELD);
    send_batch(peer, SPOOL_A, 11, 512);
    expect_ack(peer, SPOOL_A, 523);
    assert_int_equal(fc_count_get(&counts()->events), 522);
    assert_int_equal(fc_count_get(&fc_writer_counts(writer)->events), 522);
}

static void a_spool_may_begin_anywhere(void **state) {
    (void)state;
    send_hello(peer, SPOOL_A);
    expect_ack(peer, SPOOL_A, 1);
    send_batch(peer, SPOOL_A, 700, 5);
    expect_ack(peer, SPOOL_A, 705);
    send_batch(peer, SPOOL_A, 705, 5);
    expect_ack(peer, SPOOL_A, 710);
}

/* Two questions were out: the collector heard the first answer and began, while the second was not answered. Its first batch is
 * left, and the next must not pass for the beginning. */
static void what_follows_a_beginning_that_was_left_is_left_too(void **state) {
    (void)state;
    send_hello(peer, SPOOL_A);
    writer_works = false;
    settle(30);
    send_batch(peer, SPOOL_A, 1, 10);
    for (int i = 0; i < 200 && fc_count_get(&counts()->strays) == 0; i++) settle(5);
    writer_works = true;
    expect_ack(peer, SPOOL_A, 1);
    send_batch(peer, SPOOL_A, 11, 10);
    expect_ack(peer, SPOOL_A, 1);
    assert_int_equal(engine_events, 0);
    send_batch(peer, SPOOL_A, 1, 10);
    expect_ack(peer, SPOOL_A, 11);
}

/* A connection that broke took the first batch with it; what was sent on the next one is no beginning. */
static void a_beginning_needs_a_hello_on_its_connection(void **state) {
    (void)state;
    send_hello(peer, SPOOL_A);
    expect_ack(peer, SPOOL_A, 1);
    void *other = connect_to(ingest[0]);
    send_batch(other, SPOOL_A, 11, 10);
    expect_ack(other, SPOOL_A, 1);
    assert_int_equal(engine_events, 0);
    send_hello(other, SPOOL_A);
    expect_ack(other, SPOOL_A, 1);
    send_batch(other, SPOOL_A, 11, 10); /* with a hello before it, it is one: there is nothing below */
    expect_ack(other, SPOOL_A, 21);
    (void)zmq_close(other);
}

static void what_does_not_fit_is_left_and_answered(void **state) {
    (void)state;
    send_batch(peer, SPOOL_A, 1, 10); /* no hello yet */
    expect_ack(peer, SPOOL_A, 1);
    assert_int_equal(engine_events, 0);
    send_batch(peer, SPOOL_A, 1, 10); /* now its number is known */
    expect_ack(peer, SPOOL_A, 11);
    send_batch(peer, SPOOL_A, 21, 10); /* a hole */
    expect_ack(peer, SPOOL_A, 11);
    send_batch(peer, SPOOL_A, 1, 10); /* an old one */
    expect_ack(peer, SPOOL_A, 11);
    send_batch(peer, SPOOL_A, 5, 10); /* half old: from where it was told to go on, please */
    expect_ack(peer, SPOOL_A, 11);
    assert_int_equal(engine_events, 10);
    assert_int_equal(fc_count_get(&counts()->strays), 4);
    send_batch(peer, SPOOL_A, 11, 10);
    expect_ack(peer, SPOOL_A, 21);
}

static void many_in_flight_are_acked_together(void **state) {
    (void)state;
    send_hello(peer, SPOOL_A);
    expect_ack(peer, SPOOL_A, 1);
    for (uint64_t i = 0; i < 12; i++) send_batch(peer, SPOOL_A, 1 + 10 * i, 10);
    expect_acked_up_to(peer, 121);
    assert_int_equal(engine_next, 121);
    assert_int_equal(engine_events, 120);
}

static void two_spools_on_one_connection(void **state) {
    (void)state;
    send_hello(peer, SPOOL_A);
    expect_ack(peer, SPOOL_A, 1);
    send_hello(peer, SPOOL_B);
    expect_ack(peer, SPOOL_B, 1);
    send_batch(peer, SPOOL_B, 1, 3);
    expect_ack(peer, SPOOL_B, 4);
    send_batch(peer, SPOOL_A, 1, 4);
    expect_ack(peer, SPOOL_A, 5);
}

/* The old endpoint still has batches that the writer has not seen when the spool says hello at the new one. */
static void a_spool_moves_to_another_endpoint(void **state) {
    (void)state;
    send_hello(peer, SPOOL_A);
    expect_ack(peer, SPOOL_A, 1);
    writer_works = false;
    send_batch(peer, SPOOL_A, 1, 10);
    send_batch(peer, SPOOL_A, 11, 10);
    settle_at(2);
    void *other = connect_to(ingest[1]);
    send_hello(other, SPOOL_A);
    settle(30);
    writer_works = true;
    struct answer a;
    assert_true(await_answer(other, &a));
    assert_true(a.msg.first == 1 || a.msg.first == 21); /* whichever ring the writer read first */
    for (uint64_t next = a.msg.first; next < 41; next += 10) send_batch(other, SPOOL_A, next, 10);
    expect_acked_up_to(other, 41);
    assert_int_equal(engine_next, 41);
    send_batch(peer, SPOOL_A, 21, 10); /* and a late one at the old endpoint changes nothing */
    settle(30);
    assert_int_equal(fc_count_get(&fc_writer_counts(writer)->holes), 0);
    (void)zmq_close(other);
}

static void events_that_cannot_be_used_keep_their_place(void **state) {
    (void)state;
    static uint8_t events[1000], buf[SCRATCH_BATCH_MAX];
    size_t n = scratch_events(events, sizeof events, 1, 1);
    struct fc_mpw w;
    fc_mpw_init(&w, events + n, sizeof events - n);
    fc_mpw_map(&w, 3);
    fc_mpw_key(&w, "v");
    fc_mpw_int(&w, 1);
    fc_mpw_key(&w, "ts");
    fc_mpw_int(&w, 1767225600000000);
    fc_mpw_key(&w, "kind");
    fc_mpw_key(&w, "from-the-future");
    fc_mpw_map(&w, 1);
    fc_mpw_key(&w, "v");
    fc_mpw_key(&w, "what?");
    fc_mpw_int(&w, 42);
    n += w.len;
    n += scratch_events(events + n, sizeof events - n, 5, 1);
    struct fc_link_msg m = {.type = FC_LINK_BATCH, .spool = fc_str(SPOOL_A), .first = 1, .count = 5, .events = fc_str_n((char *)events, n)};
    send_hello(peer, SPOOL_A);
    expect_ack(peer, SPOOL_A, 1);
    send_bytes(peer, buf, scratch_link(buf, sizeof buf, &m));
    expect_ack(peer, SPOOL_A, 6);
    assert_int_equal(last_block.count, 5);
    const enum fc_kind want[] = {FC_HELD, FC_KIND_COUNT, FC_KIND_COUNT, FC_KIND_COUNT, FC_HELD};
    for (int i = 0; i < 5; i++) assert_int_equal(last_block.events[i].kind, want[i]);
    for (int i = 1; i < 4; i++) assert_int_equal(last_block.events[i].present, 0); /* or the engine would follow what is half read */
    assert_int_equal(fc_count_get(&counts()->events_invalid), 2);
    assert_int_equal(fc_count_get(&counts()->events_unknown), 1);
}

/* ---- what it refuses ------------------------------------------------------------------------------------------- */

static void send_batch_of(const char *events, size_t n, uint32_t count) {
    static uint8_t buf[SCRATCH_BATCH_MAX];
    struct fc_link_msg m = {.type = FC_LINK_BATCH, .spool = fc_str(SPOOL_A), .first = 1, .count = count, .events = fc_str_n(events, n)};
    send_bytes(peer, buf, scratch_link(buf, sizeof buf, &m));
}

static void refuses_in_words_and_goes_on(void **state) {
    (void)state;
    send_hello(peer, SPOOL_A);
    expect_ack(peer, SPOOL_A, 1);
    send_bytes(peer, "", 0);
    expect_refusal(peer, "0 bytes of something else");
    send_bytes(peer, "GET / HTTP/1.1", 14);
    expect_refusal(peer, "expected an array");
    send_bytes(peer, "\x93\x02\xa5hello\xa1x", 10);
    expect_refusal(peer, "version 2: this program speaks version 1");
    send_bytes(peer, "\x93\x01\xa5howdy\xa1x", 10);
    expect_refusal(peer, "unknown type \"howdy\"");
    send_bytes(peer, "\x93\x01\xa5hello\xa1x", 10);
    expect_refusal(peer, "expected a spool id of 32 characters");
    uint8_t buf[200];
    struct fc_link_msg ack = {.type = FC_LINK_ACK, .spool = fc_str(SPOOL_A), .first = 7};
    send_bytes(peer, buf, scratch_link(buf, sizeof buf, &ack));
    expect_refusal(peer, "expected a hello or a batch");
    assert_int_equal(zmq_send(peer, "", 0, ZMQ_SNDMORE), 0); /* as a REQ socket would */
    send_bytes(peer, "\x93\x01\xa5hello\xa1x", 10);
    expect_refusal(peer, "expected one frame");
    send_batch_of("\x80\x80", 2, 3);
    expect_refusal(peer, "event 2 at byte 2 is no msgpack value");
    send_batch_of("\x80\x80\x80", 3, 2);
    expect_refusal(peer, "1 bytes follow the last one");
    send_batch_of("\x80\xc1", 2, 2);
    expect_refusal(peer, "event 1 at byte 1");
    send_batch_of("\x81\xa1v\x02", 4, 1); /* whose collector keeps it until there is one that reads it */
    expect_refusal(peer, "an event is of version 2, this aggregator reads version 1");
    assert_int_equal(fc_count_get(&counts()->refused), 11);
    assert_int_equal(engine_events, 0);
    send_batch(peer, SPOOL_A, 1, 10);
    expect_ack(peer, SPOOL_A, 11);
}

/* A frame over the limit ends that connection before it is in memory; the others do not notice, and it may come back. */
static void a_huge_frame_cuts_only_its_sender(void **state) {
    (void)state;
    void *other = connect_to(ingest[0]);
    send_hello(other, SPOOL_B);
    expect_ack(other, SPOOL_B, 1);
    char *huge = calloc(1, 4 << 20);
    assert_non_null(huge);
    send_bytes(peer, huge, 4 << 20);
    free(huge);
    settle(50);
    send_batch(other, SPOOL_B, 1, 10);
    expect_ack(other, SPOOL_B, 11);
    struct answer a;
    bool back = false;
    for (int i = 0; i < 20 && !back; i++) { /* DEALER reconnects by itself, after some 100 ms */
        send_hello(peer, SPOOL_A);
        for (int k = 0; k < 100 && !back; k++) {
            settle(2);
            back = zmq_recv(peer, a.bytes, sizeof a.bytes, ZMQ_DONTWAIT) > 0;
        }
    }
    assert_true(back);
    (void)zmq_close(other);
}

static void random_bytes_do_no_harm(void **state) {
    (void)state;
    uint64_t s = scratch_seed();
    static uint8_t buf[SCRATCH_BATCH_MAX];
    for (int i = 0; i < 300; i++) {
        size_t n = scratch_batch(buf, SPOOL_A, 1, 3);
        for (uint64_t k = scratch_rng(&s) % 4; k > 0; k--) buf[scratch_rng(&s) % n] = (uint8_t)scratch_rng(&s);
        n -= scratch_rng(&s) % 4 == 0 ? scratch_rng(&s) % n : 0;
        send_bytes(peer, buf, n);
        turn();
    }
    settle(50);
    uint8_t bin[1024];
    while (zmq_recv(peer, bin, sizeof bin, ZMQ_DONTWAIT) >= 0) turn();
    send_hello(peer, SPOOL_B);
    expect_ack(peer, SPOOL_B, 1);
}

/* ---- back-pressure --------------------------------------------------------------------------------------------- */

static void waits_for_the_engine_and_loses_nothing(void **state) {
    (void)state;
    send_hello(peer, SPOOL_A);
    expect_ack(peer, SPOOL_A, 1);
    engine_works = false;
    for (uint64_t i = 0; i < 100; i++) send_batch(peer, SPOOL_A, 1 + 10 * i, 10);
    settle_at(8); /* as many as there are blocks */
    assert_int_equal(fc_count_get(&counts()->stalls), 1);
    engine_works = true;
    expect_acked_up_to(peer, 1001);
    assert_int_equal(engine_events, 1000);
    assert_int_equal(engine_next, 1001);
    assert_int_equal(fc_count_get(&counts()->strays), 0);
}

static void waits_for_the_writer_and_loses_nothing(void **state) {
    (void)state;
    send_hello(peer, SPOOL_A);
    expect_ack(peer, SPOOL_A, 1);
    writer_works = false;
    for (uint64_t i = 0; i < 100; i++) send_batch(peer, SPOOL_A, 1 + 10 * i, 10);
    settle_at(16); /* as many as there are batches */
    uint8_t bin[100];
    assert_int_equal(zmq_recv(peer, bin, sizeof bin, ZMQ_DONTWAIT), -1); /* nothing is durable, nothing is acked */
    writer_works = true;
    expect_acked_up_to(peer, 1001);
    assert_int_equal(engine_events, 1000);
}

/* ---- endpoints ------------------------------------------------------------------------------------------------- */

static void an_endpoint_must_be_usable(void **state) {
    (void)state;
    struct fc_ingest *in;
    struct fc_error err;
    struct fc_ingest_options o = {.zmq = ctx, .writer = fc_writer_wake(writer), .endpoint = "5600"};
    assert_int_equal(fc_ingest_create(&o, &in, &err), FC_CONFIG);
    assert_non_null(strstr(err.text, "expected tcp://HOST:PORT"));
    o.endpoint = fc_ingest_endpoint(ingest[0]);
    assert_int_equal(fc_ingest_create(&o, &in, &err), FC_CONFIG);
    assert_non_null(strstr(err.text, "in use"));
}

static void what_a_collector_tells_goes_to_the_publisher(void **state) {
    (void)state;
    uint8_t bytes[128];
    struct fc_mpw w;
    struct fc_tell *tell = NULL;
    struct fc_link_msg m = {.type = FC_LINK_TELL, .spool = fc_str_n(SPOOL_A, FC_SPOOL_ID_LEN), .figures = FC_STR_LIT("\x81\xa1x\x07")};
    fc_mpw_init(&w, bytes, sizeof bytes);
    fc_link_encode(&w, &m);
    const uint64_t n = 70; /* more than may wait: nobody misses what is told anew each second */
    for (uint64_t i = 0; i < n; i++) assert_true(zmq_send(peer, bytes, w.len, 0) >= 0);
    for (int i = 0; i < 100 && fc_count_get(&fc_ingest_counts(ingest[0])->tells) < n; i++) settle(20);
    assert_int_equal(fc_count_get(&fc_ingest_counts(ingest[0])->tells), n);
    assert_int_equal(fc_count_get(&fc_ingest_counts(ingest[0])->tells_dropped), n - fc_ring_room(fc_ingest_tells(ingest[0])));
    assert_true(FC_RING_POP(fc_ingest_tells(ingest[0]), &tell));
    assert_true(tell->n == 4 && memcmp(tell->bytes, m.figures.p, 4) == 0 && memcmp(tell->spool, SPOOL_A, sizeof tell->spool) == 0);
    free(tell);
    assert_int_equal(fc_count_get(&fc_ingest_counts(ingest[0])->refused), 0);
    assert_int_equal(engine_events, 0); /* and nothing that counts is in it */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_a_collector_tells_goes_to_the_publisher),
        TEST(a_batch_goes_to_engine_and_disk_and_is_acked),
        TEST(a_spool_may_begin_anywhere),
        TEST(what_follows_a_beginning_that_was_left_is_left_too),
        TEST(a_beginning_needs_a_hello_on_its_connection),
        TEST(what_does_not_fit_is_left_and_answered),
        TEST(many_in_flight_are_acked_together),
        TEST(two_spools_on_one_connection),
        TEST(a_spool_moves_to_another_endpoint),
        TEST(events_that_cannot_be_used_keep_their_place),
        TEST(refuses_in_words_and_goes_on),
        TEST(a_huge_frame_cuts_only_its_sender),
        TEST(random_bytes_do_no_harm),
        TEST(waits_for_the_engine_and_loses_nothing),
        TEST(waits_for_the_writer_and_loses_nothing),
        TEST(an_endpoint_must_be_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
