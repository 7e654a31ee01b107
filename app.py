"""The application: settings, the engine with its handlers, the pages. `flask --app app serve` runs it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from flask import Flask

from engine.calendar import Clock, SystemClock, WorkCalendar
from engine.context import Engine
from engine.database import Database
from engine.library import Library
from handlers import topics
from web import (
    account,
    case,
    cli,
    encoding,
    engine_rest,
    errors,
    links,
    notices,
    request,
    security,
    shown,
    site,
    studio,
    tokens,
    work,
)
from web.settings import Settings

BLUEPRINTS = (
    account.pages,
    tokens.pages,
    work.pages,
    case.pages,
    links.pages,
    notices.pages,
    studio.pages,
    site.pages,
    cli.commands,
    *engine_rest.BLUEPRINTS,
)


def create_app(given: Mapping[str, str] | None = None, clock: Clock | None = None) -> Flask:
    """The application of the environment's settings, or of the given ones; raises `SettingsRefused`."""
    settings = Settings.read(os.environ if given is None else given)
    app = Flask("web")
    engine = Engine(
        topics(),
        Library(),
        clock or SystemClock(),
        WorkCalendar(settings.days_off),
        files=settings.data_dir / "documents",
        mail=bool(settings.smtp),
        two_person_publish=settings.two_person_publish,
    )
    app.extensions["prasan"] = request.Site(settings, Database(settings.database_url), engine)
    for layer in (encoding, errors, shown, request):
        layer.register(app)
    security.register(app, settings)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
