"""What is known of a program before it runs."""

import hashlib
import os
import stat
import sys
from pathlib import Path

import pytest

import tcperf
from tcperf.errors import UsageError
from tcperf.nodes import subject
from tcperf.nodes.subject import inspect, reference_subject
from tcperf.subject import GoBuild


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "node"
    path.write_bytes(b"#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_script(program):
    found = inspect(program)
    assert found.path == str(program)
    assert found.sha256 == hashlib.sha256(b"#!/bin/sh\n").hexdigest()
    assert (found.version, found.generation, found.reference, found.go) == ("unknown", "unknown", False, None)


def test_a_relative_path_becomes_absolute(program, monkeypatch):
    monkeypatch.chdir(program.parent)
    assert inspect("node").path == str(program)


def test_home_is_expanded(program, monkeypatch):
    monkeypatch.setenv("HOME", str(program.parent))
    assert inspect("~/node").path == str(program)


def test_a_real_program_that_is_not_gos():
    found = inspect(sys.executable)
    assert found.go is None
    assert found.sha256 == hashlib.sha256(Path(sys.executable).read_bytes()).hexdigest()


def test_a_go_program(program, monkeypatch):
    build = GoBuild("go1.21", settings={"vcs.revision": "f" * 40})
    monkeypatch.setattr(subject.gobuild, "read", lambda _path: build)
    found = inspect(program)
    assert found.go == build
    assert found.version == "f" * 12


@pytest.mark.parametrize(
    ("settings", "module_version", "version"),
    [
        ({"vcs.revision": "0123456789abcdef"}, "v1.0.0", "0123456789ab"),
        ({"vcs.revision": "0123456789abcdef", "vcs.modified": "true"}, "", "0123456789ab+dirty"),
        ({"vcs.revision": "0123456789abcdef", "vcs.modified": "false"}, "", "0123456789ab"),
        (
            {"-ldflags": "-s -X github.com/status-im/status-go/params.Version=3.5.0-3-gc72 -w"},
            "(devel)",
            "3.5.0-3-gc72",
        ),
        ({"-ldflags": "-X 'main.Version=1.0'"}, "", "1.0"),
        ({"-ldflags": "-X main.GitCommit=c72"}, "v1.2.3", "v1.2.3"),
        ({}, "v1.2.3", "v1.2.3"),
        ({}, "(devel)", "devel"),
        ({}, "", "unknown"),
    ],
)
def test_versions(settings, module_version, version):
    assert subject._version(GoBuild("go1.21", module_version=module_version, settings=settings)) == version


class TestErrors:
    def fails(self, path, said):
        with pytest.raises(UsageError, match=said) as caught:
            inspect(path)
        assert str(path) in caught.value.message
        assert caught.value.cure

    def test_no_such_file(self, tmp_path):
        self.fails(tmp_path / "missing", "does not exist")

    def test_a_folder(self, tmp_path):
        self.fails(tmp_path, "is a folder")

    def test_the_option_that_asked_for_it_is_named(self, tmp_path):
        for role in ("node", "base"):
            with pytest.raises(UsageError, match=f"^the {role} {tmp_path}/none does not exist") as caught:
                inspect(tmp_path / "none", role)
            assert caught.value.cure.startswith(f"--{role} takes the path of ")

    def test_not_executable(self, program):
        program.chmod(0o644)
        self.fails(program, "is not executable")

    def test_a_pipe(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        self.fails(tmp_path / "pipe", "is no regular file")

    def test_a_broken_link(self, tmp_path):
        (tmp_path / "link").symlink_to(tmp_path / "missing")
        self.fails(tmp_path / "link", "does not exist")

    def test_not_readable(self, program, monkeypatch):
        def refuse(_path):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(subject.gobuild, "read", refuse)
        self.fails(program, "cannot be read: Permission denied")


class TestReference:
    def test_it_is_told_from_all_others(self):
        found = reference_subject("2024-10")
        assert (found.path, found.version, found.generation) == ("reference", tcperf.__version__, "2024-10")
        assert found.reference
        assert len(found.sha256) == 64

    def test_its_digest_covers_every_source(self, tmp_path, monkeypatch):
        package = tmp_path / "nodes" / "reference"
        (package / "deep").mkdir(parents=True)
        monkeypatch.setattr(subject.tcperf, "__file__", str(tmp_path / "__init__.py"))
        digests = set()
        for change in (
            lambda: None,
            lambda: (package / "a.py").write_text("x"),
            lambda: (package / "a.py").write_text("y"),
            lambda: (package / "a.py").rename(package / "b.py"),
            (package / "deep" / "c.py").touch,
        ):
            change()
            digests.add(reference_subject("2024-10").sha256)
        assert len(digests) == 5
        (package / "b.py").chmod(stat.S_IRUSR)
        (package / "notes.txt").touch()
        assert reference_subject("2024-10").sha256 in digests
