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
    "aws_lambda_powertools/__init__.py": (
        "logging",
        "metrics",
        "package_logger",
        "pathlib",
        "user_agent",
        "version",
    ),
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
needs itself, and nothing here is traced. botocore imports what would write docstrings if somebody
asked a client for help."""

HANDLED = (*SERVICES, "eventbridge", "secrets-manager")
"""The services' names in botocore's events, which are their ids."""

ALL_HANDLERS = "_add_parameter_aliases(BUILTIN_HANDLERS)\n"
OWN_HANDLERS = f"""BUILTIN_HANDLERS = [
    each
    for each in BUILTIN_HANDLERS
    if each[0].partition(".")[2].partition(".")[0] in {("", *HANDLED)}
]
"""
BESIDE_CERTIFI = """from contextlib import nullcontext as as_file
    from pathlib import Path

    def files(_: str) -> Path:
        return Path(__file__).parent
"""

EDITS: dict[str, tuple[tuple[str, str], ...]] = {
    "botocore/compat.py": (("from botocore.vendored import six\n", ""),),
    "botocore/handlers.py": ((ALL_HANDLERS, ALL_HANDLERS + OWN_HANDLERS),),
    "certifi/core.py": (("from importlib.resources import as_file, files\n", BESIDE_CERTIFI),),
    "pycurl/__init__.py": (
        ("from pycurl.async_multi import AsyncCurlMulti as AsyncCurlMulti\n", ""),
        ('__all__.append("AsyncCurlMulti")\n', ""),
    ),
    "pydantic/plugin/_loader.py": (
        ("from importlib.metadata import entry_points\n", ""),
        ("entry_points(group=PYDANTIC_ENTRY_POINT_GROUP)", "()"),
    ),
    "urllib3/http2/__init__.py": (
        ("from importlib.metadata import version\n", ""),
        (
            "    h2_version = version",
            "    from importlib.metadata import version\n\n    h2_version = version",
        ),
    ),
    "urllib3/util/url.py": (('_IPV6_RE = re.compile("^" + _IPV6_PAT + "$")\n', ""),),
}
"""What is replaced in a file.

A session of botocore registers the handlers of `SERVICES` and of all services, none of other
services and of documentation. Reading the metadata of packages takes 7 ms to import: nobody asks
urllib3 for HTTP/2, and the layer has no plugin of pydantic to be found. certifi's file is looked
for beside its module, without importing 4 ms of what reads zips. Nobody uses libcurl by asyncio,
botocore's six, nor urllib3's pattern of IPv6 addresses alone."""

SCHEMA_TYPES = "pydantic_core/core_schema.py"
"""A hundred TypedDicts that describe to type checkers what this file's functions return: dicts."""

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


def edit(path: Path, replaced: tuple[tuple[str, str], ...]) -> None:
    """Replace parts of a file.

    Raises:
        ValueError: it does not have one of them, or more than once.
    """
    text = path.read_text("utf-8")
    for old, new in replaced:
        if text.count(old) != 1:
            raise ValueError(f"{path} does not have {old!r} once: adapt EDITS")
        text = text.replace(old, new)
    path.unlink()
    path.write_text(f"# {NOTICE}{text}", "utf-8")


def cut_typed_dicts(path: Path) -> None:
    """Make dict of every TypedDict of a file.

    Raises:
        ValueError: it has none.
    """
    text = path.read_text("utf-8")
    lines = text.splitlines(keepends=True)
    found = {"TypedDict"}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef) and found & {ast.unparse(each) for each in node.bases}:
            found.add(node.name)
            lines[node.lineno - 1 : node.end_lineno] = [
                f"{node.name} = dict\n",
                *["\n"] * ((node.end_lineno or node.lineno) - node.lineno),
            ]
    if len(found) == 1:
        raise ValueError(f"{path} has no TypedDict: adapt SCHEMA_TYPES")
    path.unlink()
    path.write_text(f"# {NOTICE}{''.join(lines)}", "utf-8")


def main(folder: Path) -> None:
    cut_data(folder / "botocore/data")
    for name, kept in IMPORTS.items():
        cut_imports(folder / name, kept)
    for name, replaced in EDITS.items():
        edit(folder / name, replaced)
    cut_typed_dicts(folder / SCHEMA_TYPES)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
