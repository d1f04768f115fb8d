/* zone -- where the business day begins and ends: a wall-clock time in an IANA time zone.
 *
 * The next start is found by the zone's own rules, never by adding 24 hours, so the days on which clocks change have 23
 * or 25 hours and a start that does not exist is the first instant after the jump. One zone a process (it becomes TZ).
 */
#ifndef FC_ZONE_H
#define FC_ZONE_H

#include "status.h"

#include <stdint.h>

/* fc_zone_set -- name: IANA ("Asia/Shanghai") or NULL for the machine's own. Before any thread is started.
 * Errors: FC_CONFIG when the machine's zone data does not have it. */
FC_MUST_USE enum fc_status fc_zone_set(const char *name, struct fc_error *err);

/* The day that holds `at_us`: [*start_us, *end_us), beginning at `start_minute` past local midnight (0..1439). Thread: any */
struct fc_zone;
void fc_zone_day(struct fc_zone *zone, int64_t at_us, int start_minute, int64_t *start_us, int64_t *end_us);

#endif
