#include "door.h"

#include "log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORK_LEAST_MS 0.05 /* what any request costs beside what can be measured: system calls, parsing */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage room;
};

/* --- opening --- */

_Static_assert(FC_TRUSTED_MAX <= FC_ADDRESSES_TRUSTED_MAX, "all that can be configured must have a place");

static enum fc_status trust(struct fc_door *door, struct fc_error *err) {
    const struct fc_settings *s = door->settings;
    for (uint32_t i = 0; i < s->trusted_count; i++)
        if (!fc_address_key_read(s->trusted[i], &door->addresses.trusted[i]))
            return fc_fail(err, FC_CONFIG, "trusted: \"%s\": expected an address such as 10.0.0.1", s->trusted[i]);
    door->addresses.trusted_count = s->trusted_count;
    return FC_OK;
}

static bool bind_and_listen(struct fc_door *door) {
    const struct fc_settings *s = door->settings;
    union address at = {0};
    socklen_t n = sizeof at;
    int one = 1;
    door->fd = socket(s->ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (door->fd < 0) return false;
    at.any.sa_family = s->ipv6 ? AF_INET6 : AF_INET;
    at.v4.sin_port = htons((uint16_t)s->port); /* at the same place in both */
    (void)inet_pton(at.any.sa_family, s->address, s->ipv6 ? (void *)&at.v6.sin6_addr : (void *)&at.v4.sin_addr);
    (void)setsockopt(door->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(door->fd, &at.any, s->ipv6 ? sizeof at.v6 : sizeof at.v4) != 0 || listen(door->fd, SOMAXCONN) != 0) return false;
    if (getsockname(door->fd, &at.any, &n) != 0) return false;
    door->port = ntohs(at.v4.sin_port);
    return true;
}

static int open_reserve(void) { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

enum fc_status fc_door_open(struct fc_door *door, const struct fc_settings *settings, struct fc_counters *counters,
                            struct fc_error *err) {
    *door = (struct fc_door){.fd = -1, .reserve = open_reserve(), .settings = settings, .counters = counters};
    enum fc_status status = trust(door, err);
    if (status == FC_OK && !bind_and_listen(door))
        status = fc_fail(err, FC_IO, "--listen %s:%d: %s", settings->host, settings->port, strerror(errno));
    if (status != FC_OK) fc_door_close(door);
    return status;
}

void fc_door_close(struct fc_door *door) {
    if (door->fd >= 0) (void)close(door->fd);
    if (door->reserve >= 0) (void)close(door->reserve);
    door->fd = door->reserve = -1;
    fc_addresses_fini(&door->addresses);
}

/* --- refusing --- */

void fc_door_complain(struct fc_door *door, const struct fc_address *address, const char *what, struct fc_mono now) {
    char who[INET6_ADDRSTRLEN] = "?", more[48] = "";
    if (door->logged.ns != 0 && fc_mono_ms_since(door->logged, now) < 1000) {
        door->unlogged++;
        return;
    }
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const uint8_t *bytes = address->key.bytes;
    if (memcmp(bytes, mapped, sizeof mapped) == 0) (void)inet_ntop(AF_INET, bytes + sizeof mapped, who, sizeof who);
    else (void)inet_ntop(AF_INET6, bytes, who, sizeof who);
    if (door->unlogged > 0) (void)snprintf(more, sizeof more, " (and %llu refusals more)", (unsigned long long)door->unlogged);
    fc_warn("%s: %s%s", who, what, more);
    door->logged = now;
    door->unlogged = 0;
}

/* Read what has come already: closing on unread bytes would take the answer away from the other side again. */
static void refuse(int fd, const char *why) {
    char text[512], rest[4096];
    int n = snprintf(text, sizeof text,
                     "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n"
                     "connection: close\r\nretry-after: 5\r\ncache-control: no-store\r\n\r\n{\"error\":\"%s\"}\n",
                     strlen(why) + sizeof "{\"error\":\"\"}", why);
    for (int i = 0; i < 4 && recv(fd, rest, sizeof rest, MSG_DONTWAIT) > 0; i++) continue;
    (void)send(fd, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(fd, SHUT_WR);
    (void)close(fd);
}

/* What stands against one more connection, as a sentence; NULL: nothing. */
static const char *objection(struct fc_door *door, struct fc_address *from, char *text, size_t cap, struct fc_mono now) {
    const struct fc_settings *s = door->settings;
    const struct fc_bounds *l = &s->limits;
    uint64_t all = (uint64_t)s->clients_max + l->http_connections;
    if (door->counters->connections >= all) {
        door->counters->connections_refused_total++;
        (void)snprintf(text, cap, "%llu connections are open, as many as max_clients and limits.http_connections allow",
                       (unsigned long long)all);
    } else if (!from->trusted && from->connections >= l->connections_per_address) {
        door->counters->connections_refused_address_total++;
        (void)snprintf(text, cap, "%u connections of this address are open, as many as limits.connections_per_address allows",
                       from->connections);
    } else if (!from->trusted && !fc_budget_has(&from->connects, l->connects_per_s, l->connections_per_address, now)) {
        door->counters->connections_refused_rate_total++;
        (void)snprintf(text, cap, "this address connects faster than %u times a second, which limits.connects_per_s allows",
                       l->connects_per_s);
    } else {
        return NULL;
    }
    return text;
}

/* The process has no descriptor left: gives up the reserve for as long as one refusal takes. False: nobody waits. */
static bool refuse_with_reserve(struct fc_door *door, struct fc_mono now) {
    static const char why[] = "this server has no file descriptor left (ulimit -n)";
    static const struct fc_address nobody;
    if (door->reserve >= 0) (void)close(door->reserve);
    int fd = accept4(door->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) refuse(fd, why);
    door->reserve = open_reserve();
    door->counters->connections_refused_files_total += fd >= 0;
    if (fd >= 0) fc_door_complain(door, &nobody, why, now);
    return fd >= 0;
}

/* --- accepting --- */

static void prepare(const struct fc_door *door, int fd) {
    int one = 1, bytes = (int)door->settings->limits.send_buffer_bytes;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

bool fc_door_open_now(struct fc_door *door, struct fc_mono now) {
    double per_s = door->settings->limits.accepts_per_s;
    return fc_budget_has(&door->pace, per_s, per_s / 4, now);
}

int fc_door_accept(struct fc_door *door, uint32_t *turns, struct fc_address **address, struct fc_mono now) {
    for (; *turns > 0 && fc_door_open_now(door, now); (*turns)--) {
        union address from = {0};
        socklen_t n = sizeof from;
        struct fc_address_key key;
        char text[200];
        int fd = accept4(door->fd, &from.any, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE) && refuse_with_reserve(door, now)) continue;
        if (fd < 0 && (errno == ECONNABORTED || errno == EINTR)) continue;
        if (fd < 0) return -1;
        (void)fc_address_key_of(&from.any, &key);
        *address = fc_addresses_of(&door->addresses, &key, now);
        const char *why = objection(door, *address, text, sizeof text, now);
        if (why == NULL) {
            (*turns)--;
            fc_budget_spend(&(*address)->connects, 1);
            fc_budget_spend(&door->pace, 1);
            prepare(door, fd);
            return fd;
        }
        refuse(fd, why);
        fc_door_complain(door, *address, why, now);
    }
    return -1;
}

/* --- work --- */

bool fc_door_may_work(struct fc_door *door, struct fc_address *address, struct fc_mono now) {
    double per_s = door->settings->limits.work_ms_per_s;
    return address == NULL || address->trusted || fc_budget_has(&address->work, per_s, 10 * per_s, now);
}

void fc_door_worked(struct fc_address *address, struct fc_mono since, struct fc_mono now) {
    if (address != NULL) fc_budget_spend(&address->work, WORK_LEAST_MS + (double)(now.ns - since.ns) / 1e6);
}
