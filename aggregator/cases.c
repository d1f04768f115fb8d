#include "cases_private.h"

#include <stdlib.h>

/* Each reopening, and one each of opened, acknowledged, resolved, cause, disposition and its cause. */
#define FACTS_MAX (FC_CASE_STEPS_MAX + 6)

/* Room for one more of `size` bytes behind the n that are there. */
static void *grown(void *at, uint32_t n, uint32_t *cap, size_t size) {
    if (n < *cap) return at;
    *cap = *cap == 0 ? 4 : 2 * *cap;
    at = realloc(at, *cap * size);
    FC_ASSERT(at != NULL);
    return at;
}

/* ---- who goes next ----------------------------------------------------------------------------------------------- */

static bool goes_before(const struct fc_case *a, const struct fc_case *b) {
    return a->open != b->open ? b->open : a->heard_us < b->heard_us;
}

static void heap_set(struct fc_cases *c, uint32_t at, struct fc_case *k) {
    c->heap.at[at] = k;
    k->heap_at = at;
}

/* Puts the case where it belongs, `at` being free and all else in order. */
static void heap_place(struct fc_cases *c, uint32_t at, struct fc_case *k) {
    struct list *h = &c->heap;
    for (; at > 0 && goes_before(k, h->at[(at - 1) / 2]); at = (at - 1) / 2) heap_set(c, at, h->at[(at - 1) / 2]);
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < h->n && goes_before(h->at[child + 1], h->at[child])) child++;
        if (child >= h->n || !goes_before(h->at[child], k)) break;
        heap_set(c, at, h->at[child]);
        at = child;
    }
    heap_set(c, at, k);
}

static void heap_add(struct fc_cases *c, struct fc_case *k) {
    c->heap.at = grown(c->heap.at, c->heap.n, &c->heap.cap, sizeof(struct fc_case *));
    heap_place(c, c->heap.n++, k);
}

static void heap_remove(struct fc_cases *c, const struct fc_case *k) {
    struct fc_case *last = c->heap.at[--c->heap.n];
    if (last != k) heap_place(c, k->heap_at, last);
}

/* ---- a case comes and goes --------------------------------------------------------------------------------------- */

static void mark_dirty(struct fc_cases *c, struct fc_case *k) {
    if (k->dirty_at > 0) return;
    c->dirty.at = grown(c->dirty.at, c->dirty.n, &c->dirty.cap, sizeof(struct fc_case *));
    c->dirty.at[c->dirty.n++] = k;
    k->dirty_at = c->dirty.n;
}

static void unmark_dirty(struct fc_cases *c, struct fc_case *k) {
    if (k->dirty_at == 0) return;
    struct fc_case *last = c->dirty.at[--c->dirty.n];
    c->dirty.at[k->dirty_at - 1] = last;
    last->dirty_at = k->dirty_at;
    k->dirty_at = 0;
}

static void case_free(struct fc_case *k) {
    free((void *)(uintptr_t)k->id.p);
    free(k->steps);
    free(k);
}

static void set_open(struct fc_cases *c, struct fc_case *k, const struct fc_place *place, bool open) {
    if (k->open == open) return;
    k->open = open;
    c->counters.cases_open += open ? 1 : UINT64_MAX;
    c->open.open(c->open.ctx, place, open ? 1 : -1);
}

static void forget(struct fc_cases *c, struct fc_case *k) {
    heap_remove(c, k);
    set_open(c, k, &k->place, false);
    unmark_dirty(c, k);
    fc_map_remove(&c->map, k);
    c->counters.cases--;
    if (k->stored) {
        c->gone = grown(c->gone, c->gone_n, &c->gone_cap, sizeof *c->gone);
        c->gone[c->gone_n++] = k->id;
        k->id.p = NULL;
    }
    case_free(k);
}

static void make_room(struct fc_cases *c) {
    while (c->heap.n >= c->max) {
        struct fc_case *k = c->heap.at[0];
        if (k->open) c->counters.cases_evicted_open++;
        else c->counters.cases_evicted++;
        forget(c, k);
    }
}

struct fc_case *fc_case_add(struct fc_cases *c, struct fc_str id) {
    make_room(c);
    struct fc_case *k = calloc(1, sizeof *k);
    char *bytes = malloc(id.n);
    FC_ASSERT(k != NULL && bytes != NULL && id.n > 0);
    memcpy(bytes, id.p, id.n);
    k->id = fc_str_n(bytes, id.n);
    k->place.channel = FC_CHANNEL_PLAIN;
    k->cause = k->outcome_cause = NO_CAUSE;
    fc_map_add(&c->map, k);
    heap_add(c, k);
    c->counters.cases++;
    return k;
}

static struct fc_case *case_of(struct fc_cases *c, struct fc_str id) {
    if (id.n == 0) {
        c->counters.case_unnamed++;
        return NULL;
    }
    struct fc_case *k = fc_map_find(&c->map, id);
    return k != NULL ? k : fc_case_add(c, id);
}

struct fc_cases *fc_cases_create(struct fc_fact_sink facts, struct fc_open_sink open, uint32_t max) {
    struct fc_cases *c = calloc(1, sizeof *c);
    FC_ASSERT(c != NULL && max > 0);
    c->facts = facts;
    c->open = open;
    c->max = max;
    return c;
}

void fc_cases_destroy(struct fc_cases *c) {
    if (c == NULL) return;
    for (uint32_t i = 0; i < c->heap.n; i++) case_free(c->heap.at[i]);
    for (uint32_t i = 0; i < c->gone_n; i++) free((void *)(uintptr_t)c->gone[i].p);
    fc_map_fini(&c->map);
    free(c->heap.at);
    free(c->dirty.at);
    free(c->gone);
    free(c);
}

const struct fc_cases_counters *fc_cases_counters(const struct fc_cases *c) { return &c->counters; }

/* ---- what follows from a record ---------------------------------------------------------------------------------- */

struct derived {
    struct fc_place place;
    bool open, ack_early;
    uint32_t n;
    struct fc_fact facts[FACTS_MAX]; /* in the order of fact_order */
};

static int fact_order(const struct fc_fact *a, const struct fc_fact *b) {
    int r = cmp(a->ts_us, b->ts_us);
    if (r == 0) r = cmp(a->count, b->count);
    if (r == 0) r = cmp(a->sum, b->sum);
    return r != 0 ? r : cmp(a->value, b->value);
}

static void holds(struct derived *d, int64_t ts_us, enum fc_tally_count count, enum fc_tally_count sum, int64_t value) {
    struct fc_fact f = {.ts_us = ts_us, .value = value, .sign = 1, .count = (uint8_t)count, .sum = (uint8_t)sum};
    FC_ASSERT(d->n < FACTS_MAX);
    uint32_t i = d->n++;
    for (; i > 0 && fact_order(&d->facts[i - 1], &f) > 0; i--) d->facts[i] = d->facts[i - 1];
    d->facts[i] = f;
}

static void cause_holds(struct derived *d, int64_t ts_us, int cause) {
    static const enum fc_tally_count counts[] = {[FC_CAUSE_FRONTLINE] = FC_TALLY_cause_frontline,
                                                 [FC_CAUSE_PROCESS] = FC_TALLY_cause_process,
                                                 [FC_CAUSE_SUPPORT] = FC_TALLY_cause_support};
    if (cause != NO_CAUSE) holds(d, ts_us, counts[cause], FC_TALLY_NONE, 0);
}

static void derive_complaint(const struct fc_case *k, struct derived *d) {
    const struct step *opened = NULL, *acknowledged = NULL, *resolved = NULL;
    for (const struct step *s = k->steps; s < k->steps + k->steps_n; s++) {
        if (s->stage == FC_STAGE_OPENED && opened == NULL) opened = s;
        if (s->stage == FC_STAGE_ACKNOWLEDGED && acknowledged == NULL) acknowledged = s;
        if (s->stage == FC_STAGE_REOPENED) holds(d, s->ts_us, FC_TALLY_complaints_reopened, FC_TALLY_NONE, 0);
        if (s->stage == FC_STAGE_OPENED || s->stage == FC_STAGE_REOPENED) resolved = NULL;
        else if (s->stage == FC_STAGE_RESOLVED && resolved == NULL) resolved = s;
    }
    if (opened == NULL) opened = k->steps;
    holds(d, opened->ts_us, FC_TALLY_complaints_opened, FC_TALLY_NONE, 0);
    cause_holds(d, opened->ts_us, k->cause);
    if (acknowledged != NULL) {
        int64_t ack_us = acknowledged->ts_us - opened->ts_us;
        d->ack_early = ack_us < 0;
        holds(d, acknowledged->ts_us, FC_TALLY_complaint_ack_n, FC_TALLY_complaint_ack_us, ack_us < 0 ? 0 : ack_us);
    }
    d->open = resolved == NULL;
    if (resolved != NULL) /* never before the first opened, which is before the last */
        holds(d, resolved->ts_us, FC_TALLY_complaint_resolve_n, FC_TALLY_complaint_resolve_us,
              resolved->ts_us - opened->ts_us);
}

static void derive(const struct fc_case *k, struct derived *d) {
    d->place = k->place;
    d->open = d->ack_early = false;
    d->n = 0;
    if (k->steps_n > 0) derive_complaint(k, d);
    if (k->outcome_us == 0) return;
    bool yes = k->outcome == FC_OUTCOME_YES;
    holds(d, k->outcome_us, yes ? FC_TALLY_resolved_yes : FC_TALLY_resolved_no, FC_TALLY_NONE, 0);
    if (!yes) cause_holds(d, k->outcome_us, k->outcome_cause);
}

static void tell(struct fc_cases *c, const struct fc_place *place, struct fc_fact f, int sign) {
    f.sign = (int8_t)sign;
    c->facts.fact(c->facts.ctx, place, &f);
}

static bool same_place(const struct fc_place *a, const struct fc_place *b) {
    return a->queue == b->queue && a->agent == b->agent;
}

/* Both are in order, so that one walk finds what only one of them has. */
static void tell_difference(struct fc_cases *c, const struct derived *before, const struct derived *after) {
    bool same = same_place(&before->place, &after->place);
    for (uint32_t i = 0, j = 0; i < before->n || j < after->n;) {
        int r = i == before->n ? 1 : j == after->n ? -1 : fact_order(&before->facts[i], &after->facts[j]);
        if (r == 0 && same) {
            i++;
            j++;
        } else if (r <= 0) {
            tell(c, &before->place, before->facts[i++], -1);
        } else {
            tell(c, &after->place, after->facts[j++], 1);
        }
    }
}

/* The open complaints and the order of going, as they follow from the record. */
static void place_in_time(struct fc_cases *c, struct fc_case *k, const struct derived *d) {
    set_open(c, k, &d->place, d->open);
    k->heard_us = k->outcome_us;
    if (k->steps_n > 0 && k->steps[k->steps_n - 1].ts_us > k->heard_us) k->heard_us = k->steps[k->steps_n - 1].ts_us;
    heap_place(c, k->heap_at, k);
}

static void settle(struct fc_cases *c, struct fc_case *k, const struct derived *before) {
    struct derived after;
    derive(k, &after);
    tell_difference(c, before, &after);
    if (!after.open || !same_place(&before->place, &after.place)) set_open(c, k, &before->place, false);
    place_in_time(c, k, &after);
    c->counters.case_acks_early += after.ack_early && !before->ack_early;
    mark_dirty(c, k);
}

void fc_case_back(struct fc_cases *c, struct fc_case *k) {
    struct derived now;
    derive(k, &now);
    place_in_time(c, k, &now);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

/* Too many: the second goes. What stays is the first and the latest, whatever order they came in. */
static void drop_second(struct fc_cases *c, struct fc_case *k) {
    memmove(k->steps + 1, k->steps + 2, (--k->steps_n - 1) * sizeof *k->steps);
    c->counters.case_steps_dropped++;
}

static bool add_step(struct fc_cases *c, struct fc_case *k, struct step step) {
    uint32_t i = k->steps_n;
    while (i > 0 && step_order(k->steps[i - 1], step) > 0) i--;
    if (i > 0 && step_order(k->steps[i - 1], step) == 0) return false;
    k->steps = grown(k->steps, k->steps_n, &k->steps_cap, sizeof *k->steps);
    memmove(k->steps + i + 1, k->steps + i, (k->steps_n++ - i) * sizeof *k->steps);
    k->steps[i] = step;
    if (k->steps_n > FC_CASE_STEPS_MAX) drop_second(c, k);
    return true;
}

static int name_order(struct fc_str a, struct fc_str b) {
    uint32_t n = a.n < b.n ? a.n : b.n;
    int r = n == 0 ? 0 : memcmp(a.p, b.p, n);
    return r != 0 ? r : cmp(a.n, b.n);
}

/* Whether what is told at ts_us replaces what was told at *told_us; `order` > 0: it is the greater of the two. */
static bool replaces(int64_t ts_us, int64_t *told_us, int order) {
    if (ts_us < *told_us || (ts_us == *told_us && order <= 0)) return false;
    *told_us = ts_us;
    return true;
}

/* Whether the event's name for a thing replaces the one held, told at *told_us. */
static bool renames(const struct fc_event *ev, uint64_t key_bit, struct fc_str name, const void *held,
                    int64_t *told_us) {
    if ((ev->present & key_bit) == 0 || name.n == 0) return false;
    return replaces(ev->ts, told_us, name_order(name, name_of(held)));
}

static bool learn(struct fc_case *k, const struct fc_event *ev, const struct fc_resolver *resolver) {
    bool changed = false;
    if (renames(ev, FC_KEY_BIT(queue), ev->queue, k->place.queue, &k->queue_us)) {
        k->place.queue = resolver->queue(resolver->ctx, ev->queue);
        changed = true;
    }
    if (renames(ev, FC_KEY_BIT(agent), ev->agent, k->place.agent, &k->agent_us)) {
        k->place.agent = resolver->agent(resolver->ctx, ev->agent, ev->ts);
        changed = true;
    }
    if ((ev->present & FC_KEY_BIT(cause)) != 0 && replaces(ev->ts, &k->cause_us, cmp(ev->cause, k->cause))) {
        k->cause = (int8_t)ev->cause;
        changed = true;
    }
    return changed;
}

void fc_cases_complaint(struct fc_cases *c, const struct fc_event *ev, const struct fc_resolver *resolver) {
    FC_ASSERT(ev->kind == FC_COMPLAINT && ev->ts > 0);
    struct fc_case *k = case_of(c, ev->case_id);
    if (k == NULL) return;
    struct derived before;
    derive(k, &before);
    bool changed = add_step(c, k, (struct step){ev->ts, ev->stage});
    changed = learn(k, ev, resolver) || changed;
    if (changed) settle(c, k, &before);
}

void fc_cases_resolved(struct fc_cases *c, const struct fc_event *ev, const struct fc_resolver *resolver) {
    (void)resolver; /* a disposition stands where its complaint does */
    FC_ASSERT(ev->kind == FC_RESOLVED && ev->ts > 0);
    struct fc_case *k = case_of(c, ev->case_id);
    if (k == NULL) return;
    int cause = (ev->present & FC_KEY_BIT(cause)) != 0 ? ev->cause : NO_CAUSE;
    int order = cmp(ev->outcome, k->outcome);
    struct derived before;
    derive(k, &before);
    if (!replaces(ev->ts, &k->outcome_us, order != 0 ? order : cmp(cause, k->outcome_cause))) return;
    k->outcome = ev->outcome;
    k->outcome_cause = (int8_t)cause;
    settle(c, k, &before);
}

void fc_cases_advance(struct fc_cases *c, int64_t now_us) {
    while (c->heap.n > 0 && !c->heap.at[0]->open && now_us - c->heap.at[0]->heard_us > FC_CASE_KEPT_US) {
        c->counters.cases_forgotten++;
        forget(c, c->heap.at[0]);
    }
}
