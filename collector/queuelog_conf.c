#include "queuelog_conf.h"

#include "event.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct place {
    const char *path;
    int number;
    bool fixed;
    struct fc_str queue;
    char section[FC_ID_MAX + 1];
};

static struct fc_str trim(struct fc_str s) {
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) s = fc_str_n(s.p + 1, s.n - 1);
    while (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]) != NULL) s.n--;
    return s;
}

/* What stands before `mark`, which is taken off `rest`; all of it when there is no mark. */
static struct fc_str cut_at(struct fc_str *rest, char mark) {
    const char *at = rest->n > 0 ? memchr(rest->p, mark, rest->n) : NULL;
    struct fc_str s = at == NULL ? *rest : fc_str_n(rest->p, (size_t)(at - rest->p));
    uint32_t used = at == NULL ? rest->n : s.n + 1;
    *rest = fc_str_n(rest->p + used, rest->n - used);
    return trim(s);
}

static size_t key_of(char to[2 * FC_ID_MAX + 2], struct fc_str queue, struct fc_str interface) {
    int n = snprintf(to, 2 * FC_ID_MAX + 2, "%.*s|%.*s", FC_STR_ARG(queue), FC_STR_ARG(interface));
    return n < 2 * FC_ID_MAX + 2 ? (size_t)n : 2 * FC_ID_MAX + 1;
}

static void add(struct fc_qconf *conf, struct fc_str queue, struct fc_str interface, struct fc_str name, bool fixed) {
    char key[2 * FC_ID_MAX + 2];
    size_t n = key_of(key, queue, interface);
    if (fc_qmap_find(&conf->members, fc_str_n(key, n)) != NULL) return;
    struct fc_qconf_member *m = fc_qalloc(sizeof *m);
    m->queue = fc_qdup(queue);
    m->name = fc_qdup(name);
    m->fixed = fixed;
    fc_qmap_add(&conf->members, &m->node, fc_str_n(key, n));
}

/* "member => interface[,penalty[,name[,..]]]"; without a name the interface is the name. */
static enum fc_status read_member(struct fc_qconf *conf, const struct place *at, struct fc_str value, struct fc_error *err) {
    if (value.n > 0 && value.p[0] == '>') value = fc_str_n(value.p + 1, value.n - 1);
    struct fc_str interface = cut_at(&value, ',');
    (void)cut_at(&value, ',');
    struct fc_str name = cut_at(&value, ',');
    if (at->queue.n == 0 || interface.n == 0 || interface.n > FC_ID_MAX || name.n > FC_ID_MAX)
        return fc_fail(err, FC_CONFIG, "%s:%d: expected member => interface,penalty,name below the [queue] it serves", at->path, at->number);
    add(conf, at->queue, interface, name.n > 0 ? name : interface, at->fixed);
    return FC_OK;
}

static enum fc_status read_line(struct fc_qconf *conf, struct place *at, struct fc_str line, struct fc_error *err) {
    line = cut_at(&line, ';');
    if (line.n > 0 && line.p[0] == '[') {
        line = fc_str_n(line.p + 1, line.n - 1);
        struct fc_str name = cut_at(&line, ']');
        (void)fc_str_copy(at->section, sizeof at->section, fc_str_is(name, "general") ? (struct fc_str){0} : name);
        at->queue = fc_str(at->section);
        return FC_OK;
    }
    struct fc_str key = cut_at(&line, '=');
    return fc_str_is(key, "member") ? read_member(conf, at, line, err) : FC_OK;
}

enum fc_status fc_qconf_read(struct fc_qconf *conf, const char *path, bool fixed, struct fc_error *err) {
    FILE *f = fopen(path, "re");
    if (f == NULL) return fc_fail(err, FC_IO, "%s: %s", path, strerror(errno));
    struct place at = {.path = path, .number = 1, .fixed = fixed};
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    enum fc_status st = FC_OK;
    for (; st == FC_OK && (n = getline(&line, &cap, f)) >= 0; at.number++) st = read_line(conf, &at, fc_str_n(line, (size_t)n), err);
    if (st == FC_OK && ferror(f) != 0) st = fc_fail(err, FC_IO, "%s: %s", path, strerror(errno));
    free(line);
    (void)fclose(f);
    return st;
}

void fc_qconf_init(struct fc_qconf *conf) { fc_qmap_init(&conf->members); }

void fc_qconf_fini(struct fc_qconf *conf) {
    while (conf->members.head != NULL) {
        struct fc_qconf_member *m = (struct fc_qconf_member *)conf->members.head;
        fc_qmap_remove(&conf->members, &m->node);
        free(m->queue);
        free(m->name);
        free(m);
    }
    fc_qmap_fini(&conf->members);
}

struct fc_str fc_qconf_name(const struct fc_qconf *conf, struct fc_str queue, struct fc_str interface) {
    char key[2 * FC_ID_MAX + 2];
    if (conf == NULL || queue.n > FC_ID_MAX || interface.n > FC_ID_MAX) return (struct fc_str){0};
    const struct fc_qnode *node = fc_qmap_find(&conf->members, fc_str_n(key, key_of(key, queue, interface)));
    return node == NULL ? (struct fc_str){0} : fc_str(((const struct fc_qconf_member *)node)->name);
}
