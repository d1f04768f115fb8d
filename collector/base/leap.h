/* leap -- notices that the wall clock was set: it has gone another way than the monotonic one.
 *
 * Called often, it sees a step within that time. A clock that is slewed, as time daemons do, does not leap.
 */
#ifndef FC_LEAP_H
#define FC_LEAP_H

#include "clock.h"

#define FC_LEAP_US (2 * FC_SECOND_US) /* smaller steps are told nobody */

/* All zeroes: not looked yet. */
struct fc_leap {
    struct fc_wall wall;
    struct fc_mono mono;
};

/* fc_leap_us -- by how much the wall clock has leapt since the last call (below 0: set back); 0: less than FC_LEAP_US. */
int64_t fc_leap_us(struct fc_leap *leap, struct fc_wall wall, struct fc_mono mono);

#endif
