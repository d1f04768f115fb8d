/* series -- what is counted in one cell of an owner: rolling 15 minutes and hour, the day, and what is new since the last
 * checkpoint, minute by minute.
 *
 * The rolling windows hold whole seconds: (second of now - 900, second of now] and likewise for the hour. A second is finer
 * than a display can show a change and makes a late fact cost no more than an early one. Facts leave a window by being
 * subtracted; the seconds themselves are kept once, by rolling.h, not here.
 *
 * A fact enters several stretches at once, of an owner that was last touched long ago and is in no cache of the processor.
 * So the stretches of one count stand side by side, and only of counts that the cell ever had: a fact touches the index
 * and a row, where four tallies would be four times as many places. Tallies are made of it when somebody looks.
 */
#ifndef FC_SERIES_H
#define FC_SERIES_H

#include "tally.h"

enum fc_stretch { FC_STRETCH_M15, FC_STRETCH_H1, FC_STRETCH_DAY, FC_STRETCH_MINUTE, FC_STRETCH_COUNT };

#define FC_STRETCH_BIT(s) (1u << (s))

struct fc_bins { /* histograms of all stretches over the same buckets, sorted */
    struct fc_bin {
        uint16_t bucket;
        int32_t n[FC_STRETCH_COUNT];
    } *at; /* owned; none is zero everywhere */
    uint32_t n, cap;
};

struct fc_series {
    uint8_t row[FC_TALLY_COUNT_ALL]; /* of a count, from 1; 0: it never had one */
    uint8_t rows_n, rows_cap;
    struct fc_row {
        int64_t v[FC_STRETCH_COUNT];
    } *rows; /* owned */
    struct fc_bins waits, journeys; /* see struct fc_tally */
    int64_t minute_us; /* of FC_STRETCH_MINUTE: the latest that something is pending of; 0: nothing is */
    int64_t day_wait_us_max, minute_wait_us_max;
    struct fc_peaks { /* waits that are the longest from their second on; seconds rise, waits fall */
        struct fc_peak {
            int64_t second, wait_us;
        } *at;
        uint32_t n, cap;
    } peaks;
    struct fc_pending { /* earlier minutes, to be merged into the stored intervals; rising */
        int64_t minute_us;
        struct fc_delta delta;
    } *pending;
    uint32_t pending_n, pending_cap; /* entries past pending_n keep their memory for the next */
};

void fc_series_fini(struct fc_series *s);

/* A fact enters (direction 1) or leaves (-1) the stretches of these bits. MINUTE is not among them: see fc_series_lasting. */
void fc_series_apply(struct fc_series *s, const struct fc_fact *f, unsigned stretches, int direction);

/* A fact enters the stretches of these bits and what is pending of its minute. */
void fc_series_lasting(struct fc_series *s, const struct fc_fact *f, unsigned stretches);

/* Time in a state, FC_TALLY_TIME + state, of the minute that holds ts_us; in_day: the day's too. */
void fc_series_time(struct fc_series *s, int64_t ts_us, uint8_t index, int64_t us, bool in_day);

int64_t fc_series_at(const struct fc_series *s, uint8_t index, enum fc_stretch stretch);

/* Adds a stretch (not MINUTE) to a tally. The longest wait is the day's alone: of rolling windows see fc_peaks_max. */
void fc_series_add_to(const struct fc_series *s, enum fc_stretch stretch, struct fc_tally *out);

/* Adds a tally to the day; a day that begins anew is empty, its time alone can be cleared too. */
void fc_series_add_day(struct fc_series *s, const struct fc_tally *t);
void fc_series_clear_day(struct fc_series *s);
void fc_series_clear_day_time(struct fc_series *s);

/* Adds what `from` has in the rolling windows, peaks included. */
void fc_series_add_rolling(struct fc_series *into, const struct fc_series *from);

/* Hands out what is pending, minute by minute, and forgets it. scratch: any delta, whose memory is used. */
void fc_series_take_pending(struct fc_series *s, struct fc_delta *scratch, void (*take)(void *ctx, int64_t minute_us, const struct fc_delta *d), void *ctx);

/* A wait that was answered in `second`. Only waits of the last hour are handed in. */
void fc_peaks_add(struct fc_peaks *p, int64_t second, int64_t wait_us);
void fc_peaks_expire(struct fc_peaks *p, int64_t before_second);

/* Longest wait at or after `second`; 0 when there is none. */
int64_t fc_peaks_max(const struct fc_peaks *p, int64_t second);

#endif
