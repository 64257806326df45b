"""Sizes: path MTU through the tunnel on both data planes, and `ip tcp adjust-mss`."""

import re
import sys
import time

import pytest

from hotswan_lab import LabError, configs, topologies, wait_for
from hotswan_lab.capture import esp_packets
from hotswan_lab.system import kernel_esp
from hotswan_lab.topologies import INSIDE_NET, REMOTE_HOST, REMOTE_NET

pytestmark = pytest.mark.kernel_esp

MEGABYTE = 1 << 20
# Each end prints the segment size it ends up with, the server also how much it got.
SERVER = f"""
import socket
s = socket.create_server(("{REMOTE_HOST}", 7000))
print("listening", flush=True)
while True:
    c, _ = s.accept()
    n = 0
    while data := c.recv(65536):
        n += len(data)
    print("got", n, c.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG), flush=True)
    c.close()
"""
CLIENT = f"""
import socket
c = socket.create_connection(("{REMOTE_HOST}", 7000), timeout=60)
c.sendall(bytes({MEGABYTE}))
c.shutdown(socket.SHUT_WR)
c.recv(1)
print("sent", c.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG))
"""


class Transfers:
    """1 MB from the inside host to a server behind the remote; the segment sizes of both ends."""

    def __init__(self, net):
        self.net, self.count = net, 0
        net.remote.spawn([sys.executable, "-c", SERVER], "server.log")
        wait_for(lambda: "listening" in self._log(), 30, "the server listens")

    def _log(self):
        with open(f"{self.net.remote.path}/server.log", encoding="ascii") as log:
            return log.read()

    def sizes(self):
        """(client's, server's) maximum segment size of one more transfer, which must be whole."""
        said = self.net.host.run(sys.executable, "-c", CLIENT, timeout=120)
        self.count += 1
        found = wait_for(lambda: got if len(got := re.findall(r"got (\d+) (\d+)", self._log())) == self.count else None,
                         30, "the server has it all", evidence=self.net.lab.evidence)
        assert int(found[-1][0]) == MEGABYTE
        return int(re.search(r"sent (\d+)", said).group(1)), int(found[-1][1])


@pytest.fixture
def net(lab):
    """One headend with a static map, the tunnel up."""
    made = topologies.single(lab, start=False)
    made.remote.connection("hq", "10.1.1.1", "192.168.0.2", [(REMOTE_NET, INSIDE_NET)], initiate=False)
    made.p.start(configs.static("A"))
    made.remote.wait_tunnel("192.168.0.2")
    made.host.wait_ping(REMOTE_HOST)
    return made


def test_mtu_a_packet_that_must_not_be_fragmented_is_told_what_fits(net):
    def ping(size):
        """Output for one packet of this size with DF set; what was learned before is forgotten."""
        net.host.ip("route", "flush", "cache")
        return net.host.run("ping", "-n", "-M", "do", "-c", "1", "-W", "10", "-s", str(size - 28), REMOTE_HOST, check=False)

    said = ping(1500)
    told = re.search(r"Frag needed and DF set \(mtu = (\d+)\)", said)
    assert told, said
    mtu = int(told.group(1))
    assert 1280 <= mtu < 1500, said
    assert " 1 received" in ping(mtu), f"{mtu} bytes were told and do not fit"
    # Without DF it is cut and arrives.
    whole = net.host.run("ping", "-n", "-M", "dont", "-c", "2", "-i", "0.2", "-W", "10", "-s", "4000", REMOTE_HOST, check=False)
    assert " 2 received" in whole, whole
    net.audit()


def outer_df(net, with_df):
    """Whether the ESP of the headend for one packet of the host, with a DF bit or without, has that bit."""
    began = time.time()
    said = net.host.run("ping", "-n", "-M", "do" if with_df else "dont", "-c", "1", "-W", "5", REMOTE_HOST, check=False)
    if " 1 received" not in said:
        raise LabError(said)
    sent = wait_for(lambda: [frame for frame in esp_packets(net.capture.frames)
                             if str(frame.ends[0]) == "192.168.0.2" and frame.time >= began], 30,
                    "its ESP is seen", evidence=net.lab.evidence)
    assert len(sent) == 1
    return bool(sent[0].data[20] & 0x40)


def spis(remote):
    """Of its installed SAs."""
    return {child["spi-in"] for listed in remote.sas() for ike in listed.values() for child in ike["child-sas"].values()
            if child["state"] == "INSTALLED"}


def test_mtu_the_df_bit_is_copied_cleared_or_set(net):
    kernel = kernel_esp()
    assert outer_df(net, True)
    assert outer_df(net, False) != kernel                   # user-space ESP always has it: copy is as set

    def wait_df(expected):
        """Until a change has come through, which for kernel ESP takes new SAs."""
        before = spis(net.remote)
        net.p.show("clear crypto sa")
        wait_for(lambda: (now := spis(net.remote)) and not now & before, 30, "new SAs", evidence=net.lab.evidence)
        wait_for(lambda: (outer_df(net, True), outer_df(net, False)) == (expected, expected), 30, f"DF is {expected}",
                 evidence=net.lab.evidence)

    net.p.configure(["crypto ipsec df-bit clear"])
    wait_df(False)
    net.p.configure(["interface FastEthernet 0/0", "crypto ipsec df-bit set"])
    wait_df(True)
    # The host is told what fits, and what has no DF bit is cut and arrives, whatever is outside.
    assert "Frag needed" in net.host.run("ping", "-n", "-M", "do", "-c", "1", "-W", "10", "-s", "1472", REMOTE_HOST, check=False)
    assert " 2 received" in net.host.run("ping", "-n", "-M", "dont", "-c", "2", "-i", "0.2", "-W", "10", "-s", "4000", REMOTE_HOST, check=False)
    net.p.configure(["crypto map mymap 2 ipsec-isakmp", "set security-association dfbit clear"])
    wait_df(False)
    net.audit()


def test_mtu_a_narrow_path_takes_what_may_be_cut_whatever_the_df_bit_of_our_esp(net):
    net.p.configure(["crypto ipsec df-bit set"])
    wait_for(lambda: outer_df(net, False), 30, "DF is set", evidence=net.lab.evidence)
    net.isp.ip("link", "set", "eth1", "mtu", "1300")
    net.remote.ip("link", "set", "eth0", "mtu", "1300")
    said = net.host.run("ping", "-n", "-M", "dont", "-c", "10", "-i", "0.3", "-W", "10", "-s", "1300", REMOTE_HOST, check=False)
    got = int(re.search(r"(\d+) received", said).group(1))
    assert got >= 8, said                                               # one may tell us of the path
    mtu = re.search(r"Frag needed and DF set \(mtu = (\d+)\)",
                    net.host.run("ping", "-n", "-M", "do", "-c", "3", "-i", "0.3", "-W", "10", "-s", "1300", REMOTE_HOST, check=False))
    assert mtu and int(mtu.group(1)) < 1300 or not kernel_esp()
    net.audit()


def test_mtu_tcp_finds_its_size_and_adjust_mss_lowers_it(net):
    transfers = Transfers(net)
    client, _ = transfers.sizes()
    assert 1200 < client < 1460, client                                 # by path MTU discovery alone

    for interface in ("eth1", "FastEthernet 0/0"):
        net.p.configure([f"interface {interface}", "ip tcp adjust-mss 1100"])
        wait_for(lambda: "maxseg size set 1100" in net.p.run("nft", "list", "ruleset"), 30, "the rule comes with the line")
        client, server = transfers.sizes()
        assert 1000 < client <= 1100 and 1000 < server <= 1100, (interface, client, server)
        assert "ip tcp adjust-mss 1100" in net.p.cli("enable\nshow running-config\n")
        net.p.configure([f"interface {interface}", "no ip tcp adjust-mss"])
        wait_for(lambda: "maxseg" not in net.p.run("nft", "list", "ruleset"), 30, "the rule goes with the line")
    client, server = transfers.sizes()
    assert client > 1200 and server > 1200, (client, server)

    # It comes back when somebody flushes all rules, and an earlier process's rule does not stay behind.
    net.p.configure(["interface eth1", "ip tcp adjust-mss 1200"])
    wait_for(lambda: "maxseg size set 1200" in net.p.run("nft", "list", "ruleset"), 30, "the rule comes")
    net.p.run("nft", "flush", "ruleset")
    wait_for(lambda: "maxseg size set 1200" in net.p.run("nft", "list", "ruleset"), 30, "the rule is back")
    net.audit()
