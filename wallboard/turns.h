/* turns -- work for single clients, done in small slices: whoever asks for much waits, whoever shares a frame does not.
 *
 * A request or a subscription is done at once while the slice has time left; else it stands in line, first come, first served,
 * and the line is gone through every FC_TURNS_EVERY_MS. A thousand displays that come back at once wait a few of these.
 * Thread: service, alone. Nothing here allocates or blocks.
 */
#ifndef FC_TURNS_H
#define FC_TURNS_H

#include "address.h"

#define FC_TURNS_EVERY_MS 10
#define FC_TURNS_MS_PER_S 250 /* of each second for such work, all addresses together */
#define FC_TURNS_MS_AT_ONCE 3

/* Who waits. Embedded; all zeroes: not in line. */
struct fc_turn {
    struct fc_turn *next, **link;
    void (*run)(struct fc_turn *turn); /* called once, out of the line already */
};

struct fc_turns {
    struct fc_turn *first, **last;
    struct fc_budget slice;
};

void fc_turns_init(struct fc_turns *turns);

/* fc_turns_take -- runs it now, or puts it in line. Who stands in line already keeps the place. */
void fc_turns_take(struct fc_turns *turns, struct fc_turn *turn, void (*run)(struct fc_turn *turn));

/* fc_turns_work -- goes through the line as long as there is time. True: somebody still waits. */
bool fc_turns_work(struct fc_turns *turns);

/* fc_turn_leave -- steps out of the line; fine when it is not in it. */
void fc_turn_leave(struct fc_turns *turns, struct fc_turn *turn);

#endif
