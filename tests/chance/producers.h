/* producers -- those who tell the collectors what happens on the floor, and do what the README asks of them: number what
 * they say, keep it until it is acknowledged, and say it again when no reply comes.
 */
#ifndef CHANCE_PRODUCERS_H
#define CHANCE_PRODUCERS_H

#include "world.h"

#include "event.h"

#include <stddef.h>

#define PRODUCERS_MAX 3

/* producers_begin -- deals the floor's events out to `n` of them, each of which speaks to one of `collectors`. */
void producers_begin(const struct fc_event *events, const int64_t *arrives_us, size_t count, int n, int collectors);
void producers_end(void);

void producers_turn(void);
bool producers_done(void); /* all is acknowledged */
bool producers_idle(void); /* what has happened so far is acknowledged */
int64_t producers_next_us(void); /* when something more happens; INT64_MAX: never */

struct producers_counts {
    uint64_t acknowledged, refused, silent; /* events; messages refused, messages without a reply */
};
struct producers_counts producers_counts(void);

#endif
