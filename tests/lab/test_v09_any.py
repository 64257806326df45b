"""V9: an ACL with `any` and reverse-route: the line that completes the pair is refused (R8)."""

import itertools

import pytest

from hotswan_lab import configs, topologies
from hotswan_lab.headend import HOTSWAND, refusals
from hotswan_lab.system import LabError, run, tail

RULES = ["permit ip 192.168.1.0 0.0.0.255 any", "permit ip any 10.0.0.0 0.0.255.255",
         "permit ip 192.168.1.0 0.0.0.255 0.0.0.0 255.255.255.255"]


def steps(number, rule):
    """The three lines that only together are forbidden, each with its mode."""
    entry = f"crypto map m{number} 1 ipsec-isakmp"
    acl = 100 + number
    return {"access-list": [f"access-list {acl} {rule}"], "match address": [entry, f"match address {acl}"],
            "reverse-route": [entry, "reverse-route"]}


def test_v09_completing_line_is_refused_in_every_order(lab):
    head = topologies.single(lab, configs.prologue("A"), remotes=False).p
    for number, (rule, order) in enumerate(itertools.product(RULES, itertools.permutations(steps(0, "")))):
        lines = steps(number, rule)
        entry = f"crypto map m{number} 1 ipsec-isakmp"
        head.configure([entry, "set peer 10.1.1.1", "set transform-set my-transform-set"])
        for step in order[:2]:
            head.configure(lines[step])
        before = head.show("show running-config")
        said = head.cli(["configure terminal", *lines[order[2]], "end"])
        refused = refusals(said)
        assert len(refused) == 1, (order, rule, said)
        assert f"m{number} 1" in refused[0] and str(100 + number) in refused[0] and "10" in refused[0], refused
        assert head.show("show running-config") == before, (order, rule)


def test_v09_deny_any_is_allowed(lab):
    head = topologies.single(lab, configs.static("A") + "access-list 101 deny ip any any\n", remotes=False).p
    head.wait_rri("172.17.11.0/24")
    assert "deny" in head.show("show access-lists")


@pytest.mark.parametrize("line", ["access-list 101 permit ip 192.168.1.0 0.0.0.255 any"])
def test_v09_in_a_file_the_line_is_reported_with_its_number_and_left_out(lab, line):
    text = configs.static("A") + line + "\n"
    number = text.splitlines().index(line) + 1
    net = topologies.single(lab, remotes=False, start=False)
    net.p.write_config(text)
    with pytest.raises(LabError, match=rf":{number}: .*101"):
        run([HOTSWAND, "--check", net.p.config])
    net.p.start()
    net.p.wait_rri("172.17.11.0/24")
    assert line not in net.p.show("show running-config")
    assert f":{number}:" in tail(f"{net.p.path}/hotswand.log")
    assert not [r for r in net.p.routes("0.0.0.0/0") if r.protocol == 213]
