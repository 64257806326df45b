"""A stream of pings: which were answered, and how long the longest silence was."""

import os
import re
import signal
import time

from .system import PATIENCE_S, SLOW, wait_for

_REPLY = re.compile(r"^\[(\d+\.\d+)\] .*icmp_seq=(\d+) .*time=([\d.]+) ms", re.M)


class Pinger:
    """ping(8) at a small interval; every reply is noted with the time of day.

    With priority, or a busy machine makes it silent when nothing else is.
    """

    def __init__(self, node, destination, source=None, interval=0.005):
        self.interval = interval * SLOW
        self.node = node
        self._log = f"ping-{destination}-{len(os.listdir(node.path))}.log"
        argv = ["chrt", "-r", "1", "ping", "-n", "-D", "-i", str(self.interval), "-W", "1"] + (["-I", source] if source else [])
        self.began = time.time()
        self._process = node.spawn(argv + [destination], self._log)

    @property
    def replies(self):
        """[(sequence number, time of day of the reply)]; numbers beyond 65535 wrap in ping's output."""
        with open(os.path.join(self.node.path, self._log), encoding="ascii", errors="replace") as log:
            found = [(int(seq), float(when)) for when, seq, _ in _REPLY.findall(log.read())]
        turned, last, unwrapped = 0, 0, []
        for seq, when in found:
            if seq < last - 32768:
                turned += 65536
            last = seq
            unwrapped.append((seq + turned, when))
        return unwrapped

    def wait_reply(self, after=0.0, timeout=PATIENCE_S, count=1):
        """Time of the first of `count` replies later than a moment."""
        def later():
            times = [when for _, when in self.replies if when > after]
            return times[0] if len(times) >= count else None
        return wait_for(later, timeout, f"ping replies at {self.node.name}", every=0.05,
                        evidence=self.node.lab.evidence)

    def stop(self):
        """End the stream; returns self, so that results can be read in one line."""
        self.node.stop(self._process, signal.SIGINT)
        return self

    @property
    def lost(self):
        """How many sequence numbers between the first and the last reply are missing."""
        seqs = {seq for seq, _ in self.replies}
        return max(seqs) - min(seqs) + 1 - len(seqs) if seqs else 0

    def gap(self, since=0.0):
        """(longest silence in seconds, time of the reply before it) among replies since a moment."""
        times = sorted(when for _, when in self.replies if when >= since)
        pairs = [(b - a, a) for a, b in zip(times, times[1:])]
        return max(pairs, default=(0.0, None))
