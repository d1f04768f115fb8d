/* floor -- some hours of a contact centre drawn from one seed: what the oracle and the engine are both told.
 *
 * Contacts of known and unknown customers, transferred or not, alerted, missed, held, wrapped, left for every reason, lost, never
 * ended; agents who serve several queues, come and go; surveys, dispositions that change, complaints in any order. Events arrive
 * late and twice, but never later than what the late window forgives. Everything told of one contact or one agent has a time of
 * its own. This floor refuses to be realistic: rare things are common here.
 */
#ifndef FC_TEST_ORACLE_FLOOR_H
#define FC_TEST_ORACLE_FLOOR_H

#include "oracle.h"

#define FC_FLOOR_QUEUES_MAX 4
#define FC_FLOOR_GROUPS_MAX 3
#define FC_FLOOR_AGENTS_MAX 16

struct fc_floor_spec {
    int contacts;        /* > 0; transfers come on top */
    int64_t span_us;     /* within which they are offered */
    int late_pct;        /* of events: arrive late */
    int64_t late_us_max; /* by this at most */
    int again_pct;       /* of events: arrive a second time */
    int odd_pct;         /* of contacts: two offers, two exits or two ends are told of them */
};

struct fc_floor {
    uint64_t seed;
    struct fc_oracle_rules rules;
    struct fc_event *events; /* in order of arrival */
    int64_t *arrives_us;     /* rising; never before the event's own time */
    size_t n;
    const char *queues[2 * FC_FLOOR_QUEUES_MAX], *agents[2 * FC_FLOOR_AGENTS_MAX]; /* a test may put two floors beside each other */
    int queues_n, agents_n;
    int64_t start_us, end_us; /* end: the last arrival */
    bool odd;                 /* some of it contradicts itself: what was once believed may have to be taken back */
    void *memory[6];          /* what the above points into; owned */
};

/* fc_floor_make -- the same seed and spec give the same floor, byte for byte. Allocates; ends with fc_floor_fini. */
void fc_floor_make(struct fc_floor *f, uint64_t seed, const struct fc_floor_spec *spec);
void fc_floor_fini(struct fc_floor *f);

/* fc_floor_print -- the first n arrivals on stdout, one a line, times in seconds from the floor's start: to look into what differs. */
void fc_floor_print(const struct fc_floor *f, size_t n);

/* The floor's only source of chance, for tests that want to choose as well. */
uint64_t fc_floor_draw(uint64_t *state);
int64_t fc_floor_between(uint64_t *state, int64_t lo, int64_t hi); /* lo..hi */

#endif
