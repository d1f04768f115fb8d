/* address -- what each address has open and has cost lately, so that one of them cannot take the others' share.
 *
 * An IPv4 address is one, of IPv6 the first 64 bits, because a site has all the rest. An address is remembered while it has
 * a connection or a debt; at most FC_ADDRESSES_MAX are told apart, all further ones share one row. Trusted addresses
 * (reverse proxies) have a row, and no limit applies to it.
 * A budget is a bucket: filled at a rate up to a burst, emptied by what is taken; it may go below zero once, by what could
 * not be known before, and then nothing is given until it is above again.
 * Thread: service, alone. Allocates, never blocks.
 */
#ifndef FC_ADDRESS_H
#define FC_ADDRESS_H

#include "clock.h"
#include "status.h"

#include <stdbool.h>
#include <sys/socket.h>

#define FC_ADDRESSES_MAX 65536
#define FC_ADDRESS_SLOTS 4096
#define FC_ADDRESSES_TRUSTED_MAX 64
#define FC_ADDRESS_IDLE_S 60 /* a row without connections is forgotten: by then all budgets are full again */

struct fc_budget {
    double spent; /* below the full burst; the bucket is empty when it reaches the burst */
    struct fc_mono at;
};

struct fc_address_key {
    uint8_t bytes[16];
};

struct fc_address {
    struct fc_address *next; /* of the same slot */
    struct fc_address_key key;
    uint32_t connections;
    bool trusted;
    struct fc_budget connects, work;
    struct fc_mono seen;
};

struct fc_addresses {
    struct fc_address *slots[FC_ADDRESS_SLOTS];
    struct fc_address others; /* all for which there is no room */
    struct fc_address_key trusted[FC_ADDRESSES_TRUSTED_MAX];
    uint32_t count, trusted_count, sweep;
};

/* fc_budget_has -- whether anything is left now. fc_budget_spend -- takes `cost`, whatever is left.
 * Shape: per_s > 0, burst > 0, in the unit of cost. */
bool fc_budget_has(struct fc_budget *budget, double per_s, double burst, struct fc_mono now);
void fc_budget_spend(struct fc_budget *budget, double cost);

/* fc_address_key_of -- false: neither IPv4 nor IPv6 (a unix socket: then all zeroes). */
bool fc_address_key_of(const struct sockaddr *at, struct fc_address_key *key);

/* fc_address_key_read -- "10.0.0.1" or "2001:db8::1" as text. False when it is neither. */
bool fc_address_key_read(const char *text, struct fc_address_key *key);

/* fc_addresses_of -- the row of an address, made when new. Valid while it has connections, else until the next call. */
struct fc_address *fc_addresses_of(struct fc_addresses *all, const struct fc_address_key *key, struct fc_mono now);

/* fc_addresses_sweep -- forgets what has been idle, some slots each time. */
void fc_addresses_sweep(struct fc_addresses *all, struct fc_mono now);

void fc_addresses_fini(struct fc_addresses *all);

#endif
