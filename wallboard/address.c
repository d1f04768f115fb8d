#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define SWEEP_SLOTS 64

bool fc_budget_has(struct fc_budget *budget, double per_s, double burst, struct fc_mono now) {
    double regained = (double)(now.ns - budget->at.ns) * per_s / 1e9;
    budget->spent = budget->spent > regained ? budget->spent - regained : 0;
    budget->at = now;
    return budget->spent < burst;
}

void fc_budget_spend(struct fc_budget *budget, double cost) { budget->spent += cost; }

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void from_v4(struct fc_address_key *key, const struct in_addr *v4) {
    memcpy(key->bytes, mapped, sizeof mapped);
    memcpy(key->bytes + sizeof mapped, v4, sizeof *v4);
}

static void from_v6(struct fc_address_key *key, const struct in6_addr *v6) {
    bool is_v4 = memcmp(v6, mapped, sizeof mapped) == 0, loopback = IN6_IS_ADDR_LOOPBACK(v6);
    memcpy(key->bytes, v6, is_v4 || loopback ? 16 : 8);
}

bool fc_address_key_of(const struct sockaddr *at, struct fc_address_key *key) {
    *key = (struct fc_address_key){0};
    if (at->sa_family == AF_INET) from_v4(key, &((const struct sockaddr_in *)(const void *)at)->sin_addr);
    else if (at->sa_family == AF_INET6) from_v6(key, &((const struct sockaddr_in6 *)(const void *)at)->sin6_addr);
    else return false;
    return true;
}

bool fc_address_key_read(const char *text, struct fc_address_key *key) {
    struct in_addr v4;
    struct in6_addr v6;
    *key = (struct fc_address_key){0};
    if (inet_pton(AF_INET, text, &v4) == 1) from_v4(key, &v4);
    else if (inet_pton(AF_INET6, text, &v6) == 1) from_v6(key, &v6);
    else return false;
    return true;
}

static bool same(const struct fc_address_key *a, const struct fc_address_key *b) { return memcmp(a, b, sizeof *a) == 0; }

static uint32_t slot_of(const struct fc_address_key *key) {
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < sizeof key->bytes; i++) h = (h ^ key->bytes[i]) * 16777619u;
    return (h ^ h >> 16) % FC_ADDRESS_SLOTS;
}

static bool is_trusted(const struct fc_addresses *all, const struct fc_address_key *key) {
    for (uint32_t i = 0; i < all->trusted_count; i++)
        if (same(&all->trusted[i], key)) return true;
    return false;
}

struct fc_address *fc_addresses_of(struct fc_addresses *all, const struct fc_address_key *key, struct fc_mono now) {
    struct fc_address **slot = &all->slots[slot_of(key)], *a = *slot;
    while (a != NULL && !same(&a->key, key)) a = a->next;
    if (a == NULL && all->count == FC_ADDRESSES_MAX) a = &all->others;
    if (a == NULL) {
        a = calloc(1, sizeof *a);
        FC_ASSERT(a != NULL);
        *a = (struct fc_address){.next = *slot, .key = *key, .trusted = is_trusted(all, key)};
        *slot = a;
        all->count++;
    }
    a->seen = now;
    return a;
}

static void sweep_slot(struct fc_addresses *all, struct fc_address **at, struct fc_mono now) {
    while (*at != NULL) {
        struct fc_address *a = *at;
        bool idle = a->connections == 0 && fc_mono_ms_since(a->seen, now) > FC_ADDRESS_IDLE_S * 1000;
        if (!idle) {
            at = &a->next;
            continue;
        }
        *at = a->next;
        free(a);
        all->count--;
    }
}

void fc_addresses_sweep(struct fc_addresses *all, struct fc_mono now) {
    for (int i = 0; i < SWEEP_SLOTS; i++) sweep_slot(all, &all->slots[all->sweep++ % FC_ADDRESS_SLOTS], now);
}

void fc_addresses_fini(struct fc_addresses *all) {
    for (uint32_t i = 0; i < FC_ADDRESS_SLOTS; i++) {
        for (struct fc_address *a = all->slots[i], *next; a != NULL; a = next) {
            next = a->next;
            free(a);
        }
        all->slots[i] = NULL;
    }
    all->count = 0;
}
