"""The reference node's messages and accounts in SQLite."""

import sqlite3

import pytest

from tcperf.nodes.reference.accounts import Account, AccountBook
from tcperf.nodes.reference.store import Message, MessageStore


def message(number, chat="bob", status="sending", clock=None):
    return Message(f"0x{number:04x}", chat, "alice", f"text {number}", clock or number, 1000 + number, status)


@pytest.fixture
def store(tmp_path):
    store = MessageStore(tmp_path / "messages.sqlite")
    yield store
    store.close()


def test_a_message_is_kept_once(store):
    assert store.add(message(1))
    assert not store.add(message(1))
    assert store.page("bob", "", 10) == ([message(1)], "")


def test_messages_survive_closing(tmp_path):
    for _ in range(2):
        store = MessageStore(tmp_path / "messages.sqlite")
        store.add(message(1))
        store.close()
    store = MessageStore(tmp_path / "messages.sqlite")
    assert store.page("bob", "", 10)[0] == [message(1)]
    store.close()


def test_pages_are_newest_first_and_complete(store):
    for number in range(1, 8):
        store.add(message(number))
    store.add(message(99, chat="carol"))
    seen, cursor = [], ""
    for expected in (3, 3, 1):
        page, cursor = store.page("bob", cursor, 3)
        assert len(page) == expected
        seen += page
    assert cursor == ""
    assert [found.text for found in seen] == [f"text {number}" for number in range(7, 0, -1)]


def test_messages_of_one_clock_are_paged_by_id(store):
    for number in range(1, 6):
        store.add(message(number, clock=5))
    first, cursor = store.page("bob", "", 2)
    second, rest = store.page("bob", cursor, 10)
    assert [found.id for found in first + second] == ["0x0005", "0x0004", "0x0003", "0x0002", "0x0001"]
    assert rest == ""


def test_a_page_of_nothing_points_at_the_next(store):
    store.add(message(1))
    assert store.page("bob", "", 0) == ([], message(1).cursor)
    assert store.page("carol", "", 5) == ([], "")


@pytest.mark.parametrize("cursor", ["x", "0" * 20, "-0000000000000000001abc", "²" * 20 + "abc"])
def test_what_is_no_cursor_is_refused(store, cursor):
    with pytest.raises(ValueError, match="invalid cursor"):
        store.page("bob", cursor, 1)


def test_a_cursor_beyond_every_clock_is_the_newest(store):
    store.add(message(1))
    assert store.page("bob", "9" * 20 + "0x", 1)[0] == [message(1)]


def test_an_own_message_is_delivered(store):
    store.add(message(1))
    store.add(message(2))
    store.delivered("0x0001")
    store.delivered("0x0001")
    store.delivered("0x0003")
    newest, oldest = store.page("bob", "", 2)[0]
    assert (newest.outgoing_status, oldest.outgoing_status) == ("sending", "delivered")


def test_a_received_message_cannot_be_delivered(store):
    store.add(message(1, status=""))
    store.delivered("0x0001")
    assert store.get("0x0001") == message(1, status="")


def test_a_message_is_found_by_its_id(store):
    store.add(message(1))
    assert store.get("0x0001") == message(1)
    assert store.get("0x0002") is None


def test_chats_and_the_clock(store):
    assert store.last_clock() == 0
    assert not store.has_chat("bob")
    store.add(message(5))
    store.add(message(3))
    assert store.last_clock() == 5
    assert store.has_chat("bob")
    assert not store.has_chat("Bob")


def test_a_file_that_is_no_database_is_an_error(tmp_path):
    (tmp_path / "x").write_bytes(b"nonsense" * 200)
    with pytest.raises(sqlite3.DatabaseError):
        MessageStore(tmp_path / "x")


@pytest.mark.parametrize("kind", [MessageStore, AccountBook])
def test_what_cannot_be_used_is_closed(tmp_path, monkeypatch, kind):
    made, connect = [], sqlite3.connect

    def keep(*given, **options):
        made.append(connect(*given, **options))
        return made[-1]

    monkeypatch.setattr(sqlite3, "connect", keep)
    path = tmp_path / "accounts.sqlite"
    path.write_bytes(b"nonsense" * 200)
    with pytest.raises(sqlite3.DatabaseError):
        kind(tmp_path if kind is AccountBook else path)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        made[0].execute("SELECT 1")


def account(key_uid, timestamp=1, **changes):
    values = {"name": "alice", "color": "blue", "kdf_iterations": 3200, "accepted_terms": True} | changes
    return Account(key_uid, timestamp=timestamp, **values)


def test_accounts_are_listed_latest_first_and_survive(tmp_path):
    book = AccountBook(tmp_path / "made" / "on" / "the" / "way")
    book.save(account("0x1", 1))
    book.save(account("0x2", 2, accepted_terms=False))
    book.close()
    book = AccountBook(tmp_path / "made" / "on" / "the" / "way")
    assert book.all() == [account("0x2", 2, accepted_terms=False), account("0x1", 1)]
    assert book.get("0x1") == account("0x1", 1)
    assert book.get("0x3") is None
    book.close()


def test_a_saved_account_replaces_its_former_self(tmp_path):
    book = AccountBook(tmp_path)
    book.save(account("0x1"))
    book.save(account("0x1", 5, name="new"))
    assert book.all() == [account("0x1", 5, name="new")]
    book.close()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        AccountBook(tmp_path / "file" / "folder")
