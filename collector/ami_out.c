#include "ami_out.h"

#include "ami_map.h"
#include "log.h"

#include <stdlib.h>

void fc_ami_out_init(struct fc_ami_out *out, struct fc_sink *sink, struct fc_str src) {
    *out = (struct fc_ami_out){.sink = sink, .src = src};
}

void fc_ami_out_fini(struct fc_ami_out *out) {
    free(out->bytes);
    out->bytes = NULL;
}

static void keep(struct fc_ami_out *out, const struct fc_event *ev) {
    if (out->cap - out->len < FC_EVENT_BYTES_MAX) {
        size_t cap = out->cap == 0 ? 64 * 1024 : out->cap * 2;
        uint8_t *bytes = realloc(out->bytes, cap);
        FC_ASSERT(bytes != NULL);
        out->bytes = bytes;
        out->cap = cap;
    }
    struct fc_mpw w;
    fc_mpw_init(&w, out->bytes + out->len, FC_EVENT_BYTES_MAX);
    fc_event_encode(&w, ev);
    FC_ASSERT(!w.overflow); /* every string was bounded when it was read */
    out->len += w.len;
    out->kept++;
}

/* True when the sink is done with the event, for good or bad. */
static bool give(struct fc_ami_out *out, const struct fc_event *ev) {
    struct fc_error err = {{0}};
    enum fc_status st = fc_sink_put(out->sink, ev, &err);
    if (st == FC_FULL) return false;
    if (st != FC_OK && out->invalid++ == 0) fc_warn("%.*s: an event of kind %s was refused: %s", FC_STR_ARG(out->src), fc_kind_name(ev->kind), err.text);
    return true;
}

void fc_ami_out_put(struct fc_ami_out *out, struct fc_event *ev) {
    FC_EVENT_STR(ev, src, out->src);
    if (ev->ts + out->shift_us > 0) ev->ts += out->shift_us;
    out->made++;
    if (out->skip > 0) {
        out->skip--;
        return;
    }
    if (out->kept > 0 || !give(out, ev)) keep(out, ev);
}

enum fc_status fc_ami_out_flush(struct fc_ami_out *out) {
    if (out->kept == 0) return FC_OK;
    struct fc_mp mp = fc_mp_open(out->bytes, out->len);
    enum fc_status st = FC_OK;
    while (out->kept > 0) {
        struct fc_mp before = mp;
        struct fc_event ev;
        enum fc_status decoded = fc_event_decode(&mp, &ev, NULL);
        if (decoded != FC_OK) { /* what the tracker made is not of the agreed form: counted, and the rest with it */
            out->invalid += out->kept;
            out->kept = 0;
            break;
        }
        if (!give(out, &ev)) {
            mp = before;
            st = FC_AGAIN;
            break;
        }
        out->kept--;
    }
    size_t done = out->kept == 0 ? out->len : fc_mp_offset(&mp);
    if (done > 0) memmove(out->bytes, out->bytes + done, out->len - done);
    out->len -= done;
    return st;
}
