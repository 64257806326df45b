#!/usr/bin/python3
"""figure 2, power cut of the active: when each step happens, in ms after the cut, medians over the runs."""

import argparse
import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))

from demo import hold_of, power_cut, settle  # noqa: E402  (the path comes first)
from hotswan_lab import Lab, configs, topologies  # noqa: E402


def failover(runs, timers):
    """Median, lowest and highest moment of each step over the runs."""
    seen = {}
    for number in range(runs):
        with Lab() as lab:
            network = topologies.figure2(lab, timers=timers)
            settle(network, 2)
            steps = power_cut(network, hold_of(timers))
            network.audit()
        for step in steps:
            seen.setdefault(step.name, []).append(step.ms)
        print(f"run {number + 1} of {runs}: first packet after {steps[-1].ms:.0f} ms", flush=True)
    print(f"\n{'median':>8} {'lowest':>8} {'highest':>8}  ms after the cut, standby timers {timers}")
    for name, values in seen.items():
        print(f"{statistics.median(values):8.0f} {min(values):8.0f} {max(values):8.0f}  {name}")


def main():
    """Parse the options and run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--timers", default=configs.FAST_TIMERS)
    chosen = parser.parse_args()
    failover(chosen.runs, chosen.timers)


if __name__ == "__main__":
    main()
