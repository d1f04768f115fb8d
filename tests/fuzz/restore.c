/* restore -- the engine's records, as they are read at a start: every kind, in whatever state the disk gives them back.
 * A record is taken or refused with a sentence. What was taken is a floor like any other: it lives on, and what it
 * writes at its next checkpoint, a fresh engine reads. */
#include "engine.h"
#include "fuzz.h"

static struct fc_rules *rules;

#define RECORDS_MAX 20000

/* What the store would hold: what was read, and what a checkpoint put over it. Read by a fresh engine in the order of keys. */
struct held {
    struct fc_record record;
    uint32_t serial;
};
struct written {
    struct fc_record_block *blocks[64];
    uint32_t blocks_n, records_n;
    struct held records[RECORDS_MAX];
};

static struct written written;

static void hold(struct written *w, struct fc_record r) {
    FC_ASSERT(w->records_n < RECORDS_MAX);
    w->records[w->records_n] = (struct held){r, w->records_n};
    w->records_n++;
}

static struct fc_record_block *take(void *ctx) {
    struct written *w = ctx;
    struct fc_record_block *block = malloc(sizeof *block);
    FC_ASSERT(block != NULL && w->blocks_n < sizeof w->blocks / sizeof *w->blocks);
    block->used = 0;
    block->last = false;
    w->blocks[w->blocks_n++] = block;
    return block;
}

static void give(void *ctx, struct fc_record_block *block) {
    struct written *w = ctx;
    struct fc_record r;
    for (uint32_t at = 0; fc_record_next(block, &at, &r);)
        if (r.op == FC_RECORD_PUT || r.op == FC_RECORD_DELETE) hold(w, r);
}

static int by_key(const void *a, const void *b) {
    const struct held *x = a, *y = b;
    struct fc_str k = x->record.key, l = y->record.key;
    int c = memcmp(k.p, l.p, k.n < l.n ? k.n : l.n);
    if (c == 0) c = (k.n > l.n) - (k.n < l.n);
    return c != 0 ? c : (x->serial > y->serial) - (x->serial < y->serial);
}

static bool is_replaced(const struct written *w, uint32_t i) {
    return i + 1 < w->records_n && fc_str_eq(w->records[i].record.key, w->records[i + 1].record.key);
}

static void read_again(struct written *w) {
    struct fc_engine *fresh = fc_engine_create(rules, false);
    struct fc_error err = {""};
    qsort(w->records, w->records_n, sizeof *w->records, by_key);
    for (uint32_t i = 0; i < w->records_n; i++) {
        const struct fc_record *r = &w->records[i].record;
        if (is_replaced(w, i) || r->op == FC_RECORD_DELETE || fc_engine_restore(fresh, r->key, r->value, &err) == FC_OK) continue;
        fprintf(stderr, "written and not read again: %s\n", err.text);
        abort();
    }
    fc_engine_restored(fresh);
    fc_engine_destroy(fresh);
    for (uint32_t i = 0; i < w->blocks_n; i++) free(w->blocks[i]);
}

static struct fc_state_block *take_state(void *ctx) {
    struct fc_state_block *block = ctx;
    return block;
}

static void give_state(void *ctx, struct fc_state_block *block) {
    struct fc_mp mp = fc_mp_open(block->body, block->body_n);
    (void)ctx;
    FC_ASSERT(fc_mp_skip(&mp) && fc_mp_left(&mp) == 0);
}

static void live_on(struct fc_engine *e) {
    static struct fc_state_block block;
    struct fc_outlet outlet = {take_state, give_state, &block};
    int64_t now_us = fc_engine_now_us(e);
    fc_engine_restored(e);
    if (now_us < 0 || now_us > INT64_C(253402300799999999) - 86400 * FC_SECOND_US) now_us = INT64_C(1767258000000000);
    struct fc_event ev = fc_event_make(FC_OFFERED, now_us + FC_SECOND_US);
    FC_EVENT_STR(&ev, contact, FC_STR_LIT("c"));
    FC_EVENT_STR(&ev, queue, FC_STR_LIT("sales"));
    FC_EVENT_STR(&ev, customer, FC_STR_LIT("0123456789abcdef0123456789abcdef"));
    fc_engine_apply(e, &ev);
    fc_engine_advance(e, (struct fc_wall){now_us + 2 * FC_SECOND_US});
    (void)fc_engine_publish(e, &outlet, (struct fc_mono){1000000000});
    fc_engine_advance(e, (struct fc_wall){now_us + 3600 * FC_SECOND_US});
    fc_engine_checkpoint(e, take, give, &written);
    read_again(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fc_str in = fc_str_n((const char *)data, size);
    struct fuzz_part part;
    struct fc_error err = {""};
    if (rules == NULL) rules = fc_rules_default();
    struct fc_engine *e = fc_engine_create(rules, false);
    enum fc_status st = FC_OK;
    written.blocks_n = written.records_n = 0;
    while (st == FC_OK && fuzz_next(&in, &part)) {
        hold(&written, (struct fc_record){.op = FC_RECORD_PUT, .key = part.key, .value = part.value});
        st = fc_engine_restore(e, part.key, part.value, &err);
    }
    if (st != FC_OK) fuzz_sentence(&err);
    else live_on(e);
    fc_engine_destroy(e);
    return 0;
}
