"""The reference node's key pairs, recovery phrases and key files."""

import re
import stat

import pytest

from tcperf.nodes.reference import keystore
from tcperf.nodes.reference.keypair import (
    ORDER,
    SIGNATURE_BYTES,
    KeyPair,
    chat_key,
    parse_chat_key,
    verify,
)
from tcperf.nodes.reference.recovery import keys_of, new_phrase, normalized

# The generator of secp256k1 (SEC 2, section 2.4.1): the public key of the private key 1.
GENERATOR = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
GENERATOR_Y = "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
SENTENCE = "legal winner thank year wave sausage worth useful legal winner thank yellow"


def test_the_private_key_one_has_the_generator_as_its_public_key():
    assert KeyPair.from_scalar(1).public.hex() == "02" + GENERATOR


@pytest.mark.parametrize("scalar", [0, -1, ORDER, ORDER + 1])
def test_a_private_key_lies_inside_the_order(scalar):
    with pytest.raises(ValueError, match="order of the curve"):
        KeyPair.from_scalar(scalar)


def test_the_greatest_private_key_is_fine():
    assert KeyPair.from_scalar(ORDER - 1).public.hex() == "03" + GENERATOR


def test_a_private_key_is_not_in_the_representation():
    assert "private" not in repr(KeyPair.generate())


def test_a_signature_is_verified_and_has_one_size():
    pair = KeyPair.generate()
    signatures = [pair.sign(b"text %d" % number) for number in range(50)]
    assert {len(signature) for signature in signatures} == {SIGNATURE_BYTES}
    assert all(verify(pair.public, signature, b"text %d" % n) for n, signature in enumerate(signatures))


def test_wrong_signatures_are_refused():
    pair, other = KeyPair.generate(), KeyPair.generate()
    signature = pair.sign(b"text")
    assert not verify(pair.public, signature, b"Text")
    assert not verify(other.public, signature, b"text")
    assert not verify(pair.public, signature[:-1], b"text")
    assert not verify(pair.public, bytes(SIGNATURE_BYTES), b"text")
    assert not verify(b"", signature, b"text")
    assert not verify(b"\x02" + b"\xff" * 32, signature, b"text")


def test_two_pairs_agree_on_a_secret():
    one, two, three = (KeyPair.generate() for _ in range(3))
    assert one.exchange(two.public) == two.exchange(one.public)
    assert one.exchange(two.public) != one.exchange(three.public)


def test_a_chat_key_is_the_uncompressed_public_key():
    assert chat_key(KeyPair.from_scalar(1).public) == "0x04" + GENERATOR + GENERATOR_Y
    assert parse_chat_key("0x04" + GENERATOR + GENERATOR_Y) == KeyPair.from_scalar(1).public


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x04",
        "0x04" + GENERATOR,
        "0x04" + GENERATOR + GENERATOR,  # not on the curve
        "0x05" + GENERATOR + GENERATOR_Y,
        "0x04" + "zz" * 64,
        "04" + GENERATOR + GENERATOR_Y + "00",
    ],
)
def test_other_chat_keys_are_refused(text):
    with pytest.raises(ValueError):
        parse_chat_key(text)


def test_a_phrase_is_twelve_pronounceable_words_and_never_the_same():
    phrases = {new_phrase() for _ in range(20)}
    assert len(phrases) == 20
    word = "[bdfghjklmnprstvz][aiou][bdfghjklmnprstvz][aiou][bdfghjklmnprstvz]"
    assert all(re.fullmatch(rf"({word} ){{11}}{word}", phrase) for phrase in phrases)


def test_words_are_proquints(monkeypatch):
    # https://arxiv.org/html/0901.4016: 127.0.0.1 is lusab-babad
    halves = iter([0x7F00, 0x0001] * 6)
    monkeypatch.setattr("secrets.randbits", lambda bits: next(halves))
    assert new_phrase() == " ".join(["lusab", "babad"] * 6)


def test_a_phrase_always_gives_the_same_keys_and_another_phrase_others():
    phrase = new_phrase()
    assert keys_of(phrase).chat.public == keys_of(phrase).chat.public
    assert keys_of(phrase).key_uid == keys_of(f"  {phrase.replace(' ', '   ')} ").key_uid
    assert keys_of(phrase).key_uid != keys_of(new_phrase()).key_uid
    assert keys_of(phrase).chat.public != keys_of(new_phrase()).chat.public
    assert re.fullmatch("0x[0-9a-f]{64}", keys_of(phrase).key_uid)


def test_any_sentence_of_twelve_to_twenty_four_words_restores():
    assert normalized(SENTENCE) == SENTENCE
    assert keys_of(SENTENCE + " " + SENTENCE)


@pytest.mark.parametrize("phrase", ["", "one two three", SENTENCE + " " + SENTENCE + " more"])
def test_other_sentences_do_not(phrase):
    with pytest.raises(ValueError, match="12 to 24 words"):
        keys_of(phrase)


def test_the_right_password_opens_the_key_file(tmp_path):
    keystore.save(tmp_path, "0xabc", SENTENCE, "1234567890", 5000)
    assert keystore.load(tmp_path, "0xabc", "1234567890", 5000) == SENTENCE


def test_the_phrase_and_the_password_are_not_in_the_key_file(tmp_path):
    keystore.save(tmp_path, "0xabc", SENTENCE, "1234567890", 0)
    (file,) = (tmp_path / "keystore").iterdir()
    content = file.read_bytes()
    assert b"winner" not in content
    assert SENTENCE.encode().hex().encode() not in content
    assert b"1234567890" not in content
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_no_iterations_means_the_default(tmp_path):
    keystore.save(tmp_path, "0xabc", SENTENCE, "password", 0)
    assert keystore.load(tmp_path, "0xabc", "password", keystore.DEFAULT_ITERATIONS) == SENTENCE


@pytest.mark.parametrize(("password", "iterations"), [("Password", 0), ("", 0), ("password", 3201)])
def test_another_password_or_number_of_iterations_does_not_open_it(tmp_path, password, iterations):
    keystore.save(tmp_path, "0xabc", SENTENCE, "password", 0)
    with pytest.raises(keystore.KeystoreError, match="not a database"):
        keystore.load(tmp_path, "0xabc", password, iterations)


def test_a_key_file_does_not_pass_for_another_accounts(tmp_path):
    keystore.save(tmp_path, "0xabc", SENTENCE, "password", 0)
    keystore.save(tmp_path, "0xdef", new_phrase(), "password", 0)
    one, two = (tmp_path / "keystore").iterdir()
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(content)
    for key_uid in ("0xabc", "0xdef"):
        with pytest.raises(keystore.KeystoreError):
            keystore.load(tmp_path, key_uid, "password", 0)


def test_a_missing_key_file_is_said(tmp_path):
    with pytest.raises(keystore.KeystoreError, match="unable to open"):
        keystore.load(tmp_path, "../../etc/passwd", "password", 0)


@pytest.mark.parametrize("content", ["", "null", "[]", "{}", '{"salt": 1, "nonce": "", "sealed": ""}', "{"])
def test_a_damaged_key_file_is_said(tmp_path, content):
    keystore.save(tmp_path, "0xabc", SENTENCE, "password", 0)
    (file,) = (tmp_path / "keystore").iterdir()
    file.write_text(content)
    with pytest.raises(keystore.KeystoreError, match="not a database"):
        keystore.load(tmp_path, "0xabc", "password", 0)
