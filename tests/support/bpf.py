"""Classic BPF as the kernel runs it, for the instructions that our filters use (<linux/bpf_common.h>)."""

_ANCILLARY = 0xFFFFF000
PACKET_TYPE, INTERFACE, VLAN_PRESENT = 4, 8, 48


class OutOfBoundsError(Exception):
    """A load behind the frame's end: the kernel drops the frame."""


def run(program, frame, **ancillary):
    """How many bytes the program keeps of a frame; ``ancillary`` is packet_type, interface, vlan_present."""
    beside = {
        PACKET_TYPE: ancillary.get("packet_type", 0),
        INTERFACE: ancillary.get("interface", 1),
        VLAN_PRESENT: ancillary.get("vlan_present", 0),
    }
    accumulator = index = place = 0
    while True:
        code, if_true, if_false, value = program[place]
        place += 1
        if code == 0x06:  # RET
            return min(value, len(frame))
        if code == 0x16:  # RET A
            return min(accumulator, len(frame))
        if code == 0x80:  # LD LEN
            accumulator = len(frame)
        elif code in (0x20, 0x28, 0x30):  # LD W, H, B
            accumulator = beside[value - _ANCILLARY] if value >= _ANCILLARY else _load(frame, value, code)
        elif code == 0x04:  # ADD
            accumulator = (accumulator + value) & 0xFFFFFFFF
        elif code == 0x54:  # AND
            accumulator &= value
        elif code == 0x07:  # TAX
            index = accumulator
        elif code == 0x05:  # JA
            place += value
        else:
            place += if_true if _holds(code, accumulator, value, index) else if_false


def _load(frame, offset, code):
    size = {0x20: 4, 0x28: 2, 0x30: 1}[code]
    if offset + size > len(frame):
        raise OutOfBoundsError
    return int.from_bytes(frame[offset : offset + size], "big")


def _holds(code, accumulator, value, index):
    return {
        0x15: accumulator == value,
        0x1D: accumulator == index,
        0x35: accumulator >= value,
        0x45: bool(accumulator & value),
    }[code]
