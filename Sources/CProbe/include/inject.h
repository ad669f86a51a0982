// For C that goes into another program's process, included once in each such library.
//
// SwiftPM links its own runtime libraries into every product, C ones too. This entry makes the linker drop those that
// nothing here needs, so that a tester without Swift can load it.
#ifndef CPROBE_INJECT_H
#define CPROBE_INJECT_H

__attribute__((used, section(".swift1_autolink_entries"))) static const char cprobe_as_needed[] = "-Wl,--as-needed";

#endif
