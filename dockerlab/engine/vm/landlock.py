"""Let a process write in one folder only, with Landlock. That takes no privilege, but not every kernel offers it.

The numbers come from Linux: include/uapi/linux/landlock.h, prctl.h, and for the system calls
include/uapi/asm-generic/unistd.h, which x86 and Arm share.
"""

import ctypes
import os
import struct
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
CREATE_RULESET_VERSION = 1 << 0
RULE_PATH_BENEATH = 1
PR_SET_NO_NEW_PRIVS = 38
# WRITE_FILE, and everything from REMOVE_DIR to MAKE_SYM. Moving a file to another folder is forbidden by default.
WRITE = (1 << 1) | sum(1 << bit for bit in range(4, 13))
TRUNCATE = 1 << 14  # from version 3 on

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """The version of Landlock, from 1; 0 if the kernel has none or the container may not use it."""
    try:
        return _call(_libc.syscall, CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)
    except OSError:
        return 0


def confine(folder: Path) -> None:
    """From now on, let this process and its children write, make and remove files in a folder only.

    Files that are open already stay writable. Without Landlock, nothing happens.

    Raises:
        OSError: Landlock refuses, or there is no such folder.
    """
    if not (here := version()):
        return
    rights = WRITE | (TRUNCATE if here >= 3 else 0)
    handled = struct.pack("=Q", rights)
    rules = _call(_libc.syscall, CREATE_RULESET, handled, len(handled), 0)
    below = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    _call(_libc.syscall, ADD_RULE, rules, RULE_PATH_BENEATH, struct.pack("=Qi", rights, below), 0)
    _call(_libc.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call(_libc.syscall, RESTRICT_SELF, rules, 0)
    os.close(below)
    os.close(rules)


def _call(function, *arguments: int | bytes | None) -> int:
    """Call a function of the C library that returns -1 if it fails."""
    # Integers as wide as a pointer: the C library does not know what a system call takes.
    result = function(*(ctypes.c_long(each) if isinstance(each, int) else each for each in arguments))
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
