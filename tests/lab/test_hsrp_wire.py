"""HSRP on the wire: default timers, what tshark says of our frames, and that no hello is ever late."""

import threading
import time

import pytest

from hotswan_lab import configs, topologies, tshark, wait_for
from hotswan_lab.hsrp_bytes import ACTIVE, HELLO, RESIGN, SPEAK
from hotswan_lab.system import SLOW
from hotswan_lab.topologies import VIRTUAL

HELLO_MS, LATE_MS = 100, 5                      # design: no hello more than 5 ms late
ENTRIES = 10000


def test_default_timers_a_lone_router_is_active_after_20_to_22_seconds(lab):
    net = topologies.single(lab, remotes=False, start=False)
    began = time.time()
    net.p.start(configs.hsrp("P", timers=None))
    first = wait_for(lambda: [f for f in net.capture.hsrp() if f[2] == HELLO and f[3] == ACTIVE], 22 + 30,
                     "Hello(Active)", evidence=lab.evidence)[0]
    spoke = next(f[0] for f in net.capture.hsrp() if f[2] == HELLO and f[3] == SPEAK)
    assert first[0] - began >= 20               # two hold times, lengthened at random by a tenth at most; the start comes before
    assert 10 <= first[0] - spoke < 11.5, first[0] - spoke
    assert first[4] == "00:00:0c:07:ac:00"      # the active speaks from the virtual MAC
    wait_for(lambda: net.capture.gratuitous_arps(VIRTUAL), 30, "gratuitous ARP")


def test_tshark_decodes_every_frame_of_a_role_change(lab):
    net = topologies.pair(lab)
    net.p.stop_daemon()                         # a stop resigns: the standby takes over without waiting
    net.s.wait_state("Active")
    net.p.start()
    net.p.wait_state("Standby")
    frames = net.capture.stop()
    ours = [f for f in frames if f.udp and f.udp[1] == 1985]
    kinds = {(f.udp[2][1], f.udp[2][2]) for f in ours if len(f.udp[2]) >= 20}
    assert (HELLO, ACTIVE) in kinds and RESIGN in {opcode for opcode, _ in kinds}, kinds
    assert len(tshark.read(net.capture.path, "hsrp", ["frame.number"])) == len(ours)
    assert tshark.complaints(net.capture.path, "hsrp") == []


def test_a_stop_hands_over_within_a_hello(lab):
    net = topologies.pair(lab)
    stopped = time.time()
    net.p.stop_daemon()
    net.s.wait_state("Active")
    frames = net.capture.hsrp()
    resign = [f for f in frames if f[1] == "192.168.0.2" and f[2] == RESIGN]
    heir = [f for f in frames if f[1] == "192.168.0.4" and f[3] == ACTIVE]
    assert resign and heir
    assert resign[0][0] >= stopped
    assert 0 < heir[0][0] - resign[0][0] < 0.25 * SLOW, (resign, heir)
    after = [f for f in frames if f[1] == "192.168.0.2" and f[0] > resign[0][0] and f[3] == ACTIVE]
    assert after == []


def big_config(first, count):
    """Crypto map entries with an ACL each, on no interface: configuration as bulk."""
    lines = []
    for n in range(first, first + count):
        net = f"10.{n // 250 % 250}.{n % 250}.0 0.0.0.255"
        lines += [f"ip access-list extended big{n}", f" permit ip 192.168.1.0 0.0.0.255 {net}",
                  f"crypto map big {n} ipsec-isakmp", f" set peer 10.200.{n // 250 % 250}.{n % 250 + 1}",
                  " set transform-set my-transform-set", f" match address big{n}", " reverse-route"]
    return lines


@pytest.mark.alone
def test_no_hello_is_late_while_ten_thousand_entries_are_loaded_and_printed(lab):
    config = configs.hsrp("P", timers=f"msec {HELLO_MS} msec 400")
    net = topologies.single(lab, config, remotes=False)
    net.p.wait_state("Active")
    done = threading.Event()
    printed = []

    def print_over_and_over():
        while not done.is_set():
            printed.append(net.p.show("show running-config", timeout=120).count("crypto map big "))

    printer = threading.Thread(target=print_over_and_over)
    quiet_until = time.time()
    printer.start()
    for first in range(1, ENTRIES, 1000):
        net.p.cli(["configure terminal", *big_config(first, 1000), "end"])
    loaded = time.time()
    done.set()
    printer.join()
    assert net.p.show("show running-config", timeout=120).count("crypto map big ") == ENTRIES
    net.p.shell(command="write memory", timeout=120)
    net.p.kill_role("engine")                   # its successor loads the file as one change
    wait_for(lambda: net.p.show("show running-config", timeout=120).count("crypto map big ") == ENTRIES, 120,
             "the engine's successor has the configuration", every=0.2, evidence=lab.evidence)
    assert net.p.standby_state() == "Active"
    times = [f[0] for f in net.capture.hsrp() if f[2] == HELLO and f[3] == ACTIVE and f[0] >= quiet_until - 1]
    gaps = [(b - a) * 1000 for a, b in zip(times, times[1:])]
    print(f"{ENTRIES} entries in {loaded - quiet_until:.1f} s, printed {len(printed)} times meanwhile, "
          f"{len(gaps)} hello intervals, longest {max(gaps):.2f} ms")
    assert max(gaps) <= HELLO_MS + LATE_MS, sorted(gaps)[-5:]
