#include "bounds.h"

#include "config.h"

#include <stdio.h>

const cyaml_schema_field_t fc_bounds_schema[] = {
#define FIELD(key, normal, least, most, help)                                                                                  \
    CYAML_FIELD_UINT_PTR(#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct fc_bounds_file, key),
    FC_BOUNDS(FIELD)
#undef FIELD
    CYAML_FIELD_END,
};

static enum fc_status take(uint32_t *out, const uint32_t *given, uint32_t least, uint32_t most, const char *where, const char *path,
                           struct fc_error *err) {
    if (given == NULL) return FC_OK;
    *out = *given;
    if (*given >= least && *given <= most) return FC_OK;
    return fc_config_fail_at(err, path, where, "is %u, expected %u to %u", *given, least, most);
}

enum fc_status fc_bounds_take(struct fc_bounds *out, const struct fc_bounds_file *file, const char *path, struct fc_error *err) {
    enum fc_status status = FC_OK;
    *out = (struct fc_bounds){
#define DEFAULT(key, normal, least, most, help) .key = (normal),
        FC_BOUNDS(DEFAULT)
#undef DEFAULT
    };
    if (file == NULL) return FC_OK;
#define TAKE(key, normal, least, most, help)                                                                                   \
    if (status == FC_OK) status = take(&out->key, file->key, least, most, "limits." #key, path, err);
    FC_BOUNDS(TAKE)
#undef TAKE
    return status;
}
