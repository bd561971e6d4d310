"""``WebSocket /predict``: predictions of what is on the canvas, while it is drawn.

pages.server.wire describes the messages. A browser sends its next image when it has received the
answer to the last one; so many drawing visitors get fewer answers each, and no queue grows.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy.exc import SQLAlchemyError
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from nn import IMAGE_SIDE
from nn.analysis.predictions.activations import node_activations
from nn.data.preprocess.pipeline import Preprocessed, already_preprocessed, preprocess
from nn.errors import UserError
from nn.layers import Array
from nn.models import pretrained
from nn.models.pretrained import Prediction
from nn.models.rejection import RejectionRule
from nn.network import Network
from pages.server import assets, drawing, networks
from pages.server.budget import VIEWER_LIMIT, TooMuch, budget, client_of, threads
from pages.server.hub import TOO_LONG

MAX_SOCKETS = 500
MAX_IMAGES, MAX_MODELS = 16, 8  # of one request
MAX_REQUEST = 2 * drawing.MAX_BYTES  # characters

MAX_CACHED = 1000  # predictions of one network

log = logging.getLogger(__name__)

_cached: WeakKeyDictionary[Network, dict[bytes, Prediction]] = WeakKeyDictionary()

_sockets: set[WebSocket] = set()


async def endpoint(socket: WebSocket) -> None:
    await socket.accept()
    if len(_sockets) >= MAX_SOCKETS:
        await socket.close(VIEWER_LIMIT, "Too many visitors are drawing. Retrying…")
        return
    _sockets.add(socket)
    client = client_of(socket)
    asyncio.get_running_loop().run_in_executor(threads, _warm_up)
    try:
        async for text in socket.iter_text():
            if len(text) > MAX_REQUEST:
                await socket.close(TOO_LONG)
                return
            await socket.send_text(await budget.run(client, respond, text))
    except TooMuch as error:
        await socket.close(VIEWER_LIMIT, str(error))
    except WebSocketDisconnect:  # while the answer was computed
        pass
    finally:
        _sockets.discard(socket)


class _Image(NamedTuple):
    digest: bytes  # of what the browser sent
    preprocessed: Preprocessed


@cache
def _warm_up() -> None:
    """A server's first prediction takes ten times as long as all others: make it in advance."""
    side = drawing.SIDE
    stem = np.zeros((side, side), np.uint8)
    stem[side // 4 : -side // 4, side // 2 : side // 2 + 20] = 255
    pretrained.predict(preprocess(stem))


def respond(text: str) -> str:
    """A request's answer, as JSON. Any text gets one."""
    answer: dict[str, Any] = {"version": assets.VERSION}
    try:
        request = json.loads(text)
        answer["id"] = request["id"]
        images = [_prepare(image) for image in request["images"][:MAX_IMAGES]]
        models = [(str(run), step) for run, step in request["models"][:MAX_MODELS]]
        with_layers = bool(request.get("with_layers"))
    except UserError as error:
        return json.dumps(answer | {"error": str(error)})
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        message = "The server did not understand this request. Reload the page."
        return json.dumps(answer | {"error": message})
    answer["images"] = [
        {"input": base64.b64encode(image.image.tobytes()).decode(), "problem": image.problem}
        for _, image in images
    ]
    answer["models"] = [_predict(run_id, step, images, with_layers) for run_id, step in models]
    return json.dumps(answer)


def _prepare(image: dict[str, Any]) -> _Image:
    """Raises UserError for an image that no canvas sends."""
    kind = "png" if "png" in image else "input"
    digest = blake2b(f"{kind} {image[kind]}".encode(errors="replace"), digest_size=16).digest()
    if kind == "png":
        return _Image(digest, preprocess(drawing.decode(image["png"])))
    pixels = np.frombuffer(base64.b64decode(image["input"]), np.uint8)
    return _Image(digest, already_preprocessed(pixels.reshape(IMAGE_SIDE, IMAGE_SIDE)))


def _classify(image: _Image, network: Network, rule: RejectionRule | None) -> Prediction:
    """Once for all who look at the same image with the same network, such as a class at one run."""
    known = _cached.setdefault(network, {})
    if len(known) >= MAX_CACHED:
        known.clear()
    if not (found := known.get(image.digest)):
        found = known[image.digest] = pretrained.predict(image.preprocessed, network, rule)
    return found


def _predict(
    run_id: str, step: int | None, images: list[_Image], with_layers: bool
) -> dict[str, Any]:
    """The predictions of a run's network at a snapshot; None: at its newest one."""
    try:
        if step is None:
            network = networks.newest_network(run_id)
        else:
            network = networks.network_at(run_id, int(step))
        rule = networks.rejection_rule(run_id)
        predictions = [_classify(image, network, rule) for image in images]
    except (UserError, ValueError, TypeError, OverflowError) as error:
        return {"error": str(error)}
    except SQLAlchemyError as error:  # busy: the next image may be classified again
        log.warning("The store did not answer: %s", error)
        return {"error": "The store did not answer."}
    answer: dict[str, Any] = {
        "predictions": [
            {
                "probabilities": _as_list(prediction.probabilities),
                "rejected": prediction.rejected,
            }
            for prediction in predictions
        ]
    }
    if with_layers:  # long: of the first image alone
        answer["layers"] = [
            _as_list(layer) for layer in node_activations(network, images[0].preprocessed.image)
        ]
    return answer


def _as_list(values: Array) -> list[float]:
    """JSON has no NaN."""
    numbers: list[float] = np.nan_to_num(values).round(6).tolist()
    return numbers


route = WebSocketRoute("/predict", endpoint)
