"""The small pure parts of the driver: accounts, peers, the mesh, what signals mean, timeouts, quotations."""

import math

import pytest
from attrs import evolve
from fake_host import CalmWitness, make_place
from hypothesis import given
from hypothesis import strategies as st

from tcperf.errors import NodeError
from tcperf.nodes import accounts, factory, signal_kinds
from tcperf.nodes.accounts import Account
from tcperf.nodes.inbox import Signal
from tcperf.nodes.mesh import TOPIC, Mesh
from tcperf.nodes.peers import PeerAddress, dialable, tcp_addresses
from tcperf.nodes.rpc_client import RpcError
from tcperf.nodes.timeouts import Timeouts
from tcperf.nodes.witness import failure, loss, quote

KEY = "0x04" + "0f" * 64
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["messages", "ids", "id", "text", "a"]), inner)
    ),
    max_leaves=10,
)


class TestAccounts:
    def login(self, key=KEY, uid="0x01"):
        return Signal("node.login", {"settings": {"public-key": key}, "account": {"key-uid": uid}}, 0)

    def test_the_account_of_a_login(self):
        assert accounts.account_of(self.login()) == Account(KEY, "0x01")

    @pytest.mark.parametrize(
        "key", [None, "", 4, KEY[:-1], KEY + "0", KEY.upper(), "0x03" + KEY[4:], KEY + "\n"]
    )
    def test_a_key_that_is_none(self, key):
        assert accounts.account_of(self.login(key=key)) is None

    @pytest.mark.parametrize("uid", [None, "", 4])
    def test_an_id_that_is_none(self, uid):
        assert accounts.account_of(self.login(uid=uid)) is None

    @given(st.text())
    def test_display_names_are_taken_by_status_go(self, name):
        made = accounts.display_name(name)
        assert 5 <= len(made) <= 24
        assert all(letter.isascii() and (letter.isalnum() or letter in "_- ") for letter in made)

    def test_bodies(self, tmp_path):
        body = accounts.creation("alice", tmp_path, logs=False)
        assert body["displayName"] == "alice-node"
        assert body["rootDataDir"] == body["logFilePath"] == str(tmp_path)
        assert body["logEnabled"] is False
        assert "logLevel" not in body  # it would switch the log on
        assert accounts.creation("alice", tmp_path, logs=True)["logLevel"] == "INFO"
        opened = accounts.opening(Account(KEY, "0x01"))
        assert opened == {
            "keyUid": "0x01",
            "password": body["password"],
            "kdfIterations": body["kdfIterations"],
        }


class TestPeers:
    def test_plain_tcp_only(self):
        found = tcp_addresses(
            [
                "/ip4/10.77.0.2/tcp/34161/p2p/16UiuA",
                "/ip4/10.77.0.2/tcp/34162/ws/p2p/16UiuA",
                "/ip4/10.77.0.2/udp/1/quic/p2p/16UiuA",
                "/ip6/::1/tcp/1/p2p/16UiuA",
                "/ip4/10.77.0.2/tcp/34161",
                7,
                None,
            ]
        )
        assert found == (PeerAddress("/ip4/10.77.0.2/tcp/34161/p2p/16UiuA", "10.77.0.2", "16UiuA"),)

    @pytest.mark.parametrize(
        ("ips", "host", "chosen"),
        [
            (["127.0.0.1", "10.77.0.2"], "10.77.0.2", "10.77.0.2"),
            (["127.0.0.1"], "10.77.0.2", "127.0.0.1"),
            (["127.0.0.1"], "127.0.0.1", "127.0.0.1"),
            (["127.0.0.1", "10.77.0.3"], "10.77.0.2", None),
            ([], "10.77.0.2", None),
        ],
    )
    def test_the_hosts_own_address_is_dialled(self, ips, host, chosen):
        found = dialable(tcp_addresses(f"/ip4/{ip}/tcp/1/p2p/x" for ip in ips), host)
        assert (found and found.ip) == chosen


class TestMesh:
    def mesh(self, answers):
        asked = []

        def rpc(method, params):
            asked.append((method, params))
            answer = answers[method.removeprefix("wakuext_")]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return Mesh(rpc), asked

    def test_members_of_the_mesh_count_and_not_mere_peers(self):
        mesh, asked = self.mesh({"relayPeersByTopic": {"fullMesh": ["a"], "all": ["a", "b"]}})
        assert mesh.has("a")
        assert not mesh.has("b")
        assert asked[0] == ("wakuext_relayPeersByTopic", [TOPIC])

    @pytest.mark.parametrize("answer", [None, [], {}, {"fullMesh": None}, {"fullMesh": "abc"}])
    def test_no_mesh(self, answer):
        assert not self.mesh({"relayPeersByTopic": answer})[0].has("a")

    def test_who_is_connected_is_asked_without_the_mesh(self):
        mesh, asked = self.mesh({"peers": {"a": {}}})
        assert mesh.lists("a")
        assert not mesh.lists("b")
        assert asked == [("wakuext_peers", [])] * 2

    def test_where_it_cannot_tell_peers_count_and_it_is_not_asked_again(self):
        unknown = RpcError("no such method")
        unknown.code = -32601
        mesh, asked = self.mesh({"relayPeersByTopic": unknown, "peers": {"a": {}}})
        assert mesh.has("a")
        assert not mesh.has("b")
        assert [method for method, _params in asked] == [
            "wakuext_relayPeersByTopic",
            "wakuext_peers",
            "wakuext_peers",
        ]

    @pytest.mark.parametrize("peers", [None, 3, "a"])
    def test_peers_that_are_none(self, peers):
        unknown = RpcError("no such method")
        unknown.code = -32601
        assert not self.mesh({"relayPeersByTopic": unknown, "peers": peers})[0].has("a")

    def test_other_errors_are_errors(self):
        failed = RpcError("crashed")
        failed.code = -32603
        with pytest.raises(RpcError):
            self.mesh({"relayPeersByTopic": failed})[0].has("a")


def messages_new(*messages):
    return Signal("messages.new", {"messages": list(messages)}, 0)


def delivered(message_id):
    return Signal("message.delivered", {"chatID": "x", "messageID": message_id}, 0)


class TestSignalKinds:
    def test_a_message_is_its_text_and_its_sender(self):
        match = signal_kinds.is_message("hello 1", KEY)
        right = {"id": "x", "from": KEY, "text": "hello 1"}
        assert match(messages_new(right))
        assert match(messages_new({"text": "other", "from": KEY}, right))
        assert not match(messages_new({**right, "text": "hello 10"}))
        assert not match(messages_new({**right, "from": KEY[:-1] + "1"}))
        assert not match(messages_new({"text": "hello 1", "from": "x"}, {"text": "x", "from": KEY}))
        assert not match(Signal("messages.old", {"messages": [right]}, 0))

    @given(st.text(), JSON)
    def test_no_event_is_too_odd(self, kind, event):
        for name in (kind, "messages.new", "message.delivered", "envelope.expired", "node.login"):
            signal = Signal(name, event, 0)
            assert not signal_kinds.is_message("unlikely text", KEY)(signal)
            assert not signal_kinds.is_delivery("unlikely id")(signal)
            assert signal_kinds.Ledger().accept(signal)
            signal_kinds.login_error(signal)
            assert not signal_kinds.is_contact_request("unlikely id")(signal)
            assert not signal_kinds.is_mutual_contact("unlikely key")(signal)
            assert not signal_kinds.is_chat("unlikely id")(signal)
            assert all(isinstance(part, str) for report in signal_kinds.reports(signal) for part in report)
        signal_kinds.sent_message_id(event, "text")
        assert isinstance(signal_kinds.group_id(event), str | None)

    def test_a_contact_is_mutual_when_the_node_says_so(self):
        match = signal_kinds.is_mutual_contact(KEY)
        for contact, is_mutual in (
            ({"id": KEY, "mutual": True}, True),
            ({"id": KEY, "mutual": False}, False),
            ({"id": KEY}, False),
            ({"id": "0x04ab", "mutual": True}, False),
        ):
            assert match(Signal("messages.new", {"contacts": [contact]}, 0)) is is_mutual

    def test_a_group_is_the_chat_of_its_kind(self):
        answer = {"chats": [{"id": KEY, "chatType": 1}, {"id": f"uuid-{KEY}", "chatType": 3}]}
        assert signal_kinds.group_id(answer) == f"uuid-{KEY}"
        assert signal_kinds.group_id({"chats": answer["chats"][:1]}) is None
        assert signal_kinds.is_chat(f"uuid-{KEY}")(Signal("messages.new", answer, 0))
        assert not signal_kinds.is_chat("uuid")(Signal("messages.new", answer, 0))

    def test_every_report_counts(self):
        twice = {"id": "x", "from": KEY, "text": "hello"}
        assert list(signal_kinds.reports(messages_new(twice, twice, {"id": "y"}))) == [("hello", KEY)] * 2
        assert list(signal_kinds.reports(delivered("x"))) == []

    @pytest.mark.parametrize(
        ("event", "error"), [({}, None), ({"error": ""}, None), (None, None), ({"error": "x"}, "x")]
    )
    def test_login_errors(self, event, error):
        signal = Signal("node.login", event, 0)
        assert signal_kinds.is_login(signal)
        assert signal_kinds.login_error(signal) == error

    @pytest.mark.parametrize(
        ("result", "expected"),
        [
            ({"messages": [{"id": "0x1", "text": "a"}]}, "0x1"),
            ({"messages": [{"id": "0x0", "text": "b"}, {"id": "0x1", "text": "a"}]}, "0x1"),
            ({"messages": [{"id": 7, "text": "a"}]}, None),
            ({"messages": [{"text": "a"}]}, None),
            ({"messages": None}, None),
            (None, None),
        ],
    )
    def test_the_id_of_what_was_sent(self, result, expected):
        assert signal_kinds.sent_message_id(result, "a") == expected


class TestLedger:
    def test_repeats_are_dropped_and_others_are_not(self):
        ledger = signal_kinds.Ledger()
        assert [ledger.accept(delivered(name)) for name in "abaab"] == [True, True, False, False, False]
        assert ledger.accept(Signal("messages.new", {"messageID": "a"}, 0))

    def test_expired_envelopes_are_remembered(self):
        ledger = signal_kinds.Ledger()
        assert ledger.accept(Signal("envelope.expired", {"ids": ["a", "b", 7]}, 0))
        assert ledger.has_expired("b")
        assert not ledger.has_expired("c")

    def test_memory_is_bounded(self, monkeypatch):
        monkeypatch.setattr(signal_kinds, "_REMEMBERED", 10)
        ledger = signal_kinds.Ledger()
        for number in range(100):
            assert ledger.accept(delivered(str(number)))
        assert len(ledger._delivered) == 10
        assert not ledger.accept(delivered("99"))


class TestTimeouts:
    def test_delivery_outlasts_a_second_sending(self):
        assert Timeouts().delivery_s > 36 + 2

    @pytest.mark.parametrize("seconds", [0, -1, math.nan])
    def test_none_is_without_time(self, seconds):
        with pytest.raises(ValueError, match="call_s"):
            evolve(Timeouts(), call_s=seconds)


class TestWitness:
    def test_a_failure_names_the_node_and_quotes_it(self):
        error = failure(CalmWitness(), "did nothing")
        assert str(error) == "alice did nothing (its log is /logs/alice.log)"
        assert error.details == ("first", "second")
        assert type(error) is NodeError

    def test_a_failure_of_a_kind_with_a_cure(self):
        error = failure(CalmWitness(), "did nothing", cure="try again", kind=RpcError)
        assert isinstance(error, RpcError)
        assert error.cure == "try again"

    def test_a_loss(self):
        assert loss(CalmWitness(), "hung up", "in the call").message == "alice hung up in the call"
        dead = CalmWitness("was killed by SIGKILL")
        assert loss(dead, "hung up", "in the call").message == "alice was killed by SIGKILL in the call"

    @given(st.text() | st.binary() | JSON)
    def test_quotations_are_one_short_line(self, said):
        shown = quote(said)
        assert len(shown) <= 201
        assert len(shown.splitlines()) <= 1 or not shown.isprintable()

    def test_a_quotation(self):
        assert quote(b"a\nb\xff") == "'a\\nb\ufffd'"
        assert quote({"a": 1}) == "{'a': 1}"
        assert quote("x" * 500) == f"'{'x' * 199}…"


class TestFactory:
    def test_the_reference_node_is_this_very_package(self):
        made = factory.reference_node("2024-10")
        program = ("-P", "-m", "tcperf.nodes.reference", "--api", "2024-10")
        assert made.command[1:] == (*program, "--resend-after", "5")
        assert factory.reference_node("2024-10", resend_after_s=0.25).command[-1] == "0.25"
        assert (factory.Path(made.env["PYTHONPATH"]) / "tcperf" / "nodes" / "reference").is_dir()

    def test_a_driver_has_a_folder_of_its_own(self, tmp_path):
        node = factory.StatusBackend(("status-backend",), env={"A": "b"})(make_place(tmp_path, "bob"))
        assert node.name == "bob"
        assert node._argv == ("status-backend", "--address", "127.0.0.1:0")
        assert node._env["HOME"] == str(tmp_path / "bob")
        assert node._env["A"] == "b"
