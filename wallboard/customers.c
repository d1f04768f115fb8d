#include "customers.h"

#define HASH_DIGITS 32 /* of the collector's keyed hash: lower-case hexadecimal */
#define SHOWN 3
#define HIDDEN "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2" /* as many for all: a length tells something */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_hash(struct fc_str s) {
    for (uint32_t i = 0; i < s.n; i++)
        if (!is_digit(s.p[i]) && (s.p[i] < 'a' || s.p[i] > 'f')) return false;
    return s.n == HASH_DIGITS;
}

void fc_customer_masked(struct fc_bytes *out, struct fc_str s) {
    bool number = s.n > 2 * SHOWN;
    for (uint32_t i = 0; number && i < s.n; i++) number = is_digit(s.p[i]) || (i == 0 && s.p[i] == '+');
    if (is_hash(s)) {
        fc_bytes_str(out, s);
        return;
    }
    fc_bytes_text(out, HIDDEN);
    if (!number) return;
    fc_bytes_char(out, ' ');
    fc_bytes_str(out, fc_str_n(s.p + s.n - SHOWN, SHOWN));
}

static void add_text(struct fc_bytes *out, struct fc_str s) {
    struct fc_mpw w;
    fc_mpw_init(&w, fc_bytes_room(out, s.n + 5u), s.n + 5u);
    fc_mpw_str(&w, s);
    out->n += w.len;
}

static void add_head(struct fc_bytes *out, uint32_t n, void (*head)(struct fc_mpw *w, size_t n)) {
    struct fc_mpw w;
    fc_mpw_init(&w, fc_bytes_room(out, 5), 5);
    head(&w, n);
    out->n += w.len;
}

static bool add_value(struct fc_bytes *out, struct fc_mp *mp) {
    const uint8_t *from = mp->p;
    if (!fc_mp_skip(mp)) return false;
    fc_bytes_add(out, from, (size_t)(mp->p - from));
    return true;
}

static bool add_customer(struct fc_bytes *out, struct fc_mp *mp) {
    struct fc_bytes masked = {0};
    struct fc_str s;
    if (!fc_mp_str(mp, &s)) return fc_mp_peek(mp) == FC_MP_NIL && add_value(out, mp);
    fc_customer_masked(&masked, s);
    add_text(out, fc_str_n((const char *)masked.p, masked.n));
    fc_bytes_free(&masked);
    return true;
}

bool fc_contact_masked(struct fc_bytes *out, struct fc_mp *mp) {
    struct fc_str key;
    uint32_t pairs;
    if (!fc_mp_map(mp, &pairs)) return false;
    add_head(out, pairs, fc_mpw_map);
    for (uint32_t i = 0; i < pairs; i++) {
        if (!fc_mp_str(mp, &key)) return false;
        add_text(out, key);
        if (!(fc_str_is(key, "customer") ? add_customer(out, mp) : add_value(out, mp))) return false;
    }
    return true;
}

static bool add_contacts(struct fc_bytes *out, struct fc_mp *mp) {
    uint32_t n;
    if (!fc_mp_array(mp, &n)) return false;
    add_head(out, n, fc_mpw_array);
    for (uint32_t i = 0; i < n; i++)
        if (!fc_contact_masked(out, mp)) return false;
    return true;
}

bool fc_contacts_masked(struct fc_bytes *out, const void *item, size_t n) {
    struct fc_mp mp = fc_mp_open(item, n);
    struct fc_str key;
    uint32_t pairs;
    bool any = false;
    if (!fc_mp_map(&mp, &pairs)) return false;
    add_head(out, pairs, fc_mpw_map);
    for (uint32_t i = 0; i < pairs; i++) {
        if (!fc_mp_str(&mp, &key)) return false;
        add_text(out, key);
        bool contacts = fc_str_is(key, "contacts");
        any = any || contacts;
        if (!(contacts ? add_contacts(out, &mp) : add_value(out, &mp))) return false;
    }
    return any;
}
