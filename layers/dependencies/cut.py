"""Cuts installed packages down to what the functions use: `python cut.py FOLDER`.

What is imported and parsed costs CPU at every cold start (docs/decisions.md has the figures). An
update of a package that this does not fit any more fails here, or in the tests of what is built.
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

IMPORTS = {
    "aws_lambda_powertools/event_handler/__init__.py": ("api_gateway",),
    "aws_lambda_powertools/utilities/data_classes/__init__.py": (
        "alb_event",
        "api_gateway_proxy_event",
        "bedrock_agent_event",
        "lambda_function_url_event",
        "vpc_lattice",
    ),
}
"""The modules that stay imported by a package: those that `api_gateway` needs itself. The others,
for AppSync, Kafka and the like, bring in asyncio among others."""

NOTICE = "Changed for windows-push-backend: see layers/dependencies/cut.py there.\n"


def cut_data(folder: Path) -> None:
    """Keep botocore's data of `SERVICES`, in their newest version, without documentation."""
    for each in sorted(folder.iterdir()):
        if each.is_dir() and each.name not in SERVICES:
            shutil.rmtree(each)
        elif each.is_file() and each.name not in COMMON_DATA:
            each.unlink()
    for service in SERVICES:
        *older, _ = sorted((folder / service).iterdir())
        for version in older:
            shutil.rmtree(version)
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        content = path.read_bytes()
        path.unlink()
        if path.name.startswith("examples-"):  # of the documentation
            continue
        if path.suffix == ".gz":
            path, content = path.with_suffix(""), gzip.decompress(content)
        data = without_documentation(json.loads(content))
        if path.name == "endpoints.json":
            for partition in data["partitions"]:
                services = partition["services"]
                partition["services"] = {name: services[name] for name in SERVICES if name in services}
        path.write_text(json.dumps(data, separators=(",", ":")), "utf-8")
    (folder / "NOTICE").write_text(NOTICE, "utf-8")


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
    """Keep a package's imports of some of its modules, and drop those of others.

    Raises:
        ValueError: the package does not import them.
    """
    text = path.read_text("utf-8")
    lines = text.splitlines(keepends=True)
    found = set()
    names: list[str] = []
    for node in ast.parse(text).body:
        is_dropped = False
        if isinstance(node, ast.ImportFrom) and node.module:
            module = node.module.rpartition(".")[2]
            is_dropped = module not in kept
            if not is_dropped:
                found.add(module)
                names += [each.name for each in node.names]
        elif isinstance(node, ast.Assign):  # __all__
            is_dropped = True
        if is_dropped:
            lines[node.lineno - 1 : node.end_lineno] = [""] * (
                (node.end_lineno or node.lineno) - node.lineno + 1
            )
    if found != set(kept):
        raise ValueError(f"{path} no longer imports {sorted(set(kept) - found)}; adapt IMPORTS")
    path.write_text(f"# {NOTICE}{''.join(lines)}\n__all__ = {names!r}\n", "utf-8")


def main(folder: Path) -> None:
    cut_data(folder / "botocore/data")
    for name, kept in IMPORTS.items():
        cut_imports(folder / name, kept)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
