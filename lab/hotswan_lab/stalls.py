"""How long the machine's processors stood still: what a bound on somebody's time is lengthened by."""

import os
import threading
import time

from .system import SLOW

TICK = 0.02 * SLOW
PUNCTUAL = 0.05 * SLOW                          # a busy machine's ordinary delay is no stall


class Stalls:
    """From the block's begin on: one thread a processor wakes up every tick, and adds up by how much it is late."""

    def __init__(self):
        self._late = {cpu: 0.0 for cpu in os.sched_getaffinity(0)}
        self._due = {cpu: time.monotonic() + TICK for cpu in self._late}
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._watch, args=(cpu,), daemon=True) for cpu in self._late]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _watch(self, cpu):
        os.sched_setaffinity(0, {cpu})          # of this thread alone
        while not self._ended.is_set():
            self._due[cpu] = time.monotonic() + TICK
            time.sleep(TICK)
            self._late[cpu] += self._overdue(cpu)

    def _overdue(self, cpu):
        late = time.monotonic() - self._due[cpu]
        return late if late > PUNCTUAL else 0.0

    def seconds(self):
        """All of it so far, the stall under way included."""
        return sum(self._late.values()) + sum(self._overdue(cpu) for cpu in self._late)
