"""A strict, independent reader of TeamCity's service messages.

It reads a line as TeamCity's Java parser does (`ServiceMessage`, `MapSerializerUtil`), and refuses whatever
that parser rejects, cuts short or passes over in silence, and also what is merely unsafe: anything but
printable ASCII, more than one space, a line of 4096 bytes or more.  It shares no code with tcperf.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

START = "##teamcity["
LIMIT = 4095

NUMBER = re.compile(r"-?[0-9]{1,13}(?:\.[0-9]{1,6})?")
KEY = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:[+-]\d{4})?", re.ASCII)
UNESCAPED = {
    "n": "\n", "r": "\r", "x": "\x85", "l": "\u2028", "p": "\u2029", "|": "|", "'": "'", "[": "[", "]": "]",
}  # fmt: skip
#: A message that opens something, the one that closes it, and the attribute that must agree.
PAIRS = {
    "blockOpened": ("blockClosed", "name"),
    "testSuiteStarted": ("testSuiteFinished", "name"),
    "testStarted": ("testFinished", "name"),
    "compilationStarted": ("compilationFinished", "compiler"),
    "progressStart": ("progressFinish", None),
}
CLOSING = {closing: opening for opening, (closing, _) in PAIRS.items()}
SINGLE_VALUE = frozenset(
    ("addBuildTag", "progressFinish", "progressMessage", "progressStart", "publishArtifacts")
)


class InvalidMessageError(AssertionError):
    """A message that TeamCity would drop, cut or misread."""


@dataclass(frozen=True)
class Message:
    """A parsed message: ``argument`` in the single-value form, else ``attributes`` in their order."""

    name: str
    argument: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, attribute: str) -> str:
        return self.attributes[attribute]


def parse_service_message(line: str | bytes) -> Message:
    """The message of one line, with or without its newline.  Raises InvalidMessageError."""
    text = _ascii(line)
    body = text.removesuffix("\n")
    _demand(len(body) < LIMIT, f"{len(body) + 1} bytes", body)
    _demand(re.fullmatch(r"[ -~]*", body) is not None, "not printable ASCII", body)
    _demand(body.startswith(START), "does not start at column 0", body)
    end = _end(body)
    _demand(end == len(body) - 1, "text behind the message, or a raw ]", body)
    return _Reader(body, len(START), end).message()


def check_output(output: bytes) -> list[Message]:
    """The messages of a whole standard output, each checked, and all of them together.

    Every line that holds ``##teamcity[`` is a valid message from column 0, newline included; whatever is
    opened is closed, in order; each statistic fits and is reported once; states and identities are allowed.
    """
    messages = []
    *lines, rest = output.split(b"\n")
    if START.encode() in rest:
        raise InvalidMessageError(f"the last message has no newline: {rest!r}")
    for line in lines:
        if START.encode() in line:
            messages.append(parse_service_message(line))
    for message in messages:
        _check_message(message)
    _check_closed(messages)
    _check_unique(messages)
    return messages


def statistics_of(output: bytes) -> dict[str, float]:
    """The statistics of a whole standard output, which is checked."""
    return {
        message["key"]: float(message["value"])
        for message in check_output(output)
        if message.name == "buildStatisticValue"
    }


class _Reader:
    """A cursor over a message's body."""

    def __init__(self, text: str, position: int, end: int) -> None:
        self.text = text
        self.position = position
        self.end = end

    def message(self) -> Message:
        name = self.take_while(r"[^ \]]*")
        self.demand(IDENTIFIER.fullmatch(name) is not None, f"the name {name!r} is no identifier")
        if self.position == self.end:
            return Message(name)
        if self.text.startswith(" '", self.position):
            self.position += 1
            argument = self.quoted()
            self.demand(self.position == self.end, "something follows the single value")
            return Message(name, argument)
        return Message(name, attributes=self.attributes())

    def attributes(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while self.position < self.end:
            self.expect(" ", "a space is missing before an attribute")
            name = self.take_while(r"[^=\]]*")
            bare = name.removeprefix("tc:")
            self.demand(IDENTIFIER.fullmatch(bare) is not None, f"the attribute {name!r} is no identifier")
            self.demand(name not in found, f"the attribute {name!r} comes twice")
            self.expect("=", "= is missing")
            found[name] = self.quoted()
        if "timestamp" in found:
            self.demand(_is_timestamp(found["timestamp"]), "the timestamp does not fit")
        return found

    def quoted(self) -> str:
        self.expect("'", "a quote is missing")
        units: list[int] = []
        while (character := self.next()) != "'":
            self.demand(character not in "[]", f"a raw {character}")
            units.append(self.escaped() if character == "|" else ord(character))
        try:
            return b"".join(unit.to_bytes(2, "big") for unit in units).decode("utf-16-be")
        except UnicodeDecodeError:
            raise InvalidMessageError(f"half a surrogate pair: {self.text!r}") from None

    def escaped(self) -> int:
        character = self.next()
        if character == "0":
            match = re.compile(r"x([0-9A-Fa-f]{4})").match(self.text, self.position, self.end)
            self.demand(match is not None, "not four hexadecimal digits")
            self.position = match.end()
            return int(match[1], 16)
        self.demand(character in UNESCAPED, f"an unknown escape |{character}")
        return ord(UNESCAPED[character])

    def next(self) -> str:
        self.demand(self.position < self.end, "a value does not end")
        self.position += 1
        return self.text[self.position - 1]

    def expect(self, character: str, problem: str) -> None:
        self.demand(self.text.startswith(character, self.position), problem)
        self.position += 1

    def take_while(self, pattern: str) -> str:
        found = re.compile(pattern).match(self.text, self.position, self.end)[0]
        self.position += len(found)
        return found

    def demand(self, condition: bool, problem: str) -> None:
        _demand(condition, problem, self.text)


def _demand(condition: bool, problem: str, text: str) -> None:
    if not condition:
        raise InvalidMessageError(f"{problem}: {text!r}")


def _ascii(line: str | bytes) -> str:
    try:
        return line.decode("ascii") if isinstance(line, bytes) else line.encode("ascii").decode("ascii")
    except UnicodeError:
        raise InvalidMessageError(f"not ASCII: {line!r}") from None


def _end(body: str) -> int:
    """Where Java's parser sees the end: the first ] with no | just before it; -1 where there is none."""
    match = re.compile(r"(?<!\|)\]").search(body, len(START))
    return match.start() if match else -1


def _is_timestamp(text: str) -> bool:
    if TIMESTAMP.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _check_message(message: Message) -> None:
    attributes = message.attributes
    text = repr(message)
    if message.name in SINGLE_VALUE:
        _demand(message.argument is not None, "this message takes a single value", text)
        _demand(message.argument != "" or message.name.startswith("progress"), "empty", text)
    if message.name == "buildStatisticValue":
        _demand(KEY.fullmatch(attributes.get("key", "")) is not None, "the key does not fit", text)
        value = attributes.get("value", "")
        _demand(NUMBER.fullmatch(value) is not None and value != "-0", "the value does not fit", text)
        _demand("timestamp" not in attributes, "a statistic needs no timestamp", text)
    if message.name == "buildProblem":
        identity = attributes.get("identity", "x")
        _demand(IDENTIFIER.fullmatch(identity) is not None and len(identity) <= 60, "the identity", text)
        _demand(0 < len(attributes.get("description", "")) <= 4000, "the description", text)
    if message.name == "buildStatus":
        _demand(attributes.get("status", "FAILURE") == "FAILURE", "the status", text)
    if message.name == "message":
        allowed = {"NORMAL", "WARNING", "FAILURE", "ERROR"}
        _demand(
            attributes.get("status", "NORMAL") in allowed and "text" in attributes, "the status or text", text
        )
    if message.name == "testMetadata":
        _demand(len(attributes.get("value", "")) <= 1024, "the value is too long", text)


def _check_closed(messages: list[Message]) -> None:
    """Within one flow, what was opened last is closed first."""
    open_in: dict[str, list[tuple[str, str | None]]] = {}
    for message in messages:
        stack = open_in.setdefault(message.attributes.get("flowId", ""), [])
        if message.name in PAIRS:
            stack.append((message.name, _label(message, PAIRS[message.name][1])))
        elif message.name in CLOSING:
            opening = CLOSING[message.name]
            expected = (opening, _label(message, PAIRS[opening][1]))
            _demand(bool(stack) and stack[-1] == expected, f"closes what is not open: {stack}", repr(message))
            stack.pop()
    left = {flow: stack for flow, stack in open_in.items() if stack}
    _demand(not left, "never closed", repr(left))


def _label(message: Message, attribute: str | None) -> str | None:
    return message.argument if attribute is None else message.attributes.get(attribute)


def _check_unique(messages: list[Message]) -> None:
    keys = Counter(message["key"].lower() for message in messages if message.name == "buildStatisticValue")
    repeated = [key for key, count in keys.items() if count > 1]
    _demand(not repeated, "reported twice, or differing only by case", repr(repeated))
