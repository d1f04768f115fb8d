/* The engine against the oracle when the rules change under it: groups come, go and list other queues; the window of
 * chains widens and narrows. Told live or found at a restart, from then on it is as if it had always been so. */
#include "oracle_compare.h"

#define FLOORS 800
#define TIMELINE_US (60 * MINUTE) /* for so long agents' time is known by agent */
#define CHAINS_US                                                                                                      \
    (115 * MINUTE) /* no chain is forgotten sooner than an hour's window and the late window after its end */

/* ---- new rules -------------------------------------------------------------------------------------------------- */

struct groups {
    struct fc_oracle_group at[FC_FLOOR_GROUPS_MAX];
    const char *queues[FC_FLOOR_GROUPS_MAX][FC_FLOOR_QUEUES_MAX];
};

/* Some of the old names, one new one; some with the same queues. */
static void draw_groups(struct play *p, struct groups *g) {
    static const char *const names[] = {"mixed", "front", "south", "north"};
    struct fc_oracle_rules *r = &p->floor.rules;
    size_t first = (size_t)draw(p, 0, 3), n = (size_t)draw(p, 0, FC_FLOOR_GROUPS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct fc_oracle_group *to = &g->at[i];
        *to = (struct fc_oracle_group){.name = names[(first + i) % 4], .queues = g->queues[i]};
        for (size_t k = 0; draw(p, 0, 1) == 0 && k < r->groups_n; k++)
            if (strcmp(r->groups[k].name, to->name) == 0)
                for (; to->queues_n < r->groups[k].queues_n; to->queues_n++)
                    to->queues[to->queues_n] = r->groups[k].queues[to->queues_n];
        for (int q = 0; to->queues_n == 0 && q < p->floor.queues_n; q++)
            if (draw(p, 0, 1) == 0) to->queues[to->queues_n++] = p->floor.queues[q];
        if (to->queues_n == 0) to->queues[to->queues_n++] = p->floor.queues[0];
    }
    r->groups = g->at;
    r->groups_n = n;
    p->scopes_moved = true;
    p->regrouped_late = p->regrouped_late || p->now_us - p->floor.start_us > TIMELINE_US;
}

static void reload(struct play *p, bool live) {
    struct fc_rules *old = p->rules;
    p->rules = rules_of(p);
    if (live) {
        fc_engine_configure(p->engine, p->rules);
    } else {
        checkpoint(p);
        begin_anew(p);
    }
    fc_rules_free(old);
}

/* ---- playing ---------------------------------------------------------------------------------------------------- */

static struct fc_floor_spec spec_of(uint64_t *chance, int number) {
    return (struct fc_floor_spec){.contacts = (int)fc_floor_between(chance, 10, 40),
                                  .span_us = fc_floor_between(chance, 20, 240) * MINUTE,
                                  .late_pct = 25,
                                  .late_us_max = 50 * MINUTE,
                                  .again_pct = 5,
                                  .odd_pct = number % 3 == 0 ? 10 : 0};
}

static void look(struct play *p) {
    compare_windows(p, 1);
    compare_gauges(p);
}

static void play_groups(int number) {
    uint64_t chance = seed_of(number) ^ 0x67726f75;
    struct fc_floor_spec spec = spec_of(&chance, number);
    struct groups groups[3] = {0};
    struct play p;
    start_play(&p, chance, number, &spec);
    for (int i = 0; i < 3; i++) {
        play_to(&p, (size_t)draw(&p, (int64_t)p.fed, (int64_t)p.floor.n));
        if (p.fed == 0) continue;
        draw_groups(&p, &groups[i]);
        reload(&p, draw(&p, 0, 2) > 0);
        look(&p);
        if (draw(&p, 0, 1) == 0) checkpoint(&p);
        if (draw(&p, 0, 3) == 0) reload(&p, false);
    }
    play_to(&p, p.floor.n);
    let_pass(&p, draw(&p, 0, 60) * MINUTE);
    look(&p);
    end_play(&p);
}

static void groups_are_as_if_they_had_always_been(void **state) {
    (void)state;
    if (only >= 0) play_groups(only);
    for (int i = 0, n = only >= 0 ? 0 : floors_to_play(FLOORS); i < n; i++) play_groups(i);
}

/* The last arrival before which no chain can be forgotten. */
static size_t arrivals_until(const struct play *p, int64_t us) {
    size_t n = 0;
    while (n < p->floor.n && p->floor.arrives_us[n] <= us) n++;
    return n;
}

static void play_window(int number) {
    uint64_t chance = seed_of(number) ^ 0x66637277;
    struct fc_floor_spec spec = spec_of(&chance, number);
    struct play p;
    start_play(&p, chance, number, &spec);
    size_t n = arrivals_until(&p, p.floor.start_us + CHAINS_US);
    for (int i = 0; i < 2; i++) {
        play_to(&p, (size_t)draw(&p, (int64_t)p.fed, (int64_t)n));
        if (p.fed == 0) continue;
        p.floor.rules.chain_window_us = draw(&p, 1, 4) * 60 * MINUTE;
        reload(&p, draw(&p, 0, 2) > 0);
        look(&p);
    }
    play_to(&p, p.floor.n);
    let_pass(&p, draw(&p, 0, 240) * MINUTE);
    checkpoint(&p);
    look(&p);
    compare_stored(&p);
    end_play(&p);
}

static void another_window_derives_chains_anew(void **state) {
    (void)state;
    if (only >= 0) play_window(only);
    for (int i = 0, n = only >= 0 ? 0 : floors_to_play(FLOORS / 2); i < n; i++) play_window(i);
}

int main(void) {
    read_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_are_as_if_they_had_always_been),
        cmocka_unit_test(another_window_derives_chains_anew),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    end_compare();
    return failed;
}
