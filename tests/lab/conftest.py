"""Fixtures of the lab tests: a Lab per test, its evidence printed when the test fails."""

import os
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "lab"))

from hotswan_lab import Lab  # noqa: E402  (the path comes first)


@pytest.fixture
def lab(request):
    """An empty lab; closed after the test, after its evidence was taken if the test failed."""
    with Lab() as made:
        yield made
        report = getattr(request.node, "call_report", None)
        if report is not None and report.failed:
            request.node.add_report_section("teardown", "lab evidence", made.evidence())


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Keep the report of the call phase where the fixture's end can see it."""
    outcome = yield
    if call.when == "call":
        item.call_report = outcome.get_result()


def pytest_configure(config):
    """Marks of this folder."""
    config.addinivalue_line("markers", "alone: measures milliseconds; namespaces that other tests make and remove"
                            " meanwhile keep the kernel busy for tens of them, so scripts/check runs it by itself")
    config.addinivalue_line("markers", "kernel_esp: touches the data plane, so it also runs in the guest, whose kernel has ESP"
                            " (tests/guest/lab.py)")
    config.addinivalue_line("markers", "guest: can run in the guest only")
