"""What an installation has: every package of the tree, with all that its modules read."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
PACKAGES = sorted(
    ".".join(path.parent.relative_to(ROOT).parts) for path in ROOT.glob("tcperf/**/__init__.py")
)


def test_every_package_is_installed():
    assert sorted(SETTINGS["packages"]) == [*PACKAGES, "tcperf_scenarios"]


def test_every_module_is_in_a_package():
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in ROOT.glob("tcperf/**/*.py")}
    assert folders == set(PACKAGES)


def test_every_other_file_is_installed_too():
    data = {
        path
        for package, patterns in SETTINGS["package-data"].items()
        for pattern in patterns
        for path in ROOT.joinpath(*package.split(".")).glob(pattern)
    }
    others = {
        path for path in ROOT.glob("tcperf/**/*") if path.is_file() and path.suffix not in {".py", ".pyc"}
    }
    assert others == data
