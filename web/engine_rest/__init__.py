"""A subset of the Camunda 7 REST API: what Camunda Modeler's Deploy and Start buttons and outside workers call.

Camunda 7.24 is what we claim to be, so that Camunda Modeler offers its Camunda 7 features;
Operaton and CIB seven kept the same interface. Filters that we do not have are refused.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from web.engine_rest import deployments, door, external_tasks, instances, messages, processes, tasks, upkeep

VERSION = "7.24.0"
WELL_KNOWN = "/.well-known/camunda-automation-platform/webapps"
engine = door.blueprint("engine")
well_known = Blueprint("rest_well_known", __name__)
MODULES = (deployments, processes, external_tasks, instances, tasks, messages, upkeep)
BLUEPRINTS = (engine, well_known, *(module.routes for module in MODULES))


@engine.get("/version")
def version() -> Response:
    """The version of Camunda 7 whose interface this is."""
    return door.reply({"version": VERSION})


@engine.get("/engine")
def engines() -> Response:
    """There is one."""
    return door.reply([{"name": "default"}])


@well_known.get(WELL_KNOWN)
def webapps() -> Response:
    """Where Camunda Modeler's links lead: the studio and the worklist."""
    root = request.url_root
    return door.reply({"adminUrl": root, "cockpitUrl": f"{root}studio/", "tasklistUrl": root})


well_known.after_request(door.allow_origins)
