"""Error pages: every refusal in calm Thai with a way back, as JSON for scripts, never a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, current_app, g, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from engine.errors import AnswersRefused, Busy, PrasanError
from web.engine_rest import door
from web.request import wants_json

RETRY_AFTER_SECONDS = "2"
FAILED = (PrasanError.title, "ระบบทำรายการนี้ไม่ได้ ข้อมูลเดิมยังอยู่ครบ กรุณาลองใหม่ หากยังไม่ได้ให้แจ้งผู้ดูแลระบบ")
TEXTS: Mapping[int, tuple[str, str]] = {
    400: ("คำขอไม่ถูกต้อง", "ระบบอ่านคำขอนี้ไม่ได้ กรุณากลับไปหน้าก่อนแล้วลองใหม่"),
    403: ("ท่านไม่มีสิทธิ์เปิดหน้านี้", "หากจำเป็นต้องใช้กรุณาติดต่อผู้ดูแลระบบ"),
    404: ("ไม่พบหน้าที่ต้องการ", "หน้านี้อาจถูกย้าย หรือท่านไม่มีสิทธิ์ดู"),
    405: ("เปิดหน้านี้ด้วยวิธีนี้ไม่ได้", "กรุณากลับไปหน้าก่อนแล้วกดปุ่มในหน้านั้น"),
    413: ("ข้อมูลมีขนาดใหญ่เกินไป", "แบบฟอร์มรับได้ไม่เกิน 2 MB และไฟล์แนบไม่เกิน 20 MB ต่อไฟล์"),
    415: ("ระบบอ่านข้อมูลที่ส่งมาไม่ได้", "กรุณาโหลดหน้านี้ใหม่แล้วส่งอีกครั้ง"),
}
STALE_PAGE = ("หน้านี้เปิดค้างไว้นานเกินไป", "เพื่อความปลอดภัย กรุณากลับไปหน้าก่อน โหลดใหม่ แล้วทำรายการอีกครั้ง")


def register(app: Flask) -> None:
    """Answer every error with a page or with JSON."""
    app.register_error_handler(PrasanError, refuse)
    app.register_error_handler(CSRFError, refuse_stale_page)
    app.register_error_handler(HTTPException, refuse_request)
    app.register_error_handler(Exception, report_fault)


def refuse(error: PrasanError) -> ResponseReturnValue:
    """The error type knows its status and its Thai words."""
    if error.status >= 500 and not isinstance(error, Busy):
        current_app.logger.error("%s", error.en, exc_info=error)
    errors = error.errors if isinstance(error, AnswersRefused) else {}
    return _answer(error.status, error.title, error.thai, errors)


def refuse_stale_page(_: CSRFError) -> ResponseReturnValue:
    """A missing or foreign CSRF token."""
    return _answer(403, *STALE_PAGE)


def refuse_request(error: HTTPException) -> ResponseReturnValue:
    """404, 405, 413 and the like."""
    if request.path.startswith(f"{door.PREFIX}/"):  # an address that no route there has
        return door.refuse_request(error)
    status = error.code or 500
    if status < 400:
        return error.get_response()
    answer = make_response(_answer(status, *TEXTS.get(status, TEXTS[400] if status < 500 else FAILED)))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(error.valid_methods)
    return answer


def report_fault(error: Exception) -> ResponseReturnValue:
    """A fault of ours: the log gets the traceback, the person a calm page."""
    current_app.logger.error("unexpected fault", exc_info=error)
    return _answer(500, *FAILED)


def _answer(status: int, title: str, message: str, errors: Mapping[str, Any] | None = None) -> ResponseReturnValue:
    headers = {"Retry-After": RETRY_AFTER_SECONDS} if status == 503 else {}
    if wants_json():
        return jsonify(title=title, message=message, errors=errors or {}), status, headers
    g.setdefault("person", None)
    return render_template("error.html", status=status, title=title, message=message), status, headers
