/* web -- the front end's files, read into memory when the service starts and on reload.
 *
 * A path from a request is looked up among the names that were read, so it can name nothing else. A file under a name
 * that holds its own hash may be kept for ever by browsers, all others are asked about each time (ETag).
 * Refuses symbolic links that lead nowhere, hidden files, more than FC_WEB_FILES_MAX or FC_WEB_BYTES_MAX.
 * Thread: service, alone.
 */
#ifndef FC_WEB_H
#define FC_WEB_H

#include "bytes.h"

#define FC_WEB_FILES_MAX 2000
#define FC_WEB_BYTES_MAX (64 << 20)

struct fc_web_file {
    char *path; /* "/main.css" */
    struct fc_bytes bytes;
    const char *type;
    char etag[24]; /* with its quotes */
    bool immutable;
    struct fc_web *web;
};

struct fc_web {
    struct fc_web_file *files;
    uint32_t count, refs;
    uint64_t hash; /* of everything: which build of the page this is */
};

/* fc_web_load -- reads a directory; NULL dir: no front end, which is a web of no files.
 * Errors: FC_CONFIG it cannot be read, has no index.html or is too large. */
FC_MUST_USE enum fc_status fc_web_load(struct fc_web **out, const char *dir, struct fc_error *err);

/* fc_web_find -- the file for a request's path: "/" is index.html, "/d/BOARD" display.html, "/edit" and "/edit/BOARD"
 * editor.html, and those are index.html where the front end has no such file; NULL: none. */
const struct fc_web_file *fc_web_find(const struct fc_web *web, struct fc_str path);

/* fc_web_hold, fc_web_release -- a reply holds what it sends, so a reload does not pull it away. */
void fc_web_hold(struct fc_web *web);
void fc_web_release(struct fc_web *web);

#endif
