/* board -- one screen's document: read from JSON or YAML, checked by one set of rules, written back as either.
 *
 * The rules are the tables in board.c, which README.md ("Boards") tells for people. Checked is what a document alone can be
 * wrong in: keys, types, values, KPIs against the catalogue, tiles outside the grid or over each other. Refuses to know
 * whether a queue or another board it names exists: they come and go.
 * Thread: any
 */
#ifndef FC_BOARD_H
#define FC_BOARD_H

#include "bytes.h"
#include "schema.h"

#define FC_BOARD_BYTES_MAX (256 << 10) /* of a document as it comes in */
#define FC_BOARD_TILES_MAX 60

enum fc_board_form { FC_BOARD_JSON, FC_BOARD_YAML };

/* fc_board_read -- text to a checked document.
 * Shape:  name: what errors call the text, "floor.yaml"; id: the one it must have, taken for it when it has none; NULL: its own.
 *         *out: as given, but tiles without an id got one, and "rev" "saved_us" "origin" of an earlier answer are gone
 * Errors: FC_INVALID "`tiles[3].window` is "m30", expected one of: now m15 h1 day", before it NAME:LINE:COLUMN of YAML;
 *         *out is NULL then. Allocates
 * Owns:   the caller, json_decref
 * Law:    what was read is read the same from what fc_tree_json or fc_yamltree_write makes of it (tests/fuzz/board.c) */
FC_MUST_USE enum fc_status fc_board_read(enum fc_board_form form, struct fc_str text, const char *name, const char *id,
                                         json_t **out, struct fc_error *err);

#endif
