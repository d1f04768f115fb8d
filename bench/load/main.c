/* floorcast-load: displays, and clients that mean no good, in great numbers; see README.md. */
#include "measure.h"
#include "options.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { OPT_CONNECT, OPT_PUBLISH, OPT_QUERY, OPT_READERS, OPT_QUEUES, OPT_CHANGES, OPT_ROUNDS, OPT_SECONDS, OPT_FOES, OPT_FOES_FROM, OPT_FOES_RATE, OPT_PID, OPT_SEED, OPT_COUNT };

static const struct fc_option table[OPT_COUNT] = {
    [OPT_CONNECT] = {.name = "connect", .arg = "ADDRESS:PORT", .help = "the wallboard (default 127.0.0.1:8080)"},
    [OPT_PUBLISH] = {.name = "publish", .arg = "ENDPOINT", .help = "play the aggregator: publish there; without it no latency is known"},
    [OPT_QUERY] = {.name = "query", .arg = "ENDPOINT", .help = "likewise: its query endpoint"},
    [OPT_READERS] = {.name = "readers", .arg = "N", .help = "well-behaved displays (default 1000)"},
    [OPT_QUEUES] = {.name = "queues", .arg = "N", .help = "of the played floor (default 100)"},
    [OPT_CHANGES] = {.name = "changes", .arg = "N", .help = "of them change ten times a second (default 4)"},
    [OPT_ROUNDS] = {.name = "rounds", .arg = "N", .help = "each first without, then with the others (default 5, at most 101)"},
    [OPT_SECONDS] = {.name = "seconds", .arg = "N", .help = "that each half of a round is measured for (default 5)"},
    [OPT_FOES] = {.name = "foes", .arg = "MANNER=N", .repeatable = true, .help = "clients that behave so (--foes=help lists them)"},
    [OPT_FOES_FROM] = {.name = "foes-from", .arg = "ADDRESS", .help = "their source address, as in 127.0.0.66"},
    [OPT_FOES_RATE] = {.name = "foes-connects", .arg = "N", .help = "connections a second that they try (default 1000)"},
    [OPT_PID] = {.name = "pid", .arg = "PID", .help = "of the wallboard: its memory and descriptors are looked at"},
    [OPT_SEED] = {.name = "seed", .arg = "N", .help = "of all that is random (default 1)"},
};
static const struct fc_program program = {"floorcast-load", "loads a wallboard with displays, and with clients that mean no good", table, OPT_COUNT};

static enum fc_status read_number(const struct fc_option_values *got, int option, int64_t least, int64_t most, uint32_t *out, struct fc_error *err) {
    const char *text = fc_options_last(&got[option], NULL);
    int64_t v;
    if (text == NULL) return FC_OK;
    if (!fc_str_int(fc_str(text), &v) || v < least || v > most)
        return fc_fail(err, FC_CONFIG, "--%s %s: expected %lld to %lld", table[option].name, text, (long long)least, (long long)most);
    *out = (uint32_t)v;
    return FC_OK;
}

static enum fc_status read_connect(const char *text, struct sockaddr_in *out, struct fc_error *err) {
    const char *colon = strrchr(text, ':');
    char host[64];
    int64_t port = 0;
    *out = (struct sockaddr_in){.sin_family = AF_INET};
    bool good = colon != NULL && fc_str_int(fc_str(colon + 1), &port) && port > 0 && port < 65536;
    if (good) good = inet_pton(AF_INET, fc_str_copy(host, sizeof host, fc_str_n(text, (size_t)(colon - text))), &out->sin_addr) == 1;
    out->sin_port = htons((uint16_t)port);
    return good ? FC_OK : fc_fail(err, FC_CONFIG, "--connect %s: expected ADDRESS:PORT, as in 127.0.0.1:8080", text);
}

static enum fc_status read_foes(const char *text, struct fc_foes *out, struct fc_error *err) {
    const char *equals = strchr(text, '=');
    int64_t n = 0;
    out->manner = equals == NULL ? NULL : fc_manner_find(fc_str_n(text, (size_t)(equals - text)));
    if (out->manner == NULL || !fc_str_int(fc_str(equals + 1), &n) || n < 1 || n > 20000)
        return fc_fail(err, FC_CONFIG, "--foes %s: expected MANNER=N with 1 to 20000 of them; --foes=help lists the manners", text);
    out->clients = (uint32_t)n;
    return FC_OK;
}

static enum fc_status read_plan(const struct fc_option_values *got, struct fc_measure_plan *plan, struct fc_error *err) {
    uint32_t rate = 1000, seed = 1;
    const char *from = fc_options_last(&got[OPT_FOES_FROM], "0.0.0.0");
    *plan = (struct fc_measure_plan){.publish = fc_options_last(&got[OPT_PUBLISH], NULL),
                                     .query = fc_options_last(&got[OPT_QUERY], NULL),
                                     .readers = 1000, .queues = 100, .changes = 4, .rounds = 5, .seconds = 5};
    if ((plan->publish == NULL) != (plan->query == NULL)) return fc_fail(err, FC_CONFIG, "--publish and --query: expected both or none");
    if (got[OPT_FOES].n > FC_FOES_MAX) return fc_fail(err, FC_CONFIG, "--foes: %u times, expected at most %d", got[OPT_FOES].n, FC_FOES_MAX);
    if (inet_pton(AF_INET, from, &plan->foes_from) != 1) return fc_fail(err, FC_CONFIG, "--foes-from %s: expected an IPv4 address", from);
    enum fc_status st = read_connect(fc_options_last(&got[OPT_CONNECT], "127.0.0.1:8080"), &plan->server, err);
    if (st == FC_OK) st = read_number(got, OPT_READERS, 1, 100000, &plan->readers, err);
    if (st == FC_OK) st = read_number(got, OPT_QUEUES, 1, 100000, &plan->queues, err);
    if (st == FC_OK) st = read_number(got, OPT_CHANGES, 1, 100000, &plan->changes, err);
    if (st == FC_OK) st = read_number(got, OPT_ROUNDS, 1, 101, &plan->rounds, err);
    if (st == FC_OK) st = read_number(got, OPT_SECONDS, 1, 86400, &plan->seconds, err);
    if (st == FC_OK) st = read_number(got, OPT_FOES_RATE, 1, 1000000, &rate, err);
    if (st == FC_OK) st = read_number(got, OPT_PID, 1, INT32_MAX, &plan->pid, err);
    if (st == FC_OK) st = read_number(got, OPT_SEED, 0, UINT32_MAX, &seed, err);
    for (uint32_t i = 0; st == FC_OK && i < got[OPT_FOES].n; i++) st = read_foes(got[OPT_FOES].v[i], &plan->foes[plan->foes_count++], err);
    plan->foes_connects_per_s = rate;
    plan->seed = seed;
    return st;
}

int main(int argc, char **argv) {
    static struct fc_option_values got[OPT_COUNT];
    static struct fc_measure_plan plan;
    struct fc_error err = {0};
    struct rlimit files;
    int code = fc_options_run(&program, argc, argv, got);
    if (code >= 0) return code;
    if (got[OPT_FOES].n == 1 && strcmp(got[OPT_FOES].v[0], "help") == 0) {
        for (uint32_t i = 0; i < fc_manners_count; i++) (void)printf("%-11s %s\n", fc_manners[i].name, fc_manners[i].help);
        return 0;
    }
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    enum fc_status st = read_plan(got, &plan, &err);
    if (st == FC_OK) st = fc_measure_run(&plan, &err);
    return st == FC_OK ? 0 : fc_options_fail(&program, st, &err);
}
