from pathlib import Path

import pytest

from srcnn.errors import OutputError
from srcnn.reproduce.cache import Cache, bytes_digest, code_digest, digest


def test_what_is_put_is_got_by_the_same_key_alone(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "deep" / "cache")
    cache.put("a", {"psnr": 32.75, "failure": None, "best": float("inf")})
    assert Cache(tmp_path / "deep" / "cache").get("a") == {"psnr": 32.75, "failure": None, "best": float("inf")}
    assert cache.get("b") is None


@pytest.mark.parametrize("content", [b"", b'{"psnr": 3', b"[1]", b"\xff\xfe"])
def test_a_damaged_file_counts_as_none(tmp_path: Path, content: bytes) -> None:
    cache = Cache(tmp_path)
    cache.path("a", ".json").write_bytes(content)
    assert cache.get("a") is None


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"expected to make the folder .*; choose another with --cache"):
        Cache(tmp_path / "file" / "cache")


def test_a_digest_follows_from_every_cause_and_not_from_the_order_of_keys() -> None:
    assert digest("x", {"a": 1, "b": 2}) == digest("x", {"b": 2, "a": 1})
    assert len({digest("x", 1), digest("x", 2), digest("y", 1), digest(1, "x"), digest("x")}) == 5


def test_the_digest_of_code_follows_from_the_files_named() -> None:
    assert code_digest("upscaler.py") == bytes_digest(
        (Path(__file__).parents[2] / "src/srcnn/upscaler.py").read_bytes()
    )
    assert code_digest("imaging") != code_digest("imaging", "upscaler.py") != code_digest("runtime")
