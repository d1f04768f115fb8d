#include "steps.h"

#include "clock.h"
#include "rolling.h"

#include <stdlib.h>

#define AHEAD 8 /* entries whose levels are fetched before they are needed: an owner is mostly in no cache after so long */

struct entry { /* an hour of a large floor is tens of millions of these */
    struct fc_levels *of;
    int64_t step; /* ts_us * 256 + from * 16 + to */
};
_Static_assert(FC_STATE_NONE < 16, "a state fits four bits");

static int64_t pack(const struct fc_step *s) { return (int64_t)((uint64_t)s->ts_us << 8) | (int64_t)(s->from << 4 | s->to); }

static struct fc_step unpack(int64_t step) { return (struct fc_step){step >> 8, step >> 4 & 15, step & 15}; }

struct second {
    struct entry *at;
    uint32_t n, cap;
};

struct fc_steps {
    int64_t now_s, m15_from_s, h1_from_s;
    struct second ring[FC_ROLLING_SECONDS];
};

struct fc_steps *fc_steps_create(void) {
    struct fc_steps *s = calloc(1, sizeof *s);
    FC_ASSERT(s != NULL);
    return s;
}

void fc_steps_destroy(struct fc_steps *s) {
    if (s == NULL) return;
    for (int i = 0; i < FC_ROLLING_SECONDS; i++) free(s->ring[i].at);
    free(s);
}

int64_t fc_steps_m15_from_us(const struct fc_steps *s) { return s->m15_from_s * FC_SECOND_US; }
int64_t fc_steps_h1_from_us(const struct fc_steps *s) { return s->h1_from_s * FC_SECOND_US; }

static struct second *slot(struct fc_steps *s, int64_t second) { return &s->ring[second & (FC_ROLLING_SECONDS - 1)]; }

void fc_steps_add(struct fc_steps *s, struct fc_levels *of, const struct fc_step *step) {
    int64_t second = step->ts_us / FC_SECOND_US, last = s->h1_from_s + FC_ROLLING_SECONDS - 1;
    if (second < s->h1_from_s) return;
    struct second *at = slot(s, second < last ? second : last);
    if (at->n == at->cap) {
        uint32_t before = slot(s, second < last ? second - 1 : last - 1)->n; /* likely as many as a second ago */
        at->cap = at->cap > 0 ? 2 * at->cap : before < 4 ? 4 : before;
        at->at = realloc(at->at, at->cap * sizeof *at->at);
        FC_ASSERT(at->at != NULL);
    }
    at->at[at->n++] = (struct entry){of, pack(step)};
}

static void fetch(const struct second *at, uint32_t i) {
    if (i >= at->n) return;
    struct fc_step s = unpack(at->at[i].step);
    if (s.from != FC_STATE_NONE) __builtin_prefetch(&at->at[i].of->of[s.from], 1);
    if (s.to != FC_STATE_NONE) __builtin_prefetch(&at->at[i].of->of[s.to], 1);
}

static void leave_second(const struct second *at, bool h1) {
    for (uint32_t i = 0; i < at->n; i++) {
        struct fc_step s = unpack(at->at[i].step);
        fetch(at, i + AHEAD);
        fc_levels_leave(at->at[i].of, &s, h1);
    }
}

static void leave(struct fc_steps *s, int64_t from_s, int64_t to_s, bool h1) {
    for (int64_t second = from_s; second < to_s; second++) {
        struct second *at = slot(s, second);
        leave_second(at, h1);
        if (!h1) continue;
        at->n = 0;
        if (at->cap <= 64) continue; /* a busy second's memory is not kept for a quiet one */
        free(at->at);
        *at = (struct second){0};
    }
}

void fc_steps_advance(struct fc_steps *s, int64_t now_s) {
    if (now_s <= s->now_s) return;
    int64_t m15 = now_s - FC_M15_SECONDS + 1, h1 = now_s - FC_H1_SECONDS + 1, reach = s->h1_from_s + FC_ROLLING_SECONDS;
    leave(s, s->m15_from_s, m15 < reach ? m15 : reach, false);
    leave(s, s->h1_from_s, h1 < reach ? h1 : reach, true);
    s->now_s = now_s;
    s->m15_from_s = m15;
    s->h1_from_s = h1;
}

void fc_steps_drop(struct fc_steps *s, const struct fc_levels *of) {
    for (int i = 0; i < FC_ROLLING_SECONDS; i++) {
        struct second *at = &s->ring[i];
        uint32_t kept = 0;
        for (uint32_t k = 0; k < at->n; k++)
            if (at->at[k].of != of) at->at[kept++] = at->at[k];
        at->n = kept;
    }
}
