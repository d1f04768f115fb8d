/* ami -- the bytes of an AMI connection, and the state machine behind them. Read twice, whole and in pieces: where a
 * read ends must not matter. In the end nothing is left open and every visit has come to its end once. */
#include "ami_track.h"
#include "ami_uri.h"
#include "sink.h"

static struct fc_ami_parse parse; /* 64 KiB */

struct play {
    struct fc_sink sink;
    struct fc_ami_out out;
    struct fc_ami_track *track;
    int64_t now_us, step_us;
    bool closed; /* whoever speaks there is no manager interface: nothing more is read */
};

static void take_messages(struct play *p) {
    struct fc_ami_msg msg;
    struct fc_error err = {""};
    enum fc_status st;
    while ((st = fc_ami_parse_next(&parse, &msg, &err)) == FC_OK) {
        p->now_us += p->step_us;
        if (msg.greeting) fc_ami_track_connected(p->track, p->now_us);
        else fc_ami_track_message(p->track, &msg, p->now_us);
        if (parse.messages % 7 == 0) fc_ami_track_tick(p->track, p->now_us + p->step_us / 2);
        if (fc_ami_out_flush(&p->out) != FC_OK) continue; /* the sink is full: what is told meanwhile is kept */
    }
    if (st == FC_AGAIN) return;
    fuzz_sentence(&err);
    fc_ami_track_disconnected(p->track, p->now_us, "no manager interface");
    p->closed = true;
}

static void feed(struct play *p, const uint8_t *data, size_t size, size_t piece) {
    for (size_t at = 0, cap; at < size && !p->closed;) {
        char *to = fc_ami_parse_space(&parse, &cap);
        size_t n = size - at < piece ? size - at : piece;
        FC_ASSERT(cap > 0);
        if (n > cap) n = cap;
        memcpy(to, data + at, n);
        fc_ami_parse_added(&parse, n);
        at += n;
        take_messages(p);
    }
}

static void play(struct play *p, const uint8_t *data, size_t size, size_t piece) {
    fc_ami_parse_init(&parse);
    *p = (struct play){.now_us = INT64_C(1767258000000000), .step_us = (int64_t)(size % 41) * 70001};
    if (size % 3 == 0) p->sink.room = 5;
    fc_ami_out_init(&p->out, &p->sink, fc_str("ami"));
    p->track = fc_ami_track_create(&p->out);
    feed(p, data, size / 2, piece);
    if (size % 2 == 0) fc_ami_track_disconnected(p->track, p->now_us, "cut");
    if (size % 2 == 0) fc_ami_track_connected(p->track, p->now_us + p->step_us);
    feed(p, data + size / 2, size - size / 2, piece);
    fc_ami_track_tick(p->track, p->now_us + 3600 * FC_SECOND_US);
    fc_ami_track_finish(p->track, p->now_us + 3600 * FC_SECOND_US);
    while (fc_ami_out_flush(&p->out) != FC_OK) continue;
    FC_ASSERT(fc_ami_track_waiting(p->track) == 0 && fc_ami_track_talking(p->track) == 0);
    fc_ami_track_destroy(p->track);
    fc_ami_out_fini(&p->out);
}

#define VISITS_MAX 100 /* looked after in one input */

struct visit {
    struct fc_str contact;
    unsigned offered, left, answered, ended; /* offered: also by every list after a login; an id may come again after its Hangup */
};

static struct visit *visit_of(struct visit *visits, unsigned *n, struct fc_str contact) {
    for (unsigned i = 0; i < *n; i++)
        if (fc_str_eq(visits[i].contact, contact)) return &visits[i];
    if (*n == VISITS_MAX) return NULL;
    visits[*n] = (struct visit){.contact = contact};
    return &visits[(*n)++];
}

static void every_visit_ends_once(const struct fc_sink *sink) {
    struct visit visits[VISITS_MAX];
    unsigned n = 0;
    struct fc_mp mp = fc_mp_open(sink->bytes, sink->n);
    while (fc_mp_left(&mp) > 0) {
        struct fc_event ev;
        FC_ASSERT(fc_event_decode(&mp, &ev, NULL) == FC_OK);
        struct visit *v = (ev.present & FC_KEY_BIT(contact)) != 0 ? visit_of(visits, &n, ev.contact) : NULL;
        if (v == NULL) continue;
        v->offered += ev.kind == FC_OFFERED;
        v->left += ev.kind == FC_LEFT;
        v->answered += ev.kind == FC_ANSWERED;
        v->ended += ev.kind == FC_ENDED;
    }
    for (unsigned i = 0; i < n; i++) {
        const struct visit *v = &visits[i];
        if (v->left + v->ended >= 1 && v->left + v->ended <= v->offered && v->answered == v->ended) continue;
        fprintf(stderr, "%.*s: offered %u, left %u, answered %u, ended %u\n", FC_STR_ARG(v->contact), v->offered, v->left, v->answered, v->ended);
        abort();
    }
}

static void uri(const uint8_t *data, size_t size) {
    char text[400];
    struct fc_ami_uri read;
    struct fc_error err = {""};
    (void)fc_str_copy(text, sizeof text, fc_str_n((const char *)data, size));
    if (fc_ami_uri_read(&read, text, &err) != FC_OK) fuzz_sentence(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct play whole, pieces;
    play(&whole, data, size, SIZE_MAX);
    uint64_t messages = parse.messages;
    play(&pieces, data, size, size > 0 ? 1 + data[0] % 61 : 1);
    FC_ASSERT(messages == parse.messages && whole.sink.n == pieces.sink.n);
    FC_ASSERT(whole.sink.n == 0 || memcmp(whole.sink.bytes, pieces.sink.bytes, whole.sink.n) == 0);
    every_visit_ends_once(&whole.sink);
    sink_fini(&whole.sink);
    sink_fini(&pieces.sink);
    uri(data, size);
    return 0;
}
