#include "tree.h"

#include "json.h"

static struct fc_tree_pair pair_at(void *at) {
    return at == NULL ? (struct fc_tree_pair){0} : (struct fc_tree_pair){json_object_iter_key(at), json_object_iter_value(at), at};
}

/* jansson takes what it only reads as writable. */
static json_t *writable(const json_t *value) {
    json_t *out;
    memcpy(&out, &value, sizeof out);
    return out;
}

struct fc_tree_pair fc_tree_first(const json_t *map) { return pair_at(json_object_iter(writable(map))); }
struct fc_tree_pair fc_tree_next(const json_t *map, struct fc_tree_pair pair) { return pair_at(json_object_iter_next(writable(map), pair.at)); }

static void write(struct fc_mpw *w, const json_t *value) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        fc_mpw_map(w, json_object_size(value));
        for (struct fc_tree_pair p = fc_tree_first(value); p.key != NULL; p = fc_tree_next(value, p)) {
            fc_mpw_key(w, p.key);
            write(w, p.value);
        }
        return;
    case JSON_ARRAY:
        fc_mpw_array(w, json_array_size(value));
        for (size_t i = 0; i < json_array_size(value); i++) write(w, json_array_get(value, i));
        return;
    case JSON_STRING: fc_mpw_str(w, fc_tree_str(value)); return;
    case JSON_INTEGER: fc_mpw_int(w, json_integer_value(value)); return;
    case JSON_REAL: fc_mpw_f64(w, json_real_value(value)); return;
    case JSON_TRUE:
    case JSON_FALSE: fc_mpw_bool(w, json_is_true(value)); return;
    case JSON_NULL: fc_mpw_nil(w); return;
    }
}

void fc_tree_msgpack(struct fc_bytes *out, const json_t *value) {
    for (size_t cap = 1024;; cap *= 2) {
        struct fc_mpw w;
        fc_mpw_init(&w, fc_bytes_room(out, cap), cap);
        write(&w, value);
        if (w.overflow) continue;
        out->n += w.len;
        return;
    }
}

void fc_tree_json(struct fc_bytes *out, const json_t *value) {
    struct fc_bytes packed = {0};
    fc_tree_msgpack(&packed, value);
    struct fc_mp mp = fc_mp_open(packed.p, packed.n);
    FC_ASSERT(fc_json_value(out, &mp)); /* not deeper than FC_MP_DEPTH */
    fc_bytes_free(&packed);
}
