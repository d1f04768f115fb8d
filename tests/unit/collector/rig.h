/* rig -- what the tests of this room share: a directory that vanishes, a sink on a spool in it, events, statuses. */
#ifndef FC_TEST_RIG_H
#define FC_TEST_RIG_H

#include "sink.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), FC_OK)

struct rig {
    char dir[64], spool_dir[80];
    struct fc_sink sink;
    struct fc_error err;
};

static inline int rig_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline void rig_make_dir(struct rig *r) {
    memset(r, 0, sizeof *r);
    (void)snprintf(r->dir, sizeof r->dir, "/tmp/fc-test-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    (void)snprintf(r->spool_dir, sizeof r->spool_dir, "%s/spool", r->dir);
}

static inline void rig_open(struct rig *r, uint64_t limit) {
    if (fc_spool_open(r->spool_dir, limit, &r->sink.spool, &r->err) != FC_OK) fail_msg("%s", r->err.text);
    if (fc_customer_open(&r->sink.customer, r->spool_dir, false, "", &r->err) != FC_OK) fail_msg("%s", r->err.text);
}

static inline void rig_init(struct rig *r) {
    rig_make_dir(r);
    rig_open(r, FC_SPOOL_LIMIT_DEFAULT);
}

static inline void rig_close(struct rig *r) {
    fc_spool_close(r->sink.spool);
    memset(&r->sink, 0, sizeof r->sink);
}

static inline void rig_fini(struct rig *r) {
    rig_close(r);
    (void)nftw(r->dir, rig_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline struct fc_event rig_offered(const char *contact) {
    struct fc_event ev = fc_event_make(FC_OFFERED, INT64_C(1700000000000000));
    FC_EVENT_STR(&ev, contact, fc_str(contact));
    FC_EVENT_STR(&ev, queue, fc_str("sales"));
    return ev;
}

/* An event of `src` with a number; contact is that number too. */
static inline enum fc_status rig_put(struct rig *r, const char *src, int64_t seq) {
    char contact[32];
    (void)snprintf(contact, sizeof contact, "c%lld", (long long)seq);
    struct fc_event ev = rig_offered(contact);
    if (src != NULL) {
        FC_EVENT_STR(&ev, src, fc_str(src));
        FC_EVENT_NUM(&ev, seq, seq);
    }
    return fc_sink_put(&r->sink, &ev, &r->err);
}

static inline void rig_commit(struct rig *r) { OK(fc_spool_flush(r->sink.spool, &r->err)); }

/* All events on disk from number `from` on, decoded one after the other; hands back how many. */
static inline unsigned rig_each(struct rig *r, uint64_t from, void (*each)(void *ctx, const struct fc_event *ev), void *ctx) {
    static uint8_t bytes[FC_BATCH_BYTES_MAX];
    struct fc_spool_batch b;
    unsigned n = 0;
    while (fc_spool_read(r->sink.spool, from, bytes, &b, &r->err) == FC_OK) {
        struct fc_mp mp = fc_mp_open(bytes, b.bytes);
        assert_true(b.first == from);
        for (uint32_t i = 0; i < b.count; i++, n++) {
            struct fc_event ev;
            OK(fc_event_decode(&mp, &ev, &r->err));
            if (each != NULL) each(ctx, &ev);
        }
        assert_int_equal(fc_mp_left(&mp), 0);
        from += b.count;
    }
    return n;
}

#endif
