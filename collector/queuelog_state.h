/* queuelog_state -- what queuelog_track remembers, for its own files: _track (dispatch), _visit, _member, _save. */
#ifndef FC_QUEUELOG_STATE_H
#define FC_QUEUELOG_STATE_H

#include "clock.h"
#include "queuelog_conf.h"
#include "queuelog_map.h"
#include "queuelog_track.h"

#define FC_QCALL_KEPT_US (4 * 3600 * FC_SECOND_US)   /* a call without a visit is forgotten after it */
#define FC_QVISIT_OPEN_US (12 * 3600 * FC_SECOND_US) /* a visit without an end is ended after it */
#define FC_QSWEEP_US (600 * FC_SECOND_US)

struct fc_qvisit {
    struct fc_qvisit *next; /* of the same call, newest first */
    char *contact, *queue, *agent; /* agent NULL: waiting */
    int64_t offered_us, answered_us;
    bool current; /* the call's last visit: what its next line is about, but for late ends */
};

struct fc_qcall {
    struct fc_qnode node; /* key: call id; first member */
    struct fc_qvisit *open;
    char *moved; /* the call id that took its visit over, or NULL */
    int64_t last_us, number; /* number: visits so far */
};

struct fc_qserve { /* an agent's place in one queue */
    char *queue;
    bool joined, paused, added; /* added: by ADDMEMBER, so her pause outlives a restart of Asterisk */
    int64_t parted_us;
};

struct fc_qagent {
    struct fc_qnode node; /* key: member name; first member */
    struct fc_qserve *serves;
    uint32_t n;
    int64_t state, login; /* state: last one told, -1 none. login: AGENTLOGIN 1, AGENTLOGOFF 0, neither -1 */
    char *reason;         /* told with it */
    bool seen;            /* named by a line that holds a member's name for sure */
};

struct fc_qtrack {
    const struct fc_qconf *conf;
    void (*emit)(void *ctx, struct fc_event *ev);
    void *ctx;
    struct fc_qmap calls, agents;
    int64_t now_us, swept_us; /* now: the latest time in the log */
    int64_t epoch_s;          /* of this life of Asterisk; 0 before the first line */
    uint32_t open;
    bool plain_names; /* some agent's name was no interface: so an interface names nobody */
    struct fc_qtrack_counts counts;
};

/* queuelog_visit.c */
void fc_qvisit_enter(struct fc_qtrack *t, const struct fc_qline *line);
void fc_qvisit_leave(struct fc_qtrack *t, const struct fc_qline *line, enum fc_left reason);
void fc_qvisit_connect(struct fc_qtrack *t, const struct fc_qline *line);
void fc_qvisit_end(struct fc_qtrack *t, const struct fc_qline *line, enum fc_by by);
void fc_qvisit_miss(struct fc_qtrack *t, const struct fc_qline *line);
void fc_qvisit_end_all(struct fc_qtrack *t, int64_t ts_us);
void fc_qvisit_sweep(struct fc_qtrack *t);
void fc_qvisit_forget(struct fc_qtrack *t);                         /* every open visit */
void fc_qcall_free(struct fc_qtrack *t, struct fc_qcall *call); /* with its visits */
struct fc_qcall *fc_qcall_get(struct fc_qtrack *t, struct fc_str callid);
struct fc_qvisit *fc_qvisit_add(struct fc_qtrack *t, struct fc_qcall *call, struct fc_str contact, struct fc_str queue);

/* queuelog_member.c */
void fc_qmember_seen(struct fc_qtrack *t, const struct fc_qline *line, int64_t since_us); /* she was a member at since_us */
void fc_qmember_added(struct fc_qtrack *t, const struct fc_qline *line);
void fc_qmember_removed(struct fc_qtrack *t, const struct fc_qline *line);
void fc_qmember_pause(struct fc_qtrack *t, const struct fc_qline *line, bool paused);
void fc_qmember_pause_all(struct fc_qtrack *t, const struct fc_qline *line, bool paused);
void fc_qmember_login(struct fc_qtrack *t, const struct fc_qline *line, bool in);
void fc_qmember_started(struct fc_qtrack *t, int64_t ts_us); /* Asterisk: static members are there, unpaused */
struct fc_qagent *fc_qagent_get(struct fc_qtrack *t, struct fc_str name);
struct fc_qserve *fc_qserve_get(struct fc_qagent *agent, struct fc_str queue);
void fc_qagent_free(struct fc_qtrack *t, struct fc_qagent *agent);

#endif
