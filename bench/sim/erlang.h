/* erlang -- the three classical models of a group of n agents with Poisson arrivals and exponential handle times.
 *
 * They say in closed form what the simulated floor must show in the long run, and so check it. Every value comes from
 * a recurrence over ratios near one, never from factorials, so thousands of agents neither overflow nor lose digits.
 * Refuses to plan: there is no "how many agents do I need" here.
 *
 * Notation: lambda arrivals and 1/mu mean handle time in one time unit, a = lambda / mu offered load in erlangs,
 * n agents, theta = 1 / mean patience. A ratio with an empty denominator is NAN.
 */
#ifndef FC_ERLANG_H
#define FC_ERLANG_H

/* fc_erlang_b -- share of arrivals lost when nobody can wait (M/M/n/n).
 * Units:   n >= 0; a >= 0 erlangs
 * Formula: B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)).   Source: A. K. Erlang 1917
 * Law:     0 <= B <= 1, falls in n, rises in a.  Thread: any, O(n) */
double fc_erlang_b(unsigned n, double a);

/* fc_erlang_c -- share of arrivals that must wait when nobody gives up (M/M/n).
 * Formula: C = B / (1 - (a/n)(1 - B)); 1 where a >= n (the queue grows without end).   Source: A. K. Erlang 1917
 * Law:     B <= C <= 1.  Thread: any, O(n) */
double fc_erlang_c(unsigned n, double a);

struct fc_group {
    double calls, interval; /* lambda = calls / interval */
    double handle;          /* mean handle time, > 0 */
    double patience;        /* mean patience, > 0; INFINITY: nobody gives up (Erlang A only reads it) */
    unsigned agents;        /* n > 0 */
    double target;          /* T >= 0 of the service level */
};                          /* all times in one unit of the caller's choice */

struct fc_erlang_c {
    double a;             /* erlangs */
    double p_wait;        /* share that waits */
    double immediate;     /* 1 - p_wait */
    double asa;           /* mean wait of all; INFINITY where a >= n */
    double service_level; /* share answered within T */
    double occupancy;     /* a / n, at most 1 */
};

/* fc_erlang_c_group -- Formula: asa = C handle / (n - a); service level = 1 - C exp(-(n - a) T / handle).
 * Source: Gans, Koole, Mandelbaum 2003, "Telephone call centers", section 4.1.  Thread: any */
struct fc_erlang_c fc_erlang_c_group(const struct fc_group *group);

struct fc_erlang_a {
    double p_wait;                        /* share of arrivals that do not get an agent at once */
    double p_abandon;                     /* share that gives up */
    double mean_wait_all;                 /* of answered and abandoned together */
    double mean_wait_answered;            /* of answered alone */
    double occupancy;                     /* lambda (1 - p_abandon) handle / n */
    double service_level_of_offered;      /* answered within T / offered */
    double service_level_of_answered;     /* answered within T / answered */
    double service_level_less_short;      /* answered within T / (answered + abandoned after T) */
    double abandoned_within;              /* abandoned within T / offered */
};

/* fc_erlang_a_group -- exponential patience (M/M/n+M).
 * Formula: states beyond n die at n mu + j theta; with tail = sum over j of prod lambda / (n mu + i theta),
 *          p_wait = tail B / (1 - B + tail B); p_abandon = theta E[queue] / lambda; mean wait = E[queue] / lambda.
 *          The wait offered to who waits has the density pi_n n mu exp(-n mu v + (lambda/theta)(1 - exp(-theta v)));
 *          service levels integrate it (Gauss-Legendre, relative error below 1e-9).
 * Source:  C. Palm 1957; Mandelbaum, Zeltyn 2007 "Service engineering in action: the Palm/Erlang-A queue";
 *          Gans, Koole, Mandelbaum 2003, section 4.2
 * Law:     patience INFINITY and a < n gives fc_erlang_c_group; patience towards 0 gives p_abandon = B.
 * Limits:  patience of at most a million mean handle times. Thread: any */
struct fc_erlang_a fc_erlang_a_group(const struct fc_group *group);

#endif
