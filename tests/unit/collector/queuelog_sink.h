/* A sink in memory for tests of the queuelog source: keeps what is put as the spool would, commits when told to, forgets
 * what was not committed when the power goes. */
#ifndef QUEUELOG_SINK_H
#define QUEUELOG_SINK_H

#include "queuelog_map.h"
#include "source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct mark {
    struct fc_qnode node;
    uint8_t bytes[4096], held[4096];
    size_t n, held_n;
    bool have, changed;
};

struct fc_sink {
    uint8_t *bytes; /* events end to end */
    size_t len, committed, cap;
    struct fc_qmap marks;
    int room; /* events it takes until the next commit; -1 any */
};

bool fc_sink_room(const struct fc_sink *sink) { return sink->room != 0; }

enum fc_status fc_sink_put(struct fc_sink *sink, const struct fc_event *ev, struct fc_error *err) {
    if (sink->room == 0) return fc_fail(err, FC_FULL, "full");
    if (sink->cap - sink->len < FC_EVENT_BYTES_MAX) {
        sink->cap = sink->cap * 2 + 64 * FC_EVENT_BYTES_MAX;
        sink->bytes = realloc(sink->bytes, sink->cap);
        assert_non_null(sink->bytes);
    }
    struct fc_mpw w;
    struct fc_event again;
    fc_mpw_init(&w, sink->bytes + sink->len, FC_EVENT_BYTES_MAX);
    fc_event_encode(&w, ev);
    struct fc_mp mp = fc_mp_open(sink->bytes + sink->len, w.len);
    enum fc_status st = fc_event_decode(&mp, &again, err);
    if (st != FC_OK) return st;
    sink->len += w.len;
    if (sink->room > 0) sink->room--;
    return FC_OK;
}

static struct mark *mark_at(struct fc_sink *sink, struct fc_str name) {
    struct mark *m = (struct mark *)fc_qmap_find(&sink->marks, name);
    if (m != NULL) return m;
    m = fc_qalloc(sizeof *m);
    fc_qmap_add(&sink->marks, &m->node, name);
    return m;
}

void fc_sink_mark(struct fc_sink *sink, struct fc_str name, const void *bytes, size_t n) {
    struct mark *m = mark_at(sink, name);
    assert_true(n <= sizeof m->held);
    memcpy(m->held, bytes, n);
    m->held_n = n;
    m->changed = true;
}

bool fc_sink_marked(struct fc_sink *sink, struct fc_str name, void *bytes, size_t cap, size_t *n) {
    struct mark *m = mark_at(sink, name);
    if (!m->have && !m->changed) return false;
    *n = m->changed ? m->held_n : m->n;
    memcpy(bytes, m->changed ? m->held : m->bytes, *n < cap ? *n : cap);
    return true;
}

/* ---- the test's side ------------------------------------------------------------------------------------------- */

static inline void sink_init(struct fc_sink *sink) {
    *sink = (struct fc_sink){.room = -1};
    fc_qmap_init(&sink->marks);
}

static inline void sink_fini(struct fc_sink *sink) {
    while (sink->marks.head != NULL) {
        struct mark *m = (struct mark *)sink->marks.head;
        fc_qmap_remove(&sink->marks, &m->node);
        free(m);
    }
    fc_qmap_fini(&sink->marks);
    free(sink->bytes);
}

static inline void sink_commit(struct fc_sink *sink) {
    sink->committed = sink->len;
    for (struct fc_qnode *node = sink->marks.head; node != NULL; node = node->next) {
        struct mark *m = (struct mark *)node;
        if (!m->changed) continue;
        memcpy(m->bytes, m->held, m->held_n);
        m->n = m->held_n;
        m->have = true;
        m->changed = false;
    }
}

static inline void sink_power_off(struct fc_sink *sink) {
    sink->len = sink->committed;
    for (struct fc_qnode *node = sink->marks.head; node != NULL; node = node->next) ((struct mark *)node)->changed = false;
}

/* The next event behind *at; false at the end. */
static inline bool sink_next(const struct fc_sink *sink, size_t *at, struct fc_event *ev) {
    if (*at >= sink->len) return false;
    struct fc_mp mp = fc_mp_open(sink->bytes + *at, sink->len - *at);
    assert_int_equal(fc_event_decode(&mp, ev, NULL), FC_OK);
    *at += fc_mp_offset(&mp);
    return true;
}

static inline size_t sink_count(const struct fc_sink *sink, enum fc_kind kind) {
    size_t at = 0, n = 0;
    struct fc_event ev;
    while (sink_next(sink, &at, &ev)) n += ev.kind == kind;
    return n;
}

/* One line an event, to be compared as text: kind, seconds, and what it says. */
static inline char *sink_text(const struct fc_sink *sink, bool beats) {
    char *text = NULL;
    size_t n = 0, at = 0;
    FILE *f = open_memstream(&text, &n);
    struct fc_event ev;
    assert_non_null(f);
    while (sink_next(sink, &at, &ev)) {
        if (ev.kind == FC_HEARTBEAT && !beats) continue;
        fprintf(f, "%s %lld", fc_kind_name(ev.kind), ev.kind == FC_GAP || ev.kind == FC_HEARTBEAT || ev.kind == FC_SNAPSHOT ? 0LL : (long long)(ev.ts / FC_SECOND_US));
        if (ev.contact.n > 0) fprintf(f, " %.*s", FC_STR_ARG(ev.contact));
        if (ev.queue.n > 0) fprintf(f, " in %.*s", FC_STR_ARG(ev.queue));
        if (ev.agent.n > 0) fprintf(f, " with %.*s", FC_STR_ARG(ev.agent));
        if (ev.customer.n > 0) fprintf(f, " from %.*s", FC_STR_ARG(ev.customer));
        if (ev.state.n > 0) fprintf(f, " is %.*s", FC_STR_ARG(ev.state));
        if (ev.reason.n > 0) fprintf(f, " because %.*s", FC_STR_ARG(ev.reason));
        if ((ev.present & FC_KEY_BIT(by)) != 0) fprintf(f, " by %s", fc_word(FC_VOCAB_BY, ev.by));
        if (ev.epoch.n > 0) fprintf(f, " epoch %.*s", FC_STR_ARG(ev.epoch));
        fputc('\n', f);
    }
    fclose(f);
    return text;
}

static inline struct fc_source *source_open(struct fc_sink *sink, const char *uri, bool once) {
    struct fc_source_args args = {.uri = uri, .rest = uri + strlen("queuelog:"), .sink = sink, .once = once};
    struct fc_source *s = NULL;
    struct fc_error err = {{0}};
    if (fc_source_queuelog.open(&args, &s, &err) != FC_OK) fail_msg("%s: %s", uri, err.text);
    return s;
}

/* One round of the collector, not yet committed. */
static inline enum fc_status source_work(struct fc_source *s) {
    struct fc_error err = {{0}};
    enum fc_status st = fc_source_queuelog.work(s, NULL, 0, fc_wall_now(), fc_mono_now(), &err);
    if (st != FC_OK && st != FC_AGAIN && st != FC_EOF) fail_msg("work: %s", err.text);
    return st;
}

static inline void source_run(struct fc_sink *sink, const char *uri) {
    struct fc_source *s = source_open(sink, uri, true);
    while (source_work(s) != FC_EOF) sink_commit(sink);
    sink_commit(sink);
    fc_source_queuelog.close(s);
}

static inline void write_file(const char *path, const char *mode, const char *bytes, size_t n) {
    FILE *f = fopen(path, mode);
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static inline char *read_file(const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    if (f == NULL) fail_msg("%s cannot be read", path);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    *n = (size_t)ftell(f);
    rewind(f);
    char *bytes = fc_qalloc(*n + 1);
    assert_int_equal(fread(bytes, 1, *n, f), *n);
    fclose(f);
    return bytes;
}

/* A directory of the test's own, below the current one; the caller frees the name. */
static inline char *temp_dir(void) {
    char *dir = fc_qdup(FC_STR_LIT("queuelog-test-XXXXXX"));
    assert_non_null(mkdtemp(dir));
    return dir;
}

#endif
