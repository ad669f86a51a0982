#include <crypt.h>
#include <stddef.h>

/* Swift does not import the size of a struct with arrays this large. */
static inline size_t crypt_scratch_bytes(void) { return sizeof(struct crypt_data); }
