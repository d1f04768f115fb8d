/* yamltree -- YAML text to and from the tree that JSON text becomes, so that one set of rules checks both.
 *
 * Plain scalars are what they look like: 12, 0.8, true, null; all others are texts, and what is quoted is one always.
 * Refuses aliases and tags (a few bytes could stand for gigabytes), keys given twice, more than one document.
 * Thread: any
 */
#ifndef FC_YAMLTREE_H
#define FC_YAMLTREE_H

#include "bytes.h"

#include <jansson.h>

#define FC_YAMLTREE_DEPTH_MAX 12

/* fc_yamltree_read -- the whole text as a tree; an empty one is null. `name` stands before the place in errors.
 * Errors: FC_INVALID "NAME:LINE:COLUMN: .."; *out is NULL then. Owns: the caller, json_decref */
FC_MUST_USE enum fc_status fc_yamltree_read(const char *text, size_t n, const char *name, json_t **out, struct fc_error *err);

/* fc_yamltree_write -- appends the tree as YAML. Law: fc_yamltree_read gives an equal tree (tests/fuzz/board.c). */
void fc_yamltree_write(struct fc_bytes *out, const json_t *value);

#endif
