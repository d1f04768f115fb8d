/* settings -- what the service is told to do: the command line over the configuration file over the defaults.
 *
 *   listen: 127.0.0.1:8080        web: /usr/share/floorcast/web        max_clients: 10000
 *   log_format: text              insecure: no
 *   boards: /etc/floorcast/boards data: /var/lib/floorcast/wallboard
 *   names: [wall.example.org]     trusted: [127.0.0.1, "::1"]
 *   limits: {handshake_s: 10}     # all of them: bounds.h
 *   alerts: [..]   webhook: {..}  # rules.h
 *   cells:
 *     - publish: tcp://127.0.0.1:5601
 *       query: tcp://127.0.0.1:5602
 */
#ifndef FC_SETTINGS_H
#define FC_SETTINGS_H

#include "hub.h"
#include "bounds.h"
#include "log.h"
#include "options.h"
#include "rules.h"

#define FC_CLIENTS_DEFAULT 10000
#define FC_CLIENTS_MAX 1000000
#define FC_NAMES_MAX 64
#define FC_TRUSTED_MAX 64

enum fc_setting {
    FC_SET_LISTEN,
    FC_SET_PUBLISH,
    FC_SET_QUERY,
    FC_SET_WEB,
    FC_SET_BOARDS,
    FC_SET_DATA,
    FC_SET_MAX_CLIENTS,
    FC_SET_NAME,
    FC_SET_INSECURE,
    FC_SET_CONFIG,
    FC_SET_CHECK,
    FC_SET_LOG_FORMAT,
    FC_SET_COUNT
};

extern const struct fc_program fc_wallboard_program;

struct fc_settings {
    char host[256], address[64]; /* as given; as a number, which is what is bound */
    int port;                    /* 0: any free one */
    bool ipv6, loopback, insecure;
    bool show_customers; /* as aggregators have them; else numbers are masked */
    char *publish[FC_CELLS_MAX], *query[FC_CELLS_MAX];
    uint32_t cell_count;
    char *web; /* NULL: none was found */
    char *boards_built_in, *boards, *data; /* NULL: none was found; none was given */
    char *names[FC_NAMES_MAX + 3]; /* under which browsers may ask for this server, the machine's own included */
    char *trusted[FC_TRUSTED_MAX]; /* addresses that are not limited: reverse proxies */
    uint32_t names_count, trusted_count;
    struct fc_bounds limits;
    struct fc_rules rules; /* of alerts, and the webhook */
    uint32_t clients_max;
    enum fc_log_format log_format;
};

/* fc_settings_load -- reads and checks everything, resolving the host's name.
 * Errors: FC_CONFIG; *out holds nothing then. Blocks on the disk and the resolver. */
FC_MUST_USE enum fc_status fc_settings_load(struct fc_settings *out, const struct fc_option_values *got, struct fc_error *err);
void fc_settings_free(struct fc_settings *settings);

#endif
