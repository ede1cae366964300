"""The template gate fails on what only the translated template shows."""

import json
import subprocess
from pathlib import Path

from local.stack.build import ROOT, SAM_PYTHON

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 5}}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: worker
      Handler: app.handler
      Runtime: python3.13
      Timeout: 10
      Events: {Work: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, BatchSize: 1}}}
"""


def check(folder: Path, template: str) -> subprocess.CompletedProcess[str]:
    path = folder / "template.yaml"
    path.write_text(template)
    command = [str(SAM_PYTHON), "-m", "tools.check_template", str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_error_of_the_translated_template_is_found(tmp_path: Path) -> None:
    done = check(tmp_path, TEMPLATE)
    assert done.returncode != 0
    assert "E3505 Queue visibility timeout (5) is less than Function timeout (10)" in done.stdout
    expanded = json.loads((tmp_path / ".aws-sam/expanded.json").read_text())
    assert expanded["Resources"]["WorkerWork"]["Type"] == "AWS::Lambda::EventSourceMapping"


def test_template_that_cannot_be_translated_fails_without_a_traceback(tmp_path: Path) -> None:
    done = check(tmp_path, TEMPLATE.replace("Timeout: 10", "Policies: [{NoSuchPolicy: {}}]"))
    assert done.returncode == 1
    assert done.stderr.startswith("template.yaml cannot be translated:\n")
    assert "Traceback" not in done.stderr
