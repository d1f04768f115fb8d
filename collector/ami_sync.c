/* After a login: the lists of what is live, told as a snapshot, and what they say of the time that was missed.
 *
 * Nothing is replayed by Asterisk. A caller who waited and is not in the list, a conversation whose two channels are
 * not in one bridge any more, and everything of an earlier life of Asterisk has ended, nobody knows how: as unknown, at
 * the time when the connection was lost, which is the last at which it was known to go on.
 */
#include "ami_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void fc_ami_sync_begin(struct fc_ami_track *t) {
    t->queues_listed = t->channels_listed = t->synced = t->greeted = false;
    t->channels_n = 0;
    fc_ami_members_unlist(t);
    for (struct fc_ami_visit *v = t->open_first; v != NULL; v = v->open_next) v->listed = false;
    fc_ami_due(t, t->connected_us + FC_AMI_LISTS_US);
}

/* The time of the loss, or now when there was none. */
static int64_t lost_us(const struct fc_ami_track *t) {
    return t->disconnected_us > 0 ? t->disconnected_us : t->now_us;
}

static void close_visit(struct fc_ami_track *t, struct fc_ami_visit *v, int64_t ts_us) {
    if (v->state == FC_AMI_TALKING) fc_ami_visit_ended(t, v, FC_BY_LOST, ts_us);
    else fc_ami_visit_left(t, v, FC_LEFT_UNKNOWN, v->state == FC_AMI_WAITING ? ts_us : fc_ami_exit_us(v));
}

void fc_ami_close_all(struct fc_ami_track *t, int64_t ts_us, unsigned before_connection) {
    for (struct fc_ami_visit *v = t->open_first, *next; v != NULL; v = next) {
        next = v->open_next;
        if (v->connection < before_connection) close_visit(t, v, ts_us);
    }
}

static void hello(struct fc_ami_track *t) {
    if (t->greeted) return;
    t->greeted = true;
    struct fc_event ev = fc_ami_event(FC_HELLO, t->now_us);
    FC_EVENT_STR(&ev, epoch, fc_ami_str(&t->epoch));
    fc_ami_out_put(t->out, &ev);
}

/* Asterisk did not say when it started: this connection is a life of its own. */
static void epoch_of_connection(struct fc_ami_track *t) {
    char text[40];
    struct tm tm;
    time_t s = (time_t)(t->connected_us / FC_SECOND_US);
    (void)gmtime_r(&s, &tm);
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    fc_ami_name_set(&t->epoch, fc_str(text));
}

void fc_ami_on_core_status(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    char text[80];
    struct fc_ami_name epoch;
    struct fc_str day = fc_ami_get(m, "CoreStartupDate"), hour = fc_ami_get(m, "CoreStartupTime");
    (void)snprintf(text, sizeof text, "%.*sT%.*s", day.n > 30 ? 30 : (int)day.n, day.p, hour.n > 30 ? 30 : (int)hour.n, hour.n > 0 ? hour.p : "");
    fc_ami_name_set(&epoch, fc_str(text));
    if (!fc_str_eq(fc_ami_str(&epoch), fc_ami_str(&t->epoch))) {
        FC_AMI_COUNT(t, lives);
        fc_ami_close_all(t, lost_us(t), t->connection);
    }
    t->epoch = epoch;
    hello(t);
}

static void tell_snapshot(struct fc_ami_track *t, enum fc_snapshot state) {
    struct fc_event ev = fc_ami_event(FC_SNAPSHOT, t->now_us);
    fc_event_set_snapshot(&ev, state);
    FC_EVENT_STR(&ev, epoch, fc_ami_str(&t->epoch));
    fc_ami_out_put(t->out, &ev);
}

static void sync_done(struct fc_ami_track *t) {
    if (t->epoch.n == 0) epoch_of_connection(t);
    hello(t);
    t->synced = true;
    tell_snapshot(t, FC_SNAPSHOT_BEGIN);
    fc_ami_members_tell(t);
    for (struct fc_ami_visit *v = t->open_first; v != NULL; v = v->open_next) fc_ami_visit_tell(t, v);
    tell_snapshot(t, FC_SNAPSHOT_END);
    t->channels_n = 0;
}

/* ---- the lists ------------------------------------------------------------------------------------------------- */

/* Left while nobody listened; or just now, and its AgentConnect is on the way behind the list. */
static void unlisted(struct fc_ami_track *t, struct fc_ami_visit *v) {
    v->unlisted = true;
    v->lost_us = lost_us(t);
    fc_ami_exit_begin(t, v, FC_AMI_LEAVING);
}

void fc_ami_on_queues_listed(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    (void)m;
    if (t->queues_listed) return;
    t->queues_listed = true;
    for (struct fc_ami_visit *v = t->open_first, *next; v != NULL; v = next) {
        next = v->open_next;
        if (v->state == FC_AMI_WAITING && v->connection < t->connection) unlisted(t, v);
    }
    if (t->channels_listed) sync_done(t);
}

void fc_ami_on_channel(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    if (t->channels_listed) return;
    if (t->channels_n == t->channels_cap) {
        unsigned cap = t->channels_cap == 0 ? 64 : t->channels_cap * 2;
        struct fc_ami_channel *channels = realloc(t->channels, cap * sizeof *channels);
        FC_ASSERT(channels != NULL);
        t->channels = channels;
        t->channels_cap = cap;
    }
    struct fc_ami_channel *c = &t->channels[t->channels_n++];
    fc_ami_name_set(&c->uid, fc_ami_get(m, "Uniqueid"));
    fc_ami_name_set(&c->name, fc_ami_get(m, "Channel"));
    fc_ami_name_set(&c->bridge, fc_ami_get(m, "BridgeId"));
}

/* Whether a channel is the agent's: by its id, or, where a Local channel was optimised away, by the device it names. */
static bool is_agents(const struct fc_ami_channel *c, const struct fc_ami_visit *v) {
    if (v->agent_channel.n > 0 && fc_str_eq(fc_ami_str(&c->uid), fc_ami_str(&v->agent_channel))) return true;
    struct fc_str device = fc_ami_str(&v->interface), name = fc_ami_str(&c->name);
    if (device.n > 2 && memcmp(device.p + device.n - 2, "/n", 2) == 0) device.n -= 2;
    return name.n > device.n && memcmp(name.p, device.p, device.n) == 0 && name.p[device.n] == '-';
}

static bool still_talking(const struct fc_ami_track *t, const struct fc_ami_visit *v) {
    const struct fc_ami_channel *end = t->channels + t->channels_n, *caller = t->channels;
    while (caller < end && !fc_str_is(fc_ami_str(&caller->uid), v->call->uid)) caller++;
    if (caller == end || caller->bridge.n == 0) return false;
    for (const struct fc_ami_channel *c = t->channels; c < end; c++)
        if (c != caller && is_agents(c, v) && fc_str_eq(fc_ami_str(&c->bridge), fc_ami_str(&caller->bridge))) return true;
    return false;
}

void fc_ami_on_channels_listed(struct fc_ami_track *t, const struct fc_ami_msg *m) {
    (void)m;
    if (t->channels_listed) return;
    t->channels_listed = true;
    for (struct fc_ami_visit *v = t->open_first, *next; v != NULL; v = next) {
        next = v->open_next;
        if (v->state != FC_AMI_TALKING || v->connection >= t->connection) continue;
        if (still_talking(t, v)) v->connection = t->connection;
        else close_visit(t, v, lost_us(t));
    }
    if (t->queues_listed) sync_done(t);
}

/* Asterisk refused a list (the login may not ask) or forgot it: what is known goes on, what is not is not guessed. */
void fc_ami_sync_tick(struct fc_ami_track *t) {
    if (!t->connected || t->synced) return;
    int64_t until_us = t->connected_us + FC_AMI_LISTS_US;
    if (t->now_us < until_us) {
        fc_ami_due(t, until_us);
        return;
    }
    FC_AMI_COUNT(t, lists_missing);
    if (!t->queues_listed) fc_ami_close_all(t, lost_us(t), t->connection);
    t->queues_listed = t->channels_listed = true;
    sync_done(t);
}
