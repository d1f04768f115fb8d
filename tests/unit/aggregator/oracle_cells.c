/* One floor counted by two engines, each of which hears of its own queues and agents: what they hold together is what
 * one engine holds that hears everything, and what the oracle says. */
#include "oracle_compare.h"

#define FLOORS 400

/* ---- two floors side by side ------------------------------------------------------------------------------------ */

struct both {
    struct play play;        /* the floor of both, and the one engine that hears it all */
    struct fc_floor part[2]; /* what the play's floor is made of; names of the second are its own */
    struct fc_engine *cells[2];
    bool *of_second; /* by arrival */
    char *names;     /* of the second floor */
    struct fc_oracle_queue queues[2 * FC_FLOOR_QUEUES_MAX];
    struct fc_oracle_group groups[2 * FC_FLOOR_GROUPS_MAX];
    size_t names_n, names_cap;
};

static struct fc_str renamed(struct both *b, struct fc_str name) {
    if (name.n == 0) return name;
    assert_true(b->names_n + name.n + 2 <= b->names_cap);
    char *to = b->names + b->names_n;
    to[0] = '2';
    memcpy(to + 1, name.p, name.n);
    to[name.n + 1] = '\0';
    b->names_n += name.n + 2;
    return fc_str_n(to, name.n + 1);
}

static const char *renamed_z(struct both *b, const char *name) {
    return renamed(b, fc_str(name)).p;
}

static void rename_all(struct both *b, struct fc_floor *f) {
    b->names_cap = f->n * 6 * 24 + 4096;
    b->names = malloc(b->names_cap);
    assert_non_null(b->names);
    for (size_t i = 0; i < f->n; i++) {
        struct fc_event *ev = &f->events[i];
        struct fc_str *names[] = {&ev->contact, &ev->queue, &ev->agent, &ev->root, &ev->customer, &ev->case_id};
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) *names[k] = renamed(b, *names[k]);
    }
    for (int q = 0; q < f->queues_n; q++) f->queues[q] = renamed_z(b, f->queues[q]);
    for (int a = 0; a < f->agents_n; a++) f->agents[a] = renamed_z(b, f->agents[a]);
    for (size_t q = 0; q < f->rules.queues_n; q++) f->rules.queues[q].name = renamed_z(b, f->rules.queues[q].name);
    for (size_t g = 0; g < f->rules.groups_n; g++) {
        f->rules.groups[g].name = renamed_z(b, f->rules.groups[g].name);
        for (size_t q = 0; q < f->rules.groups[g].queues_n; q++)
            f->rules.groups[g].queues[q] = renamed_z(b, f->rules.groups[g].queues[q]);
    }
}

/* At one time, by one set of defaults. */
static void put_beside(struct fc_floor *f, const struct fc_floor *first) {
    int64_t by_us = first->start_us - f->start_us;
    for (size_t i = 0; i < f->n; i++) {
        f->events[i].ts += by_us;
        f->arrives_us[i] += by_us;
    }
}

static void join_rules(struct both *b) {
    struct fc_oracle_rules *r = &b->play.floor.rules;
    *r = b->part[0].rules;
    r->queues = b->queues;
    r->groups = b->groups;
    r->queues_n = r->groups_n = 0;
    for (int k = 0; k < 2; k++) {
        const struct fc_oracle_rules *of = &b->part[k].rules;
        for (size_t q = 0; q < of->queues_n; q++) b->queues[r->queues_n++] = of->queues[q];
        for (size_t g = 0; g < of->groups_n; g++) b->groups[r->groups_n++] = of->groups[g];
    }
}

static void join_names(struct both *b) {
    struct fc_floor *f = &b->play.floor;
    for (int k = 0; k < 2; k++) {
        for (int q = 0; q < b->part[k].queues_n; q++) f->queues[f->queues_n++] = b->part[k].queues[q];
        for (int a = 0; a < b->part[k].agents_n; a++) f->agents[f->agents_n++] = b->part[k].agents[a];
    }
}

static void join_events(struct both *b) {
    struct fc_floor *f = &b->play.floor;
    size_t at[2] = {0, 0}, n = b->part[0].n + b->part[1].n;
    f->memory[0] = f->events = calloc(n, sizeof *f->events);
    f->memory[1] = f->arrives_us = calloc(n, sizeof *f->arrives_us);
    b->of_second = calloc(n, sizeof *b->of_second);
    assert_true(f->events != NULL && f->arrives_us != NULL && b->of_second != NULL);
    for (; f->n < n; f->n++) {
        bool second = at[0] == b->part[0].n ||
                      (at[1] < b->part[1].n && b->part[1].arrives_us[at[1]] < b->part[0].arrives_us[at[0]]);
        const struct fc_floor *from = &b->part[second];
        b->of_second[f->n] = second;
        f->events[f->n] = from->events[at[second]];
        f->arrives_us[f->n] = from->arrives_us[at[second]++];
    }
}

/* ---- playing ---------------------------------------------------------------------------------------------------- */

/* Two cells have one clock on the wall, never the same newest event. */
static void start_both(struct both *b, int number) {
    uint64_t chance = seed_of(number) ^ 0x63656c6c;
    *b = (struct both){.play = {.number = number, .chance = chance}};
    for (int k = 0; k < 2; k++) {
        struct fc_floor_spec spec = {.contacts = (int)draw(&b->play, 5, 20),
                                     .span_us = draw(&b->play, 20, 240) * MINUTE,
                                     .late_pct = 20,
                                     .late_us_max = 50 * MINUTE,
                                     .again_pct = 5,
                                     .odd_pct = number % 2 == 0 ? 0 : 10};
        fc_floor_make(&b->part[k], fc_floor_draw(&b->play.chance), &spec);
    }
    b->play.floor.start_us = b->part[0].start_us;
    b->play.floor.odd = b->part[0].odd;
    b->play.day_start_minute = (int)draw(&b->play, 0, 24 * 60 - 1);
    put_beside(&b->part[1], &b->part[0]);
    rename_all(b, &b->part[1]);
    join_rules(b);
    join_names(b);
    join_events(b);
    open_play(&b->play);
    for (int k = 0; k < 2; k++) {
        b->cells[k] = fc_engine_create(b->play.rules, false);
        fc_engine_advance(b->cells[k], (struct fc_wall){b->play.now_us});
    }
}

static void end_both(struct both *b) {
    for (int k = 0; k < 2; k++) {
        fc_engine_destroy(b->cells[k]);
        fc_floor_fini(&b->part[k]);
    }
    end_play(&b->play);
    free(b->of_second);
    free(b->names);
}

static void advance(struct both *b, int64_t us) {
    let_pass(&b->play, us);
    for (int k = 0; k < 2; k++) fc_engine_advance(b->cells[k], (struct fc_wall){b->play.now_us});
}

static void play_both(struct both *b, size_t to) {
    while (b->play.fed < to) {
        size_t i = b->play.fed;
        play_to(&b->play, i + 1);
        advance(b, 0);
        fc_engine_apply(b->cells[b->of_second[i]], &b->play.floor.events[i]);
    }
}

/* ---- comparing -------------------------------------------------------------------------------------------------- */

static void expect_one_tally(const struct place *at, const struct fc_tally *one, const struct fc_tally *two) {
    for (int i = 0; i < FC_TALLY_COUNT_ALL; i++)
        if (one->v[i] != two->v[i]) differ(at, count_name(i), one->v[i], two->v[i]);
    if (one->wait_us_max != two->wait_us_max) differ(at, "wait_us_max", one->wait_us_max, two->wait_us_max);
    static const double quantiles[] = {0, 0.5, 0.9, 1};
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        int64_t a = -1, b = -1;
        assert_int_equal(fc_hist_quantile_ms(&one->waits, quantiles[i], &a),
                         fc_hist_quantile_ms(&two->waits, quantiles[i], &b));
        if (a != b) differ(at, "waits", a, b);
        a = b = -1;
        assert_int_equal(fc_hist_quantile_ms(&one->journeys, quantiles[i], &a),
                         fc_hist_quantile_ms(&two->journeys, quantiles[i], &b));
        if (a != b) differ(at, "journeys", a, b);
    }
}

static struct fc_tally half;

/* Both cells merged into `got`, as someone who asks both would. */
static void merge_cells(const struct both *b, struct owner owner, int channel, enum fc_window window) {
    fc_tally_clear(&got);
    for (int k = 0; k < 2; k++)
        if (fc_engine_peek(b->cells[k], owner.scope, fc_str(owner.name), channel, window, &half))
            fc_tally_merge(&got, &half);
}

static void compare_both(struct both *b) {
    struct owner owners[OWNERS_MAX];
    static struct fc_tally one;
    int n = owners_of(&b->play, owners);
    struct fc_oracle *o = oracle_now(&b->play);
    for (int i = 0; i < n; i++)
        for (int w = FC_WINDOW_M15; w <= FC_WINDOW_DAY; w++) {
            int channel =
                owners[i].scope == FC_SCOPE_AGENT ? FC_ORACLE_ALL : (int)draw(&b->play, FC_ORACLE_ALL, FC_ORACLE_PLAIN);
            enum fc_window window = (enum fc_window)w;
            struct place at = {&b->play,
                               owners[i],
                               channel,
                               fc_window_name(window),
                               window_start(&b->play, owners[i], window),
                               b->play.now_us + 1,
                               false};
            merge_cells(b, owners[i], channel, window);
            if (!fc_engine_peek(b->play.engine, owners[i].scope, fc_str(owners[i].name), channel, window, &one))
                fc_tally_clear(&one);
            expect_one_tally(&at, &one, &got);
            ask_oracle(o, &at);
            compare_tally(&at);
        }
    fc_oracle_destroy(o);
    fc_tally_fini(&one);
    fc_tally_fini(&half);
}

static void play_floor(int number) {
    struct both b;
    start_both(&b, number);
    play_both(&b, (size_t)draw(&b.play, 1, (int64_t)b.play.floor.n));
    compare_both(&b);
    play_both(&b, b.play.floor.n);
    advance(&b, draw(&b.play, 0, 240) * MINUTE);
    compare_both(&b);
    for (int k = 0; k < 2; k++) /* both into one store; the second time what came from beyond what may be late */
        do fc_engine_checkpoint(b.cells[k], take_record, give_record, &b.play);
        while (fc_engine_dirty(b.cells[k]));
    compare_stored(&b.play);
    end_both(&b);
}

static void two_cells_are_one_floor(void **state) {
    (void)state;
    if (only >= 0) play_floor(only);
    for (int i = 0, n = only >= 0 ? 0 : floors_to_play(FLOORS); i < n; i++) play_floor(i);
}

int main(void) {
    read_seed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_cells_are_one_floor),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    end_compare();
    return failed;
}
