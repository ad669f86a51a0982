// Opens the real library by full path, and counts the sleeps of its silent repeats.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inject.h"
#include "shim.h"

#if defined(__x86_64__)
#define TRIPLET "x86_64-linux-gnu"
#define JUMP_SLOT R_X86_64_JUMP_SLOT
#define GLOB_DAT R_X86_64_GLOB_DAT
#elif defined(__aarch64__)
#define TRIPLET "aarch64-linux-gnu"
#define JUMP_SLOT R_AARCH64_JUMP_SLOT
#define GLOB_DAT R_AARCH64_GLOB_DAT
#else
#error "PCSCShim: name the triplet and the relocation types of this machine"
#endif

// In the order in which ld.so looks.
static const char *const folders[] = {
    "/usr/local/lib/" TRIPLET, "/lib/" TRIPLET, "/usr/lib/" TRIPLET, "/usr/local/lib64", "/lib64", "/usr/lib64",
    "/usr/local/lib", "/lib", "/usr/lib",
};
// From pcsc-lite 2.1 on, libpcsclite.so.1 only redirects to the first of these.
static const char *const names[] = {"libpcsclite_real.so.1", "libpcsclite.so.1"};

static struct pcsc_calls calls;
static char path[PATH_MAX];
static bool counts_sleep;
static pthread_once_t once = PTHREAD_ONCE_INIT;

__thread struct tap_thread tap_thread;

static int counted_nanosleep(const struct timespec *request, struct timespec *remainder) {
    if (!tap_thread.counts_sleep) return nanosleep(request, remainder);
    uint64_t start = tap_now();
    int result = nanosleep(request, remainder);
    tap_thread.slept_ns += tap_now() - start;
    return result;
}

// Puts `hook` into one slot of a table that is read-only after loading (RELRO).
static bool replace_slot(void **slot, void *hook) {
    uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    void *page = (void *)((uintptr_t)slot & ~(page_bytes - 1));
    if (mprotect(page, page_bytes, PROT_READ | PROT_WRITE) != 0) return false;
    __atomic_store_n(slot, hook, __ATOMIC_RELEASE);
    return mprotect(page, page_bytes, PROT_READ) == 0;
}

// What of a loaded library's dynamic section tells where its slots are.
struct dynamic {
    const ElfW(Sym) *symbols;
    const char *strings;
    const ElfW(Rela) *tables[2];  // of lazily bound functions, and all others (compiled with -fno-plt)
    size_t bytes[2];
    bool bound;
};

static struct dynamic read_dynamic(const struct link_map *map) {
    struct dynamic found = {0};
    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
        switch (entry->d_tag) {
        case DT_SYMTAB: found.symbols = (const ElfW(Sym) *)entry->d_un.d_ptr; break;
        case DT_STRTAB: found.strings = (const char *)entry->d_un.d_ptr; break;
        case DT_JMPREL: found.tables[0] = (const ElfW(Rela) *)entry->d_un.d_ptr; break;
        case DT_PLTRELSZ: found.bytes[0] = entry->d_un.d_val; break;
        case DT_RELA: found.tables[1] = (const ElfW(Rela) *)entry->d_un.d_ptr; break;
        case DT_RELASZ: found.bytes[1] = entry->d_un.d_val; break;
        case DT_FLAGS: found.bound |= (entry->d_un.d_val & DF_BIND_NOW) != 0; break;
        case DT_FLAGS_1: found.bound |= (entry->d_un.d_val & DF_1_NOW) != 0; break;
        default: break;
        }
    }
    return found;
}

// pcsc-lite repeats a call that another client's transaction blocks each 100 ms, with nanosleep between. Its slot for
// nanosleep is hooked only where all is as expected: bound at load, exactly one slot, holding libc's function.
static bool hook_nanosleep(void *handle) {
    struct link_map *map = NULL;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 || map == NULL) return false;
    struct dynamic dynamic = read_dynamic(map);
    if (dynamic.symbols == NULL || dynamic.strings == NULL || !dynamic.bound) return false;
    void **slot = NULL;
    for (int table = 0; table < 2; table++) {
        const ElfW(Rela) *relocations = dynamic.tables[table];
        for (size_t i = 0; relocations != NULL && i < dynamic.bytes[table] / sizeof *relocations; i++) {
            unsigned long type = ELF64_R_TYPE(relocations[i].r_info);
            if (type != JUMP_SLOT && type != GLOB_DAT) continue;
            const char *name = dynamic.strings + dynamic.symbols[ELF64_R_SYM(relocations[i].r_info)].st_name;
            if (strcmp(name, "nanosleep") != 0) continue;
            if (slot != NULL) return false;
            slot = (void **)(map->l_addr + relocations[i].r_offset);
        }
    }
    if (slot == NULL || *slot != dlsym(RTLD_DEFAULT, "nanosleep")) return false;
    return replace_slot(slot, (void *)(uintptr_t)counted_nanosleep);
}

// This library, or another installation's: our audit object lies beside each.
static bool is_shim(const char *candidate) {
    Dl_info self;
    struct stat ours, theirs;
    if (dladdr((void *)(uintptr_t)is_shim, &self) != 0 && self.dli_fname != NULL && stat(self.dli_fname, &ours) == 0 &&
        stat(candidate, &theirs) == 0 && ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino) return true;
    char beside[PATH_MAX];
    int folder = (int)(strrchr(candidate, '/') - candidate);
    int written = snprintf(beside, sizeof beside, "%.*s/libpcsclite-audit.so", folder, candidate);
    return written > 0 && (size_t)written < sizeof beside && access(beside, F_OK) == 0;
}

// ld.so gives this library again when something puts it in the place of every libpcsclite.
static bool leads_here(uintptr_t function) {
    Dl_info self, other;
    return dladdr((void *)(uintptr_t)is_shim, &self) != 0 && dladdr((void *)function, &other) != 0 &&
           self.dli_fbase == other.dli_fbase;
}

// The resolved name, `….so.1.0.0`: an audit object that maps `libpcsclite.so.1` to this library leaves that alone.
static bool open_library(const char *candidate) {
    char resolved[PATH_MAX];
    if (realpath(candidate, resolved) == NULL || is_shim(resolved)) return false;
    // The sanitizers end a program that asks for RTLD_DEEPBIND; this is a function that each of them has.
    int deep = dlsym(RTLD_DEFAULT, "__sanitizer_set_report_path") == NULL ? RTLD_DEEPBIND : 0;
    void *handle = dlopen(resolved, RTLD_NOW | RTLD_LOCAL | deep);
    if (handle == NULL) return false;
#define PCSC_RESOLVE(name, parameters) calls.name = (LONG(*) parameters)(uintptr_t)dlsym(handle, #name);
    PCSC_CALLS(PCSC_RESOLVE)
#undef PCSC_RESOLVE
    calls.stringify_error = (const char *(*)(const LONG))(uintptr_t)dlsym(handle, "pcsc_stringify_error");
    if (calls.SCardEstablishContext == NULL || calls.SCardTransmit == NULL ||
        leads_here((uintptr_t)calls.SCardTransmit)) {
        memset(&calls, 0, sizeof calls);
        return false;
    }
    memcpy(path, resolved, sizeof path);
    counts_sleep = hook_nanosleep(handle);
    return true;
}

static bool open_from(const char *folder, size_t length, const char *name) {
    char candidate[PATH_MAX];
    int written = snprintf(candidate, sizeof candidate, "%.*s/%s", (int)length, folder, name);
    return length > 0 && folder[0] == '/' && written > 0 && (size_t)written < sizeof candidate &&
           open_library(candidate);
}

static bool open_from_list(const char *list, const char *name) {
    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, ":");
        if (open_from(list, length, name)) return true;
        list += length + (list[length] == ':');
    }
    return false;
}

static void search(void) {
    const char *named = secure_getenv("CARDLINK_PCSC_LIBRARY");
    if (named != NULL && named[0] == '/' && open_library(named)) return;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        if (open_from_list(secure_getenv("LD_LIBRARY_PATH"), names[n])) return;
        for (size_t f = 0; f < sizeof folders / sizeof *folders; f++) {
            if (open_from(folders[f], strlen(folders[f]), names[n])) return;
        }
    }
}

static void find_library(void) {
    int saved = errno;
    search();
    errno = saved;
}

const struct pcsc_calls *pcsc_real(void) {
    pthread_once(&once, find_library);
    return &calls;
}

const char *pcsc_real_path(void) { return path; }

bool pcsc_counts_sleep(void) { return counts_sleep; }
