"""User tasks: what people of an account's lanes do, by the same commands as in the browser."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import Row, select

from engine import tasks as commands
from engine.case import Case
from engine.context import Context
from engine.errors import AnswersRefused, CaseClosed, Forbidden, NotFound, TaskGone
from engine.instances import asked
from engine.tables import cases as cases_table
from web.engine_rest import door
from web.engine_rest.given import body, flag, needed, record, text
from web.engine_rest.task_lists import count_open, dto, find, historic_page, open_page
from web.engine_rest.values import own_id, plain, plain_all, typed, typed_all
from web.request import command, me, reading, writing

routes = door.blueprint("tasks")


@routes.route("/task", methods=["GET", "POST"])
def index() -> Response:
    """Open tasks that this account may do or see."""
    with reading() as ctx:
        return door.reply(open_page(ctx))


@routes.route("/task/count", methods=["GET", "POST"])
def count() -> Response:
    """How many there are."""
    with reading() as ctx:
        return door.reply({"count": count_open(ctx)})


@routes.route("/history/task", methods=["GET", "POST"])
def history() -> Response:
    """Tasks, open or over, of cases that this account may see."""
    with reading() as ctx:
        return door.reply(historic_page(ctx))


@routes.get("/task/<key>")
def show(key: str) -> Response:
    """One open task."""
    with reading() as ctx:
        return door.reply(dto(ctx, find(ctx, key)))


@routes.get("/task/<key>/identity-links")
def identity_links(key: str) -> Response:
    """Who may do it, and who does."""
    with reading() as ctx:
        row = find(ctx, key)
        groups = sorted(asked(ctx, row))
    links = [{"userId": None, "groupId": group, "type": "candidate"} for group in groups]
    who = [{"userId": row.claimed_by, "groupId": None, "type": "assignee"}] if row.claimed_by else []
    return door.reply(links + who)


# --- who does it ----------------------------------------------------------------------------------


@routes.post("/task/<key>/claim")
def claim(key: str) -> Response:
    """Take a task for oneself."""
    _only_me(needed(body(), "userId"))
    with writing() as ctx:
        commands.claim(ctx, find(ctx, key).id, me())
    return door.done()


@routes.post("/task/<key>/unclaim")
def unclaim(key: str) -> Response:
    """Give a task back to its group."""
    with writing() as ctx:
        commands.release(ctx, find(ctx, key).id, me())
    return door.done()


@routes.post("/task/<key>/assignee")
def assign(key: str) -> Response:
    """Take a task, or give it back for null."""
    username = text(body(), "userId")
    if not username:
        return unclaim(key)
    _only_me(username)
    return claim(key)


def _only_me(username: str) -> None:
    """Nobody hands work to somebody else, here or in the browser; raises `Forbidden`."""
    if username != me().username:
        raise Forbidden(person=me().username)


# --- doing it -------------------------------------------------------------------------------------


@routes.post("/task/<key>/complete")
@routes.post("/task/<key>/submit-form")
def complete(key: str) -> Response:
    """Finish a task: its form accepts what was sent, and what was kept for it before, or the task stays open."""
    given = body()
    answers = {name: plain(name, each) for name, each in record(given, "variables").items()}
    told = flag(given, "withVariablesInReturn")
    case = command(lambda ctx: _complete(ctx, key, answers))
    return door.reply(typed_all(case.data)) if told else door.done()


def _complete(ctx: Context, key: str, answers: dict[str, Any]) -> Case:
    """Only a refusal has to ask whether this account may know of the task; raises `NotFound` where not."""
    task = own_id(key)
    try:
        return commands.complete(ctx, task, me(), answers, over_draft=True)
    except (NotFound, Forbidden, TaskGone, CaseClosed):
        find(ctx, key)
        raise


def refuse_answers(refusal: AnswersRefused) -> Response:
    """400 with the form's messages by component."""
    lines = [f"{name}: {message}" for name, message in refusal.errors.items()]
    return door.error(400, "FormFieldValidationException", "\n".join([refusal.thai, *lines]), details=refusal.errors)


routes.register_error_handler(AnswersRefused, refuse_answers)


# --- its form and data ----------------------------------------------------------------------------


@routes.get("/task/<key>/form")
def form(key: str) -> Response:
    """Which form it has."""
    with reading() as ctx:
        shown = dto(ctx, find(ctx, key))
    return door.reply({"key": shown["formKey"], "camundaFormRef": shown["camundaFormRef"], "contextPath": None})


@routes.get("/task/<key>/deployed-form")
def deployed_form(key: str) -> Response:
    """The form itself, as it was deployed."""
    with reading() as ctx:
        row = find(ctx, key)
        found = ctx.engine.library.get(ctx.db, row.definition_id).form(row.element)
    if found is None:
        raise NotFound(what="form", key=key)
    return door.reply(found.schema)


@routes.get("/task/<key>/variables")
@routes.get("/task/<key>/form-variables")
@routes.get("/task/<key>/localVariables")
def variables(key: str) -> Response:
    """What its form may read, with what was kept for it."""
    with reading() as ctx:
        return door.reply(typed_all(_known(ctx, find(ctx, key))))


@routes.get("/task/<key>/variables/<name>")
@routes.get("/task/<key>/localVariables/<name>")
def variable(key: str, name: str) -> Response:
    """One of these values."""
    with reading() as ctx:
        known = _known(ctx, find(ctx, key))
    if name not in known:
        raise NotFound(what="variable", key=name)
    return door.reply(typed(known[name]))


@routes.put("/task/<key>/variables/<name>")
@routes.put("/task/<key>/localVariables/<name>")
def keep_variable(key: str, name: str) -> Response:
    """Keep an answer until the task is completed, as the browser keeps a draft; the case does not see it before."""
    answer = plain_all({name: body()})
    with writing() as ctx:
        commands.change_draft(ctx, find(ctx, key).id, me(), lambda kept: {**kept, **answer})
    return door.done()


@routes.delete("/task/<key>/variables/<name>")
@routes.delete("/task/<key>/localVariables/<name>")
def drop_variable(key: str, name: str) -> Response:
    """Forget an answer that was kept."""
    with writing() as ctx:
        commands.change_draft(ctx, find(ctx, key).id, me(), lambda kept: {k: v for k, v in kept.items() if k != name})
    return door.done()


def _known(ctx: Context, row: Row[Any]) -> dict[str, Any]:
    """As on the page of the task: only what its form mentions."""
    definition = ctx.engine.library.get(ctx.db, row.definition_id)
    found, element = definition.form(row.element), definition.diagram.elements[row.element]
    data = ctx.db.execute(select(cases_table.c.data).where(cases_table.c.id == row.case_id)).scalar_one()
    kept = commands.draft(ctx, row.id, me())
    return {**(commands.known(ctx, found, element, data) if found else {}), **(kept.answers if kept else {})}
