"""``POST /groups``: start a race or a grid (see pages.server.wire).

As with runs, a press is one group, however often it arrives: its id and its members' follow from
the visitor and the key.
"""

from __future__ import annotations

import inspect
import logging
from typing import Any

from sqlalchemy.exc import IntegrityError
from starlette.routing import Route

from nn.errors import FieldError, UserError
from nn.runs.race import MAX_MEMBERS
from nn.runs.spec import RunSpec
from nn.runs.store import groups
from nn.runs.store.groups import Group, create_group
from nn.runs.store.store import RunStore, State
from nn.runs.worker import process
from pages.server import runs_api, shared_store
from pages.server.budget import Client
from pages.server.runs_api import NOT_UNDERSTOOD, USED_KEY, Rejected

MOST_MEMBERS = {"race": MAX_MEMBERS, "grid": 64}  # by kind
MAX_BYTES = 64 * 1000  # of a request
# An option of a group must not be taken for an argument that says whose it is.
NOT_OPTIONS = frozenset(inspect.signature(create_group).parameters)

log = logging.getLogger(__name__)


def _start_once(client: Client, body: dict[str, Any]) -> dict[str, Any]:
    """Record and launch the group, unless this press has already done so. Raises as
    pages.server.runs_api."""
    store, visitor = shared_store.store(), client.visitor
    kind: Any = body.get("kind")
    members: Any = body.get("members")
    options: Any = body.get("options", {})
    is_understood = (
        isinstance(kind, str)
        and kind in MOST_MEMBERS
        and isinstance(members, list)
        and all(isinstance(member, dict) for member in members)
        and isinstance(options, dict)
        and not NOT_OPTIONS & options.keys()
    )
    if not is_understood:
        raise Rejected(400, NOT_UNDERSTOOD)
    if len(members) > MOST_MEMBERS[kind]:
        raise Rejected(422, f"A {kind} has at most {MOST_MEMBERS[kind]} runs; got {len(members)}.")
    specs = [_spec_of(member, number) for number, member in enumerate(members)]
    group_id = runs_api.id_of(visitor, body["key"], "group")
    run_ids = [runs_api.id_of(visitor, body["key"], number) for number in range(len(specs))]
    runs_api.limit_active(store, visitor, run_ids, client.address)
    try:
        group = create_group(
            store, kind, specs, owner=visitor, group_id=group_id, run_ids=run_ids, **options
        )
    except IntegrityError:
        group = groups.group(store, group_id)
        if not _is_same(store, group, visitor, kind, dict(zip(run_ids, specs, strict=True))):
            raise Rejected(409, USED_KEY) from None
    try:
        _launch(store, group)
    except OSError as error:  # they stay queued, for the next worker
        log.warning("No worker could be started for group %s: %s", group.id, error)
    return {"group": group.id, "runs": list(group.runs)}


def _spec_of(settings: dict[str, Any], number: int) -> RunSpec:
    """Raises Rejected, which names the member."""
    try:
        return runs_api.spec_of(settings)
    except FieldError as error:
        raise Rejected(422, error.rule, field=error.field, member=number) from None
    except UserError as error:
        raise Rejected(422, str(error), member=number) from None


def _is_same(
    store: RunStore, group: Group, visitor: str, kind: object, specs: dict[str, RunSpec]
) -> bool:
    """Whether the group is what this press started, of which runs may have been deleted since."""
    here = {run_id: store.run(run_id).spec for run_id in group.runs}
    return (group.owner, group.kind) == (visitor, kind) and here.items() <= specs.items()


def _launch(store: RunStore, group: Group) -> None:
    if group.kind != "race":
        process.launch_queued(store)
    elif store.run(group.runs[0]).state is State.QUEUED:
        process.launch(group.runs[0])  # its worker takes the others too


route = Route("/groups", runs_api.endpoint(_start_once, MAX_BYTES), methods=["POST"])
