#include "writer.h"

#include "log.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define GROUP_BATCHES 1024u              /* most of one transaction */
#define GROUP_BYTES (UINT64_C(8) << 20)  /* likewise */
#define GROUP_BLOCKS 8u                  /* likewise: 2 MiB of checkpoint */
#define FULL_BATCHES 128u                /* so many do not linger */
#define APPLY_STEP 1000u                 /* records a transaction: some milliseconds at worst */
#define TRIM_STEP 2048u                  /* journal entries a transaction; more than a group, so that trimming wins */
#define EXPIRE_STEP 500u                 /* intervals or contacts a transaction */
#define WAITING_MAX (UINT64_C(64) << 20) /* complete but not applied: above it no further blocks are taken */
#define RETRY_NS INT64_C(1000000000)
#define CALM_NS INT64_C(5000000000) /* without a failure: the stall is over */
#define STALLS 64
#define EXPIRE_EVERY_NS (60 * INT64_C(1000000000))

struct inbox {
    struct fc_ring *batches, *back;
    struct fc_wake *owner;
    bool answered; /* in the turn being finished */
};

struct fc_writer {
    struct fc_store *store;
    struct fc_writer_options options;
    struct inbox inboxes[FC_WRITER_INBOXES];
    uint32_t inbox_count, inbox_first; /* reading starts at another inbox each turn */
    struct fc_ring records, free_blocks;
    struct fc_record_block *pool;
    struct fc_wake wake, *engine;

    /* In hand: taken from the rings, not yet committed. */
    struct fc_batch *group[GROUP_BATCHES];
    uint8_t group_inbox[GROUP_BATCHES];
    uint32_t group_n;
    uint64_t group_bytes;
    struct fc_record_block *blocks[GROUP_BLOCKS];
    uint32_t blocks_n;

    struct fc_mono committed_at, retry_at, expire_at, failed_at;
    bool blocked, stuck, broken; /* no room for commits; a checkpoint cannot be applied; nothing can be written any more */
    struct fc_stall stall, stuck_stall;
    uint64_t stall_failures;
    struct fc_ring stalls;
    void (*on_broken)(void *ctx, const struct fc_error *why);
    void *on_broken_ctx;
    uint64_t waiting_bytes;
    bool trim_due, expiring;
    uint32_t expire_turn;
    fc_writer_due *due;
    void *due_ctx;

    struct fc_writer_counts counts;
    pthread_t thread;
    _Atomic bool stop; /* writer: main; reader: the thread */
    enum fc_status drained;
    struct fc_error drain_error, broken_by;
};

/* ---- making ---------------------------------------------------------------------------------------------------- */

static enum fc_status fill_free_blocks(struct fc_writer *w, struct fc_error *err) {
    uint32_t n = w->options.record_blocks;
    enum fc_status s = fc_ring_init(&w->records, n, sizeof w->pool, err);
    if (s == FC_OK) s = fc_ring_init(&w->free_blocks, n, sizeof w->pool, err);
    if (s != FC_OK) return s;
    w->pool = calloc(n, sizeof *w->pool);
    if (w->pool == NULL) return fc_fail(err, FC_IO, "out of memory: %u record blocks", n);
    for (uint32_t i = 0; i < n; i++) {
        struct fc_record_block *block = &w->pool[i];
        FC_ASSERT(FC_RING_PUSH(&w->free_blocks, &block));
    }
    return FC_OK;
}

enum fc_status fc_writer_create(struct fc_store *store, const struct fc_writer_options *options, struct fc_writer **out,
                                struct fc_error *err) {
    *out = NULL;
    struct fc_writer *w = aligned_alloc(FC_RING_LINE, (sizeof *w + FC_RING_LINE - 1) / FC_RING_LINE * FC_RING_LINE);
    if (w == NULL) return fc_fail(err, FC_IO, "out of memory: the writer");
    memset(w, 0, sizeof *w);
    w->store = store;
    w->options = *options;
    if (w->options.record_blocks == 0) w->options.record_blocks = 16;
    if (w->options.linger_ms == 0) w->options.linger_ms = 10;
    if (w->options.commit_bytes == 0) w->options.commit_bytes = 256 << 10;
    w->committed_at.ns = INT64_MIN / 2;
    w->wake.fd = -1;
    w->trim_due = true;
    enum fc_status s = fc_wake_init(&w->wake, err);
    if (s == FC_OK) s = fill_free_blocks(w, err);
    if (s == FC_OK) s = fc_ring_init(&w->stalls, STALLS, sizeof w->stall, err);
    if (s == FC_OK) *out = w;
    else fc_writer_destroy(w);
    return s;
}

void fc_writer_destroy(struct fc_writer *w) {
    if (w == NULL) return;
    fc_wake_fini(&w->wake);
    fc_ring_fini(&w->records);
    fc_ring_fini(&w->free_blocks);
    fc_ring_fini(&w->stalls);
    free(w->pool);
    free(w);
}

void fc_writer_add_inbox(struct fc_writer *w, struct fc_ring *batches, struct fc_ring *back, struct fc_wake *owner) {
    FC_ASSERT(w->inbox_count < FC_WRITER_INBOXES);
    w->inboxes[w->inbox_count++] = (struct inbox){.batches = batches, .back = back, .owner = owner};
}

struct fc_ring *fc_writer_free_blocks(struct fc_writer *w) { return &w->free_blocks; }
struct fc_ring *fc_writer_records(struct fc_writer *w) { return &w->records; }
struct fc_wake *fc_writer_wake(struct fc_writer *w) { return &w->wake; }
void fc_writer_set_engine_wake(struct fc_writer *w, struct fc_wake *engine) { w->engine = engine; }
struct fc_ring *fc_writer_stalls(struct fc_writer *w) { return &w->stalls; }
const struct fc_writer_counts *fc_writer_counts(const struct fc_writer *w) { return &w->counts; }

void fc_writer_set_retention(struct fc_writer *w, fc_writer_due *due, void *ctx) {
    w->due = due;
    w->due_ctx = ctx;
}

void fc_writer_set_broken(struct fc_writer *w, void (*broken)(void *ctx, const struct fc_error *why), void *ctx) {
    w->on_broken = broken;
    w->on_broken_ctx = ctx;
}

/* ---- taking ---------------------------------------------------------------------------------------------------- */

static bool group_has_room(const struct fc_writer *w) {
    return w->group_n < GROUP_BATCHES && w->group_bytes < GROUP_BYTES;
}

static bool takes_blocks(const struct fc_writer *w) {
    return w->blocks_n < GROUP_BLOCKS && w->waiting_bytes <= WAITING_MAX;
}

static void take_inbox(struct fc_writer *w, uint32_t i) {
    struct fc_batch *batch;
    while (group_has_room(w) && FC_RING_POP(w->inboxes[i].batches, &batch)) {
        w->group_inbox[w->group_n] = (uint8_t)i;
        w->group[w->group_n++] = batch;
        if (batch->kind == FC_BATCH_DATA) w->group_bytes += zmq_msg_size(&batch->msg);
    }
}

static void take(struct fc_writer *w) {
    for (uint32_t k = 0; k < w->inbox_count; k++) take_inbox(w, (w->inbox_first + k) % w->inbox_count);
    if (w->inbox_count > 0) w->inbox_first = (w->inbox_first + 1) % w->inbox_count;
    while (takes_blocks(w) && FC_RING_POP(&w->records, &w->blocks[w->blocks_n])) w->blocks_n++;
}

/* Whether taking again would find something; for the re-check before sleeping. */
static bool inboxes_wait(const struct fc_writer *w) {
    if (w->blocked) return false; /* the second until the retry is slept through */
    for (uint32_t i = 0; i < w->inbox_count; i++)
        if (group_has_room(w) && !fc_ring_is_empty(w->inboxes[i].batches)) return true;
    return takes_blocks(w) && !fc_ring_is_empty(&w->records);
}

/* ---- one transaction ------------------------------------------------------------------------------------------- */

/* The table in the header. */
static enum fc_status place_batch(struct fc_writer *w, struct fc_batch *b, struct fc_error *err) {
    struct fc_str spool = fc_str_n(b->spool, sizeof b->spool);
    struct fc_mark mark;
    enum fc_status s = fc_store_get_mark(w->store, spool, &mark, err);
    if (s != FC_OK) return s;
    uint64_t behind = b->first + b->count;
    bool nothing_held = mark.next == 0;
    if (b->kind == FC_BATCH_HELLO) b->fate = FC_BATCH_ASKED;
    else if (nothing_held || b->first == mark.next) b->fate = FC_BATCH_STORED;
    else if (b->first > mark.next) b->fate = FC_BATCH_HOLE;
    else b->fate = behind <= mark.next ? FC_BATCH_DUPLICATE : FC_BATCH_OVERLAP;
    b->next = nothing_held ? 1 : mark.next;
    if (b->fate != FC_BATCH_STORED && b->fate != FC_BATCH_OVERLAP) return FC_OK;
    b->next = behind;
    return fc_store_append(w->store, spool, behind, fc_str_n(zmq_msg_data(&b->msg), zmq_msg_size(&b->msg)), err);
}

struct outcome { /* of the work besides the batches; counts only once committed */
    uint32_t applied, trimmed, expired;
    uint64_t waiting_bytes;
    bool refused; /* a record could not be applied, and not for lack of room */
};

static enum fc_status expire(struct fc_writer *w, struct outcome *o, struct fc_error *err) {
    struct fc_writer_range r = {0};
    if (!w->due(w->due_ctx, w->expire_turn, &r)) {
        w->expiring = false;
        w->expire_turn = 0;
        return FC_OK;
    }
    struct fc_str from = fc_str_n((const char *)r.from, r.from_n), to = fc_str_n((const char *)r.to, r.to_n);
    enum fc_status s = r.contacts ? fc_store_delete_contacts(w->store, from, to, EXPIRE_STEP, &o->expired, err)
                                  : fc_store_delete_intervals(w->store, from, to, EXPIRE_STEP, &o->expired, err);
    if (s == FC_OK && o->expired < EXPIRE_STEP) w->expire_turn++;
    return s;
}

/* Applying, trimming, expiring: each a bounded step. */
static enum fc_status keep_house(struct fc_writer *w, struct outcome *o, struct fc_error *err) {
    enum fc_status s = FC_OK;
    o->waiting_bytes = w->waiting_bytes;
    if (!w->stuck) {
        s = fc_store_apply(w->store, APPLY_STEP, &o->applied, &o->waiting_bytes, err);
        o->refused = s == FC_INVALID;
    }
    if (s == FC_OK && !w->stuck && (w->trim_due || o->applied > 0)) s = fc_store_trim(w->store, TRIM_STEP, &o->trimmed, err);
    if (s == FC_OK && w->expiring) s = expire(w, o, err);
    return s;
}

static enum fc_status write_all(struct fc_writer *w, bool with_batches, struct outcome *o, struct fc_error *err) {
    *o = (struct outcome){0};
    enum fc_status s = fc_store_begin(w->store, err);
    if (s != FC_OK) return s;
    for (uint32_t i = 0; s == FC_OK && with_batches && i < w->group_n; i++) s = place_batch(w, w->group[i], err);
    for (uint32_t i = 0; s == FC_OK && i < w->blocks_n; i++) s = fc_store_stage(w->store, w->blocks[i], err);
    if (s == FC_OK) s = keep_house(w, o, err);
    if (s == FC_OK) return fc_store_commit(w->store, err);
    fc_store_abort(w->store);
    return s;
}

/* ---- after it -------------------------------------------------------------------------------------------------- */

static void count_batch(struct fc_writer *w, struct fc_batch *b) {
    struct fc_writer_counts *c = &w->counts;
    switch (b->fate) {
    case FC_BATCH_ASKED: fc_count_add(&c->hellos, 1); return;
    case FC_BATCH_DUPLICATE: fc_count_add(&c->duplicates, 1); return;
    case FC_BATCH_HOLE: fc_count_add(&c->holes, 1); return;
    case FC_BATCH_OVERLAP: fc_count_add(&c->overlaps, 1); break;
    case FC_BATCH_STORED: break;
    }
    fc_count_add(&c->batches, 1);
    fc_count_add(&c->events, b->count);
    fc_count_add(&c->bytes, zmq_msg_size(&b->msg));
}

static void answer_batches(struct fc_writer *w) {
    for (uint32_t i = 0; i < w->group_n; i++) {
        struct inbox *in = &w->inboxes[w->group_inbox[i]];
        count_batch(w, w->group[i]);
        FC_ASSERT(FC_RING_PUSH(in->back, &w->group[i]));
        in->answered = true;
    }
    for (uint32_t i = 0; i < w->inbox_count; i++) {
        if (w->inboxes[i].answered) fc_wake_signal(w->inboxes[i].owner);
        w->inboxes[i].answered = false;
    }
    w->group_n = 0;
    w->group_bytes = 0;
}

static void give_back_blocks(struct fc_writer *w) {
    for (uint32_t i = 0; i < w->blocks_n; i++) {
        if (w->blocks[i]->last) fc_count_add(&w->counts.checkpoints, 1);
        w->blocks[i]->last = false;
        w->blocks[i]->used = 0;
        FC_ASSERT(FC_RING_PUSH(&w->free_blocks, &w->blocks[i]));
    }
    if (w->blocks_n > 0 && w->engine != NULL) fc_wake_signal(w->engine);
    w->blocks_n = 0;
}

static void note_success(struct fc_writer *w, const struct outcome *o, struct fc_mono began) {
    fc_count_add(&w->counts.commits, 1);
    fc_count_max(&w->counts.commit_us_max, (uint64_t)(fc_mono_now().ns - began.ns) / 1000); /* measured, never decides */
    fc_count_add(&w->counts.records, o->applied);
    fc_count_add(&w->counts.trimmed, o->trimmed);
    fc_count_add(&w->counts.expired, o->expired);
    w->waiting_bytes = o->waiting_bytes;
    w->trim_due = o->trimmed == TRIM_STEP;
}

static void measure(struct fc_writer *w) {
    struct fc_writer_counts *c = &w->counts;
    struct fc_store_size size;
    if (fc_store_measure(w->store, &size, NULL) != FC_OK) return; /* figures only: whatever ails the store is told by its commits */
    fc_count_set(&c->journal_entries, size.journal_entries);
    fc_count_set(&c->state_records, size.state_records);
    fc_count_set(&c->interval_records, size.interval_records);
    fc_count_set(&c->contact_records, size.contact_records);
    fc_count_set(&c->used_bytes, size.used_bytes);
    fc_count_set(&c->map_bytes, size.map_bytes);
    fc_count_set(&c->waiting_bytes, w->waiting_bytes);
}

/* ---- stalls ---------------------------------------------------------------------------------------------------- */

/* A ring that nobody empties keeps what it has: then nobody wants to know. */
static void tell_stall(struct fc_writer *w, enum fc_stall_kind kind, const struct fc_error *reason) {
    w->stall = (struct fc_stall){.kind = kind, .since_us = fc_wall_now().us, .reason = *reason};
    (void)FC_RING_PUSH(&w->stalls, &w->stall);
}

static void note_written(struct fc_writer *w) {
    w->blocked = false;
    fc_count_set(&w->counts.blocked, 0);
}

/* How long until the stall may be called over, in ns; 0: now, negative: there is none or it lasts. */
static int64_t calm_in_ns(const struct fc_writer *w, struct fc_mono now) {
    if (w->stall.kind != FC_STALL_FULL || w->blocked) return -1;
    int64_t left = w->failed_at.ns + CALM_NS - now.ns;
    return left > 0 ? left : 0;
}

static void end_stall(struct fc_writer *w) {
    int64_t s = (fc_wall_now().us - w->stall.since_us) / FC_SECOND_US;
    fc_info("the store takes writes again, after %lld s and %llu commits that failed", (long long)s, (unsigned long long)w->stall_failures);
    w->stall = w->stuck_stall; /* of kind none, most of the time */
    (void)FC_RING_PUSH(&w->stalls, &w->stall);
}

static void note_full(struct fc_writer *w, struct fc_mono now, const struct fc_error *why) {
    w->failed_at = now;
    w->blocked = true;
    w->retry_at.ns = now.ns + RETRY_NS;
    fc_count_set(&w->counts.blocked, 1);
    if (w->stall.kind == FC_STALL_FULL) {
        w->stall_failures++;
        return;
    }
    w->stall_failures = 1;
    fc_err("%s; acks are withheld, collectors keep their events, tried again every second", why->text);
    tell_stall(w, FC_STALL_FULL, why);
}

static void note_broken(struct fc_writer *w, const struct fc_error *why) {
    w->broken = true;
    w->broken_by = *why;
    if (w->on_broken != NULL) w->on_broken(w->on_broken_ctx, why);
}

static void note_failure(struct fc_writer *w, enum fc_status s, struct fc_mono now, const struct fc_error *why) {
    fc_count_add(&w->counts.commits_failed, 1);
    if (s == FC_FULL) note_full(w, now, why);
    else note_broken(w, why);
}

static void note_stuck(struct fc_writer *w, const struct fc_error *why) {
    w->stuck = true;
    fc_count_set(&w->counts.checkpoint_stuck, 1);
    fc_err("checkpoint cannot be applied: %s; it stays staged, the journal is kept from here on", why->text);
    if (w->stall.kind == FC_STALL_NONE) tell_stall(w, FC_STALL_CHECKPOINT, why);
    w->stuck_stall = (struct fc_stall){.kind = FC_STALL_CHECKPOINT, .since_us = fc_wall_now().us, .reason = *why};
}

static enum fc_status write_and_note(struct fc_writer *w, bool with_batches, struct fc_error *err) {
    struct fc_mono began = fc_mono_now();
    struct outcome o;
    enum fc_status s = write_all(w, with_batches, &o, err);
    if (s != FC_OK && o.refused) {
        note_stuck(w, err);
        s = write_all(w, with_batches, &o, err);
    }
    if (s != FC_OK) return s;
    note_success(w, &o, began);
    measure(w);
    if (with_batches) answer_batches(w);
    give_back_blocks(w);
    return FC_OK;
}

static enum fc_status turn(struct fc_writer *w, struct fc_mono now, struct fc_error *err) {
    w->committed_at = now;
    /* After a failure first checkpoints and trimming, which free room: together with the batches they might fail for ever. */
    enum fc_status s = w->blocked ? write_and_note(w, false, err) : FC_OK;
    if (s == FC_OK) s = write_and_note(w, true, err);
    if (s == FC_OK) note_written(w);
    else note_failure(w, s, now, err);
    return s;
}

/* ---- turns ----------------------------------------------------------------------------------------------------- */

static bool house_waits(const struct fc_writer *w) {
    return ((w->waiting_bytes > 0 || w->trim_due) && !w->stuck) || w->expiring;
}

/* How long the group may still grow; 0: write now. Work that no batch waits for does not linger. */
static int64_t linger_ns(const struct fc_writer *w, struct fc_mono now) {
    bool full = w->group_bytes >= w->options.commit_bytes || w->group_n >= FULL_BATCHES || w->blocks_n == GROUP_BLOCKS;
    if (w->options.no_linger || full || w->group_n == 0) return 0;
    int64_t left = w->committed_at.ns + w->options.linger_ms * INT64_C(1000000) - now.ns;
    return left > 0 ? left : 0;
}

/* With nothing in hand. */
static int64_t rest_ns(const struct fc_writer *w, struct fc_mono now) {
    int64_t expire = w->due != NULL ? w->expire_at.ns - now.ns : -1, calm = calm_in_ns(w, now);
    return calm < 0 ? expire : expire < 0 || calm < expire ? calm : expire;
}

int64_t fc_writer_do_work(struct fc_writer *w, struct fc_mono now) {
    if (w->broken) return -1;
    if (w->blocked && now.ns < w->retry_at.ns) return w->retry_at.ns - now.ns;
    if (calm_in_ns(w, now) == 0) end_stall(w);
    if (w->due != NULL && !w->expiring && now.ns >= w->expire_at.ns) {
        w->expiring = true;
        w->expire_at.ns = now.ns + EXPIRE_EVERY_NS;
    }
    take(w);
    if (w->group_n == 0 && w->blocks_n == 0 && !house_waits(w)) return rest_ns(w, now);
    int64_t left = linger_ns(w, now);
    if (left > 0) return left;
    struct fc_error err;
    if (turn(w, now, &err) == FC_OK) return 0;
    return w->broken ? -1 : RETRY_NS;
}

enum fc_status fc_writer_drain(struct fc_writer *w, struct fc_error *err) {
    while (!w->broken) {
        take(w);
        if (w->group_n == 0 && w->blocks_n == 0 && (w->waiting_bytes == 0 || w->stuck)) return FC_OK;
        enum fc_status s = turn(w, fc_mono_now(), err);
        if (s != FC_OK) return s;
    }
    if (err != NULL) *err = w->broken_by;
    return FC_IO;
}

/* ---- the thread ------------------------------------------------------------------------------------------------ */

static void *run(void *arg) {
    struct fc_writer *w = arg;
    /* acquire; partner: the release in fc_writer_stop */
    measure(w);
    while (!w->broken && !atomic_load_explicit(&w->stop, memory_order_acquire)) {
        struct fc_mono began = fc_mono_now();
        int64_t idle_ns = fc_writer_do_work(w, began);
        fc_count_turn(&w->counts.stalls, &w->counts.turn_us_max, fc_mono_us_since(began, fc_mono_now()));
        if (idle_ns == 0) continue;
        fc_wake_prepare(&w->wake);
        if (!inboxes_wait(w) && !atomic_load_explicit(&w->stop, memory_order_acquire)) fc_wake_wait(&w->wake, idle_ns);
        fc_wake_done(&w->wake);
    }
    w->drained = fc_writer_drain(w, &w->drain_error);
    return NULL;
}

enum fc_status fc_writer_start(struct fc_writer *w, struct fc_error *err) {
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* inherited: signals are main's */
    int rc = pthread_create(&w->thread, NULL, run, w);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0) return fc_fail(err, FC_IO, "cannot start the writer thread: %s", strerror(rc));
    (void)pthread_setname_np(w->thread, "fc-writer");
    return FC_OK;
}

enum fc_status fc_writer_stop(struct fc_writer *w, struct fc_error *err) {
    /* release; partner: the acquire in run */
    atomic_store_explicit(&w->stop, true, memory_order_release);
    fc_wake_signal(&w->wake);
    int rc = pthread_join(w->thread, NULL);
    FC_ASSERT(rc == 0);
    if (w->drained != FC_OK && err != NULL) *err = w->drain_error;
    return w->drained;
}
