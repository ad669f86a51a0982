"""Tells a running CardLink Probe what pytest does: the suite, each test, how it ended, how long it took.

    PYTHONPATH=examples/python pytest -p cardlink_probe_pytest

A test has a span of its own in TRACEPARENT while it runs, so that programs which it starts (`cardlink-probe run` is one)
and the application's own spans are part of the test's. What the probe saw of a failed test's commands to cards stands
in its report. A test that means a command to fail says so, and the probe counts that apart from errors:

    @pytest.mark.cardlink_expect("VERIFY=63CX", "SELECT=not_found")

Under pytest-xdist the one who starts the workers tells the
suite, and each worker its tests. The suite's begin has the commit of the root directory's repository, and with
`--cardlink-tester-version` the tester's version. Assertions are counted where `enable_assertion_pass_hook` is on.
"""

import os
import re

import pytest

import cardlink_probe


def pytest_addoption(parser):
    group = parser.getgroup("cardlink-probe")
    group.addoption("--cardlink-suite", metavar="NAME", help="the suite's name, a label (default: the root directory's)")
    group.addoption(
        "--cardlink-tester-version", metavar="TEXT", default=os.environ.get("CARDLINK_TESTER_VERSION"),
        help="which version of the tester this is (default: CARDLINK_TESTER_VERSION)")
    group.addoption("--cardlink-events", metavar="SOCKET", help="the probe's event socket")


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "cardlink_expect(*rules): commands to cards that are meant to fail, such as VERIFY=63CX")
    config.pluginmanager.register(Teller(config), "cardlink-probe-teller")


class Teller:
    """Tells the events of one pytest process."""

    def __init__(self, config):
        given = getattr(config, "workerinput", {}).get("cardlink_probe")
        self.is_worker = given is not None
        self.suite = config.getoption("cardlink_suite") or os.path.basename(str(config.rootpath)) or "pytest"
        self.run = given["run"] if given else cardlink_probe.new_number()
        self.trace = cardlink_probe.Trace(given["traceparent"] if given else None)
        self.counts_assertions = bool(config.getini("enable_assertion_pass_hook"))
        self.span = self.trace.span()
        self.tester = (
            config.getoption("cardlink_tester_version"), cardlink_probe.tester_commit(str(config.rootpath)))
        self.sender = cardlink_probe.Sender("pytest", config.getoption("cardlink_events"))
        self.began = None
        self.test = None
        self.failed = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node):
        """xdist starts a worker."""
        node.workerinput["cardlink_probe"] = {"run": self.run, "traceparent": self.span}

    # The suite

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self):
        self.began = cardlink_probe.Moment()
        if not self.is_worker:
            told = cardlink_probe.suite_began(
                self.run, self.suite, self.began, self.span, self.trace.parent, *self.tester)
            self.sender.send(told, soon=True)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self):
        if self.began and not self.is_worker:
            self.sender.send(cardlink_probe.suite_ended(self.run, self.suite, self.began))
        tally = self.sender.close()
        if self.failed and tally.confirmed and not self.is_worker:
            self.show_commands()

    def show_commands(self):
        """Puts what was said to cards into the reports of the tests that failed."""
        tests = cardlink_probe.failed_tests(self.run, self.suite, self.sender.path)
        for report in self.failed:
            said = tests.get(report.nodeid)
            if said and said["count"]:
                report.sections.append(("Commands to cards", _words(said)))

    def pytest_terminal_summary(self, terminalreporter):
        complaint = self.sender.complaint()
        if complaint:
            terminalreporter.write_line(f"cardlink-probe: {complaint}")

    def pytest_collectreport(self, report):
        """A module that was skipped or failed as a whole; xdist hands on those that failed."""
        if self.is_worker or report.outcome == "passed":
            return
        status = "skipped" if report.outcome == "skipped" else "error"
        began = cardlink_probe.Moment()
        self.sender.send(cardlink_probe.test_ended(self.run, self.suite, report.nodeid, status, began))

    # A test

    def pytest_itemcollected(self, item):
        for rule in _expected(item):
            if not re.fullmatch(r"(\*|[A-Za-z0-9 ]+)=([0-9A-FXa-fx]{4}|[a-z_]+)", rule):
                raise pytest.UsageError(f"{item.nodeid}: cardlink_expect({rule!r}): write COMMAND=OUTCOME, as VERIFY=63CX")

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        self.test = test = _Test(item.nodeid, self.trace.span())
        outer = os.environ.get("TRACEPARENT")
        os.environ["TRACEPARENT"] = test.span
        name = (self.run, self.suite, test.name)
        expects = _expected(item)
        self.sender.send(cardlink_probe.test_began(*name, test.began, test.span, expects or None), soon=True)
        if expects:
            self.sender.settle()
        yield
        self.test = None
        if outer is None:
            os.environ.pop("TRACEPARENT", None)
        else:
            os.environ["TRACEPARENT"] = outer
        counts = (test.passed, test.failed) if self.counts_assertions else (None, None)
        self.sender.send(cardlink_probe.test_ended(*name, test.status, test.began, *counts, test.span))

    def pytest_runtest_logreport(self, report):
        """Reports of workers come here too, and are none of a test that runs here."""
        if report.outcome == "failed" and not self.is_worker and len(self.failed) < 64:
            self.failed.append(report)
        if self.test and self.test.name == report.nodeid:
            self.test.hear(report)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item, call):
        if self.test and call.excinfo is not None and call.excinfo.errisinstance(AssertionError):
            self.test.failed += 1
        yield

    def pytest_assertion_pass(self):
        if self.test:
            self.test.passed += 1


def _expected(item):
    """The rules of its markers; a probe takes 64."""
    return [str(rule) for mark in item.iter_markers("cardlink_expect") for rule in mark.args][:64]


def _words(said):
    """What the probe saw, in a line or two."""
    words = f"{said['count']} commands, {said['errors']} failed"
    if said["slowest"]:
        words += f"; the slowest: {said['slowest']}, {said['slowest_nanoseconds'] / 1e6:.1f} ms"
    if said["failed"]:
        words += f"\nlast that failed: {said['failed']} {said['failed_status_word']}"
    return words


class _Test:
    """A test that runs."""

    def __init__(self, name, span):
        self.name, self.span = name, span
        self.began = cardlink_probe.Moment()
        self.passed = self.failed = 0
        self.phases = {}

    def hear(self, report):
        """An expected failure is reported as skipped; a part of a test (a subtest) does not end it."""
        if getattr(report, "context", None) is None:
            self.phases[report.when] = report.outcome

    @property
    def status(self):
        """What fails before or after the test is an error; a test without a call was skipped before it."""
        setup, call, teardown = (self.phases.get(when) for when in ("setup", "call", "teardown"))
        if call == "failed":
            return "failed"
        if setup in (None, "failed") or teardown == "failed":
            return "error"
        if call is None and setup == "passed":
            return "error"
        return call or setup
