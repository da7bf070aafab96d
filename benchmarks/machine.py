"""What the operating system knows: the machine, its cores, the memory of a process."""

from __future__ import annotations

import os
import platform
import re
import resource
import sys
from pathlib import Path


def use_cores(cores: int) -> None:
    """Keep this process and its children to so many cores, where the system can; DuckDB and polars then see no more."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def describe_machine() -> str:
    """Processor, cores, memory and system in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}"


def own_peak_bytes() -> int:
    """The largest resident size of this process so far, in bytes."""
    # Linux counts a parent's memory in `ru_maxrss` of what it starts; the high-water mark is that of the program alone.
    status = Path("/proc/self/status")
    if status.exists() and (
        found := re.search(r"^VmHWM:\s*(\d+) kB", status.read_text(encoding="utf-8"), re.MULTILINE)
    ):
        return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _processor() -> str:
    cpu_info = Path("/proc/cpuinfo")
    found = (
        re.search(r"^model name\s*: (.+)$", cpu_info.read_text(encoding="utf-8"), re.M) if cpu_info.exists() else None
    )
    return found[1].strip() if found else platform.processor() or "unknown processor"
