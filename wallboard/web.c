#include "web.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define DEPTH_MAX 6

static const struct {
    const char *suffix, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},             {".png", "image/png"},                     {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},              {".json", "application/json"},             {".map", "application/json"},
    {".webmanifest", "application/manifest+json"}, {".txt", "text/plain; charset=utf-8"}, {".wasm", "application/wasm"},
};

static const char *type_of(const char *path) {
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t k = strlen(types[i].suffix);
        if (n > k && strcmp(path + n - k, types[i].suffix) == 0) return types[i].type;
    }
    return "application/octet-stream";
}

/* esbuild's names: "main-2QK5VX7R.js": eight or more of A-Z and 0-9 between a '-' or '.' and the suffix. */
static bool has_hash(const char *path) {
    const char *name = strrchr(path, '/') + 1;
    for (const char *c = name; *c != '\0'; c++) {
        if (*c != '-' && *c != '.') continue;
        size_t n = strspn(c + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
        if (n >= 8 && c[1 + n] == '.') return true;
    }
    return false;
}

static uint64_t hash_of(uint64_t h, const void *p, size_t n) {
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i++) h = (h ^ b[i]) * UINT64_C(0x100000001b3);
    return h;
}

struct loader {
    struct fc_web *web;
    size_t bytes;
    struct fc_error *err;
};

static enum fc_status read_file(struct loader *l, const char *name, const char *path, size_t size) {
    struct fc_web *web = l->web;
    if (web->count == FC_WEB_FILES_MAX) return fc_fail(l->err, FC_CONFIG, "more than %d files", FC_WEB_FILES_MAX);
    if (size > FC_WEB_BYTES_MAX - l->bytes) return fc_fail(l->err, FC_CONFIG, "files of more than %d MiB together", FC_WEB_BYTES_MAX >> 20);
    FILE *in = fopen(name, "rb");
    if (in == NULL) return fc_fail(l->err, FC_CONFIG, "%s: %s", name, strerror(errno));
    struct fc_web_file file = {.type = type_of(path), .immutable = has_hash(path), .web = web};
    file.bytes.n = fread(fc_bytes_room(&file.bytes, size + 1), 1, size + 1, in);
    bool whole = file.bytes.n == size && ferror(in) == 0;
    (void)fclose(in);
    if (!whole) {
        fc_bytes_free(&file.bytes);
        return fc_fail(l->err, FC_CONFIG, "%s: changed while it was read", name);
    }
    file.path = strdup(path);
    web->files = realloc(web->files, (web->count + 1) * sizeof *web->files);
    FC_ASSERT(file.path != NULL && web->files != NULL);
    uint64_t h = hash_of(UINT64_C(0xcbf29ce484222325), file.bytes.p, file.bytes.n);
    (void)snprintf(file.etag, sizeof file.etag, "\"%016llx\"", (unsigned long long)h);
    web->files[web->count++] = file;
    l->bytes += size;
    return FC_OK;
}

static enum fc_status read_dir(struct loader *l, const char *dir, const char *prefix, int depth) {
    enum fc_status status = FC_OK;
    DIR *d = opendir(dir);
    if (d == NULL) return fc_fail(l->err, FC_CONFIG, "%s: %s", dir, strerror(errno));
    for (const struct dirent *e; status == FC_OK && (e = readdir(d)) != NULL;) {
        char name[1024], path[1024];
        struct stat st;
        if (e->d_name[0] == '.') continue;
        int n = snprintf(name, sizeof name, "%s/%s", dir, e->d_name), k = snprintf(path, sizeof path, "%s/%s", prefix, e->d_name);
        if (n >= (int)sizeof name || k >= (int)sizeof path) status = fc_fail(l->err, FC_CONFIG, "%s: a name in it is too long", dir);
        else if (stat(name, &st) != 0) status = fc_fail(l->err, FC_CONFIG, "%s: %s", name, strerror(errno));
        else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) status = read_dir(l, name, path, depth + 1);
        else if (S_ISREG(st.st_mode)) status = read_file(l, name, path, (size_t)st.st_size);
    }
    (void)closedir(d);
    return status;
}

static int by_path(const void *a, const void *b) {
    const struct fc_web_file *x = a, *y = b;
    return strcmp(x->path, y->path);
}

enum fc_status fc_web_load(struct fc_web **out, const char *dir, struct fc_error *err) {
    struct fc_web *web = calloc(1, sizeof *web);
    FC_ASSERT(web != NULL);
    *web = (struct fc_web){.refs = 1, .hash = UINT64_C(0xcbf29ce484222325)};
    *out = web;
    if (dir == NULL) return FC_OK;
    struct loader loader = {.web = web, .err = err};
    enum fc_status status = read_dir(&loader, dir, "", 0);
    if (web->count > 1) qsort(web->files, web->count, sizeof *web->files, by_path);
    for (uint32_t i = 0; i < web->count; i++) {
        web->hash = hash_of(web->hash, web->files[i].path, strlen(web->files[i].path));
        web->hash = hash_of(web->hash, web->files[i].etag, strlen(web->files[i].etag));
    }
    if (status == FC_OK && fc_web_find(web, FC_STR_LIT("/")) == NULL)
        status = fc_fail(err, FC_CONFIG, "%s: holds no index.html, expected the built front end", dir);
    if (status == FC_OK) return FC_OK;
    fc_web_release(web);
    *out = NULL;
    return fc_context(err, status, "--web");
}

static bool names_board(struct fc_str path, const char *under) {
    size_t n = strlen(under);
    return fc_str_starts(path, under) && path.n > n && memchr(path.p + n, '/', path.n - n) == NULL;
}

static const struct fc_web_file *find_file(const struct fc_web *web, struct fc_str path) {
    uint32_t low = 0, high = web->count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        struct fc_str at = fc_str(web->files[mid].path);
        int order = memcmp(path.p, at.p, path.n < at.n ? path.n : at.n);
        if (order == 0) order = (path.n > at.n) - (path.n < at.n);
        if (order == 0) return &web->files[mid];
        if (order < 0) high = mid;
        else low = mid + 1;
    }
    return NULL;
}

const struct fc_web_file *fc_web_find(const struct fc_web *web, struct fc_str path) {
    const char *page = NULL;
    if (names_board(path, "/d/")) page = "/display.html";
    else if (fc_str_is(path, "/edit") || names_board(path, "/edit/")) page = "/editor.html";
    else if (!fc_str_is(path, "/")) return find_file(web, path);
    const struct fc_web_file *file = page == NULL ? NULL : find_file(web, fc_str(page));
    return file != NULL ? file : find_file(web, FC_STR_LIT("/index.html"));
}

void fc_web_hold(struct fc_web *web) { web->refs++; }

void fc_web_release(struct fc_web *web) {
    if (web == NULL || --web->refs > 0) return;
    for (uint32_t i = 0; i < web->count; i++) {
        free(web->files[i].path);
        fc_bytes_free(&web->files[i].bytes);
    }
    free(web->files);
    free(web);
}
