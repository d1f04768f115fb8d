#include "sink.h"

/* Hashes the customer in `ev`; nobody's is taken away, so that anonymous callers do not become one person. */
static enum fc_status map_customer(struct fc_sink *sink, struct fc_event *ev, char *text, struct fc_error *err) {
    if ((ev->present & FC_KEY_BIT(customer)) == 0) return FC_OK;
    ev->customer = fc_customer_map(&sink->customer, ev->customer, text);
    if (ev->customer.n > 0) return FC_OK;
    ev->present &= ~FC_KEY_BIT(customer);
    if (ev->kind == FC_SURVEYED && (ev->present & FC_KEY_BIT(contact)) == 0)
        return fc_fail(err, FC_INVALID, "surveyed event: \"customer\" names nobody and there is no \"contact\"");
    sink->anonymous++;
    return FC_OK;
}

static enum fc_status encode(const struct fc_event *ev, bool check, uint8_t *buf, size_t *len, struct fc_error *err) {
    struct fc_mpw w;
    struct fc_event again;
    fc_mpw_init(&w, buf, FC_EVENT_BYTES_MAX);
    fc_event_encode(&w, ev);
    if (w.overflow) return fc_fail(err, FC_INVALID, "%s event: larger than %d bytes", fc_kind_name(ev->kind), FC_EVENT_BYTES_MAX);
    *len = w.len;
    if (!check) return FC_OK;
    struct fc_mp mp = fc_mp_open(buf, w.len);
    return fc_event_decode(&mp, &again, err);
}

static enum fc_status take(struct fc_sink *sink, const struct fc_event *given, bool check, struct fc_error *err) {
    uint8_t buf[FC_EVENT_BYTES_MAX];
    char customer[FC_CUSTOMER_TEXT_MAX];
    size_t len = 0;
    struct fc_producers *producers = fc_spool_producers(sink->spool);
    if (fc_producers_seen(producers, given)) {
        sink->duplicates++;
        return FC_OK;
    }
    struct fc_event ev = *given;
    enum fc_status st = map_customer(sink, &ev, customer, err);
    if (st == FC_OK) st = encode(&ev, check, buf, &len, err);
    if (st == FC_OK) st = fc_spool_put(sink->spool, buf, len, err);
    if (st == FC_INVALID) sink->refused++;
    if (st != FC_OK) return st;
    fc_producers_take(producers, given);
    sink->taken++;
    return FC_OK;
}

enum fc_status fc_sink_put(struct fc_sink *sink, const struct fc_event *ev, struct fc_error *err) { return take(sink, ev, true, err); }
enum fc_status fc_sink_put_decoded(struct fc_sink *sink, const struct fc_event *ev, struct fc_error *err) { return take(sink, ev, false, err); }
bool fc_sink_room(const struct fc_sink *sink) { return fc_spool_room(sink->spool); }
bool fc_sink_full(const struct fc_sink *sink) { return fc_spool_full(sink->spool); }
void fc_sink_mark(struct fc_sink *sink, struct fc_str name, const void *bytes, size_t n) { fc_spool_mark(sink->spool, name, bytes, n); }

bool fc_sink_marked(struct fc_sink *sink, struct fc_str name, void *bytes, size_t cap, size_t *n) {
    return fc_spool_marked(sink->spool, name, bytes, cap, n);
}
