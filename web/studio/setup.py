"""What a process owner unpacks into Camunda Modeler's folder: flags, element templates, a plugin, a Thai README."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import orjson
from flask import current_app, send_file
from flask.typing import ResponseReturnValue

from engine import definitions, templates
from engine.errors import NotFound
from engine.manual import manual
from web.request import reading
from web.studio.access import owners_only, pages
from web.studio.versions import zipped

FLAGS = {
    "disable-zeebe": True,
    "disable-rpa": True,
    "disable-connector-templates": True,
    "disable-httl-hint": True,
    "c7-engine-version": "7.24.0",
    "disable-remote-interaction": True,
}
PLUGIN = "resources/plugins/prasan"
INDEX = "'use strict';\nmodule.exports = { name: 'ประสาน', script: './dist/client.js' };\n"
README = Path(__file__).with_name("setup.th.txt")


@pages.get("/setup.zip")
@owners_only
def setup() -> ResponseReturnValue:
    """The setup as one zip."""
    with reading() as ctx:
        topics = ctx.engine.topics
        stored = definitions.stored(ctx.db)
    forms = [key for kind, key in stored if kind == "form"]
    roles = {key: " ".join(role.th.split()) for key, role in manual().roles.items()}
    known = orjson.dumps({"topics": sorted(topics.names), "roles": roles}).decode()
    parts = {
        "README.th.txt": README.read_bytes(),
        "resources/flags.json": orjson.dumps(FLAGS, option=orjson.OPT_INDENT_2),
        "resources/element-templates/prasan.json": templates.render(topics, forms),
        f"{PLUGIN}/index.js": INDEX.encode(),
        f"{PLUGIN}/dist/client.js": f"window.PRASAN = {known};\n".encode() + _plugin(),
    }
    return send_file(
        BytesIO(zipped(parts)), "application/zip", as_attachment=True, download_name="prasan-modeler.zip"
    )


def _plugin() -> bytes:
    built = Path(current_app.static_folder or "") / "build" / "modeler.js"
    if not built.exists():
        raise NotFound(what="bundle", key=built.name)
    return built.read_bytes()
