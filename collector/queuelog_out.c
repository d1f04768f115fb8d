#include "queuelog_out.h"

#include "log.h"

#include <stdlib.h>

void fc_qout_init(struct fc_qout *out, struct fc_sink *sink, struct fc_str src) { *out = (struct fc_qout){.sink = sink, .src = src}; }

void fc_qout_fini(struct fc_qout *out) {
    free(out->bytes);
    out->bytes = NULL;
}

void fc_qout_line(struct fc_qout *out, bool silent, uint32_t skip) {
    FC_ASSERT(out->kept == 0);
    out->silent = silent;
    out->skip = skip;
    out->taken = 0;
}

/* False when the sink is full; what it refuses for good is counted and done with. */
static bool give(struct fc_qout *out, const struct fc_event *ev) {
    struct fc_error err = {{0}};
    enum fc_status st = fc_sink_put(out->sink, ev, &err);
    if (st == FC_FULL) return false;
    if (st == FC_OK) out->events++;
    else if (out->refused++ == 0) fc_warn("%.*s: an event of kind %s was refused: %s", FC_STR_ARG(out->src), fc_kind_name(ev->kind), err.text);
    out->taken++;
    return true;
}

static void keep(struct fc_qout *out, const struct fc_event *ev) {
    if (out->cap - out->len < FC_EVENT_BYTES_MAX) {
        out->cap = out->cap == 0 ? 16 * FC_EVENT_BYTES_MAX : out->cap * 2;
        out->bytes = realloc(out->bytes, out->cap);
        FC_ASSERT(out->bytes != NULL);
    }
    struct fc_mpw w;
    fc_mpw_init(&w, out->bytes + out->len, FC_EVENT_BYTES_MAX);
    fc_event_encode(&w, ev);
    FC_ASSERT(!w.overflow); /* a line's ids and texts are bounded */
    out->len += w.len;
    out->kept++;
}

void fc_qout_put(struct fc_qout *out, struct fc_event *ev) {
    if (out->silent) return;
    if (out->skip > 0) {
        out->skip--;
        out->taken++;
        return;
    }
    FC_EVENT_STR(ev, src, out->src);
    if (out->kept > 0 || !give(out, ev)) keep(out, ev);
}

bool fc_qout_flush(struct fc_qout *out) {
    while (out->kept > 0) {
        struct fc_mp mp = fc_mp_open(out->bytes + out->at, out->len - out->at);
        struct fc_event ev;
        struct fc_error err = {{0}};
        enum fc_status st = fc_event_decode(&mp, &ev, &err);
        if (st == FC_OK && !give(out, &ev)) return false;
        if (st != FC_OK) { /* the sink would have refused it, too; how long it is cannot be told, so the rest goes with it */
            fc_warn("%.*s: %u events were refused: %s", FC_STR_ARG(out->src), out->kept, err.text);
            out->refused += out->kept;
            out->taken += out->kept;
            out->kept = 0;
            break;
        }
        out->at += fc_mp_offset(&mp);
        out->kept--;
    }
    out->at = out->len = 0;
    return true;
}
