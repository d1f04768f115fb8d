/* Every kind of msgpack value as JSON, the awkward ones by name; and random values through jansson and back. */
#include "json.h"

#include "clock.h"
#include "../seed.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct fc_bytes out;

static const char *text(const void *bytes, size_t n) {
    struct fc_mp mp = fc_mp_open(bytes, n);
    fc_bytes_clear(&out);
    if (!fc_json_value(&out, &mp) || fc_mp_left(&mp) > 0) return NULL;
    fc_bytes_char(&out, '\0');
    return (const char *)out.p;
}

#define EXPECT(bytes, want) assert_string_equal(text(bytes, sizeof(bytes) - 1), want)
#define EXPECT_BAD(bytes) assert_null(text(bytes, sizeof(bytes) - 1))

static void integers_keep_every_digit(void **state) {
    (void)state;
    EXPECT("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615");
    EXPECT("\xd3\x80\0\0\0\0\0\0\0", "-9223372036854775808");
    EXPECT("\xcf\0\x20\0\0\0\0\0\x01", "9007199254740993");
}

static void floats(void **state) {
    (void)state;
    EXPECT("\xcb\x7f\xf8\0\0\0\0\0\0", "null");
    EXPECT("\xcb\x7f\xf0\0\0\0\0\0\0", "null");
    EXPECT("\xcb\xff\xf0\0\0\0\0\0\0", "null");
    EXPECT("\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a", "0.1");
    EXPECT("\xcb\x3f\xd5\x55\x55\x55\x55\x55\x55", "0.3333333333333333");
}

static void strings(void **state) {
    (void)state;
    EXPECT("\xa6" "a\"\\\n\x01" "b", "\"a\\\"\\\\\\n\\u0001b\"");
    EXPECT("\xa6\xe9\x94\x80\xe5\x94\xae", "\"\xe9\x94\x80\xe5\x94\xae\"");
    EXPECT("\xa3" "a\xff" "b", "\"a\xef\xbf\xbd" "b\"");
    EXPECT("\xa2\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    EXPECT("\xa2\xe9\x94", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    EXPECT("\xa1\0", "\"\\u0000\"");
    EXPECT("\xa0", "\"\"");
}

static void containers(void **state) {
    (void)state;
    EXPECT("\x82\xa1" "a\x93\x01\xc0\xc3\xa1" "b\x80", "{\"a\":[1,null,true],\"b\":{}}");
    EXPECT_BAD("\x81\x01\x02");
    EXPECT_BAD("\xc4\x01x");
    EXPECT_BAD("\xd4\x01x");
    EXPECT_BAD("\x92\x01");
    EXPECT_BAD("\xc1");
    EXPECT_BAD("");
    EXPECT_BAD("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x01");
}

/* Doubles of every size come back bit for bit; damage never reads out of bounds (sanitizers watch). */
static void random_values(void **state) {
    (void)state;
    rng_seed(20260309);
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[9] = {0xcb};
        uint64_t bits = rng();
        double want, got;
        memcpy(&want, &bits, sizeof want);
        for (int k = 0; k < 8; k++) bytes[1 + k] = (uint8_t)(bits >> (56 - 8 * k));
        if (!isfinite(want)) continue;
        got = strtod(text(bytes, sizeof bytes), NULL);
        assert_memory_equal(&got, &want, sizeof got);
    }
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[40];
        for (size_t k = 0; k < sizeof bytes; k++) bytes[k] = (uint8_t)rng();
        const char *z = text(bytes, 1 + rng() % sizeof bytes);
        if (z == NULL || strstr(z, "\\u0000") != NULL) continue; /* jansson takes no NUL in a key */
        json_t *root = json_loads(z, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
        assert_non_null(root);
        json_decref(root);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_keep_every_digit), cmocka_unit_test(floats),       cmocka_unit_test(strings),
        cmocka_unit_test(containers),                cmocka_unit_test(random_values),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fc_bytes_free(&out);
    return failed;
}
