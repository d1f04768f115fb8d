/* tell -- the words a collector has for itself: how it is (figures, sources' counters), as the map that link.h's "tell" carries.
 *
 * Refuses to gather: who owns the numbers hands them in. Thread: collector
 */
#ifndef FC_TELL_H
#define FC_TELL_H

#include "clock.h"
#include "collector_figures.h"
#include "link.h"
#include "source.h"

struct fc_tell_source {
    const char *uri;
    bool done; /* read to its end */
    const struct fc_source_ops *ops;
    const struct fc_source *source;
};

/* fc_tell_encode -- writes the map to `to` (FC_TELL_BYTES_MAX) and says how long it is. Sources whose counters do not fit are named
 * without them. No allocation. */
size_t fc_tell_encode(uint8_t *to, const struct fc_collector_figures *figures, struct fc_wall wall, const struct fc_tell_source *sources, unsigned n);

#endif
