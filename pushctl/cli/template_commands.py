"""`pushctl template`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from push.requests.preview import Preview
from push.templates.models import Template
from pushctl.cli.app_commands import Done
from pushctl.cli.options import AppOption, Parameters, Yes, read_parameters
from pushctl.cli.session import Session, returns, session_of
from pushctl.cli.template_output import show_applied, show_plan, show_preview
from pushctl.client import templates
from pushctl.client.errors import ConflictError, RefusedError
from pushctl.client.template_files import Content, dump, read_folder, write_folder
from pushctl.client.template_plan import Applied, Plan, apply, content_of, plan

template_cli = typer.Typer(
    no_args_is_help=True, help="Templates: stored texts in every language, as a folder of files."
)
TemplateArgument = Annotated[str, typer.Argument(metavar="TEMPLATE", help="The template's id.")]
Folder = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="One YAML or JSON file per template, by its id.")
]
Delete = Annotated[
    bool, typer.Option("--delete", help="Also delete stored templates that are not in the folder.")
]


class Pulled(BaseModel):
    """The files that were written."""

    written: list[str]


def add_to(cli: typer.Typer) -> None:
    """Add the commands to the program."""
    cli.add_typer(template_cli, name="template")


@template_cli.command("list")
@returns(templates.TemplateList)
def list_(context: typer.Context, app: AppOption) -> None:
    """List an app's templates.

    Example: pushctl template list --app space-duel
    """
    session = session_of(context)
    found = templates.list_templates(session.stack, app)
    rows = [
        (
            each.template_id,
            each.version,
            ", ".join(sorted(each.locales)),
            ", ".join(sorted({kind for kinds in each.locales.values() for kind in kinds})),
            "on" if each.push_enabled else "off",
        )
        for each in found.templates
    ]
    columns = ("template", "version", "languages", "kinds", "state")
    session.emit(found, lambda s: s.table(columns, rows))


@template_cli.command()
@returns(Template)
def show(context: typer.Context, template: TemplateArgument, app: AppOption) -> None:
    """Show a template as the content of its file.

    Example: pushctl template show ChallengeReceived --app space-duel
    """
    session = session_of(context)
    found = templates.get_template(session.stack, app, template)
    session.emit(found, lambda s: s.say(dump(content_of(found)).rstrip()))


@template_cli.command()
@returns(Pulled)
def pull(
    context: typer.Context,
    folder: Folder,
    app: AppOption,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that differ.")] = False,
) -> None:
    """Write an app's templates into a folder, one file each.

    Example: pushctl template pull templates/ --app space-duel
    """
    session = session_of(context)
    stored = _stored(session, app)
    written = [str(each) for each in write_folder(folder, stored, force=force)]
    sentence = "\n".join(f"wrote {each}" for each in written) or "nothing has changed"
    session.emit(Pulled(written=written), lambda s: s.say(sentence))


@template_cli.command("plan")
@returns(Plan)
def plan_(
    context: typer.Context,
    folder: Folder,
    app: AppOption,
    delete: Delete = False,
    parameters: Parameters = None,
    render: Annotated[bool, typer.Option(help="Show what each language would be sent.")] = True,
) -> None:
    """Show what apply would change, and what each language would render.

    Parameters that are not given are shown by their names. Exit code 1: something would change.

    \b
    Examples:
      pushctl template plan templates/ --app space-duel
      pushctl template plan templates/ --app space-duel -p challenger=Robin
    """
    session = session_of(context)
    sample = read_parameters(parameters)
    found = plan(session.stack, app, read_folder(folder), delete=delete, parameters=sample)
    session.emit(found, lambda s: show_plan(s, found, render=render))
    if not found.is_empty or found.errors:
        raise typer.Exit(1)


@template_cli.command("apply")
@returns(Applied)
def apply_(
    context: typer.Context, folder: Folder, app: AppOption, delete: Delete = False, yes: Yes = False
) -> None:
    """Make an app's templates those of a folder. A second time changes nothing.

    Each is stored on condition that nobody has changed it in the meantime; a template that somebody
    has is named, and the others are stored (exit code 4).

    \b
    Examples:
      pushctl template apply templates/ --app space-duel
      pushctl template apply templates/ --app space-duel --delete --yes
    """
    session = session_of(context)
    _apply(session, app, read_folder(folder), delete=delete, yes=yes)


@template_cli.command()
@returns(Applied)
def promote(
    context: typer.Context,
    app: AppOption,
    source: Annotated[
        str, typer.Option("--from", metavar="STACK", help="The stack to take the templates from.")
    ],
    from_app: Annotated[
        str | None, typer.Option(metavar="APP", help="The app there, if it has another id.")
    ] = None,
    delete: Delete = False,
    yes: Yes = False,
) -> None:
    """Take an app's templates over from another stack, such as dev to prod.

    Example: pushctl template promote --from push-dev --stack push-prod --app space-duel
    """
    session = session_of(context)
    other = dataclasses.replace(session, stack_name=source, is_local=False)
    _apply(session, app, _stored(other, from_app or app), delete=delete, yes=yes)


@template_cli.command()
@returns(Done)
def delete(
    context: typer.Context, template: TemplateArgument, app: AppOption, yes: Yes = False
) -> None:
    """Delete a template. Requests that name it are refused from then on.

    Example: pushctl template delete ChallengeReceived --app space-duel
    """
    session = session_of(context)
    templates.get_template(session.stack, app, template)
    session.confirm(f"Delete template '{template}' of {app}?", yes=yes)
    templates.delete_template(session.stack, app, template)
    session.emit(Done(done=f"deleted {template}"), lambda s: s.say(f"deleted {template}"))


@template_cli.command()
@returns(Preview)
def preview(
    context: typer.Context,
    template: TemplateArgument,
    app: AppOption,
    parameters: Parameters = None,
    locale: Annotated[str | None, typer.Option(help="A player's language, such as de-DE.")] = None,
) -> None:
    """Show what a player's device would be sent: XML, headers and size.

    Example: pushctl template preview ChallengeReceived -a space-duel -p challenger=Robin
    """
    session = session_of(context)
    sample = read_parameters(parameters)
    found = templates.preview_template(session.stack, app, template, sample, locale)
    session.emit(found, lambda s: show_preview(s, found))


def _stored(session: Session, app: str) -> dict[str, Content]:
    found = templates.list_templates(session.stack, app).templates
    return {each.template_id: content_of(each) for each in found}


def _apply(
    session: Session, app: str, wanted: dict[str, Content], *, delete: bool, yes: bool
) -> None:
    planned = plan(session.stack, app, wanted, delete=delete)
    if planned.errors:
        raise RefusedError("some languages cannot be rendered", details=planned.errors)
    deleted = [each.template_id for each in planned.changes if each.action == "delete"]
    if deleted:
        session.confirm(f"Delete {', '.join(deleted)} of {app}?", yes=yes)
    done = apply(session.stack, planned, wanted)
    session.emit(done, lambda s: show_applied(s, done))
    if done.conflicts:
        raise ConflictError(f"changed by somebody else meanwhile: {', '.join(done.conflicts)}")
    failed = [f"{each.template_id}: {each.reason}" for each in done.changes if each.reason]
    if failed:
        raise RefusedError("some templates were not stored", details=failed)
