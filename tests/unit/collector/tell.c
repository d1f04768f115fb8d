/* What a collector tells of itself: every row under its key, sources with their counters, and never more than may be sent. */
#include "tell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static unsigned counters;

static void many_counters(const struct fc_source *s, void (*each)(void *ctx, const char *name, uint64_t value), void *ctx) {
    char name[40];
    (void)s;
    for (unsigned i = 0; i < counters; i++) {
        (void)snprintf(name, sizeof name, "a_counter_with_a_long_name_%u", i);
        each(ctx, name, i);
    }
}

static const struct fc_source_ops source = {.scheme = "many", .counters = many_counters};

static bool find(struct fc_mp map, const char *key, struct fc_mp *value) {
    uint32_t n;
    struct fc_str word;
    if (!fc_mp_map(&map, &n)) return false;
    for (uint32_t i = 0; i < n && fc_mp_str(&map, &word); i++) {
        *value = map;
        if (fc_str_is(word, key)) return true;
        if (!fc_mp_skip(&map)) return false;
    }
    return false;
}

/* Encodes `n` sources of so many counters each; hands back the first of them. */
static struct fc_mp encode(uint8_t *to, struct fc_tell_source *sources, unsigned n, struct fc_mp *all) {
    struct fc_collector_figures figures = {0};
    uint64_t *f = (uint64_t *)&figures;
    uint32_t there;
    struct fc_mp list;
    for (size_t i = 0; i < sizeof figures / sizeof *f; i++) f[i] = 1000 + i;
    size_t bytes = fc_tell_encode(to, &figures, (struct fc_wall){1760000000000000}, sources, n);
    assert_true(bytes <= FC_TELL_BYTES_MAX);
    *all = fc_mp_open(to, bytes);
    struct fc_mp whole = *all;
    assert_true(fc_mp_skip(&whole) && fc_mp_left(&whole) == 0);
    assert_true(find(*all, "sources", &list) && fc_mp_array(&list, &there) && there == n);
    return list;
}

static void all_figures_are_there(void **state) {
    (void)state;
    static uint8_t bytes[FC_TELL_BYTES_MAX];
    struct fc_tell_source one = {.uri = "many:1", .done = true, .ops = &source};
    struct fc_mp all, figures, value, first;
    struct fc_str text;
    int64_t v, expected = 1000;
    bool done;
    counters = 3;
    first = encode(bytes, &one, 1, &all);
    assert_true(find(all, "figures", &figures));
#define FIGURE(key, name, label, type, per, help) assert_true(find(figures, #key, &value) && fc_mp_i64(&value, &v) && v == expected++);
    FC_COLLECTOR_FIGURES(FIGURE)
#undef FIGURE
    assert_true(find(all, "version", &value) && fc_mp_str(&value, &text) && fc_str_is(text, FC_VERSION));
    assert_true(find(first, "uri", &value) && fc_mp_str(&value, &text) && fc_str_is(text, "many:1"));
    assert_true(find(first, "done", &value) && fc_mp_bool(&value, &done) && done);
    assert_true(find(first, "counters", &value) && find(value, "a_counter_with_a_long_name_2", &value) && fc_mp_i64(&value, &v) && v == 2);
}

static void what_is_too_much_is_left_out(void **state) {
    (void)state;
    static uint8_t bytes[FC_TELL_BYTES_MAX];
    static char uri[401];
    struct fc_tell_source sources[32];
    struct fc_mp all, value, first;
    struct fc_str text;
    memset(uri, 'u', sizeof uri - 1);
    for (int i = 0; i < 32; i++) sources[i] = (struct fc_tell_source){.uri = uri, .ops = &source};
    counters = 60;
    first = encode(bytes, sources, 32, &all);
    assert_true(find(first, "uri", &value) && fc_mp_str(&value, &text) && text.n == 400);
    assert_false(find(first, "counters", &value));
    assert_true(find(all, "figures", &value));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_figures_are_there), cmocka_unit_test(what_is_too_much_is_left_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
