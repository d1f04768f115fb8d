#include "handover.h"

/* op u8, key length u16, value length u32 (little endian, as is: blocks never leave the process), key, value. */
#define HEAD 7u

bool fc_record_append(struct fc_record_block *block, enum fc_record_op op, struct fc_str key, struct fc_str value) {
    FC_ASSERT(key.n > 0 && key.n <= FC_RECORD_KEY_MAX);
    uint64_t need = (uint64_t)HEAD + key.n + value.n;
    if (need > FC_RECORD_BLOCK_BYTES - block->used) return false;
    uint8_t *p = block->bytes + block->used;
    uint16_t kn = (uint16_t)key.n;
    p[0] = (uint8_t)op;
    memcpy(p + 1, &kn, sizeof kn);
    memcpy(p + 3, &value.n, sizeof value.n);
    memcpy(p + HEAD, key.p, key.n);
    if (value.n > 0) memcpy(p + HEAD + key.n, value.p, value.n);
    block->used += (uint32_t)need;
    return true;
}

bool fc_record_next(const struct fc_record_block *block, uint32_t *at, struct fc_record *out) {
    if (*at >= block->used) return false;
    const uint8_t *p = block->bytes + *at;
    uint16_t kn;
    uint32_t vn;
    memcpy(&kn, p + 1, sizeof kn);
    memcpy(&vn, p + 3, sizeof vn);
    out->op = (enum fc_record_op)p[0];
    out->key = fc_str_n((const char *)p + HEAD, kn);
    out->value = fc_str_n((const char *)p + HEAD + kn, vn);
    *at += HEAD + kn + vn;
    return true;
}
