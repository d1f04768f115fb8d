/* collector -- the one loop: sources work, the spool commits once, sources are told, the uplink sends.
 *
 * Everything runs on the caller's thread, one round after the other. Within a round a source may work only a bounded
 * while, so that nobody waits long for a commit; a round with nothing to write writes nothing.
 */
#ifndef FC_COLLECTOR_H
#define FC_COLLECTOR_H

#include "settings.h"
#include "status.h"

struct fc_collector;

/* fc_collector_open -- opens spool, sources and uplink; blocks SIGTERM, SIGINT and SIGHUP and takes them from then on.
 * Shape:  argc, argv: read again at a reload; they and `settings` outlive the collector
 * Errors: FC_CONFIG, FC_IO with the source or file named. Thread: main, before any other thread is started */
FC_MUST_USE enum fc_status fc_collector_open(int argc, char *const *argv, struct fc_settings *settings, struct fc_collector **out, struct fc_error *err);

/* fc_collector_round -- waits until there is something to do, does it, commits.
 * Errors: FC_EOF finished: a signal, or --once and all is done. FC_IO it cannot go on; err says why. */
FC_MUST_USE enum fc_status fc_collector_round(struct fc_collector *c, struct fc_error *err);

/* fc_collector_close -- commits what is held, closes sources, says what was done, frees. Errors: FC_IO, FC_FULL the last
 * commit failed: what was not acknowledged to anybody is not on disk. NULL is fine. */
enum fc_status fc_collector_close(struct fc_collector *c, struct fc_error *err);

#endif
