/* Rules over virtual time: when an alert fires and ends, what stale and missing numbers do, hours over midnight and over changes of the
 * clocks, what a restart knows; and when a webhook is tried again. */
#include "alerts.h"
#include "state.h"

#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define START_US INT64_C(1774137600000000) /* 2026-03-22 00:00 UTC, a Sunday */

static char path[] = "/tmp/fc-alerts-XXXXXX";
static struct fc_hub hub;
static struct fc_alerts alerts;
static struct fc_error err;
static int64_t now_us;
static struct fc_mono mono;

/* ---- a floor ----------------------------------------------------------------------------------------------------- */

static void text(struct fc_mpw *w, const char *key, const char *value) {
    fc_mpw_key(w, key);
    fc_mpw_str(w, fc_str(value));
}

static void publish(struct fc_mpw *w, const char *topic) {
    assert_false(w->overflow);
    (void)fc_hub_message(&hub, 0, fc_str(topic), w->buf, w->len, mono);
}

static void begin(struct fc_mpw *w, uint8_t bytes[500], const char *topic, uint32_t more) {
    fc_mpw_init(w, bytes, 500);
    fc_mpw_map(w, 3 + more);
    text(w, "topic", topic);
    fc_mpw_key(w, "ver");
    fc_mpw_int(w, 1);
    fc_mpw_key(w, "at_us");
    fc_mpw_int(w, now_us);
}

static void beat(void) {
    uint8_t bytes[500];
    struct fc_mpw w;
    begin(&w, bytes, "hb", 2);
    text(&w, "instance", "x");
    fc_mpw_key(&w, "sent");
    fc_mpw_int(&w, 1);
    publish(&w, "hb");
}

/* n < 0: the share is null. */
static void queue(const char *name, int64_t waiting, double share, int64_t n) {
    uint8_t bytes[500];
    char topic[100];
    (void)snprintf(topic, sizeof topic, "queue/%s/m15", name);
    struct fc_mpw w;
    begin(&w, bytes, topic, 5);
    text(&w, "scope", "queue");
    text(&w, "name", name);
    fc_mpw_key(&w, "waiting");
    fc_mpw_int(&w, waiting);
    fc_mpw_key(&w, "longest_wait_since_us");
    if (waiting > 0) fc_mpw_int(&w, now_us - 90 * FC_SECOND_US);
    else fc_mpw_nil(&w);
    fc_mpw_key(&w, "service_level");
    fc_mpw_map(&w, 2);
    fc_mpw_key(&w, "value");
    if (n >= 0) fc_mpw_f64(&w, share);
    else fc_mpw_nil(&w);
    fc_mpw_key(&w, "n");
    fc_mpw_int(&w, n < 0 ? 0 : n);
    publish(&w, topic);
}

static void pass(int64_t seconds, bool told) {
    now_us += seconds * FC_SECOND_US;
    mono.ns += seconds * INT64_C(1000000000);
    if (told) beat();
    fc_alerts_work(&alerts, mono);
}

static void rules(const char *yaml) {
    struct fc_rules r;
    FILE *f = fopen(path, "w");
    assert_true(f != NULL && fputs(yaml, f) >= 0 && fclose(f) == 0);
    if (fc_rules_load(path, &r, &err) != FC_OK) fail_msg("%s", err.text);
    fc_alerts_rule(&alerts, &r);
}

static size_t firing(void) { return json_array_size(alerts.firing); }
static size_t ended(void) { return json_array_size(alerts.ended); }
static bool stale(void) { return json_is_true(json_object_get(json_array_get(alerts.firing, 0), "stale")); }

static int setup(void **state) {
    (void)state;
    now_us = START_US;
    mono.ns = INT64_C(1000000000000);
    fc_hub_init(&hub, 1, NULL);
    fc_alerts_init(&alerts, &hub);
    beat();
    return 0;
}

static int teardown(void **state) {
    (void)state;
    fc_alerts_fini(&alerts);
    fc_hub_fini(&hub);
    return 0;
}

/* ---- firing and ending ------------------------------------------------------------------------------------------- */

static void fires_after_its_time_and_clears_with_hysteresis(void **state) {
    (void)state;
    rules("alerts:\n- {id: a, kpi: service_level, scope: queue, name: sales, window: m15, op: below, limit: 0.7, clear: 0.75, n: 10, for_s: 60, cooldown_s: 300}\n");
    queue("sales", 0, 0.6, 20);
    pass(1, true);
    pass(59, true);
    assert_int_equal(firing(), 0);
    pass(1, true);
    assert_int_equal(firing(), 1);
    queue("sales", 0, 0.72, 20);
    pass(1, true);
    assert_int_equal(firing(), 1); /* better, but not good */
    queue("sales", 0, 0.9, 9);
    pass(1, true);
    assert_true(firing() == 1 && stale()); /* of too few */
    queue("sales", 0, 0.75, 10);
    pass(1, true);
    assert_true(firing() == 0 && ended() == 1);
    queue("sales", 0, 0.1, 20);
    pass(1, true);
    pass(297, true);
    assert_int_equal(firing(), 0); /* its time has passed, its cool-down has not */
    pass(3, true);
    assert_int_equal(firing(), 1);
}

static void a_dip_starts_the_time_anew(void **state) {
    (void)state;
    rules("alerts:\n- {id: a, kpi: waiting, scope: queue, name: sales, window: m15, op: above, limit: 5, for_s: 60}\n");
    for (int i = 0; i < 5; i++) {
        queue("sales", 6, 1, 1);
        pass(50, true);
        pass(1, true);
        queue("sales", 5, 1, 1);
        pass(1, true);
    }
    assert_int_equal(firing(), 0);
}

static void what_is_stale_does_nothing(void **state) {
    (void)state;
    rules("alerts:\n- {id: a, kpi: waiting, scope: queue, name: sales, window: m15, op: above, limit: 5, for_s: 60}\n");
    queue("sales", 6, 1, 1);
    pass(1, true);
    pass(600, false);
    assert_int_equal(firing(), 0); /* nobody says that it was beyond the limit all that time */
    now_us -= 600 * FC_SECOND_US;  /* the aggregator's time stood still */
    pass(1, true);
    assert_int_equal(firing(), 0);
    pass(59, true);
    assert_int_equal(firing(), 1);
    queue("sales", 0, 1, 1);
    pass(10, false);
    assert_true(firing() == 1 && stale());
    pass(1, true);
    assert_int_equal(firing(), 0);
}

static void each_queue_has_its_own(void **state) {
    (void)state;
    rules("alerts:\n- {id: a, kpi: waiting, scope: queue, name: \"*\", window: m15, op: above, limit: 5}\n- {id: b, kpi: longest_wait_since_us, scope: queue, name: sales, window: m15, op: above, limit: 80000}\n");
    queue("sales", 6, 1, 1);
    queue("billing", 5, 1, 1);
    queue("chat", 7, 1, 1);
    pass(6, true);
    assert_int_equal(firing(), 3); /* two crowds, and 90 s of waiting */
    queue("sales", 0, 1, 1);
    pass(1, true);
    assert_int_equal(firing(), 1); /* nobody waits: no wait either */
    pass(3601, true);
    assert_int_equal(firing(), 1);
    rules("alerts: []\n");
    assert_true(firing() == 0 && ended() == 3);
}

static void an_owner_long_gone_ends(void **state) {
    (void)state;
    rules("alerts:\n- {id: a, kpi: waiting, scope: queue, name: sales, window: m15, op: above, limit: 5}\n");
    queue("sales", 6, 1, 1);
    pass(1, true);
    uint8_t bytes[500];
    struct fc_mpw w;
    begin(&w, bytes, "queue/sales/m15", 1);
    fc_mpw_key(&w, "gone");
    fc_mpw_bool(&w, true);
    publish(&w, "queue/sales/m15");
    pass(1, true);
    assert_true(firing() == 1 && stale());
    pass(3600, true);
    assert_int_equal(firing(), 0);
}

/* ---- hours ------------------------------------------------------------------------------------------------------- */

static bool holds(const char *hours, int64_t at_us) {
    char yaml[300];
    struct fc_rules r;
    (void)snprintf(yaml, sizeof yaml, "alerts:\n- {id: a, kpi: waiting, op: above, limit: 1, hours: %s}\n", hours);
    FILE *f = fopen(path, "w");
    assert_true(f != NULL && fputs(yaml, f) >= 0 && fclose(f) == 0);
    if (fc_rules_load(path, &r, &err) != FC_OK) fail_msg("%s", err.text);
    bool out = fc_hours_hold(&r.v[0].hours, at_us);
    fc_rules_free(&r);
    return out;
}

#define HOUR INT64_C(3600000000)

static void hours_follow_the_zone(void **state) {
    (void)state;
    const char *day = "{from: \"08:00\", to: \"20:00\", zone: Europe/Berlin, days: [mon, tue, wed, thu, fri]}";
    int64_t monday = START_US + 24 * HOUR, summer = monday + 7 * 24 * HOUR; /* clocks went forward between them */
    assert_false(holds(day, monday + 7 * HOUR - 1));
    assert_true(holds(day, monday + 7 * HOUR));
    assert_true(holds(day, monday + 19 * HOUR - 1));
    assert_false(holds(day, monday + 19 * HOUR));
    assert_true(holds(day, summer + 6 * HOUR));
    assert_false(holds(day, summer + 18 * HOUR));
    assert_false(holds(day, START_US + 12 * HOUR)); /* Sunday */
    const char *night = "{from: \"22:00\", to: \"06:00\", zone: Europe/Berlin, days: [sat]}";
    assert_true(holds(night, START_US));                /* Sunday, 01:00 there: the night began on Saturday */
    assert_true(holds(night, START_US + 5 * HOUR - 1));
    assert_false(holds(night, START_US + 5 * HOUR));
    assert_false(holds(night, START_US + 22 * HOUR));
    int64_t jump = START_US + 7 * 24 * HOUR; /* the night of the change ends an hour sooner */
    assert_true(holds(night, jump + 4 * HOUR - 1));
    assert_false(holds(night, jump + 4 * HOUR));
    assert_true(holds("{from: \"02:30\", to: \"04:00\", zone: Europe/Berlin}", jump + HOUR)); /* 02:30 does not exist: from 03:00 on */
    assert_true(holds("{from: \"00:00\", to: \"00:00\", zone: Asia/Shanghai}", START_US));
}

static void hours_end_an_alert(void **state) {
    (void)state;
    rules("alerts:\n- {id: a, kpi: waiting, scope: queue, name: sales, window: m15, op: above, limit: 5, hours: {from: \"00:00\", to: \"01:00\", zone: Etc/UTC}}\n");
    queue("sales", 6, 1, 1);
    pass(3599, true);
    assert_int_equal(firing(), 1);
    pass(1, true);
    assert_int_equal(firing(), 0);
    pass(23 * 3600, true);
    assert_int_equal(firing(), 1);
}

/* ---- restart ----------------------------------------------------------------------------------------------------- */

static void a_restart_knows(void **state) {
    (void)state;
    const char *yaml = "alerts:\n- {id: a, kpi: waiting, scope: queue, name: \"*\", window: m15, op: above, limit: 5, cooldown_s: 600}\n";
    rules(yaml);
    queue("sales", 6, 1, 1);
    queue("chat", 6, 1, 1);
    pass(6, true);
    assert_int_equal(firing(), 2);
    queue("chat", 0, 1, 1);
    pass(1, true);
    assert_non_null(fc_alerts_ack(&alerts, fc_str(json_string_value(json_object_get(json_array_get(alerts.firing, 0), "id"))), "night shift"));
    assert_null(fc_alerts_ack(&alerts, FC_STR_LIT("7"), "night shift"));
    char *kept[2] = {json_dumps(json_array_get(alerts.firing, 0), 0), json_dumps(json_array_get(alerts.ended, 0), 0)};
    fc_alerts_fini(&alerts);
    fc_alerts_init(&alerts, &hub);
    for (uint64_t i = 0; i < 2; i++) {
        json_t *one = json_loads(kept[i], 0, NULL);
        struct fc_shelf_record r = {.what = FC_SHELF_PUT_ALERT, .value = fc_str(kept[i])};
        r.number = strtoull(json_string_value(json_object_get(one, "id")), NULL, 10);
        assert_true(fc_alerts_found(&alerts, &r));
        json_decref(one);
    }
    assert_false(fc_alerts_found(&alerts, &(struct fc_shelf_record){.number = 9, .value = FC_STR_LIT("{\"id\":\"9\",\"state\":\"firing\"}")}));
    rules(yaml);
    queue("chat", 9, 1, 1);
    pass(6, true);
    assert_int_equal(firing(), 1); /* neither fired again: one fires, one cools down */
    assert_non_null(strstr(kept[0], "night shift"));
    assert_string_equal(json_string_value(json_object_get(json_array_get(alerts.firing, 0), "acked_by")), "night shift");
    pass(600, true);
    assert_int_equal(firing(), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(alerts.firing, 0), "id")), "10"); /* 9 was given, whatever it says */
    free(kept[0]);
    free(kept[1]);
}

/* ---- words, and the webhook -------------------------------------------------------------------------------------- */

static void says(const char *yaml, const char *words) {
    struct fc_rules r;
    FILE *f = fopen(path, "w");
    assert_true(f != NULL && fputs(yaml, f) >= 0 && fclose(f) == 0);
    assert_int_equal(fc_rules_load(path, &r, &err), FC_CONFIG);
    if (strstr(err.text, words) == NULL) fail_msg("%s\nexpected: %s", err.text, words);
}

static void wrong_rules_are_named(void **state) {
    (void)state;
    says("alerts:\n- {id: a, kpi: waitin, op: above, limit: 1}\n", ":2:16: `alerts[1].kpi` is \"waitin\", expected a key of /api/v1/kpis");
    says("alerts:\n- {id: a, kpi: waiting, op: above}\n", ":2:3: `alerts[1]` has no `limit`, which it must have");
    says("alerts:\n- {id: a, kpi: waiting, op: over, limit: 1}\n", "`alerts[1].op` is \"over\", expected one of: below above");
    says("alerts:\n- {id: a, kpi: waiting, op: above, limit: 1}\n- {id: a, kpi: waiting, op: above, limit: 1}\n", ":3:3: `alerts[2]` has the id \"a\" of another rule");
    says("alerts:\n- {id: a, kpi: waiting, op: above, limit: 1, clear: 2}\n", "clears at 2, expected that at or below the limit, 1");
    says("alerts:\n- {id: a, kpi: asa_ms, window: now, op: above, limit: 1}\n", "has window now, but asa_ms needs a stretch of time");
    says("alerts:\n- {id: a, kpi: waiting, scope: queue, op: above, limit: 1}\n", "has scope queue, but no `name`");
    says("alerts:\n- {id: a, kpi: waiting, scope: agent, name: kim, channel: chat, op: above, limit: 1}\n", "agents have all channels together");
    says("alerts:\n- {id: a, kpi: waiting, op: above, limit: 1, hours: {from: \"8:00\", to: \"20:00\"}}\n", "`alerts[1].hours.from` is \"8:00\", expected a time");
    says("webhook: {url: \"file:///etc/passwd\"}\n", ":1:16: `webhook.url` is \"file:///etc/passwd\", expected http:// or https://");
}

static void a_webhook_waits_longer_each_time(void **state) {
    (void)state;
    rng_seed(1);
    uint32_t random = (uint32_t)rng();
    for (uint32_t tries = 1; tries <= FC_WEBHOOK_TRIES; tries++) {
        uint32_t whole = tries >= 7 ? FC_WEBHOOK_WAIT_MS_MAX : 1000u << (tries - 1);
        assert_int_equal(fc_webhook_wait_ms(tries, 0), whole / 2);
        assert_int_equal(fc_webhook_wait_ms(tries, whole / 2), whole);
        assert_in_range(fc_webhook_wait_ms(tries, random), whole / 2, whole);
    }
    static const long final[] = {200, 204, 299, 400, 401, 404, 410, 499}, not_final[] = {0, 100, 301, 302, 307, 408, 429, 500, 503};
    for (size_t i = 0; i < sizeof final / sizeof *final; i++) assert_true(fc_webhook_final(final[i]));
    for (size_t i = 0; i < sizeof not_final / sizeof *not_final; i++) assert_false(fc_webhook_final(not_final[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fires_after_its_time_and_clears_with_hysteresis, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dip_starts_the_time_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_stale_does_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(each_queue_has_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(an_owner_long_gone_ends, setup, teardown),
        cmocka_unit_test(hours_follow_the_zone),
        cmocka_unit_test_setup_teardown(hours_end_an_alert, setup, teardown),
        cmocka_unit_test_setup_teardown(a_restart_knows, setup, teardown),
        cmocka_unit_test(wrong_rules_are_named),
        cmocka_unit_test(a_webhook_waits_longer_each_time),
    };
    int fd = mkstemp(path);
    if (fd < 0 || close(fd) != 0) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return failed;
}
