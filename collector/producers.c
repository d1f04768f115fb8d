#include "producers.h"

#include <stdlib.h>

void fc_producers_init(struct fc_producers *p) { memset(p, 0, sizeof *p); }

void fc_producers_fini(struct fc_producers *p) {
    free(p->rows);
    free(p->slots);
    free(p->dirty);
    memset(p, 0, sizeof *p);
}

static uint32_t hash(struct fc_str s) {
    uint32_t h = 2166136261u; /* FNV-1a */
    for (uint32_t i = 0; i < s.n; i++) h = (h ^ (uint8_t)s.p[i]) * 16777619u;
    return h;
}

static struct fc_str name_of(const struct fc_producer *row) { return fc_str_n(row->src, row->src_len); }

/* The slot that holds `src`, or the empty one where it belongs. */
static uint32_t *slot_of(const struct fc_producers *p, struct fc_str src) {
    uint32_t i = hash(src) & p->slot_mask;
    while (p->slots[i] != 0 && !fc_str_eq(name_of(&p->rows[p->slots[i] - 1]), src)) i = (i + 1) & p->slot_mask;
    return &p->slots[i];
}

struct fc_producer *fc_producers_find(struct fc_producers *p, struct fc_str src) {
    if (p->n == 0) return NULL;
    uint32_t row = *slot_of(p, src);
    return row == 0 ? NULL : &p->rows[row - 1];
}

/* Doubles rows and slots (slots stay half empty). */
static bool grow(struct fc_producers *p) {
    uint32_t cap = p->slots == NULL ? 64 : p->slot_mask + 1;
    if (p->slots != NULL && p->n < cap / 2) return true;
    if (p->n == FC_PRODUCERS_MAX) return false;
    struct fc_producer *rows = realloc(p->rows, (size_t)cap * sizeof *rows);
    if (rows == NULL) return false;
    p->rows = rows;
    uint32_t *dirty = realloc(p->dirty, (size_t)cap * sizeof *dirty);
    if (dirty == NULL) return false;
    p->dirty = dirty;
    uint32_t *slots = calloc((size_t)cap * 2, sizeof *slots);
    if (slots == NULL) return false;
    free(p->slots);
    p->slots = slots;
    p->slot_mask = cap * 2 - 1;
    for (uint32_t i = 0; i < p->n; i++) *slot_of(p, name_of(&p->rows[i])) = i + 1;
    return true;
}

static struct fc_producer *find_or_add(struct fc_producers *p, struct fc_str src) {
    struct fc_producer *row = fc_producers_find(p, src);
    if (row != NULL || src.n > FC_ID_MAX || !grow(p)) return row;
    row = &p->rows[p->n];
    memset(row, 0, sizeof *row);
    if (src.n > 0) memcpy(row->src, src.p, src.n);
    row->src_len = (uint8_t)src.n;
    row->seq = -1;
    *slot_of(p, src) = ++p->n;
    return row;
}

static void touch(struct fc_producers *p, struct fc_producer *row) {
    if (row->dirty) return;
    row->dirty = true;
    p->dirty[p->n_dirty++] = (uint32_t)(row - p->rows);
}

void fc_producers_written(struct fc_producers *p) {
    for (uint32_t i = 0; i < p->n_dirty; i++) p->rows[p->dirty[i]].dirty = false;
    p->n_dirty = 0;
}

static void set_epoch(struct fc_producer *row, struct fc_str epoch) {
    row->epoch_len = (uint8_t)(epoch.n < FC_ID_MAX ? epoch.n : FC_ID_MAX);
    if (row->epoch_len > 0) memcpy(row->epoch, epoch.p, row->epoch_len);
}

bool fc_producers_restore(struct fc_producers *p, struct fc_str src, int64_t seq, struct fc_str epoch) {
    struct fc_producer *row = find_or_add(p, src);
    if (row == NULL) return false;
    row->seq = seq;
    set_epoch(row, epoch);
    return true;
}

static bool has(const struct fc_event *ev, uint64_t bits) { return (ev->present & bits) == bits; }

static bool starts_anew(const struct fc_producer *row, const struct fc_event *ev) {
    return ev->kind == FC_HELLO && has(ev, FC_KEY_BIT(epoch)) && !fc_str_eq(ev->epoch, fc_str_n(row->epoch, row->epoch_len));
}

bool fc_producers_seen(struct fc_producers *p, const struct fc_event *ev) {
    if (!has(ev, FC_KEY_BIT(src) | FC_KEY_BIT(seq))) return false;
    const struct fc_producer *row = fc_producers_find(p, ev->src);
    return row != NULL && !starts_anew(row, ev) && ev->seq <= row->seq;
}

void fc_producers_take(struct fc_producers *p, const struct fc_event *ev) {
    bool numbered = has(ev, FC_KEY_BIT(src) | FC_KEY_BIT(seq)), hello = ev->kind == FC_HELLO && has(ev, FC_KEY_BIT(src) | FC_KEY_BIT(epoch));
    if (!numbered && !hello) return;
    struct fc_producer *row = find_or_add(p, ev->src);
    if (row == NULL) {
        p->untracked++;
        return;
    }
    if (hello && starts_anew(row, ev)) {
        row->seq = -1;
        set_epoch(row, ev->epoch);
        touch(p, row);
    }
    if (numbered && ev->seq > row->seq) {
        row->seq = ev->seq;
        touch(p, row);
    }
}
