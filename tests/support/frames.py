"""Capturing frames in a test: a thread that reads a packet socket until it is told to save."""

import socket
import struct
import threading

import dpkt

_SOL_PACKET = 263
_PACKET_STATISTICS = 6
_WHOLE_FRAME = 65_536


class Capture:
    """Every frame that a packet socket sees, in both directions."""

    def __init__(self, packets):
        self._packets = packets
        self._frames = []
        packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        packets.settimeout(0.05)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while True:
            try:
                frame = self._packets.recv(_WHOLE_FRAME)
            except TimeoutError:
                if self._end.is_set():
                    return
            else:
                self._frames.append(frame)

    def save(self, path):
        """Stop and write a pcap file; fails the test if a frame was lost."""
        self._end.set()
        self._thread.join()
        _seen, dropped = struct.unpack("II", self._packets.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))
        assert dropped == 0
        self._packets.close()
        with path.open("wb") as file:
            writer = dpkt.pcap.Writer(file, snaplen=_WHOLE_FRAME)
            for number, frame in enumerate(self._frames):
                writer.writepkt(frame, ts=float(number))
