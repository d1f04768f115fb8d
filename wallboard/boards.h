/* boards -- every board there is: built-in ones, a site's own files, and what was saved here over both.
 *
 * A board's revision is the number of its last save or deletion, 0 before the first; one number names one document for good.
 * What is saved is shown and told when it is on disk, not before. Each change goes out as topic "board/ID" and, since the
 * list has changed too, as "boards". Refuses to know HTTP (boards_api.c) and the disk (shelf.h).
 * Thread: service, alone
 */
#ifndef FC_BOARDS_H
#define FC_BOARDS_H

#include "board.h"
#include "hub.h"
#include "shelf.h"

#define FC_BOARDS_MAX 1000

enum fc_board_origin { FC_BOARD_BUILT_IN, FC_BOARD_FILE, FC_BOARD_SAVED };

struct fc_board {
    char id[FC_DOC_ID_MAX + 1];
    json_t *shipped, *saved; /* of a file; of the shelf, over it. Both NULL: it was deleted, or its first save is under way */
    enum fc_board_origin shipped_as;
    uint64_t rev, claimed; /* the last that is on disk; the last that was given to a save */
    int64_t saved_us;
    uint32_t saving; /* saves under way */
};

struct fc_boards {
    struct fc_hub *hub;
    struct fc_shelf *shelf; /* NULL: nothing can be saved */
    struct fc_board **v;    /* by id */
    uint32_t count;
    uint64_t changes; /* of the list: its topic's ver */
};

void fc_boards_init(struct fc_boards *boards, struct fc_hub *hub);
void fc_boards_fini(struct fc_boards *boards);

/* fc_boards_ship -- reads ID.yaml of both directories (NULL: none), the site's own over the built-in ones, and tells what changed.
 * Errors: FC_CONFIG a file is wrong; nothing is changed then. Blocks on the disk */
FC_MUST_USE enum fc_status fc_boards_ship(struct fc_boards *boards, const char *built_in, const char *own, struct fc_error *err);

/* fc_boards_found -- takes a record of the shelf in, at the start; false: it is none. fc_boards_tell_all -- after all of them. */
bool fc_boards_found(struct fc_boards *boards, const struct fc_shelf_record *record);
void fc_boards_tell_all(struct fc_boards *boards);

/* fc_boards_find -- NULL: never heard of. fc_board_shown -- its document; NULL: it is deleted. */
struct fc_board *fc_boards_find(const struct fc_boards *boards, struct fc_str id);
const json_t *fc_board_shown(const struct fc_board *board);

/* fc_board_answer -- the document with "rev", "saved_us" and "origin". fc_boards_list -- {"id","title","rev",..} of each.
 * Owns: the caller, json_decref */
json_t *fc_board_answer(const struct fc_board *board);
json_t *fc_boards_list(const struct fc_boards *boards);

/* fc_boards_save -- orders a new revision: `document`, or its deletion when NULL.
 * Shape:  document: taken, whatever happens; rev: the revision that it replaces, or -1: any
 *         *out: the order under way; its `done` is called with ctx, and `owner` the boards, once it is on disk or is not;
 *         who does not wait any more sets order->ctx NULL
 * Errors: FC_AGAIN another revision is newer, see fc_board_latest; FC_ABSENT nothing to delete; FC_FULL a limit */
FC_MUST_USE enum fc_status fc_boards_save(struct fc_boards *boards, struct fc_str id, json_t *document, int64_t rev,
                                          void (*done)(struct fc_shelf_order *order), void *ctx, struct fc_shelf_order **out,
                                          struct fc_error *err);

/* fc_boards_saved -- what `done` calls first: takes over what is on disk now, or the failure. */
void fc_boards_saved(struct fc_boards *boards, const struct fc_shelf_order *order);

/* fc_board_latest -- the revision that a change must replace: a save under way counts. */
uint64_t fc_board_latest(const struct fc_board *board);

#endif
