#include "chain_records.h"

#include <stdlib.h>
#include <sys/mman.h>

#define BLOCKS_MORE 64u /* by which a list of blocks grows */
#define SINGLES (FC_CHAIN_BLOCK_BYTES / (uint32_t)sizeof(union fc_chain_single))

void fc_chain_records_init(struct fc_chain_records *r) { *r = (struct fc_chain_records){.free = FC_CHAIN_NONE}; }

static bool is_single(const struct fc_chain_record *rec) { return rec->more != NULL && rec->more_bits == 0; }

void fc_chain_records_fini(struct fc_chain_records *r) {
    for (uint32_t i = 0; i < r->used; i++) {
        struct fc_chain_record *rec = fc_chain_record_at(r, i);
        if (!is_single(rec)) free(rec->more);
    }
    for (uint32_t i = 0; i * FC_CHAIN_BLOCK < r->used; i++) free(r->blocks[i]);
    for (uint32_t i = 0; i * SINGLES < r->singles.used; i++) free(r->singles.blocks[i]);
    free(r->blocks);
    free(r->singles.blocks);
    free(r->slots);
    fc_chain_records_init(r);
}

/* Fewer faults and look-ups of addresses where the system gives large pages; where it does not, all works as well. */
void *fc_chain_large(size_t bytes) {
    void *p = aligned_alloc(FC_CHAIN_BLOCK_BYTES, bytes);
    FC_ASSERT(p != NULL);
    (void)madvise(p, bytes, MADV_HUGEPAGE);
    return p;
}

/* ---- the index ------------------------------------------------------------------------------------------------- */

static uint32_t hash_of(const struct fc_chain_key *key) {
    return (uint32_t)key->b[0] << 24 | (uint32_t)key->b[1] << 16 | (uint32_t)key->b[2] << 8 | key->b[3];
}

static uint32_t mask(const struct fc_chain_records *r) { return (1u << r->bits) - 1; }
static uint32_t home(const struct fc_chain_records *r, uint32_t hash) { return hash >> (32 - r->bits); }

static void enter(struct fc_chain_records *r, uint32_t hash, uint32_t number) {
    uint32_t i = home(r, hash);
    while (r->slots[i].number != FC_CHAIN_NONE) i = (i + 1) & mask(r);
    r->slots[i] = (struct fc_chain_slot){hash, number};
}

/* At most three quarters are ever full. */
static void make_room(struct fc_chain_records *r, uint32_t records) {
    uint32_t bits = r->bits == 0 ? 8 : r->bits;
    while (records > (1u << bits) / 4 * 3) bits++;
    if (bits == r->bits) return;
    FC_ASSERT(bits < 32);
    struct fc_chain_slot *old = r->slots;
    size_t old_n = r->bits == 0 ? 0 : (size_t)1 << r->bits, n = (size_t)1 << bits, bytes = n * sizeof *old;
    r->bits = bits;
    r->slots = bytes >= FC_CHAIN_BLOCK_BYTES ? fc_chain_large(bytes) : malloc(bytes);
    FC_ASSERT(r->slots != NULL);
    memset(r->slots, 0xff, bytes); /* every number FC_CHAIN_NONE */
    for (size_t i = 0; i < old_n; i++)
        if (old[i].number != FC_CHAIN_NONE) enter(r, old[i].hash, old[i].number);
    free(old);
}

void fc_chain_records_enter(struct fc_chain_records *r) {
    if (r->entered == r->used) return;
    make_room(r, r->live);
    for (; r->entered < r->used; r->entered++) {
        const struct fc_chain_record *rec = fc_chain_record_at(r, r->entered);
        if ((rec->flags & FC_CHAIN_LIVE) != 0) enter(r, hash_of(&rec->key), r->entered);
    }
}

/* The slot that holds the key, or FC_CHAIN_NONE. */
static uint32_t slot_of(const struct fc_chain_records *r, const struct fc_chain_key *key) {
    if (r->bits == 0) return FC_CHAIN_NONE;
    uint32_t hash = hash_of(key);
    for (uint32_t i = home(r, hash); r->slots[i].number != FC_CHAIN_NONE; i = (i + 1) & mask(r))
        if (r->slots[i].hash == hash && memcmp(&fc_chain_record_at(r, r->slots[i].number)->key, key, sizeof *key) == 0)
            return i;
    return FC_CHAIN_NONE;
}

/* Those behind move up, so that no look-up meets a hole before its key. */
static void leave(struct fc_chain_records *r, uint32_t hole) {
    for (uint32_t i = (hole + 1) & mask(r); r->slots[i].number != FC_CHAIN_NONE; i = (i + 1) & mask(r)) {
        if (((i - home(r, r->slots[i].hash)) & mask(r)) < ((i - hole) & mask(r))) continue;
        r->slots[hole] = r->slots[i];
        hole = i;
    }
    r->slots[hole].number = FC_CHAIN_NONE;
}

uint32_t fc_chain_records_find(struct fc_chain_records *r, struct fc_chain_key key) {
    fc_chain_records_enter(r);
    uint32_t slot = slot_of(r, &key);
    return slot == FC_CHAIN_NONE ? FC_CHAIN_NONE : r->slots[slot].number;
}

/* ---- visits ---------------------------------------------------------------------------------------------------- */

static struct fc_chain_visit *take_single(struct fc_chain_singles *s) {
    union fc_chain_single *x = s->free;
    if (x != NULL) {
        s->free = x->next_free;
        return &x->visit;
    }
    uint32_t n = s->used / SINGLES;
    if (s->used % SINGLES == 0) {
        if (n % BLOCKS_MORE == 0) s->blocks = realloc(s->blocks, (n + BLOCKS_MORE) * sizeof(union fc_chain_single *));
        FC_ASSERT(s->blocks != NULL);
        s->blocks[n] = fc_chain_large(FC_CHAIN_BLOCK_BYTES);
    }
    return &s->blocks[n][s->used++ % SINGLES].visit;
}

static void give_single(struct fc_chain_singles *s, struct fc_chain_visit *v) {
    union fc_chain_single *x = (union fc_chain_single *)v;
    x->next_free = s->free;
    s->free = x;
}

static void drop_more(struct fc_chain_records *r, struct fc_chain_record *rec) {
    if (is_single(rec)) give_single(&r->singles, rec->more);
    else free(rec->more);
    rec->more = NULL;
}

static void more_room(struct fc_chain_records *r, struct fc_chain_record *rec) {
    if (rec->more == NULL) {
        rec->more_bits = 0;
        rec->more = take_single(&r->singles);
        return;
    }
    uint8_t bits = (uint8_t)(rec->more_bits + 1);
    struct fc_chain_visit *more = realloc(bits == 1 ? NULL : rec->more, sizeof *more << bits);
    FC_ASSERT(more != NULL);
    if (bits == 1) {
        more[0] = rec->more[0];
        give_single(&r->singles, rec->more);
    }
    rec->more = more;
    rec->more_bits = bits;
}

void fc_chain_record_push(struct fc_chain_records *r, struct fc_chain_record *rec, const struct fc_chain_visit *v) {
    FC_ASSERT(rec->n < FC_CHAIN_VISITS_MAX);
    if (rec->n > 0 && (rec->more == NULL || rec->n - 1 == 1 << rec->more_bits)) more_room(r, rec);
    *fc_chain_record_visit(rec, rec->n) = *v;
    rec->n++;
}

void fc_chain_record_set(struct fc_chain_records *r, struct fc_chain_record *rec, const struct fc_chain_visit *v,
                         uint32_t n) {
    drop_more(r, rec);
    rec->n = 0;
    for (uint32_t i = 0; i < n; i++) fc_chain_record_push(r, rec, &v[i]);
}

/* ---- records --------------------------------------------------------------------------------------------------- */

static uint32_t fresh_number(struct fc_chain_records *r) {
    FC_ASSERT(r->used < FC_CHAIN_NONE - FC_CHAIN_BLOCK);
    if (r->used % FC_CHAIN_BLOCK == 0) {
        uint32_t n = r->used / FC_CHAIN_BLOCK;
        if (n % BLOCKS_MORE == 0) r->blocks = realloc(r->blocks, (n + BLOCKS_MORE) * sizeof(struct fc_chain_record *));
        FC_ASSERT(r->blocks != NULL);
        r->blocks[n] = fc_chain_large(FC_CHAIN_BLOCK_BYTES);
    }
    fc_chain_record_at(r, r->used)->flags = 0;
    return r->used++;
}

static void begin(struct fc_chain_records *r, uint32_t number, const struct fc_chain_key *key) {
    struct fc_chain_record *rec = fc_chain_record_at(r, number);
    uint8_t listed = rec->flags & FC_CHAIN_LISTED;
    *rec = (struct fc_chain_record){
        .key = *key, .due_us = INT64_MAX, .slot = FC_CHAIN_NONE, .flags = (uint8_t)(FC_CHAIN_LIVE | listed)};
    r->live++;
}

uint32_t fc_chain_records_append(struct fc_chain_records *r, struct fc_chain_key key) {
    uint32_t number = fresh_number(r);
    begin(r, number, &key);
    return number;
}

uint32_t fc_chain_records_add(struct fc_chain_records *r, struct fc_chain_key key) {
    fc_chain_records_enter(r);
    make_room(r, r->live + 1);
    uint32_t number = r->free;
    if (number != FC_CHAIN_NONE) r->free = (uint32_t)fc_chain_record_at(r, number)->due_us;
    else {
        number = fresh_number(r);
        r->entered = r->used;
    }
    begin(r, number, &key);
    enter(r, hash_of(&key), number);
    return number;
}

void fc_chain_records_remove(struct fc_chain_records *r, uint32_t number) {
    fc_chain_records_enter(r);
    struct fc_chain_record *rec = fc_chain_record_at(r, number);
    uint32_t slot = slot_of(r, &rec->key);
    FC_ASSERT(slot != FC_CHAIN_NONE && r->slots[slot].number == number);
    leave(r, slot);
    drop_more(r, rec);
    rec->n = 0;
    rec->flags &= FC_CHAIN_LISTED;
    rec->due_us = r->free;
    r->free = number;
    r->live--;
}

/* ---- two become one -------------------------------------------------------------------------------------------- */

/* Two lists of `n` and `more_n` blocks, the second behind the first, with room as fresh ones are given it. */
static void *join_blocks(void *blocks, uint32_t n, void *more, uint32_t more_n) {
    uint32_t room = (n + more_n + BLOCKS_MORE - 1) / BLOCKS_MORE * BLOCKS_MORE;
    void **all = realloc(blocks, room * sizeof *all);
    FC_ASSERT(all != NULL || room == 0);
    if (more_n > 0) memcpy(all + n, more, more_n * sizeof *all);
    free(more);
    return all;
}

static void absorb_singles(struct fc_chain_singles *s, struct fc_chain_singles *from) {
    uint32_t n = (s->used + SINGLES - 1) / SINGLES, more_n = (from->used + SINGLES - 1) / SINGLES;
    if (more_n == 0) return;
    for (; s->used < n * SINGLES; s->used++) give_single(s, &s->blocks[n - 1][s->used % SINGLES].visit);
    while (from->free != NULL) {
        union fc_chain_single *x = from->free;
        from->free = x->next_free;
        give_single(s, &x->visit);
    }
    s->blocks = join_blocks(s->blocks, n, from->blocks, more_n);
    s->used += from->used;
    *from = (struct fc_chain_singles){0};
}

uint32_t fc_chain_records_absorb(struct fc_chain_records *r, struct fc_chain_records *from) {
    FC_ASSERT(r->entered == 0 && from->entered == 0 && from->free == FC_CHAIN_NONE);
    uint32_t n = (r->used + FC_CHAIN_BLOCK - 1) / FC_CHAIN_BLOCK, more_n = (from->used + FC_CHAIN_BLOCK - 1) / FC_CHAIN_BLOCK;
    if (more_n == 0) return r->used;
    for (; r->used < n * FC_CHAIN_BLOCK; r->used++) { /* what is left of the last block */
        *fc_chain_record_at(r, r->used) = (struct fc_chain_record){.due_us = r->free, .slot = FC_CHAIN_NONE};
        r->free = r->used;
    }
    absorb_singles(&r->singles, &from->singles);
    r->blocks = join_blocks(r->blocks, n, from->blocks, more_n);
    r->used += from->used;
    r->live += from->live;
    from->blocks = NULL;
    from->used = 0;
    fc_chain_records_fini(from);
    return n * FC_CHAIN_BLOCK;
}
