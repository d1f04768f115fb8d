#include "webhook.h"

#include "clock.h"
#include "log.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

struct post {
    struct post *next;
    size_t n;
    char text[];
};

struct fc_webhook {
    pthread_t thread;
    pthread_mutex_t mutex; /* over everything below; writers and readers are the service's and the hook's thread */
    pthread_cond_t come;
    bool stopping;
    char *url;
    uint32_t timeout_s, most, aimed; /* aimed: how often, so that a post under way knows that it is nobody's any more */
    struct post *first, **end;       /* the first may be under way */
    bool under_way;
    struct fc_webhook_counts counts;
    struct fc_mono said;
};

uint32_t fc_webhook_wait_ms(uint32_t tries, uint32_t random) {
    uint64_t ms = UINT64_C(1000) << (tries < 1 ? 0 : tries > 10 ? 9 : tries - 1);
    if (ms > FC_WEBHOOK_WAIT_MS_MAX) ms = FC_WEBHOOK_WAIT_MS_MAX;
    return (uint32_t)(ms / 2 + random % (ms / 2 + 1));
}

bool fc_webhook_final(long status) {
    return (status >= 200 && status < 300) || (status >= 400 && status < 500 && status != 408 && status != 429);
}

/* ---- the thread -------------------------------------------------------------------------------------------------- */

static size_t ignore(char *bytes, size_t size, size_t n, void *ctx) {
    (void)bytes, (void)ctx;
    return size * n;
}

static int stop_early(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    struct fc_webhook *hook = ctx;
    (void)a, (void)b, (void)c, (void)d;
    (void)pthread_mutex_lock(&hook->mutex);
    bool stop = hook->stopping;
    (void)pthread_mutex_unlock(&hook->mutex);
    return stop;
}

/* The answer's status; 0: none came, and `why` says so. Called without the lock. */
static long send_post(struct fc_webhook *hook, const char *url, long timeout_s, const struct post *post, char why[CURL_ERROR_SIZE]) {
    long status = 0;
    const char *text = post->text;
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    FC_ASSERT(curl != NULL && headers != NULL);
    why[0] = '\0';
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "floorcast-wallboard/" FC_VERSION);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->n);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, timeout_s);
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, stop_early);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, hook);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    CURLcode rc = curl_easy_perform(curl);
    if (rc == CURLE_OK) (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    else if (why[0] == '\0') (void)snprintf(why, CURL_ERROR_SIZE, "%s", curl_easy_strerror(rc));
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return status;
}

static void remove_first(struct fc_webhook *hook) {
    struct post *post = hook->first;
    hook->first = post->next;
    if (hook->first == NULL) hook->end = &hook->first;
    hook->counts.waiting--;
    free(post);
}

/* At most once a second. */
static void complain(struct fc_webhook *hook, const char *what, long status, const char *why) {
    struct fc_mono now = fc_mono_now();
    if (hook->said.ns != 0 && fc_mono_ms_since(hook->said, now) < 1000) return;
    hook->said = now;
    if (status > 0) fc_warn("webhook: %s: the answer is %ld; %llu given up so far", what, status, (unsigned long long)hook->counts.dropped);
    else fc_warn("webhook: %s: %s; %llu given up so far", what, why, (unsigned long long)hook->counts.dropped);
}

static void wait_ms(struct fc_webhook *hook, uint32_t ms) {
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    uint32_t aimed = hook->aimed;
    while (!hook->stopping && aimed == hook->aimed)
        if (pthread_cond_timedwait(&hook->come, &hook->mutex, &until) == ETIMEDOUT) return;
}

/* One attempt at the first post, with the lock held before and after. True: it is done with, one way or the other. */
static bool try_first(struct fc_webhook *hook, uint32_t tries) {
    char why[CURL_ERROR_SIZE], *url = strdup(hook->url);
    long timeout_s = (long)hook->timeout_s;
    uint32_t aimed = hook->aimed;
    FC_ASSERT(url != NULL);
    hook->under_way = true;
    (void)pthread_mutex_unlock(&hook->mutex);
    long status = send_post(hook, url, timeout_s, hook->first, why);
    free(url);
    (void)pthread_mutex_lock(&hook->mutex);
    hook->under_way = false;
    if (hook->stopping) return false;
    bool good = status >= 200 && status < 300, over = good || fc_webhook_final(status) || tries == FC_WEBHOOK_TRIES || aimed != hook->aimed;
    hook->counts.sent += good;
    hook->counts.failed += !good;
    hook->counts.dropped += over && !good;
    if (!good) complain(hook, over ? "an alert is given up" : "an alert is tried again later", status, why);
    return over;
}

static void *run(void *arg) {
    struct fc_webhook *hook = arg;
    uint32_t tries = 0, random = 0;
    (void)pthread_mutex_lock(&hook->mutex);
    while (!hook->stopping) {
        if (hook->first == NULL) {
            (void)pthread_cond_wait(&hook->come, &hook->mutex);
        } else if (try_first(hook, ++tries)) {
            remove_first(hook);
            tries = 0;
        } else if (!hook->stopping) {
            (void)!getrandom(&random, sizeof random, 0);
            wait_ms(hook, fc_webhook_wait_ms(tries, random));
        }
    }
    (void)pthread_mutex_unlock(&hook->mutex);
    return NULL;
}

/* ---- the service's side ------------------------------------------------------------------------------------------ */

enum fc_status fc_webhook_open(struct fc_webhook **out, struct fc_error *err) {
    struct fc_webhook *hook = calloc(1, sizeof *hook);
    pthread_condattr_t monotonic;
    *out = NULL;
    FC_ASSERT(hook != NULL && pthread_condattr_init(&monotonic) == 0 && pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    FC_ASSERT(pthread_mutex_init(&hook->mutex, NULL) == 0 && pthread_cond_init(&hook->come, &monotonic) == 0);
    (void)pthread_condattr_destroy(&monotonic);
    hook->end = &hook->first;
    int rc = curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ? ENOMEM : pthread_create(&hook->thread, NULL, run, hook);
    if (rc == 0) return *out = hook, FC_OK;
    free(hook);
    return fc_fail(err, FC_IO, "webhook: no thread: %s", strerror(rc));
}

/* Forgets all that is not under way. */
static void forget(struct fc_webhook *hook) {
    struct post **keep = hook->under_way ? &hook->first->next : &hook->first;
    for (struct post *post = *keep, *next; post != NULL; post = next) {
        next = post->next;
        hook->counts.waiting--;
        free(post);
    }
    *keep = NULL;
    hook->end = keep;
}

void fc_webhook_aim(struct fc_webhook *hook, const char *url, uint32_t timeout_s, uint32_t queue) {
    (void)pthread_mutex_lock(&hook->mutex);
    bool same = url != NULL && hook->url != NULL && strcmp(url, hook->url) == 0;
    if (url == NULL) forget(hook);
    if (!same) {
        free(hook->url);
        hook->url = url == NULL ? NULL : strdup(url);
        hook->aimed++;
        (void)pthread_cond_signal(&hook->come);
    }
    hook->timeout_s = timeout_s;
    hook->most = queue;
    (void)pthread_mutex_unlock(&hook->mutex);
}

/* The oldest that is not under way. */
static void drop_oldest(struct fc_webhook *hook) {
    struct post **at = hook->under_way ? &hook->first->next : &hook->first, *post = *at;
    if (post == NULL) return;
    *at = post->next;
    if (*at == NULL) hook->end = at;
    hook->counts.waiting--;
    hook->counts.dropped++;
    free(post);
    complain(hook, "the oldest alert that waits is given up", 0, "webhook.queue is full");
}

void fc_webhook_post(struct fc_webhook *hook, const void *text, size_t n) {
    struct post *post = malloc(sizeof *post + n);
    FC_ASSERT(post != NULL);
    *post = (struct post){.n = n};
    memcpy(post->text, text, n);
    (void)pthread_mutex_lock(&hook->mutex);
    if (hook->url == NULL) {
        free(post);
    } else {
        if (hook->counts.waiting >= hook->most) drop_oldest(hook);
        *hook->end = post;
        hook->end = &post->next;
        hook->counts.waiting++;
        if (hook->first == post) (void)pthread_cond_signal(&hook->come);
    }
    (void)pthread_mutex_unlock(&hook->mutex);
}

struct fc_webhook_counts fc_webhook_counts(struct fc_webhook *hook) {
    (void)pthread_mutex_lock(&hook->mutex);
    struct fc_webhook_counts counts = hook->counts;
    (void)pthread_mutex_unlock(&hook->mutex);
    return counts;
}

void fc_webhook_close(struct fc_webhook *hook) {
    if (hook == NULL) return;
    (void)pthread_mutex_lock(&hook->mutex);
    hook->stopping = true;
    (void)pthread_cond_signal(&hook->come);
    (void)pthread_mutex_unlock(&hook->mutex);
    (void)pthread_join(hook->thread, NULL);
    if (hook->counts.waiting > 0) fc_warn("webhook: %llu alerts are not told any more", (unsigned long long)hook->counts.waiting);
    hook->under_way = false;
    forget(hook);
    free(hook->url);
    (void)pthread_cond_destroy(&hook->come);
    (void)pthread_mutex_destroy(&hook->mutex);
    free(hook);
}
