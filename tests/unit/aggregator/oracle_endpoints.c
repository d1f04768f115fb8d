/* The engine against the oracle, with events on their way through spools, endpoints and the engine's thread: cut into
 * blocks, sent twice, a spool moved to another endpoint, restarts from the last checkpoint and the journal behind it.
 */
#include "driver.h"
#include "oracle_compare.h"

#define FLOORS 1500
#define SPOOLS_MAX 3
#define INBOXES_MAX 3
#define RING_BLOCKS 64
#define EVENTS_OF_A_BLOCK_MAX 20
#define HOLE SIZE_MAX                /* in place of an event: one that could not be decoded */
#define UNDERWAY_US_MAX (3 * MINUTE) /* for so long an event stays in its spool, in a ring, and without a checkpoint   \
                                      */

struct spool {
    char id[FC_SPOOL_ID_LEN];
    uint64_t base; /* the store before this one had so many of it */
    size_t *told;  /* which of the floor's events number base + i + 1 is, or HOLE */
    size_t n, cap, sent;
    size_t *starts; /* where each block sent begins; the last entry is `sent` */
    size_t starts_n, starts_cap;
    int inbox;
    int64_t oldest_us; /* arrival of the first event not yet sent */
};

struct blocks {
    struct fc_event_block **at;
    size_t n, cap;
};

struct trip {
    struct play play;
    struct fc_driver *driver;
    struct fc_ring events[INBOXES_MAX], back[INBOXES_MAX];
    struct fc_wake owner;
    struct spool spools[SPOOLS_MAX];
    int spools_n, inboxes_n;
    struct blocks all, free; /* every block there is; those in nobody's hands */
    int64_t mono_ms, turned_us, checkpointed_us;
    uint64_t again, moves, restarts;
};

#define PUSH(array, n, cap, item)                                                                                      \
    do {                                                                                                               \
        if ((n) == (cap)) {                                                                                            \
            (cap) = (cap) == 0 ? 16 : 2 * (cap);                                                                       \
            (array) = realloc((array), (cap) * sizeof *(array));                                                       \
            assert_non_null(array);                                                                                    \
        }                                                                                                              \
        (array)[(n)++] = (item);                                                                                       \
    } while (0)

/* ---- the engine's thread, run by hand --------------------------------------------------------------------------- */

static void open_driver(struct trip *t) {
    struct fc_error err = {0};
    assert_int_equal(fc_driver_create(t->play.engine, &t->driver, &err), FC_OK);
    for (int i = 0; i < t->inboxes_n; i++) {
        assert_int_equal(fc_ring_init(&t->events[i], RING_BLOCKS, sizeof(struct fc_event_block *), &err), FC_OK);
        assert_int_equal(fc_ring_init(&t->back[i], RING_BLOCKS, sizeof(struct fc_event_block *), &err), FC_OK);
        fc_driver_add_inbox(t->driver, &t->events[i], &t->back[i], &t->owner);
    }
}

/* What was still on its way is lost with it. */
static void close_driver(struct trip *t) {
    fc_driver_destroy(t->driver);
    for (int i = 0; i < t->inboxes_n; i++) {
        fc_ring_fini(&t->events[i]);
        fc_ring_fini(&t->back[i]);
    }
    t->free.n = 0;
    for (size_t i = 0; i < t->all.n; i++) PUSH(t->free.at, t->free.n, t->free.cap, t->all.at[i]);
}

static void turn(struct trip *t) {
    struct fc_event_block *b;
    t->mono_ms += 100;
    (void)fc_driver_do_work(t->driver, (struct fc_wall){t->play.now_us}, (struct fc_mono){t->mono_ms * 1000000});
    for (int i = 0; i < t->inboxes_n; i++)
        while (FC_RING_POP(&t->back[i], &b)) PUSH(t->free.at, t->free.n, t->free.cap, b);
    t->turned_us = t->play.now_us;
}

static bool underway(const struct trip *t) {
    return t->free.n < t->all.n;
}

static void turn_until_empty(struct trip *t) {
    for (int i = 0; underway(t); i++) {
        if (i == 1000) fail_msg("floor %d: %zu blocks are never taken", t->play.number, t->all.n - t->free.n);
        turn(t);
    }
}

/* ---- spools ----------------------------------------------------------------------------------------------------- */

static struct fc_event_block *free_block(struct trip *t) {
    if (t->free.n > 0) return t->free.at[--t->free.n];
    struct fc_event_block *b = malloc(sizeof *b);
    assert_non_null(b);
    PUSH(t->all.at, t->all.n, t->all.cap, b);
    return b;
}

static void push_block(struct trip *t, const struct spool *s, size_t from, size_t to) {
    struct fc_event_block *b = free_block(t);
    memcpy(b->spool, s->id, sizeof b->spool);
    b->first = s->base + from + 1;
    b->count = (uint32_t)(to - from);
    for (size_t i = from; i < to; i++) {
        if (s->told[i] == HOLE)
            b->events[i - from] = (struct fc_event){.kind = FC_KIND_COUNT};
        else
            b->events[i - from] = t->play.floor.events[s->told[i]];
    }
    while (!FC_RING_PUSH(&t->events[s->inbox], &b)) turn(t);
}

static void send_off(struct trip *t, struct spool *s) {
    while (s->sent < s->n) {
        size_t from = s->sent, to = from + (size_t)draw(&t->play, 1, EVENTS_OF_A_BLOCK_MAX);
        s->sent = to < s->n ? to : s->n;
        PUSH(s->starts, s->starts_n, s->starts_cap, from);
        push_block(t, s, from, s->sent);
    }
}

static void send_again(struct trip *t, const struct spool *s) {
    if (s->starts_n == 0) return;
    size_t which = (size_t)draw(&t->play, 0, (int64_t)s->starts_n - 1);
    push_block(t, s, s->starts[which], which + 1 < s->starts_n ? s->starts[which + 1] : s->sent);
    t->again++;
}

static void tell(struct trip *t, size_t event) {
    struct spool *s = &t->spools[draw(&t->play, 0, t->spools_n - 1)];
    if (s->n == s->sent) s->oldest_us = t->play.floor.arrives_us[event];
    if (draw(&t->play, 0, 19) == 0) PUSH(s->told, s->n, s->cap, HOLE);
    PUSH(s->told, s->n, s->cap, event);
}

static void move_spool(struct trip *t) {
    struct spool *s = &t->spools[draw(&t->play, 0, t->spools_n - 1)];
    int to = (int)draw(&t->play, 0, t->inboxes_n - 1);
    t->moves += s->sent > 0 && to != s->inbox && underway(t);
    s->inbox = to;
}

/* ---- the way ---------------------------------------------------------------------------------------------------- */

static void go_on(struct trip *t) {
    int64_t late_us = t->play.floor.arrives_us[t->play.fed - 1];
    for (int i = 0; i < t->spools_n; i++) {
        struct spool *s = &t->spools[i];
        bool full = s->n - s->sent >= EVENTS_OF_A_BLOCK_MAX,
             old = s->n > s->sent && late_us - s->oldest_us > UNDERWAY_US_MAX;
        if (full || old || draw(&t->play, 0, 9) == 0) send_off(t, s);
    }
    if (draw(&t->play, 0, 9) == 0) send_again(t, &t->spools[draw(&t->play, 0, t->spools_n - 1)]);
    if (draw(&t->play, 0, 7) == 0) move_spool(t);
    if (draw(&t->play, 0, 7) == 0) turn(t);
    if (t->play.now_us - t->turned_us > UNDERWAY_US_MAX) turn_until_empty(t);
}

static void arrive(struct trip *t) {
    for (int i = 0; i < t->spools_n; i++) send_off(t, &t->spools[i]);
    turn_until_empty(t);
    if (t->play.fed > 0) assert_int_equal(fc_engine_now_us(t->play.engine), t->play.now_us);
}

static void store(struct trip *t) {
    checkpoint(&t->play);
    t->checkpointed_us = t->play.now_us;
}

/* A long silence finds nothing on its way: what arrives after it would be too late for the engine. */
static void travel(struct trip *t, size_t to) {
    struct play *p = &t->play;
    for (; p->fed < to; go_on(t)) {
        int64_t at_us = p->event_clock ? p->floor.events[p->fed].ts : p->floor.arrives_us[p->fed];
        if (at_us - p->now_us > UNDERWAY_US_MAX) arrive(t);
        if (at_us - t->checkpointed_us > UNDERWAY_US_MAX) store(t);
        if (at_us > p->now_us) p->now_us = at_us;
        tell(t, p->fed++);
    }
}

/* ---- restarts --------------------------------------------------------------------------------------------------- */

static uint64_t kept_mark(struct trip *t, struct fc_str spool) {
    const struct kept *k = *slot_of(&t->play.marks, spool);
    uint64_t next = 0;
    for (uint32_t i = 0; k != NULL && i < 8; i++) next |= (uint64_t)(uint8_t)k->value[i] << (8 * i);
    return next;
}

/* What was sent stands in the journal. */
static void replay(struct trip *t, const struct spool *s) {
    struct fc_str id = fc_str_n(s->id, sizeof s->id);
    uint64_t next = kept_mark(t, id);
    for (size_t i = next == 0 ? 0 : next - 1 - s->base; i < s->sent; i++)
        if (s->told[i] != HOLE) fc_engine_apply(t->play.engine, &t->play.floor.events[s->told[i]]);
    if (s->sent > 0) fc_engine_set_mark(t->play.engine, id, s->base + s->sent + 1);
}

static void restart(struct trip *t) {
    close_driver(t);
    restore_play(&t->play);
    if (!t->play.event_clock) fc_engine_advance(t->play.engine, (struct fc_wall){t->play.now_us});
    for (int i = 0; i < t->spools_n; i++) replay(t, &t->spools[i]);
    open_driver(t);
    t->restarts++;
}

/* ---- a floor ---------------------------------------------------------------------------------------------------- */

static void start_trip(struct trip *t, int number) {
    uint64_t chance = seed_of(number) ^ 0x656e64;
    struct fc_error err = {0};
    struct fc_floor_spec spec = {.contacts = (int)fc_floor_between(&chance, 10, 40),
                                 .span_us = fc_floor_between(&chance, 20, 240) * MINUTE,
                                 .late_pct = number % 3 == 0 ? 0 : 25,
                                 .late_us_max = 40 * MINUTE,
                                 .again_pct = 5,
                                 .odd_pct = number % 3 == 2 ? 10 : 0};
    start_play(&t->play, chance, number, &spec);
    t->spools_n = (int)draw(&t->play, 1, SPOOLS_MAX);
    t->inboxes_n = (int)draw(&t->play, 1, INBOXES_MAX);
    assert_int_equal(fc_wake_init(&t->owner, &err), FC_OK);
    open_driver(t);
    for (int i = 0; i < t->spools_n; i++) {
        memset(t->spools[i].id, 'a' + i, sizeof t->spools[i].id);
        /* Of several spools that all begin in the middle and move at once, the rings do not tell which began where. */
        t->spools[i].base = t->spools_n == 1 && draw(&t->play, 0, 1) == 0 ? 1000 : 0;
        t->spools[i].inbox = (int)draw(&t->play, 0, t->inboxes_n - 1);
    }
}

static void end_trip(struct trip *t) {
    close_driver(t);
    for (size_t i = 0; i < t->all.n; i++) free(t->all.at[i]);
    free(t->all.at);
    free(t->free.at);
    for (int i = 0; i < t->spools_n; i++) {
        free(t->spools[i].told);
        free(t->spools[i].starts);
    }
    fc_wake_fini(&t->owner);
    end_play(&t->play);
}

static void look(struct trip *t) {
    arrive(t);
    if (t->play.fed == 0) return;
    store(t);
    compare_windows(&t->play, 2);
    compare_stored(&t->play);
    compare_gauges(&t->play);
}

/* In pieces; after each a checkpoint, or a restart that falls back to the latest one. */
static void play_floor(int number, uint64_t *again, uint64_t *moves, uint64_t *restarts) {
    struct trip t = {0};
    start_trip(&t, number);
    int64_t parts = draw(&t.play, 2, 8), looked_at = draw(&t.play, 1, parts);
    for (int64_t part = 1; part <= parts; part++) {
        travel(&t,
               part == parts ? t.play.floor.n : (size_t)draw(&t.play, (int64_t)t.play.fed, (int64_t)t.play.floor.n));
        if (part == looked_at || part == parts)
            look(&t);
        else if (draw(&t.play, 0, 2) > 0)
            store(&t);
        if (draw(&t.play, 0, 1) == 0 && part < parts) restart(&t);
    }
    *again += t.again;
    *moves += t.moves;
    *restarts += t.restarts;
    end_trip(&t);
}

static void the_way_does_not_matter(void **state) {
    (void)state;
    uint64_t again = 0, moves = 0, restarts = 0;
    if (only >= 0) play_floor(only, &again, &moves, &restarts);
    for (int i = 0, n = only >= 0 ? 0 : floors_to_play(FLOORS); i < n; i++) play_floor(i, &again, &moves, &restarts);
    if (only < 0) assert_true(again > 0 && moves > 0 && restarts > 0);
}

int main(void) {
    read_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_way_does_not_matter),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    end_compare();
    return failed;
}
