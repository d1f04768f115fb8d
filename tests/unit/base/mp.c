/* The reader against msgpack-c's packer and its unpacker, on random values and on random damage. */
#include "mp.h"
#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void write_random(struct fc_mpw *w, int depth) {
    static const char text[] = "the quick brown fox jumps over the lazy dog, again and again and again";
    uint64_t r = rng() % (depth < 4 ? 9 : 7);
    switch (r) {
    case 0: fc_mpw_nil(w); break;
    case 1: fc_mpw_bool(w, rng() & 1); break;
    case 2: fc_mpw_int(w, (int64_t)(rng() >> (rng() % 64))); break;
    case 3: fc_mpw_int(w, -(int64_t)(rng() >> (1 + rng() % 63))); break;
    case 4: fc_mpw_f64(w, (double)rng() / 3.0); break;
    case 5: fc_mpw_str(w, fc_str_n(text, rng() % sizeof text)); break;
    case 6: fc_mpw_bin(w, text, rng() % sizeof text); break;
    default: {
        uint64_t n = rng() % 20;
        if (r == 7) fc_mpw_array(w, n);
        else fc_mpw_map(w, n);
        for (uint64_t i = 0; i < (r == 7 ? n : 2 * n); i++) write_random(w, depth + 1);
    }
    }
}

/* Reads one value with the reader and holds every leaf against msgpack-c's object. */
static void expect_same(struct fc_mp *mp, const msgpack_object *o) {
    struct fc_str s;
    int64_t i;
    uint64_t u;
    double d;
    bool b;
    uint32_t n;
    switch (o->type) {
    case MSGPACK_OBJECT_NIL: assert_true(fc_mp_nil(mp)); break;
    case MSGPACK_OBJECT_BOOLEAN: assert_true(fc_mp_bool(mp, &b)); assert_int_equal(b, o->via.boolean); break;
    case MSGPACK_OBJECT_POSITIVE_INTEGER: assert_true(fc_mp_u64(mp, &u)); assert_true(u == o->via.u64); break;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: assert_true(fc_mp_i64(mp, &i)); assert_true(i == o->via.i64); break;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64: assert_true(fc_mp_f64(mp, &d)); assert_memory_equal(&d, &o->via.f64, sizeof d); break;
    case MSGPACK_OBJECT_STR: assert_true(fc_mp_str(mp, &s)); assert_true(fc_str_eq(s, fc_str_n(o->via.str.ptr, o->via.str.size))); break;
    case MSGPACK_OBJECT_BIN: assert_true(fc_mp_bin(mp, &s)); assert_true(fc_str_eq(s, fc_str_n(o->via.bin.ptr, o->via.bin.size))); break;
    case MSGPACK_OBJECT_ARRAY:
        assert_true(fc_mp_array(mp, &n));
        assert_int_equal(n, o->via.array.size);
        for (uint32_t k = 0; k < n; k++) expect_same(mp, &o->via.array.ptr[k]);
        break;
    case MSGPACK_OBJECT_MAP:
        assert_true(fc_mp_map(mp, &n));
        assert_int_equal(n, o->via.map.size);
        for (uint32_t k = 0; k < n; k++) {
            expect_same(mp, &o->via.map.ptr[k].key);
            expect_same(mp, &o->via.map.ptr[k].val);
        }
        break;
    default: fail_msg("type %d was never written", (int)o->type);
    }
}

static void reads_what_msgpack_c_writes(void **state) {
    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint8_t buf[1 << 16];
        struct fc_mpw w;
        fc_mpw_init(&w, buf, sizeof buf);
        write_random(&w, 0);
        if (w.overflow) continue;
        msgpack_unpacked u;
        msgpack_unpacked_init(&u);
        size_t off = 0;
        assert_int_equal(msgpack_unpack_next(&u, (const char *)buf, w.len, &off), MSGPACK_UNPACK_SUCCESS);
        struct fc_mp mp = fc_mp_open(buf, w.len);
        expect_same(&mp, &u.data);
        assert_int_equal(fc_mp_offset(&mp), w.len);
        mp = fc_mp_open(buf, w.len);
        assert_true(fc_mp_skip(&mp));
        assert_int_equal(fc_mp_offset(&mp), w.len);
        msgpack_unpacked_destroy(&u);
    }
}

/* Cut or damaged bytes: never past the end (the sanitizer watches), and never moved on failure. */
static void survives_damage(void **state) {
    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint8_t buf[4096];
        struct fc_mpw w;
        fc_mpw_init(&w, buf, sizeof buf);
        write_random(&w, 0);
        size_t n = w.overflow ? sizeof buf : w.len;
        for (int k = 0; k < 3; k++) buf[rng() % n] = (uint8_t)rng();
        size_t cut = rng() % (n + 1);
        uint8_t *exact = malloc(cut == 0 ? 1 : cut); /* its own block, so that one byte too far is seen */
        assert_non_null(exact);
        memcpy(exact, buf, cut);
        struct fc_mp mp = fc_mp_open(exact, cut);
        if (!fc_mp_skip(&mp)) assert_int_equal(fc_mp_offset(&mp), 0);
        else assert_true(fc_mp_offset(&mp) <= cut);
        free(exact);
    }
}

static void bounds_are_checked(void **state) {
    (void)state;
    uint32_t n;
    struct fc_str s;
    struct fc_mp mp = fc_mp_open("\xdd\xff\xff\xff\xff", 5); /* array of 4 G elements in 5 bytes */
    assert_false(fc_mp_array(&mp, &n));
    mp = fc_mp_open("\xdb\x7f\xff\xff\xff", 5);
    assert_false(fc_mp_str(&mp, &s));
    mp = fc_mp_open("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\xc0", 12); /* deeper than FC_MP_DEPTH */
    assert_false(fc_mp_skip(&mp));
    mp = fc_mp_open("\xc1", 1);
    assert_int_equal(fc_mp_peek(&mp), FC_MP_BAD);
    int64_t v;
    mp = fc_mp_open("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 9); /* 2^64-1 does not fit an int64 */
    assert_false(fc_mp_i64(&mp, &v));
}

static void overflow_is_kept(void **state) {
    (void)state;
    uint8_t buf[8];
    struct fc_mpw w;
    fc_mpw_init(&w, buf, sizeof buf);
    fc_mpw_key(&w, "far too long");
    fc_mpw_nil(&w);
    assert_true(w.overflow);
    assert_true(w.len <= sizeof buf);
}

int main(void) {
    rng_seed(20260301);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_msgpack_c_writes),
        cmocka_unit_test(survives_damage),
        cmocka_unit_test(bounds_are_checked),
        cmocka_unit_test(overflow_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
