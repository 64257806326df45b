"""Processes, deadlines and namespaces: the floor everything else stands on."""

import contextlib
import ctypes
import functools
import os
import signal
import socket
import subprocess
import time

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
# How much slower than a plain machine this one is (the guest emulates its processors): deadlines and intervals grow.
SLOW = float(os.environ.get("HOTSWAN_LAB_SLOW", "1"))
# A deadline says that something hangs, seconds: longer than any timer of the product or of a routing daemon that a test waits
# for without naming it, and than a busy machine stands still. How soon a thing must come is read from frames' and events' own times.
PATIENCE_S = 30
_libc = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """Something the lab asked for did not happen; the text carries the evidence."""


def run(argv, check=True, timeout=60, stdin=None):
    """Output (both streams) of a command; raises LabError with that output if it fails."""
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=timeout, input=stdin, errors="replace",
                              **({} if stdin is not None else {"stdin": subprocess.DEVNULL}))
    except subprocess.TimeoutExpired as late:
        so_far = late.stdout.decode(errors="replace") if isinstance(late.stdout, bytes) else late.stdout
        raise LabError(f"{' '.join(argv)}: no end after {timeout} s\n{so_far or ''}") from None
    if check and done.returncode:
        raise LabError(f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


def die_with_parent():
    """In a child before exec: an interrupted run must not leave its processes behind."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def wait_for(predicate, timeout, what, every=0.02, evidence=None):
    """First true value of predicate() before the deadline (times SLOW), else LabError with the evidence.

    A predicate may raise LabError or OSError while the thing is not there yet.
    """
    deadline = time.monotonic() + timeout * SLOW
    last = None
    while True:
        try:
            value = predicate()
            if value:
                return value
            last = value
        except (LabError, OSError) as not_yet:
            last = not_yet
        if time.monotonic() >= deadline:
            proof = evidence() if evidence else ""
            raise LabError(f"not within {timeout} s: {what} (last: {last!r})\n{proof}")
        time.sleep(every * SLOW)


def stays(predicate, seconds, what, every=0.05, evidence=None):
    """Assert that predicate() holds during the whole time: for what must not happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not predicate():
            raise LabError(f"did not last {seconds} s: {what}\n{evidence() if evidence else ''}")
        time.sleep(every * SLOW)


@contextlib.contextmanager
def inside(namespace):
    """The calling thread is in the network namespace for the duration of the block."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if _libc.setns(there, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        yield
    finally:
        _libc.setns(home, CLONE_NEWNET)
        os.close(there)
        os.close(home)


def socket_in(namespace, family, kind, protocol=0):
    """A socket that belongs to the namespace, usable from here afterwards."""
    with inside(namespace):
        return socket.socket(family, kind, protocol)


def start_time(pid):
    """Start time of a process in clock ticks (tells a reused pid), None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


@functools.lru_cache(maxsize=None)
def kernel_esp():
    """Whether the kernel has ESP; else charon does it, over a TUN device (a throw-away state tells)."""
    which = ["src", "127.0.0.1", "dst", "127.0.0.1", "proto", "esp", "spi", f"0x{0x10000 + os.getpid():x}"]
    keys = ["auth", "hmac(sha1)", "0x" + "00" * 20, "enc", "cbc(aes)", "0x" + "00" * 16]
    done = subprocess.run(["ip", "xfrm", "state", "add", *which, "mode", "tunnel", *keys], check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if done.returncode == 0:
        run(["ip", "xfrm", "state", "delete", *which])
    return done.returncode == 0


def tail(path, lines=40):
    """Last lines of a log, for evidence; says so when there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:])
    except OSError as missing:
        return f"({missing})\n"
