/* The engine's thread, run by hand: blocks from several rings in any order give the numbers that one ring gives. */
#include "driver.h"
#include "engine_internal.h"
#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define T0 INT64_C(1767258000000000)
#define BLOCKS 64
#define EVENTS 10
#define SPOOL "0123456789abcdef0123456789abcdef"

static struct fc_rules *rules;
static char names[BLOCKS * EVENTS][16];

/* Contact k is offered by event 2k and leaves by event 2k+1. */
static struct fc_event_block *block(int no) {
    struct fc_event_block *b = malloc(sizeof *b);
    assert_non_null(b);
    memcpy(b->spool, SPOOL, sizeof b->spool);
    b->first = 1 + (uint64_t)no * EVENTS;
    b->count = EVENTS;
    b->received = (struct fc_mono){0};
    for (int i = 0; i < EVENTS; i++) {
        int n = no * EVENTS + i;
        (void)snprintf(names[n], sizeof names[n], "c%d", n / 2);
        b->events[i] = fc_event_make(n % 2 == 0 ? FC_OFFERED : FC_LEFT, T0 + n * FC_SECOND_US);
        FC_EVENT_STR(&b->events[i], contact, fc_str(names[n]));
        FC_EVENT_STR(&b->events[i], queue, fc_str("sales"));
        if (n % 2 == 1) fc_event_set_left(&b->events[i], FC_LEFT_KEY);
    }
    return b;
}

struct bench {
    struct fc_engine *engine;
    struct fc_driver *driver;
    struct fc_ring events[2], back[2];
    struct fc_wake owner;
};

static void setup(struct bench *b) {
    struct fc_error err = {0};
    b->engine = fc_engine_create(rules, true);
    assert_int_equal(fc_driver_create(b->engine, &b->driver, &err), FC_OK);
    assert_int_equal(fc_wake_init(&b->owner, &err), FC_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fc_ring_init(&b->events[i], 2 * BLOCKS, sizeof(struct fc_event_block *), &err), FC_OK);
        assert_int_equal(fc_ring_init(&b->back[i], 2 * BLOCKS, sizeof(struct fc_event_block *), &err), FC_OK);
        fc_driver_add_inbox(b->driver, &b->events[i], &b->back[i], &b->owner);
    }
}

static int teardown(struct bench *b) {
    struct fc_event_block *x;
    int back = 0;
    for (int i = 0; i < 2; i++) {
        for (; FC_RING_POP(&b->back[i], &x); back++) free(x);
        fc_ring_fini(&b->events[i]);
        fc_ring_fini(&b->back[i]);
    }
    fc_driver_destroy(b->driver);
    fc_engine_destroy(b->engine);
    fc_wake_fini(&b->owner);
    return back;
}

static void turn(struct bench *b) { (void)fc_driver_do_work(b->driver, (struct fc_wall){T0}, (struct fc_mono){1}); }

static void push(struct bench *b, int ring, int no) {
    struct fc_event_block *x = block(no);
    assert_true(FC_RING_PUSH(&b->events[ring], &x));
}

static void expect_all(struct bench *b, int blocks) {
    struct fc_tally peeked = {0};
    const struct fc_tally *day = &peeked;
    assert_true(fc_engine_peek(b->engine, FC_SCOPE_GROUP, fc_str("all"), -1, FC_WINDOW_DAY, &peeked));
    assert_int_equal(day->v[FC_TALLY_offered], blocks * EVENTS / 2);
    assert_int_equal(day->v[FC_TALLY_LEFT + FC_LEFT_KEY], blocks * EVENTS / 2);
    assert_int_equal(fc_engine_counters(b->engine)->waiting, 0);
    assert_int_equal(fc_engine_mark(b->engine, fc_str(SPOOL)), (uint64_t)blocks * EVENTS + 1);
    fc_tally_fini(&peeked);
}

static void a_batch_twice_changes_nothing(void **state) {
    (void)state;
    struct bench b = {0};
    setup(&b);
    for (int no = 0; no < 8; no++) {
        push(&b, 0, no);
        if (no % 2 == 1) push(&b, 0, no - 1);
        turn(&b);
    }
    expect_all(&b, 8);
    assert_int_equal(fc_count_get(&fc_driver_counts(b.driver)->events_again), 4 * EVENTS);
    assert_int_equal(teardown(&b), 12);
}

/* A spool moves to another endpoint and back: what the new ring holds waits for what the old one still has. */
static void a_spool_may_move_between_endpoints(void **state) {
    (void)state;
    for (int round = 0; round < 50; round++) {
        struct bench b = {0};
        setup(&b);
        push(&b, 0, 0);
        turn(&b); /* the spool is known from here on */
        int ring = 0;
        for (int no = 1; no < BLOCKS; no++) {
            if (rng() % 8 == 0) ring = 1 - ring;
            push(&b, ring, no);
            if (rng() % 5 == 0) turn(&b);
        }
        for (int i = 0; i < 2 * BLOCKS; i++) turn(&b);
        expect_all(&b, BLOCKS);
        assert_int_equal(teardown(&b), BLOCKS);
    }
}

/* With nobody taking states away, the engine goes on and changes wait; they are whole and latest when there is room again. */
static void without_free_blocks_changes_wait(void **state) {
    (void)state;
    struct bench b = {0};
    struct fc_wake publisher;
    struct fc_error err = {0};
    setup(&b);
    assert_int_equal(fc_wake_init(&publisher, &err), FC_OK);
    fc_driver_set_publisher(b.driver, &publisher);
    int64_t ms = 1;
    for (int no = 0; no < BLOCKS; no++) {
        push(&b, 0, no);
        ms += 25;
        (void)fc_driver_do_work(b.driver, (struct fc_wall){T0}, (struct fc_mono){ms * 1000000});
    }
    expect_all(&b, BLOCKS);
    assert_true(fc_engine_counters(b.engine)->topics_held > 0);
    struct fc_state_block *s;
    uint64_t versions = 0;
    for (int round = 0; round < 4; round++) { /* all that was queued, then what had waited */
        while (FC_RING_POP(fc_driver_states(b.driver), &s)) {
            versions++;
            assert_true(FC_RING_PUSH(fc_driver_states_back(b.driver), &s));
        }
        ms += 25;
        (void)fc_driver_do_work(b.driver, (struct fc_wall){T0}, (struct fc_mono){ms * 1000000});
    }
    assert_int_equal(versions, fc_engine_counters(b.engine)->topics_sent);
    assert_int_equal(b.engine->publish.n + b.engine->lists.n, 0); /* nothing waits any more */
    fc_wake_fini(&publisher);
    (void)teardown(&b);
}

/* The writer's disk is full: no block comes back. The engine applies and counts on; the checkpoint follows, whole, and the
 * next one begins only then. */
static void a_stalled_writer_stops_no_event(void **state) {
    (void)state;
    struct bench b = {0};
    struct fc_wake writer;
    struct fc_ring free_blocks, records;
    struct fc_error err = {0};
    struct fc_record_block *pool = calloc(1, sizeof *pool), *got = NULL;
    assert_non_null(pool);
    setup(&b);
    assert_int_equal(fc_wake_init(&writer, &err), FC_OK);
    assert_int_equal(fc_ring_init(&free_blocks, 1, sizeof pool, &err), FC_OK);
    assert_int_equal(fc_ring_init(&records, 1, sizeof pool, &err), FC_OK);
    fc_driver_set_writer(b.driver, &free_blocks, &records, &writer);
    for (int no = 0; no < 8; no++) {
        push(&b, 0, no);
        (void)fc_driver_do_work(b.driver, (struct fc_wall){T0}, (struct fc_mono){(no + 1) * 2 * FC_CHECKPOINT_MS * INT64_C(1000000)});
    }
    expect_all(&b, 8);
    assert_int_equal(fc_count_get(&fc_driver_counts(b.driver)->checkpoint_kept), 1); /* of eight that were due */
    assert_false(FC_RING_POP(&records, &got));
    assert_true(FC_RING_PUSH(&free_blocks, &pool));
    turn(&b);
    assert_true(FC_RING_POP(&records, &got));
    assert_ptr_equal(got, pool);
    assert_true(got->last && got->used > 0);
    got->used = 0;
    got->last = false;
    assert_true(FC_RING_PUSH(&free_blocks, &got));
    (void)fc_driver_do_work(b.driver, (struct fc_wall){T0}, (struct fc_mono){100 * FC_CHECKPOINT_MS * INT64_C(1000000)});
    assert_true(FC_RING_POP(&records, &got));
    assert_true(got->last && got->used > 0); /* what came since */
    assert_int_equal(fc_count_get(&fc_driver_counts(b.driver)->checkpoint_kept), 1);
    assert_int_equal(teardown(&b), 8);
    fc_ring_fini(&free_blocks);
    fc_ring_fini(&records);
    fc_wake_fini(&writer);
    free(got);
}

int main(void) {
    rng_seed(20260304);
    (void)setenv("TZ", "UTC", 1);
    rules = fc_rules_default();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_twice_changes_nothing),
        cmocka_unit_test(a_spool_may_move_between_endpoints),
        cmocka_unit_test(without_free_blocks_changes_wait),
                                       cmocka_unit_test(a_stalled_writer_stops_no_event),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fc_rules_free(rules);
    return failed;
}
