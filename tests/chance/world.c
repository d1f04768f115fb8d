#include "world.h"

#include "disk.h"
#include "wire.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world world;

/* ---- chance ----------------------------------------------------------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t draw_from(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t draw_between(int64_t lo, int64_t hi) {
    FC_ASSERT(lo <= hi);
    return lo + (int64_t)(draw_from(&world.chance) % (uint64_t)(hi - lo + 1));
}

bool once_in(int64_t n) { return draw_between(1, n) == 1; }

/* libsodium's own door for another source: spool ids and keys come from the seed too. */
static const char *sodium_name(void) { return "chance"; }
static uint32_t sodium_random(void) { return (uint32_t)draw_from(&world.chance); }
static void sodium_fill(void *const to, const size_t n) {
    for (size_t i = 0; i < n; i++) ((uint8_t *)to)[i] = (uint8_t)draw_from(&world.chance);
}

void world_begin(uint64_t seed, enum canary canary, bool telling) {
    static randombytes_implementation source = {.implementation_name = sodium_name, .random = sodium_random, .buf = sodium_fill};
    world = (struct world){.seed = seed, .chance = seed, .now_ns = 1000 * SECONDS, .running = OUTSIDE, .canary = canary, .telling = telling};
    world.hash = UINT64_C(14695981039346656037);
    if (randombytes_set_implementation(&source) != 0) failed("libsodium takes no other source of chance");
}

/* ---- time: collector/base/clock.c is not linked, these stand in its place ---------------------------------------- */

struct fc_mono fc_mono_now(void) { return (struct fc_mono){world.now_ns}; }
struct fc_wall fc_wall_now(void) { return (struct fc_wall){world.wall_start_us + (world.now_ns - 1000 * SECONDS) / 1000}; }

/* ---- what happened ---------------------------------------------------------------------------------------------- */

const char *side_name(enum side side) {
    static const char *const names[SIDES] = {"collector 0", "collector 1", "aggregator", "outside"};
    return names[side];
}

static void hash_line(const char *line) {
    uint64_t h = world.hash ^ (uint64_t)world.now_ns;
    for (; *line != '\0'; line++) h = (h ^ (uint8_t)*line) * UINT64_C(1099511628211); /* FNV-1a */
    world.hash = h;
}

void happened(const char *format, ...) {
    char line[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    hash_line(line);
    if (world.telling) printf("%12.6f %-11s %s\n", (double)(world.now_ns - 1000 * SECONDS) / 1e9, side_name(world.running), line);
}

_Noreturn void failed(const char *format, ...) {
    va_list args;
    (void)fprintf(stderr, "after %.6f s and %llu steps: ", (double)(world.now_ns - 1000 * SECONDS) / 1e9, (unsigned long long)world.steps);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fprintf(stderr, "\n");
    exit(1);
}

/* ---- dying ------------------------------------------------------------------------------------------------------ */

/* The code runs on to the end of its step, as no simulation can stop it in the middle; nobody sees what it does. */
void world_kill(enum side side, enum death how) {
    if (world.dead[side]) return;
    happened("dies: %s, %s", side_name(side), how == KILLED ? "killed" : "power off");
    world.deaths++;
    world.fuse[side] = 0;
    disk_freeze(side, how);
    wire_sever(side);
    world.dead[side] = true;
}

void world_effect(void) {
    int *fuse = &world.fuse[world.running];
    if (*fuse > 0 && --*fuse == 0) world_kill(world.running, world.how[world.running]);
}
