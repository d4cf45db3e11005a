"""Go's embedded build information, made by hand in both of its formats."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.nodes import gobuild
from tcperf.subject import GoBuild

MAGIC = b"\xff Go buildinf:"
START, END = (
    b"\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6",
    b"\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2",
)
MODULES = (
    "path\tgithub.com/status-im/status-go/cmd/status-backend\n"
    "mod\tgithub.com/status-im/status-go\tv1.2.3\th1:abc=\n"
    "dep\tgithub.com/beevik/ntp\tv0.3.0\th1:def=\n"
    "=>\tgithub.com/fork/ntp\tv0.3.1\n"
    "build\t-compiler=gc\n"
    'build\t-ldflags="-X main.version=1 -X \\"main.name=a b\\""\n'
    "build\tCGO_CFLAGS=\n"
    'build\t-tags=`a"b`\n'
    "build\tvcs.revision=0123456789abcdef0123\n"
    "build\tvcs.modified=true\n"
)
SETTINGS = {
    "-compiler": "gc",
    "-ldflags": '-X main.version=1 -X "main.name=a b"',
    "CGO_CFLAGS": "",
    "-tags": 'a"b',
    "vcs.revision": "0123456789abcdef0123",
    "vcs.modified": "true",
}
EXPECTED = GoBuild(
    "go1.21.13",
    "github.com/status-im/status-go/cmd/status-backend",
    "github.com/status-im/status-go",
    "v1.2.3",
    SETTINGS,
)


def varint(number):
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def counted(text):
    return varint(len(text)) + text


def marked(modules):
    return START + modules.encode() + END


def inline(version=b"go1.21.13", modules=None, flags=2):
    """The format of Go 1.18 and later."""
    modules = marked(MODULES) if modules is None else modules
    return MAGIC + bytes([8, flags]) + bytes(16) + counted(version) + counted(modules)


def elf(version=b"go1.17.1", modules=None, *, base=0x400000, ident=b"\x7fELF\x02\x01", flags=0, size=8):
    """A whole ELF64 file with one segment, in the format before Go 1.18."""
    modules = marked(MODULES) if modules is None else modules
    info, strings, texts = 128, 160, 192
    header = bytearray(64)
    header[: len(ident)] = ident
    struct.pack_into("<Q", header, 32, 64)
    struct.pack_into("<HH", header, 54, 56, 1)
    body = MAGIC + bytes([size, flags]) + struct.pack("<QQ", base + strings, base + strings + 16)
    pointers = struct.pack("<QQQQ", base + texts, len(version), base + texts + len(version), len(modules))
    total = texts + len(version) + len(modules)
    segment = struct.pack("<IIQQQQQQ", 1, 6, 0, base, base, total, total, 4096)
    image = bytes(header) + segment
    image += bytes(info - len(image)) + body
    image += bytes(strings - len(image)) + pointers
    return image + version + modules


class TestInline:
    @pytest.mark.parametrize("before", [0, 16, 4096, 16 * 1001])
    def test_everything_is_read(self, before):
        assert gobuild.parse(bytes(before) + inline() + b"more") == EXPECTED

    def test_only_aligned_places_count(self):
        assert gobuild.parse(bytes(8) + inline()) is None

    def test_the_first_place_that_makes_sense_counts(self):
        mention = MAGIC + b"%s\n"  # as in a program that reads such information itself
        decoy = mention + bytes(-len(mention) % 16) + MAGIC + bytes([8, 2]) + bytes(16) + counted(b"nonsense")
        assert gobuild.parse(decoy + bytes(-len(decoy) % 16) + inline()) == EXPECTED

    @pytest.mark.parametrize("modules", [b"", b"short", bytes(50), START + b"no newline" + END])
    def test_without_proper_modules_the_version_remains(self, modules):
        assert gobuild.parse(inline(modules=modules)) == GoBuild("go1.21.13")

    def test_modules_that_are_cut_off(self):
        assert gobuild.parse(inline()[:-40]) == GoBuild("go1.21.13")

    def test_a_development_version(self):
        assert gobuild.parse(inline(b"devel go1.23-abc")).go_version == "devel go1.23-abc"

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            MAGIC,
            inline()[:33],
            inline(b"x" * 2000),
            inline(b"cargo 1.0"),
            MAGIC + bytes([8, 2]) + bytes(16) + b"\xff" * 20,
            MAGIC + bytes([8, 2]) + bytes(16) + b"\xff\xff",
        ],
    )
    def test_what_makes_no_sense_is_none(self, data):
        assert gobuild.parse(data) is None


class TestPointed:
    def test_everything_is_read(self):
        assert gobuild.parse(elf()) == GoBuild("go1.17.1", *_fields(EXPECTED)[1:])

    @pytest.mark.parametrize(
        "data",
        [
            elf(ident=b"\x7fELF\x01\x01"),
            elf(ident=b"MZ"),
            elf(flags=1),
            elf(size=4),
            elf(version=b"go" + b"1" * 2000),
            elf()[:200],
            bytes(128) + elf()[128:],
        ],
    )
    def test_what_cannot_be_followed_is_none(self, data):
        assert gobuild.parse(data) is None

    def test_pointers_that_lead_nowhere(self):
        data = bytearray(elf())
        struct.pack_into("<Q", data, 128 + 16, 0xDEAD_BEEF_0000)
        assert gobuild.parse(bytes(data)) is None

    def test_modules_that_lead_nowhere(self):
        data = bytearray(elf())
        struct.pack_into("<Q", data, 128 + 24, 5)
        assert gobuild.parse(bytes(data)) == GoBuild("go1.17.1")

    def test_program_headers_beyond_the_file(self):
        data = bytearray(elf())
        struct.pack_into("<Q", data, 32, 2**64 - 1)
        assert gobuild.parse(bytes(data)) is None


def _fields(build):
    return (build.go_version, build.path, build.module, build.module_version, build.settings)


class TestModules:
    @pytest.mark.parametrize(
        ("text", "settings"),
        [
            ("build\tkey=a=b", {"key": "a=b"}),
            ('build\t"odd key"=v', {"odd key": "v"}),
            ('build\t"odd key"="v\\n"', {"odd key": "v\n"}),
            ('build\tkey="\\q\\', {"key": '"\\q\\'}),
            ('build\tkey="\\xZZ"', {"key": '"\\xZZ"'}),
            ('build\t"open', {'"open': ""}),
            ("build", {}),
            ("", {}),
        ],
    )
    def test_settings(self, text, settings):
        assert gobuild.parse_modules("go1", text).settings == settings

    @given(st.text())
    def test_any_text_is_taken(self, text):
        assert gobuild.parse_modules("go1", text).go_version == "go1"

    @given(
        st.text(
            alphabet=st.characters(
                exclude_characters='"\\', min_codepoint=32, exclude_categories=["Cc", "Zl", "Zp", "Cs"]
            )
        )
    )
    def test_quoted_values_come_back(self, value):
        assert gobuild.parse_modules("go1", f'build\tkey="{value}"').settings == {"key": value}


class TestHostile:
    @given(st.binary(max_size=300))
    def test_any_bytes_behind_the_magic(self, data):
        gobuild.parse(MAGIC + data)

    @given(st.data())
    def test_any_bytes_changed_in_a_proper_file(self, data):
        image = bytearray(data.draw(st.sampled_from([elf(), inline()])))
        for _ in range(data.draw(st.integers(1, 8))):
            image[data.draw(st.integers(0, min(260, len(image) - 1)))] = data.draw(st.integers(0, 255))
        gobuild.parse(bytes(image))

    @given(st.integers(0, 700))
    def test_any_truncation(self, size):
        gobuild.parse(elf()[:size])
        gobuild.parse(inline()[:size])


class TestRead:
    def test_a_file(self, tmp_path):
        program = tmp_path / "program"
        program.write_bytes(bytes(5 * 4096) + inline())
        assert gobuild.read(program) == EXPECTED

    def test_an_empty_file(self, tmp_path):
        program = tmp_path / "program"
        program.touch()
        assert gobuild.read(program) is None

    def test_no_file(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            gobuild.read(tmp_path / "missing")
