"""Python processes to which tcperf looks as if it ran on macOS or Windows, on this Linux.

``simulated(system, folder)`` is an environment for them, and for whatever they start with it.  Only what
*tcperf's own modules* see is changed, for the standard library and psutil go on working on Linux: a module of
tcperf gets its own ``__import__`` and ``open``.  There,

- ``sys.platform`` is the other system's, and what the other system's ``os``, ``signal``, ``socket``, ``select``,
  ``time``, ``fcntl`` and ``subprocess`` lack is missing;
- modules the other system does not have cannot be imported, nor tcperf's own that are for Linux alone
  (``LINUX_ONLY``: that raises Forbidden, which nothing catches);
- /proc and /sys do not exist;
- psutil's Process lacks what it lacks there.

Windows' ``msvcrt.locking`` is played by byte locks of POSIX.  What cannot be played: that an open file cannot be
renamed or removed, that handles are no descriptors, and that processes end without signals.
"""

import builtins
import functools
import importlib.abc
import os
import sys
import types
from pathlib import Path

SYSTEM = "TCPERF_TEST_SYSTEM"
NAMES = {"darwin": "macOS", "win32": "Windows"}
LINUX_ONLY = frozenset(
    {
        *(f"tcperf.network.{name}" for name in ("broker", "children", "client", "copies", "helper", "hosts")),
        *(f"tcperf.network.{name}" for name in ("linux", "links", "netdev", "run_network", "space", "wire")),
        *(f"tcperf.network.{name}" for name in ("frame_ring", "packets", "qdisc", "relay", "shaping")),
        "tcperf.network.bad_links",
        *(f"tcperf.probes.{name}" for name in ("process", "sampler", "cpu", "instructions")),
        *(f"tcperf.probes.{name}" for name in ("capture_filter", "ring", "ledger", "meter", "meter_process")),
        *(f"tcperf.probes.{name}" for name in ("run_capture", "kept_capture", "bound_ports")),
        *(f"tcperf.probes.{name}" for name in ("flow_numbers", "bpf_lines")),
        *(f"tcperf.probes.{name}" for name in ("host_interfaces", "host_traffic", "sockets")),
        *(f"tcperf.command.{name}" for name in ("cutter", "life", "remarks", "stage", "tree")),
        "tcperf.network.entering",
        "tcperf.network.fabric",
        "tcperf.probes.edge_pipe",
        *(f"tcperf.watching.{name}" for name in ("loopback", "office", "ports", "post", "post_process")),
        "tcperf.watching.unseen",
        *(f"tcperf.watching.container{part}" for part in ("", "_control", "_figures", "_network", "_roster")),
        "tcperf.procfs",
    }
)
_POSIX_MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog"}
ABSENT_MODULES = {"darwin": {"pyroute2", "msvcrt"}, "win32": {"pyroute2", *_POSIX_MODULES}}

_NOT_ON_MACOS = {
    # os.waitid came to macOS with Python 3.13 only.
    "os": "sched_getaffinity sched_setaffinity pidfd_open waitid P_PID P_PIDFD memfd_create unshare setns eventfd "
    "pipe2 splice",
    "select": "epoll",
    "signal": "pidfd_send_signal",
    "socket": "AF_PACKET AF_NETLINK AF_VSOCK SOCK_SEQPACKET SOL_NETLINK TCP_QUICKACK TCP_USER_TIMEOUT",
    "time": "CLOCK_BOOTTIME",
    "fcntl": "F_SETPIPE_SZ F_GETPIPE_SZ",
}
_NOT_ON_WINDOWS = {
    "os": _NOT_ON_MACOS["os"]
    + " fork forkpty wait wait3 wait4 waitstatus_to_exitcode WNOHANG WEXITED WNOWAIT getuid geteuid getgid getegid"
    " getpgid getsid setsid setpgid killpg pread pwrite preadv sysconf uname mkfifo mknod chown set_blocking"
    " get_blocking O_NOFOLLOW O_DIRECTORY O_NONBLOCK O_CLOEXEC getpriority nice sendfile openpty",
    "select": "epoll poll POLLIN POLLOUT POLLHUP POLLERR",
    "signal": "SIGKILL SIGHUP SIGUSR1 SIGUSR2 SIGPIPE SIGCHLD SIGSTOP SIGCONT SIGALRM SIGQUIT pthread_kill "
    "set_wakeup_fd siginterrupt sigwait pidfd_send_signal",
    "socket": _NOT_ON_MACOS["socket"] + " AF_UNIX send_fds recv_fds SCM_RIGHTS CMSG_LEN CMSG_SPACE",
    "time": "clock_gettime clock_gettime_ns CLOCK_MONOTONIC CLOCK_REALTIME CLOCK_BOOTTIME",
}
LACKING = {"darwin": _NOT_ON_MACOS, "win32": _NOT_ON_WINDOWS}
NO_FILES = ("/proc", "/sys")
_SITE = "import other_system; other_system.pretend()\n"


class Forbidden(BaseException):
    """tcperf imported what it must not on this system."""


def simulated(system, folder, **env):
    """The environment of a Python that takes itself for ``system``; a small file is put into ``folder``."""
    (folder / "sitecustomize.py").write_text(_SITE)
    inherited = {name: value for name, value in os.environ.items() if name != "TEAMCITY_VERSION"}
    path = os.pathsep.join((str(Path(__file__).parents[2]), str(folder), str(Path(__file__).parent)))
    return {**inherited, SYSTEM: system, "PYTHONPATH": path, **env}


class Masked(types.ModuleType):
    """A module without some of its names, and with others instead.  What is set on it is set on the real one."""

    def __init__(self, real, hidden=(), instead=None):
        super().__init__(real.__name__)
        self.__dict__.update(_real=real, _hidden=frozenset(hidden), **(instead or {}))

    def __getattr__(self, name):
        if name in self._hidden:
            raise AttributeError(f"module {self._real.__name__!r} has no attribute {name!r} (simulated)")
        return getattr(self._real, name)

    def __setattr__(self, name, value):
        setattr(self._real, name, value)


def pretend(system=None):
    """Let every module of tcperf that is imported from now on take this for ``system``."""
    system = system or os.environ[SYSTEM]
    masks = _masks(system)
    namespace = {**vars(builtins), "__import__": _importer(system, masks), "open": _opener()}
    sys.meta_path.insert(0, _Finder(namespace))
    # ``python -m`` runs its module in the namespace that is there already.
    sys.modules["__main__"].__dict__["__builtins__"] = namespace
    _hide_folders()
    _lame_psutil(system)


def _masks(system):
    import fcntl
    import select
    import signal
    import socket
    import subprocess
    import time

    known = {module.__name__: module for module in (fcntl, select, signal, socket, subprocess, time, os)}
    masks = {
        name: Masked(known[name], hidden.split())
        for name, hidden in LACKING[system].items()
        if name not in ABSENT_MODULES[system]
    }
    masks["sys"] = Masked(sys, instead={"platform": system})
    if system == "win32":
        masks["subprocess"] = Masked(subprocess, instead=_windows_subprocess(subprocess))
        masks["msvcrt"] = _msvcrt(fcntl)
        masks["signal"].__dict__["SIGBREAK"] = signal.SIGUSR2
    return masks


def _importer(system, masks):
    def import_(name, globals_=None, locals_=None, fromlist=(), level=0):
        if not level and name.split(".")[0] in ABSENT_MODULES[system]:
            raise ModuleNotFoundError(f"No module named {name!r} (simulated {system})", name=name)
        mask = masks.get(name.split(".")[0]) if not level else None
        if mask is not None and (name in masks or not fromlist):
            return mask
        return builtins.__import__(name, globals_, locals_, fromlist, level)

    return import_


def _opener():
    def open_(file, *arguments, **named):
        _refuse(file)
        return builtins.open(file, *arguments, **named)  # noqa: PTH123 - it stands in for open

    return open_


def _refuse(path):
    if isinstance(path, str | os.PathLike) and os.fspath(path).startswith(NO_FILES):
        raise FileNotFoundError(2, "No such file or directory (simulated)", os.fspath(path))


def _hide_folders():
    """psutil does not use pathlib: whoever looks for /proc with it is one of ours."""
    for name in ("open", "stat", "iterdir", "read_text", "read_bytes", "write_text", "readlink"):
        setattr(Path, name, _refusing(getattr(Path, name)))
    exists = Path.exists
    Path.exists = lambda self, **named: not str(self).startswith(NO_FILES) and exists(self, **named)


def _refusing(method):
    def wrapped(self, *arguments, **named):
        _refuse(self)
        return method(self, *arguments, **named)

    return wrapped


def _lame_psutil(system):
    import psutil

    for name in {"darwin": ["io_counters", "cpu_affinity"], "win32": ["num_fds", "terminal"]}[system]:
        delattr(psutil.Process, name)
    real = psutil.Process.cpu_times

    @functools.wraps(real)
    def cpu_times(self):
        return real(self)._replace(children_user=0.0, children_system=0.0)

    psutil.Process.cpu_times = cpu_times


def _windows_subprocess(subprocess):
    class Popen(subprocess.Popen):
        def __init__(self, *arguments, creationflags=0, **named):
            assert not creationflags & ~0x200
            refused = {"pass_fds", "preexec_fn", "start_new_session", "process_group", "user"} & set(named)
            if refused:
                raise ValueError(f"{refused} is not supported on Windows platforms")
            super().__init__(*arguments, start_new_session=bool(creationflags), **named)

        def terminate(self):
            self.kill()

        def poll(self):
            status = super().poll()
            return status if status is None or status >= 0 else 1  # TerminateProcess(…, 1)

    return {"Popen": Popen, "CREATE_NEW_PROCESS_GROUP": 0x200}


def _msvcrt(fcntl):
    """``locking`` at the file's position, of POSIX' byte locks; they too are another process's alone."""
    module = types.ModuleType("msvcrt")
    module.LK_LOCK, module.LK_NBLCK, module.LK_UNLCK = 1, 2, 0

    def locking(descriptor, mode, count):
        kind = {1: fcntl.LOCK_EX, 2: fcntl.LOCK_EX | fcntl.LOCK_NB, 0: fcntl.LOCK_UN}[mode]
        try:
            fcntl.lockf(descriptor, kind, count, 0, os.SEEK_CUR)
        except OSError as error:
            raise PermissionError(13, "Permission denied") from error

    module.locking = locking
    return module


class _Finder(importlib.abc.MetaPathFinder):
    """Gives tcperf's modules the namespace of the other system, before a line of theirs runs."""

    def __init__(self, namespace):
        self._namespace = namespace

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in {"tcperf", "tcperf_scenarios"}:
            return None
        if name in LINUX_ONLY:
            raise Forbidden(f"{name} is for Linux alone, and was imported")
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target) if finder is not self else None
            if spec is not None:
                if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                    self._wrap(spec.loader)
                return spec
        return None

    def _wrap(self, loader):
        run = loader.exec_module

        def exec_module(module):
            module.__dict__["__builtins__"] = self._namespace
            run(module)

        loader.exec_module = exec_module
