/* Frames by cursor: who keeps up shares, who is slow gets the latest, and in the end all have seen the same. */
#include "views.h"

#include "fake.h"
#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TOPICS 40
#define SEATS 12
#define MS INT64_C(1000000)

static struct fc_cache cache;
static struct fc_views views;
static struct fc_counters counters;
static int woken;
static struct fc_mono now;

static void wake(struct fc_seat *seat) {
    (void)seat;
    woken++;
}

static int open_views(void **state) {
    (void)state;
    counters = (struct fc_counters){0};
    woken = 0;
    now.ns = 1000 * MS;
    fc_cache_init(&cache);
    fc_views_init(&views, &cache, &counters, wake);
    return 0;
}

static int close_views(void **state) {
    (void)state;
    assert_int_equal(views.members, 0);
    assert_int_equal(counters.views, 0);
    fc_views_fini(&views);
    fc_cache_fini(&cache);
    return 0;
}

static void change(const char *name, uint64_t ver) {
    uint8_t bytes[600];
    struct fc_item item;
    size_t n = fake_item(bytes, sizeof bytes, name, name, "day", ver, (int64_t)ver);
    assert_true(fc_item_read(bytes, n, &item));
    struct fc_topic *t = fc_cache_ensure(&cache, item.topic);
    assert_true(fc_cache_put(&cache, t, 0, 1, &item, bytes, n));
    fc_views_changed(&views, t);
}

static void join(struct fc_seat *seat, const char *set, size_t n, uint32_t count) {
    struct fc_topic_set s = {.n = count};
    fc_bytes_add(&s.text, set, n);
    assert_int_equal(fc_views_join(&views, seat, &s), FC_OK);
    fc_bytes_free(&s.text);
}

/* Items of the seat's next frame, 0 when there is none; a frame is looked through with `each`. */
static uint32_t next(struct fc_seat *seat, void (*each)(struct fc_item *item, void *ctx), void *ctx) {
    const struct fc_frame *f = fc_views_frame(&views, seat);
    if (f == NULL) return 0;
    struct fc_mp mp = fc_mp_open(f->bytes.p + FC_FRAME_HEAD, f->bytes.n - FC_FRAME_HEAD), at;
    uint32_t n = 0;
    assert_true(fc_item_find(mp.p, fc_mp_left(&mp), "items", &at) && fc_mp_array(&at, &n));
    assert_int_equal(n, f->items);
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *start = at.p;
        struct fc_item item;
        assert_true(fc_mp_skip(&at));
        assert_true(fc_item_read(start, (size_t)(at.p - start), &item));
        if (each != NULL) each(&item, ctx);
    }
    assert_int_equal(fc_mp_left(&at), 0);
    return n;
}

static void first_at_once_then_by_the_tick(void **state) {
    (void)state;
    struct fc_seat a = {0}, b = {0};
    change("a", 1);
    join(&a, "a\0b", 4, 2);
    join(&b, "a\0b", 4, 2);
    assert_int_equal(counters.views, 1);
    assert_int_equal(next(&a, NULL, NULL), 1);
    assert_int_equal(next(&b, NULL, NULL), 1);
    assert_int_equal(counters.frames_encoded_total, 1);
    assert_int_equal(next(&a, NULL, NULL), 0);
    change("a", 2);
    woken = 0;
    assert_true(fc_views_flush(&views, now) < 0);
    assert_int_equal(woken, 2);
    assert_int_equal(next(&a, NULL, NULL), 1);
    change("a", 3);
    change("b", 1);
    change("a", 4);
    assert_int_equal(fc_views_flush(&views, (struct fc_mono){now.ns + 5 * MS}), 15 * MS);
    assert_int_equal(next(&a, NULL, NULL), 0);
    assert_true(fc_views_flush(&views, (struct fc_mono){now.ns + 20 * MS}) < 0);
    uint64_t encoded = counters.frames_encoded_total;
    assert_int_equal(next(&a, NULL, NULL), 2);
    assert_int_equal(counters.frames_encoded_total, encoded);
    assert_int_equal(next(&b, NULL, NULL), 2); /* it missed one frame and gets one */
    assert_int_equal(next(&b, NULL, NULL), 0);
    fc_views_leave(&views, &a);
    fc_views_leave(&views, &b);
}

static void nothing_is_an_answer_too(void **state) {
    (void)state;
    struct fc_seat a = {0};
    join(&a, "x", 2, 1);
    const struct fc_frame *f = fc_views_frame(&views, &a);
    assert_non_null(f);
    assert_int_equal(f->items, 0);
    assert_null(fc_views_frame(&views, &a));
    fc_views_leave(&views, &a);
    assert_int_equal(cache.count, 0); /* a name that was only wished for is not kept */
}

static void wildcards_meet_each_topic_once(void **state) {
    (void)state;
    struct fc_seat a = {0};
    change("queue/a/day", 1);
    static const char set[] = "queue/*\0queue/a/day\0queue/b/day\0queue/b*";
    join(&a, set, sizeof set, 4);
    assert_int_equal(next(&a, NULL, NULL), 1);
    change("queue/b/day", 1);
    change("agent/x/day", 1);
    change("queue/c/day", 1);
    (void)fc_views_flush(&views, now);
    assert_int_equal(next(&a, NULL, NULL), 2);
    fc_views_leave(&views, &a);
}

static void a_large_snapshot_comes_in_parts(void **state) {
    (void)state;
    struct fc_seat a = {0};
    char name[30];
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(name, sizeof name, "queue/%d/day", i);
        change(name, 1);
    }
    join(&a, "*", 2, 1);
    uint32_t got = 0, frames = 0, n;
    while ((n = next(&a, NULL, NULL)) > 0) {
        got += n;
        frames++;
    }
    assert_int_equal(got, 5000);
    assert_true(frames > 1);
    fc_views_leave(&views, &a);
}

static void the_dead_leave_a_stone(void **state) {
    (void)state;
    struct fc_seat a = {0};
    change("q", 1);
    join(&a, "q", 2, 1);
    assert_int_equal(next(&a, NULL, NULL), 1);
    struct fc_topic *t = fc_cache_find(&cache, fc_str("q"));
    fc_cache_bury(&cache, t);
    fc_views_changed(&views, t);
    (void)fc_views_flush(&views, now);
    assert_int_equal(next(&a, NULL, NULL), 1);
    assert_true(memmem(fc_topic_json(t).p, fc_topic_json(t).n, "\"gone\":true", 11) != NULL);
    assert_int_equal(cache.live, 0);
    fc_views_leave(&views, &a);
    assert_int_equal(cache.count, 0);
}

struct seen {
    struct fc_seat seat;
    const char *set;
    uint64_t ver[TOPICS];
};

static void note(struct fc_item *item, void *ctx) {
    struct seen *seen = ctx;
    int k = atoi(item->topic.p + 1);
    assert_true(item->ver >= seen->ver[k]); /* never backwards */
    seen->ver[k] = item->ver;
}

/* Law: whatever the order of changes, flushes and reads, after a last flush and enough reads everyone holds the latest of
 * every topic it wants, and no topic it does not. */
static void all_end_with_the_latest(void **state) {
    (void)state;
    rng_seed(20260309);
    static const char *const sets[] = {"t0*", "*", "t1*", "t05"};
    static struct seen seen[SEATS];
    static uint64_t latest[TOPICS];
    for (int round = 0; round < 20000; round++) {
        struct seen *s = &seen[rng() % SEATS];
        uint64_t k = rng() % TOPICS;
        char name[30];
        switch (rng() % 8) {
        case 0:
        case 1:
        case 2:
            (void)snprintf(name, sizeof name, "t%02d", (int)k);
            change(name, ++latest[k]);
            break;
        case 3:
            now.ns += (int64_t)(rng() % 30) * MS;
            (void)fc_views_flush(&views, now);
            break;
        case 4: {
            const char *set = sets[rng() % 4];
            if (rng() % 8 != 0) break;
            memset(s->ver, 0, sizeof s->ver);
            s->set = set;
            join(&s->seat, set, strlen(set) + 1, 1);
            break;
        }
        case 5:
            if (rng() % 32 == 0) fc_views_leave(&views, &s->seat);
            break;
        default:
            if (s->seat.view != NULL) (void)next(&s->seat, note, s);
        }
    }
    now.ns += 100 * MS;
    (void)fc_views_flush(&views, now);
    for (int i = 0; i < SEATS; i++) {
        struct seen *s = &seen[i];
        if (s->seat.view == NULL) continue;
        while (next(&s->seat, note, s) > 0) continue;
        for (int k = 0; k < TOPICS; k++) {
            char name[30];
            (void)snprintf(name, sizeof name, "t%02d", k);
            bool wanted = strncmp(name, s->set, strcspn(s->set, "*")) == 0;
            assert_int_equal(s->ver[k], wanted ? latest[k] : 0);
        }
        fc_views_leave(&views, &s->seat);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(first_at_once_then_by_the_tick, open_views, close_views),
        cmocka_unit_test_setup_teardown(nothing_is_an_answer_too, open_views, close_views),
        cmocka_unit_test_setup_teardown(wildcards_meet_each_topic_once, open_views, close_views),
        cmocka_unit_test_setup_teardown(a_large_snapshot_comes_in_parts, open_views, close_views),
        cmocka_unit_test_setup_teardown(the_dead_leave_a_stone, open_views, close_views),
        cmocka_unit_test_setup_teardown(all_end_with_the_latest, open_views, close_views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
