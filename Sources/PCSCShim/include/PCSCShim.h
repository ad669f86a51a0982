// The drop-in libpcsclite.so.1 has the functions of <winscard.h>, and nothing else to include.
