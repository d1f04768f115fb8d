#include "chain_records.h"

#include <stdlib.h>

void fc_chain_records_init(struct fc_chain_records *r) { *r = (struct fc_chain_records){.free = FC_CHAIN_NONE}; }

void fc_chain_records_fini(struct fc_chain_records *r) {
    for (uint32_t i = 0; i < r->used; i++) free(fc_chain_record_at(r, i)->more);
    for (uint32_t i = 0; i * FC_CHAIN_BLOCK < r->used; i++) free(r->blocks[i]);
    free(r->blocks);
    free(r->slots);
    fc_chain_records_init(r);
}

/* ---- the index ------------------------------------------------------------------------------------------------- */

/* Not the key's first bytes: the store hands records back in order of their keys, and a table filled in order of its hashes, while it
 * still grows, is one long run of full slots. */
static uint32_t hash_of(const struct fc_chain_key *key) {
    uint32_t h;
    memcpy(&h, key->b + 12, sizeof h);
    return h;
}

static void enter(struct fc_chain_records *r, uint32_t hash, uint32_t number) {
    uint32_t i = hash & (r->slots_n - 1);
    while (r->slots[i].number != FC_CHAIN_NONE) i = (i + 1) & (r->slots_n - 1);
    r->slots[i] = (struct fc_chain_slot){hash, number};
}

static void grow_index(struct fc_chain_records *r) {
    struct fc_chain_slot *old = r->slots;
    uint32_t old_n = r->slots_n;
    r->slots_n = old_n == 0 ? 64 : 2 * old_n;
    r->slots = malloc(r->slots_n * sizeof *r->slots);
    FC_ASSERT(r->slots != NULL && r->slots_n != 0);
    for (uint32_t i = 0; i < r->slots_n; i++) r->slots[i].number = FC_CHAIN_NONE;
    for (uint32_t i = 0; i < old_n; i++)
        if (old[i].number != FC_CHAIN_NONE) enter(r, old[i].hash, old[i].number);
    free(old);
}

/* The slot that holds the key, or FC_CHAIN_NONE. */
static uint32_t slot_of(const struct fc_chain_records *r, const struct fc_chain_key *key) {
    if (r->slots_n == 0) return FC_CHAIN_NONE;
    uint32_t hash = hash_of(key);
    for (uint32_t i = hash & (r->slots_n - 1); r->slots[i].number != FC_CHAIN_NONE; i = (i + 1) & (r->slots_n - 1))
        if (r->slots[i].hash == hash && memcmp(&fc_chain_record_at(r, r->slots[i].number)->key, key, sizeof *key) == 0) return i;
    return FC_CHAIN_NONE;
}

/* Those behind move up, so that no look-up meets a hole before its key. */
static void leave(struct fc_chain_records *r, uint32_t hole) {
    uint32_t mask = r->slots_n - 1;
    for (uint32_t i = (hole + 1) & mask; r->slots[i].number != FC_CHAIN_NONE; i = (i + 1) & mask) {
        uint32_t home = r->slots[i].hash & mask;
        if (((i - home) & mask) < ((i - hole) & mask)) continue;
        r->slots[hole] = r->slots[i];
        hole = i;
    }
    r->slots[hole].number = FC_CHAIN_NONE;
}

uint32_t fc_chain_records_find(const struct fc_chain_records *r, struct fc_chain_key key) {
    uint32_t slot = slot_of(r, &key);
    return slot == FC_CHAIN_NONE ? FC_CHAIN_NONE : r->slots[slot].number;
}

/* ---- records --------------------------------------------------------------------------------------------------- */

static uint32_t new_number(struct fc_chain_records *r) {
    if (r->free != FC_CHAIN_NONE) {
        uint32_t number = r->free;
        r->free = fc_chain_record_at(r, number)->next;
        return number;
    }
    FC_ASSERT(r->used < FC_CHAIN_NONE - FC_CHAIN_BLOCK);
    if (r->used % FC_CHAIN_BLOCK == 0) {
        uint32_t n = r->used / FC_CHAIN_BLOCK;
        if (n % 64 == 0) r->blocks = realloc(r->blocks, (n + 64u) * sizeof(struct fc_chain_record *));
        FC_ASSERT(r->blocks != NULL);
        r->blocks[n] = calloc(FC_CHAIN_BLOCK, sizeof(struct fc_chain_record));
        FC_ASSERT(r->blocks[n] != NULL);
    }
    return r->used++;
}

uint32_t fc_chain_records_add(struct fc_chain_records *r, struct fc_chain_key key) {
    if (r->live >= r->slots_n / 4 * 3) grow_index(r);
    uint32_t number = new_number(r);
    struct fc_chain_record *rec = fc_chain_record_at(r, number);
    uint8_t listed = rec->flags & FC_CHAIN_LISTED;
    *rec = (struct fc_chain_record){.key = key, .due_us = INT64_MAX, .slot = FC_CHAIN_NONE, .flags = (uint8_t)(FC_CHAIN_LIVE | listed)};
    enter(r, hash_of(&key), number);
    r->live++;
    return number;
}

void fc_chain_records_remove(struct fc_chain_records *r, uint32_t number) {
    struct fc_chain_record *rec = fc_chain_record_at(r, number);
    uint32_t slot = slot_of(r, &rec->key);
    FC_ASSERT(slot != FC_CHAIN_NONE && r->slots[slot].number == number);
    leave(r, slot);
    free(rec->more);
    rec->more = NULL;
    rec->n = 0;
    rec->flags &= FC_CHAIN_LISTED;
    rec->next = r->free;
    r->free = number;
    r->live--;
}

/* ---- visits ---------------------------------------------------------------------------------------------------- */

void fc_chain_record_push(struct fc_chain_record *rec, const struct fc_chain_visit *v) {
    FC_ASSERT(rec->n < FC_CHAIN_VISITS_MAX);
    if (rec->n > 0 && (rec->more == NULL || rec->n - 1 == 1 << rec->more_bits)) {
        rec->more_bits = rec->more == NULL ? 0 : (uint8_t)(rec->more_bits + 1);
        rec->more = realloc(rec->more, sizeof *rec->more << rec->more_bits);
        FC_ASSERT(rec->more != NULL);
    }
    *fc_chain_record_visit(rec, rec->n) = *v;
    rec->n++;
}

void fc_chain_record_set(struct fc_chain_record *rec, const struct fc_chain_visit *v, uint32_t n) {
    free(rec->more);
    rec->more = NULL;
    rec->n = 0;
    for (uint32_t i = 0; i < n; i++) fc_chain_record_push(rec, &v[i]);
}
