#include "merge_list.h"

#include "item.h"

#include <stdlib.h>

static const struct fc_list_kind kinds[] = {
    {"agents/all", "agents", "label", 0, 0},
    {"queues", "queues", NULL, 0, 0},
    {"sources", "sources", "src", 0, 0},
    {"waiting/all", "contacts", "offered_us", 1, 100},
    {"abandoned/all", "contacts", "over_us", -1, 50},
};

const struct fc_list_kind *fc_list_kind(struct fc_str topic) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (fc_str_is(topic, kinds[i].topic)) return &kinds[i];
    return NULL;
}

struct entry {
    struct fc_str bytes, by;
    int64_t number; /* what comes first is least */
    uint32_t order;
};

struct entries {
    struct entry *v;
    uint32_t n, cap;
};

static void add_entry(struct entries *e, struct fc_str bytes, struct fc_str by, int64_t number) {
    if (e->n == e->cap) {
        e->cap = e->cap == 0 ? 64 : 2 * e->cap;
        e->v = realloc(e->v, e->cap * sizeof *e->v);
        FC_ASSERT(e->v != NULL);
    }
    e->v[e->n] = (struct entry){bytes, by, number, e->n};
    e->n++;
}

static void add_item(struct entries *e, const struct fc_list_kind *kind, struct fc_str item) {
    struct fc_mp mp, at;
    uint32_t n;
    if (!fc_item_find(item.p, item.n, kind->key, &mp) || !fc_mp_array(&mp, &n)) return;
    for (uint32_t i = 0; i < n; i++) {
        const char *start = (const char *)mp.p;
        struct fc_str by = {0};
        at = mp;
        if (!fc_mp_skip(&mp)) return;
        size_t size = (size_t)((const char *)mp.p - start);
        int64_t number = 0;
        bool good = kind->by == NULL || fc_item_find(start, size, kind->by, &at);
        good = good && (kind->order == 0 ? fc_mp_str(&at, &by) : fc_mp_i64(&at, &number) && number >= 0);
        if (good) add_entry(e, fc_str_n(start, size), by, kind->order * number);
    }
}

static int in_order(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    uint32_t shared = x->by.n < y->by.n ? x->by.n : y->by.n;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    int c = shared == 0 ? 0 : memcmp(x->by.p, y->by.p, shared);
    if (c == 0) c = (x->by.n > y->by.n) - (x->by.n < y->by.n);
    return c != 0 ? c : (x->order > y->order) - (x->order < y->order);
}

static void drop_doubles(struct entries *e) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < e->n; i++)
        if (kept == 0 || !fc_str_eq(e->v[kept - 1].by, e->v[i].by)) e->v[kept++] = e->v[i];
    e->n = kept;
}

static void write_list(struct fc_mpw *w, const struct fc_list_kind *kind, const struct entries *e,
                       const struct fc_merged *about) {
    fc_mpw_map(w, 5);
    fc_mpw_key(w, "topic");
    fc_mpw_key(w, kind->topic);
    fc_mpw_key(w, "ver");
    fc_mpw_int(w, (int64_t)about->ver);
    fc_mpw_key(w, "at_us");
    fc_mpw_int(w, about->at_us);
    fc_merge_write_cells(w, about);
    fc_mpw_key(w, kind->key);
    fc_mpw_array(w, e->n);
    for (uint32_t i = 0; i < e->n; i++) fc_mpw_raw(w, e->v[i].bytes.p, e->v[i].bytes.n);
}

void fc_merge_list(struct fc_bytes *out, const struct fc_list_kind *kind, const struct fc_str *items, uint32_t n,
                   const struct fc_merged *about) {
    struct entries e = {0};
    struct fc_mpw w;
    size_t room = 200;
    for (uint32_t i = 0; i < n; i++) {
        add_item(&e, kind, items[i]);
        room += items[i].n;
    }
    if (e.n > 0) qsort(e.v, e.n, sizeof *e.v, in_order);
    if (kind->by == NULL) drop_doubles(&e);
    if (kind->most > 0 && e.n > kind->most) e.n = kind->most;
    fc_mpw_init(&w, fc_bytes_room(out, room), room);
    write_list(&w, kind, &e, about);
    FC_ASSERT(!w.overflow);
    out->n += w.len;
    free(e.v);
}
