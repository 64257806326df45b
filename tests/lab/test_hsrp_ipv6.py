"""HSRP for IPv6 on the wire: two of our routers and hosts, and an independent Cisco-like speaker."""

import time

import pytest

from hotswan_lab import Capture, tshark, wait_for
from hotswan_lab.headend import Headend
from hotswan_lab.hsrp_bytes import ACTIVE, COUP, HELLO, RESIGN, SPEAK
from hotswan_lab.speaker import Speaker
from hotswan_lab.system import stays

from hsrp_role import COMMAND_DONE, LEAVE, HsrpRole, interface_body

VMAC, VIP = "00:05:73:a0:00:01", "fe80::5:73ff:fea0:1"
CORE_VMAC = "00:05:73:a0:00:02"
KEY = "openwall-openwall"
SERVER = "2001:db8:2::10"
NEIGHBOUR_ADVERTISEMENT, ROUTER_ADVERTISEMENT = 136, 134
HOLD_S = 0.9


def interface(number, last, group, virtual, priority, extra=""):
    return f"""interface FastEthernet 0/{number}
 hotswan device eth{number}
 ipv6 address FE80::{last} link-local
 ipv6 address 2001:DB8:{number + 1}::{last}/64
 standby version 2
 standby {group} ipv6 {virtual}
 standby {group} ipv6 2001:DB8:{number + 1}::1/64
 standby {group} timers msec 250 msec 900
 standby {group} priority {priority}
 standby {group} preempt
{extra}"""


def config(name, last, priority, extra=""):
    """The same group on both sides: a host's network and a server's."""
    return (f"hostname {name}\nipv6 unicast-routing\n" + interface(0, last, 1, "autoconfig", priority, extra)
            + interface(1, last, 2, "FE80::77", priority))


def router(lab, name):
    node = Headend(lab, name)
    node.connect("lan")
    node.connect("core")
    return node


def host(lab, name, segment, address=None):
    """A plain host that takes its router, and without an address also that, from router advertisements."""
    node = lab.host(name)
    node.connect(segment, *([address] if address else []))
    return node


def default_routers(node):
    return [line.split()[2] for line in node.ip("-6", "route", "show", "default").splitlines()]


def state(node, group=1):
    return node.standby_state(group)


def from_virtual(frames, mac):
    """[(time, source, ICMPv6 type or None)] of frames from a virtual MAC."""
    return [(f.time, str(f.ends_ipv6[0]) if f.ends_ipv6 else "", f.icmpv6) for f in frames if f.source_mac == mac]


def assert_decodes(capture, source):
    """tshark knows every frame that a router sent as HSRP or from its virtual MAC, and complains of none."""
    ours = f"(ipv6.src == {source} && udp.port == 2029)"
    count = lambda what: len(tshark.read(capture.path, what, ["frame.number"]))     # noqa: E731
    assert count(f"hsrp && {ours}") == count(ours) > 0
    assert tshark.complaints(capture.path, f"{ours} || eth.src == {VMAC}") == []


def test_hosts_keep_talking_when_the_active_router_dies(lab):
    p, s = router(lab, "p"), router(lab, "s")
    client, server = host(lab, "client", "lan"), host(lab, "server", "core", f"{SERVER}/64")
    lan, core = Capture(lab, "lan"), Capture(lab, "core")
    p.start(config("P", 2, 110))
    for group in (1, 2):
        p.wait_state("Active", group)
    s.start(config("S", 4, 100))
    for group in (1, 2):
        s.wait_state("Standby", group)

    # The router is learned, with the address: nothing is configured on the client.
    wait_for(lambda: default_routers(client) == [VIP], 30, "the client has its router", evidence=lab.evidence)
    wait_for(lambda: default_routers(server) == ["fe80::77"], 30, "so has the server", evidence=lab.evidence)
    client.wait_ping(SERVER)
    assert client.ping(f"{VIP}%eth0") == 3 and client.ping("2001:db8:1::1") == 3
    shown = p.show("show standby")
    assert f"Link-Local Virtual IPv6 address is {VIP.upper()} (conf auto EUI64)" in shown, shown
    assert "Virtual IPv6 address 2001:DB8:1::1/64" in shown and "FE80::77 (conf)" in shown, shown
    assert VIP.upper() in s.show("show standby brief").splitlines()[4]
    assert s.run("ip", "-6", "addr").count(VIP) == 0

    # A power cut: the other one serves, with the same router and the same MAC.
    pinger = client.pinger(SERVER, interval=0.02)
    pinger.wait_reply()
    cut = time.time()
    p.power_off()
    s.wait_state("Active", 1)
    s.wait_state("Active", 2)
    taken = []
    for capture in (lan, core):
        said = [f for f in capture.hsrp() if f[2] == HELLO and f[3] == ACTIVE]
        taken.append(next(f[0] for f in said if f[1] == "fe80::4" and f[0] > cut))
        silent = taken[-1] - max(f[0] for f in said if f[1] == "fe80::2")
        assert HOLD_S - 0.01 <= silent < HOLD_S + 1.5
    assert pinger.wait_reply(after=max(taken)) - max(taken) < 5         # it asks for its neighbours first, up to three times
    assert default_routers(client) == [VIP]
    assert f"{VIP} dev eth0 lladdr {VMAC}" in client.ip("-6", "neigh")

    # It comes back and preempts: the hosts' router never goes away.
    back = time.time()
    p.power_on()
    p.wait_state("Active", 1)
    p.wait_state("Active", 2)
    stays(lambda: default_routers(client) == [VIP], 1.0, "the client keeps its router")
    client.wait_ping(SERVER)
    pinger.stop()
    assert pinger.gap(back)[0] < 3

    # Stopped in order it says farewell, and the other one is there at once.
    stop = time.time()
    assert p.stop_daemon() == 0
    s.wait_state("Active", 1)
    client.wait_ping(SERVER)
    frames = lan.stop()
    farewells = [f for f in frames if f.icmpv6 == ROUTER_ADVERTISEMENT and f.data[60:62] == b"\0\0"]
    assert len(farewells) == 1 and farewells[0].time > stop and farewells[0].source_mac == VMAC
    resign = [h for h in lan.hsrp() if h[1] == "fe80::2" and h[2] == RESIGN and h[0] > stop]
    assert farewells[0].time < resign[0][0]
    assert [f for f in from_virtual(frames, VMAC) if farewells[0].time < f[0] < resign[0][0]] == []
    assert p.run("ip", "-6", "addr").count(VIP) == 0
    for source in ("fe80::2", "fe80::4"):
        assert_decodes(lan, source)


def test_kernel_settings_come_and_go(lab):
    p = router(lab, "p")
    conf = "/proc/sys/net/ipv6/conf/"
    p.run("sh", "-c", f"echo 1 > {conf}eth1/disable_ipv6")
    before = [p.run("cat", conf + name) for name in ("all/forwarding", "eth1/disable_ipv6")]
    p.start(config("P", 2, 110))
    p.wait_state("Active", 2)
    assert [p.run("cat", conf + name).strip() for name in ("all/forwarding", "eth1/disable_ipv6")] == ["1", "0"]
    macvlan = next(line.split(":")[1].split("@")[0].strip() for line in
                   p.ip("-o", "link", "show", "type", "macvlan").splitlines() if CORE_VMAC in line)
    assert macvlan.endswith("-2x")
    assert p.run("cat", f"{conf}{macvlan}/addr_gen_mode").strip() == "1"
    wait_for(lambda: p.ip("-6", "-o", "addr", "show", "dev", macvlan).count("inet6") == 2, 30, "the virtual addresses are there",
             evidence=lab.evidence)
    p.configure("no ipv6 unicast-routing")
    wait_for(lambda: p.run("cat", conf + "all/forwarding") == before[0], 30, "forwarding is off again", evidence=lab.evidence)
    assert p.ip("-6", "-o", "addr", "show", "dev", macvlan).count("inet6") == 2       # and no other
    p.configure("interface FastEthernet 0/1\n no standby 2\n no ipv6 address\n")
    wait_for(lambda: p.run("cat", conf + "eth1/disable_ipv6") == before[1], 30, "IPv6 is off again", evidence=lab.evidence)
    wait_for(lambda: macvlan not in p.ip("link"), 30, "its macvlan is gone", evidence=lab.evidence)
    p.stop_daemon()
    assert [p.run("cat", conf + name) for name in ("all/forwarding", "eth1/disable_ipv6")] == before


@pytest.fixture
def scene(lab):
    """(our router not started, speaker fe80::100, its configuration, capture, a plain host)."""
    p = router(lab, "p")
    capture = Capture(lab, "lan")
    speaker = Speaker(lab, "fe80::100", VIP, 1, "lan", version=2)
    return p, speaker, config("P", 2, 100, " no standby 1 preempt\n"), capture, host(lab, "host", "lan")


def ours(capture, opcode, after=0.0):
    return [f for f in capture.hsrp() if f[1] == "fe80::2" and f[2] == opcode and f[0] >= after]


def test_we_lose_answer_nothing_and_take_over(scene):
    p, speaker, text, capture, plain = scene
    speaker.say(ACTIVE, 90)
    p.start(text)
    p.wait_state("Standby", 1)
    assert ours(capture, COUP) == []
    assert plain.ping(f"{VIP}%eth0", count=2) == 0          # nobody answers a neighbour solicitation
    speaker.say(None, 0)
    resigned = time.time()
    speaker.send(RESIGN, ACTIVE, 90)
    p.wait_state("Active", 1)
    first = [f for f in ours(capture, HELLO, resigned - 0.1) if f[3] == ACTIVE][0]
    resigned = next(f[0] for f in capture.hsrp() if f[1] == "fe80::100" and f[2] == RESIGN)
    assert 0 < first[0] - resigned < 1.5 and first[4] == VMAC           # half of the hold time that they told
    plain.wait_ping(f"{VIP}%eth0")
    wait_for(lambda: default_routers(plain) == [VIP], 30, "the host has its router", evidence=p.lab.evidence)

    left = time.time()
    speaker.send(COUP, SPEAK, 200)
    speaker.say(ACTIVE, 200)
    spoke = wait_for(lambda: [f for f in ours(capture, HELLO, left) if f[3] == SPEAK], 30, "our Hello")[0][0]
    assert plain.ping(f"{VIP}%eth0", count=2) == 0
    p.wait_state("Standby", 1)
    stays(lambda: state(p) == "Standby", 1.5, "standby")

    # From the virtual MAC: nothing before we were active, nothing after we said that we are not.
    frames = [f for f in from_virtual(capture.stop(), VMAC) if f[1] != "fe80::100"]
    assert frames and min(f[0] for f in frames) >= first[0] and max(f[0] for f in frames) <= spoke
    announced = [f for f in frames if f[2] == NEIGHBOUR_ADVERTISEMENT]
    assert {f[1] for f in announced} >= {VIP, "2001:db8:1::1"} and announced[0][0] - first[0] < 1.5
    assert default_routers(plain) == [VIP]                  # no farewell: another router has the address


def test_strangers_are_not_believed(lab):
    """A wrong key, text against MD5, an address that is not link-local, our own address, a broken checksum."""
    p = router(lab, "p")
    speaker = Speaker(lab, "fe80::100", VIP, 1, "lan", version=2, key="another-key")
    p.start(config("P", 2, 100, f" standby 1 authentication md5 key-string {KEY}\n"))
    p.wait_state("Active", 1)

    def harmless(reason, source="fe80::100", key=KEY, damage=False):
        speaker.source, speaker.key = source, key
        frame = bytearray(speaker.frame(COUP, SPEAK, 250, speaker.mac))
        if damage:
            frame[-1] ^= 1
        speaker.reflect(bytes(frame))
        wait_for(lambda: f'"{reason}":' in p.show("show standby | json"), 30, reason, evidence=lab.evidence)
        assert state(p) == "Active", reason

    harmless("authentication", key="another-key")
    harmless("authentication", key=None)
    harmless("foreign_source", source="2001:db8:1::100")
    harmless("own_source", source="fe80::2")
    harmless("checksum", damage=True)
    p.wait_show("show logging", "%HSRP-4-BADAUTH2: Bad authentication from FE80::100")
    speaker.source, speaker.key = "fe80::100", KEY
    speaker.send(COUP, SPEAK, 250)
    p.wait_show("show logging", "Grp 1 state Active -> Speak")          # the right key is believed


def alone(lab, **configuration):
    """The hsrp process without engine and launcher, active, and a host."""
    node = HsrpRole(lab, "a", 2, timers=(100, 400), family=6, vip=VIP, secondary=["2001:db8:1::1"], prefix=64)
    body = interface_body(node.device, "FastEthernet0/0", node.real, version=2, ipv6_routing=True, **configuration)
    node.start(interface=body)
    node.wait_state("Active")
    return node, host(lab, "host", "lan")


def test_a_dead_process_leaves_no_address_behind(lab):
    node, plain = alone(lab)
    plain.wait_ping(f"{VIP}%eth0")
    node.kill()
    wait_for(lambda: VIP not in node.ip("-6", "addr") and "2001:db8:1::1" not in node.ip("-6", "addr"), 30,
             "the kernel took the addresses away", evidence=lab.evidence)
    assert plain.ping(f"{VIP}%eth0", count=1) == 0


@pytest.mark.parametrize("address", [f"{VIP}/64", "2001:db8:1::1/128"])
def test_an_address_that_somebody_takes_away_comes_back(lab, address):
    node, plain = alone(lab)
    plain.wait_ping(f"{VIP}%eth0")
    node.ip("-6", "addr", "del", address, "dev", node.macvlans()[0])
    wait_for(lambda: node.status() and [text for _, text in node.logs if "%HSRP-4-TAKEN: FastEthernet0/0 Grp 1 " in text], 5,
             "said", evidence=lab.evidence)
    assert address in node.ip("-6", "addr")
    plain.wait_ping(f"{VIP}%eth0")
    assert node.status()["state"] == "Active"


def test_use_bia_needs_no_macvlan_and_keeps_the_devices_own_address(lab):
    node, plain = alone(lab, use_bia=True)
    assert node.macvlans() == []
    own = [w for w in node.ip("-6", "-o", "addr", "show", "dev", node.device).split() if w.startswith("fe80::")]
    assert f"{VIP}/128" in own and len(own) == 2
    plain.wait_ping(f"{VIP}%eth0")
    assert f"{VIP} dev eth0 lladdr {node.mac}" in plain.ip("-6", "neigh")
    node.command(LEAVE)
    node.receive(COMMAND_DONE)
    left = [w for w in node.ip("-6", "-o", "addr", "show", "dev", node.device).split() if w.startswith("fe80::")]
    assert left == [w for w in own if w != f"{VIP}/128"] and "2001:db8:1::1" not in node.ip("-6", "addr")
    assert plain.ping(f"{VIP}%eth0", count=1) == 0
