"""Programs in a terminal of their own, and what stands on its screen: the few sequences that progress lines need."""

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

COLUMNS, ROWS = 80, 24
#: Text, or one of the sequences of ECMA-48.
_PIECES = re.compile(
    r"\x1b\[(?P<args>[0-9;?]*)(?P<do>[A-Za-z])|(?P<other>\x1b.?)|(?P<control>[\r\n\b])|(?P<text>[^\x1b\r\n\b]+)"
)
#: What only changes how letters look; and, in these, which colour they have.
_COLOURS = re.compile(r"(?:3|4|9|10)[0-9]\Z")


class Screen:
    """A terminal of so many columns, without an end at the bottom; a line that is too long goes on below.

    Raises AssertionError for a sequence that it does not know.
    """

    def __init__(self, columns=COLUMNS):
        self.columns = columns
        self.lines = [""]
        self.row = self.column = 0
        self.is_cursor_shown = True
        self.colours = set()
        self.moves = 0
        self.widest = 0

    def write(self, text):
        for found in _PIECES.finditer(text):
            assert found["other"] is None, f"an unknown sequence: {found[0]!r}"
            if found["do"]:
                self._do(found["do"], found["args"])
            elif found["control"]:
                self._control(found["control"])
            else:
                self._put(found["text"])
        return self

    @property
    def text(self):
        return "\n".join(line.rstrip() for line in self.lines).rstrip("\n") + "\n"

    def _do(self, do, args):
        if do == "m":
            self.colours |= {code for code in args.split(";") if _COLOURS.match(code)}
            return
        self.moves += 1
        match do:
            case "K":
                before = self.lines[self.row]
                self.lines[self.row] = "" if args == "2" else before[: self.column]
            case "A":
                self.row = max(0, self.row - int(args or 1))
            case "h" | "l":
                assert args == "?25", args
                self.is_cursor_shown = do == "h"
            case _:
                raise AssertionError(f"an unknown sequence: {do!r} of {args!r}")

    def _control(self, control):
        if control == "\n":
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
        self.column = 0 if control == "\r" else max(0, self.column - (control == "\b"))

    def _put(self, text):
        for letter in text:
            if self.column == self.columns:
                self._control("\n")
                self.column = 0
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + letter + line[self.column + 1 :]
            self.column += 1
            self.widest = max(self.widest, self.column)


def in_terminal(command, *, env, columns=COLUMNS, timeout=120, **options):
    """Run a program whose output and errors are one terminal; its status and all that the terminal got."""
    controller, terminal = pty.openpty()
    try:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal, env=env, **options
        ) as process:
            os.close(terminal)
            terminal = None
            found = drained(controller)
            return process.wait(timeout), found.decode("utf-8")
    finally:
        os.close(controller)
        if terminal is not None:
            os.close(terminal)


def drained(controller):
    """All that a terminal got before its last holder closed it (EIO; pty(7)); it comes in pieces."""
    found = b""
    with contextlib.suppress(OSError):
        while piece := os.read(controller, 1 << 16):
            found += piece
    return found
