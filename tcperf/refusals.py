"""What an operating system refuses, by its error number (errno), and the cure."""

from __future__ import annotations

import errno

#: What this process or its user ran out of.
SHORTAGES = {
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "raise the machine's limit of open files (sysctl fs.file-max)",
    errno.EAGAIN: "raise the limit of processes (ulimit -u, or the container's pids limit)",
    errno.ENOMEM: "free some memory",
}


def program_cure(number: int | None) -> str:
    """The cure for a program that cannot be started; ``number`` is the refusal's, None where it is not known."""
    if number in SHORTAGES:
        return SHORTAGES[number]
    if number == errno.ENOEXEC:
        return "give a binary built for this machine's system and processor, or a script with a #! line"
    if number == errno.EACCES:
        return "make it executable (chmod +x) and readable for this user"
    return "check the path, and for a script or a dynamic binary that its interpreter exists"
