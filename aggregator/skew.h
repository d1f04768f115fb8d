/* skew -- how far a source's clock is off, judged from when its events came and when they say that they happened.
 *
 * An event comes some time after it happened, so the smallest lag of late is the truest: the rest is the way. A lag below
 * zero can only be a clock that is ahead, whatever the event is about. A clock that is behind looks like a long way, and
 * like something that was told late on purpose (a survey entered in the evening): so only what is told as it happens counts
 * there, and only once it has come late for as long as a window. A backlog that lasts as long as that looks the same, and is no
 * smaller trouble: the numbers are that much behind.
 * Pure; refuses to know what an event is.
 */
#ifndef FC_SKEW_H
#define FC_SKEW_H

#include "clock.h"

#include <stdbool.h>

#define FC_SKEW_WINDOW_MS 30000 /* the estimate follows a clock that was mended within two of them */
#define FC_SKEW_FEW 3           /* lags that the window before must hold to say "behind" */

struct fc_skew_window {
    uint32_t n, live_n;
    int64_t lag_us, live_lag_us; /* the smallest; where n, live_n > 0 */
    struct fc_mono live_first;
};

/* All zeroes: nothing known. */
struct fc_skew {
    struct fc_skew_window now, before;
    struct fc_mono began; /* of the window `now` */
    struct fc_mono live_last;
};

/* fc_skew_add -- an event that came lag_us after its own time; live: one that is told as it happens. */
void fc_skew_add(struct fc_skew *skew, int64_t lag_us, bool live, struct fc_mono now);

/* fc_skew_us -- above 0: its clock is ahead, below: behind. False: nothing can be said.
 * Law: with a constant delay d and a clock off by s, ahead by s - d when that is above 0, behind by d - s after two windows
 * (tests/unit/aggregator/skew.c) */
bool fc_skew_us(const struct fc_skew *skew, int64_t *us);

#endif
