#include "driver.h"

#include "leap.h"
#include "log.h"

#include <pthread.h>
#include <stdlib.h>

#define STATE_BLOCKS 256
#define BLOCKS_A_TURN 32 /* event blocks applied before topics and checkpoints get their chance */
#define ADVANCE_MS 50
#define IDLE_MS 100
#define PATIENCE_NS INT64_C(100000000) /* for the writer, in one checkpoint */
#define ASKS 64
#define ANSWER_SPACING_MS 20           /* whoever asks again and again does not take the engine's time from the floor */
#define FINISH_MS 5000                 /* for it at the end */

struct inbox {
    struct fc_ring *events, *back;
    struct fc_wake *owner;
    struct fc_event_block *held; /* popped, but earlier events of its spool are still in another ring */
};

struct kept {
    struct fc_record_block block; /* first */
    struct kept *next;
};

struct fc_driver {
    struct fc_engine *engine;
    struct fc_wake wake;
    struct inbox inboxes[FC_DRIVER_INBOXES];
    uint32_t inboxes_n;
    struct fc_ring *free_blocks, *records;
    struct fc_wake *writer, *publisher;
    struct kept *kept, *kept_last; /* the end of a checkpoint that the writer has no block for */
    bool keeps;                    /* the checkpoint being made, from here on */
    int64_t patience_ns;           /* left of it */
    struct fc_ring states, states_back, control, asks;
    struct fc_driver_ask ask; /* in hand */
    bool has_ask;
    struct fc_mono answered; /* when the latest was */
    struct fc_state_block *spare[STATE_BLOCKS]; /* empty ones in hand */
    uint32_t spare_n;
    struct fc_lag_sign lag; /* of the oldest events whose states may not be handed out yet */
    bool published; /* since the publisher was last woken */
    bool applied;   /* a block, in this turn */
    bool held;      /* the wall clock was said to be behind now */
    struct fc_mono advanced, checkpointed;
    struct fc_driver_counts counts;
    struct fc_counter stop; /* writer: main; reader: engine thread */
    pthread_t thread;
};

enum fc_status fc_driver_create(struct fc_engine *engine, struct fc_driver **out, struct fc_error *err) {
    struct fc_driver *d = aligned_alloc(FC_RING_LINE, (sizeof *d + FC_RING_LINE - 1) / FC_RING_LINE * FC_RING_LINE);
    FC_ASSERT(d != NULL);
    memset(d, 0, sizeof *d);
    d->engine = engine;
    enum fc_status st = fc_wake_init(&d->wake, err);
    if (st != FC_OK) {
        free(d);
        return st;
    }
    st = fc_ring_init(&d->states, STATE_BLOCKS, sizeof(struct fc_state_block *), err);
    if (st == FC_OK) st = fc_ring_init(&d->states_back, STATE_BLOCKS, sizeof(struct fc_state_block *), err);
    if (st == FC_OK) st = fc_ring_init(&d->asks, ASKS, sizeof(struct fc_driver_ask), err);
    if (st == FC_OK) st = fc_ring_init(&d->control, 1, sizeof(const struct fc_rules *), err);
    if (st != FC_OK) {
        fc_driver_destroy(d);
        return st;
    }
    for (int i = 0; i < STATE_BLOCKS; i++) {
        d->spare[d->spare_n] = calloc(1, sizeof **d->spare);
        FC_ASSERT(d->spare[d->spare_n] != NULL);
        d->spare_n++;
    }
    *out = d;
    return FC_OK;
}

static void free_block(struct fc_state_block *b) {
    free(b->body);
    free(b);
}

void fc_driver_destroy(struct fc_driver *d) {
    if (d == NULL) return;
    struct fc_state_block *b;
    for (struct kept *k; (k = d->kept) != NULL; free(k)) d->kept = k->next;
    if (d->states.slots != NULL)
        while (FC_RING_POP(&d->states, &b)) free_block(b);
    if (d->states_back.slots != NULL)
        while (FC_RING_POP(&d->states_back, &b)) free_block(b);
    for (uint32_t i = 0; i < d->spare_n; i++) free_block(d->spare[i]);
    fc_ring_fini(&d->states);
    fc_ring_fini(&d->states_back);
    fc_ring_fini(&d->control);
    fc_ring_fini(&d->asks);
    fc_wake_fini(&d->wake);
    free(d);
}

void fc_driver_add_inbox(struct fc_driver *d, struct fc_ring *events, struct fc_ring *back, struct fc_wake *owner) {
    FC_ASSERT(d->inboxes_n < FC_DRIVER_INBOXES);
    d->inboxes[d->inboxes_n++] = (struct inbox){.events = events, .back = back, .owner = owner};
}

void fc_driver_set_writer(struct fc_driver *d, struct fc_ring *free_blocks, struct fc_ring *records, struct fc_wake *writer) {
    d->free_blocks = free_blocks;
    d->records = records;
    d->writer = writer;
}

struct fc_ring *fc_driver_states(struct fc_driver *d) { return &d->states; }
struct fc_ring *fc_driver_states_back(struct fc_driver *d) { return &d->states_back; }
struct fc_ring *fc_driver_asks(struct fc_driver *d) { return &d->asks; }
void fc_driver_set_publisher(struct fc_driver *d, struct fc_wake *publisher) { d->publisher = publisher; }
struct fc_wake *fc_driver_wake(struct fc_driver *d) { return &d->wake; }
const struct fc_ring *fc_driver_records(const struct fc_driver *d) { return d->records; }
const struct fc_driver_counts *fc_driver_counts(const struct fc_driver *d) { return &d->counts; }

bool fc_driver_configure(struct fc_driver *d, const struct fc_rules *rules) {
    bool taken = FC_RING_PUSH(&d->control, &rules);
    fc_wake_signal(&d->wake);
    return taken;
}

/* ---- events ---------------------------------------------------------------------------------------------------- */

/* The oldest that is under way decides: the others waited less. */
static void note_lag(struct fc_driver *d, const struct fc_event_block *b, uint32_t from) {
    for (uint32_t i = from; i < b->count && d->lag.received.ns == 0; i++) {
        bool live = b->events[i].kind <= FC_PARTED; /* told as it happens */
        if (live) d->lag = (struct fc_lag_sign){.event_us = b->events[i].ts, .received = b->received};
    }
}

/* False: the block must wait for events of its spool that another ring still holds. */
static bool apply_block(struct fc_driver *d, const struct fc_event_block *b) {
    struct fc_str spool = fc_str_n(b->spool, sizeof b->spool);
    uint64_t mark = fc_engine_mark(d->engine, spool);
    if (b->first > mark) return false;
    uint32_t from = mark > b->first ? (uint32_t)(mark - b->first < b->count ? mark - b->first : b->count) : 0;
    fc_count_add(&d->counts.events_again, from);
    fc_engine_via(d->engine, spool);
    note_lag(d, b, from);
    fc_engine_apply_all(d->engine, b->events + from, b->count - from);
    if (b->first + b->count > mark) fc_engine_set_mark(d->engine, spool, b->first + b->count);
    return true;
}

/* Applies up to BLOCKS_A_TURN of an inbox; true when there may be more. */
static bool take_events(struct fc_driver *d, struct inbox *in) {
    uint32_t done = 0;
    while (done < BLOCKS_A_TURN) {
        if (in->held == NULL && !FC_RING_POP(in->events, &in->held)) break;
        struct fc_mono before = fc_mono_now();
        if (!apply_block(d, in->held)) break;
        fc_count_max(&d->counts.apply_us_max, (uint64_t)((fc_mono_now().ns - before.ns) / 1000));
        FC_ASSERT(FC_RING_PUSH(in->back, &in->held));
        in->held = NULL;
        done++;
    }
    if (done > 0) fc_wake_signal(in->owner);
    d->applied = d->applied || done > 0;
    return done == BLOCKS_A_TURN;
}

/* A spool that is new to the engine begins where it does, if an earlier store had the rest. But its beginning may be in another ring: what
 * the rings hold comes first. */
static bool begin_unknown(struct fc_driver *d) {
    const struct fc_event_block *earliest = NULL;
    for (uint32_t i = 0; i < d->inboxes_n; i++) {
        const struct fc_event_block *b = d->inboxes[i].held;
        if (b == NULL && !fc_ring_is_empty(d->inboxes[i].events)) return false;
        if (b == NULL || fc_engine_mark(d->engine, fc_str_n(b->spool, sizeof b->spool)) > 1) continue;
        if (earliest == NULL || b->first < earliest->first) earliest = b;
    }
    if (earliest == NULL) return false;
    fc_engine_set_mark(d->engine, fc_str_n(earliest->spool, sizeof earliest->spool), earliest->first);
    return true;
}

/* ---- topics ---------------------------------------------------------------------------------------------------- */

static struct fc_state_block *take_state(void *ctx) {
    struct fc_driver *d = ctx;
    struct fc_state_block *b;
    if (d->spare_n > 0) return d->spare[--d->spare_n];
    return FC_RING_POP(&d->states_back, &b) ? b : NULL;
}

static void give_state(void *ctx, struct fc_state_block *b) {
    struct fc_driver *d = ctx;
    if (b->topic_n == 0) { /* taken for nothing */
        d->spare[d->spare_n++] = b;
        return;
    }
    FC_ASSERT(FC_RING_PUSH(&d->states, &b)); /* the ring has room for all blocks there are */
    d->published = true;
}

/* Nothing waits, or what changed with that event has had its turn: its states are before this in the ring. */
static void tell_lag(struct fc_driver *d, bool all_out, struct fc_mono now) {
    if (d->lag.received.ns == 0 || (!all_out && fc_mono_ms_since(d->lag.received, now) < 2 * FC_TOPIC_SPACING_MS)) return;
    struct fc_state_block *b = take_state(d);
    if (b == NULL) return;
    b->lag = d->lag;
    b->job = NULL;
    d->lag.received.ns = 0;
    FC_ASSERT(FC_RING_PUSH(&d->states, &b));
}

/* In how many ms the ask in hand may be answered; 0: it was. */
static int64_t answer(struct fc_driver *d, struct fc_mono now) {
    int64_t left = d->answered.ns == 0 ? 0 : ANSWER_SPACING_MS - fc_mono_ms_since(d->answered, now);
    struct fc_state_block *b = left <= 0 ? take_state(d) : NULL;
    if (b == NULL) return left > 0 ? left : 1;
    fc_engine_contacts(d->engine, &d->ask.asked, b);
    b->job = d->ask.job;
    b->topic_n = 0;
    FC_ASSERT(FC_RING_PUSH(&d->states, &b));
    d->published = true;
    d->answered = now;
    return 0;
}

/* Says in how many ms there is more to do; -1: nothing waits. */
static int64_t take_asks(struct fc_driver *d, struct fc_mono now) {
    while (d->has_ask || (d->has_ask = FC_RING_POP(&d->asks, &d->ask))) {
        int64_t ms = 0;
        if (d->ask.job != NULL) ms = answer(d, now);
        else fc_engine_want(d->engine, fc_str_n(d->ask.topic, d->ask.topic_n), d->ask.wanted);
        if (ms > 0) return ms;
        d->has_ask = false;
    }
    return -1;
}

static int64_t publish(struct fc_driver *d, struct fc_mono now) {
    if (d->publisher == NULL) return -1;
    int64_t asked = take_asks(d, now);
    struct fc_outlet out = {take_state, give_state, d};
    int64_t due = fc_engine_publish(d->engine, &out, now);
    if (d->published) tell_lag(d, due < 0, now);
    if (d->published) fc_wake_signal(d->publisher);
    d->published = false;
    return asked < 0 || (due >= 0 && due < asked) ? due : asked;
}

/* ---- checkpoints ----------------------------------------------------------------------------------------------- */

/* The writer gives a block back as soon as it has copied it, so this waits a little at most. But the engine does not wait
 * for a disk that is full or slow: from then on the checkpoint is kept here, and follows block by block. */
static struct fc_record_block *take_record(void *ctx) {
    struct fc_driver *d = ctx;
    struct fc_record_block *b = NULL;
    struct fc_mono began = fc_mono_now();
    while (!d->keeps && !FC_RING_POP(d->free_blocks, &b)) {
        int64_t left = d->patience_ns - (fc_mono_now().ns - began.ns);
        d->keeps = left <= 0;
        if (d->keeps) break;
        fc_wake_signal(d->writer);
        fc_wake_prepare(&d->wake);
        if (fc_ring_is_empty(d->free_blocks)) fc_wake_wait(&d->wake, left < 1000000 ? left : 1000000);
        fc_wake_done(&d->wake);
    }
    d->patience_ns -= fc_mono_now().ns - began.ns;
    if (d->keeps) {
        struct kept *k = calloc(1, sizeof *k);
        FC_ASSERT(k != NULL);
        b = &k->block;
    }
    b->used = 0;
    b->last = false;
    return b;
}

/* One is given before the next is taken, so all that come from when `keeps` is set are kept ones. */
static void give_record(void *ctx, struct fc_record_block *b) {
    struct fc_driver *d = ctx;
    if (!d->keeps) {
        FC_ASSERT(FC_RING_PUSH(d->records, &b));
        fc_wake_signal(d->writer);
        return;
    }
    struct kept *k = (struct kept *)(void *)b; /* its first member */
    *(d->kept_last != NULL ? &d->kept_last->next : &d->kept) = k;
    d->kept_last = k;
    fc_count_add(&d->counts.checkpoint_kept, 1);
}

static void hand_over_kept(struct fc_driver *d) {
    struct fc_record_block *b;
    while (d->kept != NULL && FC_RING_POP(d->free_blocks, &b)) {
        struct kept *k = d->kept;
        *b = k->block;
        d->kept = k->next;
        if (d->kept == NULL) d->kept_last = NULL;
        free(k);
        FC_ASSERT(FC_RING_PUSH(d->records, &b));
        fc_wake_signal(d->writer);
    }
}

/* None begins while one is under way, so what is kept is never more than one. */
static void checkpoint(struct fc_driver *d) {
    struct fc_mono before = fc_mono_now();
    if (d->writer == NULL || d->kept != NULL) return;
    if (fc_engine_dirty(d->engine)) {
        d->keeps = false;
        d->patience_ns = PATIENCE_NS;
        fc_engine_checkpoint(d->engine, take_record, give_record, d);
        fc_count_set(&d->counts.checkpoint_us, fc_mono_us_since(before, fc_mono_now()));
        fc_count_max(&d->counts.checkpoint_us_max, fc_count_get(&d->counts.checkpoint_us));
    }
    if (d->kept == NULL) fc_count_set(&d->counts.covered_ns, (uint64_t)before.ns);
}

static void bring_out_kept(struct fc_driver *d, struct fc_mono began) {
    hand_over_kept(d);
    while (d->kept != NULL && fc_mono_ms_since(began, fc_mono_now()) < FINISH_MS) {
        fc_wake_prepare(&d->wake);
        if (fc_ring_is_empty(d->free_blocks)) fc_wake_wait(&d->wake, 1000000);
        fc_wake_done(&d->wake);
        hand_over_kept(d);
    }
}

/* The last checkpoint, if the disk takes one: without it the next start reads a longer journal, no more. */
static void finish(struct fc_driver *d) {
    struct fc_mono began = fc_mono_now();
    bring_out_kept(d, began); /* the one under way; only then may the last begin */
    checkpoint(d);
    bring_out_kept(d, began);
}

/* ---- a turn ---------------------------------------------------------------------------------------------------- */

static void show_counts(struct fc_driver *d, struct fc_wall wall, struct fc_mono now) {
    const struct fc_engine_counters *c = fc_engine_counters(d->engine);
    uint64_t again = fc_count_get(&d->counts.events_again);
#define COUNTER(name, type, help) fc_count_set(&d->counts.name, c->name);
    FC_ENGINE_COUNTERS(COUNTER)
#undef COUNTER
    fc_count_set(&d->counts.events_again, again); /* counted here, not by the engine */
    fc_count_set(&d->counts.now_us, (uint64_t)fc_engine_now_us(d->engine));
    fc_count_set(&d->counts.turn_wall_us, (uint64_t)wall.us);
    fc_count_set(&d->counts.turn_ns, (uint64_t)now.ns);
    fc_count_set(&d->counts.held_us, (uint64_t)fc_engine_held_us(d->engine, wall));
}

static void take_rules(struct fc_driver *d) {
    const struct fc_rules *rules;
    if (FC_RING_POP(&d->control, &rules)) fc_engine_configure(d->engine, rules);
}

/* Said when it happens, and that it has an end: meanwhile waits and windows stand still. */
static void watch_clock(struct fc_driver *d, struct fc_wall wall, struct fc_mono now) {
    int64_t leap_us = fc_engine_watch(d->engine, wall, now), held_us = fc_engine_held_us(d->engine, wall);
    if (leap_us > 0) fc_warn("the wall clock leapt ahead by %lld s: waits and windows go on from there", (long long)(leap_us / FC_SECOND_US));
    if (leap_us < 0 && held_us == 0) fc_info("the wall clock was set back by %lld s, to where now is", (long long)(-leap_us / FC_SECOND_US));
    if (held_us > FC_LEAP_US && !d->held)
        fc_err("the wall clock is %lld s behind the newest time seen: now stands still until it has caught up, and displays are told",
               (long long)(held_us / FC_SECOND_US));
    if (held_us == 0 && d->held) fc_info("the wall clock has caught up: now moves again");
    d->held = held_us > FC_LEAP_US || (d->held && held_us > 0);
}

int64_t fc_driver_do_work(struct fc_driver *d, struct fc_wall wall, struct fc_mono now) {
    bool more = false;
    d->applied = false;
    take_rules(d);
    watch_clock(d, wall, now);
    if (d->advanced.ns == 0 || fc_mono_ms_since(d->advanced, now) >= ADVANCE_MS) {
        fc_engine_advance(d->engine, wall);
        d->advanced = now;
    }
    for (uint32_t i = 0; i < d->inboxes_n; i++) more = take_events(d, &d->inboxes[i]) || more;
    bool stuck = !d->applied; /* else what waits may be waiting for what is behind another that waits no more */
    more = more || (stuck && begin_unknown(d));
    int64_t due = publish(d, now);
    if (d->kept != NULL) hand_over_kept(d);
    if (fc_mono_ms_since(d->checkpointed, now) >= FC_CHECKPOINT_MS) {
        checkpoint(d);
        d->checkpointed = now;
    }
    show_counts(d, wall, now);
    if (more) return 0;
    return due >= 0 && due < IDLE_MS ? due : IDLE_MS;
}

static bool idle(const struct fc_driver *d) {
    if (!fc_ring_is_empty(&d->control)) return false;
    for (uint32_t i = 0; i < d->inboxes_n; i++)
        if (d->inboxes[i].held == NULL && !fc_ring_is_empty(d->inboxes[i].events)) return false;
    return true;
}

static void *run(void *ctx) {
    struct fc_driver *d = ctx;
    while (fc_count_get(&d->stop) == 0) {
        struct fc_mono began = fc_mono_now();
        int64_t ms = fc_driver_do_work(d, fc_wall_now(), began);
        fc_count_turn(&d->counts.stalls, &d->counts.turn_us_max, fc_mono_us_since(began, fc_mono_now()));
        if (ms == 0) continue;
        fc_wake_prepare(&d->wake);
        bool asked = !d->has_ask && !fc_ring_is_empty(&d->asks);
        if (idle(d) && !asked && fc_count_get(&d->stop) == 0) fc_wake_wait(&d->wake, ms * 1000000);
        fc_wake_done(&d->wake);
    }
    while (!idle(d)) (void)fc_driver_do_work(d, fc_wall_now(), fc_mono_now());
    finish(d);
    show_counts(d, fc_wall_now(), fc_mono_now());
    return NULL;
}

enum fc_status fc_driver_start(struct fc_driver *d, struct fc_error *err) {
    int e = pthread_create(&d->thread, NULL, run, d);
    return e == 0 ? FC_OK : fc_fail(err, FC_IO, "cannot start the engine's thread: %s", strerror(e));
}

void fc_driver_stop(struct fc_driver *d) {
    fc_count_set(&d->stop, 1);
    fc_wake_signal(&d->wake);
    (void)pthread_join(d->thread, NULL);
}
