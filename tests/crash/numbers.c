/* crash-numbers: how far the stopped programs' stores count, as JSON: events each spool ever took, and events of each spool that the
 * aggregator's journal and checkpoint have. KPIs cannot tell an event that was taken twice; its number can. */
#include "options.h"
#include "spool.h"
#include "store.h"

#include <stdio.h>

enum { OPT_SPOOL, OPT_DATA, OPT_COUNT };

static const struct fc_option table[OPT_COUNT] = {
    [OPT_SPOOL] = {.name = "spool", .arg = "DIR", .repeatable = true, .help = "a collector's"},
    [OPT_DATA] = {.name = "data", .arg = "DIR", .help = "the aggregator's"},
};
static const struct fc_program program = {"crash-numbers", "tells how far spools and store count", table, OPT_COUNT};

static enum fc_status print_spool(const char *dir, struct fc_error *err) {
    struct fc_spool *s;
    enum fc_status st = fc_spool_open(dir, FC_SPOOL_LIMIT_DEFAULT, &s, err);
    if (st != FC_OK) return st;
    (void)printf("{\"id\":\"%.*s\",\"taken\":%llu,\"waiting\":%llu}", FC_STR_ARG(fc_spool_id(s)), (unsigned long long)fc_spool_next(s) - 1,
                 (unsigned long long)(fc_spool_next(s) - fc_spool_first(s)));
    fc_spool_close(s);
    return FC_OK;
}

static enum fc_status print_mark(void *ctx, struct fc_str spool, struct fc_mark mark) {
    bool *any = ctx;
    (void)printf("%s{\"id\":\"%.*s\",\"journalled\":%llu,\"checkpointed\":%llu}", *any ? "," : "", FC_STR_ARG(spool), (unsigned long long)mark.next - 1,
                 (unsigned long long)mark.checkpointed - 1);
    *any = true;
    return FC_OK;
}

static enum fc_status print_marks(const char *dir, struct fc_error *err) {
    struct fc_store *store;
    bool any = false;
    enum fc_status st = fc_store_open(&(struct fc_store_options){.dir = dir}, &store, err);
    if (st != FC_OK) return st;
    st = fc_store_each_mark(store, print_mark, &any, err);
    fc_store_close(store);
    return st;
}

int main(int argc, char **argv) {
    static struct fc_option_values got[OPT_COUNT];
    struct fc_error err = {0};
    enum fc_status st = FC_OK;
    int code = fc_options_run(&program, argc, argv, got);
    if (code >= 0) return code;
    (void)printf("{\"spools\":[");
    for (unsigned i = 0; st == FC_OK && i < got[OPT_SPOOL].n; i++) {
        (void)printf("%s", i == 0 ? "" : ",");
        st = print_spool(got[OPT_SPOOL].v[i], &err);
    }
    (void)printf("],\"marks\":[");
    if (st == FC_OK) st = print_marks(fc_options_last(&got[OPT_DATA], ""), &err);
    (void)printf("]}\n");
    return st == FC_OK ? 0 : fc_options_fail(&program, st, &err);
}
