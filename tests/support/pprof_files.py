"""What is in a profile of Go's (github.com/google/pprof, proto/profile.proto), as far as a test must know."""

import gzip

_SAMPLE, _STRINGS = 2, 6
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read(content):
    """The number of samples, and all texts: units, names of functions, paths."""
    samples, texts = 0, []
    for number, value in _fields(gzip.decompress(content)):
        samples += number == _SAMPLE
        if number == _STRINGS:
            texts.append(value.decode())
    return samples, texts


def _fields(message):
    """The numbers and values of a protocol buffer's fields, in their order; fails on whatever is none."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
        else:
            length = {_FIXED64: 8, _FIXED32: 4}.get(kind)
            if length is None:
                assert kind == _BYTES, f"field {number} has wire type {kind}"
                length, at = _varint(message, at)
            value = message[at : at + length]
            assert len(value) == length, f"field {number} is cut off"
            at += length
        yield number, value


def _varint(message, at):
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
