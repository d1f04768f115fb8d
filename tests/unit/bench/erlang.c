/* Erlang B, C and A against every published vector of tests/data/erlang/figures.json, against sums written out term by
 * term, and against each other in the limits where they meet.
 *
 * A vector with `tol` is held to it, one without to the digits it prints. Three vectors are wrong in their source (the
 * notes in the file say so): there the exact value of the note must come out, and the printed one must not. */
#include "erlang.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Figures printed wrongly by their source, with the value exact arithmetic gives and its last printed digit. */
static const struct correction {
    const char *id;
    double exact, tol;
} corrections[] = {{"pyw_doc_b_17", 0.012949, 5e-7}, {"prodyna_b_200_180", 0.010325, 5e-7}, {"prodyna_c_25_20", 0.209103, 5e-7}};

static int compared, corrected, elsewhere;

static const struct correction *correction_of(const char *id) {
    for (size_t i = 0; i < sizeof corrections / sizeof *corrections; i++)
        if (strcmp(corrections[i].id, id) == 0) return &corrections[i];
    return NULL;
}

/* Three significant digits: half a unit of the third, and as much again for sources that cut off instead of rounding. */
static double tolerance(const json_t *vector, double expected) {
    const json_t *tol = json_object_get(vector, "tol");
    if (tol != NULL) return json_number_value(tol) * (1 + 1e-9);
    return pow(10, floor(log10(fabs(expected))) - 2);
}

static double erlang_c_value(const struct fc_erlang_c *c, const char *key) {
    const struct { const char *key; double value; } all[] = {
        {"a", c->a}, {"p_wait", c->p_wait}, {"immediate", c->immediate}, {"asa", c->asa},
        {"service_level", c->service_level}, {"occupancy", c->occupancy}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].key, key) == 0) return all[i].value;
    fail_msg("erlC: no such value: %s", key);
    return NAN;
}

static double erlang_a_value(const struct fc_erlang_a *a, const char *key) {
    const struct { const char *key; double value; } all[] = {
        {"p_wait", a->p_wait}, {"p_abandon", a->p_abandon}, {"mean_wait_all", a->mean_wait_all},
        {"mean_wait_answered", a->mean_wait_answered}, {"occupancy", a->occupancy},
        {"service_level_of_offered", a->service_level_of_offered}, {"service_level_of_answered", a->service_level_of_answered},
        {"service_level_excluding_short_abandons", a->service_level_less_short}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].key, key) == 0) return all[i].value;
    fail_msg("erlA: no such value: %s", key);
    return NAN;
}

static double input(const json_t *vector, size_t i) { return json_number_value(json_array_get(json_object_get(vector, "input"), i)); }

static double value_of(const json_t *vector, const char *function, const char *key) {
    bool a = strcmp(function, "erlA") == 0;
    if (strcmp(function, "B") == 0) return fc_erlang_b((unsigned)input(vector, 0), input(vector, 1));
    if (strcmp(function, "C") == 0) return fc_erlang_c((unsigned)input(vector, 0), input(vector, 1));
    struct fc_group group = {.calls = input(vector, 0), .interval = input(vector, 1), .handle = input(vector, 2),
                             .patience = a ? input(vector, 3) : INFINITY, .agents = (unsigned)input(vector, a ? 4 : 3),
                             .target = input(vector, a ? 5 : 4)};
    struct fc_erlang_c c = fc_erlang_c_group(&group);
    if (!a) return erlang_c_value(&c, key);
    struct fc_erlang_a abandoning = fc_erlang_a_group(&group);
    return erlang_a_value(&abandoning, key);
}

static void compare(const json_t *vector, const char *id, const char *function, const char *key, double expected) {
    double got = value_of(vector, function, key), tol = tolerance(vector, expected);
    const struct correction *fix = correction_of(id);
    printf("  %-18s %-4s %-38s %-12.9g %.9g%s\n", id, function, key, expected, got, fix != NULL ? "  (printed wrongly)" : "");
    if (fix == NULL) {
        if (!(fabs(got - expected) <= tol)) fail_msg("%s %s: %.12g is not within %.3g of %.12g", id, key, got, tol, expected);
        compared++;
        return;
    }
    assert_true(fabs(got - fix->exact) <= fix->tol);
    assert_true(fabs(got - expected) > tol);
    corrected++;
}

static void compare_vector(const json_t *vector) {
    const char *id = json_string_value(json_object_get(vector, "id"));
    const char *function = json_string_value(json_object_get(vector, "function"));
    json_t *expected = json_object_get(vector, "expected");
    if (strcmp(function, "wilson") == 0) { /* checked where the interval is computed, in the aggregator */
        printf("  %-18s %-4s belongs to another module\n", id, function);
        elsewhere += (int)json_object_size(expected);
        return;
    }
    const char *key;
    json_t *value;
    json_object_foreach(expected, key, value) {
        if (!json_is_array(value)) compare(vector, id, function, key, json_number_value(value));
        for (size_t i = 0; i < json_array_size(value); i++)
            compare(vector, id, function, key, json_number_value(json_array_get(value, i)));
    }
}

static void published_figures(void **state) {
    (void)state;
    json_error_t error;
    json_t *figures = json_load_file(FC_TEST_DATA "/erlang/figures.json", 0, &error);
    if (figures == NULL) fail_msg("figures.json:%d: %s", error.line, error.text);
    json_t *vectors = json_object_get(figures, "vectors");
    for (size_t i = 0; i < json_array_size(vectors); i++) compare_vector(json_array_get(vectors, i));
    printf("  %zu vectors: %d values agree, %d wrong in their source (exact value agrees), %d of another module\n",
           json_array_size(vectors), compared, corrected, elsewhere);
    assert_int_equal(json_array_size(vectors), 20);
    assert_int_equal(corrected, 4); /* one of the three vectors gives two figures */
    json_decref(figures);
}

/* The definition, summed in long double from the largest term: sum over k of a^k / k!. */
static double b_by_sum(unsigned n, double a) {
    long double term = 1, sum = 1; /* relative to a^n / n!, downwards */
    for (unsigned k = n; k > 0; k--) sum += term *= (long double)k / (long double)a;
    return (double)(1 / sum);
}

static void recurrence_equals_the_sum(void **state) {
    (void)state;
    for (unsigned n = 1; n <= 3000; n = n * 3 / 2 + 1)
        for (double load = 0.2; load < 1.5; load += 0.1) {
            double b = fc_erlang_b(n, n * load), sum = b_by_sum(n, n * load);
            assert_true(fabs(b - sum) <= 1e-12 * sum);
            double c = fc_erlang_c(n, n * load);
            assert_true(c >= b && c <= 1);
        }
    assert_true(fc_erlang_b(0, 3) == 1 && fc_erlang_b(5, 0) == 0 && fc_erlang_c(3, 3) == 1 && fc_erlang_c(3, 4) == 1);
}

static void bigger_is_monotone(void **state) {
    (void)state;
    for (unsigned n = 1; n < 200; n++) {
        assert_true(fc_erlang_b(n + 1, 80) < fc_erlang_b(n, 80) && fc_erlang_b(n, 81) > fc_erlang_b(n, 80));
        if (n > 80) assert_true(fc_erlang_c(n + 1, 80) < fc_erlang_c(n, 80));
    }
}

/* The birth-death chain of Erlang A, state by state in long double; waits from the chain of who stands before whom. */
static void check_chain(struct fc_group g) {
    long double lambda = g.calls / g.interval, mu = 1 / (long double)g.handle, theta = 1 / (long double)g.patience;
    static long double p[6000];
    long double sum = 0, wait = 0, queue = 0, busy = 0;
    p[0] = 1;
    for (unsigned k = 1; k < 6000; k++) {
        long double death = k <= g.agents ? k * mu : g.agents * mu + (k - g.agents) * theta;
        p[k] = p[k - 1] * lambda / death;
    }
    for (unsigned k = 0; k < 6000; k++) {
        sum += p[k];
        if (k >= g.agents) wait += p[k], queue += (k - g.agents) * p[k];
        busy += (k < g.agents ? k : g.agents) * p[k];
    }
    struct fc_erlang_a a = fc_erlang_a_group(&g);
    assert_true(fabs(a.p_wait - (double)(wait / sum)) < 1e-12);
    assert_true(fabs(a.mean_wait_all - (double)(queue / sum / lambda)) < 1e-10 * (1 + a.mean_wait_all));
    assert_true(fabs(a.p_abandon - (double)(theta * queue / sum / lambda)) < 1e-12);
    assert_true(fabs(a.occupancy - (double)(busy / sum / g.agents)) < 1e-12);
    /* Laws between the integrals and the sums. */
    struct fc_group forever = g;
    forever.target = 40 * (g.handle + g.patience);
    struct fc_erlang_a all = fc_erlang_a_group(&forever);
    assert_true(fabs(all.service_level_of_offered - (1 - a.p_abandon)) < 1e-9);
    assert_true(fabs(all.abandoned_within - a.p_abandon) < 1e-9);
    double abandoned_wait = a.mean_wait_all - a.mean_wait_answered * (1 - a.p_abandon);
    assert_true(abandoned_wait >= -1e-12);
    assert_true(a.service_level_less_short >= a.service_level_of_offered);
    assert_true(a.service_level_of_answered >= a.service_level_less_short - 1e-12);
}

static void erlang_a_equals_its_chain(void **state) {
    (void)state;
    for (unsigned n = 1; n <= 300; n = n * 4 + 1)
        for (double load = 0.5; load <= 2.1; load += 0.4)
            for (double patience = 0.1; patience <= 10; patience *= 5)
                check_chain((struct fc_group){.calls = n * load, .interval = 180, .handle = 180, .patience = 180 * patience,
                                              .agents = n, .target = 20});
}

static void erlang_a_meets_c_and_b(void **state) {
    (void)state;
    struct fc_group g = {.calls = 100, .interval = 1800, .handle = 180, .patience = 180e6, .agents = 13, .target = 20};
    struct fc_erlang_c c = fc_erlang_c_group(&g);
    struct fc_erlang_a a = fc_erlang_a_group(&g);
    assert_true(fabs(a.p_wait - c.p_wait) < 1e-5 && fabs(a.mean_wait_all - c.asa) < 1e-3 && a.p_abandon < 1e-6);
    assert_true(fabs(a.service_level_of_offered - c.service_level) < 1e-5);
    g.patience = INFINITY;
    a = fc_erlang_a_group(&g);
    assert_true(a.p_wait == c.p_wait && a.mean_wait_answered == c.asa && a.p_abandon == 0);
    g.patience = 1e-6;
    assert_true(fabs(fc_erlang_a_group(&g).p_abandon - fc_erlang_b(13, 10)) < 1e-6);
}

/* Sizes at which factorials and naive sums overflow. */
static void large_groups_stay_finite(void **state) {
    (void)state;
    struct fc_group g = {.calls = 20000, .interval = 180, .handle = 180, .patience = 100000, .agents = 10000, .target = 20};
    struct fc_erlang_a a = fc_erlang_a_group(&g);
    assert_true(fabs(a.p_abandon - 0.5) < 1e-6 && a.p_wait > 0.999999 && fabs(a.occupancy - 1) < 1e-6);
    assert_true(isfinite(a.mean_wait_answered) && a.service_level_of_offered < 1e-6);
    g.calls = 10;
    a = fc_erlang_a_group(&g);
    assert_true(a.p_wait == 0 && a.p_abandon == 0 && a.service_level_of_offered == 1 && a.mean_wait_answered == 0);
    assert_true(fc_erlang_c(50000, 49000) > 0 && fc_erlang_c(50000, 49000) < 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_figures),    cmocka_unit_test(recurrence_equals_the_sum),
        cmocka_unit_test(bigger_is_monotone),   cmocka_unit_test(erlang_a_equals_its_chain),
        cmocka_unit_test(erlang_a_meets_c_and_b), cmocka_unit_test(large_groups_stay_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
