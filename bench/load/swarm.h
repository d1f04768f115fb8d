/* swarm -- thousands of websocket clients in one thread over epoll, well-behaved ones and ones that are not.
 *
 * Clients come in flocks: all of one flock behave alike (manner.h), come from one address and subscribe to the same. Those
 * that are thrown out come again, because that is what a hostile client and a display do. Made for measuring: what a client
 * reads is parsed no further than its frames, and handed on with the moment of reading.
 * Refuses TLS, compression and messages above FC_SWARM_MESSAGE_MAX.
 * Thread: one, all of it. Nothing blocks but fc_swarm_turn, as long as it is told.
 */
#ifndef FC_SWARM_H
#define FC_SWARM_H

#include "clock.h"
#include "status.h"
#include "str.h"

#include <netinet/in.h>
#include <stdbool.h>

#define FC_SWARM_MESSAGE_MAX (4u << 20)
#define FC_SWARM_CLIENTS_MAX 200000

struct fc_swarm;
struct fc_flock;
struct fc_manner;

/* What became of a flock's attempts. */
struct fc_flock_counts {
    uint64_t dialled, opened; /* connections tried; that became a websocket */
    uint64_t refused_503;     /* answered so, at the door or at the upgrade */
    uint64_t refused_other;   /* answered with something else than 101 */
    uint64_t failed;          /* not even connected */
    uint64_t ended;           /* open websockets and others closed by the server */
    uint64_t policy, large;   /* of those: with close code 1008; 1009 */
    uint64_t messages, bytes; /* read */
    uint32_t open;            /* websockets now */
};

struct fc_flock_options {
    const struct fc_manner *manner;
    uint32_t clients;
    struct in_addr from;    /* source address; 0: the system chooses */
    struct fc_str subscribe; /* the message sent after the upgrade; n 0: none. Copied */
    bool msgpack;
    double connects_per_s; /* 0: all at once */
    int64_t again_ms;      /* until one that was closed comes again; -1: never */
    /* A whole text or binary message of a client; NULL: they are only counted. */
    void (*message)(void *ctx, uint32_t client, const uint8_t *bytes, size_t n, struct fc_wall read_at);
    void *ctx;
};

/* fc_swarm_create -- clients of the server at address and port (network order).
 * Errors: FC_IO no epoll. */
FC_MUST_USE enum fc_status fc_swarm_create(const struct sockaddr_in *server, uint64_t seed, struct fc_swarm **out, struct fc_error *err);
void fc_swarm_destroy(struct fc_swarm *swarm); /* all flocks with it */

/* fc_swarm_add -- a flock that begins to connect with the next turn. */
struct fc_flock *fc_swarm_add(struct fc_swarm *swarm, const struct fc_flock_options *options);

/* fc_swarm_remove -- closes all of a flock at once (without goodbye) and frees it. */
void fc_swarm_remove(struct fc_swarm *swarm, struct fc_flock *flock);

/* fc_swarm_turn -- does what is due and waits at most `wait_ms` for something to come. */
void fc_swarm_turn(struct fc_swarm *swarm, int wait_ms);

const struct fc_flock_counts *fc_flock_counts(const struct fc_flock *flock);

#endif
