/* ami_state -- what ami_track's files share among themselves; nobody else includes it.
 *
 *   ami_track.c   the connection: time, gaps, which message goes where
 *   ami_sync.c    the lists after a login, and what is gone since the last connection
 *   ami_visit.c   calls and their visits: what a caller did
 *   ami_agent.c   queue members and the agents they make up
 */
#ifndef FC_AMI_STATE_H
#define FC_AMI_STATE_H

#include "ami_map.h"
#include "ami_track.h"

#define FC_AMI_NAME_BYTES (FC_ID_MAX + 1) /* an id or a name, terminated; longer ones are cut */

/* A name as it was received, made valid UTF-8 and cut to what an event may carry. */
struct fc_ami_name {
    char z[FC_AMI_NAME_BYTES];
    uint8_t n;
};

static inline struct fc_str fc_ami_str(const struct fc_ami_name *name) {
    return fc_str_n(name->z, name->n);
}

void fc_ami_name_set(struct fc_ami_name *name, struct fc_str from);

enum fc_ami_visit_state {
    FC_AMI_WAITING,
    FC_AMI_LEAVING, /* QueueCallerLeave alone: answered or a key, not yet known */
    FC_AMI_LOST,    /* QueueCallerAbandon: which kind is not yet known */
    FC_AMI_TALKING,
    FC_AMI_OVER,
};

/* One visit of one call to one queue. Lives as long as its call. */
struct fc_ami_visit {
    struct fc_ami_visit *before;                 /* the call's visit before this one */
    struct fc_ami_visit *open_prev, *open_next;  /* among all that are not over, oldest first */
    struct fc_ami_call *call;
    enum fc_ami_visit_state state;
    unsigned connection;         /* in which it began or was confirmed last */
    int64_t offered_us, since_us; /* since_us: when `state` began */
    int64_t lost_us;             /* `unlisted`: when the connection was lost */
    int64_t music_off_us;        /* its music stopped while it waited, or 0 */
    int64_t hold_s;              /* AgentConnect's HoldTime, or -1 */
    int told;                    /* enum fc_left that QUEUESTATUS told while waiting, or -1 */
    bool hangup_asked, listed, from_list, held_caller, held_agent;
    bool unlisted; /* the list after a login lacks it: over, unless its AgentConnect was just on the way */
    bool given_up; /* told as left, unknown */
    struct fc_ami_name contact, queue, interface, agent, agent_channel; /* the last three once talking */
};

/* When a visit that is about to end unanswered ended. */
static inline int64_t fc_ami_exit_us(const struct fc_ami_visit *v) {
    return v->unlisted ? v->lost_us : v->since_us;
}

/* One caller's channel, by Uniqueid. */
struct fc_ami_call {
    struct fc_ami_node node;
    struct fc_ami_visit *last;
    unsigned visits;
    int64_t heard_us, gone_us; /* gone_us: its Hangup, or 0 */
    char uid[FC_AMI_NAME_BYTES];
};

/* One queue's member, by queue and interface. */
struct fc_ami_member {
    struct fc_ami_node node;
    struct fc_ami_member *sibling; /* next of the same agent */
    struct fc_ami_agent *agent;
    int64_t status, wrapup_s;
    bool paused, listed;
    struct fc_ami_name queue, interface, reason;
    char key[2 * FC_AMI_NAME_BYTES];
    uint32_t key_n;
};

/* One person, by MemberName. */
struct fc_ami_agent {
    struct fc_ami_node node;
    struct fc_ami_member *members;
    struct fc_ami_agent *wrap_next;
    int state;                 /* enum fc_agent_state told last, or -1 */
    unsigned talking;          /* conversations open now */
    int64_t wrap_until_us;     /* 0: not in wrap */
    struct fc_ami_name name, reason, wrap_contact;
};

/* A channel as CoreShowChannels lists it. */
struct fc_ami_channel {
    struct fc_ami_name uid, name, bridge;
};

struct fc_ami_track {
    struct fc_ami_out *out;
    int64_t now_us, due_us;    /* due_us: when the next timer runs out, INT64_MAX never */
    int64_t swept_us, heartbeat_us;

    /* the connection */
    bool connected, shutdown, greeted; /* greeted: hello was sent */
    bool saw_dialplan, saw_hangup_request; /* which classes of events this login is sent */
    unsigned connection;
    int64_t connected_us, disconnected_us;
    struct fc_ami_name epoch;

    /* the lists after a login */
    bool queues_listed, channels_listed, synced;
    struct fc_ami_channel *channels;
    unsigned channels_n, channels_cap;

    struct fc_ami_map calls, members, agents;
    struct fc_ami_visit *open_first, *open_last;
    struct fc_ami_agent *wrapping;
    uint64_t counts[FC_AMI_COUNT_COUNT];
};

#define FC_AMI_COUNT(t, name) ((t)->counts[FC_AMI_COUNT_##name]++)

/* ami_track.c: an event with its time; a time of which the tracker must think. */
struct fc_event fc_ami_event(enum fc_kind kind, int64_t ts_us);
void fc_ami_due(struct fc_ami_track *t, int64_t us);

/* ami_visit.c. Each takes a message that the dispatcher has named. */
void fc_ami_on_join(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_leave(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_abandon(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_called(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_no_answer(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_connect(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_complete(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_hold(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_unhold(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_entry(struct fc_ami_track *t, const struct fc_ami_msg *m); /* QueueEntry of a list */
/* ami_exit.c: what tells an exit */
void fc_ami_on_varset(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_dialplan(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_music(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_hangup_request(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_hangup(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_exit_begin(struct fc_ami_track *t, struct fc_ami_visit *v, enum fc_ami_visit_state state);
void fc_ami_exit_conclude(struct fc_ami_track *t, struct fc_ami_visit *v); /* nothing more will tell */
void fc_ami_visits_tick(struct fc_ami_track *t);
void fc_ami_visits_sweep(struct fc_ami_track *t);

struct fc_ami_call *fc_ami_call_find(struct fc_ami_track *t, struct fc_str uid);
void fc_ami_visit_left(struct fc_ami_track *t, struct fc_ami_visit *v, enum fc_left reason, int64_t ts_us);
void fc_ami_visit_ended(struct fc_ami_track *t, struct fc_ami_visit *v, enum fc_by by, int64_t ts_us);
void fc_ami_visit_tell(struct fc_ami_track *t, struct fc_ami_visit *v); /* its events so far, again: for a snapshot */
void fc_ami_call_free(struct fc_ami_track *t, struct fc_ami_call *call);

/* ami_agent.c */
void fc_ami_on_member(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_member_removed(struct fc_ami_track *t, const struct fc_ami_msg *m);
struct fc_str fc_ami_agent_name(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_agent_talks(struct fc_ami_track *t, struct fc_ami_visit *v);
void fc_ami_agent_done(struct fc_ami_track *t, struct fc_ami_visit *v, int64_t ts_us, bool wrap);
void fc_ami_agents_tick(struct fc_ami_track *t);
void fc_ami_members_unlist(struct fc_ami_track *t);
void fc_ami_members_tell(struct fc_ami_track *t); /* for a snapshot: drops those not listed, tells the rest */
void fc_ami_agents_free(struct fc_ami_track *t);

/* ami_sync.c */
void fc_ami_on_core_status(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_channel(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_queues_listed(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_on_channels_listed(struct fc_ami_track *t, const struct fc_ami_msg *m);
void fc_ami_sync_begin(struct fc_ami_track *t);
void fc_ami_sync_tick(struct fc_ami_track *t);
void fc_ami_close_all(struct fc_ami_track *t, int64_t ts_us, unsigned before_connection); /* as unknown */

#endif
