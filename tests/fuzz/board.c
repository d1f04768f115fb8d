/* board -- the body of PUT /api/v1/boards/ID: the first byte says JSON ('{' and what else is no 'Y') or YAML, the rest is the document.
 * What is taken must be read the same from either form it is written in. */
#include "board.h"
#include "fuzz.h"
#include "tree.h"
#include "yamltree.h"

static void comes_back(enum fc_board_form form, const struct fc_bytes *text, const json_t *board) {
    json_t *again;
    struct fc_error err = {""};
    json_t *same;
    memcpy(&same, &board, sizeof same);
    if (text->n > FC_BOARD_BYTES_MAX) return;
    enum fc_status status = fc_board_read(form, fc_str_n((const char *)text->p, text->n), "again", NULL, &again, &err);
    if (status != FC_OK) (void)fprintf(stderr, "%s\n%.*s\n", err.text, (int)text->n, (const char *)text->p);
    FC_ASSERT(status == FC_OK && json_equal(again, same) == 1);
    json_decref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fc_error err = {""};
    struct fc_bytes text = {0};
    json_t *board;
    bool yaml = size > 0 && data[0] == 'Y';
    struct fc_str body = fc_str_n((const char *)data + yaml, size - yaml);
    if (fc_board_read(yaml ? FC_BOARD_YAML : FC_BOARD_JSON, body, "board", NULL, &board, &err) != FC_OK) {
        FC_ASSERT(board == NULL);
        fuzz_sentence(&err);
        return 0;
    }
    fc_tree_json(&text, board);
    comes_back(FC_BOARD_JSON, &text, board);
    fc_bytes_clear(&text);
    fc_yamltree_write(&text, board);
    comes_back(FC_BOARD_YAML, &text, board);
    fc_bytes_free(&text);
    json_decref(board);
    return 0;
}
