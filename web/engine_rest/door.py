"""What every route of /engine-rest goes through: CORS, credentials of the header, errors in Camunda's shape.

Cookies count for nothing here, so these routes need no CSRF token. A browser is never asked
to remember credentials, and what it would send by itself (a posted form) is refused.
"""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from engine.errors import Busy, Forbidden, PrasanError
from web.engine_rest import credentials
from web.engine_rest.given import InvalidRequest

PREFIX = "/engine-rest"
CHALLENGE = 'Basic realm="engine-rest", charset="UTF-8"'
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "authorization, content-type, accept",
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Max-Age": "600",
}
FAULT = "ระบบทำรายการนี้ไม่ได้ ข้อมูลเดิมยังอยู่ครบ กรุณาลองใหม่หรือแจ้งผู้ดูแลระบบ / an unexpected fault, see the server's log"


def blueprint(name: str) -> Blueprint:
    """A blueprint below /engine-rest behind this door."""
    made = Blueprint(f"rest_{name}", __name__, url_prefix=PREFIX)
    made.before_request(identify)
    made.after_request(allow_origins)
    made.register_error_handler(PrasanError, refuse)
    made.register_error_handler(HTTPException, refuse_request)
    made.register_error_handler(Exception, report_fault)
    return made


def reply(content: Any, status: int = 200) -> Response:
    """JSON as the clients want it: content type without a charset, keys in their order."""
    return Response(orjson.dumps(content), status, mimetype="application/json")


def done() -> Response:
    """204, what C7 answers to most commands."""
    return Response(status=204)


def error(status: int, kind: str, message: str, **more: Any) -> Response:
    """An error in Camunda's shape."""
    return reply({"type": kind, "message": message, "code": 0, **more}, status)


def identify() -> Response | None:
    """Answer preflights; then find out who asks, by the Authorization header alone."""
    if request.method == "OPTIONS":
        return done()
    navigated = request.headers.get("Sec-Fetch-Mode") == "navigate"
    if navigated and request.method not in ("GET", "HEAD"):
        return error(403, "AuthorizationException", "a browser's form cannot be posted here")
    if "\0" in request.path or any("\0" in value for value in request.args.values()):
        raise InvalidRequest(reason="a NUL character in the address")
    g.person = credentials.person()
    return None if g.person else _who_are_you(navigated=navigated)


def _who_are_you(*, navigated: bool) -> Response:
    """401. A page that somebody opens is not challenged: the browser would remember the answer and send it anywhere."""
    answer = error(401, "AuthenticationException", "ชื่อผู้ใช้หรือรหัสไม่ถูกต้อง / user name and access token, please")
    if not navigated:
        answer.headers["WWW-Authenticate"] = CHALLENGE
    return answer


def allow_origins(response: Response) -> Response:
    """Camunda Modeler calls from a page of the file system; no credentials of a browser are ever used."""
    response.headers.update(CORS)
    return response


def refuse(refusal: PrasanError) -> Response:
    """The error type knows its status; both languages are told."""
    if refusal.status >= 500 and not isinstance(refusal, Busy):
        current_app.logger.error("%s", refusal.en, exc_info=refusal)
    kind = "AuthorizationException" if isinstance(refusal, Forbidden) else "RestException"
    kind = "InvalidRequestException" if isinstance(refusal, InvalidRequest) else kind
    return error(refusal.status, kind, f"{refusal.thai} / {refusal.en}")


def refuse_request(fault: HTTPException) -> Response:
    """404, 405, 413 and the like."""
    status = fault.code or 500
    if status < 400:
        return Response(status=status, headers=dict(fault.get_response().headers))
    kind = "NotFoundException" if status == 404 else "RestException"
    answer = error(status, kind, f"{fault.name}: {fault.description}")
    for name, value in fault.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return allow_origins(answer)


def report_fault(fault: Exception) -> Response:
    """A fault of ours: the log gets the traceback."""
    current_app.logger.error("unexpected fault", exc_info=fault)
    return error(500, "RestException", FAULT)
