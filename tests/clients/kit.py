"""Builds the client kit, and runs its drivers."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Self

import pytest

from tools.template_yaml import ROOT

CLIENTS = ROOT / "clients"
CSHARP_OPTIONS = ("-langversion:7.2", "-warnaserror", "-warn:4", "-nologo")
CPP_OPTIONS = (
    "-std=c++17",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wshadow",
    "-Wconversion",
    "-Werror",
)
SYSTEM_NET_HTTP = Path("/usr/lib/mono/4.5/System.Net.Http.dll")
CURL_HEADERS = (
    Path("/usr/include/curl/curl.h"),
    Path("/usr/include/x86_64-linux-gnu/curl/curl.h"),
    Path("/usr/include/aarch64-linux-gnu/curl/curl.h"),
)
CRASHED = 3

MISSING = {
    "csharp": "mono-mcs, mono-runtime and libmono-system-net-http4.0-cil are not installed",
    "cpp": "g++ and libcurl4-openssl-dev are not installed",
}


def is_installed(language: str) -> bool:
    """Return whether this machine can build and run the kit in a language."""
    if language == "csharp":
        return bool(shutil.which("mcs") and shutil.which("mono") and SYSTEM_NET_HTTP.exists())
    return bool(shutil.which("g++") and any(each.exists() for each in CURL_HEADERS))


def need(language: str) -> None:
    """Skip the test where the kit cannot be built."""
    if not is_installed(language):
        pytest.skip(MISSING[language])


def compile_csharp(*arguments: str | Path) -> None:
    """Compile C# without a warning."""
    _compile(["mcs", *CSHARP_OPTIONS, f"-r:{SYSTEM_NET_HTTP}", *map(str, arguments)])


def compile_cpp(*arguments: str | Path) -> None:
    """Compile C++ without a warning."""
    _compile(["g++", *CPP_OPTIONS, f"-I{CLIENTS / 'cpp'}", *map(str, arguments)])


def _compile(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def build(language: str, directory: Path) -> list[str]:
    """Build the driver of a language; returns the command that starts it."""
    if language == "csharp":
        program = directory / "conformance.exe"
        folder = CLIENTS / "csharp"
        sources = (folder / name for name in ("WindowsPush.cs", "FakeChannelSource.cs"))
        compile_csharp(f"-out:{program}", *sources, folder / "conformance/Conformance.cs")
        return ["mono", str(program)]
    program = directory / "conformance"
    compile_cpp(CLIENTS / "cpp/conformance/main.cpp", "-O0", "-o", program, "-lcurl")
    return [str(program)]


class Driver:
    """A kit's driver: one process, or the next one after a crash."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def send(self, command: dict[str, Any]) -> dict[str, Any] | None:
        """Carry out a command; returns the reply, or None if the process has crashed as planned."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(command) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            assert process.wait(10) == CRASHED
            process.communicate()
            self._process = self._start()
            return None
        reply: dict[str, Any] = json.loads(line)
        return reply

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
