/* floorcast-collector: reads the settings, runs the loop, turns statuses into exit codes. */
#include "collector.h"
#include "event.h"
#include "log.h"
#include "process.h"

#include <stdio.h>

static enum fc_status run(struct fc_collector *c, struct fc_error *err) {
    enum fc_status st = FC_OK;
    while (st == FC_OK) st = fc_collector_round(c, err);
    return st == FC_EOF ? FC_OK : st;
}

int main(int argc, char **argv) {
    struct fc_settings settings;
    struct fc_error err = {.text = ""}, last = {.text = ""};
    struct fc_collector *c = NULL;
    fc_process_hold_signals(NULL);
    enum fc_status st = fc_settings_load(argc, argv, &settings, &err);
    if (st == FC_EOF) return 0;
    if (st != FC_OK) return fc_options_fail(&fc_collector_program, st, &err);
    if (settings.events) {
        fc_event_print_table(stdout);
        return 0;
    }
    if (settings.check) {
        (void)printf("floorcast-collector: the configuration is fine\n");
        fc_settings_fini(&settings);
        return 0;
    }
    fc_log_setup(settings.log_format, FC_LOG_INFO);
    st = fc_collector_open(argc, argv, &settings, &c, &err);
    if (st == FC_OK) {
        st = run(c, &err);
        enum fc_status closed = fc_collector_close(c, &last);
        if (closed != FC_OK) fc_err("%s", last.text);
        if (st == FC_OK) st = closed;
    }
    fc_settings_fini(&settings);
    if (st == FC_OK) return 0;
    if (err.text[0] != '\0') fc_err("%s", err.text);
    return st == FC_CONFIG ? 2 : 1;
}
