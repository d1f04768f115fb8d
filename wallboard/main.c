#include "process.h"
#include "server.h"

#include <stdio.h>

/* Reads everything again; what is wrong leaves the running service as it is. */
static void reload(struct fc_server *server, void *ctx) {
    struct fc_settings settings;
    struct fc_error err;
    if (fc_settings_load(&settings, ctx, &err) == FC_OK) fc_server_reload(server, &settings);
    else fc_err("%s; nothing is changed", err.text);
}

static enum fc_status check_boards(const struct fc_settings *settings, struct fc_error *err) {
    struct fc_hub hub;
    struct fc_boards boards;
    fc_hub_init(&hub, 0, NULL);
    fc_boards_init(&boards, &hub);
    enum fc_status status = fc_boards_ship(&boards, settings->boards_built_in, settings->boards, err);
    fc_boards_fini(&boards);
    fc_hub_fini(&hub);
    return status;
}

/* --check: what can be known without opening anything. */
static int check(struct fc_settings *settings) {
    struct fc_web *web = NULL;
    struct fc_error err;
    enum fc_status status = fc_web_load(&web, settings->web, &err);
    fc_web_release(web);
    if (status == FC_OK) status = check_boards(settings, &err);
    fc_settings_free(settings);
    return status == FC_OK ? 0 : fc_options_fail(&fc_wallboard_program, status, &err);
}

int main(int argc, char **argv) {
    static struct fc_option_values got[FC_SET_COUNT];
    static struct fc_server server;
    struct fc_settings settings;
    struct fc_error err = {0};
    fc_process_hold_signals(NULL);
    int done = fc_options_run(&fc_wallboard_program, argc, argv, got);
    if (done >= 0) return done;
    enum fc_status status = fc_settings_load(&settings, got, &err);
    if (status != FC_OK) return fc_options_fail(&fc_wallboard_program, status, &err);
    fc_log_setup(settings.log_format, FC_LOG_INFO);
    if (got[FC_SET_CHECK].n > 0) return check(&settings);
    if (!settings.loopback)
        fc_warn("--insecure: everyone who reaches %s port %d sees every queue and agent; nothing is encrypted", settings.host, settings.port);
    if (settings.web == NULL) fc_warn("no front end is installed and no --web given: only the API is served");
    status = fc_server_open(&server, &settings, &err);
    if (status != FC_OK) return fc_options_fail(&fc_wallboard_program, status, &err);
    fc_server_run(&server, reload, got);
    fc_server_close(&server);
    return 0;
}
