"""D2 in a real kernel: the routes of each form of reverse-route, by the real loader, core and netlink adapter.

With charon's kernel-libipsec, which the other lab tests run on, every injected route leads into its TUN device. Here the
engine of bench/ stands alone, with the next hops of kernel ESP.
"""

import os
import re
import subprocess

import pytest

from hotswan_lab import configs
from hotswan_lab.headend import ROOT

ENGINE = os.path.join(os.environ.get("HOTSWAN_BUILD", os.path.join(ROOT, "build")), "bench", "bench_rri")
PEER, NET, UNDERLAY = "198.18.0.1", "10.0.0.0/16", "10.1.1.2"
CONFIG = (configs.prologue("A").split("interface FastEthernet", maxsplit=1)[0]
          + "access-list 101 permit ip 192.168.1.0 0.0.0.255 10.0.0.0 0.0.255.255\n"
          "crypto map M 1 ipsec-isakmp\n set peer 198.18.0.1\n set transform-set my-transform-set\n match address 101\n"
          "interface FastEthernet0/0\n hotswan device e0\n ip address 10.1.1.1 255.255.255.0\n crypto map M\n")
DISTANCE = 1 << 24


class Engine:
    """bench_rri in a namespace of its own, with eth0's gateway 10.1.1.2."""

    def __init__(self, folder):
        self.folder = folder
        self.process = subprocess.Popen([ENGINE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.load(CONFIG)

    def command(self, line):
        """One command; its answer."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"bench_rri ended at {line!r}"
        return answer

    def load(self, text):
        """Configuration lines; until the core is quiet and the kernel has answered."""
        path = os.path.join(self.folder, "lines")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        self.command(f"load {path}")

    def entry(self, *lines):
        """Lines of the crypto map entry."""
        self.load("crypto map M 1 ipsec-isakmp\n" + "".join(f" {line}\n" for line in lines))

    def kernel(self, table="main"):
        """{(prefix, protocol): (gateway, distance)} of our routes in a table."""
        path = os.path.join(self.folder, "routes")
        self.command(f"shell ip -N route show table {table} > {path} 2>/dev/null || true")
        found = {}
        with open(path, encoding="ascii") as file:
            for line in file:
                match = re.match(r"(\S+) via (\S+) dev e0 proto (213|214) .*?metric (\d+)", line)
                if match:
                    prefix, gateway, protocol, metric = match.groups()
                    found[prefix, int(protocol)] = gateway, int(metric) // DISTANCE
        return found

    def close(self):
        """End it: its exit status."""
        self.process.stdin.close()
        return self.process.wait(20)


@pytest.fixture
def engine(tmp_path):
    """An engine without reverse-route yet, and without a route."""
    made = Engine(str(tmp_path))
    assert made.kernel() == {}
    yield made
    assert made.close() == 0


FORMS = [
    (["reverse-route"], UNDERLAY, None),
    (["reverse-route static"], UNDERLAY, None),
    (["reverse-route remote-peer"], UNDERLAY, UNDERLAY),
    (["reverse-route remote-peer static"], UNDERLAY, UNDERLAY),
    (["reverse-route remote-peer 10.1.1.77"], "10.1.1.77", None),
    (["reverse-route remote-peer 10.1.1.77 gateway"], "10.1.1.77", "10.1.1.77"),
    (["set reverse-route gateway 10.1.1.88", "reverse-route"], "10.1.1.88", "10.1.1.88"),
    (["set reverse-route gateway 10.1.1.88", "reverse-route remote-peer 10.1.1.77"], "10.1.1.77", "10.1.1.88"),
    (["reverse-route remote-peer 198.18.9.9"], UNDERLAY, None),     # behind the underlay's gateway: recursive
]


def test_each_form_has_exactly_its_routes(engine):
    for lines, via, host in FORMS:
        engine.entry(*lines)
        expected = {(NET, 213): (via, 1)}
        if host:
            expected[PEER, 214] = host, 1
        assert engine.kernel() == expected, lines
        engine.entry("no reverse-route", "no set reverse-route gateway")
        assert engine.kernel() == {}, lines


def test_distance_tag_and_a_changed_underlay(engine):
    engine.entry("set reverse-route distance 20", "set reverse-route tag 10", "reverse-route")
    assert engine.kernel() == {(NET, 213): (UNDERLAY, 20)}
    engine.load("hotswan route-tag 10 table 210\n")
    assert engine.kernel() == {(NET, 213): (UNDERLAY, 21)}
    assert engine.kernel(210) == {(NET, 213): (UNDERLAY, 20)}
    engine.command("shell ip route replace default via 10.1.1.9")
    assert engine.kernel() == {(NET, 213): ("10.1.1.9", 21)}
    assert engine.kernel(210) == {(NET, 213): ("10.1.1.9", 20)}
    engine.load("no hotswan route-tag 10\n")
    assert engine.kernel() == {(NET, 213): ("10.1.1.9", 20)}
    assert engine.kernel(210) == {}
    engine.entry("set reverse-route distance 255")
    assert engine.kernel() == {}


def test_a_users_route_and_a_foreign_table_stay(engine):
    engine.command(f"shell ip route add {NET} via 10.1.1.55 && ip route add {NET} via 10.1.1.56 table 210")
    engine.entry("set reverse-route tag 10", "reverse-route")
    engine.load("hotswan route-tag 10 table 210\n")
    assert engine.kernel() == {} and engine.kernel(210) == {}
    engine.command(f"shell ip route show {NET} | grep -q 'via 10.1.1.55' && ip route del {NET}")
    assert engine.kernel() == {(NET, 213): (UNDERLAY, 2)} and engine.kernel(210) == {(NET, 213): (UNDERLAY, 1)}
    engine.entry("no reverse-route")
    engine.command("shell ip route show table 210 | grep -q 'via 10.1.1.56'")
    assert engine.kernel() == {} and engine.kernel(210) == {}
