#!/usr/bin/python3
"""doc/testing.md names tests that exist, claims of the guest what runs there, and leaves no rule out.

Usage: testing_page.py. Exit status 1 with a line for each fault.
"""

import ast
import os
import re
import sys

TESTS = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(os.path.dirname(TESTS), "doc/testing.md")
RULES = [*(f"V{n}" for n in range(1, 19)), *(f"H{n}" for n in range(1, 14)), *(f"D{n}" for n in range(1, 18)), "MTU"]
RRI_RULES = 36                                                          # rows of that name: none gets lost unnoticed
NAME = re.compile(r"`((?:unit|linux|lab|golden)/[\w/]+(?:::\w+)?)`")


def read(*path):
    """Text of a file below tests/; None where there is none."""
    try:
        with open(os.path.join(TESTS, *path), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def c_test_runs(text, name):
    """Whether a C test is defined and also named in a list of tests."""
    return len(re.findall(rf"\b{name}\b", text)) > 1 and re.search(rf"^static void {name}\(void \*\*state\)", text, re.M) is not None


def python_tests(text):
    """{test: whether a mark takes it into the guest} of a lab file."""
    tree = ast.parse(text)
    marks = " ".join(ast.unparse(node.value) for node in tree.body if isinstance(node, ast.Assign)
                     and ast.unparse(node.targets[0]) == "pytestmark")
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            marked = " ".join([marks, *map(ast.unparse, node.decorator_list)])
            found[node.name] = bool(re.search(r"\bmark\.(kernel_esp|guest)\b", marked))
    return found


def guest_programs():
    """Programs of tests/linux that the guest runs."""
    arguments = re.search(r"test\('guest'.*?args: \[(.*?)\]", read("meson.build"), re.S).group(1)
    return {f"netns_{name}" for name in re.findall(r"'(\w+)'", arguments)}


def fault(name, guest):
    """What is wrong with a name in its column; None if it is right."""
    folder, _, rest = name.partition("/")
    file, _, test = rest.partition("::")
    if folder == "golden":
        there = read("golden", rest + ".in") or read("golden", rest + ".txt")
        return "in the guest there are no golden files" if guest else None if there else "no such golden file"
    text = read(folder, file + (".py" if folder == "lab" else ".c"))
    if text is None:
        return "no such file"
    if folder == "lab":
        tests = python_tests(text)
        if test not in tests:
            return "no such test"
        return "has no mark for the guest" if guest and not tests[test] else None
    if not c_test_runs(text, test):
        return "no such test, or it is in no list"
    return "does not run in the guest" if guest and not (folder == "linux" and file in guest_programs()) else None


def main():
    """All rows of the page."""
    with open(PAGE, encoding="utf-8") as file:
        rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in file if line.startswith("| ")]
    rows = [row for row in rows if row[0] not in ("rule",)]
    faults = [f"{row[0]}: not four columns: {row}" for row in rows if len(row) != 4]
    rows = [row for row in rows if len(row) == 4]
    ids = [row[0] for row in rows]
    faults += [f"{rule}: is missing" for rule in RULES if rule not in ids]
    faults += [f"{rule}: stands there twice" for rule in sorted(set(ids)) if ids.count(rule) > 1]
    found = sum(rule.startswith("RRI ") for rule in ids)
    faults += [f"RRI: {found} rules, {RRI_RULES} expected"] if found != RRI_RULES else []
    for rule, _, native, guest in rows:
        names = NAME.findall(native)
        faults += [f"{rule}: names no test"] if not names else []
        faults += [f"{rule}: {words}: not understood" for words in re.findall(r"`([^`]*)`", native + guest) if not NAME.fullmatch(f"`{words}`")]
        faults += [f"{rule}: the guest's column is empty"] if not NAME.search(guest) and guest != "—" else []
        for column, where in ((native, False), (guest, True)):
            faults += [f"{rule}: {name}: {wrong}" for name in NAME.findall(column) if (wrong := fault(name, where))]
    for line in faults:
        print(f"testing.md: {line}")
    print(f"{len(rows)} rules, {len(faults)} faults")
    return 1 if faults or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
