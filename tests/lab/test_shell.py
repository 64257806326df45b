"""The hotswan shell byte by byte: what an operator sees, and what tools that drive an IOS box over SSH compare."""

import array
import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time

import pytest

from hotswan_lab import Headend, Lab, wait_for
from hotswan_lab.headend import HOTSWAN

QUIET = 0.3                                     # seconds without output after which a reply counts as complete
CARET = "% Invalid input detected at '^' marker."


class Terminal:
    """A shell on a pseudo-terminal of its own, as sshd starts it."""

    def __init__(self, head, rows=24, columns=80, login=True):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            subprocess.run(["stty", "rows", str(rows), "cols", str(columns)], check=False)
            os.execv(HOTSWAN, ["-hotswan" if login else "hotswan", "--run-dir", head.run_dir])

    def type(self, data):
        """Send bytes as they are."""
        os.write(self.fd, data.encode() if isinstance(data, str) else data)

    def read(self, until=None, timeout=20):
        """What came until it ends with `until`, or until it is quiet: then it is no proof that nothing more comes."""
        seen, deadline = b"", time.monotonic() + timeout
        while time.monotonic() < deadline:
            if not select.select([self.fd], [], [], QUIET if until is None else 0.05)[0]:
                if until is None or seen.endswith(until.encode()):
                    break
                continue
            try:
                piece = os.read(self.fd, 65536)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        return seen.decode(errors="replace")

    def say(self, data, until=None):
        """Type, then read the reply."""
        self.type(data)
        return self.read(until)

    def ended(self, timeout=20):
        """Exit status once it has ended by itself, else None."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        return None

    def close(self):
        """Hang up."""
        os.close(self.fd)
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


@pytest.fixture(scope="module")
def head():
    """One headend without neighbours for all sessions."""
    with Lab() as lab:
        node = Headend(lab, "p")
        node.connect("outside")
        yield node.start("hostname R1\n")


@pytest.fixture
def tty(head):
    """A fresh terminal behind its first prompt."""
    terminal = Terminal(head)
    assert terminal.read("R1#") == "R1#"        # nothing else, at line start
    yield terminal
    terminal.close()


def test_an_empty_line_gives_a_prompt_within_a_tenth_of_a_second(tty):
    for end in ("\n", "\r", "\r\n", "\r\0"):
        took = []
        for _ in range(20):                     # one try that the machine does not hold up is enough
            start = time.monotonic()
            assert tty.say(end, "R1#") == "\r\nR1#"
            took.append(time.monotonic() - start)
            assert tty.read() == ""             # one line end, not two
            if took[-1] < 0.15:
                break
        assert min(took) < 0.15, (end, took)


def test_echo_is_exact_and_immediate_also_byte_by_byte(tty):
    for byte in "show clock":
        assert tty.say(byte, byte) == byte
    reply = tty.say("\r", "R1#")
    assert reply.startswith("\r\n*") and reply.endswith("\r\nR1#") and "\n\n" not in reply
    assert "\x1b" not in reply                  # never an escape sequence


def test_a_wrong_line_gets_the_caret_under_its_fault(tty):
    assert tty.say("show foo\r", "R1#") == f"show foo\r\n        ^\r\n{CARET}\r\n\r\nR1#"
    assert tty.say("sh r\r", "R1#") == 'sh r\r\n% Ambiguous command:  "sh r"\r\nR1#'
    assert tty.say("show\r", "R1#") in ("show\r\n% Incomplete command.\r\n\r\nR1#",
                                        "show\r\n% Type \"show ?\" for a list of subcommands\r\nR1#")


def test_question_mark_acts_at_once_and_brings_the_line_back(tty):
    reply = tty.say("show running-config ?", "R1#show running-config ")
    assert reply.startswith("show running-config ?\r\n  ")
    assert "  <cr>" in reply
    tty.say("\x15")
    reply = tty.say("sh?", "R1#sh")
    assert "show" in reply
    tty.say("\r", "R1#")


def test_tab_completes_in_place(tty):
    assert tty.say("sho\t", "show ") == "show "
    assert tty.say("cloc\t", "clock ") == "clock "
    assert tty.say("\r", "R1#").endswith("R1#")
    assert tty.say("zzz\t", "zzz") == "zzz" and tty.read() == ""        # nothing to complete: nothing happens
    tty.say("\r", "R1#")


def test_what_is_typed_ahead_is_carried_out_in_order(head):
    terminal = Terminal(head)
    script = "terminal length 0\nconfigure terminal\nhostname R2\nhostname R3\nhostname R1\nend\nshow privilege\n"
    terminal.type(script)                       # before the first prompt
    seen = terminal.read("level is 15\r\nR1#")
    order = ["R1#terminal length 0", "R1(config)#hostname R2", "R2(config)#hostname R3", "R3(config)#hostname R1",
             "R1(config)#end", "R1#show privilege", "Current privilege level is 15"]
    # What came before raw mode the kernel may have echoed once more, on top.
    assert [seen.rindex(part) for part in order] == sorted(seen.rindex(part) for part in order), seen
    terminal.close()


def test_the_pager_pages_and_is_erased_as_ios_does_it(head):
    erase = "\b" * 9 + " " * 8 + "\b" * 9
    terminal = Terminal(head, rows=5)
    terminal.read("R1#")
    first = terminal.say("show running-config\r", " --More-- ")
    assert first.count("\r\n") == 1 + 4         # the echo's line end, then rows - 1 lines
    line = terminal.say("\r", " --More-- ")
    assert line.startswith(erase) and line.count("\r\n") == 1
    page = terminal.say(" ", " --More-- ")
    assert page.startswith(erase) and page.count("\r\n") == 4
    assert terminal.say("q", "R1#") == erase + "R1#"
    terminal.say("terminal length 0\r", "R1#")
    whole = terminal.say("show running-config\r", "R1#")
    assert "More" not in whole and "\r\nend\r\n\r\nR1#" in whole
    terminal.close()


def test_keys_that_must_not_end_a_session(tty):
    for key in ("\x03", "\x1e", "\0", "\x1c", "\x1a", "\x11", "\x13"):
        tty.say(key)
    assert tty.say("\x15\r", "R1#").endswith("R1#")


def test_ctrl_z_and_ctrl_c_leave_configuration(tty):
    tty.say("configure terminal\r", "R1(config)#")
    tty.say("interface eth0\r", "R1(config-if)#")
    assert tty.say("description x\x1a", "R1#") == "description x^Z\r\nR1#"
    tty.say("configure terminal\r", "R1(config)#")
    assert tty.say("no such line\x03", "R1#") == "no such line\r\nR1#"
    assert "description x" in tty.say("show running-config interface eth0\r", "R1#")
    tty.say("configure terminal\r", "R1(config)#")
    tty.say("interface eth0\rno description\rend\r", "R1#")


def test_a_secret_is_asked_without_echo(head):
    head.configure("enable secret s3cret")
    terminal = Terminal(head)
    terminal.read("R1#")
    terminal.say("disable\r", "R1>")
    assert terminal.say("enable\r", "Password: ") == "enable\r\nPassword: "
    assert terminal.say("s3cret\r", "R1#") == "\r\nR1#"
    terminal.say("disable\r", "R1>")
    terminal.say("enable\r", "Password: ")
    assert "% Access denied" in terminal.say("wrong\rwrong\rwrong\r", "R1>")
    terminal.close()
    assert "s3cret" not in head.show("show running-config")     # a hash
    head.configure("no enable secret")


def test_hangup_and_exit_end_quietly(head):
    terminal = Terminal(head)
    terminal.read("R1#")
    assert terminal.say("exit\r", "exit\r\n") == "exit\r\n"
    assert terminal.ended() == 0
    terminal = Terminal(head)
    terminal.read("R1#")
    os.kill(terminal.pid, signal.SIGHUP)
    assert terminal.ended() == 0
    os.close(terminal.fd)


def shell(head, *words, stdin=""):
    """A shell without a terminal: status, standard output, standard error."""
    done = subprocess.run([HOTSWAN, "--run-dir", head.run_dir, *words], input=stdin, capture_output=True, text=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def test_command_and_script_without_a_terminal(head):
    status, out, err = shell(head, "-c", "show privilege")
    assert (status, out, err) == (0, "Current privilege level is 15\n", "")
    status, out, _ = shell(head, "-c", "show nonsense")
    assert status == 1 and CARET in out
    status, out, _ = shell(head, "-c", "scp -t flash:x")        # never a command of the system
    assert status == 1
    status, out, err = shell(head, stdin="show privilege\nshow privilege\n")
    assert (status, out.count("level is 15"), err) == (0, 2, "")
    status, out, err = shell(head, stdin="show privilege\nwrong\nshow privilege")
    assert (status, out.count("level is 15"), err) == (1, 2, "hotswan: line 2 was refused\n")


def test_forced_shell_runs_what_the_ssh_client_asked_for(head):
    done = subprocess.run([HOTSWAN, "--run-dir", head.run_dir], capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "SSH_ORIGINAL_COMMAND": "show privilege"}, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (0, "Current privilege level is 15\n")


def test_section_takes_what_is_indented_by_tabs_too(head):
    head.configure(["crypto ipsec transform-set T esp-aes esp-sha-hmac", "crypto map S 1 ipsec-isakmp", "set peer 10.1.1.1",
                    "set transform-set T"])
    lines = head.show("show crypto map | section Transform").splitlines()
    head.configure(["no crypto map S", "no crypto ipsec transform-set T"])
    assert [line.split()[0] for line in lines if line] == ["Transform", "T:"], lines


def test_no_daemon_is_one_line_and_status_2(head, tmp_path):
    done = subprocess.run([HOTSWAN, "--run-dir", str(tmp_path), "-c", "show version"], capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and str(tmp_path) in done.stderr


def waiting(pipe):
    """Bytes in it that nobody has read."""
    found = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, found)
    return found[0]


def test_long_output_to_a_slow_reader_holds_nobody_up(head):
    lines = [f"access-list {100 + n // 100} permit ip host 10.0.{n // 100}.{n % 100} host 10.1.1.1" for n in range(1000)]
    head.configure(lines)
    with subprocess.Popen([HOTSWAN, "--run-dir", head.run_dir], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as slow:
        slow.stdin.write(b"show running-config\n" * 100)        # some megabytes that nobody reads yet
        slow.stdin.flush()
        capacity = fcntl.fcntl(slow.stdout, fcntl.F_GETPIPE_SZ)
        wait_for(lambda: waiting(slow.stdout) > capacity * 3 // 4, 30, "no more goes in")
        for _ in range(3):                      # who waits for that reader waits for good: it reads when this is over
            assert "level is" in head.show("show privilege", timeout=20)
        slow.stdin.close()
        whole = slow.stdout.read()
        assert whole.count(b"\nend\n") == 100
    head.configure([f"no access-list {100 + n}" for n in range(10)])


def test_strangers_are_told_why_they_get_no_session(head):
    done = subprocess.run(["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups", HOTSWAN, "--run-dir", head.run_dir,
                           "-c", "show version"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "hotswan: you are neither root nor in the group hotswan or hotswan-admin\n"
