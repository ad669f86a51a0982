// ThreadSanitizer and Swift's Mutex. In a build with --sanitize=thread only.
//
// The way that nobody contends for is compiled into the caller, where the sanitizer sees it. The other one is in Swift's
// library, which is not compiled for it: who waited there seems to race with whom it waited for. This is what it needs to
// know, and hides no race.
#if __has_feature(thread_sanitizer)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>
#include <stdbool.h>
#include <stdint.h>

// Mutex's own names in libswiftSynchronization.so; a program's own function goes before the library's.
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *mutex
#define REPLACES(name) __asm__(name) __attribute__((visibility("default")))

static SWIFT void (*real_lock)(uint32_t, SELF);
static SWIFT bool (*real_try_lock)(SELF);
static SWIFT void (*real_unlock)(SELF);

__attribute__((constructor)) static void find_real(void) {
    real_lock = dlsym(RTLD_NEXT, LOCK);
    real_try_lock = dlsym(RTLD_NEXT, TRY_LOCK);
    real_unlock = dlsym(RTLD_NEXT, UNLOCK);
}

SWIFT void watched_lock(uint32_t thread, SELF) REPLACES(LOCK);
SWIFT void watched_lock(uint32_t thread, SELF) {
    real_lock(thread, mutex);
    __tsan_acquire(mutex);
}

SWIFT bool watched_try_lock(SELF) REPLACES(TRY_LOCK);
SWIFT bool watched_try_lock(SELF) {
    bool locked = real_try_lock(mutex);
    if (locked) __tsan_acquire(mutex);
    return locked;
}

SWIFT void watched_unlock(SELF) REPLACES(UNLOCK);
SWIFT void watched_unlock(SELF) {
    __tsan_release(mutex);
    real_unlock(mutex);
}
#endif
