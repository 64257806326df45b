"""Peers that are not where, or what, the configuration says: behind a NAT, dead, back again."""

import pytest

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.lab import Node
from hotswan_lab.remote import ESP_SETS, IKE, KEY, LabError, Remote
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, REMOTE_HOST, REMOTE_NET, make_remote
from hotswan_lab.vici import Vici

OUTSIDE = "192.168.0.2"
HOME, NAT_OUTSIDE = "192.168.77.2", "10.1.1.1"
ENTRY = """access-list 102 permit ip 192.168.1.0 0.0.0.255 10.0.0.0 0.0.255.255
crypto map mymap 1 ipsec-isakmp
 set peer {peers}
 set transform-set esp-aes-sha
 match address 102
{more}interface FastEthernet 0/0
 crypto map mymap
"""
PROFILE = """crypto ikev2 proposal p
 encryption aes-cbc-256
 integrity sha256
 group 14
crypto ikev2 policy p
 proposal p
crypto ikev2 keyring ring
 peer branch
  address 10.1.1.1
  identity fqdn branch.example.com
  pre-shared-key hotswan-lab
crypto ikev2 profile prof
 match identity remote fqdn branch.example.com
 identity local key-id headquarters
 authentication remote pre-share
 authentication local pre-share
 keyring local ring
crypto ikev2 dpd 10 2 periodic
"""


def behind_nat(lab):
    """A remote at 192.168.77.2 that the world sees as 10.1.1.1: its router masquerades and lets nothing in."""
    net = topologies.single(lab, remotes=False, start=False)
    nat = Node(lab, "nat")
    nat.connect("wan", f"{NAT_OUTSIDE}/24")
    nat.connect("home", "192.168.77.1/24")
    nat.ip("route", "add", "default", "via", "10.1.1.254")
    nat.forward()
    nat.run("nft", "add table ip nat; add chain ip nat post { type nat hook postrouting priority srcnat; };"
                   " add rule ip nat post oifname eth0 masquerade")
    remote = Remote(lab, "remote")
    remote.connect("home", f"{HOME}/24")
    remote.ip("route", "add", "default", "via", "192.168.77.1")
    remote.address("lo", f"{REMOTE_HOST}/16")
    remote.start()
    remote.secret()
    net.remotes.append(remote)
    return net


def calls_itself(remote, name):
    """An IKEv2 connection under a name, to a headend that calls itself "headquarters"."""
    child = {"local_ts": [REMOTE_NET], "remote_ts": [INSIDE_NET], "esp_proposals": ESP_SETS}
    remote.vici.command("load-conn", {"hq": {
        "version": 2, "local_addrs": [HOME], "remote_addrs": [OUTSIDE], "proposals": [IKE], "mobike": "no",
        "keyingtries": 1, "local": {"auth": "psk", "id": name}, "remote": {"auth": "psk", "id": "keyid:headquarters"},
        "children": {"c0": child}}})


def accepted_identities(head):
    """What charon expects peers to call themselves, a line a connection of ours."""
    try:
        ours = Vici(f"{head.run_dir}/charon/charon.vici")
    except OSError:                                                     # it is starting
        return []
    try:
        conns = [conn for listed in ours.stream("list-conns", "list-conn") for conn in listed.values()]
    finally:
        ours.close()
    return [conn["remote-1"].get("id", "%any") for conn in conns]


def test_a_static_peer_behind_a_nat_is_accepted_by_address_and_key(lab):
    net = behind_nat(lab)
    net.remote.connection("hq", HOME, OUTSIDE, [(REMOTE_NET, INSIDE_NET)], initiate=False)
    net.p.start(configs.prologue("A") + ENTRY.format(peers=NAT_OUTSIDE, more=""))
    wait_for(lambda: accepted_identities(net.p) == ["%any"], 30, "any identity is accepted", evidence=lab.evidence)
    assert net.remote.get_in() == 1                                     # our own call, which gets no answer, is still under way
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    detail = net.p.wait_show("show crypto session detail", f"Phase1_id: {HOME}")
    assert f"Peer: {NAT_OUTSIDE} port " in detail
    assert "Capabilities:DN" in detail

    net.p.cli("enable\nclear crypto session remote 10.1.1.1\n", check=True)
    wait_for(lambda: net.remote.tunnels() == [], 30, "the session is gone", evidence=lab.evidence)
    assert net.remote.get_in() <= 2                                     # from now on it is known
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    log = net.p.wait_show("show logging", f"calls itself {HOME}")
    assert log.count("%CRYPTO-5-PEER_IDENTITY") == 1

    # The key still counts: with another one nobody gets in from there.
    net.remote.vici.command("unload-shared", {"id": "psk-any"})
    net.remote.secret("another-key", [HOME, OUTSIDE])
    net.p.cli("enable\nclear crypto session\n", check=True)
    wait_for(lambda: net.remote.tunnels() == [], 30, "the tunnel is gone", evidence=lab.evidence)
    try:
        net.remote.initiate("hq", timeout=5)
        raise AssertionError("a peer with a wrong key got in")
    except LabError:
        pass
    assert net.remote.tunnels() == []
    net.audit()


@pytest.mark.parametrize("typed, key", [(KEY, KEY), ("hex 00ff17Ab", b"\x00\xff\x17\xab")])
def test_ikev2_identities_of_a_profile(lab, typed, key):
    net = behind_nat(lab)
    net.remote.secret(key)
    calls_itself(net.remote, "branch.example.com")
    net.p.start(configs.prologue("A").replace("crypto isakmp key", "! crypto isakmp key")
                + PROFILE.replace(f"pre-shared-key {KEY}", f"pre-shared-key {typed}")
                + ENTRY.format(peers=NAT_OUTSIDE, more=" set ikev2-profile prof\n"))
    net.remote.get_in()                                                 # the identity is configured: no call of ours comes first
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    net.p.wait_show("show crypto ikev2 sa detailed", "Remote id: branch.example.com")
    assert "PEER_IDENTITY" not in net.p.show("show logging")

    # Somebody else with the same key and from the same place is not that branch.
    net.p.cli("enable\nclear crypto ikev2 sa remote 10.1.1.1\n", check=True)
    wait_for(lambda: net.remote.tunnels() == [], 30, "the tunnel is gone", evidence=lab.evidence)
    calls_itself(net.remote, "other.example.com")
    try:
        net.remote.initiate("hq", timeout=5)
        raise AssertionError("another identity got in")
    except LabError:
        pass
    assert net.remote.tunnels() == []


def test_a_dead_peer_is_left_and_the_default_one_returned_to(lab):
    net = topologies.single(lab, start=False)
    spare = make_remote(lab, "spare", 3)
    for remote, address in ((net.remote, "10.1.1.1"), (spare, "10.1.1.3")):
        remote.connection("hq", address, OUTSIDE, [(REMOTE_NET, INSIDE_NET)], initiate=False)
    net.remotes.append(spare)
    peers = "10.1.1.1 default\n set peer 10.1.1.3"
    net.p.start(configs.prologue("A") + ENTRY.format(peers=peers, more=""))
    net.remote.wait_tunnel(OUTSIDE)
    assert spare.tunnels() == []

    net.remote.kill()                                                   # no DELETE: keepalive 10 2 must notice
    spare.wait_tunnel(OUTSIDE, timeout=60)
    spare.wait_ping(INSIDE_HOST, REMOTE_HOST)
    net.p.wait_show("show crypto map", "Current peer: 10.1.1.3")

    net.remote.start()
    net.remote.secret()
    net.remote.connection("hq", "10.1.1.1", OUTSIDE, [(REMOTE_NET, INSIDE_NET)], initiate=False)
    net.p.cli("enable\nclear crypto session remote 10.1.1.3\n", check=True)
    net.remote.wait_tunnel(OUTSIDE)                                     # the default one first, not the one it had
    assert spare.tunnels() == []
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    net.audit()
