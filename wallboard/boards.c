#include "boards.h"

#include "log.h"
#include "own.h"
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void fc_boards_init(struct fc_boards *boards, struct fc_hub *hub) { *boards = (struct fc_boards){.hub = hub}; }

static void destroy(struct fc_board *board) {
    json_decref(board->shipped);
    json_decref(board->saved);
    free(board);
}

void fc_boards_fini(struct fc_boards *boards) {
    for (uint32_t i = 0; i < boards->count; i++) destroy(boards->v[i]);
    free(boards->v);
    *boards = (struct fc_boards){0};
}

/* ---- finding ----------------------------------------------------------------------------------------------------- */

/* Where it is, or would be. */
static uint32_t place_of(const struct fc_boards *boards, struct fc_str id, bool *there) {
    char text[FC_DOC_ID_MAX + 1];
    uint32_t low = 0, high = boards->count;
    (void)fc_str_copy(text, sizeof text, id);
    *there = false;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int order = strcmp(text, boards->v[mid]->id);
        if (order == 0) {
            *there = id.n <= FC_DOC_ID_MAX;
            return mid;
        }
        if (order < 0) high = mid;
        else low = mid + 1;
    }
    return low;
}

struct fc_board *fc_boards_find(const struct fc_boards *boards, struct fc_str id) {
    bool there;
    uint32_t at = place_of(boards, id, &there);
    return there ? boards->v[at] : NULL;
}

static struct fc_board *ensure(struct fc_boards *boards, struct fc_str id) {
    bool there;
    uint32_t at = place_of(boards, id, &there);
    if (there) return boards->v[at];
    struct fc_board *board = calloc(1, sizeof *board);
    boards->v = realloc(boards->v, (boards->count + 1) * sizeof(struct fc_board *));
    FC_ASSERT(board != NULL && boards->v != NULL);
    memmove(&boards->v[at + 1], &boards->v[at], (boards->count - at) * sizeof(struct fc_board *));
    (void)fc_str_copy(board->id, sizeof board->id, id);
    boards->v[at] = board;
    boards->count++;
    return board;
}

const json_t *fc_board_shown(const struct fc_board *board) { return board->saved != NULL ? board->saved : board->shipped; }
uint64_t fc_board_latest(const struct fc_board *board) { return board->saving > 0 ? board->claimed : board->rev; }

/* ---- telling ----------------------------------------------------------------------------------------------------- */

static void describe(json_t *to, const struct fc_board *board) {
    static const char *const words[] = {[FC_BOARD_BUILT_IN] = "built-in", [FC_BOARD_FILE] = "file", [FC_BOARD_SAVED] = "saved"};
    (void)json_object_set_new(to, "rev", json_integer((json_int_t)board->rev));
    (void)json_object_set_new(to, "saved_us", board->rev > 0 ? json_integer(board->saved_us) : json_null());
    (void)json_object_set_new(to, "origin", json_string(words[board->saved != NULL ? FC_BOARD_SAVED : board->shipped_as]));
}

json_t *fc_board_answer(const struct fc_board *board) {
    json_t *out = json_object();
    const json_t *shown = fc_board_shown(board);
    for (struct fc_tree_pair p = fc_tree_first(shown); p.key != NULL; p = fc_tree_next(shown, p))
        (void)json_object_set_new(out, p.key, json_incref(json_object_get(shown, p.key)));
    describe(out, board);
    return out;
}

json_t *fc_boards_list(const struct fc_boards *boards) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < boards->count; i++) {
        const struct fc_board *board = boards->v[i];
        if (fc_board_shown(board) == NULL) continue;
        json_t *one = json_object();
        (void)json_object_set_new(one, "id", json_string(board->id));
        (void)json_object_set_new(one, "title", json_incref(json_object_get(fc_board_shown(board), "title")));
        describe(one, board);
        (void)json_object_set_new(one, "editable", json_boolean(boards->shelf != NULL));
        (void)json_array_append_new(list, one);
    }
    return list;
}

static void tell_list(struct fc_boards *boards) {
    json_t *list = fc_boards_list(boards);
    fc_own_put(boards->hub, "boards", ++boards->changes, fc_wall_now().us, "boards", list);
    json_decref(list);
}

static void tell(struct fc_boards *boards, const struct fc_board *board) {
    char topic[FC_DOC_ID_MAX + 8];
    (void)snprintf(topic, sizeof topic, "board/%s", board->id);
    if (fc_board_shown(board) == NULL) {
        fc_own_bury(boards->hub, topic);
        return;
    }
    json_t *answer = fc_board_answer(board);
    fc_own_put(boards->hub, topic, board->rev, fc_wall_now().us, "board", answer);
    json_decref(answer);
}

void fc_boards_tell_all(struct fc_boards *boards) {
    for (uint32_t i = 0; i < boards->count; i++) tell(boards, boards->v[i]);
    tell_list(boards);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

struct shipment {
    json_t *boards; /* by id, {"as": origin, "board": document} */
    enum fc_board_origin as;
    struct fc_error *err;
};

static char *read_text(const char *path, size_t *n, struct fc_error *err) {
    FILE *f = fopen(path, "re");
    char *text = malloc(FC_BOARD_BYTES_MAX + 1);
    FC_ASSERT(text != NULL);
    *n = f != NULL ? fread(text, 1, FC_BOARD_BYTES_MAX + 1, f) : 0;
    bool good = f != NULL && ferror(f) == 0;
    if (!good) (void)fc_fail(err, FC_CONFIG, "%s: %s", path, strerror(errno));
    if (f != NULL) (void)fclose(f);
    if (good) return text;
    free(text);
    return NULL;
}

static enum fc_status take_file(struct shipment *s, const char *dir, const char *name) {
    char path[1300], id[300];
    json_t *board;
    size_t n, stem = strlen(name) - strlen(".yaml");
    (void)snprintf(path, sizeof path, "%.1000s/%s", dir, name);
    (void)fc_str_copy(id, sizeof id, fc_str_n(name, stem));
    char *text = read_text(path, &n, s->err);
    if (text == NULL) return FC_CONFIG;
    enum fc_status status = fc_board_read(FC_BOARD_YAML, fc_str_n(text, n), path, id, &board, s->err);
    free(text);
    if (status != FC_OK) return FC_CONFIG;
    json_t *one = json_object();
    (void)json_object_set_new(one, "as", json_integer(s->as));
    (void)json_object_set_new(one, "board", board);
    (void)json_object_set_new(s->boards, id, one);
    return FC_OK;
}

static enum fc_status take_dir(struct shipment *s, const char *dir, enum fc_board_origin as) {
    DIR *d = dir == NULL ? NULL : opendir(dir);
    enum fc_status status = FC_OK;
    if (dir == NULL) return FC_OK;
    if (d == NULL) return fc_fail(s->err, FC_CONFIG, "boards: %s: %s", dir, strerror(errno));
    s->as = as;
    for (const struct dirent *e; status == FC_OK && (e = readdir(d)) != NULL;) {
        size_t n = strlen(e->d_name);
        if (e->d_name[0] == '.' || n <= 5 || strcmp(e->d_name + n - 5, ".yaml") != 0) continue;
        status = take_file(s, dir, e->d_name);
        if (status == FC_OK && json_object_size(s->boards) > FC_BOARDS_MAX)
            status = fc_fail(s->err, FC_CONFIG, "boards: %s: more than %d", dir, FC_BOARDS_MAX);
    }
    (void)closedir(d);
    return status;
}

/* True: what is shown has changed. */
static bool replace(struct fc_board *board, json_t *one) {
    json_t *document = json_object_get(one, "board");
    bool same = document == NULL ? board->shipped == NULL : board->shipped != NULL && json_equal(document, board->shipped) == 1;
    board->shipped_as = (enum fc_board_origin)json_integer_value(json_object_get(one, "as"));
    if (same) return false;
    json_decref(board->shipped);
    board->shipped = json_incref(document);
    return board->saved == NULL;
}

enum fc_status fc_boards_ship(struct fc_boards *boards, const char *built_in, const char *own, struct fc_error *err) {
    struct shipment s = {.boards = json_object(), .err = err};
    bool changed = false;
    enum fc_status status = take_dir(&s, built_in, FC_BOARD_BUILT_IN);
    if (status == FC_OK) status = take_dir(&s, own, FC_BOARD_FILE);
    if (status == FC_OK) {
        for (struct fc_tree_pair p = fc_tree_first(s.boards); p.key != NULL; p = fc_tree_next(s.boards, p)) (void)ensure(boards, fc_str(p.key));
        for (uint32_t i = 0; i < boards->count; i++) {
            if (!replace(boards->v[i], json_object_get(s.boards, boards->v[i]->id))) continue;
            tell(boards, boards->v[i]);
            changed = true;
        }
        if (changed) tell_list(boards);
    }
    json_decref(s.boards);
    return status;
}

/* ---- the shelf --------------------------------------------------------------------------------------------------- */

/* A document that was saved by the rules of its time is checked by those of now. */
static bool take_document(struct fc_board *board, const json_t *document) {
    struct fc_bytes text = {0};
    struct fc_error err;
    json_t *out;
    fc_tree_json(&text, document);
    bool good = fc_board_read(FC_BOARD_JSON, fc_str_n((const char *)text.p, text.n), board->id, board->id, &out, &err) == FC_OK;
    fc_bytes_free(&text);
    if (!good) {
        fc_warn("board \"%s\": %s", board->id, err.text);
        return false;
    }
    json_decref(board->saved);
    board->saved = out;
    return true;
}

bool fc_boards_found(struct fc_boards *boards, const struct fc_shelf_record *record) {
    if (!fc_id_valid(record->key)) return false;
    struct fc_board *board = ensure(boards, record->key);
    board->rev = board->claimed = record->number; /* also of one that cannot be read: the next save must not take its number */
    json_t *root = json_loadb(record->value.p, record->value.n, 0, NULL);
    const json_t *document = json_object_get(root, "board");
    bool deleted = json_is_true(json_object_get(root, "deleted"));
    board->saved_us = json_integer_value(json_object_get(root, "saved_us"));
    if (deleted) {
        json_decref(board->saved);
        board->saved = NULL;
    }
    bool good = root != NULL && (deleted || (json_is_object(document) && take_document(board, document)));
    json_decref(root);
    return good;
}

static void write_record(struct fc_bytes *out, uint64_t rev, int64_t saved_us, const json_t *document) {
    fc_bytes_printf(out, "{\"rev\":%llu,\"saved_us\":%lld,\"deleted\":%s", (unsigned long long)rev, (long long)saved_us, document == NULL ? "true" : "false");
    if (document != NULL) {
        fc_bytes_text(out, ",\"board\":");
        fc_tree_json(out, document);
    }
    fc_bytes_char(out, '}');
}

static enum fc_status may_save(const struct fc_boards *boards, const struct fc_board *board, bool deletes, int64_t rev, struct fc_error *err) {
    uint64_t latest = board == NULL ? 0 : fc_board_latest(board);
    if (rev >= 0 && (uint64_t)rev != latest)
        return fc_fail(err, FC_AGAIN, "revision %llu is the latest, expected the change to begin from it, not from %lld", (unsigned long long)latest, (long long)rev);
    if (deletes && (board == NULL || (board->saved == NULL && board->saving == 0)))
        return fc_fail(err, FC_ABSENT, board != NULL && board->shipped != NULL ? "it is not saved here, so it cannot be deleted" : "no such board");
    if (board == NULL && boards->count >= FC_BOARDS_MAX) return fc_fail(err, FC_FULL, "there are %d boards, as many as can be", FC_BOARDS_MAX);
    return FC_OK;
}

enum fc_status fc_boards_save(struct fc_boards *boards, struct fc_str id, json_t *document, int64_t rev,
                              void (*done)(struct fc_shelf_order *order), void *ctx, struct fc_shelf_order **out, struct fc_error *err) {
    struct fc_board *board = fc_boards_find(boards, id);
    FC_ASSERT(boards->shelf != NULL);
    enum fc_status status = may_save(boards, board, document == NULL, rev, err);
    if (status == FC_OK) {
        board = ensure(boards, id);
        struct fc_shelf_order *order = fc_shelf_order_new(FC_SHELF_PUT_BOARD, id, board->claimed + 1);
        order->done = done;
        order->ctx = ctx;
        order->owner = boards;
        write_record(&order->value, order->number, fc_wall_now().us, document);
        status = order->value.n > FC_BOARD_BYTES_MAX ? fc_fail(err, FC_INVALID, "%zu bytes, expected at most %d", order->value.n, FC_BOARD_BYTES_MAX)
                                                     : fc_shelf_send(boards->shelf, order, err);
        if (status == FC_OK) {
            board->claimed++;
            board->saving++;
            *out = order;
        } else {
            fc_shelf_order_free(order);
        }
    }
    json_decref(document);
    return status;
}

void fc_boards_saved(struct fc_boards *boards, const struct fc_shelf_order *order) {
    struct fc_board *board = fc_boards_find(boards, fc_str(order->key));
    FC_ASSERT(board != NULL && board->saving > 0);
    board->saving--;
    if (order->status != FC_OK) {
        boards->hub->counters.boards_failed_total++;
        fc_err("board \"%s\" is not saved: %s", order->key, order->err.text);
        return;
    }
    struct fc_shelf_record record = {FC_SHELF_PUT_BOARD, fc_str(order->key), fc_str_n((const char *)order->value.p, order->value.n), order->number};
    uint64_t claimed = board->claimed;
    (void)fc_boards_found(boards, &record);
    board->claimed = claimed;
    boards->hub->counters.boards_saved_total++;
    tell(boards, board);
    tell_list(boards);
}
