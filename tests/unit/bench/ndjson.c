/* A line of the simulator read back as a collector reads it gives the bytes that would have gone over ZeroMQ. */
#include "floor.h"
#include "ndjson.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static unsigned kinds[FC_KIND_COUNT];

static void check_round_trip(void *ctx, const struct fc_event *ev) {
    (void)ctx;
    static char line[FC_NDJSON_BYTES_MAX];
    uint8_t direct[FC_EVENT_BYTES_MAX], read_back[FC_EVENT_BYTES_MAX];
    struct fc_mpw w;
    fc_mpw_init(&w, direct, sizeof direct);
    fc_event_encode(&w, ev);
    size_t n = fc_ndjson_line(ev, line, sizeof line), len = 0;
    assert_true(n > 1 && line[n - 1] == '\n');
    struct fc_error err;
    if (fc_event_json_to_mp(line, n, read_back, sizeof read_back, &len, &err) != FC_OK) fail_msg("%s: %.*s", err.text, (int)n, line);
    assert_int_equal(len, w.len);
    assert_memory_equal(read_back, direct, len);
    struct fc_mp mp = fc_mp_open(direct, w.len);
    struct fc_event decoded;
    if (fc_event_decode(&mp, &decoded, &err) != FC_OK) fail_msg("%s: %.*s", err.text, (int)n, line);
    kinds[ev->kind]++;
}

static void every_line_reads_back(void **state) {
    (void)state;
    struct fc_plan *plan = malloc(sizeof *plan);
    struct fc_error err;
    fc_plan_init(plan);
    assert_int_equal(fc_plan_preset(plan, "demo-zh", &err), FC_OK);
    struct fc_floor *floor = fc_floor_create(plan, check_round_trip, NULL);
    fc_floor_begin(floor);
    while (fc_floor_step(floor, plan->start_us + 3 * INT64_C(3600000000))) {}
    for (int k = 0; k < FC_KIND_COUNT; k++) printf("%s %u  ", fc_kind_name((enum fc_kind)k), kinds[k]);
    printf("\n");
    for (int k = 0; k < FC_KIND_COUNT; k++)
        if (k != FC_PARTED && k != FC_GAP) assert_true(kinds[k] > 0);
    fc_floor_destroy(floor);
    free(plan);
}

static void odd_text_is_escaped_and_no_room_is_said(void **state) {
    (void)state;
    struct fc_event ev = fc_event_make(FC_GAP, 1);
    FC_EVENT_STR(&ev, src, FC_STR_LIT("a\"b\\c\n\t\x01 \xe9\x94\x80"));
    FC_EVENT_STR(&ev, reason, FC_STR_LIT(""));
    check_round_trip(NULL, &ev);
    char small[40];
    assert_int_equal(fc_ndjson_line(&ev, small, sizeof small), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_line_reads_back),
                                       cmocka_unit_test(odd_text_is_escaped_and_no_room_is_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
