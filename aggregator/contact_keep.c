/* contact_keep -- contacts' memory, and the lists they stand in: waiting, and over or unplaced until they are forgotten. */
#include "contact.h"

#include <stdlib.h>

#define SLAB 256

static struct fc_contact *take(struct fc_engine *e) {
    if (e->pool == NULL) {
        struct fc_contact *slab = calloc(SLAB, sizeof *slab);
        FC_ASSERT(slab != NULL);
        fc_list_push(&e->slabs, slab);
        for (int i = 0; i < SLAB; i++) {
            slab[i].in_over.next = e->pool;
            e->pool = &slab[i];
        }
    }
    struct fc_contact *c = e->pool;
    e->pool = c->in_over.next;
    *c = (struct fc_contact){.life = c->life + 1, .said = {.priority = -1}};
    return c;
}

struct fc_contact *fc_contact_new(struct fc_engine *e, struct fc_str id) {
    struct fc_contact *c = take(e);
    memcpy(c->id_bytes, id.p, id.n);
    c->id = fc_str_n(c->id_bytes, id.n);
    c->cause = FC_CAUSE_COUNT;
    fc_map_add(&e->contacts, c);
    e->counters.contacts++;
    return c;
}

void fc_contact_changed(struct fc_engine *e, struct fc_contact *c) {
    if (c->to_store) return;
    c->to_store = true;
    fc_list_push(&e->contacts_store, c);
}

/* Sorted by offered time; nearly every contact belongs at the end. */
static void link_wait(struct fc_cell *cell, struct fc_contact *c) {
    struct fc_contact *before = cell->wait_last;
    while (before != NULL && before->offered_us > c->offered_us) before = before->in_queue.prev;
    struct fc_contact *after = before == NULL ? cell->wait_first : before->in_queue.next;
    c->in_queue = (struct fc_wait_link){before, after};
    if (before == NULL) cell->wait_first = c;
    else before->in_queue.next = c;
    if (after == NULL) cell->wait_last = c;
    else after->in_queue.prev = c;
}

static void unlink_wait(struct fc_cell *cell, struct fc_contact *c) {
    struct fc_wait_link l = c->in_queue;
    if (l.prev == NULL) cell->wait_first = l.next;
    else l.prev->in_queue.next = l.next;
    if (l.next == NULL) cell->wait_last = l.prev;
    else l.next->in_queue.prev = l.prev;
}

struct waiting_change {
    uint8_t channel;
    int by;
};

static void count_waiting(struct fc_engine *e, struct fc_entity *x, void *ctx) {
    const struct waiting_change *w = ctx;
    fc_entity_cell(x, w->channel)->waiting += w->by;
    fc_engine_touch_gauges(e, x);
}

void fc_contact_start_waiting(struct fc_engine *e, struct fc_contact *c) {
    struct waiting_change w = {c->channel, 1};
    link_wait(fc_entity_cell(&c->queue->e, c->channel), c);
    fc_engine_each_owner(e, c->queue, NULL, count_waiting, &w);
    if (!c->breached) fc_due_push(&e->breaches, c->offered_us + c->threshold_us, c, c->life);
    e->counters.waiting++;
}

void fc_contact_stop_waiting(struct fc_engine *e, struct fc_contact *c, struct fc_queue *queue, uint8_t channel) {
    struct waiting_change w = {channel, -1};
    unlink_wait(fc_entity_cell(&queue->e, channel), c);
    fc_engine_each_owner(e, queue, NULL, count_waiting, &w);
    e->counters.waiting--;
}

void fc_contact_start_talking(struct fc_contact *c) {
    struct fc_cell *cell = fc_entity_cell(&c->queue->e, c->channel);
    c->in_queue = (struct fc_wait_link){NULL, cell->talk_first};
    if (cell->talk_first != NULL) cell->talk_first->in_queue.prev = c;
    cell->talk_first = c;
}

void fc_contact_stop_talking(struct fc_contact *c, struct fc_queue *queue, uint8_t channel) {
    struct fc_wait_link l = c->in_queue;
    if (l.prev == NULL) fc_entity_cell(&queue->e, channel)->talk_first = l.next;
    else l.prev->in_queue.next = l.next;
    if (l.next != NULL) l.next->in_queue.prev = l.prev;
}

void fc_contact_link_over(struct fc_engine *e, struct fc_contact *c) {
    c->linked_over = true;
    c->in_over = (struct fc_wait_link){e->over_last, NULL};
    if (e->over_last == NULL) e->over_first = c;
    else e->over_last->in_over.next = c;
    e->over_last = c;
}

void fc_contact_unlink_over(struct fc_engine *e, struct fc_contact *c) {
    struct fc_wait_link l = c->in_over;
    if (l.prev == NULL) e->over_first = l.next;
    else l.prev->in_over.next = l.next;
    if (l.next == NULL) e->over_last = l.prev;
    else l.next->in_over.prev = l.prev;
    c->linked_over = false;
}

static void forget(struct fc_engine *e, struct fc_contact *c) {
    if (c->stored) fc_list_push(&e->forgotten, fc_str_copy_own(c->id));
    if (c->state == CONTACT_UNPLACED) e->counters.without_contact++;
    fc_contact_unlink_over(e, c);
    fc_map_remove(&e->contacts, c);
    free(c->marks);
    free(c->surveys);
    fc_contact_forget_said(c);
    c->marks = NULL;
    c->surveys = NULL;
    c->life++;
    c->in_over.next = e->pool;
    e->pool = c;
    e->counters.contacts--;
}

void fc_contact_forget_old(struct fc_engine *e) {
    int64_t before_us = e->now_us - e->rules->late_us;
    while (e->over_first != NULL) {
        struct fc_contact *c = e->over_first;
        bool crowded = e->counters.contacts > e->rules->contacts_max;
        if (c->to_store || (c->over_us >= before_us && !crowded)) return; /* to_store: the next checkpoint still points to it */
        if (c->over_us >= before_us) e->counters.forgotten_early++;
        forget(e, c);
    }
}
