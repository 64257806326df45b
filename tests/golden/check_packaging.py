#!/usr/bin/python3
"""The Debian package beside what it is made from: its version is Meson's, and it asks for what scripts/install-deps installs.

check_packaging.py ROOT VERSION: ends with "N passed, N failed".
"""

import pathlib
import re
import sys

TESTS_ONLY = {"libcmocka-dev"}
IN_BUILD_ESSENTIAL = {"gcc", "libc6-dev"}
BY_MESON = {"ninja-build"}


def purposes(text):
    """The lists of install-deps: {purpose: packages}."""
    return {name: set(body.split()) for name, body in re.findall(r"(?m)^(\w+)='\n(.*?)'$", text, re.S | re.M)}


def field(control, name):
    """The packages of a field, without versions."""
    value = re.search(rf"(?m)^{name}: (.*(?:\n .*)*)", control)[1]
    return {re.sub(r"\s*\(.*?\)", "", item).strip() for item in value.replace("\n", " ").split(",")}


def main():
    root, version = pathlib.Path(sys.argv[1]), sys.argv[2]
    debian = root / "packaging/debian"
    lists = purposes((root / "scripts/install-deps").read_text(encoding="utf-8"))
    control = (debian / "control").read_text(encoding="utf-8")
    changelog = (debian / "changelog").read_text(encoding="utf-8")
    build = field(control, "Build-Depends") - {"debhelper-compat"}
    run = {item for item in field(control, "Depends") if not item.startswith("$")}
    wanted = lists["build"] - TESTS_ONLY - IN_BUILD_ESSENTIAL - BY_MESON
    problems = []
    if not changelog.startswith(f"hotswan ({version}) "):
        problems.append(f"the changelog begins with another version than {version}")
    if build != wanted:
        problems.append(f"Build-Depends: {sorted(build ^ wanted)}")
    if run != lists["run"]:
        problems.append(f"Depends: {sorted(run ^ lists['run'])}")
    for script in ("rules", "postinst", "prerm", "postrm"):
        if not (debian / script).read_text(encoding="utf-8").startswith("#!"):
            problems.append(f"{script} is no script")
    for problem in problems:
        print(problem)
    print(f"{7 - len(problems)} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
