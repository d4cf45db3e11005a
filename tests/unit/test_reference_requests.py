"""The reference node's reading of bodies: Go's JSON rules and errors, and status-go's validation."""

import pytest

from tcperf.nodes.reference.gojson import GoJsonError, dumps, kind, loads, unmarshal
from tcperf.nodes.reference.requests import (
    CreateAccount,
    InitializeApplication,
    Login,
    RequestError,
    RestoreAccount,
)

GOOD = CreateAccount("/dir", 256000, "alice-node", "1234567890", "primary")


def test_the_documented_body_is_read():
    body = (
        '{"rootDataDir":"/dir","kdfIterations":256000,"displayName":"alice-node","password":"1234567890",'
        '"customizationColor":"primary","logEnabled":true,"logLevel":"INFO","logFilePath":"/abs/dir"}'
    )
    assert unmarshal(body, CreateAccount) == GOOD
    GOOD.validate()


def test_names_are_read_in_any_case_and_null_leaves_the_default():
    assert unmarshal('{"KEYUID":"0x1","password":null}', Login) == Login("0x1")
    assert unmarshal("null", Login) == Login()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unexpected end of JSON input"),
        ("  ", "unexpected end of JSON input"),
        ('{"a":', "unexpected end of JSON input"),
        ("nonsense", "invalid character 'n' looking for beginning of value"),
        ('{"a":x}', "invalid character 'x' looking for beginning of value"),
        ("NaN", "invalid character 'N' looking for beginning of value"),
        ("[" * 100_000, "exceeded max depth"),
        ("9" * 5000, "exceeded max depth"),
    ],
)
def test_what_is_no_json_gets_gos_error(text, message):
    with pytest.raises(GoJsonError) as error:
        loads(text)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "json: cannot unmarshal array into Go value of type requests.CreateAccount"),
        ("5", "json: cannot unmarshal number into Go value of type requests.CreateAccount"),
        (
            '{"kdfIterations":"5"}',
            "json: cannot unmarshal string into Go struct field CreateAccount.kdfIterations of type int",
        ),
        (
            '{"kdfIterations":5.0}',
            "json: cannot unmarshal number into Go struct field CreateAccount.kdfIterations of type int",
        ),
        (
            '{"kdfIterations":true}',
            "json: cannot unmarshal bool into Go struct field CreateAccount.kdfIterations of type int",
        ),
        (
            '{"password":{}}',
            "json: cannot unmarshal object into Go struct field CreateAccount.password of type string",
        ),
    ],
)
def test_what_does_not_fit_gets_gos_error(text, message):
    with pytest.raises(GoJsonError) as error:
        unmarshal(text, CreateAccount)
    assert str(error.value) == message


def test_json_is_written_without_blanks_and_in_ascii():
    assert dumps({"a": [1, None], "ü": "\ud800"}) == '{"a":[1,null],"\\u00fc":"\\ud800"}'


def test_null_has_a_kind():
    assert kind(None) == "null"


@pytest.mark.parametrize("name", ["alice", "a" * 24, "A-b_c 9", "  alice  "])
def test_good_display_names(name):
    CreateAccount("/dir", 0, name, "p", "blue").validate()


@pytest.mark.parametrize(
    "name", ["", "abcd", "a" * 25, "alice!", "alicé", "   a   ", "a.eth", "alice.eth", "alice_eth"]
)
def test_bad_display_names(name):
    with pytest.raises(RequestError, match="create-account: invalid display name"):
        CreateAccount("/dir", 0, name, "p", "blue").validate()


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (CreateAccount("/dir", 0, "alice", "", "blue"), "create-account: invalid password"),
        (CreateAccount("/dir", 0, "alice", "p", ""), "create-account: invalid customization color"),
        (CreateAccount("", 0, "alice", "p", "blue"), "create-account: invalid root data directory"),
        (RestoreAccount("/dir", 0, "alice", "p", "blue"), "restore-account: no mnemonic or keycard is set"),
        (RestoreAccount("/dir", 0, "", "", "blue", "words"), "create-account: invalid password"),
        (Login(), "login: invalid key-uid"),
        (InitializeApplication(), "initialize-centralized-metric: no dataDir"),
    ],
)
def test_what_is_missing_is_said(request_, message):
    with pytest.raises(RequestError) as error:
        request_.validate()
    assert str(error.value) == message


def test_a_restored_account_may_have_no_name():
    RestoreAccount("/dir", 0, "", "p", "blue", "words").validate()
