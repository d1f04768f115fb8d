/* sink -- where sources under test put events: each must be one that the aggregator reads. */
#ifndef FC_FUZZ_SINK_H
#define FC_FUZZ_SINK_H

#include "fuzz.h"
#include "source.h"

struct fc_sink {
    uint8_t *bytes; /* events end to end */
    size_t n, cap;
    uint64_t kinds[FC_KIND_COUNT];
    struct fc_str mark; /* what every mark is said to have been */
    uint32_t room, puts; /* refuses every room-th put; 0: never */
};

enum fc_status fc_sink_put_decoded(struct fc_sink *sink, const struct fc_event *ev, struct fc_error *err);

bool fc_sink_room(const struct fc_sink *sink) {
    (void)sink;
    return true;
}

enum fc_status fc_sink_put(struct fc_sink *sink, const struct fc_event *ev, struct fc_error *err) {
    struct fc_mpw w;
    struct fc_event again;
    if (sink->room > 0 && ++sink->puts % sink->room == 0) return fc_fail(err, FC_FULL, "no room for now");
    if (sink->cap - sink->n < 2 * FC_EVENT_BYTES_MAX) {
        sink->cap = 2 * sink->cap + 16 * FC_EVENT_BYTES_MAX;
        sink->bytes = realloc(sink->bytes, sink->cap);
        FC_ASSERT(sink->bytes != NULL);
    }
    fc_mpw_init(&w, sink->bytes + sink->n, 2 * FC_EVENT_BYTES_MAX);
    fc_event_encode(&w, ev);
    struct fc_mp mp = fc_mp_open(sink->bytes + sink->n, w.len);
    struct fc_error why;
    enum fc_status status = fc_event_decode(&mp, &again, &why);
    if (status != FC_OK) {
        fprintf(stderr, "a source made an event that is none: %s\n", why.text);
        abort();
    }
    sink->n += w.len;
    sink->kinds[ev->kind]++;
    return FC_OK;
}

enum fc_status fc_sink_put_decoded(struct fc_sink *sink, const struct fc_event *ev, struct fc_error *err) {
    return fc_sink_put(sink, ev, err);
}

void fc_sink_mark(struct fc_sink *sink, struct fc_str name, const void *bytes, size_t n) {
    (void)sink, (void)bytes;
    FC_ASSERT(name.n > 0 && n <= 4096);
}

bool fc_sink_marked(struct fc_sink *sink, struct fc_str name, void *bytes, size_t cap, size_t *n) {
    (void)name;
    *n = sink->mark.n;
    if (sink->mark.n > 0) memcpy(bytes, sink->mark.p, *n < cap ? *n : cap);
    return sink->mark.n > 0;
}

__attribute__((unused)) static void sink_fini(struct fc_sink *sink) {
    free(sink->bytes);
    *sink = (struct fc_sink){0};
}

#endif
