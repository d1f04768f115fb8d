/* door -- the listening socket: who comes in, and what those are told who do not.
 *
 * The service accepts by itself instead of leaving that to libwebsockets, which lets connections hang when its descriptors
 * are used up, spins when the process's are, and takes everything that waits before it serves anybody. Here a few are taken
 * each turn, each is held against the limits, and who is refused gets "503" and the limit in plain HTTP before it is closed.
 * One descriptor is kept in reserve so that this works even when the process has no other left.
 * Refuses to read what comes in: that is libwebsockets' part (http.c).
 * Thread: service, alone. Never blocks.
 */
#ifndef FC_DOOR_H
#define FC_DOOR_H

#include "address.h"
#include "counters.h"
#include "settings.h"

struct fc_door {
    int fd, reserve;
    int port; /* as bound */
    struct fc_addresses addresses;
    const struct fc_settings *settings;
    struct fc_counters *counters;
    struct fc_budget pace;
    struct fc_mono logged;
    uint64_t unlogged;
};

/* fc_door_open -- binds and listens. Errors: FC_CONFIG a trusted address is none; FC_IO it cannot be bound, with the reason. */
FC_MUST_USE enum fc_status fc_door_open(struct fc_door *door, const struct fc_settings *settings, struct fc_counters *counters,
                                        struct fc_error *err);
void fc_door_close(struct fc_door *door);

/* fc_door_accept -- the next connection that may come in, as a non-blocking socket that is the caller's; refuses others on
 * the way. -1: nobody waits, or *turns is used up (each one looked at costs one). `address`: whose it is, not counted yet. */
int fc_door_accept(struct fc_door *door, uint32_t *turns, struct fc_address **address, struct fc_mono now);

/* fc_door_open_now -- false: so many came in lately that the rest has to wait a little, outside. */
bool fc_door_open_now(struct fc_door *door, struct fc_mono now);

/* fc_door_complain -- one line in the log, at most one a second, with the number of those left out. */
void fc_door_complain(struct fc_door *door, const struct fc_address *address, const char *what, struct fc_mono now);

/* fc_door_may_work -- whether this address still has time of the service left; fc_door_worked -- what it took. What is done
 * for all alike is not counted. `address` may be NULL: not limited. */
bool fc_door_may_work(struct fc_door *door, struct fc_address *address, struct fc_mono now);
void fc_door_worked(struct fc_address *address, struct fc_mono since, struct fc_mono now);

#endif
