#include "cells.h"

#include "merge_list.h"

#include <stdlib.h>

struct part {
    bool there;
    uint32_t epoch;
    int64_t at_us;
    struct fc_share share; /* of a group's topic */
    struct fc_bytes item;  /* of a list */
};

struct fc_parts {
    struct fc_topic *next; /* to be merged */
    bool marked;
    uint64_t ver;
    const struct fc_list_kind *list; /* NULL: a group's topic */
    uint32_t n;
    struct part *of; /* by cell */
};

bool fc_cells_wanted(struct fc_str topic) {
    return fc_str_starts(topic, "group/") || fc_list_kind(topic) != NULL;
}

static struct part *part_of(struct fc_topic *topic, uint32_t cell) {
    struct fc_parts *p = topic->parts;
    if (p == NULL) {
        p = topic->parts = calloc(1, sizeof *p);
        FC_ASSERT(p != NULL);
        p->list = fc_list_kind(fc_topic_str(topic));
    }
    if (cell >= p->n) {
        p->of = realloc(p->of, (cell + 1) * sizeof *p->of);
        FC_ASSERT(p->of != NULL);
        memset(p->of + p->n, 0, (cell + 1 - p->n) * sizeof *p->of);
        p->n = cell + 1;
    }
    return &p->of[cell];
}

bool fc_cells_take(struct fc_topic *topic, uint32_t cell, uint32_t epoch, const struct fc_item *item, const void *bytes,
                   size_t n) {
    struct fc_share share = {0};
    bool list = fc_list_kind(item->topic) != NULL;
    struct fc_mp at;
    if (!list && !fc_item_find(bytes, n, "handled", &at))
        return false; /* at once: most wallboards have one plain cell */
    if (!list && !fc_share_read(&share, bytes, n)) {
        fc_share_fini(&share);
        return false;
    }
    struct part *p = part_of(topic, cell);
    fc_share_fini(&p->share);
    p->share = share;
    fc_bytes_clear(&p->item);
    if (list) fc_bytes_add(&p->item, bytes, n);
    p->there = true;
    p->epoch = epoch;
    p->at_us = item->at_us;
    return true;
}

bool fc_cells_old(const struct fc_topic *topic, uint32_t cell, uint32_t epoch) {
    const struct fc_parts *p = topic->parts;
    return p != NULL && cell < p->n && p->of[cell].there && p->of[cell].epoch != epoch;
}

bool fc_cells_drop(struct fc_topic *topic, uint32_t cell, uint32_t epoch) {
    if (!fc_cells_old(topic, cell, epoch)) return false;
    topic->parts->of[cell].there = false;
    return true;
}

/* What is shown is as old as the oldest word of a cell that may have had another one since. */
static int64_t at_us_of(const struct fc_parts *p, uint32_t up) {
    int64_t newest = INT64_MIN, stale = INT64_MAX;
    for (uint32_t i = 0; i < p->n; i++) {
        if (!p->of[i].there) continue;
        if ((up >> i & 1) == 0 && p->of[i].at_us < stale) stale = p->of[i].at_us;
        if (p->of[i].at_us > newest) newest = p->of[i].at_us;
    }
    return stale < newest ? stale : newest;
}

static void write_merged(const struct fc_parts *p, const struct fc_merged *about, struct fc_bytes *out) {
    const struct fc_share *shares[FC_CELLS_MAX];
    struct fc_str items[FC_CELLS_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        if (!p->of[i].there) continue;
        shares[n] = &p->of[i].share;
        items[n++] = fc_str_n((const char *)p->of[i].item.p, p->of[i].item.n);
    }
    if (p->list != NULL)
        fc_merge_list(out, p->list, items, n, about);
    else
        fc_merge_write(out, shares, n, about);
}

bool fc_cells_merge(struct fc_topic *topic, uint32_t up, uint32_t of, struct fc_bytes *out, struct fc_item *item) {
    struct fc_parts *p = topic->parts;
    struct fc_merged about = {.of = of > 1 ? of : 0};
    bool any = false;
    for (uint32_t i = 0; i < p->n; i++) any = any || p->of[i].there;
    if (!any) return false;
    about.ver = ++p->ver;
    about.at_us = at_us_of(p, up);
    for (uint32_t i = 0; i < of; i++) about.up += up >> i & 1;
    write_merged(p, &about, out);
    *item = (struct fc_item){.topic = fc_topic_str(topic), .ver = about.ver, .at_us = about.at_us};
    return true;
}

void fc_cells_mark(struct fc_topic **list, struct fc_topic *topic) {
    if (topic->parts->marked) return;
    topic->parts->marked = true;
    topic->parts->next = *list;
    *list = topic;
}

struct fc_topic *fc_cells_next(struct fc_topic **list) {
    struct fc_topic *topic = *list;
    if (topic == NULL) return NULL;
    topic->parts->marked = false;
    *list = topic->parts->next;
    return topic;
}

void fc_cells_free(struct fc_topic *topic) {
    struct fc_parts *p = topic->parts;
    if (p == NULL) return;
    for (uint32_t i = 0; i < p->n; i++) {
        fc_share_fini(&p->of[i].share);
        fc_bytes_free(&p->of[i].item);
    }
    free(p->of);
    free(p);
    topic->parts = NULL;
}
