"""`set security-association level per-host`: an SA for each pair of hosts, on a kernel with ESP."""

import json
import time

import pytest

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.remote import ESP_SETS
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, REMOTE_HOST, REMOTE_NET, VIRTUAL
from hotswan_lab.vici import Vici

pytestmark = pytest.mark.guest          # user-space ESP closes a child without an own address in its local selector

SECOND_HOST, THIRD, IDLE_S = "192.168.1.11", "10.0.0.3", 60
CONFIG = f"""hotswan reverse-route static-maps per-sa
access-list 105 permit ip 192.168.1.0 0.0.0.255 10.0.0.0 0.0.255.255
crypto map mymap 1 ipsec-isakmp
 set peer 10.1.1.1
 set transform-set esp-aes-sha
 set security-association idle-time {IDLE_S}
 set security-association level per-host
 match address 105
 reverse-route
interface FastEthernet 0/0
 crypto map mymap
"""


FIRST, SECOND = ((f"{inside}/32", f"{REMOTE_HOST}/32") for inside in (INSIDE_HOST, SECOND_HOST))


def pairs(remote):
    """Pairs of hosts that have a tunnel, as (inside, far)."""
    return sorted((theirs[0], mine[0]) for _, mine, theirs in remote.tunnels())


def shown(head):
    """{(inside, far): [SPI of an SA towards us]} as `show crypto ipsec sa` tells it, by JSON; the text has the same idents.

    An SA that has not carried a packet each way yet is left out.
    """
    flows = {}
    for flow in json.loads(head.show("show crypto ipsec sa | json", check=True))["entries"]:
        ends = [flow[f"{side}_ident"] for side in ("local", "remote")]
        assert all(end["mask"] == "255.255.255.255" for end in ends), ends
        if flow["packets_in"] > 0 and flow["packets_out"] > 0:
            flows[tuple(f"{end['address']}/32" for end in ends)] = [sa["spi_in"] for sa in flow["sas"]]
    text = head.show("show crypto ipsec sa")
    for inside, far in flows:
        for side, host in (("local ", inside), ("remote", far)):
            assert f"{side} ident (addr/mask/prot/port): ({host[:-3]}/255.255.255.255/0/0)" in text, text
    return flows


def spis(remote):
    """{(inside, far): SPI towards us} of the tunnels."""
    return {(child["remote-ts"][0], child["local-ts"][0]): int(child["spi-out"], 16)
            for listed in remote.sas() for ike in listed.values() for child in ike["child-sas"].values()
            if child["state"] == "INSTALLED"}


def test_each_pair_of_hosts_has_an_sa_and_a_route_while_it_talks(lab):
    net = topologies.single(lab, start=False)
    net.host.address("eth0", f"{SECOND_HOST}/24")
    net.remote.address("lo", f"{THIRD}/32")
    net.remote.connection("hq", "10.1.1.1", "192.168.0.2", [(REMOTE_NET, INSIDE_NET), (f"{THIRD}/32", f"{INSIDE_HOST}/32")],
                          initiate=False)
    net.p.start(configs.prologue("A") + CONFIG)
    wait_for(lambda: "out.eth0.w" in net.p.run("nft", "list", "table", "inet", "hotswan"), 30, "the line waits", evidence=lab.evidence)
    assert net.remote.tunnels() == []

    first, second = FIRST, SECOND
    net.host.wait_ping(REMOTE_HOST)
    assert pairs(net.remote) == [first]
    net.host.wait_ping(REMOTE_HOST, SECOND_HOST)
    assert pairs(net.remote) == [first, second]
    policies = net.p.run("ip", "xfrm", "policy")
    for inside, far in (first, second):
        assert f"src {inside} dst {far}" in policies, policies
    net.p.wait_rri(f"{REMOTE_HOST}/32")                     # held twice
    assert net.remote.ping(SECOND_HOST, REMOTE_HOST) == 3 and net.host.ping(REMOTE_HOST) == 3

    # The far end may ask, too, for less than the line says; that needs no SA of ours.
    net.remote.initiate("hq", "c1")
    third = (f"{INSIDE_HOST}/32", f"{THIRD}/32")
    assert pairs(net.remote) == sorted([first, second, third])
    assert net.host.ping(THIRD) == 3
    assert len(net.remote.tunnels()) == 3
    net.p.wait_rri(f"{REMOTE_HOST}/32", f"{THIRD}/32")

    # One pair goes on; the others rest after their idle time, and their share of the routes goes with them.
    pinger = net.host.pinger(REMOTE_HOST, SECOND_HOST, interval=1)
    wait_for(lambda: pairs(net.remote) == [second], IDLE_S + 40, "idle pairs are closed", every=0.5, evidence=lab.evidence)
    net.p.wait_rri(f"{REMOTE_HOST}/32")
    pinger.stop()
    net.host.wait_ping(REMOTE_HOST)
    assert pairs(net.remote) == [first, second]
    net.audit()


@pytest.mark.parametrize("ike", [1, 2])
def test_each_pair_is_rekeyed_by_itself(lab, ike):
    net = topologies.single(lab, start=False)
    net.host.address("eth0", f"{SECOND_HOST}/24")
    net.remote.connection("hq", "10.1.1.1", "192.168.0.2", [(REMOTE_NET, INSIDE_NET)], ike, initiate=False)
    net.p.start(configs.prologue("A") + (configs.text("ikev2") if ike == 2 else "") + CONFIG +
                ("crypto map mymap 1 ipsec-isakmp\n set ikev2-profile lab-profile\n" if ike == 2 else ""))
    wait_for(lambda: "out.eth0.w" in net.p.run("nft", "list", "table", "inet", "hotswan"), 30, "the line waits", evidence=lab.evidence)
    net.host.wait_ping(REMOTE_HOST)
    net.host.wait_ping(REMOTE_HOST, SECOND_HOST)
    wait_for(lambda: sorted(shown(net.p)) == [FIRST, SECOND], 30, "each pair has its idents", evidence=lab.evidence)
    pingers = [net.host.pinger(REMOTE_HOST, source, interval=0.1) for source in (INSIDE_HOST, SECOND_HOST)]

    ours = Vici(f"{net.p.run_dir}/charon/charon.vici")
    for who, vici in (("we", ours), ("the peer", net.remote.vici)):
        for pair, other in ((FIRST, SECOND), (SECOND, FIRST)):
            before = spis(net.remote)
            mine = [child["uniqueid"] for listed in vici.stream("list-sas", "list-sa") for sa in listed.values()
                    for child in sa["child-sas"].values() if child["state"] == "INSTALLED" and
                    {child["local-ts"][0], child["remote-ts"][0]} == set(pair)]
            assert len(mine) == 1, mine
            vici.command("rekey", {"child-id": mine[0]})
            wait_for(lambda b=before, k=pair: spis(net.remote).get(k, b[k]) != b[k], 30, f"{who} rekey {pair}", evidence=lab.evidence)
            wait_for(lambda: {k: [spi] for k, spi in spis(net.remote).items()} == shown(net.p), 30,
                     "both ends have one SA for each pair", evidence=lab.evidence)
            assert spis(net.remote)[other] == before[other]
            assert pairs(net.remote) == [FIRST, SECOND]
            net.p.wait_rri(f"{REMOTE_HOST}/32")                 # the successor holds the route
    ours.close()
    for pinger in pingers:
        pinger.wait_reply(after=time.time())
        assert pinger.stop().lost <= 4                          # one a rekey: on its way in an SA that the far end has closed
    assert net.p.show("show logging").count("%CRYPTO-6-SA_DEMAND") == 2     # no rekey left a gap that a packet fell into
    net.audit()


INSIDE_GROUP = f"""crypto map mymap 1 ipsec-isakmp
 set security-association level per-host
interface eth1
 standby 1 name inside
 standby 1 ip 192.168.1.3
 standby 1 timers {configs.FAST_TIMERS}
"""


def test_pairs_come_up_on_the_router_that_takes_over(lab):
    net = topologies.pair(lab, extra=INSIDE_GROUP)
    p, s = net.headends
    net.host.address("eth0", f"{SECOND_HOST}/24")
    net.host.ip("route", "replace", "default", "via", "192.168.1.3")
    for source in (INSIDE_HOST, SECOND_HOST):
        net.host.wait_ping(REMOTE_HOST, source)
    wait_for(lambda: sorted(shown(p)) == [FIRST, SECOND], 30, "the active has both pairs", evidence=lab.evidence)
    pingers = [net.host.pinger(REMOTE_HOST, source, interval=0.1) for source in (INSIDE_HOST, SECOND_HOST)]

    def move(what, act, new):
        began, before = time.time(), spis(net.remote)
        act()
        for group in (0, 1):
            new.wait_state("Active", group)
        for pinger in pingers:
            pinger.wait_reply(after=time.time(), count=5)
            print(f"{what}: {pinger.gap(began - 0.2)[0]:.1f} s")
        wait_for(lambda: {k: [spi] for k, spi in spis(net.remote).items()} == shown(new), 30,
                 f"{what}: the peer has the new SA of each pair, and no old one", evidence=lab.evidence)
        now = spis(net.remote)
        assert sorted(now) == [FIRST, SECOND] and not set(now.values()) & set(before.values())
        new.wait_rri(REMOTE_NET)

    move("handover", lambda: p.cli("enable\nredundancy force-switchover\n"), s)
    for group in (0, 1):
        p.wait_state("Standby", group)
    assert p.ike_sas() == []
    move("power cut", s.power_off, p)
    for pinger in pingers:
        pinger.stop()
    net.audit()


@pytest.mark.parametrize("ike", [1, 2])
def test_a_far_end_that_sends_into_dead_pairs_is_told_so(lab, ike):
    """It has no detection of its own, and nothing inside asks for a pair."""
    net = topologies.pair(lab, ike=ike, extra=INSIDE_GROUP)
    p, s = net.headends
    net.host.ip("route", "replace", "default", "via", "192.168.1.3")
    child = {"local_ts": [f"{REMOTE_HOST}/32"], "remote_ts": [f"{INSIDE_HOST}/32"], "esp_proposals": ESP_SETS, "start_action": "trap"}
    net.remote.connection("hq", "10.1.1.1", VIRTUAL, [], ike, dpd=0, initiate=False, children={"c0": child})
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    assert pairs(net.remote) == [FIRST]
    pinger = net.remote.pinger(INSIDE_HOST, REMOTE_HOST, interval=0.1)
    pinger.wait_reply()
    before = spis(net.remote)
    p.power_off()
    cut = time.time()
    print(f"IKEv{ike}: {pinger.wait_reply(after=cut + 0.2) - cut:.1f} s")
    assert pairs(net.remote) == [FIRST] and spis(net.remote) != before
    assert "%CRYPTO-6-SA_DEMAND" not in s.show("show logging"), "nothing inside asked"
    pinger.stop()
    net.audit()
