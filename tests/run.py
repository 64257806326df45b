#!/usr/bin/python3
"""Everything that is tested: builds, unit, golden and property tests, namespace and lab tests.

Ends with one line, "N passed, N failed, N skipped"; the exit status is 0 if none failed. A missing tool
is a failure that is said loudly: what was not run is not proved. Only what cannot be downloaded for the
guest, after several tries, counts as skipped: no change of the tree can mend a network. Called by
scripts/check, which installs what is needed. Usage: run.py [--quick] (no guest, no lab tests).
"""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
JOBS = str(os.cpu_count() or 2)
TOOLS = ("gcc", "clang", "meson", "ninja", "nft", "ip", "tcpdump", "tshark", "ping", "vtysh", "swanctl")
NO_DOWNLOAD = "cannot be downloaded"                                    # the one reason to skip; tests of the guest say it
FILES = ("/usr/sbin/charon-systemd", "/usr/lib/frr/ospfd", "/dev/net/tun")


class Tally:
    """Passed, failed and skipped of all suites."""

    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0

    def add(self, name, passed, failed, seconds, skipped=0):
        """Count a suite and say so."""
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        print(f"check: {name}: {passed} passed, {failed} failed, {skipped} skipped ({seconds:.0f} s)", flush=True)

    def skip(self, name, why):
        """A suite that cannot be run, for a reason that lies outside the tree."""
        print(f"check: SKIPPED, NOT PROVED: {name}: {why}", flush=True)
        self.add(name, 0, 0, 0, skipped=1)

    def step(self, name, argv, **env):
        """A command that passes or fails as a whole; whether it passed."""
        began = time.monotonic()
        ok = subprocess.run(argv, cwd=ROOT, env=dict(os.environ, **env), check=False).returncode == 0
        self.add(name, int(ok), int(not ok), time.monotonic() - began)
        return ok


def build(tally, name, folder, setup, **env):
    """Configure (once) and build a tree."""
    if not os.path.exists(os.path.join(ROOT, folder, "build.ninja")):   # also after an interrupted setup
        shutil.rmtree(os.path.join(ROOT, folder), ignore_errors=True)
        if not tally.step(f"configure {name}", ["meson", "setup", folder, *setup], **env):
            return False
    return tally.step(f"build {name}", ["ninja", "-C", folder, "-j", JOBS], **env)


def meson_tests(tally, name, folder, suites):
    """Run meson suites; cmocka's own counts are used where a program prints them."""
    began = time.monotonic()
    log = os.path.join(ROOT, folder, "meson-logs", "testlog.json")
    if os.path.exists(log):
        os.unlink(log)
    subprocess.run(["meson", "test", "-C", folder, "--no-rebuild", "--print-errorlogs", "--timeout-multiplier", "6"]
                   + [word for suite in suites for word in ("--suite", suite)], cwd=ROOT, check=False)
    passed = failed = 0
    if not os.path.exists(log):
        failed = 1
    else:
        with open(log, encoding="utf-8") as lines:
            for line in lines:
                result = json.loads(line)
                good, bad = counts(result)
                if bad and result["result"] != "SKIP" and meson_second_run(folder, result["name"]):
                    good, bad = good + bad, 0
                passed, failed = passed + good, failed + bad
    tally.add(name, passed, failed, time.monotonic() - began)


def meson_second_run(folder, name):
    """Whether a failed test passes when it has the machine to itself."""
    test = name.split(" / ")[-1]
    passed = subprocess.run(["meson", "test", "-C", folder, "--no-rebuild", "--timeout-multiplier", "6", "--logbase",
                             "second", test], cwd=ROOT, check=False).returncode == 0
    print(f"check: {'PASSED ONLY ON' if passed else 'FAILED AGAIN ON'} ITS SECOND RUN: {test}", flush=True)
    return passed


def counts(result):
    """(passed, failed) of one meson test: cmocka's cases, or the program as one."""
    said = (result.get("stdout") or "") + (result.get("stderr") or "")
    passed = sum(int(n) for n in re.findall(r"\[\s+PASSED\s+\] (\d+) test", said))
    failed = sum(int(n) for n in re.findall(r"\[\s+FAILED\s+\][^\n]*?(\d+) test", said))
    if result["result"] in ("OK", "EXPECTEDFAIL"):
        return max(passed, 1), failed
    if result["result"] == "SKIP":
        print(f"check: SKIPPED, counted as failed: {result['name']}", flush=True)
    return passed, max(failed, 1)


def pytests(tally, name, folder, parallel, marker=""):
    """Run a folder of pytest files; skipped tests count as failed: nothing here may be left out."""
    began = time.monotonic()
    report = os.path.join(ROOT, "build", f"pytest-{re.sub('[^a-z]+', '-', name)}.xml")
    if os.path.exists(report):
        os.unlink(report)
    pytest = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    argv = [*pytest, "--junitxml", report, folder]
    argv += ["-n", str(parallel), "--dist", "loadfile"] if parallel > 1 else []
    argv += ["-m", marker] if marker else []
    subprocess.run(argv, cwd=ROOT, check=False)
    count_report(tally, name, report, began, pytest)


def guest(tally):
    """What needs a kernel with ESP. Its packages are the only ones that no other suite needs."""
    suites = (("kernel ESP in a guest", lambda name: meson_tests(tally, name, "build", ["guest"])),
              ("lab on kernel ESP in a guest", lambda name: guest_lab(tally, name)))
    had = [subprocess.run(argv, cwd=ROOT, check=False).returncode == 0
           for argv in (["scripts/install-deps", "guest"], ["tests/guest/download", "build/guest", "kernel"])]
    for name, run in suites:
        if all(had):
            run(name)
        else:
            tally.skip(name, f"{'packages of the guest' if not had[0] else 'the kernel package'} {NO_DOWNLOAD}")


def guest_lab(tally, name):
    """The lab tests that touch the data plane once more, on a kernel with ESP; those for that kernel alone, too."""
    began = time.monotonic()
    program = [sys.executable, "tests/guest/lab.py", "build"]
    report = os.path.join(ROOT, "build", "guest", "results", "junit.xml")
    kept = os.path.join(ROOT, "build", "guest", "junit.xml")            # a second run replaces the results
    for old in (report, kept):
        if os.path.exists(old):
            os.unlink(old)
    subprocess.run(program, cwd=ROOT, check=False)
    if os.path.exists(report):
        shutil.copy(report, kept)
    count_report(tally, name, kept, began, [*program, "-q"])


def count_report(tally, name, report, began, runner):
    """Count a junit report's cases one by one; the runner is given those that failed once more."""
    if not os.path.exists(report):
        tally.add(name, 0, 1, time.monotonic() - began)
        return
    total = bad = left_out = 0
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        total += 1
        skipped = case.find("skipped")
        if skipped is not None and skipped.get("message", "").startswith(NO_DOWNLOAD):
            print(f"check: SKIPPED, NOT PROVED: {case.get('name')}: {skipped.get('message')}", flush=True)
            left_out += 1
        elif skipped is not None:
            print(f"check: SKIPPED, counted as failed: {case.get('name')}", flush=True)
            bad += 1
        elif case.find("failure") is not None or case.find("error") is not None:
            bad += not second_run(runner, case)
    tally.add(name, total - bad - left_out, bad, time.monotonic() - began, left_out)


def second_run(runner, case):
    """Whether a failed test passes when it has the machine to itself."""
    test = f"{case.get('classname').replace('.', '/')}.py::{case.get('name')}"
    passed = subprocess.run([*runner, test], cwd=ROOT, check=False).returncode == 0
    print(f"check: {'PASSED ONLY ON' if passed else 'FAILED AGAIN ON'} ITS SECOND RUN: {test}", flush=True)
    return passed


def dependencies(tally):
    """Name what scripts/check could not install."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    for tool in [t for t in TOOLS if not shutil.which(t, path=path)] + [f for f in FILES if not os.path.exists(f)]:
        print(f"check: MISSING TOOL: {tool}: what needs it will fail", flush=True)
        tally.add(f"tool {tool}", 0, 1, 0)


def main():
    """All suites in the order of their cost."""
    began = time.monotonic()
    tally = Tally()
    quick = "--quick" in sys.argv[1:]
    if os.geteuid() != 0:
        print("tests/run.py: needs root (network namespaces): sudo scripts/check")
        return 1
    dependencies(tally)
    built = build(tally, "gcc", "build", [])
    # One build shows both: that clang takes the tree, and what its sanitizers find. (As-needed linking would drop
    # libcrypt, whose crypt_r the sanitizer intercepts.)
    sanitized = ["-Db_sanitize=address,undefined", "-Db_lundef=false", "-Db_asneeded=false"]
    if build(tally, "clang with ASan and UBSan", "build-asan", sanitized, CC="clang"):
        meson_tests(tally, "unit tests under ASan and UBSan", "build-asan", ["unit", "golden", "property"])
    if built:
        meson_tests(tally, "unit, golden and property tests", "build", ["unit", "golden", "property"])
        tally.step("the simulator finds planted bugs", ["sim/planted"])
        meson_tests(tally, "namespace tests", "build", ["netns"])
    if built and not quick:
        guest(tally)
        for folder in sorted(glob.glob("tests/*/", root_dir=ROOT)):
            if glob.glob(f"{folder}test_*.py", root_dir=ROOT):
                if folder == "tests/lab/":
                    # Most of a lab's time is waiting for hold times and keepalives.
                    pytests(tally, "lab", folder, 2 * int(JOBS), "not alone and not guest")
                    pytests(tally, "lab, one at a time", folder, 1, "alone")
                else:
                    pytests(tally, folder.strip("/"), folder, 1)
    print(f"check: {time.monotonic() - began:.0f} s", flush=True)
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped", flush=True)
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
