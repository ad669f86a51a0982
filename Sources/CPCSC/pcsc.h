// The system's PC/SC headers, and what Swift cannot import of them.
#ifndef CPCSC_PCSC_H
#define CPCSC_PCSC_H

#include <reader.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <winscard.h>

// Function-like and cast macros are not imported.
static inline DWORD cpcsc_longest_buffer(void) { return MAX_BUFFER_SIZE_EXTENDED; }
static inline DWORD cpcsc_ctl_code(DWORD code) { return SCARD_CTL_CODE(code); }

// The kernel's id of the calling thread: variadic functions are not imported, and gettid is hidden from Swift.
static inline unsigned int cpcsc_thread(void) { return (unsigned int)syscall(SYS_gettid); }

#endif
