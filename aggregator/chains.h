#ifndef CH
#define CH
#include "place.h"
struct fc_chain_key { uint8_t b[16]; };
struct fc_visit { uint64_t contact, root; int64_t offered_us, answered_us, over_us; struct fc_place place; uint8_t disposed, told; };
struct fc_chains;
struct fc_resolver;
uint64_t fc_chain_hash(struct fc_str s);
struct fc_chain_key fc_chain_key_of(struct fc_str scope, struct fc_str customer);
struct fc_chains *fc_chains_create(struct fc_fact_sink sink);
void fc_chains_destroy(struct fc_chains *c);
void fc_chains_configure(struct fc_chains *c, int64_t w, int64_t l);
void fc_chains_put(struct fc_chains *c, const struct fc_chain_key *k, const struct fc_visit *v);
void fc_chains_advance(struct fc_chains *c, int64_t now);
bool fc_chains_dirty(const struct fc_chains *c);
void fc_chains_save(struct fc_chains *c, void (*put)(void *, struct fc_str, struct fc_str), void (*gone)(void *, struct fc_str), void *ctx);
enum fc_status fc_chains_load(struct fc_chains *c, struct fc_str key, struct fc_str v, const struct fc_resolver *r, struct fc_error *err);
#endif
