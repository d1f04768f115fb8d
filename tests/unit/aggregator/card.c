/* Contacts as lists show them: the stored form and back, its keys, and what is refused. */
#include "card.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define T INT64_C(1767258000000000)

static const struct fc_card whole = {.kind = FC_CARD_ANSWERED, .contact = FC_STR_LIT("c1"), .queue = FC_STR_LIT("sales"), .agent = FC_STR_LIT("ann"),
                                     .customer = FC_STR_LIT("4915112345678"), .topic = FC_STR_LIT("invoice"), .lang = FC_STR_LIT("de"),
                                     .root = FC_STR_LIT("r"), .priority = 3, .channel = FC_CHANNEL_CHAT, .offered_us = T, .over_us = T + 90,
                                     .wait_us = 10, .talk_us = 70, .hold_us = 10, .wrap_us = -1};

static struct fc_str stored(const struct fc_card *card, char key[FC_CARD_KEY]) {
    static uint8_t bytes[FC_CARD_BYTES_MAX];
    struct fc_mpw w;
    fc_mpw_init(&w, bytes, sizeof bytes);
    fc_card_encode(&w, card);
    assert_false(w.overflow);
    fc_card_key(key, card->kind, card->over_us, 42);
    return fc_str_n((const char *)bytes, w.len);
}

static void what_is_stored_is_read_again(void **state) {
    (void)state;
    char key[FC_CARD_KEY];
    struct fc_card lost = {.kind = FC_CARD_LEFT, .contact = whole.contact, .queue = whole.queue, .priority = -1, .left = FC_LEFT_TIMEOUT, .offered_us = T,
                           .over_us = T + 5, .wait_us = 5, .talk_us = -1, .hold_us = -1, .wrap_us = -1}, out;
    struct fc_str value = stored(&whole, key);
    assert_int_equal(fc_card_decode(fc_str_n(key, sizeof key), value, &out, NULL), FC_OK);
    assert_true(fc_str_eq(out.customer, whole.customer) && fc_str_eq(out.root, whole.root) && fc_str_eq(out.lang, whole.lang));
    assert_true(out.kind == whole.kind && out.over_us == whole.over_us && out.talk_us == 70 && out.wrap_us == -1 && out.priority == 3);
    value = stored(&lost, key);
    assert_int_equal(fc_card_decode(fc_str_n(key, sizeof key), value, &out, NULL), FC_OK);
    assert_true(out.left == FC_LEFT_TIMEOUT && out.agent.n == 0 && out.customer.n == 0 && out.priority == -1);
}

/* Any byte changed, cut off anywhere: taken only if it is something that may have been stored; never read beyond. */
static void a_damaged_record_is_refused_or_another(void **state) {
    (void)state;
    char key[FC_CARD_KEY];
    struct fc_str value = stored(&whole, key);
    struct fc_card out;
    for (uint32_t n = 0; n < value.n; n++) assert_int_equal(fc_card_decode(fc_str_n(key, sizeof key), fc_str_n(value.p, n), &out, NULL), FC_INVALID);
    key[0] = 'R';
    assert_int_equal(fc_card_decode(fc_str_n(key, sizeof key), value, &out, NULL), FC_INVALID);
    key[0] = 'B'; /* says abandoned; the record has an agent and was not left that way */
    struct fc_card card = whole;
    card.left = FC_LEFT_TIMEOUT;
    assert_int_equal(fc_card_decode(fc_str_n(key, sizeof key), stored(&card, (char[FC_CARD_KEY]){0}), &out, NULL), FC_INVALID);
    assert_int_equal(fc_card_decode(fc_str_n(key, 16), value, &out, NULL), FC_INVALID);
}

/* Keys of a kind rise with the time, whatever the contact; a bound is below all from its time on and above all before. */
static void keys_are_in_the_order_of_time(void **state) {
    (void)state;
    char earlier[FC_CARD_KEY], later[FC_CARD_KEY], bound[FC_CARD_KEY];
    fc_card_key(earlier, FC_CARD_ABANDONED, T, UINT64_MAX);
    fc_card_key(later, FC_CARD_ABANDONED, T + 1, 0);
    size_t n = fc_card_bound(bound, 'B', T + 1);
    assert_true(memcmp(earlier, later, sizeof later) < 0 && memcmp(earlier, bound, n) < 0 && memcmp(later, bound, n) >= 0);
}

static void a_return_is_read_again(void **state) {
    (void)state;
    uint8_t bytes[32];
    int64_t us = 0;
    struct fc_mpw w;
    fc_mpw_init(&w, bytes, sizeof bytes);
    fc_card_encode_returned(&w, T);
    assert_int_equal(fc_card_decode_returned(fc_str_n((const char *)bytes, w.len), &us, NULL), FC_OK);
    assert_int_equal(us, T);
    assert_int_equal(fc_card_decode_returned(fc_str_n((const char *)bytes, w.len - 1), &us, NULL), FC_INVALID);
    assert_int_equal(fc_card_decode_returned(FC_STR_LIT("\x92\x02\x01"), &us, NULL), FC_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_stored_is_read_again),
        cmocka_unit_test(a_damaged_record_is_refused_or_another),
        cmocka_unit_test(keys_are_in_the_order_of_time),
        cmocka_unit_test(a_return_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
