// The audit object for LD_AUDIT has the functions of <link.h> (rtld-audit(7)), and nothing else to include.
