#include "rolling.h"

#include "clock.h"

#include <stdlib.h>

void fc_rolling_init(struct fc_rolling *r) {
    *r = (struct fc_rolling){.ring = calloc(FC_ROLLING_SECONDS, sizeof *r->ring)};
    FC_ASSERT(r->ring != NULL);
}

void fc_rolling_fini(struct fc_rolling *r) {
    for (int i = 0; i < FC_ROLLING_SECONDS; i++) free(r->ring[i].facts);
    free(r->ring);
    free(r->stale);
    free(r->dirty);
    *r = (struct fc_rolling){0};
}

static struct fc_second *slot(struct fc_rolling *r, int64_t second) { return &r->ring[second & (FC_ROLLING_SECONDS - 1)]; }

struct fc_second *fc_rolling_second(struct fc_rolling *r, int64_t second) {
    struct fc_second *s = slot(r, second);
    return s->second == second ? s : NULL;
}

/* A slot may be listed twice when a restart unmarked it in between. */
static void mark_dirty(struct fc_rolling *r, struct fc_second *s) {
    if (s->dirty) return;
    s->dirty = true;
    if (r->dirty_n == r->dirty_cap) {
        r->dirty_cap = r->dirty_cap == 0 ? 64 : 2 * r->dirty_cap;
        r->dirty = realloc(r->dirty, r->dirty_cap * sizeof *r->dirty);
        FC_ASSERT(r->dirty != NULL);
    }
    r->dirty[r->dirty_n++] = (uint16_t)(s - r->ring);
}

static void set_aside(struct fc_rolling *r, struct fc_second *s) {
    if (s->parts == 0) return;
    if (r->stale_n == r->stale_cap) {
        r->stale_cap = r->stale_cap == 0 ? 64 : 2 * r->stale_cap;
        r->stale = realloc(r->stale, r->stale_cap * sizeof *r->stale);
        FC_ASSERT(r->stale != NULL);
    }
    r->stale[r->stale_n++] = (struct fc_stale){s->second, s->parts};
    s->parts = 0;
}

struct fc_logged fc_rolling_at(const struct fc_second *s, uint32_t i) {
    const struct fc_packed *p = &s->facts[i];
    return (struct fc_logged){
        .fact = {.ts_us = s->second * FC_SECOND_US + p->us, .value = p->value, .sign = p->sign, .count = p->count, .sum = p->sum},
        .place = {.queue = p->queue, .agent = p->agent, .channel = p->channel},
    };
}

static struct fc_packed pack(const struct fc_logged *l) {
    return (struct fc_packed){
        .value = l->fact.value,
        .queue = l->place.queue,
        .agent = l->place.agent,
        .us = (uint32_t)(l->fact.ts_us % FC_SECOND_US),
        .count = l->fact.count,
        .sum = l->fact.sum,
        .channel = l->place.channel,
        .sign = l->fact.sign,
    };
}

bool fc_rolling_add(struct fc_rolling *r, const struct fc_logged *logged, bool *in_m15) {
    int64_t second = logged->fact.ts_us / FC_SECOND_US;
    if (second < r->h1_from_s || second >= r->h1_from_s + FC_ROLLING_SECONDS) return false;
    struct fc_second *s = slot(r, second);
    FC_ASSERT(s->n == 0 || s->second == second);
    if (s->second != second) set_aside(r, s);
    s->second = second;
    if (s->n == s->cap) {
        uint32_t before = slot(r, second - 1)->n; /* likely as many as a second ago */
        s->cap = s->cap > 0 ? 2 * s->cap : before < 4 ? 4 : before;
        s->facts = realloc(s->facts, s->cap * sizeof *s->facts);
        FC_ASSERT(s->facts != NULL);
    }
    s->facts[s->n++] = pack(logged);
    mark_dirty(r, s);
    *in_m15 = second >= r->m15_from_s;
    return true;
}

typedef void (*fc_gone)(void *ctx, const struct fc_second *s, bool h1);

static void leave(struct fc_rolling *r, int64_t from, int64_t to, bool h1, fc_gone gone, void *ctx) {
    for (int64_t second = from; second < to; second++) {
        struct fc_second *s = slot(r, second);
        if (s->n == 0 || s->second != second) continue;
        gone(ctx, s, h1);
        if (!h1) continue;
        s->n = 0;
        mark_dirty(r, s); /* its stored records are to be deleted */
        if (s->cap > 64) { /* a busy second's memory is not kept for a quiet one */
            free(s->facts);
            s->facts = NULL;
            s->cap = 0;
        }
    }
}

void fc_rolling_advance(struct fc_rolling *r, int64_t now_s, fc_gone gone, void *ctx) {
    if (now_s <= r->now_s) return;
    int64_t m15 = now_s - FC_M15_SECONDS + 1, h1 = now_s - FC_H1_SECONDS + 1;
    int64_t reach = r->h1_from_s + FC_ROLLING_SECONDS; /* nothing is kept at or past it, however far time jumped */
    leave(r, r->m15_from_s, m15 < reach ? m15 : reach, false, gone, ctx);
    leave(r, r->h1_from_s, h1 < reach ? h1 : reach, true, gone, ctx);
    r->now_s = now_s;
    r->m15_from_s = m15;
    r->h1_from_s = h1;
}
