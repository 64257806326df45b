#!/usr/bin/python3
"""standby groups at scale: what a link event and a configuration line cost the engine with 4,095 of them, beside 41.

Asked for: what does not concern a group costs the same however many there are (at most twice, both under 0.1 ms).
"""

import os
import re
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(os.environ.get("HOTSWAN_BUILD", os.path.join(ROOT, "build-bench")), "bench", "bench_groups")
RUNS = 5
UNCONCERNED = ("link that nobody tracks", "link of a virtual MAC", "line of one group", "lines of a key chain that nobody uses")
BOUND_US, BOUND_RATIO = 100, 2


def measure(groups, tracking):
    """{case: microseconds}, medians of a few runs."""
    runs = []
    for _ in range(RUNS):
        done = subprocess.run([PROGRAM, str(groups), str(tracking)], capture_output=True, text=True, check=True)
        runs.append({name.strip(): float(us) for name, us in re.findall(r"(?m)^(.+?) +([\d.]+) us", done.stdout)})
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def main():
    few, many = measure(41, 10), measure(4095, 1000)
    missed = 0
    print(f"{'microseconds':44} {'41':>10} {'4095':>10}")
    for name, us in many.items():
        bound = name in UNCONCERNED
        good = not bound or (us < BOUND_US and us <= BOUND_RATIO * few[name])
        missed += not good
        print(f"{name:44} {few[name]:10.1f} {us:10.1f}{'' if not bound else '  ok' if good else '  MISSED'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
