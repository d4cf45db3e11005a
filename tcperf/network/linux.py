"""The few Linux calls that Python 3.11 lacks: unshare, setns and prctl, and what they need.

Constants are those of <linux/sched.h>, <linux/prctl.h>, <linux/securebits.h> and <linux/if_packet.h>.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000

_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_READ = 23
_PR_CAPBSET_DROP = 24
_PR_SET_SECUREBITS = 28
_PR_SET_TIMERSLACK = 29
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522
_SECBIT_NOROOT = 1 << 0
_SECBIT_NOROOT_LOCKED = 1 << 1
_SECBIT_NO_CAP_AMBIENT_RAISE = 1 << 6
_SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED = 1 << 7
_NO_CAPABILITIES_EVER = (
    _SECBIT_NOROOT
    | _SECBIT_NOROOT_LOCKED
    | _SECBIT_NO_CAP_AMBIENT_RAISE
    | _SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED
)

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _prctl(option: int, argument: int, what: str) -> None:
    zero = ctypes.c_ulong(0)
    _check(_libc.prctl(option, ctypes.c_ulong(argument), zero, zero, zero), what)


def unshare(flags: int) -> None:
    """Move the calling thread into new namespaces (unshare(2)); CLONE_NEWUSER needs a single-threaded process.

    Raises OSError with the kernel's reason.
    """
    _check(_libc.unshare(flags), "unshare")


def enter_network(descriptor: int) -> None:
    """Move the calling thread into a network namespace, given by a descriptor of it (setns(2)); needs CAP_SYS_ADMIN.

    Raises OSError with the kernel's reason.
    """
    _check(_libc.setns(descriptor, CLONE_NEWNET), "setns")


def enter_user_and_network_namespace() -> None:
    """Become the owner of a new user namespace, under one's own uid, with a network namespace in it.

    Identity maps (uid to itself) keep file ownership and let programs see the user they know.
    """
    uid, gid = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER | CLONE_NEWNET)
    # setgroups must be given up before an unprivileged gid_map is accepted: user_namespaces(7).
    Path("/proc/self/setgroups").write_text("deny", "ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", "ascii")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", "ascii")


def enter_private_network(step: Callable[[str], AbstractContextManager[None]]) -> str:
    """Move this single-threaded process into a network namespace; which namespaces were made, in words.

    Root takes a network namespace of its own; everybody else a user namespace around it.  ``step`` is entered with the
    name of what is tried.  Raises OSError with the kernel's reason.
    """
    if os.geteuid() == 0:
        with step("make a network namespace"):
            try:
                unshare(CLONE_NEWNET)
            except PermissionError:  # root without CAP_SYS_ADMIN, as in many containers
                pass
            else:
                return "network"
    with step("make a user namespace"):
        enter_user_and_network_namespace()
    return "user and network"


def die_with_parent(parent_pid: int) -> None:
    """Be killed when the thread that started this process ends; exit now if it has ended already."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent_pid:
        os._exit(1)


def wake_on_time() -> None:
    """Let the calling thread's waits end when they are to, not up to 50 us later, with others' (prctl(2))."""
    _prctl(_PR_SET_TIMERSLACK, 1, "prctl(PR_SET_TIMERSLACK)")


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, so that none can hide."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, "prctl(PR_SET_CHILD_SUBREAPER)")


def _clear_capabilities() -> None:
    """capset(2) with nothing permitted, effective or inheritable; version 3 has two 32-bit words a set."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _check(_libc.capset(header, nothing), "capset")


def give_up_capabilities() -> None:
    """Make the next exec, and all after it, run without any capability, root or not.

    The bounding set is emptied, and root's special treatment at exec is locked away (capabilities(7)).  A
    process without CAP_SETPCAP may do neither: it clears its own sets, and NO_NEW_PRIVS keeps the exec from
    giving it, root or not, more than it has.
    """
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, "prctl(PR_SET_NO_NEW_PRIVS)")
    try:
        _prctl(_PR_SET_SECUREBITS, _NO_CAPABILITIES_EVER, "prctl(PR_SET_SECUREBITS)")
    except PermissionError:
        _clear_capabilities()
        return
    capability = 0
    while _libc.prctl(_PR_CAPBSET_READ, ctypes.c_ulong(capability), 0, 0, 0) >= 0:
        _prctl(_PR_CAPBSET_DROP, capability, "prctl(PR_CAPBSET_DROP)")
        capability += 1
