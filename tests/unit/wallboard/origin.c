/* Who may ask: pages of this server, under names of this server. */
#include "origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool allowed(const char *origin, const char *host) { return fc_origin_allowed(fc_str(origin), fc_str(host)); }

static void own_page(void **state) {
    (void)state;
    assert_true(allowed("http://wall.example:8080", "wall.example:8080"));
    assert_true(allowed("http://Wall.Example", "wall.example"));
    assert_true(allowed("http://wall.example", "wall.example:80"));
    assert_true(allowed("https://wall.example", "wall.example:443"));
    assert_true(allowed("http://[::1]:8080", "[::1]:8080"));
}

static void strangers(void **state) {
    (void)state;
    assert_false(allowed("http://evil.example", "wall.example"));
    assert_false(allowed("http://wall.example:81", "wall.example"));
    assert_false(allowed("http://wall.example.evil", "wall.example"));
    assert_false(allowed("http://evilwall.example", "wall.example"));
    assert_false(allowed("https://wall.example:80", "wall.example"));
    assert_false(allowed("null", "wall.example"));
    assert_false(allowed("file://", ""));
    assert_false(allowed("http://", ""));
    assert_false(allowed("", "wall.example"));
}

static bool named(const char *host) {
    static char one[] = "wall.example", two[] = "board";
    static char *const names[] = {one, two};
    return fc_host_allowed(fc_str(host), names, 2);
}

static void own_names(void **state) {
    (void)state;
    static const char *const good[] = {"127.0.0.1",         "127.0.0.1:8080", "10.1.2.3:80", "[::1]",  "[2001:db8::1]:8080", "localhost",
                                       "localhost:8080",    "LOCALHOST",      "wall.example", "Wall.Example:443", "wall.example.", "wall.example.:80",
                                       "board"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!named(good[i])) fail_msg("refused: %s", good[i]);
}

static void names_of_others(void **state) {
    (void)state;
    static const char *const bad[] = {"evil.example",    "evil.example:8080", "wall.example.evil", "evilwall.example", "xn--wall.example", "localhost.evil",
                                      "127.0.0.1.evil",  "1.2.3",             "[evil]",            "[::1",             "",                 ".",
                                      ":80",             "wall.example:x",    "wall.example:80:80", "wall.example:99999", "127.0.0.1:-1",   "board\t",
                                      "board, localhost"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (named(bad[i])) fail_msg("let in: %s", bad[i]);
    static char any[] = "*";
    static char *const all[] = {any};
    assert_true(fc_host_allowed(FC_STR_LIT("evil.example:80"), all, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(own_page), cmocka_unit_test(strangers), cmocka_unit_test(own_names),
                                       cmocka_unit_test(names_of_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
