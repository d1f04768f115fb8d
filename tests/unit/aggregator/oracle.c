/* The engine against the oracle: ten thousand short floors, at any moment and with either clock. */
#include "oracle_compare.h"

#define FLOORS 10000

/* A third is told in the order of time, a third late and twice, a third contradicts itself as well. */
static struct fc_floor_spec short_spec(uint64_t *chance) {
    int64_t kind = fc_floor_between(chance, 0, 2);
    return (struct fc_floor_spec){.contacts = (int)fc_floor_between(chance, 10, 40),
                                  .span_us = fc_floor_between(chance, 20, 420) * MINUTE,
                                  .late_pct = kind == 0 ? 0 : 25,
                                  .late_us_max = 50 * MINUTE,
                                  .again_pct = kind == 0 ? 0 : 10,
                                  .odd_pct = kind == 2 ? 15 : 0};
}

/* A floor that is played alone is looked at after each arrival, so that the one that made the difference is the last printed. */
static void play_on(struct play *p, size_t to) {
    size_t step = only >= 0 ? 1 : 16;
    while (p->fed < to) {
        play_to(p, p->fed + step < to ? p->fed + step : to);
        checkpoint_for_nothing(p);
        if (only >= 0) compare_windows(p, FC_ORACLE_PLAIN + 1);
    }
}

static void play_floor(int number) {
    uint64_t chance = seed_of(number);
    struct fc_floor_spec spec = short_spec(&chance);
    struct play p;
    start_play(&p, chance, number, &spec);
    play_on(&p, (size_t)draw(&p, 1, (int64_t)p.floor.n));
    if (p.fed < p.floor.n) let_pass(&p, draw(&p, 0, p.floor.arrives_us[p.fed] - p.now_us));
    compare_windows(&p, 1);
    play_on(&p, p.floor.n);
    let_pass(&p, draw(&p, 0, 99) == 0 ? draw(&p, 60, 300) * MINUTE : draw(&p, 0, 60) * draw(&p, 0, 60) * SECOND);
    compare_windows(&p, 1);
    compare_gauges(&p);
    end_play(&p);
}

static void short_floors_are_as_the_oracle_says(void **state) {
    (void)state;
    if (only >= 0) play_floor(only);
    for (int i = 0, n = only >= 0 ? 0 : floors_to_play(FLOORS); i < n; i++) play_floor(i);
}

int main(void) {
    read_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_floors_are_as_the_oracle_says),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    end_compare();
    return failed;
}
