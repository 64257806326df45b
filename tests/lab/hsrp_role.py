"""The hsrp process alone on a segment: started as the launcher starts it, fed as the engine feeds it.

The encoding of messages is written here a second time, from src/daemon/messages.h, on purpose.
"""

import os
import signal
import socket
import struct
import subprocess
import time

from hotswan_lab import Node, wait_for
from hotswan_lab.system import PATIENCE_S, LabError, die_with_parent, tail

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOTSWAND = os.environ.get("HOTSWAND", os.path.join(ROOT, "build", "src", "daemon", "hotswand"))

VERSION = 8
BEGIN, INTERFACE, GROUP, END, REMOVE_INTERFACE, REMOVE_GROUP, STATUS_REQUEST, COMMAND = range(1, 9)
REPORT, LOG, STATUS, STATUS_END, CONFIG_DONE, COMMAND_DONE = range(9, 15)
RESIGN, LEAVE, KEEP, DEBUG, SEND_ARP = range(1, 6)
STATES = ["Disabled", "Init", "Learn", "Listen", "Speak", "Standby", "Active"]
PHASES = ["state", "serving", "gone", "failed", "changed", "removed"]
NEVER = 0x7FFFFFFFFFFFFFFF


def string(text):
    data = text.encode()
    return struct.pack("!H", len(data)) + data


def address(text):
    if text and ":" in text:
        return b"\6" + socket.inet_pton(socket.AF_INET6, text)
    return b"\0" if not text else b"\4" + socket.inet_aton(text)


def interface_body(device, name, addr, length=24, use_bia=False, delay=(0, 0), version=1, ipv6_routing=False):
    return (string(device) + string(name) + address(addr) + struct.pack("!B", length if addr else 0) + address("") +
            struct.pack("!BBBHHBBHBHH", ipv6_routing, version, use_bia, delay[0], delay[1], 0, 0, 0, 0, 0, 0))


def group_body(device, group=1, vip="192.168.0.254", secondary=(), priority=100, preempt=False, minimum=0, timers=None,
               auth="cisco", enabled=True, family=4, prefix=32):
    hello, hold = timers or (3000, 10000)
    body = string(device) + struct.pack("!HB", group, family) + string("") + struct.pack("!B", enabled) + address(vip) + b"\0"
    body += struct.pack("!B", len(secondary)) + b"".join(address(a) + bytes([prefix]) for a in secondary)
    body += struct.pack("!BBHHHB", priority, preempt, minimum, 0, 0, 1) + (string("") + b"\0\0\0") * 2    # no pair, no follow
    body += struct.pack("!BLL", timers is not None, hello, hold)
    body += b"\0" + string(auth) + b"\0" + struct.pack("!LH", 0, 0) + string("")   # text, no key, no chain
    return body + b"\0" + bytes(6) + b"\0"                          # no configured MAC, no tracking


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from("!" + form, self.data, self.at)
        self.at += struct.calcsize("!" + form)
        return values[0] if len(values) == 1 else values

    def string(self):
        length = self.take("H")
        self.at += length
        return self.data[self.at - length:self.at].decode()

    def address(self):
        family = self.take("B")
        if not family:
            return None
        if family == 6:
            self.at += 16
            return socket.inet_ntop(socket.AF_INET6, self.data[self.at - 16:self.at])
        self.at += 4
        return socket.inet_ntoa(self.data[self.at - 4:self.at])

    def mac(self):
        self.at += 6
        return self.data[self.at - 6:self.at].hex(":")

    def peer(self):
        local, addr, mac = self.take("B"), self.address(), self.mac()
        priority, expires = self.take("Bq")
        return {"local": bool(local), "address": addr, "mac": mac, "priority": priority, "expires": expires}

    def status(self):
        s = {"device": self.string()}
        s["group"], _, state = self.take("HBB")
        s["state"], s["own"], s["serving"] = STATES[state], self.address(), self.take("B")
        s["active"], s["standby"] = self.peer(), self.peer()
        s["vip"], s["vip_learned"] = self.address(), self.take("B")
        s["virtual_mac"], s["mac_in_use"], s["mac_device"] = self.mac(), self.take("B"), self.string()
        s["priority"], s["hello_ms"], s["hold_ms"], s["timers_learned"] = self.take("BLLB")
        s["next_hello"], s["preempt_at"], s["waits"], s["changes"], s["last_change"] = self.take("qqBLq")
        s["reason"], old = self.take("BB")
        s["old_state"], s["reason_from"], s["kernel_error"] = STATES[old], self.address(), self.take("i")
        names = "sent", "received", "bad_auth", "bad_frame", "own_source", "unknown_group"
        s.update(zip(names, self.take("6Q")))
        s["bad"] = self.take("10Q")
        s.update(zip(("bad_hello_time", "other_vip", "inoperational", "duplicate", "garps"), self.take("5Q")))
        s["next_garp"] = self.take("q")
        return s


class HsrpRole(Node):
    """A namespace with one interface and the hsrp process; this object is its launcher and its engine."""

    def __init__(self, lab, name, host, segment="lan", **group):
        super().__init__(lab, name)
        self.real = f"192.168.0.{host}"
        self.connect(segment, f"{self.real}/24")
        self.device = self.interfaces[segment]
        self.mac = self.ip("-br", "link", "show", "dev", self.device).split()[2]
        self.group = group
        self.reports, self.logs = [], []
        self.engine = self.process = None
        self.run_dir = os.path.join(self.path, "state")
        os.makedirs(self.run_dir)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(os.path.join(self.run_dir, "hsrp.sock"))
        self.listener.listen(4)

    def launch(self):
        def prepare():
            die_with_parent()
            os.dup2(self.listener.fileno(), 3)
            os.set_inheritable(3, True)

        with open(os.path.join(self.path, "hsrp.log"), "ab") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", self.ns, HOTSWAND, "--role", "hsrp", "--run-dir", self.run_dir, "--launcher",
                 str(os.getpid())], stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=prepare,
                close_fds=False)
        self.processes.append(self.process)

    def connect_engine(self):
        if self.engine:
            self.engine.close()
        self.engine = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.engine.settimeout(PATIENCE_S)
        self.engine.connect(os.path.join(self.run_dir, "hsrp.sock"))

    def send(self, kind, body=b"", number=0):
        self.engine.send(struct.pack("!BBHL", VERSION, kind, len(body) + 8, number) + body)

    def receive(self, wanted=None, timeout=PATIENCE_S):
        """Reads messages until one of the wanted kind (or all that is there, without one)."""
        end = time.monotonic() + timeout
        while True:
            self.engine.settimeout(max(end - time.monotonic(), 0.001) if wanted else 0.001)
            try:
                data = self.engine.recv(4096)
            except (TimeoutError, BlockingIOError):
                if wanted:
                    raise LabError(f"no message {wanted} within {timeout} s\n{self.evidence()}") from None
                return None
            if not data:
                raise LabError("the hsrp process closed the connection")
            _, kind, _, number = struct.unpack_from("!BBHL", data)
            read = Reader(data[8:])
            if kind == REPORT:
                phase = PHASES[read.take("B")]
                times = read.take("4q")
                self.reports.append({"phase": phase, **dict(zip(("heard", "cause", "confirmed", "announced"), times)),
                                     **read.status()})
            elif kind == LOG:
                level = read.take("B")
                self.logs.append((level, read.string()))
            if kind == wanted:
                return number, read

    def configure(self, *, use_bia=False, interface=None, groups=None, **changes):
        """The complete configuration: begin … end, and the confirmation."""
        self.group.update(changes)
        self.send(BEGIN)
        self.send(INTERFACE, interface or interface_body(self.device, "FastEthernet0/0", self.real, use_bia=use_bia))
        for group in groups if groups is not None else [self.group]:
            self.send(GROUP, group_body(self.device, **group))
        self.send(END, number=77)
        assert self.receive(CONFIG_DONE)[0] == 77

    def start(self, **configuration):
        self.launch()
        self.connect_engine()
        self.configure(**configuration)
        return self

    def status(self, group=1):
        self.send(STATUS_REQUEST, string(self.device) + struct.pack("!iB", group, 0), 5)
        number, read = self.receive(STATUS)
        assert number == 5
        found = read.status()
        self.receive(STATUS_END)
        return found

    def command(self, command, device="", group=-1, number=9):
        self.send(COMMAND, struct.pack("!B", command) + string(device) + struct.pack("!iB", group, 0), number)

    def wait_state(self, *states, timeout=PATIENCE_S, group=1):
        """Until it is in one of the states; Active: and the kernel has the addresses."""
        def reached():
            status = self.status(group)
            return status["state"] in states and (status["state"] != "Active" or status["serving"]) and status
        return wait_for(reached, timeout, f"{self.name} is {' or '.join(states)}", evidence=self.lab.evidence)

    def addresses(self):
        """Addresses on any interface of the namespace, with their device."""
        lines = self.ip("-4", "-o", "addr").splitlines()
        return {words[3].split("/")[0]: words[1] for words in (line.split() for line in lines)}

    def macvlans(self):
        return [line.split("@")[0] for line in self.ip("-br", "link", "show", "type", "macvlan").splitlines()]

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        if self.engine:
            self.engine.close()
        self.listener.close()

    def evidence(self):
        try:
            self.receive()
        except (LabError, OSError, AttributeError):
            pass
        said = "\n".join(f"{r['phase']} {r['old_state']}->{r['state']} serving={r['serving']}" for r in self.reports[-20:])
        return f"{said}\n{tail(os.path.join(self.path, 'hsrp.log'))}{self.ip('addr', check=False)}"
