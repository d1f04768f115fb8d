#include "chain_wheel.h"

#include <stdlib.h>

#define SECONDS 60
#define MINUTES 65536
#define SECOND_US INT64_C(1000000)

#define CHUNKS (FC_CHAIN_BLOCK_BYTES / (uint32_t)sizeof(struct fc_chain_chunk))
#define BLOCKS_MORE 64u /* by which the list of blocks grows */

void fc_chain_wheel_init(struct fc_chain_wheel *w) {
    *w = (struct fc_chain_wheel){.slots = malloc((SECONDS + MINUTES) * sizeof *w->slots), .free = FC_CHAIN_NONE};
    FC_ASSERT(w->slots != NULL);
    for (uint32_t i = 0; i < SECONDS + MINUTES; i++) w->slots[i] = (struct fc_chain_list){.first = FC_CHAIN_NONE};
}

void fc_chain_wheel_fini(struct fc_chain_wheel *w) {
    for (uint32_t i = 0; i * CHUNKS < w->used; i++) free(w->blocks[i]);
    free(w->blocks);
    free(w->slots);
    free(w->due);
    *w = (struct fc_chain_wheel){0};
}

/* ---- lists ----------------------------------------------------------------------------------------------------- */

static struct fc_chain_chunk *chunk_at(const struct fc_chain_wheel *w, uint32_t i) {
    return &w->blocks[i / CHUNKS][i % CHUNKS];
}

static uint32_t take_chunk(struct fc_chain_wheel *w) {
    uint32_t i = w->free, n = w->used / CHUNKS;
    if (i != FC_CHAIN_NONE) {
        w->free = chunk_at(w, i)->next;
        return i;
    }
    if (w->used % CHUNKS == 0) {
        if (n % BLOCKS_MORE == 0) w->blocks = realloc(w->blocks, (n + BLOCKS_MORE) * sizeof(struct fc_chain_chunk *));
        FC_ASSERT(w->blocks != NULL);
        w->blocks[n] = fc_chain_large(FC_CHAIN_BLOCK_BYTES);
    }
    return w->used++;
}

static void push(struct fc_chain_wheel *w, struct fc_chain_list *l, uint32_t number) {
    uint32_t at = l->n % FC_CHAIN_CHUNK;
    if (at == 0) {
        uint32_t i = take_chunk(w);
        chunk_at(w, i)->next = l->first;
        l->first = i;
    }
    chunk_at(w, l->first)->at[at] = number;
    l->n++;
}

/* Takes the last number out of a list that has one. */
static uint32_t pop(struct fc_chain_wheel *w, struct fc_chain_list *l) {
    uint32_t at = --l->n % FC_CHAIN_CHUNK, i = l->first;
    struct fc_chain_chunk *chunk = chunk_at(w, i);
    uint32_t number = chunk->at[at];
    if (at == 0) {
        l->first = chunk->next;
        chunk->next = w->free;
        w->free = i;
    }
    return number;
}

/* Each number that counts is left once, though a record that went and came back is listed twice. */
static void clean(struct fc_chain_wheel *w, struct fc_chain_records *r, uint32_t slot) {
    struct fc_chain_list *l = &w->slots[slot], once = {.first = FC_CHAIN_NONE}, kept = once;
    while (l->n > 0) {
        uint32_t number = pop(w, l);
        struct fc_chain_record *rec = fc_chain_record_at(r, number);
        if (rec->slot != slot) continue;
        rec->slot = FC_CHAIN_NONE;
        push(w, &once, number);
    }
    while (once.n > 0) {
        uint32_t number = pop(w, &once);
        fc_chain_record_at(r, number)->slot = slot;
        push(w, &kept, number);
    }
    *l = kept;
}

/* ---- slots ----------------------------------------------------------------------------------------------------- */

static uint32_t minute_slot(int64_t minute) { return (uint32_t)(SECONDS + minute % MINUTES); }

static uint32_t slot_for(const struct fc_chain_wheel *w, int64_t due_us) {
    int64_t second = due_us / SECOND_US, minute = w->second / 60;
    if (second < w->second) second = w->second;
    int64_t ahead = second / 60 - minute;
    if (ahead == 0) return (uint32_t)(second % 60);
    return minute_slot(minute + (ahead < MINUTES ? ahead : MINUTES - 1));
}

void fc_chain_wheel_set(struct fc_chain_wheel *w, struct fc_chain_records *r, uint32_t number, int64_t due_us) {
    struct fc_chain_record *rec = fc_chain_record_at(r, number);
    rec->due_us = due_us;
    uint32_t slot = due_us == INT64_MAX ? FC_CHAIN_NONE : slot_for(w, due_us);
    if (slot == rec->slot) return;
    if (rec->slot != FC_CHAIN_NONE) w->slots[rec->slot].left_over++;
    rec->slot = FC_CHAIN_NONE;
    if (slot == FC_CHAIN_NONE) return;
    struct fc_chain_list *l = &w->slots[slot];
    if (l->n % FC_CHAIN_CHUNK == 0 && 2 * l->left_over > l->n) clean(w, r, slot);
    push(w, l, number);
    rec->slot = slot;
}

static void drain(struct fc_chain_wheel *w, struct fc_chain_records *r, uint32_t slot) {
    struct fc_chain_list *l = &w->slots[slot];
    while (l->n > 0) {
        uint32_t number = pop(w, l);
        struct fc_chain_record *rec = fc_chain_record_at(r, number);
        if (rec->slot != slot) continue;
        rec->slot = FC_CHAIN_NONE;
        if (w->due_n == w->due_cap) {
            w->due_cap = w->due_cap == 0 ? 64 : 2 * w->due_cap;
            w->due = realloc(w->due, w->due_cap * sizeof *w->due);
            FC_ASSERT(w->due != NULL);
        }
        w->due[w->due_n++] = number;
    }
    l->left_over = 0;
}

void fc_chain_wheel_take(struct fc_chain_wheel *w, struct fc_chain_records *r, int64_t now_us) {
    int64_t to = now_us / SECOND_US, minute = w->second / 60, minutes = to / 60 - minute;
    FC_ASSERT(to >= w->second);
    w->due_n = 0;
    int64_t last = minutes > 0 ? minute * 60 + 59 : to;
    for (int64_t s = w->second; s <= last; s++) drain(w, r, (uint32_t)(s % 60));
    if (minutes >= MINUTES) minutes = MINUTES - 1; /* all of them */
    for (int64_t m = 1; m <= minutes; m++) drain(w, r, minute_slot(minute + m));
    w->second = to;
}
