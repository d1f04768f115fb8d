#include "run.h"
#include "settings.h"

static volatile sig_atomic_t stop;

static void on_signal(int signal_number) {
    (void)signal_number;
    stop = 1;
}

int main(int argc, char **argv) {
    static struct fc_settings settings;
    struct fc_error err = {.text = ""};
    int code = fc_settings_read(argc, argv, &settings);
    if (code >= 0) return code;
    struct sigaction on_stop = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGTERM, &on_stop, NULL);
    (void)sigaction(SIGINT, &on_stop, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    enum fc_status st = fc_run(&settings, &stop, &err);
    return st == FC_OK ? 0 : fc_options_fail(&fc_settings_program, st, &err);
}
