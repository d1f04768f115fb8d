#include "erlang.h"

#include "status.h"

#include <math.h>
#include <stdbool.h>

double fc_erlang_b(unsigned n, double a) {
    double b = 1;
    for (unsigned k = 1; k <= n; k++) b = a * b / (k + a * b);
    return b;
}

double fc_erlang_c(unsigned n, double a) {
    if (a >= n) return 1;
    double b = fc_erlang_b(n, a);
    return b / (1 - a / n * (1 - b));
}

struct fc_erlang_c fc_erlang_c_group(const struct fc_group *g) {
    FC_ASSERT(g->agents > 0 && g->handle > 0 && g->interval > 0 && g->calls >= 0 && g->target >= 0);
    double a = g->calls / g->interval * g->handle, spare = g->agents - a;
    double c = fc_erlang_c(g->agents, a);
    bool stable = spare > 0;
    return (struct fc_erlang_c){
        .a = a,
        .p_wait = c,
        .immediate = 1 - c,
        .asa = stable ? c * g->handle / spare : INFINITY,
        .service_level = stable ? 1 - c * exp(-spare * g->target / g->handle) : 0,
        .occupancy = stable ? a / g->agents : 1,
    };
}

/* ---- Erlang A -------------------------------------------------------------------------------------------------- */

struct palm {
    double lambda, n_mu, theta;
    double log_pi_n;      /* of the probability of exactly n in the system, which may be below 1e-308 */
    double p_wait, queue; /* P(n or more), mean number waiting */
};

/* Sums the states beyond n relative to pi_n = 1. They may rise by hundreds of orders of magnitude before they fall
 * (overload, patient callers): then all that is summed so far is scaled down together. */
static void sum_tail(struct palm *p, double below) {
    double term = 1, tail = 0, queue = 0, log_n = 0;
    for (double j = 0;; j++) {
        tail += term;
        queue += j * term;
        double ratio = p->lambda / (p->n_mu + (j + 1) * p->theta);
        term *= ratio;
        if (ratio < 1 && (j + 1) * term < 1e-18 * (1 - ratio) * queue) break;
        if (ratio < 1 && term == 0) break;
        if (term < 1e200) continue;
        term *= 1e-200, tail *= 1e-200, queue *= 1e-200, below *= 1e-200;
        log_n -= 200 * M_LN10;
    }
    double all = below + tail;
    p->log_pi_n = log_n - log(all);
    p->p_wait = tail / all;
    p->queue = queue / all;
}

static void solve(struct palm *p, const struct fc_group *g) {
    p->lambda = g->calls / g->interval;
    p->n_mu = g->agents / g->handle;
    p->theta = 1 / g->patience;
    double b = fc_erlang_b(g->agents, p->lambda * g->handle);
    if (b == 0) {
        p->log_pi_n = -INFINITY; /* below 1e-308: nobody ever waits */
        p->p_wait = p->queue = 0;
        return;
    }
    sum_tail(p, 1 / b - 1);
}

/* Density at v of the wait offered to an arrival (not conditional on waiting). */
static double density(const struct palm *p, double v) {
    return p->n_mu * exp(p->log_pi_n - p->n_mu * v - p->lambda / p->theta * expm1(-p->theta * v));
}

enum weight { DENSITY, ANSWERED, ANSWERED_WAIT };

static double integrand(const struct palm *p, enum weight weight, double v) {
    double f = density(p, v);
    if (weight == DENSITY) return f;
    return f * exp(-p->theta * v) * (weight == ANSWERED_WAIT ? v : 1);
}

/* Gauss-Legendre with 8 points on panels over which the exponent changes by at most about one. */
static double integrate(const struct palm *p, enum weight weight, double from, double to) {
    static const double x[4] = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363};
    static const double w[4] = {0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763};
    double rate = fmax(fmax(p->n_mu, p->lambda), p->theta);
    double panels = fmin(fmax(ceil((to - from) * rate), 16), 1 << 22), half = (to - from) / panels / 2, sum = 0;
    for (double i = 0; i < panels; i++) {
        double mid = from + (2 * i + 1) * half;
        for (int k = 0; k < 4; k++)
            sum += w[k] * (integrand(p, weight, mid - half * x[k]) + integrand(p, weight, mid + half * x[k]));
    }
    return sum * half;
}

/* Over the whole wait, leaving out only where the density is below e^-60 of its top: the exponent's slope is
 * lambda e^(-theta v) - n_mu. */
static double integrate_all(const struct palm *p, enum weight weight) {
    double excess = p->lambda / p->n_mu, top = excess > 1 ? log(excess) / p->theta : 0;
    double spread = sqrt(120 / (p->theta * p->n_mu)), by_patience = spread + 120 / p->n_mu;
    double by_service = excess < 1 ? 60 / (p->n_mu - p->lambda) : INFINITY;
    return integrate(p, weight, fmax(top - spread, 0), top + fmin(by_patience, by_service));
}

static struct fc_erlang_a endless_patience(const struct fc_group *g) {
    struct fc_erlang_c c = fc_erlang_c_group(g);
    return (struct fc_erlang_a){.p_wait = c.p_wait, .mean_wait_all = c.asa, .mean_wait_answered = c.asa,
                                .occupancy = c.occupancy, .service_level_of_offered = c.service_level,
                                .service_level_of_answered = c.service_level, .service_level_less_short = c.service_level};
}

struct fc_erlang_a fc_erlang_a_group(const struct fc_group *g) {
    FC_ASSERT(g->agents > 0 && g->handle > 0 && g->interval > 0 && g->calls > 0 && g->target >= 0 && g->patience > 0);
    if (isinf(g->patience)) return endless_patience(g);
    struct palm p;
    solve(&p, g);
    double waited = integrate(&p, DENSITY, 0, g->target);
    double in_time = integrate(&p, ANSWERED, 0, g->target);
    double gone = (waited - in_time) - expm1(-p.theta * g->target) * (p.p_wait - waited);
    double abandoned = p.theta * p.queue / p.lambda, level = 1 - p.p_wait + in_time;
    return (struct fc_erlang_a){
        .p_wait = p.p_wait,
        .p_abandon = abandoned,
        .mean_wait_all = p.queue / p.lambda,
        .mean_wait_answered = integrate_all(&p, ANSWERED_WAIT) / (1 - abandoned),
        .occupancy = p.lambda * (1 - abandoned) / p.n_mu,
        .service_level_of_offered = level,
        .service_level_of_answered = level / (1 - abandoned),
        .service_level_less_short = level / (1 - gone),
        .abandoned_within = gone,
    };
}
