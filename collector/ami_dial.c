#include "ami_dial.h"

#include "ami_map.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct fc_ami_lookup {
    struct gaicb request;
    struct addrinfo hints;
    bool done;
    char host[256], port[8];
};

void fc_ami_dial_init(struct fc_ami_dial *d) {
    *d = (struct fc_ami_dial){.fd = -1};
}

void fc_ami_dial_stop(struct fc_ami_dial *d) {
    if (d->fd >= 0) (void)close(d->fd);
    d->fd = -1;
    d->next = NULL;
    struct fc_ami_lookup *l = d->lookup;
    d->lookup = NULL;
    /* A look-up that runs and cannot be called off keeps its memory: the C library will still write there. */
    if (l == NULL || (!l->done && gai_cancel(&l->request) == EAI_NOTCANCELED)) return;
    if (l->request.ar_result != NULL) freeaddrinfo(l->request.ar_result);
    free(l);
}

void fc_ami_dial_start(struct fc_ami_dial *d, const char *host, const char *port) {
    fc_ami_dial_stop(d);
    struct fc_ami_lookup *l = fc_ami_alloc(sizeof *l);
    fc_str_copy(l->host, sizeof l->host, fc_str(host));
    fc_str_copy(l->port, sizeof l->port, fc_str(port));
    l->hints = (struct addrinfo){.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    l->request = (struct gaicb){.ar_name = l->host, .ar_service = l->port, .ar_request = &l->hints};
    d->lookup = l;
    if (getaddrinfo(l->host, l->port, &l->hints, &l->request.ar_result) == 0) { /* an address: nothing to look up */
        l->done = true;
        d->next = l->request.ar_result;
        return;
    }
    l->hints.ai_flags = AI_NUMERICSERV;
    l->request.ar_result = NULL;
    struct gaicb *list[] = {&l->request};
    (void)getaddrinfo_a(GAI_NOWAIT, list, 1, NULL); /* a failure shows in gai_error */
}

static enum fc_status look_up(struct fc_ami_dial *d, struct fc_error *err) {
    struct fc_ami_lookup *l = d->lookup;
    if (l->done) return FC_OK;
    int code = gai_error(&l->request);
    if (code == EAI_INPROGRESS) return FC_AGAIN;
    l->done = true;
    if (code != 0) return fc_fail(err, FC_IO, "cannot look up %s: %s", l->host, gai_strerror(code));
    d->next = l->request.ar_result;
    return FC_OK;
}

/* Whether the pending connect has come to an end, and how. */
static enum fc_status finish(struct fc_ami_dial *d, int *fd, struct fc_error *err) {
    struct pollfd p = {.fd = d->fd, .events = POLLOUT};
    if (poll(&p, 1, 0) == 0) return FC_AGAIN;
    int code = 0;
    socklen_t n = sizeof code;
    if (getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &code, &n) != 0) code = errno;
    if (code == 0) {
        *fd = d->fd;
        d->fd = -1;
        fc_ami_dial_stop(d);
        return FC_OK;
    }
    (void)close(d->fd);
    d->fd = -1;
    return fc_fail(err, FC_IO, "%s", strerror(code));
}

/* Leaves d->fd connecting, or -1 with the reason in err. */
static void try_address(struct fc_ami_dial *d, struct fc_error *err) {
    const struct addrinfo *a = d->next;
    int one = 1;
    d->next = a->ai_next;
    d->fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
    if (d->fd < 0) {
        (void)fc_fail(err, FC_IO, "no socket: %s", strerror(errno));
        return;
    }
    (void)setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(d->fd, a->ai_addr, a->ai_addrlen) == 0 || errno == EINPROGRESS) return;
    (void)fc_fail(err, FC_IO, "%s", strerror(errno));
    (void)close(d->fd);
    d->fd = -1;
}

enum fc_status fc_ami_dial_step(struct fc_ami_dial *d, int *fd, struct fc_error *err) {
    FC_ASSERT(d->lookup != NULL);
    enum fc_status st = look_up(d, err);
    if (st != FC_OK) return st;
    for (;;) {
        if (d->fd >= 0) {
            st = finish(d, fd, err);
            if (st != FC_IO) return st;
        }
        if (d->next == NULL) return FC_IO; /* err holds what the last address said */
        try_address(d, err);
    }
}
