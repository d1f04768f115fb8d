/* What one address may take of what all share. */
#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct fc_mono at_ms(int64_t ms) { return (struct fc_mono){INT64_C(1000000000) + ms * 1000000}; }

static struct fc_address_key key(const char *text) {
    struct fc_address_key k;
    assert_true(fc_address_key_read(text, &k));
    return k;
}

static bool same(const char *a, const char *b) {
    struct fc_address_key x = key(a), y = key(b);
    return memcmp(&x, &y, sizeof x) == 0;
}

static void one_address_in_all_its_forms(void **state) {
    (void)state;
    struct fc_address_key k, want = key("10.1.2.3");
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET, "10.1.2.3", &v4.sin_addr), 1);
    assert_true(fc_address_key_of((struct sockaddr *)&v4, &k));
    assert_memory_equal(&k, &want, sizeof k);
    assert_true(same("::ffff:10.1.2.3", "10.1.2.3"));
    assert_false(same("10.1.2.3", "10.1.2.4"));
    assert_true(same("2001:db8:1:2::5", "2001:db8:1:2:ffff::6")); /* one site */
    assert_false(same("2001:db8:1:2::5", "2001:db8:1:3::5"));
    assert_false(same("::1", "::2"));
    assert_false(fc_address_key_read("example.org", &k));
    assert_false(fc_address_key_read("", &k));
}

/* Law: over any time no more than the burst and what the rate gives, but for the last one taken. */
static void a_budget_gives_its_rate(void **state) {
    (void)state;
    struct fc_budget b = {0};
    int taken = 0;
    for (int64_t ms = 0; ms < 10000; ms++) {
        if (!fc_budget_has(&b, 20, 50, at_ms(ms))) continue;
        fc_budget_spend(&b, 1);
        taken++;
    }
    assert_in_range(taken, 50 + 199, 50 + 201);
    assert_true(fc_budget_has(&b, 20, 50, at_ms(10000 + 60000))); /* full again, not more than full */
    taken = 0;
    while (fc_budget_has(&b, 20, 50, at_ms(70000))) {
        fc_budget_spend(&b, 1);
        taken++;
    }
    assert_int_equal(taken, 50);
    fc_budget_spend(&b, 1000); /* a debt that could not be known before */
    assert_false(fc_budget_has(&b, 20, 50, at_ms(70000 + 49900)));
    assert_true(fc_budget_has(&b, 20, 50, at_ms(70000 + 50100)));
}

static void rows_come_and_go(void **state) {
    (void)state;
    static struct fc_addresses all;
    struct fc_address_key proxy = key("10.0.0.1"), other = key("10.0.0.2");
    all.trusted[all.trusted_count++] = proxy;
    struct fc_address *a = fc_addresses_of(&all, &proxy, at_ms(0)), *b = fc_addresses_of(&all, &other, at_ms(0));
    assert_true(a->trusted);
    assert_false(b->trusted);
    assert_ptr_equal(fc_addresses_of(&all, &other, at_ms(1)), b);
    b->connections = 1;
    for (int i = 0; i < FC_ADDRESS_SLOTS; i++) fc_addresses_sweep(&all, at_ms(61001 * 2));
    assert_int_equal(all.count, 1); /* who has a connection stays */
    assert_ptr_equal(fc_addresses_of(&all, &other, at_ms(61001 * 2)), b);
    fc_addresses_fini(&all);
    assert_int_equal(all.count, 0);
}

static void too_many_to_tell_apart(void **state) {
    (void)state;
    static struct fc_addresses all;
    for (uint32_t i = 0; i < FC_ADDRESSES_MAX; i++) {
        struct fc_address_key k = {.bytes = {1, (uint8_t)(i >> 8), (uint8_t)i}};
        assert_ptr_not_equal(fc_addresses_of(&all, &k, at_ms(0)), &all.others);
    }
    struct fc_address_key one = key("10.0.0.1"), two = key("10.0.0.2");
    assert_ptr_equal(fc_addresses_of(&all, &one, at_ms(0)), &all.others);
    assert_ptr_equal(fc_addresses_of(&all, &two, at_ms(0)), &all.others);
    assert_int_equal(all.count, FC_ADDRESSES_MAX);
    for (int i = 0; i < FC_ADDRESS_SLOTS; i++) fc_addresses_sweep(&all, at_ms(70000));
    assert_int_equal(all.count, 0);
    assert_ptr_not_equal(fc_addresses_of(&all, &one, at_ms(70000)), &all.others);
    fc_addresses_fini(&all);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_address_in_all_its_forms), cmocka_unit_test(a_budget_gives_its_rate),
                                       cmocka_unit_test(rows_come_and_go), cmocka_unit_test(too_many_to_tell_apart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
