/* What is written into items, key by key; and the catalogue against its page, its types and its two languages. */
#include "kpi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

/* ---- what is written --------------------------------------------------------------------------------------------- */

/* Skips what a pair says; its own key must be `key`. */
static void expect_pair(struct fc_mp *mp, const char *key) {
    struct fc_str got;
    assert_true(fc_mp_str(mp, &got));
    if (!fc_str_is(got, key)) fail_msg("got %.*s, expected %s", (int)got.n, got.p, key);
    assert_true(fc_mp_skip(mp));
}

/* Of nothing, and of as much as can be: every key in its order, and room for all of it. */
static void items_hold_every_key(void **state) {
    (void)state;
    static uint8_t bytes[16384];
    struct fc_mpw w;
    struct fc_tally t = {0};
    uint32_t pairs;
    struct fc_kpi_now now[2] = {{.ewt_ms = -1}, {INT64_MAX, INT64_MAX, {0}, INT64_MAX}};
    for (int s = 0; s < FC_AGENT_STATE_COUNT; s++) now[1].agents[s] = INT64_C(1) << 52;
    for (int round = 0; round < 2; round++) {
        fc_mpw_init(&w, bytes, sizeof bytes);
        fc_mpw_map(&w, FC_KPI_NOW_PAIRS + FC_KPI_PAIRS);
        fc_kpi_write_now(&w, &now[round]);
        fc_kpi_write(&w, &(struct fc_kpi_view){
                             .tally = &t, .wait_us_max = INT64_MAX, .complaints_open = round == 0 ? -1 : INT64_MAX});
        assert_false(w.overflow);
        assert_true(w.len <= FC_KPI_BYTES_MAX);
        struct fc_mp mp = fc_mp_open(bytes, w.len);
        assert_true(fc_mp_map(&mp, &pairs));
        for (int where = FC_KPI_MOMENT; where <= FC_KPI_STRETCH; where++)
            for (enum fc_kpi k = 0; k < FC_KPI_ALL; k++)
                if ((int)fc_kpi_row(k)->where == where) expect_pair(&mp, fc_kpi_row(k)->key);
        expect_pair(&mp, "variants");
        assert_int_equal(fc_mp_left(&mp), 0);
        for (int i = 0; i < FC_TALLY_COUNT_ALL; i++) t.v[i] = INT64_C(1) << 52;
        for (uint16_t b = 0; b < FC_HIST_BUCKETS; b++) fc_hist_add(&t.waits, b, 1);
        for (uint16_t b = 0; b < FC_HIST_BUCKETS; b++) fc_hist_add(&t.journeys, b, 1);
    }
    fc_tally_fini(&t);
}

static struct fc_mp written(enum fc_kpi kpi, const struct fc_kpi_view *view, uint8_t *bytes, size_t cap) {
    struct fc_mpw w;
    struct fc_str key;
    fc_mpw_init(&w, bytes, cap);
    fc_kpi_write(&w, view);
    struct fc_mp mp = fc_mp_open(bytes, w.len);
    while (fc_mp_str(&mp, &key) && !fc_str_is(key, fc_kpi_row(kpi)->key)) assert_true(fc_mp_skip(&mp));
    return mp;
}

static void nothing_is_null(void **state) {
    (void)state;
    static uint8_t bytes[16384];
    const struct fc_tally t = {0};
    const struct fc_kpi_view view = {.tally = &t, .complaints_open = -1};
    static const struct {
        enum fc_kpi kpi;
        const char *form; /* 0 the integer, - null, of each part in turn */
    } wanted[] = {
        {FC_KPI_service_level, "-0--"}, {FC_KPI_occupancy, "-0--"}, {FC_KPI_csat, "-0"},         {FC_KPI_nps, "-0"},
        {FC_KPI_assess, "-0-"},         {FC_KPI_rater, "-----0"},   {FC_KPI_complaints, "0-0"},  {FC_KPI_left, ""},
        {FC_KPI_causes, "000"},         {FC_KPI_resolved, "00"},    {FC_KPI_state_ms, "-000000"}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct fc_mp mp = written(wanted[i].kpi, &view, bytes, sizeof bytes);
        uint32_t pairs;
        assert_true(fc_mp_map(&mp, &pairs));
        assert_int_equal(pairs, strlen(wanted[i].form));
        for (const char *c = wanted[i].form; *c != '\0'; c++) {
            int64_t zero = 0;
            assert_true(fc_mp_skip(&mp)); /* the key */
            assert_true(*c == '-' ? fc_mp_nil(&mp) : fc_mp_i64(&mp, &zero) && zero == 0);
        }
    }
    struct fc_mp asa = written(FC_KPI_asa_ms, &view, bytes, sizeof bytes);
    assert_true(fc_mp_nil(&asa));
}

static void time_has_no_interval(void **state) {
    (void)state;
    static uint8_t bytes[16384];
    const struct fc_tally t = {
        .v = {[FC_TALLY_TIME + FC_AGENT_BUSY] = 30000000, [FC_TALLY_TIME + FC_AGENT_AVAILABLE] = 10000000}};
    struct fc_mp mp = written(FC_KPI_occupancy, &(struct fc_kpi_view){.tally = &t}, bytes, sizeof bytes);
    struct fc_str key;
    uint32_t pairs;
    double share;
    int64_t n;
    assert_true(fc_mp_map(&mp, &pairs) && pairs == 4);
    assert_true(fc_mp_str(&mp, &key) && fc_mp_f64(&mp, &share) && share > 0.74 && share < 0.76);
    assert_true(fc_mp_str(&mp, &key) && fc_mp_i64(&mp, &n) && n == 40);
    assert_true(fc_mp_str(&mp, &key) && fc_mp_nil(&mp) && fc_mp_str(&mp, &key) && fc_mp_nil(&mp));
}

/* ---- the catalogue ----------------------------------------------------------------------------------------------- */

static size_t chinese(const char *text) {
    size_t n = 0;
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
        n += *c >= 0xe4 && *c <= 0xe9; /* lead bytes of U+4000..U+9FFF */
    return n;
}

/* Whether both texts name the same settings, and only those that there are. */
static void expect_same_holes(const char *en, const char *zh) {
    static const char *const holes[] = {"{threshold}", "{short}", "{goal}", "{window_h}"};
    size_t known = 0, all = 0;
    for (size_t i = 0; i < sizeof holes / sizeof *holes; i++) {
        assert_int_equal(strstr(en, holes[i]) != NULL, strstr(zh, holes[i]) != NULL);
        for (const char *at = en; (at = strstr(at, holes[i])) != NULL; at++) known++;
    }
    for (const char *at = en; (at = strchr(at, '{')) != NULL; at++) all++;
    assert_int_equal(known, all);
}

static void every_row_speaks_both_languages(void **state) {
    (void)state;
    for (enum fc_kpi k = 0; k < FC_KPI_ALL; k++) {
        const struct fc_kpi_row *row = fc_kpi_row(k);
        const char *en = row->help[FC_LANGUAGE_EN], *zh = row->help[FC_LANGUAGE_ZH_CN];
        const char *formula = row->formula != NULL ? row->formula : fc_variant_formula(row->variants, 0);
        if (row->name[FC_LANGUAGE_EN][0] == '\0' || chinese(row->name[FC_LANGUAGE_EN]) > 0 || strlen(en) < 20 ||
            chinese(en) > 0)
            fail_msg("%s: English", row->key);
        if (chinese(row->name[FC_LANGUAGE_ZH_CN]) < 2 || chinese(zh) < 8) fail_msg("%s: Chinese", row->key);
        if (formula == NULL || formula[0] == '\0' || row->source[0] == '\0' || row->unit[0] == '\0')
            fail_msg("%s: formula, source, unit", row->key);
        expect_same_holes(en, zh);
    }
}

/* What `print` says is what the file holds. */
static void expect_file(const char *path, void (*print)(void *), const char *how) {
    static char page[60000], file[60000];
    FILE *f = fmemopen(page, sizeof page, "w"), *g = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(g);
    print(f);
    long printed = ftell(f);
    (void)fclose(f);
    size_t n = fread(file, 1, sizeof file - 1, g);
    (void)fclose(g);
    assert_true(printed > 1000 && printed < (long)sizeof page - 1);
    if (n != (size_t)printed || memcmp(file, page, n) != 0)
        fail_msg("%s is out of step: floorcast-aggregator %s", path, how);
}

static void the_page_is_the_table(void **state) {
    (void)state;
    expect_file(FC_SOURCE_DIR "/aggregator/KPIS.md", fc_kpi_print_markdown, "--kpis > aggregator/KPIS.md");
}

static void the_types_are_the_table(void **state) {
    (void)state;
    expect_file(FC_SOURCE_DIR "/wallboard/web/src/model/kpis.gen.ts", fc_kpi_print_typescript,
                "--kpis=ts > wallboard/web/src/model/kpis.gen.ts");
}

static void the_catalogue_is_the_table(void **state) {
    (void)state;
    static char text[60000];
    FILE *f = fmemopen(text, sizeof text, "w");
    assert_non_null(f);
    fc_kpi_print_json(f);
    (void)fclose(f);
    json_t *root = json_loads(text, 0, NULL), *kpis = json_object_get(root, "kpis");
    assert_int_equal(json_array_size(kpis), FC_KPI_ALL);
    for (enum fc_kpi k = 0; k < FC_KPI_ALL; k++) {
        json_t *o = json_array_get(kpis, k), *variants = json_object_get(o, "variants");
        const struct fc_kpi_row *row = fc_kpi_row(k);
        assert_string_equal(json_string_value(json_object_get(o, "key")), row->key);
        assert_string_equal(json_string_value(json_object_get(json_object_get(o, "help"), "zh-CN")),
                            row->help[FC_LANGUAGE_ZH_CN]);
        size_t n = 0;
        while (fc_variant_word(row->variants, (unsigned)n) != NULL) n++;
        assert_int_equal(json_object_size(variants), n);
        assert_true(n == 0 || json_equal(json_object_get(o, "formula"),
                                         json_object_get(variants, fc_variant_word(row->variants, 0))));
    }
    json_decref(root);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_hold_every_key),       cmocka_unit_test(nothing_is_null),
        cmocka_unit_test(time_has_no_interval),       cmocka_unit_test(every_row_speaks_both_languages),
        cmocka_unit_test(the_page_is_the_table),      cmocka_unit_test(the_types_are_the_table),
        cmocka_unit_test(the_catalogue_is_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
