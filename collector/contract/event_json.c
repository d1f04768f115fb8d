#include "event.h"

#include <jansson.h>

static void write_json(struct fc_mpw *w, json_t *v, int depth) {
    if (depth > FC_MP_DEPTH) {
        w->overflow = true;
        return;
    }
    const char *key;
    json_t *item;
    size_t i;
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        fc_mpw_map(w, json_object_size(v));
        json_object_foreach(v, key, item) {
            fc_mpw_key(w, key);
            write_json(w, item, depth + 1);
        }
        break;
    case JSON_ARRAY:
        fc_mpw_array(w, json_array_size(v));
        json_array_foreach(v, i, item) write_json(w, item, depth + 1);
        break;
    case JSON_STRING: fc_mpw_str(w, fc_str_n(json_string_value(v), json_string_length(v))); break;
    case JSON_INTEGER: fc_mpw_int(w, json_integer_value(v)); break;
    case JSON_REAL: fc_mpw_f64(w, json_real_value(v)); break;
    case JSON_TRUE: fc_mpw_bool(w, true); break;
    case JSON_FALSE: fc_mpw_bool(w, false); break;
    case JSON_NULL: fc_mpw_nil(w); break;
    }
}

enum fc_status fc_event_json_to_mp(const char *text, size_t n, uint8_t *buf, size_t cap, size_t *len, struct fc_error *err) {
    json_error_t je;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &je);
    if (root == NULL) return fc_fail(err, FC_INVALID, "column %d: not JSON: %s", je.column, je.text);
    if (!json_is_object(root)) {
        json_decref(root);
        return fc_fail(err, FC_INVALID, "expected one JSON object a line");
    }
    struct fc_mpw w;
    fc_mpw_init(&w, buf, cap);
    write_json(&w, root, 0);
    json_decref(root);
    *len = w.len;
    return w.overflow ? fc_fail(err, FC_FULL, "event is larger than %zu bytes or nested deeper than %d", cap, FC_MP_DEPTH) : FC_OK;
}
