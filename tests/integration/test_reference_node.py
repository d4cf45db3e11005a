"""The reference node as a program: real processes, real connections over the loopback."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from processes import await_gone
from reference_client import ITERATIONS, PASSWORD, TOPIC, Node, nodes
from websockets.sync.client import connect

from tcperf.nodes.reference.generations import GENERATIONS
from tcperf.nodes.reference.keypair import KeyPair
from tcperf.nodes.reference.peer_id import peer_id

pytestmark = pytest.mark.integration
APIS = tuple(GENERATIONS)


@pytest.fixture
def node(tmp_path):
    with nodes(tmp_path) as (node,):
        yield node


@pytest.fixture
def pair(tmp_path):
    """Two connected nodes with accounts."""
    with nodes(tmp_path, 2) as (alice, bob):
        alice.create().dial(bob.create())
        yield alice, bob


@pytest.mark.parametrize("api", APIS)
def test_two_accounts_talk_in_every_generation(tmp_path, api):
    with nodes(tmp_path, 2, api=api) as (alice, bob):
        alice.create().dial(bob.create())
        for sender, receiver in ((alice, bob), (bob, alice)):
            for number in range(5):
                sent, received = sender.deliver(receiver, f"message {number}")
                assert received["text"] == f"message {number}"
                assert received["from"] == received["chatId"] == sender.chat_id
                assert received["id"] == sent["id"]
                assert sent["outgoingStatus"] == "sending"


def test_what_login_says(node):
    node.create()
    settings, account = node.login["settings"], node.login["account"]
    assert len(settings["public-key"]) == 132
    assert settings["public-key"].startswith("0x04")
    assert settings["key-uid"] == account["key-uid"]
    assert len(account["key-uid"]) == 66
    assert account["name"] == settings["display-name"] == "alice-node"
    assert account["kdfIterations"] == ITERATIONS
    assert len(settings["mnemonic"].split()) == 12
    assert [found["type"] for found in node.signals[-4:-1]] == [
        "wakuv2.peerstats",
        "node.started",
        "node.ready",
    ]


def test_a_message_in_the_history_of_both(pair):
    alice, bob = pair
    sent = [alice.deliver(bob, f"message {number}")[0] for number in range(5)]
    own = alice.rpc("wakuext_chatMessages", bob.chat_id, "", 3)
    assert [message["text"] for message in own["messages"]] == ["message 4", "message 3", "message 2"]
    assert {message["outgoingStatus"] for message in own["messages"]} == {"delivered"}
    rest = alice.rpc("wakuext_chatMessages", bob.chat_id, own["cursor"], 3)
    assert [message["id"] for message in rest["messages"]] == [sent[1]["id"], sent[0]["id"]]
    assert rest["cursor"] == ""
    theirs = bob.rpc("wakuext_chatMessages", alice.chat_id, "", 10)["messages"]
    assert [message["id"] for message in theirs] == [message["id"] for message in reversed(sent)]
    assert all("outgoingStatus" not in message for message in theirs)


def test_a_burst_arrives_whole(pair):
    alice, bob = pair
    sent = {alice.send(bob, f"burst {number}")["id"] for number in range(200)}
    arrived, delivered = set(), set()
    while arrived != sent:
        arrived.add(bob.signal("messages.new")["messages"][0]["id"])
    while delivered != sent:
        delivered.add(alice.signal("message.delivered")["messageID"])


def test_three_in_a_line_reach_each_other_over_the_one_between(tmp_path):
    with nodes(tmp_path, 3) as (alice, bob, carol):
        for person in (alice, bob, carol):
            person.create()
        alice.dial(bob)
        bob.dial(carol)
        assert list(alice.rpc("wakuext_peers")) == list(carol.rpc("wakuext_peers")) == [bob.peer]
        assert alice.deliver(carol, "over the hill")[1]["from"] == alice.chat_id
        assert carol.deliver(alice, "and back")[1]["text"] == "and back"
        bob.rpc("wakuext_peers")
        assert "messages.new" not in {found["type"] for found in bob.signals}
        assert bob.ask("wakuext_chatMessages", alice.chat_id, "", 1)["error"]["message"] == "can't find chat"


@pytest.mark.parametrize("api", APIS)
def test_a_group_of_three_in_every_generation(tmp_path, api):
    with nodes(tmp_path, 3, api=api) as (alice, bob, carol):
        alice.create()
        for other in (bob, carol):
            alice.dial(other.create())
        others = [bob.chat_id, carol.chat_id]
        refused = alice.ask("wakuext_createGroupChatWithMembers", None, "friends", others)["error"]
        assert refused["message"] == "group-chat: can't add members who are not mutual contacts"
        for other in (bob, carol):
            alice.rpc("wakuext_sendContactRequest", {"id": other.chat_id, "message": "hello"})
            (request,) = other.signal("messages.new")["messages"]
            other.rpc("wakuext_acceptContactRequest", {"id": request["id"]})
            alice.signal("messages.new", lambda event: event["contacts"][0]["mutual"])
        group = alice.rpc("wakuext_createGroupChatWithMembers", None, "friends", others)["chats"][0]["id"]
        for other in (bob, carol):
            other.signal("messages.new", lambda event: event["chats"][0]["id"] == group)
        for sender, receivers in ((alice, (bob, carol)), (carol, (alice, bob))):
            body = {"id": group, "message": f"from {sender.chat_id}"}
            (sent,) = sender.rpc("wakuext_sendGroupChatMessage", body)["messages"]
            for receiver in receivers:
                (received,) = receiver.signal("messages.new")["messages"]
                assert (received["id"], received["text"]) == (sent["id"], body["message"])
            sender.signal("message.delivered", lambda event: event["chatID"] == group)
        texts = [message["text"] for message in bob.rpc("wakuext_chatMessages", group, "", 9)["messages"]]
        assert texts == [f"from {carol.chat_id}", f"from {alice.chat_id}"]


def test_wrong_group_calls_are_refused_as_the_original_does(node):
    node.create()
    for method, request, said in (
        ("sendGroupChatMessage", {"id": "", "message": "x"}, "send-group-chat-message: invalid id"),
        ("sendGroupChatMessage", {"id": "x"}, "send-group-chat-message: invalid message"),
        ("sendGroupChatMessage", {"id": "x", "message": "x"}, "Chat not found"),
        ("sendContactRequest", {"message": "x"}, "send-contact-request: invalid id"),
        ("acceptContactRequest", {"id": "0xab"}, "record not found"),
    ):
        error = node.ask(f"wakuext_{method}", request)["error"]
        assert (error["code"], error["message"]) == (-32000, said)
    wrong = node.ask("wakuext_createGroupChatWithMembers", None, "friends", [7])["error"]
    assert wrong["message"].startswith("invalid argument 2")
    assert node.ask("wakuext_createGroupChatWithMembers", "friends", [], 7)["error"]["code"] == -32000


def test_peers_and_mesh(pair):
    alice, bob = pair
    (address,) = alice.rpc("wakuext_peers")[bob.peer]["addresses"]
    assert address == bob.address
    assert alice.rpc("wakuext_relayPeersByTopic", TOPIC) == {"fullMesh": [bob.peer], "all": [bob.peer]}
    assert alice.rpc("wakuext_relayPeersByTopic", "/other") == {"fullMesh": None, "all": None}
    assert alice.rpc("wakuext_dialPeer", bob.address) is None
    assert alice.address.startswith("/ip4/127.0.0.1/tcp/")


def test_a_wrong_password_is_refused_and_the_right_one_logs_in(node):
    node.create()
    assert node.call("Logout") == {"error": ""}
    assert node.signal("node.stopped") is None
    node.log_in("wrong password")
    assert node.signal("node.login") == {"error": "failed to open database: file is not a database"}
    assert node.ask("wakuext_peers") == {"error": "JSON-RPC client is unavailable"}
    again = node.log_in_again()
    assert again["settings"]["public-key"] == node.chat_id
    assert "mnemonic" not in again["settings"]


def test_another_number_of_iterations_is_another_key(node):
    node.create()
    node.call("Logout")
    node.call("LoginAccount", {"keyUid": node.key_uid, "password": PASSWORD, "kdfIterations": ITERATIONS + 1})
    assert node.signal("node.login")["error"].startswith("failed to open database")


@pytest.mark.parametrize("opened", [False, True])
def test_an_unknown_account_cannot_log_in(node, opened):
    if opened:
        node.open_accounts()
    node.call("LoginAccount", {"keyUid": "0xabc", "password": PASSWORD})
    assert node.signal("node.login")["error"].startswith("failed to open database")


def test_logging_in_twice_fails_and_the_first_login_stays(node):
    node.create()
    node.log_in()
    assert node.signal("node.login") == {"error": "node is already running"}
    assert node.rpc("wakuext_peers") == {}


def test_after_a_restart_messages_and_account_are_there(tmp_path):
    with nodes(tmp_path, 2) as (alice, bob), contextlib.ExitStack() as stack:
        alice.create().dial(bob.create())
        alice.deliver(bob, "before")
        bob.process.kill()
        bob.process.wait()
        again = Node(bob.folder, stack)
        again.login = bob.login
        (account,) = again.open_accounts()
        assert account["key-uid"] == bob.key_uid
        assert again.log_in_again()["settings"]["public-key"] == bob.chat_id
        assert again.rpc("wakuext_chatMessages", alice.chat_id, "", 5)["messages"][0]["text"] == "before"
        alice.dial(again)
        assert alice.deliver(again, "after")[1]["text"] == "after"


def test_a_logout_hangs_up_and_a_login_can_dial_again(pair):
    alice, bob = pair
    bob.call("Logout")
    alice.signal("wakuv2.peerstats", lambda event: not event["isOnline"])
    bob.log_in_again()
    assert bob.rpc("wakuext_peers") == {}
    bob.dial(alice)
    assert bob.deliver(alice, "hello again")[1]["text"] == "hello again"


def test_a_killed_receiver_is_noticed_and_nothing_is_delivered(pair):
    alice, bob = pair
    alice.deliver(bob, "warm up")
    bob.process.kill()
    alice.signal("wakuv2.peerstats", lambda event: event == {"isOnline": False, "peers": {}})
    sent = alice.send(bob, "anybody there?")
    assert alice.signal("envelope.expired")["ids"] == [sent["id"]]
    with pytest.raises(TimeoutError):
        alice.signal("message.delivered", timeout_s=0.5)
    (newest,) = alice.rpc("wakuext_chatMessages", bob.chat_id, "", 1)["messages"]
    assert (newest["id"], newest["outgoingStatus"]) == (sent["id"], "sending")


def test_nothing_arrives_before_the_messenger_is_started(tmp_path):
    with nodes(tmp_path, 2) as (alice, bob):
        alice.create()
        bob.create()
        bob.call("Logout")
        bob.log_in()
        bob.signal("node.login")
        alice.dial(bob)
        alice.send(bob, "too early")
        bob.rpc("wakuext_startMessenger")
        assert alice.deliver(bob, "in time")[1]["text"] == "in time"
        assert bob.rpc("wakuext_chatMessages", alice.chat_id, "", 5)["cursor"] == ""


def test_an_account_restored_from_its_phrase_is_the_same_person(tmp_path):
    with nodes(tmp_path, 2) as (old, new):
        phrase = old.create().login["settings"]["mnemonic"]
        new.open_accounts()
        body = new.creation(mnemonic=f" {phrase.replace(' ', '  ')}", displayName="", password="another")
        assert new.call("RestoreAccountAndLogin", body) == {"error": ""}
        event = new.signal("node.login")
        assert event["settings"]["public-key"] == old.chat_id
        assert event["account"]["key-uid"] == old.key_uid


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"displayName": "abcd"}, "invalid display name"),
        ({"displayName": "bad/name"}, "invalid display name"),
        ({"password": ""}, "invalid password"),
        ({"kdfIterations": "many"}, "cannot unmarshal string"),
    ],
)
def test_a_bad_creation_is_refused_at_once(node, changes, error):
    assert error in node.call("CreateAccountAndLogin", node.creation(**changes))["error"]


def test_a_creation_that_fails_later_answers_ok_and_sends_no_signal(node, tmp_path):
    (tmp_path / "file").write_text("")
    impossible = node.creation(rootDataDir=str(tmp_path / "file" / "folder"))
    assert node.call("CreateAccountAndLogin", impossible) == {"error": ""}
    assert "failed to create account" in node.process.stderr.readline()
    node.create()
    assert "node.login" not in {found["type"] for found in node.signals[:-1]}


def test_a_second_creation_while_logged_in_answers_ok_and_sends_no_signal(node):
    node.create()
    assert node.call("CreateAccountAndLogin", node.creation()) == {"error": ""}
    assert "node is already running" in node.process.stderr.readline()
    node.call("Logout")
    seen = len(node.signals)
    node.signal("node.stopped")
    assert "node.login" not in {found["type"] for found in node.signals[seen:]}
    assert len(node.open_accounts()) == 1


def test_a_phrase_that_is_none_sends_no_signal(node):
    assert node.call("RestoreAccountAndLogin", node.creation(mnemonic="three little words")) == {"error": ""}
    assert "12 to 24 words" in node.process.stderr.readline()


def test_rpc_before_login_has_no_jsonrpc_member(node):
    assert node.ask("wakuext_peers") == {"error": "JSON-RPC client is unavailable"}


def test_rpc_errors(node):
    node.create()

    def error(method, *params):
        answer = node.ask(method, *params)
        assert (answer["jsonrpc"], answer["id"]) == ("2.0", 7)
        return answer["error"]["code"], answer["error"]["message"]

    send = "wakuext_sendOneToOneMessage"
    assert error("wakuext_nonsense") == (
        -32601,
        "the method wakuext_nonsense does not exist/is not available",
    )
    assert error("wakuext_startMessenger") == (-32000, "messenger already started")
    assert error("wakuext_dialPeer") == (-32603, "method handler crashed")
    assert error(send) == (-32603, "method handler crashed")
    assert error("wakuext_dialPeer", 5)[0] == -32000
    assert error("wakuext_dialPeer", "nonsense")[0] == -32000
    assert error("wakuext_dialPeer", node.address) == (-32000, "dial to self attempted")
    assert error("wakuext_peers", "superfluous") == (-32602, "too many arguments, want at most 0")
    assert error(send, {"id": "0x1234", "message": "hi"})[0] == -32000
    assert error(send, {"message": "hi"}) == (-32000, "send-one-to-one-message: invalid id")
    assert error(send, {"id": node.chat_id}) == (-32000, "send-one-to-one-message: invalid message")
    assert error(send, {"id": node.chat_id, "message": "me"})[0] == -32000
    assert error("wakuext_chatMessages", "nobody", "", 5) == (-32000, "can't find chat")
    assert error("wakuext_chatMessages", "nobody", "", -1) == (-32000, "invalid limit")


def test_rpc_envelopes(node):
    node.create()
    assert node.ask("wakuext_peers", id="text") == {"jsonrpc": "2.0", "id": "text", "result": {}}
    assert node.call("CallRPC", {"method": "wakuext_peers"}) == {"jsonrpc": "2.0", "id": 0, "result": {}}
    batch = [{"id": 1, "method": "wakuext_peers"}, {"id": 2, "method": "x"}, 5]
    first, second, third = node.call("CallRPC", batch)
    assert (first["id"], first["result"]) == (1, {})
    assert (second["id"], second["error"]["code"]) == (2, -32601)
    assert third["error"]["code"] == -32700
    for body in ("nonsense", "", '{"method": 5}', '{"method": "wakuext_peers", "params": {}}'):
        assert node.call("CallRPC", body)["error"]["code"] == -32700


def test_bad_json_is_said_as_go_says_it(node):
    for method in (
        "CreateAccountAndLogin",
        "RestoreAccountAndLogin",
        "LoginAccount",
        "InitializeApplication",
    ):
        assert node.call(method, "nonsense") == {
            "error": "invalid character 'n' looking for beginning of value"
        }


def test_http_shapes(node):
    assert node.raw("/statusgo/Nonsense", "{}") == (404, "404 page not found\n")
    assert node.raw("/nonsense") == (404, "404 page not found\n")
    assert node.raw("/statusgo/VerifyAccountPassword", "{}") == (501, "")
    assert node.raw("/statusgo/Login", "{}") == (501, "")
    status, text = node.raw("/statusgo/InitializeApplication", {"dataDir": node.folder})
    assert (status, json.loads(text)["accounts"]) == (200, None)
    assert node.call("InitializeApplication", {}) == {"error": "initialize-centralized-metric: no dataDir"}


def test_a_data_folder_that_cannot_be_made_is_said(node, tmp_path):
    (tmp_path / "file").write_text("")
    assert "file" in node.call("InitializeApplication", {"dataDir": str(tmp_path / "file")})["error"]


def test_the_configuration_before_login_closes_the_connection(node):
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        node.raw("/statusgo/GetNodeConfig")
    node._http.close()
    node.create()
    assert node.call("GetNodeConfig")["KeyUID"] == node.key_uid


@pytest.mark.parametrize("api", APIS)
def test_what_each_generation_has(tmp_path, api):
    with nodes(tmp_path, api=api) as (node,):
        generation = GENERATIONS[api]
        initialize, _ = node.raw("/statusgo/InitializeApplication", {"dataDir": node.folder})
        assert initialize == (200 if generation.initialize_application else 404)
        assert node.call("OpenAccounts", node.folder) is None
        accept, text = node.raw("/statusgo/AcceptTerms")
        assert accept == (200 if generation.accepts_terms else 404)
        assert not generation.accepts_terms or json.loads(text) == {"error": "accounts is empty"}
        node.create()
        assert ("hasAcceptedTerms" in node.login["account"]) == generation.accepts_terms
        answer = node.ask("wakuext_relayPeersByTopic", TOPIC)
        assert ("result" in answer) == generation.relay_peers_by_topic
        assert generation.relay_peers_by_topic or answer["error"]["code"] == -32601


def test_the_first_account_accepts_the_terms_and_a_later_one_must(node):
    assert node.call("AcceptTerms") == {"error": "accounts db wasn't initialized"}
    assert node.create().login["account"]["hasAcceptedTerms"]
    node.call("Logout")
    assert not node.create().login["account"]["hasAcceptedTerms"]
    assert node.call("AcceptTerms") == {"error": ""}
    node.call("Logout")
    assert len(node.open_accounts()) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("logged_in", [False, True])
def test_the_newer_generations_die_of_a_signal_at_once(node, number, logged_in):
    if logged_in:
        node.create()
    node.process.send_signal(number)
    assert await_gone([node.process.pid]) == []
    assert node.process.wait() == -number
    assert node.process.stderr.read() == ""


def test_the_oldest_ignores_sigterm_from_login_on(tmp_path):
    with nodes(tmp_path, api="v0.181") as (node,):
        node.create()
        for number in (signal.SIGTERM, signal.SIGINT):
            node.process.send_signal(number)
        assert node.rpc("wakuext_peers") == {}
        node.call("Logout")
        node.process.send_signal(signal.SIGTERM)
        assert await_gone([node.process.pid], timeout_s=0.3) == [node.process.pid]
        node.process.kill()
        assert node.process.wait(timeout=10) == -signal.SIGKILL


def test_the_oldest_dies_of_sigterm_before_any_login_and_of_sigkill_always(tmp_path):
    with nodes(tmp_path, 2, api="v0.181") as (idle, busy):
        idle.process.send_signal(signal.SIGTERM)
        assert idle.process.wait(timeout=10) == -signal.SIGTERM
        busy.create()
        busy.process.kill()
        assert busy.process.wait(timeout=10) == -signal.SIGKILL


def failed_start(*arguments, env=None):
    command = [sys.executable, "-m", "tcperf.nodes.reference", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False, env=env)


def test_a_taken_address_ends_with_status_zero():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = failed_start("--address", f"127.0.0.1:{taken.getsockname()[1]}")
    assert ended.returncode == 0
    assert "failed to start server" in ended.stderr
    assert "error=" in ended.stderr
    assert "ddress already in use" in ended.stderr


@pytest.mark.parametrize(
    "address", ["", "nonsense", "127.0.0.1:x", "127.0.0.1:65536", "256.0.0.1:0", "127.0.0.1:²"]
)
def test_a_bad_address_ends_with_status_zero(address):
    ended = failed_start("--address", address)
    assert ended.returncode == 0
    assert "failed to start server" in ended.stderr
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1


def test_an_unknown_flag_ends_with_status_two():
    assert failed_start("--api", "2018").returncode == 2


def test_a_bad_node_key_is_said():
    ended = failed_start("--address", "127.0.0.1:0", env=os.environ | {"WAKUV2_NODE_KEY": "0x00"})
    assert "failed to start server" in ended.stderr


def test_the_node_key_fixes_the_peer_id(tmp_path):
    env = os.environ | {"WAKUV2_NODE_KEY": "0x" + "01" * 32}
    with nodes(tmp_path, env=env) as (node,):
        expected = peer_id(KeyPair.from_scalar(int("01" * 32, 16)).public)
        assert node.create().peer == expected
        node.call("Logout")
        node.log_in_again()
        assert node.peer == expected


def test_without_it_every_login_has_another_peer_id(node):
    first = node.create().peer
    node.call("Logout")
    node.log_in_again()
    assert node.peer != first


def test_ipv6_can_be_served(tmp_path):
    with contextlib.ExitStack() as stack:
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
        command = [sys.executable, "-m", "tcperf.nodes.reference", "--address", "[::1]:0"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        stack.callback(process.stderr.close)
        stack.callback(process.wait)
        stack.callback(process.kill)
        assert "address=[::1]:" in process.stderr.readline()


def test_signals_answer_neither_pings_nor_close_frames(node):
    with connect(f"ws://127.0.0.1:{node.port}/signals", ping_interval=None, close_timeout=0.3) as extra:
        answered = extra.ping()
        assert not answered.wait(0.3)
        began = time.monotonic()
        extra.close()
        assert time.monotonic() - began >= 0.3
    node.create()


def test_every_client_gets_every_signal_from_its_connection_on_and_none_before(node):
    node.create()
    with connect(f"ws://127.0.0.1:{node.port}/signals", ping_interval=None, close_timeout=0) as late:
        node.call("Logout")
        assert json.loads(late.recv(timeout=10)) == {"type": "node.stopped", "event": None}
    node.signal("node.stopped")


def test_peers_are_reported_again_without_any_change(node):
    node.create()
    assert "wakuv2.peerstats" in {found["type"] for found in node.signals}
    assert node.signal("wakuv2.peerstats") == {"isOnline": False, "peers": {}}


@pytest.mark.alone
def test_it_starts_quickly(tmp_path):
    times = []
    for number in range(3):
        began = time.monotonic()
        (tmp_path / str(number)).mkdir()
        with nodes(tmp_path / str(number)):
            times.append(time.monotonic() - began)
    assert min(times) < 2.0
