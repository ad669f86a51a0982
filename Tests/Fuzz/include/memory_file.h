// What a harness gives to code that reads a file.
#ifndef FUZZ_MEMORY_FILE_H
#define FUZZ_MEMORY_FILE_H

#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

// Of <sys/mman.h> and <linux/fcntl.h>; Swift takes them without _GNU_SOURCE.
int memfd_create(const char *name, unsigned flags);
enum { MEMORY_SEALABLE = 2, MEMORY_ADD_SEALS = 1033, MEMORY_SEAL_SIZE = 2 | 4 };

// A file of so many bytes that has no name; with a fixed size it can neither shrink nor grow. -1 with errno.
static inline int memory_file(size_t bytes, _Bool is_fixed) {
    int file = memfd_create("fuzz", MEMORY_SEALABLE);
    if (file < 0 || ftruncate(file, (off_t)bytes) != 0) return -1;
    return is_fixed && fcntl(file, MEMORY_ADD_SEALS, MEMORY_SEAL_SIZE) != 0 ? -1 : file;
}

#endif
