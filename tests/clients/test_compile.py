"""The kit, its samples and every block of the client guide compile without a warning.

Windows, Unity, Godot and Unreal are stubs here; `.github/workflows/clients.yml` compiles against
the real SDKs.
"""

from __future__ import annotations

import re
import subprocess
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from tests.clients.kit import CLIENTS, compile_cpp, compile_csharp, need
from tools.template_yaml import ROOT

if TYPE_CHECKING:
    from pathlib import Path

HERE = ROOT / "tests/clients"
GUIDE = (ROOT / "docs/client-guide.md").read_text("utf-8")
KIT_CSHARP = sorted((CLIENTS / "csharp").glob("*.cs"))
STUBS_CSHARP = sorted((HERE / "stubs/csharp").glob("*.cs"))
STUBS_CPP = [f"-isystem{HERE / 'stubs/cpp'}", f"-isystem{HERE / 'stubs/unreal'}"]
SAMPLES_CSHARP = sorted(
    {(path.parent.name, flag)
     for path in (CLIENTS / "samples").rglob("*.cs")
     for flag in (("UNITY_EDITOR", "ENABLE_WINMD_SUPPORT", "UNITY_STANDALONE")
                  if path.parent.name == "unity" else ("NONE",))}
)  # fmt: skip
SAMPLES_CPP = sorted((CLIENTS / "samples").rglob("*.cpp"))

CSHARP_BLOCK = """
using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Game;
using WindowsPush;

public static class Block{number}
{{
    public static async Task Run(
        {parameters})
    {{
        await Task.Delay(0);
{code}
    }}
}}
"""
CSHARP_PARAMETERS = {
    "options": "PushOptions options",
    "push": "PushClient push",
    "source": "IChannelSource source",
    "settings": "IWindowsSettings settings",
    "storage": "IPushStorage storage",
    "activation": "PushActivation activation",
    "args": "NotificationClick args",
}
CPP_PRELUDE = """
using namespace windows_push;

std::string account_token(const std::string&, bool);
void open(const NotificationClick&);
void handle_raw(const std::string&);
bool ask_player(const char*);
void open_uri(const char*);
"""
CPP_BLOCK = """
void run_{number}({parameters});

void run_{number}({parameters}) {{
{code}
}}
"""
CPP_PARAMETERS = {
    "push": "PushClient& push",
    "source": "std::shared_ptr<ChannelSource> source",
    "settings": "WindowsSettings& settings",
    "activation": "const PushActivation& activation",
}
USED_IN_GUIDE = """
using System.Collections.Generic;

public static class Account
{
    public static string Token(string player, bool isRefused) { return null; }
    public static void AskToSignIn() { }
}

public static class Hud
{
    public static void Show(string text) { }
    public static void ShowToast(string xml) { }
    public static void Open(WindowsPush.NotificationClick click) { }
    public static void Open(string argument, IDictionary<string, object> inputs) { }
    public static void HandleRaw(byte[] content) { }
    public static void HandleRaw(string content) { }
}
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


def parameters(known: dict[str, str], code: str) -> str:
    """Return the declarations of the names that a block uses and does not declare itself."""
    return ", ".join(
        declaration
        for name, declaration in known.items()
        if re.search(rf"\b{name}\b", code)
        and not re.search(rf"(\bvar|\bPush(Options|Client|Activation)) {name}\b", code)
    )


def test_kit_compiles_in_csharp_without_windows(tmp_path: Path) -> None:
    need("csharp")
    sources = [CLIENTS / "csharp" / name for name in ("WindowsPush.cs", "FakeChannelSource.cs")]
    compile_csharp("-target:library", f"-out:{tmp_path / 'kit.dll'}", *sources)


def test_channel_sources_compile_in_csharp(tmp_path: Path) -> None:
    need("csharp")
    compile_csharp("-target:library", f"-out:{tmp_path / 'kit.dll'}", *KIT_CSHARP, *STUBS_CSHARP)


@pytest.mark.parametrize(("sample", "flag"), SAMPLES_CSHARP)
def test_sample_compiles_in_csharp(tmp_path: Path, sample: str, flag: str) -> None:
    need("csharp")
    sources = sorted((CLIENTS / "samples" / sample).glob("*.cs"))
    out = f"-out:{tmp_path / 'sample.dll'}"
    compile_csharp("-target:library", out, f"-define:{flag}", *sources, *KIT_CSHARP, *STUBS_CSHARP)


@pytest.mark.parametrize("sample", SAMPLES_CPP, ids=lambda each: each.stem)
def test_sample_compiles_in_cpp(sample: Path) -> None:
    need("cpp")
    compile_cpp(*STUBS_CPP, "-fsyntax-only", sample)


def test_csharp_blocks_of_the_guide_compile(tmp_path: Path) -> None:
    need("csharp")
    for number, code in enumerate(blocks("csharp")):
        given = parameters(CSHARP_PARAMETERS, code)
        is_file = code.startswith("using ")
        text = code if is_file else CSHARP_BLOCK.format(number=number, code=code, parameters=given)
        (tmp_path / f"Block{number}.cs").write_text(text)
    (tmp_path / "Used.cs").write_text(USED_IN_GUIDE)
    dialog = CLIENTS / "samples/uwp/BatterySaverDialog.cs"
    compile_csharp(
        "-target:library", f"-out:{tmp_path / 'block.dll'}", *tmp_path.glob("*.cs"), dialog,
        *KIT_CSHARP, *STUBS_CSHARP,
    )  # fmt: skip


def test_cpp_headers_and_blocks_of_the_guide_compile(tmp_path: Path) -> None:
    need("cpp")
    headers = sorted((CLIENTS / "cpp").glob("*.hpp"))
    text = (
        "".join(f'#include "{each.name}"\n' for each in headers)
        + CPP_PRELUDE
        + "".join(
            CPP_BLOCK.format(number=number, code=code, parameters=parameters(CPP_PARAMETERS, code))
            for number, code in enumerate(blocks("cpp"))
        )
    )
    main = tmp_path / "main.cpp"
    main.write_text(text)
    compile_cpp(*STUBS_CPP, "-fsyntax-only", main)


def test_guide_has_blocks_in_both_languages() -> None:
    assert len(blocks("csharp")) >= 8
    assert len(blocks("cpp")) >= 4


@pytest.mark.parametrize("manifest", sorted((CLIENTS / "samples").rglob("*.appxmanifest.xml")))
def test_manifest_is_well_formed(manifest: Path) -> None:
    ET.parse(manifest)  # noqa: S314 (a file of this repository)


def test_csharp_background_thread_never_holds_up_the_game(tmp_path: Path) -> None:
    need("csharp")
    program = tmp_path / "threads.exe"
    folder = CLIENTS / "csharp"
    sources = (folder / each for each in ("WindowsPush.cs", "FakeChannelSource.cs"))
    compile_csharp(f"-out:{program}", *sources, folder / "tests/Threads.cs")
    assert run(["mono", str(program)]) == "ok"


def test_cpp_background_thread_never_holds_up_the_game(tmp_path: Path) -> None:
    need("cpp")
    program = tmp_path / "threads"
    source = CLIENTS / "cpp/tests/threads.cpp"
    compile_cpp("-pthread", "-fsanitize=thread", "-o", program, source)
    said = run([str(program)])
    if "unexpected memory mapping" in said:  # ThreadSanitizer does not know this kernel's layout
        compile_cpp("-pthread", "-o", program, source)
        said = run([str(program)])
    assert said == "ok"


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return (done.stdout + done.stderr).strip()
