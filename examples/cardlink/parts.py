"""The parts of CardLink: what they need, what they counted, and what the probe counted.

    parts.py needs
    parts.py table FOLDER METRICS_URL CARDLINK_METRICS

`needs` fails with one line when this Python lacks a module. `table` reads the logs in FOLDER and the probe's metrics.
"""

import importlib.util
import json
import pathlib
import re
import subprocess
import sys
import time
import urllib.request
import xml.etree.ElementTree

MODULES = {
    "click": "click", "cryptography": "cryptography", "pydantic": "pydantic", "pytest": "pytest",
    "pytest_asyncio": "pytest-asyncio", "rich": "rich", "serial": "pyserial", "smartcard": "pyscard",
    "sqlalchemy": "sqlalchemy", "sslpsk3": "sslpsk3", "yaml": "pyyaml",
}
"""What the parts that run here import, and the packages that bring it."""

WITHOUT_HARDWARE = [
    ("phone controller", "cardlink.phone", "an Android phone with debugging over USB"),
    ("gp-modem", "cardlink.cli.modem", "a modem on USB: it takes no port but those that pyserial lists as modems"),
    ("SMS trigger", "cardlink.modem", "a modem that writes OK without a carriage return"),
    ("network simulator", "cardlink.netsim", "an Amarisoft or another network simulator with its remote API"),
    ("gp-provision", "cardlink.cli.provision", "a real card with its keys"),
    ("gp-test", "cardlink.cli.test", "a phone, a card and a server"),
]
"""Parts that do not run on a virtual bench, their modules, and what they would need."""


GOOD_ENDS = {"provisioner": "0", "modem": "0", "openssl": "0", "simulator": "0", "database": "0", "tests": "01"}
"""The exit codes of programs that came to their end; pytest's 1 is one with failed tests."""

STILL_SECONDS = 2
"""How long unequal counts must stand still before they are taken for what they are."""


def needs():
    missing = [package for module, package in MODULES.items() if importlib.util.find_spec(module) is None]
    if missing:
        install = f"{sys.executable} -m pip install {' '.join(missing)}"
        sys.exit(f"{sys.executable} lacks what CardLink needs; run: {install}")


# Counts ---------------------------------------------------------------------------------------------------------------


class Logs:
    """What CardLink's parts wrote about themselves."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def text(self, name):
        path = self.folder / name
        return path.read_text(errors="replace") if path.exists() else ""

    def lines(self, name, pattern):
        return len(re.findall(pattern, self.text(name), re.MULTILINE))

    def number(self, name, pattern):
        return sum(int(number) for number in re.findall(pattern, self.text(name)))

    def tests(self, outcome):
        """Of the file that pytest writes for JUnit; a test passed when the file says nothing else of it."""
        if not self.text("tests.xml"):
            return 0
        suites = xml.etree.ElementTree.parse(self.folder / "tests.xml").getroot().iter("testsuite")
        count = {name: 0 for name in ("tests", "failures", "errors", "skipped")}
        for suite in suites:
            for name in count:
                count[name] += int(suite.get(name, 0))
        return count[outcome] if outcome != "passed" else 2 * count["tests"] - sum(count.values())

    def ends(self):
        """Programs with the exit code of each that was started."""
        return [(name, code) for name in GOOD_ENDS if (code := self.text(f"{name}.code").strip())]


class Metrics:
    """One reading of the probe's page."""

    SAMPLE = re.compile(r"^([a-z_:A-Z0-9]+)(?:\{(.*)\})? (\S+)")

    def __init__(self, url):
        with urllib.request.urlopen(url, timeout=10) as answer:
            page = answer.read().decode()
        self.samples = [
            (match[1], match[2] or "", float(match[3])) for match in map(self.SAMPLE.match, page.splitlines()) if match]

    def sum(self, family, *labels):
        """The samples of a family whose labels have all of these."""
        return int(sum(
            value for name, text, value in self.samples if name == family and all(label in text for label in labels)))

    @property
    def families(self):
        return {re.sub("_(bucket|sum|count)$", "", name) for name, _, _ in self.samples}


def rows(logs, metrics):
    """Part, what is counted, CardLink's count, the probe's count."""
    commands, tests = "cardlink_apdu_commands_total", "cardlink_test_results_total"
    database, handshakes = "cardlink_database_operations_total", "cardlink_tls_handshakes_total"
    yield ("provisioner", "commands to the card", logs.lines("provisioner.log", r"pcsc_client (APDU|GET RESPONSE):"),
           metrics.sum(commands, 'interface="pcsc"'))
    # What the probe asked the other modem is not CardLink's; the AT with which it begins to ask is not counted.
    yield ("modem classes", "AT commands", logs.lines("cardlink-modem.log", r"at_interface Sending AT command:"),
           metrics.sum("cardlink_at_command_duration_seconds_count") - logs.lines("neighbour.commands", " command AT."))
    yield ("PSK-TLS server", "handshakes", logs.lines("server.log", r"TLS handshake completed:"),
           metrics.sum(handshakes, 'result="success"'))
    yield ("PSK-TLS server", "handshakes that failed", logs.lines("server.log", r"TLS handshake failed: client="),
           metrics.sum(handshakes) - metrics.sum(handshakes, 'result="success"'))
    yield ("simulator", "sessions", logs.number("simulator.out", r"Successful: (\d+)"),
           metrics.sum("cardlink_session_duration_seconds_count", 'session_type="ota"', 'status="completed"'))
    yield ("simulator", "commands of scripts", logs.number("simulator.out", r"Total APDUs received: (\d+)"),
           metrics.sum(commands, 'interface="psk_tls"'))
    yield ("database layer", "statements", logs.lines("database.log", r"Engine \[(generated|cached|no key|raw sql)"),
           metrics.sum(database) - sum(
               metrics.sum(database, f'operation="{name}"') for name in ("begin", "commit", "rollback")))
    yield ("database layer", "transactions", logs.lines("database.log", r"Engine BEGIN"),
           metrics.sum(database, 'operation="begin"'))
    for outcome, status in (("passed", "passed"), ("failures", "failed"), ("errors", "error"), ("skipped", "skipped")):
        yield "test suite", f"tests: {status}", logs.tests(outcome), metrics.sum(tests, f'status="{status}"')


# Table ----------------------------------------------------------------------------------------------------------------


def table(folder, url, cardlink_metrics):
    """Prints what ran and what did not; whether all counts are equal, and no part counted nothing."""
    logs = Logs(folder)
    # The last events may still be on their way: the counts are those that no longer change.
    before, until = None, 0.0
    while True:
        metrics = Metrics(url)
        counted = list(rows(logs, metrics))
        # A saved page stays as it is.
        if url.startswith("file:") or all(own == ours for _, _, own, ours in counted):
            break
        if counted != before:
            before, until = counted, time.monotonic() + STILL_SECONDS
        elif time.monotonic() > until:
            break
        time.sleep(0.2)
    print(f"\n{'part':<18}{'ran':<5}{'counted':<26}{'its log':>8}{'probe':>8}")
    all_ran = True
    for part in dict.fromkeys(row[0] for row in counted):
        ran = any(own for name, _, own, _ in counted if name == part)
        all_ran = all_ran and ran
        for name, what, own, ours in counted:
            if name == part:
                print(f"{part:<18}{'yes' if ran else 'no':<5}{what:<26}{own:>8}{ours:>8}  "
                      f"{'equal' if own == ours else 'DIFFERENT'}")
    for part, module, need in WITHOUT_HARDWARE:
        print(f"{part:<18}{'no':<5}{absence(module) or 'needs ' + need}")
    broken = [f"{name} ended with {code}" for name, code in logs.ends() if code not in GOOD_ENDS[name]]
    for line in broken:
        print(f"{line}; to see why, run again with --keep and look at its .out and .log")
    print()
    for line in dashboards(metrics, cardlink_metrics):
        print(line)
    return all_ran and not broken and all(own == ours for _, _, own, ours in counted)


def absence(module):
    """Why a part is not even installed; empty when its module is there."""
    try:
        return "" if importlib.util.find_spec(module) else f"its module {module} is not in this CardLink"
    except ImportError:
        return f"its module {module} is not in this CardLink"


def dashboards(metrics, program):
    """For each dashboard how many panels have something to draw, and the titles of those that have not."""
    try:
        listed = subprocess.run([program, "dashboards", "list"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        yield f"dashboards were not looked at: {error}"
        return
    for name in (line.split()[0] for line in listed.splitlines() if line):
        exported = subprocess.run([program, "dashboards", "export", name], capture_output=True, text=True, check=True)
        queries = {
            panel["title"]: " ".join(target.get("expr", "") for target in panel["targets"])
            for panel in panels(json.loads(exported.stdout)) if panel.get("targets")}
        empty = [title for title, query in queries.items() if not has_samples(query, metrics.families)]
        yield (f"dashboard {name}: {len(queries) - len(empty)} of {len(queries)} panels have data"
               + (f"; none: {', '.join(empty)}" if empty else ""))


def panels(dashboard):
    for panel in dashboard.get("panels", []):
        yield panel
        yield from panels(panel)


def has_samples(query, families):
    named = {re.sub("_(bucket|sum|count)$", "", name) for name in re.findall(r"\bcardlink_[a-z0-9_]+", query)}
    return not named or bool(named & families)


if __name__ == "__main__":
    if sys.argv[1:] == ["needs"]:
        needs()
    elif sys.argv[1:2] == ["table"] and len(sys.argv) == 5:
        sys.exit(0 if table(*sys.argv[2:]) else 1)
    else:
        sys.exit(__doc__)
