/* config_aggregator -- the aggregator's YAML file, and what a reload says of the difference to an empty one. Every
 * error names the file and, but for what holds between values, a place in it. */
#include "fuzz.h"
#include "rules.h"

static void say(void *ctx, const char *text) {
    struct fc_error line;
    (void)ctx;
    (void)fc_fail(&line, FC_OK, "%.300s", text);
    fuzz_sentence(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64];
    int fd = fuzz_file(path, data, size);
    struct fc_rules *rules = NULL, *before = fc_rules_default();
    struct fc_error err = {""};
    if (fc_rules_read(path, &rules, &err) == FC_OK) {
        fc_rules_diff(before, rules, say, NULL);
        fc_rules_diff(rules, before, say, NULL);
        for (uint32_t i = 0; i < rules->queues_n; i++) FC_ASSERT(fc_rules_queue(rules, fc_str(rules->queues[i].name)) == &rules->queues[i]);
        fc_rules_free(rules);
    } else {
        fuzz_sentence(&err);
        FC_ASSERT(rules == NULL && strncmp(err.text, path, strlen(path)) == 0);
    }
    fc_rules_free(before);
    (void)close(fd);
    return 0;
}
