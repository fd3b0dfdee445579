"""What others rely on: the public names, the layers, the documents."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import srcnn
from srcnn import errors, imaging
from srcnn.cli import cli

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "srcnn").rglob("*.py"))
PUBLIC = [
    "Picture",
    "Upscaler",
    "WriteOptions",
    "__version__",
    "errors",
    "imaging",
    "load",
    "read_picture",
    "write_picture",
]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_public_names_are_those_and_no_others() -> None:
    assert sorted(srcnn.__all__) == sorted(PUBLIC)
    for module in (srcnn, imaging):
        for public in module.__all__:
            assert hasattr(module, public)
    # Submodules become attributes as soon as anyone imports them; a fresh process shows what the package itself names.
    program = "import srcnn, types; print(*(n for n, v in vars(srcnn).items() if not isinstance(v, types.ModuleType)))"
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    dunders = {"__name__", "__doc__", "__package__", "__loader__", "__spec__", "__path__", "__file__", "__cached__"}
    found = set(output.split()) - dunders - {"__builtins__", "__all__", "__getattr__", "__dir__"}
    assert found == {"__version__", "_MODULES"}  # the others come when they are first used
    assert set(PUBLIC) <= set(dir(srcnn))
    with pytest.raises(AttributeError, match="module 'srcnn' has no attribute 'upscale'"):
        _ = srcnn.upscale  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    "use", ["load", "Upscaler", "errors.SrcnnError", "imaging.imresize", "Picture", "read_picture", "write_picture"]
)
def test_a_public_name_is_there_as_soon_as_it_is_used(use: str) -> None:
    program = f"import sys, srcnn; assert 'numpy' not in sys.modules; assert callable(srcnn.{use})"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_type_checkers_know_the_public_names_and_no_others(tmp_path: Path) -> None:
    assert (ROOT / "src" / "srcnn" / "py.typed").is_file()
    program = tmp_path / "program.py"
    program.write_text("import srcnn\nreveal_type(srcnn.load('swift', 2).scale)\nsrcnn.lode\n")
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, str(program)]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    assert 'Type of "srcnn.load(\'swift\', 2).scale" is "int"' in told
    assert '"lode" is not a known attribute' in told


def test_every_error_is_drawn_in_the_tree_and_derives_from_the_root() -> None:
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    assert len(classes) >= 8
    for error in classes:
        assert issubclass(error, errors.SrcnnError)
        assert errors.__doc__ is not None
        assert error.__name__ in errors.__doc__


def test_every_error_stands_in_the_tree_and_nowhere_else() -> None:
    bases = "|".join(error for error, value in vars(errors).items() if isinstance(value, type))
    for path in SOURCES:
        if path.name != "errors.py":
            assert not re.search(rf"^class \w+\(.*\b({bases})\b", path.read_text(encoding="utf-8"), re.MULTILINE), name(
                path
            )


def test_the_layers_hold() -> None:
    program = "import sys; from importlinter.cli import lint_imports_command as c; sys.exit(c(['--no-cache']))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "3 kept, 0 broken" in result.stdout


@pytest.mark.parametrize("command", cli.commands)
def test_every_command_is_in_the_readme(command: str) -> None:
    assert re.search(rf"\bsrcnn {command}\b", (ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_every_file_begins_with_what_it_is_for(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith('"""')


def test_every_test_a_docstring_names_exists() -> None:
    named = {
        (path, test)
        for path in SOURCES
        for test in re.findall(r"tests/[\w/]+(?:\.py)?", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 30
    assert [f"{name(path)} names {test}" for path, test in sorted(named) if not (ROOT / test).exists()] == []


def test_the_library_never_prints_nor_exits() -> None:
    for path in SOURCES:
        if "cli" in path.parts or path.name == "__main__.py":
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(print|exit|sys\.exit)\(", text, re.MULTILINE), name(path)
