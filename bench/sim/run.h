/* run -- lets a floor run against a clock and its events out: to a collector, or as lines.
 *
 * One thread, one loop: step the floor up to the time that it should be, send what that gave (every FC_RUN_TICK_MS),
 * wait for answers until the next tick. When the window of unconfirmed messages is full the floor stands still; its
 * events keep the times they would have had, so a slow collector delays the floor and never changes it.
 */
#ifndef FC_RUN_H
#define FC_RUN_H

#include "settings.h"

#include <signal.h>

#define FC_RUN_TICK_MS 50
#define FC_RUN_DRAIN_MS 10000 /* at the end, for the last confirmations */

/* fc_run -- until the plan's end or *stop. Logs what was sent when it ends.
 * Errors: FC_CONFIG the endpoint is wrong; FC_IO lines cannot be written, events were refused or stay unconfirmed */
FC_MUST_USE enum fc_status fc_run(const struct fc_settings *settings, const volatile sig_atomic_t *stop, struct fc_error *err);

#endif
