/* config_private -- what config*.c share. */
#ifndef FC_CONFIG_PRIVATE_H
#define FC_CONFIG_PRIVATE_H

#include "config.h"

/* What a value of the schema may be, in words; v may be NULL. */
void fc_config_describe(const cyaml_schema_value_t *v, char *to, size_t cap);

/* libcyaml takes "20s", "0,5" and "60.5" for 20, 0 and 60. Errors: FC_CONFIG for the first number with something after
 * it. */
FC_MUST_USE enum fc_status fc_config_check_numbers(const char *file, const char *text, size_t n,
                                                   const cyaml_schema_value_t *schema, struct fc_error *err);

#endif
