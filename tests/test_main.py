"""How the process ends; what it says is tested in tests/cli."""

import json
import os
import subprocess
import sys


def run(*arguments: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "srcnn", *arguments]
    return subprocess.run(command, check=False, timeout=60, stdout=stdout, stderr=subprocess.PIPE)


def test_what_was_printed_arrives_though_the_process_ends_at_once() -> None:
    ended = run("models", "--json")
    assert ended.returncode == 0
    assert len(json.loads(ended.stdout)) > 10


def test_the_process_ends_with_the_code_of_the_command() -> None:
    assert run("upscale").returncode == 2


def test_a_reader_who_has_gone_ends_it_with_one_and_without_a_word() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = run("models", stdout=writer)
    finally:
        os.close(writer)
    assert ended.returncode == 1
    assert ended.stderr == b""
