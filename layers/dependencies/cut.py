"""Cuts installed packages down to what the functions use: `python cut.py FOLDER`.

What is imported and parsed costs CPU at every cold start (docs/decisions.md has the figures). An
update of a package that this does not fit any more fails here, or in the tests of what is built.

Files are replaced, never written to: an installer may link them from its cache, which others share.
"""

import ast
import gzip
import json
import shutil
import sys
from pathlib import Path
from typing import Any

SERVICES = ("events", "scheduler", "secretsmanager", "sqs")
"""What the functions call by botocore's clients; DynamoDB has a wire of its own."""

COMMON_DATA = ("_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json")

IMPORTS: dict[str, tuple[str, ...]] = {
    "aws_lambda_powertools/event_handler/__init__.py": ("api_gateway",),
    "aws_lambda_powertools/event_handler/openapi/__init__.py": ("exceptions",),
    "aws_lambda_powertools/utilities/data_classes/__init__.py": (
        "alb_event",
        "api_gateway_proxy_event",
        "bedrock_agent_event",
        "lambda_function_url_event",
        "vpc_lattice",
    ),
    "botocore/docs/__init__.py": (),
    "botocore/docs/docstring.py": (),
}
"""The modules from which a file still imports. Powertools imports those of events that nobody here
handles, such as AppSync's, and asyncio with them; what is kept is what its resolver of HTTP APIs
needs itself. botocore imports what would write docstrings if somebody asked a client for help."""

REWRITES: dict[str, dict[str, str]] = {
    "pydantic/plugin/_loader.py": {
        "from importlib.metadata import entry_points\n": "",
        "        try:\n            for entry_point in entry_points(": """\
        from importlib.metadata import entry_points

        try:
            for entry_point in entry_points(""",
    },
    "pydantic_core/core_schema.py": {
        "    from typing import TypedDict\n": """\
    class TypedDict(dict):
        def __init_subclass__(cls, **_): ...
""",
    },
    "urllib3/http2/__init__.py": {
        "from importlib.metadata import version\n": "",
        '    h2_version = version("h2")\n': """\
    from importlib.metadata import version

    h2_version = version("h2")
""",
    },
}
"""Texts of a file, each once in it, and what replaces them. Two modules import the standard
library's reader of installed packages for what the functions never do: look for plugins of
pydantic, and speak HTTP/2. A third makes 90 types that only type checkers look at."""

NOTICE = "Changed for windows-push-backend: see layers/dependencies/cut.py there.\n"


def cut_data(folder: Path) -> None:
    """Keep botocore's data of `SERVICES`, in their newest version, without documentation."""
    for each in sorted(folder.iterdir()):
        if each.name not in (*SERVICES, *COMMON_DATA):
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    for service in SERVICES:
        *older, _ = sorted((folder / service).iterdir())
        for version in older:
            shutil.rmtree(version)
    for path in sorted(folder.rglob("*.json*")):
        cut_file(path)
    (folder / "NOTICE").write_text(NOTICE, "utf-8")


def cut_file(path: Path) -> None:
    """Rewrite a file of data in fewer bytes; remove it if it is only for documentation."""
    content = path.read_bytes()
    path.unlink()
    if path.name.startswith("examples-"):
        return
    data = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
    if path.name == "endpoints.json":
        for partition in data["partitions"]:
            of_all = partition["services"]
            partition["services"] = {name: of_all[name] for name in SERVICES if name in of_all}
    text = json.dumps(without_documentation(data), separators=(",", ":"))
    path.with_name(path.name.removesuffix(".gz")).write_text(text, "utf-8")


def without_documentation(data: Any) -> Any:
    """Return a model without its texts; a field that is named `documentation` stays."""
    if isinstance(data, dict):
        return {
            name: without_documentation(value)
            for name, value in data.items()
            if name != "documentation" or not isinstance(value, str)
        }
    if isinstance(data, list):
        return [without_documentation(each) for each in data]
    return data


def cut_imports(path: Path, kept: tuple[str, ...]) -> None:
    """Drop a file's imports from modules other than those that are kept.

    Raises:
        ValueError: it does not import from one of them.
    """
    text = path.read_text("utf-8")
    lines = text.splitlines(keepends=True)
    names: list[str] = []
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom):
            module = str(node.module).rpartition(".")[2]
            if module == "__future__":
                continue
            if module in kept:
                found.add(module)
                names += [each.name for each in node.names]
                continue
        elif not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"):
            continue
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
            lines[number - 1] = ""
    if found != set(kept):
        raise ValueError(f"{path} does not import {sorted(set(kept) - found)}: adapt IMPORTS")
    path.unlink()
    exported = f"__all__ = {names!r}\n" if names else ""
    path.write_text(f"# {NOTICE}{''.join(lines)}{exported}", "utf-8")


def rewrite(path: Path, replaced: dict[str, str]) -> None:
    """Replace texts of a file.

    Raises:
        ValueError: one of them is not in the file, or more than once.
    """
    text = path.read_text("utf-8")
    for old, new in replaced.items():
        if text.count(old) != 1:
            raise ValueError(f"{path} does not have {old!r} once: adapt REWRITES")
        text = text.replace(old, new)
    path.unlink()
    path.write_text(f"# {NOTICE}{text}", "utf-8")


def main(folder: Path) -> None:
    cut_data(folder / "botocore/data")
    for name, kept in IMPORTS.items():
        cut_imports(folder / name, kept)
    for name, replaced in REWRITES.items():
        rewrite(folder / name, replaced)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
