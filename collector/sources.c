#include "sources.h"

#include <stdio.h>

static const struct fc_source_ops *const table[] = {&fc_source_zmq, &fc_source_ami, &fc_source_queuelog, &fc_source_ndjson, &fc_source_amilog};

const char *fc_sources_form(unsigned i) { return i < sizeof table / sizeof *table ? table[i]->form : NULL; }

const struct fc_source_ops *fc_sources_find(const char *uri, const char **rest, struct fc_error *err) {
    char forms[200];
    size_t n = 0;
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        size_t len = strlen(table[i]->scheme);
        if (strncmp(uri, table[i]->scheme, len) == 0 && uri[len] == ':') {
            *rest = uri + len + 1;
            return table[i];
        }
        int k = snprintf(forms + n, sizeof forms - n, "%s%s", i > 0 ? ", " : "", table[i]->form);
        n += k > 0 && (size_t)k < sizeof forms - n ? (size_t)k : 0;
    }
    (void)fc_fail(err, FC_CONFIG, "source \"%.80s\": unknown kind, expected %s", uri, forms);
    return NULL;
}
