"""The `standby` language on the wire: key chains, MAC addresses, gratuitous ARP, debug lines, as an operator types them."""

import json
import os
import re
import struct
import time

import pytest

from hotswan_lab import configs, topologies, tshark, wait_for
from hotswan_lab.hsrp_bytes import ACTIVE, COUP, SPEAK, keyed_md5
from hotswan_lab.speaker import Speaker
from hotswan_lab.stalls import Stalls
from hotswan_lab.system import stays
from hotswan_lab.topologies import VIRTUAL

from test_shell import Terminal

OURS = "192.168.0.2"
FACE = "interface FastEthernet 0/0\n"


def moment(seconds):
    """A time of the wall clock as IOS writes it."""
    return time.strftime("%H:%M:%S %b %-d %Y", time.gmtime(seconds))


def chain(change):
    """Key 1 is sent until then, key 2 from then on; both are believed throughout."""
    return ("key chain HSRP\n key 1\n  key-string first-key\n"
            f"  send-lifetime 00:00:00 Jan 1 1993 {moment(change)}\n"
            f" key 2\n  key-string second-key\n  send-lifetime {moment(change)} infinite\n")


def sealed(capture, source, after=0.0):
    """[(time, key id, payload)] of a router's frames with an MD5 TLV."""
    return [(f.time, struct.unpack("!L", f.udp[2][-20:-16])[0], f.udp[2]) for f in capture.frames
            if f.udp and f.udp[1] == 1985 and str(f.ends[0]) == source and len(f.udp[2]) in (50, 72) and f.time >= after]


def malformed(path):
    """What tshark says against our frames."""
    return tshark.complaints(path, f"ip.src == {OURS} && udp.port == 1985")


def wait_left(headend, times=1):
    """Until it has left the active role so often. It comes back three seconds later, so the log is asked, not the state."""
    wait_for(lambda: headend.show("show logging").count("%HSRP-5-STATECHANGE: FastEthernet0/0 Grp 0 state Active -> Speak") >= times,
             15, "it leaves", evidence=headend.lab.evidence)


def changes(headend):
    return re.search(r"(\d+) state change", headend.show("show standby")).group(1)


@pytest.mark.parametrize("version", [1, 2])
def test_a_key_rollover_costs_no_election(lab, version):
    far = time.time() + 86400
    net = topologies.pair(lab, extra=f"{FACE} standby version {version}\n standby authentication md5 key-chain HSRP\n" + chain(far))
    topologies.calm(net)
    before = changes(net.p), changes(net.s)
    shown = net.p.show("show key chain")
    assert "Key-chain HSRP:" in shown and shown.count("[valid now]") == 3 and "first-key" not in shown, shown
    assert 'Authentication MD5, key-chain "HSRP"' in net.p.show("show standby")
    change = int(time.time()) + 10
    for headend in (net.p, net.s):
        headend.configure(chain(change))
    for source in (OURS, "192.168.0.4"):
        wait_for(lambda: [f for f in sealed(net.capture, source, change + 1) if f[1] == 2], 30, f"key 2 from {source}",
                 evidence=lab.evidence)
    stays(lambda: net.p.standby_state() == "Active" and net.s.standby_state() == "Standby", 1.5, "roles", evidence=lab.evidence)
    assert (changes(net.p), changes(net.s)) == before
    for source in (OURS, "192.168.0.4"):
        for at, key, payload in sealed(net.capture, source):
            # A frame is made a moment before it is captured; and a clock that is slewed is known to the process as it was.
            assert key in ([1, 2] if abs(at - change) < 0.5 else [2] if at >= change else [1]), (at - change, key)
            secret = b"second-key" if key == 2 else b"first-key"
            assert keyed_md5(secret, payload[:-16] + bytes(16)) == payload[-16:]
    said = net.p.show("show logging")
    assert "%HSRP-5-KEYCHANGE: key chain HSRP: key 2 is sent in place of key 1" in said and "BADAUTH" not in said, said
    assert "second-key" in net.p.show("show running-config") and "second-key" not in said
    assert malformed(net.capture.path) == []


def test_another_key_number_is_not_believed_and_key_0_is_a_key_string(lab):
    net = topologies.single(lab, configs.hsrp("P", extra="key chain K\n key 0\n  key-string openwall\n"
                                              f"{FACE} standby authentication md5 key-chain K\n"), remotes=False)
    speaker = Speaker(lab, key="openwall", key_id=1)
    net.p.wait_state("Active")
    speaker.send(COUP, SPEAK, 200)
    wait_for(lambda: "BADAUTH" in net.p.show("show logging"), 30, "it is refused", evidence=lab.evidence)
    assert net.p.standby_state() == "Active"
    speaker.key_id = 0
    speaker.send(COUP, SPEAK, 200)
    wait_left(net.p)
    # It came out of nothing, and is a neighbor now.
    net.p.wait_show("show logging", "%HSRP-4-UNEXPECTED: FastEthernet0/0 Grp 0 Coup from new neighbor 192.168.0.100")
    assert "HSRP neighbors on FastEthernet0/0\n  192.168.0.100\n" in net.p.show("show standby neighbors")
    assert "    Failed Authentication: 1\n" in net.p.show("show standby internal")


@pytest.fixture
def stalls():
    """Those of the machine during the test."""
    with Stalls() as counted:
        yield counted


def test_mac_address_use_bia_and_gratuitous_arp(lab, stalls):
    net = topologies.single(lab, configs.hsrp("P", extra=f"{FACE} standby mac-address 0200.0000.1234\n"
                                              " standby arp gratuitous count 3 interval 3\n"), remotes=False)

    def gratuitous(mac, after):
        return [a for a in net.capture.gratuitous_arps(VIRTUAL) if a[1] == mac and a[0] >= after]
    net.p.wait_state("Active")
    chosen = "02:00:00:00:12:34"
    assert "Local virtual MAC address is 0200.0000.1234 (cfgd)" in net.p.show("show standby")
    wait_for(lambda: len(gratuitous(chosen, 0)) >= 4, 30, "three rounds, the first to two groups", evidence=lab.evidence)
    rounds, late = [t for t, _ in gratuitous(chosen, 0)], stalls.seconds()
    assert rounds[1] - rounds[0] < 0.5 + late, (rounds, late)
    assert all(2.5 - late < b - a < 4.5 + late for a, b in zip(rounds[1:], rounds[2:])), (rounds, late)
    hello = [f for f in net.capture.hsrp() if f[1] == OURS and f[3] == ACTIVE][-1]
    assert hello[4] == chosen
    # One more on demand, and no fourth round by itself (but for a box that stood still until its address was over).
    stays(lambda: len(gratuitous(chosen, 0)) == 4 or stalls.seconds() > 0.7, 3.5, "no more rounds", evidence=lab.evidence)
    asked = time.time()
    net.p.cli("enable\nstandby send arp FastEthernet0/0 0\n", check=True)
    wait_for(lambda: len(gratuitous(chosen, asked - 0.1)) == 1, 30, "one more", evidence=lab.evidence)
    # The interface's own address instead: no macvlan, and the hosts are told.
    own = net.p.ip("-br", "link", "show", "dev", "eth0").split()[2]
    changed = time.time()
    net.p.configure(f"{FACE} no standby mac-address\n standby use-bia\n")
    net.p.wait_state("Active")
    wait_for(lambda: gratuitous(own, changed), 30, "gratuitous ARP from the interface", evidence=lab.evidence)
    wait_for(lambda: net.p.ip("-br", "link", "show", "type", "macvlan") == "", 30, "no macvlan", evidence=lab.evidence)
    assert "(bia)" in net.p.show("show standby") and "eth0" in net.p.ip("-o", "addr", "show", "to", VIRTUAL)
    wait_for(lambda: [f for f in net.capture.hsrp() if f[1] == OURS and f[3] == ACTIVE][-1][4] == own, 30, "hellos from it",
             evidence=lab.evidence)
    assert malformed(net.capture.path) == []


def test_debug_lines_come_to_a_terminal_that_monitors(lab):
    net = topologies.single(lab, configs.hsrp("P"), remotes=False)
    speaker = Speaker(lab)
    net.p.wait_state("Active")
    tty = Terminal(net.p)
    tty.read("#")
    for line in ("terminal monitor", "debug standby terse"):
        said = tty.say(line + "\n", "#")
    assert "HSRP terse debugging is on" in said, said
    assert "HSRP Errors debugging is on" in net.p.show("show debugging")
    speaker.send(COUP, SPEAK, 200)
    lines = ("HSRP: Fa0/0 Grp 0 Coup   in  192.168.0.100 Speak   pri 200 vIP 192.168.0.3",
             "HSRP: Fa0/0 Grp 0 Active: j/Coup rcvd from higher pri router (200/192.168.0.100)",
             "HSRP: Fa0/0 Grp 0 Active -> Speak",
             'HSRP: Fa0/0 Grp 0 Redundancy "group1" state Active -> Speak',
             "HSRP: Fa0/0 Grp 0 Active router is 192.168.0.100, was local")
    seen = ""
    deadline = time.monotonic() + 30
    while lines[-1] not in seen and time.monotonic() < deadline:
        seen += tty.read(timeout=1)
    assert [line for line in lines if line not in seen] == [] and "Hello" not in seen, seen
    assert "All possible debugging has been turned off" in tty.say("undebug all\n", "#")
    net.p.wait_state("Active")
    assert "HSRP: " not in tty.read()
    # A condition that nothing here meets: not a line of the same story.
    assert "Condition 1 set" in tty.say("debug condition standby FastEthernet0/0 9\n", "#")
    tty.say("debug standby terse\n", "#")
    assert "Condition 1: standby Fa0/0 9 (1 flags triggered)" in net.p.show("show debugging condition")
    speaker.send(COUP, SPEAK, 200)
    wait_left(net.p, 2)
    net.p.wait_state("Active")
    assert "HSRP: Fa0/0" not in tty.read()
    tty.say("undebug all\n", "#")
    assert "Condition 1 has been removed" in tty.say("no debug condition standby FastEthernet0/0 9\n", "#")
    tty.close()
    logged = net.p.show("show logging")
    assert "HSRP: Fa0/0 Grp 0 Active -> Speak" in logged and net.p.show("show debugging").strip() == ""
    with open(os.path.join(net.p.path, "hotswand.log"), encoding="utf-8") as journal:
        assert "HSRP: Fa0/0 Grp 0 Active -> Speak" in journal.read()


@pytest.mark.parametrize("operation", [1, 2], ids=["request", "gratuitous"])
def test_a_duplicate_address_is_said_while_we_are_active(lab, operation):
    net = topologies.single(lab, configs.hsrp("P"), remotes=False)
    speaker = Speaker(lab)
    speaker.claim(VIRTUAL, operation)
    net.p.wait_state("Active")
    said = net.p.show("show logging")
    assert "DUPADDR" not in said, said
    mac = "".join(speaker.mac.split(":"))
    line = f"%IP-4-DUPADDR: Duplicate address {VIRTUAL} on FastEthernet0/0, sourced by {mac[:4]}.{mac[4:8]}.{mac[8:]}"

    def seen():
        speaker.claim("192.168.0.99", operation)        # nobody's
        speaker.claim(VIRTUAL, operation)
        return line in net.p.show("show logging")
    wait_for(seen, 30, "it is said", every=1.2, evidence=lab.evidence)
    for _ in range(50):
        speaker.claim(VIRTUAL, operation)
    assert '"duplicate_address":0' not in net.p.show("show standby internal | json")
    # A frame of ours that comes back, as a loop would bring it: said once, and dropped.
    speaker.reflect(next(f.data for f in net.capture.frames if f.udp and f.udp[1] == 1985 and str(f.ends[0]) == OURS))
    net.p.wait_show("show logging", "%STANDBY-3-DUPADDR: Duplicate address on FastEthernet0/0, sourced by ")
    said = net.p.show("show logging")
    assert said.count("%IP-4-DUPADDR") == 1 and "192.168.0.99" not in said, said
    assert net.p.standby_state() == "Active"


def test_interfaces_neighbours_and_tracked_routes(lab):
    net = topologies.single(lab, configs.hsrp("P"), remotes=False)
    Speaker(lab)
    net.p.wait_state("Active")
    shown = net.p.show("show interfaces FastEthernet0/0")
    assert shown.startswith("FastEthernet0/0 is up, line protocol is up \n  Hardware is veth, address is "), shown
    sent = int(re.search(r"(\d+) packets output, \d+ bytes", shown)[1])
    wait_for(lambda: int(re.search(r"(\d+) packets output", net.p.show("show interfaces fa0/0"))[1]) > sent,
             20, "counted hellos")
    names = [re.findall(r"(?m)^(\S+) is ", net.p.show(f"show {what}")) for what in ("interfaces", "ip interface")]
    assert names[0] == names[1] and "FastEthernet0/0" in names[0], names
    assert "  Internet address is 192.168.0.2/24\n" in net.p.show("show ip interface fa0/0")
    wait_for(lambda: re.search(r"(?m)^Internet  192\.168\.0\.3 +-   0000\.0c07\.ac00  ARPA   FastEthernet0/0$",
                               net.p.show("show arp")), 30, "the virtual address", evidence=lambda: net.p.show("show arp"))
    assert net.p.show("show arp").startswith("Protocol  Address ")
    entries = json.loads(net.p.show("show arp | json"))["entries"]
    assert {"address": "192.168.0.3", "mac": "0000.0c07.ac00"}.items() <= next(
        e for e in entries if e["address"] == "192.168.0.3").items(), entries
    # A static route that goes with the inside interface, and the one behind it.
    net.p.configure("track 7 interface eth1 line-protocol\n"
                    "ip route 10.77.0.0 255.255.0.0 192.168.0.1 track 7\nip route 10.77.0.0 255.255.0.0 192.168.0.100 250\n")
    routes = lambda: net.p.run("ip", "route", "show", "10.77.0.0/16")  # noqa: E731
    wait_for(lambda: "via 192.168.0.1 " in routes() and "via 192.168.0.100 " in routes(), 30, "both routes", evidence=routes)
    inside = next(segment for segment, name in net.p.interfaces.items() if name == "eth1")
    net.p.link(inside, False)
    wait_for(lambda: "via 192.168.0.1 " not in routes() and "via 192.168.0.100 " in routes(), 30, "the floating one alone",
             evidence=routes)
    assert "192.168.0.1 track 7 state is [down]" in net.p.show("show ip route track-table")
    net.p.link(inside, True)
    wait_for(lambda: "via 192.168.0.1 " in routes(), 30, "the tracked one again", evidence=routes)
