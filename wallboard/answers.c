#include "answers.h"

#include "cells.h"
#include "item.h"
#include "merge.h"

#include <stdlib.h>

void fc_answers_add(struct fc_answers *a, uint32_t cell, const void *item, size_t n) {
    if (a->count == a->cap) {
        a->cap = a->cap == 0 ? 16 : 2 * a->cap;
        a->items = realloc(a->items, a->cap * sizeof *a->items);
        FC_ASSERT(a->items != NULL);
    }
    a->items[a->count++] = (struct fc_answer){.cell = cell, .at = a->bytes.n, .n = n};
    fc_bytes_add(&a->bytes, item, n);
}

void fc_answers_free(struct fc_answers *a) {
    fc_bytes_free(&a->bytes);
    free(a->items);
    *a = (struct fc_answers){0};
}

struct row { /* an item, and what it is sorted by */
    struct fc_str bytes, name;
    int64_t from_us, to_us;
    uint32_t cell, order;
};

static struct row row_of(const struct fc_answers *a, uint32_t i) {
    const uint8_t *p = a->bytes.p + a->items[i].at;
    struct row r = {.bytes = fc_str_n((const char *)p, a->items[i].n), .cell = a->items[i].cell, .order = i};
    struct fc_mp at;
    if (fc_item_find(p, a->items[i].n, "from_us", &at)) (void)fc_mp_i64(&at, &r.from_us);
    if (fc_item_find(p, a->items[i].n, "to_us", &at)) (void)fc_mp_i64(&at, &r.to_us);
    if (fc_item_find(p, a->items[i].n, "name", &at)) (void)fc_mp_str(&at, &r.name);
    return r;
}

static int compare(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

/* Who may be one: the same name in the same step. */
static int by_step_and_name(const struct row *x, const struct row *y) {
    int c = compare(x->from_us, y->from_us);
    if (c == 0) c = compare(x->to_us, y->to_us);
    uint32_t shared = x->name.n < y->name.n ? x->name.n : y->name.n; /* 0 also where one has no name at all */
    if (c == 0 && shared > 0) c = memcmp(x->name.p, y->name.p, shared);
    return c != 0 ? c : compare(x->name.n, y->name.n);
}

static int by_all(const void *a, const void *b) {
    const struct row *x = a, *y = b;
    int c = by_step_and_name(x, y);
    if (c == 0) c = compare(x->cell, y->cell);
    return c != 0 ? c : compare(x->order, y->order);
}

/* One name in one step; true: merged into one item. */
static bool merge_rows(const struct row *rows, uint32_t n, struct fc_share *shares, const struct fc_merged *about,
                       struct fc_bytes *out) {
    const struct fc_share *all[FC_CELLS_MAX];
    bool good = n <= FC_CELLS_MAX;
    for (uint32_t i = 0; good && i < n; i++) {
        good = fc_share_read(&shares[i], rows[i].bytes.p, rows[i].bytes.n);
        all[i] = &shares[i];
    }
    if (good) fc_merge_write(out, all, n, about);
    for (uint32_t i = 0; !good && i < n; i++) fc_bytes_str(out, rows[i].bytes);
    return good;
}

static uint32_t merge_all(const struct fc_answers *a, const struct fc_merged *about, struct fc_bytes *out) {
    struct fc_share shares[FC_CELLS_MAX] = {0}; /* scratch that keeps its memory */
    struct row *rows = malloc((a->count + 1u) * sizeof *rows);
    uint32_t written = 0;
    FC_ASSERT(rows != NULL);
    for (uint32_t i = 0; i < a->count; i++) rows[i] = row_of(a, i);
    qsort(rows, a->count, sizeof *rows, by_all);
    for (uint32_t i = 0, n; i < a->count; i += n) {
        for (n = 1; i + n < a->count && by_step_and_name(&rows[i], &rows[i + n]) == 0;) n++;
        written += merge_rows(rows + i, n, shares, about, out) ? 1 : n;
    }
    for (int i = 0; i < FC_CELLS_MAX; i++) fc_share_fini(&shares[i]);
    free(rows);
    return written;
}

uint32_t fc_answers_merge(const struct fc_answers *a, uint32_t cells, struct fc_bytes *out) {
    struct fc_mp at;
    bool plain = cells == 1 && (a->count == 0 || !fc_item_find(a->bytes.p, a->items[0].n, "tally", &at));
    if (!plain) return merge_all(a, &(struct fc_merged){.up = a->heard, .of = cells > 1 ? cells : 0}, out);
    fc_bytes_add(out, a->bytes.p, a->bytes.n);
    return a->count;
}
