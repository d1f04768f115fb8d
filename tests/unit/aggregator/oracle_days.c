/* The engine against the oracle on days when clocks change: every queue has a day of its own, `all`, groups and agents
 * the global one. What a zone's day is, zone.h says; here it is who counts in which. */
#include "oracle_compare.h"

#define FLOORS 800
#define HOUR (60 * MINUTE)
#define AT(days) (INT64_C(1767571200000000) + INT64_C(24) * HOUR * (days)) /* since 2026-01-05 00:00 UTC */

/* Days on which a clock of oracle_play.h's zones changes, and one without. */
static const int64_t changes_us[] = {
    AT(62),  /* 2026-03-08, New York */
    AT(83),  /* 2026-03-29, Berlin: 23 hours */
    AT(90),  /* 2026-04-05, Santiago: midnight comes twice */
    AT(150), /* 2026-06-04 */
    AT(244), /* 2026-09-06, Santiago: there is no midnight */
    AT(293), /* 2026-10-25, Berlin: 25 hours */
    AT(300), /* 2026-11-01, New York */
};

static void move_floor(struct fc_floor *f, int64_t by_us) {
    f->start_us += by_us;
    f->end_us += by_us;
    for (size_t i = 0; i < f->n; i++) {
        f->events[i].ts += by_us;
        f->arrives_us[i] += by_us;
    }
}

static void start_floor_on_a_day(struct play *p, int number) {
    uint64_t chance = seed_of(number) ^ 0x646179;
    struct fc_floor_spec spec = {.contacts = (int)fc_floor_between(&chance, 10, 30),
                                 .span_us = fc_floor_between(&chance, 60, 900) * MINUTE,
                                 .late_pct = 25,
                                 .late_us_max = 50 * MINUTE,
                                 .again_pct = 5,
                                 .odd_pct = number % 3 == 0 ? 10 : 0};
    make_play(p, chance, number, &spec);
    p->zoned = true;
    int64_t change_us = changes_us[draw(p, 0, (int64_t)(sizeof changes_us / sizeof *changes_us) - 1)];
    move_floor(&p->floor, change_us + draw(p, -600, 600) * MINUTE - p->floor.start_us);
    open_play(p);
}

static bool differs(const struct play *p, int64_t *turns, int64_t last_us[2]) {
    int64_t now_us[2] = {day_start(p, p->floor.queues[0]), day_start(p, NULL)};
    for (int i = 0; i < 2; i++) {
        *turns += last_us[i] != 0 && now_us[i] != last_us[i];
        last_us[i] = now_us[i];
    }
    return now_us[0] != now_us[1];
}

static void play_floor(int number, int64_t *turns, int64_t *apart) {
    struct play p;
    int64_t last_us[2] = {0, 0};
    start_floor_on_a_day(&p, number);
    int64_t parts = draw(&p, 2, 5);
    for (int64_t part = 1; part <= parts; part++) {
        play_to(&p, part == parts ? p.floor.n : (size_t)draw(&p, (int64_t)p.fed, (int64_t)p.floor.n));
        let_pass(&p, part == parts       ? draw(&p, 0, 30) * HOUR
                     : p.fed < p.floor.n ? draw(&p, 0, p.floor.arrives_us[p.fed] - p.now_us)
                                         : 0);
        if (p.fed == 0) continue;
        *apart += differs(&p, turns, last_us);
        checkpoint(&p);
        if (draw(&p, 0, 1) == 0) begin_anew(&p);
        compare_windows(&p, 2);
    }
    compare_stored(&p);
    end_play(&p);
}

static void each_has_its_day(void **state) {
    (void)state;
    int64_t turns = 0, apart = 0;
    if (only >= 0) play_floor(only, &turns, &apart);
    for (int i = 0, n = only >= 0 ? 0 : floors_to_play(FLOORS); i < n; i++) play_floor(i, &turns, &apart);
    if (only < 0) assert_true(turns > 0 && apart > 0);
}

int main(void) {
    read_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_its_day),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    end_compare();
    return failed;
}
