/* cases_store -- the cases' way into the store and back; the form is told in cases.h. */
#include "cases_private.h"

#include "mp.h"

#include <stdlib.h>

#define STORED_VERSION 1

bool fc_cases_dirty(const struct fc_cases *c) { return c->dirty.n > 0 || c->gone_n > 0; }

static void encode(struct fc_mpw *w, const struct fc_case *k) {
    fc_mpw_array(w, 11);
    fc_mpw_int(w, STORED_VERSION);
    fc_mpw_str(w, name_of(k->place.queue));
    fc_mpw_int(w, k->queue_us);
    fc_mpw_str(w, name_of(k->place.agent));
    fc_mpw_int(w, k->agent_us);
    const int64_t told[] = {k->cause, k->cause_us, k->outcome, k->outcome_cause, k->outcome_us};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) fc_mpw_int(w, told[i]);
    fc_mpw_array(w, 2 * k->steps_n);
    for (uint32_t i = 0; i < k->steps_n; i++) {
        fc_mpw_int(w, k->steps[i].stage);
        fc_mpw_int(w, k->steps[i].ts_us);
    }
}

void fc_cases_save(struct fc_cases *c, void (*put)(void *ctx, struct fc_str key, struct fc_str bytes),
                   void (*gone)(void *ctx, struct fc_str key), void *ctx) {
    for (uint32_t i = 0; i < c->gone_n; i++) {
        gone(ctx, c->gone[i]);
        free((void *)(uintptr_t)c->gone[i].p);
    }
    for (uint32_t i = 0; i < c->dirty.n; i++) {
        struct fc_case *k = c->dirty.at[i];
        uint8_t buf[FC_CASE_BYTES_MAX];
        struct fc_mpw w;
        fc_mpw_init(&w, buf, sizeof buf);
        encode(&w, k);
        FC_ASSERT(!w.overflow);
        put(ctx, k->id, fc_str_n((const char *)w.buf, w.len));
        k->dirty_at = 0;
        k->stored = true;
    }
    c->gone_n = c->dirty.n = 0;
}

/* A record as read, before anything is made of it. */
struct record {
    struct fc_str queue, agent;
    struct fc_case told; /* times, causes, outcome */
    uint32_t steps_n;
    struct step steps[FC_CASE_STEPS_MAX];
};

static bool read_name(struct fc_mp *mp, struct fc_str *name, int64_t *told_us) {
    if (!fc_mp_str(mp, name) || name->n > FC_ID_MAX || !fc_mp_i64(mp, told_us)) return false;
    return *told_us >= 0 && (*told_us > 0) == (name->n > 0);
}

static bool read_small(struct fc_mp *mp, int64_t least, int64_t most, int64_t *out) {
    return fc_mp_i64(mp, out) && *out >= least && *out <= most;
}

static bool read_told(struct fc_mp *mp, struct fc_case *k) {
    int64_t cause, outcome, outcome_cause;
    bool ok = read_small(mp, NO_CAUSE, FC_CAUSE_SUPPORT, &cause) && read_small(mp, 0, INT64_MAX, &k->cause_us) &&
              (k->cause_us > 0) == (cause != NO_CAUSE) && read_small(mp, 0, FC_OUTCOME_NO, &outcome) &&
              read_small(mp, NO_CAUSE, FC_CAUSE_SUPPORT, &outcome_cause) &&
              read_small(mp, 0, INT64_MAX, &k->outcome_us);
    if (!ok) return false;
    k->cause = (int8_t)cause;
    k->outcome = (uint8_t)outcome;
    k->outcome_cause = (int8_t)outcome_cause;
    return true;
}

static bool read_steps(struct fc_mp *mp, struct record *r) {
    uint32_t n = 0;
    if (!fc_mp_array(mp, &n) || n % 2 != 0 || n > 2 * FC_CASE_STEPS_MAX) return false;
    for (r->steps_n = 0; r->steps_n < n / 2; r->steps_n++) {
        int64_t stage;
        struct step *s = &r->steps[r->steps_n];
        if (!read_small(mp, 0, FC_STAGE_REOPENED, &stage) || !read_small(mp, 1, INT64_MAX, &s->ts_us)) return false;
        s->stage = (uint8_t)stage;
        if (r->steps_n > 0 && step_order(s[-1], *s) >= 0) return false;
    }
    return n > 0 || r->told.outcome_us > 0;
}

static bool read_record(struct fc_mp *mp, struct record *r) {
    uint32_t elements;
    int64_t version;
    return fc_mp_array(mp, &elements) && elements == 11 && fc_mp_i64(mp, &version) && version == STORED_VERSION &&
           read_name(mp, &r->queue, &r->told.queue_us) && read_name(mp, &r->agent, &r->told.agent_us) &&
           read_told(mp, &r->told) && read_steps(mp, r) && fc_mp_left(mp) == 0;
}

static void put_back(struct fc_case *k, const struct record *r, const struct fc_resolver *resolver) {
    if (r->queue.n > 0) k->place.queue = resolver->queue(resolver->ctx, r->queue);
    if (r->agent.n > 0) k->place.agent = resolver->agent(resolver->ctx, r->agent, r->told.agent_us);
    k->queue_us = r->told.queue_us;
    k->agent_us = r->told.agent_us;
    k->cause = r->told.cause;
    k->cause_us = r->told.cause_us;
    k->outcome = r->told.outcome;
    k->outcome_cause = r->told.outcome_cause;
    k->outcome_us = r->told.outcome_us;
    k->stored = true;
    if (r->steps_n == 0) return;
    k->steps = malloc(r->steps_n * sizeof *k->steps);
    FC_ASSERT(k->steps != NULL);
    memcpy(k->steps, r->steps, r->steps_n * sizeof *k->steps);
    k->steps_n = k->steps_cap = r->steps_n;
}

enum fc_status fc_cases_load(struct fc_cases *c, struct fc_str key, struct fc_str bytes,
                             const struct fc_resolver *resolver, struct fc_error *err) {
    struct fc_mp mp = fc_mp_open(bytes.p, bytes.n);
    struct record r;
    if (key.n == 0 || key.n > FC_ID_MAX || fc_map_find(&c->map, key) != NULL)
        return fc_fail(err, FC_INVALID, "case %.*s: its id is empty, too long or there already", FC_STR_ARG(key));
    if (!read_record(&mp, &r))
        return fc_fail(err, FC_INVALID, "case %.*s: byte %zu is not as version %d writes it", FC_STR_ARG(key),
                       fc_mp_offset(&mp), STORED_VERSION);
    struct fc_case *k = fc_case_add(c, key);
    put_back(k, &r, resolver);
    fc_case_back(c, k);
    return FC_OK;
}
