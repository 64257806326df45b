"""A headend: hotswand in a node, spoken to through the hotswan shell only."""

import os
import re
import signal

from .lab import Node, _pids_in
from .system import PATIENCE_S, LabError, run, tail, wait_for
from .vici import Vici

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROTOCOL_RRI, PROTOCOL_HELPER = 213, 214


def program(name, folder):
    """Path of a built program: HOTSWAN_BUILD names the build directory, default build/."""
    build = os.environ.get("HOTSWAN_BUILD", os.path.join(ROOT, "build"))
    return os.path.join(build, "src", folder, name)


HOTSWAND = program("hotswand", "daemon")
HOTSWAN = program("hotswan", "shell")


class Headend(Node):
    """hotswand with a configuration file and a run directory of its own."""

    def __init__(self, lab, name):
        super().__init__(lab, name)
        self.config = os.path.join(self.path, "startup-config")
        self.run_dir = os.path.join(self.path, "hs")
        self.process = None
        self.frr = None
        self.charon = None                      # another program than the installed one

    def write_config(self, text):
        """The startup configuration of the next start()."""
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    def start(self, text=None, wait=True):
        """Start the daemon (with this configuration) and wait until its CLI answers."""
        if text is not None:
            self.write_config(text)
        elif not os.path.exists(self.config):
            self.write_config("")
        argv = [HOTSWAND, "--config", self.config, "--run-dir", self.run_dir]
        self.process = self.spawn(argv + (["--charon", self.charon] if self.charon else []), "hotswand.log")
        if wait:
            wait_for(self._answers, PATIENCE_S, f"hotswand of {self.name} answers", evidence=self.evidence)
        return self

    def _answers(self):
        if self.process.poll() is not None:
            raise LabError(f"hotswand ended with {self.process.returncode}")
        return "Version" in self.show("show version")

    def shell(self, stdin=None, command=None, check=True, timeout=30):
        """Output of the shell for one command or a script on stdin."""
        argv = [HOTSWAN, "--run-dir", self.run_dir] + (["-c", command] if command else [])
        return run(argv, check=check, timeout=timeout, stdin=stdin if command is None else "")

    def show(self, command, check=False, timeout=30):
        """Output of one exec command."""
        return self.shell(command=command, check=check, timeout=timeout)

    def cli(self, lines, check=False):
        """Run lines (text or list) as a script from exec mode; its output."""
        text = lines if isinstance(lines, str) else "\n".join(lines)
        return self.shell(stdin=text.rstrip("\n") + "\n", check=check)

    def configure(self, lines):
        """Configuration lines, their warnings as output; raises when one is refused."""
        text = lines if isinstance(lines, str) else "\n".join(lines)
        return self.cli(f"enable\nconfigure terminal\n{text.rstrip()}\nend\n", check=True)

    def wait_show(self, command, text, timeout=PATIENCE_S):
        """Until the output of a show command contains a text; that output."""
        return wait_for(lambda: (lambda out: out if text in out else None)(self.show(command)), timeout,
                        f"{self.name}: {command!r} contains {text!r}", every=0.1, evidence=self.evidence)

    def standby_state(self, group=0, interface=None):
        """State word of a group in 'show standby brief' (of the interface, in its short name)."""
        for line in self.show("show standby brief").splitlines():
            words = line.split()
            if len(words) >= 6 and words[1] == str(group) and (interface is None or words[0] == interface):
                return words[4] if words[3] == "P" else words[3]
        return None

    def wait_state(self, state, group=0, timeout=PATIENCE_S, interface=None):
        """Until the group is in the state."""
        wait_for(lambda: self.standby_state(group, interface) == state, timeout, f"{self.name} is {state}",
                 every=0.05, evidence=self.lab.evidence)

    def endpoint(self):
        """Local tunnel endpoint as 'show crypto ipsec sa' prints it, None without one."""
        found = re.search(r"local addr (\S+)", self.show("show crypto ipsec sa"))
        return found.group(1) if found else None

    def wait_endpoint(self, address, timeout=PATIENCE_S):
        """Until the endpoint is this address."""
        wait_for(lambda: self.endpoint() == address, timeout, f"{self.name}: endpoint {address}", every=0.1,
                 evidence=self.lab.evidence)

    def ike_sas(self):
        """Rows that name an established SA: of 'show crypto isakmp sa' (IKEv1) and 'show crypto ikev2 sa'."""
        rows = self.show("show crypto isakmp sa").splitlines() + self.show("show crypto ikev2 sa").splitlines()
        return [line for line in rows if "QM_IDLE" in line or " READY" in line]

    def wait_connection(self, count=1, timeout=PATIENCE_S):
        """Until charon has (so many) connections loaded: who calls earlier is refused."""
        def loaded():
            ours = Vici(f"{self.run_dir}/charon/charon.vici")
            try:
                return len(ours.stream("list-conns", "list-conn")) >= count
            finally:
                ours.close()
        wait_for(loaded, timeout, f"charon of {self.name} has its connections", evidence=self.lab.evidence)

    def rri(self):
        """Prefixes of the injected routes in the kernel."""
        return sorted(str(route.prefix) for route in self.routes(protocol=PROTOCOL_RRI))

    def wait_rri(self, *prefixes, timeout=PATIENCE_S):
        """Until exactly these prefixes are injected."""
        wait_for(lambda: self.rri() == sorted(prefixes), timeout, f"{self.name}: injected routes {prefixes}",
                 evidence=self.lab.evidence)

    def role_pid(self, role):
        """Pid of the child with a role: hsrp, engine; 'ike' is charon; 'launcher' is the daemon itself."""
        if role == "launcher":
            return self.launcher_pid()
        for pid in _pids_in(self.ns):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read().decode(errors="replace").split("\0")
            except OSError:
                continue
            if role == "ike" and "charon" in os.path.basename(words[0]):
                return pid
            if "--role" in words and words[words.index("--role") + 1] == role:
                return pid
            if f"--role={role}" in words:
                return pid
        raise LabError(f"{self.name}: no process with role {role}")

    def launcher_pid(self):
        """Pid of hotswand: ip netns exec became it."""
        return self.process.pid

    def kill_role(self, role):
        """SIGKILL one of the daemon's processes."""
        os.kill(self.role_pid(role), signal.SIGKILL)

    def stop_daemon(self, sig=signal.SIGTERM, timeout=PATIENCE_S):
        """Stop the daemon in order (SIGTERM); its exit status."""
        return self.stop(self.process, sig, timeout)

    def power_off(self):
        """A power cut: links go down, every process dies at once and says nothing."""
        for segment in self.interfaces:
            self.link(segment, False)
        for pid in _pids_in(self.ns):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.frr:
            self.frr.kill()
        wait_for(lambda: not _pids_in(self.ns), PATIENCE_S, f"{self.name} is dead")
        self._forget_kernel_state()

    def _forget_kernel_state(self):
        """What a power cut would have erased: addresses, macvlans, routes and filter of the dead daemon.

        The namespace outlives the processes, a real kernel would not.
        """
        for line in self.ip("-o", "link", "show", "type", "macvlan", check=False).splitlines():
            self.ip("link", "del", line.split(":")[1].split("@")[0].strip(), check=False)
        for protocol in (PROTOCOL_RRI, PROTOCOL_HELPER):
            self.ip("route", "flush", "proto", str(protocol), check=False)
        self.run("nft", "flush", "ruleset", check=False)

    def power_on(self):
        """Plug the cables in and start what ran before."""
        for segment in self.interfaces:
            self.link(segment, True)
        if self.frr:
            self.frr.start()
        return self.start()

    def evidence(self):
        """Node, the usual show commands and the end of the daemon's log."""
        out = super().evidence()
        if self.process and self.process.poll() is None:
            for command in ("show standby brief", "show ip route", "show crypto map", "show crypto route"):
                try:
                    out += f"--- {command}\n" + self.show(command, timeout=5)
                except LabError as silent:
                    out += f"--- {command}: {silent}\n"
        return out + "--- hotswand.log\n" + tail(os.path.join(self.path, "hotswand.log"))


NOTES = ("% note", "%note", "% warning", "%warning")


def refusals(output):
    """The lines by which the CLI refuses something; notes and warnings are not refusals."""
    lines = [line.strip() for line in output.splitlines()]
    return [line for line in lines if line.startswith(("%", "ERROR:")) and not line.lower().startswith(NOTES)]
