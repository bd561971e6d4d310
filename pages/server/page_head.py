"""What Digitscope adds to the head of Streamlit's page, which has no place for it: the page's style
and the names of the modules that the default page needs.

``st.html`` and ``st.markdown`` would bring the style after the first elements, which would move
then. Named in the head, the modules come together with Streamlit's own, and not one after the other
when a component appears.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.server import assets, guard

# What the default page shows first.
FIRST = ("run_controls", "run_status", "weight_wall", "share", "live_runs", "loss_curves")

_STYLE = f"<style>{(assets.ASSETS / 'page.css').read_text('utf-8')}</style>"
_TITLE = b"<title>Streamlit</title>"


class PageHead:
    """ASGI middleware that completes the head of every page."""

    def __init__(self, app: ASGIApp, base: str = "") -> None:
        """base: the path below which the pages are, "" or "/BASE"."""
        self.app, self.default_page = app, f"{base}/"
        modules = sorted(
            set().union(*(assets.with_imports(f"components/{n}/{n}.js") for n in FIRST))
        )
        self.modules = "".join(
            f'<link rel="modulepreload" href="{assets.url_of(module)}">' for module in modules
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _wants_page(scope):
            await self.app(scope, receive, send)
            return
        # Streamlit would answer "not modified" when only our part of the page is new.
        request = MutableHeaders(scope=scope)
        for name in ("accept-encoding", "if-none-match", "if-modified-since"):
            del request[name]
        modules = self.modules if scope["path"] == self.default_page else ""
        start: Message
        content = b""

        async def send_whole(message: Message) -> None:
            nonlocal start, content
            if message["type"] == "http.response.start":
                start = message
                return
            content += message.get("body", b"")
            if message.get("more_body"):
                return
            headers = MutableHeaders(scope=start)
            if _TITLE in content:  # it is not, for example, an exported report
                content = content.replace(_TITLE, b"<title>Digitscope</title>", 1)
                content = content.replace(b"</head>", f"{_STYLE}{modules}</head>".encode(), 1)
                headers["content-length"] = str(len(content))
                headers["content-security-policy"] = guard.policy(content)
                del headers["etag"], headers["last-modified"]
            await send(start)
            await send({"type": "http.response.body", "body": content})

        await self.app(scope, receive, send_whole)


def _wants_page(scope: Scope) -> bool:
    """Whether this is a browser's request for a page: no component's request accepts HTML."""
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and "text/html" in MutableHeaders(scope=scope).get("accept", "")
    )
