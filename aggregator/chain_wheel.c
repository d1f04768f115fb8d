#include "chain_wheel.h"

#include <stdlib.h>

#define SECONDS 60
#define MINUTES 65536
#define SECOND_US INT64_C(1000000)

void fc_chain_wheel_init(struct fc_chain_wheel *w) {
    *w = (struct fc_chain_wheel){.heads = malloc((SECONDS + MINUTES) * sizeof *w->heads)};
    FC_ASSERT(w->heads != NULL);
    for (uint32_t i = 0; i < SECONDS + MINUTES; i++) w->heads[i] = FC_CHAIN_NONE;
}

void fc_chain_wheel_fini(struct fc_chain_wheel *w) {
    free(w->heads);
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

static void take_out(struct fc_chain_wheel *w, struct fc_chain_records *r, struct fc_chain_record *rec) {
    if (rec->slot == FC_CHAIN_NONE) return;
    if (rec->prev == FC_CHAIN_NONE) w->heads[rec->slot] = rec->next;
    else fc_chain_record_at(r, rec->prev)->next = rec->next;
    if (rec->next != FC_CHAIN_NONE) fc_chain_record_at(r, rec->next)->prev = rec->prev;
    rec->slot = FC_CHAIN_NONE;
}

void fc_chain_wheel_set(struct fc_chain_wheel *w, struct fc_chain_records *r, uint32_t number, int64_t due_us) {
    struct fc_chain_record *rec = fc_chain_record_at(r, number);
    rec->due_us = due_us;
    uint32_t slot = due_us == INT64_MAX ? FC_CHAIN_NONE : slot_for(w, due_us);
    if (slot == rec->slot) return;
    take_out(w, r, rec);
    if (slot == FC_CHAIN_NONE) return;
    rec->slot = slot;
    rec->prev = FC_CHAIN_NONE;
    rec->next = w->heads[slot];
    if (rec->next != FC_CHAIN_NONE) fc_chain_record_at(r, rec->next)->prev = number;
    w->heads[slot] = number;
}

static void drain(struct fc_chain_wheel *w, struct fc_chain_records *r, uint32_t slot, uint32_t *list) {
    for (uint32_t number = w->heads[slot]; number != FC_CHAIN_NONE;) {
        struct fc_chain_record *rec = fc_chain_record_at(r, number);
        uint32_t next = rec->next;
        rec->slot = FC_CHAIN_NONE;
        rec->next = *list;
        *list = number;
        number = next;
    }
    w->heads[slot] = FC_CHAIN_NONE;
}

uint32_t fc_chain_wheel_take(struct fc_chain_wheel *w, struct fc_chain_records *r, int64_t now_us) {
    uint32_t list = FC_CHAIN_NONE;
    int64_t to = now_us / SECOND_US, minute = w->second / 60, minutes = to / 60 - minute;
    FC_ASSERT(to >= w->second);
    int64_t last = minutes > 0 ? minute * 60 + 59 : to;
    for (int64_t s = w->second; s <= last; s++) drain(w, r, (uint32_t)(s % 60), &list);
    if (minutes >= MINUTES) minutes = MINUTES - 1; /* all of them */
    for (int64_t m = 1; m <= minutes; m++) drain(w, r, minute_slot(minute + m), &list);
    w->second = to;
    return list;
}
