"""Messages from other systems, brought to the case that waits for them."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import select

from engine import correlation
from engine.context import Context
from engine.errors import MessageRefused
from engine.tables import cases
from web.engine_rest import door
from web.engine_rest.given import InvalidRequest, body, flag, needed, record, text
from web.engine_rest.processes import technical
from web.engine_rest.values import own_id, plain, plain_all
from web.request import me, writing

routes = door.blueprint("messages")
KEY = "case_number"


@routes.post("/message")
def correlate() -> Response:
    """Deliver a message to one case, by its business key, its number or its id."""
    technical(me())
    given = body()
    name, payload = needed(given, "messageName", 100), plain_all(record(given, "processVariables"))
    with writing() as ctx:
        case_id, key = _case(ctx, name, given)
        correlation.correlate(ctx, name, key, payload, me().username)
    if not flag(given, "resultEnabled"):
        return door.done()
    execution = {"id": case_id, "processInstanceId": case_id, "ended": False, "tenantId": None}
    return door.reply([{"resultType": "Execution", "execution": execution, "processInstance": None}])


def _case(ctx: Context, name: str, given: dict[str, Any]) -> tuple[str, str]:
    """Id of the case, and the key it is known by; raises `InvalidRequest` or `MessageRefused`."""
    if given.get("all"):
        raise InvalidRequest(reason="a message is for one case")
    keys = record(given, "correlationKeys")
    if keys.keys() - {KEY} or record(given, "localCorrelationKeys"):
        raise InvalidRequest(reason=f"the only correlation key is {KEY}")
    number = str(plain(KEY, keys[KEY])) if keys else ""
    key, own = text(given, "businessKey") or number, own_id(text(given, "processInstanceId"))
    if not key and not own:
        raise InvalidRequest(reason=f"businessKey, processInstanceId or the correlation key {KEY} is missing")
    which = cases.c.id == own if own else (cases.c.business_key == key) | (cases.c.number == key)
    rows = ctx.db.execute(select(cases.c.id, cases.c.number).where(which, cases.c.status == "running")).all()
    if len(rows) != 1:
        raise MessageRefused(name=name, key=key or own)
    return rows[0].id, rows[0].number


def refuse_message(refusal: MessageRefused) -> Response:
    """C7 answers 400 where no case waits."""
    return door.error(400, "RestException", f"Cannot correlate message: {refusal.en} / {refusal.thai}")


routes.register_error_handler(MessageRefused, refuse_message)
