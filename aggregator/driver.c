#include "driver.h"

#include <pthread.h>
#include <stdlib.h>

#define STATE_BLOCKS 256
#define BLOCKS_A_TURN 32 /* event blocks applied before topics and checkpoints get their chance */
#define ADVANCE_MS 50
#define IDLE_MS 100
#define PATIENCE_NS INT64_C(100000000) /* for the writer, in one checkpoint */
#define FINISH_MS 2000                 /* for it at the end */

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
    struct fc_ring states, states_back, control;
    struct fc_state_block *spare[STATE_BLOCKS]; /* empty ones in hand */
    uint32_t spare_n;
    bool published; /* since the publisher was last woken */
    bool applied;   /* a block, in this turn */
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
void fc_driver_set_publisher(struct fc_driver *d, struct fc_wake *publisher) { d->publisher = publisher; }
struct fc_wake *fc_driver_wake(struct fc_driver *d) { return &d->wake; }
const struct fc_driver_counts *fc_driver_counts(const struct fc_driver *d) { return &d->counts; }

bool fc_driver_configure(struct fc_driver *d, const struct fc_rules *rules) {
    bool taken = FC_RING_PUSH(&d->control, &rules);
    fc_wake_signal(&d->wake);
    return taken;
}

/* ---- events ---------------------------------------------------------------------------------------------------- */

/* False: the block must wait for events of its spool that another ring still holds. */
static bool apply_block(struct fc_driver *d, const struct fc_event_block *b) {
    struct fc_str spool = fc_str_n(b->spool, sizeof b->spool);
    uint64_t mark = fc_engine_mark(d->engine, spool);
    if (b->first > mark) return false;
    uint32_t from = mark > b->first ? (uint32_t)(mark - b->first < b->count ? mark - b->first : b->count) : 0;
    fc_count_add(&d->counts.events_again, from);
    for (uint32_t i = from; i < b->count; i++) fc_engine_apply(d->engine, &b->events[i]);
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

static int64_t publish(struct fc_driver *d, struct fc_mono now) {
    if (d->publisher == NULL) return -1;
    struct fc_outlet out = {take_state, give_state, d};
    int64_t due = fc_engine_publish(d->engine, &out, now);
    if (d->published) fc_wake_signal(d->publisher);
    d->published = false;
    return due;
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
    if (d->writer == NULL || d->kept != NULL || !fc_engine_dirty(d->engine)) return;
    struct fc_mono before = fc_mono_now();
    d->keeps = false;
    d->patience_ns = PATIENCE_NS;
    fc_engine_checkpoint(d->engine, take_record, give_record, d);
    fc_count_max(&d->counts.checkpoint_us_max, (uint64_t)((fc_mono_now().ns - before.ns) / 1000));
}

/* The last checkpoint, if the disk takes one: without it the next start reads a longer journal, no more. */
static void finish(struct fc_driver *d) {
    struct fc_mono began = fc_mono_now();
    hand_over_kept(d);
    checkpoint(d);
    while (d->kept != NULL && fc_mono_ms_since(began, fc_mono_now()) < FINISH_MS) {
        fc_wake_prepare(&d->wake);
        if (fc_ring_is_empty(d->free_blocks)) fc_wake_wait(&d->wake, 1000000);
        fc_wake_done(&d->wake);
        hand_over_kept(d);
    }
}

/* ---- a turn ---------------------------------------------------------------------------------------------------- */

static void show_counts(struct fc_driver *d, struct fc_wall wall) {
    const struct fc_engine_counters *c = fc_engine_counters(d->engine);
    uint64_t again = fc_count_get(&d->counts.events_again);
#define COUNTER(name, help) fc_count_set(&d->counts.name, c->name);
    FC_ENGINE_COUNTERS(COUNTER)
#undef COUNTER
    fc_count_set(&d->counts.events_again, again); /* counted here, not by the engine */
    fc_count_set(&d->counts.now_us, (uint64_t)fc_engine_now_us(d->engine));
    fc_count_set(&d->counts.turn_wall_us, (uint64_t)wall.us);
}

static void take_rules(struct fc_driver *d) {
    const struct fc_rules *rules;
    if (FC_RING_POP(&d->control, &rules)) fc_engine_configure(d->engine, rules);
}

int64_t fc_driver_do_work(struct fc_driver *d, struct fc_wall wall, struct fc_mono now) {
    bool more = false;
    d->applied = false;
    take_rules(d);
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
    show_counts(d, wall);
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
        int64_t ms = fc_driver_do_work(d, fc_wall_now(), fc_mono_now());
        if (ms == 0) continue;
        fc_wake_prepare(&d->wake);
        if (idle(d) && fc_count_get(&d->stop) == 0) fc_wake_wait(&d->wake, ms * 1000000);
        fc_wake_done(&d->wake);
    }
    while (!idle(d)) (void)fc_driver_do_work(d, fc_wall_now(), fc_mono_now());
    finish(d);
    show_counts(d, fc_wall_now());
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
