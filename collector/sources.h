/* sources -- the table of schemes that --source knows. A new source is one file with its ops, and one row here. */
#ifndef FC_SOURCES_H
#define FC_SOURCES_H

#include "source.h"

/* fc_sources_find -- the ops for a uri, with what follows the scheme's colon in *rest.
 * Errors: NULL when the scheme is unknown; err lists the known forms. Thread: any */
const struct fc_source_ops *fc_sources_find(const char *uri, const char **rest, struct fc_error *err);

/* The forms of all sources, one after the other; NULL past the last. */
const char *fc_sources_form(unsigned i);

#endif
