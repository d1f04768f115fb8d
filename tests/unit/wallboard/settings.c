/* What the configuration says of doors and limits, and the words for what it may not say. */
#include "settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/fc-settings-XXXXXX";
static struct fc_settings settings;
static struct fc_error err;

static enum fc_status load(const char *yaml, const char *listen) {
    static struct fc_option_values got[FC_SET_COUNT];
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(yaml, f) >= 0);
    assert_int_equal(fclose(f), 0);
    got[FC_SET_CONFIG] = (struct fc_option_values){1, {path}};
    got[FC_SET_LISTEN] = (struct fc_option_values){listen != NULL, {listen}};
    return fc_settings_load(&settings, got, &err);
}

static void says(const char *yaml, const char *listen, const char *words) {
    assert_int_equal(load(yaml, listen), FC_CONFIG);
    if (strstr(err.text, words) == NULL) fail_msg("%s\nexpected: %s", err.text, words);
}

static void defaults(void **state) {
    (void)state;
    assert_int_equal(load("max_clients: 7\n", NULL), FC_OK);
    assert_int_equal(settings.clients_max, 7);
#define IS_NORMAL(key, normal, least, most, help)                                                                              \
    assert_int_equal(settings.limits.key, normal);                                                                             \
    assert_in_range(normal, least, most);
    FC_BOUNDS(IS_NORMAL)
#undef IS_NORMAL
    assert_int_equal(settings.trusted_count, 2);
    assert_string_equal(settings.trusted[0], "127.0.0.1");
    fc_settings_free(&settings);
}

static void limits_are_read(void **state) {
    (void)state;
    assert_int_equal(load("names: [wall.example.org]\ntrusted: [none]\nlimits:\n  idle_s: 3\n  reply_mb: 9\n", NULL), FC_OK);
    assert_int_equal(settings.limits.idle_s, 3);
    assert_int_equal(settings.limits.reply_mb, 9);
    assert_int_equal(settings.limits.handshake_s, 10);
    assert_int_equal(settings.trusted_count, 0);
    assert_string_equal(settings.names[0], "wall.example.org");
    fc_settings_free(&settings);
}

static void wrong_ones_are_named(void **state) {
    (void)state;
    says("limits:\n  idle_s: 0\n", NULL, ":2:11: `limits.idle_s` is 0, expected 1 to 86400");
    says("limits:\n  idle_seconds: 9\n", NULL, "unexpected key `idle_seconds`");
    says("max_clients: 99999999\n", NULL, "max-clients: not a number from 1 to 1000000");
}

static void beyond_loopback(void **state) {
    (void)state;
    static const char *const open[] = {"0.0.0.0:0", "[::]:0", "192.0.2.1:80"}, *const closed[] = {"127.0.0.1:0", "127.9.9.9:0", "[::1]:0"};
    for (size_t i = 0; i < 3; i++) {
        says("log_format: text\n", open[i], "without keys whoever reaches it sees every queue and agent");
        says("insecure: no\n", open[i], "--insecure");
        assert_int_equal(load("insecure: yes\n", open[i]), FC_OK);
        assert_false(settings.loopback);
        fc_settings_free(&settings);
        assert_int_equal(load("log_format: text\n", closed[i]), FC_OK);
        assert_true(settings.loopback);
        fc_settings_free(&settings);
    }
}

static int make_file(void **state) {
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state) {
    (void)state;
    return unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(defaults), cmocka_unit_test(limits_are_read), cmocka_unit_test(wrong_ones_are_named),
                                       cmocka_unit_test(beyond_loopback)};
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
