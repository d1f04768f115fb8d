#include "leap.h"

int64_t fc_leap_us(struct fc_leap *leap, struct fc_wall wall, struct fc_mono mono) {
    int64_t us = leap->mono.ns == 0 ? 0 : wall.us - leap->wall.us - (mono.ns - leap->mono.ns) / 1000;
    *leap = (struct fc_leap){wall, mono};
    return us >= FC_LEAP_US || us <= -FC_LEAP_US ? us : 0;
}
