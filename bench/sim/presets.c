/* The named floors. Numbers are typical of inbound service desks; none is taken from a particular one. */
#include "plan.h"

#include <stdio.h>

static struct fc_span exponential(double mean_s) { return (struct fc_span){FC_LAW_EXPONENTIAL, mean_s, 0}; }
static struct fc_span lognormal(double mean_s, double cv) { return (struct fc_span){FC_LAW_LOGNORMAL, mean_s, cv}; }

/* What callers and agents do on every preset floor. */
static void add_habits(struct fc_plan *p) {
    static const struct fc_plan_pause pauses[] = {
        {"break", 5, {FC_LAW_LOGNORMAL, 420, 0.4}},   {"lunch", 1, {FC_LAW_LOGNORMAL, 1800, 0.15}},
        {"training", 1, {FC_LAW_LOGNORMAL, 1500, 0.3}}, {"meeting", 1, {FC_LAW_LOGNORMAL, 1200, 0.3}},
        {"back office", 2, {FC_LAW_LOGNORMAL, 600, 0.6}}};
    p->warm_s = 4 * 3600;
    p->heartbeat_s = 5;
    p->ring = lognormal(4, 0.5);
    p->miss_share = 0.03;
    p->miss_after_s = 15;
    p->miss_pause = exponential(45);
    p->pause_every = exponential(6000);
    p->pauses_n = sizeof pauses / sizeof *pauses;
    memcpy(p->pauses, pauses, sizeof pauses);
    p->login = lognormal(4 * 3600, 0.3);
    p->logout = lognormal(1200, 0.5);
    p->customers = 5000;
    p->anonymous_share = 0.04;
    p->repeat_share = 0.05;
    p->repeat_unresolved_share = 0.45;
    p->repeat_after = lognormal(3 * 3600, 1.2);
    p->disposition_share = 0.9;
    p->resolved_share = 0.8;
    p->survey_share = 0.2;
    p->survey_after = exponential(90);
    p->complaint_share = 0.01;
    p->acknowledge_after = exponential(1200);
    p->resolve_after = exponential(4 * 3600);
    p->reopen_share = 0.08;
}

static struct fc_plan_queue *add_voice(struct fc_plan *p, const char *name, double rate_per_hour, double talk_s) {
    struct fc_plan_queue *q = fc_plan_add_queue(p, name);
    q->rate_per_hour = rate_per_hour;
    q->priority = 10;
    q->patience = exponential(150);
    q->key_share = 0.05;
    q->callback_share = 0.05;
    q->talk = lognormal(talk_s, 0.8);
    q->hold = exponential(35);
    q->hold_share = 0.15;
    q->wrap = exponential(20);
    q->timeout_s = 600;
    q->capacity = 60;
    q->leave_empty = true;
    return q;
}

/* Bits of the queues an agent of the small floor serves: most know one queue, every third one knows two. */
static uint64_t small_skills(unsigned agent) {
    static const uint8_t masks[] = {1, 2, 2, 4, 1, 3, 2, 4, 6, 2};
    return masks[agent % sizeof masks];
}

static void add_small(struct fc_plan *p, const char *const queues[3], const char *agent_name, const char *lang) {
    (void)add_voice(p, queues[0], 50, 170);
    (void)add_voice(p, queues[1], 85, 210);
    (void)add_voice(p, queues[2], 48, 150);
    for (uint32_t i = 0; i < 3; i++) p->queues[i].lang = lang;
    p->queues[0].transfer_to = p->queues[2].transfer_to = 1;
    p->queues[0].transfer_share = p->queues[2].transfer_share = 0.07;
    p->queues[1].transfer_to = 2;
    p->queues[1].transfer_share = 0.04;
    p->queues[0].timeout_s = 240;
    p->queues[0].overflow_to = 1;
    for (unsigned i = 0; i < 20; i++) {
        char id[16], name[FC_PLAN_NAME_MAX];
        (void)snprintf(id, sizeof id, "agent-%02u", i + 1);
        (void)snprintf(name, sizeof name, "%s %02u", agent_name, i + 1);
        (void)fc_plan_add_agent(p, id, name, small_skills(i));
    }
    add_habits(p);
}

static void make_small(struct fc_plan *p) { add_small(p, (const char *[]){"sales", "support", "billing"}, "Agent", "en"); }

static void make_zh(struct fc_plan *p) { add_small(p, (const char *[]){"销售", "技术支持", "账单"}, "坐席", "zh-CN"); }

/* Short calls and short breaks: what a newcomer should see happen within a minute of looking. Callers stay as patient as
 * they are on a real floor, so that waits are long enough to look at. */
static void hasten(struct fc_plan *p) {
    fc_plan_pace(p, 3);
    for (uint32_t i = 0; i < p->queues_n; i++) p->queues[i].patience = exponential(120);
    p->rate_factor = 1.08;
}

static void make_demo(struct fc_plan *p) {
    make_small(p);
    hasten(p);
}

static void make_demo_zh(struct fc_plan *p) {
    make_zh(p);
    hasten(p);
}

/* Chats and mails wait longer and take longer than calls, and agents take calls first. */
static void add_written(struct fc_plan *p, const char *name, bool mail) {
    struct fc_plan_queue *q = add_voice(p, name, mail ? 11 : 25, mail ? 330 : 260);
    q->channel = mail ? FC_CHANNEL_EMAIL : FC_CHANNEL_CHAT;
    q->priority = mail ? 0 : 5;
    q->patience = mail ? (struct fc_span){.law = FC_LAW_NONE} : exponential(300);
    q->key_share = q->callback_share = q->hold_share = 0;
    q->timeout_s = 0;
    q->capacity = 0;
    q->leave_empty = false;
}

#define LARGE_DEPARTMENTS 8

static void add_large_queues(struct fc_plan *p) {
    static const char *const departments[LARGE_DEPARTMENTS] = {"sales",   "support",  "billing", "orders",
                                                               "returns", "accounts", "claims",  "care"};
    for (int d = 0; d < LARGE_DEPARTMENTS; d++) {
        char name[FC_PLAN_NAME_MAX];
        struct fc_plan_queue *q = add_voice(p, departments[d], 205, 180);
        q->lang = "en";
        q->transfer_to = 3 * ((d + 1) % LARGE_DEPARTMENTS);
        q->transfer_share = 0.06;
        (void)snprintf(name, sizeof name, "%s-chat", departments[d]);
        add_written(p, name, false);
        (void)snprintf(name, sizeof name, "%s-mail", departments[d]);
        add_written(p, name, true);
    }
}

/* 25 agents a department; each serves its calls, two in three also its chats, half its mails, every fifth the next's calls. */
static uint64_t large_skills(unsigned agent) {
    unsigned d = agent % LARGE_DEPARTMENTS, k = agent / LARGE_DEPARTMENTS;
    uint64_t mask = UINT64_C(1) << (3 * d);
    if (k % 3 != 0) mask |= UINT64_C(2) << (3 * d);
    if (k % 2 != 0) mask |= UINT64_C(4) << (3 * d);
    if (k % 5 == 0) mask |= UINT64_C(1) << (3 * ((d + 1) % LARGE_DEPARTMENTS));
    return mask;
}

static void make_large(struct fc_plan *p) {
    add_large_queues(p);
    for (unsigned i = 0; i < 200; i++) {
        char id[16], name[FC_PLAN_NAME_MAX];
        (void)snprintf(id, sizeof id, "agent-%03u", i + 1);
        (void)snprintf(name, sizeof name, "Agent %03u", i + 1);
        (void)fc_plan_add_agent(p, id, name, large_skills(i));
    }
    add_habits(p);
    p->customers = 50000;
}

static const struct preset {
    const char *name;
    void (*make)(struct fc_plan *plan);
    const char *help;
} presets[] = {
    {"demo", make_demo, "small, three times as fast and busier: something happens every second"},
    {"small", make_small, "3 queues, 20 agents, calls of about 3 minutes"},
    {"large", make_large, "24 queues (voice, chat, e-mail), 200 agents"},
    {"zh", make_zh, "small with Chinese labels"},
    {"demo-zh", make_demo_zh, "demo with Chinese labels"},
};

#define PRESETS (sizeof presets / sizeof *presets)

bool fc_plan_preset_help(unsigned i, const char **name, const char **help) {
    if (i >= PRESETS) return false;
    *name = presets[i].name;
    *help = presets[i].help;
    return true;
}

enum fc_status fc_plan_preset(struct fc_plan *plan, const char *name, struct fc_error *err) {
    char names[120] = "";
    size_t n = 0;
    for (size_t i = 0; i < PRESETS; i++) {
        if (strcmp(presets[i].name, name) == 0) {
            presets[i].make(plan);
            return FC_OK;
        }
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i > 0 ? ", " : "", presets[i].name);
    }
    return fc_fail(err, FC_CONFIG, "unknown preset \"%.40s\", expected one of: %s", name, names);
}
