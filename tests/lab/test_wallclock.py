"""A wall clock that is set: key lifetimes count at once, and nothing else moves."""

import time

import pytest

from hotswan_lab import topologies, wait_for
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, REMOTE_HOST, REMOTE_NET, VIRTUAL

from test_daemon import nothing_moves, tunnel_ids
from test_standby_language import FACE, OURS, chain, changes, sealed

pytestmark = pytest.mark.guest          # a clock has no namespace: it is stepped on a machine of its own

DAY = 86400
OTHER = "192.168.0.4"


@pytest.fixture
def step():
    """Sets the wall clock of the guest, and of nothing else; it is right again at the end."""
    with open("/proc/cmdline", encoding="ascii") as line:
        if " guest=" not in line.read():
            pytest.skip("not in the guest")
    steps = []

    def by(seconds):
        time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_REALTIME) + seconds)
        steps.append(seconds)
    yield by
    by(-sum(steps))


def next_keys(net, act, wanted):
    """After `act` both routers send with this key, within a hold time."""
    before = {source: len(sealed(net.capture, source)) for source in (OURS, OTHER)}
    act()
    for source, seen in before.items():
        wait_for(lambda source=source, seen=seen: wanted in [key for _, key, _ in sealed(net.capture, source)[seen:]], 30,
                 f"key {wanted} from {source}", evidence=net.lab.evidence)


def test_a_set_clock_changes_keys_at_once_and_moves_nothing(lab, step):
    """A day and a minute on, two days back, and on again: whole days, which no hold time could outlast."""
    net = topologies.pair(lab, extra=f"{FACE} standby version 2\n standby authentication md5 key-chain HSRP\n" +
                          chain(time.time() + DAY))
    topologies.calm(net)
    net.host.ip("route", "replace", "default", "via", "192.168.1.2")
    net.remote.wait_tunnel(VIRTUAL)
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    wait_for(lambda: len(tunnel_ids(net)) == 1, 30, "one tunnel", evidence=lab.evidence)
    assert {key for source in (OURS, OTHER) for _, key, _ in sealed(net.capture, source)} == {1}
    before = changes(net.p), changes(net.s)

    def set_the_clock():
        next_keys(net, lambda: step(DAY + 60), 2)
        next_keys(net, lambda: step(-2 * DAY), 1)
        next_keys(net, lambda: step(2 * DAY), 2)
    nothing_moves(net, set_the_clock)
    assert (changes(net.p), changes(net.s)) == before
    for head in (net.p, net.s):
        said = head.show("show logging")
        assert said.count("key 2 is sent in place of key 1") == 2 and said.count("key 1 is sent in place of key 2") == 1, said
        assert "BADAUTH" not in said and "STATECHANGE" not in said.split("key 2 is sent in place of key 1")[-1], said
    assert [route for route in net.p.rri() if route == REMOTE_NET] and INSIDE_NET not in net.p.rri()
