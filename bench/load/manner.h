/* manner -- how the clients of a flock behave, one row each. To add one: a row in manner.c.
 *
 * The swarm connects, sends a whole upgrade where `upgrades` says so, reads where `reads` says so, and calls `act` when the
 * connection stands (or the websocket, with `upgrades`) and then every `every_us`.
 */
#ifndef FC_MANNER_H
#define FC_MANNER_H

#include "str.h"

#include <stdint.h>

struct fc_client_of; /* the swarm's; opaque here */

enum fc_reads { FC_READS_ALL, FC_READS_A_BYTE_A_SECOND, FC_READS_NOTHING };

struct fc_manner {
    const char *name, *help;
    bool upgrades;
    enum fc_reads reads;
    int64_t every_us; /* 0: once */
    void (*act)(struct fc_client_of *client);
};

extern const struct fc_manner fc_manners[];
extern const uint32_t fc_manners_count;

/* fc_manner_find -- by name; NULL: none of that name. "reader" is the well-behaved one. */
const struct fc_manner *fc_manner_find(struct fc_str name);

/* What a manner may do to its client: swarm.c. */
void fc_client_send(struct fc_client_of *client, const void *bytes, size_t n); /* kept until the socket takes it */
bool fc_client_has_unsent(const struct fc_client_of *client);
void fc_client_frame(struct fc_client_of *client, uint8_t first, uint64_t told, const void *bytes, size_t n); /* masked with 0 */
void fc_client_hang_up(struct fc_client_of *client);
uint64_t fc_client_random(struct fc_client_of *client);
uint32_t *fc_client_step(struct fc_client_of *client); /* 0 with each new connection, the manner's own */

#endif
