#include "chain_wheel.h"

#include <stdlib.h>

#define SECONDS 60
#define MINUTES 65536
#define SECOND_US INT64_C(1000000)
#define CHECKED 0x80000000u /* of a record's slot, while a list is cleaned */

void fc_chain_wheel_init(struct fc_chain_wheel *w) {
    *w = (struct fc_chain_wheel){.slots = calloc(SECONDS + MINUTES, sizeof *w->slots)};
    FC_ASSERT(w->slots != NULL);
}

void fc_chain_wheel_fini(struct fc_chain_wheel *w) {
    for (uint32_t i = 0; i < SECONDS + MINUTES; i++) free(w->slots[i].at);
    free(w->slots);
    free(w->due.at);
    *w = (struct fc_chain_wheel){0};
}

static uint32_t minute_slot(int64_t minute) { return (uint32_t)(SECONDS + minute % MINUTES); }

static uint32_t slot_for(const struct fc_chain_wheel *w, int64_t due_us) {
    int64_t second = due_us / SECOND_US, minute = w->second / 60;
    if (second < w->second) second = w->second;
    int64_t ahead = second / 60 - minute;
    if (ahead == 0) return (uint32_t)(second % 60);
    return minute_slot(minute + (ahead < MINUTES ? ahead : MINUTES - 1));
}

/* Each number that counts is left once, though a record that went and came back is listed twice. */
static void clean(struct fc_chain_slot_list *l, struct fc_chain_records *r, uint32_t slot) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->n; i++) {
        struct fc_chain_record *rec = fc_chain_record_at(r, l->at[i]);
        if (rec->slot != slot) continue;
        rec->slot |= CHECKED;
        l->at[n++] = l->at[i];
    }
    for (uint32_t i = 0; i < n; i++) fc_chain_record_at(r, l->at[i])->slot = slot;
    l->n = n;
    l->left_over = 0;
}

static void push(struct fc_chain_slot_list *l, uint32_t number) {
    if (l->n == l->cap) {
        l->cap = l->cap == 0 ? 4 : 2 * l->cap;
        l->at = realloc(l->at, l->cap * sizeof *l->at);
        FC_ASSERT(l->at != NULL);
    }
    l->at[l->n++] = number;
}

void fc_chain_wheel_set(struct fc_chain_wheel *w, struct fc_chain_records *r, uint32_t number, int64_t due_us) {
    struct fc_chain_record *rec = fc_chain_record_at(r, number);
    rec->due_us = due_us;
    uint32_t slot = due_us == INT64_MAX ? FC_CHAIN_NONE : slot_for(w, due_us);
    if (slot == rec->slot) return;
    if (rec->slot != FC_CHAIN_NONE) w->slots[rec->slot].left_over++;
    rec->slot = slot;
    if (slot == FC_CHAIN_NONE) return;
    struct fc_chain_slot_list *l = &w->slots[slot];
    if (l->n == l->cap && 2 * l->left_over > l->n) {
        rec->slot = FC_CHAIN_NONE; /* what is left over of this very record goes too */
        clean(l, r, slot);
        rec->slot = slot;
    }
    push(l, number);
}

static void drain(struct fc_chain_wheel *w, struct fc_chain_records *r, uint32_t slot) {
    struct fc_chain_slot_list *l = &w->slots[slot];
    for (uint32_t i = 0; i < l->n; i++) {
        struct fc_chain_record *rec = fc_chain_record_at(r, l->at[i]);
        if (rec->slot != slot) continue;
        rec->slot = FC_CHAIN_NONE;
        push(&w->due, l->at[i]);
    }
    l->n = l->left_over = 0;
    if (slot < SECONDS) return;
    free(l->at); /* not used again for 45 days */
    *l = (struct fc_chain_slot_list){0};
}

void fc_chain_wheel_take(struct fc_chain_wheel *w, struct fc_chain_records *r, int64_t now_us) {
    int64_t to = now_us / SECOND_US, minute = w->second / 60, minutes = to / 60 - minute;
    FC_ASSERT(to >= w->second);
    w->due.n = 0;
    int64_t last = minutes > 0 ? minute * 60 + 59 : to;
    for (int64_t s = w->second; s <= last; s++) drain(w, r, (uint32_t)(s % 60));
    if (minutes >= MINUTES) minutes = MINUTES - 1; /* all of them */
    for (int64_t m = 1; m <= minutes; m++) drain(w, r, minute_slot(minute + m));
    w->second = to;
}
