"""The template gate: translates template.yaml as CloudFormation will and lints the result.

    .tools/sam/bin/python -m tools.check_template [TEMPLATE]

`sam validate --lint` checks the SAM template only, and so misses errors of the translated one: a
queue's visibility time-out below its function's, an action that IAM does not have, a circular
dependency. Writes .aws-sam/expanded.json beside the template, and expanded-gradual.json with what
GradualRelease=true adds.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from local.stack.sam_transform import TemplateError, package, read_template, translate

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
REGION = "eu-west-1"
VARIANTS: dict[str, dict[str, str]] = {
    "expanded.json": {},
    "expanded-gradual.json": {
        "GradualRelease": "true"
    },  # the translator makes it, not CloudFormation
}


def expand(template: Path, parameters: dict[str, str] | None = None) -> str:
    """Translate a template with parameters; returns JSON.

    Raises:
        TemplateError: AWS would reject the template.
    """
    document = read_template(template)
    package(document, "artifacts")
    return json.dumps(translate(document, REGION, parameters), indent=2) + "\n"


def main(template: Path) -> int:
    folder = template.parent / ".aws-sam"
    folder.mkdir(exist_ok=True)
    try:
        for name, parameters in VARIANTS.items():
            (folder / name).write_text(expand(template, parameters), encoding="utf-8")
    except TemplateError as error:
        print(f"{template.name} cannot be translated:\n{error}", file=sys.stderr)
        return 1
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    command = [str(cfn_lint), "--regions", REGION, "--", *(str(folder / name) for name in VARIANTS)]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else TEMPLATE))
