/* wake -- aggregator/ring.h and aggregator/wake.h together: PRODUCERS threads push ITEMS each into rings of their own,
 * one consumer pops all of them and sleeps in between. Checked in every interleaving: no item is lost, doubled or out of
 * order, no slot is read before it is written or written before it was read, and nobody sleeps for ever (spin reports a
 * state in which nothing can go on as an invalid end state).
 *
 * Memory. Every thread has a store buffer: a release store of `tail` or `head` is put there and becomes visible to
 * others later, at any moment ("flush"), in order; loads see the own buffer first. That is x86's model, and weaker than
 * sequential consistency just where a wake-up gets lost: a store may be passed by a later load. It is enough here because
 *   - what C11 lets be weaker still, stores becoming visible out of order, release and acquire forbid for the slot and
 *     the index that publishes it (the only pairs there are: each ring has one writer an index, each slot one at a time),
 *   - prepare, done and signal are read-modify-writes of one variable with acq_rel: they stand in one order that all
 *     threads agree on, each reads the one before it, and what stood before one is visible behind the next. So each is
 *     modelled as: flush the own buffer, then exchange at once, which is what acq_rel promises along that order.
 * Slots are written into memory at once, and taken for unwritten until `tail` is visible: `ready` counts it.
 *
 * Mutants, each of which must be found wrong: -DNO_RECHECK sleeps without looking again; -DPLAIN_STORE prepares by a plain
 * store; -DSIGNAL_FIRST signals before the push; -DPUBLISH_FIRST publishes the index before the slot is written.
 */
#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef ITEMS
#define ITEMS 3
#endif
#define CAPACITY 2
#define SLOT(p, i) ((p) * CAPACITY + (i) % CAPACITY)

byte slot[PRODUCERS * CAPACITY]; /* item + 1; 0: nothing */
byte tail[PRODUCERS];            /* as all threads see it */
byte head[PRODUCERS];
byte tail_buffered[PRODUCERS];   /* the producer's store buffer: the latest of its stores; equal: nothing waits */
byte head_buffered[PRODUCERS];   /* the consumer's likewise */
bool asleep;
bool asleep_buffered;            /* of -DPLAIN_STORE */
bool asleep_waits;
byte eventfd;                    /* 0 or more */
byte popped[PRODUCERS];          /* items taken of each ring: the next must be this one */

/* The store buffers drain by themselves, at any time. */
proctype memory(byte p) {
end:
    do
    :: atomic { tail[p] != tail_buffered[p] -> tail[p] = tail_buffered[p] }
    :: atomic { head[p] != head_buffered[p] -> head[p] = head_buffered[p] }
#ifdef PLAIN_STORE
    :: atomic { asleep_waits -> asleep = asleep_buffered; asleep_waits = false }
#endif
    od
}

/* fc_wake_signal */
inline signal(was) {
    atomic { tail[me] = tail_buffered[me]; was = asleep; asleep = false }
    if
    :: was -> eventfd++
    :: else
    fi
}

proctype producer(byte me) {
    byte pushed = 0, head_seen = 0;
    bool was;
    do
    :: pushed == ITEMS -> break
    :: pushed < ITEMS ->
        if
        :: pushed - head_seen == CAPACITY -> head_seen = head[me] /* acquire; full: look again, later */
        :: else ->
#ifdef SIGNAL_FIRST
            signal(was);
#endif
#ifdef PUBLISH_FIRST
            tail_buffered[me] = pushed + 1;
#endif
            atomic {
                assert(slot[SLOT(me, pushed)] == 0); /* what stood there was taken */
                slot[SLOT(me, pushed)] = pushed + 1
            }
            pushed++;
            tail_buffered[me] = pushed; /* release */
#ifndef SIGNAL_FIRST
            signal(was)
#endif
        fi
    od
}

/* fc_ring_try_pop of ring p; false: empty. */
inline pop(p, got) {
    got = false;
    if
    :: tail_seen[p] == popped[p] -> tail_seen[p] = tail[p] /* acquire */
    :: else
    fi;
    if
    :: tail_seen[p] == popped[p]
    :: else ->
        atomic {
            assert(slot[SLOT(p, popped[p])] == popped[p] + 1); /* written, and the next in order */
            slot[SLOT(p, popped[p])] = 0
        }
        popped[p]++;
        head_buffered[p] = popped[p]; /* release */
        got = true
    fi
}

/* fc_wake_prepare. The plain store of a mutant waits in the buffer. */
inline prepare() {
#ifdef PLAIN_STORE
    atomic { asleep_buffered = true; asleep_waits = true }
#else
    atomic { flush_consumer(); asleep = true }
#endif
}

inline flush_consumer() {
    q = 0;
    do
    :: q < PRODUCERS -> head[q] = head_buffered[q]; q++
    :: else -> break
    od
}

/* fc_ring_is_empty of every ring: loads, one after the other. */
inline look(none) {
    none = true;
    q = 0;
    do
    :: q < PRODUCERS -> none = none && tail[q] == popped[q]; q++
    :: else -> break
    od
}

/* fc_wake_done */
inline done() {
    atomic {
        flush_consumer();
        if
        :: asleep_waits -> asleep = asleep_buffered; asleep_waits = false
        :: else
        fi;
        was = asleep;
        asleep = false
    }
    if
    :: was
    :: else -> eventfd = 0 /* read(2) */
    fi
}

active proctype consumer() {
    byte tail_seen[PRODUCERS];
    byte p, q, all;
    bool got, any, none, was;
    do
    :: true ->
        any = false;
        p = 0;
        do
        :: p < PRODUCERS -> pop(p, got); any = any || got; p++
        :: else -> break
        od;
        all = 0;
        p = 0;
        do
        :: p < PRODUCERS -> all = all + popped[p]; p++
        :: else -> break
        od;
        if
        :: all == PRODUCERS * ITEMS -> break
        :: all < PRODUCERS * ITEMS && any
        :: all < PRODUCERS * ITEMS && !any ->
            prepare();
#ifdef NO_RECHECK
            none = true;
#else
            look(none);
#endif
            if
            :: none -> eventfd > 0 /* poll(2): nothing goes on here until it is written */
            :: else
            fi;
            done()
        fi
    od
}

init {
    byte i = 0;
    atomic {
        do
        :: i < PRODUCERS -> run producer(i); run memory(i); i++
        :: else -> break
        od
    }
}
