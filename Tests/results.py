"""Reads the event streams of Swift Testing that Tests/run made, and tells what came of each test.

usage: results.py FOLDER COMMAND...

Repeats alone what failed, where it is little; prints what failed and why, and the line "N passed, N failed, N skipped".
FOLDER holds NAME.jsonl and NAME.code (how the program ended) of each program, and in "reports" what a sanitizer wrote.
COMMAND runs tests, given the file for its stream and filters.
"""

import json
import pathlib
import re
import subprocess
import sys

MOST_REPEATED = 10


class Stream:
    """What one test program told."""

    def __init__(self, file, code):
        self.name = file.stem
        self.code = code
        self.started, self.passed, self.failed, self.skipped, self.issues = set(), set(), set(), set(), {}
        for line in file.open(encoding="utf-8", errors="replace"):
            try:
                record = json.loads(line)
            except ValueError:
                continue  # the last line of a program that was killed
            if record.get("kind") == "event":
                self.take(record["payload"])

    def take(self, event):
        test, text = event.get("testID"), " ".join(message["text"] for message in event.get("messages", []))
        if test is None:
            return
        kind = event["kind"]
        if kind == "issueRecorded":
            self.issues.setdefault(test, []).append(text)
        elif not text.startswith("Test "):
            return  # a suite
        elif kind == "testStarted":
            self.started.add(test)
        elif kind == "testSkipped":
            self.skipped.add(test)
        elif kind == "testEnded":
            (self.passed if " passed after " in text else self.failed).add(test)

    @property
    def unended(self):
        return self.started - self.passed - self.failed

    @property
    def is_broken(self):
        """The program itself ended in another way than its tests tell."""
        return bool(self.unended) or (self.code != 0 and not self.failed)


def repeated(folder, streams, command):
    """A test that fails beside all others and passes alone was held up; one that fails alone as well is broken."""
    failed = sorted(set().union(*(stream.failed for stream in streams)))
    if not failed or len(failed) > MOST_REPEATED or any(stream.is_broken for stream in streams):
        return None
    filters = [word for test in failed for word in ("--filter", "^" + re.escape(test.rsplit("/", 1)[0]))]
    file = folder / "again.jsonl"
    code = subprocess.run([*command, file, *filters], stdin=subprocess.DEVNULL).returncode
    file.touch()
    return Stream(file, code)


def findings(folder):
    """A sanitizer's reports, each of the same place once."""
    found = {}
    for file in sorted(folder.glob("reports/*")):
        for report in re.split(r"^=+$", file.read_text(errors="replace"), flags=re.MULTILINE):
            if place := re.search("^SUMMARY: .*", report, re.MULTILINE):
                found.setdefault(place[0], report.strip())
    return found.values()


def summary(streams, second, reports):
    passed, failed, skipped = (
        set().union(*(getattr(stream, part) for stream in streams)) for part in ("passed", "failed", "skipped"))
    held_up = failed & second.passed if second and not second.is_broken else set()
    lines = []
    for stream in streams:
        for test in sorted(stream.failed | stream.unended):
            words = "held up, passed alone" if test in held_up else "did not come to an end" if test in stream.unended else ""
            lines.append(f"  {test}" + (f" ({words})" if words else ""))
            lines += [f"    {issue[:600]}" for issue in stream.issues.get(test, [])[:5]]
        if stream.code != 0 and not stream.failed and not stream.unended:
            lines.append(f"  the test program {stream.name} (exit {stream.code})")
    failures = len(failed - held_up) + sum(
        len(stream.unended) or (1 if stream.is_broken else 0) for stream in streams)
    for report in reports:
        failures += 1
        lines += ["", *report.splitlines()]
    if lines:
        print("", "failed:", *lines, sep="\n")
    passes = len(passed | held_up)
    print("", f"{passes} passed, {failures} failed, {len(skipped)} skipped", sep="\n")
    return failures == 0 and passes > 0


def main(folder, *command):
    folder = pathlib.Path(folder)
    streams = [
        Stream(file, int(file.with_suffix(".code").read_text())) for file in sorted(folder.glob("*.jsonl"))]
    return 0 if summary(streams, repeated(folder, streams, command), findings(folder)) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
