#include "tap.h"

#include "event.h"
#include "link.h"

#include <stdlib.h>
#include <string.h>

#define SPOOLS_MAX (2 * COLLECTORS_MAX)

struct spool {
    char id[FC_SPOOL_ID_LEN + 1];
    uint64_t acked, sent;  /* next numbers */
    size_t *event;         /* which one number i + 1 is */
    size_t cap;
};

static struct spool spools[SPOOLS_MAX];
static int spools_n;
static uint64_t *number_of; /* spool and number of each event; 0: not sent yet */
static size_t events_n, events_sent;
static struct tap_counts counts;

void tap_begin(size_t events) {
    events_n = events;
    number_of = calloc(events + 1, sizeof *number_of);
    FC_ASSERT(number_of != NULL);
}

void tap_end(void) {
    for (int i = 0; i < spools_n; i++) free(spools[i].event);
    free(number_of);
}

static struct spool *spool_of(struct fc_str id) {
    for (int i = 0; i < spools_n; i++)
        if (fc_str_is(id, spools[i].id)) return &spools[i];
    if (spools_n == SPOOLS_MAX) failed("a spool changes its name again and again");
    struct spool *s = &spools[spools_n++];
    (void)fc_str_copy(s->id, sizeof s->id, id);
    s->acked = s->sent = 1;
    return s;
}

/* ---- batches ---------------------------------------------------------------------------------------------------- */

static void name(struct spool *s, uint64_t number, size_t event) {
    uint64_t tag = (uint64_t)(s - spools) << 32 | number;
    if (number > s->cap) {
        size_t cap = s->cap == 0 ? 1024 : 2 * s->cap;
        s->event = realloc(s->event, cap * sizeof *s->event);
        FC_ASSERT(s->event != NULL);
        s->cap = cap;
    }
    if (number > s->sent) failed("spool %s: number %llu is sent before %llu", s->id, (unsigned long long)number, (unsigned long long)s->sent);
    if (number < s->sent && s->event[number - 1] != event) failed("spool %s: number %llu names two events", s->id, (unsigned long long)number);
    s->event[number - 1] = event;
    if (number == s->sent) s->sent++;
    if (event >= events_n) return;
    if (number_of[event] != 0 && number_of[event] != tag)
        failed("event %zu has two numbers: %llx, %llx", event, (unsigned long long)number_of[event], (unsigned long long)tag);
    if (number_of[event] == 0) events_sent++;
    number_of[event] = tag;
}

static void read_batch(struct spool *s, const struct fc_link_msg *m) {
    struct fc_mp mp = fc_mp_open(m->events.p, m->events.n);
    struct fc_error err = {.text = ""};
    for (uint32_t i = 0; i < m->count; i++) {
        struct fc_event ev;
        if (fc_event_decode(&mp, &ev, &err) != FC_OK) failed("spool %s: event %llu: %s", s->id, (unsigned long long)m->first + i, err.text);
        if (ev.kind == FC_GAP) failed("a gap is told: %.*s", FC_STR_ARG(ev.reason));
        bool own = (ev.present & FC_KEY_BIT(seq)) == 0; /* the collector's heartbeat: known by its time, of which it has one in a spool */
        if (!own && (ev.seq < 0 || (size_t)ev.seq >= events_n)) failed("event number %lld was never told", (long long)ev.seq);
        name(s, m->first + i, own ? (size_t)ev.ts : (size_t)ev.seq);
    }
}

enum tapped tap_up(enum side collector, const void *bytes, size_t n) {
    struct fc_link_msg m;
    struct fc_error err = {.text = ""};
    if (fc_link_decode(bytes, n, &m, &err) != FC_OK) failed("%s sends what is no message: %s", side_name(collector), err.text);
    struct spool *s = spool_of(m.spool);
    enum tapped what = s->acked > 1 ? TAP_BEGUN : TAP_PASS;
    if (m.type == FC_LINK_TELL) return TAP_PASS;
    if (m.type != FC_LINK_BATCH) {
        happened("hello");
        return what;
    }
    bool again = m.first < s->sent;
    happened("batch %llu + %u%s", (unsigned long long)m.first, m.count, again ? " again" : "");
    counts.batches++;
    counts.again += again;
    read_batch(s, &m);
    return again && world.canary == DROP_RESENT ? TAP_DROP : what;
}

/* ---- acks ------------------------------------------------------------------------------------------------------- */

void tap_down(enum side collector, const void *bytes, size_t n) {
    struct fc_link_msg m;
    struct fc_error err = {.text = ""};
    if (fc_link_decode(bytes, n, &m, &err) != FC_OK) failed("the aggregator answers what is no message: %s", err.text);
    if (m.type == FC_LINK_REFUSE) failed("the aggregator refuses: %.*s", FC_STR_ARG(m.reason));
    struct spool *s = spool_of(m.spool);
    happened("ack %llu to %s", (unsigned long long)m.first, side_name(collector));
    counts.acks++;
    if (m.first < s->acked) failed("spool %s: acked %llu after %llu", s->id, (unsigned long long)m.first, (unsigned long long)s->acked);
    if (m.first > s->sent) failed("spool %s: acked %llu, sent up to %llu", s->id, (unsigned long long)m.first, (unsigned long long)s->sent);
    s->acked = m.first;
}

size_t tap_forge_ack(const void *batch, size_t n, void *to, size_t cap) {
    struct fc_link_msg m;
    struct fc_error err;
    struct fc_mpw w;
    if (fc_link_decode(batch, n, &m, &err) != FC_OK || m.type != FC_LINK_BATCH) return 0;
    fc_mpw_init(&w, to, cap);
    fc_link_encode(&w, &(struct fc_link_msg){.type = FC_LINK_ACK, .spool = m.spool, .first = m.first + m.count});
    return w.len;
}

void tap_found(const char *spool, uint64_t next) {
    struct spool *s = spool_of(fc_str(spool));
    if (next < s->acked) failed("spool %s: acked %llu, the store holds it up to %llu", s->id, (unsigned long long)s->acked, (unsigned long long)next);
}

bool tap_all_sent_is_acked(void) {
    for (int i = 0; i < spools_n; i++)
        if (spools[i].acked != spools[i].sent) return false;
    return true;
}

size_t tap_events_sent(void) { return events_sent; }

bool tap_all_acked(void) { return events_sent == events_n && tap_all_sent_is_acked(); }

const char *tap_spool(int i, uint64_t *acked) {
    if (i >= spools_n) return NULL;
    *acked = spools[i].acked;
    return spools[i].id;
}

struct tap_counts tap_counts(void) { return counts; }
