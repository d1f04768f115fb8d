#include "tell.h"

#include <unistd.h>

static void count_one(void *ctx, const char *name, uint64_t value) {
    (void)name, (void)value;
    ++*(size_t *)ctx;
}

static void write_one(void *ctx, const char *name, uint64_t value) {
    struct fc_mpw *w = ctx;
    fc_mpw_key(w, name);
    fc_mpw_int(w, (int64_t)value);
}

static void write_counters(struct fc_mpw *w, const struct fc_tell_source *s) {
    size_t n = 0;
    fc_mpw_key(w, "counters");
    if (s->ops->counters != NULL) s->ops->counters(s->source, count_one, &n);
    fc_mpw_map(w, n);
    if (n > 0) s->ops->counters(s->source, write_one, w);
}

static void write_sources(struct fc_mpw *w, const struct fc_tell_source *sources, unsigned n, bool counters) {
    fc_mpw_key(w, "sources");
    fc_mpw_array(w, n);
    for (unsigned i = 0; i < n; i++) {
        fc_mpw_map(w, counters ? 3 : 2);
        fc_mpw_key(w, "uri");
        fc_mpw_key(w, sources[i].uri);
        fc_mpw_key(w, "done");
        fc_mpw_bool(w, sources[i].done);
        if (counters) write_counters(w, &sources[i]);
    }
}

static void write_figures(struct fc_mpw *w, const struct fc_collector_figures *f) {
    size_t n = 0;
#define FIGURE(key, name, label, type, per, help) n++;
    FC_COLLECTOR_FIGURES(FIGURE)
#undef FIGURE
    fc_mpw_key(w, "figures");
    fc_mpw_map(w, n);
#define FIGURE(key, name, label, type, per, help) write_one(w, #key, f->key);
    FC_COLLECTOR_FIGURES(FIGURE)
#undef FIGURE
}

size_t fc_tell_encode(uint8_t *to, const struct fc_collector_figures *figures, struct fc_wall wall, const struct fc_tell_source *sources, unsigned n) {
    char host[256] = "";
    struct fc_mpw w;
    if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
    for (int counters = 1; counters >= 0; counters--) {
        fc_mpw_init(&w, to, FC_TELL_BYTES_MAX);
        fc_mpw_map(&w, 5);
        fc_mpw_key(&w, "version");
        fc_mpw_key(&w, FC_VERSION);
        fc_mpw_key(&w, "host");
        fc_mpw_key(&w, host);
        fc_mpw_key(&w, "at_us");
        fc_mpw_int(&w, wall.us);
        write_figures(&w, figures);
        write_sources(&w, sources, n, counters != 0);
        if (!w.overflow) break;
    }
    FC_ASSERT(!w.overflow); /* 32 uris of 400 bytes fit */
    return w.len;
}
