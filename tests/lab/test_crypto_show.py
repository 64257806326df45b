"""Every show command of crypto and every form of it, of a live charon: right by other witnesses, alike in all forms, and in JSON.

Other witnesses: the peers' own charon by VICI, and the kernel's tables. The line grammars are those of tests/golden.
"""

import json
import os
import re
import sys

import pytest

from crypto_peers import DYNAMIC_HOST, DYNAMIC_NET, IDLE_FLOW, SECOND_HOST, SECOND_NET, add_ikev2_peer, two_peers
from hotswan_lab import wait_for
from hotswan_lab.headend import ROOT
from hotswan_lab.system import kernel_esp
from hotswan_lab.topologies import INSIDE_HOST, REMOTE_HOST, REMOTE_NET

IDLE_HOST = "10.96.0.1/32"                      # a flow without SA
FLOWS = {"10.1.1.1": REMOTE_NET, "10.1.1.3": SECOND_NET, "10.1.1.2": DYNAMIC_NET}
SHOWS = """crypto map
crypto map interface FastEthernet0/0
crypto map tag mymap
crypto dynamic-map
crypto dynamic-map tag dyn
crypto ipsec sa
crypto ipsec sa detail
crypto ipsec sa map mymap
crypto ipsec sa map mymap detail
crypto ipsec sa address
crypto ipsec sa address detail
crypto ipsec sa identity
crypto ipsec sa identity detail
crypto ipsec sa interface FastEthernet0/0
crypto ipsec sa interface FastEthernet0/0 detail
crypto ipsec sa peer 10.1.1.1
crypto ipsec sa peer 10.1.1.1 detail
crypto ipsec sa active
crypto ipsec sa active detail
crypto ipsec sa standby
crypto ipsec sa count
crypto ipsec transform-set
crypto ipsec transform-set tag my-transform-set
crypto ipsec security-association
crypto ipsec security-association lifetime
crypto isakmp sa
crypto isakmp sa detail
crypto isakmp sa active
crypto isakmp sa active detail
crypto isakmp sa standby
crypto isakmp sa count
crypto isakmp policy
crypto isakmp default policy
crypto isakmp peers
crypto isakmp peers 10.1.1.1
crypto isakmp key
crypto session
crypto session detail
crypto session brief
crypto session remote 10.1.1.1
crypto session remote 10.1.1.1 detail
crypto session remote 10.1.1.1 brief
crypto session local 192.168.0.2
crypto session local 192.168.0.2 detail
crypto session interface FastEthernet0/0
crypto session interface FastEthernet0/0 brief
crypto engine connections active
crypto ikev2 sa
crypto ikev2 sa detailed
crypto ikev2 session
crypto ikev2 session detailed
crypto ikev2 proposal
crypto ikev2 proposal default
crypto ikev2 policy
crypto ikev2 policy default
crypto ikev2 profile
crypto ikev2 profile lab-profile
crypto eli
crypto ha
crypto route
access-lists
ip access-lists 102
ip route
ip route static
ip route connected
ip route 192.168.1.9
ip route 10.97.0.0 255.255.0.0"""


def entries(head, command):
    """The entries of a command's JSON; no fact is missing."""
    document = json.loads(head.show(f"show {command} | json", check=True))
    assert document["missing"] == [], command
    return document["entries"]


def text(head, command):
    return head.show(f"show {command}", check=True)


def prefix(address, mask):
    """10.0.0.0, 255.255.0.0 as 10.0.0.0/16."""
    return f"{address}/{sum(bin(int(byte)).count('1') for byte in mask.split('.'))}"


def read_flows(said):
    """[(remote prefix, peer, port, encaps, decaps, {SPIs})] of an output of 'show crypto ipsec sa'."""
    found = []
    for block in said.split("   protected vrf: (none)\n")[1:]:
        address, mask = re.search(r"remote ident \(addr/mask/prot/port\): \(([\d.]+)/([\d.]+)/0/0\)", block).groups()
        peer, port = re.search(r"current_peer (\S+) port (\d+)", block).groups()
        encaps, decaps = (int(re.search(rf"#pkts {word}: (\d+)", block).group(1)) for word in ("encaps", "decaps"))
        spis = {int(spi) for spi in re.findall(r"^      spi: 0x[0-9A-F]+\((\d+)\)$", block, re.M)}
        found.append((prefix(address, mask), peer, int(port), encaps, decaps, frozenset(spis)))
    return found


def json_flows(entries_):
    """The same of its JSON."""
    return [(prefix(e["remote_ident"]["address"], e["remote_ident"]["mask"]), e["peer"], e["peer_port"], e["packets_out"],
             e["packets_in"], frozenset(spi for sa in e["sas"] for spi in (sa["spi_in"], sa["spi_out"]))) for e in entries_]


def read_sessions(said):
    """[(peer, status, IKE version, [(remote, active SAs)])] of an output of 'show crypto session'."""
    found = []
    for block in said.split("Interface: ")[1:]:
        status = re.search(r"Session status: (\S+)", block).group(1)
        peer = re.search(r"Peer: (\S+) port", block).group(1)
        version = int(re.search(r"IKEv(\d) SA", block).group(1))
        flows = re.findall(r"IPSEC FLOW: permit ip \S+ ([\d.]+)/([\d.]+) \n        Active SAs: (\d+)", block)
        found.append((peer, status, version, [(prefix(a, m), int(n)) for a, m, n in flows]))
    return found


def peer_spis(remote):
    """SPIs of what stands, by the peer's own charon."""
    return {int(child[key], 16) for listed in remote.sas() for ike in listed.values() for child in ike["child-sas"].values()
            if child["state"] == "INSTALLED" for key in ("spi-in", "spi-out")}


@pytest.fixture
def net(lab):
    """Three peers with their tunnels."""
    made, _ = two_peers(lab)
    add_ikev2_peer(made, IDLE_FLOW)
    return made


def test_every_form_answers_and_tells_no_secret(net):
    for command in SHOWS.splitlines():
        said = text(net.p, command)
        assert not said.lstrip().startswith("%"), f"show {command}: {said}"
        assert "does not answer" not in said, command
        assert isinstance(entries(net.p, command), list), command
        assert "hotswan-lab" not in said + net.p.show(f"show {command} | json"), f"show {command} tells a secret"
    for command in ("crypto isakmp sa standby", "crypto ipsec sa standby", "crypto ha", "crypto ipsec sa peer 10.1.1.77",
                    "crypto map tag nosuch", "crypto session remote 10.1.1.77", "crypto dynamic-map tag nosuch"):
        assert entries(net.p, command) == [], command
    detail = text(net.p, "crypto ipsec sa peer 10.1.1.2 detail")
    assert "replay window size: 128" in detail and "replay window size: 64" not in detail
    assert "6 active" in text(net.p, "crypto eli")

    # Line by line as tools read it: what fits no line of the grammars stops them.
    sys.path.insert(0, os.path.join(ROOT, "tests/golden"))
    import check_show
    grammars = {"crypto ipsec sa": check_show.IPSEC_SA, "crypto session detail": check_show.SESSION_DETAIL,
                "crypto engine connections active": check_show.ENGINE, "crypto ikev2 session": check_show.IKEV2_SESSION,
                "crypto isakmp key": check_show.KEYS, "access-lists": check_show.ACL, "ip route": check_show.ROUTE}
    for command, grammar in grammars.items():
        odd = [line for line in text(net.p, command).splitlines() if line and not any(re.fullmatch(g, line) for g in grammar)]
        assert odd == [], f"show {command}: {odd}"
    check_show.check_crypto_map("live", text(net.p, "crypto map"))
    assert check_show.failures == []


def test_json_tells_the_same_facts(net):
    p = net.p
    remotes = dict(zip(("10.1.1.1", "10.1.1.2", "10.1.1.3"), net.remotes))

    # Flows: all forms alike, the peers agree about the SPIs.
    flows = json_flows(entries(p, "crypto ipsec sa"))
    assert sorted((f[0], f[1]) for f in flows) == sorted([(net_, peer) for peer, net_ in FLOWS.items()] + [(IDLE_HOST, "10.1.1.3")])
    for _, peer, port, _, _, spis in (f for f in flows if f[0] != IDLE_HOST):
        assert spis == peer_spis(remotes[peer]) and port in (500, 4500)
    for form in ("", " detail", " map mymap", " map mymap detail", " interface FastEthernet0/0", " active", " active detail"):
        assert read_flows(text(p, "crypto ipsec sa" + form)) == flows, form
        assert ("#pkts no sa (send)" in text(p, "crypto ipsec sa" + form)) == form.endswith("detail"), form
    for peer in FLOWS:
        of_peer = [f for f in flows if f[1] == peer]
        assert read_flows(text(p, f"crypto ipsec sa peer {peer}")) == of_peer
        assert json_flows(entries(p, f"crypto ipsec sa peer {peer}")) == of_peer
    identity = read_flows(text(p, "crypto ipsec sa identity"))
    assert identity == [(*f[:5], frozenset()) for f in flows]
    by_address = re.split(r"^fvrf/address: \(none\)/(\S+)\n   protocol: ESP\n", text(p, "crypto ipsec sa address"), flags=re.M)[1:]
    destinations = by_address[::2]
    assert destinations == ["10.1.1.1", "10.1.1.2", "10.1.1.3", "192.168.0.2"]              # outbound by peer, inbound to us
    assert {int(spi) for spi in re.findall(r"^      spi: 0x[0-9A-F]+\((\d+)\)$", "".join(by_address[1::2]), re.M)} == set().union(
        *(f[5] for f in flows))

    # Maps: static entries, the dynamic one, and what it grew.
    maps = entries(p, "crypto map")
    said = text(p, "crypto map")
    assert re.findall(r'^Crypto Map IPv4 "mymap" (\d+) ipsec-isakmp$', said, re.M) == [str(e["sequence"]) for e in maps if "sequence" in e]
    assert re.findall(r"Current peer: (\S+)", said) == [e["current_peer"] for e in maps if "current_peer" in e]
    grown = next(e for e in maps if e.get("sequence") == 65536)
    assert (grown["created_from"], grown["created_from_sequence"], grown["remote"]) == ("dyn", 10, [DYNAMIC_NET])
    assert "dynamic (created from dynamic map dyn/10)" in said
    assert said.count("Reverse Route Injection Enabled") == 2 == sum(bool(e.get("reverse_route")) for e in maps) + 1
    for form in (" interface FastEthernet0/0", " tag mymap"):
        assert text(p, "crypto map" + form) == said and entries(p, "crypto map" + form) == maps
    (template,) = entries(p, "crypto dynamic-map")
    assert (template["map"], template["sequence"], template["reverse_route"]) == ("dyn", 10, True)
    assert 'Crypto Map Template"dyn" 10' in text(p, "crypto dynamic-map tag dyn")

    # IKE: responder first, and the peer's own view of who called.
    rows = re.findall(r"^(\S+) +(\S+) +QM_IDLE +(\d+) ACTIVE$", text(p, "crypto isakmp sa"), re.M)
    ike = entries(p, "crypto isakmp sa")
    assert rows == [((e["remote"], e["local"]) if e["initiator"] else (e["local"], e["remote"])) + (str(e["conn_id"]),) for e in ike]
    assert {e["remote"]: e["initiator"] for e in ike} == {"10.1.1.1": True, "10.1.1.2": False}
    detail = re.findall(r"^(\d+) +192\.168\.0\.2 +(\S+) +ACTIVE aes +sha256 psk +14 \d\d:\d\d:\d\d DN? ", text(p, "crypto isakmp sa detail"), re.M)
    assert detail == [(str(e["conn_id"]), e["remote"]) for e in ike]
    assert re.findall(r"^Peer: (\S+) Port: \d+ Local: 192\.168\.0\.2\n Phase1 id: (\S+)", text(p, "crypto isakmp peers"), re.M) == [
        (e["remote"], e["remote_id"]) for e in entries(p, "crypto isakmp peers")]
    assert text(p, "crypto isakmp sa count").startswith("Active ISAKMP SA's: 2\n")
    (policy,) = entries(p, "crypto isakmp policy")
    assert (policy["priority"], policy["group"], policy["lifetime_s"]) == (10, 14, 86400)
    assert "#14 (2048 bit)" in text(p, "crypto isakmp policy") and policy["encryption"] in text(p, "crypto isakmp policy")
    assert entries(p, "crypto isakmp key") == [{"keyring": "default", "peers": "0.0.0.0/0"}]
    (second,) = entries(p, "crypto ikev2 sa")
    assert (second["remote"], second["dh_group"], second["initiator"]) == ("10.1.1.3", 14, True)
    assert re.search(r"192\.168\.0\.2/\d+ +10\.1\.1\.3/\d+ +none/none +READY", text(p, "crypto ikev2 sa"))
    cookies = re.search(r"Local spi: (\w+) +Remote spi: (\w+)", text(p, "crypto ikev2 sa detailed")).groups()
    assert ":".join(cookies).lower() == second["cookies"]
    (session,) = entries(p, "crypto ikev2 session")
    (child,) = session["children"]
    assert f"ESP spi in/out: 0x{child['spi_in']:X}/0x{child['spi_out']:X}" in text(p, "crypto ikev2 session detailed")
    assert {child["spi_in"], child["spi_out"]} == peer_spis(remotes["10.1.1.3"]) and session["status"] == "UP-ACTIVE"
    (proposal,) = entries(p, "crypto ikev2 proposal")
    assert "     PRF        : " + " ".join(proposal["prf"]) in text(p, "crypto ikev2 proposal")
    assert entries(p, "crypto ikev2 policy") == [{"name": "default", "proposals": ["default"]}]
    (profile,) = entries(p, "crypto ikev2 profile")
    assert (profile["name"], profile["keyring"], profile["dpd_interval_s"]) == ("lab-profile", "lab-keys", 10)

    # Sessions.
    sessions = [(e["peer"], e["status"], e["ike_version"], [(prefix(f["remote"], f["remote_mask"]), f["active_sas"]) for f in e["flows"]])
                for e in entries(p, "crypto session")]
    assert sessions == [("10.1.1.1", "UP-ACTIVE", 1, [(REMOTE_NET, 2)]),
                        ("10.1.1.3", "UP-ACTIVE", 2, [(SECOND_NET, 2), (IDLE_HOST, 0)]),
                        ("10.1.1.2", "UP-ACTIVE", 1, [(DYNAMIC_NET, 2)])]
    for form in ("", " detail", " interface FastEthernet0/0", " local 192.168.0.2 detail"):
        assert read_sessions(text(p, "crypto session" + form)) == sessions, form
    assert read_sessions(text(p, "crypto session remote 10.1.1.3 detail")) == sessions[1:2]
    assert re.findall(r"^(\S+) +Fa0/0 +(\S+) +\d\d:\d\d:\d\d (\S+)$", text(p, "crypto session brief"), re.M) == [
        (s[0], s[0], "UA") for s in sessions]

    # The engine's list, and routes with the kernel's own.
    table = re.findall(r"^ *(\d+)  (IPsec|IKE) ", text(p, "crypto engine connections active"), re.M)
    engine = entries(p, "crypto engine connections active")
    assert [int(n) for n, kind in table if kind == "IPsec"] == [n for e in engine if e["type"] == "IPsec" for n in (e["id_in"], e["id_out"])]
    assert [int(n) for n, kind in table if kind == "IKE"] == [e["id"] for e in engine if e["type"] == "IKE"]
    assert len(table) == 9
    routes = entries(p, "crypto route")
    assert sorted(e["prefix"] for e in routes if e["installed"]) == p.rri() == sorted([SECOND_NET, DYNAMIC_NET, IDLE_HOST])
    assert {e["prefix"]: (e["from_access_list"], e["from_sa"]) for e in routes}[DYNAMIC_NET] == (False, True)
    said = text(p, "crypto route")
    for e in routes:
        address, mask = re.search(rf"^({e['prefix'].split('/')[0]})/(\S+) \[1/0\] via {e['via']}$", said, re.M).groups()
        assert prefix(address, mask) == e["prefix"]
    static = entries(p, "ip route static")
    assert {e["prefix"] for e in static} == {"0.0.0.0/0", SECOND_NET, DYNAMIC_NET, IDLE_HOST} and {e["code"] for e in static} == {"S"}
    for e in static:
        assert re.search(rf"^S[ *] +{e['prefix']} ", text(p, "ip route static"), re.M), e
    assert text(p, f"ip route {DYNAMIC_HOST}").startswith(f"Routing entry for {DYNAMIC_NET}\n")
    assert [e["prefix"] for e in entries(p, f"ip route {DYNAMIC_HOST}")] == [DYNAMIC_NET]
    net.audit()


@pytest.mark.kernel_esp
def test_counters_are_charons_and_the_kernels_and_rise_with_traffic(net):
    p = net.p
    hosts = {"10.1.1.1": REMOTE_HOST, "10.1.1.2": DYNAMIC_HOST, "10.1.1.3": SECOND_HOST}

    def counted():
        """{peer: (out, in)} as every command says it."""
        flows = {f[1]: f[3:5] for f in read_flows(text(p, "crypto ipsec sa")) if f[0] != IDLE_HOST}
        session = {e["peer"]: (e["flows"][0]["packets_out"], e["flows"][0]["packets_in"]) for e in entries(p, "crypto session")}
        said = re.findall(r"Peer: (\S+) port.*?dec'ed (\d+) .*?enc'ed (\d+) ", text(p, "crypto session detail"), re.S)
        spis = {e["peer"]: e["sas"][0] for e in entries(p, "crypto ipsec sa") if e["sas"]}
        assert flows == session == {peer: (int(enc), int(dec)) for peer, dec, enc in said} == {
            peer: (sa["packets_out"], sa["packets_in"]) for peer, sa in spis.items()}
        engine = {e["id_in"]: (e["encrypted"], e["decrypted"]) for e in entries(p, "crypto engine connections active") if e["type"] == "IPsec"}
        assert sorted(engine.values()) == sorted(flows.values())
        return flows

    before = counted()
    for number, (peer, host) in enumerate(hosts.items(), 3):
        remote = net.remotes[list(hosts).index(peer)]
        assert remote.ping(INSIDE_HOST, host, count=number) == number
        wanted = {other: (n + number, m + number) if other == peer else (n, m) for other, (n, m) in before.items()}
        wait_for(lambda w=wanted: counted() == w, 30, f"{number} packets each way with {peer}, none elsewhere", evidence=net.lab.evidence)
        before = wanted
        (child,) = [child for listed in remote.sas() for ike in listed.values() for child in ike["child-sas"].values()
                    if child["state"] == "INSTALLED"]
        assert (int(child["packets-in"]), int(child["packets-out"])) == wanted[peer]     # what we sent it received
    if kernel_esp():
        state = p.ip("-s", "xfrm", "state")
        for e in entries(p, "crypto ipsec sa"):
            for sa in e["sas"]:
                for spi, packets in ((sa["spi_in"], sa["packets_in"]), (sa["spi_out"], sa["packets_out"])):
                    block = state[state.index(f"spi 0x{spi:08x}"):]
                    assert int(re.search(r"lifetime current:\s+\d+\(bytes\), (\d+)\(packets\)", block).group(1)) == packets
    p.cli("enable\nclear crypto sa counters\n", check=True)
    assert {f[3:5] for f in read_flows(text(p, "crypto ipsec sa"))} == {(0, 0)}
    net.audit()
