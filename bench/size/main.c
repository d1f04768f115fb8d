/* floorcast-bench-size: what a very large floor costs; see README.md. */
#include "growth.h"
#include "options.h"
#include "state.h"

#include <stdlib.h>

enum { OPT_QUEUES, OPT_AGENTS, OPT_EVENTS, OPT_ROUNDS, OPT_WARM, OPT_ONLY, OPT_EVEN, OPT_ALONE, OPT_FILL, OPT_START, OPT_CUSTOMERS, OPT_DAYS, OPT_AGGREGATOR, OPT_COUNT };

static const struct fc_option table[OPT_COUNT] = {
    [OPT_QUEUES] = {.name = "queues", .arg = "N", .help = "of the largest floor (default 10000); the others have 10 and a tenth"},
    [OPT_AGENTS] = {.name = "agents", .arg = "N", .help = "of the largest floor (default five a queue)"},
    [OPT_EVENTS] = {.name = "events", .arg = "N", .help = "growth: events a round (default 300000)"},
    [OPT_ROUNDS] = {.name = "rounds", .arg = "N", .help = "growth: rounds, 1 to 21 (default 5)"},
    [OPT_WARM] = {.name = "warm", .arg = "S", .help = "simulated seconds before anything is measured (default 3900)"},
    [OPT_ONLY] = {.name = "only", .arg = "N", .help = "growth: the floor of this number alone, 0 to 2 (for a profiler)"},
    [OPT_EVEN] = {.name = "even", .help = "growth: as many agents on every floor, so that queues alone differ"},
    [OPT_ALONE] = {.name = "alone", .help = "growth: events alone, without checkpoints and topics"},
    [OPT_FILL] = {.name = "fill", .arg = "DIR", .help = "state: fill this data directory (new or empty) instead of measuring growth"},
    [OPT_START] = {.name = "start", .arg = "DIR", .help = "state: start the aggregator on this directory and measure; may go with --fill"},
    [OPT_CUSTOMERS] = {.name = "customers", .arg = "N", .help = "state: customers with chains (default 500 a queue)"},
    [OPT_DAYS] = {.name = "days", .arg = "N", .help = "state: days of quarters stored before the floor opens (default 30)"},
    [OPT_AGGREGATOR] = {.name = "aggregator", .arg = "PATH", .help = "state: the program (default ./floorcast-aggregator)"},
};
static const struct fc_program program = {"floorcast-bench-size", "measures the engine on floors of very different size", table, OPT_COUNT};

static enum fc_status read_number(const struct fc_option_values *got, int option, uint32_t least, uint32_t most, uint32_t *out, struct fc_error *err) {
    const char *text = fc_options_last(&got[option], NULL);
    char *end;
    if (text == NULL) return FC_OK;
    unsigned long v = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || v < least || v > most)
        return fc_fail(err, FC_CONFIG, "--%s %s: expected %u to %u", table[option].name, text, least, most);
    *out = (uint32_t)v;
    return FC_OK;
}

static enum fc_status run_state(const struct fc_option_values *got, struct state_plan *plan, struct fc_error *err) {
    enum fc_status st = FC_OK;
    plan->customers = 500 * plan->queues;
    plan->days = 30;
    st = read_number(got, OPT_CUSTOMERS, 1, 1000000000, &plan->customers, err);
    if (st == FC_OK) st = read_number(got, OPT_DAYS, 0, 365, &plan->days, err);
    plan->dir = fc_options_last(&got[OPT_FILL], NULL);
    if (st == FC_OK && plan->dir != NULL) st = state_fill(plan, err);
    plan->dir = fc_options_last(&got[OPT_START], NULL);
    if (st == FC_OK && plan->dir != NULL) st = state_start(plan, fc_options_last(&got[OPT_AGGREGATOR], "./floorcast-aggregator"), err);
    return st;
}

int main(int argc, char **argv) {
    static struct fc_option_values got[OPT_COUNT];
    struct fc_error err = {0};
    int code = fc_options_run(&program, argc, argv, got);
    if (code >= 0) return code;
    struct growth_plan g = {.events = 300000, .rounds = 5, .warm_s = 3900};
    uint32_t queues = 10000, agents = 0, only = GROWTH_FLOORS;
    enum fc_status st = read_number(got, OPT_QUEUES, 10, 1000000, &queues, &err);
    agents = 5 * queues;
    if (st == FC_OK) st = read_number(got, OPT_AGENTS, 10, 10000000, &agents, &err);
    if (st == FC_OK) st = read_number(got, OPT_EVENTS, 1, 1000000000, &g.events, &err);
    if (st == FC_OK) st = read_number(got, OPT_ROUNDS, 1, GROWTH_ROUNDS_MAX, &g.rounds, &err);
    if (st == FC_OK) st = read_number(got, OPT_WARM, 1, 1000000, &g.warm_s, &err);
    if (st == FC_OK) st = read_number(got, OPT_ONLY, 0, GROWTH_FLOORS - 1, &only, &err);
    if (st == FC_OK && got[OPT_FILL].n + got[OPT_START].n > 0) {
        struct state_plan plan = {.queues = queues, .agents = agents, .warm_s = g.warm_s};
        st = run_state(got, &plan, &err);
        if (st == FC_OK) return 0;
    }
    if (st != FC_OK) return fc_options_fail(&program, st, &err);
    const uint32_t floors[GROWTH_FLOORS][2] = {{10, 100}, {queues / 10, agents / 10}, {queues, agents}};
    for (uint32_t i = 0; i < GROWTH_FLOORS; i++) {
        if (only < GROWTH_FLOORS && i != only) continue;
        g.queues[i] = floors[i][0];
        g.agents[i] = got[OPT_EVEN].n > 0 ? agents : floors[i][1];
    }
    g.alone = got[OPT_ALONE].n > 0;
    growth_run(&g);
    return 0;
}
