#include "link.h"

static const char *const names[] = {"hello", "batch", "ack", "refuse", "tell"};
static const uint32_t lengths[] = {3, 6, 4, 4, 4};

static bool read_figures(struct fc_mp *mp, struct fc_str *figures) {
    const uint8_t *start = mp->p;
    bool good = fc_mp_peek(mp) == FC_MP_MAP && fc_mp_skip(mp) && mp->p - start <= FC_TELL_BYTES_MAX;
    if (good) *figures = fc_str_n((const char *)start, (size_t)(mp->p - start));
    return good;
}

static bool read_body(struct fc_mp *mp, struct fc_link_msg *m) {
    uint64_t count = 0;
    switch (m->type) {
    case FC_LINK_HELLO: return true;
    case FC_LINK_BATCH:
        if (!fc_mp_u64(mp, &m->first) || !fc_mp_u64(mp, &count) || !fc_mp_bin(mp, &m->events)) return false;
        m->count = (uint32_t)count;
        return m->first > 0 && m->first <= INT64_MAX && count > 0 && count <= FC_BATCH_EVENTS_MAX && m->events.n <= FC_BATCH_BYTES_MAX;
    case FC_LINK_ACK: return fc_mp_u64(mp, &m->first) && m->first > 0 && m->first <= INT64_MAX;
    case FC_LINK_REFUSE: return fc_mp_str(mp, &m->reason);
    case FC_LINK_TELL: return read_figures(mp, &m->figures);
    }
    return false;
}

enum fc_status fc_link_decode(const void *bytes, size_t n, struct fc_link_msg *out, struct fc_error *err) {
    struct fc_mp mp = fc_mp_open(bytes, n);
    uint32_t len;
    int64_t version;
    struct fc_str name;
    memset(out, 0, sizeof *out);
    if (!fc_mp_array(&mp, &len) || len < 2 || !fc_mp_i64(&mp, &version))
        return fc_fail(err, FC_INVALID, "link message: expected an array that begins with its version, got %zu bytes of something else", n);
    if (version != FC_LINK_VERSION)
        return fc_fail(err, FC_INVALID, "link message of version %lld: this program speaks version %d", (long long)version, FC_LINK_VERSION);
    if (!fc_mp_str(&mp, &name)) return fc_fail(err, FC_INVALID, "link message at byte %zu: expected its type", fc_mp_offset(&mp));
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (!fc_str_is(name, names[i])) continue;
        out->type = (enum fc_link_type)i;
        if (len != lengths[i]) return fc_fail(err, FC_INVALID, "link %s: expected %u elements, got %u", names[i], lengths[i], len);
        if (!fc_mp_str(&mp, &out->spool) || out->spool.n != FC_SPOOL_ID_LEN)
            return fc_fail(err, FC_INVALID, "link %s at byte %zu: expected a spool id of %d characters", names[i], fc_mp_offset(&mp), FC_SPOOL_ID_LEN);
        if (!read_body(&mp, out)) return fc_fail(err, FC_INVALID, "link %s: wrong type or limit exceeded near byte %zu", names[i], fc_mp_offset(&mp));
        if (fc_mp_left(&mp) > 0) return fc_fail(err, FC_INVALID, "link %s: %zu bytes follow its end", names[i], fc_mp_left(&mp));
        return FC_OK;
    }
    return fc_fail(err, FC_INVALID, "link message: unknown type \"%.*s\"", (int)(name.n < 20 ? name.n : 20), name.p);
}

void fc_link_encode(struct fc_mpw *w, const struct fc_link_msg *m) {
    fc_mpw_array(w, lengths[m->type]);
    fc_mpw_int(w, FC_LINK_VERSION);
    fc_mpw_key(w, names[m->type]);
    fc_mpw_str(w, m->spool);
    if (m->type == FC_LINK_BATCH) {
        fc_mpw_int(w, (int64_t)m->first);
        fc_mpw_int(w, m->count);
        fc_mpw_bin(w, m->events.p, m->events.n);
    } else if (m->type == FC_LINK_ACK) {
        fc_mpw_int(w, (int64_t)m->first);
    } else if (m->type == FC_LINK_REFUSE) {
        fc_mpw_str(w, m->reason);
    } else if (m->type == FC_LINK_TELL) {
        fc_mpw_raw(w, m->figures.p, m->figures.n);
    }
}
