/* clock -- two kinds of time that must not be mixed, hence two types.
 *
 * Wall time says when something happened (microseconds since the Unix epoch, UTC; may step). Monotonic time says how
 * long something takes (nanoseconds since boot; never steps). There is no conversion between them.
 */
#ifndef FC_CLOCK_H
#define FC_CLOCK_H

#include <stdint.h>

struct fc_wall {
    int64_t us;
};

struct fc_mono {
    int64_t ns;
};

/* Both: thread any, no allocation, no error. */
struct fc_wall fc_wall_now(void);
struct fc_mono fc_mono_now(void);

static inline int64_t fc_mono_ms_since(struct fc_mono then, struct fc_mono now) {
    return (now.ns - then.ns) / 1000000;
}

static inline uint64_t fc_mono_us_since(struct fc_mono then, struct fc_mono now) {
    return now.ns > then.ns ? (uint64_t)(now.ns - then.ns) / 1000 : 0;
}

#define FC_STALL_US 100000 /* a thread's turn that takes longer has kept somebody waiting, and is counted */

#define FC_SECOND_US INT64_C(1000000)
#define FC_MINUTE_US (60 * FC_SECOND_US)

#endif
