/* Tables from items: columns, quoting, instants, and texts that a spreadsheet would run. */
#include "csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void expect(const char *rows, const char *want) {
    struct fc_bytes out = {0};
    json_t *root = json_loads(rows, 0, NULL);
    assert_non_null(root);
    fc_csv_write(&out, root);
    fc_bytes_char(&out, '\0');
    assert_memory_equal(out.p, "\xef\xbb\xbf", 3);
    assert_string_equal((char *)out.p + 3, want);
    json_decref(root);
    fc_bytes_free(&out);
}

static void columns_in_order_of_appearance(void **state) {
    (void)state;
    expect("[{\"name\":\"a\",\"left\":{\"timeout\":2}},{\"name\":\"b\",\"left\":{\"key\":1,\"timeout\":0},\"x\":true}]",
           "name,left.timeout,left.key,x\r\na,2,,\r\nb,0,1,true\r\n");
    expect("[]", "\r\n");
}

static void nothing_is_not_zero(void **state) {
    (void)state;
    expect("[{\"sl\":{\"value\":null,\"n\":0}},{\"sl\":{\"value\":0.5,\"n\":2}}]", "sl.value,sl.n\r\n,0\r\n0.5,2\r\n");
}

/* The forms of the KPI table that are no ratio: means, tiers, parts; a reason that occurs in one row only. */
static void every_form_has_its_columns(void **state) {
    (void)state;
    expect("[{\"csat\":{\"mean\":4.25,\"n\":4},\"assess\":{\"mean\":null,\"n\":0,\"tier\":null},\"left\":{},"
           "\"complaints\":{\"opened\":1,\"open\":null,\"reopened\":0},\"variants\":{\"fcr\":\"repeat\"}},"
           "{\"csat\":{\"mean\":null,\"n\":0},\"assess\":{\"mean\":13,\"n\":1,\"tier\":\"silver\"},\"left\":{\"timeout\":2},"
           "\"complaints\":{\"opened\":0,\"open\":3,\"reopened\":1},\"variants\":{\"fcr\":\"survey\"}}]",
           "csat.mean,csat.n,assess.mean,assess.n,assess.tier,complaints.opened,complaints.open,complaints.reopened,variants.fcr,left.timeout\r\n"
           "4.25,4,,0,,1,,0,repeat,\r\n,0,13,1,silver,0,3,1,survey,2\r\n");
}

static void instants_become_iso(void **state) {
    (void)state;
    expect("[{\"at_us\":1760000000000001,\"longest_wait_since_us\":null,\"aht_ms\":5}]",
           "at,longest_wait_since,aht_ms\r\n2025-10-09T08:53:20.000001Z,,5\r\n");
}

static void formulas_are_defused(void **state) {
    (void)state;
    expect("[{\"a\":\"=1+1\",\"b\":\"+x\",\"c\":\"-x\",\"d\":\"@x\",\"e\":-5,\"f\":\"\\t=1\"}]",
           "a,b,c,d,e,f\r\n\"'=1+1\",\"'+x\",\"'-x\",\"'@x\",-5,\"'\t=1\"\r\n");
}

static void quoting(void **state) {
    (void)state;
    expect("[{\"a\":\"x,\\\"y\\\"\\nz\",\"b\":[\"p\",\"q\"],\"c\":[]}]", "a,b,c\r\n\"x,\"\"y\"\"\nz\",p q,\r\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_in_order_of_appearance), cmocka_unit_test(nothing_is_not_zero), cmocka_unit_test(instants_become_iso),
        cmocka_unit_test(formulas_are_defused),           cmocka_unit_test(quoting),                        cmocka_unit_test(every_form_has_its_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
