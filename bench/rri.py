#!/usr/bin/python3
"""injected routes at scale: beside `ip -batch`, one SA among many, reconciliation, a long configuration, memory."""
# Ratios are medians of pairs that took turns. Absolute times are processor time, kernel included: what a free core takes.

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "lab"))

from hotswan_lab import Lab, configs  # noqa: E402  (the path comes first)
from hotswan_lab.headend import Headend  # noqa: E402
from hotswan_lab.system import wait_for  # noqa: E402
from hotswan_lab.vici import Vici  # noqa: E402

BUILD = os.environ.get("HOTSWAN_BUILD", os.path.join(ROOT, "build-bench"))
FIRST, PEERS = 0x10000000, 0xC6120000           # networks from 16.0.0.0 on, peers in 198.18.0.0/15
RRI_METRIC = (1 << 24) + 1
TURNS, UPDOWN = 40, "updown 500"                # of 10 ms each: a turn during which others had the core does not count


def dotted(number):
    """A.B.C.D of a number."""
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def configuration(folder, name, entries, lines, interface):
    """A crypto map of that many entries, each with that many lines to networks of their own; the file's name."""
    text = [configs.text("prologue").split("interface FastEthernet")[0].format(name="A"),
            "crypto dynamic-map D 1", " set transform-set my-transform-set", " reverse-route"]
    for entry in range(entries):
        text.append(f"ip access-list extended a{entry}")
        text += [f" permit ip 192.168.1.0 0.0.0.255 {dotted(FIRST + 256 * (entry * lines + line))} 0.0.0.255"
                 for line in range(lines)]
        text += [f"crypto map M {entry + 1} ipsec-isakmp", f" set peer {dotted(PEERS + entry + 1)}",
                 " set transform-set my-transform-set", f" match address a{entry}", " reverse-route"]
    text += ["crypto map M 65000 ipsec-isakmp dynamic D", interface]
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(text) + "\n")
    return path


def single(device="e0"):
    """The interface lines of a headend without redundancy."""
    return (f"interface FastEthernet0/0\n hotswan device {device}\n ip address 10.1.1.1 255.255.255.0\n crypto map M")


REDUNDANT = ("interface FastEthernet0/0\n hotswan device e0\n ip address 10.1.1.1 255.255.255.0\n"
             " standby 0 ip 10.1.1.3\n standby 0 name G\n crypto map M redundancy G")


def batch(folder, verb, count):
    """The same routes as lines of ip -batch: like ours in all but the protocol number."""
    path = os.path.join(folder, f"{verb}.batch")
    with open(path, "w", encoding="ascii") as file:
        for number in range(count):
            file.write(f"route {verb} {dotted(FIRST + 256 * number)}/24 via 10.1.1.2 dev e0 onlink src 10.1.1.3 "
                       f"proto bird metric {RRI_METRIC}\n")
    return path


class Engine:
    """bench_rri: loader, core and netlink adapter in a namespace of their own."""

    def __init__(self):
        self.process = subprocess.Popen([os.path.join(BUILD, "bench", "bench_rri")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def __call__(self, command):
        """The numbers that a command answers with."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"bench_rri ended at {command!r}")
        return [float(word) for word in answer.split()]

    def close(self):
        """End it and wait."""
        self.process.stdin.close()
        self.process.wait()


class Report:
    """The table, and whether every bound holds."""

    def __init__(self):
        self.rows, self.good = [], True

    def add(self, what, value, bound=None, unit="", note=""):
        """One line; a bound is the highest value that is accepted."""
        holds = bound is None or value <= bound
        self.good = self.good and holds
        verdict = "" if bound is None else "holds" if holds else "FAILS"
        self.rows.append((what, f"{value:.2f} {unit}".strip(), "" if bound is None else f"{bound:g} {unit}".strip(),
                          verdict, note))
        print(f"  {what}: {value:.2f} {unit} {verdict}", flush=True)

    def print(self):
        """Everything, aligned."""
        print(f"\n{'':<52}{'measured':>14}{'bound':>12}")
        for what, value, bound, verdict, note in self.rows:
            print(f"{what:<52}{value:>14}{bound:>12}  {verdict:<6} {note}".rstrip())


def median(values):
    """Median of a list."""
    return statistics.median(values)


def against_ip(report, folder, routes, runs):
    """(a) A failover's worth of routes in and out, beside ip -batch in the same namespace, in turns."""
    engine = Engine()
    engine("load " + configuration(folder, "failover", routes // 10, 10, REDUNDANT))
    add, delete = batch(folder, "add", routes), batch(folder, "del", routes)
    engine("standby")
    times = {name: [] for name in ("in", "out", "ip in", "ip out")}
    for turn in range(runs + 1):
        row = {"in": engine("active"), "out": engine("standby"),
               "ip in": engine(f"shell ip -batch {add}"), "ip out": engine(f"shell ip -batch {delete}")}
        for name, (wall, cpu) in row.items():
            if turn:                            # the first one warms up
                times[name].append((wall, cpu))
    engine.close()
    for name, what in (("in", "inject"), ("out", "withdraw")):
        pairs = list(zip(times[name], times["ip " + name]))
        report.add(f"(a) {what} {routes} routes / ip -batch", median([ours[0] / theirs[0] for ours, theirs in pairs]),
                   1.0, "x", f"{median([o[0] for o, _ in pairs]):.0f} ms, ip {median([t[0] for _, t in pairs]):.0f} ms; "
                   f"processor time {median([o[1] / t[1] for o, t in pairs]):.2f} x")


def one_among(report, folder, routes, runs):
    """(b) One SA up and down among all against one among 100, in turns; (c) a reconciliation of all."""
    path = configuration(folder, "dynamic", 0, 0, single())
    few, many = Engine(), Engine()
    for engine, count in ((few, 100), (many, routes)):
        engine("load " + path)
        if engine is many:
            before = engine("rss")[0]
        engine(f"sas {count} {min(count, routes // 10)}")
        if engine("routes")[0] != count:
            raise SystemExit("not all routes were injected")
    report.add("(e) memory of a route and its SA", (many("rss")[0] - before) / routes, 2, "kB")
    pairs = [(few(UPDOWN), many(UPDOWN)) for _ in range(TURNS + 1)][1:]     # the first one warms up
    for at, what in ((0, "up"), (1, "down")):
        ratios = [m[at] / f[at] for f, m in pairs]
        report.add(f"(b) one SA {what} among {routes} / among 100", median(ratios), 1.5, "x",
                   f"{min(ratios):.2f} to {max(ratios):.2f}; {median([m[at] for _, m in pairs]) * 1000:.1f} us, "
                   f"{median([f[at] for f, _ in pairs]) * 1000:.1f} us")
    times = [many("reconcile") for _ in range(runs)]
    report.add(f"(c) reconciliation of {routes} routes, nothing to do", median([t[-1] for t in times]), 300, "ms",
               f"{routes // 10} peers; {median([t[0] for t in times]):.0f} ms by the clock")
    few.close()
    many.close()


def long_configuration(report, folder, entries, runs):
    """(d) Load, the same again, print, without charon; (e) memory of an entry."""
    path = configuration(folder, "entries", entries, 1, single())
    rows, sizes = [], []
    for _ in range(runs):
        engine = Engine()
        before = engine("rss")[0]
        load = engine("load " + path)
        sizes.append((engine("rss")[0] - before) / entries)
        rows.append((load, engine("apply " + path), engine("print")))
        engine.close()
    for at, what in enumerate(("load, its routes in the kernel", "the same file once more", "print")):
        clock = [row[at][0] + (row[at][1] if at < 2 else 0) for row in rows]
        report.add(f"(d) {entries} entries: {what}", median([row[at][-1] for row in rows]), 1000, "ms",
                   f"{median(clock):.0f} ms by the clock")
    report.add("(e) memory of an entry, its list and its route", median(sizes), 10, "kB")
    engine = Engine()
    engine("load " + configuration(folder, "list", 1, entries, single()))
    times = []
    for verb in ("", "no ") * (runs + 1):
        edit = os.path.join(folder, "edit")
        with open(edit, "w", encoding="ascii") as file:
            file.write(f"ip access-list extended a0\n {verb}permit ip 192.168.1.0 0.0.0.255 172.16.0.0 0.0.255.255\n")
        times.append(engine("apply " + edit)[-1])
    engine.close()
    report.add(f"(d) a line more or less in a list of {entries}", median(times[2:]), 50, "ms", "filter and charon not counted")


def whole_daemon(report, entries):
    """For information: the daemon itself, with charon."""
    with Lab() as lab:
        head = Headend(lab, "p")
        head.connect("outside", "10.1.1.1/24")
        head.ip("route", "add", "default", "via", "10.1.1.2")
        with open(configuration(lab.path, "big", entries, 1, single("eth0")), encoding="ascii") as file:
            head.write_config(file.read())
        begun = time.monotonic()
        head.start()
        answers = time.monotonic() - begun
        wait_for(lambda: len(head.rri()) == entries, 120, "all routes", every=0.1, evidence=head.evidence)
        routes = time.monotonic() - begun

        def loaded():
            vici = Vici(os.path.join(head.run_dir, "charon", "charon.vici"))
            try:
                return len(vici.stream("list-conns", "list-conn")) >= entries
            finally:
                vici.close()

        wait_for(loaded, 300, "charon has all connections", every=1, evidence=head.evidence)
        report.add(f"(d) hotswand, {entries} entries: answers", answers, None, "s")
        report.add(f"(d) hotswand, {entries} entries: all routes there", routes, None, "s")
        report.add(f"(d) hotswand, {entries} entries: charon has them", time.monotonic() - begun, None, "s")
        begun = time.monotonic()
        head.show("show running-config", timeout=60)
        report.add(f"(d) hotswand, {entries} entries: show running-config", time.monotonic() - begun, None, "s")
        begun = time.monotonic()
        head.show("show crypto route", timeout=60)
        report.add(f"(d) hotswand, {entries} entries: show crypto route", time.monotonic() - begun, None, "s")


def main():
    """Parse, measure, print; exit status 1 when a bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--routes", type=int, default=100000)
    parser.add_argument("--entries", type=int, default=10000)
    parser.add_argument("--no-daemon", action="store_true", help="leave out the measurements with charon")
    chosen = parser.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory(prefix="hotswan-bench-") as folder:
        against_ip(report, folder, chosen.routes, chosen.runs)
        one_among(report, folder, chosen.routes, chosen.runs)
        long_configuration(report, folder, chosen.entries, chosen.runs)
    if not chosen.no_daemon:
        whole_daemon(report, chosen.entries)
    report.print()
    sys.exit(0 if report.good else 1)


if __name__ == "__main__":
    main()
