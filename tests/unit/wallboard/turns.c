/* Work for single clients: at once while there is time, else in line; first come, first served; who leaves is not called. */
#include "turns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define PIECES 5

struct piece {
    struct fc_turn turn; /* first */
    char name;
};

static struct fc_turns turns;
static struct piece pieces[PIECES];
static char done[2 * PIECES + 1];
static size_t done_n;

static void run(struct fc_turn *turn) {
    done[done_n++] = ((struct piece *)(void *)turn)->name;
    done[done_n] = '\0';
}

static void run_long(struct fc_turn *turn) {
    struct fc_mono began = fc_mono_now();
    run(turn);
    while (fc_mono_ms_since(began, fc_mono_now()) < 2 * FC_TURNS_MS_AT_ONCE) continue;
}

/* Nothing is left of this slice. */
static void use_up(void) { fc_budget_spend(&turns.slice, 1e9); }
static void fill_up(void) { turns.slice = (struct fc_budget){0}; }

static int set_up(void **state) {
    (void)state;
    fc_turns_init(&turns);
    memset(pieces, 0, sizeof pieces);
    for (int i = 0; i < PIECES; i++) pieces[i].name = (char)('a' + i);
    done_n = 0;
    done[0] = '\0';
    return 0;
}

static void take(int i) { fc_turns_take(&turns, &pieces[i].turn, run); }

static void at_once_while_there_is_time(void **state) {
    (void)state;
    take(0);
    take(1);
    assert_string_equal(done, "ab");
    assert_false(fc_turns_work(&turns));
}

static void without_time_they_wait_in_line(void **state) {
    (void)state;
    use_up();
    for (int i = 0; i < PIECES; i++) take(i);
    take(1); /* stands in line already, and keeps its place */
    assert_string_equal(done, "");
    assert_true(fc_turns_work(&turns));
    fill_up();
    assert_false(fc_turns_work(&turns));
    assert_string_equal(done, "abcde");
}

static void nobody_passes_those_in_line(void **state) {
    (void)state;
    use_up();
    take(0);
    fill_up();
    take(1); /* there would be time */
    assert_string_equal(done, "");
    assert_false(fc_turns_work(&turns));
    assert_string_equal(done, "ab");
}

static void who_leaves_is_not_called(void **state) {
    (void)state;
    use_up();
    for (int i = 0; i < 3; i++) take(i);
    fc_turn_leave(&turns, &pieces[1].turn); /* in the middle, */
    fc_turn_leave(&turns, &pieces[2].turn); /* the last: the next stands behind the first then, */
    fc_turn_leave(&turns, &pieces[4].turn); /* and one that stood nowhere */
    take(3);
    fc_turn_leave(&turns, &pieces[0].turn);
    fill_up();
    assert_false(fc_turns_work(&turns));
    assert_string_equal(done, "d");
}

/* One piece that takes long uses up the slice: those behind it wait for the next. */
static void long_work_ends_the_slice(void **state) {
    (void)state;
    use_up();
    fc_turns_take(&turns, &pieces[0].turn, run_long);
    take(1);
    fill_up();
    assert_true(fc_turns_work(&turns));
    assert_string_equal(done, "a");
    fill_up();
    assert_false(fc_turns_work(&turns));
    assert_string_equal(done, "ab");
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(at_once_while_there_is_time), TEST(without_time_they_wait_in_line), TEST(nobody_passes_those_in_line),
                                       TEST(who_leaves_is_not_called), TEST(long_work_ends_the_slice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
