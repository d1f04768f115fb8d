/* ami_fake -- a sink in memory for the tests of the AMI sources: every event, copied, in the order it was put.
 *
 * It defines the functions of source.h that the spool has in the program, so that these tests need no disk. Also here:
 * tallies by visit, which is how any consumer must count (a contact that is offered again is the same contact).
 */
#ifndef FC_AMI_FAKE_H
#define FC_AMI_FAKE_H

#include "source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct rec {
    enum fc_kind kind;
    int64_t ts;
    uint8_t word, by;
    char src[130], contact[130], queue[130], agent[130], root[130], customer[130], reason[202], name[202], epoch[130], lang[40];
};

struct fc_sink {
    struct rec *recs;
    size_t n, cap;
    size_t room; /* puts until it is full; SIZE_MAX never */
    struct {
        char name[200];
        uint8_t bytes[4096];
        size_t n;
    } marks[8];
    unsigned marks_n;
};

static void copy(char *to, size_t cap, const struct fc_event *ev, uint64_t bit, struct fc_str s) {
    if ((ev->present & bit) != 0) fc_str_copy(to, cap, s);
    else to[0] = '\0';
}

/* Everything that is put must be an event by the contract's own reader. */
static void expect_valid(const struct fc_event *ev) {
    uint8_t buf[FC_EVENT_BYTES_MAX];
    struct fc_mpw w;
    struct fc_event back;
    struct fc_error err = {{0}};
    fc_mpw_init(&w, buf, sizeof buf);
    fc_event_encode(&w, ev);
    struct fc_mp mp = fc_mp_open(buf, w.len);
    if (w.overflow || fc_event_decode(&mp, &back, &err) != FC_OK) fail_msg("not an event: %s", err.text);
}

enum fc_status fc_sink_put(struct fc_sink *sink, const struct fc_event *ev, struct fc_error *err) {
    expect_valid(ev);
    if (sink->room == 0) return fc_fail(err, FC_FULL, "the fake sink is full");
    if (sink->room != SIZE_MAX) sink->room--;
    if (sink->n == sink->cap) {
        sink->cap = sink->cap == 0 ? 1024 : sink->cap * 2;
        sink->recs = realloc(sink->recs, sink->cap * sizeof *sink->recs);
        assert_non_null(sink->recs);
    }
    struct rec *r = &sink->recs[sink->n++];
    *r = (struct rec){.kind = ev->kind, .ts = ev->ts, .word = ev->word, .by = ev->by};
#define COPY(key) copy(r->key, sizeof r->key, ev, FC_KEY_BIT(key), ev->key)
    COPY(src), COPY(contact), COPY(queue), COPY(agent), COPY(root), COPY(customer), COPY(reason), COPY(name), COPY(epoch), COPY(lang);
#undef COPY
    return FC_OK;
}

bool fc_sink_room(const struct fc_sink *sink) { return sink->room > 0; }

void fc_sink_mark(struct fc_sink *sink, struct fc_str name, const void *bytes, size_t n) {
    unsigned i = 0;
    assert_true(n <= sizeof sink->marks[0].bytes);
    while (i < sink->marks_n && !fc_str_is(name, sink->marks[i].name)) i++;
    assert_true(i < 8);
    if (i == sink->marks_n) sink->marks_n++;
    fc_str_copy(sink->marks[i].name, sizeof sink->marks[i].name, name);
    memcpy(sink->marks[i].bytes, bytes, n);
    sink->marks[i].n = n;
}

bool fc_sink_marked(struct fc_sink *sink, struct fc_str name, void *bytes, size_t cap, size_t *n) {
    for (unsigned i = 0; i < sink->marks_n; i++) {
        if (!fc_str_is(name, sink->marks[i].name)) continue;
        *n = sink->marks[i].n;
        memcpy(bytes, sink->marks[i].bytes, *n < cap ? *n : cap);
        return true;
    }
    return false;
}

static inline struct fc_sink *fake_create(void) {
    struct fc_sink *sink = calloc(1, sizeof *sink);
    assert_non_null(sink);
    sink->room = SIZE_MAX;
    return sink;
}

static inline void fake_free(struct fc_sink *sink) {
    free(sink->recs);
    free(sink);
}

static inline size_t fake_count(const struct fc_sink *sink, enum fc_kind kind) {
    size_t n = 0;
    for (size_t i = 0; i < sink->n; i++) n += sink->recs[i].kind == kind;
    return n;
}

/* The k-th record of a kind, or a failure. */
static inline const struct rec *fake_nth(const struct fc_sink *sink, enum fc_kind kind, size_t k) {
    for (size_t i = 0; i < sink->n; i++)
        if (sink->recs[i].kind == kind && k-- == 0) return &sink->recs[i];
    fail_msg("no further %s", fc_kind_name(kind));
    return NULL;
}

/* ---- visits, as a consumer counts them ------------------------------------------------------------------------- */

struct visit {
    char contact[130], queue[130], agent[130];
    int64_t offered, answered, left, ended; /* 0: has not happened */
    uint8_t reason, by;
    unsigned offers, answers, lefts, ends; /* how often it was told */
};

struct visits {
    struct visit *v;
    size_t n;
    unsigned stray; /* events of a visit that was never offered */
};

static inline int by_contact(const void *a, const void *b) {
    return strcmp(((const struct visit *)a)->contact, ((const struct visit *)b)->contact);
}

static inline struct visit *visit_find(struct visits *all, const char *contact) {
    struct visit key;
    fc_str_copy(key.contact, sizeof key.contact, fc_str(contact));
    return all->n == 0 ? NULL : bsearch(&key, all->v, all->n, sizeof *all->v, by_contact);
}

static inline void visit_apply(struct visits *all, const struct rec *r) {
    if (r->kind != FC_OFFERED && r->kind != FC_ANSWERED && r->kind != FC_LEFT && r->kind != FC_ENDED) return;
    struct visit *v = visit_find(all, r->contact);
    if (v == NULL) {
        all->stray++;
    } else if (r->kind == FC_OFFERED) {
        v->offers++;
        if (v->offers == 1) v->offered = r->ts;
    } else if (r->kind == FC_ANSWERED) {
        v->answers++;
        if (v->answers == 1) v->answered = r->ts;
        fc_str_copy(v->agent, sizeof v->agent, fc_str(r->agent));
    } else if (r->kind == FC_LEFT) {
        v->lefts++;
        v->left = r->ts;
        v->reason = r->word;
    } else {
        v->ends++;
        v->ended = r->ts;
        v->by = r->by;
    }
}

static inline struct visits visits_of(const struct fc_sink *sink) {
    struct visits all = {.v = calloc(sink->n + 1, sizeof *all.v)};
    assert_non_null(all.v);
    for (size_t i = 0; i < sink->n; i++) {
        if (sink->recs[i].kind != FC_OFFERED) continue;
        struct visit *v = &all.v[all.n++];
        fc_str_copy(v->contact, sizeof v->contact, fc_str(sink->recs[i].contact));
        fc_str_copy(v->queue, sizeof v->queue, fc_str(sink->recs[i].queue));
    }
    if (all.n > 0) qsort(all.v, all.n, sizeof *all.v, by_contact);
    size_t kept = 0;
    for (size_t i = 0; i < all.n; i++)
        if (kept == 0 || strcmp(all.v[kept - 1].contact, all.v[i].contact) != 0) all.v[kept++] = all.v[i];
    all.n = kept;
    for (size_t i = 0; i < sink->n; i++) visit_apply(&all, &sink->recs[i]);
    return all;
}

#endif
