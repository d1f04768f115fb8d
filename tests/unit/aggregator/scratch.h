/* scratch -- what the tests of the aggregator's plumbing share: a directory of their own, and batches that look real. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "event.h"
#include "link.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef __SANITIZE_THREAD__
/* Debian's libzmq is built without ThreadSanitizer: it cannot see how that library's threads hand over a message, so it is told
 * to leave alone what happens inside such libraries. All that passes through our own rings is watched. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "ignore_noninstrumented_modules=1"; }
#endif

#define SPOOL_A "0123456789abcdef0123456789abcdef"
#define SPOOL_B "fedcba9876543210fedcba9876543210"

static inline void scratch_make(char dir[128]) {
    const char *base = getenv("TMPDIR");
    (void)snprintf(dir, 128, "%.90s/floorcast-test-XXXXXX", base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(dir));
}

static inline void scratch_remove(const char *dir) {
    static const char *const files[] = {"data.mdb", "lock.mdb", "floorcast.lock"};
    char path[200];
    for (unsigned i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        if (unlink(path) != 0) assert_int_equal(errno, ENOENT);
    }
    assert_int_equal(rmdir(dir), 0);
}

/* `count` events whose contact ids name their number in the spool. Returns the bytes written. */
static inline size_t scratch_events(void *buf, size_t cap, uint64_t first, uint32_t count) {
    struct fc_mpw w;
    fc_mpw_init(&w, buf, cap);
    for (uint32_t i = 0; i < count; i++) {
        char contact[40];
        (void)snprintf(contact, sizeof contact, "c%llu", (unsigned long long)first + i);
        struct fc_event ev = fc_event_make(FC_HELD, INT64_C(1767225600000000) + (int64_t)i);
        FC_EVENT_STR(&ev, contact, fc_str(contact));
        fc_event_encode(&w, &ev);
    }
    assert_false(w.overflow);
    return w.len;
}

static inline size_t scratch_link(void *buf, size_t cap, const struct fc_link_msg *msg) {
    struct fc_mpw w;
    fc_mpw_init(&w, buf, cap);
    fc_link_encode(&w, msg);
    assert_false(w.overflow);
    return w.len;
}

#define SCRATCH_BATCH_MAX (FC_BATCH_BYTES_MAX + 256)

static inline size_t scratch_batch(void *buf, const char *spool, uint64_t first, uint32_t count) {
    uint8_t events[FC_BATCH_BYTES_MAX];
    size_t n = scratch_events(events, sizeof events, first, count);
    struct fc_link_msg m = {.type = FC_LINK_BATCH, .spool = fc_str(spool), .first = first, .count = count,
                            .events = fc_str_n((const char *)events, n)};
    return scratch_link(buf, SCRATCH_BATCH_MAX, &m);
}

static inline uint64_t scratch_rng(uint64_t *s) {
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

static inline uint64_t scratch_seed(void) {
    const char *given = getenv("FC_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20260301;
    printf("seed: FC_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

/* An interval of the tests is one number, and merging is adding. */
static inline enum fc_status scratch_sum(struct fc_str old, struct fc_str delta, uint8_t *out, size_t cap, size_t *n) {
    uint64_t a = 0, b;
    if (delta.n != sizeof b || (old.n != 0 && old.n != sizeof a) || cap < sizeof a) return FC_INVALID;
    if (old.n > 0) memcpy(&a, old.p, sizeof a);
    memcpy(&b, delta.p, sizeof b);
    a += b;
    memcpy(out, &a, sizeof a);
    *n = sizeof a;
    return FC_OK;
}

#endif
