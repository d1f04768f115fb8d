#include "subscribe.h"

#include "state.h"

#include <jansson.h>
#include <stdlib.h>

static const char bad_form[] = "message: expected a map {\"op\":\"subscribe\",\"topics\":[..]}";
static const char bad_op[] = "op: expected \"subscribe\"";
static const char bad_topics[] = "topics: expected an array of strings";
static const char bad_topic[] = "topics: expected names of 1 to 420 bytes, '*' at the end at most";
static const char too_many[] = "topics: expected at most 1000";

struct names {
    uint32_t n;
    struct fc_str v[FC_SUBSCRIBE_TOPICS_MAX];
};

static const char *take(struct names *names, struct fc_str name) {
    if (names->n == FC_SUBSCRIBE_TOPICS_MAX) return too_many;
    if (name.n == 0 || name.n > FC_TOPIC_MAX || memchr(name.p, '\0', name.n) != NULL) return bad_topic;
    names->v[names->n++] = name;
    return NULL;
}

static int by_bytes(const void *a, const void *b) {
    const struct fc_str *x = a, *y = b;
    int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);
    return order != 0 ? order : (x->n > y->n) - (x->n < y->n);
}

static void normalise(struct names *names, struct fc_topic_set *set) {
    qsort(names->v, names->n, sizeof *names->v, by_bytes);
    for (uint32_t i = 0; i < names->n; i++) {
        if (i > 0 && fc_str_eq(names->v[i], names->v[i - 1])) continue;
        fc_bytes_str(&set->text, names->v[i]);
        fc_bytes_char(&set->text, '\0');
        set->n++;
    }
}

static const char *read_json(const void *bytes, size_t n, struct fc_topic_set *set) {
    json_t *root = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, NULL), *name;
    const json_t *topics = json_object_get(root, "topics");
    const char *op = json_string_value(json_object_get(root, "op")), *wrong = NULL;
    struct names names = {0};
    size_t i;
    if (!json_is_object(root)) wrong = bad_form;
    else if (op == NULL || strcmp(op, "subscribe") != 0) wrong = bad_op;
    else if (!json_is_array(topics)) wrong = bad_topics;
    json_array_foreach(topics, i, name) {
        if (wrong != NULL) break;
        wrong = json_is_string(name) ? take(&names, fc_str_n(json_string_value(name), json_string_length(name))) : bad_topics;
    }
    if (wrong == NULL) normalise(&names, set);
    json_decref(root);
    return wrong;
}

static const char *read_topics(struct fc_mp *mp, struct names *names) {
    uint32_t n;
    struct fc_str name;
    if (!fc_mp_array(mp, &n)) return bad_topics;
    names->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        const char *wrong = fc_mp_str(mp, &name) ? take(names, name) : bad_topics;
        if (wrong != NULL) return wrong;
    }
    return NULL;
}

static const char *read_msgpack(const void *bytes, size_t n, struct fc_topic_set *set) {
    struct fc_mp mp = fc_mp_open(bytes, n);
    struct names names = {0};
    struct fc_str key, op = {0};
    const char *wrong = bad_topics; /* until they are seen */
    uint32_t pairs;
    if (!fc_mp_map(&mp, &pairs)) return bad_form;
    for (uint32_t i = 0; i < pairs; i++) {
        if (!fc_mp_str(&mp, &key)) return bad_form;
        if (fc_str_is(key, "op")) {
            if (!fc_mp_str(&mp, &op)) return bad_op;
        } else if (fc_str_is(key, "topics")) {
            if ((wrong = read_topics(&mp, &names)) != NULL) return wrong;
        } else if (!fc_mp_skip(&mp)) {
            return bad_form;
        }
    }
    if (fc_mp_left(&mp) > 0) return bad_form;
    if (!fc_str_is(op, "subscribe")) return bad_op;
    if (wrong == NULL) normalise(&names, set);
    return wrong;
}

const char *fc_subscribe_parse(enum fc_protocol protocol, const void *bytes, size_t n, struct fc_topic_set *set) {
    *set = (struct fc_topic_set){0};
    return protocol == FC_PROTOCOL_JSON ? read_json(bytes, n, set) : read_msgpack(bytes, n, set);
}
