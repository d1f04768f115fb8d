/* The engine against the oracle, with checkpoints and restarts at random places; and long floors. */
#include "oracle_compare.h"

#define SHORT_FLOORS 600
#define LONG_FLOORS 3
#define LONG_CONTACTS (SLOWER > 1 ? 500 : 2000)

static struct fc_floor_spec spec_of(int contacts, int64_t span_us, bool odd) {
    return (struct fc_floor_spec){.contacts = contacts, .span_us = span_us, .late_pct = 20, .late_us_max = 50 * MINUTE, .again_pct = 5, .odd_pct = odd ? 10 : 0};
}

/* In `parts` pieces, stored after each and begun anew after half of them; looked at closely after the last and one other. */
static void play_floor(int number, const struct fc_floor_spec *spec, int parts) {
    struct play p;
    start_play(&p, seed_of(number), number, spec);
    int64_t look = draw(&p, 1, parts);
    for (int part = 1; part <= parts; part++) {
        play_to(&p, part == parts ? p.floor.n : (size_t)draw(&p, (int64_t)p.fed, (int64_t)p.floor.n));
        if (part == parts) let_pass(&p, draw(&p, 0, 240) * MINUTE);
        if (p.fed == 0) continue;
        checkpoint(&p);
        if (draw(&p, 0, 1) == 0) begin_anew(&p);
        if (part != look && part != parts) continue;
        compare_windows(&p, FC_ORACLE_PLAIN + 1);
        compare_stored(&p);
        compare_gauges(&p);
        compare_contacts(&p);
    }
    end_play(&p);
}

static void short_floors_survive_restarts(void **state) {
    (void)state;
    for (int i = 0, n = only >= 0 ? only + 1 : floors_to_play(SHORT_FLOORS); i < n; i++) {
        uint64_t chance = ~seed_of(i);
        struct fc_floor_spec spec = spec_of((int)fc_floor_between(&chance, 10, 40), fc_floor_between(&chance, 20, 240) * MINUTE, i % 2 == 1);
        if (only < 0 || i == only) play_floor(i, &spec, (int)fc_floor_between(&chance, 2, 6));
    }
}

static void long_floors_are_as_the_oracle_says(void **state) {
    (void)state;
    for (int i = 0; i < LONG_FLOORS; i++) {
        struct fc_floor_spec spec = spec_of(LONG_CONTACTS, 9 * 60 * MINUTE, i % 2 == 1);
        if (only < 0 || SHORT_FLOORS + i == only) play_floor(SHORT_FLOORS + i, &spec, 5);
    }
}

int main(void) {
    read_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_floors_survive_restarts),
        cmocka_unit_test(long_floors_are_as_the_oracle_says),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    end_compare();
    return failed;
}
