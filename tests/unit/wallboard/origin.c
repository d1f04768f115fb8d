/* Who may open a websocket. */
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

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(own_page), cmocka_unit_test(strangers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
