/* fill -- writes a data directory through the store, the engine and the chains themselves: nothing here knows a stored form. */
#include "chains.h"
#include "crowd.h"
#include "engine.h"
#include "interval.h"
#include "state.h"
#include "store.h"
#include "tally.h"

#include <stdio.h>
#include <stdlib.h>

#define QUARTER_US (15 * FC_MINUTE_US)
#define DAY_US (96 * QUARTER_US)
#define APPLY_STEP 200000
#define SAVE_CHAINS 200000

struct filling {
    struct fc_store *store;
    struct fc_record_block *block;
    struct fc_error *err;
    enum fc_status st;
    uint64_t records;
};

static struct fc_record_block *take(void *ctx) {
    struct filling *f = ctx;
    f->block->used = 0;
    f->block->last = false;
    return f->block;
}

/* Stages the block; after the last of a checkpoint all of it is applied. */
static void give(void *ctx, struct fc_record_block *b) {
    struct filling *f = ctx;
    uint64_t left = b->last ? 1 : 0;
    if (f->st == FC_OK) f->st = fc_store_begin(f->store, f->err);
    if (f->st != FC_OK) return;
    f->st = fc_store_stage(f->store, b, f->err);
    while (f->st == FC_OK && left > 0) {
        uint32_t done = 0;
        f->st = fc_store_commit(f->store, f->err);
        if (f->st == FC_OK) f->st = fc_store_begin(f->store, f->err);
        if (f->st == FC_OK) f->st = fc_store_apply(f->store, APPLY_STEP, &done, &left, f->err);
        f->records += done;
    }
    if (f->st == FC_OK) f->st = fc_store_commit(f->store, f->err);
    else fc_store_abort(f->store);
}

static void add(struct filling *f, enum fc_record_op op, struct fc_str key, struct fc_str value) {
    if (fc_record_append(f->block, op, key, value)) return;
    give(f, f->block);
    (void)take(f);
    FC_ASSERT(fc_record_append(f->block, op, key, value));
}

static void finish(struct filling *f) {
    f->block->last = true;
    give(f, f->block);
    (void)take(f);
}

/* ---- chains ------------------------------------------------------------------------------------------------------ */

static void put_chain(void *ctx, struct fc_chain_key key, struct fc_str bytes) {
    char buf[1 + sizeof key.b] = "k";
    memcpy(buf + 1, key.b, sizeof key.b);
    add(ctx, FC_RECORD_PUT, fc_str_n(buf, sizeof buf), bytes);
}

static void no_chain(void *ctx, struct fc_chain_key key) { (void)ctx, (void)key; }
static void no_fact(void *ctx, const struct fc_place *place, const struct fc_fact *fact) { (void)ctx, (void)place, (void)fact; }

/* One answered contact each, spread over the five days before the floor opened. Queue and agent are things that begin with a name. */
static void fill_chains(struct filling *f, const struct state_plan *plan, const struct crowd *crowd) {
    struct fc_chains *c = fc_chains_create((struct fc_fact_sink){no_fact, NULL});
    struct fc_str *names = malloc(((size_t)plan->queues + plan->agents) * sizeof *names);
    FC_ASSERT(names != NULL);
    for (uint32_t i = 0; i < plan->queues; i++) names[i] = crowd_queue(crowd, i);
    for (uint32_t i = 0; i < plan->agents; i++) names[plan->queues + i] = crowd_agent(crowd, i);
    for (uint32_t i = 0; i < plan->customers && f->st == FC_OK; i++) {
        char customer[32];
        (void)snprintf(customer, sizeof customer, "+49%09u", i); /* none that the floor will know */
        uint64_t contact = fc_chain_hash(fc_str(customer));
        int64_t offered_us = CROWD_T0_US - 5 * DAY_US + (int64_t)i * (5 * DAY_US / plan->customers);
        struct fc_visit v = {.contact = contact, .root = contact, .offered_us = offered_us, .answered_us = offered_us + 9000000, .over_us = offered_us + 190000000,
                             .place = {.queue = (struct fc_queue *)(void *)&names[i % plan->queues],
                                       .agent = (struct fc_agent *)(void *)&names[plan->queues + i % plan->agents],
                                       .channel = FC_CHANNEL_VOICE}};
        FC_ASSERT(fc_chains_put(c, fc_chain_key_of(fc_str(""), fc_str(customer)), &v));
        if (i % SAVE_CHAINS == SAVE_CHAINS - 1) fc_chains_save(c, &(struct fc_chains_store){.put = put_chain, .gone = no_chain, .ctx = f});
    }
    fc_chains_save(c, &(struct fc_chains_store){.put = put_chain, .gone = no_chain, .ctx = f});
    finish(f);
    fc_chains_destroy(c);
    free(names);
}

/* ---- intervals --------------------------------------------------------------------------------------------------- */

/* What fifteen minutes of a queue hold: 14 contacts of each kind of count, a handful of different waits. */
static size_t a_tally(uint8_t *bytes, size_t cap, uint32_t seed) {
    struct fc_tally t = {0};
    struct fc_mpw w;
    for (int64_t i = 0; i < 14; i++) {
        int64_t ms = 1000 + (int64_t)((seed * 2654435761u + (uint32_t)i * 40503u) % 60000);
        fc_tally_apply(&t, &(struct fc_fact){.value = ms * 1000, .sign = 1, .count = FC_TALLY_answered, .sum = FC_TALLY_wait_us}, 1);
        fc_tally_apply(&t, &(struct fc_fact){.value = ms * 7000, .sign = 1, .count = FC_TALLY_talk_n, .sum = FC_TALLY_talk_us}, 1);
        fc_tally_apply(&t, &(struct fc_fact){.value = ms * 8000, .sign = 1, .count = FC_TALLY_handle_n, .sum = FC_TALLY_handle_us}, 1);
        fc_tally_apply(&t, &(struct fc_fact){.sign = 1, .count = FC_TALLY_offered, .sum = FC_TALLY_NONE}, 1);
        fc_tally_apply(&t, &(struct fc_fact){.sign = 1, .count = FC_TALLY_sl_met, .sum = FC_TALLY_NONE}, 1);
    }
    fc_mpw_init(&w, bytes, cap);
    fc_tally_encode(&w, &t);
    fc_tally_fini(&t);
    return w.len;
}

static void fill_intervals(struct filling *f, const struct state_plan *plan, const struct crowd *crowd) {
    static uint8_t bytes[64][4096];
    size_t n[64];
    for (uint32_t i = 0; i < 64; i++) n[i] = a_tally(bytes[i], sizeof bytes[i], i + 1);
    const int resolutions[] = {15, 1440};
    for (int r = 0; r < 2; r++) {
        int64_t width_us = resolutions[r] * FC_MINUTE_US, to_us = fc_interval_start(CROWD_T0_US, 1440);
        for (uint32_t q = 0; q < plan->queues && f->st == FC_OK; q++) {
            for (int64_t at = to_us - plan->days * DAY_US; at < to_us; at += width_us) {
                char key[FC_INTERVAL_KEY_MAX];
                size_t key_n = fc_interval_key(key, FC_SCOPE_QUEUE, resolutions[r], FC_CHANNEL_VOICE, crowd_queue(crowd, q), at);
                uint32_t k = (uint32_t)(at / width_us + q) % 64;
                add(f, FC_RECORD_MERGE, fc_str_n(key, key_n), fc_str_n((const char *)bytes[k], n[k]));
            }
            if (q % 100 == 99) finish(f); /* what is staged stays small */
        }
    }
    finish(f);
}

/* ---- the floor --------------------------------------------------------------------------------------------------- */

struct opening {
    struct fc_engine *engine;
    struct fc_error *err;
};

static enum fc_status know(void *ctx, struct fc_str key, struct fc_str value) {
    struct opening *o = ctx;
    return fc_engine_restore(o->engine, key, value, o->err);
}

/* The floor goes on with the queues and agents that the customers' records name; the customers themselves it never meets. */
static void open_floor(struct filling *f, struct fc_engine *e) {
    char to[FC_CUSTOMERS_KEY];
    struct fc_str end = fc_str_n(to, fc_engine_customers_from(to));
    struct opening o = {e, f->err};
    if (f->st == FC_OK) f->st = fc_store_each_state_of(f->store, (struct fc_str){0}, end, know, &o, f->err);
    fc_engine_restored(e);
}

static void fill_floor(struct filling *f, const struct state_plan *plan, struct crowd *crowd) {
    struct fc_rules *rules = fc_rules_default();
    struct fc_engine *e = fc_engine_create(rules, true);
    open_floor(f, e);
    for (uint32_t s = 0; s < plan->warm_s && f->st == FC_OK; s++) {
        uint32_t n;
        const struct fc_event *events = crowd_second(crowd, &n);
        fc_engine_apply_all(e, events, n);
        if (s % 300 == 299 || s + 1 == plan->warm_s) fc_engine_checkpoint(e, take, give, f);
    }
    const struct fc_engine_counters *k = fc_engine_counters(e);
    printf("floor: %llu queues, %llu agents, %llu contacts held, %llu customers of its own\n", (unsigned long long)k->queues,
           (unsigned long long)k->agents, (unsigned long long)k->contacts, (unsigned long long)k->customers);
    fc_engine_destroy(e);
    fc_rules_free(rules);
}

static void said(struct filling *f, const char *what, struct fc_mono *at) {
    printf("%s: %llu records in %.1f s\n", what, (unsigned long long)f->records, (double)(fc_mono_now().ns - at->ns) / 1e9);
    fflush(stdout);
    f->records = 0;
    *at = fc_mono_now();
}

/* Into a state that is there already the floor cannot be restored without its customers, and would be settled from 1970 on. */
static enum fc_status check_empty(struct fc_store *store, const char *dir, struct fc_error *err) {
    struct fc_store_size size;
    enum fc_status st = fc_store_measure(store, &size, err);
    if (st != FC_OK || size.state_records + size.interval_records == 0) return st;
    return fc_fail(err, FC_CONFIG, "--fill %s: holds a state already, expected an empty directory", dir);
}

enum fc_status state_fill(const struct state_plan *plan, struct fc_error *err) {
    const struct fc_store_options options = {.dir = plan->dir, .merge = fc_tally_merge_bytes};
    struct filling f = {.err = err, .block = malloc(sizeof *f.block)};
    FC_ASSERT(f.block != NULL);
    struct fc_mono at = fc_mono_now();
    f.st = fc_store_open(&options, &f.store, err);
    if (f.st == FC_OK) f.st = check_empty(f.store, plan->dir, err);
    if (f.st != FC_OK) {
        fc_store_close(f.store);
        free(f.block);
        return f.st;
    }
    struct crowd *crowd = crowd_create(plan->queues, plan->agents, plan->agents * 100);
    (void)take(&f);
    fill_intervals(&f, plan, crowd);
    said(&f, "intervals", &at);
    fill_chains(&f, plan, crowd);
    said(&f, "chains", &at);
    fill_floor(&f, plan, crowd); /* last: its now is the chains' now */
    said(&f, "floor", &at);
    crowd_destroy(crowd);
    fc_store_close(f.store);
    free(f.block);
    return f.st;
}
