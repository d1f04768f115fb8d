/* What a configuration may say, what it means, every mistake in it, and what a reload is told to have changed. */
#include "rules.h"
#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define US INT64_C(1000000)

static char path[] = "/tmp/fc-rules-XXXXXX";
static void put(const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static struct fc_rules *rules(const char *text) {
    struct fc_rules *r = NULL;
    struct fc_error err = {.text = ""};
    put(text);
    if (fc_rules_read(path, &r, &err) != FC_OK) fail_msg("%s", err.text);
    return r;
}

static void refuse(const char *text, const char *want) {
    struct fc_rules untouched, *r = &untouched;
    struct fc_error err = {.text = ""};
    put(text);
    if (fc_rules_read(path, &r, &err) != FC_CONFIG) fail_msg("taken: %s", text);
    assert_ptr_equal(r, &untouched);
    assert_memory_equal(err.text, path, strlen(path));
    assert_string_equal(err.text + strlen(path), want);
}

static const struct fc_queue_rules *queue(const struct fc_rules *r, const char *name) {
    return fc_rules_queue(r, fc_str(name));
}

static void expect_settings(const struct fc_settings *s, double threshold_s, double short_s, double goal) {
    assert_int_equal(s->threshold_us, (int64_t)(threshold_s * 1e6));
    assert_int_equal(s->short_us, (int64_t)(short_s * 1e6));
    assert_true(s->goal > goal - 1e-12 && s->goal < goal + 1e-12);
}

static void expect_variants(struct fc_variants v, unsigned service_level, unsigned abandon_rate, unsigned fcr) {
    assert_int_equal(v.service_level, service_level);
    assert_int_equal(v.abandon_rate, abandon_rate);
    assert_int_equal(v.fcr, fcr);
}

/* ---- what is said, and what follows where nothing is ------------------------------------------------------------- */

static void expect_defaults(const struct fc_rules *r) {
    expect_settings(&r->defaults.settings, 20, 5, 0.8);
    for (int c = 0; c < FC_CHANNEL_COUNT; c++) expect_settings(&r->defaults.channels[c], 20, 5, 0.8);
    expect_variants(r->defaults.variants, FC_SERVICE_LEVEL_DEFAULT, FC_ABANDON_RATE_DEFAULT, FC_FCR_REPEAT);
    assert_null(fc_zone_name(r->defaults.zone));
    assert_int_equal(r->defaults.day_start_minute, 0);
    assert_string_equal(r->defaults.name, "");
    assert_int_equal(r->late_us, 3600 * US);
    assert_int_equal(r->fcr_window_us, 168 * 3600 * US);
    assert_int_equal(r->contacts_max, 2000000);
    assert_int_equal(r->minutes_days, 7);
    assert_int_equal(r->quarters_days, 400);
    assert_int_equal(r->contacts_days, 7);
    assert_ptr_equal(queue(r, "sales"), &r->defaults);
    assert_string_equal(fc_rules_scope(r, FC_STR_LIT("sales")), "");
    assert_int_equal(r->queues_n + r->groups_n + r->members_n, 0);
}

static void nothing_said_is_the_defaults(void **state) {
    (void)state;
    struct fc_rules *r = fc_rules_default();
    expect_defaults(r);
    fc_rules_free(r);
    r = rules("threshold_s: 20\nshort_abandon_s: 5\ngoal: 0.8\nday_start: \"00:00\"\nservice_level: "
              "default\nabandon_rate: default\nlate_s: 3600\n"
              "contacts_max: 2000000\nretention: {minutes_days: 7, quarters_days: 400, contacts_days: 7}\nfcr: {window_h: 168, by: "
              "repeat}\nqueues: []\ngroups: []\n");
    expect_defaults(r); /* the defaults, written out */
    fc_rules_free(r);
    r = rules("fcr: {}\nretention: {}\n");
    expect_defaults(r);
    fc_rules_free(r);
    fc_rules_free(NULL);
}

static const char full[] =
    "zone: Asia/Shanghai\nday_start: \"06:30\"\nthreshold_s: 30\nshort_abandon_s: 0\ngoal: 0.9\nservice_level: "
    "positive\nabandon_rate: raw\n"
    "late_s: 60\ncontacts_max: 10000\nretention: {minutes_days: 2, quarters_days: 90, contacts_days: 0}\nfcr: {window_h: 24, by: "
    "survey}\n"
    "queues:\n"
    "  - name: support\n"
    "    zone: Europe/Berlin\n    day_start: \"23:59\"\n    threshold_s: 0.5\n    short_abandon_s: 2.25\n    goal: 1\n"
    "    service_level: negative\n    abandon_rate: default\n    fcr_by: disposition\n"
    "    channels:\n"
    "      - {channel: chat, threshold_s: 60}\n"
    "      - {channel: email, threshold_s: 86400, short_abandon_s: 3600, goal: 0.5}\n"
    "  - name: sales\n"
    "groups:\n"
    "  - {name: west, queues: [sales, not yet seen]}\n"
    "  - {name: all of Asia, queues: [support, sales], goal: 0.7, service_level: ignore, abandon_rate: default, "
    "fcr_by: repeat}\n";

static void all_that_can_be_said(void **state) {
    (void)state;
    struct fc_rules *r = rules(full);
    expect_settings(&r->defaults.settings, 30, 0, 0.9);
    expect_variants(r->defaults.variants, FC_SERVICE_LEVEL_POSITIVE, FC_ABANDON_RATE_RAW, FC_FCR_SURVEY);
    assert_string_equal(fc_zone_name(r->defaults.zone), "Asia/Shanghai");
    assert_int_equal(r->defaults.day_start_minute, 390);
    assert_int_equal(r->late_us, 60 * US);
    assert_int_equal(r->fcr_window_us, 24 * 3600 * US);
    assert_int_equal(r->contacts_max, 10000);
    assert_int_equal(r->minutes_days, 2);
    assert_int_equal(r->quarters_days, 90);
    assert_int_equal(r->contacts_days, 0);
    const struct fc_queue_rules *q = queue(r, "support");
    assert_string_equal(q->name, "support");
    assert_string_equal(fc_zone_name(q->zone), "Europe/Berlin");
    assert_int_equal(q->day_start_minute, 1439);
    expect_settings(&q->settings, 0.5, 2.25, 1);
    expect_variants(q->variants, FC_SERVICE_LEVEL_NEGATIVE, FC_ABANDON_RATE_DEFAULT, FC_FCR_DISPOSITION);
    expect_settings(&q->channels[FC_CHANNEL_VOICE], 0.5, 2.25, 1);
    expect_settings(&q->channels[FC_CHANNEL_CHAT], 60, 2.25, 1);
    expect_settings(&q->channels[FC_CHANNEL_EMAIL], 86400, 3600, 0.5);
    fc_rules_free(r);
}

static void what_is_not_said_is_as_above_it(void **state) {
    (void)state;
    struct fc_rules *r = rules(full);
    const struct fc_queue_rules *q = queue(r, "sales");
    assert_string_equal(q->name, "sales");
    assert_ptr_equal(q->zone, r->defaults.zone);
    assert_int_equal(q->day_start_minute, 390);
    expect_settings(&q->settings, 30, 0, 0.9);
    for (int c = 0; c < FC_CHANNEL_COUNT; c++) expect_settings(&q->channels[c], 30, 0, 0.9);
    expect_variants(q->variants, FC_SERVICE_LEVEL_POSITIVE, FC_ABANDON_RATE_RAW, FC_FCR_SURVEY);
    assert_ptr_equal(queue(r, "sale"), &r->defaults);
    assert_ptr_equal(queue(r, "sales "), &r->defaults);
    assert_ptr_equal(queue(r, ""), &r->defaults);
    expect_settings(&r->defaults.channels[FC_CHANNEL_CHAT], 30, 0, 0.9);
    fc_rules_free(r);
}

static void groups(void **state) {
    (void)state;
    struct fc_rules *r = rules(full);
    const struct fc_member *m;
    assert_int_equal(r->groups_n, 2);
    assert_string_equal(r->groups[0].name, "west");
    assert_true(r->groups[0].goal > 0.89 && r->groups[0].goal < 0.91);
    expect_variants(r->groups[0].variants, FC_SERVICE_LEVEL_POSITIVE, FC_ABANDON_RATE_RAW, FC_FCR_SURVEY);
    assert_int_equal(r->groups[0].queues_n, 2);
    assert_string_equal(r->groups[0].queues[1], "not yet seen");
    assert_true(r->groups[1].goal > 0.69 && r->groups[1].goal < 0.71);
    expect_variants(r->groups[1].variants, FC_SERVICE_LEVEL_IGNORE, FC_ABANDON_RATE_DEFAULT, FC_FCR_REPEAT);
    assert_int_equal(fc_rules_groups(r, FC_STR_LIT("sales"), &m), 2);
    assert_ptr_equal(m[0].group, &r->groups[0]);
    assert_ptr_equal(m[1].group, &r->groups[1]);
    assert_int_equal(fc_rules_groups(r, FC_STR_LIT("support"), &m), 1);
    assert_ptr_equal(m[0].group, &r->groups[1]);
    assert_int_equal(fc_rules_groups(r, FC_STR_LIT("nobody"), &m), 0);
    assert_string_equal(fc_rules_scope(r, FC_STR_LIT("sales")), "west");
    assert_string_equal(fc_rules_scope(r, FC_STR_LIT("support")), "all of Asia");
    assert_string_equal(fc_rules_scope(r, FC_STR_LIT("not yet seen")), "west");
    assert_string_equal(fc_rules_scope(r, FC_STR_LIT("not yet see")), "");
    fc_rules_free(r);
}

/* ---- size -------------------------------------------------------------------------------------------------------- */

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define MANY 2000u /* libcyaml lengthens its lists entry by entry, which a sanitizer makes a copy each time */
#else
#define MANY 10000
#endif

/* Ten thousand queues in any order, each with something of its own, half of them in groups. */
static void ten_thousand_queues(void **state) {
    (void)state;
    static uint32_t order[MANY];
    char name[16];
    struct fc_rules *r = NULL;
    struct fc_error err = {.text = ""};
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t k = (uint32_t)(rng() % (i + 1));
        order[i] = order[k];
        order[k] = i;
    }
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fprintf(f, "queues:\n");
    for (uint32_t i = 0; i < MANY; i++)
        (void)fprintf(f, "  - {name: q%u, threshold_s: %u, channels: [{channel: sms, threshold_s: 7}]}\n", order[i],
                      order[i] + 1);
    (void)fprintf(f, "groups:\n");
    for (uint32_t g = 0; g < 100; g++) {
        (void)fprintf(f, "  - name: g%u\n    queues:\n", g);
        for (uint32_t i = 0; i < MANY / 2; i += 100) (void)fprintf(f, "      - q%u\n", i + g);
    }
    assert_int_equal(fclose(f), 0);
    if (fc_rules_read(path, &r, &err) != FC_OK) fail_msg("%s", err.text);
    assert_int_equal(r->queues_n, MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "q%u", i);
        assert_string_equal(queue(r, name)->name, name);
        assert_int_equal(queue(r, name)->settings.threshold_us, (i + 1) * US);
        assert_int_equal(queue(r, name)->channels[FC_CHANNEL_SMS].threshold_us, 7 * US);
        char scope[16] = "";
        if (i < MANY / 2) (void)snprintf(scope, sizeof scope, "g%u", i % 100);
        assert_string_equal(fc_rules_scope(r, fc_str(name)), scope);
    }
    fc_rules_free(r);
}

/* ---- mistakes ---------------------------------------------------------------------------------------------------- */

#define KEYS                                                                                                           \
    "allowed: zone, day_start, threshold_s, short_abandon_s, goal, service_level, abandon_rate, fcr, late_s, "         \
    "skew_limit_s, contacts_max, retention, queues, groups"

static void unknown_keys(void **state) {
    (void)state;
    refuse("treshold_s: 3\n", ":1:1: unexpected key `treshold_s`; " KEYS);
    refuse("goal: 0.5\nfcr_by: survey\n", ":2:1: unexpected key `fcr_by`; " KEYS);
    refuse("queues:\n  - name: a\n    fcr: survey\n", ":3:5: unexpected key `fcr` in `queues[1]`; allowed: name, zone, "
                                                      "day_start, threshold_s, short_abandon_s, goal, "
                                                      "service_level, abandon_rate, fcr_by, channels");
    refuse(
        "queues:\n  - name: a\n    channels:\n      - channel: chat\n        zone: UTC\n",
        ":5:9: unexpected key `zone` in `queues[1].channels[1]`; allowed: channel, threshold_s, short_abandon_s, goal");
    refuse("groups:\n  - name: a\n    queues: [b]\n    threshold_s: 3\n",
           ":4:5: unexpected key `threshold_s` in `groups[1]`; allowed: name, queues, goal, service_level, "
           "abandon_rate, fcr_by");
    refuse("fcr:\n  hours: 3\n", ":2:3: unexpected key `hours` in `fcr`; allowed: window_h, by");
    refuse("retention:\n  days: 3\n",
           ":2:3: unexpected key `days` in `retention`; allowed: minutes_days, quarters_days, contacts_days");
    refuse("goal: 0.5\ngoal: 0.6\n", ":2:1: key `goal` is given twice");
    refuse("queues:\n  - threshold_s: 3\n", ":2:18: key `name` is missing in `queues[1]`");
    refuse("queues:\n  - name: a\n    channels:\n      - threshold_s: 3\n",
           ":4:22: key `channel` is missing in `queues[1].channels[1]`");
    refuse("groups:\n  - name: a\n", ":2:11: key `queues` is missing in `groups[1]`");
    refuse("groups:\n  - queues: [a]\n", ":2:13: key `name` is missing in `groups[1]`");
}

static void wrong_types(void **state) {
    (void)state;
    refuse("goal: high\n", ":1:7: `goal` is high, expected a number");
    refuse("threshold_s: [20]\n", ":1:14: `threshold_s`: expected a number");
    refuse("zone: {a: b}\n", ":1:7: `zone`: expected a text of 0 to 200 bytes");
    refuse("threshold_s: 20s\n", ":1:14: `threshold_s` is '20s', expected a number");
    refuse("goal: 0,8\n", ":1:7: `goal` is '0,8', expected a number");
    refuse("queues:\n  - name: a\n  - {name: b, channels: [{channel: sms, threshold_s: 1 h}]}\n",
           ":3:54: `queues[2].channels[1].threshold_s` is '1 h', expected a number");
    refuse("fcr: {window_h: 1.5}\n", ":1:17: `fcr.window_h` is '1.5', expected a whole number from 0 to 4294967295");
    refuse("late_s: 60.5\n", ":1:9: `late_s` is '60.5', expected a whole number from 0 to 4294967295");
    refuse("contacts_max: -1\n", ":1:15: `contacts_max` is '-1', expected a whole number from 0 to 4294967295");
    refuse("fcr: 24\n", ":1:6: `fcr`: expected keys with values (`key: value`)");
    refuse("queues: {a: b}\n", ":1:9: `queues`: expected a list (`- value`)");
    refuse("queues:\n  - sales\n", ":2:5: `queues[1]`: expected keys with values (`key: value`)");
    refuse("queues:\n  - name: ''\n", ":2:11: `queues[1].name` is empty, expected a text of 1 to 128 bytes");
    refuse("groups:\n  - {name: a, queues: b}\n", ":2:23: `groups[1].queues`: expected a list (`- value`)");
    refuse("groups:\n  - {name: a, queues: ['']}\n",
           ":2:24: `groups[1].queues[1]` is empty, expected a text of 1 to 128 bytes");
}

static void unknown_words(void **state) {
    (void)state;
    refuse("service_level: best\n",
           ":1:16: `service_level` is best, expected one of: default, answered, ignore, positive, negative");
    refuse("abandon_rate: ignore\n", ":1:15: `abandon_rate` is ignore, expected one of: default, raw");
    refuse("fcr: {by: default}\n", ":1:11: `fcr.by` is default, expected one of: repeat, disposition, survey");
    refuse("queues:\n  - {name: a, service_level: raw}\n",
           ":2:30: `queues[1].service_level` is raw, expected one of: default, answered, ignore, positive, negative");
    refuse("queues:\n  - {name: a, abandon_rate: 1}\n",
           ":2:29: `queues[1].abandon_rate` is 1, expected one of: default, raw");
    refuse("groups:\n  - {name: a, queues: [b], fcr_by: csat}\n",
           ":2:36: `groups[1].fcr_by` is csat, expected one of: repeat, disposition, survey");
    refuse("queues:\n  - {name: a, channels: [{channel: fax}]}\n",
           ":2:36: `queues[1].channels[1].channel` is fax, expected one of: voice, chat, email, sms, ticket, internal");
}

static void impossible_values(void **state) {
    (void)state;
    refuse("goal: 80\n", ":1:7: `goal` is 80, expected a share above 0 and at most 1 (0.8 is 80 %)");
    refuse("goal: 0\n", ":1:7: `goal` is 0, expected a share above 0 and at most 1 (0.8 is 80 %)");
    refuse("goal: nan\n", ":1:7: `goal` is nan, expected a share above 0 and at most 1 (0.8 is 80 %)");
    refuse("threshold_s: 0\n", ":1:14: `threshold_s` is 0, expected seconds above 0 and at most 86400");
    refuse("threshold_s: 86401\n", ":1:14: `threshold_s` is 86401, expected seconds above 0 and at most 86400");
    refuse("short_abandon_s: -1\n",
           ":1:18: `short_abandon_s` is -1, expected seconds from 0 (no short abandons) to 3600");
    refuse("short_abandon_s: 3600.5\n",
           ":1:18: `short_abandon_s` is 3600.5, expected seconds from 0 (no short abandons) to 3600");
    refuse("skew_limit_s: 0\n", ":1:15: `skew_limit_s` is 0, expected whole seconds from 1 to 3600");
    refuse("late_s: 59\n", ":1:9: `late_s` is 59, expected whole seconds from 60 to 86400");
    refuse("late_s: 86401\n", ":1:9: `late_s` is 86401, expected whole seconds from 60 to 86400");
    refuse("contacts_max: 9999\n", ":1:15: `contacts_max` is 9999, expected a whole number from 10000 to 100000000");
    refuse("fcr: {window_h: 0}\n", ":1:17: `fcr.window_h` is 0, expected whole hours from 1 to 720");
    refuse("fcr:\n  window_h: 721\n", ":2:13: `fcr.window_h` is 721, expected whole hours from 1 to 720");
    refuse("retention:\n  minutes_days: 0\n",
           ":2:17: `retention.minutes_days` is 0, expected whole days from 1 to 3660");
    refuse("retention:\n  quarters_days: 3661\n",
           ":2:18: `retention.quarters_days` is 3661, expected whole days from 1 to 3660");
    refuse("retention:\n  minutes_days: 7\n  quarters_days: 6\n",
           ":3:18: `retention.quarters_days` keeps quarters of an hour for 6 days and minutes for 7, expected quarters "
           "to be kept at least as long");
    refuse("retention: {minutes_days: 401}\n", ":1:27: `retention.minutes_days` keeps quarters of an hour for 400 days "
                                               "and minutes for 401, expected quarters to be kept at least as long");
}

static void impossible_values_of_a_queue(void **state) {
    (void)state;
    refuse("queues:\n  - name: a\n  - name: b\n    goal: 1.1\n",
           ":4:11: `queues[2].goal` is 1.1, expected a share above 0 and at most 1 (0.8 is 80 %)");
    refuse(
        "queues:\n  - name: a\n    channels:\n      - channel: sms\n      - channel: chat\n        threshold_s: -2\n",
        ":6:22: `queues[1].channels[2].threshold_s` is -2, expected seconds above 0 and at most 86400");
    refuse("queues:\n  - name: a\n    channels:\n      - channel: sms\n      - channel: chat\n      - channel: sms\n",
           ":6:18: `queues[1].channels[3].channel` is sms, which channels[1] of this queue is already");
    refuse("queues:\n  - name: a\n  - name: b\n  - name: a\n  - name: b\n",
           ":4:11: `queues[3].name` is \"a\", which queues[1] is already");
    refuse("groups:\n  - {name: g, queues: [a], goal: 2}\n",
           ":2:34: `groups[1].goal` is 2, expected a share above 0 and at most 1 (0.8 is 80 %)");
    refuse("groups:\n  - {name: all, queues: [a]}\n",
           ":2:12: `groups[1].name` is \"all\", expected another name: all queues together are called so");
    refuse("groups:\n  - {name: a/b, queues: [a]}\n",
           ":2:12: `groups[1].name` is \"a/b\", expected a name without a slash: topics are made of it");
    refuse("groups:\n  - name: g\n    queues: []\n",
           ":3:13: `groups[1].queues` is empty, expected the name of at least one queue");
    refuse("groups:\n  - name: g\n    queues:\n      - a\n      - b\n      - a\n",
           ":6:9: `groups[1].queues[3]` is \"a\", which queues[1] of this group is already");
    refuse("groups:\n  - {name: g, queues: [a]}\n  - {name: h, queues: [a]}\n  - {name: g, queues: [b]}\n",
           ":4:12: `groups[3].name` is \"g\", which groups[1] is already");
}

static void impossible_days(void **state) {
    (void)state;
    refuse("zone: Europe/Berlim\n", ":1:7: `zone` is \"Europe/Berlim\", expected an IANA name such as Europe/Berlin or "
                                    "Asia/Shanghai that this machine knows (package tzdata)");
    refuse("zone: ''\n", ":1:7: `zone` is \"\", expected an IANA name such as Europe/Berlin or Asia/Shanghai that this "
                         "machine knows (package tzdata)");
    refuse("queues:\n  - name: a\n    zone: +02:00\n",
           ":3:11: `queues[1].zone` is \"+02:00\", expected an IANA name such as Europe/Berlin or Asia/Shanghai that "
           "this machine knows (package tzdata)");
    static const char *const times[] = {"24:00", "23:60", "6:00", "0600", "06:00:00", "06-00", " 6:00", "-1:00", ""};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char text[100], want[160];
        (void)snprintf(text, sizeof text, "queues:\n- name: a\n  day_start: \"%s\"\n", times[i]);
        (void)snprintf(
            want, sizeof want,
            ":3:14: `queues[1].day_start` is \"%s\", expected a time of day from \"00:00\" to \"23:59\", in quotes",
            times[i]);
        refuse(text, want);
    }
}

/* ---- what a reload changed
 * ------------------------------------------------------------------------------------------- */

static char said[4096];

static void say(void *ctx, const char *text) {
    (void)ctx;
    (void)strncat(said, text, sizeof said - strlen(said) - 2);
    (void)strcat(said, "\n");
}

static void expect_diff(const char *before, const char *after, const char *want) {
    struct fc_rules *a = rules(before), *b = rules(after);
    said[0] = '\0';
    fc_rules_diff(a, b, say, NULL);
    assert_string_equal(said, want);
    fc_rules_free(a);
    fc_rules_free(b);
}

#define NEW_CONTACTS ": for contacts offered from now on; stored intervals keep what they counted\n"
#define ALL_STORED ": from now on, for all stored intervals too\n"
#define NEXT_DAY ": from the end of the running day\n"
#define CLEANING ": from the next time that old intervals are deleted\n"

static void a_reload_of_the_same_says_nothing(void **state) {
    (void)state;
    expect_diff(full, full, "");
    expect_diff("goal: 0.8\n", "queues: [{name: a, goal: 0.8, threshold_s: 20}, {name: b}]\n", "");
    expect_diff("queues: [{name: a}, {name: b}]\n", "queues: [{name: b}, {name: a}]\n", "");
}

static void a_reload_says_what_changed(void **state) {
    (void)state;
    expect_diff("threshold_s: 20\n", "threshold_s: 10\n", "threshold_s: default 20 -> 10" NEW_CONTACTS);
    expect_diff("queues: [{name: a, threshold_s: 7}, {name: b}, {name: c, threshold_s: 8}]\n",
                "threshold_s: 10\nqueues: [{name: a, threshold_s: 7}, {name: b}, {name: c, threshold_s: 9.5}]\n",
                "threshold_s: default 20 -> 10, c 8 -> 9.5" NEW_CONTACTS);
    expect_diff("goal: 0.8\n",
                "queues: [{name: a, channels: [{channel: chat, threshold_s: 60, short_abandon_s: 1}]}]\n",
                "threshold_s: a/chat 20 -> 60" NEW_CONTACTS "short_abandon_s: a/chat 5 -> 1" NEW_CONTACTS);
    expect_diff("queues: [{name: a, threshold_s: 7}]\n", "goal: 0.8\n", "threshold_s: a 7 -> 20" NEW_CONTACTS);
    expect_diff("groups: [{name: g, queues: [a]}, {name: h, queues: [a], goal: 0.6}]\n",
                "goal: 0.9\ngroups: [{name: g, queues: [a]}, {name: h, queues: [a], goal: 0.7}]\n",
                "goal: default 0.8 -> 0.9, group h 0.6 -> 0.7" ALL_STORED);
    expect_diff("goal: 0.8\n", "service_level: answered\nqueues: [{name: a, abandon_rate: raw}]\nfcr: {by: survey}\n",
                "service_level: default default -> answered" ALL_STORED "abandon_rate: a default -> raw" ALL_STORED
                "fcr_by: default repeat -> survey" ALL_STORED);
    expect_diff("fcr: {by: disposition}\n", "service_level: negative\nabandon_rate: raw\n",
                "service_level: default default -> negative" ALL_STORED
                "abandon_rate: default default -> raw" ALL_STORED "fcr_by: default disposition -> repeat" ALL_STORED);
    expect_diff("zone: UTC\n", "zone: Asia/Shanghai\nqueues: [{name: a, zone: Europe/Berlin, day_start: '06:05'}]\n",
                "zone: default UTC -> Asia/Shanghai, a UTC -> Europe/Berlin" NEXT_DAY
                "day_start: a 00:00 -> 06:05" NEXT_DAY);
    expect_diff("goal: 0.8\n", "zone: UTC\n", "zone: default the machine's own -> UTC" NEXT_DAY);
    expect_diff(
        "goal: 0.8\n",
        "fcr: {window_h: 24}\nskew_limit_s: 5\nlate_s: 60\ncontacts_max: 10000\nretention: {minutes_days: 1, quarters_days: 2}\n",
        "fcr.window_h: 168 -> 24: for chains still held, from now on\nskew_limit_s: 2 -> 5: from now on\nlate_s: 3600 -> 60: for events that come from "
        "now on\n"
        "contacts_max: 2000000 -> 10000: from now on\nretention.minutes_days: 7 -> 1" CLEANING
        "retention.quarters_days: 400 -> 2" CLEANING);
}

static void a_reload_says_what_became_of_groups(void **state) {
    (void)state;
    expect_diff("groups: [{name: g, queues: [a, b]}, {name: h, queues: [a]}]\n",
                "groups: [{name: i, queues: [a]}, {name: g, queues: [b, c]}]\n",
                "groups: h removed, i added, g has other queues" ALL_STORED);
    expect_diff("groups: [{name: g, queues: [a, b]}]\n", "groups: [{name: g, queues: [b, a]}]\n", "");
    expect_diff("groups: [{name: g, queues: [a]}]\n", "groups: [{name: g, queues: [a, b]}]\n",
                "groups: g has other queues" ALL_STORED);
    expect_diff("groups: [{name: g, queues: [a]}, {name: h, queues: [a]}]\n",
                "groups: [{name: h, queues: [a]}, {name: g, queues: [a]}]\n", "groups: in another order" ALL_STORED);
}

/* A line does not grow with the file, however long the names are. */
static void a_reload_of_many_is_told_in_short(void **state) {
    (void)state;
    char before[8000] = "queues:\n", after[8000] = "threshold_s: 20\nqueues:\n";
    for (int i = 0; i < 30; i++) {
        (void)snprintf(before + strlen(before), sizeof before - strlen(before),
                       "- {name: queue%02d, threshold_s: %d}\n", i, i + 1);
        (void)snprintf(after + strlen(after), sizeof after - strlen(after), "- {name: queue%02d, threshold_s: %d}\n", i,
                       i + 2);
    }
    expect_diff(before, after,
                "threshold_s: queue00 1 -> 2, queue01 2 -> 3, queue02 3 -> 4, queue03 4 -> 5 and 26 more" NEW_CONTACTS);
    char longest[FC_ID_MAX + 1];
    memset(longest, 'x', FC_ID_MAX);
    longest[FC_ID_MAX] = '\0';
    (void)strcpy(after, "queues:\n");
    for (int i = 0; i < 5; i++) {
        longest[0] = (char)('a' + i);
        (void)snprintf(after + strlen(after), sizeof after - strlen(after),
                       "- {name: %s, zone: America/Argentina/Rio_Gallegos, day_start: \"01:00\"}\n", longest);
    }
    struct fc_rules *a = rules("zone: UTC\n"), *b = rules(after);
    said[0] = '\0';
    fc_rules_diff(a, b, say, NULL);
    assert_non_null(strstr(said, " and 1 more" NEXT_DAY));
    fc_rules_free(a);
    fc_rules_free(b);
}

int main(void) {
    int fd = mkstemp(path);
    if (fd < 0 || close(fd) != 0) return 1;
    rng_seed(20260401);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_said_is_the_defaults),
        cmocka_unit_test(all_that_can_be_said),
        cmocka_unit_test(what_is_not_said_is_as_above_it),
        cmocka_unit_test(groups),
        cmocka_unit_test(ten_thousand_queues),
        cmocka_unit_test(unknown_keys),
        cmocka_unit_test(wrong_types),
        cmocka_unit_test(unknown_words),
        cmocka_unit_test(impossible_values),
        cmocka_unit_test(impossible_values_of_a_queue),
        cmocka_unit_test(impossible_days),
        cmocka_unit_test(a_reload_of_the_same_says_nothing),
        cmocka_unit_test(a_reload_says_what_changed),
        cmocka_unit_test(a_reload_says_what_became_of_groups),
        cmocka_unit_test(a_reload_of_many_is_told_in_short),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return failed;
}
