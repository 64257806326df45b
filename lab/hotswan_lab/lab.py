"""A run of the lab: its prefix, its state directory, its namespaces and processes."""

import atexit
import ipaddress
import os
import shutil
import signal
import subprocess
import threading
import time

from . import netlink
from .pinger import Pinger
from .system import PATIENCE_S, LabError, die_with_parent, run, start_time, wait_for

STATE = "/tmp/hotswan-lab"
_open_labs = []
_count = 0
_count_lock = threading.Lock()


def _next_prefix():
    """hl<pid>x<n>: names of different runs, and of labs of one run, never meet."""
    global _count
    with _count_lock:
        _count += 1
        return f"hl{os.getpid()}x{_count}"


def _namespaces(prefix):
    """Names of existing namespaces of one lab."""
    try:
        return sorted(name for name in os.listdir("/run/netns") if name.startswith(prefix + "-"))
    except FileNotFoundError:
        return []


def _pids_in(namespace):
    listed = run(["ip", "netns", "pids", namespace], check=False)
    return [int(word) for word in listed.split() if word.isdigit()]


def _destroy(prefix):
    """End every process of the lab's namespaces by its pid, then remove namespaces and files."""
    names = _namespaces(prefix)
    for name in names:
        deadline = time.monotonic() + 5
        while (pids := _pids_in(name)) and time.monotonic() < deadline:
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.01)
    for name in names:
        run(["ip", "netns", "del", name], check=False)
    shutil.rmtree(os.path.join(STATE, prefix), ignore_errors=True)
    try:
        os.rmdir(STATE)
    except OSError:
        pass                                    # another run is alive


def _sweep():
    """Remove what interrupted runs left: state whose owner is not alive any more."""
    if not os.path.isdir(STATE):
        return
    for prefix in os.listdir(STATE):
        try:
            with open(os.path.join(STATE, prefix, "owner"), encoding="ascii") as owner:
                pid, started = (int(word) for word in owner.read().split())
        except (OSError, ValueError):
            continue
        if start_time(pid) != started:
            _destroy(prefix)


def _make_state(prefix):
    """The lab's directory. FRR's user must be able to pass, so 0711; ours alone, so checked."""
    os.makedirs(STATE, mode=0o711, exist_ok=True)
    status = os.lstat(STATE)
    if status.st_uid != 0 or not os.path.isdir(STATE) or os.path.islink(STATE):
        raise LabError(f"{STATE} belongs to someone else")
    os.chmod(STATE, 0o711)
    path = os.path.join(STATE, prefix)
    os.makedirs(path, mode=0o711)
    with open(os.path.join(path, "owner"), "w", encoding="ascii") as owner:
        owner.write(f"{os.getpid()} {start_time(os.getpid())}\n")
    return path


class Lab:
    """One network. Use it as a context manager: leaving the block removes all of it."""

    def __init__(self):
        if os.geteuid() != 0:
            raise LabError("the lab needs root: it makes network namespaces")
        _sweep()
        self.prefix = _next_prefix()
        self.path = _make_state(self.prefix)
        self.nodes = {}
        self.segments = set()
        self.captures = []
        self.closed = False
        self.wire = f"{self.prefix}-wire"
        run(["ip", "netns", "add", self.wire])
        _open_labs.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Remove everything; harmless the second time."""
        if self.closed:
            return
        self.closed = True
        for node in self.nodes.values():
            node.close()
        for capture in self.captures:
            capture.abandon()
        _destroy(self.prefix)
        if self in _open_labs:
            _open_labs.remove(self)

    def segment(self, name):
        """An Ethernet segment: a bridge that floods multicast, as a plain switch does."""
        if name not in self.segments:
            run(["ip", "-n", self.wire, "link", "add", name, "type", "bridge", "mcast_snooping", "0",
                 "forward_delay", "0", "stp_state", "0"])
            run(["ip", "-n", self.wire, "link", "set", name, "up"])
            self.segments.add(name)
        return name

    def add(self, node):
        """Register a node; called by Node itself."""
        if node.name in self.nodes:
            raise LabError(f"two nodes named {node.name}")
        self.nodes[node.name] = node

    def host(self, name, **segments):
        """A plain node with an address on each segment given by keyword."""
        node = Node(self, name)
        for segment, address in segments.items():
            node.connect(segment, address)
        return node

    def evidence(self):
        """What every node has to say for itself, printed when a test fails."""
        return "\n".join(f"=== {name} ===\n{node.evidence()}" for name, node in self.nodes.items())


class Node:
    """A network namespace with interfaces eth0, eth1 … in the order of connect()."""

    def __init__(self, lab, name):
        self.lab = lab
        self.name = name
        self.ns = f"{lab.prefix}-{name}"
        self.path = os.path.join(lab.path, name)
        self.interfaces = {}                    # segment -> interface name
        self.processes = []
        os.makedirs(self.path, mode=0o711)
        run(["ip", "netns", "add", self.ns])
        self.ip("link", "set", "lo", "up")
        lab.add(self)

    def ip(self, *words, check=True):
        """ip(8) inside the namespace."""
        return run(["ip", "-n", self.ns, *words], check=check)

    def run(self, *argv, check=True, timeout=60, stdin=None):
        """A command inside the namespace; its output."""
        return run(["ip", "netns", "exec", self.ns, *argv], check=check, timeout=timeout, stdin=stdin)

    def spawn(self, argv, log, env=None, private_run=False):
        """A long-running process inside the namespace, its output in a log file of the node.

        private_run gives it a /run of its own, for programs with compiled-in paths there.
        """
        command = ["ip", "netns", "exec", self.ns]
        if private_run:
            own = os.path.join(self.path, "run")
            os.makedirs(own, exist_ok=True)
            command += ["unshare", "-m", "--propagation", "private", "sh", "-c",
                        f'mount --bind "{own}" /run && exec "$@"', "sh"]
        with open(os.path.join(self.path, log), "ab") as out:
            process = subprocess.Popen(command + list(argv), stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=subprocess.STDOUT, env=env, preexec_fn=die_with_parent)
        self.processes.append(process)
        return process

    def connect(self, segment, *addresses, mac=None):
        """An interface on the segment, up, with the addresses (none: the caller configures it)."""
        self.lab.segment(segment)
        name = f"eth{len(self.interfaces)}"
        port = f"{self.name}.{segment}"[:15]
        run(["ip", "link", "add", name, "netns", self.ns, "type", "veth",
             "peer", "name", port, "netns", self.lab.wire])
        if mac:
            self.ip("link", "set", name, "address", mac)
        run(["ip", "-n", self.lab.wire, "link", "set", port, "master", segment, "up"])
        self.ip("link", "set", name, "up")
        self.interfaces[segment] = name
        for address in addresses:
            self.address(name, address)
        return name

    def address(self, interface, address):
        """Add an address (A.B.C.D/len)."""
        self.ip("addr", "add", address, "dev", interface)

    def link(self, segment, up):
        """Pull or plug the cable: the node sees its carrier go or come back."""
        port = f"{self.name}.{segment}"[:15]
        run(["ip", "-n", self.lab.wire, "link", "set", port, "up" if up else "down"])

    def sysctl(self, **values):
        """Write net.ipv4 settings; '__' stands for a slash."""
        for key, value in values.items():
            path = "/proc/sys/net/ipv4/" + key.replace("__", "/")
            self.run("sh", "-c", f"echo {value} > {path}")

    def forward(self):
        """Be a router that never tells hosts a shortcut: a redirect would outlive a failover."""
        self.sysctl(ip_forward=1, conf__all__send_redirects=0, conf__default__send_redirects=0)
        for interface in self.interfaces.values():
            self.sysctl(**{f"conf__{interface}__send_redirects": 0})

    def routes(self, prefix=None, protocol=None, table=254):
        """Kernel routes with their protocol, read by netlink."""
        found = netlink.routes(self.ns, table)
        if prefix is not None:
            wanted = ipaddress.ip_network(prefix)
            found = [route for route in found if route.prefix == wanted]
        if protocol is not None:
            found = [route for route in found if route.protocol == protocol]
        return found

    def addresses(self, address=None):
        """IPv4 addresses with protocol tag and lifetime, read by netlink."""
        found = netlink.addresses(self.ns)
        return [a for a in found if address is None or a.address == address]

    def ping(self, destination, source=None, count=3, wait=1):
        """How many of the pings were answered; when none is for `wait` seconds, that is all.

        They leave at once: ping(8) waits for the last reply no longer than the interval between requests.
        """
        argv = ["ping", "-n", "-q", "-c", str(count), "-l", str(count), "-i", "10", "-W", str(wait)]
        argv += ["-I", source] if source else []
        out = self.run(*argv, destination, check=False)
        for line in out.splitlines():
            if " received" in line:
                return int(line.split(",")[1].split()[0])
        return 0

    def monitor(self, *objects):
        """ip(8)'s monitor of link, address … inside the namespace, which listens already; what it says is monitor_said()."""
        process = self.spawn(["ip", "monitor", *objects], "monitor.log")

        def listens():
            with open(f"/proc/{process.pid}/net/netlink", encoding="ascii") as sockets:
                rows = [line.split() for line in sockets]
            return any(row[2] == str(process.pid) and row[3] != "00000000" for row in rows)
        wait_for(listens, PATIENCE_S, f"ip monitor of {self.name} listens")
        return process

    def monitor_said(self):
        """Lines of the monitor so far."""
        with open(os.path.join(self.path, "monitor.log"), encoding="ascii") as log:
            return log.read().splitlines()

    def pinger(self, destination, source=None, interval=0.005):
        """A running stream of pings that records loss and gaps."""
        return Pinger(self, destination, source, interval)

    def wait_ping(self, destination, source=None, timeout=PATIENCE_S):
        """Until one ping is answered."""
        wait_for(lambda: self.ping(destination, source, count=1), timeout,
                 f"{self.name} reaches {destination}", every=0.1, evidence=self.lab.evidence)

    def stop(self, process, sig=signal.SIGTERM, timeout=PATIENCE_S):
        """End one process of ours and wait for its end."""
        if process.poll() is None:
            process.send_signal(sig)
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise LabError(f"{self.name}: {process.args} still alive {timeout} s after signal {sig}") from None
        if process in self.processes:
            self.processes.remove(process)
        return process.returncode

    def close(self):
        """End what still runs; the namespaces' other processes are ended by the lab."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
        for process in self.processes:
            process.wait()

    def evidence(self):
        """Addresses and routes."""
        return self.ip("-br", "addr", check=False) + self.ip("route", check=False)


@atexit.register
def _close_all():
    for lab in list(_open_labs):
        lab.close()
