#include "turns.h"

void fc_turns_init(struct fc_turns *turns) {
    *turns = (struct fc_turns){0};
    turns->last = &turns->first;
}

static bool has_time(struct fc_turns *turns, struct fc_mono now) {
    return fc_budget_has(&turns->slice, FC_TURNS_MS_PER_S, FC_TURNS_MS_AT_ONCE, now);
}

static void run_timed(struct fc_turns *turns, struct fc_turn *turn, void (*run)(struct fc_turn *turn), struct fc_mono since) {
    run(turn); /* may be gone after it */
    fc_budget_spend(&turns->slice, (double)(fc_mono_now().ns - since.ns) / 1e6);
}

void fc_turns_take(struct fc_turns *turns, struct fc_turn *turn, void (*run)(struct fc_turn *turn)) {
    struct fc_mono now = fc_mono_now();
    if (turn->link != NULL) return;
    if (turns->first == NULL && has_time(turns, now)) {
        run_timed(turns, turn, run, now);
        return;
    }
    *turn = (struct fc_turn){.link = turns->last, .run = run};
    *turns->last = turn;
    turns->last = &turn->next;
}

void fc_turn_leave(struct fc_turns *turns, struct fc_turn *turn) {
    if (turn->link == NULL) return;
    *turn->link = turn->next;
    if (turn->next != NULL) turn->next->link = turn->link;
    else turns->last = turn->link;
    *turn = (struct fc_turn){0};
}

bool fc_turns_work(struct fc_turns *turns) {
    struct fc_mono now = fc_mono_now();
    while (turns->first != NULL && has_time(turns, now)) {
        struct fc_turn *turn = turns->first;
        void (*run)(struct fc_turn *turn) = turn->run;
        fc_turn_leave(turns, turn);
        run_timed(turns, turn, run, now);
        now = fc_mono_now();
    }
    return turns->first != NULL;
}
