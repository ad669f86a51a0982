// The system's PC/SC headers, and what Swift cannot import of them.
#ifndef CPCSC_PCSC_H
#define CPCSC_PCSC_H

#include <winscard.h>

// Function-like and cast macros are not imported.
static inline DWORD cpcsc_autoallocate(void) { return SCARD_AUTOALLOCATE; }
static inline DWORD cpcsc_infinite(void) { return INFINITE; }
static inline DWORD cpcsc_ctl_code(DWORD code) { return SCARD_CTL_CODE(code); }

#endif
