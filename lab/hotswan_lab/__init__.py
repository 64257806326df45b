"""Networks of hotswan's documentation, demo, tests and benchmarks, as code.

A Lab is one run: namespaces, segments and processes under a prefix of its own, gone when
it closes. Nodes are namespaces; what runs in them is a subclass (Headend, Remote, Router).
The figures of the documentation are functions in topologies.py.
"""

from .capture import Capture
from .headend import Headend
from .lab import Lab, Node
from .pinger import Pinger
from .remote import Remote
from .router import Router
from .system import LabError, wait_for

__all__ = ["Capture", "Headend", "Lab", "LabError", "Node", "Pinger", "Remote", "Router", "wait_for"]
