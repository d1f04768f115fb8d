/* zone -- where a business day begins and ends: a wall-clock time in an IANA time zone, any number of zones a process.
 *
 * A day begins at the first instant at which the zone's clocks show its date and start time or anything later. So a
 * start that does not exist is the first instant after the jump, of a start that exists twice the first one counts, the
 * days on which clocks change have 23 or 25 hours (or whatever they change by), and a date that a zone leaves out
 * (Samoa, 2011-12-30) is no day. Never asks how long a day is, and leaves TZ and the process's own zone alone.
 * Changes of the clocks are known until 2037 (glib's tables); later years keep the offset of that year's end.
 */
#ifndef FC_ZONE_H
#define FC_ZONE_H

#include "status.h"

#include <stdint.h>

struct fc_zone; /* immutable */

/* fc_zone_open -- name: IANA ("Asia/Shanghai"), or NULL for the machine's own (TZ, else /etc/localtime, else UTC).
 * Errors: FC_CONFIG when the machine's zone data does not have it; *out is then unchanged. Reads a file, allocates.
 * Owns:   the caller closes it. Thread: any */
FC_MUST_USE enum fc_status fc_zone_open(const char *name, struct fc_zone **out, struct fc_error *err);
void fc_zone_close(struct fc_zone *zone); /* NULL is fine */

/* The name it was opened with; NULL: the machine's own. */
const char *fc_zone_name(const struct fc_zone *zone);

/* fc_zone_day -- the day that holds `at_us`: [*start_us, *end_us), beginning at `start_minute` past midnight.
 * Shape:  start_minute 0..1439; instants in microseconds UTC, any sign
 * Thread: any, several at once; no lock, no allocation
 * Law:    *start_us <= at_us < *end_us; the day of *end_us starts there, the day of *start_us - 1 ends there */
void fc_zone_day(const struct fc_zone *zone, int64_t at_us, int start_minute, int64_t *start_us, int64_t *end_us);

/* fc_zone_weekday -- which day of the week the zone's clocks show: 0 Monday to 6 Sunday. Thread: any */
int fc_zone_weekday(const struct fc_zone *zone, int64_t at_us);

#endif
