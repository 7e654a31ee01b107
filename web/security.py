"""Security of every response and every unsafe request: headers, CSRF, cookies, size limits."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from web import engine_rest
from web.settings import Settings

FORM_BYTES = 2 * 1024 * 1024
UPLOAD_BYTES = 21 * 1024 * 1024
DEPLOYMENT_BYTES = 10 * 1024 * 1024
UPLOADS = {"case.upload": UPLOAD_BYTES, "rest_deployments.create": DEPLOYMENT_BYTES}
WITH_DIAGRAM = frozenset(
    {"case.show", "studio.show", "studio.compare", "studio.check_files", "studio.heat", "studio.step"}
)
POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)
DIAGRAM_POLICY = POLICY.replace("style-src 'self'", "style-src 'self'; style-src-attr 'unsafe-inline'")
A_YEAR = 31_536_000


def register(app: Flask, settings: Settings) -> None:
    """Protect an application."""
    app.config.update(
        SECRET_KEY=settings.secret,
        SESSION_COOKIE_NAME="__Host-prasan" if settings.https else "prasan",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session; a form may stay open over lunch
        MAX_CONTENT_LENGTH=FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        MAX_FORM_PARTS=200,
    )
    app.before_request(_allow_uploads)  # before CSRF, which reads the form
    csrf = CSRFProtect(app)
    for blueprint in engine_rest.BLUEPRINTS:  # cookies count for nothing there
        csrf.exempt(blueprint)
    app.after_request(_add_headers)
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _allow_uploads() -> None:
    if request.endpoint in UPLOADS:
        request.max_content_length = UPLOADS[request.endpoint]


def _add_headers(response: Response) -> Response:
    headers = response.headers
    drawn = request.endpoint in WITH_DIAGRAM and response.status_code == 200
    headers["Content-Security-Policy"] = DIAGRAM_POLICY if drawn else POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if request.endpoint != "static":
        headers["Cache-Control"] = "no-store"
    if request.is_secure:
        headers["Strict-Transport-Security"] = f"max-age={A_YEAR}; includeSubDomains"
    return response
