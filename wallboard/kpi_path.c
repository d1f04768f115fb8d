#include "kpi_path.h"

#include "item.h"

#include <math.h>
#include <stdio.h>

static bool has_parts(enum fc_kpi_form form) { return form != FC_FORM_TIER && fc_kpi_part(form, 0) != NULL; }

static const char *list_parts(enum fc_kpi_form form, char *to, size_t cap) {
    size_t n = 0;
    to[0] = '\0';
    for (unsigned i = 0; fc_kpi_part(form, i) != NULL && n < cap; i++)
        n += (size_t)snprintf(to + n, cap - n, "%s%s", i > 0 ? " " : "", fc_kpi_part(form, i));
    return to;
}

static enum fc_status read_part(const struct fc_kpi_row *row, struct fc_str part, struct fc_kpi_path *out, struct fc_error *err) {
    char parts[160];
    if (!has_parts(row->form)) {
        if (part.n == 0) return FC_OK;
        return fc_fail(err, FC_INVALID, "is \"%s.%.*s\", but %s is one number, without parts", row->key, (int)(part.n < 40 ? part.n : 40),
                       part.p, row->key);
    }
    for (unsigned i = 0; fc_kpi_part(row->form, i) != NULL; i++)
        if (fc_str_is(part, fc_kpi_part(row->form, i))) out->part = fc_kpi_part(row->form, i);
    if (out->part != NULL) return FC_OK;
    return fc_fail(err, FC_INVALID, "is \"%s%s%.*s\", expected %s. and one of: %s", row->key, part.n > 0 ? "." : "",
                   (int)(part.n < 40 ? part.n : 40), part.n > 0 ? part.p : "", row->key, list_parts(row->form, parts, sizeof parts));
}

enum fc_status fc_kpi_path_read(struct fc_str text, struct fc_kpi_path *out, struct fc_error *err) {
    const char *dot = text.n > 0 ? memchr(text.p, '.', text.n) : NULL;
    struct fc_str key = dot == NULL ? text : fc_str_n(text.p, (size_t)(dot - text.p));
    struct fc_str part = dot == NULL ? (struct fc_str){0} : fc_str_n(dot + 1, text.n - key.n - 1);
    *out = (struct fc_kpi_path){0};
    for (enum fc_kpi kpi = 0; kpi < FC_KPI_ALL; kpi++) {
        if (!fc_str_is(key, fc_kpi_row(kpi)->key)) continue;
        out->kpi = kpi;
        return read_part(fc_kpi_row(kpi), part, out, err);
    }
    return fc_fail(err, FC_INVALID, "is \"%.*s\", expected a key of /api/v1/kpis such as service_level or left.timeout",
                   (int)(text.n < 60 ? text.n : 60), text.n > 0 ? text.p : "");
}

static bool number_under(struct fc_mp map, const char *key, double *out) {
    struct fc_mp at;
    return fc_item_find(map.p, fc_mp_left(&map), key, &at) && fc_mp_f64(&at, out) && isfinite(*out);
}

bool fc_kpi_path_look(struct fc_kpi_path path, const void *item, size_t n, int64_t now_us, struct fc_kpi_reading *out) {
    const struct fc_kpi_row *row = fc_kpi_row(path.kpi);
    struct fc_mp at;
    double count;
    *out = (struct fc_kpi_reading){.n = -1};
    if (!fc_item_find(item, n, row->key, &at)) return false;
    if (row->form == FC_FORM_INSTANT && fc_mp_peek(&at) == FC_MP_NIL) return true; /* since never: for no time */
    if (fc_mp_peek(&at) != FC_MP_MAP) {
        bool known = path.part == NULL && fc_mp_f64(&at, &out->value) && isfinite(out->value);
        if (known && row->form == FC_FORM_INSTANT) out->value = ((double)now_us - out->value) / 1000;
        return known;
    }
    bool mean = row->form == FC_FORM_MEAN || row->form == FC_FORM_TIER;
    if (number_under(at, "n", &count) && count >= 0 && count < 1e15) out->n = (int64_t)count;
    return number_under(at, path.part != NULL ? path.part : mean ? "mean" : "value", &out->value);
}
