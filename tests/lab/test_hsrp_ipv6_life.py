"""A pair of IPv6 groups through its life: restarts and deaths under traffic, strangers, a lost link, the last farewell."""

import contextlib
import os
import signal
import time

from hotswan_lab import Capture, wait_for
from hotswan_lab.configs import CALM_TIMERS, FAST_TIMERS
from hotswan_lab.headend import Headend
from hotswan_lab.hsrp_bytes import ACTIVE, HELLO, read

VIP, VMAC = "fe80::5:73ff:fea0:1", "00:05:73:a0:00:01"
HOLD_S = float(CALM_TIMERS.split()[1])          # a start under load fits into it
GATEWAYS = {"lan": VIP, "core": "fe80::77"}
SERVER = "2001:db8:2::10"
ROUTER_ADVERTISEMENT = 134


def config(name, last, priority):
    """The outside and the inside group of a headend, which move together."""
    lines = [f"hostname {name}", "ipv6 unicast-routing"]
    for side, (group, virtual) in enumerate(((1, "autoconfig"), (2, "FE80::77"))):
        lines += [f"interface FastEthernet 0/{side}", f" hotswan device eth{side}", f" ipv6 address FE80::{last} link-local",
                  f" ipv6 address 2001:DB8:{side + 1}::{last}/64", " standby version 2", f" standby {group} timers {FAST_TIMERS}",
                  f" standby {group} priority {priority}", f" standby {group} name side{side}",
                  f" standby {group} ipv6 2001:DB8:{side + 1}::1/64", f" standby {group} ipv6 {virtual}"]
    return "\n".join([*lines, "hotswan redundancy pair side0 side1", ""])


def router(lab, name):
    node = Headend(lab, name)
    for segment in GATEWAYS:
        node.connect(segment)
    return node


def both(node, state, timeout=20):
    for group in (1, 2):
        node.wait_state(state, group, timeout=timeout)


def default_routers(node):
    return [line.split()[2] for line in node.ip("-6", "route", "show", "default").splitlines()]


def logged(node):
    with open(os.path.join(node.path, "hotswand.log"), encoding="utf-8") as log:
        return log.read()


def claim(stranger, address, mac, heard):
    """The stranger takes an address without asking, and goes on until it is heard.

    Its kernel tells all neighbours when its MAC changes, of addresses that it has already, and only once.
    """
    stranger.run("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/eth0/ndisc_notify")
    stranger.ip("-6", "addr", "add", address, "dev", "eth0", "nodad")
    wait_for(lambda: address not in stranger.ip("-6", "addr", "show", "dev", "eth0", "tentative"), 30, "it has the address")

    def told():
        stranger.ip("link", "set", "eth0", "address", mac)
        return heard()
    wait_for(told, 30, f"{mac} is heard", every=0.5, evidence=stranger.lab.evidence)


def gap_during(client, what, act, limit):
    """Longest silence of a stream of pings while that is done; it must go on afterwards."""
    pings = client.pinger(SERVER, interval=0.01)
    pings.wait_reply(count=20)
    begun = time.time()
    act()
    pings.wait_reply(after=time.time() + 0.5, count=20)
    gap, _ = pings.stop().gap(begun - 0.1)
    print(f"{what}: hosts were silent for {gap * 1000:.0f} ms at most")
    assert gap < limit, (what, gap)


def came_back(node, role, end):
    """The role has another process than before, after `end` has ended that."""
    old = node.role_pid(role)
    end()
    wait_for(lambda: node.role_pid(role) != old, 30, f"{role} is back", evidence=node.evidence)


def test_life_of_a_pair_of_ipv6_groups(lab):
    p, s = router(lab, "p"), router(lab, "s")
    client, server = lab.host("client"), lab.host("server")
    client.connect("lan")
    server.connect("core", f"{SERVER}/64")
    stranger = lab.host("stranger")
    stranger.connect("lan")
    lan = Capture(lab, "lan")
    p.start(config("P", 2, 100))
    both(p, "Active")
    s.start(config("S", 4, 100))
    both(s, "Standby")
    for node in (s, p):                         # a start with these would last
        for side in (0, 1):
            node.configure([f"interface FastEthernet 0/{side}", f"standby {side + 1} timers {CALM_TIMERS}"])
    client.wait_ping(SERVER)

    # Nothing moves when a process dies or all restart on purpose.
    began = time.time()
    gap_during(client, "death of hsrp", lambda: came_back(p, "hsrp", lambda: p.kill_role("hsrp")), HOLD_S / 3)
    gap_during(client, "death of the engine", lambda: came_back(p, "engine", lambda: p.kill_role("engine")), HOLD_S / 3)
    gap_during(client, "hotswan restart", lambda: came_back(p, "engine", lambda: p.show("hotswan restart", check=True)), HOLD_S / 3)
    both(p, "Active")
    heard = [read(f.data) for f in lan.frames if f.time > began]
    assert {h.source for h in heard if h and h.said.state == ACTIVE} == {"fe80::2"}
    assert {h.said.state for h in heard if h and h.source == "fe80::2" and h.said.op == HELLO} == {ACTIVE}
    assert p.run("ip", "-6", "addr").count(f"{VIP}/64") == 1

    # A stranger that asks first is told that the address is taken; one that does not ask is complained of.
    stranger.ip("-6", "addr", "add", f"{VIP}/64", "dev", "eth0")
    wait_for(lambda: "dadfailed" in stranger.ip("-6", "addr", "show", "dev", "eth0"), 30, "the stranger was told",
             evidence=lab.evidence)
    assert "%IP-4-DUPADDR" not in logged(p)     # asking is no claim
    stranger.ip("-6", "addr", "del", f"{VIP}/64", "dev", "eth0")
    for n, address in enumerate((f"{VIP}/64", "2001:db8:1::1/64")):
        said = f"%IP-4-DUPADDR: Duplicate address {address.split('/')[0].upper()} on FastEthernet0/0, sourced by 0200.0000.770{n}"
        claim(stranger, address, f"02:00:00:00:77:0{n}", lambda said=said: said in logged(p))
        stranger.ip("-6", "addr", "del", address, "dev", "eth0")
        # once in 30 s for a group: the engine's next life has a clean slate
        came_back(p, "hsrp", lambda: p.kill_role("hsrp"))
        both(p, "Active")
    assert "%IP-4-DUPADDR" not in logged(s)     # the standby serves nothing

    # The outside link of the active router is lost: the inside moves with it, although nothing is tracked.
    client.ip("-6", "neigh", "flush", "all")
    client.wait_ping(SERVER)

    def cut():
        p.link("lan", False)
        both(s, "Active")
    gap_during(client, "lost link", cut, HOLD_S / 2)
    assert p.standby_state(2) != "Active"
    p.link("lan", True)
    both(p, "Standby")

    # All of it dies for good: the kernel takes the addresses away, the other one serves.
    both(s, "Active")

    def kill_all():
        for pid in [s.role_pid(role) for role in ("launcher", "engine", "hsrp")]:
            with contextlib.suppress(ProcessLookupError):   # they end with their launcher
                os.kill(pid, signal.SIGKILL)
        both(p, "Active")
    gap_during(client, "death of all processes", kill_all, HOLD_S + 4)
    wait_for(lambda: VIP not in s.ip("-6", "addr") and "2001:db8:1::1/" not in s.ip("-6", "addr"), 30, "its addresses are gone",
             evidence=lab.evidence)

    # The last router says farewell: hosts have none any more, at once.
    assert default_routers(client) == [GATEWAYS["lan"]] and default_routers(server) == [GATEWAYS["core"]]
    stopped = time.time()
    assert p.stop_daemon() == 0
    wait_for(lambda: not default_routers(client) and not default_routers(server), 30, "no router is left", evidence=lab.evidence)
    farewells = [f for f in lan.stop() if f.icmpv6 == ROUTER_ADVERTISEMENT and f.time > stopped]
    assert [(f.source_mac, f.data[60:62]) for f in farewells] == [(VMAC, b"\0\0")]
    assert "hotswan-hsrp" not in p.run("nft", "list", "tables")
