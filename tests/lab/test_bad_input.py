"""Bad input: one clear line each, exit status not 0 where it is a start-up fault, nothing half applied."""

import os
import socket

import pytest

from hotswan_lab import Headend, configs, topologies
from hotswan_lab.headend import HOTSWAND, refusals
from hotswan_lab.system import LabError, run, socket_in, tail, wait_for

FORBIDDEN = ("not found", "denied", "sorry")    # words that tools take for a failed command

LINES = [                                       # context, line, what its answer must contain
    ([], "crypto map mymap 0 ipsec-isakmp", "%"),
    ([], "crypto map mymap 70000 ipsec-isakmp", "%"),
    ([], "crypto mop mymap 1 ipsec-isakmp", "% Invalid input detected at '^' marker."),
    ([], "access-list 101 permit ip 192.168.1.0 0.0.0.255 172.17.11.256 0.0.0.255", "%"),
    ([], "access-list 101 permit ip 192.168.1.0", "% Incomplete command."),
    ([], "ip route 10.0.0.0 255.255.0.255 192.168.0.1", "%"),
    ([], "crypto dynamic-map mymap", "% Incomplete command."),
    ([], "c", "% Ambiguous command:"),
    (["crypto map mymap 1 ipsec-isakmp"], "set transform-set", "% Incomplete command."),
    (["crypto map mymap 1 ipsec-isakmp"], "set transform-set no-such-set", "no-such-set"),
    (["crypto map mymap 1 ipsec-isakmp"], "set peer 300.1.1.1", "%"),
    (["interface FastEthernet 0/0"], "standby 0 priority 256", "%"),
    (["interface FastEthernet 0/0"], "standby 256 ip 192.168.0.3", "%"),
    (["interface FastEthernet 0/0"], "standby timers msec 250 msec 500", "%"),
    (["interface FastEthernet 0/0"], "standby timers 10 5", "%"),
    (["interface FastEthernet 0/0"], "ip address 192.168.0.2 255.0.255.0", "%"),
    (["interface FastEthernet 0/0"], "crypto map mymap redundancy group1 stateful", "% Stateful failover is not available"),
    ([], "crypto isakmp keepalive 5", "%"),
    ([], "access-list 101 permit ip 192.168.1.0 0.0.0.255 any garbage", "% Invalid input"),
]


@pytest.fixture(scope="module")
def configured():
    """One headend for all wrong lines: they must not change it."""
    from hotswan_lab import Lab
    with Lab() as lab:
        yield topologies.single(lab, configs.hsrp("P"), remotes=False).p


@pytest.mark.parametrize("context,line,wanted", LINES, ids=[line for _, line, _ in LINES])
def test_wrong_line_gets_one_answer_and_changes_nothing(configured, context, line, wanted):
    before = configured.show("show running-config")
    said = configured.cli(["configure terminal", *context, line, "end"])
    assert wanted in said, said
    refused = refusals(said)
    assert len(refused) == 1, said
    assert not any(word in said.lower() for word in FORBIDDEN), said
    assert configured.show("show running-config") == before


def test_map_that_does_not_exist_says_so_and_protects_nothing(lab):
    head = topologies.single(lab, configs.prologue("P"), remotes=False).p
    said = head.cli(["configure terminal", "interface FastEthernet 0/0", "crypto map nosuch", "end"])
    assert "nosuch" in "".join(line for line in said.splitlines() if "%" in line or "warning" in line.lower()), said
    assert head.rri() == []
    assert "Version" in head.show("show version")


def start_fails(head, config="", mention="", prefix=(), options=(), timeout=60):
    """Start the daemon with a fault; its one line of explanation."""
    head.write_config(config)
    head.process = head.spawn([*prefix, HOTSWAND, "--config", head.config, "--run-dir", head.run_dir, *options],
                              "hotswand.log")
    wait_for(lambda: head.process.poll() is not None, timeout, "the daemon ends", evidence=head.evidence)
    said = [line for line in tail(f"{head.path}/hotswand.log").splitlines() if line.strip()]
    assert head.process.returncode > 0, (head.process.returncode, said)
    faults = [line for line in said if mention.lower() in line.lower()]
    assert len(faults) == 1, said
    return faults[0]


def lone(lab, name="p"):
    """A headend with both interfaces, not started."""
    head = Headend(lab, name)
    head.connect("outside")
    head.connect("inside")
    return head


def test_start_with_an_unreadable_file(lab):
    head = lone(lab)
    os.mkdir(head.config)
    head.write_config = lambda text: None
    start_fails(head, mention=head.config)


def test_start_with_a_run_directory_that_cannot_be(lab):
    head = lone(lab)
    head.run_dir = "/proc/hotswan"
    start_fails(head, configs.hsrp("P"), "/proc/hotswan")


def test_check_of_a_file_with_bad_lines_names_each_by_number(lab):
    head = lone(lab)
    head.write_config("hostname A\ncrypto mop x\naccess-list 101 permit ip host 1.1.1.1\nhostname B\n")
    with pytest.raises(LabError) as caught:
        run([HOTSWAND, "--check", head.config])
    said = str(caught.value)
    assert ":2:" in said and ":3:" in said and ":1:" not in said and ":4:" not in said, said
    head.write_config(configs.hsrp("A"))
    run([HOTSWAND, "--check", head.config])     # a good file: exit 0


def test_start_without_capability(lab):
    start_fails(lone(lab), configs.hsrp("P"), "cap_net_admin",
                ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"])


def test_second_daemon_in_the_same_network(lab):
    head = lone(lab).start(configs.hsrp("P"))
    twin = Headend.__new__(Headend)             # a second daemon in the node of the first
    twin.__dict__.update(head.__dict__)
    twin.run_dir, twin.path, twin.config = head.path + "/hs2", head.path, head.path + "/second-config"
    twin.write_config("")
    with pytest.raises(LabError) as caught:
        run(["ip", "netns", "exec", head.ns, HOTSWAND, "--config", twin.config, "--run-dir", twin.run_dir])
    said = [line for line in str(caught.value).splitlines()[1:] if line.strip()]
    assert "exit" in str(caught.value) and len(said) == 1, said
    assert "Version" in head.show("show version")


def test_ike_port_in_use(lab):
    head = lone(lab)
    head.address("eth0", "192.168.0.2/24")
    with socket_in(head.ns, socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 500))
        start_fails(head, configs.hsrp("P"), "500")


def test_charon_absent(lab):
    start_fails(lone(lab), configs.hsrp("P"), "/nonexistent/charon", options=["--charon", "/nonexistent/charon"])


def test_start_without_esp_and_without_tun(lab):
    if lone(lab, "probe").run("sh", "-c", "ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 1 enc 'cbc(aes)' "
                              "0x00112233445566778899aabbccddeeff auth 'hmac(sha1)' 0x00 && echo yes", check=False).endswith("yes\n"):
        return                                  # this kernel has ESP: no TUN device is needed
    start_fails(lone(lab), configs.hsrp("P"), "/dev/net/tun",
                ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /dev/net && exec "$@"', "sh"])


def test_start_without_real_time_priority_says_so(lab):
    head = lone(lab)
    head.write_config(configs.hsrp("P"))
    head.process = head.spawn(["capsh", "--drop=cap_sys_nice", "--shell=/usr/bin/env", "--", HOTSWAND, "--config",
                               head.config, "--run-dir", head.run_dir], "hotswand.log")
    wait_for(lambda: "no real-time priority" in tail(f"{head.path}/hotswand.log"), 30, "a warning",
             evidence=head.evidence)


def test_disk_full_keeps_the_old_startup_config(lab):
    head = lone(lab)
    small = f"{head.path}/small"
    os.mkdir(small)
    run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", small])
    try:
        head.config = f"{small}/startup-config"
        head.start(configs.hsrp("P"))
        with open(head.config, encoding="ascii") as file:
            before = file.read()
        with open(f"{small}/fill", "wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(b"x" * 512)
        head.configure("hostname CHANGED")
        said = head.show("write memory")
        assert "%" in said and "No space left" in said and "[OK]" not in said, said
        with open(head.config, encoding="ascii") as file:
            assert file.read() == before
        assert sorted(os.listdir(small)) == ["fill", "startup-config"]
        os.unlink(f"{small}/fill")
        assert "[OK]" in head.show("write memory")
        with open(head.config, encoding="ascii") as file:
            assert "hostname CHANGED" in file.read()
        assert os.stat(head.config).st_mode & 0o777 == 0o600
    finally:
        run(["umount", "-l", small])
