"""D9: death, resume, stop and restart of each process and of all of them."""

import os
import shutil
import signal
import socket
import time

import pytest

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.headend import HOTSWAN, HOTSWAND
from hotswan_lab.hsrp_bytes import ACTIVE, RESIGN
from hotswan_lab.lab import _pids_in
from hotswan_lab.system import run, stays, tail
from hotswan_lab.topologies import INSIDE_HOST, REMOTE_HOST, REMOTE_NET, VIRTUAL

HOLD = float(configs.CALM_TIMERS.split()[1])    # seconds: a start under load fits into it
STOP_S = 6                                      # a stop lasts no longer, whoever is silent


def tunnel_ids(net):
    """SPIs of the remote's tunnels: they change when one is negotiated anew."""
    return sorted({child["spi-in"] + child["spi-out"] for listed in net.remote.sas() for ike in listed.values()
                  for child in ike["child-sas"].values() if child["state"] == "INSTALLED"})


@pytest.fixture
def net(lab):
    """Figure 2 without OSPF: P active with a tunnel, S standby."""
    made = topologies.pair(lab)
    topologies.calm(made)
    made.host.ip("route", "replace", "default", "via", "192.168.1.2")
    made.remote.wait_tunnel(VIRTUAL)
    made.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    wait_for(lambda: len(tunnel_ids(made)) == 1, 30, "one tunnel", evidence=lab.evidence)
    return made


def nothing_moves(net, act):
    """While and after `act` the route of P stands, the tunnel is the same, S never becomes active."""
    before = tunnel_ids(net)
    assert before
    monitor = net.p.monitor("route", "address")
    act()
    stays(lambda: net.p.rri() == [REMOTE_NET] and len(net.p.addresses(VIRTUAL)) == 1 and
          net.s.addresses(VIRTUAL) == [], HOLD + 1, "route and address stay with P", evidence=net.lab.evidence)
    net.p.wait_state("Active")
    assert net.s.standby_state() == "Standby"
    assert tunnel_ids(net) == before
    assert net.remote.ping(INSIDE_HOST, REMOTE_HOST) == 3
    net.p.stop(monitor)
    seen = "\n".join(net.p.monitor_said())
    # The renewed lifetime of the virtual address is all that may be heard.
    assert "Deleted" not in seen and " via " not in seen and REMOTE_NET not in seen, seen


def came_back(head, role, old):
    """Until another process has the role; its pid."""
    return wait_for(lambda: (lambda pid: pid if pid != old else None)(head.role_pid(role)), 30, f"{role} is back",
                    evidence=head.evidence)


@pytest.mark.parametrize("role", ["engine", "hsrp"])
def test_d9_a_killed_process_comes_back_and_nothing_moves(net, role):
    def kill():
        old = net.p.role_pid(role)
        net.p.kill_role(role)
        came_back(net.p, role, old)
    nothing_moves(net, kill)
    net.audit()


def test_d9_engine_and_hsrp_killed_together_resume_together(net):
    """Whichever is back first: the new engine must wait for the role that the new hsrp process takes up again."""
    def kill():
        for pause in (0, 0.02, 0.05):
            engine, hsrp = net.p.role_pid("engine"), net.p.role_pid("hsrp")
            os.kill(engine, signal.SIGKILL)
            time.sleep(pause)
            os.kill(hsrp, signal.SIGKILL)
            came_back(net.p, "engine", engine)
            came_back(net.p, "hsrp", hsrp)
            net.p.wait_state("Active")
    nothing_moves(net, kill)
    net.audit()


def test_d9_lines_typed_since_the_last_save_survive_the_engine(net):
    net.p.configure("access-list 150 permit ip host 10.9.9.9 host 10.8.8.8\nhostname TYPED")
    before = net.p.show("show running-config")
    old = net.p.role_pid("engine")
    net.p.kill_role("engine")
    came_back(net.p, "engine", old)
    wait_for(lambda: net.p.show("show running-config") == before, 30, "the lines are back", evidence=net.lab.evidence)
    assert "hostname TYPED" in before


@pytest.mark.parametrize("role", ["engine", "hsrp"])
def test_a_process_that_hangs_is_killed_and_comes_back(lab, role):
    head = topologies.single(lab, configs.hsrp("P"), remotes=False).p
    head.wait_state("Active")
    old = head.role_pid(role)
    os.kill(old, signal.SIGSTOP)
    came_back(head, role, old)
    head.wait_state("Active")
    head.wait_rri(REMOTE_NET)
    assert "%SYS-2-WATCHDOG" in tail(f"{head.path}/hotswand.log", 200)


def test_d9_what_a_binding_is_survives_the_engine(lab):
    """D10: stale, bound anew, fallen back, and fallen back although the name is there again."""
    head = topologies.single(lab, configs.hsrp("P"), remotes=False).p
    head.wait_state("Active")

    def binding():
        return [line.strip() for line in head.show("show crypto map").splitlines() if "binding" in line], head.rri()

    for lines, wanted in ((["standby ip 192.168.0.9"], "virtual IP 192.168.0.3, state Active, binding stale"),
                          (["crypto map mymap redundancy group1"], "virtual IP 192.168.0.9, state Active, binding bound"),
                          (["no standby name group1"], "own IP 192.168.0.2, state Active, binding fallen back"),
                          (["standby name group1"], "own IP 192.168.0.2, state Active, binding fallen back")):
        head.configure(["interface FastEthernet 0/0", *lines])
        head.wait_show("show crypto map", wanted)
        routes = [] if "stale" in wanted else [REMOTE_NET]
        head.wait_rri(*routes)
        before, old = binding(), head.role_pid("engine")
        head.kill_role("engine")
        came_back(head, "engine", old)
        wait_for(lambda b=before: binding() == b, 30, f"{wanted} again", evidence=head.evidence)


def test_d9_an_erased_file_takes_nothing_from_what_runs(lab):
    head = topologies.single(lab, configs.static("P"), remotes=False).p
    before = head.show("show running-config")
    assert "complete" in head.shell(stdin="erase startup-config\n\n")
    assert not os.path.exists(head.config)
    old = head.role_pid("engine")
    head.kill_role("engine")
    came_back(head, "engine", old)
    wait_for(lambda: head.show("show running-config") == before, 30, "what ran runs again", evidence=head.evidence)


def test_d9_a_killed_launcher_takes_its_children_along_but_not_charon(net):
    def act():
        charon, roles = net.p.role_pid("ike"), {net.p.role_pid("engine"), net.p.role_pid("hsrp")}
        net.p.process.kill()
        net.p.process.wait()
        net.p.processes.remove(net.p.process)
        wait_for(lambda: not (roles & set(_pids_in(net.p.ns))), 30, "its children are gone", evidence=net.p.evidence)
        assert charon in _pids_in(net.p.ns)
        net.p.start()
        assert net.p.role_pid("ike") == charon  # adopted
    nothing_moves(net, act)


def test_d9_all_killed_and_started_again(net):
    def act():
        pids = [net.p.role_pid(role) for role in ("launcher", "engine", "hsrp")]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        net.p.process.wait()
        net.p.processes.remove(net.p.process)
        net.p.start()
    nothing_moves(net, act)


def test_d9_all_killed_for_good_the_kernel_takes_the_address_away(net):
    net.p.process.kill()
    net.p.process.wait()
    net.p.processes.remove(net.p.process)
    wait_for(lambda: net.p.addresses(VIRTUAL) == [], HOLD + 10, "the lifetime ended", evidence=net.lab.evidence)
    wait_for(lambda: net.p.rri() == [], 10, "the routes went with it: nothing is attracted any more", evidence=net.lab.evidence)
    net.s.wait_state("Active")
    net.s.wait_rri(REMOTE_NET)
    net.host.ip("route", "replace", "default", "via", "192.168.1.4")
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    net.audit()


def test_d9_a_killed_charon_comes_back_with_its_tunnels(net):
    old = net.p.role_pid("ike")
    net.p.kill_role("ike")
    came_back(net.p, "ike", old)
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    assert net.p.standby_state() == "Active" and net.p.rri() == [REMOTE_NET]
    net.audit()


@pytest.mark.parametrize("how", ["signal", "command"])
def test_d9_restart_moves_nothing(net, how):
    def act():
        charon, engine = net.p.role_pid("ike"), net.p.role_pid("engine")
        if how == "signal":
            os.kill(net.p.process.pid, signal.SIGUSR2)
        else:
            net.p.show("hotswan restart", check=True)
        came_back(net.p, "engine", engine)
        assert net.p.process.poll() is None     # the same process for whoever watches it
        assert net.p.role_pid("ike") == charon
    nothing_moves(net, act)


def test_d9_end_for_an_upgrade_keeps_everything_for_the_next_start(net):
    def act():
        assert net.p.stop_daemon(signal.SIGUSR1) == 0
        assert net.p.rri() == [REMOTE_NET]
        net.p.start()
    nothing_moves(net, act)


def test_d9_stop_leaves_nothing_of_ours_and_all_of_others(net):
    net.p.ip("route", "add", "203.0.113.0/24", "via", "192.168.1.1", check=False)
    started = time.monotonic()
    assert net.p.stop_daemon() == 0
    assert time.monotonic() - started < STOP_S + 10
    net.s.wait_state("Active")
    said = net.capture.hsrp()
    resigned = next(when for when, source, op, _, _ in said if (source, op) == ("192.168.0.2", RESIGN))
    heir = next(when for when, source, _, state, _ in said if (source, state) == ("192.168.0.4", ACTIVE) and when > resigned)
    assert heir - resigned < HOLD / 2           # by Resign, not by the hold timer
    assert net.p.addresses(VIRTUAL) == []
    assert net.p.rri() == [] and net.p.routes(protocol=214) == []
    assert "macvlan" not in net.p.ip("-d", "link", "show")
    assert "hotswan" not in net.p.run("nft", "list", "tables")
    assert _pids_in(net.p.ns) == []
    assert not os.path.exists(net.p.run_dir)
    assert net.p.addresses("192.168.0.2")  # the interface's own address
    net.audit()


def test_a_start_reports_readiness_only_when_bound_and_applied(lab):
    head = topologies.single(lab, remotes=False, start=False).p
    head.write_config(configs.static("P"))
    notify = head.path + "/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(notify)
        listener.settimeout(60)
        head.process = head.spawn([HOTSWAND, "--config", head.config, "--run-dir", head.run_dir], "hotswand.log",
                                  env=dict(os.environ, NOTIFY_SOCKET=notify))
        said = ""
        while "READY=1" not in said:
            said = listener.recv(4096).decode()
        assert "172.17.11.0/24" in head.rri()   # R7: the routes of a static map exist
        assert "hotswan" in head.run("nft", "list", "tables")


def test_the_startup_file_on_top_of_what_runs(lab):
    head = topologies.single(lab, configs.hsrp("P"), remotes=False).p
    head.configure(["hostname OTHER", "access-list 199 permit ip host 10.1.1.1 host 10.2.2.2"])
    said = head.shell(stdin="copy startup-config running-config\n\n")
    assert "bytes copied" in said, said
    text = head.show("show running-config")
    assert "hostname P\n" in text and "access-list 199 permit" in text


def test_two_daemons_on_one_machine_do_not_meet(lab):
    net = topologies.pair(lab, start=False)
    net.p.start()
    net.s.start()
    assert "hostname P" in net.p.show("show running-config")
    assert "hostname S" in net.s.show("show running-config")
    assert "P uptime" in run([HOTSWAN, "--run-dir", net.p.run_dir, "-c", "show version"])


def test_all_of_it_works_as_an_ordinary_user_with_three_capabilities(lab):
    """As hotswan.service runs it: user hotswan, ambient capabilities, no new privileges."""
    head = topologies.single(lab, start=False).p
    head.write_config(configs.hsrp("P"))
    os.chmod(head.config, 0o644)
    daemon = shutil.copy(HOTSWAND, head.path)               # the build may lie in a home that only its owner enters
    os.makedirs(head.run_dir)
    os.chown(head.run_dir, 65534, 65534)
    capabilities = "+net_admin,+net_raw,+net_bind_service,+sys_nice,+ipc_lock"
    head.process = head.spawn(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps={capabilities}",
                               f"--ambient-caps={capabilities}", "--no-new-privs",
                               daemon, "--config", head.config, "--run-dir", head.run_dir], "hotswand.log")
    head.wait_state("Active")
    head.wait_rri(REMOTE_NET)
    assert head.addresses(VIRTUAL)[0].valid is not None
    assert "hotswan" in head.run("nft", "list", "tables")
    for role in ("hsrp", "engine", "ike"):
        with open(f"/proc/{head.role_pid(role)}/status", encoding="ascii") as status:
            text = status.read()
        assert "Uid:\t65534" in text and "NoNewPrivs:\t1" in text
        assert ("Seccomp:\t2" in text) == (role != "ike")   # charon must not inherit the filter
    assert head.stop_daemon() == 0
    assert head.addresses(VIRTUAL) == [] and head.rri() == []
