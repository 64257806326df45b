#!/usr/bin/python3
"""What `hotswand --check` says of whole configurations.

check_files.py HOTSWAND NAME.in…: each file between "@file" and "@end" is checked by the program as an operator does it; it
reports what the golden NAME.out has, line by line, its exit status says whether there was something, and secrets stay out.
Ends with "N passed, N failed".
"""

import pathlib
import re
import subprocess
import sys
import tempfile

SECRETS = re.compile(r"Un1que|br4nch|wh1te|r0am|FirstTry|allsp0kes|p4rtner|cl0ud|st4tic|byn4me|gr0up|st4teful|evrybody|NHRPKEY|m1x[a-z]")


def blocks(lines):
    """The lines of each file, without the marks around it."""
    block = None
    for line in lines:
        if line == "@file":
            block = []
        elif line == "@end" and block is not None:
            yield block
            block = None
        elif block is not None:
            block.append(line)


def expected(out):
    """The reports of each file in a golden output: what stands before its "@file: N refused"."""
    reports, found = [], []
    for line in out.splitlines():
        if line.startswith("FILE:"):
            reports.append(line)
        elif line.startswith("@file: "):
            found.append(reports)
            reports = []
    return found


def main():
    program, passed, failures = sys.argv[1], 0, []
    for path in map(pathlib.Path, sys.argv[2:]):
        wanted = expected(path.with_suffix(".out").read_text(encoding="utf-8"))
        files = list(blocks(path.read_text(encoding="utf-8").splitlines()))
        if len(files) != len(wanted):
            failures.append(f"{path.name}: {len(files)} files, {len(wanted)} reports")
        for number, (lines, reports) in enumerate(zip(files, wanted), 1):
            with tempfile.NamedTemporaryFile("w", suffix=".conf", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
                file.flush()
                done = subprocess.run([program, "--check", file.name], capture_output=True, text=True, timeout=30)
                said = [line.replace(file.name, "FILE") for line in (done.stdout + done.stderr).splitlines()]
            got = [line for line in said if line.startswith("FILE:")]
            problems = []
            if got != reports:
                extra = [line for line in got if line not in reports] + [line for line in reports if line not in got]
                problems.append(f"reports differ: {extra[:2]}")
            if (done.returncode != 0) != bool(reports) or done.returncode < 0:
                problems.append(f"exit status {done.returncode}")
            if SECRETS.search("\n".join(said)):
                problems.append("a secret is reported")
            passed += not problems
            failures += [f"{path.name} file {number}: {problem}" for problem in problems]
    for failure in failures:
        print(failure)
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
