"""How the two protocols of raw messages write bytes, and what they are asked for."""

import base64
import errno
import socket
import sys

import pytest
from fake_host import LoopbackHost
from hypothesis import given
from hypothesis import strategies as st

from tcperf.nodes.flavour import FLAVOURS, TOPIC, WAKU, WHISPER, of_hex, to_hex
from tcperf.nodes.raw_account import is_message, signal_of
from tcperf.nodes.statusd_config import LOOPBACK, configuration, reserved_port

EACH = pytest.mark.parametrize("flavour", FLAVOURS, ids=lambda flavour: flavour.namespace)
KEY = b"\x04" + bytes(range(64))
#: The forms in which real nodes wrote "hello world".
SAID = {"waku": "aGVsbG8gd29ybGQ=", "shh": "0x68656c6c6f20776f726c64"}


@EACH
@given(raw=st.binary())
def test_what_is_written_is_read_again(flavour, raw):
    assert flavour.decode(flavour.encode(raw)) == raw


@EACH
def test_the_forms_are_those_of_real_nodes(flavour):
    assert flavour.encode(b"hello world") == SAID[flavour.namespace]
    assert flavour.method("post") == f"{flavour.namespace}_post"


@EACH
@given(junk=st.one_of(st.none(), st.integers(), st.lists(st.integers()), st.text()))
def test_anything_else_is_refused_or_means_bytes(flavour, junk):
    try:
        raw = flavour.decode(junk)
    except ValueError:
        return
    assert flavour.decode(flavour.encode(raw)) == raw  # it happened to be some


@pytest.mark.parametrize("junk", [None, 7, "", "12", "0x1", "0xzz", "0x 12", " 0x12", "0x12\n", ["0x12"]])
def test_no_hex(junk):
    with pytest.raises(ValueError, match="hex"):
        of_hex(junk)


@given(st.binary())
def test_hex_is_that_of_go_ethereum(raw):
    assert to_hex(raw) == f"0x{raw.hex()}"
    assert of_hex(to_hex(raw).upper().replace("0X", "0x")) == raw


@pytest.mark.parametrize("junk", [None, 7, "a", "aGk", "aG k=", "äää=", "aGk=\n"])
def test_no_base64(junk):
    with pytest.raises(ValueError, match="base64"):
        WAKU.decode(junk)


def test_a_message_is_for_one_key_and_of_the_topic_that_all_ask_for():
    envelope = WAKU.envelope("hello world", signer="ab12", receiver=KEY)
    assert envelope["pubKey"] == base64.b64encode(KEY).decode()
    assert envelope["payload"] == "aGVsbG8gd29ybGQ="
    assert (envelope["sig"], envelope["topic"]) == ("ab12", TOPIC)
    assert envelope["powTarget"] > 0.001
    assert WHISPER.envelope("x", signer="ab12", receiver=KEY)["pubKey"] == to_hex(KEY)
    assert WAKU.criteria("ab12")["topics"] == [TOPIC]
    assert len(of_hex(TOPIC)) == 4


@EACH
@given(text=st.text())
def test_what_is_pushed_is_the_text_and_its_sender(flavour, text):
    pushed = {"sig": flavour.encode(KEY), "payload": flavour.encode(text.encode()), "topic": TOPIC}
    signal = signal_of(flavour, pushed, 12)
    assert signal.at_ns == 12
    assert is_message(text, to_hex(KEY))(signal)
    assert not is_message(f"{text}.", to_hex(KEY))(signal)
    assert not is_message(text, to_hex(KEY[:-1]))(signal)


@EACH
@pytest.mark.parametrize("pushed", [None, [], {}, {"sig": None, "payload": "x"}, {"payload": 7, "sig": 8}])
def test_what_is_pushed_and_is_no_message(flavour, pushed):
    with pytest.raises(ValueError, match=r"base64|hex"):
        signal_of(flavour, pushed, 0)


def test_a_payload_that_is_no_text_is_none():
    with pytest.raises(UnicodeDecodeError):
        signal_of(WAKU, {"sig": WAKU.encode(KEY), "payload": WAKU.encode(b"\xff")}, 0)


@EACH
def test_a_node_is_told_of_nobody_and_speaks_one_protocol(flavour):
    found = configuration("/data", "10.77.0.2", 4711, flavour)
    assert found["ListenAddr"] == "10.77.0.2:0"
    assert (found["HTTPHost"], found["HTTPPort"]) == ("127.0.0.1", 4711)
    assert found["NoDiscovery"]
    assert not found["ClusterConfig"]["Enabled"]
    assert not any(found["ClusterConfig"].values())
    enabled = {key for key in ("WakuConfig", "WhisperConfig") if found[key]["Enabled"]}
    assert enabled == {flavour.config}
    assert flavour.namespace in found["APIModules"].split(",")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere two sockets cannot share an address")
def test_a_reserved_port_is_for_who_was_told_of_it():
    with reserved_port(LoopbackHost()) as port:
        with socket.socket() as other, pytest.raises(OSError, match="in use") as caught:
            other.bind((LOOPBACK, port))
        assert caught.value.errno == errno.EADDRINUSE
        with socket.create_server((LOOPBACK, port)) as told, socket.create_connection((LOOPBACK, port)):
            told.accept()[0].close()
        with socket.create_server((LOOPBACK, port)):
            pass  # and again, with a connection of before in TIME_WAIT


def test_a_reserved_port_is_free_again_afterwards():
    with reserved_port(LoopbackHost()) as port:
        pass
    with socket.socket() as other:
        other.bind((LOOPBACK, port))
