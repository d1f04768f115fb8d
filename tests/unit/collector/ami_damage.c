/* Streams that no Asterisk sends: real ones with bytes changed, dropped and doubled, and connections that come and go at
 * random. Whatever comes, what is put is an event (the fake sink checks), no visit ends twice, and none stays open. */
#include "ami_fake.h"
#include "ami_track.h"

#include <time.h>
#include <zlib.h>

#define RUNS 12

static unsigned seed;

static unsigned below(unsigned n) { return (unsigned)rand_r(&seed) % n; }

static size_t load(char *bytes, size_t cap) {
    gzFile gz = gzopen(FC_TEST_DATA "/asterisk/short/ami.txt.gz", "rb");
    assert_non_null(gz);
    int n = gzread(gz, bytes, (unsigned)cap);
    (void)gzclose(gz);
    assert_true(n > 0);
    return (size_t)n;
}

/* About one byte in `rarely` is another one. */
static void damage(char *bytes, size_t n, unsigned rarely) {
    for (size_t i = below(rarely); i < n; i += 1 + below(2 * rarely)) bytes[i] = (char)below(256);
}

struct stage {
    struct fc_sink *sink;
    struct fc_ami_out out;
    struct fc_ami_track *track;
    int64_t now_us;
};

/* One piece of the stream as one read: lost, taken twice, or followed by a new connection, now and then. */
static void play_piece(struct stage *s, struct fc_ami_parse *parse, const char *bytes, size_t n) {
    static struct fc_ami_msg msg;
    size_t cap;
    char *to = fc_ami_parse_space(parse, &cap);
    assert_true(n <= cap);
    memcpy(to, bytes, n);
    fc_ami_parse_added(parse, n);
    s->now_us += below(40000);
    while (fc_ami_parse_next(parse, &msg, NULL) == FC_OK)
        for (unsigned k = below(50) == 0 ? 2 : below(50) == 0 ? 0 : 1; k > 0; k--) fc_ami_track_message(s->track, &msg, s->now_us);
    if (below(400) > 0) return;
    fc_ami_track_disconnected(s->track, s->now_us, "connection lost");
    fc_ami_track_connected(s->track, s->now_us + below(3000000));
    (void)fc_ami_parse_restart(parse);
    parse->greeted = true;
}

static void expect_sane(const struct stage *s) {
    struct visits all = visits_of(s->sink);
    for (size_t i = 0; i < all.n; i++) {
        const struct visit *v = &all.v[i];
        if (v->lefts + v->ends != 1 || (v->ends > 0) != (v->answers > 0)) fail_msg("%s: %u left, %u answered, %u ended", v->contact, v->lefts, v->answers, v->ends);
    }
    assert_int_equal(all.stray, 0);
    assert_int_equal(fc_ami_track_waiting(s->track) + fc_ami_track_talking(s->track), 0);
    free(all.v);
}

static void play(char *bytes, size_t n, unsigned rarely) {
    static struct fc_ami_parse parse;
    struct stage s = {.sink = fake_create(), .now_us = INT64_C(1795347000000000)};
    damage(bytes, n, rarely);
    fc_ami_parse_init(&parse);
    parse.greeted = true;
    fc_ami_out_init(&s.out, s.sink, fc_str("ami:damaged"));
    s.track = fc_ami_track_create(&s.out);
    fc_ami_track_connected(s.track, s.now_us);
    for (size_t at = 0; at < n;) {
        size_t k = 1 + below(2000);
        if (k > n - at) k = n - at;
        play_piece(&s, &parse, bytes + at, k);
        at += k;
    }
    fc_ami_track_finish(s.track, s.now_us);
    expect_sane(&s);
    fc_ami_track_destroy(s.track);
    fc_ami_out_fini(&s.out);
    fake_free(s.sink);
}

static void damaged_streams_break_nothing(void **state) {
    (void)state;
    static char bytes[4 << 20];
    static const unsigned rarely[] = {20, 200, 2000, 20000};
    seed = getenv("FC_SEED") != NULL ? (unsigned)strtoul(getenv("FC_SEED"), NULL, 10) : 20260306u;
    printf("seed %u (set FC_SEED to repeat)\n", seed);
    for (unsigned i = 0; i < RUNS; i++) play(bytes, load(bytes, sizeof bytes), rarely[i % 4]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(damaged_streams_break_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
