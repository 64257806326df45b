#!/usr/bin/python3
"""takeover, tracked uplink, CPU of hellos, 4,095 groups of IPv4 and of IPv6; beside keepalived (use_vmac) and FRR vrrpd."""

import argparse
import ipaddress
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))

from hotswan_lab import Lab, LabError, wait_for  # noqa: E402  (the path comes first)
from hotswan_lab.capture import Capture  # noqa: E402
from hotswan_lab.redundant import (HELLO_MS, PRIORITY_FIRST, PRIORITY_SECOND, VIRTUAL, Box, Hotswan, Keepalived, Vrrpd,  # noqa: E402
                                   cpu_seconds, echo_reply, hello_key)
from hotswan_lab.system import run, tail  # noqa: E402

PROBER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab", "hotswan_lab", "prober.py")
VIP = ipaddress.IPv4Address(VIRTUAL)
SETTLE_S = 1.5                                  # traffic before the cut; the backup has heard several hellos


class Verdict:
    """Bounds and whether they held."""

    def __init__(self):
        self.failed = 0

    def hold(self, what, value, bound, unit):
        """One line; a value above its bound makes the run fail."""
        good = value <= bound
        self.failed += not good
        print(f"  {'holds' if good else 'MISSED'}: {what}: {value:.3g} {unit}, bound {bound:.3g} {unit}", flush=True)


def segment(lab):
    """Two boxes and a probing host."""
    boxes = Box(lab, "a", 2), Box(lab, "b", 3)
    return *boxes, lab.host("probe", lan="10.99.0.100/16")


def wait_heard(box, count=4):
    """Until the box is heard answering: the virtual address is on it and a few hello intervals have passed."""
    wait_for(box.serves, 30, f"{box.name} serves", evidence=box.lab.evidence)
    time.sleep(count * HELLO_MS / 1000)         # part of the set-up, not of what is measured


def start_probe(probe):
    """An echo request to the virtual address every millisecond."""
    return probe.spawn(["/usr/bin/python3", PROBER, VIRTUAL, "1"], "prober.log")


def answers(frames):
    """Times of the replies to the probe."""
    return [f.time for f in frames if echo_reply(f, VIP)]


def wait_answers(capture, after, count):
    """Until the capture has so many replies later than a moment."""
    wait_for(lambda: sum(when > after for when in answers(capture.frames)) >= count, 20, "answers to the probe", every=0.1)


def takeover_once(lab, contender, a, b, probe):
    """(first frame, first answer) in ms after the deadline that the protocol computes from the last hello.

    An answer before the first frame is none of a takeover: vrrpd's backup answers whatever the switch floods to it.
    """
    contender.start(a, PRIORITY_FIRST)
    wait_heard(a)
    contender.start(b, PRIORITY_SECOND)
    contender.wait_backup(b)
    capture = Capture(lab, "lan")
    prober = start_probe(probe)
    wait_answers(capture, 0, int(SETTLE_S * 500))
    a.cut()
    wait_for(b.serves, 20, "takeover", evidence=lab.evidence)
    wait_answers(capture, time.time(), 50)
    probe.stop(prober)
    frames = capture.stop()
    lab.captures.remove(capture)
    for box in (a, b):
        box.clean()
    last = max(f.time for f in frames if contender.is_hello(f, a.own))
    deadline = last + contender.deadline_s(PRIORITY_SECOND)
    first = next(f.time for f in frames if f.time > last and contender.is_hello(f, b.own))
    answer = next(when for when in answers(frames) if when > first)
    return (first - deadline) * 1000, (answer - deadline) * 1000


def takeover(runs, verdict):
    """(a) SIGKILL plus link loss, interleaved."""
    contenders = Hotswan(), Keepalived(), Vrrpd()
    seen = {c.name: [] for c in contenders}
    with Lab() as lab:
        a, b, probe = segment(lab)
        for number in range(runs):
            for contender in contenders:
                seen[contender.name].append(takeover_once(lab, contender, a, b, probe))
            print(f"run {number + 1} of {runs}: " + ", ".join(
                f"{name} {times[-1][0]:.2f}/{times[-1][1]:.2f}" for name, times in seen.items()), flush=True)
    print("takeover, ms after the deadline computed from the last hello: median (lowest to highest)")
    medians = {}
    for name, times in seen.items():
        columns = list(zip(*times))
        medians[name] = [statistics.median(c) for c in columns]
        print(f"  {name:12} first frame {medians[name][0]:7.2f} ({min(columns[0]):.2f} to {max(columns[0]):.2f})   "
              f"first answer {medians[name][1]:7.2f} ({min(columns[1]):.2f} to {max(columns[1]):.2f})")
    for index, what in enumerate(("first frame", "first answer")):
        ours, best = medians["hotswan"][index], min(medians["keepalived"][index], medians["FRR vrrpd"][index])
        verdict.hold(f"{what}: ours beside the better peer's {best:.2f} ms", ours, min(max(best, 0), 5), "ms")


def uplink(runs, verdict):
    """(b) The tracked uplink of the active fails: the other takes over without a hold time."""
    seen = []
    with Lab() as lab:
        a, b, probe = segment(lab)
        for box in (a, b):
            box.connect("uplink")
        more = "interface eth0\n standby 1 preempt\n standby 1 track 1 shutdown\ntrack 1 interface eth1 line-protocol\n"
        for _ in range(runs):
            Hotswan().start(a, PRIORITY_FIRST, more=more)
            wait_heard(a)
            Hotswan().start(b, PRIORITY_SECOND, more=more)
            Hotswan.wait_backup(b)
            capture = Capture(lab, "lan")
            prober = start_probe(probe)
            wait_answers(capture, 0, int(SETTLE_S * 500))
            cut = time.time()
            a.link("uplink", False)
            wait_for(b.serves, 20, "takeover", evidence=lab.evidence)
            wait_answers(capture, time.time(), 200)
            probe.stop(prober)
            times = answers(capture.stop())
            lab.captures.remove(capture)
            seen.append(max(after - before for before, after in zip(times, times[1:]) if after > cut - 0.1) * 1000)
            a.link("uplink", True)
            for box in (a, b):
                box.clean()
    print(f"tracked uplink fails: outage, ms: median {statistics.median(seen):.2f} ({min(seen):.2f} to {max(seen):.2f})")
    verdict.hold("outage", statistics.median(seen), 10, "ms")


def wire_count(lab, box):
    """Frames that a box has sent, as its segment counted them."""
    port = f"{box.name}.lan"
    return int(run(["ip", "netns", "exec", lab.wire, "cat", f"/sys/class/net/{port}/statistics/rx_packets"]))


def cpu_once(lab, contender, box, groups, seconds):
    """CPU seconds per 10,000 hellos of one box that is active for all groups."""
    options = {"groups": groups, "hello_ms": 50}
    if isinstance(contender, Hotswan):
        options["hold_ms"] = 200
    contender.start(box, PRIORITY_FIRST, **options)
    last = f"10.99.{64 + groups // 250}.{groups % 250 + 1}"
    wait_for(lambda: box.serves(last) and box.serves(), 60, "all groups are active", evidence=lab.evidence)
    time.sleep(8)                               # gratuitous ARPs of the takeover are over
    cpu, sent, began = cpu_seconds(box), wire_count(lab, box), time.monotonic()
    time.sleep(seconds)
    cpu, sent, took = cpu_seconds(box) - cpu, wire_count(lab, box) - sent, time.monotonic() - began
    box.clean()
    return cpu / sent * 10000, sent / took


DROP = """
table netdev end {
	chain in {
		type filter hook ingress device "a.lan" priority 0; policy drop;
	}
}
"""


def cpu(runs, seconds, verdict):
    """(c) 250 groups, hello 50 ms."""
    seen = {}
    with Lab() as lab:
        a = Box(lab, "a", 2)
        # What a receiver does happens in the sender's time here: the other end of the cable drops everything at once.
        run(["ip", "-n", lab.wire, "link", "set", "a.lan", "nomaster"])
        run(["ip", "netns", "exec", lab.wire, "nft", "-f", "-"], stdin=DROP)
        for _ in range(runs):
            for contender in (Hotswan(), Keepalived()):
                seen.setdefault(contender.name, []).append(cpu_once(lab, contender, a, 250, seconds))
    print("CPU seconds per 10,000 hellos, 250 groups, 50 ms: median (hellos a second)")
    for name, values in seen.items():
        print(f"  {name:12} {statistics.median(v for v, _ in values):.4f} ({statistics.median(r for _, r in values):.0f})")
    medians = {name: statistics.median(v for v, _ in values) for name, values in seen.items()}
    verdict.hold("ours to keepalived's", medians["hotswan"] / medians["keepalived"], 0.5, "×")


def kernel_kb():
    """Memory of the kernel that devices and addresses take."""
    with open("/proc/meminfo", encoding="ascii") as info:
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in info}
    return sizes["Slab"] + sizes.get("Percpu", 0) + sizes.get("VmallocUsed", 0)


def busy_s():
    """CPU seconds of the whole machine that were not idle."""
    with open("/proc/stat", encoding="ascii") as stat:
        fields = [int(word) for word in stat.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def rss_kb(pid):
    """Resident memory of a process."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


# Hosts that would take thousands of routers: the lab's share one neighbour table, and their work is no part of this.
NO_ROUTERS = """
table netdev end {{
	chain in {{
		type filter hook ingress device "{}" priority 0;
		icmpv6 type nd-router-advert drop
	}}
}}
"""


def many(groups, seconds, verdict, ipv6=False):
    """(d) As many groups as version 2 has on one interface, hello 1 s; (e) the same of IPv6, and hosts ask for a router."""
    virtual = "fe80::5:73ff:" if ipv6 else "10.99."
    with Lab() as lab:
        a, b, probe = segment(lab)
        for namespace, device in ((b.ns, "eth0"), (probe.ns, "eth0"), (lab.wire, "lan")) if ipv6 else ():
            run(["ip", "netns", "exec", namespace, "nft", "-f", "-"], stdin=NO_ROUTERS.format(device))
        Hotswan().start(a, PRIORITY_FIRST)
        wait_heard(a)
        small = {role: rss_kb(a.role_pid(role)) for role in ("hsrp", "engine")}
        a.clean()
        kernel = kernel_kb()
        began = time.monotonic()
        Hotswan().start(a, PRIORITY_FIRST, groups=groups, hello_ms=1000, hold_ms=3000, ipv6=ipv6)
        wait_for(lambda: a.ip("-o", "addr", "show", "up").count(virtual) >= groups + (not ipv6), 120, f"{groups} groups are active",
                 every=0.5, evidence=lambda: a.show("show standby brief")[-2000:])
        print(f"{groups} groups are active {time.monotonic() - began:.1f} s after the start", flush=True)
        time.sleep(8)
        memory = {role: (rss_kb(a.role_pid(role)) - small[role]) / groups for role in small}
        memory["kernel"] = (kernel_kb() - kernel) / groups
        capture = Capture(lab, "lan", (16 if ipv6 else 4) * 16384)
        asker = ipv6 and probe.spawn(["/usr/bin/python3", "-c", ASK, str(seconds)], "ask.log")
        cpu_before, machine = cpu_seconds(a), busy_s()
        time.sleep(seconds)
        idle_cpu, idle_machine = cpu_seconds(a) - cpu_before, busy_s() - machine
        frames = capture.stop()
        storm = probe.spawn(["/usr/bin/python3", "-c", STORM, "ff02::1%eth0" if ipv6 else "10.99.255.255", str(20)], "storm.log")
        cpu_before, machine, began = cpu_seconds(a), busy_s(), time.monotonic()
        storm.wait(60)
        took = time.monotonic() - began
        for sender, log in ((storm, "storm.log"), (asker, "ask.log")):
            if sender and sender.wait(10):
                raise LabError(f"a sender failed:\n{tail(os.path.join(probe.path, log))}")
        storm_cpu, storm_machine = (cpu_seconds(a) - cpu_before) / took, (busy_s() - machine) / took
    last, longest, seen = {}, 0.0, 0
    for frame in frames:
        key = hello_key(frame)
        if key:
            seen += 1
            if key in last:
                longest = max(longest, frame.time - last[key])
            last[key] = frame.time
    if len(last) != groups:
        raise LabError(f"hellos of {len(last)} groups, {groups} wanted")
    print(f"  hellos in {seconds} s: {seen} of {len(last)} groups; longest interval of a group {longest * 1000:.1f} ms")
    print("  memory, kB a group: " + ", ".join(f"{what} {kb:.1f}" for what, kb in memory.items()))
    print(f"  CPU, quiet: processes {idle_cpu / seconds:.3f} s/s, machine {idle_machine / seconds:.3f} s/s; "
          f"with 100 frames/s to all: processes {storm_cpu:.3f} s/s, machine {storm_machine:.3f} s/s")
    verdict.hold("longest interval between two hellos of a group", longest * 1000, 1005, "ms")
    verdict.hold("memory of a group in the hsrp process", memory["hsrp"], 5, "kB")


STORM = """
import socket, sys, time
family, kind, protocol, _, to = socket.getaddrinfo(sys.argv[1], 9, type=socket.SOCK_DGRAM)[0]
s = socket.socket(family, kind, protocol)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
end = time.monotonic() + int(sys.argv[2])
next_at = time.monotonic()
while next_at < end:
    s.sendto(b"x" * 64, to)
    next_at += 0.01
    time.sleep(max(0, next_at - time.monotonic()))
"""


# A router solicitation every four seconds, as of hosts that come up (RFC 4861 4.1).
ASK = """
import socket, sys, time
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
to = ("ff02::2", 0, 0, socket.if_nametoindex("eth0"))
mac = bytes.fromhex(open("/sys/class/net/eth0/address").read().replace(":", ""))
for _ in range(int(sys.argv[1]) // 4):
    s.sendto(bytes([133, 0, 0, 0, 0, 0, 0, 0, 1, 1]) + mac, to)
    time.sleep(4)
"""


def main():
    """Exit status 0 when every bound held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["takeover", "uplink", "cpu", "many", "many-ipv6"])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=20, help="length of one CPU measurement")
    parser.add_argument("--groups", type=int, default=4095)
    chosen = parser.parse_args()
    verdict = Verdict()
    parts = {
        "takeover": lambda: takeover(chosen.runs, verdict),
        "uplink": lambda: uplink(min(chosen.runs, 10), verdict),
        "cpu": lambda: cpu(3, chosen.seconds, verdict),
        "many": lambda: many(chosen.groups, 60, verdict),
        "many-ipv6": lambda: many(chosen.groups, 60, verdict, ipv6=True),
    }
    for name, part in parts.items():
        if chosen.only in (None, name):
            print(f"--- {name}", flush=True)
            part()
    print(f"bench hsrp: {'all bounds hold' if not verdict.failed else f'{verdict.failed} bounds missed'}")
    return 1 if verdict.failed else 0


if __name__ == "__main__":
    sys.exit(main())
