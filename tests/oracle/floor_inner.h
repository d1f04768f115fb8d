/* floor_inner -- what a floor is made with: floor.c (rules, agents, arrival), floor_contact.c and floor_after.c (what happens). */
#ifndef FC_TEST_ORACLE_FLOOR_INNER_H
#define FC_TEST_ORACLE_FLOOR_INNER_H

#include "floor.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define NOBODY (-1)

#define TERMS_MAX 2 /* how often an agent joins one queue */

struct floor_name {
    char z[16];
};

struct floor_make {
    struct fc_floor *f;
    const struct fc_floor_spec *spec;
    uint64_t chance;
    int serial;
    struct arriving {
        struct fc_event ev;
        int64_t arrives_us;
        int serial;
    } *events;
    size_t n, cap;
    struct floor_name *names;
    size_t names_n, names_cap;
    int customers, contacts_n, roots_n;
    struct term {
        int64_t from_us, to_us;
    } serves[FC_FLOOR_AGENTS_MAX][FC_FLOOR_QUEUES_MAX][TERMS_MAX];
};

static inline int64_t floor_between(struct floor_make *m, int64_t lo, int64_t hi) { return fc_floor_between(&m->chance, lo, hi); }
static inline bool floor_pct(struct floor_make *m, int pct) { return floor_between(m, 0, 99) < pct; }

/* The same moment to the millisecond, below it a number that no neighbour has. */
int64_t floor_stamp(struct floor_make *m, int64_t at_us);
struct fc_str floor_named(struct floor_make *m, char kind, int number);
void floor_tell(struct floor_make *m, struct fc_event ev);
int floor_agent_at(struct floor_make *m, int queue, int64_t at_us); /* somebody who serves it then, or NOBODY */

void floor_contact(struct floor_make *m);

/* What is said of a contact that is over; agent NOBODY when nobody took it. */
void floor_after_contact(struct floor_make *m, struct fc_str contact, struct fc_str customer, int queue, int agent, int64_t over_us);
void floor_cases(struct floor_make *m);
void floor_loose_surveys(struct floor_make *m);

#endif
