"""The hsrp process on real frames and a real kernel, without engine and launcher: what it does to both."""

import os
import signal
import socket
import subprocess
import time

import pytest
from scapy.layers.l2 import ARP, Ether

from hotswan_lab import Capture, wait_for
from hotswan_lab.system import run, socket_in, stays

from hsrp_role import COMMAND_DONE, KEEP, LEAVE, RESIGN, HsrpRole, interface_body

VIP, VMAC = "192.168.0.254", "00:00:0c:07:ac:01"
HOLD = 400
FAST = (100, HOLD)
CALM = (200, 3000)                              # ms: the hold time outlasts a machine that stands still for a while
HELLO_OP, COUP_OP, RESIGN_OP = 0, 1, 2
ACTIVE = 16


@pytest.fixture
def pair(lab):
    """(a: active, b: standby, capture of their segment); they got there fast, and stay calmly."""
    a, b = HsrpRole(lab, "a", 2, timers=FAST, priority=110), HsrpRole(lab, "b", 3, timers=FAST)
    capture = Capture(lab, "lan")
    a.start()
    a.wait_state("Active")
    b.start()
    b.wait_state("Standby", "Active")
    for node in (b, a):
        node.configure(timers=CALM)

    def in_roles():
        """A machine that stood still until now may have swapped them."""
        if (a.status()["state"], b.status()["state"]) == ("Standby", "Active"):
            b.command(RESIGN)
            b.receive(COMMAND_DONE)
        return a.status()["serving"] and b.status()["state"] == "Standby"
    wait_for(in_roles, 60, "a is active, b stands by", every=0.2, evidence=lab.evidence)
    for node in (a, b):
        node.logs.clear()
    return a, b, capture


def arps(capture, sender_ip=VIP):
    """(time, Ethernet source, ARP packet) of ARP replies about an address."""
    found = []
    for frame in capture.frames:
        if frame.kind == 0x0806:
            arp = ARP(frame.data[14:])
            if arp.op == 2 and arp.psrc == sender_ip:
                found.append((frame.time, frame.source_mac, arp))
    return found


def ask(node, address):
    """ARP request from a plain host; MAC addresses of all that answer within half a second."""
    mac = node.ip("-br", "link", "show", "dev", "eth0").split()[2]
    wire = socket_in(node.ns, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
    wire.bind(("eth0", 0x0806))
    wire.settimeout(0.5)
    wire.send(bytes(Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc=mac, psrc="192.168.0.100", pdst=address)))
    answers = []
    try:
        while True:
            frame = Ether(wire.recv(2048))
            if ARP in frame and frame[ARP].op == 2 and frame[ARP].psrc == address and frame.dst == mac:
                answers.append((frame.src, frame[ARP].hwsrc))
    except TimeoutError:
        pass
    wire.close()
    return answers


def test_only_the_active_router_answers_arp_and_only_with_the_virtual_mac(lab, pair):
    a, b, _ = pair
    host = lab.host("host", lan="192.168.0.100/24")
    assert ask(host, VIP) == [(VMAC, VMAC)]
    assert ask(host, "192.168.0.2") == [(a.mac, a.mac)]
    host.wait_ping(VIP)
    a.kill(signal.SIGTERM)
    b.wait_state("Active")
    assert ask(host, VIP) == [(VMAC, VMAC)]
    host.ip("neigh", "flush", "all")
    host.wait_ping(VIP)
    b.kill(signal.SIGTERM)
    assert ask(host, VIP) == []


def test_the_interface_never_asks_with_the_virtual_address(lab, pair):
    a, _, capture = pair
    lab.host("host", lan="192.168.0.100/24")
    a.wait_ping("192.168.0.100", VIP)                           # a packet of ours from the virtual address
    asked = [ARP(f.data[14:]) for f in capture.frames if f.kind == 0x0806]
    asked = [(arp.hwsrc, arp.psrc) for arp in asked if arp.op == 1 and arp.pdst == "192.168.0.100"]
    assert asked and all(source != VIP for _, source in asked), asked


def test_frames_and_gratuitous_arp_are_as_captured(lab, pair):
    a, b, capture = pair
    a.command(RESIGN)
    a.receive(COMMAND_DONE)
    b.wait_state("Active")
    a.wait_state("Standby")
    resigned = [f[0] for f in capture.hsrp() if f[1] == a.real and f[2] == RESIGN_OP]
    wait_for(lambda: len([t for t, _, _ in arps(capture) if t > resigned[0]]) > 2, 30, "the second round of gratuitous ARP")
    frames = capture.stop()
    macs = {a.real: a.mac, b.real: b.mac}
    for frame in frames:
        udp = frame.udp
        if not udp or udp[1] != 1985:
            continue
        source = str(frame.ends[0])
        active_hello = len(udp[2]) == 20 and udp[2][1] in (HELLO_OP, COUP_OP) and udp[2][2] == ACTIVE
        assert frame.source_mac == (VMAC if active_hello else macs[source]), str(frame)
        assert frame.data[22] == 1 and frame.data[15] == 0xC0 and frame.data[18:22] == bytes(4)  # TTL, TOS, id, flags
        assert frame.data[:6].hex(":") == "01:00:5e:00:00:02"
    for frame in frames:                                        # nothing else uses the virtual MAC of a group
        if frame.source_mac == VMAC:
            assert frame.kind == 0x0806 or (frame.udp and frame.udp[1] == 1985), str(frame)
    heir = [f[0] for f in capture.hsrp() if f[1] == b.real and f[3] == ACTIVE]
    assert len(resigned) == 1 and 0 < heir[0] - resigned[0] < CALM[1] / 2000
    rounds = [(t, arp) for t, _, arp in arps(capture) if t > resigned[0]]
    first = [arp.hwdst for t, arp in rounds if t - rounds[0][0] < 1]
    assert first == ["ff:ff:ff:ff:ff:ff", "01:00:0c:cd:cd:cd"]
    later = [t - rounds[0][0] for t, _ in rounds[2:]]
    assert len(later) == 1 and 2.9 < later[0] < 5
    assert all(arp.pdst == VIP and arp.hwsrc == VMAC for _, arp in rounds)

    def tshark(what):
        return subprocess.run(["tshark", "-n", "-r", capture.path, "-o", "ip.check_checksum:TRUE", "-o",
                               "udp.check_checksum:TRUE", "-Y", what], capture_output=True, text=True, check=True
                              ).stdout.splitlines()
    assert len(tshark("hsrp")) == len([f for f in frames if f.udp and f.udp[1] == 1985])
    assert tshark("_ws.malformed || (hsrp && (ip.checksum.status == 0 || udp.checksum.status == 0))") == []


@pytest.mark.alone
def test_the_standby_takes_over_within_hold_and_says_when(pair):
    a, b, capture = pair
    for node in (a, b):
        node.configure(timers=FAST)
    fast = time.time()
    wait_for(lambda: len([f for f in capture.hsrp() if f[0] > fast and f[1] == a.real]) > 1, 30, "hellos since then")
    a.process.send_signal(signal.SIGKILL)
    b.wait_state("Active")
    report = [r for r in b.reports if r["phase"] == "serving"][-1]
    assert report["serving"] == 1
    held = (report["cause"] - report["heard"]) / 1e6
    assert HOLD - 1 < held < HOLD + 20, held                    # not jittered below a second
    assert 0 <= report["confirmed"] - report["cause"] < 250e6
    assert report["confirmed"] <= report["announced"] < report["confirmed"] + 50e6
    print(f"hold expiry to address confirmed {(report['confirmed'] - report['cause']) / 1e6:.2f} ms, "
          f"to gratuitous ARP {(report['announced'] - report['cause']) / 1e6:.2f} ms")
    assert [text for level, text in b.logs if "Standby -> Active" in text] == \
        ["%HSRP-5-STATECHANGE: FastEthernet0/0 Grp 1 state Standby -> Active"]


def test_killed_without_successor_the_kernel_takes_the_address_away(pair):
    a, b, _ = pair
    assert a.addresses()[VIP].startswith("hs")
    a.kill()
    b.wait_state("Active")
    wait_for(lambda: VIP not in a.addresses(), CALM[1] / 1000 + 5, "the lifetime ends", evidence=a.evidence)
    a.launch()                                                  # much later than hold: what is left goes, then Initial
    a.connect_engine()
    a.configure()
    assert a.macvlans() == [] or a.wait_state("Listen", "Speak", "Standby")
    a.wait_state("Standby")
    assert b.status()["state"] == "Active"


def test_killed_and_restarted_within_hold_nothing_moves(pair):
    a, b, capture = pair
    hold_s = 8
    for node in (b, a):
        node.configure(timers=(500, 1000 * hold_s))
    before = a.status()
    a.monitor("link", "address")
    killed = time.time()
    a.kill()
    a.launch()                                                  # no engine yet: the saved configuration serves

    def hellos():
        return [f[0] for f in capture.hsrp() if f[1] == a.real and f[3] == ACTIVE]
    wait_for(lambda: len([t for t in hellos() if t > killed]) > 1, 30, "the successor says that it is active", evidence=a.evidence)
    assert max(y - x for x, y in zip(hellos(), hellos()[1:])) < hold_s
    a.connect_engine()
    assert a.status()["state"] == "Active"
    a.configure()                                               # the same from the engine: no change
    after = a.status()
    assert after["serving"] and after["changes"] == before["changes"] and after["last_change"] == before["last_change"]
    stays(lambda: b.status()["state"] == "Standby", 1.5, "the peer notices nothing")
    wait_for(lambda: any(VIP in line for line in a.monitor_said()), 30, "its lifetime was renewed")
    assert not [line for line in a.monitor_said() if "Deleted" in line or "state DOWN" in line]
    assert [f for f in capture.hsrp() if f[2] == RESIGN_OP] == []
    a.command(KEEP)                                             # a restart on purpose: the same
    assert a.process.wait(30) == 0
    assert VIP in a.addresses()
    a.launch()
    a.connect_engine()
    a.configure()
    assert a.status()["state"] == "Active" and b.status()["state"] == "Standby"


def test_sigusr2_keeps_everything(pair):
    a, _, _ = pair
    assert a.kill(signal.SIGUSR2) == 0
    assert VIP in a.addresses() and a.macvlans()


def test_a_stop_leaves_nothing_behind_and_takes_nothing_of_others(lab, pair):
    a, b, capture = pair
    a.ip("link", "add", "foreign", "link", a.device, "type", "macvlan")
    a.ip("addr", "add", "192.168.0.77/24", "dev", a.device)
    read = lambda name: a.run("sysctl", "-n", f"net.ipv4.conf.{name}").strip()  # noqa: E731
    assert read(f"{a.device}.arp_ignore") == "1" and read(f"{a.device}.arp_announce") == "2"
    assert read(f"{a.device}.send_redirects") == "0"
    began = time.monotonic()
    assert a.kill(signal.SIGTERM) == 0
    assert time.monotonic() - began < 5                         # it did not wait in vain for the kernel
    assert a.macvlans() == ["foreign"]
    assert set(a.addresses()) == {"127.0.0.1", a.real, "192.168.0.77"}
    assert read(f"{a.device}.arp_ignore") == "0" and read(f"{a.device}.arp_announce") == "0"
    assert read(f"{a.device}.send_redirects") == "1"
    b.wait_state("Active")
    last = [f for f in capture.hsrp() if f[1] == a.real][-1]
    assert last[2] == RESIGN_OP and last[4] == a.mac
    assert sorted(os.listdir(a.run_dir)) == ["hsrp.sock"]


@pytest.mark.parametrize("hold_over", [True, False])
def test_a_stop_before_any_configuration_takes_what_a_predecessor_left(pair, hold_over):
    a, _, _ = pair
    a.kill()
    late = time.monotonic() + CALM[1] / 1000 + 1
    if hold_over:                                               # too late to take the role up: it has no configuration
        wait_for(lambda: VIP not in a.addresses() and time.monotonic() > late, CALM[1] / 1000 + 10,
                 "the lifetime and the hold time end", evidence=a.evidence)
    assert a.macvlans() != []
    a.launch()
    a.connect_engine()
    a.command(LEAVE)
    assert a.process.wait(30) == 0
    assert a.macvlans() == []
    assert a.run("sysctl", "-n", f"net.ipv4.conf.{a.device}.arp_ignore").strip() == "0"


def test_wrong_password_makes_two_actives_and_one_message(lab, pair):
    _, b, _ = pair
    b.configure(auth="secret")
    b.wait_state("Active")
    wait_for(lambda: b.status()["bad_auth"] > 3, 30, "packets refused", evidence=lab.evidence)
    said = [text for _, text in b.logs if "BADAUTH" in text]
    assert said == ["%HSRP-4-BADAUTH: Bad authentication from 192.168.0.2, group 1, remote state Active"]
    b.configure(auth="cisco")                                   # they hear each other again
    wait_for(lambda: sorted(lab.nodes[n].status()["state"] for n in "ab") == ["Active", "Standby"], 30,
             "one of them leaves", evidence=lab.evidence)


def test_address_is_learned_and_served(lab, pair):
    a, b, _ = pair
    b.configure(vip=None)
    wait_for(lambda: b.status()["vip_learned"], 30, "learned", evidence=lab.evidence)
    assert b.status()["vip"] == VIP
    b.wait_state("Standby")
    a.kill()
    b.wait_state("Active")
    wait_for(lambda: VIP in b.addresses(), 30, "served", evidence=lab.evidence)


def test_interface_down_up_and_made_again(lab, pair):
    a, b, _ = pair
    a.ip("link", "set", a.device, "down")
    a.wait_state("Init")
    wait_for(lambda: VIP not in a.addresses(), 30, "the address is gone", evidence=lab.evidence)
    b.wait_state("Active")
    a.ip("link", "set", a.device, "up")
    a.wait_state("Standby")
    # Carrier: the segment's port goes down, the device stays up.
    port = [line.split("@")[0] for line in run(["ip", "-n", lab.wire, "-br", "link"]).splitlines() if line.startswith("b.")]
    run(["ip", "-n", lab.wire, "link", "set", port[0], "down"])
    b.wait_state("Init")
    a.wait_state("Active")
    run(["ip", "-n", lab.wire, "link", "set", port[0], "up"])
    b.wait_state("Standby")
    # The device is deleted and comes again with another index.
    b.ip("link", "del", b.device)
    b.wait_state("Init")
    del b.interfaces["lan"]
    b.connect("lan", f"{b.real}/24")
    assert b.interfaces["lan"] == b.device
    b.wait_state("Standby")
    wait_for(lambda: b.macvlans() == [b.status()["mac_device"]], 30, "its macvlan is there again", evidence=lab.evidence)


def test_use_bia_needs_no_macvlan(lab):
    a = HsrpRole(lab, "a", 2, timers=FAST)
    capture = Capture(lab, "lan")
    host = lab.host("host", lan="192.168.0.100/24")
    a.start(use_bia=True)
    a.wait_state("Active")
    wait_for(lambda: arps(capture), 30, "gratuitous ARP")
    assert {source for _, source, _ in arps(capture)} == {a.mac}
    assert a.macvlans() == [] and a.addresses()[VIP] == a.device
    assert ask(host, VIP) == [(a.mac, a.mac)]
    assert a.kill(signal.SIGTERM) == 0
    assert VIP not in a.addresses()


def test_secondary_addresses_and_a_changed_address(lab):
    a = HsrpRole(lab, "a", 2, timers=FAST)
    host = lab.host("host", lan="192.168.0.100/24")
    a.start()
    a.wait_state("Active")
    a.monitor("address")
    for secondary in (("192.168.0.253",), (), ("192.168.0.253",)):
        a.configure(secondary=secondary)
        wait_for(lambda: ("192.168.0.253" in a.addresses()) == bool(secondary), 30, "secondary", evidence=lab.evidence)
    of_secondary = lambda: [line.startswith("Deleted") for line in a.monitor_said() if "192.168.0.253" in line]  # noqa: E731
    wait_for(lambda: True in of_secondary() and not of_secondary()[-1], 30, "it went and came", evidence=lab.evidence)
    assert not [line for line in a.monitor_said() if "Deleted" in line and VIP in line]     # the primary one stays throughout
    assert a.status()["serving"]
    assert ask(host, VIP) == [(VMAC, VMAC)] and ask(host, "192.168.0.253") == [(VMAC, VMAC)]
    a.configure(vip="192.168.0.252", secondary=())
    wait_for(lambda: set(a.addresses()) == {"127.0.0.1", a.real, "192.168.0.252"}, 30, "the new address and no other",
             evidence=lab.evidence)
    assert a.status()["state"] == "Active"


TAKEN = "%HSRP-4-TAKEN: FastEthernet0/0 Grp 1 somebody removed the virtual address or switched its interface off; it is back"


@pytest.mark.parametrize("taken", ["address", "up", "macvlan"])
def test_what_somebody_takes_away_comes_back_by_the_kernels_word(lab, taken):
    """Not by a renewal that is due anyway: that would say nothing."""
    a = HsrpRole(lab, "a", 2, timers=FAST)
    a.start()
    a.wait_state("Active")
    changes = a.status()["changes"]
    macvlan = a.macvlans()[0]
    index = a.ip("-o", "link", "show", "dev", macvlan).split(":")[0]
    {"address": lambda: a.ip("addr", "del", f"{VIP}/32", "dev", macvlan),
     "up": lambda: a.ip("link", "set", macvlan, "down"),
     "macvlan": lambda: a.ip("link", "del", macvlan)}[taken]()

    def back():
        link = a.ip("-o", "link", "show", "dev", macvlan)
        return ",UP" in link and a.addresses().get(VIP) == macvlan and (link.split(":")[0] != index) == (taken == "macvlan")

    wait_for(back, 30, f"{taken} is put back", evidence=lab.evidence)
    said = [TAKEN] if taken != "macvlan" else ["%HSRP-3-KERNEL: FastEthernet0/0 Grp 1 renewing the virtual address failed"]
    wait_for(lambda: a.status() and [text for _, text in a.logs if any(text.startswith(s) for s in said)], 30, f"{said} is said",
             evidence=lab.evidence)
    assert a.status()["state"] == "Active" and a.status()["changes"] == changes


def test_an_interface_of_that_name_that_is_not_ours_is_left_alone(lab):
    a = HsrpRole(lab, "a", 2, timers=FAST)
    index = a.ip("-o", "link", "show", "dev", a.device).split(":")[0]
    a.ip("link", "add", f"hs{index}-1", "type", "bridge")
    a.start()
    wait_for(lambda: a.status() and [r for r in a.reports if r["phase"] == "failed"] and
             [text for _, text in a.logs if "%HSRP-3-KERNEL" in text], 30, "refused, and said so", evidence=lab.evidence)
    assert a.status()["kernel_error"] == 17                     # EEXIST
    assert "bridge" in a.ip("-d", "link", "show", "dev", f"hs{index}-1")


def test_a_second_engine_replaces_the_first_and_none_changes_nothing(pair):
    a, b, _ = pair
    first = a.engine
    a.engine = None
    a.connect_engine()
    assert first.recv(4096) is not None                         # whatever was under way, then the end
    a.configure()
    assert a.status()["state"] == "Active"
    a.engine.close()
    a.engine = None
    stays(lambda: b.status()["state"] == "Standby", 1.5, "nothing changes")
    a.connect_engine()
    assert a.status()["serving"] == 1


def test_what_is_not_configured_any_more_is_removed(pair):
    a, b, _ = pair
    a.configure(groups=[])
    wait_for(lambda: a.macvlans() == [], 30, "macvlan deleted", evidence=a.evidence)
    wait_for(lambda: VIP not in a.addresses(), 30, "the address is gone", evidence=a.evidence)
    b.wait_state("Active")
    wait_for(lambda: (a.receive(), [r for r in a.reports if r["phase"] == "removed"])[1], 30, "reported", evidence=a.evidence)


def test_two_hundred_groups_on_one_interface(lab):
    """Cost: hellos of one interval leave in bursts; a take-over of all groups is quick."""
    count = 200
    groups = [{"group": n, "vip": f"192.168.1.{n}", "timers": (100, 400)} for n in range(1, count + 1)]
    a = HsrpRole(lab, "a", 2)
    a.ip("addr", "change", f"{a.real}/16", "dev", a.device)
    a.start(groups=groups, interface=interface_body(a.device, "eth0", a.real, 16))
    wait_for(lambda: len(a.macvlans()) == count and a.status(count)["serving"] and a.status(1)["serving"], 30,
             "all active", evidence=lab.evidence)

    def used():
        with open(f"/proc/{a.process.pid}/stat", encoding="ascii") as stat:
            return time.monotonic(), sum(int(n) for n in stat.read().rsplit(")", 1)[1].split()[11:13]) / os.sysconf("SC_CLK_TCK")
    began, before = used()
    time.sleep(3)                                               # a share of time needs time
    ended, after = used()
    share = (after - before) / (ended - began)
    print(f"{count} groups with hellos every 100 ms: {share * 100:.1f} % of a CPU")
    assert share < 0.5
    began = time.monotonic()
    assert a.kill(signal.SIGTERM) == 0
    print(f"left with {count} groups in {time.monotonic() - began:.2f} s")
    assert a.macvlans() == []
