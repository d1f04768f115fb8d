/* config -- a YAML file into a C struct through a libcyaml schema, with errors a person can act on:
 *
 *   /etc/floorcast/collector.yaml:6:5: unexpected key `spol`; allowed: aggregator, sources, spool
 *   /etc/floorcast/collector.yaml:3:7: `port` is '99999', expected a whole number from 0 to 65535
 *   /etc/floorcast/collector.yaml:9:1: not YAML: found character that cannot start any token
 *
 * The schema knows keys and types; what must hold of values and between them the caller checks, and reports with
 * fc_config_fail_at (a value's place) or fc_config_fail.
 * Refuses to merge files, expand variables or guess defaults: an absent optional key leaves zeroes in the struct.
 *
 * How to write a schema (offsets, see cyaml.h): make every field CYAML_FLAG_OPTIONAL unless it must be there; make the
 * top value CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, ..); take strings as CYAML_FIELD_STRING_PTR with a `max`, and
 * booleans as FC_CONFIG_BOOL, because libcyaml's own takes any word it does not know for true.
 */
#ifndef FC_CONFIG_H
#define FC_CONFIG_H

#include "status.h"

#include <stdbool.h>

#include <cyaml/cyaml.h>

#define FC_CONFIG_BYTES_MAX (1 << 24) /* of a file: ten thousand queues with all that can be said of one */

/* FC_CONFIG_BOOL("key", struct x, member) -- an optional field; `member` is an `enum fc_config_bool`.
 * Unset when the key is absent, so that a default of true is possible. Accepts yes no true false on off. */
enum fc_config_bool { FC_CONFIG_UNSET, FC_CONFIG_NO, FC_CONFIG_YES };
#define FC_CONFIG_BOOLS 6
extern const cyaml_strval_t fc_config_bools[FC_CONFIG_BOOLS];
#define FC_CONFIG_BOOL(key, structure, member)                                                                                 \
    CYAML_FIELD_ENUM(key, CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, structure, member, fc_config_bools, FC_CONFIG_BOOLS)

/* fc_config_load -- reads and checks the whole file.
 * Shape:   schema: a mapping with CYAML_FLAG_POINTER; *out: the struct it describes, NULL on any error
 * Errors:  FC_CONFIG with "FILE:LINE:COLUMN: .." (file unreadable, empty, not YAML, not of the schema). Allocates.
 * Owns:    the caller gives *out back with fc_config_free
 * Thread:  any, but blocks on the disk */
FC_MUST_USE enum fc_status fc_config_load(const char *path, const cyaml_schema_value_t *schema, void **out, struct fc_error *err);

/* fc_config_free -- frees what fc_config_load gave, whole; NULL is fine. */
void fc_config_free(const cyaml_schema_value_t *schema, void *data);

/* fc_config_fail -- "FILE: .." for a rule that the schema cannot say; hands back FC_CONFIG. */
enum fc_status fc_config_fail(struct fc_error *err, const char *path, const char *format, ...) FC_PRINTF(3, 4);

/* fc_config_fail_at -- "FILE:LINE:COLUMN: `WHERE` .." for a value that the schema lets pass; hands back FC_CONFIG.
 * Shape:   where: "queues[2].goal", entries from 1, as in the errors above. Reads the file again for the place; without
 *          line and column when it is not there any more. Thread: any, but blocks on the disk */
enum fc_status fc_config_fail_at(struct fc_error *err, const char *path, const char *where, const char *format, ...)
    FC_PRINTF(4, 5);

/* fc_config_find -- where in a YAML text the value stands that `where` leads to. False: nowhere. Thread: any */
struct fc_config_spot {
    size_t line, column; /* from 1 */
};
bool fc_config_find(const char *text, size_t n, const char *where, struct fc_config_spot *out);

#endif
